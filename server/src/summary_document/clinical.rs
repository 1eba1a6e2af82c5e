//! A plausible history for a made-up patient, by age and sex, or by a persona's story.

use super::history::{Entries, Heads, History, HistorySection};
use super::made_up::{self, Allergy, Condition, Medicine, Remark, Sex};
use domain::clock::{Age, banner_date};
use domain::patient::{Gender, Patient};
use domain::summary::{KnownHeading, Row};
use jiff::Span;
use jiff::civil::Date;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Which headings a summary has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The four headings of the core.
    Core,
    /// The core, and those of the additional headings under which there is something.
    Additional,
    /// The core and all eighteen additional headings, each with something under it.
    Everything,
}

/// What a persona's history must say, whatever chance adds for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Names of conditions of the table. Others are left out.
    pub conditions: &'static [&'static str],
    /// Descriptions of allergies of the table. Others are left out.
    pub allergies: &'static [&'static str],
}

/// How to make a patient's summary: the same spec gives the same summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummarySpec {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// The day on which the practice's system wrote it.
    pub created: Date,
    /// Which headings it has.
    pub extent: Extent,
    /// State that the patient registered recently.
    pub recently_registered: bool,
    /// State at the head that entries are withheld.
    pub withheld: bool,
    /// State under these headings that entries are withheld.
    pub withheld_in: Vec<KnownHeading>,
    /// A persona's history; `None` leaves it to chance.
    pub story: Option<Story>,
}

impl SummarySpec {
    /// The history in full.
    pub fn history(&self, patient: &Patient) -> History {
        let years = match Age::between(patient.birth_date, self.created) {
            Age::Years(years) => years,
            Age::Months(_) | Age::Days(_) => 0,
        };
        Making {
            spec: self,
            patient,
            years,
            rng: ChaCha8Rng::seed_from_u64(self.seed),
        }
        .history()
    }
}

struct Making<'a> {
    spec: &'a SummarySpec,
    patient: &'a Patient,
    years: i32,
    rng: ChaCha8Rng,
}

/// A row with its day, so that rows can be put latest first.
type Dated = (Date, Row);

fn entry(on: Date, description: &str, more: &str) -> Dated {
    (
        on,
        Row::Entry(vec![
            banner_date(on),
            description.to_owned(),
            more.to_owned(),
        ]),
    )
}

fn latest_first(mut rows: Vec<Dated>) -> Entries {
    if rows.is_empty() {
        return Entries::Nothing;
    }
    rows.sort_by_key(|(on, _)| std::cmp::Reverse(*on));
    Entries::Rows(rows.into_iter().map(|(_, row)| row).collect())
}

/// The additional headings, and what is written under those that are not drawn from the conditions.
const REMARKS: &[(KnownHeading, &[Remark], u32)] = &[
    (KnownHeading::RisksToPatient, made_up::RISKS_TO_PATIENT, 22),
    (KnownHeading::Diagnoses, &[], 0),
    (KnownHeading::Problems, &[], 0),
    (KnownHeading::Observations, made_up::OBSERVATIONS, 75),
    (KnownHeading::Treatments, made_up::TREATMENTS, 85),
    (KnownHeading::Investigations, made_up::INVESTIGATIONS, 45),
    (KnownHeading::Results, &[], 0),
    (KnownHeading::Events, made_up::EVENTS, 30),
    (KnownHeading::Procedures, made_up::PROCEDURES, 40),
    (KnownHeading::Advice, made_up::ADVICE, 20),
    (KnownHeading::Preferences, made_up::PREFERENCES, 14),
    (KnownHeading::Circumstances, made_up::CIRCUMSTANCES, 22),
    (KnownHeading::Lifestyle, made_up::LIFESTYLE, 35),
    (KnownHeading::FamilyHistory, made_up::FAMILY_HISTORY, 15),
    (KnownHeading::Correspondence, made_up::CORRESPONDENCE, 3),
    (KnownHeading::Documentation, made_up::DOCUMENTATION, 25),
    (
        KnownHeading::RisksToProfessional,
        made_up::RISKS_TO_PROFESSIONAL,
        2,
    ),
    (KnownHeading::Services, made_up::SERVICES, 18),
];

