//! What the text of a section says, part by part, in its order.

use super::markup::{Element, Markup, Node, markup};
use super::table;
use super::text::{Around, first_number, stands_alone, tidy, words, words_of};
use domain::summary::{Part, Remark, Term};

/// A part of a section, with the id of the element that it came from.
pub(super) struct Block {
    pub(super) id: String,
    pub(super) part: Part,
}

impl Block {
    pub(super) fn of(part: Part) -> Self {
        Self {
            id: String::new(),
            part,
        }
    }
}

/// Subheadings of nested sections have the lowest numbers, then those of the text.
pub(super) const IN_TEXT: u8 = 10;
/// The caption of a table: of that table only.
pub(super) const CAPTION: u8 = 17;
/// Rows of a table under a row that is their heading.
pub(super) const GROUP: u8 = 18;

/// What was found so far.
#[derive(Default)]
pub(super) struct Found {
    blocks: Vec<Block>,
    /// The last table had a caption, or headings for groups of its rows: they end with it.
    captioned: bool,
}

impl Found {
    /// Adds it. A caption is of its own table: what comes next without a heading is kept apart from it.
    pub(super) fn push(&mut self, block: Block) {
        match &block.part {
            Part::Subheading { .. } => self.captioned = false,
            Part::Table(_) | Part::Grid(_) | Part::List { .. } | Part::Terms(_)
                if self.captioned =>
            {
                self.captioned = false;
                self.blocks.push(Block::of(Part::Subheading {
                    level: CAPTION,
                    text: "Without a heading".to_owned(),
                }));
            }
            _ => {}
        }
        self.blocks.push(block);
    }

    /// A table with a caption, or with headings for groups of its rows, is over.
    pub(super) fn end_captions(&mut self) {
        self.captioned = true;
    }
}

/// What the text of a section says.
pub(super) fn blocks(div: &str) -> Vec<Block> {
    let Markup {
        root,
        damaged,
        unsure,
    } = markup(div);
    if damaged {
        let mut lines = Vec::new();
        lines_of(&root, Around::default(), &mut lines);
        let lines = lines.into_iter().map(Part::Statement);
        return std::iter::once(Part::Remark(Remark::Damaged))
            .chain(lines)
            .map(Block::of)
            .collect();
    }
    let mut found = Found::default();
    if unsure {
        found.push(Block::of(Part::Remark(Remark::Unsure)));
    }
    blocks_of(&root, Around::default(), &mut found);
    found.blocks
}

/// The text of what is damaged: a line for each row and each other element that stands by itself.
fn lines_of(element: &Element, around: Around, lines: &mut Vec<String>) {
    let inside = around.inside(element);
    if element.is("tr") {
        let cells: Vec<String> = element
            .elements()
            .map(|cell| words(cell, inside).replace('\n', " "))
            .collect();
        let row: String = words_of(&element.children, inside);
        // Text between the cells belongs to the line too: then the line is taken as it is.
        let line = if element.children.iter().all(|child| match child {
            Node::Element(_) => true,
            Node::Text(text) => tidy(text).is_empty(),
        }) {
            cells.join(" | ")
        } else {
            row
        };
        if line.chars().any(|c| c != '|' && !c.is_whitespace()) {
            lines.push(line);
        }
        return;
    }
    in_pieces(element, |piece| match piece {
        Piece::Inline(nodes) => {
            let text = words_of(nodes, inside);
            if !text.is_empty() {
                lines.push(text);
            }
        }
        Piece::Alone(child) => lines_of(child, inside, lines),
    });
}

