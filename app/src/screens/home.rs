//! The start: leads to where the person has to go next.

use crate::session::session;
use domain::role::{Activity, RoleAssignment};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;

/// Sign in, choose a role, or begin to work.
pub fn screen() -> AnyView {
    let session = session();
    let to = Memo::new(move |_| match session.signed_in() {
        None => "/sign-in",
        Some(person) if person.role.is_none() => "/role",
        // An agent of a Registration Authority sees no patient.
        Some(_)
            if session.allows(Activity::RegisterStaff)
                && !session.allows(Activity::FindPatient) =>
        {
            "/staff"
        }
        Some(person) if person.role.as_ref().is_some_and(only_alerts) => "/privacy",
        Some(_) if session.allows(Activity::FindPatient) => "/find",
        Some(_) if session.allows(Activity::OrganisationAdmin) => "/readiness",
        Some(_) if session.allows(Activity::NationalApprover) => "/approvals",
        Some(_) => "/find",
    });
    (move || view! { <Redirect path=to.get() options=instead() /> }).into_any()
}

/// A privacy officer who finds no patients.
fn only_alerts(role: &RoleAssignment) -> bool {
    role.receives_alerts() && !role.allows(Activity::FindPatient)
}

/// In the place of this page in the history, so that "back" does not lead here and forward again.
pub(crate) fn instead() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        ..NavigateOptions::default()
    }
}
