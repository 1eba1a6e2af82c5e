//! Calls that say nothing that can be understood, or come from elsewhere.

use super::table::endpoints;
use super::{Things, kind};
use crate::harness::TestApp;
use crate::on_each_engine;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::router::BODY_LIMIT;

/// The value with one of its texts replaced, for each of them; keys stay.
fn with_each_text(value: &Value, by: &str) -> Vec<Value> {
    match value {
        Value::String(_) => vec![json!(by)],
        Value::Array(items) => {
            let mut all = Vec::new();
            for (at, item) in items.iter().enumerate() {
                for changed in with_each_text(item, by) {
                    let mut items = items.clone();
                    items[at] = changed;
                    all.push(Value::Array(items));
                }
            }
            all
        }
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (name, field) in fields {
                for changed in with_each_text(field, by) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), changed);
                    all.push(Value::Object(fields));
                }
            }
            all
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

on_each_engine! {
    async fn what_is_not_well_formed_is_refused(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let things = Things::of(&browser).await;
        let own = app.origin.clone();
        let json = Some("application/json");
        let origin = [("origin", own.as_str())];
        for endpoint in endpoints() {
            // Whoever tries so often is slowed down, which is not what is tested here.
            app.clock.forward(SignedDuration::from_mins(1));
            let call = endpoint.call;
            for body in ["", "{", "null", "7", "\"x\"", "{\"a\":"] {
                let answer = browser.raw(call, json, body.into(), &origin).await;
                assert_eq!((answer.status.as_u16(), kind(&answer).as_str()), (400, "OutOfDate"), "{call} {body}");
            }
            let bytes = browser.raw(call, json, vec![0xff, 0xfe, 0x00, 0x7b], &origin).await;
            assert!(bytes.status.is_client_error(), "{call}: {bytes:?}");
            let deep = "[".repeat(100_000).into_bytes();
            assert_eq!(browser.raw(call, json, deep, &origin).await.status, 400, "{call}");
            let long = vec![b' '; BODY_LIMIT + 1];
            assert_eq!(browser.raw(call, json, long, &origin).await.status, 413, "{call}");

            let arguments = (endpoint.arguments)(&things);
            for name in arguments.as_object().unwrap().keys() {
                let mut without = arguments.clone();
                without.as_object_mut().unwrap().remove(name);
                let answer = browser.post(call, without).await;
                assert_eq!((answer.status.as_u16(), kind(&answer).as_str()), (400, "OutOfDate"), "{call} without {name}");
                let mut wrong = arguments.clone();
                wrong[name] = json!([[["x"]]]);
                let answer = browser.post(call, wrong).await;
                assert!(answer.status.is_client_error(), "{call}, {name}: {answer:?}");
            }
            let long = "x".repeat(100_000);
            for text in [long.as_str(), "a\0b", "' or 1=1 --", "\u{202e}\u{feff}"] {
                for changed in with_each_text(&arguments, text) {
                    app.clock.forward(SignedDuration::from_secs(3));
                    let answer = browser.post(call, changed).await;
                    let unreadable = answer.body == "\"Unreadable\"";
                    assert!(!answer.status.is_server_error(), "{call} {}: {answer:?}", &text[..2]);
                    if text.len() > 1000 {
                        assert!(answer.status.is_client_error() || unreadable, "{call}: {}", answer.status);
                    }
                }
            }
        }
    }

    async fn what_is_not_json_by_its_own_word_is_refused(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let things = Things::of(&browser).await;
        let origin = [("origin", app.origin.as_str())];
        for endpoint in endpoints() {
            let body = (endpoint.arguments)(&things).to_string().into_bytes();
            for kind_of in [
                None,
                Some("text/plain"),
                Some("application/x-www-form-urlencoded"),
                Some("multipart/form-data; boundary=x"),
                Some("application/jsonp"),
            ] {
                let answer = browser.raw(endpoint.call, kind_of, body.clone(), &origin).await;
                assert_eq!((answer.status.as_u16(), kind(&answer).as_str()), (415, "OutOfDate"), "{}, {kind_of:?}", endpoint.call);
            }
            let get = browser.get(&format!("/api/{}", endpoint.call)).await;
            assert_eq!(get.status, 405, "{}", endpoint.call);
        }
        // Nothing of it was done.
        assert!(browser.session().await.signed_in.is_some());
        browser.overview(things.key).await.unwrap();
    }

    async fn what_another_site_sends_is_refused(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let things = Things::of(&browser).await;
        for endpoint in endpoints() {
            let refused: &[&[(&str, &str)]] = &[
                &[("origin", "https://elsewhere.example")],
                &[("origin", "null")],
                &[("sec-fetch-site", "cross-site")],
                &[],
            ];
            for headers in refused {
                let answer = browser.post_with(endpoint.call, (endpoint.arguments)(&things), headers).await;
                assert_eq!(answer.status, 403, "{}, {headers:?}", endpoint.call);
            }
        }
        assert!(browser.session().await.signed_in.is_some());
        browser.overview(things.key).await.unwrap();
    }
}
