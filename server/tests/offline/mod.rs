//! What people take along to where there is no signal, and what comes back: every right with its
//! refused twin, and what the audit says of it.

mod delivering;
mod devices;
mod late;
mod logs;
mod opening;
mod sealed;
mod taking;
mod vaults;
mod visits;
mod web;

use crate::store::ground::{Ground, Member, today};
use app::api::offline::VisitLine;
use app::ports::Offline;
use app::problem::Problem;
use domain::NhsNumber;
use domain::ids::{RoleId, VisitId};
use domain::patient::Patient;
use domain::referral::{NewReferral, ReferralKind};
use serde_json::Value;
use sqlx::Row;
use uuid::Uuid;

const EVERYTHING: &str = "9990402132";
const WITHHELD: &str = "9990252955";
const FLAGGED: &str = "9990240272";
const NO_SUMMARY: &str = "9990010013";
const OPTED_OUT: &str = "9990010048";
const RESTRICTED: &str = "9990010056";

fn number(digits: &str) -> NhsNumber {
    digits.parse().unwrap()
}

async fn add(member: &Member, patient: &str) -> Result<VisitLine, Problem> {
    Offline::add_visit(&member.offline(), number(patient)).await
}

async fn added(member: &Member, patient: &str) -> VisitId {
    add(member, patient).await.unwrap().visit
}

/// Records that the organisation cares for the patient, until the end of today.
async fn refer(member: &Member, patient: &str) {
    let key = member.open(patient).await.unwrap();
    let referral = NewReferral {
        kind: ReferralKind::Referral,
        until: today(),
    };
    app::ports::Records::record_referral(&member.records(), key, referral)
        .await
        .unwrap();
}

/// Nobody, in the same browser.
fn signed_out(member: &Member) -> Member {
    let mut nobody = member.clone();
    nobody.caller.signed_in = None;
    nobody
}

/// The same person in the same session, who has yet to choose a role.
fn without_role(member: &Member) -> Member {
    let mut undecided = member.clone();
    undecided.caller.signed_in.as_mut().unwrap().role = None;
    undecided
}

/// The same person in another role that allows the same.
fn in_another_role(member: &Member) -> Member {
    member.with_role(|role| role.id = RoleId(Uuid::new_v4()))
}

/// Makes the patient a restricted one.
async fn restrict(ground: &Ground, patient: &str) {
    let row = sqlx::query("select doc from patient where nhs_number = $1")
        .bind(patient)
        .fetch_one(ground.db.read())
        .await
        .unwrap();
    let mut restricted: Patient = serde_json::from_str(&row.get::<String, _>(0)).unwrap();
    restricted.restricted = true;
    sqlx::query("update patient set doc = $1 where nhs_number = $2")
        .bind(serde_json::to_string(&restricted).unwrap())
        .bind(patient)
        .execute(ground.db.write())
        .await
        .unwrap();
}

/// The organisation of that person's role keeps records on devices for so long.
async fn keep_for(ground: &Ground, member: &Member, hours: i64) {
    let role = member.caller.signed_in.clone().unwrap().role.unwrap();
    let changed = sqlx::query("update organisation set offline_hours = $1 where ods = $2")
        .bind(hours)
        .bind(role.organisation.ods.to_string())
        .execute(ground.db.write())
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
}

/// How many rows of that table there are.
async fn count(ground: &Ground, table: &'static str) -> i64 {
    sqlx::query(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(ground.db.read())
        .await
        .unwrap()
        .get(0)
}

/// An entry of the audit.
#[derive(Debug)]
struct Audited {
    outcome: String,
    role: Option<String>,
    patients: Vec<String>,
    reason: Option<String>,
    detail: Value,
}

/// The entries of that action, oldest first.
async fn audited(ground: &Ground, action: &str) -> Vec<Audited> {
    sqlx::query(
        "select outcome, role, patients, reason, detail from audit_entry where action = $1
         order by at, lane, seq",
    )
    .bind(action)
    .fetch_all(ground.db.read())
    .await
    .unwrap()
    .iter()
    .map(|row| Audited {
        outcome: row.get(0),
        role: row.get(1),
        patients: serde_json::from_str(&row.get::<String, _>(2)).unwrap(),
        reason: row.get(3),
        detail: serde_json::from_str(&row.get::<String, _>(4)).unwrap(),
    })
    .collect()
}
