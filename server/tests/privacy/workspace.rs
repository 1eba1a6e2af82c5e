//! The work on alerts: the queue, the story, decisions, questions, the sample, the report.

use super::*;
use crate::store::ground::{on_each_engine, told};
use app::api::privacy::{AlertView, Concerning, Decision};
use app::problem::Kind;
use domain::alert::{Explanation, Finding, Stage};
use domain::role::Activity;
use jiff::SignedDuration;

#[tokio::test]
async fn the_queue_is_by_age_and_kind() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        view(&paramedic, EVERYTHING, AGREED).await;
        ground.clock.forward(SignedDuration::from_mins(1));
        view(&paramedic, OTHER, emergency()).await;
        let officer = ground.member("privacy");
        let shown = queue(&officer).await;
        let kinds: Vec<AlertKind> = shown.lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds.first(), Some(&AlertKind::SelfClaimed));
        assert_eq!(kinds.len(), 3);
        assert_eq!(
            shown.waiting,
            [(AlertKind::SelfClaimed, 2), (AlertKind::Emergency, 1)]
        );
        let first = shown.lines.first().unwrap();
        assert_eq!(
            (first.person.as_str(), first.job.as_str()),
            ("Priya Nair", "Paramedic")
        );
        let only = QueueFilter {
            kind: Some(AlertKind::Emergency),
            ..WAITING
        };
        let shown = Privacy::queue(&privacy(&officer), only).await.unwrap();
        assert_eq!(shown.lines.len(), 1);
        let after = QueueFilter {
            after: Some(first.id),
            ..WAITING
        };
        let shown = Privacy::queue(&privacy(&officer), after).await.unwrap();
        assert_eq!(shown.lines.len(), 2);
        // Raised a day ago or earlier: two of them a minute from now, all of them a minute later.
        let old = QueueFilter { days: 1, ..WAITING };
        for (forward, expected) in [
            (SignedDuration::ZERO, 0),
            (SignedDuration::from_mins(24 * 60 - 1), 1),
            (SignedDuration::from_mins(1), 3),
        ] {
            ground.clock.forward(forward);
            let shown = Privacy::queue(&privacy(&officer), old).await.unwrap();
            assert_eq!(shown.lines.len(), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn the_queue_is_by_where_alerts_stand() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        view(&paramedic, EVERYTHING, emergency()).await;
        view(&paramedic, OTHER, AGREED).await;
        let officer = ground.member("privacy");
        let port = privacy(&officer);
        let [first, second, third] = waiting(&officer)
            .await
            .iter()
            .map(|line| line.id)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let shown = async |which| -> Vec<AlertId> {
            let filter = QueueFilter { which, ..WAITING };
            let queue = Privacy::queue(&port, filter).await.unwrap();
            queue.lines.iter().map(|line| line.id).collect()
        };
        assert_eq!(shown(Which::New).await, [first, second, third]);
        let escalate = Decision::Escalate;
        Privacy::decide(&port, first, escalate, "Against the rota".into())
            .await
            .unwrap();
        Privacy::ask(&port, second, "Why?".into()).await.unwrap();
        assert_eq!(shown(Which::New).await, [third]);
        assert_eq!(shown(Which::Escalated).await, [first]);
        assert_eq!(shown(Which::Investigated).await, [second]);
        assert_eq!(shown(Which::Asked).await, [second]);
        assert_eq!(shown(Which::Answered).await, []);
        Privacy::answer(&privacy(&paramedic), second, "On a call".into())
            .await
            .unwrap();
        assert_eq!(shown(Which::Asked).await, []);
        assert_eq!(shown(Which::Answered).await, [second]);
        let close = Decision::Close(Finding::Appropriate);
        Privacy::decide(&port, second, close, "Explained".into())
            .await
            .unwrap();
        assert_eq!(shown(Which::Answered).await, []);
        assert_eq!(shown(Which::Waiting).await, [first, third]);
        assert_eq!(shown(Which::Closed).await, [second]);
    })
    .await;
}

