//! The rows by which a patient is found. What the domain compares is computed by the domain.

use domain::name::PersonName;
use domain::name_words::NameWords;
use domain::patient::Patient;
use domain::search_keys::{alike_key, postcode_key};
use std::collections::{BTreeMap, BTreeSet};

/// A name of a patient as it is found.
pub(super) struct NameKeys {
    pub(super) family_key: String,
    /// The key of each word of the first names, with a space before, between and after.
    pub(super) given_keys: String,
    pub(super) family_alike: String,
    /// What each first name sounds like, and each run of them; with spaces as above.
    pub(super) given_alikes: String,
    /// By what else than the whole the last name is found, with what it sounds like.
    pub(super) parts: BTreeMap<String, String>,
}

/// The usual name first, then the earlier ones.
pub(super) fn names(patient: &Patient) -> Vec<NameKeys> {
    all_names(patient)
        .map(|name| {
            let family = NameWords::family(&name.family);
            let given = NameWords::given(&name.given);
            let family_key = family.whole();
            let mut parts = family.lookups();
            parts.remove(&family_key);
            NameKeys {
                family_alike: alike_key(&family_key),
                family_key,
                given_keys: spaced(given.keys().map(str::to_owned)),
                given_alikes: spaced(alikes(&given).into_iter()),
                parts: parts
                    .into_iter()
                    .map(|part| {
                        let alike = alike_key(&part);
                        (part, alike)
                    })
                    .collect(),
            }
        })
        .collect()
}

fn all_names(patient: &Patient) -> impl Iterator<Item = &PersonName> {
    std::iter::once(&patient.name).chain(patient.former_names.iter().map(|former| &former.value))
}

fn alikes(given: &NameWords) -> BTreeSet<String> {
    given.lookups().iter().map(|key| alike_key(key)).collect()
}

fn spaced(keys: impl Iterator<Item = String>) -> String {
    let mut text = String::from(" ");
    for key in keys {
        text.push_str(&key);
        text.push(' ');
    }
    text
}

/// What all first names sound like, current and earlier.
pub(super) fn given_alikes(patient: &Patient) -> BTreeSet<String> {
    all_names(patient)
        .flat_map(|name| alikes(&NameWords::given(&name.given)))
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
