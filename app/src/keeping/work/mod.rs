//! The work behind [`Engine`]: fetched after the first page.
//!
//! | what            | where it lies                     | how long                                  |
//! |-----------------|-----------------------------------|-------------------------------------------|
//! | who is working  | vault, shelf `Person`             | until the vault is wiped                  |
//! | saved patients  | vault, shelves `Visits`, `Doorstep` | as long as the service says; sign-out   |
//! | changes         | vault, shelf `Outbox`; a copy sealed to the service beside it | until they are carried out or discarded |
//! | log             | vault, shelf `Log`; a copy sealed to the service beside it | until the service has it |
//! | forms           | vault, shelf `Drafts`             | a day; until saved; sign-out              |
//! | changes, no vault | sealed to the service           | until they are carried out or discarded   |
//!
//! A vault that is wiped leaves its copies: nothing that the service does not have goes with it.

mod drafts;
mod log;
mod opening;
mod outbox;
mod sealed;
mod visits;

use super::Keeping;
use super::engine::{Engine, NotKept, Sent};
use super::saved::Saved;
use crate::api::ContextKey;
use crate::api::identity::SessionView;
use crate::api::offline::{TakeSummary, Target};
use crate::api::records::OpenedSummary;
use crate::device::{Device, Later, NoVault, Vault, Vaults};
use crate::problem::Problem;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord, Provenance};
use domain::command::Command;
use domain::device_log::{Act, Part};
use domain::ids::{CommandId, ContextId, PartId, PersonId, VisitId};
use domain::opening::Openings;
use domain::outbox::{Counts, Decision, Entry, Outbox, Overlay, Pause, Queue, overlay};
use domain::permission::PermissionAnswer;
use domain::{NhsNumber, Sourced};
use jiff::Timestamp;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};
use std::sync::Arc;

/// What the other tabs are told when something that is kept has changed.
const CHANGED: &str = "kept";
/// What the other tabs are told when someone signed out.
const SIGNED_OUT: &str = "signed-out";
/// What the service worker says when there is a network again.
const DELIVER: &str = "deliver";
/// How often screens and other tabs hear of changes that are delivered one after the other, in
/// milliseconds.
const NOW_AND_THEN: u32 = 100;
/// How long a form that is being kept is waited for before the vault is closed, in milliseconds.
const LAST_WORDS: u32 = 1_000;
/// How often is looked whether it is, in milliseconds.
const SOON: u32 = 20;

/// Whose context it is.
#[derive(Clone, Copy)]
enum Place {
    /// A saved patient's, and by which context the service knows it.
    Visit(VisitId, Option<ContextId>),
    /// A patient's who was opened with the service.
    Found(NhsNumber),
}

/// What is in memory while the vault is open.
struct Open {
    vault: Rc<dyn Vault>,
    /// What seals copies. At hand, so that what is kept is on its way at once.
    vaults: Rc<dyn Vaults>,
    person: PersonId,
    saved: Vec<Arc<Saved>>,
}

/// The engine of this page.
pub(crate) struct Keeper {
    me: Weak<Self>,
    keeping: Keeping,
    device: Rc<dyn Device>,
    open: RefCell<Option<Open>>,
    /// The changes: those of the vault, or without one those of this page.
    outbox: RefCell<Outbox<Target>>,
    /// How many changes wait in vaults of this person that are not open in this page.
    locked: Cell<usize>,
    /// Sealed changes that nobody can open any more.
    lost: RefCell<Vec<CommandId>>,
    places: RefCell<BTreeMap<ContextId, Place>>,
    openings: RefCell<Openings>,
    /// So many forms are being kept.
    keeping_drafts: Cell<usize>,
    delivering: Cell<bool>,
    /// Screens and tabs do not know yet of something that changed.
    untold: Cell<bool>,
    /// They will, in a moment.
    telling: Cell<bool>,
}

impl Keeper {
    /// The engine of this page.
    pub(crate) fn engine(keeping: Keeping) -> Option<Rc<dyn Engine>> {
        let device = keeping.device()?;
        Some(Rc::new_cyclic(|me| Self {
            me: me.clone(),
            keeping,
            device,
            open: RefCell::default(),
            outbox: RefCell::default(),
            locked: Cell::new(0),
            lost: RefCell::default(),
            places: RefCell::default(),
            openings: RefCell::default(),
            keeping_drafts: Cell::new(0),
            delivering: Cell::new(false),
            untold: Cell::new(false),
            telling: Cell::new(false),
        }))
    }

