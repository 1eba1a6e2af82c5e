//! Everything behind the ports, put together once when the server starts.

use crate::access::Access;
use crate::audit::Audit;
use crate::clock::SharedClock;
use crate::contexts::Contexts;
use crate::failure::Result;
use crate::national::National;
use crate::national::embedded::Embedded;
use crate::offline::{Sealing, Vaults, Visits};
use crate::privacy::Alerts;
use crate::readiness::Checklists;
use crate::store::Db;
use crate::web::rate_limit::{Limit, Rate, Whom};
use domain::alert::Thresholds;
use std::sync::Arc;
use std::time::Duration;

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
    /// The patients whom people go to see.
    pub visits: Visits,
    /// What people keep on devices.
    pub vaults: Vaults,
    /// What opens a change that was sealed on a device.
    pub sealing: Sealing,
    /// The national services.
    pub national: National,
    /// Who may see what.
    pub access: Access,
    /// What privacy officers have to see, and what they did about it.
    pub alerts: Alerts,
    /// What organisations have shown.
    pub checklists: Checklists,
    /// What counts as unusual.
    pub thresholds: Thresholds,
    /// How often anyone may ask whether what is on a device may stay.
    pub standing_limit: Arc<Limit<Whom>>,
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
        let visits = Visits::new(db.clone(), clock.clone());
        let vaults = Vaults::new(db.clone(), clock.clone());
        let sealing = Sealing::start(db.clone(), clock.as_ref(), rand::random()).await?;
        // As at sign-in: an id cannot be guessed, and a hospital may share one address.
        let standing = Rate {
            burst: 1200,
            every: Duration::from_millis(200),
        };
        let standing_limit = Arc::new(Limit::new(standing, clock.clone()));
        let national = Embedded::national(db.clone());
        let access = Access::new(
            db.clone(),
            clock.clone(),
            audit.clone(),
            contexts.clone(),
            visits.clone(),
            vaults.clone(),
            national.clone(),
        );
        Ok(Self {
            alerts: Alerts::new(db.clone(), clock.clone()),
            checklists: Checklists::new(db.clone()),
            thresholds: Thresholds::default(),
            db,
            clock,
            audit,
            contexts,
            visits,
            vaults,
            sealing,
            national,
            access,
            standing_limit,
        })
    }
}
