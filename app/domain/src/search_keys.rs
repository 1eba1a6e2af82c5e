//! Keys by which names and postcodes are found. Computed here, so that every store answers alike.

use rphonetic::{DoubleMetaphone, Encoder};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The letters that do not come apart into a base letter and a mark.
fn plain_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "SS",
        'Æ' | 'æ' => "AE",
        'Œ' | 'œ' => "OE",
        'Ø' | 'ø' => "O",
        'Ł' | 'ł' => "L",
        'Đ' | 'đ' | 'Ð' | 'ð' => "D",
        'Þ' | 'þ' => "TH",
        'Ħ' | 'ħ' => "H",
        'ı' => "I",
        _ => return None,
    })
}

/// A name as it is compared: capitals, no accents, and no spaces, hyphens or apostrophes, so that
/// "O'Brien", "O’BRIEN" and "Obrien" are one, and so are "Saint-Exupéry" and "saint exupery".
pub fn name_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)) {
        match plain_letters(c) {
            Some(plain) => key.push_str(plain),
            None => key.extend(c.to_uppercase().filter(|c| c.is_alphanumeric())),
        }
    }
    key
}

/// Given names as they are compared: the key of each, with a space between.
pub fn given_key(given: &[String]) -> String {
    given
        .iter()
        .flat_map(|name| name.split_whitespace())
        .map(name_key)
        .filter(|key| !key.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// How a name sounds (Double Metaphone): the same for "Smith" and "Smyth". Empty for a name without
/// Latin letters, which then sounds like nothing.
pub fn sound_key(name: &str) -> String {
    let letters: String = name_key(name)
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect();
    if letters.is_empty() {
        return String::new();
    }
    DoubleMetaphone::new(Some(6)).encode(&letters)
}

/// What two keys share that sound alike: their sound, or for a key without one the key itself, so that it
/// sounds like itself only. Equal keys sound alike.
pub fn alike_key(key: &str) -> String {
    let sound = sound_key(key);
    if sound.is_empty() {
        format!("={key}")
    } else {
        sound
    }
}

/// Whether two keys are the same name spelled differently: they sound alike, and no more than three
/// letters of five differ. Sounds have no vowels: without that, "Jane" would be found as "John".
pub fn sounds_like(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let longest = one.chars().count().max(other.chars().count());
    strsim::osa_distance(one, other) * 5 <= longest * 3
        && !sound_key(one).is_empty()
        && sound_key(one) == sound_key(other)
}

/// A postcode as it is compared: capitals without space.
pub fn postcode_key(postcode: &str) -> String {
    postcode
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}
