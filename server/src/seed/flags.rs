//! Reasonable adjustment flags for made-up patients, with terms of the national catalogue.

use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Detail, ImpairmentKind, NewPart, Provenance,
    RemovalReason, catalogue, conditions,
};
use domain::clock::Age;
use domain::ids::{FlagId, PartId};
use domain::patient::Patient;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rand::Rng;
use rand::seq::IndexedRandom;
use uuid::Builder;

/// What a person finds hard, what is behind it, and what helps: codes of the catalogue.
struct Need {
    /// Ages at which it is given.
    ages: std::ops::RangeInclusive<i32>,
    impairment: ImpairmentKind,
    note: &'static str,
    /// SNOMED CT code of the condition behind it.
    condition: Option<&'static str>,
    adjustments: &'static [&'static str],
}

const NEEDS: &[Need] = &[
    Need {
        ages: 55..=110,
        impairment: ImpairmentKind::Hearing,
        note: "Hears better on the right",
        condition: Some("15188001"),
        adjustments: &[
            "285055002",
            "441092009",
            "936701000000103",
            "1325391000000106",
        ],
    },
    Need {
        ages: 4..=110,
        impairment: ImpairmentKind::Hearing,
        note: "Deaf since birth, signs fluently",
        condition: Some("15188001"),
        adjustments: &["204331000000107", "520471000000105", "936701000000103"],
    },
    Need {
        ages: 60..=110,
        impairment: ImpairmentKind::Vision,
        note: "Central vision lost in both eyes",
        condition: Some("267718000"),
        adjustments: &["957351000000102", "795661000000104", "719563003"],
    },
    Need {
        ages: 18..=110,
        impairment: ImpairmentKind::Vision,
        note: "Registered severely sight impaired",
        condition: Some("397540003"),
        adjustments: &["936581000000101", "936601000000105", "1108171000000102"],
    },
    Need {
        ages: 4..=75,
        impairment: ImpairmentKind::Learning,
        note: "",
        condition: Some("110359009"),
        adjustments: &[
            "796161000000101",
            "1108171000000102",
            "1325331000000105",
            "719561001",
            "1108121000000101",
        ],
    },
    Need {
        ages: 4..=70,
        impairment: ImpairmentKind::Social,
        note: "Waiting in a full room is very hard",
        condition: Some("35919005"),
        adjustments: &[
            "1325381000000109",
            "1325391000000106",
            "1325351000000103",
            "1325841000000109",
        ],
    },
    Need {
        ages: 65..=110,
        impairment: ImpairmentKind::Memory,
        note: "Forgets what was said, remembers faces",
        condition: Some("52448006"),
        adjustments: &[
            "719561001",
            "1108151000000106",
            "1108131000000104",
            "240451000000106",
        ],
    },
    Need {
        ages: 10..=110,
        impairment: ImpairmentKind::Mobility,
        note: "Uses a wheelchair out of the house",
        condition: None,
        adjustments: &["1108191000000103", "1325371000000107"],
    },
    Need {
        ages: 30..=110,
        impairment: ImpairmentKind::Dexterity,
        note: "Cannot open blister packs",
        condition: Some("69896004"),
        adjustments: &["865301000000107", "1108171000000102"],
    },
    Need {
        ages: 16..=80,
        impairment: ImpairmentKind::MentalHealth,
        note: "",
        condition: None,
        adjustments: &["314434008", "1325361000000100", "231501003"],
    },
    Need {
        ages: 40..=110,
        impairment: ImpairmentKind::Stamina,
        note: "Breathless after a few steps",
        condition: Some("13645005"),
        adjustments: &["1325371000000107", "1108161000000109"],
    },
    Need {
        ages: 50..=110,
        impairment: ImpairmentKind::Other,
        note: "Understands speech but cannot find words since a stroke",
        condition: Some("87486003"),
        adjustments: &["1082671000000100", "1082551000000105", "1108171000000102"],
    },
];

/// Interpreters by the language of the record.
pub(super) fn interpreter(language: &str) -> &'static str {
    match language {
        "Arabic" => "203311000000101",
        "Bengali" => "203321000000107",
        "Cantonese" => "203381000000108",
        "Farsi" => "203421000000104",
        "Gujarati" => "203601000000106",
        "Lithuanian" => "203721000000108",
        "Panjabi" => "203961000000103",
        "Polish" => "203901000000102",
        "Portuguese" => "203911000000100",
        "Romanian" => "353881000000101",
        "Somali" => "204021000000108",
        "Spanish" => "204031000000105",
        "Tamil" => "204131000000109",
        "Turkish" => "204191000000105",
        "Ukrainian" => "204201000000107",
        "Urdu" => "204211000000109",
        "Vietnamese" => "204221000000103",
        "Yoruba" => "204241000000105",
        _ => "315594003",
    }
}

const RECORDERS: &[(&str, &str, &str)] = &[
    (
        "Hannah Ashby",
        "Community Nurse",
        "Aire Valley Community Healthcare Trust",
    ),
    (
        "Dr Owen Prosser",
        "General Medical Practitioner",
        "Meadow View Surgery",
    ),
    ("Comfort Mensah", "Practice Nurse", "Oakwood Medical Centre"),
    (
        "Daniel Kaminski",
        "Occupational Therapist",
        "Wharfedale District Hospital",
    ),
    (
        "Ruth Ellison",
        "Senior Social Worker (Adults)",
        "Moorside Council Adult Services",
    ),
    ("Farah Siddiqui", "Receptionist", "Riverside Health Centre"),
];

