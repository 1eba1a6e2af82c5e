//! The commands of the operator.

pub(crate) mod audit;
pub(crate) mod enrol;
pub(crate) mod homes;
pub(crate) mod log;
pub(crate) mod seed;
pub(crate) mod serve;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use server::national::embedded::rekey;
use server::settings::Settings;
use server::store::Db;
use std::io::Write;
use std::path::PathBuf;

/// The National Care Records Service.
///
/// Settings come from the environment: NCRS_ADDR, NCRS_ORIGIN, NCRS_DATABASE_URL and others; see the README.
#[derive(Debug, Parser)]
#[command(name = "ncrs", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the service (the default)
    Serve,
    /// Bring the database up to date
    Migrate,
    /// Fill the database with made-up patients and staff
    Seed(SeedArgs),
    /// Give a member of staff a code with which they can add their first passkey
    Enrol(EnrolArgs),
    /// Take the list of where staff live, against which their looks are compared
    Homes(HomesArgs),
    /// Prove the record of every look, keep its heads, or hand it on
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// What to do with the audit.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Look for entries that were changed, removed, moved, put in or cut off: ends with 1 where there are any
    Verify(VerifyArgs),
    /// Write the heads of the audit, signed, to keep elsewhere
    Heads,
    /// Write the audit as FHIR R4 AuditEvent, one to a line
    Export(ExportArgs),
}

/// Against what to verify.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A file of heads that was kept, beside the one of NCRS_AUDIT_HEADS; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) heads: Vec<PathBuf>,
    /// The public key that signed them, where it is not the one of NCRS_AUDIT_KEY; may be given several times
    #[arg(long, value_name = "BASE64")]
    pub(crate) key: Vec<String>,
}

/// What to export.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// From that day or time on, as in 2026-11-21 or 2026-11-21T09:30:00Z
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<String>,
    /// To the end of that day, or before that time
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<String>,
}

/// How to seed.
#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    /// Mark the database as a demonstration, with staff to sign in as
    #[arg(long)]
    pub(crate) demo: bool,
    /// Do nothing where there are patients already
    #[arg(long)]
    pub(crate) if_empty: bool,
    /// How many patients, beside the few that are always there
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) patients: u64,
    /// The same seed makes the same patients
    #[arg(long, default_value_t = 1, value_name = "S")]
    pub(crate) seed: u64,
}

/// Whom to enrol.
#[derive(Debug, Args)]
pub(crate) struct EnrolArgs {
    /// The login of the member of staff
    #[arg(long, value_name = "LOGIN")]
    pub(crate) staff: String,
    /// Answer in JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where staff live.
#[derive(Debug, Args)]
pub(crate) struct HomesArgs {
    /// CSV with the columns login, address and postcode: everyone, in the place of the list before
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// The database, brought up to date.
pub(crate) async fn database(settings: &Settings) -> Result<Db> {
    settings.make_database_folder()?;
    let db = Db::connect(&settings.database_url)
        .await
        .context("NCRS_DATABASE_URL: the database cannot be opened")?;
    db.migrate()
        .await
        .context("the database cannot be brought up to date")?;
    rekey::bring_up_to_date(&db)
        .await
        .context("the patients cannot be made findable by the rules of this version")?;
    Ok(db)
}

/// The database as it is, with no right to change anything in it.
pub(crate) async fn database_as_it_is(settings: &Settings) -> Result<Db> {
    let db = Db::connect_read_only(&settings.database_url)
        .await
        .context("NCRS_DATABASE_URL: the database cannot be opened to read")?;
    db.check_version().await?;
    Ok(db)
}

/// Says to the operator what went wrong.
pub(crate) fn complain(error: &anyhow::Error) {
    // There is nobody left to tell where this fails.
    let _ = writeln!(std::io::stderr().lock(), "ncrs: {error:#}");
}

/// Says something to the operator.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
