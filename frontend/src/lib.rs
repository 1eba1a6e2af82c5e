//! The device: what the browser runs, and the browser behind the app's device ports.

mod browser;
mod callbacks;
mod channels;
mod install;
mod js;
mod locks;
mod page;
mod passkeys;
mod presence;
mod sealing;
mod secret;
mod served;
mod start;
mod storage;
mod vault;
mod worker;

use app::device::DeviceHandle;
use app::late::Part;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/answers.js")]
extern "C" {
    /// From now on an answer to a call without that header counts as none.
    #[wasm_bindgen(js_name = onlyTheServices)]
    fn only_the_services(header: &str);
}

/// Brings the page to life: a served one as soon as the part of the app that it shows is here, so that
/// nothing jumps. An empty one at once, as it begins with unlocking, and its part comes meanwhile.
#[wasm_bindgen]
pub fn hydrate() {
    page::say_so_when_broken();
    only_the_services(app::api::client::SERVICE_HEADER);
    let path = window().location().pathname().ok();
    let Some(part) = path.as_deref().and_then(Part::at) else {
        return come_alive();
    };
    if page::from_server() {
        wasm_bindgen_futures::spawn_local(async move {
            match part.fetch().await {
                Ok(()) => come_alive(),
                Err(_) => page::say_broken(),
            }
        });
    } else {
        come_alive();
        wasm_bindgen_futures::spawn_local(async move {
            // Where this fails, the screen asks again.
            let _ = part.fetch().await;
        });
    }
}

/// Puts the living page in the place of the one that was served, which looks the same. What was typed
/// meanwhile is taken over.
///
/// Not by hydration: that asks a phone to fetch 20 kB more first, breaks where server and browser
/// were built apart, and an app that was opened without a network has no served page to begin with:
/// the shell, whose body is empty.
fn come_alive() {
    let served = served::Served::look();
    let browser = Rc::new(browser::Browser::new());
    let device = browser.clone();
    let mount = move || {
        leptos::mount::mount_to_body(move || {
            provide_context(DeviceHandle::new(device));
            view! { <app::App /> }
        });
        served.give_way();
    };
    start::in_turn(mount, move || {
        page::mark_ready();
        browser.register_worker();
    });
}
