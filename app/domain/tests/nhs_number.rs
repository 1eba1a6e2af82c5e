//! NHS numbers: what is accepted, what is refused, and what is never shown.
use domain::NhsNumber;
use domain::nhs_number::NotAnNhsNumber;
use proptest::prelude::*;

fn any_number() -> impl Strategy<Value = NhsNumber> {
    (0_u64..1_000_000_000).prop_filter_map("no NHS number begins so", NhsNumber::from_nine)
}

/// What may stand between two digits of a pasted number.
fn gap() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "", "", "", " ", "  ", "-", " - ", ".", "\t", "\n", "\u{a0}", "\u{2009}", "\u{2011}",
        "\u{2013}", "\u{200b}", "\u{feff}",
    ])
}

fn label() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        " ",
        "NHS ",
        "NHS: ",
        "nhs:",
        "NHS No. ",
        "NHS no:",
        "NHS number ",
        "NHS Number: ",
        "No. ",
        "NUMBER:",
        "NHS #",
        "NHS Number\n",
        "\u{feff}",
    ])
}

proptest! {
    #[test]
    fn a_valid_number_is_read_in_any_spacing_and_with_any_label(
        number in any_number(),
        label in label(),
        gaps in prop::collection::vec(gap(), 10),
    ) {
        let spaced: String =
            number.digits().chars().zip(&gaps).map(|(digit, gap)| format!("{digit}{gap}")).collect();
        prop_assert_eq!(format!("{label}{spaced}").parse(), Ok(number));
    }

    #[test]
    fn what_is_shown_and_what_is_sent_are_read_back(number in any_number()) {
        prop_assert_eq!(number.to_string().parse(), Ok(number));
        prop_assert_eq!(number.digits().parse(), Ok(number));
        let json = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(&json, &format!("\"{}\"", number.digits()));
        prop_assert_eq!(serde_json::from_str::<NhsNumber>(&json).unwrap(), number);
    }

    #[test]
    fn shown_in_groups_of_three_three_and_four(number in any_number()) {
        let shown = number.to_string();
        let groups: Vec<usize> = shown.split(' ').map(str::len).collect();
        prop_assert_eq!(groups, [3, 3, 4]);
    }

    #[test]
    fn changing_any_one_digit_is_refused(number in any_number(), at in 0_usize..10, by in 1_u8..10) {
        let mut digits = number.digits().into_bytes();
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + (*digit - b'0' + by) % 10;
        }
        let text = String::from_utf8(digits).unwrap();
        prop_assert_eq!(text.parse::<NhsNumber>(), Err(NotAnNhsNumber::CheckDigit));
    }

    #[test]
    fn swapping_unequal_neighbours_is_refused(number in any_number(), at in 0_usize..9) {
        let mut digits = number.digits().into_bytes();
        prop_assume!(digits.get(at) != digits.get(at + 1));
        digits.swap(at, at + 1);
        let text = String::from_utf8(digits).unwrap();
        prop_assert_eq!(text.parse::<NhsNumber>(), Err(NotAnNhsNumber::CheckDigit));
    }

    #[test]
    fn another_count_of_digits_is_refused(text in "[0-9]{1,9}|[0-9]{11,14}") {
        prop_assert_eq!(text.parse::<NhsNumber>(), Err(NotAnNhsNumber::WrongLength));
    }

    #[test]
    fn a_letter_among_the_digits_is_refused(number in any_number(), at in 1_usize..=10, letter in "[a-zA-Z/_,;+]") {
        let mut text = number.digits();
        text.insert_str(at, &letter);
        prop_assert_eq!(text.parse::<NhsNumber>(), Err(NotAnNhsNumber::OtherCharacters));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        let _ = text.parse::<NhsNumber>();
    }

    #[test]
    fn debug_shows_nothing(number in any_number()) {
        let shown = format!("{number:?} {:?} {:#?}", Some(number), vec![number]);
        prop_assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{}", shown);
    }

    #[test]
    fn made_up_numbers_are_those_that_begin_with_999(number in any_number()) {
        prop_assert_eq!(number.is_made_up(), number.digits().starts_with("999"));
    }
}

#[test]
fn the_published_training_numbers_are_valid() {
    for digits in ["9990402132", "9990252955", "9990240272"] {
        let number: NhsNumber = digits.parse().unwrap();
        assert!(number.is_made_up());
        assert_eq!(number.digits(), digits);
    }
}

#[test]
fn a_number_that_begins_with_zeros_keeps_them() {
    let number = NhsNumber::from_nine(0).unwrap();
    assert_eq!(
        (number.digits().as_str(), number.to_string().as_str()),
        ("0000000000", "000 000 0000")
    );
}

#[test]
fn each_mistake_has_its_own_message() {
    let cases = [
        ("", NotAnNhsNumber::Empty),
        (" \u{a0}\t", NotAnNhsNumber::Empty),
        ("NHS: 999-012 3456", NotAnNhsNumber::CheckDigit),
        ("999 012 345", NotAnNhsNumber::WrongLength),
        ("999 012 34567", NotAnNhsNumber::WrongLength),
        ("NHS number", NotAnNhsNumber::WrongLength),
        ("Smith 9990402132", NotAnNhsNumber::OtherCharacters),
        ("9990402132 Smith", NotAnNhsNumber::OtherCharacters),
        ("٩٩٩٠٤٠٢١٣٢", NotAnNhsNumber::OtherCharacters),
        ("999O402132", NotAnNhsNumber::OtherCharacters),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<NhsNumber>(), Err(expected), "{text:?}");
    }
}

#[test]
fn no_number_begins_with_nine_digits_whose_check_would_be_ten() {
    let refused =
        (999_000_000_u64..999_001_000).filter(|nine| NhsNumber::check_digit(*nine).is_none());
    for nine in refused {
        assert_eq!(NhsNumber::from_nine(nine), None);
        for last in 0..10 {
            assert_eq!(
                format!("{nine}{last}").parse::<NhsNumber>(),
                Err(NotAnNhsNumber::CheckDigit)
            );
        }
    }
}

#[test]
fn a_wrong_number_is_refused_from_the_wire() {
    for json in ["\"9990402133\"", "\"\"", "9990402132", "null"] {
        assert!(serde_json::from_str::<NhsNumber>(json).is_err(), "{json}");
    }
}
