//! The reasonable adjustment flag (DOMAIN section 6): what a disabled person needs from us, written
//! down once.
//!
//! # How the record moves
//! | now            | create      | add parts | remove a part          | remove the flag |
//! |----------------|-------------|-----------|------------------------|-----------------|
//! | no flag        | flag        | refused   | refused                | refused         |
//! | flag           | refused     | flag      | flag (part kept, struck) | no flag (kept as earlier) |
//!
//! A part is never edited in place: it is removed and added again, and what was removed is kept.

pub mod catalogue;
mod changes;
pub mod conditions;
mod rebase;
mod type_ahead;

pub use changes::{Difference, differences};
pub use rebase::Rebased;

use crate::FieldError;
use crate::coded::coded;
use crate::ids::{FlagId, PartId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The SNOMED code that creating a flag records by itself: a substantial and long-term adverse
/// effect in the meaning of the Equality Act 2010.
pub const EQUALITY_ACT_CODE: &str = "1326341000000105";

/// Longest note, comment or bespoke text, in characters.
pub const LONGEST_TEXT: usize = 500;

coded! {
    /// On what basis a flag is shared. Explicit consent is not required, but the basis is recorded.
    Basis {
        /// The patient agreed.
        Consent = "consent", "The patient consents";
        /// A best interest decision under the Mental Capacity Act 2005.
        BestInterest = "best-interest", "Best interest decision (Mental Capacity Act 2005)";
        /// Lasting power of attorney, or a deputy appointed by a court.
        Attorney = "attorney", "Lasting power of attorney or court-appointed deputy agrees";
        /// Parental responsibility and the like.
        Representative = "representative", "Other legitimate representative agrees, such as a person with parental responsibility";
    }
}

coded! {
    /// What the person finds hard.
    ImpairmentKind {
        /// Vision.
        Vision = "vision", "Vision";
        /// Hearing.
        Hearing = "hearing", "Hearing";
        /// Mobility.
        Mobility = "mobility", "Mobility";
        /// Dexterity.
        Dexterity = "dexterity", "Dexterity";
        /// Learning, understanding or concentrating.
        Learning = "learning", "Learning, understanding or concentrating";
        /// Memory.
        Memory = "memory", "Memory";
        /// Mental health.
        MentalHealth = "mental-health", "Mental health";
        /// Stamina, breathing or fatigue.
        Stamina = "stamina", "Stamina, breathing or fatigue";
        /// Social or behavioural.
        Social = "social", "Social or behavioural";
        /// Anything else: its note says what.
        Other = "other", "Other";
        /// The patient would prefer not to say.
        NotSaid = "not-said", "The patient would prefer not to say";
    }
}

coded! {
    /// What kind of adjustment it is.
    Category {
        /// Communication support.
        CommunicationSupport = "communication-support", "Communication support";
        /// Requires a communication professional.
        CommunicationProfessional = "communication-professional", "Requires communication professional";
        /// Requires a specific contact method.
        ContactMethod = "contact-method", "Requires specific contact method";
        /// Requires a specific information format.
        InformationFormat = "information-format", "Requires specific information format";
        /// Additional communication needs and support.
        CommunicationNeeds = "communication-needs", "Additional communication needs and support";
        /// Community language support.
        LanguageSupport = "language-support", "Community language support";
        /// Adjustments for providing additional support to patients.
        AdditionalSupport = "additional-support", "Adjustments for providing additional support to patients";
        /// Adjustments for individual care requirements.
        IndividualCare = "individual-care", "Adjustments for individual care requirements";
        /// Adjustments in relation to the environment of care.
        Environment = "environment", "Adjustments in relation to the environment of care";
        /// Adjustments to support additional needs.
        AdditionalNeeds = "additional-needs", "Adjustments to support additional needs";
        /// Bespoke reasonable adjustments.
        Bespoke = "bespoke", "Bespoke reasonable adjustments";
    }
}

coded! {
    /// Why a part or a flag is removed.
    RemovalReason {
        /// It was wrong from the start.
        CreatedInError = "created-in-error", "It was created in error";
        /// It was right and is no longer needed.
        NoLongerApplies = "no-longer-applies", "It no longer applies";
    }
}

/// Who recorded something, in which role and organisation, and when. Written as words, so that it
/// reads the same after the person has left.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The person's name.
    pub person: String,
    /// The job role: "Paramedic".
    pub role: String,
    /// The organisation's name.
    pub organisation: String,
    /// When the server took it.
    pub at: Timestamp,
}

