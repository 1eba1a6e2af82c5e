//! What a screen reads from the service when it opens.

use crate::components::button::Progress;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::problem::Problem;
use leptos::prelude::*;

/// Something that a screen reads from the service when it opens.
pub struct Loaded<T: 'static> {
    /// What was read.
    pub value: RwSignal<Option<T>>,
    /// The asking.
    pub work: Work,
    /// What is in the way.
    pub trouble: Trouble,
}

impl<T> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loaded<T> {}

impl<T: Clone + Send + Sync + 'static> Default for Loaded<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Send + Sync + 'static> Loaded<T> {
    /// Nothing was asked yet.
    pub fn new() -> Self {
        Self {
            value: RwSignal::new(None),
            work: Work::new(),
            trouble: Trouble::new(),
        }
    }

    /// Asks for it. What there is stays until the answer is here.
    pub fn ask(self, asked: impl Future<Output = Result<T, Problem>> + 'static) {
        self.ask_then(asked, || ());
    }

    /// The same, and what to do once it is shown.
    pub fn ask_then(
        self,
        asked: impl Future<Output = Result<T, Problem>> + 'static,
        then: impl FnOnce() + 'static,
    ) {
        self.trouble.clear();
        self.work.latest(asked, move |answer| match answer {
            Ok(value) => {
                self.value.set(Some(value));
                then();
            }
            Err(problem) => self.trouble.take(problem),
        });
    }

    /// What was read, or that it is being read, or what is in the way.
    pub fn view(
        self,
        text: &'static str,
        again: Callback<()>,
        show: impl Fn(T) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        view! {
            <TroubleView trouble=self.trouble again />
            {move || match self.value.get() {
                Some(value) => show(value),
                None if self.trouble.problem.with(Option::is_none) => {
                    view! { <Progress text /> }.into_any()
                }
                None => ().into_any(),
            }}
        }
        .into_any()
    }
}
