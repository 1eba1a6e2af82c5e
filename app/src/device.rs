//! What `app` needs from the device, and gets from the frontend through Leptos context once the
//! page is alive. On the server there is no device.

use crate::api::identity::WebAuthnJson;
use crate::api::offline::{SealedChange, SealedEntry, SealingKey};
use domain::ids::{CommandId, PersonId, SealingKeyId, TabId, VaultId};
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

/// What becomes of a question for a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It stands before the person.
    Begun,
    /// The passkey was given.
    Given,
    /// It was not.
    NotGiven,
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

    /// Whether the server rendered this page, with the session in it. Else it is the shell: opened
    /// without the server, or before it answered, and who is signed in is not known yet.
    #[expect(
        clippy::wrong_self_convention,
        reason = "the page comes from there, nothing is made"
    )]
    fn from_server(&self) -> bool;
    /// Fetches, when there is time, what the first page did not need.
    fn fetch_the_rest(&self);
    /// Comes back after so many milliseconds.
    fn sleep(&self, milliseconds: u32) -> Later<()>;
    /// From 0 up to 1, by chance.
    fn chance(&self) -> f64;
    /// Whether the browser thinks that there is a network. "No" is sure, "yes" is not.
    fn has_network(&self) -> bool;
    /// Calls back when that changes.
    fn on_network_change(&self, tell: Box<dyn Fn()>);
    /// Calls back with whether the page is hidden, when that changes: before the picture of the page
    /// is taken for the task switcher.
    fn on_hidden(&self, tell: Box<dyn Fn(bool)>);
    /// Whether the page is in sight now.
    fn in_sight(&self) -> bool;
    /// Calls back whenever the page may have been away, though it was not called hidden: it has the focus
    /// again, or is shown from where the browser had put it aside.
    fn on_woken(&self, tell: Box<dyn Fn()>);
    /// Calls back when the device asks for a passkey, and when that is over. Not for what only waits
    /// ([`Device::await_passkey`]).
    fn on_ceremony(&self, tell: Box<dyn Fn(Asked)>);
    /// Whether the page can be loaded without the service.
    fn has_worker(&self) -> bool;
    /// Calls back at every touch, click, turn of the wheel and key of the person.
    fn on_use(&self, tell: Box<dyn Fn()>);
    /// Does the work while no other tab does work of that name. Where one does, nothing is done, and
    /// the answer is no.
    fn alone(&self, name: &'static str, work: Later<()>) -> Later<bool>;
    /// Tells the other tabs that something of that name changed.
    fn announce(&self, name: &'static str);
    /// Calls back when another tab said so.
    fn on_announced(&self, name: &'static str, tell: Box<dyn Fn()>);
    /// Asks the browser to wake the app when there is a network again, where it can (Background
    /// Sync).
    fn wake_when_connected(&self);

    /// What people keep on this device. The code for it is fetched at first use.
    fn vaults(&self) -> Later<Result<Rc<dyn Vaults>, NoVault>>;

    /// How much room there is, and whether the browser promised to keep it.
    fn storage(&self) -> Later<StorageStatus>;
    /// Asks the browser to promise that.
    fn persist_storage(&self) -> Later<bool>;
    /// How the app can be installed here.
    fn install(&self) -> InstallOffer;
    /// Calls back when that changes.
    fn on_install_change(&self, tell: Box<dyn Fn()>);
    /// Shows the browser's own question, where it has one.
    fn ask_to_install(&self);
    /// Calls back when a newer version of the app is there and waits.
    fn on_update(&self, tell: Box<dyn Fn()>);
    /// Changes to it: the page is loaded anew.
    fn take_update(&self);
    /// Loads the page anew, at that address of this app, so that nothing of before is in memory.
    fn leave_for(&self, path: &str);
}

/// Why there is no open vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoVault {
    /// It was locked: unlock it again.
    Locked,
    /// The passkey gave no secret (no PRF): nothing can be kept readable for its owner alone.
    NoSecret,
    /// The passkey was not used: cancelled, unknown here, or too late.
    NoCredential(NoCredential),
    /// There is nothing of this person on this device.
    None,
    /// There is, but this passkey does not open it; another of the person's does.
    OtherPasskey,
    /// Five attempts failed: it opens after the next sign-in with the service.
    LockedOut,
    /// What is there cannot be read: damaged, or written by a newer version.
    Broken,
    /// The browser has no storage for it, or refuses it.
    NoStorage,
    /// There is no room left.
    Full,
}

/// A vault on this device, as far as it is told while it is locked: nothing of a patient or person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockedVault {
    /// Which.
    pub id: VaultId,
    /// Too many attempts to open it without the service failed: only a sign-in with it opens it.
    pub locked_out: bool,
}

