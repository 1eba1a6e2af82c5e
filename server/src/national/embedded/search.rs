//! A search as SQL. Each statement reads one index (or, from a postcode, the few rows it leads to)
//! and stops at its limit.
//!
//! | given                                    | read                                         |
//! |------------------------------------------|----------------------------------------------|
//! | a postcode                               | `patient_place_by_postcode`, then the names  |
//! | a last name, and the birth within a month, with a wildcard | `patient_name_by_birth`    |
//! | a last name                              | `patient_name_by_family`                     |
//! | no last name                             | `patient_name_by_birth`                      |
//! | widened: last name                       | `patient_name_by_sound`                      |
//! | widened: last name written as the first  | `patient_name_by_sound`                      |
//! | widened: last name only, may be a first  | `patient_given_by_alike`                     |
//!
//! What each asks is what `domain::search::Details::matched_on` decides, which has the last word.

use super::keys::{given_fits, pattern_alike};
use crate::failure::{Failure, Result};
use crate::store::{Db, Engine, Sql, column};
use domain::search::{DateRange, Details, MOST_MATCHES, NamePattern};
use std::collections::BTreeSet;

/// Longest range of birth dates, in days, for which reading all who were born in it is better than
/// reading all whose name begins alike.
const FEW_DAYS: i64 = 31;

/// Rows asked for at first. An exact search has one for each patient; a widened one has several.
const FIRST_LIMIT: i64 = 51;
const FIRST_WIDENED_LIMIT: i64 = 204;

/// The numbers of all patients who match, or `None` for more than fifty.
pub(super) async fn numbers(db: &Db, details: &Details) -> Result<Option<BTreeSet<String>>> {
    let mut limit = if details.widen {
        FIRST_WIDENED_LIMIT
    } else {
        FIRST_LIMIT
    };
    // `like` lets a wildcard reach from one given name into the next; the pattern does not.
    let look_again = details
        .given
        .as_ref()
        .filter(|given| !details.widen && given.exact().is_none());
    loop {
        let mut numbers = BTreeSet::new();
        let mut cut = false;
        for statement in statements(db.engine(), details, limit)? {
            let rows = statement.query().fetch_all(db.read()).await?;
            cut |= i64::try_from(rows.len()).is_ok_and(|found| found >= limit);
            for row in &rows {
                let given_keys: String = column(row, 1)?;
                if look_again.is_none_or(|pattern| given_fits(pattern, &given_keys)) {
                    numbers.insert(column(row, 0)?);
                }
            }
            if numbers.len() > MOST_MATCHES {
                return Ok(None);
            }
        }
        if !cut {
            return Ok(Some(numbers));
        }
        // Rows of the same patient, or of patients who do not match after all, took the places.
        limit = limit.saturating_mul(8);
    }
}

