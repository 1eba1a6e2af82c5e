//! Reasonable adjustments in our own tables.

use super::Embedded;
use crate::access::{ManageAdjustments, Permit, ViewAdjustments, ViewDemographics};
use crate::contexts::is_unique_violation;
use crate::failure::{Failure, Result};
use crate::national::PatientFlags;
use crate::store::column;
use app::problem::Kind;
use async_trait::async_trait;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord, Refusal};
use domain::command::{Command, Receipt};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;

/// How often a command is tried again that met another at the same record.
const TRIES: u32 = 5;

#[async_trait]
impl PatientFlags for Embedded {
    async fn exists(&self, permit: &Permit<ViewDemographics>) -> Result<bool> {
        Ok(
            sqlx::query("select flag from adjustment_record where nhs_number = $1 and flag = 1")
                .bind(permit.of().digits())
                .fetch_optional(self.db.read())
                .await?
                .is_some(),
        )
    }

    async fn record(&self, permit: &Permit<ViewAdjustments>) -> Result<AdjustmentRecord> {
        let mut connection = self.db.read().acquire().await.map_err(Failure::Store)?;
        record(&mut connection, &permit.of().digits()).await
    }

    async fn apply(
        &self,
        permit: &Permit<ManageAdjustments>,
        command: &Command<AdjustmentChange>,
        at: Timestamp,
    ) -> Result<Receipt<AdjustmentRecord>> {
        for _ in 0..TRIES {
            if let Some(receipt) = self.try_apply(permit, command, at).await? {
                return Ok(receipt);
            }
        }
        Err(Failure::Internal(
            "a record changed under every try of a command".into(),
        ))
    }
}

impl Embedded {
    /// One try. `None` where another command was first: what it left has to be looked at anew.
    async fn try_apply(
        &self,
        permit: &Permit<ManageAdjustments>,
        command: &Command<AdjustmentChange>,
        at: Timestamp,
    ) -> Result<Option<Receipt<AdjustmentRecord>>> {
        let patient = permit.of().digits();
        let person = permit.actor().person.to_string();
        let content = content(&patient, command)?;
        let mut transaction = self.db.begin().await?;
        // Before the results: where another delivery of this command changes the record in between,
        // its result is seen too, and not only that the record is no longer what the command knew.
        let now = record(&mut transaction, &patient).await?;
        let done =
            sqlx::query("select person, content, receipt from command_result where command = $1")
                .bind(command.id.to_string())
                .fetch_optional(&mut *transaction)
                .await?;
        if let Some(row) = done {
            let (by, what): (String, String) = (column(&row, 0)?, column(&row, 1)?);
            if by != person || what != content {
                return Err(Kind::CommandReused.into());
            }
            let receipt: String = column(&row, 2)?;
            return from_json(&receipt, "the receipt of a command").map(Some);
        }
        let next = match now.apply(command.base, &command.change, &permit.provenance(at)) {
            Ok(next) => next,
            // Not kept: the command was not carried out, and says the same if it comes again.
            Err(Refusal::Stale) => return Ok(Some(Receipt::Conflict(now))),
            Err(Refusal::Invalid(problems)) => return Err(Kind::Invalid(problems).into()),
        };
        // Another change may have come since this was decided: what would now take the last part away
        // needs the fingerprint that removing the flag needs.
        if command.change.empties(&now) && !permit.is_confirmed() {
            return Err(Kind::StepUp.into());
        }
        let version = |version: u64| {
            i64::try_from(version).map_err(|_| Failure::Corrupt("the version of a flag".into()))
        };
        let written = if now.version == 0 {
            sqlx::query(
                "insert into adjustment_record (nhs_number, version, flag, doc) values ($1, $2, $3, $4)
                 on conflict do nothing",
            )
            .bind(patient.clone())
            .bind(version(next.version)?)
            .bind(i64::from(next.current.is_some()))
            .bind(to_json(&next)?)
            .execute(&mut *transaction)
            .await?
        } else {
            sqlx::query(
                "update adjustment_record set version = $1, flag = $2, doc = $3
                 where nhs_number = $4 and version = $5",
            )
            .bind(version(next.version)?)
            .bind(i64::from(next.current.is_some()))
            .bind(to_json(&next)?)
            .bind(patient.clone())
            .bind(version(now.version)?)
            .execute(&mut *transaction)
            .await?
        };
        if written.rows_affected() != 1 {
            return Ok(None);
        }
        let receipt = Receipt::Applied(next);
        let kept = sqlx::query(
            "insert into command_result (command, person, content, receipt, at) values ($1, $2, $3, $4, $5)",
        )
        .bind(command.id.to_string())
        .bind(person)
        .bind(content)
        .bind(to_json(&receipt)?)
        .bind(at.as_microsecond())
        .execute(&mut *transaction)
        .await;
        match kept {
            Ok(_) => {}
            // The same id on another patient, at the same moment.
            Err(error) if is_unique_violation(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        transaction.commit().await?;
        Ok(Some(receipt))
    }
}

async fn record(connection: &mut AnyConnection, patient: &str) -> Result<AdjustmentRecord> {
    let found = sqlx::query("select doc from adjustment_record where nhs_number = $1")
        .bind(patient.to_owned())
        .fetch_optional(connection)
        .await?;
    match found {
        None => Ok(AdjustmentRecord::default()),
        Some(row) => from_json(
            &column::<String>(&row, 0)?,
            "the reasonable adjustments of a patient",
        ),
    }
}

/// The patient and the command, hashed: what has to be the same for the same receipt.
fn content(patient: &str, command: &Command<AdjustmentChange>) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(patient);
    hash.update(to_json(command)?);
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Failure::Internal(format!("as JSON: {error}")))
}

fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T> {
    // The error could quote the text.
    serde_json::from_str(text).map_err(|_| Failure::Corrupt(what.into()))
}
