//! Documents of every shape that others send, made at random: every text of a clinical section is on the
//! screen once, in its order, under its heading, and every number keeps its digits, its sign, its
//! exponent and its unit.

use super::misread::screen;
use super::*;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// A value as it is written, and as it must be read.
const VALUES: [(&str, &str); 22] = [
    ("plain", "plain"),
    ("12.50 mg", "12.50 mg"),
    ("-3", "-3"),
    ("+4.0", "+4.0"),
    ("0.050 mL", "0.050 mL"),
    ("142 x 10<sup>9</sup>/L", "142 x 10⁹/L"),
    ("10<sup>-12</sup> mol", "10⁻¹² mol"),
    ("500 mg/m<sup>2</sup>", "500 mg/m²"),
    ("SpO<sub>2</sub> 94%", "SpO₂ 94%"),
    ("&frac12; tablet", "½ tablet"),
    ("&lt;0.01%", "<0.01%"),
    ("&ge;&#160;60", "≥ 60"),
    ("1&nbsp;000 units", "1 000 units"),
    ("<del>5 mg</del>", "[struck out: 5 mg]"),
    ("<s>2</s> 3", "[struck out: 2] 3"),
    ("<b>7</b><i>.5</i> g", "7.5 g"),
    ("<![CDATA[8 < 9]]>", "8 < 9"),
    ("<bdi>٢٥٠ ملغ</bdi>", "\u{2068}٢٥٠ ملغ\u{2069}"),
    ("<span dir=\"rtl\">דוד 6</span>", "\u{2067}דוד 6\u{2069}"),
    ("1e-3", "1e-3"),
    ("2026-11-26", "2026-11-26"),
    ("<img src=\"x\"/>", "[Picture that is not shown]"),
];

/// How a table says what its columns are.
#[derive(Clone, Copy, Debug)]
enum Head {
    Top,
    NoGroup,
    Foot,
    Repeated,
    Missing,
}

#[derive(Clone, Debug)]
enum Shape {
    Paragraph(usize),
    Loose(usize),
    Subheading(u8, usize),
    List(bool, Vec<usize>),
    Nested(usize, Vec<usize>),
    Terms(Vec<(usize, usize)>),
    Table {
        caption: bool,
        head: Head,
        columns: usize,
        cells: Vec<usize>,
        group: bool,
        span: bool,
    },
    Inside(Vec<Shape>),
    Struck(Box<Shape>),
}

#[derive(Clone, Debug)]
struct Part {
    shapes: Vec<Shape>,
    nested: Vec<Vec<Shape>>,
    by: u8,
}

fn value() -> impl Strategy<Value = usize> {
    0..VALUES.len()
}

fn shape() -> impl Strategy<Value = Shape> {
    let table = (
        any::<bool>(),
        select(
            &[
                Head::Top,
                Head::NoGroup,
                Head::Foot,
                Head::Repeated,
                Head::Missing,
            ][..],
        ),
        2..5_usize,
        prop::collection::vec(value(), 1..20),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(caption, head, columns, cells, group, span)| Shape::Table {
                caption,
                head,
                columns,
                cells,
                group,
                span,
            },
        );
    let flat = prop_oneof![
        value().prop_map(Shape::Paragraph),
        value().prop_map(Shape::Loose),
        (1..7_u8, value()).prop_map(|(level, value)| Shape::Subheading(level, value)),
        (any::<bool>(), prop::collection::vec(value(), 1..4))
            .prop_map(|(numbered, items)| Shape::List(numbered, items)),
        (value(), prop::collection::vec(value(), 1..3))
            .prop_map(|(item, inner)| Shape::Nested(item, inner)),
        prop::collection::vec((value(), value()), 1..3).prop_map(Shape::Terms),
        table,
    ];
    flat.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Shape::Inside),
            inner.prop_map(|shape| Shape::Struck(Box::new(shape))),
        ]
    })
}

fn part() -> impl Strategy<Value = Part> {
    let shapes = || prop::collection::vec(shape(), 1..4);
    (shapes(), prop::collection::vec(shapes(), 0..2), 0..4_u8)
        .prop_map(|(shapes, nested, by)| Part { shapes, nested, by })
}

/// Writes shapes, and remembers what must be on the screen, in order.
#[derive(Default)]
struct Writer {
    words: usize,
    /// The texts, and whether it may be there more than once.
    expected: Vec<(String, bool)>,
    struck: bool,
}

impl Writer {
    fn text(&mut self, value: usize, again: bool) -> String {
        self.words += 1;
        let (written, read) = VALUES[value];
        // What is struck out as a whole is marked as a whole.
        let read = if self.struck && read.contains("[struck out") {
            read.replace("[struck out: ", "").replace(']', "")
        } else {
            read.to_owned()
        };
        self.expected
            .push((format!("q{}q {read}", self.words), again));
        format!("q{}q {written}", self.words)
    }

