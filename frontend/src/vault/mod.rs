//! What people keep on this device, each for themselves: in the browser's database, encrypted with a
//! key that only their passkey opens.
//!
//! ```text
//! passkey --PRF--> secret --HKDF--> wrapping key --unwraps--> data key, names key
//! ```
//!
//! It is in the part of the app that keeps records, which is fetched after the first page.

mod crypto;
mod format;
mod open;
mod store;

use crate::browser::now;
use crate::passkeys::{Passkeys, base64url};
use crate::sealing;
use crate::secret::{self, LastUsed};
use app::api::identity::WebAuthnJson;
use app::api::offline::{SealedChange, SealedEntry, SealingKey};
use app::device::{Later, LockedVault, NoCredential, NoVault, SealedLog, Shelf, Vault, Vaults};
use crypto::Keys;
use domain::ids::{CommandId, PersonId, VaultId};
use format::{ATTEMPTS, Copy, Header};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use open::OpenVault;
use serde_json::json;
use std::collections::BTreeMap;
use std::rc::Rc;
use store::{Step, Store};
use web_sys::CryptoKey;

/// The vaults of this device.
///
/// # Errors
/// Where the code for it could not be fetched. The next time may be luckier.
#[wasm_split(keep, wasm_split_path = leptos::wasm_split, fallible)]
pub(crate) fn vaults(passkeys: Rc<Passkeys>) -> Result<Rc<dyn Vaults>, SplitLoaderError> {
    Ok(Rc::new(OnDevice(Rc::new(Device {
        store: Rc::default(),
        passkeys,
    }))))
}

/// Everybody's vaults on this device.
struct OnDevice(Rc<Device>);

struct Device {
    store: Rc<Store>,
    passkeys: Rc<Passkeys>,
}

/// The header of a vault, if this version can read it.
type Found = (VaultId, Result<Header, NoVault>);

impl Device {
    /// The salt that passkeys are asked with here. The copy in the database stands: what is in the
    /// vaults was wrapped with it.
    async fn salt(&self) -> Result<String, NoVault> {
        let ours = secret::salt().map_err(|_| NoVault::NoStorage)?;
        let salt = self.store.salt(&ours).await?;
        if salt != ours {
            secret::set_salt(&salt);
        }
        Ok(salt)
    }

    /// The passkey that was last used, with its secret.
    fn last(&self) -> Result<(LastUsed, CryptoKey), NoVault> {
        let last = self.passkeys.last().ok_or(NoVault::NoSecret)?;
        let secret = last.secret.clone().ok_or(NoVault::NoSecret)?;
        Ok((last, secret))
    }

    /// The vaults of a person. There should be one at most.
    async fn of(&self, person: PersonId) -> Result<Vec<Found>, NoVault> {
        let headers = self.store.headers().await?;
        Ok(headers
            .into_iter()
            .filter(|(id, header)| format::belongs_to(header, *id, person))
            .map(|(id, header)| (id, Header::read(&header)))
            .collect())
    }

    /// Opens a vault with what unwraps its keys, and sets its failures back.
    async fn enter(
        &self,
        id: VaultId,
        keys: Keys,
        credential: String,
    ) -> Result<Rc<dyn Vault>, NoVault> {
        self.store.change(id, |header| header.failures = 0).await?;
        let open = OpenVault::new(
            id,
            keys,
            credential,
            self.store.clone(),
            self.passkeys.clone(),
        );
        Ok(Rc::new(open.settled(now()).await?))
    }

    async fn open(&self, person: PersonId) -> Result<Rc<dyn Vault>, NoVault> {
        let salt = self.salt().await?;
        let (last, secret) = self.last()?;
        let found = self.of(person).await?;
        let mut outcome = NoVault::None;
        for (id, header) in found {
            let header = match header {
                Ok(header) => header,
                Err(broken) => {
                    outcome = broken;
                    continue;
                }
            };
            let Some(wrapping) = header.wrapping(&last.credential) else {
                outcome = NoVault::OtherPasskey;
                continue;
            };
            match Keys::open(&secret, id, wrapping).await {
                Ok(keys) => return self.enter(id, keys, last.credential).await,
                // Local storage was cleared and the database was not: the passkey was asked with a
                // salt that is not the vault's. The next time it is.
                Err(NoVault::Broken) if last.salt != salt => outcome = NoVault::OtherPasskey,
                Err(error) => outcome = error,
            }
        }
        Err(outcome)
    }

