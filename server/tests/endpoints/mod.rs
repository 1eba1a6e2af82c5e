//! Every call of the service against every way of making it without right: one table, and it has to
//! be complete.

mod not_in_front;
mod not_theirs;
mod not_well_formed;
mod table;

use crate::harness::{Browser, TestApp};
use crate::records::adjustments::{command, create};
use app::api::ContextKey;
use app::api::offline::{Delivery, Target, VisitLine};
use domain::ids::{CommandId, ContextId, PasskeyId, RoleId, SealingKeyId, SessionRef, TabId};
use domain::ids::{PersonId, VaultId, VisitId};
use domain::role::{Activity, Person, RoleAssignment};
use serde_json::{Value, json};
use server::identity::staff::{self, StaffMember};
use server::seed::demo_staff;
use uuid::Uuid;

/// Someone who is there, with a summary.
const PATIENT: &str = "9990402132";

/// Who may make a call at all.
#[derive(Clone, Copy, Debug)]
enum Needs {
    /// Anyone, signed in or not.
    Nobody,
    /// Someone who is signed in.
    Person,
    /// Someone who chose a role.
    Role,
    /// Someone whose role has that activity.
    Activity(Activity),
}

/// A call.
struct Endpoint {
    /// The address without `/api/`.
    call: &'static str,
    needs: Needs,
    /// The arguments, naming those things.
    arguments: fn(&Things) -> Value,
    /// What it answers where those things are the caller's own: empty for success, else the kind of
    /// problem.
    own: &'static str,
    /// What it answers to someone who may call it, where they are another's or nowhere.
    strange: &'static str,
}

/// What a call can name.
#[derive(Clone, Debug)]
struct Things {
    key: ContextKey,
    visit: VisitId,
    vault: VaultId,
    passkey: PasskeyId,
    session: SessionRef,
    role: RoleId,
    person: PersonId,
    organisation: &'static str,
}

impl Things {
    /// Those of the person at that browser, made where they are not there yet.
    async fn of(browser: &Browser) -> Self {
        let signed_in = browser.session().await.signed_in.unwrap();
        let account = browser.account().await.unwrap();
        let key = browser
            .open_patient(PATIENT.parse().unwrap())
            .await
            .unwrap();
        let visit: VisitLine = browser
            .call("visits/add", json!({ "nhs_number": PATIENT }))
            .await
            .unwrap();
        Self {
            key,
            visit: visit.visit,
            vault: browser.call("vaults/register", json!({})).await.unwrap(),
            passkey: account.passkeys[0].id,
            session: account
                .sessions
                .iter()
                .find(|line| line.current)
                .unwrap()
                .id,
            role: signed_in.role.unwrap().id,
            person: signed_in.person.id,
            organisation: "RZ901",
        }
    }

    /// Of the right form, and nobody's.
    fn forged() -> Self {
        Self {
            key: ContextKey {
                context: ContextId(Uuid::new_v4()),
                tab: TabId(Uuid::new_v4()),
            },
            visit: VisitId(Uuid::new_v4()),
            vault: VaultId(Uuid::new_v4()),
            passkey: PasskeyId(Uuid::new_v4()),
            session: SessionRef(Uuid::new_v4()),
            role: RoleId(Uuid::new_v4()),
            person: PersonId(Uuid::new_v4()),
            organisation: "ZZ999",
        }
    }
}

/// Someone in the same job of the same organisation as the paramedic.
async fn add_colleague(app: &TestApp) {
    let paramedic = demo_staff()
        .into_iter()
        .find(|person| person.login == "paramedic")
        .unwrap();
    let mut role = paramedic.roles[0].clone();
    role.id = RoleId(Uuid::new_v4());
    let colleague = StaffMember {
        person: Person {
            id: PersonId(Uuid::new_v4()),
            name: "Owen Marsh".into(),
        },
        login: "colleague".into(),
        roles: vec![role],
    };
    staff::upsert(&app.db, &colleague).await.unwrap();
}

/// An agent who registers for nobody but their own practice.
async fn add_other_agent(app: &TestApp) {
    let dentist = server::seed::demo_organisations()
        .into_iter()
        .find(|organisation| organisation.ods.to_string() == "VZ911")
        .unwrap();
    let agent = StaffMember {
        person: Person {
            id: PersonId(Uuid::new_v4()),
            name: "Iris Holt".into(),
        },
        login: "other-agent".into(),
        roles: vec![RoleAssignment {
            id: RoleId(Uuid::new_v4()),
            organisation: dentist,
            job_code: "S0080:G0450:R5090".into(),
            job_name: "Registration Authority Agent".into(),
            activities: [Activity::RegisterStaff].into(),
        }],
    };
    staff::upsert(&app.db, &agent).await.unwrap();
}

/// The kind of problem that came back, as it stands in the answer; empty for success.
fn kind(answer: &crate::harness::Answer) -> String {
    if answer.status.is_success() {
        return String::new();
    }
    match &answer.json()["kind"] {
        Value::String(kind) => kind.clone(),
        Value::Object(kind) => kind.keys().next().unwrap().clone(),
        other => panic!("{other}"),
    }
}

/// As it stands in the answer.
fn forbidden(activity: Activity) -> Value {
    json!({ "RoleForbids": activity })
}

/// A sealed change that nobody can open.
fn unreadable() -> Value {
    json!({
        "key": SealingKeyId(Uuid::new_v4()),
        "id": CommandId(Uuid::now_v7()),
        "encapsulated": "AAAA",
        "sealed": "AAAA",
    })
}

fn delivery(things: &Things) -> Value {
    let delivery = Delivery {
        target: Target::Context(things.key.context),
        command: command(0, create()),
    };
    json!({ "delivery": delivery })
}
