//! The audit as FHIR R4 `AuditEvent`, one to a line, for whoever keeps or examines it elsewhere.
//!
//! | in the audit                    | in an AuditEvent                                            |
//! |---------------------------------|-------------------------------------------------------------|
//! | lane and number                 | `id`                                                        |
//! | action                          | `type` and `action`; ours in `subtype`                      |
//! | when it happened, was received  | `period`, `recorded`                                        |
//! | outcome, fault                  | `outcome`: 0, 4 the person's, 8 technical; `outcomeDesc`    |
//! | ground, reason                  | `purposeOfEvent`                                            |
//! | person, role, organisation      | the first `agent`, a contained `PractitionerRole`           |
//! | device, version of the app      | the second `agent`                                          |
//! | patients                        | an `entity` each, by NHS number                             |
//! | criteria of a search            | an `entity` with the `query`                                |
//! | all that has no place of its own | `detail` of the last `entity`, which is the request         |

use super::entry::{Action, Ground, Outcome, ReasonCode};
use super::reading::{Kept, Read, page};
use super::verify::lanes_in;
use crate::failure::{Failure, Result};
use crate::store::{Db, column};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::io;

/// From the first moment to the last, the first included and the last not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// `None`: from the beginning.
    pub from: Option<Timestamp>,
    /// `None`: to the end.
    pub until: Option<Timestamp>,
}

impl Period {
    fn contains(self, micros: i64) -> bool {
        self.from.is_none_or(|from| from.as_microsecond() <= micros)
            && self
                .until
                .is_none_or(|until| micros < until.as_microsecond())
    }
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Entries that were written.
    pub entries: u64,
    /// Entries that cannot be read, and were left out: the audit was changed.
    pub unreadable: u64,
}

/// Writes the entries that happened in that period, lane by lane, each as a line of JSON.
///
/// # Errors
/// Where the database does not answer, or a line cannot be written.
pub async fn export(
    db: &Db,
    period: Period,
    mut write: impl FnMut(&str) -> io::Result<()>,
) -> Result<Exported> {
    let mut exported = Exported::default();
    for lane in lanes_in(db, "select min(lane) from audit_entry where lane >= $1").await? {
        let row = sqlx::query("select max(seq) from audit_entry where lane = $1")
            .bind(lane)
            .fetch_one(db.read())
            .await?;
        // What comes meanwhile is of the next export.
        let Some(end) = column::<Option<i64>>(&row, 0)? else {
            continue;
        };
        let mut next = Some(i64::MIN);
        while let Some(from) = next {
            let page = page(db, lane, from, end).await?;
            next = page.next;
            for read in page.entries {
                let Read::Entry(kept) = read else {
                    exported.unreadable += 1;
                    continue;
                };
                if !period.contains(kept.row.at) {
                    continue;
                }
                let Some(event) = audit_event(lane, &kept) else {
                    exported.unreadable += 1;
                    continue;
                };
                write(&event.to_string())
                    .map_err(|error| Failure::Internal(format!("writing: {error}")))?;
                exported.entries += 1;
            }
        }
    }
    Ok(exported)
}

const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
const ODS_CODE: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

/// Our own codes. Nobody registered a place for them.
fn own(kind: &str, code: &str) -> Value {
    json!({ "system": format!("urn:x-ncrs:audit-{kind}"), "code": code })
}

fn identifier(system: &str, value: &str) -> Value {
    json!({ "system": system, "value": value })
}

fn own_identifier(kind: &str, value: &str) -> Value {
    identifier(&format!("urn:x-ncrs:{kind}"), value)
}

/// The entry as an `AuditEvent`; `None` where its times are none.
fn audit_event(lane: i64, kept: &Kept) -> Option<Value> {
    let row = &kept.row;
    let at = Timestamp::from_microsecond(row.at).ok()?;
    let received = row.received.map_or(Some(at), |received| {
        Timestamp::from_microsecond(received).ok()
    })?;
    let action = Action::from_code(&row.action);
    let detail: Map<String, Value> = serde_json::from_str(&row.detail).unwrap_or_default();
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": format!("{lane}-{}", kept.seq),
        "contained": [practitioner_role(kept)],
        "type": kind(action),
        "subtype": subtypes(action, &row.action),
        "action": crude(action),
        "period": { "start": at, "end": at },
        "recorded": received,
        "outcome": outcome(kept),
        "agent": agents(kept),
        "source": {
            "observer": { "display": "National Care Records Service" },
            "type": [coding(
                "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server",
            )],
        },
        "entity": entities(kept, &detail),
    });
    if let Value::Object(event) = &mut event {
        if let Some(why) = detail.get("why").and_then(Value::as_str) {
            event.insert("outcomeDesc".to_owned(), why.into());
        }
        if let Some(purpose) = purpose(kept) {
            event.insert("purposeOfEvent".to_owned(), json!([purpose]));
        }
    }
    Some(event)
}

