//! What people keep on devices, as far as the server knows of it: whose it is, whether it may stay,
//! and how much of its log has come.
//!
//! | the vault                                          | standing |
//! |----------------------------------------------------|----------|
//! | of an active person, with their role and passkey   | keep     |
//! | the person, the role or the passkey was ended       | wipe, and from then on for ever |
//! | told to be wiped before                            | wipe     |
//! | unknown: another service, or an older copy of this one | unknown: it stays, and is registered anew |
//!
//! What goes at a wipe is what can be read about patients. The log, and what waits to be sent, stay on
//! the device sealed to the service until it has them: a vault that ended is handed over when the device
//! says that nothing of its log is left. Where that does not come, the privacy officer is told.

use crate::audit::ActorRole;
use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::identity::hex;
use crate::store::{Db, Sql, column};
use app::api::offline::SealedEntry;
use app::api::offline::Standing;
use domain::device_log::{Break, Delivered, LogEntry, LogHead};
use domain::ids::{PasskeyId, PersonId, VaultId};
use domain::role::RoleAssignment;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most entries that one call brings in; the device sends the others again, from the answer on.
pub const MOST_ENTRIES: usize = 500;

/// So long after its vault ended a device has to hand over its log before anyone is told: as long as
/// it may show what it saved.
pub const HAND_OVER: SignedDuration = SignedDuration::from_hours(24);

/// How many are told of at a time.
const TOLD_AT_A_TIME: i64 = 100;

/// Vaults with the names of whose they are and of the organisation, for [`vault`].
macro_rules! select_vault {
    () => {
        "select v.id_hash, v.person, coalesce(p.name, ''), v.role, v.job, v.organisation,
            coalesce(o.name, v.organisation), v.registered_at, v.log_seq, v.log_hash, v.hashes_from
         from vault v
         left join person p on p.id = v.person
         left join organisation o on o.ods = v.organisation"
    };
}

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
    /// Whose it is.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// Where the copy of its log stands.
    pub head: LogHead,
    /// Entries from that number on are in the list of what was delivered.
    pub hashes_from: u64,
}

/// What was delivered of a log, as far as a delivery touches it.
#[derive(Debug, Default)]
pub struct DeliveredEntries {
    /// Hash, and the hash that it names as the one before, by number.
    entries: BTreeMap<u64, (String, String)>,
}

impl DeliveredEntries {
    /// Around that number. `head` is where the log stands.
    pub fn around<'a>(&'a self, seq: u64, head: &'a LogHead) -> Delivered<'a> {
        let of = |seq: Option<u64>| seq.and_then(|seq| self.entries.get(&seq));
        Delivered {
            same: of(Some(seq)).map(|(hash, _)| hash.as_str()),
            before: of(seq.checked_sub(1)).map(|(hash, _)| hash.as_str()),
            named_after: of(seq.checked_add(1))
                .map(|(_, prev)| prev.as_str())
                .filter(|_| seq < head.seq),
        }
    }

    /// It is there from now on.
    pub fn add(&mut self, entry: &LogEntry) {
        self.entries
            .insert(entry.seq, (entry.hash.clone(), entry.prev.clone()));
    }
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

    /// As it will be kept, of an entry that nobody can open.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn unreadable(entry: &SealedEntry) -> Result<Self> {
        let entry = serde_json::to_string(entry)
            .map_err(|error| Failure::Internal(format!("as JSON: {error}")))?;
        Ok(Self {
            digest: hex(&Sha256::digest(&entry)),
            how: UNREADABLE,
            entry,
        })
    }
}

/// How an entry that nobody can open breaks a log.
pub const UNREADABLE: &str = "unreadable";

