//! Common conditions that underlie a need for adjustments, with their SNOMED CT codes. Any other
//! condition is written in words.

use super::type_ahead;

/// A condition that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As people read it.
    pub name: &'static str,
    /// SNOMED CT code.
    pub code: &'static str,
}

const CONDITIONS: &[Condition] = &[
    Condition {
        name: "Addison's disease",
        code: "363732003",
    },
    Condition {
        name: "Age-related macular degeneration",
        code: "267718000",
    },
    Condition {
        name: "Alzheimer's disease",
        code: "26929004",
    },
    Condition {
        name: "Angelman syndrome",
        code: "76880004",
    },
    Condition {
        name: "Ankylosing spondylitis",
        code: "9631008",
    },
    Condition {
        name: "Anorexia nervosa",
        code: "56882008",
    },
    Condition {
        name: "Anxiety disorder",
        code: "197480006",
    },
    Condition {
        name: "Aphasia",
        code: "87486003",
    },
    Condition {
        name: "Asthma",
        code: "195967001",
    },
    Condition {
        name: "Atrial fibrillation",
        code: "49436004",
    },
    Condition {
        name: "Attention deficit hyperactivity disorder (ADHD)",
        code: "406506008",
    },
    Condition {
        name: "Autism",
        code: "35919005",
    },
    Condition {
        name: "Bipolar disorder",
        code: "13746004",
    },
    Condition {
        name: "Borderline personality disorder",
        code: "20010003",
    },
    Condition {
        name: "Bronchiectasis",
        code: "12295008",
    },
    Condition {
        name: "Bulimia nervosa",
        code: "78004001",
    },
    Condition {
        name: "Cancer",
        code: "363346000",
    },
    Condition {
        name: "Cataract",
        code: "193570009",
    },
    Condition {
        name: "Cerebral palsy",
        code: "128188000",
    },
    Condition {
        name: "Chronic back pain",
        code: "134407002",
    },
    Condition {
        name: "Chronic fatigue syndrome (ME/CFS)",
        code: "52702003",
    },
    Condition {
        name: "Chronic kidney disease (CKD)",
        code: "709044004",
    },
    Condition {
        name: "Chronic obstructive pulmonary disease (COPD)",
        code: "13645005",
    },
    Condition {
        name: "Chronic pain",
        code: "82423001",
    },
    Condition {
        name: "Coeliac disease",
        code: "396331005",
    },
    Condition {
        name: "Crohn's disease",
        code: "34000006",
    },
    Condition {
        name: "Cystic fibrosis",
        code: "190905008",
    },
    Condition {
        name: "Deafness",
        code: "15188001",
    },
    Condition {
        name: "Dementia",
        code: "52448006",
    },
    Condition {
        name: "Dementia with Lewy bodies",
        code: "312991009",
    },
    Condition {
        name: "Depression",
        code: "35489007",
    },
    Condition {
        name: "Down syndrome",
        code: "41040004",
    },
    Condition {
        name: "Dyslexia",
        code: "59770006",
    },
    Condition {
        name: "Dysphagia",
        code: "40739000",
    },
    Condition {
        name: "Eating disorder",
        code: "72366004",
    },
    Condition {
        name: "Ehlers-Danlos syndrome",
        code: "398114001",
    },
    Condition {
        name: "Epilepsy",
        code: "84757009",
    },
    Condition {
        name: "Essential tremor",
        code: "609558009",
    },
    Condition {
        name: "Fibromyalgia",
        code: "203082005",
    },
    Condition {
        name: "Fragile X syndrome",
        code: "613003",
    },
    Condition {
        name: "Frontotemporal dementia",
        code: "230270009",
    },
    Condition {
        name: "Generalised anxiety disorder",
        code: "21897009",
    },
    Condition {
        name: "Glaucoma",
        code: "23986001",
    },
    Condition {
        name: "Guillain-Barré syndrome",
        code: "40956001",
    },
    Condition {
        name: "Heart failure",
        code: "84114007",
    },
    Condition {
        name: "Hemiplegia",
        code: "50582007",
    },
    Condition {
        name: "HIV infection",
        code: "86406008",
    },
    Condition {
        name: "Huntington's disease",
        code: "58756001",
    },
    Condition {
        name: "Hydrocephalus",
        code: "230745008",
    },
    Condition {
        name: "Inflammatory bowel disease",
        code: "24526004",
    },
    Condition {
        name: "Irritable bowel syndrome (IBS)",
        code: "10743008",
    },
    Condition {
        name: "Ischaemic heart disease",
        code: "414545008",
    },
    Condition {
        name: "Learning disability",
        code: "110359009",
    },
    Condition {
        name: "Learning disability: mild",
        code: "86765009",
    },
    Condition {
        name: "Learning disability: moderate",
        code: "61152003",
    },
    Condition {
        name: "Learning disability: severe",
        code: "40700009",
    },
    Condition {
        name: "Learning disability: profound",
        code: "31216003",
    },
    Condition {
        name: "Lymphoedema",
        code: "234097001",
    },
    Condition {
        name: "Ménière's disease",
        code: "13445001",
    },
    Condition {
        name: "Migraine",
        code: "37796009",
    },
    Condition {
        name: "Mild cognitive impairment",
        code: "386805003",
    },
    Condition {
        name: "Motor neurone disease (MND)",
        code: "37340000",
    },
    Condition {
        name: "Multiple sclerosis (MS)",
        code: "24700007",
    },
    Condition {
        name: "Muscular dystrophy",
        code: "73297009",
    },
    Condition {
        name: "Myasthenia gravis",
        code: "91637004",
    },
    Condition {
        name: "Narcolepsy",
        code: "60380001",
    },
    Condition {
        name: "Obsessive-compulsive disorder (OCD)",
        code: "191736004",
    },
    Condition {
        name: "Obstructive sleep apnoea",
        code: "78275009",
    },
    Condition {
        name: "Osteoarthritis",
        code: "396275006",
    },
    Condition {
        name: "Osteogenesis imperfecta",
        code: "78314001",
    },
    Condition {
        name: "Osteoporosis",
        code: "64859006",
    },
    Condition {
        name: "Panic disorder",
        code: "371631005",
    },
    Condition {
        name: "Paraplegia",
        code: "60389000",
    },
    Condition {
        name: "Parkinson's disease",
        code: "49049000",
    },
    Condition {
        name: "Personality disorder",
        code: "33449004",
    },
    Condition {
        name: "Post-COVID-19 condition (long COVID)",
        code: "1119303003",
    },
    Condition {
        name: "Post-traumatic stress disorder (PTSD)",
        code: "47505003",
    },
    Condition {
        name: "Postural orthostatic tachycardia syndrome (POTS)",
        code: "371073003",
    },
    Condition {
        name: "Psychosis",
        code: "69322001",
    },
    Condition {
        name: "Pulmonary fibrosis",
        code: "51615001",
    },
    Condition {
        name: "Retinitis pigmentosa",
        code: "28835009",
    },
    Condition {
        name: "Rheumatoid arthritis",
        code: "69896004",
    },
    Condition {
        name: "Schizophrenia",
        code: "58214004",
    },
    Condition {
        name: "Sickle cell disease",
        code: "417357006",
    },
    Condition {
        name: "Sjögren's syndrome",
        code: "83901003",
    },
    Condition {
        name: "Spina bifida",
        code: "67531005",
    },
    Condition {
        name: "Spinal cord injury",
        code: "90584004",
    },
    Condition {
        name: "Stroke",
        code: "230690007",
    },
    Condition {
        name: "Systemic lupus erythematosus (SLE)",
        code: "55464009",
    },
    Condition {
        name: "Tetraplegia",
        code: "11538006",
    },
    Condition {
        name: "Tinnitus",
        code: "60862001",
    },
    Condition {
        name: "Tourette syndrome",
        code: "5158005",
    },
    Condition {
        name: "Traumatic brain injury",
        code: "127295002",
    },
    Condition {
        name: "Tuberous sclerosis",
        code: "7199000",
    },
    Condition {
        name: "Type 1 diabetes",
        code: "46635009",
    },
    Condition {
        name: "Type 2 diabetes",
        code: "44054006",
    },
    Condition {
        name: "Ulcerative colitis",
        code: "64766004",
    },
    Condition {
        name: "Usher syndrome",
        code: "57838006",
    },
    Condition {
        name: "Vascular dementia",
        code: "429998004",
    },
    Condition {
        name: "Visual impairment",
        code: "397540003",
    },
    Condition {
        name: "Williams syndrome",
        code: "63247009",
    },
];

