//! Reading a part of the record, and what is on the screen meanwhile.
//!
//! | the patient is   | the service answers    | too late, or not at all             | it refuses |
//! |------------------|------------------------|-------------------------------------|------------|
//! | not saved here   | that is shown          | the problem, with a way on          | why        |
//! | saved here       | that is shown          | the saved copy, after 2 seconds at most; a late answer takes its place | why |

use super::parts::source_line;
use super::{Asked, RecordFrame, now};
use crate::api::ContextKey;
use crate::api::records::{self, AdjustmentsView, RecordOverview};
use crate::components::button::Progress;
use crate::components::problem::ProblemView;
use crate::components::work::Work;
use crate::device::Later;
use crate::keeping::{Engine, Safe, Saved};
use crate::problem::{Kind, Problem};
use domain::Sourced;
use domain::device_log::Part;
use domain::patient::{InContext, Patient};
use domain::permission::Gate;
use domain::sourced::Source;
use leptos::prelude::*;
use std::rc::Rc;
use std::sync::Arc;

/// How long the service is waited for where a saved copy is there, in milliseconds.
const PATIENCE: u32 = 2_000;

type State<T> = Option<Result<Sourced<T>, Problem>>;

/// A part of the record, wherever it comes from.
struct What<T> {
    /// Asks the service.
    call: fn(ContextKey) -> Later<Result<InContext<T>, Problem>>,
    /// Takes it from what is saved.
    saved: fn(&Saved) -> T,
    /// As what the look is written down, where it is one.
    part: Option<Part>,
    /// Puts on top what was changed on this device and not sent yet.
    on_top: fn(RecordFrame, T) -> T,
}

impl<T> Clone for What<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for What<T> {}

/// The overview.
pub(super) fn overview(frame: RecordFrame) -> Reading<RecordOverview> {
    read(
        frame,
        What {
            call: |key| Box::pin(records::overview(key)),
            saved: Saved::overview,
            part: Some(Part::Overview),
            on_top: |frame, overview| match &overview.adjustments {
                None => overview,
                Some(record) => {
                    let record = frame.with_changes(record);
                    RecordOverview {
                        flag: record.current.is_some(),
                        adjustments: record.current.is_some().then_some(record),
                        ..overview
                    }
                }
            },
        },
    )
}

/// The patient's details.
pub(super) fn details(frame: RecordFrame) -> Reading<Patient> {
    read(
        frame,
        What {
            call: |key| Box::pin(records::patient_details(key)),
            saved: |saved| saved.visit.overview.patient.clone(),
            part: Some(Part::Details),
            on_top: |_, patient| patient,
        },
    )
}

/// What stands before the summary.
pub(super) fn gate(frame: RecordFrame) -> Reading<Gate> {
    read(
        frame,
        What {
            call: |key| Box::pin(records::summary_gate(key)),
            saved: |saved| saved.visit.overview.gate.clone(),
            part: None,
            on_top: |_, gate| gate,
        },
    )
}

/// The reasonable adjustments.
pub(super) fn adjustments(frame: RecordFrame) -> Reading<AdjustmentsView> {
    read(
        frame,
        What {
            call: |key| Box::pin(records::adjustments(key)),
            saved: Saved::adjustments,
            part: Some(Part::Adjustments),
            on_top: |frame, view| match &view.record {
                None => view,
                Some(record) => {
                    let record = frame.with_changes(record);
                    AdjustmentsView {
                        flag: record.current.is_some(),
                        record: Some(record),
                        ..view
                    }
                }
            },
        },
    )
}

/// A part of the record that is being read, was read, or could not be.
pub(super) struct Reading<T: Send + Sync + 'static> {
    frame: RecordFrame,
    state: RwSignal<State<T>>,
    again: RwSignal<u32>,
    on_top: StoredValue<fn(RecordFrame, T) -> T>,
}

impl<T: Send + Sync + 'static> Clone for Reading<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Reading<T> {}

