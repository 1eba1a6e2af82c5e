//! What was done on a device without the service, as the device tells it, into the audit.

use super::devices::is_nobodys;
use super::permission::{Ahead, Meaning};
use super::permit::Words;
use super::{Access, AskSummary, Attempt, Permit, ViewDemographics, ahead, described, may_ask};
use crate::audit::{Action, Actor, Entry, Outcome};
use crate::caller::Caller;
use crate::failure::Result;
use crate::identity::staff;
use crate::offline::{Aside, DeliveredEntries, MOST_ENTRIES, VaultRow, VisitRow, break_code};
use app::problem::Kind;
use domain::NhsNumber;
use domain::clock::uk_date;
use domain::device_log::{Act, BEGINNING, Break, ClockOff, LogEntry, LogHead, Part, believed};
use domain::ids::{VaultId, VisitId};
use domain::permission::{Availability, LONGEST_REASON, PermissionAnswer};
use domain::referral::ReferralKind;
use domain::role::{Activity, RoleAssignment};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// No device does so much without the service: a log does not go on after an entry so far ahead, so
/// that one made-up number does not hide all that follows.
const LONGEST_GAP: u64 = 1_000_000;

/// What the audit needs to tell of an entry.
struct Telling<'a> {
    actor: Actor,
    vault: &'a VaultRow,
    visits: &'a HashMap<VisitId, VisitRow>,
    /// What colleagues had recorded of those on whom the question was answered, when it was.
    vouched: HashMap<Place, ReferralKind>,
    /// When the entries arrived.
    arrived: Timestamp,
    /// The device brought it, with nobody signed in.
    by_itself: bool,
}

/// Which entry: its number, and the time that it tells. Where two claim one number, each has its own.
type Place = (u64, Timestamp);

/// An answer to the permission question.
struct Given<'a> {
    entry: &'a LogEntry,
    visit: &'a VisitRow,
    answer: &'a PermissionAnswer,
    /// What a colleague had recorded then.
    vouched: Option<ReferralKind>,
}

/// What a walk over the entries found.
#[derive(Default)]
struct Walk<'a> {
    audit: Vec<Entry>,
    aside: Vec<Aside>,
    /// Those that are in the audit now.
    told: Vec<&'a LogEntry>,
    /// The privacy officer is told of the clock, once.
    clock: bool,
    /// On whom the permission question was answered, in which role.
    answers: Vec<Given<'a>>,
}

impl Access {
    /// Brings the entries into the audit, and answers where the copy of the log then stands. Where
    /// the answer is lost on its way, the audit may have an entry twice, with the same number.
    ///
    /// # Errors
    /// `SignedOut`, `NotFound` for a vault of someone else.
    pub async fn bring_log(
        &self,
        caller: &Caller,
        id: VaultId,
        entries: &[LogEntry],
    ) -> Result<LogHead> {
        let attempt = Attempt::begin(caller, Action::DeliverLog)?;
        let found = match self.vaults.of(id, attempt.person.person).await {
            Ok(found) => found.ok_or_else(|| Kind::NotFound.into()),
            Err(failure) => Err(failure),
        };
        let vault = self.or_refused(&attempt, found).await?;
        let entries = entries.get(..MOST_ENTRIES).unwrap_or(entries);
        let visits = self
            .visits
            .of_person(
                attempt.person.person,
                entries.iter().flat_map(visits_in).collect(),
            )
            .await?;
        let arrived = self.clock.now();
        let vouched = self
            .vouched(&attempt.actor, &vault, &visits, entries, arrived)
            .await?;
        let telling = Telling {
            actor: attempt.actor.clone(),
            vault: &vault,
            visits: &visits,
            vouched,
            arrived,
            by_itself: is_nobodys(attempt.person.session),
        };
        let before = self.vaults.set_aside(&vault.key).await?;
        let numbers = entries.iter().map(|entry| entry.seq);
        let mut delivered = self.vaults.delivered(&vault, numbers).await?;
        let (walk, head) = telling.walk(id, entries, &before, &mut delivered)?;
        self.audit.record_all(walk.audit).await?;
        self.remember_answers(&attempt, &telling, walk.answers)
            .await?;
        self.vaults
            .move_on(&vault.key, &vault.head, &head, &walk.told, walk.aside)
            .await?;
        let moved = self.vaults.of(id, attempt.person.person).await?;
        Ok(moved.map_or(head, |vault| vault.head))
    }

