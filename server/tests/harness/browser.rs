//! A browser with its cookies, and an authenticator with its passkeys.

use app::api::ContextKey;
use app::api::identity::{AccountView, Enrolment, SessionView, WebAuthnJson};
use app::api::records::RecordOverview;
use app::problem::Problem;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::NhsNumber;
use domain::idle::LockReason;
use domain::ids::{ContextId, PasskeyId, PersonId, RoleId, SessionRef, TabId};
use domain::patient::InContext;
use http::{HeaderMap, StatusCode, header};
use reqwest::cookie::{CookieStore, Jar};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use url::Url;
use uuid::Uuid;
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;

/// Someone's browser, in one tab.
pub(crate) struct Browser {
    /// The tab that is in front.
    pub(crate) tab: TabId,
    origin: String,
    client: reqwest::Client,
    cookies: Arc<Jar>,
    authenticator: SoftPasskey,
    /// The passkeys that it holds, newest last: credential id and user handle.
    passkeys: Vec<(String, String)>,
    /// Whom its pages believe to be signed in, as the service last told them.
    believes: Mutex<Option<String>>,
}

/// In which pages say whom they believe to be signed in.
const PERSON: &str = "x-ncrs-person";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// As the app would read it.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let value = self.json();
        if self.status.is_success() {
            Ok(serde_json::from_value(value).unwrap())
        } else {
            Err(serde_json::from_value(value).unwrap())
        }
    }
}

impl Browser {
    pub(super) fn new(origin: String, address: SocketAddr) -> Self {
        Self::from(origin, address, None)
    }

    /// The same, from that address of this machine.
    pub(super) fn from(origin: String, address: SocketAddr, from: Option<IpAddr>) -> Self {
        let cookies = Arc::new(Jar::default());
        let client = reqwest::Client::builder()
            .cookie_provider(cookies.clone())
            .resolve("localhost", address)
            .local_address(from)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36")
            .build()
            .unwrap();
        Self {
            tab: TabId(Uuid::new_v4()),
            // Where a test says that the service is reached by https, something else ends TLS.
            origin: if origin.starts_with("http:") {
                origin
            } else {
                format!("http://localhost:{}", address.port())
            },
            client,
            cookies,
            authenticator: SoftPasskey::new(true),
            passkeys: Vec::new(),
            believes: Mutex::new(None),
        }
    }

    /// Its pages believe this person to be signed in from now on, or nobody.
    pub(crate) fn believe(&self, person: Option<PersonId>) {
        *self.believes.lock().unwrap() = person.map(|person| person.to_string());
    }

    /// Takes what an answer says of who is signed in, as a page does.
    fn learn(&self, answer: &Answer) {
        let told: Option<Value> = serde_json::from_str(&answer.body).ok();
        if let Some(signed_in) = told.as_ref().and_then(|view| view.get("signed_in")) {
            let person = signed_in.pointer("/person/id").and_then(Value::as_str);
            *self.believes.lock().unwrap() = person.map(str::to_owned);
        }
    }

    fn url(&self, path: &str) -> Url {
        format!("{}{path}", self.origin).parse().unwrap()
    }

    /// The cookie as it will be sent.
    pub(crate) fn cookie(&self) -> Option<String> {
        let cookies = self.cookies.cookies(&self.url("/"))?;
        Some(cookies.to_str().unwrap().to_owned()).filter(|cookies| !cookies.is_empty())
    }