    /// Later, as long as the page is there.
    fn later<T: 'static>(
        &self,
        gone: T,
        work: impl AsyncFnOnce(Rc<Self>) -> T + 'static,
    ) -> Later<T> {
        let me = self.me.upgrade();
        Box::pin(async move {
            match me {
                Some(me) => work(me).await,
                None => gone,
            }
        })
    }

    fn soon(&self, work: impl AsyncFnOnce(Rc<Self>) + 'static) {
        spawn_local(self.later((), work));
    }

    fn vault(&self) -> Result<Rc<dyn Vault>, NoVault> {
        self.open
            .borrow()
            .as_ref()
            .map(|open| open.vault.clone())
            .ok_or(NoVault::Locked)
    }

    fn vaults(&self) -> Result<Rc<dyn Vaults>, NoVault> {
        self.open
            .borrow()
            .as_ref()
            .map(|open| open.vaults.clone())
            .ok_or(NoVault::Locked)
    }

    /// Who is signed in, by the service or by passkey.
    fn who(&self) -> Option<(PersonId, SessionView)> {
        let view = self.keeping.session().view_now();
        Some((view.signed_in.as_ref()?.person.id, view))
    }

    fn changed(&self) {
        let counts = self.outbox.borrow().counts();
        self.keeping.set_counts(Counts {
            waiting: counts.waiting + self.locked.get(),
            needs_decision: counts.needs_decision + self.lost.borrow().len(),
            ..counts
        });
        self.keeping.changed();
    }

    /// After something that other tabs have to know. While changes are being delivered, one after the
    /// other, screens and tabs look now and then.
    fn changed_for_all(&self) {
        self.untold.set(true);
        if !self.delivering.get() {
            return self.tell_now();
        }
        if !self.telling.replace(true) {
            self.soon(async move |me| {
                me.device.sleep(NOW_AND_THEN).await;
                me.telling.set(false);
                me.tell_now();
            });
        }
    }

    fn tell_now(&self) {
        if self.untold.replace(false) {
            self.changed();
            self.device.announce(CHANGED);
        }
    }
}

/// Reads what the vault gave.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NoVault> {
    serde_json::from_slice(bytes).map_err(|_| NoVault::Broken)
}

/// For the vault.
fn written<T: Serialize>(value: &T) -> Result<Vec<u8>, NoVault> {
    serde_json::to_vec(value).map_err(|_| NoVault::Broken)
}

impl Engine for Keeper {
    fn start(&self) {
        let told = self.me.clone();
        self.device.on_announced(
            CHANGED,
            Box::new(move || {
                if let Some(me) = told.upgrade() {
                    me.soon(async move |me| me.reload().await);
                }
            }),
        );
        let told = self.me.clone();
        self.device.on_announced(
            SIGNED_OUT,
            Box::new(move || {
                if let Some(me) = told.upgrade() {
                    me.shut();
                    let session = me.keeping.session();
                    session.set_kept(session.without_anyone());
                }
            }),
        );
        let told = self.me.clone();
        self.device.on_announced(
            DELIVER,
            Box::new(move || {
                if let Some(me) = told.upgrade() {
                    me.deliver();
                }
            }),
        );
        self.soon(async move |me| {
            me.clone().look().await;
            me.deliver_all().await;
        });
    }

    fn see(&self) -> Later<()> {
        self.later((), async |me| {
            me.see().await;
        })
    }

    fn connected(&self) {
        self.soon(async move |me| {
            me.check_standing().await;
            me.deliver();
        });
    }

    fn signed_in(&self) -> Later<()> {
        self.later((), async |me| me.open_for_session().await)
    }

    fn session_changed(&self) {
        self.soon(async move |me| {
            if me.keeping.session().is_live_now() {
                me.remember_session().await;
            } else {
                // The service no longer knows them: perhaps what is kept may not stay either.
                me.check_standing().await;
            }
            me.deliver_all().await;
        });
    }

    fn signed_out(&self) -> Later<()> {
        self.later((), async |me| me.clear_for_sign_out().await)
    }

    fn unlock(&self) -> Later<Result<(), NoVault>> {
        self.later(Err(NoVault::Locked), async |me| {
            let answer = me.clone().unlock_kept().await;
            me.look_where_unknown().await;
            answer
        })
    }

    fn adopt(&self) -> Later<Result<(), NoVault>> {
        self.later(Err(NoVault::Locked), async |me| {
            let answer = me.clone().adopt_passkey().await;
            me.look_where_unknown().await;
            answer
        })
    }

    fn close(&self) -> Later<()> {
        self.openings.borrow_mut().lock();
        self.later((), async |me| {
            let mut waited = 0;
            while me.keeping_drafts.get() > 0 && waited < LAST_WORDS {
                me.device.sleep(SOON).await;
                waited += SOON;
            }
            me.close_vault();
        })
    }

    fn saved(&self) -> Vec<Arc<Saved>> {
        let open = self.open.borrow();
        let Some(open) = open.as_ref() else {
            return Vec::new();
        };
        open.saved
            .iter()
            .filter(|saved| open.vault.may_show(saved.visit.until))
            .cloned()
            .collect()
    }

    fn saved_of(&self, context: ContextId) -> Option<Arc<Saved>> {
        self.find_saved(context)
    }

    fn begin(&self, visit: VisitId) -> ContextId {
        let context = ContextId(self.device.new_id());
        self.places
            .borrow_mut()
            .insert(context, Place::Visit(visit, None));
        context
    }

