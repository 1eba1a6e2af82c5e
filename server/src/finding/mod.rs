//! Finding a patient, and choosing one: behind `app::api::finding`.

use crate::access::{FindPatients, Held, Permit};
use crate::caller::Caller;
use crate::failure::Result;
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
use domain::patient::Patient;
use domain::search::{
    DateRange, MatchedOn, NamePattern, PatientMatch, PatientQuery, SearchForm, SearchOutcome,
    best_first,
};
use jiff::civil::Date;
use serde_json::{Value, json};

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
        let Services { access, clock, .. } = &self.services;
        let today = uk_date(clock.now());
        let checked = form.check(today);
        let asked = asked(form, checked.as_ref().ok());
        let permit = access
            .to_find(&self.caller, form.kind(), asked.clone())
            .await?;
        // The audit does not need every slip of a key: nobody was looked for.
        let query = checked.map_err(Kind::Invalid)?;
        let held = match self.look_for(&permit, query, today).await {
            Ok(held) => held,
            Err(failure) => {
                access.not_answered(&permit, asked, &failure).await?;
                return Err(failure);
            }
        };
        let detail = |outcome: &SearchOutcome| {
            let ended = match outcome {
                SearchOutcome::Found { .. } => "found",
                SearchOutcome::TooMany => "too-many",
                SearchOutcome::Nobody => "nobody",
            };
            let mut detail = asked;
            if let Value::Object(detail) = &mut detail {
                detail.insert("ended".to_owned(), ended.into());
            }
            detail
        };
        access.release(&permit, held, detail).await
    }

    async fn look_for(
        &self,
        permit: &Permit<FindPatients>,
        query: PatientQuery,
        today: Date,
    ) -> Result<Held<SearchOutcome>> {
        let Services {
            national, visits, ..
        } = &self.services;
        let demographics = &national.demographics;
        let listed = visits.numbers(permit.actor()).await?;
        let matched = |patient: &Patient, on| PatientMatch {
            on_visit_list: listed.contains(&patient.nhs_number),
            ..PatientMatch::of(patient, on, today)
        };
        match query {
            PatientQuery::NhsNumber(number) => Ok(demographics
                .by_number(permit, number)
                .await?
                .map(|found| match found {
                    None => SearchOutcome::Nobody,
                    Some(patient) => SearchOutcome::Found {
                        superseded: patient.nhs_number != number,
                        matches: vec![matched(&patient, MatchedOn::Current)],
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
                                .map(|(patient, on)| matched(patient, *on))
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
        let context = ContextId(new_id(clock.as_ref()));
        let permit = access.to_open(&self.caller, number, context).await?;
        let (person, role) = self.caller.in_role()?;
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
            access.closed(&self.caller, patient, key.context).await?;
        }
        Ok(())
    }

    fn told<T>(&self, result: Result<T>) -> Result<T, Problem> {
        result.map_err(|failure| failure.at_boundary(self.caller.correlation))
    }
}

/// What was searched for, for the audit: the criteria are there once the form is right, so that
/// they are as short as what a search may hold.
fn asked(form: &SearchForm, query: Option<&PatientQuery>) -> Value {
    let widened = matches!(form, SearchForm::Advanced(form) if form.widen);
    let mut asked = json!({ "by": form.kind().slug(), "widened": widened });
    if let (Value::Object(asked), Some(query)) = (&mut asked, query) {
        asked.insert("criteria".to_owned(), criteria(query));
    }
    asked
}

fn criteria(query: &PatientQuery) -> Value {
    let details = match query {
        PatientQuery::NhsNumber(number) => return json!({ "nhs-number": number }),
        PatientQuery::Details(details) => details,
    };
    let name = |name: &Option<NamePattern>| name.as_ref().map(|name| name.typed().to_owned());
    let days = |range: Option<DateRange>| range.map(|range| format!("{}/{}", range.from, range.to));
    let criteria = [
        (
            "gender",
            details.gender.map(|gender| gender.code().to_owned()),
        ),
        ("family", name(&details.family)),
        ("given", name(&details.given)),
        ("birth", days(details.birth)),
        (
            "postcode",
            details.postcode.as_ref().map(|code| code.key().to_owned()),
        ),
        ("death", days(details.death)),
    ];
    criteria
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
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
