//! Someone with the whole database in hand, who knows how entries are hashed.

use crate::store::chain::entry;
use crate::store::ground::Ground;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha20Rng;
use server::audit::{
    Action, Anchors, Broken, Ground as LookGround, HeadFile, HeadKey, Outcome, ReasonCode, Wrong,
    verify, verify_against,
};
use server::failure::Failure;
use server::store::Sql;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

/// The columns of numbers beside the place.
pub(crate) const NUMBERS: [&str; 4] = ["format", "at", "received", "offline"];

/// The columns of text, in the order in which the second format hashes them.
pub(crate) const TEXTS: [&str; 21] = [
    "correlation",
    "person",
    "name",
    "role",
    "job",
    "organisation",
    "organisation_name",
    "session",
    "device",
    "app_version",
    "screen",
    "context",
    "encounter",
    "action",
    "outcome",
    "fault",
    "ground",
    "reason_code",
    "patients",
    "reason",
    "detail",
];

/// An entry as the attacker reads and writes it.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) lane: i64,
    pub(crate) seq: i64,
    pub(crate) numbers: Vec<Option<i64>>,
    pub(crate) texts: Vec<Option<String>>,
    pub(crate) prev: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

impl Stored {
    fn read(row: &AnyRow) -> Self {
        let texts = 2 + NUMBERS.len();
        let links = texts + TEXTS.len();
        Self {
            lane: row.get(0),
            seq: row.get(1),
            numbers: (2..texts).map(|column| row.get(column)).collect(),
            texts: (texts..links).map(|column| row.get(column)).collect(),
            prev: row.get(links),
            hash: row.get(links + 1),
        }
    }

    pub(crate) fn text(&mut self, column: &str) -> &mut Option<String> {
        let index = TEXTS.iter().position(|name| *name == column).unwrap();
        &mut self.texts[index]
    }

    /// The hash by the second format, as it is written down, not as the service computes it.
    pub(crate) fn right_hash(&self) -> Vec<u8> {
        let mut bytes = b"ncrs audit 2".to_vec();
        let numbers = [Some(self.lane), Some(self.seq)];
        for number in numbers.iter().chain(&self.numbers[1..]) {
            bytes.extend(number.unwrap().to_be_bytes());
        }
        let mut field = |text: Option<&[u8]>| match text {
            None => bytes.extend([0; 4]),
            Some(text) => {
                bytes.extend(u32::try_from(text.len() + 1).unwrap().to_be_bytes());
                bytes.extend(text);
            }
        };
        field(Some(&self.prev));
        for text in &self.texts {
            field(text.as_ref().map(String::as_bytes));
        }
        Sha256::digest(bytes).to_vec()
    }
}

/// The attacker, on a database whose audit can be put back as it was.
pub(crate) struct Attacker<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) rng: ChaCha20Rng,
    /// Heads that were kept before.
    kept: HeadFile,
    key: HeadKey,
    _folder: TempDir,
}

const TABLES: [&str; 3] = ["audit_entry", "audit_patient", "audit_head"];

impl<'a> Attacker<'a> {
    /// After so many entries of every kind.
    pub(crate) async fn new(ground: &'a Ground, entries: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        let key = HeadKey::open(&folder.path().join("key"), &mut rng).unwrap();
        let attacker = Self {
            ground,
            rng,
            kept: HeadFile::new(folder.path().join("heads"), key.clone()),
            key,
            _folder: folder,
        };
        attacker.record(entries).await;
        attacker.sql("select 1").await;
        attacker.back_up().await;
        attacker
    }

