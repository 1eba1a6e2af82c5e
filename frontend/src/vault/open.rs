//! Someone's open vault.

use super::crypto::{self, Keys};
use super::format::{self, CLOCK, Entry};
use super::store::{Origin, Step, Store};
use crate::browser::now;
use crate::passkeys::Passkeys;
use app::device::{Follow, Keep, Later, NoVault, Shelf, Vault};
use domain::ids::{SealingKeyId, VaultId};
use domain::retention::{Fate, Seen};
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use tokio::sync::oneshot;
use wasm_bindgen_futures::spawn_local;

/// The name of the latest time seen, on the clock's shelf.
const SEEN: &str = "seen";
/// Reading alone notes the time so seldom.
const NOTE: SignedDuration = SignedDuration::from_mins(1);

/// A handle to it.
pub(super) struct OpenVault(Rc<Inner>);

struct Inner {
    id: VaultId,
    /// Gone when it is locked.
    keys: RefCell<Option<Keys>>,
    /// The passkey by which it was opened.
    credential: String,
    store: Rc<Store>,
    passkeys: Rc<Passkeys>,
    /// The latest time that was seen: a clock that is turned back stands still there.
    seen: Cell<Seen>,
    /// The latest that is in the database.
    noted: Cell<Timestamp>,
    /// Names that are used again and again, hashed.
    names: RefCell<HashMap<(u8, String), [u8; format::NAME]>>,
    /// What this page last updated.
    known: RefCell<Option<Known>>,
}

/// What was kept at a place, as far as this page knows: another tab may have been there since.
struct Known {
    at: Origin,
    value: Option<Vec<u8>>,
}

/// A change as the database takes it, but for the encryption.
enum Change {
    Put {
        shelf: u8,
        name: String,
        value: Vec<u8>,
        expires: Option<Timestamp>,
    },
    Remove {
        shelf: u8,
        name: String,
    },
    Clear(u8),
    /// Nothing of it is encrypted here.
    Done(Step),
}

impl Change {
    fn of(vault: VaultId, keep: Keep) -> Result<Self, NoVault> {
        let text = |sealed: Result<String, serde_json::Error>| sealed.map_err(|_| NoVault::Broken);
        Ok(match keep {
            Keep::Put {
                shelf,
                name,
                value,
                expires,
            } => Self::Put {
                shelf: format::number(shelf),
                name,
                value,
                expires,
            },
            Keep::Remove { shelf, name } => Self::Remove {
                shelf: format::number(shelf),
                name,
            },
            Keep::Clear(shelf) => Self::Clear(format::number(shelf)),
            Keep::SealChange(change) => Self::Done(Step::Seal(
                format::change_place(vault, change.id),
                text(serde_json::to_string(&change))?,
                Some(change.id.to_string()),
            )),
            Keep::UnsealChange(id) => Self::Done(Step::Unseal(
                format::change_place(vault, id),
                Some(id.to_string()),
            )),
            Keep::SealEntry(entry) => Self::Done(Step::Seal(
                format::entry_place(vault, entry.seq),
                text(serde_json::to_string(&entry))?,
                None,
            )),
            Keep::UnsealEntry(seq) => {
                Self::Done(Step::Unseal(format::entry_place(vault, seq), None))
            }
            Keep::SealedTo(key) => Self::Done(Step::Seal(
                format::sealed_to_place(vault),
                key.to_string(),
                None,
            )),
        })
    }
}

/// A change whose name is hashed.
enum Named {
    Put {
        shelf: u8,
        name: [u8; format::NAME],
        value: Vec<u8>,
        expires: Option<Timestamp>,
        sequence: u64,
    },
    Done(Step),
}

impl OpenVault {
    pub(super) fn new(
        id: VaultId,
        keys: Keys,
        credential: String,
        store: Rc<Store>,
        passkeys: Rc<Passkeys>,
    ) -> Self {
        Self(Rc::new(Inner {
            id,
            keys: RefCell::new(Some(keys)),
            credential,
            store,
            passkeys,
            seen: Cell::new(Seen::told(Timestamp::MIN)),
            noted: Cell::new(Timestamp::MIN),
            names: RefCell::default(),
            known: RefCell::default(),
        }))
    }

