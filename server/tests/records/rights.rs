//! What a role may see of a record, and what it may not.

use crate::store::ground::{can_read, on_each_engine, told};
use app::ports::Records;
use app::problem::Kind;
use domain::permission::{Availability, Closed};
use domain::role::{Activity, CareSetting};

const FLAGGED: &str = "9990240272";
const EVERYTHING: &str = "9990402132";

#[tokio::test]
async fn a_record_needs_b0264_also_after_it_was_opened() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        can_read(&nurse, key).await.unwrap();
        let without = nurse.without(Activity::FindPatient);
        let port = without.records();
        let refused = Kind::RoleForbids(Activity::FindPatient);
        assert_eq!(told(Records::overview(&port, key).await), refused);
        assert_eq!(told(Records::details(&port, key).await), refused);
        assert_eq!(told(Records::gate(&port, key).await), refused);
        assert_eq!(told(Records::adjustments(&port, key).await), refused);
    })
    .await;
}

#[tokio::test]
async fn everyone_sees_that_there_is_a_flag_and_b0257_sees_what_it_says() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(FLAGGED).await.unwrap();
        let overview = Records::overview(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert!(overview.flag && overview.may_view_adjustments && overview.may_manage_adjustments);
        assert!(overview.adjustments.is_some());
        assert!(
            Records::adjustments(&nurse.records(), key)
                .await
                .unwrap()
                .read
                .value
                .record
                .is_some()
        );

        let without = nurse.without(Activity::ViewAdjustments);
        let overview = Records::overview(&without.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert!(overview.flag && !overview.may_view_adjustments);
        assert_eq!(overview.adjustments, None);
        let view = Records::adjustments(&without.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert!(view.flag);
        assert_eq!(view.record, None);

        let without = nurse.without(Activity::ManageAdjustments);
        assert!(
            !Records::overview(&without.records(), key)
                .await
                .unwrap()
                .read
                .value
                .may_manage_adjustments
        );
        assert!(
            !Records::adjustments(&without.records(), key)
                .await
                .unwrap()
                .read
                .value
                .may_manage
        );
    })
    .await;
}

#[tokio::test]
async fn the_gate_tells_of_a_summary_only_where_it_may_be_asked_for() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        let gate = Records::gate(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert_eq!(
            (gate.availability, gate.closed()),
            (Some(Availability::Exists), None)
        );
        assert!(gate.may_view_in_emergency);
        for (without, closed) in [
            (nurse.without(Activity::ViewSummary), Closed::Role),
            (
                nurse.with_role(|role| role.organisation.setting = CareSetting::AdultSocialCare),
                Closed::Setting,
            ),
        ] {
            let gate = Records::gate(&without.records(), key)
                .await
                .unwrap()
                .read
                .value;
            assert_eq!((gate.availability, gate.closed()), (None, Some(closed)));
            assert_eq!(gate.standing, None);
            let overview = Records::overview(&without.records(), key)
                .await
                .unwrap()
                .read
                .value;
            assert_eq!(overview.gate.availability, None);
        }
        for (patient, closed) in [
            ("9990010048", Closed::OptedOut),
            ("9990010056", Closed::Restricted),
            ("9990010013", Closed::NoSummary),
        ] {
            let key = nurse.open(patient).await.unwrap();
            let gate = Records::gate(&nurse.records(), key)
                .await
                .unwrap()
                .read
                .value;
            assert_eq!(gate.closed(), Some(closed));
        }
    })
    .await;
}

#[tokio::test]
async fn a_restricted_patient_is_shown_without_a_place() {
    on_each_engine(async |ground| {
        let doctor = ground.member("doctor");
        let key = doctor.open("9990010056").await.unwrap();
        let details = Records::details(&doctor.records(), key).await.unwrap();
        let overview = Records::overview(&doctor.records(), key).await.unwrap();
        for (banner, patient) in [
            (details.banner, details.read.value),
            (overview.banner, overview.read.value.patient),
        ] {
            assert!(banner.restricted && patient.restricted);
            assert!(patient.addresses.is_empty() && patient.former_addresses.is_empty());
            assert!(patient.contacts.is_empty() && patient.related.is_empty());
            assert!(
                patient.gp.is_none() && patient.former_gps.is_empty() && patient.pharmacy.is_none()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn every_answer_says_whose_it_is_and_for_which_context() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(FLAGGED).await.unwrap();
        let port = nurse.records();
        let overview = Records::overview(&port, key).await.unwrap();
        assert_eq!(overview.context, key.context);
        assert_eq!(overview.banner.nhs_number.digits(), FLAGGED);
        assert_eq!(overview.read.at(), crate::harness::beginning());
        assert_eq!(
            Records::adjustments(&port, key).await.unwrap().banner,
            overview.banner
        );
    })
    .await;
}
