//! The summary itself. Nothing that the document states is left out, and what it does not state is
//! said to be unknown.

use super::super::parts::source_line;
use super::super::{RecordFrame, now};
use super::current;
use super::said::{none, paragraph, parts_view, parts_with, said};
use super::unfolding::{self, Beside};
use crate::api::records::OpenedSummary;
use crate::components::form::focus;
use crate::device::device;
use domain::Sourced;
use domain::clock::long_time;
use domain::summary::{
    Content, Emptiness, Heading, KnownHeading, Part, Row, Section, Summary, Table,
};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

pub(super) fn view(frame: RecordFrame, opened: Sourced<OpenedSummary>) -> AnyView {
    let OpenedSummary {
        summary,
        origin,
        received_at,
        opened_by,
        opened_as,
    } = opened.value;
    let received = format!(
        "From {origin}, received from the practice {}. Opened by {opened_by}, {opened_as}.",
        long_time(received_at)
    );
    unfolding::unfold_for_print();
    view! {
        <div class="ncrs-first">
            {source_line(&opened.source, now())}
            {head(&summary)}
            {allergies(&summary)}
            {about(&summary)}
            {current::medicines(&summary)}
        </div>
        {actions(frame)}
        {contents(&summary)}
        {others(&summary)}
        <p class="nhsuk-body-s">{received}</p>
        {actions(frame)}
    }
    .into_any()
}

/// All that the document says, without what can be done with it: for tests of what is on the screen.
#[cfg(feature = "ssr")]
pub fn html(summary: &Summary) -> String {
    let owner = Owner::new();
    owner.with(|| {
        view! {
            {head(summary)}
            {allergies(summary)}
            {about(summary)}
            {contents(summary)}
            {others(summary)}
        }
        .to_html()
    })
}

fn is_allergies(section: &Section) -> bool {
    section.heading == Heading::Known(KnownHeading::Allergies)
}

/// The allergies, above everything else. A copy that an older app saved may have them in several parts.
fn allergies(summary: &Summary) -> AnyView {
    let unknown = summary.unknown_headings();
    let blocks: Vec<AnyView> = summary
        .sections
        .iter()
        .zip(anchors(summary))
        .filter(|(section, _)| is_allergies(section))
        .map(|(section, anchor)| allergy_block(anchor, Some(section), &unknown))
        .collect();
    if blocks.is_empty() {
        let anchor = Heading::Known(KnownHeading::Allergies).anchor();
        return allergy_block(anchor, None, &unknown);
    }
    blocks.collect_view().into_any()
}

/// Everything but the allergies.
fn others(summary: &Summary) -> AnyView {
    let core_only = (!summary.has_additional_information()).then(|| {
        view! { <p class="nhsuk-body">"This summary has core information only: allergies and medicines."</p> }
    });
    let unknown = summary.unknown_headings();
    let others = summary
        .sections
        .iter()
        .zip(anchors(summary))
        .filter(|(section, _)| !is_allergies(section))
        .map(|(found, anchor)| section(found, anchor, &unknown))
        .collect_view();
    view! {
        {core_only}
        {others}
    }
    .into_any()
}

/// An anchor of its own for each section: what a document calls its headings may be called alike, or
/// like something else on the page.
fn anchors(summary: &Summary) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for section in &summary.sections {
        let mut anchor = section.heading.anchor();
        if matches!(section.heading, Heading::Other { .. }) {
            anchor = format!("part-{anchor}");
        }
        if anchors.contains(&anchor) {
            anchor = format!("{anchor}-{}", anchors.len());
        }
        anchors.push(anchor);
    }
    anchors
}

fn actions(frame: RecordFrame) -> AnyView {
    let navigate = use_navigate();
    let close = move |_| {
        frame.close_summary();
        navigate(&frame.path_now(""), NavigateOptions::default());
    };
    let print = |_| {
        if let Some(device) = device() {
            device.print();
        }
    };
    view! {
        <div class="nhsuk-button-group">
            <button class="nhsuk-button nhsuk-button--secondary nhsuk-button--small" type="button" on:click=print>
                "Print"
            </button>
            <button class="nhsuk-button nhsuk-button--secondary nhsuk-button--small" type="button" on:click=close>
                "Close summary"
            </button>
        </div>
    }
    .into_any()
}

