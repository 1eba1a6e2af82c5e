//! The ends of the lanes, kept outside the database: a cut at the end, or a chain that someone
//! computed anew, shows only against them.
//!
//! An anchor is one line of JSON: the time, the head of every lane, the hash of the line before it,
//! and a signature over all of that. Whoever has the database and not the key cannot make one, and
//! whoever takes a line out of the file breaks the chain of lines.

use crate::clock::Clock;
use crate::failure::{Failure, Result};
use crate::store::{Db, column};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{SecretKey, Signature, Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The end of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which lane.
    pub lane: i64,
    /// The number of its last entry; 0 where it has none.
    pub seq: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// The end of each lane.
///
/// # Errors
/// Where the database does not answer.
pub async fn heads(db: &Db) -> Result<Vec<Head>> {
    let rows = sqlx::query("select lane, seq, hash from audit_head order by lane")
        .fetch_all(db.read())
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Head {
                lane: column(row, 0)?,
                seq: column(row, 1)?,
                hash: column(row, 2)?,
            })
        })
        .collect()
}

/// With which anchors are signed.
#[derive(Clone)]
pub struct HeadKey(Arc<SigningKey>);

impl HeadKey {
    /// Reads the key (PKCS #8, PEM), or makes one that only this user may read.
    ///
    /// # Errors
    /// Where the file cannot be read or made, or holds no Ed25519 key.
    pub fn open(path: &Path, rng: &mut impl CryptoRng) -> io::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(pem) => SigningKey::from_pkcs8_pem(&pem)
                .map(|key| Self(Arc::new(key)))
                .map_err(|_| {
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        "it holds no Ed25519 key (PKCS #8, PEM)",
                    )
                }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path, rng),
            Err(error) => Err(error),
        }
    }

    fn make(path: &Path, rng: &mut impl CryptoRng) -> io::Result<Self> {
        let mut secret = SecretKey::default();
        rng.fill_bytes(&mut secret);
        let key = SigningKey::from_bytes(&secret);
        let pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| io::Error::other(error.to_string()))?;
        let mut options = OpenOptions::new();
        // Never over a key that someone made at the same moment.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(pem.as_bytes())?;
        file.sync_all()?;
        Ok(Self(Arc::new(key)))
    }

    /// The public half, with which anchors are checked.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl fmt::Debug for HeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeadKey(hidden)")
    }
}

/// With which anchors are checked: 32 bytes in Base64, as each anchor names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0.as_bytes()))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        BASE64
            .decode(text.trim().as_bytes())
            .ok()
            .and_then(|bytes| VerifyingKey::try_from(bytes.as_slice()).ok())
            .map(Self)
            .ok_or("is not a public key: give the 32 bytes in Base64 that each anchor names")
    }
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    anchor: Anchor,
    /// Base64.
    signature: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Anchor {
    version: u8,
    at: Timestamp,
    lanes: Vec<LaneHead>,
    /// SHA-256 of the line before it without its end, in hexadecimal.
    prev: String,
    key: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LaneHead {
    lane: i64,
    seq: i64,
    hash: String,
}

/// What the first line of a file continues.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// A line with a few lanes has less than a kilobyte.
const LONGEST_LINE: u64 = 64 * 1024;

impl Anchor {
    /// What is signed: never anything else that this key could be used for.
    fn signed(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = b"ncrs audit heads 1\n".to_vec();
        bytes.extend(serde_json::to_vec(self)?);
        Ok(bytes)
    }
}

fn line(heads: &[Head], at: Timestamp, prev: String, key: &HeadKey) -> io::Result<String> {
    let anchor = Anchor {
        version: 1,
        at,
        lanes: heads
            .iter()
            .map(|head| LaneHead {
                lane: head.lane,
                seq: head.seq,
                hash: HEXLOWER.encode(&head.hash),
            })
            .collect(),
        prev,
        key: key.public().to_string(),
    };
    let signature = BASE64.encode(&key.0.sign(&anchor.signed()?).to_bytes());
    Ok(serde_json::to_string(&Line { anchor, signature })?)
}

fn hash_of(line: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(line))
}

/// The heads as they are now, signed, as a line by itself.
///
/// # Errors
/// Where the database does not answer.
pub async fn anchor_now(db: &Db, clock: &dyn Clock, key: &HeadKey) -> Result<String> {
    let heads = heads(db).await?;
    line(&heads, clock.now(), BEGINNING.to_owned(), key).map_err(file_fault)
}

/// The file of anchors. Several servers may share one.
#[derive(Clone, Debug)]
pub struct HeadFile {
    path: PathBuf,
    key: HeadKey,
}

