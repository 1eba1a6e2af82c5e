//! Alerts and the work on them, and who looked at what.

pub mod alert;
pub mod logs;
pub mod queue;
pub mod report;
pub mod tasks;

use crate::components::button::Progress;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::problem::Problem;
use crate::session::session;
use leptos::prelude::*;

/// Something that a screen reads from the service when it opens.
struct Loaded<T: 'static> {
    value: RwSignal<Option<T>>,
    work: Work,
    trouble: Trouble,
}

impl<T> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loaded<T> {}

impl<T: Clone + Send + Sync + 'static> Loaded<T> {
    fn new() -> Self {
        Self {
            value: RwSignal::new(None),
            work: Work::new(),
            trouble: Trouble::new(),
        }
    }

    /// Asks for it. What there is stays until the answer is here.
    fn ask(self, asked: impl Future<Output = Result<T, Problem>> + 'static) {
        self.ask_then(asked, || ());
    }

    /// The same, and what to do once it is shown.
    fn ask_then(
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
    fn view(
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

/// Whether the person receives alerts. Whoever has reports alone has no queue to go back to.
fn has_queue() -> bool {
    let role = session().signed_in().and_then(|person| person.role);
    role.is_some_and(|role| role.receives_alerts())
}

/// A heading of a column.
fn column(text: &'static str) -> AnyView {
    view! { <th class="nhsuk-table__header" scope="col" role="columnheader">{text}</th> }.into_any()
}

/// A cell that names its column, for a screen too narrow for a table.
fn cell(heading: &'static str, content: impl IntoView + 'static) -> AnyView {
    view! {
        <td class="nhsuk-table__cell" role="cell">
            <span class="nhsuk-table-responsive__heading" aria-hidden="true">{heading} " "</span>
            // One thing beside the heading, whatever is in it.
            <div>{content.into_any()}</div>
        </td>
    }
    .into_any()
}

/// The same for what is often not there; a phone then leaves it out.
fn cell_or_none(heading: &'static str, content: Option<String>) -> AnyView {
    match content.filter(|content| !content.is_empty()) {
        Some(content) => cell(heading, content),
        None => view! { <td class="nhsuk-table__cell ncrs-no-cell" role="cell"></td> }.into_any(),
    }
}

/// A table that becomes a list of cards on a phone.
fn table(caption: String, columns: Vec<&'static str>, rows: Vec<AnyView>) -> AnyView {
    let columns = columns.into_iter().map(column).collect_view();
    view! {
        <table class="nhsuk-table-responsive" role="table">
            <caption class="nhsuk-table__caption">{caption}</caption>
            <thead class="nhsuk-table__head" role="rowgroup">
                <tr role="row">{columns}</tr>
            </thead>
            <tbody class="nhsuk-table__body">{rows}</tbody>
        </table>
    }
    .into_any()
}

/// A row of it.
fn row(cells: Vec<AnyView>) -> AnyView {
    view! { <tr class="nhsuk-table__row" role="row">{cells}</tr> }.into_any()
}
