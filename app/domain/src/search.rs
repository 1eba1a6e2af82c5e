//! Finding a patient: the four searches, what each needs, and the order of their answers
//! (DOMAIN section 3).

use crate::clock::{Age, MONTHS};
use crate::name::PersonName;
use crate::name_words::NameWords;
use crate::patient::{Death, Gender, Patient};
use crate::role::Activity;
use crate::search_keys::{alike_key, given_key, name_key, postcode_key};
use crate::{FieldError, NhsNumber};
use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The most patients that a search answers with. More, and it answers with none.
pub const MOST_MATCHES: usize = 50;

/// The fewest characters that must stand before a `*`.
pub const FEWEST_BEFORE_WILDCARD: usize = 3;

/// Longest text of one field, in characters.
const LONGEST_FIELD: usize = 100;

/// One of the four searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchKind {
    /// By NHS number.
    NhsNumber,
    /// By gender, last name and date of birth.
    Basic,
    /// By more, and by ranges.
    Advanced,
    /// By postcode.
    Postcode,
}

impl SearchKind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::NhsNumber, Self::Basic, Self::Advanced, Self::Postcode];

    /// In URLs and in the audit.
    pub fn slug(self) -> &'static str {
        match self {
            Self::NhsNumber => "nhs-number",
            Self::Basic => "basic",
            Self::Advanced => "advanced",
            Self::Postcode => "postcode",
        }
    }

    /// The one with that slug.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::NhsNumber => "NHS number",
            Self::Basic => "Basic",
            Self::Advanced => "Advanced",
            Self::Postcode => "Postcode",
        }
    }

    /// The activity that the search needs.
    pub fn needs(self) -> Activity {
        match self {
            Self::NhsNumber | Self::Basic | Self::Advanced => Activity::FindPatient,
            Self::Postcode => Activity::PostcodeSearch,
        }
    }
}

/// A date as typed, in three fields named `<field>-day`, `<field>-month` and `<field>-year`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateFields {
    /// 1 to 31.
    pub day: String,
    /// 1 to 12, or the name of a month or its first three letters.
    pub month: String,
    /// Four digits.
    pub year: String,
}

impl DateFields {
    /// Nothing was typed.
    pub fn is_empty(&self) -> bool {
        [&self.day, &self.month, &self.year]
            .iter()
            .all(|text| text.trim().is_empty())
    }

    /// The date, or what is wrong with it. `what` starts the message, as in "Date of birth";
    /// the error is at the first of the three fields that is to blame.
    ///
    /// # Errors
    /// Where parts are missing, there is no such day, or it is in the future.
    pub fn date(&self, field: &str, what: &str, today: Date) -> Result<Date, FieldError> {
        let missing: Vec<_> = [
            ("day", &self.day),
            ("month", &self.month),
            ("year", &self.year),
        ]
        .into_iter()
        .filter(|(_, text)| text.trim().is_empty())
        .map(|(part, _)| part)
        .collect();
        match missing.as_slice() {
            [] => {}
            [_, _, _] => {
                return Err(FieldError::new(
                    format!("{field}-day"),
                    format!("Enter a {}", lower_first(what)),
                ));
            }
            [first, rest @ ..] => {
                let parts = std::iter::once(first)
                    .chain(rest)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(" and ");
                return Err(FieldError::new(
                    format!("{field}-{first}"),
                    format!("{what} must include a {parts}"),
                ));
            }
        }
        let wrong = |part: &str| {
            FieldError::new(
                format!("{field}-{part}"),
                format!("{what} must be a real date, like 27 3 1948"),
            )
        };
        let day: i8 = self.day.trim().parse().map_err(|_| wrong("day"))?;
        let month = month_number(self.month.trim()).ok_or_else(|| wrong("month"))?;
        let year: i16 = self.year.trim().parse().map_err(|_| wrong("year"))?;
        if !(1000..=9999).contains(&year) {
            return Err(FieldError::new(
                format!("{field}-year"),
                format!("{what} must have a year of 4 numbers, like 1948"),
            ));
        }
        let date = Date::new(year, month, day).map_err(|_| wrong("day"))?;
        if date > today {
            return Err(FieldError::new(
                format!("{field}-day"),
                format!("{what} must be today or in the past"),
            ));
        }
        Ok(date)
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

fn month_number(text: &str) -> Option<i8> {
    if let Ok(number) = text.parse() {
        return (1..=12).contains(&number).then_some(number);
    }
    let is_it = |name: &str| {
        name.eq_ignore_ascii_case(text)
            || text.len() == 3
                && name
                    .get(..3)
                    .is_some_and(|short| short.eq_ignore_ascii_case(text))
    };
    let index = MONTHS.iter().position(|name| is_it(name))?;
    i8::try_from(index + 1).ok()
}

/// The NHS number search, as typed. Field: `nhs-number`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NhsNumberForm {
    /// In any spacing.
    pub nhs_number: String,
}

/// The basic search, as typed. Fields: `gender`, `family`, `birth-day`…
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicForm {
    /// A code of [`Gender`].
    pub gender: String,
    /// Last name, with or without wildcards.
    pub family: String,
    /// Date of birth.
    pub birth: DateFields,
}

/// By what the advanced search looks for the birth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BirthBy {
    /// One date of birth.
    #[default]
    Date,
    /// A first and a last date.
    Range,
    /// A youngest and an oldest age in years.
    Age,
    /// A year.
    Year,
}

