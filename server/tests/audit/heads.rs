//! The file of heads: whatever is done to it is found too, and only our key signs it.

use crate::audit::attack::Attacker;
use crate::store::chain::entry;
use crate::store::ground::on_each_engine;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use server::audit::{
    Anchors, BrokenLine, HeadFile, HeadKey, PublicKey, anchor_now, open_heads, verify_against,
};
use server::services::Services;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) fn key_of(path: &Path) -> HeadKey {
    HeadKey::open(path, &mut ChaCha20Rng::seed_from_u64(5)).unwrap()
}

fn read(text: &str, key: &HeadKey) -> (u64, Vec<BrokenLine>) {
    let mut anchors = Anchors::default();
    let broken = anchors.read(text.as_bytes(), &[key.public()]).unwrap();
    (anchors.lines(), broken)
}

/// A file of so many lines, each of a longer audit, with its key.
async fn lines(attacker: &Attacker<'_>, lines: usize) -> (Vec<String>, HeadKey) {
    for _ in 0..lines {
        attacker.keep_heads().await;
        attacker.record(5).await;
    }
    let text = std::fs::read_to_string(attacker.heads_file()).unwrap();
    let lines = text.lines().map(|line| format!("{line}\n")).collect();
    (lines, key_of(&attacker.key_file()))
}

#[tokio::test]
async fn whatever_is_done_to_the_file_is_found() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, 4).await;
        let (lines, key) = lines(&attacker, 5).await;
        assert_eq!(read(&lines.concat(), &key), (5, vec![]));

        let mut removed = lines.clone();
        removed.remove(2);
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        let mut edited = lines.clone();
        edited[3] = edited[3].replacen("\"seq\":", "\"seq\":1", 1);
        let mut emptied = lines.clone();
        emptied[1] = "\n".into();
        let mut spaced = lines.clone();
        spaced[1] = spaced[1].replacen(':', ": ", 1);
        let mut repeated = lines.clone();
        repeated.push(lines[0].clone());
        for (what, changed, first) in [
            ("removed", removed, 3),
            ("swapped", swapped, 2),
            ("edited", edited, 4),
            ("emptied", emptied, 2),
            ("in another form", spaced, 2),
            ("repeated", repeated, 6),
        ] {
            let (_, broken) = read(&changed.concat(), &key);
            assert_eq!(broken.first().map(|line| line.line), Some(first), "{what}");
        }

        // Whoever has not the key can write what they like.
        let folder = tempfile::tempdir().unwrap();
        let other = key_of(&folder.path().join("key"));
        let forged = anchor_now(&ground.db, ground.clock.as_ref(), &other)
            .await
            .unwrap();
        let (held, broken) = read(&format!("{}{forged}\n", lines.concat()), &key);
        assert_eq!((held, broken.len()), (5, 1));
        assert!(broken[0].how.contains("not trusted"));
        // … and cannot pass it off as ours.
        let (one, two) = (key.public().to_string(), other.public().to_string());
        let (held, broken) = read(&format!("{}\n", forged.replace(&two, &one)), &key);
        assert_eq!((held, broken.len()), (0, 1));
        assert!(broken[0].how.contains("signature"));

        // A file may begin where another ended.
        assert_eq!(read(&lines[3..].concat(), &key), (2, vec![]));
        // One that was not written to its end is not relied on.
        let torn = lines.concat();
        let (held, broken) = read(&torn[..torn.len() - 9], &key);
        assert_eq!((held, broken.len()), (4, 1));
    })
    .await;
}

#[tokio::test]
async fn what_a_crash_left_is_no_anchor() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, 4).await;
        let (lines, key) = lines(&attacker, 2).await;
        let whole = lines.concat();
        for torn in [
            &whole[..whole.len() - 1],
            &whole[..whole.len() - 50],
            &lines[0][..40],
        ] {
            std::fs::write(attacker.heads_file(), torn).unwrap();
            attacker.keep_heads().await;
            attacker.keep_heads().await;
            let text = std::fs::read_to_string(attacker.heads_file()).unwrap();
            let (_, broken) = read(&text, &key);
            assert_eq!(broken, []);
            assert!(text.lines().count() >= 2);
        }
    })
    .await;
}

#[tokio::test]
async fn several_servers_share_a_file() {
    on_each_engine(async |ground| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_of(&folder.path().join("key"));
        let file = HeadFile::new(folder.path().join("heads"), key.clone());
        let mut servers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (file, db, clock) = (file.clone(), ground.db.clone(), ground.clock.clone());
            servers.spawn(async move {
                for _ in 0..5 {
                    file.anchor(&db, clock.as_ref()).await.unwrap();
                }
            });
        }
        while let Some(done) = servers.join_next().await {
            done.unwrap();
        }
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(read(&text, &key), (40, vec![]));
    })
    .await;
}