    fn note(&self, context: ContextId, patient: NhsNumber, at: Option<Timestamp>) {
        if let (Ok(vault), Some(at)) = (self.vault(), at) {
            vault.told(at);
        }
        self.places
            .borrow_mut()
            .entry(context)
            .or_insert(Place::Found(patient));
    }

    fn take(&self, visit: VisitId, summary: TakeSummary) -> Later<Result<(), NotKept>> {
        self.later(Err(NotKept::Device(NoVault::Locked)), async move |me| {
            me.take_along(visit, summary).await
        })
    }

    fn forget(&self, visit: Option<VisitId>) -> Later<Result<(), NoVault>> {
        self.later(Err(NoVault::Locked), async move |me| {
            me.forget_saved(visit).await
        })
    }

    fn server_key(&self, key: ContextKey) -> Later<Result<ContextKey, Problem>> {
        self.later(Ok(key), async move |me| me.key_for_service(key).await)
    }

    fn reopen(&self, key: ContextKey) -> Option<Later<Result<ContextKey, Problem>>> {
        let visit = self.visit_of(key.context)?;
        Some(self.later(Ok(key), async move |me| me.open_again(visit, key).await))
    }

    fn looked(&self, context: ContextId, part: Part) -> Later<Result<(), NoVault>> {
        self.later(Err(NoVault::Locked), async move |me| {
            match me.find_saved(context) {
                Some(saved) => {
                    let visit = saved.visit.visit;
                    me.write_down(Act::Looked { visit, part }).await
                }
                None => Err(NoVault::None),
            }
        })
    }

    fn searched(&self, act: Act) -> Later<Result<(), NoVault>> {
        self.later(Err(NoVault::Locked), async move |me| {
            me.write_down(act).await
        })
    }

    fn answered(
        &self,
        context: ContextId,
        answer: PermissionAnswer,
    ) -> Later<Result<Option<Sourced<OpenedSummary>>, NoVault>> {
        self.later(Err(NoVault::Locked), async move |me| {
            me.answer_at_the_door(context, answer).await
        })
    }

    fn submit(
        &self,
        context: ContextId,
        patient: Option<NhsNumber>,
        command: Command<AdjustmentChange>,
        instead_of: Option<CommandId>,
    ) -> Later<Result<Sent, NotKept>> {
        self.later(Err(NotKept::Device(NoVault::Locked)), async move |me| {
            me.make(context, patient, command, instead_of).await
        })
    }

    fn outbox(&self) -> Vec<Entry<Target>> {
        self.outbox.borrow().entries().to_vec()
    }

    fn unsent(&self) -> BTreeSet<PartId> {
        self.outbox
            .borrow()
            .entries()
            .iter()
            .filter(|entry| !entry.is_settled())
            .flat_map(|entry| match &entry.command.change {
                AdjustmentChange::Create { parts, .. } | AdjustmentChange::AddParts { parts } => {
                    parts.iter().map(|part| part.id).collect()
                }
                AdjustmentChange::RemovePart { .. } | AdjustmentChange::RemoveFlag { .. } => {
                    Vec::new()
                }
            })
            .collect()
    }

    fn pause(&self, id: CommandId) -> Option<Pause> {
        self.outbox.borrow().pause(id, self.device.now())
    }

    fn lost(&self) -> Vec<CommandId> {
        self.lost.borrow().clone()
    }

    fn drop_lost(&self, id: CommandId) -> Later<Result<(), NoVault>> {
        self.later(Err(NoVault::Locked), async move |me| me.drop_lost(id).await)
    }

    fn decide(&self, id: CommandId, decision: Decision) -> Later<Result<(), NotKept>> {
        self.later(Err(NotKept::Device(NoVault::Locked)), async move |me| {
            me.decide(id, decision).await?;
            me.deliver_all().await;
            Ok(())
        })
    }

    fn on_top(&self, context: ContextId, patient: NhsNumber, record: &AdjustmentRecord) -> Overlay {
        let nobody = Provenance {
            person: String::new(),
            role: String::new(),
            organisation: String::new(),
            at: Timestamp::UNIX_EPOCH,
        };
        let me = self
            .who()
            .and_then(|(_, view)| view.signed_in)
            .and_then(|person| {
                let role = person.role?;
                Some(Provenance {
                    person: person.person.name,
                    role: role.job_name,
                    organisation: role.organisation.name,
                    at: Timestamp::UNIX_EPOCH,
                })
            })
            .unwrap_or(nobody);
        let outbox = self.outbox.borrow();
        let queues = [Queue(patient.digits()), Queue(context.to_string())];
        overlay(
            record,
            queues.iter().flat_map(|queue| outbox.of(queue)),
            &me,
        )
    }

    fn deliver(&self) {
        self.soon(async move |me| me.deliver_all().await);
    }

    fn draft(&self, patient: NhsNumber, form: &'static str) -> Later<Option<Vec<u8>>> {
        self.later(None, async move |me| me.kept_draft(patient, form).await)
    }

    fn keep_draft(&self, patient: NhsNumber, form: &'static str, draft: Option<Vec<u8>>) {
        self.soon(async move |me| me.put_draft(patient, form, draft).await);
    }
}
