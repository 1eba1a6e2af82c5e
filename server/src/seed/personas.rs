//! The patients that demonstrations, tests and people know by name.
//!
//! Names and NHS numbers never change. Dates are fixed too, but for those that an age, a recent
//! death or a recent entry depends on: these follow `today`.

use super::SeededPatient;
use super::flags;
use crate::summary_document::{Extent, Story, SummarySpec};
use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Detail, ImpairmentKind, Provenance, RemovalReason,
};
use domain::name::PersonName;
use domain::patient::{
    Address, ContactPoint, Death, DeathStatus, Former, Gender, Patient, Provider, RelatedPerson,
};
use domain::permission::SpineConsent;
use domain::summary::KnownHeading;
use domain::{NhsNumber, OdsCode};
use jiff::Span;
use jiff::civil::{Date, date};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::LazyLock;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// What the patient is there to show, for a table in the documentation.
    pub title: &'static str,
    /// The patient.
    pub seeded: SeededPatient,
}

const NO_SUMMARY: &str = "9990010013";
const CORE_ONLY: &str = "9990010021";
/// Published for training.
const EVERYTHING: &str = "9990402132";
const OPTED_OUT: &str = "9990010048";
const RESTRICTED: &str = "9990010056";
const DECEASED_INFORMAL: &str = "9990010064";
const DECEASED_FORMAL: &str = "9990010072";
const SUPERSEDING: &str = "9990010080";
const SUPERSEDED: &str = "9990010099";
const CHILD: &str = "9990010102";
const VERY_OLD: &str = "9990010110";
const FIRST_NAMESAKE: &str = "9990010129";
const SECOND_NAMESAKE: &str = "9990010137";
/// Published for training.
const WITHHELD: &str = "9990252955";
const RECENTLY_REGISTERED: &str = "9990010145";
/// Published for training.
const FLAGGED: &str = "9990240272";
const INTERPRETER: &str = "9990010153";
const APOSTROPHE: &str = "9990010161";
const ACCENTS: &str = "9990010188";
const ONE_LETTER: &str = "9990010196";
const FORTY_LETTERS: &str = "9990010218";
const LEAP_DAY: &str = "9990010226";
const ONE_WORD: &str = "9990010234";
const EMERGENCY: &str = "9990010242";
const NO_NAME: &str = "9990010250";
const FIRST_NAME_ONLY: &str = "9990010269";
const BLANK_NAME: &str = "9990010277";

/// Their NHS numbers, the superseded one among them: no generated patient has one of these.
pub static PERSONA_NUMBERS: LazyLock<Vec<NhsNumber>> = LazyLock::new(|| {
    [
        NO_SUMMARY,
        CORE_ONLY,
        EVERYTHING,
        OPTED_OUT,
        RESTRICTED,
        DECEASED_INFORMAL,
        DECEASED_FORMAL,
        SUPERSEDING,
        SUPERSEDED,
        CHILD,
        VERY_OLD,
        FIRST_NAMESAKE,
        SECOND_NAMESAKE,
        WITHHELD,
        RECENTLY_REGISTERED,
        FLAGGED,
        INTERPRETER,
        APOSTROPHE,
        ACCENTS,
        ONE_LETTER,
        FORTY_LETTERS,
        LEAP_DAY,
        ONE_WORD,
        EMERGENCY,
        NO_NAME,
        FIRST_NAME_ONLY,
        BLANK_NAME,
    ]
    .map(number)
    .to_vec()
});

#[expect(
    clippy::expect_used,
    reason = "the numbers above, each checked by a test"
)]
fn number(digits: &str) -> NhsNumber {
    digits.parse().expect("a valid NHS number")
}

#[expect(
    clippy::expect_used,
    reason = "written out in this file, each made by a test"
)]
fn ods(code: &str) -> OdsCode {
    code.parse().expect("an ODS code")
}

/// All of them, as they are on that day.
pub fn personas(today: Date) -> Vec<Persona> {
    Cast { today }.all()
}

fn name(prefix: Option<&str>, given: &[&str], family: &str) -> PersonName {
    PersonName {
        prefix: prefix.map(str::to_owned),
        given: given.iter().map(|name| (*name).to_owned()).collect(),
        family: family.to_owned(),
    }
}

