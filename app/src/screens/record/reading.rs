//! Reading a part of the record, and what is on the screen meanwhile.

use super::parts::source_line;
use super::{RecordFrame, now};
use crate::api::ContextKey;
use crate::components::button::Progress;
use crate::components::problem::ProblemView;
use crate::components::work::Work;
use crate::device::Later;
use crate::problem::Problem;
use domain::Sourced;
use domain::patient::InContext;
use leptos::prelude::*;

type State<T> = Option<Result<Sourced<T>, Problem>>;

/// A part of the record that is being read, was read, or could not be.
pub(super) struct Reading<T: Send + Sync + 'static> {
    state: RwSignal<State<T>>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Reading<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Reading<T> {}

/// Reads it now, and again for each other patient, person or role. Nothing is read on the server.
pub(super) fn read<T: Send + Sync + 'static>(
    frame: RecordFrame,
    call: fn(ContextKey) -> Later<Result<InContext<T>, Problem>>,
) -> Reading<T> {
    let reading = Reading {
        state: RwSignal::new(None),
        again: RwSignal::new(0),
    };
    let work = Work::new();
    Effect::new(move || {
        reading.again.track();
        reading.state.set(None);
        work.forget();
        if let Some(asked) = frame.asks() {
            work.latest(call(asked.key), move |answer| {
                if let Some(taken) = frame.take(asked, answer) {
                    reading.state.set(Some(taken));
                }
            });
        }
    });
    reading
}

impl<T: Clone + Send + Sync + 'static> Reading<T> {
    /// Asks again.
    pub(super) fn again(self) {
        self.again.update(|again| *again += 1);
    }

    /// How it looks: `doing` while it is read ("Opening the record"), then what `show` makes of it
    /// under the line that says how fresh it is.
    pub(super) fn view(
        self,
        doing: &'static str,
        show: impl Fn(T) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        (move || match self.state.get() {
            None => progress(doing),
            Some(Err(problem)) => {
                let again = Callback::new(move |()| self.again());
                view! { <ProblemView problem again /> }.into_any()
            }
            Some(Ok(read)) => {
                let source = source_line(&read.source, now());
                let shown = show(read.value);
                view! { {source} {shown} }.into_any()
            }
        })
        .into_any()
    }
}

/// Something is under way.
pub(super) fn progress(doing: &'static str) -> AnyView {
    view! { <Progress text=doing /> }.into_any()
}