/// Reads it now, and again for each other patient, person or role. Nothing is read on the server.
fn read<T: Clone + PartialEq + Send + Sync + 'static>(
    frame: RecordFrame,
    what: What<T>,
) -> Reading<T> {
    let reading = Reading {
        frame,
        state: RwSignal::new(None),
        again: RwSignal::new(0),
        on_top: StoredValue::new(what.on_top),
    };
    let work = Work::new();
    Effect::new(move |before: Option<(u32, Option<Asked>)>| {
        let now = (reading.again.get(), frame.asks());
        // When only the connection came back, what is shown stays until the answer is there.
        frame.keeping.back();
        if before != Some(now) {
            reading.state.set(None);
        }
        work.forget();
        if let Some(asked) = now.1 {
            work.latest(ask(reading, what, asked), move |answer| {
                reading.take(asked, answer);
            });
        }
        now
    });
    // What is saved was opened meanwhile: it may stand in for what could not be read.
    Effect::new(move || {
        let failed = |state: &State<T>| matches!(state, Some(Err(problem)) if problem.falls_back());
        if frame.keeping.safe() == Safe::Open && reading.state.with_untracked(failed) {
            reading.again();
        }
    });
    reading
}

/// What came of asking: the answer, or that the saved copy was shown instead.
type Answer<T> = Option<Result<InContext<T>, Problem>>;

async fn ask<T: Clone + PartialEq + Send + Sync + 'static>(
    reading: Reading<T>,
    what: What<T>,
    asked: Asked,
) -> Answer<T> {
    let keeping = reading.frame.keeping;
    let engine = keeping.engine().await;
    let saved = engine
        .as_ref()
        .and_then(|engine| engine.saved_of(asked.key.context));
    let (Some(engine), Some(saved)) = (engine.clone(), saved) else {
        let answer = ask_service(engine, asked.key, what.call).await;
        keeping.heard(&answer);
        return Some(answer);
    };
    let copy = Standin {
        reading,
        what,
        asked,
        saved,
        engine: engine.clone(),
    };
    if keeping.is_cut_off() {
        copy.clone().show().await;
    } else {
        let late = copy.clone();
        leptos::task::spawn_local(async move {
            if let Some(device) = keeping.device() {
                device.sleep(PATIENCE).await;
                late.show().await;
            }
        });
    }
    let answer = ask_service(Some(engine), asked.key, what.call).await;
    keeping.heard(&answer);
    match answer {
        Err(problem) if problem.falls_back() => {
            if problem.kind == Kind::SignedOut {
                keeping.session().look_again();
            }
            copy.show().await;
            None
        }
        answer => Some(answer),
    }
}

/// A saved copy that stands in for an answer.
struct Standin<T: Send + Sync + 'static> {
    reading: Reading<T>,
    what: What<T>,
    asked: Asked,
    saved: Arc<Saved>,
    engine: Rc<dyn Engine>,
}

