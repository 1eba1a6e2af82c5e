//! How much room the browser gives the app, and whether it promised to keep what is there.

use crate::js::{ask, member};
use app::device::StorageStatus;
use js_sys::Array;
use leptos::prelude::window;
use wasm_bindgen::JsValue;

/// Asks the browser's storage manager, which old browsers do not have.
async fn manager(question: &str) -> Option<JsValue> {
    let storage = member(&window().navigator(), "storage").ok()?;
    ask(&storage, question, &Array::new()).await.ok()
}

async fn yes(question: &str) -> bool {
    manager(question)
        .await
        .is_some_and(|answer| answer.as_bool() == Some(true))
}

/// What it says.
pub(crate) async fn status() -> StorageStatus {
    let estimate = manager("estimate").await;
    let bytes = |name: &str| {
        let bytes = member(estimate.as_ref()?, name).ok()?.as_f64()?;
        // Whole and not negative, says the standard.
        Some(bytes as u64)
    };
    StorageStatus {
        used: bytes("usage"),
        room: bytes("quota"),
        kept: yes("persisted").await,
    }
}

/// Asks it to promise.
pub(crate) async fn persist() -> bool {
    yes("persist").await
}
