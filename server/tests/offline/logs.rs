//! The log of a device: what was done without the service is in the audit, and what is missing or
//! was changed shows.

use super::*;
use crate::store::ground::{on_each_engine, today, told};
use app::problem::Kind;
use domain::alert::{AlertKind, Thresholds};
use domain::device_log::{Act, CLOCK_TOLERANCE, LogEntry, LogHead, Part};
use domain::ids::VaultId;
use domain::permission::{Duration, PermissionAnswer, Scope};
use domain::role::Activity;
use domain::search::SearchKind;
use jiff::{SignedDuration, Timestamp};
use server::clock::Clock;
use server::offline::MOST_ENTRIES;
use server::privacy::watch::watch;

/// A device, and how far it has written its log.
pub(super) struct Device {
    pub(super) vault: VaultId,
    pub(super) head: LogHead,
    at: Timestamp,
}

impl Device {
    pub(super) async fn of(member: &Member) -> Self {
        Self {
            vault: Offline::register_vault(&member.offline()).await.unwrap(),
            head: LogHead::default(),
            at: crate::harness::beginning(),
        }
    }

    pub(super) fn write(&mut self, act: Act) -> LogEntry {
        self.at += SignedDuration::from_secs(1);
        let (entry, head) = self.head.append(self.vault, self.at, act);
        self.head = head;
        entry
    }

    pub(super) async fn deliver(
        &self,
        member: &Member,
        entries: &[LogEntry],
    ) -> Result<LogHead, Problem> {
        Offline::deliver_log(&member.offline(), self.vault, entries.to_vec()).await
    }
}

pub(super) fn looked(visit: VisitId, part: Part) -> Act {
    Act::Looked { visit, part }
}

pub(super) fn answered(visit: VisitId, answer: PermissionAnswer) -> Act {
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

pub(super) fn for_the_team() -> PermissionAnswer {
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
        // The lost one comes after all, once: it fits where it was missed.
        for _ in 0..2 {
            let late = [lost.clone()];
            assert_eq!(device.deliver(&nurse, &late).await.unwrap(), device.head);
        }
        assert_eq!(audited(ground, "view-summary").await.len(), 1);
        assert_eq!(audited(ground, "device-log-break").await.len(), 1);
        // Another in its place does not.
        let mut head = LogHead::default();
        for _ in 0..2 {
            let (entry, next) = head.append(device.vault, device.at, Act::Unlocked);
            device.deliver(&nurse, &[entry]).await.unwrap();
            head = next;
        }
        assert_eq!(audited(ground, "device-log-break").await.len(), 3);
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
        assert_eq!(breaks.len(), 2);
        assert!(breaks.iter().all(|entry| entry.detail["how"] == "forged"));
        assert_eq!(audited(ground, "view-summary").await.len(), 1);
        // An entry of another vault does not continue this one.
        let mut other = Device::of(&nurse).await;
        other.head = device.head.clone();
        let foreign = other.write(Act::Unlocked);
        device.deliver(&nurse, &[foreign]).await.unwrap();
        assert_eq!(audited(ground, "device-log-break").await.len(), 3);
    })
    .await;
}

/// How many alerts of that kind there are.
pub(super) async fn alerts_of(ground: &Ground, kind: AlertKind) -> i64 {
    sqlx::query("select count(*) from alert where kind = $1")
        .bind(kind.code())
        .fetch_one(ground.db.read())
        .await
        .unwrap()
        .get(0)
}

#[tokio::test]
async fn an_old_number_with_another_content_is_a_forgery_and_an_alert() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let entries: Vec<LogEntry> = [Part::Summary, Part::Details, Part::Overview]
            .into_iter()
            .map(|part| device.write(looked(visit, part)))
            .collect();
        device.deliver(&nurse, &entries).await.unwrap();
        let end = device.head.clone();
        // The device is put back to its beginning, and tells a kinder story.
        device.head = LogHead::default();
        let kinder: Vec<LogEntry> = (0..3).map(|_| device.write(Act::Unlocked)).collect();
        for _ in 0..2 {
            assert_eq!(device.deliver(&nurse, &kinder).await.unwrap(), end);
        }
        let breaks = audited(ground, "device-log-break").await;
        assert_eq!(breaks.len(), 3);
        assert!(breaks.iter().all(|entry| entry.detail["how"] == "forged"));
        assert_eq!(alerts_of(ground, AlertKind::DeviceLog).await, 3);
        assert!(audited(ground, "unlock-device").await.is_empty());
        // The same again, one by one, is nothing.
        for entry in &entries {
            let again = [entry.clone()];
            assert_eq!(device.deliver(&nurse, &again).await.unwrap(), end);
        }
        assert_eq!(audited(ground, "device-log-break").await.len(), 3);
        assert_eq!(audited(ground, "view-details").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_came_before_hashes_were_kept_is_no_forgery() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let old = [
            device.write(looked(visit, Part::Summary)),
            device.write(looked(visit, Part::Details)),
        ];
        device.deliver(&nurse, &old).await.unwrap();
        // As the migration leaves a log that was there before it.
        for statement in [
            "delete from device_log_entry",
            "update vault set hashes_from = log_seq + 1",
        ] {
            sqlx::query(statement)
                .execute(ground.db.write())
                .await
                .unwrap();
        }
        assert_eq!(device.deliver(&nurse, &old).await.unwrap(), device.head);
        let new = [device.write(looked(visit, Part::Overview))];
        for _ in 0..2 {
            assert_eq!(device.deliver(&nurse, &new).await.unwrap(), device.head);
        }
        assert!(audited(ground, "device-log-break").await.is_empty());
        for action in ["view-summary", "view-details", "view-overview"] {
            assert_eq!(audited(ground, action).await.len(), 1, "{action}");
        }
    })
    .await;
}

