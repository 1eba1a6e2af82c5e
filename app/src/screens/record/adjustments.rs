//! adjustments

use crate::components::page::Page;
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn history() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn create() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn add() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn remove_part() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}

/// The screen.
pub fn remove_flag() -> AnyView {
    view! { <Page title="Screen"><h1 class="nhsuk-heading-l">"Screen"</h1></Page> }.into_any()
}