/// The kind of event, by DICOM's list.
fn kind(action: Option<Action>) -> Value {
    let (code, display) = match action {
        Some(Action::Search) => ("110112", "Query"),
        Some(
            Action::OpenPatient
            | Action::ClosePatient
            | Action::ViewOverview
            | Action::ViewDetails
            | Action::AskSummary
            | Action::ViewSummary
            | Action::WithdrawPermission
            | Action::RecordReferral
            | Action::EndReferral
            | Action::ViewAdjustments
            | Action::ChangeAdjustments
            | Action::AddVisit
            | Action::ListVisits
            | Action::RemoveVisit,
        )
        | None => ("110110", "Patient Record"),
        Some(Action::TakeAlong | Action::ExportAlerts) => ("110106", "Export"),
        Some(
            Action::ListAlerts
            | Action::ReviewAlert
            | Action::ReportAlerts
            | Action::ListTasks
            | Action::ViewPatientLog
            | Action::ViewOwnLog,
        ) => ("110101", "Audit Log Used"),
        Some(
            Action::DecideAlert
            | Action::SetAlerts
            | Action::AnswerTask
            | Action::ViewReadiness
            | Action::SaveReadiness
            | Action::ViewApplications
            | Action::ApproveReadiness
            | Action::SendBackReadiness,
        ) => ("110100", "Application Activity"),
        Some(Action::DeliverLog) => ("110107", "Import"),
        Some(
            Action::SignIn
            | Action::SignOut
            | Action::LockSession
            | Action::UnlockSession
            | Action::ChooseRole
            | Action::UnlockDevice,
        ) => ("110114", "User Authentication"),
        Some(
            Action::Enrol
            | Action::AddPasskey
            | Action::RenamePasskey
            | Action::RemovePasskey
            | Action::RegisterVault
            | Action::DeviceLogBreak
            | Action::ViewStaff
            | Action::InviteStaff
            | Action::GiveRole
            | Action::SettleRole
            | Action::EndRole
            | Action::RevokePasskey
            | Action::RevokeSession,
        ) => ("110113", "Security Alert"),
    };
    coding(DICOM, code, display)
}

/// The action by our name, and by DICOM's where it has one.
fn subtypes(action: Option<Action>, code: &str) -> Vec<Value> {
    let theirs = match action {
        Some(Action::SignIn) => Some(("110122", "Login")),
        Some(Action::SignOut) => Some(("110123", "Logout")),
        Some(
            Action::Enrol
            | Action::AddPasskey
            | Action::RenamePasskey
            | Action::RemovePasskey
            | Action::InviteStaff
            | Action::GiveRole
            | Action::SettleRole
            | Action::EndRole
            | Action::RevokePasskey,
        ) => Some(("110137", "User Security Attributes Changed")),
        Some(_) | None => None,
    };
    theirs
        .map(|(code, display)| coding(DICOM, code, display))
        .into_iter()
        .chain([own("action", code)])
        .collect()
}

