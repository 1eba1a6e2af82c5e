//! The table. Whoever adds a call adds its row, or this fails.

use super::Needs::{Activity as Needed, Nobody, Person, Role};
use super::{Endpoint, Needs, PATIENT, Things, delivery, unreadable};
use app::api::privacy::{Decision, LogOf, QueueFilter, Which};
use domain::NhsNumber;
use domain::ids::VaultId;
use domain::readiness::StepForm;
use domain::role::Activity;
use domain::search::{NhsNumberForm, SearchForm};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const fn row(
    call: &'static str,
    needs: Needs,
    own: &'static str,
    strange: &'static str,
    arguments: fn(&Things) -> Value,
) -> Endpoint {
    Endpoint {
        call,
        needs,
        arguments,
        own,
        strange,
    }
}

const FIND: Needs = Needed(Activity::FindPatient);

const ALERTS: Needs = Needed(Activity::EmergencyAlerts);

const REPORTS: Needs = Needed(Activity::Reports);

const ADMIN: Needs = Needed(Activity::OrganisationAdmin);

const APPROVE: Needs = Needed(Activity::NationalApprover);

const REGISTER: Needs = Needed(Activity::RegisterStaff);

fn person(things: &Things) -> Value {
    json!({ "person": things.person })
}

fn new_role(things: &Things) -> Value {
    json!({
        "organisation": things.organisation,
        "job_code": "S8000:G8000:R1070",
        "job_name": "Paramedic",
        "activities": ["B0264"],
    })
}

fn application(things: &Things) -> Value {
    json!({ "organisation": things.organisation, "step": "pds-form", "version": 1 })
}

fn an_alert(things: &Things) -> Value {
    json!({ "alert": things.visit })
}

fn nothing(_: &Things) -> Value {
    json!({})
}

fn key(things: &Things) -> Value {
    json!({ "key": things.key })
}

fn visit(things: &Things) -> Value {
    json!({ "visit": things.visit })
}

fn patient(_: &Things) -> Value {
    json!({ "nhs_number": PATIENT })
}

fn by_number(_: &Things) -> Value {
    let form = NhsNumberForm {
        nhs_number: PATIENT.into(),
    };
    json!({ "form": SearchForm::NhsNumber(form) })
}

fn credential(_: &Things) -> Value {
    json!({ "credential": {} })
}

fn named_credential(_: &Things) -> Value {
    json!({ "passkey_name": "Work phone", "credential": {} })
}