impl BirthBy {
    /// All of them, in the order in which the form offers them.
    pub const ALL: [Self; 4] = [Self::Date, Self::Range, Self::Age, Self::Year];

    /// In the form.
    pub fn code(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Range => "range",
            Self::Age => "age",
            Self::Year => "year",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Date => "Date of birth",
            Self::Range => "Between two dates",
            Self::Age => "Age range",
            Self::Year => "Year of birth",
        }
    }

    /// The one with that code; a date where there is none.
    pub fn from_code(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|by| by.code() == code)
            .unwrap_or_default()
    }
}

/// The advanced search, as typed. Fields: `gender`, `family`, `given`, `birth-day`…,
/// `birth-from-day`…, `birth-to-day`…, `age-from`, `age-to`, `birth-year-only`, `postcode`,
/// `death-day`…, `death-year-only`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvancedForm {
    /// A code of [`Gender`], or `all`.
    pub gender: String,
    /// Last name, with or without wildcards.
    pub family: String,
    /// First name, with or without wildcards; may be empty.
    pub given: String,
    /// Which of the next fields count.
    pub birth_by: BirthBy,
    /// Date of birth.
    pub birth: DateFields,
    /// First date of birth.
    pub birth_from: DateFields,
    /// Last date of birth.
    pub birth_to: DateFields,
    /// Youngest age in years.
    pub age_from: String,
    /// Oldest age in years.
    pub age_to: String,
    /// Year of birth.
    pub birth_year: String,
    /// May be empty.
    pub postcode: String,
    /// Date of death; may be empty.
    pub death: DateFields,
    /// Year of death, where the date is not given; may be empty.
    pub death_year: String,
    /// Also look for similar names, misspellings and earlier names and addresses.
    pub widen: bool,
}

/// The postcode search, as typed. Fields: `postcode`, `given`, `family`, `birth-day`…
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostcodeForm {
    /// A full postcode.
    pub postcode: String,
    /// May be empty.
    pub given: String,
    /// May be empty.
    pub family: String,
    /// May be empty.
    pub birth: DateFields,
}

/// What a person typed into one of the four forms. The device and the server check it alike.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum SearchForm {
    /// By NHS number.
    NhsNumber(NhsNumberForm),
    /// By gender, last name and date of birth.
    Basic(BasicForm),
    /// By more, and by ranges.
    Advanced(Box<AdvancedForm>),
    /// By postcode.
    Postcode(PostcodeForm),
}

/// A full postcode, in capitals without space.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Postcode(String);

