//! "Sign in again and land where you were": the patient in front of someone, across sessions.

use super::kind;
use crate::harness::{TestApp, beginning};
use crate::on_each_engine;
use app::problem::Kind;
use domain::NhsNumber;
use domain::clock::uk_date;
use jiff::SignedDuration;
use server::seed::personas;

/// Someone of the demonstration.
fn a_patient() -> NhsNumber {
    personas(uk_date(beginning()))
        .first()
        .expect("a persona")
        .seeded
        .patient
        .nhs_number
}

on_each_engine! {
    async fn the_patient_is_still_there_for_whoever_comes_back(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(a_patient()).await.unwrap();
        assert!(browser.overview(key).await.is_ok());
        app.clock.forward(SignedDuration::from_mins(16));
        assert_eq!(kind(browser.overview(key).await), Kind::SignedOut);
        browser.sign_in().await.unwrap();
        assert!(browser.overview(key).await.is_ok());
    }

    async fn not_for_another_person(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(a_patient()).await.unwrap();
        app.clock.forward(SignedDuration::from_mins(16));
        browser.enrol(&app.code("nurse").await).await.unwrap();
        assert_eq!(kind(browser.overview(key).await), Kind::ContextClosed);
    }

    async fn not_after_signing_out(app: &TestApp) {
        let mut browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(a_patient()).await.unwrap();
        browser.sign_out().await.unwrap();
        browser.sign_in().await.unwrap();
        assert_eq!(kind(browser.overview(key).await), Kind::ContextClosed);
    }

    async fn not_in_another_browser(app: &TestApp) {
        let browser = app.enrolled("paramedic").await;
        let key = browser.open_patient(a_patient()).await.unwrap();
        let other = app.enrolled("paramedic").await;
        assert_eq!(kind(other.overview(key).await), Kind::ContextClosed);
    }

    async fn not_in_another_role(app: &TestApp) {
        let browser = app.enrolled("threeroles").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        assert_eq!(kind(browser.open_patient(a_patient()).await), Kind::NoRole);
        browser.choose_role(roles[0].id).await.unwrap();
        let key = browser.open_patient(a_patient()).await.unwrap();
        browser.choose_role(roles[0].id).await.unwrap();
        assert!(browser.overview(key).await.is_ok());
        browser.choose_role(roles[1].id).await.unwrap();
        assert_eq!(kind(browser.overview(key).await), Kind::ContextClosed);
    }
}
