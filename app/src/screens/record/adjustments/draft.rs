//! What a person has written towards a flag, and the command that it becomes.
//!
//! | flow   | steps in order                                          | next after a step |
//! |--------|---------------------------------------------------------|-------------------|
//! | create | basis, impairments, adjustments, conditions, check      | the next; `check` once it was reached and nothing is missing |
//! | add    | impairments, adjustments, conditions, check             | `check`           |

use domain::FieldError;
use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Category, Detail, ImpairmentKind, LONGEST_TEXT,
    NewPart, Provenance, conditions,
};
use domain::command::Command;
use domain::ids::{CommandId, FlagId, PartId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whether a flag is being created or added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// There is none yet.
    Create,
    /// There is one.
    Add,
}

/// A step of a flow, as in its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// The Equality Act statement, and on what basis the flag is shared.
    Basis,
    /// What the patient finds hard.
    Impairments,
    /// What has to be done differently.
    Adjustments,
    /// What is behind it.
    Conditions,
    /// All of it, to look over and save.
    Check,
}

impl Step {
    /// In the address.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Basis => "basis",
            Self::Impairments => "impairments",
            Self::Adjustments => "adjustments",
            Self::Conditions => "conditions",
            Self::Check => "check",
        }
    }

    /// As people read it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Basis => "Equality Act and basis",
            Self::Impairments => "Impairments",
            Self::Adjustments => "Adjustments",
            Self::Conditions => "Conditions",
            Self::Check => "Check before you save",
        }
    }
}

impl Flow {
    /// Its steps in order.
    pub(crate) fn steps(self) -> &'static [Step] {
        match self {
            Self::Create => &[
                Step::Basis,
                Step::Impairments,
                Step::Adjustments,
                Step::Conditions,
                Step::Check,
            ],
            Self::Add => &[
                Step::Impairments,
                Step::Adjustments,
                Step::Conditions,
                Step::Check,
            ],
        }
    }

    /// The step of that slug.
    pub(crate) fn step(self, slug: &str) -> Option<Step> {
        self.steps()
            .iter()
            .copied()
            .find(|step| step.slug() == slug)
    }

    /// The address of a step within the record.
    pub(crate) fn path(self, step: Step) -> String {
        let flow = match self {
            Self::Create => "new",
            Self::Add => "add",
        };
        format!("/adjustments/{flow}/{}", step.slug())
    }

    /// Where "Back" leads from a step.
    pub(crate) fn back(self, step: Step) -> String {
        let before = self
            .steps()
            .iter()
            .copied()
            .take_while(|other| *other != step)
            .last();
        match (self, before) {
            (Self::Create, Some(before)) => self.path(before),
            (Self::Add, _) | (Self::Create, None) => "/adjustments".to_owned(),
        }
    }
}

/// An impairment as the form has it: the note stays when the tick goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticked {
    /// Which.
    pub(crate) kind: ImpairmentKind,
    /// It is ticked.
    pub(crate) on: bool,
    /// In the recorder's words.
    pub(crate) note: String,
}

/// An adjustment or a condition that was picked or written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Picked {
    /// Names it within the draft, for its fields in the form.
    pub(crate) key: u32,
    /// A code of the list, or `None` for words of one's own.
    pub(crate) code: Option<String>,
    /// The term of the code, or the words.
    pub(crate) text: String,
    /// Where the list has the term, for an adjustment of the list.
    pub(crate) category: Option<Category>,
    /// In the recorder's words; conditions have none.
    pub(crate) note: String,
}

impl Picked {
    fn same_as(&self, code: Option<&str>, text: &str) -> bool {
        self.code.as_deref() == code
            && (code.is_some() || self.text.trim().to_lowercase() == text.trim().to_lowercase())
    }
}

/// What is picked in one of the two steps with a list, and what was written and not yet added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Picks {
    /// In the order of picking.
    pub(crate) list: Vec<Picked>,
    /// In the field for words of one's own.
    pub(crate) own: String,
    next: u32,
}