impl Postcode {
    /// A full UK postcode, typed in any spacing and case.
    pub fn parse(text: &str) -> Option<Self> {
        let key = postcode_key(text);
        if !key.is_ascii() || !(5..=7).contains(&key.len()) {
            return None;
        }
        let (outward, inward) = key.split_at(key.len() - 3);
        let inward_fits = inward.bytes().enumerate().all(|(index, byte)| {
            if index == 0 {
                byte.is_ascii_digit()
            } else {
                byte.is_ascii_uppercase()
            }
        });
        let outward_fits = outward.starts_with(|c: char| c.is_ascii_uppercase())
            && outward.bytes().skip(1).any(|byte| byte.is_ascii_digit());
        (inward_fits && outward_fits).then_some(Self(key))
    }

    /// As it is compared.
    pub fn key(&self) -> &str {
        &self.0
    }
}

/// A name to look for, with or without `*`.
///
/// Its keys are made when a store asks for them: the device checks what was typed, and has no need
/// of the tables that keys are made with.
#[derive(Clone)]
pub struct NamePattern {
    typed: String,
    keys: OnceLock<Keys>,
}

/// What was typed, as a last name and as first names: which it is, is known only when names are looked
/// for the wrong way round too.
#[derive(Clone)]
struct Keys {
    family: Typed,
    given: Typed,
}

#[derive(Clone)]
struct Typed {
    /// Without the wildcards.
    words: NameWords,
    /// What stands between the wildcards; one piece where there are none.
    pieces: Vec<String>,
}

impl Typed {
    fn new(typed: &str, words: impl Fn(&str) -> NameWords) -> Self {
        Self {
            words: words(&typed.replace('*', "")),
            pieces: typed.split('*').map(|piece| words(piece).whole()).collect(),
        }
    }

    /// Whether a key begins, goes on and ends as the pieces do.
    fn matches(&self, key: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return key == first;
        };
        let Some(mut left) = key.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in middle {
            match left.find(piece.as_str()) {
                Some(at) => left = left.get(at + piece.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }

    /// Whether a name is what was typed, or has every word of it.
    fn fits(&self, name: &NameWords, wild: bool) -> bool {
        if wild {
            self.matches(&name.whole()) || name.runs().iter().any(|run| self.matches(run))
        } else {
            name.has(&self.words)
        }
    }

    fn alikes(&self) -> BTreeSet<String> {
        self.words
            .lookups()
            .iter()
            .map(|key| alike_key(key))
            .collect()
    }
}

/// A name on record, word by word.
struct Recorded {
    family: NameWords,
    given: NameWords,
}

impl Recorded {
    fn of(name: &PersonName) -> Self {
        Self {
            family: NameWords::family(&name.family),
            given: NameWords::given(&name.given),
        }
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        // Whether the keys are made yet makes no difference.
        self.typed == other.typed
    }
}

impl Eq for NamePattern {}

impl NamePattern {
    /// A pattern as typed.
    ///
    /// # Errors
    /// Where it is empty, has no letters, or has a `*` before its fourth letter.
    pub fn parse(text: &str, field: &str, what: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let fail = |message: String| Err(FieldError::new(field, message));
        if text.is_empty() {
            return fail(format!("Enter a {}", lower_first(what)));
        }
        if text.chars().count() > LONGEST_FIELD {
            return fail(format!(
                "{what} must be {LONGEST_FIELD} characters or fewer"
            ));
        }
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        if letters(text) == 0 {
            return fail(format!("{what} must include at least one letter"));
        }
        if let Some((before, _)) = text.split_once('*')
            && letters(before) < FEWEST_BEFORE_WILDCARD
        {
            return fail(format!(
                "{what} must have at least {FEWEST_BEFORE_WILDCARD} letters before the *"
            ));
        }
        Ok(Self {
            typed: text.to_owned(),
            keys: OnceLock::new(),
        })
    }

    /// As it was typed, for the audit.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    fn keys(&self) -> &Keys {
        self.keys.get_or_init(|| Keys {
            family: Typed::new(&self.typed, NameWords::family),
            given: Typed::new(&self.typed, |text| NameWords::given(&[text])),
        })
    }

    /// Whether there is a `*` in it.
    pub fn is_wild(&self) -> bool {
        self.typed.contains('*')
    }

    /// As a last name, without wildcards.
    pub fn family(&self) -> &NameWords {
        &self.keys().family.words
    }

    /// As first names, without wildcards.
    pub fn given(&self) -> &NameWords {
        &self.keys().given.words
    }

    /// What every last name begins with that matches, or a part of it.
    pub fn family_prefix(&self) -> &str {
        self.keys().family.pieces.first().map_or("", String::as_str)
    }

    /// A last name or a part of it for SQL `like`. Keys have letters and digits only, so nothing in
    /// them needs escaping.
    pub fn family_like(&self) -> String {
        self.keys().family.pieces.join("%")
    }

    /// The same for first names.
    pub fn given_like(&self) -> String {
        self.keys().given.pieces.join("%")
    }

    /// What a last name that is alike shares one of (see [`NameWords::lookups`] and [`alike_key`]).
    pub fn family_alikes(&self) -> BTreeSet<String> {
        self.keys().family.alikes()
    }

    /// The same for first names, but for initials.
    pub fn given_alikes(&self) -> BTreeSet<String> {
        self.keys().given.alikes()
    }
}

/// From the first day to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRange {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl DateRange {
    /// One day.
    pub fn day(date: Date) -> Self {
        Self {
            from: date,
            to: date,
        }
    }

