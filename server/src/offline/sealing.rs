//! The key pair to which a device seals a change that it cannot keep readable for its owner alone:
//! HPKE (RFC 9180), as `app::api::offline::SealedChange` says.

use crate::clock::Clock;
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::store::{Db, column};
use app::api::offline::{
    SEALING_INFO, SEALING_LOG_INFO, Sealed, SealedChange, SealedEntry, SealedLogEntry, SealingKey,
    sealed_entry_name,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::{SealingKeyId, VaultId};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, Serializable, single_shot_open};
use std::collections::HashMap;
use std::sync::Arc;

type Secret = <X25519HkdfSha256 as Kem>::PrivateKey;

/// Opens what was sealed to this service.
#[derive(Clone)]
pub struct Sealing {
    db: Db,
    public: SealingKey,
    secrets: Arc<HashMap<SealingKeyId, Secret>>,
}

impl Sealing {
    /// With the key pairs of that database. `random` becomes the first, where there is none.
    ///
    /// # Errors
    /// Where the database does not answer, or what it has is no key.
    pub async fn start(db: Db, clock: &dyn Clock, random: [u8; 32]) -> Result<Self> {
        let mut rows = read(&db).await?;
        if rows.is_empty() {
            let (secret, public) = X25519HkdfSha256::derive_keypair(&random);
            // Another server may do the same at this moment: then there are two, and both open.
            sqlx::query(
                "insert into sealing_key (id, secret, public, created_at) values ($1, $2, $3, $4)",
            )
            .bind(new_id(clock).to_string())
            .bind(secret.to_bytes().to_vec())
            .bind(public.to_bytes().to_vec())
            .bind(clock.now().as_microsecond())
            .execute(db.write())
            .await?;
            rows = read(&db).await?;
        }
        let public = rows
            .first()
            .map(|(id, _, public)| SealingKey {
                id: *id,
                public: BASE64_URL_SAFE_NO_PAD.encode(public),
            })
            .ok_or_else(|| Failure::Internal("a new sealing key is not there".into()))?;
        let secrets = rows.into_iter().map(|(id, secret, _)| (id, secret));
        Ok(Self {
            db,
            public,
            secrets: Arc::new(secrets.collect()),
        })
    }

    /// To what devices seal now.
    pub fn public(&self) -> &SealingKey {
        &self.public
    }

    /// What is inside. `None` where nobody can open it any more, or it is not what it says it is.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn open(&self, change: &SealedChange) -> Result<Option<Sealed>> {
        let plain = self
            .unseal(&SealedThing {
                key: change.key,
                encapsulated: &change.encapsulated,
                sealed: &change.sealed,
                info: SEALING_INFO,
                name: change.id.to_string(),
            })
            .await?;
        let inside = plain.and_then(|plain| serde_json::from_slice::<Sealed>(&plain).ok());
        Ok(inside.filter(|inside| inside.delivery.command.id == change.id))
    }

    /// As [`Self::open`], of an entry of the log of that vault.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn open_entry(
        &self,
        vault: VaultId,
        entry: &SealedEntry,
    ) -> Result<Option<SealedLogEntry>> {
        let plain = self
            .unseal(&SealedThing {
                key: entry.key,
                encapsulated: &entry.encapsulated,
                sealed: &entry.sealed,
                info: SEALING_LOG_INFO,
                name: sealed_entry_name(vault, entry.seq),
            })
            .await?;
        let inside = plain.and_then(|plain| serde_json::from_slice::<SealedLogEntry>(&plain).ok());
        Ok(inside.filter(|inside| inside.entry.seq == entry.seq))
    }

    async fn unseal(&self, thing: &SealedThing<'_>) -> Result<Option<Vec<u8>>> {
        if let Some(secret) = self.secrets.get(&thing.key) {
            return Ok(open(secret, thing));
        }
        // Another server's first key, or one that was added since this one started.
        Ok(read(&self.db)
            .await?
            .iter()
            .find(|(id, ..)| *id == thing.key)
            .and_then(|(_, secret, _)| open(secret, thing)))
    }
}

/// What was sealed for that purpose and under that name.
fn open(secret: &Secret, thing: &SealedThing<'_>) -> Option<Vec<u8>> {
    let encapsulated = BASE64_URL_SAFE_NO_PAD.decode(thing.encapsulated).ok()?;
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&encapsulated).ok()?;
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(thing.sealed).ok()?;
    single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        secret,
        &encapsulated,
        thing.info,
        &sealed,
        thing.name.as_bytes(),
    )
    .ok()
}

/// Something sealed to this service.
struct SealedThing<'a> {
    key: SealingKeyId,
    encapsulated: &'a str,
    sealed: &'a str,
    /// For what it was sealed.
    info: &'static [u8],
    /// What it is bound to.
    name: String,
}

/// Every key pair, newest first.
async fn read(db: &Db) -> Result<Vec<(SealingKeyId, Secret, Vec<u8>)>> {
    let rows =
        sqlx::query("select id, secret, public from sealing_key order by created_at desc, id desc")
            .fetch_all(db.write())
            .await?;
    rows.iter()
        .map(|row| {
            let corrupt = || Failure::Corrupt("a sealing key".into());
            let id: String = column(row, 0)?;
            let secret: Vec<u8> = column(row, 1)?;
            Ok((
                id.parse().map_err(|_| corrupt())?,
                Secret::from_bytes(&secret).map_err(|_| corrupt())?,
                column(row, 2)?,
            ))
        })
        .collect()
}
