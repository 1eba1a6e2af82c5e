//! What a Registration Authority does, each act with its refused twin.

use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use app::api::offline::{Standing, VisitLine};
use app::api::registration::{Invitation, NewRole, StaffList, StaffView};
use app::problem::{Kind, Problem};
use domain::ids::{PersonId, RoleRequestId, VaultId};
use domain::role::Activity;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::identity::{STEP_UP, staff::CODE_LIFETIME};
use sqlx::Row;

const PATIENT: &str = "9990402132";

fn role(ods: &str, activities: &[Activity]) -> NewRole {
    NewRole {
        organisation: ods.parse().unwrap(),
        job_code: "S8000:G8000:R1070".into(),
        job_name: "Paramedic".into(),
        activities: activities.iter().copied().collect(),
    }
}

async fn invite(browser: &Browser, login: &str, role: &NewRole) -> Result<Invitation, Problem> {
    let arguments = json!({ "name": "Ada Quist", "login": login, "role": role });
    browser.call("staff/invite", arguments).await
}

async fn staff(browser: &Browser) -> StaffList {
    browser.call("staff", json!({})).await.unwrap()
}

async fn member(browser: &Browser, person: PersonId) -> Result<StaffView, Problem> {
    browser
        .call("staff/member", json!({ "person": person }))
        .await
}

async fn acts(browser: &Browser, call: &str, arguments: Value) -> Result<Value, Problem> {
    browser.call(call, arguments).await
}

fn kind<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> Kind {
    outcome.expect_err("a refusal").kind
}

async fn me(browser: &Browser) -> PersonId {
    browser.session().await.signed_in.unwrap().person.id
}

/// Asks for a right that a second agent has to approve.
async fn ask_for(browser: &Browser, person: PersonId) -> RoleRequestId {
    let role = role("RZ901", &[Activity::LegalOverride]);
    let arguments = json!({ "person": person, "role": role });
    let list: StaffList = browser.call("staff/roles/give", arguments).await.unwrap();
    let waiting = list
        .requests
        .iter()
        .find(|waiting| waiting.person.id == person);
    waiting.unwrap().id
}

async fn approve(browser: &Browser, request: RoleRequestId) -> Result<StaffList, Problem> {
    let arguments = json!({ "request": request, "approve": true });
    browser.call("staff/roles/settle", arguments).await
}

/// What `ncrs enrol` does.
async fn code_of(app: &TestApp, login: &str) -> server::failure::Result<()> {
    let (clock, mut rng) = (app.clock.as_ref(), rand::rng());
    server::identity::staff::issue_code(&app.db, clock, &mut rng, login, CODE_LIFETIME)
        .await
        .map(|_| ())
}

/// `action outcome` of what agents did, sorted: at one moment the lanes of the audit have no order.
async fn audited(app: &TestApp) -> Vec<String> {
    let mut entries: Vec<_> = sqlx::query(
        "select action, outcome from audit_entry where action like '%-staff' or action like '%-role'
         or action like 'revoke-%'",
    )
    .fetch_all(app.db.read())
    .await
    .unwrap()
    .iter()
    .map(|row| format!("{} {}", row.get::<String, _>(0), row.get::<String, _>(1)))
    .filter(|entry| !entry.starts_with("choose-role"))
    .collect();
    entries.sort();
    entries
}

