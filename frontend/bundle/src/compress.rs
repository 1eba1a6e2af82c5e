//! A Brotli and a gzip copy beside every file that gets smaller.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, anyhow};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};

use crate::files;

/// The kinds that are text or code; pictures are compressed already.
const KINDS: [&str; 9] = [
    "css",
    "html",
    "ico",
    "js",
    "json",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
];

/// Compresses everything under a folder that is worth it, as many files at a time as there are processors.
pub(crate) fn all(folder: &Path) -> Result<()> {
    let wanted: Vec<PathBuf> = files::under(folder)?
        .into_iter()
        .filter(|path| is_worth_it(path))
        .collect();
    let next = AtomicUsize::new(0);
    let worker = || -> Result<()> {
        while let Some(path) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            one(path)?;
        }
        Ok(())
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        running.into_iter().try_for_each(|one| {
            one.join()
                .map_err(|_| anyhow!("a compression thread stopped"))?
        })
    })
}

fn is_worth_it(path: &Path) -> bool {
    path.extension()
        .and_then(|kind| kind.to_str())
        .is_some_and(|kind| KINDS.contains(&kind))
}

fn one(path: &Path) -> Result<()> {
    let plain = files::read(path)?;
    keep_if_smaller(path, "br", &plain, &brotli(&plain)?)?;
    keep_if_smaller(path, "gz", &plain, &gzip(&plain)?)
}

fn keep_if_smaller(path: &Path, kind: &str, plain: &[u8], packed: &[u8]) -> Result<()> {
    if packed.len() < plain.len() {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(kind);
        fs::write(name, packed)?;
    }
    Ok(())
}

fn brotli(mut plain: &[u8]) -> Result<Vec<u8>> {
    let settings = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: plain.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut plain, &mut packed, &settings)?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> Result<Vec<u8>> {
    let mut packer = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    packer.write_all(plain)?;
    Ok(packer.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn pictures_and_packed_files_are_left_alone() {
        assert!(is_worth_it(Path::new("pkg/ncrs.wasm")));
        assert!(!is_worth_it(Path::new("icons/icon-192.png")));
        assert!(!is_worth_it(Path::new("pkg/ncrs.wasm.br")));
    }

    #[test]
    fn what_is_packed_comes_out_as_it_went_in() -> Result<()> {
        let plain = "the same words again and again ".repeat(50);
        let mut from_gzip = String::new();
        flate2::read::GzDecoder::new(gzip(plain.as_bytes())?.as_slice())
            .read_to_string(&mut from_gzip)?;
        assert_eq!(from_gzip, plain);
        let mut from_brotli = Vec::new();
        brotli::BrotliDecompress(&mut brotli(plain.as_bytes())?.as_slice(), &mut from_brotli)?;
        assert_eq!(from_brotli, plain.as_bytes());
        Ok(())
    }
}