impl Picks {
    /// Adds it. `false` where it is there already.
    pub(crate) fn add(
        &mut self,
        code: Option<&str>,
        text: &str,
        category: Option<Category>,
    ) -> bool {
        if self.has(code, text) {
            return false;
        }
        self.next += 1;
        self.list.push(Picked {
            key: self.next,
            code: code.map(str::to_owned),
            text: text.trim().to_owned(),
            category,
            note: String::new(),
        });
        true
    }

    /// Whether it is there already.
    pub(crate) fn has(&self, code: Option<&str>, text: &str) -> bool {
        self.list.iter().any(|picked| picked.same_as(code, text))
    }

    /// Takes it away.
    pub(crate) fn remove(&mut self, key: u32) {
        self.list.retain(|picked| picked.key != key);
    }

    /// Adds what stands in the field for words of one's own. `false` where that is there already.
    pub(crate) fn add_own(&mut self) -> bool {
        let own = std::mem::take(&mut self.own);
        own.trim().is_empty() || self.add(None, &own, None)
    }

    /// Takes the notes as they are in the form.
    pub(crate) fn take_notes(&mut self, note: &dyn Fn(u32) -> String) {
        for picked in &mut self.list {
            picked.note = note(picked.key);
        }
    }
}

/// What a person has written so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// The Equality Act statement is ticked.
    pub(crate) confirmed: bool,
    /// On what basis.
    pub(crate) basis: Option<Basis>,
    /// Impairments with a tick or a note.
    pub(crate) impairments: Vec<Ticked>,
    /// Adjustments.
    pub(crate) adjustments: Picks,
    /// Conditions.
    pub(crate) conditions: Picks,
}

impl Draft {
    /// Takes the impairments as they are in the form.
    pub(crate) fn take_impairments(
        &mut self,
        ticked: &[String],
        note: &dyn Fn(ImpairmentKind) -> String,
    ) {
        self.impairments = ImpairmentKind::ALL
            .iter()
            .map(|kind| Ticked {
                kind: *kind,
                on: ticked.iter().any(|code| code == kind.code()),
                note: note(*kind),
            })
            .filter(|impairment| impairment.on || !impairment.note.is_empty())
            .collect();
    }

