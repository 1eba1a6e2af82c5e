//! Sign in with a passkey. Nobody is named: the passkey says who it is.

use crate::api::identity::{self, SessionView, WebAuthnJson, sign_in_finish, sign_in_start};
use crate::components::button::Progress;
use crate::components::page::Page;
use crate::components::passkey::{Ceremony, CeremonyFailed, Failed};
use crate::components::work::Work;
use crate::device::{NoCredential, device};
use crate::keeping::{Keeping, Link, Safe, keeping};
use crate::lock::Lock;
use crate::problem::{Kind, Problem};
use crate::screens::home::instead;
use crate::session::{Session, safe_next, session, with_next};
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};

/// The screen.
pub fn screen() -> AnyView {
    let session = session();
    let keeping = keeping();
    let next = safe_next(use_query_map().read_untracked().get("next"));
    let thought_signed_in = untrack(|| session.signed_in().is_some());
    let locked = untrack(|| session.is_locked());
    let thought_signed_in = thought_signed_in && !locked;
    if thought_signed_in && device().is_none() {
        // On the server that is certain.
        return view! { <Redirect path=after_sign_in(session, &next) options=instead() /> }
            .into_any();
    }
    // In the browser it may have ended since: whoever was sent here has to be able to sign in.
    let asking = RwSignal::new(thought_signed_in);
    if thought_signed_in {
        Work::new().latest(
            keeping.within(PATIENCE, identity::session()),
            move |answer| {
                if let Some(Ok(view)) = answer {
                    session.look_at(view);
                }
                asking.set(false);
            },
        );
    }
    let navigate = use_navigate();
    let path = use_location().pathname;
    // Here, or in another tab.
    Effect::new(move || {
        // One whom only the device knows may be here to sign in with the service again.
        let known = session.is_live() || keeping.link() != Link::Online;
        // Only from here: while the next screen is being fetched, the person may have chosen another.
        let here = path.with_untracked(|path| path == "/sign-in");
        if here && !asking.get() && !session.is_locked() && known && session.signed_in().is_some() {
            navigate(&after_sign_in(session, &next), instead());
        }
    });
    view! {
        <Page title="Sign in">
            <Show
                when=move || !asking.get()
                fallback=|| view! { <Progress text="Checking whether you are signed in" /> }
            >
                <Card session keeping />
            </Show>
        </Page>
    }
    .into_any()
}

/// Where a person goes who has signed in: to the choice of role where they have to make it.
pub(crate) fn after_sign_in(session: Session, next: &str) -> String {
    if untrack(|| session.role().is_some()) {
        next.to_owned()
    } else {
        with_next("/role", next)
    }
}

/// How long the service is waited for, in milliseconds, before the device opens what it has.
const PATIENCE: u32 = 3_000;

/// How someone was let in.
enum Let {
    /// By the service.
    In(Box<SessionView>),
    /// By passkey alone, to what is kept on the device.
    Kept,
}

/// The service's challenge. `None` where it does not answer, and the device has something to unlock: where it
/// does, it has to hear of an unlock too, as its session is locked like the page, and the same touch opens
/// what is saved. `afresh` where it is not to be the person who was there.
async fn options(keeping: Keeping, afresh: bool) -> Result<Option<WebAuthnJson>, Problem> {
    let kept = async || matches!(keeping.safe_seen().await, Safe::Locked | Safe::Open);
    if !afresh && keeping.is_cut_off() && kept().await {
        return Ok(None);
    }
    let answer = match keeping.within(PATIENCE, sign_in_start()).await {
        Some(answer) => answer,
        None => Err(Kind::Unreachable.into()),
    };
    keeping.heard(&answer);
    match answer {
        Err(problem) if Link::of(&problem) != Link::Online && kept().await => Ok(None),
        answer => answer.map(Some),
    }
}

/// A sign-in that is under way.
#[derive(Clone, Copy)]
struct SignIn {
    session: Session,
    keeping: Keeping,
    /// What the button started.
    work: Work,
    /// The browser's own suggestions (conditional UI).
    waiting: Work,
    /// The service is asked about the passkey.
    checking: RwSignal<bool>,
    failed: RwSignal<Option<Failed>>,
    /// There is a field in which the browser suggests passkeys.
    suggests: RwSignal<bool>,
}

impl SignIn {
    fn begin(self, afresh: bool) {
        if self.work.busy() {
            return;
        }
        let device = device();
        self.waiting.forget();
        self.failed.set(None);
        let checking = self.checking;
        let keeping = self.keeping;
        self.work.once(
            async move {
                let device = device
                    .filter(|device| device.has_passkeys())
                    .ok_or(NoCredential::Unsupported)?;
                let Some(options) = options(keeping, afresh).await? else {
                    keeping.unlock().await?;
                    return Ok(Let::Kept);
                };
                let credential = device.use_passkey(options).await?;
                checking.try_set(true);
                Ok(Let::In(Box::new(sign_in_finish(credential).await?)))
            },
            move |answer| self.end(answer),
        );
    }

    fn end(self, answer: Result<Let, Failed>) {
        self.checking.set(false);
        match answer {
            Ok(Let::Kept) => {}
            Ok(Let::In(view)) if view.signed_in.is_some() => {
                self.session.set(*view);
                self.keeping.signed_in();
            }
            Ok(Let::In(_)) => self
                .failed
                .set(Some(Problem::new(Kind::NotAccepted).into())),
            Err(failed) => {
                self.failed.set(Some(failed));
                self.wait();
            }
        }
    }