    async fn create(&self, person: PersonId, id: VaultId) -> Result<Rc<dyn Vault>, NoVault> {
        let salt = self.salt().await?;
        let (last, secret) = self.last()?;
        if last.salt != salt {
            // It would be wrapped with what this passkey will not give again.
            return Err(NoVault::NoSecret);
        }
        let wrapping = crypto::make(&secret, id, &last.credential).await?;
        let header = Header::new(id, person, last.relying_party, wrapping.clone());
        if !self.store.add(id, &header).await? {
            // Another tab was quicker.
            return self.open(person).await;
        }
        let keys = Keys::open(&secret, id, &wrapping).await?;
        self.enter(id, keys, last.credential).await
    }

    /// Asks for a passkey without the service. What it signs proves nothing here: what it opens does.
    async fn ask(
        &self,
        relying_party: &str,
        credentials: Vec<String>,
    ) -> Result<WebAuthnJson, NoCredential> {
        let challenge = secret::random()
            .and_then(|challenge| base64url(&challenge))
            .map_err(|_| NoCredential::Unsupported)?;
        // None named: any that it has for this domain.
        let credentials: Vec<WebAuthnJson> = credentials
            .into_iter()
            .map(|id| json!({ "type": "public-key", "id": id }))
            .collect();
        let asked = json!({
            "challenge": challenge,
            "rpId": relying_party,
            "userVerification": "required",
            "allowCredentials": credentials,
        });
        self.passkeys
            .get(json!({ "publicKey": asked }), false)
            .await
    }

    /// Counts a failed attempt against vaults, and says whether any of them is still to be had.
    async fn count(&self, vaults: &[VaultId]) -> Result<bool, NoVault> {
        let mut any = false;
        for id in vaults {
            let counted = self
                .store
                .change(*id, |header| {
                    header.failures = header.failures.saturating_add(1);
                })
                .await?;
            any |= !counted.locked_out();
        }
        Ok(any)
    }

    async fn unlock(&self) -> Result<Rc<dyn Vault>, NoVault> {
        self.salt().await?;
        let headers = self.store.headers().await?;
        if headers.is_empty() {
            return Err(NoVault::None);
        }
        let readable: Vec<(VaultId, Header)> = headers
            .iter()
            .filter_map(|(id, header)| Some((*id, Header::read(header).ok()?)))
            .collect();
        let to_be_had: Vec<VaultId> = readable
            .iter()
            .filter(|(_, header)| !header.locked_out())
            .map(|(id, _)| *id)
            .collect();
        let Some((_, any)) = readable.first() else {
            return Err(NoVault::Broken);
        };
        if to_be_had.is_empty() {
            return Err(NoVault::LockedOut);
        }
        let answer = match self.ask(&any.relying_party, Vec::new()).await {
            Ok(answer) => answer,
            Err(none @ (NoCredential::Unsupported | NoCredential::Superseded)) => {
                return Err(NoVault::NoCredential(none));
            }
            Err(none @ (NoCredential::Cancelled | NoCredential::AlreadyThere)) => {
                // Browsers do not tell a wrong finger from a change of mind, nor whose it was.
                return Err(if self.count(&to_be_had).await? {
                    NoVault::NoCredential(none)
                } else {
                    NoVault::LockedOut
                });
            }
        };
        let (last, secret) = self.last()?;
        let mine = readable
            .iter()
            .find_map(|(id, header)| Some((*id, header, header.wrapping(&last.credential)?)));
        let Some((id, header, wrapping)) = mine else {
            let person = answer
                .pointer("/response/userHandle")
                .and_then(WebAuthnJson::as_str)
                .and_then(format::person_of);
            let theirs = match person {
                Some(person) => self.of(person).await?,
                None => Vec::new(),
            };
            return Err(match theirs.first() {
                Some((_, Ok(_))) => NoVault::OtherPasskey,
                Some((_, Err(broken))) => *broken,
                None => NoVault::None,
            });
        };
        if header.locked_out() {
            return Err(NoVault::LockedOut);
        }
        match Keys::open(&secret, id, wrapping).await {
            Ok(keys) => self.enter(id, keys, last.credential).await,
            Err(error) => Err(if self.count(&[id]).await? {
                error
            } else {
                NoVault::LockedOut
            }),
        }
    }

