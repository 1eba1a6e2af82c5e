//! What a device may save of a patient.

use super::*;
use crate::privacy::alerts;
use crate::records::adjustments::{add as add_part, command};
use crate::store::ground::{on_each_engine, told};
use app::api::offline::{Delivery, TakeSummary, TakenSummary, Target, Visit};
use app::ports::Records;
use app::problem::{Kind, Unreadable};
use domain::device_log::{Act, LogHead};
use domain::permission::{Closed, Duration, PermissionAnswer, Scope};
use domain::role::Activity;
use jiff::SignedDuration;
use server::clock::Clock;

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
async fn a_summary_that_is_asked_for_at_the_door_is_a_view_when_it_leaves() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        for _ in 0..2 {
            let taken = take(&nurse, visit, TakeSummary::AskAtTheDoor)
                .await
                .unwrap();
            assert!(matches!(taken.summary, TakenSummary::AskAtTheDoor(_)));
        }
        let views = audited(ground, "view-summary").await;
        assert_eq!(views.len(), 2);
        for view in views {
            assert_eq!(
                (view.outcome.as_str(), view.patients),
                ("allowed", vec![EVERYTHING.to_owned()])
            );
            let detail = &view.detail;
            assert_eq!(
                (&detail["answer"], &detail["taken"], &detail["relationship"]),
                (&"at-the-door".into(), &true.into(), &"self-claimed".into())
            );
        }
        // Claimed once, and told once.
        assert_eq!(count(ground, "relationship").await, 1);
        assert_eq!(alerts(ground).await, ["RZ902 self-claimed 6 9990402132"]);
        let entries = audited(ground, "take-along").await;
        assert_eq!(entries[0].patients, [EVERYTHING]);
        assert_eq!(entries[0].detail["summary"], "ask-at-the-door");
        // And where it was not asked for, it stays behind, and nothing is claimed.
        let visit = added(&nurse, WITHHELD).await;
        let taken = take(&nurse, visit, TakeSummary::Without).await.unwrap();
        assert!(taken.summary == TakenSummary::Without);
        assert_eq!(audited(ground, "view-summary").await.len(), 2);
        assert_eq!(count(ground, "relationship").await, 1);
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_rests_on_a_colleagues_word_or_is_a_claim() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let colleague = ground.colleague_of(&nurse);
        refer(&colleague, EVERYTHING).await;
        for asked in [TakeSummary::AskAtTheDoor, TakeSummary::Agreed] {
            let visit = added(&nurse, EVERYTHING).await;
            take(&nurse, visit, asked).await.unwrap();
        }
        assert_eq!(alerts(ground).await, [""; 0]);
        assert_eq!(count(ground, "relationship").await, 0);
        let views = audited(ground, "view-summary").await;
        assert!(
            views
                .iter()
                .all(|view| view.detail["relationship"] == "referral")
        );
        // Nobody vouches for themselves.
        let visit = added(&colleague, EVERYTHING).await;
        take(&colleague, visit, TakeSummary::AskAtTheDoor)
            .await
            .unwrap();
        assert_eq!(alerts(ground).await, ["RZ902 self-claimed 6 9990402132"]);
    })
    .await;
}

