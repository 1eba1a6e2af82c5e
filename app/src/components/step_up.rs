//! The person confirms by passkey that it is they, where what they asked for needs that, and it is
//! asked for again.

use crate::components::button::Progress;
use crate::components::passkey::{Ceremony, CeremonyFailed, Failed};
use crate::components::work::Work;
use crate::keeping::keeping;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The button under "Confirm that it is you".
#[component]
pub fn StepUp(
    /// Does again what was refused.
    again: Callback<()>,
) -> AnyView {
    let keeping = keeping();
    let work = Work::new();
    let failed = RwSignal::new(None::<Failed>);
    let navigate = use_navigate();
    let confirm = move |_| {
        let navigate = navigate.clone();
        failed.set(None);
        work.once(keeping.confirm(), move |confirmed| match confirmed {
            Ok(true) => again.run(()),
            Ok(false) => navigate("/", NavigateOptions::default()),
            Err(why) => failed.set(Some(why)),
        });
    };
    view! {
        <CeremonyFailed failed ceremony=Ceremony::Use />
        {move || work.pending().then(|| view! { <Progress text="Waiting for your passkey" /> })}
        <button
            class="nhsuk-button"
            type="button"
            aria-disabled=move || work.pending().then_some("true")
            on:click=confirm
        >
            "Confirm with your passkey"
        </button>
    }
    .into_any()
}
