//! The SNOMED CT terms for adjustments, by category, in the order of the national list
//! (England-FlagCodeRA 0.1.0, with its 347 entries).
//!
//! Nine terms stand in two categories each, so there are 338 codes.

use super::{Category, type_ahead};
use std::sync::LazyLock;

/// A term that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// SNOMED CT code.
    pub code: &'static str,
    /// As people read it.
    pub display: &'static str,
    /// Where the forms list it.
    pub category: Category,
}

/// A line `# category` before the terms of each category, then a line `code display` for each term.
const LIST: &str = include_str!("catalogue.txt");

static TERMS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    let mut category = Category::CommunicationSupport;
    let mut terms = Vec::with_capacity(347);
    for (code, display) in LIST.lines().filter_map(|line| line.split_once(' ')) {
        if code == "#" {
            category = Category::from_code(display).unwrap_or(category);
        } else {
            terms.push(Term {
                code,
                display,
                category,
            });
        }
    }
    terms
});

/// The national list prints two codes with their last digit lost to a spreadsheet, which leaves
/// them without a valid check digit. The catalogue has the true codes; these are understood too.
const MISPRINTS: [(&str, &str); 2] = [
    ("1082551000000100", "1082551000000105"),
    ("1082661000000100", "1082661000000107"),
];

/// The wordings of the list, and the words by which staff know them.
const LAY_WORDS: &[(&str, &str)] = &[
    ("additional healthcare personnel", "extra second staff"),
    ("audible alert", "sound"),
    ("augmentative and alternative", "aac"),
    ("bengali", "bangla"),
    ("braille", "blind"),
    ("brawa", "bravanese"),
    ("british sign language", "bsl deaf signing"),
    ("cantonese", "chinese"),
    ("central khmer", "cambodian"),
    ("compact disc", "cd"),
    ("constant supervision", "one to one"),
    ("dhivehi", "maldivian"),
    ("digital versatile disc", "dvd"),
    ("dysphagia", "swallowing"),
    ("easyread", "easy read"),
    ("eating and drinking", "swallowing choking feeding"),
    ("emotional support animal", "dog pet"),
    ("extended appointment", "longer double"),
    ("farsi", "persian"),
    ("female healthcare", "woman doctor nurse"),
    ("first appointment", "early morning"),
    ("for male healthcare", "man doctor nurse"),
    ("fulah", "fula fulani"),
    ("guide dog", "assistance"),
    ("haitian", "creole"),
    ("hakka", "chinese"),
    ("hands on signing", "deafblind sign language"),
    ("healthcare passport", "hospital"),
    ("hearing aid", "deaf hard of hearing"),
    ("hearing loop", "deaf hard of hearing induction"),
    ("interpreter needed", "translator"),
    ("kalaallisut", "greenlandic"),
    ("kirghiz", "kyrgyz"),
    ("kurdish", "sorani kurmanji"),
    ("lao language", "laotian"),
    ("last appointment", "late end of day"),
    ("lasting power of attorney", "lpa"),
    ("letter", "post"),
    ("lip read", "lipreading deaf"),
    ("lipspeaker", "lip speaker deaf"),
    ("low light", "dim dark lighting"),
    ("low noise", "quiet"),
    ("mandarin", "chinese"),
    ("medication", "medicines tablets"),
    ("minimal waiting", "queue"),
    ("moldavian", "moldovan"),
    ("monitored dosage", "mds dosette box blister pack"),
    ("moon alphabet", "blind"),
    ("needle phobia", "injections blood test fear"),
    ("noise intolerance", "quiet sound"),
    ("note taker", "notetaker"),
    ("nyanja", "chichewa"),
    ("oriya", "odia"),
    ("panjabi", "punjabi"),
    ("pashto", "pushto"),
    ("photographs", "pictures"),
    ("photophobia", "light"),
    ("sans serif font", "large print big"),
    ("seeing eye dog", "blind guide assistance"),
    ("seizure", "fits epilepsy"),
    ("short message service", "sms mobile phone"),
    ("sighted guide", "blind"),
    ("sign supported english", "sse deaf"),
    ("single room", "side own private"),
    ("sinhala", "sinhalese"),
    ("southern sotho", "sesotho"),
    ("speech and language therapist", "slt salt"),
    ("speech to text", "captions palantypist deaf"),
    ("symbols", "pictures"),
    ("tactile alert", "vibrating"),
    ("tagalog", "filipino"),
    ("telecommunications device", "textphone minicom"),
    ("telephone", "phone call"),
    ("text relay", "relay uk deaf"),
    ("uighur", "uyghur"),
    ("universal serial bus", "usb memory stick"),
    ("uses sign language", "deaf signing"),
    ("visual alert", "flashing deaf"),
    ("visual frame", "deafblind"),
    ("voice output", "talking"),
    ("wheelchair access", "ramp step free"),
];

/// Every entry of the list, in its order: nine terms come twice, in two categories.
pub fn all() -> &'static [Term] {
    &TERMS
}

/// The term with that code, where it is first listed. Understands the misprints of the national
/// list.
pub fn by_code(code: &str) -> Option<&'static Term> {
    let code = MISPRINTS
        .iter()
        .find(|(misprint, _)| *misprint == code)
        .map_or(code, |(_, meant)| meant);
    all().iter().find(|term| term.code == code)
}

/// The term with exactly that code in that category.
pub fn listed(code: &str, category: Category) -> Option<&'static Term> {
    all()
        .iter()
        .find(|term| term.code == code && term.category == category)
}

/// The terms of a category, in the order of the list; none for bespoke adjustments.
pub fn in_category(category: Category) -> impl Iterator<Item = &'static Term> {
    all().iter().filter(move |term| term.category == category)
}

/// The terms for which every typed word begins some word of the term, or a lay word for it. Those
/// that begin with the text come first, then those that have its words, then those known by them.
/// Each term comes once. Empty text finds nothing.
pub fn find(text: &str) -> Vec<&'static Term> {
    let mut found = type_ahead::find(all(), |term| term.display, LAY_WORDS, text);
    found.retain(|term| by_code(term.code).is_some_and(|first| first.category == term.category));
    found
}