#[tokio::test]
async fn each_summary_that_leaves_for_a_community_pharmacy_is_told() {
    on_each_engine(async |ground| {
        let pharmacist = ground.member("pharmacist");
        keep_for(ground, &pharmacist, 8).await;
        let visit = added(&pharmacist, EVERYTHING).await;
        take(&pharmacist, visit, TakeSummary::Without)
            .await
            .unwrap();
        assert_eq!(alerts(ground).await, [""; 0]);
        for asked in [TakeSummary::AskAtTheDoor, TakeSummary::Agreed] {
            take(&pharmacist, visit, asked).await.unwrap();
        }
        assert_eq!(
            alerts(ground).await,
            [
                "FZ9AA pharmacy 6 9990402132",
                "FZ9AA pharmacy 6 9990402132",
                "FZ9AA self-claimed 6 9990402132",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn the_answer_at_the_door_is_a_second_entry_and_claims_nothing_again() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        let visit = added(&paramedic, EVERYTHING).await;
        take(&paramedic, visit, TakeSummary::AskAtTheDoor)
            .await
            .unwrap();
        assert_eq!(alerts(ground).await, ["RZ901 self-claimed 6 9990402132"]);
        let vault = Offline::register_vault(&paramedic.offline()).await.unwrap();
        let at = ground.clock.now();
        ground.clock.forward(SignedDuration::from_mins(5));
        let mut head = LogHead::default();
        let mut answer = async |answer: PermissionAnswer| {
            let act = Act::Answered { visit, answer };
            let (entry, next) = head.append(vault, at, act);
            head = next;
            Offline::deliver_log(&paramedic.offline(), vault, vec![entry])
                .await
                .unwrap();
        };
        answer(PermissionAnswer::Agreed {
            scope: Scope::Me,
            duration: Duration::ThisView,
        })
        .await;
        assert_eq!(audited(ground, "view-summary").await.len(), 2);
        assert_eq!(alerts(ground).await, ["RZ901 self-claimed 6 9990402132"]);
        // What the answer itself raises is raised.
        answer(PermissionAnswer::Emergency {
            reason: "Not responding".into(),
        })
        .await;
        assert_eq!(
            alerts(ground).await,
            [
                "RZ901 emergency 5 9990402132",
                "RZ901 self-claimed 6 9990402132"
            ]
        );
        answer(PermissionAnswer::Declined).await;
        assert_eq!(alerts(ground).await.len(), 2);
        assert_eq!(count(ground, "relationship").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_summary_does_not_leave_without_its_alert() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        ground
            .tamper("alter table alert rename to taken_away")
            .await;
        for asked in [TakeSummary::AskAtTheDoor, TakeSummary::Agreed] {
            assert_eq!(told(take(&nurse, visit, asked).await), Kind::NotAccountable);
        }
        // Without it there is nothing to be told.
        assert!(take(&nurse, visit, TakeSummary::Without).await.is_ok());
        ground
            .tamper("alter table taken_away rename to alert")
            .await;
        assert!(audited(ground, "view-summary").await.is_empty());
        assert!(take(&nurse, visit, TakeSummary::AskAtTheDoor).await.is_ok());
        assert_eq!(alerts(ground).await.len(), 1);
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn every_answer_that_shows_something_says_so_in_the_audit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, FLAGGED).await;
        Offline::visits(&nurse.offline()).await.unwrap();
        take(&nurse, visit, TakeSummary::Without).await.unwrap();
        // An old base: the answer is the record of now.
        let delivery = Delivery {
            target: Target::Visit(visit),
            command: command(0, add_part("A quiet room")),
        };
        Offline::deliver(&nurse.offline(), delivery).await.unwrap();
        let key = nurse.open(FLAGGED).await.unwrap();
        Records::withdraw_permission(&nurse.records(), key)
            .await
            .unwrap();
        let detail = async |action: &str| {
            let entries = audited(ground, action).await;
            let shown = entries
                .into_iter()
                .find(|entry| entry.outcome == "allowed")
                .unwrap();
            assert_eq!(shown.patients, [FLAGGED], "{action}");
            shown.detail
        };
        for action in [
            "add-visit",
            "list-visits",
            "take-along",
            "withdraw-permission",
        ] {
            assert_eq!(detail(action).await["summary-gate"], true, "{action}");
        }
        for action in ["take-along", "change-adjustments"] {
            assert_eq!(detail(action).await["adjustments"], true, "{action}");
        }
        // And not what it did not show.
        assert!(detail("add-visit").await.get("adjustments").is_none());
        let carer = ground.member("carer");
        add(&carer, WITHHELD).await.unwrap();
        let entries = audited(ground, "add-visit").await;
        let theirs = entries
            .iter()
            .find(|entry| entry.patients == [WITHHELD])
            .unwrap();
        assert_eq!(theirs.detail["summary-gate"], false);
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
