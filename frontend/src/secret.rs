//! The secret that a passkey gives beside its signature (the PRF extension): always the same for the
//! same passkey and salt, and never sent anywhere. Of it only a key is kept that scripts cannot read.

use crate::js::{member, set_member};
use crate::passkeys::{base64url, bytes};
use gloo::storage::{LocalStorage, Storage};
use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

/// The length of salt and secret, in bytes.
const LENGTH: u32 = 32;

/// The name of the salt. It is no secret. It is in local storage because sign-in needs it before the
/// code for databases is here; the copy in the database is the one that counts (see
/// `vault::Vaults`), so that a browser that clears only local storage locks nobody out.
const SALT: &str = "passkey-salt";

/// The passkey that was last used in this page.
#[derive(Clone, Debug)]
pub(crate) struct LastUsed {
    /// Its credential id, base64url.
    pub(crate) credential: String,
    /// The domain that it is for.
    pub(crate) relying_party: String,
    /// The salt that it was asked with, base64url.
    pub(crate) salt: String,
    /// From this the wrapping keys are derived. `None` where the passkey gave no secret.
    pub(crate) secret: Option<CryptoKey>,
}

/// This device's salt, made at first use. Where storage is refused it lasts as long as the page
/// asks nothing again: then nothing else is kept either.
///
/// # Errors
/// Where the browser has no random numbers.
pub(crate) fn salt() -> Result<String, JsValue> {
    if let Ok(salt) = LocalStorage::get(SALT) {
        return Ok(salt);
    }
    let salt = base64url(&random()?)?;
    set_salt(&salt);
    Ok(salt)
}

/// Takes another salt for this device's.
pub(crate) fn set_salt(salt: &str) {
    let _ = LocalStorage::set(SALT, salt);
}

/// Bytes by chance, as many as a salt or a challenge has.
///
/// # Errors
/// Where the browser has no random numbers.
pub(crate) fn random() -> Result<Uint8Array, JsValue> {
    let bytes = Uint8Array::new_with_length(LENGTH);
    window()
        .crypto()?
        .get_random_values_with_array_buffer_view(&bytes)?;
    Ok(bytes)
}

/// Asks for the secret along with the passkey: `publicKey` gets the extension.
pub(crate) fn ask(public_key: &JsValue, salt: &str) -> Result<(), JsValue> {
    let first = Object::new();
    set_member(&first, "first", &bytes(salt)?)?;
    let eval = Object::new();
    set_member(&eval, "eval", &first)?;
    let mut extensions = member(public_key, "extensions")?;
    if !extensions.is_object() {
        extensions = Object::new().into();
        set_member(public_key, "extensions", &extensions)?;
    }
    set_member(&extensions, "prf", &eval)
}

/// What a passkey said about its secret.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It gave it.
    Given(CryptoKey),
    /// It has one, and gives it when it is used next.
    NextTime,
    /// It has none.
    None,
}

/// Takes the secret out of the results of the extensions, which hold nothing of it afterwards.
pub(crate) async fn take(extensions: &JsValue) -> Answer {
    let Some(prf) = member(extensions, "prf").ok().filter(JsValue::is_object) else {
        return Answer::None;
    };
    let enabled = member(&prf, "enabled").is_ok_and(|enabled| enabled.as_bool() == Some(true));
    let first = member(&prf, "results").and_then(|results| member(&results, "first"));
    if let Some(prf) = prf.dyn_ref::<Object>() {
        let _ = Reflect::delete_property(prf, &"results".into());
    }
    match first.and_then(|first| import(&first)) {
        Ok(import) => match import.await {
            Ok(key) => Answer::Given(key.unchecked_into()),
            Err(_) => Answer::None,
        },
        Err(_) if enabled => Answer::NextTime,
        Err(_) => Answer::None,
    }
}

/// The secret as a key, from which others can be derived and nothing else. The bytes are wiped.
fn import(secret: &JsValue) -> Result<js_sys::Promise, JsValue> {
    let bytes = match secret.dyn_ref::<ArrayBuffer>() {
        Some(buffer) => Uint8Array::new(buffer),
        None => secret.clone().dyn_into()?,
    };
    if bytes.length() != LENGTH {
        return Err(JsValue::NULL);
    }
    let import = window().crypto()?.subtle().import_key_with_str(
        "raw",
        &bytes,
        "HKDF",
        false,
        &Array::of1(&"deriveKey".into()),
    );
    // The browser has made its copy by now.
    bytes.fill(0, 0, LENGTH);
    import
}
