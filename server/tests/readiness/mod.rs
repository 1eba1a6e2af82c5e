//! What organisations have to show, each act with its refused twin, and what is closed meanwhile.

mod gates;
mod rights;

use crate::harness::{Browser, TestApp};
use app::api::readiness::{Application, ApplicationKey, Checklist, Saved};
use app::problem::{Kind, Problem};
use domain::readiness::{AccessMethod, DsptStatus, Lack, Missing, State, Step, StepForm};
use domain::role::{Activity, Organisation, Person, RoleAssignment};
use domain::search::{DateFields, NhsNumberForm, SearchForm};
use jiff::civil::{Date, date};
use serde_json::json;
use server::identity::staff::{self, StaffMember};
use sqlx::Row;
use uuid::Uuid;

const PATIENT: &str = "9990402132";
/// The organisation that is just joining, and one that is there.
const HOSPICE: &str = "VZ912";
const AMBULANCE: &str = "RZ901";

fn day(day: Date) -> DateFields {
    DateFields {
        day: day.day().to_string(),
        month: day.month().to_string(),
        year: day.year().to_string(),
    }
}

fn form() -> StepForm {
    StepForm {
        evidence: "Board paper 12".into(),
        on: day(date(2026, 11, 2)),
        expires: DateFields::default(),
        dspt: Some(DsptStatus::Met),
        methods: [AccessMethod::OwnPasskey].into(),
    }
}

async fn checklist(browser: &Browser) -> Result<Checklist, Problem> {
    browser.call("readiness", json!({})).await
}

fn state(checklist: &Checklist, step: Step) -> State {
    checklist.step(step).unwrap().state.clone()
}

/// Saves the step on top of what is there.
async fn save(browser: &Browser, step: Step, form: &StepForm) -> Result<Saved, Problem> {
    let base = checklist(browser)
        .await?
        .step(step)
        .map_or(0, |view| view.version);
    save_on(browser, step, base, form).await
}

async fn save_on(
    browser: &Browser,
    step: Step,
    base: u32,
    form: &StepForm,
) -> Result<Saved, Problem> {
    let arguments = json!({ "step": step, "base": base, "form": form });
    browser.call("readiness/save", arguments).await
}

/// Saves it, where nothing is in the way.
async fn saved(browser: &Browser, step: Step, form: &StepForm) -> Checklist {
    match save(browser, step, form).await.unwrap() {
        Saved::Saved(checklist) => checklist,
        Saved::Changed(checklist) => panic!("{checklist:?}"),
    }
}

async fn applications(browser: &Browser) -> Vec<Application> {
    browser.call("approvals", json!({})).await.unwrap()
}

fn key(application: &Application) -> ApplicationKey {
    ApplicationKey {
        organisation: application.organisation.ods.clone(),
        step: application.step,
        version: application.version,
    }
}

async fn approve(browser: &Browser, key: &ApplicationKey) -> Result<Vec<Application>, Problem> {
    browser
        .call("approvals/approve", json!({ "application": key }))
        .await
}

async fn send_back(
    browser: &Browser,
    key: &ApplicationKey,
    reason: &str,
) -> Result<Vec<Application>, Problem> {
    let arguments = json!({ "application": key, "reason": reason });
    browser.call("approvals/send-back", arguments).await
}

async fn find(browser: &Browser) -> Result<serde_json::Value, Problem> {
    let form = SearchForm::NhsNumber(NhsNumberForm {
        nhs_number: PATIENT.into(),
    });
    browser.call("patients/find", json!({ "form": form })).await
}

fn kind<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> Kind {
    outcome.expect_err("a refusal").kind
}

/// At which fields something was wrong.
fn fields<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> Vec<String> {
    match kind(outcome) {
        Kind::Invalid(fields) => fields.into_iter().map(|field| field.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn not_ready(step: Step, lack: Lack) -> Kind {
    Kind::NotReady(Missing { step, lack })
}

/// An organisation of the demonstration.
fn organisation(ods: &str) -> Organisation {
    server::seed::demo_organisations()
        .into_iter()
        .find(|organisation| organisation.ods.to_string() == ods)
        .unwrap()
}

/// Someone new, with those roles.
async fn add(app: &TestApp, login: &str, roles: &[(Organisation, &[Activity])]) {
    let roles = roles
        .iter()
        .map(|(organisation, activities)| RoleAssignment {
            id: domain::ids::RoleId(Uuid::new_v4()),
            organisation: organisation.clone(),
            job_code: "S8002:G8003:R1982".into(),
            job_name: "Senior Administrator".into(),
            activities: activities.iter().copied().collect(),
        });
    let member = StaffMember {
        person: Person {
            id: domain::ids::PersonId(Uuid::new_v4()),
            name: format!("Someone called {login}"),
        },
        login: login.into(),
        roles: roles.collect(),
    };
    staff::upsert(&app.db, &member).await.unwrap();
}

/// `action outcome` of what was done with checklists, sorted: at one moment the lanes of the audit have
/// no order.
async fn audited(app: &TestApp) -> Vec<String> {
    let mut entries: Vec<_> = sqlx::query(
        "select action, outcome from audit_entry
          where action like '%-readiness' or action = 'view-applications'",
    )
    .fetch_all(app.db.read())
    .await
    .unwrap()
    .iter()
    .map(|row| format!("{} {}", row.get::<String, _>(0), row.get::<String, _>(1)))
    .collect();
    entries.sort();
    entries.dedup();
    entries
}
