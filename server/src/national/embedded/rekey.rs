//! The keys by which patients are found by name, made anew where an earlier version made them.
//!
//! They are computed by the domain and not by SQL, so that a migration cannot do it.

use super::demographics::patient;
use super::load::Rows;
use crate::failure::Result;
use crate::store::{Db, Sql, column};
use std::num::NonZeroU64;

/// Goes up when `domain::name_words`, `domain::search_keys` or what is stored of them changes.
const VERSION: i64 = 1;
/// Patients in one transaction.
const CHUNK: i64 = 500;

/// Makes the keys anew where they are of an earlier version. Until it is through, the next start
/// begins again, which changes nothing that is right already.
///
/// # Errors
/// Where the database refuses.
pub async fn bring_up_to_date(db: &Db) -> Result<()> {
    let made = sqlx::query("select version from name_keys order by version desc limit 1")
        .fetch_optional(db.write())
        .await?
        .map(|row| column::<i64>(&row, 0))
        .transpose()?;
    if made.is_some_and(|version| version >= VERSION) {
        return Ok(());
    }
    let done = rekey(db).await?;
    if let Some(patients) = NonZeroU64::new(done) {
        tracing::info!(%patients, "patients are found by the rules of this version");
        db.measure_patients().await?;
    }
    let mut work = db.begin_load().await?;
    sqlx::query("delete from name_keys")
        .execute(&mut *work)
        .await?;
    sqlx::query("insert into name_keys (version) values ($1)")
        .bind(VERSION)
        .execute(&mut *work)
        .await?;
    work.commit().await?;
    Ok(())
}

/// How many patients there were.
async fn rekey(db: &Db) -> Result<u64> {
    let mut done = 0;
    let mut last = String::new();
    loop {
        let mut sql = Sql::new("select doc, nhs_number from patient where nhs_number > ");
        sql.bind(last.clone())?
            .push(" order by nhs_number limit ")
            .bind(CHUNK)?;
        let found = sql.query().fetch_all(db.write()).await?;
        let mut rows = Rows::default();
        let mut numbers = Vec::with_capacity(found.len());
        for row in &found {
            rows.add_names(&patient(row)?);
            numbers.push(column::<String>(row, 1)?);
        }
        match numbers.last() {
            Some(number) => last.clone_from(number),
            None => return Ok(done),
        }
        done += u64::try_from(numbers.len()).unwrap_or_default();
        let mut work = db.begin_load().await?;
        rows.replace_names(&mut work, &numbers).await?;
        work.commit().await?;
        if done % 50_000 == 0 {
            tracing::info!(patients = done, "making the keys of names anew");
        }
    }
}
