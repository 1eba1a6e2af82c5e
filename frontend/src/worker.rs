//! The service worker, which lets the browser keep the static files of the app, so that it opens at
//! once and without a network.

use crate::callbacks::Callbacks;
use crate::channels::Channels;
use crate::js::{ask, has_member, member, set_member};
use gloo::events::EventListener;
use js_sys::{Array, Date, Object};
use leptos::prelude::{document, window};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    MessageEvent, ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration,
    ServiceWorkerState,
};

const SCRIPT: &str = "/service-worker.js";

/// What the worker is asked to say when there is a network again, and what it says then.
const DELIVER: &str = "deliver";

/// A page that is open for days asks whether there is a newer build, when it comes into sight. In
/// milliseconds.
const ASK_AGAIN: f64 = 60.0 * 60.0 * 1000.0;

/// The worker behind this page.
#[derive(Default)]
pub(crate) struct Worker {
    registration: OnceCell<ServiceWorkerRegistration>,
    listeners: RefCell<Vec<EventListener>>,
    /// A newer build is there.
    newer: Cell<bool>,
    updates: Callbacks,
    /// The person took it: the page is loaded anew, once.
    taken: Cell<bool>,
}

/// Only secure pages have service workers; elsewhere the app works without.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    has_member(&navigator, "serviceWorker").then(|| navigator.service_worker())
}

/// Whether a worker stands behind this page, so that it opens without the service.
pub(crate) fn is_in_charge() -> bool {
    container().is_some_and(|container| container.controller().is_some())
}

/// Tells a worker something of that type.
fn say(worker: &ServiceWorker, kind: &str) -> Result<(), JsValue> {
    let message = Object::new();
    set_member(&message, "type", &kind.into()).and_then(|()| worker.post_message(&message))
}

fn reload() {
    let _ = window().location().reload();
}

impl Worker {
    /// Registers it, and follows what becomes of it.
    pub(crate) fn register(self: &Rc<Self>, channels: Rc<Channels>) {
        let Some(container) = container() else {
            return;
        };
        self.follow(&container, channels);
        let registration = container.register(SCRIPT);
        let worker = self.clone();
        spawn_local(async move {
            // A browser that refuses (private windows, policies) has no less of an app.
            let Ok(registration) = registration.await else {
                return;
            };
            worker.watch(registration.unchecked_into());
        });
        // The worker takes over the pages that are there when it begins. One that was on its way just
        // then is missed, and asks.
        spawn_local(async move {
            let Ok(ready) = container.ready() else { return };
            let Ok(registration) = ready.await else {
                return;
            };
            let registration: ServiceWorkerRegistration = registration.unchecked_into();
            let missed = container.controller().is_none();
            if let (true, Some(active)) = (missed, registration.active()) {
                // Without it the app works, and has its worker at the next load.
                let _ = say(&active, "CLAIM");
            }
        });
    }

    fn follow(self: &Rc<Self>, container: &ServiceWorkerContainer, channels: Rc<Channels>) {
        let mut listeners = self.listeners.borrow_mut();
        let worker = self.clone();
        // The first worker of all takes the page over too, but is no update.
        let had_one = Cell::new(container.controller().is_some());
        listeners.push(EventListener::new(
            container,
            "controllerchange",
            move |_| {
                if worker.taken.replace(false) {
                    reload();
                } else if had_one.replace(true) {
                    // Another tab took it. What is in this one stays until the person says so.
                    worker.found();
                }
            },
        ));
        listeners.push(EventListener::new(container, "message", move |event| {
            let said = event
                .dyn_ref::<MessageEvent>()
                .and_then(|event| member(&event.data(), "type").ok())
                .and_then(|kind| kind.as_string());
            if said.as_deref() == Some(DELIVER) {
                channels.hear(DELIVER);
            }
        }));
    }

    fn watch(self: &Rc<Self>, registration: ServiceWorkerRegistration) {
        if registration.waiting().is_some() {
            self.found();
        }
        let worker = self.clone();
        let found = move |registration: &ServiceWorkerRegistration| {
            let Some(coming) = registration.installing() else {
                return;
            };
            let worker = worker.clone();
            let state = coming.clone();
            EventListener::new(&coming, "statechange", move |_| {
                let replaces =
                    container().is_some_and(|container| container.controller().is_some());
                if state.state() == ServiceWorkerState::Installed && replaces {
                    worker.found();
                }
            })
            // As long as the worker that it is on.
            .forget();
        };
        found(&registration);
        let mut listeners = self.listeners.borrow_mut();
        let updated = registration.clone();
        listeners.push(EventListener::new(
            &registration,
            "updatefound",
            move |_| found(&updated),
        ));
        let asked = Cell::new(Date::now());
        let updated = registration.clone();
        listeners.push(EventListener::new(
            &document(),
            "visibilitychange",
            move |_| {
                if !document().hidden() && Date::now() - asked.get() > ASK_AGAIN {
                    asked.set(Date::now());
                    let updated = updated.clone();
                    spawn_local(async move {
                        let _ = ask(&updated, "update", &Array::new()).await;
                    });
                }
            },
        ));
        let _ = self.registration.set(registration);
    }

    fn found(&self) {
        self.newer.set(true);
        self.updates.tell(());
    }

    /// Calls back when a newer build is there, at once where it is already.
    pub(crate) fn on_update(&self, tell: Box<dyn Fn()>) {
        if self.newer.get() {
            tell();
        }
        self.updates.add(move |()| tell());
    }

    /// Changes to it.
    pub(crate) fn take_update(&self) {
        let waiting = self
            .registration
            .get()
            .and_then(ServiceWorkerRegistration::waiting);
        let Some(waiting) = waiting else {
            return reload();
        };
        if say(&waiting, "SKIP_WAITING").is_ok() {
            self.taken.set(true);
        } else {
            reload();
        }
    }

    /// Asks the browser to wake the worker when there is a network again (Background Sync). Few can.
    pub(crate) fn wake_when_connected(&self) {
        let Some(registration) = self.registration.get().cloned() else {
            return;
        };
        spawn_local(async move {
            if let Ok(sync) = member(&registration, "sync") {
                let _ = ask(&sync, "register", &Array::of1(&JsValue::from(DELIVER))).await;
            }
        });
    }
}
