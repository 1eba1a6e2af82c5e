//! A row of the summary as its name, which unfolds to all that the row says. A row that cannot be told
//! apart into a name and the rest is shown whole.

use super::document::{Entry, entries, important_column, named, statements};
use super::said::{paragraph, said};
use domain::summary::Table;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

/// A row of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// What it is about: a substance, a medicine.
    name: String,
    /// What has to be seen with the name, each with its column: how severe it is, and that it is refuted,
    /// resolved or not certain.
    marks: Vec<(String, String)>,
    /// All else, each under its column.
    fields: Vec<(String, String)>,
    /// The rows across the table that belong to it.
    notes: Vec<String>,
    /// Nothing of it may be folded away: it is not known which part of it is which.
    whole: bool,
}

/// What is beside a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// How severe an allergy is.
    Severity,
    /// Nothing.
    Nothing,
}

impl Row {
    fn of(entry: Entry, columns: &[String], beside: Beside) -> Self {
        let important = important_column(columns);
        let severity = columns.iter().position(|column| is_severity(column));
        let says = |index: usize| entry.cells.get(index).map_or("", |cell| cell.trim());
        let name = named(says(important).to_owned());
        // More or fewer cells than columns: one of them may stand under the wrong heading.
        let fits = entry.cells.len() == columns.len() && is_named(columns, important);
        let whole = !fits
            || says(important).is_empty()
            || (beside == Beside::Severity && severity.is_none() && !is_bare(&entry, important));
        let marked = |index: &usize| {
            beside == Beside::Severity && fits && *index != important && {
                let column = columns.get(*index).map_or("", String::as_str);
                is_severity(column) || (qualifies(column) && !is_usual(says(*index)))
            }
        };
        let field = |index: usize| {
            let column = columns.get(index).filter(|_| fits);
            (column.cloned().unwrap_or_default(), says(index).to_owned())
        };
        let filled = || (0..entry.cells.len()).filter(|index| !says(*index).is_empty());
        let mut marks: Vec<_> = filled().filter(marked).map(field).collect();
        let unsaid = beside == Beside::Severity
            && fits
            && severity.is_some_and(|index| says(index).is_empty())
            && !says_none(&name);
        if unsaid {
            marks.push((String::new(), "Severity not recorded".to_owned()));
        }
        let fields = filled()
            .filter(|index| *index != important && !marked(index))
            .map(field)
            .collect();
        Self {
            name,
            marks,
            fields,
            notes: entry.notes,
            whole,
        }
    }

    fn view(self) -> AnyView {
        let head = view! {
            <strong class="ncrs-unfold__name">{said(&self.name)}</strong>
            {self
                .marks
                .into_iter()
                .map(|(column, mark)| {
                    // What the words are about is plain to see for a severity, and not for "unlikely".
                    let label = (!column.is_empty())
                        .then(|| {
                            let class = if is_severity(&column) { "ncrs-unfold__what" } else { "" };
                            view! { <span class=class>{said(&column)} ": "</span> }
                        });
                    view! { " " <span class="ncrs-unfold__mark">{label} {said(&mark)}</span> }
                })
                .collect_view()}
        };
        let is_empty = self.fields.is_empty() && self.notes.is_empty();
        let fields = self
            .fields
            .into_iter()
            .map(|(label, text)| {
                let label = (!label.is_empty())
                    .then(|| view! { <span class="ncrs-unfold__label">{said(&label)} ": "</span> });
                view! { <p class="ncrs-unfold__field">{label} {said(&text)}</p> }
            })
            .collect_view();
        let notes = self
            .notes
            .into_iter()
            .map(|note| view! { <p class="ncrs-unfold__field">{said(&note)}</p> })
            .collect_view();
        if self.whole {
            return view! {
                <li class="ncrs-unfold__item ncrs-unfold__item--whole">{head} {fields} {notes}</li>
            }
            .into_any();
        }
        let nothing = is_empty.then(|| {
            view! { <p class="ncrs-unfold__field">"The summary says no more about it."</p> }
        });
        view! {
            <li class="ncrs-unfold__item">
                <details class="ncrs-unfold__details">
                    <summary class="ncrs-unfold__summary">{head}</summary>
                    <div class="ncrs-unfold__more">{fields} {notes} {nothing}</div>
                </details>
            </li>
        }
        .into_any()
    }
}

fn is_severity(column: &str) -> bool {
    column.to_lowercase().contains("severity")
}

/// The column says whether the entry holds: an allergy that was refuted must not be read as one.
fn qualifies(column: &str) -> bool {
    let column = column.to_lowercase();
    ["certainty", "status", "verification"]
        .iter()
        .any(|word| column.contains(word))
}

/// What such a column says of most entries. Anything else stands with the name.
fn is_usual(text: &str) -> bool {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    ["", "certain", "confirmed", "active"].contains(&text.as_str())
}

/// The column says itself that it names the entry.
fn is_named(columns: &[String], important: usize) -> bool {
    columns.get(important).is_some_and(|column| {
        let column = column.to_lowercase();
        column.contains("medication item") || column.contains("description")
    })
}

/// A row with a name, and at the most a date: there is no severity to lose.
fn is_bare(entry: &Entry, important: usize) -> bool {
    entry
        .cells
        .iter()
        .enumerate()
        .filter(|(index, cell)| *index != important && !cell.trim().is_empty())
        .count()
        <= 1
        && entry.notes.is_empty()
}

