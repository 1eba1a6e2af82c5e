//! The same through the web: the addresses, and whose each request is.

use super::sealed::seal;
use super::{EVERYTHING, NO_SUMMARY};
use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use crate::records::adjustments::{command, create};
use app::api::ContextKey;
use app::api::offline::{
    Delivery, SealedOutcome, TakeSummary, TakenSummary, Target, Visit, VisitLine,
};
use app::problem::{Kind, Problem};
use domain::adjustment::AdjustmentRecord;
use domain::command::Receipt;
use domain::device_log::{Act, LogHead};
use domain::ids::{ContextId, SealingKeyId, VaultId, VisitId};
use serde_json::{Value, json};
use server::clock::Clock;
use uuid::Uuid;

async fn add(browser: &Browser, patient: &str) -> VisitLine {
    browser
        .call("visits/add", json!({ "nhs_number": patient }))
        .await
        .unwrap()
}

on_each_engine! {
    async fn a_round(app: &TestApp) {
        let browser = app.enrolled("nurse").await;
        let line = add(&browser, EVERYTHING).await;
        let lines: Vec<VisitLine> = browser.call("visits", json!({})).await.unwrap();
        assert!(lines == [line.clone()]);
        let asked = json!({ "visit": line.visit, "summary": TakeSummary::AskAtTheDoor });
        let taken: Visit = browser.call("visits/take", asked).await.unwrap();
        assert!(matches!(taken.summary, TakenSummary::AskAtTheDoor(_)));
        let key = ContextKey { context: ContextId(Uuid::now_v7()), tab: browser.tab };
        let opened = json!({ "visit": line.visit, "key": key });
        browser.call::<()>("visits/open", opened).await.unwrap();
        assert_eq!(browser.overview(key).await.unwrap().banner.nhs_number.digits(), EVERYTHING);
        let vault: VaultId = browser.call("vaults/register", json!({})).await.unwrap();
        let (entry, head) = LogHead::default().append(vault, app.clock.now(), Act::Unlocked);
        let log = json!({ "vault": vault, "entries": [entry] });
        assert_eq!(browser.call::<LogHead>("vaults/log", log).await.unwrap(), head);
        let gone = json!({ "visit": line.visit });
        browser.call::<()>("visits/remove", gone).await.unwrap();
        assert!(browser.call::<Vec<VisitLine>>("visits", json!({})).await.unwrap().is_empty());
    }

    async fn a_change_that_waited_is_delivered_in_the_next_session(app: &TestApp) {
        let mut browser = app.enrolled("nurse").await;
        let visit = add(&browser, NO_SUMMARY).await.visit;
        let key = browser.open_patient(NO_SUMMARY.parse().unwrap()).await.unwrap();
        browser.sign_out().await.unwrap();
        let first = Delivery { target: Target::Context(key.context), command: command(0, create()) };
        let deliver = async |browser: &Browser, delivery: &Delivery| {
            browser
                .call::<Receipt<AdjustmentRecord>>("commands/deliver", json!({ "delivery": delivery }))
                .await
        };
        assert_eq!(deliver(&browser, &first).await.unwrap_err().kind, Kind::SignedOut);
        browser.sign_in().await.unwrap();
        assert!(matches!(deliver(&browser, &first).await.unwrap(), Receipt::Applied(_)));
        // Sealed by a device that can keep nothing readable: with the key that the session tells.
        let signed_in = browser.session().await.signed_in.unwrap();
        let second = Delivery { target: Target::Visit(visit), command: command(0, create()) };
        let sealed = seal(&signed_in.terms.sealing, signed_in.person.id, second);
        let arguments = json!({ "sealed": sealed });
        let outcome: SealedOutcome = browser.call("commands/deliver-sealed", arguments).await.unwrap();
        assert!(matches!(outcome, SealedOutcome::Delivered { receipt: Receipt::Conflict(_), .. }));
    }

    async fn the_session_tells_the_terms_of_the_role(app: &TestApp) {
        for (login, hours) in [("nurse", 24), ("paramedic", 12), ("carer", 8), ("norole", 0)] {
            let terms = app.enrolled(login).await.session().await.signed_in.unwrap().terms;
            assert_eq!(terms.hours, hours, "{login}");
            assert_eq!(terms.sealing, *app.server.services.sealing.public());
        }
    }

    async fn nothing_is_answered_without_a_session(app: &TestApp) {
        let browser = app.browser();
        let (visit, key) = (
            VisitId(Uuid::new_v4()),
            ContextKey { context: ContextId(Uuid::new_v4()), tab: browser.tab },
        );
        let delivery = Delivery { target: Target::Visit(visit), command: command(0, create()) };
        let sealed = json!({
            "key": SealingKeyId(Uuid::new_v4()), "id": Uuid::new_v4(), "encapsulated": "", "sealed": ""
        });
        let calls = [
            ("visits/add", json!({ "nhs_number": EVERYTHING })),
            ("visits", json!({})),
            ("visits/remove", json!({ "visit": visit })),
            ("visits/take", json!({ "visit": visit, "summary": "without" })),
            ("visits/open", json!({ "visit": visit, "key": key })),
            ("commands/deliver", json!({ "delivery": delivery })),
            ("commands/deliver-sealed", json!({ "sealed": sealed })),
            ("vaults/register", json!({})),
            ("vaults/log", json!({ "vault": Uuid::new_v4(), "entries": [] })),
        ];
        for (call, arguments) in calls {
            let answer: Result<Value, Problem> = browser.call(call, arguments).await;
            assert_eq!(answer.unwrap_err().kind, Kind::SignedOut, "{call}");
        }
    }
}
