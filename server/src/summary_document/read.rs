//! Reads what a summary states, from whoever wrote it.
//!
//! Nothing is dropped: unknown sections, unknown statements and text outside tables are kept as
//! text, and what is missing is told apart from what is stated to be empty. Where a document cannot
//! be read whole, none of it is shown: half a list of medicines looks like a whole one.

use super::compressed::LARGEST_DOCUMENT;
use super::history::{section_code, section_title};
use domain::NhsNumber;
use domain::summary::{Content, Heading, KnownHeading, Row, Section, Summary, Table};
use roxmltree::{Document, Node};
use serde_json::Value;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Larger than [`LARGEST_DOCUMENT`].
    #[error("the summary is larger than {LARGEST_DOCUMENT} bytes")]
    TooLarge,
    /// Not JSON, or nested too deeply.
    #[error("the summary is not JSON")]
    Json(#[from] serde_json::Error),
    /// No Composition with sections in it.
    #[error("the document has no Composition with sections")]
    NoComposition,
    /// The text of a section is not well-formed XHTML.
    #[error("the text of section {code} is not well-formed")]
    Narrative {
        /// The section's code.
        code: String,
        /// What is wrong with it. Not shown: it may quote the text.
        #[source]
        cause: roxmltree::Error,
    },
    /// Elements inside elements, further than any table needs.
    #[error("the text of section {code} is nested too deeply")]
    TooDeep {
        /// The section's code.
        code: String,
    },
    /// The document is about another patient, or does not say about whom.
    #[error("the document is not about this patient")]
    OtherPatient,
}

/// Furthest nesting of elements that is followed.
const DEEPEST: usize = 64;
/// Most columns that are believed: a table of a summary has five.
const MOST_COLUMNS: usize = 32;

/// What the document states about that patient.
///
/// # Errors
/// As [`read`], and [`ReadError::OtherPatient`] where the document's subject is not that patient.
pub fn read_for(document: &[u8], patient: NhsNumber) -> Result<Summary, ReadError> {
    let bundle = parse(document)?;
    let summary = summary(&bundle)?;
    if subject(&bundle) == Some(patient) {
        Ok(summary)
    } else {
        Err(ReadError::OtherPatient)
    }
}

/// What the document states.
///
/// # Errors
/// Where it cannot be read whole: see [`ReadError`].
pub fn read(document: &[u8]) -> Result<Summary, ReadError> {
    summary(&parse(document)?)
}

fn parse(document: &[u8]) -> Result<Value, ReadError> {
    if document.len() > LARGEST_DOCUMENT {
        return Err(ReadError::TooLarge);
    }
    Ok(serde_json::from_slice(document)?)
}

fn resources<'a>(bundle: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    bundle
        .get("entry")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.get("resource"))
        .filter(move |resource| text_of(resource, "resourceType") == kind)
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The NHS number of the Patient that the Composition is about.
fn subject(bundle: &Value) -> Option<NhsNumber> {
    let composition = resources(bundle, "Composition").next()?;
    let reference = composition.pointer("/subject/reference")?.as_str()?;
    let id = reference.rsplit(['/', ':']).next()?;
    let patient = resources(bundle, "Patient").find(|patient| text_of(patient, "id") == id)?;
    patient
        .get("identifier")?
        .as_array()?
        .iter()
        .filter(|identifier| text_of(identifier, "system").ends_with("nhs-number"))
        .find_map(|identifier| text_of(identifier, "value").parse().ok())
}

fn summary(bundle: &Value) -> Result<Summary, ReadError> {
    let composition = resources(bundle, "Composition")
        .next()
        .ok_or(ReadError::NoComposition)?;
    let mut sections = Vec::new();
    flatten(composition, &mut sections);
    if sections.is_empty() {
        return Err(ReadError::NoComposition);
    }
    let mut reading = Reading::default();
    for section in sections {
        reading.section(section)?;
    }
    Ok(reading.finished())
}

/// Sections in the order of the document, those inside others after their own.
fn flatten<'a>(parent: &'a Value, into: &mut Vec<&'a Value>) {
    for section in parent
        .get("section")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        into.push(section);
        flatten(section, into);
    }
}

