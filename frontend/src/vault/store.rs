//! The database that vaults are in: IndexedDB, which sees text and ciphertext.
//!
//! A transaction is over as soon as nothing of it is under way, so nothing else may be awaited while
//! one is open. What has to be encrypted was encrypted before.

use super::format::{self, Entry, Header, IV};
use crate::js::{call, set_member};
use app::device::{NoVault, Shelf};
use domain::ids::VaultId;
use domain::retention::{Fate, Seen};
use gloo::events::EventListener;
use idb::event::VersionChangeEvent;
use idb::{
    DatabaseEvent, Factory, KeyRange, ObjectStore, ObjectStoreParams, Query, TransactionMode,
};
use jiff::Timestamp;
use js_sys::{Array, Object, Promise, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::{Mutex, MutexGuard};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbTransaction};

/// The database.
const NAME: &str = "ncrs";
/// The version of its stores.
const VERSION: u32 = 1;

/// What belongs to the device.
const DEVICE: &str = "device";
/// Headers by vault.
const VAULTS: &str = "vaults";
/// Entries by place.
const ENTRIES: &str = "entries";
/// Sealed changes by command.
const SEALED: &str = "sealed";
const STORES: [&str; 4] = [DEVICE, VAULTS, ENTRIES, SEALED];

/// The device's salt, in [`DEVICE`].
const SALT: &str = "salt";

/// A change to the entries of a vault.
pub(super) enum Step {
    /// At that place.
    Put(String, Entry),
    /// From that place.
    Remove(String),
    /// Everything whose place begins so.
    Clear(String),
    /// Something sealed, beside the vault. A change that lay sealed alone, under that name, is there
    /// twice from then on: the one alone goes.
    Seal(String, String, Option<String>),
    /// Takes it away from there, and what lay sealed alone under that name.
    Unseal(String, Option<String>),
}

/// From what steps follow.
pub(super) struct Origin {
    /// Where it is.
    pub(super) place: String,
    /// The initialisation vector of what is there, which no two ever share; `None` where nothing is.
    pub(super) iv: Option<[u8; IV]>,
}

/// How much it matters that a power cut loses nothing.
#[derive(Clone, Copy, PartialEq)]
enum Durable {
    /// On disk before it is called done, where the browser can do that.
    Yes,
    /// Soon.
    Soon,
}

/// The connection, opened at first use and again after it was closed.
#[derive(Default)]
pub(super) struct Store {
    database: Rc<RefCell<Option<Open>>>,
    /// Whose turn it is to write.
    turn: Mutex<()>,
}

struct Open {
    database: IdbDatabase,
    _listeners: [EventListener; 2],
}

/// Why the browser refused.
fn refused(name: &str) -> NoVault {
    match name {
        "QuotaExceededError" => NoVault::Full,
        // The database is of a newer version of the app.
        "VersionError" => NoVault::Broken,
        _ => NoVault::NoStorage,
    }
}

fn failed(error: idb::Error) -> NoVault {
    match error {
        idb::Error::DomException(error) => refused(&error.name()),
        _ => NoVault::NoStorage,
    }
}

fn refused_at_once(_: JsValue) -> NoVault {
    NoVault::NoStorage
}

/// A transaction under way.
struct Transaction(IdbTransaction);

impl Transaction {
    fn store(&self, name: &str) -> Result<ObjectStore, NoVault> {
        self.0
            .object_store(name)
            .map(ObjectStore::from)
            .map_err(refused_at_once)
    }

    /// Waits until it is done. `idb` can wait too, but does not tell why one came to nothing.
    async fn done(self) -> Result<(), NoVault> {
        let transaction = self.0;
        let end = Promise::new(&mut |complete, abort| {
            transaction.set_oncomplete(Some(&complete));
            transaction.set_onabort(Some(&abort));
        });
        match end.await {
            Ok(_) => Ok(()),
            Err(_) => Err(transaction
                .error()
                .map_or(NoVault::NoStorage, |error| refused(&error.name()))),
        }
    }

    /// Gives it up, with all that was done in it.
    fn abort(self) {
        let _ = self.0.abort();
    }
}

/// Every place that begins so. What follows is letters, which all come before `~`.
fn beginning(place: &str) -> Result<KeyRange, NoVault> {
    let after = format!("{place}~");
    KeyRange::bound(&place.into(), &after.into(), None, None).map_err(failed)
}

