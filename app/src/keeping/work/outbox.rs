//! Changes: kept first, then sent, until the service has answered.

use super::{Keeper, read, written};
use crate::api::offline::{Delivery, Target, deliver};
use crate::device::{Keep, NoVault, Shelf};
use crate::keeping::engine::{NotKept, Sent};
use crate::problem::{Kind, Problem};
use domain::NhsNumber;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord};
use domain::command::{Command, Receipt};
use domain::ids::{CommandId, ContextId};
use domain::outbox::{
    Answer, Decision, Entry, Event, Made, Maker, Outbox, Question, Queue, State, Stop, Why,
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use std::rc::Rc;

/// One tab at a time delivers.
const LOCK: &str = "deliver";
/// How long a person is kept waiting for the answer of the service, in milliseconds.
const PATIENCE: u32 = 4_000;
/// How often is looked whether it is there, in milliseconds.
const SOON: u32 = 20;
/// How soon another tab is asked to give way, in milliseconds.
const AGAIN: u32 = 300;
/// So many are on their way at once: what a service, and one bar of signal, can do with.
const AT_ONCE: usize = 4;
/// What was sent is shown for so long.
const SHOWN: SignedDuration = SignedDuration::from_hours(24);

impl Keeper {
    /// Who sends, where the service knows them.
    fn sender(&self) -> Option<Maker> {
        let session = self.keeping.session();
        if !session.is_live_now() || session.is_locked_now() {
            return None;
        }
        self.maker()
    }

    fn maker(&self) -> Option<Maker> {
        let person = self.who()?.1.signed_in?;
        Some(Maker {
            person: person.person.id,
            role: person.role?.id,
        })
    }

    /// Reads the changes from the vault. While some are being delivered, those in memory know better.
    pub(super) async fn load_outbox(&self) -> Result<(), NoVault> {
        let mut entries = self.kept_entries().await?;
        let mut outbox = self.outbox.borrow_mut();
        if self.delivering.get() {
            entries.retain(|entry| outbox.get(entry.id()).is_none());
            entries.extend(outbox.entries().iter().cloned());
        }
        *outbox = Outbox::restore(entries);
        drop(outbox);
        self.tell_sender();
        Ok(())
    }

    async fn kept_entries(&self) -> Result<Vec<Entry<Target>>, NoVault> {
        let entries = self.vault()?.all(Shelf::Outbox).await?;
        entries.iter().map(|bytes| read(bytes)).collect()
    }

    /// Another tab may have delivered while this one waited for its turn: what it moved on is not sent
    /// again. What is in memory only, as it is being kept just now, stays.
    async fn catch_up(&self) -> Result<(), NoVault> {
        let kept = self.kept_entries().await?;
        let mut outbox = self.outbox.borrow_mut();
        let mut entries = outbox.entries().to_vec();
        let mut moved = false;
        for entry in &mut entries {
            // Each delivery is an attempt more: what else moved here may not be kept yet.
            let newer = kept
                .iter()
                .find(|kept| kept.id() == entry.id() && kept.attempts > entry.attempts);
            if let Some(newer) = newer {
                *entry = newer.clone();
                moved = true;
            }
        }
        if moved {
            *outbox = Outbox::restore(entries);
        }
        Ok(())
    }

    fn tell_sender(&self) {
        let now = self.device.now();
        // Nobody signed in, or nothing moved: both are states, not failures.
        let _ = self
            .outbox
            .borrow_mut()
            .handle(Event::Sender(self.sender()), now);
    }

    /// Tells the outbox what happened, and keeps what that moved before anything else is done.
    pub(super) async fn happened(&self, event: Event<Target>) -> Result<(), NotKept> {
        let moved = self.moved_by(event)?;
        self.put(&moved).await.map_err(NotKept::Device)
    }

    /// Tells the outbox what happened: what that moved is yet to be kept.
    fn moved_by(&self, event: Event<Target>) -> Result<Vec<CommandId>, NotKept> {
        let moved = self.outbox.borrow_mut().handle(event, self.device.now());
        moved.map_err(|_| NotKept::Service(Problem::new(Kind::CommandReused)))
    }

    async fn put(&self, ids: &[CommandId]) -> Result<(), NoVault> {
        let entries: Vec<_> = {
            let outbox = self.outbox.borrow();
            ids.iter()
                .filter_map(|id| outbox.get(*id).cloned())
                .collect()
        };
        let kept = match self.vault() {
            Ok(vault) => {
                let vaults = self.vaults()?;
                let mut changes = Vec::with_capacity(entries.len() * 2);
                for entry in &entries {
                    changes.push(Keep::Put {
                        shelf: Shelf::Outbox,
                        name: entry.id().to_string(),
                        value: written(entry)?,
                        expires: None,
                    });
                    changes.push(self.copy_of(&vaults, entry)?);
                }
                vault.keep(changes).await
            }
            Err(_) => self.put_sealed(&entries).await,
        };
        self.changed_for_all();
        kept
    }

    pub(super) async fn make(
        self: Rc<Self>,
        context: ContextId,
        patient: Option<NhsNumber>,
        command: Command<AdjustmentChange>,
        instead_of: Option<CommandId>,
    ) -> Result<Sent, NotKept> {
        let id = command.id;
        let target = match self.visit_of(context) {
            Some(visit) => Target::Visit(visit),
            None => Target::Context(context),
        };
        let Some(by) = self.maker() else {
            return Err(NotKept::Service(Problem::new(Kind::SignedOut)));
        };
        let kept = match instead_of.filter(|before| self.needs_decision(*before)) {
            // The same once more, after it was refused.
            Some(before) if before == id => self.decide(id, Decision::TryAgain).await,
            Some(before) => {
                self.decide(before, Decision::Replace(command.clone()))
                    .await
            }
            None => {
                let queue = patient.map_or_else(|| context.to_string(), NhsNumber::digits);
                self.happened(Event::Made(Made {
                    command: command.clone(),
                    target,
                    queue: Queue(queue),
                    by,
                }))
                .await
            }
        };
        if let Err(NotKept::Device(none)) = kept {
            return self.send_unkept(none, target, command).await;
        }
        kept?;
        self.tell_sender();
        crate::keeping::Engine::deliver(self.as_ref());
        if self.keeping.is_cut_off() || self.sender().is_none() {
            return Ok(Sent::Kept);
        }
        let mut waited = 0;
        loop {
            if let Some(sent) = self.came_to(id) {
                return Ok(sent);
            }
            if waited >= PATIENCE || self.keeping.is_cut_off() {
                return Ok(Sent::Kept);
            }
            self.device.sleep(SOON).await;
            waited += SOON;
        }
    }

    fn needs_decision(&self, id: CommandId) -> bool {
        let outbox = self.outbox.borrow();
        outbox.get(id).is_some_and(|entry| match entry.state {
            State::NeedsDecision { .. } => true,
            State::Waiting { .. } | State::InFlight { .. } | State::Settled { .. } => false,
        })
    }

    /// What a change came to, where that is known.
    fn came_to(&self, id: CommandId) -> Option<Sent> {
        let outbox = self.outbox.borrow();
        match &outbox.get(id)?.state {
            State::Waiting { .. } | State::InFlight { .. } => None,
            State::NeedsDecision { question, .. } => Some(match question {
                Question::Conflict { theirs } => Sent::Conflict(theirs.clone()),
                Question::Refused { why } => Sent::Refused(Kind::from(why).into()),
            }),
            State::Settled { .. } => Some(Sent::Applied),
        }
    }

    /// Where the device cannot keep it: only the service can.
    async fn send_unkept(
        &self,
        none: NoVault,
        target: Target,
        command: Command<AdjustmentChange>,
    ) -> Result<Sent, NotKept> {
        let id = command.id;
        let answer = deliver(Delivery { target, command }).await;
        self.keeping.heard(&answer);
        // It is settled here and now, one way or the other: nothing of it was kept.
        let kept: Vec<_> = self
            .outbox
            .borrow()
            .entries()
            .iter()
            .filter(|entry| entry.id() != id)
            .cloned()
            .collect();
        self.outbox.replace(Outbox::restore(kept));
        self.tell_sender();
        self.changed();
        match answer {
            Ok(Receipt::Applied(_)) => Ok(Sent::Applied),
            Ok(Receipt::Conflict(theirs)) => Ok(Sent::Conflict(Box::new(theirs))),
            Err(problem) if problem.retryable() => Err(NotKept::Device(none)),
            Err(problem) => Ok(Sent::Refused(problem)),
        }
    }

    /// What a person decided, on what they were shown.
    pub(super) async fn decide(&self, id: CommandId, decision: Decision) -> Result<(), NotKept> {
        self.happened(Event::Shown { id }).await?;
        self.happened(Event::Decided { id, decision }).await
    }

    /// Sends what can be sent, in one tab, each patient's changes one after the other.
    pub(super) async fn deliver_all(self: Rc<Self>) {
        self.tell_sender();
        if self.sender().is_none() {
            return self.tell_of_ended().await;
        }
        if self.delivering.replace(true) {
            return;
        }
        let me = self.clone();
        let work = Box::pin(async move { me.send_in_turn().await });
        let alone = self.device.alone(LOCK, work).await;
        self.delivering.set(false);
        self.tell_now();
        let now = self.device.now();
        let wake = self.outbox.borrow().wake_at(now);
        match wake {
            _ if self.keeping.is_cut_off() => self.device.wake_when_connected(),
            None => {}
            Some(_) if !alone => self.deliver_after(AGAIN),
            Some(at) => {
                let wait = at.duration_since(now).as_millis();
                self.deliver_after(u32::try_from(wait).unwrap_or(AGAIN).max(AGAIN));
            }
        }
    }

    /// Once more, when what is under way is done.
    pub(super) fn deliver_after_this(&self) {
        self.deliver_after(AGAIN);
    }

    fn deliver_after(&self, milliseconds: u32) {
        self.soon(async move |me| {
            me.device.sleep(milliseconds).await;
            me.deliver_all().await;
        });
    }

    async fn send_in_turn(self: Rc<Self>) {
        // Where the device keeps nothing, no other tab has it either.
        let _ = self.catch_up().await;
        self.tell_sender();
        // What an answer was lost of, in a page that is gone, is asked again under the same id.
        let _ = self.happened(Event::Crashed).await;
        self.end_roles().await;
        let old = self
            .device
            .now()
            .checked_sub(SHOWN)
            .map(|before| self.outbox.borrow_mut().forget_settled(before));
        if let Ok(old) = old {
            self.drop_settled(&old).await;
        }
        // What was looked at comes before what was done about it.
        self.deliver_logs().await;
        // The answers, and that the next are on their way, are kept in one.
        let mut moved = Vec::new();
        while let Ok(taken) = self.take(&mut moved) {
            if taken.is_empty() || self.put(&std::mem::take(&mut moved)).await.is_err() {
                break;
            }
            let answers = join_all(taken.into_iter().map(|entry| self.deliver_one(entry))).await;
            let mut goes_on = true;
            for (id, attempt, answer) in answers {
                goes_on &= matches!(
                    answer,
                    Answer::Applied { .. } | Answer::Conflict { .. } | Answer::Refused(_)
                );
                match self.moved_by(Event::Answered {
                    id,
                    attempt,
                    answer,
                }) {
                    Ok(answered) => moved.extend(answered),
                    Err(_) => goes_on = false,
                }
            }
            if !goes_on {
                break;
            }
        }
        // What cannot be kept is asked again, under the same id.
        let _ = self.put(&moved).await;
        self.deliver_sealed().await;
    }

    /// What can go now, of different patients: the outbox keeps the order of each.
    fn take(&self, moved: &mut Vec<CommandId>) -> Result<Vec<Entry<Target>>, NotKept> {
        let mut taken = Vec::new();
        while taken.len() < AT_ONCE {
            let next = self.outbox.borrow().next(self.device.now()).cloned();
            let Some(entry) = next else { break };
            moved.extend(self.moved_by(Event::Taken { id: entry.id() })?);
            taken.push(entry);
        }
        Ok(taken)
    }

    /// Asks the service, and says for which attempt its answer is.
    async fn deliver_one(&self, entry: Entry<Target>) -> (CommandId, u32, Answer) {
        let (id, attempt) = (entry.id(), entry.attempts.saturating_add(1));
        let answer = deliver(Delivery {
            target: entry.target,
            command: entry.command,
        })
        .await;
        self.keeping.heard(&answer);
        (id, attempt, self.answer(answer))
    }

    /// What the answer of the service means for a change.
    fn answer(&self, answer: Result<Receipt<AdjustmentRecord>, Problem>) -> Answer {
        let chance = self.device.chance();
        let problem = match answer {
            Ok(Receipt::Applied(record)) => {
                return Answer::Applied {
                    version: record.version,
                };
            }
            Ok(Receipt::Conflict(theirs)) => {
                return Answer::Conflict {
                    theirs: Box::new(theirs),
                };
            }
            Err(problem) => problem,
        };
        match problem.kind {
            Kind::Unreachable => Answer::Lost { chance },
            Kind::Busy
            | Kind::Unavailable
            | Kind::NotAccountable
            | Kind::TooMany
            | Kind::Unexpected => Answer::Busy { chance },
            Kind::SignedOut => {
                self.keeping.session().look_again();
                Answer::Stopped(Stop::SignIn)
            }
            // It stays with its own person, and waits for them.
            Kind::Locked | Kind::OtherPerson => Answer::Stopped(Stop::SignIn),
            Kind::NoRole => Answer::Stopped(Stop::ChooseRole),
            Kind::OutOfDate => Answer::Stopped(Stop::Update),
            Kind::Invalid(fields) => Answer::Refused(Why::Invalid { fields }),
            Kind::CommandReused => Answer::Refused(Why::CommandReused),
            Kind::RoleForbids(activity) => Answer::Refused(Why::RoleForbids { activity }),
            Kind::NotReady(missing) => Answer::Refused(Why::NotReady { missing }),
            Kind::StepUp => Answer::Refused(Why::StepUp),
            Kind::NotFound | Kind::ContextClosed => Answer::Refused(Why::NotFound),
            Kind::StaysOnline => Answer::Refused(Why::StaysOnline),
            Kind::SummaryClosed(_)
            | Kind::SummaryUnreadable(_)
            | Kind::NotAccepted
            | Kind::LastPasskey
            | Kind::ListFull => Answer::Refused(Why::Other),
        }
    }

    /// Someone without a role sends nothing. What was made in roles that ended is shown to them all the
    /// same: there may be no other role in which they would see it.
    async fn tell_of_ended(self: &Rc<Self>) {
        if self.keeping.session().is_live_now() {
            self.end_roles().await;
            self.deliver_sealed().await;
            self.end_roles().await;
        }
    }

    /// Changes that were made in a role that the person no longer has.
    async fn end_roles(&self) {
        let Some(person) = self.who().and_then(|(_, view)| view.signed_in) else {
            return;
        };
        let mut ended: Vec<_> = self
            .outbox
            .borrow()
            .entries()
            .iter()
            .filter(|entry| !entry.is_settled() && entry.by.person == person.person.id)
            .map(|entry| entry.by.role)
            .filter(|role| !person.roles.iter().any(|has| has.id == *role))
            .collect();
        ended.dedup();
        for role in ended {
            let _ = self.happened(Event::RoleEnded(role)).await;
        }
    }

    async fn drop_settled(&self, ids: &[CommandId]) {
        if let Ok(vault) = self.vault()
            && !ids.is_empty()
        {
            let gone = ids
                .iter()
                .flat_map(|id| {
                    let shelf = Shelf::Outbox;
                    let name = id.to_string();
                    [Keep::Remove { shelf, name }, Keep::UnsealChange(*id)]
                })
                .collect();
            // Shown a little longer, then.
            let _ = vault.keep(gone).await;
        }
    }
}