/// Something that a section says: a statement outside tables, or a table.
enum Block {
    Statement { id: String, text: String },
    Table(Vec<Row>, Vec<String>),
}

#[derive(Default)]
struct Reading {
    disclaimer: String,
    created: String,
    sent: String,
    author: String,
    practice: String,
    recently_registered: Option<String>,
    withheld: Option<String>,
    statements: Vec<String>,
    sections: Vec<Section>,
}

impl Reading {
    fn section(&mut self, section: &Value) -> Result<(), ReadError> {
        let title = text_of(section, "title").trim().to_owned();
        let coding = section.pointer("/code/coding").and_then(Value::as_array);
        let code = coding
            .into_iter()
            .flatten()
            .map(|coding| text_of(coding, "code"))
            .find(|code| !code.is_empty())
            .unwrap_or(&title)
            .to_owned();
        let mut blocks = blocks(section.pointer("/text/div").and_then(Value::as_str), &code)?;
        if let Some(reason) = section.get("emptyReason") {
            blocks.extend(empty_reason(reason));
        }
        if code == "Title" {
            blocks = self.head(blocks);
            if blocks.is_empty() {
                return Ok(());
            }
        }
        self.body(heading(&code, &title), title, blocks);
        Ok(())
    }

    /// Takes the statements at the head of the document; gives back any tables.
    fn head(&mut self, blocks: Vec<Block>) -> Vec<Block> {
        let mut tables = Vec::new();
        for block in blocks {
            match block {
                Block::Table(..) => tables.push(block),
                Block::Statement { id, text } => {
                    if let Some(text) = self.statement_of_the_whole(&id, text) {
                        if says_withheld(&id, &text) && self.withheld.is_none() {
                            self.withheld = Some(text);
                        } else {
                            self.statements.push(text);
                        }
                    }
                }
            }
        }
        tables
    }

    /// Takes a statement about the document as a whole, wherever it stands; gives back others, and
    /// a second one of a kind.
    fn statement_of_the_whole(&mut self, id: &str, text: String) -> Option<String> {
        let begins = |what: &str| {
            text.get(..what.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(what))
        };
        let place = match id {
            "Disclaimer" => &mut self.disclaimer,
            "CreateTime" => &mut self.created,
            "SendTime" => &mut self.sent,
            "Author" => &mut self.author,
            "Practice" => &mut self.practice,
            "RegistrationStartedStatement" if self.recently_registered.is_none() => {
                self.recently_registered = Some(text);
                return None;
            }
            "" if begins("Summary Created") => &mut self.created,
            "" if begins("Summary Sent") => &mut self.sent,
            "" if begins("Created by") => &mut self.author,
            _ => return Some(text),
        };
        if place.is_empty() {
            *place = text;
            None
        } else {
            Some(text)
        }
    }

