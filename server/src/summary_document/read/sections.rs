//! From what a document's sections say to what is shown under each heading.

use super::blocks::{Block, blocks};
use super::bundle::{each, text_of};
use super::headings::{Named, named};
use super::resources::Entries;
use super::text::folded;
use crate::summary_document::history::section_title;
use domain::summary::{Content, Emptiness, Heading, KnownHeading, Part, Remark, Section, Summary};
use serde_json::Value;

/// Furthest that sections in sections are told apart.
const DEEPEST: u8 = 8;

/// Everything under one heading.
struct Gathered {
    heading: Heading,
    title: String,
    parts: Vec<Part>,
}

/// What the sections say, as far as they were read.
pub(super) struct Reading<'a> {
    disclaimer: String,
    created: String,
    sent: String,
    author: String,
    practice: String,
    recently_registered: Option<String>,
    withheld: Option<String>,
    pub(super) statements: Vec<String>,
    sections: Vec<Gathered>,
    entries: Entries<'a>,
}

/// Where a section in another goes.
#[derive(Clone)]
enum Under {
    /// In none.
    Nothing,
    /// In the head of the document.
    Head,
    /// In the one of that place.
    Section(usize),
}

impl<'a> Reading<'a> {
    pub(super) fn new(entries: Entries<'a>) -> Self {
        Self {
            disclaimer: String::new(),
            created: String::new(),
            sent: String::new(),
            author: String::new(),
            practice: String::new(),
            recently_registered: None,
            withheld: None,
            statements: Vec::new(),
            sections: Vec::new(),
            entries,
        }
    }

    /// The sections of the Composition, or those in a section.
    pub(super) fn sections(&mut self, parent: &'a Value) {
        self.inner(parent, &Under::Nothing, "", 0);
    }

    fn inner(&mut self, parent: &'a Value, under: &Under, title: &str, depth: u8) {
        for section in each(parent.get("section")) {
            self.section(section, under, title, depth);
        }
    }

    fn section(&mut self, section: &'a Value, under: &Under, above: &str, depth: u8) {
        let Named {
            heading,
            by_code,
            is_head,
            title,
        } = named(section);
        if is_head && matches!(under, Under::Nothing) {
            let found = self.text(section);
            let left = self.head(found);
            if !left.is_empty() {
                let place = self.place(heading, &title);
                self.add(place, left);
            }
            self.inner(section, &Under::Head, "", depth);
            return;
        }
        let parent = match under {
            Under::Section(place) => self
                .sections
                .get(*place)
                .map(|parent| parent.heading.clone()),
            Under::Nothing | Under::Head => None,
        };
        let own = match (&parent, &heading) {
            (None, _) => true,
            (Some(parent), Heading::Known(known)) => {
                *parent != heading
                    && (by_code
                        || matches!(parent, Heading::Other { .. })
                        || *known == KnownHeading::Allergies)
            }
            (Some(_), Heading::Other { .. }) => false,
        };
        let place = if own {
            let whole = match (above.is_empty(), title.is_empty()) {
                (false, false) => format!("{above}: {title}"),
                _ => title.clone(),
            };
            self.place(heading, &whole)
        } else {
            let Under::Section(place) = under else {
                return;
            };
            let text = if title.is_empty() {
                heading.title().to_owned()
            } else {
                title.clone()
            };
            self.add(
                *place,
                vec![Part::Subheading {
                    level: depth.clamp(1, DEEPEST),
                    text,
                }],
            );
            *place
        };
        let mut parts = Vec::new();
        if let Some(about) = about_another(section) {
            parts.push(Part::Statement(about));
        }
        for block in self.text(section) {
            if let Some(Block { part, .. }) = self.of_the_whole(block, false) {
                parts.push(part);
            }
        }
        let coded = self.entries.of_section(section, &parts);
        parts.extend(coded);
        if let Some(reason) = section.get("emptyReason") {
            parts.extend(emptiness(reason));
        }
        if !section.is_object() {
            parts.push(Part::Remark(Remark::Unreadable));
        }
        self.add(place, parts);
        let under = if depth < DEEPEST {
            Under::Section(place)
        } else {
            under.clone()
        };
        let shown = if own { title.as_str() } else { above };
        if depth < DEEPEST.saturating_mul(4) {
            self.inner(section, &under, shown, depth.saturating_add(1));
        } else if section.get("section").is_some() {
            self.add(place, vec![Part::Remark(Remark::Unreadable)]);
        }
    }

    /// The text of a section, part by part.
    fn text(&self, section: &Value) -> Vec<Block> {
        match section.get("text") {
            None | Some(Value::Null) => Vec::new(),
            Some(text) => match text.get("div") {
                Some(Value::String(div)) => blocks(div),
                None | Some(Value::Null)
                    if text
                        .as_object()
                        .is_some_and(|text| !text.contains_key("div")) =>
                {
                    Vec::new()
                }
                _ => vec![Block::of(Part::Remark(Remark::Unreadable))],
            },
        }
    }

