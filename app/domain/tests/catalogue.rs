//! The lists of adjustments and conditions, and finding in them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::adjustment::{Category, EQUALITY_ACT_CODE, catalogue, conditions};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

/// The check that the last digit of a SNOMED CT identifier makes (Verhoeff's dihedral check).
fn has_check_digit(code: &str) -> bool {
    // Digits are elements of the dihedral group of order ten: 0 to 4 turn, 5 to 9 turn and flip.
    fn times(a: u32, b: u32) -> u32 {
        match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => (a + b - 5) % 5 + 5,
            (false, true) => (a - 5 + 5 - b) % 5 + 5,
            (false, false) => (a + 5 - b) % 5,
        }
    }
    const SHUFFLED: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let shuffle = |digit: u32| {
        SHUFFLED
            .get(usize::try_from(digit).unwrap())
            .copied()
            .unwrap()
    };
    let product = code
        .chars()
        .rev()
        .enumerate()
        .fold(0, |product, (place, c)| {
            let digit = (0..place).fold(c.to_digit(10).unwrap(), |digit, _| shuffle(digit));
            times(product, digit)
        });
    product == 0 && (6..=18).contains(&code.len())
}

#[test]
fn the_check_digit_is_checked() {
    for good in ["24700007", "138875005", EQUALITY_ACT_CODE] {
        assert!(has_check_digit(good), "{good}");
    }
    for bad in ["24700008", "42700007", "138875050", "1326341000000100"] {
        assert!(!has_check_digit(bad), "{bad}");
    }
}

#[test]
fn the_national_list_is_whole() {
    let terms = catalogue::all();
    assert_eq!(terms.len(), 347);
    for term in terms {
        assert!(has_check_digit(term.code), "{} {}", term.code, term.display);
        assert_eq!(term.display.trim(), term.display);
        assert!(
            !term.display.is_empty() && !term.display.contains(['&', ';', 'Ã']),
            "{}",
            term.display
        );
    }
    let entries: HashSet<_> = terms
        .iter()
        .map(|term| (term.code, term.category))
        .collect();
    assert_eq!(entries.len(), 347, "no entry comes twice in a category");
    let displays: HashMap<_, _> = terms.iter().map(|term| (term.code, term.display)).collect();
    assert_eq!(displays.len(), 338);
    for term in terms {
        assert_eq!(
            displays.get(term.code),
            Some(&term.display),
            "a code has one wording"
        );
    }
}

#[test]
fn every_category_has_its_terms() {
    let counts: Vec<usize> = Category::ALL
        .iter()
        .map(|category| catalogue::in_category(*category).count())
        .collect();
    assert_eq!(counts, [40, 15, 9, 19, 13, 201, 12, 19, 11, 8, 0]);
    let in_order: Vec<_> = Category::ALL
        .iter()
        .flat_map(|category| catalogue::in_category(*category))
        .collect();
    assert_eq!(in_order, catalogue::all().iter().collect::<Vec<_>>());
}

#[test]
fn categories_by_example() {
    let cases = [
        (
            "404903008",
            "Uses sign language",
            Category::CommunicationSupport,
        ),
        (
            "204331000000107",
            "British Sign Language interpreter needed",
            Category::CommunicationProfessional,
        ),
        (
            "936741000000100",
            "Requires contact by email",
            Category::ContactMethod,
        ),
        (
            "796161000000101",
            "Requires information in Easyread",
            Category::InformationFormat,
        ),
        (
            "954871000000106",
            "Uses switches for communication",
            Category::CommunicationNeeds,
        ),
        (
            "972931000000108",
            "Norwegian Bokmål interpreter needed",
            Category::LanguageSupport,
        ),
        (
            "973131000000103",
            "Volapük interpreter needed",
            Category::LanguageSupport,
        ),
        (
            "988851000000103",
            "Has appointed relevant person's representative (Mental Capacity Act 2005)",
            Category::AdditionalSupport,
        ),
        (
            "1108171000000102",
            "Requires extended appointment",
            Category::IndividualCare,
        ),
        (
            "1108191000000103",
            "Requires wheelchair access",
            Category::Environment,
        ),
        (
            "1325781000000105",
            "Seizure management indicated",
            Category::AdditionalNeeds,
        ),
    ];
    for (code, display, category) in cases {
        let term = catalogue::by_code(code).unwrap();
        assert_eq!((term.display, term.category), (display, category));
    }
}