    fn body(&mut self, heading: Heading, title: String, blocks: Vec<Block>) {
        let mut withheld = None;
        let mut statements = Vec::new();
        let mut nothing = None;
        let mut tables: Vec<Table> = Vec::new();
        let mut notes = Vec::new();
        let mut left_out = false;
        for block in blocks {
            match block {
                Block::Statement { id, text } => {
                    let Some(text) = self.statement_of_the_whole(&id, text) else {
                        continue;
                    };
                    if says_withheld(&id, &text) && withheld.is_none() {
                        withheld = Some(text);
                    } else if says_nothing(&text) && nothing.is_none() {
                        nothing = Some(text);
                    } else {
                        left_out |= says_left_out(&text);
                        statements.push(text);
                    }
                }
                Block::Table(rows, columns) => {
                    let mut kept = Vec::new();
                    for row in rows {
                        match row {
                            Row::Note(text) if says_withheld("", &text) && withheld.is_none() => {
                                withheld = Some(text)
                            }
                            Row::Note(text) if says_nothing(&text) && nothing.is_none() => {
                                nothing = Some(text)
                            }
                            Row::Note(text) if says_left_out(&text) => {
                                left_out = true;
                                statements.push(text);
                            }
                            Row::Note(text) if columns.is_empty() => notes.push(text),
                            row => kept.push(row),
                        }
                    }
                    match tables.iter_mut().find(|table| table.columns == columns) {
                        Some(table) => table.rows.append(&mut kept),
                        None if kept.is_empty() => {}
                        None => tables.push(Table {
                            columns,
                            rows: kept,
                        }),
                    }
                }
            }
        }
        // A table without columns is text, and stands above the others.
        statements.append(&mut notes);
        let mut tables = tables.into_iter();
        let content = match (tables.next(), nothing) {
            (Some(table), nothing) => {
                // It says both: the rows count, and the statement is kept.
                statements.extend(nothing);
                Content::Table(table)
            }
            (None, Some(nothing)) => Content::NothingStated(nothing),
            (None, None) if left_out || statements.is_empty() => Content::Missing,
            // Text and no table: the text is what it says.
            (None, None) => Content::Table(Table {
                columns: Vec::new(),
                rows: std::mem::take(&mut statements)
                    .into_iter()
                    .map(Row::Note)
                    .collect(),
            }),
        };
        let section = |content: Content, withheld, statements| Section {
            heading: heading.clone(),
            title: title.clone(),
            withheld,
            statements,
            content,
        };
        self.sections.push(section(content, withheld, statements));
        self.sections
            .extend(tables.map(|table| section(Content::Table(table), None, Vec::new())));
    }

    /// Allergies first, the rest in the order of the document, and each missing core heading told.
    fn finished(self) -> Summary {
        let (mut sections, others): (Vec<Section>, Vec<Section>) = self
            .sections
            .into_iter()
            .partition(|section| section.heading == Heading::Known(KnownHeading::Allergies));
        if sections.is_empty() {
            sections.push(missing(KnownHeading::Allergies));
        }
        let allergies = sections.len();
        sections.extend(others);
        let mut after = allergies;
        for known in KnownHeading::CORE.into_iter().skip(1) {
            let last = sections
                .iter()
                .rposition(|section| section.heading == Heading::Known(known));
            match last {
                Some(position) => after = after.max(position + 1),
                None => {
                    sections.insert(after.min(sections.len()), missing(known));
                    after += 1;
                }
            }
        }
        Summary {
            disclaimer: self.disclaimer,
            created: self.created,
            sent: self.sent,
            author: self.author,
            practice: self.practice,
            recently_registered: self.recently_registered,
            withheld: self.withheld,
            statements: self.statements,
            sections,
        }
    }
}

fn missing(known: KnownHeading) -> Section {
    Section {
        heading: Heading::Known(known),
        title: section_title(known).to_owned(),
        withheld: None,
        statements: Vec::new(),
        content: Content::Missing,
    }
}

/// The heading by its code; by its title where there is no code.
fn heading(code: &str, title: &str) -> Heading {
    let bare = title.split(" (For").next().unwrap_or(title);
    KnownHeading::ALL
        .iter()
        .copied()
        .find(|known| section_code(*known) == code || known.code() == code)
        .or_else(|| {
            let by_title = |known: &KnownHeading| section_title(*known).eq_ignore_ascii_case(bare);
            (code == title)
                .then(|| KnownHeading::ALL.iter().copied().find(by_title))
                .flatten()
        })
        .map_or_else(
            || Heading::Other {
                code: code.to_owned(),
                title: if title.is_empty() {
                    code.to_owned()
                } else {
                    title.to_owned()
                },
            },
            Heading::Known,
        )
}

fn says_withheld(id: &str, text: &str) -> bool {
    id.starts_with("WithheldCREItems")
        || text.to_ascii_lowercase().contains("deliberately withheld")
}

fn says_nothing(text: &str) -> bool {
    text.to_ascii_lowercase()
        .starts_with("no relevant information available")
}

fn says_left_out(text: &str) -> bool {
    text.to_ascii_lowercase()
        .contains("not included in this summary")
}

