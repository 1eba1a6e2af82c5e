//! The permission question, its answers, and what stands in the way.

use crate::store::ground::{Member, on_each_engine, today, told};
use app::api::ContextKey;
use app::api::records::OpenedSummary;
use app::ports::Records;
use app::problem::{Kind, Problem};
use domain::patient::InContext;
use domain::permission::{
    Availability, Closed, Duration, EmergencyReason, LegalGround, PermissionAnswer, Scope,
};
use domain::role::{Activity, CareSetting};
use jiff::{SignedDuration, Span};
use sqlx::Row;

const EVERYTHING: &str = "9990402132";

const THIS_VIEW: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

fn until(scope: Scope, days: i64) -> PermissionAnswer {
    let last = today().checked_add(Span::new().days(days)).unwrap();
    PermissionAnswer::Agreed {
        scope,
        duration: Duration::Until(last),
    }
}

fn emergency(reason: &str) -> PermissionAnswer {
    PermissionAnswer::Emergency {
        reason: reason.into(),
    }
}

fn legal(basis: &str) -> PermissionAnswer {
    PermissionAnswer::Legal {
        ground: LegalGround::CourtOrder,
        basis: basis.into(),
    }
}

async fn answer(
    member: &Member,
    key: ContextKey,
    answer: PermissionAnswer,
) -> Result<InContext<Option<OpenedSummary>>, Problem> {
    Records::open_summary(&member.records(), key, answer).await
}

#[tokio::test]
async fn permission_opens_the_summary() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        let opened = answer(&nurse, key, THIS_VIEW).await.unwrap();
        assert_eq!(opened.banner.nhs_number.digits(), EVERYTHING);
        let summary = opened.read.value.unwrap();
        assert!(summary.summary.sections.len() >= 4);
        assert_eq!(summary.opened_by, "Hannah Ashby");
        assert!(summary.opened_as.starts_with("Community Nurse, "));
        let claimed = sqlx::query("select person from relationship")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert_eq!(claimed.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_no_opens_nothing_and_is_recorded() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        assert_eq!(
            answer(&nurse, key, PermissionAnswer::Declined)
                .await
                .unwrap()
                .read
                .value,
            None
        );
        let rows = sqlx::query("select detail from audit_entry where action = 'view-summary'")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].get::<String, _>(0).contains("declined"));
        // For this moment only.
        assert!(
            answer(&nurse, key, THIS_VIEW)
                .await
                .unwrap()
                .read
                .value
                .is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn the_role_and_the_setting_come_before_the_answer() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        for given in [
            THIS_VIEW,
            PermissionAnswer::Standing,
            emergency("Unconscious"),
            PermissionAnswer::Declined,
        ] {
            let without = nurse.without(Activity::ViewSummary);
            assert_eq!(
                told(answer(&without, key, given.clone()).await),
                Kind::RoleForbids(Activity::ViewSummary)
            );
            let elsewhere =
                nurse.with_role(|role| role.organisation.setting = CareSetting::AdultSocialCare);
            assert_eq!(
                told(answer(&elsewhere, key, given).await),
                Kind::SummaryClosed(Closed::Setting)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_emergency_needs_b0168_and_a_reason() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        let without = nurse.without(Activity::EmergencyAccess);
        assert_eq!(
            told(answer(&without, key, emergency("Unconscious")).await),
            Kind::RoleForbids(Activity::EmergencyAccess)
        );
        for reason in ["", "   "] {
            let Kind::Invalid(fields) = told(answer(&nurse, key, emergency(reason)).await) else {
                panic!("invalid");
            };
            assert_eq!(fields[0].field, "reason");
        }
        assert!(
            answer(&nurse, key, emergency(" Found unconscious "))
                .await
                .unwrap()
                .read
                .value
                .is_some()
        );
        let rows = sqlx::query("select reason from audit_entry where reason is not null")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        // The refused one gave a reason too, but never came so far.
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<String, _>(0), "Found unconscious");
    })
    .await;
}

#[tokio::test]
async fn a_common_reason_stands_in_the_audit_in_words() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let without = nurse.without(Activity::EmergencyAccess);
        let key = nurse.open(EVERYTHING).await.unwrap();
        for common in EmergencyReason::ALL {
            assert_eq!(
                told(answer(&without, key, emergency(common.written())).await),
                Kind::RoleForbids(Activity::EmergencyAccess)
            );
            assert!(
                answer(&nurse, key, emergency(common.written()))
                    .await
                    .unwrap()
                    .read
                    .value
                    .is_some()
            );
        }
        let mut written: Vec<String> =
            sqlx::query("select reason from audit_entry where reason is not null")
                .fetch_all(ground.db.read())
                .await
                .unwrap()
                .iter()
                .map(|row| row.get(0))
                .collect();
        written.sort();
        let mut expected: Vec<_> = EmergencyReason::ALL
            .iter()
            .map(|common| common.written())
            .collect();
        expected.sort_unstable();
        assert_eq!(written, expected);
    })
    .await;
}

