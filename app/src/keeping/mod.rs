//! What is kept on this device for the person who uses it: patients who were taken along, changes
//! that wait to be sent, forms that are half filled in.
//!
//! Here is what every screen sees of it, light enough for the first page. The work itself is behind
//! [`Engine`], which is fetched after the first page.

mod engine;
mod link;
mod listed;
mod saved;
mod start;
pub(crate) mod work;

pub use engine::{Engine, NotKept, Sent};
pub use link::Link;
pub use listed::Listed;
pub use saved::{Door, Saved};

use crate::api::identity::{SessionView, sign_in_finish, sign_in_start};
use crate::components::passkey::Failed;
use crate::device::{Device, Later, NoCredential, NoVault, device};
use crate::lock;
use crate::problem::{Kind, Problem};
use crate::session::{Session, session};
use domain::ids::PersonId;
use domain::outbox::Counts;
use domain::situation::{Connectivity, OutboxState, SessionState, Situation, VaultState};
use futures_util::future::{Either, select};
use leptos::prelude::*;
use std::rc::Rc;

/// Whether what is kept for this person can be read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safe {
    /// Not looked yet.
    Unknown,
    /// Nothing is kept here.
    Empty,
    /// Something is kept, and nobody has unlocked it in this page.
    Locked,
    /// Unlocked by the person who is signed in.
    Open,
    /// The person's passkey gives no secret, or another of theirs opens it, or it cannot be read: as
    /// it says.
    Shut(NoVault),
}

/// The memory of this device, as far as screens see it.
#[derive(Clone, Copy)]
pub struct Keeping {
    session: Session,
    link: RwSignal<Link>,
    /// Counts how often the connection came back.
    back: RwSignal<u32>,
    safe: RwSignal<Safe>,
    counts: RwSignal<Counts>,
    /// Counts the changes of what is kept.
    revision: RwSignal<u32>,
    update: RwSignal<bool>,
    listed: Listed,
    engine: StoredValue<Option<Rc<dyn Engine>>, LocalStorage>,
    /// The engine and the rest of the app are here or on their way.
    awake: StoredValue<bool>,
    device: StoredValue<Option<Rc<dyn Device>>, LocalStorage>,
}

/// Under which the device remembers that the service has yet to be told of a sign-out.
const LEAVING: &str = "signed-out";
/// Under which the device remembers that something is kept on it.
const KEPT: &str = "kept";

impl Keeping {
    /// Gives it to every screen. Once, at the root of the app.
    pub fn provide(session: Session) -> Self {
        let keeping = Self {
            session,
            link: RwSignal::new(Link::Online),
            back: RwSignal::new(0),
            safe: RwSignal::new(Safe::Unknown),
            counts: RwSignal::new(Counts::default()),
            revision: RwSignal::new(0),
            update: RwSignal::new(false),
            listed: Listed::of(session),
            engine: StoredValue::new_local(None),
            awake: StoredValue::new(false),
            device: StoredValue::new_local(device()),
        };
        provide_context(keeping);
        // Not on the server: effects run in a browser only.
        Effect::new(move || start::begin(keeping));
        Effect::new(move || {
            session.signed_in();
            session.is_live();
            if let Some(engine) = keeping.engine_now() {
                engine.session_changed();
            }
        });
        Effect::new(move || {
            if session.is_other() {
                keeping.has_left();
                lock::give_way(keeping);
            } else if session.is_locked_by_service() {
                lock::follow(keeping);
            }
        });
        keeping
    }

    /// Whether the service answers. Reactive.
    pub fn link(self) -> Link {
        self.link.get()
    }

    /// As [`Self::link`], for handlers.
    pub fn link_now(self) -> Link {
        self.link.get_untracked()
    }

    /// How often the connection came back. Reactive: what was read from the device asks again.
    pub fn back(self) -> u32 {
        self.back.get()
    }

    /// Whether what is kept can be read. Reactive.
    pub fn safe(self) -> Safe {
        self.safe.get()
    }

    /// As [`Self::safe`], for handlers.
    pub fn safe_now(self) -> Safe {
        self.safe.get_untracked()
    }

    /// As [`Self::safe_now`], where the page has only just begun too: then it is looked.
    pub async fn safe_seen(self) -> Safe {
        if self.safe_now() == Safe::Unknown
            && let Some(engine) = self.engine().await
        {
            engine.see().await;
        }
        self.safe_now()
    }

    /// What waits, and what needs a decision. Reactive.
    pub fn counts(self) -> Counts {
        self.counts.get()
    }

    /// Counts the changes of what is kept. Reactive: whoever shows something of it reads this too.
    pub fn revision(self) -> u32 {
        self.revision.get()
    }

    /// A newer version of the app waits to be taken. Reactive.
    pub fn update(self) -> bool {
        self.update.get()
    }

    /// Whether the app has to go by what is on the device for now.
    pub fn is_cut_off(self) -> bool {
        self.link_now() != Link::Online
    }

