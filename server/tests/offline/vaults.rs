//! `/api/vaults/*`: whether what is kept on a device may stay.

use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use app::api::offline::Standing;
use app::problem::{Kind, Problem};
use domain::device_log::{Act, LogHead};
use domain::ids::VaultId;
use jiff::SignedDuration;
use serde_json::json;
use server::clock::Clock;
use server::identity::staff;
use server::offline::MOST_VAULTS;
use sqlx::Row;
use uuid::Uuid;

async fn register(browser: &Browser) -> Result<VaultId, Problem> {
    browser.call("vaults/register", json!({})).await
}

async fn ask(browser: &Browser, vaults: &[VaultId]) -> Result<Vec<Standing>, Problem> {
    browser
        .call("vaults/standing", json!({ "vaults": vaults }))
        .await
}

async fn standing(app: &TestApp, vault: VaultId) -> Standing {
    // Nobody is signed in there.
    ask(&app.browser(), &[vault]).await.unwrap()[0]
}

fn kind<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> Kind {
    outcome.expect_err("a refusal").kind
}

on_each_engine! {
    async fn a_vault_stands_also_when_nobody_is_signed_in(app: &TestApp) {
        let browser = app.enrolled("nurse").await;
        let (one, other) = (register(&browser).await.unwrap(), register(&browser).await.unwrap());
        assert_ne!(one, other);
        let unknown = VaultId(Uuid::new_v4());
        let answer = ask(&app.browser(), &[one, unknown, other, one]).await.unwrap();
        assert_eq!(answer, [Standing::Keep, Standing::Unknown, Standing::Keep, Standing::Keep]);
        assert_eq!(ask(&app.browser(), &[]).await.unwrap(), []);
        browser.sign_out().await.unwrap();
        assert_eq!(standing(app, one).await, Standing::Keep);
        app.clock.forward(SignedDuration::from_hours(24 * 7));
        assert_eq!(standing(app, one).await, Standing::Keep);
    }

    async fn its_id_is_in_no_table(app: &TestApp) {
        let browser = app.enrolled("nurse").await;
        let id = register(&browser).await.unwrap().to_string();
        let row = sqlx::query("select id_hash from vault").fetch_one(app.db.read()).await.unwrap();
        let key: String = row.get(0);
        assert!(key.len() == 64 && !key.contains(&id));
        let details = sqlx::query("select detail from audit_entry where action = 'register-vault'")
            .fetch_all(app.db.read())
            .await
            .unwrap();
        assert_eq!(details.len(), 1);
        let detail: String = details[0].get(0);
        assert!(detail.contains(&key) && !detail.contains(&id));
    }

    async fn a_removed_passkey_takes_its_vaults_with_it(app: &TestApp) {
        let mut lost = app.enrolled("nurse").await;
        let kept = app.enrolled("nurse").await;
        let (on_lost, on_kept) = (register(&lost).await.unwrap(), register(&kept).await.unwrap());
        let passkeys = kept.account().await.unwrap().passkeys;
        let of_lost = passkeys.iter().find(|passkey| !passkey.current).unwrap().id;
        kept.remove_passkey(of_lost).await.unwrap();
        assert_eq!(standing(app, on_lost).await, Standing::Wipe);
        assert_eq!(standing(app, on_kept).await, Standing::Keep);
        assert!(lost.sign_in().await.is_err());
    }

    async fn an_ended_role_takes_its_vaults_with_it_for_ever(app: &TestApp) {
        let browser = app.enrolled("threeroles").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        browser.choose_role(roles[0].id).await.unwrap();
        let first = register(&browser).await.unwrap();
        browser.choose_role(roles[1].id).await.unwrap();
        let second = register(&browser).await.unwrap();
        let member = staff::StaffMember {
            person: browser.session().await.signed_in.unwrap().person,
            login: "threeroles".into(),
            roles: roles.clone(),
        };
        let fewer = staff::StaffMember { roles: roles[1..].to_vec(), ..member.clone() };
        staff::upsert(&app.db, &fewer).await.unwrap();
        assert_eq!(standing(app, first).await, Standing::Wipe);
        assert_eq!(standing(app, second).await, Standing::Keep);
        // A device that was told so has nothing left for which it could stand again.
        staff::upsert(&app.db, &member).await.unwrap();
        assert_eq!(standing(app, first).await, Standing::Wipe);
        assert_eq!(standing(app, second).await, Standing::Keep);
    }

    async fn a_person_who_was_ended_keeps_nothing(app: &TestApp) {
        let browser = app.enrolled("nurse").await;
        let other = app.enrolled("carer").await;
        let (theirs, others) = (register(&browser).await.unwrap(), register(&other).await.unwrap());
        assert!(staff::set_active(&app.db, "nurse", false).await.unwrap());
        assert_eq!(standing(app, theirs).await, Standing::Wipe);
        assert_eq!(standing(app, others).await, Standing::Keep);
    }

    async fn what_an_older_copy_of_the_database_does_not_know_is_registered_anew(app: &TestApp) {
        let browser = app.enrolled("nurse").await;
        let vault = register(&browser).await.unwrap();
        let again = json!({ "vault": vault });
        // What is known stays as it is.
        let _: () = browser.call("vaults/register-again", again.clone()).await.unwrap();
        sqlx::query("delete from vault").execute(app.db.write()).await.unwrap();
        assert_eq!(standing(app, vault).await, Standing::Unknown);
        assert_eq!(kind(app.browser().call::<()>("vaults/register-again", again.clone()).await), Kind::SignedOut);
        assert_eq!(standing(app, vault).await, Standing::Unknown);
        let _: () = browser.call("vaults/register-again", again.clone()).await.unwrap();
        assert_eq!(standing(app, vault).await, Standing::Keep);
        // It is theirs, and nobody else's.
        let other = app.enrolled("doctor").await;
        let _: () = other.call("vaults/register-again", again.clone()).await.unwrap();
        let theirs = json!({ "vault": vault, "entries": [] });
        assert_eq!(kind(other.call::<LogHead>("vaults/log", theirs).await), Kind::NotFound);
        // The log goes on where the device is, and what is missing before that shows.
        let head = LogHead { seq: 41, hash: "a".repeat(64) };
        let (entry, head) = head.append(vault, app.clock.now(), Act::Unlocked);
        let log = json!({ "vault": vault, "entries": [entry] });
        assert_eq!(browser.call::<LogHead>("vaults/log", log).await.unwrap(), head);
        let row = sqlx::query("select count(*) from alert where kind = 'device-log'")
            .fetch_one(app.db.read())
            .await
            .unwrap();
        assert_eq!(row.get::<i64, _>(0), 1);
        // One that ended does not come back so.
        let passkeys = browser.account().await.unwrap().passkeys;
        assert_eq!(passkeys.len(), 1);
        assert!(staff::set_active(&app.db, "nurse", false).await.unwrap());
        assert_eq!(standing(app, vault).await, Standing::Wipe);
        assert!(staff::set_active(&app.db, "nurse", true).await.unwrap());
        let _ = browser.call::<()>("vaults/register-again", again).await;
        assert_eq!(standing(app, vault).await, Standing::Wipe);
    }

    async fn it_is_registered_by_a_person_in_a_role_with_a_passkey(app: &TestApp) {
        assert_eq!(kind(register(&app.browser()).await), Kind::SignedOut);
        assert_eq!(kind(register(&app.enrolled("norole").await).await), Kind::NoRole);
        assert_eq!(kind(register(&app.enrolled("threeroles").await).await), Kind::NoRole);
        let mut browser = app.enrolled("nurse").await;
        register(&browser).await.unwrap();
        // The session goes on, but with a passkey that is no more it can register nothing.
        let account = browser.add_passkey("Tablet").await.unwrap();
        let own = account.passkeys.iter().find(|passkey| passkey.current).unwrap().id;
        browser.remove_passkey(own).await.unwrap();
        assert_eq!(kind(register(&browser).await), Kind::SignedOut);
        browser.sign_in().await.unwrap();
        register(&browser).await.unwrap();
    }

    async fn only_so_much_is_answered(app: &TestApp) {
        let browser = app.browser();
        let unknown: Vec<VaultId> = (0..=MOST_VAULTS).map(|_| VaultId(Uuid::new_v4())).collect();
        assert_eq!(kind(ask(&browser, &unknown).await), Kind::TooMany);
        let most = &unknown[..MOST_VAULTS];
        let mut answered = 0;
        while let Ok(answer) = ask(&browser, most).await {
            assert_eq!(answer.len(), MOST_VAULTS);
            answered += 1;
        }
        assert_eq!(answered, 1199);
        assert_eq!(kind(ask(&browser, most).await), Kind::TooMany);
        // Whoever holds a session does not wait for a stranger behind the same address.
        let nurse = app.enrolled("nurse").await;
        assert!(ask(&nurse, most).await.is_ok());
        app.clock.forward(SignedDuration::from_secs(1));
        assert!(ask(&browser, most).await.is_ok());
    }
}
