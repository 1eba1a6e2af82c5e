//! The overview: what must be known before anything else, and the ways to the rest.

use super::care;
use super::parts::{address, contact, nowhere, phone, why};
use super::reading;
use super::{RecordFrame, RecordPage};
use crate::api::records::RecordOverview;
use crate::components::add_visit::AddToVisits;
use crate::components::adjustment::detail_line;
use crate::components::fact::fact;
use crate::components::form::ErrorSummary;
use crate::components::notice::Success;
use crate::components::problem::Trouble;
use crate::problem::closed_advice;
use domain::adjustment::{AdjustmentRecord, Detail};
use domain::clock::long_date;
use domain::patient::{Death, DeathStatus, Patient};
use domain::permission::{Gate, Scope};
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    let Some(frame) = RecordFrame::here() else {
        return nowhere();
    };
    let reading = reading::overview(frame);
    let trouble = Trouble::new();
    let errors = trouble.errors;
    // With each answer, and not with each drawing of it: the person may have added them since.
    let listed = reading.part(|read| {
        let overview = &read.value;
        (
            read.source.clone(),
            overview.patient.nhs_number,
            overview.on_visit_list,
        )
    });
    Effect::new(move || {
        if let Some((_, patient, there)) = listed.get() {
            frame.keeping.listed().note(patient, there);
        }
    });
    on_cleanup(move || {
        frame.saved.try_set(None);
    });
    view! {
        <RecordPage title="Overview" errors>
            <ErrorSummary errors />
            <Success message=frame.saved />
            <h1 class="nhsuk-heading-l">"Overview"</h1>
            {reading.view("Opening the record", move |overview| whole(frame, &overview))}
            {care::section(frame, reading, trouble)}
        </RecordPage>
    }
    .into_any()
}

fn whole(frame: RecordFrame, overview: &RecordOverview) -> AnyView {
    let patient = &overview.patient;
    view! {
        {adjustments(frame, overview)}
        {patient.death.map(died)}
        {patient.restricted.then(restricted)}
        {interpreter(patient)}
        {summary(frame, &overview.gate)}
        {essentials(frame, patient)}
        {no_adjustments(frame, overview)}
    }
    .into_any()
}

/// The flag, first of all: a person's needs come before their data.
fn adjustments(frame: RecordFrame, overview: &RecordOverview) -> Option<AnyView> {
    if !overview.flag {
        return None;
    }
    let detail = if overview.may_view_adjustments {
        view! {
            {overview.adjustments.as_ref().map(needed)}
            <a class="ncrs-flag__action" href=frame.path_now("/adjustments")>"See reasonable adjustments"</a>
        }
        .into_any()
    } else {
        view! {
            <p class="ncrs-flag__text">
                "Your role does not show what they are. Ask the patient what they need, or a colleague whose role shows it."
            </p>
        }
        .into_any()
    };
    Some(
        view! {
            <section class="ncrs-flag" aria-labelledby="reasonable-adjustments">
                <h2 class="ncrs-flag__heading" id="reasonable-adjustments">"Reasonable adjustments are needed"</h2>
                {detail}
            </section>
        }
        .into_any(),
    )
}

fn needed(record: &AdjustmentRecord) -> Option<AnyView> {
    let items = record
        .current
        .as_ref()?
        .current_parts()
        .filter(|part| matches!(part.detail, Detail::Adjustment { .. }))
        .map(|part| view! { <li>{detail_line(&part.detail)}</li> })
        .collect_view();
    Some(view! { <ul class="ncrs-flag__list">{items}</ul> }.into_any())
}

fn no_adjustments(frame: RecordFrame, overview: &RecordOverview) -> Option<AnyView> {
    if overview.flag {
        return None;
    }
    let control = if overview.may_manage_adjustments {
        view! {
            <a class="nhsuk-button nhsuk-button--secondary" role="button" href=frame.path_now("/adjustments/new/basis")>
                "Add reasonable adjustments"
            </a>
        }
        .into_any()
    } else {
        why(
            "You cannot add them: your role does not include it. Tell a colleague whose role does, or ask your Registration Authority.",
        )
    };
    Some(
        view! {
            <section class="ncrs-section" aria-labelledby="reasonable-adjustments">
                <h2 class="ncrs-section__heading" id="reasonable-adjustments">"Reasonable adjustments"</h2>
                <p class="ncrs-section__none nhsuk-u-margin-bottom-3">
                    "None are recorded. The patient may still need some: ask."
                </p>
                {control}
            </section>
        }
        .into_any(),
    )
}

