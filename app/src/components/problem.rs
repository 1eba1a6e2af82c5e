//! How a problem looks: what happened, what to do next, and a way on.

use crate::components::form::Errors;
use crate::components::step_up::StepUp;
use crate::problem::{Kind, Problem};
use crate::session::with_next;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlInputElement;
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
    let typed = problem.still_typed().filter(|_| something_typed());
    view! {
        <div class="ncrs-problem" role="alert">
            <h2 class="nhsuk-heading-m">{problem.title()}</h2>
            <p class="nhsuk-body">{problem.advice()} {typed.map(|typed| format!(" {typed}"))}</p>
            {reference(&problem)}
            {way_on(&problem, again)}
        </div>
    }
    .into_any()
}

/// Whether the person has typed something that they see.
pub fn something_typed() -> bool {
    let Ok(fields) = document().query_selector_all("main input[type=text], main textarea") else {
        return false;
    };
    (0..fields.length())
        .filter_map(|index| fields.get(index))
        // The value of either kind of field is read alike.
        .map(JsCast::unchecked_into::<HtmlInputElement>)
        .any(|field| field.offset_parent().is_some() && !field.value().trim().is_empty())
}

/// Where a person goes from a problem; nothing where they can only mend and send again what is
/// before them.
pub fn way_on(problem: &Problem, again: Option<Callback<()>>) -> AnyView {
    let here = use_location().pathname.get_untracked();
    match &problem.kind {
        Kind::SignedOut => link(with_next("/sign-in", &here), "Sign in again"),
        Kind::Locked => link(with_next("/sign-in", &here), "Unlock"),
        Kind::OtherPerson => {
            view! { <a class="nhsuk-button" href="/someone-else" rel="external">"Load the page again"</a> }
                .into_any()
        }
        Kind::NoRole => link(with_next("/role", &here), "Choose a role"),
        Kind::ContextClosed => link("/find".into(), "Find a patient"),
        Kind::NotFound => link("/".into(), "Go to the start"),
        // A full load, so that the newer app comes with it.
        Kind::OutOfDate => {
            view! { <a class="nhsuk-button" href=here rel="external">"Reload the page"</a> }
                .into_any()
        }
        Kind::RoleForbids(_) => link("/role".into(), "Change role"),
        Kind::StepUp => match again {
            Some(again) => view! { <StepUp again /> }.into_any(),
            None => ().into_any(),
        },
        // To ask again would give the same.
        Kind::SummaryUnreadable(_) => ().into_any(),
        Kind::NotReady(_)
        | Kind::SummaryClosed(_)
        | Kind::Invalid(_)
        | Kind::NotAccepted
        | Kind::LastPasskey
        | Kind::CommandReused
        | Kind::StaysOnline
        | Kind::ListFull
        | Kind::TooMany
        | Kind::Busy
        | Kind::Unavailable
        | Kind::NotAccountable
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
    }
}

/// The reference that a person can read out, where the problem is ours.
pub fn reference(problem: &Problem) -> Option<AnyView> {
    let is_ours = problem.retryable() || matches!(problem.kind, Kind::SummaryUnreadable(_));
    let reference = problem.reference.filter(|_| is_ours)?;
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

/// What went wrong with what a person asked a screen to do: at the fields of its form, or as a
/// whole.
#[derive(Clone, Copy)]
pub struct Trouble {
    /// At the fields.
    pub errors: Errors,
    /// As a whole.
    pub problem: RwSignal<Option<Problem>>,
}

impl Default for Trouble {
    fn default() -> Self {
        Self::new()
    }
}

impl Trouble {
    /// Nothing is wrong.
    pub fn new() -> Self {
        Self {
            errors: RwSignal::new(Vec::new()),
            problem: RwSignal::new(None),
        }
    }

    /// Before trying again.
    pub fn clear(self) {
        if self.errors.with_untracked(|errors| !errors.is_empty()) {
            self.errors.set(Vec::new());
        }
        if self.problem.with_untracked(Option::is_some) {
            self.problem.set(None);
        }
    }

    /// Takes what the server answered: to the fields where it names some.
    pub fn take(self, problem: Problem) {
        match problem.kind {
            Kind::Invalid(fields) if !fields.is_empty() => self.errors.set(fields),
            _ => self.problem.set(Some(problem)),
        }
    }
}

/// The problem as a whole, beside what was tapped: it is brought into sight when it appears.
#[component]
pub fn TroubleView(
    /// Of the screen.
    trouble: Trouble,
    /// Asks again, where that may help.
    #[prop(optional, into)]
    again: Option<Callback<()>>,
) -> AnyView {
    let place = NodeRef::<Div>::new();
    Effect::new(move || {
        if trouble.problem.with(Option::is_some)
            && let Some(place) = place.get()
        {
            request_animation_frame(move || place.scroll_into_view_with_bool(false));
        }
    });
    view! {
        <div node_ref=place>
            {move || {
                trouble
                    .problem
                    .get()
                    .map(|problem| match again {
                        Some(again) => view! { <ProblemView problem again /> },
                        None => view! { <ProblemView problem /> },
                    })
            }}
        </div>
    }
    .into_any()
}

/// The same, on a screen of something that may have gone: then it says so in the screen's own words.
#[component]
pub fn TroubleOrGone(
    /// Of the screen.
    trouble: Trouble,
    /// Asks again, where that may help.
    #[prop(into)]
    again: Callback<()>,
    /// That it is not there.
    title: &'static str,
    /// Why, and what to do.
    text: &'static str,
    /// Where what is there now can be seen.
    to: &'static str,
    /// What the way there is called.
    way: &'static str,
) -> AnyView {
    let gone = |problem: &Problem| problem.kind == Kind::NotFound;
    let is_gone = Memo::new(move |_| {
        trouble
            .problem
            .with(|problem| problem.as_ref().is_some_and(gone))
    });
    (move || {
        if is_gone.get() {
            view! {
                <div class="ncrs-problem" role="alert">
                    <h2 class="nhsuk-heading-m">{title}</h2>
                    <p class="nhsuk-body">{text}</p>
                    <a class="nhsuk-button" role="button" href=to rel="external">{way}</a>
                </div>
            }
            .into_any()
        } else {
            view! { <TroubleView trouble again /> }.into_any()
        }
    })
    .into_any()
}
