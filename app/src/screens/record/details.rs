//! The patient's details: all that the national demographics say.

use super::overview::{died, interpreter, restricted};
use super::parts::{address, contact, nowhere, phone};
use super::reading;
use super::{RecordFrame, RecordPage, now};
use crate::components::fact::fact;
use domain::clock::{Age, long_date, uk_date};
use domain::patient::{DeathStatus, Former, Patient, Provider};
use jiff::civil::Date;
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    let Some(frame) = RecordFrame::here() else {
        return nowhere();
    };
    let reading = reading::details(frame);
    view! {
        <RecordPage title="Patient details">
            <h1 class="nhsuk-heading-l">"Patient details"</h1>
            {reading.view("Opening the details", |patient| whole(&patient))}
        </RecordPage>
    }
    .into_any()
}

fn whole(patient: &Patient) -> AnyView {
    let superseded = (!patient.superseded.is_empty()).then(|| {
        let numbers = patient
            .superseded
            .iter()
            .map(|number| view! { <p class="nhsuk-u-margin-bottom-1">{number.to_string()}</p> })
            .collect_view();
        fact("Earlier NHS numbers, no longer used", numbers)
    });
    let death = patient.death.map(|death| {
        let status = match death.status {
            DeathStatus::Formal => "registered",
            DeathStatus::Informal => "reported, not yet registered",
        };
        fact("Died", format!("{} ({status})", long_date(death.on)))
    });
    let age = match patient.death {
        None => format!(" ({})", Age::between(patient.birth_date, uk_date(now()))),
        Some(_) => String::new(),
    };
    let interpreter_needed = if patient.interpreter_needed {
        "Needed"
    } else {
        "Not recorded as needed"
    };
    view! {
        {patient.death.map(died)}
        {patient.restricted.then(restricted)}
        {interpreter(patient)}
        {group("Who they are")}
        <dl class="nhsuk-summary-list">
            {fact("Name", patient.name.banner())}
            {former("Other names", &patient.former_names, |name| name.banner().into_any())}
            {fact("Date of birth", format!("{}{age}", long_date(patient.birth_date)))}
            {fact("Gender", patient.gender.label())}
            {death}
            {fact("NHS number", patient.nhs_number.to_string())}
            {superseded}
        </dl>
        {group("How to talk with them")}
        <dl class="nhsuk-summary-list">
            {fact("Language", patient.language.clone().unwrap_or_else(|| "Not recorded".to_owned()))}
            {fact("Interpreter", interpreter_needed)}
        </dl>
        {where_they_are(patient)}
    }
    .into_any()
}

fn group(heading: &'static str) -> AnyView {
    view! { <h2 class="nhsuk-heading-m">{heading}</h2> }.into_any()
}

/// Address, contacts and providers; for a restricted patient, why there are none.
fn where_they_are(patient: &Patient) -> AnyView {
    if patient.restricted {
        return view! {
            {group("Address, contacts and GP practice")}
            <p class="ncrs-section__none">
                "Not shown, because this record is restricted. They may be recorded: the national service does not give them to anyone here."
            </p>
        }
        .into_any();
    }
    let none = || "Not recorded".into_any();
    let addresses = if patient.addresses.is_empty() {
        fact("Address", none())
    } else {
        patient
            .addresses
            .iter()
            .map(|place| {
                view! {
                    <div class="nhsuk-summary-list__row">
                        <dt class="nhsuk-summary-list__key">{place.kind.clone()} " address"</dt>
                        <dd class="nhsuk-summary-list__value">{address(place)}</dd>
                    </div>
                }
            })
            .collect_view()
            .into_any()
    };
    let contacts = if patient.contacts.is_empty() {
        none()
    } else {
        patient
            .contacts
            .iter()
            .map(contact)
            .collect_view()
            .into_any()
    };
    let related = if patient.related.is_empty() {
        view! { <p class="ncrs-section__none nhsuk-u-margin-bottom-5">"Nobody is recorded."</p> }
            .into_any()
    } else {
        let people = patient
            .related
            .iter()
            .map(|person| {
                let reach = if person.contacts.is_empty() {
                    "No contact details recorded".into_any()
                } else {
                    person
                        .contacts
                        .iter()
                        .map(contact)
                        .collect_view()
                        .into_any()
                };
                view! {
                    <div class="nhsuk-summary-list__row">
                        <dt class="nhsuk-summary-list__key">{person.relationship.clone()}</dt>
                        <dd class="nhsuk-summary-list__value">
                            <p class="nhsuk-u-margin-bottom-1">{person.name.banner()}</p>
                            {reach}
                        </dd>
                    </div>
                }
            })
            .collect_view();
        view! { <dl class="nhsuk-summary-list">{people}</dl> }.into_any()
    };
    let since = patient
        .gp_since
        .map(|date| view! { <br /> {format!("Since {}", long_date(date))} });
    let gp = patient
        .gp
        .as_ref()
        .map_or_else(none, |gp| view! { {provider(gp)} {since} }.into_any());
    let pharmacy = patient.pharmacy.as_ref().map_or_else(none, provider);
    view! {
        {group("Where they live and how to reach them")}
        <dl class="nhsuk-summary-list">
            {addresses}
            {former("Earlier addresses", &patient.former_addresses, |place| {
                view! { {format!("{}: ", place.kind)} {address(place)} }.into_any()
            })}
            {fact("Contact", contacts)}
        </dl>
        {group("People to contact")}
        {related}
        {group("GP practice and pharmacy")}
        <dl class="nhsuk-summary-list">
            {fact("GP practice", gp)}
            {former("Earlier GP practices", &patient.former_gps, provider)}
            {fact("Pharmacy for prescriptions", pharmacy)}
        </dl>
    }
    .into_any()
}

fn provider(provider: &Provider) -> AnyView {
    let number = provider
        .phone
        .as_deref()
        .map(|number| view! { <br /> {phone(number)} });
    view! { {format!("{} ({})", provider.name, provider.ods)} {number} }.into_any()
}

/// What no longer holds, with its dates.
fn former<T>(key: &'static str, values: &[Former<T>], show: fn(&T) -> AnyView) -> Option<AnyView> {
    if values.is_empty() {
        return None;
    }
    let items = values
        .iter()
        .map(|former| {
            view! {
                <p class="nhsuk-u-margin-bottom-2">
                    {show(&former.value)} <br />
                    <span class="nhsuk-u-secondary-text-colour">{period(former.from, former.to)}</span>
                </p>
            }
        })
        .collect_view();
    Some(fact(key, items))
}

fn period(from: Option<Date>, to: Option<Date>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{} to {}", long_date(from), long_date(to)),
        (Some(from), None) => format!("From {}", long_date(from)),
        (None, Some(to)) => format!("Until {}", long_date(to)),
        (None, None) => "Dates not recorded".to_owned(),
    }
}
