//! Who is using the app in this tab, as every screen sees it.

use crate::api::client;
use crate::api::identity::{self, SessionView, SignedIn};
use crate::device::{Device, device};
use crate::lock::{self, Lock};
use crate::problem::{Kind, Problem};
use domain::ids::PersonId;
use domain::role::{Activity, RoleAssignment};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;
use std::rc::Rc;

/// The session. The server renders the page with it, so that it is there from the first moment.
#[derive(Clone, Copy)]
pub struct Session {
    view: RwSignal<SessionView>,
    /// The service knows of it. Else it is the one that is kept on the device, unlocked by passkey.
    live: RwSignal<bool>,
    /// What is kept on the device is open for its person: when the service no longer knows them, they
    /// stay, with what is saved.
    held: StoredValue<bool>,
    /// The browser was locked, by hand or because the person was away. Nothing is shown until they come
    /// back, also where the service still knows them.
    locked: RwSignal<Option<Lock>>,
    /// The service has the session locked, and this page is yet to follow.
    locked_by_service: RwSignal<bool>,
    /// Another person signed in at this browser.
    other: RwSignal<bool>,
    /// Counts what the person in front of this page did with the session: an answer about it that was asked
    /// for before is not taken.
    turn: StoredValue<u64>,
    /// The service is being asked; and something changed meanwhile, so that it has to be asked again.
    asking: StoredValue<Option<bool>>,
    device: StoredValue<Option<Rc<dyn Device>>, LocalStorage>,
}

/// What stands between a person and a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    SomeoneElse,
    Locked,
    SignedOut,
    NoRole,
    InRole,
}

/// Where the server writes it into the page (see [`crate::shell`]).
pub(crate) const ELEMENT: &str = "session";

/// As the server wrote it into the page; on the server there is no page to read.
fn from_page() -> Option<SessionView> {
    #[cfg(feature = "ssr")]
    return None;
    #[cfg(not(feature = "ssr"))]
    return document()
        .get_element_by_id(ELEMENT)
        .and_then(|element| element.text_content())
        .and_then(|text| serde_json::from_str(&text).ok());
}

/// Who is signed in, by their id.
fn person(view: &SessionView) -> Option<PersonId> {
    Some(view.signed_in.as_ref()?.person.id)
}

const NOBODY: SessionView = SessionView {
    training: false,
    signed_in: None,
};

impl Session {
    /// Reads it from the page and gives it to every screen. Once, at the root of the app.
    pub fn provide() -> Self {
        let view = use_context::<SessionView>()
            .or_else(from_page)
            .unwrap_or(NOBODY);
        let session = Self::of(view);
        provide_context(session);
        session
    }

    fn of(view: SessionView) -> Self {
        let locked = lock::at_start(&view);
        let session = Self {
            live: RwSignal::new(view.signed_in.is_some()),
            view: RwSignal::new(view),
            held: StoredValue::new(false),
            locked: RwSignal::new(locked),
            locked_by_service: RwSignal::new(false),
            other: RwSignal::new(false),
            turn: StoredValue::new(0),
            asking: StoredValue::new(None),
            device: StoredValue::new_local(device()),
        };
        session.believe();
        session
    }

    /// From now on calls say whom this page shows, or for whom it is locked.
    pub(crate) fn believe(self) {
        let shown = self.view.with_untracked(person);
        let locked = || {
            self.locked
                .with_untracked(|lock| Some(lock.as_ref()?.person.as_ref()?.id))
        };
        // On the server there is no page to believe anything.
        if self.device().is_some() {
            client::believe(shown.or_else(locked));
        }
    }

    /// Also where no screen is around; `None` on the server.
    fn device(self) -> Option<Rc<dyn Device>> {
        self.device.try_get_value().flatten()
    }

    /// Whether the page was locked. Reactive.
    pub fn is_locked(self) -> bool {
        self.locked.with(Option::is_some)
    }

    /// As [`Self::is_locked`], for handlers.
    pub fn is_locked_now(self) -> bool {
        self.locked
            .try_with_untracked(Option::is_some)
            .unwrap_or_default()
    }

    /// The lock. Reactive.
    pub fn lock(self) -> Option<Lock> {
        self.locked.get()
    }

