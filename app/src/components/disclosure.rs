//! What most people do not need, one tap away.

use leptos::prelude::*;

/// A `<details>` that the screen can open too, as when a field in it has to be mended.
#[component]
pub fn Disclosure(
    /// What is in it.
    #[prop(into)]
    title: String,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What it shows.
    children: Children,
) -> AnyView {
    view! {
        <details class="nhsuk-details" prop:open=move || open.get()>
            <summary
                class="nhsuk-details__summary"
                on:click=move |event| {
                    event.prevent_default();
                    open.update(|open| *open = !*open);
                }
            >
                <span class="nhsuk-details__summary-text">{title}</span>
            </summary>
            <div class="nhsuk-details__text">{children()}</div>
        </details>
    }
    .into_any()
}
