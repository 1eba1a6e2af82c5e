//! What a document says, as a person reads it: text that turns nothing around it, doses that stay with
//! their units, and parts in the order of the document.

use super::document::{statements, table_view, withheld};
use domain::summary::{Part, Term, together};
use leptos::prelude::*;

/// A text of the document. It may be written from right to left: what stands around it is not turned.
pub(super) fn said(text: &str) -> AnyView {
    let last = text.split('\n').count().saturating_sub(1);
    let lines = text
        .split('\n')
        .enumerate()
        .map(|(index, line)| {
            let pieces = together(line)
                .into_iter()
                .map(|piece| {
                    if piece.whole {
                        view! { <span class="ncrs-together">{piece.text}</span> }.into_any()
                    } else {
                        piece.text.into_any()
                    }
                })
                .collect_view();
            view! {
                <bdi>{pieces}</bdi>
                {(index < last).then(|| view! { <br /> })}
            }
        })
        .collect_view();
    lines.into_any()
}

/// The parts of a section, one after the other. `rows` shows a table of rows.
pub(super) fn parts_view(title: &str, parts: &[Part]) -> AnyView {
    parts_with(title, parts, table_view)
}

/// The same with another form of tables.
pub(super) fn parts_with(
    title: &str,
    parts: &[Part],
    rows: fn(&str, &domain::summary::Table) -> AnyView,
) -> AnyView {
    let mut levels: Vec<u8> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Subheading { level, .. } => Some(*level),
            _ => None,
        })
        .collect();
    levels.sort_unstable();
    levels.dedup();
    let mut caption = title.to_owned();
    let mut views = Vec::new();
    for part in parts {
        if let Part::Subheading { level, text } = part {
            caption.clone_from(text);
            let rank = levels.iter().position(|known| known == level).unwrap_or(0);
            views.push(subheading(rank, text));
        } else {
            views.push(part_view(&caption, part, rows));
        }
    }
    views.collect_view().into_any()
}

/// Below the heading of the section, which is of the second level.
fn subheading(rank: usize, text: &str) -> AnyView {
    let text = said(text);
    match rank {
        0 => view! { <h3 class="ncrs-section__subheading">{text}</h3> }.into_any(),
        1 => view! { <h4 class="ncrs-section__subheading">{text}</h4> }.into_any(),
        2 => view! { <h5 class="ncrs-section__subheading">{text}</h5> }.into_any(),
        _ => view! { <h6 class="ncrs-section__subheading">{text}</h6> }.into_any(),
    }
}

fn part_view(
    caption: &str,
    part: &Part,
    rows: fn(&str, &domain::summary::Table) -> AnyView,
) -> AnyView {
    match part {
        Part::Subheading { text, .. } => subheading(0, text),
        Part::Statement(text) => view! { <p class="nhsuk-body">{said(text)}</p> }.into_any(),
        Part::Remark(remark) => statements(&[remark.sentence()]),
        Part::Withheld(text) => withheld(text.clone()),
        Part::NothingStated(text) => none(text),
        Part::Empty(why) => none(&why.sentence()),
        Part::Table(table) => rows(caption, table),
        Part::Grid(cells) => grid(caption, cells),
        Part::List { first, items } => list(*first, items),
        Part::Terms(terms) => terms_view(terms),
    }
}

pub(super) fn paragraph(text: &str) -> AnyView {
    view! { <p class="nhsuk-body">{said(text)}</p> }.into_any()
}

/// That there is nothing, or that nothing is known.
pub(super) fn none(text: &str) -> AnyView {
    view! { <p class="ncrs-section__none">{said(text)}</p> }.into_any()
}

fn list(first: Option<i64>, items: &[String]) -> AnyView {
    let items = items
        .iter()
        .map(|item| view! { <li>{said(item)}</li> })
        .collect_view();
    match first {
        Some(first) => {
            view! { <ol class="nhsuk-list nhsuk-list--number" start=first.to_string()>{items}</ol> }
                .into_any()
        }
        None => view! { <ul class="nhsuk-list nhsuk-list--bullet">{items}</ul> }.into_any(),
    }
}

fn terms_view(terms: &[Term]) -> AnyView {
    let terms = terms
        .iter()
        .map(|term| {
            let says = term
                .says
                .iter()
                .map(|text| view! { <dd>{said(text)}</dd> })
                .collect_view();
            let name = (!term.name.is_empty()).then(|| view! { <dt>{said(&term.name)}</dt> });
            view! {
                {name}
                {says}
            }
        })
        .collect_view();
    view! { <dl class="ncrs-terms">{terms}</dl> }.into_any()
}

/// Cells as they came: nothing says what their rows and columns are.
fn grid(caption: &str, rows: &[Vec<String>]) -> AnyView {
    let rows = rows
        .iter()
        .map(|cells| {
            let cells = cells
                .iter()
                .map(|cell| view! { <td class="nhsuk-table__cell">{said(cell)}</td> })
                .collect_view();
            view! { <tr class="nhsuk-table__row">{cells}</tr> }
        })
        .collect_view();
    view! {
        <p class="ncrs-section__note">"This table is shown as it came: it does not say what its columns are."</p>
        <div class="ncrs-grid" tabindex="0" role="group" aria-label=caption.to_owned()>
            <table class="nhsuk-table">
                <caption class="nhsuk-u-visually-hidden">{caption.to_owned()}</caption>
                <tbody class="nhsuk-table__body">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