/// One thing that a flag says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Detail {
    /// What the person finds hard.
    Impairment {
        /// Which.
        impairment: ImpairmentKind,
        /// In the recorder's words; may be empty except for `Other`.
        note: String,
    },
    /// A condition behind it.
    Condition {
        /// Its name.
        name: String,
        /// Its SNOMED CT code, where it was chosen from the list.
        code: Option<String>,
    },
    /// What we must do differently.
    Adjustment {
        /// What kind.
        category: Category,
        /// A SNOMED CT code of the catalogue, or `None` where it is bespoke.
        code: Option<String>,
        /// The term of the code, or the bespoke text.
        text: String,
        /// In the recorder's words; may be empty.
        note: String,
    },
}

impl Detail {
    /// Whether it is of the same kind and says the same, notes aside.
    fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Impairment {
                    impairment: a,
                    note: na,
                },
                Self::Impairment {
                    impairment: b,
                    note: nb,
                },
            ) => a == b && (*a != ImpairmentKind::Other || same_text(na, nb)),
            (Self::Condition { name: a, .. }, Self::Condition { name: b, .. }) => same_text(a, b),
            (
                Self::Adjustment {
                    code: a, text: ta, ..
                },
                Self::Adjustment {
                    code: b, text: tb, ..
                },
            ) => a == b && (a.is_some() || same_text(ta, tb)),
            (Self::Impairment { .. } | Self::Condition { .. } | Self::Adjustment { .. }, _) => {
                false
            }
        }
    }

    /// What is wrong with it, with the form's field for each. A code outside its list, or whose
    /// text is not the list's, is refused.
    pub fn problems(&self, field: &str) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut check = |text: &str, what: &str| {
            if text.chars().count() > LONGEST_TEXT {
                problems.push(FieldError::new(
                    field,
                    format!("{what} must be {LONGEST_TEXT} characters or fewer"),
                ));
            }
        };
        match self {
            Self::Impairment { impairment, note } => {
                check(note, "Note");
                if *impairment == ImpairmentKind::Other && note.trim().is_empty() {
                    problems.push(FieldError::new(field, "Say what the other impairment is"));
                }
            }
            Self::Condition { name, code } => {
                check(name, "Condition");
                if name.trim().is_empty() {
                    problems.push(FieldError::new(field, "Enter the name of the condition"));
                } else if let Some(code) = code
                    && conditions::by_code(code).is_none_or(|known| known.name != name)
                {
                    problems.push(FieldError::new(field, "Choose a condition from the list"));
                }
            }
            Self::Adjustment {
                category,
                code,
                text,
                note,
            } => {
                check(text, "Adjustment");
                check(note, "Note");
                match code {
                    Some(code) => {
                        let known = catalogue::listed(code, *category);
                        if known.is_none_or(|term| term.display != text) {
                            problems
                                .push(FieldError::new(field, "Choose an adjustment from the list"));
                        }
                    }
                    None if text.trim().is_empty() => {
                        problems.push(FieldError::new(field, "Say what the adjustment is"));
                    }
                    None => {}
                }
            }
        }
        problems
    }
}

fn same_text(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// A detail with its name, given on the device so that the command can be sent again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPart {
    /// UUIDv7, made on the device.
    pub id: PartId,
    /// What it says.
    pub detail: Detail,
}

/// A part of a flag, with its history.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Names it.
    pub id: PartId,
    /// What it says.
    pub detail: Detail,
    /// Who recorded it.
    pub recorded: Provenance,
    /// Set once it is removed.
    pub removed: Option<Removal>,
}

/// That something was removed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Why, from the list.
    pub reason: RemovalReason,
    /// Why, in the remover's words.
    pub comment: String,
    /// Who removed it.
    pub by: Provenance,
}

