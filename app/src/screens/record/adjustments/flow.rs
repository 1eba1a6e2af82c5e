//! A flow of several steps: one question a page, and all of it looked over before it is saved.
//!
//! The draft is in the memory of the record's frame and follows every key that is pressed, so that
//! going back, with the browser too, finds what was written.

use super::super::parts::{nowhere, why};
use super::super::reading::{self, Reading, progress};
use super::super::{RecordFrame, RecordPage};
use super::draft::{Flow, Sheet, Step};
use super::form::values;
use super::pad::{Pad, locked};
use super::submit::Sending;
use super::{check, conflict, steps};
use crate::api::records::AdjustmentsView;
use crate::components::form::{ErrorSummary, Errors, FormValues};
use crate::screens::not_found;
use domain::FieldError;
use domain::adjustment::{AdjustmentRecord, ImpairmentKind};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};

/// Copyable, for the handlers of a step.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) frame: RecordFrame,
    pub(super) flow: Flow,
    pub(super) step: Step,
    pub(super) sheet: Pad,
    pub(super) errors: Errors,
}

pub(super) fn screen(flow: Flow) -> AnyView {
    let Some(frame) = RecordFrame::here() else {
        return nowhere();
    };
    let reading = reading::adjustments(frame);
    let params = use_params_map();
    let step = Memo::new(move |_| {
        params.with(|params| params.get_str("step").and_then(|slug| flow.step(slug)))
    });
    // Keyed, so that no field of one step lives on in the next.
    view! {
        <For
            each=move || [step.get()]
            key=|step| *step
            children=move |step| match step {
                Some(step) => page(frame, flow, step, reading),
                None => not_found::screen(),
            }
        />
    }
    .into_any()
}

fn page(frame: RecordFrame, flow: Flow, step: Step, reading: Reading<AdjustmentsView>) -> AnyView {
    let errors = Errors::default();
    let sheet = match flow {
        Flow::Create => frame.create,
        Flow::Add => frame.add,
    };
    let writing = Writing {
        frame,
        flow,
        step,
        sheet,
        errors,
    };
    let steps = flow.steps();
    let caption = match flow {
        Flow::Create => {
            let number = steps.iter().position(|other| *other == step).unwrap_or(0) + 1;
            format!(
                "Create reasonable adjustment flag: step {number} of {}",
                steps.len()
            )
        }
        Flow::Add => "Add to reasonable adjustments".to_owned(),
    };
    view! {
        <RecordPage title=step.title() errors back=flow.back(step)>
            <ErrorSummary errors />
            <h1 class="nhsuk-heading-l">
                <span class="nhsuk-caption-m">{caption} <span class="nhsuk-u-visually-hidden">": "</span></span>
                {step.title()}
            </h1>
            {reading.form("Opening the record", move |view| when_ready(writing, view))}
        </RecordPage>
    }
    .into_any()
}

/// Once what was written before, if anything, is back.
fn when_ready(writing: Writing, view: AdjustmentsView) -> AnyView {
    // Drawn anew when what is kept is unlocked only now.
    let looked = Memo::new(move |_| writing.sheet.looked());
    (move || {
        if looked.get() > 0 {
            view! {
                {locked(writing.sheet)}
                {body(writing, view.clone())}
            }
            .into_any()
        } else {
            progress("Opening the record")
        }
    })
    .into_any()
}

fn body(writing: Writing, view: AdjustmentsView) -> AnyView {
    let Writing {
        frame,
        flow,
        step,
        sheet,
        errors,
    } = writing;
    let link = |rest: &str, text: &'static str| {
        view! { <a class="nhsuk-button nhsuk-button--secondary" role="button" href=frame.path_now(rest)>{text}</a> }.into_any()
    };
    if !view.may_manage {
        return why(
            "You cannot add reasonable adjustments: your role does not include it. Tell a colleague whose role does, or ask your Registration Authority.",
        );
    }
    if view.flag && view.record.is_none() {
        return why(
            "You cannot add to this flag: your role does not show what is on it, so you could not tell what is missing. Tell a colleague whose role does.",
        );
    }
    let record = view.record.unwrap_or_default();
    let sending = Sending::new(frame, errors);
    // Only without a conflict on the screen: that one is settled there.
    if sheet.with_value(|sheet| sheet.conflict.is_none()) {
        if sheet.with_value(|sheet| sheet.was_done(&record)) {
            sheet.clear();
            Effect::new(move || {
                sending.done("Saved. It had reached us before the connection was lost.")
            });
            return progress("Opening the reasonable adjustments");
        }
        match (flow, view.flag) {
            (Flow::Create, true) => {
                return view! {
                    <p class="nhsuk-body">
                        "This patient already has a reasonable adjustment flag, so you cannot create another. You can add to it."
                    </p>
                    {link("/adjustments", "See reasonable adjustments")}
                }
                .into_any();
            }
            (Flow::Add, false) => {
                return view! {
                    <p class="nhsuk-body">"This patient has no reasonable adjustment flag to add to. Create one first."</p>
                    {link("/adjustments/new/basis", "Create flag")}
                }
                .into_any();
            }
            (Flow::Create, false) | (Flow::Add, true) => {}
        }
    }
    if let Some(missing) = sheet.with_value(|sheet| sheet.draft.missing(flow, step)) {
        go(writing, missing, true);
        return progress("Opening the first step that is not complete");
    }
    match step {
        Step::Basis => form(writing, steps::basis(writing)),
        Step::Impairments => form(writing, steps::impairments(writing, &record)),
        Step::Adjustments => form(writing, steps::adjustments(writing, record)),
        Step::Conditions => form(writing, steps::conditions(writing, record)),
        Step::Check => last_step(writing, record, sending),
    }
}

