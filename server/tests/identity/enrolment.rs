//! `/api/enrol/*`: the first passkey, with a code from the Registration Authority.

use super::kind;
use crate::harness::TestApp;
use crate::on_each_engine;
use app::problem::Kind;
use jiff::SignedDuration;
use serde_json::json;
use server::identity::staff;
use sqlx::Row;

on_each_engine! {
    async fn a_code_enrols_and_signs_in(app: &TestApp) {
        let mut browser = app.browser();
        let code = app.code("paramedic").await;
        let enrolment = browser.enrol_start(&code).await.unwrap();
        assert_eq!(enrolment.person, "Priya Nair");
        let options = &enrolment.options["publicKey"];
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["rp"]["id"], "localhost");
        let credential = browser.make_passkey(&enrolment.options);
        let view = browser.enrol_finish(" Work phone ", &credential).await.unwrap();
        assert!(view.training);
        let signed_in = view.signed_in.unwrap();
        assert_eq!(signed_in.person.name, "Priya Nair");
        assert_eq!(signed_in.idle_seconds, 900);
        assert_eq!(signed_in.role.unwrap().job_name, "Paramedic");
        let account = browser.account().await.unwrap();
        assert_eq!(account.passkeys.len(), 1);
        assert_eq!(account.passkeys[0].name, "Work phone");
        assert!(account.passkeys[0].current && account.passkeys[0].used_at.is_none());
        assert_eq!(account.sessions.len(), 1);
        assert_eq!(account.sessions[0].device, "Chrome on Android");
    }

    async fn it_does_not_matter_how_a_code_is_typed(app: &TestApp) {
        let code = app.code("paramedic").await;
        let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
        assert!(app.browser().enrol_start(&typed).await.is_ok());
    }

    async fn a_code_serves_once(app: &TestApp) {
        let code = app.code("paramedic").await;
        app.browser().enrol(&code).await.unwrap();
        assert_eq!(kind(app.browser().enrol_start(&code).await), Kind::NotAccepted);
    }

    async fn of_two_who_finish_at_once_one_enrols(app: &TestApp) {
        let code = app.code("paramedic").await;
        let (mut one, mut other) = (app.browser(), app.browser());
        let first = one.enrol_start(&code).await.unwrap();
        let second = other.enrol_start(&code).await.unwrap();
        let (first, second) = (one.make_passkey(&first.options), other.make_passkey(&second.options));
        let (first, second) = tokio::join!(one.enrol_finish("One", &first), other.enrol_finish("Other", &second));
        assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1);
        assert_eq!(kind(first.and(second)), Kind::NotAccepted);
        let keys = sqlx::query("select id from passkey").fetch_all(app.db.read()).await.unwrap();
        assert_eq!(keys.len(), 1);
    }

    async fn a_code_expires(app: &TestApp) {
        let code = app.code("paramedic").await;
        let mut browser = app.browser();
        app.clock.forward(staff::CODE_LIFETIME - SignedDuration::from_secs(1));
        let enrolment = browser.enrol_start(&code).await.unwrap();
        let credential = browser.make_passkey(&enrolment.options);
        app.clock.forward(SignedDuration::from_secs(1));
        assert_eq!(kind(browser.enrol_finish("Late", &credential).await), Kind::NotAccepted);
        assert_eq!(kind(browser.enrol_start(&code).await), Kind::NotAccepted);
    }

    async fn a_new_code_takes_the_place_of_the_last(app: &TestApp) {
        let first = app.code("paramedic").await;
        let second = app.code("paramedic").await;
        assert_eq!(kind(app.browser().enrol_start(&first).await), Kind::NotAccepted);
        assert!(app.browser().enrol_start(&second).await.is_ok());
    }

    /// Nobody learns from an answer which codes there are.
    async fn every_refusal_looks_alike(app: &TestApp) {
        let (used, expired) = (app.code("paramedic").await, app.code("nurse").await);
        app.browser().enrol(&used).await.unwrap();
        app.clock.forward(staff::CODE_LIFETIME);
        let inactive = app.code("carer").await;
        staff::set_active(&app.db, "carer", false).await.unwrap();
        let mut answers = Vec::new();
        for code in [used.as_str(), expired.as_str(), inactive.as_str(), "7KQM-2X9D-HT4W", "no code", ""] {
            let answer = app.browser().post("enrol/start", json!({ "code": code })).await;
            let mut body = answer.json();
            body["reference"] = json!(null);
            answers.push((answer.status, body, answer.header("set-cookie").to_owned()));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0].1["kind"], "NotAccepted");
        assert_eq!(answers[0].2, "");
    }

    async fn codes_cannot_be_tried_for_long(app: &TestApp) {
        let browser = app.browser();
        let mut tried = 0;
        let refused = loop {
            match kind(browser.enrol_start("7KQM-2X9D-HT4W").await) {
                Kind::NotAccepted if tried < 100 => tried += 1,
                other => break other,
            }
        };
        assert_eq!((refused, tried), (Kind::TooMany, 20));
        app.clock.forward(SignedDuration::from_mins(1));
        assert_eq!(kind(browser.enrol_start("7KQM-2X9D-HT4W").await), Kind::NotAccepted);
    }

    async fn a_name_is_asked_for_before_the_code_is_used(app: &TestApp) {
        let mut browser = app.browser();
        let enrolment = browser.enrol_start(&app.code("paramedic").await).await.unwrap();
        let credential = browser.make_passkey(&enrolment.options);
        for name in ["  ".to_owned(), "x".repeat(51)] {
            match kind(browser.enrol_finish(&name, &credential).await) {
                Kind::Invalid(fields) => assert_eq!(fields[0].field, "passkey-name"),
                other => panic!("{other:?}"),
            }
        }
        assert!(browser.enrol_finish("Work phone", &credential).await.is_ok());
    }

    async fn a_ceremony_is_of_one_browser_and_ends_soon(app: &TestApp) {
        let code = app.code("paramedic").await;
        let mut browser = app.browser();
        let enrolment = browser.enrol_start(&code).await.unwrap();
        let credential = browser.make_passkey(&enrolment.options);
        assert_eq!(kind(app.browser().enrol_finish("Elsewhere", &credential).await), Kind::NotAccepted);
        app.clock.forward(SignedDuration::from_mins(5));
        assert_eq!(kind(browser.enrol_finish("Late", &credential).await), Kind::NotAccepted);
        // The code was not used up by that.
        assert!(app.browser().enrol(&code).await.is_ok());
    }

    async fn a_device_does_not_get_a_second_passkey(app: &TestApp) {
        let mut browser = app.browser();
        browser.enrol(&app.code("paramedic").await).await.unwrap();
        let again = browser.enrol_start(&app.code("paramedic").await).await.unwrap();
        assert_eq!(again.options["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    }

    async fn no_code_is_in_the_database(app: &TestApp) {
        let code = app.code("paramedic").await;
        let rows = sqlx::query("select code_hash from enrolment_code").fetch_all(app.db.read()).await.unwrap();
        assert_eq!(rows.len(), 1);
        let kept: String = rows[0].get(0);
        assert_eq!(kept.len(), 64);
        assert!(!kept.to_uppercase().contains(&code[..4]));
    }
}
