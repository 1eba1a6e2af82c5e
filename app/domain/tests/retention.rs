//! For how long a saved copy is shown, whatever the clock says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::retention::{Fate, LONGEST_HOURS, Retention, Seen};
use domain::sourced::Source;
use insta::assert_snapshot;
use jiff::Timestamp;
use proptest::prelude::*;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// Saved at 0, for 24 hours.
fn copy() -> Retention {
    Retention::for_hours(at(0), 24)
}

/// The device after the service told the time at 0 and its clock then said these times.
fn seen(looks: &[i64]) -> Seen {
    looks
        .iter()
        .fold(Seen::told(at(0)), |seen, look| seen.looked(at(*look)))
}

fn fate(now: i64, looks: &[i64]) -> Fate {
    copy().fate(at(now), seen(looks))
}

#[test]
fn a_clock_that_runs_on() {
    assert_eq!(fate(0, &[]), Fate::Shown);
    assert_eq!(fate(DAY - 1, &[]), Fate::Shown);
    assert_eq!(fate(DAY, &[]), Fate::Over);
    assert_eq!(fate(DAY + HOUR, &[12 * HOUR]), Fate::Over);
    assert_eq!(fate(DAY + HOUR, &[12 * HOUR, DAY - 1]), Fate::Over);
}

#[test]
fn a_clock_turned_back() {
    // Within its time: time stands still until the clock catches up.
    assert_eq!(fate(-YEAR, &[HOUR]), Fate::Shown);
    assert_eq!(copy().age(at(-YEAR), seen(&[HOUR])).as_hours(), 1);
    // Past its time: over, or at least hidden.
    assert_eq!(fate(HOUR, &[12 * HOUR, DAY]), Fate::Over);
    assert_eq!(fate(HOUR, &[3 * DAY]), Fate::Hidden);
}

#[test]
fn a_clock_far_ahead() {
    assert_eq!(fate(YEAR, &[]), Fate::Hidden);
    assert_eq!(fate(YEAR, &[YEAR - 2, YEAR - 1]), Fate::Hidden);
    // Put right, it is still hidden: that looks like turning back. Nothing is destroyed.
    assert_eq!(fate(HOUR, &[YEAR]), Fate::Hidden);
    // Until the service tells the time.
    let told = Seen::told(at(2 * HOUR));
    assert_eq!(copy().fate(at(2 * HOUR), told), Fate::Shown);
    assert_eq!(copy().fate(at(YEAR), told), Fate::Hidden);
}

#[test]
fn what_the_service_tells_counts() {
    assert_eq!(copy().fate(at(HOUR), Seen::told(at(DAY))), Fate::Over);
    assert_eq!(copy().fate(at(-YEAR), Seen::told(at(DAY - 1))), Fate::Shown);
    // Its machines may differ by a little.
    let earlier = |seconds: i64| copy().fate(at(-YEAR), Seen::told(at(-seconds)));
    assert_eq!(earlier(5 * MINUTE), Fate::Shown);
    assert_eq!(earlier(5 * MINUTE + 1), Fate::Hidden);
}

#[test]
fn an_organisation_keeps_for_less_or_not_at_all_but_never_for_longer() {
    let hours = |hours| Retention::for_hours(at(0), hours).until;
    assert_eq!(hours(0), at(0));
    assert_eq!(hours(8), at(8 * HOUR));
    assert_eq!(hours(LONGEST_HOURS), at(DAY));
    assert_eq!(hours(u16::MAX), at(DAY));
    assert_eq!(Retention::new(at(0), at(YEAR)).until, at(DAY));
    let none = Retention::for_hours(at(0), 0);
    assert!(!none.is_shown(at(0), Seen::told(at(0))));
    assert!(!none.is_shown(at(-YEAR), Seen::told(at(0))));
}

