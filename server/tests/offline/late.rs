//! Answers from devices that arrive after other things have happened: what happened later wins,
//! whenever it arrives.

use super::*;
use crate::store::ground::on_each_engine;
use app::ports::Records;
use domain::device_log::{Act, LogEntry, LogHead};
use domain::ids::VaultId;
use domain::permission::{Duration, Gate, PermissionAnswer, Scope};
use jiff::{SignedDuration, Span, Timestamp};
use server::clock::Clock;

fn agreed(scope: Scope) -> PermissionAnswer {
    let until = today().checked_add(Span::new().days(30)).unwrap();
    PermissionAnswer::Agreed {
        scope,
        duration: Duration::Until(until),
    }
}

/// A device with a patient on it, and what it has written down.
struct Device {
    vault: VaultId,
    visit: VisitId,
    head: LogHead,
}

impl Device {
    async fn of(member: &Member, patient: &str) -> Self {
        Self {
            visit: added(member, patient).await,
            vault: Offline::register_vault(&member.offline()).await.unwrap(),
            head: LogHead::default(),
        }
    }

    fn answer(&mut self, at: Timestamp, answer: PermissionAnswer) -> LogEntry {
        let visit = self.visit;
        let (entry, head) = self
            .head
            .append(self.vault, at, Act::Answered { visit, answer });
        self.head = head;
        entry
    }

    async fn deliver(&self, member: &Member, entry: &LogEntry) {
        Offline::deliver_log(&member.offline(), self.vault, vec![entry.clone()])
            .await
            .unwrap();
    }
}

/// The time goes on by an hour: when it is then.
fn an_hour_on(ground: &Ground) -> Timestamp {
    ground.clock.forward(SignedDuration::from_hours(1));
    ground.clock.now()
}

async fn gate(member: &Member) -> Gate {
    let key = member.open(EVERYTHING).await.unwrap();
    let gate = Records::gate(&member.records(), key).await.unwrap();
    gate.read.value
}

async fn stands(member: &Member) -> bool {
    gate(member).await.standing.is_some()
}

async fn withdraw(member: &Member) {
    let key = member.open(EVERYTHING).await.unwrap();
    Records::withdraw_permission(&member.records(), key)
        .await
        .unwrap();
}

/// The answer is given and the patient takes it back, in that order or the other, and the log arrives
/// before that or after: whether the permission holds in the end.
async fn in_the_end(ground: &Ground, scope: Scope, withdrawn_later: bool, in_time: bool) -> bool {
    let nurse = ground.member("nurse");
    let mut device = Device::of(&nurse, EVERYTHING).await;
    let (given, withdrawn) = (an_hour_on(ground), an_hour_on(ground));
    let entry = if withdrawn_later {
        let entry = device.answer(given, agreed(scope));
        if in_time {
            device.deliver(&nurse, &entry).await;
            assert!(stands(&nurse).await);
        }
        withdraw(&nurse).await;
        assert!(!stands(&nurse).await);
        entry
    } else {
        withdraw(&nurse).await;
        let given = withdrawn + SignedDuration::from_mins(1);
        ground.clock.forward(SignedDuration::from_hours(1));
        device.answer(given, agreed(scope))
    };
    an_hour_on(ground);
    device.deliver(&nurse, &entry).await;
    let holds = stands(&nurse).await;
    // For the next round.
    an_hour_on(ground);
    withdraw(&nurse).await;
    holds
}

