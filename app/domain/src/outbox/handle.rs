//! What happens to the outbox at each event: the tables of the parent module.

use super::entry::{BackOff, End, Entry, Question, Queue, Setback, State, Turn, Why};
use super::{Answer, Decision, Event, Made, NotDone, Outbox, Stop, sort};
use crate::adjustment::AdjustmentChange;
use crate::command::Command;
use crate::ids::CommandId;
use jiff::Timestamp;

type Changed = Result<Vec<CommandId>, NotDone>;

impl<T: Clone> Outbox<T> {
    /// Takes note of what happened, and names the entries that the store has to keep anew.
    ///
    /// # Errors
    /// Where the event does not fit, in which case nothing has moved. To [`NotDone::OtherAttempt`]
    /// there is nothing to do.
    pub fn handle(&mut self, event: Event<T>, now: Timestamp) -> Changed {
        match event {
            Event::Made(made) => self.made(made),
            Event::Taken { id } => self.taken(id, now),
            Event::Answered {
                id,
                attempt,
                answer,
            } => self.answered(id, attempt, answer, now),
            Event::Crashed => Ok(self.each(Entry::crashed)),
            Event::Reachable => Ok(self.each(Entry::reachable)),
            Event::Shown { id } => self.entry(id)?.shown(now).map(|()| vec![id]),
            Event::Decided { id, decision } => self.decided(id, decision, now),
            Event::RoleEnded(role) => {
                Ok(self.each(|entry| entry.by.role == role && entry.role_ended(now)))
            }
            Event::Sender(sender) => {
                self.sender = sender;
                self.stopped = match self.stopped {
                    Some(Stop::Update) => Some(Stop::Update),
                    Some(Stop::SignIn | Stop::ChooseRole) | None => None,
                };
                Ok(Vec::new())
            }
        }
    }

    fn made(&mut self, made: Made<T>) -> Changed {
        let id = made.command.id;
        if let Some(there) = self.get(id) {
            // A second press, or the draft of a page that died.
            let same = there.command == made.command && there.queue == made.queue;
            return if same {
                Ok(Vec::new())
            } else {
                Err(NotDone::IdTaken)
            };
        }
        let last = self.entries.last().map_or(0, |entry| entry.turn.number);
        self.entries.push(Entry {
            command: made.command,
            target: made.target,
            queue: made.queue,
            by: made.by,
            turn: Turn {
                number: last.saturating_add(1),
                again: 0,
            },
            attempts: 0,
            setbacks: 0,
            perhaps_done: false,
            state: State::Waiting { back_off: None },
        });
        Ok(vec![id])
    }

    fn taken(&mut self, id: CommandId, now: Timestamp) -> Changed {
        let entry = self.get(id).ok_or(NotDone::Unknown)?;
        let first = self.head_of(&entry.queue).map(Entry::id);
        if first != Some(id) || self.goes_at(entry, now).is_none_or(|at| at > now) {
            return Err(NotDone::NotNext);
        }
        let entry = self.entry(id)?;
        entry.attempts = entry.attempts.saturating_add(1);
        entry.state = State::InFlight { since: now };
        Ok(vec![id])
    }

    fn answered(&mut self, id: CommandId, attempt: u32, answer: Answer, now: Timestamp) -> Changed {
        let stop = self.entry(id)?.answered(attempt, answer, now)?;
        if stop.is_some() {
            self.stopped = stop;
        }
        Ok(vec![id])
    }

    fn decided(&mut self, id: CommandId, decision: Decision, now: Timestamp) -> Changed {
        if let Decision::Replace(command) = &decision
            && self.get(command.id).is_some()
        {
            return Err(NotDone::IdTaken);
        }
        let entry = self.entry(id)?;
        let moved = entry.decided(decision, now)?;
        let (queue, turn) = (entry.queue.clone(), entry.turn);
        let mut changed = vec![id];
        match moved {
            Moved::Again => {}
            Moved::Dropped { seen } => {
                changed.extend(self.move_later(&queue, turn, Onto::Without { seen }));
            }
            Moved::Replaced(command) => {
                let instead = Entry {
                    turn: Turn {
                        again: turn.again.saturating_add(1),
                        ..turn
                    },
                    attempts: 0,
                    setbacks: 0,
                    perhaps_done: false,
                    state: State::Waiting { back_off: None },
                    command: *command,
                    ..entry.clone()
                };
                let (turn, base) = (instead.turn, instead.command.base);
                changed.push(instead.id());
                self.entries.push(instead);
                sort(&mut self.entries);
                changed.extend(self.move_later(&queue, turn, Onto::Replaced { base }));
            }
        }
        Ok(changed)
    }

