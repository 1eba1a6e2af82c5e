//! The outbox: every change that a person makes goes through it, durably, and stays until it has come
//! to something. It never reads a clock, a network or a store: the caller tells it what happened, and
//! keeps the entries that it names.
//!
//! # How an entry moves
//! | now            | taken     | applied | conflict, refused | lost, busy | stopped | crashed | reachable | shown | decided | role ended |
//! |----------------|-----------|---------|-------------------|------------|---------|---------|-----------|-------|---------|------------|
//! | waiting        | in flight, if it is next | – | –    | –          | –       | –       | at once, if it was lost | – | below | needs decision (refused) |
//! | in flight      | –         | settled | needs decision    | waiting, later | waiting | waiting | –      | –     | –       | –          |
//! | needs decision | –         | –       | –                 | –          | –       | –       | –         | noted | below   | –          |
//! | settled        | –         | –       | –                 | –          | –       | –       | –         | –     | –       | –          |
//!
//! A dash means that nothing moves; the caller is told where that is not to be expected. An answer
//! counts only where it names the attempt that is in flight.
//!
//! # What a person can decide
//! | about                                       | keep theirs | replace | try again | discard |
//! |---------------------------------------------|-------------|---------|-----------|---------|
//! | a conflict                                  | settled     | settled, and another waits in its place | – | – |
//! | refused for good (invalid, id used)         | –           | settled, and another waits in its place | – | settled |
//! | refused for now (role, patient, unknown)    | –           | –       | waiting   | settled |
//! | waiting, and no delivery was ever begun     | –           | –       | –         | settled |
//!
//! Only on what they were shown. What may have been carried out already, though its answer was lost,
//! is never sent under a second id.
//!
//! # Rules
//! - The changes to one patient are delivered in the order of making, one at a time. One that waits
//!   for anything holds the later ones back; other patients' go on.
//! - A change made on top of another that has not been delivered counts it in its `base`. Where the
//!   earlier one is dropped or replaced, the later ones move onto what the person has been shown; but
//!   never the removal of a flag, and never a change of which a delivery was begun.
//! - The caller keeps what [`Outbox::handle`] names before it sends anything or says "saved". It may
//!   keep the rest later: after a crash the same is delivered again under the same id, and asked again.

mod back_off;
mod entry;
mod handle;
mod overlay;

pub use back_off::LONGEST_BACK_OFF;
pub use entry::{BackOff, End, Entry, Maker, Question, Queue, Setback, State, Turn, Why};
pub use overlay::{Mark, Marked, Overlay, overlay};

use crate::adjustment::{AdjustmentChange, AdjustmentRecord};
use crate::command::Command;
use crate::ids::{CommandId, RoleId};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A change that the person has just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made<T> {
    /// The change, on the version of the [`Overlay`] that they were looking at.
    pub command: Command<AdjustmentChange>,
    /// For whom, as the service is told.
    pub target: T,
    /// For whom, as the device keeps order.
    pub queue: Queue,
    /// By whom.
    pub by: Maker,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<T> {
    /// The person made a change.
    Made(Made<T>),
    /// What [`Outbox::next`] gave is about to be sent.
    Taken {
        /// Which.
        id: CommandId,
    },
    /// A delivery ended.
    Answered {
        /// Of which change.
        id: CommandId,
        /// Its [`Entry::attempts`] while it was in flight.
        attempt: u32,
        /// How.
        answer: Answer,
    },
    /// Whoever was delivering is gone, and no answer will come. Told by the one tab that delivers,
    /// before it begins.
    Crashed,
    /// The service was reached again.
    Reachable,
    /// The person sees the question, with what they had written.
    Shown {
        /// About which change.
        id: CommandId,
    },
    /// The person decided.
    Decided {
        /// About which change.
        id: CommandId,
        /// How.
        decision: Decision,
    },
    /// The person does not have this role any more. Told whenever their roles become known.
    RoleEnded(RoleId),
    /// Who is signed in, in which role; `None` where nobody is, or no role is chosen. Told at the
    /// start and at every change, and again after [`Answer::Stopped`].
    Sender(Option<Maker>),
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It was carried out, now or at an earlier delivery.
    Applied {
        /// The version of the record that it made.
        version: u64,
    },
    /// Someone else changed the record first.
    Conflict {
        /// As it now stands.
        theirs: Box<AdjustmentRecord>,
    },
    /// It was not taken, and sending it again would not help by itself.
    Refused(Why),
    /// There was no answer.
    Lost {
        /// By chance, from 0 to 1.
        chance: f64,
    },
    /// The service cannot do it now: the same later.
    Busy {
        /// By chance, from 0 to 1.
        chance: f64,
    },
    /// Nothing can be delivered before something else was done.
    Stopped(Stop),
}

/// What has to be done before anything is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Sign in.
    SignIn,
    /// Choose a role.
    ChooseRole,
    /// Load the newer version of the app: the answer could not be read. Ends with the page.
    Update,
}