    async fn adopt(&self, person: PersonId) -> Result<Rc<dyn Vault>, NoVault> {
        let salt = self.salt().await?;
        let (new, new_secret) = self.last()?;
        let mut outcome = NoVault::None;
        let mut credentials = Vec::new();
        let mut vaults = Vec::new();
        for (id, header) in self.of(person).await? {
            match header {
                Ok(header) => {
                    credentials.extend(
                        header
                            .passkeys
                            .iter()
                            .map(|wrapping| wrapping.credential.clone()),
                    );
                    vaults.push((id, header));
                }
                Err(broken) => outcome = broken,
            }
        }
        let Some((_, first)) = vaults.first() else {
            return Err(outcome);
        };
        let asked = self.ask(&first.relying_party, credentials).await;
        let old = self.last();
        // This session is still that of the passkey that signed in.
        self.passkeys.set_last(Some(new.clone()));
        asked.map_err(NoVault::NoCredential)?;
        let (old, old_secret) = old?;
        let theirs = vaults
            .iter()
            .find_map(|(id, header)| Some((*id, header.wrapping(&old.credential)?)));
        let (id, wrapping) = theirs.ok_or(NoVault::OtherPasskey)?;
        let keys = Keys::open(&old_secret, id, wrapping).await?;
        // The same passkey opens it as it is. Another, that was asked with a salt that is not the
        // vault's, will not give the same again.
        if new.credential == old.credential {
            self.passkeys.set_last(Some(old));
        } else if new.salt == salt {
            let credential = new.credential.as_str();
            let shared = crypto::share(&old_secret, wrapping, id, &new_secret, credential).await?;
            self.store.change(id, |header| header.add(shared)).await?;
        }
        self.enter(id, keys, new.credential).await
    }

    async fn clear(&self, person: PersonId, shelves: &[Shelf]) -> Result<(), NoVault> {
        for (id, _) in self.of(person).await? {
            let steps: Vec<_> = shelves
                .iter()
                .map(|shelf| Step::Clear(format::shelf_place(id, format::number(*shelf))))
                .collect();
            let _turn = self.store.turn().await;
            self.store.take(id, &steps, None).await?;
        }
        Ok(())
    }

    /// What waits in the vaults of a person comes out of them.
    async fn hand_over(&self, person: PersonId) -> Result<(), NoVault> {
        for (id, _) in self.of(person).await? {
            let _turn = self.store.turn().await;
            self.store.hand_over(id).await?;
        }
        Ok(())
    }

    async fn unsent(&self, person: PersonId) -> Result<usize, NoVault> {
        let mut unsent = 0;
        for (id, _) in self.of(person).await? {
            unsent += self.store.copies(&format::changes_place(id)).await?.len();
        }
        Ok(unsent)
    }

    async fn sealed_logs(&self) -> Result<Vec<SealedLog>, NoVault> {
        let mut logs: BTreeMap<VaultId, SealedLog> = BTreeMap::new();
        for (place, sealed) in self.store.copies(format::COPIES).await? {
            let Some((vault, copy)) = format::copy_at(&place) else {
                continue;
            };
            let log = logs.entry(vault).or_insert_with(|| SealedLog {
                vault,
                wiped: false,
                entries: Vec::new(),
            });
            match copy {
                Copy::Wiped => log.wiped = true,
                Copy::Entry => {
                    let entry = serde_json::from_str(&sealed).map_err(|_| NoVault::Broken)?;
                    log.entries.push(entry);
                }
                Copy::Change | Copy::Note => {}
            }
        }
        Ok(logs
            .into_values()
            .filter(|log| log.wiped || !log.entries.is_empty())
            .collect())
    }

