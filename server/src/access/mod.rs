//! Who may see what. Everything that reads or changes a record asks here first and gets a
//! [`Permit`], which nothing else can make.
//!
//! # What is checked, in this order
//! | asked                  | session, role | activity      | context | more                                   |
//! |------------------------|---------------|---------------|---------|----------------------------------------|
//! | search                 | yes           | B0264 / B0098 |         | the limit                              |
//! | open a patient         | yes           | B0264         |         | the limit, there is such a patient     |
//! | overview, details      | yes           | B0264         | yes     |                                        |
//! | is there a summary     | yes           | B0264, B0370  | yes     | care setting approved                  |
//! | the summary            | yes           | B0264, B0370  | yes     | setting, answer, choice, restriction   |
//! | … in an emergency      | yes           | and B0168     | yes     | the same, a written reason, a fingerprint |
//! | what a flag says       | yes           | B0264, B0257  | yes     |                                        |
//! | change a flag          | yes           | … and B0380   | of it   | on a visit: not restricted             |
//! | … remove it whole, or its last part | yes | … and B0380 | of it | the same, and a fingerprint           |
//! | the visit list         | yes           | B0264         |         |                                        |
//! | add, open a visit      | yes           | B0264         |         | the limit, not restricted, hours on a device |
//! | take a visit along     | yes           | B0264         |         | the same; its summary: the gate is open |
//! | a device's log         | session       |               |         | their vault                            |
//! | … sealed               |               |               |         | the id of the vault                    |
//! | the alerts             | yes           | B0015 / B0016 |         | of the organisation, of that type      |
//! | one alert              | yes           | by its type   |         | of the organisation                    |
//! | a step with an alert   | yes           | by its type   |         | the same, and not about oneself        |
//! | the report, the export | yes           | B0011         |         | of the organisation                    |
//! | a question to oneself  | yes           |               |         | about oneself                          |
//! | who looked at a patient | yes          | B0011, or an alert's | | of the organisation               |
//! | what oneself looked at | yes           |               |         | one's own                              |
//! | the readiness checklist | yes          | L0001         |         | of the organisation                    |
//! | national approval      | yes           | L0002         |         | to decide: a fingerprint               |
//!
//! Wherever patients are concerned, the organisation has to be ready, and for summaries ready for those.
//!
//! The rules themselves stand in [`decision`], as a table; here what they ask about is found out.
//!
//! A change says on whom it was made by a context or a visit that is or was this person's in this
//! role: it may be delivered late.
//!
//! The [`limit`] is one for all ways in which a person reaches a patient.
//!
//! What is allowed is in the audit, durably, before the permit is given out (for a search: before
//! its patients are). What is refused is in the audit too, except where nobody is signed in: there
//! is nobody to account for, and anyone could fill the disk.

pub mod decision;
mod device_log;
mod devices;
mod limit;
mod offline;
mod permission;
mod permit;
mod privacy;
mod readiness;
mod referral;

pub(crate) use devices::MISSING;
pub use limit::{PatientLimit, USUAL_LIMIT};
pub use offline::{Along, TakenAlong};
pub use permit::{
    AnswerTask, ApproveOrganisations, AskSummary, CompleteReadiness, FindPatients, Held, ListTasks,
    ManageAdjustments, OpenPatient, Permit, Refer, ReportAlerts, ReviewAlert, ReviewAlerts, Right,
    TakeAlong, ViewAdjustments, ViewDemographics, ViewOwnLog, ViewPatientLog, ViewSummary,
};
pub use privacy::Reviewed;
pub use referral::ReferralPermits;

use crate::audit::{Action, Actor, Audit, Entry, Ground, Outcome, ReasonCode};
use crate::caller::{Caller, SignedInCaller};
use crate::clock::SharedClock;
use crate::contexts::Contexts;
use crate::failure::{Failure, Result};
use crate::national::National;
use crate::offline::{Vaults, Visits};
use crate::readiness::Checklists;
use crate::store::Db;
use app::api::ContextKey;
use app::problem::Kind;
use decision::{Act, Answer, Decision, Facts, decide};
use domain::NhsNumber;
use domain::clock::uk_date;
use domain::ids::ContextId;
use domain::patient::Patient;
use domain::permission::{
    Availability, Duration, Gate, LegalGround, PermissionAnswer, Scope, SpineConsent,
};
use domain::readiness::Closures;
use domain::referral::{Referral, ReferralKind};
use domain::role::{Activity, RoleAssignment};
use domain::search::SearchKind;
use jiff::civil::Date;
use permission::{Ahead, Meaning};
use permit::Words;
use serde_json::{Value, json};
use std::num::NonZeroU32;

