//! The Summary Care Record: first what stands before it, then the document. Each is made for the first
//! screenful of a phone in one hand: the question with its answers, then allergies and medicines by name.
//!
//! What was opened stays in the memory of the record's frame, so that one need not ask again after
//! looking at another part of the same record. It goes with the record, the person and the role.

mod current;
mod document;
mod gate;
mod opening;
mod said;
mod unfolding;

#[cfg(feature = "ssr")]
pub use document::html;

use super::parts::nowhere;
use super::reading;
use super::{RecordFrame, RecordPage};
use crate::components::form::{ErrorSummary, Errors};
use crate::components::notice::Success;
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    let Some(frame) = RecordFrame::here() else {
        return nowhere();
    };
    on_cleanup(move || {
        frame.saved.try_set(None);
    });
    let errors = Errors::default();
    let declined = RwSignal::new(false);
    // Read even while a summary is open: a record that was closed meanwhile closes its summary.
    let gate = reading::gate(frame);
    // The saved copy to which the patient agreed opens by itself; when the connection comes back, the
    // live summary takes the place of a saved one.
    Effect::new(move || {
        let saved = gate.is_saved();
        if saved && frame.opened().is_none() {
            opening::open_agreed(frame);
        }
    });
    Effect::new(move |before: Option<u32>| {
        let back = frame.keeping.back();
        if before.is_some_and(|before| before != back) {
            opening::refresh(frame);
        }
        back
    });
    let body = move || match frame.opened() {
        Some(opened) => document::view(frame, opened),
        None if declined.get() => gate::declined(frame, declined),
        None => gate.question("Checking whether you can open the summary", move |found| {
            gate::view(frame, found, gate, errors, declined)
        }),
    };
    view! {
        <RecordPage title="Summary Care Record" errors out_last=true>
            <ErrorSummary errors />
            <Success message=frame.saved />
            <h1 class="nhsuk-heading-l ncrs-title">"Summary Care Record"</h1>
            {body}
        </RecordPage>
    }
    .into_any()
}
