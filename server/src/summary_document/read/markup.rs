//! The text of a section as elements and texts, in the order in which it was written.
//!
//! FHIR asks for XHTML; what is sent is sometimes HTML, or damaged. So that nothing is lost and nothing
//! moves, it is cut into tags and texts by the rules of HTML (every named character is known there),
//! and the elements are nested here: strictly where every tag has its partner, and else as leniently as
//! a browser does, which is told where it is not certain.

use html5gum::{HtmlString, Token, Tokenizer};
use std::borrow::Cow;
use std::collections::HashSet;

/// Furthest nesting of elements that is followed: further in there is only text.
const DEEPEST: usize = 64;
/// Most of what is further in is told apart.
const MOST_TOO_DEEP: usize = 256;

/// An element with what is in it.
#[derive(Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

/// What an element has in it.
pub(super) enum Node {
    Element(Element),
    Text(String),
}

/// The text of a section.
pub(super) struct Markup {
    /// Holds all of it.
    pub(super) root: Element,
    /// Where it begins and ends is not certain: its layout must not be believed.
    pub(super) damaged: bool,
    /// Some of its characters are not.
    pub(super) unsure: bool,
}

impl Element {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(super) fn is_any(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Whether it has one like that in it, at any depth.
    pub(super) fn has(&self, like: &impl Fn(&Element) -> bool) -> bool {
        self.elements().any(|inner| like(inner) || inner.has(like))
    }
}

/// Reads the text of a section.
pub(super) fn markup(div: &str) -> Markup {
    let (prepared, mut unsure) = prepare(div);
    let mut strict = Nesting::new(false);
    let mut lenient = Nesting::new(true);
    for token in Tokenizer::new(prepared.as_str()) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = name_of(&tag.name);
                let attributes: Vec<(String, String)> = tag
                    .attributes
                    .into_iter()
                    .map(|(name, value)| (name_of(&name), text_of(&value.value).into_owned()))
                    .collect();
                if !strict.failed {
                    strict.start(&name, attributes.clone(), tag.self_closing);
                }
                lenient.start(&name, attributes, tag.self_closing);
            }
            Token::EndTag(tag) => {
                let name = name_of(&tag.name);
                if !strict.failed {
                    strict.end(&name);
                }
                lenient.end(&name);
            }
            Token::String(text) => {
                let text = plain(&text_of(&text.value), &mut unsure);
                if !strict.failed {
                    strict.text(&text);
                }
                lenient.text(&text);
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    if !strict.failed && strict.open.len() == 1 && strict.too_deep.is_empty() {
        return Markup {
            root: strict.finished().0,
            damaged: false,
            unsure,
        };
    }
    let (root, damaged) = lenient.finished();
    Markup {
        root,
        damaged,
        unsure,
    }
}

fn text_of(bytes: &HtmlString) -> Cow<'_, str> {
    String::from_utf8_lossy(&bytes.0)
}

/// In small letters and without the prefix of a namespace.
fn name_of(bytes: &HtmlString) -> String {
    let name = text_of(bytes).to_ascii_lowercase();
    match name.rsplit_once(':') {
        Some((_, local)) => local.to_owned(),
        None => name,
    }
}

/// Without characters that would turn or hide what stands around them.
fn plain(text: &str, unsure: &mut bool) -> String {
    *unsure |= text.contains('\u{fffd}');
    text.chars()
        .filter(|c| {
            let turns = matches!(c, '\u{202d}' | '\u{202e}');
            *unsure |= turns;
            let control = c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
            !turns && !control && *c != '\u{ad}' && *c != '\u{feff}'
        })
        .collect()
}

/// Elements that have nothing in them.
const EMPTY: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// Elements whose end need not be written.
const ENDS_BY_ITSELF: [&str; 13] = [
    "li", "dt", "dd", "p", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "caption",
    "colgroup",
];
/// Elements whose end says nothing about what the text means.
const HARMLESS: [&str; 20] = [
    "a", "abbr", "acronym", "b", "big", "cite", "code", "em", "font", "i", "kbd", "label", "p",
    "q", "samp", "small", "span", "strong", "tt", "u",
];

/// Nests elements as their tags come.
struct Nesting {
    lenient: bool,
    /// The root and what is open in it.
    open: Vec<Element>,
    /// The names of what is open further in than elements are followed.
    too_deep: Vec<String>,
    /// Where it is strict: a tag had no partner.
    failed: bool,
    damaged: bool,
}

impl Nesting {
    fn new(lenient: bool) -> Self {
        Self {
            lenient,
            open: vec![Element::default()],
            too_deep: Vec::new(),
            failed: false,
            damaged: false,
        }
    }