fn text(value: Option<JsValue>) -> Option<String> {
    value.and_then(|value| value.as_string())
}

/// Asks for what is at that key, and listens from now on.
fn listen(
    store: &ObjectStore,
    key: &str,
) -> Result<impl Future<Output = Result<Option<JsValue>, idb::Error>> + use<>, NoVault> {
    let request = store.get(Query::Key(key.into())).map_err(failed)?;
    Ok(request.into_future())
}

async fn read(store: &ObjectStore, key: &str) -> Result<Option<JsValue>, NoVault> {
    listen(store, key)?.await.map_err(failed)
}

fn write(store: &ObjectStore, key: &str, value: &JsValue) -> Result<(), NoVault> {
    store
        .put(value, Some(&key.into()))
        .map(drop)
        .map_err(failed)
}

fn remove(store: &ObjectStore, key: &str) -> Result<(), NoVault> {
    store
        .delete(Query::Key(key.into()))
        .map(drop)
        .map_err(failed)
}

fn clear(store: &ObjectStore, place: &str) -> Result<(), NoVault> {
    store
        .delete(Query::KeyRange(beginning(place)?))
        .map(drop)
        .map_err(failed)
}

/// Drops what lies sealed alone under that name, if it is one.
fn remove_named(transaction: &Transaction, name: Option<&str>) -> Result<(), NoVault> {
    match name {
        Some(name) => remove(&transaction.store(SEALED)?, name),
        None => Ok(()),
    }
}

/// The sealed copies of a vault's changes lie alone from now on.
async fn move_changes(transaction: &Transaction, vault: VaultId) -> Result<(), NoVault> {
    let (device, sealed) = (transaction.store(DEVICE)?, transaction.store(SEALED)?);
    let place = format::changes_place(vault);
    for (at, change) in everything(&device, Some(beginning(&place)?)).await? {
        if let Some(name) = at.strip_prefix(&place) {
            write(&sealed, name, &change)?;
        }
    }
    clear(&device, &place)
}

/// What is in a store, with the keys.
async fn everything(
    store: &ObjectStore,
    range: Option<KeyRange>,
) -> Result<Vec<(String, JsValue)>, NoVault> {
    let query = || range.clone().map(Query::KeyRange);
    let keys = store.get_all_keys(query(), None).map_err(failed)?;
    let values = store.get_all(query(), None).map_err(failed)?;
    // Listens to both from now on.
    let (keys, values) = (keys.into_future(), values.into_future());
    let keys = keys.await.map_err(failed)?;
    let values = values.await.map_err(failed)?;
    Ok(keys
        .into_iter()
        .filter_map(|key| key.as_string())
        .zip(values)
        .collect())
}

/// The bytes of an entry.
fn entry(value: &JsValue) -> Result<Entry, NoVault> {
    let bytes: &Uint8Array = value.dyn_ref().ok_or(NoVault::Broken)?;
    Entry::read(&bytes.to_vec())
}

impl Store {
    async fn open(&self) -> Result<IdbDatabase, NoVault> {
        if let Some(open) = self.database.borrow().as_ref() {
            return Ok(open.database.clone());
        }
        let factory = Factory::new().map_err(failed)?;
        let mut request = factory.open(NAME, Some(VERSION)).map_err(failed)?;
        request.on_upgrade_needed(|event: VersionChangeEvent| {
            // Where this fails, the stores are missing, and opening one says so.
            if let Ok(database) = event.database() {
                for store in STORES {
                    let _ = database.create_object_store(store, ObjectStoreParams::new());
                }
            }
        });
        let database: IdbDatabase = request.await.map_err(failed)?.into();
        // Another tab has a newer version of the app, or the browser cleared the storage.
        let listeners = ["versionchange", "close"].map(|event| {
            let there = self.database.clone();
            let closing = database.clone();
            EventListener::new(&database, event, move |_| {
                closing.close();
                // Dropped after this listener, which is one of its own, has returned.
                let gone = there.borrow_mut().take();
                wasm_bindgen_futures::spawn_local(async move { drop(gone) });
            })
        });
        self.database.replace(Some(Open {
            database: database.clone(),
            _listeners: listeners,
        }));
        Ok(database)
    }

