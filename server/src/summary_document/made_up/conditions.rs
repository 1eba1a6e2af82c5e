//! Long-term conditions, how common they are, and what is prescribed and measured for them.

use super::Sex::{self, Any, Female, Male};
use super::{DAILY, Medicine, m};

/// A long-term condition.
#[derive(Debug)]
pub(in crate::summary_document) struct Condition {
    pub(in crate::summary_document) name: &'static str,
    pub(in crate::summary_document) sex: Sex,
    /// Per thousand at 0 to 17, 18 to 39, 40 to 59, 60 to 74, and 75 or older.
    pub(in crate::summary_document) per_thousand: [u32; 5],
    /// One of each list is prescribed.
    pub(in crate::summary_document) medicines: &'static [&'static [Medicine]],
    /// What is measured: its name, the lowest and highest value, its unit.
    pub(in crate::summary_document) results: &'static [(&'static str, u32, u32, &'static str)],
}

const NIGHTLY: &str = "One To Be Taken At Night";
const TWICE: &str = "One To Be Taken Twice A Day";
const MORNING: &str = "One To Be Taken In The Morning";

pub(in crate::summary_document) const CONDITIONS: &[Condition] = &[
    Condition {
        name: "Essential hypertension",
        sex: Any,
        per_thousand: [0, 12, 150, 380, 560],
        medicines: &[
            &[
                m("Ramipril 5mg capsules", DAILY, "28 capsule"),
                m("Losartan 50mg tablets", DAILY, "28 tablet"),
                m("Lisinopril 10mg tablets", DAILY, "28 tablet"),
                m("Candesartan 8mg tablets", DAILY, "28 tablet"),
            ],
            &[
                m("Amlodipine 5mg tablets", DAILY, "28 tablet"),
                m("Amlodipine 10mg tablets", DAILY, "28 tablet"),
                m("Indapamide 2.5mg tablets", MORNING, "28 tablet"),
                m(
                    "Felodipine 5mg modified-release tablets",
                    DAILY,
                    "28 tablet",
                ),
            ],
        ],
        results: &[("Serum creatinine level", 58, 118, "umol/L")],
    },
    Condition {
        name: "Type 2 diabetes mellitus",
        sex: Any,
        per_thousand: [0, 10, 75, 160, 190],
        medicines: &[
            &[
                m(
                    "Metformin 500mg tablets",
                    "Two To Be Taken Twice A Day With Or After Food",
                    "112 tablet",
                ),
                m(
                    "Metformin 1g modified-release tablets",
                    "Two To Be Taken With The Evening Meal",
                    "56 tablet",
                ),
            ],
            &[
                m("Empagliflozin 10mg tablets", DAILY, "28 tablet"),
                m(
                    "Gliclazide 80mg tablets",
                    "One To Be Taken Twice A Day With Food",
                    "56 tablet",
                ),
                m("Sitagliptin 100mg tablets", DAILY, "28 tablet"),
                m(
                    "Insulin glargine 100units/ml solution for injection 3ml pre-filled disposable devices",
                    "Inject 24 Units At Night",
                    "15 ml",
                ),
            ],
        ],
        results: &[(
            "Haemoglobin A1c level - IFCC standardised",
            46,
            88,
            "mmol/mol",
        )],
    },
    Condition {
        name: "Type 1 diabetes mellitus",
        sex: Any,
        per_thousand: [3, 5, 5, 4, 2],
        medicines: &[
            &[m(
                "NovoRapid FlexPen 100units/ml solution for injection 3ml pre-filled pens (Novo Nordisk Ltd)",
                "Inject With Meals According To Carbohydrate",
                "15 ml",
            )],
            &[m(
                "Lantus 100units/ml solution for injection 3ml pre-filled SoloStar pens (Sanofi)",
                "Inject 18 Units At Night",
                "15 ml",
            )],
            &[m(
                "GlucaGen Hypokit 1mg powder and solvent for solution for injection (Novo Nordisk Ltd)",
                "Use As Directed For Severe Low Blood Sugar",
                "1 vial",
            )],
        ],
        results: &[(
            "Haemoglobin A1c level - IFCC standardised",
            52,
            84,
            "mmol/mol",
        )],
    },
    Condition {
        name: "Asthma",
        sex: Any,
        per_thousand: [95, 90, 80, 75, 60],
        medicines: &[
            &[
                m(
                    "Salbutamol 100micrograms/dose inhaler CFC free",
                    "Inhale 2 Doses As Needed",
                    "200 dose",
                ),
                m(
                    "Salamol Easi-Breathe 100micrograms/dose inhaler (Teva UK Ltd)",
                    "Inhale 2 Doses As Needed",
                    "200 dose",
                ),
            ],
            &[
                m(
                    "Clenil Modulite 100micrograms/dose inhaler (Chiesi Ltd)",
                    "Inhale 2 Doses Twice A Day",
                    "200 dose",
                ),
                m(
                    "Fostair 100micrograms/dose / 6micrograms/dose inhaler (Chiesi Ltd)",
                    "Inhale 2 Doses Twice A Day",
                    "120 dose",
                ),
            ],
        ],
        results: &[("Peak expiratory flow rate", 280, 560, "L/min")],
    },
    Condition {
        name: "Chronic obstructive pulmonary disease",
        sex: Any,
        per_thousand: [0, 0, 22, 70, 90],
        medicines: &[
            &[
                m(
                    "Trelegy Ellipta 92micrograms/dose / 55micrograms/dose / 22micrograms/dose dry powder inhaler (GlaxoSmithKline UK Ltd)",
                    "Inhale 1 Dose Each Day",
                    "30 dose",
                ),
                m(
                    "Spiriva Respimat 2.5micrograms/dose inhalation solution cartridge with device (Boehringer Ingelheim Ltd)",
                    "Inhale 2 Doses Each Day",
                    "60 dose",
                ),
            ],
            &[m(
                "Salbutamol 100micrograms/dose inhaler CFC free",
                "Inhale 2 Doses As Needed",
                "200 dose",
            )],
            &[m(
                "Carbocisteine 375mg capsules",
                "Two To Be Taken Twice A Day",
                "120 capsule",
            )],
        ],
        results: &[("Forced expiratory volume in 1 second", 1, 3, "L")],
    },
    Condition {
        name: "Ischaemic heart disease",
        sex: Any,
        per_thousand: [0, 1, 24, 95, 170],
        medicines: &[
            &[
                m("Aspirin 75mg dispersible tablets", DAILY, "28 tablet"),
                m("Clopidogrel 75mg tablets", DAILY, "28 tablet"),
            ],
            &[m("Atorvastatin 80mg tablets", NIGHTLY, "28 tablet")],
            &[
                m("Bisoprolol 2.5mg tablets", DAILY, "28 tablet"),
                m("Bisoprolol 5mg tablets", DAILY, "28 tablet"),
            ],
            &[m(
                "Glyceryl trinitrate 400micrograms/dose pump sublingual spray",
                "1 Or 2 Doses Under The Tongue As Needed For Chest Pain",
                "180 dose",
            )],
        ],
        results: &[("Serum cholesterol level", 3, 6, "mmol/L")],
    },
    Condition {
        name: "Atrial fibrillation",
        sex: Any,
        per_thousand: [0, 1, 10, 60, 165],
        medicines: &[
            &[
                m("Apixaban 5mg tablets", TWICE, "56 tablet"),
                m("Edoxaban 60mg tablets", DAILY, "28 tablet"),
                m(
                    "Rivaroxaban 20mg tablets",
                    "One To Be Taken Each Day With Food",
                    "28 tablet",
                ),
                m(
                    "Warfarin 1mg tablets",
                    "Take As Directed In The Yellow Book",
                    "56 tablet",
                ),
            ],
            &[
                m("Bisoprolol 2.5mg tablets", DAILY, "28 tablet"),
                m("Digoxin 125microgram tablets", DAILY, "28 tablet"),
            ],
        ],
        results: &[("CHA2DS2-VASc score", 1, 6, "")],
    },
    Condition {
        name: "Heart failure",
        sex: Any,
        per_thousand: [0, 0, 5, 25, 80],
        medicines: &[
            &[
                m("Furosemide 40mg tablets", MORNING, "28 tablet"),
                m("Bumetanide 1mg tablets", MORNING, "28 tablet"),
            ],
            &[
                m("Spironolactone 25mg tablets", DAILY, "28 tablet"),
                m("Dapagliflozin 10mg tablets", DAILY, "28 tablet"),
            ],
            &[
                m("Ramipril 2.5mg capsules", TWICE, "56 capsule"),
                m(
                    "Sacubitril 49mg / Valsartan 51mg tablets",
                    TWICE,
                    "56 tablet",
                ),
            ],
        ],
        results: &[(
            "N-terminal pro-brain natriuretic peptide level",
            410,
            3200,
            "ng/L",
        )],
    },
    Condition {
        name: "Stroke",
        sex: Any,
        per_thousand: [0, 1, 12, 40, 95],
        medicines: &[
            &[m("Clopidogrel 75mg tablets", DAILY, "28 tablet")],
            &[m("Atorvastatin 40mg tablets", NIGHTLY, "28 tablet")],
        ],
        results: &[],
    },
    Condition {
        name: "Hypercholesterolaemia",
        sex: Any,
        per_thousand: [0, 6, 90, 190, 180],
        medicines: &[&[
            m("Atorvastatin 20mg tablets", NIGHTLY, "28 tablet"),
            m("Simvastatin 40mg tablets", NIGHTLY, "28 tablet"),
            m("Rosuvastatin 10mg tablets", DAILY, "28 tablet"),
        ]],
        results: &[("Serum cholesterol level", 3, 7, "mmol/L")],
    },
    Condition {
        name: "Chronic kidney disease stage 3",
        sex: Any,
        per_thousand: [0, 1, 12, 70, 240],
        medicines: &[],
        results: &[(
            "Estimated glomerular filtration rate",
            31,
            59,
            "mL/min/1.73m2",
        )],
    },
    Condition {
        name: "Hypothyroidism",
        sex: Any,
        per_thousand: [1, 14, 45, 75, 90],
        medicines: &[&[
            m(
                "Levothyroxine sodium 50microgram tablets",
                "One To Be Taken Each Morning Before Breakfast",
                "28 tablet",
            ),
            m(
                "Levothyroxine sodium 100microgram tablets",
                "One To Be Taken Each Morning Before Breakfast",
                "28 tablet",
            ),
        ]],
        results: &[("Serum TSH level", 1, 5, "mU/L")],
    },
    Condition {
        name: "Depressive disorder",
        sex: Any,
        per_thousand: [8, 120, 150, 110, 90],
        medicines: &[&[
            m("Sertraline 50mg tablets", MORNING, "28 tablet"),
            m("Citalopram 20mg tablets", DAILY, "28 tablet"),
            m("Mirtazapine 30mg tablets", NIGHTLY, "28 tablet"),
            m("Fluoxetine 20mg capsules", DAILY, "30 capsule"),
        ]],
        results: &[("Patient health questionnaire 9 score", 2, 19, "")],
    },
    Condition {
        name: "Anxiety disorder",
        sex: Any,
        per_thousand: [10, 70, 60, 40, 30],
        medicines: &[&[
            m(
                "Propranolol 40mg tablets",
                "One To Be Taken Three Times A Day When Required",
                "84 tablet",
            ),
            m("Sertraline 100mg tablets", MORNING, "28 tablet"),
        ]],
        results: &[],
    },
    Condition {
        name: "Bipolar affective disorder",
        sex: Any,
        per_thousand: [0, 7, 8, 6, 3],
        medicines: &[&[
            m(
                "Priadel 400mg modified-release tablets (Essential Pharma Ltd)",
                "Two To Be Taken At Night",
                "56 tablet",
            ),
            m("Quetiapine 200mg tablets", NIGHTLY, "28 tablet"),
        ]],
        results: &[("Serum lithium level", 0, 1, "mmol/L")],
    },
    Condition {
        name: "Epilepsy",
        sex: Any,
        per_thousand: [5, 8, 9, 10, 11],
        medicines: &[&[
            m("Levetiracetam 500mg tablets", TWICE, "60 tablet"),
            m("Lamotrigine 100mg tablets", TWICE, "56 tablet"),
            m(
                "Carbamazepine 200mg modified-release tablets",
                TWICE,
                "56 tablet",
            ),
        ]],
        results: &[],
    },
    Condition {
        name: "Parkinson's disease",
        sex: Any,
        per_thousand: [0, 0, 1, 6, 19],
        medicines: &[&[
            m(
                "Co-careldopa 25mg/100mg tablets",
                "One To Be Taken Four Times A Day At The Exact Times Given",
                "112 tablet",
            ),
            m(
                "Madopar 100mg/25mg dispersible tablets (Roche Products Ltd)",
                "One To Be Taken Four Times A Day At The Exact Times Given",
                "100 tablet",
            ),
        ]],
        results: &[],
    },
    Condition {
        name: "Dementia in Alzheimer's disease",
        sex: Any,
        per_thousand: [0, 0, 1, 14, 95],
        medicines: &[&[
            m("Donepezil 10mg tablets", NIGHTLY, "28 tablet"),
            m("Memantine 20mg tablets", DAILY, "28 tablet"),
        ]],
        results: &[("Montreal cognitive assessment score", 9, 24, "/30")],
    },
    Condition {
        name: "Osteoarthritis of knee",
        sex: Any,
        per_thousand: [0, 3, 70, 180, 260],
        medicines: &[&[
            m(
                "Paracetamol 500mg tablets",
                "Two To Be Taken Up To Four Times A Day",
                "200 tablet",
            ),
            m(
                "Co-codamol 30mg/500mg tablets",
                "One Or Two To Be Taken Up To Four Times A Day",
                "100 tablet",
            ),
            m(
                "Ibuprofen 10% gel",
                "Apply Up To Three Times A Day",
                "100 gram",
            ),
        ]],
        results: &[],
    },
    Condition {
        name: "Rheumatoid arthritis",
        sex: Any,
        per_thousand: [1, 3, 9, 17, 20],
        medicines: &[
            &[m(
                "Methotrexate 2.5mg tablets",
                "Six To Be Taken ONCE A WEEK On The Same Day",
                "24 tablet",
            )],
            &[m(
                "Folic acid 5mg tablets",
                "One To Be Taken Once A Week, Not On The Day Of Methotrexate",
                "4 tablet",
            )],
        ],
        results: &[("Serum C reactive protein level", 2, 38, "mg/L")],
    },
    Condition {
        name: "Osteoporosis",
        sex: Female,
        per_thousand: [0, 0, 12, 90, 210],
        medicines: &[
            &[m(
                "Alendronic acid 70mg tablets",
                "One To Be Taken Once A Week As Directed",
                "4 tablet",
            )],
            &[m(
                "Adcal-D3 1500mg/400unit chewable tablets (Kyowa Kirin Ltd)",
                TWICE,
                "112 tablet",
            )],
        ],
        results: &[],
    },
    Condition {
        name: "Gastro-oesophageal reflux disease",
        sex: Any,
        per_thousand: [3, 40, 100, 150, 170],
        medicines: &[&[
            m(
                "Omeprazole 20mg gastro-resistant capsules",
                DAILY,
                "28 capsule",
            ),
            m(
                "Lansoprazole 30mg gastro-resistant capsules",
                MORNING,
                "28 capsule",
            ),
        ]],
        results: &[],
    },
    Condition {
        name: "Benign prostatic hyperplasia",
        sex: Male,
        per_thousand: [0, 0, 30, 150, 270],
        medicines: &[&[
            m(
                "Tamsulosin 400microgram modified-release capsules",
                DAILY,
                "30 capsule",
            ),
            m("Finasteride 5mg tablets", DAILY, "28 tablet"),
        ]],
        results: &[("Serum prostate specific antigen level", 1, 6, "ug/L")],
    },
    Condition {
        name: "Gout",
        sex: Any,
        per_thousand: [0, 3, 20, 45, 60],
        medicines: &[&[m("Allopurinol 300mg tablets", DAILY, "28 tablet")]],
        results: &[("Serum urate level", 260, 540, "umol/L")],
    },
    Condition {
        name: "Migraine",
        sex: Any,
        per_thousand: [20, 80, 70, 30, 15],
        medicines: &[&[
            m(
                "Sumatriptan 50mg tablets",
                "One To Be Taken As Soon As Possible After Onset",
                "6 tablet",
            ),
            m("Topiramate 50mg tablets", TWICE, "60 tablet"),
        ]],
        results: &[],
    },
    Condition {
        name: "Atopic eczema",
        sex: Any,
        per_thousand: [130, 60, 40, 35, 40],
        medicines: &[
            &[m(
                "Zerobase 11% cream (Thornton & Ross Ltd)",
                "Apply As Often As Needed",
                "500 gram",
            )],
            &[m(
                "Hydrocortisone 1% ointment",
                "Apply Thinly Twice A Day When Flared",
                "30 gram",
            )],
        ],
        results: &[],
    },
    Condition {
        name: "Attention deficit hyperactivity disorder",
        sex: Any,
        per_thousand: [28, 22, 6, 1, 0],
        medicines: &[&[m(
            "Concerta XL 18mg tablets (Janssen-Cilag Ltd)",
            MORNING,
            "30 tablet",
        )]],
        results: &[],
    },
    Condition {
        name: "Autism spectrum disorder",
        sex: Any,
        per_thousand: [24, 15, 5, 2, 1],
        medicines: &[],
        results: &[],
    },
    Condition {
        name: "Coeliac disease",
        sex: Any,
        per_thousand: [3, 7, 8, 8, 7],
        medicines: &[&[m(
            "Juvela gluten free loaf sliced (Juvela Ltd)",
            "Use As Directed",
            "8 loaf",
        )]],
        results: &[],
    },
    Condition {
        name: "Contraception",
        sex: Female,
        per_thousand: [12, 260, 60, 0, 0],
        medicines: &[&[
            m(
                "Rigevidon tablets (Gedeon Richter (UK) Ltd)",
                "One To Be Taken Each Day For 21 Days, Then 7 Days Without",
                "63 tablet",
            ),
            m("Desogestrel 75microgram tablets", DAILY, "84 tablet"),
        ]],
        results: &[],
    },
    Condition {
        name: "Menopausal symptoms",
        sex: Female,
        per_thousand: [0, 1, 160, 50, 5],
        medicines: &[
            &[m(
                "Evorel 50 patches (Theramex UK Ltd)",
                "Apply One Twice A Week",
                "8 patch",
            )],
            &[m(
                "Utrogestan 100mg capsules (Besins Healthcare (UK) Ltd)",
                NIGHTLY,
                "30 capsule",
            )],
        ],
        results: &[],
    },
    Condition {
        name: "Glaucoma",
        sex: Any,
        per_thousand: [0, 0, 6, 25, 65],
        medicines: &[&[
            m(
                "Latanoprost 50micrograms/ml eye drops",
                "One Drop In Each Eye At Night",
                "2.5 ml",
            ),
            m(
                "Ganfort 0.3mg/ml / 5mg/ml eye drops (AbbVie Ltd)",
                "One Drop In Each Eye In The Morning",
                "3 ml",
            ),
        ]],
        results: &[],
    },
    Condition {
        name: "Pernicious anaemia",
        sex: Any,
        per_thousand: [0, 1, 4, 10, 22],
        medicines: &[&[m(
            "Hydroxocobalamin 1mg/1ml solution for injection ampoules",
            "Inject Every 12 Weeks",
            "1 ampoule",
        )]],
        results: &[("Haemoglobin concentration", 98, 142, "g/L")],
    },
    Condition {
        name: "Adrenal insufficiency",
        sex: Any,
        per_thousand: [0, 0, 1, 1, 1],
        medicines: &[&[m(
            "Hydrocortisone 10mg tablets",
            "Take As Directed On The Steroid Card, Never Stop",
            "60 tablet",
        )]],
        results: &[],
    },
];

/// Prescribed by a hospital, so that the practice does not issue it.
pub(in crate::summary_document) const ELSEWHERE: &[(&str, Medicine)] = &[
    (
        "Rheumatoid arthritis",
        m(
            "Adalimumab 40mg/0.4ml solution for injection pre-filled disposable devices",
            "Inject Every 2 Weeks, Supplied By Homecare",
            "2 device",
        ),
    ),
    (
        "Bipolar affective disorder",
        m(
            "Clozapine 100mg tablets",
            "As Directed By The Mental Health Team",
            "28 tablet",
        ),
    ),
    (
        "Chronic kidney disease stage 3",
        m(
            "Darbepoetin alfa 30micrograms/0.3ml solution for injection pre-filled syringes",
            "Inject Once A Week, Given By The Renal Unit",
            "4 syringe",
        ),
    ),
    (
        "Glaucoma",
        m(
            "Aflibercept 4mg/0.1ml solution for injection vials",
            "Given In The Eye Clinic",
            "1 vial",
        ),
    ),
];
