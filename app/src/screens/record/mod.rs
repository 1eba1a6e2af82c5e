//! The record of the patient in front of you.

pub mod adjustments;
pub mod details;
pub mod overview;
pub mod summary;

use leptos::prelude::*;
use leptos_router::components::Outlet;

/// What stays while the parts of the record change: banner and tabs.
pub fn frame() -> AnyView {
    view! { <Outlet /> }.into_any()
}