    /// What colleagues had recorded of those on whom the permission question was answered, when it was:
    /// what they recorded or ended later does not change what that look rested on.
    async fn vouched(
        &self,
        actor: &Actor,
        vault: &VaultRow,
        visits: &HashMap<VisitId, VisitRow>,
        entries: &[LogEntry],
        arrived: Timestamp,
    ) -> Result<HashMap<Place, ReferralKind>> {
        let mut vouched = HashMap::new();
        for entry in entries {
            let Act::Answered { visit, .. } = &entry.act else {
                continue;
            };
            let Some(row) = visits.get(visit) else {
                continue;
            };
            let there = Actor {
                role: Some(row.role.clone()),
                ..actor.clone()
            };
            let referral = self
                .referral_at(
                    &there,
                    row.patient,
                    believed(entry.at, vault.registered_at, arrived).at,
                )
                .await?;
            let place = (entry.seq, entry.at);
            vouched.extend(referral.and_then(|referral| Some((place, referral.vouches()?))));
        }
        Ok(vouched)
    }

    /// Keeps what the answers mean for later, from when they were given: where the role may ask now,
    /// and a permission for later days where the patient has not closed their summary meanwhile.
    async fn remember_answers(
        &self,
        attempt: &Attempt<'_>,
        telling: &Telling<'_>,
        answers: Vec<Given<'_>>,
    ) -> Result<()> {
        if answers.is_empty() {
            return Ok(());
        }
        let today = uk_date(self.clock.now());
        let roles = staff::roles(&self.db, attempt.person.person).await?;
        for given in answers {
            let Given {
                entry,
                visit,
                answer,
                vouched,
            } = given;
            let may = roles
                .iter()
                .any(|role| role.id == visit.role.id && may_answer(role, answer));
            if !may {
                continue;
            }
            let actor = telling.in_role_of(Some(visit));
            let ahead = match ahead(answer).filter(|_| answer.problems(today).is_empty()) {
                Some(lasting) if !self.closed_by_choice(&actor, visit.patient).await => {
                    let seq = i64::try_from(entry.seq).unwrap_or(i64::MAX);
                    Some(Ahead::on_device(lasting, &telling.vault.key, seq))
                }
                Some(_) | None => None,
            };
            let meaning = Meaning {
                claimed: vouched.is_none(),
                ahead,
                at: believed(entry.at, telling.vault.registered_at, telling.arrived).at,
            };
            self.remember(&actor, visit.patient, &attempt.person.name, meaning)
                .await?;
        }
        Ok(())
    }

    /// The patient has opted out, or was restricted: what they agreed to before that would come back
    /// with the next change of mind. Where that cannot be found out they are asked again, too.
    async fn closed_by_choice(&self, actor: &Actor, patient: NhsNumber) -> bool {
        let words = || Words {
            person: actor.name.clone().unwrap_or_default(),
            role: String::new(),
            organisation: String::new(),
            confirmed: false,
        };
        let ask: Permit<AskSummary> = Permit::grant(patient, actor.clone(), words());
        let read: Permit<ViewDemographics> = Permit::grant(patient, actor.clone(), words());
        let held = self.national.summaries.holds(&ask).await;
        let whole = self.national.demographics.patient(&read).await;
        let (Ok(held), Ok(whole)) = (held, whole) else {
            return true;
        };
        matches!(
            Availability::of(held.consent, whole.restricted, held.exists),
            Availability::OptedOut | Availability::Restricted
        )
    }
}

