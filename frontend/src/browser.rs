//! The browser behind the app's device ports.

use crate::callbacks::Callbacks;
use crate::channels::Channels;
use crate::install::Install;
use crate::passkeys::{self, Passkeys};
use crate::presence::Presence;
use crate::worker::{self, Worker};
use crate::{locks, page, storage, vault};
use app::api::identity::WebAuthnJson;
use app::device::{
    Asked, Device, InstallOffer, Later, NoCredential, NoVault, StorageStatus, Vaults,
};
use domain::ids::TabId;
use gloo::events::EventListener;
use gloo::storage::{LocalStorage, SessionStorage, Storage};
use gloo_timers::future::TimeoutFuture;
use jiff::Timestamp;
use leptos::prelude::{document, window};
use std::cell::RefCell;
use std::rc::Rc;
use uuid::Uuid;

const TAB: &str = "tab";
const SESSION: &str = "session";

/// This browser, in this tab.
pub(crate) struct Browser {
    tab: TabId,
    passkeys: Rc<Passkeys>,
    channels: Rc<Channels>,
    presence: Presence,
    install: Install,
    worker: Rc<Worker>,
    network: Callbacks,
    vaults: Rc<RefCell<Option<Rc<dyn Vaults>>>>,
    _listeners: [EventListener; 2],
}

/// The time by the device's clock.
pub(crate) fn now() -> Timestamp {
    // Whole milliseconds since 1970, which fit.
    Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
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
        let network = Callbacks::default();
        let listeners = ["online", "offline"].map(|event| {
            let network = network.clone();
            EventListener::new(&window(), event, move |_| network.tell(()))
        });
        Self {
            tab,
            passkeys: Rc::default(),
            channels: Rc::default(),
            presence: Presence::new(),
            install: Install::new(),
            worker: Rc::default(),
            network,
            vaults: Rc::default(),
            _listeners: listeners,
        }
    }

    /// Lets the browser keep the app.
    pub(crate) fn register_worker(&self) {
        self.worker.register(self.channels.clone());
    }

    fn get(&self, options: WebAuthnJson, wait: bool) -> Later<Result<WebAuthnJson, NoCredential>> {
        let passkeys = self.passkeys.clone();
        Box::pin(async move { passkeys.get(options, wait).await })
    }
}

impl Device for Browser {
    fn has_passkeys(&self) -> bool {
        passkeys::container().is_some()
    }

    fn create_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>> {
        let passkeys = self.passkeys.clone();
        Box::pin(async move { passkeys.create(options).await })
    }

    fn use_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>> {
        self.get(options, false)
    }

    fn await_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>> {
        self.get(options, true)
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
        now()
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
        self.channels.announce(SESSION);
    }

    fn on_session_change(&self, tell: Box<dyn Fn()>) {
        let tell = Rc::new(tell);
        let hear = tell.clone();
        self.channels.listen(SESSION, move || hear());
        self.presence.hidden.add(move |hidden| {
            if !hidden {
                tell();
            }
        });
    }

    fn from_server(&self) -> bool {
        page::from_server()
    }

    fn sleep(&self, milliseconds: u32) -> Later<()> {
        Box::pin(TimeoutFuture::new(milliseconds))
    }

    fn chance(&self) -> f64 {
        js_sys::Math::random()
    }

    fn has_network(&self) -> bool {
        window().navigator().on_line()
    }

    fn on_network_change(&self, tell: Box<dyn Fn()>) {
        self.network.add(move |()| tell());
    }

    fn on_hidden(&self, tell: Box<dyn Fn(bool)>) {
        self.presence.hidden.add(tell);
    }

    fn in_sight(&self) -> bool {
        !document().hidden()
    }

    fn on_woken(&self, tell: Box<dyn Fn()>) {
        self.presence.woken.add(move |()| tell());
    }

    fn on_ceremony(&self, tell: Box<dyn Fn(Asked)>) {
        self.passkeys.asked.add(tell);
    }

    fn has_worker(&self) -> bool {
        worker::is_in_charge()
    }

    fn fetch_the_rest(&self) {
        crate::page::fetch_the_rest();
    }

    fn on_use(&self, tell: Box<dyn Fn()>) {
        self.presence.used.add(move |()| tell());
    }

    fn alone(&self, name: &'static str, work: Later<()>) -> Later<bool> {
        Box::pin(locks::alone(name, work))
    }

    fn announce(&self, name: &'static str) {
        self.channels.announce(name);
    }

    fn on_announced(&self, name: &'static str, tell: Box<dyn Fn()>) {
        self.channels.listen(name, tell);
    }

    fn wake_when_connected(&self) {
        self.worker.wake_when_connected();
    }

    fn vaults(&self) -> Later<Result<Rc<dyn Vaults>, NoVault>> {
        let passkeys = self.passkeys.clone();
        let vaults = self.vaults.clone();
        Box::pin(async move {
            let there = vaults.borrow().clone();
            if let Some(there) = there {
                return Ok(there);
            }
            // Without its code there is none.
            let made = vault::vaults(passkeys)
                .await
                .map_err(|_| NoVault::NoStorage)?;
            Ok(vaults.borrow_mut().get_or_insert(made).clone())
        })
    }

    fn storage(&self) -> Later<StorageStatus> {
        Box::pin(storage::status())
    }

    fn persist_storage(&self) -> Later<bool> {
        Box::pin(storage::persist())
    }

    fn install(&self) -> InstallOffer {
        self.install.offer()
    }

    fn on_install_change(&self, tell: Box<dyn Fn()>) {
        self.install.changed.add(move |()| tell());
    }

    fn ask_to_install(&self) {
        self.install.ask();
    }

    fn on_update(&self, tell: Box<dyn Fn()>) {
        self.worker.on_update(tell);
    }

    fn take_update(&self) {
        self.worker.take_update();
    }

    fn leave_for(&self, path: &str) {
        page::leave_for(path);
    }
}
