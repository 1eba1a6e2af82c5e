//! Walks the chain of every lane, and beside it the index by patient.
//!
//! A lane is walked in parts, several at a time. Each entry is checked against its own hash and its
//! neighbours; where parts meet, the ends are checked against each other. So memory does not grow
//! with the audit, and every place that is wrong is named, not only the first.
//!
//! | done to the audit                       | found as                                       |
//! |-----------------------------------------|------------------------------------------------|
//! | an entry edited, whichever its column   | [`Wrong::Changed`]                             |
//! | … and its own hash made right           | [`Wrong::Replaced`]                            |
//! | entries swapped or moved                | [`Wrong::Moved`]                               |
//! | an entry removed                        | [`Wrong::Missing`]                             |
//! | an entry put in                         | [`Wrong::Added`], or the place that it took    |
//! | the end cut off                         | [`Wrong::CutOff`]                              |
//! | … and the lane's head set back          | [`Wrong::CutOff`], against anchors             |
//! | a head removed or changed               | [`Wrong::Head`], or what it tells of its lane  |
//! | the chain computed anew from an edit on | [`Wrong::Rewritten`], against anchors          |
//! | a row of the index removed or put in    | [`Wrong::Index`], [`Wrong::Stray`]             |

use super::heads::{Anchors, Kept as Anchored};
use super::reading::{Kept, Read, Subjects, page};
use super::row::genesis;
use crate::failure::{Failure, Result};
use crate::store::{Db, column};
use jiff::Timestamp;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use tokio::task::JoinHandle;

/// Entries that one task walks.
const PART: i64 = 4096;
/// Findings that are named; more are counted.
const MOST: usize = 1000;
/// Entries that do not fit their place and are looked for elsewhere.
const SUSPECTS: usize = 64;

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries in all lanes.
    pub entries: u64,
    /// What is wrong, by lane and place; none where all is well.
    pub broken: Vec<Broken>,
    /// Findings beyond those that are named.
    pub more: u64,
}

/// A place where the audit does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// In which lane.
    pub lane: i64,
    /// The first entry of which it is true.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// When the first of them happened, as it says itself; of those that are gone, when the last
    /// entry before them did. `None` where there is none to tell.
    pub at: Option<Timestamp>,
    /// What is wrong.
    pub how: Wrong,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not what was hashed, or its links are not.
    Changed,
    /// It is an entry of another place.
    Moved {
        /// Whose lane it was in.
        lane: i64,
        /// Where it stood.
        seq: i64,
    },
    /// It is gone, and there are entries after it.
    Missing,
    /// It is gone from the end.
    CutOff,
    /// It stands where the lane has no entry: after the end that its head tells, or before the first.
    Added,
    /// It is whole, but not the entry that stood there: what follows it continues another.
    Replaced,
    /// One of these was changed after the heads were kept, and all after it hashed anew.
    Rewritten {
        /// When the heads were kept that tell of it.
        kept: Timestamp,
    },
    /// The lane has no head, or one that is not of it.
    Head,
    /// The index by patient does not say of it what it says.
    Index,
    /// The index by patient tells of an entry that is not there.
    Stray,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lane,
            first,
            last,
            at,
            how,
        } = self;
        let many = first != last;
        if many {
            write!(f, "lane {lane}, entries {first} to {last}")?;
        } else {
            write!(f, "lane {lane}, entry {first}")?;
        }
        if let Some(at) = at {
            let after = matches!(how, Wrong::Missing | Wrong::CutOff);
            write!(f, " ({}{at})", if after { "after " } else { "" })?;
        }
        let they = |many_text, one_text| if many { many_text } else { one_text };
        f.write_str(": ")?;
        match how {
            Wrong::Changed => f.write_str(they("they were changed", "it was changed")),
            Wrong::Moved { lane, seq } => {
                write!(f, "it is entry {seq} of lane {lane}, moved or swapped")
            }
            Wrong::Missing => f.write_str(they("they were removed", "it was removed")),
            Wrong::CutOff => {
                f.write_str(they("they were cut off the end", "it was cut off the end"))
            }
            Wrong::Added => f.write_str(they(
                "they are not in the lane, whose head ends before them: they were added",
                "it is not in the lane, whose head ends before it: it was added",
            )),
            Wrong::Replaced => {
                f.write_str("it was replaced: it does not fit what stands beside it")
            }
            Wrong::Rewritten { kept } => write!(
                f,
                "changed and hashed anew, {} after {kept}, when the heads were kept",
                they("one of them or more", "it was")
            ),
            Wrong::Head => f.write_str("the head of the lane was removed or changed"),
            Wrong::Index => f.write_str("the index by patient was changed: it does not agree"),
            Wrong::Stray => f.write_str("the index by patient tells of it, but it is not there"),
        }
    }
}

