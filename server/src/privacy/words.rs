//! What the audit says, in the words of a person.

use crate::audit::query::Looked;
use crate::audit::{Action, Ground, Outcome, ReasonCode, TAKEN};
use serde_json::{Value, json};

/// What was done, as far as the entry says more than its action.
pub(super) fn what(look: &Looked) -> &'static str {
    let detail: Value = serde_json::from_str(&look.detail).unwrap_or_default();
    match look.action {
        Action::ViewSummary if detail.get(TAKEN).is_some() => {
            "Saved the Summary Care Record on a device"
        }
        Action::ViewSummary if detail.get("answer") == Some(&json!("declined")) => {
            "Recorded that the patient said no to the Summary Care Record"
        }
        Action::ChangeAdjustments if detail.get("result") == Some(&json!("conflict")) => {
            "Was shown what someone else changed in the reasonable adjustments"
        }
        action => of(action),
    }
}

/// What was done.
fn of(action: Action) -> &'static str {
    match action {
        Action::Search => "Searched for a patient",
        Action::OpenPatient => "Opened a patient",
        Action::ClosePatient => "Closed a patient",
        Action::ViewOverview => "Looked at the overview",
        Action::ViewDetails => "Looked at the patient's details",
        Action::AskSummary => "Asked whether there is a Summary Care Record",
        Action::ViewSummary => "Opened the Summary Care Record",
        Action::WithdrawPermission => "Withdrew a permission for the patient",
        Action::RecordReferral => "Recorded that the team cares for the patient",
        Action::EndReferral => "Recorded that the team no longer cares for the patient",
        Action::ViewAdjustments => "Looked at reasonable adjustments",
        Action::ChangeAdjustments => "Changed reasonable adjustments",
        Action::AddVisit => "Put a patient on the visit list",
        Action::ListVisits => "Looked at the visit list",
        Action::RemoveVisit => "Took a patient off the visit list",
        Action::TakeAlong => "Saved a patient on a device",
        Action::RegisterVault => "Registered a device",
        Action::UnlockDevice => "Unlocked what is saved on a device",
        Action::DeliverLog => "Sent the log of a device",
        Action::DeviceLogBreak => "Sent a log that does not fit together",
        Action::ListAlerts => "Looked at the list of alerts",
        Action::ReviewAlert => "Looked at an alert",
        Action::DecideAlert => "Decided on an alert",
        Action::SetAlerts => "Changed how alerts are handled",
        Action::ReportAlerts => "Looked at the report of alerts",
        Action::ExportAlerts => "Exported alerts",
        Action::ListTasks => "Looked at questions from the privacy officer",
        Action::AnswerTask => "Answered a question from the privacy officer",
        Action::ViewPatientLog => "Looked at who looked at a patient",
        Action::ViewOwnLog => "Looked at their own log",
        Action::Enrol => "Enrolled",
        Action::SignIn => "Signed in",
        Action::SignOut => "Signed out",
        Action::LockSession => "Locked the screen, or left it unattended",
        Action::UnlockSession => "Unlocked the screen",
        Action::ChooseRole => "Chose a role",
        Action::AddPasskey => "Added a passkey",
        Action::RenamePasskey => "Renamed a passkey",
        Action::RemovePasskey => "Removed a passkey",
        Action::ViewStaff => "Looked at staff",
        Action::InviteStaff => "Invited someone, or made a code for them",
        Action::GiveRole => "Gave a role, or asked for one",
        Action::SettleRole => "Settled a role that was asked for",
        Action::EndRole => "Ended a role",
        Action::RevokePasskey => "Took a passkey away",
        Action::RevokeSession => "Ended a session",
        Action::ViewReadiness => "Looked at the readiness checklist",
        Action::SaveReadiness => "Entered a step of the readiness checklist",
        Action::ViewApplications => "Looked at what waits for national approval",
        Action::ApproveReadiness => "Approved a step of an organisation",
        Action::SendBackReadiness => "Sent a step back to an organisation",
    }
}

/// What became of it.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "Allowed",
        Outcome::Done => "Done",
        Outcome::Refused => "Refused",
        Outcome::Failed => "Did not work",
    }
}

/// What it rests on, and the reason that was given.
pub(super) fn why(look: &Looked) -> Option<String> {
    let ground = match look.ground {
        Some(Ground::Agreed) => Some("The patient agreed"),
        Some(Ground::Standing) => Some("The patient agreed earlier"),
        Some(Ground::Emergency) => Some("Emergency: the patient could not be asked"),
        Some(Ground::Legal) => Some("On a legal ground"),
        Some(Ground::Role) | None => None,
    };
    let code = look.reason_code.and_then(|code| match code {
        ReasonCode::PublicInterest => Some("Public interest"),
        ReasonCode::Statute => Some("Statute"),
        ReasonCode::CourtOrder => Some("Court order"),
        ReasonCode::SelfClaimedEmergency | ReasonCode::Emergency | ReasonCode::Other => None,
    });
    let parts: Vec<String> = [ground, code]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .chain(look.reason.as_ref().map(|reason| format!("“{reason}”")))
        .collect();
    (!parts.is_empty()).then(|| parts.join(". "))
}
