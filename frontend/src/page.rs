//! The page around the app: where it came from, alive, broken, left.

use app::late::Part;
use leptos::prelude::{document, set_timeout, window};
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
                // Whatever fails here is asked for again when it is needed.
                for part in Part::AHEAD {
                    let _ = part.fetch().await;
                }
            });
        },
        Duration::from_secs(1),
    );
}

/// Whether the server rendered this page. Else the service worker opened it without the server, or
/// before it answered.
pub(crate) fn from_server() -> bool {
    document()
        .body()
        .is_none_or(|body| !body.has_attribute("data-shell"))
}

/// Loads an address of the app anew.
pub(crate) fn leave_for(path: &str) {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    // In the place of this page, which browsers then do not keep for going back.
    let _ = window().location().replace(if own { path } else { "/" });
}
