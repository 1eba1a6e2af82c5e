//! A change that met another: what is left of it to be done on the record as it now stands.

use super::{AdjustmentChange, AdjustmentRecord, Flag, NewPart};
use crate::ids::PartId;

/// What is left of a change on a record that has moved on.
#[derive(Clone, PartialEq, Eq)]
pub enum Rebased {
    /// This, on the version of that record.
    Change(AdjustmentChange),
    /// Nothing: the record already says it, or what was to be removed is gone.
    Nothing,
    /// Parts that are on no flag, because there is no flag any more. Only a person can create one:
    /// it takes a basis and the Equality Act statement.
    NoFlag,
}

impl std::fmt::Debug for Rebased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Change(_) => "Change(hidden)",
            Self::Nothing => "Nothing",
            Self::NoFlag => "NoFlag",
        })
    }
}

impl AdjustmentChange {
    /// The same intention on the record as it now stands. Two people who each created a flag meet in
    /// one flag with the parts of both.
    ///
    /// | mine        | no flag now                       | a flag now                           |
    /// |-------------|-----------------------------------|--------------------------------------|
    /// | create      | create; nothing if it was removed | add my parts that are not yet there  |
    /// | add parts   | nothing if all were there, else no flag | add my parts that are not yet there |
    /// | remove part | nothing                           | remove it; nothing if it is gone     |
    /// | remove flag | nothing                           | remove it                            |
    ///
    /// A part is there when any flag ever had its name, or when the current flag says the same. The
    /// parts keep their names, so that none can be recorded twice. What this gives is meant to be
    /// shown to the person together with the record, above all the removal of a flag, which by now
    /// may hold other parts than they knew.
    pub fn onto(&self, now: &AdjustmentRecord) -> Rebased {
        match (self, &now.current) {
            (Self::Create { flag, .. }, None) => {
                if now.earlier.iter().any(|earlier| earlier.id == *flag) {
                    Rebased::Nothing
                } else {
                    Rebased::Change(self.clone())
                }
            }
            (Self::Create { parts, .. } | Self::AddParts { parts }, Some(flag)) => {
                let parts: Vec<_> = unnamed(parts, now)
                    .filter(|new| {
                        !flag
                            .current_parts()
                            .any(|part| part.detail.says_the_same(&new.detail))
                    })
                    .cloned()
                    .collect();
                if parts.is_empty() {
                    Rebased::Nothing
                } else {
                    Rebased::Change(Self::AddParts { parts })
                }
            }
            (Self::AddParts { parts }, None) => match unnamed(parts, now).next() {
                None => Rebased::Nothing,
                Some(_) => Rebased::NoFlag,
            },
            (Self::RemovePart { part, .. }, Some(flag)) => {
                if flag.current_parts().any(|there| there.id == *part) {
                    Rebased::Change(self.clone())
                } else {
                    Rebased::Nothing
                }
            }
            (Self::RemovePart { .. } | Self::RemoveFlag { .. }, None) => Rebased::Nothing,
            (Self::RemoveFlag { .. }, Some(_)) => Rebased::Change(self.clone()),
        }
    }
}

/// The parts whose names no flag has used.
fn unnamed<'a>(
    parts: &'a [NewPart],
    record: &'a AdjustmentRecord,
) -> impl Iterator<Item = &'a NewPart> {
    let used = |id: PartId| {
        let had = |flag: &Flag| flag.parts.iter().any(|part| part.id == id);
        record.current.iter().chain(&record.earlier).any(had)
    };
    parts.iter().filter(move |new| !used(new.id))
}
