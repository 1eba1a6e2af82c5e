//! The lock: nothing about a patient stays on a screen that nobody attends to.
//!
//! It is one lock for all tabs of a browser, kept in its storage, so that a page that is loaded anew and a
//! tab that is opened later begin with it. Whoever locks tells the other tabs and the service; without signal
//! the service is told once there is some. A locked page shows nothing but whose it is: its screens are
//! gone at once, the vault is closed, and the page is loaded anew, so that nothing is left in memory.
//!
//! | what locks                                   | what opens again                                        |
//! |----------------------------------------------|---------------------------------------------------------|
//! | the person, nobody there ([`domain::idle`])  | their passkey with the service, or without signal what is saved on the device |
//! | another tab, the session as the service has it | the same, in any tab                                  |
//!
//! What was asked before the person came back counts no more afterwards: each answer about the session is
//! taken only where nobody signed in, unlocked or locked since it was asked for.

use crate::api::client::{self, Heard};
use crate::api::identity::{self, SessionView};
use crate::device::{Asked, Device, device};
use crate::keeping::{Keeping, Safe};
use crate::problem::Kind;
use crate::session::with_next;
use domain::idle::{LockReason, Presence, Watch};
use domain::role::Person;
use leptos::prelude::window;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Under which the browser remembers that it is locked, and what the other tabs are told.
const LOCK: &str = "lock";
/// Under which the tabs tell each other when someone was last there.
const PRESENCE: &str = "presence";
/// How often is looked whether someone is there, in milliseconds.
const TICK: u32 = 5_000;
/// How long a lock waits for the service before the page goes, in milliseconds.
const PATIENCE: u32 = 2_000;
/// How often the other tabs hear of use, in milliseconds.
const NOW_AND_THEN: i64 = 1_000;
/// How often the service is asked, while the page is used, whether the session goes on, in milliseconds.
const ASK_AGAIN: i64 = 60_000;

thread_local! {
    /// What this page knows of the person in front of it.
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
    /// No tab was in sight for too long, as far as was known when it was last looked.
    static OUT_OF_SIGHT: Cell<bool> = const { Cell::new(false) };
}

/// That the browser is locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Why.
    pub why: LockReason,
    /// Who was there.
    pub person: Option<Person>,
    /// What they were writing is in their vault.
    pub kept: bool,
    /// The service knows.
    pub told: bool,
}

impl Lock {
    /// As the service has it, where this browser has forgotten.
    fn of_service(view: &SessionView) -> Self {
        Self {
            why: LockReason::ByHand,
            person: view.signed_in.as_ref().map(|it| it.person.clone()),
            kept: false,
            told: true,
        }
    }

    /// Why, for whom it was.
    pub fn reason(&self) -> &'static str {
        match self.why {
            LockReason::ByHand => "You locked this screen.",
            LockReason::Unused => "This screen was locked because nobody had used it for a while.",
            LockReason::Hidden => {
                "This screen was locked because it had been out of sight for 5 minutes."
            }
            LockReason::Clock => "This screen was locked because the clock of the device changed.",
        }
    }

    /// What became of what was typed.
    pub fn written(&self) -> &'static str {
        if self.kept {
            "What you were writing about a patient was kept on this device. It is there when you unlock and open the form again."
        } else {
            "What you had typed and not saved was cleared, because nothing could be kept on this device."
        }
    }
}

fn milliseconds(device: &Rc<dyn Device>) -> i64 {
    device.now().as_millisecond()
}

/// The lock of this browser.
pub(crate) fn kept(device: &Rc<dyn Device>) -> Option<Lock> {
    let kept = device.preference(LOCK).filter(|kept| !kept.is_empty())?;
    // What cannot be read was written by another version, and locks all the same.
    Some(serde_json::from_str(&kept).unwrap_or(Lock {
        why: LockReason::ByHand,
        person: None,
        kept: false,
        told: false,
    }))
}

fn keep(device: &Rc<dyn Device>, lock: Option<&Lock>) {
    let written = lock
        .and_then(|lock| serde_json::to_string(lock).ok())
        .unwrap_or_default();
    if lock.is_some() || device.preference(LOCK).is_some_and(|kept| !kept.is_empty()) {
        device.set_preference(LOCK, &written);
    }
}

