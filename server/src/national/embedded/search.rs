//! A search as SQL. Each statement reads one index for whole names and one for parts of names (or, from
//! a postcode, the few rows it leads to) and stops at its limit.
//!
//! | given                                    | read                                                  |
//! |------------------------------------------|-------------------------------------------------------|
//! | a postcode                               | `patient_place_by_postcode`, then the names           |
//! | a last name, and the birth within a month, with a wildcard | `patient_name_by_birth`, `patient_part_by_key` |
//! | a last name                              | `patient_name_by_family`, `patient_part_by_key`       |
//! | no last name                             | `patient_name_by_birth`                               |
//! | widened: last name                       | `patient_name_by_sound`, `patient_part_by_sound`      |
//! | widened: last name written as the first  | `patient_name_by_sound`, `patient_part_by_sound`      |
//! | widened: last name only, may be a first  | `patient_given_by_alike`                              |
//!
//! They find everyone of whom `domain::search::Details::matched_on` may say that they match, and few
//! others; who does match, it decides.

use super::Embedded;
use crate::failure::{Failure, Result};
use crate::store::{Engine, Sql, column};
use domain::name_words::NameWords;
use domain::patient::Patient;
use domain::search::{DateRange, Details, MOST_MATCHES, MatchedOn, NamePattern};
use std::collections::BTreeSet;

/// Longest range of birth dates, in days, for which reading all who were born in it is better than
/// reading all whose name begins alike.
const FEW_DAYS: i64 = 31;

/// Rows asked for at first. An exact search has one for each patient; a widened one has several.
const FIRST_LIMIT: i64 = 51;
const FIRST_WIDENED_LIMIT: i64 = 204;
/// Of so many patients it is decided whether they match. A search that leads to more is too wide,
/// whatever would be left of them.
const MOST_CANDIDATES: usize = 2_000;

/// Everyone who matches and how, or `None` for too many.
pub(super) async fn matches(
    embedded: &Embedded,
    details: &Details,
) -> Result<Option<Vec<(Patient, MatchedOn)>>> {
    let mut limit = if details.widen {
        FIRST_WIDENED_LIMIT
    } else {
        FIRST_LIMIT
    };
    let mut seen = BTreeSet::new();
    let mut matches = Vec::new();
    loop {
        let mut new = BTreeSet::new();
        let mut cut = false;
        for statement in statements(embedded.db.engine(), details, limit)? {
            let rows = statement.query().fetch_all(embedded.db.read()).await?;
            cut |= i64::try_from(rows.len()).is_ok_and(|found| found >= limit);
            for row in &rows {
                let number: String = column(row, 0)?;
                if seen.insert(number.clone()) {
                    new.insert(number);
                }
            }
        }
        // In steps, so that a search that finds too many has not read them all.
        while !new.is_empty() {
            let rest = new
                .iter()
                .nth(MOST_MATCHES + 1)
                .cloned()
                .map(|at| new.split_off(&at))
                .unwrap_or_default();
            let patients = embedded.patients(std::mem::replace(&mut new, rest)).await?;
            matches.extend(
                patients
                    .into_iter()
                    .filter_map(|patient| details.matched_on(&patient).map(|on| (patient, on))),
            );
            if matches.len() > MOST_MATCHES {
                return Ok(None);
            }
        }
        if !cut {
            return Ok(Some(matches));
        }
        if seen.len() > MOST_CANDIDATES {
            return Ok(None);
        }
        // Rows of the same patient, or of patients who do not match after all, took the places.
        limit = limit.saturating_mul(8);
    }
}

/// The statements whose rows together are the search: each row is the number of a patient.
///
/// # Errors
/// Where there is nothing to find by: the forms do not let that through.
pub fn statements(engine: Engine, details: &Details, limit: i64) -> Result<Vec<Sql>> {
    let search = Search {
        engine,
        details,
        limit,
    };
    if details.postcode.is_some() {
        return Ok(vec![search.by_postcode()?]);
    }
    if !details.widen {
        return Ok(vec![search.by_name()?]);
    }
    let Some(family) = &details.family else {
        return Err(Failure::Internal(
            "a widened search without a last name".into(),
        ));
    };
    let swapped = match &details.given {
        Some(given) => search.by_swapped_sound(family, given)?,
        None => search.by_given(family)?,
    };
    Ok(vec![search.by_family_sound(family)?, swapped])
}

/// Whole names, or parts of last names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Wholes,
    Parts,
}

