//! Sending a change, and what can become of it.

use super::super::RecordFrame;
use super::super::reading::progress;
use crate::components::form::Errors;
use crate::components::notice::focus_soon;
use crate::components::passkey::not_opened;
use crate::components::problem::{ProblemView, reference};
use crate::components::work::Work;
use crate::keeping::{NotKept, Sent};
use crate::problem::{Kind, Problem};
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::command::Command;
use domain::ids::CommandId;
use domain::outbox::Decision;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// A change on its way.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    frame: RecordFrame,
    work: Work,
    failed: RwSignal<Option<NotKept>>,
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
        self.failed.with(|failed| match failed {
            Some(NotKept::Service(problem)) => problem.retryable(),
            Some(NotKept::Device(_)) => true,
            None => false,
        })
    }

    /// Leads to the adjustments with that message of success.
    pub(super) fn done(self, saved: &'static str) {
        self.frame.saved.set(Some(saved.to_owned()));
        self.leave.run(());
    }

    /// Makes the change, once at a time: it is kept on the device, then sent. Leads to the adjustments
    /// with that message, or gives the record as someone else left it. `before` is the change that
    /// this one replaces, if that came to nothing.
    pub(super) fn send(
        self,
        command: Command<AdjustmentChange>,
        before: Option<CommandId>,
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
        let frame = self.frame;
        let sending = async move {
            match frame.keeping.engine().await {
                Some(engine) => {
                    engine
                        .submit(asked.key.context, frame.patient_now(), command, before)
                        .await
                }
                None => Err(NotKept::Service(Problem::new(Kind::Unreachable))),
            }
        };
        self.work.once(sending, move |answer| {
            if !self.frame.still(asked) {
                return;
            }
            match answer {
                Ok(Sent::Applied) => self.done(saved()),
                Ok(Sent::Kept) => {
                    saved();
                    self.done(
                        "Saved on this device. It is sent as soon as the service can be reached.",
                    );
                }
                Ok(Sent::Conflict(record)) => {
                    conflict(*record);
                    focus_soon("maincontent");
                }
                Ok(Sent::Refused(problem)) | Err(NotKept::Service(problem)) => match problem.kind {
                    Kind::Invalid(found) => self.errors.set(found),
                    _ => self.failed.set(Some(NotKept::Service(problem))),
                },
                Err(none) => self.failed.set(Some(none)),
            }
        });
    }

    /// What was sent came to nothing, and is not wanted any more.
    pub(super) fn give_up(self, sent: CommandId) {
        let keeping = self.frame.keeping;
        leptos::task::spawn_local(async move {
            if let Some(engine) = keeping.engine().await {
                // Where there is nothing to decide about any more, all is well.
                let _ = engine.decide(sent, Decision::KeepTheirs).await;
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
                .map_or_else(|| ().into_any(), |why| self.not_saved(why))
        })
        .into_any()
    }

    fn not_saved(self, why: NotKept) -> AnyView {
        let frame = self.frame;
        let problem = match why {
            NotKept::Service(problem) => problem,
            NotKept::Device(none) => {
                let (title, advice) = not_opened(none);
                return view! {
                    <div class="ncrs-problem" role="alert">
                        <h2 class="nhsuk-heading-m">"Not saved"</h2>
                        <p class="nhsuk-body">{title} ". " {advice}</p>
                        <p class="nhsuk-body">"The service could not be reached either. What you wrote is still here."</p>
                    </div>
                }
                .into_any();
            }
        };
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
