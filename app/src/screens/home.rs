//! The start: leads to where the person has to go next.

use crate::session::session;
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Sign in, choose a role, or find a patient.
pub fn screen() -> AnyView {
    let session = session();
    let to = Memo::new(move |_| match session.signed_in() {
        None => "/sign-in",
        Some(person) if person.role.is_none() => "/role",
        Some(_) => "/find",
    });
    (move || view! { <Redirect path=to.get() /> }).into_any()
}
