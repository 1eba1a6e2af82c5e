//! Alerts and the work on them, and who looked at what.

pub mod alert;
pub mod logs;
pub mod queue;
pub mod report;
pub mod tasks;

use crate::session::session;
use leptos::prelude::*;

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