/// Whether that answer could open a summary for that role.
fn may_answer(role: &RoleAssignment, answer: &PermissionAnswer) -> bool {
    match answer {
        PermissionAnswer::Agreed { .. } | PermissionAnswer::Standing => may_ask(role),
        PermissionAnswer::Emergency { .. } => {
            may_ask(role) && role.allows(Activity::EmergencyAccess)
        }
        // A device does not offer the law, as nobody could be asked about it.
        PermissionAnswer::Legal { .. } | PermissionAnswer::Declined => false,
    }
}

/// The visits that an entry names.
fn visits_in(entry: &LogEntry) -> BTreeSet<VisitId> {
    match &entry.act {
        Act::Unlocked | Act::UnlockFailed { .. } => BTreeSet::new(),
        Act::Searched { found, .. } => found.iter().copied().collect(),
        Act::Looked { visit, .. } | Act::Answered { visit, .. } => BTreeSet::from([*visit]),
    }
}

impl<'a> Telling<'a> {
    /// Follows the log from where its copy stands. `before` are the digests of what was kept aside
    /// already.
    ///
    /// | entry                     | audit               | kept aside | the log goes on after it |
    /// |---------------------------|---------------------|------------|--------------------------|
    /// | continues it              | what was done       |            | yes                      |
    /// | is there already, the same |                    |            |                          |
    /// | is one that was missing, and fits | what was done |          |                          |
    /// | comes after a gap         | break, what was done | yes       | yes                      |
    /// | was changed, or of another chain, or another was there | break | yes | where it is ahead |
    ///
    /// Entries of before the service kept their hashes count as there already.
    fn walk(
        &self,
        id: VaultId,
        entries: &'a [LogEntry],
        before: &BTreeSet<String>,
        delivered: &mut DeliveredEntries,
    ) -> Result<(Walk<'a>, LogHead)> {
        let mut head = self.vault.head.clone();
        let mut walk = Walk::default();
        for entry in entries {
            let judged = head.judge(id, entry, delivered.around(entry.seq, &head));
            let how = match judged {
                Ok(next) => {
                    self.tell(entry, true, &mut walk);
                    delivered.add(entry);
                    head = next;
                    continue;
                }
                Err(Break::Again) => continue,
                Err(Break::Late) if (1..self.vault.hashes_from).contains(&entry.seq) => continue,
                Err(Break::Late) => {
                    self.tell(entry, !self.by_itself, &mut walk);
                    delivered.add(entry);
                    continue;
                }
                Err(how @ (Break::Gap | Break::Forged)) => how,
            };
            let aside = Aside::of(entry, how)?;
            let ahead = entry
                .seq
                .checked_sub(head.seq)
                .is_some_and(|by| (1..=LONGEST_GAP).contains(&by))
                && entry.hash.len() == BEGINNING.len();
            if !before.contains(&aside.digest) {
                let detail = json!({ "how": break_code(how), "after": head.seq });
                walk.audit.push(
                    Entry::new(
                        self.in_role_of(None),
                        Action::DeviceLogBreak,
                        Outcome::Refused,
                    )
                    .with(self.detail(entry, detail)),
                );
                walk.aside.push(aside);
            }
            if how == Break::Gap && ahead {
                self.tell(entry, !self.by_itself, &mut walk);
                delivered.add(entry);
            }
            if ahead {
                head = LogHead {
                    seq: entry.seq,
                    hash: entry.hash.clone(),
                };
            }
        }
        Ok((walk, head))
    }

