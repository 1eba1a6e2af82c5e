//! The resources of a document and how they name each other.

use domain::NhsNumber;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// The resources of a document.
pub(super) struct Bundle<'a> {
    resources: Vec<&'a Value>,
    /// By the address under which the document has it, and by its kind and id, and by its id.
    by_name: HashMap<String, usize>,
}

pub(super) fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The values of something that may stand alone or in a list.
pub(super) fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, alone): (&[Value], _) = match value {
        Some(Value::Array(list)) => (list, None),
        Some(Value::Null) | None => (&[], None),
        Some(alone) => (&[], Some(alone)),
    };
    list.iter().chain(alone).filter(|value| !value.is_null())
}

impl<'a> Bundle<'a> {
    pub(super) fn new(bundle: &'a Value) -> Self {
        let mut all = Self {
            resources: Vec::new(),
            by_name: HashMap::new(),
        };
        all.add(bundle, 0);
        all
    }

    fn add(&mut self, bundle: &'a Value, depth: usize) {
        for entry in each(bundle.get("entry")) {
            let Some(resource) = entry.get("resource") else {
                continue;
            };
            // An answer to a search may hold the document as a Bundle of its own.
            if text_of(resource, "resourceType") == "Bundle" && depth < 2 {
                self.add(resource, depth + 1);
                continue;
            }
            let place = self.resources.len();
            self.resources.push(resource);
            let id = text_of(resource, "id");
            let names = [
                unversioned(text_of(entry, "fullUrl")).to_owned(),
                format!("{}/{id}", text_of(resource, "resourceType")),
                id.to_owned(),
            ];
            for name in names {
                if !name.is_empty() && !name.ends_with('/') {
                    self.by_name.entry(key(&name)).or_insert(place);
                }
            }
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'a Value> {
        self.resources.iter().copied()
    }

    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &'a Value> {
        self.all()
            .filter(move |resource| text_of(resource, "resourceType") == kind)
    }

    /// The resource that a reference in that resource names.
    pub(super) fn resolve(&self, reference: &str, within: &'a Value) -> Option<&'a Value> {
        let reference = reference.trim();
        if let Some(id) = reference.strip_prefix('#') {
            return each(within.get("contained")).find(|inner| text_of(inner, "id") == id);
        }
        let reference = unversioned(reference);
        let by = |name: &str| {
            let place = *self.by_name.get(&key(name))?;
            self.resources.get(place).copied()
        };
        by(reference)
            .or_else(|| {
                let mut parts = reference.rsplit('/');
                let (id, kind) = (parts.next()?, parts.next()?);
                by(&format!("{kind}/{id}"))
            })
            .or_else(|| {
                // "urn:uuid:…" names a resource whose address is not given by its id.
                let id = reference.strip_prefix("urn:")?.rsplit(':').next()?;
                by(id)
            })
    }

    /// The NHS number of the patient that the reference is about; `None` where it does not say, or
    /// says two.
    pub(super) fn number(
        &self,
        subject: Option<&'a Value>,
        within: &'a Value,
    ) -> Option<NhsNumber> {
        let mut numbers = BTreeSet::new();
        for subject in each(subject) {
            let found = self.numbers(subject, within);
            if found.is_empty() {
                return None;
            }
            numbers.extend(found);
        }
        match (numbers.pop_first(), numbers.is_empty()) {
            (Some(number), true) => Some(number),
            _ => None,
        }
    }

    fn numbers(&self, subject: &'a Value, within: &'a Value) -> BTreeSet<NhsNumber> {
        let reference = text_of(subject, "reference");
        let mut numbers: BTreeSet<NhsNumber> = each(subject.get("identifier"))
            .filter_map(number_in)
            .collect();
        if let Some(patient) = self.resolve(reference, within)
            && text_of(patient, "resourceType") == "Patient"
        {
            numbers.extend(each(patient.get("identifier")).filter_map(number_in));
        } else if let Some((_, query)) = reference.split_once("identifier=")
            && let Some((system, value)) = query.split_once('|')
            && is_nhs_number(system)
        {
            numbers.extend(value.parse::<NhsNumber>());
        } else if reference.contains("personal-demographics")
            && let Some(id) = unversioned(reference).rsplit('/').next()
        {
            // There the id of a patient is the number.
            numbers.extend(id.parse::<NhsNumber>());
        }
        numbers
    }
}

/// Without the version of the resource.
fn unversioned(reference: &str) -> &str {
    let end = reference.find("/_history").unwrap_or(reference.len());
    reference.get(..end).unwrap_or_default()
}

/// Ids are compared in small letters: a UUID is the same in both.
fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn is_nhs_number(system: &str) -> bool {
    let system = system.trim().trim_end_matches('/').to_ascii_lowercase();
    system.ends_with("nhs-number") || system.ends_with("2.16.840.1.113883.2.1.4.1")
}

/// The number that an identifier holds. One that was replaced is none.
fn number_in(identifier: &Value) -> Option<NhsNumber> {
    let is_current = text_of(identifier, "use") != "old";
    (is_current && is_nhs_number(text_of(identifier, "system")))
        .then(|| text_of(identifier, "value").parse().ok())
        .flatten()
}