/// What the document says about itself.
fn head(summary: &Summary) -> AnyView {
    let recent = summary.recently_registered.clone().map(|text| {
        view! {
            <div class="nhsuk-card nhsuk-card--warning">
                <div class="nhsuk-card__content">
                    <h2 class="nhsuk-card__heading">"This summary may be incomplete"</h2>
                    <p class="nhsuk-card__description">{said(&text)}</p>
                </div>
            </div>
        }
    });
    view! {
        {summary.withheld.clone().map(withheld)}
        {recent}
        {statements(&summary.statements)}
    }
    .into_any()
}

/// Whose document it is, when it was made and what it may leave out, in its words. In small, and on the
/// first screenful.
fn about(summary: &Summary) -> AnyView {
    let about = [
        &summary.practice,
        &summary.author,
        &summary.created,
        &summary.sent,
    ]
    .into_iter()
    .map(|line| line.trim_end_matches('.'))
    .filter(|line| !line.is_empty())
    .collect::<Vec<_>>()
    .join(". ");
    view! { <p class="ncrs-disclaimer">{said(&about)} ". " {said(&summary.disclaimer)}</p> }
        .into_any()
}

/// The same where there is little room: it is said in full at the head and in the section.
pub(super) fn withheld_line(text: &str) -> AnyView {
    view! { <p class="ncrs-current__withheld">{said(text)}</p> }.into_any()
}

pub(super) fn withheld(text: String) -> AnyView {
    view! {
        <div class="ncrs-withheld">
            <p>
                <strong>{said(&text)}</strong>
                " They are not shown here, and you cannot see what they are about."
            </p>
        </div>
    }
    .into_any()
}

pub(super) fn statements(statements: &[String]) -> AnyView {
    statements
        .iter()
        .map(|text| view! { <p class="ncrs-section__note">{said(text)}</p> })
        .collect_view()
        .into_any()
}

