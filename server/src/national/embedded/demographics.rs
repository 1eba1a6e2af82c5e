//! Demographics in our own tables.

use super::{Embedded, search};
use crate::access::{FindPatients, Held, OpenPatient, Permit, ViewDemographics};
use crate::failure::{Failure, Result};
use crate::national::{Demographics, Found};
use crate::store::{Sql, column};
use async_trait::async_trait;
use domain::NhsNumber;
use domain::patient::Patient;
use domain::search::Details;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

impl Embedded {
    /// The patient of that number, or of the one that replaced it.
    async fn current(&self, number: NhsNumber) -> Result<Option<Patient>> {
        let digits = number.digits();
        let mut found = sqlx::query("select doc from patient where nhs_number = $1")
            .bind(digits.clone())
            .fetch_optional(self.db.read())
            .await?;
        if found.is_none() {
            found = sqlx::query(
                "select p.doc from superseded_number s join patient p on p.nhs_number = s.nhs_number
                 where s.superseded = $1",
            )
            .bind(digits)
            .fetch_optional(self.db.read())
            .await?;
        }
        found.as_ref().map(patient).transpose()
    }

    pub(super) async fn patients(&self, numbers: BTreeSet<String>) -> Result<Vec<Patient>> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new("select doc from patient where nhs_number in (");
        sql.bind_all(numbers)?.push(")");
        sql.query()
            .fetch_all(self.db.read())
            .await?
            .iter()
            .map(patient)
            .collect()
    }
}

pub(super) fn patient(row: &AnyRow) -> Result<Patient> {
    let doc: String = column(row, 0)?;
    // The error could quote the document.
    serde_json::from_str(&doc).map_err(|_| Failure::Corrupt("the document of a patient".into()))
}

#[async_trait]
impl Demographics for Embedded {
    async fn by_number(
        &self,
        _: &Permit<FindPatients>,
        number: NhsNumber,
    ) -> Result<Held<Option<Patient>>> {
        let patient = self.current(number).await?;
        let of = patient.as_ref().map(|patient| patient.nhs_number);
        Ok(Held::new(patient, of))
    }

    async fn search(&self, _: &Permit<FindPatients>, details: &Details) -> Result<Held<Found>> {
        let Some(found) = search::matches(self, details).await? else {
            return Ok(Held::new(Found::TooMany, []));
        };
        let of: Vec<_> = found
            .iter()
            .map(|(patient, _)| patient.nhs_number)
            .collect();
        Ok(Held::new(Found::These(found), of))
    }

    async fn current_number(&self, permit: &Permit<OpenPatient>) -> Result<Option<NhsNumber>> {
        let digits = permit.of().digits();
        let found = sqlx::query(
            "select nhs_number from patient where nhs_number = $1
             union all select nhs_number from superseded_number where superseded = $1",
        )
        .bind(digits)
        .fetch_optional(self.db.read())
        .await?;
        found
            .map(|row| {
                let digits: String = column(&row, 0)?;
                digits
                    .parse()
                    .map_err(|_| Failure::Corrupt("the number of a patient".into()))
            })
            .transpose()
    }

    async fn patient(&self, permit: &Permit<ViewDemographics>) -> Result<Patient> {
        // A context is on a number that was current when it was opened.
        self.current(permit.of())
            .await?
            .ok_or_else(|| Failure::Corrupt("a context is on a patient who is not there".into()))
    }
}