impl Making<'_> {
    fn percent(&mut self, of_a_hundred: u32) -> bool {
        self.rng.random_range(0..100) < of_a_hundred
    }

    /// A day within so many days before the summary was written, and not before the birth.
    fn within(&mut self, days: i64) -> Date {
        let back = self.rng.random_range(0..days);
        self.spec
            .created
            .saturating_sub(Span::new().days(back))
            .max(self.patient.birth_date)
    }

    fn befalls(&self, sex: Sex) -> bool {
        match sex {
            Sex::Any => true,
            Sex::Female => self.patient.gender == Gender::Female,
            Sex::Male => self.patient.gender == Gender::Male,
        }
    }

    fn history(&mut self) -> History {
        let allergies = self.allergies();
        let conditions = self.conditions();
        let avoid: Vec<&str> = allergies
            .iter()
            .flat_map(|allergy| allergy.avoid)
            .copied()
            .collect();
        let created = self.spec.created;
        let year_ago = created.saturating_sub(Span::new().years(1));
        let half_year_ago = created.saturating_sub(Span::new().months(6));
        let core = [
            (KnownHeading::Allergies, None, self.allergy_rows(&allergies)),
            (
                KnownHeading::AcuteMedications,
                Some((year_ago, created)),
                self.acute(&conditions, &avoid),
            ),
            (
                KnownHeading::RepeatMedications,
                None,
                self.repeat(&conditions, &avoid),
            ),
            (
                KnownHeading::DiscontinuedMedications,
                Some((half_year_ago, created)),
                self.discontinued(&conditions),
            ),
        ];
        let mut sections: Vec<HistorySection> = core
            .into_iter()
            .map(|(heading, period, entries)| self.section(heading, period, entries))
            .collect();
        if self.spec.extent != Extent::Core {
            for (heading, remarks, chance) in REMARKS {
                let entries = match heading {
                    KnownHeading::Diagnoses => self.diagnoses(&conditions, false),
                    KnownHeading::Problems => self.diagnoses(&conditions, true),
                    KnownHeading::Results => self.results(&conditions),
                    _ => self.remarks(remarks, *chance),
                };
                if entries != Entries::Nothing || self.spec.extent == Extent::Everything {
                    let section = self.section(*heading, None, entries);
                    sections.push(section);
                }
            }
        }
        History {
            heads: self.heads(),
            sections,
        }
    }

    fn section(
        &self,
        heading: KnownHeading,
        period: Option<(Date, Date)>,
        entries: Entries,
    ) -> HistorySection {
        HistorySection {
            heading,
            period,
            withheld: self.spec.withheld_in.contains(&heading),
            entries,
        }
    }

    fn heads(&mut self) -> Heads {
        const DOCTORS: &[&str] = &[
            "AHMED, Nadia (Dr)",
            "BENNETT, Laura (Dr)",
            "COHEN, Samuel (Dr)",
            "DESAI, Anita (Dr)",
            "EVANS, Rhys (Dr)",
            "GALLAGHER, Catherine (Dr)",
            "KOWALSKI, Tomasz (Dr)",
            "MENON, Deepa (Dr)",
            "NWOSU, Chioma (Dr)",
            "O'SULLIVAN, Michael (Dr)",
            "PATEL, Kiran (Dr)",
            "WALKER, Joanna (Mrs)",
        ];
        let practice = match &self.patient.gp {
            Some(gp) => {
                let town = self
                    .patient
                    .addresses
                    .first()
                    .and_then(|address| address.lines.last());
                match town {
                    Some(town) => format!("{} ({}), {town}.", gp.name, gp.ods),
                    None => format!("{} ({}).", gp.name, gp.ods),
                }
            }
            None => "Practice not stated.".to_owned(),
        };
        Heads {
            created: self.spec.created,
            author: DOCTORS
                .choose(&mut self.rng)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            practice,
            recently_registered: self.spec.recently_registered,
            withheld: self.spec.withheld,
        }
    }

    fn conditions(&mut self) -> Vec<&'static Condition> {
        if let Some(story) = &self.spec.story {
            let named = story.conditions.iter();
            return named
                .filter_map(|name| {
                    made_up::CONDITIONS
                        .iter()
                        .find(|condition| condition.name == *name)
                })
                .collect();
        }
        let band = match self.years {
            ..18 => 0,
            18..40 => 1,
            40..60 => 2,
            60..75 => 3,
            _ => 4,
        };
        made_up::CONDITIONS
            .iter()
            .filter(|condition| {
                let chance = condition.per_thousand.get(band).copied().unwrap_or(0);
                self.befalls(condition.sex) && self.rng.random_range(0..1000) < chance
            })
            .take(9)
            .collect()
    }

    fn allergies(&mut self) -> Vec<&'static Allergy> {
        if let Some(story) = &self.spec.story {
            let named = story.allergies.iter();
            return named
                .filter_map(|name| {
                    made_up::ALLERGIES
                        .iter()
                        .find(|allergy| allergy.description == *name)
                })
                .collect();
        }
        let chance = if self.years < 18 { 12 } else { 30 };
        if !self.percent(chance) {
            return Vec::new();
        }
        let count = if self.percent(25) { 2 } else { 1 };
        made_up::ALLERGIES
            .choose_multiple_weighted(&mut self.rng, count, |allergy| allergy.weight)
            .map(Iterator::collect)
            .unwrap_or_default()
    }

    fn allergy_rows(&mut self, allergies: &[&Allergy]) -> Entries {
        if allergies.is_empty() && self.spec.story.is_none() && self.percent(25) {
            let on = self.within(3000);
            let cells = vec![
                banner_date(on),
                "No known allergies".to_owned(),
                String::new(),
                String::new(),
                String::new(),
            ];
            return Entries::Rows(vec![Row::Entry(cells)]);
        }
        let rows = allergies.iter().map(|allergy| {
            let on = self.within(i64::from(self.years.clamp(1, 30)) * 365);
            let mut pick = |list: &[&'static str]| {
                list.choose(&mut self.rng)
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            };
            let reaction = pick(allergy.reactions);
            let severity = if reaction.contains("naphylaxis") || reaction.contains("Angioedema") {
                "Life threatening".to_owned()
            } else {
                pick(
                    made_up::SEVERITIES
                        .split_last()
                        .map_or(&[], |(_, rest)| rest),
                )
            };
            let cells = vec![
                banner_date(on),
                allergy.description.to_owned(),
                pick(made_up::CERTAINTIES),
                severity,
                reaction,
            ];
            (on, Row::Entry(cells))
        });
        latest_first(rows.collect())
    }

    fn acute(&mut self, conditions: &[&Condition], avoid: &[&str]) -> Entries {
        let delicate = conditions.iter().any(|condition| {
            matches!(
                condition.name,
                "Atrial fibrillation"
                    | "Heart failure"
                    | "Chronic kidney disease stage 3"
                    | "Ischaemic heart disease"
            )
        });
        let fitting = made_up::ACUTE.iter().filter(|acute| {
            (acute.ages.0..=acute.ages.1).contains(&self.years)
                && self.befalls(acute.sex)
                && !avoid.iter().any(|part| acute.medicine.item.contains(part))
                && !(delicate && acute.medicine.item.contains("Naproxen"))
        });
        let fitting: Vec<&made_up::Acute> = fitting.collect();
        let most = match self.years {
            ..40 => 2,
            40..70 => 3,
            _ => 5,
        };
        let count = self.rng.random_range(0..=most);
        let mut courses: Vec<&made_up::Acute> =
            fitting.into_iter().choose_multiple(&mut self.rng, count);
        // One treatment for one illness.
        courses.sort_by_key(|course| course.reason);
        courses.dedup_by_key(|course| course.reason);
        let mut dated: Vec<(Date, &made_up::Acute)> = courses
            .into_iter()
            .map(|course| (self.within(360), course))
            .collect();
        dated.sort_by_key(|(on, _)| std::cmp::Reverse(*on));
        let mut rows = Vec::new();
        for (on, course) in dated {
            rows.push(medicine_row(
                "Acute Medication",
                &format!("Prescribed: {}", banner_date(on)),
                &course.medicine,
            ));
            if self.percent(30) {
                rows.push(Row::Note(format!(
                    "Reason for Medication: {}",
                    course.reason
                )));
            }
        }
        if rows.is_empty() {
            Entries::Nothing
        } else {
            Entries::Rows(rows)
        }
    }

    fn repeat(&mut self, conditions: &[&Condition], avoid: &[&str]) -> Entries {
        let mut rows: Vec<Row> = Vec::new();
        let mut given: Vec<&str> = Vec::new();
        let last_issue = self.within(28);
        for condition in conditions {
            for choices in condition.medicines {
                let safe = choices
                    .iter()
                    .filter(|medicine| !avoid.iter().any(|part| medicine.item.contains(part)));
                let Some(medicine) = safe.choose(&mut self.rng) else {
                    continue;
                };
                let substance = medicine.item.split(' ').next().unwrap_or_default();
                if given.contains(&substance) {
                    continue;
                }
                given.push(substance);
                let when = if self.percent(4) {
                    format!("Authorised (not issued): {}", banner_date(last_issue))
                } else {
                    let on = if self.percent(80) {
                        last_issue
                    } else {
                        self.within(80)
                    };
                    format!("Last Issued: {}", banner_date(on))
                };
                rows.push(medicine_row("Repeat Medication", &when, medicine));
                if self.percent(15) {
                    rows.push(Row::Note(format!(
                        "Reason for Medication: {}",
                        condition.name
                    )));
                }
            }
            let elsewhere = made_up::ELSEWHERE
                .iter()
                .find(|(name, _)| *name == condition.name);
            if let Some((_, medicine)) = elsewhere
                && self.percent(25)
            {
                let on = self.within(300);
                let when = format!("Prescribed: {}", banner_date(on));
                rows.push(medicine_row("Prescribed Elsewhere", &when, medicine));
            }
        }
        if rows.is_empty() {
            Entries::Nothing
        } else {
            Entries::Rows(rows)
        }
    }

    fn discontinued(&mut self, conditions: &[&Condition]) -> Entries {
        const REASONS: &[&str] = &[
            "Adverse reaction",
            "No longer required",
            "Changed to another preparation",
            "Blood pressure too low",
            "Patient stopped taking it",
        ];
        let candidates = conditions
            .iter()
            .flat_map(|condition| condition.medicines)
            .flat_map(|choices| choices.iter());
        if !self.percent(18) {
            return Entries::Nothing;
        }
        let Some(medicine) = candidates.choose(&mut self.rng) else {
            return Entries::Nothing;
        };
        let stopped = self.within(170);
        let issued = stopped
            .saturating_sub(Span::new().days(20))
            .max(self.patient.birth_date);
        let reason = REASONS.choose(&mut self.rng).copied().unwrap_or_default();
        Entries::Rows(vec![
            medicine_row(
                "Repeat Medication",
                &format!("Last Issued: {}", banner_date(issued)),
                medicine,
            ),
            Row::Note(format!(
                "Discontinued: {} Reason: {reason}",
                banner_date(stopped)
            )),
        ])
    }

    fn diagnoses(&mut self, conditions: &[&Condition], problems: bool) -> Entries {
        let rows = conditions
            .iter()
            .filter(|condition| condition.name != "Contraception")
            .map(|condition| {
                // The day of a diagnosis is the same under both headings.
                let back = i64::try_from(condition.name.len()).unwrap_or(1) * 97
                    + i64::from(self.years) * 41;
                let on = self
                    .spec
                    .created
                    .saturating_sub(Span::new().days(back))
                    .max(self.patient.birth_date);
                let more = if problems { "Significant Active" } else { "" };
                entry(on, condition.name, more)
            });
        latest_first(rows.collect())
    }

    fn results(&mut self, conditions: &[&Condition]) -> Entries {
        let measured = conditions.iter().flat_map(|condition| condition.results);
        let rows = measured.map(|(name, low, high, unit)| {
            let value = self.rng.random_range(*low..=*high);
            entry(self.within(360), name, format!("{value} {unit}").trim_end())
        });
        let mut rows: Vec<Dated> = rows.collect();
        if self.years >= 18 && rows.is_empty() && self.spec.extent == Extent::Everything {
            rows.push(entry(
                self.within(360),
                "Haemoglobin concentration",
                "136 g/L",
            ));
        }
        latest_first(rows)
    }

    fn remarks(&mut self, remarks: &[Remark], chance: u32) -> Entries {
        let everything = self.spec.extent == Extent::Everything;
        if !everything && !self.percent(chance) {
            return Entries::Nothing;
        }
        let fitting = remarks
            .iter()
            .filter(|(youngest, oldest, ..)| (*youngest..=*oldest).contains(&self.years))
            .filter(|(_, _, description, _)| {
                let women_only = description.starts_with("Cervical");
                !women_only || self.patient.gender == Gender::Female
            });
        let count = self.rng.random_range(1..=3);
        let mut chosen: Vec<&Remark> = fitting.choose_multiple(&mut self.rng, count);
        // Two values of the same thing, or smoking and never having smoked, do not go together.
        chosen.sort_by_key(|(_, _, description, _)| (subject(description), *description));
        chosen.dedup_by_key(|(_, _, description, _)| subject(description));
        if chosen.len() > 1 {
            chosen.retain(|(_, _, description, _)| !description.starts_with("No family history"));
        }
        latest_first(
            chosen
                .into_iter()
                .map(|(_, _, description, more)| entry(self.within(2000), description, more))
                .collect(),
        )
    }
}

/// What a remark is about, so that there is one on each subject.
fn subject(description: &str) -> &str {
    [
        "smok",
        "frailty scale",
        "Body mass",
        "blood pressure",
        "Lives ",
        "Letter from",
    ]
    .into_iter()
    .find(|part| description.contains(part))
    .unwrap_or(description)
}

fn medicine_row(kind: &str, when: &str, medicine: &Medicine) -> Row {
    Row::Entry(
        [
            kind,
            when,
            medicine.item,
            medicine.dosage,
            medicine.quantity,
        ]
        .map(str::to_owned)
        .to_vec(),
    )
}
