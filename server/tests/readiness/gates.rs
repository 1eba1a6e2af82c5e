//! What is closed to an organisation, and when it opens and closes.

use super::*;
use crate::on_each_engine;
use crate::records::adjustments::{command, create};
use crate::store::ground::{Ground, Member, can_read, told};
use app::api::offline::{Delivery, Target};
use app::ports::Offline;
use domain::patient::InContext;
use domain::permission::{Closed, Gate};
use domain::readiness::{GRACE_DAYS, More};
use jiff::SignedDuration;
use server::clock::SystemClock;
use server::services::Services;
use server::store::{Db, Engine};
use sqlx::AssertSqlSafe;
use std::sync::Arc;

on_each_engine! {
    async fn who_is_not_ready_finds_and_reads_nothing_until_the_approver_decides(app: &TestApp) {
        let nurse = app.enrolled("hospice-nurse").await;
        let approver = app.enrolled("approver").await;
        let waiting = not_ready(Step::PdsForm, Lack::AwaitingApproval);
        let told = nurse.session().await.signed_in.unwrap().closures;
        assert_eq!(told.records.map(Kind::NotReady), Some(waiting.clone()));
        assert_eq!(kind(find(&nurse).await), waiting);
        assert_eq!(kind(nurse.open_patient(PATIENT.parse().unwrap()).await), waiting);
        assert_eq!(kind(nurse.call::<serde_json::Value>("visits", json!({})).await), waiting);
        let visit = json!({ "nhs_number": PATIENT });
        assert_eq!(kind(nurse.call::<serde_json::Value>("visits/add", visit).await), waiting);
        let refused: (i64,) = sqlx::query_as(
            "select count(*) from audit_entry where outcome = 'refused' and detail like '%pds-form%' and detail like '%NotReady%'",
        )
        .fetch_one(app.db.read())
        .await
        .unwrap();
        assert_eq!(refused.0, 4);

        // The page says so before anyone types anything.
        let page = nurse.get("/find/nhs-number").await.body;
        assert!(page.contains("The step “PDS access form” is waiting for national approval. A national approver has to decide on it."));
        assert!(!page.contains("<form"));

        let [application] = applications(&approver).await.try_into().unwrap();
        assert_eq!((application.organisation.ods.to_string().as_str(), application.step), (HOSPICE, Step::PdsForm));
        assert!(approve(&approver, &key(&application)).await.unwrap().is_empty());

        find(&nurse).await.unwrap();
        assert!(nurse.get("/find/nhs-number").await.body.contains("<form"));
        let opened = nurse.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        nurse.overview(opened).await.unwrap();
        let told = nurse.session().await.signed_in.unwrap().closures;
        assert_eq!(told.records, None);
    }

    async fn summaries_wait_for_their_approval_and_a_privacy_officer(app: &TestApp) {
        let nurse = app.enrolled("hospice-nurse").await;
        let admin = app.enrolled("hospice-admin").await;
        let approver = app.enrolled("approver").await;
        approve(&approver, &key(&applications(&approver).await[0])).await.unwrap();
        let opened = nurse.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        let gate = async || -> Gate {
            let gate: InContext<Gate> = nurse.call("record/summary/gate", json!({ "key": opened })).await.unwrap();
            gate.read.value
        };
        let open = async || {
            let answer = json!({ "answer": "agreed", "scope": "me", "duration": "thisview" });
            let arguments = json!({ "key": opened, "answer": answer });
            nurse.call::<serde_json::Value>("record/summary/open", arguments).await
        };
        let missing = |step, lack| Closed::NotReady(Missing { step, lack });
        let closed = missing(Step::SummaryApproval, Lack::NotStarted);
        assert_eq!((gate().await.closed(), gate().await.availability), (Some(closed), None));
        assert_eq!(kind(open().await), Kind::SummaryClosed(closed));

        saved(&admin, Step::SummaryApproval, &form()).await;
        assert_eq!(gate().await.closed(), Some(missing(Step::SummaryApproval, Lack::AwaitingApproval)));
        approve(&approver, &key(&applications(&approver).await[0])).await.unwrap();
        assert_eq!(gate().await.closed(), Some(missing(Step::PrivacyOfficer, Lack::NotStarted)));

        // Someone has to be registered first.
        assert_eq!(fields(save(&admin, Step::PrivacyOfficer, &form()).await), ["evidence"]);
        let officer = [Activity::EmergencyAlerts, Activity::RelationshipAlerts];
        add(app, "officer", &[(organisation(HOSPICE), &officer)]).await;
        let checklist = saved(&admin, Step::PrivacyOfficer, &form()).await;
        assert_eq!(checklist.officers, ["Someone called officer"]);
        assert_eq!(gate().await.closed(), None);
        open().await.unwrap();
    }

    async fn an_assessment_that_expired_warns_for_sixty_days_and_then_closes(app: &TestApp) {
        let admin = app.enrolled("ambulance-admin").await;
        let mut paramedic = app.enrolled("paramedic").await;
        // It is 21 November 2026.
        let expires = date(2026, 11, 22);
        saved(&admin, Step::Dspt, &StepForm { expires: day(expires), ..form() }).await;
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let closed = not_ready(Step::Dspt, Lack::Expired);
        // The day before, the day itself, the day after, day 60, day 61.
        for (forward, warned, open) in [
            (0, false, true), (1, false, true), (1, true, true), (i64::from(GRACE_DAYS) - 1, true, true), (1, false, false),
        ] {
            app.clock.forward(days(forward));
            let signed_in = paramedic.sign_in().await.unwrap().signed_in.unwrap();
            assert_eq!(signed_in.expiry.is_some(), warned, "{forward}");
            let page = paramedic.get("/visits").await.body;
            assert_eq!(page.contains("expired on 22 November 2026"), warned, "{forward}");
            if let Some(expiry) = signed_in.expiry {
                assert_eq!((expiry.expired.as_str(), expiry.closes.as_str()), ("22 November 2026", "21 January 2027"));
            }
            match find(&paramedic).await {
                Ok(_) => assert!(open, "{forward}"),
                Err(problem) => assert_eq!((open, problem.kind), (false, closed.clone()), "{forward}"),
            }
        }
        // Another organisation is not concerned.
        let nurse = app.enrolled("nurse").await;
        find(&nurse).await.unwrap();
        // A new assessment opens it again.
        let mut admin = admin;
        admin.sign_in().await.unwrap();
        let renewed = StepForm { on: day(date(2027, 1, 20)), ..form() };
        saved(&admin, Step::Dspt, &renewed).await;
        find(&paramedic).await.unwrap();
    }

    async fn standards_that_are_not_met_close_at_once(app: &TestApp) {
        let admin = app.enrolled("ambulance-admin").await;
        let paramedic = app.enrolled("paramedic").await;
        let opened = paramedic.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        saved(&admin, Step::Dspt, &StepForm { dspt: Some(DsptStatus::NotMet), ..form() }).await;
        // What was open is closed too.
        assert_eq!(kind(paramedic.overview(opened).await), not_ready(Step::Dspt, Lack::NotMet));
        saved(&admin, Step::Dspt, &StepForm { dspt: Some(DsptStatus::Approaching), ..form() }).await;
        paramedic.overview(opened).await.unwrap();
    }

    async fn an_organisation_that_is_new_begins_with_nothing(app: &TestApp) {
        let new = Organisation { ods: "ZZ914".parse().unwrap(), name: "Beck House".into(), ..organisation(HOSPICE) };
        add(app, "newcomer", &[(new, &[Activity::FindPatient])]).await;
        let newcomer = app.enrolled("newcomer").await;
        assert_eq!(kind(find(&newcomer).await), not_ready(Step::OdsCode, Lack::NotStarted));
    }
}

