//! What a device kept beyond its vault: sealed changes and sealed logs, and a vault that this service
//! does not know.

use super::{Access, Attempt};
use crate::audit::{Action, Actor, ActorRole, Entry, Outcome};
use crate::caller::{Caller, Client, SignedInCaller};
use crate::failure::Result;
use crate::identity::{passkey, staff};
use crate::offline::{Aside, UNREADABLE, VaultRow};
use app::api::offline::{SealedEntry, SealedLogEntry, Target};
use app::problem::Kind;
use domain::ids::{CorrelationId, PasskeyId, PersonId, RoleId, SessionRef, VaultId};
use domain::role::RoleAssignment;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// What the audit says for a device that nobody is signed in on.
const BY_ITSELF: &str = "Brought by the device itself";

/// Whether it is the session of nobody: what a device brings by itself has no other.
pub(super) fn is_nobodys(session: SessionRef) -> bool {
    session.0.is_nil()
}

impl Access {
    /// In which role of that person a change was made, as far as the choice of the patient tells.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn role_of(&self, person: PersonId, target: Target) -> Result<Option<RoleId>> {
        match target {
            Target::Context(context) => self.contexts.role_of(context, person).await,
            Target::Visit(visit) => {
                let found = self.visits.of_person(person, [visit].into()).await?;
                Ok(found.get(&visit).map(|visit| visit.role.id))
            }
        }
    }

    /// Whether the person has that role now.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn has_role(&self, person: PersonId, role: RoleId) -> Result<bool> {
        let roles = staff::roles(&self.db, person).await?;
        Ok(roles.iter().any(|has| has.id == role))
    }

    /// To register what a person keeps on a device under the id that it has there: as
    /// [`Access::to_register_vault`], and since when the passkey is known, as it cannot be older.
    ///
    /// # Errors
    /// `SignedOut`, also where the passkey of the session was removed; `NoRole`.
    pub async fn to_register_vault_again(
        &self,
        caller: &Caller,
        key: &str,
    ) -> Result<(RoleAssignment, PasskeyId, Timestamp)> {
        let mut attempt = Attempt::begin(caller, Action::RegisterVault)?;
        attempt.detail = json!({ "vault": key, "passkey": attempt.person.passkey, "again": true });
        let granted = self.passkey_in_role(&attempt).await;
        self.settle(&attempt, granted).await
    }

    async fn passkey_in_role(
        &self,
        attempt: &Attempt<'_>,
    ) -> Result<(RoleAssignment, PasskeyId, Timestamp)> {
        let role = attempt.role()?.clone();
        let id = attempt.person.passkey.ok_or(Kind::SignedOut)?;
        let passkeys = passkey::list(&self.db, attempt.person.person, None).await?;
        let found = passkeys.iter().find(|passkey| passkey.id == id);
        let since = found.ok_or(Kind::SignedOut)?.added_at;
        Ok((role, id, since))
    }

    /// As [`Access::bring_log`], for entries that a device could only keep sealed, each as it was and
    /// as it opened. They are the doing of whose vault it is, whoever is signed in: nobody has to be.
    /// Answers up to which number the log has come: 0 for a vault that is not known.
    ///
    /// # Errors
    /// `Audit`.
    pub async fn bring_sealed_log(
        &self,
        caller: &Caller,
        id: VaultId,
        entries: Vec<(&SealedEntry, Option<SealedLogEntry>)>,
        last: bool,
    ) -> Result<u64> {
        let Some(vault) = self.vaults.whosever(id).await? else {
            // The device keeps what it has until the vault is registered again.
            return Ok(0);
        };
        let by_itself = Caller {
            correlation: caller.correlation,
            client: caller.client.clone(),
            signed_in: Some(SignedInCaller {
                session: SessionRef(Uuid::nil()),
                person: vault.person,
                name: vault.name.clone(),
                role: None,
                passkey: None,
                verified_at: Timestamp::UNIX_EPOCH,
                device: BY_ITSELF.to_owned(),
            }),
        };
        let mut readable = Vec::with_capacity(entries.len());
        let mut unreadable = Vec::new();
        for (sealed, opened) in entries {
            match opened.filter(|opened| opened.person == vault.person) {
                Some(opened) => readable.push(opened.entry),
                None => unreadable.push(sealed),
            }
        }
        self.keep_unreadable(&by_itself, &vault, &unreadable)
            .await?;
        let head = self.bring_log(&by_itself, id, &readable).await?;
        if last && unreadable.is_empty() {
            self.vaults.handed_over(&vault.key).await?;
        }
        Ok(head.seq)
    }

    /// What nobody can open is kept aside, and the privacy officer is told: once.
    async fn keep_unreadable(
        &self,
        caller: &Caller,
        vault: &VaultRow,
        entries: &[&SealedEntry],
    ) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let before = self.vaults.set_aside(&vault.key).await?;
        let mut actor = Attempt::begin(caller, Action::DeviceLogBreak)?.actor;
        actor.role = Some(vault.role.clone());
        actor.ground = None;
        let mut audit = Vec::new();
        let mut aside = Vec::new();
        for entry in entries {
            let kept = Aside::unreadable(entry)?;
            if !before.contains(&kept.digest) {
                let detail = json!({
                    "how": UNREADABLE, "after": vault.head.seq, "offline": true,
                    "vault": vault.key, "vault_seq": entry.seq,
                });
                audit.push(
                    Entry::new(actor.clone(), Action::DeviceLogBreak, Outcome::Refused)
                        .with(detail),
                );
                aside.push(kept);
            }
        }
        self.audit.record_all(audit).await?;
        self.vaults
            .move_on(&vault.key, &vault.head, &vault.head, &[], aside)
            .await
    }

    /// Tells the privacy officers of vaults that ended and whose log did not come.
    ///
    /// # Errors
    /// `Audit`; where the database does not answer.
    pub async fn tell_of_missing_logs(&self) -> Result<()> {
        for vault in self.vaults.not_handed_over().await? {
            let VaultRow {
                key,
                person,
                name,
                role,
                head,
                ..
            } = vault;
            let client = Client::default();
            let correlation = CorrelationId(Uuid::new_v4());
            let nobody = SessionRef(Uuid::nil());
            let actor = Actor {
                name: Some(name),
                role: Some::<ActorRole>(role),
                ..Actor::new(correlation, &client, person, nobody, "")
            };
            let detail = json!({ "how": MISSING, "after": head.seq, "vault": key });
            let entry = Entry::new(actor, Action::DeviceLogBreak, Outcome::Failed).with(detail);
            // In this order: rather told twice than not at all.
            self.audit.record(entry).await?;
            self.vaults.missed(&key).await?;
        }
        Ok(())
    }
}

/// How a log that did not come is broken, in the audit.
pub(crate) const MISSING: &str = "missing";
