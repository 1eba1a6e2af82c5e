//! Opening and locking what is kept for someone.

use super::{Keeper, Open, SIGNED_OUT, read, written};
use crate::api::identity::SessionView;
use crate::api::offline::{Standing, register_vault, register_vault_again, vault_standing};
use crate::device::{Keep, NoVault, Shelf, Vault};
use crate::keeping::Safe;
use crate::keeping::saved::Saved;
use domain::idle::LockReason;
use domain::ids::VaultId;
use domain::opening::{Opened, Opening};
use domain::outbox::Outbox;
use std::rc::Rc;
use std::sync::Arc;

/// What does not outlast a sign-out.
static ABOUT_PATIENTS: [Shelf; 4] = [Shelf::Visits, Shelf::Doorstep, Shelf::Drafts, Shelf::Person];
/// The name on the shelf `Person`.
const SESSION: &str = "session";

impl Keeper {
    /// At the start of a page: is there anything here, and may it stay?
    pub(super) async fn look(self: Rc<Self>) {
        if self.see().await == Safe::Locked {
            self.check_standing().await;
        }
    }

    /// Whether anything is here.
    pub(super) async fn see(&self) -> Safe {
        let look = self.openings.borrow().look();
        let safe = match self.device.vaults().await {
            Err(none) => Safe::Shut(none),
            Ok(vaults) => match vaults.list().await {
                Err(none) => Safe::Shut(none),
                Ok(list) if list.is_empty() => Safe::Empty,
                Ok(_) => Safe::Locked,
            },
        };
        // Someone may have signed in meanwhile.
        if self.openings.borrow().seen(look) {
            self.keeping.set_safe(safe);
            self.count_locked().await;
        }
        safe
    }

    /// An opening that came to nothing, and in whose place nothing else was told.
    pub(super) async fn look_where_unknown(&self) {
        if self.keeping.safe_now() == Safe::Unknown {
            self.see().await;
        }
    }

    /// What waits in the vaults of this person that are not open in this page.
    pub(super) async fn count_locked(&self) {
        let mut locked = 0;
        if self.open.borrow().is_none()
            && let Some((person, _)) = self.who()
            && let Ok(vaults) = self.device.vaults().await
        {
            locked = vaults.unsent(person).await.unwrap_or_default();
        }
        // Someone may have unlocked it meanwhile.
        if self.open.borrow().is_some() {
            locked = 0;
        }
        if self.locked.replace(locked) != locked {
            self.changed();
        }
    }

    /// Wipes what the service no longer lets stay. Where the service is not reached, all stays as it
    /// is until it is, or expires; where it does not know a vault, the vault stays and is registered anew.
    /// The log is delivered first.
    pub(super) async fn check_standing(&self) {
        let Ok(vaults) = self.device.vaults().await else {
            return;
        };
        self.deliver_logs().await;
        let Ok(list) = vaults.list().await else {
            return;
        };
        let ids: Vec<_> = list.iter().map(|vault| vault.id).collect();
        if ids.is_empty() {
            return;
        }
        let Ok(standings) = vault_standing(ids.clone()).await else {
            return;
        };
        let mut wiped = false;
        for (id, standing) in ids.into_iter().zip(standings) {
            match standing {
                Standing::Keep => {}
                Standing::Unknown => self.register_again(id).await,
                Standing::Wipe => {
                    let mine = self.vault().is_ok_and(|vault| vault.id() == id);
                    if mine {
                        // What waits is sealed before the key is gone.
                        let _ = self.seal_copies().await;
                    }
                    let _ = vaults.wipe(id).await;
                    wiped = true;
                    if mine {
                        crate::lock::lock(self.keeping, LockReason::ByHand);
                    }
                }
            }
        }
        let left = vaults.list().await.map(|list| list.len());
        if left == Ok(0) && self.keeping.safe_now() == Safe::Locked {
            self.keeping.set_safe(Safe::Empty);
        }
        if wiped {
            self.count_locked().await;
            // What came in between, and that nothing more will.
            self.deliver_logs().await;
        }
    }