struct Search<'a> {
    engine: Engine,
    details: &'a Details,
    limit: i64,
}

impl Search<'_> {
    /// Names the index for SQLite, which would otherwise have to guess from few figures.
    /// PostgreSQL knows its tables.
    fn indexed(&self, sql: &mut Sql, hint: &'static str) {
        if self.engine == Engine::Sqlite {
            sql.push(hint);
        }
    }

    fn by_postcode(&self) -> Result<Sql> {
        let mut sql = Sql::new("select n.nhs_number from patient_place p");
        self.indexed(&mut sql, " indexed by patient_place_by_postcode");
        // In this order on SQLite: the few who live there, then the names of each by the table's own
        // key (so SQLite names it), and not everyone of that name for each of them.
        sql.push(" cross join patient_name n");
        self.indexed(&mut sql, " indexed by sqlite_autoindex_patient_name_1");
        sql.push(" where n.nhs_number = p.nhs_number and n.position = 0 and p.postcode_key = ");
        sql.bind(
            self.details
                .postcode
                .as_ref()
                .map(|postcode| postcode.key().to_owned()),
        )?;
        // A widened search of a place weighs everyone who lives or lived there.
        if !self.details.widen {
            sql.push(" and p.earlier = 0");
            if let Some(family) = &self.details.family {
                if family.is_wild() {
                    sql.push(" and n.family_key like ")
                        .bind(format!("%{}%", family.family_like()))?;
                } else {
                    for word in family.family().keys() {
                        sql.push(" and n.family_key like ")
                            .bind(format!("%{word}%"))?;
                    }
                }
            }
            self.given(&mut sql)?;
        }
        self.details(&mut sql)?;
        self.finish(sql)
    }

    fn by_name(&self) -> Result<Sql> {
        let mut sql = Sql::default();
        self.names_exactly(&mut sql, Of::Wholes)?;
        if self.details.family.is_some() {
            sql.push(" union all ");
            self.names_exactly(&mut sql, Of::Parts)?;
        }
        self.finish(sql)
    }

    fn names_exactly(&self, sql: &mut Sql, of: Of) -> Result<()> {
        let few_days = self
            .details
            .birth
            .is_some_and(|birth| days(birth) <= FEW_DAYS);
        match (&self.details.family, of) {
            (Some(_), Of::Parts) => {
                sql.push("select n.nhs_number from patient_part n");
                self.indexed(sql, " indexed by patient_part_by_key");
            }
            (Some(family), Of::Wholes) if !family.is_wild() || !few_days => {
                sql.push("select n.nhs_number from patient_name n");
                self.indexed(sql, " indexed by patient_name_by_family");
            }
            _ if self.details.birth.is_some() => {
                sql.push("select n.nhs_number from patient_name n");
                self.indexed(sql, " indexed by patient_name_by_birth");
            }
            _ => {
                return Err(Failure::Internal(
                    "a search without name, birth or place".into(),
                ));
            }
        }
        sql.push(" where n.position = 0");
        if let Some(family) = &self.details.family {
            family_exactly(sql, family, of)?;
        }
        self.given(sql)?;
        self.details(sql)
    }

    fn by_family_sound(&self, family: &NamePattern) -> Result<Sql> {
        let mut sql = Sql::default();
        for of in [Of::Wholes, Of::Parts] {
            self.names_by_sound(&mut sql, of, family.family_alikes())?;
            if let Some(given) = &self.details.given {
                sql.push(" and (");
                contains_alike(&mut sql, given)?;
                begins_alike(&mut sql, given.given())?;
                sql.push(")");
            }
            self.details(&mut sql)?;
        }
        self.finish(sql)
    }

    fn by_swapped_sound(&self, family: &NamePattern, given: &NamePattern) -> Result<Sql> {
        let mut sql = Sql::default();
        for of in [Of::Wholes, Of::Parts] {
            self.names_by_sound(&mut sql, of, given.family_alikes())?;
            sql.push(" and (");
            contains_alike(&mut sql, family)?;
            sql.push(")");
            self.details(&mut sql)?;
        }
        self.finish(sql)
    }

    fn by_given(&self, family: &NamePattern) -> Result<Sql> {
        let mut sql = Sql::new("select n.nhs_number from patient_given n");
        self.indexed(&mut sql, " indexed by patient_given_by_alike");
        sql.push(" where n.alike");
        one_of(&mut sql, family.given_alikes())?;
        self.details(&mut sql)?;
        self.finish(sql)
    }

    fn names_by_sound(&self, sql: &mut Sql, of: Of, alikes: BTreeSet<String>) -> Result<()> {
        match of {
            Of::Wholes => {
                sql.push("select n.nhs_number from patient_name n");
                self.indexed(sql, " indexed by patient_name_by_sound");
                sql.push(" where n.family_alike");
            }
            Of::Parts => {
                sql.push(" union all select n.nhs_number from patient_part n");
                self.indexed(sql, " indexed by patient_part_by_sound");
                sql.push(" where n.part_alike");
            }
        }
        one_of(sql, alikes)
    }

    /// The first names have what was typed somewhere in them.
    fn given(&self, sql: &mut Sql) -> Result<()> {
        let Some(given) = &self.details.given else {
            return Ok(());
        };
        let mut contains = |text: &str| -> Result<()> {
            sql.push(" and replace(n.given_keys, ' ', '') like ")
                .bind(format!("%{text}%"))?;
            Ok(())
        };
        if given.is_wild() {
            return contains(&given.given_like());
        }
        given.given().keys().try_for_each(contains)
    }

    /// What every search may have.
    fn details(&self, sql: &mut Sql) -> Result<()> {
        range(sql, " and n.birth_date", self.details.birth)?;
        if let Some(gender) = self.details.gender {
            sql.push(" and n.gender = ")
                .bind(gender.code().to_owned())?;
        }
        range(sql, " and n.death_date", self.details.death)
    }

    /// Where it stops.
    fn finish(&self, mut sql: Sql) -> Result<Sql> {
        sql.push(" limit ").bind(self.limit)?;
        Ok(sql)
    }
}