    async fn begin(
        &self,
        stores: &[&str],
        mode: TransactionMode,
        durable: Durable,
    ) -> Result<Transaction, NoVault> {
        let database = self.open().await?;
        let names: Array = stores.iter().map(|store| JsValue::from(*store)).collect();
        let mode: web_sys::IdbTransactionMode = mode.into();
        let options = Object::new();
        if durable == Durable::Yes {
            set_member(&options, "durability", &"strict".into()).map_err(refused_at_once)?;
        }
        // Browsers that do not know the options take no notice of them.
        call(
            &database,
            "transaction",
            &Array::of3(&names, &mode.into(), &options),
        )
        .and_then(JsCast::dyn_into)
        .map(Transaction)
        .map_err(refused_at_once)
    }

    async fn reading(&self, stores: &[&str]) -> Result<Transaction, NoVault> {
        self.begin(stores, TransactionMode::ReadOnly, Durable::Soon)
            .await
    }

    async fn writing(&self, stores: &[&str]) -> Result<Transaction, NoVault> {
        self.begin(stores, TransactionMode::ReadWrite, Durable::Yes)
            .await
    }

    /// Waits until whoever writes in this page is done: what is kept twice under one name is in the
    /// end what was kept last, whichever was encrypted first.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// The device's salt: the one that is here, or else that one from now on.
    pub(super) async fn salt(&self, otherwise: &str) -> Result<String, NoVault> {
        let transaction = self.writing(&[DEVICE]).await?;
        let device = transaction.store(DEVICE)?;
        if let Some(salt) = text(read(&device, SALT).await?) {
            return Ok(salt);
        }
        write(&device, SALT, &otherwise.into())?;
        transaction.done().await?;
        Ok(otherwise.to_owned())
    }

    /// Every vault with the text of its header.
    pub(super) async fn headers(&self) -> Result<Vec<(VaultId, String)>, NoVault> {
        let transaction = self.reading(&[VAULTS]).await?;
        let all = everything(&transaction.store(VAULTS)?, None).await?;
        Ok(all
            .into_iter()
            .filter_map(|(id, header)| Some((id.parse().ok()?, header.as_string()?)))
            .collect())
    }

    /// Puts a header there, unless there is one: says whether it did.
    pub(super) async fn add(&self, vault: VaultId, header: &Header) -> Result<bool, NoVault> {
        let header = header.write()?;
        let transaction = self.writing(&[VAULTS]).await?;
        let vaults = transaction.store(VAULTS)?;
        let key = vault.to_string();
        if read(&vaults, &key).await?.is_some() {
            return Ok(false);
        }
        write(&vaults, &key, &header.into())?;
        transaction.done().await?;
        Ok(true)
    }

    /// Changes a header, and gives it as it is now.
    ///
    /// # Errors
    /// `None` where it is gone.
    pub(super) async fn change(
        &self,
        vault: VaultId,
        change: impl FnOnce(&mut Header),
    ) -> Result<Header, NoVault> {
        let transaction = self.writing(&[VAULTS]).await?;
        let vaults = transaction.store(VAULTS)?;
        let key = vault.to_string();
        let header = text(read(&vaults, &key).await?).ok_or(NoVault::None)?;
        let mut header = Header::read(&header)?;
        change(&mut header);
        write(&vaults, &key, &header.write()?.into())?;
        transaction.done().await?;
        Ok(header)
    }

    /// The sequence numbers of entries at those places: those that they have, or new ones.
    ///
    /// # Errors
    /// `None` where the vault is gone.
    pub(super) async fn numbers(
        &self,
        vault: VaultId,
        places: &[String],
    ) -> Result<Vec<u64>, NoVault> {
        let transaction = self
            .begin(
                &[VAULTS, ENTRIES],
                TransactionMode::ReadWrite,
                Durable::Soon,
            )
            .await?;
        let (vaults, entries) = (transaction.store(VAULTS)?, transaction.store(ENTRIES)?);
        let key = vault.to_string();
        let header = text(read(&vaults, &key).await?).ok_or(NoVault::None)?;
        let mut header = Header::read(&header)?;
        let mut numbers = Vec::new();
        for place in places {
            let number = match read(&entries, place).await? {
                Some(there) => entry(&there)?.sequence,
                None => {
                    let next = header.next;
                    header.next = next.saturating_add(1);
                    next
                }
            };
            numbers.push(number);
        }
        write(&vaults, &key, &header.write()?.into())?;
        transaction.done().await?;
        Ok(numbers)
    }

