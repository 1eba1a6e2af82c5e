//! Small parts that the screens of a record share.

use crate::components::adjustment::{detail_kind, detail_name, detail_note};
use crate::components::time::when;
use crate::keeping::Keeping;
use domain::FieldError;
use domain::adjustment::{Part, Provenance};
use domain::clock::long_time;
use domain::patient::{Address, ContactPoint};
use domain::retention::MARKED_AFTER;
use domain::sourced::Source;
use jiff::Timestamp;
use leptos::prelude::*;

/// How fresh a read is.
pub(super) fn source_line(source: &Source, now: Timestamp) -> AnyView {
    match source {
        Source::Live { at } => {
            view! { <p class="ncrs-source">{format!("Live, read at {}", when(*at, now))}</p> }
                .into_any()
        }
        Source::Saved { at, until } => {
            // DOMAIN section 1: staff fear what is shown as if it were complete and current.
            let old = (now.duration_since(*at) > MARKED_AFTER)
                .then(|| view! { <strong>" More than 4 hours old."</strong> });
            view! {
                <p class="ncrs-source ncrs-source--saved">
                    {format!("Saved copy from {}, kept until {}. Check for changes when you have signal.", when(*at, now), when(*until, now))}
                    {old}
                </p>
            }
            .into_any()
        }
    }
}

/// "Sam Taylor, Nurse, Riverside Community Care, 12 March 2026 at 10:42am".
pub(super) fn provenance(by: &Provenance) -> String {
    format!(
        "{}, {}, {}, {}",
        by.person,
        by.role,
        by.organisation,
        long_time(by.at)
    )
}

/// A telephone number to tap.
pub(super) fn phone(number: &str) -> AnyView {
    let dialled: String = number
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect();
    view! { <a class="nhsuk-link" href=format!("tel:{dialled}")>{number.to_owned()}</a> }.into_any()
}

/// A way to reach someone, with its kind.
pub(super) fn contact(point: &ContactPoint) -> AnyView {
    let value = if point.value.contains('@') {
        let to = format!("mailto:{}", point.value);
        view! { <a class="nhsuk-link" href=to>{point.value.clone()}</a> }.into_any()
    } else {
        phone(&point.value)
    };
    view! { <p class="nhsuk-u-margin-bottom-1">{point.kind.clone()} ": " {value}</p> }.into_any()
}

/// An address, a line each.
pub(super) fn address(address: &Address) -> AnyView {
    address
        .lines
        .iter()
        .chain(std::iter::once(&address.postcode))
        .filter(|line| !line.is_empty())
        .enumerate()
        .map(|(index, line)| view! { {(index > 0).then(|| view! { <br /> })} {line.clone()} })
        .collect_view()
        .into_any()
}

/// A part as it is recorded, under a heading of its page; `action` is what can be done with it.
pub(super) fn part_article(keeping: Keeping, part: &Part, action: Option<AnyView>) -> AnyView {
    let name = view! { <h3 class="ncrs-part__name">{detail_name(&part.detail)}</h3> };
    part_with(Some(keeping), part, name.into_any(), action)
}

/// A part as it is recorded, on a page about it alone.
pub(super) fn part_alone(part: &Part) -> AnyView {
    let name = view! { <h2 class="ncrs-part__name">{detail_name(&part.detail)}</h2> };
    part_with(None, part, name.into_any(), None)
}

fn part_with(
    keeping: Option<Keeping>,
    part: &Part,
    name: AnyView,
    action: Option<AnyView>,
) -> AnyView {
    let id = part.id;
    // Sent meanwhile, the mark goes by itself.
    let waits = move || {
        let keeping = keeping?;
        keeping.revision();
        let engine = keeping.engine_now()?;
        engine.unsent().contains(&id).then(|| {
            view! { <p class="ncrs-pending">"Saved on this device, waiting to send"</p> }
        })
    };
    let note = detail_note(&part.detail);
    let note =
        (!note.is_empty()).then(|| view! { <p class="ncrs-part__note">{note.to_owned()}</p> });
    let action = action.map(|action| view! { <p class="ncrs-part__actions">{action}</p> });
    view! {
        <article class="ncrs-part">
            <p class="ncrs-part__category">{detail_kind(&part.detail)}</p>
            {name}
            {note}
            {waits}
            <p class="ncrs-part__provenance">"Recorded by " {provenance(&part.recorded)}</p>
            {action}
        </article>
    }
    .into_any()
}

/// Why a control is missing.
pub(super) fn why(text: &'static str) -> AnyView {
    view! { <p class="ncrs-why">{text}</p> }.into_any()
}

/// A plain notice that stands out.
pub(super) fn notice(text: String) -> AnyView {
    view! {
        <div class="nhsuk-inset-text">
            <span class="nhsuk-u-visually-hidden">"Information: "</span>
            <p>{text}</p>
        </div>
    }
    .into_any()
}

/// The screen was built outside the record's routes, which a fault of ours alone can do.
pub(super) fn nowhere() -> AnyView {
    crate::screens::not_found::screen()
}

/// The server knows a last day as one field; forms have three.
pub(super) fn at_its_field(error: FieldError) -> FieldError {
    if error.field == "until" {
        FieldError {
            field: "until-day".to_owned(),
            ..error
        }
    } else {
        error
    }
}
