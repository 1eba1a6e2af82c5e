//! Which heading a section is: by any of its codings, then by what its title is usually called.

use crate::summary_document::history::{section_code, section_title};
use domain::summary::{Heading, KnownHeading};
use serde_json::Value;

use KnownHeading as K;

/// Sections of other documents, by LOINC. Only those that are the same as one of ours.
const LOINC: [(&str, KnownHeading); 12] = [
    ("48765-2", K::Allergies),
    ("11450-4", K::Problems),
    ("29308-4", K::Diagnoses),
    ("30954-2", K::Results),
    ("8716-3", K::Observations),
    ("29545-1", K::Observations),
    ("10157-6", K::FamilyHistory),
    ("29762-2", K::Circumstances),
    ("46240-8", K::Events),
    ("47519-4", K::Treatments),
    ("11369-6", K::Treatments),
    ("81338-6", K::Preferences),
];

/// The care record elements of the summary, and headings of other national documents, by SNOMED CT.
const SNOMED: [(&str, KnownHeading); 22] = [
    ("163221000000102", K::Allergies),
    ("886921000000105", K::Allergies),
    ("163231000000100", K::RisksToPatient),
    ("163001000000103", K::Diagnoses),
    ("162991000000102", K::Problems),
    ("717711000000103", K::Problems),
    ("163131000000108", K::Observations),
    ("163071000000106", K::Treatments),
    ("163081000000108", K::Investigations),
    ("163141000000104", K::Results),
    ("162951000000105", K::Events),
    ("163091000000105", K::Procedures),
    ("163101000000102", K::Advice),
    ("162961000000108", K::Preferences),
    ("163021000000107", K::Circumstances),
    ("163041000000100", K::Lifestyle),
    ("163051000000102", K::FamilyHistory),
    ("163181000000107", K::Correspondence),
    ("163171000000105", K::Documentation),
    ("163241000000109", K::RisksToProfessional),
    ("163031000000109", K::Services),
    ("1102421000000108", K::Observations),
];

/// How a section is told apart.
pub(super) struct Named {
    /// Which.
    pub(super) heading: Heading,
    /// It says so by a code, not by its title alone.
    pub(super) by_code: bool,
    /// The head of the document.
    pub(super) is_head: bool,
    /// As the document says it.
    pub(super) title: String,
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim()
}

/// The codings of a concept, or of several.
fn codings(concept: Option<&Value>) -> Vec<&Value> {
    let concepts: Vec<&Value> = match concept {
        Some(Value::Array(concepts)) => concepts.iter().collect(),
        Some(concept) => vec![concept],
        None => Vec::new(),
    };
    concepts
        .into_iter()
        .flat_map(|concept| match concept.get("coding") {
            Some(Value::Array(codings)) => codings.iter().collect(),
            Some(coding) => vec![coding],
            None => Vec::new(),
        })
        .collect()
}

/// The heading of a concept by any of its codings: our own codes first, whatever their order.
pub(super) fn by_codings(concept: Option<&Value>) -> Option<KnownHeading> {
    let codings = codings(concept);
    let own = codings
        .iter()
        .find_map(|coding| own(text_of(coding, "code")));
    own.or_else(|| codings.iter().find_map(|coding| by_other(coding)))
}

fn own(code: &str) -> Option<KnownHeading> {
    KnownHeading::ALL.iter().copied().find(|known| {
        section_code(*known).eq_ignore_ascii_case(code) || known.code().eq_ignore_ascii_case(code)
    })
}

fn by_other(coding: &Value) -> Option<KnownHeading> {
    let (system, code) = (text_of(coding, "system"), text_of(coding, "code"));
    let system = system.to_ascii_lowercase();
    let in_table = |table: &[(&str, KnownHeading)]| {
        table
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, heading)| *heading)
    };
    // Another system may use the same code for something else; none at all leaves no doubt with codes
    // as long as these.
    let unsaid = system.is_empty();
    let is_loinc = unsaid || system.contains("loinc") || system.contains("2.16.840.1.113883.6.1");
    let is_snomed = unsaid
        || system.contains("snomed")
        || system.contains("2.16.840.1.113883.6.96")
        || system.contains("2.16.840.1.113883.2.1.3.2.4.15");
    is_loinc
        .then(|| in_table(&LOINC))
        .flatten()
        .or_else(|| is_snomed.then(|| in_table(&SNOMED)).flatten())
}