/// The check, or what someone else did in the meantime.
fn last_step(writing: Writing, record: AdjustmentRecord, sending: Sending) -> AnyView {
    let sheet = writing.sheet;
    sheet.update_value(|sheet| sheet.checked = true);
    // Whatever of the two was read later is what stands.
    let conflict = sheet.with_value(|sheet| sheet.conflict.clone());
    let newest = |theirs: AdjustmentRecord| {
        if theirs.version < record.version {
            record.clone()
        } else {
            theirs
        }
    };
    let other = RwSignal::new(conflict.map(newest));
    let base = StoredValue::new(record);
    (move || match other.get() {
        Some(theirs) => conflict::view(writing, theirs, sending, other),
        None => check::view(writing, base, sending, other),
    })
    .into_any()
}

/// The form of a step: every change goes to the draft, and "Continue" to the next step.
fn form(writing: Writing, fields: AnyView) -> AnyView {
    let Writing {
        frame,
        flow,
        step,
        sheet,
        errors,
    } = writing;
    let keep = move |event: &leptos::web_sys::Event| -> Option<FormValues> {
        let values = values(event)?;
        sheet.update_value(|sheet| take(step, &values, sheet));
        Some(values)
    };
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(values) = keep(&event) else { return };
        let mut problems = unfinished(step, &values);
        // Words that were written and not yet added count, once all of the step is right.
        let mut draft = sheet.with_value(|sheet| sheet.draft.clone());
        match step {
            Step::Adjustments => draft.adjustments.add_own(),
            Step::Conditions => draft.conditions.add_own(),
            Step::Basis | Step::Impairments | Step::Check => true,
        };
        problems.extend(draft.problems(flow, step));
        if problems.is_empty() {
            sheet.update_value(|sheet| sheet.draft = draft);
            let next = sheet.with_value(|sheet| sheet.next(flow, step));
            navigate(
                &frame.path_now(&flow.path(next)),
                NavigateOptions::default(),
            );
        } else {
            errors.set(problems);
        }
    };
    let skip = (step == Step::Conditions && flow == Flow::Create).then(|| {
        view! { <p class="nhsuk-body">"Conditions are optional. Continue without any if none are known or the patient does not want them recorded."</p> }
    });
    view! {
        <form
            method="post"
            class="ncrs-form"
            novalidate
            on:input=move |event| {
                let _ = keep(&event);
            }
            on:change=move |event| {
                let _ = keep(&event);
            }
            on:submit=submit
        >
            {skip}
            {fields}
            <button class="nhsuk-button ncrs-form__submit" type="submit">"Continue"</button>
        </form>
    }
    .into_any()
}

/// Takes what stands in the form of a step.
fn take(step: Step, values: &FormValues, sheet: &mut Sheet) {
    let draft = &mut sheet.draft;
    match step {
        Step::Basis => {
            draft.confirmed = !values.text("equality-act").is_empty();
            draft.basis = domain::adjustment::Basis::from_code(&values.text("basis"));
        }
        Step::Impairments => {
            let note = |kind: ImpairmentKind| values.text(&format!("note-{}", kind.code()));
            draft.take_impairments(&values.all("impairments"), &note);
        }
        Step::Adjustments => {
            draft
                .adjustments
                .take_notes(&|key| values.text(&format!("note-{key}")));
            draft.adjustments.own = values.text("own");
        }
        Step::Conditions => draft.conditions.own = values.text("own"),
        Step::Check => {}
    }
}

/// Something typed into the list's field and not picked would be lost without a word.
fn unfinished(step: Step, values: &FormValues) -> Vec<FieldError> {
    let (field, what) = match step {
        Step::Adjustments => ("adjustments", "an adjustment"),
        Step::Conditions => ("conditions", "a condition"),
        Step::Basis | Step::Impairments | Step::Check => return Vec::new(),
    };
    if values.text(field).trim().is_empty() {
        return Vec::new();
    }
    vec![FieldError::new(
        field,
        format!("Choose {what} from the list, or clear this field"),
    )]
}

/// Leads to a step, in place of this one where there is nothing here to come back to.
pub(super) fn go(writing: Writing, step: Step, replace: bool) {
    let navigate = use_navigate();
    Effect::new(move || {
        let options = NavigateOptions {
            replace,
            ..NavigateOptions::default()
        };
        navigate(&writing.frame.path_now(&writing.flow.path(step)), options);
    });
}
