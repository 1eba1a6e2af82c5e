//! What a person takes along to where there is no signal, and what the device brings back.
//!
//! Reading without the service, and writing to it later, are the device's affair. Here is what the
//! server gives for it and takes from it, with the same rights checked as for any look or change.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments"
)]

use crate::api::ContextKey;
use crate::api::client::AppClient;
use crate::api::records::{AdjustmentsView, OpenedSummary, RecordOverview};
use crate::problem::Problem;
use domain::NhsNumber;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::command::{Command, Receipt};
use domain::device_log::{LogEntry, LogHead};
use domain::ids::{CommandId, ContextId, PersonId, RoleId, SealingKeyId, VaultId, VisitId};
use domain::outbox::Queue;
use domain::patient::PatientBanner;
use domain::permission::Gate;
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// On what terms someone may keep patients on a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineTerms {
    /// For how long, as their organisation says. 0: not at all.
    pub hours: u16,
    /// To what a device seals a change that it cannot keep readable.
    pub sealing: SealingKey,
}

/// The public half of the server's key pair (X25519, for HPKE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealingKey {
    /// Which.
    pub id: SealingKeyId,
    /// 32 bytes, base64url without padding.
    pub public: String,
}

/// A patient on the visit list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitLine {
    /// Names the visit.
    pub visit: VisitId,
    /// Whom.
    pub banner: PatientBanner,
    /// When they were put on the list.
    pub added_at: Timestamp,
    /// What stands between the role and the summary.
    pub gate: Gate,
}

/// What was settled of the summary when the patient was taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakeSummary {
    /// The patient agreed, for me, for this visit.
    Agreed,
    /// The question is asked at the door.
    AskAtTheDoor,
    /// The summary stays behind.
    Without,
}

/// A summary that was taken along.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TakenSummary {
    /// The patient agreed.
    Agreed(OpenedSummary),
    /// Opens when the question was answered.
    AskAtTheDoor(OpenedSummary),
    /// It stayed behind: left out, or the gate is closed.
    Without,
}

/// What is saved of a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Which.
    pub visit: VisitId,
    /// When the service gave it.
    pub taken_at: Timestamp,
    /// When it may no longer be shown.
    pub until: Timestamp,
    /// The overview, with the patient's details and the gate.
    pub overview: RecordOverview,
    /// The reasonable adjustments.
    pub adjustments: AdjustmentsView,
    /// The summary.
    pub summary: TakenSummary,
}

/// In which choice of a patient a command was made. The server knows whose it was, and that it was
/// this person's in this role; it need no longer be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// A patient who was open.
    Context(ContextId),
    /// A patient on the visit list.
    Visit(VisitId),
}

/// A change with the patient whom it is for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// For whom.
    pub target: Target,
    /// What.
    pub command: Command<AdjustmentChange>,
}

/// Whether what is kept on a device may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It may.
    Keep,
    /// The person, the role or the passkey behind it was ended: what can be read there goes. What
    /// waits to be sent, and the log, stay sealed until the service has them.
    Wipe,
    /// The service does not know it, such as after an older copy of its database was put back. It
    /// stays as it is, and is registered anew.
    Unknown,
}

/// A sealed change came to something.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    not(target_family = "wasm"),
    expect(
        clippy::large_enum_variant,
        reason = "one at a time, on its way out of the server"
    )
)]
pub enum SealedOutcome {
    /// It was delivered.
    Delivered {
        /// What was inside: its owner may have to decide about it.
        delivery: Delivery,
        /// What it came to.
        receipt: Receipt<AdjustmentRecord>,
        /// In which role it was made.
        #[serde(default)]
        role: Option<RoleId>,
        /// For whom, as the device keeps order.
        #[serde(default)]
        queue: Option<Queue>,
    },
    /// It was refused.
    Refused {
        /// What was inside.
        delivery: Delivery,
        /// Why.
        problem: Problem,
        /// In which role it was made.
        #[serde(default)]
        role: Option<RoleId>,
        /// For whom, as the device keeps order.
        #[serde(default)]
        queue: Option<Queue>,
    },
    /// It was made in another role of the person, and waits until they are in that one again.
    OtherRole {
        /// What was inside.
        delivery: Delivery,
        /// In which role it was made.
        role: RoleId,
        /// For whom, as the device keeps order.
        #[serde(default)]
        queue: Option<Queue>,
    },
    /// Nobody can open it any more: the key is gone, or it was damaged.
    Unreadable,
    /// It is another person's: they have to sign in.
    NotYours,
}

