//! Reading a form while it is being filled in, so that a draft is never behind the screen.

use crate::components::form::FormValues;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, HtmlFormElement};

/// What stands in the form in which something happened.
pub(super) fn values(event: &Event) -> Option<FormValues> {
    let form = event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .closest("form")
        .ok()??;
    form.dyn_into::<HtmlFormElement>()
        .ok()
        .map(|form| FormValues::now_in(&form))
}
