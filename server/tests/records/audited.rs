//! The audit comes first: without it nothing is shown, and nothing happens that it does not have.

use crate::store::ground::{can_read, on_each_engine, told};
use app::ports::{Finding, Records};
use app::problem::{Kind, Unreadable};
use domain::permission::{Duration, PermissionAnswer, Scope};
use domain::role::Activity;
use domain::search::{BasicForm, DateFields, NhsNumberForm, SearchForm};
use sqlx::Row;

const PATIENT: &str = "9990402132";

const AGREED: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

fn by_number() -> SearchForm {
    SearchForm::NhsNumber(NhsNumberForm {
        nhs_number: PATIENT.into(),
    })
}

#[tokio::test]
async fn every_look_is_in_the_audit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        Finding::find(&nurse.finding(), by_number()).await.unwrap();
        let key = nurse.open(PATIENT).await.unwrap();
        let port = nurse.records();
        Records::overview(&port, key).await.unwrap();
        Records::details(&port, key).await.unwrap();
        Records::gate(&port, key).await.unwrap();
        Records::open_summary(&port, key, AGREED).await.unwrap();
        Records::adjustments(&port, key).await.unwrap();
        Finding::close(&nurse.finding(), key).await.unwrap();
        let mut audited = ground.audited().await;
        let mut expected = [
            "search allowed",
            "open-patient allowed",
            "view-overview allowed",
            "view-details allowed",
            "ask-summary allowed",
            "view-summary allowed",
            "view-adjustments allowed",
            "close-patient done",
        ]
        .map(str::to_owned);
        // On PostgreSQL entries of one moment stand in several lanes.
        audited.sort();
        expected.sort();
        assert_eq!(audited, expected);
        assert_eq!(
            ground.audited_on(PATIENT.parse().unwrap()).await,
            expected.len()
        );
        ground.assert_chain_holds().await;

        let rows = sqlx::query(
            "select correlation, person, organisation, session, device from audit_entry",
        )
        .fetch_all(ground.db.read())
        .await
        .unwrap();
        let person = nurse.caller.signed_in.as_ref().unwrap();
        for row in rows {
            let texts: Vec<String> = (0..5).map(|column| row.get(column)).collect();
            assert_eq!(
                texts,
                [
                    nurse.caller.correlation.to_string(),
                    person.person.to_string(),
                    person.role.as_ref().unwrap().organisation.ods.to_string(),
                    person.session.to_string(),
                    person.device.clone(),
                ]
            );
        }
    })
    .await;
}

