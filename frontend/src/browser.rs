//! The browser behind the app's device ports.

use crate::passkeys;
use app::api::identity::WebAuthnJson;
use app::device::{Device, Later, NoCredential};
use domain::ids::TabId;
use gloo::events::EventListener;
use gloo::storage::{LocalStorage, SessionStorage, Storage};
use jiff::Timestamp;
use leptos::prelude::{document, window};
use std::cell::RefCell;
use uuid::Uuid;
use web_sys::{AbortController, BroadcastChannel};

const TAB: &str = "tab";
const CHANNEL: &str = "session";

/// This browser, in this tab.
pub(crate) struct Browser {
    tab: TabId,
    /// Ends the passkey ceremony that is under way, so that another can begin.
    ceremony: RefCell<Option<AbortController>>,
    channel: Option<BroadcastChannel>,
    listeners: RefCell<Vec<EventListener>>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        // Session storage lives as long as the tab. Where it is refused, the id lives as long as
        // the page: a reload then asks for the patient again.
        let tab = SessionStorage::get(TAB).unwrap_or_else(|_| {
            let tab = TabId(Uuid::new_v4());
            let _ = SessionStorage::set(TAB, tab);
            tab
        });
        Self {
            tab,
            ceremony: RefCell::new(None),
            channel: BroadcastChannel::new(CHANNEL).ok(),
            listeners: RefCell::default(),
        }
    }

    fn ceremony(
        &self,
        options: WebAuthnJson,
        wait: bool,
    ) -> Later<Result<WebAuthnJson, NoCredential>> {
        let Ok(controller) = AbortController::new() else {
            return Box::pin(async { Err(NoCredential::Unsupported) });
        };
        let signal = controller.signal();
        if let Some(earlier) = self.ceremony.replace(Some(controller)) {
            earlier.abort();
        }
        Box::pin(passkeys::get(options, signal, wait))
    }
}

impl Device for Browser {
    fn has_passkeys(&self) -> bool {
        passkeys::container().is_some()
    }

    fn create_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>> {
        if let Some(earlier) = self.ceremony.replace(None) {
            earlier.abort();
        }
        Box::pin(passkeys::create(options))
    }

    fn use_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>> {
        self.ceremony(options, false)
    }

    fn await_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>> {
        self.ceremony(options, true)
    }

    fn tab(&self) -> TabId {
        self.tab
    }

    fn new_id(&self) -> Uuid {
        let millis = self.now().as_millisecond().unsigned_abs();
        let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
        Uuid::new_v7(uuid::Timestamp::from_unix(
            uuid::NoContext,
            millis / 1000,
            nanos,
        ))
    }

    fn now(&self) -> Timestamp {
        // Whole milliseconds since 1970, which fit.
        Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn preference(&self, name: &str) -> Option<String> {
        LocalStorage::get(name).ok()
    }

    fn set_preference(&self, name: &str, value: &str) {
        // Full or refused: the preference is forgotten, nothing else.
        let _ = LocalStorage::set(name, value);
    }

    fn print(&self) {
        let _ = window().print();
    }

    fn announce_session_change(&self) {
        if let Some(channel) = &self.channel {
            // Only that there is news: the others ask the server what it is.
            let _ = channel.post_message(&wasm_bindgen::JsValue::TRUE);
        }
    }

    fn on_session_change(&self, tell: Box<dyn Fn()>) {
        let tell = std::rc::Rc::new(tell);
        let mut listeners = self.listeners.borrow_mut();
        if let Some(channel) = &self.channel {
            let tell = tell.clone();
            listeners.push(EventListener::new(channel, "message", move |_| tell()));
        }
        listeners.push(EventListener::new(
            &document(),
            "visibilitychange",
            move |_| {
                if !document().hidden() {
                    tell();
                }
            },
        ));
    }
}
