//! Patients like those of England: ages, names, towns and languages in their real proportions.

use super::numbers::Numbers;
use super::tables::{Heritage, Place, TABLES, Tables};
use super::{PERSONA_NUMBERS, SeededPatient, flags};
use crate::summary_document::{Extent, SummarySpec};
use domain::clock::Age;
use domain::name::PersonName;
use domain::patient::{
    Address, ContactPoint, Death, DeathStatus, Former, Gender, Patient, Provider, RelatedPerson,
};
use domain::permission::SpineConsent;
use domain::{NhsNumber, OdsCode};
use jiff::Span;
use jiff::civil::Date;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Makes the patient at any index: see the module [`crate::seed`].
#[derive(Clone, Debug)]
pub struct Generator {
    today: Date,
    numbers: Numbers,
    start: ChaCha8Rng,
}

/// Living people of England by age, in thousands: five years to a step, from birth to 105
/// (Office for National Statistics, mid-year estimates, rounded).
const LIVING: [u32; 21] = [
    3050, 3350, 3530, 3380, 3560, 3720, 4010, 3890, 3790, 3500, 3830, 3870, 3430, 2830, 2600, 2290,
    1480, 900, 400, 95, 14,
];

/// Deaths by age, in the same steps, per thousand.
const DEATHS: [u32; 21] = [
    5, 1, 1, 2, 3, 4, 6, 8, 12, 18, 28, 42, 60, 82, 118, 160, 176, 152, 90, 28, 4,
];

/// One patient in so many has died: their record stays.
const ONE_DEAD_IN: u32 = 22;
/// One patient in so many is restricted (the S flag).
const ONE_RESTRICTED_IN: u32 = 500;
/// Of a hundred patients, so many have a reasonable adjustment flag.
const FLAGS_PERCENT: u32 = 4;

impl Generator {
    /// People as of `today`, by the seed.
    pub fn new(seed: u64, today: Date) -> Self {
        Self {
            today,
            numbers: Numbers::new(seed, &PERSONA_NUMBERS),
            start: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// How many patients can have an NHS number that is never issued to a person. Those from this
    /// index on are for load tests only: see [`Numbers`].
    pub fn made_up(&self) -> u64 {
        self.numbers.made_up()
    }

    /// The patient at that index: the same for the same seed and day, whatever was asked before.
    pub fn person(&self, index: u64) -> SeededPatient {
        let mut rng = self.start.clone();
        rng.set_stream(index);
        Making {
            today: self.today,
            tables: &TABLES,
            rng,
        }
        .person(self.numbers.at(index))
    }
}

/// One patient in the making.
struct Making<'a> {
    today: Date,
    tables: &'a Tables,
    rng: ChaCha8Rng,
}

fn earlier(date: Date, span: Span) -> Date {
    date.saturating_sub(span)
}

/// The date is not before the birth.
fn since_birth(birth: Date, date: Date) -> Date {
    date.max(birth)
}

fn years_between(birth: Date, on: Date) -> i32 {
    match Age::between(birth, on) {
        Age::Years(years) => years,
        Age::Months(months) => months / 12,
        Age::Days(_) => 0,
    }
}

impl Making<'_> {
    fn percent(&mut self, of_a_hundred: u32) -> bool {
        self.rng.random_range(0..100) < of_a_hundred
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.rng.random_range(0..many) == 0
    }