/// Which heading a section is.
pub(super) fn named(section: &Value) -> Named {
    let code = section.get("code");
    let codings = codings(code);
    let said = text_of(section, "title").to_owned();
    let displays: Vec<&str> = codings
        .iter()
        .map(|coding| text_of(coding, "display"))
        .chain(code.map(|code| text_of(code, "text")))
        .filter(|text| !text.is_empty())
        .collect();
    let is_head = codings
        .iter()
        .any(|coding| text_of(coding, "code").eq_ignore_ascii_case("Title"));
    let by_code = by_codings(code);
    let known = by_code.or_else(|| {
        std::iter::once(said.as_str())
            .chain(displays.iter().copied())
            .find_map(by_title)
    });
    let title = if said.is_empty() {
        displays
            .first()
            .map(|text| (*text).to_owned())
            .unwrap_or_default()
    } else {
        said
    };
    let heading = match known {
        Some(known) => Heading::Known(known),
        None => {
            let code = codings
                .iter()
                .map(|coding| text_of(coding, "code"))
                .find(|code| !code.is_empty())
                .unwrap_or(&title)
                .to_owned();
            let name = [&title, &code]
                .into_iter()
                .find(|text| !text.is_empty())
                .cloned()
                .unwrap_or_else(|| "Without a heading".to_owned());
            Heading::Other { code, title: name }
        }
    };
    Named {
        heading,
        by_code: by_code.is_some(),
        is_head: is_head && by_code.is_none(),
        title,
    }
}

/// The words of a title that say what it is about: small letters, without its period, its plurals and
/// what every title may have.
fn telling(title: &str) -> Vec<String> {
    const SAYS_NOTHING: [&str; 37] = [
        "a",
        "an",
        "and",
        "any",
        "about",
        "active",
        "all",
        "by",
        "current",
        "details",
        "entries",
        "entry",
        "for",
        "from",
        "gp",
        "header",
        "heading",
        "history",
        "in",
        "information",
        "known",
        "list",
        "of",
        "or",
        "patient",
        "patients",
        "practice",
        "record",
        "recorded",
        "records",
        "section",
        "summary",
        "s",
        "the",
        "to",
        "with",
        "their",
    ];
    let lower = title.to_lowercase();
    let bare = lower.split('(').next().unwrap_or_default();
    let bare = bare.split(" for the ").next().unwrap_or(bare);
    bare.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| match word {
            "allergies" | "allergic" | "allergys" => "allergy",
            "reactions" => "reaction",
            "intolerances" => "intolerance",
            "sensitivities" | "hypersensitivity" | "hypersensitivities" => "sensitivity",
            "medications" | "medicine" | "medicines" | "meds" | "med" | "drugs" | "drug"
            | "prescription" | "prescriptions" | "medicament" | "medicaments" | "therapy" => {
                "medication"
            }
            "stopped" | "ended" | "ceased" => "discontinued",
            "repeats" => "repeat",
            "diagnosis" => "diagnoses",
            other => other,
        })
        .filter(|word| !SAYS_NOTHING.contains(word))
        .map(str::to_owned)
        .collect()
}

