//! The chained log of a device: whatever is changed, left out, swapped or put in shows.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use domain::device_log::{
    Act, BEGINNING, Break, CLOCK_TOLERANCE, ClockOff, Delivered, LogEntry, LogHead, Part, believed,
};
use domain::ids::{VaultId, VisitId};
use domain::permission::{Duration, LegalGround, PermissionAnswer, Scope};
use domain::search::SearchKind;
use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

const VAULT: VaultId = VaultId(Uuid::from_u128(0xfa));

fn visit(number: u8) -> VisitId {
    VisitId(Uuid::from_u128(number.into()))
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(1_795_000_000_000_000 + micros).unwrap()
}

fn answer() -> impl Strategy<Value = PermissionAnswer> {
    prop_oneof![
        Just(PermissionAnswer::Agreed {
            scope: Scope::Me,
            duration: Duration::ThisView
        }),
        Just(PermissionAnswer::Agreed {
            scope: Scope::Team,
            duration: Duration::Until(date(2026, 12, 31))
        }),
        Just(PermissionAnswer::Standing),
        ".{0,8}".prop_map(|reason| PermissionAnswer::Emergency { reason }),
        ".{0,8}".prop_map(|basis| PermissionAnswer::Legal {
            ground: LegalGround::Statute,
            basis,
        }),
        Just(PermissionAnswer::Declined),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let part = prop_oneof![
        Just(Part::Overview),
        Just(Part::Details),
        Just(Part::Summary),
        Just(Part::Adjustments),
    ];
    prop_oneof![
        Just(Act::Unlocked),
        any::<u32>().prop_map(|times| Act::UnlockFailed { times }),
        (0_usize..4, prop::collection::vec(any::<u8>(), 0..4)).prop_map(|(by, found)| {
            Act::Searched {
                by: SearchKind::ALL[by],
                found: found.into_iter().map(visit).collect(),
            }
        }),
        (any::<u8>(), part).prop_map(|(of, part)| Act::Looked {
            visit: visit(of),
            part
        }),
        (any::<u8>(), answer()).prop_map(|(of, answer)| Act::Answered {
            visit: visit(of),
            answer
        }),
    ]
}

/// A log from its beginning.
fn log(acts: Vec<(i64, Act)>) -> (Vec<LogEntry>, LogHead) {
    let mut head = LogHead::default();
    let mut entries = Vec::new();
    for (micros, act) in acts {
        let (entry, next) = head.append(VAULT, time(micros), act);
        entries.push(entry);
        head = next;
    }
    (entries, head)
}

fn logs(least: usize) -> impl Strategy<Value = (Vec<LogEntry>, LogHead)> {
    // Clocks go back, too.
    let acts = prop::collection::vec((-5_000_000_i64..5_000_000, act()), least..12);
    acts.prop_map(log)
}

/// Follows a log to its end, or to the first entry that does not continue it.
fn follow(vault: VaultId, entries: &[LogEntry]) -> Result<LogHead, Break> {
    entries
        .iter()
        .try_fold(LogHead::default(), |head, entry| head.follow(vault, entry))
}

/// Whether it shows that these are not the entries up to that head.
fn shows(entries: &[LogEntry], head: &LogHead) -> bool {
    follow(VAULT, entries).as_ref() != Ok(head)
}

proptest! {
    #[test]
    fn a_log_is_followed_from_any_of_its_entries((entries, head) in logs(0), from in 0_usize..12) {
        prop_assert_eq!(follow(VAULT, &entries), Ok(head.clone()));
        let numbers: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
        prop_assert_eq!(numbers, (1..=entries.len() as u64).collect::<Vec<_>>());
        let from = from.min(entries.len());
        let start = follow(VAULT, &entries[..from]).unwrap();
        let end = entries[from..].iter().try_fold(start, |head, entry| head.follow(VAULT, entry));
        prop_assert_eq!(end, Ok(head));
    }

    #[test]
    fn a_log_is_the_same_after_storage_and_delivery((entries, head) in logs(0)) {
        let json = serde_json::to_string(&(&entries, &head)).unwrap();
        let (read, read_head): (Vec<LogEntry>, LogHead) = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&read, &entries);
        prop_assert_eq!(follow(VAULT, &read), Ok(read_head));
    }

    #[test]
    fn an_edit_shows_at_once(
        (entries, _) in logs(1), at in any::<prop::sample::Index>(), field in 0_u8..5, micros in 1_i64..9, other in act(),
    ) {
        let mut forged = entries.clone();
        let at = at.index(forged.len());
        let entry = &mut forged[at];
        match field {
            0 => entry.seq += 1,
            1 => entry.at = Timestamp::from_microsecond(entry.at.as_microsecond() + micros).unwrap(),
            2 => entry.act = other,
            3 => entry.prev = entry.hash.clone(),
            _ => entry.hash = entry.prev.clone(),
        }
        prop_assume!(forged != entries);
        let head = follow(VAULT, &entries[..at]).unwrap();
        prop_assert_eq!(head.follow(VAULT, &forged[at]), Err(Break::Forged));
    }

    /// Whoever edits can compute hashes too: then the next entry, or where the log stands, tells.
    #[test]
    fn an_edit_with_a_new_hash_shows(
        (entries, head) in logs(1), at in any::<prop::sample::Index>(), other in act(),
    ) {
        let at = at.index(entries.len());
        prop_assume!(entries[at].act != other);
        let before = follow(VAULT, &entries[..at]).unwrap();
        let mut forged = entries.clone();
        forged[at] = before.append(VAULT, entries[at].at, other).0;
        prop_assert!(shows(&forged, &head));
        if at + 1 < forged.len() {
            let after = follow(VAULT, &forged[..=at]).unwrap();
            prop_assert_eq!(after.follow(VAULT, &forged[at + 1]), Err(Break::Forged));
        }
    }

    #[test]
    fn a_removal_shows((entries, head) in logs(1), at in any::<prop::sample::Index>(), several in 1_usize..4) {
        let mut left = entries.clone();
        let at = at.index(left.len());
        let last = (at + several).min(left.len());
        left.drain(at..last);
        prop_assert!(shows(&left, &head));
        if at < left.len() {
            let before = follow(VAULT, &left[..at]).unwrap();
            prop_assert_eq!(before.follow(VAULT, &left[at]), Err(Break::Gap));
        }
    }

    #[test]
    fn a_swap_shows((entries, head) in logs(2), one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let (one, other) = (one.index(entries.len()), other.index(entries.len()));
        prop_assume!(one != other);
        let mut swapped = entries.clone();
        swapped.swap(one, other);
        prop_assert!(shows(&swapped, &head));
        // With the numbers put right, the hashes are wrong.
        for (number, entry) in (1..).zip(&mut swapped) {
            entry.seq = number;
        }
        prop_assert_eq!(follow(VAULT, &swapped), Err(Break::Forged));
    }

    #[test]
    fn what_is_put_in_shows((entries, head) in logs(1), at in any::<prop::sample::Index>(), other in act(), again in any::<prop::sample::Index>()) {
        let at = at.index(entries.len());
        let before = follow(VAULT, &entries[..at]).unwrap();
        let mut more = entries.clone();
        more.insert(at, before.append(VAULT, time(0), other).0);
        prop_assert!(shows(&more, &head));
        // An entry that is there already, wherever it is put.
        let again = again.index(entries.len());
        let mut twice = entries.clone();
        twice.insert(at, entries[again].clone());
        prop_assert!(shows(&twice, &head));
        let end = head.follow(VAULT, &entries[again]);
        prop_assert_eq!(end, Err(Break::Again));
    }

    #[test]
    fn an_entry_belongs_to_one_vault((entries, _) in logs(1), other in 0_u128..200) {
        prop_assert_eq!(follow(VaultId(Uuid::from_u128(other)), &entries), Err(Break::Forged));
    }

    #[test]
    fn no_two_entries_have_one_hash((entries, _) in logs(2)) {
        let mut hashes: Vec<_> = entries.iter().map(|entry| &entry.hash).collect();
        hashes.sort();
        hashes.dedup();
        prop_assert_eq!(hashes.len(), entries.len());
        prop_assert!(entries.iter().all(|entry| entry.hash.len() == 64 && entry.hash != BEGINNING));
    }
}

