//! A write is a command: made on the device, named there, and safe to send again.

use crate::ids::CommandId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A change that a person asked for, with all that is needed to do it exactly once.
///
/// The server keeps the id, a hash of the content and the result: the same command again returns
/// the same result, and the same id with other content is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command<C> {
    /// UUIDv7, made on the device.
    pub id: CommandId,
    /// The version of the record that the person was looking at: 0 where there was none.
    pub base: u64,
    /// When the person pressed Save, by the device's clock (which may be wrong).
    pub made_at: Timestamp,
    /// What to do.
    pub change: C,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receipt<R> {
    /// Done, once. The record as it now stands.
    Applied(R),
    /// Someone changed the record after `base`: nothing was written. The record as it now stands,
    /// for the person to settle.
    Conflict(R),
}
