//! What an entry says.

use super::row::{FORMAT, Row};
use crate::caller::{Client, SignedInCaller};
use crate::failure::{Failure, Result};
use app::problem::{Problem, Taxonomy};
use domain::NhsNumber;
use domain::ids::{ContextId, CorrelationId, PersonId, RoleId, SessionRef};
use domain::role::RoleAssignment;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$variant),+];

            /// In storage.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The one of that code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
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
        /// A patient took back what they agreed to ahead.
        WithdrawPermission = "withdraw-permission";
        /// Someone recorded that the organisation cares for the patient.
        RecordReferral = "record-referral";
        /// Someone recorded that it does no longer.
        EndReferral = "end-referral";
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
        /// The alerts to the privacy officers of an organisation.
        ListAlerts = "list-alerts";
        /// An alert with the story around it.
        ReviewAlert = "review-alert";
        /// A step that an officer took with an alert.
        DecideAlert = "decide-alert";
        /// How many alerts are checked, or where notices of them go.
        SetAlerts = "set-alerts";
        /// The alerts by month.
        ReportAlerts = "report-alerts";
        /// The alerts as a file.
        ExportAlerts = "export-alerts";
        /// The questions to a person about what they did.
        ListTasks = "list-tasks";
        /// An answer to one of them.
        AnswerTask = "answer-task";
        /// Who looked at a patient.
        ViewPatientLog = "view-patient-log";
        /// What a person looked at themselves.
        ViewOwnLog = "view-own-log";
        /// A first passkey, with a code from the Registration Authority.
        Enrol = "enrol";
        /// A sign-in with a passkey.
        SignIn = "sign-in";
        /// A sign-out, here or everywhere, or the end of one session elsewhere.
        SignOut = "sign-out";
        /// A session was locked: by hand, or because nobody was there.
        LockSession = "lock-session";
        /// Its person came back with their passkey.
        UnlockSession = "unlock-session";
        /// A choice of role.
        ChooseRole = "choose-role";
        /// A further passkey.
        AddPasskey = "add-passkey";
        /// A passkey was given another name.
        RenamePasskey = "rename-passkey";
        /// A passkey was removed.
        RemovePasskey = "remove-passkey";
        /// An agent of the Registration Authority looked at staff.
        ViewStaff = "view-staff";
        /// An agent registered someone, or made a new code for them.
        InviteStaff = "invite-staff";
        /// An agent gave a role, or asked for one.
        GiveRole = "give-role";
        /// A second agent approved a role, or declined it.
        SettleRole = "settle-role";
        /// An agent ended a role, or all of someone who left.
        EndRole = "end-role";
        /// An agent took a passkey away, or codes that were not used: also by approving a right.
        RevokePasskey = "revoke-passkey";
        /// An agent ended a session.
        RevokeSession = "revoke-session";
        /// The checklist of what an organisation has to show.
        ViewReadiness = "view-readiness";
        /// An administrator entered a step of it.
        SaveReadiness = "save-readiness";
        /// What waits for a national approver.
        ViewApplications = "view-applications";
        /// A national approver approved a step.
        ApproveReadiness = "approve-readiness";
        /// A national approver sent a step back.
        SendBackReadiness = "send-back-readiness";
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

codes! {
    /// What a look rests on.
    Ground {
        /// The role alone allows it.
        Role = "role";
        /// The patient agreed, now.
        Agreed = "agreed";
        /// The patient agreed earlier, until a day that has not passed.
        Standing = "standing";
        /// Nobody could be asked, and it was in the patient's best interest.
        Emergency = "emergency";
        /// The law lets the person look: the reason code says on which ground.
        Legal = "legal";
    }
}

codes! {
    /// Why a look without the patient's agreement was needed: the fixed list of the privacy
    /// officer's alerts (DOMAIN section 5).
    ReasonCode {
        /// Public interest.
        PublicInterest = "public-interest";
        /// A statute demands it.
        Statute = "statute";
        /// A court ordered it.
        CourtOrder = "court-order";
        /// A relationship was claimed in an emergency.
        SelfClaimedEmergency = "self-claimed-emergency";
        /// An emergency.
        Emergency = "emergency";
        /// Another, in the person's words.
        Other = "other";
    }
}

