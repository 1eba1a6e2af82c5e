//! Patients who were taken along.

use super::{Keeper, Place, read, written};
use crate::api::ContextKey;
use crate::api::offline::{TakeSummary, open_visit, take_visit};
use crate::api::records::OpenedSummary;
use crate::device::{Keep, NoVault, Shelf};
use crate::keeping::engine::NotKept;
use crate::keeping::saved::{Door, Saved};
use crate::problem::{Kind, Problem};
use domain::Sourced;
use domain::device_log::{Act, Part};
use domain::ids::{ContextId, VisitId};
use domain::permission::PermissionAnswer;
use std::rc::Rc;
use std::sync::Arc;

impl Keeper {
    /// The visit of a context, where it is one of a saved patient.
    pub(super) fn visit_of(&self, context: ContextId) -> Option<VisitId> {
        match self.places.borrow().get(&context)? {
            Place::Visit(visit, _) => Some(*visit),
            Place::Found(_) => None,
        }
    }

    pub(super) fn find_saved(&self, context: ContextId) -> Option<Arc<Saved>> {
        let place = *self.places.borrow().get(&context)?;
        let open = self.open.borrow();
        let open = open.as_ref()?;
        open.saved
            .iter()
            .find(|saved| {
                let visit = &saved.visit;
                open.vault.may_show(visit.until)
                    && match place {
                        Place::Visit(id, _) => visit.visit == id,
                        Place::Found(patient) => visit.overview.patient.nhs_number == patient,
                    }
            })
            .cloned()
    }

    pub(super) async fn take_along(
        self: Rc<Self>,
        visit: VisitId,
        summary: TakeSummary,
    ) -> Result<(), NotKept> {
        let vault = self.vault().map_err(NotKept::Device)?;
        let answer = take_visit(visit, summary).await;
        self.keeping.heard(&answer);
        let taken = match answer {
            Ok(taken) => taken,
            Err(problem) => {
                if matches!(
                    problem.kind,
                    Kind::StaysOnline | Kind::NotFound | Kind::RoleForbids(_)
                ) {
                    // What may not be saved any more does not stay.
                    let _ = self.clone().forget_saved(Some(visit)).await;
                }
                return Err(NotKept::Service(problem));
            }
        };
        vault.told(taken.taken_at);
        let until = Some(taken.until);
        let (saved, sealed) = Saved::of(taken);
        let name = visit.to_string();
        let put = |shelf, value| Keep::Put {
            shelf,
            name: name.clone(),
            value,
            expires: until,
        };
        let saved_bytes = written(&saved).map_err(NotKept::Device)?;
        let door = match sealed {
            Some(summary) => put(Shelf::Doorstep, written(&summary).map_err(NotKept::Device)?),
            None => Keep::Remove {
                shelf: Shelf::Doorstep,
                name: name.clone(),
            },
        };
        vault
            .keep(vec![put(Shelf::Visits, saved_bytes), door])
            .await
            .map_err(NotKept::Device)?;
        if let Some(open) = self.open.borrow_mut().as_mut() {
            let saved = Arc::new(saved);
            match open.saved.iter_mut().find(|one| one.visit.visit == visit) {
                Some(before) => *before = saved,
                None => open.saved.push(saved),
            }
        }
        self.changed_for_all();
        Ok(())
    }

    pub(super) async fn forget_saved(
        self: Rc<Self>,
        visit: Option<VisitId>,
    ) -> Result<(), NoVault> {
        let vault = self.vault()?;
        let shelves = [Shelf::Visits, Shelf::Doorstep];
        let changes = match visit {
            None => shelves.map(Keep::Clear).to_vec(),
            Some(visit) => shelves
                .map(|shelf| Keep::Remove {
                    shelf,
                    name: visit.to_string(),
                })
                .to_vec(),
        };
        vault.keep(changes).await?;
        if let Some(open) = self.open.borrow_mut().as_mut() {
            match visit {
                None => open.saved.clear(),
                Some(visit) => open.saved.retain(|saved| saved.visit.visit != visit),
            }
        }
        self.changed_for_all();
        Ok(())
    }

    /// The context by which the service knows this one. One that began on the device is opened there
    /// first.
    pub(super) async fn key_for_service(
        self: Rc<Self>,
        key: ContextKey,
    ) -> Result<ContextKey, Problem> {
        let place = self.places.borrow().get(&key.context).copied();
        match place {
            None | Some(Place::Found(_)) => Ok(key),
            Some(Place::Visit(_, Some(context))) => Ok(ContextKey { context, ..key }),
            Some(Place::Visit(visit, None)) => self.open_as(visit, key, key.context).await,
        }
    }

    pub(super) async fn open_again(
        self: Rc<Self>,
        visit: VisitId,
        key: ContextKey,
    ) -> Result<ContextKey, Problem> {
        let context = ContextId(self.device.new_id());
        self.open_as(visit, key, context).await
    }

    async fn open_as(
        self: Rc<Self>,
        visit: VisitId,
        key: ContextKey,
        context: ContextId,
    ) -> Result<ContextKey, Problem> {
        let known = ContextKey { context, ..key };
        open_visit(visit, known).await?;
        self.places
            .borrow_mut()
            .insert(key.context, Place::Visit(visit, Some(context)));
        Ok(known)
    }

    pub(super) async fn answer_at_the_door(
        self: Rc<Self>,
        context: ContextId,
        answer: PermissionAnswer,
    ) -> Result<Option<Sourced<OpenedSummary>>, NoVault> {
        let saved = self.find_saved(context).ok_or(NoVault::None)?;
        let visit = saved.visit.visit;
        let declined = match &answer {
            PermissionAnswer::Declined => true,
            // Only the service can say whether the law lets someone look.
            PermissionAnswer::Legal { .. } => return Err(NoVault::None),
            PermissionAnswer::Agreed { .. }
            | PermissionAnswer::Standing
            | PermissionAnswer::Emergency { .. } => false,
        };
        self.clone()
            .write_down(Act::Answered { visit, answer })
            .await?;
        if declined {
            return Ok(None);
        }
        let summary = match &saved.door {
            Door::Without => return Err(NoVault::None),
            Door::Agreed(summary) => (**summary).clone(),
            Door::Ask => {
                let bytes = self
                    .vault()?
                    .get(Shelf::Doorstep, &visit.to_string())
                    .await?
                    .ok_or(NoVault::None)?;
                read(&bytes)?
            }
        };
        let part = Part::Summary;
        self.clone().write_down(Act::Looked { visit, part }).await?;
        Ok(Some(saved.sourced(summary)))
    }
}
