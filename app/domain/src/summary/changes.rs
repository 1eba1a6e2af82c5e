//! What changed clinically between a saved summary and a live one.

use super::{Content, Heading, Part, Row, Section, Summary, Table};
use std::fmt;

/// An entry under a heading, with the notes below it.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The title of the column and what it says, where it says something.
    pub cells: Vec<(String, String)>,
    /// Why it was given or discontinued.
    pub notes: Vec<String>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Under which heading; `None` for the head of the document.
    pub heading: Option<Heading>,
    /// What.
    pub what: Changed,
}

/// What is different. An entry that was altered is removed as it was and added as it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Changed {
    /// The section is no longer in the document: nothing is known either way.
    Missing,
    /// The section was not in the document before.
    NoLongerMissing,
    /// The document no longer states this.
    NoLongerStated(String),
    /// The document now states this: that entries are withheld, that there is nothing, or anything
    /// else above the entries.
    Stated(String),
    /// An entry is gone.
    Removed(Entry),
    /// An entry is new.
    Added(Entry),
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry(hidden)")
    }
}

impl fmt::Debug for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "Missing",
            Self::NoLongerMissing => "NoLongerMissing",
            Self::NoLongerStated(_) => "NoLongerStated(hidden)",
            Self::Stated(_) => "Stated(hidden)",
            Self::Removed(_) => "Removed(hidden)",
            Self::Added(_) => "Added(hidden)",
        })
    }
}

/// What a person who read `before` has to know of `after`: the head of the document first, then the
/// headings in the order of `after`, then those that only `before` has.
///
/// Compared exactly, as the documents say it, and each entry as often as it is there. The order of
/// entries and columns, empty cells, and what is written anew each time (when and by whom the summary
/// was made, the period in the title of a section) are no difference.
pub fn clinical_changes(before: &Summary, after: &Summary) -> Vec<Change> {
    let mut changes: Vec<_> = differences(&head(before), &head(after))
        .map(|what| Change {
            heading: None,
            what,
        })
        .collect();
    let mut headings: Vec<&Heading> = Vec::new();
    for section in after.sections.iter().chain(&before.sections) {
        if !headings.contains(&&section.heading) {
            headings.push(&section.heading);
        }
    }
    for heading in headings {
        let (old, new) = (Under::of(before, heading), Under::of(after, heading));
        let appeared = match (old.missing, new.missing) {
            (false, true) => Some(Changed::Missing),
            (true, false) => Some(Changed::NoLongerMissing),
            (true, true) | (false, false) => None,
        };
        let all = appeared
            .into_iter()
            .chain(differences(&old.says, &new.says));
        changes.extend(all.map(|what| Change {
            heading: Some(heading.clone()),
            what,
        }));
    }
    changes
}

/// Something that a document says: comes or goes as a whole.
#[derive(Clone, PartialEq, Eq)]
enum Says {
    Statement(String),
    Entry(Entry),
}

/// Everything under one heading.
struct Under {
    missing: bool,
    says: Vec<Says>,
}

impl Under {
    fn of(summary: &Summary, heading: &Heading) -> Self {
        let mut under = Self {
            missing: true,
            says: Vec::new(),
        };
        for section in summary.sections.iter().filter(|s| s.heading == *heading) {
            under.missing &= section.content == Content::Missing;
            under.says.extend(said(section));
        }
        under
    }
}

fn head(summary: &Summary) -> Vec<Says> {
    summary
        .recently_registered
        .iter()
        .chain(&summary.withheld)
        .chain(&summary.statements)
        .cloned()
        .map(Says::Statement)
        .collect()
}

fn said(section: &Section) -> Vec<Says> {
    let mut says: Vec<_> = section
        .withheld
        .iter()
        .chain(&section.statements)
        .cloned()
        .map(Says::Statement)
        .collect();
    match &section.content {
        Content::Missing => {}
        Content::NothingStated(text) => says.push(Says::Statement(text.clone())),
        Content::Empty(why) => says.push(Says::Statement(why.sentence())),
        Content::Table(table) => says.extend(entries(table).map(Says::Entry)),
        Content::Parts(parts) => {
            let mut under: Vec<(u8, &String)> = Vec::new();
            for part in parts {
                if let Part::Subheading { level, text } = part {
                    under.retain(|(above, _)| above < level);
                    under.push((*level, text));
                } else {
                    says.extend(part_says(part, &under));
                }
            }
        }
    }
    says
}

