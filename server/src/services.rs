//! Everything behind the ports, put together once when the server starts.

use crate::access::Access;
use crate::audit::Audit;
use crate::clock::SharedClock;
use crate::contexts::Contexts;
use crate::failure::Result;
use crate::finding::SearchLimit;
use crate::national::National;
use crate::national::embedded::Embedded;
use crate::store::Db;

/// What a port works with. Clones share it.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: SharedClock,
    /// The record of every look.
    pub audit: Audit,
    /// The patients in front of people.
    pub contexts: Contexts,
    /// The national services.
    pub national: National,
    /// Who may see what.
    pub access: Access,
    /// How often one person may search.
    pub searches: SearchLimit,
}

impl Services {
    /// Over a database whose tables are up to date. Begins to write the audit.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn start(db: Db, clock: SharedClock) -> Result<Self> {
        // A load that was broken off leaves tables without them.
        db.index_patients().await?;
        let audit = Audit::start(db.clone(), clock.clone()).await?;
        let contexts = Contexts::new(db.clone(), clock.clone());
        let national = Embedded::national(db.clone());
        let access = Access::new(
            db.clone(),
            clock.clone(),
            audit.clone(),
            contexts.clone(),
            national.clone(),
        );
        Ok(Self {
            db,
            clock,
            audit,
            contexts,
            national,
            access,
            searches: SearchLimit::default(),
        })
    }
}
