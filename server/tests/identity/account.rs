//! What changes who can sign in: with a fingerprint, seen by the owner, and not without end.

use super::kind;
use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use app::api::identity::AccountNotice;
use app::problem::{Kind, Problem};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::identity::{CHANGES_WINDOW, MOST_CHANGES, MOST_PASSKEYS, STEP_UP};
use sqlx::Row;

/// What a session is told, latest first.
async fn told(browser: &Browser) -> Vec<AccountNotice> {
    browser.session().await.signed_in.unwrap().notices
}

fn begin_with(notices: &[AccountNotice], words: &[&str]) {
    let texts: Vec<_> = notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(texts.len(), words.len(), "{texts:?}");
    for (text, words) in texts.iter().zip(words) {
        assert!(text.starts_with(words), "{text}");
    }
}

async fn close(browser: &Browser, notice: &AccountNotice) {
    let arguments = json!({ "notice": notice.id });
    let answer = browser.post("account/notices/close", arguments).await;
    assert!(answer.status.is_success());
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query(sql)
        .fetch_one(app.db.read())
        .await
        .unwrap()
        .get(0)
}

/// Closes everything that the session is told.
async fn close_all(browser: &Browser) {
    for notice in told(browser).await {
        close(browser, &notice).await;
    }
}

on_each_engine! {
    async fn what_changes_who_can_sign_in_needs_a_fingerprint_of_the_last_two_minutes(app: &TestApp) {
        let mut other = app.enrolled("paramedic").await;
        let mut browser = app.enrolled("paramedic").await;
        let account = browser.account().await.unwrap();
        let passkey = account.passkeys.iter().find(|one| !one.current).unwrap().id;
        let session = account.sessions.iter().find(|one| !one.current).unwrap().id;
        let begun: Value = browser.call("passkeys/add/start", json!({})).await.unwrap();
        let made = browser.make_passkey(&begun);
        app.clock.forward(STEP_UP + SignedDuration::from_secs(1));
        let calls = [
            ("passkeys/add/start", json!({})),
            ("passkeys/add/finish", json!({ "passkey_name": "Mine", "credential": made })),
            ("passkeys/rename", json!({ "passkey": passkey, "passkey_name": "Mine" })),
            ("passkeys/remove", json!({ "passkey": passkey })),
            ("sessions/end", json!({ "session": session })),
            ("sign-out-everywhere", json!({})),
        ];
        for (call, arguments) in &calls {
            let refused = browser.call::<Value>(call, arguments.clone()).await;
            assert_eq!(kind(refused), Kind::StepUp, "{call}");
        }
        assert_eq!(count(app, "select count(*) from passkey").await, 2);
        assert_eq!(count(app, "select count(*) from passkey where name = 'Mine'").await, 0);
        assert!(other.session().await.signed_in.is_some());
        let refused = count(app, "select count(*) from audit_entry where outcome = 'refused'").await;
        assert_eq!(refused, 6);
        // The session in which that was tried can be left without one.
        other.sign_out().await.unwrap();
        other.sign_in().await.unwrap();
        app.clock.forward(STEP_UP + SignedDuration::from_secs(1));
        other.sign_out().await.unwrap();

        // With the last passkey that is there: the one that was made is not.
        let mut confirmed = app.enrolled("paramedic").await;
        app.clock.forward(STEP_UP);
        confirmed.add_passkey("Tablet").await.unwrap();
        confirmed.rename_passkey(passkey, "Old phone").await.unwrap();
        confirmed.remove_passkey(passkey).await.unwrap();
        let session = confirmed.account().await.unwrap().sessions.into_iter().find(|one| !one.current).unwrap().id;
        confirmed.end_session(session).await.unwrap();
        confirmed.sign_out_everywhere().await.unwrap();
    }

    async fn the_other_sessions_are_told_and_each_closes_it_for_itself(app: &TestApp) {
        let phone = app.enrolled("paramedic").await;
        let desk = app.enrolled("paramedic").await;
        let mut here = app.enrolled("paramedic").await;
        for browser in [&phone, &desk] {
            close_all(browser).await;
            assert_eq!(told(browser).await, []);
        }
        let someone_else = app.enrolled("nurse").await;
        here.add_passkey("Tablet").await.unwrap();
        let words = "A passkey was added on Chrome on Android on 21 November 2026 at 9:30am. If this was not you, ";
        begin_with(&told(&phone).await, &[words]);
        begin_with(&told(&desk).await, &[words]);
        assert_eq!(told(&here).await, []);
        assert_eq!(told(&someone_else).await, []);
        let notice = told(&phone).await.remove(0);
        // It is not another's to close.
        close(&someone_else, &notice).await;
        begin_with(&told(&phone).await, &[words]);
        close(&phone, &notice).await;
        assert_eq!(told(&phone).await, []);
        begin_with(&told(&desk).await, &[words]);
        // To confirm is no way around it, and it does not come back by that.
        let (mut phone, mut desk) = (phone, desk);
        phone.sign_in().await.unwrap();
        desk.sign_in().await.unwrap();
        assert_eq!(told(&phone).await, []);
        begin_with(&told(&desk).await, &[words]);
        here.sign_in().await.unwrap();
        assert_eq!(told(&here).await, []);
    }

    async fn a_notice_waits_for_the_next_sign_in(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let passkey = browser.account().await.unwrap().passkeys[0].id;
        browser.rename_passkey(passkey, "Work phone").await.unwrap();
        app.clock.forward(SignedDuration::from_secs(1));
        browser.sign_out_everywhere().await.unwrap();
        app.clock.forward(SignedDuration::from_hours(30));
        browser.sign_in().await.unwrap();
        let notices = told(&browser).await;
        begin_with(&notices, &["You were signed out everywhere", "One of your passkeys was renamed"]);
        close_all(&browser).await;
        browser.sign_out().await.unwrap();
        browser.sign_in().await.unwrap();
        assert_eq!(told(&browser).await, []);
    }

    /// Whoever finds a device that was just opened makes a passkey, and goes.
    async fn whoever_adds_a_passkey_cannot_close_the_notice_for_its_owner(app: &TestApp) {
        let mut owner = app.enrolled("paramedic").await;
        let account = owner.account().await.unwrap();
        let mut thief = app.browser();
        let options: Value = owner.call("passkeys/add/start", json!({})).await.unwrap();
        let credential = thief.make_passkey(&options);
        let arguments = json!({ "passkey_name": "Theirs", "credential": credential });
        let added: Result<Value, Problem> = owner.call("passkeys/add/finish", arguments).await;
        assert!(added.is_ok());
        owner.sign_out().await.unwrap();
        thief.sign_in().await.unwrap();
        close_all(&thief).await;
        assert_eq!(told(&thief).await, []);
        owner.sign_in().await.unwrap();
        begin_with(&told(&owner).await, &["A passkey was added"]);
        let theirs = owner.account().await.unwrap().passkeys.into_iter().find(|one| one.id != account.passkeys[0].id).unwrap();
        owner.remove_passkey(theirs.id).await.unwrap();
        assert_eq!(thief.session().await.signed_in, None);
    }

    async fn a_passkey_by_a_code_is_told_of_where_one_is_signed_in(app: &TestApp) {
        let phone = app.enrolled("paramedic").await;
        assert_eq!(told(&phone).await, []);
        let mut other = app.enrolled("paramedic").await;
        let words = "A passkey was made for you with an enrolment code on Chrome on Android";
        begin_with(&told(&phone).await, &[words]);
        // Of that on the phone, which nobody has seen yet; not of its own, neither now nor the next morning.
        begin_with(&told(&other).await, &[words]);
        close_all(&phone).await;
        close_all(&other).await;
        other.sign_out().await.unwrap();
        other.sign_in().await.unwrap();
        assert_eq!(told(&other).await, []);
    }

    async fn what_an_agent_does_is_told(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let first = app.enrolled("paramedic").await;
        let mut second = app.enrolled("paramedic").await;
        close_all(&first).await;
        let me = first.session().await.signed_in.unwrap().person.id;
        let account = second.account().await.unwrap();
        let passkey = account.passkeys.iter().find(|one| one.current).unwrap().id;
        let _: Value = agent.call("staff/code", json!({ "person": me })).await.unwrap();
        begin_with(&told(&first).await, &["An enrolment code was made for you by your Registration Authority"]);
        app.clock.forward(SignedDuration::from_secs(1));
        let arguments = json!({ "person": me, "passkey": passkey });
        let _: Value = agent.call("staff/passkeys/remove", arguments).await.unwrap();
        begin_with(&told(&first).await, &[
            "One of your passkeys was removed by your Registration Authority",
            "An enrolment code was made for you",
        ]);
        assert!(second.sign_in().await.is_err());
        assert_eq!(told(&agent).await, []);
    }

    async fn changes_of_the_account_are_bounded(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let other = app.enrolled("paramedic").await;
        let nurse = app.enrolled("nurse").await;
        let passkey = browser.account().await.unwrap().passkeys[0].id;
        for change in 0..MOST_CHANGES {
            browser.rename_passkey(passkey, &format!("Phone {change}")).await.unwrap();
        }
        assert_eq!(kind(browser.rename_passkey(passkey, "Phone").await), Kind::TooMany);
        assert_eq!(kind(browser.add_passkey("Tablet").await), Kind::TooMany);
        assert_eq!(kind(browser.remove_passkey(passkey).await), Kind::TooMany);
        let session = browser.account().await.unwrap().sessions.into_iter().find(|one| !one.current).unwrap().id;
        assert_eq!(kind(browser.end_session(session).await), Kind::TooMany);
        // Nobody else waits for that, and what protects always works.
        let own = nurse.account().await.unwrap().passkeys[0].id;
        nurse.rename_passkey(own, "Phone").await.unwrap();
        browser.sign_out_everywhere().await.unwrap();
        assert_eq!(other.session().await.signed_in, None);
        app.clock.forward(CHANGES_WINDOW);
        browser.sign_in().await.unwrap();
        browser.rename_passkey(passkey, "Phone").await.unwrap();
    }

    async fn nobody_has_passkeys_without_number(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        for more in 1..MOST_PASSKEYS {
            if more == MOST_PASSKEYS / 2 {
                app.clock.forward(CHANGES_WINDOW);
                browser.sign_in().await.unwrap();
            }
            browser.add_passkey(&format!("Tablet {more}")).await.unwrap();
        }
        app.clock.forward(CHANGES_WINDOW);
        browser.sign_in().await.unwrap();
        match kind(browser.add_passkey("One more").await) {
            Kind::Invalid(fields) => assert_eq!(fields[0].field, "passkey-name"),
            other => panic!("{other:?}"),
        }
        // Nor with a code, which is still good once there is room.
        let code = app.code("paramedic").await;
        let mut another = app.browser();
        assert!(matches!(kind(another.enrol(&code).await), Kind::Invalid(_)));
        let oldest = browser.account().await.unwrap().passkeys.pop().unwrap().id;
        browser.remove_passkey(oldest).await.unwrap();
        another.enrol(&code).await.unwrap();
    }

    /// Else nobody could say from which agent's code the next one comes.
    async fn a_session_whose_passkey_is_gone_adds_none(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let account = browser.add_passkey("Tablet").await.unwrap();
        let own = account.passkeys.iter().find(|passkey| passkey.current).unwrap().id;
        browser.remove_passkey(own).await.unwrap();
        assert_eq!(kind(browser.add_passkey("Other").await), Kind::StepUp);
    }
}