/// Grants permits.
#[derive(Clone)]
pub struct Access {
    db: Db,
    clock: SharedClock,
    audit: Audit,
    contexts: Contexts,
    visits: Visits,
    vaults: Vaults,
    national: National,
    checklists: Checklists,
    limit: PatientLimit,
}

/// What a role may read on the overview.
#[derive(Debug)]
pub struct OverviewPermits {
    /// Demographics, and that there is a flag.
    pub demographics: Permit<ViewDemographics>,
    /// What the flag says, where the role has B0257.
    pub adjustments: Option<Permit<ViewAdjustments>>,
    /// Whether there is a summary, where the role has B0370 and its setting is approved.
    pub ask: Option<Permit<AskSummary>>,
    /// The role.
    pub role: RoleAssignment,
    /// What is closed to its organisation.
    pub closures: Closures,
}

/// What became of the permission question.
#[derive(Debug)]
pub struct Answered {
    /// For the banner.
    pub demographics: Permit<ViewDemographics>,
    /// What it opens; `None` where the patient said no.
    pub opened: Option<Opened>,
}

/// What the answer to the permission question opens.
#[derive(Debug)]
pub struct Opened {
    /// As they were looked up for the decision, and may be shown.
    pub patient: Patient,
    /// For the summary.
    pub summary: Permit<ViewSummary>,
}

/// What lets someone take back a permission for the patient, and see what is left.
#[derive(Debug)]
pub struct WithdrawalPermits {
    /// To withdraw.
    pub ask: Permit<AskSummary>,
    /// To say whose record it is, and what stands before the summary then.
    pub overview: OverviewPermits,
}

/// A request on its way through the checks, with what the audit will say of it.
struct Attempt<'a> {
    caller: &'a Caller,
    person: &'a SignedInCaller,
    actor: Actor,
    action: Action,
    patient: Option<NhsNumber>,
    reason: Option<String>,
    detail: Value,
    facts: Facts<'a>,
    /// What a colleague recorded, on which the relationship rests.
    vouched: Option<ReferralKind>,
    /// The audit has it already that the person has to wait.
    told: bool,
}

impl<'a> Attempt<'a> {
    fn begin(caller: &'a Caller, action: Action) -> Result<Self> {
        let person = caller.signed_in()?;
        let facts = Facts {
            role: person.role.as_ref(),
            ..Facts::default()
        };
        let mut actor = Actor::of(caller.correlation, &caller.client, person);
        actor.ground = Some(Ground::Role);
        Ok(Self {
            caller,
            person,
            actor,
            action,
            patient: None,
            reason: None,
            detail: json!({}),
            facts,
            vouched: None,
            told: false,
        })
    }

    /// Nothing that is known so far refuses it.
    fn so_far(&self, act: Act) -> Result<()> {
        match decide(act, &self.facts) {
            Decision::Allowed(_) | Decision::Unknown(_) => Ok(()),
            Decision::Refused(_, kind) => Err(kind.into()),
        }
    }

    /// Everything is known, and the table allows it: on that ground.
    fn decided(&mut self, act: Act) -> Result<()> {
        match decide(act, &self.facts) {
            Decision::Allowed(ground) => {
                self.actor.ground = ground;
                Ok(())
            }
            Decision::Refused(_, kind) => Err(kind.into()),
            Decision::Unknown(fact) => Err(Failure::Internal(format!(
                "decided without knowing {fact:?}"
            ))),
        }
    }

    /// What is closed to the organisation, once that was looked at.
    fn closures(&self) -> Result<Closures> {
        let unknown = || Failure::Internal("nobody looked at the organisation".into());
        self.facts.closures.ok_or_else(unknown)
    }

    fn role(&self) -> Result<&'a RoleAssignment> {
        self.person.role.as_ref().ok_or_else(|| Kind::NoRole.into())
    }

    fn permit<R: Right>(&self, of: R::Of) -> Result<Permit<R>> {
        let role = self.role()?;
        let words = Words {
            person: self.person.name.clone(),
            role: role.job_name.clone(),
            organisation: role.organisation.name.clone(),
            confirmed: self.facts.fingerprint,
        };
        Ok(Permit::grant(of, self.actor.clone(), words))
    }

    fn entry(&self, outcome: Outcome) -> Entry {
        Entry::new(self.actor.clone(), self.action, outcome)
            .on(self.patient)
            .because(self.reason.clone())
            .with(self.detail.clone())
    }
}

