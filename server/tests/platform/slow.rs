//! Clients that are slow, and more of them than the service answers at one time.

use super::until;
use crate::harness::TestApp;
use app::problem::{Kind, Problem};
use serde_json::json;
use server::store::Engine;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const QUICK: [(&str, &str); 3] = [
    ("NCRS_HEADER_SECONDS", "1"),
    ("NCRS_BODY_SECONDS", "1"),
    ("NCRS_ANSWER_SECONDS", "2"),
];
/// Far beyond all of these, and far below for ever.
const LONG: Duration = Duration::from_secs(20);

/// Sends that, then a bit again and again, until the connection ends: what came back.
async fn drip(address: SocketAddr, begin: &str, bit: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(begin.as_bytes()).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let bit = bit.to_owned();
    let dripping = tokio::spawn(async move {
        while !bit.is_empty() && write.write_all(bit.as_bytes()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        // Said nothing more, and did not hang up either.
        std::future::pending::<()>().await;
    });
    let mut came = Vec::new();
    let ended = tokio::time::timeout(LONG, read.read_to_end(&mut came)).await;
    dripping.abort();
    assert!(ended.is_ok(), "{begin:?} was kept");
    String::from_utf8_lossy(&came).into_owned()
}

fn post(app: &TestApp, more: &str) -> String {
    format!(
        "POST /api/session HTTP/1.1\r\nhost: {}\r\norigin: {}\r\ncontent-type: application/json\r\n{more}\r\n",
        app.address, app.origin
    )
}

#[tokio::test]
async fn whoever_is_slow_is_let_go() {
    TestApp::run_with(Engine::Sqlite, &QUICK, async |app: &TestApp| {
        // Says nothing.
        drip(app.address, "", "").await;
        // Half a head, and then a letter at a time.
        drip(app.address, "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", "a").await;
        drip(app.address, "GET / HTTP/1.1\r\nhost: x\r\n", "x-a: b\r\n").await;
        // Half of what begins HTTP/2.
        drip(app.address, "PRI * HTTP/2", "").await;
        drip(app.address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "").await;
        // An answer, and then nothing.
        let came = drip(app.address, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n", "").await;
        assert!(came.starts_with("HTTP/1.1 200"), "{came}");
        // A body a letter at a time, of a known length and in chunks.
        for (begin, bit) in [
            (post(app, "content-length: 9000\r\n") + "{", " "),
            (post(app, "transfer-encoding: chunked\r\n"), "1\r\n \r\n"),
        ] {
            let came = drip(app.address, &begin, bit).await;
            assert!(came.starts_with("HTTP/1.1 408"), "{came}");
            let (_, body) = came.split_once("\r\n\r\n").unwrap();
            let problem: Problem = serde_json::from_str(body.trim()).unwrap();
            assert_eq!(problem.kind, Kind::Unreachable);
        }
        // And whoever takes a moment is not.
        let browser = app.browser();
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        let begin = post(app, "content-length: 2\r\nconnection: close\r\n") + "{";
        for part in [&begin[..40], &begin[40..], "}"] {
            socket.write_all(part.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let mut came = String::new();
        socket.read_to_string(&mut came).await.unwrap();
        assert!(came.starts_with("HTTP/1.1 200"), "{came}");
        browser.session().await;
    })
    .await;
}

#[tokio::test]
async fn slow_ones_take_no_place_from_the_others() {
    let settings = [("NCRS_BODY_SECONDS", "30"), ("NCRS_MOST_REQUESTS", "4")];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let mut slow = Vec::new();
        for _ in 0..100 {
            let mut socket = TcpStream::connect(app.address).await.unwrap();
            let begin = post(app, "content-length: 9000\r\n") + "{";
            socket.write_all(begin.as_bytes()).await.unwrap();
            slow.push(socket);
        }
        let browser = app.enrolled("paramedic").await;
        for _ in 0..10 {
            assert!(browser.account().await.is_ok());
        }
        assert_eq!(browser.get("/").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn who_comes_when_it_is_full_is_told_kindly() {
    let settings = [("NCRS_MOST_REQUESTS", "3")];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let browser = app.enrolled("paramedic").await;
        let places = app.server.places.clone();
        let taken = places.acquire_many(3).await.unwrap();
        let answer = browser.post("account", json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after")),
            (503, "5")
        );
        assert_eq!(
            answer.json()["reference"],
            answer.header("x-correlation-id")
        );
        let problem = answer.read::<serde_json::Value>().unwrap_err();
        assert_eq!(problem.kind, Kind::Busy);
        assert!(
            problem
                .to_string()
                .starts_with("The service is busy. Try again in a moment.")
        );
        let page = browser.get("/account").await;
        assert_eq!(
            (page.status.as_u16(), page.header("retry-after")),
            (503, "5")
        );
        assert!(page.body.contains("The service is busy") && !page.body.contains("<script"));
        assert!(
            page.header("content-security-policy")
                .contains("style-src 'sha256-")
        );
        // Whoever watches over it can still ask.
        assert_eq!(browser.get("/health").await.status, 200);
        drop(taken);
        assert!(browser.account().await.is_ok());
        assert_eq!(places.available_permits(), 3, "each place is given back");
    })
    .await;
}

#[tokio::test]
async fn what_takes_too_long_is_ended_and_gives_its_place_back() {
    let settings = [QUICK[2], ("NCRS_MOST_REQUESTS", "5")];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let browser = app.enrolled("paramedic").await;
        // Someone has the one connection that writes.
        let taken = app.db.write().acquire().await.unwrap();
        let began = Instant::now();
        let answer = browser.post("sign-in/start", json!({})).await;
        assert!(began.elapsed() < LONG);
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after")),
            (503, "30")
        );
        assert_eq!(
            answer.read::<serde_json::Value>().unwrap_err().kind,
            Kind::Unavailable
        );
        drop(taken);
        assert_eq!(browser.post("sign-in/start", json!({})).await.status, 200);
        assert_eq!(app.server.places.available_permits(), 5);
    })
    .await;
}

#[tokio::test]
async fn there_are_so_many_connections_and_each_makes_room() {
    let settings = [
        ("NCRS_MOST_CONNECTIONS", "3"),
        ("NCRS_HEADER_SECONDS", "60"),
    ];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let get = async || -> String {
            let mut socket = TcpStream::connect(app.address).await.unwrap();
            let asked = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            let _ = socket.write_all(asked).await;
            let mut came = Vec::new();
            let _ = socket.read_to_end(&mut came).await;
            String::from_utf8_lossy(&came).into_owned()
        };
        assert!(get().await.starts_with("HTTP/1.1 200"));
        let mut kept = Vec::new();
        for _ in 0..3 {
            kept.push(TcpStream::connect(app.address).await.unwrap());
        }
        until("there is no room", LONG, async || get().await.is_empty()).await;
        kept.clear();
        until("there is room again", LONG, async || {
            get().await.starts_with("HTTP/1.1 200")
        })
        .await;
    })
    .await;
}