/// The statements whose rows together are the search: each gives a number and the given names.
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
        let mut sql = Sql::new("select n.nhs_number, n.given_keys from patient_place p");
        self.indexed(&mut sql, " indexed by patient_place_by_postcode");
        // In this order on SQLite: the few who live there, then the names of each by the table's own
        // key (so SQLite names it), and not everyone of that name for each of them.
        sql.push(" cross join patient_name n");
        self.indexed(&mut sql, " indexed by sqlite_autoindex_patient_name_1");
        sql.push(" where n.nhs_number = p.nhs_number and p.postcode_key = ");
        sql.bind(
            self.details
                .postcode
                .as_ref()
                .map(|postcode| postcode.key().to_owned()),
        )?;
        if self.details.widen {
            self.widened_name(&mut sql)?;
        } else {
            sql.push(" and p.earlier = 0 and n.position = 0");
            self.family(&mut sql)?;
            self.given(&mut sql)?;
        }
        self.finish(sql)
    }

    fn by_name(&self) -> Result<Sql> {
        let few_days = self
            .details
            .birth
            .is_some_and(|birth| days(birth) <= FEW_DAYS);
        let hint = match &self.details.family {
            Some(family) if family.exact().is_some() || !few_days => {
                " indexed by patient_name_by_family"
            }
            Some(_) | None if self.details.birth.is_some() => " indexed by patient_name_by_birth",
            Some(_) | None => {
                return Err(Failure::Internal(
                    "a search without name, birth or place".into(),
                ));
            }
        };
        let mut sql = Sql::new("select n.nhs_number, n.given_keys from patient_name n");
        self.indexed(&mut sql, hint);
        sql.push(" where n.position = 0");
        self.family(&mut sql)?;
        self.given(&mut sql)?;
        self.finish(sql)
    }

    fn by_family_sound(&self, family: &NamePattern) -> Result<Sql> {
        let mut sql = self.names_by_sound();
        sql.push(" where n.family_alike = ")
            .bind(pattern_alike(family))?;
        if let Some(given) = &self.details.given {
            sql.push(" and (");
            contains_alike(&mut sql, given)?;
            sql.push(" or n.family_key = ")
                .bind(family.without_wildcards())?;
            sql.push(" and ");
            has_given(&mut sql, &given.without_wildcards())?;
            sql.push(")");
        }
        self.finish(sql)
    }

    fn by_swapped_sound(&self, family: &NamePattern, given: &NamePattern) -> Result<Sql> {
        let mut sql = self.names_by_sound();
        sql.push(" where n.family_alike = ")
            .bind(pattern_alike(given))?;
        sql.push(" and ");
        contains_alike(&mut sql, family)?;
        self.finish(sql)
    }

    fn by_given(&self, family: &NamePattern) -> Result<Sql> {
        let mut sql = Sql::new("select n.nhs_number, '' from patient_given n");
        self.indexed(&mut sql, " indexed by patient_given_by_alike");
        sql.push(" where n.alike = ").bind(pattern_alike(family))?;
        self.finish(sql)
    }

    fn names_by_sound(&self) -> Sql {
        let mut sql = Sql::new("select n.nhs_number, n.given_keys from patient_name n");
        self.indexed(&mut sql, " indexed by patient_name_by_sound");
        sql
    }

    fn family(&self, sql: &mut Sql) -> Result<()> {
        let Some(family) = &self.details.family else {
            return Ok(());
        };
        match family.exact() {
            Some(key) => {
                sql.push(" and n.family_key = ").bind(key.to_owned())?;
            }
            None => {
                sql.push(" and n.family_key >= ")
                    .bind(family.prefix().to_owned())?;
                sql.push(" and n.family_key < ")
                    .bind(after_prefix(family.prefix()))?;
                sql.push(" and n.family_key like ").bind(family.like())?;
            }
        }
        Ok(())
    }

    fn given(&self, sql: &mut Sql) -> Result<()> {
        let Some(given) = &self.details.given else {
            return Ok(());
        };
        sql.push(" and ");
        match given.exact() {
            Some(key) => has_given(sql, key)?,
            None => {
                sql.push("(n.given_keys like ")
                    .bind(format!("% {} %", given.like()))?;
                sql.push(" or replace(n.given_keys, ' ', '') like ")
                    .bind(given.like())?;
                sql.push(")");
            }
        }
        Ok(())
    }

    /// Any name, current or earlier, that fits, sounds alike, or sounds alike when swapped.
    fn widened_name(&self, sql: &mut Sql) -> Result<()> {
        let (family, given) = (self.details.family.as_ref(), self.details.given.as_ref());
        match (family, given) {
            (None, None) => {}
            (Some(one), None) | (None, Some(one)) => {
                sql.push(" and (n.family_alike = ")
                    .bind(pattern_alike(one))?;
                sql.push(" or ");
                contains_alike(sql, one)?;
                if family.is_none() {
                    sql.push(" or ");
                    has_given(sql, &one.without_wildcards())?;
                }
                sql.push(")");
            }
            (Some(family), Some(given)) => {
                sql.push(" and (n.family_alike = ")
                    .bind(pattern_alike(family))?;
                sql.push(" and ");
                contains_alike(sql, given)?;
                sql.push(" or n.family_key = ")
                    .bind(family.without_wildcards())?;
                sql.push(" and ");
                has_given(sql, &given.without_wildcards())?;
                sql.push(" or n.family_alike = ")
                    .bind(pattern_alike(given))?;
                sql.push(" and ");
                contains_alike(sql, family)?;
                sql.push(")");
            }
        }
        Ok(())
    }

    /// What every search may have, and where it stops.
    fn finish(&self, mut sql: Sql) -> Result<Sql> {
        range(&mut sql, " and n.birth_date", self.details.birth)?;
        if let Some(gender) = self.details.gender {
            sql.push(" and n.gender = ")
                .bind(gender.code().to_owned())?;
        }
        range(&mut sql, " and n.death_date", self.details.death)?;
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

/// A given name, or all of them written as one.
fn has_given(sql: &mut Sql, key: &str) -> Result<()> {
    sql.push("(n.given_keys like ").bind(format!("% {key} %"))?;
    sql.push(" or replace(n.given_keys, ' ', '') = ")
        .bind(key.to_owned())?;
    sql.push(")");
    Ok(())
}

fn contains_alike(sql: &mut Sql, pattern: &NamePattern) -> Result<()> {
    sql.push("n.given_alikes like ")
        .bind(format!("% {} %", pattern_alike(pattern)))?;
    Ok(())
}

/// Sorts after everything that begins with the prefix.
fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}
