//! What a Registration Authority does: it invites staff, gives and ends their roles, and ends what
//! should no longer be used.
//!
//! An agent (B0274) acts within the organisation of their role and those that it registers for, never
//! on themselves, and with a fingerprint that was given just now. What may do much harm (B0082, B1611
//! and the rights of an agent) is given only once a second agent approves.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments"
)]

use crate::api::client::AppClient;
use crate::api::identity::{PasskeyView, SessionLine};
use crate::problem::Problem;
use domain::OdsCode;
use domain::ids::{PasskeyId, PersonId, RoleId, RoleRequestId, SessionRef};
use domain::role::{Activity, Organisation, Person, RoleAssignment};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A role as an agent writes it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRole {
    /// Where.
    pub organisation: OdsCode,
    /// `Sxxxx:Gxxxx:Rxxxx`.
    pub job_code: String,
    /// As in "Paramedic".
    pub job_name: String,
    /// What it allows.
    pub activities: BTreeSet<Activity>,
}

/// A member of staff in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffLine {
    /// Who.
    pub person: Person,
    /// The roles that the agent may see.
    pub roles: Vec<RoleAssignment>,
    /// They have a passkey.
    pub enrolled: bool,
}

/// A role that waits for a second agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRequest {
    /// Names it.
    pub id: RoleRequestId,
    /// For whom.
    pub person: Person,
    /// What.
    pub role: NewRole,
    /// The agent who asked for it.
    pub asked_by: Person,
    /// When.
    pub asked_at: Timestamp,
    /// This agent may settle it: they did not ask for it, and it is not for them.
    pub may_settle: bool,
}

/// What an agent works with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffList {
    /// For which organisations, by name.
    pub organisations: Vec<Organisation>,
    /// By name.
    pub staff: Vec<StaffLine>,
    /// Oldest first.
    pub requests: Vec<RoleRequest>,
    /// What was just approved ended passkeys or codes of the person.
    #[serde(default)]
    pub voided: bool,
}

/// One member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffView {
    /// Who.
    pub person: Person,
    /// By what the Registration Authority knows them.
    pub login: String,
    /// The roles that the agent may see and end.
    pub roles: Vec<RoleAssignment>,
    /// Newest first.
    pub passkeys: Vec<PasskeyView>,
    /// Last used first.
    pub sessions: Vec<SessionLine>,
    /// The agent may act on them: it is not themselves, and all their roles are within their reach.
    pub may_act: bool,
}

/// A one-time code. It is shown once and kept nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// For whom.
    pub person: Person,
    /// Such as `7KQM-2X9D-HT4W`. Empty where none could be made yet.
    pub code: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// The role is not there yet: a second agent has to approve it, and until then there is no code.
    pub awaits_approval: bool,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invitation(hidden)")
    }
}

/// The staff of the agent's organisations, and what waits for approval.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0274).
#[server(prefix = "/api", endpoint = "staff", input = Json, output = Json, client = AppClient)]
pub async fn staff() -> Result<StaffList, Problem> {
    crate::ports::registration()?.staff().await
}

/// One of them.
///
/// # Errors
/// As [`staff`], and `NotFound` for whoever has no role within the agent's reach.
#[server(prefix = "/api", endpoint = "staff/member", input = Json, output = Json, client = AppClient)]
pub async fn staff_member(person: PersonId) -> Result<StaffView, Problem> {
    crate::ports::registration()?.member(person).await
}

/// Registers someone new, with a role and a code with which they enrol: not where the role waits for a
/// second agent.
///
/// # Errors
/// As [`staff`], and `StepUp`; `NotFound` for an organisation out of reach; `Invalid` (fields `name`,
/// `login`, `job-code`, `job-name`, `activities`).
#[server(prefix = "/api", endpoint = "staff/invite", input = Json, output = Json, client = AppClient)]
pub async fn invite(name: String, login: String, role: NewRole) -> Result<Invitation, Problem> {
    crate::ports::registration()?
        .invite(name, login, role)
        .await
}

/// Makes a new code for someone; earlier ones stop working.
///
/// # Errors
/// As [`staff_member`], and `StepUp`; `Invalid` (field `new-code`) for someone whose rights need a
/// second person, or wait for one.
#[server(prefix = "/api", endpoint = "staff/code", input = Json, output = Json, client = AppClient)]
pub async fn new_code(person: PersonId) -> Result<Invitation, Problem> {
    crate::ports::registration()?.new_code(person).await
}

/// Gives a role, or asks for it where a second agent has to approve. Answers with what there is then.
///
/// # Errors
/// As [`invite`].
#[server(prefix = "/api", endpoint = "staff/roles/give", input = Json, output = Json, client = AppClient)]
pub async fn give_role(person: PersonId, role: NewRole) -> Result<StaffList, Problem> {
    crate::ports::registration()?.give_role(person, role).await
}

/// Approves what another agent asked for, or declines it. An approval ends codes and passkeys that could
/// have been had before (`StaffList::voided`).
///
/// # Errors
/// As [`staff`], and `StepUp`; `NotFound` for what is settled already or out of reach; `Invalid` (field
/// `request`) for what this agent asked for themselves, or is to have, or where they have another role.
#[server(prefix = "/api", endpoint = "staff/roles/settle", input = Json, output = Json, client = AppClient)]
pub async fn settle_request(request: RoleRequestId, approve: bool) -> Result<StaffList, Problem> {
    crate::ports::registration()?
        .settle_request(request, approve)
        .await
}

/// Ends a role: the patients who are open in it are closed, its visits and what devices keep go.
///
/// # Errors
/// As [`staff`], and `StepUp`; `NotFound` for a role out of reach, or the agent's own.
#[server(prefix = "/api", endpoint = "staff/roles/end", input = Json, output = Json, client = AppClient)]
pub async fn end_role(role: RoleId) -> Result<StaffList, Problem> {
    crate::ports::registration()?.end_role(role).await
}

/// Takes a passkey away, and ends the sessions that it opened.
///
/// # Errors
/// As [`staff_member`], and `StepUp`.
#[server(prefix = "/api", endpoint = "staff/passkeys/remove", input = Json, output = Json, client = AppClient)]
pub async fn revoke_passkey(person: PersonId, passkey: PasskeyId) -> Result<StaffView, Problem> {
    crate::ports::registration()?
        .revoke_passkey(person, passkey)
        .await
}

/// Ends a session.
///
/// # Errors
/// As [`staff_member`], and `StepUp`.
#[server(prefix = "/api", endpoint = "staff/sessions/end", input = Json, output = Json, client = AppClient)]
pub async fn revoke_session(person: PersonId, session: SessionRef) -> Result<StaffView, Problem> {
    crate::ports::registration()?
        .revoke_session(person, session)
        .await
}

/// Someone leaves: their roles within reach, sessions, patients, visits and what devices keep end at
/// once. Who has no role left can sign in no more.
///
/// # Errors
/// As [`staff_member`], and `StepUp`.
#[server(prefix = "/api", endpoint = "staff/leave", input = Json, output = Json, client = AppClient)]
pub async fn leave(person: PersonId) -> Result<StaffList, Problem> {
    crate::ports::registration()?.leave(person).await
}
