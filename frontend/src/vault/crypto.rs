//! The keys of a vault, by the browser's own cryptography. They are handles: their bytes never are
//! where a script can read them.

use super::format::{self, Bytes, IV, Key, NAME, WRAPPING_INFO, Wrapped, Wrapping};
use app::device::NoVault;
use domain::ids::VaultId;
use js_sys::{Array, ArrayBuffer, Object, Promise, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AesGcmParams, AesKeyGenParams, CryptoKey, HkdfParams, HmacImportParams, HmacKeyGenParams,
    SubtleCrypto,
};

const AES: &str = "AES-GCM";
const HMAC: &str = "HMAC";
const SHA: &str = "SHA-256";
/// In bits.
const LENGTH: u16 = 256;

/// What a browser refuses here is damaged, or bound to something else.
fn broken(_: JsValue) -> NoVault {
    NoVault::Broken
}

fn subtle() -> Result<SubtleCrypto, NoVault> {
    let crypto = window().crypto().map_err(|_| NoVault::NoStorage)?;
    Ok(crypto.subtle())
}

async fn key(promise: Result<Promise, JsValue>) -> Result<CryptoKey, NoVault> {
    let key = promise.map_err(broken)?.await.map_err(broken)?;
    key.dyn_into().map_err(broken)
}

