//! Puts the site folder together: all of it, or none.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::args::Args;
use crate::files::{self, Sources};
use crate::{compress, node, script, stamp, styles};

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
    copy_public(&sources.public, &fresh, &css)?;
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
        format!("js: {}\nwasm: {}\ncss: {css}\n", names.js, names.wasm),
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

/// Copies the static files. A page among them names the styles plainly and gets the name that they have in this build.
fn copy_public(public: &Path, site: &Path, css: &str) -> Result<()> {
    for path in files::under(public)? {
        let target = site.join(path.strip_prefix(public)?);
        if path.extension().is_some_and(|kind| kind == "html") {
            let page =
                files::read_text(&path)?.replace("/pkg/ncrs.css", &format!("/pkg/ncrs.{css}.css"));
            files::write(&target, page)?;
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
}
