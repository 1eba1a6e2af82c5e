//! Who is on the visit list, as far as this page knows: what the service said last, and what the
//! person did since.

use crate::session::Session;
use domain::NhsNumber;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// In the memory of the page only, for one person in one role.
#[derive(Clone, Copy)]
pub struct Listed(RwSignal<BTreeMap<NhsNumber, bool>>);

impl Listed {
    /// Nothing is known yet; and nothing of it once another person works, or in another role.
    pub(super) fn of(session: Session) -> Self {
        let listed = Self(RwSignal::new(BTreeMap::new()));
        Effect::new(move |before: Option<_>| {
            let now = session
                .signed_in()
                .map(|person| (person.person.id, person.role.map(|role| role.id)));
            if before.is_some_and(|before| before != now) {
                listed.0.update(BTreeMap::clear);
            }
            now
        });
        listed
    }

    /// Whether the patient is on it. Reactive.
    pub fn has(self, patient: NhsNumber) -> bool {
        self.0
            .with(|listed| listed.get(&patient).copied().unwrap_or_default())
    }

    /// That the patient is on it, or is not.
    pub fn note(self, patient: NhsNumber, there: bool) {
        let known = self
            .0
            .try_with_untracked(|listed| listed.get(&patient) == Some(&there));
        if known == Some(false) {
            self.0.update(|listed| {
                listed.insert(patient, there);
            });
        }
    }
}
