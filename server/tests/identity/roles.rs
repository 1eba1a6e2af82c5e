//! `/api/role`.

use super::kind;
use crate::harness::TestApp;
use crate::on_each_engine;
use app::problem::Kind;
use domain::role::Activity;

on_each_engine! {
    async fn someone_without_a_role_has_none(app: &TestApp) {
        let signed_in = app.enrolled("norole").await.session().await.signed_in.unwrap();
        assert_eq!((signed_in.role, signed_in.roles.len()), (None, 0));
    }

    async fn the_only_role_is_chosen(app: &TestApp) {
        let signed_in = app.enrolled("nurse").await.session().await.signed_in.unwrap();
        let role = signed_in.role.unwrap();
        assert_eq!(signed_in.roles, std::slice::from_ref(&role));
        assert_eq!(role.organisation.ods.to_string(), "RZ902");
        assert!(role.allows(Activity::ViewSummary));
    }

    async fn of_several_the_person_chooses(app: &TestApp) {
        let browser = app.enrolled("sevenroles").await;
        let signed_in = browser.session().await.signed_in.unwrap();
        assert_eq!((signed_in.role, signed_in.roles.len()), (None, 7));
        let names: Vec<_> = signed_in.roles.iter().map(|role| role.organisation.name.clone()).collect();
        assert!(names.is_sorted(), "{names:?}");
        for role in signed_in.roles {
            let view = browser.choose_role(role.id).await.unwrap();
            assert_eq!(view.signed_in.unwrap().role, Some(role.clone()));
            assert_eq!(browser.session().await.signed_in.unwrap().role, Some(role));
        }
    }

    async fn the_role_of_another_is_not_there(app: &TestApp) {
        let browser = app.enrolled("threeroles").await;
        let other = app.enrolled("nurse").await.session().await.signed_in.unwrap().role.unwrap();
        assert_eq!(kind(browser.choose_role(other.id).await), Kind::NotFound);
        assert_eq!(browser.session().await.signed_in.unwrap().role, None);
    }

    async fn a_role_that_was_taken_away_is_gone_at_once(app: &TestApp) {
        let browser = app.enrolled("nurse").await;
        let role = browser.session().await.signed_in.unwrap().role.unwrap();
        sqlx::query("delete from role_assignment where id = $1")
            .bind(role.id.to_string())
            .execute(app.db.write())
            .await
            .unwrap();
        let signed_in = browser.session().await.signed_in.unwrap();
        assert_eq!((signed_in.role, signed_in.roles.len()), (None, 0));
    }
}
