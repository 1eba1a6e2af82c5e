//! Someone else changed the record meanwhile: both are shown, and the person decides.

use super::super::parts::provenance;
use super::check::send;
use super::draft::{Sheet, is_recorded};
use super::flow::Writing;
use super::submit::Sending;
use crate::components::adjustment::detail_line;
use domain::adjustment::AdjustmentRecord;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

pub(super) fn view(
    writing: Writing,
    theirs: AdjustmentRecord,
    sending: Sending,
    other: RwSignal<Option<AdjustmentRecord>>,
) -> AnyView {
    let Writing { frame, sheet, .. } = writing;
    let (details, basis) = sheet.with_value(|sheet| (sheet.draft.details(), sheet.draft.basis));
    let gone = theirs.current.is_none();
    let new = details
        .iter()
        .filter(|detail| gone || !is_recorded(&theirs, detail))
        .count();
    let mine = details
        .iter()
        .map(|detail| {
            let there = is_recorded(&theirs, detail)
                .then(|| view! { " " <strong class="nhsuk-tag nhsuk-tag--grey">"Already recorded"</strong> });
            view! { <li>{detail_line(detail)} {there}</li> }
        })
        .collect_view();
    let recorded = match &theirs.current {
        None => view! { <p class="nhsuk-body">"The flag was removed."</p> }.into_any(),
        Some(flag) => {
            let parts = flag
                .current_parts()
                .map(|part| {
                    view! {
                        <li>
                            {detail_line(&part.detail)} <br />
                            <span class="nhsuk-u-secondary-text-colour">{provenance(&part.recorded)}</span>
                        </li>
                    }
                })
                .collect_view();
            let others_basis = basis.filter(|basis| *basis != flag.basis).map(|_| {
                view! { <p class="nhsuk-body">"Shared on this basis, which stays: " {flag.basis.label()}</p> }
            });
            view! {
                {others_basis}
                <ul class="nhsuk-list nhsuk-list--bullet">{parts}</ul>
            }
            .into_any()
        }
    };
    // Without a basis there is nothing to make a flag of.
    let may_add = new > 0 && (!gone || basis.is_some());
    let advice = if !gone && new == 0 {
        "Everything you wrote is recorded already, so there is nothing to add."
    } else if gone && may_add {
        "The flag was removed. You can create it again with what you wrote."
    } else if gone {
        "The flag was removed, so there is nothing to add to. Discard what you wrote, then create a new flag if the patient needs one."
    } else {
        "Nothing you wrote was saved. You can add it to what is recorded now: what is there already is left out."
    };
    let label = if gone {
        "Create the flag again"
    } else {
        "Add mine to what is recorded"
    };
    let add = may_add.then(|| {
        let theirs = StoredValue::new(theirs);
        view! {
            <button
                class="nhsuk-button"
                type="button"
                aria-disabled=move || sending.pending().then_some("true")
                on:click=move |_| theirs.with_value(|theirs| send(writing, theirs, sending, other))
            >
                {move || if sending.may_retry() { "Try again" } else { label }}
            </button>
        }
    });
    let navigate = use_navigate();
    let discard = move |_| {
        if sending.busy() {
            return;
        }
        if let Some(sent) = sheet.with_value(Sheet::sent) {
            sending.give_up(sent);
        }
        sheet.clear();
        let options = NavigateOptions {
            replace: true,
            ..NavigateOptions::default()
        };
        navigate(&frame.path_now("/adjustments"), options);
    };
    view! {
        <div class="nhsuk-card nhsuk-card--warning" role="alert">
            <div class="nhsuk-card__content">
                <h2 class="nhsuk-card__heading">"Someone else changed this record"</h2>
                <p class="nhsuk-card__description">{advice}</p>
            </div>
        </div>
        <div class="ncrs-compare">
            <section class="ncrs-compare__side ncrs-compare__side--mine">
                <h2 class="nhsuk-heading-s">"What you wrote"</h2>
                <ul class="nhsuk-list nhsuk-list--bullet">{mine}</ul>
            </section>
            <section class="ncrs-compare__side">
                <h2 class="nhsuk-heading-s">"What is recorded now"</h2>
                {recorded}
            </section>
        </div>
        {sending.state()}
        <div class="nhsuk-button-group">
            {add}
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                aria-disabled=move || sending.pending().then_some("true")
                on:click=discard
            >
                "Discard mine"
            </button>
        </div>
    }
    .into_any()
}
