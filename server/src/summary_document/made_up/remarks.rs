//! What stands under the other headings.

/// Rows of the other headings: the youngest and oldest age, description, additional information.
pub(in crate::summary_document) type Remark = (i32, i32, &'static str, &'static str);

pub(in crate::summary_document) const OBSERVATIONS: &[Remark] = &[
    (18, 110, "Body mass index", "27.4 kg/m2"),
    (18, 110, "Body mass index", "31.9 kg/m2"),
    (16, 110, "O/E - blood pressure reading", "128/76 mmHg"),
    (16, 110, "O/E - blood pressure reading", "142/88 mmHg"),
    (40, 110, "O/E - pulse rhythm irregular", "Rate 84"),
    (0, 110, "O/E - weight", "Recorded at annual review"),
    (
        65,
        110,
        "Rockwood clinical frailty scale level 5 - mildly frail",
        "Problem; Review",
    ),
    (
        70,
        110,
        "Rockwood clinical frailty scale level 7 - severely frail",
        "Problem; Review",
    ),
    (55, 110, "Bilateral hearing loss", "Wears hearing aids"),
];
pub(in crate::summary_document) const TREATMENTS: &[Remark] = &[
    (
        0,
        17,
        "Measles mumps and rubella vaccination",
        "Second dose; Injection site: Left arm",
    ),
    (
        0,
        5,
        "First 6-in-1 vaccination",
        "Injection site: Left thigh",
    ),
    (
        12,
        18,
        "Human papillomavirus vaccination",
        "Given at school",
    ),
    (
        5,
        110,
        "SARS-CoV-2 (severe acute respiratory syndrome coronavirus 2) vaccination",
        "Booster; Injection site: Left arm",
    ),
    (
        65,
        110,
        "Seasonal influenza vaccination",
        "Injection site: Left arm",
    ),
    (65, 110, "Pneumococcal vaccination", ""),
    (50, 110, "Shingles vaccination", "Second dose"),
    (
        45,
        110,
        "Total replacement of hip joint",
        "Laterality: Right",
    ),
    (30, 110, "Laparoscopic cholecystectomy", ""),
    (
        55,
        110,
        "Insertion of cardiac pacemaker",
        "Dual chamber; card held by patient",
    ),
];
pub(in crate::summary_document) const INVESTIGATIONS: &[Remark] = &[
    (18, 110, "Electrocardiogram", "Normal sinus rhythm"),
    (18, 110, "Plain chest X-ray", "No abnormality seen"),
    (40, 110, "Echocardiogram", "Ejection fraction 45 to 50%"),
    (25, 64, "Cervical screening", "Sample taken; negative"),
    (60, 74, "Bowel cancer screening kit returned", "Normal"),
    (12, 110, "Diabetic retinal screening", "No retinopathy"),
];
pub(in crate::summary_document) const EVENTS: &[Remark] = &[
    (
        0,
        110,
        "Seen in accident and emergency department",
        "Discharged the same day",
    ),
    (
        18,
        110,
        "Emergency hospital admission",
        "Chest pain; two nights",
    ),
    (65, 110, "Fall in home", "No injury; ambulance attended"),
    (0, 110, "Did not attend general practice appointment", ""),
    (16, 110, "Telephone consultation", "Out of hours service"),
];
pub(in crate::summary_document) const PROCEDURES: &[Remark] = &[
    (16, 66, "Fit note issued to patient", "Two weeks"),
    (
        18,
        110,
        "Medication review done",
        "With clinical pharmacist",
    ),
    (
        0,
        110,
        "Consent given for communication by SMS text messaging",
        "",
    ),
    (65, 110, "Added to frailty register", ""),
    (
        18,
        110,
        "Express consent for core and additional Summary Care Record dataset upload",
        "",
    ),
];
pub(in crate::summary_document) const ADVICE: &[Remark] = &[
    (16, 110, "Smoking cessation advice", "Leaflet given"),
    (18, 110, "Advice about alcohol consumption", "AUDIT-C 4"),
    (
        0,
        17,
        "Advice given to parent about fever",
        "Safety net explained",
    ),
    (
        18,
        110,
        "Advice given about sick day rules",
        "Stop metformin and ramipril when vomiting",
    ),
];
pub(in crate::summary_document) const PREFERENCES: &[Remark] = &[
    (
        75,
        110,
        "Preferred place of care - home",
        "Discussed with daughter",
    ),
    (
        75,
        110,
        "Not for attempted cardiopulmonary resuscitation",
        "Form kept in yellow folder in the hall",
    ),
    (18, 110, "Influenza vaccination declined", ""),
    (
        18,
        110,
        "Refusal of transfusion of blood product",
        "Advance decision held at practice",
    ),
    (
        65,
        110,
        "Has appointed person with personal welfare lasting power of attorney (Mental Capacity Act 2005)",
        "Son",
    ),
];
pub(in crate::summary_document) const CIRCUMSTANCES: &[Remark] = &[
    (65, 110, "Lives alone", "Key safe at the door"),
    (70, 110, "Housebound", ""),
    (75, 110, "Lives in a residential home", ""),
    (18, 70, "Is a carer", "For partner with multiple sclerosis"),
    (0, 17, "Attends school", ""),
    (18, 66, "Night shift worker", ""),
];
pub(in crate::summary_document) const LIFESTYLE: &[Remark] = &[
    (14, 110, "Never smoked tobacco", ""),
    (18, 110, "Ex-smoker", "Stopped many years ago"),
    (16, 110, "Cigarette smoker", "10 a day"),
    (18, 110, "Alcohol units consumed per week", "6"),
    (16, 110, "Exercise grading - moderate", ""),
];
pub(in crate::summary_document) const FAMILY_HISTORY: &[Remark] = &[
    (
        18,
        110,
        "FH: Ischaemic heart disease at less than 60 years",
        "Father",
    ),
    (18, 110, "FH: Diabetes mellitus", "Mother and brother"),
    (18, 110, "FH: Breast cancer", "Mother"),
    (0, 110, "FH: Asthma", ""),
    (18, 110, "No family history of note", ""),
];
pub(in crate::summary_document) const CORRESPONDENCE: &[Remark] = &[
    (
        18,
        110,
        "Letter from patient",
        "Asks for appointments in the afternoon",
    ),
    (
        0,
        110,
        "Letter from carer",
        "Asks to be told about changes of medicine",
    ),
];
pub(in crate::summary_document) const DOCUMENTATION: &[Remark] = &[
    (65, 110, "Care plan completed", "Copy at home"),
    (
        75,
        110,
        "Anticipatory care plan completed",
        "Reviewed with family",
    ),
    (18, 110, "Outpatient letter received", "Cardiology"),
    (5, 110, "Asthma self-management plan agreed", ""),
];
pub(in crate::summary_document) const RISKS_TO_PATIENT: &[Remark] = &[
    (65, 110, "At risk of falls", "Uses a stick indoors"),
    (70, 110, "At risk of pressure sore", ""),
    (
        18,
        110,
        "At risk of self-harm",
        "Plan shared with crisis team",
    ),
    (
        0,
        110,
        "High risk category for developing complication from coronavirus infection",
        "Problem; Review",
    ),
    (0, 17, "Child in need", ""),
];
pub(in crate::summary_document) const RISKS_TO_PROFESSIONAL: &[Remark] = &[
    (
        0,
        110,
        "Dog at premises",
        "Ask for it to be shut in before the visit",
    ),
    (
        18,
        110,
        "Home visit only with two members of staff",
        "Reviewed yearly",
    ),
];
pub(in crate::summary_document) const SERVICES: &[Remark] = &[
    (
        60,
        110,
        "Under care of district nurse",
        "Leg ulcer dressing twice a week",
    ),
    (70, 110, "Home help attends", "Morning and evening"),
    (0, 17, "Under care of community paediatrician", ""),
    (
        18,
        110,
        "Under care of community mental health team",
        "Named worker known to practice",
    ),
    (
        65,
        110,
        "Patient's next of kin",
        "Daughter, telephone number held at practice",
    ),
];