/// What earlier deliveries brought around a number, where those entries are there.
fn delivered<'a>(there: &'a [LogEntry], seq: u64) -> Delivered<'a> {
    let of = |seq: u64| there.iter().find(|entry| entry.seq == seq);
    Delivered {
        same: of(seq).map(|entry| entry.hash.as_str()),
        before: seq
            .checked_sub(1)
            .and_then(of)
            .map(|entry| entry.hash.as_str()),
        named_after: of(seq + 1).map(|entry| entry.prev.as_str()),
    }
}

proptest! {
    /// An old number with other content is a forgery, also with a hash of its own; the same again is
    /// no news.
    #[test]
    fn a_log_that_is_rewound_shows(
        (entries, head) in logs(1), at in any::<prop::sample::Index>(), other in act(), micros in 0_i64..1_000_000,
    ) {
        let at = at.index(entries.len());
        let around = delivered(&entries, entries[at].seq);
        prop_assert_eq!(head.judge(VAULT, &entries[at], around), Err(Break::Again));
        let before = follow(VAULT, &entries[..at]).unwrap();
        let forged = before.append(VAULT, time(micros), other).0;
        prop_assume!(forged.hash != entries[at].hash);
        prop_assert_eq!(head.judge(VAULT, &forged, around), Err(Break::Forged));
    }

    /// One that was missing is taken where it was missed, and nothing else in its place.
    #[test]
    fn what_was_missing_fits_where_it_was_missed(
        (entries, head) in logs(2), at in any::<prop::sample::Index>(), other in act(),
    ) {
        // The last is never missing: where the log stands tells of it.
        let at = at.index(entries.len() - 1);
        let mut there = entries.clone();
        let missing = there.remove(at);
        let around = delivered(&there, missing.seq);
        prop_assert_eq!(head.judge(VAULT, &missing, around), Err(Break::Late));
        let before = follow(VAULT, &entries[..at]).unwrap();
        let instead = before.append(VAULT, time(0), other).0;
        prop_assume!(instead.hash != missing.hash);
        prop_assert_eq!(head.judge(VAULT, &instead, around), Err(Break::Forged));
        // Also where the number is put on an entry from elsewhere.
        let mut moved = entries[entries.len() - 1].clone();
        moved.seq = missing.seq;
        prop_assert_eq!(head.judge(VAULT, &moved, around), Err(Break::Forged));
    }

    /// What continues a log, or leaves a gap, is judged as ever.
    #[test]
    fn the_end_is_where_it_was((entries, _) in logs(2), at in any::<prop::sample::Index>()) {
        let at = at.index(entries.len());
        let head = follow(VAULT, &entries[..at]).unwrap();
        for entry in &entries[at..] {
            let around = delivered(&entries[..at], entry.seq);
            prop_assert_eq!(head.judge(VAULT, entry, around), head.follow(VAULT, entry));
        }
    }

    /// Whatever a device says, it was done while there was a log, and before it arrived.
    #[test]
    fn no_clock_is_believed_beyond_what_can_be(
        said in -60_000_000_000_000_000_i64..32_000_000_000_000_000, began in 0_i64..1_000_000_000, lasted in 0_i64..1_000_000_000_000,
    ) {
        let (began, arrived) = (time(began), time(began + lasted));
        let said = Timestamp::from_microsecond(said).unwrap();
        let when = believed(said, began, arrived);
        prop_assert!(began <= when.at && when.at <= arrived);
        if began <= said && said <= arrived {
            prop_assert_eq!((when.at, when.off), (said, None));
        }
        let ahead = said > arrived && said.duration_since(arrived) > CLOCK_TOLERANCE;
        let behind = said < began && began.duration_since(said) > CLOCK_TOLERANCE;
        prop_assert_eq!(when.off == Some(ClockOff::Ahead), ahead);
        prop_assert_eq!(when.off == Some(ClockOff::Behind), behind);
        // In the same order as the device says, as far as it can be told.
        let later = believed(said + CLOCK_TOLERANCE, began, arrived);
        prop_assert!(when.at <= later.at);
    }

    /// Two servers whose clocks differ do not make an honest device's time impossible.
    #[test]
    fn a_log_that_began_after_it_arrived_is_of_now(said in 0_i64..1_000, ahead in 1_i64..1_000) {
        let arrived = time(500);
        let when = believed(time(said), time(500 + ahead), arrived);
        prop_assert_eq!((when.at, when.off), (arrived, None));
    }
}