#[test]
fn four_hours_are_marked() {
    let marked = |now, looks: &[i64]| copy().is_marked(at(now), seen(looks));
    assert!(!marked(4 * HOUR - 1, &[]));
    assert!(marked(4 * HOUR, &[]));
    // Turning the clock back makes nothing look fresh.
    assert!(marked(0, &[4 * HOUR]));
    assert!(!marked(-YEAR, &[]));
}

#[test]
fn a_copy_says_where_it_comes_from() {
    let (at, until) = (at(0), at(DAY));
    assert_eq!(Source::from(copy()), Source::Saved { at, until });
}

#[test]
fn kept_shapes() {
    assert_snapshot!(serde_json::to_string(&copy()).unwrap(), @r#"{"saved_at":"2026-11-18T11:06:40Z","until":"2026-11-19T11:06:40Z"}"#);
    assert_snapshot!(serde_json::to_string(&seen(&[HOUR, YEAR])).unwrap(), @r#"{"latest":"2027-11-18T11:06:40Z","sure":"2026-11-18T12:06:40Z"}"#);
}

/// Looks at a clock that runs, stops, and is turned either way.
fn looks() -> impl Strategy<Value = Vec<i64>> {
    let step = prop_oneof![
        6 => 0_i64..2 * HOUR,
        2 => 0_i64..3 * DAY,
        1 => -2 * YEAR..2 * YEAR,
        2 => -DAY..0,
    ];
    prop::collection::vec(step, 0..20).prop_map(|steps| {
        steps
            .into_iter()
            .scan(0, |now, step| {
                *now += step;
                Some(*now)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn once_hidden_it_stays_so_however_the_clock_is_turned(looks in looks(), hours in 0_u16..30) {
        let copy = Retention::for_hours(at(0), hours);
        let mut seen = Seen::told(at(0));
        let mut before = Fate::Shown;
        let mut oldest = copy.age(at(0), seen);
        for look in looks {
            let now = copy.fate(at(look), seen);
            prop_assert!(
                !matches!((before, now), (Fate::Hidden | Fate::Over, Fate::Shown) | (Fate::Over, Fate::Hidden)),
                "{:?}, then {:?}", before, now
            );
            prop_assert_eq!(copy.is_shown(at(look), seen), now == Fate::Shown);
            // Never longer than by that clock.
            prop_assert!(now != Fate::Shown || at(look) < copy.until);
            // And never older, then younger.
            let age = copy.age(at(look), seen);
            prop_assert!(age >= oldest);
            oldest = age;
            before = now;
            seen = seen.looked(at(look));
            // To look at the clock once more changes nothing.
            prop_assert_eq!(seen.looked(at(look)), seen);
        }
    }

    #[test]
    fn a_leap_destroys_nothing(looks in prop::collection::vec(0_i64..12 * HOUR, 0..8), leap in DAY + 1..50 * YEAR, more in looks()) {
        let mut steady = looks;
        steady.sort_unstable();
        let last = steady.last().copied().unwrap_or(0);
        let leapt = seen(&steady).looked(at(last + leap));
        prop_assert_ne!(copy().fate(at(last + leap), leapt), Fate::Over);
        // Nor does whatever follows at that wrong time.
        let later = more.iter().fold(leapt, |seen, look| seen.looked(at(last + leap + look.abs())));
        prop_assert_ne!(copy().fate(at(last + leap), later), Fate::Over);
        // With the service's time it is back, if its time is not over.
        prop_assert_eq!(copy().fate(at(last), Seen::told(at(last))), Fate::Shown);
    }

    #[test]
    fn the_service_is_always_believed(looks in looks(), told in -DAY..3 * DAY) {
        let after = looks.iter().fold(Seen::told(at(0)), |seen, look| seen.looked(at(*look)));
        prop_assert!(after.at_least(at(0)) >= at(0));
        let told = at(told);
        let seen = Seen::told(told);
        prop_assert_eq!(seen.at_least(told), told);
        prop_assert_eq!(copy().fate(told, seen) == Fate::Over, told >= copy().until);
    }
}