fn presence(device: &Rc<dyn Device>) -> Option<Presence> {
    Presence::read(&device.preference(PRESENCE)?)
}

fn watch<T>(look: impl FnOnce(&mut Watch) -> T) -> Option<T> {
    WATCH.with_borrow_mut(|watch| watch.as_mut().map(look))
}

fn share(device: &Rc<dyn Device>) {
    if let Some(presence) = watch(|watch| watch.presence()) {
        device.set_preference(PRESENCE, &presence.written());
    }
}

/// Whether the page begins with the lock: because the browser is locked, the session is, or nobody was there
/// for too long since a page was last in use.
pub(crate) fn at_start(view: &SessionView) -> Option<Lock> {
    let person = view.signed_in.as_ref();
    let Some(device) = device() else {
        return person
            .filter(|person| person.locked)
            .map(|_| Lock::of_service(view));
    };
    let before = kept(&device).filter(|lock| match (&lock.person, person) {
        (Some(before), Some(now)) => before.id == now.person.id,
        (None, _) | (_, None) => true,
    });
    let lock = match (before, person) {
        (Some(lock), None) => Some(lock),
        (Some(lock), Some(person)) => Some(Lock {
            told: person.locked,
            ..lock
        }),
        (None, None) => None,
        (None, Some(person)) if person.locked => Some(Lock::of_service(view)),
        (None, Some(person)) => presence(&device)
            .and_then(|last| last.due(milliseconds(&device), person.idle_seconds, None))
            .map(|why| Lock {
                why,
                person: Some(person.person.clone()),
                kept: false,
                told: false,
            }),
    };
    keep(&device, lock.as_ref());
    lock
}

/// The person is there, and has shown who they are: nothing of before counts.
pub(crate) fn lift(device: &Rc<dyn Device>) {
    keep(device, None);
    let now = milliseconds(device);
    watch(|watch| watch.arrived(now));
    device.set_preference(PRESENCE, &Presence::at(now).written());
}

/// Locks all tabs of this browser, and tells the service.
pub fn lock(keeping: Keeping, why: LockReason) {
    let session = keeping.session();
    let (Some(device), Some(person)) = (keeping.device(), session.view_now().signed_in) else {
        return;
    };
    if session.is_locked_now() {
        return;
    }
    let lock = Lock {
        why,
        person: Some(person.person),
        kept: keeping.safe_now() == Safe::Open,
        told: false,
    };
    keep(&device, Some(&lock));
    device.announce(LOCK);
    close(keeping, lock);
}

/// Another tab locked, or the service says that the session is locked.
pub(crate) fn follow(keeping: Keeping) {
    let session = keeping.session();
    let Some(device) = keeping.device() else {
        return;
    };
    if session.is_locked_now() {
        return;
    }
    let view = session.view_now();
    if view.signed_in.is_none() {
        return;
    }
    let lock = kept(&device).unwrap_or_else(|| {
        let lock = Lock::of_service(&view);
        keep(&device, Some(&lock));
        lock
    });
    close(keeping, lock);
}

/// The screens go, then what is kept is closed, and the page is loaded anew.
fn close(keeping: Keeping, lock: Lock) {
    let here = window().location().pathname().unwrap_or_default();
    keeping.session().set_locked(lock);
    leave(keeping, with_next("/sign-in", &here), true);
}

/// Another person signed in at this browser: nothing of this page is theirs to see, and nothing of it is sent
/// as theirs. What was not sent stays with whose it is.
pub(crate) fn give_way(keeping: Keeping) {
    if let Some(device) = keeping.device() {
        keep(&device, None);
    }
    leave(keeping, "/someone-else".to_owned(), false);
}

fn leave(keeping: Keeping, to: String, tells: bool) {
    let Some(device) = keeping.device() else {
        return;
    };
    // Now and not later: what is being opened at this moment is void.
    let closing = keeping.engine_now().map(|engine| engine.close());
    spawn_local(async move {
        if let Some(closing) = closing {
            closing.await;
        }
        if tells {
            keeping.within(PATIENCE, tell(keeping)).await;
        }
        // Without signal only the service worker can load it: where there is none, what is in the page
        // went with its screens.
        if !keeping.is_cut_off() || device.has_worker() {
            device.leave_for(&to);
        }
    });
}

