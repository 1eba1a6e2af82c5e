//! Calls of a page whose person is not the one who is signed in, or is not in front of it.

use super::table::endpoints;
use super::{Needs, PATIENT, Things, kind};
use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use app::api::offline::VisitLine;
use domain::idle::LockReason;
use domain::ids::PersonId;
use jiff::SignedDuration;
use serde_json::json;
use server::web::claim::{OF_A_LOCK, WRITES};
use sqlx::Row;
use std::collections::BTreeSet;
use uuid::Uuid;

async fn person(browser: &Browser) -> PersonId {
    browser.session().await.signed_in.unwrap().person.id
}

/// Everything that anyone did, as the audit has it.
async fn audited(app: &TestApp) -> i64 {
    sqlx::query("select count(*) from audit_entry")
        .fetch_one(app.db.read())
        .await
        .unwrap()
        .get(0)
}

#[test]
fn what_is_named_of_the_calls_is_there() {
    let there: BTreeSet<_> = endpoints().iter().map(|endpoint| endpoint.call).collect();
    for call in OF_A_LOCK.into_iter().chain(WRITES) {
        assert!(there.contains(call), "{call}");
    }
}

on_each_engine! {
    async fn a_call_for_another_person_is_refused_and_does_nothing(app: &TestApp) {
        let first = app.enrolled("paramedic").await;
        let paramedic = person(&first).await;
        // In the same browser, in another tab.
        let mut browser = app.enrolled("nurse").await;
        let things = Things::of(&browser).await;
        let before = audited(app).await;
        let claims = [
            paramedic.to_string(),
            PersonId(Uuid::new_v4()).to_string(),
            "nobody".into(),
            String::new(),
        ];
        for endpoint in endpoints() {
            for claim in &claims {
                let headers = [("origin", app.origin.as_str()), ("x-ncrs-person", claim)];
                let answer = browser.post_with(endpoint.call, (endpoint.arguments)(&things), &headers).await;
                let told = (answer.status.as_u16(), kind(&answer));
                assert_eq!(told, (412, "OtherPerson".to_owned()), "{} as {claim}", endpoint.call);
            }
        }
        assert_eq!(audited(app).await, before);
        // The session of who is signed in goes on: nobody signed them out, locked them or took their list.
        browser.overview(things.key).await.unwrap();
        let visits: Vec<VisitLine> = browser.call("visits", json!({})).await.unwrap();
        assert_eq!(visits.iter().map(|line| line.visit).collect::<Vec<_>>(), [things.visit]);
        browser.sign_in().await.unwrap();
    }

    async fn the_page_of_whoever_was_there_before_acts_for_nobody(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let paramedic = person(&browser).await;
        let key = browser.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        browser.enrol(&app.code("nurse").await).await.unwrap();
        let nurse = person(&browser).await;
        for call in ["session", "record/overview", "sign-out", "lock"] {
            browser.believe(Some(paramedic));
            let arguments = json!({ "key": key, "why": "by-hand" });
            assert_eq!(kind(&browser.post(call, arguments).await), "OtherPerson", "{call}");
        }
        browser.believe(Some(nurse));
        assert_eq!(person(&browser).await, nurse);
        // Where nobody is signed in any more, there is nobody to mistake for.
        browser.sign_out().await.unwrap();
        browser.believe(Some(paramedic));
        assert_eq!(browser.session().await.signed_in, None);
        browser.believe(Some(paramedic));
        assert_eq!(kind(&browser.post("record/overview", json!({ "key": key })).await), "SignedOut");
    }

    /// An app that was installed before pages said whom they believe to be signed in.
    async fn who_does_not_say_reads_and_writes_nothing_to_a_record(app: &TestApp) {
        let browser = app.enrolled("nurse").await;
        let things = Things::of(&browser).await;
        for endpoint in endpoints() {
            let after = ["lock", "sign-out", "sign-out-everywhere", "sessions/end", "visits/remove", "patients/close"];
            if after.contains(&endpoint.call) {
                continue;
            }
            browser.believe(None);
            app.clock.forward(SignedDuration::from_secs(2));
            let told = kind(&browser.post(endpoint.call, (endpoint.arguments)(&things)).await);
            if WRITES.contains(&endpoint.call) {
                assert_eq!(told, "OutOfDate", "{}", endpoint.call);
            } else {
                assert_ne!(told, "OutOfDate", "{}", endpoint.call);
                assert_ne!(told, "OtherPerson", "{}", endpoint.call);
            }
        }
    }

    async fn a_locked_session_serves_for_nothing_but_its_lock(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let things = Things::of(&browser).await;
        browser.lock(LockReason::ByHand).await.unwrap();
        let before = audited(app).await;
        for endpoint in endpoints() {
            if OF_A_LOCK.contains(&endpoint.call) {
                continue;
            }
            let answer = browser.post(endpoint.call, (endpoint.arguments)(&things)).await;
            let told = (answer.status.as_u16(), kind(&answer));
            assert_eq!(told, (423, "Locked".to_owned()), "{}", endpoint.call);
            assert!(!matches!(endpoint.needs, Needs::Nobody), "{} needs nobody", endpoint.call);
        }
        assert_eq!(audited(app).await, before);
        // Its twin: once the person is back, everything is where it was.
        browser.sign_in().await.unwrap();
        browser.overview(things.key).await.unwrap();
    }
}
