//! Alerts: the whole truth table of their states, and the patterns that raise them.

use domain::alert::{
    AlertKind, AlertReason, AlertState, AlertType, Explanation, Finding, Home, LONGEST_NOTE, Look,
    MOST_ATTEMPTS, Receives, Refused, Stage, Step, Thresholds, checked_note, most_within, patterns,
    retry_after, sampled,
};
use domain::ids::AlertId;
use domain::name::PersonName;
use domain::patient::Address;
use domain::role::Activity;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

const CLOSED: Stage = Stage::Closed(Finding::Appropriate);
const STAGES: [Stage; 4] = [
    Stage::Open,
    Stage::UnderInvestigation,
    Stage::Escalated,
    CLOSED,
];

#[test]
fn every_step_in_every_state() {
    use Explanation::{Answered, Asked, NotAsked};
    for stage in STAGES {
        for explanation in Explanation::ALL.iter().copied() {
            let state = AlertState { stage, explanation };
            let open = stage != CLOSED;
            let to = |stage, explanation| Ok(AlertState { stage, explanation });
            let or_closed = |expected| {
                if open { expected } else { Err(Refused::Closed) }
            };
            let investigate = match stage {
                Stage::UnderInvestigation => Err(Refused::AlreadyThere),
                _ => to(Stage::UnderInvestigation, explanation),
            };
            assert_eq!(state.after(Step::Investigate), or_closed(investigate));
            let escalate = match stage {
                Stage::Escalated => Err(Refused::AlreadyThere),
                _ => to(Stage::Escalated, explanation),
            };
            assert_eq!(state.after(Step::Escalate), or_closed(escalate));
            for finding in Finding::ALL.iter().copied() {
                let closed = to(Stage::Closed(finding), explanation);
                assert_eq!(state.after(Step::Close(finding)), or_closed(closed));
            }
            let asked_in = match stage {
                Stage::Open => Stage::UnderInvestigation,
                other => other,
            };
            let ask = match explanation {
                Asked => Err(Refused::AlreadyAsked),
                NotAsked | Answered => to(asked_in, Asked),
            };
            assert_eq!(state.after(Step::Ask), or_closed(ask));
            let answer = match explanation {
                Asked => to(stage, Answered),
                NotAsked | Answered => Err(Refused::NotAsked),
            };
            assert_eq!(state.after(Step::Answer), or_closed(answer));
            assert_eq!(state.awaits_answer(), open && explanation == Asked);
        }
    }
}

#[test]
fn a_kind_goes_to_those_who_receive_its_type() {
    assert_eq!(AlertKind::SelfClaimed.alert_type().code(), "1");
    assert_eq!(
        AlertType::Relationship.needs(),
        Activity::RelationshipAlerts
    );
    let access = Receives {
        relationships: false,
        access: true,
    };
    for kind in AlertKind::ALL.iter().copied() {
        let is_access = kind != AlertKind::SelfClaimed;
        assert_eq!(kind.alert_type() == AlertType::Access, is_access);
        assert_eq!(access.takes(kind), is_access);
        assert!(kind.explanation().ends_with('.'));
    }
    assert_eq!(AlertType::Access.needs(), Activity::EmergencyAlerts);
}

/// What was written last year has to be read next year.
#[test]
fn codes_stay_as_they_are() {
    let codes = |codes: Vec<&str>| codes.join(" ");
    insta::assert_snapshot!(codes(AlertKind::ALL.iter().map(|it| it.code()).collect()), @"self-claimed emergency legal-override restricted pharmacy many-patients own-record same-surname same-address colleague device-log device-clock device-log-missing");
    insta::assert_snapshot!(codes(AlertReason::ALL.iter().map(|it| it.code()).collect()), @"1 2 3 4 5 6");
    insta::assert_snapshot!(codes(Finding::ALL.iter().map(|it| it.code()).collect()), @"appropriate advised mistake inappropriate unknown");
    insta::assert_snapshot!(codes(Explanation::ALL.iter().map(|it| it.code()).collect()), @"not-asked asked answered");
    for kind in AlertKind::ALL {
        assert_eq!(AlertKind::from_code(kind.code()), Some(*kind));
        assert_eq!(
            serde_json::to_value(kind).unwrap(),
            serde_json::json!(kind.code())
        );
    }
    for stage in STAGES {
        assert_eq!(Stage::from_code(stage.code(), stage.finding()), Some(stage));
    }
    assert_eq!(Stage::from_code("closed", None), None);
    assert_eq!(Stage::from_code("open", Some(Finding::Mistake)), None);
    for step in [
        Step::Investigate,
        Step::Escalate,
        Step::Close(Finding::Mistake),
        Step::Ask,
        Step::Answer,
    ] {
        assert!(Step::words(step.code()).is_some());
    }
}

