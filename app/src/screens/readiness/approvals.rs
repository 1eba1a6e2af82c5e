//! What waits for the national approver.

use crate::api::readiness::{Application, applications};
use crate::components::loaded::Loaded;
use crate::components::page::Page;
use domain::clock::long_time;
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    let read = Loaded::new();
    let ask = move || read.ask(applications());
    Effect::new(ask);
    let again = Callback::new(move |()| ask());
    view! {
        <Page title="National approval">
            <h1 class="nhsuk-heading-l">"National approval"</h1>
            {read.view("Reading what waits", again, whole)}
        </Page>
    }
    .into_any()
}

fn whole(waiting: Vec<Application>) -> AnyView {
    if waiting.is_empty() {
        return view! {
            <div class="ncrs-empty">
                <h2 class="ncrs-empty__heading">"Nothing waits for approval"</h2>
                <p class="nhsuk-body">"What organisations save for approval appears here."</p>
            </div>
        }
        .into_any();
    }
    let count = match waiting.len() {
        1 => "1 step waits for a decision, oldest first.".to_owned(),
        count => format!("{count} steps wait for a decision, oldest first."),
    };
    let lines = waiting.into_iter().map(line).collect_view();
    view! {
        <p class="nhsuk-body">{count}</p>
        <ul class="ncrs-choices">{lines}</ul>
    }
    .into_any()
}

fn line(application: Application) -> AnyView {
    let Application {
        organisation,
        step,
        entered,
        ..
    } = application;
    view! {
        <li class="ncrs-choices__item">
            <a class="ncrs-choices__link" href=format!("/approvals/{}/{}", organisation.ods, step.code())>
                <span class="ncrs-choices__name">{organisation.name}</span>
                <span class="ncrs-choices__detail">{step.label()}</span>
                <span class="ncrs-choices__detail">{format!("Waiting since {}", long_time(entered.at))}</span>
            </a>
        </li>
    }
    .into_any()
}
