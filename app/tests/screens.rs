//! What holds for every screen, read from the source of all of them: where text about a patient goes, and that no
//! control is labelled by data alone.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

/// A file below `src`, and what is in it, without what is only there for its tests.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = ["#[cfg(test)]", "#[cfg(all(test"]
                    .iter()
                    .fold(text.as_str(), |text, tests| {
                        text.split(tests).next().unwrap()
                    })
                    .to_owned();
                let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
                found.push((path.strip_prefix(root).unwrap().display().to_string(), text));
            }
        }
    }
    let mut found = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.len() > 50, "{}", found.len());
    found.sort();
    found
}

/// Where an opening tag ends that begins at `from`: the position after its `>`. What stands in quotes or brackets
/// does not end it, nor does the arrow of a closure or a match.
fn tag_end(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut quoted, mut at) = (0_i32, false, from + 1);
    loop {
        match bytes[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'>' if depth == 0 && !matches!(bytes[at - 1], b'=' | b'-') => return at + 1,
            _ => {}
        }
        at += 1;
    }
}

/// The opening tags of that name, each with where it ends.
fn tags<'a>(text: &'a str, name: &str) -> Vec<(&'a str, usize)> {
    let start = format!("<{name}");
    text.match_indices(&start)
        .filter(|(at, _)| {
            !text.as_bytes()[at + start.len()].is_ascii_alphanumeric()
                && !text[..*at].rsplit('\n').next().unwrap().contains("//")
        })
        .map(|(at, _)| {
            let end = tag_end(text, at);
            (&text[at..end], end)
        })
        .collect()
}

