//! The medicines that a patient takes, by name, for the first screenful. The document with its tables
//! stays below.

use super::document::withheld_line;
use super::unfolding::{Beside, rows};
use crate::components::form::focus;
use crate::screens::record::parts::paragraph;
use domain::summary::{Content, Heading, KnownHeading, Section, Summary};
use leptos::prelude::*;

/// What is taken now, or was lately: what was discontinued is in the document alone.
const TAKEN: [KnownHeading; 2] = [
    KnownHeading::AcuteMedications,
    KnownHeading::RepeatMedications,
];

pub(super) fn medicines(summary: &Summary) -> AnyView {
    let parts = TAKEN
        .into_iter()
        .map(|known| {
            let of = summary
                .sections
                .iter()
                .find(|section| section.heading == Heading::Known(known));
            part(known, of)
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

fn part(known: KnownHeading, section: Option<&Section>) -> AnyView {
    let title = match known {
        KnownHeading::RepeatMedications => "Repeat",
        _ => "Acute",
    };
    // "Acute Medications (For the 12 month period 14-May-2025 to 14-May-2026)"
    let period = section
        .and_then(|section| section.title.split_once('('))
        .map(|(_, period)| format!(" ({period}"));
    let is_missing = section.is_none_or(|section| section.content == Content::Missing);
    let body = if is_missing {
        paragraph("Not in this summary, so nothing is known either way.")
    } else {
        section.map_or_else(|| ().into_any(), content)
    };
    view! {
        <div class="ncrs-current__part">
            <h3 class="ncrs-current__title">
                {title} {period.map(|period| view! { <span class="ncrs-current__period">{period}</span> })}
            </h3>
            {section.and_then(|section| section.withheld.clone()).map(withheld_line)}
            {body}
        </div>
    }
    .into_any()
}

fn content(section: &Section) -> AnyView {
    if let Content::Table(table) = &section.content {
        return rows(table, Beside::Nothing);
    }
    if let Content::NothingStated(text) = &section.content {
        return paragraph(text);
    }
    // Anything else is shown as it came, in the document.
    let anchor = section.heading.anchor();
    let href = format!("#{anchor}");
    let go = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        event.stop_propagation();
        focus(&anchor);
    };
    view! {
        <p class="nhsuk-body">
            "This part cannot be listed by name. " <a href=href on:click=go>"Read it as it came"</a> "."
        </p>
    }
    .into_any()
}
