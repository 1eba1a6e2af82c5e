//! What is written can be read, and what others write is read whole.

use super::history::columns;
use super::*;
use crate::seed::{Generator, personas};
use domain::clock::banner_date;
use domain::summary::{Content, Heading, KnownHeading, Part, Row, Section, Summary, Table};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

const OFFICIAL: &str = include_str!("testdata/official_example.json");

/// Everything that a screen would show, as text.
fn shown(summary: &Summary) -> String {
    let mut lines = vec![
        format!("disclaimer: {}", summary.disclaimer),
        format!("created: {}", summary.created),
        format!("sent: {}", summary.sent),
        format!("author: {}", summary.author),
        format!("practice: {}", summary.practice),
        format!("recently registered: {:?}", summary.recently_registered),
        format!("withheld: {:?}", summary.withheld),
        format!("statements: {:?}", summary.statements),
    ];
    for section in &summary.sections {
        lines.push(format!("\n# {:?} {:?}", section.heading, section.title));
        lines.extend(
            section
                .withheld
                .iter()
                .map(|text| format!("withheld: {text}")),
        );
        lines.extend(
            section
                .statements
                .iter()
                .map(|text| format!("statement: {text}")),
        );
        match &section.content {
            Content::Missing => lines.push("missing".to_owned()),
            Content::NothingStated(text) => lines.push(format!("nothing: {text}")),
            Content::Empty(why) => lines.push(format!("empty: {}", why.sentence())),
            Content::Table(table) => shown_table(table, &mut lines),
            Content::Parts(parts) => lines.extend(parts.iter().flat_map(shown_part)),
        }
    }
    lines.join("\n")
}

fn shown_table(table: &Table, lines: &mut Vec<String>) {
    lines.push(table.columns.join(" | "));
    lines.extend(table.rows.iter().map(|row| match row {
        Row::Entry(cells) => format!("- {}", cells.join(" | ")),
        Row::Note(text) => format!("  note: {text}"),
    }));
}

fn shown_part(part: &Part) -> Vec<String> {
    match part {
        Part::Subheading { text, .. } => vec![format!("## {text}")],
        Part::Statement(text) => vec![format!("statement: {text}")],
        Part::Remark(remark) => vec![format!("remark: {}", remark.sentence())],
        Part::Withheld(text) => vec![format!("withheld: {text}")],
        Part::NothingStated(text) => vec![format!("nothing: {text}")],
        Part::Empty(why) => vec![format!("empty: {}", why.sentence())],
        Part::Table(table) => {
            let mut lines = Vec::new();
            shown_table(table, &mut lines);
            lines
        }
        Part::Grid(rows) => rows
            .iter()
            .map(|row| format!("= {}", row.join(" | ")))
            .collect(),
        Part::List { items, .. } => items.iter().map(|item| format!("* {item}")).collect(),
        Part::Terms(terms) => terms
            .iter()
            .map(|term| format!("{}: {}", term.name, term.says.join("; ")))
            .collect(),
    }
}

/// A document with those sections: code, title, XHTML inside the div.
fn document(sections: &[(&str, &str, &str)]) -> Vec<u8> {
    let sections: Vec<_> = sections
        .iter()
        .map(|(code, title, inner)| {
            json!({
                "title": title,
                "code": { "coding": [{ "system": null, "code": code }] },
                "text": { "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>") },
                "entry": null,
            })
        })
        .collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "document", "entry": [
        { "resource": { "resourceType": "Composition", "status": "final", "section": sections } },
    ]});
    bundle.to_string().into_bytes()
}

fn one(code: &str, inner: &str) -> Section {
    let summary = read(&document(&[(code, "", inner)])).unwrap();
    let known = |section: &&Section| {
        section.content != Content::Missing
            || !section.statements.is_empty()
            || section.withheld.is_some()
    };
    summary
        .sections
        .iter()
        .find(known)
        .cloned()
        .unwrap_or_else(|| summary.sections[0].clone())
}

fn rows(section: &Section) -> Vec<Row> {
    match &section.content {
        Content::Table(table) => table.rows.clone(),
        Content::Parts(_) => section
            .tables()
            .flat_map(|table| table.rows.clone())
            .collect(),
        Content::NothingStated(_) | Content::Missing | Content::Empty(_) => Vec::new(),
    }
}