    fn word(&mut self, list: &str) -> &'static str {
        self.tables.word(&mut self.rng, list)
    }

    /// A day of birth so that the age on `on` falls into the curve.
    fn birth(&mut self, on: Date, curve: &[u32; 21]) -> Date {
        let total: u32 = curve.iter().sum();
        let mut point = self.rng.random_range(0..total);
        let mut step = 0;
        for people in curve {
            if point < *people {
                break;
            }
            point -= people;
            step += 1;
        }
        let years = step * 5 + self.rng.random_range(0..5);
        let days = self.rng.random_range(0..365);
        earlier(
            earlier(on, Span::new().years(years)),
            Span::new().days(days),
        )
    }

    fn person(&mut self, nhs_number: NhsNumber) -> SeededPatient {
        let death_day = self.one_in(ONE_DEAD_IN).then(|| {
            let back = self.rng.random_range(1..10 * 365);
            earlier(self.today, Span::new().days(back))
        });
        let last_day = death_day.unwrap_or(self.today);
        let birth_date = self.birth(
            last_day,
            if death_day.is_some() {
                &DEATHS
            } else {
                &LIVING
            },
        );
        let age = years_between(birth_date, last_day);
        let death = death_day.map(|on| Death {
            on,
            status: self.death_status(on),
        });
        let gender = self.gender(age);
        let female = match gender {
            Gender::Female => true,
            Gender::Male => false,
            Gender::Other | Gender::Unknown => self.percent(50),
        };
        let tables = self.tables;
        let heritage = tables.heritage(&mut self.rng, birth_date.year());
        let (name, former_names) = self.names(heritage, female, birth_date, age, last_day);
        let (language, interpreter_needed) = self.language(heritage);
        let place = tables.places.draw(&mut self.rng);
        let moved = since_birth(birth_date, self.recent_day(last_day, 30));
        let (addresses, former_addresses) = self.addresses(place, birth_date, moved);
        let (gp, gp_since, former_gps) = self.practices(place, birth_date, moved);
        let pharmacy = place
            .filter(|_| self.percent(if age >= 65 { 80 } else { 45 }))
            .map(|place| self.pharmacy(place));
        let contacts = self.contacts(place, &name, nhs_number, age);
        let related = self.related(place, &name, age);
        let patient = Patient {
            nhs_number,
            version: self.rng.random_range(1..60),
            name,
            former_names,
            gender,
            birth_date,
            death,
            restricted: self.one_in(ONE_RESTRICTED_IN),
            addresses,
            former_addresses,
            contacts,
            related,
            gp,
            gp_since,
            former_gps,
            pharmacy,
            language: language.map(str::to_owned),
            interpreter_needed,
            superseded: Vec::new(),
        };
        let consent = match self.rng.random_range(0..1000) {
            0..20 => SpineConsent::No,
            20..55 => SpineConsent::Yes,
            _ => SpineConsent::Ask,
        };
        let summary = self.summary(&patient, consent, last_day);
        let flagged = self.percent(FLAGS_PERCENT);
        let adjustments = flagged
            .then(|| flags::generated(&mut self.rng, &patient, last_day))
            .flatten();
        SeededPatient {
            patient,
            consent,
            summary,
            adjustments,
        }
    }

    fn death_status(&mut self, on: Date) -> DeathStatus {
        let weeks_ago = earlier(self.today, Span::new().weeks(3));
        if on > weeks_ago && self.percent(70) {
            DeathStatus::Informal
        } else {
            DeathStatus::Formal
        }
    }

    fn gender(&mut self, age: i32) -> Gender {
        // More boys are born, and women live longer.
        let women = match age {
            ..20 => 488,
            20..65 => 503,
            65..80 => 520,
            80..90 => 580,
            _ => 680,
        };
        match self.rng.random_range(0..1000) {
            0 | 1 => Gender::Other,
            2 => Gender::Unknown,
            point if point < women => Gender::Female,
            _ => Gender::Male,
        }
    }

    fn surname(&mut self, heritage: Option<&Heritage>, female: bool) -> String {
        let Some(heritage) = heritage else {
            return self.tables.place_surname(&mut self.rng);
        };
        if heritage.name == "English" && self.percent(24) {
            return self.tables.place_surname(&mut self.rng);
        }
        let drawn = heritage
            .surnames
            .draw(&mut self.rng)
            .copied()
            .unwrap_or_default();
        if self.rng.random_range(0..400_000) == 0 {
            return self.tables.forty_letters.to_owned();
        }
        by_gender(heritage.name, drawn, female)
    }

    fn given(&mut self, heritage: Option<&Heritage>, female: bool, born: i16) -> &'static str {
        if let Some(heritage) = heritage
            && self.percent(heritage.own_given)
            && let Some(name) = if female {
                &heritage.female
            } else {
                &heritage.male
            }
            .draw(&mut self.rng)
        {
            return name;
        }
        self.tables.english_given(&mut self.rng, female, born)
    }

    /// The usual name and those before it.
    fn names(
        &mut self,
        heritage: Option<&Heritage>,
        female: bool,
        birth: Date,
        age: i32,
        last_day: Date,
    ) -> (PersonName, Vec<Former<PersonName>>) {
        let born = birth.year();
        if self.one_in(1500) {
            let word = super::tables::one(&mut self.rng, &self.tables.one_word);
            let name = PersonName {
                prefix: None,
                given: Vec::new(),
                family: word.to_owned(),
            };
            return (name, Vec::new());
        }
        let mut given = vec![self.given(heritage, female, born).to_owned()];
        match heritage.map(|heritage| heritage.name) {
            Some("Sikh") => given.push(if female { "Kaur" } else { "Singh" }.to_owned()),
            Some("English" | "Welsh" | "Scottish" | "Irish" | "Caribbean") if self.percent(70) => {
                let middle = self
                    .tables
                    .english_given(&mut self.rng, female, born - 15)
                    .to_owned();
                if !given.contains(&middle) {
                    given.push(middle);
                }
            }
            _ => {}
        }
        let mut family = self.surname(heritage, female);
        if self.percent(2) && !family.contains('-') {
            let second = self.surname(heritage, female);
            if second != family && second.len() < 20 {
                family = format!("{family}-{second}");
            }
        }
        let takes_name = heritage.is_some_and(|heritage| {
            matches!(
                heritage.name,
                "English" | "Welsh" | "Scottish" | "Irish" | "Caribbean" | "Polish" | "Nigerian"
            )
        });
        let wed = female && age >= 24 && takes_name && self.percent(if age > 60 { 75 } else { 45 });
        let prefix = self.title(female, age, wed);
        let name = PersonName {
            prefix,
            given,
            family,
        };
        let mut former = Vec::new();
        if wed {
            let years = self.rng.random_range(19..34.min(age));
            let wedding = birth
                .saturating_add(Span::new().years(years).days(self.rng.random_range(0..300)))
                .min(last_day);
            let maiden = self.surname(heritage, true);
            if maiden != name.family {
                former.push(Former {
                    value: PersonName {
                        prefix: Some("Miss".to_owned()),
                        given: name.given.clone(),
                        family: maiden,
                    },
                    from: Some(birth),
                    to: Some(wedding),
                });
            }
        }
        (name, former)
    }

    fn title(&mut self, female: bool, age: i32, wed: bool) -> Option<String> {
        let title = match (female, wed) {
            _ if age < 16 => return None,
            _ if age > 24 && self.one_in(70) => "Dr",
            _ if self.one_in(150) => "Mx",
            _ if self.one_in(900) => "Rev",
            (true, true) if self.percent(75) => "Mrs",
            (true, _) if self.percent(55) => "Ms",
            (true, _) => "Miss",
            (false, _) => "Mr",
        };
        Some(title.to_owned())
    }

    fn language(&mut self, heritage: Option<&Heritage>) -> (Option<&'static str>, bool) {
        match heritage {
            Some(Heritage {
                language: Some(language),
                language_recorded,
                interpreter,
                ..
            }) if self.percent(*language_recorded) => (Some(language), self.percent(*interpreter)),
            _ => (None, false),
        }
    }

    /// A day in the last `years`, more likely a late one.
    fn recent_day(&mut self, last_day: Date, years: i32) -> Date {
        let back = f64::from(years) * 365.0 * self.rng.random::<f64>().powi(2);
        earlier(last_day, Span::new().days(back as i64))
    }

    fn postcode(&mut self, place: &Place) -> String {
        // Inward codes leave out the letters that are taken for others in handwriting.
        const LETTERS: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";
        let district = super::tables::one(&mut self.rng, &place.districts);
        let sector = self.rng.random_range(0..10);
        let mut letter = || char::from(LETTERS.choose(&mut self.rng).copied().unwrap_or(b'A'));
        format!("{}{district} {sector}{}{}", place.area, letter(), letter())
    }

    fn address(&mut self, place: &Place, kind: &str) -> Address {
        let street = format!("{} {}", self.word("street"), self.word("way"));
        let number = 1 + self.rng.random_range(0..12_u32) * self.rng.random_range(1..16_u32);
        let mut lines = match self.rng.random_range(0..100) {
            0..14 => {
                let building = format!("{} {}", self.word("street"), self.word("flats"));
                vec![
                    format!("Flat {}", self.rng.random_range(1..48)),
                    building,
                    street,
                ]
            }
            14..20 => vec![self.word("house").to_owned(), street],
            20..23 => vec![format!("{number}A {street}")],
            _ => vec![format!("{number} {street}")],
        };
        lines.extend(
            [place.town, place.county]
                .into_iter()
                .filter(|line| !line.is_empty())
                .map(str::to_owned),
        );
        Address {
            kind: kind.to_owned(),
            lines,
            postcode: self.postcode(place),
        }
    }

    fn addresses(
        &mut self,
        place: Option<&Place>,
        birth: Date,
        moved: Date,
    ) -> (Vec<Address>, Vec<Former<Address>>) {
        let Some(place) = place else {
            return (Vec::new(), Vec::new());
        };
        let mut current = vec![self.address(place, "Home")];
        if self.one_in(80) {
            current.push(self.address(place, "Temporary"));
        }
        let mut former = Vec::new();
        let mut to = moved;
        while to > birth && former.len() < 3 && self.percent(55) {
            let tables = self.tables;
            let before = if self.percent(60) {
                Some(place)
            } else {
                tables.places.draw(&mut self.rng)
            };
            let from = since_birth(birth, self.recent_day(to, 15));
            former.extend(before.map(|place| Former {
                value: self.address(place, "Home"),
                from: Some(from),
                to: Some(to),
            }));
            to = from;
        }
        (current, former)
    }

    fn practices(
        &mut self,
        place: Option<&Place>,
        birth: Date,
        moved: Date,
    ) -> (Option<Provider>, Option<Date>, Vec<Former<Provider>>) {
        let Some(place) = place.filter(|_| !self.one_in(60)) else {
            return (None, None, Vec::new());
        };
        let which = self.rng.random_range(0..place.practices);
        let current = practice(place, which);
        let mut former = Vec::new();
        if moved > birth && self.percent(60) {
            let before = practice(place, (which + 1) % place.practices);
            let from = since_birth(birth, self.recent_day(moved, 20));
            former.push(Former {
                value: before,
                from: Some(from),
                to: Some(moved),
            });
        }
        (Some(current), Some(moved), former)
    }

    fn pharmacy(&mut self, place: &Place) -> Provider {
        let which = self.rng.random_range(0..place.practices);
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(place.index * 100 + which) | 1 << 32);
        let name = self.tables.word(&mut rng, "pharmacy");
        Provider {
            ods: ods(&format!("FZ{:03}{}", place.index, two_letters(which))),
            name: format!("{name} Pharmacy, {}", place.town),
            phone: Some(phone(place.phone, rng.random_range(0..1000))),
        }
    }

    fn contacts(
        &mut self,
        place: Option<&Place>,
        name: &PersonName,
        number: NhsNumber,
        age: i32,
    ) -> Vec<ContactPoint> {
        let mut contacts = Vec::new();
        let mut add = |kind: &str, value: String| {
            contacts.push(ContactPoint {
                kind: kind.to_owned(),
                value,
            })
        };
        if self.percent(if age > 80 { 55 } else { 88 }) {
            add(
                "Mobile phone",
                phone("07700 900", self.rng.random_range(0..1000)),
            );
        }
        if let Some(place) = place
            && self.percent(if age > 60 { 80 } else { 20 })
        {
            add(
                "Home phone",
                phone(place.phone, self.rng.random_range(0..1000)),
            );
        }
        if age >= 16 && self.percent(if age > 75 { 25 } else { 60 }) {
            let plain = |text: &str| -> String {
                text.to_lowercase()
                    .chars()
                    .filter(char::is_ascii_lowercase)
                    .collect()
            };
            let given = name
                .given
                .first()
                .map(|given| plain(given))
                .unwrap_or_default();
            // The tail of the number keeps addresses of namesakes apart; it is not the number.
            let tail: String = number.digits().chars().skip(6).collect();
            add(
                "Email",
                format!("{given}.{}{tail}@example.com", plain(&name.family)),
            );
        }
        contacts
    }

    fn related(
        &mut self,
        place: Option<&Place>,
        name: &PersonName,
        age: i32,
    ) -> Vec<RelatedPerson> {
        let count = match age {
            ..16 => self.rng.random_range(1..3),
            16..65 => i32::from(self.percent(30)),
            _ => i32::from(self.percent(70)) + i32::from(self.percent(20)),
        };
        (0..count)
            .map(|which| {
                let (relationship, female, older): (&str, bool, i16) = match (age, which) {
                    (..16, 0) => ("Mother", true, 28),
                    (..16, _) => ("Father", false, 30),
                    (16..65, _) => *[
                        ("Spouse", true, 0),
                        ("Spouse", false, 0),
                        ("Partner", true, 0),
                        ("Mother", true, 28),
                    ]
                    .choose(&mut self.rng)
                    .unwrap_or(&("Next of kin", true, 0)),
                    _ => *[
                        ("Daughter", true, -28),
                        ("Son", false, -30),
                        ("Spouse", true, 0),
                        ("Carer", true, -20),
                        ("Next of kin", false, -25),
                        ("Neighbour", true, 5),
                    ]
                    .choose(&mut self.rng)
                    .unwrap_or(&("Daughter", true, -28)),
                };
                let kin = !matches!(relationship, "Carer" | "Neighbour" | "Partner");
                let born = self.today.year() - i16::try_from(age).unwrap_or(0) - older;
                let given = self
                    .tables
                    .english_given(&mut self.rng, female, born)
                    .to_owned();
                let family = if kin {
                    name.family.clone()
                } else {
                    self.tables.place_surname(&mut self.rng)
                };
                let number = self.rng.random_range(0..1000);
                let value = match place {
                    Some(place) if self.percent(30) => phone(place.phone, number),
                    _ => phone("07700 900", number),
                };
                RelatedPerson {
                    name: PersonName {
                        prefix: None,
                        given: vec![given],
                        family,
                    },
                    relationship: relationship.to_owned(),
                    contacts: vec![ContactPoint {
                        kind: "Mobile phone".to_owned(),
                        value,
                    }],
                }
            })
            .collect()
    }

    fn summary(
        &mut self,
        patient: &Patient,
        consent: SpineConsent,
        last_day: Date,
    ) -> Option<SummarySpec> {
        let exists = consent != SpineConsent::No
            && !patient.restricted
            && patient.gp.is_some()
            && self.percent(97);
        exists.then(|| {
            let created = since_birth(patient.birth_date, self.recent_day(last_day, 1));
            let new_here = patient
                .gp_since
                .is_some_and(|since| since > earlier(created, Span::new().weeks(6)));
            SummarySpec {
                seed: self.rng.random(),
                created,
                extent: if self.percent(82) {
                    Extent::Additional
                } else {
                    Extent::Core
                },
                recently_registered: new_here,
                withheld: self.one_in(70),
                withheld_in: Vec::new(),
                story: None,
            }
        })
    }
}