/// Create, read, update, delete or execute.
fn crude(action: Option<Action>) -> &'static str {
    match action {
        Some(
            Action::OpenPatient
            | Action::ViewOverview
            | Action::ViewDetails
            | Action::AskSummary
            | Action::ViewSummary
            | Action::ViewAdjustments
            | Action::ListVisits
            | Action::TakeAlong
            | Action::ViewStaff
            | Action::ListAlerts
            | Action::ReviewAlert
            | Action::ReportAlerts
            | Action::ExportAlerts
            | Action::ListTasks
            | Action::ViewPatientLog
            | Action::ViewOwnLog
            | Action::ViewReadiness
            | Action::ViewApplications,
        ) => "R",
        Some(
            Action::ChangeAdjustments
            | Action::WithdrawPermission
            | Action::EndReferral
            | Action::RenamePasskey
            | Action::SettleRole
            | Action::DecideAlert
            | Action::SetAlerts
            | Action::AnswerTask
            | Action::ApproveReadiness
            | Action::SendBackReadiness,
        ) => "U",
        Some(
            Action::Enrol
            | Action::AddPasskey
            | Action::AddVisit
            | Action::RecordReferral
            | Action::RegisterVault
            | Action::InviteStaff
            | Action::GiveRole
            | Action::SaveReadiness,
        ) => "C",
        Some(
            Action::RemovePasskey
            | Action::RemoveVisit
            | Action::EndRole
            | Action::RevokePasskey
            | Action::RevokeSession,
        ) => "D",
        Some(
            Action::Search
            | Action::ClosePatient
            | Action::SignIn
            | Action::SignOut
            | Action::LockSession
            | Action::UnlockSession
            | Action::ChooseRole
            | Action::UnlockDevice
            | Action::DeliverLog
            | Action::DeviceLogBreak,
        )
        | None => "E",
    }
}

fn outcome(kept: &Kept) -> &'static str {
    match Outcome::from_code(&kept.row.outcome) {
        Some(Outcome::Allowed | Outcome::Done) => "0",
        Some(Outcome::Refused) => "4",
        Some(Outcome::Failed) | None => "8",
    }
}

/// Why they looked: treatment, or treatment in an emergency, and by ours the ground and the reason.
fn purpose(kept: &Kept) -> Option<Value> {
    let code = kept.row.ground.as_deref()?;
    let mut codings = match Ground::from_code(code) {
        Some(Ground::Emergency) => vec![coding(ACT_REASON, "ETREAT", "Emergency Treatment")],
        Some(Ground::Role | Ground::Agreed | Ground::Standing) => {
            vec![coding(ACT_REASON, "TREAT", "treatment")]
        }
        // Which of them, the reason code says; the code system has no word for the law in general.
        Some(Ground::Legal) | None => Vec::new(),
    };
    codings.push(own("ground", code));
    if let Some(reason) = kept.row.reason_code.as_deref() {
        codings.push(match ReasonCode::from_code(reason) {
            Some(code) => json!({
                "system": "urn:x-ncrs:audit-reason", "code": reason, "display": label(code),
            }),
            None => own("reason", reason),
        });
    }
    let mut purpose = json!({ "coding": codings });
    if let (Value::Object(purpose), Some(reason)) = (&mut purpose, &kept.row.reason) {
        purpose.insert("text".to_owned(), reason.clone().into());
    }
    Some(purpose)
}

fn label(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::PublicInterest => "Public interest",
        ReasonCode::Statute => "Statute",
        ReasonCode::CourtOrder => "Court order",
        ReasonCode::SelfClaimedEmergency => "Self-claimed emergency access",
        ReasonCode::Emergency => "Emergency",
        ReasonCode::Other => "Other",
    }
}

/// Who it was, with the role and the organisation in which they did it.
fn practitioner_role(kept: &Kept) -> Value {
    let row = &kept.row;
    let mut practitioner = Map::new();
    practitioner.insert(
        "identifier".to_owned(),
        own_identifier("person", &row.person),
    );
    if let Some(name) = &row.name {
        practitioner.insert("display".to_owned(), name.clone().into());
    }
    let mut role = Map::new();
    role.insert("resourceType".to_owned(), "PractitionerRole".into());
    role.insert("id".to_owned(), "who".into());
    if let Some(id) = &row.role {
        role.insert("identifier".to_owned(), json!([own_identifier("role", id)]));
    }
    role.insert("practitioner".to_owned(), practitioner.into());
    if let Some(ods) = &row.organisation {
        let mut organisation = Map::new();
        organisation.insert("identifier".to_owned(), identifier(ODS_CODE, ods));
        if let Some(name) = &row.organisation_name {
            organisation.insert("display".to_owned(), name.clone().into());
        }
        role.insert("organization".to_owned(), organisation.into());
    }
    if let Some(job) = &row.job {
        role.insert("code".to_owned(), json!([{ "text": job }]));
    }
    role.into()
}

