//! Changes that are sealed so that only the service can read them.
//!
//! | the change                                    | lies sealed                          |
//! |-----------------------------------------------|--------------------------------------|
//! | in a vault, and waits                         | beside it, as a copy                 |
//! | its vault was wiped, or opens to nobody here  | alone                                |
//! | of a person whose passkey keeps no secret     | alone                                |
//!
//! The service says what is inside of those that lie alone, to whose they are. In memory they are then
//! like any other, as long as the page is there: each waits for the role in which it was made.

use super::{Keeper, written};
use crate::api::offline::{
    Delivery, Sealed, SealedChange, SealedOutcome, SealingKey, Target, deliver_sealed,
};
use crate::device::{Keep, NoVault, Shelf, Vaults};
use domain::command::Receipt;
use domain::ids::{CommandId, RoleId};
use domain::outbox::{Entry, Event, Made, Maker, Queue};
use std::rc::Rc;

impl Keeper {
    /// Seals what is new, and drops what is over.
    pub(super) async fn put_sealed(&self, entries: &[Entry<Target>]) -> Result<(), NoVault> {
        let vaults = self.device.vaults().await?;
        let terms = self.who().and_then(|(_, view)| view.signed_in);
        for entry in entries {
            let id = entry.id();
            if entry.is_settled() {
                vaults.drop_sealed(id).await?;
                continue;
            }
            if entry.is_frozen() {
                // It lies there already, as it was made.
                continue;
            }
            let person = terms.as_ref().ok_or(NoVault::Locked)?;
            let sealed = sealed(&vaults, &person.terms.sealing, entry)?;
            vaults.keep_sealed(sealed).await?;
        }
        Ok(())
    }

    /// What goes with an entry into the vault: its copy, or that there is none any more.
    pub(super) fn copy_of(
        &self,
        vaults: &Rc<dyn Vaults>,
        entry: &Entry<Target>,
    ) -> Result<Keep, NoVault> {
        if entry.is_settled() {
            return Ok(Keep::UnsealChange(entry.id()));
        }
        let person = self.who().and_then(|(_, view)| view.signed_in);
        let key = person.ok_or(NoVault::Locked)?.terms.sealing;
        sealed(vaults, &key, entry).map(Keep::SealChange)
    }

    /// Gives everything in the open vault that the service does not have yet its copy, where it has none
    /// to the key of now: what an older app kept, and what was sealed before the key changed.
    pub(super) async fn seal_copies(&self) -> Result<(), NoVault> {
        let vault = self.vault()?;
        let person = self.who().and_then(|(_, view)| view.signed_in);
        let key = person.ok_or(NoVault::Locked)?.terms.sealing.id;
        if vault.sealed_to().await? == Some(key) {
            return Ok(());
        }
        let vaults = self.vaults()?;
        let mut changes = Vec::new();
        for bytes in vault.all(Shelf::Outbox).await? {
            let entry: Entry<Target> = super::read(&bytes)?;
            if !entry.is_settled() {
                changes.push(self.copy_of(&vaults, &entry)?);
            }
        }
        let seal = self.entry_sealer(vault.id())?;
        let (_, entries) = super::log::items(&vault).await?;
        for entry in &entries {
            changes.push(seal(entry)?);
        }
        changes.push(Keep::SealedTo(key));
        vault.keep(changes).await
    }

    /// Sends what lies there from pages that are gone.
    pub(super) async fn deliver_sealed(self: &Rc<Self>) {
        let Ok(vaults) = self.device.vaults().await else {
            return;
        };
        let Ok(waiting) = vaults.sealed().await else {
            return;
        };
        let mut lost = Vec::new();
        for sealed in waiting {
            let id = sealed.id;
            if self.outbox.borrow().get(id).is_some() {
                continue;
            }
            let answer = deliver_sealed(sealed).await;
            self.keeping.heard(&answer);
            let Ok(outcome) = answer else { break };
            match outcome {
                SealedOutcome::NotYours => {}
                SealedOutcome::Unreadable => lost.push(id),
                SealedOutcome::Delivered {
                    receipt: Receipt::Applied(_),
                    ..
                } => {
                    let _ = vaults.drop_sealed(id).await;
                }
                // The person has to see it: it is one of this page from now on, and asked again.
                SealedOutcome::Delivered {
                    delivery,
                    role,
                    queue,
                    ..
                }
                | SealedOutcome::Refused {
                    delivery,
                    role,
                    queue,
                    ..
                } => self.take_over(delivery, role, queue).await,
                SealedOutcome::OtherRole {
                    delivery,
                    role,
                    queue,
                } => self.take_over(delivery, Some(role), queue).await,
            }
        }
        self.lost.replace(lost);
        self.changed();
    }

    /// It is one of this page from now on. Its sealed form stays until it has come to something, or is
    /// kept in the vault where one is open.
    async fn take_over(
        self: &Rc<Self>,
        delivery: Delivery,
        role: Option<RoleId>,
        queue: Option<Queue>,
    ) {
        let Some(person) = self.who().and_then(|(_, view)| view.signed_in) else {
            return;
        };
        let Some(role) = role.or(person.role.map(|role| role.id)) else {
            return;
        };
        let queue = queue.unwrap_or_else(|| {
            Queue(match delivery.target {
                Target::Context(context) => context.to_string(),
                Target::Visit(visit) => visit.to_string(),
            })
        });
        let made = Made {
            command: delivery.command,
            target: delivery.target,
            queue,
            by: Maker {
                person: person.person.id,
                role,
            },
        };
        // Where it cannot be kept in the vault it lies sealed still.
        let _ = self.happened(Event::Made(made)).await;
        self.deliver_after_this();
    }

    /// A sealed change that nobody can open any more is forgotten when the person has read so.
    pub(super) async fn drop_lost(&self, id: CommandId) -> Result<(), NoVault> {
        self.device.vaults().await?.drop_sealed(id).await?;
        self.lost.borrow_mut().retain(|other| *other != id);
        self.changed();
        Ok(())
    }
}

/// A change, sealed to that key.
fn sealed(
    vaults: &Rc<dyn Vaults>,
    key: &SealingKey,
    entry: &Entry<Target>,
) -> Result<SealedChange, NoVault> {
    let plain = written(&Sealed {
        person: entry.by.person,
        role: Some(entry.by.role),
        queue: Some(entry.queue.clone()),
        delivery: Delivery {
            target: entry.target,
            command: entry.command.clone(),
        },
    })?;
    vaults.seal(key, entry.id(), &plain)
}
