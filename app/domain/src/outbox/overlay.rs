//! A saved record with the person's own changes on top that the service does not have yet.

use super::entry::{End, Entry, State};
use crate::adjustment::{AdjustmentChange, AdjustmentRecord, Provenance, Rebased};
use crate::ids::{CommandId, PartId};

/// A record as the person left it.
#[derive(Clone, PartialEq, Eq)]
pub struct Overlay {
    /// With their changes. A new change is made on its `version`, which counts the changes under it
    /// as if they were carried out.
    pub record: AdjustmentRecord,
    /// What in it the service does not have yet, in the order of making.
    pub marks: Vec<Mark>,
    /// Changes that do not fit on this record: they wait all the same, and are shown beside it.
    pub left_out: Vec<CommandId>,
}

/// Something that the service does not have yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// By which change; what is happening with it is in its entry.
    pub command: CommandId,
    /// What.
    pub what: Marked,
}

/// What a change does to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The flag is new. So are its parts, which are marked too.
    FlagCreated,
    /// The flag is removed.
    FlagRemoved,
    /// A part is new.
    PartAdded(PartId),
    /// A part is removed.
    PartRemoved(PartId),
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Overlay(hidden)")
    }
}

/// Puts the changes of one queue, in their order, on top of a record that the service gave. `me`
/// stands as the recorder, at the time of each change.
///
/// | change            | made on this version     | made on another                                |
/// |-------------------|--------------------------|------------------------------------------------|
/// | not settled       | as it is, marked         | what is left of it, marked; never the removal of a flag |
/// | applied, not yet in the record | as it is, not marked | left to the next read                 |
/// | applied and in the record, or ended otherwise | not at all | not at all                         |
///
/// A change whose answer was lost may be in the record already: nothing is left of it then, and it
/// does not count in the version.
pub fn overlay<'a, T: 'a>(
    record: &AdjustmentRecord,
    entries: impl IntoIterator<Item = &'a Entry<T>>,
    me: &Provenance,
) -> Overlay {
    let mut over = Overlay {
        record: record.clone(),
        marks: Vec::new(),
        left_out: Vec::new(),
    };
    for entry in entries {
        let by = Provenance {
            at: entry.command.made_at,
            ..me.clone()
        };
        match &entry.state {
            State::Settled {
                end: End::Applied { version },
                ..
            } => {
                if *version == over.record.version.saturating_add(1) {
                    over.lay(&entry.command.change, entry.command.base, &by);
                }
            }
            State::Settled {
                end: End::KeptTheirs | End::Replaced { .. } | End::Discarded,
                ..
            } => {}
            State::Waiting { .. } | State::InFlight { .. } | State::NeedsDecision { .. } => {
                over.put(entry.id(), &entry.command.change, entry.command.base, &by);
            }
        }
    }
    over
}

impl Overlay {
    /// Lays a change that is not settled, as far as it goes, and marks it.
    fn put(&mut self, id: CommandId, change: &AdjustmentChange, base: u64, by: &Provenance) {
        let left = if base == self.record.version {
            Rebased::Change(change.clone())
        } else {
            change.onto(&self.record)
        };
        match left {
            Rebased::Nothing => {}
            Rebased::NoFlag => self.left_out.push(id),
            // The flag may be another by now: the person has to see it first.
            Rebased::Change(AdjustmentChange::RemoveFlag { .. }) if base != self.record.version => {
                self.left_out.push(id);
            }
            Rebased::Change(change) => {
                if self.lay(&change, self.record.version, by) {
                    self.mark(id, &change);
                } else {
                    self.left_out.push(id);
                }
            }
        }
    }

    fn lay(&mut self, change: &AdjustmentChange, base: u64, by: &Provenance) -> bool {
        match self.record.apply(base, change, by) {
            Ok(next) => {
                self.record = next;
                true
            }
            Err(_) => false,
        }
    }

    fn mark(&mut self, command: CommandId, change: &AdjustmentChange) {
        let mark = |what| Mark { command, what };
        match change {
            AdjustmentChange::Create { parts, .. } => {
                self.marks.push(mark(Marked::FlagCreated));
                let added = parts.iter().map(|new| mark(Marked::PartAdded(new.id)));
                self.marks.extend(added);
            }
            AdjustmentChange::AddParts { parts } => {
                let added = parts.iter().map(|new| mark(Marked::PartAdded(new.id)));
                self.marks.extend(added);
            }
            AdjustmentChange::RemovePart { part, .. } => {
                self.marks.push(mark(Marked::PartRemoved(*part)));
            }
            AdjustmentChange::RemoveFlag { .. } => self.marks.push(mark(Marked::FlagRemoved)),
        }
    }
}
