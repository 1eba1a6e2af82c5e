//! The device: what the browser runs, and the browser behind the app's device ports.

mod browser;
mod install;
mod passkeys;

use app::device::DeviceHandle;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;

/// Brings the page to life.
#[wasm_bindgen]
pub fn hydrate() {
    install::say_so_when_broken();
    leptos::mount::hydrate_body(|| {
        provide_context(DeviceHandle::new(Rc::new(browser::Browser::new())));
        view! { <app::App /> }
    });
    install::mark_ready();
    install::register_service_worker();
}