impl Access {
    /// Over those parts.
    pub fn new(
        db: Db,
        clock: SharedClock,
        audit: Audit,
        contexts: Contexts,
        visits: Visits,
        vaults: Vaults,
        national: National,
    ) -> Self {
        Self {
            checklists: Checklists::new(db.clone()),
            limit: PatientLimit::new(USUAL_LIMIT, clock.clone()),
            db,
            clock,
            audit,
            contexts,
            visits,
            vaults,
            national,
        }
    }

    /// Sets how many patients one person may reach in a minute.
    pub fn limit_patients(&mut self, most: NonZeroU32) {
        self.limit = PatientLimit::new(most, self.clock.clone());
    }

    /// Counts a patient whom the person is about to reach.
    fn within_limit(&self, attempt: &mut Attempt<'_>) -> Result<()> {
        self.limit.take(attempt.person.person).map_err(|limited| {
            attempt.told = !limited.first;
            Failure::TooMany { wait: limited.wait }
        })
    }

    /// To search. What is found has to be given to [`Access::release`]. `asked` is what the audit
    /// says of what is searched for.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids`, `TooMany`.
    pub async fn to_find(
        &self,
        caller: &Caller,
        kind: SearchKind,
        asked: Value,
    ) -> Result<Permit<FindPatients>> {
        let mut attempt = Attempt::begin(caller, Action::Search)?;
        attempt.detail = asked;
        let granted = match self.look_at_organisation(&mut attempt).await {
            Ok(()) => attempt
                .decided(Act::Find(kind.needs()))
                .and_then(|()| self.within_limit(&mut attempt))
                .and_then(|()| attempt.permit(())),
            Err(failure) => Err(failure),
        };
        self.or_refused(&attempt, granted).await
    }

    /// Gives out what a search found, once the audit has its patients. `detail` says what was
    /// searched for and how it ended.
    ///
    /// # Errors
    /// `Audit`.
    pub async fn release<T>(
        &self,
        permit: &Permit<FindPatients>,
        held: Held<T>,
        detail: impl FnOnce(&T) -> Value,
    ) -> Result<T> {
        let entry = Entry::new(permit.actor().clone(), Action::Search, Outcome::Allowed)
            .on(held.patients)
            .with(detail(&held.value));
        self.audit.record(entry).await?;
        Ok(held.value)
    }

    /// To choose a patient, in a context of that id: the permit is on the current number, also where
    /// `number` was replaced.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids`, `TooMany`, `NotFound`.
    pub async fn to_open(
        &self,
        caller: &Caller,
        number: NhsNumber,
        context: ContextId,
    ) -> Result<Permit<OpenPatient>> {
        let mut attempt = Attempt::begin(caller, Action::OpenPatient)?;
        attempt.patient = Some(number);
        attempt.actor.context = Some(context);
        let granted = self.open_checks(&mut attempt, number).await;
        self.settle(&attempt, granted).await
    }

    async fn open_checks(
        &self,
        attempt: &mut Attempt<'_>,
        number: NhsNumber,
    ) -> Result<Permit<OpenPatient>> {
        self.look_at_organisation(attempt).await?;
        attempt.decided(Act::Open)?;
        self.within_limit(attempt)?;
        let current = self.current(attempt, number).await?;
        if current != number {
            attempt.detail = json!({ "superseded": true });
        }
        attempt.permit(current)
    }

    /// What is closed to the organisation of the role. Without a role there is none, and that is told
    /// first.
    async fn look_at_organisation(&self, attempt: &mut Attempt<'_>) -> Result<()> {
        if let Some(role) = attempt.facts.role {
            let readiness = self.checklists.of(&role.organisation).await?;
            attempt.facts.closures = Some(readiness.closures(uk_date(self.clock.now())));
        }
        Ok(())
    }

