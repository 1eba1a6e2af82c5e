//! What a device may save of a patient.

use super::*;
use crate::store::ground::{on_each_engine, told};
use app::api::offline::{TakeSummary, TakenSummary, Visit};
use app::problem::{Kind, Unreadable};
use domain::permission::Closed;
use domain::role::Activity;
use jiff::SignedDuration;

async fn take(member: &Member, visit: VisitId, summary: TakeSummary) -> Result<Visit, Problem> {
    Offline::take_visit(&member.offline(), visit, summary).await
}

#[tokio::test]
async fn the_overview_and_the_adjustments_go_along_until_the_hours_are_over() {
    on_each_engine(async |ground| {
        for (login, hours) in [("nurse", 24), ("paramedic", 12), ("carer", 8)] {
            let member = ground.member(login);
            let visit = added(&member, FLAGGED).await;
            let taken = take(&member, visit, TakeSummary::Without).await.unwrap();
            assert_eq!(taken.visit, visit);
            assert_eq!(taken.taken_at, crate::harness::beginning());
            assert_eq!(
                taken.until,
                taken.taken_at + SignedDuration::from_hours(hours)
            );
            assert_eq!(taken.overview.patient.nhs_number.digits(), FLAGGED);
            assert!(taken.overview.flag && taken.overview.adjustments.is_some());
            assert!(taken.adjustments.flag && taken.adjustments.record.is_some());
            assert!(taken.summary == TakenSummary::Without);
        }
        // A day is the most, whatever stands there.
        let nurse = ground.member("nurse");
        keep_for(ground, &nurse, 1000).await;
        let visit = added(&nurse, FLAGGED).await;
        let taken = take(&nurse, visit, TakeSummary::Without).await.unwrap();
        assert_eq!(taken.until, taken.taken_at + SignedDuration::from_hours(24));
    })
    .await;
}

#[tokio::test]
async fn what_a_flag_says_needs_b0257_here_too() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, FLAGGED).await;
        let without = nurse.without(Activity::ViewAdjustments);
        let taken = take(&without, visit, TakeSummary::Without).await.unwrap();
        assert!(taken.overview.flag && taken.adjustments.flag);
        assert_eq!(taken.overview.adjustments, None);
        assert_eq!(taken.adjustments.record, None);
    })
    .await;
}

#[tokio::test]
async fn a_summary_goes_along_where_the_patient_agreed() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let taken = take(&nurse, visit, TakeSummary::Agreed).await.unwrap();
        let TakenSummary::Agreed(summary) = taken.summary else {
            panic!("agreed");
        };
        assert!(summary.summary.sections.len() >= 4);
        assert_eq!(summary.opened_by, "Hannah Ashby");
        // It is the answer to the permission question, and has its consequences.
        let answers = audited(ground, "view-summary").await;
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].outcome, "allowed");
        assert_eq!(answers[0].patients, [EVERYTHING]);
        let detail = &answers[0].detail;
        assert_eq!(
            (&detail["answer"], &detail["scope"], &detail["taken"]),
            (&"agreed".into(), &"me".into(), &true.into())
        );
        assert_eq!(count(ground, "relationship").await, 1);
        assert_eq!(count(ground, "permission").await, 0);
        let entries = audited(ground, "take-along").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (&entries[0].detail["summary"], &entries[0].detail["hours"]),
            (&"agreed".into(), &24.into())
        );
    })
    .await;
}

#[tokio::test]
async fn a_summary_that_is_asked_for_at_the_door_is_taken_and_not_viewed() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let taken = take(&nurse, visit, TakeSummary::AskAtTheDoor)
            .await
            .unwrap();
        assert!(matches!(taken.summary, TakenSummary::AskAtTheDoor(_)));
        assert!(audited(ground, "view-summary").await.is_empty());
        assert_eq!(count(ground, "relationship").await, 0);
        let entries = audited(ground, "take-along").await;
        assert_eq!(entries[0].patients, [EVERYTHING]);
        assert_eq!(entries[0].detail["summary"], "ask-at-the-door");
        // And where it was not asked for, it stays behind.
        let taken = take(&nurse, visit, TakeSummary::Without).await.unwrap();
        assert!(taken.summary == TakenSummary::Without);
    })
    .await;
}