/// What a part says, with the subheadings that it stands under: what was current and is now stopped
/// has changed.
fn part_says(part: &Part, under: &[(u8, &String)]) -> Vec<Says> {
    let statement = |text: &str| {
        let mut whole: Vec<&str> = under.iter().map(|(_, text)| text.as_str()).collect();
        whole.push(text);
        Says::Statement(whole.join(": "))
    };
    match part {
        Part::Subheading { .. } => Vec::new(),
        Part::Statement(text) | Part::Withheld(text) | Part::NothingStated(text) => {
            vec![statement(text)]
        }
        Part::Remark(remark) => vec![statement(&remark.sentence())],
        Part::Empty(why) => vec![statement(&why.sentence())],
        Part::Table(table) => {
            let above = under
                .iter()
                .map(|(_, text)| (String::new(), (*text).clone()));
            let with_above = |mut entry: Entry| {
                entry.cells.splice(0..0, above.clone());
                Says::Entry(entry)
            };
            entries(table).map(with_above).collect()
        }
        Part::Grid(rows) => rows
            .iter()
            .map(|cells| statement(&cells.join(" | ")))
            .collect(),
        Part::List { items, .. } => items.iter().map(|item| statement(item)).collect(),
        Part::Terms(terms) => terms
            .iter()
            .map(|term| statement(&format!("{}: {}", term.name, term.says.join("; "))))
            .collect(),
    }
}

/// The rows as entries, each with the notes that follow it.
fn entries(table: &Table) -> impl Iterator<Item = Entry> {
    let columns = &table.columns;
    let mut entries: Vec<Entry> = Vec::new();
    for row in &table.rows {
        match (row, entries.last_mut()) {
            (Row::Entry(cells), _) => entries.push(Entry {
                cells: titled(columns, cells),
                notes: Vec::new(),
            }),
            (Row::Note(note), Some(entry)) => entry.notes.push(note.clone()),
            // A note above the first entry stands for itself.
            (Row::Note(note), None) => entries.push(Entry {
                cells: Vec::new(),
                notes: vec![note.clone()],
            }),
        }
    }
    entries.into_iter()
}

/// The cells that say something, by the titles of their columns.
fn titled(columns: &[String], cells: &[String]) -> Vec<(String, String)> {
    let titles = columns
        .iter()
        .cloned()
        .chain(std::iter::repeat(String::new()));
    titles
        .zip(cells.iter().cloned())
        .filter(|(_, cell)| !cell.is_empty())
        .collect()
}

/// What is only in `before`, then what is only in `after`, each in its order.
fn differences(before: &[Says], after: &[Says]) -> impl Iterator<Item = Changed> {
    let gone = only_in(before, after).map(|says| match says {
        Says::Statement(text) => Changed::NoLongerStated(text),
        Says::Entry(entry) => Changed::Removed(entry),
    });
    let new = only_in(after, before).map(|says| match says {
        Says::Statement(text) => Changed::Stated(text),
        Says::Entry(entry) => Changed::Added(entry),
    });
    gone.chain(new)
}

/// What is more often in the first than in the second, as often as that.
fn only_in(these: &[Says], those: &[Says]) -> impl Iterator<Item = Says> {
    let mut left: Vec<_> = those.iter().collect();
    let only: Vec<_> = these
        .iter()
        .filter(
            |one| match left.iter().position(|other| other.is_same(one)) {
                Some(at) => {
                    left.swap_remove(at);
                    false
                }
                None => true,
            },
        )
        .cloned()
        .collect();
    only.into_iter()
}

impl Says {
    /// The same, in whatever order the columns stand.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Statement(one), Self::Statement(other)) => one == other,
            (Self::Entry(one), Self::Entry(other)) => {
                let sorted = |entry: &Entry| {
                    let mut cells = entry.cells.clone();
                    cells.sort();
                    cells
                };
                one.notes == other.notes && sorted(one) == sorted(other)
            }
            (Self::Statement(_) | Self::Entry(_), _) => false,
        }
    }
}