    /// A whole year.
    pub fn year(year: i16) -> Option<Self> {
        Some(Self {
            from: Date::new(year, 1, 1).ok()?,
            to: Date::new(year, 12, 31).ok()?,
        })
    }

    /// Whether the day is in it.
    pub fn contains(self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

/// A search that has been checked: it has what its kind needs.
#[derive(Clone, PartialEq)]
pub enum PatientQuery {
    /// The patient with that number, or with a number that replaced it.
    NhsNumber(NhsNumber),
    /// The patients of whom all of this is true.
    Details(Box<Details>),
}

/// What is known of the patient. Each part narrows the search.
#[derive(Clone, PartialEq)]
pub struct Details {
    /// Which form it came from: the basic search answers like an advanced one.
    pub kind: SearchKind,
    /// `None`: all.
    pub gender: Option<Gender>,
    /// Last name.
    pub family: Option<NamePattern>,
    /// First name.
    pub given: Option<NamePattern>,
    /// Born in.
    pub birth: Option<DateRange>,
    /// Lives at.
    pub postcode: Option<Postcode>,
    /// Died in.
    pub death: Option<DateRange>,
    /// Also similar names, swapped names, and earlier names and addresses; wildcards are ignored.
    pub widen: bool,
}

crate::hidden_debug!(
    DateFields,
    NhsNumberForm,
    BasicForm,
    AdvancedForm,
    PostcodeForm,
    SearchForm,
    Postcode,
    NamePattern,
    PatientQuery,
    Details,
    PatientMatch
);

impl SearchForm {
    /// Which search it is.
    pub fn kind(&self) -> SearchKind {
        match self {
            Self::NhsNumber(_) => SearchKind::NhsNumber,
            Self::Basic(_) => SearchKind::Basic,
            Self::Advanced(_) => SearchKind::Advanced,
            Self::Postcode(_) => SearchKind::Postcode,
        }
    }

    /// The same search, widened. A basic search becomes an advanced one with the same details; the
    /// NHS number and postcode searches have nothing to widen.
    pub fn widened(&self) -> Option<Self> {
        match self {
            Self::Basic(form) => Some(Self::Advanced(Box::new(AdvancedForm {
                gender: form.gender.clone(),
                family: form.family.clone(),
                birth: form.birth.clone(),
                widen: true,
                ..AdvancedForm::default()
            }))),
            Self::Advanced(form) if !form.widen => Some(Self::Advanced(Box::new(AdvancedForm {
                widen: true,
                ..(**form).clone()
            }))),
            Self::NhsNumber(_) | Self::Advanced(_) | Self::Postcode(_) => None,
        }
    }

    /// The search, or everything that is wrong with the form, in the order of its fields.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that has to be mended.
    pub fn check(&self, today: Date) -> Result<PatientQuery, Vec<FieldError>> {
        match self {
            Self::NhsNumber(form) => form
                .nhs_number
                .parse()
                .map(PatientQuery::NhsNumber)
                .map_err(|wrong: crate::nhs_number::NotAnNhsNumber| {
                    vec![FieldError::new("nhs-number", wrong.to_string())]
                }),
            Self::Basic(form) => form.check(today),
            Self::Advanced(form) => form.check(today),
            Self::Postcode(form) => form.check(today),
        }
    }
}

/// Collects what is wrong while the rest of the form is read.
#[derive(Default)]
struct Problems(Vec<FieldError>);

impl Problems {
    fn keep<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    fn optional_name(&mut self, text: &str, field: &str, what: &str) -> Option<NamePattern> {
        if text.trim().is_empty() {
            return None;
        }
        self.keep(NamePattern::parse(text, field, what))
    }

    fn optional_date(
        &mut self,
        date: &DateFields,
        field: &str,
        what: &str,
        today: Date,
    ) -> Option<Date> {
        if date.is_empty() {
            return None;
        }
        self.keep(date.date(field, what, today))
    }

    fn gender(&mut self, code: &str) -> Option<Gender> {
        let gender = code.parse().ok();
        if gender.is_none() {
            self.add("gender", "Select a gender");
        }
        gender
    }

    fn year(&mut self, text: &str, field: &str, what: &str, today: Date) -> Option<DateRange> {
        let year = text
            .trim()
            .parse::<i16>()
            .ok()
            .filter(|year| (1800..=today.year()).contains(year));
        match year.and_then(DateRange::year) {
            Some(range) => Some(range),
            None => {
                self.add(
                    field,
                    format!("{what} must be a year of 4 numbers, like 1948"),
                );
                None
            }
        }
    }

    fn finish(self, details: Details) -> Result<PatientQuery, Vec<FieldError>> {
        if self.0.is_empty() {
            Ok(PatientQuery::Details(Box::new(details)))
        } else {
            Err(self.0)
        }
    }
}

impl BasicForm {
    fn check(&self, today: Date) -> Result<PatientQuery, Vec<FieldError>> {
        let mut problems = Problems::default();
        let gender = problems.gender(&self.gender);
        let family = problems.keep(NamePattern::parse(&self.family, "family", "Last name"));
        let birth = problems.keep(self.birth.date("birth", "Date of birth", today));
        problems.finish(Details {
            kind: SearchKind::Basic,
            gender,
            family,
            given: None,
            birth: birth.map(DateRange::day),
            postcode: None,
            death: None,
            widen: false,
        })
    }
}

impl AdvancedForm {
    fn check(&self, today: Date) -> Result<PatientQuery, Vec<FieldError>> {
        let mut problems = Problems::default();
        let gender = if self.gender == "all" {
            None
        } else {
            problems.gender(&self.gender)
        };
        let family = problems.keep(NamePattern::parse(&self.family, "family", "Last name"));
        let given = problems.optional_name(&self.given, "given", "First name");
        let birth = self.birth_range(&mut problems, today);
        let postcode = if self.postcode.trim().is_empty() {
            None
        } else {
            let postcode = Postcode::parse(&self.postcode);
            if postcode.is_none() {
                problems.add("postcode", FULL_POSTCODE);
            }
            postcode
        };
        let death = if !self.death.is_empty() {
            problems
                .keep(self.death.date("death", "Date of death", today))
                .map(DateRange::day)
        } else if !self.death_year.trim().is_empty() {
            problems.year(&self.death_year, "death-year-only", "Year of death", today)
        } else {
            None
        };
        problems.finish(Details {
            kind: SearchKind::Advanced,
            gender,
            family,
            given,
            birth,
            postcode,
            death,
            widen: self.widen,
        })
    }

    fn birth_range(&self, problems: &mut Problems, today: Date) -> Option<DateRange> {
        match self.birth_by {
            BirthBy::Date => problems
                .keep(self.birth.date("birth", "Date of birth", today))
                .map(DateRange::day),
            BirthBy::Range => {
                let from = problems.keep(self.birth_from.date(
                    "birth-from",
                    "First date of birth",
                    today,
                ));
                let to = problems.keep(self.birth_to.date("birth-to", "Last date of birth", today));
                let (from, to) = (from?, to?);
                if from > to {
                    problems.add(
                        "birth-to-day",
                        "Last date of birth must be the same as or after the first",
                    );
                    return None;
                }
                Some(DateRange { from, to })
            }
            BirthBy::Age => {
                let age = |text: &str| {
                    text.trim()
                        .parse::<i16>()
                        .ok()
                        .filter(|age| (0..=130).contains(age))
                };
                let (youngest, oldest) = (age(&self.age_from), age(&self.age_to));
                if youngest.is_none() {
                    problems.add("age-from", "Youngest age must be a number from 0 to 130");
                }
                if oldest.is_none() {
                    problems.add("age-to", "Oldest age must be a number from 0 to 130");
                }
                let (youngest, oldest) = (youngest?, oldest?);
                if youngest > oldest {
                    problems.add(
                        "age-to",
                        "Oldest age must be the same as or more than the youngest",
                    );
                    return None;
                }
                // Someone aged n today was born after the day n + 1 years ago, and not after the
                // day n years ago.
                let from = today
                    .checked_sub(Span::new().years(oldest + 1))
                    .ok()?
                    .tomorrow()
                    .ok()?;
                let to = today.checked_sub(Span::new().years(youngest)).ok()?;
                Some(DateRange { from, to })
            }
            BirthBy::Year => {
                problems.year(&self.birth_year, "birth-year-only", "Year of birth", today)
            }
        }
    }
}

const FULL_POSTCODE: &str = "Enter a full postcode, like LS1 4AP";

impl PostcodeForm {
    fn check(&self, today: Date) -> Result<PatientQuery, Vec<FieldError>> {
        let mut problems = Problems::default();
        let postcode = Postcode::parse(&self.postcode);
        if postcode.is_none() {
            problems.add("postcode", FULL_POSTCODE);
        }
        let given = problems.optional_name(&self.given, "given", "First name");
        let family = problems.optional_name(&self.family, "family", "Last name");
        let birth = problems.optional_date(&self.birth, "birth", "Date of birth", today);
        problems.finish(Details {
            kind: SearchKind::Postcode,
            gender: None,
            family,
            given,
            birth: birth.map(DateRange::day),
            postcode,
            death: None,
            widen: false,
        })
    }
}

/// How a patient came to match, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MatchedOn {
    /// On what is current.
    Current,
    /// On an earlier name or address; what is shown is current.
    Earlier,
    /// On a name that sounds alike or has more or fewer words, or on names that were swapped.
    Similar,
}

/// One answer to a search: enough to tell people apart, and no more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientMatch {
    /// Current name.
    pub name: PersonName,
    /// Administrative gender.
    pub gender: Gender,
    /// Date of birth.
    pub birth_date: Date,
    /// Today, or at death.
    pub age: Age,
    /// Set when the patient has died.
    pub death: Option<Death>,
    /// The number under which the record is kept now.
    pub nhs_number: NhsNumber,
    /// First line of the usual address; never for a restricted patient.
    pub address_line: Option<String>,
    /// Never for a restricted patient.
    pub postcode: Option<String>,
    /// Name of the GP practice; never for a restricted patient.
    pub gp: Option<String>,
    /// Restricted: location is not shown.
    pub restricted: bool,
    /// How it matched.
    pub matched_on: MatchedOn,
    /// On the visit list of whoever searched, in their role.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_visit_list: bool,
}

