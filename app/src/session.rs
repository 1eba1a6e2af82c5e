//! Who is using the app in this tab, as every screen sees it.

use crate::api::identity::{self, SessionView, SignedIn};
use crate::device::device;
use domain::ids::TabId;
use domain::role::{Activity, RoleAssignment};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

/// The session. The server renders the page with it, so that it is there from the first moment.
#[derive(Clone, Copy)]
pub struct Session {
    view: RwSignal<SessionView>,
    /// The service knows of it. Else it is the one that is kept on the device, unlocked by passkey.
    live: RwSignal<bool>,
    /// What is kept on the device is open for its person: when the service no longer knows them, they
    /// stay, with what is saved.
    held: StoredValue<bool>,
    /// The page was locked, by hand or because the person was away. Nothing is shown until they come
    /// back, also where the service still knows them.
    locked: RwSignal<bool>,
}

/// What stands between a person and a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
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

/// Under which a tab remembers that it was locked, until it is loaded anew.
pub(crate) fn lock_name(tab: TabId) -> String {
    format!("locked {tab}")
}

fn is_locked() -> bool {
    device().is_some_and(|device| {
        device
            .preference(&lock_name(device.tab()))
            .is_some_and(|locked| !locked.is_empty())
    })
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
        Self {
            live: RwSignal::new(view.signed_in.is_some()),
            view: RwSignal::new(view),
            held: StoredValue::new(false),
            locked: RwSignal::new(is_locked()),
        }
    }

    /// Whether the page was locked. Reactive.
    pub fn is_locked(self) -> bool {
        self.locked.get()
    }

    /// As [`Self::is_locked`], for handlers.
    pub fn is_locked_now(self) -> bool {
        self.locked.get_untracked()
    }

    /// The person is back.
    pub fn unlocked(self) {
        if self.is_locked_now() {
            self.locked.set(false);
            if let Some(device) = device() {
                device.set_preference(&lock_name(device.tab()), "");
            }
        }
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
        self.live.set(false);
        self.view.set(view);
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
        self.take(view);
        self.unlocked();
        if let Some(device) = device() {
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
        leptos::task::spawn_local(async move {
            if let Ok(view) = identity::session().await {
                self.look_at(view);
            }
        });
    }

    /// What the server says of itself. Where it does not know the person, or knows another at this
    /// browser, and what is kept for them on the device is open, they stay until they sign in.
    pub fn look_at(self, view: SessionView) {
        let person = |view: &SessionView| view.signed_in.as_ref().map(|person| person.person.id);
        let same = self.view.with_untracked(person) == person(&view);
        if self.held.get_value() && !same {
            self.set_live(false);
        } else {
            self.take(view);
        }
    }

    fn take(self, view: SessionView) {
        self.set_live(view.signed_in.is_some());
        if self.view.with_untracked(|now| *now != view) {
            self.view.set(view);
        }
    }

    fn standing(self) -> Standing {
        if self.locked.get() {
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
        Standing::SignedOut | Standing::Locked => Some("/sign-in"),
    })
}

/// A screen only for people who are signed in.
pub fn signed_in(screen: fn() -> AnyView) -> impl IntoView {
    guarded(screen, |standing| match standing {
        Standing::InRole | Standing::NoRole => None,
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
    if next.is_empty() || next == "/" || next == "/role" || next == "/sign-in" {
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