fn home(lines: &[&str], postcode: &str) -> Address {
    Address {
        kind: "Home".to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        postcode: postcode.to_owned(),
    }
}

fn mobile(last: &str) -> ContactPoint {
    ContactPoint {
        kind: "Mobile phone".to_owned(),
        value: format!("07700 900{last}"),
    }
}

fn relative(relationship: &str, given: &str, family: &str, last: &str) -> RelatedPerson {
    RelatedPerson {
        name: name(None, &[given], family),
        relationship: relationship.to_owned(),
        contacts: vec![mobile(last)],
    }
}

fn practice() -> Provider {
    Provider {
        ods: ods("Y90001"),
        name: "Wharfe Bridge Medical Practice".to_owned(),
        phone: Some("0113 496 0101".to_owned()),
    }
}

fn former_practice() -> Provider {
    Provider {
        ods: ods("Y90002"),
        name: "Canal Street Surgery".to_owned(),
        phone: Some("0161 496 0102".to_owned()),
    }
}

fn story(conditions: &'static [&'static str], allergies: &'static [&'static str]) -> Option<Story> {
    Some(Story {
        conditions,
        allergies,
    })
}

struct Cast {
    today: Date,
}

impl Cast {
    fn days_ago(&self, days: i64) -> Date {
        self.today.saturating_sub(Span::new().days(days))
    }

    /// Born on that day of the year so long ago that the age is `years` today.
    fn aged(&self, years: i16, month: i8, day: i8) -> Date {
        let this_year = date(self.today.year(), month, day);
        let last_birthday = if this_year <= self.today {
            self.today.year()
        } else {
            self.today.year() - 1
        };
        date(last_birthday - years, month, day)
    }

    /// A patient of no distinction, whom the personas then change.
    fn plain(
        &self,
        digits: &str,
        name: PersonName,
        gender: Gender,
        birth_date: Date,
    ) -> SeededPatient {
        let nhs_number = number(digits);
        SeededPatient {
            patient: Patient {
                nhs_number,
                version: 2,
                name,
                former_names: Vec::new(),
                gender,
                birth_date,
                death: None,
                restricted: false,
                addresses: vec![home(
                    &["14 Mill Lane", "Otley", "West Yorkshire"],
                    "LS21 3AB",
                )],
                former_addresses: Vec::new(),
                contacts: vec![mobile("101")],
                related: Vec::new(),
                gp: Some(practice()),
                gp_since: Some(date(2015, 4, 1).max(birth_date)),
                former_gps: Vec::new(),
                pharmacy: Some(Provider {
                    ods: ods("FZ9AA"),
                    name: "Bluebell Pharmacy, Otley".to_owned(),
                    phone: Some("01632 960103".to_owned()),
                }),
                language: None,
                interpreter_needed: false,
                superseded: Vec::new(),
            },
            consent: SpineConsent::Ask,
            summary: Some(SummarySpec {
                seed: nhs_number.digits().parse().unwrap_or(0),
                created: self.days_ago(6).max(birth_date),
                extent: Extent::Additional,
                recently_registered: false,
                withheld: false,
                withheld_in: Vec::new(),
                story: None,
            }),
            adjustments: None,
        }
    }

    /// The same with a change to the summary.
    fn summary(mut seeded: SeededPatient, change: impl FnOnce(&mut SummarySpec)) -> SeededPatient {
        if let Some(spec) = &mut seeded.summary {
            change(spec);
        }
        seeded
    }

    /// The same with a change to the demographics.
    fn patient(mut seeded: SeededPatient, change: impl FnOnce(&mut Patient)) -> SeededPatient {
        change(&mut seeded.patient);
        seeded
    }

    fn all(&self) -> Vec<Persona> {
        let mut all = self.summaries();
        all.extend(self.records());
        all.extend(self.adjustments());
        all.extend(self.names());
        all
    }

