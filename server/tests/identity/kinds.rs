//! Which passkeys are good enough (`NCRS_PASSKEYS`).

use super::kind;
use crate::harness::TestApp;
use app::api::identity::WebAuthnJson;
use app::problem::Kind;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use server::store::Engine;
use sha2::{Digest, Sha256};

/// The same passkey from an authenticator that says that it can be copied. It signs nothing of that: no
/// attestation is asked for.
fn as_synced(mut credential: WebAuthnJson) -> WebAuthnJson {
    let told = credential["response"]["attestationObject"]
        .as_str()
        .unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(told.trim_end_matches('='))
        .unwrap();
    let relying_party = Sha256::digest("localhost");
    let from = bytes
        .windows(32)
        .position(|part| part == relying_party.as_slice())
        .unwrap();
    let mut data = bytes[from..].to_vec();
    // Backup eligible, and backed up.
    data[32] |= 0x18;
    let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
    object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    object.extend(data);
    credential["response"]["attestationObject"] = json!(BASE64_URL_SAFE_NO_PAD.encode(object));
    credential
}

fn is_told_which_to_use(refused: Kind) {
    let Kind::Invalid(fields) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(fields[0].field, "passkey-name");
    assert!(
        fields[0].message.contains("security key"),
        "{}",
        fields[0].message
    );
}

async fn device_bound(app: &TestApp) {
    let code = app.code("paramedic").await;
    let mut browser = app.browser();
    let enrolment = browser.enrol_start(&code).await.unwrap();
    let synced = as_synced(browser.make_passkey(&enrolment.options));
    is_told_which_to_use(kind(browser.enrol_finish("Work phone", &synced).await));
    // The code is as good as before, and another kind gets in with it.
    browser.enrol(&code).await.unwrap();
    let options: Value = browser.call("passkeys/add/start", json!({})).await.unwrap();
    let synced = as_synced(browser.make_passkey(&options));
    let arguments = json!({ "passkey_name": "Tablet", "credential": synced });
    is_told_which_to_use(kind(
        browser
            .call::<Value>("passkeys/add/finish", arguments)
            .await,
    ));
    let account = browser.add_passkey("Tablet").await.unwrap();
    assert!(account.device_bound);
    assert!(account.passkeys.iter().all(|passkey| !passkey.synced));
    assert_eq!(account.passkeys.len(), 2);
}

async fn any(app: &TestApp) {
    let mut browser = app.browser();
    let enrolment = browser
        .enrol_start(&app.code("paramedic").await)
        .await
        .unwrap();
    let synced = as_synced(browser.make_passkey(&enrolment.options));
    browser.enrol_finish("Work phone", &synced).await.unwrap();
    let account = browser.account().await.unwrap();
    assert!(account.passkeys[0].synced && !account.device_bound);
}

#[tokio::test]
async fn one_that_can_be_copied_is_refused_with_words_that_say_which_to_use() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        TestApp::run_with(engine, &[("NCRS_PASSKEYS", "device-bound")], device_bound).await;
    }
}

#[tokio::test]
async fn one_that_can_be_copied_gets_in_where_any_is_good_enough() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        TestApp::run(engine, any).await;
    }
}
