//! Tables, as people make them: with headings at the top, at the foot, at the side, twice or not at
//! all; with cells that span; with headings for groups of rows. A row keeps everything that says what
//! it means, and where that is not certain the cells stay as they came.

use super::blocks::{Block, CAPTION, Found, GROUP, blocks_of, state};
use super::markup::{Element, Node};
use super::text::{Around, folded, words, words_of};
use domain::summary::{Part, Row, Table};

/// Most columns that are believed: a table of a summary has five.
const MOST_COLUMNS: usize = 32;
/// Most rows that a cell is believed to reach down.
const MOST_ROWS: usize = 2_000;
/// Most text that is repeated because its cell reaches down, in bytes.
const MOST_REPEATED: usize = 1024 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    Body,
    Foot,
}

/// A row as it was written, or text that stands in none.
enum Raw<'a> {
    Row {
        place: Place,
        /// The how manieth group of rows it is in.
        group: usize,
        cells: Vec<&'a Element>,
        around: Around,
    },
    Stray(String),
}

struct Cell {
    text: String,
    heading: bool,
    bold: bool,
    /// How many columns it is wide: the others hold nothing.
    wide: usize,
    /// It began in a row above.
    from_above: bool,
}

struct Line {
    place: Place,
    group: usize,
    /// One for each column; those that a wide one covers are left out.
    cells: Vec<Cell>,
}

impl Line {
    fn own(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| !cell.from_above)
    }

    /// The only cell that begins in this row, if it is one.
    fn only(&self) -> Option<&Cell> {
        let mut own = self.own();
        match (own.next(), own.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.wide).sum()
    }

    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.is_empty())
    }

    /// Whether every cell says that it is the heading of a column.
    fn all_headings(&self) -> bool {
        self.cells.iter().all(|cell| cell.heading)
    }

    /// The text of each column, a wide one repeated in each of its columns.
    fn repeated(&self) -> Vec<String> {
        self.cells
            .iter()
            .flat_map(|cell| std::iter::repeat_n(cell.text.clone(), cell.wide))
            .collect()
    }
}

enum Item {
    Line(Line),
    Stray(String),
}

pub(super) fn table(table: &Element, around: Around, found: &mut Found) {
    let inside = around.inside(table);
    let mut captions = Vec::new();
    let mut raw = Vec::new();
    let mut groups = 0;
    collect(
        table,
        Place::Body,
        inside,
        &mut groups,
        &mut captions,
        &mut raw,
    );
    if is_layout(&raw) {
        for caption in captions {
            state(found, "", caption);
        }
        for item in raw {
            match item {
                Raw::Stray(text) => state(found, "", text),
                Raw::Row { cells, around, .. } => {
                    for cell in cells {
                        blocks_of(cell, around, found);
                    }
                }
            }
        }
        return;
    }
    let mut reading = Reading {
        found,
        columns: Vec::new(),
        rows: Vec::new(),
        marked: !captions.is_empty(),
        unused: false,
    };
    for caption in captions {
        reading.subheading(CAPTION, caption);
    }
    // What is at the foot comes last, wherever it was written.
    let (foot, others): (Vec<Raw>, Vec<Raw>) = raw.into_iter().partition(|item| {
        matches!(
            item,
            Raw::Row {
                place: Place::Foot,
                ..
            }
        )
    });
    let items = lines(others.into_iter().chain(foot).collect());
    reading.items(items);
    if reading.marked {
        found.end_captions();
    }
}