/// FHIR's own way to say that a section is empty and why.
fn empty_reason(reason: &Value) -> Option<Block> {
    let coding = reason.pointer("/coding/0");
    let text = [Some(reason), coding]
        .into_iter()
        .flatten()
        .flat_map(|value| ["text", "display", "code"].map(|key| text_of(value, key)))
        .find(|text| !text.is_empty())?;
    let id = match coding.map(|coding| text_of(coding, "code")) {
        Some("withheld") => "WithheldCREItemsStatement",
        _ => "",
    };
    Some(Block::Statement {
        id: id.to_owned(),
        text: text.to_owned(),
    })
}

/// What the text of a section says, in its order.
fn blocks(div: Option<&str>, code: &str) -> Result<Vec<Block>, ReadError> {
    let Some(div) = div else {
        return Ok(Vec::new());
    };
    let div = with_entities_resolved(div);
    let document = Document::parse(&div).map_err(|cause| ReadError::Narrative {
        code: code.to_owned(),
        cause,
    })?;
    // Below, elements are followed into their children: not without end.
    if document
        .descendants()
        .any(|node| node.ancestors().nth(DEEPEST).is_some())
    {
        return Err(ReadError::TooDeep {
            code: code.to_owned(),
        });
    }
    let mut found = Vec::new();
    blocks_of(document.root_element(), &mut found);
    Ok(found)
}

/// HTML names some characters that XML does not know; only these occur in clinical text.
fn with_entities_resolved(div: &str) -> String {
    const NAMED: [(&str, &str); 16] = [
        ("&nbsp;", "\u{a0}"),
        ("&pound;", "£"),
        ("&deg;", "°"),
        ("&micro;", "µ"),
        ("&plusmn;", "±"),
        ("&frac12;", "½"),
        ("&ndash;", "–"),
        ("&mdash;", "—"),
        ("&lsquo;", "‘"),
        ("&rsquo;", "’"),
        ("&ldquo;", "“"),
        ("&rdquo;", "”"),
        ("&hellip;", "…"),
        ("&bull;", "•"),
        ("&times;", "×"),
        ("&middot;", "·"),
    ];
    if !div.contains('&') {
        return div.to_owned();
    }
    NAMED
        .iter()
        .fold(div.to_owned(), |text, (name, character)| {
            text.replace(name, character)
        })
}

fn is(node: &Node, name: &str) -> bool {
    node.is_element() && node.tag_name().name().eq_ignore_ascii_case(name)
}

/// An element that stands by itself, so that text before and after it is not one sentence.
fn stands_alone(node: &Node) -> bool {
    const ALONE: [&str; 20] = [
        "table",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "section",
        "pre",
        "blockquote",
        "hr",
        "form",
    ];
    node.is_element() && ALONE.iter().any(|name| is(node, name))
}

fn blocks_of(node: Node, found: &mut Vec<Block>) {
    if is(&node, "table") {
        table(node, found);
        return;
    }
    let id = node.attribute("id").unwrap_or_default().to_owned();
    if !node.descendants().skip(1).any(|inner| stands_alone(&inner)) {
        state(found, id, words(node));
        return;
    }
    // Text between the elements that stand alone is a statement of its own.
    let mut running = String::new();
    for child in node.children() {
        if stands_alone(&child) || child.descendants().any(|inner| stands_alone(&inner)) {
            state(found, String::new(), tidy(&std::mem::take(&mut running)));
            blocks_of(child, found);
        } else {
            gather(child, &mut running);
        }
    }
    state(found, String::new(), tidy(&running));
}

fn state(found: &mut Vec<Block>, id: String, text: String) {
    if !text.is_empty() {
        found.push(Block::Statement { id, text });
    }
}

/// All text in it, whatever its elements: markup never becomes more than text.
fn words(node: Node) -> String {
    let mut text = String::new();
    gather(node, &mut text);
    tidy(&text)
}

fn gather(node: Node, into: &mut String) {
    for inner in node.descendants() {
        if let (true, Some(text)) = (inner.is_text(), inner.text()) {
            into.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
        } else if is(&inner, "br") || stands_alone(&inner) || is(&inner, "tr") {
            into.push('\n');
        } else if is(&inner, "td") || is(&inner, "th") {
            into.push(' ');
        } else if is(&inner, "img") {
            into.push_str(inner.attribute("alt").unwrap_or_default());
        }
    }
}