/// What two servers keep while both record is nowhere less than what the line before it says, and a
/// walk meanwhile finds nothing that is not there.
#[tokio::test]
async fn servers_that_record_while_both_keep_heads_raise_no_alarm() {
    on_each_engine(async |ground| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_of(&folder.path().join("key"));
        let file = HeadFile::new(folder.path().join("heads"), key.clone());
        let over = Arc::new(AtomicBool::new(false));
        let mut recording = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let other = Services::start(ground.db.clone(), ground.clock.clone())
                .await
                .unwrap();
            for _ in 0..4 {
                let (audit, entry, over) = (other.audit.clone(), entry(ground), over.clone());
                recording.spawn(async move {
                    while !over.load(Ordering::SeqCst) {
                        audit.record(entry.clone()).await.unwrap();
                    }
                });
            }
        }
        let mut keeping = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (file, db, clock) = (file.clone(), ground.db.clone(), ground.clock.clone());
            keeping.spawn(async move {
                for _ in 0..30 {
                    file.anchor(&db, clock.as_ref()).await.unwrap();
                }
            });
        }
        for _ in 0..5 {
            let mut anchors = Anchors::default();
            if let Ok(kept) = open_heads(file.path()).await {
                let broken = anchors
                    .read(std::io::BufReader::new(kept), &[key.public()])
                    .unwrap();
                assert_eq!(broken, []);
            }
            let verified = verify_against(&ground.db, &anchors, |_| {}).await.unwrap();
            assert_eq!(verified.broken, []);
        }
        while let Some(done) = keeping.join_next().await {
            done.unwrap();
        }
        over.store(true, Ordering::SeqCst);
        while let Some(done) = recording.join_next().await {
            done.unwrap();
        }
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(read(&text, &key), (180, vec![]));
        let mut anchors = Anchors::default();
        anchors.read(text.as_bytes(), &[key.public()]).unwrap();
        let verified = verify_against(&ground.db, &anchors, |_| {}).await.unwrap();
        assert_eq!(verified.broken, []);
    })
    .await;
}

/// One that hangs while it has the file does not hang the others for ever, nor whoever verifies.
#[tokio::test]
async fn a_file_that_is_held_is_told_and_read_all_the_same() {
    on_each_engine(async |ground| {
        let folder = tempfile::tempdir().unwrap();
        let key = key_of(&folder.path().join("key"));
        let file = HeadFile::new(folder.path().join("heads"), key.clone());
        file.anchor(&ground.db, ground.clock.as_ref())
            .await
            .unwrap();
        let held = std::fs::File::open(file.path()).unwrap();
        held.lock().unwrap();
        let (kept, read) = tokio::join!(
            file.anchor(&ground.db, ground.clock.as_ref()),
            open_heads(file.path())
        );
        let refused = kept.unwrap_err().to_string();
        assert!(refused.contains("another process has held it"), "{refused}");
        assert_eq!(
            std::io::read_to_string(read.unwrap())
                .unwrap()
                .lines()
                .count(),
            1
        );
        drop(held);
        file.anchor(&ground.db, ground.clock.as_ref())
            .await
            .unwrap();
    })
    .await;
}

#[test]
fn the_key_is_made_once_and_only_for_this_user() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let made = HeadKey::open(&path, &mut rng).unwrap();
    let again = HeadKey::open(&path, &mut rng).unwrap();
    assert_eq!(made.public(), again.public());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert!(!format!("{made:?}").contains(text.lines().nth(1).unwrap()));

    std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n").unwrap();
    assert!(HeadKey::open(&path, &mut rng).is_err());
    assert!(HeadKey::open(&folder.path().join("nowhere/key"), &mut rng).is_err());
}

/// As `openssl genpkey -algorithm ed25519` makes one.
#[test]
fn a_key_that_openssl_made_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    // The first test key of RFC 8410.
    std::fs::write(
        &path,
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    assert_eq!(
        key_of(&path).public().to_string(),
        "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    );
}

proptest! {
    #[test]
    fn whatever_stands_in_a_file_only_what_was_signed_counts(
        text in "[ -~\n]{0,300}|.{0,300}",
        bytes: Vec<u8>,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let key = key_of(&folder.path().join("key")).public();
        for bytes in [text.as_bytes(), &bytes] {
            let mut anchors = Anchors::default();
            anchors.read(bytes, std::slice::from_ref(&key)).unwrap();
            prop_assert_eq!(anchors.lines(), 0);
        }
    }

    #[test]
    fn whatever_is_given_as_a_key_does_no_harm(text in "[A-Za-z0-9+/=]{40,48}|.{0,60}") {
        if let Ok(key) = text.parse::<PublicKey>() {
            prop_assert_eq!(key.to_string(), text.trim());
        }
    }
}
