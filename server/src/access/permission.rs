//! Permissions that patients gave ahead, and relationships that people claimed.
//!
//! An answer from a device may arrive long after it was given. What happened later wins, whenever it
//! arrives: a permission holds only where nothing withdrew it after it was given.
//!
//! | the permission was given       | the patient withdrew            | it holds          |
//! |--------------------------------|---------------------------------|-------------------|
//! | here or on a device            | never, or before it was given   | until its last day |
//! | here or on a device            | after it was given              | no                |
//! | … and arrives after that       |                                 | no                |
//!
//! One who withdraws takes back what holds for their team, and what holds for themselves.

use super::{Access, AskSummary, Permit, scope_code};
use crate::audit::{Actor, ActorRole};
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::store::column;
use domain::NhsNumber;
use domain::clock::uk_date;
use domain::permission::{Scope, StandingPermission};
use jiff::Timestamp;
use jiff::civil::Date;

/// What an answer to the permission question means for later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning<'a> {
    /// The person claimed a relationship of their own.
    pub(super) claimed: bool,
    /// The permission that the patient gave for later days.
    pub(super) ahead: Option<Ahead<'a>>,
    /// When it was given.
    pub(super) at: Timestamp,
}

/// A permission for later days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead<'a> {
    scope: Scope,
    until: Date,
    /// In the log of which vault it came, and under which number: it is kept once, however often it
    /// comes.
    device: Option<(&'a str, i64)>,
}

impl<'a> Ahead<'a> {
    /// Given with the service.
    pub(super) fn online((scope, until): (Scope, Date)) -> Self {
        Self {
            scope,
            until,
            device: None,
        }
    }

    /// Given without it, as the log of that vault tells under that number.
    pub(super) fn on_device((scope, until): (Scope, Date), vault: &'a str, seq: i64) -> Self {
        Self {
            scope,
            until,
            device: Some((vault, seq)),
        }
    }
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
            "select scope, until_date, recorded_by from permission p
             where nhs_number = $1 and organisation = $2 and until_date >= $3 and (scope = 'team' or person = $4)
               and withdrawn_at is null and not exists (
                 select 1 from permission_withdrawal w
                 where w.nhs_number = p.nhs_number and w.organisation = p.organisation
                   and (p.scope = 'team' or w.person = p.person)
                   and (w.withdrawn_at > p.recorded_at or (w.withdrawn_at = p.recorded_at and p.vault is not null)))
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
    /// permissions that were. One that was given before and arrives later counts as taken back too.
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
        sqlx::query(
            "insert into permission_withdrawal (id, nhs_number, organisation, person, withdrawn_at)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(new_id(self.clock.as_ref()).to_string())
        .bind(ask.of().digits())
        .bind(role.organisation.clone())
        .bind(actor.person.to_string())
        .bind(now.as_microsecond())
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
        meaning: Meaning<'_>,
    ) -> Result<()> {
        let Some(role) = &actor.role else {
            return Ok(());
        };
        let claims = meaning.claimed && !self.has_claimed(actor, role, patient).await?;
        if !claims && meaning.ahead.is_none() {
            return Ok(());
        }
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
            .bind(meaning.at.as_microsecond())
            .execute(&mut *transaction)
            .await?;
        }
        if let Some(Ahead {
            scope,
            until,
            device,
        }) = meaning.ahead
        {
            sqlx::query(
                "insert into permission
                 (id, nhs_number, organisation, scope, person, until_date, recorded_by, recorded_at, vault, vault_seq)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                 on conflict do nothing",
            )
            .bind(new_id(self.clock.as_ref()).to_string())
            .bind(patient)
            .bind(role.organisation.clone())
            .bind(scope_code(scope))
            .bind(actor.person.to_string())
            .bind(until.to_string())
            .bind(by.to_owned())
            .bind(meaning.at.as_microsecond())
            .bind(device.map(|(vault, _)| vault.to_owned()))
            .bind(device.map(|(_, seq)| seq))
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
