//! Who may enter what, and who may decide.

use super::*;
use crate::on_each_engine;
use app::api::registration::{NewRole, StaffList};
use jiff::SignedDuration;
use server::identity::STEP_UP;

fn role(ods: &str, activities: &[Activity]) -> NewRole {
    NewRole {
        organisation: ods.parse().unwrap(),
        job_code: "S8002:G8003:R1790".into(),
        job_name: "Senior Manager".into(),
        activities: activities.iter().copied().collect(),
    }
}

async fn give(browser: &Browser, to: &Browser, role: &NewRole) -> Result<StaffList, Problem> {
    let person = to.session().await.signed_in.unwrap().person.id;
    let arguments = json!({ "person": person, "role": role });
    browser.call("staff/roles/give", arguments).await
}

on_each_engine! {
    async fn an_administrator_completes_the_checklist_of_their_organisation_alone(app: &TestApp) {
        let ambulance = app.enrolled("ambulance-admin").await;
        let hospice = app.enrolled("hospice-admin").await;
        let before = checklist(&hospice).await.unwrap();
        assert_eq!(before.organisation.ods.to_string(), HOSPICE);
        let after = saved(&ambulance, Step::OdsCode, &form()).await;
        assert_eq!((after.organisation.ods.to_string().as_str(), state(&after, Step::OdsCode)), (AMBULANCE, State::Done));
        assert_eq!(after.step(Step::OdsCode).unwrap().entered.as_ref().unwrap().by, "Gareth Pike");
        assert_eq!(checklist(&hospice).await.unwrap(), before);
        // Whatever organisation is named beside it.
        let arguments = json!({ "step": "ods-code", "base": 2, "form": form(), "organisation": HOSPICE, "ods": HOSPICE });
        ambulance.call::<Saved>("readiness/save", arguments).await.unwrap();
        assert_eq!(checklist(&hospice).await.unwrap(), before);
        assert_eq!(audited(app).await, ["save-readiness allowed", "save-readiness done", "view-readiness allowed"]);
    }

    async fn only_who_has_the_right_sees_or_saves(app: &TestApp) {
        for login in ["paramedic", "privacy", "registration", "approver"] {
            let browser = app.enrolled(login).await;
            let forbidden = Kind::RoleForbids(Activity::OrganisationAdmin);
            assert_eq!(kind(checklist(&browser).await), forbidden, "{login}");
            assert_eq!(kind(save_on(&browser, Step::OdsCode, 1, &form()).await), forbidden, "{login}");
        }
        let nobody = app.browser();
        assert_eq!(kind(checklist(&nobody).await), Kind::SignedOut);
        assert_eq!(audited(app).await, ["save-readiness refused", "view-readiness refused"]);
    }

    async fn only_the_approver_decides(app: &TestApp) {
        let approver = app.enrolled("approver").await;
        let application = key(&applications(&approver).await[0]);
        for login in ["paramedic", "hospice-admin", "ambulance-admin", "registration"] {
            let browser = app.enrolled(login).await;
            let forbidden = Kind::RoleForbids(Activity::NationalApprover);
            assert_eq!(kind(browser.call::<Vec<Application>>("approvals", json!({})).await), forbidden, "{login}");
            assert_eq!(kind(approve(&browser, &application).await), forbidden, "{login}");
            assert_eq!(kind(send_back(&browser, &application, "Not signed").await), forbidden, "{login}");
        }
        assert_eq!(applications(&approver).await.len(), 1);
        approve(&approver, &application).await.unwrap();
        // An approver has no patients.
        assert_eq!(kind(find(&approver).await), Kind::RoleForbids(Activity::FindPatient));
        assert_eq!(audited(app).await, [
            "approve-readiness allowed", "approve-readiness done", "approve-readiness refused",
            "send-back-readiness refused", "view-applications allowed", "view-applications refused",
        ]);
    }

    async fn an_approver_decides_with_a_fingerprint_of_the_last_two_minutes(app: &TestApp) {
        let mut approver = app.enrolled("approver").await;
        let application = key(&applications(&approver).await[0]);
        app.clock.forward(STEP_UP + SignedDuration::from_secs(1));
        assert_eq!(kind(approve(&approver, &application).await), Kind::StepUp);
        assert_eq!(kind(send_back(&approver, &application, "Not signed").await), Kind::StepUp);
        assert_eq!(applications(&approver).await.len(), 1);
        approver.sign_in().await.unwrap();
        approve(&approver, &application).await.unwrap();
    }

    async fn nobody_decides_on_what_they_entered_or_on_their_own_organisation(app: &TestApp) {
        let both: &[Activity] = &[Activity::OrganisationAdmin, Activity::NationalApprover];
        add(app, "own-house", &[(organisation(HOSPICE), both)]).await;
        let own = app.enrolled("own-house").await;
        let [application] = applications(&own).await.try_into().unwrap();
        assert!(!application.may_decide);
        assert_eq!(fields(approve(&own, &key(&application)).await), ["decision"]);

        let national = organisation("XZ913");
        add(app, "two-hats", &[
            (organisation(HOSPICE), &[Activity::OrganisationAdmin]),
            (national, &[Activity::NationalApprover]),
        ]).await;
        let two_hats = app.enrolled("two-hats").await;
        let roles = two_hats.session().await.signed_in.unwrap().roles;
        let as_who = |activity| roles.iter().find(|role| role.allows(activity)).unwrap().id;
        two_hats.choose_role(as_who(Activity::OrganisationAdmin)).await.unwrap();
        saved(&two_hats, Step::PdsForm, &form()).await;
        two_hats.choose_role(as_who(Activity::NationalApprover)).await.unwrap();
        let [application] = applications(&two_hats).await.try_into().unwrap();
        assert!(!application.may_decide);
        assert_eq!(fields(approve(&two_hats, &key(&application)).await), ["decision"]);
        assert_eq!(fields(send_back(&two_hats, &key(&application), "Not signed").await), ["decision"]);
        // Another may.
        let approver = app.enrolled("approver").await;
        let [application] = applications(&approver).await.try_into().unwrap();
        assert!(application.may_decide);
        approve(&approver, &key(&application)).await.unwrap();
    }

    /// All their roles count, not only the one that is in use.
    async fn nobody_decides_on_an_organisation_that_they_have_to_do_with(app: &TestApp) {
        let [national, hospice] = ["XZ913", HOSPICE].map(organisation);
        let registrar: String = sqlx::query("select registered_by from organisation where ods = $1")
            .bind(HOSPICE).fetch_one(app.db.read()).await.unwrap().get(0);
        let registrar = organisation(&registrar);
        let approves: &[Activity] = &[Activity::NationalApprover];
        add(app, "also-a-nurse", &[(national.clone(), approves), (hospice, &[Activity::FindPatient])]).await;
        add(app, "also-an-agent", &[(national.clone(), approves), (registrar, &[Activity::RegisterStaff])]).await;
        for login in ["also-a-nurse", "also-an-agent"] {
            let browser = app.enrolled(login).await;
            let roles = browser.session().await.signed_in.unwrap().roles;
            let role = roles.iter().find(|role| role.allows(Activity::NationalApprover)).unwrap();
            browser.choose_role(role.id).await.unwrap();
            let [application] = applications(&browser).await.try_into().unwrap();
            assert!(!application.may_decide, "{login}");
            assert_eq!(fields(approve(&browser, &key(&application)).await), ["decision"]);
            assert_eq!(fields(send_back(&browser, &key(&application), "Not signed").await), ["decision"]);
        }
        // Elsewhere they may have any: the twin.
        add(app, "nurse-elsewhere", &[(national, approves), (organisation(AMBULANCE), &[Activity::FindPatient])]).await;
        let browser = app.enrolled("nurse-elsewhere").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        let role = roles.iter().find(|role| role.allows(Activity::NationalApprover)).unwrap();
        browser.choose_role(role.id).await.unwrap();
        let [application] = applications(&browser).await.try_into().unwrap();
        assert!(application.may_decide);
        approve(&browser, &key(&application)).await.unwrap();
    }

    async fn who_left_an_organisation_decides_on_nothing_of_it_for_a_year(app: &TestApp) {
        let national = organisation("XZ913");
        add(app, "was-a-nurse", &[
            (national, &[Activity::NationalApprover]),
            (organisation(HOSPICE), &[Activity::FindPatient]),
        ]).await;
        let agent = app.enrolled("registration").await;
        let mut browser = app.enrolled("was-a-nurse").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        let nurse = roles.iter().find(|role| role.allows(Activity::FindPatient)).unwrap().id;
        agent.call::<StaffList>("staff/roles/end", json!({ "role": nurse })).await.unwrap();
        browser.sign_out().await.unwrap();
        browser.sign_in().await.unwrap();
        let [application] = applications(&browser).await.try_into().unwrap();
        assert!(!application.may_decide);
        assert_eq!(fields(approve(&browser, &key(&application)).await), ["decision"]);
        app.clock.forward(SignedDuration::from_hours(24 * 366));
        browser.sign_in().await.unwrap();
        approve(&browser, &key(&application)).await.unwrap();
    }

    /// Also where someone else entered the version that waits.
    async fn nobody_decides_on_what_they_entered_any_version_of(app: &TestApp) {
        add(app, "administered", &[
            (organisation("XZ913"), &[Activity::NationalApprover]),
            (organisation(HOSPICE), &[Activity::OrganisationAdmin]),
        ]).await;
        let mut browser = app.enrolled("administered").await;
        let roles = browser.session().await.signed_in.unwrap().roles;
        let administers = roles.iter().find(|role| role.allows(Activity::OrganisationAdmin)).unwrap().id;
        browser.choose_role(administers).await.unwrap();
        saved(&browser, Step::OdsCode, &form()).await;
        let admin = app.enrolled("hospice-admin").await;
        saved(&admin, Step::PdsForm, &form()).await;
        // Whatever becomes of the role.
        for sql in ["delete from role_activity where role_id = $1", "delete from role_assignment where id = $1"] {
            sqlx::query(sql).bind(administers.to_string()).execute(app.db.write()).await.unwrap();
        }
        browser.sign_out().await.unwrap();
        browser.sign_in().await.unwrap();
        let [application] = applications(&browser).await.try_into().unwrap();
        assert!(!application.may_decide);
        assert_eq!(fields(approve(&browser, &key(&application)).await), ["decision"]);
    }

    async fn what_is_sent_back_says_why_and_can_be_saved_again(app: &TestApp) {
        let admin = app.enrolled("hospice-admin").await;
        let nurse = app.enrolled("hospice-nurse").await;
        let approver = app.enrolled("approver").await;
        let application = key(&applications(&approver).await[0]);
        assert_eq!(fields(send_back(&approver, &application, " ").await), ["reason"]);
        assert!(send_back(&approver, &application, "The form is not signed").await.unwrap().is_empty());
        let told = checklist(&admin).await.unwrap();
        assert_eq!(state(&told, Step::PdsForm), State::SentBack { reason: "The form is not signed".into() });
        assert_eq!(told.step(Step::PdsForm).unwrap().decided.as_ref().unwrap().by, "Leila Farouk");
        assert_eq!(kind(find(&nurse).await), not_ready(Step::PdsForm, Lack::SentBack));
        // It is decided.
        assert_eq!(kind(approve(&approver, &application).await), Kind::NotFound);
        let again = saved(&admin, Step::PdsForm, &form()).await;
        assert_eq!(state(&again, Step::PdsForm), State::AwaitingApproval);
        approve(&approver, &key(&applications(&approver).await[0])).await.unwrap();
        find(&nurse).await.unwrap();
        // What was approved stays.
        assert_eq!(fields(save(&admin, Step::PdsForm, &form()).await), ["evidence"]);
    }

    async fn what_was_changed_since_the_approver_saw_it_is_not_approved(app: &TestApp) {
        let admin = app.enrolled("hospice-admin").await;
        let approver = app.enrolled("approver").await;
        let seen = key(&applications(&approver).await[0]);
        saved(&admin, Step::PdsForm, &form()).await;
        assert_eq!(kind(approve(&approver, &seen).await), Kind::NotFound);
        let now = key(&applications(&approver).await[0]);
        assert_eq!(now.version, seen.version + 1);
        // Steps that nobody approves do not wait, and strange ones do not exist.
        let other = ApplicationKey { step: Step::Dspt, version: 1, ..now.clone() };
        assert_eq!(kind(approve(&approver, &other).await), Kind::NotFound);
        let other = ApplicationKey { organisation: "ZZ999".parse().unwrap(), ..now.clone() };
        assert_eq!(kind(approve(&approver, &other).await), Kind::NotFound);
        approve(&approver, &now).await.unwrap();
    }

    async fn of_two_administrators_at_once_the_second_is_told(app: &TestApp) {
        let first = app.enrolled("hospice-admin").await;
        let second = app.enrolled("hospice-admin").await;
        let base = checklist(&first).await.unwrap().step(Step::OdsCode).unwrap().version;
        let mine = StepForm { evidence: "From the first".into(), ..form() };
        let theirs = StepForm { evidence: "From the second".into(), ..form() };
        let (one, other) = tokio::join!(
            save_on(&first, Step::OdsCode, base, &mine),
            save_on(&second, Step::OdsCode, base, &theirs),
        );
        let changed = match (one.unwrap(), other.unwrap()) {
            (Saved::Saved(_), Saved::Changed(changed)) | (Saved::Changed(changed), Saved::Saved(_)) => changed,
            other => panic!("{other:?}"),
        };
        let view = changed.step(Step::OdsCode).unwrap();
        assert_eq!(view.version, base + 1);
        // A base that nobody has seen is none.
        assert!(matches!(save_on(&second, Step::OdsCode, base + 40, &mine).await.unwrap(), Saved::Changed(_)));
        assert!(matches!(save_on(&second, Step::OdsCode, view.version, &theirs).await.unwrap(), Saved::Saved(_)));
    }

    async fn what_is_sent_again_because_the_answer_was_lost_is_done_once(app: &TestApp) {
        let admin = app.enrolled("hospice-admin").await;
        let base = checklist(&admin).await.unwrap().step(Step::PdsForm).unwrap().version;
        for _ in 0..2 {
            let Saved::Saved(saved) = save_on(&admin, Step::PdsForm, base, &form()).await.unwrap() else {
                panic!("they hear of their own entry as of somebody else's");
            };
            assert_eq!(saved.step(Step::PdsForm).unwrap().version, base + 1);
        }
        // Other words are another change.
        let other = StepForm { evidence: "Board paper 13".into(), ..form() };
        assert!(matches!(save_on(&admin, Step::PdsForm, base, &other).await.unwrap(), Saved::Changed(_)));

        let approver = app.enrolled("approver").await;
        let application = key(&applications(&approver).await[0]);
        for _ in 0..2 {
            assert!(send_back(&approver, &application, "Not signed").await.unwrap().is_empty());
        }
        assert_eq!(kind(send_back(&approver, &application, "Not dated").await), Kind::NotFound);
        assert_eq!(kind(approve(&approver, &application).await), Kind::NotFound);
        let told = checklist(&admin).await.unwrap();
        assert_eq!(told.step(Step::PdsForm).unwrap().version, base + 2);
        assert_eq!(state(&told, Step::PdsForm), State::SentBack { reason: "Not signed".into() });
    }

    async fn what_is_wrong_is_told_at_its_field_and_not_saved(app: &TestApp) {
        let admin = app.enrolled("hospice-admin").await;
        let before = checklist(&admin).await.unwrap();
        let future = StepForm { on: day(date(2026, 11, 22)), ..form() };
        assert_eq!(fields(save(&admin, Step::Dspt, &future).await), ["on-day"]);
        let empty = StepForm { evidence: " ".into(), dspt: None, ..form() };
        assert_eq!(fields(save(&admin, Step::Dspt, &empty).await), ["dspt", "evidence"]);
        let none = StepForm { methods: [].into(), ..form() };
        assert_eq!(fields(save(&admin, Step::AccessMethods, &none).await), ["methods"]);
        assert_eq!(checklist(&admin).await.unwrap(), before);
    }

    async fn approval_for_summaries_is_not_asked_where_it_cannot_be_had(app: &TestApp) {
        add(app, "dental-admin", &[(organisation("VZ911"), &[Activity::OrganisationAdmin])]).await;
        let admin = app.enrolled("dental-admin").await;
        assert!(checklist(&admin).await.unwrap().step(Step::SummaryApproval).is_none());
        assert_eq!(kind(save(&admin, Step::SummaryApproval, &form()).await), Kind::NotFound);
    }

    async fn each_is_led_to_their_work(app: &TestApp) {
        let admin = app.enrolled("ambulance-admin").await;
        let approver = app.enrolled("approver").await;
        for (browser, start, heading) in [(&admin, "/readiness", "Readiness checklist"), (&approver, "/approvals", "National approval")] {
            assert_eq!(browser.get("/").await.header("location"), start);
            let page = browser.get(start).await;
            assert_eq!(page.status, 200);
            assert!(page.body.contains(heading) && !page.body.contains("Find a patient"), "{start}");
        }
        let step = admin.get("/readiness/dspt").await;
        assert!(step.status == 200 && step.body.contains("Data Security and Protection Toolkit"));
        let decision = approver.get("/approvals/VZ912/pds-form").await;
        assert!(decision.status == 200 && decision.body.contains("PDS access form"));
        assert!(admin.get("/readiness/nothing").await.body.contains("Page not found"));
    }

    async fn only_the_national_body_makes_approvers(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let paramedic = app.enrolled("paramedic").await;
        let approver: &[Activity] = &[Activity::NationalApprover];
        assert_eq!(fields(give(&agent, &paramedic, &role(AMBULANCE, approver)).await), ["activities"]);
        // Nor where the ordinary authority was told to register the national body's staff too.
        sqlx::query("update organisation set registered_by = 'RZ906' where ods = 'XZ913'")
            .execute(app.db.write()).await.unwrap();
        assert_eq!(fields(give(&agent, &paramedic, &role("XZ913", approver)).await), ["activities"]);
        let invited = json!({ "name": "Ada Quist", "login": "ada.quist", "role": role("XZ913", approver) });
        assert_eq!(fields(agent.call::<serde_json::Value>("staff/invite", invited).await), ["activities"]);

        let register: &[Activity] = &[Activity::RegisterStaff];
        for login in ["national-agent", "national-second"] {
            add(app, login, &[(organisation("XZ913"), register)]).await;
        }
        let first = app.enrolled("national-agent").await;
        let second = app.enrolled("national-second").await;
        let leila = app.enrolled("approver").await;
        let too_much: &[Activity] = &[Activity::NationalApprover, Activity::FindPatient];
        assert_eq!(fields(give(&first, &leila, &role("XZ913", too_much)).await), ["activities"]);
        let list = give(&first, &leila, &role("XZ913", approver)).await.unwrap();
        let settle = json!({ "request": list.requests[0].id, "approve": true });
        // The ordinary authority does not settle it either.
        assert_eq!(fields(agent.call::<StaffList>("staff/roles/settle", settle.clone()).await), ["activities"]);
        second.call::<StaffList>("staff/roles/settle", settle).await.unwrap();
        assert_eq!(leila.session().await.signed_in.unwrap().roles.len(), 2);
    }
}
