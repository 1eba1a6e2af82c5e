//! What is different between two states of a record: for "what changed" when the signal returns.

use super::{AdjustmentRecord, Flag, Part, Removal};

/// One difference.
#[derive(Clone, PartialEq, Eq)]
pub enum Difference<'a> {
    /// The flag that there was is removed, with all its parts.
    FlagRemoved {
        /// As it was.
        flag: &'a Flag,
        /// Why and by whom; `None` where the later record does not know the flag at all.
        removal: Option<&'a Removal>,
    },
    /// There is a flag that was not there. Its parts follow as added.
    FlagCreated(&'a Flag),
    /// A part that did not hold before.
    PartAdded(&'a Part),
    /// A part that held before and no longer does.
    PartRemoved {
        /// As it was.
        part: &'a Part,
        /// Why and by whom; `None` where the later record does not know the part at all.
        removal: Option<&'a Removal>,
    },
}

impl std::fmt::Debug for Difference<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FlagRemoved { .. } => "FlagRemoved(hidden)",
            Self::FlagCreated(_) => "FlagCreated(hidden)",
            Self::PartAdded(_) => "PartAdded(hidden)",
            Self::PartRemoved { .. } => "PartRemoved(hidden)",
        })
    }
}

/// What holds in `after` and did not hold in `before`, and the other way round; removals first, then
/// what was added, in the order of recording. What came and went in between is no difference.
pub fn differences<'a>(
    before: &'a AdjustmentRecord,
    after: &'a AdjustmentRecord,
) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    match (&before.current, &after.current) {
        (None, None) => {}
        (Some(old), Some(new)) if old.id == new.id => {
            found.extend(removed_parts(old, new));
            found.extend(added_parts(old, new));
        }
        (old, new) => {
            if let Some(flag) = old {
                found.push(Difference::FlagRemoved {
                    flag,
                    removal: after
                        .earlier
                        .iter()
                        .find(|earlier| earlier.id == flag.id)
                        .and_then(|earlier| earlier.removed.as_ref()),
                });
            }
            if let Some(flag) = new {
                found.push(Difference::FlagCreated(flag));
                found.extend(flag.current_parts().map(Difference::PartAdded));
            }
        }
    }
    found
}

fn removed_parts<'a>(old: &'a Flag, new: &'a Flag) -> impl Iterator<Item = Difference<'a>> {
    old.current_parts().filter_map(|part| {
        let now = new.parts.iter().find(|now| now.id == part.id);
        match now.map(|now| &now.removed) {
            Some(None) => None,
            Some(Some(removal)) => Some(Difference::PartRemoved {
                part,
                removal: Some(removal),
            }),
            None => Some(Difference::PartRemoved {
                part,
                removal: None,
            }),
        }
    })
}

fn added_parts<'a>(old: &'a Flag, new: &'a Flag) -> impl Iterator<Item = Difference<'a>> {
    new.current_parts()
        .filter(|part| !old.current_parts().any(|before| before.id == part.id))
        .map(Difference::PartAdded)
}
