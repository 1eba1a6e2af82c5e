//! The record of the patient in front of someone: behind `app::api::records`.

use crate::access::{Answered, OverviewPermits, Permit, ViewDemographics};
use crate::audit::Action;
use crate::caller::Caller;
use crate::failure::{Failure, Result};
use crate::services::Services;
use app::api::ContextKey;
use app::api::records::{AdjustmentsView, OpenedSummary, RecordOverview};
use app::ports::Records;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::Sourced;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::clock::uk_date;
use domain::command::{Command, Receipt};
use domain::patient::{InContext, Patient};
use domain::permission::{Closed, Gate, PermissionAnswer};
use domain::role::Activity;
use serde_json::json;

/// The port of one request.
pub struct RecordsPort {
    services: Services,
    caller: Caller,
}

impl RecordsPort {
    /// For that caller.
    pub fn new(services: Services, caller: Caller) -> Self {
        Self { services, caller }
    }

    async fn overview(&self, key: ContextKey) -> Result<InContext<RecordOverview>> {
        let Services {
            access, national, ..
        } = &self.services;
        let permits = access.to_view_overview(&self.caller, key).await?;
        let read = async {
            let patient = self.patient(&permits.demographics).await?;
            let overview = RecordOverview {
                flag: national.flags.exists(&permits.demographics).await?,
                adjustments: self
                    .flag_record(&permits)
                    .await?
                    .filter(|record| record.current.is_some()),
                may_view_adjustments: permits.role.allows(Activity::ViewAdjustments),
                may_manage_adjustments: permits.role.allows(Activity::ManageAdjustments),
                gate: access
                    .gate(&permits.role, patient.restricted, permits.ask.as_ref())
                    .await?,
                patient: patient.clone(),
            };
            Ok(self.answer(key, &patient, overview))
        }
        .await;
        access
            .shown(&permits.demographics, Action::ViewOverview, read)
            .await
    }

    async fn details(&self, key: ContextKey) -> Result<InContext<Patient>> {
        let Services { access, .. } = &self.services;
        let permit = access.to_view_details(&self.caller, key).await?;
        let read = self
            .patient(&permit)
            .await
            .map(|patient| self.answer(key, &patient, patient.clone()));
        access.shown(&permit, Action::ViewDetails, read).await
    }

    async fn gate(&self, key: ContextKey) -> Result<InContext<Gate>> {
        let Services { access, .. } = &self.services;
        let permits = access.to_ask_summary(&self.caller, key).await?;
        let read = async {
            let patient = self.patient(&permits.demographics).await?;
            let gate = access
                .gate(&permits.role, patient.restricted, permits.ask.as_ref())
                .await?;
            Ok(self.answer(key, &patient, gate))
        }
        .await;
        access
            .shown(&permits.demographics, Action::AskSummary, read)
            .await
    }

    async fn open_summary(
        &self,
        key: ContextKey,
        answer: &PermissionAnswer,
    ) -> Result<InContext<Option<OpenedSummary>>> {
        let Services {
            access,
            clock,
            national,
            ..
        } = &self.services;
        let Answered {
            demographics,
            summary,
        } = access.to_view_summary(&self.caller, key, answer).await?;
        let read = async {
            let patient = self.patient(&demographics).await?;
            let opened = match &summary {
                None => None,
                Some(permit) => {
                    // It was there when permission was answered.
                    let received = national
                        .summaries
                        .summary(permit)
                        .await?
                        .ok_or(Kind::SummaryClosed(Closed::NoSummary))?;
                    let by = permit.provenance(clock.now());
                    Some(OpenedSummary {
                        summary: received.summary,
                        origin: received.origin,
                        received_at: received.received_at,
                        opened_by: by.person,
                        opened_as: format!("{}, {}", by.role, by.organisation),
                    })
                }
            };
            Ok(self.answer(key, &patient, opened))
        }
        .await;
        access.shown(&demographics, Action::ViewSummary, read).await
    }

