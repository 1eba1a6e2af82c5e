//! Finding a patient, and choosing one: behind `app::api::finding`.

mod limit;

pub use limit::{SearchLimit, USUAL_LIMIT};

use crate::access::{FindPatients, Held, Permit};
use crate::caller::Caller;
use crate::failure::{Failure, Result};
use crate::identity::new_id;
use crate::national::Found;
use crate::services::Services;
use app::api::ContextKey;
use app::api::finding::Origin;
use app::ports::Finding;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::NhsNumber;
use domain::clock::uk_date;
use domain::ids::{ContextId, TabId};
use domain::search::{
    MatchedOn, PatientMatch, PatientQuery, SearchForm, SearchOutcome, best_first,
};
use jiff::civil::Date;
use serde_json::json;

/// The port of one request.
pub struct FindingPort {
    services: Services,
    caller: Caller,
}

impl FindingPort {
    /// For that caller.
    pub fn new(services: Services, caller: Caller) -> Self {
        Self { services, caller }
    }

    async fn find(&self, form: &SearchForm) -> Result<SearchOutcome> {
        let Services {
            access,
            clock,
            searches,
            ..
        } = &self.services;
        let kind = form.kind();
        let permit = access.to_find(&self.caller, kind).await?;
        let now = clock.now();
        if let Err(limited) = searches.take(permit.actor().person, now) {
            let failure = Failure::from(Kind::TooMany);
            if limited.first {
                access.not_answered(&permit, kind, &failure).await?;
            }
            return Err(failure);
        }
        let today = uk_date(now);
        // The audit does not need every slip of a key: nobody was looked for.
        let query = form.check(today).map_err(Kind::Invalid)?;
        let held = match self.look_for(&permit, query, today).await {
            Ok(held) => held,
            Err(failure) => {
                access.not_answered(&permit, kind, &failure).await?;
                return Err(failure);
            }
        };
        let widened = matches!(form, SearchForm::Advanced(form) if form.widen);
        let detail = |outcome: &SearchOutcome| {
            let ended = match outcome {
                SearchOutcome::Found { .. } => "found",
                SearchOutcome::TooMany => "too-many",
                SearchOutcome::Nobody => "nobody",
            };
            json!({ "by": kind.slug(), "widened": widened, "ended": ended })
        };
        access.release(&permit, held, detail).await
    }

    async fn look_for(
        &self,
        permit: &Permit<FindPatients>,
        query: PatientQuery,
        today: Date,
    ) -> Result<Held<SearchOutcome>> {
        let demographics = &self.services.national.demographics;
        match query {
            PatientQuery::NhsNumber(number) => Ok(demographics
                .by_number(permit, number)
                .await?
                .map(|found| match found {
                    None => SearchOutcome::Nobody,
                    Some(patient) => SearchOutcome::Found {
                        superseded: patient.nhs_number != number,
                        matches: vec![PatientMatch::of(&patient, MatchedOn::Current, today)],
                    },
                })),
            PatientQuery::Details(details) => {
                Ok(demographics
                    .search(permit, &details)
                    .await?
                    .map(|found| match found {
                        Found::TooMany => SearchOutcome::TooMany,
                        Found::These(found) if found.is_empty() => SearchOutcome::Nobody,
                        Found::These(found) => {
                            let mut matches: Vec<_> = found
                                .iter()
                                .map(|(patient, on)| PatientMatch::of(patient, *on, today))
                                .collect();
                            best_first(&mut matches);
                            SearchOutcome::Found {
                                matches,
                                superseded: false,
                            }
                        }
                    }))
            }
        }
    }

    async fn open(&self, number: NhsNumber, tab: TabId, origin: Origin) -> Result<ContextId> {
        let Services {
            access,
            clock,
            contexts,
            ..
        } = &self.services;
        let permit = access.to_open(&self.caller, number).await?;
        let (person, role) = self.caller.in_role()?;
        let context = ContextId(new_id(clock.as_ref()));
        contexts
            .open(context, person, role, tab, permit.of(), origin)
            .await?;
        Ok(context)
    }

    async fn close(&self, key: ContextKey) -> Result<()> {
        let Services {
            access, contexts, ..
        } = &self.services;
        let session = self.caller.signed_in()?.session;
        if let Some(patient) = contexts.close(key, session).await? {
            access.closed(&self.caller, patient).await?;
        }
        Ok(())
    }

    fn told<T>(&self, result: Result<T>) -> Result<T, Problem> {
        result.map_err(|failure| failure.at_boundary(self.caller.correlation))
    }
}

#[async_trait]
impl Finding for FindingPort {
    async fn find(&self, form: SearchForm) -> Result<SearchOutcome, Problem> {
        self.told(self.find(&form).await)
    }

    async fn open(
        &self,
        nhs_number: NhsNumber,
        tab: TabId,
        origin: Origin,
    ) -> Result<ContextId, Problem> {
        self.told(self.open(nhs_number, tab, origin).await)
    }

    async fn close(&self, key: ContextKey) -> Result<(), Problem> {
        self.told(self.close(key).await)
    }
}
