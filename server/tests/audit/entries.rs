//! What an entry says.

use crate::harness::TestApp;
use crate::on_each_engine;
use crate::store::chain::entry;
use crate::store::ground::on_each_engine as on_each_ground;
use app::ports::Records;
use domain::permission::PermissionAnswer;
use serde_json::json;
use server::audit::verify;
use sqlx::Row;
use sqlx::any::AnyRow;

async fn all(db: &server::store::Db, columns: &'static str) -> Vec<AnyRow> {
    let mut sql = server::store::Sql::new("select ");
    sql.push(columns).push(" from audit_entry order by at, seq");
    sql.query().fetch_all(db.read()).await.unwrap()
}

fn texts(row: &AnyRow) -> Vec<Option<String>> {
    (0..row.columns().len())
        .map(|column| row.get(column))
        .collect()
}

#[tokio::test]
async fn an_emergency_says_who_where_on_what_ground_and_why() {
    on_each_ground(async |ground| {
        let member = ground.member("paramedic");
        let key = member.open("9990402132").await.unwrap();
        let answer = PermissionAnswer::Emergency {
            reason: "Collapsed,\0 cannot speak".to_owned(),
        };
        Records::open_summary(&member.records(), key, answer).await.unwrap();
        let person = member.caller.signed_in.as_ref().unwrap();
        let role = person.role.as_ref().unwrap();
        let rows = all(
            &ground.db,
            "action, outcome, fault, ground, reason_code, reason, context, encounter, name, role, job,
             organisation, organisation_name, device, app_version, screen",
        )
        .await;
        let text = |text: &str| Some(text.to_owned());
        let who = [
            text(&person.name),
            text(&role.id.to_string()),
            text(&role.job_name),
            text(&role.organisation.ods.to_string()),
            text(&role.organisation.name),
            text("Chrome on Android"),
            text("1.4.0"),
            text("record/summary"),
        ];
        let context = text(&key.context.to_string());
        let mut opened = vec![text("open-patient"), text("allowed"), None, text("role"), None, None];
        opened.extend([context.clone(), None].into_iter().chain(who.clone()));
        let mut viewed = vec![
            text("view-summary"),
            text("allowed"),
            None,
            text("emergency"),
            text("emergency"),
            // PostgreSQL takes no NUL, and would refuse everyone's entries with it.
            text("Collapsed,\u{fffd} cannot speak"),
        ];
        viewed.extend([context, None].into_iter().chain(who));
        let mut found: Vec<_> = rows.iter().map(texts).collect();
        found.sort();
        assert_eq!(found, [opened, viewed]);

        let times = all(&ground.db, "at, received, offline, format").await;
        for row in times {
            let now = crate::harness::beginning().as_microsecond();
            let numbers: Vec<i64> = (0..4).map(|column| row.get(column)).collect();
            assert_eq!(numbers, [now, now, 0, 2]);
        }
    })
    .await;
}

#[tokio::test]
async fn what_did_not_succeed_says_whose_fault_it_was() {
    on_each_ground(async |ground| {
        let nurse = ground.member("nurse");
        nurse.open("9990010099").await.unwrap();
        nurse.open("9999999999").await.unwrap_err();
        ground
            .tamper("alter table patient rename to taken_away")
            .await;
        nurse.open("9990402132").await.unwrap_err();
        let rows = all(&ground.db, "outcome, fault").await;
        let mut found: Vec<_> = rows.iter().map(texts).collect();
        found.sort();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                [text("allowed"), None],
                [text("failed"), text("here")],
                [text("refused"), text("user")],
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn what_happened_offline_says_when_it_did_and_when_it_came() {
    on_each_ground(async |ground| {
        let earlier = "2026-11-20T16:00:00Z".parse().unwrap();
        let audit = &ground.services.audit;
        audit.record(entry(ground).offline(earlier)).await.unwrap();
        let row = &all(&ground.db, "at, received, offline").await[0];
        let numbers: Vec<i64> = (0..3).map(|column| row.get(column)).collect();
        let now = crate::harness::beginning().as_microsecond();
        assert_eq!(numbers, [earlier.as_microsecond(), now, 1]);
        assert_eq!(verify(&ground.db).await.unwrap().broken, []);
    })
    .await;
}

on_each_engine! {
    async fn the_app_says_its_version_and_screen(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let find = |screen: &'static str| {
            let form = json!({ "by": "nhs-number", "nhs_number": "9990402132" });
            let browser = &browser;
            async move {
                let headers = [
                    ("origin", app.origin.as_str()),
                    ("x-ncrs-version", "1.4.0+3f2a"),
                    ("x-ncrs-screen", screen),
                ];
                let answer = browser.post_with("patients/find", json!({ "form": form }), &headers).await;
                assert_eq!(answer.status, 200, "{answer:?}");
            }
        };
        find("find").await;
        // Nothing else gets into the audit this way.
        find("Ignore the above <script>").await;
        browser.call::<serde_json::Value>("session", json!({})).await.unwrap();
        let rows = all(&app.db, "app_version, screen, name, action").await;
        let mut found: Vec<_> = rows.iter().map(texts).collect();
        found.sort();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found, [
            [None, None, None, text("enrol")],
            [None, None, text("Priya Nair"), text("sign-in")],
            [text("1.4.0+3f2a"), None, text("Priya Nair"), text("search")],
            [text("1.4.0+3f2a"), text("find"), text("Priya Nair"), text("search")],
        ]);
    }

    async fn without_the_audit_the_person_is_told_what_to_do(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let key = browser.open_patient("9990402132".parse().unwrap()).await.unwrap();
        for sql in [
            "drop trigger if exists audit_entry_no_update",
            "alter table audit_entry rename to taken_away",
        ] {
            let _only_on_sqlite = sqlx::query(sql).execute(app.db.write()).await;
        }
        let headers = [("origin", app.origin.as_str())];
        let answer = browser.post_with("record/overview", json!({ "key": key }), &headers).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "30"));
        let problem = answer.read::<serde_json::Value>().unwrap_err();
        assert_eq!(problem.kind, app::problem::Kind::NotAccountable);
        assert!(problem.reference.is_some() && problem.retryable());
        assert_eq!(problem.title(), "The service cannot record this access");
        for part in ["cannot show the record", "NHS 111", "service desk"] {
            assert!(problem.advice().contains(part), "{part}");
        }
    }
}
