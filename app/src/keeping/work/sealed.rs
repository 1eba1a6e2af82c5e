//! Changes of people whose passkey keeps no secret, or whose vault is locked: sealed so that only the
//! service can read them. In memory they are like any other, as long as the page is there.

use super::Keeper;
use crate::api::offline::{Delivery, Sealed, SealedOutcome, Target, deliver_sealed};
use crate::device::NoVault;
use domain::command::Receipt;
use domain::ids::CommandId;
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
            let plain = super::written(&Sealed {
                person: entry.by.person,
                delivery: Delivery {
                    target: entry.target,
                    command: entry.command.clone(),
                },
            })?;
            let sealed = vaults.seal(&person.terms.sealing, id, &plain)?;
            vaults.keep_sealed(sealed).await?;
        }
        Ok(())
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
                SealedOutcome::Delivered { delivery, .. }
                | SealedOutcome::Refused { delivery, .. } => self.take_over(delivery).await,
            }
        }
        self.lost.replace(lost);
        self.changed();
    }

    async fn take_over(self: &Rc<Self>, delivery: Delivery) {
        let Some(person) = self.who().and_then(|(_, view)| view.signed_in) else {
            return;
        };
        let Some(role) = person.role else { return };
        let queue = match delivery.target {
            Target::Context(context) => context.to_string(),
            Target::Visit(visit) => visit.to_string(),
        };
        let made = Made {
            command: delivery.command,
            target: delivery.target,
            queue: Queue(queue),
            by: Maker {
                person: person.person.id,
                role: role.id,
            },
        };
        let _ = self
            .outbox
            .borrow_mut()
            .handle(Event::Made(made), self.device.now());
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