    async fn keep_sealed(&self, sealed: SealedChange) -> Result<(), NoVault> {
        let text = serde_json::to_string(&sealed).map_err(|_| NoVault::Broken)?;
        self.store.keep_sealed(&sealed.id.to_string(), &text).await
    }

    async fn sealed(&self) -> Result<Vec<SealedChange>, NoVault> {
        self.store
            .sealed()
            .await?
            .iter()
            .map(|sealed| serde_json::from_str(sealed).map_err(|_| NoVault::Broken))
            .collect()
    }
}

impl Vaults for OnDevice {
    fn list(&self) -> Later<Result<Vec<LockedVault>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move {
            let headers = device.store.headers().await?;
            Ok(headers
                .into_iter()
                .map(|(id, header)| LockedVault {
                    id,
                    locked_out: format::failures(&header) >= ATTEMPTS,
                })
                .collect())
        })
    }

    fn has_secret(&self) -> Option<bool> {
        Some(self.0.passkeys.last()?.secret.is_some())
    }

    fn open(&self, person: PersonId) -> Later<Result<Rc<dyn Vault>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.open(person).await })
    }

    fn create(&self, person: PersonId, id: VaultId) -> Later<Result<Rc<dyn Vault>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.create(person, id).await })
    }

    fn unlock(&self) -> Later<Result<Rc<dyn Vault>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.unlock().await })
    }

    fn adopt(&self, person: PersonId) -> Later<Result<Rc<dyn Vault>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.adopt(person).await })
    }

    fn clear(&self, person: PersonId, shelves: &'static [Shelf]) -> Later<Result<(), NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.clear(person, shelves).await })
    }

    fn wipe(&self, id: VaultId) -> Later<Result<(), NoVault>> {
        let device = self.0.clone();
        Box::pin(async move {
            let _turn = device.store.turn().await;
            device.store.wipe(id).await
        })
    }

    fn of(&self, person: PersonId) -> Later<Result<Vec<VaultId>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move {
            let theirs = device.of(person).await?;
            Ok(theirs.into_iter().map(|(id, _)| id).collect())
        })
    }

    fn unsent(&self, person: PersonId) -> Later<Result<usize, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.unsent(person).await })
    }

    fn hand_over(&self, person: PersonId) -> Later<Result<(), NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.hand_over(person).await })
    }

    fn sealed_logs(&self) -> Later<Result<Vec<SealedLog>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.sealed_logs().await })
    }

    fn drop_entries(&self, vault: VaultId, up_to: u64) -> Later<Result<(), NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.store.drop_entries(vault, up_to).await })
    }

    fn forget(&self, vault: VaultId) -> Later<Result<(), NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.store.forget(vault).await })
    }

    fn keep_sealed(&self, sealed: SealedChange) -> Later<Result<(), NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.keep_sealed(sealed).await })
    }

    fn sealed(&self) -> Later<Result<Vec<SealedChange>, NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.sealed().await })
    }

    fn drop_sealed(&self, id: CommandId) -> Later<Result<(), NoVault>> {
        let device = self.0.clone();
        Box::pin(async move { device.store.drop_sealed(&id.to_string()).await })
    }

    fn seal(&self, key: &SealingKey, id: CommandId, plain: &[u8]) -> Result<SealedChange, NoVault> {
        sealing::seal(key, id, plain)
    }

    fn seal_entry(
        &self,
        key: &SealingKey,
        vault: VaultId,
        seq: u64,
        plain: &[u8],
    ) -> Result<SealedEntry, NoVault> {
        sealing::seal_entry(key, vault, seq, plain)
    }
}
