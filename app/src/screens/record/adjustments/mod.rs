//! Reasonable adjustments: what is recorded, and how to record, add to and remove it.

mod check;
mod conflict;
pub(super) mod draft;
mod flow;
mod form;
mod history;
pub(super) mod pad;
mod picker;
mod remove;
mod steps;
mod submit;
mod view;

pub use history::history;
pub use remove::{remove_flag, remove_part};
pub use view::screen;

use leptos::prelude::AnyView;

/// Creating a flag, a step at a time.
pub fn create() -> AnyView {
    flow::screen(draft::Flow::Create)
}

/// Adding to the flag, a step at a time.
pub fn add() -> AnyView {
    flow::screen(draft::Flow::Add)
}