/// Walks every lane, also while others write.
///
/// # Errors
/// Where the database does not answer. A broken chain is an answer.
pub async fn verify(db: &Db) -> Result<Verified> {
    verify_against(db, &Anchors::default(), |_| {}).await
}

/// Walks every lane, and looks for the heads that were kept elsewhere. `progress` hears how many
/// entries were walked.
///
/// # Errors
/// As [`verify`].
pub async fn verify_against(
    db: &Db,
    anchors: &Anchors,
    progress: impl Fn(u64),
) -> Result<Verified> {
    let mut lanes: BTreeSet<i64> = anchors.lanes().collect();
    // A lane whose head was removed still has entries, and one whose entries were, an index.
    lanes.extend(lanes_in(db, "select min(lane) from audit_head where lane >= $1").await?);
    lanes.extend(lanes_in(db, "select min(lane) from audit_entry where lane >= $1").await?);
    lanes.extend(lanes_in(db, "select min(lane) from audit_patient where lane >= $1").await?);
    let mut walk = Walk {
        db,
        anchors,
        progress,
        entries: 0,
        found: Found::default(),
        suspects: Vec::new(),
    };
    for lane in lanes {
        walk.lane(lane).await?;
    }
    Ok(walk.end())
}

/// Jumps from lane to lane: an audit of millions of entries has a few.
pub(super) async fn lanes_in(db: &Db, next: &'static str) -> Result<Vec<i64>> {
    let mut lanes = Vec::new();
    let mut from = Some(i64::MIN);
    while let Some(at_least) = from {
        let row = sqlx::query(next)
            .bind(at_least)
            .fetch_one(db.read())
            .await?;
        let Some(lane) = column::<Option<i64>>(&row, 0)? else {
            break;
        };
        lanes.push(lane);
        from = lane.checked_add(1);
    }
    Ok(lanes)
}

/// An entry, as its neighbours and the anchors need to know it.
#[derive(Clone, Debug)]
struct Mark {
    seq: i64,
    at: Option<Timestamp>,
    prev: Vec<u8>,
    hash: Vec<u8>,
    /// Its hash is that of what it says, after the hash that it says stands before it.
    intact: bool,
}

impl Mark {
    /// What stands before the first entry.
    fn beginning(lane: i64) -> Self {
        Self {
            seq: 0,
            at: None,
            prev: Vec::new(),
            hash: genesis(lane),
            intact: true,
        }
    }
}

/// What was found, as long as it can be named.
#[derive(Debug, Default)]
struct Found {
    named: Vec<Broken>,
    more: u64,
}

impl Found {
    fn add(&mut self, broken: Broken) {
        if let Some(last) = self.named.last_mut()
            && last.lane == broken.lane
            && last.how == broken.how
            && (last.first..=last.last.saturating_add(1)).contains(&broken.first)
        {
            last.last = last.last.max(broken.last);
        } else if self.named.len() < MOST {
            self.named.push(broken);
        } else {
            self.more += 1;
        }
    }

    fn at(&mut self, lane: i64, mark: &Mark, how: Wrong) {
        self.add(Broken {
            lane,
            first: mark.seq,
            last: mark.seq,
            at: mark.at,
            how,
        });
    }

    /// Whether two entries that follow each other do so in the chain. Where one of them was changed
    /// that is told already, and what it says of the other tells nothing.
    fn link(&mut self, lane: i64, one: &Mark, next: &Mark) {
        if one.seq.saturating_add(1) < next.seq {
            self.add(Broken {
                lane,
                first: one.seq.saturating_add(1),
                last: next.seq.saturating_sub(1),
                at: one.at,
                how: Wrong::Missing,
            });
        } else if next.prev != one.hash && one.intact && next.intact {
            // Before the first entry stands nothing that could have been replaced.
            let replaced = if one.seq == 0 { next } else { one };
            self.at(lane, replaced, Wrong::Replaced);
        }
    }
}

/// An entry that does not fit its place, to be looked for elsewhere.
#[derive(Debug)]
struct Suspect {
    lane: i64,
    kept: Box<Kept>,
}

/// How a kept head stands to the entry of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is the same entry.
    Same,
    /// It is another.
    Other,
    /// The entry is changed: that is told already.
    Unclear,
}

