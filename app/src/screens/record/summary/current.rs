//! The medicines that a patient takes, by name, for the first screenful. The document with its tables
//! stays below.

use super::document::{not_found, statements, withheld_line};
use super::said::{paragraph, parts_with};
use super::unfolding::{Beside, rows};
use domain::summary::{Content, Emptiness, Heading, KnownHeading, Section, Summary, Table};
use leptos::prelude::*;

/// What is taken now, or was lately: what was discontinued is in the document alone.
const TAKEN: [KnownHeading; 2] = [
    KnownHeading::AcuteMedications,
    KnownHeading::RepeatMedications,
];

pub(super) fn medicines(summary: &Summary) -> AnyView {
    let unknown = summary.unknown_headings();
    let parts = TAKEN
        .into_iter()
        .map(|known| {
            // A copy that an older app saved may have a heading in several parts.
            let of: Vec<&Section> = summary
                .sections
                .iter()
                .filter(|section| section.heading == Heading::Known(known))
                .collect();
            part(known, &of, &unknown)
        })
        .collect_view();
    view! {
        <section class="ncrs-current" aria-labelledby="current-medicines">
            <h2 class="ncrs-current__heading" id="current-medicines">"Current medicines"</h2>
            <div class="ncrs-current__parts">{parts}</div>
        </section>
    }
    .into_any()
}

fn part(known: KnownHeading, sections: &[&Section], unknown: &[&str]) -> AnyView {
    let title = match known {
        KnownHeading::RepeatMedications => "Repeat",
        _ => "Acute",
    };
    // "Acute Medications (For the 12 month period 14-May-2025 to 14-May-2026)"
    let period = sections
        .iter()
        .find_map(|section| section.title.split_once('('))
        .map(|(_, period)| format!(" ({period}"));
    let mut bodies: Vec<AnyView> = sections
        .iter()
        .map(|section| content(section, unknown))
        .collect();
    if bodies.is_empty() {
        bodies.push(missing(unknown));
    }
    view! {
        <div class="ncrs-current__part">
            <h3 class="ncrs-current__title">
                {title} {period.map(|period| view! { <span class="ncrs-current__period">{period}</span> })}
            </h3>
            {bodies.collect_view()}
        </div>
    }
    .into_any()
}

/// Not there, or not recognised: two different things.
fn missing(unknown: &[&str]) -> AnyView {
    if unknown.is_empty() {
        paragraph("Not in this summary, so nothing is known either way.")
    } else {
        paragraph(&format!(
            "{} So nothing is known either way.",
            not_found("of this name", unknown)
        ))
    }
}

fn content(section: &Section, unknown: &[&str]) -> AnyView {
    let body = match &section.content {
        Content::Table(table) if table.rows.is_empty() => paragraph(&Emptiness::Unsaid.sentence()),
        Content::Table(table) => by_name("", table),
        // Each table under what it stands under in the document: what is stopped is not among what is taken.
        Content::Parts(parts) => parts_with("Current medicines", parts, by_name),
        Content::NothingStated(text) => paragraph(text),
        Content::Empty(why) => paragraph(&why.sentence()),
        Content::Missing if !section.statements.is_empty() => {
            paragraph("Nothing is known either way.")
        }
        Content::Missing => missing(unknown),
    };
    view! {
        {section.withheld.as_deref().map(withheld_line)}
        {statements(&section.statements)}
        {body}
    }
    .into_any()
}

fn by_name(_title: &str, table: &Table) -> AnyView {
    rows(table, Beside::Nothing)
}
