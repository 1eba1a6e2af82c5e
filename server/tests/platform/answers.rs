//! No answer tells what the service is built of: neither its headers nor what it says of an error.

use crate::harness::{Answer, TestApp};
use crate::on_each_engine;
use http::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, ORIGIN};
use server::web::guard;

/// Every header that an answer may have.
const KNOWN: [&str; 24] = [
    "accept-ranges",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "last-modified",
    "location",
    "permissions-policy",
    "referrer-policy",
    "retry-after",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
    "x-correlation-id",
];

/// What it is built of, in small letters.
const INSIDE: [&str; 15] = [
    "leptos",
    "axum",
    "tower",
    "hyper",
    "tokio",
    "serde",
    "sqlx",
    "sqlite",
    "postgres",
    "rustls",
    "server function",
    "serverfn",
    "server_fn",
    "panicked",
    ".rs:",
];

fn says_nothing(what: &str, answer: &Answer) {
    for (name, value) in &answer.headers {
        let name = name.as_str();
        assert!(
            KNOWN.contains(&name) || name.starts_with("x-ncrs-"),
            "{what}: the header {name}"
        );
        let value = String::from_utf8_lossy(value.as_bytes()).to_lowercase();
        for inside in INSIDE {
            assert!(!value.contains(inside), "{what}: {name}: {value}");
        }
    }
    // A page that is not found is the app itself, which has to name its own files.
    let page = answer.header("content-type").starts_with("text/html") && answer.status == 404;
    if answer.status.as_u16() >= 400 && !page {
        let body = answer.body.to_lowercase();
        for inside in INSIDE {
            assert!(!body.contains(inside), "{what}: {} {body}", answer.status);
        }
    }
}

on_each_engine! {
    async fn no_address_says_what_it_is_built_of(app: &TestApp) {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let addresses = [
            "/", "/sign-in", "/enrol", "/find", "/account", "/nowhere", "/health", "/api", "/api/", "/api/session",
            "/api/nowhere", "/pkg/nowhere.js", "/pkg/", "/pkg/../../etc/passwd", "/screenshots/phone.png", "/icons/",
            "/favicon.ico", "/favicon.svg", "/service-worker.js", "/manifest.webmanifest", "/shell.html",
            "/offline.html", "/robots.txt", "/%00", "/%ff", "/?q=%ff",
        ];
        let methods = [
            Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS,
            Method::TRACE,
        ];
        for address in addresses {
            for method in &methods {
                for accept in ["text/html", "*/*"] {
                    let answer = client
                        .request(method.clone(), format!("http://{}{address}", app.address))
                        .header(ORIGIN, &app.origin)
                        .header(ACCEPT, accept)
                        .send()
                        .await
                        .unwrap();
                    says_nothing(&format!("{method} {address} as {accept}"), &Answer::of(answer).await);
                }
            }
        }
    }

    async fn no_call_says_what_it_is_built_of(app: &TestApp) {
        let client = reqwest::Client::new();
        let member = app.enrolled("paramedic").await;
        let cookie = member.cookie().unwrap();
        let calls: Vec<String> = leptos::server_fn::axum::server_fn_paths()
            .map(|(path, _)| path.to_owned())
            .filter(|path| path.starts_with("/api/"))
            // They would sign the member out.
            .filter(|path| !path.contains("sign-out"))
            .collect();
        assert!(calls.len() > 40);
        let long = "x".repeat(300 * 1024);
        let bodies: [(&str, &str); 9] = [
            ("application/json", "{"),
            ("application/json", "[1, 2"),
            ("application/json", "{\"nobody\":\"asked\"}"),
            ("application/json", "\"\\ud800\""),
            ("application/json", ""),
            ("application/x-www-form-urlencoded", "a=b"),
            ("application/cbor", "\u{1}"),
            ("text/html", "<form>"),
            ("application/json", &long),
        ];
        for call in &calls {
            for (content_type, body) in bodies {
                let answer = client
                    .post(format!("http://{}{call}", app.address))
                    .header(ORIGIN, &app.origin)
                    .header(CONTENT_TYPE, content_type)
                    .header("cookie", &cookie)
                    .body(body.to_owned())
                    .send()
                    .await
                    .unwrap();
                let what = format!("{call} {content_type} {:.20}", body);
                if body.len() > 1000 {
                    assert_eq!(answer.status(), 413, "{what}");
                }
                says_nothing(&what, &Answer::of(answer).await);
            }
        }
    }

    async fn a_first_answer_redirects_without_an_inner_word(app: &TestApp) {
        let answer = app.browser().get("/").await;
        assert_eq!(answer.header("serverfnredirect"), "");
        assert!(!answer.headers.contains_key("serverfnredirect"));
    }

    async fn what_failed_says_so_and_no_more(app: &TestApp) {
        let member = app.enrolled("paramedic").await;
        app.db.close().await;
        for answer in [
            member.get("/").await,
            member.get("/health").await,
            member.post("account", serde_json::json!({})).await,
        ] {
            assert_eq!(answer.status, 503);
            says_nothing("without the database", &answer);
        }
    }
}

async fn panics() -> &'static str {
    panic!("axum at server/src/main.rs:1 about 9990010013")
}

#[tokio::test]
async fn a_panic_says_nothing_of_itself() {
    use tower::Service;
    for kind in [guard::Answer::Problem, guard::Answer::Page] {
        let mut router = axum::Router::new()
            .route("/", axum::routing::get(panics))
            .layer(guard::catch_panic(kind));
        let request = http::Request::new(axum::body::Body::empty());
        let answer = router.call(request).await.unwrap();
        assert_eq!(answer.status(), 500);
        let body = axum::body::to_bytes(answer.into_body(), 100_000)
            .await
            .unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(!body.contains("axum") && !body.contains("999001"), "{body}");
    }
}
