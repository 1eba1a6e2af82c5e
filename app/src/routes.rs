//! Every screen and its address. A patient is only ever in an address as an opaque context id.

use crate::components::header::Header;
use crate::components::page::Arrived;
use crate::device::device;
use crate::keeping::Keeping;
use crate::late::{office, record, work};
use crate::screens::{enrol, home, not_found, sign_in};
use crate::session::{Session, in_role, signed_in};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

/// The app, in the page of [`crate::shell`].
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let session = Session::provide();
    Keeping::provide(session);
    provide_context(Arrived(StoredValue::new(false)));
    // Someone may have signed out, or in as another, in another tab or while this one slept.
    Effect::new(move || {
        if let Some(device) = device() {
            device.on_session_change(Box::new(move || session.look_again()));
        }
    });
    view! {
        <Router>
            <Header />
            <Routes fallback=not_found::screen>
                <Route path=path!("/") view=home::screen />

                // Before and around the work
                <Route path=path!("/sign-in") view=sign_in::screen />
                <Route path=path!("/enrol") view=enrol::screen />
                <Route path=path!("/someone-else") view=work::someone_else />
                <Route path=path!("/role") view=|| signed_in(work::choose_role) />
                <Route path=path!("/account") view=|| signed_in(work::passkeys) />

                // What is on this device
                <Route path=path!("/visits") view=|| in_role(work::visits) />
                <Route path=path!("/changes") view=|| signed_in(record::changes) />
                <Route path=path!("/device") view=|| signed_in(work::this_device) />

                // What I looked at, and what is asked about it
                <Route path=path!("/activity") view=|| in_role(office::own_log) />
                <Route path=path!("/activity/questions") view=|| in_role(office::tasks) />

                // Alerts, for privacy officers
                <Route path=path!("/privacy") view=|| in_role(office::alerts) />
                <Route path=path!("/privacy/alert/:alert") view=|| in_role(office::alert) />
                <Route path=path!("/privacy/report") view=|| in_role(office::report) />
                <Route path=path!("/privacy/looks") view=|| in_role(office::patient_log) />
                <Route path=path!("/privacy/looks/:alert") view=|| in_role(office::patient_log) />

                // Find a patient
                <Route path=path!("/find") view=|| in_role(work::find_as_last) />
                <Route path=path!("/find/nhs-number") view=|| in_role(work::find_nhs_number) />
                <Route path=path!("/find/basic") view=|| in_role(work::find_basic) />
                <Route path=path!("/find/advanced") view=|| in_role(work::find_advanced) />
                <Route path=path!("/find/postcode") view=|| in_role(work::find_postcode) />

                // The work of a Registration Authority
                <Route path=path!("/staff") view=|| in_role(office::staff) />
                <Route path=path!("/staff/invite") view=|| in_role(office::invite) />
                <Route path=path!("/staff/person/:person") view=|| in_role(office::person) />

                // What an organisation has to show, and the national decision on it
                <Route path=path!("/readiness") view=|| in_role(office::checklist) />
                <Route path=path!("/readiness/:step") view=|| in_role(office::step) />
                <Route path=path!("/approvals") view=|| in_role(office::approvals) />
                <Route path=path!("/approvals/:organisation/:step") view=|| in_role(office::decision) />

                // The record: banner and tabs stay, the part below changes
                <ParentRoute path=path!("/record/:context") view=|| in_role(record::frame)>
                    <Route path=path!("") view=record::overview />
                    <Route path=path!("details") view=record::details />
                    <Route path=path!("summary") view=record::summary />
                    <Route path=path!("adjustments") view=record::adjustments />
                    <Route path=path!("adjustments/history") view=record::history />
                    <Route path=path!("adjustments/new/:step") view=record::create />
                    <Route path=path!("adjustments/add/:step") view=record::add />
                    <Route path=path!("adjustments/remove/:part") view=record::remove_part />
                    <Route path=path!("adjustments/remove-flag") view=record::remove_flag />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