domain::hidden_debug!(
    VisitLine,
    TakenSummary,
    Visit,
    Delivery,
    SealedOutcome,
    SealedLogEntry
);

/// Puts a patient on the visit list of the person, in their role. Putting them there again is no
/// error and gives the same visit.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0264), `NotFound`, `StaysOnline` for a restricted patient,
/// or where the organisation keeps nothing on devices.
#[server(prefix = "/api", endpoint = "visits/add", input = Json, output = Json, client = AppClient)]
pub async fn add_visit(nhs_number: NhsNumber) -> Result<VisitLine, Problem> {
    crate::ports::offline()?.add_visit(nhs_number).await
}

/// The visit list, as it was put together. Every patient on it is audited as accessed.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0264).
#[server(prefix = "/api", endpoint = "visits", input = Json, output = Json, client = AppClient)]
pub async fn visits() -> Result<Vec<VisitLine>, Problem> {
    crate::ports::offline()?.visits().await
}

/// Takes a patient off the list. Removing who is not there is no error.
///
/// # Errors
/// `SignedOut`, `NoRole`.
#[server(prefix = "/api", endpoint = "visits/remove", input = Json, output = Json, client = AppClient)]
pub async fn remove_visit(visit: VisitId) -> Result<(), Problem> {
    crate::ports::offline()?.remove_visit(visit).await
}

/// Gives what a device may save of a patient.
///
/// # Errors
/// As [`add_visit`], and `NotFound` for a visit of someone else; `SummaryClosed` where a summary was
/// asked for that may not be taken.
#[server(prefix = "/api", endpoint = "visits/take", input = Json, output = Json, client = AppClient)]
pub async fn take_visit(visit: VisitId, summary: TakeSummary) -> Result<Visit, Problem> {
    crate::ports::offline()?.take_visit(visit, summary).await
}

/// Opens a patient of the visit list in a tab, under the context that the device chose, which may
/// have been in use there without the service. The same again is no error.
///
/// # Errors
/// As [`add_visit`], and `NotFound`; `ContextClosed` where that context is or was another's.
#[server(prefix = "/api", endpoint = "visits/open", input = Json, output = Json, client = AppClient)]
pub async fn open_visit(visit: VisitId, key: ContextKey) -> Result<(), Problem> {
    crate::ports::offline()?.open_visit(visit, key).await
}

/// Carries a change out, exactly once, however often and however late it is delivered.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0264, B0380, and B0257 because the answer shows the
/// record), `NotFound` for a target that was not this person's in this role, `StaysOnline` where the
/// patient was restricted meanwhile and the change was made on a saved copy, `StepUp` for the removal
/// of the whole flag, `Invalid`, `CommandReused`.
#[server(prefix = "/api", endpoint = "commands/deliver", input = Json, output = Json, client = AppClient)]
pub async fn deliver(delivery: Delivery) -> Result<Receipt<AdjustmentRecord>, Problem> {
    crate::ports::offline()?.deliver(delivery).await
}

/// As [`deliver`], for a change that the device could only keep sealed: the plain text is the JSON
/// of [`Sealed`].
///
/// # Errors
/// `SignedOut`, `NoRole`, `Unavailable`. What became of the change itself is in the outcome.
#[server(prefix = "/api", endpoint = "commands/deliver-sealed", input = Json, output = Json, client = AppClient)]
pub async fn deliver_sealed(sealed: SealedChange) -> Result<SealedOutcome, Problem> {
    crate::ports::offline()?.deliver_sealed(sealed).await
}

/// What is inside a sealed change.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Whose it is.
    pub person: PersonId,
    /// In which role it was made, in which alone it is carried out. `None` from older apps.
    #[serde(default)]
    pub role: Option<RoleId>,
    /// For whom, as the device keeps order. `None` from older apps.
    #[serde(default)]
    pub queue: Option<Queue>,
    /// The change.
    pub delivery: Delivery,
}

