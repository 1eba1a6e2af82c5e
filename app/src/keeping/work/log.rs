//! The log of what is done without the service, written down before it is done.
//!
//! Each entry is kept twice: in the vault, and beside it sealed to the service. Where the vault is locked
//! or was wiped, or nobody is signed in, the sealed one is what is delivered, so that no look is lost with
//! the key of a vault.

use super::{Keeper, read, written};
use crate::api::offline::{SealedLogEntry, deliver_log, deliver_sealed_log, register_vault_again};
use crate::device::{Keep, NoVault, SealedLog, Shelf, Vault};
use crate::keeping::Link;
use crate::problem::{Kind, Problem};
use domain::device_log::{Act, LogEntry, LogHead};
use domain::ids::VaultId;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The most entries in one delivery.
const BATCH: usize = 500;

/// The most sealed entries in one delivery.
const SEALED_BATCH: usize = 200;

/// One tab at a time delivers what is sealed of logs.
const LOCK: &str = "deliver-log";

/// What lies on the shelf.
#[derive(Serialize, Deserialize)]
pub(super) enum Item {
    Head(LogHead),
    Entry(LogEntry),
}

const HEAD: &str = "head";

fn name(seq: u64) -> String {
    format!("entry {seq}")
}

pub(super) async fn items(vault: &Rc<dyn Vault>) -> Result<(LogHead, Vec<LogEntry>), NoVault> {
    let mut head = LogHead::default();
    let mut entries = Vec::new();
    for bytes in vault.all(Shelf::Log).await? {
        match read(&bytes)? {
            Item::Head(found) => head = found,
            Item::Entry(entry) => entries.push(entry),
        }
    }
    entries.sort_by_key(|entry| entry.seq);
    Ok((head, entries))
}

impl Keeper {
    /// Durable when this is answered. Tabs that write at once write one after the other: the chain has no fork.
    pub(super) async fn write_down(&self, act: Act) -> Result<(), NoVault> {
        let vault = self.vault()?;
        let (id, at) = (vault.id(), self.device.now());
        let seal = self.entry_sealer(id)?;
        let follow = Box::new(move |before: Option<&[u8]>| {
            let head = match before.map(read).transpose()? {
                Some(Item::Head(head)) => head,
                Some(Item::Entry(_)) => return Err(NoVault::Broken),
                None => LogHead::default(),
            };
            let (entry, head) = head.append(id, at, act.clone());
            let sealed = seal(&entry)?;
            Ok(vec![
                put(name(entry.seq), &Item::Entry(entry))?,
                put(HEAD.to_owned(), &Item::Head(head))?,
                sealed,
            ])
        });
        vault.update(Shelf::Log, HEAD, follow).await
    }

    /// Seals entries of that vault's log to the service.
    pub(super) fn entry_sealer(
        &self,
        vault: VaultId,
    ) -> Result<impl Fn(&LogEntry) -> Result<Keep, NoVault> + use<>, NoVault> {
        let vaults = self.vaults()?;
        let person = self.who().and_then(|(_, view)| view.signed_in);
        let person = person.ok_or(NoVault::Locked)?;
        let (key, person) = (person.terms.sealing, person.person.id);
        Ok(move |entry: &LogEntry| {
            let plain = written(&SealedLogEntry {
                person,
                entry: entry.clone(),
            })?;
            let sealed = vaults.seal_entry(&key, vault, entry.seq, &plain)?;
            Ok(Keep::SealEntry(sealed))
        })
    }

    /// Brings the service what it does not have yet of any log on this device.
    pub(super) async fn deliver_logs(&self) {
        if self.keeping.session().is_live_now()
            && let Err(problem) = self.deliver_log().await
        {
            let link = Link::of(&problem);
            self.keeping.set_link(link);
            if link != Link::Online {
                return;
            }
        }
        let Some(me) = self.me.upgrade() else { return };
        let work = Box::pin(async move { me.deliver_sealed_logs().await });
        self.device.alone(LOCK, work).await;
    }

    /// What is sealed is the doing of whose vault it is: nobody has to be signed in.
    async fn deliver_sealed_logs(&self) {
        let Ok(vaults) = self.device.vaults().await else {
            return;
        };
        let Ok(logs) = vaults.sealed_logs().await else {
            return;
        };
        let open = self.vault().ok().map(|vault| vault.id());
        for log in logs {
            // That one is delivered as it is.
            if open == Some(log.vault) && self.keeping.session().is_live_now() {
                continue;
            }
            let SealedLog {
                vault,
                wiped,
                entries,
            } = log;
            let Some(last) = entries.last().map(|entry| entry.seq) else {
                if wiped && deliver_sealed_log(vault, Vec::new(), true).await.is_ok() {
                    let _ = vaults.forget(vault).await;
                }
                continue;
            };
            let mut up_to = 0;
            for batch in entries.chunks(SEALED_BATCH) {
                let Ok(head) = deliver_sealed_log(vault, batch.to_vec(), false).await else {
                    break;
                };
                up_to = head;
            }
            if up_to > 0 {
                let _ = vaults.drop_entries(vault, up_to).await;
            }
            if wiped && up_to >= last && deliver_sealed_log(vault, Vec::new(), true).await.is_ok() {
                let _ = vaults.forget(vault).await;
            }
        }
    }

    /// Brings the service what it does not have yet.
    pub(super) async fn deliver_log(&self) -> Result<(), Problem> {
        let Ok(vault) = self.vault() else {
            return Ok(());
        };
        loop {
            let Ok((_, mut entries)) = items(&vault).await else {
                return Ok(());
            };
            entries.truncate(BATCH);
            if entries.is_empty() {
                return Ok(());
            }
            let seqs: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
            let head = match deliver_log(vault.id(), entries.clone()).await {
                // An older copy of the service's database was put back.
                Err(problem) if problem.kind == Kind::NotFound => {
                    register_vault_again(vault.id()).await?;
                    deliver_log(vault.id(), entries).await?
                }
                answer => answer?,
            };
            let had: Vec<_> = seqs
                .into_iter()
                .filter(|seq| *seq <= head.seq)
                .flat_map(|seq| {
                    let shelf = Shelf::Log;
                    let name = name(seq);
                    [Keep::Remove { shelf, name }, Keep::UnsealEntry(seq)]
                })
                .collect();
            if had.is_empty() || vault.keep(had).await.is_err() {
                // Sent again the next time: the service knows what it has.
                return Ok(());
            }
        }
    }
}

fn put(name: String, item: &Item) -> Result<Keep, NoVault> {
    Ok(Keep::Put {
        shelf: Shelf::Log,
        name,
        value: written(item)?,
        expires: None,
    })
}