/// In the detail of a view of a summary: it was given to a device, which shows it later.
pub const TAKEN: &str = "taken";

/// The role in which someone did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorRole {
    /// Its id.
    pub id: RoleId,
    /// The name of the job.
    pub job: String,
    /// The ODS code of the organisation.
    pub organisation: String,
    /// The name of the organisation, as it was then.
    pub organisation_name: String,
}

impl ActorRole {
    /// That role.
    pub fn of(role: &RoleAssignment) -> Self {
        Self {
            id: role.id,
            job: role.job_name.clone(),
            organisation: role.organisation.ods.to_string(),
            organisation_name: role.organisation.name.clone(),
        }
    }
}

/// Who did it, in which role, in which session, on which device, and on what it rests.
#[derive(Clone)]
pub struct Actor {
    /// Joins the screen, the log and this.
    pub correlation: CorrelationId,
    /// Who.
    pub person: PersonId,
    /// Their name, as it was then.
    pub name: Option<String>,
    /// The role, where one was chosen.
    pub role: Option<ActorRole>,
    /// In which session.
    pub session: SessionRef,
    /// On which device, as far as the browser told.
    pub device: String,
    /// In which version and screen of the app, as far as it told.
    pub client: Client,
    /// In which choice of a patient.
    pub context: Option<ContextId>,
    /// In which encounter, by the reference that came with the choice.
    pub encounter: Option<String>,
    /// What it rests on; `None` where no patient is concerned.
    pub ground: Option<Ground>,
    /// Why, where the ground needs a reason.
    pub reason_code: Option<ReasonCode>,
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Actor({}, hidden)", self.correlation)
    }
}

impl Actor {
    /// Someone of whom no more is known.
    pub fn new(
        correlation: CorrelationId,
        client: &Client,
        person: PersonId,
        session: SessionRef,
        device: &str,
    ) -> Self {
        Self {
            correlation,
            person,
            name: None,
            role: None,
            session,
            device: device.to_owned(),
            client: client.clone(),
            context: None,
            encounter: None,
            ground: None,
            reason_code: None,
        }
    }

    /// The person of a request.
    pub fn of(correlation: CorrelationId, client: &Client, caller: &SignedInCaller) -> Self {
        Self {
            name: Some(caller.name.clone()),
            role: caller.role.as_ref().map(ActorRole::of),
            ..Self::new(
                correlation,
                client,
                caller.person,
                caller.session,
                &caller.device,
            )
        }
    }
}

/// One entry.
#[derive(Clone)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// What became of it.
    pub outcome: Outcome,
    /// Whose fault it was, where it did not succeed.
    pub fault: Option<Taxonomy>,
    /// On whom.
    pub patients: BTreeSet<NhsNumber>,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// More, as a JSON object: what was searched for, never what a record says.
    pub detail: Value,
    /// When it happened on a device without the service; `None`: now.
    pub offline_at: Option<Timestamp>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Entry({}, {}, hidden)",
            self.action.code(),
            self.outcome.code()
        )
    }
}