/// What the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Leave the record as someone else made it.
    KeepTheirs,
    /// Send this instead, made on the record that they were shown: the same again on top, or edited.
    Replace(Command<AdjustmentChange>),
    /// Send the same again, under the same id.
    TryAgain,
    /// Take it back.
    Discard,
}

/// Why an event moved nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// There is no change of that id.
    #[error("there is no change of that id")]
    Unknown,
    /// Another change has that id.
    #[error("another change has that id")]
    IdTaken,
    /// It is not its turn.
    #[error("it is not the turn of this change")]
    NotNext,
    /// The answer is to an earlier delivery, or came twice.
    #[error("the answer is not to the delivery in flight")]
    OtherAttempt,
    /// The person has not been shown what they are to decide.
    #[error("the question has not been shown")]
    NotShown,
    /// That cannot be decided about a change that stands so.
    #[error("this cannot be decided here")]
    NotOffered,
    /// The new change is made on an older record than the one that was shown.
    #[error("the change is made on an older record than was shown")]
    OldBase,
}

/// Why a change waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Nothing is delivered before that was done.
    Stopped(Stop),
    /// It was made in another role: choose that one.
    OtherRole(RoleId),
    /// An earlier change to the same patient is not settled.
    Behind(CommandId),
    /// The last delivery came to nothing: not before that time.
    Until(Timestamp, Setback),
}

/// For the header of every screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting or being delivered.
    pub waiting: usize,
    /// Those of them that wait for another role than the one chosen, or behind such a one.
    pub other_role: usize,
    /// Waiting for the person.
    pub needs_decision: usize,
}

/// One person's changes on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox<T> {
    /// In the order of their turns.
    entries: Vec<Entry<T>>,
    sender: Option<Maker>,
    stopped: Option<Stop>,
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            sender: None,
            stopped: None,
        }
    }
}

impl<T> Outbox<T> {
    /// From what was kept, in any order. Nobody is signed in yet. What was in flight still is, maybe
    /// in another tab: whoever begins to deliver says [`Event::Crashed`] first.
    pub fn restore(mut entries: Vec<Entry<T>>) -> Self {
        sort(&mut entries);
        Self {
            entries,
            sender: None,
            stopped: None,
        }
    }

    /// All of them, settled ones too, in the order of making.
    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    /// Those of one patient, in the order of making.
    pub fn of<'a>(&'a self, queue: &'a Queue) -> impl Iterator<Item = &'a Entry<T>> {
        self.entries
            .iter()
            .filter(move |entry| entry.queue == *queue)
    }

    /// The change of that id.
    pub fn get(&self, id: CommandId) -> Option<&Entry<T>> {
        self.entries.iter().find(|entry| entry.id() == id)
    }

    /// What can be delivered now: the earliest of those whose turn it is. Others may be in flight.
    pub fn next(&self, now: Timestamp) -> Option<&Entry<T>> {
        self.heads()
            .find(|head| self.goes_at(head, now).is_some_and(|at| at <= now))
    }

