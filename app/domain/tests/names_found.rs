//! Whom a name finds: counted over a list of what people type and what is on record.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it measured"
)]

use domain::name::PersonName;
use domain::name_words::NameWords;
use domain::nhs_number::NhsNumber;
use domain::patient::{Gender, Patient};
use domain::search::{
    AdvancedForm, BirthBy, DateFields, Details, MatchedOn, PatientQuery, SearchForm,
};
use domain::search_keys::alike_key;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeSet;

const TODAY: Date = date(2026, 11, 21);

struct Pair {
    line: &'static str,
    typed: (&'static str, &'static str),
    recorded: (&'static str, &'static str),
    exact: bool,
    widened: bool,
}

fn pairs() -> Vec<Pair> {
    let name = |text: &'static str| {
        let (family, given) = text.split_once(',').unwrap_or((text, ""));
        (family.trim(), given.trim())
    };
    let yes = |text: &str| match text {
        "yes" => true,
        "no" => false,
        other => panic!("{other}"),
    };
    include_str!("names.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let parts: Vec<&'static str> = line.split('|').map(str::trim).collect();
            Pair {
                line,
                typed: name(parts[0]),
                recorded: name(parts[1]),
                exact: yes(parts[2]),
                widened: yes(parts[3]),
            }
        })
        .collect()
}

fn patient(family: &str, given: &str) -> Patient {
    Patient {
        nhs_number: NhsNumber::from_nine(999_001_001).unwrap(),
        version: 1,
        name: PersonName {
            prefix: None,
            given: given.split_whitespace().map(str::to_owned).collect(),
            family: family.to_owned(),
        },
        former_names: Vec::new(),
        gender: Gender::Female,
        birth_date: date(1948, 3, 5),
        death: None,
        restricted: false,
        addresses: Vec::new(),
        former_addresses: Vec::new(),
        contacts: Vec::new(),
        related: Vec::new(),
        gp: None,
        gp_since: None,
        former_gps: Vec::new(),
        pharmacy: None,
        language: None,
        interpreter_needed: false,
        superseded: Vec::new(),
    }
}

fn search(family: &str, given: &str, widen: bool) -> Details {
    let form = AdvancedForm {
        gender: "all".to_owned(),
        family: family.to_owned(),
        given: given.to_owned(),
        birth_by: BirthBy::Date,
        birth: DateFields {
            day: "5".to_owned(),
            month: "3".to_owned(),
            year: "1948".to_owned(),
        },
        widen,
        ..AdvancedForm::default()
    };
    match SearchForm::Advanced(Box::new(form)).check(TODAY).unwrap() {
        PatientQuery::Details(details) => *details,
        PatientQuery::NhsNumber(_) => panic!("a number"),
    }
}

fn matched(typed: (&str, &str), recorded: (&str, &str), widen: bool) -> Option<MatchedOn> {
    search(typed.0, typed.1, widen).matched_on(&patient(recorded.0, recorded.1))
}