/// One day is asked as one, so that the columns after it in an index narrow too.
fn range(sql: &mut Sql, column: &'static str, range: Option<DateRange>) -> Result<()> {
    if let Some(DateRange { from, to }) = range {
        sql.push(column);
        if from == to {
            sql.push(" = ").bind(from.to_string())?;
        } else {
            sql.push(" between ").bind(from.to_string())?;
            sql.push(" and ").bind(to.to_string())?;
        }
    }
    Ok(())
}

fn days(range: DateRange) -> i64 {
    (range.to - range.from).get_days().into()
}

/// The whole last name is what was typed, or a part of it is something of what was typed.
fn family_exactly(sql: &mut Sql, family: &NamePattern, of: Of) -> Result<()> {
    let column = match of {
        Of::Wholes => " and n.family_key",
        Of::Parts => " and n.part_key",
    };
    sql.push(column);
    if family.is_wild() {
        sql.push(" >= ").bind(family.family_prefix().to_owned())?;
        sql.push(column);
        sql.push(" < ").bind(after_prefix(family.family_prefix()))?;
        sql.push(column);
        sql.push(" like ").bind(family.family_like())?;
        return Ok(());
    }
    match of {
        Of::Wholes => one_of(sql, BTreeSet::from([family.family().whole()])),
        Of::Parts => one_of(sql, family.family().runs()),
    }
}

fn one_of(sql: &mut Sql, mut values: BTreeSet<String>) -> Result<()> {
    match (values.len(), values.pop_first()) {
        (1, Some(value)) => {
            sql.push(" = ").bind(value)?;
        }
        (_, first) => {
            sql.push(" in (")
                .bind_all(first.into_iter().chain(values))?
                .push(")");
        }
    }
    Ok(())
}

/// A first name sounds like something of what was typed.
fn contains_alike(sql: &mut Sql, pattern: &NamePattern) -> Result<()> {
    for (index, alike) in pattern.given_alikes().into_iter().enumerate() {
        sql.push(if index == 0 {
            "n.given_alikes like "
        } else {
            " or n.given_alikes like "
        })
        .bind(format!("% {alike} %"))?;
    }
    Ok(())
}

/// Or one of the two is the initial of the other.
fn begins_alike(sql: &mut Sql, given: &NameWords) -> Result<()> {
    let letters = given.as_initials();
    let words = given.keys().chain(letters.iter().flat_map(NameWords::keys));
    let mut initials = BTreeSet::new();
    for word in words {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            let only_letter = letters.next().is_none();
            initials.insert(format!("% {first} %"));
            if only_letter {
                initials.insert(format!("% {first}%"));
            }
        }
    }
    for initial in initials {
        sql.push(" or n.given_keys like ").bind(initial)?;
    }
    Ok(())
}

/// Sorts after everything that begins with the prefix.
fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}
