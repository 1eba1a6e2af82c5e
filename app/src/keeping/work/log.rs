//! The log of what is done without the service, written down before it is done.

use super::{Keeper, read, written};
use crate::api::offline::deliver_log;
use crate::device::{Keep, NoVault, Shelf, Vault};
use crate::problem::Problem;
use domain::device_log::{Act, LogEntry, LogHead};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

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
    /// Durable when this is answered. Tabs that write at once write one after the other: the chain has no fork.
    pub(super) async fn write_down(&self, act: Act) -> Result<(), NoVault> {
        let vault = self.vault()?;
        let (id, at) = (vault.id(), self.device.now());
        let follow = Box::new(move |before: Option<&[u8]>| {
            let head = match before.map(read).transpose()? {
                Some(Item::Head(head)) => head,
                Some(Item::Entry(_)) => return Err(NoVault::Broken),
                None => LogHead::default(),
            };
            let (entry, head) = head.append(id, at, act.clone());
            Ok(vec![
                put(name(entry.seq), &Item::Entry(entry))?,
                put(HEAD.to_owned(), &Item::Head(head))?,
            ])
        });
        vault.update(Shelf::Log, HEAD, follow).await
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

fn put(name: String, item: &Item) -> Result<Keep, NoVault> {
    Ok(Keep::Put {
        shelf: Shelf::Log,
        name,
        value: written(item)?,
        expires: None,
    })
}