    fn shape(&mut self, shape: &Shape) -> String {
        match shape {
            Shape::Paragraph(value) => format!("<p>{}</p>", self.text(*value, false)),
            Shape::Loose(value) => format!(" {} <br/>", self.text(*value, false)),
            Shape::Subheading(level, value) => {
                // It names the table after it too.
                format!("<h{level}>{}</h{level}>", self.text(*value, true))
            }
            Shape::List(numbered, items) => {
                let name = if *numbered { "ol" } else { "ul" };
                let items: Vec<String> = items
                    .iter()
                    .map(|item| format!("<li>{}</li>", self.text(*item, false)))
                    .collect();
                format!("<{name}>{}</{name}>", items.concat())
            }
            Shape::Nested(item, inner) => {
                let item = self.text(*item, false);
                let inner: Vec<String> = inner
                    .iter()
                    .map(|item| format!("<li>{}</li>", self.text(*item, false)))
                    .collect();
                format!("<ul><li>{item}<ul>{}</ul></li></ul>", inner.concat())
            }
            Shape::Terms(terms) => {
                let terms: Vec<String> = terms
                    .iter()
                    .map(|(term, says)| {
                        format!(
                            "<dt>{}</dt><dd>{}</dd>",
                            self.text(*term, false),
                            self.text(*says, false)
                        )
                    })
                    .collect();
                format!("<dl>{}</dl>", terms.concat())
            }
            Shape::Table {
                caption,
                head,
                columns,
                cells,
                group,
                span,
            } => self.table(*caption, *head, *columns, cells, *group, *span),
            Shape::Inside(shapes) => {
                let inner: Vec<String> = shapes.iter().map(|shape| self.shape(shape)).collect();
                format!("<div>{}</div>", inner.concat())
            }
            Shape::Struck(shape) => {
                let before = std::mem::replace(&mut self.struck, true);
                let inner = self.shape(shape);
                self.struck = before;
                format!("<div style=\"text-decoration: line-through\">{inner}</div>")
            }
        }
    }

    fn table(
        &mut self,
        caption: bool,
        head: Head,
        columns: usize,
        cells: &[usize],
        group: bool,
        span: bool,
    ) -> String {
        let mut html = "<table>".to_owned();
        if caption {
            html += &format!("<caption>{}</caption>", self.text(0, true));
        }
        let labels: Vec<String> = (0..columns)
            .map(|_| {
                self.words += 1;
                format!("label{}", self.words)
            })
            .collect();
        let labels = format!(
            "<tr>{}</tr>",
            labels
                .iter()
                .map(|label| format!("<th>{label}</th>"))
                .collect::<String>()
        );
        html += &match head {
            Head::Top | Head::Repeated => format!("<thead>{labels}</thead>"),
            Head::NoGroup => labels.clone(),
            Head::Foot => format!("<tfoot>{labels}</tfoot>"),
            Head::Missing => String::new(),
        };
        html += "<tbody>";
        for (index, row) in cells.chunks(columns).enumerate() {
            if row.len() < columns {
                break;
            }
            if group && index > 0 {
                html += &format!(
                    "<tr><th colspan=\"{columns}\">{}</th></tr>",
                    self.text(0, true)
                );
            }
            html += "<tr>";
            for (at, cell) in row.iter().enumerate() {
                let last_two = span && columns > 2 && at == columns - 2;
                let wide = if last_two { " colspan=\"2\"" } else { "" };
                if span && columns > 2 && at == columns - 1 {
                    continue;
                }
                html += &format!("<td{wide}>{}</td>", self.text(*cell, false));
            }
            html += "</tr>";
            if matches!(head, Head::Repeated) {
                html += &labels;
            }
        }
        html + "</tbody></table>"
    }
}

const KNOWN: [&str; 6] = [
    "AllergiesHeader",
    "RepeatMedsHeader",
    "DiagnosesHeader",
    "ResultsHeader",
    "TreatmentsHeader",
    "LifestyleHeader",
];

/// The title of a section, and the texts that must be there, in order, each with whether it may be there again.
type Expected = (String, Vec<(String, bool)>);

/// A document, and for each of its sections its title and what must be there.
fn written(parts: &[Part]) -> (Vec<u8>, Vec<Expected>) {
    let mut writer = Writer::default();
    let mut sections: Vec<Value> = Vec::new();
    let mut expected = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let title = format!("Title{index}t");
        let code = match (part.by, KNOWN.get(index)) {
            (0, Some(code)) => json!({ "coding": [{ "code": code }] }),
            (1, Some(code)) => {
                json!({ "coding": [{ "system": "http://loinc.org", "code": "1-1" }, { "code": code }] })
            }
            _ => json!({ "coding": [{ "code": format!("Own{index}") }] }),
        };
        writer.expected.clear();
        let body: Vec<String> = part
            .shapes
            .iter()
            .map(|shape| writer.shape(shape))
            .collect();
        let nested: Vec<Value> = part
            .nested
            .iter()
            .map(|shapes| {
                writer.words += 1;
                let title = format!("inner{}i", writer.words);
                writer.expected.push((title.clone(), true));
                let body: Vec<String> = shapes.iter().map(|shape| writer.shape(shape)).collect();
                json!({ "title": title, "text": { "div": format!("<div>{}</div>", body.concat()) } })
            })
            .collect();
        sections.push(json!({
            "title": title, "code": code, "section": nested,
            "text": { "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>", body.concat()) },
        }));
        expected.push((title, std::mem::take(&mut writer.expected)));
    }
    let document = json!({ "resourceType": "Bundle", "entry": [{ "resource": {
        "resourceType": "Composition", "status": "final", "section": sections,
    }}]});
    (document.to_string().into_bytes(), expected)
}