    /// The place of a heading: one for each, however often the document has it.
    fn place(&mut self, heading: Heading, title: &str) -> usize {
        let same = |known: &Gathered| match (&known.heading, &heading) {
            (Heading::Known(one), Heading::Known(other)) => one == other,
            (Heading::Other { .. }, Heading::Other { .. }) => {
                known.heading == heading && known.title == title
            }
            _ => false,
        };
        if let Some(place) = self.sections.iter().position(same) {
            if self
                .sections
                .get(place)
                .is_some_and(|known| known.title != title)
                && !title.is_empty()
            {
                self.add(
                    place,
                    vec![Part::Subheading {
                        level: 1,
                        text: title.to_owned(),
                    }],
                );
            }
            return place;
        }
        self.sections.push(Gathered {
            heading,
            title: title.to_owned(),
            parts: Vec::new(),
        });
        self.sections.len() - 1
    }

    fn add(&mut self, place: usize, parts: Vec<Part>) {
        if let Some(section) = self.sections.get_mut(place) {
            section.parts.extend(parts);
        }
    }

    /// Takes the statements at the head of the document; gives back what else there is.
    fn head(&mut self, found: Vec<Block>) -> Vec<Part> {
        let mut left = Vec::new();
        for block in found {
            let Some(Block { id, part }) = self.of_the_whole(block, true) else {
                continue;
            };
            match part {
                Part::Statement(text) | Part::Subheading { text, .. } => {
                    if says_withheld(&id, &text) && self.withheld.is_none() {
                        self.withheld = Some(text);
                    } else {
                        self.statements.push(text);
                    }
                }
                Part::Withheld(text) if self.withheld.is_none() => self.withheld = Some(text),
                Part::Withheld(text) => self.statements.push(text),
                Part::Remark(remark) => self.statements.push(remark.sentence()),
                part => left.push(part),
            }
        }
        left
    }

    /// Takes a statement about the document as a whole, wherever it stands; gives back others, and a
    /// second one of a kind.
    fn of_the_whole(&mut self, block: Block, in_head: bool) -> Option<Block> {
        let (Part::Statement(text) | Part::Subheading { text, .. }) = &block.part else {
            return Some(block);
        };
        let begins = |what: &str| {
            text.get(..what.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(what))
        };
        let place = match block.id.as_str() {
            "Disclaimer" => &mut self.disclaimer,
            "CreateTime" => &mut self.created,
            "SendTime" => &mut self.sent,
            "Author" => &mut self.author,
            "Practice" => &mut self.practice,
            "RegistrationStartedStatement" if self.recently_registered.is_none() => {
                self.recently_registered = Some(text.clone());
                return None;
            }
            "" if begins("Summary Created") => &mut self.created,
            "" if begins("Summary Sent") => &mut self.sent,
            "" if in_head && begins("Created by") => &mut self.author,
            _ => return Some(withheld_part(block)),
        };
        if place.is_empty() {
            text.clone_into(place);
            None
        } else {
            Some(block)
        }
    }

