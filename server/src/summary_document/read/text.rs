//! What an element says, as a line of text. What markup means is put into characters, so that it is not
//! lost where only the text is kept: an exponent, what is struck out, which way a name is written.

use super::markup::{Element, Node};

/// What holds for a text by the elements around it.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// It is struck out.
    pub(super) struck: bool,
    /// Which way it is written, where that is said.
    pub(super) direction: Option<Direction>,
    /// Its line breaks count.
    pub(super) preformatted: bool,
}

/// Which way a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    LeftToRight,
    RightToLeft,
    /// As its first letter says.
    Own,
}

impl Around {
    /// What holds inside the element.
    pub(super) fn inside(self, element: &Element) -> Self {
        Self {
            struck: self.struck || strikes(element),
            direction: direction(element).or(self.direction),
            preformatted: self.preformatted
                || element.is_any(&["pre", "textarea"])
                || styled(element, "white-space", "pre"),
        }
    }
}

/// Whether a rule of the element's own style has a value that begins so.
fn styled(element: &Element, property: &str, value: &str) -> bool {
    let Some(style) = element.attribute("style") else {
        return false;
    };
    style.split(';').any(|rule| {
        rule.split_once(':').is_some_and(|(name, is)| {
            name.trim().eq_ignore_ascii_case(property)
                && is
                    .to_ascii_lowercase()
                    .split_whitespace()
                    .any(|word| word.starts_with(value))
        })
    })
}

fn classed(element: &Element, parts: &[&str]) -> bool {
    element.attribute("class").is_some_and(|class| {
        let class = class.to_ascii_lowercase();
        class
            .split_whitespace()
            .any(|name| parts.iter().any(|part| name.contains(part)))
    })
}

fn strikes(element: &Element) -> bool {
    element.is_any(&["del", "s", "strike"])
        || styled(element, "text-decoration", "line-through")
        || styled(element, "text-decoration-line", "line-through")
        || classed(
            element,
            &["strike", "line-through", "linethrough", "struck"],
        )
}

fn direction(element: &Element) -> Option<Direction> {
    let said = element.attribute("dir").map(str::trim);
    let is = |text: &str| said.is_some_and(|said| said.eq_ignore_ascii_case(text));
    if is("rtl") || styled(element, "direction", "rtl") {
        Some(Direction::RightToLeft)
    } else if is("ltr") || styled(element, "direction", "ltr") {
        Some(Direction::LeftToRight)
    } else if is("auto") || element.is("bdi") {
        Some(Direction::Own)
    } else {
        None
    }
}

/// An element that stands by itself, so that text before and after it is not one sentence.
pub(super) fn stands_alone(element: &Element) -> bool {
    element.is_any(&[
        "table",
        "caption",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "menu",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "section",
        "article",
        "aside",
        "header",
        "footer",
        "main",
        "nav",
        "figure",
        "figcaption",
        "address",
        "details",
        "summary",
        "fieldset",
        "legend",
        "center",
        "pre",
        "blockquote",
        "hr",
        "form",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "html",
        "body",
        "head",
        "title",
    ])
}

/// All text in it, whatever its elements: markup never becomes more than text.
pub(super) fn words(element: &Element, around: Around) -> String {
    words_of(&element.children, around.inside(element))
}

/// All text of the nodes.
pub(super) fn words_of<'a>(nodes: impl IntoIterator<Item = &'a Node>, around: Around) -> String {
    let mut raw = String::new();
    for node in nodes {
        gather(node, around, &mut raw);
    }
    let text = tidy(&raw);
    if text.is_empty() {
        return text;
    }
    let text = match around.direction {
        Some(Direction::RightToLeft) => isolated(&text, Some(Direction::RightToLeft)),
        // Left to right is how the page is written: only a text that would turn needs it said.
        Some(way) if text.chars().any(turns) => isolated(&text, Some(way)),
        _ => text,
    };
    if around.struck { struck(&text) } else { text }
}

/// Struck out in words: a style alone is not seen by everyone, or kept.
fn struck(text: &str) -> String {
    format!("[struck out: {text}]")
}

