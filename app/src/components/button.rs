//! The button that sends a form.

use crate::components::work::Work;
use leptos::prelude::*;

/// Sends the form, and says while it is under way. It stays a button then, so that it keeps the
/// focus; the work itself ignores a second tap.
#[component]
pub fn SubmitButton(
    /// What it sends.
    work: Work,
    /// What it does, as in "Search".
    text: &'static str,
    /// While it does it, as in "Searching…".
    busy: &'static str,
    /// Looks.
    #[prop(default = "nhsuk-button ncrs-form__submit")]
    class: &'static str,
) -> AnyView {
    view! {
        <button class=class type="submit" aria-disabled=move || work.pending().then_some("true")>
            {move || if work.pending() { busy } else { text }}
        </button>
    }
    .into_any()
}

/// Waiting for what was asked for.
#[component]
pub fn Progress(
    /// As in "Opening the summary".
    text: &'static str,
) -> AnyView {
    view! {
        <div class="ncrs-progress" role="status">
            <span class="ncrs-progress__spinner"></span>
            <p class="ncrs-progress__text">{text}</p>
        </div>
    }
    .into_any()
}