    /// What is wrong with a step in that flow. Fields are those of the step's form.
    pub(crate) fn problems(&self, flow: Flow, step: Step) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut wrong =
            |field: &str, message: String| problems.push(FieldError::new(field, message));
        let too_long = |text: &str| text.chars().count() > LONGEST_TEXT;
        let creating = flow == Flow::Create;
        match step {
            Step::Basis => {
                if !self.confirmed {
                    wrong(
                        "equality-act",
                        "Confirm that the patient is disabled under the Equality Act 2010".into(),
                    );
                }
                if self.basis.is_none() {
                    wrong("basis", "Select the basis for sharing the flag".into());
                }
            }
            Step::Impairments => {
                if creating && !self.impairments.iter().any(|impairment| impairment.on) {
                    wrong("impairments", "Select at least one impairment".into());
                }
                for impairment in self.impairments.iter().filter(|impairment| impairment.on) {
                    let field = format!("note-{}", impairment.kind.code());
                    if impairment.kind == ImpairmentKind::Other && impairment.note.trim().is_empty()
                    {
                        wrong(&field, "Say what the other impairment is".into());
                    } else if too_long(&impairment.note) {
                        wrong(
                            &field,
                            format!("Note must be {LONGEST_TEXT} characters or fewer"),
                        );
                    }
                }
            }
            Step::Adjustments | Step::Conditions => {
                let (picks, what) = if step == Step::Adjustments {
                    (&self.adjustments, "Adjustment")
                } else {
                    (&self.conditions, "Condition")
                };
                if creating && step == Step::Adjustments && picks.list.is_empty() {
                    wrong("adjustments", "Add at least one adjustment".into());
                }
                for picked in &picks.list {
                    if too_long(&picked.text) {
                        wrong(
                            "own",
                            format!("{what} must be {LONGEST_TEXT} characters or fewer"),
                        );
                    }
                    if too_long(&picked.note) {
                        wrong(
                            &format!("note-{}", picked.key),
                            format!("Note must be {LONGEST_TEXT} characters or fewer"),
                        );
                    }
                }
            }
            Step::Check => {
                if self.details().is_empty() {
                    wrong("adjustments", "Add at least one part".into());
                }
            }
        }
        problems
    }

    /// The first step before `step` that is not complete: nobody can go past it.
    pub(crate) fn missing(&self, flow: Flow, step: Step) -> Option<Step> {
        if flow == Flow::Add && step == Step::Check && self.details().is_empty() {
            return Some(Step::Adjustments);
        }
        flow.steps()
            .iter()
            .copied()
            .take_while(|before| *before != step)
            .find(|before| !self.problems(flow, *before).is_empty())
    }

    /// What it says, part by part.
    pub(crate) fn details(&self) -> Vec<Detail> {
        let impairments = self
            .impairments
            .iter()
            .filter(|impairment| impairment.on)
            .map(|impairment| Detail::Impairment {
                impairment: impairment.kind,
                note: impairment.note.trim().to_owned(),
            });
        let adjustments = self
            .adjustments
            .list
            .iter()
            .map(|picked| Detail::Adjustment {
                category: picked.category.unwrap_or(Category::Bespoke),
                code: picked.code.clone(),
                text: picked.text.clone(),
                note: picked.note.trim().to_owned(),
            });
        let conditions = self.conditions.list.iter().map(|picked| Detail::Condition {
            name: picked.text.clone(),
            code: picked.code.clone(),
        });
        impairments.chain(adjustments).chain(conditions).collect()
    }

    /// The change to a record as it stands: a new flag where there is none and the basis is known,
    /// else what is not on the flag yet. `None` where there is nothing to do.
    fn change(
        &self,
        record: &AdjustmentRecord,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Option<AdjustmentChange> {
        let details: Vec<_> = self
            .details()
            .into_iter()
            .filter(|detail| record.current.is_none() || !is_recorded(record, detail))
            .collect();
        if details.is_empty() {
            return None;
        }
        let flag = match (&record.current, self.basis) {
            (Some(_), _) => None,
            (None, Some(basis)) => Some((FlagId(new_id()), basis)),
            (None, None) => return None,
        };
        let parts = details
            .into_iter()
            .map(|detail| NewPart {
                id: PartId(new_id()),
                detail,
            })
            .collect();
        Some(match flag {
            Some((flag, basis)) => AdjustmentChange::Create {
                flag,
                basis,
                equality_act: self.confirmed,
                parts,
            },
            None => AdjustmentChange::AddParts { parts },
        })
    }
}

/// Whether the flag says the same already. The record itself decides, by refusing it.
pub(crate) fn is_recorded(record: &AdjustmentRecord, detail: &Detail) -> bool {
    let alone = AdjustmentRecord {
        version: 0,
        current: record.current.clone(),
        earlier: Vec::new(),
    };
    let part = NewPart {
        id: PartId(Uuid::nil()),
        detail: complete(detail),
    };
    let nobody = Provenance {
        person: String::new(),
        role: String::new(),
        organisation: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    record.current.is_some()
        && alone
            .apply(
                0,
                &AdjustmentChange::AddParts { parts: vec![part] },
                &nobody,
            )
            .is_err()
}

/// The detail without what could be refused for another reason than being there already.
fn complete(detail: &Detail) -> Detail {
    let mut detail = detail.clone();
    match &mut detail {
        Detail::Impairment { impairment, note } => {
            if *impairment == ImpairmentKind::Other && note.trim().is_empty() {
                *note = "-".to_owned();
            } else if *impairment != ImpairmentKind::Other {
                note.clear();
            }
        }
        Detail::Condition { name, code } => {
            if code
                .as_deref()
                .and_then(conditions::by_code)
                .is_none_or(|known| known.name != name)
            {
                *code = None;
            }
        }
        Detail::Adjustment { note, .. } => note.clear(),
    }
    detail
}

/// A command that was sent, with what it was made from: sent again unchanged, it keeps its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    draft: Draft,
    command: Command<AdjustmentChange>,
}