/// A flag: current, or an earlier one with its removal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// Names it.
    pub id: FlagId,
    /// On what basis it is shared.
    pub basis: Basis,
    /// Who created it and with that confirmed the Equality Act statement.
    pub recorded: Provenance,
    /// Every part that it ever had, in the order of recording.
    pub parts: Vec<Part>,
    /// Set once the flag is removed.
    pub removed: Option<Removal>,
}

impl Flag {
    /// The parts that still hold.
    pub fn current_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.removed.is_none())
    }

    /// The parts that were removed.
    pub fn removed_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.removed.is_some())
    }
}

/// Everything about a patient's reasonable adjustments: at most one current flag, and the earlier
/// ones.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentRecord {
    /// Grows by one with each change: 0 where nothing was ever recorded.
    pub version: u64,
    /// The flag, if there is one.
    pub current: Option<Flag>,
    /// Removed flags, latest last.
    pub earlier: Vec<Flag>,
}

/// What a person asks for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum AdjustmentChange {
    /// Create the flag. The person has confirmed the Equality Act statement.
    Create {
        /// Named on the device.
        flag: FlagId,
        /// On what basis.
        basis: Basis,
        /// The person ticked the Equality Act statement.
        equality_act: bool,
        /// At least one impairment and one adjustment.
        parts: Vec<NewPart>,
    },
    /// Add to the flag.
    AddParts {
        /// At least one.
        parts: Vec<NewPart>,
    },
    /// Remove one part.
    RemovePart {
        /// Which.
        part: PartId,
        /// Why.
        reason: RemovalReason,
        /// Why, in words.
        comment: String,
    },
    /// Remove the flag with all its parts.
    RemoveFlag {
        /// Why.
        reason: RemovalReason,
        /// Why, in words.
        comment: String,
    },
}

/// Why a change cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The record changed since the person looked: show it to them.
    Stale,
    /// What they asked for is not complete or not allowed in this state.
    Invalid(Vec<FieldError>),
}

impl AdjustmentRecord {
    /// The record after the change, made on `base` by `by`.
    ///
    /// # Errors
    /// [`Refusal::Stale`] where `base` is not the record's version, [`Refusal::Invalid`] where the
    /// change is incomplete or does not fit the state (see the table of this module).
    pub fn apply(
        &self,
        base: u64,
        change: &AdjustmentChange,
        by: &Provenance,
    ) -> Result<Self, Refusal> {
        if base != self.version {
            return Err(Refusal::Stale);
        }
        let problems = change.problems();
        if !problems.is_empty() {
            return Err(Refusal::Invalid(problems));
        }
        let mut next = self.clone();
        next.version += 1;
        match (change, &mut next.current) {
            (
                AdjustmentChange::Create {
                    flag, basis, parts, ..
                },
                current @ None,
            ) => {
                let mut created = Flag {
                    id: *flag,
                    basis: *basis,
                    recorded: by.clone(),
                    parts: Vec::new(),
                    removed: None,
                };
                if self.earlier.iter().any(|earlier| earlier.id == *flag) {
                    return Err(invalid("flag", "This flag was already removed"));
                }
                created.add(parts, &self.earlier, by)?;
                *current = Some(created);
            }
            (AdjustmentChange::Create { .. }, Some(_)) => return Err(Refusal::Stale),
            (AdjustmentChange::AddParts { parts }, Some(flag)) => {
                flag.add(parts, &self.earlier, by)?
            }
            (
                AdjustmentChange::RemovePart {
                    part,
                    reason,
                    comment,
                },
                Some(flag),
            ) => {
                let found = flag
                    .parts
                    .iter_mut()
                    .find(|candidate| candidate.id == *part && candidate.removed.is_none())
                    .ok_or_else(|| invalid("part", "This part was already removed"))?;
                found.removed = Some(removal(*reason, comment, by));
            }
            (AdjustmentChange::RemoveFlag { reason, comment }, current @ Some(_)) => {
                if let Some(mut flag) = current.take() {
                    for part in flag.parts.iter_mut().filter(|part| part.removed.is_none()) {
                        part.removed = Some(removal(*reason, comment, by));
                    }
                    flag.removed = Some(removal(*reason, comment, by));
                    next.earlier.push(flag);
                }
            }
            (
                AdjustmentChange::AddParts { .. }
                | AdjustmentChange::RemovePart { .. }
                | AdjustmentChange::RemoveFlag { .. },
                None,
            ) => {
                return Err(invalid(
                    "flag",
                    "There is no reasonable adjustment flag to change",
                ));
            }
        }
        Ok(next)
    }
}

