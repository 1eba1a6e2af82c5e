//! Who asks, as identity established it for this request. Everything behind it trusts this and
//! nothing that the browser says.

use app::problem::Kind;
use domain::ids::{CorrelationId, PasskeyId, PersonId, SessionRef};
use domain::role::RoleAssignment;

use crate::failure::Result;

/// A request with its session.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Joins the screen, the log and the audit.
    pub correlation: CorrelationId,
    /// Who is signed in, if anyone.
    pub signed_in: Option<SignedInCaller>,
}

/// A person who is signed in.
#[derive(Clone, Debug)]
pub struct SignedInCaller {
    /// The session, by its reference: never the value of the cookie.
    pub session: SessionRef,
    /// Who.
    pub person: PersonId,
    /// Their name, for provenance.
    pub name: String,
    /// The role they chose. `None` until they did.
    pub role: Option<RoleAssignment>,
    /// The passkey that opened the session; `None` once that was removed.
    pub passkey: Option<PasskeyId>,
    /// "Chrome on Android", for the audit.
    pub device: String,
}

impl Caller {
    /// The person who is signed in.
    ///
    /// # Errors
    /// `SignedOut`.
    pub fn signed_in(&self) -> Result<&SignedInCaller> {
        self.signed_in
            .as_ref()
            .ok_or_else(|| Kind::SignedOut.into())
    }

    /// The person who is signed in, with the role they chose.
    ///
    /// # Errors
    /// `SignedOut` or `NoRole`.
    pub fn in_role(&self) -> Result<(&SignedInCaller, &RoleAssignment)> {
        let person = self.signed_in()?;
        match &person.role {
            Some(role) => Ok((person, role)),
            None => Err(Kind::NoRole.into()),
        }
    }
}