#[tokio::test]
async fn a_closed_gate_keeps_the_summary_here_and_the_rest_goes() {
    on_each_engine(async |ground| {
        let (nurse, carer) = (ground.member("nurse"), ground.member("carer"));
        let cases = [
            (nurse.clone(), OPTED_OUT, Closed::OptedOut),
            (nurse.clone(), NO_SUMMARY, Closed::NoSummary),
            (
                nurse.without(Activity::ViewSummary),
                EVERYTHING,
                Closed::Role,
            ),
            // A home-care provider, whose setting is not approved.
            (carer, EVERYTHING, Closed::Setting),
        ];
        for (member, patient, closed) in cases {
            let visit = added(&member, patient).await;
            for asked in [TakeSummary::Agreed, TakeSummary::AskAtTheDoor] {
                assert_eq!(
                    told(take(&member, visit, asked).await),
                    Kind::SummaryClosed(closed)
                );
            }
            let taken = take(&member, visit, TakeSummary::Without).await.unwrap();
            assert!(taken.summary == TakenSummary::Without);
        }
        assert!(audited(ground, "view-summary").await.is_empty());
        assert_eq!(count(ground, "relationship").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_taken_along_by_whose_it_is() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        for (member, refusal) in [
            (signed_out(&nurse), Kind::SignedOut),
            (without_role(&nurse), Kind::NoRole),
            (
                nurse.without(Activity::FindPatient),
                Kind::RoleForbids(Activity::FindPatient),
            ),
            (in_another_role(&nurse), Kind::NotFound),
            (ground.member("doctor"), Kind::NotFound),
        ] {
            for asked in [TakeSummary::Without, TakeSummary::AskAtTheDoor] {
                assert_eq!(told(take(&member, visit, asked).await), refusal);
            }
        }
        let unknown = VisitId(Uuid::new_v4());
        assert_eq!(
            told(take(&nurse, unknown, TakeSummary::Without).await),
            Kind::NotFound
        );
        assert!(take(&nurse, visit, TakeSummary::Without).await.is_ok());
        Offline::remove_visit(&nurse.offline(), visit)
            .await
            .unwrap();
        assert_eq!(
            told(take(&nurse, visit, TakeSummary::Without).await),
            Kind::NotFound
        );
    })
    .await;
}

#[tokio::test]
async fn who_was_restricted_meanwhile_stays_online() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        keep_for(ground, &nurse, 0).await;
        assert_eq!(
            told(take(&nurse, visit, TakeSummary::Without).await),
            Kind::StaysOnline
        );
        keep_for(ground, &nurse, 24).await;
        assert!(take(&nurse, visit, TakeSummary::Without).await.is_ok());
        restrict(ground, EVERYTHING).await;
        assert_eq!(
            told(take(&nurse, visit, TakeSummary::Without).await),
            Kind::StaysOnline
        );
        // They are still on the list, without a place.
        let lines = Offline::visits(&nurse.offline()).await.unwrap();
        assert!(lines[0].banner.restricted);
    })
    .await;
}

#[tokio::test]
async fn nothing_goes_along_without_the_audit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        for asked in [TakeSummary::Without, TakeSummary::Agreed] {
            assert_eq!(told(take(&nurse, visit, asked).await), Kind::NotAccountable);
        }
        assert_eq!(count(ground, "relationship").await, 0);
        ground
            .tamper("alter table taken_away rename to audit_entry")
            .await;
        assert!(take(&nurse, visit, TakeSummary::Agreed).await.is_ok());
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_allowed_and_then_failed_is_in_the_audit_too() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        ground
            .tamper("update summary_document set document = (select hash from audit_head where lane = 0)")
            .await;
        assert_eq!(
            told(take(&nurse, visit, TakeSummary::AskAtTheDoor).await),
            Kind::SummaryUnreadable(Unreadable::Damaged)
        );
        let mut outcomes: Vec<String> = audited(ground, "take-along")
            .await
            .into_iter()
            .map(|entry| entry.outcome)
            .collect();
        outcomes.sort();
        assert_eq!(outcomes, ["allowed", "failed"]);
    })
    .await;
}
