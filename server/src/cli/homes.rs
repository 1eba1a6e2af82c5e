//! `ncrs homes`.

use super::{HomesArgs, database, say};
use anyhow::{Context, Result};
use server::privacy::homes;
use server::settings::Settings;
use std::fs::File;

/// Takes the list of where staff live.
pub(crate) async fn homes(settings: &Settings, options: HomesArgs) -> Result<()> {
    let file = File::open(&options.file)
        .with_context(|| format!("{} cannot be read", options.file.display()))?;
    let db = database(settings).await?;
    let taken = homes::take(&db, file)
        .await
        .with_context(|| format!("{} was not taken", options.file.display()))?;
    db.close().await;
    say(&format!(
        "{} taken, in the place of those before. Of {} the login is not known.",
        taken.homes, taken.unknown
    ))
}
