//! The lines under the header: what the person has to know about the connection, and what waits.

use crate::keeping::{Keeping, Link, Safe};
use crate::session::{Session, with_next};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The lines. They are one live region, so that a screen reader tells of a change.
#[component]
pub fn Strips(
    /// Who is working.
    session: Session,
    /// What is kept on the device.
    keeping: Keeping,
) -> AnyView {
    view! {
        <div class="ncrs-notices" role="status">
            {move || connection(session, keeping)}
            {move || waiting(session, keeping)}
        </div>
        {move || keeping.update().then(|| update(keeping))}
    }
    .into_any()
}

fn strip(class: &'static str, text: &'static str, more: AnyView) -> AnyView {
    view! { <div class=class><p>{text} " " {more}</p></div> }.into_any()
}

fn connection(session: Session, keeping: Keeping) -> AnyView {
    let someone = session.signed_in().is_some();
    let saved = keeping.safe() == Safe::Open;
    match (keeping.link(), someone) {
        (Link::Online, true) if !session.is_live() => {
            let here = use_location().pathname.get();
            let to = with_next("/sign-in", &here);
            strip(
                "ncrs-notice",
                "You are using saved records: the service has signed you out.",
                view! { <a href=to>"Sign in again"</a> }.into_any(),
            )
        }
        (Link::Online, _) => ().into_any(),
        (Link::Offline, true) if saved => strip(
            "ncrs-notice",
            "You are offline. Saved records are shown, and what you save is sent later.",
            ().into_any(),
        ),
        (Link::Offline, _) => strip("ncrs-notice", "You are offline.", ().into_any()),
        (Link::Down, true) if saved => strip(
            "ncrs-notice ncrs-notice--service",
            "The service cannot answer at the moment. Saved records are shown, and what you save is sent later.",
            ().into_any(),
        ),
        (Link::Down, _) => strip(
            "ncrs-notice ncrs-notice--service",
            "The service cannot answer at the moment. We keep trying.",
            ().into_any(),
        ),
    }
}

/// As in "1 change waits".
pub fn changes(count: usize, one: &str, several: &str) -> String {
    if count == 1 {
        format!("1 change {one}")
    } else {
        format!("{count} changes {several}")
    }
}

fn waiting(session: Session, keeping: Keeping) -> AnyView {
    let counts = keeping.counts();
    if session.signed_in().is_none() {
        return ().into_any();
    }
    let (class, text, link) = if counts.decisions > 0 {
        (
            "ncrs-notice ncrs-notice--service",
            changes(
                counts.decisions,
                "needs your decision.",
                "need your decision.",
            ),
            "Decide",
        )
    } else if counts.waiting > 0 {
        (
            "ncrs-notice",
            changes(
                counts.waiting,
                "on this device waits to be sent.",
                "on this device wait to be sent.",
            ),
            "See",
        )
    } else {
        return ().into_any();
    };
    view! {
        <div class=class>
            <p>
                {text} " " <a href="/changes">{link} <span class="nhsuk-u-visually-hidden">" changes"</span></a>
            </p>
        </div>
    }
    .into_any()
}

fn update(keeping: Keeping) -> AnyView {
    let take = move |_| {
        if let Some(device) = keeping.device() {
            device.take_update();
        }
    };
    view! {
        <div class="ncrs-notice ncrs-notice--update" role="status">
            <p>"A new version of the app is ready."</p>
            <button class="ncrs-link-button" type="button" on:click=take>"Update now"</button>
        </div>
    }
    .into_any()
}
