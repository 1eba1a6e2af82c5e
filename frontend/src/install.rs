//! The page around the app: alive, broken, installed.

use app::late::Part;
use leptos::prelude::{document, set_timeout};
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;

/// Says that forms and buttons work now. Until then the page holds forms back.
pub(crate) fn mark_ready() {
    if let Some(body) = document().body() {
        // The attribute is only a sign: without it the page works the same, forms aside.
        let _ = body.set_attribute("data-ready", "");
    }
}

/// A fault in the app would leave a page that looks alive and does nothing: say so, with a way on.
/// Nothing of the fault is shown or kept, because its text could hold what was on the page.
pub(crate) fn say_so_when_broken() {
    std::panic::set_hook(Box::new(|_| say_broken()));
}

/// Above whatever the page shows.
pub(crate) fn say_broken() {
    let Some(body) = document().body() else {
        return;
    };
    let _ = body.remove_attribute("data-ready");
    let Ok(notice) = document().create_element("div") else {
        return;
    };
    notice.set_class_name("ncrs-notice ncrs-notice--service");
    let _ = notice.set_attribute("role", "alert");
    let Ok(text) = document().create_element("p") else {
        return;
    };
    text.set_text_content(Some("Sorry, there is a problem with this page. "));
    if let Ok(link) = document().create_element("a") {
        let _ = link.set_attribute("href", "");
        link.set_text_content(Some("Reload the page"));
        let _ = text.append_child(&link);
    }
    let _ = notice.append_child(&text);
    let _ = body.insert_before(&notice, body.first_child().as_ref());
}

/// Fetches what the first page did not need, in good time before it is needed.
pub(crate) fn fetch_the_rest() {
    set_timeout(
        || {
            spawn_local(async {
                for part in Part::ALL {
                    // Asked for again when it is needed.
                    let _ = part.fetch().await;
                }
            });
        },
        Duration::from_secs(1),
    );
}

/// Lets the browser keep the static files of the app, so that it opens at once and says honestly
/// when there is no network.
pub(crate) fn register_service_worker() {
    let navigator = leptos::prelude::window().navigator();
    // Only secure pages have service workers; elsewhere the app works without.
    if !js_sys::Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        return;
    }
    let registration = navigator.service_worker().register("/service-worker.js");
    spawn_local(async move {
        // A browser that refuses (private windows, policies) has no less of an app.
        let _ = wasm_bindgen_futures::JsFuture::from(registration).await;
    });
}
