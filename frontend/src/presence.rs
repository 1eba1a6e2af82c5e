//! Whether the person sees the page, and uses it.

use crate::callbacks::Callbacks;
use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::{document, window};
use std::cell::Cell;
use std::rc::Rc;
use web_sys::EventTarget;

/// On the body while the page is hidden, for the styles to cover what it shows.
const HIDDEN: &str = "data-hidden";

/// What a person does with a page.
const USES: [&str; 4] = ["pointerdown", "keydown", "click", "wheel"];

/// Listens for as long as it lives.
pub(crate) struct Presence {
    /// Hidden (true) or in sight again.
    pub(crate) hidden: Callbacks<bool>,
    /// Touched, clicked, typed.
    pub(crate) used: Callbacks,
    /// Perhaps it was away.
    pub(crate) woken: Callbacks,
    _listeners: Vec<EventListener>,
}

impl Presence {
    pub(crate) fn new() -> Self {
        let hidden = Callbacks::default();
        let used = Callbacks::default();
        let woken = Callbacks::default();
        let mut listeners = Vec::new();

        let now = Rc::new(Cell::new(false));
        let turn = {
            let hidden = hidden.clone();
            move |to: bool| {
                if now.replace(to) != to {
                    // Before anyone is told: the system takes its picture when this event is over.
                    mark(to);
                    hidden.tell(to);
                }
            }
        };
        turn(document().hidden());
        let (page, frame): (EventTarget, EventTarget) = (document().into(), window().into());
        // A page can go in any of these ways, and come back from each.
        for (target, event, going) in [
            (&page, "visibilitychange", false),
            (&page, "freeze", true),
            (&page, "resume", false),
            (&frame, "pagehide", true),
            (&frame, "pageshow", false),
        ] {
            let turn = turn.clone();
            listeners.push(EventListener::new(target, event, move |_| {
                turn(going || document().hidden());
            }));
        }

        // A machine that slept tells of none of these for certain: whoever counts time looks at the clock.
        for (target, event) in [
            (&page, "visibilitychange"),
            (&page, "resume"),
            (&frame, "pageshow"),
            (&frame, "focus"),
        ] {
            let woken = woken.clone();
            listeners.push(EventListener::new(target, event, move |_| woken.tell(())));
        }

        for event in USES {
            let used = used.clone();
            // In the capture phase, so that nothing on the page can keep it from us.
            let options = EventListenerOptions::run_in_capture_phase();
            listeners.push(EventListener::new_with_options(
                &frame,
                event,
                options,
                move |event| {
                    // Not what the app itself clicks.
                    if event.is_trusted() {
                        used.tell(());
                    }
                },
            ));
        }
        Self {
            hidden,
            used,
            woken,
            _listeners: listeners,
        }
    }
}

fn mark(hidden: bool) {
    if let Some(body) = document().body() {
        let _ = if hidden {
            body.set_attribute(HIDDEN, "")
        } else {
            body.remove_attribute(HIDDEN)
        };
    }
}
