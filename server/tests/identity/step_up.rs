//! What needs a fingerprint that was given just now, and the ids of a session.

use super::kind;
use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use crate::records::adjustments::{applied, command, create};
use app::api::ContextKey;
use app::api::offline::{Delivery, Target};
use app::api::records::OpenedSummary;
use app::problem::{Kind, Problem};
use domain::adjustment::{AdjustmentChange, AdjustmentRecord, RemovalReason};
use domain::command::Receipt;
use domain::patient::InContext;
use domain::role::Activity;
use jiff::SignedDuration;
use serde_json::json;
use server::identity::STEP_UP;

const PATIENT: &str = "9990402132";

async fn emergency(
    browser: &Browser,
    key: ContextKey,
) -> Result<InContext<Option<OpenedSummary>>, Problem> {
    let answer = json!({ "answer": "emergency", "reason": "Unconscious at home" });
    browser
        .call(
            "record/summary/open",
            json!({ "key": key, "answer": answer }),
        )
        .await
}

async fn deliver(
    browser: &Browser,
    key: ContextKey,
    base: u64,
    change: AdjustmentChange,
) -> Result<Receipt<AdjustmentRecord>, Problem> {
    let delivery = Delivery {
        target: Target::Context(key.context),
        command: command(base, change),
    };
    browser
        .call("commands/deliver", json!({ "delivery": delivery }))
        .await
}