#[test]
fn a_term_of_two_categories_is_listed_in_both() {
    let guide_dog = "862731000000105";
    let listed: Vec<Category> = Category::ALL
        .iter()
        .copied()
        .filter(|category| catalogue::listed(guide_dog, *category).is_some())
        .collect();
    assert_eq!(listed, [Category::AdditionalSupport, Category::Environment]);
    assert_eq!(
        catalogue::by_code(guide_dog).map(|term| term.category),
        Some(Category::AdditionalSupport)
    );
}

#[test]
fn the_misprints_of_the_national_list_are_understood_and_never_offered() {
    for (misprint, meant) in [
        ("1082551000000100", "1082551000000105"),
        ("1082661000000100", "1082661000000107"),
    ] {
        assert!(!has_check_digit(misprint));
        let term = catalogue::by_code(misprint).unwrap();
        assert_eq!(term.code, meant);
        assert_eq!(catalogue::listed(misprint, term.category), None);
        assert!(catalogue::all().iter().all(|term| term.code != misprint));
    }
}

#[test]
fn unknown_codes_are_unknown() {
    for code in [
        "",
        "0",
        "#",
        "# communication-support",
        "communication-support",
        EQUALITY_ACT_CODE,
    ] {
        assert_eq!(catalogue::by_code(code), None, "{code}");
    }
    assert_eq!(conditions::by_code(""), None);
}

fn found(text: &str) -> Vec<&'static str> {
    catalogue::find(text)
        .into_iter()
        .map(|term| term.display)
        .collect()
}

fn conditions_found(text: &str) -> Vec<&'static str> {
    conditions::find(text)
        .into_iter()
        .map(|condition| condition.name)
        .collect()
}

#[test]
fn nothing_is_found_for_nothing() {
    for text in ["", " ", "\t\n", "-", "'", " ’ ", "()", "\u{301}"] {
        assert_eq!(found(text), [""; 0], "{text:?}");
        assert_eq!(conditions_found(text), [""; 0], "{text:?}");
    }
    assert_eq!(found("xylophone"), [""; 0]);
}

#[test]
fn what_begins_with_the_text_comes_first() {
    let found = found("interpreter");
    assert_eq!(found.first(), Some(&"Interpreter needed"));
    assert_eq!(
        found.get(1),
        Some(&"British Sign Language interpreter needed")
    );
    let uses = self::found("uses s");
    assert!(
        uses.starts_with(&["Uses sign language", "Uses speech to text reporter"][..]),
        "{uses:?}"
    );
}

#[test]
fn found_as_staff_type_it() {
    let cases = [
        ("BSL", "British Sign Language interpreter needed"),
        ("bsl interp", "British Sign Language interpreter needed"),
        ("deaf", "Does use hearing aid"),
        ("deaf", "Uses deafblind intervener"),
        ("blind", "Dependence on seeing eye dog"),
        (
            "blind",
            "Requires information in contracted (Grade 2) Braille",
        ),
        ("wheelchair", "Requires wheelchair access"),
        ("step free", "Requires wheelchair access"),
        ("easy read", "Requires information in Easyread"),
        ("Easy-read", "Requires information in Easyread"),
        ("easyread", "Requires information in Easyread"),
        (
            "large print",
            "Requires written information in at least 20 point sans serif font",
        ),
        (
            "28 point",
            "Requires written information in at least 28 point sans serif font",
        ),
        (
            "brail",
            "Requires information in uncontracted (Grade 1) Braille",
        ),
        (
            "grade 1",
            "Requires information in uncontracted (Grade 1) Braille",
        ),
        (
            "sms",
            "Requires contact by short message service text message",
        ),
        ("e-mail", "Requires contact by email"),
        ("non verbal", "Uses non-verbal communication"),
        ("nonverbal", "Uses non-verbal communication"),
        ("non‑verbal", "Uses non-verbal communication"),
        ("self harm", "Self-harm behaviour management indicated"),
        (
            "persons rep",
            "Has appointed relevant person's representative (Mental Capacity Act 2005)",
        ),
        (
            "person’s",
            "Has appointed relevant person's representative (Mental Capacity Act 2005)",
        ),
        ("punjabi", "Panjabi language interpreter needed"),
        ("bokmal", "Norwegian Bokmål interpreter needed"),
        ("BOKMÅL", "Norwegian Bokmål interpreter needed"),
        ("bokma\u{30a}l", "Norwegian Bokmål interpreter needed"),
        ("volapuk", "Volapük interpreter needed"),
        ("luba katanga", "Luba-Katanga interpreter needed"),
        ("polish translator", "Polish language interpreter needed"),
        ("longer appointment", "Requires extended appointment"),
        ("quiet", "Requires low noise environment"),
        ("female", "Preference for female healthcare professional"),
        (
            "slt",
            "Requires speech and language therapist support to communicate",
        ),
        (
            "usb",
            "Requires information on universal serial bus mass storage device",
        ),
        ("assistance dog", "Uses guide dog for the blind"),
        ("dysph", "Dysphagia therapy regime indicated"),
        ("swallowing", "Dysphagia therapy regime indicated"),
    ];
    for (text, display) in cases {
        let found = found(text);
        assert!(found.contains(&display), "{text}: {found:?}");
    }
}

