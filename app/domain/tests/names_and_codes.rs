//! Names of patients, codes of organisations, and what holds for every list of codes.
use domain::OdsCode;
use domain::adjustment::{Basis, Category, ImpairmentKind, RemovalReason};
use domain::name::PersonName;
use domain::patient::Gender;
use domain::role::{Activity, RoleChoice};
use domain::search::SearchKind;
use domain::summary::KnownHeading;
use proptest::prelude::*;
use std::collections::HashSet;

fn name(prefix: Option<&str>, given: &[&str], family: &str) -> PersonName {
    PersonName {
        prefix: prefix.map(str::to_owned),
        given: given.iter().map(|&given| given.to_owned()).collect(),
        family: family.to_owned(),
    }
}

#[test]
fn names_in_the_banner_and_as_spoken() {
    let cases = [
        (
            name(Some("Mrs"), &["Jane", "Anne"], "Smith"),
            "SMITH, Jane Anne (Mrs)",
            "Jane Smith",
        ),
        (name(None, &["Jane"], "Smith"), "SMITH, Jane", "Jane Smith"),
        (name(None, &[], "Sukarno"), "SUKARNO", "Sukarno"),
        (name(Some("Dr"), &[], "Sukarno"), "SUKARNO (Dr)", "Sukarno"),
        (
            name(None, &["Seán"], "Ó Súilleabháin"),
            "Ó SÚILLEABHÁIN, Seán",
            "Seán Ó Súilleabháin",
        ),
        (
            name(None, &["Anna"], "Groß-O’Neill"),
            "GROSS-O’NEILL, Anna",
            "Anna Groß-O’Neill",
        ),
        (name(None, &["小龍"], "李"), "李, 小龍", "小龍 李"),
        (
            name(None, &[" Jane ", ""], " Smith  Jones "),
            "SMITH JONES, Jane",
            "Jane Smith Jones",
        ),
        // Nobody is without a name on the screen.
        (
            name(None, &[], ""),
            "Name not recorded",
            "Name not recorded",
        ),
        (
            name(Some("Mr"), &[], ""),
            "Name not recorded (Mr)",
            "Name not recorded",
        ),
        (
            name(Some(" "), &[" ", "."], "\u{a0}\t "),
            "Name not recorded",
            "Name not recorded",
        ),
        (
            name(None, &["--", "?"], "..."),
            "Name not recorded",
            "Name not recorded",
        ),
        (
            name(None, &["\u{200b}"], "\u{3164}"),
            "Name not recorded",
            "Name not recorded",
        ),
        (
            name(Some("Ms"), &["Amina"], ""),
            "Last name not recorded, Amina (Ms)",
            "Amina",
        ),
        (
            name(None, &["", "Amina"], " - "),
            "Last name not recorded, Amina",
            "Amina",
        ),
        (name(None, &["."], "Sukarno"), "SUKARNO", "Sukarno"),
    ];
    for (name, banner, spoken) in cases {
        assert_eq!(
            (name.banner().as_str(), name.spoken().as_str()),
            (banner, spoken)
        );
    }
}

proptest! {
    #[test]
    fn a_name_never_shows_in_debug(
        family in "[A-Z][a-z]{5,12}", given in prop::collection::vec("[A-Z][a-z]{5,12}", 0..3),
    ) {
        let name = PersonName { prefix: Some("Professor".to_owned()), given, family };
        prop_assert_eq!(format!("{name:?}"), "PersonName(hidden)");
    }

    #[test]
    fn the_banner_has_the_family_name_in_capitals_and_every_given_name(
        family in "[A-Za-z](['-]?[A-Za-z]){0,9}", given in prop::collection::vec("[A-Z][a-z]{1,9}", 1..4),
    ) {
        let name = PersonName { prefix: None, given: given.clone(), family: family.clone() };
        prop_assert_eq!(name.banner(), format!("{}, {}", family.to_uppercase(), given.join(" ")));
    }

    #[test]
    fn an_ods_code_is_read_in_any_case_and_kept_in_capitals(
        code in "[A-Z0-9]{3,10}", before in " {0,2}", after in "[ \n]{0,2}",
    ) {
        let typed: OdsCode = format!("{before}{}{after}", code.to_lowercase()).parse().unwrap();
        prop_assert_eq!(typed.to_string(), code.clone());
        prop_assert_eq!(serde_json::to_string(&typed).unwrap(), format!("\"{code}\""));
        prop_assert_eq!(serde_json::from_str::<OdsCode>(&format!("\"{code}\"")).unwrap(), typed);
    }

    #[test]
    fn other_texts_are_not_ods_codes(text in "[A-Z0-9]{0,2}|[A-Z0-9]{11,14}|[A-Z0-9]{2}[^A-Za-z0-9\\s][A-Z0-9]{2}") {
        prop_assert!(text.parse::<OdsCode>().is_err());
        prop_assert!(serde_json::from_value::<OdsCode>(text.into()).is_err());
    }
}

/// Codes are unique, lead back to what they came from, and are what goes over the wire.
macro_rules! codes_hold {
    ($($list:expr, $from:expr;)+) => {
        $(
            let mut seen = HashSet::new();
            for item in $list {
                assert!(seen.insert(item.code()), "{} comes twice", item.code());
                assert!(!item.label().is_empty());
                assert_eq!($from(item.code()), Some(*item));
                assert_eq!(serde_json::to_value(item).unwrap(), item.code());
            }
            assert_eq!($from(""), None);
            assert_eq!($from("no such code"), None);
        )+
    };
}

#[test]
fn codes_lead_back() {
    codes_hold! {
        Basis::ALL, Basis::from_code;
        Category::ALL, Category::from_code;
        ImpairmentKind::ALL, ImpairmentKind::from_code;
        RemovalReason::ALL, RemovalReason::from_code;
        Activity::ALL, Activity::from_code;
        &Gender::ALL, |code: &str| code.parse::<Gender>().ok();
    }
    for kind in SearchKind::ALL {
        assert_eq!(SearchKind::from_slug(kind.slug()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.slug());
    }
    for heading in KnownHeading::ALL {
        assert_eq!(KnownHeading::from_code(heading.code()), Some(*heading));
    }
}

#[test]
fn the_lists_are_whole() {
    assert_eq!(Basis::ALL.len(), 4);
    assert_eq!(Category::ALL.len(), 11);
    assert_eq!(ImpairmentKind::ALL.len(), 11);
    assert_eq!(RemovalReason::ALL.len(), 2);
    // Four headings of the core and eighteen of additional information.
    assert_eq!(KnownHeading::ALL.len(), 22);
    assert_eq!(KnownHeading::ALL.get(..4), Some(&KnownHeading::CORE[..]));
}

#[test]
fn roles_are_chosen_by_their_number() {
    let choices: Vec<RoleChoice> = (0..8).map(RoleChoice::for_count).collect();
    use RoleChoice::{Automatic, List, None, SearchableList};
    assert_eq!(
        choices,
        [
            None,
            Automatic,
            List,
            List,
            List,
            List,
            SearchableList,
            SearchableList
        ]
    );
}
