//! Who may see alerts, work on them, and ask who looked at what.

use super::permit::Words;
use super::{
    Access, AnswerTask, Attempt, ListTasks, Permit, ReportAlerts, ReviewAlert, ReviewAlerts, Right,
    ViewDemographics, ViewOwnLog, ViewPatientLog, includes,
};
use crate::audit::query::Looked;
use crate::audit::{Action, Actor, ActorRole, Entry, Outcome};
use crate::caller::{Caller, Client};
use crate::failure::Result;
use crate::privacy::{AlertRow, Alerts};
use app::problem::Kind;
use domain::alert::{AlertType, Receives};
use domain::ids::{AlertId, PersonId};
use domain::role::{Activity, RoleAssignment};
use domain::{FieldError, NhsNumber};
use serde_json::{Value, json};

/// An alert that someone may work on.
#[derive(Debug)]
pub struct Reviewed {
    /// To work on it.
    pub permit: Permit<ReviewAlert>,
    /// To say who the patient is, where it concerns one.
    pub patient: Option<Permit<ViewDemographics>>,
    /// The alert, as it stands.
    pub row: AlertRow,
}

impl Access {
    /// To work with the alerts of the organisation, of the types that the role receives.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0015, B0016).
    pub async fn to_review_alerts(
        &self,
        caller: &Caller,
        action: Action,
        detail: Value,
    ) -> Result<Permit<ReviewAlerts>> {
        let mut attempt = without_ground(Attempt::begin(caller, action)?);
        attempt.detail = detail;
        let granted = attempt
            .role()
            .and_then(receives)
            .and_then(|receives| attempt.permit(receives));
        self.settle(&attempt, granted).await
    }

    /// To see an alert of the organisation.
    ///
    /// # Errors
    /// As [`Access::to_review_alerts`], by the type of the alert; `NotFound`.
    pub async fn to_review_alert(&self, caller: &Caller, alert: AlertId) -> Result<Reviewed> {
        let mut attempt = without_ground(Attempt::begin(caller, Action::ReviewAlert)?);
        let granted = self.alert_checks(&mut attempt, alert).await;
        attempt.detail = json!({ "alert": alert });
        self.settle(&attempt, granted).await
    }

    /// To take a step with an alert of the organisation.
    ///
    /// # Errors
    /// As [`Access::to_review_alert`], and `Invalid` at `field` where it is about the caller.
    pub async fn to_decide_alert(
        &self,
        caller: &Caller,
        alert: AlertId,
        field: &'static str,
        detail: Value,
    ) -> Result<Reviewed> {
        let mut attempt = without_ground(Attempt::begin(caller, Action::DecideAlert)?);
        let granted = self.alert_checks(&mut attempt, alert).await;
        attempt.detail = detail;
        let me = attempt.person.person;
        let granted = granted.and_then(|reviewed| {
            if reviewed.row.person == me {
                let message = "This alert is about your own access: another privacy officer has to decide on it";
                Err(Kind::Invalid(vec![FieldError::new(field, message)]).into())
            } else {
                Ok(reviewed)
            }
        });
        self.settle(&attempt, granted).await
    }

    async fn alert_checks(&self, attempt: &mut Attempt<'_>, alert: AlertId) -> Result<Reviewed> {
        // Whoever receives no alerts is not told whether there is one.
        let receives = receives(attempt.role()?)?;
        let row = self.alert_of(attempt, alert).await?;
        if !receives.takes(row.kind) {
            return Err(Kind::RoleForbids(row.kind.alert_type().needs()).into());
        }
        attempt.patient = row.patient;
        Ok(Reviewed {
            permit: attempt.permit(alert)?,
            patient: row
                .patient
                .map(|patient| attempt.permit(patient))
                .transpose()?,
            row,
        })
    }

    /// The alert, where it is of the organisation of the role.
    async fn alert_of(&self, attempt: &Attempt<'_>, alert: AlertId) -> Result<AlertRow> {
        let organisation = attempt.role()?.organisation.ods.to_string();
        Alerts::new(self.db.clone(), self.clock.clone())
            .find(alert)
            .await?
            .filter(|row| row.organisation == organisation)
            .ok_or_else(|| Kind::NotFound.into())
    }

    /// To see what became of the alerts of the organisation.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0011).
    pub async fn to_report_alerts(
        &self,
        caller: &Caller,
        action: Action,
    ) -> Result<Permit<ReportAlerts>> {
        let attempt = without_ground(Attempt::begin(caller, action)?);
        let granted = attempt
            .role()
            .and_then(|role| includes(role, Activity::Reports))
            .and_then(|()| attempt.permit(()));
        self.settle(&attempt, granted).await
    }

    /// To see the questions to oneself.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`.
    pub async fn to_list_tasks(&self, caller: &Caller) -> Result<Permit<ListTasks>> {
        let attempt = without_ground(Attempt::begin(caller, Action::ListTasks)?);
        let granted = attempt.permit(attempt.person.person);
        self.settle(&attempt, granted).await
    }

