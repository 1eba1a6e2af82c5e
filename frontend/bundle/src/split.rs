//! Takes the parts that are fetched late out of the module: the functions marked `wasm_split`, and
//! what only these need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use wasm_split_cli_support::{Options, transform};

use crate::files;

/// The script that fetches the parts, beside the glue that imports it.
const LOADER: &str = "./parts.js";

/// The module in pieces.
#[derive(Debug)]
pub(crate) struct Pieces {
    /// What a browser loads first, for wasm-bindgen.
    pub(crate) main: PathBuf,
    /// The rest.
    pub(crate) others: Vec<PathBuf>,
    /// The names of the pieces that each part is made of.
    pub(crate) parts: BTreeMap<String, Vec<String>>,
}

/// Splits the module.
pub(crate) fn split(wasm: &Path, scratch: &Path) -> Result<Pieces> {
    let input = files::read(wasm)?;
    let main = scratch.join("main.wasm");
    let mut options = Options::new(&input);
    options.output_dir = scratch;
    options.main_out_path = &main;
    options.main_module = "./ncrs.js";
    options.link_name = LOADER;
    let done = transform(options)
        .map_err(|report| anyhow!("cannot split {}: {report:#}", wasm.display()))?;
    let mut others = done.split_modules;
    others.retain(|piece| piece.exists());
    others.sort();
    Ok(Pieces {
        main,
        others,
        parts: done.prefetch_map.into_iter().collect(),
    })
}
