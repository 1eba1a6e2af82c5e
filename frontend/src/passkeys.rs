//! Passkeys: WebAuthn JSON in, WebAuthn JSON out. Browsers that read and write it themselves are
//! still too new, and the library that does carries more than sign-in may weigh.

use crate::callbacks::Callbacks;
use crate::js::{ask, call, has_member, member, set_member};
use crate::secret::{self, Answer, LastUsed};
use app::api::identity::WebAuthnJson;
use app::device::{Asked, NoCredential};
use js_sys::{Array, ArrayBuffer, JSON, Object, Promise, Uint8Array};
use leptos::prelude::window;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortController, AbortSignal, CredentialCreationOptions, CredentialRequestOptions,
    CredentialsContainer,
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
pub(crate) fn base64url(bytes: &Uint8Array) -> Result<String, JsValue> {
    let characters: String = bytes.to_vec().into_iter().map(char::from).collect();
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

/// Bytes, in whichever form something gives them that stands in for the browser: buffers and views of
/// them, also of another window, lists and plain objects of numbers, and base64url.
fn bytes_of(value: &JsValue) -> Option<Uint8Array> {
    if let Some(text) = value.as_string() {
        return bytes(&text).ok()?.dyn_into().ok();
    }
    let value = value.dyn_ref::<Object>()?;
    let found = if ArrayBuffer::is_view(value) {
        let part = |name: &str| member(value, name).ok();
        let number = |name: &str| Some(part(name)?.as_f64()? as u32);
        Uint8Array::new_with_byte_offset_and_length(
            &part("buffer")?,
            number("byteOffset")?,
            number("byteLength")?,
        )
    } else {
        // `{"type":"Buffer","data":[…]}`, a buffer or a list, or `{"0":…,"1":…}`.
        let data = member(value, "data").ok().filter(JsValue::is_object);
        let listed = Uint8Array::new(data.as_ref().unwrap_or(value));
        let values = Object::values(value);
        if listed.length() == 0 && values.iter().all(|value| value.as_f64().is_some()) {
            Uint8Array::new(&values)
        } else {
            listed
        }
    };
    (found.length() > 0).then_some(found)
}

/// What a method of that name answers, else the member that has its answer.
fn result_of(of: &JsValue, method: &str, otherwise: &str) -> JsValue {
    call(of, method, &Array::new())
        .ok()
        .filter(JsValue::is_object)
        .or_else(|| member(of, otherwise).ok())
        .filter(JsValue::is_object)
        .unwrap_or_else(|| Object::new().into())
}

/// The id of the credential, as the server knows it.
fn id_of(credential: &JsValue) -> Option<String> {
    let raw = member(credential, "rawId").ok().as_ref().and_then(bytes_of);
    match raw {
        Some(raw) => base64url(&raw).ok(),
        None => member(credential, "id").ok()?.as_string(),
    }
}

/// The credential for the server. The secret is none of its business.
fn write(credential: &JsValue, extensions: &JsValue) -> Result<WebAuthnJson, JsValue> {
    let answer = member(credential, "response")?;
    // Some that stand in for the browser have the answer in JSON only.
    let json = result_of(credential, "toJSON", "json");
    let told = member(&json, "response").unwrap_or_default();
    let mut response = serde_json::Map::new();
    for name in ANSWER {
        let own = member(&answer, name).ok();
        let other = || member(&told, name).ok();
        let found = own.as_ref().and_then(bytes_of);
        if let Some(found) = found.or_else(|| other().as_ref().and_then(bytes_of)) {
            response.insert(name.to_owned(), base64url(&found)?.into());
        }
    }
    let extensions: WebAuthnJson =
        serde_json::from_str(&String::from(JSON::stringify(extensions)?)).unwrap_or_default();
    let id = id_of(credential).ok_or(JsValue::NULL)?;
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
        let credential = promise.await.map_err(|error| reason(&error))?;
        if !credential.is_object() {
            return Err(NoCredential::Cancelled);
        }
        let extensions = result_of(
            &credential,
            "getClientExtensionResults",
            "clientExtensionResults",
        );
        let secret = match secret::take(&extensions).await {
            Answer::Given(secret) => Some(Some(secret)),
            Answer::NextTime => None,
            Answer::None => Some(None),
        };
        let id = id_of(&credential).ok_or(NoCredential::Cancelled)?;
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