    fn summaries(&self) -> Vec<Persona> {
        let mut no_summary = self.plain(
            NO_SUMMARY,
            name(Some("Ms"), &["Nora"], "Whitlock"),
            Gender::Female,
            date(1979, 6, 18),
        );
        no_summary.summary = None;
        let core = Self::summary(
            self.plain(
                CORE_ONLY,
                name(Some("Mr"), &["Gerald", "Arthur"], "Ashdown"),
                Gender::Male,
                date(1951, 2, 3),
            ),
            |spec| {
                spec.extent = Extent::Core;
                spec.story = story(
                    &[
                        "Essential hypertension",
                        "Type 2 diabetes mellitus",
                        "Hypercholesterolaemia",
                    ],
                    &["Adverse reaction to Ramipril"],
                );
            },
        );
        let everything = Self::summary(
            Self::patient(
                self.plain(
                    EVERYTHING,
                    name(Some("Mrs"), &["Margaret", "Anne"], "Holloway"),
                    Gender::Female,
                    date(1943, 3, 5),
                ),
                |patient| {
                    patient.former_names = vec![Former {
                        value: name(Some("Miss"), &["Margaret", "Anne"], "Priestley"),
                        from: Some(date(1943, 3, 5)),
                        to: Some(date(1966, 7, 30)),
                    }];
                    patient.former_addresses = vec![Former {
                        value: home(&["3 Canal Row", "Manchester"], "M4 6BF"),
                        from: Some(date(1966, 7, 30)),
                        to: Some(date(2015, 3, 20)),
                    }];
                    patient.former_gps = vec![Former {
                        value: former_practice(),
                        from: Some(date(1970, 1, 1)),
                        to: Some(date(2015, 3, 31)),
                    }];
                    patient.related = vec![relative("Daughter", "Janet", "Holloway", "112")];
                    patient.contacts.push(ContactPoint {
                        kind: "Home phone".to_owned(),
                        value: "01632 960112".to_owned(),
                    });
                },
            ),
            |spec| {
                spec.extent = Extent::Everything;
                spec.story = story(
                    &[
                        "Atrial fibrillation",
                        "Heart failure",
                        "Chronic kidney disease stage 3",
                        "Rheumatoid arthritis",
                        "Hypothyroidism",
                        "Osteoporosis",
                        "Glaucoma",
                    ],
                    &[
                        "Penicillin allergy",
                        "Adverse reaction to Codeine Phosphate",
                    ],
                );
            },
        );
        let mut opted_out = self.plain(
            OPTED_OUT,
            name(Some("Mr"), &["Desmond"], "Blackwood"),
            Gender::Male,
            date(1968, 10, 9),
        );
        opted_out.consent = SpineConsent::No;
        let withheld = Self::summary(
            self.plain(
                WITHHELD,
                name(Some("Miss"), &["Kathleen", "Rose"], "Moorcroft"),
                Gender::Female,
                date(1984, 1, 27),
            ),
            |spec| {
                spec.withheld = true;
                spec.extent = Extent::Everything;
                spec.withheld_in = vec![KnownHeading::RepeatMedications, KnownHeading::Diagnoses];
                spec.story = story(&["Asthma", "Depressive disorder"], &["Peanut allergy"]);
            },
        );
        let recent = Self::summary(
            Self::patient(
                self.plain(
                    RECENTLY_REGISTERED,
                    name(Some("Mr"), &["Tomasz"], "Wójcik"),
                    Gender::Male,
                    date(1990, 8, 15),
                ),
                |patient| {
                    patient.gp_since = Some(self.days_ago(16));
                    patient.former_gps = vec![Former {
                        value: former_practice(),
                        from: Some(date(2016, 9, 1)),
                        to: Some(self.days_ago(16)),
                    }];
                },
            ),
            |spec| {
                spec.recently_registered = true;
                spec.extent = Extent::Core;
                spec.story = story(&["Asthma"], &[]);
            },
        );
        let emergency = Self::summary(
            Self::patient(
                self.plain(
                    EMERGENCY,
                    name(Some("Mrs"), &["Edith"], "Barraclough"),
                    Gender::Female,
                    date(1938, 12, 1),
                ),
                |patient| {
                    patient.addresses = vec![home(
                        &["Flat 2", "Airedale Court", "Kirkstall Road", "Leeds"],
                        "LS4 2QZ",
                    )];
                    patient.related = vec![relative("Son", "Martin", "Barraclough", "123")];
                },
            ),
            |spec| {
                spec.story = story(
                    &[
                        "Atrial fibrillation",
                        "Type 2 diabetes mellitus",
                        "Parkinson's disease",
                        "Adrenal insufficiency",
                    ],
                    &["Penicillin allergy", "Adverse reaction to Morphine"],
                );
            },
        );
        vec![
            Persona {
                title: "No summary",
                seeded: no_summary,
            },
            Persona {
                title: "Core summary only",
                seeded: core,
            },
            Persona {
                title: "Summary with every additional heading",
                seeded: everything,
            },
            Persona {
                title: "Opted out of the summary",
                seeded: opted_out,
            },
            Persona {
                title: "Entries withheld, at the head and in sections",
                seeded: withheld,
            },
            Persona {
                title: "Recently registered: the summary may be incomplete",
                seeded: recent,
            },
            Persona {
                title: "Emergency: blood thinner, depends on steroids, allergic to penicillin",
                seeded: emergency,
            },
        ]
    }