/// The same in one line without gaps, so that an attribute is found however it is written.
fn squeezed(tag: &str) -> String {
    tag.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fields whose text is about staff, a passkey or a setting, and which a browser may fill in.
const MAY_BE_FILLED_IN: [(&str, &str); 3] = [
    ("screens/sign_in.rs", "username webauthn"),
    ("screens/enrol.rs", "one-time-code"),
    ("screens/privacy/queue.rs", "email"),
];

#[test]
fn what_is_typed_about_a_patient_goes_to_no_other_service() {
    const NOT_TYPED: [&str; 4] = [
        "type=\"radio\"",
        "type=\"checkbox\"",
        "type=kind",
        "type=\"hidden\"",
    ];
    let mut fields = 0;
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let found = ["input", "textarea"]
            .into_iter()
            .flat_map(|name| tags(&text, name));
        for (tag, _) in found {
            let tag = squeezed(tag);
            if NOT_TYPED.iter().any(|kind| tag.contains(kind)) {
                continue;
            }
            fields += 1;
            let may_fill = MAY_BE_FILLED_IN
                .iter()
                .any(|(of, what)| file == *of && tag.contains(&format!("autocomplete=\"{what}\"")));
            // The one place for a line of text hands on what its screens say, which are looked at below.
            let passes_on =
                file == "components/form.rs" && tag.contains("autocomplete=autocomplete");
            if !may_fill && !passes_on && !tag.contains("autocomplete=\"off\"") {
                wrong.push(format!("{file}: no autocomplete=\"off\": {tag}"));
            }
            let needed: &[&str] = if file == "screens/sign_in.rs" {
                &["spellcheck=\"false\""]
            } else {
                &[
                    "spellcheck=\"false\"",
                    "{..unshared()}",
                    "autocapitalize=\"",
                ]
            };
            for attribute in needed {
                if !tag.contains(attribute) {
                    wrong.push(format!("{file}: no {attribute}: {tag}"));
                }
            }
        }
        for (tag, _) in tags(&text, "select") {
            fields += 1;
            if !squeezed(tag).contains("autocomplete=\"off\"") {
                wrong.push(format!("{file}: no autocomplete=\"off\": {tag}"));
            }
        }
        for (tag, _) in tags(&text, "TextField") {
            fields += 1;
            let tag = squeezed(tag);
            let allowed = MAY_BE_FILLED_IN
                .iter()
                .any(|(of, what)| file == *of && tag.contains(&format!("autocomplete=\"{what}\"")));
            if tag.contains("autocomplete=") && !allowed {
                wrong.push(format!("{file}: may be filled in: {tag}"));
            }
        }
        for word in ["contenteditable", "designMode", "<datalist"] {
            if text.contains(word) {
                wrong.push(format!("{file}: {word}"));
            }
        }
    }
    assert!(fields > 25, "{fields}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Labels that are words of the app, which a function or a table of the same file has: where, and what stands in the
/// control, without its pictures and what is hidden from sight.
const WORDS: [(&str, &str); 23] = [
    (
        "components/button.rs",
        "{move || if work.pending() { busy } else { text }}",
    ),
    ("components/form.rs", "{error.message}"),
    ("components/header.rs", "{text} {count}"),
    ("components/problem.rs", "{text}"),
    ("components/problem.rs", "{way}"),
    ("components/strips.rs", "{text}"),
    ("screens/changes.rs", "{text}"),
    ("screens/find/tabs.rs", "{kind.label()} {refused}"),
    ("screens/privacy/logs.rs", "{text}"),
    ("screens/privacy/report.rs", "{text}"),
    ("screens/readiness/checklist.rs", "{view.step.label()}"),
    ("screens/record/adjustments/check.rs", "{text}"),
    ("screens/record/adjustments/flow.rs", "{text}"),
    ("screens/record/adjustments/steps.rs", "{which.own_button}"),
    ("screens/record/adjustments/view.rs", "{what}"),
    ("screens/record/mod.rs", "{name}"),
    ("screens/record/overview.rs", "{text}"),
    ("screens/registration/member.rs", "{text} \" \" {which}"),
    ("screens/registration/member.rs", "{text}"),
    ("screens/someone_else.rs", "{carry_on}"),
    ("screens/this_device.rs", "{text}"),
    (
        "screens/visits.rs",
        "{label} \": \" {line.banner.name.clone()}",
    ),
    ("screens/visits.rs", "{text}"),
];

#[test]
fn no_control_is_labelled_by_data_alone() {
    let mut controls = 0;
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        for name in ["button", "a"] {
            for (tag, end) in tags(&text, name) {
                if tag.ends_with("/>") {
                    continue;
                }
                controls += 1;
                let close = format!("</{name}>");
                let inside = &text[end..end + text[end..].find(&close).unwrap()];
                let squeezed_tag = squeezed(tag);
                let named = squeezed_tag.contains("aria-label=\"");
                if named || has_words(inside) {
                    continue;
                }
                let inside = squeezed(&without_tags(inside));
                if !WORDS.contains(&(file.as_str(), inside.as_str())) {
                    wrong.push(format!("(\"{file}\", \"{inside}\"),"));
                }
            }
        }
    }
    assert!(controls > 60, "{controls}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands in it beside the tags of its elements.
fn without_tags(inside: &str) -> String {
    let mut rest = String::new();
    let mut at = 0;
    while let Some(start) = inside[at..].find('<').map(|found| at + found) {
        rest.push_str(&inside[at..start]);
        at = tag_end(inside, start);
    }
    rest.push_str(&inside[at..]);
    rest
}

/// Whether a text of letters stands in it, and not only what `format!` puts data into: "{name}, {ods}".
fn has_words(inside: &str) -> bool {
    without_tags(inside)
        .split('"')
        .skip(1)
        .step_by(2)
        .any(|text| {
            text.split('{')
                .map(|part| part.split_once('}').map_or(part, |(_, after)| after))
                .any(|part| part.contains(char::is_alphabetic))
        })
}

#[test]
fn the_checks_see_what_is_wrong() {
    let field = r#"<input on:input=move |event| { if a > b { "<a>" } } type="text" /> <p>"x"</p>"#;
    let (tag, end) = tags(field, "input")[0];
    assert!(tag.ends_with("/>") && field[end..].starts_with(" <p>"));
    assert!(!has_words("{found.name.banner()}"));
    assert!(!has_words(
        r#"<span class="nhsuk-u-visually-hidden">" " {name}</span>"#
    ));
    assert!(!has_words(r#"{format!("{name}, {ods} ({}).", 1)}"#));
    assert!(has_words(
        r#"<span class="x">"Open the record of "</span> {name}"#
    ));
    assert!(has_words(r#"{format!("Remove {name}")}"#));
}

/// Where the app did not arrive, a browser sends a form by itself: what was typed must not stand in the address.
#[test]
fn no_form_puts_what_was_typed_into_the_address() {
    let mut forms = 0;
    for (file, text) in sources() {
        for (at, _) in text.match_indices("<form") {
            let tag = &text[at..tag_end(&text, at)];
            assert!(tag.contains("method=\"post\""), "{file}: {tag}");
            forms += 1;
        }
    }
    assert!(forms > 10, "{forms}");
}
