//! What people take along to where there is no signal, and what comes back: behind
//! `app::api::offline`.

mod sealing;
mod vaults;
mod visits;

pub use sealing::Sealing;
pub use vaults::{
    Aside, DeliveredEntries, HAND_OVER, MOST_ENTRIES, UNREADABLE, VaultRow, Vaults,
    code as break_code,
};
pub use visits::{VisitRow, Visits};

use crate::access::{Along, OverviewPermits, TakenAlong};
use crate::audit::Action;
use crate::caller::Caller;
use crate::failure::{Failure, Result};
use crate::records::Reading;
use crate::services::Services;
use crate::web::rate_limit::Whom;
use app::api::ContextKey;
use app::api::finding::Origin;
use app::api::offline::{
    Delivery, Sealed, SealedChange, SealedEntry, SealedOutcome, Standing, TakeSummary,
    TakenSummary, Visit, VisitLine,
};
use app::ports::Offline;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::NhsNumber;
use domain::adjustment::AdjustmentRecord;
use domain::clock::uk_date;
use domain::command::Receipt;
use domain::device_log::{LogEntry, LogHead};
use domain::ids::{VaultId, VisitId};
use jiff::Timestamp;
use serde_json::json;
use std::net::IpAddr;
use uuid::Uuid;

/// The most vaults that one call asks about: more than share any device.
pub const MOST_VAULTS: usize = 20;

/// The port of one request.
pub struct OfflinePort {
    services: Services,
    caller: Caller,
    address: IpAddr,
}

impl OfflinePort {
    /// For that caller, whose request comes from that address.
    pub fn new(services: Services, caller: Caller, address: IpAddr) -> Self {
        Self {
            services,
            caller,
            address,
        }
    }

    async fn add(&self, number: NhsNumber) -> Result<VisitLine> {
        let Services { access, visits, .. } = &self.services;
        let Along { take, overview, .. } = access.to_add_visit(&self.caller, number).await?;
        let added = async {
            let row = visits.add(&take).await?;
            self.line(row.id, row.added_at, &overview).await
        }
        .await;
        access.shown(&take, Action::AddVisit, added).await
    }

    async fn list(&self) -> Result<Vec<VisitLine>> {
        let Services { access, .. } = &self.services;
        let visits = access.to_list_visits(&self.caller).await?;
        let read = async {
            let mut lines = Vec::with_capacity(visits.len());
            for (row, permits) in &visits {
                lines.push(self.line(row.id, row.added_at, permits).await?);
            }
            Ok(lines)
        }
        .await;
        access.listed(&self.caller, read).await
    }

    async fn line(
        &self,
        visit: VisitId,
        added_at: Timestamp,
        permits: &OverviewPermits,
    ) -> Result<VisitLine> {
        let Services { access, clock, .. } = &self.services;
        let patient = self.reading().patient(&permits.demographics).await?;
        Ok(VisitLine {
            visit,
            banner: patient.banner(uk_date(clock.now())),
            added_at,
            gate: access.gate(permits, patient.restricted).await?,
        })
    }

    async fn remove(&self, visit: VisitId) -> Result<()> {
        let Services { access, visits, .. } = &self.services;
        let (person, role) = self.caller.in_role()?;
        if let Some(patient) = visits.remove(visit, person.person, role.id).await? {
            access.visit_removed(&self.caller, patient).await?;
        }
        Ok(())
    }

    async fn take(&self, visit: VisitId, asked: TakeSummary) -> Result<Visit> {
        let Services { access, clock, .. } = &self.services;
        let TakenAlong { along, summary } =
            access.to_take_visit(&self.caller, visit, asked).await?;
        let reading = self.reading();
        let read = async {
            let permits = &along.overview;
            let opened = match &summary {
                Some(permit) => Some(reading.summary(permit).await?),
                None => None,
            };
            let patient = reading.patient(&permits.demographics).await?;
            let now = clock.now();
            Ok(Visit {
                visit,
                taken_at: now,
                until: now + along.keep,
                overview: reading.overview(permits, patient).await?,
                adjustments: reading.adjustments(permits).await?,
                summary: match (opened, asked) {
                    (Some(opened), TakeSummary::Agreed) => TakenSummary::Agreed(opened),
                    (Some(opened), TakeSummary::AskAtTheDoor) => TakenSummary::AskAtTheDoor(opened),
                    (Some(_), TakeSummary::Without) | (None, _) => TakenSummary::Without,
                },
            })
        }
        .await;
        access.shown(&along.take, Action::TakeAlong, read).await
    }

