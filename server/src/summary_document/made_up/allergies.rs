//! Allergies and adverse reactions.

/// An allergy: what is stated, what it did, and parts of the names of medicines that it rules out.
#[derive(Debug)]
pub(in crate::summary_document) struct Allergy {
    pub(in crate::summary_document) description: &'static str,
    pub(in crate::summary_document) reactions: &'static [&'static str],
    pub(in crate::summary_document) avoid: &'static [&'static str],
    pub(in crate::summary_document) weight: u32,
}

const fn allergy(
    description: &'static str,
    reactions: &'static [&'static str],
    avoid: &'static [&'static str],
    weight: u32,
) -> Allergy {
    Allergy {
        description,
        reactions,
        avoid,
        weight,
    }
}

const PENICILLINS: &[&str] = &["cillin", "amoxiclav"];

pub(in crate::summary_document) const ALLERGIES: &[Allergy] = &[
    allergy(
        "Penicillin allergy",
        &[
            "Rash",
            "Swelling of face and lips",
            "Anaphylaxis in childhood, carried out by ambulance",
            "",
        ],
        PENICILLINS,
        60,
    ),
    allergy(
        "Adverse reaction to Amoxicillin",
        &["Widespread itchy rash", "Vomiting"],
        PENICILLINS,
        20,
    ),
    allergy(
        "Adverse reaction to Codeine Phosphate",
        &["Severe vomiting", "Confusion"],
        &["Codeine", "Co-codamol"],
        16,
    ),
    allergy(
        "Adverse reaction to Ramipril",
        &["Persistent dry cough", "Angioedema"],
        &["Ramipril", "Lisinopril", "Sacubitril"],
        14,
    ),
    allergy(
        "Adverse reaction to Simvastatin",
        &["Muscle pain"],
        &["statin"],
        10,
    ),
    allergy(
        "Adverse reaction to Trimethoprim",
        &["Rash", "Raised potassium"],
        &["Trimethoprim"],
        12,
    ),
    allergy(
        "Adverse reaction to Erythromycin",
        &["Severe vomiting"],
        &["thromycin"],
        12,
    ),
    allergy(
        "Adverse reaction to Ibuprofen",
        &["Wheeze", "Gastrointestinal bleeding"],
        &["Ibuprofen", "Naproxen", "Aspirin"],
        12,
    ),
    allergy(
        "Aspirin allergy",
        &["Bronchospasm"],
        &["Aspirin", "Ibuprofen", "Naproxen"],
        7,
    ),
    allergy(
        "Adverse reaction to Doxycycline",
        &["Sun-sensitive rash"],
        &["Doxycycline"],
        5,
    ),
    allergy("Allergy to latex", &["Contact dermatitis", "Hives"], &[], 6),
    allergy(
        "Peanut allergy",
        &["Anaphylaxis, carries two adrenaline pens"],
        &[],
        8,
    ),
    allergy("Egg allergy", &["Hives"], &[], 3),
    allergy(
        "Allergy to strapping or sticking plaster",
        &["Blistering"],
        &[],
        6,
    ),
    allergy(
        "Toxic reaction to wasp sting",
        &["Swelling of the whole arm", "Collapse"],
        &[],
        4,
    ),
    allergy(
        "Adverse reaction to Morphine",
        &["Itching", "Hallucinations"],
        &["Morphine"],
        4,
    ),
];

pub(in crate::summary_document) const CERTAINTIES: &[&str] = &["", "Certain", "Likely", "Possible"];
pub(in crate::summary_document) const SEVERITIES: &[&str] =
    &["", "Mild", "Moderate", "Severe", "Life threatening"];