    /// Adds what the audit says of an entry that stands in the log. An answer to the permission question
    /// has consequences only where it is `trusted`: what a device brings with nobody signed in has to
    /// continue its log for that.
    fn tell(&self, entry: &'a LogEntry, trusted: bool, walk: &mut Walk<'a>) {
        walk.told.push(entry);
        let when = believed(entry.at, self.vault.registered_at, self.arrived);
        let (action, outcome, of, mut detail) = match &entry.act {
            Act::Unlocked => (Action::UnlockDevice, Outcome::Allowed, vec![], json!({})),
            Act::UnlockFailed { times } => (
                Action::UnlockDevice,
                Outcome::Refused,
                vec![],
                json!({ "times": times }),
            ),
            Act::Searched { by, found } => {
                let ended = if found.is_empty() { "nobody" } else { "found" };
                let detail = json!({ "by": by.slug(), "ended": ended });
                (Action::Search, Outcome::Allowed, found.clone(), detail)
            }
            Act::Looked { visit, part } => {
                let action = match part {
                    Part::Overview => Action::ViewOverview,
                    Part::Details => Action::ViewDetails,
                    Part::Summary => Action::ViewSummary,
                    Part::Adjustments => Action::ViewAdjustments,
                };
                let detail = json!({ "visit": visit });
                (action, Outcome::Allowed, vec![*visit], detail)
            }
            Act::Answered { visit, answer } => {
                let mut detail = described(answer, self.vouched_at(entry));
                put(&mut detail, "visit", json!(visit));
                (Action::ViewSummary, Outcome::Allowed, vec![*visit], detail)
            }
        };
        let known: Vec<&'a VisitRow> = of.iter().filter_map(|id| self.visits.get(id)).collect();
        if known.len() < of.len() {
            put(&mut detail, "unknown-visits", json!(of.len() - known.len()));
        }
        let reason = match &entry.act {
            Act::Answered { visit, answer } => {
                if let Some(visit) = self.visits.get(visit).filter(|_| trusted) {
                    walk.answers.push(Given {
                        entry,
                        visit,
                        answer,
                        vouched: self.vouched_at(entry),
                    });
                }
                written(answer)
            }
            Act::Unlocked
            | Act::UnlockFailed { .. }
            | Act::Searched { .. }
            | Act::Looked { .. } => None,
        };
        if let Some(off) = when.off {
            let how = match off {
                ClockOff::Ahead => "ahead",
                ClockOff::Behind => "behind",
            };
            put(&mut detail, "clock", json!(how));
            // Of all that came together the first tells the privacy officer.
            if !std::mem::replace(&mut walk.clock, true) {
                put(&mut detail, "clock_alert", json!(true));
            }
        }
        let patients: BTreeSet<NhsNumber> = known.iter().map(|visit| visit.patient).collect();
        walk.audit.push(
            Entry::new(self.in_role_of(known.first().copied()), action, outcome)
                .on(patients)
                .because(reason)
                .offline(when.at)
                .with(self.detail(entry, detail)),
        );
    }

    /// What a colleague had recorded when that question was answered.
    fn vouched_at(&self, entry: &LogEntry) -> Option<ReferralKind> {
        self.vouched.get(&(entry.seq, entry.at)).copied()
    }

    /// Whoever brings the log, in the role of the visit, or in the one in which the vault was
    /// registered: not in the one that they work in now.
    fn in_role_of(&self, visit: Option<&VisitRow>) -> Actor {
        Actor {
            role: Some(visit.map_or(&self.vault.role, |visit| &visit.role).clone()),
            ..self.actor.clone()
        }
    }

    /// The detail, with where in the log the entry stands and when it was made by the device's
    /// clock, as the device says.
    fn detail(&self, entry: &LogEntry, mut detail: Value) -> Value {
        put(&mut detail, "offline", json!(true));
        put(&mut detail, "occurred_at", json!(entry.at));
        put(&mut detail, "vault", json!(self.vault.key));
        put(&mut detail, "vault_seq", json!(entry.seq));
        if self.by_itself {
            put(&mut detail, "brought_by", json!("device"));
        }
        detail
    }
}

fn put(detail: &mut Value, name: &str, value: Value) {
    if let Some(detail) = detail.as_object_mut() {
        detail.insert(name.to_owned(), value);
    }
}

/// What was written with an answer, cut where no form would have let it go on.
fn written(answer: &PermissionAnswer) -> Option<String> {
    Some(answer.written()?.chars().take(LONGEST_REASON).collect())
}
