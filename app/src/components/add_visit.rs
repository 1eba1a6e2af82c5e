//! Putting a patient on the visit list, from wherever the patient is in sight.

use crate::api::offline::add_visit;
use crate::components::work::Work;
use crate::keeping::keeping;
use crate::problem::Problem;
use domain::NhsNumber;
use leptos::prelude::*;

/// The button, or that they are on it already.
#[component]
pub fn AddToVisits(
    /// Whom.
    patient: NhsNumber,
    /// As the person sees them, for screen readers where several buttons are alike.
    #[prop(into)]
    name: String,
) -> AnyView {
    let keeping = keeping();
    let listed = keeping.listed();
    let work = Work::new();
    let failed = RwSignal::new(None::<Problem>);
    let add = move |_| {
        failed.set(None);
        work.once(add_visit(patient), move |answer| {
            keeping.heard(&answer);
            match answer {
                Ok(_) => listed.note(patient, true),
                Err(problem) => failed.set(Some(problem)),
            }
        });
    };
    let is_there = Memo::new(move |_| listed.has(patient));
    view! {
        <span class="ncrs-add" role="status">
            {move || {
                if is_there.get() {
                    view! { <span class="ncrs-add__there">"On your " <a href="/visits">"visit list"</a></span> }
                        .into_any()
                } else {
                    let name = name.clone();
                    view! {
                        <button class="ncrs-link-button" type="button" on:click=add>
                            {move || if work.pending() { "Adding…" } else { "Add to visit list" }}
                            <span class="nhsuk-u-visually-hidden">" " {name}</span>
                        </button>
                    }
                        .into_any()
                }
            }}
            {move || {
                failed
                    .get()
                    .filter(|_| !is_there.get())
                    .map(|problem| {
                        view! { <span class="ncrs-why">{problem.title()} ". " {problem.advice()}</span> }
                    })
            }}
        </span>
    }
    .into_any()
}
