//! Word from tab to tab: only that there is news, never what it is.

use crate::callbacks::Callbacks;
use gloo::events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::BroadcastChannel;

/// One for each name, so that a tab does not hear itself.
#[derive(Default)]
pub(crate) struct Channels(RefCell<Vec<(&'static str, Rc<Channel>)>>);

struct Channel {
    /// Where the browser has none, a tab is alone.
    broadcast: Option<BroadcastChannel>,
    heard: Callbacks,
    _listener: Option<EventListener>,
}

impl Channel {
    fn open(name: &str) -> Self {
        let heard = Callbacks::default();
        let broadcast = BroadcastChannel::new(name).ok();
        let listener = broadcast.as_ref().map(|channel| {
            let heard = heard.clone();
            EventListener::new(channel, "message", move |_| heard.tell(()))
        });
        Self {
            broadcast,
            heard,
            _listener: listener,
        }
    }
}

impl Channels {
    fn of(&self, name: &'static str) -> Rc<Channel> {
        let mut channels = self.0.borrow_mut();
        if let Some((_, channel)) = channels.iter().find(|(known, _)| *known == name) {
            return channel.clone();
        }
        let channel = Rc::new(Channel::open(name));
        channels.push((name, channel.clone()));
        channel
    }

    /// Tells the other tabs.
    pub(crate) fn announce(&self, name: &'static str) {
        if let Some(broadcast) = &self.of(name).broadcast {
            // They look for themselves what it is.
            let _ = broadcast.post_message(&JsValue::TRUE);
        }
    }

    /// Calls back when another tab said so.
    pub(crate) fn listen(&self, name: &'static str, tell: impl Fn() + 'static) {
        self.of(name).heard.add(move |()| tell());
    }

    /// As if another tab had said so.
    pub(crate) fn hear(&self, name: &'static str) {
        self.of(name).heard.tell(());
    }
}
