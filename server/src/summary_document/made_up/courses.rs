//! Short courses of medicines.

use super::Sex::{self, Any, Female};
use super::{DAILY, Medicine, m};

/// A short course: the youngest and oldest age for it, and what for.
#[derive(Debug)]
pub(in crate::summary_document) struct Acute {
    pub(in crate::summary_document) ages: (i32, i32),
    pub(in crate::summary_document) sex: Sex,
    pub(in crate::summary_document) medicine: Medicine,
    pub(in crate::summary_document) reason: &'static str,
}

const fn acute(ages: (i32, i32), sex: Sex, medicine: Medicine, reason: &'static str) -> Acute {
    Acute {
        ages,
        sex,
        medicine,
        reason,
    }
}

pub(in crate::summary_document) const ACUTE: &[Acute] = &[
    acute(
        (0, 11),
        Any,
        m(
            "Amoxicillin 250mg/5ml oral suspension sugar free",
            "One 5ml Spoonful Three Times A Day For 5 Days",
            "100 ml",
        ),
        "Acute otitis media",
    ),
    acute(
        (0, 11),
        Any,
        m(
            "Clarithromycin 125mg/5ml oral suspension",
            "One 5ml Spoonful Twice A Day For 5 Days",
            "70 ml",
        ),
        "Acute tonsillitis",
    ),
    acute(
        (0, 11),
        Any,
        m(
            "Paracetamol 120mg/5ml oral suspension paediatric sugar free",
            "One Or Two 5ml Spoonfuls Every 4 To 6 Hours When Necessary. No More Than 4 Doses In 24 Hours",
            "200 ml",
        ),
        "Fever",
    ),
    acute(
        (0, 16),
        Any,
        m(
            "Prednisolone 5mg soluble tablets",
            "Six To Be Taken In The Morning For 3 Days",
            "18 tablet",
        ),
        "Acute exacerbation of asthma",
    ),
    acute(
        (12, 110),
        Any,
        m(
            "Amoxicillin 500mg capsules",
            "One To Be Taken Three Times A Day For 5 Days",
            "15 capsule",
        ),
        "Lower respiratory tract infection",
    ),
    acute(
        (12, 110),
        Any,
        m(
            "Doxycycline 100mg capsules",
            "Two To Be Taken On The First Day Then One Each Day For 4 Days",
            "6 capsule",
        ),
        "Lower respiratory tract infection",
    ),
    acute(
        (12, 110),
        Any,
        m(
            "Phenoxymethylpenicillin 250mg tablets",
            "Two To Be Taken Four Times A Day For 5 Days",
            "40 tablet",
        ),
        "Acute tonsillitis",
    ),
    acute(
        (12, 110),
        Any,
        m(
            "Flucloxacillin 500mg capsules",
            "One To Be Taken Four Times A Day For 7 Days",
            "28 capsule",
        ),
        "Cellulitis of leg",
    ),
    acute(
        (16, 110),
        Female,
        m(
            "Nitrofurantoin 100mg modified-release capsules",
            "One To Be Taken Twice A Day For 3 Days",
            "6 capsule",
        ),
        "Urinary tract infection",
    ),
    acute(
        (16, 110),
        Any,
        m(
            "Trimethoprim 200mg tablets",
            "One To Be Taken Twice A Day For 7 Days",
            "14 tablet",
        ),
        "Urinary tract infection",
    ),
    acute(
        (16, 64),
        Any,
        m(
            "Naproxen 500mg tablets",
            "One To Be Taken Twice A Day With Food",
            "28 tablet",
        ),
        "Low back pain",
    ),
    acute(
        (18, 110),
        Any,
        m(
            "Co-codamol 8mg/500mg effervescent tablets",
            "Two To Be Taken Up To Four Times A Day",
            "100 tablet",
        ),
        "Low back pain",
    ),
    acute(
        (18, 110),
        Any,
        m(
            "Codeine 30mg tablets",
            "One To Be Taken Up To Four Times A Day",
            "28 tablet",
        ),
        "Pain after operation",
    ),
    acute(
        (40, 110),
        Any,
        m(
            "Prednisolone 5mg tablets",
            "Six To Be Taken In The Morning For 5 Days",
            "30 tablet",
        ),
        "Acute exacerbation of airways disease",
    ),
    acute(
        (12, 110),
        Any,
        m(
            "Chloramphenicol 0.5% eye drops",
            "One Drop Every 2 Hours, Then Four Times A Day",
            "10 ml",
        ),
        "Conjunctivitis",
    ),
    acute(
        (12, 110),
        Any,
        m("Cetirizine 10mg tablets", DAILY, "30 tablet"),
        "Allergic rhinitis",
    ),
    acute(
        (18, 110),
        Any,
        m(
            "Senna 7.5mg tablets",
            "Two To Be Taken At Night",
            "60 tablet",
        ),
        "Constipation",
    ),
    acute(
        (70, 110),
        Any,
        m(
            "Fresubin Energy liquid (Fresenius Kabi Ltd)",
            "One Bottle Twice A Day Between Meals",
            "5600 ml",
        ),
        "Weight loss",
    ),
    acute(
        (18, 65),
        Any,
        m(
            "Zopiclone 3.75mg tablets",
            "One To Be Taken At Night When Required",
            "7 tablet",
        ),
        "Insomnia",
    ),
];
