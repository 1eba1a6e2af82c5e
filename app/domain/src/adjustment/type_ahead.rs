//! Finding a term while a person types it.

/// The letter as it is compared: small and without its accent. `None` where it does not count.
fn plain(c: char) -> Option<char> {
    Some(match c {
        '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '`' | '\u{300}'..='\u{36f}' => return None,
        'à'..='å' | 'ā' => 'a',
        'ç' | 'č' => 'c',
        'è'..='ë' | 'ē' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' | 'ō' => 'o',
        'š' => 's',
        'ù'..='ü' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ž' => 'z',
        c if c.is_alphanumeric() => c,
        _ => ' ',
    })
}

/// The words of a text as they are compared, with one space between.
fn folded(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase).filter_map(plain) {
        if c != ' ' || !(words.is_empty() || words.ends_with(' ')) {
            words.push(c);
        }
    }
    words.truncate(words.trim_end().len());
    words
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// The word as one, where it is written with a hyphen: "nonverbal" for "non-verbal".
fn joined(word: &str) -> Option<String> {
    word.contains(is_hyphen)
        .then(|| folded(&word.replace(is_hyphen, "")))
}

/// Whether a word of `words` begins with `start`.
fn has(words: &str, start: &str) -> bool {
    words.split(' ').any(|word| word.starts_with(start))
}

/// The items for which every typed word begins some word of the item: in any case and order, with
/// or without accents, apostrophes and hyphens. First those that begin with the text, then those
/// that have its words, then those that have them only among the lay words.
///
/// `lay` gives, for wordings (in small letters, without punctuation), the words by which staff know
/// them. Empty text finds nothing.
pub(super) fn find<T>(
    items: &'static [T],
    display: fn(&T) -> &'static str,
    lay: &[(&str, &str)],
    text: &str,
) -> Vec<&'static T> {
    let start = folded(text);
    if start.is_empty() {
        return Vec::new();
    }
    let typed: Vec<(String, Option<String>)> = text
        .split_whitespace()
        .map(|word| (folded(word), joined(word)))
        .collect();
    let fits_one = |words: &str, (apart, whole): &(String, Option<String>)| {
        apart.split(' ').all(|piece| has(words, piece))
            || whole.as_ref().is_some_and(|whole| has(words, whole))
    };
    let fits = |words: &str| typed.iter().all(|word| fits_one(words, word));
    let lay: Vec<_> = lay
        .iter()
        .filter(|(_, known_as)| typed.iter().any(|word| fits_one(known_as, word)))
        .collect();
    let rank = |item: &T| {
        let display = display(item);
        let mut words = folded(display);
        if words.starts_with(&start) {
            return Some(0);
        }
        let alone = words.len();
        for whole in display.split_whitespace().filter_map(joined) {
            words.push(' ');
            words.push_str(&whole);
        }
        if fits(&words) {
            return Some(1);
        }
        for (wording, known_as) in &lay {
            if words
                .get(..alone)
                .is_some_and(|display| display.contains(wording))
            {
                words.push(' ');
                words.push_str(known_as);
            }
        }
        fits(&words).then_some(2)
    };
    let mut found: Vec<(i32, &'static T)> = items
        .iter()
        .filter_map(|item| Some((rank(item)?, item)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, item)| item).collect()
}
