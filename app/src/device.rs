//! What `app` needs from the device, and gets from the frontend through Leptos context once the
//! page is alive. On the server there is no device.

use crate::api::identity::WebAuthnJson;
use domain::ids::TabId;
use jiff::Timestamp;
use leptos::prelude::{GetValue, LocalStorage, StoredValue, use_context};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use uuid::Uuid;

/// An answer that comes later, on the one thread of a page.
pub type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// Why the browser gave no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCredential {
    /// This browser or this page cannot use passkeys.
    Unsupported,
    /// The person cancelled, it took too long, or there was none to use. Browsers do not say which.
    Cancelled,
    /// The device already holds a passkey of this person.
    AlreadyThere,
    /// Another ceremony took its place.
    Superseded,
}

/// The browser.
pub trait Device {
    /// Whether it can make and use passkeys here.
    fn has_passkeys(&self) -> bool;
    /// Makes a passkey: `{"publicKey": …}` in, credential out.
    fn create_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>>;
    /// Uses a passkey: `{"publicKey": …}` in, credential out. Ends a waiting [`Device::await_passkey`].
    fn use_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>>;
    /// Waits until the person picks a passkey from the browser's own suggestions (conditional UI);
    /// `Unsupported` where there are none.
    fn await_passkey(&self, options: WebAuthnJson) -> Later<Result<WebAuthnJson, NoCredential>>;
    /// This tab. The same until it is closed.
    fn tab(&self) -> TabId;
    /// A new id (UUIDv7).
    fn new_id(&self) -> Uuid;
    /// The time by the device's clock, which may be wrong.
    fn now(&self) -> Timestamp;
    /// A preference kept on this device. Never about a patient.
    fn preference(&self, name: &str) -> Option<String>;
    /// Keeps a preference. Where storage is full or refused it is forgotten.
    fn set_preference(&self, name: &str, value: &str);
    /// Asks the browser to print the page.
    fn print(&self);
    /// Tells the other tabs that someone signed in, signed out or changed role, so that they look
    /// again.
    fn announce_session_change(&self);
    /// Calls back when another tab said so, or when this tab comes back into sight.
    fn on_session_change(&self, tell: Box<dyn Fn()>);
}

/// The device, once the page is alive; `None` on the server.
pub fn device() -> Option<Rc<dyn Device>> {
    use_context::<DeviceHandle>().and_then(|handle| handle.0.try_get_value())
}

/// How the frontend gives the device to the app.
#[derive(Clone, Copy)]
pub struct DeviceHandle(StoredValue<Rc<dyn Device>, LocalStorage>);

impl DeviceHandle {
    /// Of the browser that runs the page.
    pub fn new(device: Rc<dyn Device>) -> Self {
        Self(StoredValue::new_local(device))
    }
}
