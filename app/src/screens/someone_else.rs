//! Another person signed in at this browser, in another tab, while a page of the first was open: it was
//! closed, and this one was loaded in its place.

use crate::components::button::Progress;
use crate::components::page::Page;
use crate::components::passkey::{Ceremony, CeremonyFailed, Failed};
use crate::components::work::Work;
use crate::keeping::keeping;
use crate::session::session;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The screen.
pub fn screen() -> AnyView {
    let session = session();
    let keeping = keeping();
    let work = Work::new();
    let failed = RwSignal::new(None::<Failed>);
    let navigate = use_navigate();
    let mine = move |_| {
        let navigate = navigate.clone();
        failed.set(None);
        work.once(keeping.sign_in_instead(), move |answer| match answer {
            Ok(()) => navigate("/", NavigateOptions::default()),
            Err(why) => failed.set(Some(why)),
        });
    };
    let now = move || {
        session.signed_in().map(|person| {
            let name = person.person.name;
            let carry_on = format!("Carry on as {name}");
            view! {
                <p class="nhsuk-body">
                    "This browser now works for " <strong>{name}</strong> "."
                </p>
                <p class="nhsuk-body"><a class="nhsuk-button" href="/">{carry_on}</a></p>
            }
        })
    };
    view! {
        <Page title="Someone else signed in on this browser">
            <CeremonyFailed failed ceremony=Ceremony::Use />
            <h1 class="nhsuk-heading-l">"Someone else signed in on this browser"</h1>
            <p class="nhsuk-body">
                "The page that was open here was closed, and nothing on it was done in anyone else's name. What you had written and not sent stays yours: where this device keeps it, it is there, and is sent, when you sign in again."
            </p>
            {now}
            <h2 class="nhsuk-heading-m">"If that is not you"</h2>
            <p class="nhsuk-body">
                "Sign in with your own passkey. Whoever signed in after you is then signed out here."
            </p>
            {move || work.pending().then(|| view! { <Progress text="Waiting for your passkey" /> })}
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                aria-disabled=move || work.pending().then_some("true")
                on:click=mine
            >
                "Sign in with your passkey"
            </button>
        </Page>
    }
    .into_any()
}