impl Entry {
    /// An entry without patients, reason or detail, of now.
    pub fn new(actor: Actor, action: Action, outcome: Outcome) -> Self {
        Self {
            actor,
            action,
            outcome,
            fault: None,
            patients: BTreeSet::new(),
            reason: None,
            detail: Value::Object(serde_json::Map::new()),
            offline_at: None,
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

    /// It did not succeed: refused where the person may know it, failed where not.
    #[must_use]
    pub fn failing(mut self, failure: &Failure) -> Self {
        self.outcome = match failure {
            Failure::Refused(_) | Failure::TooMany { .. } => Outcome::Refused,
            Failure::Store(_)
            | Failure::Corrupt(_)
            | Failure::Summary(..)
            | Failure::Audit(_)
            | Failure::Internal(_) => Outcome::Failed,
        };
        self.fault = Some(Problem::new(failure.kind()).taxonomy());
        self
    }

    /// It happened on a device without the service, at that time by the device's clock.
    #[must_use]
    pub fn offline(mut self, at: Timestamp) -> Self {
        self.offline_at = Some(at);
        self
    }

    /// As it is kept, received at that time.
    pub(super) fn into_row(self, received: Timestamp) -> Result<Row> {
        let json = |error: serde_json::Error| Failure::Audit(format!("an entry as JSON: {error}"));
        let Actor {
            correlation,
            person,
            name,
            role,
            session,
            device,
            client,
            context,
            encounter,
            ground,
            reason_code,
        } = self.actor;
        let (role, job, organisation, organisation_name) = match role {
            Some(role) => (
                Some(role.id.to_string()),
                Some(role.job),
                Some(role.organisation),
                Some(role.organisation_name),
            ),
            None => (None, None, None, None),
        };
        let detail = match self.detail {
            // Nothing to say needs no object.
            Value::Null => Value::Object(serde_json::Map::new()),
            detail => detail,
        };
        Ok(Row {
            format: FORMAT,
            at: self.offline_at.unwrap_or(received).as_microsecond(),
            received: Some(received.as_microsecond()),
            offline: Some(self.offline_at.is_some().into()),
            correlation: correlation.to_string(),
            person: person.to_string(),
            name: name.map(storable),
            role,
            job: job.map(storable),
            organisation: organisation.map(storable),
            organisation_name: organisation_name.map(storable),
            session: session.to_string(),
            device: storable(device),
            app_version: client.version.map(storable),
            screen: client.screen.map(storable),
            context: context.map(|context| context.to_string()),
            encounter: encounter.map(storable),
            action: self.action.code().to_owned(),
            outcome: self.outcome.code().to_owned(),
            fault: self.fault.map(|fault| fault.code().to_owned()),
            ground: ground.map(|ground| ground.code().to_owned()),
            reason_code: reason_code.map(|code| code.code().to_owned()),
            patients: serde_json::to_string(&self.patients).map_err(json)?,
            reason: self.reason.map(storable),
            detail: serde_json::to_string(&detail).map_err(json)?,
        })
    }
}

/// PostgreSQL has no text with a NUL in it, and would refuse the entries of everyone in the batch.
fn storable(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written last year has to be read next year.
    #[test]
    fn codes_stay_as_they_are() {
        fn codes<T: Copy>(all: &[T], code: fn(T) -> &'static str) -> String {
            all.iter()
                .map(|one| code(*one))
                .collect::<Vec<_>>()
                .join(" ")
        }
        insta::assert_snapshot!(codes(Action::ALL, Action::code), @"search open-patient close-patient view-overview view-details ask-summary view-summary withdraw-permission record-referral end-referral view-adjustments change-adjustments add-visit list-visits remove-visit take-along register-vault unlock-device deliver-log device-log-break list-alerts review-alert decide-alert set-alerts report-alerts export-alerts list-tasks answer-task view-patient-log view-own-log enrol sign-in sign-out lock-session unlock-session choose-role add-passkey rename-passkey remove-passkey view-staff invite-staff give-role settle-role end-role revoke-passkey revoke-session view-readiness save-readiness view-applications approve-readiness send-back-readiness");
        insta::assert_snapshot!(codes(Outcome::ALL, Outcome::code), @"allowed done refused failed");
        insta::assert_snapshot!(codes(Ground::ALL, Ground::code), @"role agreed standing emergency legal");
        insta::assert_snapshot!(codes(ReasonCode::ALL, ReasonCode::code), @"public-interest statute court-order self-claimed-emergency emergency other");
        for action in Action::ALL {
            assert_eq!(Action::from_code(action.code()), Some(*action));
        }
        assert_eq!(Action::from_code("nothing"), None);
    }
}
