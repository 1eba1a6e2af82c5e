//! What did I look at, and who looked at this patient.

use super::{Loaded, cell, row, table};
use crate::api::privacy::{LogLine, LogOf, LogPage, own_log, patient_log};
use crate::components::button::SubmitButton;
use crate::components::form::{ErrorSummary, FormValues, TextField};
use crate::components::page::Page;
use crate::components::problem::Trouble;
use crate::problem::Problem;
use domain::clock::long_time;
use domain::{FieldError, NhsNumber};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::pin::Pin;

type Asking = Pin<Box<dyn Future<Output = Result<LogPage, Problem>>>>;

/// What the person looked at themselves.
pub fn own() -> AnyView {
    let read = Loaded::<LogPage>::new();
    let ask = move |before: Option<String>| read.ask(own_log(before));
    Effect::new(move || ask(None));
    let again = Callback::new(move |()| ask(None));
    view! {
        <Page title="What you looked at">
            <h1 class="nhsuk-heading-l">"What you looked at"</h1>
            <p class="nhsuk-body">
                "The service writes down every look at a record, yours too. This log protects you: it shows that you looked when you cared for someone, and that you did not when you did not."
            </p>
            <p class="nhsuk-body">
                "Is there something here that you did not do? Sign out everywhere from "
                <a href="/account">"your passkeys and devices"</a> ", and tell your service desk. "
                <a href="/activity/questions">"Questions about your access"</a>
            </p>
            {read
                .view(
                    "Reading the log",
                    again,
                    move |page| lines(&page, false, move |before| ask(Some(before))),
                )}
        </Page>
    }
    .into_any()
}

/// Who looked at the patient of an alert, or of a number that is typed.
pub fn patient() -> AnyView {
    let params = use_params_map();
    let given = params.with_untracked(|params| params.get("alert"));
    let alert = given.as_ref().and_then(|id| id.parse().ok());
    if given.is_some() && alert.is_none() {
        return crate::screens::not_found::screen().into_any();
    }
    let of = RwSignal::new(alert.map(LogOf::Alert));
    let read = Loaded::<LogPage>::new();
    let form = Trouble::new();
    let ask = move |before: Option<String>| {
        if let Some(of) = of.get_untracked() {
            let asking: Asking = Box::pin(patient_log(of, before));
            read.ask(asking);
        }
    };
    Effect::new(move || ask(None));
    let again = Callback::new(move |()| ask(None));
    let send = move |event: SubmitEvent| {
        let typed = FormValues::of(&event).text("nhs-number");
        form.clear();
        match typed.parse::<NhsNumber>() {
            Ok(number) => {
                read.value.set(None);
                of.set(Some(LogOf::Patient(number)));
                ask(None);
            }
            Err(_) => form.errors.set(vec![FieldError::new(
                "nhs-number",
                "Enter a valid NHS number of 10 digits",
            )]),
        }
    };
    let field = alert.is_none().then(|| {
        view! {
            <form class="ncrs-form" method="post" novalidate on:submit=send>
                <TextField
                    name="nhs-number"
                    label="NHS number of the patient"
                    hint="10 digits, such as 999 040 2132"
                    errors=form.errors
                    inputmode="numeric"
                    class="nhsuk-input--width-10"
                />
                <SubmitButton work=read.work text="Show who looked" busy="Reading…" />
            </form>
        }
    });
    let log = move || {
        of.with(Option::is_some).then(|| {
            read.view("Reading the log", again, move |page| {
                lines(&page, true, move |before| ask(Some(before)))
            })
        })
    };
    view! {
        <Page title="Who looked at a patient" errors=form.errors>
            <a class="nhsuk-back-link" href="/privacy">"Privacy alerts"</a>
            <ErrorSummary errors=form.errors />
            <h1 class="nhsuk-heading-l">"Who looked at a patient"</h1>
            <p class="nhsuk-body">
                "Looks by people of your organisation. That you asked is written down too, on this patient."
            </p>
            {field}
            {log}
        </Page>
    }
    .into_any()
}

fn lines(
    page: &LogPage,
    of_others: bool,
    older: impl Fn(String) + Copy + Send + Sync + 'static,
) -> AnyView {
    if page.lines.is_empty() {
        return view! { <p class="nhsuk-body">"There is nothing in this log."</p> }.into_any();
    }
    let columns = if of_others {
        vec!["When", "Who", "What", "Why", "Device"]
    } else {
        vec!["When", "What", "On whom", "Why", "Where"]
    };
    let rows = page
        .lines
        .iter()
        .map(|entry| line(entry, of_others))
        .collect();
    let next = page.next.clone().map(|next| {
        view! {
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                on:click=move |_| older(next.clone())
            >
                "Older entries"
            </button>
        }
    });
    view! {
        {table("Newest first".to_owned(), columns, rows)}
        {next}
    }
    .into_any()
}

fn line(entry: &LogLine, of_others: bool) -> AnyView {
    let what = view! { {entry.what.clone()} <br /> {entry.outcome.clone()} };
    let why = entry.why.clone().unwrap_or_default();
    let offline = entry.offline.then_some(", without the service");
    let device = view! { {entry.device.clone()} {offline} };
    if of_others {
        row(vec![
            cell("When", long_time(entry.at)),
            cell(
                "Who",
                view! { {entry.person.clone()} <br /> {entry.role.clone()} },
            ),
            cell("What", what),
            cell("Why", why),
            cell("Device", device),
        ])
    } else {
        row(vec![
            cell("When", long_time(entry.at)),
            cell("What", what),
            cell("On whom", entry.on.clone()),
            cell("Why", why),
            cell("Where", view! { {entry.role.clone()} <br /> {device} }),
        ])
    }
}