    /// The number under which the record is kept now, as the attempt's patient.
    async fn current(&self, attempt: &mut Attempt<'_>, number: NhsNumber) -> Result<NhsNumber> {
        attempt.patient = Some(number);
        let asked: Permit<OpenPatient> = attempt.permit(number)?;
        let current = self
            .national
            .demographics
            .current_number(&asked)
            .await?
            .ok_or(Kind::NotFound)?;
        attempt.patient = Some(current);
        Ok(current)
    }

    /// Records that the patient was closed.
    ///
    /// # Errors
    /// `SignedOut`, `Audit`.
    pub async fn closed(
        &self,
        caller: &Caller,
        patient: NhsNumber,
        context: ContextId,
    ) -> Result<()> {
        let mut attempt = Attempt::begin(caller, Action::ClosePatient)?;
        attempt.actor.context = Some(context);
        attempt.patient = Some(patient);
        self.audit.record(attempt.entry(Outcome::Done)).await
    }

    /// To show the overview.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (B0264), `ContextClosed`.
    pub async fn to_view_overview(
        &self,
        caller: &Caller,
        key: ContextKey,
    ) -> Result<OverviewPermits> {
        let mut attempt = Attempt::begin(caller, Action::ViewOverview)?;
        let granted = self.overview_checks(&mut attempt, key).await;
        self.settle(&attempt, granted).await
    }

    async fn overview_checks(
        &self,
        attempt: &mut Attempt<'_>,
        key: ContextKey,
    ) -> Result<OverviewPermits> {
        let patient = self.in_context(attempt, key).await?.of();
        attempt.decided(Act::Read)?;
        Self::overview_of(attempt, patient)
    }

    /// What the role may read of that patient, once it is settled that it may open the record.
    fn overview_of(attempt: &mut Attempt<'_>, patient: NhsNumber) -> Result<OverviewPermits> {
        let adjustments = attempt
            .role()?
            .allows(Activity::ViewAdjustments)
            .then(|| attempt.permit(patient))
            .transpose()?;
        let facts = Facts {
            patient: Some(true),
            ..attempt.facts
        };
        let ask = matches!(decide(Act::Ask, &facts), Decision::Allowed(_))
            .then(|| attempt.permit(patient))
            .transpose()?;
        attempt.detail = json!({ ADJUSTMENTS: adjustments.is_some(), SUMMARY_GATE: ask.is_some() });
        Ok(OverviewPermits {
            demographics: attempt.permit(patient)?,
            adjustments,
            ask,
            role: attempt.role()?.clone(),
            closures: attempt.closures()?,
        })
    }

    /// To show the patient's details.
    ///
    /// # Errors
    /// As [`Access::to_view_overview`].
    pub async fn to_view_details(
        &self,
        caller: &Caller,
        key: ContextKey,
    ) -> Result<Permit<ViewDemographics>> {
        let mut attempt = Attempt::begin(caller, Action::ViewDetails)?;
        let granted = match self.in_context(&mut attempt, key).await {
            Ok(permit) => attempt.decided(Act::Read).map(|()| permit),
            Err(failure) => Err(failure),
        };
        self.settle(&attempt, granted).await
    }

    /// To say what stands between the role and the summary.
    ///
    /// # Errors
    /// As [`Access::to_view_overview`].
    pub async fn to_ask_summary(
        &self,
        caller: &Caller,
        key: ContextKey,
    ) -> Result<OverviewPermits> {
        let mut attempt = Attempt::begin(caller, Action::AskSummary)?;
        let granted = self.overview_checks(&mut attempt, key).await;
        self.settle(&attempt, granted).await
    }

    /// To take back, for the patient, a permission given ahead.
    ///
    /// # Errors
    /// As [`Access::to_view_overview`], and `RoleForbids` (B0370), `SummaryClosed` in a care setting that
    /// is not approved.
    pub async fn to_withdraw_permission(
        &self,
        caller: &Caller,
        key: ContextKey,
    ) -> Result<WithdrawalPermits> {
        let mut attempt = Attempt::begin(caller, Action::WithdrawPermission)?;
        let granted = self.withdrawal_checks(&mut attempt, key).await;
        // The answer tells what stands before the summary then.
        attempt.detail = json!({ SUMMARY_GATE: granted.is_ok() });
        self.settle(&attempt, granted).await
    }