#[tokio::test]
async fn every_refusal_is_in_the_audit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        let without = nurse.without(Activity::ViewSummary);
        told(Records::open_summary(&without.records(), key, AGREED).await);
        told(Finding::find(&nurse.without(Activity::FindPatient).finding(), by_number()).await);
        told(can_read(&ground.member("doctor"), key).await);
        told(Finding::find(&ground.member("norole").finding(), by_number()).await);
        let mut audited = ground.audited().await;
        audited.sort();
        assert_eq!(
            audited,
            [
                "open-patient allowed",
                "search refused: NoRole",
                "search refused: RoleForbids",
                "view-overview refused: ContextClosed",
                "view-summary refused: RoleForbids",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn nothing_is_shown_without_the_audit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        let port = nurse.records();
        assert_eq!(
            told(Finding::find(&nurse.finding(), by_number()).await),
            Kind::NotAccountable
        );
        assert_eq!(told(nurse.open("9990252955").await), Kind::NotAccountable);
        assert_eq!(
            told(Records::overview(&port, key).await),
            Kind::NotAccountable
        );
        assert_eq!(
            told(Records::details(&port, key).await),
            Kind::NotAccountable
        );
        assert_eq!(told(Records::gate(&port, key).await), Kind::NotAccountable);
        assert_eq!(
            told(Records::open_summary(&port, key, AGREED).await),
            Kind::NotAccountable
        );
        assert_eq!(
            told(Records::adjustments(&port, key).await),
            Kind::NotAccountable
        );
        // A refusal that cannot be recorded says no more than that.
        let without = nurse.without(Activity::ViewSummary);
        assert_eq!(
            told(Records::open_summary(&without.records(), key, AGREED).await),
            Kind::NotAccountable
        );
        let claimed = sqlx::query("select person from relationship")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert!(claimed.is_empty());
        ground
            .tamper("alter table taken_away rename to audit_entry")
            .await;
        Records::overview(&port, key).await.unwrap();
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_allowed_and_then_failed_is_in_the_audit_too() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        ground.tamper("update summary_document set document = (select hash from audit_head where lane = 0)").await;
        let opened = Records::open_summary(&nurse.records(), key, AGREED).await;
        assert_eq!(told(opened), Kind::SummaryUnreadable(Unreadable::Damaged));
        let mut audited = ground.audited().await;
        audited.sort();
        assert_eq!(
            audited,
            ["open-patient allowed", "view-summary allowed", "view-summary failed: SummaryUnreadable(Damaged)"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_document_that_belongs_to_another_is_not_shown_and_never_will_be() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        ground
            .tamper(&format!(
                "update summary_document set document = (select document from summary_document as other
                 where other.nhs_number <> '{PATIENT}' limit 1) where nhs_number = '{PATIENT}'"
            ))
            .await;
        let opened = Records::open_summary(&nurse.records(), key, AGREED).await;
        let problem = opened.unwrap_err();
        assert_eq!(problem.kind, Kind::SummaryUnreadable(Unreadable::OtherPatient));
        assert!(!problem.retryable());
    })
    .await;
}

#[tokio::test]
async fn a_search_that_failed_is_in_the_audit_too() {
    on_each_engine(async |ground| {
        ground
            .tamper("alter table patient rename to taken_away")
            .await;
        let nurse = ground.member("nurse");
        assert_eq!(
            told(Finding::find(&nurse.finding(), by_number()).await),
            Kind::Unavailable
        );
        assert_eq!(ground.audited().await, ["search failed: Unavailable"]);
    })
    .await;
}

#[tokio::test]
async fn a_search_is_in_the_audit_with_what_was_searched_for() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let found = SearchForm::Basic(BasicForm {
            gender: "female".into(),
            family: " Hollo* ".into(),
            birth: DateFields {
                day: "27".into(),
                month: "3".into(),
                year: "1948".into(),
            },
        });
        Finding::find(&nurse.finding(), found).await.unwrap();
        Finding::find(&nurse.finding(), by_number()).await.unwrap();
        // Refused, and still told what for.
        let without = nurse.without(Activity::FindPatient);
        told(Finding::find(&without.finding(), by_number()).await);
        // What is not a search has no criteria, whatever is in it.
        let wrong = SearchForm::NhsNumber(NhsNumberForm {
            nhs_number: "9".repeat(1000),
        });
        told(Finding::find(&without.finding(), wrong).await);
        let rows = sqlx::query("select detail from audit_entry order by at, lane, seq")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        let mut details: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        details.sort();
        assert_eq!(
            details,
            [
                r#"{"activity":"B0264","by":"nhs-number","criteria":{"nhs-number":"9990402132"},"why":"RoleForbids","widened":false}"#,
                r#"{"activity":"B0264","by":"nhs-number","why":"RoleForbids","widened":false}"#,
                r#"{"by":"basic","criteria":{"birth":"1948-03-27/1948-03-27","family":"Hollo*","gender":"female"},"ended":"nobody","widened":false}"#,
                r#"{"by":"nhs-number","criteria":{"nhs-number":"9990402132"},"ended":"found","widened":false}"#,
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn the_audit_has_nothing_of_the_record() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        let banner = Records::overview(&nurse.records(), key)
            .await
            .unwrap()
            .banner;
        let rows = sqlx::query("select detail from audit_entry")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        for row in rows {
            let detail: String = row.get(0);
            assert!(
                !detail.contains(PATIENT)
                    && !detail.contains(&banner.name)
                    && !detail.contains(&banner.born)
            );
        }
    })
    .await;
}
