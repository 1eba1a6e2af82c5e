//! The frame of a screen: title, main landmark, focus.

use domain::FieldError;
use leptos::html::Main;
use leptos::prelude::*;
use leptos_meta::Title;

/// Set once the first page is alive: later pages take the focus, the first leaves it where it is.
#[derive(Clone, Copy)]
pub struct Arrived(pub StoredValue<bool>);

/// The main part of a screen with its title. A title never says who a patient is.
#[component]
pub fn Page(
    /// As in "Find a patient".
    #[prop(into)]
    title: String,
    /// What is wrong with the form on the page, if it has one: the title then says so.
    #[prop(optional, into)]
    errors: Option<Signal<Vec<FieldError>>>,
    /// What the page shows.
    children: Children,
) -> impl IntoView {
    let main = NodeRef::<Main>::new();
    let arrived = use_context::<Arrived>();
    Effect::new(move || {
        if let Some(main) = main.get()
            && let Some(Arrived(arrived)) = arrived
        {
            // A screen reader starts reading at the new page, as it would after a full load.
            if arrived.get_value() {
                // Where the page stands is the router's to say, not the focus's.
                let place = (window().scroll_x(), window().scroll_y());
                let _ = main.focus();
                if let (Ok(x), Ok(y)) = place {
                    window().scroll_to_with_x_and_y(x, y);
                }
            }
            arrived.set_value(true);
        }
    });
    let text = move || {
        // The title may be asked for once more while the screen goes.
        let wrong = errors.is_some_and(|errors| {
            errors
                .try_with(|errors| !errors.is_empty())
                .unwrap_or(false)
        });
        format!(
            "{}{title} - National Care Records Service",
            if wrong { "Error: " } else { "" }
        )
    };
    view! {
        <Title text=text />
        <main class="ncrs-main nhsuk-width-container" id="maincontent" tabindex="-1" node_ref=main>
            {children()}
        </main>
    }
}