    fn records(&self) -> Vec<Persona> {
        let mut restricted = self.plain(
            RESTRICTED,
            name(Some("Mx"), &["Rowan"], "Sharpe"),
            Gender::Female,
            date(1988, 4, 22),
        );
        restricted.patient.restricted = true;
        restricted.summary = None;
        let informal = Self::patient(
            self.plain(
                DECEASED_INFORMAL,
                name(Some("Mr"), &["Albert", "Edward"], "Penrose"),
                Gender::Male,
                date(1940, 11, 11),
            ),
            |patient| {
                patient.death = Some(Death {
                    on: self.days_ago(9),
                    status: DeathStatus::Informal,
                })
            },
        );
        let formal = Self::summary(
            Self::patient(
                self.plain(
                    DECEASED_FORMAL,
                    name(Some("Mrs"), &["Winifred"], "Tattersall"),
                    Gender::Female,
                    date(1931, 7, 7),
                ),
                |patient| {
                    patient.death = Some(Death {
                        on: date(2024, 3, 14),
                        status: DeathStatus::Formal,
                    })
                },
            ),
            |spec| spec.created = date(2024, 2, 27),
        );
        let superseding = Self::patient(
            self.plain(
                SUPERSEDING,
                name(Some("Mrs"), &["Helen", "Louise"], "Marchbanks"),
                Gender::Female,
                date(1972, 9, 30),
            ),
            |patient| patient.superseded = vec![number(SUPERSEDED)],
        );
        let child = Self::patient(
            self.plain(
                CHILD,
                name(None, &["Amelia", "Grace"], "Thornhill"),
                Gender::Female,
                self.aged(6, 5, 12),
            ),
            |patient| {
                patient.contacts.clear();
                patient.related = vec![
                    relative("Mother", "Laura", "Thornhill", "141"),
                    relative("Father", "James", "Thornhill", "142"),
                ];
            },
        );
        let very_old = self.plain(
            VERY_OLD,
            name(Some("Miss"), &["Florence"], "Oldroyd"),
            Gender::Female,
            self.aged(103, 2, 14),
        );
        let namesake = |digits, street: &str, postcode: &str| {
            Self::patient(
                self.plain(
                    digits,
                    name(Some("Mr"), &["David"], "Jones"),
                    Gender::Male,
                    date(1961, 5, 14),
                ),
                |patient| patient.addresses = vec![home(&[street, "Bristol"], postcode)],
            )
        };
        vec![
            Persona {
                title: "Restricted: location never shown, no summary",
                seeded: restricted,
            },
            Persona {
                title: "Deceased, not yet registered",
                seeded: informal,
            },
            Persona {
                title: "Deceased, registered",
                seeded: formal,
            },
            Persona {
                title: "Found by a superseded number, 999 001 0099",
                seeded: superseding,
            },
            Persona {
                title: "Child",
                seeded: child,
            },
            Persona {
                title: "More than a hundred years old",
                seeded: very_old,
            },
            Persona {
                title: "Same name and date of birth, the first",
                seeded: namesake(FIRST_NAMESAKE, "8 Clifton View", "BS8 4PT"),
            },
            Persona {
                title: "Same name and date of birth, the second",
                seeded: namesake(SECOND_NAMESAKE, "91 Dock Street", "BS1 6XN"),
            },
        ]
    }

