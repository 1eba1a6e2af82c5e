//! Runs the libraries that exist only for Node.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::files::Sources;

/// Runs one of this crate's Node scripts and returns what it printed.
pub(crate) fn run<I>(sources: &Sources, script: &str, args: I) -> Result<String>
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    ensure!(
        sources.bundle.join("node_modules").is_dir(),
        "the Node libraries are missing: run `make setup`, or `npm ci` in frontend/bundle"
    );
    let output = Command::new("node")
        .arg(sources.bundle.join(script))
        .args(args)
        .output()
        .context("cannot start node: is Node 20 or later installed?")?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{script} failed:\n{complaints}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