fn agents(kept: &Kept) -> Value {
    let row = &kept.row;
    let mut person = Map::new();
    person.insert(
        "type".to_owned(),
        json!({ "coding": [coding(
            "http://terminology.hl7.org/CodeSystem/extra-security-role-type", "humanuser", "human user",
        )] }),
    );
    if let Some(job) = &row.job {
        person.insert("role".to_owned(), json!([{ "text": job }]));
    }
    person.insert("who".to_owned(), json!({ "reference": "#who" }));
    if let Some(name) = &row.name {
        person.insert("name".to_owned(), name.clone().into());
    }
    person.insert("requestor".to_owned(), true.into());

    let mut app = Map::new();
    app.insert(
        "type".to_owned(),
        json!({ "coding": [coding(DICOM, "110150", "Application")] }),
    );
    app.insert("who".to_owned(), json!({ "display": row.device }));
    if let Some(version) = &row.app_version {
        app.insert("name".to_owned(), format!("Version {version}").into());
    }
    app.insert("requestor".to_owned(), false.into());
    json!([person, app])
}

fn entities(kept: &Kept, detail: &Map<String, Value>) -> Vec<Value> {
    let row = &kept.row;
    let mut entities: Vec<Value> = row
        .subjects()
        .iter()
        .map(|patient| {
            json!({
                "what": { "identifier": identifier(NHS_NUMBER, patient) },
                "type": coding(ENTITY_TYPE, "1", "Person"),
                "role": coding(OBJECT_ROLE, "1", "Patient"),
            })
        })
        .collect();
    if let Some(criteria) = detail.get("criteria") {
        entities.push(json!({
            "type": coding(ENTITY_TYPE, "2", "System Object"),
            "role": coding(OBJECT_ROLE, "24", "Query"),
            "query": BASE64.encode(criteria.to_string().as_bytes()),
        }));
    }
    let mut more = vec![
        ("session".to_owned(), row.session.clone()),
        ("outcome".to_owned(), row.outcome.clone()),
        ("hash".to_owned(), HEXLOWER.encode(&kept.hash)),
    ];
    for (name, value) in [
        ("fault", &row.fault),
        ("context", &row.context),
        ("encounter", &row.encounter),
        ("screen", &row.screen),
    ] {
        more.extend(value.clone().map(|value| (name.to_owned(), value)));
    }
    if row.offline == Some(1) {
        more.push(("offline".to_owned(), "true".to_owned()));
    }
    for (name, value) in detail {
        // They have a place of their own, or say nothing.
        if matches!(name.as_str(), "criteria" | "why") || value.is_null() {
            continue;
        }
        more.push((
            name.clone(),
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        ));
    }
    let more: Vec<Value> = more
        .into_iter()
        .map(|(name, value)| json!({ "type": name, "valueString": value }))
        .collect();
    entities.push(json!({
        "what": { "identifier": own_identifier("correlation", &row.correlation) },
        "type": coding(ENTITY_TYPE, "4", "Other"),
        "role": coding(OBJECT_ROLE, "20", "Job"),
        "detail": more,
    }));
    entities
}

#[cfg(test)]
mod tests {
    use super::super::row::{Row, tests};
    use super::*;

    fn shown(row: Row) -> String {
        let kept = Kept {
            seq: 7,
            row,
            prev: vec![0; 32],
            hash: vec![0xab; 32],
        };
        let event = audit_event(2, &kept).unwrap();
        serde_json::to_string_pretty(&event).unwrap()
    }

    #[test]
    fn an_emergency_offline_keeps_its_form() {
        insta::assert_snapshot!(shown(Row {
            action: "view-summary".into(),
            outcome: "refused".into(),
            detail: r#"{"answer":"emergency","closed":"no-summary","why":"SummaryClosed"}"#.into(),
            reason_code: Some("emergency".into()),
            ..tests::new()
        }));
    }

    #[test]
    fn a_search_keeps_its_form() {
        insta::assert_snapshot!(shown(Row {
            offline: Some(0),
            received: Some(1_700_000_000_000_000),
            patients: r#"["9990402132","9990252955"]"#.into(),
            detail: r#"{"by":"basic","widened":false,"ended":"found","criteria":{"family":"Holl*","gender":"female"}}"#.into(),
            context: None,
            encounter: None,
            fault: None,
            ground: Some("role".into()),
            reason_code: None,
            reason: None,
            ..tests::new()
        }));
    }

    #[test]
    fn an_entry_of_the_first_format_has_less_to_say() {
        insta::assert_snapshot!(shown(tests::old()));
    }
}
