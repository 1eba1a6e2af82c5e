//! The outbox against a service, a network and a person that do all that they can do, in any order:
//! one effect for each intention, nothing lost, the order of each patient kept, and nothing marked as
//! sent that the service does not have.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Category, Detail, ImpairmentKind, NewPart,
    Provenance, Rebased, Refusal, RemovalReason,
};
use domain::command::Command;
use domain::ids::{CommandId, FlagId, PartId, PersonId, RoleId};
use domain::outbox::{
    Answer, Counts, Decision, End, Entry, Event, Made, Maker, NotDone, Outbox, Question, Queue,
    State, Stop, Why, overlay,
};
use domain::role::Activity;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Cases of the property. A minute is what a test may take.
const CASES: u32 = 12_000;

const PATIENTS: usize = 2;
const ROLES: usize = 2;

type Check = Result<(), TestCaseError>;

/// What someone wants of a record: numbers choose among what fits.
#[derive(Clone, Copy, Debug)]
struct Want {
    kind: u8,
    pick: u8,
}

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Op {
    Make { patient: usize, want: Want },
    Take,
    RequestArrives(u8),
    RequestLost(u8),
    RequestTwice(u8),
    AnswerArrives(u8),
    AnswerLost(u8),
    AnswerTwice(u8),
    GiveUp(u8),
    Crash,
    Save,
    Reachable,
    SomeoneElse { patient: usize, want: Want },
    Right { role: usize, given: bool },
    SignedIn(bool),
    Busy(bool),
    Newer(bool),
    Role(Option<usize>),
    RoleEnds(usize),
    Pass(i16),
    Read { patient: usize },
    Decide { pick: u8, how: u8 },
    TakeBack(u8),
}

/// Each op with how often it comes. Numbers are drawn and read here: strategies of this many kinds
/// would take more time than what they test.
fn op(drawn: u32) -> Op {
    let [kind, pick, how, seconds] = drawn.to_le_bytes();
    let patient = usize::from(pick) % PATIENTS;
    let role = usize::from(pick) % ROLES;
    let want = Want {
        kind: seconds % 10,
        pick: how,
    };
    match kind % 98 {
        0..8 => Op::Make { patient, want },
        8..22 => Op::Take,
        22..36 => Op::RequestArrives(pick),
        36..38 => Op::RequestLost(pick),
        38..40 => Op::RequestTwice(pick),
        40..52 => Op::AnswerArrives(pick),
        52..55 => Op::AnswerLost(pick),
        55 => Op::AnswerTwice(pick),
        56..59 => Op::GiveUp(pick),
        59..61 => Op::Crash,
        61..64 => Op::Save,
        64 => Op::Reachable,
        65..69 => Op::SomeoneElse { patient, want },
        69..71 => Op::Right {
            role,
            given: how.is_multiple_of(2),
        },
        71..73 => Op::SignedIn(how.is_multiple_of(2)),
        73 => Op::Busy(how.is_multiple_of(2)),
        74 => Op::Newer(how.is_multiple_of(3)),
        75..78 => Op::Role((how % 10 > 0).then_some(role)),
        78 => Op::RoleEnds(role),
        79..83 if how % 5 == 0 => Op::Pass(-16 * i16::from(seconds)),
        79..83 => Op::Pass(2 * i16::from(seconds)),
        83..86 => Op::Read { patient },
        86..97 => Op::Decide { pick, how },
        _ => Op::TakeBack(pick),
    }
}

/// What the service says to a delivery.
#[derive(Clone)]
enum Reply {
    Applied(AdjustmentRecord),
    Conflict(AdjustmentRecord),
    Refused(Why),
    Busy,
    SignedOut,
    Unreadable,
}

/// A delivery on its way, or the answer to one.
#[derive(Clone)]
struct Packet<C> {
    page: u32,
    attempt: u32,
    patient: usize,
    role: usize,
    id: CommandId,
    content: C,
}

