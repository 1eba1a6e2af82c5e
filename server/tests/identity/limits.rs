//! Whoever hammers waits, and nobody else for them: also behind a proxy.

use super::kind;
use crate::harness::{Browser, TestApp, proxy};
use crate::on_each_engine;
use app::problem::Kind;
use jiff::SignedDuration;
use serde_json::json;
use server::store::Engine;
use tokio::net::TcpListener;

/// More than anyone may begin at once.
const HAMMERED: usize = 1300;

const HOSPITAL: [u8; 4] = [127, 0, 0, 50];
const STRANGER: [u8; 4] = [127, 0, 0, 60];

/// Begins to sign in until that is refused.
async fn hammer(browser: &Browser, headers: &[(&str, &str)]) -> usize {
    for begun in 0..HAMMERED {
        let answer = browser.post_with("sign-in/start", json!({}), headers).await;
        if answer.status.as_u16() == 429 {
            return begun;
        }
        assert!(answer.status.is_success());
    }
    HAMMERED
}

/// Behind a proxy that says so in that header, with the service trusting that one address.
async fn behind_proxy(header: &'static str, test: impl AsyncFn(&TestApp)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let listener = std::sync::Mutex::new(Some(listener));
        let settings = [
            ("NCRS_ORIGIN", origin.as_str()),
            ("NCRS_TRUSTED_PROXIES", "127.0.0.1"),
        ];
        TestApp::run_with(engine, &settings, async |app: &TestApp| {
            let listener = listener.lock().unwrap().take().unwrap();
            let proxy = proxy::pass_on(listener, app.address, header);
            test(app).await;
            proxy.abort();
        })
        .await;
    }
}

/// Of two clients behind the proxy, one hammers; the other has a session, a third has none.
async fn one_hammers(app: &TestApp) {
    let mut nurse = app.browser_at(HOSPITAL);
    nurse.enrol(&app.code("nurse").await).await.unwrap();
    let mut same_address = app.browser_at(STRANGER);
    same_address
        .enrol(&app.code("paramedic").await)
        .await
        .unwrap();
    let stranger = app.browser_at(STRANGER);
    let origin = app.origin.clone();
    // Whatever they claim to be, they are who the proxy had it from.
    let lies = [
        ("origin", origin.as_str()),
        ("x-forwarded-for", "127.0.0.50"),
        ("forwarded", "for=127.0.0.50"),
    ];
    let begun = hammer(&stranger, &lies).await;
    assert!((1000..HAMMERED).contains(&begun), "{begun}");
    assert_eq!(
        kind(app.browser_at(STRANGER).sign_in_start().await),
        Kind::TooMany
    );
    // Others sign in, and whoever holds a session confirms, even from that very address.
    nurse.sign_out().await.unwrap();
    nurse.sign_in().await.unwrap();
    same_address.sign_in().await.unwrap();
    // Past the proxy nobody is believed.
    let port = app.address.port();
    let direct = reqwest::Client::builder()
        .local_address(Some(STRANGER.into()))
        .build()
        .unwrap();
    let past = direct
        .post(format!("http://127.0.0.1:{port}/api/sign-in/start"))
        .header("origin", app.origin.as_str())
        .header("x-forwarded-for", "198.51.100.7")
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(past.status().as_u16(), 429);
}

#[tokio::test]
async fn behind_a_proxy_each_client_has_a_limit_of_its_own() {
    behind_proxy("x-forwarded-for", one_hammers).await;
}

#[tokio::test]
async fn a_proxy_may_speak_the_standard() {
    behind_proxy("forwarded", async |app| {
        let stranger = app.browser_at(STRANGER);
        let origin = app.origin.clone();
        assert!(hammer(&stranger, &[("origin", &origin)]).await < HAMMERED);
        app.browser_at(HOSPITAL).sign_in_start().await.unwrap();
    })
    .await;
}

on_each_engine! {
    async fn sign_in_cannot_be_begun_for_ever(app: &TestApp) {
        let browser = app.browser();
        let origin = app.origin.clone();
        let begun = hammer(&browser, &[("origin", &origin)]).await;
        assert_eq!(begun, 1200);
        app.clock.forward(SignedDuration::from_secs(2));
        assert!(browser.sign_in_start().await.is_ok());
    }

    /// Without the setting all share the proxy's address: then what a header says changes nothing.
    async fn a_header_from_a_stranger_is_not_believed(app: &TestApp) {
        let browser = app.browser();
        let origin = app.origin.clone();
        hammer(&browser, &[("origin", &origin)]).await;
        for other in ["198.51.100.7", "2001:db8::1"] {
            let headers = [("origin", origin.as_str()), ("x-forwarded-for", other)];
            assert_eq!(browser.post_with("sign-in/start", json!({}), &headers).await.status.as_u16(), 429);
        }
    }

    /// Each opens the page, which begins by itself, then touches the button, which begins again.
    async fn a_change_of_shifts_of_five_hundred_behind_one_address(app: &TestApp) {
        let mut staff = Vec::new();
        for _ in 0..3 {
            let browser = app.enrolled("nurse").await;
            browser.sign_out().await.unwrap();
            staff.push(browser);
        }
        for person in 0..500_usize {
            app.clock.forward(SignedDuration::from_millis(600));
            let sample = staff.len();
            let browser = &mut staff[person % sample];
            browser.sign_in_start().await.unwrap();
            if person % 25 == 0 {
                browser.sign_in().await.unwrap();
                browser.sign_out().await.unwrap();
            } else {
                browser.sign_in_start().await.unwrap();
            }
        }
    }

    async fn a_good_code_is_not_kept_waiting_by_who_guesses(app: &TestApp) {
        let stranger = app.browser();
        loop {
            match kind(stranger.enrol_start("7KQM-2X9D-HT4W").await) {
                Kind::NotAccepted => {}
                Kind::TooMany => break,
                other => panic!("{other:?}"),
            }
        }
        app.browser().enrol(&app.code("paramedic").await).await.unwrap();
        // Whoever goes on guessing is cut off at last.
        for _ in 0..100 {
            stranger.enrol_start("7KQM-2X9D-HT4W").await.unwrap_err();
        }
        let code = app.code("nurse").await;
        assert_eq!(kind(stranger.enrol_start(&code).await), Kind::TooMany);
    }
}