/// Everybody's vaults on this device.
pub trait Vaults {
    /// Which there are.
    fn list(&self) -> Later<Result<Vec<LockedVault>, NoVault>>;
    /// Whether the passkey that was last used in this page gave a secret, with which a vault can be
    /// made and opened. `None`: none was used since the page was loaded.
    fn has_secret(&self) -> Option<bool>;
    /// Opens the person's vault with the secret of the passkey that was last used. `NoSecret`,
    /// `None` or `OtherPasskey` where it cannot. Sets the failures back: the service let them in.
    fn open(&self, person: PersonId) -> Later<Result<Rc<dyn Vault>, NoVault>>;
    /// Makes the person's vault, under that id, and opens it.
    fn create(&self, person: PersonId, id: VaultId) -> Later<Result<Rc<dyn Vault>, NoVault>>;
    /// Asks for a passkey and opens the vault that it belongs to, without the service. Counts
    /// failures.
    fn unlock(&self) -> Later<Result<Rc<dyn Vault>, NoVault>>;
    /// Asks for another passkey of the person, opens the vault with it, and lets the passkey that was
    /// last used open it from now on too.
    fn adopt(&self, person: PersonId) -> Later<Result<Rc<dyn Vault>, NoVault>>;
    /// Takes everything off those shelves of a person's vault, also while it is locked.
    fn clear(&self, person: PersonId, shelves: &'static [Shelf]) -> Later<Result<(), NoVault>>;
    /// Destroys a vault with all that can be read in it. What the service does not have yet stays:
    /// changes that wait are from then on among [`Self::sealed`], entries of the log among
    /// [`Self::sealed_logs`]. Where a vault was kept by an app that sealed no copies, its changes and its
    /// log stay in it as they are until it is opened once more, and all else goes.
    fn wipe(&self, id: VaultId) -> Later<Result<(), NoVault>>;
    /// The vaults of a person, also those that do not open.
    fn of(&self, person: PersonId) -> Later<Result<Vec<VaultId>, NoVault>>;
    /// How many changes wait in a person's vaults, as far as it is told while they are locked.
    fn unsent(&self, person: PersonId) -> Later<Result<usize, NoVault>>;
    /// Takes the changes that wait out of a person's vaults, which this person's passkey does not open:
    /// from then on they are among [`Self::sealed`].
    fn hand_over(&self, person: PersonId) -> Later<Result<(), NoVault>>;
    /// What is sealed of the logs of vaults, also of those that were wiped.
    fn sealed_logs(&self) -> Later<Result<Vec<SealedLog>, NoVault>>;
    /// Drops what is sealed of a log, up to that number.
    fn drop_entries(&self, vault: VaultId, up_to: u64) -> Later<Result<(), NoVault>>;
    /// The service has all of a log whose vault was wiped: nothing reminds of it from then on.
    fn forget(&self, vault: VaultId) -> Later<Result<(), NoVault>>;
    /// Keeps a sealed change, which is not in a vault: only the server can read it. Durable when
    /// this is answered.
    fn keep_sealed(&self, sealed: SealedChange) -> Later<Result<(), NoVault>>;
    /// The sealed changes on this device, oldest first.
    fn sealed(&self) -> Later<Result<Vec<SealedChange>, NoVault>>;
    /// Drops one that came to something.
    fn drop_sealed(&self, id: CommandId) -> Later<Result<(), NoVault>>;
    /// Seals a change to the server.
    ///
    /// # Errors
    /// `Broken` where the key is none.
    fn seal(&self, key: &SealingKey, id: CommandId, plain: &[u8]) -> Result<SealedChange, NoVault>;
    /// Seals an entry of that vault's log to the server.
    ///
    /// # Errors
    /// `Broken` where the key is none.
    fn seal_entry(
        &self,
        key: &SealingKey,
        vault: VaultId,
        seq: u64,
        plain: &[u8],
    ) -> Result<SealedEntry, NoVault>;
}

/// What is sealed of the log of one vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedLog {
    /// Which vault.
    pub vault: VaultId,
    /// It was wiped: nothing else of it is here.
    pub wiped: bool,
    /// In order.
    pub entries: Vec<SealedEntry>,
}

