//! Who is using the service: enrolment, sign-in, sessions, roles and passkeys.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments"
)]

use crate::api::client::AppClient;
use crate::api::offline::OfflineTerms;
use crate::problem::Problem;
use domain::idle::LockReason;
use domain::ids::{NoticeId, PasskeyId, RoleId, SessionRef};
use domain::readiness::{Closures, ExpiryNotice};
use domain::role::{Person, RoleAssignment};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// What every page needs to know before it shows anything. Read on the server when a page is asked
/// for, and again after anything that changes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// The database was seeded as a demonstration: every patient is made up, and every screen says
    /// so.
    pub training: bool,
    /// Who is signed in.
    pub signed_in: Option<SignedIn>,
}

/// A person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// The role they are working in. `None` until they choose one.
    pub role: Option<RoleAssignment>,
    /// Every role they have.
    pub roles: Vec<RoleAssignment>,
    /// When the session ends whatever they do.
    #[serde(with = "milliseconds")]
    pub ends_at: Timestamp,
    /// Seconds without use after which it ends.
    pub idle_seconds: u64,
    /// It was locked: until its person gives their passkey it serves for nothing else.
    #[serde(default)]
    pub locked: bool,
    /// On what terms they may keep patients on a device, in this role.
    pub terms: OfflineTerms,
    /// How many questions from privacy officers wait for their answer.
    #[serde(default)]
    pub questions: u32,
    /// What is closed to the organisation of the role, because it has not shown what it has to.
    #[serde(default)]
    pub closures: Closures,
    /// Its DSPT assessment has expired, and nothing is closed by it yet.
    #[serde(default)]
    pub expiry: Option<ExpiryNotice>,
    /// What was done to their account elsewhere, latest first. Each stays until this session closes it.
    #[serde(default)]
    pub notices: Vec<AccountNotice>,
}

/// That something changed how the person signs in, or ended what they had open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNotice {
    /// Names it.
    pub id: NoticeId,
    /// What happened, where and when, and what to do about it.
    pub text: String,
}

/// Every page reads the session: as a number, the time in it needs no reader of written times.
mod milliseconds {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        at: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.as_millisecond())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        Timestamp::from_millisecond(i64::deserialize(deserializer)?)
            .map_err(|_| D::Error::custom("no such time"))
    }
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyView {
    /// Names it.
    pub id: PasskeyId,
    /// The owner's name for it: "Work phone".
    pub name: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was last used to sign in.
    pub used_at: Option<Timestamp>,
    /// The one that opened this session.
    pub current: bool,
    /// It can be copied to other devices.
    #[serde(default)]
    pub synced: bool,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Names it.
    pub id: SessionRef,
    /// "Chrome on Android", as far as the browser told.
    pub device: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it was last used.
    pub used_at: Timestamp,
    /// This one.
    pub current: bool,
}

/// What is on the account page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Newest first.
    pub passkeys: Vec<PasskeyView>,
    /// Last used first.
    pub sessions: Vec<SessionLine>,
    /// New passkeys have to stay on one device.
    #[serde(default)]
    pub device_bound: bool,
}

/// A step of a passkey ceremony, as the WebAuthn JSON of the W3C (`PublicKeyCredentialCreationOptions`,
/// `PublicKeyCredentialRequestOptions`, or a credential). The device hands it to the browser.
pub type WebAuthnJson = serde_json::Value;

/// What a person is asked to do to enrol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Whose code it is, to greet them.
    pub person: String,
    /// `{"publicKey": {…}}` for `navigator.credentials.create`.
    pub options: WebAuthnJson,
}

/// Whether someone is signed in, who, in which role, and whether this is a training environment.
///
/// # Errors
/// Only where the service cannot answer: nobody signed in is an answer.
#[server(prefix = "/api", endpoint = "session", input = Json, output = Json, client = AppClient)]
pub async fn session() -> Result<SessionView, Problem> {
    crate::ports::identity()?.session().await
}

/// Begins enrolment with a one-time code from the Registration Authority.
///
/// # Errors
/// `NotAccepted` for any code that cannot be used, whatever the reason; `TooMany`.
#[server(prefix = "/api", endpoint = "enrol/start", input = Json, output = Json, client = AppClient)]
pub async fn enrol_start(code: String) -> Result<Enrolment, Problem> {
    crate::ports::identity()?.enrol_start(code).await
}

/// Ends enrolment with the credential that the device made, and signs the person in. The code is
/// used up.
///
/// # Errors
/// `NotAccepted`, or `Invalid` for the name of the passkey or its kind (field `passkey-name`). The code
/// can still be used after either.
#[server(prefix = "/api", endpoint = "enrol/finish", input = Json, output = Json, client = AppClient)]
pub async fn enrol_finish(
    passkey_name: String,
    credential: WebAuthnJson,
) -> Result<SessionView, Problem> {
    crate::ports::identity()?
        .enrol_finish(passkey_name, credential)
        .await
}

/// Begins sign-in: a challenge for any passkey of this service. Nobody is named.
///
/// # Errors
/// `TooMany`.
#[server(prefix = "/api", endpoint = "sign-in/start", input = Json, output = Json, client = AppClient)]
pub async fn sign_in_start() -> Result<WebAuthnJson, Problem> {
    crate::ports::identity()?.sign_in_start().await
}

