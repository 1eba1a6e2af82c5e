//! What organisations have to show before their staff may use the service: behind
//! `app::api::readiness`.
//!
//! | act                     | needs | whose                          | more                                |
//! |-------------------------|-------|--------------------------------|-------------------------------------|
//! | see the checklist       | L0001 | one's own organisation         |                                     |
//! | save a step             | L0001 | one's own organisation         | not approved yet; officer registered |
//! | see what waits          | L0002 | every organisation             |                                     |
//! | approve, send back      | L0002 | none that one has to do with † | a fingerprint; not changed since    |
//!
//! † In any of one's roles, not only the one that is in use: a role there, or where the organisation is
//! registered, now or in the last 12 months; or an entry in any version of any step.
//!
//! What is closed meanwhile stands in the table of decisions (`access::decision`).

mod checklists;

pub use checklists::Checklists;

use crate::access::{ApproveOrganisations, CompleteReadiness, Permit};
use crate::audit::Action;
use crate::caller::Caller;
use crate::failure::Result;
use crate::services::Services;
use app::api::readiness::{Application, ApplicationKey, Checklist, Done, Saved, StepView};
use app::ports;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use checklists::{Kept, Waiting};
use domain::FieldError;
use domain::alert::checked_note;
use domain::clock::uk_date;
use domain::readiness::{Readiness, State, Step, StepForm, Verdict};
use domain::role::Organisation;
use jiff::civil::Date;
use serde_json::{Value, json};

/// The port of one request.
pub struct ReadinessPort {
    services: Services,
    caller: Caller,
}

impl ReadinessPort {
    /// For that caller.
    pub fn new(services: Services, caller: Caller) -> Self {
        Self { services, caller }
    }

    fn today(&self) -> Date {
        uk_date(self.services.clock.now())
    }

    /// The organisation in whose role the caller works.
    fn organisation(&self) -> Result<&Organisation> {
        Ok(&self.caller.in_role()?.1.organisation)
    }

    async fn list(&self) -> Result<Checklist> {
        let permit = self
            .services
            .access
            .to_complete_readiness(&self.caller, Action::ViewReadiness, json!({}))
            .await?;
        self.list_with(&permit).await
    }

    async fn list_with(&self, permit: &Permit<CompleteReadiness>) -> Result<Checklist> {
        let Services { checklists, .. } = &self.services;
        let organisation = self.organisation()?.clone();
        let kept = checklists.kept(&organisation.ods).await?;
        let today = self.today();
        let readiness = Readiness {
            setting: organisation.setting,
            written: kept.iter().map(|kept| kept.written.clone()).collect(),
        };
        let steps = readiness
            .steps()
            .map(|step| {
                let kept = kept.iter().find(|kept| kept.written.step == step);
                step_view(step, readiness.state(step, today), kept)
            })
            .collect();
        Ok(Checklist {
            steps,
            officers: checklists.officers(permit, &organisation.ods).await?,
            closures: readiness.closures(today),
            expiry: readiness.expiry_notice(today),
            organisation,
        })
    }

    async fn save(&self, step: Step, base: u32, form: &StepForm) -> Result<Saved> {
        let Services { access, .. } = &self.services;
        let detail = json!({ "step": step, "base": base });
        let permit = access
            .to_complete_readiness(&self.caller, Action::SaveReadiness, detail)
            .await?;
        let saved = self.saved(&permit, step, base, form).await;
        let result = match &saved {
            Ok(Saved::Saved(_)) => "saved",
            Ok(Saved::Changed(_)) => "changed by another",
            Err(_) => "not saved",
        };
        let detail = json!({ "step": step, "base": base, "result": result });
        access
            .stepped(&permit, Action::SaveReadiness, None, detail, saved)
            .await
    }

    async fn saved(
        &self,
        permit: &Permit<CompleteReadiness>,
        step: Step,
        base: u32,
        form: &StepForm,
    ) -> Result<Saved> {
        let Services {
            checklists, clock, ..
        } = &self.services;
        let organisation = self.organisation()?;
        if !step.offered_in(organisation.setting) {
            return Err(Kind::NotFound.into());
        }
        let evidence = form.check(step, self.today()).map_err(Kind::Invalid)?;
        let before = self.list_with(permit).await?;
        if let Some(problem) = in_the_way(step, &before) {
            return Err(Kind::Invalid(vec![problem]).into());
        }
        let saved = checklists
            .save(permit, &organisation.ods, step, base, evidence, clock.now())
            .await?;
        let after = self.list_with(permit).await?;
        Ok(if saved {
            Saved::Saved(after)
        } else {
            Saved::Changed(after)
        })
    }

