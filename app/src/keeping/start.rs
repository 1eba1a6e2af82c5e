//! What begins with the page: listening to the connection, and fetching the engine.

use super::{Keeping, Link};
use crate::api::{client, identity};
use crate::lock;
use crate::problem::Kind;
use leptos::prelude::*;

/// The first wait before the service is asked again, in milliseconds. Each is twice the one before.
const FIRST_WAIT: u32 = 1_000;
/// The longest.
const LONGEST_WAIT: u32 = 30_000;

/// Once the page is alive.
pub(super) fn begin(keeping: Keeping) {
    let Some(device) = keeping.device() else {
        return;
    };
    if !device.has_network() || !device.from_server() {
        keeping.set_link(Link::Offline);
    }
    device.on_network_change(Box::new(move || {
        if keeping.device().is_some_and(|device| device.has_network()) {
            // Whether the service answers, only the service knows.
            leptos::task::spawn_local(async move {
                ask(keeping).await;
            });
        } else {
            keeping.set_link(Link::Offline);
        }
    }));
    device.on_update(Box::new(move || keeping.set_update()));
    lock::attend(keeping);
    if keeping.is_leaving() {
        let session = keeping.session();
        session.set_kept(session.without_anyone());
        leptos::task::spawn_local(ask(keeping));
    }
    let session = keeping.session();
    let signed_in = session.view_now().signed_in.is_some();
    if signed_in || keeping.has_kept() || !device.from_server() {
        return wake(keeping);
    }
    // The first page of someone new is for signing in: the rest comes when they begin.
    device.on_use(Box::new(move || wake(keeping)));
    Effect::new(move || {
        if session.signed_in().is_some() {
            wake(keeping);
        }
    });
}

/// Fetches the engine and the rest of the app, once.
fn wake(keeping: Keeping) {
    let Some(device) = keeping.device() else {
        return;
    };
    if keeping
        .awake
        .try_update_value(|awake| std::mem::replace(awake, true))
        != Some(false)
    {
        return;
    }
    device.fetch_the_rest();
    leptos::task::spawn_local(async move {
        if let Some(engine) = keeping.engine().await {
            engine.start();
        }
    });
}

/// Asks the service who is signed in: whether it answers, and whether it still knows the person.
async fn ask(keeping: Keeping) {
    let session = keeping.session();
    let leaving = keeping.is_leaving();
    let turn = session.turn_now();
    let answer = if leaving {
        client::believe(keeping.who_is_leaving());
        let answer = identity::sign_out().await;
        session.believe();
        answer
    } else {
        lock::tell(keeping).await;
        identity::session().await
    };
    match &answer {
        Ok(_) if leaving => keeping.has_left(),
        // Their session was over when the other began.
        Err(problem) if leaving && problem.kind == Kind::OtherPerson => keeping.has_left(),
        Ok(_) | Err(_) => {}
    }
    if !leaving || answer.is_ok() {
        session.look_at_answer(turn, &answer);
    }
    keeping.heard(&answer);
}

/// Asks the service now and again whether it answers, until it does.
pub(super) fn probe(keeping: Keeping) {
    let Some(device) = keeping.device() else {
        return;
    };
    leptos::task::spawn_local(async move {
        let mut wait = FIRST_WAIT;
        loop {
            device.sleep(wait).await;
            if keeping
                .link
                .try_get_untracked()
                .is_none_or(|link| link == Link::Online)
            {
                return;
            }
            ask(keeping).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    });
}
