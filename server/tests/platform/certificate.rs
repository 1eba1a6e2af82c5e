//! What changes while the service runs, with the real program.

use super::binary::{SOON, Service};
use super::until;
use crate::harness::TestDatabase;
use rcgen::{CertificateParams, KeyPair};
use server::store::Engine;
use std::net::SocketAddr;
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// Writes a certificate for localhost that ends in so many days, with its key: its bytes.
fn write(folder: &Path, days: i64) -> Vec<u8> {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(30);
    params.not_after = now + Duration::days(days);
    let key = KeyPair::generate().unwrap();
    let made = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("cert.pem"), made.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    made.der().to_vec()
}

/// The certificate by which a new connection is answered.
async fn served(address: SocketAddr) -> Vec<u8> {
    let client = reqwest::Client::builder()
        .danger_accept_invalid_certs(true)
        .tls_info(true)
        .resolve("localhost", address)
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/health", address.port());
    let answer = client.get(url).send().await.unwrap();
    let info = answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap();
    info.peer_certificate().unwrap().to_vec()
}

#[cfg(unix)]
#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let database = TestDatabase::new(Engine::Sqlite).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path(), 10);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let settings = |seconds| {
        [
            ("NCRS_TLS_CERT", cert.as_str()),
            ("NCRS_TLS_KEY", key.as_str()),
            ("NCRS_TLS_CHECK_SECONDS", seconds),
        ]
    };
    // Looks by itself so seldom that only the signal can be what makes it.
    let mut service = Service::start(&database.url, &settings("3600"));
    let address = service.address().await;
    assert_eq!(served(address).await, first);
    until("its end is warned of", SOON, async || {
        service.logged("the certificate ends soon") == 1
    })
    .await;

    let second = write(folder.path(), 90);
    service.signal("HUP");
    until("the new one is served", SOON, async || {
        served(address).await == second
    })
    .await;

    let refused = |service: &Service| service.logged("the one before is still served");
    write(folder.path(), -1);
    service.signal("HUP");
    until("an ended one is told", SOON, async || {
        refused(&service) == 1
    })
    .await;
    std::fs::write(
        &cert,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    service.signal("HUP");
    until("a broken one is told", SOON, async || {
        refused(&service) == 2
    })
    .await;
    assert_eq!(served(address).await, second);
    assert!(service.runs());
    service.signal("TERM");
    assert!(service.ends().await);

    // By itself.
    let third = write(folder.path(), 60);
    let mut service = Service::start(&database.url, &settings("1"));
    let address = service.address().await;
    assert_eq!(served(address).await, third);
    let fourth = write(folder.path(), 61);
    until("the new one is served by itself", SOON, async || {
        served(address).await == fourth
    })
    .await;
    assert_eq!(service.logged("the certificate ends soon"), 0);
    drop(service);
    database.remove().await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_log_is_set_anew_and_the_signal_ends_nothing() {
    let database = TestDatabase::new(Engine::Sqlite).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("ncrs.toml");
    let config_path = config.to_str().unwrap().to_owned();
    std::fs::write(&config, "log = \"info\"").unwrap();
    let mut service = Service::start(&database.url, &[("NCRS_CONFIG", config_path.as_str())]);
    let address = service.address().await;
    let ask = async || {
        let answer = reqwest::get(format!("http://{address}/health"))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    };
    ask().await;
    let answered = |service: &Service| service.logged("answered");
    until("requests are logged", SOON, async || {
        answered(&service) == 1
    })
    .await;

    std::fs::write(&config, "log = \"warn\"").unwrap();
    service.signal("HUP");
    until("it says less", SOON, async || {
        let before = answered(&service);
        ask().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        answered(&service) == before
    })
    .await;

    // What cannot be used is told, and changes nothing.
    std::fs::write(&config, "log = \"info,=,\"").unwrap();
    service.signal("HUP");
    until("it is told", SOON, async || {
        service.logged("the settings stay as they were") == 1
    })
    .await;
    std::fs::write(&config, "log = \"info\"").unwrap();
    service.signal("HUP");
    until("it says more again", SOON, async || {
        let before = answered(&service);
        ask().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        answered(&service) > before
    })
    .await;
    assert!(service.runs());
    service.signal("TERM");
    assert!(service.ends().await);
    database.remove().await;
}
