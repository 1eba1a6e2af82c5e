//! The log of a device: what was done without the service is in the audit, and what is missing or
//! was changed shows.

use super::*;
use crate::store::ground::{on_each_engine, today, told};
use app::problem::Kind;
use domain::device_log::{Act, LogEntry, LogHead, Part};
use domain::ids::VaultId;
use domain::permission::{Duration, PermissionAnswer, Scope};
use domain::role::Activity;
use domain::search::SearchKind;
use jiff::{SignedDuration, Timestamp};
use server::access::MOST_ENTRIES;

/// A device, and how far it has written its log.
struct Device {
    vault: VaultId,
    head: LogHead,
    at: Timestamp,
}

impl Device {
    async fn of(member: &Member) -> Self {
        Self {
            vault: Offline::register_vault(&member.offline()).await.unwrap(),
            head: LogHead::default(),
            at: crate::harness::beginning(),
        }
    }

    fn write(&mut self, act: Act) -> LogEntry {
        self.at += SignedDuration::from_secs(1);
        let (entry, head) = self.head.append(self.vault, self.at, act);
        self.head = head;
        entry
    }

    async fn deliver(&self, member: &Member, entries: &[LogEntry]) -> Result<LogHead, Problem> {
        Offline::deliver_log(&member.offline(), self.vault, entries.to_vec()).await
    }
}

fn looked(visit: VisitId, part: Part) -> Act {
    Act::Looked { visit, part }
}

fn answered(visit: VisitId, answer: PermissionAnswer) -> Act {
    Act::Answered { visit, answer }
}

const AGREED: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

fn emergency(reason: &str) -> PermissionAnswer {
    PermissionAnswer::Emergency {
        reason: reason.into(),
    }
}

fn for_the_team() -> PermissionAnswer {
    PermissionAnswer::Agreed {
        scope: Scope::Team,
        duration: Duration::Until(today()),
    }
}