    /// What stands in the document and in no section.
    pub(super) fn rest(&mut self, composition: &Value) {
        for (heading, resources) in self.entries.left() {
            let known = self
                .sections
                .iter()
                .position(|section| section.heading == heading);
            let title = match &heading {
                Heading::Known(known) => section_title(*known).to_owned(),
                Heading::Other { title, .. } => title.clone(),
            };
            let says = known
                .and_then(|place| self.sections.get(place))
                .map(|section| section.parts.as_slice())
                .unwrap_or_default();
            let parts = self.entries.left_parts(&resources, says);
            if parts.is_empty() {
                continue;
            }
            let place = match known {
                Some(place) => place,
                None => self.place(heading, &title),
            };
            self.add(place, parts);
        }
        let own: Vec<Part> = self
            .text(composition)
            .into_iter()
            .map(|block| block.part)
            .collect();
        if !own.is_empty() {
            let heading = Heading::Other {
                code: "document-text".to_owned(),
                title: "Text of the document".to_owned(),
            };
            let place = self.place(heading, "Text of the document");
            self.add(place, own);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sections.is_empty() && self.disclaimer.is_empty() && self.statements.is_empty()
    }

    /// Allergies first, the rest in the order of the document, and each missing core heading told.
    pub(super) fn finished(self) -> Summary {
        let (mut sections, others): (Vec<Section>, Vec<Section>) = self
            .sections
            .into_iter()
            .map(finished)
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

/// A section may be about somebody else: a child, a mother.
fn about_another(section: &Value) -> Option<String> {
    let focus = each(section.get("focus")).next()?;
    let who = text_of(focus, "display").trim();
    Some(if who.is_empty() {
        "This part is said to be about somebody or something else than the patient.".to_owned()
    } else {
        format!("This part is said to be about: {who}.")
    })
}

/// A statement that entries are withheld, marked by its id.
fn withheld_part(block: Block) -> Block {
    let Block { id, part } = block;
    let part = match part {
        Part::Statement(text) if id.starts_with("WithheldCREItems") => Part::Withheld(text),
        part => part,
    };
    Block { id, part }
}

fn says_withheld(id: &str, text: &str) -> bool {
    id.starts_with("WithheldCREItems") || folded(text).contains("deliberately withheld")
}

fn says_nothing(text: &str) -> bool {
    folded(text).starts_with("no relevant information available")
}

fn says_left_out(text: &str) -> bool {
    folded(text).contains("not included in this summary")
}

/// FHIR's own way to say that a section is empty and why.
fn emptiness(reason: &Value) -> Vec<Part> {
    let mut parts = Vec::new();
    for reason in each(Some(reason)) {
        if let Value::String(code) = reason {
            let known = Emptiness::from_code(code);
            parts.push(Part::Empty(
                known.unwrap_or_else(|| Emptiness::Other(code.clone())),
            ));
            continue;
        }
        let codings: Vec<&Value> = each(reason.get("coding")).collect();
        let known = codings
            .iter()
            .find_map(|coding| Emptiness::from_code(text_of(coding, "code")));
        let text = text_of(reason, "text").trim();
        let display = codings
            .iter()
            .flat_map(|coding| [text_of(coding, "display"), text_of(coding, "code")])
            .find(|text| !text.trim().is_empty());
        match known {
            Some(known) => {
                // What the practice wrote besides the code may say more than it.
                let says_more = !text.is_empty()
                    && Emptiness::from_code(text).is_none()
                    && Some(text) != display;
                parts.push(Part::Empty(known));
                if says_more {
                    parts.push(Part::Statement(text.to_owned()));
                }
            }
            None => {
                let said = if text.is_empty() {
                    display.unwrap_or_default()
                } else {
                    text
                };
                parts.push(Part::Empty(if said.is_empty() {
                    Emptiness::Unsaid
                } else {
                    Emptiness::Other(said.to_owned())
                }));
            }
        }
    }
    parts
}

/// Statements are told apart by what they say.
fn told_apart(parts: Vec<Part>) -> Vec<Part> {
    let statement = |text: String| {
        if says_withheld("", &text) {
            Part::Withheld(text)
        } else if says_nothing(&text) {
            Part::NothingStated(text)
        } else {
            Part::Statement(text)
        }
    };
    parts
        .into_iter()
        .map(|part| match part {
            Part::Statement(text) => statement(text),
            // A list of one such statement is no list.
            Part::List {
                first: None,
                mut items,
            } if items.len() == 1 => match items.pop() {
                Some(text) if says_nothing(&text) || says_withheld("", &text) => statement(text),
                text => Part::List {
                    first: None,
                    items: text.into_iter().collect(),
                },
            },
            part => part,
        })
        .collect()
}

fn finished(gathered: Gathered) -> Section {
    let mut parts = told_apart(gathered.parts);
    // What concerns the whole section stands above it; under a subheading it stays there.
    let divided = parts
        .iter()
        .any(|part| matches!(part, Part::Subheading { .. }));
    let withheld = if divided {
        match parts.first() {
            Some(Part::Withheld(_)) => Some(0),
            _ => None,
        }
    } else {
        parts
            .iter()
            .position(|part| matches!(part, Part::Withheld(_)))
    };
    let withheld = withheld.and_then(|at| take_withheld(&mut parts, at));
    let (statements, content) = content(parts);
    Section {
        heading: gathered.heading,
        title: gathered.title,
        withheld,
        statements,
        content,
    }
}

/// Takes the statement at that place; the table that it stood in is one again.
fn take_withheld(parts: &mut Vec<Part>, at: usize) -> Option<String> {
    let Part::Withheld(text) = parts.remove(at) else {
        return None;
    };
    let parted = |before: &Part, after: &Part| match (before, after) {
        (Part::Table(before), Part::Table(after)) => before.columns == after.columns,
        _ => false,
    };
    let before = at.checked_sub(1);
    if let Some(before) = before
        && let (Some(above), Some(below)) = (parts.get(before), parts.get(at))
        && parted(above, below)
        && let Part::Table(mut below) = parts.remove(at)
        && let Some(Part::Table(above)) = parts.get_mut(before)
    {
        above.rows.append(&mut below.rows);
    }
    Some(text)
}

/// What stands above the content as text, and the content.
fn content(parts: Vec<Part>) -> (Vec<String>, Content) {
    let text = |part: &Part| match part {
        Part::Statement(text) => Some(text.clone()),
        Part::Remark(remark) => Some(remark.sentence()),
        _ => None,
    };
    let statements: Vec<String> = parts.iter().map_while(text).collect();
    let left = parts.get(statements.len()..).unwrap_or_default();
    match left {
        [] if parts.is_empty() => (Vec::new(), Content::Empty(Emptiness::Unsaid)),
        [] if parts
            .iter()
            .any(|part| matches!(part, Part::Statement(text) if says_left_out(text))) =>
        {
            (statements, Content::Missing)
        }
        [Part::Table(table)] => (statements, Content::Table(table.clone())),
        [Part::NothingStated(nothing)] => (statements, Content::NothingStated(nothing.clone())),
        [Part::Empty(why)] => (statements, Content::Empty(why.clone())),
        _ => (Vec::new(), Content::Parts(parts)),
    }
}
