//! Puts the site folder together: all of it, or none.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::args::Args;
use crate::files::{self, Sources};
use crate::{compress, node, script, stamp, styles};

/// Waits until no other build of this site is under way, which would mix its files with these. The next may begin when the
/// answer is dropped.
pub(crate) fn alone(site: &Path) -> Result<File> {
    let path = beside(site, "lock")?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let lock = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    lock.lock()?;
    Ok(lock)
}

/// Builds the site beside the old one, then puts it in its place. Returns the sizes, for people.
pub(crate) fn build(args: &Args, sources: &Sources, stamp: &str) -> Result<String> {
    let scratch = beside(&args.site, "scratch")?;
    let fresh = beside(&args.site, "new")?;
    for folder in [&scratch, &fresh] {
        clear(folder)?;
        fs::create_dir_all(folder)?;
    }
    let pkg = fresh.join("pkg");
    let names = script::build(args, sources, &scratch, &pkg)?;
    let css = styles::build(sources, &scratch, &pkg)?;
    let mut hashed = vec![
        ("ncrs.js", names.js.clone()),
        ("ncrs.wasm", names.wasm.clone()),
        ("ncrs.css", css.clone()),
    ];
    let start = start_script(sources, &pkg, &hashed)?;
    hashed.push(("start.js", start.clone()));
    copy_public(&sources.public, &fresh, &hashed)?;
    let effort = args.optimize.then_some(Path::new("--minify"));
    let worker = scratch.join("service-worker.js");
    let precached = node::run(
        sources,
        "node/worker.mjs",
        [fresh.as_path(), &worker].into_iter().chain(effort),
    )?;
    if args.optimize {
        compress::all(&fresh)?;
    }
    files::write(
        &fresh.join("hash.txt"),
        format!(
            "js: {}\nwasm: {}\ncss: {css}\nstart: {start}\n",
            names.js, names.wasm
        ),
    )?;
    files::write(
        &fresh.join("parts.json"),
        serde_json::to_vec_pretty(&names.parts)?,
    )?;
    stamp::leave(&fresh, stamp)?;
    replace(&args.site, &fresh)?;
    clear(&scratch)?;
    let mut report = sizes(&args.site)?;
    writeln!(report, "The service worker keeps {precached}")?;
    Ok(report)
}

/// A folder next to the site, so that a rename is enough to move it there.
fn beside(site: &Path, suffix: &str) -> Result<PathBuf> {
    let name = site
        .file_name()
        .context("--site must name a folder")?
        .to_string_lossy();
    Ok(site.with_file_name(format!("{name}.{suffix}")))
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    Ok(())
}

fn replace(site: &Path, fresh: &Path) -> Result<()> {
    let old = beside(site, "old")?;
    clear(&old)?;
    if site.exists() {
        fs::rename(site, &old)?;
    }
    fs::rename(fresh, site)
        .with_context(|| format!("cannot put the site at {}", site.display()))?;
    clear(&old)
}

/// What files are called in the sources, with the hashes of this build.
type Hashed = [(&'static str, String)];

/// The text with the files of this build under the names that they have now.
fn with_hashes(text: &str, hashed: &Hashed) -> String {
    hashed.iter().fold(text.to_owned(), |text, (plain, hash)| {
        let (stem, kind) = plain.split_once('.').unwrap_or((plain, ""));
        text.replace(
            &format!("/pkg/{plain}"),
            &format!("/pkg/{stem}.{hash}.{kind}"),
        )
    })
}

/// Writes the script that starts the app, and returns its hash.
fn start_script(sources: &Sources, pkg: &Path, hashed: &Hashed) -> Result<String> {
    let script = files::read_text(&sources.bundle.join("shell/start.js"))?;
    let script = with_hashes(&script, hashed);
    let hash = files::short_hash(script.as_bytes());
    files::write(&pkg.join(format!("start.{hash}.js")), script)?;
    Ok(hash)
}

/// Copies the static files. A page among them names the files of the app plainly and gets the names that they have in this
/// build.
fn copy_public(public: &Path, site: &Path, hashed: &Hashed) -> Result<()> {
    for path in files::under(public)? {
        let target = site.join(path.strip_prefix(public)?);
        if path.extension().is_some_and(|kind| kind == "html") {
            files::write(&target, with_hashes(&files::read_text(&path)?, hashed))?;
        } else {
            files::write(&target, files::read(&path)?)?;
        }
    }
    Ok(())
}

/// What a phone downloads, file by file.
fn sizes(site: &Path) -> Result<String> {
    let mut report = String::new();
    for path in files::under(&site.join("pkg"))? {
        if path.extension().is_some_and(|kind| kind != "gz") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            writeln!(report, "{name}: {} kB", kilobytes(&path)?)?;
        }
    }
    Ok(report)
}

fn kilobytes(path: &Path) -> Result<u64> {
    Ok(fs::metadata(path)?.len().div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_site_is_built_beside_the_old_one() -> Result<()> {
        assert_eq!(
            beside(Path::new("/a/site"), "new")?,
            Path::new("/a/site.new")
        );
        assert!(beside(Path::new("/"), "new").is_err());
        Ok(())
    }

    #[test]
    fn a_page_names_the_files_of_its_build() {
        let hashed = [("ncrs.css", "0a".to_owned()), ("ncrs.js", "0b".to_owned())];
        let page = r#"<link href="/pkg/ncrs.css"><script src="/pkg/ncrs.js"><a href="/find">"#;
        assert_eq!(
            with_hashes(page, &hashed),
            r#"<link href="/pkg/ncrs.0a.css"><script src="/pkg/ncrs.0b.js"><a href="/find">"#
        );
    }
}