#[tokio::test]
async fn what_the_patient_took_back_does_not_come_back_with_a_late_log() {
    on_each_engine(async |ground| {
        for scope in [Scope::Me, Scope::Team] {
            for in_time in [true, false] {
                assert!(
                    !in_the_end(ground, scope, true, in_time).await,
                    "{scope:?} {in_time}"
                );
            }
            // What was agreed to again after that holds.
            assert!(in_the_end(ground, scope, false, false).await, "{scope:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_colleague_takes_back_what_the_team_has_and_not_what_is_anothers_own() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let colleague = ground.colleague_of(&nurse);
        let mut device = Device::of(&nurse, EVERYTHING).await;
        let given = an_hour_on(ground);
        let (team, own) = (
            device.answer(given, agreed(Scope::Team)),
            device.answer(given, agreed(Scope::Me)),
        );
        an_hour_on(ground);
        // Nothing is there yet that could be taken back.
        withdraw(&colleague).await;
        // Elsewhere it is no affair of theirs.
        withdraw(&ground.member("paramedic")).await;
        an_hour_on(ground);
        device.deliver(&nurse, &team).await;
        assert!(!stands(&nurse).await && !stands(&colleague).await);
        device.deliver(&nurse, &own).await;
        assert!(stands(&nurse).await && !stands(&colleague).await);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_brought_again_is_kept_once() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let mut device = Device::of(&nurse, EVERYTHING).await;
        let given = an_hour_on(ground);
        let entry = device.answer(given, agreed(Scope::Team));
        an_hour_on(ground);
        device.deliver(&nurse, &entry).await;
        // The server stopped before it had noted how far the log came.
        let forget = || async {
            sqlx::query("update vault set log_seq = 0, log_hash = $1")
                .bind(LogHead::default().hash)
                .execute(ground.db.write())
                .await
                .unwrap();
        };
        forget().await;
        device.deliver(&nurse, &entry).await;
        assert_eq!(count(ground, "permission").await, 1);
        assert!(stands(&nurse).await);
        an_hour_on(ground);
        withdraw(&nurse).await;
        forget().await;
        device.deliver(&nurse, &entry).await;
        assert_eq!(count(ground, "permission").await, 1);
        assert!(!stands(&nurse).await);
        // Another answer is another permission, and so is one of another device.
        let given = an_hour_on(ground);
        let again = device.answer(given, agreed(Scope::Team));
        let mut other = Device::of(&nurse, EVERYTHING).await;
        let theirs = other.answer(given, agreed(Scope::Team));
        an_hour_on(ground);
        device.deliver(&nurse, &again).await;
        other.deliver(&nurse, &theirs).await;
        assert_eq!(count(ground, "permission").await, 3);
        assert_eq!(count(ground, "relationship").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_look_rests_on_what_colleagues_had_recorded_when_it_was() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let colleague = ground.colleague_of(&nurse);
        let mut device = Device::of(&nurse, EVERYTHING).await;
        let before = an_hour_on(ground);
        an_hour_on(ground);
        refer(&colleague, EVERYTHING).await;
        let meanwhile = an_hour_on(ground);
        an_hour_on(ground);
        let key = colleague.open(EVERYTHING).await.unwrap();
        Records::end_referral(&colleague.records(), key)
            .await
            .unwrap();
        an_hour_on(ground);
        let once = PermissionAnswer::Agreed {
            scope: Scope::Me,
            duration: Duration::ThisView,
        };
        let entry = device.answer(meanwhile, once.clone());
        device.deliver(&nurse, &entry).await;
        assert_eq!(count(ground, "relationship").await, 0);
        let entry = device.answer(before, once);
        device.deliver(&nurse, &entry).await;
        assert_eq!(count(ground, "relationship").await, 1);
        let mut rests_on: Vec<String> = audited(ground, "view-summary")
            .await
            .iter()
            .map(|entry| entry.detail["relationship"].to_string())
            .collect();
        rests_on.sort();
        assert_eq!(rests_on, ["\"referral\"", "\"self-claimed\""]);
    })
    .await;
}

#[tokio::test]
async fn who_opted_out_meanwhile_is_asked_again_when_they_change_their_mind() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let choose = async |consent: &str| {
            for statement in [
                "delete from summary_consent where nhs_number = $1",
                "insert into summary_consent (nhs_number, consent) values ($1, $2)",
            ] {
                let query = sqlx::query(statement).bind(EVERYTHING);
                let query = if statement.starts_with("insert") {
                    query.bind(consent.to_owned())
                } else {
                    query
                };
                query.execute(ground.db.write()).await.unwrap();
            }
        };
        for (consent, kept) in [("no", 0), ("ask", 1)] {
            let mut device = Device::of(&nurse, EVERYTHING).await;
            let given = an_hour_on(ground);
            let entry = device.answer(given, agreed(Scope::Team));
            choose(consent).await;
            an_hour_on(ground);
            device.deliver(&nurse, &entry).await;
            choose("ask").await;
            assert_eq!(count(ground, "permission").await, kept, "{consent}");
            assert_eq!(stands(&nurse).await, kept == 1, "{consent}");
        }
    })
    .await;
}