fn removal(reason: RemovalReason, comment: &str, by: &Provenance) -> Removal {
    Removal {
        reason,
        comment: comment.trim().to_owned(),
        by: by.clone(),
    }
}

fn invalid(field: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![FieldError::new(field, message)])
}

impl Flag {
    /// Adds parts that are not on the flag yet, and whose names no flag has used.
    fn add(&mut self, parts: &[NewPart], earlier: &[Self], by: &Provenance) -> Result<(), Refusal> {
        for new in parts {
            let named = |flag: &Self| flag.parts.iter().any(|part| part.id == new.id);
            if named(self)
                || earlier.iter().any(named)
                || self
                    .current_parts()
                    .any(|part| part.detail.says_the_same(&new.detail))
            {
                return Err(invalid("parts", "This is already on the flag"));
            }
            self.parts.push(Part {
                id: new.id,
                detail: new.detail.clone(),
                recorded: by.clone(),
                removed: None,
            });
        }
        Ok(())
    }
}

impl AdjustmentChange {
    /// Whether it takes away the last of what is on the flag, as the record stands: then the flag is
    /// removed, whatever the change is called.
    pub fn empties(&self, now: &AdjustmentRecord) -> bool {
        let Some(flag) = &now.current else {
            return false;
        };
        match self {
            Self::Create { .. } | Self::AddParts { .. } => false,
            Self::RemovePart { part, .. } => {
                let mut parts = flag.current_parts();
                parts.next().is_some_and(|one| one.id == *part) && parts.next().is_none()
            }
            Self::RemoveFlag { .. } => true,
        }
    }

    /// What is incomplete about it, whatever the record. Fields: `equality-act`, `impairments`,
    /// `adjustments`, `parts`, `comment`.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        match self {
            Self::Create {
                equality_act,
                parts,
                ..
            } => {
                if !equality_act {
                    problems.push(FieldError::new(
                        "equality-act",
                        "Confirm that the patient is disabled under the Equality Act 2010",
                    ));
                }
                let any =
                    |wanted: fn(&Detail) -> bool| parts.iter().any(|part| wanted(&part.detail));
                if !any(|detail| matches!(detail, Detail::Impairment { .. })) {
                    problems.push(FieldError::new(
                        "impairments",
                        "Select at least one impairment",
                    ));
                }
                if !any(|detail| matches!(detail, Detail::Adjustment { .. })) {
                    problems.push(FieldError::new(
                        "adjustments",
                        "Add at least one adjustment",
                    ));
                }
                problems.extend(parts.iter().flat_map(|part| part.detail.problems("parts")));
            }
            Self::AddParts { parts } => {
                if parts.is_empty() {
                    problems.push(FieldError::new("parts", "Add at least one part"));
                }
                problems.extend(parts.iter().flat_map(|part| part.detail.problems("parts")));
            }
            Self::RemovePart { comment, .. } | Self::RemoveFlag { comment, .. } => {
                if comment.trim().is_empty() {
                    problems.push(FieldError::new(
                        "comment",
                        "Enter a comment on why you are removing this",
                    ));
                } else if comment.chars().count() > LONGEST_TEXT {
                    problems.push(FieldError::new(
                        "comment",
                        format!("Comment must be {LONGEST_TEXT} characters or fewer"),
                    ));
                }
            }
        }
        problems
    }
}

// What was written about a patient, and by whom, must not reach a log by accident.
crate::hidden_debug!(
    Detail,
    NewPart,
    Part,
    Removal,
    Flag,
    AdjustmentRecord,
    AdjustmentChange,
    Provenance
);
