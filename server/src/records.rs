//! The record of the patient in front of someone: behind `app::api::records`.

use crate::access::{
    Answered, Opened, OverviewPermits, Permit, ReferralPermits, ViewDemographics, ViewSummary,
};
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
use domain::adjustment::AdjustmentRecord;
use domain::clock::uk_date;
use domain::patient::{InContext, Patient};
use domain::permission::{Closed, Gate, PermissionAnswer};
use domain::referral::{NewReferral, Referral};
use domain::role::Activity;
use serde_json::json;

/// Reads a record part by part, under permits: for a screen, or for a device to take along.
pub(crate) struct Reading<'a> {
    services: &'a Services,
}

impl<'a> Reading<'a> {
    /// From those services.
    pub(crate) fn of(services: &'a Services) -> Self {
        Self { services }
    }

    /// The patient as they may be shown.
    pub(crate) async fn patient(&self, permit: &Permit<ViewDemographics>) -> Result<Patient> {
        Ok(self
            .services
            .national
            .demographics
            .patient(permit)
            .await?
            .as_shown())
    }

    /// The overview of that patient.
    pub(crate) async fn overview(
        &self,
        permits: &OverviewPermits,
        patient: Patient,
    ) -> Result<RecordOverview> {
        let Services {
            access,
            national,
            visits,
            ..
        } = self.services;
        let listed = visits.numbers(permits.demographics.actor()).await?;
        Ok(RecordOverview {
            on_visit_list: listed.contains(&patient.nhs_number),
            flag: national.flags.exists(&permits.demographics).await?,
            adjustments: self
                .flag_record(permits)
                .await?
                .filter(|record| record.current.is_some()),
            may_view_adjustments: permits.role.allows(Activity::ViewAdjustments),
            may_manage_adjustments: permits.role.allows(Activity::ManageAdjustments),
            gate: access.gate(permits, patient.restricted).await?,
            patient,
        })
    }

    /// The reasonable adjustments.
    pub(crate) async fn adjustments(&self, permits: &OverviewPermits) -> Result<AdjustmentsView> {
        let flags = &self.services.national.flags;
        Ok(AdjustmentsView {
            flag: flags.exists(&permits.demographics).await?,
            record: self.flag_record(permits).await?,
            may_manage: permits.role.allows(Activity::ManageAdjustments),
        })
    }

    /// The summary: it was there when permission was given.
    ///
    /// # Errors
    /// `SummaryClosed` where it has gone since.
    pub(crate) async fn summary(&self, permit: &Permit<ViewSummary>) -> Result<OpenedSummary> {
        let Services {
            clock, national, ..
        } = self.services;
        let received = national
            .summaries
            .summary(permit)
            .await?
            .ok_or(Kind::SummaryClosed(Closed::NoSummary))?;
        let by = permit.provenance(clock.now());
        Ok(OpenedSummary {
            summary: received.summary,
            origin: received.origin,
            received_at: received.received_at,
            opened_by: by.person,
            opened_as: format!("{}, {}", by.role, by.organisation),
        })
    }