    /// Moves the changes that were made on top of one that was dropped or replaced.
    fn move_later(&mut self, queue: &Queue, turn: Turn, onto: Onto) -> Vec<CommandId> {
        let mut changed = Vec::new();
        let mut floor = match onto {
            Onto::Without { seen } => seen,
            Onto::Replaced { base } => base.saturating_add(1),
        };
        for entry in &mut self.entries {
            if entry.queue != *queue || entry.turn <= turn || entry.is_settled() {
                continue;
            }
            let base = entry.command.base;
            if !entry.is_frozen() {
                let counted = match onto {
                    Onto::Without { .. } => base.saturating_sub(1),
                    Onto::Replaced { .. } => base,
                };
                entry.command.base = match entry.command.change {
                    // It would remove what the person may not have meant: better asked once too often.
                    AdjustmentChange::RemoveFlag { .. } => counted,
                    AdjustmentChange::Create { .. }
                    | AdjustmentChange::AddParts { .. }
                    | AdjustmentChange::RemovePart { .. } => counted.max(floor),
                };
            }
            floor = entry.command.base.saturating_add(1);
            if entry.command.base != base {
                changed.push(entry.id());
            }
        }
        changed
    }

    fn entry(&mut self, id: CommandId) -> Result<&mut Entry<T>, NotDone> {
        self.entries
            .iter_mut()
            .find(|entry| entry.id() == id)
            .ok_or(NotDone::Unknown)
    }

    /// Does something to every entry, and names those that it changed.
    fn each(&mut self, mut change: impl FnMut(&mut Entry<T>) -> bool) -> Vec<CommandId> {
        self.entries
            .iter_mut()
            .filter_map(|entry| change(entry).then(|| entry.id()))
            .collect()
    }
}

/// On what the later changes stand after a decision.
#[derive(Clone, Copy)]
enum Onto {
    /// The change is dropped; the person was shown that version of the record.
    Without { seen: u64 },
    /// Another takes its place, made on that version.
    Replaced { base: u64 },
}

/// What a person decides on.
#[derive(Clone, Copy)]
enum About {
    /// A conflict.
    Conflict,
    /// A refusal after which the change never will be carried out under its id.
    RefusedForGood,
    /// A refusal that may pass.
    RefusedForNow,
    /// A change of which no delivery was ever begun.
    Unsent,
}

/// What a decision did.
enum Moved {
    /// The same change waits again.
    Again,
    /// It is dropped; the person was shown that version of the record.
    Dropped { seen: u64 },
    /// Another takes its place.
    Replaced(Box<Command<AdjustmentChange>>),
}

