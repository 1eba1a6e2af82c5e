//! The gates before a summary, and the answers to the permission question.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::ids::RoleId;
use domain::permission::{
    Availability, Closed, Duration, Gate, LONGEST_PERMISSION_DAYS, LONGEST_REASON, LegalGround,
    OfficerTold, PermissionAnswer, Scope, SpineConsent,
};
use domain::readiness::{Lack, Missing, Step};
use domain::referral::{NewReferral, Referral, ReferralKind};
use domain::role::{Activity, CareSetting, Organisation, RoleAssignment};
use jiff::Span;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

const SETTINGS: [(CareSetting, bool); 20] = [
    (CareSetting::Nhs111, true),
    (CareSetting::EmergencyDepartment, true),
    (CareSetting::AcuteAssessment, true),
    (CareSetting::Ambulance, true),
    (CareSetting::CommunityCare, true),
    (CareSetting::OutOfHours, true),
    (CareSetting::GeneralPractice, true),
    (CareSetting::HospitalPharmacy, true),
    (CareSetting::UrgentTreatment, true),
    (CareSetting::ScheduledCare, true),
    (CareSetting::MentalHealth, true),
    (CareSetting::HealthAndJustice, true),
    (CareSetting::Hospice, true),
    (CareSetting::CommunityPharmacy, true),
    (CareSetting::SubstanceMisuse, true),
    (CareSetting::AdultSocialCare, false),
    (CareSetting::Dentistry, false),
    (CareSetting::NationalBody, false),
    (CareSetting::Optometry, false),
    (CareSetting::Administration, false),
];

fn role(setting: CareSetting, activities: &[Activity]) -> RoleAssignment {
    RoleAssignment {
        id: RoleId(Uuid::from_u128(1)),
        organisation: Organisation {
            ods: "RX9".parse().unwrap(),
            name: "Moorside Ambulance Service".to_owned(),
            setting,
        },
        job_code: "S8000:G8000:R8001".to_owned(),
        job_name: "Nurse".to_owned(),
        activities: activities.iter().copied().collect(),
    }
}

#[test]
fn what_the_services_hold_makes_one_answer() {
    use Availability::{Exists, NoSummary, OptedOut, Restricted};
    for consent in [SpineConsent::Yes, SpineConsent::No, SpineConsent::Ask] {
        for exists in [false, true] {
            // Restricted comes first, then the patient's choice; neither tells whether there is a
            // document.
            assert_eq!(Availability::of(consent, true, exists), Restricted);
            let expected = match (consent, exists) {
                (SpineConsent::No, _) => OptedOut,
                (_, true) => Exists,
                (_, false) => NoSummary,
            };
            assert_eq!(Availability::of(consent, false, exists), expected);
        }
    }
}

#[test]
fn the_truth_table_of_the_gate() {
    let availabilities = [
        (None, Some(Closed::NoSummary)),
        (Some(Availability::NoSummary), Some(Closed::NoSummary)),
        (Some(Availability::OptedOut), Some(Closed::OptedOut)),
        (Some(Availability::Restricted), Some(Closed::Restricted)),
        (Some(Availability::Exists), None),
    ];
    for (setting, approved) in SETTINGS {
        for activities in [
            &[Activity::ViewSummary, Activity::EmergencyAccess][..],
            &[Activity::EmergencyAccess],
            &[],
        ] {
            let may_view = activities.contains(&Activity::ViewSummary);
            let fresh = Gate::of_role(&role(setting, activities));
            assert_eq!(fresh.approved, approved, "{setting:?}");
            assert_eq!(fresh.may_view, may_view);
            assert_eq!(fresh.may_view_in_emergency, !activities.is_empty());
            assert_eq!(
                (fresh.availability, fresh.standing.is_some()),
                (None, false)
            );
            let step = Missing {
                step: Step::PrivacyOfficer,
                lack: Lack::NotStarted,
            };
            for ((availability, otherwise), missing) in availabilities
                .into_iter()
                .flat_map(|one| [(one, None), (one, Some(step))])
            {
                let gate = Gate {
                    availability,
                    missing,
                    ..fresh.clone()
                };
                let expected = match (may_view, approved, missing) {
                    (false, ..) => Some(Closed::Role),
                    (true, false, _) => Some(Closed::Setting),
                    (true, true, Some(step)) => Some(Closed::NotReady(step)),
                    (true, true, None) => otherwise,
                };
                assert_eq!(
                    gate.closed(),
                    expected,
                    "{setting:?} {activities:?} {availability:?}"
                );
                assert!(!gate.may_override());
                // The law opens what is there, and neither role, setting nor organisation.
                let lawful = Gate {
                    overridden: availability,
                    ..gate
                };
                let open = may_view && approved && missing.is_none();
                assert_eq!(
                    lawful.may_override(),
                    open && availability == Some(Availability::Exists)
                );
            }
        }
    }
}

fn until(day: Date) -> PermissionAnswer {
    PermissionAnswer::Agreed {
        scope: Scope::Team,
        duration: Duration::Until(day),
    }
}

fn emergency(reason: impl Into<String>) -> PermissionAnswer {
    PermissionAnswer::Emergency {
        reason: reason.into(),
    }
}

fn legal(basis: impl Into<String>) -> PermissionAnswer {
    PermissionAnswer::Legal {
        ground: LegalGround::Statute,
        basis: basis.into(),
    }
}

