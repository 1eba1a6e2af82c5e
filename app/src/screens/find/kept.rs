//! What was typed and answered, for the way back from a record and from one search to another. In
//! memory only, in this tab only, for one person in one role, and not for long.

use super::Answered;
use crate::device::device;
use crate::session::Session;
use domain::ids::{PersonId, RoleId};
use domain::search::{AdvancedForm, SearchForm, SearchKind};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

/// After this a list of patients has to be asked for again.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(15);

/// What has been typed, in whichever form: the advanced form has the fields of them all but one.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) nhs_number: String,
    pub(super) details: AdvancedForm,
}

impl Draft {
    /// Takes over what that form has, and leaves the rest.
    fn take(&mut self, form: SearchForm) {
        let details = &mut self.details;
        match form {
            SearchForm::NhsNumber(form) => self.nhs_number = form.nhs_number,
            SearchForm::Basic(form) => {
                // "Search all" cannot be chosen there: leave it, until something else is.
                if !form.gender.is_empty() {
                    details.gender = form.gender;
                }
                details.family = form.family;
                details.birth = form.birth;
            }
            SearchForm::Advanced(form) => *details = *form,
            SearchForm::Postcode(form) => {
                details.postcode = form.postcode;
                details.given = form.given;
                details.family = form.family;
                details.birth = form.birth;
            }
        }
    }
}

#[derive(Default)]
struct Memory {
    draft: Draft,
    answer: Option<(SearchKind, Answered, Option<Timestamp>)>,
}

/// The memory of this tab.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    memory: StoredValue<Memory>,
    round: RwSignal<u32>,
}

impl Kept {
    /// The one of this tab. It outlives the screens, and is emptied when the person or the role is
    /// another.
    pub(super) fn here(session: Session) -> Self {
        if let Some(kept) = use_context::<Self>() {
            return kept;
        }
        let provide = || {
            let kept = Self {
                memory: StoredValue::new(Memory::default()),
                round: RwSignal::new(0),
            };
            provide_context(kept);
            Effect::new(move |before: Option<Option<(PersonId, Option<RoleId>)>>| {
                let now = session
                    .signed_in()
                    .map(|signed_in| (signed_in.person.id, signed_in.role.map(|role| role.id)));
                if before.is_some_and(|before| before != now) {
                    kept.forget();
                }
                now
            });
            kept
        };
        match root() {
            Some(root) => root.with(provide),
            None => provide(),
        }
    }

    /// What was typed so far.
    pub(super) fn draft(self) -> Draft {
        self.memory.with_value(|memory| memory.draft.clone())
    }

    /// Something was typed.
    pub(super) fn typed(self, form: SearchForm) {
        self.memory.update_value(|memory| memory.draft.take(form));
    }

    /// An answer came.
    pub(super) fn keep(self, kind: SearchKind, answered: Answered) {
        let now = device().map(|device| device.now());
        self.memory
            .update_value(|memory| memory.answer = Some((kind, answered, now)));
    }

    /// The last answer, where it came to that search and is fresh.
    pub(super) fn answer(self, kind: SearchKind) -> Option<Answered> {
        let now = device().map(|device| device.now());
        self.memory.with_value(|memory| {
            let (of, answered, at) = memory.answer.as_ref()?;
            (*of == kind && fresh((*at)?, now?)).then(|| answered.clone())
        })
    }

    /// The answer is no longer wanted; what was typed is.
    pub(super) fn forget_answer(self) {
        self.memory.update_value(|memory| memory.answer = None);
    }

    /// Begins anew.
    pub(super) fn forget(self) {
        self.memory
            .update_value(|memory| *memory = Memory::default());
        self.round.update(|round| *round += 1);
    }

    /// How often it began anew. Reactive where it is read.
    pub(super) fn round(self) -> u32 {
        self.round.get()
    }
}

/// A clock that was turned back makes nothing fresh.
fn fresh(at: Timestamp, now: Timestamp) -> bool {
    (SignedDuration::ZERO..=FRESH_FOR).contains(&now.duration_since(at))
}

/// The owner of the whole app: what it holds is there as long as the tab.
fn root() -> Option<Owner> {
    let mut owner = Owner::current()?;
    while let Some(parent) = owner.parent() {
        owner = parent;
    }
    Some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::search::{BasicForm, DateFields, NhsNumberForm, PostcodeForm};

    fn birth() -> DateFields {
        DateFields {
            day: "27".into(),
            month: "3".into(),
            year: "1948".into(),
        }
    }

    #[test]
    fn what_was_typed_follows_to_the_other_searches() {
        let mut draft = Draft::default();
        draft.take(SearchForm::Basic(BasicForm {
            gender: "female".into(),
            family: "Smith".into(),
            birth: birth(),
        }));
        draft.take(SearchForm::NhsNumber(NhsNumberForm {
            nhs_number: "999".into(),
        }));
        assert_eq!(draft.details.gender, "female");
        assert_eq!(draft.details.family, "Smith");
        assert!(draft.details.birth == birth());
        draft.take(SearchForm::Postcode(PostcodeForm {
            postcode: "LS1 4AP".into(),
            family: "Smyth".into(),
            ..PostcodeForm::default()
        }));
        assert_eq!(draft.details.postcode, "LS1 4AP");
        assert_eq!(draft.details.family, "Smyth");
        assert!(draft.details.birth.is_empty());
        assert_eq!(draft.nhs_number, "999");
    }

    #[test]
    fn an_answer_is_fresh_for_a_while_and_never_from_the_future() -> Result<(), jiff::Error> {
        let at: Timestamp = "2026-11-21T07:15:00Z".parse()?;
        let in_time: Timestamp = "2026-11-21T07:30:00Z".parse()?;
        let late: Timestamp = "2026-11-21T07:30:01Z".parse()?;
        assert!(fresh(at, at) && fresh(at, in_time));
        assert!(!fresh(at, late) && !fresh(in_time, at));
        Ok(())
    }
}
