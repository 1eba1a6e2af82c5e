//! How the app gets on the home screen.

use crate::callbacks::Callbacks;
use crate::js::{has_member, member};
use app::device::InstallOffer;
use gloo::events::EventListener;
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/install.js")]
extern "C" {
    #[wasm_bindgen(js_name = canAsk)]
    fn can_ask() -> bool;
    fn ask();
    #[wasm_bindgen(js_name = onChange)]
    fn on_change(tell: &Closure<dyn Fn()>);
}

const STANDALONE: &str = "(display-mode: standalone)";

/// Listens for as long as it lives.
pub(crate) struct Install {
    /// The offer is another than before.
    pub(crate) changed: Callbacks,
    _offered: Closure<dyn Fn()>,
    _opened: Option<EventListener>,
}

impl Install {
    pub(crate) fn new() -> Self {
        let changed = Callbacks::default();
        let tell = {
            let changed = changed.clone();
            move || changed.tell(())
        };
        let offered = Closure::<dyn Fn()>::new(tell.clone());
        on_change(&offered);
        // A tab can be taken over into the window of the app.
        let mode = window().match_media(STANDALONE).ok().flatten();
        let opened = mode.map(|mode| EventListener::new(&mode, "change", move |_| tell()));
        Self {
            changed,
            _offered: offered,
            _opened: opened,
        }
    }

    pub(crate) fn offer(&self) -> InstallOffer {
        let navigator = window().navigator();
        // Only Safari on iPhone and iPad has this and a touch screen.
        let by_hand = has_member(&navigator, "standalone") && navigator.max_touch_points() > 0;
        let on_home_screen =
            member(&navigator, "standalone").is_ok_and(|there| there.as_bool() == Some(true));
        let in_a_window = window()
            .match_media(STANDALONE)
            .ok()
            .flatten()
            .is_some_and(|mode| mode.matches());
        if on_home_screen || in_a_window {
            InstallOffer::Installed
        } else if can_ask() {
            InstallOffer::CanAsk
        } else if by_hand {
            InstallOffer::ByShareMenu
        } else {
            InstallOffer::Unknown
        }
    }

    pub(crate) fn ask(&self) {
        ask();
    }
}