/// What one task found.
#[derive(Debug, Default)]
struct Part {
    entries: u64,
    first: Option<Mark>,
    last: Option<Mark>,
    found: Found,
    suspects: Vec<Suspect>,
    anchored: Vec<(Anchored, Verdict)>,
}

/// Walks from that place to that place, both included.
async fn walk_part(db: Db, lane: i64, from: i64, to: i64, anchors: Vec<Anchored>) -> Result<Part> {
    let mut part = Part::default();
    let mut anchors = anchors.into_iter().peekable();
    let mut subjects = Subjects::new(&db, lane, from, to);
    let mut next = Some(from);
    while let Some(from) = next {
        let page = page(&db, lane, from, to).await?;
        next = page.next;
        for read in page.entries {
            let seq = read.seq();
            while let Some(stray) = subjects.next_until(seq.saturating_sub(1)).await? {
                part.stray(lane, stray.seq);
            }
            let mark = mark(lane, &read);
            part.index(lane, &mark, &read, &mut subjects).await?;
            while let Some(anchor) = anchors.next_if(|anchor| anchor.seq <= seq) {
                // One of a place that is gone: that is told already.
                if anchor.seq == seq {
                    let verdict = match (anchor.hash == mark.hash, mark.intact) {
                        (true, _) => Verdict::Same,
                        (false, true) => Verdict::Other,
                        (false, false) => Verdict::Unclear,
                    };
                    part.anchored.push((anchor, verdict));
                }
            }
            part.take(lane, read, mark);
        }
    }
    while let Some(stray) = subjects.next_until(to).await? {
        part.stray(lane, stray.seq);
    }
    Ok(part)
}

fn mark(lane: i64, read: &Read) -> Mark {
    match read {
        Read::Entry(kept) => Mark {
            seq: kept.seq,
            at: Timestamp::from_microsecond(kept.row.at).ok(),
            prev: kept.prev.clone(),
            hash: kept.hash.clone(),
            intact: kept.row.hash(lane, kept.seq, &kept.prev).as_ref() == Some(&kept.hash),
        },
        Read::Unreadable(seq) => Mark {
            seq: *seq,
            at: None,
            prev: Vec::new(),
            hash: Vec::new(),
            intact: false,
        },
    }
}

impl Part {
    fn stray(&mut self, lane: i64, seq: i64) {
        self.found.add(Broken {
            lane,
            first: seq,
            last: seq,
            at: None,
            how: Wrong::Stray,
        });
    }

    /// Compares the entry with the rows of the index that tell of it.
    async fn index(
        &mut self,
        lane: i64,
        mark: &Mark,
        read: &Read,
        subjects: &mut Subjects<'_>,
    ) -> Result<()> {
        let mut expected = match read {
            Read::Entry(kept) if mark.intact => kept.row.subjects(),
            // What a changed entry says tells nothing of the index.
            Read::Entry(_) | Read::Unreadable(_) => {
                while subjects.next_until(mark.seq).await?.is_some() {}
                return Ok(());
            }
        };
        let at = mark.at.map(Timestamp::as_microsecond);
        let mut agrees = true;
        while let Some(row) = subjects.next_until(mark.seq).await? {
            match expected.iter().position(|patient| *patient == row.patient) {
                Some(position) if Some(row.at) == at => drop(expected.remove(position)),
                Some(_) | None => agrees = false,
            }
        }
        if !agrees || !expected.is_empty() {
            self.found.at(lane, mark, Wrong::Index);
        }
        Ok(())
    }

    fn take(&mut self, lane: i64, read: Read, mark: Mark) {
        self.entries += 1;
        if mark.seq < 1 {
            self.found.at(lane, &mark, Wrong::Added);
            return;
        }
        match (&self.last, &self.first) {
            (Some(last), _) => self.found.link(lane, last, &mark),
            (None, _) => self.first = Some(mark.clone()),
        }
        if !mark.intact {
            match read {
                Read::Entry(kept) if self.suspects.len() < SUSPECTS => {
                    self.suspects.push(Suspect { lane, kept });
                }
                Read::Entry(_) | Read::Unreadable(_) => {
                    self.found.at(lane, &mark, Wrong::Changed);
                }
            }
        }
        self.last = Some(mark);
    }
}

/// A walk through all lanes.
struct Walk<'a, P> {
    db: &'a Db,
    anchors: &'a Anchors,
    progress: P,
    entries: u64,
    found: Found,
    suspects: Vec<Suspect>,
}

/// How far a lane was walked.
struct Position {
    last: Mark,
    /// The last place that the anchors prove.
    proved: i64,
    /// An anchor before told of another chain already.
    rewritten: bool,
}