on_each_engine! {
    async fn emergency_access_needs_a_fingerprint_of_the_last_two_minutes(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        app.clock.forward(STEP_UP);
        assert!(emergency(&browser, key).await.unwrap().read.value.is_some());
        app.clock.forward(SignedDuration::from_secs(1));
        assert_eq!(kind(emergency(&browser, key).await), Kind::StepUp);
        // What needs none goes on.
        browser.overview(key).await.unwrap();
        // The same person confirms, and the same patient is still open.
        browser.sign_in().await.unwrap();
        assert!(emergency(&browser, key).await.unwrap().read.value.is_some());
    }

    async fn another_persons_fingerprint_confirms_nothing(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        app.clock.forward(SignedDuration::from_mins(3));
        browser.enrol(&app.code("nurse").await).await.unwrap();
        assert_eq!(kind(emergency(&browser, key).await), Kind::ContextClosed);
    }

    async fn the_whole_flag_is_removed_with_a_fingerprint_only(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient("9990252955".parse().unwrap()).await.unwrap();
        let remove = || AdjustmentChange::RemoveFlag {
            reason: RemovalReason::NoLongerApplies,
            comment: "Moved".into(),
        };
        let version = browser.overview(key).await.unwrap().read.value.adjustments.map_or(0, |record| record.version);
        app.clock.forward(SignedDuration::from_mins(3));
        let made = deliver(&browser, key, version, create()).await;
        let version = match made {
            Ok(Receipt::Applied(record) | Receipt::Conflict(record)) => record.version,
            Err(problem) => panic!("{problem:?}"),
        };
        let removal = Delivery { target: Target::Context(key.context), command: command(version, remove()) };
        let arguments = json!({ "delivery": removal });
        let refused = browser.call::<Receipt<AdjustmentRecord>>("commands/deliver", arguments.clone()).await;
        assert_eq!(kind(refused), Kind::StepUp);
        browser.sign_in().await.unwrap();
        // The very same command.
        let done: Receipt<AdjustmentRecord> = browser.call("commands/deliver", arguments).await.unwrap();
        assert!(matches!(done, Receipt::Applied(record) if record.current.is_none()));
    }

    /// To remove the last of what is on a flag is to remove the flag, whatever it is called.
    async fn the_last_part_of_a_flag_is_removed_with_a_fingerprint_only(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient("9990010013".parse().unwrap()).await.unwrap();
        let made = applied(deliver(&browser, key, 0, create()).await.unwrap());
        let parts: Vec<_> = made.current.unwrap().current_parts().map(|part| part.id).collect();
        let [first, last] = parts[..] else { panic!("two parts") };
        let remove = |part| AdjustmentChange::RemovePart {
            part,
            reason: RemovalReason::NoLongerApplies,
            comment: "Moved".into(),
        };
        app.clock.forward(SignedDuration::from_mins(3));
        // The twin: something is left.
        applied(deliver(&browser, key, 1, remove(first)).await.unwrap());
        let removal = Delivery { target: Target::Context(key.context), command: command(2, remove(last)) };
        let arguments = json!({ "delivery": removal });
        let refused = browser.call::<Receipt<AdjustmentRecord>>("commands/deliver", arguments.clone()).await;
        assert_eq!(kind(refused), Kind::StepUp);
        // On a version that is no more nothing is removed, so nothing is asked.
        assert!(matches!(deliver(&browser, key, 1, remove(last)).await.unwrap(), Receipt::Conflict(_)));
        browser.sign_in().await.unwrap();
        // The very same command; and once more, where the answer was lost.
        let done: Receipt<AdjustmentRecord> = browser.call("commands/deliver", arguments.clone()).await.unwrap();
        assert!(applied(done).current.unwrap().current_parts().next().is_none());
        app.clock.forward(SignedDuration::from_mins(3));
        let again: Receipt<AdjustmentRecord> = browser.call("commands/deliver", arguments).await.unwrap();
        assert_eq!(applied(again).version, 3);
    }

    /// Nor by two at once, of which each would leave the other.
    async fn of_two_removals_at_once_none_takes_the_last_part(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let key = browser.open_patient("9990010013".parse().unwrap()).await.unwrap();
        let made = applied(deliver(&browser, key, 0, create()).await.unwrap());
        let parts: Vec<_> = made.current.unwrap().current_parts().map(|part| part.id).collect();
        let remove = |part| AdjustmentChange::RemovePart {
            part,
            reason: RemovalReason::NoLongerApplies,
            comment: "Moved".into(),
        };
        app.clock.forward(SignedDuration::from_mins(3));
        // The second says that it knows of the first.
        let _ = tokio::join!(
            deliver(&browser, key, 1, remove(parts[0])),
            deliver(&browser, key, 2, remove(parts[1])),
        );
        let left = browser.overview(key).await.unwrap().read.value.adjustments.unwrap();
        assert!(left.current.unwrap().current_parts().next().is_some());
    }

    async fn a_role_that_allows_more_brings_a_new_cookie(app: &TestApp) {
        let browser = app.enrolled("threeroles").await;
        let signed_in = browser.session().await.signed_in.unwrap();
        let by_size = |more: bool| {
            let mut roles = signed_in.roles.clone();
            roles.sort_by_key(|role| role.activities.len());
            if more { roles.last().unwrap().id } else { roles.first().unwrap().id }
        };
        app.clock.forward(SignedDuration::from_mins(5));
        let visitor = browser.cookie().unwrap();
        browser.choose_role(by_size(false)).await.unwrap();
        let little = browser.cookie().unwrap();
        assert_ne!(little, visitor);
        let after = browser.choose_role(by_size(true)).await.unwrap().signed_in.unwrap();
        let much = browser.cookie().unwrap();
        assert_ne!(much, little);
        assert!(after.role.unwrap().allows(Activity::LegalOverride));
        // Less than before, and the session and its end stay as they are.
        assert_eq!(after.ends_at, signed_in.ends_at);
        browser.choose_role(by_size(false)).await.unwrap();
        assert_eq!(browser.cookie().unwrap(), much);
        assert_eq!(browser.account().await.unwrap().sessions.len(), 1);
        for old in [visitor, little] {
            let thief = app.browser();
            thief.set_cookie(&old);
            assert_eq!(thief.session().await.signed_in, None);
        }
    }

    async fn a_new_cookie_is_no_fingerprint(app: &TestApp) {
        let browser = app.enrolled("threeroles").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        let doctor = roles.iter().find(|role| role.allows(Activity::LegalOverride)).unwrap();
        app.clock.forward(SignedDuration::from_mins(3));
        browser.choose_role(doctor.id).await.unwrap();
        let key = browser.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        assert_eq!(kind(emergency(&browser, key).await), Kind::StepUp);
    }
}
