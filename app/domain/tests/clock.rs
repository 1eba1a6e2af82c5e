//! Ages, dates and times, at their edges.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::clock::{Age, banner_date, clock_time, long_date, long_time, uk_date};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use proptest::prelude::*;

fn any_date() -> impl Strategy<Value = Date> {
    (0_i64..60_000).prop_map(|days| {
        date(1890, 1, 1)
            .checked_add(Span::new().days(days))
            .unwrap()
    })
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn age_at_the_edges() {
    let cases = [
        // The day of birth, and before.
        ((2026, 11, 21), (2026, 11, 21), Age::Days(0)),
        ((2026, 11, 22), (2026, 11, 21), Age::Days(0)),
        ((2030, 1, 1), (2026, 11, 21), Age::Days(0)),
        ((2026, 11, 20), (2026, 11, 21), Age::Days(1)),
        // Days become months.
        ((2026, 10, 22), (2026, 11, 21), Age::Days(30)),
        ((2026, 10, 21), (2026, 11, 21), Age::Months(1)),
        ((2026, 2, 1), (2026, 2, 28), Age::Days(27)),
        ((2026, 2, 1), (2026, 3, 1), Age::Months(1)),
        // From the end of a long month to a short one: the month is full on the day after.
        ((2026, 1, 31), (2026, 2, 28), Age::Days(28)),
        ((2026, 1, 31), (2026, 3, 1), Age::Months(1)),
        ((2026, 3, 31), (2026, 4, 30), Age::Days(30)),
        ((2026, 3, 31), (2026, 5, 1), Age::Months(1)),
        // Months become years at the second birthday.
        ((2025, 11, 21), (2026, 11, 21), Age::Months(12)),
        ((2024, 11, 22), (2026, 11, 21), Age::Months(23)),
        ((2024, 11, 21), (2026, 11, 21), Age::Years(2)),
        // A birthday, and the day before it.
        ((1948, 11, 21), (2026, 11, 20), Age::Years(77)),
        ((1948, 11, 21), (2026, 11, 21), Age::Years(78)),
        // Born on 29 February: older on 1 March, but on 29 February where there is one.
        ((2004, 2, 29), (2026, 2, 28), Age::Years(21)),
        ((2004, 2, 29), (2026, 3, 1), Age::Years(22)),
        ((2004, 2, 29), (2024, 2, 28), Age::Years(19)),
        ((2004, 2, 29), (2024, 2, 29), Age::Years(20)),
        ((2024, 2, 29), (2026, 2, 28), Age::Months(23)),
        ((2024, 2, 29), (2026, 3, 1), Age::Years(2)),
        // Across the century.
        ((1899, 12, 31), (2026, 11, 21), Age::Years(126)),
    ];
    for ((by, bm, bd), (y, m, d), expected) in cases {
        let (birth, on) = (date(by, bm, bd), date(y, m, d));
        assert_eq!(Age::between(birth, on), expected, "born {birth}, on {on}");
    }
}

#[test]
fn age_as_it_reads() {
    let cases = [
        (Age::Days(0), "0 days"),
        (Age::Days(1), "1 day"),
        (Age::Months(1), "1 month"),
        (Age::Months(23), "23 months"),
        (Age::Years(2), "2 years"),
        (Age::Years(101), "101 years"),
    ];
    for (age, text) in cases {
        assert_eq!(age.to_string(), text);
    }
}

proptest! {
    #[test]
    fn nobody_grows_younger(birth in any_date(), on in any_date()) {
        // The variants are declared from the youngest, so ages can be compared.
        let (today, tomorrow) = (Age::between(birth, on), Age::between(birth, on.tomorrow().unwrap()));
        prop_assert!(today <= tomorrow, "{} on {on}: {today:?}, then {tomorrow:?}", birth);
    }

    #[test]
    fn the_unit_follows_the_age(birth in any_date(), on in any_date()) {
        match Age::between(birth, on) {
            Age::Days(days) => prop_assert!((0..=31).contains(&days)),
            Age::Months(months) => prop_assert!((1..24).contains(&months)),
            Age::Years(years) => prop_assert!(years >= 2),
        }
    }

    #[test]
    fn dates_read_back(day in any_date()) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let shown = banner_date(day);
        let parts: Vec<&str> = shown.split('-').collect();
        prop_assert_eq!(shown.len(), 11);
        prop_assert_eq!(parts[0].parse::<i8>().unwrap(), day.day());
        let month = months.iter().position(|month| *month == parts[1]).unwrap() + 1;
        prop_assert_eq!(month, usize::try_from(day.month()).unwrap());
        prop_assert_eq!(parts[2].parse::<i16>().unwrap(), day.year());
        let long = long_date(day);
        let (begins, ends) = (format!("{} {}", day.day(), parts[1]), format!(" {}", day.year()));
        prop_assert!(long.starts_with(&begins) && long.ends_with(&ends));
    }
}

#[test]
fn dates_as_they_read() {
    assert_eq!(long_date(date(1948, 3, 5)), "5 March 1948");
    assert_eq!(banner_date(date(1948, 3, 5)), "05-Mar-1948");
    assert_eq!(banner_date(date(2026, 9, 30)), "30-Sep-2026");
}

#[test]
fn the_hour_that_is_skipped_and_the_hour_that_comes_twice() {
    let cases = [
        ("2026-03-29T00:59:00Z", "12:59am"),
        ("2026-03-29T01:00:00Z", "2:00am"),
        ("2026-10-25T00:59:00Z", "1:59am"),
        ("2026-10-25T01:00:00Z", "1:00am"),
        ("2026-10-25T01:59:00Z", "1:59am"),
        ("2026-10-25T02:00:00Z", "2:00am"),
    ];
    for (instant, shown) in cases {
        assert_eq!(clock_time(at(instant)), shown, "{instant}");
    }
}

#[test]
fn noon_midnight_and_the_day_they_belong_to() {
    assert_eq!(
        long_time(at("2026-01-15T00:00:00Z")),
        "15 January 2026 at 12:00am"
    );
    assert_eq!(
        long_time(at("2026-01-15T12:00:00Z")),
        "15 January 2026 at 12:00pm"
    );
    assert_eq!(
        long_time(at("2026-01-15T23:59:59Z")),
        "15 January 2026 at 11:59pm"
    );
    // In summer the day begins an hour before it does in UTC.
    assert_eq!(
        long_time(at("2026-06-30T22:59:00Z")),
        "30 June 2026 at 11:59pm"
    );
    assert_eq!(
        long_time(at("2026-06-30T23:00:00Z")),
        "1 July 2026 at 12:00am"
    );
    assert_eq!(uk_date(at("2026-06-30T22:59:59Z")), date(2026, 6, 30));
    assert_eq!(uk_date(at("2026-06-30T23:00:00Z")), date(2026, 7, 1));
    assert_eq!(uk_date(at("2026-12-31T23:59:59Z")), date(2026, 12, 31));
}