fn collect<'a>(
    from: &'a Element,
    place: Place,
    around: Around,
    groups: &mut usize,
    captions: &mut Vec<String>,
    raw: &mut Vec<Raw<'a>>,
) {
    for child in &from.children {
        let Node::Element(element) = child else {
            let text = words_of([child], around);
            if !text.is_empty() {
                raw.push(Raw::Stray(text));
            }
            continue;
        };
        let inside = around.inside(element);
        match element.name.as_str() {
            "caption" => {
                let text = words(element, around);
                if !text.is_empty() {
                    captions.push(text);
                }
            }
            "tr" => {
                for stray in &element.children {
                    if let Node::Text(_) = stray {
                        let text = words_of([stray], inside);
                        if !text.is_empty() {
                            raw.push(Raw::Stray(text));
                        }
                    }
                }
                raw.push(Raw::Row {
                    place,
                    group: *groups,
                    cells: element.elements().collect(),
                    around: inside,
                });
            }
            name => {
                let place = match name {
                    "thead" => Place::Head,
                    "tfoot" => Place::Foot,
                    "tbody" => Place::Body,
                    _ if element.has(&|inner| inner.is("tr")) && !element.is_any(&["td", "th"]) => {
                        place
                    }
                    _ => {
                        let text = words_of([child], around);
                        if !text.is_empty() {
                            raw.push(Raw::Stray(text));
                        }
                        continue;
                    }
                };
                *groups += 1;
                collect(element, place, inside, groups, captions, raw);
            }
        }
    }
}

/// A table that only arranges others: a cell in each row, with tables in them.
fn is_layout(raw: &[Raw]) -> bool {
    let mut nested = false;
    let single = raw.iter().all(|item| match item {
        Raw::Stray(_) => true,
        Raw::Row { cells, .. } => {
            nested |= cells
                .iter()
                .any(|cell| cell.has(&|inner| inner.is("table")));
            cells.len() <= 1
        }
    });
    single && nested
}

fn span(cell: &Element, name: &str, most: usize) -> usize {
    match cell
        .attribute(name)
        .map(|text| text.trim().parse::<usize>())
    {
        // To the end.
        Some(Ok(0)) => most,
        Some(Ok(span)) => span.min(most),
        Some(Err(_)) | None => 1,
    }
}

/// Whether all that it says is in bold letters.
fn is_bold(element: &Element) -> bool {
    let bold = |inner: &Element| inner.is_any(&["b", "strong"]);
    let mut some = false;
    element.children.iter().all(|child| match child {
        Node::Text(text) => text.trim().is_empty(),
        Node::Element(inner) => {
            some = true;
            bold(inner) || is_bold(inner)
        }
    }) && some
}

/// A cell that reaches into the rows below it.
#[derive(Clone)]
struct Reaching {
    rows: usize,
    text: String,
    heading: bool,
    wide: usize,
}

/// The rows with their cells in their columns: one that reaches down is repeated in each of its rows.
fn lines(raw: Vec<Raw>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut reaching: Vec<(usize, Reaching)> = Vec::new();
    let mut group_before = None;
    let mut repeated = 0;
    for item in raw {
        let (place, group, cells, around) = match item {
            Raw::Stray(text) => {
                items.push(Item::Stray(text));
                continue;
            }
            Raw::Row {
                place,
                group,
                cells,
                around,
            } => (place, group, cells, around),
        };
        if group_before != Some((place, group)) {
            reaching.clear();
            group_before = Some((place, group));
        }
        let mut line = Line {
            place,
            group,
            cells: Vec::new(),
        };
        let mut below: Vec<(usize, Reaching)> = Vec::new();
        let mut column = 0;
        let mut cells = cells.into_iter();
        loop {
            let above = reaching.iter().position(|(at, _)| *at == column);
            if let Some(above) = above {
                let (at, mut from_above) = reaching.swap_remove(above);
                line.cells.push(Cell {
                    text: from_above.text.clone(),
                    heading: from_above.heading,
                    bold: false,
                    wide: from_above.wide,
                    from_above: true,
                });
                column += from_above.wide;
                from_above.rows -= 1;
                repeated += from_above.text.len();
                if repeated > MOST_REPEATED {
                    from_above.text.clear();
                }
                if from_above.rows > 0 {
                    below.push((at, from_above));
                }
                continue;
            }
            let Some(cell) = cells.next() else {
                // Cells from above may still stand to the right of the last one here.
                match reaching
                    .iter()
                    .map(|(at, _)| *at)
                    .filter(|at| *at > column)
                    .min()
                {
                    Some(next) if next < MOST_COLUMNS * 4 => {
                        line.cells.push(empty(next - column));
                        column = next;
                        continue;
                    }
                    _ => break,
                }
            };
            let next_above = reaching
                .iter()
                .map(|(at, _)| *at)
                .filter(|at| *at > column)
                .min()
                .unwrap_or(usize::MAX);
            let wide = span(cell, "colspan", MOST_COLUMNS)
                .max(1)
                .min(next_above.saturating_sub(column));
            let text = words(cell, around);
            let heading = cell.is("th");
            let rows = span(cell, "rowspan", MOST_ROWS).max(1) - 1;
            if rows > 0 && below.len() < MOST_COLUMNS {
                below.push((
                    column,
                    Reaching {
                        rows,
                        text: text.clone(),
                        heading,
                        wide,
                    },
                ));
            }
            line.cells.push(Cell {
                text,
                heading,
                bold: is_bold(cell),
                wide,
                from_above: false,
            });
            column += wide;
        }
        reaching = below;
        items.push(Item::Line(line));
    }
    items
}

