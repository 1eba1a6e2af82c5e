//! The national services in our own tables.

mod demographics;
mod flags;
mod keys;
pub mod load;
pub mod rekey;
pub mod search;
mod summaries;

use super::National;
use crate::store::Db;
use std::sync::Arc;

/// Every national service, in that database.
#[derive(Clone, Debug)]
pub struct Embedded {
    db: Db,
}

impl Embedded {
    /// In that database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// As each of the ports.
    pub fn national(db: Db) -> National {
        let embedded = Arc::new(Self::new(db));
        National {
            demographics: embedded.clone(),
            summaries: embedded.clone(),
            flags: embedded,
        }
    }
}