#[tokio::test]
async fn what_was_done_is_in_the_audit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let (one, other) = (
            added(&nurse, EVERYTHING).await,
            added(&nurse, WITHHELD).await,
        );
        let mut device = Device::of(&nurse).await;
        let looks = [
            (Part::Overview, "view-overview"),
            (Part::Details, "view-details"),
            (Part::Adjustments, "view-adjustments"),
        ];
        let mut entries = vec![
            device.write(Act::UnlockFailed { times: 3 }),
            device.write(Act::Unlocked),
            device.write(Act::Searched {
                by: SearchKind::Basic,
                found: vec![one, other],
            }),
            device.write(Act::Searched {
                by: SearchKind::NhsNumber,
                found: vec![],
            }),
        ];
        for (part, _) in looks {
            entries.push(device.write(looked(one, part)));
        }
        entries.push(device.write(answered(one, emergency("  Not responding  "))));
        entries.push(device.write(looked(one, Part::Summary)));
        assert_eq!(device.deliver(&nurse, &entries).await.unwrap(), device.head);
        // Taken for one of those by whoever reads the audit later.
        let role = nurse.caller.signed_in.clone().unwrap().role.unwrap();
        let offline = async |action: &str| {
            let mut found = audited(ground, action).await;
            found.retain(|entry| entry.detail["offline"] == true);
            assert!(
                found
                    .iter()
                    .all(|entry| entry.role == Some(role.id.to_string())
                        && entry.detail["occurred_at"].is_string()
                        && entry.detail["vault_seq"].is_u64())
            );
            found
        };
        let unlocks = offline("unlock-device").await;
        let outcomes: Vec<&str> = unlocks.iter().map(|entry| entry.outcome.as_str()).collect();
        assert_eq!(outcomes, ["refused", "allowed"]);
        assert_eq!(unlocks[0].detail["times"], 3);
        assert_eq!(unlocks[0].detail["occurred_at"], entries[0].at.to_string());
        let searches = offline("search").await;
        let mut both = [EVERYTHING, WITHHELD];
        both.sort_unstable();
        assert_eq!(searches[0].patients, both);
        assert_eq!(
            (&searches[0].detail["by"], &searches[1].detail["ended"]),
            (&"basic".into(), &"nobody".into())
        );
        for (_, action) in looks {
            let found = offline(action).await;
            assert_eq!(found.len(), 1, "{action}");
            assert_eq!(found[0].patients, [EVERYTHING]);
            assert_eq!(found[0].reason, None);
        }
        let summary = offline("view-summary").await;
        assert_eq!(summary.len(), 2);
        assert_eq!(summary[0].reason.as_deref(), Some("Not responding"));
        assert_eq!(
            (&summary[0].detail["answer"], summary[0].patients.as_slice()),
            (&"emergency".into(), [EVERYTHING.to_owned()].as_slice())
        );
        assert_eq!(summary[1].reason, None);
        assert!(
            summary
                .iter()
                .all(|entry| !entry.detail.to_string().contains("responding"))
        );
        let seqs: Vec<u64> = summary
            .iter()
            .map(|entry| entry.detail["vault_seq"].as_u64().unwrap())
            .collect();
        assert_eq!(seqs, [8, 9]);
        assert!(audited(ground, "device-log-break").await.is_empty());
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_comes_again_is_there_once() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let mut entries = vec![device.write(Act::Unlocked)];
        device.deliver(&nurse, &entries).await.unwrap();
        for part in [Part::Overview, Part::Details] {
            entries.push(device.write(looked(visit, part)));
            for _ in 0..2 {
                assert_eq!(device.deliver(&nurse, &entries).await.unwrap(), device.head);
            }
        }
        assert_eq!(device.deliver(&nurse, &[]).await.unwrap(), device.head);
        for action in ["unlock-device", "view-overview", "view-details"] {
            assert_eq!(audited(ground, action).await.len(), 1, "{action}");
        }
        assert_eq!(count(ground, "device_log_aside").await, 0);
        assert!(audited(ground, "device-log-break").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_gap_is_kept_aside_and_the_log_goes_on() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let first = device.write(Act::Unlocked);
        let lost = device.write(looked(visit, Part::Summary));
        let third = device.write(looked(visit, Part::Details));
        let fourth = device.write(looked(visit, Part::Overview));
        let arrived = [first, third.clone(), fourth];
        for _ in 0..2 {
            assert_eq!(device.deliver(&nurse, &arrived).await.unwrap(), device.head);
        }
        let breaks = audited(ground, "device-log-break").await;
        assert_eq!(breaks.len(), 1);
        assert_eq!(breaks[0].outcome, "refused");
        assert_eq!(
            (
                &breaks[0].detail["how"],
                &breaks[0].detail["after"],
                &breaks[0].detail["vault_seq"]
            ),
            (&"gap".into(), &1.into(), &3.into())
        );
        // What came after it is believed.
        assert_eq!(audited(ground, "view-details").await.len(), 1);
        assert_eq!(audited(ground, "view-overview").await.len(), 1);
        let row = sqlx::query("select how, entry from device_log_aside")
            .fetch_one(ground.db.read())
            .await
            .unwrap();
        let kept: LogEntry = serde_json::from_str(&row.get::<String, _>(1)).unwrap();
        assert_eq!((row.get::<String, _>(0).as_str(), kept), ("gap", third));
        // The lost one is too late.
        assert_eq!(device.deliver(&nurse, &[lost]).await.unwrap(), device.head);
        assert!(audited(ground, "view-summary").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_changed_entry_is_kept_aside_and_the_log_goes_on() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let first = device.write(Act::Unlocked);
        let mut changed = device.write(looked(visit, Part::Summary));
        changed.act = looked(visit, Part::Overview);
        let third = device.write(looked(visit, Part::Details));
        let arrived = [first, changed.clone(), third];
        for _ in 0..2 {
            assert_eq!(device.deliver(&nurse, &arrived).await.unwrap(), device.head);
        }
        let breaks = audited(ground, "device-log-break").await;
        assert_eq!(breaks.len(), 1);
        assert_eq!(
            (&breaks[0].detail["how"], &breaks[0].detail["vault_seq"]),
            (&"forged".into(), &2.into())
        );
        assert_eq!(count(ground, "device_log_aside").await, 1);
        // What was changed is not believed, and what follows is.
        assert!(audited(ground, "view-overview").await.is_empty());
        assert!(audited(ground, "view-summary").await.is_empty());
        assert_eq!(audited(ground, "view-details").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_log_that_was_written_anew_shows() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let mut entries = vec![device.write(Act::Unlocked)];
        let fork = device.head.clone();
        entries.push(device.write(looked(visit, Part::Summary)));
        device.deliver(&nurse, &entries).await.unwrap();
        // From a copy of the device as it was: another second entry, and a third that follows it.
        device.head = fork;
        let anew = [
            device.write(looked(visit, Part::Details)),
            device.write(looked(visit, Part::Adjustments)),
        ];
        assert_eq!(device.deliver(&nurse, &anew).await.unwrap(), device.head);
        let breaks = audited(ground, "device-log-break").await;
        assert_eq!(breaks.len(), 1);
        assert_eq!(breaks[0].detail["how"], "forged");
        assert_eq!(audited(ground, "view-summary").await.len(), 1);
        // An entry of another vault does not continue this one.
        let mut other = Device::of(&nurse).await;
        other.head = device.head.clone();
        let foreign = other.write(Act::Unlocked);
        device.deliver(&nurse, &[foreign]).await.unwrap();
        assert_eq!(audited(ground, "device-log-break").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_entry_from_far_ahead_does_not_hide_what_follows() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let first = device.write(Act::Unlocked);
        device.deliver(&nurse, &[first]).await.unwrap();
        let far = |seq: u64| {
            let head = LogHead {
                seq,
                ..device.head.clone()
            };
            head.append(device.vault, device.at, Act::Unlocked).0
        };
        for entry in [far(u64::MAX - 2), far(u64::MAX), far(2_000_000)] {
            assert_eq!(device.deliver(&nurse, &[entry]).await.unwrap(), device.head);
        }
        let mut unhashed = far(device.head.seq);
        unhashed.hash = "x".repeat(10_000);
        assert_eq!(
            device.deliver(&nurse, &[unhashed]).await.unwrap(),
            device.head
        );
        let breaks = audited(ground, "device-log-break").await;
        assert_eq!(breaks.len(), 4);
        let next = device.write(looked(visit, Part::Overview));
        assert_eq!(device.deliver(&nurse, &[next]).await.unwrap(), device.head);
        assert_eq!(audited(ground, "view-overview").await.len(), 1);
        assert_eq!(audited(ground, "device-log-break").await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_long_log_comes_in_parts() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let mut device = Device::of(&nurse).await;
        let entries: Vec<LogEntry> = (0..MOST_ENTRIES + 20)
            .map(|_| device.write(Act::Unlocked))
            .collect();
        let head = device.deliver(&nurse, &entries).await.unwrap();
        assert_eq!(head.seq, u64::try_from(MOST_ENTRIES).unwrap());
        assert_eq!(head.hash, entries[MOST_ENTRIES - 1].hash);
        let rest = &entries[MOST_ENTRIES..];
        assert_eq!(device.deliver(&nurse, rest).await.unwrap(), device.head);
        assert_eq!(audited(ground, "unlock-device").await.len(), entries.len());
        assert!(audited(ground, "device-log-break").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_log_is_brought_by_whose_it_is() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let entry = device.write(looked(visit, Part::Overview));
        let doctor = ground.member("doctor");
        let entries = [entry];
        assert_eq!(
            told(device.deliver(&signed_out(&nurse), &entries).await),
            Kind::SignedOut
        );
        assert_eq!(
            told(device.deliver(&doctor, &entries).await),
            Kind::NotFound
        );
        let unknown =
            Offline::deliver_log(&nurse.offline(), VaultId(Uuid::new_v4()), entries.to_vec()).await;
        assert_eq!(told(unknown), Kind::NotFound);
        assert!(audited(ground, "view-overview").await.is_empty());
        let refused = audited(ground, "deliver-log").await;
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|entry| entry.outcome == "refused"));
        // Also without a role, and in another: it was done in the role of the visit.
        let role = nurse.caller.signed_in.clone().unwrap().role.unwrap();
        assert_eq!(
            device
                .deliver(&without_role(&nurse), &entries)
                .await
                .unwrap(),
            device.head
        );
        let more = [device.write(Act::Unlocked)];
        device
            .deliver(&in_another_role(&nurse), &more)
            .await
            .unwrap();
        for action in ["view-overview", "unlock-device"] {
            let entries = audited(ground, action).await;
            assert_eq!(entries[0].role, Some(role.id.to_string()));
        }
    })
    .await;
}

#[tokio::test]
async fn visits_that_are_over_and_those_of_others() {
    on_each_engine(async |ground| {
        let (nurse, doctor) = (ground.member("nurse"), ground.member("doctor"));
        let (mine, theirs) = (
            added(&nurse, EVERYTHING).await,
            added(&doctor, WITHHELD).await,
        );
        Offline::remove_visit(&nurse.offline(), mine).await.unwrap();
        let mut device = Device::of(&nurse).await;
        let entries = [
            device.write(looked(mine, Part::Overview)),
            device.write(looked(theirs, Part::Details)),
            device.write(answered(theirs, for_the_team())),
        ];
        assert_eq!(device.deliver(&nurse, &entries).await.unwrap(), device.head);
        let over = audited(ground, "view-overview").await;
        assert_eq!(over[0].patients, [EVERYTHING]);
        // On whom it was is not known: that it was tried is.
        let others = audited(ground, "view-details").await;
        assert!(others[0].patients.is_empty());
        assert_eq!(others[0].detail["unknown-visits"], 1);
        assert_eq!(count(ground, "relationship").await, 0);
        assert_eq!(count(ground, "permission").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_answer_at_the_door_rests_on_what_a_colleague_recorded() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let colleague = ground.colleague_of(&nurse);
        refer(&colleague, EVERYTHING).await;
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let agreed = device.write(answered(visit, AGREED));
        device.deliver(&nurse, &[agreed]).await.unwrap();
        assert_eq!(count(ground, "relationship").await, 0);
        let looks = audited(ground, "view-summary").await;
        assert_eq!(looks[0].detail["relationship"], "referral");
    })
    .await;
}

#[tokio::test]
async fn an_answer_at_the_door_means_what_it_means_here() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let declined = device.write(answered(visit, PermissionAnswer::Declined));
        device.deliver(&nurse, &[declined]).await.unwrap();
        assert_eq!(count(ground, "relationship").await, 0);
        let agreed = device.write(answered(visit, AGREED));
        device.deliver(&nurse, &[agreed]).await.unwrap();
        assert_eq!(count(ground, "relationship").await, 1);
        assert_eq!(count(ground, "permission").await, 0);
        // A permission for later days holds for colleagues, as if it had been given online.
        let standing = device.write(answered(visit, for_the_team()));
        device.deliver(&nurse, &[standing]).await.unwrap();
        let key = nurse.open(EVERYTHING).await.unwrap();
        let gate = app::ports::Records::gate(&nurse.records(), key)
            .await
            .unwrap()
            .read
            .value;
        let standing = gate.standing.unwrap();
        assert_eq!(
            (standing.scope, standing.recorded_by.as_str()),
            (Scope::Team, "Hannah Ashby")
        );
        // One that has run out on its way does not.
        let past = PermissionAnswer::Agreed {
            scope: Scope::Team,
            duration: Duration::Until(today().yesterday().unwrap()),
        };
        let late = device.write(answered(visit, past));
        device.deliver(&nurse, &[late]).await.unwrap();
        assert_eq!(count(ground, "permission").await, 1);
        // On PostgreSQL entries of one moment stand in several lanes.
        let mut answers: Vec<String> = audited(ground, "view-summary")
            .await
            .iter()
            .map(|entry| entry.detail["answer"].to_string())
            .collect();
        answers.sort();
        assert_eq!(
            answers,
            ["\"agreed\"", "\"agreed\"", "\"agreed\"", "\"declined\""]
        );
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_the_role_could_not_give_has_no_consequences() {
    on_each_engine(async |ground| {
        let (nurse, carer) = (ground.member("nurse"), ground.member("carer"));
        let forbid = async |activity: Activity| {
            let role = nurse.caller.signed_in.clone().unwrap().role.unwrap().id;
            sqlx::query("delete from role_activity where role_id = $1 and code = $2")
                .bind(role.to_string())
                .bind(activity.code())
                .execute(ground.db.write())
                .await
                .unwrap();
        };
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        forbid(Activity::EmergencyAccess).await;
        let entry = device.write(answered(visit, emergency("Not responding")));
        device.deliver(&nurse, &[entry]).await.unwrap();
        forbid(Activity::ViewSummary).await;
        let entry = device.write(answered(visit, for_the_team()));
        device.deliver(&nurse, &[entry]).await.unwrap();
        // A home-care provider, whose setting is not approved.
        let visit = added(&carer, EVERYTHING).await;
        let mut device = Device::of(&carer).await;
        let entry = device.write(answered(visit, for_the_team()));
        device.deliver(&carer, &[entry]).await.unwrap();
        assert_eq!(count(ground, "relationship").await, 0);
        assert_eq!(count(ground, "permission").await, 0);
        // That it was given is told all the same.
        assert_eq!(audited(ground, "view-summary").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_log_stays_with_the_device_until_the_audit_has_it() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let entries = [
            device.write(answered(visit, AGREED)),
            device.write(looked(visit, Part::Summary)),
        ];
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        assert_eq!(
            told(device.deliver(&nurse, &entries).await),
            Kind::NotAccountable
        );
        assert_eq!(count(ground, "relationship").await, 0);
        ground
            .tamper("alter table taken_away rename to audit_entry")
            .await;
        assert_eq!(
            device.deliver(&nurse, &[]).await.unwrap(),
            LogHead::default()
        );
        assert_eq!(device.deliver(&nurse, &entries).await.unwrap(), device.head);
        assert_eq!(audited(ground, "view-summary").await.len(), 2);
        ground.assert_chain_holds().await;
    })
    .await;
}