    /// Finds out what time it is, and removes what has expired.
    pub(super) async fn settled(self, now: Timestamp) -> Result<Self, NoVault> {
        let inner = &self.0;
        let keys = inner.keys()?;
        let clock = inner.read(&keys, CLOCK, SEEN).await?;
        let noted = clock.as_deref().and_then(format::clock_in);
        let seen = noted.unwrap_or(Seen::told(now)).looked(now);
        inner
            .noted
            .set(noted.map_or(Timestamp::MIN, |noted| noted.at_least(Timestamp::MIN)));
        inner.seen.set(seen);
        inner.store.sweep(inner.id, seen, now).await?;
        inner.remember(&keys, CLOCK, SEEN).await?;
        inner.keep(&keys, Vec::new()).await?;
        Ok(self)
    }
}

impl OpenVault {
    /// Writes at once, and in the order of the calls, even if nobody waits for the answer or the vault is locked
    /// meanwhile: the screen that asked may be gone, what was typed there stays.
    fn write(
        &self,
        how: impl AsyncFnOnce(Rc<Inner>, Keys) -> Result<(), NoVault> + 'static,
    ) -> Later<Result<(), NoVault>> {
        let (inner, keys) = (self.0.clone(), self.0.keys());
        let (tell, told) = oneshot::channel();
        spawn_local(async move {
            let kept = async {
                let keys = keys?;
                let _turn = inner.store.turn().await;
                how(inner.clone(), keys).await
            };
            let _ = tell.send(kept.await);
        });
        Box::pin(async move { told.await.unwrap_or(Err(NoVault::Locked)) })
    }
}

impl Inner {
    /// What opens the entries, unless someone locked it.
    fn keys(&self) -> Result<Keys, NoVault> {
        self.keys.borrow().clone().ok_or(NoVault::Locked)
    }

    /// The time, which never runs backwards.
    fn time(&self) -> Timestamp {
        let now = now();
        let seen = self.seen.get().looked(now);
        self.seen.set(seen);
        seen.at_least(now)
    }

    async fn hashed(
        &self,
        keys: &Keys,
        shelf: u8,
        name: &str,
    ) -> Result<[u8; format::NAME], NoVault> {
        let name = (shelf, name.to_owned());
        let known = self.names.borrow().get(&name).copied();
        match known {
            Some(hashed) => Ok(hashed),
            None => keys.name(shelf, &name.1).await,
        }
    }

    /// Remembers how a name is hashed, until the vault is locked.
    async fn remember(&self, keys: &Keys, shelf: u8, name: &str) -> Result<(), NoVault> {
        let hashed = self.hashed(keys, shelf, name).await?;
        let mut names = self.names.borrow_mut();
        names.insert((shelf, name.to_owned()), hashed);
        Ok(())
    }

    async fn place(&self, keys: &Keys, shelf: u8, name: &str) -> Result<String, NoVault> {
        let name = self.hashed(keys, shelf, name).await?;
        Ok(format::place(self.id, shelf, &name))
    }

    /// The value of an entry, `None` where it has expired.
    async fn value(
        &self,
        keys: &Keys,
        shelf: u8,
        place: &str,
        entry: &Entry,
    ) -> Result<Option<Vec<u8>>, NoVault> {
        if entry.fate(self.seen.get(), now()) != Fate::Shown {
            return Ok(None);
        }
        let name = format::name_in(place).ok_or(NoVault::Broken)?;
        let binding = format::binding(self.id, shelf, &name, entry.expires, entry.sequence);
        keys.unseal(&entry.iv, &binding, &entry.sealed)
            .await
            .map(Some)
    }

    async fn read(&self, keys: &Keys, shelf: u8, name: &str) -> Result<Option<Vec<u8>>, NoVault> {
        let place = self.place(keys, shelf, name).await?;
        match self.store.get(&place).await? {
            Some(entry) => self.value(keys, shelf, &place, &entry).await,
            None => Ok(None),
        }
    }

