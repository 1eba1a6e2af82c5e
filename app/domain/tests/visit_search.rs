//! A search of the visit list answers as the service would if there were no other patients.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use domain::name::PersonName;
use domain::nhs_number::NhsNumber;
use domain::patient::{Address, Death, DeathStatus, Former, Gender, Patient};
use domain::search::{
    AdvancedForm, BasicForm, BirthBy, DateFields, MOST_MATCHES, MatchedOn, NhsNumberForm,
    PostcodeForm, SearchForm, SearchOutcome,
};
use domain::search_keys::{given_key, name_key};
use domain::visit_search::find;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 21);

fn number(nine: u64) -> NhsNumber {
    (0..)
        .find_map(|more| NhsNumber::from_nine(999_000_000 + nine * 20 + more))
        .unwrap()
}

fn name(given: &str, family: &str) -> PersonName {
    PersonName {
        prefix: None,
        given: given.split(' ').map(str::to_owned).collect(),
        family: family.to_owned(),
    }
}

fn address(postcode: &str) -> Address {
    Address {
        kind: "Home".to_owned(),
        lines: vec!["1 High Street".to_owned()],
        postcode: postcode.to_owned(),
    }
}

fn patient(nine: u64, given: &str, family: &str) -> Patient {
    Patient {
        nhs_number: number(nine),
        version: 1,
        name: name(given, family),
        former_names: Vec::new(),
        gender: Gender::Female,
        birth_date: date(1948, 3, 5),
        death: None,
        restricted: false,
        addresses: vec![address("LS1 4AP")],
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

fn former<T>(value: T) -> Former<T> {
    Former {
        value,
        from: None,
        to: None,
    }
}

fn born(day: &str, month: &str, year: &str) -> DateFields {
    DateFields {
        day: day.to_owned(),
        month: month.to_owned(),
        year: year.to_owned(),
    }
}

fn by_number(number: NhsNumber) -> SearchForm {
    SearchForm::NhsNumber(NhsNumberForm {
        nhs_number: number.digits(),
    })
}

fn basic(family: &str) -> SearchForm {
    SearchForm::Basic(BasicForm {
        gender: "female".to_owned(),
        family: family.to_owned(),
        birth: born("5", "3", "1948"),
    })
}

fn advanced(given: &str, family: &str, widen: bool) -> AdvancedForm {
    AdvancedForm {
        gender: "all".to_owned(),
        family: family.to_owned(),
        given: given.to_owned(),
        birth_by: BirthBy::Year,
        birth_year: "1948".to_owned(),
        widen,
        ..AdvancedForm::default()
    }
}

fn wide(given: &str, family: &str) -> SearchForm {
    SearchForm::Advanced(Box::new(advanced(given, family, true)))
}

fn exact(given: &str, family: &str) -> SearchForm {
    SearchForm::Advanced(Box::new(advanced(given, family, false)))
}

fn by_postcode(postcode: &str) -> SearchForm {
    SearchForm::Postcode(PostcodeForm {
        postcode: postcode.to_owned(),
        ..PostcodeForm::default()
    })
}

fn answer(form: &SearchForm, list: &[Patient]) -> SearchOutcome {
    find(&form.check(TODAY).unwrap(), list, TODAY)
}

/// Whom it found, and on what.
fn found(form: &SearchForm, list: &[Patient]) -> Vec<(NhsNumber, MatchedOn)> {
    match answer(form, list) {
        SearchOutcome::Found { matches, .. } => matches
            .into_iter()
            .map(|found| (found.nhs_number, found.matched_on))
            .collect(),
        SearchOutcome::TooMany | SearchOutcome::Nobody => Vec::new(),
    }
}

#[test]
fn a_number_finds_its_patient() {
    let list = [patient(1, "Jane", "Smith"), patient(2, "Anna", "Jones")];
    let SearchOutcome::Found {
        matches,
        superseded,
    } = answer(&by_number(number(2)), &list)
    else {
        panic!("nobody");
    };
    assert!(!superseded);
    assert_eq!(matches.len(), 1);
    assert_eq!(matches[0].nhs_number, number(2));
    assert_eq!(matches[0].name, list[1].name);
    assert_eq!(matches[0].postcode.as_deref(), Some("LS1 4AP"));
    assert_eq!(answer(&by_number(number(3)), &list), SearchOutcome::Nobody);
    assert_eq!(answer(&by_number(number(1)), &[]), SearchOutcome::Nobody);
}

#[test]
fn a_replaced_number_finds_the_patient_and_says_so() {
    let mut merged = patient(1, "Jane", "Smith");
    merged.superseded = vec![number(7), number(8)];
    for old in [7, 8] {
        let SearchOutcome::Found {
            matches,
            superseded,
        } = answer(&by_number(number(old)), &[merged.clone()])
        else {
            panic!("nobody");
        };
        assert!(superseded);
        assert_eq!(matches[0].nhs_number, number(1));
    }
    // A number in use is its own patient's, whoever else once had it.
    let list = [merged, patient(7, "Anna", "Jones")];
    assert_eq!(
        found(&by_number(number(7)), &list),
        [(number(7), MatchedOn::Current)]
    );
}

#[test]
fn a_restricted_patient_is_never_found() {
    let mut restricted = patient(1, "Jane", "Smith");
    restricted.restricted = true;
    restricted.superseded = vec![number(7)];
    for form in [
        by_number(number(1)),
        by_number(number(7)),
        basic("Smith"),
        exact("Jane", "Smith"),
        wide("", "Smyth"),
        by_postcode("LS1 4AP"),
    ] {
        assert_eq!(answer(&form, &[restricted.clone()]), SearchOutcome::Nobody);
        let list = [restricted.clone(), patient(2, "Jane", "Smith")];
        assert!(!found(&form, &list).iter().any(|(of, _)| *of == number(1)));
    }
}

#[test]
fn a_patient_who_is_listed_twice_is_found_once() {
    let list = [patient(1, "Jane", "Smith"), patient(1, "Jane", "Smith")];
    assert_eq!(found(&basic("Smith"), &list).len(), 1);
}

#[test]
fn fifty_are_shown_and_one_more_shows_none() {
    let mut list: Vec<_> = (0..=MOST_MATCHES as u64)
        .map(|nine| patient(nine, "Jane", "Smith"))
        .collect();
    assert_eq!(answer(&basic("Smith"), &list), SearchOutcome::TooMany);
    // The restricted one does not count.
    list[0].restricted = true;
    assert_eq!(found(&basic("Smith"), &list).len(), MOST_MATCHES);
}

#[test]
fn names_are_found_as_the_service_finds_them() {
    let mut list = vec![
        patient(1, "Jane", "Smith"),
        patient(2, "Seán Mary", "Ó Súilleabháin"),
        patient(3, "Anna", "Browne"),
        patient(4, "Smith", "Jayne"),
        patient(5, "Jane", "Jones"),
    ];
    list[4].former_names = vec![former(name("Jane", "Smith"))];
    let current = |nine| (number(nine), MatchedOn::Current);
    let similar = |nine| (number(nine), MatchedOn::Similar);
    let earlier = |nine| (number(nine), MatchedOn::Earlier);
    for (form, expected) in [
        (basic("SMITH"), vec![current(1)]),
        (basic("o suilleabhain"), vec![current(2)]),
        (exact("mary", "O'Suilleabhain"), vec![current(2)]),
        (exact("seanmary", "Osuilleabhain"), vec![current(2)]),
        (basic("Bro*n*"), vec![current(3)]),
        (basic("Bro*s"), vec![]),
        (basic("Smyth"), vec![]),
        // Surest first: current, earlier, similar.
        (
            wide("Jane", "Smith"),
            vec![current(1), earlier(5), similar(4)],
        ),
        (wide("", "Smyth"), vec![similar(4), similar(5), similar(1)]),
        // Wildcards are ignored, and what is left sounds like it.
        (wide("", "Bro*n*"), vec![similar(3)]),
    ] {
        assert_eq!(found(&form, &list), expected, "{}", wire(&form));
    }
}

fn wire(form: &SearchForm) -> String {
    serde_json::to_string(form).unwrap()
}

#[test]
fn places_deaths_and_births_are_found_as_the_service_finds_them() {
    let mut list = vec![patient(1, "Jane", "Smith"), patient(2, "Anna", "Smith")];
    list[1].addresses = vec![address("M1 1AE")];
    list[1].former_addresses = vec![former(address("LS1 4AP"))];
    list[1].death = Some(Death {
        on: date(2026, 11, 1),
        status: DeathStatus::Formal,
    });
    list[1].birth_date = date(1948, 12, 31);
    assert_eq!(
        found(&by_postcode("ls14ap"), &list),
        [(number(1), MatchedOn::Current)]
    );
    let with = |change: fn(&mut AdvancedForm)| {
        let mut form = advanced("", "Smith", true);
        change(&mut form);
        found(&SearchForm::Advanced(Box::new(form)), &list)
    };
    let (jane, anna) = (number(1), number(2));
    assert_eq!(
        with(|form| form.postcode = "LS1 4AP".to_owned()),
        [(jane, MatchedOn::Current), (anna, MatchedOn::Earlier)]
    );
    assert_eq!(
        with(|form| form.death_year = "2026".to_owned()),
        [(anna, MatchedOn::Current)]
    );
    assert_eq!(
        with(|form| {
            form.birth_by = BirthBy::Age;
            form.age_from = "78".to_owned();
            form.age_to = "78".to_owned();
        }),
        [(jane, MatchedOn::Current)]
    );
    assert_eq!(with(|form| form.gender = "male".to_owned()), []);
}

const NAMES: [&str; 8] = [
    "Smith", "Smyth", "Jane", "Jayne", "Brown", "Browne", "O'Brien", "Ann Mary",
];
const POSTCODES: [&str; 3] = ["LS1 4AP", "M1 1AE", "CB2 1TN"];

fn any_name() -> impl Strategy<Value = PersonName> {
    (0_usize..8, 0_usize..8).prop_map(|(given, family)| name(NAMES[given], NAMES[family]))
}

prop_compose! {
    fn any_patient()(
        nine in 0_u64..300, name in any_name(), earlier in prop::collection::vec(any_name(), 0..2),
        male in any::<bool>(), year in 1947_i16..1950, dead in any::<bool>(),
        restricted in prop::bool::weighted(0.1), here in 0_usize..3, before in 0_usize..3,
        superseded in prop::collection::vec(300_u64..320, 0..2),
    ) -> Patient {
        Patient {
            name,
            former_names: earlier.into_iter().map(former).collect(),
            gender: if male { Gender::Male } else { Gender::Female },
            birth_date: date(year, 3, 5),
            death: dead.then_some(Death { on: date(2026, 1, 1), status: DeathStatus::Informal }),
            restricted,
            addresses: vec![address(POSTCODES[here])],
            former_addresses: vec![former(address(POSTCODES[before]))],
            superseded: superseded.into_iter().map(number).collect(),
            ..patient(nine, "", "")
        }
    }
}

fn any_form() -> impl Strategy<Value = SearchForm> {
    let typed = || {
        (0_usize..8, 0_u8..4).prop_map(|(at, wild)| match wild {
            0 => format!("{}*", &NAMES[at][..4]),
            _ => NAMES[at].to_owned(),
        })
    };
    prop_oneof![
        1 => (0_u64..320).prop_map(|nine| by_number(number(nine))),
        2 => typed().prop_map(|family| basic(&family)),
        2 => (0_usize..3).prop_map(|at| by_postcode(POSTCODES[at])),
        5 => (typed(), typed(), any::<(bool, bool, bool)>(), 0_usize..6).prop_map(
            |(given, family, (widen, first, male), place)| {
                let mut form = advanced(if first { &given } else { "" }, &family, widen);
                form.postcode = POSTCODES.get(place).map_or("", |there| *there).to_owned();
                if male {
                    form.gender = "male".to_owned();
                }
                SearchForm::Advanced(Box::new(form))
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    /// What the service does (server: `finding` and `national::embedded`), told anew from its
    /// documents: which patients, in which order, how many.
    #[test]
    fn the_list_answers_as_the_service(list in prop::collection::vec(any_patient(), 0..80), form in any_form()) {
        let mut list = list;
        let mut numbers = Vec::new();
        list.retain(|patient| {
            let first = !numbers.contains(&patient.nhs_number);
            numbers.push(patient.nhs_number);
            first && !patient.restricted
        });
        let outcome = answer(&form, &list);
        let query = form.check(TODAY).unwrap();
        match query {
            domain::search::PatientQuery::NhsNumber(number) => {
                let own = list.iter().find(|patient| patient.nhs_number == number);
                let other = list.iter().find(|patient| patient.superseded.contains(&number));
                match (outcome, own.or(other)) {
                    (SearchOutcome::Found { matches, superseded }, Some(patient)) => {
                        prop_assert_eq!(matches.len(), 1);
                        prop_assert_eq!(matches[0].nhs_number, patient.nhs_number);
                        prop_assert_eq!(superseded, own.is_none());
                    }
                    (SearchOutcome::Nobody, None) => {}
                    (outcome, _) => prop_assert!(false, "{outcome:?}"),
                }
            }
            domain::search::PatientQuery::Details(details) => {
                let mut expected: Vec<_> = list
                    .iter()
                    .filter_map(|patient| Some((details.matched_on(patient)?, patient)))
                    .collect();
                expected.sort_by_key(|(on, patient)| {
                    (
                        *on,
                        name_key(&patient.name.family),
                        given_key(&patient.name.given),
                        patient.birth_date,
                        patient.nhs_number,
                    )
                });
                match outcome {
                    SearchOutcome::TooMany => prop_assert!(expected.len() > 50),
                    SearchOutcome::Nobody => prop_assert!(expected.is_empty()),
                    SearchOutcome::Found { matches, superseded } => {
                        prop_assert!((1..=50).contains(&matches.len()));
                        prop_assert!(!superseded);
                        let got: Vec<_> = matches.iter().map(|found| (found.matched_on, found.nhs_number)).collect();
                        let expected: Vec<_> = expected.iter().map(|(on, patient)| (*on, patient.nhs_number)).collect();
                        prop_assert_eq!(got, expected);
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_list_makes_no_difference(list in prop::collection::vec(any_patient(), 0..30), form in any_form()) {
        let mut once = Vec::new();
        for patient in list {
            if !once.iter().any(|other: &Patient| other.nhs_number == patient.nhs_number) {
                once.push(patient);
            }
        }
        // Two patients never replaced the same number.
        for at in 0..once.len() {
            let (before, rest) = once.split_at_mut(at);
            rest[0].superseded.retain(|number| !before.iter().any(|other| other.superseded.contains(number)));
        }
        let mut turned = once.clone();
        turned.reverse();
        prop_assert_eq!(answer(&form, &once), answer(&form, &turned));
    }
}