fn fields(answer: &PermissionAnswer, today: Date) -> Vec<String> {
    answer
        .problems(today)
        .into_iter()
        .map(|problem| problem.field)
        .collect()
}

#[test]
fn answers_that_need_nothing_more() {
    let today = date(2026, 11, 21);
    let this_view = PermissionAnswer::Agreed {
        scope: Scope::Me,
        duration: Duration::ThisView,
    };
    for answer in [
        this_view,
        PermissionAnswer::Standing,
        PermissionAnswer::Declined,
        emergency("Found unconscious"),
        legal("Section 1 of an Act"),
    ] {
        assert_eq!(fields(&answer, today), [""; 0]);
    }
}

#[test]
fn a_legal_ground_rests_on_something_written() {
    let today = date(2026, 11, 21);
    assert_eq!(fields(&legal(" \n"), today), ["basis"]);
    assert_eq!(fields(&legal("é".repeat(LONGEST_REASON)), today), [""; 0]);
    assert_eq!(
        fields(&legal("é".repeat(LONGEST_REASON + 1)), today),
        ["basis"]
    );
}

#[test]
fn whoever_looks_on_a_legal_ground_does_not_claim_to_care_for_the_patient() {
    assert!(!legal("An order").claims_relationship());
    assert!(emergency("Unconscious").claims_relationship());
    assert!(PermissionAnswer::Standing.claims_relationship());
    assert!(!PermissionAnswer::Declined.claims_relationship());
}

#[test]
fn an_emergency_needs_a_written_reason_of_bearable_length() {
    let today = date(2026, 11, 21);
    for blank in ["", " ", "\n\t\u{a0}"] {
        assert_eq!(fields(&emergency(blank), today), ["reason"]);
    }
    // Counted in characters, not bytes.
    assert_eq!(
        fields(&emergency("é".repeat(LONGEST_REASON)), today),
        [""; 0]
    );
    assert_eq!(
        fields(&emergency("é".repeat(LONGEST_REASON + 1)), today),
        ["reason"]
    );
}

proptest! {
    #[test]
    fn a_last_day_is_from_today_to_a_year_ahead(start in 0_i64..40_000, ahead in -800_i64..800) {
        let today = date(1950, 1, 1).checked_add(Span::new().days(start)).unwrap();
        let last = today.checked_add(Span::new().days(ahead)).unwrap();
        let wrong = !fields(&until(last), today).is_empty();
        prop_assert_eq!(wrong, !(0..=LONGEST_PERMISSION_DAYS).contains(&ahead));
    }
}

#[test]
fn a_last_day_at_the_edges() {
    let today = date(2026, 11, 21);
    assert_eq!(fields(&until(today), today), [""; 0]);
    assert_eq!(fields(&until(date(2026, 11, 20)), today), ["until"]);
    assert_eq!(fields(&until(date(2027, 11, 21)), today), [""; 0]);
    assert_eq!(fields(&until(date(2027, 11, 22)), today), ["until"]);
    // The end of the calendar does not make it panic.
    assert_eq!(fields(&until(Date::MAX), Date::MAX), [""; 0]);
}

#[test]
fn a_referral_is_open_from_today_to_a_year_ahead() {
    let today = date(2026, 11, 21);
    let wrong = |until: Date| {
        let new = NewReferral {
            kind: ReferralKind::Visit,
            until,
        };
        new.problems(today)
            .into_iter()
            .map(|problem| problem.field)
            .collect::<Vec<_>>()
    };
    assert_eq!(wrong(date(2026, 11, 20)), ["until"]);
    assert_eq!(wrong(today), [""; 0]);
    assert_eq!(wrong(date(2027, 11, 21)), [""; 0]);
    assert_eq!(wrong(date(2027, 11, 22)), ["until"]);
}

#[test]
fn nobody_vouches_for_themselves() {
    let referral = |own| Referral {
        kind: ReferralKind::Referral,
        until: date(2026, 12, 1),
        recorded_by: "Sam Brooks".into(),
        recorded_on: date(2026, 11, 21),
        own,
    };
    assert_eq!(referral(false).vouches(), Some(ReferralKind::Referral));
    assert_eq!(referral(true).vouches(), None);
}

#[test]
fn the_privacy_officer_is_told_where_nobody_vouches_and_of_every_view_in_a_pharmacy() {
    let referral = |own| {
        Some(Referral {
            kind: ReferralKind::Referral,
            until: date(2026, 12, 1),
            recorded_by: "Hannah Ashby".into(),
            recorded_on: date(2026, 11, 1),
            own,
        })
    };
    for (setting, referral, told) in [
        (CareSetting::CommunityCare, None, Some(OfficerTold::Claim)),
        (
            CareSetting::CommunityCare,
            referral(true),
            Some(OfficerTold::Claim),
        ),
        (CareSetting::CommunityCare, referral(false), None),
        (
            CareSetting::CommunityPharmacy,
            None,
            Some(OfficerTold::EveryView),
        ),
        (
            CareSetting::CommunityPharmacy,
            referral(false),
            Some(OfficerTold::EveryView),
        ),
    ] {
        let mut gate = Gate::of_role(&role(setting, &[]));
        gate.referral = referral;
        assert_eq!(gate.officer_told(), told, "{setting:?}");
    }
}