    /// The service writes entries of every kind.
    pub(crate) async fn record(&self, entries: usize) {
        let mut tasks: JoinSet<Result<(), Failure>> = JoinSet::new();
        // A few at once come into all lanes. Of many, more would wait longer than anyone does.
        let at_once = if entries > 1000 { 500 } else { 4 };
        for number in 0..entries {
            if tasks.len() >= at_once {
                tasks.join_next().await.unwrap().unwrap().unwrap();
            }
            let mut entry = entry(self.ground);
            match number % 4 {
                0 => {
                    entry.action = Action::ViewSummary;
                    entry.patients = ["9990402132".parse().unwrap()].into();
                    entry.actor.context = Some(domain::ids::ContextId(Uuid::new_v4()));
                    entry.actor.encounter = Some("E-17".to_owned());
                    entry.actor.ground = Some(LookGround::Emergency);
                    entry.actor.reason_code = Some(ReasonCode::Emergency);
                    entry.reason = Some("Collapsed, cannot speak".to_owned());
                }
                1 => {
                    entry.action = Action::SignOut;
                    entry.patients.clear();
                    entry.outcome = Outcome::Done;
                    entry.actor.role = None;
                }
                2 => entry = entry.failing(&app::problem::Kind::NotFound.into()),
                _ => entry = entry.offline("2026-11-21T07:00:00Z".parse().unwrap()),
            }
            let audit = self.ground.services.audit.clone();
            tasks.spawn(async move { audit.record(entry).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.ground.tamper(sql).await;
    }

    /// Copies the audit, as it now is.
    pub(crate) async fn back_up(&self) {
        for table in TABLES {
            self.sql(&format!(
                "drop table if exists copy_of_{table}; create table copy_of_{table} as select * from {table}"
            ))
            .await;
        }
    }

    /// Puts the audit back as it was copied.
    pub(crate) async fn restore(&self) {
        for table in TABLES {
            self.sql(&format!(
                "delete from {table}; insert into {table} select * from copy_of_{table}"
            ))
            .await;
        }
    }

    /// The service keeps its heads outside the database.
    pub(crate) async fn keep_heads(&self) {
        self.kept
            .anchor(&self.ground.db, self.ground.clock.as_ref())
            .await
            .unwrap();
    }

    pub(crate) fn heads_file(&self) -> PathBuf {
        self.kept.path().to_owned()
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.kept.path().with_file_name("key")
    }

    /// What is found without the heads that were kept.
    pub(crate) async fn found(&self) -> Vec<Broken> {
        verify(&self.ground.db).await.unwrap().broken
    }

    /// What is found with them.
    pub(crate) async fn found_against_heads(&self) -> Vec<Broken> {
        let mut anchors = Anchors::default();
        let file = BufReader::new(File::open(self.kept.path()).unwrap());
        let broken = anchors.read(file, &[self.key.public()]).unwrap();
        assert_eq!(broken, []);
        verify_against(&self.ground.db, &anchors, |_| {})
            .await
            .unwrap()
            .broken
    }

    /// Every entry, by lane and place.
    pub(crate) async fn entries(&self) -> Vec<Stored> {
        let sql = format!(
            "select lane, seq, {}, {}, prev, hash from audit_entry order by lane, seq",
            NUMBERS.join(", "),
            TEXTS.join(", ")
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(self.ground.db.write())
            .await
            .unwrap();
        rows.iter().map(Stored::read).collect()
    }

    /// The entry of that place.
    pub(crate) async fn entry(&self, lane: i64, seq: i64) -> Stored {
        let mut entries = self.entries().await.into_iter();
        entries
            .find(|entry| (entry.lane, entry.seq) == (lane, seq))
            .unwrap()
    }

    /// Any entry that has neighbours on both sides.
    pub(crate) async fn any(&mut self) -> Stored {
        let entries = self.entries().await;
        let inner: Vec<&Stored> = entries
            .windows(3)
            .filter(|three| three[0].lane == three[2].lane)
            .map(|three| &three[1])
            .collect();
        (*inner.choose(&mut self.rng).unwrap()).clone()
    }

    /// The lane with the most entries: its number and theirs.
    pub(crate) async fn longest(&self) -> (i64, i64) {
        let entries = self.entries().await;
        let last = entries.iter().max_by_key(|entry| entry.seq).unwrap();
        (last.lane, last.seq)
    }

    /// Puts an entry in; over the one of its place, where there is one.
    pub(crate) async fn put(&self, entry: &Stored) {
        self.sql(&format!(
            "delete from audit_entry where lane = {} and seq = {}",
            entry.lane, entry.seq
        ))
        .await;
        let mut sql = Sql::new("insert into audit_entry (lane, seq, ");
        for column in NUMBERS.iter().chain(&TEXTS) {
            sql.push(column).push(", ");
        }
        sql.push("prev, hash) values (")
            .bind_all([entry.lane, entry.seq])
            .unwrap();
        for number in &entry.numbers {
            sql.push(", ").bind(*number).unwrap();
        }
        for text in &entry.texts {
            sql.push(", ").bind(text.clone()).unwrap();
        }
        sql.push(", ")
            .bind_all([entry.prev.clone(), entry.hash.clone()])
            .unwrap()
            .push(")");
        sql.query().execute(self.ground.db.write()).await.unwrap();
    }

    /// Sets a column of an entry.
    pub(crate) async fn set(&self, entry: &Stored, column: &'static str, value: &str) {
        self.sql(&format!(
            "update audit_entry set {column} = {value} where lane = {} and seq = {}",
            entry.lane, entry.seq
        ))
        .await;
    }

    /// Hashes a lane anew from that place on, up to its head.
    pub(crate) async fn hash_anew(&self, lane: i64, from: i64) {
        let mut prev: Option<Vec<u8>> = None;
        for mut entry in self.entries().await {
            if entry.lane != lane || entry.seq < from {
                continue;
            }
            entry.prev = prev.unwrap_or(entry.prev);
            entry.hash = entry.right_hash();
            self.put(&entry).await;
            prev = Some(entry.hash);
        }
        self.set_head(lane).await;
    }

    /// Makes the last entry of the lane its head.
    pub(crate) async fn set_head(&self, lane: i64) {
        self.sql(&format!(
            "update audit_head set
                 seq = (select max(seq) from audit_entry where lane = {lane}),
                 hash = (select hash from audit_entry where lane = {lane}
                         and seq = (select max(seq) from audit_entry where lane = {lane}))
             where lane = {lane}"
        ))
        .await;
    }
}

/// A finding of one entry.
pub(crate) fn one(entry: &Stored, how: Wrong) -> (i64, i64, i64, Wrong) {
    (entry.lane, entry.seq, entry.seq, how)
}

/// The findings without their times.
pub(crate) fn named(found: &[Broken]) -> Vec<(i64, i64, i64, Wrong)> {
    found
        .iter()
        .map(|broken| (broken.lane, broken.first, broken.last, broken.how.clone()))
        .collect()
}