    async fn waiting(&self) -> Result<Vec<Application>> {
        let Services {
            access, checklists, ..
        } = &self.services;
        let permit = access
            .to_see_applications(&self.caller, Action::ViewApplications)
            .await?;
        let mut applications = Vec::new();
        for waiting in checklists.waiting(&permit).await? {
            let Kept { written, .. } = &waiting.kept;
            applications.push(Application {
                step: written.step,
                version: written.version,
                evidence: written.evidence.clone(),
                entered: Done {
                    by: written.entered_by.clone(),
                    at: written.entered_at,
                },
                may_decide: self.may_decide(&permit, &waiting).await?,
                organisation: waiting.organisation,
            });
        }
        Ok(applications)
    }

    /// Nobody decides on an organisation that they have to do with.
    async fn may_decide(
        &self,
        permit: &Permit<ApproveOrganisations>,
        waiting: &Waiting,
    ) -> Result<bool> {
        let Services {
            checklists, clock, ..
        } = &self.services;
        let person = self.caller.signed_in()?.person;
        let ods = &waiting.organisation.ods;
        let tied = checklists.is_tied(permit, person, ods, clock.now()).await?;
        Ok(!tied)
    }

    async fn decide(
        &self,
        key: &ApplicationKey,
        action: Action,
        verdict: Result<Verdict, FieldError>,
    ) -> Result<Vec<Application>> {
        let Services {
            access,
            checklists,
            clock,
            ..
        } = &self.services;
        let detail = described(key);
        let permit = access
            .to_decide_application(&self.caller, action, detail.clone())
            .await?;
        let decided = async {
            let waiting = checklists.waiting(&permit).await?;
            let Some(waiting) = waiting.into_iter().find(|waiting| waiting.is(key)) else {
                return match &verdict {
                    Ok(verdict) if checklists.was_decided(&permit, key, verdict).await? => Ok(()),
                    _ => Err(Kind::NotFound.into()),
                };
            };
            if !self.may_decide(&permit, &waiting).await? {
                let message = "Another approver has to decide: you have or had a role in this organisation, or where it is registered, or entered what it shows";
                return Err(Kind::Invalid(vec![FieldError::new("decision", message)]).into());
            }
            let verdict = verdict.map_err(|problem| Kind::Invalid(vec![problem]))?;
            if checklists.decide(&permit, waiting, verdict, clock.now()).await? {
                Ok(())
            } else {
                Err(Kind::NotFound.into())
            }
        }
        .await;
        access
            .stepped(&permit, action, None, detail, decided)
            .await?;
        self.waiting().await
    }
}

fn described(key: &ApplicationKey) -> Value {
    json!({ "organisation": key.organisation, "step": key.step, "version": key.version })
}

fn step_view(step: Step, state: State, kept: Option<&Kept>) -> StepView {
    StepView {
        step,
        version: kept.map_or(0, |kept| kept.written.version),
        state,
        evidence: kept.map(|kept| kept.written.evidence.clone()),
        entered: kept.map(|kept| Done {
            by: kept.written.entered_by.clone(),
            at: kept.written.entered_at,
        }),
        decided: kept.and_then(|kept| kept.decided.clone()),
    }
}

/// What keeps a step from being saved, whatever is typed. What was approved stays as it was approved: to
/// enter it anew would close the organisation until it is approved again.
fn in_the_way(step: Step, before: &Checklist) -> Option<FieldError> {
    let done = before
        .step(step)
        .is_some_and(|view| view.state == State::Done);
    if step.approved_nationally() && done {
        let message = "This step has been approved, and cannot be changed";
        return Some(FieldError::new("evidence", message));
    }
    if step == Step::PrivacyOfficer && before.officers.is_empty() {
        let message = "Ask your Registration Authority to give someone the privacy officer's role (B0015 and B0016) first";
        return Some(FieldError::new("evidence", message));
    }
    None
}

#[async_trait]
impl ports::Readiness for ReadinessPort {
    async fn checklist(&self) -> Result<Checklist, Problem> {
        self.told(self.list().await)
    }

    async fn save(&self, step: Step, base: u32, form: StepForm) -> Result<Saved, Problem> {
        self.told(self.save(step, base, &form).await)
    }

    async fn applications(&self) -> Result<Vec<Application>, Problem> {
        self.told(self.waiting().await)
    }

    async fn approve(&self, application: ApplicationKey) -> Result<Vec<Application>, Problem> {
        let verdict = Ok(Verdict::Approved);
        self.told(
            self.decide(&application, Action::ApproveReadiness, verdict)
                .await,
        )
    }

    async fn send_back(
        &self,
        application: ApplicationKey,
        reason: String,
    ) -> Result<Vec<Application>, Problem> {
        let verdict =
            checked_note("reason", &reason, true).map(|reason| Verdict::SentBack { reason });
        self.told(
            self.decide(&application, Action::SendBackReadiness, verdict)
                .await,
        )
    }
}

impl ReadinessPort {
    fn told<T>(&self, done: Result<T>) -> Result<T, Problem> {
        done.map_err(|failure| failure.at_boundary(self.caller.correlation))
    }
}