/// What stands under the heading, part by part.
fn parts(section: &Section) -> Vec<String> {
    match &section.content {
        Content::Parts(parts) => parts.iter().flat_map(shown_part).collect(),
        _ => Vec::new(),
    }
}

fn cells(texts: &[&str]) -> Row {
    Row::Entry(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn the_official_example_is_read_whole() {
    let summary = read(OFFICIAL.as_bytes()).unwrap();
    assert!(summary.has_additional_information());
    insta::assert_snapshot!(shown(&summary));
}

#[test]
fn a_document_of_another_patient_is_refused() {
    let theirs = "9000000009".parse().unwrap();
    assert!(read_for(OFFICIAL.as_bytes(), theirs).is_ok());
    let another = "9990402132".parse().unwrap();
    assert!(matches!(
        read_for(OFFICIAL.as_bytes(), another),
        Err(ReadError::OtherPatient)
    ));
    let nobody = OFFICIAL.replace("9000000009", "9000000000");
    assert!(matches!(
        read_for(nobody.as_bytes(), theirs),
        Err(ReadError::OtherPatient)
    ));
}

#[test]
fn a_written_document_keeps_its_form() {
    let persona = personas(date(2026, 11, 21))
        .into_iter()
        .find(|persona| persona.title.starts_with("Entries withheld"))
        .unwrap();
    let summary = read(&persona.seeded.document().unwrap()).unwrap();
    insta::assert_snapshot!(shown(&summary));
}

#[test]
fn every_table_survives_the_round_trip() {
    let generator = Generator::new(5, date(2026, 11, 21));
    let generated = (0..500).map(|index| generator.person(index));
    let everyone = generated.chain(
        personas(date(2026, 11, 21))
            .into_iter()
            .map(|persona| persona.seeded),
    );
    let mut documents = 0;
    for seeded in everyone {
        let Some(spec) = &seeded.summary else {
            continue;
        };
        let history = spec.history(&seeded.patient);
        let bytes = seeded.document().unwrap();
        assert_eq!(bytes, seeded.document().unwrap());
        let summary = read_for(&bytes, seeded.patient.nhs_number).unwrap();
        documents += 1;
        assert_eq!(
            summary.created,
            format!(
                "Summary Created: {} 08:00",
                banner_date(history.heads.created)
            )
        );
        assert!(summary.sent.starts_with("Summary Sent: "));
        assert!(summary.author.ends_with(&history.heads.author));
        assert_eq!(summary.practice, history.heads.practice);
        assert_eq!(summary.withheld.is_some(), history.heads.withheld);
        assert_eq!(
            summary.recently_registered.is_some(),
            history.heads.recently_registered
        );
        assert_eq!(summary.sections.len(), history.sections.len());
        assert_eq!(
            summary.has_additional_information(),
            history
                .sections
                .iter()
                .any(|section| { !KnownHeading::CORE.contains(&section.heading) })
        );
        for (read, written) in summary.sections.iter().zip(&history.sections) {
            assert_eq!(read.heading, Heading::Known(written.heading));
            assert_eq!(read.withheld.is_some(), written.withheld);
            match (&read.content, &written.entries) {
                (Content::Table(table), Entries::Rows(rows)) => {
                    assert!(table.columns == columns(written.heading));
                    assert!(table.rows == *rows, "{:?}", written.heading);
                }
                (Content::NothingStated(_), Entries::Nothing) => {}
                _ => panic!("{:?} was read as something else", written.heading),
            }
        }
    }
    assert!(documents > 400);
}

#[test]
fn nobody_is_given_what_they_are_allergic_to() {
    let generator = Generator::new(6, date(2026, 11, 21));
    for seeded in (0..1_000).map(|index| generator.person(index)) {
        let Some(spec) = &seeded.summary else {
            continue;
        };
        let history = spec.history(&seeded.patient);
        let text = |heading| -> String {
            let section = history
                .sections
                .iter()
                .find(|section| section.heading == heading)
                .unwrap();
            match &section.entries {
                Entries::Rows(rows) => rows
                    .iter()
                    .map(|row| match row {
                        Row::Entry(cells) => cells.join(" "),
                        Row::Note(text) => text.clone(),
                    })
                    .collect(),
                Entries::Nothing | Entries::NotIncluded => String::new(),
            }
        };
        if text(KnownHeading::Allergies).contains("Penicillin allergy") {
            let medicines =
                text(KnownHeading::AcuteMedications) + &text(KnownHeading::RepeatMedications);
            assert!(!medicines.contains("cillin"));
        }
    }
}

#[test]
fn empty_missing_withheld_and_left_out_are_four_things() {
    let nothing = one(
        "RepeatMedsHeader",
        "<table><thead><tr><th>Type</th><th>Date</th></tr></thead><tbody><tr><td colspan=\"2\">No relevant \
         information available for this category.</td></tr></tbody></table>",
    );
    assert!(
        matches!(nothing.content, Content::NothingStated(ref text) if text.starts_with("No relevant"))
    );

    let summary = read(&document(&[(
        "DiagnosesHeader",
        "Diagnoses",
        "<table><tr><th>Date</th><th>What</th></tr><tr><td>1</td><td>Gout</td></tr></table>",
    )]))
    .unwrap();
    let core: Vec<&Section> = summary.sections.iter().take(4).collect();
    assert!(
        core.iter()
            .all(|section| section.content == Content::Missing)
    );
    assert!(
        core.iter()
            .map(|section| &section.heading)
            .eq(KnownHeading::CORE.map(Heading::Known).iter())
    );
    assert_eq!(summary.sections.len(), 5);

    let withheld = one(
        "RepeatMedsHeader",
        "<p id=\"WithheldCREItemsStatement\">Some entries are kept back.</p><table><tbody><tr><td>No relevant \
         information available for this category</td></tr></tbody></table>",
    );
    assert_eq!(
        withheld.withheld.as_deref(),
        Some("Some entries are kept back.")
    );
    assert!(matches!(withheld.content, Content::NothingStated(_)));

    let in_a_row = one(
        "RepeatMedsHeader",
        "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr><tr><td colspan=\"2\">One or more entries \
         have been deliberately withheld.</td></tr></table>",
    );
    assert!(in_a_row.withheld.is_some());
    assert!(rows(&in_a_row) == [cells(&["1", "2"])]);

    let left_out = one(
        "DiscRepeatMedsHeader",
        "<table><tbody><tr><td>The Discontinued Repeat Medications are not included in this summary. This patient may \
         have had repeat medications discontinued that are not shown here.</td></tr></tbody></table>",
    );
    assert!(left_out.content == Content::Missing);
    assert_eq!(left_out.statements.len(), 1);
}

#[test]
fn what_is_not_known_is_kept() {
    let summary = read(&document(&[
        ("Title", "General Practice Summary", "<h3 id=\"Disclaimer\">D</h3><p>Something new</p><p id=\"Author\">A</p><p id=\"Author\">B</p>"),
        ("ChatHeader", "Chats", "<p>Before</p><table><tr><th>When</th><th>What</th></tr><tr><td>1</td><td>2</td></tr></table> loose <b>text</b><p>After</p>"),
        ("RepeatMedsHeader", "Current Repeat Medications", "<p>Nothing but a sentence.</p>"),
    ]))
    .unwrap();
    assert_eq!(summary.statements, ["Something new", "B"]);
    let chats = summary
        .sections
        .iter()
        .find(|section| {
            section.heading
                == Heading::Other {
                    code: "ChatHeader".into(),
                    title: "Chats".into(),
                }
        })
        .unwrap();
    assert_eq!(
        parts(chats),
        [
            "statement: Before",
            "When | What",
            "- 1 | 2",
            "statement: loose text",
            "statement: After"
        ]
    );
    let repeat = summary
        .sections
        .iter()
        .find(|section| {
            section.title.contains("Repeat Medications") && section.content != Content::Missing
        })
        .unwrap();
    assert_eq!(repeat.statements, Vec::<String>::new());
    assert_eq!(parts(repeat), ["statement: Nothing but a sentence."]);
    assert_eq!(repeat.count(), None);
}

#[test]
fn allergies_come_first_and_missing_core_headings_stand_where_they_belong() {
    let table = "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>";
    let summary = read(&document(&[
        ("DiagnosesHeader", "Diagnoses", table),
        ("RepeatMedsHeader", "Current Repeat Medications", table),
        ("AllergiesHeader", "Allergies and Adverse Reactions", table),
    ]))
    .unwrap();
    let headings: Vec<&Heading> = summary
        .sections
        .iter()
        .map(|section| &section.heading)
        .collect();
    let expected = [
        KnownHeading::Allergies,
        KnownHeading::AcuteMedications,
        KnownHeading::Diagnoses,
        KnownHeading::RepeatMedications,
        KnownHeading::DiscontinuedMedications,
    ]
    .map(Heading::Known);
    assert!(headings.into_iter().eq(expected.iter()));
}

#[test]
fn the_eighteen_headings_are_known_by_the_codes_that_practices_send() {
    for known in KnownHeading::ALL {
        let table = "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>";
        let by_code = read(&document(&[(section_code(*known), "Any title", table)])).unwrap();
        assert!(
            by_code
                .sections
                .iter()
                .any(|section| section.heading == Heading::Known(*known)
                    && section.content != Content::Missing)
        );
        let by_title = read(&document(&[("", section_title(*known), table)])).unwrap();
        assert!(
            by_title
                .sections
                .iter()
                .any(|section| section.heading == Heading::Known(*known)
                    && section.content != Content::Missing)
        );
    }
}

#[test]
fn cells_stay_in_their_columns() {
    let section = one(
        "RepeatMedsHeader",
        "<table><thead><tr><th>Type</th><th>Date</th><th>Item</th></tr></thead><tbody>\
         <tr><td rowspan=\"2\">Repeat</td><td>1 May</td><td>Aspirin<br/>75mg &amp; more&nbsp;here</td></tr>\
         <tr><td>2 May</td><td>Ramipril</td></tr>\
         <tr><td colspan=\"2\">Wide</td><td>Bisoprolol</td></tr>\
         <tr><td>Short</td><td/></tr>\
         <tr><td colspan=\"3\">Reason for Medication: pain</td></tr>\
         </tbody></table>",
    );
    let expected = [
        cells(&["Repeat", "1 May", "Aspirin\n75mg & more\u{a0}here"]),
        cells(&["Repeat", "2 May", "Ramipril"]),
        cells(&["Wide (Type, Date)", "", "Bisoprolol"]),
        cells(&["Short", "", ""]),
        Row::Note("Reason for Medication: pain".into()),
    ];
    assert!(rows(&section) == expected);
}

#[test]
fn two_tables_of_different_columns_are_both_kept() {
    let summary = read(&document(&[(
        "ResultsHeader",
        "Investigation Results",
        "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>\
         <table><tr><th>C</th><th>D</th></tr><tr><td>3</td><td>4</td></tr></table>\
         <table><tr><th>A</th><th>B</th></tr><tr><td>5</td><td>6</td></tr></table>",
    )]))
    .unwrap();
    let results: Vec<&Section> = summary
        .sections
        .iter()
        .filter(|section| section.heading == Heading::Known(KnownHeading::Results))
        .collect();
    assert_eq!(results.len(), 1);
    assert_eq!(
        parts(results[0]),
        ["A | B", "- 1 | 2", "C | D", "- 3 | 4", "A | B", "- 5 | 6"]
    );
    assert_eq!(results[0].count(), Some(3));
}

#[test]
fn hostile_markup_is_only_text() {
    let section = one(
        "AllergiesHeader",
        "<p onclick=\"x()\">See &lt;script&gt;alert(1)&lt;/script&gt;</p><script>steal()</script>\
         <table><tr><th>A</th><th>B</th></tr><tr><td><a href=\"javascript:x()\">click</a></td><td><iframe src=\"//evil\">in</iframe></td></tr></table>",
    );
    assert_eq!(
        section.statements,
        ["See <script>alert(1)</script>", "steal()"]
    );
    assert!(rows(&section) == [cells(&["click", "[Content that is not shown] in"])]);
}

#[test]
fn only_what_is_no_summary_at_all_is_refused() {
    assert!(matches!(read(b"not json"), Err(ReadError::Json(_))));
    let cut = &OFFICIAL.as_bytes()[..OFFICIAL.len() / 2];
    assert!(matches!(read(cut), Err(ReadError::Json(_))));
    for nothing in [
        &br#"{"resourceType":"Bundle","entry":[]}"#[..],
        br#"{"resourceType":"OperationOutcome","issue":[]}"#,
        b"[]",
    ] {
        assert!(matches!(read(nothing), Err(ReadError::NoComposition)));
    }
    assert!(matches!(
        read(&document(&[])),
        Err(ReadError::NoComposition)
    ));
    assert!(matches!(
        read(&vec![b' '; LARGEST_DOCUMENT + 1]),
        Err(ReadError::TooLarge)
    ));
}

/// A piece of a section's text: words that are numbered, in elements that others use for tables and
/// for text.
fn piece() -> impl Strategy<Value = String> {
    let word = Just("WORD".to_owned());
    word.prop_recursive(5, 40, 5, |inner| {
        let several = prop::collection::vec(inner, 0..5);
        (
            prop::sample::select(&[
                "p", "div", "span", "b", "ul", "li", "table", "thead", "tbody", "tr", "td", "th",
                "h2", "caption", "a",
            ]),
            several,
        )
            .prop_map(|(name, inner)| format!("<{name}>{}</{name}>", inner.join(" ")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the shape, no word of a section is lost: what cannot be put in a table is a
    /// statement.
    #[test]
    fn no_word_is_dropped(pieces in prop::collection::vec(piece(), 1..5)) {
        let mut text = String::new();
        let mut words = 0;
        for part in pieces.concat().split_inclusive("WORD") {
            words += usize::from(part.ends_with("WORD"));
            text.push_str(&part.replace("WORD", &format!("word{words}word")));
        }
        let summary = read(&document(&[("AllergiesHeader", "Allergies", &text)])).unwrap();
        let shown = shown(&summary);
        for word in 1..=words {
            prop_assert!(shown.contains(&format!("word{word}word")), "word {word} of {text}\n{shown}");
        }
    }

    /// Damage, or an attack, is refused or read, and never anything else.
    #[test]
    fn a_damaged_document_does_no_harm(
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..80_usize, any::<Vec<u8>>()), 1..6),
        any_bytes: Vec<u8>,
    ) {
        let _refused = read(&any_bytes);
        let mut document = OFFICIAL.as_bytes().to_vec();
        for (at, length, instead) in damage {
            let at = at.index(document.len());
            let end = (at + length).min(document.len());
            document.splice(at..end, instead);
        }
        let _refused_or_read = read(&document);
        let _other_or_not = read_for(&document, "9000000009".parse().unwrap());
    }

    /// The same for JSON that is whole and says something else.
    #[test]
    fn a_document_of_other_values_does_no_harm(
        choices in prop::collection::vec((any::<u16>(), 0..6_u8), 1..8),
    ) {
        let mut bundle: serde_json::Value = serde_json::from_str(OFFICIAL).unwrap();
        for (which, what) in choices {
            let mut left = usize::from(which) % 600;
            replace(&mut bundle, &mut left, what);
        }
        let _refused_or_read = read(bundle.to_string().as_bytes());
    }
}

/// Replaces the value that is so many further on.
fn replace(value: &mut serde_json::Value, left: &mut usize, what: u8) {
    if *left == 0 {
        *value = match what {
            0 => json!(null),
            1 => json!([]),
            2 => json!({}),
            3 => json!(
                "<div xmlns=\"http://www.w3.org/1999/xhtml\"><table><tr><td/></tr></table></div>"
            ),
            4 => json!(-1),
            _ => json!([[{ "resource": "x" }]]),
        };
        *left = usize::MAX;
        return;
    }
    *left = left.saturating_sub(usize::from(*left < usize::MAX));
    match value {
        serde_json::Value::Array(values) => {
            for value in values {
                replace(value, left, what);
            }
        }
        serde_json::Value::Object(values) => {
            for (_, value) in values {
                replace(value, left, what);
            }
        }
        _ => {}
    }
}
