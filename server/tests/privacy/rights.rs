//! Every call with its refused twins: nobody signed in, no role, without the activity, another
//! organisation.

use super::*;
use crate::store::ground::{on_each_engine, told};
use app::api::privacy::{Decision, LogOf};
use app::problem::Kind;
use domain::alert::Finding;
use domain::ids::AlertId;
use domain::role::Activity;
use jiff::SignedDuration;
use uuid::Uuid;

/// What each call answers this person, by its name.
async fn every_call(member: &Member, alert: AlertId) -> Vec<(&'static str, Option<Kind>)> {
    let port = privacy(member);
    let kind = |result: Result<(), app::problem::Problem>| result.err().map(|problem| problem.kind);
    let close = Decision::Close(Finding::Unknown);
    let number = EVERYTHING.parse().unwrap();
    vec![
        (
            "queue",
            kind(Privacy::queue(&port, WAITING).await.map(drop)),
        ),
        ("alert", kind(Privacy::alert(&port, alert).await.map(drop))),
        (
            "ask",
            kind(Privacy::ask(&port, alert, "Why?".into()).await.map(drop)),
        ),
        (
            "log of alert",
            kind(
                Privacy::patient_log(&port, LogOf::Alert(alert), None)
                    .await
                    .map(drop),
            ),
        ),
        (
            "decide",
            kind(
                Privacy::decide(&port, alert, close, "Done".into())
                    .await
                    .map(drop),
            ),
        ),
        ("sampling", kind(Privacy::set_sampling(&port, 5).await)),
        (
            "email",
            kind(Privacy::set_email(&port, "me@example.nhs.uk".into()).await),
        ),
        ("report", kind(Privacy::report(&port).await.map(drop))),
        ("export", kind(Privacy::export(&port).await.map(drop))),
        (
            "log of patient",
            kind(
                Privacy::patient_log(&port, LogOf::Patient(number), None)
                    .await
                    .map(drop),
            ),
        ),
        ("tasks", kind(Privacy::tasks(&port).await.map(drop))),
        (
            "own log",
            kind(Privacy::own_log(&port, None).await.map(drop)),
        ),
    ]
}

/// What everyone may do for themselves.
fn is_own(call: &str) -> bool {
    matches!(call, "tasks" | "own log")
}

/// What needs B0011.
fn is_report(call: &str) -> bool {
    matches!(call, "report" | "export" | "log of patient")
}

#[tokio::test]
async fn an_officer_may_and_others_may_not() {
    on_each_engine(async |ground| {
        let (paramedic, officer, _port, alert) = an_emergency(ground).await;

        let mut nobody = officer.clone();
        nobody.caller.signed_in = None;
        for (call, kind) in every_call(&nobody, alert).await {
            assert_eq!(kind, Some(Kind::SignedOut), "{call}");
        }
        let mut undecided = officer.clone();
        undecided.caller.signed_in.as_mut().unwrap().role = None;
        for (call, kind) in every_call(&undecided, alert).await {
            assert_eq!(kind, Some(Kind::NoRole), "{call}");
        }
        for (call, kind) in every_call(&paramedic, alert).await {
            let expected = if is_own(call) {
                None
            } else if is_report(call) {
                Some(Kind::RoleForbids(Activity::Reports))
            } else {
                Some(Kind::RoleForbids(Activity::EmergencyAlerts))
            };
            assert_eq!(kind, expected, "{call}");
        }
        for (call, kind) in every_call(&officer.without(Activity::Reports), alert).await {
            // The alert is closed on the way, which refuses nothing of the rest.
            let expected = is_report(call).then_some(Kind::RoleForbids(Activity::Reports));
            assert_eq!(kind, expected, "{call}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_of_the_own_organisation() {
    on_each_engine(async |ground| {
        view(&ground.member("paramedic"), EVERYTHING, emergency()).await;
        let alert = alert_of(&ground.member("privacy"), AlertKind::Emergency).await;
        let elsewhere = ground.member("nurse-privacy");
        assert!(waiting(&elsewhere).await.is_empty());
        for (call, kind) in every_call(&elsewhere, alert).await {
            let expected = matches!(call, "alert" | "ask" | "decide" | "log of alert")
                .then_some(Kind::NotFound);
            assert_eq!(kind, expected, "{call}");
        }
        // And one that there is not looks the same.
        let unknown = Privacy::alert(&privacy(&elsewhere), AlertId(Uuid::new_v4())).await;
        assert_eq!(told(unknown), Kind::NotFound);
        let report = Privacy::report(&privacy(&elsewhere)).await.unwrap();
        assert!(report.iter().all(|month| month.total() == 0));
    })
    .await;
}

#[tokio::test]
async fn each_type_goes_to_those_who_receive_it() {
    on_each_engine(async |ground| {
        view(&ground.member("paramedic"), EVERYTHING, emergency()).await;
        let officer = ground.member("privacy");
        let of_access = alert_of(&officer, AlertKind::Emergency).await;
        let of_relationships = alert_of(&officer, AlertKind::SelfClaimed).await;
        for (missing, may, may_not) in [
            (Activity::RelationshipAlerts, of_access, of_relationships),
            (Activity::EmergencyAlerts, of_relationships, of_access),
        ] {
            let one = officer.without(missing);
            let seen: Vec<AlertId> = waiting(&one).await.iter().map(|line| line.id).collect();
            assert_eq!(seen, [may]);
            assert_eq!(queue(&one).await.waiting.len(), 1);
            Privacy::alert(&privacy(&one), may).await.unwrap();
            let refused = Privacy::alert(&privacy(&one), may_not).await;
            assert_eq!(told(refused), Kind::RoleForbids(missing));
        }
    })
    .await;
}

#[tokio::test]
async fn every_call_and_every_refusal_is_in_the_audit() {
    on_each_engine(async |ground| {
        let (paramedic, officer, _port, alert) = an_emergency(ground).await;
        // What comes later stands later, in whatever lane.
        ground.clock.forward(SignedDuration::from_secs(1));
        let before = ground.audited().await.len();
        let calls = every_call(&officer, alert).await;
        assert!(calls.iter().all(|(_, kind)| kind.is_none()), "{calls:?}");
        let mut audited = ground.audited().await.split_off(before);
        audited.sort();
        let mut expected = [
            "list-alerts allowed",
            "review-alert allowed",
            // The question: allowed, done, and shown again. So too the decision.
            "decide-alert allowed",
            "decide-alert done",
            "review-alert allowed",
            "view-patient-log allowed",
            "decide-alert allowed",
            "decide-alert done",
            "review-alert allowed",
            "set-alerts allowed",
            "set-alerts done",
            "set-alerts allowed",
            "set-alerts done",
            "report-alerts allowed",
            "export-alerts allowed",
            "view-patient-log allowed",
            "list-tasks allowed",
            "view-own-log allowed",
        ];
        expected.sort_unstable();
        assert_eq!(audited, expected);
        ground.clock.forward(SignedDuration::from_secs(1));
        let before = ground.audited().await.len();
        every_call(&paramedic, alert).await;
        let refused = ground.audited().await.split_off(before);
        let refused = refused
            .iter()
            .filter(|line| line.ends_with("refused: RoleForbids"))
            .count();
        assert_eq!(refused, 10);
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_shown_without_the_audit() {
    on_each_engine(async |ground| {
        let (_paramedic, officer, _port, alert) = an_emergency(ground).await;
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        for (call, kind) in every_call(&officer, alert).await {
            assert_eq!(kind, Some(Kind::NotAccountable), "{call}");
        }
    })
    .await;
}
