//! sign_in

use crate::components::page::Page;
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}
