//! Whatever is done to the audit is found and named, wherever it is done.

use crate::audit::attack::{Attacker, NUMBERS, TEXTS, named, one};
use crate::store::ground::on_each_engine;
use jiff::SignedDuration;
use rand::Rng;
use server::audit::{Wrong, heads, verify};
use server::store::Engine;

/// Enough for several lanes to have many entries each.
const ENTRIES: usize = 100;
/// Places at which each is tried.
const PLACES: usize = 3;

#[tokio::test]
async fn a_clean_one_holds() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, ENTRIES).await;
        attacker.keep_heads().await;
        attacker.record(10).await;
        attacker.keep_heads().await;
        let verified = verify(&ground.db).await.unwrap();
        assert_eq!((verified.entries, verified.more), (110, 0));
        assert_eq!(verified.broken, []);
        assert_eq!(attacker.found_against_heads().await, []);
        // The attacker hashes as the service does: what follows would prove nothing otherwise.
        for entry in attacker.entries().await {
            assert_eq!(entry.right_hash(), entry.hash);
        }
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_any_column_is_found() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        for column in TEXTS {
            for _ in 0..PLACES {
                let entry = attacker.any().await;
                for value in ["'forged'", "''"] {
                    attacker.set(&entry, column, value).await;
                    let found = attacker.found().await;
                    assert_eq!(
                        named(&found),
                        [one(&entry, Wrong::Changed)],
                        "{column} = {value}"
                    );
                    assert!(found[0].at.is_some());
                    attacker.restore().await;
                }
            }
        }
        for column in NUMBERS {
            for value in ["0", "1", "7", "-1", "9000000000000000000"] {
                let entry = attacker.any().await;
                let index = NUMBERS.iter().position(|name| *name == column).unwrap();
                if entry.numbers[index].map(|number| number.to_string()) == Some(value.to_owned()) {
                    continue;
                }
                attacker.set(&entry, column, value).await;
                assert_eq!(
                    named(&attacker.found().await),
                    [one(&entry, Wrong::Changed)],
                    "{column} = {value}"
                );
                attacker.restore().await;
            }
        }
        for column in ["prev", "hash"] {
            let mut entry = attacker.any().await;
            let bytes = match column {
                "prev" => &mut entry.prev,
                _ => &mut entry.hash,
            };
            let at = attacker.rng.random_range(0..32);
            bytes[at] ^= 1 << attacker.rng.random_range(0..8);
            attacker.put(&entry).await;
            assert_eq!(
                named(&attacker.found().await),
                [one(&entry, Wrong::Changed)],
                "{column}"
            );
            attacker.restore().await;
        }
        assert_eq!(attacker.found().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_null_that_was_not_and_one_that_was_are_found() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, ENTRIES).await;
        let entries = attacker.entries().await;
        for column in [
            "name",
            "role",
            "job",
            "organisation",
            "organisation_name",
            "app_version",
            "screen",
            "context",
            "encounter",
            "fault",
            "ground",
            "reason_code",
            "reason",
        ] {
            let said = |null: bool| {
                let mut entries = entries.clone();
                entries.retain_mut(|entry| entry.text(column).is_none() == null);
                entries.into_iter().next()
            };
            if let Some(entry) = said(false) {
                attacker.set(&entry, column, "null").await;
                let found = attacker.found().await;
                assert_eq!(named(&found), [one(&entry, Wrong::Changed)], "{column}");
                attacker.restore().await;
            }
            if let Some(entry) = said(true) {
                attacker.set(&entry, column, "''").await;
                let found = attacker.found().await;
                assert_eq!(named(&found), [one(&entry, Wrong::Changed)], "{column}");
                attacker.restore().await;
            }
        }
    })
    .await;
}