on_each_engine! {
    async fn someone_new_is_invited_and_enrols_with_a_code_that_works_once(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let invitation = invite(&agent, "ada.quist", &role("RZ901", &[Activity::FindPatient])).await.unwrap();
        assert!(!invitation.awaits_approval);
        assert_eq!(invitation.expires_at, server::clock::Clock::now(app.clock.as_ref()) + CODE_LIFETIME);
        let mut ada = app.browser();
        let signed_in = ada.enrol(&invitation.code).await.unwrap().signed_in.unwrap();
        assert_eq!(signed_in.person, invitation.person);
        assert!(signed_in.role.unwrap().allows(Activity::FindPatient));
        assert_eq!(kind(app.browser().enrol(&invitation.code).await), Kind::NotAccepted);
        // The code is nowhere but in that one answer.
        let list = staff(&agent).await;
        assert!(list.staff.iter().any(|line| line.person == invitation.person && line.enrolled));
        assert!(!serde_json::to_string(&list).unwrap().contains(&invitation.code));
        assert_eq!(audited(app).await, ["give-role allowed", "invite-staff allowed", "view-staff allowed"]);
    }

    async fn an_invitation_expires_and_a_new_code_replaces_it(app: &TestApp) {
        let mut agent = app.enrolled("registration").await;
        let first = invite(&agent, "ada.quist", &role("RZ901", &[])).await.unwrap();
        app.clock.forward(CODE_LIFETIME);
        assert_eq!(kind(app.browser().enrol(&first.code).await), Kind::NotAccepted);
        agent.sign_in().await.unwrap();
        let person = json!({ "person": first.person.id });
        let second: Invitation = agent.call("staff/code", person.clone()).await.unwrap();
        let third: Invitation = agent.call("staff/code", person).await.unwrap();
        assert_eq!(kind(app.browser().enrol(&second.code).await), Kind::NotAccepted);
        app.browser().enrol(&third.code).await.unwrap();
    }

    async fn what_is_written_down_wrongly_is_told_at_its_field(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let mut wrong = role("RZ901", &[]);
        wrong.job_code = "R1070".into();
        wrong.job_name = " ".into();
        let Kind::Invalid(fields) = kind(invite(&agent, "a b", &wrong).await) else { panic!("another problem") };
        let fields: Vec<_> = fields.into_iter().map(|field| field.field).collect();
        assert_eq!(fields, ["login", "job-code", "job-name"]);
        let taken = kind(invite(&agent, "paramedic", &role("RZ901", &[])).await);
        assert!(matches!(taken, Kind::Invalid(fields) if fields[0].field == "login"));
    }

    async fn only_agents_and_only_within_their_reach(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let paramedic = app.enrolled("paramedic").await;
        let of = me(&paramedic).await;
        assert_eq!(kind(member(&paramedic, of).await), Kind::RoleForbids(Activity::RegisterStaff));
        assert!(member(&agent, of).await.unwrap().may_act);
        // The trust finds a registrar of its own.
        sqlx::query("update organisation set registered_by = null where ods = 'RZ901'")
            .execute(app.db.write()).await.unwrap();
        assert_eq!(kind(member(&agent, of).await), Kind::NotFound);
        assert_eq!(kind(invite(&agent, "ada.quist", &role("RZ901", &[])).await), Kind::NotFound);
        assert!(staff(&agent).await.organisations.iter().all(|one| one.ods.to_string() != "RZ901"));
        let person = json!({ "person": of });
        for call in ["staff/code", "staff/leave"] {
            assert_eq!(kind(acts(&agent, call, person.clone()).await), Kind::NotFound);
        }
        assert!(paramedic.session().await.signed_in.is_some());
    }

    async fn who_also_works_elsewhere_keeps_what_is_not_the_agents(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let nurse = app.enrolled("sevenroles").await;
        let of = me(&nurse).await;
        sqlx::query("update organisation set registered_by = null where ods = 'RZ904'")
            .execute(app.db.write()).await.unwrap();
        let seen = member(&agent, of).await.unwrap();
        assert_eq!((seen.roles.len(), seen.may_act), (6, false));
        let arguments = json!({ "person": of, "passkey": seen.passkeys[0].id });
        assert_eq!(kind(acts(&agent, "staff/passkeys/remove", arguments).await), Kind::NotFound);
        acts(&agent, "staff/leave", json!({ "person": of })).await.unwrap();
        let mut nurse = nurse;
        let roles = nurse.sign_in().await.unwrap().signed_in.unwrap().roles;
        assert_eq!(roles.iter().map(|role| role.organisation.ods.to_string()).collect::<Vec<_>>(), ["RZ904"]);
    }

    async fn an_agent_acts_with_a_fingerprint_of_the_last_two_minutes(app: &TestApp) {
        let mut agent = app.enrolled("registration").await;
        let paramedic = app.enrolled("paramedic").await;
        let seen = member(&agent, me(&paramedic).await).await.unwrap();
        let new = role("RZ901", &[]);
        let person = seen.person.id;
        let calls = [
            ("staff/invite", json!({ "name": "Ada Quist", "login": "ada.quist", "role": new })),
            ("staff/code", json!({ "person": person })),
            ("staff/roles/give", json!({ "person": person, "role": new })),
            ("staff/roles/settle", json!({ "request": person, "approve": true })),
            ("staff/roles/end", json!({ "role": seen.roles[0].id })),
            ("staff/passkeys/remove", json!({ "person": person, "passkey": seen.passkeys[0].id })),
            ("staff/sessions/end", json!({ "person": person, "session": seen.sessions[0].id })),
            ("staff/leave", json!({ "person": person })),
        ];
        app.clock.forward(STEP_UP + SignedDuration::from_secs(1));
        for (call, arguments) in &calls {
            assert_eq!(kind(acts(&agent, call, arguments.clone()).await), Kind::StepUp, "{call}");
        }
        assert!(paramedic.session().await.signed_in.is_some());
        agent.sign_in().await.unwrap();
        acts(&agent, calls[2].0, calls[2].1.clone()).await.unwrap();
    }

    async fn nobody_acts_on_themselves(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let signed_in = agent.session().await.signed_in.unwrap();
        let own = signed_in.person.id;
        assert!(!member(&agent, own).await.unwrap().may_act);
        let calls = [
            ("staff/code", json!({ "person": own })),
            ("staff/roles/give", json!({ "person": own, "role": role("RZ901", &[Activity::FindPatient]) })),
            ("staff/roles/end", json!({ "role": signed_in.role.unwrap().id })),
            ("staff/leave", json!({ "person": own })),
        ];
        for (call, arguments) in calls {
            assert_eq!(kind(acts(&agent, call, arguments).await), Kind::NotFound, "{call}");
        }
    }

    async fn what_may_do_much_harm_needs_a_second_agent(app: &TestApp) {
        let first = app.enrolled("registration").await;
        let second = app.enrolled("registration-second").await;
        let paramedic = app.enrolled("paramedic").await;
        let of = me(&paramedic).await;
        for activity in [Activity::LegalOverride, Activity::SensitiveRecords, Activity::RegisterStaff] {
            let arguments = json!({ "person": of, "role": role("RZ901", &[Activity::FindPatient, activity]) });
            let list: StaffList = first.call("staff/roles/give", arguments).await.unwrap();
            let [waiting] = list.requests.as_slice() else { panic!("{list:?}") };
            assert!(!waiting.may_settle);
            assert_eq!(paramedic.session().await.signed_in.unwrap().roles.len(), 1);
            let settle = json!({ "request": waiting.id, "approve": true });
            let own = kind(acts(&first, "staff/roles/settle", settle.clone()).await);
            assert!(matches!(own, Kind::Invalid(fields) if fields[0].field == "request"));
            assert_eq!(kind(acts(&paramedic, "staff/roles/settle", settle.clone()).await), Kind::RoleForbids(Activity::RegisterStaff));
            let decline = json!({ "request": waiting.id, "approve": false });
            acts(&second, "staff/roles/settle", decline).await.unwrap();
            assert_eq!(paramedic.session().await.signed_in.unwrap().roles.len(), 1);
            // What is settled stays so.
            assert_eq!(kind(acts(&second, "staff/roles/settle", settle).await), Kind::NotFound);
        }
        let arguments = json!({ "person": of, "role": role("RZ901", &[Activity::LegalOverride]) });
        let list: StaffList = first.call("staff/roles/give", arguments).await.unwrap();
        let settle = json!({ "request": list.requests[0].id, "approve": true });
        acts(&second, "staff/roles/settle", settle).await.unwrap();
        let roles = paramedic.session().await.signed_in.unwrap().roles;
        assert!(roles.iter().any(|role| role.allows(Activity::LegalOverride)));
        // What may not is there at once.
        let arguments = json!({ "person": of, "role": role("RZ901", &[Activity::EmergencyAccess]) });
        let list: StaffList = first.call("staff/roles/give", arguments).await.unwrap();
        assert!(list.requests.is_empty());
        assert_eq!(paramedic.session().await.signed_in.unwrap().roles.len(), 3);
    }

    async fn nobody_gets_a_code_for_someone_whose_rights_need_a_second_agent(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        for login in ["registration-second", "doctor"] {
            let other = app.enrolled(login).await;
            let person = json!({ "person": me(&other).await });
            let refused = kind(acts(&agent, "staff/code", person).await);
            assert!(matches!(refused, Kind::Invalid(fields) if fields[0].field == "new-code"), "{login}");
        }
        // For others they do.
        let paramedic = app.enrolled("paramedic").await;
        acts(&agent, "staff/code", json!({ "person": me(&paramedic).await })).await.unwrap();
    }

    /// Whoever could have got hold of a code before the second agent looked has nothing of it afterwards.
    async fn a_code_of_before_is_of_no_use_once_a_right_is_approved(app: &TestApp) {
        let first = app.enrolled("registration").await;
        let second = app.enrolled("registration-second").await;
        let paramedic = app.enrolled("paramedic").await;
        let of = me(&paramedic).await;
        let code: Invitation = first.call("staff/code", json!({ "person": of })).await.unwrap();
        let mut thief = app.browser();
        let begun = thief.enrol_start(&code.code).await.unwrap();
        let request = ask_for(&first, of).await;
        // Still theirs to use, should it be declined.
        let list = approve(&second, request).await.unwrap();
        assert!(list.voided);
        let credential = thief.make_passkey(&begun.options);
        assert_eq!(kind(thief.enrol_finish("Mine", &credential).await), Kind::NotAccepted);
        assert_eq!(kind(thief.enrol(&code.code).await), Kind::NotAccepted);
        // What was there before goes on, and is told.
        let signed_in = paramedic.session().await.signed_in.unwrap();
        assert!(signed_in.roles.iter().any(|role| role.allows(Activity::LegalOverride)));
        let words = "A right that needs two agents was approved for you";
        assert!(signed_in.notices.iter().any(|notice| notice.text.starts_with(words)), "{:?}", signed_in.notices);
        let told = first.session().await.signed_in.unwrap().notices;
        assert!(told.iter().any(|notice| notice.text.contains("approved for Priya Nair")), "{told:?}");
    }

    async fn passkeys_made_since_a_right_was_asked_for_end_with_its_approval(app: &TestApp) {
        let first = app.enrolled("registration").await;
        let second = app.enrolled("registration-second").await;
        let paramedic = app.enrolled("paramedic").await;
        let of = me(&paramedic).await;
        let code = app.code("paramedic").await;
        let request = ask_for(&first, of).await;
        // At the very same moment.
        let mut thief = app.browser();
        thief.enrol(&code).await.unwrap();
        thief.add_passkey("One more").await.unwrap();
        let vault: VaultId = thief.call("vaults/register", json!({})).await.unwrap();
        let mut owner = paramedic;
        owner.add_passkey("Tablet").await.unwrap();
        assert!(approve(&second, request).await.unwrap().voided);
        assert_eq!(thief.session().await.signed_in, None);
        assert_eq!(kind(thief.sign_in().await), Kind::NotAccepted);
        let standing: Vec<Standing> = app.browser().call("vaults/standing", json!({ "vaults": [vault] })).await.unwrap();
        assert_eq!(standing, [Standing::Wipe]);
        let left = owner.account().await.unwrap().passkeys;
        assert_eq!(left.iter().map(|passkey| passkey.current).collect::<Vec<_>>(), [true]);
        let voided = sqlx::query("select detail from audit_entry where action = 'revoke-passkey'")
            .fetch_one(app.db.read()).await.unwrap().get::<String, _>(0);
        let voided: Value = serde_json::from_str(&voided).unwrap();
        assert_eq!(voided["passkeys"].as_array().unwrap().len(), 3);
    }

    /// Also long before, and by way of a passkey that was added with it.
    async fn what_goes_back_to_a_code_of_either_agent_ends_too(app: &TestApp) {
        for issuer in ["registration", "registration-second"] {
            let issuing = app.enrolled(issuer).await;
            let login = format!("ada-{issuer}");
            let invitation = invite(&issuing, &login, &role("RZ901", &[Activity::FindPatient])).await.unwrap();
            let mut agent_as_ada = app.browser();
            agent_as_ada.enrol(&invitation.code).await.unwrap();
            let account = agent_as_ada.add_passkey("Other").await.unwrap();
            let first_passkey = account.passkeys.iter().find(|passkey| passkey.current).unwrap().id;
            agent_as_ada.remove_passkey(first_passkey).await.unwrap();
            app.clock.forward(SignedDuration::from_hours(24 * 60));
            let first = app.enrolled("registration").await;
            let second = app.enrolled("registration-second").await;
            let ada = invitation.person.id;
            agent_as_ada.sign_in().await.unwrap();
            let request = ask_for(&first, ada).await;
            assert!(approve(&second, request).await.unwrap().voided);
            assert_eq!(agent_as_ada.session().await.signed_in, None);
            assert_eq!(kind(agent_as_ada.sign_in().await), Kind::NotAccepted);
            // Whoever runs the service makes the code, and that is not ended.
            app.browser().enrol(&app.code(&login).await).await.unwrap();
        }
    }

    async fn no_code_is_made_while_a_right_waits(app: &TestApp) {
        let first = app.enrolled("registration").await;
        let second = app.enrolled("registration-second").await;
        let paramedic = app.enrolled("paramedic").await;
        let of = me(&paramedic).await;
        let request = ask_for(&first, of).await;
        for agent in [&first, &second] {
            let refused = kind(acts(agent, "staff/code", json!({ "person": of })).await);
            assert!(matches!(refused, Kind::Invalid(fields) if fields[0].field == "new-code"));
        }
        assert!(code_of(app, "paramedic").await.is_err());
        // Nor for someone who is new, whose only role waits.
        let invited = invite(&first, "ada.quist", &role("RZ901", &[Activity::SensitiveRecords])).await.unwrap();
        assert!(invited.awaits_approval && invited.code.is_empty());
        assert!(code_of(app, "ada.quist").await.is_err());
        let decline = json!({ "request": request, "approve": false });
        acts(&second, "staff/roles/settle", decline).await.unwrap();
        acts(&second, "staff/code", json!({ "person": of })).await.unwrap();
        assert!(code_of(app, "paramedic").await.is_ok());
        // Declined, it takes nothing away.
        assert_eq!(paramedic.account().await.unwrap().passkeys.len(), 1);
        assert!(paramedic.session().await.signed_in.is_some());
    }

    async fn who_comes_back_brings_nothing_of_before(app: &TestApp) {
        let first = app.enrolled("registration").await;
        let second = app.enrolled("registration-second").await;
        let mut paramedic = app.enrolled("paramedic").await;
        let of = me(&paramedic).await;
        let code = app.code("paramedic").await;
        let request = ask_for(&first, of).await;
        assert!(server::identity::staff::set_active(&app.db, "paramedic", false).await.unwrap());
        assert!(server::identity::staff::set_active(&app.db, "paramedic", true).await.unwrap());
        assert_eq!(kind(app.browser().enrol(&code).await), Kind::NotAccepted);
        assert_eq!(kind(approve(&second, request).await), Kind::NotFound);
        paramedic.sign_in().await.unwrap();
        assert_eq!(paramedic.session().await.signed_in.unwrap().roles.len(), 1);
    }

    async fn who_works_where_the_role_is_approves_nothing_there(app: &TestApp) {
        let first = app.enrolled("registration").await;
        let second = app.enrolled("registration-second").await;
        let paramedic = app.enrolled("paramedic").await;
        let (of, agent) = (me(&paramedic).await, me(&second).await);
        let other = json!({ "person": agent, "role": role("RZ901", &[Activity::FindPatient]) });
        acts(&first, "staff/roles/give", other).await.unwrap();
        let request = ask_for(&first, of).await;
        assert!(!staff(&second).await.requests[0].may_settle);
        assert!(matches!(kind(approve(&second, request).await), Kind::Invalid(fields) if fields[0].field == "request"));
        // Nor once that has ended, for a year.
        let roles = second.session().await.signed_in.unwrap().roles;
        let ended = roles.iter().find(|role| role.organisation.ods.to_string() == "RZ901").unwrap().id;
        acts(&first, "staff/roles/end", json!({ "role": ended })).await.unwrap();
        assert!(matches!(kind(approve(&second, request).await), Kind::Invalid(_)));
        let mut second = second;
        app.clock.forward(SignedDuration::from_hours(24 * 366));
        second.sign_in().await.unwrap();
        approve(&second, request).await.unwrap();
    }

    async fn nobody_approves_what_they_are_to_have(app: &TestApp) {
        let first = app.enrolled("registration").await;
        let second = app.enrolled("registration-second").await;
        let arguments = json!({ "person": me(&second).await, "role": role("RZ906", &[Activity::SensitiveRecords]) });
        let list: StaffList = first.call("staff/roles/give", arguments).await.unwrap();
        let settle = json!({ "request": list.requests[0].id, "approve": true });
        assert!(matches!(kind(acts(&second, "staff/roles/settle", settle).await), Kind::Invalid(_)));
        assert_eq!(second.session().await.signed_in.unwrap().roles.len(), 1);
    }

    async fn a_role_ends_with_all_that_hangs_on_it(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let paramedic = app.enrolled("paramedic").await;
        let key = paramedic.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        let vault: VaultId = paramedic.call("vaults/register", json!({})).await.unwrap();
        let role = paramedic.session().await.signed_in.unwrap().role.unwrap().id;
        acts(&agent, "staff/roles/end", json!({ "role": role })).await.unwrap();
        assert_eq!(kind(paramedic.overview(key).await), Kind::NoRole);
        let signed_in = paramedic.session().await.signed_in.unwrap();
        assert_eq!((signed_in.role, signed_in.roles.len()), (None, 0));
        let standing: Vec<Standing> = app.browser().call("vaults/standing", json!({ "vaults": [vault] })).await.unwrap();
        assert_eq!(standing, [Standing::Wipe]);
        assert_eq!(kind(acts(&agent, "staff/roles/end", json!({ "role": role })).await), Kind::NotFound);
    }

    async fn a_leaver_is_out_at_once(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let mut paramedic = app.enrolled("paramedic").await;
        let key = paramedic.open_patient(PATIENT.parse().unwrap()).await.unwrap();
        let _: VisitLine = paramedic.call("visits/add", json!({ "nhs_number": PATIENT })).await.unwrap();
        let vault: VaultId = paramedic.call("vaults/register", json!({})).await.unwrap();
        let vaults = json!({ "vaults": [vault] });
        let standing: Vec<Standing> = app.browser().call("vaults/standing", vaults.clone()).await.unwrap();
        assert_eq!(standing, [Standing::Keep]);
        let person = me(&paramedic).await;
        let list = acts(&agent, "staff/leave", json!({ "person": person })).await.unwrap();
        assert!(!list["staff"].to_string().contains(&person.to_string()));
        assert_eq!(kind(paramedic.overview(key).await), Kind::SignedOut);
        assert_eq!(kind(paramedic.sign_in().await), Kind::NotAccepted);
        let standing: Vec<Standing> = app.browser().call("vaults/standing", vaults).await.unwrap();
        assert_eq!(standing, [Standing::Wipe]);
        let left = sqlx::query(
            "select id from patient_context where closed_at is null
             union all select id from visit where removed_at is null
             union all select id_hash from vault where ended_at is null
             union all select id_hash from web_session where person_id = $1",
        )
        .bind(person.to_string())
        .fetch_all(app.db.read())
        .await
        .unwrap();
        assert_eq!(left.len(), 0);
        assert_eq!(kind(member(&agent, person).await), Kind::NotFound);
    }

    async fn passkeys_and_sessions_are_seen_and_ended(app: &TestApp) {
        let agent = app.enrolled("registration").await;
        let mut paramedic = app.enrolled("paramedic").await;
        let person = me(&paramedic).await;
        let seen = member(&agent, person).await.unwrap();
        assert_eq!((seen.passkeys.len(), seen.sessions.len()), (1, 1));
        assert_eq!((seen.sessions[0].device.as_str(), seen.sessions[0].current), ("Chrome on Android", false));
        let arguments = json!({ "person": person, "session": seen.sessions[0].id });
        acts(&agent, "staff/sessions/end", arguments.clone()).await.unwrap();
        assert_eq!(paramedic.session().await.signed_in, None);
        assert_eq!(kind(acts(&agent, "staff/sessions/end", arguments).await), Kind::NotFound);
        paramedic.sign_in().await.unwrap();
        // Also the last one: they enrol again with a new code.
        let arguments = json!({ "person": person, "passkey": seen.passkeys[0].id });
        let after: StaffView = agent.call("staff/passkeys/remove", arguments).await.unwrap();
        assert_eq!((after.passkeys.len(), after.sessions.len()), (0, 0));
        assert_eq!(paramedic.session().await.signed_in, None);
        assert_eq!(kind(paramedic.sign_in().await), Kind::NotAccepted);
        // A session of another cannot be named as this person's.
        let own = agent.account().await.unwrap().sessions[0].id;
        let arguments = json!({ "person": person, "session": own });
        assert_eq!(kind(acts(&agent, "staff/sessions/end", arguments).await), Kind::NotFound);
        assert_eq!(audited(app).await, [
            "revoke-passkey allowed", "revoke-session allowed", "revoke-session refused", "revoke-session refused", "view-staff allowed",
        ]);
    }
}