    /// When [`Self::next`] gives something, if nothing happens before: `now` where it does already,
    /// `None` where something has to happen.
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.heads()
            .filter_map(|head| self.goes_at(head, now))
            .min()
            .map(|at| at.max(now))
    }

    /// Why a change waits; `None` where it can go now, or does not wait.
    pub fn pause(&self, id: CommandId, now: Timestamp) -> Option<Pause> {
        let entry = self.get(id)?;
        let back_off = match &entry.state {
            State::Waiting { back_off } => *back_off,
            State::InFlight { .. } | State::NeedsDecision { .. } | State::Settled { .. } => {
                return None;
            }
        };
        if let Some(head) = self.head_of(&entry.queue).filter(|head| head.id() != id) {
            return Some(Pause::Behind(head.id()));
        }
        if let Some(pause) = self.not_allowed(entry) {
            return Some(pause);
        }
        back_off
            .filter(|back_off| back_off.over_at(now) > now)
            .map(|back_off| Pause::Until(back_off.until, back_off.after))
    }

    /// How many wait, and for what.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in &self.entries {
            match entry.state {
                State::Waiting { .. } => {
                    counts.waiting += 1;
                    let first = self.head_of(&entry.queue).unwrap_or(entry);
                    if [first, entry].into_iter().any(|one| self.is_elsewhere(one)) {
                        counts.other_role += 1;
                    }
                }
                State::InFlight { .. } => counts.waiting += 1,
                State::NeedsDecision { .. } => counts.needs_decision += 1,
                State::Settled { .. } => {}
            }
        }
        counts
    }

    /// What has to be done before anything is delivered.
    pub fn stopped(&self) -> Option<Stop> {
        self.stopped
            .or_else(|| self.sender.is_none().then_some(Stop::SignIn))
    }

    /// Forgets what was settled before that time, and names it for the store.
    pub fn forget_settled(&mut self, before: Timestamp) -> Vec<CommandId> {
        let old = |entry: &Entry<T>| match entry.state {
            State::Settled { at, .. } => at < before,
            State::Waiting { .. } | State::InFlight { .. } | State::NeedsDecision { .. } => false,
        };
        let gone = self.entries.iter().filter(|entry| old(entry));
        let gone = gone.map(Entry::id).collect();
        self.entries.retain(|entry| !old(entry));
        gone
    }

    /// The earliest of each queue that is not settled.
    fn heads(&self) -> impl Iterator<Item = &Entry<T>> {
        let mut seen = BTreeSet::new();
        self.entries
            .iter()
            .filter(|entry| !entry.is_settled())
            .filter(move |entry| seen.insert(&entry.queue))
    }

    fn head_of(&self, queue: &Queue) -> Option<&Entry<T>> {
        self.entries
            .iter()
            .find(|entry| entry.queue == *queue && !entry.is_settled())
    }

    /// Made by another person, or in another role, than the one who is signed in.
    fn is_elsewhere(&self, entry: &Entry<T>) -> bool {
        self.sender.is_some_and(|sender| sender != entry.by)
    }

    fn not_allowed(&self, entry: &Entry<T>) -> Option<Pause> {
        match self.stopped() {
            Some(stop) => Some(Pause::Stopped(stop)),
            None => self
                .is_elsewhere(entry)
                .then_some(Pause::OtherRole(entry.by.role)),
        }
    }

    /// When the first of a queue can go; `None` where something has to happen before.
    fn goes_at(&self, head: &Entry<T>, now: Timestamp) -> Option<Timestamp> {
        if self.not_allowed(head).is_some() {
            return None;
        }
        match &head.state {
            State::Waiting { back_off } => {
                Some(back_off.map_or(now, |back_off| back_off.over_at(now)))
            }
            State::InFlight { .. } | State::NeedsDecision { .. } | State::Settled { .. } => None,
        }
    }
}

fn sort<T>(entries: &mut [Entry<T>]) {
    // Two tabs may have given the same number: the ids tell the order then (UUIDv7).
    entries.sort_by_key(|entry| (entry.turn, entry.id()));
}
