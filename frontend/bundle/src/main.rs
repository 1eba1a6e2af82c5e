//! Turns the WASM into what the browser loads.
//!
//! `bundle --wasm <frontend.wasm> --site <folder> [--optimize]` writes the whole site folder anew: the glue, the pieces of
//! the module and the styles under names that carry their hash, `hash.txt` with these hashes for the server, `parts.json`
//! with the pieces that each part of the app needs, the script that starts the app, the service worker with the list of this
//! build's files, and everything in `public/`, whose pages get the names of this build. With `--optimize` all of it is made
//! small, with a Brotli and a gzip copy of whatever gets smaller by that. Where nothing has changed since the last time it
//! does nothing.

mod args;
mod compress;
mod files;
mod node;
mod script;
mod site;
mod split;
mod stamp;
mod styles;

use std::io::{self, Write as _};
use std::time::Instant;

use anyhow::Result;

use crate::args::Args;
use crate::files::Sources;

fn main() -> Result<()> {
    let args = Args::parse(std::env::args().skip(1))?;
    let sources = Sources::of_this_workspace()?;
    let _alone = site::alone(&args.site)?;
    let started = Instant::now();
    let stamp = stamp::of(&args, &sources)?;
    let mut out = io::stdout().lock();
    if stamp::is_current(&args.site, &stamp) {
        writeln!(out, "The site in {} is up to date", args.site.display())?;
        return Ok(());
    }
    let report = site::build(&args, &sources, &stamp)?;
    write!(out, "{report}")?;
    writeln!(
        out,
        "Built {} in {:.1} s",
        args.site.display(),
        started.elapsed().as_secs_f32()
    )?;
    Ok(())
}
