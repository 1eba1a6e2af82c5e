//! What the rest of the server needs to know of a session's life: patients in context belong to a
//! session and a role, and close or move with them.

use crate::failure::Result;
use async_trait::async_trait;
use domain::ids::SessionRef;

/// Told after the session has changed in the database. An error is logged and changes nothing: a
/// context is checked against its session and role whenever it is used.
#[async_trait]
pub trait SessionEvents: Send + Sync {
    /// The same person signed in again in the same browser and got the same role back: what `old`
    /// had open now belongs to `new`.
    async fn succeeded(&self, old: SessionRef, new: SessionRef) -> Result<()>;

    /// The session is over.
    async fn ended(&self, session: SessionRef) -> Result<()>;

    /// Another role was chosen in the session.
    async fn role_changed(&self, session: SessionRef) -> Result<()>;
}
