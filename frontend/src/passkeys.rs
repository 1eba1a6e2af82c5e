//! Passkeys: WebAuthn JSON in, WebAuthn JSON out. Browsers that read and write it themselves are
//! still too new, and the library that does carries more than sign-in may weigh.

use app::api::identity::WebAuthnJson;
use app::device::NoCredential;
use js_sys::{Array, ArrayBuffer, Function, JSON, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, CredentialRequestOptions, CredentialsContainer, PublicKeyCredential};

/// What an authenticator answers with, as far as it is bytes.
const ANSWER: [&str; 5] = [
    "attestationObject",
    "authenticatorData",
    "clientDataJSON",
    "signature",
    "userHandle",
];

/// The browser's passkeys; `None` on an insecure page or an old browser.
pub(crate) fn container() -> Option<CredentialsContainer> {
    let window = window();
    let there = |name: &str| Reflect::has(&window, &name.into()).unwrap_or(false);
    (window.is_secure_context() && there("PublicKeyCredential"))
        .then(|| window.navigator().credentials())
}

/// Whether the browser suggests passkeys by itself.
async fn suggests() -> bool {
    let Ok(class) = member(&window(), "PublicKeyCredential") else {
        return false;
    };
    let Some(ask) = member(&class, "isConditionalMediationAvailable")
        .ok()
        .and_then(|ask| ask.dyn_into::<Function>().ok())
    else {
        return false;
    };
    match ask
        .call0(&class)
        .map(|promise| promise.dyn_into::<Promise>())
    {
        Ok(Ok(promise)) => JsFuture::from(promise)
            .await
            .is_ok_and(|there| there.as_bool() == Some(true)),
        _ => false,
    }
}

/// The browsers' reasons are few and vague on purpose.
fn reason(error: &JsValue) -> NoCredential {
    let name = member(error, "name")
        .ok()
        .and_then(|name| name.as_string())
        .unwrap_or_default();
    match name.as_str() {
        "InvalidStateError" => NoCredential::AlreadyThere,
        "AbortError" => NoCredential::Superseded,
        "NotSupportedError" | "SecurityError" => NoCredential::Unsupported,
        _ => NoCredential::Cancelled,
    }
}

fn member(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(of, &name.into())
}

fn set_member(of: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(of, &name.into(), value).map(drop)
}

/// Bytes are base64url in JSON.
fn bytes(text: &str) -> Result<JsValue, JsValue> {
    // One character for each byte.
    let characters = window().atob(&text.replace('-', "+").replace('_', "/"))?;
    let bytes: Vec<u8> = characters.chars().map(|byte| byte as u8).collect();
    Ok(Uint8Array::from(bytes.as_slice()).into())
}

fn base64url(bytes: &ArrayBuffer) -> Result<String, JsValue> {
    let bytes = Uint8Array::new(bytes).to_vec();
    let characters: String = bytes.into_iter().map(char::from).collect();
    let text = window().btoa(&characters)?;
    Ok(text
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_"))
}

/// Makes bytes of a member, if it is there.
fn read_bytes(of: &JsValue, name: &str) -> Result<(), JsValue> {
    match member(of, name)?.as_string() {
        Some(text) => set_member(of, name, &bytes(&text)?),
        None => Ok(()),
    }
}

/// `{"publicKey": …}` as the browser takes it.
fn read(options: &WebAuthnJson) -> Result<JsValue, JsValue> {
    let options = JSON::parse(&options.to_string())?;
    let asked = member(&options, "publicKey")?;
    read_bytes(&asked, "challenge")?;
    let user = member(&asked, "user")?;
    if user.is_object() {
        read_bytes(&user, "id")?;
    }
    for list in ["allowCredentials", "excludeCredentials"] {
        if let Ok(credentials) = member(&asked, list)?.dyn_into::<Array>() {
            for credential in credentials {
                read_bytes(&credential, "id")?;
            }
        }
    }
    Ok(options)
}

/// The credential for the server.
fn write(credential: &PublicKeyCredential) -> Result<WebAuthnJson, JsValue> {
    let answer = member(credential, "response")?;
    let mut response = serde_json::Map::new();
    for name in ANSWER {
        if let Ok(bytes) = member(&answer, name)?.dyn_into::<ArrayBuffer>() {
            response.insert(name.to_owned(), base64url(&bytes)?.into());
        }
    }
    let extensions = JSON::stringify(&credential.get_client_extension_results())?;
    let extensions: WebAuthnJson =
        serde_json::from_str(&String::from(extensions)).unwrap_or_default();
    let id = base64url(&credential.raw_id())?;
    let mut written = serde_json::Map::new();
    written.insert("id".to_owned(), id.clone().into());
    written.insert("rawId".to_owned(), id.into());
    written.insert("type".to_owned(), "public-key".into());
    written.insert("response".to_owned(), response.into());
    written.insert("clientExtensionResults".to_owned(), extensions);
    Ok(written.into())
}

async fn credential(promise: Result<Promise, JsValue>) -> Result<WebAuthnJson, NoCredential> {
    let promise = promise.map_err(|error| reason(&error))?;
    let credential = JsFuture::from(promise)
        .await
        .map_err(|error| reason(&error))?
        .dyn_into()
        .map_err(|_| NoCredential::Cancelled)?;
    write(&credential).map_err(|_| NoCredential::Cancelled)
}

/// Makes a passkey.
pub(crate) async fn create(options: WebAuthnJson) -> Result<WebAuthnJson, NoCredential> {
    let container = container().ok_or(NoCredential::Unsupported)?;
    let options = read(&options).map_err(|_| NoCredential::Unsupported)?;
    credential(container.create_with_options(options.unchecked_ref())).await
}

/// Uses a passkey: asks for it at once, or waits for the browser's own suggestions.
pub(crate) async fn get(
    options: WebAuthnJson,
    signal: AbortSignal,
    wait: bool,
) -> Result<WebAuthnJson, NoCredential> {
    let container = container().ok_or(NoCredential::Unsupported)?;
    if wait && !suggests().await {
        return Err(NoCredential::Unsupported);
    }
    let options: CredentialRequestOptions = read(&options)
        .map_err(|_| NoCredential::Unsupported)?
        .unchecked_into();
    options.set_signal(&signal);
    if wait {
        set_member(&options, "mediation", &"conditional".into())
            .map_err(|_| NoCredential::Unsupported)?;
    }
    credential(container.get_with_options(&options)).await
}