/// Text that runs on, or an element that stands by itself or has one that does.
enum Piece<'a> {
    Inline(Vec<&'a Node>),
    Alone(&'a Element),
}

fn in_pieces<'a>(element: &'a Element, mut with: impl FnMut(Piece<'a>)) {
    let mut running: Vec<&Node> = Vec::new();
    for child in &element.children {
        match child {
            Node::Element(inner) if stands_alone(inner) || inner.has(&stands_alone) => {
                with(Piece::Inline(std::mem::take(&mut running)));
                with(Piece::Alone(inner));
            }
            _ => running.push(child),
        }
    }
    with(Piece::Inline(running));
}

/// What the element says, part by part.
pub(super) fn blocks_of(element: &Element, around: Around, found: &mut Found) {
    let id = element.attribute("id").unwrap_or_default();
    let has_table = || element.has(&|inner| inner.is("table"));
    match element.name.as_str() {
        "table" => return table::table(element, around, found),
        "ul" | "ol" | "menu" if !has_table() => return list(element, around, found),
        "dl" if !has_table() => return terms(element, around, found),
        _ => {}
    }
    if let Some(level) = heading_level(element)
        && !element.has(&stands_alone)
    {
        let text = words(element, around);
        if !text.is_empty() {
            found.push(Block {
                id: id.to_owned(),
                part: Part::Subheading {
                    level: IN_TEXT + level,
                    text,
                },
            });
        }
        return;
    }
    let inside = around.inside(element);
    let whole = !element.has(&stands_alone);
    in_pieces(element, |piece| match piece {
        Piece::Inline(nodes) => state(found, if whole { id } else { "" }, words_of(nodes, inside)),
        Piece::Alone(child) => blocks_of(child, inside, found),
    });
}

fn heading_level(element: &Element) -> Option<u8> {
    match element.name.as_str() {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ => None,
    }
}

/// Adds text, where there is some.
pub(super) fn state(found: &mut Found, id: &str, text: String) {
    if !text.is_empty() {
        found.push(Block {
            id: id.to_owned(),
            part: Part::Statement(text),
        });
    }
}

fn list(list: &Element, around: Around, found: &mut Found) {
    let inside = around.inside(list);
    let numbered = list.is("ol");
    let count = list.elements().filter(|item| item.is("li")).count();
    let reversed = list.attribute("reversed").is_some();
    let first = match list.attribute("start") {
        None if reversed => i64::try_from(count).unwrap_or(1),
        _ => first_number(list),
    };
    // Numbers that do not simply go on are part of the text.
    let odd = numbered
        && (reversed
            || list
                .elements()
                .any(|item| item.attribute("value").is_some()));
    let mut number = first;
    let mut items = Vec::new();
    for child in &list.children {
        let text = match child {
            Node::Element(item) if item.is("li") => {
                let own = item
                    .attribute("value")
                    .and_then(|value| value.trim().parse().ok());
                number = own.unwrap_or(number);
                let text = words(item, inside);
                let text = if odd && !text.is_empty() {
                    format!("{number}. {text}")
                } else {
                    text
                };
                number = number.saturating_add(if reversed { -1 } else { 1 });
                text
            }
            other => words_of([other], inside),
        };
        if !text.is_empty() {
            items.push(text);
        }
    }
    let id = list.attribute("id").unwrap_or_default();
    match items.len() {
        0 => {}
        _ => found.push(Block {
            id: id.to_owned(),
            part: Part::List {
                first: (numbered && !odd).then_some(first),
                items,
            },
        }),
    }
}

fn terms(list: &Element, around: Around, found: &mut Found) {
    let mut terms: Vec<Term> = Vec::new();
    terms_in(list, around, &mut terms);
    let is_empty = |term: &Term| term.name.is_empty() && term.says.is_empty();
    terms.retain(|term| !is_empty(term));
    if !terms.is_empty() {
        found.push(Block::of(Part::Terms(terms)));
    }
}

fn terms_in(list: &Element, around: Around, terms: &mut Vec<Term>) {
    let inside = around.inside(list);
    for child in &list.children {
        match child {
            Node::Element(term) if term.is("dt") => {
                let name = words(term, inside);
                match terms.last_mut() {
                    // Several terms in a row share what is said after them.
                    Some(last) if last.says.is_empty() && !last.name.is_empty() => {
                        last.name.push_str(", ");
                        last.name.push_str(&name);
                    }
                    _ => terms.push(Term {
                        name,
                        says: Vec::new(),
                    }),
                }
            }
            Node::Element(group)
                if group.is("div") && group.has(&|inner| inner.is_any(&["dt", "dd"])) =>
            {
                terms_in(group, inside, terms);
            }
            other => {
                let text = match other {
                    Node::Element(says) => words(says, inside),
                    Node::Text(_) => words_of([other], inside),
                };
                if text.is_empty() {
                    continue;
                }
                match terms.last_mut() {
                    Some(last) => last.says.push(text),
                    None => terms.push(Term {
                        name: String::new(),
                        says: vec![text],
                    }),
                }
            }
        }
    }
}
