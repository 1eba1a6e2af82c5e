//! Changes that only the server can read: HPKE (RFC 9180) as [`SealedChange`] says.

use app::api::offline::{
    SEALING_INFO, SEALING_LOG_INFO, SealedChange, SealedEntry, SealingKey, sealed_entry_name,
};
use app::device::NoVault;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::{CommandId, VaultId};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeS, Serializable, single_shot_seal};

/// Seals a change to the server's key.
///
/// # Errors
/// `Broken` where the key is none.
pub(crate) fn seal(key: &SealingKey, id: CommandId, plain: &[u8]) -> Result<SealedChange, NoVault> {
    let (encapsulated, sealed) = seal_for(key, SEALING_INFO, &id.to_string(), plain)?;
    Ok(SealedChange {
        key: key.id,
        id,
        encapsulated,
        sealed,
    })
}

/// Seals an entry of that vault's log to the server's key.
///
/// # Errors
/// `Broken` where the key is none.
pub(crate) fn seal_entry(
    key: &SealingKey,
    vault: VaultId,
    seq: u64,
    plain: &[u8],
) -> Result<SealedEntry, NoVault> {
    let name = sealed_entry_name(vault, seq);
    let (encapsulated, sealed) = seal_for(key, SEALING_LOG_INFO, &name, plain)?;
    Ok(SealedEntry {
        key: key.id,
        seq,
        encapsulated,
        sealed,
    })
}

/// The encapsulated key and what was sealed for that purpose and bound to that name, as text.
fn seal_for(
    key: &SealingKey,
    info: &[u8],
    name: &str,
    plain: &[u8],
) -> Result<(String, String), NoVault> {
    let public = BASE64_URL_SAFE_NO_PAD
        .decode(&key.public)
        .map_err(|_| NoVault::Broken)?;
    let public =
        <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&public).map_err(|_| NoVault::Broken)?;
    let (encapsulated, sealed) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        info,
        plain,
        name.as_bytes(),
    )
    .map_err(|_| NoVault::Broken)?;
    Ok((
        BASE64_URL_SAFE_NO_PAD.encode(encapsulated.to_bytes()),
        BASE64_URL_SAFE_NO_PAD.encode(sealed),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::SealingKeyId;
    use hpke::{HpkeError, OpModeR, single_shot_open};
    use uuid::Uuid;

    type Private = <X25519HkdfSha256 as Kem>::PrivateKey;

    const ID: CommandId = CommandId(Uuid::from_u128(7));

    fn keys() -> (Private, SealingKey) {
        let (private, public) = X25519HkdfSha256::derive_keypair(&[3; 32]);
        let key = SealingKey {
            id: SealingKeyId(Uuid::from_u128(1)),
            public: BASE64_URL_SAFE_NO_PAD.encode(public.to_bytes()),
        };
        (private, key)
    }

    fn open(private: &Private, sealed: &SealedChange, id: CommandId) -> Result<Vec<u8>, HpkeError> {
        let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let encapsulated =
            <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&bytes(&sealed.encapsulated))?;
        single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            private,
            &encapsulated,
            SEALING_INFO,
            &bytes(&sealed.sealed),
            id.to_string().as_bytes(),
        )
    }

    #[test]
    fn the_server_opens_what_was_sealed() {
        let (private, key) = keys();
        let sealed = seal(&key, ID, b"a change").unwrap();
        assert_eq!((sealed.key, sealed.id), (key.id, ID));
        assert_eq!(open(&private, &sealed, ID).unwrap(), b"a change");
    }

    #[test]
    fn another_key_or_another_id_does_not() {
        let (private, key) = keys();
        let sealed = seal(&key, ID, b"a change").unwrap();
        assert!(open(&private, &sealed, CommandId(Uuid::from_u128(8))).is_err());
        let (stranger, _) = X25519HkdfSha256::derive_keypair(&[4; 32]);
        assert!(open(&stranger, &sealed, ID).is_err());
    }

    #[test]
    fn an_entry_is_bound_to_its_vault_and_its_number() {
        let (private, key) = keys();
        let vault = |number| VaultId(Uuid::from_u128(number));
        let sealed = seal_entry(&key, vault(1), 7, b"an entry").unwrap();
        assert_eq!((sealed.key, sealed.seq), (key.id, 7));
        let open = |vault, seq, info: &[u8]| {
            let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
            let encapsulated =
                <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&bytes(&sealed.encapsulated))?;
            single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
                &OpModeR::Base,
                &private,
                &encapsulated,
                info,
                &bytes(&sealed.sealed),
                sealed_entry_name(vault, seq).as_bytes(),
            )
        };
        assert_eq!(open(vault(1), 7, SEALING_LOG_INFO).unwrap(), b"an entry");
        assert!(open(vault(2), 7, SEALING_LOG_INFO).is_err());
        assert!(open(vault(1), 8, SEALING_LOG_INFO).is_err());
        // An entry is no change.
        assert!(open(vault(1), 7, SEALING_INFO).is_err());
    }

    #[test]
    fn the_same_change_is_never_sealed_alike() {
        let (_, key) = keys();
        assert_ne!(seal(&key, ID, b"a change"), seal(&key, ID, b"a change"));
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let (_, key) = keys();
        let nothing = BASE64_URL_SAFE_NO_PAD.encode([0; 32]);
        for public in ["", "too short", "AAAA", &nothing] {
            let key = SealingKey {
                public: public.to_owned(),
                ..key.clone()
            };
            assert_eq!(seal(&key, ID, b"a change"), Err(NoVault::Broken));
        }
    }
}