impl HeadFile {
    /// At that place, signed with that key.
    pub fn new(path: PathBuf, key: HeadKey) -> Self {
        Self { path, key }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the heads as they are now, and logs where the database no longer has what the anchor
    /// before says.
    ///
    /// The heads are read while this server has the file: of two that share it, the one that writes
    /// later has read later, so that no line tells of less than the line before it.
    ///
    /// # Errors
    /// Where the database does not answer, the file cannot be written, or another holds it for too long.
    pub async fn anchor(&self, db: &Db, clock: &dyn Clock) -> Result<()> {
        let locked = self.lock().await?;
        let heads = tokio::time::timeout(PATIENCE, heads(db))
            .await
            .map_err(|_| Failure::Internal("the heads were not read in time".into()))??;
        let at = clock.now();
        let key = self.key.clone();
        let before = tokio::task::spawn_blocking(move || append(locked, &heads, at, &key))
            .await
            .map_err(|error| Failure::Internal(format!("writing the heads: {error}")))?
            .map_err(file_fault)?;
        for head in before {
            if head.seq > 0 && hash_at(db, head.lane, head.seq).await?.as_ref() != Some(&head.hash)
            {
                tracing::error!(
                    lane = head.lane,
                    seq = head.seq,
                    "the audit is not what was kept of it: run ncrs audit verify"
                );
            }
        }
        Ok(())
    }

    /// The file, which nobody else writes to until it is dropped. Another server has it for moments;
    /// one that hangs with it must not hang this one.
    async fn lock(&self) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path).map_err(file_fault)?;
        if free_within(PATIENCE, || file.try_lock())
            .await
            .map_err(file_fault)?
        {
            return Ok(file);
        }
        Err(Failure::Internal(format!(
            "the file of the audit's heads: another process has held it for {} seconds",
            PATIENCE.as_secs()
        )))
    }
}

/// For how long the file may be held by another, and how long the heads may take to read.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for a lock, and whether it was had in time.
async fn free_within(
    patience: Duration,
    lock: impl Fn() -> Result<(), TryLockError>,
) -> io::Result<bool> {
    let mut turns = tokio::time::interval(Duration::from_millis(20));
    let taken = async {
        loop {
            turns.tick().await;
            match lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    match tokio::time::timeout(patience, taken).await {
        Ok(taken) => taken.map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Opens a file of heads to read, when nobody is in the middle of a line. A copy on a medium without
/// locks is read as it is.
///
/// # Errors
/// Where it cannot be opened.
pub async fn open_heads(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    let _whole = free_within(PATIENCE, || file.try_lock_shared()).await;
    Ok(file)
}

/// Writes a line through to the disk. The heads of the line before it, where they can be read.
fn append(mut file: File, heads: &[Head], at: Timestamp, key: &HeadKey) -> io::Result<Vec<Head>> {
    let last = last_line(&mut file)?;
    let prev = last.as_deref().map_or(BEGINNING.to_owned(), hash_of);
    let mut text = line(heads, at, prev, key)?;
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(last
        .and_then(|last| serde_json::from_str::<Line>(&last).ok())
        .and_then(|last| heads_of(&last.anchor))
        .unwrap_or_default())
}

/// The last whole line. What a crash left after it was never an anchor, and is taken away.
fn last_line(file: &mut File) -> io::Result<Option<String>> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LONGEST_LINE);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole = match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => end + 1,
        None if from == 0 => 0,
        None => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it does not hold anchors",
            ));
        }
    };
    if whole < tail.len() {
        file.set_len(from + u64::try_from(whole).unwrap_or_default())?;
    }
    let text = String::from_utf8_lossy(tail.get(..whole).unwrap_or_default());
    Ok(text.lines().next_back().map(str::to_owned))
}

fn heads_of(anchor: &Anchor) -> Option<Vec<Head>> {
    anchor
        .lanes
        .iter()
        .map(|head| {
            let hash = HEXLOWER.decode(head.hash.as_bytes()).ok()?;
            (head.seq >= 0 && hash.len() == 32).then_some(Head {
                lane: head.lane,
                seq: head.seq,
                hash,
            })
        })
        .collect()
}

async fn hash_at(db: &Db, lane: i64, seq: i64) -> Result<Option<Vec<u8>>> {
    let found = sqlx::query("select hash from audit_entry where lane = $1 and seq = $2")
        .bind(lane)
        .bind(seq)
        .fetch_optional(db.read())
        .await?;
    Ok(found.map(|row| column(&row, 0)).transpose()?)
}

fn file_fault(error: io::Error) -> Failure {
    Failure::Internal(format!("the file of the audit's heads: {error}"))
}

/// A head as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) seq: i64,
    pub(super) hash: Vec<u8>,
    pub(super) at: Timestamp,
}

/// Heads that were kept, to verify against.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    lanes: BTreeMap<i64, Vec<Kept>>,
    /// Lines that were read.
    lines: u64,
}

/// A line of a file of anchors that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub how: &'static str,
}

impl fmt::Display for BrokenLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.how)
    }
}

/// Anchors of a lane that are kept in memory. The last of each file always is, and proves what all
/// before it prove; those between only tell more closely where a chain was changed.
const MOST_IN_A_LANE: usize = 8192;

