//! Who signed in, and what they changed about that, is in the audit.

use crate::harness::TestApp;
use crate::on_each_engine;
use sqlx::Row;

/// `action outcome` of every entry on a person, oldest first.
async fn audited(app: &TestApp) -> Vec<String> {
    let rows =
        sqlx::query("select action, outcome from audit_entry order by correlation, at, lane, seq")
            .fetch_all(app.db.read())
            .await
            .unwrap();
    rows.iter()
        .map(|row| format!("{} {}", row.get::<String, _>(0), row.get::<String, _>(1)))
        .collect()
}

on_each_engine! {
    async fn each_step_is_recorded(app: &TestApp) {
        let mut browser = app.enrolled("threeroles").await;
        let step = || app.clock.forward(jiff::SignedDuration::from_secs(1));
        let roles = browser.session().await.signed_in.unwrap().roles;
        step();
        browser.choose_role(roles[0].id).await.unwrap();
        step();
        let account = browser.add_passkey("Tablet").await.unwrap();
        step();
        let first = account.passkeys.iter().find(|passkey| passkey.current).unwrap().id;
        browser.remove_passkey(first).await.unwrap();
        step();
        assert!(browser.remove_passkey(account.passkeys[0].id).await.is_err());
        step();
        browser.sign_out().await.unwrap();
        step();
        let options = browser.sign_in_start().await.unwrap();
        let mut credential = browser.use_passkey(&options);
        credential["response"]["signature"] = serde_json::json!("AAAA");
        browser.sign_in_finish(&credential).await.unwrap_err();
        assert_eq!(audited(app).await, [
            "enrol allowed",
            "sign-in allowed",
            "choose-role allowed",
            "add-passkey allowed",
            "remove-passkey allowed",
            "remove-passkey refused",
            "sign-out done",
            "sign-in refused",
        ]);
    }
}
