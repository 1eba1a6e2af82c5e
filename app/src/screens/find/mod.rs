//! find

use crate::components::page::Page;
use leptos::prelude::*;

/// The screen.
pub fn last_used() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn nhs_number() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn basic() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn advanced() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn postcode() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}