/// One space between words, and line breaks where the text had them.
fn tidy(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A cell that reaches into the rows below it.
#[derive(Clone)]
struct Reaching {
    rows: usize,
    text: String,
}

fn span(cell: Node, name: &str) -> usize {
    cell.attribute(name)
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(1)
        .clamp(1, MOST_COLUMNS)
}

/// Whether it is a row of the table, and not of one inside it.
fn own_row(node: Node, table: Node) -> bool {
    is(&node, "tr") && node.ancestors().skip(1).find(|outer| is(outer, "table")) == Some(table)
}

/// Whether it is inside a cell or the caption of the table, where text belongs.
fn in_cell(inner: Node, table: Node) -> bool {
    inner
        .ancestors()
        .skip(1)
        .take_while(|outer| *outer != table)
        .any(|outer| {
            outer.parent_element().is_some_and(|parent| {
                own_row(parent, table) || (is(&outer, "caption") && parent == table)
            })
        })
}

fn table(node: Node, found: &mut Vec<Block>) {
    let mut columns: Vec<String> = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut reaching: Vec<Option<Reaching>> = Vec::new();
    for caption in node.children().filter(|child| is(child, "caption")) {
        state(found, String::new(), words(caption));
    }
    for stray in node
        .descendants()
        .filter(|inner| inner.is_text() && !in_cell(*inner, node))
    {
        state(found, String::new(), words(stray));
    }
    for row in node.descendants().filter(|inner| own_row(*inner, node)) {
        let cells: Vec<Node> = row.children().filter(Node::is_element).collect();
        let in_head = row.ancestors().any(|outer| is(&outer, "thead"))
            || cells.iter().all(|cell| is(cell, "th"));
        if columns.is_empty() && rows.is_empty() && in_head && cells.len() > 1 {
            columns = cells.iter().map(|cell| words(*cell)).collect();
            continue;
        }
        let nothing_reaches = reaching.iter().all(Option::is_none);
        if let [only] = cells[..]
            && nothing_reaches
            && (columns.len() != 1 || span(only, "colspan") > 1)
        {
            let text = words(only);
            if !text.is_empty() {
                rows.push(Row::Note(text));
            }
            continue;
        }
        let values = values(&cells, &mut reaching);
        if values.iter().any(|value| !value.is_empty()) {
            rows.push(Row::Entry(values));
        }
    }
    let widest = rows
        .iter()
        .map(|row| {
            if let Row::Entry(cells) = row {
                cells.len()
            } else {
                0
            }
        })
        .max()
        .unwrap_or(0);
    if widest > columns.len() {
        columns.resize(widest, String::new());
    }
    for row in &mut rows {
        if let Row::Entry(cells) = row {
            cells.resize(columns.len(), String::new());
        }
    }
    found.push(Block::Table(rows, columns));
}

/// The cells of a row in their columns: those that reach down from above are in their places, and
/// one that is several columns wide leaves the rest of its columns empty.
fn values(cells: &[Node], reaching: &mut Vec<Option<Reaching>>) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let mut cells = cells.iter();
    loop {
        if let Some(place) = reaching.get_mut(values.len())
            && let Some(from_above) = place
        {
            values.push(from_above.text.clone());
            from_above.rows -= 1;
            if from_above.rows == 0 {
                *place = None;
            }
            continue;
        }
        let Some(cell) = cells.next() else {
            // Cells from above may still stand to the right of the last one here.
            let further = reaching.iter().skip(values.len()).any(Option::is_some);
            if further {
                values.push(String::new());
                continue;
            }
            return values;
        };
        let text = words(*cell);
        let rows_below = span(*cell, "rowspan") - 1;
        for column in 0..span(*cell, "colspan") {
            let text = if column == 0 {
                text.clone()
            } else {
                String::new()
            };
            if rows_below > 0 {
                if reaching.len() <= values.len() {
                    reaching.resize(values.len() + 1, None);
                }
                if let Some(place) = reaching.get_mut(values.len()) {
                    *place = Some(Reaching {
                        rows: rows_below,
                        text: text.clone(),
                    });
                }
            }
            values.push(text);
        }
    }
}