/// What kinds of thing a vault keeps. Each is read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// Who the person is and in which roles.
    Person,
    /// Saved patients.
    Visits,
    /// Summaries that open when the question was answered.
    Doorstep,
    /// Changes, waiting and settled.
    Outbox,
    /// The log of what was done without the service, and where it stands.
    Log,
    /// Forms that are being filled in.
    Drafts,
    /// The latest time that was seen, and other small facts.
    Facts,
}

/// A change to what a vault keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Puts it there, in place of what has the same name.
    Put {
        /// Where.
        shelf: Shelf,
        /// Kept only as a keyed hash.
        name: String,
        /// Encrypted.
        value: Vec<u8>,
        /// After that it is gone: bound into the encryption.
        expires: Option<Timestamp>,
    },
    /// Takes it away.
    Remove {
        /// Where.
        shelf: Shelf,
        /// Which.
        name: String,
    },
    /// Takes everything away.
    Clear(Shelf),
    /// Puts a copy of a change there that only the service can read. It outlasts the vault.
    SealChange(SealedChange),
    /// Takes what is sealed of a change away.
    UnsealChange(CommandId),
    /// Puts a copy of an entry of the log there that only the service can read. It outlasts the vault.
    SealEntry(SealedEntry),
    /// Takes it away.
    UnsealEntry(u64),
    /// Notes that whatever the service does not have yet has such a copy, sealed to that key.
    SealedTo(SealingKeyId),
}

/// Someone's open vault. Dropping every handle to it, or locking it, forgets the key.
pub trait Vault {
    /// Which.
    fn id(&self) -> VaultId;
    /// What it keeps under that name. `None` where there is nothing, or it has expired.
    fn get(&self, shelf: Shelf, name: &str) -> Later<Result<Option<Vec<u8>>, NoVault>>;
    /// Everything on a shelf that has not expired. Saved patients and changes come oldest first, what is on the other
    /// shelves in any order.
    fn all(&self, shelf: Shelf) -> Later<Result<Vec<Vec<u8>>, NoVault>>;
    /// Makes all the changes or none. Durable when this is answered.
    fn keep(&self, changes: Vec<Keep>) -> Later<Result<(), NoVault>>;
    /// As [`Self::keep`], with the changes that follow from what is kept under that name. Where another tab was quicker
    /// they follow from what that kept.
    fn update(&self, shelf: Shelf, name: &str, change: Follow) -> Later<Result<(), NoVault>>;
    /// To which key everything that the service does not have yet has a sealed copy. `None` where
    /// something may be without one.
    fn sealed_to(&self) -> Later<Result<Option<SealingKeyId>, NoVault>>;
    /// Whether a copy that may be shown until then may be shown now. A clock that was turned back
    /// gives it no more time.
    fn may_show(&self, until: Timestamp) -> bool;
    /// The service told its time: a clock of the device that was wrong is put right by it.
    fn told(&self, service: Timestamp);
    /// Forgets the key: from then on every call answers `Locked`.
    fn lock(&self);
}

/// The changes that follow from what is kept under a name; `None` where nothing is.
pub type Follow = Box<dyn Fn(Option<&[u8]>) -> Result<Vec<Keep>, NoVault>>;

/// How much room the browser gives the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageStatus {
    /// Bytes in use, where the browser says.
    pub used: Option<u64>,
    /// Bytes that there are, where the browser says.
    pub room: Option<u64>,
    /// The browser promised not to clear it by itself.
    pub kept: bool,
}

/// How the app can be put on the home screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallOffer {
    /// It is installed, and this is it.
    Installed,
    /// The browser can ask.
    CanAsk,
    /// By hand, from the share menu (Safari on iPhone and iPad).
    ByShareMenu,
    /// Not here, as far as one can tell.
    Unknown,
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
