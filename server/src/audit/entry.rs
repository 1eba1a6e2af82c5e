//! What an entry says, and its bytes as they are hashed.

use crate::caller::SignedInCaller;
use crate::failure::{Failure, Result};
use domain::NhsNumber;
use domain::ids::{CorrelationId, PersonId, RoleId, SessionRef};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// In storage.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

codes! {
    /// What was asked.
    Action {
        /// A search. Its patients are those that it returned.
        Search = "search";
        /// A patient was chosen.
        OpenPatient = "open-patient";
        /// A patient was closed.
        ClosePatient = "close-patient";
        /// The overview of a record.
        ViewOverview = "view-overview";
        /// The patient's details.
        ViewDetails = "view-details";
        /// Whether a summary may be opened.
        AskSummary = "ask-summary";
        /// The answer to the permission question, and with it the summary.
        ViewSummary = "view-summary";
        /// The reasonable adjustments.
        ViewAdjustments = "view-adjustments";
        /// A change of the reasonable adjustments.
        ChangeAdjustments = "change-adjustments";
        /// A patient was put on the visit list.
        AddVisit = "add-visit";
        /// The visit list. Its patients are those on it.
        ListVisits = "list-visits";
        /// A patient was taken off the visit list.
        RemoveVisit = "remove-visit";
        /// What a device may keep of a patient was given to it: taken along, not yet looked at.
        TakeAlong = "take-along";
        /// A device was registered on which a person keeps something.
        RegisterVault = "register-vault";
        /// What is kept on a device was opened there, or someone tried to.
        UnlockDevice = "unlock-device";
        /// The log of a device.
        DeliverLog = "deliver-log";
        /// An entry of a device's log does not continue it: it was changed, or some are missing.
        DeviceLogBreak = "device-log-break";
        /// A first passkey, with a code from the Registration Authority.
        Enrol = "enrol";
        /// A sign-in with a passkey.
        SignIn = "sign-in";
        /// A sign-out, here or everywhere, or the end of one session elsewhere.
        SignOut = "sign-out";
        /// A choice of role.
        ChooseRole = "choose-role";
        /// A further passkey.
        AddPasskey = "add-passkey";
        /// A passkey was removed.
        RemovePasskey = "remove-passkey";
    }
}

codes! {
    /// What became of it.
    Outcome {
        /// It was allowed, and is being shown or done.
        Allowed = "allowed";
        /// A change was carried out, or found to have been carried out before.
        Done = "done";
        /// It was refused: the user's part of the taxonomy.
        Refused = "refused";
        /// It was allowed and then failed here.
        Failed = "failed";
    }
}

/// Who did it, in which role, in which session, on which device.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Joins the screen, the log and this.
    pub correlation: CorrelationId,
    /// Who.
    pub person: PersonId,
    /// The role, where one was chosen: its id, the job's name and the organisation's ODS code.
    pub role: Option<(RoleId, String, String)>,
    /// In which session.
    pub session: SessionRef,
    /// On which device, as far as the browser told.
    pub device: String,
}

impl Actor {
    /// The person of a request.
    pub fn of(correlation: CorrelationId, caller: &SignedInCaller) -> Self {
        Self {
            correlation,
            person: caller.person,
            role: caller.role.as_ref().map(|role| {
                (
                    role.id,
                    role.job_name.clone(),
                    role.organisation.ods.to_string(),
                )
            }),
            session: caller.session,
            device: caller.device.clone(),
        }
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// What became of it.
    pub outcome: Outcome,
    /// On whom.
    pub patients: BTreeSet<NhsNumber>,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// More, as a JSON object: never anything of a record.
    pub detail: Value,
}

impl Entry {
    /// An entry without patients, reason or detail.
    pub fn new(actor: Actor, action: Action, outcome: Outcome) -> Self {
        Self {
            actor,
            action,
            outcome,
            patients: BTreeSet::new(),
            reason: None,
            detail: Value::Object(serde_json::Map::new()),
        }
    }

    /// On those patients.
    #[must_use]
    pub fn on(mut self, patients: impl IntoIterator<Item = NhsNumber>) -> Self {
        self.patients.extend(patients);
        self
    }