fn empty(wide: usize) -> Cell {
    Cell {
        text: String::new(),
        heading: false,
        bold: false,
        wide,
        from_above: true,
    }
}

struct Reading<'a> {
    found: &'a mut Found,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// It has a caption, or headings for groups of its rows.
    marked: bool,
    /// The headings of the columns have had no row yet.
    unused: bool,
}

impl Reading<'_> {
    fn subheading(&mut self, level: u8, text: String) {
        self.flush();
        self.marked = true;
        self.found.push(Block::of(Part::Subheading { level, text }));
    }

    /// What was read so far stands as a table.
    fn flush(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let mut rows = std::mem::take(&mut self.rows);
        let mut columns = self.columns.clone();
        let widest = rows.iter().map(width_of).max().unwrap_or(0);
        if widest > columns.len() {
            columns.resize(widest, String::new());
        }
        for row in &mut rows {
            if let Row::Entry(cells) = row {
                cells.resize(columns.len(), String::new());
            }
        }
        self.found
            .push(Block::of(Part::Table(Table { columns, rows })));
    }

    fn statement(&mut self, text: String) {
        self.flush();
        state(self.found, "", text);
    }

    fn items(&mut self, mut items: Vec<Item>) {
        let width = items
            .iter()
            .map(|item| match item {
                Item::Line(line) => line.width(),
                Item::Stray(_) => 0,
            })
            .max()
            .unwrap_or(0);
        items.retain(|item| !matches!(item, Item::Line(line) if line.is_empty()));
        if width > MOST_COLUMNS {
            for item in items {
                self.statement(match item {
                    Item::Stray(text) => text,
                    Item::Line(line) => in_a_line(line),
                });
            }
            return;
        }
        let heads = self.take_headings(&mut items, width);
        if heads.is_empty() && !items.is_empty() {
            return self.without_headings(items, width);
        }
        self.head(heads);
        self.body(items, width);
        self.head(Vec::new());
    }

    /// The headings of the columns from here on. Those before that had no row are kept as text, unless
    /// they are what columns are usually called: then they say nothing.
    fn head(&mut self, columns: Vec<String>) {
        self.flush();
        let before = std::mem::replace(&mut self.columns, columns);
        if self.unused
            && !before
                .iter()
                .all(|label| label.is_empty() || is_label(label))
        {
            let before: Vec<String> = before
                .into_iter()
                .filter(|label| !label.is_empty())
                .collect();
            state(self.found, "", before.join(" | "));
        }
        self.unused = true;
    }

    /// Takes the rows that are the headings of the columns, wherever they stand; rows across all
    /// columns above them are what the table is called.
    fn take_headings(&mut self, items: &mut Vec<Item>, width: usize) -> Vec<String> {
        let mut heads: Vec<Vec<String>> = Vec::new();
        let mut before = Vec::new();
        let mut rest = std::mem::take(items).into_iter().peekable();
        while let Some(item) = rest.next_if(|item| match item {
            Item::Stray(_) => true,
            Item::Line(line) => {
                let data = !line.cells.iter().any(|cell| cell.heading);
                let is_across = line.only().is_some() && width > 1;
                match line.place {
                    Place::Head => !data || heads.is_empty(),
                    Place::Body | Place::Foot if is_across => {
                        heads.is_empty() && line.all_headings() && line.place == Place::Body
                    }
                    Place::Body => line.all_headings(),
                    Place::Foot => false,
                }
            }
        }) {
            match item {
                Item::Stray(text) => before.push(Item::Stray(text)),
                Item::Line(line) if line.only().is_some() && width > 1 => {
                    before.push(Item::Line(line));
                }
                Item::Line(line) => heads.push(line.repeated()),
            }
        }
        let mut rest: Vec<Item> = rest.collect();
        if heads.is_empty() {
            // At the foot, where some put them to see them on every page.
            let at = rest.iter().position(|item| {
                matches!(item, Item::Line(line) if line.place == Place::Foot && line.all_headings() && line.cells.len() > 1)
            });
            if let Some(at) = at
                && let Item::Line(line) = rest.remove(at)
            {
                heads.push(line.repeated());
            }
        }
        if heads.is_empty() {
            // The first row where it holds nothing but the names of columns, or is the only one in bold.
            let mut lines = rest.iter().filter_map(|item| match item {
                Item::Line(line) if line.only().is_none() => Some(line),
                _ => None,
            });
            let first = lines.next();
            let names = first.is_some_and(|line| {
                let labels = line.cells.iter().filter(|cell| is_label(&cell.text));
                labels.count() > 1
                    && line
                        .cells
                        .iter()
                        .all(|cell| is_label(&cell.text) || cell.text.is_empty())
            });
            let bold = |line: &Line| {
                line.cells
                    .iter()
                    .all(|cell| cell.bold || cell.text.is_empty())
            };
            let bold = first.is_some_and(bold) && lines.next().is_some_and(|line| !bold(line));
            if names || bold {
                let at = rest
                    .iter()
                    .position(|item| matches!(item, Item::Line(line) if line.only().is_none()));
                if let Some(at) = at
                    && let Item::Line(line) = rest.remove(at)
                {
                    heads.push(line.repeated());
                }
            }
        }
        // Where everything is a heading, nothing is.
        let all_headings = rest.is_empty() && heads.len() > 1;
        if all_headings {
            let cells = |texts: Vec<String>| Line {
                place: Place::Body,
                group: 0,
                cells: texts
                    .into_iter()
                    .map(|text| Cell {
                        text,
                        heading: true,
                        bold: false,
                        wide: 1,
                        from_above: false,
                    })
                    .collect(),
            };
            rest = heads.drain(..).map(cells).map(Item::Line).collect();
        }
        let is_headed = !heads.is_empty();
        for item in before {
            match item {
                Item::Line(line) if is_headed => self.subheading(CAPTION, in_a_line(line)),
                Item::Stray(text) if is_headed => self.statement(text),
                item => items.push(item),
            }
        }
        items.append(&mut rest);
        joined(heads)
    }

    /// Rows under the headings of their columns.
    fn body(&mut self, items: Vec<Item>, width: usize) {
        let mut groups = GroupsSeen::default();
        for item in items {
            let line = match item {
                Item::Stray(text) => {
                    self.statement(text);
                    continue;
                }
                Item::Line(line) => line,
            };
            let first_of_group = groups.is_first(&line);
            if line.place == Place::Foot {
                let repeated = line.repeated();
                if same(&repeated, &self.columns) {
                    continue;
                }
                self.statement(in_a_line(line));
                continue;
            }
            if let Some(only) = line.only()
                && width > 1
            {
                let text = only.text.clone();
                let has_entry = self.rows.iter().any(|row| matches!(row, Row::Entry(_)));
                let below_entry = line.cells.len() > 1;
                // It began above, so it is part of the entry that began there.
                if (below_entry && only.wide > 1 || is_note(&text) && !only.heading) && has_entry {
                    if !text.is_empty() {
                        self.rows.push(Row::Note(text));
                    }
                    continue;
                }
                if !below_entry {
                    let heads_group =
                        only.heading || only.bold || (first_of_group && groups.count > 1);
                    if heads_group && !text.is_empty() {
                        self.subheading(GROUP, text);
                    } else {
                        self.statement(text);
                    }
                    continue;
                }
            }
            let repeated = line.repeated();
            if same(&repeated, &self.columns) {
                // The headings once more.
                continue;
            }
            if line.all_headings() && line.cells.len() > 1 {
                self.head(repeated);
                continue;
            }
            let entry = self.entry(line);
            self.unused = false;
            self.rows.push(Row::Entry(entry));
        }
    }

    /// The cells of a row in their columns. What is several columns wide stands in the first and names
    /// the others.
    fn entry(&self, line: Line) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for cell in line.cells {
            let labels: Vec<&String> = self
                .columns
                .iter()
                .skip(values.len())
                .take(cell.wide)
                .filter(|label| !label.is_empty())
                .collect();
            let several = labels.windows(2).any(|pair| match pair {
                [one, other] => one != other,
                _ => false,
            });
            let text = if cell.wide > 1 && several && !cell.text.is_empty() {
                let labels: Vec<&str> = labels.into_iter().map(String::as_str).collect();
                format!("{} ({})", cell.text, labels.join(", "))
            } else {
                cell.text
            };
            values.push(text);
            values.extend(std::iter::repeat_n(String::new(), cell.wide - 1));
        }
        values
    }

    /// Without headings of columns: turned by a quarter, a list in one column, or as it came.
    fn without_headings(&mut self, items: Vec<Item>, width: usize) {
        if width <= 1 {
            let mut texts = Vec::new();
            for item in items {
                match item {
                    Item::Stray(text) => texts.push(text),
                    Item::Line(line) => {
                        texts.extend(line.cells.into_iter().map(|cell| cell.text));
                    }
                }
            }
            texts.retain(|text| !text.is_empty());
            if texts.len() < 2 {
                for text in texts {
                    self.statement(text);
                }
            } else {
                self.found.push(Block::of(Part::List {
                    first: None,
                    items: texts,
                }));
            }
            return;
        }
        let mut groups = GroupsSeen::default();
        let mut grid: Vec<Line> = Vec::new();
        for item in items {
            match item {
                Item::Stray(text) => {
                    self.side_or_grid(std::mem::take(&mut grid));
                    self.statement(text);
                }
                Item::Line(line) => {
                    let first_of_group = groups.is_first(&line);
                    match line.only() {
                        Some(only) if line.cells.len() == 1 => {
                            let heads =
                                only.heading || only.bold || (first_of_group && groups.count > 1);
                            let text = only.text.clone();
                            self.side_or_grid(std::mem::take(&mut grid));
                            if heads {
                                self.subheading(GROUP, text);
                            } else {
                                self.statement(text);
                            }
                        }
                        _ => grid.push(line),
                    }
                }
            }
        }
        self.side_or_grid(grid);
    }

    /// Rows whose first cell is the heading of the others: turned so that each is a row; where that is
    /// not certain, as they came.
    fn side_or_grid(&mut self, lines: Vec<Line>) {
        if lines.is_empty() {
            return;
        }
        let labels: Vec<String> = lines
            .iter()
            .map(|line| {
                line.cells
                    .first()
                    .map(|cell| cell.text.clone())
                    .unwrap_or_default()
            })
            .collect();
        let all_headings = lines.iter().all(|line| {
            line.cells
                .first()
                .is_some_and(|cell| cell.heading || cell.bold)
                && line.cells.iter().skip(1).all(|cell| !cell.heading)
        });
        let known = labels.iter().filter(|label| is_label(label)).count();
        let mut distinct: Vec<String> = labels.iter().map(|label| folded(label)).collect();
        distinct.sort();
        distinct.dedup();
        let narrow = |line: &Line| line.cells.first().is_some_and(|cell| cell.wide == 1);
        let is_side = distinct.len() == labels.len()
            && lines.iter().all(narrow)
            && (all_headings && known > 0 || known == labels.len() && known > 1);
        let texts: Vec<Vec<String>> = lines.iter().map(values).collect();
        if !is_side {
            self.found.push(Block::of(Part::Grid(texts)));
            return;
        }
        let width = texts.iter().map(Vec::len).max().unwrap_or(0);
        let repeated: Vec<Vec<String>> = lines.iter().map(Line::repeated).collect();
        let rows = (1..width)
            .map(|column| {
                repeated
                    .iter()
                    .map(|cells| cells.get(column).cloned().unwrap_or_default())
                    .collect::<Vec<_>>()
            })
            .filter(|cells| cells.iter().any(|cell| !cell.is_empty()))
            .map(Row::Entry)
            .collect();
        self.columns = labels;
        self.rows = rows;
        self.flush();
        self.columns = Vec::new();
    }
}