#[tokio::test]
async fn no_answer_opens_what_the_patient_or_restriction_closed() {
    on_each_engine(async |ground| {
        let doctor = ground.member("doctor");
        for (patient, closed) in [
            ("9990010048", Closed::OptedOut),
            ("9990010056", Closed::Restricted),
            ("9990010013", Closed::NoSummary),
        ] {
            let key = doctor.open(patient).await.unwrap();
            for given in [
                THIS_VIEW,
                PermissionAnswer::Standing,
                emergency("Unconscious"),
                until(Scope::Team, 3),
            ] {
                assert_eq!(
                    told(answer(&doctor, key, given).await),
                    Kind::SummaryClosed(closed)
                );
            }
            // A refusal tells nothing of what there is.
            assert_eq!(
                answer(&doctor, key, PermissionAnswer::Declined)
                    .await
                    .unwrap()
                    .read
                    .value,
                None
            );
        }
        let kept = sqlx::query("select id from permission")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert!(
            kept.is_empty(),
            "nothing was remembered of what did not open"
        );
    })
    .await;
}

#[tokio::test]
async fn the_law_opens_what_the_patient_closed_for_those_whose_role_includes_that() {
    on_each_engine(async |ground| {
        let doctor = ground.member("doctor");
        let without = doctor.without(Activity::LegalOverride);
        let order = || legal("Order of the court of 1 July");
        for patient in [EVERYTHING, "9990010048"] {
            let key = doctor.open(patient).await.unwrap();
            assert_eq!(
                told(answer(&without, key, order()).await),
                Kind::RoleForbids(Activity::LegalOverride)
            );
            assert!(matches!(
                told(answer(&doctor, key, legal("  ")).await),
                Kind::Invalid(_)
            ));
            let opened = answer(&doctor, key, order()).await.unwrap();
            assert!(opened.read.value.is_some(), "{patient}");
        }
        for (patient, closed) in [
            ("9990010056", Closed::Restricted),
            ("9990010013", Closed::NoSummary),
        ] {
            let key = doctor.open(patient).await.unwrap();
            assert_eq!(
                told(answer(&doctor, key, order()).await),
                Kind::SummaryClosed(closed)
            );
        }
        let looks = sqlx::query(
            "select ground, reason_code, reason from audit_entry where action = 'view-summary' and outcome = 'allowed'",
        )
        .fetch_all(ground.db.read())
        .await
        .unwrap();
        assert_eq!(looks.len(), 2);
        for look in looks {
            let of = |column| look.get::<String, _>(column);
            assert_eq!(
                (of(0), of(1), of(2)),
                (
                    "legal".into(),
                    "court-order".into(),
                    "Order of the court of 1 July".into()
                )
            );
        }
        let claimed = sqlx::query("select person from relationship")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert!(claimed.is_empty(), "the law claims no relationship");
    })
    .await;
}

#[tokio::test]
async fn only_whom_the_law_may_let_look_is_told_what_is_behind_the_choice() {
    on_each_engine(async |ground| {
        let doctor = ground.member("doctor");
        let key = doctor.open("9990010048").await.unwrap();
        for (member, behind) in [
            (doctor.clone(), Some(Availability::Exists)),
            (doctor.without(Activity::LegalOverride), None),
        ] {
            let gate = Records::gate(&member.records(), key).await.unwrap();
            let gate = gate.read.value;
            assert_eq!(gate.availability, Some(Availability::OptedOut));
            assert_eq!(gate.overridden, behind);
        }
    })
    .await;
}

#[tokio::test]
async fn a_permission_for_me_holds_for_me_until_its_last_day() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        let standing = PermissionAnswer::Standing;
        assert!(matches!(
            told(answer(&nurse, key, standing.clone()).await),
            Kind::Invalid(_)
        ));
        answer(&nurse, key, until(Scope::Me, 2)).await.unwrap();
        let gate = Records::gate(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        assert_eq!(gate.standing.unwrap().recorded_by, "Hannah Ashby");
        assert!(
            answer(&nurse, key, standing.clone())
                .await
                .unwrap()
                .read
                .value
                .is_some()
        );

        // A colleague in the same organisation, and the same person in another organisation.
        let colleague = ground.colleague_of(&nurse);
        let theirs = colleague.open(EVERYTHING).await.unwrap();
        assert!(matches!(
            told(answer(&colleague, theirs, standing.clone()).await),
            Kind::Invalid(_)
        ));
        let mut elsewhere = ground.member("nurse");
        elsewhere.caller.signed_in.as_mut().unwrap().role =
            ground.member("doctor").caller.signed_in.unwrap().role;
        let there = elsewhere.open(EVERYTHING).await.unwrap();
        assert!(matches!(
            told(answer(&elsewhere, there, standing.clone()).await),
            Kind::Invalid(_)
        ));

        for (days, holds) in [(2, true), (1, false)] {
            ground.clock.forward(SignedDuration::from_hours(24 * days));
            let key = nurse.open(EVERYTHING).await.unwrap();
            assert_eq!(answer(&nurse, key, standing.clone()).await.is_ok(), holds);
            let gate = Records::gate(&nurse.records(), key)
                .await
                .unwrap()
                .read
                .value;
            assert_eq!(gate.standing.is_some(), holds);
        }
    })
    .await;
}

