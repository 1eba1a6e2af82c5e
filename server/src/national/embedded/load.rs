//! Puts patients into the tables: for a demonstration, training and tests.

use super::keys;
use super::summaries::consent_code;
use crate::failure::{Failure, Result};
use crate::store::{Db, Sql, Value, insert_many};
use domain::adjustment::AdjustmentRecord;
use domain::patient::Patient;
use domain::permission::SpineConsent;
use jiff::Timestamp;
use sqlx::AnyConnection;

/// A patient with everything that the national services hold of them.
pub struct PatientToLoad {
    /// Demographics.
    pub patient: Patient,
    /// The patient's choice on their summary.
    pub consent: SpineConsent,
    /// Their summary, compressed.
    pub document: Option<Vec<u8>>,
    /// Their reasonable adjustments.
    pub adjustments: Option<AdjustmentRecord>,
}

/// Who is there already stays as they are.
const KEEP: &str = " on conflict do nothing";

/// The rows of many patients, by table. Making them is most of the work and needs no database.
#[derive(Default)]
pub struct Rows {
    patients: Vec<[Value; 2]>,
    superseded: Vec<[Value; 2]>,
    names: Vec<[Value; 9]>,
    parts: Vec<[Value; 9]>,
    given: Vec<[Value; 5]>,
    places: Vec<[Value; 3]>,
    consents: Vec<[Value; 2]>,
    documents: Vec<[Value; 4]>,
    adjustments: Vec<[Value; 4]>,
}

impl Rows {
    /// Adds the rows of a patient whose summary came from `source` at that time.
    ///
    /// # Errors
    /// Where something of it cannot be written as JSON.
    pub fn add(&mut self, load: PatientToLoad, source: &str, received_at: Timestamp) -> Result<()> {
        let json =
            |error: serde_json::Error| Failure::Internal(format!("a patient as JSON: {error}"));
        let PatientToLoad {
            patient,
            consent,
            document,
            adjustments,
        } = load;
        let number = patient.nhs_number.digits();
        self.add_names(&patient);
        self.places.extend(
            keys::places(&patient)
                .into_iter()
                .map(|(postcode, earlier)| {
                    [number.clone().into(), postcode.into(), earlier.into()]
                }),
        );
        self.superseded.extend(
            patient
                .superseded
                .iter()
                .map(|superseded| [superseded.digits().into(), number.clone().into()]),
        );
        // A patient without a row is asked.
        if consent != SpineConsent::Ask {
            self.consents
                .push([number.clone().into(), consent_code(consent).into()]);
        }
        if let Some(document) = document {
            self.documents.push([
                number.clone().into(),
                document.into(),
                received_at.as_microsecond().into(),
                source.into(),
            ]);
        }
        if let Some(record) = adjustments {
            let version = i64::try_from(record.version)
                .map_err(|_| Failure::Internal("a version too large".into()))?;
            self.adjustments.push([
                number.clone().into(),
                version.into(),
                record.current.is_some().into(),
                serde_json::to_string(&record).map_err(json)?.into(),
            ]);
        }
        self.patients.push([
            number.into(),
            serde_json::to_string(&patient).map_err(json)?.into(),
        ]);
        Ok(())
    }

    /// Adds the rows by which a patient is found by name.
    pub(super) fn add_names(&mut self, patient: &Patient) {
        let number = patient.nhs_number.digits();
        let birth = patient.birth_date.to_string();
        let gender = patient.gender.code();
        let death = patient
            .death
            .map(|death| death.on.to_string())
            .unwrap_or_default();
        for (position, name) in (0_i64..).zip(keys::names(patient)) {
            self.parts
                .extend(name.parts.into_iter().map(|(part, alike)| {
                    [
                        number.clone().into(),
                        position.into(),
                        part.into(),
                        alike.into(),
                        birth.clone().into(),
                        gender.into(),
                        death.clone().into(),
                        name.given_keys.clone().into(),
                        name.given_alikes.clone().into(),
                    ]
                }));
            self.names.push([
                number.clone().into(),
                position.into(),
                birth.clone().into(),
                gender.into(),
                death.clone().into(),
                name.family_key.into(),
                name.given_keys.into(),
                name.family_alike.into(),
                name.given_alikes.into(),
            ]);
        }
        self.given
            .extend(keys::given_alikes(patient).into_iter().map(|alike| {
                [
                    number.clone().into(),
                    alike.into(),
                    birth.clone().into(),
                    gender.into(),
                    death.clone().into(),
                ]
            }));
    }

    /// How many patients these are.
    pub fn len(&self) -> usize {
        self.patients.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.patients.is_empty()
    }

    /// Writes the rows by which patients are found by name, in the place of those that are there.
    ///
    /// # Errors
    /// Where the database refuses.
    pub(super) async fn replace_names(
        self,
        connection: &mut AnyConnection,
        of: &[String],
    ) -> Result<()> {
        for delete in [
            "delete from patient_name where nhs_number in (",
            "delete from patient_part where nhs_number in (",
            "delete from patient_given where nhs_number in (",
        ] {
            let mut sql = Sql::new(delete);
            sql.bind_all(of.iter().cloned())?.push(")");
            sql.query().execute(&mut *connection).await?;
        }
        write_names(connection, self.names, self.parts, self.given).await
    }

    /// Writes them in one transaction. Who is there already stays as they are, so that a load that
    /// was broken off can be run again.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn write(self, db: &Db) -> Result<()> {
        let mut work = db.begin_load().await?;
        insert_many(
            &mut work,
            "insert into patient (nhs_number, doc)",
            KEEP,
            self.patients,
        )
        .await?;
        insert_many(
            &mut work,
            "insert into superseded_number (superseded, nhs_number)",
            KEEP,
            self.superseded,
        )
        .await?;
        write_names(&mut work, self.names, self.parts, self.given).await?;
        insert_many(
            &mut work,
            "insert into patient_place (nhs_number, postcode_key, earlier)",
            KEEP,
            self.places,
        )
        .await?;
        insert_many(
            &mut work,
            "insert into summary_consent (nhs_number, consent)",
            KEEP,
            self.consents,
        )
        .await?;
        insert_many(
            &mut work,
            "insert into summary_document (nhs_number, document, received_at, source)",
            KEEP,
            self.documents,
        )
        .await?;
        insert_many(
            &mut work,
            "insert into adjustment_record (nhs_number, version, flag, doc)",
            KEEP,
            self.adjustments,
        )
        .await?;
        work.commit().await?;
        Ok(())
    }
}

async fn write_names(
    connection: &mut AnyConnection,
    names: Vec<[Value; 9]>,
    parts: Vec<[Value; 9]>,
    given: Vec<[Value; 5]>,
) -> Result<()> {
    insert_many(
        &mut *connection,
        "insert into patient_name (nhs_number, position, birth_date, gender, death_date, family_key, given_keys,
         family_alike, given_alikes)",
        KEEP,
        names,
    )
    .await?;
    insert_many(
        &mut *connection,
        "insert into patient_part (nhs_number, position, part_key, part_alike, birth_date, gender, death_date,
         given_keys, given_alikes)",
        KEEP,
        parts,
    )
    .await?;
    insert_many(
        connection,
        "insert into patient_given (nhs_number, alike, birth_date, gender, death_date)",
        KEEP,
        given,
    )
    .await?;
    Ok(())
}
