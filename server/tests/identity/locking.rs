//! The lock of a session: nobody is in front of it.

use super::kind;
use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use app::api::ContextKey;
use app::problem::Kind;
use domain::idle::LockReason;
use domain::ids::TabId;
use jiff::SignedDuration;
use serde_json::json;
use sqlx::Row;
use uuid::Uuid;

const PATIENT: &str = "9990402132";

/// What was done, oldest first.
async fn actions(app: &TestApp) -> Vec<(String, String)> {
    sqlx::query(
        "select action, coalesce(detail, '') as detail from audit_entry order by at, lane, seq",
    )
    .fetch_all(app.db.read())
    .await
    .unwrap()
    .iter()
    .map(|row| (row.get("action"), row.get("detail")))
    .collect()
}

async fn locked(browser: &Browser) -> Option<bool> {
    Some(browser.session().await.signed_in?.locked)
}

on_each_engine! {
    async fn a_lock_is_told_and_lifted_by_the_same_person_where_they_were(app: &TestApp) {
        let mut browser = app.enrolled("threeroles").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        let doctor = roles.iter().max_by_key(|role| role.activities.len()).unwrap();
        browser.choose_role(doctor.id).await.unwrap();
        let key = browser.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        let before = browser.cookie().unwrap();
        let view = browser.lock(LockReason::Unused).await.unwrap().signed_in.unwrap();
        assert!(view.locked);
        assert_eq!(view.person.name, "Dr Anita Desai");
        assert_eq!(kind(browser.overview(key).await), Kind::Locked);
        // A tab that is opened later begins with it, in the very page that is sent.
        assert!(browser.get("/find").await.body.contains(r#""locked":true"#));
        app.clock.forward(SignedDuration::from_mins(3));
        let back = browser.sign_in().await.unwrap().signed_in.unwrap();
        assert_eq!((back.locked, back.role.as_ref()), (false, Some(doctor)));
        assert!(browser.get("/find").await.body.contains(r#""locked":false"#));
        browser.overview(key).await.unwrap();
        assert_ne!(browser.cookie().unwrap(), before);
    }

    async fn a_lock_and_its_end_are_in_the_audit(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        browser.lock(LockReason::Hidden).await.unwrap();
        // Another tab of the same browser, at the same time.
        browser.lock(LockReason::ByHand).await.unwrap();
        browser.sign_in().await.unwrap();
        browser.sign_in().await.unwrap();
        let actions = actions(app).await;
        let of = |action: &str| actions.iter().filter(|(done, _)| done == action).collect::<Vec<_>>();
        assert_eq!(of("lock-session").len(), 1);
        assert!(of("lock-session")[0].1.contains(r#""why":"hidden""#), "{actions:?}");
        assert_eq!(of("unlock-session").len(), 1);
        // Enrolment, and the one that found nothing locked.
        assert_eq!(of("sign-in").len(), 2);
    }

    async fn it_is_no_lock_of_anyone_elses_and_of_no_other_browser(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let elsewhere = app.enrolled("paramedic").await;
        let nurse = app.enrolled("nurse").await;
        browser.lock(LockReason::ByHand).await.unwrap();
        assert_eq!(locked(&browser).await, Some(true));
        assert_eq!(locked(&elsewhere).await, Some(false));
        assert_eq!(locked(&nurse).await, Some(false));
        assert_eq!(kind(app.browser().lock(LockReason::ByHand).await), Kind::SignedOut);
    }

    async fn another_person_ends_it_and_gets_nothing_of_it(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        browser.lock(LockReason::ByHand).await.unwrap();
        browser.enrol(&app.code("nurse").await).await.unwrap();
        assert_eq!(kind(browser.overview(key).await), Kind::ContextClosed);
        assert!(actions(app).await.iter().all(|(action, _)| action != "unlock-session"));
    }

    async fn a_locked_session_can_be_ended_and_is_not_kept_alive(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        browser.lock(LockReason::ByHand).await.unwrap();
        for _ in 0..2 {
            app.clock.forward(SignedDuration::from_mins(7));
            assert_eq!(locked(&browser).await, Some(true));
        }
        app.clock.forward(SignedDuration::from_mins(2));
        assert_eq!(locked(&browser).await, None);
        // Whoever comes back later unlocks all the same, and it is told as that.
        browser.sign_in().await.unwrap();
        assert!(actions(app).await.iter().any(|(action, _)| action == "unlock-session"));
        browser.lock(LockReason::ByHand).await.unwrap();
        assert_eq!(browser.sign_out().await.unwrap().signed_in, None);
        assert_eq!(browser.cookie(), None);
    }

    /// A lock that was asked for before the person came back, and arrives afterwards.
    async fn a_lock_that_arrives_late_locks_nobody(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let slow = app.browser();
        slow.set_cookie(&browser.cookie().unwrap());
        browser.sign_in().await.unwrap();
        assert_eq!(kind(slow.lock(LockReason::Unused).await), Kind::SignedOut);
        assert_eq!(locked(&browser).await, Some(false));
    }

    async fn a_context_of_a_locked_session_is_no_way_around(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        browser.lock(LockReason::ByHand).await.unwrap();
        // From a new tab, in a page that does not say whom it believes to be signed in.
        browser.believe(None);
        browser.tab = TabId(Uuid::new_v4());
        let other = ContextKey { tab: browser.tab, ..key };
        assert_eq!(kind(browser.overview(other).await), Kind::Locked);
        assert_eq!(kind(browser.open_patient(PATIENT.parse().unwrap()).await), Kind::Locked);
        let role = json!({ "role": Uuid::new_v4() });
        assert_eq!(kind(browser.call::<serde_json::Value>("role", role).await), Kind::Locked);
    }
}