    /// The service does not know a vault: whose it is names it anew, if they are here.
    async fn register_again(&self, id: VaultId) {
        if !self.keeping.session().is_live_now() {
            return;
        }
        let Some((person, view)) = self.who() else {
            return;
        };
        let Ok(vaults) = self.device.vaults().await else {
            return;
        };
        let theirs = vaults.of(person).await.is_ok_and(|of| of.contains(&id));
        let in_role = view.signed_in.is_some_and(|person| person.role.is_some());
        if theirs && in_role && register_vault_again(id).await.is_ok() {
            self.deliver_logs().await;
        }
    }

    /// The service let someone in: opens what is kept for them, or makes room for it.
    pub(super) async fn open_for_session(self: Rc<Self>) {
        let Some((person, view)) = self.who() else {
            return;
        };
        if self
            .open
            .borrow()
            .as_ref()
            .is_some_and(|open| open.person == person)
        {
            self.remember_session().await;
            return self.deliver_all().await;
        }
        // Somebody else's is not this person's to see.
        if self.open.borrow().is_some() {
            self.shut();
        } else {
            self.empty();
        }
        let opening = self.openings.borrow_mut().begin();
        let opened = match self.device.vaults().await {
            Err(none) => Err(none),
            Ok(vaults) => match vaults.open(person).await {
                Err(NoVault::None) => {
                    let hours = view
                        .signed_in
                        .as_ref()
                        .map_or(0, |person| person.terms.hours);
                    if hours == 0 || vaults.has_secret() != Some(true) {
                        Err(NoVault::None)
                    } else {
                        match register_vault().await {
                            Ok(id) => vaults.create(person, id).await,
                            Err(_) => Err(NoVault::None),
                        }
                    }
                }
                other => other,
            },
        };
        let safe = match opened {
            Ok(vault) => match self.clone().enter(vault, &view, opening).await {
                Ok(()) => None,
                Err(none) => Some(Safe::Shut(none)),
            },
            Err(NoVault::None) => Some(match self.secret().await {
                Some(false) => Safe::Shut(NoVault::NoSecret),
                _ => Safe::Empty,
            }),
            // Nobody has touched the passkey since the page was loaded, or it gives its secret when it is
            // used next. What is locked is only what is there.
            Err(NoVault::NoSecret) if self.secret().await.is_none() => {
                Some(match self.is_anything_there().await {
                    Some(false) => Safe::Empty,
                    Some(true) | None => Safe::Locked,
                })
            }
            Err(none) => {
                // This passkey will not open it, and nobody knows whether another ever does: what waits
                // there is sent all the same.
                if let Ok(vaults) = self.device.vaults().await {
                    let _ = vaults.hand_over(person).await;
                }
                Some(Safe::Shut(none))
            }
        };
        // Unless the person did something else meanwhile, which counts.
        if let Some(safe) = safe
            && self.openings.borrow().failed(opening)
        {
            self.keeping.set_safe(safe);
        }
        self.count_locked().await;
        // A vault that the service does not know is registered again, now that someone can.
        self.check_standing().await;
        self.deliver_all().await;
    }

    async fn secret(&self) -> Option<bool> {
        self.device.vaults().await.ok()?.has_secret()
    }

    async fn is_anything_there(&self) -> Option<bool> {
        let there = self.device.vaults().await.ok()?.list().await.ok()?;
        Some(!there.is_empty())
    }

    /// The session of now, for the next unlock without the service.
    pub(super) async fn remember_session(&self) {
        let (Ok(vault), Some((person, view))) = (self.vault(), self.who()) else {
            return;
        };
        let same = self
            .open
            .borrow()
            .as_ref()
            .is_some_and(|open| open.person == person);
        if same {
            let _ = put_session(&vault, &view).await;
            // The next session seals them, where it cannot be done now.
            let _ = self.seal_copies().await;
        }
    }

    pub(super) async fn unlock_kept(self: Rc<Self>) -> Result<(), NoVault> {
        let opening = self.openings.borrow_mut().begin();
        let vaults = self.device.vaults().await?;
        let vault = vaults.unlock().await?;
        let view: SessionView = match vault.get(Shelf::Person, SESSION).await? {
            Some(bytes) => read(&bytes)?,
            // Signed out: there is nothing to open it for.
            None => {
                vault.lock();
                return Err(NoVault::None);
            }
        };
        let whose = view.signed_in.as_ref().map(|person| person.person.id);
        match self.who() {
            // The session of this page goes on, with what is kept beside it.
            Some((person, now)) if Some(person) == whose => {
                self.clone().enter(vault, &now, opening).await?;
            }
            Some(_) => {
                vault.lock();
                return Err(NoVault::OtherPasskey);
            }
            None => {
                self.keeping.session().set_kept(view.clone());
                self.clone().enter(vault, &view, opening).await?;
            }
        }
        self.deliver_all().await;
        Ok(())
    }