/// The form of a surname that a man or a woman bears, where the language has two.
fn by_gender(heritage: &str, surname: &str, female: bool) -> String {
    let swapped =
        |from: &str, to: &str| surname.strip_suffix(from).map(|stem| format!("{stem}{to}"));
    match (heritage, female) {
        ("Polish", true) => swapped("ski", "ska").or_else(|| swapped("cki", "cka")),
        ("Polish", false) => swapped("ska", "ski").or_else(|| swapped("cka", "cki")),
        ("Lithuanian", true) => swapped("auskas", "auskienė"),
        ("Lithuanian", false) => swapped("ienė", "as").or_else(|| swapped("iņa", "iņš")),
        ("Sikh", _) => swapped("Singh", "Gill").or_else(|| swapped("Kaur", "Gill")),
        ("Pakistani" | "Bangladeshi", false)
            if [
                "Begum", "Bibi", "Kauser", "Parveen", "Khatun", "Khanom", "Nessa", "Sultana",
                "Akhtar",
            ]
            .contains(&surname) =>
        {
            Some("Ali".to_owned())
        }
        _ => None,
    }
    .unwrap_or_else(|| surname.to_owned())
}

/// A number kept for drama: the beginning with the last three digits.
fn phone(beginning: &str, last: u32) -> String {
    format!("{beginning}{last:03}")
}

