//! `ncrs`: the service, and what its operator does beside it.

mod cli;

use anyhow::Result;
use clap::Parser;
use cli::{Cli, Command};
use server::settings::Settings;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let settings = Settings::from_environment()?;
    let log = cli::log::begin(&settings);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => cli::serve::serve(settings, log).await,
        Command::Migrate => cli::database(&settings).await.map(|_| ()),
        Command::Seed(options) => cli::seed::seed(&settings, options).await,
        Command::Enrol(options) => cli::enrol::enrol(&settings, options).await,
        Command::Homes(options) => cli::homes::homes(&settings, options).await,
        Command::Audit(command) => cli::audit::audit(&settings, command).await,
    }
}