    fn adjustments(&self) -> Vec<Persona> {
        let mut flagged = Self::summary(
            self.plain(
                FLAGGED,
                name(Some("Mr"), &["Samuel", "Chidi"], "Okafor"),
                Gender::Male,
                date(1996, 3, 19),
            ),
            |spec| {
                spec.story = story(
                    &["Epilepsy", "Autism spectrum disorder"],
                    &["Allergy to latex"],
                )
            },
        );
        flagged.patient.related = vec![relative("Mother", "Ngozi", "Okafor", "151")];
        flagged.adjustments = self.samuels_flag();
        let mut interpreter = Self::summary(
            self.plain(
                INTERPRETER,
                name(Some("Mrs"), &["Zofia"], "Kowalska"),
                Gender::Female,
                date(1957, 4, 8),
            ),
            |spec| spec.story = story(&["Type 2 diabetes mellitus", "Osteoarthritis of knee"], &[]),
        );
        interpreter.patient.language = Some("Polish".to_owned());
        interpreter.patient.interpreter_needed = true;
        interpreter.adjustments = self.zofias_flag();
        vec![
            Persona {
                title: "Reasonable adjustments on record, with history",
                seeded: flagged,
            },
            Persona {
                title: "Speaks Polish, needs an interpreter, hard of hearing",
                seeded: interpreter,
            },
        ]
    }