impl PatientMatch {
    /// What a search shows of a patient.
    pub fn of(patient: &Patient, matched_on: MatchedOn, today: Date) -> Self {
        let home = patient.addresses.first().filter(|_| !patient.restricted);
        Self {
            name: patient.name.clone(),
            gender: patient.gender,
            birth_date: patient.birth_date,
            age: Age::between(
                patient.birth_date,
                patient.death.map_or(today, |death| death.on),
            ),
            death: patient.death,
            nhs_number: patient.nhs_number,
            address_line: home.and_then(|address| address.lines.first().cloned()),
            postcode: home.map(|address| address.postcode.clone()),
            gp: patient
                .gp
                .as_ref()
                .filter(|_| !patient.restricted)
                .map(|gp| gp.name.clone()),
            restricted: patient.restricted,
            matched_on,
            on_visit_list: false,
        }
    }
}

/// What a search answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum SearchOutcome {
    /// One to fifty patients, best first.
    Found {
        /// Them.
        matches: Vec<PatientMatch>,
        /// The NHS number that was searched has been replaced by the one shown.
        superseded: bool,
    },
    /// More than fifty: none is shown.
    TooMany,
    /// None.
    Nobody,
}

impl Details {
    /// How well a patient matches, or `None` where not at all. The store narrows by index; this
    /// decides, so that every store answers alike.
    ///
    /// A restricted patient never matches where a postcode was a part of the search.
    pub fn matched_on(&self, patient: &Patient) -> Option<MatchedOn> {
        if self.postcode.is_some() && patient.restricted {
            return None;
        }
        let birth_fits = self
            .birth
            .is_none_or(|range| range.contains(patient.birth_date));
        let gender_fits = self.gender.is_none_or(|gender| gender == patient.gender);
        let death_fits = self
            .death
            .is_none_or(|range| patient.death.is_some_and(|death| range.contains(death.on)));
        if !(birth_fits && gender_fits && death_fits) {
            return None;
        }
        let home = self.home_matched_on(patient)?;
        let name = self.name_matched_on(patient)?;
        Some(home.max(name))
    }