/// Who should be found is, but for a few; who should not be is not, but for fewer.
#[test]
fn names_are_found_and_others_are_not() {
    let pairs = pairs();
    assert!(pairs.len() >= 200, "{}", pairs.len());
    for (search, widen, most_missed, most_wrong) in
        [("exact", false, 0, 0), ("widened", true, 6, 3)]
    {
        let (mut found, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
        let mut due = 0;
        for pair in &pairs {
            let should = if widen { pair.widened } else { pair.exact };
            let is = matched(pair.typed, pair.recorded, widen).is_some();
            due += usize::from(should);
            match (should, is) {
                (true, true) => found += 1,
                (true, false) => missed.push(pair.line),
                (false, true) => wrong.push(pair.line),
                (false, false) => {}
            }
        }
        println!(
            "{search}: {found} of {due} found, {} of {} wrongly found",
            wrong.len(),
            pairs.len() - due
        );
        println!("missed: {missed:#?}\nwrongly found: {wrong:#?}");
        assert!(
            missed.len() <= most_missed && wrong.len() <= most_wrong,
            "{search}: missed {missed:#?}, wrongly found {wrong:#?}"
        );
    }
}

#[test]
fn a_widened_search_finds_whom_the_exact_one_does() {
    for pair in pairs() {
        let exact = matched(pair.typed, pair.recorded, false);
        assert!(
            exact.is_none() || matched(pair.typed, pair.recorded, true) == exact,
            "{}",
            pair.line
        );
    }
}

#[test]
fn a_wildcard_finds_half_of_a_name_too() {
    for (typed, recorded, found) in [
        ("Exu*", "Saint-Exupéry", true),
        ("Exu*y", "Saint-Exupéry", true),
        ("Sai*", "Saint-Exupéry", true),
        ("Sai*", "St John", true),
        ("Saint E*", "Saint-Exupéry", true),
        ("van G*", "van Gogh", true),
        ("Gog*", "van Gogh", true),
        ("Exu*z", "Saint-Exupéry", false),
        ("Van*", "Gogh-van", true),
        ("Upe*", "Saint-Exupéry", false),
    ] {
        assert_eq!(
            matched((typed, ""), (recorded, ""), false).is_some(),
            found,
            "{typed}, {recorded}"
        );
    }
    assert!(matched(("Smith", "Ann*"), ("Smith", "Mary-Anne"), false).is_some());
    assert!(matched(("Smith", "Ryan*"), ("Smith", "Mary-Anne"), false).is_none());
}

/// Many equal words must not keep anyone waiting.
#[test]
fn long_names_are_compared_whole() {
    let long = "a b c d e f g h i j k l m n o p q r s t u v w x y z";
    assert!(matched((long, ""), (long, ""), false).is_some());
    assert!(matched((long, ""), ("z", ""), true).is_none());
    assert!(matched(("a a a a a b", ""), ("a a a a a a a a a a", ""), true).is_none());
}

fn any_name() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("Smith"),
        Just("Smyth"),
        Just("Jones"),
        Just("MacDonald"),
        Just("DeSilva"),
        Just("Silva"),
        Just("McDonald"),
        Just("Donald"),
        Just("van"),
        Just("de"),
        Just("O"),
        Just("St"),
        Just("Saint"),
        Just("Al"),
        Just("John"),
        Just("Jon"),
        Just("Mary"),
        Just("Anne"),
        Just("Maryanne"),
        Just("J"),
        Just("M"),
        Just("JM"),
        Just("李"),
        Just("Őr"),
    ];
    let between = prop_oneof![Just(" "), Just("-"), Just("'"), Just("")];
    prop::collection::vec((word, between), 0..5).prop_map(|words| {
        words
            .into_iter()
            .flat_map(|(word, between)| [word, between])
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    /// What the indexes are read by leads to everyone who matches.
    #[test]
    fn whoever_matches_has_a_key_in_common(typed in any_name(), recorded in any_name()) {
        let shared = |one: &NameWords, other: &NameWords| {
            let alikes = |name: &NameWords| -> BTreeSet<String> {
                name.lookups().iter().map(|key| alike_key(key)).collect()
            };
            !alikes(one).is_disjoint(&alikes(other))
        };
        let (one, other) = (NameWords::family(&typed), NameWords::family(&recorded));
        if other.has(&one) {
            let mut keys = one.runs();
            keys.insert(one.whole());
            prop_assert!(!keys.is_disjoint(&other.lookups()));
            prop_assert!(other.like_family(&one));
        }
        if other.like_family(&one) {
            prop_assert!(shared(&one, &other), "{:?} {:?}", one.lookups(), other.lookups());
            prop_assert!(one.like_family(&other), "the other way round");
        }
        let (one, other) = (NameWords::given(&[&typed]), NameWords::given(&[&recorded]));
        if other.like_given(&one, false) {
            prop_assert!(shared(&one, &other));
        }
        if other.has(&one) {
            let whole = other.whole();
            prop_assert!(one.keys().all(|word| whole.contains(word)));
        }
        for name in [one, other] {
            prop_assert_eq!(name.is_empty(), name.whole().is_empty());
            prop_assert!(name.is_empty() || name.has(&name));
        }
    }
}
