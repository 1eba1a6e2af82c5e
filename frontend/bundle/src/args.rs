//! What the command line says.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// What to build from, where to, and how hard to try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    /// The module as cargo built it.
    pub(crate) wasm: PathBuf,
    /// The folder that the server will serve.
    pub(crate) site: PathBuf,
    /// Whether to make the files as small as can be: slower to build, faster to load.
    pub(crate) optimize: bool,
}

impl Args {
    /// Reads the arguments after the program's name.
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self> {
        let (mut wasm, mut site, mut optimize) = (None, None, false);
        while let Some(name) = given.next() {
            match name.as_str() {
                "--wasm" => wasm = given.next(),
                "--site" => site = given.next(),
                "--optimize" => optimize = true,
                other => bail!(
                    "unknown argument {other}; use --wasm <file> --site <folder> [--optimize]"
                ),
            }
        }
        Ok(Self {
            wasm: wasm.context("--wasm <file> is missing")?.into(),
            site: site.context("--site <folder> is missing")?.into(),
            optimize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_the_files_and_the_effort() -> Result<()> {
        let args = parse("--wasm a.wasm --site out --optimize")?;
        assert_eq!(
            args,
            Args {
                wasm: "a.wasm".into(),
                site: "out".into(),
                optimize: true
            }
        );
        Ok(())
    }

    #[test]
    fn refuses_what_it_does_not_know_or_miss() {
        assert!(parse("--wasm a.wasm").is_err());
        assert!(parse("--wasm a.wasm --site out --fast").is_err());
    }
}