    async fn withdrawal_checks(
        &self,
        attempt: &mut Attempt<'_>,
        key: ContextKey,
    ) -> Result<WithdrawalPermits> {
        let demographics = self.in_context(attempt, key).await?;
        attempt.decided(Act::Ask)?;
        let patient = demographics.of();
        Ok(WithdrawalPermits {
            ask: attempt.permit(patient)?,
            overview: OverviewPermits {
                demographics,
                adjustments: None,
                ask: Some(attempt.permit(patient)?),
                role: attempt.role()?.clone(),
                closures: attempt.closures()?,
            },
        })
    }

    /// To show the reasonable adjustments: what they say, where the role has B0257.
    ///
    /// # Errors
    /// As [`Access::to_view_overview`].
    pub async fn to_view_adjustments(
        &self,
        caller: &Caller,
        key: ContextKey,
    ) -> Result<OverviewPermits> {
        let mut attempt = Attempt::begin(caller, Action::ViewAdjustments)?;
        let granted = self.overview_checks(&mut attempt, key).await;
        self.settle(&attempt, granted).await
    }

    /// The gate that the screen shows before it asks. Nothing is told of the patient without a
    /// permit to ask.
    ///
    /// # Errors
    /// Where a service does not answer.
    pub async fn gate(&self, permits: &OverviewPermits, restricted: bool) -> Result<Gate> {
        let role = &permits.role;
        let mut gate = Gate::of_role(role);
        gate.missing = permits.closures.summaries;
        gate.referral = self.open_referral(&permits.demographics).await?;
        match &permits.ask {
            Some(ask) => self.behind(gate, role, restricted, ask).await,
            None => Ok(gate),
        }
    }

    /// The gate with the patient's own side of it.
    async fn behind(
        &self,
        mut gate: Gate,
        role: &RoleAssignment,
        restricted: bool,
        ask: &Permit<AskSummary>,
    ) -> Result<Gate> {
        let held = self.national.summaries.holds(ask).await?;
        gate.availability = Some(Availability::of(held.consent, restricted, held.exists));
        gate.overridden = role
            .allows(Activity::LegalOverride)
            .then(|| Availability::of(SpineConsent::Ask, restricted, held.exists));
        if gate.closed().is_none() {
            gate.standing = self.standing(ask.actor(), ask.of()).await?;
        }
        Ok(gate)
    }

    /// The answer to the permission question.
    ///
    /// # Errors
    /// As [`Access::to_view_overview`], and `RoleForbids` (B0370, B0168), `StepUp`, `SummaryClosed`,
    /// `Invalid`.
    pub async fn to_view_summary(
        &self,
        caller: &Caller,
        key: ContextKey,
        answer: &PermissionAnswer,
    ) -> Result<Answered> {
        let mut attempt = Attempt::begin(caller, Action::ViewSummary)?;
        (attempt.actor.ground, attempt.actor.reason_code) = ground(answer);
        let granted = self.summary_checks(&mut attempt, key, answer).await;
        let answered = self.settle(&attempt, granted).await?;
        if let Some(Opened { summary, .. }) = &answered.opened {
            let by = summary.provenance(self.clock.now()).person;
            let meaning = Meaning {
                claimed: answer.claims_relationship() && attempt.vouched.is_none(),
                ahead: ahead(answer).map(Ahead::online),
                at: self.clock.now(),
            };
            let remembered = self
                .remember(summary.actor(), summary.of(), &by, meaning)
                .await;
            self.shown(summary, Action::ViewSummary, remembered).await?;
        }
        Ok(answered)
    }

    async fn summary_checks(
        &self,
        attempt: &mut Attempt<'_>,
        key: ContextKey,
        answer: &PermissionAnswer,
    ) -> Result<Answered> {
        let asked = Answer::from(answer);
        let act = Act::Summary(asked);
        let demographics = self.in_context(attempt, key).await?;
        let patient = demographics.of();
        // Whatever is answered: without these two nothing may be asked.
        attempt.so_far(Act::Ask)?;
        let problems = answer.problems(uk_date(self.clock.now()));
        if !problems.is_empty() {
            return Err(Kind::Invalid(problems).into());
        }
        let referral = self.referral(&attempt.actor, patient).await?;
        attempt.vouched = referral.as_ref().and_then(Referral::vouches);
        attempt.detail = described(answer, attempt.vouched);
        attempt.facts.fingerprint = attempt.caller.stepped_up(self.clock.now()).is_ok();
        attempt.so_far(act)?;
        attempt.reason = answer.written().map(str::to_owned);
        // Whatever else stands in the way: a refusal tells nothing of the record.
        if asked == Answer::Declined {
            attempt.decided(act)?;
            return Ok(Answered {
                demographics,
                opened: None,
            });
        }
        let ask: Permit<AskSummary> = attempt.permit(patient)?;
        let whole = self.national.demographics.patient(&demographics).await?;
        let restricted = whole.restricted;
        // What the organisation has shown was looked at above, and what the team recorded.
        let role = attempt.role()?;
        let gate = self
            .behind(Gate::of_role(role), role, restricted, &ask)
            .await?;
        attempt.facts.restricted = Some(restricted);
        attempt.facts.availability = match asked {
            // Whether there is one, whatever the patient chose.
            Answer::Legal => gate.overridden,
            Answer::Agreed | Answer::Standing | Answer::Emergency | Answer::Declined => {
                gate.availability
            }
        };
        attempt.facts.standing = Some(gate.standing.is_some());
        attempt.decided(act)?;
        Ok(Answered {
            demographics,
            opened: Some(Opened {
                patient: whole.as_shown(),
                summary: attempt.permit(patient)?,
            }),
        })
    }