    async fn flag_record(&self, permits: &OverviewPermits) -> Result<Option<AdjustmentRecord>> {
        match &permits.adjustments {
            Some(permit) => self.services.national.flags.record(permit).await.map(Some),
            None => Ok(None),
        }
    }
}

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
        let Services { access, .. } = &self.services;
        let permits = access.to_view_overview(&self.caller, key).await?;
        let read = async {
            let reading = self.reading();
            let patient = reading.patient(&permits.demographics).await?;
            let overview = reading.overview(&permits, patient.clone()).await?;
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
            .reading()
            .patient(&permit)
            .await
            .map(|patient| self.answer(key, &patient, patient.clone()));
        access.shown(&permit, Action::ViewDetails, read).await
    }

    async fn gate(&self, key: ContextKey) -> Result<InContext<Gate>> {
        let Services { access, .. } = &self.services;
        let permits = access.to_ask_summary(&self.caller, key).await?;
        let read = async {
            let patient = self.reading().patient(&permits.demographics).await?;
            let gate = access.gate(&permits, patient.restricted).await?;
            Ok(self.answer(key, &patient, gate))
        }
        .await;
        access
            .shown(&permits.demographics, Action::AskSummary, read)
            .await
    }

    async fn withdraw_permission(&self, key: ContextKey) -> Result<InContext<Gate>> {
        let Services { access, .. } = &self.services;
        let permits = access.to_withdraw_permission(&self.caller, key).await?;
        let withdrawn = access.withdraw(&permits.ask).await;
        access
            .done(
                &permits.ask,
                Action::WithdrawPermission,
                withdrawn,
                |many| json!({ "permissions": many }),
            )
            .await?;
        let read = async {
            let patient = self
                .reading()
                .patient(&permits.overview.demographics)
                .await?;
            let gate = access.gate(&permits.overview, patient.restricted).await?;
            Ok(self.answer(key, &patient, gate))
        }
        .await;
        access
            .shown(
                &permits.overview.demographics,
                Action::WithdrawPermission,
                read,
            )
            .await
    }

    async fn record_referral(
        &self,
        key: ContextKey,
        new: &NewReferral,
    ) -> Result<InContext<Option<Referral>>> {
        let Services { access, .. } = &self.services;
        let permits = access.to_record_referral(&self.caller, key, new).await?;
        let recorded = access.record_referral(&permits.refer, new).await;
        let action = Action::RecordReferral;
        access
            .done(
                &permits.refer,
                action,
                recorded,
                |()| json!({ "kind": new.kind, "until": new.until }),
            )
            .await?;
        self.referral(key, &permits, action).await
    }

    async fn end_referral(&self, key: ContextKey) -> Result<InContext<Option<Referral>>> {
        let Services { access, .. } = &self.services;
        let permits = access.to_end_referral(&self.caller, key).await?;
        let ended = access.end_referral(&permits.refer).await;
        let action = Action::EndReferral;
        access
            .done(
                &permits.refer,
                action,
                ended,
                |many| json!({ "ended": many }),
            )
            .await?;
        self.referral(key, &permits, action).await
    }

    /// What is open after it was changed.
    async fn referral(
        &self,
        key: ContextKey,
        permits: &ReferralPermits,
        action: Action,
    ) -> Result<InContext<Option<Referral>>> {
        let Services { access, .. } = &self.services;
        let read = async {
            let patient = self.reading().patient(&permits.demographics).await?;
            let referral = access.open_referral(&permits.demographics).await?;
            Ok(self.answer(key, &patient, referral))
        }
        .await;
        access.shown(&permits.demographics, action, read).await
    }

    async fn open_summary(
        &self,
        key: ContextKey,
        answer: &PermissionAnswer,
    ) -> Result<InContext<Option<OpenedSummary>>> {
        let Services { access, .. } = &self.services;
        let Answered {
            demographics,
            opened,
        } = access.to_view_summary(&self.caller, key, answer).await?;
        let read = async {
            let reading = self.reading();
            Ok(match opened {
                None => self.answer(key, &reading.patient(&demographics).await?, None),
                Some(Opened { patient, summary }) => {
                    let summary = reading.summary(&summary).await?;
                    self.answer(key, &patient, Some(summary))
                }
            })
        }
        .await;
        access.shown(&demographics, Action::ViewSummary, read).await
    }

    async fn adjustments(&self, key: ContextKey) -> Result<InContext<AdjustmentsView>> {
        let Services { access, .. } = &self.services;
        let permits = access.to_view_adjustments(&self.caller, key).await?;
        let read = async {
            let reading = self.reading();
            let patient = reading.patient(&permits.demographics).await?;
            let view = reading.adjustments(&permits).await?;
            Ok(self.answer(key, &patient, view))
        }
        .await;
        access
            .shown(&permits.demographics, Action::ViewAdjustments, read)
            .await
    }

    fn reading(&self) -> Reading<'_> {
        Reading::of(&self.services)
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

    async fn withdraw_permission(&self, key: ContextKey) -> Result<InContext<Gate>, Problem> {
        self.told(self.withdraw_permission(key).await)
    }

    async fn record_referral(
        &self,
        key: ContextKey,
        referral: NewReferral,
    ) -> Result<InContext<Option<Referral>>, Problem> {
        self.told(self.record_referral(key, &referral).await)
    }

    async fn end_referral(&self, key: ContextKey) -> Result<InContext<Option<Referral>>, Problem> {
        self.told(self.end_referral(key).await)
    }

    async fn adjustments(&self, key: ContextKey) -> Result<InContext<AdjustmentsView>, Problem> {
        self.told(self.adjustments(key).await)
    }
}