/// That the patient has died, and how sure that is.
pub(super) fn died(death: Death) -> AnyView {
    let how = match death.status {
        DeathStatus::Formal => "The death is registered.",
        DeathStatus::Informal => {
            "The death was reported and is not yet registered, so check before you rely on it."
        }
    };
    callout(
        "This patient has died",
        format!("Date of death: {}. {how}", long_date(death.on)),
    )
}

/// That the record is restricted, and what that means.
pub(super) fn restricted() -> AnyView {
    callout(
        "Restricted record",
        "Where this patient lives, how to reach them and their GP practice are not shown, to keep them safe. Do not share \
         or write down anything about where they are. Your privacy officer can help if you need more."
            .to_owned(),
    )
}

/// That an interpreter is needed, where it is.
pub(super) fn interpreter(patient: &Patient) -> Option<AnyView> {
    patient.interpreter_needed.then(|| {
        let language = patient
            .language
            .clone()
            .unwrap_or_else(|| "language not recorded".to_owned());
        callout("Interpreter needed", format!("Language: {language}."))
    })
}

fn callout(heading: &'static str, text: String) -> AnyView {
    view! {
        <div class="nhsuk-card nhsuk-card--warning">
            <div class="nhsuk-card__content">
                <h2 class="nhsuk-card__heading">{heading}</h2>
                <p class="nhsuk-card__description">{text}</p>
            </div>
        </div>
    }
    .into_any()
}

/// Whether the summary can be opened. Nothing of what it says.
fn summary(frame: RecordFrame, gate: &Gate) -> AnyView {
    let (text, link) = match (gate.closed(), frame.opened().is_some(), &gate.standing) {
        (Some(closed), _, _) => (closed_advice(closed), None),
        (None, true, _) => ("You opened the summary. It stays open until you close it or leave this record.".to_owned(), Some("Go back to summary")),
        (None, false, Some(standing)) => {
            let whom = match standing.scope {
                Scope::Me => "you",
                Scope::Team => "your team",
            };
            (
                format!("The patient agreed that {whom} may see it until {}.", long_date(standing.until)),
                Some("View summary"),
            )
        }
        (None, false, None) => (
            "There is a summary, with allergies and medicines. You will be asked whether the patient agrees.".to_owned(),
            Some("View summary"),
        ),
    };
    let link = link.map(|text| {
        view! { <a class="nhsuk-button nhsuk-u-margin-bottom-0" role="button" href=frame.path_now("/summary")>{text}</a> }
    });
    view! {
        <div class="nhsuk-card">
            <div class="nhsuk-card__content">
                <h2 class="nhsuk-card__heading nhsuk-heading-m">"Summary Care Record"</h2>
                <p class="nhsuk-card__description nhsuk-u-margin-bottom-4">{text}</p>
                {link}
            </div>
        </div>
    }
    .into_any()
}

fn essentials(frame: RecordFrame, patient: &Patient) -> AnyView {
    let missing = || {
        if patient.restricted {
            "Not shown: restricted record"
        } else {
            "Not recorded"
        }
        .into_any()
    };
    let home = patient.addresses.first().map_or_else(missing, address);
    let contacts = if patient.contacts.is_empty() {
        missing()
    } else {
        patient
            .contacts
            .iter()
            .map(contact)
            .collect_view()
            .into_any()
    };
    let gp = patient.gp.as_ref().map_or_else(missing, |gp| {
        let number = gp
            .phone
            .as_deref()
            .map(|number| view! { <br /> {phone(number)} });
        view! { {gp.name.clone()} {number} }.into_any()
    });
    let language = patient
        .language
        .clone()
        .map(|language| fact("Language", language));
    view! {
        <h2 class="nhsuk-heading-m">"Patient"</h2>
        <dl class="nhsuk-summary-list">
            {fact("Address", home)} {fact("Contact", contacts)} {fact("GP practice", gp)} {language}
        </dl>
        <p class="nhsuk-body">
            <a class="nhsuk-link" href=frame.path_now("/details")>"See all details"</a>
        </p>
        {if patient.restricted {
            why("A restricted record is never saved on a device, so it cannot be put on the visit list.")
        } else {
            view! {
                <p class="nhsuk-body">
                    <AddToVisits patient=patient.nhs_number name="" />
                </p>
            }
                .into_any()
        }}
    }
    .into_any()
}