    async fn read_all(&self, keys: &Keys, shelf: u8) -> Result<Vec<Vec<u8>>, NoVault> {
        let mut entries = self.store.all(&format::shelf_place(self.id, shelf)).await?;
        entries.sort_by_key(|(_, entry)| entry.sequence);
        let values = entries
            .iter()
            .map(|(place, entry)| self.value(keys, shelf, place, entry));
        let values = try_join_all(values).await?;
        Ok(values.into_iter().flatten().collect())
    }

    /// What was read while someone locked the vault is not shown any more.
    fn unless_locked<T>(&self, read: T) -> Result<T, NoVault> {
        self.keys().map(|_| read)
    }

    async fn name(&self, keys: &Keys, change: Change) -> Result<Named, NoVault> {
        Ok(match change {
            Change::Put {
                shelf,
                name,
                value,
                expires,
            } => Named::Put {
                shelf,
                name: self.hashed(keys, shelf, &name).await?,
                value,
                expires,
                sequence: 0,
            },
            Change::Remove { shelf, name } => {
                Named::Done(Step::Remove(self.place(keys, shelf, &name).await?))
            }
            Change::Clear(shelf) => Named::Done(Step::Clear(format::shelf_place(self.id, shelf))),
            Change::Done(step) => Named::Done(step),
        })
    }

    async fn encrypt(&self, keys: &Keys, change: Named) -> Result<Step, NoVault> {
        Ok(match change {
            Named::Put {
                shelf,
                name,
                value,
                expires,
                sequence,
            } => {
                let iv = crypto::iv()?;
                let binding = format::binding(self.id, shelf, &name, expires, sequence);
                let sealed = keys.seal(&iv, &binding, &value).await?;
                let entry = Entry {
                    sequence,
                    expires,
                    iv,
                    sealed,
                };
                Step::Put(format::place(self.id, shelf, &name), entry)
            }
            Named::Done(step) => step,
        })
    }

    /// Gives a place in the order to what is kept in one.
    async fn count(&self, changes: &mut [Named]) -> Result<(), NoVault> {
        let mut places = Vec::new();
        let mut sequences = Vec::new();
        for change in changes {
            if let Named::Put {
                shelf,
                name,
                sequence,
                ..
            } = change
                && format::in_order(*shelf)
            {
                places.push(format::place(self.id, *shelf, name));
                sequences.push(sequence);
            }
        }
        if places.is_empty() {
            return Ok(());
        }
        let numbers = self.store.numbers(self.id, &places).await?;
        for (sequence, number) in sequences.into_iter().zip(numbers) {
            *sequence = number;
        }
        Ok(())
    }

    /// The changes as the database takes them, with the time.
    async fn steps(&self, keys: &Keys, mut changes: Vec<Change>) -> Result<Vec<Step>, NoVault> {
        changes.push(Change::Put {
            shelf: CLOCK,
            name: SEEN.to_owned(),
            value: format::clock_bytes(&self.seen.get()),
            expires: None,
        });
        let named = changes.into_iter().map(|change| self.name(keys, change));
        let mut named = try_join_all(named).await?;
        self.count(&mut named).await?;
        let steps = named.into_iter().map(|change| self.encrypt(keys, change));
        try_join_all(steps).await
    }

    fn changes(&self, changes: Vec<Keep>) -> Result<Vec<Change>, NoVault> {
        changes
            .into_iter()
            .map(|keep| Change::of(self.id, keep))
            .collect()
    }

    /// Makes the changes, and notes the time with them.
    async fn keep(&self, keys: &Keys, changes: Vec<Change>) -> Result<(), NoVault> {
        let time = self.time();
        let steps = self.steps(keys, changes).await?;
        self.store.take(self.id, &steps, None).await?;
        self.noted.set(time);
        Ok(())
    }

