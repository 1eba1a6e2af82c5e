//! What may be taken along on a device, and what a device may bring back.

use super::decision::Act;
use super::permission::Meaning;
use super::{
    ADJUSTMENTS, Access, Attempt, ManageAdjustments, OpenPatient, OverviewPermits, Permit,
    SUMMARY_GATE, TakeAlong, ViewAdjustments, ViewSummary, described, ground, relationship,
};
use crate::audit::{Action, Actor, Entry, Ground, Outcome, TAKEN};
use crate::caller::Caller;
use crate::failure::{Failure, Result};
use crate::identity::staff;
use crate::offline::VisitRow;
use app::api::offline::{TakeSummary, Target};
use app::problem::Kind;
use domain::NhsNumber;
use domain::adjustment::AdjustmentChange;
use domain::command::Command;
use domain::ids::{CommandId, PasskeyId, VisitId};
use domain::permission::{Duration, PermissionAnswer, Scope};
use domain::referral::Referral;
use domain::role::RoleAssignment;
use jiff::SignedDuration;
use serde_json::json;

/// A patient who may go along.
#[derive(Debug)]
pub struct Along {
    /// To have them on the list.
    pub take: Permit<TakeAlong>,
    /// What the role may read of them.
    pub overview: OverviewPermits,
    /// For how long a device may keep it.
    pub keep: SignedDuration,
}

/// A patient who is being taken along.
#[derive(Debug)]
pub struct TakenAlong {
    /// The patient.
    pub along: Along,
    /// For the summary, where it goes along: the audit has it as a view.
    pub summary: Option<Permit<ViewSummary>>,
}

/// To an agreement before the visit: for the person who goes there, for this once.
const AGREED: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

impl Access {
    /// To put a patient on the visit list: the permits are on the current number, also where
    /// `number` was replaced.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0264), `TooMany`, `NotFound`, `StaysOnline`, `ListFull`.
    pub async fn to_add_visit(&self, caller: &Caller, number: NhsNumber) -> Result<Along> {
        let mut attempt = Attempt::begin(caller, Action::AddVisit)?;
        attempt.patient = Some(number);
        let granted = async {
            let current = self.open_checks(&mut attempt, number).await?.of();
            let along = self.may_go_along(&mut attempt, current).await?;
            let (person, role) = (attempt.person.person, attempt.role()?.id);
            if self.visits.has_room(person, role, current).await? {
                Ok(along)
            } else {
                Err(Kind::ListFull.into())
            }
        }
        .await;
        // The answer has the patient's banner, and what stands before the summary.
        let gate = granted
            .as_ref()
            .is_ok_and(|along| along.overview.ask.is_some());
        attempt.detail = json!({ SUMMARY_GATE: gate });
        self.settle(&attempt, granted).await
    }