/// Tells the service of a lock of which it does not know.
pub(crate) async fn tell(keeping: Keeping) {
    let Some(device) = keeping.device() else {
        return;
    };
    let Some(lock) = kept(&device).filter(|lock| !lock.told) else {
        return;
    };
    let answer = identity::lock(lock.why).await;
    keeping.heard(&answer);
    let told = match &answer {
        Ok(_) => true,
        // There is nothing of theirs to lock any more.
        Err(problem) => matches!(problem.kind, Kind::SignedOut | Kind::OtherPerson),
    };
    // Unless the person is back, or another tab locked since.
    if told && kept(&device).as_ref() == Some(&lock) {
        keep(&device, Some(&Lock { told, ..lock }));
    }
}

/// Watches over the page, for as long as it lives.
pub(crate) fn attend(keeping: Keeping) {
    let Some(device) = keeping.device() else {
        return;
    };
    let session = keeping.session();
    let now = milliseconds(&device);
    WATCH.set(Some(Watch::new(presence(&device), device.in_sight(), now)));
    client::on_heard(move |heard| match heard {
        Heard::Locked | Heard::OtherPerson => session.look_again(),
    });
    spawn_local(tell(keeping));

    device.on_announced(LOCK, Box::new(move || follow(keeping)));
    let asked = Rc::new(Cell::new(now));
    let used = Cell::new(0);
    device.on_use(Box::new(move || {
        let Some(device) = attended(keeping) else {
            return;
        };
        let now = milliseconds(&device);
        watch(|watch| watch.used(now));
        if now - used.get() >= NOW_AND_THEN || now < used.get() {
            used.set(now);
            share(&device);
        }
        if session.is_live_now() && (now - asked.get()).abs() >= ASK_AGAIN {
            asked.set(now);
            session.look_again();
        }
    }));
    device.on_hidden(Box::new(move |hidden| {
        // Before the page counts as seen again.
        let there = attended(keeping);
        let Some(device) = keeping.device() else {
            return;
        };
        let now = milliseconds(&device);
        watch(|watch| watch.sight(!hidden, now));
        if there.is_some() {
            share(&device);
        }
    }));
    device.on_woken(Box::new(move || {
        attended(keeping);
    }));
    device.on_ceremony(Box::new(move |step| {
        let Some(device) = keeping.device() else {
            return;
        };
        let now = milliseconds(&device);
        watch(|watch| match step {
            Asked::Begun => watch.asks(now),
            Asked::Given => watch.answered(true, now),
            Asked::NotGiven => watch.answered(false, now),
        });
        attended(keeping);
    }));
    spawn_local(async move {
        loop {
            device.sleep(TICK).await;
            attended(keeping);
        }
    });
}

/// Looks whether someone is there, and locks where nobody is. The device, where a person is signed in and there.
fn attended(keeping: Keeping) -> Option<Rc<dyn Device>> {
    let device = keeping.device()?;
    let session = keeping.session();
    let person = session.view_now().signed_in?;
    if session.is_locked_now() {
        return None;
    }
    // A tab that was asleep has not heard the others.
    if kept(&device).is_some() {
        follow(keeping);
        return None;
    }
    let now = milliseconds(&device);
    let others = presence(&device);
    let due = watch(|watch| {
        watch.learn(others);
        watch.check(now, person.idle_seconds)
    })?;
    // A tab that is out of sight may be the first to wake up of several: the one in sight has its turn before
    // it is believed that there is none.
    let believed = device.in_sight() || OUT_OF_SIGHT.replace(due == Some(LockReason::Hidden));
    if let Some(why) = due {
        if why != LockReason::Hidden || believed {
            lock(keeping, why);
        }
        return None;
    }
    let over = now >= person.ends_at.as_millisecond();
    if over && session.is_live_now() && device.in_sight() {
        // It has ended, whatever was done in it.
        session.look_again();
    }
    share(&device);
    Some(device)
}