    /// Takes all the steps or none, as long as the vault is there and what they follow from is what is there still:
    /// whether it did.
    ///
    /// # Errors
    /// `None` where the vault is gone.
    pub(super) async fn take(
        &self,
        vault: VaultId,
        steps: &[Step],
        from: Option<&Origin>,
    ) -> Result<bool, NoVault> {
        let seals = |step: &Step| matches!(step, Step::Seal(..) | Step::Unseal(..));
        let stores: &[&str] = if steps.iter().any(seals) {
            &[VAULTS, ENTRIES, DEVICE, SEALED]
        } else {
            &[VAULTS, ENTRIES]
        };
        let transaction = self.writing(stores).await?;
        let (vaults, entries) = (transaction.store(VAULTS)?, transaction.store(ENTRIES)?);
        // Both are asked for before either is waited for.
        let header = listen(&vaults, &vault.to_string())?;
        let there = from.map(|from| listen(&entries, &from.place)).transpose()?;
        // Another tab may have wiped it meanwhile: nothing of it may come back.
        if header.await.map_err(failed)?.is_none() {
            return Err(NoVault::None);
        }
        if let (Some(from), Some(there)) = (from, there) {
            let there = there.await.map_err(failed)?;
            let there = there.as_ref().map(entry).transpose()?;
            if there.map(|entry| entry.iv) != from.iv {
                transaction.abort();
                return Ok(false);
            }
        }
        let taken = steps.iter().try_for_each(|step| match step {
            Step::Put(place, entry) => {
                let bytes = Uint8Array::from(entry.write().as_slice());
                write(&entries, place, &bytes)
            }
            Step::Remove(place) => entries
                .delete(Query::Key(place.into()))
                .map(drop)
                .map_err(failed),
            Step::Clear(place) => entries
                .delete(Query::KeyRange(beginning(place)?))
                .map(drop)
                .map_err(failed),
            Step::Seal(place, sealed, alone) => {
                write(&transaction.store(DEVICE)?, place, &sealed.into())?;
                remove_named(&transaction, alone.as_deref())
            }
            Step::Unseal(place, alone) => {
                remove(&transaction.store(DEVICE)?, place)?;
                remove_named(&transaction, alone.as_deref())
            }
        });
        match taken {
            Ok(()) => transaction.done().await.map(|()| true),
            Err(error) => {
                transaction.abort();
                Err(error)
            }
        }
    }

    /// The entry at a place.
    pub(super) async fn get(&self, place: &str) -> Result<Option<Entry>, NoVault> {
        let transaction = self.reading(&[ENTRIES]).await?;
        let there = read(&transaction.store(ENTRIES)?, place).await?;
        there.as_ref().map(entry).transpose()
    }

    /// The entries whose places begin so.
    pub(super) async fn all(&self, place: &str) -> Result<Vec<(String, Entry)>, NoVault> {
        let transaction = self.reading(&[ENTRIES]).await?;
        everything(&transaction.store(ENTRIES)?, Some(beginning(place)?))
            .await?
            .into_iter()
            .map(|(place, there)| Ok((place, entry(&there)?)))
            .collect()
    }

    /// Removes what of a vault has expired. What cannot be read stays.
    pub(super) async fn sweep(
        &self,
        vault: VaultId,
        seen: Seen,
        now: Timestamp,
    ) -> Result<(), NoVault> {
        let transaction = self.writing(&[ENTRIES]).await?;
        let entries = transaction.store(ENTRIES)?;
        let range = beginning(&format::vault_place(vault))?;
        for (place, there) in everything(&entries, Some(range)).await? {
            if entry(&there).is_ok_and(|entry| entry.fate(seen, now) == Fate::Over) {
                entries
                    .delete(Query::Key(place.as_str().into()))
                    .map_err(failed)?;
            }
        }
        transaction.done().await
    }