    /// With that detail, a JSON object.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// For that reason.
    #[must_use]
    pub fn because(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }

    /// As it is kept.
    pub(super) fn into_row(self, at: Timestamp) -> Result<Row> {
        let json = |error: serde_json::Error| Failure::Audit(format!("an entry as JSON: {error}"));
        let (role, job, organisation) = match self.actor.role {
            Some((role, job, organisation)) => {
                (Some(role.to_string()), Some(job), Some(organisation))
            }
            None => (None, None, None),
        };
        Ok(Row {
            at: at.as_microsecond(),
            correlation: self.actor.correlation.to_string(),
            person: self.actor.person.to_string(),
            role,
            job,
            organisation,
            session: self.actor.session.to_string(),
            device: self.actor.device,
            action: self.action.code().to_owned(),
            outcome: self.outcome.code().to_owned(),
            patients: serde_json::to_string(&self.patients).map_err(json)?,
            subjects: self.patients.into_iter().map(NhsNumber::digits).collect(),
            reason: self.reason,
            detail: serde_json::to_string(&self.detail).map_err(json)?,
        })
    }
}

/// An entry as it is kept and hashed.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) at: i64,
    pub(super) correlation: String,
    pub(super) person: String,
    pub(super) role: Option<String>,
    pub(super) job: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) session: String,
    pub(super) device: String,
    pub(super) action: String,
    pub(super) outcome: String,
    pub(super) patients: String,
    /// The same, for the index by patient; not hashed again.
    pub(super) subjects: Vec<String>,
    pub(super) reason: Option<String>,
    pub(super) detail: String,
}

/// What the first entry of a lane continues.
pub(super) fn genesis(lane: i64) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(b"ncrs audit lane ");
    hash.update(lane.to_be_bytes());
    hash.finalize().to_vec()
}

impl Row {
    /// The hash of the entry at that place after `prev`.
    ///
    /// Every field goes in with its length before it, so that no two entries have the same bytes.
    pub(super) fn hash(&self, lane: i64, seq: i64, prev: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::new();
        let mut field = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => {
                hash.update([1]);
                hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(bytes);
            }
            None => hash.update([0]),
        };
        field(Some(b"ncrs audit 1"));
        field(Some(prev));
        for number in [lane, seq, self.at] {
            field(Some(&number.to_be_bytes()));
        }
        for text in [
            Some(&self.correlation),
            Some(&self.person),
            self.role.as_ref(),
            self.job.as_ref(),
            self.organisation.as_ref(),
            Some(&self.session),
            Some(&self.device),
            Some(&self.action),
            Some(&self.outcome),
            Some(&self.patients),
            self.reason.as_ref(),
            Some(&self.detail),
        ] {
            field(text.map(|text| text.as_bytes()));
        }
        hash.finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            at: 1_700_000_000_000_000,
            correlation: "c".into(),
            person: "p".into(),
            role: None,
            job: Some("Nurse".into()),
            organisation: None,
            session: "s".into(),
            device: "d".into(),
            action: "search".into(),
            outcome: "allowed".into(),
            patients: "[]".into(),
            subjects: Vec::new(),
            reason: None,
            detail: "{}".into(),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The bytes that were hashed last year have to hash the same next year.
    #[test]
    fn hashes_stay_as_they_are() {
        insta::assert_snapshot!(hex(&genesis(0)), @"5f1f567fe73b9389c09efe45dffc3253e3405ff92608a6fc6aeec3be5a96f01e");
        insta::assert_snapshot!(hex(&row().hash(0, 1, &genesis(0))), @"882a5a7cba85ec644bb5040bf657313f4e88a1327d1000091eb7391b3e70632a");
    }

    #[test]
    fn a_text_does_not_move_to_the_next_field_unseen() {
        let mut moved = row();
        moved.role = moved.job.take();
        assert_ne!(moved.hash(0, 1, b""), row().hash(0, 1, b""));
        assert_ne!(row().hash(0, 1, b""), row().hash(0, 2, b""));
        assert_ne!(row().hash(0, 1, b""), row().hash(1, 1, b""));
    }
}