fn name(given: &str, family: &str) -> PersonName {
    PersonName {
        prefix: None,
        given: given.split_whitespace().map(str::to_owned).collect(),
        family: family.to_owned(),
    }
}

fn found(
    person: &str,
    patient: &[PersonName],
    colleagues: &[&str],
    patients: u32,
) -> Vec<AlertKind> {
    let colleagues: Vec<String> = colleagues.iter().map(|name| (*name).to_owned()).collect();
    let look = Look {
        person,
        patient,
        colleagues: &colleagues,
        home: None,
        addresses: &[],
        patients,
    };
    patterns(&look, &Thresholds::default())
        .into_iter()
        .map(|pattern| pattern.kind)
        .collect()
}

#[test]
fn names_are_compared_as_people_write_them() {
    use AlertKind::{Colleague, OwnRecord, SameSurname};
    let patient = [name("Michael", "O’SULLIVAN")];
    assert_eq!(
        found("Dr Michael O'Sullivan", &patient, &[], 1),
        [OwnRecord]
    );
    assert_eq!(found("Dr Mary O'Sullivan", &patient, &[], 1), [SameSurname]);
    assert_eq!(
        found("Mary O'Sullivan", &patient, &["Mr Michael O'Sullivan"], 1),
        [SameSurname, Colleague]
    );
    assert_eq!(found("Priya Nair", &patient, &["Hannah Ashby"], 1), []);
    // A family name of several words, and one name alone, which is no family name.
    let patient = [name("Ana", "van der Berg")];
    assert_eq!(found("Dr Ana van der Berg", &patient, &[], 1), [OwnRecord]);
    assert_eq!(found("Ana", &patient, &["van"], 1), []);
    // An earlier name counts as well.
    let patient = [name("Jane", "Hall"), name("Jane", "Ashby")];
    assert_eq!(found("Hannah Ashby", &patient, &[], 1), [SameSurname]);
}

#[test]
fn addresses_are_compared_as_people_write_them() {
    use AlertKind::{OwnRecord, SameAddress, SameSurname};
    let patient = [name("Jane", "Hall")];
    let addresses = [Address {
        kind: "Home".into(),
        lines: vec!["Flat 2".into(), "4 Mill Lane".into(), "Otley".into()],
        postcode: "LS29 8AB".into(),
    }];
    let found = |person, line, postcode, same_address| -> Vec<AlertKind> {
        let home = Home::of(line, postcode);
        let look = Look {
            person,
            patient: &patient,
            colleagues: &[],
            home: home.as_ref(),
            addresses: &addresses,
            patients: 1,
        };
        let thresholds = Thresholds {
            same_address,
            ..Thresholds::default()
        };
        let found = patterns(&look, &thresholds);
        found.into_iter().map(|pattern| pattern.kind).collect()
    };
    let at = |line, postcode| found("Priya Nair", line, postcode, true);
    assert_eq!(at("Flat 2, 4 Mill Lane", "ls298ab"), [SameAddress]);
    assert_eq!(at("FLAT 2, 4 MILL LANE, OTLEY", "LS29 8AB"), [SameAddress]);
    assert_eq!(at("Flat 3, 4 Mill Lane", "LS29 8AB"), []);
    assert_eq!(at("Flat 2, 4 Mill Lane", "LS29 8AC"), []);
    // What is not known is not compared.
    assert_eq!(at("", "LS29 8AB"), []);
    assert_eq!(at("Flat 2", " "), []);
    let line = "Flat 2, 4 Mill Lane";
    assert_eq!(found("Priya Nair", line, "LS29 8AB", false), []);
    // A relative has both; for oneself the one alert says it.
    assert_eq!(
        found("Tom Hall", line, "LS29 8AB", true),
        [SameSurname, SameAddress]
    );
    assert_eq!(found("Jane Hall", line, "LS29 8AB", true), [OwnRecord]);
}

