//! `ncrs seed`.

use super::{SeedArgs, database};
use anyhow::{Context, Result};
use server::clock::SystemClock;
use server::seed_store::{self, SeedOptions};
use server::services::Services;
use server::settings::Settings;
use std::sync::Arc;

/// Fills the database.
pub(crate) async fn seed(settings: &Settings, options: SeedArgs) -> Result<()> {
    let db = database(settings).await?;
    let services = Services::start(db.clone(), Arc::new(SystemClock)).await?;
    let options = SeedOptions {
        demo: options.demo,
        if_empty: options.if_empty,
        patients: options.patients,
        seed: options.seed,
    };
    let bar = indicatif::ProgressBar::new(options.patients);
    seed_store::run(&services, options, |done| bar.set_position(done))
        .await
        .context("the database could not be filled")?;
    bar.finish();
    db.close().await;
    Ok(())
}