impl Anchors {
    /// Reads a file. Only lines that one of the keys signed count; whatever does not hold is told.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(
        &mut self,
        file: impl BufRead,
        trusted: &[PublicKey],
    ) -> io::Result<Vec<BrokenLine>> {
        let mut broken = Vec::new();
        let mut before: Option<String> = None;
        let mut ends: BTreeMap<i64, Kept> = BTreeMap::new();
        let mut number = 0;
        let mut file = file;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            file.by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut bytes)?;
            if bytes.is_empty() {
                break;
            }
            number += 1;
            let mut tell = |how| broken.push(BrokenLine { line: number, how });
            if bytes.pop_if(|end| *end == b'\n').is_none() {
                tell("it is not whole");
                break;
            }
            let text = String::from_utf8_lossy(&bytes);
            let anchor = match checked(&text, trusted) {
                Ok(anchor) => anchor,
                Err(how) => {
                    tell(how);
                    before = Some(hash_of(&text));
                    continue;
                }
            };
            // A file may begin where another was ended.
            if before.is_some_and(|before| before != anchor.prev) {
                tell("it does not continue the line before it");
            }
            before = Some(hash_of(&text));
            self.lines += 1;
            let Some(heads) = heads_of(&anchor) else {
                tell("it is not an anchor");
                continue;
            };
            for Head { lane, seq, hash } in heads {
                let kept = Kept {
                    seq,
                    hash,
                    at: anchor.at,
                };
                if let Some(end) = ends.get(&lane) {
                    if seq < end.seq || (seq == end.seq && kept.hash != end.hash) {
                        tell("the audit had gone back, or was another, when it was made");
                    } else if seq == end.seq {
                        continue;
                    }
                }
                ends.insert(lane, kept.clone());
                self.keep(lane, kept);
            }
        }
        // Thinning may have taken the last out.
        for (lane, end) in ends {
            self.keep(lane, end);
        }
        for kept in self.lanes.values_mut() {
            kept.sort_by_key(|kept| (kept.seq, kept.at));
            kept.dedup_by(|one, other| one.seq == other.seq && one.hash == other.hash);
        }
        Ok(broken)
    }

    fn keep(&mut self, lane: i64, kept: Kept) {
        let lane = self.lanes.entry(lane).or_default();
        if lane.len() >= MOST_IN_A_LANE {
            let mut second = false;
            lane.retain(|_| {
                second = !second;
                second
            });
        }
        lane.push(kept);
    }

    /// How many lines hold.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Those of a lane, in order.
    pub(super) fn of(&self, lane: i64) -> &[Kept] {
        self.lanes.get(&lane).map_or(&[], Vec::as_slice)
    }

    /// Every lane that they name.
    pub(super) fn lanes(&self) -> impl Iterator<Item = i64> {
        self.lanes.keys().copied()
    }
}

/// The anchor of a line that one of the keys signed.
fn checked(text: &str, trusted: &[PublicKey]) -> Result<Anchor, &'static str> {
    let line: Line = serde_json::from_str(text).map_err(|_| "it is not an anchor")?;
    // Every form of the same would have another hash.
    if serde_json::to_string(&line).ok().as_deref() != Some(text) || line.anchor.version != 1 {
        return Err("it is not in the form in which anchors are written");
    }
    let key: PublicKey = line.anchor.key.parse().map_err(|_| "it is not an anchor")?;
    if !trusted.contains(&key) {
        return Err("it is signed with a key that is not trusted");
    }
    let signature = BASE64
        .decode(line.signature.as_bytes())
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signed = line.anchor.signed().map_err(|_| "it is not an anchor")?;
    match signature {
        Some(signature) if key.0.verify_strict(&signed, &signature).is_ok() => Ok(line.anchor),
        _ => Err("its signature is not of what it says"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that were written last year have to verify next year.
    #[test]
    fn a_line_stays_as_it_is() {
        let key = HeadKey(Arc::new(SigningKey::from_bytes(&[7; 32])));
        let heads = [Head {
            lane: 0,
            seq: 17,
            hash: vec![0xab; 32],
        }];
        let at = "2026-11-21T09:30:00.5Z".parse().unwrap();
        let line = line(&heads, at, BEGINNING.to_owned(), &key).unwrap();
        assert!(checked(&line, &[key.public()]).is_ok());
        insta::assert_snapshot!(line, @r#"{"anchor":{"version":1,"at":"2026-11-21T09:30:00.5Z","lanes":[{"lane":0,"seq":17,"hash":"abababababababababababababababababababababababababababababababab"}],"prev":"0000000000000000000000000000000000000000000000000000000000000000","key":"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="},"signature":"hxiv0fbV9xuRQl9IOCtnKvQy3jBp17fGIB3srgwREC5MHGkNAZQR66T12+kQlLW/uiHsT8dXGouuIUIkQoMPAw=="}"#);
    }

    #[test]
    fn years_of_anchors_take_no_more_room() {
        let mut anchors = Anchors::default();
        for seq in 1..=40_000 {
            let kept = Kept {
                seq,
                hash: Vec::new(),
                at: Timestamp::UNIX_EPOCH,
            };
            anchors.keep(3, kept);
        }
        let kept = anchors.of(3);
        assert!((MOST_IN_A_LANE / 2..=MOST_IN_A_LANE).contains(&kept.len()));
        assert_eq!(kept.last().unwrap().seq, 40_000);
        assert!(kept.is_sorted_by_key(|kept| kept.seq));
    }
}
