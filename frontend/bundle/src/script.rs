//! The module and its JavaScript glue.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::args::Args;
use crate::files::{self, Sources};
use crate::node;

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

/// The hashes that the names of the two files carry.
#[derive(Debug)]
pub(crate) struct Hashes {
    pub(crate) js: String,
    pub(crate) wasm: String,
}

/// Makes the glue and the module, and writes both under their hashed names.
pub(crate) fn build(args: &Args, sources: &Sources, scratch: &Path, pkg: &Path) -> Result<Hashes> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&args.wasm)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .out_name("ncrs")
        .remove_name_section(args.optimize)
        .remove_producers_section(true)
        .generate(scratch)
        .with_context(|| format!("wasm-bindgen cannot read {}", args.wasm.display()))?;

    let module = files::read(&module(args, sources, scratch)?)?;
    let wasm = files::short_hash(&module);
    files::write(&pkg.join(format!("ncrs.{wasm}.wasm")), module)?;

    // The glue looks for the module beside itself unless told otherwise: under the name that it has now.
    let glue = scratch.join("ncrs.js");
    let text = files::read_text(&glue)?.replace("ncrs_bg.wasm", &format!("ncrs.{wasm}.wasm"));
    fs::write(&glue, text)?;
    let packed = scratch.join("ncrs.packed.js");
    let effort = args.optimize.then_some("--minify".as_ref());
    node::run(
        sources,
        "node/script.mjs",
        [glue.as_path(), &packed]
            .into_iter()
            .map(Path::as_os_str)
            .chain(effort),
    )?;
    let text = files::read(&packed)?;
    let js = files::short_hash(&text);
    files::write(&pkg.join(format!("ncrs.{js}.js")), text)?;
    Ok(Hashes { js, wasm })
}

/// The module as it will be served: made smaller where that was asked for.
fn module(args: &Args, sources: &Sources, scratch: &Path) -> Result<PathBuf> {
    let plain = scratch.join("ncrs_bg.wasm");
    if !args.optimize {
        return Ok(plain);
    }
    let small = scratch.join("ncrs.small.wasm");
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