#[tokio::test]
async fn a_long_queue_comes_in_pages() {
    on_each_engine(async |ground| {
        let pharmacist = ground.member("pharmacist");
        let key = pharmacist.open(EVERYTHING).await.unwrap();
        for _ in 0..60 {
            ground.clock.forward(SignedDuration::from_secs(1));
            Records::open_summary(&pharmacist.records(), key, AGREED)
                .await
                .unwrap();
        }
        let officer = ground.member("privacy").with_role(|role| {
            role.organisation = pharmacist
                .caller
                .signed_in
                .as_ref()
                .unwrap()
                .role
                .as_ref()
                .unwrap()
                .organisation
                .clone();
        });
        let mut seen = Vec::new();
        let mut filter = WAITING;
        loop {
            let page = Privacy::queue(&privacy(&officer), filter).await.unwrap();
            seen.extend(page.lines.iter().map(|line| line.id));
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen.len(), 61);
        assert!(seen.is_sorted());

        // The sample is the same set, whatever the page.
        Privacy::set_sampling(&privacy(&officer), 30).await.unwrap();
        let sample = QueueFilter {
            which: Which::Sample,
            ..WAITING
        };
        let shown = Privacy::queue(&privacy(&officer), sample).await.unwrap();
        let expected: Vec<AlertId> = seen
            .iter()
            .copied()
            .filter(|id| domain::alert::sampled(*id, 30))
            .collect();
        let sampled: Vec<AlertId> = shown.lines.iter().map(|line| line.id).collect();
        assert_eq!(sampled, expected);
        assert!(shown.lines.iter().all(|line| line.sampled));
        assert_eq!(shown.sample_percent, 30);
        let too_many = Privacy::set_sampling(&privacy(&officer), 101).await;
        assert!(matches!(told(too_many), Kind::Invalid(_)));
    })
    .await;
}

#[tokio::test]
async fn the_story_around_an_alert_is_told_without_other_patients() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        paramedic.open(OTHER).await.unwrap();
        ground.clock.forward(SignedDuration::from_mins(1));
        view(&paramedic, EVERYTHING, emergency()).await;
        ground.clock.forward(SignedDuration::from_mins(1));
        paramedic.open(OTHER).await.unwrap();
        // Another session of the same person is another story.
        ground.member("paramedic").open(OTHER).await.unwrap();

        let officer = ground.member("privacy");
        let alert = alert_of(&officer, AlertKind::Emergency).await;
        let shown = Privacy::alert(&privacy(&officer), alert).await.unwrap();
        let story: Vec<(&str, Concerning, bool)> = shown
            .story
            .iter()
            .map(|line| (line.what.as_str(), line.on, line.this))
            .collect();
        assert_eq!(
            story,
            [
                ("Opened a patient", Concerning::AnotherPatient, false),
                ("Opened a patient", Concerning::ThisPatient, false),
                (
                    "Opened the Summary Care Record",
                    Concerning::ThisPatient,
                    true
                ),
                ("Opened a patient", Concerning::AnotherPatient, false),
            ]
        );
        let why = shown
            .story
            .iter()
            .find(|line| line.this)
            .unwrap()
            .why
            .clone();
        assert!(why.unwrap().contains("Unconscious at home"));
        let patient = shown.patient.unwrap();
        assert_eq!(patient.nhs_number.digits(), EVERYTHING);
        assert!(patient.name.is_some());
        assert!(!shown.own);
        // The look at it is in the audit, on that patient.
        assert!(
            ground
                .audited()
                .await
                .contains(&"review-alert allowed".to_owned())
        );
    })
    .await;
}