    /// Takes a cookie from elsewhere.
    pub(crate) fn set_cookie(&self, cookie: &str) {
        self.cookies
            .add_cookie_str(&format!("{cookie}; Path=/"), &self.url("/"));
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    pub(crate) async fn get_accepting(&self, path: &str, encoding: &str) -> Answer {
        let request = self
            .client
            .get(self.url(path))
            .header(header::ACCEPT_ENCODING, encoding);
        Answer::of(request.send().await.unwrap()).await
    }

    /// A call as the app makes it; the path without `/api/`.
    pub(crate) async fn post(&self, call: &str, arguments: Value) -> Answer {
        self.post_with(call, arguments, &[("origin", self.origin.as_str())])
            .await
    }

    /// A call with exactly these headers about where it came from.
    pub(crate) async fn post_with(
        &self,
        call: &str,
        arguments: Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .client
            .post(self.url(&format!("/api/{call}")))
            .json(&arguments);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let believes = self.believes.lock().unwrap().clone();
        if let Some(person) = believes.filter(|_| headers.iter().all(|(name, _)| *name != PERSON)) {
            request = request.header(PERSON, person);
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        self.learn(&answer);
        answer
    }

    /// A call with exactly this body.
    pub(crate) async fn raw(
        &self,
        call: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .client
            .post(self.url(&format!("/api/{call}")))
            .body(body);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Whether anyone has enrolled here.
    pub(crate) fn has_passkey(&self) -> bool {
        !self.passkeys.is_empty()
    }

    /// A call, read.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        call: &str,
        arguments: Value,
    ) -> Result<T, Problem> {
        self.post(call, arguments).await.read()
    }

    /// Makes a passkey, as asked. The software authenticator cannot be told to keep it in itself.
    pub(crate) fn make_passkey(&mut self, options: &WebAuthnJson) -> WebAuthnJson {
        let mut options = options.clone();
        options["publicKey"]["authenticatorSelection"] =
            json!({ "requireResidentKey": false, "userVerification": "required" });
        let user = options["publicKey"]["user"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let options = serde_json::from_value(options).unwrap();
        let credential = self
            .authenticator
            .do_registration(self.url("/"), options)
            .unwrap();
        self.passkeys.push((credential.id.clone(), user));
        serde_json::to_value(credential).unwrap()
    }

    /// Uses the newest passkey, as asked.
    pub(crate) fn use_passkey(&mut self, options: &WebAuthnJson) -> WebAuthnJson {
        let (id, user) = self.passkeys.last().cloned().expect("a passkey");
        let mut options = options.clone();
        options["publicKey"]["allowCredentials"] = json!([{ "type": "public-key", "id": id }]);
        let options = serde_json::from_value(options).unwrap();
        let credential = self
            .authenticator
            .do_authentication(self.url("/"), options)
            .unwrap();
        let mut credential = serde_json::to_value(credential).unwrap();
        credential["response"]["userHandle"] = json!(user);
        credential
    }

    /// Opens a patient in this tab.
    pub(crate) async fn open_patient(&self, patient: NhsNumber) -> Result<ContextKey, Problem> {
        let arguments = json!({ "nhs_number": patient, "tab": self.tab, "origin": "search" });
        let context: ContextId = self.call("patients/open", arguments).await?;
        Ok(ContextKey {
            context,
            tab: self.tab,
        })
    }

    pub(crate) async fn overview(
        &self,
        key: ContextKey,
    ) -> Result<InContext<RecordOverview>, Problem> {
        self.call("record/overview", json!({ "key": key })).await
    }

    pub(crate) async fn session(&self) -> SessionView {
        self.call("session", json!({})).await.unwrap()
    }

    pub(crate) async fn enrol_start(&self, code: &str) -> Result<Enrolment, Problem> {
        self.call("enrol/start", json!({ "code": code })).await
    }

    pub(crate) async fn enrol_finish(
        &self,
        name: &str,
        credential: &WebAuthnJson,
    ) -> Result<SessionView, Problem> {
        self.call(
            "enrol/finish",
            json!({ "passkey_name": name, "credential": credential }),
        )
        .await
    }

    /// Enrols with a code, from beginning to end.
    pub(crate) async fn enrol(&mut self, code: &str) -> Result<SessionView, Problem> {
        let enrolment = self.enrol_start(code).await?;
        let credential = self.make_passkey(&enrolment.options);
        self.enrol_finish("Work phone", &credential).await
    }

    pub(crate) async fn sign_in_start(&self) -> Result<WebAuthnJson, Problem> {
        self.call("sign-in/start", json!({})).await
    }

    pub(crate) async fn sign_in_finish(
        &self,
        credential: &WebAuthnJson,
    ) -> Result<SessionView, Problem> {
        self.call("sign-in/finish", json!({ "credential": credential }))
            .await
    }

    /// Signs in with the newest passkey, from beginning to end.
    pub(crate) async fn sign_in(&mut self) -> Result<SessionView, Problem> {
        let options = self.sign_in_start().await?;
        let credential = self.use_passkey(&options);
        self.sign_in_finish(&credential).await
    }

    pub(crate) async fn sign_out(&self) -> Result<SessionView, Problem> {
        self.call("sign-out", json!({})).await
    }

    pub(crate) async fn lock(&self, why: LockReason) -> Result<SessionView, Problem> {
        self.call("lock", json!({ "why": why })).await
    }

    pub(crate) async fn sign_out_everywhere(&self) -> Result<SessionView, Problem> {
        self.call("sign-out-everywhere", json!({})).await
    }

    pub(crate) async fn choose_role(&self, role: RoleId) -> Result<SessionView, Problem> {
        self.call("role", json!({ "role": role })).await
    }

    pub(crate) async fn account(&self) -> Result<AccountView, Problem> {
        self.call("account", json!({})).await
    }

    /// Adds another passkey, from beginning to end.
    pub(crate) async fn add_passkey(&mut self, name: &str) -> Result<AccountView, Problem> {
        let options: WebAuthnJson = self.call("passkeys/add/start", json!({})).await?;
        let credential = self.make_passkey(&options);
        self.call(
            "passkeys/add/finish",
            json!({ "passkey_name": name, "credential": credential }),
        )
        .await
    }

    pub(crate) async fn rename_passkey(
        &self,
        passkey: PasskeyId,
        name: &str,
    ) -> Result<AccountView, Problem> {
        self.call(
            "passkeys/rename",
            json!({ "passkey": passkey, "passkey_name": name }),
        )
        .await
    }

    pub(crate) async fn remove_passkey(&self, passkey: PasskeyId) -> Result<AccountView, Problem> {
        self.call("passkeys/remove", json!({ "passkey": passkey }))
            .await
    }

    pub(crate) async fn end_session(&self, session: SessionRef) -> Result<AccountView, Problem> {
        self.call("sessions/end", json!({ "session": session }))
            .await
    }
}

/// The bytes of a person's id, as their passkey carries it.
pub(crate) fn user_handle(person: domain::ids::PersonId) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(person.0.as_bytes())
}