    fn add(&mut self, node: Node) {
        if let Some(top) = self.open.last_mut() {
            match (node, top.children.last_mut()) {
                (Node::Text(text), Some(Node::Text(before))) => before.push_str(&text),
                (node, _) => top.children.push(node),
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.add(Node::Text(text.to_owned()));
    }

    fn start(&mut self, name: &str, attributes: Vec<(String, String)>, self_closing: bool) {
        let element = Element {
            name: name.to_owned(),
            attributes,
            children: Vec::new(),
        };
        let empty = EMPTY.contains(&name);
        if self_closing || (self.lenient && empty) {
            self.add(Node::Element(element));
            return;
        }
        if self.lenient {
            self.end_what_ends_by_itself(name);
        }
        if self.open.len() >= DEEPEST || !self.too_deep.is_empty() {
            if self.too_deep.len() < MOST_TOO_DEEP {
                self.too_deep.push(name.to_owned());
            } else {
                self.damaged = true;
                self.failed = !self.lenient;
            }
            self.add(Node::Text(" ".to_owned()));
            return;
        }
        self.open.push(element);
    }

    /// The end of these is where the next of their kind begins.
    fn end_what_ends_by_itself(&mut self, name: &str) {
        let (ends, within): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["thead", "tbody", "tfoot", "table"]),
            "thead" | "tbody" | "tfoot" => (
                &["thead", "tbody", "tfoot", "caption", "colgroup"],
                &["table"],
            ),
            "p" => (&["p"], &["div", "td", "th", "li", "dd", "section", "table"]),
            _ => return,
        };
        let at = self.open.iter().rposition(|element| {
            ends.contains(&element.name.as_str()) || within.contains(&element.name.as_str())
        });
        if let Some(at) = at
            && self
                .open
                .get(at)
                .is_some_and(|element| ends.contains(&element.name.as_str()))
        {
            self.close_to(at);
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(deepest) = self.too_deep.last() {
            if deepest == name {
                self.too_deep.pop();
                self.add(Node::Text(" ".to_owned()));
                return;
            }
            if !self.lenient {
                self.failed = true;
                return;
            }
            if let Some(at) = self.too_deep.iter().rposition(|open| open == name) {
                self.damaged = true;
                self.too_deep.truncate(at);
                return;
            }
        }
        if !self.lenient {
            match self.open.last() {
                Some(top) if self.open.len() > 1 && top.name == name => {
                    self.close_to(self.open.len() - 1);
                }
                _ => self.failed = true,
            }
            return;
        }
        if EMPTY.contains(&name) {
            // The end of what an empty element began, or a line break that was written so.
            if name == "br" {
                self.start(name, Vec::new(), true);
            }
            return;
        }
        let at = self.open.iter().rposition(|open| open.name == name);
        match at {
            Some(at) if at > 0 => {
                self.too_deep.clear();
                self.close_to(at);
            }
            _ => self.damaged |= !HARMLESS.contains(&name),
        }
    }

    /// Closes the element there and what is open in it.
    fn close_to(&mut self, at: usize) {
        while self.open.len() > at.max(1) {
            let Some(element) = self.open.pop() else {
                return;
            };
            let inner = self.open.len() > at;
            let name = element.name.as_str();
            self.damaged |= inner && !ENDS_BY_ITSELF.contains(&name) && !HARMLESS.contains(&name);
            self.add(Node::Element(element));
        }
    }

    fn finished(mut self) -> (Element, bool) {
        self.damaged |= !self.too_deep.is_empty();
        if self.open.len() > 1 {
            // What is still open at the end was cut short.
            self.damaged |= self.open.iter().skip(1).any(|element| {
                !ENDS_BY_ITSELF.contains(&element.name.as_str())
                    && !HARMLESS.contains(&element.name.as_str())
            });
            self.close_to(1);
        }
        (self.open.pop().unwrap_or_default(), self.damaged)
    }
}

/// What is no tag and no named character is put down as text, so that none of it is taken for markup
/// and lost; and whether anything is not certain.
fn prepare(div: &str) -> (String, bool) {
    let mut preparing = Preparing {
        prepared: String::with_capacity(div.len() + 16),
        unsure: false,
        partners: partners(div),
        no_end: Vec::new(),
    };
    let mut rest = div;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        preparing.prepared.push_str(before);
        let taken = if from.starts_with('&') {
            reference(from, &mut preparing.prepared, &mut preparing.unsure)
        } else {
            preparing.tag(from)
        };
        rest = from.get(taken.max(1)..).unwrap_or_default();
    }
    preparing.prepared.push_str(rest);
    (preparing.prepared, preparing.unsure)
}

