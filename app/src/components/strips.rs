//! The lines under the header: what the person has to know about the connection, and what waits.

use crate::api::identity::{AccountNotice, close_notice};
use crate::keeping::Keeping;
use crate::session::{Session, with_next};
use domain::role::Activity;
use domain::situation::{Connectivity, Notice, VaultState};
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
            {move || lines(session, keeping)}
            {move || expired(session)}
        </div>
        {move || told(session)}
        {move || keeping.update().then(|| update(keeping))}
    }
    .into_any()
}

/// As in "1 change waits".
fn changes(count: usize, one: &str, several: &str) -> String {
    if count == 1 {
        format!("1 change {one}")
    } else {
        format!("{count} changes {several}")
    }
}

fn link(href: String, text: &'static str) -> AnyView {
    view! { <a href=href>{text}</a> }.into_any()
}

/// The lines of where the person stands (the table is in [`domain::situation`]).
fn lines(session: Session, keeping: Keeping) -> Vec<AnyView> {
    const PLAIN: &str = "ncrs-notice";
    const SERVICE: &str = "ncrs-notice ncrs-notice--service";
    let situation = keeping.situation();
    let cut_off = situation.connectivity != Connectivity::Online;
    let counts = keeping.counts();
    let waiting = |one: &str, several: &str| changes(counts.waiting, one, several);
    let deciding = changes(
        counts.needs_decision,
        "needs your decision.",
        "need your decision.",
    );
    let saved = situation.vault == VaultState::Open;
    let here = use_location().pathname.get();
    let sign_in = || link(with_next("/sign-in", &here), "Sign in");
    let see = || link("/changes".to_owned(), "See changes");
    let none = || ().into_any();
    // The sign-in page says these in its own words.
    let at_the_door = session.signed_in().is_none() || session.is_locked();
    situation
        .notices()
        .into_iter()
        .filter_map(|notice| {
            let (class, text, more) = match notice {
                Notice::Offline if saved => (
                    PLAIN,
                    "You are offline. Saved records are shown, and what you save is sent later.".to_owned(),
                    none(),
                ),
                Notice::Offline => (PLAIN, "You are offline.".to_owned(), none()),
                Notice::ServiceDown if saved => (
                    SERVICE,
                    "The service cannot answer at the moment. Saved records are shown, and what you save is sent later.".to_owned(),
                    none(),
                ),
                Notice::ServiceDown => (
                    SERVICE,
                    "The service cannot answer at the moment. We keep trying.".to_owned(),
                    none(),
                ),
                Notice::SavedUnreadable => (
                    SERVICE,
                    "What was saved on this device cannot be read.".to_owned(),
                    link("/device".to_owned(), "See this device"),
                ),
                Notice::LockedOut => (
                    SERVICE,
                    "Saved records are locked after 5 failed attempts. Sign in to open them.".to_owned(),
                    none(),
                ),
                // Where there is signal it is said where it matters: at the visit list.
                Notice::NothingKept if !cut_off => return None,
                Notice::NothingKept => (
                    PLAIN,
                    "This passkey keeps no records on the device: only what is on this page can be used. What you save is sealed and sent later.".to_owned(),
                    none(),
                ),
                Notice::SignedOut
                | Notice::SignIn
                | Notice::SignInToSend
                | Notice::SignInToDecide
                | Notice::UnlockToSend
                | Notice::UnlockToDecide
                    if at_the_door =>
                {
                    return None;
                }
                Notice::SignedOut | Notice::SignIn => (
                    PLAIN,
                    "You are using saved records: the service has signed you out.".to_owned(),
                    sign_in(),
                ),
                Notice::SignInToSend => (
                    PLAIN,
                    waiting("waits until you sign in.", "wait until you sign in."),
                    sign_in(),
                ),
                Notice::Sending => (
                    "ncrs-notice ncrs-notice--online",
                    waiting("is being sent.", "are being sent."),
                    see(),
                ),
                Notice::WaitingForService | Notice::WaitingForSignal => (
                    PLAIN,
                    waiting(
                        "on this device waits to be sent.",
                        "on this device wait to be sent.",
                    ),
                    see(),
                ),
                Notice::UnlockToSend => (
                    PLAIN,
                    waiting("waits until you unlock.", "wait until you unlock."),
                    see(),
                ),
                Notice::Decide | Notice::SignInToDecide | Notice::UnlockToDecide => {
                    (SERVICE, deciding.clone(), link("/changes".to_owned(), "Decide"))
                }
            };
            Some(view! { <div class=class><p>{text} " " {more}</p></div> }.into_any())
        })
        .collect()
}

/// The security assessment of the organisation has expired, and records close soon.
fn expired(session: Session) -> Option<AnyView> {
    if session.is_locked() {
        return None;
    }
    let expiry = session.signed_in()?.expiry?;
    let who = if session.allows(Activity::OrganisationAdmin) {
        view! { <a href="/readiness/dspt">"Enter a new one"</a> }.into_any()
    } else {
        "Your organisation's administrator can put this right.".into_any()
    };
    let text = format!(
        "Your organisation's data security assessment (DSPT) expired on {}. Patients' records close after {} unless a new one is entered. ",
        expiry.expired, expiry.closes
    );
    Some(
        view! { <div class="ncrs-notice ncrs-notice--service"><p>{text} {who}</p></div> }
            .into_any(),
    )
}

/// What was done to the account elsewhere, until the person closes it.
fn told(session: Session) -> Option<AnyView> {
    if session.is_locked() || !session.is_live() {
        return None;
    }
    let close = move |notice| {
        leptos::task::spawn_local(async move {
            // Where that does not get through it stays, to be closed again.
            if let Ok(view) = close_notice(notice).await {
                session.look_at(view);
            }
        });
    };
    let notices = session.signed_in()?.notices;
    let lines = notices.into_iter().map(|AccountNotice { id, text }| {
        view! {
            <div class="ncrs-notice ncrs-notice--service">
                <p>
                    {text} " "
                    <button class="ncrs-link-button" type="button" on:click=move |_| close(id)>"Close this notice"</button>
                </p>
            </div>
        }
    });
    let lines = lines.collect_view();
    Some(view! { <div class="ncrs-notices" role="status">{lines}</div> }.into_any())
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