    /// Removes a vault: see [`app::device::Vaults::wipe`].
    pub(super) async fn wipe(&self, vault: VaultId) -> Result<(), NoVault> {
        let transaction = self.writing(&STORES).await?;
        let entries = transaction.store(ENTRIES)?;
        let device = transaction.store(DEVICE)?;
        let sealed_to = text(read(&device, &format::sealed_to_place(vault)).await?);
        if sealed_to.is_none() {
            let mut owed = false;
            for shelf in format::OWED {
                let place = format::shelf_place(vault, shelf);
                owed |= !everything(&entries, Some(beginning(&place)?))
                    .await?
                    .is_empty();
            }
            if owed {
                for shelf in format::READ {
                    clear(&entries, &format::shelf_place(vault, shelf))?;
                }
                return transaction.done().await;
            }
        }
        move_changes(&transaction, vault).await?;
        remove(&transaction.store(VAULTS)?, &vault.to_string())?;
        clear(&entries, &format::vault_place(vault))?;
        remove(&device, &format::sealed_to_place(vault))?;
        write(&device, &format::wiped_place(vault), &"yes".into())?;
        transaction.done().await
    }

    /// Takes the changes out of a vault that all have a sealed copy: see
    /// [`app::device::Vaults::hand_over`].
    pub(super) async fn hand_over(&self, vault: VaultId) -> Result<(), NoVault> {
        let transaction = self.writing(&[ENTRIES, DEVICE, SEALED]).await?;
        let device = transaction.store(DEVICE)?;
        let sealed_to = text(read(&device, &format::sealed_to_place(vault)).await?);
        if sealed_to.is_some() {
            move_changes(&transaction, vault).await?;
            let shelf = format::number(Shelf::Outbox);
            clear(
                &transaction.store(ENTRIES)?,
                &format::shelf_place(vault, shelf),
            )?;
        }
        transaction.done().await
    }

    /// To which key everything of a vault that is not sent has a sealed copy.
    pub(super) async fn sealed_to(&self, vault: VaultId) -> Result<Option<String>, NoVault> {
        let transaction = self.reading(&[DEVICE]).await?;
        let device = transaction.store(DEVICE)?;
        Ok(text(read(&device, &format::sealed_to_place(vault)).await?))
    }

    /// What is sealed beside vaults and begins so, by place.
    pub(super) async fn copies(&self, place: &str) -> Result<Vec<(String, String)>, NoVault> {
        let transaction = self.reading(&[DEVICE]).await?;
        let all = everything(&transaction.store(DEVICE)?, Some(beginning(place)?)).await?;
        Ok(all
            .into_iter()
            .filter_map(|(place, sealed)| Some((place, sealed.as_string()?)))
            .collect())
    }

    /// Drops the copies of a log up to that number.
    pub(super) async fn drop_entries(&self, vault: VaultId, up_to: u64) -> Result<(), NoVault> {
        let transaction = self.writing(&[DEVICE]).await?;
        let (first, last) = (
            format::entry_place(vault, 0),
            format::entry_place(vault, up_to),
        );
        let range = KeyRange::bound(&first.into(), &last.into(), None, None).map_err(failed)?;
        transaction
            .store(DEVICE)?
            .delete(Query::KeyRange(range))
            .map_err(failed)?;
        transaction.done().await
    }

    /// Drops everything that is sealed beside a vault.
    pub(super) async fn forget(&self, vault: VaultId) -> Result<(), NoVault> {
        let transaction = self.writing(&[DEVICE]).await?;
        clear(&transaction.store(DEVICE)?, &format::copies_place(vault))?;
        transaction.done().await
    }

    /// Keeps a sealed change, as text.
    pub(super) async fn keep_sealed(&self, id: &str, sealed: &str) -> Result<(), NoVault> {
        let transaction = self.writing(&[SEALED]).await?;
        write(&transaction.store(SEALED)?, id, &sealed.into())?;
        transaction.done().await
    }

    /// The sealed changes, by id, which is the order in which they were made (UUIDv7).
    pub(super) async fn sealed(&self) -> Result<Vec<String>, NoVault> {
        let transaction = self.reading(&[SEALED]).await?;
        let all = everything(&transaction.store(SEALED)?, None).await?;
        Ok(all
            .into_iter()
            .filter_map(|(_, sealed)| sealed.as_string())
            .collect())
    }

    /// Drops one.
    pub(super) async fn drop_sealed(&self, id: &str) -> Result<(), NoVault> {
        let transaction = self.writing(&[SEALED]).await?;
        transaction
            .store(SEALED)?
            .delete(Query::Key(id.into()))
            .map_err(failed)?;
        transaction.done().await
    }
}
