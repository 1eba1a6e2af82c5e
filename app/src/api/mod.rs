//! The typed calls between the device and the server: one file for each door.
//!
//! Every call has an explicit endpoint under `/api/`, so that an installed older app still finds a
//! newer server, and speaks JSON. Here they only pass the call on to the server's ports; what is
//! allowed is decided behind those, by the access module.

pub mod client;
pub mod finding;
pub mod identity;
pub mod offline;
pub mod privacy;
pub mod readiness;
pub mod records;
pub mod registration;

use domain::ids::{ContextId, TabId};
use serde::{Deserialize, Serialize};

/// Which patient, in which tab: sent with every call on a record. The server refuses a context
/// that belongs to another session, role or tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContextKey {
    /// From the URL.
    pub context: ContextId,
    /// This tab.
    pub tab: TabId,
}