/// SQLite keeps in a column whatever it is given.
#[tokio::test]
async fn what_is_not_of_the_type_of_its_column_is_found() {
    on_each_engine(async |ground| {
        if ground.db.engine() == Engine::Postgres {
            return;
        }
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        for (column, value) in [
            // It reads the same, and no query finds it.
            ("person", "cast(person as blob)"),
            ("person", "cast(x'ff' as text)"),
            ("detail", "cast(x'7b007d' as text)"),
            ("at", "'yesterday'"),
            ("at", "1.5"),
            ("at", "x'00'"),
            ("offline", "'no'"),
            ("format", "2.5"),
            ("hash", "lower(hex(hash))"),
            ("prev", "''"),
        ] {
            for _ in 0..PLACES {
                let entry = attacker.any().await;
                attacker.set(&entry, column, value).await;
                assert_eq!(
                    named(&attacker.found().await),
                    [one(&entry, Wrong::Changed)],
                    "{column} = {value}"
                );
                attacker.restore().await;
            }
        }
        for change in ["nhs_number = cast(nhs_number as blob)", "at = 'yesterday'"] {
            let mut entry = attacker.any().await;
            while entry.text("patients").as_deref() == Some("[]") {
                entry = attacker.any().await;
            }
            attacker
                .sql(&format!(
                    "update audit_patient set {change} where seq = {}",
                    entry.seq
                ))
                .await;
            assert_eq!(
                named(&attacker.found().await),
                [one(&entry, Wrong::Index)],
                "{change}"
            );
            attacker.restore().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_removal_is_found() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        for _ in 0..PLACES {
            let entry = attacker.any().await;
            let (lane, seq) = (entry.lane, entry.seq);
            // With what the index tells of it, or without.
            for tables in [vec!["audit_entry"], vec!["audit_entry", "audit_patient"]] {
                for table in tables {
                    attacker
                        .sql(&format!(
                            "delete from {table} where lane = {lane} and seq = {seq}"
                        ))
                        .await;
                }
                let found = attacker.found().await;
                assert_eq!(named(&found), [one(&entry, Wrong::Missing)]);
                assert!(
                    found[0]
                        .to_string()
                        .contains(&format!("entry {seq} (after "))
                );
                attacker.restore().await;
            }
        }
        // Every one, too.
        attacker.sql("delete from audit_entry").await;
        assert!(
            attacker
                .found()
                .await
                .iter()
                .any(|broken| broken.first == 1 && broken.how == Wrong::CutOff)
        );
    })
    .await;
}

#[tokio::test]
async fn a_swap_is_found() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        for _ in 0..PLACES {
            let (one, mut other) = (attacker.any().await, attacker.any().await);
            while (one.lane, one.seq) == (other.lane, other.seq) {
                other = attacker.any().await;
            }
            let moved = |from: &super::attack::Stored, to: &super::attack::Stored| {
                let how = Wrong::Moved {
                    lane: from.lane,
                    seq: from.seq,
                };
                (to.lane, to.seq, to.seq, how)
            };
            let mut expected = vec![moved(&one, &other), moved(&other, &one)];
            expected.sort_by_key(|(lane, seq, ..)| (*lane, *seq));
            // The rows, and what they say without their links.
            for links in [true, false] {
                let (mut here, mut there) = (other.clone(), one.clone());
                (here.lane, here.seq) = (one.lane, one.seq);
                (there.lane, there.seq) = (other.lane, other.seq);
                if !links {
                    (here.prev, here.hash) = (one.prev.clone(), one.hash.clone());
                    (there.prev, there.hash) = (other.prev.clone(), other.hash.clone());
                }
                attacker.put(&here).await;
                attacker.put(&there).await;
                assert_eq!(named(&attacker.found().await), expected, "links: {links}");
                attacker.restore().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_move_is_found() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        for (lane, by) in [(0, 1000), (100, 0)] {
            let entry = attacker.any().await;
            let mut there = entry.clone();
            there.lane += lane;
            there.seq += by;
            attacker.put(&there).await;
            attacker
                .sql(&format!(
                    "delete from audit_entry where lane = {} and seq = {}",
                    entry.lane, entry.seq
                ))
                .await;
            let found = named(&attacker.found().await);
            assert!(found.contains(&one(&entry, Wrong::Missing)), "{found:?}");
            let home = Wrong::Moved {
                lane: entry.lane,
                seq: entry.seq,
            };
            assert!(found.contains(&one(&there, home)), "{found:?}");
            attacker.restore().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_forged_entry_with_the_right_hash_is_found() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        // In the place of another.
        for _ in 0..PLACES {
            let mut entry = attacker.any().await;
            *entry.text("person") = Some("11111111-1111-4111-8111-111111111111".to_owned());
            entry.hash = entry.right_hash();
            attacker.put(&entry).await;
            assert_eq!(
                named(&attacker.found().await),
                [one(&entry, Wrong::Replaced)]
            );
            attacker.restore().await;
        }
        let (lane, end) = attacker.longest().await;
        let last = attacker.entry(lane, end).await;
        // In the place of the last.
        let mut forged = last.clone();
        *forged.text("device") = Some("Safari on Mac".to_owned());
        forged.hash = forged.right_hash();
        attacker.put(&forged).await;
        assert_eq!(
            named(&attacker.found().await),
            [one(&forged, Wrong::Replaced)]
        );
        attacker.restore().await;
        // After the last.
        let mut forged = last.clone();
        *forged.text("patients") = Some("[]".to_owned());
        forged.seq += 1;
        forged.prev = last.hash.clone();
        forged.hash = forged.right_hash();
        attacker.put(&forged).await;
        assert_eq!(named(&attacker.found().await), [one(&forged, Wrong::Added)]);
        attacker.restore().await;
        // Before the first.
        for seq in [0, -3, i64::MIN] {
            let mut forged = forged.clone();
            forged.seq = seq;
            forged.hash = forged.right_hash();
            attacker.put(&forged).await;
            assert_eq!(named(&attacker.found().await), [one(&forged, Wrong::Added)]);
            attacker.restore().await;
        }
        // Between two others, with all that follow moved on by one.
        let entries = attacker.entries().await;
        let place = attacker.entry(lane, end - 10).await;
        let after: Vec<_> = entries
            .iter()
            .filter(|entry| entry.lane == place.lane && entry.seq >= place.seq)
            .collect();
        for entry in after.iter().rev() {
            let mut entry = (*entry).clone();
            entry.seq += 1;
            attacker.put(&entry).await;
        }
        let mut forged = place.clone();
        *forged.text("device") = Some("Safari on Mac".to_owned());
        forged.hash = forged.right_hash();
        attacker.put(&forged).await;
        let found = named(&attacker.found().await);
        for entry in after {
            let home = Wrong::Moved {
                lane: entry.lane,
                seq: entry.seq,
            };
            let there = (entry.lane, entry.seq + 1, entry.seq + 1, home);
            assert!(found.contains(&there), "{found:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cut_at_the_end_is_found() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        attacker.keep_heads().await;
        let (lane, end) = attacker.longest().await;
        for _ in 0..PLACES {
            let left = attacker.rng.random_range(1..end);
            let cut = (lane, left + 1, end, Wrong::CutOff);
            attacker
                .sql(&format!(
                    "delete from audit_entry where lane = {lane} and seq > {left}"
                ))
                .await;
            let cut = [cut];
            assert_eq!(named(&attacker.found().await), cut);
            // With everything that tells of it in the database.
            attacker
                .sql(&format!(
                    "delete from audit_patient where lane = {lane} and seq > {left}"
                ))
                .await;
            attacker.set_head(lane).await;
            assert_eq!(attacker.found().await, [], "nothing there tells of it");
            assert_eq!(named(&attacker.found_against_heads().await), cut);
            attacker.restore().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_whole_lane_that_is_gone_is_found() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, ENTRIES).await;
        attacker.keep_heads().await;
        let (lane, end) = attacker.longest().await;
        for table in ["audit_entry", "audit_patient", "audit_head"] {
            attacker
                .sql(&format!("delete from {table} where lane = {lane}"))
                .await;
        }
        assert_eq!(attacker.found().await, [], "nothing there tells of it");
        assert_eq!(
            named(&attacker.found_against_heads().await),
            [(lane, 0, 0, Wrong::Head), (lane, 1, end, Wrong::CutOff),]
        );
        // The service makes the lane again when it starts.
        let _again = server::audit::Audit::start(ground.db.clone(), ground.clock.clone())
            .await
            .unwrap();
        assert_eq!(
            named(&attacker.found_against_heads().await),
            [(lane, 1, end, Wrong::CutOff)]
        );
    })
    .await;
}

#[tokio::test]
async fn a_head_that_was_touched_is_found() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, ENTRIES).await;
        let (lane, end) = attacker.longest().await;
        for (sql, expected) in [
            ("delete from audit_head where lane = LANE", (end, end, Wrong::Head)),
            (
                "update audit_head set seq = seq + 7 where lane = LANE",
                (end + 1, end + 7, Wrong::CutOff),
            ),
            (
                "update audit_head set seq = seq - 2 where lane = LANE",
                (end - 1, end, Wrong::Added),
            ),
            (
                "update audit_head set hash = (select hash from audit_entry where lane = LANE and seq = 3) where lane = LANE",
                (end, end, Wrong::Replaced),
            ),
        ] {
            attacker.sql(&sql.replace("LANE", &lane.to_string())).await;
            let (first, last, how) = expected;
            assert_eq!(named(&attacker.found().await), [(lane, first, last, how)]);
            attacker.restore().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_older_backup_that_was_put_back_is_found() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, ENTRIES).await;
        attacker.keep_heads().await;
        attacker.record(40).await;
        ground.clock.forward(SignedDuration::from_mins(5));
        attacker.keep_heads().await;
        assert_eq!(attacker.found_against_heads().await, []);
        attacker.restore().await;
        assert_eq!(attacker.found().await, [], "it is whole in itself");
        let found = attacker.found_against_heads().await;
        assert!(!found.is_empty());
        for broken in &found {
            assert_eq!(broken.how, Wrong::CutOff);
        }
        // The service goes on after the backup, past where it was.
        attacker.record(80).await;
        assert_eq!(attacker.found().await, []);
        let found = attacker.found_against_heads().await;
        assert!(!found.is_empty());
        for broken in &found {
            let Wrong::Rewritten { kept } = broken.how else {
                panic!("{broken}");
            };
            assert_eq!(kept, server::clock::Clock::now(ground.clock.as_ref()));
        }
        // And from then on, the file of the heads tells of it by itself.
        attacker.restore().await;
        attacker.keep_heads().await;
        let mut anchors = server::audit::Anchors::default();
        let key = super::heads::key_of(&attacker.key_file());
        let file = std::fs::read(attacker.heads_file()).unwrap();
        let broken = anchors.read(file.as_slice(), &[key.public()]).unwrap();
        assert!(!broken.is_empty());
        assert!(broken.iter().all(|broken| broken.line == 3));
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_was_hashed_anew_is_found_against_heads() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES / 2).await;
        attacker.keep_heads().await;
        let proved = heads(&ground.db).await.unwrap();
        attacker.record(ENTRIES / 2).await;
        attacker.keep_heads().await;
        let kept = heads(&ground.db).await.unwrap();
        attacker.record(8).await;
        attacker.back_up().await;
        let grown: Vec<usize> = (0..kept.len())
            .filter(|at| proved[*at].seq < kept[*at].seq)
            .collect();
        for _ in 0..PLACES {
            let at = grown[attacker.rng.random_range(0..grown.len())];
            let (lane, proved, kept) = (kept[at].lane, proved[at].seq, kept[at].seq);
            let seq = attacker.rng.random_range(proved + 1..=kept);
            let mut entry = attacker.entry(lane, seq).await;
            *entry.text("reason") = Some("What they would have liked to say".to_owned());
            attacker.put(&entry).await;
            attacker.hash_anew(lane, seq).await;
            assert_eq!(attacker.found().await, [], "nothing there tells of it");
            let found = attacker.found_against_heads().await;
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(matches!(found[0].how, Wrong::Rewritten { .. }));
            // What was proved before is not suspected.
            assert_eq!(
                (found[0].lane, found[0].first, found[0].last),
                (lane, proved + 1, kept)
            );
            attacker.restore().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_of_the_index_by_patient_is_found() {
    on_each_engine(async |ground| {
        let mut attacker = Attacker::new(ground, ENTRIES).await;
        let (lane, end) = attacker.longest().await;
        for _ in 0..PLACES {
            let mut entry = attacker.any().await;
            while entry.text("patients").as_deref() != Some(r#"["9990402132"]"#) {
                entry = attacker.any().await;
            }
            let at = format!("where lane = {} and seq = {}", entry.lane, entry.seq);
            for sql in [
                format!("delete from audit_patient {at}"),
                format!("update audit_patient set nhs_number = '9990010013' {at}"),
                format!("update audit_patient set at = at + 1 {at}"),
                format!(
                    "insert into audit_patient (lane, seq, nhs_number, at) select lane, seq, '9990010013', at from audit_entry {at}"
                ),
                format!(
                    "insert into audit_patient (lane, seq, nhs_number, at) select lane, seq, '', at from audit_entry {at}"
                ),
            ] {
                attacker.sql(&sql).await;
                assert_eq!(
                    named(&attacker.found().await),
                    [one(&entry, Wrong::Index)],
                    "{sql}"
                );
                attacker.restore().await;
            }
        }
        for seq in [end + 1, end + 1000, 0, -5, i64::MIN, i64::MAX] {
            attacker
                .sql(&format!(
                    "insert into audit_patient (lane, seq, nhs_number, at) values ({lane}, {seq}, '9990010013', 5)"
                ))
                .await;
            assert_eq!(
                named(&attacker.found().await),
                [(lane, seq, seq, Wrong::Stray)]
            );
            attacker.restore().await;
        }
        attacker
            .sql("insert into audit_patient (lane, seq, nhs_number, at) values (77, 1, '9990010013', 5)")
            .await;
        assert!(named(&attacker.found().await).contains(&(77, 1, 1, Wrong::Stray)));
    })
    .await;
}

#[tokio::test]
async fn several_things_at_once_are_all_named() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, ENTRIES).await;
        let (lane, end) = attacker.longest().await;
        attacker
            .sql(
                &"update audit_entry set device = 'x' where lane = LANE and seq in (3, 4, 5);
                  delete from audit_entry where lane = LANE and seq in (8, 9);
                  update audit_entry set screen = 'x' where lane = LANE and seq = 12;
                  delete from audit_entry where lane = LANE and seq > END"
                    .replace("LANE", &lane.to_string())
                    .replace("END", &(end - 2).to_string()),
            )
            .await;
        assert_eq!(
            named(&attacker.found().await),
            [
                (lane, 3, 5, Wrong::Changed),
                (lane, 8, 9, Wrong::Missing),
                (lane, 12, 12, Wrong::Changed),
                (lane, end - 1, end, Wrong::CutOff),
            ]
        );
    })
    .await;
}