    fn home_matched_on(&self, patient: &Patient) -> Option<MatchedOn> {
        let Some(postcode) = &self.postcode else {
            return Some(MatchedOn::Current);
        };
        if patient
            .addresses
            .iter()
            .any(|address| postcode_key(&address.postcode) == postcode.key())
        {
            return Some(MatchedOn::Current);
        }
        let earlier = self.widen
            && patient
                .former_addresses
                .iter()
                .any(|former| postcode_key(&former.value.postcode) == postcode.key());
        earlier.then_some(MatchedOn::Earlier)
    }

    fn name_matched_on(&self, patient: &Patient) -> Option<MatchedOn> {
        if self.family.is_none() && self.given.is_none() {
            return Some(MatchedOn::Current);
        }
        let current = Recorded::of(&patient.name);
        if self.fits(&current) {
            return Some(MatchedOn::Current);
        }
        if !self.widen {
            return None;
        }
        let earlier: Vec<_> = patient
            .former_names
            .iter()
            .map(|former| Recorded::of(&former.value))
            .collect();
        if earlier.iter().any(|name| self.fits(name)) {
            return Some(MatchedOn::Earlier);
        }
        std::iter::once(&current)
            .chain(&earlier)
            .any(|name| self.is_like(name))
            .then_some(MatchedOn::Similar)
    }

