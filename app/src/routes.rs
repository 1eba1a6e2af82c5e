//! Every screen and its address. A patient is only ever in an address as an opaque context id.

use crate::components::header::Header;
use crate::components::page::Arrived;
use crate::device::device;
use crate::screens::record::{adjustments, details, overview, summary};
use crate::screens::{account, enrol, find, home, not_found, record, role, sign_in};
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
                <Route path=path!("/role") view=|| signed_in(role::screen) />
                <Route path=path!("/account") view=|| signed_in(account::screen) />

                // Find a patient
                <Route path=path!("/find") view=|| in_role(find::last_used) />
                <Route path=path!("/find/nhs-number") view=|| in_role(find::nhs_number) />
                <Route path=path!("/find/basic") view=|| in_role(find::basic) />
                <Route path=path!("/find/advanced") view=|| in_role(find::advanced) />
                <Route path=path!("/find/postcode") view=|| in_role(find::postcode) />

                // The record: banner and tabs stay, the part below changes
                <ParentRoute path=path!("/record/:context") view=|| in_role(record::frame)>
                    <Route path=path!("") view=overview::screen />
                    <Route path=path!("details") view=details::screen />
                    <Route path=path!("summary") view=summary::screen />
                    <Route path=path!("adjustments") view=adjustments::screen />
                    <Route path=path!("adjustments/history") view=adjustments::history />
                    <Route path=path!("adjustments/new/:step") view=adjustments::create />
                    <Route path=path!("adjustments/add/:step") view=adjustments::add />
                    <Route path=path!("adjustments/remove/:part") view=adjustments::remove_part />
                    <Route path=path!("adjustments/remove-flag") view=adjustments::remove_flag />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