#[tokio::test]
async fn a_permission_for_the_team_holds_for_colleagues() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        answer(&nurse, key, until(Scope::Team, 0)).await.unwrap();
        let mut colleague = ground.member("doctor");
        colleague.caller.signed_in.as_mut().unwrap().role =
            nurse.caller.signed_in.clone().unwrap().role;
        let theirs = colleague.open(EVERYTHING).await.unwrap();
        assert!(
            answer(&colleague, theirs, PermissionAnswer::Standing)
                .await
                .is_ok()
        );
        // Only on this patient, and only in this organisation.
        let other = colleague.open("9990252955").await.unwrap();
        assert!(matches!(
            told(answer(&colleague, other, PermissionAnswer::Standing).await),
            Kind::Invalid(_)
        ));
        let stranger = ground.member("doctor");
        let there = stranger.open(EVERYTHING).await.unwrap();
        assert!(matches!(
            told(answer(&stranger, there, PermissionAnswer::Standing).await),
            Kind::Invalid(_)
        ));
    })
    .await;
}

#[tokio::test]
async fn a_date_in_the_past_or_too_far_is_told_at_its_field() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        for days in [-1, 366] {
            let Kind::Invalid(fields) = told(answer(&nurse, key, until(Scope::Me, days)).await)
            else {
                panic!("invalid");
            };
            assert_eq!(fields[0].field, "until");
        }
    })
    .await;
}

#[tokio::test]
async fn a_patient_takes_a_permission_back() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        answer(&nurse, key, until(Scope::Me, 2)).await.unwrap();
        answer(&nurse, key, until(Scope::Team, 1)).await.unwrap();
        let colleague = ground.colleague_of(&nurse);

        // Elsewhere nothing of it can be taken back, and nothing is.
        let mut elsewhere = ground.member("nurse");
        elsewhere.caller.signed_in.as_mut().unwrap().role =
            ground.member("doctor").caller.signed_in.unwrap().role;
        let there = elsewhere.open(EVERYTHING).await.unwrap();
        Records::withdraw_permission(&elsewhere.records(), there)
            .await
            .unwrap();
        let theirs = colleague.open(EVERYTHING).await.unwrap();
        answer(&colleague, theirs, PermissionAnswer::Standing)
            .await
            .unwrap();

        // A colleague is told of the team's: that one goes, and the nurse's own stays.
        let gate = Records::withdraw_permission(&colleague.records(), theirs)
            .await
            .unwrap();
        assert!(gate.read.value.standing.is_none());
        assert!(matches!(
            told(answer(&colleague, theirs, PermissionAnswer::Standing).await),
            Kind::Invalid(_)
        ));
        let key = nurse.open(EVERYTHING).await.unwrap();
        answer(&nurse, key, PermissionAnswer::Standing)
            .await
            .unwrap();

        let gate = Records::withdraw_permission(&nurse.records(), key)
            .await
            .unwrap();
        assert!(gate.read.value.standing.is_none());
        assert!(matches!(
            told(answer(&nurse, key, PermissionAnswer::Standing).await),
            Kind::Invalid(_)
        ));
        // What was recorded stays.
        let kept =
            sqlx::query("select withdrawn_by from permission where withdrawn_at is not null")
                .fetch_all(ground.db.read())
                .await
                .unwrap();
        assert_eq!(kept.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_ask_may_not_withdraw() {
    on_each_engine(async |ground| {
        let reception = ground.member("reception");
        let key = reception.open(EVERYTHING).await.unwrap();
        assert!(matches!(
            told(Records::withdraw_permission(&reception.records(), key).await),
            Kind::RoleForbids(Activity::ViewSummary)
        ));
        let nurse = ground.member("nurse");
        assert!(matches!(
            told(Records::withdraw_permission(&nurse.records(), key).await),
            Kind::ContextClosed
        ));
    })
    .await;
}
