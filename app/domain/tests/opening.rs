//! Which opening of the vault stands, in every order.

use domain::opening::{Opened, Openings};
use proptest::prelude::*;

#[test]
fn a_failure_of_before_does_not_close_what_was_opened_since() {
    let mut vault = Openings::default();
    // The sign-in opens by itself, slowly; meanwhile the person turns on saving.
    let sign_in = vault.begin();
    let turned_on = vault.begin();
    assert_eq!(vault.succeeded(turned_on), Opened::Stands);
    assert!(!vault.failed(sign_in));
    // The other order.
    let mut vault = Openings::default();
    let sign_in = vault.begin();
    let turned_on = vault.begin();
    assert!(!vault.failed(sign_in), "another is under way");
    assert_eq!(vault.succeeded(turned_on), Opened::Stands);
}

#[test]
fn what_was_seen_before_an_opening_is_not_told_after_it() {
    let mut vault = Openings::default();
    let look = vault.look();
    assert!(vault.seen(look));
    let opening = vault.begin();
    assert!(!vault.seen(look));
    assert_eq!(vault.succeeded(opening), Opened::Stands);
    assert!(!vault.seen(look));
    assert!(!vault.seen(vault.look()));
    vault.lock();
    assert!(vault.seen(vault.look()));
}

#[test]
fn a_lock_wins_over_what_is_under_way_and_loses_to_what_begins_after_it() {
    let mut vault = Openings::default();
    let before = vault.begin();
    vault.lock();
    assert_eq!(vault.succeeded(before), Opened::Locked);
    assert!(!vault.failed(before));
    let after = vault.begin();
    assert_eq!(vault.succeeded(after), Opened::Stands);
    assert_eq!(vault.succeeded(before), Opened::Locked);
    assert_eq!(vault.succeeded(after), Opened::Stands);
}

#[test]
fn of_two_that_succeed_the_newer_stands() {
    let mut vault = Openings::default();
    let (first, second) = (vault.begin(), vault.begin());
    assert_eq!(vault.succeeded(second), Opened::Stands);
    assert_eq!(vault.succeeded(first), Opened::Superseded);
    let mut vault = Openings::default();
    let (first, second) = (vault.begin(), vault.begin());
    assert_eq!(vault.succeeded(first), Opened::Stands);
    assert_eq!(vault.succeeded(second), Opened::Stands);
}

#[test]
fn the_last_failure_is_told() {
    let mut vault = Openings::default();
    let (first, second) = (vault.begin(), vault.begin());
    assert!(!vault.failed(first));
    assert!(vault.failed(second));
}

proptest! {
    /// Whatever the order in which openings end: it is open in the end where one succeeded that began
    /// after the last lock, and only there.
    #[test]
    fn the_order_of_the_ends_means_nothing(
        steps in proptest::collection::vec(0..3_u8, 1..12),
        succeeds in proptest::collection::vec(any::<bool>(), 12),
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut vault = Openings::default();
        let mut begun = Vec::new();
        let mut last_lock = 0;
        for step in &steps {
            match step {
                0 => { vault.lock(); last_lock = begun.len(); }
                _ => begun.push(vault.begin()),
            }
        }
        for index in order.into_iter().filter(|index| *index < begun.len()) {
            if succeeds[index] {
                vault.succeeded(begun[index]);
            } else {
                let told = vault.failed(begun[index]);
                prop_assert!(!told || !vault.is_open());
            }
        }
        let newest = (last_lock..begun.len()).rev().find(|index| succeeds[*index]);
        prop_assert_eq!(vault.is_open(), newest.is_some());
    }
}