/// Quick ways to each part. They move the focus and stay out of the browser's history.
fn contents(summary: &Summary) -> AnyView {
    let all_known = summary.unknown_headings().is_empty();
    let items = summary
        .sections
        .iter()
        .zip(anchors(summary))
        .map(|(section, anchor)| {
            let href = format!("#{anchor}");
            let go = move |event: leptos::ev::MouseEvent| {
                event.prevent_default();
                event.stop_propagation();
                focus(&anchor);
            };
            let empty = match &section.content {
                _ if section.says_withheld() => " (some withheld)",
                Content::NothingStated(_) | Content::Empty(Emptiness::NilKnown)
                    if section.statements.is_empty() =>
                {
                    " (none)"
                }
                Content::Missing if all_known => " (not in this summary)",
                Content::Missing => " (not recognised in this summary)",
                Content::Empty(_) => " (nothing known)",
                Content::Table(_) | Content::Parts(_) | Content::NothingStated(_) => "",
            };
            view! {
                <li class="nhsuk-contents-list__item">
                    <a class="nhsuk-contents-list__link" href=href on:click=go>{said(section.heading.title())}</a>
                    {empty}
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="nhsuk-contents-list" aria-label="Parts of this summary">
            <details class="nhsuk-details">
                <summary class="nhsuk-details__summary">
                    <span class="nhsuk-details__summary-text">"Go to a part of this summary"</span>
                </summary>
                <div class="nhsuk-details__text">
                    <ol class="nhsuk-contents-list__list">{items}</ol>
                </div>
            </details>
        </nav>
    }
    .into_any()
}

/// How the block of allergies looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allergies {
    /// There are some.
    Known,
    /// The practice states that there are none.
    None,
    /// Nobody can tell from this summary.
    Unknown,
}

impl Allergies {
    fn of(section: Option<&Section>) -> Self {
        match section {
            Some(Section {
                content: Content::Table(table),
                ..
            }) if !table.rows.is_empty() => Self::Known,
            // What is withheld may be an allergy, and so may what is said besides.
            Some(section) => match &section.content {
                Content::NothingStated(_) | Content::Empty(Emptiness::NilKnown)
                    if section.withheld.is_none() && section.statements.is_empty() =>
                {
                    Self::None
                }
                Content::NothingStated(_) if !section.statements.is_empty() => Self::Known,
                Content::Parts(parts) if parts.iter().any(says_something) => Self::Known,
                Content::NothingStated(_)
                | Content::Empty(_)
                | Content::Missing
                | Content::Table(_)
                | Content::Parts(_) => Self::Unknown,
            },
            None => Self::Unknown,
        }
    }
}

/// Whether it may be an allergy, and not only say that there are none or that nothing is known.
fn says_something(part: &Part) -> bool {
    match part {
        Part::Statement(_)
        | Part::Subheading { .. }
        | Part::Table(_)
        | Part::Grid(_)
        | Part::List { .. }
        | Part::Terms(_) => true,
        Part::Remark(_) | Part::Withheld(_) | Part::NothingStated(_) | Part::Empty(_) => false,
    }
}

fn allergy_block(anchor: String, section: Option<&Section>, unknown: &[&str]) -> AnyView {
    let known = Allergies::of(section);
    let class = match known {
        Allergies::Known => "ncrs-allergies",
        Allergies::None => "ncrs-allergies ncrs-allergies--none",
        Allergies::Unknown => "ncrs-allergies ncrs-allergies--unknown",
    };
    let title = match known {
        Allergies::Known => "Allergies and adverse reactions",
        Allergies::None => "Allergies: none recorded",
        Allergies::Unknown => "Allergies: not known",
    };
    let content = section.map_or(&Content::Missing, |section| &section.content);
    let said_above = section.is_some_and(|section| !section.statements.is_empty());
    let body = match content {
        Content::Table(table) if !table.rows.is_empty() => allergy_list(title, table),
        Content::Table(_) => view! {
            {paragraph(&Emptiness::Unsaid.sentence())}
            <p class="nhsuk-body">"Ask the patient."</p>
        }
        .into_any(),
        Content::NothingStated(text) if known == Allergies::None => view! {
            {paragraph(text)}
            <p class="nhsuk-body">"The GP practice has recorded nothing here. Still ask the patient."</p>
        }
        .into_any(),
        Content::NothingStated(text) => paragraph(text),
        Content::Empty(why) => view! {
            {paragraph(&why.sentence())}
            <p class="nhsuk-body">"Ask the patient."</p>
        }
        .into_any(),
        Content::Parts(parts) => parts_with(title, parts, allergy_list),
        Content::Missing if said_above => {
            paragraph("That does not mean that there are none. Ask the patient, or contact their GP practice.")
        }
        Content::Missing => paragraph(&format!(
            "{} That does not mean that there are none. Ask the patient, or contact their GP practice.",
            not_found("for allergies", unknown)
        )),
    };
    let heading = format!("{anchor}-h");
    let own_title = section
        .map(|section| section.title.clone())
        .filter(|own| !own.is_empty() && !alike(own, KnownHeading::Allergies.title()))
        .map(|own| view! { <p class="ncrs-section__note">"The summary calls this: " {said(&own)}</p> });
    view! {
        <section class=class id=anchor tabindex="-1" aria-labelledby=heading.clone()>
            <h2 class="ncrs-allergies__heading" id=heading.clone()>{title}</h2>
            <div class="ncrs-allergies__body">
                {own_title}
                {section.and_then(|section| section.withheld.clone()).map(withheld)}
                {section.map(|section| statements(&section.statements))}
                {body}
            </div>
        </section>
    }
    .into_any()
}

/// The same but for small letters.
fn alike(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.to_lowercase()
}

/// That a heading was not found, and where what it is for may stand instead: what is not recognised is
/// never told as not there.
pub(super) fn not_found(what: &str, unknown: &[&str]) -> String {
    if unknown.is_empty() {
        return format!("This summary has no heading {what}.");
    }
    let names: Vec<String> = unknown
        .iter()
        .map(|name| format!("\u{201c}{name}\u{201d}"))
        .collect();
    format!(
        "No heading {what} was recognised in this summary. It may stand under another: {}.",
        names.join(", ")
    )
}

fn allergy_list(_title: &str, table: &Table) -> AnyView {
    unfolding::rows(table, Beside::Severity)
}

pub(super) fn named(text: String) -> String {
    if text.is_empty() {
        "No description given".to_owned()
    } else {
        text
    }
}

/// A row with the rows across the table that belong to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) cells: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The entries with their notes, and the notes that stand before any entry.
pub(super) fn entries(table: &Table) -> (Vec<String>, Vec<Entry>) {
    let (mut stray, mut entries) = (Vec::new(), Vec::<Entry>::new());
    for row in &table.rows {
        match (row, entries.last_mut()) {
            (Row::Entry(cells), _) => entries.push(Entry {
                cells: cells.clone(),
                notes: Vec::new(),
            }),
            (Row::Note(note), Some(entry)) => entry.notes.push(note.clone()),
            (Row::Note(note), None) => stray.push(note.clone()),
        }
    }
    (stray, entries)
}

/// The column that names the entry: it comes first, and is the head of the row.
pub(super) fn important_column(columns: &[String]) -> usize {
    columns
        .iter()
        .position(|column| {
            let column = column.to_lowercase();
            column.contains("medication item") || column.contains("description")
        })
        .unwrap_or(0)
}

fn section(section: &Section, anchor: String, unknown: &[&str]) -> AnyView {
    let heading = format!("{anchor}-h");
    let title = if section.title.is_empty() {
        section.heading.title().to_owned()
    } else {
        section.title.clone()
    };
    let count = section.count().map(|count| {
        if count == 1 {
            "1 item".to_owned()
        } else {
            format!("{count} items")
        }
    });
    let body = match &section.content {
        Content::Table(table) if table.rows.is_empty() => none(&Emptiness::Unsaid.sentence()),
        Content::Table(table) => table_view(&title, table),
        Content::Parts(parts) => parts_view(&title, parts),
        Content::NothingStated(text) => none(text),
        Content::Empty(why) => none(&why.sentence()),
        Content::Missing if !section.statements.is_empty() => none("Nothing is known either way."),
        Content::Missing if unknown.is_empty() => {
            none("This summary does not have this heading, so nothing is known either way.")
        }
        Content::Missing => none(&format!(
            "{} So nothing is known either way.",
            not_found("of this name", unknown)
        )),
    };
    view! {
        <section class="ncrs-section" id=anchor tabindex="-1" aria-labelledby=heading.clone()>
            <h2 class="ncrs-section__heading" id=heading.clone()>
                {said(&title)}
                {count.map(|count| view! { " " <span class="ncrs-section__count">{count}</span> })}
            </h2>
            {section.withheld.clone().map(withheld)}
            {statements(&section.statements)}
            {body}
        </section>
    }
    .into_any()
}

pub(super) fn table_view(caption: &str, table: &Table) -> AnyView {
    let (stray, entries) = entries(table);
    let important = important_column(&table.columns);
    let with_notes = entries.iter().any(|entry| !entry.notes.is_empty());
    let width = entries
        .iter()
        .map(|entry| entry.cells.len())
        .max()
        .unwrap_or(0)
        .max(table.columns.len());
    let order: Vec<usize> = std::iter::once(important)
        .chain((0..width).filter(|index| *index != important))
        .collect();
    let label = |index: usize| table.columns.get(index).cloned().unwrap_or_default();
    let mut labels: Vec<String> = order.iter().map(|index| label(*index)).collect();
    if with_notes {
        labels.push("Note".to_owned());
    }
    let head = labels
        .iter()
        .map(|label| view! { <th class="nhsuk-table__header" role="columnheader" scope="col">{said(label)}</th> })
        .collect_view();
    let rows = entries
        .into_iter()
        .map(|entry| {
            let mut cells = order
                .iter()
                .map(|index| entry.cells.get(*index).cloned().unwrap_or_default());
            let name = named(cells.next().unwrap_or_default());
            let notes = with_notes.then(|| entry.notes.join(". "));
            let cells = labels
                .iter()
                .skip(1)
                .cloned()
                .zip(cells.chain(notes))
                .map(cell)
                .collect_view();
            view! {
                <tr class="nhsuk-table__row" role="row">
                    <th class="nhsuk-table__header" role="rowheader" scope="row">{said(&name)}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        {statements(&stray)}
        <table class="nhsuk-table nhsuk-table--responsive" role="table">
            <caption class="nhsuk-u-visually-hidden">{caption.to_owned()}</caption>
            <thead class="nhsuk-table__head" role="rowgroup">
                <tr class="nhsuk-table__row" role="row">{head}</tr>
            </thead>
            <tbody class="nhsuk-table__body" role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

/// A cell with its label for the narrow form. An empty one is truly empty, so that it takes no room
/// there.
fn cell((label, text): (String, String)) -> AnyView {
    if text.is_empty() {
        return view! { <td class="nhsuk-table__cell" role="cell"></td> }.into_any();
    }
    view! {
        <td class="nhsuk-table__cell" role="cell">
            <span class="nhsuk-table__heading" aria-hidden="true">{said(&label)} " "</span>
            {said(&text)}
        </td>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section_with(content: Content, withheld: Option<&str>) -> Section {
        Section {
            heading: Heading::Known(KnownHeading::Allergies),
            title: String::new(),
            withheld: withheld.map(str::to_owned),
            statements: Vec::new(),
            content,
        }
    }

    fn table(rows: Vec<Row>) -> Table {
        Table {
            columns: vec!["Date".into(), "Description".into()],
            rows,
        }
    }

    fn entry(cells: [&str; 2]) -> Row {
        Row::Entry(cells.map(str::to_owned).to_vec())
    }

    #[test]
    fn none_is_said_only_where_the_practice_said_so() {
        let none = || Content::NothingStated("No relevant information".into());
        assert_eq!(
            Allergies::of(Some(&section_with(none(), None))),
            Allergies::None
        );
        assert_eq!(
            Allergies::of(Some(&section_with(none(), Some("withheld")))),
            Allergies::Unknown
        );
        assert_eq!(
            Allergies::of(Some(&section_with(Content::Missing, None))),
            Allergies::Unknown
        );
        assert_eq!(
            Allergies::of(Some(&section_with(Content::Table(table(Vec::new())), None))),
            Allergies::Unknown
        );
        assert_eq!(Allergies::of(None), Allergies::Unknown);
        let known = Content::Table(table(vec![entry(["1", "Penicillin"])]));
        assert_eq!(
            Allergies::of(Some(&section_with(known, Some("withheld")))),
            Allergies::Known
        );
    }

    #[test]
    fn a_note_belongs_to_the_entry_above_it() {
        let (stray, entries) = entries(&table(vec![
            Row::Note("before".into()),
            entry(["1", "Aspirin"]),
            Row::Note("why".into()),
            Row::Note("stopped".into()),
            entry(["2", "Ramipril"]),
        ]));
        assert_eq!(stray, ["before"]);
        let notes: Vec<_> = entries.iter().map(|entry| entry.notes.len()).collect();
        assert_eq!(notes, [2, 0]);
    }

    #[test]
    fn the_column_that_names_the_entry_leads() {
        let columns = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            important_column(&columns(&["Type", "Date", "Medication Item", "Quantity"])),
            2
        );
        assert_eq!(important_column(&columns(&["Date", "Description"])), 1);
        assert_eq!(important_column(&columns(&["When", "What"])), 0);
    }
}