    async fn open(&self, visit: VisitId, key: ContextKey) -> Result<()> {
        let Services {
            access, contexts, ..
        } = &self.services;
        let permit = access.to_open_visit(&self.caller, visit).await?;
        let (person, role) = self.caller.in_role()?;
        let opened = contexts
            .open(
                key.context,
                person,
                role,
                key.tab,
                permit.of(),
                Origin::Visit,
            )
            .await;
        access.shown(&permit, Action::OpenPatient, opened).await
    }

    async fn carry_out(&self, delivery: &Delivery) -> Result<Receipt<AdjustmentRecord>> {
        let Services {
            access,
            clock,
            national,
            ..
        } = &self.services;
        let Delivery { target, command } = delivery;
        let permit = access.to_deliver(&self.caller, *target, command).await?;
        let done = national.flags.apply(&permit, command, clock.now()).await;
        let detail = |receipt: &Receipt<AdjustmentRecord>| {
            let (result, version) = match receipt {
                Receipt::Applied(record) => ("applied", record.version),
                Receipt::Conflict(record) => ("conflict", record.version),
            };
            json!({ "command": command.id, "result": result, "version": version })
        };
        access
            .done(&permit, Action::ChangeAdjustments, done, detail)
            .await
    }

    async fn unseal(&self, sealed: &SealedChange) -> Result<SealedOutcome> {
        let Services {
            access, sealing, ..
        } = &self.services;
        let person = self.caller.signed_in()?;
        let chosen = person.role.as_ref();
        let refused = |why| access.sealed_refused(&self.caller, sealed.id, why);
        let opened = sealing.open(sealed).await?;
        if chosen.is_none() {
            // Without a role nothing is carried out, and nothing is told but that a role has ended.
            return self.of_ended_role(sealed, opened).await;
        }
        let Some(inside) = opened else {
            refused("Unreadable").await?;
            return Ok(SealedOutcome::Unreadable);
        };
        if inside.person != person.person {
            refused("NotYours").await?;
            return Ok(SealedOutcome::NotYours);
        }
        let made_in = match inside.role {
            Some(role) => Some(role),
            // Sealed by an app that did not say: the choice of the patient does.
            None => {
                access
                    .role_of(person.person, inside.delivery.target)
                    .await?
            }
        };
        let elsewhere = made_in.filter(|made_in| chosen.is_none_or(|role| role.id != *made_in));
        if let Some(made_in) = elsewhere {
            let theirs = access.has_role(person.person, made_in).await?;
            refused(if theirs { "OtherRole" } else { "RoleEnded" }).await?;
            let (delivery, queue) = (inside.delivery, inside.queue);
            return Ok(if theirs {
                SealedOutcome::OtherRole {
                    delivery,
                    role: made_in,
                    queue,
                }
            } else {
                SealedOutcome::Refused {
                    delivery,
                    problem: Failure::from(Kind::NoRole).at_boundary(self.caller.correlation),
                    role: Some(made_in),
                    queue,
                }
            });
        }
        let (role, queue) = (made_in, inside.queue);
        match self.carry_out(&inside.delivery).await {
            Ok(receipt) => Ok(SealedOutcome::Delivered {
                delivery: inside.delivery,
                receipt,
                role,
                queue,
            }),
            // What may pass is not the end of the change: the device keeps it.
            Err(failure) if Problem::new(failure.kind()).retryable() => Err(failure),
            Err(failure) => Ok(SealedOutcome::Refused {
                delivery: inside.delivery,
                problem: failure.at_boundary(self.caller.correlation),
                role,
                queue,
            }),
        }
    }

    /// What someone who has not chosen a role is told of a sealed change.
    async fn of_ended_role(
        &self,
        sealed: &SealedChange,
        opened: Option<Sealed>,
    ) -> Result<SealedOutcome> {
        let access = &self.services.access;
        let person = self.caller.signed_in()?.person;
        let theirs = opened.filter(|inside| inside.person == person);
        let inside = theirs.ok_or(Kind::NoRole)?;
        let made_in = inside.role.ok_or(Kind::NoRole)?;
        if access.has_role(person, made_in).await? {
            return Err(Kind::NoRole.into());
        }
        access
            .sealed_refused(&self.caller, sealed.id, "RoleEnded")
            .await?;
        Ok(SealedOutcome::Refused {
            delivery: inside.delivery,
            problem: Failure::from(Kind::NoRole).at_boundary(self.caller.correlation),
            role: Some(made_in),
            queue: inside.queue,
        })
    }