    /// Every word that was typed is in the name, in its place.
    fn fits(&self, name: &Recorded) -> bool {
        let wild = |pattern: &NamePattern| !self.widen && pattern.is_wild();
        let family = self
            .family
            .as_ref()
            .is_none_or(|pattern| pattern.keys().family.fits(&name.family, wild(pattern)));
        let given = self
            .given
            .as_ref()
            .is_none_or(|pattern| pattern.keys().given.fits(&name.given, wild(pattern)));
        family && given
    }

    /// The name sounds like what was typed, has more or fewer words, or was typed the wrong way round.
    fn is_like(&self, name: &Recorded) -> bool {
        let (family, given) = (self.family.as_ref(), self.given.as_ref());
        let in_place = family.is_none_or(|typed| name.family.like_family(typed.family()))
            && given.is_none_or(|typed| name.given.like_given(typed.given(), true));
        // A letter in the place of the last name is no initial.
        let swapped = || {
            family.is_none_or(|typed| name.given.like_given(typed.given(), false))
                && given.is_none_or(|typed| name.family.like_family(typed.family()))
        };
        in_place || swapped()
    }
}

/// Puts matches in the order in which they are shown: the surest first, then by name, then by date
/// of birth and number, so that the order is always the same.
pub fn best_first(matches: &mut [PatientMatch]) {
    matches.sort_by_cached_key(|found| {
        (
            found.matched_on,
            name_key(&found.name.family),
            given_key(&found.name.given),
            found.birth_date,
            found.nhs_number,
        )
    });
}
