//! The styles, without what no screen uses.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::files::{self, Sources};
use crate::node;

/// Compiles the Sass, writes it under its hashed name and returns the hash.
pub(crate) fn build(sources: &Sources, scratch: &Path, pkg: &Path) -> Result<String> {
    let words = scratch.join("words.txt");
    files::write(&words, used_names(sources)?.join("\n"))?;
    let css = scratch.join("ncrs.css");
    node::run(
        sources,
        "node/styles.mjs",
        [&sources.style.join("main.scss"), &css, &words],
    )?;
    let text = files::read(&css)?;
    let hash = files::short_hash(&text);
    files::write(&pkg.join(format!("ncrs.{hash}.css")), text)?;
    Ok(hash)
}

/// The NHS names that the screens and the static pages mention, sorted.
pub(crate) fn used_names(sources: &Sources) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    for folder in [&sources.screens, &sources.public] {
        for path in files::under(folder)? {
            if path
                .extension()
                .is_some_and(|kind| kind == "rs" || kind == "html")
            {
                names.extend(names_in(&files::read_text(&path)?));
            }
        }
    }
    Ok(names.into_iter().collect())
}

fn names_in(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'))
        .filter(|word| word.starts_with("nhsuk-"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_names_in_markup() {
        let found: Vec<_> =
            names_in(r#"<p class="nhsuk-body nhsuk-u-margin-top-4"> and class:nhsuk-x__y--z=on "#)
                .collect();
        assert_eq!(
            found,
            ["nhsuk-body", "nhsuk-u-margin-top-4", "nhsuk-x__y--z"]
        );
    }
}