/// What a row says, as text.
fn in_a_line(line: Line) -> String {
    let texts: Vec<String> = line
        .cells
        .into_iter()
        .map(|cell| cell.text)
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(" | ")
}

/// The text of each column; those that a wide one covers are empty.
fn values(line: &Line) -> Vec<String> {
    line.cells
        .iter()
        .flat_map(|cell| {
            std::iter::once(cell.text.clone())
                .chain(std::iter::repeat_n(String::new(), cell.wide - 1))
        })
        .collect()
}

#[derive(Default)]
struct GroupsSeen {
    last: Option<usize>,
    count: usize,
}

impl GroupsSeen {
    /// Whether it is the first row of its group.
    fn is_first(&mut self, line: &Line) -> bool {
        let first = self.last != Some(line.group);
        if first {
            self.last = Some(line.group);
            self.count += 1;
        }
        first
    }
}

fn width_of(row: &Row) -> usize {
    match row {
        Row::Entry(cells) => cells.len(),
        Row::Note(_) => 0,
    }
}

/// Several rows of headings as one: each column has the texts above it, once.
fn joined(heads: Vec<Vec<String>>) -> Vec<String> {
    let width = heads.iter().map(Vec::len).max().unwrap_or(0);
    (0..width)
        .map(|column| {
            let mut texts: Vec<&str> = Vec::new();
            for head in &heads {
                if let Some(text) = head.get(column)
                    && !text.is_empty()
                    && !texts.iter().any(|before| folded(before) == folded(text))
                {
                    texts.push(text);
                }
            }
            texts.join(": ")
        })
        .collect()
}

