//! The module, in pieces, and its JavaScript glue.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::args::Args;
use crate::files::{self, Sources};
use crate::{node, split};

/// What rustc may emit and every supported browser runs.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-extended-const",
];

/// The hashes that the names of the files carry.
#[derive(Debug)]
pub(crate) struct Hashes {
    pub(crate) js: String,
    pub(crate) wasm: String,
    /// The files that each part is made of, as they are named now.
    pub(crate) parts: BTreeMap<String, Vec<String>>,
}

/// Makes the glue and the pieces, and writes all of it under hashed names.
pub(crate) fn build(args: &Args, sources: &Sources, scratch: &Path, pkg: &Path) -> Result<Hashes> {
    let pieces = split::split(&args.wasm, scratch)?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&pieces.main)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .out_name("ncrs")
        // The pieces meet in the table, the memory and the stack of the first.
        .keep_lld_exports(true)
        .remove_name_section(args.optimize)
        .remove_producers_section(true)
        .generate(scratch)
        .with_context(|| format!("wasm-bindgen cannot read {}", args.wasm.display()))?;

    let mut renamed = BTreeMap::new();
    let mut wasm = String::new();
    for piece in pieces.others.iter().chain([&scratch.join("ncrs_bg.wasm")]) {
        let module = files::read(&smaller(args, sources, piece)?)?;
        wasm = files::short_hash(&module);
        let stem = piece.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{}.{wasm}.wasm", plain_name(&stem));
        files::write(&pkg.join(&name), module)?;
        renamed.insert(stem.into_owned(), name);
    }

    // Each script looks for a module beside itself: under the name that it has now.
    for script in ["ncrs.js", "parts.js"].map(|name| scratch.join(name)) {
        let mut text = files::read_text(&script)?;
        for (old, new) in &renamed {
            text = text.replace(&format!("{old}.wasm"), new);
        }
        fs::write(script, text)?;
    }
    let packed = scratch.join("ncrs.packed.js");
    let effort = args.optimize.then_some("--minify".as_ref());
    node::run(
        sources,
        "node/script.mjs",
        [scratch.join("ncrs.js").as_path(), &packed]
            .into_iter()
            .map(Path::as_os_str)
            .chain(effort),
    )?;
    let text = files::read(&packed)?;
    let js = files::short_hash(&text);
    files::write(&pkg.join(format!("ncrs.{js}.js")), text)?;
    let parts = pieces.parts.into_iter().map(|(part, pieces)| {
        let files = pieces
            .iter()
            .filter_map(|piece| renamed.get(piece).cloned());
        (plain_name(&part).to_owned(), files.collect())
    });
    Ok(Hashes {
        js,
        wasm,
        parts: parts.collect(),
    })
}

/// What people call a piece.
fn plain_name(stem: &str) -> &str {
    match stem {
        "ncrs_bg" => "ncrs",
        shared if shared.starts_with("chunk_") => "shared",
        part => part.strip_prefix("split_").unwrap_or(part),
    }
}

/// The module as it will be served: made smaller where that was asked for.
fn smaller(args: &Args, sources: &Sources, plain: &Path) -> Result<PathBuf> {
    if !args.optimize {
        return Ok(plain.to_owned());
    }
    let small = plain.with_extension("small.wasm");
    let files = [
        plain.as_os_str(),
        "-Oz".as_ref(),
        "-o".as_ref(),
        small.as_os_str(),
    ];
    node::run(
        sources,
        "node_modules/binaryen/bin/wasm-opt",
        files.into_iter().chain(FEATURES.map(AsRef::as_ref)),
    )?;
    Ok(small)
}