#[test]
fn nothing_comes_before_the_first_entry() {
    let (entries, head) = log(vec![(0, Act::Unlocked), (1, Act::Unlocked)]);
    let zero = LogHead {
        seq: u64::MAX,
        ..LogHead::default()
    };
    // Saturates: no number follows that one.
    let (odd, _) = zero.append(VAULT, time(0), Act::Unlocked);
    assert!(head.judge(VAULT, &odd, Delivered::default()).is_err());
    let mut first = entries[0].clone();
    first.seq = 0;
    assert_eq!(
        head.judge(VAULT, &first, Delivered::default()),
        Err(Break::Forged)
    );
}

#[test]
fn a_log_that_starts_late_has_a_gap() {
    let (entries, _) = log(vec![(0, Act::Unlocked), (1, Act::Unlocked)]);
    assert_eq!(follow(VAULT, &entries[1..]), Err(Break::Gap));
    // The number alone, put right, is a forgery.
    let mut first = entries[1].clone();
    first.seq = 1;
    assert_eq!(follow(VAULT, &[first]), Err(Break::Forged));
}

/// The hashes are on devices and in the audit: another way to compute them would break every log
/// that is under way.
#[test]
fn known_hashes() {
    let (entries, head) = log(vec![
        (0, Act::Unlocked),
        (1, Act::UnlockFailed { times: 2 }),
        (
            2,
            Act::Searched {
                by: SearchKind::Basic,
                found: vec![visit(1), visit(2)],
            },
        ),
        (
            3,
            Act::Looked {
                visit: visit(1),
                part: Part::Summary,
            },
        ),
        (
            4,
            Act::Answered {
                visit: visit(1),
                answer: PermissionAnswer::Emergency {
                    reason: "Found unconscious".to_owned(),
                },
            },
        ),
    ]);
    let lines: Vec<_> = entries
        .iter()
        .map(|entry| {
            format!(
                "{} {}",
                entry.hash,
                serde_json::to_string(&entry.act).unwrap()
            )
        })
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    bcb099dcf7f69539bfc6cb03bd680d8766218f8e59691e47b6dc7517a59307f6 {"did":"unlocked"}
    6b4a16d4e374aec239040d507288c0c3741d2abad631e10e1cfc426ccc6b0eaf {"did":"unlock-failed","times":2}
    251f1e248338e9fbab8ea31d8ffd682a222e1262202443d33eb311dbb4faa79e {"did":"searched","by":"basic","found":["00000000-0000-0000-0000-000000000001","00000000-0000-0000-0000-000000000002"]}
    216e7901fdafba6b4fded0dc8f1d13c787d8a233ec14cd8e285ae6c4237e73c6 {"did":"looked","visit":"00000000-0000-0000-0000-000000000001","part":"summary"}
    2801cd79f8835f4493204820532e353af68ee8ca95bbaa4ebdde35d17a56a0d7 {"did":"answered","visit":"00000000-0000-0000-0000-000000000001","answer":{"answer":"emergency","reason":"Found unconscious"}}
    "#);
    assert_eq!(head.hash, entries[4].hash);
    assert_snapshot!(serde_json::to_string(&entries[0]).unwrap(), @r#"{"seq":1,"at":"2026-11-18T11:06:40Z","act":{"did":"unlocked"},"prev":"0000000000000000000000000000000000000000000000000000000000000000","hash":"bcb099dcf7f69539bfc6cb03bd680d8766218f8e59691e47b6dc7517a59307f6"}"#);
    assert_snapshot!(serde_json::to_string(&LogHead::default()).unwrap(), @r#"{"seq":0,"hash":"0000000000000000000000000000000000000000000000000000000000000000"}"#);
}