/// How a log was broken, in storage and in the audit.
pub fn code(how: Break) -> &'static str {
    match how {
        Break::Gap => "gap",
        Break::Again => "again",
        Break::Forged => "forged",
        Break::Late => "late",
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

    /// Keeps a vault of that id, which began at that time. One that is there stays as it is.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn add(
        &self,
        id: VaultId,
        person: PersonId,
        role: &RoleAssignment,
        passkey: PasskeyId,
        began: Timestamp,
    ) -> Result<()> {
        let beginning = LogHead::default();
        sqlx::query(
            "insert into vault
             (id_hash, person, role, job, organisation, passkey, registered_at, log_seq, log_hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict do nothing",
        )
        .bind(key(id))
        .bind(person.to_string())
        .bind(role.id.to_string())
        .bind(role.job_name.clone())
        .bind(role.organisation.ods.to_string())
        .bind(passkey.to_string())
        .bind(began.as_microsecond())
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
            .map(|key| standing.get(key).copied().unwrap_or(Standing::Unknown))
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
        let found = self.whosever(id).await?;
        Ok(found.filter(|vault| vault.person == person))
    }

    /// As [`Self::of`], whoever's it is.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn whosever(&self, id: VaultId) -> Result<Option<VaultRow>> {
        let found = sqlx::query(concat!(select_vault!(), " where v.id_hash = $1"))
            .bind(key(id))
            .fetch_optional(self.db.write())
            .await?;
        found.as_ref().map(vault).transpose()
    }

    /// What was delivered of those numbers and the ones beside them.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn delivered(
        &self,
        vault: &VaultRow,
        numbers: impl IntoIterator<Item = u64>,
    ) -> Result<DeliveredEntries> {
        let wanted: BTreeSet<i64> = numbers
            .into_iter()
            .filter(|seq| *seq <= vault.head.seq.saturating_add(1))
            .flat_map(|seq| [seq.saturating_sub(1), seq, seq.saturating_add(1)])
            .filter_map(|seq| i64::try_from(seq).ok())
            .collect();
        if wanted.is_empty() {
            return Ok(DeliveredEntries::default());
        }
        let mut sql = Sql::new("select seq, hash, prev from device_log_entry where vault = ");
        sql.bind(vault.key.clone())?
            .push(" and seq in (")
            .bind_all(wanted)?
            .push(")");
        let entries = sql
            .query()
            .fetch_all(self.db.write())
            .await?
            .iter()
            .map(|row| Ok((number(row, 0)?, (column(row, 1)?, column(row, 2)?))))
            .collect::<Result<_>>()?;
        Ok(DeliveredEntries { entries })
    }

    /// Ends those whose person, role or passkey was ended: also where the device never asks again.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_all(&self) -> Result<()> {
        sqlx::query(
            "update vault set ended_at = $1
             where ended_at is null and not exists (
                 select 1 from passkey k
                 join role_assignment r on r.person_id = k.person_id
                 join person p on p.id = r.person_id
                 where k.id = vault.passkey and r.id = vault.role and p.id = vault.person and p.active = 1
             )",
        )
        .bind(self.clock.now().as_microsecond())
        .execute(self.db.write())
        .await?;
        Ok(())
    }

    /// Those that ended more than [`HAND_OVER`] ago and whose log was not handed over, on which anyone
    /// may have been looked at without the service, and nobody was told: some of them.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn not_handed_over(&self) -> Result<Vec<VaultRow>> {
        let before = self.clock.now() - HAND_OVER;
        sqlx::query(concat!(
            select_vault!(),
            " where v.ended_at <= $1 and v.handed_over_at is null and v.missed_at is null
              and (v.log_seq > 0 or exists (
                  select 1 from visit x where x.person = v.person and x.role = v.role))
              order by v.ended_at, v.id_hash limit $2"
        ))
        .bind(before.as_microsecond())
        .bind(TOLD_AT_A_TIME)
        .fetch_all(self.db.write())
        .await?
        .iter()
        .map(vault)
        .collect()
    }

    /// The privacy officer was told that its log is missing.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn missed(&self, key: &str) -> Result<()> {
        self.note("update vault set missed_at = $1 where id_hash = $2", key)
            .await
    }

    /// The device says that nothing of the log is left there. Where the vault goes on, that is nothing
    /// to remember.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn handed_over(&self, key: &str) -> Result<()> {
        self.note(
            "update vault set handed_over_at = $1
             where id_hash = $2 and ended_at is not null and handed_over_at is null",
            key,
        )
        .await
    }

    async fn note(&self, sql: &'static str, key: &str) -> Result<()> {
        sqlx::query(sql)
            .bind(self.clock.now().as_microsecond())
            .bind(key.to_owned())
            .execute(self.db.write())
            .await?;
        Ok(())
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

    /// Moves the end of the vault's log on, remembers the entries that are in the audit, and keeps aside
    /// what did not continue it. Where another delivery has moved the end meanwhile, it stays there.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn move_on(
        &self,
        key: &str,
        from: &LogHead,
        to: &LogHead,
        told: &[&LogEntry],
        aside: Vec<Aside>,
    ) -> Result<()> {
        let mut transaction = self.db.begin().await?;
        for entry in told {
            sqlx::query(
                "insert into device_log_entry (vault, seq, hash, prev) values ($1, $2, $3, $4)
                 on conflict do nothing",
            )
            .bind(key.to_owned())
            .bind(stored(entry.seq)?)
            .bind(entry.hash.clone())
            .bind(entry.prev.clone())
            .execute(&mut *transaction)
            .await?;
        }
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

fn vault(row: &AnyRow) -> Result<VaultRow> {
    let corrupt = |what: &str| Failure::Corrupt(format!("{what} of a vault"));
    let text = |index| -> Result<String> { Ok(column(row, index)?) };
    Ok(VaultRow {
        key: text(0)?,
        person: text(1)?.parse().map_err(|_| corrupt("the person"))?,
        name: text(2)?,
        role: ActorRole {
            id: text(3)?.parse().map_err(|_| corrupt("the role"))?,
            job: text(4)?,
            organisation: text(5)?,
            organisation_name: text(6)?,
        },
        registered_at: Timestamp::from_microsecond(column(row, 7)?)
            .map_err(|_| corrupt("the beginning"))?,
        head: LogHead {
            seq: number(row, 8)?,
            hash: text(9)?,
        },
        hashes_from: number(row, 10)?,
    })
}

fn number(row: &AnyRow, index: usize) -> Result<u64> {
    u64::try_from(column::<i64>(row, index)?)
        .map_err(|_| Failure::Corrupt("a number in a device's log".into()))
}

fn stored(seq: u64) -> Result<i64> {
    i64::try_from(seq).map_err(|_| Failure::Internal("a log of such a length".into()))
}