/// A lane is walked in parts: what is done where two of them meet is found as well.
#[tokio::test]
async fn nothing_is_lost_where_parts_meet() {
    on_each_engine(async |ground| {
        if ground.db.engine() == Engine::Postgres {
            // The same code, and four times as many entries to write.
            return;
        }
        let attacker = Attacker::new(ground, 4096 * 2 + 100).await;
        attacker.keep_heads().await;
        assert_eq!(attacker.found_against_heads().await, []);
        for seq in [4095, 4096, 4097, 8192, 8193] {
            attacker
                .sql(&format!("delete from audit_entry where seq = {seq}"))
                .await;
            assert_eq!(
                named(&attacker.found_against_heads().await),
                [(0, seq, seq, Wrong::Missing)]
            );
            attacker
                .sql(&format!(
                    "insert into audit_entry select * from copy_of_audit_entry where seq = {seq}"
                ))
                .await;
            attacker
                .sql(&format!(
                    "update audit_entry set job = 'x' where seq = {seq}"
                ))
                .await;
            assert_eq!(
                named(&attacker.found_against_heads().await),
                [(0, seq, seq, Wrong::Changed)]
            );
            attacker
                .sql(&format!(
                    "delete from audit_entry where seq = {seq};
                     insert into audit_entry select * from copy_of_audit_entry where seq = {seq}"
                ))
                .await;
        }
        // More than can be named is counted.
        attacker
            .sql("update audit_entry set job = 'x' where seq % 2 = 0")
            .await;
        let verified = verify(&ground.db).await.unwrap();
        assert_eq!(
            u64::try_from(verified.broken.len()).unwrap() + verified.more,
            4096 + 50
        );
    })
    .await;
}
