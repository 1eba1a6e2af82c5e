//! All of a draft, to look over and save.

use super::super::now;

use super::draft::{Draft, Flow, Sheet, Step};
use super::flow::Writing;
use super::submit::Sending;
use crate::components::adjustment::detail_line;
use crate::device::device;
use domain::FieldError;
use domain::adjustment::{AdjustmentRecord, Detail};
use leptos::prelude::*;

pub(super) fn view(
    writing: Writing,
    base: StoredValue<AdjustmentRecord>,
    sending: Sending,
    other: RwSignal<Option<AdjustmentRecord>>,
) -> AnyView {
    let Writing {
        frame, flow, sheet, ..
    } = writing;
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        base.with_value(|record| send(writing, record, sending, other));
    };
    let rows = sheet.with_value(|sheet| rows(writing, &sheet.draft));
    let more = (flow == Flow::Add).then(|| {
        let link = |step: Step, text: &'static str| {
            view! { <li><a class="nhsuk-link" href=frame.path_now(&flow.path(step))>{text}</a></li> }
        };
        view! {
            <ul class="nhsuk-list">
                {link(Step::Adjustments, "Add another adjustment")}
                {link(Step::Impairments, "Add an impairment")}
                {link(Step::Conditions, "Add a condition")}
            </ul>
        }
    });
    view! {
        <form class="ncrs-form" method="post" novalidate on:submit=save>
            <dl class="nhsuk-summary-list" id="parts" tabindex="-1">{rows}</dl>
            {more}
            <p class="nhsuk-body">
                "Your name, role and organisation are recorded with it. Everyone who cares for the patient can see that there is a flag."
            </p>
            {sending.state()}
            <div class="nhsuk-button-group">
                <button class="nhsuk-button ncrs-form__submit" type="submit" aria-disabled=move || sending.pending().then_some("true")>
                    {move || if sending.may_retry() { "Try again" } else { "Save" }}
                </button>
                <a
                    class="nhsuk-link"
                    href=frame.path_now("/adjustments")
                    on:click=move |_| sheet.clear()
                >
                    "Cancel"
                </a>
            </div>
        </form>
    }
    .into_any()
}

/// Sends what is not on that record yet.
pub(super) fn send(
    writing: Writing,
    record: &AdjustmentRecord,
    sending: Sending,
    other: RwSignal<Option<AdjustmentRecord>>,
) {
    let Writing {
        flow,
        sheet,
        errors,
        ..
    } = writing;
    let Some(device) = device() else { return };
    let before = sheet.with_value(Sheet::sent);
    let mut command = None;
    sheet.update_value(|sheet| command = sheet.command(record, now(), || device.new_id()));
    let Some(command) = command else {
        errors.set(vec![FieldError::new(
            "adjustments",
            "Everything here is on the flag already. Add something else, or cancel",
        )]);
        return;
    };
    let saved = match flow {
        Flow::Create => "Reasonable adjustment flag saved.",
        Flow::Add => "Added to the reasonable adjustment flag.",
    };
    sending.send(
        command,
        before,
        move || {
            sheet.clear();
            saved
        },
        move |theirs| {
            sheet.update_value(|sheet| sheet.conflict = Some(theirs.clone()));
            other.set(Some(theirs));
        },
    );
}

fn rows(writing: Writing, draft: &Draft) -> AnyView {
    let details = draft.details();
    let lines = |wanted: fn(&Detail) -> bool| {
        let lines: Vec<_> = details
            .iter()
            .filter(|detail| wanted(detail))
            .map(detail_line)
            .collect();
        if lines.is_empty() {
            vec!["None".to_owned()]
        } else {
            lines
        }
    };
    let confirmed = if draft.confirmed {
        "Confirmed: the patient is disabled under the Act"
    } else {
        "Not confirmed"
    };
    let basis = draft.basis.map_or("Not chosen", |basis| basis.label());
    let own = (writing.flow == Flow::Create).then(|| {
        view! {
            {row(writing, "equality-act", "Equality Act 2010", vec![confirmed.to_owned()], Step::Basis)}
            {row(writing, "basis", "Basis", vec![basis.to_owned()], Step::Basis)}
        }
    });
    view! {
        {own}
        {row(writing, "impairments", "Impairments", lines(|detail| matches!(detail, Detail::Impairment { .. })), Step::Impairments)}
        {row(writing, "adjustments", "Adjustments", lines(|detail| matches!(detail, Detail::Adjustment { .. })), Step::Adjustments)}
        {row(writing, "conditions", "Conditions", lines(|detail| matches!(detail, Detail::Condition { .. })), Step::Conditions)}
    }
    .into_any()
}

/// The id is the field of the server's errors, so that the error summary leads here.
fn row(
    writing: Writing,
    id: &'static str,
    key: &'static str,
    lines: Vec<String>,
    step: Step,
) -> AnyView {
    let href = writing.frame.path_now(&writing.flow.path(step));
    let lines = lines
        .into_iter()
        .map(|line| view! { <p class="nhsuk-u-margin-bottom-1">{line}</p> })
        .collect_view();
    view! {
        <div class="nhsuk-summary-list__row">
            <dt class="nhsuk-summary-list__key">{key}</dt>
            <dd class="nhsuk-summary-list__value">{lines}</dd>
            <dd class="nhsuk-summary-list__actions">
                <a class="nhsuk-link" id=id href=href>
                    "Change"
                    <span class="nhsuk-u-visually-hidden">" " {key.to_lowercase()}</span>
                </a>
            </dd>
        </div>
    }
    .into_any()
}