    /// The context of the key belongs to this session, role and tab, and the role may open records.
    async fn in_context(
        &self,
        attempt: &mut Attempt<'_>,
        key: ContextKey,
    ) -> Result<Permit<ViewDemographics>> {
        attempt.actor.context = Some(key.context);
        self.look_at_organisation(attempt).await?;
        // What the role lacks for the rest is told once it is known whose record it is.
        attempt.so_far(Act::Read)?;
        let checked = self
            .contexts
            .check(key, attempt.person, attempt.role()?)
            .await;
        attempt.facts.patient = match &checked {
            Ok(_) => Some(true),
            Err(Failure::Refused(Kind::ContextClosed)) => Some(false),
            Err(_) => None,
        };
        let patient = checked?;
        attempt.patient = Some(patient);
        attempt.permit(patient)
    }

    /// Records that it was allowed, and gives it out; or records that it was not.
    async fn settle<T>(&self, attempt: &Attempt<'_>, granted: Result<T>) -> Result<T> {
        let granted = self.or_refused(attempt, granted).await?;
        self.audit.record(attempt.entry(Outcome::Allowed)).await?;
        Ok(granted)
    }

    async fn or_refused<T>(&self, attempt: &Attempt<'_>, granted: Result<T>) -> Result<T> {
        match granted {
            Ok(granted) => Ok(granted),
            // Once is enough.
            Err(failure) if attempt.told => Err(failure),
            Err(failure) => {
                self.audit
                    .record(unsuccessful(attempt.entry(Outcome::Refused), &failure))
                    .await?;
                Err(failure)
            }
        }
    }

    /// Records, where something that was allowed then did not work, that it was not shown.
    ///
    /// # Errors
    /// The failure itself, or `Audit`.
    pub async fn shown<R, T>(
        &self,
        permit: &Permit<R>,
        action: Action,
        read: Result<T>,
    ) -> Result<T>
    where
        R: Right<Of = NhsNumber>,
    {
        if let Err(failure) = &read {
            self.audit
                .record(unsuccessful(
                    after(permit, action, Outcome::Failed),
                    failure,
                ))
                .await?;
        }
        read
    }

    /// Records what became of a change, with what `detail` tells of it.
    ///
    /// # Errors
    /// As [`Access::shown`].
    pub async fn done<R, T>(
        &self,
        permit: &Permit<R>,
        action: Action,
        change: Result<T>,
        detail: impl FnOnce(&T) -> Value,
    ) -> Result<T>
    where
        R: Right<Of = NhsNumber>,
    {
        let done = self.shown(permit, action, change).await?;
        self.audit
            .record(after(permit, action, Outcome::Done).with(detail(&done)))
            .await?;
        Ok(done)
    }

    /// Records that a search was refused after all, or failed.
    ///
    /// # Errors
    /// `Audit`.
    pub async fn not_answered(
        &self,
        permit: &Permit<FindPatients>,
        asked: Value,
        failure: &Failure,
    ) -> Result<()> {
        let entry =
            Entry::new(permit.actor().clone(), Action::Search, Outcome::Refused).with(asked);
        self.audit.record(unsuccessful(entry, failure)).await
    }
}

/// In the detail of an entry: the answer says what the flag says.
const ADJUSTMENTS: &str = "adjustments";
/// In the detail of an entry: the answer tells whether there is a summary, and what stands before it.
const SUMMARY_GATE: &str = "summary-gate";