#[test]
fn many_patients_have_a_threshold_that_is_told() {
    let patient = [name("Jane", "Hall")];
    assert_eq!(found("Priya Nair", &patient, &[], 29), []);
    assert_eq!(
        found("Priya Nair", &patient, &[], 30),
        [AlertKind::ManyPatients]
    );
    let thresholds = Thresholds {
        many_patients: 5,
        many_minutes: 10,
        ..Thresholds::default()
    };
    let look = Look {
        person: "Priya Nair",
        patient: &patient,
        colleagues: &[],
        home: None,
        addresses: &[],
        patients: 6,
    };
    let found = patterns(&look, &thresholds);
    let told = &found.first().unwrap().explanation;
    assert!(
        told.starts_with("6 different patients within 10 minutes; 5 or more raise an alert. "),
        "{told}"
    );
}

#[test]
fn a_rule_can_be_switched_off() {
    let patient = [name("Hannah", "Ashby")];
    let colleagues = ["Hannah Ashby".to_owned()];
    let look = Look {
        person: "Hannah Ashby",
        patient: &patient,
        colleagues: &colleagues,
        home: None,
        addresses: &[],
        patients: 1,
    };
    let none = Thresholds {
        own_record: false,
        same_surname: false,
        same_address: false,
        colleague: false,
        ..Thresholds::default()
    };
    assert_eq!(patterns(&look, &none), []);
    assert_eq!(patterns(&look, &Thresholds::default()).len(), 2);
}

#[test]
fn a_sample_is_about_what_was_set() {
    let ids: Vec<AlertId> = (0..2000_u128)
        .map(|number| AlertId(Uuid::from_u128(number)))
        .collect();
    let count = |percent| ids.iter().filter(|id| sampled(**id, percent)).count();
    assert_eq!((count(0), count(100)), (0, 2000));
    assert!((150..=250).contains(&count(10)), "{}", count(10));
    // A larger sample holds the smaller.
    assert!(ids.iter().all(|id| !sampled(*id, 10) || sampled(*id, 20)));
}

#[test]
fn notices_are_tried_again_ever_more_slowly_and_then_given_up() {
    let waits: Vec<i64> = (1..MOST_ATTEMPTS)
        .map(|attempts| retry_after(attempts).unwrap().as_secs())
        .collect();
    assert_eq!(waits.first(), Some(&30));
    assert!(waits.is_sorted());
    assert_eq!(waits.last(), Some(&21_600));
    let all: i64 = waits.iter().sum();
    assert!((2 * 86_400..=4 * 86_400).contains(&all), "{all}");
    assert_eq!(retry_after(MOST_ATTEMPTS), None);
}

proptest! {
    #[test]
    fn a_note_is_trimmed_and_has_a_limit(text in "\\PC{0,40}", needed: bool) {
        match checked_note("note", &text, needed) {
            Ok(note) => prop_assert_eq!(note, text.trim()),
            Err(error) => {
                prop_assert!(needed && text.trim().is_empty());
                prop_assert_eq!(error.field, "note");
            }
        }
    }

    #[test]
    fn whatever_a_name_is_nothing_breaks(person in "\\PC{0,30}", family in "\\PC{0,20}", given in "\\PC{0,20}") {
        let _ = found(&person, &[name(&given, &family)], &[&person], 0);
    }
}

#[test]
fn a_note_that_is_too_long_is_refused() {
    assert!(checked_note("note", &"é".repeat(LONGEST_NOTE), true).is_ok());
    assert!(checked_note("note", &"é".repeat(LONGEST_NOTE + 1), false).is_err());
}

proptest! {
    /// Beside the plain way of counting: every stretch by itself.
    #[test]
    fn the_most_patients_in_any_stretch(
        mut looks in proptest::collection::vec((0_i64..2_000, 0_u8..12), 0..60),
        length in 1_i64..600,
    ) {
        looks.sort_by_key(|(at, _)| *at);
        let plain = looks
            .iter()
            .map(|(end, _)| {
                looks
                    .iter()
                    .filter(|(at, _)| at <= end && end - at < length)
                    .map(|(_, patient)| patient)
                    .collect::<std::collections::BTreeSet<_>>()
                    .len()
            })
            .max()
            .unwrap_or_default();
        let looks: Vec<_> = looks
            .iter()
            .map(|(at, patient)| (Timestamp::from_second(*at).unwrap(), *patient))
            .collect();
        let most = most_within(&looks, SignedDuration::from_secs(length));
        prop_assert_eq!(usize::try_from(most).unwrap(), plain);
    }
}