/// The heading that is usually called so.
pub(super) fn by_title(title: &str) -> Option<KnownHeading> {
    let words = telling(title);
    if words.is_empty() {
        return None;
    }
    let same = KnownHeading::ALL
        .iter()
        .copied()
        .find(|known| telling(section_title(*known)) == words || telling(known.title()) == words);
    if same.is_some() {
        return same;
    }
    let has = |word: &str| words.iter().any(|known| known == word);
    let only = |allowed: &[&str]| words.iter().all(|word| allowed.contains(&word.as_str()));
    let allergy = (has("allergy")
        || has("intolerance")
        || has("sensitivity")
        || has("anaphylaxis")
        || has("adverse") && has("reaction"))
        && only(&[
            "allergy",
            "intolerance",
            "sensitivity",
            "adverse",
            "reaction",
            "medication",
            "food",
            "anaphylaxis",
            "alert",
            "alerts",
            "warning",
            "warnings",
            "status",
            "events",
            "effects",
            "substance",
            "environmental",
            "other",
            "contraindications",
        ]);
    if allergy {
        return Some(K::Allergies);
    }
    if has("medication") {
        let medicine = |more: &[&str]| {
            words
                .iter()
                .all(|word| word == "medication" || more.contains(&word.as_str()))
        };
        return if has("discontinued") && medicine(&["discontinued", "repeat", "past", "previous"]) {
            Some(K::DiscontinuedMedications)
        } else if has("acute") && medicine(&["acute", "recent", "issued", "last", "12", "months"]) {
            Some(K::AcuteMedications)
        } else if has("repeat") && medicine(&["repeat", "dispensing", "template", "templates"]) {
            Some(K::RepeatMedications)
        } else {
            None
        };
    }
    let joined = words.join(" ");
    Some(match joined.as_str() {
        "acute" => K::AcuteMedications,
        "repeat" => K::RepeatMedications,
        "problems" | "problem" | "problems conditions" | "conditions" => K::Problems,
        "diagnoses" => K::Diagnoses,
        "results"
        | "test results"
        | "laboratory results"
        | "lab results"
        | "pathology results"
        | "investigations results" => K::Results,
        "observations" | "findings" | "vital signs" | "observations findings" => K::Observations,
        "family" => K::FamilyHistory,
        "social" | "social circumstances" | "social context" => K::Circumstances,
        "encounters" | "events" => K::Events,
        "immunisations" | "immunizations" | "vaccinations" => K::Treatments,
        "risks" => K::RisksToPatient,
        "preferences" => K::Preferences,
        "correspondence" => K::Correspondence,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn titles_are_known_in_their_usual_spellings_and_no_further() {
        for (title, known) in [
            ("ALLERGIES", K::Allergies),
            ("Allergies & Adverse Reactions", K::Allergies),
            ("Allergy and Intolerance", K::Allergies),
            ("Known drug allergies/sensitivities", K::Allergies),
            ("Adverse reactions", K::Allergies),
            (
                "Acute medicines (For the 12 month period)",
                K::AcuteMedications,
            ),
            ("Repeat Prescriptions", K::RepeatMedications),
            ("Current repeat medication", K::RepeatMedications),
            ("Stopped medication", K::DiscontinuedMedications),
            (
                "Discontinued Repeat Medications (For the 6 month period x to y)",
                K::DiscontinuedMedications,
            ),
            ("Family history", K::FamilyHistory),
            ("Problem list", K::Problems),
        ] {
            assert_eq!(by_title(title), Some(known), "{title}");
        }
        for title in [
            "",
            "Medication",
            "Family history of allergies",
            "Allergy clinic letters",
            "Chats",
            "The",
        ] {
            assert_eq!(by_title(title), None, "{title}");
        }
    }

    #[test]
    fn any_coding_in_any_order_is_enough() {
        let section = |codes: &[(&str, &str)]| {
            let codings: Vec<Value> = codes
                .iter()
                .map(|(system, code)| json!({ "system": system, "code": code }))
                .collect();
            named(&json!({ "title": "X", "code": { "coding": codings } })).heading
        };
        let allergies = Heading::Known(K::Allergies);
        assert_eq!(section(&[("http://loinc.org", "48765-2")]), allergies);
        assert_eq!(
            section(&[("http://snomed.info/sct", "163221000000102")]),
            allergies
        );
        assert_eq!(
            section(&[("urn:x", "1"), ("", "AllergiesHeader")]),
            allergies
        );
        // Our own code says it best.
        assert_eq!(
            section(&[("http://loinc.org", "48765-2"), ("", "DiagnosesHeader")]),
            Heading::Known(K::Diagnoses)
        );
        // Another system's code is not ours.
        assert!(matches!(
            section(&[("urn:x", "48765-2")]),
            Heading::Other { .. }
        ));
    }
}
