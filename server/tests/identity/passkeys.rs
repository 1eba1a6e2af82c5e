//! `/api/passkeys/*`: a person's own passkeys.

use super::kind;
use crate::harness::TestApp;
use crate::on_each_engine;
use app::problem::Kind;
use jiff::SignedDuration;

on_each_engine! {
    async fn another_can_be_added_and_used(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        app.clock.forward(SignedDuration::from_secs(1));
        let account = browser.add_passkey("Tablet").await.unwrap();
        let names: Vec<&str> = account.passkeys.iter().map(|passkey| passkey.name.as_str()).collect();
        assert_eq!(names, ["Tablet", "Work phone"]);
        assert_eq!(account.passkeys.iter().map(|passkey| passkey.current).collect::<Vec<_>>(), [false, true]);
        browser.sign_out().await.unwrap();
        browser.sign_in().await.unwrap();
        let account = browser.account().await.unwrap();
        assert_eq!(account.passkeys.iter().map(|passkey| passkey.current).collect::<Vec<_>>(), [true, false]);
    }

    async fn a_name_can_be_changed_by_the_owner_only(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let passkey = browser.account().await.unwrap().passkeys[0].id;
        let account = browser.rename_passkey(passkey, "Old phone").await.unwrap();
        assert_eq!(account.passkeys[0].name, "Old phone");
        assert!(matches!(kind(browser.rename_passkey(passkey, "").await), Kind::Invalid(_)));
        let other = app.enrolled("nurse").await;
        assert_eq!(kind(other.rename_passkey(passkey, "Mine").await), Kind::NotFound);
        assert_eq!(kind(other.remove_passkey(passkey).await), Kind::NotFound);
    }

    async fn the_last_stays(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let passkey = browser.account().await.unwrap().passkeys[0].id;
        assert_eq!(kind(browser.remove_passkey(passkey).await), Kind::LastPasskey);
        browser.sign_out().await.unwrap();
        assert!(browser.sign_in().await.is_ok());
    }

    async fn of_two_removals_at_once_one_stays(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let account = browser.add_passkey("Tablet").await.unwrap();
        let (first, second) = (account.passkeys[0].id, account.passkeys[1].id);
        let outcomes = tokio::join!(browser.remove_passkey(first), browser.remove_passkey(second));
        assert_eq!(kind(outcomes.0.and(outcomes.1)), Kind::LastPasskey);
        assert_eq!(browser.account().await.unwrap().passkeys.len(), 1);
    }

    async fn one_that_was_removed_opens_nothing(app: &TestApp) {
        let mut lost = app.enrolled("paramedic").await;
        let mut kept = app.enrolled("paramedic").await;
        let passkeys = kept.account().await.unwrap().passkeys;
        let of_lost = passkeys.iter().find(|passkey| !passkey.current).unwrap().id;
        kept.remove_passkey(of_lost).await.unwrap();
        // The session that it had opened is over.
        assert_eq!(lost.session().await.signed_in, None);
        assert_eq!(kind(lost.sign_in().await), Kind::NotAccepted);
        assert!(kept.session().await.signed_in.is_some());
        kept.sign_out().await.unwrap();
        assert!(kept.sign_in().await.is_ok());
    }

    async fn the_session_in_which_its_own_is_removed_goes_on(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let account = browser.add_passkey("Tablet").await.unwrap();
        let own = account.passkeys.iter().find(|passkey| passkey.current).unwrap().id;
        let account = browser.remove_passkey(own).await.unwrap();
        assert_eq!(account.passkeys.len(), 1);
        assert!(!account.passkeys[0].current);
        assert!(browser.session().await.signed_in.is_some());
    }
}