fn two_letters(number: u32) -> String {
    let letter =
        |value: u32| u8::try_from(value % 26).map_or('A', |offset| char::from(b'A' + offset));
    [letter(number / 26), letter(number)].iter().collect()
}

#[expect(
    clippy::expect_used,
    reason = "made of letters and digits just above, seven at most"
)]
fn ods(code: &str) -> OdsCode {
    code.parse().expect("a code of letters and digits")
}

/// A GP practice of a town. The same for every seed, so that its code always means it. Real codes
/// of practices have an 8 in the second place; these have a 9.
fn practice(place: &Place, which: u32) -> Provider {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(place.index * 100 + which));
    let letter = u8::try_from(place.index % 16).map_or('A', |offset| char::from(b'A' + offset));
    Provider {
        ods: ods(&format!("{letter}9{:02}{which:02}", place.index / 16)),
        name: format!(
            "{} {}",
            TABLES.word(&mut rng, "practice"),
            TABLES.word(&mut rng, "practice_kind")
        ),
        phone: Some(phone(place.phone, rng.random_range(0..1000))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::{HashMap, HashSet};

    fn generator() -> Generator {
        Generator::new(2026, date(2026, 11, 21))
    }

    #[test]
    fn the_same_seed_gives_the_same_people_in_any_order() {
        let (one, two) = (generator(), generator());
        let forwards: Vec<_> = (0..200).map(|index| one.person(index)).collect();
        let backwards: Vec<_> = (0..200).rev().map(|index| two.person(index)).collect();
        assert!(forwards.iter().eq(backwards.iter().rev()));
        let other = Generator::new(2027, date(2026, 11, 21));
        assert_ne!(one.person(0), other.person(0));
    }

    #[test]
    fn a_hundred_thousand_people_have_numbers_of_their_own() {
        let generator = generator();
        let mut seen = HashSet::new();
        for index in 0..100_000 {
            let number = generator.numbers.at(index);
            assert!(number.is_made_up());
            assert_eq!(number.digits().parse(), Ok(number));
            assert!(!PERSONA_NUMBERS.contains(&number));
            assert!(seen.insert(number));
        }
    }

    #[test]
    fn ages_follow_the_curve_of_england() {
        let generator = generator();
        let mut living = 0;
        let (mut children, mut old, mut very_old) = (0, 0, 0);
        for index in 0..20_000 {
            let patient = generator.person(index).patient;
            assert!(patient.birth_date <= generator.today);
            if let Some(death) = patient.death {
                assert!(patient.birth_date <= death.on && death.on <= generator.today);
                continue;
            }
            living += 1;
            let age = years_between(patient.birth_date, generator.today);
            assert!((0..=106).contains(&age));
            children += i32::from(age < 18);
            old += i32::from(age >= 65);
            very_old += i32::from(age >= 85);
        }
        let share = |count: i32| f64::from(count) / f64::from(living);
        assert!((0.94..0.97).contains(&(f64::from(living) / 20_000.0)));
        assert!(
            (0.19..0.23).contains(&share(children)),
            "{}",
            share(children)
        );
        assert!((0.17..0.20).contains(&share(old)), "{}", share(old));
        assert!(
            (0.02..0.03).contains(&share(very_old)),
            "{}",
            share(very_old)
        );
    }

    #[test]
    fn names_are_as_common_and_as_various_as_in_england() {
        let generator = generator();
        let names: Vec<PersonName> = (0..25_000)
            .map(|index| generator.person(index).patient.name)
            .collect();
        let mut surnames: HashMap<&str, u32> = HashMap::new();
        let mut given: HashSet<&str> = HashSet::new();
        for name in &names {
            *surnames.entry(&name.family).or_default() += 1;
            given.extend(name.given.first().map(String::as_str));
        }
        let smith = f64::from(surnames["Smith"]) / 25_000.0;
        assert!((0.008..0.016).contains(&smith), "{smith}");
        assert!(surnames.len() > 2_500, "{}", surnames.len());
        assert!(given.len() > 700, "{}", given.len());
        let any = |wanted: fn(&PersonName) -> bool| names.iter().any(wanted);
        assert!(any(|name| name.family.starts_with("O'")));
        assert!(any(|name| name.family.starts_with("D'")));
        assert!(any(|name| name.family.contains('-')));
        assert!(any(|name| name.family.contains(' ')));
        assert!(any(|name| !name.family.is_ascii()));
        assert!(any(|name| name.given.iter().any(|given| !given.is_ascii())));
        assert!(any(|name| name.given.is_empty()));
        assert!(any(|name| name.family.chars().count() == 1));
        assert!(names.iter().all(
            |name| !name.family.is_empty() && name.given.iter().all(|given| !given.is_empty())
        ));
    }

    #[test]
    fn addresses_and_telephones_are_well_formed() {
        let generator = generator();
        let drama = [
            "07700 900",
            "01632 960",
            "020 7946 0",
            "0113 496 0",
            "0114 496 0",
            "0115 496 0",
            "0116 496 0",
            "0117 496 0",
            "0118 496 0",
            "0121 496 0",
            "0151 496 0",
            "0161 496 0",
            "0191 498 0",
        ];
        for index in 0..5_000 {
            let patient = generator.person(index).patient;
            let former = patient.former_addresses.iter().map(|former| &former.value);
            for address in patient.addresses.iter().chain(former) {
                let (outward, inward) = address.postcode.split_once(' ').unwrap();
                assert!((2..=4).contains(&outward.len()), "{}", address.postcode);
                assert!(outward.starts_with(|c: char| c.is_ascii_uppercase()));
                let inward: Vec<char> = inward.chars().collect();
                assert!(
                    matches!(inward[..], [d, a, b] if d.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase())
                );
                assert!(
                    address.lines.len() >= 2
                        && address.lines.iter().all(|line| !line.trim().is_empty())
                );
            }
            let contacts = patient
                .contacts
                .iter()
                .chain(patient.related.iter().flat_map(|person| &person.contacts));
            for contact in contacts {
                match contact.kind.as_str() {
                    "Email" => {
                        assert!(contact.value.ends_with("@example.com"), "{}", contact.value)
                    }
                    _ => assert!(
                        drama.iter().any(|range| contact.value.starts_with(range)),
                        "{}",
                        contact.value
                    ),
                }
            }
            for provider in patient.gp.iter().chain(&patient.pharmacy) {
                let phone = provider.phone.as_deref().unwrap();
                assert!(
                    drama.iter().any(|range| phone.starts_with(range)),
                    "{phone}"
                );
            }
        }
    }

    #[test]
    fn a_practice_code_means_one_practice() {
        let generator = generator();
        let mut names: HashMap<OdsCode, String> = HashMap::new();
        for index in 0..10_000 {
            let patient = generator.person(index).patient;
            for provider in patient.gp.into_iter().chain(patient.pharmacy) {
                let name = names
                    .entry(provider.ods)
                    .or_insert_with(|| provider.name.clone());
                assert_eq!(*name, provider.name);
            }
        }
        assert!(names.len() > 400);
    }

    #[test]
    fn a_few_are_restricted_opted_out_flagged_or_dead() {
        let generator = generator();
        let people: Vec<SeededPatient> = (0..20_000).map(|index| generator.person(index)).collect();
        let count = |wanted: fn(&SeededPatient) -> bool| {
            people.iter().filter(|person| wanted(person)).count()
        };
        assert!((10..100).contains(&count(|person| person.patient.restricted)));
        assert!((250..600).contains(&count(|person| person.consent == SpineConsent::No)));
        assert!((600..1000).contains(&count(|person| person.adjustments.is_some())));
        assert!(count(|person| person.patient.interpreter_needed) > 100);
        assert!(count(|person| !person.patient.former_names.is_empty()) > 3_000);
        assert!(people.iter().all(|person| person.summary.is_none()
            || (person.consent != SpineConsent::No && !person.patient.restricted)));
    }
}
