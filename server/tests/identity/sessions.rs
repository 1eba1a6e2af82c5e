//! Sessions: how long they live, who carries them on, and who ends them.

use super::kind;
use crate::harness::TestApp;
use crate::on_each_engine;
use app::problem::Kind;
use jiff::SignedDuration;
use serde_json::json;
use server::identity;
use sqlx::Row;

async fn sessions(app: &TestApp) -> usize {
    sqlx::query("select id_hash from web_session")
        .fetch_all(app.db.read())
        .await
        .unwrap()
        .len()
}

on_each_engine! {
    async fn looking_makes_no_session(app: &TestApp) {
        let browser = app.browser();
        browser.session().await;
        browser.get("/").await;
        assert_eq!((browser.cookie(), sessions(app).await), (None, 0));
        browser.sign_in_start().await.unwrap();
        assert!(browser.cookie().is_some());
        assert_eq!(sessions(app).await, 1);
        app.clock.forward(identity::VISIT);
        identity::purge(&app.server.identity).await.unwrap();
        assert_eq!(sessions(app).await, 0);
    }

    async fn a_session_ends_when_it_is_not_used(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        for _ in 0..3 {
            app.clock.forward(SignedDuration::from_mins(14));
            assert!(browser.session().await.signed_in.is_some());
        }
        app.clock.forward(SignedDuration::from_mins(15));
        assert_eq!(browser.session().await.signed_in, None);
        assert_eq!(kind(browser.account().await), Kind::SignedOut);
    }

    async fn a_session_ends_after_twelve_hours_whatever_is_done(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let ends_at = browser.session().await.signed_in.unwrap().ends_at;
        for _ in 0..(12 * 6 - 1) {
            app.clock.forward(SignedDuration::from_mins(10));
            assert_eq!(browser.session().await.signed_in.unwrap().ends_at, ends_at);
        }
        app.clock.forward(SignedDuration::from_mins(10));
        assert_eq!(browser.session().await.signed_in, None);
    }

    async fn use_is_written_at_most_once_a_minute(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let used_at = async || {
            let row = sqlx::query("select used_at from web_session").fetch_one(app.db.read()).await.unwrap();
            row.get::<i64, _>(0)
        };
        let first = used_at().await;
        app.clock.forward(SignedDuration::from_secs(59));
        browser.session().await;
        assert_eq!(used_at().await, first);
        app.clock.forward(SignedDuration::from_secs(1));
        browser.session().await;
        assert_eq!(used_at().await, first + 60_000_000);
    }

    async fn sign_in_changes_the_cookie(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let before = browser.cookie().unwrap();
        browser.sign_in().await.unwrap();
        assert_ne!(browser.cookie().unwrap(), before);
        let thief = app.browser();
        thief.set_cookie(&before);
        assert_eq!(thief.session().await.signed_in, None);
        assert_eq!(sessions(app).await, 1);
    }

    async fn the_cookie_is_not_in_the_database(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let cookie = browser.cookie().unwrap();
        let (name, id) = cookie.split_once('=').unwrap();
        assert_eq!((name, id.len()), ("ncrs", 22));
        let row = sqlx::query("select id_hash, session_ref from web_session").fetch_one(app.db.read()).await.unwrap();
        let (hash, reference): (String, String) = (row.get(0), row.get(1));
        assert_eq!(hash.len(), 64);
        assert!(!hash.contains(id) && !reference.contains(id));
    }

    /// "Sign in again and land where you were."
    async fn whoever_comes_back_gets_their_role_back(app: &TestApp) {
        let mut browser = app.enrolled("threeroles").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        browser.choose_role(roles[1].id).await.unwrap();
        app.clock.forward(SignedDuration::from_hours(2));
        assert_eq!(browser.session().await.signed_in, None);
        let signed_in = browser.sign_in().await.unwrap().signed_in.unwrap();
        assert_eq!(signed_in.role.as_ref(), Some(&roles[1]));
        assert_eq!(browser.account().await.unwrap().sessions.len(), 1);
    }

    async fn signing_out_forgets_the_role(app: &TestApp) {
        let mut browser = app.enrolled("threeroles").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        browser.choose_role(roles[1].id).await.unwrap();
        browser.sign_out().await.unwrap();
        assert_eq!(browser.cookie(), None);
        assert_eq!(browser.sign_in().await.unwrap().signed_in.unwrap().role, None);
    }

    async fn another_person_in_the_same_browser_gets_nothing_of_it(app: &TestApp) {
        let mut browser = app.enrolled("threeroles").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        browser.choose_role(roles[0].id).await.unwrap();
        app.clock.forward(SignedDuration::from_mins(20));
        let view = browser.enrol(&app.code("sevenroles").await).await.unwrap();
        let signed_in = view.signed_in.unwrap();
        assert_eq!((signed_in.person.name.as_str(), signed_in.role), ("Joseph Adeyemi", None));
        assert_eq!(sessions(app).await, 1);
    }

    async fn signing_out_is_no_error_for_nobody(app: &TestApp) {
        assert_eq!(app.browser().sign_out().await.unwrap().signed_in, None);
        assert_eq!(kind(app.browser().sign_out_everywhere().await), Kind::SignedOut);
    }

    async fn sign_out_everywhere(app: &TestApp) {
        let phone = app.enrolled("paramedic").await;
        let desk = app.enrolled("paramedic").await;
        let someone_else = app.enrolled("nurse").await;
        assert_eq!(phone.account().await.unwrap().sessions.len(), 2);
        phone.sign_out_everywhere().await.unwrap();
        assert_eq!(phone.session().await.signed_in, None);
        assert_eq!(desk.session().await.signed_in, None);
        assert!(someone_else.session().await.signed_in.is_some());
    }

    async fn one_session_can_be_ended_by_its_owner_only(app: &TestApp) {
        let phone = app.enrolled("paramedic").await;
        app.clock.forward(SignedDuration::from_secs(1));
        let desk = app.enrolled("paramedic").await;
        let lines = phone.account().await.unwrap().sessions;
        assert_eq!(lines.iter().map(|line| line.current).collect::<Vec<_>>(), [false, true]);
        let someone_else = app.enrolled("nurse").await;
        assert_eq!(kind(someone_else.end_session(lines[0].id).await), Kind::NotFound);
        let left = phone.end_session(lines[0].id).await.unwrap().sessions;
        assert_eq!(left.len(), 1);
        assert_eq!(desk.session().await.signed_in, None);
        assert_eq!(kind(phone.end_session(lines[0].id).await), Kind::NotFound);
    }

    async fn nothing_is_answered_without_a_session(app: &TestApp) {
        let browser = app.browser();
        let id = "00000000-0000-7000-8000-000100000001";
        for (call, arguments) in [
            ("account", json!({})),
            ("role", json!({ "role": id })),
            ("passkeys/add/start", json!({})),
            ("passkeys/add/finish", json!({ "passkey_name": "x", "credential": {} })),
            ("passkeys/rename", json!({ "passkey": id, "passkey_name": "x" })),
            ("passkeys/remove", json!({ "passkey": id })),
            ("sessions/end", json!({ "session": id })),
        ] {
            let answer = browser.post(call, arguments).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["kind"]), (401, &json!("SignedOut")), "{call}");
        }
    }
}
