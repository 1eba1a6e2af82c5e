//! What the engine does. Screens know only this: the code behind it is fetched by itself.

use super::saved::Saved;
use crate::api::ContextKey;
use crate::api::offline::{TakeSummary, Target};
use crate::api::records::OpenedSummary;
use crate::device::{Later, NoVault};
use crate::problem::Problem;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::command::Command;
use domain::device_log::{Act, Part};
use domain::ids::{CommandId, ContextId, PartId, VisitId};
use domain::outbox::{Decision, Entry, Overlay, Pause};
use domain::permission::PermissionAnswer;
use domain::{NhsNumber, Sourced};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What became of a change in the moment in which it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was carried out.
    Applied,
    /// Someone else changed the record meanwhile: the person decides.
    Conflict(Box<AdjustmentRecord>),
    /// It was refused, and nothing of it is kept.
    Refused(Problem),
    /// It is on this device, durably, and is sent as soon as it can be.
    Kept,
}

/// Why a change could not even be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// The device has no room for it, or no place.
    Device(NoVault),
    /// It could not be kept on the device, and the service did not take it either.
    Service(Problem),
}

/// What is kept on the device, and what is done with it.
pub trait Engine {
    /// Once, when the page is alive.
    fn start(&self);
    /// Whether anything is kept here: [`super::Keeping::safe_now`] knows afterwards.
    fn see(&self) -> Later<()>;
    /// The service answers again.
    fn connected(&self);
    /// Someone signed in with the service.
    fn signed_in(&self) -> Later<()>;
    /// The session changed: another role was chosen, or the service knows the person again.
    fn session_changed(&self);
    /// Someone signs out.
    fn signed_out(&self) -> Later<()>;
    /// See [`super::Keeping::unlock`].
    fn unlock(&self) -> Later<Result<(), NoVault>>;
    /// Opens what is kept with another passkey of the person, for the one that was just used too.
    fn adopt(&self) -> Later<Result<(), NoVault>>;
    /// Forgets the key, and everything that it opened, once what is being written down is.
    fn close(&self) -> Later<()>;

    /// The saved patients who may be shown now, in the order of the list.
    fn saved(&self) -> Vec<Arc<Saved>>;
    /// The saved patient of a context.
    fn saved_of(&self, context: ContextId) -> Option<Arc<Saved>>;
    /// Begins to work with a saved patient: the context is this device's, until the service hears of
    /// it.
    fn begin(&self, visit: VisitId) -> ContextId;
    /// A patient was opened with the service: whose context it is, and what time it was there.
    fn note(&self, context: ContextId, patient: NhsNumber, at: Option<Timestamp>);
    /// Saves a patient of the visit list, in place of what was saved of them.
    fn take(&self, visit: VisitId, summary: TakeSummary) -> Later<Result<(), NotKept>>;
    /// Drops what is saved of a patient, or of all.
    fn forget(&self, visit: Option<VisitId>) -> Later<Result<(), NoVault>>;
    /// The key by which the service knows the context. Tells it of one that began on the device.
    fn server_key(&self, key: ContextKey) -> Later<Result<ContextKey, Problem>>;
    /// The service closed the context. A saved patient is opened once more; `None` where the context
    /// is not of one.
    fn reopen(&self, key: ContextKey) -> Option<Later<Result<ContextKey, Problem>>>;
    /// A part of a saved record is about to be shown: first it is written down.
    fn looked(&self, context: ContextId, part: Part) -> Later<Result<(), NoVault>>;
    /// The visit list was searched: written down before its answer is shown.
    fn searched(&self, act: Act) -> Later<Result<(), NoVault>>;
    /// The permission question was answered at the door. The answer is written down before anything
    /// opens; `None` where the patient said no.
    fn answered(
        &self,
        context: ContextId,
        answer: PermissionAnswer,
    ) -> Later<Result<Option<Sourced<OpenedSummary>>, NoVault>>;

    /// Makes a change: keeps it on the device first, then sends it. Waits for the answer of the
    /// service as long as a person would. `instead_of` is the change that it replaces, where the
    /// person has seen what became of that.
    fn submit(
        &self,
        context: ContextId,
        patient: Option<NhsNumber>,
        command: Command<AdjustmentChange>,
        instead_of: Option<CommandId>,
    ) -> Later<Result<Sent, NotKept>>;
    /// What waits, and what became of the rest, oldest first.
    fn outbox(&self) -> Vec<Entry<Target>>;
    /// The parts of flags that wait to be sent.
    fn unsent(&self) -> BTreeSet<PartId>;
    /// Why a change waits.
    fn pause(&self, id: CommandId) -> Option<Pause>;
    /// The record with the changes of this device on top that the service does not have yet.
    fn on_top(&self, context: ContextId, patient: NhsNumber, record: &AdjustmentRecord) -> Overlay;
    /// The person has decided, on what the screen showed them.
    fn decide(&self, id: CommandId, decision: Decision) -> Later<Result<(), NotKept>>;
    /// Sealed changes that nobody can open any more.
    fn lost(&self) -> Vec<CommandId>;
    /// Forgets one of them, once it was told.
    fn drop_lost(&self, id: CommandId) -> Later<Result<(), NoVault>>;
    /// Sends what waits, if it can be sent.
    fn deliver(&self);

    /// A form that was half filled in, for a patient.
    fn draft(&self, patient: NhsNumber, form: &'static str) -> Later<Option<Vec<u8>>>;
    /// Keeps it, or drops it.
    fn keep_draft(&self, patient: NhsNumber, form: &'static str, draft: Option<Vec<u8>>);
}
