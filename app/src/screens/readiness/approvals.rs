//! What waits for the national approver.

use crate::api::readiness::{Application, applications};
use crate::components::button::Progress;
use crate::components::page::Page;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use domain::clock::long_time;
use leptos::prelude::*;

/// The state of the screen.
#[derive(Clone, Copy)]
struct Queue {
    loading: Work,
    trouble: Trouble,
    shown: RwSignal<Option<Vec<Application>>>,
}

impl Queue {
    fn load(self) {
        self.trouble.clear();
        self.loading
            .latest(applications(), move |answer| match answer {
                Ok(waiting) => self.shown.set(Some(waiting)),
                Err(problem) => self.trouble.take(problem),
            });
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let state = Queue {
        loading: Work::new(),
        trouble: Trouble::new(),
        shown: RwSignal::new(None),
    };
    Effect::new(move || state.load());
    let again = Callback::new(move |()| state.load());
    view! {
        <Page title="National approval">
            <h1 class="nhsuk-heading-l">"National approval"</h1>
            <TroubleView trouble=state.trouble again />
            {move || match state.shown.get() {
                Some(waiting) => whole(waiting),
                None if state.loading.pending() => {
                    view! { <Progress text="Reading what waits" /> }.into_any()
                }
                None => ().into_any(),
            }}
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
                <span class="ncrs-choices__detail">{step.title()}</span>
                <span class="ncrs-choices__detail">{format!("Waiting since {}", long_time(entered.at))}</span>
            </a>
        </li>
    }
    .into_any()
}