    /// To show the visit list: the visits with what the role may read of each patient. Who is no
    /// longer to be found is left out.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0264).
    pub async fn to_list_visits(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(VisitRow, OverviewPermits)>> {
        let mut attempt = Attempt::begin(caller, Action::ListVisits)?;
        let granted = self.list_checks(&mut attempt).await;
        attempt.patient = None;
        let gate = granted
            .as_ref()
            .is_ok_and(|listed| listed.iter().any(|(_, permits)| permits.ask.is_some()));
        attempt.detail = json!({ SUMMARY_GATE: gate });
        let granted = self.or_refused(&attempt, granted).await?;
        let patients = granted.iter().map(|(_, permits)| permits.demographics.of());
        self.audit
            .record(attempt.entry(Outcome::Allowed).on(patients))
            .await?;
        Ok(granted)
    }

    async fn list_checks(
        &self,
        attempt: &mut Attempt<'_>,
    ) -> Result<Vec<(VisitRow, OverviewPermits)>> {
        self.look_at_organisation(attempt).await?;
        attempt.decided(Act::Visits)?;
        let rows = self
            .visits
            .list(attempt.person.person, attempt.role()?.id)
            .await?;
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            match self.current(attempt, row.patient).await {
                Ok(patient) => listed.push((row, Self::overview_of(attempt, patient)?)),
                Err(Failure::Refused(Kind::NotFound)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(listed)
    }

    /// Records that the list was not shown after all, where its patients could not be read.
    ///
    /// # Errors
    /// The failure itself, or `Audit`.
    pub async fn listed<T>(&self, caller: &Caller, read: Result<T>) -> Result<T> {
        let attempt = Attempt::begin(caller, Action::ListVisits)?;
        self.or_refused(&attempt, read).await
    }

    /// Records that the patient was taken off the list.
    ///
    /// # Errors
    /// `SignedOut`, `Audit`.
    pub async fn visit_removed(&self, caller: &Caller, patient: NhsNumber) -> Result<()> {
        let mut attempt = Attempt::begin(caller, Action::RemoveVisit)?;
        attempt.patient = Some(patient);
        self.audit.record(attempt.entry(Outcome::Done)).await
    }

    /// To give a device what it may keep of a patient on the list. The audit has what was taken.
    ///
    /// A summary that goes along has left the service, whenever the patient is asked: it is a view, with
    /// all that one raises, and rests on what a colleague recorded or on a claim that is made now. The
    /// answer at the door comes later, as an entry of its own.
    ///
    /// # Errors
    /// As [`Access::to_open_visit`], and `SummaryClosed`.
    pub async fn to_take_visit(
        &self,
        caller: &Caller,
        visit: VisitId,
        summary: TakeSummary,
    ) -> Result<TakenAlong> {
        let mut attempt = Attempt::begin(caller, Action::TakeAlong)?;
        let granted = self.take_checks(&mut attempt, visit, summary).await;
        let taken = granted.as_ref().ok();
        attempt.detail = json!({
            "visit": visit,
            "summary": summary,
            "hours": taken.map(|taken| taken.along.keep.as_hours()),
            ADJUSTMENTS: taken.is_some_and(|taken| taken.along.overview.adjustments.is_some()),
            SUMMARY_GATE: taken.is_some_and(|taken| taken.along.overview.ask.is_some()),
        });
        let taken = self.settle(&attempt, granted).await?;
        if let Some(permit) = &taken.summary {
            self.disclose(&attempt, permit, visit, summary).await?;
        }
        Ok(taken)
    }

    /// Records that the summary leaves the service, and what it rests on.
    async fn disclose(
        &self,
        attempt: &Attempt<'_>,
        permit: &Permit<ViewSummary>,
        visit: VisitId,
        summary: TakeSummary,
    ) -> Result<()> {
        let referral = self.referral(permit.actor(), permit.of()).await?;
        let vouched = referral.as_ref().and_then(Referral::vouches);
        let (ground, mut detail) = match summary {
            TakeSummary::Agreed => (ground(&AGREED).0, described(&AGREED, vouched)),
            TakeSummary::AskAtTheDoor | TakeSummary::Without => (
                Some(Ground::Role),
                json!({ "answer": "at-the-door", "relationship": relationship(vouched) }),
            ),
        };
        if let Some(detail) = detail.as_object_mut() {
            detail.extend([
                ("visit".to_owned(), json!(visit)),
                (TAKEN.to_owned(), json!(true)),
            ]);
        }
        let actor = Actor {
            ground,
            ..permit.actor().clone()
        };
        let entry = Entry::new(actor, Action::ViewSummary, Outcome::Allowed);
        self.audit
            .record(entry.on([permit.of()]).with(detail))
            .await?;
        let meaning = Meaning {
            claimed: vouched.is_none(),
            ahead: None,
            at: self.clock.now(),
        };
        let by = &attempt.person.name;
        let remembered = self
            .remember(permit.actor(), permit.of(), by, meaning)
            .await;
        self.shown(permit, Action::ViewSummary, remembered).await
    }

    async fn take_checks(
        &self,
        attempt: &mut Attempt<'_>,
        visit: VisitId,
        summary: TakeSummary,
    ) -> Result<TakenAlong> {
        let along = self.on_list(attempt, visit).await?;
        let summary = match summary {
            TakeSummary::Without => None,
            TakeSummary::Agreed | TakeSummary::AskAtTheDoor => {
                // Restricted patients do not come as far as this.
                let gate = self.gate(&along.overview, false).await?;
                if let Some(closed) = gate.closed() {
                    return Err(Kind::SummaryClosed(closed).into());
                }
                Some(attempt.permit(along.take.of())?)
            }
        };
        Ok(TakenAlong { along, summary })
    }

    /// To open a patient of the list.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0264), `TooMany`, `NotFound`, `StaysOnline`.
    pub async fn to_open_visit(
        &self,
        caller: &Caller,
        visit: VisitId,
    ) -> Result<Permit<OpenPatient>> {
        let mut attempt = Attempt::begin(caller, Action::OpenPatient)?;
        let granted = async {
            let along = self.on_list(&mut attempt, visit).await?;
            attempt.permit(along.take.of())
        }
        .await;
        attempt.detail = json!({ "visit": visit });
        self.settle(&attempt, granted).await
    }

    /// The visit stands on the list of this person in this role, and the patient may go along.
    async fn on_list(&self, attempt: &mut Attempt<'_>, visit: VisitId) -> Result<Along> {
        self.look_at_organisation(attempt).await?;
        attempt.so_far(Act::TakeAlong)?;
        self.within_limit(attempt)?;
        let number = self
            .visits
            .on_list(visit, attempt.person.person, attempt.role()?.id)
            .await?;
        attempt.facts.patient = Some(number.is_some());
        attempt.so_far(Act::TakeAlong)?;
        let number = number.ok_or(Kind::NotFound)?;
        let current = self.current(attempt, number).await?;
        self.may_go_along(attempt, current).await
    }

    /// The organisation keeps records on devices, and the patient is not restricted.
    async fn may_go_along(&self, attempt: &mut Attempt<'_>, patient: NhsNumber) -> Result<Along> {
        // It is there: found by its number just now, or on the person's list.
        attempt.facts.patient = Some(true);
        let hours = staff::offline_hours(&self.db, &attempt.role()?.organisation.ods).await?;
        attempt.facts.devices = Some(hours > 0);
        attempt.so_far(Act::TakeAlong)?;
        let overview = Self::overview_of(attempt, patient)?;
        attempt.facts.restricted = Some(self.is_restricted(&overview).await?);
        attempt.decided(Act::TakeAlong)?;
        Ok(Along {
            take: attempt.permit(patient)?,
            overview,
            keep: SignedDuration::from_hours(hours.into()),
        })
    }

    async fn is_restricted(&self, permits: &OverviewPermits) -> Result<bool> {
        Ok(self
            .national
            .demographics
            .patient(&permits.demographics)
            .await?
            .restricted)
    }

    /// To carry out a change, however late. Whoever may change a flag may also see it: the answer
    /// shows it whole.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0264, B0380, B0257), `NotFound`, `StaysOnline`, `StepUp`
    /// for the removal of the whole flag, or of the last part of it as it stands now.
    pub async fn to_deliver(
        &self,
        caller: &Caller,
        target: Target,
        command: &Command<AdjustmentChange>,
    ) -> Result<Permit<ManageAdjustments>> {
        let mut attempt = Attempt::begin(caller, Action::ChangeAdjustments)?;
        let saved = matches!(target, Target::Visit(_));
        let act = match command.change {
            AdjustmentChange::RemoveFlag { .. } => Act::RemoveFlag { saved },
            AdjustmentChange::RemovePart { .. } => Act::RemovePart { saved },
            AdjustmentChange::Create { .. } | AdjustmentChange::AddParts { .. } => {
                Act::ChangeFlag { saved }
            }
        };
        attempt.facts.fingerprint = caller.stepped_up(self.clock.now()).is_ok();
        let granted = self
            .delivery_checks(&mut attempt, target, act, command)
            .await;
        // Whatever the change comes to, the answer shows the flag.
        attempt.detail =
            json!({ "command": command.id, "on": target, ADJUSTMENTS: granted.is_ok() });
        self.settle(&attempt, granted).await
    }

    async fn delivery_checks(
        &self,
        attempt: &mut Attempt<'_>,
        target: Target,
        act: Act,
        command: &Command<AdjustmentChange>,
    ) -> Result<Permit<ManageAdjustments>> {
        self.look_at_organisation(attempt).await?;
        attempt.so_far(Act::Open)?;
        let (person, role) = (attempt.person.person, attempt.role()?.id);
        let number = match target {
            Target::Context(context) => self.contexts.whose(context, person, role).await?,
            Target::Visit(visit) => self.visits.whose(visit, person, role).await?,
        };
        attempt.facts.patient = Some(number.is_some());
        let patient = self.current(attempt, number.ok_or(Kind::NotFound)?).await?;
        attempt.so_far(act)?;
        if let Act::RemovePart { .. } = act {
            // By the record and not by what the device says of it. On another version nothing will be
            // removed: that is a conflict.
            let read: Permit<ViewAdjustments> = attempt.permit(patient)?;
            let now = self.national.flags.record(&read).await?;
            let last = now.version == command.base && command.change.empties(&now);
            attempt.facts.last_part = Some(last);
            attempt.so_far(act)?;
        }
        // It was made on a saved copy, which should not be any more where the patient is restricted.
        if let Target::Visit(_) = target {
            let overview = Self::overview_of(attempt, patient)?;
            attempt.facts.restricted = Some(self.is_restricted(&overview).await?);
        }
        attempt.decided(act)?;
        attempt.permit(patient)
    }

    /// Records that a sealed change was not carried out, and why: nobody can read it, or it is
    /// another person's. On whom it is, is not known or not to be told.
    ///
    /// # Errors
    /// `SignedOut`, `Audit`.
    pub async fn sealed_refused(
        &self,
        caller: &Caller,
        command: CommandId,
        why: &'static str,
    ) -> Result<()> {
        let mut attempt = Attempt::begin(caller, Action::ChangeAdjustments)?;
        attempt.detail = json!({ "command": command, "sealed": true, "why": why });
        self.audit.record(attempt.entry(Outcome::Refused)).await
    }

    /// To register what a person keeps on a device, under that key: the role, and the passkey, by
    /// which it stands.
    ///
    /// # Errors
    /// `SignedOut`, also where the passkey of the session was removed; `NoRole`.
    pub async fn to_register_vault(
        &self,
        caller: &Caller,
        key: &str,
    ) -> Result<(RoleAssignment, PasskeyId)> {
        let mut attempt = Attempt::begin(caller, Action::RegisterVault)?;
        attempt.detail = json!({ "vault": key, "passkey": attempt.person.passkey });
        let granted = attempt.role().cloned().and_then(|role| {
            let passkey = attempt.person.passkey.ok_or(Kind::SignedOut)?;
            Ok((role, passkey))
        });
        self.settle(&attempt, granted).await
    }
}
