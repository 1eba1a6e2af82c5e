//! Sending a change, and what can become of it.

use super::super::RecordFrame;
use super::super::reading::progress;
use crate::api::offline::{Delivery, Target, deliver};
use crate::components::form::Errors;
use crate::components::notice::focus_soon;
use crate::components::problem::{ProblemView, reference};
use crate::components::work::Work;
use crate::problem::{Kind, Problem};
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::command::{Command, Receipt};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// A change on its way.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    frame: RecordFrame,
    work: Work,
    failed: RwSignal<Option<Problem>>,
    errors: Errors,
    leave: Callback<()>,
}

impl Sending {
    /// Nothing is sent yet. `errors` are those of the form on the page.
    pub(super) fn new(frame: RecordFrame, errors: Errors) -> Self {
        let navigate = use_navigate();
        let leave = Callback::new(move |()| {
            // The form is done with: going back must not lead into it again.
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            navigate(&frame.path_now("/adjustments"), options);
        });
        Self {
            frame,
            work: Work::new(),
            failed: RwSignal::new(None),
            errors,
            leave,
        }
    }

    /// Whether it is under way.
    pub(super) fn pending(self) -> bool {
        self.work.pending()
    }

    /// As [`Self::pending`], for handlers.
    pub(super) fn busy(self) -> bool {
        self.work.busy()
    }

    /// Whether it was sent in vain, and can be sent again as it is.
    pub(super) fn may_retry(self) -> bool {
        self.failed
            .with(|failed| failed.as_ref().is_some_and(Problem::retryable))
    }

    /// Leads to the adjustments with that message of success.
    pub(super) fn done(self, saved: &'static str) {
        self.frame.saved.set(Some(saved.to_owned()));
        self.leave.run(());
    }

    /// Sends it, once at a time. Then leads to the adjustments with that message, or gives the
    /// record as someone else left it.
    pub(super) fn send(
        self,
        command: Command<AdjustmentChange>,
        saved: impl FnOnce() -> &'static str + 'static,
        conflict: impl FnOnce(AdjustmentRecord) + 'static,
    ) {
        let Some(asked) = self.frame.asks_now() else {
            return;
        };
        if self.work.busy() {
            return;
        }
        self.failed.set(None);
        self.errors.set(Vec::new());
        let delivery = Delivery {
            target: Target::Context(asked.key.context),
            command,
        };
        self.work.once(deliver(delivery), move |answer| {
            if !self.frame.still(asked) {
                return;
            }
            match answer {
                Ok(Receipt::Applied(_)) => self.done(saved()),
                Ok(Receipt::Conflict(record)) => {
                    conflict(record);
                    focus_soon("maincontent");
                }
                Err(problem) => match problem.kind {
                    Kind::Invalid(found) => self.errors.set(found),
                    _ => self.failed.set(Some(problem)),
                },
            }
        });
    }

    /// What stands above the button: that it is being saved, or why it is not yet.
    pub(super) fn state(self) -> AnyView {
        (move || {
            if self.pending() {
                return progress("Saving");
            }
            self.failed
                .get()
                .map_or_else(|| ().into_any(), |problem| self.not_saved(problem))
        })
        .into_any()
    }

    fn not_saved(self, problem: Problem) -> AnyView {
        let frame = self.frame;
        if problem.retryable() {
            return view! {
                <div class="ncrs-problem" role="alert">
                    <h2 class="nhsuk-heading-m">"Not saved yet"</h2>
                    <p class="nhsuk-body">{problem.title()} ". " {problem.advice()}</p>
                    {reference(&problem)}
                </div>
            }
            .into_any();
        }
        let see = (problem.kind == Kind::CommandReused).then(|| {
            view! { <p class="nhsuk-body"><a class="nhsuk-link" href=frame.path_now("/adjustments")>"See what is recorded"</a></p> }
        });
        view! {
            <ProblemView problem />
            {see}
        }
        .into_any()
    }
}
