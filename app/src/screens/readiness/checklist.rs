//! The checklist of an organisation: what is done, what is missing, and what that closes.

use super::status;
use crate::api::readiness::{Checklist, StepView, read_checklist};
use crate::components::loaded::Loaded;
use crate::components::page::Page;
use domain::clock::long_date;
use domain::readiness::{More, State, Step};
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    let read = Loaded::new();
    let ask = move || read.ask(read_checklist());
    Effect::new(ask);
    let again = Callback::new(move |()| ask());
    view! {
        <Page title="Readiness checklist">
            <h1 class="nhsuk-heading-l">"Readiness checklist"</h1>
            {read.view("Reading the checklist", again, |checklist| whole(&checklist))}
        </Page>
    }
    .into_any()
}

fn whole(checklist: &Checklist) -> AnyView {
    let organisation = &checklist.organisation;
    let items = checklist.steps.iter().map(item).collect_view();
    view! {
        <p class="nhsuk-body">
            {format!("{} ({}), {}", organisation.name, organisation.ods, organisation.setting.label())}
        </p>
        {standing(checklist)}
        <ul class="nhsuk-task-list ncrs-tasks">{items}</ul>
        <p class="nhsuk-body">
            "Each step is saved by itself, and you can come back to it. What needs national approval is sent to the national approver when you save it."
        </p>
    }
    .into_any()
}

/// What is open and what is closed.
fn standing(checklist: &Checklist) -> AnyView {
    let closures = &checklist.closures;
    let summaries = checklist.organisation.setting.approved_for_summary();
    let text = match (closures.records, closures.summaries) {
        (Some(missing), _) => format!(
            "Patients' records are closed to your organisation. {}",
            missing.words()
        ),
        (None, Some(missing)) if summaries => format!(
            "Your organisation can find patients and open their records. Summary Care Records are closed. {}",
            missing.words()
        ),
        (None, _) => "Everything that your organisation can use is open.".to_owned(),
    };
    let expiry = checklist.expiry.as_ref().map(|expiry| {
        let text = format!(
            "The DSPT assessment expired on {}. Records close after {} unless you enter a new one.",
            expiry.expired, expiry.closes
        );
        view! { <p>{text}</p> }
    });
    view! {
        <div class="nhsuk-inset-text">
            <p>{text}</p>
            {expiry}
        </div>
    }
    .into_any()
}

fn item(view: &StepView) -> AnyView {
    let code = view.step.code();
    let (hint_id, status_id) = (format!("{code}-hint"), format!("{code}-status"));
    let described = format!("{hint_id} {status_id}");
    view! {
        <li class="nhsuk-task-list__item nhsuk-task-list__item--with-link">
            <div class="nhsuk-task-list__name-and-hint">
                <a
                    class="nhsuk-link nhsuk-task-list__link"
                    href=format!("/readiness/{code}")
                    aria-describedby=described
                >
                    {view.step.label()}
                </a>
                <div class="nhsuk-task-list__hint" id=hint_id>{hint(view)}</div>
            </div>
            <div class="nhsuk-task-list__status" id=status_id>{status(&view.state)}</div>
        </li>
    }
    .into_any()
}

/// More about where a step stands, or what it is for.
fn hint(view: &StepView) -> String {
    let expires = view
        .evidence
        .as_ref()
        .and_then(|evidence| match evidence.more {
            More::Assessment { expires, .. } => Some(expires),
            More::Nothing | More::Methods(_) => None,
        });
    match (&view.state, expires) {
        (State::SentBack { .. }, _) => "Open it to read what has to change".to_owned(),
        (State::Done, Some(expires)) => format!("Expires on {}", long_date(expires)),
        (State::Expiring { closes }, _) => format!("Records close after {}", long_date(*closes)),
        _ => match view.step {
            Step::OdsCode => "Confirm that the code is your organisation's",
            Step::PdsForm => "Needs national approval",
            Step::Dspt => "Every year: records close 60 days after it expires",
            Step::SummaryApproval => "Optional. Needs national approval",
            Step::PrivacyOfficer => "Needed for Summary Care Records",
            Step::AccessMethods => "How staff sign in, and on what",
        }
        .to_owned(),
    }
}
