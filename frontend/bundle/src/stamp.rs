//! Whether anything has changed since the last time.

use std::fs;
use std::path::Path;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::args::Args;
use crate::files::{self, Sources};
use crate::styles;

const NAME: &str = ".stamp";

/// One hash over everything that a site is made from.
pub(crate) fn of(args: &Args, sources: &Sources) -> Result<String> {
    let mut hash = Sha256::new();
    let mut take = |name: &str, content: &[u8]| {
        hash.update(name.len().to_le_bytes());
        hash.update(name);
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    };
    take("optimize", &[args.optimize.into()]);
    take("wasm", &files::read(&args.wasm)?);
    take("names", styles::used_names(sources)?.join(" ").as_bytes());
    take(
        "libraries",
        &files::read(&sources.bundle.join("package-lock.json"))?,
    );
    let own = ["src", "node", "shell", "worker"].map(|folder| sources.bundle.join(folder));
    for folder in own.iter().chain([&sources.style, &sources.public]) {
        for path in files::under(folder)? {
            take(&path.to_string_lossy(), &files::read(&path)?);
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Whether the site folder was built from exactly this.
pub(crate) fn is_current(site: &Path, stamp: &str) -> bool {
    fs::read_to_string(site.join(NAME)).is_ok_and(|last| last == stamp)
}

/// Notes what a finished site was built from.
pub(crate) fn leave(site: &Path, stamp: &str) -> Result<()> {
    files::write(&site.join(NAME), stamp)
}
