//! The tables of the outbox, row by row; what it keeps durably; and a record with what was not sent.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Category, Detail, ImpairmentKind, NewPart,
    Provenance, Rebased, RemovalReason,
};
use domain::command::Command;
use domain::field::FieldError;
use domain::ids::{CommandId, FlagId, PartId, PersonId, RoleId};
use domain::outbox::{
    Answer, BackOff, Counts, Decision, End, Entry, Event, LONGEST_BACK_OFF, Made, Maker, Mark,
    Marked, NotDone, Outbox, Pause, Question, Queue, Setback, State, Stop, Turn, Why, overlay,
};
use domain::readiness::{Lack, Missing, Step};
use domain::role::Activity;
use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

fn uuid(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

fn id(number: u32) -> CommandId {
    CommandId(uuid(number))
}

fn part_id(number: u32) -> PartId {
    PartId(uuid(1000 + number))
}

fn flag_id(number: u32) -> FlagId {
    FlagId(uuid(2000 + number))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn maker(role: u32) -> Maker {
    Maker {
        person: PersonId(uuid(1)),
        role: RoleId(uuid(role)),
    }
}

fn by(person: &str) -> Provenance {
    Provenance {
        person: person.to_owned(),
        role: "Paramedic".to_owned(),
        organisation: "Moorside Ambulance Service".to_owned(),
        at: at(-100),
    }
}

fn impairment(number: u32, kind: ImpairmentKind) -> NewPart {
    NewPart {
        id: part_id(number),
        detail: Detail::Impairment {
            impairment: kind,
            note: String::new(),
        },
    }
}

fn bespoke(number: u32, text: &str) -> NewPart {
    NewPart {
        id: part_id(number),
        detail: Detail::Adjustment {
            category: Category::Bespoke,
            code: None,
            text: text.to_owned(),
            note: String::new(),
        },
    }
}

fn create(flag: u32, parts: Vec<NewPart>) -> AdjustmentChange {
    AdjustmentChange::Create {
        flag: flag_id(flag),
        basis: Basis::Consent,
        equality_act: true,
        parts,
    }
}

fn add(parts: Vec<NewPart>) -> AdjustmentChange {
    AdjustmentChange::AddParts { parts }
}

fn remove_part(number: u32) -> AdjustmentChange {
    AdjustmentChange::RemovePart {
        part: part_id(number),
        reason: RemovalReason::NoLongerApplies,
        comment: "Has moved".to_owned(),
    }
}

fn remove_flag() -> AdjustmentChange {
    AdjustmentChange::RemoveFlag {
        reason: RemovalReason::CreatedInError,
        comment: "Wrong patient".to_owned(),
    }
}

fn vision_and_door(first: u32) -> Vec<NewPart> {
    vec![
        impairment(first, ImpairmentKind::Vision),
        bespoke(first + 1, "Meet her at the door"),
    ]
}

/// A record after those changes by someone else.
fn after(changes: &[AdjustmentChange]) -> AdjustmentRecord {
    changes
        .iter()
        .fold(AdjustmentRecord::default(), |record, change| {
            record
                .apply(record.version, change, &by("Someone"))
                .unwrap()
        })
}

fn command(number: u32, base: u64, change: AdjustmentChange) -> Command<AdjustmentChange> {
    Command {
        id: id(number),
        base,
        made_at: at(0),
        change,
    }
}

fn made(patient: &str, role: u32, command: Command<AdjustmentChange>) -> Event<u8> {
    Event::Made(Made {
        command,
        target: 7,
        queue: Queue(patient.to_owned()),
        by: maker(role),
    })
}

fn answered(number: u32, attempt: u32, answer: Answer) -> Event<u8> {
    Event::Answered {
        id: id(number),
        attempt,
        answer,
    }
}

fn conflict(theirs: &AdjustmentRecord) -> Answer {
    Answer::Conflict {
        theirs: Box::new(theirs.clone()),
    }
}

fn invalid() -> Why {
    Why::Invalid {
        fields: vec![FieldError::new("parts", "This is already on the flag")],
    }
}

fn forbidden() -> Why {
    Why::RoleForbids {
        activity: Activity::ManageAdjustments,
    }
}

fn not_ready() -> Why {
    Why::NotReady {
        missing: Missing {
            step: Step::PdsForm,
            lack: Lack::AwaitingApproval,
        },
    }
}

/// An outbox, told of events at second 0 unless said otherwise.
struct Box0(Outbox<u8>);

impl Box0 {
    /// Signed in in role 1, with changes 1, 2, … of one patient, each made on top of the one before.
    fn with(changes: Vec<AdjustmentChange>) -> Self {
        let mut this = Self(Outbox::default());
        this.yes(Event::Sender(Some(maker(1))));
        for (number, change) in (1_u32..).zip(changes) {
            let command = command(number, u64::from(number) - 1, change);
            this.yes(made("A", 1, command));
        }
        this
    }

    /// With one change, in each of the states.
    fn waiting() -> Self {
        Self::with(vec![create(1, vision_and_door(1))])
    }

    fn in_flight() -> Self {
        let mut this = Self::waiting();
        this.yes(Event::Taken { id: id(1) });
        this
    }

    fn asked(answer: Answer) -> Self {
        let mut this = Self::in_flight();
        this.yes(answered(1, 1, answer));
        this.yes(Event::Shown { id: id(1) });
        this
    }

    fn settled() -> Self {
        let mut this = Self::in_flight();
        this.yes(answered(1, 1, Answer::Applied { version: 1 }));
        this
    }

    fn told(&mut self, event: Event<u8>) -> Result<Vec<CommandId>, NotDone> {
        self.0.handle(event, at(0))
    }

    fn yes(&mut self, event: Event<u8>) -> Vec<CommandId> {
        self.told(event).unwrap()
    }

    /// Nothing moves.
    fn no(&mut self, event: Event<u8>, why: NotDone) {
        let before = self.0.clone();
        assert_eq!(self.told(event), Err(why));
        assert_eq!(self.0, before);
    }

    fn decide(&mut self, number: u32, decision: Decision) -> Result<Vec<CommandId>, NotDone> {
        self.told(Event::Decided {
            id: id(number),
            decision,
        })
    }

    fn entry(&self, number: u32) -> &Entry<u8> {
        self.0.get(id(number)).unwrap()
    }

    fn state(&self) -> &State {
        &self.entry(1).state
    }

    fn base(&self, number: u32) -> u64 {
        self.entry(number).command.base
    }
}

fn is_waiting(state: &State) -> bool {
    *state == State::Waiting { back_off: None }
}

#[test]
fn waiting_then_taken() {
    let mut outbox = Box0::waiting();
    assert_eq!(outbox.0.next(at(0)).map(Entry::id), Some(id(1)));
    assert_eq!(outbox.yes(Event::Taken { id: id(1) }), [id(1)]);
    assert_eq!(*outbox.state(), State::InFlight { since: at(0) });
    assert_eq!(outbox.entry(1).attempts, 1);
    assert_eq!(outbox.0.next(at(0)), None);
    assert_eq!(outbox.0.wake_at(at(0)), None);
}

#[test]
fn waiting_and_all_else() {
    for answer in [
        Answer::Applied { version: 1 },
        conflict(&AdjustmentRecord::default()),
        Answer::Refused(Why::NotFound),
        Answer::Lost { chance: 0.0 },
        Answer::Busy { chance: 0.0 },
        Answer::Stopped(Stop::SignIn),
    ] {
        Box0::waiting().no(answered(1, 0, answer.clone()), NotDone::OtherAttempt);
        Box0::waiting().no(answered(1, 1, answer), NotDone::OtherAttempt);
    }
    let mut outbox = Box0::waiting();
    outbox.no(Event::Shown { id: id(1) }, NotDone::NotOffered);
    assert!(outbox.yes(Event::Crashed).is_empty());
    assert!(outbox.yes(Event::Reachable).is_empty());
    assert!(outbox.yes(Event::RoleEnded(maker(2).role)).is_empty());
    assert!(is_waiting(outbox.state()));
    assert_eq!(outbox.yes(Event::RoleEnded(maker(1).role)), [id(1)]);
    let question = Question::Refused {
        why: Why::RoleEnded,
    };
    assert_eq!(
        *outbox.state(),
        State::NeedsDecision {
            question,
            since: at(0),
            shown: None
        }
    );
}

#[test]
fn in_flight_then_applied() {
    let outbox = Box0::settled();
    let end = End::Applied { version: 1 };
    assert_eq!(*outbox.state(), State::Settled { end, at: at(0) });
    assert!(outbox.entry(1).is_settled());
    assert_eq!(outbox.0.counts(), Counts::default());
}

#[test]
fn in_flight_then_conflict_or_refused() {
    let theirs = after(&[create(2, vision_and_door(5))]);
    for (answer, question) in [
        (
            conflict(&theirs),
            Question::Conflict {
                theirs: Box::new(theirs.clone()),
            },
        ),
        (
            Answer::Refused(invalid()),
            Question::Refused { why: invalid() },
        ),
        (
            Answer::Refused(forbidden()),
            Question::Refused { why: forbidden() },
        ),
    ] {
        let mut outbox = Box0::in_flight();
        assert_eq!(outbox.yes(answered(1, 1, answer)), [id(1)]);
        assert_eq!(
            *outbox.state(),
            State::NeedsDecision {
                question,
                since: at(0),
                shown: None
            }
        );
        let counts = Counts {
            needs_decision: 1,
            ..Counts::default()
        };
        assert_eq!(outbox.0.counts(), counts);
        assert_eq!(outbox.0.next(at(9999)), None);
    }
}

#[test]
fn in_flight_then_lost_or_busy() {
    for (answer, after, by_signal) in [
        (Answer::Lost { chance: 1.0 }, Setback::Lost, true),
        (Answer::Busy { chance: 1.0 }, Setback::Busy, false),
    ] {
        let mut outbox = Box0::in_flight();
        outbox.yes(answered(1, 1, answer));
        let until = at(1);
        let back_off = Some(BackOff { until, after });
        assert_eq!(*outbox.state(), State::Waiting { back_off });
        assert!(outbox.entry(1).perhaps_done);
        assert_eq!(outbox.0.next(at(0)), None);
        assert_eq!(outbox.0.wake_at(at(0)), Some(at(1)));
        assert_eq!(
            outbox.0.pause(id(1), at(0)),
            Some(Pause::Until(at(1), after))
        );
        assert_eq!(outbox.0.pause(id(1), at(1)), None);
        assert!(outbox.0.next(at(1)).is_some());
        outbox.no(Event::Taken { id: id(1) }, NotDone::NotNext);
        assert_eq!(!outbox.yes(Event::Reachable).is_empty(), by_signal);
        assert_eq!(outbox.0.next(at(0)).is_some(), by_signal);
    }
}

#[test]
fn in_flight_then_stopped() {
    for (stop, perhaps_done, ends_with_sender) in [
        (Stop::SignIn, false, true),
        (Stop::ChooseRole, false, true),
        (Stop::Update, true, false),
    ] {
        let mut outbox = Box0::in_flight();
        outbox.yes(answered(1, 1, Answer::Stopped(stop)));
        assert!(is_waiting(outbox.state()));
        assert_eq!(outbox.entry(1).perhaps_done, perhaps_done);
        assert_eq!(outbox.0.stopped(), Some(stop));
        assert_eq!(outbox.0.pause(id(1), at(0)), Some(Pause::Stopped(stop)));
        assert_eq!(outbox.0.wake_at(at(0)), None);
        outbox.no(Event::Taken { id: id(1) }, NotDone::NotNext);
        outbox.yes(Event::Sender(Some(maker(1))));
        assert_eq!(outbox.0.next(at(0)).is_some(), ends_with_sender);
        // A new page is a new app.
        let mut page = Box0(Outbox::restore(outbox.0.entries().to_vec()));
        assert_eq!(page.0.stopped(), Some(Stop::SignIn));
        page.yes(Event::Sender(Some(maker(1))));
        assert!(page.0.next(at(0)).is_some());
    }
}

#[test]
fn in_flight_then_crashed() {
    let mut outbox = Box0::in_flight();
    outbox.no(Event::Shown { id: id(1) }, NotDone::NotOffered);
    assert!(outbox.yes(Event::Reachable).is_empty());
    assert!(outbox.yes(Event::RoleEnded(maker(1).role)).is_empty());
    assert_eq!(outbox.yes(Event::Crashed), [id(1)]);
    assert!(is_waiting(outbox.state()));
    assert!(outbox.entry(1).perhaps_done);
    // The same id is delivered again, and only the new attempt is listened to.
    outbox.yes(Event::Taken { id: id(1) });
    let applied = Answer::Applied { version: 1 };
    outbox.no(answered(1, 1, applied.clone()), NotDone::OtherAttempt);
    outbox.yes(answered(1, 2, applied.clone()));
    outbox.no(answered(1, 2, applied), NotDone::OtherAttempt);
}

#[test]
fn needs_decision_and_all_else() {
    let mut outbox = Box0::asked(Answer::Refused(forbidden()));
    outbox.no(Event::Taken { id: id(1) }, NotDone::NotNext);
    outbox.no(
        answered(1, 1, Answer::Applied { version: 1 }),
        NotDone::OtherAttempt,
    );
    let before = outbox.0.clone();
    for event in [
        Event::Crashed,
        Event::Reachable,
        Event::RoleEnded(maker(1).role),
    ] {
        assert!(outbox.yes(event).is_empty());
        assert_eq!(outbox.0, before);
    }
    // The first time counts.
    outbox.0.handle(Event::Shown { id: id(1) }, at(50)).unwrap();
    assert_eq!(outbox.0, before);
}

#[test]
fn settled_and_all_else() {
    let mut outbox = Box0::settled();
    outbox.no(Event::Taken { id: id(1) }, NotDone::NotNext);
    outbox.no(
        answered(1, 1, Answer::Lost { chance: 0.0 }),
        NotDone::OtherAttempt,
    );
    outbox.no(Event::Shown { id: id(1) }, NotDone::NotOffered);
    for decision in decisions() {
        assert_eq!(outbox.decide(1, decision), Err(NotDone::NotOffered));
    }
    let before = outbox.0.clone();
    for event in [
        Event::Crashed,
        Event::Reachable,
        Event::RoleEnded(maker(1).role),
    ] {
        assert!(outbox.yes(event).is_empty());
    }
    assert_eq!(outbox.0, before);
    assert!(outbox.0.forget_settled(at(0)).is_empty());
    assert_eq!(outbox.0.forget_settled(at(1)), [id(1)]);
    assert!(outbox.0.entries().is_empty());
    outbox.no(Event::Taken { id: id(1) }, NotDone::Unknown);
    outbox.no(Event::Shown { id: id(1) }, NotDone::Unknown);
    outbox.no(
        answered(1, 1, Answer::Applied { version: 1 }),
        NotDone::Unknown,
    );
    assert_eq!(outbox.decide(1, Decision::Discard), Err(NotDone::Unknown));
}

fn decisions() -> [Decision; 4] {
    [
        Decision::KeepTheirs,
        Decision::Replace(command(99, 1, add(vec![bespoke(9, "Ask her sister")]))),
        Decision::TryAgain,
        Decision::Discard,
    ]
}

/// What becomes of each decision: what the entry then is, or that it is not offered.
fn decided(outbox: impl Fn() -> Box0) -> [Option<&'static str>; 4] {
    decisions().map(|decision| {
        let mut outbox = outbox();
        let before = outbox.0.clone();
        match outbox.decide(1, decision) {
            Ok(changed) => {
                assert_eq!(changed.first(), Some(&id(1)));
                Some(match outbox.state() {
                    State::Waiting { back_off: None } => "waiting",
                    State::Settled {
                        end: End::KeptTheirs,
                        ..
                    } => "kept theirs",
                    State::Settled {
                        end: End::Replaced { by },
                        ..
                    } => {
                        assert_eq!((*by, &changed), (id(99), &vec![id(1), id(99)]));
                        assert!(is_waiting(&outbox.entry(99).state));
                        assert_eq!(outbox.0.next(at(0)).map(Entry::id), Some(id(99)));
                        "replaced"
                    }
                    State::Settled {
                        end: End::Discarded,
                        ..
                    } => "discarded",
                    state => panic!("{state:?}"),
                })
            }
            Err(error) => {
                assert_eq!((error, outbox.0), (NotDone::NotOffered, before));
                None
            }
        }
    })
}

#[test]
fn about_a_conflict() {
    let theirs = after(&[create(2, vision_and_door(5))]);
    assert_eq!(
        decided(|| Box0::asked(conflict(&theirs))),
        [Some("kept theirs"), Some("replaced"), None, None]
    );
}

#[test]
fn about_a_refusal_for_good() {
    for why in [invalid(), Why::CommandReused] {
        assert_eq!(
            decided(|| Box0::asked(Answer::Refused(why.clone()))),
            [None, Some("replaced"), None, Some("discarded")]
        );
    }
}

#[test]
fn about_a_refusal_that_may_pass() {
    for why in [
        forbidden(),
        Why::StepUp,
        Why::NotFound,
        Why::StaysOnline,
        not_ready(),
        Why::Other,
    ] {
        assert_eq!(
            decided(|| Box0::asked(Answer::Refused(why.clone()))),
            [None, None, Some("waiting"), Some("discarded")]
        );
    }
    let role_ended = || {
        let mut outbox = Box0::waiting();
        outbox.yes(Event::RoleEnded(maker(1).role));
        outbox.yes(Event::Shown { id: id(1) });
        outbox
    };
    assert_eq!(
        decided(role_ended),
        [None, None, Some("waiting"), Some("discarded")]
    );
}

#[test]
fn about_one_that_waits() {
    assert_eq!(
        decided(Box0::waiting),
        [None, None, None, Some("discarded")]
    );
    assert_eq!(decided(Box0::in_flight), [None; 4]);
    let lost = || {
        let mut outbox = Box0::in_flight();
        outbox.yes(answered(1, 1, Answer::Lost { chance: 0.0 }));
        outbox
    };
    // It may have been done.
    assert_eq!(decided(lost), [None; 4]);
}

#[test]
fn nothing_is_decided_unseen() {
    let theirs = after(&[create(2, vision_and_door(5))]);
    for answer in [conflict(&theirs), Answer::Refused(forbidden())] {
        let mut outbox = Box0::in_flight();
        outbox.yes(answered(1, 1, answer));
        for decision in decisions() {
            assert_eq!(outbox.decide(1, decision), Err(NotDone::NotShown));
        }
    }
}

#[test]
fn a_replacement_is_made_on_what_was_shown_and_under_a_new_id() {
    let theirs = after(&[
        create(2, vision_and_door(5)),
        add(vec![bespoke(8, "Ask her sister")]),
    ]);
    let mut outbox = Box0::asked(conflict(&theirs));
    let replace = |number, base| Decision::Replace(command(number, base, add(vec![])));
    assert_eq!(outbox.decide(1, replace(9, 1)), Err(NotDone::OldBase));
    assert_eq!(outbox.decide(1, replace(1, 2)), Err(NotDone::IdTaken));
    assert_eq!(outbox.decide(1, replace(9, 2)), Ok(vec![id(1), id(9)]));
    assert_eq!(
        outbox.entry(9).turn,
        Turn {
            number: 1,
            again: 1
        }
    );
    assert_eq!((outbox.entry(9).attempts, outbox.base(9)), (0, 2));
}

#[test]
fn the_same_command_twice_is_one_and_another_under_its_id_is_none() {
    let mut outbox = Box0::waiting();
    let again = command(1, 0, create(1, vision_and_door(1)));
    assert!(outbox.yes(made("A", 1, again.clone())).is_empty());
    assert_eq!(outbox.0.entries().len(), 1);
    outbox.no(made("B", 1, again), NotDone::IdTaken);
    outbox.no(made("A", 1, command(1, 0, remove_flag())), NotDone::IdTaken);
}

#[test]
fn a_sure_answer_clears_the_doubt() {
    let lost = |answer: Answer| {
        let mut outbox = Box0::in_flight();
        outbox.yes(answered(1, 1, Answer::Lost { chance: 0.0 }));
        outbox.yes(Event::Reachable);
        outbox.yes(Event::Taken { id: id(1) });
        outbox.yes(answered(1, 2, answer));
        outbox.entry(1).perhaps_done
    };
    assert!(!lost(conflict(&after(&[create(2, vision_and_door(5))]))));
    assert!(!lost(Answer::Refused(invalid())));
    assert!(lost(Answer::Refused(forbidden())));
}

#[test]
fn one_patient_waits_and_others_go_on() {
    let mut outbox = Box0::with(vec![
        create(1, vision_and_door(1)),
        add(vec![bespoke(3, "Ask her sister")]),
    ]);
    outbox.yes(made("B", 1, command(3, 0, create(2, vision_and_door(5)))));
    outbox.yes(Event::Taken { id: id(1) });
    outbox.no(Event::Taken { id: id(2) }, NotDone::NotNext);
    assert_eq!(outbox.0.pause(id(2), at(0)), Some(Pause::Behind(id(1))));
    assert_eq!(outbox.0.next(at(0)).map(Entry::id), Some(id(3)));
    outbox.yes(Event::Taken { id: id(3) });
    assert_eq!(outbox.0.next(at(0)), None);
    // The first one's answer says nothing of the second.
    outbox.yes(answered(1, 1, Answer::Applied { version: 1 }));
    assert!(is_waiting(&outbox.entry(2).state));
    assert_eq!(outbox.base(2), 1);
    assert_eq!(outbox.0.next(at(0)).map(Entry::id), Some(id(2)));
    outbox.yes(Event::Taken { id: id(2) });
    outbox.yes(answered(2, 1, conflict(&AdjustmentRecord::default())));
    outbox.yes(made("A", 1, command(4, 3, remove_flag())));
    assert_eq!(outbox.0.pause(id(4), at(0)), Some(Pause::Behind(id(2))));
    let of_a: Vec<_> = outbox.0.of(&Queue("A".to_owned())).map(Entry::id).collect();
    assert_eq!(of_a, [id(1), id(2), id(4)]);
    assert_eq!(
        outbox.0.counts(),
        Counts {
            waiting: 2,
            other_role: 0,
            needs_decision: 1
        }
    );
}

#[test]
fn changes_of_another_role_wait_for_it_with_all_behind_them() {
    let mut outbox = Box0::waiting();
    outbox.yes(made("A", 2, command(2, 1, remove_part(1))));
    outbox.yes(made("B", 2, command(3, 0, create(2, vision_and_door(5)))));
    outbox.yes(Event::Sender(Some(maker(2))));
    let other = Some(Pause::OtherRole(maker(1).role));
    assert_eq!(outbox.0.pause(id(1), at(0)), other);
    assert_eq!(outbox.0.pause(id(2), at(0)), Some(Pause::Behind(id(1))));
    outbox.no(Event::Taken { id: id(1) }, NotDone::NotNext);
    assert_eq!(outbox.0.next(at(0)).map(Entry::id), Some(id(3)));
    assert_eq!(
        outbox.0.counts(),
        Counts {
            waiting: 3,
            other_role: 2,
            needs_decision: 0
        }
    );
    outbox.yes(Event::Sender(None));
    let sign_in = Some(Pause::Stopped(Stop::SignIn));
    assert_eq!(outbox.0.pause(id(3), at(0)), sign_in);
    assert_eq!(outbox.0.next(at(0)), None);
    outbox.yes(Event::Sender(Some(maker(1))));
    assert_eq!(outbox.0.next(at(0)).map(Entry::id), Some(id(1)));
}

/// Changes 1 to 4, and someone else has made two versions meanwhile.
fn four_in_conflict() -> Box0 {
    let mut outbox = Box0::with(vec![
        create(1, vision_and_door(1)),
        add(vec![bespoke(3, "Ask her sister")]),
        remove_part(3),
        remove_flag(),
    ]);
    let theirs = after(&[
        create(2, vision_and_door(5)),
        add(vec![bespoke(8, "Large print")]),
    ]);
    outbox.yes(Event::Taken { id: id(1) });
    outbox.yes(answered(1, 1, conflict(&theirs)));
    outbox.yes(Event::Shown { id: id(1) });
    outbox
}

#[test]
fn what_was_made_on_top_of_a_dropped_change_moves_onto_theirs() {
    let mut outbox = four_in_conflict();
    let changed = outbox.decide(1, Decision::KeepTheirs).unwrap();
    assert_eq!(changed, [id(1), id(2), id(3), id(4)]);
    // Theirs is version 2. The removal of the flag is asked about again.
    assert_eq!([2, 3, 4].map(|number| outbox.base(number)), [2, 3, 2]);
}

#[test]
fn what_was_made_on_top_of_a_replaced_change_moves_behind_the_new_one() {
    let mut outbox = four_in_conflict();
    let again = command(9, 2, add(vec![bespoke(1, "Knock twice")]));
    let changed = outbox.decide(1, Decision::Replace(again)).unwrap();
    assert_eq!(changed, [id(1), id(9), id(2), id(3)]);
    assert_eq!([9, 2, 3, 4].map(|number| outbox.base(number)), [2, 3, 4, 3]);
    assert_eq!(outbox.0.next(at(0)).map(Entry::id), Some(id(9)));
}

#[test]
fn what_was_made_on_top_of_a_change_taken_back_moves_down() {
    let mut outbox = Box0::with(vec![
        create(1, vision_and_door(1)),
        remove_part(1),
        add(vec![bespoke(3, "Ask her sister")]),
    ]);
    outbox.yes(made("B", 1, command(9, 5, remove_flag())));
    assert_eq!(outbox.decide(2, Decision::Discard), Ok(vec![id(2), id(3)]));
    assert_eq!([1, 3, 9].map(|number| outbox.base(number)), [0, 1, 5]);
}

#[test]
fn a_change_stays_as_it_is_once_a_delivery_of_it_was_begun() {
    // Two tabs gave the same number, and the second was delivered before the first was known here.
    let mut outbox = Box0::with(vec![add(vec![bespoke(3, "One")]), remove_part(3)]);
    let mut entries = outbox.0.entries().to_vec();
    entries.iter_mut().for_each(|entry| {
        entry.turn.number = 1;
        entry.attempts = u32::from(entry.id() == id(2));
        entry.command.base = 4 + u64::from(entry.id() == id(2)) * 2;
    });
    entries.reverse();
    outbox.0 = Outbox::restore(entries);
    let order: Vec<_> = outbox.0.entries().iter().map(Entry::id).collect();
    assert_eq!(order, [id(1), id(2)]);
    let mut later = outbox.0.entries().to_vec();
    later
        .iter_mut()
        .skip(1)
        .for_each(|entry| entry.turn.number = 2);
    outbox.0 = Outbox::restore(later);
    assert_eq!(outbox.decide(1, Decision::Discard), Ok(vec![id(1)]));
    assert_eq!(outbox.base(2), 6);
}

proptest! {
    #[test]
    fn the_back_off_doubles_to_five_minutes(setbacks in 1_u32..200, chance in 0.0..=1.0_f64) {
        let now = at(0);
        let wait = BackOff::after(Setback::Lost, setbacks, chance, now).until.duration_since(now);
        let whole = f64::from(1_u32 << (setbacks - 1).min(20)).min(300.0);
        let waited = wait.as_secs_f64();
        prop_assert!((waited - whole * (0.5 + 0.5 * chance)).abs() < 0.001, "{} after {}", waited, setbacks);
    }

    #[test]
    fn no_chance_and_no_clock_makes_a_change_wait_longer(
        chance in prop::num::f64::ANY, setbacks in any::<u32>(), turned in -1_000_000_000_i64..1_000_000_000,
    ) {
        let back_off = BackOff::after(Setback::Busy, setbacks, chance, at(0));
        prop_assert!(back_off.until >= at(0) && back_off.until <= at(300));
        let over = back_off.over_at(at(turned));
        prop_assert!(over.duration_since(at(turned)) <= LONGEST_BACK_OFF);
    }
}

#[test]
fn setbacks_count_in_a_row() {
    let mut outbox = Box0::waiting();
    let mut now = at(0);
    let mut waits = Vec::new();
    for attempt in 1..=11 {
        outbox.0.handle(Event::Taken { id: id(1) }, now).unwrap();
        let lost = answered(1, attempt, Answer::Lost { chance: 1.0 });
        outbox.0.handle(lost, now).unwrap();
        let at = outbox.0.wake_at(now).unwrap();
        waits.push(at.duration_since(now).as_secs());
        now = at;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    outbox.0.handle(Event::Taken { id: id(1) }, now).unwrap();
    let stopped = answered(1, 12, Answer::Stopped(Stop::SignIn));
    outbox.0.handle(stopped, now).unwrap();
    assert_eq!(
        (outbox.entry(1).setbacks, outbox.entry(1).attempts),
        (0, 12)
    );
    // A clock turned back by a year does not make it wait for a year.
    let mut turned = Box0::in_flight();
    turned.yes(answered(1, 1, Answer::Lost { chance: 1.0 }));
    let year_ago = at(0) - SignedDuration::from_hours(24 * 365);
    assert!(turned.0.next(year_ago).is_some());
}

// What is left of a change on a record that has moved on.

#[test]
fn two_creations_meet_in_one_flag() {
    let mine = create(
        1,
        vec![
            impairment(1, ImpairmentKind::Vision),
            impairment(2, ImpairmentKind::Hearing),
            bespoke(3, "meet her at the DOOR "),
            bespoke(4, "Ask her sister"),
        ],
    );
    let theirs = after(&[create(2, vision_and_door(5))]);
    let left = add(vec![
        impairment(2, ImpairmentKind::Hearing),
        bespoke(4, "Ask her sister"),
    ]);
    assert_eq!(mine.onto(&theirs), Rebased::Change(left.clone()));
    let together = theirs.apply(1, &left, &by("Me")).unwrap();
    let flag = together.current.as_ref().unwrap();
    let parts: Vec<_> = flag.current_parts().map(|part| part.id).collect();
    assert_eq!(parts, [5, 6, 2, 4].map(part_id));
    // Once more, there is nothing left.
    assert_eq!(mine.onto(&together), Rebased::Nothing);
    assert_eq!(
        create(1, vision_and_door(1)).onto(&theirs),
        Rebased::Nothing
    );
}

#[test]
fn what_is_left_of_each_change() {
    let never = AdjustmentRecord::default();
    let flag = after(&[create(1, vision_and_door(1))]);
    let gone = after(&[create(1, vision_and_door(1)), remove_flag()]);
    let struck = after(&[create(1, vision_and_door(1)), remove_part(2)]);
    let other = add(vec![bespoke(9, "Large print")]);
    let same = |change: &AdjustmentChange| Rebased::Change(change.clone());
    let new = create(3, vision_and_door(7));
    for (change, on, left) in [
        (new.clone(), &never, same(&new)),
        (new.clone(), &gone, same(&new)),
        (create(1, vision_and_door(1)), &gone, Rebased::Nothing),
        (create(1, vision_and_door(1)), &flag, Rebased::Nothing),
        (other.clone(), &never, Rebased::NoFlag),
        (other.clone(), &gone, Rebased::NoFlag),
        (other.clone(), &flag, same(&other)),
        // It was done, and taken away again: the name was used.
        (add(vision_and_door(1)), &gone, Rebased::Nothing),
        (
            add(vec![bespoke(2, "Something else")]),
            &struck,
            Rebased::Nothing,
        ),
        (remove_part(2), &flag, same(&remove_part(2))),
        (remove_part(2), &struck, Rebased::Nothing),
        (remove_part(2), &gone, Rebased::Nothing),
        (remove_part(8), &flag, Rebased::Nothing),
        (remove_flag(), &flag, same(&remove_flag())),
        (remove_flag(), &gone, Rebased::Nothing),
        (remove_flag(), &never, Rebased::Nothing),
    ] {
        assert!(
            change.onto(on) == left,
            "{}",
            serde_json::to_string(&change).unwrap()
        );
    }
}

// A record with what the service does not have yet.

fn laid(outbox: &Box0, record: &AdjustmentRecord) -> domain::outbox::Overlay {
    overlay(record, outbox.0.of(&Queue("A".to_owned())), &by("Me"))
}

fn mark(number: u32, what: Marked) -> Mark {
    Mark {
        command: id(number),
        what,
    }
}

#[test]
fn ones_own_changes_lie_on_the_record() {
    let outbox = Box0::with(vec![
        create(1, vision_and_door(1)),
        add(vec![bespoke(3, "Ask her sister")]),
        remove_part(2),
    ]);
    let over = laid(&outbox, &AdjustmentRecord::default());
    assert_eq!(over.record.version, 3);
    assert_eq!(
        over.marks,
        [
            mark(1, Marked::FlagCreated),
            mark(1, Marked::PartAdded(part_id(1))),
            mark(1, Marked::PartAdded(part_id(2))),
            mark(2, Marked::PartAdded(part_id(3))),
            mark(3, Marked::PartRemoved(part_id(2))),
        ]
    );
    assert!(over.left_out.is_empty());
    let flag = over.record.current.unwrap();
    let parts: Vec<_> = flag.current_parts().map(|part| part.id).collect();
    assert_eq!(parts, [1, 3].map(part_id));
    assert_eq!(flag.recorded.person, "Me");
    assert_eq!(flag.recorded.at, at(0));
}

#[test]
fn a_flag_that_is_removed_unsent_is_an_earlier_one() {
    let record = after(&[create(2, vision_and_door(5))]);
    let mut outbox = Box0::with(vec![]);
    outbox.yes(made("A", 1, command(1, 1, remove_flag())));
    let over = laid(&outbox, &record);
    assert_eq!(over.record.current, None);
    assert_eq!(over.marks, [mark(1, Marked::FlagRemoved)]);
}

#[test]
fn on_a_newer_record_only_what_is_left_lies_on_it() {
    let outbox = Box0::with(vec![create(
        1,
        vec![
            impairment(1, ImpairmentKind::Vision),
            bespoke(2, "Ask her sister"),
        ],
    )]);
    let theirs = after(&[create(2, vision_and_door(5))]);
    let over = laid(&outbox, &theirs);
    assert_eq!(over.record.version, 2);
    assert_eq!(over.marks, [mark(1, Marked::PartAdded(part_id(2)))]);
    // The answer was lost, and it is in the record already: it does not count twice.
    let done = after(&[create(1, vision_and_door(1))]);
    let over = laid(&Box0::waiting(), &done);
    assert_eq!((over.record.version, over.marks.len()), (1, 0));
    assert_eq!(over.record, done);
}

#[test]
fn what_does_not_fit_is_told_beside_the_record() {
    let mut outbox = Box0::with(vec![]);
    outbox.yes(made("A", 1, command(1, 0, remove_flag())));
    outbox.yes(made(
        "A",
        1,
        command(2, 7, add(vec![bespoke(3, "Ask her sister")])),
    ));
    // Another flag than the one that was to be removed.
    let theirs = after(&[create(2, vision_and_door(5))]);
    let over = laid(&outbox, &theirs);
    assert_eq!(over.left_out, [id(1)]);
    assert_eq!(over.marks, [mark(2, Marked::PartAdded(part_id(3)))]);
    // No flag at all.
    let over = laid(&outbox, &AdjustmentRecord::default());
    assert_eq!(over.left_out, [id(1), id(2)]);
    assert_eq!(over.record, AdjustmentRecord::default());
}

#[test]
fn what_was_applied_stays_in_sight_until_the_record_is_read_anew() {
    let mut outbox = Box0::settled();
    outbox.yes(made("A", 1, command(2, 1, remove_part(1))));
    let over = laid(&outbox, &AdjustmentRecord::default());
    assert_eq!(over.marks, [mark(2, Marked::PartRemoved(part_id(1)))]);
    assert_eq!(over.record.version, 2);
    let read = after(&[create(1, vision_and_door(1))]);
    let again = laid(&outbox, &read);
    assert_eq!(again.marks, over.marks);
    assert_eq!(again.record.version, 2);
}

#[test]
fn what_ended_otherwise_is_out_of_sight() {
    let mut outbox = Box0::waiting();
    outbox.decide(1, Decision::Discard).unwrap();
    let over = laid(&outbox, &AdjustmentRecord::default());
    assert_eq!(over.record, AdjustmentRecord::default());
    // What needs a decision stays.
    let theirs = after(&[create(2, vision_and_door(5))]);
    let asked = Box0::asked(conflict(&theirs));
    let over = laid(&asked, &AdjustmentRecord::default());
    assert_eq!(over.marks.len(), 3);
}

// What is kept durably. Devices in the field hold it for days.

fn entry(state: State) -> Entry<u8> {
    Entry {
        command: command(7, 3, remove_part(1)),
        target: 7,
        queue: Queue("A".to_owned()),
        by: maker(2),
        turn: Turn {
            number: 4,
            again: 1,
        },
        attempts: 2,
        setbacks: 1,
        perhaps_done: true,
        state,
    }
}

fn wire(state: State) -> String {
    let json = serde_json::to_string(&state).unwrap();
    let read: State = serde_json::from_str(&json).unwrap();
    assert_eq!(read, state);
    json
}

#[test]
fn kept_entries() {
    let entry = entry(State::InFlight { since: at(0) });
    let json = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<Entry<u8>>(&json).unwrap(), entry);
    assert_snapshot!(json, @r#"{"command":{"id":"00000000-0000-0000-0000-000000000007","base":3,"made_at":"2026-11-18T11:06:40Z","change":{"do":"remove-part","part":"00000000-0000-0000-0000-0000000003e9","reason":"no-longer-applies","comment":"Has moved"}},"target":7,"queue":"A","by":{"person":"00000000-0000-0000-0000-000000000001","role":"00000000-0000-0000-0000-000000000002"},"turn":{"number":4,"again":1},"attempts":2,"setbacks":1,"perhaps_done":true,"state":{"is":"in-flight","since":"2026-11-18T11:06:40Z"}}"#);
}

#[test]
fn kept_states() {
    let back_off = |after| State::Waiting {
        back_off: Some(BackOff {
            until: at(1),
            after,
        }),
    };
    let asked = |question| State::NeedsDecision {
        question,
        since: at(0),
        shown: Some(at(1)),
    };
    let refused = |why| asked(Question::Refused { why });
    let settled = |end| State::Settled { end, at: at(0) };
    assert_snapshot!(wire(State::Waiting { back_off: None }), @r#"{"is":"waiting","back_off":null}"#);
    assert_snapshot!(wire(back_off(Setback::Lost)), @r#"{"is":"waiting","back_off":{"until":"2026-11-18T11:06:41Z","after":"lost"}}"#);
    assert_snapshot!(wire(back_off(Setback::Busy)), @r#"{"is":"waiting","back_off":{"until":"2026-11-18T11:06:41Z","after":"busy"}}"#);
    assert_snapshot!(wire(asked(Question::Conflict { theirs: Box::default() })), @r#"{"is":"needs-decision","question":{"on":"conflict","theirs":{"version":0,"current":null,"earlier":[]}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(invalid())), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"invalid","fields":[{"field":"parts","message":"This is already on the flag"}]}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(Why::CommandReused)), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"command-reused"}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(forbidden())), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"role-forbids","activity":"B0380"}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(Why::NotFound)), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"not-found"}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(Why::StaysOnline)), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"stays-online"}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(Why::StepUp)), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"step-up"}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(not_ready())), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"not-ready","missing":{"step":"pds-form","lack":"awaiting-approval"}}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(Why::RoleEnded)), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"role-ended"}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(refused(Why::Other)), @r#"{"is":"needs-decision","question":{"on":"refused","why":{"reason":"other"}},"since":"2026-11-18T11:06:40Z","shown":"2026-11-18T11:06:41Z"}"#);
    assert_snapshot!(wire(settled(End::Applied { version: 4 })), @r#"{"is":"settled","end":{"was":"applied","version":4},"at":"2026-11-18T11:06:40Z"}"#);
    assert_snapshot!(wire(settled(End::KeptTheirs)), @r#"{"is":"settled","end":{"was":"kept-theirs"},"at":"2026-11-18T11:06:40Z"}"#);
    assert_snapshot!(wire(settled(End::Replaced { by: id(8) })), @r#"{"is":"settled","end":{"was":"replaced","by":"00000000-0000-0000-0000-000000000008"},"at":"2026-11-18T11:06:40Z"}"#);
    assert_snapshot!(wire(settled(End::Discarded)), @r#"{"is":"settled","end":{"was":"discarded"},"at":"2026-11-18T11:06:40Z"}"#);
}

#[test]
fn an_entry_of_an_older_or_newer_app_is_read() {
    let command = r#"{"id":"00000000-0000-0000-0000-000000000007","base":3,"made_at":"2026-11-18T11:06:40Z","change":{"do":"remove-part","part":"00000000-0000-0000-0000-0000000003e9","reason":"no-longer-applies","comment":"Has moved"}}"#;
    let by = r#"{"person":"00000000-0000-0000-0000-000000000001","role":"00000000-0000-0000-0000-000000000002"}"#;
    let least = format!(
        r#"{{"command":{command},"target":7,"queue":"A","by":{by},"turn":{{"number":4}},"state":{{"is":"waiting"}}}}"#
    );
    let read: Entry<u8> = serde_json::from_str(&least).unwrap();
    assert_eq!(read.state, State::Waiting { back_off: None });
    assert_eq!(
        (read.attempts, read.setbacks, read.perhaps_done),
        (0, 0, false)
    );
    let more = format!(
        r#"{{"command":{command},"target":7,"queue":"A","by":{by},"turn":{{"number":4,"again":0,"x":1}},"colour":"green","state":{{"is":"needs-decision","question":{{"on":"refused","why":{{"reason":"moon-is-full","phase":1}}}},"since":"2026-11-18T11:06:40Z"}}}}"#
    );
    let read: Entry<u8> = serde_json::from_str(&more).unwrap();
    assert_eq!(
        read.state,
        State::NeedsDecision {
            question: Question::Refused { why: Why::Other },
            since: at(0),
            shown: None
        }
    );
    // A state that this app does not know is not guessed.
    let unknown = least.replace(r#""is":"waiting""#, r#""is":"on-the-moon""#);
    assert!(serde_json::from_str::<Entry<u8>>(&unknown).is_err());
}

#[test]
fn what_was_written_never_shows_in_debug() {
    let theirs = after(&[create(2, vision_and_door(5))]);
    let mut outbox = Box0::asked(conflict(&theirs));
    outbox.yes(made(
        "999 040 2132",
        1,
        command(5, 0, add(vec![bespoke(9, "Secret")])),
    ));
    let text = format!(
        "{:?} {:?} {:?}",
        outbox.0,
        laid(&outbox, &theirs),
        remove_flag().onto(&theirs)
    );
    for hidden in ["Secret", "999", "door", "Wrong", "Someone"] {
        assert!(!text.contains(hidden), "{hidden} shows");
    }
}