    async fn adjustments(&self, key: ContextKey) -> Result<InContext<AdjustmentsView>> {
        let Services {
            access, national, ..
        } = &self.services;
        let permits = access.to_view_adjustments(&self.caller, key).await?;
        let read = async {
            let patient = self.patient(&permits.demographics).await?;
            let view = AdjustmentsView {
                flag: national.flags.exists(&permits.demographics).await?,
                record: self.flag_record(&permits).await?,
                may_manage: permits.role.allows(Activity::ManageAdjustments),
            };
            Ok(self.answer(key, &patient, view))
        }
        .await;
        access
            .shown(&permits.demographics, Action::ViewAdjustments, read)
            .await
    }

    async fn submit_adjustment(
        &self,
        key: ContextKey,
        command: &Command<AdjustmentChange>,
    ) -> Result<InContext<Receipt<AdjustmentRecord>>> {
        let Services {
            access,
            clock,
            national,
            ..
        } = &self.services;
        let (demographics, permit) = access
            .to_change_adjustments(&self.caller, key, command.id)
            .await?;
        let done = async {
            let receipt = national.flags.apply(&permit, command, clock.now()).await?;
            let patient = self.patient(&demographics).await?;
            Ok(self.answer(key, &patient, receipt))
        }
        .await;
        let detail = |answer: &InContext<Receipt<AdjustmentRecord>>| {
            let (result, version) = match &answer.read.value {
                Receipt::Applied(record) => ("applied", record.version),
                Receipt::Conflict(record) => ("conflict", record.version),
            };
            json!({ "command": command.id, "result": result, "version": version })
        };
        access
            .done(&permit, Action::ChangeAdjustments, done, detail)
            .await
    }

    /// The patient as they may be shown.
    async fn patient(&self, permit: &Permit<ViewDemographics>) -> Result<Patient> {
        Ok(self
            .services
            .national
            .demographics
            .patient(permit)
            .await?
            .as_shown())
    }

    async fn flag_record(&self, permits: &OverviewPermits) -> Result<Option<AdjustmentRecord>> {
        match &permits.adjustments {
            Some(permit) => self.services.national.flags.record(permit).await.map(Some),
            None => Ok(None),
        }
    }

    fn answer<T>(&self, key: ContextKey, patient: &Patient, value: T) -> InContext<T> {
        let now = self.services.clock.now();
        InContext {
            context: key.context,
            banner: patient.banner(uk_date(now)),
            read: Sourced::live(value, now),
        }
    }

    fn told<T>(&self, result: Result<T, Failure>) -> Result<T, Problem> {
        result.map_err(|failure| failure.at_boundary(self.caller.correlation))
    }
}

#[async_trait]
impl Records for RecordsPort {
    async fn overview(&self, key: ContextKey) -> Result<InContext<RecordOverview>, Problem> {
        self.told(self.overview(key).await)
    }

    async fn details(&self, key: ContextKey) -> Result<InContext<Patient>, Problem> {
        self.told(self.details(key).await)
    }

    async fn gate(&self, key: ContextKey) -> Result<InContext<Gate>, Problem> {
        self.told(self.gate(key).await)
    }

    async fn open_summary(
        &self,
        key: ContextKey,
        answer: PermissionAnswer,
    ) -> Result<InContext<Option<OpenedSummary>>, Problem> {
        self.told(self.open_summary(key, &answer).await)
    }

    async fn adjustments(&self, key: ContextKey) -> Result<InContext<AdjustmentsView>, Problem> {
        self.told(self.adjustments(key).await)
    }

    async fn submit_adjustment(
        &self,
        key: ContextKey,
        command: Command<AdjustmentChange>,
    ) -> Result<InContext<Receipt<AdjustmentRecord>>, Problem> {
        self.told(self.submit_adjustment(key, &command).await)
    }
}
