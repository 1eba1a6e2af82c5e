//! The words of a name, and when two names have words in common: half of a double-barrelled name, a
//! name with or without "de", "van" or "O'", one first name among several, initials.

use crate::search_keys::{name_key, sounds_like};
use std::collections::BTreeSet;
use unicode_normalization::char::is_combining_mark;

/// Of a longer name only so many words are found by themselves; the whole name always is.
const MOST_WORDS: usize = 6;

/// Words that come before a last name and are left out or written as often as not. Alone they say
/// nothing of whose name it is. The last word of a name is never one: "Van" is a name too.
const PARTICLES: [&str; 62] = [
    "AB", "ABU", "AF", "AL", "AP", "AR", "AT", "AV", "BEN", "BIN", "BINT", "BINTE", "BINTI", "BTE",
    "DA", "DALL", "DAS", "DE", "DEL", "DELA", "DELL", "DELLA", "DEN", "DER", "DES", "DI", "DO",
    "DOS", "DU", "EL", "FITZ", "IBN", "LA", "LAS", "LE", "LES", "LO", "LOS", "MAC", "MC", "NEE",
    "NI", "NIC", "OF", "TEN", "TER", "THE", "UI", "UL", "UR", "VAN", "VANDEN", "VANDER", "VOM",
    "VON", "YE", "ZU", "ZUM", "ZUR", "IN", "OP", "AAN",
];

/// "Mac" and "Mc" are written as one word with what follows. So many letters must follow: "Mackay"
/// may be a "Kay" and "Mace" is not an "E".
const GLUED: [(&str, usize); 2] = [("MAC", 4), ("MC", 3)];

/// A word of a name.
#[derive(Clone, PartialEq, Eq)]
struct Word {
    key: String,
    particle: bool,
}

/// A name, word by word, each in the form of [`name_key`].
#[derive(Clone, PartialEq, Eq)]
pub struct NameWords {
    words: Vec<Word>,
}

crate::hidden_debug!(NameWords);

impl NameWords {
    /// The words of a last name. "St" before another word is "Saint".
    pub fn family(name: &str) -> Self {
        let mut words: Vec<Word> = split(name, true)
            .into_iter()
            .map(|key| Word {
                particle: is_particle(&key),
                key,
            })
            .collect();
        if let Some((last, before)) = words.split_last_mut() {
            last.particle = false;
            for word in before {
                match word.key.as_str() {
                    "ST" => word.key = "SAINT".to_owned(),
                    "STE" => word.key = "SAINTE".to_owned(),
                    _ => {}
                }
            }
        }
        Self { words }
    }

    /// The words of all first names.
    pub fn given<S: AsRef<str>>(names: &[S]) -> Self {
        let words = names
            .iter()
            .flat_map(|name| split(name.as_ref(), false))
            .map(|key| Word {
                key,
                particle: false,
            })
            .collect();
        Self { words }
    }

    /// Whether there is none: a name of spaces, dots or dashes only.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The name written as one word.
    pub fn whole(&self) -> String {
        joined(&self.words)
    }

    /// Each word.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.key.as_str())
    }

    /// Every run of words, written as one, that says something of whose name it is.
    pub fn runs(&self) -> BTreeSet<String> {
        runs(self.first_words()).collect()
    }

    /// Under which keys the name has to be found so that no match is missed: where [`Self::has`] or
    /// one of the `like`s holds of two names, one key of the one is, or sounds like, a key of the
    /// other.
    pub fn lookups(&self) -> BTreeSet<String> {
        let core = self.core();
        let mut keys = self.runs();
        for run in runs(&core) {
            keys.extend(without_glued(&run).map(str::to_owned));
            keys.insert(run);
        }
        if !self.is_empty() {
            keys.insert(self.whole());
        }
        keys
    }

    /// Whether every word that was looked for is in this name, in whichever order, and written as
    /// one word or as several.
    pub fn has(&self, typed: &Self) -> bool {
        if self.is_empty() || typed.is_empty() {
            return false;
        }
        self.whole() == typed.whole()
            || typed.is_short()
                && laid_over(&typed.words, self.first_words(), 0, &|one, other, _| {
                    one == other
                })
    }

    /// Whether this last name is one that was looked for, spelled another way, or one of the two is
    /// a part of the other. Particles do not count.
    pub fn like_family(&self, typed: &Self) -> bool {
        if self.is_empty() || typed.is_empty() {
            return false;
        }
        let alike = |one: &str, other: &str, _: bool| {
            let (bare, other_bare) = (without_glued(one), without_glued(other));
            sounds_like(one, other)
                || bare.is_some_and(|bare| sounds_like(bare, other))
                || other_bare.is_some_and(|other| sounds_like(one, other))
        };
        sounds_like(&self.whole(), &typed.whole()) || self.either_way(typed, &alike)
    }

    /// Whether these first names are the ones that were looked for, spelled another way, or some of
    /// them. With `initials` a letter stands for a name that begins with it.
    pub fn like_given(&self, typed: &Self, initials: bool) -> bool {
        if self.is_empty() || typed.is_empty() {
            return false;
        }
        let alike = |one: &str, other: &str, words: bool| {
            sounds_like(one, other)
                || initials && words && (begins(one, other) || begins(other, one))
        };
        let like =
            |typed: &Self| (!initials || self.lead_alike(typed)) && self.either_way(typed, &alike);
        like(typed) || initials && typed.as_initials().is_some_and(|letters| like(&letters))
    }

    /// "JM", which nobody is called, as "J M".
    pub fn as_initials(&self) -> Option<Self> {
        let [Word { key, .. }] = self.words.as_slice() else {
            return None;
        };
        let letters = (2..=3).contains(&key.len()) && !key.contains(['A', 'E', 'I', 'O', 'U', 'Y']);
        letters.then(|| Self {
            words: key
                .chars()
                .map(|letter| Word {
                    key: letter.to_string(),
                    particle: false,
                })
                .collect(),
        })
    }

    /// Initials alone stand for the first name and those that follow: "J" is not "Mary Jane".
    fn lead_alike(&self, typed: &Self) -> bool {
        let only_initials = |name: &Self| name.keys().all(|key| key.chars().nth(1).is_none());
        if !only_initials(self) && !only_initials(typed) {
            return true;
        }
        let first = |name: &Self| name.keys().next().and_then(|key| key.chars().next());
        first(self) == first(typed)
    }

    fn either_way(&self, typed: &Self, alike: &impl Fn(&str, &str, bool) -> bool) -> bool {
        let (own, theirs) = (self.core(), typed.core());
        typed.is_short() && laid_over(&theirs, &own, 0, alike)
            || self.is_short() && laid_over(&own, &theirs, 0, alike)
    }

    fn is_short(&self) -> bool {
        self.words.len() <= MOST_WORDS
    }

    fn first_words(&self) -> &[Word] {
        self.words.get(..MOST_WORDS).unwrap_or(&self.words)
    }

    /// Without the particles.
    fn core(&self) -> Vec<Word> {
        self.first_words()
            .iter()
            .filter(|word| !word.particle)
            .cloned()
            .collect()
    }
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.key.as_str()).collect()
}