    /// To answer one of them.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `NotFound` where the alert is not about the caller.
    pub async fn to_answer_task(
        &self,
        caller: &Caller,
        alert: AlertId,
    ) -> Result<(Permit<AnswerTask>, AlertRow)> {
        let mut attempt = without_ground(Attempt::begin(caller, Action::AnswerTask)?);
        attempt.detail = json!({ "alert": alert });
        let granted = async {
            let permit = attempt.permit(alert)?;
            let row = Alerts::new(self.db.clone(), self.clock.clone())
                .find(alert)
                .await?
                .filter(|row| row.person == attempt.person.person)
                .ok_or(Kind::NotFound)?;
            Ok((permit, row))
        }
        .await;
        self.settle(&attempt, granted).await
    }

    /// To see who in the organisation looked at a patient.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0011).
    pub async fn to_view_patient_log(
        &self,
        caller: &Caller,
        patient: NhsNumber,
    ) -> Result<Permit<ViewPatientLog>> {
        let mut attempt = without_ground(Attempt::begin(caller, Action::ViewPatientLog)?);
        attempt.patient = Some(patient);
        let granted = attempt
            .role()
            .and_then(|role| includes(role, Activity::Reports))
            .and_then(|()| attempt.permit(patient));
        self.settle(&attempt, granted).await
    }

    /// The same, for the patient of an alert and whoever may work on that.
    ///
    /// # Errors
    /// As [`Access::to_review_alert`]; `NotFound` also where it concerns no patient.
    pub async fn to_view_log_of_alert(
        &self,
        caller: &Caller,
        alert: AlertId,
    ) -> Result<Permit<ViewPatientLog>> {
        let mut attempt = without_ground(Attempt::begin(caller, Action::ViewPatientLog)?);
        let granted = self.alert_checks(&mut attempt, alert).await;
        attempt.detail = json!({ "alert": alert });
        let granted = granted
            .and_then(|reviewed| reviewed.row.patient.ok_or_else(|| Kind::NotFound.into()))
            .and_then(|patient| attempt.permit(patient));
        self.settle(&attempt, granted).await
    }

    /// To see what oneself looked at.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`.
    pub async fn to_view_own_log(&self, caller: &Caller) -> Result<Permit<ViewOwnLog>> {
        let attempt = without_ground(Attempt::begin(caller, Action::ViewOwnLog)?);
        let granted = attempt.permit(attempt.person.person);
        self.settle(&attempt, granted).await
    }

    /// Records what became of a step, with what `detail` tells of it; or that it came to nothing.
    ///
    /// # Errors
    /// The failure itself, or `Audit`.
    pub async fn stepped<R: Right, T>(
        &self,
        permit: &Permit<R>,
        action: Action,
        patient: Option<NhsNumber>,
        detail: Value,
        step: Result<T>,
    ) -> Result<T> {
        let entry = Entry::new(permit.actor().clone(), action, Outcome::Done)
            .on(patient)
            .with(detail);
        match step {
            Ok(done) => {
                self.audit.record(entry).await?;
                Ok(done)
            }
            Err(failure) => {
                self.audit
                    .record(super::unsuccessful(entry, &failure))
                    .await?;
                Err(failure)
            }
        }
    }

    /// To compare the names in a look that was allowed and that the audit has, for the rules of
    /// alerts: nobody is shown what is read. `None` for an entry of nobody in a role, or on no one
    /// patient.
    pub fn to_compare(&self, look: &Looked) -> Option<Permit<ViewDemographics>> {
        let [patient] = look.patients.as_slice() else {
            return None;
        };
        let role = ActorRole {
            id: look.role?,
            job: look.job.clone()?,
            organisation: look.organisation.clone()?,
            organisation_name: look.organisation_name.clone().unwrap_or_default(),
        };
        let person: PersonId = look.person;
        let client = Client {
            version: look.app_version.clone(),
            screen: look.screen.clone(),
        };
        let words = Words {
            person: look.name.clone().unwrap_or_default(),
            role: role.job.clone(),
            organisation: role.organisation_name.clone(),
            confirmed: false,
        };
        let actor = Actor {
            role: Some(role),
            name: look.name.clone(),
            ..Actor::new(
                look.correlation,
                &client,
                person,
                look.session,
                &look.device,
            )
        };
        Some(Permit::grant(*patient, actor, words))
    }
}

/// Nothing here rests on a ground of care.
pub(super) fn without_ground(mut attempt: Attempt<'_>) -> Attempt<'_> {
    attempt.actor.ground = None;
    attempt
}

/// The types of alert that the role receives.
fn receives(role: &RoleAssignment) -> Result<Receives> {
    let receives = Receives {
        relationships: role.allows(AlertType::Relationship.needs()),
        access: role.allows(AlertType::Access.needs()),
    };
    if receives.relationships || receives.access {
        Ok(receives)
    } else {
        Err(Kind::RoleForbids(AlertType::Access.needs()).into())
    }
}
