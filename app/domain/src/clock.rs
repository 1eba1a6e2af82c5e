//! Dates and times as people in England read them. The present is always an argument.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Europe/London with its rules built in, so that the server and the browser agree.
fn uk() -> TimeZone {
    jiff::tz::get!("Europe/London")
}

/// As they are written in England.
pub(crate) const MONTHS: [&str; 12] = [
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

fn month(number: i8) -> &'static str {
    usize::try_from(number - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or("")
}

/// The date in the United Kingdom at that time.
pub fn uk_date(at: Timestamp) -> Date {
    at.to_zoned(uk()).date()
}

/// When that day begins in the United Kingdom; `None` at the end of the calendar.
pub fn uk_midnight(date: Date) -> Option<Timestamp> {
    Some(date.to_zoned(uk()).ok()?.timestamp())
}

/// As in "5 March 1948".
pub fn long_date(date: Date) -> String {
    format!("{} {} {}", date.day(), month(date.month()), date.year())
}

/// As in "05-Mar-1948": the form of the patient banner (DOMAIN section 3).
pub fn banner_date(date: Date) -> String {
    let name = month(date.month());
    format!(
        "{:02}-{}-{:04}",
        date.day(),
        name.get(..3).unwrap_or(name),
        date.year()
    )
}

/// As in "21 November 2026 at 7:15am", in United Kingdom time.
pub fn long_time(at: Timestamp) -> String {
    let zoned = at.to_zoned(uk());
    format!("{} at {}", long_date(zoned.date()), clock_time(at))
}

/// As in "7:15am", in United Kingdom time.
pub fn clock_time(at: Timestamp) -> String {
    let zoned = at.to_zoned(uk());
    let (hour, half) = match zoned.hour() {
        0 => (12, "am"),
        hour @ 1..=11 => (hour, "am"),
        12 => (12, "pm"),
        hour => (hour - 12, "pm"),
    };
    format!("{hour}:{:02}{half}", zoned.minute())
}

/// An age: years from the second birthday, months from the first month of life, else days.
/// The form shown beside the date of birth (NHS Common User Interface).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Age {
    /// Younger than one month.
    Days(i32),
    /// Younger than two years.
    Months(i32),
    /// Two years or older.
    Years(i32),
}

impl Age {
    /// The age of someone born on `birth`, on the day `on` (or at death, by passing that day).
    /// A birth date in the future is an age of 0 days.
    pub fn between(birth: Date, on: Date) -> Self {
        if on < birth {
            return Self::Days(0);
        }
        let whole = |unit: Unit| birth.until((unit, on)).ok();
        let years = whole(Unit::Year).map_or(0, |span| i32::from(span.get_years()));
        if years >= 2 {
            return Self::Years(years);
        }
        let months = whole(Unit::Month).map_or(0, |span| span.get_months());
        if months >= 1 {
            return Self::Months(months);
        }
        Self::Days(whole(Unit::Day).map_or(0, |span| span.get_days()))
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, one, many) = match *self {
            Self::Days(count) => (count, "day", "days"),
            Self::Months(count) => (count, "month", "months"),
            Self::Years(count) => (count, "year", "years"),
        };
        write!(f, "{count} {}", if count == 1 { one } else { many })
    }
}
