//! Summaries in our own tables.

use super::Embedded;
use crate::access::{AskSummary, Permit, ViewSummary};
use crate::failure::{Failure, Result};
use crate::national::{SummaryHeld, SummaryReceived, SummaryRecords};
use crate::store::column;
use crate::summary_document::{ReadError, decompress, read_for};
use app::problem::Unreadable;
use async_trait::async_trait;
use domain::permission::SpineConsent;
use jiff::Timestamp;

/// As it is stored.
pub(super) fn consent_code(consent: SpineConsent) -> &'static str {
    match consent {
        SpineConsent::Yes => "yes",
        SpineConsent::No => "no",
        SpineConsent::Ask => "ask",
    }
}

#[async_trait]
impl SummaryRecords for Embedded {
    async fn holds(&self, permit: &Permit<AskSummary>) -> Result<SummaryHeld> {
        let found = sqlx::query(
            "select (select consent from summary_consent where nhs_number = $1),
             (select count(*) from summary_document where nhs_number = $1)",
        )
        .bind(permit.of().digits())
        .fetch_one(self.db.read())
        .await?;
        let consent: Option<String> = column(&found, 0)?;
        let exists = column::<i64>(&found, 1)? > 0;
        let consent = match consent {
            None => SpineConsent::Ask,
            Some(code) => [SpineConsent::Yes, SpineConsent::No, SpineConsent::Ask]
                .into_iter()
                .find(|known| consent_code(*known) == code)
                .ok_or_else(|| Failure::Corrupt("a patient's choice on their summary".into()))?,
        };
        Ok(SummaryHeld { consent, exists })
    }

    async fn summary(&self, permit: &Permit<ViewSummary>) -> Result<Option<SummaryReceived>> {
        let patient = permit.of();
        let found = sqlx::query(
            "select document, received_at, source from summary_document where nhs_number = $1",
        )
        .bind(patient.digits())
        .fetch_optional(self.db.read())
        .await?;
        let Some(row) = found else {
            return Ok(None);
        };
        let kept: Vec<u8> = column(&row, 0)?;
        let document = decompress(&kept)
            .map_err(|error| Failure::Summary(Unreadable::Damaged, error.kind().to_string()))?;
        let summary = read_for(&document, patient).map_err(|error| {
            let why = match error {
                ReadError::OtherPatient => Unreadable::OtherPatient,
                ReadError::EnteredInError => Unreadable::EnteredInError,
                ReadError::TooLarge | ReadError::Json(_) | ReadError::NoComposition => {
                    Unreadable::Damaged
                }
            };
            Failure::Summary(why, error.to_string())
        })?;
        let received_at: i64 = column(&row, 1)?;
        Ok(Some(SummaryReceived {
            summary,
            origin: column(&row, 2)?,
            received_at: Timestamp::from_microsecond(received_at)
                .map_err(|_| Failure::Corrupt("when a summary was received".into()))?,
        }))
    }
}
