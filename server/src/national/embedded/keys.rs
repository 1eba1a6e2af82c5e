//! The rows by which a patient is found. What the domain compares is computed by the domain.

use domain::name::PersonName;
use domain::patient::Patient;
use domain::search::NamePattern;
use domain::search_keys::{given_key, name_key, postcode_key, sound_key};
use std::collections::{BTreeMap, BTreeSet};

/// What two names share that sound alike: their sound, or for a name without one its key, so that it
/// sounds like itself only. Names with the same key have the same sound.
fn alike(sound: &str, key: &str) -> String {
    if sound.is_empty() {
        format!("={key}")
    } else {
        sound.to_owned()
    }
}

fn name_alike(name: &str) -> String {
    alike(&sound_key(name), &name_key(name))
}

/// The same of a name that is looked for.
pub(super) fn pattern_alike(pattern: &NamePattern) -> String {
    alike(pattern.sound(), &pattern.without_wildcards())
}

/// A name of a patient as it is found.
pub(super) struct NameKeys {
    pub(super) family_key: String,
    /// With a space before, between and after.
    pub(super) given_keys: String,
    pub(super) family_alike: String,
    /// With a space before, between and after.
    pub(super) given_alikes: String,
}

/// The usual name first, then the earlier ones.
pub(super) fn names(patient: &Patient) -> Vec<NameKeys> {
    all_names(patient)
        .map(|name| NameKeys {
            family_key: name_key(&name.family),
            given_keys: spaced([given_key(&name.given)].into_iter()),
            family_alike: name_alike(&name.family),
            given_alikes: spaced(name.given.iter().map(|given| name_alike(given))),
        })
        .collect()
}

fn all_names(patient: &Patient) -> impl Iterator<Item = &PersonName> {
    std::iter::once(&patient.name).chain(patient.former_names.iter().map(|former| &former.value))
}

fn spaced(keys: impl Iterator<Item = String>) -> String {
    let mut text = String::from(" ");
    for key in keys.filter(|key| !key.is_empty()) {
        text.push_str(&key);
        text.push(' ');
    }
    text
}

/// The sounds of all given names, current and earlier.
pub(super) fn given_alikes(patient: &Patient) -> BTreeSet<String> {
    all_names(patient)
        .flat_map(|name| &name.given)
        .map(|given| name_alike(given))
        .collect()
}

/// The postcodes, with whether each is an earlier one. None of a restricted patient.
pub(super) fn places(patient: &Patient) -> BTreeMap<String, bool> {
    if patient.restricted {
        return BTreeMap::new();
    }
    let earlier = patient
        .former_addresses
        .iter()
        .map(|former| (postcode_key(&former.value.postcode), true));
    let current = patient
        .addresses
        .iter()
        .map(|address| (postcode_key(&address.postcode), false));
    earlier
        .chain(current)
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

/// Whether the given names of a row are what is looked for, wildcards and all.
pub(super) fn given_fits(pattern: &NamePattern, given_keys: &str) -> bool {
    let whole = given_keys.trim();
    pattern.matches(&whole.replace(' ', "")) || whole.split(' ').any(|key| pattern.matches(key))
}
