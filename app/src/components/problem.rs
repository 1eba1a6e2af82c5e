//! How a problem looks: what happened, what to do next, and a way on.

use crate::problem::{Kind, Problem};
use crate::session::with_next;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A problem in the place of what was asked for.
#[component]
pub fn ProblemView(
    /// What happened.
    problem: Problem,
    /// Asks again, where that may help.
    #[prop(optional, into)]
    again: Option<Callback<()>>,
) -> AnyView {
    let here = use_location().pathname.get_untracked();
    let way_on = match &problem.kind {
        Kind::SignedOut => link(with_next("/sign-in", &here), "Sign in again"),
        Kind::NoRole => link(with_next("/role", &here), "Choose a role"),
        Kind::ContextClosed | Kind::NotFound => link("/find".into(), "Find a patient"),
        // A full load, so that the newer app comes with it.
        Kind::OutOfDate => view! { <a class="nhsuk-button" href=here rel="external">"Reload the page"</a> }.into_any(),
        Kind::RoleForbids(_) => link("/role".into(), "Change role"),
        Kind::SummaryClosed(_)
        | Kind::Invalid(_)
        | Kind::NotAccepted
        | Kind::LastPasskey
        | Kind::CommandReused
        | Kind::TooMany
        | Kind::Unavailable
        | Kind::Unreachable
        | Kind::Unexpected => match again {
            Some(again) => view! {
                <button class="nhsuk-button" type="button" on:click=move |_| again.run(())>
                    "Try again"
                </button>
            }
            .into_any(),
            None => ().into_any(),
        },
    };
    view! {
        <div class="ncrs-problem" role="alert">
            <h2 class="nhsuk-heading-m">{problem.title()}</h2>
            <p class="nhsuk-body">{problem.advice()}</p>
            {reference(&problem)}
            {way_on}
        </div>
    }
    .into_any()
}

/// The reference that a person can read out, where the problem is ours.
pub fn reference(problem: &Problem) -> Option<AnyView> {
    let reference = problem.reference.filter(|_| problem.retryable())?;
    Some(
        view! {
            <p class="ncrs-problem__reference">"Reference " <code>{reference.to_string()}</code></p>
        }
        .into_any(),
    )
}

fn link(href: String, text: &'static str) -> AnyView {
    view! { <a class="nhsuk-button" role="button" href=href>{text}</a> }.into_any()
}
