//! What raises an alert, with the entry of the audit or not at all.

use super::*;
use crate::store::ground::{on_each_engine, today, told};
use app::ports::Offline;
use app::problem::Kind;
use domain::device_log::{Act, LogHead};
use domain::permission::LegalGround;
use domain::referral::{NewReferral, ReferralKind};
use domain::role::Activity;
use jiff::SignedDuration;

#[tokio::test]
async fn a_relationship_is_told_once_when_it_is_claimed() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        view(&nurse, EVERYTHING, AGREED).await;
        view(&nurse, EVERYTHING, AGREED).await;
        assert_eq!(alerts(ground).await, ["RZ902 self-claimed 6 9990402132"]);
        // Another person claims their own.
        view(&ground.member("paramedic"), EVERYTHING, AGREED).await;
        assert_eq!(
            alerts(ground).await,
            [
                "RZ901 self-claimed 6 9990402132",
                "RZ902 self-claimed 6 9990402132"
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_relationship_that_rests_on_a_colleagues_word_is_not_told() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let colleague = ground.colleague_of(&nurse);
        let key = colleague.open(EVERYTHING).await.unwrap();
        let referral = NewReferral {
            kind: ReferralKind::Referral,
            until: today(),
        };
        Records::record_referral(&colleague.records(), key, referral)
            .await
            .unwrap();
        view(&nurse, EVERYTHING, AGREED).await;
        assert_eq!(alerts(ground).await, [""; 0]);
        // Whoever recorded it has no word but their own.
        view(&colleague, EVERYTHING, AGREED).await;
        assert_eq!(alerts(ground).await, ["RZ902 self-claimed 6 9990402132"]);
    })
    .await;
}

#[tokio::test]
async fn an_emergency_is_told_each_time() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        view(&paramedic, EVERYTHING, emergency()).await;
        view(&paramedic, EVERYTHING, emergency()).await;
        assert_eq!(
            alerts(ground).await,
            [
                "RZ901 emergency 5 9990402132",
                "RZ901 emergency 5 9990402132",
                "RZ901 self-claimed 4 9990402132",
            ]
        );
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_look_on_a_legal_ground_is_told_under_its_ground() {
    on_each_engine(async |ground| {
        let doctor = ground.member("doctor");
        for legal in LegalGround::ALL {
            let basis = "Written down".into();
            view(
                &doctor,
                EVERYTHING,
                PermissionAnswer::Legal {
                    ground: *legal,
                    basis,
                },
            )
            .await;
        }
        assert_eq!(
            alerts(ground).await,
            [
                "RZ904 legal-override 1 9990402132",
                "RZ904 legal-override 2 9990402132",
                "RZ904 legal-override 3 9990402132",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn what_opened_nothing_is_no_look() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        view(&nurse, EVERYTHING, PermissionAnswer::Declined).await;
        let without = nurse.without(Activity::EmergencyAccess);
        view(&without, EVERYTHING, emergency()).await;
        let key = nurse.open(EVERYTHING).await.unwrap();
        Records::overview(&nurse.records(), key).await.unwrap();
        assert_eq!(alerts(ground).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_attempt_on_a_restricted_patient_is_told() {
    on_each_engine(async |ground| {
        view(&ground.member("nurse"), RESTRICTED, AGREED).await;
        assert_eq!(alerts(ground).await, ["RZ902 restricted 6 9990010056"]);
    })
    .await;
}

#[tokio::test]
async fn every_view_in_a_community_pharmacy_is_told() {
    on_each_engine(async |ground| {
        let pharmacist = ground.member("pharmacist");
        for _ in 0..2 {
            view(&pharmacist, EVERYTHING, AGREED).await;
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
async fn what_was_done_without_the_service_is_told_when_it_is_known() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        let port = paramedic.offline();
        let visit = Offline::add_visit(&port, EVERYTHING.parse().unwrap())
            .await
            .unwrap()
            .visit;
        let vault = Offline::register_vault(&port).await.unwrap();
        let at = crate::harness::beginning() + SignedDuration::from_mins(5);
        let answered = Act::Answered {
            visit,
            answer: emergency(),
        };
        let (entry, head) = LogHead::default().append(vault, at, answered);
        ground.clock.forward(SignedDuration::from_mins(10));
        Offline::deliver_log(&port, vault, vec![entry])
            .await
            .unwrap();
        assert_eq!(
            alerts(ground).await,
            [
                "RZ901 emergency 5 9990402132",
                "RZ901 self-claimed 4 9990402132",
            ]
        );
        let happened: i64 = sqlx::query("select at from alert limit 1")
            .fetch_one(ground.db.read())
            .await
            .unwrap()
            .get(0);
        assert_eq!(happened, at.as_microsecond());

        // One is missing after it.
        let (_, head) = head.append(vault, at, Act::Unlocked);
        let (later, _) = head.append(vault, at, Act::Unlocked);
        Offline::deliver_log(&port, vault, vec![later])
            .await
            .unwrap();
        assert_eq!(alerts(ground).await.first().unwrap(), "RZ901 device-log 6 ");
    })
    .await;
}

#[tokio::test]
async fn a_look_without_its_alert_is_not_shown() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        let key = paramedic.open(EVERYTHING).await.unwrap();
        ground
            .tamper("alter table alert rename to taken_away")
            .await;
        let refused = Records::open_summary(&paramedic.records(), key, emergency()).await;
        assert_eq!(told(refused), Kind::NotAccountable);
        ground
            .tamper("alter table taken_away rename to alert")
            .await;
        // Neither the alert nor the entry is there.
        assert_eq!(alerts(ground).await, [""; 0]);
        assert_eq!(ground.audited().await, ["open-patient allowed"]);
        ground.assert_chain_holds().await;
    })
    .await;
}