    fn samuels_flag(&self) -> Option<AdjustmentRecord> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let nurse = (
            "Ruth Adeyemi",
            "Specialist Nurse Practitioner",
            "Aire Valley Community Healthcare Trust",
        );
        let mother = self.recorded(nurse, 400);
        let details: Vec<Detail> = [
            Some(flags::impairment(
                ImpairmentKind::Learning,
                "Understands short sentences, one thing at a time",
            )),
            Some(flags::impairment(
                ImpairmentKind::Social,
                "Covers his ears when it is too much",
            )),
            flags::condition("110359009"),
            flags::condition("35919005"),
            flags::adjustment("796161000000101", "Pictures help more than words"),
            flags::adjustment("1108171000000102", "Forty minutes"),
            flags::adjustment("1325391000000106", ""),
            flags::adjustment("1325361000000100", ""),
        ]
        .into_iter()
        .flatten()
        .collect();
        let parts = flags::parts(&mut rng, details);
        let last = parts.last().map(|part| part.id)?;
        let create = flags::created(&mut rng, Basis::BestInterest, parts);
        let reviewed = self.recorded(
            ("Priya Nair", "Paramedic", "Dales and Vale Ambulance Trust"),
            35,
        );
        let strike = AdjustmentChange::RemovePart {
            part: last,
            reason: RemovalReason::NoLongerApplies,
            comment: "His mother says that late appointments made him more anxious".to_owned(),
        };
        let again = [
            flags::adjustment("1325351000000103", "Before 9am"),
            flags::adjustment("719561001", "His mother, Ngozi"),
            Some(Detail::Adjustment {
                category: domain::adjustment::Category::Bespoke,
                code: None,
                text: "Let him hold the blue cushion that he brings".to_owned(),
                note: String::new(),
            }),
        ];
        let add = AdjustmentChange::AddParts {
            parts: flags::parts(&mut rng, again.into_iter().flatten()),
        };
        flags::record(&[
            (create, mother),
            (strike, reviewed.clone()),
            (add, reviewed),
        ])
    }

    fn zofias_flag(&self) -> Option<AdjustmentRecord> {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let doctor = (
            "Dr Owen Prosser",
            "General Medical Practitioner",
            "Wharfe Bridge Medical Practice",
        );
        let details = [
            Some(flags::impairment(
                ImpairmentKind::Hearing,
                "Hears better on the left",
            )),
            flags::adjustment(flags::interpreter("Polish"), "A woman, if there is one"),
            flags::adjustment("285055002", ""),
        ];
        let parts = flags::parts(&mut rng, details.into_iter().flatten());
        let create = flags::created(&mut rng, Basis::Consent, parts);
        flags::record(&[(create, self.recorded(doctor, 210))])
    }

    fn recorded(&self, who: (&str, &str, &str), days_ago: i64) -> Provenance {
        flags::recorded(who, self.days_ago(days_ago))
    }

    fn names(&self) -> Vec<Persona> {
        vec![
            Persona {
                title: "Apostrophe in the name",
                seeded: self.plain(
                    APOSTROPHE,
                    name(Some("Ms"), &["Siobhán", "Mary"], "O'Brien"),
                    Gender::Female,
                    date(1975, 3, 17),
                ),
            },
            Persona {
                title: "Hyphen and accents in the name",
                seeded: self.plain(
                    ACCENTS,
                    name(Some("Dr"), &["Renée"], "Saint-Exupéry"),
                    Gender::Female,
                    date(1982, 6, 29),
                ),
            },
            Persona {
                title: "Surname of one letter",
                seeded: self.plain(
                    ONE_LETTER,
                    name(Some("Mr"), &["Min-jun"], "O"),
                    Gender::Male,
                    date(1999, 9, 9),
                ),
            },
            Persona {
                title: "Surname of forty letters",
                seeded: self.plain(
                    FORTY_LETTERS,
                    name(
                        Some("Mr"),
                        &["Lakshmi", "Prasad"],
                        "Venkatanarasimharajuvaripetasubramaniamu",
                    ),
                    Gender::Male,
                    date(1966, 1, 2),
                ),
            },
            Persona {
                title: "Born on 29 February",
                seeded: self.plain(
                    LEAP_DAY,
                    name(Some("Mr"), &["Oliver", "James"], "Frost"),
                    Gender::Male,
                    date(2000, 2, 29),
                ),
            },
            Persona {
                title: "One name and no other",
                seeded: Self::patient(
                    self.plain(
                        ONE_WORD,
                        name(None, &[], "Tenzin"),
                        Gender::Male,
                        date(1993, 12, 24),
                    ),
                    |patient| patient.language = Some("Tibetan".to_owned()),
                ),
            },
            Persona {
                title: "No name recorded",
                seeded: self.plain(
                    NO_NAME,
                    name(None, &[], ""),
                    Gender::Unknown,
                    date(1958, 10, 3),
                ),
            },
            Persona {
                title: "First name only",
                seeded: self.plain(
                    FIRST_NAME_ONLY,
                    name(Some("Ms"), &["Amina"], ""),
                    Gender::Female,
                    date(1991, 8, 8),
                ),
            },
            Persona {
                title: "A name of spaces and dashes",
                seeded: self.plain(
                    BLANK_NAME,
                    name(Some(" "), &[" ", "-"], " -- "),
                    Gender::Male,
                    date(2001, 5, 25),
                ),
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary_document::read_for;
    use domain::permission::Availability;
    use domain::summary::Content;
    use std::collections::HashSet;

    const TODAY: Date = date(2026, 11, 21);

    fn persona(digits: &str) -> SeededPatient {
        let number = number(digits);
        let found = personas(TODAY)
            .into_iter()
            .find(|persona| persona.seeded.patient.nhs_number == number);
        found.unwrap().seeded
    }

    #[test]
    fn each_has_a_number_of_its_own_and_none_is_left_out() {
        let all = personas(TODAY);
        let mut numbers: HashSet<NhsNumber> = all
            .iter()
            .map(|persona| persona.seeded.patient.nhs_number)
            .collect();
        assert_eq!(numbers.len(), all.len());
        numbers.extend(
            all.iter()
                .flat_map(|persona| &persona.seeded.patient.superseded),
        );
        assert_eq!(numbers, PERSONA_NUMBERS.iter().copied().collect());
        assert!(numbers.iter().all(|number| number.is_made_up()));
        let titles: HashSet<&str> = all.iter().map(|persona| persona.title).collect();
        assert_eq!(titles.len(), all.len());
    }

    /// A change here is a change to what people have learnt by heart.
    #[test]
    fn names_and_numbers_never_change() {
        let table: Vec<String> = personas(TODAY)
            .iter()
            .map(|persona| {
                let patient = &persona.seeded.patient;
                format!(
                    "{} | {} | {}",
                    persona.title,
                    patient.name.banner(),
                    patient.nhs_number
                )
            })
            .collect();
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn each_shows_what_it_is_there_for() {
        let availability = |digits: &str| {
            let seeded = persona(digits);
            Availability::of(
                seeded.consent,
                seeded.patient.restricted,
                seeded.summary.is_some(),
            )
        };
        assert_eq!(availability(NO_SUMMARY), Availability::NoSummary);
        assert_eq!(availability(CORE_ONLY), Availability::Exists);
        assert_eq!(availability(OPTED_OUT), Availability::OptedOut);
        assert_eq!(availability(RESTRICTED), Availability::Restricted);
        assert_eq!(
            persona(CHILD).patient.banner(TODAY).age.to_string(),
            "6 years"
        );
        assert_eq!(
            persona(VERY_OLD).patient.banner(TODAY).age.to_string(),
            "103 years"
        );
        let (one, two) = (
            persona(FIRST_NAMESAKE).patient,
            persona(SECOND_NAMESAKE).patient,
        );
        assert!(
            one.name == two.name
                && one.birth_date == two.birth_date
                && one.addresses != two.addresses
        );
        assert_eq!(
            persona(FORTY_LETTERS).patient.name.family.chars().count(),
            40
        );
        assert_eq!(persona(ONE_LETTER).patient.name.family, "O");
        assert!(persona(ONE_WORD).patient.name.given.is_empty());
        for (digits, shown) in [
            (NO_NAME, "Name not recorded"),
            (FIRST_NAME_ONLY, "Last name not recorded, Amina (Ms)"),
            (BLANK_NAME, "Name not recorded"),
        ] {
            assert_eq!(persona(digits).patient.name.banner(), shown);
        }
    }

    #[test]
    fn ages_hold_on_every_day_of_the_year() {
        for days in 0..400 {
            let today = TODAY.saturating_add(Span::new().days(days));
            let ages = personas(today)
                .into_iter()
                .map(|persona| persona.seeded.patient)
                .filter(|patient| [number(CHILD), number(VERY_OLD)].contains(&patient.nhs_number));
            let ages: Vec<String> = ages
                .map(|patient| patient.banner(today).age.to_string())
                .collect();
            assert_eq!(ages, ["6 years", "103 years"], "{today}");
        }
    }

    #[test]
    fn summaries_say_what_their_titles_promise() {
        let summary = |digits: &str| {
            let seeded = persona(digits);
            read_for(&seeded.document().unwrap(), seeded.patient.nhs_number).unwrap()
        };
        assert!(!summary(CORE_ONLY).has_additional_information());
        let everything = summary(EVERYTHING);
        assert_eq!(everything.sections.len(), KnownHeading::ALL.len());
        let filled = everything
            .sections
            .iter()
            .filter(|section| matches!(section.content, Content::Table(_)))
            .count();
        assert!(filled >= KnownHeading::ALL.len() - 2, "{filled}");
        let withheld = summary(WITHHELD);
        assert!(withheld.withheld.is_some());
        assert_eq!(
            withheld
                .sections
                .iter()
                .filter(|section| section.withheld.is_some())
                .count(),
            2
        );
        assert!(summary(RECENTLY_REGISTERED).recently_registered.is_some());
    }

    #[test]
    fn adjustments_carry_who_recorded_them_and_what_was_struck() {
        let flag = persona(FLAGGED).adjustments.unwrap().current.unwrap();
        assert_eq!(flag.removed_parts().count(), 1);
        assert_eq!(flag.current_parts().count(), 10);
        assert_eq!(flag.recorded.person, "Ruth Adeyemi");
        let flag = persona(INTERPRETER).adjustments.unwrap().current.unwrap();
        assert!(flag.current_parts().any(|part| matches!(
            &part.detail,
            Detail::Adjustment { text, .. } if text == "Polish language interpreter needed"
        )));
    }
}