/// What ends a session or takes away what another row needs stands at the end.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        // Who it is
        row("session", Nobody, "", "", nothing),
        row(
            "enrol/start",
            Nobody,
            "NotAccepted",
            "NotAccepted",
            |_| json!({ "code": "ABCD-EFGH-JKLM-NPQR" }),
        ),
        row(
            "enrol/finish",
            Nobody,
            "NotAccepted",
            "NotAccepted",
            named_credential,
        ),
        row("sign-in/start", Nobody, "", "", nothing),
        row(
            "sign-in/finish",
            Nobody,
            "NotAccepted",
            "NotAccepted",
            credential,
        ),
        row(
            "role",
            Person,
            "",
            "NotFound",
            |things| json!({ "role": things.role }),
        ),
        row("account", Person, "", "", nothing),
        row("passkeys/add/start", Person, "", "", nothing),
        row(
            "passkeys/add/finish",
            Person,
            "NotAccepted",
            "NotAccepted",
            named_credential,
        ),
        row(
            "passkeys/rename",
            Person,
            "",
            "NotFound",
            |things| json!({ "passkey": things.passkey, "passkey_name": "Work phone" }),
        ),
        row(
            "passkeys/remove",
            Person,
            "LastPasskey",
            "NotFound",
            |things| json!({ "passkey": things.passkey }),
        ),
        // To close what is not there, or another's, does nothing and tells nothing.
        row(
            "account/notices/close",
            Person,
            "",
            "",
            |things| json!({ "notice": things.visit }),
        ),
        // Finding a patient
        row("patients/find", FIND, "", "", by_number),
        row(
            "patients/open",
            FIND,
            "",
            "",
            |_| json!({ "nhs_number": PATIENT, "tab": uuid::Uuid::new_v4(), "origin": "search" }),
        ),
        // The record
        row("record/overview", FIND, "", "ContextClosed", key),
        row("record/details", FIND, "", "ContextClosed", key),
        row("record/summary/gate", FIND, "", "ContextClosed", key),
        row("record/summary/open", FIND, "", "ContextClosed", |things| {
            let answer = json!({ "answer": "agreed", "scope": "me", "duration": "thisview" });
            json!({ "key": things.key, "answer": answer })
        }),
        row("record/summary/withdraw", FIND, "", "ContextClosed", key),
        row("record/referral", FIND, "", "ContextClosed", |things| {
            let today = domain::clock::uk_date(crate::harness::beginning());
            let referral = json!({ "kind": "visit", "until": today });
            json!({ "key": things.key, "referral": referral })
        }),
        row("record/referral/end", FIND, "", "ContextClosed", key),
        row("record/adjustments", FIND, "", "ContextClosed", key),
        // What goes along, and what comes back
        row("visits/add", FIND, "", "", patient),
        row("visits", FIND, "", "", nothing),
        row(
            "visits/take",
            FIND,
            "",
            "NotFound",
            |things| json!({ "visit": things.visit, "summary": "without" }),
        ),
        row(
            "visits/open",
            FIND,
            "",
            "NotFound",
            |things| json!({ "visit": things.visit, "key": things.key }),
        ),
        row("commands/deliver", FIND, "", "NotFound", delivery),
        // It answers that nobody can read it; that it is another's is tested where it is sealed.
        row(
            "commands/deliver-sealed",
            Role,
            "",
            "",
            |_| json!({ "sealed": unreadable() }),
        ),
        row("vaults/register", Role, "", "", nothing),
        // One that nobody has. An id that is another's is tested beside it: nothing is done, nothing told.
        row(
            "vaults/register-again",
            Role,
            "",
            "",
            |_| json!({ "vault": VaultId(Uuid::new_v4()) }),
        ),
        // Whoever knows the id may bring what is sealed, as whoever's it is.
        row(
            "vaults/log-sealed",
            Nobody,
            "",
            "",
            |things| json!({ "vault": things.vault, "entries": [], "last": false }),
        ),
        // Whoever knows the id may ask.
        row(
            "vaults/standing",
            Nobody,
            "",
            "",
            |things| json!({ "vaults": [things.vault] }),
        ),
        row(
            "vaults/log",
            Person,
            "",
            "NotFound",
            |things| json!({ "vault": things.vault, "entries": [] }),
        ),
        // Registering staff: what is done with it is tested beside it (`registration`)
        row("staff", REGISTER, "", "", nothing),
        row("staff/member", REGISTER, "", "NotFound", person),
        row(
            "staff/invite",
            REGISTER,
            "",
            "NotFound",
            |things| json!({ "name": "Ada Quist", "login": "ada.quist", "role": new_role(things) }),
        ),
        row("staff/code", REGISTER, "", "NotFound", person),
        row(
            "staff/roles/give",
            REGISTER,
            "",
            "NotFound",
            |things| json!({ "person": things.person, "role": new_role(things) }),
        ),
        row(
            "staff/roles/settle",
            REGISTER,
            "",
            "NotFound",
            |things| json!({ "request": things.visit, "approve": true }),
        ),
        row(
            "staff/roles/end",
            REGISTER,
            "",
            "NotFound",
            |things| json!({ "role": things.role }),
        ),
        row(
            "staff/passkeys/remove",
            REGISTER,
            "",
            "NotFound",
            |things| json!({ "person": things.person, "passkey": things.passkey }),
        ),
        row(
            "staff/sessions/end",
            REGISTER,
            "",
            "NotFound",
            |things| json!({ "person": things.person, "session": things.session }),
        ),
        row("staff/leave", REGISTER, "", "NotFound", person),
        // Alerts: what is done with one is tested beside it (`privacy`)
        row("privacy/queue", ALERTS, "", "", |_| {
            let filter = QueueFilter {
                which: Which::Waiting,
                kind: None,
                days: 0,
                after: None,
            };
            json!({ "filter": filter })
        }),
        row("privacy/alert", ALERTS, "", "NotFound", an_alert),
        row(
            "privacy/decide",
            ALERTS,
            "",
            "NotFound",
            |things| json!({ "alert": things.visit, "decision": Decision::Investigate, "note": "" }),
        ),
        row(
            "privacy/ask",
            ALERTS,
            "",
            "NotFound",
            |things| json!({ "alert": things.visit, "question": "Why?" }),
        ),
        row(
            "privacy/sampling",
            ALERTS,
            "",
            "",
            |_| json!({ "percent": 5 }),
        ),
        row(
            "privacy/contact",
            ALERTS,
            "",
            "",
            |_| json!({ "email": "officer@example.org" }),
        ),
        row("privacy/report", REPORTS, "", "", nothing),
        row("privacy/export", REPORTS, "", "", nothing),
        row("privacy/log/patient", REPORTS, "", "", |_| {
            let patient: NhsNumber = PATIENT.parse().expect("it is a number");
            json!({ "of": LogOf::Patient(patient) })
        }),
        row("privacy/log/own", Role, "", "", nothing),
        row("privacy/tasks", Role, "", "", nothing),
        row(
            "privacy/answer",
            Role,
            "NotFound",
            "NotFound",
            |things| json!({ "alert": things.visit, "text": "On duty" }),
        ),
        // What organisations have to show: what is done with it is tested beside it (`readiness`)
        row("readiness", ADMIN, "", "", nothing),
        row("readiness/save", ADMIN, "", "", |_| {
            let form = StepForm {
                evidence: "Board paper 12".into(),
                ..StepForm::default()
            };
            json!({ "step": "ods-code", "base": 1, "form": form })
        }),
        row("approvals", APPROVE, "", "", nothing),
        row(
            "approvals/approve",
            APPROVE,
            "",
            "NotFound",
            |things| json!({ "application": application(things) }),
        ),
        row(
            "approvals/send-back",
            APPROVE,
            "",
            "NotFound",
            |things| json!({ "application": application(things), "reason": "Not signed" }),
        ),
        // To close what is not open, or not one's own, does nothing and tells nothing.
        row("visits/remove", Role, "", "", visit),
        row("patients/close", Person, "", "", key),
        row(
            "sessions/end",
            Person,
            "",
            "NotFound",
            |things| json!({ "session": things.session }),
        ),
        row("lock", Person, "", "", |_| json!({ "why": "by-hand" })),
        row("sign-out-everywhere", Person, "", "", nothing),
        row("sign-out", Nobody, "", "", nothing),
    ]
}

#[test]
fn every_call_of_the_service_is_in_the_table() {
    let there: BTreeSet<String> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.trim_start_matches("/api/").to_owned())
        .collect();
    let endpoints = endpoints();
    let told: BTreeSet<String> = endpoints.iter().map(|one| one.call.to_owned()).collect();
    assert!(there.len() > 30, "{there:?}");
    assert_eq!(told.len(), endpoints.len(), "a call stands there twice");
    assert_eq!(told, there);
}

#[test]
fn every_call_is_posted_under_one_address() {
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert!(path.starts_with("/api/"), "{path}");
        assert_eq!(method, http::Method::POST, "{path}");
    }
}
