//! A line of a summary list.

use leptos::prelude::*;

/// What it is about and what it says, without actions.
pub fn fact(key: &'static str, value: impl IntoView + 'static) -> AnyView {
    view! {
        <div class="nhsuk-summary-list__row">
            <dt class="nhsuk-summary-list__key">{key}</dt>
            <dd class="nhsuk-summary-list__value">{value.into_any()}</dd>
        </div>
    }
    .into_any()
}