    /// It is locked from now on.
    pub(crate) fn set_locked(self, lock: Lock) {
        self.turn();
        self.locked.try_set(Some(lock));
        self.locked_by_service.try_set(false);
    }

    /// The person is back.
    pub fn unlocked(self) {
        self.turn();
        if let Some(device) = self.device() {
            lock::lift(&device);
        }
        self.locked_by_service.try_set(false);
        if self.is_locked_now() {
            self.locked.set(None);
        }
    }

    /// Something was done with the session in this page.
    fn turn(self) {
        self.turn.try_update_value(|turn| *turn += 1);
    }

    /// How often something was done with the session in this page.
    pub(crate) fn turn_now(self) -> u64 {
        self.turn.try_get_value().unwrap_or_default()
    }

    /// Whether the service has the session locked, and this page is yet to follow. Reactive.
    pub(crate) fn is_locked_by_service(self) -> bool {
        self.locked_by_service.get()
    }

    /// Whether another person signed in at this browser. Reactive.
    pub fn is_other(self) -> bool {
        self.other.get()
    }

    /// Another person signed in at this browser: the page gives way.
    pub(crate) fn set_other(self) {
        self.turn();
        self.other.try_set(true);
    }

    /// Whether the service knows of it. Reactive.
    pub fn is_live(self) -> bool {
        self.live.get()
    }

    /// As [`Self::is_live`], for handlers.
    pub fn is_live_now(self) -> bool {
        self.live.get_untracked()
    }

    /// The service knows of it, or knows of it no longer.
    pub fn set_live(self, live: bool) {
        if self.live.try_get_untracked().is_some_and(|now| now != live) {
            self.live.set(live);
        }
    }

    /// Takes the session that is kept on the device.
    pub(crate) fn set_kept(self, view: SessionView) {
        self.turn();
        self.live.set(false);
        self.view.set(view);
        self.believe();
    }

    /// What is kept on the device was opened for its person, or locked.
    pub fn hold(self, held: bool) {
        self.held.set_value(held);
    }

    /// The session of this app. Reactive where it is read.
    pub fn view(self) -> SessionView {
        self.view.get()
    }

    /// As [`Self::view`], for handlers.
    pub fn view_now(self) -> SessionView {
        self.view.get_untracked()
    }

    /// This is a training environment with made-up patients.
    pub fn training(self) -> bool {
        self.view.with(|view| view.training)
    }

    /// Who is signed in.
    pub fn signed_in(self) -> Option<SignedIn> {
        self.view.with(|view| view.signed_in.clone())
    }

    /// The role they work in.
    pub fn role(self) -> Option<RoleAssignment> {
        self.view.with(|view| {
            view.signed_in
                .as_ref()
                .and_then(|person| person.role.clone())
        })
    }

    /// Whether that role has an activity.
    pub fn allows(self, activity: Activity) -> bool {
        self.view.with(|view| {
            view.signed_in
                .as_ref()
                .and_then(|person| person.role.as_ref())
                .is_some_and(|role| role.allows(activity))
        })
    }

    /// Takes what the server answered, and tells the other tabs.
    pub fn set(self, view: SessionView) {
        if view.signed_in.as_ref().is_some_and(|it| it.locked) {
            return self.look_at(view);
        }
        self.take(view);
        self.unlocked();
        if let Some(device) = self.device() {
            device.announce_session_change();
        }
    }

    /// The same, with nobody signed in.
    pub fn without_anyone(self) -> SessionView {
        SessionView {
            signed_in: None,
            ..self.view_now()
        }
    }

    /// Asks the server again, because another tab changed the session or this one was away.
    pub fn look_again(self) {
        let before = self.asking.try_update_value(|asking| {
            let before = *asking;
            *asking = Some(before.is_some());
            before
        });
        if before != Some(None) {
            return;
        }
        leptos::task::spawn_local(async move {
            loop {
                let turn = self.turn_now();
                let answer = identity::session().await;
                self.look_at_answer(turn, &answer);
                let again = self
                    .asking
                    .try_update_value(|asking| {
                        let again = *asking == Some(true);
                        *asking = again.then_some(false);
                        again
                    })
                    .unwrap_or_default();
                let other = self.other.try_get_untracked().unwrap_or(true);
                if !again || other {
                    return;
                }
            }
        });
    }

