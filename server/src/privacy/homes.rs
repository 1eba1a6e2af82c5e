//! Where staff live, as their employer knows it: for the rule that compares it with where a patient
//! lives. Nobody is shown it.

use crate::failure::{Failure, Result};
use crate::store::{Db, column};
use domain::alert::Home;
use domain::ids::PersonId;
use serde::Deserialize;
use std::io::Read;

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    login: String,
    address: String,
    postcode: String,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is not such a file.
    #[error("line {0} is not a login, an address and a postcode: nothing was changed")]
    Line(u64),
    /// The database did not take it.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<sqlx::Error> for NotTaken {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Homes of people whom the service knows.
    pub homes: u64,
    /// Lines of people whom it does not know.
    pub unknown: u64,
}

/// Takes the whole list in the place of the one before: CSV with the columns login, address and
/// postcode. All of it or nothing.
///
/// # Errors
/// Where a line is not one, or the database does not answer.
pub async fn take(db: &Db, file: impl Read) -> std::result::Result<Taken, NotTaken> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(file);
    let mut homes = Vec::new();
    for (number, line) in (2..).zip(reader.deserialize::<Line>()) {
        let line = line.map_err(|_| NotTaken::Line(number))?;
        let home = Home::of(&line.address, &line.postcode).ok_or(NotTaken::Line(number))?;
        homes.push((line.login, home));
    }
    let mut taken = Taken::default();
    let mut transaction = db.begin_load().await?;
    sqlx::query("delete from staff_home")
        .execute(&mut *transaction)
        .await?;
    for (login, home) in homes {
        let kept = sqlx::query(
            "insert into staff_home (person, line, postcode) select id, $1, $2 from person where login = $3
             on conflict (person) do update set line = excluded.line, postcode = excluded.postcode",
        )
        .bind(home.line)
        .bind(home.postcode)
        .bind(login)
        .execute(&mut *transaction)
        .await?;
        match kept.rows_affected() {
            0 => taken.unknown += 1,
            _ => taken.homes += 1,
        }
    }
    transaction.commit().await?;
    Ok(taken)
}

/// Where that person lives, where it is known.
pub(super) async fn of(db: &Db, person: PersonId) -> Result<Option<Home>> {
    let found = sqlx::query("select line, postcode from staff_home where person = $1")
        .bind(person.to_string())
        .fetch_optional(db.read())
        .await?;
    found
        .map(|row| {
            Ok(Home {
                line: column(&row, 0)?,
                postcode: column(&row, 1)?,
            })
        })
        .transpose()
}