/// An entry that says that there is none has no severity.
fn says_none(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("no known") || name.starts_with("no allerg")
}

/// The rows of a table, each by its name, and above them what belongs to none.
pub(super) fn rows(table: &Table, beside: Beside) -> AnyView {
    let (stray, entries) = entries(table);
    if entries.is_empty() && stray.is_empty() {
        return paragraph("There is nothing under this heading.");
    }
    let items = entries
        .into_iter()
        .map(|entry| Row::of(entry, &table.columns, beside).view())
        .collect_view();
    view! {
        {statements(&stray)}
        <ul class="ncrs-unfold">{items}</ul>
    }
    .into_any()
}

/// On paper nothing is folded: what can be unfolded is, until the print is made. Where the styles can do
/// it, they do; this is for browsers in which they cannot.
pub(super) fn unfold_for_print() {
    const FOLDED: &str = "details.ncrs-unfold__details:not([open])";
    const PRINTED: &str = "details[data-printed]";
    let each = |of: &str, change: fn(&leptos::web_sys::Element)| {
        if let Ok(found) = document().query_selector_all(of) {
            (0..found.length())
                .filter_map(|index| found.get(index))
                .filter_map(|node| node.dyn_into::<leptos::web_sys::Element>().ok())
                .for_each(|element| change(&element));
        }
    };
    let before = window_event_listener_untyped("beforeprint", move |_| {
        each(FOLDED, |element| {
            // Folded it stays, where the browser does not let it be opened.
            let _ = element.set_attribute("data-printed", "");
            let _ = element.set_attribute("open", "");
        });
    });
    let after = window_event_listener_untyped("afterprint", move |_| {
        each(PRINTED, |element| {
            let _ = element.remove_attribute("open");
            let _ = element.remove_attribute("data-printed");
        });
    });
    on_cleanup(move || {
        before.remove();
        after.remove();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn row(names: &[&str], cells: &[&str]) -> Row {
        let entry = Entry {
            cells: columns(cells),
            notes: Vec::new(),
        };
        Row::of(entry, &columns(names), Beside::Severity)
    }

    const ALLERGIES: [&str; 5] = [
        "Date",
        "Description",
        "Certainty",
        "Severity",
        "Supporting Information",
    ];

    #[test]
    fn an_allergy_is_its_name_and_how_severe_it_is() {
        let row = row(
            &ALLERGIES,
            &[
                "1",
                "Penicillin",
                "Certain",
                "Life threatening",
                "Anaphylaxis",
            ],
        );
        assert_eq!(row.name, "Penicillin");
        assert_eq!(
            row.marks,
            [("Severity".to_owned(), "Life threatening".to_owned())]
        );
        assert!(!row.whole);
        // What does not stand with the name unfolds.
        let fields: Vec<_> = row.fields.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(fields, ["Date", "Certainty", "Supporting Information"]);
    }

    #[test]
    fn what_is_refuted_or_not_certain_is_said_beside_the_name() {
        let marks = |certainty: &str| {
            row(&ALLERGIES, &["1", "Penicillin", certainty, "Severe", ""])
                .marks
                .into_iter()
                .map(|(_, text)| text)
                .collect::<Vec<_>>()
        };
        assert_eq!(marks("Certain"), ["Severe"]);
        assert_eq!(marks("Refuted"), ["Refuted", "Severe"]);
        assert_eq!(marks("unlikely"), ["unlikely", "Severe"]);
        let resolved = Row::of(
            Entry {
                cells: columns(&["Latex", "Mild", "Resolved"]),
                notes: Vec::new(),
            },
            &columns(&["Description", "Severity", "Clinical status"]),
            Beside::Severity,
        );
        assert_eq!(resolved.marks.len(), 2);
    }

    #[test]
    fn a_severity_that_is_not_there_is_said() {
        let unknown = row(&ALLERGIES, &["1", "Wasp sting", "", "", "Problem; First"]);
        assert_eq!(
            unknown.marks,
            [(String::new(), "Severity not recorded".to_owned())]
        );
        let none = row(&ALLERGIES, &["1", "No known allergies", "", "", ""]);
        assert_eq!(none.marks, []);
        assert!(!none.whole);
    }

    #[test]
    fn what_cannot_be_told_apart_is_shown_whole() {
        let other = row(
            &["Date", "Description", "Details"],
            &["1", "Penicillin", "Life threatening"],
        );
        assert!(other.whole, "the severity may be anywhere in it");
        assert!(row(&["When", "What"], &["1", "Penicillin"]).whole);
        assert!(row(&ALLERGIES, &["1", "Penicillin", "Severe"]).whole);
        assert!(row(&ALLERGIES, &["1", "", "", "Severe", "Penicillin"]).whole);
        assert!(row(&[], &["Penicillin, severe"]).whole);
        let shifted = row(&ALLERGIES, &["1", "Penicillin", "Severe"]);
        assert_eq!(
            shifted.marks,
            [],
            "a cell may stand under the wrong heading"
        );
        let all: Vec<_> = shifted
            .fields
            .iter()
            .map(|(_, text)| text.as_str())
            .collect();
        assert_eq!(all, ["1", "Severe"]);
    }
}