/// The draft of one flow, with what became of it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sheet {
    /// What is written.
    pub(crate) draft: Draft,
    /// The last step was reached, so that a changed step leads back there.
    pub(crate) checked: bool,
    /// What was sent, where its fate is not known.
    pub(crate) attempt: Option<Attempt>,
    /// The record as someone else left it meanwhile.
    pub(crate) conflict: Option<AdjustmentRecord>,
}

impl Sheet {
    /// Where to go after a step.
    pub(crate) fn next(&self, flow: Flow, step: Step) -> Step {
        if flow == Flow::Add || (self.checked && self.draft.missing(flow, Step::Check).is_none()) {
            return Step::Check;
        }
        let mut later = flow
            .steps()
            .iter()
            .copied()
            .skip_while(|other| *other != step)
            .skip(1);
        later.next().unwrap_or(Step::Check)
    }

    /// The command for the draft on that record: the one that was sent before where nothing has
    /// changed since, else a new one. `None` where there is nothing to do.
    pub(crate) fn command(
        &mut self,
        record: &AdjustmentRecord,
        now: Timestamp,
        mut new_id: impl FnMut() -> Uuid,
    ) -> Option<Command<AdjustmentChange>> {
        if let Some(attempt) = &self.attempt
            && attempt.draft == self.draft
            && attempt.command.base == record.version
        {
            return Some(attempt.command.clone());
        }
        let change = self.draft.change(record, &mut new_id)?;
        let command = Command {
            id: CommandId(new_id()),
            base: record.version,
            made_at: now,
            change,
        };
        self.attempt = Some(Attempt {
            draft: self.draft.clone(),
            command: command.clone(),
        });
        Some(command)
    }

    /// The command that was sent, where its fate is not known.
    pub(crate) fn sent(&self) -> Option<CommandId> {
        self.attempt.as_ref().map(|attempt| attempt.command.id)
    }