    /// Lets the browser suggest its passkeys, where it can. Waits for as long as the person likes.
    fn wait(self) {
        let Some(device) = device().filter(|device| device.has_passkeys()) else {
            return;
        };
        let suggests = self.suggests;
        self.waiting.latest(
            async move {
                let options = sign_in_start().await?;
                // The field has to be there before the browser is asked.
                suggests.try_set(true);
                leptos::task::tick().await;
                Ok(device.await_passkey(options).await?)
            },
            move |answer: Result<_, Failed>| match answer {
                Ok(credential) => {
                    self.failed.set(None);
                    self.checking.set(true);
                    self.work.once(
                        async move { Ok(Let::In(Box::new(sign_in_finish(credential).await?))) },
                        move |answer| self.end(answer),
                    );
                }
                // Nobody asked for it yet, so nobody is told: the button is there.
                Err(_) => self.suggests.set(false),
            },
        );
    }
}

/// Whose screen it is, and why it is locked.
fn whose(lock: Lock) -> AnyView {
    let name = lock.person.as_ref().map(|person| {
        let name = person.name.clone();
        view! { <p class="nhsuk-body">"Locked for " <strong>{name}</strong></p> }
    });
    view! {
        {name}
        <p class="nhsuk-body">{lock.reason()} " " {lock.written()}</p>
    }
    .into_any()
}

#[component]
fn Card(session: Session, keeping: Keeping) -> AnyView {
    let sign_in = SignIn {
        session,
        keeping,
        work: Work::new(),
        waiting: Work::new(),
        checking: RwSignal::new(false),
        failed: RwSignal::new(None),
        suggests: RwSignal::new(false),
    };
    Effect::new(move || {
        if keeping.link() == Link::Online && !session.is_locked() {
            sign_in.wait();
        }
    });
    // Said before anyone presses for nothing.
    let unsupported = RwSignal::new(false);
    Effect::new(move || {
        if device().is_some_and(|device| !device.has_passkeys()) {
            unsupported.set(true);
            sign_in.failed.set(Some(NoCredential::Unsupported.into()));
        }
    });
    let cut_off = move || keeping.link() != Link::Online;
    let unlocks = move || {
        let kept = matches!(keeping.safe(), Safe::Locked | Safe::Open);
        (cut_off() && kept) || (session.is_locked() && (kept || session.signed_in().is_some()))
    };
    let lead = move || match (cut_off(), keeping.safe()) {
        (false, _) if session.is_locked() => "Your passkey brings you back to where you were.",
        (false, _) | (true, Safe::Unknown) if unsupported.get() => {
            "The service is used with a passkey alone."
        }
        (false, _) | (true, Safe::Unknown) => "There is no user name and no password.",
        (true, Safe::Locked | Safe::Open) => {
            "You are offline. Unlock to use what you saved on this device."
        }
        (true, Safe::Empty | Safe::Shut(_)) => {
            "You are offline, and nothing is saved on this device that could be unlocked. Sign in when you have signal."
        }
    };
    view! {
        <CeremonyFailed failed=sign_in.failed ceremony=Ceremony::Use />
        <div class="ncrs-signin">
            <img class="ncrs-signin__mark" src="/favicon.svg" alt="" width="56" height="56" />
            <h1 class="nhsuk-heading-l ncrs-signin__heading">
                {move || if unlocks() { "Unlock" } else { "Sign in" }}
            </h1>
            {move || session.lock().map(whose)}
            <p class="nhsuk-body ncrs-signin__lead" role="status">{lead}</p>
            <button
                class="ncrs-signin__button"
                type="button"
                hidden=move || unsupported.get()
                aria-disabled=move || sign_in.work.pending().then_some("true")
                on:click=move |_| sign_in.begin(false)
            >
                <svg class="ncrs-signin__icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                    <path d="M5.5 18.5c1.2-1.9 1.5-4 1.5-6.5a5 5 0 0 1 10 0c0 1.5-.1 2.9-.3 4.2M3.5 14.5c.4-.8.5-1.6.5-2.5a8 8 0 0 1 12.8-6.4M19.2 8.5c.5 1.1.8 2.3.8 3.5 0 1.7-.1 3.3-.4 4.8M8.5 20.5c1-2 1.5-4.5 1.5-8.5a2 2 0 0 1 4 0c0 3.5-.5 6.5-1.5 9" />
                </svg>
                <span aria-live="polite">
                    {move || match (sign_in.work.pending(), sign_in.checking.get()) {
                        (false, _) if unlocks() => "Unlock with your fingerprint, face or PIN",
                        (false, _) => "Sign in with your fingerprint, face or PIN",
                        (true, false) => "Waiting for your device…",
                        (true, true) => "Signing in…",
                    }}
                </span>
            </button>
            <Show when=move || sign_in.suggests.get()>
                <div class="nhsuk-form-group">
                    <label class="nhsuk-label" for="passkey">"Or choose a saved passkey"</label>
                    <input
                        class="nhsuk-input"
                        id="passkey"
                        type="text"
                        autocomplete="username webauthn"
                        autocapitalize="off"
                        spellcheck="false"
                    />
                </div>
            </Show>
            <Show when=move || session.is_locked() && !cut_off()>
                <p class="ncrs-signin__other">
                    <button class="ncrs-link-button" type="button" on:click=move |_| sign_in.begin(true)>
                        "Someone else? Sign in"
                    </button>
                </p>
            </Show>
            <p class="ncrs-signin__other">
                "First time here? " <a href="/enrol">"Set up this device"</a>
            </p>
        </div>
    }
    .into_any()
}