async fn bytes(promise: Result<Promise, JsValue>) -> Result<Vec<u8>, NoVault> {
    let bytes = promise.map_err(broken)?.await.map_err(broken)?;
    let bytes: ArrayBuffer = bytes.dyn_into().map_err(broken)?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

/// A fresh initialisation vector.
pub(super) fn iv() -> Result<[u8; IV], NoVault> {
    let mut iv = [0; IV];
    getrandom::fill(&mut iv).map_err(|_| NoVault::NoStorage)?;
    Ok(iv)
}

fn aes(iv: &[u8], binding: &[u8]) -> AesGcmParams {
    let how = AesGcmParams::new_with_u8_array(AES, &Uint8Array::from(iv));
    how.set_additional_data_u8_array(&Uint8Array::from(binding));
    how
}

/// How a key is used, once it is unwrapped.
fn usages(key: Key) -> Array {
    match key {
        Key::Data => Array::of2(&"encrypt".into(), &"decrypt".into()),
        Key::Names => Array::of1(&"sign".into()),
    }
}

/// What kind of key it is.
fn kind(key: Key) -> Object {
    match key {
        Key::Data => AesKeyGenParams::new(AES, LENGTH).unchecked_into(),
        Key::Names => HmacImportParams::new_with_str(HMAC, SHA).unchecked_into(),
    }
}

/// The key that wraps the others, from the secret of a passkey.
async fn wrapping_key(secret: &CryptoKey, vault: VaultId) -> Result<CryptoKey, NoVault> {
    let from = HkdfParams::new_with_str(
        "HKDF",
        SHA,
        &Uint8Array::from(WRAPPING_INFO),
        &Uint8Array::from(vault.0.as_bytes().as_slice()),
    );
    let derived = subtle()?.derive_key_with_object_and_object(
        &from,
        secret,
        &AesKeyGenParams::new(AES, LENGTH),
        false,
        &Array::of2(&"wrapKey".into(), &"unwrapKey".into()),
    );
    key(derived).await
}

async fn wrap(
    wrapping: &CryptoKey,
    wrapped: &CryptoKey,
    binding: Vec<u8>,
) -> Result<Wrapped, NoVault> {
    let iv = iv()?;
    let key = subtle()?.wrap_key_with_object("raw", wrapped, wrapping, &aes(&iv, &binding));
    Ok(Wrapped {
        iv: Bytes(iv.to_vec()),
        key: Bytes(bytes(key).await?),
    })
}

async fn unwrap(
    wrapping: &CryptoKey,
    wrapped: &Wrapped,
    binding: Vec<u8>,
    which: Key,
    extractable: bool,
) -> Result<CryptoKey, NoVault> {
    let unwrapped = subtle()?.unwrap_key_with_js_u8_array_and_object_and_object(
        "raw",
        &Uint8Array::from(wrapped.key.0.as_slice()),
        wrapping,
        &aes(&wrapped.iv.0, &binding),
        &kind(which),
        extractable,
        &usages(which),
    );
    key(unwrapped).await
}

/// What encrypts and names the entries of one vault.
#[derive(Clone)]
pub(super) struct Keys {
    data: CryptoKey,
    names: CryptoKey,
}

impl Keys {
    async fn make() -> Result<Self, NoVault> {
        let hmac = HmacKeyGenParams::new_with_str(HMAC, SHA);
        hmac.set_length(LENGTH.into());
        let subtle = subtle()?;
        let data = subtle.generate_key_with_object(&kind(Key::Data), true, &usages(Key::Data));
        let names = subtle.generate_key_with_object(&hmac, true, &usages(Key::Names));
        Ok(Self {
            data: key(data).await?,
            names: key(names).await?,
        })
    }

    async fn wrap(
        &self,
        secret: &CryptoKey,
        vault: VaultId,
        credential: &str,
    ) -> Result<Wrapping, NoVault> {
        let with = wrapping_key(secret, vault).await?;
        let binding = |which| format::wrapping_binding(vault, credential, which);
        Ok(Wrapping {
            credential: credential.to_owned(),
            data: wrap(&with, &self.data, binding(Key::Data)).await?,
            names: wrap(&with, &self.names, binding(Key::Names)).await?,
        })
    }

    async fn unwrap(
        secret: &CryptoKey,
        vault: VaultId,
        wrapping: &Wrapping,
        extractable: bool,
    ) -> Result<Self, NoVault> {
        let with = wrapping_key(secret, vault).await?;
        let binding = |which| format::wrapping_binding(vault, &wrapping.credential, which);
        let (data, names) = (&wrapping.data, &wrapping.names);
        let unwrap =
            async |wrapped, which| unwrap(&with, wrapped, binding(which), which, extractable).await;
        Ok(Self {
            data: unwrap(data, Key::Data).await?,
            names: unwrap(names, Key::Names).await?,
        })
    }

    /// Opens a vault with the secret of one of its passkeys.
    ///
    /// # Errors
    /// `Broken` where it is another secret or the wrapping is damaged.
    pub(super) async fn open(
        secret: &CryptoKey,
        vault: VaultId,
        wrapping: &Wrapping,
    ) -> Result<Self, NoVault> {
        Self::unwrap(secret, vault, wrapping, false).await
    }

    /// The hash that stands for a name.
    pub(super) async fn name(&self, shelf: u8, name: &str) -> Result<[u8; NAME], NoVault> {
        let name = format::name_bytes(shelf, name);
        let signed = subtle()?.sign_with_str_and_u8_array(HMAC, &self.names, &name);
        let hash = bytes(signed).await?;
        hash.try_into().map_err(|_| NoVault::Broken)
    }

    /// Encrypts a value.
    pub(super) async fn seal(
        &self,
        iv: &[u8; IV],
        binding: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, NoVault> {
        let how = aes(iv, binding);
        bytes(subtle()?.encrypt_with_object_and_u8_array(&how, &self.data, plain)).await
    }

    /// Decrypts it.
    ///
    /// # Errors
    /// `Broken` where it was changed, or is bound to something else.
    pub(super) async fn unseal(
        &self,
        iv: &[u8; IV],
        binding: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, NoVault> {
        let how = aes(iv, binding);
        bytes(subtle()?.decrypt_with_object_and_u8_array(&how, &self.data, sealed)).await
    }
}

/// Keys for a new vault, wrapped for the passkey that made it.
pub(super) async fn make(
    secret: &CryptoKey,
    vault: VaultId,
    credential: &str,
) -> Result<Wrapping, NoVault> {
    // Only keys that can be read can be wrapped: these are dropped here.
    Keys::make().await?.wrap(secret, vault, credential).await
}

/// Wraps the keys of a vault for another passkey.
///
/// # Errors
/// `Broken` where the first secret does not open them.
pub(super) async fn share(
    secret: &CryptoKey,
    wrapping: &Wrapping,
    vault: VaultId,
    other: &CryptoKey,
    credential: &str,
) -> Result<Wrapping, NoVault> {
    // Only keys that can be read can be wrapped: these are dropped here.
    let keys = Keys::unwrap(secret, vault, wrapping, true).await?;
    keys.wrap(other, vault, credential).await
}