/// When the audit says that looks at overviews were, oldest first.
async fn overviews(ground: &Ground) -> Vec<Timestamp> {
    sqlx::query("select at from audit_entry where action = 'view-overview' order by at")
        .fetch_all(ground.db.read())
        .await
        .unwrap()
        .iter()
        .map(|row| Timestamp::from_microsecond(row.get(0)).unwrap())
        .collect()
}

#[tokio::test]
async fn a_clock_is_believed_between_the_beginning_of_its_log_and_the_arrival() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let began = ground.clock.now();
        let mut device = Device::of(&nurse).await;
        ground.clock.forward(SignedDuration::from_hours(5));
        let mut look = |at: &str| {
            device.at = at.parse().unwrap();
            device.write(looked(visit, Part::Overview))
        };
        let honest = began + SignedDuration::from_hours(2);
        let entries = [
            look("2999-01-01T00:00:00Z"),
            look("2001-01-01T00:00:00Z"),
            look(&(honest - SignedDuration::from_secs(1)).to_string()),
        ];
        assert_eq!(device.deliver(&nurse, &entries).await.unwrap(), device.head);
        let arrived = ground.clock.now();
        assert_eq!(overviews(ground).await, [began, honest, arrived]);
        // What the device said is kept, and one alert tells of all of it.
        let details = audited(ground, "view-overview").await;
        let said = |at: &str| {
            details
                .iter()
                .filter(|entry| {
                    entry.detail["occurred_at"]
                        .as_str()
                        .unwrap()
                        .starts_with(at)
                })
                .map(|entry| entry.detail["clock"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(said("2999"), ["ahead"]);
        assert_eq!(said("2001"), ["behind"]);
        assert_eq!(alerts_of(ground, AlertKind::DeviceClock).await, 1);
        // Not one for each delivery of the same clock, as long as nobody has looked into it.
        let mut look = |at: &str| {
            device.at = at.parse().unwrap();
            device.write(looked(visit, Part::Overview))
        };
        let more = [look("2999-01-02T00:00:00Z")];
        device.deliver(&nurse, &more).await.unwrap();
        assert_eq!(alerts_of(ground, AlertKind::DeviceClock).await, 1);
        sqlx::query("update alert set stage = 'closed'")
            .execute(ground.db.write())
            .await
            .unwrap();
        let more = [device.write(looked(visit, Part::Overview))];
        device.deliver(&nurse, &more).await.unwrap();
        assert_eq!(alerts_of(ground, AlertKind::DeviceClock).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_a_little_off_is_put_right_in_silence() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let mut device = Device::of(&nurse).await;
        let now = ground.clock.now();
        device.at = now + CLOCK_TOLERANCE - SignedDuration::from_secs(1);
        let entries = [device.write(looked(visit, Part::Overview))];
        device.deliver(&nurse, &entries).await.unwrap();
        assert_eq!(overviews(ground).await, [now]);
        assert_eq!(alerts_of(ground, AlertKind::DeviceClock).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_date_in_the_future_silences_no_pattern() {
    on_each_engine(async |ground| {
        let mut services = ground.services.clone();
        services.thresholds = Thresholds {
            many_patients: 3,
            many_minutes: 10,
            ..Thresholds::default()
        };
        let nurse = ground.member("nurse");
        let mut device = Device::of(&nurse).await;
        device.at = "2999-01-01T00:00:00Z".parse().unwrap();
        let mut entries = Vec::new();
        for patient in [EVERYTHING, WITHHELD, FLAGGED] {
            let visit = added(&nurse, patient).await;
            entries.push(device.write(looked(visit, Part::Overview)));
        }
        device.deliver(&nurse, &entries).await.unwrap();
        watch(&services).await.unwrap();
        assert_eq!(alerts_of(ground, AlertKind::ManyPatients).await, 1);
        // As it was raised when the device was still believed.
        sqlx::query("update alert set at = $1 where kind = 'many-patients'")
            .bind(device.at.as_microsecond())
            .execute(ground.db.write())
            .await
            .unwrap();
        ground.clock.forward(SignedDuration::from_mins(30));
        for patient in [EVERYTHING, WITHHELD, FLAGGED] {
            nurse.open(patient).await.unwrap();
        }
        watch(&services).await.unwrap();
        assert_eq!(alerts_of(ground, AlertKind::ManyPatients).await, 2);
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