impl<T: Send + Sync + 'static> Clone for Standin<T> {
    fn clone(&self) -> Self {
        Self {
            saved: self.saved.clone(),
            engine: self.engine.clone(),
            ..*self
        }
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Standin<T> {
    /// Shows it where nothing is shown yet. The look is written down first.
    async fn show(self) {
        let waits = || {
            self.reading
                .state
                .try_with_untracked(Option::is_none)
                .unwrap_or_default()
        };
        if !waits() {
            return;
        }
        if let Some(part) = self.what.part
            && self
                .engine
                .looked(self.asked.key.context, part)
                .await
                .is_err()
        {
            // What cannot be accounted for is not shown.
            return;
        }
        if waits() {
            let read = self.saved.sourced((self.what.saved)(&self.saved));
            let answer = InContext {
                context: self.asked.key.context,
                banner: self.saved.banner(now_of(self.reading.frame)),
                read,
            };
            self.reading.take(self.asked, Some(Ok(answer)));
        }
    }
}

fn now_of(frame: RecordFrame) -> jiff::Timestamp {
    frame
        .keeping
        .device()
        .map_or(jiff::Timestamp::UNIX_EPOCH, |device| device.now())
}

/// Asks under the context that the service knows. A saved patient whose context was closed there is
/// opened once more: their record is on this screen all the same.
async fn ask_service<T>(
    engine: Option<Rc<dyn Engine>>,
    key: ContextKey,
    call: fn(ContextKey) -> Later<Result<InContext<T>, Problem>>,
) -> Result<InContext<T>, Problem> {
    let Some(engine) = engine else {
        return call(key).await;
    };
    let mut known = engine.server_key(key).await?;
    let mut answer = call(known).await;
    if matches!(&answer, Err(problem) if problem.kind == Kind::ContextClosed)
        && let Some(reopen) = engine.reopen(key)
    {
        known = reopen.await?;
        answer = call(known).await;
    }
    answer.map(|answer| InContext {
        context: if answer.context == known.context {
            key.context
        } else {
            answer.context
        },
        ..answer
    })
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Reading<T> {
    /// A late answer takes the place of a saved copy: whether it says something else.
    fn tell_change(self, now: &Sourced<T>) {
        let changed = self
            .state
            .try_with_untracked(|before| match before {
                Some(Ok(before)) if matches!(before.source, Source::Saved { .. }) => {
                    Some(before.value != now.value)
                }
                _ => None,
            })
            .flatten();
        match changed {
            Some(true) => self.frame.tell_news(
                "You are back online. This page has changed since it was saved.".to_owned(),
            ),
            Some(false) => self
                .frame
                .tell_news("You are back online. Nothing on this page has changed.".to_owned()),
            None => {}
        }
    }

    fn take(self, asked: Asked, answer: Answer<T>) {
        let Some(answer) = answer else { return };
        // A problem does not take away what is shown, unless it says that it may not be shown.
        let stays = matches!(&answer, Err(problem) if problem.falls_back())
            && self
                .state
                .try_with_untracked(|state| matches!(state, Some(Ok(_))))
                .unwrap_or_default();
        if stays {
            return;
        }
        if let Some(taken) = self.frame.take(asked, answer) {
            if let Ok(now) = &taken {
                self.tell_change(now);
            }
            self.state.set(Some(taken));
        }
    }

    /// What is shown is a saved copy. Reactive.
    pub(super) fn is_saved(self) -> bool {
        self.state.with(|state| {
            matches!(
                state,
                Some(Ok(Sourced {
                    source: Source::Saved { .. },
                    ..
                }))
            )
        })
    }

    /// A part of what is shown, while something is. It changes only where that part does.
    pub(super) fn part<P: PartialEq + Send + Sync + 'static>(
        self,
        of: impl Fn(&Sourced<T>) -> P + Send + Sync + 'static,
    ) -> Memo<Option<P>> {
        Memo::new(move |_| {
            self.state.with(|state| match state {
                Some(Ok(read)) => Some(of(read)),
                Some(Err(_)) | None => None,
            })
        })
    }

    /// Asks again.
    pub(super) fn again(self) {
        self.again.update(|again| *again += 1);
    }

    /// How it looks: `doing` while it is read ("Opening the record"), then what `show` makes of it
    /// under the line that says how fresh it is. Where a late answer says the same, only that line
    /// changes.
    pub(super) fn view(
        self,
        doing: &'static str,
        show: impl Fn(T) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        self.show(doing, true, false, show)
    }

    /// As [`Self::view`], for a question: it comes first, and how fresh it is stands below.
    pub(super) fn question(
        self,
        doing: &'static str,
        show: impl Fn(T) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        self.show(doing, true, true, show)
    }

    /// As [`Self::view`], for a form: what the person sends from it does not change what it stands on.
    pub(super) fn form(
        self,
        doing: &'static str,
        show: impl Fn(T) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        self.show(doing, false, false, show)
    }

    fn show(
        self,
        doing: &'static str,
        follow: bool,
        source_last: bool,
        show: impl Fn(T) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        let frame = self.frame;
        let source = self.part(|read| read.source.clone());
        let value = Memo::new(move |_| {
            // What was changed on this device may be sent meanwhile.
            if follow {
                frame.keeping.revision();
            }
            let on_top = self.on_top.get_value();
            self.state
                .get()
                .map(|state| state.map(|read| on_top(frame, read.value)))
        });
        let body = move || match value.get() {
            None => progress(doing),
            Some(Err(problem)) => {
                let again = Callback::new(move |()| self.again());
                view! { <ProblemView problem again /> }.into_any()
            }
            Some(Ok(read)) => show(read),
        };
        let line = move || source.get().map(|source| source_line(&source, now()));
        if source_last {
            return view! {
                {body}
                {line}
            }
            .into_any();
        }
        view! {
            {line}
            {body}
        }
        .into_any()
    }
}

/// Something is under way.
pub(super) fn progress(doing: &'static str) -> AnyView {
    view! { <Progress text=doing /> }.into_any()
}
