//! A dose stays with its unit: where the lines of a text must not be broken.

/// A piece of a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its text. Where a number and its unit had a space between them, it is one that does not break.
    pub text: String,
    /// No line is broken within it.
    pub whole: bool,
}

/// Longest piece that is kept whole: a longer one would not fit on the narrowest screen.
const LONGEST: usize = 28;

/// The line in pieces. A number and the word after it, in any script, are one: "500 mg/m\u{b2}".
pub fn together(line: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |text: &str, whole: bool| match pieces.last_mut() {
        Some(last) if !whole && !last.whole => last.text.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece {
            text: text.to_owned(),
            whole,
        }),
    };
    let mut words = words(line).peekable();
    while let Some((word, space)) = words.next() {
        let next = words.peek().map(|(next, _)| *next);
        match next {
            Some(next) if joins(word, space, next) => {
                let (next, after) = words.next().unwrap_or_default();
                let joined = format!("{word}\u{a0}{next}");
                let whole = joined.chars().count() <= LONGEST;
                add(&joined, whole);
                add(after, false);
            }
            _ => {
                let whole = word.contains(char::is_numeric)
                    && word.chars().any(|c| c.is_alphabetic() || c == '/')
                    && word.chars().count() <= LONGEST;
                add(word, whole);
                add(space, false);
            }
        }
    }
    pieces
}

/// Whether the word is an amount and the next its unit.
fn joins(word: &str, space: &str, next: &str) -> bool {
    // A comma or a full stop after the number is the end of something.
    let amount = word
        .trim_start_matches(is_isolate)
        .trim_end_matches(is_isolate)
        .ends_with(|c: char| c.is_numeric());
    let unit = next
        .trim_start_matches(is_isolate)
        .starts_with(|c: char| c.is_alphabetic() || "%\u{2030}\u{b0}\u{b5}/\u{d7}".contains(c));
    amount && unit && space.chars().count() == 1
}

fn is_isolate(c: char) -> bool {
    matches!(
        c,
        '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}'
    )
}

/// Words with the space after each.
fn words(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let space = after
            .find(|c: char| !c.is_whitespace())
            .unwrap_or(after.len());
        let (space, left) = after.split_at(space);
        rest = left;
        Some((word, space))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(line: &str) -> Vec<String> {
        together(line)
            .into_iter()
            .filter(|piece| piece.whole)
            .map(|piece| piece.text)
            .collect()
    }

    #[test]
    fn a_dose_stays_with_its_unit_in_any_script() {
        assert_eq!(whole("Take 500 mg twice"), ["500\u{a0}mg"]);
        assert_eq!(
            whole("by area 500 mg/m\u{b2} daily"),
            ["500\u{a0}mg/m\u{b2}"]
        );
        assert_eq!(
            whole("\u{662}\u{665}\u{660} \u{645}\u{644}\u{63a}"),
            ["\u{662}\u{665}\u{660}\u{a0}\u{645}\u{644}\u{63a}"]
        );
        assert_eq!(
            whole("\u{967}\u{966} \u{92e}\u{93f}"),
            ["\u{967}\u{966}\u{a0}\u{92e}\u{93f}"]
        );
        assert_eq!(
            whole("\u{bd} tablet, 10\u{2079}/L"),
            ["\u{bd}\u{a0}tablet,", "10\u{2079}/L"]
        );
        assert_eq!(
            whole("94\u{2009}% of 250mg/5ml"),
            ["94\u{a0}%", "250mg/5ml"]
        );
        assert_eq!(whole("Rate 84, then rest"), Vec::<String>::new());
    }

    #[test]
    fn nothing_of_the_line_is_lost() {
        for line in [
            "",
            " ",
            "a  b",
            "5 mg",
            "x 5 mg y 6\u{202f}ml ",
            "5",
            "5 5 mg",
        ] {
            let text: String = together(line).into_iter().map(|piece| piece.text).collect();
            let plain = |text: &str| text.replace(char::is_whitespace, " ");
            assert_eq!(plain(&text), plain(line));
        }
    }
}
