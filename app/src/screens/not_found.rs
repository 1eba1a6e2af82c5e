//! The address leads nowhere.

use crate::components::page::Page;
use leptos::prelude::*;

/// The screen. The server answers with "not found" as well.
pub fn screen() -> AnyView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Page title="Page not found">
            <h1 class="nhsuk-heading-l">"Page not found"</h1>
            <p class="nhsuk-body">"If you typed the address, check that it is right."</p>
            <p class="nhsuk-body">
                "If you followed a link to a patient's record, it has been closed. Find the patient again."
            </p>
            <a class="nhsuk-button" role="button" href="/">"Find a patient"</a>
        </Page>
    }
    .into_any()
}