/// The service: what was done under each id, and the records.
struct Service {
    records: Vec<AdjustmentRecord>,
    /// The version that someone else made last.
    by_others: Vec<u64>,
    results: BTreeMap<CommandId, (Command<AdjustmentChange>, AdjustmentRecord)>,
    /// Ids in the order in which they took effect, with the record's last version by others.
    effects: Vec<(usize, CommandId, u64)>,
    rights: Vec<bool>,
    signed_in: bool,
    busy: bool,
    newer: bool,
}

impl Service {
    /// In the order of the real one: session, room, right, earlier result, record.
    fn deliver(&mut self, packet: &Packet<Command<AdjustmentChange>>) -> Reply {
        if self.busy {
            return Reply::Busy;
        }
        if !self.signed_in {
            return Reply::SignedOut;
        }
        if !self.rights[packet.role] {
            return Reply::Refused(Why::RoleForbids {
                activity: Activity::ManageAdjustments,
            });
        }
        let command = &packet.content;
        let reply = match self.results.get(&command.id) {
            Some((content, record)) if content == command => Reply::Applied(record.clone()),
            Some(_) => Reply::Refused(Why::CommandReused),
            None => self.apply(packet.patient, command),
        };
        if self.newer { Reply::Unreadable } else { reply }
    }

    fn apply(&mut self, patient: usize, command: &Command<AdjustmentChange>) -> Reply {
        let now = &self.records[patient];
        match now.apply(command.base, &command.change, &me()) {
            Ok(next) => {
                self.effects
                    .push((patient, command.id, self.by_others[patient]));
                self.results
                    .insert(command.id, (command.clone(), next.clone()));
                self.records[patient] = next.clone();
                Reply::Applied(next)
            }
            Err(Refusal::Stale) => Reply::Conflict(now.clone()),
            Err(Refusal::Invalid(fields)) => Reply::Refused(Why::Invalid { fields }),
        }
    }

    fn someone_else(&mut self, patient: usize, change: &AdjustmentChange) {
        let now = &self.records[patient];
        if let Ok(next) = now.apply(now.version, change, &me()) {
            self.by_others[patient] = next.version;
            self.records[patient] = next;
        }
    }
}

/// What a person set out to do, under one id or several.
struct Intent {
    patient: usize,
    ids: Vec<CommandId>,
    /// The latest version of the record that they had been shown for it.
    seen: u64,
}

/// Everything.
struct World {
    now: Timestamp,
    names: u128,
    service: Service,
    requests: Vec<Packet<Command<AdjustmentChange>>>,
    answers: Vec<Packet<Reply>>,
    page: u32,
    outbox: Outbox<usize>,
    disk: BTreeMap<CommandId, Entry<usize>>,
    unsaved: BTreeSet<CommandId>,
    /// The saved copy of each record.
    copies: Vec<AdjustmentRecord>,
    role: Option<usize>,
    intents: Vec<Intent>,
    tally: Tally,
}

/// How often things came to pass: a property that never meets a conflict says nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    made: u32,
    taken: u32,
    applied: u32,
    done_before: u32,
    conflicts: u32,
    invalid: u32,
    forbidden: u32,
    crashes: u32,
    replaced: u32,
    kept_theirs: u32,
    discarded: u32,
    tried_again: u32,
    moved: u32,
    merged: u32,
    late_answers: u32,
    late_effects: u32,
    others: u32,
}