#[test]
fn not_found_where_it_would_mislead() {
    assert!(!found("man").contains(&"Preference for female healthcare professional"));
    assert!(!found("male").contains(&"Preference for female healthcare professional"));
    assert!(!found("woman").contains(&"Preference for male healthcare professional"));
    assert!(!found("deaf").contains(&"Uses Makaton sign language"));
    assert_eq!(
        found("self-harm"),
        ["Self-harm behaviour management indicated"]
    );
}

#[test]
fn a_term_of_two_categories_is_found_once() {
    assert_eq!(
        found("guide dog"),
        [
            "Uses guide dog for the blind",
            "Dependence on seeing eye dog"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn every_term_is_found_by_its_words_in_any_order_and_case(
        at in 0_usize..347, cut in 1_usize..6, upper in any::<bool>(),
    ) {
        let term = catalogue::all()[at];
        let mut words: Vec<String> = term.display.split_whitespace().map(|word| {
            let kept: String = word.chars().take(cut).collect();
            if upper { kept.to_uppercase() } else { kept.to_lowercase() }
        }).collect();
        words.reverse();
        let found = catalogue::find(&words.join("  "));
        prop_assert!(found.iter().any(|found| found.code == term.code), "{:?}", words);
    }

    #[test]
    fn the_whole_text_finds_its_term_first(at in 0_usize..347) {
        let term = catalogue::all()[at];
        prop_assert_eq!(catalogue::find(term.display).first().map(|found| found.display), Some(term.display));
    }

    #[test]
    fn typing_on_never_finds_more(at in 0_usize..347, typed in 1_usize..20) {
        let display = catalogue::all()[at].display;
        let shorter: String = display.chars().take(typed).collect();
        let longer: String = display.chars().take(typed + 1).collect();
        let short: HashSet<_> = catalogue::find(&shorter).iter().map(|term| term.code).collect();
        let nothing_typed = short.is_empty();
        prop_assert!(nothing_typed || catalogue::find(&longer).iter().all(|term| short.contains(term.code)));
    }

    #[test]
    fn no_text_makes_it_panic_or_answer_twice(text in "\\PC{0,12}") {
        let found = catalogue::find(&text);
        let codes: HashSet<_> = found.iter().map(|term| term.code).collect();
        prop_assert_eq!(codes.len(), found.len());
        let _ = conditions::find(&text);
    }
}

#[test]
fn the_conditions_are_sound() {
    let all = conditions::all();
    assert!(all.len() >= 60);
    let codes: HashSet<_> = all.iter().map(|condition| condition.code).collect();
    let names: HashSet<_> = all
        .iter()
        .map(|condition| condition.name.to_lowercase())
        .collect();
    assert_eq!((codes.len(), names.len()), (all.len(), all.len()));
    for condition in all {
        assert!(
            has_check_digit(condition.code),
            "{} {}",
            condition.code,
            condition.name
        );
        assert_eq!(conditions::by_code(condition.code), Some(condition));
        assert_eq!(conditions::find(condition.name).first(), Some(&condition));
    }
}

#[test]
fn conditions_as_staff_type_them() {
    let cases = [
        ("autism", "Autism"),
        ("ASD", "Autism"),
        ("copd", "Chronic obstructive pulmonary disease (COPD)"),
        ("parkinsons", "Parkinson's disease"),
        ("parkinson’s", "Parkinson's disease"),
        ("downs", "Down syndrome"),
        ("MS", "Multiple sclerosis (MS)"),
        ("mnd", "Motor neurone disease (MND)"),
        ("me", "Chronic fatigue syndrome (ME/CFS)"),
        ("guillain barre", "Guillain-Barré syndrome"),
        ("meniere", "Ménière's disease"),
        ("long covid", "Post-COVID-19 condition (long COVID)"),
        ("blind", "Visual impairment"),
        ("hearing loss", "Deafness"),
        ("ptsd", "Post-traumatic stress disorder (PTSD)"),
        ("hypermobility", "Ehlers-Danlos syndrome"),
    ];
    for (text, name) in cases {
        let found = conditions_found(text);
        assert!(found.contains(&name), "{text}: {found:?}");
    }
}