#[tokio::test]
async fn an_alert_is_investigated_escalated_and_closed() {
    on_each_engine(async |ground| {
        let (_paramedic, officer, port, alert) = an_emergency(ground).await;
        let shown = Privacy::decide(&port, alert, Decision::Investigate, String::new())
            .await
            .unwrap();
        assert_eq!(shown.line.state.stage, Stage::UnderInvestigation);
        let words = "Another reason".to_owned();
        let again = Privacy::decide(&port, alert, Decision::Investigate, words).await;
        assert!(matches!(told(again), Kind::Invalid(_)));
        let without_note = Privacy::decide(&port, alert, Decision::Escalate, "  ".into()).await;
        assert!(matches!(told(without_note), Kind::Invalid(_)));
        Privacy::decide(&port, alert, Decision::Escalate, "To the guardian".into())
            .await
            .unwrap();
        let close = Decision::Close(Finding::Appropriate);
        let shown = Privacy::decide(&port, alert, close, "999 call on file".into())
            .await
            .unwrap();
        assert_eq!(shown.line.state.stage, Stage::Closed(Finding::Appropriate));
        let steps: Vec<(&str, &str)> = shown
            .steps
            .iter()
            .map(|step| (step.what.as_str(), step.note.as_str()))
            .collect();
        assert_eq!(
            steps,
            [
                ("Put under investigation", ""),
                ("Escalated", "To the guardian"),
                ("Closed", "999 call on file"),
            ]
        );
        let late = Privacy::decide(&port, alert, Decision::Escalate, "More".into()).await;
        assert!(matches!(told(late), Kind::Invalid(_)));
        // It is gone from those that wait, and stands among the closed.
        assert!(waiting(&officer).await.iter().all(|line| line.id != alert));
        let closed = QueueFilter {
            which: Which::Closed,
            ..WAITING
        };
        let shown = Privacy::queue(&port, closed).await.unwrap();
        assert_eq!(shown.lines.len(), 1);
        // Every step is in the audit, and those that were refused.
        let audited = ground.audited().await;
        let count = |what: &str| audited.iter().filter(|line| *line == what).count();
        assert_eq!(count("decide-alert done"), 3);
        assert_eq!(count("decide-alert refused: Invalid"), 3);
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_step_that_is_sent_again_because_the_answer_was_lost_is_taken_once() {
    on_each_engine(async |ground| {
        let (paramedic, officer, port, alert) = an_emergency(ground).await;
        for _ in 0..2 {
            Privacy::ask(&port, alert, "Why?".into()).await.unwrap();
        }
        for _ in 0..2 {
            let left = Privacy::answer(&privacy(&paramedic), alert, "A 999 call".into()).await;
            assert_eq!(left.unwrap().len(), 0);
        }
        let other = Privacy::answer(&privacy(&paramedic), alert, "Curious".into()).await;
        assert!(matches!(told(other), Kind::Invalid(_)));
        let close =
            |finding| Privacy::decide(&port, alert, Decision::Close(finding), "Fine".into());
        for _ in 0..2 {
            let shown = close(Finding::Appropriate).await.unwrap();
            assert_eq!(shown.steps.len(), 3);
        }
        assert!(matches!(
            told(close(Finding::Inappropriate).await),
            Kind::Invalid(_)
        ));
        // What somebody else decided is not one's own.
        let theirs = privacy(&ground.colleague_of(&officer));
        let again = Decision::Close(Finding::Appropriate);
        let again = Privacy::decide(&theirs, alert, again, "Fine".into()).await;
        assert!(matches!(told(again), Kind::Invalid(_)));
    })
    .await;
}

#[tokio::test]
async fn of_two_officers_at_once_one_decides() {
    on_each_engine(async |ground| {
        let (_paramedic, officer, _port, alert) = an_emergency(ground).await;
        let (one, two) = (privacy(&officer), privacy(&officer));
        let close = |finding| Decision::Close(finding);
        let (one, two) = tokio::join!(
            Privacy::decide(&one, alert, close(Finding::Appropriate), "Fine".into()),
            Privacy::decide(
                &two,
                alert,
                close(Finding::Inappropriate),
                "Not fine".into()
            ),
        );
        assert!(one.is_ok() != two.is_ok());
        let shown = Privacy::alert(&privacy(&officer), alert).await.unwrap();
        assert_eq!(shown.steps.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_person_is_asked_and_answers() {
    on_each_engine(async |ground| {
        let (paramedic, officer, _port, alert) = an_emergency(ground).await;
        let shown = Privacy::ask(&privacy(&officer), alert, "What was the call?".into())
            .await
            .unwrap();
        assert_eq!(shown.line.state.stage, Stage::UnderInvestigation);
        assert_eq!(shown.line.state.explanation, Explanation::Asked);
        let port = privacy(&paramedic);
        let tasks = Privacy::tasks(&port).await.unwrap();
        let task = tasks.first().unwrap();
        assert_eq!(
            (task.question.as_str(), task.asked_by.as_str()),
            ("What was the call?", "Martin Fielding")
        );
        assert_eq!(task.patient_ending.as_deref(), Some("2132"));
        assert_eq!(task.what, "Opened the Summary Care Record");
        let empty = Privacy::answer(&port, alert, " ".into()).await;
        assert!(matches!(told(empty), Kind::Invalid(_)));
        let left = Privacy::answer(&port, alert, "Call 4711".into()).await;
        assert!(left.unwrap().is_empty());
        let twice = Privacy::answer(&port, alert, "Call 4712".into()).await;
        assert!(matches!(told(twice), Kind::Invalid(_)));
        let shown = Privacy::alert(&privacy(&officer), alert).await.unwrap();
        assert_eq!(shown.line.state.explanation, Explanation::Answered);
        let last = shown.steps.last().unwrap();
        assert_eq!(
            (last.person.as_str(), last.note.as_str()),
            ("Priya Nair", "Call 4711")
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_answers_for_another_or_after_the_end() {
    on_each_engine(async |ground| {
        let (paramedic, _officer, port, alert) = an_emergency(ground).await;
        Privacy::ask(&port, alert, "Why?".into()).await.unwrap();
        let nurse = ground.member("nurse");
        assert!(Privacy::tasks(&privacy(&nurse)).await.unwrap().is_empty());
        let other = Privacy::answer(&privacy(&nurse), alert, "It was me".into()).await;
        assert_eq!(told(other), Kind::NotFound);
        let close = Decision::Close(Finding::Unknown);
        Privacy::decide(&port, alert, close, "Left the trust".into())
            .await
            .unwrap();
        let port = privacy(&paramedic);
        assert!(Privacy::tasks(&port).await.unwrap().is_empty());
        let late = Privacy::answer(&port, alert, "Sorry".into()).await;
        assert!(matches!(told(late), Kind::Invalid(_)));
    })
    .await;
}

#[tokio::test]
async fn nobody_decides_on_their_own_access() {
    on_each_engine(async |ground| {
        let (paramedic, officer, _port, alert) = an_emergency(ground).await;
        // The person is an officer as well.
        let both = paramedic.with_role(|role| {
            role.activities.insert(Activity::EmergencyAlerts);
        });
        let port = privacy(&both);
        assert!(Privacy::alert(&port, alert).await.unwrap().own);
        let close = Decision::Close(Finding::Appropriate);
        let refused = Privacy::decide(&port, alert, close, "Fine".into()).await;
        let Kind::Invalid(fields) = told(refused) else {
            panic!("it was another problem");
        };
        assert_eq!(fields.first().unwrap().field, "note");
        let refused = Privacy::ask(&port, alert, "Why?".into()).await;
        assert!(matches!(told(refused), Kind::Invalid(_)));
        // Nor in another role than that in which they looked.
        let elsewhere = both.with_role(|role| {
            role.id = domain::ids::RoleId(uuid::Uuid::new_v4());
            role.job_name = "Privacy Officer".into();
        });
        let refused = Privacy::decide(&privacy(&elsewhere), alert, close, "Fine".into()).await;
        assert!(matches!(told(refused), Kind::Invalid(_)));
        // Another officer may.
        let port_of_another = privacy(&officer);
        let closed = Privacy::decide(&port_of_another, alert, close, "Fine".into())
            .await
            .unwrap();
        // What they wrote is not for whom it is about.
        let notes = |view: AlertView| -> Vec<String> {
            view.steps.into_iter().map(|step| step.note).collect()
        };
        assert_eq!(notes(closed), ["Fine"]);
        assert_eq!(notes(Privacy::alert(&port, alert).await.unwrap()), [""]);
    })
    .await;
}

#[tokio::test]
async fn the_report_and_the_export_tell_no_patient() {
    on_each_engine(async |ground| {
        let (paramedic, _officer, port, alert) = an_emergency(ground).await;
        let close = Decision::Close(Finding::Mistake);
        Privacy::decide(&port, alert, close, "Wrong patient".into())
            .await
            .unwrap();
        ground.clock.forward(SignedDuration::from_hours(24 * 31));
        let mut other = paramedic.clone();
        other.caller.signed_in.as_mut().unwrap().name = "=cmd, Priya".to_owned();
        view(&other, OTHER, AGREED).await;
        // Another organisation's is not in it.
        view(&ground.member("nurse"), OTHER, AGREED).await;

        let months = Privacy::report(&port).await.unwrap();
        assert_eq!(months.len(), 12);
        let (now, before) = (months.first().unwrap(), months.get(1).unwrap());
        assert_eq!((now.year, now.month, now.total()), (2026, 12, 1));
        assert_eq!((before.year, before.month, before.total()), (2026, 11, 2));
        assert_eq!(
            before.raised,
            [(AlertKind::SelfClaimed, 1), (AlertKind::Emergency, 1)]
        );
        assert_eq!(before.findings, [(Finding::Mistake, 1)]);
        assert_eq!((before.waiting, now.waiting), (1, 1));

        let csv = Privacy::export(&port).await.unwrap();
        assert_eq!(csv.lines().count(), 4);
        assert!(csv.starts_with("Reference,Type,Kind,"));
        assert!(
            csv.contains(&alert.to_string()) && csv.contains("\"'=cmd, Priya\""),
            "{csv}"
        );
        assert!(!csv.contains(EVERYTHING) && !csv.contains(OTHER));
    })
    .await;
}