/// Where it stands as a whole, not as the beginning of something longer.
fn whole(text: &str, from: usize, what: &str) -> Option<usize> {
    let found = text.get(from..)?.find(what)?;
    Some(from + found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_on_the_screen_once_in_order_under_its_heading(parts in prop::collection::vec(part(), 1..6)) {
        let (document, expected) = written(&parts);
        let summary = read(&document).unwrap();
        let screen = screen(&summary);
        let contents = screen.find("Go to a part of this summary").unwrap();
        for (index, (title, texts)) in expected.iter().enumerate() {
            // Allergies stand above the list of contents.
            let first = index == 0 && parts[0].by < 2;
            let (mut at, end) = if first { (0, contents) } else { (contents, screen.len()) };
            // Its heading, not its name in the list of contents.
            let next = expected.get(index + 1).map(|(title, _)| title.clone());
            if let Some(first_text) = texts.first() {
                let begins = whole(&screen, at, &first_text.0);
                prop_assert!(begins.is_some(), "{} of {title}\n{screen}\n{}", first_text.0, String::from_utf8_lossy(&document));
                let heading = screen[..begins.unwrap()].rfind(title.as_str());
                prop_assert!(heading.is_some(), "no heading {title}\n{screen}");
            }
            for (text, again) in texts {
                let found = whole(&screen, at, text);
                prop_assert!(found.is_some(), "{text} after {at}\n{screen}\n{}", String::from_utf8_lossy(&document));
                let found = found.unwrap();
                prop_assert!(found < end, "{text} under another heading\n{screen}");
                if let Some(next) = &next && !first {
                    // The next heading comes after it.
                    prop_assert!(screen[found..].contains(next.as_str()), "{text} after {next}\n{screen}");
                }
                at = found + text.len();
                if !again {
                    prop_assert_eq!(screen.matches(text.as_str()).count(), 1, "{} twice\n{}", text, screen);
                }
            }
        }
    }
}

/// As long as `NCRS_FUZZ_SECONDS` says: documents of every shape, damaged in every way, are refused or
/// read, and what is read can be shown.
#[test]
#[ignore = "runs as long as it is told to"]
fn fuzz() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use rand::{Rng, SeedableRng};
    let seconds: u64 = std::env::var("NCRS_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    let mut runner = TestRunner::default();
    let strategy = prop::collection::vec(part(), 1..4);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seconds);
    let pieces = [
        "<",
        ">",
        "</td>",
        "<td>",
        "<tr>",
        "</table>",
        "<table>",
        "&",
        ";",
        "<sup>",
        "</sup>",
        "<!--",
        "]]>",
        "\\\"",
        "\"",
        "{",
        "}",
        "[",
        "]",
        "<li>",
        "</p>",
        "\u{fffd}",
        "<td rowspan=3>",
        "<th colspan=0>",
    ];
    let mut rounds = 0_u64;
    let mut read_at_all = 0_u64;
    while std::time::Instant::now() < until {
        let parts = strategy.new_tree(&mut runner).unwrap().current();
        let (document, _) = written(&parts);
        for _ in 0..20 {
            let mut damaged = document.clone();
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(0..damaged.len());
                let to = (at + rng.random_range(0..30)).min(damaged.len());
                let piece = pieces[rng.random_range(0..pieces.len())];
                match rng.random_range(0..4) {
                    0 => drop(damaged.splice(at..to, [])),
                    1 => drop(damaged.splice(at..at, piece.bytes())),
                    2 => drop(damaged.splice(at..to, piece.bytes())),
                    _ => damaged[at] = rng.random(),
                }
                if damaged.is_empty() {
                    damaged.push(b'{');
                }
            }
            let started = std::time::Instant::now();
            let found = std::panic::catch_unwind(|| {
                read(&damaged)
                    .ok()
                    .map(|summary| app::screens::record::summary::html(&summary).len())
            });
            match found {
                Ok(found) => read_at_all += u64::from(found.is_some()),
                Err(_) => panic!("after {rounds}: {}", String::from_utf8_lossy(&damaged)),
            }
            assert!(
                started.elapsed().as_secs() < 10,
                "slow: {}",
                String::from_utf8_lossy(&damaged)
            );
            rounds += 1;
        }
    }
    assert!(read_at_all > 0, "none of {rounds} was read");
}