fn runs(words: &[Word]) -> impl Iterator<Item = String> {
    (0..words.len())
        .flat_map(|start| (start + 1..=words.len()).map(move |end| start..end))
        .filter_map(|range| words.get(range))
        .filter(|run| run.iter().any(|word| !word.particle))
        .map(joined)
}

/// Whether `some` can be cut into runs of words, each of which is the same as a run of `all` that is
/// not `taken` (a bit for each word) by another. `same` hears also whether both are single words.
fn laid_over(
    some: &[Word],
    all: &[Word],
    taken: u32,
    same: &impl Fn(&str, &str, bool) -> bool,
) -> bool {
    if some.is_empty() {
        return true;
    }
    (1..=some.len()).any(|length| {
        let (run, rest) = some.split_at(length);
        let names = run.iter().any(|word| !word.particle);
        let key = joined(run);
        (0..all.len()).any(|start| {
            (start + 1..=all.len()).any(|end| {
                let places = (start..end).fold(0, |bits, at| bits | 1 << at);
                taken & places == 0
                    && all.get(start..end).is_some_and(|there| {
                        // "Van" alone is not the "van" of "van Gogh".
                        (!names || there.iter().any(|word| !word.particle))
                            && same(&key, &joined(there), length == 1 && there.len() == 1)
                    })
                    && laid_over(rest, all, taken | places, same)
            })
        })
    })
}

/// The one is a single letter with which the other begins.
fn begins(letter: &str, name: &str) -> bool {
    letter.chars().count() == 1 && name.starts_with(letter)
}

/// "DONALD" of "MACDONALD".
fn without_glued(key: &str) -> Option<&str> {
    GLUED.into_iter().find_map(|(glued, least)| {
        key.strip_prefix(glued)
            .filter(|rest| rest.chars().count() >= least)
    })
}

fn is_particle(key: &str) -> bool {
    // "O'Brien", "D'Souza", "Ortega y Gasset".
    key.chars().count() == 1 || PARTICLES.contains(&key)
}

fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | '‘' | '’' | '‛' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ʾ' | 'ʿ' | '′' | '＇'
    )
}

/// What is in no way a space: soft hyphens, and joiners without width.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// The keys of the words: whatever is not a letter or a digit stands between two. An apostrophe does
/// so after a particle and between two long words, and is a letter otherwise, as in "Sa'ad". A capital
/// after a particle begins a word where `capitals` says so, as in "DeSilva".
fn split(name: &str, capitals: bool) -> Vec<String> {
    let mut words = Vec::new();
    let within = |c: char| {
        c.is_alphanumeric() || is_combining_mark(c) || is_apostrophe(c) || is_invisible(c)
    };
    for text in name.split(|c: char| !within(c)) {
        let mut word = String::new();
        for piece in text.split(is_apostrophe) {
            let (before, piece) = if capitals {
                at_capital(piece)
            } else {
                ("", piece)
            };
            for key in [before, piece].map(name_key) {
                let apart = is_particle(&word) || word.len() > 2 && key.len() > 2;
                if !word.is_empty() && !key.is_empty() && apart {
                    words.push(std::mem::take(&mut word));
                }
                word.push_str(&key);
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    words
}

/// "De" and "Silva" of "DeSilva"; nothing and the whole where no particle is written before a capital.
/// "MacDonald" is a name of its own, and not "Donald".
fn at_capital(word: &str) -> (&str, &str) {
    word.char_indices()
        .skip(1)
        .filter(|(_, c)| c.is_uppercase())
        .filter_map(|(at, _)| word.split_at_checked(at))
        .find(|(before, rest)| {
            let key = name_key(before);
            is_particle(&key)
                && GLUED.iter().all(|(glued, _)| *glued != key)
                // Not in a name that is all capitals.
                && rest.chars().nth(1).is_some_and(char::is_lowercase)
        })
        .unwrap_or(("", word))
}
