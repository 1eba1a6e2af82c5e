//! Permissions that patients gave ahead, and relationships that people claimed.

use super::{Access, AskSummary, Permit, scope_code};
use crate::audit::{Actor, ActorRole};
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::store::column;
use domain::NhsNumber;
use domain::clock::uk_date;
use domain::permission::{Scope, StandingPermission};
use jiff::civil::Date;

/// What an answer to the permission question means for later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// The person claimed a relationship of their own.
    pub(super) claimed: bool,
    /// The permission that the patient gave for later days.
    pub(super) ahead: Option<(Scope, Date)>,
}

impl Access {
    /// The permission that holds today for that person in their organisation: the one that holds
    /// longest.
    pub(super) async fn standing(
        &self,
        actor: &Actor,
        patient: NhsNumber,
    ) -> Result<Option<StandingPermission>> {
        let Some(role) = &actor.role else {
            return Ok(None);
        };
        let found = sqlx::query(
            "select scope, until_date, recorded_by from permission
             where nhs_number = $1 and organisation = $2 and until_date >= $3 and (scope = 'team' or person = $4)
               and withdrawn_at is null
             order by until_date desc, recorded_at desc limit 1",
        )
        .bind(patient.digits())
        .bind(role.organisation.clone())
        .bind(uk_date(self.clock.now()).to_string())
        .bind(actor.person.to_string())
        .fetch_optional(self.db.read())
        .await?;
        let Some(row) = found else {
            return Ok(None);
        };
        let scope: String = column(&row, 0)?;
        let until: String = column(&row, 1)?;
        Ok(Some(StandingPermission {
            scope: [Scope::Me, Scope::Team]
                .into_iter()
                .find(|known| scope_code(*known) == scope)
                .ok_or_else(|| Failure::Corrupt("the scope of a permission".into()))?,
            until: until
                .parse()
                .map_err(|_| Failure::Corrupt("the last day of a permission".into()))?,
            recorded_by: column(&row, 2)?,
        }))
    }

    /// The patient took back what holds today for that person, or for their team: how many
    /// permissions that were.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn withdraw(&self, ask: &Permit<AskSummary>) -> Result<u64> {
        let actor = ask.actor();
        let Some(role) = &actor.role else {
            return Ok(0);
        };
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let withdrawn = sqlx::query(
            "update permission set withdrawn_at = $5, withdrawn_by = $6
             where nhs_number = $1 and organisation = $2 and until_date >= $3 and (scope = 'team' or person = $4)
               and withdrawn_at is null",
        )
        .bind(ask.of().digits())
        .bind(role.organisation.clone())
        .bind(uk_date(now).to_string())
        .bind(actor.person.to_string())
        .bind(now.as_microsecond())
        .bind(ask.provenance(now).person)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(withdrawn.rows_affected())
    }

    /// Whether the person claimed a relationship in that role before. Asked where nobody waits for a turn to write.
    async fn has_claimed(
        &self,
        actor: &Actor,
        role: &ActorRole,
        patient: NhsNumber,
    ) -> Result<bool> {
        let found = sqlx::query(
            "select 1 from relationship where nhs_number = $1 and person = $2 and organisation = $3",
        )
        .bind(patient.digits())
        .bind(actor.person.to_string())
        .bind(role.organisation.clone())
        .fetch_optional(self.db.read())
        .await?;
        Ok(found.is_some())
    }

    /// Keeps what an answer that opened a summary means for later, recorded by whoever is of that name.
    pub(super) async fn remember(
        &self,
        actor: &Actor,
        patient: NhsNumber,
        by: &str,
        meaning: Meaning,
    ) -> Result<()> {
        let Some(role) = &actor.role else {
            return Ok(());
        };
        let claims = meaning.claimed && !self.has_claimed(actor, role, patient).await?;
        if !claims && meaning.ahead.is_none() {
            return Ok(());
        }
        let now = self.clock.now();
        let patient = patient.digits();
        let mut transaction = self.db.begin().await?;
        if claims {
            sqlx::query(
                "insert into relationship (nhs_number, person, organisation, claimed_at) values ($1, $2, $3, $4)
                 on conflict do nothing",
            )
            .bind(patient.clone())
            .bind(actor.person.to_string())
            .bind(role.organisation.clone())
            .bind(now.as_microsecond())
            .execute(&mut *transaction)
            .await?;
        }
        if let Some((scope, until)) = meaning.ahead {
            sqlx::query(
                "insert into permission
                 (id, nhs_number, organisation, scope, person, until_date, recorded_by, recorded_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(new_id(self.clock.as_ref()).to_string())
            .bind(patient)
            .bind(role.organisation.clone())
            .bind(scope_code(scope))
            .bind(actor.person.to_string())
            .bind(until.to_string())
            .bind(by.to_owned())
            .bind(now.as_microsecond())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