    pub(super) async fn adopt_passkey(self: Rc<Self>) -> Result<(), NoVault> {
        let (person, view) = self.who().ok_or(NoVault::Locked)?;
        let opening = self.openings.borrow_mut().begin();
        let vaults = self.device.vaults().await?;
        let vault = vaults.adopt(person).await?;
        self.enter(vault, &view, opening).await
    }

    async fn enter(
        self: Rc<Self>,
        vault: Rc<dyn Vault>,
        view: &SessionView,
        opening: Opening,
    ) -> Result<(), NoVault> {
        let person = view
            .signed_in
            .as_ref()
            .map(|person| person.person.id)
            .ok_or(NoVault::Locked)?;
        put_session(&vault, view).await?;
        let open = Open {
            saved: saved_in(&vault).await?,
            vaults: self.device.vaults().await?,
            vault,
            person,
        };
        // Looked at last, as all before took its time.
        let opened = self.openings.borrow_mut().succeeded(opening);
        match opened {
            Opened::Stands => {}
            // Dropped, not locked: the secret of the passkey serves for the other.
            Opened::Superseded => return Ok(()),
            Opened::Locked => {
                open.vault.lock();
                return Err(NoVault::Locked);
            }
        }
        self.open.replace(Some(open));
        self.keeping.set_safe(Safe::Open);
        self.keeping.session().unlocked();
        self.locked.set(0);
        self.load_outbox().await?;
        // The next session seals them, where it cannot be done now.
        let _ = self.seal_copies().await;
        self.changed();
        Ok(())
    }

    /// Another tab changed something.
    pub(super) async fn reload(self: Rc<Self>) {
        let Ok(vault) = self.vault() else { return };
        let Ok(saved) = saved_in(&vault).await else {
            return;
        };
        if let Some(open) = self.open.borrow_mut().as_mut() {
            open.saved = saved;
        }
        let _ = self.load_outbox().await;
        self.changed();
    }

    /// Closes what is open, and what is about to be.
    pub(super) fn shut(&self) {
        self.openings.borrow_mut().lock();
        if let Some(open) = self.open.take() {
            open.vault.lock();
        }
        self.empty();
    }

    /// The same for a lock: what is there is locked.
    pub(super) fn close_vault(&self) {
        let open = self.open.borrow().is_some();
        self.shut();
        if open {
            self.keeping.set_safe(Safe::Locked);
        }
    }

    /// Nothing of anyone is in memory.
    fn empty(&self) {
        self.outbox.replace(Outbox::default());
        self.places.borrow_mut().clear();
        self.keeping.set_safe(Safe::Unknown);
        self.changed();
    }

    /// What is about patients goes, also from a vault that is locked; what was not sent, and the log,
    /// stay for the person.
    pub(super) async fn clear_for_sign_out(self: Rc<Self>) {
        let person = self.who().map(|(person, _)| person);
        // Nothing is written there from now on.
        self.shut();
        self.device.announce(SIGNED_OUT);
        if let (Some(person), Ok(vaults)) = (person, self.device.vaults().await) {
            // Where the browser refuses, what is there opens to nobody else, and ends by itself.
            let _ = vaults.clear(person, &ABOUT_PATIENTS).await;
        }
        self.locked.set(0);
        self.deliver_logs().await;
    }
}

async fn put_session(vault: &Rc<dyn Vault>, view: &SessionView) -> Result<(), NoVault> {
    vault
        .keep(vec![Keep::Put {
            shelf: Shelf::Person,
            name: SESSION.to_owned(),
            value: written(view)?,
            expires: None,
        }])
        .await
}

async fn saved_in(vault: &Rc<dyn Vault>) -> Result<Vec<Arc<Saved>>, NoVault> {
    vault
        .all(Shelf::Visits)
        .await?
        .iter()
        .map(|bytes| read(bytes).map(Arc::new))
        .collect()
}