/// A change sealed to the server's public key: HPKE (RFC 9180) in base mode, with
/// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM; `info` is [`SEALING_INFO`], and the id
/// of the command, as text, is the additional data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedChange {
    /// The key pair.
    pub key: SealingKeyId,
    /// Of the command inside.
    pub id: CommandId,
    /// The encapsulated key, base64url without padding.
    pub encapsulated: String,
    /// The sealed JSON, base64url without padding.
    pub sealed: String,
}

/// The `info` of HPKE.
pub const SEALING_INFO: &[u8] = b"ncrs sealed change 1";

/// An entry of a device's log, sealed as a [`SealedChange`] is, with [`SEALING_LOG_INFO`] and
/// [`sealed_entry_name`]. It is kept beside the one in the vault, for when nobody can open that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedEntry {
    /// The key pair.
    pub key: SealingKeyId,
    /// Of the entry inside.
    pub seq: u64,
    /// The encapsulated key, base64url without padding.
    pub encapsulated: String,
    /// The JSON of a [`SealedLogEntry`], sealed, base64url without padding.
    pub sealed: String,
}

/// What is inside a sealed entry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedLogEntry {
    /// Whose log it is.
    pub person: PersonId,
    /// The entry.
    pub entry: LogEntry,
}

/// The `info` of HPKE for entries of a log.
pub const SEALING_LOG_INFO: &[u8] = b"ncrs sealed log entry 1";

/// The additional data of HPKE for an entry of the log of that vault.
pub fn sealed_entry_name(vault: VaultId, seq: u64) -> String {
    format!("{vault} {seq}")
}

/// Names what the person keeps on a device, once for each device. It stands as long as the person,
/// the role that they work in now, and the passkey that opened this session.
///
/// # Errors
/// `SignedOut`, also where that passkey was removed meanwhile: the next sign-in names another.
/// `NoRole`.
#[server(prefix = "/api", endpoint = "vaults/register", input = Json, output = Json, client = AppClient)]
pub async fn register_vault() -> Result<VaultId, Problem> {
    crate::ports::offline()?.register_vault().await
}

/// Names anew what the person keeps on a device, under the id that it has there, where the service no
/// longer knows it. What it knows stays as it is.
///
/// # Errors
/// As [`register_vault`]. For a vault of someone else nothing is done, and nothing told.
#[server(prefix = "/api", endpoint = "vaults/register-again", input = Json, output = Json, client = AppClient)]
pub async fn register_vault_again(vault: VaultId) -> Result<(), Problem> {
    crate::ports::offline()?.register_vault_again(vault).await
}

/// Whether what is kept on a device may stay. Asked without a session: the id, which nobody can
/// guess, is the right to ask, and nothing else is told.
///
/// # Errors
/// `TooMany`.
#[server(prefix = "/api", endpoint = "vaults/standing", input = Json, output = Json, client = AppClient)]
pub async fn vault_standing(vaults: Vec<VaultId>) -> Result<Vec<Standing>, Problem> {
    crate::ports::offline()?.vault_standing(vaults).await
}

/// Brings the next entries of a device's log, in order. Answers where the server's copy stands: the
/// device may forget what is up to there. What does not continue the copy is kept aside for the
/// privacy officer, as a gap, and the log goes on after it.
///
/// # Errors
/// `SignedOut`, `NotFound` for a vault of someone else.
#[server(prefix = "/api", endpoint = "vaults/log", input = Json, output = Json, client = AppClient)]
pub async fn deliver_log(vault: VaultId, entries: Vec<LogEntry>) -> Result<LogHead, Problem> {
    crate::ports::offline()?.deliver_log(vault, entries).await
}

/// As [`deliver_log`], for entries that the device has only sealed, because what is kept there is locked
/// or was wiped. Brought without a session too: the id, which nobody can guess, is the right to. `last`
/// says that nothing else of that log is left on the device. Answers up to which number the service has
/// the log: 0 also for a vault that it does not know.
///
/// # Errors
/// `TooMany`.
#[server(prefix = "/api", endpoint = "vaults/log-sealed", input = Json, output = Json, client = AppClient)]
pub async fn deliver_sealed_log(
    vault: VaultId,
    entries: Vec<SealedEntry>,
    last: bool,
) -> Result<u64, Problem> {
    crate::ports::offline()?
        .deliver_sealed_log(vault, entries, last)
        .await
}