struct Preparing {
    prepared: String,
    unsure: bool,
    /// Names that stand in a start tag and in an end tag.
    partners: HashSet<String>,
    /// What was looked for and does not come any more.
    no_end: Vec<&'static str>,
}

fn partners(div: &str) -> HashSet<String> {
    let (mut starts, mut ends) = (HashSet::new(), HashSet::new());
    for after in div.split('<').skip(1) {
        match after.strip_prefix('/') {
            Some(after) => ends.insert(tag_name(after)),
            None => starts.insert(tag_name(after)),
        };
    }
    starts.intersection(&ends).cloned().collect()
}

fn tag_name(after: &str) -> String {
    after
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.'))
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Puts down the reference at the start of the text, and says how much of the text it was.
fn reference(from: &str, prepared: &mut String, unsure: &mut bool) -> usize {
    let name_end = from
        .char_indices()
        .skip(1)
        .find(|(_, c)| !c.is_ascii_alphanumeric() && *c != '#')
        .map(|(at, c)| (at, c == ';'));
    if let Some((end, true)) = name_end
        && let Some(whole) = from.get(..=end)
    {
        if is_known(whole) {
            prepared.push_str(whole);
            return whole.len();
        }
        *unsure |= end > 1;
    } else {
        let end = name_end.map_or(from.len(), |(end, _)| end);
        let name = from.get(..end).unwrap_or_default();
        // The name of a character without its end may be one: it is shown as it came.
        *unsure |= name.starts_with("&#") || is_known(&format!("{name};"));
    }
    prepared.push_str("&amp;");
    1
}

/// Whether it is the whole name of a character, or its number.
fn is_known(reference: &str) -> bool {
    let mut text = String::new();
    for token in Tokenizer::new(reference) {
        let Ok(token) = token;
        if let Token::String(part) = token {
            text.push_str(&text_of(&part.value));
        }
    }
    text == ";" || (!text.is_empty() && !text.ends_with(';'))
}

impl Preparing {
    /// Where it ends; looked for no more where it does not come.
    fn find(&mut self, from: &str, end: &'static str) -> Option<usize> {
        if self.no_end.contains(&end) {
            return None;
        }
        let found = from.find(end);
        if found.is_none() {
            self.no_end.push(end);
        }
        found
    }

    /// Puts down the tag at the start of the text, and says how much of the text it was.
    fn tag(&mut self, from: &str) -> usize {
        if let Some(inner) = from.strip_prefix("<![CDATA[") {
            let end = inner.find("]]>");
            self.unsure |= end.is_none();
            let text = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default();
            for c in text.chars() {
                match c {
                    '<' => self.prepared.push_str("&lt;"),
                    '&' => self.prepared.push_str("&amp;"),
                    c => self.prepared.push(c),
                }
            }
            return "<![CDATA[".len() + text.len() + end.map_or(0, |_| 3);
        }
        if from.starts_with("<!--") {
            if let Some(end) = self.find(from, "-->") {
                return end + 3;
            }
        } else if (from.starts_with("<!") || from.starts_with("<?"))
            && let Some(end) = self.find(from, ">")
        {
            return end + 1;
        }
        if let Some(end) = tag_end(from)
            && let Some(text) = from.get(..end)
        {
            let name = tag_name(text.trim_start_matches(['<', '/']));
            let local = name.rsplit(':').next().unwrap_or_default();
            if KNOWN.contains(&local) || text.ends_with("/>") || self.partners.contains(&name) {
                self.prepared.push_str(text);
                return end;
            }
            self.unsure = true;
        } else {
            // "<5" is text; a tag that never ends is too, and something may be missing after it.
            self.unsure |= from
                .chars()
                .nth(1)
                .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        }
        self.prepared.push_str("&lt;");
        1
    }
}

/// Where the tag that begins there ends; `None` where none begins or it never ends.
fn tag_end(from: &str) -> Option<usize> {
    let mut quote: Option<char> = None;
    let mut before = ' ';
    for (at, c) in from.char_indices().skip(1) {
        if at == 1 && !c.is_ascii_alphabetic() && c != '/' {
            return None;
        }
        if at == 2 && before == '/' && !c.is_ascii_alphabetic() {
            return None;
        }
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '>' => return Some(at + 1),
            None if c == '<' => return None,
            None if matches!(c, '"' | '\'') && before == '=' => quote = Some(c),
            None => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    None
}

/// The elements of HTML that a text can have. Others are taken for text unless they have a partner.
const KNOWN: [&str; 119] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "menu",
    "meta",
    "meter",
    "nav",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "param",
    "picture",
    "pre",
    "progress",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];