/// Whether a letter is written from right to left.
fn turns(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Each line between marks that keep it from turning what stands around it.
fn isolated(text: &str, way: Option<Direction>) -> String {
    let mark = match way {
        Some(Direction::LeftToRight) => '\u{2066}',
        Some(Direction::RightToLeft) => '\u{2067}',
        Some(Direction::Own) | None => '\u{2068}',
    };
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| format!("{mark}{line}\u{2069}"))
        .collect();
    lines.join("\n")
}

fn gather(node: &Node, around: Around, into: &mut String) {
    let element = match node {
        Node::Text(text) if around.preformatted => {
            into.push_str(
                &text
                    .replace("\r\n", "\n")
                    .replace('\t', " ")
                    .replace("  ", "\u{a0} "),
            );
            return;
        }
        Node::Text(text) => {
            into.extend(text.chars().map(|c| if is_space(c) { ' ' } else { c }));
            return;
        }
        Node::Element(element) => element,
    };
    let inside = around.inside(element);
    match element.name.as_str() {
        "br" => into.push('\n'),
        "wbr" => {}
        "img" | "svg" | "canvas" => not_shown("Picture", element, inside, into),
        "object" | "video" | "audio" | "embed" | "iframe" => {
            not_shown("Content", element, inside, into);
        }
        "input" => input(element, into),
        "sup" => exponent(&inner(element, inside), into),
        "sub" => index(&inner(element, inside), into),
        _ if styled(element, "vertical-align", "super") => exponent(&inner(element, inside), into),
        _ if styled(element, "vertical-align", "sub") => index(&inner(element, inside), into),
        "q" => {
            into.push('\u{201c}');
            into.push_str(&inner(element, inside));
            into.push('\u{201d}');
        }
        "rt" => {
            into.push_str(" (");
            into.push_str(&inner(element, inside));
            into.push(')');
        }
        "rp" => {}
        "td" | "th" => {
            let mut raw = String::new();
            mark(element, around, inside, &mut raw);
            into.push(' ');
            into.push_str(&tidy(&raw));
            into.push(' ');
        }
        "ul" | "ol" | "menu" => list_in_line(element, around, into),
        _ if stands_alone(element) => {
            into.push('\n');
            mark(element, around, inside, into);
            into.push('\n');
        }
        _ => mark(element, around, inside, into),
    }
}

/// The text in it, struck out or isolated where the element says so and nothing around it did.
fn mark(element: &Element, around: Around, inside: Around, into: &mut String) {
    let strikes_here = inside.struck && !around.struck;
    let turns_here = direction(element).is_some();
    if !strikes_here && !turns_here {
        for child in &element.children {
            gather(child, inside, into);
        }
        return;
    }
    let raw = {
        let mut raw = String::new();
        for child in &element.children {
            gather(child, inside, &mut raw);
        }
        raw
    };
    // The space around a word stays outside its marks.
    let begins = raw.starts_with(is_space);
    let ends = raw.ends_with(is_space);
    let mut text = tidy(&raw);
    if text.is_empty() {
        into.push_str(&raw);
        return;
    }
    if turns_here {
        text = isolated(&text, inside.direction);
    }
    if strikes_here {
        text = struck(&text);
    }
    if begins {
        into.push(' ');
    }
    into.push_str(&text);
    if ends {
        into.push(' ');
    }
}

/// The text in it, without its own marks.
fn inner(element: &Element, inside: Around) -> String {
    let mut raw = String::new();
    for child in &element.children {
        gather(child, inside, &mut raw);
    }
    tidy(&raw)
}

/// A list inside a text: a line for each item.
fn list_in_line(list: &Element, around: Around, into: &mut String) {
    let mut number = list.is("ol").then(|| first_number(list));
    into.push('\n');
    for child in &list.children {
        let Node::Element(item) = child else {
            gather(child, around.inside(list), into);
            continue;
        };
        if item.is("li") {
            if let Some(own) = item
                .attribute("value")
                .and_then(|value| value.trim().parse().ok())
            {
                number = number.map(|_| own);
            }
            match &mut number {
                Some(next) => {
                    into.push_str(&format!("\n{next}. "));
                    *next = next.saturating_add(1);
                }
                None => into.push_str("\n\u{2022} "),
            }
            let inside = around.inside(list);
            // What strikes out the list strikes out each of its items, once.
            let outside = Around {
                struck: around.struck,
                ..inside
            };
            let mut raw = String::new();
            mark(item, outside, inside.inside(item), &mut raw);
            into.push_str(&tidy(&raw));
            into.push('\n');
        } else {
            gather(child, around.inside(list), into);
        }
    }
}

