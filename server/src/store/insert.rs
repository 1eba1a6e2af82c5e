//! Many rows at once, in statements of a few sizes only, so that the engine knows them again.

use super::Sql;
use crate::failure::Result;
use sqlx::{AnyConnection, Database, Sqlite};

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, also dates, ids and JSON; `None` is null.
    Text(Option<String>),
    /// A number, a time or a yes or no; `None` is null.
    Number(Option<i64>),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Number(Some(yes.into()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Rows in one statement. SQLite takes 32,766 arguments and PostgreSQL 65,535, and no table here
/// has more than thirty columns.
const SIZES: [usize; 5] = [1024, 256, 32, 8, 1];

/// Inserts the rows: `into` is `insert into table (columns)`, `after` what follows the values, such
/// as ` on conflict do nothing`. How many were inserted.
///
/// # Errors
/// Where the database refuses a row; the caller's transaction takes back the others.
pub async fn insert_many<const COLUMNS: usize>(
    connection: &mut AnyConnection,
    into: &'static str,
    after: &'static str,
    rows: Vec<[Value; COLUMNS]>,
) -> Result<u64> {
    // PostgreSQL knows arguments by their numbers only.
    let names = connection.backend_name() != Sqlite::NAME;
    let mut inserted = 0;
    let mut rows = rows.into_iter();
    for size in SIZES {
        while rows.len() >= size {
            let mut sql = Sql::new(into);
            sql.push(" values ");
            for (index, row) in rows.by_ref().take(size).enumerate() {
                sql.push(if index > 0 { ", (" } else { "(" });
                for (index, value) in row.into_iter().enumerate() {
                    if index > 0 {
                        sql.push(", ");
                    }
                    match (value, names) {
                        (Value::Text(text), true) => sql.bind(text)?,
                        (Value::Text(text), false) => sql.bind_unnamed(text)?,
                        (Value::Number(number), true) => sql.bind(number)?,
                        (Value::Number(number), false) => sql.bind_unnamed(number)?,
                        (Value::Bytes(bytes), true) => sql.bind(bytes)?,
                        (Value::Bytes(bytes), false) => sql.bind_unnamed(bytes)?,
                    };
                }
                sql.push(")");
            }
            sql.push(after);
            inserted += sql.query().execute(&mut *connection).await?.rows_affected();
        }
    }
    Ok(inserted)
}