/// An entry that follows the one with which the permit was given.
fn after<R: Right<Of = NhsNumber>>(permit: &Permit<R>, action: Action, outcome: Outcome) -> Entry {
    Entry::new(permit.actor().clone(), action, outcome).on([permit.of()])
}

/// The role and its care setting allow the permission question.
fn may_ask(role: &RoleAssignment) -> bool {
    role.allows(Activity::ViewSummary) && role.organisation.setting.approved_for_summary()
}

/// The entry with what stood in the way.
fn unsuccessful(entry: Entry, failure: &Failure) -> Entry {
    let kind = failure.kind();
    let mut entry = entry.failing(failure);
    let why = match &kind {
        Kind::RoleForbids(activity) => json!({ "why": "RoleForbids", "activity": activity }),
        Kind::NotReady(missing) => json!({ "why": "NotReady", "missing": missing }),
        Kind::SummaryClosed(closed) => json!({ "why": "SummaryClosed", "closed": closed }),
        // What was wrong could quote what was typed.
        Kind::Invalid(_) => json!({ "why": "Invalid" }),
        other => json!({ "why": format!("{other:?}") }),
    };
    if let (Value::Object(detail), Value::Object(why)) = (&mut entry.detail, why) {
        detail.extend(why);
    }
    entry
}

/// The role includes that activity.
///
/// # Errors
/// `RoleForbids`.
pub(crate) fn includes(role: &RoleAssignment, activity: Activity) -> Result<()> {
    if role.allows(activity) {
        Ok(())
    } else {
        Err(Kind::RoleForbids(activity).into())
    }
}

/// What a look at the summary rests on after that answer. A refusal gives no ground.
fn ground(answer: &PermissionAnswer) -> (Option<Ground>, Option<ReasonCode>) {
    match answer {
        PermissionAnswer::Agreed { .. } => (Some(Ground::Agreed), None),
        PermissionAnswer::Standing => (Some(Ground::Standing), None),
        PermissionAnswer::Emergency { .. } => {
            (Some(Ground::Emergency), Some(ReasonCode::Emergency))
        }
        PermissionAnswer::Legal { ground, .. } => {
            let code = match ground {
                LegalGround::PublicInterest => ReasonCode::PublicInterest,
                LegalGround::Statute => ReasonCode::Statute,
                LegalGround::CourtOrder => ReasonCode::CourtOrder,
            };
            (Some(Ground::Legal), Some(code))
        }
        PermissionAnswer::Declined => (None, None),
    }
}

/// What the relationship rests on, as the audit has it.
fn relationship(vouched: Option<ReferralKind>) -> &'static str {
    vouched.map_or("self-claimed", ReferralKind::code)
}

/// The answer as the audit has it, with what the relationship rests on; the reason stands in its own
/// field.
fn described(answer: &PermissionAnswer, vouched: Option<ReferralKind>) -> Value {
    let relationship = relationship(vouched);
    match answer {
        PermissionAnswer::Agreed { scope, duration } => {
            let until = match duration {
                Duration::ThisView => None,
                Duration::Until(date) => Some(*date),
            };
            json!({ "answer": "agreed", "scope": scope, "until": until, "relationship": relationship })
        }
        PermissionAnswer::Standing => {
            json!({ "answer": "standing", "relationship": relationship })
        }
        PermissionAnswer::Emergency { .. } => {
            json!({ "answer": "emergency", "relationship": relationship })
        }
        PermissionAnswer::Legal { .. } => json!({ "answer": "legal" }),
        PermissionAnswer::Declined => json!({ "answer": "declined" }),
    }
}

/// The permission that the answer gives for later days.
fn ahead(answer: &PermissionAnswer) -> Option<(Scope, Date)> {
    match answer {
        PermissionAnswer::Agreed {
            scope,
            duration: Duration::Until(until),
        } => Some((*scope, *until)),
        PermissionAnswer::Agreed {
            duration: Duration::ThisView,
            ..
        }
        | PermissionAnswer::Standing
        | PermissionAnswer::Emergency { .. }
        | PermissionAnswer::Legal { .. }
        | PermissionAnswer::Declined => None,
    }
}

fn scope_code(scope: Scope) -> &'static str {
    match scope {
        Scope::Me => "me",
        Scope::Team => "team",
    }
}