/// The number of a list's first item.
pub(super) fn first_number(list: &Element) -> i64 {
    list.attribute("start")
        .and_then(|start| start.trim().parse().ok())
        .unwrap_or(1)
}

/// A picture is not shown: what it is called is said, and that it is missing.
fn not_shown(what: &str, element: &Element, inside: Around, into: &mut String) {
    let name = ["alt", "title", "aria-label"]
        .into_iter()
        .filter_map(|key| element.attribute(key))
        .map(tidy)
        .find(|name| !name.is_empty());
    into.push_str(&format!(" [{what} that is not shown"));
    if let Some(name) = name {
        into.push_str(": ");
        into.push_str(&name);
    }
    into.push_str("] ");
    // Its text, or what was to stand in its place.
    for child in &element.children {
        gather(child, inside, into);
    }
}

/// A field of a form: what it holds.
fn input(element: &Element, into: &mut String) {
    let kind = element
        .attribute("type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    match kind.as_str() {
        "checkbox" | "radio" => into.push_str(if element.attribute("checked").is_some() {
            " [ticked] "
        } else {
            " [not ticked] "
        }),
        "hidden" => {}
        _ => {
            into.push(' ');
            into.push_str(element.attribute("value").unwrap_or_default());
            into.push(' ');
        }
    }
}

/// A superscript: 10 with 9 above is not 109.
fn exponent(text: &str, into: &mut String) {
    let ordinal = ["st", "nd", "rd", "th"]
        .iter()
        .any(|end| text.eq_ignore_ascii_case(end));
    if text.is_empty() || ordinal {
        into.push_str(text);
    } else if let Some(raised) = text.chars().map(raised).collect::<Option<String>>() {
        into.push_str(&raised);
    } else if text
        .chars()
        .all(|c| c.is_numeric() || matches!(c, '.' | ','))
    {
        into.push('^');
        into.push_str(text);
    } else {
        into.push_str(&format!("^({text})"));
    }
}

/// A subscript: a base or an index is no part of the number before it.
fn index(text: &str, into: &mut String) {
    let after_number = into.ends_with(|c: char| c.is_numeric());
    if let Some(lowered) = text.chars().map(lowered).collect::<Option<String>>() {
        into.push_str(&lowered);
    } else if after_number || text.contains(char::is_numeric) {
        into.push_str(&format!("_({text})"));
    } else {
        into.push_str(text);
    }
}

fn raised(c: char) -> Option<char> {
    Some(match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        '+' => '⁺',
        '-' | '\u{2212}' | '\u{2013}' => '⁻',
        '=' => '⁼',
        '(' => '⁽',
        ')' => '⁾',
        'n' => 'ⁿ',
        _ => return None,
    })
}

fn lowered(c: char) -> Option<char> {
    Some(match c {
        '0' => '₀',
        '1' => '₁',
        '2' => '₂',
        '3' => '₃',
        '4' => '₄',
        '5' => '₅',
        '6' => '₆',
        '7' => '₇',
        '8' => '₈',
        '9' => '₉',
        '+' => '₊',
        '-' | '\u{2212}' => '₋',
        _ => return None,
    })
}

/// The spaces that HTML takes for one. A space that does not break is none of them.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\r' | '\t' | '\u{c}')
}

/// One space between words, and line breaks where the text had them.
pub(super) fn tidy(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let words: Vec<&str> = line
            .split(is_space)
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ")
    });
    lines
        .map(|line| {
            line.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}')
                .to_owned()
        })
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// For comparing: small letters, single spaces, without marks of direction.
pub(super) fn folded(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}'))
        .collect();
    plain
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}
