//! `/api/sign-in/*`.

use super::kind;
use crate::harness::{TestApp, user_handle};
use crate::on_each_engine;
use app::problem::Kind;
use jiff::SignedDuration;
use serde_json::json;
use server::identity::staff;

on_each_engine! {
    async fn a_passkey_signs_in_without_a_name(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        browser.sign_out().await.unwrap();
        assert_eq!(browser.session().await.signed_in, None);
        let options = browser.sign_in_start().await.unwrap();
        assert_eq!(options["publicKey"]["userVerification"], "required");
        assert_eq!(options["publicKey"]["allowCredentials"], json!([]));
        assert_eq!(options.get("mediation"), None);
        let credential = browser.use_passkey(&options);
        let view = browser.sign_in_finish(&credential).await.unwrap();
        assert_eq!(view.signed_in.unwrap().person.name, "Priya Nair");
        assert!(browser.account().await.unwrap().passkeys[0].used_at.is_some());
    }

    async fn the_same_answer_serves_once(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let options = browser.sign_in_start().await.unwrap();
        let credential = browser.use_passkey(&options);
        browser.sign_in_finish(&credential).await.unwrap();
        assert_eq!(kind(browser.sign_in_finish(&credential).await), Kind::NotAccepted);
    }

    /// Each tab that offers to sign in has begun; any of them may be the one that is used.
    async fn tabs_do_not_disturb_each_other(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        browser.sign_out().await.unwrap();
        let first = browser.sign_in_start().await.unwrap();
        let _second = browser.sign_in_start().await.unwrap();
        let credential = browser.use_passkey(&first);
        assert!(browser.sign_in_finish(&credential).await.is_ok());
    }

    /// The end of a ceremony is tried a few times at the most, from wherever, and then it is gone.
    async fn a_ceremony_is_gone_after_a_few_failures(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        browser.sign_out().await.unwrap();
        for (failures, ends_well) in [(2, true), (3, false)] {
            let options = browser.sign_in_start().await.unwrap();
            let good = browser.use_passkey(&options);
            let mut bad = good.clone();
            bad["response"]["signature"] = json!("AAAA");
            for _ in 0..failures {
                assert_eq!(kind(browser.sign_in_finish(&bad).await), Kind::NotAccepted);
            }
            assert_eq!(browser.sign_in_finish(&good).await.is_ok(), ends_well, "{failures}");
        }
    }

    async fn of_two_who_finish_at_once_one_is_signed_in(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        browser.sign_out().await.unwrap();
        let options = browser.sign_in_start().await.unwrap();
        let credential = browser.use_passkey(&options);
        let (one, other) = tokio::join!(browser.sign_in_finish(&credential), browser.sign_in_finish(&credential));
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    }

    async fn a_challenge_is_of_one_browser_and_ends_soon(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let options = browser.sign_in_start().await.unwrap();
        let credential = browser.use_passkey(&options);
        let other = app.browser();
        other.sign_in_start().await.unwrap();
        assert_eq!(kind(other.sign_in_finish(&credential).await), Kind::NotAccepted);
        app.clock.forward(SignedDuration::from_mins(5));
        assert_eq!(kind(browser.sign_in_finish(&credential).await), Kind::NotAccepted);
    }

    async fn a_counter_that_does_not_rise_is_refused(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let first = browser.sign_in_start().await.unwrap();
        let old = browser.use_passkey(&first);
        let second = browser.sign_in_start().await.unwrap();
        let new = browser.use_passkey(&second);
        assert!(browser.sign_in_finish(&new).await.is_ok());
        assert_eq!(kind(browser.sign_in_finish(&old).await), Kind::NotAccepted);
    }

    async fn whoever_may_not_sign_in_learns_no_more(app: &TestApp) {
        let mut inactive = app.enrolled("paramedic").await;
        staff::set_active(&app.db, "paramedic", false).await.unwrap();
        assert_eq!(inactive.session().await.signed_in, None);
        let mut unknown = app.enrolled("nurse").await;
        sqlx::query("delete from passkey where person_id in (select id from person where login = 'nurse')")
            .execute(app.db.write())
            .await
            .unwrap();
        let mut stranger = app.enrolled("carer").await;
        let paramedic = user_handle("00000000-0000-7000-8000-000100000001".parse().unwrap());
        let mut answers = Vec::new();
        for browser in [&mut inactive, &mut unknown, &mut stranger] {
            let options = browser.sign_in_start().await.unwrap();
            let mut credential = browser.use_passkey(&options);
            credential["response"]["userHandle"] = json!(paramedic);
            let answer = browser.post("sign-in/finish", json!({ "credential": credential })).await;
            answers.push((answer.status, answer.json()["kind"].clone(), answer.header("set-cookie").to_owned()));
        }
        let nonsense = app.browser().post("sign-in/finish", json!({ "credential": { "id": 1 } })).await;
        answers.push((nonsense.status, nonsense.json()["kind"].clone(), nonsense.header("set-cookie").to_owned()));
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0].1, "NotAccepted");
    }

    async fn without_verification_of_the_person_it_is_refused(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let mut options = browser.sign_in_start().await.unwrap();
        options["publicKey"]["userVerification"] = json!("discouraged");
        let credential = browser.use_passkey(&options);
        assert_eq!(kind(browser.sign_in_finish(&credential).await), Kind::NotAccepted);
    }
}
