//! The threat model and the hazard log name tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

/// The names in backticks in the last column of the document's tables.
fn named(document: &str) -> Vec<(String, Vec<String>)> {
    document
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let tests = cells.last().unwrap();
            let names = tests.split('`').skip(1).step_by(2).map(str::to_owned);
            (cells[0].trim().to_owned(), names.collect())
        })
        .collect()
}

/// The names of every function in the sources below the folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            for (_, after) in source
                .match_indices("fn ")
                .map(|(at, _)| source.split_at(at + 3))
            {
                let name = after
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next();
                found.extend(name.map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_named_test_exists() {
    // Cargo runs tests in their package's folder.
    let server = Path::new(".");
    let mut there = BTreeSet::new();
    for folder in [
        "src",
        "tests",
        "../app/src",
        "../app/tests",
        "../app/domain/src",
        "../app/domain/tests",
        "../frontend/src",
    ] {
        functions(&server.join(folder), &mut there);
    }
    for document in ["THREATS.md", "HAZARDS.md"] {
        let text = std::fs::read_to_string(server.join(document)).unwrap();
        let rows = named(&text);
        assert!(rows.len() > 10, "{document}");
        for (row, names) in rows {
            assert!(!names.is_empty(), "{document}, {row}: no test");
            for name in names {
                assert!(
                    there.contains(&name),
                    "{document}, {row}: there is no test {name}"
                );
            }
        }
    }
}
