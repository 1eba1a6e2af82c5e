//! The log of what is done without the service, written down before it is done.

use super::{Keeper, read, written};
use crate::api::offline::deliver_log;
use crate::device::{Keep, NoVault, Shelf, Vault};
use crate::problem::Problem;
use domain::device_log::{Act, LogEntry, LogHead};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;

/// One tab at a time adds to the log, so that the chain has no fork.
const LOCK: &str = "log";
/// How often a tab looks whether the other is done, in milliseconds.
const SOON: u32 = 10;
/// The most entries in one delivery.
const BATCH: usize = 500;

/// What lies on the shelf.
#[derive(Serialize, Deserialize)]
enum Item {
    Head(LogHead),
    Entry(LogEntry),
}

const HEAD: &str = "head";

fn name(seq: u64) -> String {
    format!("entry {seq}")
}

async fn items(vault: &Rc<dyn Vault>) -> Result<(LogHead, Vec<LogEntry>), NoVault> {
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
    /// Durable when this is answered.
    pub(super) async fn write_down(self: Rc<Self>, act: Act) -> Result<(), NoVault> {
        let vault = self.vault()?;
        let device = self.device.clone();
        let done = Rc::new(RefCell::new(Err(NoVault::Locked)));
        loop {
            let (vault, act, at, answer) = (vault.clone(), act.clone(), device.now(), done.clone());
            let work = Box::pin(async move {
                let written = append(&vault, act, at).await;
                *answer.borrow_mut() = written;
            });
            if device.alone(LOCK, work).await {
                break;
            }
            device.sleep(SOON).await;
        }
        done.replace(Ok(()))
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
            let head = deliver_log(vault.id(), entries).await?;
            let had: Vec<_> = seqs
                .into_iter()
                .filter(|seq| *seq <= head.seq)
                .map(|seq| Keep::Remove {
                    shelf: Shelf::Log,
                    name: name(seq),
                })
                .collect();
            if had.is_empty() || vault.keep(had).await.is_err() {
                // Sent again the next time: the service knows what it has.
                return Ok(());
            }
        }
    }
}

async fn append(vault: &Rc<dyn Vault>, act: Act, at: jiff::Timestamp) -> Result<(), NoVault> {
    let head = match vault.get(Shelf::Log, HEAD).await? {
        Some(bytes) => match read(&bytes)? {
            Item::Head(head) => head,
            Item::Entry(_) => return Err(NoVault::Broken),
        },
        None => LogHead::default(),
    };
    let (entry, head) = head.append(vault.id(), at, act);
    let put = |name: String, item: Item| {
        Ok(Keep::Put {
            shelf: Shelf::Log,
            name,
            value: written(&item)?,
            expires: None,
        })
    };
    vault
        .keep(vec![
            put(name(entry.seq), Item::Entry(entry))?,
            put(HEAD.to_owned(), Item::Head(head))?,
        ])
        .await
}