    /// See [`Vault::update`]. What was kept is remembered, so that the next update asks the database once.
    async fn update(
        &self,
        keys: &Keys,
        shelf: Shelf,
        name: &str,
        change: &Follow,
    ) -> Result<(), NoVault> {
        let number = format::number(shelf);
        self.remember(keys, number, name).await?;
        let place = self.place(keys, number, name).await?;
        loop {
            let known = self.known.take();
            let known = match known.filter(|known| known.at.place == place) {
                Some(known) => known,
                None => self.look(keys, number, &place).await?,
            };
            let changes = change(known.value.as_deref())?;
            let value = changes.iter().find_map(|change| match change {
                Keep::Put {
                    shelf: on,
                    name: under,
                    value,
                    ..
                } if *on == shelf && under == name => Some(value.clone()),
                _ => None,
            });
            let changes = self.changes(changes)?;
            let time = self.time();
            let steps = self.steps(keys, changes).await?;
            if !self.store.take(self.id, &steps, Some(&known.at)).await? {
                // Another tab was quicker: it is looked anew.
                continue;
            }
            self.noted.set(time);
            let iv = steps.iter().find_map(|step| match step {
                Step::Put(at, entry) if *at == place => Some(entry.iv),
                _ => None,
            });
            // Nothing is remembered of a vault that was locked meanwhile.
            if iv.is_some() && self.keys().is_ok() {
                let at = Origin { place, iv };
                self.known.replace(Some(Known { at, value }));
            }
            return Ok(());
        }
    }

    /// What is at a place now.
    async fn look(&self, keys: &Keys, shelf: u8, place: &str) -> Result<Known, NoVault> {
        let entry = self.store.get(place).await?;
        let value = match &entry {
            Some(entry) => self.value(keys, shelf, place, entry).await?,
            None => None,
        };
        let at = Origin {
            place: place.to_owned(),
            iv: entry.map(|entry| entry.iv),
        };
        Ok(Known { at, value })
    }

    /// Notes the time by itself, where nothing was kept for a while.
    fn note(self: &Rc<Self>, keys: Keys) {
        if self.time().duration_since(self.noted.get()) < NOTE {
            return;
        }
        self.noted.set(self.time());
        let inner = self.clone();
        spawn_local(async move {
            let _turn = inner.store.turn().await;
            // The next reading tries again, in a minute.
            let _ = inner.keep(&keys, Vec::new()).await;
        });
    }
}

impl Vault for OpenVault {
    fn id(&self) -> VaultId {
        self.0.id
    }

    fn may_show(&self, until: Timestamp) -> bool {
        self.0.seen.get().fate(until, now()) == Fate::Shown
    }

    fn told(&self, service: Timestamp) {
        self.0.seen.set(Seen::told(service).looked(now()));
    }

    fn get(&self, shelf: Shelf, name: &str) -> Later<Result<Option<Vec<u8>>, NoVault>> {
        let (inner, keys, name) = (self.0.clone(), self.0.keys(), name.to_owned());
        Box::pin(async move {
            let keys = keys?;
            let value = inner.read(&keys, format::number(shelf), &name).await?;
            inner.note(keys);
            inner.unless_locked(value)
        })
    }

    fn all(&self, shelf: Shelf) -> Later<Result<Vec<Vec<u8>>, NoVault>> {
        let (inner, keys) = (self.0.clone(), self.0.keys());
        Box::pin(async move {
            let keys = keys?;
            let values = inner.read_all(&keys, format::number(shelf)).await?;
            inner.note(keys);
            inner.unless_locked(values)
        })
    }

    fn keep(&self, changes: Vec<Keep>) -> Later<Result<(), NoVault>> {
        self.write(async move |inner, keys| {
            let changes = inner.changes(changes)?;
            inner.keep(&keys, changes).await
        })
    }

    fn sealed_to(&self) -> Later<Result<Option<SealingKeyId>, NoVault>> {
        let inner = self.0.clone();
        Box::pin(async move {
            let key = inner.store.sealed_to(inner.id).await?;
            Ok(key.and_then(|key| key.parse().ok()))
        })
    }

    fn update(&self, shelf: Shelf, name: &str, change: Follow) -> Later<Result<(), NoVault>> {
        let name = name.to_owned();
        self.write(async move |inner, keys| inner.update(&keys, shelf, &name, &change).await)
    }

    fn lock(&self) {
        self.0.keys.replace(None);
        self.0.names.borrow_mut().clear();
        self.0.known.take();
        self.0.passkeys.forget(&self.0.credential);
    }
}
