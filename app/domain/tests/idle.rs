//! When a screen is locked, whatever timers, tabs and passkeys do.

use domain::idle::{LockReason, Presence, Watch};
use proptest::prelude::*;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const NOW: i64 = 1_795_000_000_000;
/// What the session says.
const IDLE: u64 = 15 * 60;

fn watch() -> Watch {
    Watch::new(None, true, NOW)
}

#[test]
fn a_screen_that_is_not_used_is_locked_after_fifteen_minutes() {
    let mut tab = watch();
    for minute in 1..=15 {
        assert_eq!(tab.check(NOW + minute * MINUTE, IDLE), None, "{minute}");
    }
    let late = NOW + 15 * MINUTE + 1;
    assert_eq!(tab.check(late, IDLE), Some(LockReason::Unused));
    // Used in time, and it goes on.
    let mut tab = watch();
    tab.used(NOW + 14 * MINUTE);
    assert_eq!(tab.check(late, IDLE), None);
    assert_eq!(tab.check(NOW + 29 * MINUTE, IDLE), None);
}

#[test]
fn the_session_may_say_less_and_never_more() {
    let shown = |seconds: u64, minutes: i64| {
        let mut tab = watch();
        for minute in 1..minutes {
            if tab.check(NOW + minute * MINUTE, seconds).is_some() {
                return false;
            }
        }
        tab.check(NOW + minutes * MINUTE + 1, seconds).is_none()
    };
    assert!(shown(3 * 60, 2));
    assert!(!shown(3 * 60, 3));
    assert!(shown(60 * 60, 14));
    assert!(!shown(60 * 60, 15));
    assert!(!shown(u64::MAX, 15));
}

#[test]
fn a_screen_out_of_sight_is_locked_after_five_minutes() {
    let mut tab = watch();
    tab.used(NOW + MINUTE);
    tab.sight(false, NOW + MINUTE);
    assert_eq!(tab.check(NOW + 6 * MINUTE, IDLE), None);
    assert_eq!(
        tab.check(NOW + 6 * MINUTE + 1, IDLE),
        Some(LockReason::Hidden)
    );
}

#[test]
fn a_machine_that_slept_is_locked_by_the_first_look() {
    // No timer ran, and the page was in sight all along, as far as it knows.
    assert_eq!(
        watch().check(NOW + 60 * MINUTE, IDLE),
        Some(LockReason::Unused)
    );
    assert_eq!(watch().check(NOW + 14 * MINUTE, IDLE), None);
    // One that was out of sight when it fell asleep.
    let mut tab = watch();
    tab.sight(false, NOW);
    assert_eq!(tab.check(NOW + 6 * MINUTE, IDLE), Some(LockReason::Hidden));
}

#[test]
fn one_tab_in_use_keeps_the_others_open() {
    let (mut front, mut behind) = (watch(), watch());
    behind.sight(false, NOW);
    for minute in 1..=30 {
        let now = NOW + minute * MINUTE;
        assert_eq!(front.check(now, IDLE), None);
        front.used(now);
        behind.learn(Presence::read(&front.presence().written()));
        assert_eq!(behind.check(now, IDLE), None);
    }
    // Alone, it is locked.
    assert!(behind.check(NOW + 36 * MINUTE, IDLE).is_some());
}

#[test]
fn a_reload_does_not_begin_anew() {
    let mut before = watch();
    before.check(NOW + 4 * MINUTE, IDLE);
    let kept = Presence::read(&before.presence().written()).unwrap();
    assert_eq!(kept.due(NOW + 8 * MINUTE, IDLE, None), None);
    let mut page = Watch::new(Some(kept), true, NOW + 8 * MINUTE);
    for minute in 9..=15 {
        assert_eq!(page.check(NOW + minute * MINUTE, IDLE), None);
    }
    assert_eq!(
        page.check(NOW + 15 * MINUTE + 1, IDLE),
        Some(LockReason::Unused)
    );
    assert_eq!(Presence::read(""), None);
    assert_eq!(Presence::read("12"), None);
    assert_eq!(Presence::read("a b"), None);
}

#[test]
fn out_of_sight_behind_a_passkey_is_not_away() {
    let mut tab = watch();
    tab.used(NOW);
    tab.asks(NOW);
    tab.sight(false, NOW);
    // A slow machine: the question stands for four minutes, the answer comes then.
    assert_eq!(tab.check(NOW + 4 * MINUTE, IDLE), None);
    tab.answered(true, NOW + 4 * MINUTE);
    assert_eq!(tab.check(NOW + 8 * MINUTE, IDLE), None);
    tab.sight(true, NOW + 8 * MINUTE);
    assert_eq!(tab.check(NOW + 12 * MINUTE, IDLE), None);
}

#[test]
fn a_passkey_that_nobody_gives_keeps_no_screen_open() {
    let mut tab = watch();
    tab.asks(NOW + 13 * MINUTE);
    assert_eq!(tab.check(NOW + 16 * MINUTE, IDLE), None);
    // It failed by itself, and nobody was there.
    tab.answered(false, NOW + 17 * MINUTE);
    assert_eq!(tab.check(NOW + 17 * MINUTE, IDLE), Some(LockReason::Unused));
    // Left standing, it counts for five minutes and no more.
    let mut tab = watch();
    tab.asks(NOW);
    tab.sight(false, NOW);
    assert_eq!(tab.check(NOW + 5 * MINUTE, IDLE), None);
    assert_eq!(
        tab.check(NOW + 5 * MINUTE + 1, IDLE),
        Some(LockReason::Hidden)
    );
}

#[test]
fn a_clock_that_was_turned_back_locks() {
    assert_eq!(watch().check(NOW - MINUTE, IDLE), None);
    assert_eq!(
        watch().check(NOW - MINUTE - 1, IDLE),
        Some(LockReason::Clock)
    );
}

#[test]
fn whoever_has_just_shown_who_they_are_begins_anew() {
    let old = Presence::at(NOW - 90 * MINUTE);
    let mut tab = Watch::new(Some(old), false, NOW);
    assert!(tab.check(NOW, IDLE).is_some());
    tab.arrived(NOW);
    assert_eq!(tab.check(NOW + MINUTE, IDLE), None);
}

proptest! {
    /// Nothing that a page goes through by itself keeps it open for longer than it may be.
    #[test]
    fn without_use_it_locks_in_time(
        steps in proptest::collection::vec((0..10 * MINUTE, 0..4_u8), 1..40),
        idle in 1_u64..=IDLE,
    ) {
        let mut tab = watch();
        let mut now = NOW;
        for (later, what) in steps {
            now += later;
            if tab.check(now, idle).is_some() {
                return Ok(());
            }
            // The passkey excuses for five minutes at a time, and is asked for by a person.
            let longest = i64::try_from(idle).unwrap() * SECOND;
            prop_assert!(now - NOW <= longest, "{} ms", now - NOW);
            match what {
                0 => tab.sight(false, now),
                1 => tab.sight(true, now),
                2 => tab.answered(false, now),
                _ => tab.learn(Some(Presence::at(NOW))),
            }
        }
    }
}
