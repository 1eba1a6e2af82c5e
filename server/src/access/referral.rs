//! Referrals and visits that a team recorded: what legitimate relationships rest on.
//!
//! | an open one of the organisation, recorded by | the relationship of who looks | alert |
//! |----------------------------------------------|-------------------------------|-------|
//! | a colleague                                  | rests on it                   | none  |
//! | themselves                                   | self-claimed                  | yes   |
//! | nobody, or it ended                          | self-claimed                  | yes   |

use super::{Access, Act, Attempt, Permit, Refer, ViewDemographics};
use crate::audit::{Action, Actor};
use crate::caller::Caller;
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::store::column;
use app::api::ContextKey;
use app::problem::Kind;
use domain::NhsNumber;
use domain::clock::uk_date;
use domain::referral::{NewReferral, Referral, ReferralKind};
use jiff::Timestamp;

/// What lets someone record that their team cares for the patient, or that it does no longer.
#[derive(Debug)]
pub struct ReferralPermits {
    /// To say whose record it is.
    pub demographics: Permit<ViewDemographics>,
    /// To record it.
    pub refer: Permit<Refer>,
}

impl Access {
    /// To record that the organisation cares for the patient: whoever may open the record may. What is
    /// recorded is checked before.
    ///
    /// # Errors
    /// As [`Access::to_view_overview`], and `Invalid`.
    pub async fn to_record_referral(
        &self,
        caller: &Caller,
        key: ContextKey,
        new: &NewReferral,
    ) -> Result<ReferralPermits> {
        let mut attempt = Attempt::begin(caller, Action::RecordReferral)?;
        let granted = match self.referral_checks(&mut attempt, key).await {
            Ok(permits) => {
                let problems = new.problems(uk_date(self.clock.now()));
                if problems.is_empty() {
                    Ok(permits)
                } else {
                    Err(Kind::Invalid(problems).into())
                }
            }
            Err(failure) => Err(failure),
        };
        self.settle(&attempt, granted).await
    }

    /// To record that it has ended.
    ///
    /// # Errors
    /// As [`Access::to_view_overview`].
    pub async fn to_end_referral(
        &self,
        caller: &Caller,
        key: ContextKey,
    ) -> Result<ReferralPermits> {
        let mut attempt = Attempt::begin(caller, Action::EndReferral)?;
        let granted = self.referral_checks(&mut attempt, key).await;
        self.settle(&attempt, granted).await
    }

    async fn referral_checks(
        &self,
        attempt: &mut Attempt<'_>,
        key: ContextKey,
    ) -> Result<ReferralPermits> {
        let demographics = self.in_context(attempt, key).await?;
        attempt.decided(Act::Read)?;
        Ok(ReferralPermits {
            refer: attempt.permit(demographics.of())?,
            demographics,
        })
    }

    /// The open referral or visit of the organisation in whose role that was granted.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn open_referral(
        &self,
        demographics: &Permit<ViewDemographics>,
    ) -> Result<Option<Referral>> {
        self.referral(demographics.actor(), demographics.of()).await
    }

    /// As [`Access::referral_at`], now.
    pub(super) async fn referral(
        &self,
        actor: &Actor,
        patient: NhsNumber,
    ) -> Result<Option<Referral>> {
        self.referral_at(actor, patient, self.clock.now()).await
    }

    /// The referral or visit of the organisation in whose role that is asked, which was open at that
    /// time, whatever became of it later: one that a colleague recorded before one's own, and then the
    /// one that is open longest.
    pub(super) async fn referral_at(
        &self,
        actor: &Actor,
        patient: NhsNumber,
        at: Timestamp,
    ) -> Result<Option<Referral>> {
        let Some(role) = &actor.role else {
            return Ok(None);
        };
        let found = sqlx::query(
            "select kind, until_date, recorded_by, recorded_at, person from referral
             where nhs_number = $1 and organisation = $2 and until_date >= $3 and recorded_at <= $5
               and (ended_at is null or ended_at > $5)
             order by case when person = $4 then 1 else 0 end, until_date desc, recorded_at desc limit 1",
        )
        .bind(patient.digits())
        .bind(role.organisation.clone())
        .bind(uk_date(at).to_string())
        .bind(actor.person.to_string())
        .bind(at.as_microsecond())
        .fetch_optional(self.db.read())
        .await?;
        let Some(row) = found else {
            return Ok(None);
        };
        let corrupt = |what: &str| Failure::Corrupt(format!("the {what} of a referral"));
        let (kind, until): (String, String) = (column(&row, 0)?, column(&row, 1)?);
        let recorded_at = Timestamp::from_microsecond(column(&row, 3)?);
        Ok(Some(Referral {
            kind: ReferralKind::from_code(&kind).ok_or_else(|| corrupt("kind"))?,
            until: until.parse().map_err(|_| corrupt("last day"))?,
            recorded_by: column(&row, 2)?,
            recorded_on: uk_date(recorded_at.map_err(|_| corrupt("time"))?),
            own: column::<String>(&row, 4)? == actor.person.to_string(),
        }))
    }

    /// Records it. Recorded again by the same person, as after an answer that was lost, it stays one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn record_referral(&self, refer: &Permit<Refer>, new: &NewReferral) -> Result<()> {
        let Some(role) = &refer.actor().role else {
            return Err(Kind::NoRole.into());
        };
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        sqlx::query(
            "insert into referral
             (id, nhs_number, organisation, kind, until_date, person, recorded_by, recorded_at)
             select $1, $2, $3, $4, $5, $6, $7, $8
             where not exists (select 1 from referral where nhs_number = $2 and organisation = $3
                and kind = $4 and until_date = $5 and person = $6 and ended_at is null)",
        )
        .bind(new_id(self.clock.as_ref()).to_string())
        .bind(refer.of().digits())
        .bind(role.organisation.clone())
        .bind(new.kind.code())
        .bind(new.until.to_string())
        .bind(refer.actor().person.to_string())
        .bind(refer.provenance(now).person)
        .bind(now.as_microsecond())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The organisation no longer cares for the patient: ends whatever was open, and says how many that
    /// were.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_referral(&self, refer: &Permit<Refer>) -> Result<u64> {
        let Some(role) = &refer.actor().role else {
            return Err(Kind::NoRole.into());
        };
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let ended = sqlx::query(
            "update referral set ended_at = $3, ended_by = $4
             where nhs_number = $1 and organisation = $2 and ended_at is null",
        )
        .bind(refer.of().digits())
        .bind(role.organisation.clone())
        .bind(now.as_microsecond())
        .bind(refer.provenance(now).person)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(ended.rows_affected())
    }
}