/// Closes the organisation of the community nurse, and opens it again.
async fn expire(ground: &Ground, expires: &str) {
    let sql = format!(
        "insert into readiness_change (ods, step, version, evidence, on_day, more, verdict, entered_by_name, entered_at)
         select ods, step, (select max(version) + 1 from readiness_change where ods = 'RZ902' and step = 'dspt'),
                evidence, on_day, '{{\"assessment\":{{\"status\":\"met\",\"expires\":\"{expires}\"}}}}', verdict, entered_by_name, entered_at
           from readiness_change where ods = 'RZ902' and step = 'dspt' and version = 1"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(ground.db.write())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_change_that_is_delivered_late_is_refused_and_kept_while_the_organisation_is_not_ready() {
    crate::store::ground::on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let opened = nurse.open(PATIENT).await.unwrap();
        let delivery = Delivery {
            target: Target::Context(opened.context),
            command: command(0, create()),
        };
        expire(ground, "2026-01-31").await;
        let refused = Offline::deliver(&nurse.offline(), delivery.clone()).await;
        let closed = not_ready(Step::Dspt, Lack::Expired);
        assert_eq!(told(refused), closed);
        // Not by itself: the device asks the person, with what they wrote.
        assert!(!Problem::new(closed).retryable());
        expire(ground, "2027-01-31").await;
        Offline::deliver(&nurse.offline(), delivery).await.unwrap();
        let entries = ground.audited().await;
        assert!(
            entries.contains(&"change-adjustments refused: NotReady".to_owned()),
            "{entries:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn organisations_that_were_there_before_go_on() {
    crate::store::ground::on_each_engine(async |ground| {
        let gone = match ground.db.engine() {
            Engine::Sqlite => "drop table readiness_change;",
            Engine::Postgres => {
                "drop table readiness_change; drop function readiness_change_refuse();"
            }
        };
        let sql = format!("{gone} delete from _sqlx_migrations where version = 9;");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(ground.db.write())
            .await
            .unwrap();
        // Connections remember what the tables were.
        let db = Db::connect(&ground.url).await.unwrap();
        db.migrate().await.unwrap();
        for organisation in server::seed::demo_organisations() {
            let rows = sqlx::query(
                "select step, version, verdict, more from readiness_change where ods = $1",
            )
            .bind(organisation.ods.to_string())
            .fetch_all(db.read())
            .await
            .unwrap();
            let offered = Step::ALL
                .iter()
                .filter(|step| step.offered_in(organisation.setting))
                .count();
            assert!(rows.len() >= offered, "{}", organisation.name);
        }
        let nurse = ground.member("hospice-nurse");
        // The database took its own time for it.
        let services = Services::start(db.clone(), Arc::new(SystemClock))
            .await
            .unwrap();
        let nurse = Member { services, ..nurse };
        let opened = nurse.open(PATIENT).await.unwrap();
        can_read(&nurse, opened).await.unwrap();
        // Not for ever: in a year they have to show the next assessment.
        let (more,): (String,) = sqlx::query_as(
            "select more from readiness_change where ods = 'RZ902' and step = 'dspt'",
        )
        .fetch_one(db.read())
        .await
        .unwrap();
        let more: More = serde_json::from_str(&more).unwrap();
        assert!(matches!(
            more,
            More::Assessment {
                status: DsptStatus::Met,
                ..
            }
        ));
        db.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_written_stays_written() {
    crate::store::ground::on_each_engine(async |ground| {
        for change in [
            "update readiness_change set verdict = 'approved'",
            "delete from readiness_change",
        ] {
            assert!(
                sqlx::raw_sql(change)
                    .execute(ground.db.write())
                    .await
                    .is_err(),
                "{change}"
            );
        }
    })
    .await;
}
