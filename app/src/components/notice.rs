//! What a person is told at the top of a screen after they did something.

use crate::components::form::focus;
use crate::session::Session;
use leptos::prelude::*;

/// That it worked. Takes the focus when it appears, because what was tapped may be gone.
#[component]
pub fn Success(
    /// As in "Passkey removed". `None`: nothing to tell.
    message: RwSignal<Option<String>>,
) -> AnyView {
    Effect::new(move || {
        if message.with(Option::is_some) {
            focus_soon("success");
        }
    });
    (move || {
        message.get().map(|message| {
            view! {
                <div
                    class="nhsuk-notification-banner nhsuk-notification-banner--success"
                    id="success"
                    tabindex="-1"
                    role="alert"
                    aria-labelledby="success-title"
                >
                    <div class="nhsuk-notification-banner__header">
                        <h2 class="nhsuk-notification-banner__title" id="success-title">"Success"</h2>
                    </div>
                    <div class="nhsuk-notification-banner__content">
                        <p class="nhsuk-notification-banner__heading">{message}</p>
                    </div>
                </div>
            }
        })
    })
    .into_any()
}

/// That it did not work, and what to do next.
#[component]
pub fn Alert(
    /// What happened.
    title: &'static str,
    /// What to do next.
    #[prop(into)]
    advice: String,
    /// A way on, and a reference, where there is one.
    #[prop(optional)]
    children: Option<Children>,
) -> AnyView {
    view! {
        <div class="nhsuk-error-summary" id="alert" tabindex="-1">
            <div role="alert">
                <h2 class="nhsuk-error-summary__heading">{title}</h2>
                <div class="nhsuk-error-summary__body">
                    <p>{advice}</p>
                    {children.map(|children| children())}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// That privacy officers ask the person something, with the way to the answer. Nothing where nobody asks.
#[component]
pub fn Questions(
    /// Whom they ask.
    session: Session,
) -> AnyView {
    let count = Memo::new(move |_| session.signed_in().map_or(0, |person| person.questions));
    (move || {
        let text = match count.get() {
            0 => return None,
            1 => "A privacy officer has a question for you.".to_owned(),
            count => format!("Privacy officers have {count} questions for you."),
        };
        Some(view! {
            <div class="nhsuk-inset-text ncrs-questions">
                <p>{text} " " <a href="/activity/questions">"Read and answer"</a></p>
            </div>
        })
    })
    .into_any()
}

/// Moves the focus to the element of that id once the page shows it.
pub fn focus_soon(id: &str) {
    let id = id.to_owned();
    request_animation_frame(move || focus(&id));
}
