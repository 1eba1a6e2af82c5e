//! Passkeys: WebAuthn JSON in, WebAuthn JSON out.

use app::api::identity::WebAuthnJson;
use app::device::NoCredential;
use js_sys::{Function, Promise, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, CredentialCreationOptions, CredentialRequestOptions, CredentialsContainer,
    PublicKeyCredential,
};
use webauthn_rs_proto::{
    CreationChallengeResponse, PublicKeyCredential as SignedChallenge, RegisterPublicKeyCredential,
    RequestChallengeResponse,
};

/// The browser's passkeys; `None` on an insecure page or an old browser.
pub(crate) fn container() -> Option<CredentialsContainer> {
    let window = leptos::prelude::window();
    let there = |name: &str| Reflect::has(&window, &name.into()).unwrap_or(false);
    (window.is_secure_context() && there("PublicKeyCredential"))
        .then(|| window.navigator().credentials())
}

/// Whether the browser suggests passkeys by itself.
async fn suggests() -> bool {
    let Ok(class) = Reflect::get(&leptos::prelude::window(), &"PublicKeyCredential".into()) else {
        return false;
    };
    let Some(ask) = Reflect::get(&class, &"isConditionalMediationAvailable".into())
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
    let name = Reflect::get(error, &"name".into())
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

fn read<T: DeserializeOwned>(options: WebAuthnJson) -> Result<T, NoCredential> {
    serde_json::from_value(options).map_err(|_| NoCredential::Unsupported)
}

async fn credential(
    promise: Result<Promise, JsValue>,
) -> Result<PublicKeyCredential, NoCredential> {
    let promise = promise.map_err(|error| reason(&error))?;
    JsFuture::from(promise)
        .await
        .map_err(|error| reason(&error))?
        .dyn_into()
        .map_err(|_| NoCredential::Cancelled)
}

/// Makes a passkey.
pub(crate) async fn create(options: WebAuthnJson) -> Result<WebAuthnJson, NoCredential> {
    let container = container().ok_or(NoCredential::Unsupported)?;
    let options: CredentialCreationOptions = read::<CreationChallengeResponse>(options)?.into();
    let made = credential(container.create_with_options(&options)).await?;
    serde_json::to_value(RegisterPublicKeyCredential::from(made))
        .map_err(|_| NoCredential::Cancelled)
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
    let mut challenge: RequestChallengeResponse = read(options)?;
    // Said to the browser below, in its own word.
    challenge.mediation = None;
    let options: CredentialRequestOptions = challenge.into();
    options.set_signal(&signal);
    if wait {
        Reflect::set(&options, &"mediation".into(), &"conditional".into())
            .map_err(|_| NoCredential::Unsupported)?;
    }
    let used = credential(container.get_with_options(&options)).await?;
    serde_json::to_value(SignedChallenge::from(used)).map_err(|_| NoCredential::Cancelled)
}