    /// Whether the record shows that the command was done although its answer was lost.
    pub(crate) fn was_done(&self, record: &AdjustmentRecord) -> bool {
        let Some(flag) = &record.current else {
            return false;
        };
        match self.attempt.as_ref().map(|attempt| &attempt.command.change) {
            Some(AdjustmentChange::Create { flag: id, .. }) => flag.id == *id,
            Some(AdjustmentChange::AddParts { parts }) => {
                !parts.is_empty()
                    && parts
                        .iter()
                        .all(|new| flag.parts.iter().any(|part| part.id == new.id))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::adjustment::{Flag, Part, catalogue};

    fn ids() -> impl FnMut() -> Uuid {
        let mut last = 0u128;
        move || {
            last += 1;
            Uuid::from_u128(last)
        }
    }

    fn by() -> Provenance {
        Provenance {
            person: "Priya Nair".into(),
            role: "Paramedic".into(),
            organisation: "Ambulance".into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn bespoke(text: &str) -> Detail {
        Detail::Adjustment {
            category: Category::Bespoke,
            code: None,
            text: text.into(),
            note: String::new(),
        }
    }

    fn record(details: &[Detail]) -> AdjustmentRecord {
        let parts = details
            .iter()
            .zip(1000u128..)
            .map(|(detail, id)| Part {
                id: PartId(Uuid::from_u128(id)),
                detail: detail.clone(),
                recorded: by(),
                removed: None,
            })
            .collect();
        let flag = Flag {
            id: FlagId(Uuid::from_u128(999)),
            basis: Basis::Consent,
            recorded: by(),
            parts,
            removed: None,
        };
        AdjustmentRecord {
            version: 4,
            current: Some(flag),
            earlier: Vec::new(),
        }
    }

    /// Complete for a new flag: hearing, and one bespoke adjustment.
    fn complete_draft() -> Draft {
        let mut draft = Draft {
            confirmed: true,
            basis: Some(Basis::Consent),
            ..Draft::default()
        };
        draft.take_impairments(&["hearing".to_owned()], &|_| String::new());
        assert!(draft.adjustments.add(None, "Write things down", None));
        draft
    }

    fn parts_of(change: Option<AdjustmentChange>) -> Vec<Detail> {
        match change {
            Some(AdjustmentChange::Create { parts, .. } | AdjustmentChange::AddParts { parts }) => {
                parts.into_iter().map(|part| part.detail).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn nobody_goes_past_the_first_step_that_is_missing() {
        let mut draft = Draft::default();
        assert_eq!(draft.missing(Flow::Create, Step::Basis), None);
        assert_eq!(draft.missing(Flow::Create, Step::Check), Some(Step::Basis));
        draft.confirmed = true;
        assert_eq!(draft.missing(Flow::Create, Step::Check), Some(Step::Basis));
        draft.basis = Some(Basis::Consent);
        assert_eq!(
            draft.missing(Flow::Create, Step::Check),
            Some(Step::Impairments)
        );
        assert_eq!(draft.missing(Flow::Create, Step::Impairments), None);
        draft.take_impairments(&["other".to_owned()], &|_| " ".to_owned());
        assert_eq!(
            draft.missing(Flow::Create, Step::Adjustments),
            Some(Step::Impairments)
        );
        draft.take_impairments(&["vision".to_owned()], &|_| String::new());
        assert_eq!(
            draft.missing(Flow::Create, Step::Check),
            Some(Step::Adjustments)
        );
        draft.adjustments.add(None, "Large print", None);
        assert_eq!(draft.missing(Flow::Create, Step::Check), None);
    }

    #[test]
    fn adding_needs_one_part_of_any_kind() {
        let mut draft = Draft::default();
        assert_eq!(draft.missing(Flow::Add, Step::Conditions), None);
        assert_eq!(
            draft.missing(Flow::Add, Step::Check),
            Some(Step::Adjustments)
        );
        draft.conditions.add(None, "Rare disease", None);
        assert_eq!(draft.missing(Flow::Add, Step::Check), None);
    }

    #[test]
    fn a_changed_step_leads_back_to_the_check() {
        let mut sheet = Sheet {
            draft: complete_draft(),
            ..Sheet::default()
        };
        assert_eq!(sheet.next(Flow::Create, Step::Basis), Step::Impairments);
        sheet.checked = true;
        assert_eq!(sheet.next(Flow::Create, Step::Basis), Step::Check);
        sheet.draft.impairments.clear();
        assert_eq!(sheet.next(Flow::Create, Step::Basis), Step::Impairments);
        assert_eq!(sheet.next(Flow::Add, Step::Adjustments), Step::Check);
    }

    #[test]
    fn back_leads_a_step_back_or_out() {
        assert_eq!(Flow::Create.back(Step::Basis), "/adjustments");
        assert_eq!(
            Flow::Create.back(Step::Check),
            "/adjustments/new/conditions"
        );
        assert_eq!(Flow::Add.back(Step::Check), "/adjustments");
    }

    #[test]
    fn a_note_outlives_its_tick_and_is_not_sent() {
        let mut draft = complete_draft();
        draft.take_impairments(&["hearing".to_owned()], &|kind| {
            if kind == ImpairmentKind::Vision {
                "left eye".to_owned()
            } else {
                String::new()
            }
        });
        assert!(
            draft
                .impairments
                .iter()
                .any(|ticked| !ticked.on && ticked.note == "left eye")
        );
        assert!(!draft.details().iter().any(|detail| matches!(
            detail,
            Detail::Impairment {
                impairment: ImpairmentKind::Vision,
                ..
            }
        )));
    }

    #[test]
    fn a_draft_becomes_a_change_that_the_record_accepts() {
        let mut sheet = Sheet {
            draft: complete_draft(),
            ..Sheet::default()
        };
        let term = catalogue::all().first().copied();
        if let Some(term) = term {
            assert!(sheet.draft.adjustments.add(
                Some(term.code),
                term.display,
                Some(term.category)
            ));
            assert!(
                !sheet
                    .draft
                    .adjustments
                    .add(Some(term.code), term.display, Some(term.category)),
                "twice"
            );
        }
        sheet.draft.conditions.own = "Something rare".into();
        assert!(sheet.draft.conditions.add_own());
        let record = AdjustmentRecord::default();
        let command = sheet.command(&record, Timestamp::UNIX_EPOCH, ids());
        let applied =
            command.and_then(|command| record.apply(command.base, &command.change, &by()).ok());
        let flag = applied.as_ref().and_then(|record| record.current.as_ref());
        assert_eq!(flag.map(|flag| flag.parts.len()), Some(4));
        assert!(applied.is_some_and(|applied| sheet.was_done(&applied)));
    }

    #[test]
    fn the_same_draft_keeps_its_command_and_another_gets_its_own() {
        let mut sheet = Sheet {
            draft: complete_draft(),
            ..Sheet::default()
        };
        let record = AdjustmentRecord::default();
        let mut new_id = ids();
        let first = sheet.command(&record, Timestamp::UNIX_EPOCH, &mut new_id);
        let again = sheet.command(&record, Timestamp::MAX, &mut new_id);
        assert!(first.is_some() && first == again);
        sheet.draft.basis = Some(Basis::BestInterest);
        let changed = sheet.command(&record, Timestamp::UNIX_EPOCH, &mut new_id);
        assert_ne!(
            first.map(|command| command.id),
            changed.map(|command| command.id)
        );
    }

    #[test]
    fn after_a_conflict_only_what_is_new_is_added() {
        let mut draft = complete_draft();
        draft.adjustments.add(None, "Home visit", None);
        let recorded = record(&[
            bespoke("write things down "),
            Detail::Impairment {
                impairment: ImpairmentKind::Hearing,
                note: "left ear".into(),
            },
        ]);
        let change = draft.change(&recorded, &mut ids());
        assert!(matches!(change, Some(AdjustmentChange::AddParts { .. })));
        assert_eq!(parts_of(change), [bespoke("Home visit")]);
    }

    #[test]
    fn after_a_conflict_there_may_be_nothing_to_add() {
        let draft = complete_draft();
        let recorded = record(&draft.details());
        assert_eq!(draft.change(&recorded, &mut ids()), None);
    }

    #[test]
    fn a_flag_that_was_removed_meanwhile_is_created_only_with_a_basis() {
        let gone = AdjustmentRecord {
            version: 7,
            ..AdjustmentRecord::default()
        };
        assert!(matches!(
            complete_draft().change(&gone, &mut ids()),
            Some(AdjustmentChange::Create { .. })
        ));
        let without = Draft {
            basis: None,
            ..complete_draft()
        };
        assert_eq!(without.change(&gone, &mut ids()), None);
    }

    #[test]
    fn what_was_removed_can_be_recorded_again() {
        let mut recorded = record(&[bespoke("Quiet room")]);
        assert!(is_recorded(&recorded, &bespoke("quiet room")));
        if let Some(part) = recorded
            .current
            .as_mut()
            .and_then(|flag| flag.parts.first_mut())
        {
            part.removed = Some(domain::adjustment::Removal {
                reason: domain::adjustment::RemovalReason::NoLongerApplies,
                comment: "moved".into(),
                by: by(),
            });
        }
        assert!(!is_recorded(&recorded, &bespoke("quiet room")));
        assert!(!is_recorded(
            &AdjustmentRecord::default(),
            &bespoke("quiet room")
        ));
    }

    #[test]
    fn a_code_counts_as_recorded_whatever_its_note() {
        let Some(term) = catalogue::all().first() else {
            return;
        };
        let detail = |note: &str| Detail::Adjustment {
            category: term.category,
            code: Some(term.code.into()),
            text: term.display.into(),
            note: note.into(),
        };
        assert!(is_recorded(&record(&[detail("one")]), &detail("two")));
    }
}
