//! Where the sources are, and the small things done with files.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// The folders that a site is made from.
#[derive(Debug)]
pub(crate) struct Sources {
    /// This crate: its Node scripts, the service worker's source, the npm lock file.
    pub(crate) bundle: PathBuf,
    /// The Sass.
    pub(crate) style: PathBuf,
    /// The files that are served as they are.
    pub(crate) public: PathBuf,
    /// The screens, which say what style names are used.
    pub(crate) screens: PathBuf,
}

impl Sources {
    /// The folders of the workspace that `cargo run` is used in. Asked at run time, as clones may share a target folder.
    pub(crate) fn of_this_workspace() -> Result<Self> {
        let bundle = env::var_os("CARGO_MANIFEST_DIR").context("run this with `cargo run`")?;
        let bundle = PathBuf::from(bundle);
        let root = bundle
            .ancestors()
            .nth(2)
            .context("the workspace is two folders up")?;
        Ok(Self {
            style: root.join("style"),
            public: root.join("public"),
            screens: root.join("app/src"),
            bundle,
        })
    }
}

/// Every file under a folder, in a stable order.
pub(crate) fn under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a whole file, and names it if that fails.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a whole file of text, and names it if that fails.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a whole file with the folders above it, and names it if that fails.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The hash that goes into a file's name: enough of SHA-256 that no two builds share it.
pub(crate) fn short_hash(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_sixteen_hexadecimal_digits_of_the_content() {
        assert_eq!(short_hash(b""), "e3b0c44298fc1c14");
        assert_ne!(short_hash(b"a"), short_hash(b"b"));
    }
}
