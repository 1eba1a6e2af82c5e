//! Passkeys: WebAuthn JSON in, WebAuthn JSON out. Browsers that read and write it themselves are
//! still too new, and the library that does carries more than sign-in may weigh.

use crate::callbacks::Callbacks;
use crate::js::{ask, has_member, member, set_member};
use crate::secret::{self, Answer, LastUsed};
use app::api::identity::WebAuthnJson;
use app::device::{Asked, NoCredential};
use js_sys::{Array, ArrayBuffer, JSON, Promise, Uint8Array};
use leptos::prelude::window;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortController, AbortSignal, CredentialCreationOptions, CredentialRequestOptions,
    CredentialsContainer, PublicKeyCredential,
};

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
    (window.is_secure_context() && has_member(&window, "PublicKeyCredential"))
        .then(|| window.navigator().credentials())
}

/// Whether the browser suggests passkeys by itself.
async fn suggests() -> bool {
    let Ok(class) = member(&window(), "PublicKeyCredential") else {
        return false;
    };
    ask(&class, "isConditionalMediationAvailable", &Array::new())
        .await
        .is_ok_and(|there| there.as_bool() == Some(true))
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

/// Bytes are base64url in JSON.
pub(crate) fn bytes(text: &str) -> Result<JsValue, JsValue> {
    // One character for each byte.
    let characters = window().atob(&text.replace('-', "+").replace('_', "/"))?;
    let bytes: Vec<u8> = characters.chars().map(|byte| byte as u8).collect();
    Ok(Uint8Array::from(bytes.as_slice()).into())
}

/// The other way round.
pub(crate) fn base64url(bytes: &ArrayBuffer) -> Result<String, JsValue> {
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

/// `{"publicKey": …}` as the browser takes it, with the question for the passkey's secret.
fn read(options: &WebAuthnJson, salt: &str) -> Result<JsValue, JsValue> {
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
    secret::ask(&asked, salt)?;
    Ok(options)
}

/// The credential for the server. The secret is none of its business.
fn write(credential: &PublicKeyCredential, extensions: &JsValue) -> Result<WebAuthnJson, JsValue> {
    let answer = member(credential, "response")?;
    let mut response = serde_json::Map::new();
    for name in ANSWER {
        if let Ok(bytes) = member(&answer, name)?.dyn_into::<ArrayBuffer>() {
            response.insert(name.to_owned(), base64url(&bytes)?.into());
        }
    }
    let extensions: WebAuthnJson =
        serde_json::from_str(&String::from(JSON::stringify(extensions)?)).unwrap_or_default();
    let id = base64url(&credential.raw_id())?;
    let mut written = serde_json::Map::new();
    written.insert("id".to_owned(), id.clone().into());
    written.insert("rawId".to_owned(), id.into());
    written.insert("type".to_owned(), "public-key".into());
    written.insert("response".to_owned(), response.into());
    written.insert("clientExtensionResults".to_owned(), extensions);
    Ok(written.into())
}

/// The domain that a passkey is for. Browsers take that of the page where none is named.
fn relying_party(options: &WebAuthnJson) -> String {
    ["/publicKey/rpId", "/publicKey/rp/id"]
        .into_iter()
        .find_map(|place| options.pointer(place)?.as_str().map(str::to_owned))
        .or_else(|| window().location().hostname().ok())
        .unwrap_or_default()
}

/// The ceremonies of this page, one at a time, and the passkey that came out of the last.
#[derive(Default)]
pub(crate) struct Passkeys {
    /// Ends the one that is under way, so that another can begin.
    ceremony: RefCell<Option<AbortController>>,
    last: RefCell<Option<LastUsed>>,
    /// The device asks for one, or no longer.
    pub(crate) asked: Callbacks<Asked>,
}

impl Passkeys {
    /// The passkey that was last used, until someone locked what it opened.
    pub(crate) fn last(&self) -> Option<LastUsed> {
        self.last.borrow().clone()
    }

    /// Takes one for the last that was used.
    pub(crate) fn set_last(&self, last: Option<LastUsed>) {
        self.last.replace(last);
    }

    /// Forgets the secret of that passkey, if it was the last.
    pub(crate) fn forget(&self, credential: &str) {
        let mut last = self.last.borrow_mut();
        if last
            .as_ref()
            .is_some_and(|last| last.credential == credential)
        {
            *last = None;
        }
    }

    /// Begins a ceremony in the place of another.
    fn begin(&self) -> Result<AbortSignal, NoCredential> {
        let controller = AbortController::new().map_err(|_| NoCredential::Unsupported)?;
        let signal = controller.signal();
        if let Some(earlier) = self.ceremony.replace(Some(controller)) {
            earlier.abort();
        }
        Ok(signal)
    }

    async fn end(
        &self,
        promise: Result<Promise, JsValue>,
        relying_party: String,
        salt: String,
    ) -> Result<WebAuthnJson, NoCredential> {
        let promise = promise.map_err(|error| reason(&error))?;
        let credential: PublicKeyCredential = promise
            .await
            .map_err(|error| reason(&error))?
            .dyn_into()
            .map_err(|_| NoCredential::Cancelled)?;
        let extensions = credential.get_client_extension_results();
        let secret = match secret::take(&extensions).await {
            Answer::Given(secret) => Some(Some(secret)),
            Answer::NextTime => None,
            Answer::None => Some(None),
        };
        let id = base64url(&credential.raw_id()).map_err(|_| NoCredential::Cancelled)?;
        self.set_last(secret.map(|secret| LastUsed {
            credential: id,
            relying_party,
            salt,
            secret,
        }));
        write(&credential, &extensions).map_err(|_| NoCredential::Cancelled)
    }

    /// While the device asks, whoever counts time knows.
    async fn asking(
        &self,
        ceremony: impl Future<Output = Result<WebAuthnJson, NoCredential>>,
    ) -> Result<WebAuthnJson, NoCredential> {
        self.asked.tell(Asked::Begun);
        let answer = ceremony.await;
        self.asked.tell(match answer {
            Ok(_) => Asked::Given,
            Err(_) => Asked::NotGiven,
        });
        answer
    }

    /// Makes a passkey.
    pub(crate) async fn create(&self, options: WebAuthnJson) -> Result<WebAuthnJson, NoCredential> {
        self.asking(self.make(options)).await
    }

    async fn make(&self, options: WebAuthnJson) -> Result<WebAuthnJson, NoCredential> {
        let container = container().ok_or(NoCredential::Unsupported)?;
        let signal = self.begin()?;
        let salt = secret::salt().map_err(|_| NoCredential::Unsupported)?;
        let asked = read(&options, &salt).map_err(|_| NoCredential::Unsupported)?;
        let asked: CredentialCreationOptions = asked.unchecked_into();
        asked.set_signal(&signal);
        let promise = container.create_with_options(&asked);
        self.end(promise, relying_party(&options), salt).await
    }

    /// Uses a passkey: asks for it at once, or waits for the browser's own suggestions.
    pub(crate) async fn get(
        &self,
        options: WebAuthnJson,
        wait: bool,
    ) -> Result<WebAuthnJson, NoCredential> {
        let ceremony = self.look_for(options, wait);
        if wait {
            ceremony.await
        } else {
            self.asking(ceremony).await
        }
    }

    async fn look_for(
        &self,
        options: WebAuthnJson,
        wait: bool,
    ) -> Result<WebAuthnJson, NoCredential> {
        let container = container().ok_or(NoCredential::Unsupported)?;
        let signal = self.begin()?;
        if wait && !suggests().await {
            return Err(NoCredential::Unsupported);
        }
        let salt = secret::salt().map_err(|_| NoCredential::Unsupported)?;
        let asked = read(&options, &salt).map_err(|_| NoCredential::Unsupported)?;
        let asked: CredentialRequestOptions = asked.unchecked_into();
        asked.set_signal(&signal);
        if wait {
            set_member(&asked, "mediation", &"conditional".into())
                .map_err(|_| NoCredential::Unsupported)?;
        }
        let promise = container.get_with_options(&asked);
        self.end(promise, relying_party(&options), salt).await
    }
}
