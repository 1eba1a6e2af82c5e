//! What the outbox keeps, durably, of each change.
//!
//! Devices in the field keep these for days and read them with a newer app. A later shape may add
//! fields that have a default, and variants with new names; it never gives a name another meaning.
//! An older app that meets a variant which it does not know fails to read, and throws nothing away.

use crate::FieldError;
use crate::adjustment::{AdjustmentChange, AdjustmentRecord};
use crate::command::Command;
use crate::ids::{CommandId, PersonId, RoleId};
use crate::readiness::Missing;
use crate::role::Activity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The changes to one patient, which are delivered one after the other. The caller gives each patient
/// one key, however the patient was opened. It never shows in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Queue(pub String);

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queue(hidden)")
    }
}

/// Who made a change, in which role. Only they deliver it, in that role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: RoleId,
}

/// Where a change stands in the order of making. One that replaces another takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Turn {
    /// Grows with each change that is made on the device.
    pub number: u64,
    /// How many changes it replaces.
    #[serde(default)]
    pub again: u32,
}

/// A change with all that is known of its delivery. `T` is what the caller delivers it to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<T> {
    /// The change. It is never altered once a delivery of it has begun.
    pub command: Command<AdjustmentChange>,
    /// For whom, as the service is told.
    pub target: T,
    /// For whom, as the device keeps order.
    pub queue: Queue,
    /// Who made it.
    pub by: Maker,
    /// Its place in the order.
    pub turn: Turn,
    /// Deliveries that were begun. The number of the latest is the attempt that an answer must name.
    #[serde(default)]
    pub attempts: u32,
    /// Deliveries in a row that came to nothing.
    #[serde(default)]
    pub setbacks: u32,
    /// A delivery ended without a sure answer: the service may have carried it out.
    #[serde(default)]
    pub perhaps_done: bool,
    /// What is happening with it.
    pub state: State,
}

/// What is happening with a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum State {
    /// It is delivered when its turn comes.
    Waiting {
        /// Not before some time, where the last delivery came to nothing.
        #[serde(default)]
        back_off: Option<BackOff>,
    },
    /// It is being delivered.
    InFlight {
        /// When that began.
        since: Timestamp,
    },
    /// Only the person can say how it goes on. The later changes to the same patient wait for that.
    NeedsDecision {
        /// What they have to decide.
        question: Question,
        /// Since when.
        since: Timestamp,
        /// When they were shown it, with what they had written.
        #[serde(default)]
        shown: Option<Timestamp>,
    },
    /// It is over.
    Settled {
        /// How it ended.
        end: End,
        /// When.
        at: Timestamp,
    },
}

/// Until when a change waits, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackOff {
    /// Not before that time.
    pub until: Timestamp,
    /// What came between.
    pub after: Setback,
}

/// Why a delivery came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setback {
    /// There was no answer.
    Lost,
    /// The service cannot do it now.
    Busy,
}

/// What a person has to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "kebab-case")]
pub enum Question {
    /// Someone else changed the record first. The service did not carry the change out, and never
    /// will under this id.
    Conflict {
        /// The record as it then stood.
        theirs: Box<AdjustmentRecord>,
    },
    /// The service did not take it.
    Refused {
        /// Why.
        why: Why,
    },
}

/// Why the service did not take a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Why {
    /// It has to be mended. Under this id it never will be carried out.
    Invalid {
        /// What is wrong.
        fields: Vec<FieldError>,
    },
    /// Something else was done under this id. So this never will be.
    CommandReused,
    /// The role does not allow it any more.
    RoleForbids {
        /// What it lacks.
        activity: Activity,
    },
    /// It needs a fingerprint that was given just now.
    StepUp,
    /// The patient is not this person's in this role.
    NotFound,
    /// The patient was restricted meanwhile, and the change was made on a saved copy.
    StaysOnline,
    /// The organisation has not shown, or no longer shows, what opens records to it.
    NotReady {
        /// What is missing.
        missing: Missing,
    },
    /// The person no longer has the role in which it was made. The service was not asked.
    RoleEnded,
    /// For a reason that this app does not know.
    #[serde(other)]
    Other,
}

impl Question {
    /// Whether it is certain that the service has not carried the change out and never will under
    /// its id. Only then may the same intention be sent under a second one.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Conflict { .. } => true,
            Self::Refused { why } => match why {
                Why::Invalid { .. } | Why::CommandReused => true,
                Why::RoleForbids { .. }
                | Why::StepUp
                | Why::NotFound
                | Why::StaysOnline
                | Why::NotReady { .. }
                | Why::RoleEnded
                | Why::Other => false,
            },
        }
    }
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "kebab-case")]
pub enum End {
    /// The service carried it out.
    Applied {
        /// The version of the record that it made.
        version: u64,
    },
    /// The person left the record as someone else had made it.
    KeptTheirs,
    /// The person sent another in its place.
    Replaced {
        /// Which.
        by: CommandId,
    },
    /// The person took it back. Where the entry says `perhaps_done`, they should look at the record.
    Discarded,
}

impl<T> Entry<T> {
    /// Its name.
    pub fn id(&self) -> CommandId {
        self.command.id
    }

    /// Whether it is over.
    pub fn is_settled(&self) -> bool {
        match self.state {
            State::Settled { .. } => true,
            State::Waiting { .. } | State::InFlight { .. } | State::NeedsDecision { .. } => false,
        }
    }

    /// Whether a delivery was ever begun, after which the change must stay as it is.
    pub fn is_frozen(&self) -> bool {
        self.attempts > 0
    }
}