fn me() -> Provenance {
    Provenance {
        person: String::new(),
        role: String::new(),
        organisation: String::new(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn maker(role: usize) -> Maker {
    Maker {
        person: PersonId(Uuid::from_u128(1)),
        role: RoleId(Uuid::from_u128(role as u128)),
    }
}

fn queue(patient: usize) -> Queue {
    Queue(patient.to_string())
}

fn chosen<T>(all: &[T], pick: u8) -> Option<usize> {
    (!all.is_empty()).then(|| usize::from(pick) % all.len())
}

impl World {
    fn new() -> Self {
        let mut outbox = Outbox::default();
        outbox
            .handle(Event::Sender(Some(maker(0))), Timestamp::UNIX_EPOCH)
            .unwrap();
        Self {
            now: Timestamp::from_second(1_795_000_000).unwrap(),
            names: 0,
            service: Service {
                records: vec![AdjustmentRecord::default(); PATIENTS],
                by_others: vec![0; PATIENTS],
                results: BTreeMap::new(),
                effects: Vec::new(),
                rights: vec![true; ROLES],
                signed_in: true,
                busy: false,
                newer: false,
            },
            requests: Vec::new(),
            answers: Vec::new(),
            page: 0,
            outbox,
            disk: BTreeMap::new(),
            unsaved: BTreeSet::new(),
            copies: vec![AdjustmentRecord::default(); PATIENTS],
            role: Some(0),
            intents: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn name(&mut self) -> Uuid {
        self.names += 1;
        Uuid::from_u128(self.names)
    }

    fn detail(pick: u8) -> Detail {
        if pick.is_multiple_of(2) {
            Detail::Impairment {
                impairment: ImpairmentKind::ALL[usize::from(pick / 2) % 4],
                note: String::new(),
            }
        } else {
            Detail::Adjustment {
                category: Category::Bespoke,
                code: None,
                text: format!("{}", pick / 2 % 6),
                note: String::new(),
            }
        }
    }

    fn part(&mut self, pick: u8) -> NewPart {
        NewPart {
            id: PartId(self.name()),
            detail: Self::detail(pick),
        }
    }

    /// A change that makes sense to someone who looks at that record.
    fn change(&mut self, record: &AdjustmentRecord, want: Want) -> AdjustmentChange {
        let (reason, comment) = (RemovalReason::NoLongerApplies, "No longer".to_owned());
        let there: Vec<_> = record
            .current
            .iter()
            .flat_map(|flag| flag.current_parts())
            .map(|part| part.id)
            .collect();
        match (&record.current, want.kind, chosen(&there, want.pick)) {
            (None, _, _) => AdjustmentChange::Create {
                flag: FlagId(self.name()),
                basis: Basis::Consent,
                equality_act: true,
                parts: vec![self.part(want.pick & !1), self.part(want.pick | 1)],
            },
            (Some(_), 0, _) => AdjustmentChange::RemoveFlag { reason, comment },
            (Some(_), 1..=3, Some(at)) => AdjustmentChange::RemovePart {
                part: there[at],
                reason,
                comment,
            },
            (Some(_), 4, _) => AdjustmentChange::AddParts {
                parts: vec![self.part(want.pick), self.part(want.pick.wrapping_add(1))],
            },
            (Some(_), _, _) => AdjustmentChange::AddParts {
                parts: vec![self.part(want.pick)],
            },
        }
    }

    /// Tells the outbox, and remembers what it wants kept.
    fn tell(&mut self, event: Event<usize>) -> Result<usize, NotDone> {
        let changed = self.outbox.handle(event, self.now)?;
        let several = changed.len();
        self.unsaved.extend(changed);
        Ok(several)
    }

    fn save(&mut self) {
        for id in std::mem::take(&mut self.unsaved) {
            self.disk.insert(id, self.outbox.get(id).unwrap().clone());
        }
    }

    fn sender(&self) -> Option<Maker> {
        self.role.map(maker)
    }

    fn do_it(&mut self, op: Op) -> Check {
        match op {
            Op::Make { patient, want } => self.make(patient, want)?,
            Op::Take => self.take()?,
            Op::RequestArrives(pick) => {
                if let Some(at) = chosen(&self.requests, pick) {
                    let packet = self.requests.swap_remove(at);
                    self.arrive(packet)?;
                }
            }
            Op::RequestLost(pick) => {
                if let Some(at) = chosen(&self.requests, pick) {
                    self.requests.swap_remove(at);
                }
            }
            Op::RequestTwice(pick) => {
                if let Some(at) = chosen(&self.requests, pick) {
                    self.requests.push(self.requests[at].clone());
                }
            }
            Op::AnswerArrives(pick) => {
                if let Some(at) = chosen(&self.answers, pick) {
                    let packet = self.answers.swap_remove(at);
                    self.answered(packet)?;
                }
            }
            Op::AnswerLost(pick) => {
                if let Some(at) = chosen(&self.answers, pick) {
                    self.answers.swap_remove(at);
                }
            }
            Op::AnswerTwice(pick) => {
                if let Some(at) = chosen(&self.answers, pick) {
                    self.answers.push(self.answers[at].clone());
                }
            }
            Op::GiveUp(pick) => self.give_up(pick),
            Op::Crash => self.crash()?,
            Op::Save => self.save(),
            Op::Reachable => {
                self.tell(Event::Reachable).unwrap();
            }
            Op::SomeoneElse { patient, want } => {
                let record = self.service.records[patient].clone();
                let change = self.change(&record, want);
                self.service.someone_else(patient, &change);
                self.tally.others += 1;
            }
            Op::Right { role, given } => self.service.rights[role] = given,
            Op::SignedIn(signed_in) => {
                self.service.signed_in = signed_in;
                if signed_in {
                    self.tell(Event::Sender(self.sender())).unwrap();
                }
            }
            Op::Busy(busy) => self.service.busy = busy,
            Op::Newer(newer) => self.service.newer = newer,
            Op::Role(role) => {
                self.role = role;
                self.tell(Event::Sender(self.sender())).unwrap();
            }
            Op::RoleEnds(role) => {
                self.tell(Event::RoleEnded(maker(role).role)).unwrap();
            }
            Op::Pass(seconds) => {
                self.now += SignedDuration::from_secs(i64::from(seconds));
            }
            Op::Read { patient } => self.copies[patient] = self.service.records[patient].clone(),
            Op::Decide { pick, how } => {
                let open: Vec<_> = self.open_questions();
                if let Some(at) = chosen(&open, pick) {
                    self.decide(open[at], how)?;
                }
            }
            Op::TakeBack(pick) => {
                let all: Vec<_> = self.outbox.entries().iter().map(Entry::id).collect();
                if let Some(at) = chosen(&all, pick) {
                    self.take_back(all[at])?;
                }
            }
        }
        self.holds()
    }

    fn make(&mut self, patient: usize, want: Want) -> Check {
        let Some(role) = self.role else {
            return Ok(());
        };
        let queue = queue(patient);
        let over = overlay(&self.copies[patient], self.outbox.of(&queue), &me());
        let change = self.change(&over.record, want);
        let made = Made {
            command: Command {
                id: CommandId(self.name()),
                base: over.record.version,
                made_at: self.now,
                change,
            },
            target: patient,
            queue,
            by: maker(role),
        };
        self.intents.push(Intent {
            patient,
            ids: vec![made.command.id],
            seen: self.copies[patient].version,
        });
        prop_assert_eq!(self.tell(Event::Made(made.clone())), Ok(1));
        // A second press.
        prop_assert_eq!(self.tell(Event::Made(made)), Ok(0));
        // Only then does the screen say "saved on this device".
        self.save();
        self.tally.made += 1;
        Ok(())
    }

    fn take(&mut self) -> Check {
        let Some(entry) = self.outbox.next(self.now).cloned() else {
            return Ok(());
        };
        prop_assert_eq!(Some(entry.by), self.sender(), "delivered by another");
        let id = entry.id();
        prop_assert_eq!(self.tell(Event::Taken { id }), Ok(1));
        prop_assert_eq!(self.tell(Event::Taken { id }), Err(NotDone::NotNext));
        self.save();
        self.tally.taken += 1;
        self.requests.push(Packet {
            page: self.page,
            attempt: self.outbox.get(id).unwrap().attempts,
            patient: entry.target,
            role: (0..ROLES).find(|role| maker(*role) == entry.by).unwrap(),
            id,
            content: entry.command,
        });
        Ok(())
    }

    fn arrive(&mut self, packet: Packet<Command<AdjustmentChange>>) -> Check {
        let before = self.service.effects.len();
        let done = self.service.results.contains_key(&packet.id);
        let reply = self.service.deliver(&packet);
        if let Some((_, id, by_others)) = self.service.effects.get(before) {
            let intent = self.intent_of(*id);
            prop_assert!(
                *by_others <= intent.seen,
                "it was done on version {by_others} of someone else, seen was {}",
                intent.seen
            );
        }
        match &reply {
            Reply::Applied(_) if done => self.tally.done_before += 1,
            Reply::Applied(_) => self.tally.applied += 1,
            Reply::Conflict(_) => self.tally.conflicts += 1,
            Reply::Refused(Why::Invalid { .. }) => self.tally.invalid += 1,
            Reply::Refused(Why::RoleForbids { .. }) => self.tally.forbidden += 1,
            Reply::Refused(why) => prop_assert!(false, "refused as {why:?}"),
            Reply::Busy | Reply::SignedOut | Reply::Unreadable => {}
        }
        self.answers.push(Packet {
            page: packet.page,
            attempt: packet.attempt,
            patient: packet.patient,
            role: packet.role,
            id: packet.id,
            content: reply,
        });
        Ok(())
    }

    fn answered(&mut self, packet: Packet<Reply>) -> Check {
        // The page that asked is gone.
        if packet.page != self.page {
            return Ok(());
        }
        let (id, attempt) = (packet.id, packet.attempt);
        let waits_for_it = self.outbox.get(id).is_some_and(|entry| {
            entry.attempts == attempt && matches!(entry.state, State::InFlight { .. })
        });
        let answer = match &packet.content {
            Reply::Applied(record) => Answer::Applied {
                version: record.version,
            },
            Reply::Conflict(theirs) => Answer::Conflict {
                theirs: Box::new(theirs.clone()),
            },
            Reply::Refused(why) => Answer::Refused(why.clone()),
            Reply::Busy => Answer::Busy { chance: 0.5 },
            Reply::SignedOut => Answer::Stopped(Stop::SignIn),
            Reply::Unreadable => Answer::Stopped(Stop::Update),
        };
        let told = self.tell(Event::Answered {
            id,
            attempt,
            answer,
        });
        if !waits_for_it {
            self.tally.late_answers += 1;
            prop_assert_eq!(told, Err(NotDone::OtherAttempt));
            return Ok(());
        }
        prop_assert_eq!(told, Ok(1));
        if let Reply::Applied(record) = packet.content
            && record.version > self.copies[packet.patient].version
        {
            self.copies[packet.patient] = record;
        }
        Ok(())
    }

    fn give_up(&mut self, pick: u8) {
        let in_flight: Vec<_> = self
            .outbox
            .entries()
            .iter()
            .filter(|entry| matches!(entry.state, State::InFlight { .. }))
            .map(|entry| (entry.id(), entry.attempts))
            .collect();
        if let Some(at) = chosen(&in_flight, pick) {
            let (id, attempt) = in_flight[at];
            let answer = Answer::Lost {
                chance: f64::from(pick) / 255.0,
            };
            self.tell(Event::Answered {
                id,
                attempt,
                answer,
            })
            .unwrap();
        }
    }

    /// The page dies. What was not kept is forgotten; the rest is read back.
    fn crash(&mut self) -> Check {
        let written = serde_json::to_string(&self.disk.values().collect::<Vec<_>>()).unwrap();
        let read: Vec<Entry<usize>> = serde_json::from_str(&written).unwrap();
        prop_assert!(
            read.iter().eq(self.disk.values()),
            "read back as something else"
        );
        self.page += 1;
        self.unsaved.clear();
        self.outbox = Outbox::restore(read);
        self.tell(Event::Crashed).unwrap();
        self.tell(Event::Sender(self.sender())).unwrap();
        self.tally.crashes += 1;
        Ok(())
    }

    fn open_questions(&self) -> Vec<CommandId> {
        self.outbox
            .entries()
            .iter()
            .filter(|entry| matches!(entry.state, State::NeedsDecision { .. }))
            .map(Entry::id)
            .collect()
    }

    fn intent_of(&self, id: CommandId) -> &Intent {
        self.intents
            .iter()
            .find(|intent| intent.ids.contains(&id))
            .unwrap()
    }

    /// The person is shown the question, and answers it.
    fn decide(&mut self, id: CommandId, how: u8) -> Check {
        let entry = self.outbox.get(id).unwrap().clone();
        let State::NeedsDecision {
            question, shown, ..
        } = &entry.state
        else {
            panic!("no question");
        };
        if shown.is_none() {
            let decision = Decision::Discard;
            let told = self.tell(Event::Decided { id, decision });
            prop_assert_eq!(told, Err(NotDone::NotShown));
        }
        prop_assert_eq!(self.tell(Event::Shown { id }), Ok(1));
        let patient = entry.target;
        if let Question::Conflict { theirs } = question {
            let queue = queue(patient);
            let ahead: Vec<_> = self.outbox.of(&queue).map(Entry::id).collect();
            for intent in &mut self.intents {
                let open = intent.ids.iter().any(|id| ahead.contains(id));
                if intent.patient == patient && open {
                    intent.seen = intent.seen.max(theirs.version);
                }
            }
            if theirs.version > self.copies[patient].version {
                self.copies[patient] = (**theirs).clone();
            }
        }
        let decision = self.decision(&entry, question, how);
        let replaced = match &decision {
            Decision::Replace(command) => Some(command.id),
            Decision::KeepTheirs | Decision::TryAgain | Decision::Discard => None,
        };
        let of = match &decision {
            Decision::KeepTheirs => &mut self.tally.kept_theirs,
            Decision::Replace(_) => &mut self.tally.replaced,
            Decision::TryAgain => &mut self.tally.tried_again,
            Decision::Discard => &mut self.tally.discarded,
        };
        *of += 1;
        let named = 1 + usize::from(replaced.is_some());
        let changed = self.tell(Event::Decided { id, decision });
        prop_assert!(changed.is_ok_and(|several| several >= named), "{changed:?}");
        self.tally.moved += u32::from(changed.is_ok_and(|several| several > named));
        if let Some(new) = replaced {
            let intent = self
                .intents
                .iter_mut()
                .find(|intent| intent.ids.contains(&id))
                .unwrap();
            intent.ids.push(new);
        }
        Ok(())
    }

    fn decision(&mut self, entry: &Entry<usize>, question: &Question, how: u8) -> Decision {
        let instead = |world: &mut Self, base, change| {
            Decision::Replace(Command {
                id: CommandId(world.name()),
                base,
                made_at: world.now,
                change,
            })
        };
        match question {
            Question::Conflict { .. } if how.is_multiple_of(4) => Decision::KeepTheirs,
            Question::Conflict { theirs } => match entry.command.change.onto(theirs) {
                Rebased::Change(change) => {
                    if matches!(entry.command.change, AdjustmentChange::Create { .. })
                        && matches!(change, AdjustmentChange::AddParts { .. })
                    {
                        self.tally.merged += 1;
                    }
                    instead(self, theirs.version, change)
                }
                Rebased::Nothing => Decision::KeepTheirs,
                // The person fills in the form for a new flag.
                Rebased::NoFlag => {
                    let change = self.change(theirs, Want { kind: 9, pick: how });
                    instead(self, theirs.version, change)
                }
            },
            Question::Refused { .. } if question.is_final() && how.is_multiple_of(2) => {
                let parts = vec![self.part(how)];
                instead(
                    self,
                    entry.command.base,
                    AdjustmentChange::AddParts { parts },
                )
            }
            Question::Refused { .. } if !question.is_final() && how % 4 != 3 => Decision::TryAgain,
            Question::Refused { .. } => Decision::Discard,
        }
    }

    /// What was never sent can be taken back, and nothing else.
    fn take_back(&mut self, id: CommandId) -> Check {
        let entry = self.outbox.get(id).unwrap();
        let unsent = matches!(entry.state, State::Waiting { .. }) && entry.attempts == 0;
        let asked = matches!(entry.state, State::NeedsDecision { .. });
        let decision = Decision::Discard;
        if !asked {
            let told = self.tell(Event::Decided { id, decision });
            prop_assert_eq!(told.is_ok(), unsent);
            self.tally.discarded += u32::from(unsent);
        }
        Ok(())
    }

    /// What is true at every moment.
    fn holds(&self) -> Check {
        let mut settled_before = [true; PATIENTS];
        for entry in self.outbox.entries() {
            let patient = entry.target;
            match &entry.state {
                State::InFlight { .. } => {
                    prop_assert!(settled_before[patient], "an earlier one is not settled");
                }
                State::Settled {
                    end: End::Applied { version },
                    ..
                } => {
                    let done = self.service.results.get(&entry.id());
                    prop_assert!(
                        done.is_some_and(|(command, record)| {
                            *command == entry.command && record.version == *version
                        }),
                        "marked as sent, and the service does not have it"
                    );
                }
                State::Waiting { .. } | State::NeedsDecision { .. } | State::Settled { .. } => {}
            }
            settled_before[patient] &= entry.is_settled();
        }
        let counts = self.outbox.counts();
        let open = self.outbox.entries().iter().filter(|e| !e.is_settled());
        prop_assert_eq!(counts.waiting + counts.needs_decision, open.count());
        prop_assert!(counts.other_role <= counts.waiting);
        match (self.outbox.next(self.now), self.outbox.wake_at(self.now)) {
            (Some(entry), at) => {
                prop_assert_eq!(at, Some(self.now));
                prop_assert_eq!(self.outbox.pause(entry.id(), self.now), None);
            }
            (None, Some(at)) => {
                prop_assert!(at > self.now);
                prop_assert!(self.outbox.next(at).is_some(), "woken in vain");
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// The network is good, every right is there, and every question is answered.
    fn settle(&mut self) -> Check {
        self.service.rights = vec![true; ROLES];
        self.service.signed_in = true;
        self.service.busy = false;
        self.service.newer = false;
        self.save();
        self.crash()?;
        for round in 0..200_u8 {
            for role in 0..ROLES {
                self.role = Some(role);
                self.tell(Event::Sender(self.sender())).unwrap();
                while let Some(at) = self.outbox.wake_at(self.now) {
                    self.now = at;
                    self.take()?;
                    let packet = self.requests.pop().unwrap();
                    self.arrive(packet)?;
                    let packet = self.answers.pop().unwrap();
                    self.answered(packet)?;
                    self.holds()?;
                }
            }
            let open = self.open_questions();
            let counts = self.outbox.counts();
            if counts == Counts::default() {
                return Ok(());
            }
            for id in open {
                // Stubborn at first, and tired of it in the end.
                let how = if round < 20 { 1 } else { 0 };
                self.decide(id, how)?;
                self.holds()?;
            }
        }
        prop_assert!(false, "it never ends");
        Ok(())
    }

    fn effects_of(&self, intent: &Intent) -> usize {
        self.service
            .effects
            .iter()
            .filter(|(_, id, _)| intent.ids.contains(id))
            .count()
    }

    /// What is true in the end.
    fn all_is_well(&self) -> Check {
        for intent in &self.intents {
            let ends: Vec<_> = intent
                .ids
                .iter()
                .filter_map(|id| self.outbox.get(*id))
                .filter(|entry| {
                    !matches!(
                        entry.state,
                        State::Settled {
                            end: End::Replaced { .. },
                            ..
                        }
                    )
                })
                .collect();
            prop_assert_eq!(ends.len(), 1, "an intention was lost, or is there twice");
            let State::Settled { end, .. } = &ends[0].state else {
                return Err(TestCaseError::fail("it is not settled"));
            };
            let effects = self.effects_of(intent);
            match end {
                End::Applied { .. } => prop_assert_eq!(effects, 1),
                End::KeptTheirs => prop_assert_eq!(effects, 0, "done, though given up"),
                // A copy of the request may be on its way for ever after a refusal that passes.
                End::Discarded if ends[0].attempts > 0 => prop_assert!(effects <= 1),
                End::Discarded => prop_assert_eq!(effects, 0, "done, though never sent"),
                End::Replaced { .. } => prop_assert!(false, "filtered above"),
            }
        }
        for patient in 0..PATIENTS {
            let order: Vec<_> = self
                .service
                .effects
                .iter()
                .filter(|(of, _, _)| *of == patient)
                .map(|(_, id, _)| {
                    self.intents
                        .iter()
                        .position(|intent| intent.ids.contains(id))
                        .unwrap()
                })
                .collect();
            prop_assert!(order.is_sorted(), "out of order: {order:?}");
        }
        Ok(())
    }
}

thread_local! {
    static TALLY: RefCell<Tally> = RefCell::default();
}

fn whatever_happens(drawn: &[u32], stragglers_first: bool) -> Check {
    let mut world = World::new();
    for drawn in drawn {
        world.do_it(op(*drawn))?;
    }
    let stragglers = std::mem::take(&mut world.requests);
    if stragglers_first {
        for packet in stragglers.clone() {
            world.arrive(packet)?;
        }
    }
    world.settle()?;
    world.all_is_well()?;
    let before = world.service.effects.len();
    for packet in stragglers {
        world.arrive(packet)?;
    }
    world.tally.late_effects += u32::try_from(world.service.effects.len() - before).unwrap();
    world.all_is_well()?;
    TALLY.with_borrow_mut(|all| {
        let tally = world.tally;
        all.made += tally.made;
        all.taken += tally.taken;
        all.applied += tally.applied;
        all.done_before += tally.done_before;
        all.conflicts += tally.conflicts;
        all.invalid += tally.invalid;
        all.forbidden += tally.forbidden;
        all.crashes += tally.crashes;
        all.replaced += tally.replaced;
        all.kept_theirs += tally.kept_theirs;
        all.discarded += tally.discarded;
        all.tried_again += tally.tried_again;
        all.moved += tally.moved;
        all.merged += tally.merged;
        all.late_answers += tally.late_answers;
        all.late_effects += tally.late_effects;
        all.others += tally.others;
    });
    Ok(())
}

#[test]
fn one_effect_for_each_intention_whatever_happens() {
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(
        &(prop::collection::vec(any::<u32>(), 1..70), any::<bool>()),
        |(drawn, stragglers_first)| whatever_happens(&drawn, stragglers_first),
    );
    if let Err(failure) = result {
        if let TestError::Fail(_, (drawn, _)) = &failure {
            let ops: Vec<_> = drawn.iter().map(|drawn| op(*drawn)).collect();
            panic!("{failure}\n{ops:#?}");
        }
        panic!("{failure}");
    }
    // The cases met what they are meant to meet.
    let tally = TALLY.with_borrow(|tally| *tally);
    for (what, often) in [
        ("made", tally.made),
        ("taken", tally.taken),
        ("applied", tally.applied),
        ("done before, the answer lost", tally.done_before),
        ("in conflict", tally.conflicts),
        ("invalid", tally.invalid),
        ("forbidden", tally.forbidden),
        ("crashed", tally.crashes),
        ("replaced", tally.replaced),
        ("left as others made it", tally.kept_theirs),
        ("discarded", tally.discarded),
        ("tried again", tally.tried_again),
        ("moved onto what was shown", tally.moved),
        ("two creations in one flag", tally.merged),
        ("answered late", tally.late_answers),
        ("by others", tally.others),
    ] {
        assert!(often > CASES / 50, "{what}: only {often} times: {tally:?}");
    }
}