/// Words of the names, and the words by which people know them.
const LAY_WORDS: &[(&str, &str)] = &[
    ("angelman", "learning disability"),
    ("atrial fibrillation", "af irregular heartbeat"),
    ("attention deficit", "add"),
    ("autism", "asd autistic asperger aspergers"),
    ("borderline personality", "bpd eupd emotionally unstable"),
    ("chronic fatigue", "myalgic encephalomyelitis"),
    ("chronic obstructive", "emphysema bronchitis lungs"),
    ("coeliac", "celiac gluten"),
    ("deafness", "hearing loss impairment hard of"),
    ("dementia with lewy", "lewy body"),
    ("depression", "depressive low mood"),
    ("down syndrome", "downs trisomy 21"),
    ("dysphagia", "swallowing"),
    ("ehlers danlos", "eds hypermobile hypermobility"),
    ("epilepsy", "seizures fits"),
    ("hemiplegia", "paralysis one side"),
    ("inflammatory bowel", "ibd"),
    ("ischaemic heart", "coronary ihd chd"),
    ("learning disability", "intellectual"),
    ("macular degeneration", "amd sight"),
    ("mild cognitive", "mci memory"),
    ("motor neurone", "als"),
    ("obstructive sleep", "osa"),
    ("osteogenesis", "brittle bones"),
    ("paraplegia", "paralysis legs"),
    ("psychosis", "psychotic"),
    ("sickle cell", "anaemia"),
    ("stroke", "cva cerebrovascular accident"),
    ("tetraplegia", "quadriplegia paralysis"),
    ("traumatic brain", "tbi head"),
    ("type 1", "insulin"),
    ("usher syndrome", "deafblind"),
    (
        "visual impairment",
        "blind blindness sight loss partially sighted",
    ),
];

/// All of them, in the order of the alphabet.
pub fn all() -> &'static [Condition] {
    CONDITIONS
}

/// The condition with that code.
pub fn by_code(code: &str) -> Option<&'static Condition> {
    all().iter().find(|condition| condition.code == code)
}

/// The conditions for which every typed word begins some word of the name, or a lay word for it.
/// Those that begin with the text come first. Empty text finds nothing.
pub fn find(text: &str) -> Vec<&'static Condition> {
    type_ahead::find(all(), |condition| condition.name, LAY_WORDS, text)
}
