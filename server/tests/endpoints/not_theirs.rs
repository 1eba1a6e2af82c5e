//! Calls by people who may not make them, or who name what is not theirs.

use super::table::endpoints;
use super::{Endpoint, Needs, Things, add_colleague, add_other_agent, forbidden, kind};
use crate::harness::{Browser, TestApp};
use crate::on_each_engine;
use app::api::offline::{Standing, VisitLine};
use domain::role::Activity;
use serde_json::{Value, json};

/// Makes the call, and signs in again where that ended the session.
async fn make(browser: &mut Browser, endpoint: &Endpoint, arguments: Value) -> (String, Value) {
    let answer = browser.post(endpoint.call, arguments).await;
    let told = answer.json();
    let over = match browser.session().await.signed_in {
        Some(person) => person.locked,
        None => true,
    };
    if over && browser.has_passkey() {
        browser.sign_in().await.unwrap();
    }
    (kind(&answer), told["kind"].clone())
}

/// The arguments, with everything beside them that would say who it is or what they may do.
fn with_claims(mut arguments: Value, victim: &Things) -> Value {
    let claims = json!({
        "person": victim.person,
        "session": victim.session,
        "role": victim.role,
        "passkey": victim.passkey,
        "organisation": { "ods": "RZ901", "name": "Dales and Vale Ambulance Trust", "setting": "Ambulance" },
        "activities": ["B0264", "B0370", "B0168", "B0082", "B0257", "B0380", "B1611"],
        "active": true,
        "permit": true,
        "caller": { "person": victim.person, "session": victim.session },
    });
    let arguments_of = arguments.as_object_mut().unwrap();
    for (name, value) in claims.as_object().unwrap() {
        arguments_of.entry(name.clone()).or_insert(value.clone());
    }
    arguments
}

/// What a privacy officer may do.
const OFFICER: [Activity; 2] = [Activity::EmergencyAlerts, Activity::Reports];

/// What someone is told who has every right to patients, and none to other work.
fn of_a_clinician<'a>(endpoint: &Endpoint, otherwise: &'a str) -> &'a str {
    match endpoint.needs {
        Needs::Activity(
            Activity::RegisterStaff
            | Activity::EmergencyAlerts
            | Activity::Reports
            | Activity::OrganisationAdmin
            | Activity::NationalApprover,
        ) => "RoleForbids",
        Needs::Nobody | Needs::Person | Needs::Role | Needs::Activity(_) => otherwise,
    }
}

on_each_engine! {
    /// Each call has its twin: allowed to whoever owns what it names, refused to everyone else.
    async fn each_call_is_refused_to_whoever_may_not_make_it(app: &TestApp) {
        add_colleague(app).await;
        add_other_agent(app).await;
        let mut owner = app.enrolled("paramedic").await;
        let mut without_role = app.enrolled("norole").await;
        let mut other_role = app.enrolled("privacy").await;
        let mut other_organisation = app.enrolled("nurse").await;
        let mut colleague = app.enrolled("colleague").await;
        let things = Things::of(&owner).await;

        for endpoint in endpoints() {
            // A browser of its own each time, as some calls leave a visitor's cookie.
            let mut nobody = app.browser();
            let arguments = with_claims((endpoint.arguments)(&things), &things);
            let expected = match endpoint.needs {
                Needs::Nobody => endpoint.strange,
                Needs::Person | Needs::Role | Needs::Activity(_) => "SignedOut",
            };
            assert_eq!(make(&mut nobody, &endpoint, arguments).await.0, expected, "{}", endpoint.call);
        }
        for endpoint in endpoints() {
            let arguments = with_claims((endpoint.arguments)(&things), &things);
            let expected = match endpoint.needs {
                Needs::Nobody | Needs::Person => endpoint.strange,
                Needs::Role | Needs::Activity(_) => "NoRole",
            };
            assert_eq!(make(&mut without_role, &endpoint, arguments).await.0, expected, "{}", endpoint.call);
        }
        for endpoint in endpoints() {
            let arguments = with_claims((endpoint.arguments)(&things), &things);
            let (told, whole) = make(&mut other_role, &endpoint, arguments).await;
            match endpoint.needs {
                Needs::Nobody | Needs::Person | Needs::Role => assert_eq!(told, endpoint.strange, "{}", endpoint.call),
                Needs::Activity(activity) if OFFICER.contains(&activity) => {
                    assert_eq!(told, endpoint.strange, "{}", endpoint.call);
                }
                Needs::Activity(activity) => assert_eq!(whole, forbidden(activity), "{}", endpoint.call),
            }
        }
        for intruder in [&mut other_organisation, &mut colleague] {
            let before = intruder.session().await.signed_in.unwrap();
            for endpoint in endpoints() {
                let arguments = with_claims((endpoint.arguments)(&things), &things);
                let told = make(intruder, &endpoint, arguments).await.0;
                assert_eq!(told, of_a_clinician(&endpoint, endpoint.strange), "{}", endpoint.call);
            }
            // Whatever they claimed to be.
            let after = intruder.session().await.signed_in.unwrap();
            assert_eq!((after.person, after.role, after.roles), (before.person, before.role, before.roles));
        }

        for (login, named) in [("other-agent", things.clone()), ("registration", Things::forged())] {
            let mut agent = app.enrolled(login).await;
            for endpoint in endpoints() {
                let arguments = with_claims((endpoint.arguments)(&named), &things);
                let (told, whole) = make(&mut agent, &endpoint, arguments).await;
                match endpoint.needs {
                    Needs::Activity(activity) if activity != Activity::RegisterStaff => {
                        assert_eq!(whole, forbidden(activity), "{}", endpoint.call);
                    }
                    _ => assert_eq!(told, endpoint.strange, "{login}, {}", endpoint.call),
                }
            }
        }

        // Nothing of the owner's was touched.
        owner.overview(things.key).await.unwrap();
        let visits: Vec<VisitLine> = owner.call("visits", json!({})).await.unwrap();
        assert_eq!(visits.iter().map(|line| line.visit).collect::<Vec<_>>(), [things.visit]);
        let vaults = json!({ "vaults": [things.vault] });
        assert_eq!(owner.call::<Vec<Standing>>("vaults/standing", vaults).await.unwrap(), [Standing::Keep]);
        let account = owner.account().await.unwrap();
        assert_eq!(account.passkeys.iter().map(|key| key.id).collect::<Vec<_>>(), [things.passkey]);
        assert!(account.sessions.iter().any(|line| line.id == things.session && line.current));

        for own in [false, true] {
            // Made anew: the calls before ended the session, and with it what was open.
            let named = if own { Things::of(&owner).await } else { Things::forged() };
            for endpoint in endpoints() {
                // Here its own session may be ended: the next sign-in has another.
                let told = make(&mut owner, &endpoint, (endpoint.arguments)(&named)).await.0;
                let expected = of_a_clinician(&endpoint, if own { endpoint.own } else { endpoint.strange });
                assert_eq!(told, expected, "{}, own: {own}", endpoint.call);
                if !own && endpoint.call == "record/adjustments" {
                    owner.overview(named.key).await.expect_err("a forged key");
                }
            }
        }
    }
}