impl<P: Fn(u64)> Walk<'_, P> {
    async fn lane(&mut self, lane: i64) -> Result<()> {
        // One statement, so that both are of one moment.
        let ends = sqlx::query(
            "select (select seq from audit_head where lane = $1), (select hash from audit_head where lane = $1),
             max(seq) from audit_entry where lane = $1",
        )
        .bind(lane)
        .fetch_one(self.db.read())
        .await?;
        // A head that is no head is told of, and is no reason to stop.
        let head: Option<i64> = column(&ends, 0).unwrap_or_default();
        let head_hash: Option<Vec<u8>> = column(&ends, 1).unwrap_or_default();
        let highest: Option<i64> = column(&ends, 2)?;
        let end = head.into_iter().chain(highest).max().unwrap_or(0);

        let kept = self.anchors.of(lane);
        let mut position = Position {
            last: Mark::beginning(lane),
            proved: 0,
            rewritten: false,
        };
        let together = std::thread::available_parallelism().map_or(2, usize::from);
        let mut running: VecDeque<JoinHandle<Result<Part>>> = VecDeque::new();
        let mut from = Some(i64::MIN);
        loop {
            if let Some(begin) = from {
                let to = self.end_of_part(lane, begin, end).await?;
                let anchors = stretch(kept, begin, to);
                running.push_back(tokio::spawn(walk_part(
                    self.db.clone(),
                    lane,
                    begin,
                    to,
                    anchors,
                )));
                from = to.checked_add(1).filter(|_| to < end);
                // A connection for each, of which there are eight to read.
                if from.is_some() && running.len() < together.min(6) {
                    continue;
                }
            }
            let Some(part) = running.pop_front() else {
                break;
            };
            let part = part
                .await
                .map_err(|error| Failure::Internal(format!("verifying: {error}")))??;
            self.join(lane, &mut position, part);
        }
        self.end_of_lane(lane, &position.last, kept, head, head_hash);
        self.strays_after(lane, end).await
    }

    /// Where the part ends that begins there: at an entry, or at the end of the lane.
    async fn end_of_part(&self, lane: i64, from: i64, end: i64) -> Result<i64> {
        let row = sqlx::query(
            "select max(seq), count(*) from (
                 select seq from audit_entry where lane = $1 and seq >= $2 and seq <= $3 order by seq limit $4
             ) part",
        )
        .bind(lane)
        .bind(from)
        .bind(end)
        .bind(PART)
        .fetch_one(self.db.read())
        .await?;
        let last: Option<i64> = column(&row, 0)?;
        let count: i64 = column(&row, 1)?;
        Ok(last.filter(|_| count >= PART).unwrap_or(end).max(from))
    }

    /// Goes on with a part.
    fn join(&mut self, lane: i64, position: &mut Position, part: Part) {
        self.entries += part.entries;
        (self.progress)(self.entries);
        if let Some(first) = &part.first {
            self.found.link(lane, &position.last, first);
        }
        if let Some(last) = part.last {
            position.last = last;
        }
        for broken in part.found.named {
            self.found.add(broken);
        }
        self.found.more += part.found.more;
        for suspect in part.suspects {
            if self.suspects.len() < SUSPECTS {
                self.suspects.push(suspect);
            } else {
                self.found.at(
                    lane,
                    &mark(lane, &Read::Entry(suspect.kept)),
                    Wrong::Changed,
                );
            }
        }
        for (anchor, verdict) in part.anchored {
            match verdict {
                Verdict::Same => {
                    position.proved = anchor.seq;
                    position.rewritten = false;
                }
                Verdict::Other if !position.rewritten => {
                    position.rewritten = true;
                    self.found.add(Broken {
                        lane,
                        first: position.proved.saturating_add(1).min(anchor.seq),
                        last: anchor.seq,
                        at: None,
                        how: Wrong::Rewritten { kept: anchor.at },
                    });
                }
                Verdict::Other | Verdict::Unclear => {}
            }
        }
    }

    /// Compares where the lane ends with what its head and the anchors say.
    fn end_of_lane(
        &mut self,
        lane: i64,
        last: &Mark,
        kept: &[Anchored],
        head: Option<i64>,
        head_hash: Option<Vec<u8>>,
    ) {
        let promised = head.into_iter().chain(kept.last().map(|kept| kept.seq));
        if let Some(promised) = promised.max().filter(|promised| *promised > last.seq) {
            self.found.add(Broken {
                lane,
                first: last.seq.saturating_add(1),
                last: promised,
                at: last.at,
                how: Wrong::CutOff,
            });
        }
        match head {
            None => self.found.at(lane, last, Wrong::Head),
            Some(head) if head < last.seq => self.found.add(Broken {
                lane,
                first: head.saturating_add(1),
                last: last.seq,
                at: None,
                how: Wrong::Added,
            }),
            Some(head) if head > last.seq => {}
            Some(_) if head_hash.as_ref() == Some(&last.hash) => {}
            Some(0) => self.found.at(lane, last, Wrong::Head),
            Some(_) if last.intact => self.found.at(lane, last, Wrong::Replaced),
            Some(_) => {}
        }
    }

    /// Rows of the index beyond the end of the lane. Entries that came since have both.
    async fn strays_after(&mut self, lane: i64, end: i64) -> Result<()> {
        let rows = sqlx::query(
            "select p.seq from audit_patient p where p.lane = $1 and p.seq > $2 and not exists (
                 select 1 from audit_entry e where e.lane = p.lane and e.seq = p.seq
             ) order by p.seq limit $3",
        )
        .bind(lane)
        .bind(end)
        .bind(i64::try_from(MOST).unwrap_or(i64::MAX))
        .fetch_all(self.db.read())
        .await?;
        for row in rows {
            let seq: i64 = column(&row, 0)?;
            self.found.add(Broken {
                lane,
                first: seq,
                last: seq,
                at: None,
                how: Wrong::Stray,
            });
        }
        Ok(())
    }

    fn end(self) -> Verified {
        let Self {
            entries,
            found,
            suspects,
            ..
        } = self;
        let gaps: Vec<Broken> = found
            .named
            .iter()
            .filter(|broken| matches!(broken.how, Wrong::Missing | Wrong::CutOff))
            .cloned()
            .collect();
        let told = |stray: &Broken| {
            gaps.iter().any(|gap| {
                gap.lane == stray.lane && gap.first <= stray.first && stray.last <= gap.last
            })
        };
        let mut named: Vec<Broken> = found
            .named
            .into_iter()
            // That an entry is gone is told once.
            .filter(|broken| broken.how != Wrong::Stray || !told(broken))
            .collect();
        for (index, suspect) in suspects.iter().enumerate() {
            let how = match home(index, &suspects, &gaps) {
                Some((lane, seq)) => Wrong::Moved { lane, seq },
                None => Wrong::Changed,
            };
            named.push(Broken {
                lane: suspect.lane,
                first: suspect.kept.seq,
                last: suspect.kept.seq,
                at: Timestamp::from_microsecond(suspect.kept.row.at).ok(),
                how,
            });
        }
        named.sort_by_key(|broken| (broken.lane, broken.first, broken.last));
        let mut in_order = Found {
            named: Vec::new(),
            more: found.more,
        };
        for broken in named {
            in_order.add(broken);
        }
        Verified {
            entries,
            broken: in_order.named,
            more: in_order.more,
        }
    }
}

