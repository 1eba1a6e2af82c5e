//! What the advanced search looks for agrees with the ages that are shown.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::clock::Age;
use domain::search::{AdvancedForm, BirthBy, DateFields, PatientQuery, SearchForm};
use jiff::Span;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn day(number: i64) -> Date {
    date(1900, 1, 1)
        .checked_add(Span::new().days(number))
        .unwrap()
}

/// Ages are checked where days go wrong: around the ends of February.
fn any_day() -> impl Strategy<Value = Date> {
    prop_oneof![
        (0_i64..46_000).prop_map(day),
        (1900_i16..2026, 0_i64..4).prop_map(|(year, after)| {
            date(year, 2, 27)
                .checked_add(Span::new().days(after))
                .unwrap()
        }),
    ]
}

fn in_years(age: Age) -> i32 {
    match age {
        Age::Days(_) => 0,
        Age::Months(months) => months / 12,
        Age::Years(years) => years,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn an_age_range_finds_those_whose_shown_age_is_in_it(
        days in [any_day(), any_day()], below in 0_i32..3, above in 0_i32..3,
    ) {
        let (birth, today) = (days[0].min(days[1]), days[0].max(days[1]));
        let age = in_years(Age::between(birth, today));
        for (youngest, oldest, expected) in [
            ((age - below).max(0), age + above, true),
            (age + 1, age + 1 + above, false),
            ((age - 1 - below).max(0), age - 1, false),
        ] {
            if !(0..=130).contains(&oldest) {
                continue;
            }
            let form = SearchForm::Advanced(Box::new(AdvancedForm {
                gender: "all".to_owned(),
                family: "Smith".to_owned(),
                birth_by: BirthBy::Age,
                age_from: youngest.to_string(),
                age_to: oldest.to_string(),
                ..AdvancedForm::default()
            }));
            let Ok(PatientQuery::Details(details)) = form.check(today) else {
                panic!("{youngest} to {oldest} was refused");
            };
            let range = details.birth.unwrap();
            prop_assert_eq!(
                range.contains(birth), expected,
                "born {}, {} on {}: ages {} to {} are {:?}", birth, age, today, youngest, oldest, range
            );
        }
    }

    #[test]
    fn a_date_is_read_from_numbers_and_names(birth in any_day()) {
        let name = MONTHS[usize::try_from(birth.month() - 1).unwrap()];
        let number = birth.month();
        let typed = [
            number.to_string(),
            format!("{number:02}"),
            name.to_owned(),
            name[..3].to_uppercase(),
            format!(" {} ", name.to_lowercase()),
        ];
        for month in typed {
            let fields = DateFields { day: birth.day().to_string(), month, year: birth.year().to_string() };
            prop_assert_eq!(fields.date("birth", "Date of birth", date(2026, 11, 21)), Ok(birth));
        }
    }
}