    /// What an answer of the service, or its absence, says of the connection.
    pub fn heard<T>(self, answer: &Result<T, Problem>) {
        self.set_link(match answer {
            Ok(_) => Link::Online,
            Err(problem) => Link::of(problem),
        });
    }

    /// As [`Self::heard`].
    pub(crate) fn set_link(self, now: Link) {
        let Some(before) = self.link.try_get_untracked() else {
            return;
        };
        if before == now {
            return;
        }
        self.link.set(now);
        match now {
            Link::Online => {
                self.back.update(|times| *times += 1);
                if let Some(engine) = self.engine_now() {
                    engine.connected();
                }
            }
            Link::Offline | Link::Down if before == Link::Online => start::probe(self),
            Link::Offline | Link::Down => {}
        }
    }

    /// The engine, fetched where it is not here yet. `None` where it cannot be.
    pub async fn engine(self) -> Option<Rc<dyn Engine>> {
        if let Some(engine) = self.engine_now() {
            return Some(engine);
        }
        let engine = crate::late::keep::engine(self).await?;
        // Someone else may have been quicker.
        if self.engine_now().is_none() {
            self.engine.try_set_value(Some(engine));
        }
        self.engine_now()
    }

    /// The engine, if it is here.
    pub fn engine_now(self) -> Option<Rc<dyn Engine>> {
        self.engine.try_with_value(Clone::clone).flatten()
    }

    /// Who is on the visit list, as far as the page knows.
    pub fn listed(self) -> Listed {
        self.listed
    }

    /// The device, also where no screen is around; `None` on the server.
    pub fn device(self) -> Option<Rc<dyn Device>> {
        self.device.try_with_value(Clone::clone).flatten()
    }

    /// Waits for the work, but not longer than so many milliseconds. `None`: it took too long, and
    /// was given up.
    pub async fn within<T>(self, milliseconds: u32, work: impl Future<Output = T>) -> Option<T> {
        let Some(device) = self.device() else {
            return Some(work.await);
        };
        match select(Box::pin(work), device.sleep(milliseconds)).await {
            Either::Left((answer, _)) => Some(answer),
            Either::Right(_) => None,
        }
    }

    /// The session of the page.
    pub fn session(self) -> Session {
        self.session
    }

    pub(crate) fn set_safe(self, safe: Safe) {
        self.session.hold(safe == Safe::Open);
        match safe {
            Safe::Open | Safe::Locked => self.remember(KEPT, true),
            Safe::Empty => self.remember(KEPT, false),
            Safe::Unknown | Safe::Shut(_) => {}
        }
        if self.safe.get_untracked() != safe {
            self.safe.set(safe);
        }
    }

    /// Where the person stands, for what every screen shows. Reactive.
    pub fn situation(self) -> Situation {
        let locked = self.session.is_locked() || !self.session.is_live();
        let counts = self.counts();
        Situation {
            connectivity: match self.link() {
                Link::Online => Connectivity::Online,
                Link::Offline => Connectivity::Offline,
                Link::Down => Connectivity::ServiceDown,
            },
            vault: match self.safe() {
                Safe::Open => VaultState::Open,
                Safe::Locked if locked => VaultState::Locked,
                Safe::Shut(NoVault::NoSecret) => VaultState::NoSecret,
                Safe::Shut(NoVault::LockedOut) => VaultState::LockedOut,
                Safe::Shut(NoVault::Broken) => VaultState::Broken,
                // A page that was loaded anew under a live session works with the service, and can be
                // unlocked where that is asked for.
                Safe::Unknown | Safe::Empty | Safe::Locked | Safe::Shut(_) => VaultState::None,
            },
            session: match (self.session.is_live(), self.session.signed_in()) {
                (true, _) => SessionState::Live,
                (false, Some(_)) => SessionState::Ended,
                (false, None) => SessionState::None,
            },
            outbox: OutboxState::of(counts),
        }
    }

    /// What stays on this device when the person signs out: to be said before they do. Reactive.
    pub fn stays_behind(self) -> Option<String> {
        let counts = self.counts();
        let text = match counts.waiting + counts.needs_decision {
            0 => return None,
            1 => "1 change is not sent yet. If you sign out, it stays on this device, locked, until you sign in here again.".to_owned(),
            many => format!("{many} changes are not sent yet. If you sign out, they stay on this device, locked, until you sign in here again."),
        };
        Some(text)
    }

    pub(crate) fn set_counts(self, counts: Counts) {
        if self.counts.get_untracked() != counts {
            self.counts.set(counts);
        }
    }

    pub(crate) fn changed(self) {
        self.revision.update(|revision| *revision += 1);
    }

    pub(crate) fn set_update(self) {
        self.update.set(true);
    }

    /// Someone has signed in with the service: opens what is kept for them, or makes room for it.
    pub fn signed_in(self) {
        self.remember(LEAVING, false);
        leptos::task::spawn_local(async move {
            if let Some(engine) = self.engine().await {
                engine.signed_in().await;
            }
        });
    }

    /// Someone signed out where the service could not be told: it is, before anything else, and of nobody
    /// else's session.
    pub fn sign_out_later(self) {
        let who = self.session.view_now().signed_in;
        if let (Some(device), Some(who)) = (self.device(), who) {
            device.set_preference(LEAVING, &who.person.id.to_string());
        }
    }