/// Whether it is a row of the same headings.
fn same(repeated: &[String], columns: &[String]) -> bool {
    repeated.len() == columns.len()
        && !columns.iter().all(String::is_empty)
        && repeated
            .iter()
            .zip(columns)
            .all(|(one, other)| folded(one) == folded(other))
}

/// A row across the table that belongs to the entry above it, in the words of GP systems.
fn is_note(text: &str) -> bool {
    let text = folded(text);
    [
        "reason for",
        "reason:",
        "discontinued:",
        "discontinued on",
        "indication:",
    ]
    .iter()
    .any(|begin| text.starts_with(begin))
}

/// Whether it is what a column is usually called.
fn is_label(text: &str) -> bool {
    let text = folded(text);
    LABELS.contains(&text.trim_end_matches([':', '.']).trim())
}

const LABELS: [&str; 84] = [
    "additional information",
    "administered",
    "agent",
    "allergen",
    "allergy",
    "author",
    "category",
    "causative agent",
    "certainty",
    "clinical status",
    "code",
    "comment",
    "comments",
    "condition",
    "criticality",
    "date",
    "date ended",
    "date issued",
    "date of onset",
    "date prescribed",
    "date recorded",
    "date started",
    "date stopped",
    "description",
    "description of the reaction",
    "details",
    "diagnosis",
    "directions",
    "dosage",
    "dosage instructions",
    "dose",
    "drug",
    "drug name",
    "end",
    "end date",
    "ended",
    "event",
    "form",
    "frequency",
    "indication",
    "information",
    "instructions",
    "issued",
    "item",
    "last issued",
    "manifestation",
    "medication",
    "medication item",
    "medicine",
    "medicine name",
    "name",
    "note",
    "notes",
    "number",
    "onset",
    "period",
    "prescribed",
    "prescribed by",
    "problem",
    "procedure",
    "quantity",
    "range",
    "reaction",
    "reactions",
    "reason",
    "recorded",
    "recorded by",
    "reference range",
    "result",
    "route",
    "severity",
    "start",
    "start date",
    "started",
    "status",
    "strength",
    "substance",
    "supporting information",
    "test",
    "type",
    "unit",
    "units",
    "value",
    "when",
];
