//! What stands around every answer: origin, cookie, headers.

use crate::harness::TestApp;
use crate::on_each_engine;
use crate::platform::until;
use serde_json::json;
use server::store::Engine;
use std::time::Duration;

on_each_engine! {
    async fn only_our_own_pages_may_change_anything(app: &TestApp) {
        let browser = app.browser();
        let own = app.origin.as_str();
        let refused: &[&[(&str, &str)]] = &[
            &[("origin", "https://elsewhere.example")],
            &[("origin", "null")],
            &[("origin", "https://elsewhere.example"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[],
        ];
        for headers in refused {
            let answer = browser.post_with("sign-in/start", json!({}), headers).await;
            assert_eq!(answer.status, 403, "{headers:?}");
            assert_eq!(answer.json()["kind"], "Unexpected");
            assert_eq!(answer.header("set-cookie"), "");
        }
        for headers in [[("origin", own)], [("sec-fetch-site", "same-origin")]] {
            let answer = browser.post_with("sign-in/start", json!({}), &headers).await;
            assert_eq!(answer.status, 200, "{headers:?}");
        }
    }

    async fn the_cookie_is_kept_from_scripts_and_other_sites(app: &TestApp) {
        let answer = app.browser().post("sign-in/start", json!({})).await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("ncrs="), "{cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    }

    async fn every_answer_can_be_named_and_is_kept_by_nobody(app: &TestApp) {
        let browser = app.browser();
        let answers = [
            browser.get("/").await,
            browser.get("/health").await,
            browser.get("/nowhere").await,
            browser.post("session", json!({})).await,
            browser.post("nowhere", json!({})).await,
            browser.post("account", json!({})).await,
        ];
        for answer in &answers {
            assert_eq!(answer.header("x-correlation-id").len(), 36);
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
            assert!(answer.header("permissions-policy").contains("publickey-credentials-get=(self)"));
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
            assert_eq!(answer.header("strict-transport-security"), "");
        }
        let refused = &answers[5];
        assert_eq!(refused.json()["reference"], refused.header("x-correlation-id"));
    }

    async fn a_page_runs_its_own_scripts_only(app: &TestApp) {
        let browser = app.browser();
        let (one, other) = (browser.get("/").await, browser.get("/").await);
        let nonce = |policy: &str| {
            let (_, rest) = policy.split_once("script-src 'nonce-").expect("a nonce");
            rest.split_once('\'').unwrap().0.to_owned()
        };
        let policy = one.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("'strict-dynamic' 'wasm-unsafe-eval'"));
        assert!(!policy.contains("unsafe-inline"));
        assert!(one.body.contains(&format!("nonce=\"{}\"", nonce(policy))), "{}", one.body);
        assert_ne!(nonce(policy), nonce(other.header("content-security-policy")));
        assert_eq!(one.body.matches("<script").count(), one.body.matches("<script nonce=").count()
            + one.body.matches("<script type=\"module\" nonce=").count(), "{}", one.body);
    }

    async fn whatever_is_wrong_is_told_in_the_same_form(app: &TestApp) {
        let browser = app.browser();
        for (call, arguments, status, kind) in [
            ("nowhere", json!({}), 404, "NotFound"),
            ("role", json!({}), 400, "OutOfDate"),
            ("account", json!({}), 401, "SignedOut"),
            ("enrol/start", json!({ "code": "wrong" }), 403, "NotAccepted"),
        ] {
            let answer = browser.post(call, arguments).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["kind"]), (status, &json!(kind)), "{call}");
            assert_eq!(answer.json()["reference"], answer.header("x-correlation-id"), "{call}");
        }
        let long = browser.post("enrol/start", json!({ "code": "x".repeat(300 * 1024) })).await;
        assert_eq!(long.status, 413);
        assert_eq!(browser.get("/api/session").await.status, 405);
    }

    async fn without_the_database_it_says_so(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        assert_eq!(browser.get("/health").await.status, 200);
        app.db.close().await;
        // An answer stands for a moment, so that many who ask cost one write.
        until("it is not healthy", Duration::from_secs(10), async || {
            browser.get("/health").await.status == 503
        })
        .await;
        let page = browser.get("/").await;
        assert_eq!(page.status, 503);
        assert!(page.body.contains("The service cannot answer at the moment") && !page.body.contains("<script"));
        assert!(page.header("content-security-policy").contains("style-src 'sha256-"));
        let call = browser.post("session", json!({})).await;
        assert_eq!((call.status.as_u16(), &call.json()["kind"]), (503, &json!("Unavailable")));
        assert_eq!(call.header("retry-after"), "30");
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_of_this_host_only() {
    let settings = [("NCRS_ORIGIN", "https://ncrs.example")];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let origin = [("origin", app.origin.as_str())];
        let answer = app
            .browser()
            .post_with("sign-in/start", json!({}), &origin)
            .await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-ncrs="), "{cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(
            answer
                .header("strict-transport-security")
                .contains("max-age=63072000")
        );
    })
    .await;
}