    async fn register(&self) -> Result<VaultId> {
        let Services {
            access,
            clock,
            vaults,
            ..
        } = &self.services;
        let id = VaultId(Uuid::new_v4());
        let (role, passkey) = access
            .to_register_vault(&self.caller, &vaults::key(id))
            .await?;
        let person = self.caller.signed_in()?.person;
        let now = clock.now();
        vaults.add(id, person, &role, passkey, now).await?;
        Ok(id)
    }

    /// A vault that this service does not know, such as after an older copy of its database was put
    /// back. Its log goes on where the device is: what is missing before that shows as a gap.
    async fn register_again(&self, id: VaultId) -> Result<()> {
        let Services { access, vaults, .. } = &self.services;
        let (role, passkey, since) = access
            .to_register_vault_again(&self.caller, &vaults::key(id))
            .await?;
        let person = self.caller.signed_in()?.person;
        // One that is there stays whose it is, and nobody is told that it is there.
        vaults.add(id, person, &role, passkey, since).await
    }

    /// Entries that the device could only keep sealed, also where nobody is signed in: the id of the
    /// vault, which nobody can guess, is the right to bring them.
    async fn bring_sealed(&self, id: VaultId, entries: &[SealedEntry], last: bool) -> Result<u64> {
        let Services {
            access,
            sealing,
            standing_limit,
            ..
        } = &self.services;
        let session = self.caller.signed_in.as_ref().map(|caller| caller.session);
        standing_limit.take(&Whom::of(session, self.address))?;
        let entries = entries.get(..MOST_ENTRIES).unwrap_or(entries);
        let mut opened = Vec::with_capacity(entries.len());
        for entry in entries {
            opened.push((entry, sealing.open_entry(id, entry).await?));
        }
        access
            .bring_sealed_log(&self.caller, id, opened, last)
            .await
    }

    async fn standing(&self, ids: &[VaultId]) -> Result<Vec<Standing>> {
        let Services {
            standing_limit,
            vaults,
            ..
        } = &self.services;
        let session = self.caller.signed_in.as_ref().map(|caller| caller.session);
        standing_limit.take(&Whom::of(session, self.address))?;
        if ids.len() > MOST_VAULTS {
            return Err(Kind::TooMany.into());
        }
        vaults.standing(ids).await
    }

    fn reading(&self) -> Reading<'_> {
        Reading::of(&self.services)
    }

    fn told<T>(&self, result: Result<T>) -> Result<T, Problem> {
        result.map_err(|failure| failure.at_boundary(self.caller.correlation))
    }
}

#[async_trait]
impl Offline for OfflinePort {
    async fn add_visit(&self, nhs_number: NhsNumber) -> Result<VisitLine, Problem> {
        self.told(self.add(nhs_number).await)
    }

    async fn visits(&self) -> Result<Vec<VisitLine>, Problem> {
        self.told(self.list().await)
    }

    async fn remove_visit(&self, visit: VisitId) -> Result<(), Problem> {
        self.told(self.remove(visit).await)
    }

    async fn take_visit(&self, visit: VisitId, summary: TakeSummary) -> Result<Visit, Problem> {
        self.told(self.take(visit, summary).await)
    }

    async fn open_visit(&self, visit: VisitId, key: ContextKey) -> Result<(), Problem> {
        self.told(self.open(visit, key).await)
    }

    async fn deliver(&self, delivery: Delivery) -> Result<Receipt<AdjustmentRecord>, Problem> {
        self.told(self.carry_out(&delivery).await)
    }

    async fn deliver_sealed(&self, sealed: SealedChange) -> Result<SealedOutcome, Problem> {
        self.told(self.unseal(&sealed).await)
    }

    async fn register_vault(&self) -> Result<VaultId, Problem> {
        self.told(self.register().await)
    }

    async fn register_vault_again(&self, vault: VaultId) -> Result<(), Problem> {
        self.told(self.register_again(vault).await)
    }

    async fn deliver_sealed_log(
        &self,
        vault: VaultId,
        entries: Vec<SealedEntry>,
        last: bool,
    ) -> Result<u64, Problem> {
        self.told(self.bring_sealed(vault, &entries, last).await)
    }

    async fn vault_standing(&self, vaults: Vec<VaultId>) -> Result<Vec<Standing>, Problem> {
        self.told(self.standing(&vaults).await)
    }

    async fn deliver_log(
        &self,
        vault: VaultId,
        entries: Vec<LogEntry>,
    ) -> Result<LogHead, Problem> {
        let access = &self.services.access;
        self.told(access.bring_log(&self.caller, vault, &entries).await)
    }
}
