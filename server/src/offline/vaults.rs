//! What people keep on devices, as far as the server knows of it: whose it is, whether it may stay,
//! and how much of its log has come.
//!
//! | the vault                                          | standing |
//! |----------------------------------------------------|----------|
//! | of an active person, with their role and passkey   | keep     |
//! | the person, the role or the passkey was ended       | wipe, and from then on for ever |
//! | told to be wiped before                            | wipe     |
//! | unknown                                            | wipe     |

use crate::audit::ActorRole;
use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::identity::hex;
use crate::store::{Db, Sql, column};
use app::api::offline::Standing;
use domain::device_log::{Break, LogEntry, LogHead};
use domain::ids::{PasskeyId, PersonId, VaultId};
use domain::role::RoleAssignment;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// The vaults of everyone.
#[derive(Clone)]
pub struct Vaults {
    db: Db,
    clock: SharedClock,
}

/// What the server keeps of a vault.
#[derive(Clone, Debug)]
pub struct VaultRow {
    /// Names it here and in the audit: its id opens too much to stand there.
    pub key: String,
    /// In which role it was registered.
    pub role: ActorRole,
    /// Where the copy of its log stands.
    pub head: LogHead,
}

/// An entry that did not continue its log.
#[derive(Clone, Debug)]
pub struct Aside {
    /// SHA-256 of the entry: the same entry is kept once.
    pub digest: String,
    how: &'static str,
    entry: String,
}

impl Aside {
    /// As it will be kept.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn of(entry: &LogEntry, how: Break) -> Result<Self> {
        let entry = serde_json::to_string(entry)
            .map_err(|error| Failure::Internal(format!("as JSON: {error}")))?;
        Ok(Self {
            digest: hex(&Sha256::digest(&entry)),
            how: code(how),
            entry,
        })
    }
}

/// How a log was broken, in storage and in the audit.
pub fn code(how: Break) -> &'static str {
    match how {
        Break::Gap => "gap",
        Break::Again => "again",
        Break::Forged => "forged",
    }
}

/// What is kept of a vault's id: whoever reads the table cannot ask in its name.
pub(super) fn key(id: VaultId) -> String {
    hex(&Sha256::digest(format!("ncrs vault {id}")))
}

impl Vaults {
    /// In that database.
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// Keeps a vault of that id.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn add(
        &self,
        id: VaultId,
        person: PersonId,
        role: &RoleAssignment,
        passkey: PasskeyId,
    ) -> Result<()> {
        let beginning = LogHead::default();
        sqlx::query(
            "insert into vault
             (id_hash, person, role, job, organisation, passkey, registered_at, log_seq, log_hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(key(id))
        .bind(person.to_string())
        .bind(role.id.to_string())
        .bind(role.job_name.clone())
        .bind(role.organisation.ods.to_string())
        .bind(passkey.to_string())
        .bind(self.clock.now().as_microsecond())
        .bind(stored(beginning.seq)?)
        .bind(beginning.hash)
        .execute(self.db.write())
        .await?;
        Ok(())
    }

    /// Whether each of them may stay, in their order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn standing(&self, ids: &[VaultId]) -> Result<Vec<Standing>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = ids.iter().copied().map(key).collect();
        let mut sql = Sql::new(
            "select v.id_hash, v.ended_at, k.id
             from vault v
             left join person p on p.id = v.person and p.active = 1
             left join role_assignment r on r.id = v.role and r.person_id = p.id
             left join passkey k on k.id = v.passkey and k.person_id = r.person_id
             where v.id_hash in (",
        );
        sql.bind_all(keys.iter().cloned())?.push(")");
        let mut standing = HashMap::new();
        for row in sql.query().fetch_all(self.db.read()).await? {
            let (key, ended_at, passkey): (String, Option<i64>, Option<String>) =
                (column(&row, 0)?, column(&row, 1)?, column(&row, 2)?);
            if ended_at.is_none() && passkey.is_none() {
                self.end(&key).await?;
            }
            let stands = ended_at.is_none() && passkey.is_some();
            standing.insert(
                key,
                if stands {
                    Standing::Keep
                } else {
                    Standing::Wipe
                },
            );
        }
        Ok(keys
            .iter()
            .map(|key| standing.get(key).copied().unwrap_or(Standing::Wipe))
            .collect())
    }

    /// A role that comes back does not bring back what a device was told to wipe.
    async fn end(&self, key: &str) -> Result<()> {
        sqlx::query("update vault set ended_at = $1 where id_hash = $2 and ended_at is null")
            .bind(self.clock.now().as_microsecond())
            .bind(key)
            .execute(self.db.write())
            .await?;
        Ok(())
    }

    /// What is kept of the vault, if it is that person's. Also of one that has ended: its log is
    /// still of use.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn of(&self, id: VaultId, person: PersonId) -> Result<Option<VaultRow>> {
        let key = key(id);
        let found = sqlx::query(
            "select role, job, organisation, log_seq, log_hash, coalesce((select name from organisation where ods = vault.organisation), vault.organisation) from vault
             where id_hash = $1 and person = $2",
        )
        .bind(key.clone())
        .bind(person.to_string())
        .fetch_optional(self.db.write())
        .await?;
        let Some(row) = found else {
            return Ok(None);
        };
        let role: String = column(&row, 0)?;
        let seq: i64 = column(&row, 3)?;
        Ok(Some(VaultRow {
            key,
            role: ActorRole {
                id: role
                    .parse()
                    .map_err(|_| Failure::Corrupt("the role of a vault".into()))?,
                job: column(&row, 1)?,
                organisation: column(&row, 2)?,
                organisation_name: column(&row, 5)?,
            },
            head: LogHead {
                seq: u64::try_from(seq)
                    .map_err(|_| Failure::Corrupt("the end of a device's log".into()))?,
                hash: column(&row, 4)?,
            },
        }))
    }

    /// The digests of what was kept aside of the vault's log.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn set_aside(&self, key: &str) -> Result<BTreeSet<String>> {
        sqlx::query("select digest from device_log_aside where vault = $1")
            .bind(key.to_owned())
            .fetch_all(self.db.write())
            .await?
            .iter()
            .map(|row| Ok(column(row, 0)?))
            .collect()
    }

    /// Moves the end of the vault's log on, and keeps aside what did not continue it. Where another
    /// delivery has moved it meanwhile, it stays there.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn move_on(
        &self,
        key: &str,
        from: &LogHead,
        to: &LogHead,
        aside: Vec<Aside>,
    ) -> Result<()> {
        let mut transaction = self.db.begin().await?;
        for entry in aside {
            sqlx::query(
                "insert into device_log_aside (vault, digest, how, entry, received_at)
                 values ($1, $2, $3, $4, $5)
                 on conflict do nothing",
            )
            .bind(key.to_owned())
            .bind(entry.digest)
            .bind(entry.how)
            .bind(entry.entry)
            .bind(self.clock.now().as_microsecond())
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query(
            "update vault set log_seq = $1, log_hash = $2
             where id_hash = $3 and log_seq = $4 and log_hash = $5",
        )
        .bind(stored(to.seq)?)
        .bind(to.hash.clone())
        .bind(key.to_owned())
        .bind(stored(from.seq)?)
        .bind(from.hash.clone())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn stored(seq: u64) -> Result<i64> {
    i64::try_from(seq).map_err(|_| Failure::Internal("a log of such a length".into()))
}
