//! The reasonable adjustments as they are recorded.

use super::super::parts::{nowhere, part_article, provenance, why};
use super::super::reading;
use super::super::{RecordFrame, RecordPage};
use super::draft::{Flow, Step};
use crate::api::records::AdjustmentsView;
use crate::components::adjustment::detail_name;
use crate::components::notice::Success;
use domain::adjustment::{AdjustmentRecord, Category, Detail, Flag, Part};
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    let Some(frame) = RecordFrame::here() else {
        return nowhere();
    };
    let reading = reading::adjustments(frame);
    // What was saved is said once, on the screen that shows it.
    on_cleanup(move || {
        frame.saved.try_set(None);
    });
    view! {
        <RecordPage title="Reasonable adjustments">
            <Success message=frame.saved />
            <h1 class="nhsuk-heading-l">"Reasonable adjustments"</h1>
            {reading.view("Opening the reasonable adjustments", move |view| whole(frame, view))}
        </RecordPage>
    }
    .into_any()
}

fn whole(frame: RecordFrame, view: AdjustmentsView) -> AnyView {
    let may_manage = view.may_manage;
    match (view.flag, view.record) {
        (
            true,
            Some(AdjustmentRecord {
                current: Some(flag),
                ..
            }),
        ) => recorded(frame, &flag, may_manage),
        (true, _) => hidden(),
        (false, record) => none(frame, record.as_ref(), may_manage),
    }
}

/// There is a flag that this role cannot read.
fn hidden() -> AnyView {
    view! {
        <section class="ncrs-flag" aria-labelledby="flag">
            <h2 class="ncrs-flag__heading" id="flag">"Reasonable adjustments are needed"</h2>
            <p class="ncrs-flag__text">"A flag is recorded. Ask the patient what they need before you begin."</p>
        </section>
        {why("You cannot see what is on the flag: your role does not include it. A colleague whose role does can tell you. If you should see it, ask your Registration Authority.")}
    }
    .into_any()
}

const CANNOT_MANAGE: &str = "You cannot add or remove reasonable adjustments: your role does not include it. Tell a colleague whose role does, or ask your Registration Authority.";

fn none(frame: RecordFrame, record: Option<&AdjustmentRecord>, may_manage: bool) -> AnyView {
    let control = if may_manage {
        view! {
            <a class="nhsuk-button" role="button" href=frame.path_now(&Flow::Create.path(Step::Basis))>"Create flag"</a>
        }
        .into_any()
    } else {
        why(CANNOT_MANAGE)
    };
    let before = record
        .filter(|record| !record.earlier.is_empty())
        .map(|_| history_link(frame));
    view! {
        <div class="ncrs-empty">
            <h2 class="ncrs-empty__heading">"No reasonable adjustments are recorded"</h2>
            <p class="nhsuk-body">
                "That does not mean that the patient needs none. A flag tells everyone who cares for a disabled patient what to do differently, so that the patient need not explain it each time."
            </p>
            {control}
        </div>
        {before}
    }
    .into_any()
}

fn history_link(frame: RecordFrame) -> AnyView {
    view! {
        <p class="nhsuk-body">
            <a class="nhsuk-link" href=frame.path_now("/adjustments/history")>"See history"</a>
        </p>
    }
    .into_any()
}

fn recorded(frame: RecordFrame, flag: &Flag, may_manage: bool) -> AnyView {
    let parts: Vec<&Part> = flag.current_parts().collect();
    let group = |heading: &'static str,
                 none: &'static str,
                 step: Step,
                 wanted: &dyn Fn(&Detail) -> bool| {
        let found: Vec<_> = parts
            .iter()
            .filter(|part| wanted(&part.detail))
            .map(|part| article(frame, part, may_manage))
            .collect();
        let none = found
            .is_empty()
            .then(|| view! { <p class="ncrs-section__none nhsuk-u-margin-bottom-3">{none}</p> });
        let add = may_manage.then(|| {
            let what = match step {
                Step::Impairments => "Add impairment",
                Step::Conditions => "Add condition",
                _ => "Add adjustment",
            };
            view! {
                <a
                    class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
                    role="button"
                    href=frame.path_now(&Flow::Add.path(step))
                >
                    {what}
                </a>
            }
        });
        view! {
            <h2 class="nhsuk-heading-m">{heading}</h2>
            {none}
            {found}
            {add}
        }
        .into_any()
    };
    // In the order of the categories, whatever the order of recording.
    let adjustments = Category::ALL
        .iter()
        .flat_map(|wanted| {
            parts.iter().filter(move |part| matches!(&part.detail, Detail::Adjustment { category, .. } if category == wanted))
        })
        .map(|part| article(frame, part, may_manage))
        .collect::<Vec<_>>();
    let no_adjustments = adjustments
        .is_empty()
        .then(|| view! { <p class="ncrs-section__none nhsuk-u-margin-bottom-3">"No adjustment is left on this flag."</p> });
    let add = may_manage.then(|| {
        view! {
            <a class="nhsuk-button" role="button" href=frame.path_now(&Flow::Add.path(Step::Adjustments))>"Add adjustment"</a>
        }
    });
    let remove = if may_manage {
        view! {
            <p class="nhsuk-body">
                <a class="nhsuk-link" href=frame.path_now("/adjustments/remove-flag")>"Remove the whole flag"</a>
            </p>
        }
        .into_any()
    } else {
        why(CANNOT_MANAGE)
    };
    view! {
        <h2 class="nhsuk-heading-m">"What to do differently"</h2>
        {no_adjustments}
        {adjustments}
        {add}
        {group("What the patient finds hard", "No impairment is left on this flag.", Step::Impairments, &|detail| matches!(detail, Detail::Impairment { .. }))}
        {group("Conditions behind it", "None are recorded.", Step::Conditions, &|detail| matches!(detail, Detail::Condition { .. }))}
        <h2 class="nhsuk-heading-m">"About this flag"</h2>
        <dl class="nhsuk-summary-list">
            <div class="nhsuk-summary-list__row">
                <dt class="nhsuk-summary-list__key">"Basis"</dt>
                <dd class="nhsuk-summary-list__value">{flag.basis.label()}</dd>
            </div>
            <div class="nhsuk-summary-list__row">
                <dt class="nhsuk-summary-list__key">"Equality Act 2010"</dt>
                <dd class="nhsuk-summary-list__value">
                    "Confirmed that the patient is disabled under the Act: a substantial and long-term adverse effect"
                </dd>
            </div>
            <div class="nhsuk-summary-list__row">
                <dt class="nhsuk-summary-list__key">"Confirmed and created by"</dt>
                <dd class="nhsuk-summary-list__value">{provenance(&flag.recorded)}</dd>
            </div>
        </dl>
        {history_link(frame)}
        {remove}
    }
    .into_any()
}

fn article(frame: RecordFrame, part: &Part, may_manage: bool) -> AnyView {
    let action = may_manage.then(|| {
        let href = frame.path_now(&format!("/adjustments/remove/{}", part.id));
        let name = detail_name(&part.detail);
        view! {
            <a href=href>
                "Remove"
                <span class="nhsuk-u-visually-hidden">" " {name}</span>
            </a>
        }
        .into_any()
    });
    part_article(frame.keeping, part, action)
}