    /// Who signed out without the service being told. An earlier version did not write down who it was.
    pub(crate) fn who_is_leaving(self) -> Option<PersonId> {
        self.device()?.preference(LEAVING)?.parse().ok()
    }

    /// Someone signed out, and the service does not know yet.
    pub(crate) fn is_leaving(self) -> bool {
        self.remembers(LEAVING)
    }

    /// The service knows that they signed out.
    pub(crate) fn has_left(self) {
        self.remember(LEAVING, false);
    }

    /// Something was kept on this device when it was last looked.
    pub(crate) fn has_kept(self) -> bool {
        self.remembers(KEPT)
    }

    fn remembers(self, name: &str) -> bool {
        self.device()
            .and_then(|device| device.preference(name))
            .is_some_and(|value| !value.is_empty())
    }

    fn remember(self, name: &str, value: bool) {
        if self.remembers(name) != value
            && let Some(device) = self.device()
        {
            device.set_preference(name, if value { "yes" } else { "" });
        }
    }

    /// Someone signs out: nothing of patients stays, and what was not sent stays locked.
    pub fn signed_out(self) -> Later<()> {
        Box::pin(async move {
            if let Some(engine) = self.engine().await {
                engine.signed_out().await;
            }
        })
    }

    /// Unlocks what is kept here.
    ///
    /// # Errors
    /// As [`Self::unlock`], and where the service does not let them in.
    pub async fn unlock_saved(self) -> Result<(), Failed> {
        // After too many attempts the service has to let them in once more.
        if self.session.is_live_now() && self.is_locked_out().await {
            return self.begin_saving().await;
        }
        Ok(self.unlock().await?)
    }

    /// Has the person confirm with their passkey that something may be kept here. What they asked for does
    /// not change with what is found meanwhile.
    ///
    /// # Errors
    /// Where the browser gives no credential, or the service does not let them in.
    pub async fn begin_saving(self) -> Result<(), Failed> {
        if !self.sign_in_again().await? {
            return Ok(());
        }
        match self.engine().await {
            Some(engine) => {
                engine.signed_in().await;
                Ok(())
            }
            None => Err(Problem::new(Kind::Unreachable).into()),
        }
    }

    async fn is_locked_out(self) -> bool {
        let Some(device) = self.device() else {
            return false;
        };
        let Ok(vaults) = device.vaults().await else {
            return false;
        };
        let there = vaults.list().await.unwrap_or_default();
        !there.is_empty() && there.iter().all(|vault| vault.locked_out)
    }

    /// Has the person confirm by passkey, with the service, that it is they: the session goes on, with
    /// a fingerprint that was given just now. `false` where it was another person's passkey: then they
    /// have signed in, what was begun is not theirs to finish, and the page gives way.
    ///
    /// # Errors
    /// Where the browser gives no credential, or the service does not let them in.
    pub async fn confirm(self) -> Result<bool, Failed> {
        self.sign_in_again().await
    }

    /// Signs in with the service, whoever was there before: nothing of theirs is in this page.
    ///
    /// # Errors
    /// As [`Self::confirm`].
    pub async fn sign_in_instead(self) -> Result<(), Failed> {
        let device = self.device().ok_or(NoCredential::Unsupported)?;
        let credential = device.use_passkey(sign_in_start().await?).await?;
        let view = sign_in_finish(credential).await?;
        self.session.set(view);
        self.signed_in();
        Ok(())
    }

    /// With the service; whether it is the same person.
    async fn sign_in_again(self) -> Result<bool, Failed> {
        let person = |view: &SessionView| view.signed_in.as_ref().map(|person| person.person.id);
        let before = person(&self.session.view_now());
        let was_locked = self.session.is_locked_now();
        let device = self.device().ok_or(NoCredential::Unsupported)?;
        let credential = device.use_passkey(sign_in_start().await?).await?;
        let view = sign_in_finish(credential).await?;
        if self.session.is_locked_now() && !was_locked {
            // Someone locked while the device asked: that came last, and the service is told once more.
            return Err(NoCredential::Superseded.into());
        }
        let same = before.is_none() || person(&view) == before;
        if same {
            self.session.set(view);
        } else {
            // What is in this page is the first person's: it is loaded anew, for the other.
            device.announce_session_change();
            self.session.set_other();
        }
        Ok(same)
    }

    /// Unlocks by passkey what is kept on the device, without the service. The session of the page is
    /// then the one that was kept.
    ///
    /// # Errors
    /// As [`crate::device::Vaults::unlock`].
    pub async fn unlock(self) -> Result<(), NoVault> {
        match self.engine().await {
            Some(engine) => engine.unlock().await,
            None => Err(NoVault::NoStorage),
        }
    }
}

/// What is kept on this device.
///
/// Outside the app nothing is.
pub fn keeping() -> Keeping {
    use_context::<Keeping>().unwrap_or_else(|| Keeping::provide(session()))
}