impl<T> Entry<T> {
    /// A delivery ended. Gives what has to be done before the next.
    fn answered(
        &mut self,
        attempt: u32,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Option<Stop>, NotDone> {
        match self.state {
            State::InFlight { .. } if attempt == self.attempts => {}
            State::InFlight { .. }
            | State::Waiting { .. }
            | State::NeedsDecision { .. }
            | State::Settled { .. } => return Err(NotDone::OtherAttempt),
        }
        match answer {
            Answer::Applied { version } => self.settle(End::Applied { version }, now),
            Answer::Conflict { theirs } => self.ask(Question::Conflict { theirs }, now),
            Answer::Refused(why) => self.ask(Question::Refused { why }, now),
            Answer::Lost { chance } => self.wait(Setback::Lost, chance, now),
            Answer::Busy { chance } => self.wait(Setback::Busy, chance, now),
            Answer::Stopped(stop) => {
                // A page that is out of date cannot read what became of it.
                self.perhaps_done |= stop == Stop::Update;
                self.setbacks = 0;
                self.state = State::Waiting { back_off: None };
                return Ok(Some(stop));
            }
        }
        Ok(None)
    }

    fn wait(&mut self, setback: Setback, chance: f64, now: Timestamp) {
        self.setbacks = self.setbacks.saturating_add(1);
        self.perhaps_done = true;
        let back_off = BackOff::after(setback, self.setbacks, chance, now);
        self.state = State::Waiting {
            back_off: Some(back_off),
        };
    }

    fn ask(&mut self, question: Question, now: Timestamp) {
        self.setbacks = 0;
        self.perhaps_done &= !question.is_final();
        self.state = State::NeedsDecision {
            question,
            since: now,
            shown: None,
        };
    }

    fn settle(&mut self, end: End, now: Timestamp) {
        self.setbacks = 0;
        self.state = State::Settled { end, at: now };
    }

    fn crashed(&mut self) -> bool {
        match self.state {
            State::InFlight { .. } => {
                self.perhaps_done = true;
                self.state = State::Waiting { back_off: None };
                true
            }
            State::Waiting { .. } | State::NeedsDecision { .. } | State::Settled { .. } => false,
        }
    }

    fn reachable(&mut self) -> bool {
        match &mut self.state {
            State::Waiting { back_off } => {
                let lost = back_off.is_some_and(|back_off| match back_off.after {
                    Setback::Lost => true,
                    // It was reached all along.
                    Setback::Busy => false,
                });
                if lost {
                    *back_off = None;
                }
                lost
            }
            State::InFlight { .. } | State::NeedsDecision { .. } | State::Settled { .. } => false,
        }
    }

    fn shown(&mut self, now: Timestamp) -> Result<(), NotDone> {
        match &mut self.state {
            State::NeedsDecision { shown, .. } => {
                *shown = shown.or(Some(now));
                Ok(())
            }
            State::Waiting { .. } | State::InFlight { .. } | State::Settled { .. } => {
                Err(NotDone::NotOffered)
            }
        }
    }

    fn role_ended(&mut self, now: Timestamp) -> bool {
        match self.state {
            State::Waiting { .. } => {
                self.ask(
                    Question::Refused {
                        why: Why::RoleEnded,
                    },
                    now,
                );
                true
            }
            State::InFlight { .. } | State::NeedsDecision { .. } | State::Settled { .. } => false,
        }
    }

    /// What there is to decide, and the version of the record that the person was shown with it.
    fn about(&self) -> Result<(About, u64), NotDone> {
        let base = self.command.base;
        match &self.state {
            State::NeedsDecision { shown: None, .. } => Err(NotDone::NotShown),
            State::NeedsDecision { question, .. } => Ok(match question {
                Question::Conflict { theirs } => (About::Conflict, theirs.version),
                Question::Refused { .. } if question.is_final() => (About::RefusedForGood, base),
                Question::Refused { .. } => (About::RefusedForNow, base),
            }),
            State::Waiting { .. } if !self.is_frozen() => Ok((About::Unsent, base)),
            State::Waiting { .. } | State::InFlight { .. } | State::Settled { .. } => {
                Err(NotDone::NotOffered)
            }
        }
    }

    fn decided(&mut self, decision: Decision, now: Timestamp) -> Result<Moved, NotDone> {
        let (about, seen) = self.about()?;
        match (decision, about) {
            (Decision::KeepTheirs, About::Conflict) => {
                self.settle(End::KeptTheirs, now);
                Ok(Moved::Dropped { seen })
            }
            (Decision::Replace(command), About::Conflict | About::RefusedForGood) => {
                if command.base < seen {
                    return Err(NotDone::OldBase);
                }
                self.settle(End::Replaced { by: command.id }, now);
                Ok(Moved::Replaced(Box::new(command)))
            }
            (Decision::TryAgain, About::RefusedForNow) => {
                self.state = State::Waiting { back_off: None };
                Ok(Moved::Again)
            }
            (Decision::Discard, About::RefusedForGood | About::RefusedForNow | About::Unsent) => {
                self.settle(End::Discarded, now);
                Ok(Moved::Dropped { seen })
            }
            (
                Decision::KeepTheirs,
                About::RefusedForGood | About::RefusedForNow | About::Unsent,
            )
            | (Decision::Replace(_), About::RefusedForNow | About::Unsent)
            | (Decision::TryAgain, About::Conflict | About::RefusedForGood | About::Unsent)
            | (Decision::Discard, About::Conflict) => Err(NotDone::NotOffered),
        }
    }
}