    /// An answer about the session, asked for at that turn: what was done here since stands above it.
    pub(crate) fn look_at_answer(self, turn: u64, answer: &Result<SessionView, Problem>) {
        if self.turn_now() != turn {
            return;
        }
        match answer {
            Ok(view) => self.look_at(view.clone()),
            Err(problem) if problem.kind == Kind::OtherPerson => self.set_other(),
            Err(_) => {}
        }
    }

    /// What the server says of itself. Where it does not know the person any more, or has their session
    /// locked, and what is kept for them on the device was opened since, they stay until they sign in. Where
    /// it knows another person, this page has to go.
    pub fn look_at(self, view: SessionView) {
        let before = self.view.with_untracked(person);
        let now = person(&view);
        if before.is_some() && now.is_some() && before != now {
            return self.set_other();
        }
        let held = self.held.get_value();
        let locked = view.signed_in.as_ref().is_some_and(|it| it.locked);
        let kept = self
            .device()
            .is_some_and(|device| lock::kept(&device).is_some());
        if held && (now.is_none() || (locked && !kept)) {
            return self.set_live(false);
        }
        self.take(view);
        if locked {
            self.locked_by_service.try_set(true);
        } else if now.is_some() && !kept && self.is_locked_now() {
            // They are back, in another tab.
            self.locked.set(None);
        }
    }

    fn take(self, view: SessionView) {
        self.set_live(view.signed_in.is_some());
        if self.view.with_untracked(|now| *now != view) {
            self.view.set(view);
        }
        self.believe();
    }

    fn standing(self) -> Standing {
        if self.other.get() {
            return Standing::SomeoneElse;
        }
        if self.is_locked() {
            return Standing::Locked;
        }
        self.view.with(|view| match &view.signed_in {
            None => Standing::SignedOut,
            Some(person) if person.role.is_none() => Standing::NoRole,
            Some(_) => Standing::InRole,
        })
    }
}

/// The session of this app.
///
/// Outside the app there is none: then nobody is signed in.
pub fn session() -> Session {
    use_context::<Session>().unwrap_or_else(|| Session::of(NOBODY))
}

/// A screen only for people in a role. Others are led to sign-in or to the choice of role, and
/// from there back to here.
pub fn in_role(screen: fn() -> AnyView) -> impl IntoView {
    guarded(screen, |standing| match standing {
        Standing::InRole => None,
        Standing::NoRole => Some("/role"),
        Standing::SomeoneElse => Some("/someone-else"),
        Standing::SignedOut | Standing::Locked => Some("/sign-in"),
    })
}

/// A screen only for people who are signed in.
pub fn signed_in(screen: fn() -> AnyView) -> impl IntoView {
    guarded(screen, |standing| match standing {
        Standing::InRole | Standing::NoRole => None,
        Standing::SomeoneElse => Some("/someone-else"),
        Standing::SignedOut | Standing::Locked => Some("/sign-in"),
    })
}

fn guarded(
    screen: fn() -> AnyView,
    elsewhere: fn(Standing) -> Option<&'static str>,
) -> impl IntoView {
    let session = session();
    let elsewhere = Memo::new(move |_| elsewhere(session.standing()));
    let here = use_location().pathname;
    move || match elsewhere.get() {
        None => screen(),
        Some(path) => {
            let next = here.get_untracked();
            // In its place, so that going back does not lead here again.
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            view! { <Redirect path=with_next(path, &next) options /> }.into_any()
        }
    }
}

/// A path that leads back to `next` afterwards. Only the ways into a record and the account are
/// worth coming back to.
pub fn with_next(path: &str, next: &str) -> String {
    const NOT_BACK: [&str; 5] = ["", "/", "/role", "/sign-in", "/someone-else"];
    if path == "/someone-else" || NOT_BACK.contains(&next) {
        path.to_owned()
    } else {
        format!("{path}?next={next}")
    }
}

/// Where to go after sign-in: `next` where it is a path of this app, else the start.
pub fn safe_next(next: Option<String>) -> String {
    next.filter(|path| {
        path.starts_with('/')
            && path
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/-_".contains(c))
            && !path.starts_with("//")
    })
    .unwrap_or_else(|| "/".to_owned())
}