/// Who recorded it, at half past nine (universal time) on that day.
pub(super) fn recorded(who: (&str, &str, &str), on: Date) -> Provenance {
    let (person, role, organisation) = who;
    Provenance {
        person: person.to_owned(),
        role: role.to_owned(),
        organisation: organisation.to_owned(),
        at: on
            .at(9, 30, 0, 0)
            .to_zoned(TimeZone::UTC)
            .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp()),
    }
}

/// An adjustment of the catalogue. `None` for a code that is not in it.
pub(super) fn adjustment(code: &str, note: &str) -> Option<Detail> {
    let term = catalogue::by_code(code)?;
    Some(Detail::Adjustment {
        category: term.category,
        code: Some(term.code.to_owned()),
        text: term.display.to_owned(),
        note: note.to_owned(),
    })
}

/// An impairment with its note.
pub(super) fn impairment(impairment: ImpairmentKind, note: &str) -> Detail {
    Detail::Impairment {
        impairment,
        note: note.to_owned(),
    }
}

/// A condition of the list of common ones. `None` for a code that is not in it.
pub(super) fn condition(code: &str) -> Option<Detail> {
    let condition = conditions::by_code(code)?;
    Some(Detail::Condition {
        name: condition.name.to_owned(),
        code: Some(condition.code.to_owned()),
    })
}

/// The parts with ids of their own.
pub(super) fn parts(rng: &mut impl Rng, details: impl IntoIterator<Item = Detail>) -> Vec<NewPart> {
    details
        .into_iter()
        .map(|detail| NewPart {
            id: PartId(Builder::from_random_bytes(rng.random()).into_uuid()),
            detail,
        })
        .collect()
}

/// A flag of those parts.
pub(super) fn created(rng: &mut impl Rng, basis: Basis, parts: Vec<NewPart>) -> AdjustmentChange {
    AdjustmentChange::Create {
        flag: FlagId(Builder::from_random_bytes(rng.random()).into_uuid()),
        basis,
        equality_act: true,
        parts,
    }
}

/// The record after those changes in turn. `None` where the rules of the domain refuse one.
pub(super) fn record(changes: &[(AdjustmentChange, Provenance)]) -> Option<AdjustmentRecord> {
    changes
        .iter()
        .try_fold(AdjustmentRecord::default(), |record, (change, by)| {
            record.apply(record.version, change, by).ok()
        })
}

/// A flag that suits the patient's age and language.
pub(super) fn generated(
    rng: &mut impl Rng,
    patient: &Patient,
    last_day: Date,
) -> Option<AdjustmentRecord> {
    let age = match Age::between(patient.birth_date, last_day) {
        Age::Years(years) => years,
        Age::Months(_) | Age::Days(_) => return None,
    };
    let fitting: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| need.ages.contains(&age))
        .collect();
    let need = fitting.choose(rng)?;
    let mut details = vec![impairment(need.impairment, need.note)];
    details.extend(need.condition.and_then(condition));
    let count = rng.random_range(1..=need.adjustments.len());
    details.extend(
        need.adjustments
            .choose_multiple(rng, count)
            .filter_map(|code| adjustment(code, "")),
    );
    if let (true, Some(language)) = (patient.interpreter_needed, &patient.language) {
        details.extend(adjustment(interpreter(language), ""));
    }
    let basis = match (age, need.impairment) {
        (..16, _) => Basis::Representative,
        (_, ImpairmentKind::Memory) if rng.random_ratio(1, 2) => Basis::BestInterest,
        (_, ImpairmentKind::Memory) => Basis::Attorney,
        _ => Basis::Consent,
    };
    let days = rng.random_range(20..900);
    let on = last_day.saturating_sub(Span::new().days(days));
    let who = *RECORDERS.choose(rng)?;
    let parts = parts(rng, details);
    let first = parts.first().map(|part| part.id);
    let mut changes = vec![(created(rng, basis, parts), recorded(who, on))];
    if let (Some(part), true) = (first, rng.random_ratio(1, 12)) {
        let struck = AdjustmentChange::RemovePart {
            part,
            reason: RemovalReason::NoLongerApplies,
            comment: "Reviewed with the patient, recorded again in other words".to_owned(),
        };
        let by = recorded(
            *RECORDERS.choose(rng)?,
            on.saturating_add(Span::new().days(12)),
        );
        let again = AdjustmentChange::AddParts {
            parts: self::parts(
                rng,
                [impairment(need.impairment, "Better with help on the day")],
            ),
        };
        changes.extend([(struck, by.clone()), (again, by)]);
    }
    record(&changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_catalogue() {
        for code in NEEDS.iter().flat_map(|need| need.adjustments) {
            assert!(adjustment(code, "").is_some(), "{code}");
        }
        for code in NEEDS.iter().filter_map(|need| need.condition) {
            assert!(condition(code).is_some(), "{code}");
        }
        for language in [
            "Arabic",
            "Bengali",
            "Cantonese",
            "Farsi",
            "Gujarati",
            "Lithuanian",
            "Panjabi",
            "Polish",
            "Urdu",
            "Other",
        ] {
            let term = catalogue::by_code(interpreter(language)).unwrap();
            assert!(
                language == "Other" || term.display.starts_with(language),
                "{language}"
            );
        }
    }
}