/// Ends sign-in with the device's answer. The session gets a new id; a single role is chosen.
///
/// # Errors
/// `NotAccepted` for any passkey that cannot be used, whatever the reason.
#[server(prefix = "/api", endpoint = "sign-in/finish", input = Json, output = Json, client = AppClient)]
pub async fn sign_in_finish(credential: WebAuthnJson) -> Result<SessionView, Problem> {
    crate::ports::identity()?.sign_in_finish(credential).await
}

/// Ends this session, and closes its patients.
///
/// # Errors
/// Where the service cannot answer.
#[server(prefix = "/api", endpoint = "sign-out", input = Json, output = Json, client = AppClient)]
pub async fn sign_out() -> Result<SessionView, Problem> {
    crate::ports::identity()?.sign_out().await
}

/// Locks this session. From then on the service refuses what is asked in it, except to say who it belongs
/// to, to end it, and to sign in: its person then goes on where they were. Locking it again is no error.
///
/// # Errors
/// `SignedOut`.
#[server(prefix = "/api", endpoint = "lock", input = Json, output = Json, client = AppClient)]
pub async fn lock(why: LockReason) -> Result<SessionView, Problem> {
    crate::ports::identity()?.lock(why).await
}

/// Ends every session of this person, on every device.
///
/// # Errors
/// `SignedOut`, `StepUp`.
#[server(prefix = "/api", endpoint = "sign-out-everywhere", input = Json, output = Json, client = AppClient)]
pub async fn sign_out_everywhere() -> Result<SessionView, Problem> {
    crate::ports::identity()?.sign_out_everywhere().await
}

/// Chooses the role to work in. Closes the patients of this session: they were opened in another.
///
/// # Errors
/// `SignedOut`; `NotFound` for a role that is not theirs.
#[server(prefix = "/api", endpoint = "role", input = Json, output = Json, client = AppClient)]
pub async fn choose_role(role: RoleId) -> Result<SessionView, Problem> {
    crate::ports::identity()?.choose_role(role).await
}

/// The person's own passkeys and sessions.
///
/// # Errors
/// `SignedOut`.
#[server(prefix = "/api", endpoint = "account", input = Json, output = Json, client = AppClient)]
pub async fn account() -> Result<AccountView, Problem> {
    crate::ports::identity()?.account().await
}

/// Begins adding a passkey for the person who is signed in.
///
/// # Errors
/// `SignedOut`, `StepUp`, `TooMany`; `Invalid` (field `passkey-name`) where they have as many as one may.
#[server(prefix = "/api", endpoint = "passkeys/add/start", input = Json, output = Json, client = AppClient)]
pub async fn add_passkey_start() -> Result<WebAuthnJson, Problem> {
    crate::ports::identity()?.add_passkey_start().await
}

/// Ends adding a passkey.
///
/// # Errors
/// As [`add_passkey_start`]; `NotAccepted`, or `Invalid` for its name or its kind (field `passkey-name`).
#[server(prefix = "/api", endpoint = "passkeys/add/finish", input = Json, output = Json, client = AppClient)]
pub async fn add_passkey_finish(
    passkey_name: String,
    credential: WebAuthnJson,
) -> Result<AccountView, Problem> {
    crate::ports::identity()?
        .add_passkey_finish(passkey_name, credential)
        .await
}

/// Gives a passkey another name.
///
/// # Errors
/// `SignedOut`, `StepUp`, `TooMany`, `NotFound`, or `Invalid` for its name (field `passkey-name`).
#[server(prefix = "/api", endpoint = "passkeys/rename", input = Json, output = Json, client = AppClient)]
pub async fn rename_passkey(
    passkey: PasskeyId,
    passkey_name: String,
) -> Result<AccountView, Problem> {
    crate::ports::identity()?
        .rename_passkey(passkey, passkey_name)
        .await
}

/// Removes a passkey, and ends the sessions that it opened other than this one.
///
/// # Errors
/// `SignedOut`, `StepUp`, `TooMany`, `NotFound`, `LastPasskey`.
#[server(prefix = "/api", endpoint = "passkeys/remove", input = Json, output = Json, client = AppClient)]
pub async fn remove_passkey(passkey: PasskeyId) -> Result<AccountView, Problem> {
    crate::ports::identity()?.remove_passkey(passkey).await
}

/// Ends another session of the person.
///
/// # Errors
/// `SignedOut`, `StepUp`, `TooMany`, `NotFound`.
#[server(prefix = "/api", endpoint = "sessions/end", input = Json, output = Json, client = AppClient)]
pub async fn end_session(session: SessionRef) -> Result<AccountView, Problem> {
    crate::ports::identity()?.end_session(session).await
}

/// Closes a notice in this session. One that is not there is closed already.
///
/// # Errors
/// `SignedOut`.
#[server(prefix = "/api", endpoint = "account/notices/close", input = Json, output = Json, client = AppClient)]
pub async fn close_notice(notice: NoticeId) -> Result<SessionView, Problem> {
    crate::ports::identity()?.close_notice(notice).await
}