/// The anchors of a stretch.
fn stretch(kept: &[Anchored], from: i64, to: i64) -> Vec<Anchored> {
    let begin = kept.partition_point(|kept| kept.seq < from);
    kept.iter()
        .skip(begin)
        .take_while(|kept| kept.seq <= to)
        .cloned()
        .collect()
}

/// The place of which the entry is the one that was hashed: beside its own, that of another which
/// does not fit either, or one that is empty.
fn home(index: usize, suspects: &[Suspect], gaps: &[Broken]) -> Option<(i64, i64)> {
    let Suspect { lane, kept } = suspects.get(index)?;
    let own = (*lane, kept.seq);
    let others = || {
        suspects
            .iter()
            .filter(|other| (other.lane, other.kept.seq) != own)
    };
    let beside = [kept.seq.checked_sub(1), kept.seq.checked_add(1)];
    let empty = gaps.iter().flat_map(|gap| {
        (gap.first..=gap.last)
            .take(SUSPECTS)
            .map(|seq| (gap.lane, seq))
    });
    others()
        .map(|other| (other.lane, other.kept.seq))
        .chain(beside.into_iter().flatten().map(|seq| (*lane, seq)))
        .chain(empty.take(SUSPECTS))
        .find(|(lane, seq)| kept.row.hash(*lane, *seq, &kept.prev).as_ref() == Some(&kept.hash))
        .or_else(|| {
            // What it says was swapped, and the links were left.
            others()
                .find(|other| {
                    let links = &other.kept;
                    kept.row.hash(other.lane, links.seq, &links.prev).as_ref() == Some(&links.hash)
                })
                .map(|other| (other.lane, other.kept.seq))
        })
}
