//! What stands above every screen: where we are, who is working, and in which role.

use crate::api::client;
use crate::api::identity::{SignedIn, sign_out};
use crate::components::strips::Strips;
use crate::components::work::Work;
use crate::device::device;
use crate::keeping::{Keeping, keeping};
use crate::lock::lock;
use crate::problem::Problem;
use crate::session::{Session, session};
use domain::idle::LockReason;
use domain::role::{Activity, RoleAssignment};
use jiff::{SignedDuration, Timestamp};
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, EventTarget};
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

/// How old what is known of the session may be when another screen is shown.
const LOOK: SignedDuration = SignedDuration::from_secs(60);

/// The skip link, the training strip and the header.
#[component]
pub fn Header() -> impl IntoView {
    let session = session();
    let keeping = keeping();
    let training = Memo::new(move |_| session.training());
    // Here, so that it stays open where what is known of the person becomes fresh.
    let open = RwSignal::new(false);
    let path = use_location().pathname;
    // Begun before the screens are, and so told before they ask for anything.
    Effect::new(move || client::arrive_at(path.get()));
    let looked = StoredValue::new(None::<Timestamp>);
    Effect::new(move || {
        path.track();
        look_now_and_then(session, looked);
    });
    Effect::new(move || close_from_elsewhere(open));
    Effect::new(move || {
        if session.signed_in().is_none() {
            open.set(false);
        }
    });
    view! {
        <a class="nhsuk-skip-link" href="#maincontent" rel="external">"Skip to main content"</a>
        <Show when=move || training.get()>
            <aside class="ncrs-training" aria-label="Training">
                "Training: made-up patients"
            </aside>
        </Show>
        <header class="ncrs-header">
            <div class="ncrs-header__inner">
                <a class="ncrs-header__name" href="/">
                    <svg class="ncrs-header__mark" viewBox="4 3 24 26" aria-hidden="true" focusable="false">
                        <path
                            d="M6 8a3 3 0 0 1 3-3h5l2.5 3H23a3 3 0 0 1 3 3v13a3 3 0 0 1-3 3H9a3 3 0 0 1-3-3z"
                            fill="#fff"
                        />
                        <path
                            d="M9 18h3.5l2.2-5 3.3 9 2-4h3"
                            fill="none"
                            stroke="#005eb8"
                            stroke-width="2.2"
                            stroke-linecap="round"
                            stroke-linejoin="round"
                        />
                    </svg>
                    <span class="ncrs-header__long">"National Care Records Service"</span>
                    <span class="ncrs-header__short">"Care Records"</span>
                </a>
                {move || {
                    // Nothing is done from a locked page but to unlock it.
                    let there = session.signed_in().filter(|_| !session.is_locked());
                    there.map(|person| view! { <Role person session keeping open /> })
                }}
            </div>
        </header>
        <Strips session keeping />
    }
}

/// What was done to the account elsewhere is told on whichever screen comes next: the service is asked
/// again, now and then, by who goes on. Not by time alone, which would keep a session alive.
fn look_now_and_then(session: Session, looked: StoredValue<Option<Timestamp>>) {
    let Some(now) = device().map(|device| device.now()) else {
        return;
    };
    match looked.get_value() {
        // The page came with what is known.
        None => looked.set_value(Some(now)),
        Some(before) if now.duration_since(before) >= LOOK => {
            if session.is_live_now() && !session.is_locked_now() {
                looked.set_value(Some(now));
                session.look_again();
            }
        }
        Some(_) => {}
    }
}

/// The menu closes where a person turns to something else, not where a page leads on by itself: they may
/// just have opened it.
fn close_from_elsewhere(open: RwSignal<bool>) {
    let elsewhere = |target: Option<EventTarget>| {
        target
            .and_then(|target| target.dyn_into::<Element>().ok())
            .is_some_and(|element| matches!(element.closest(".ncrs-menu"), Ok(None)))
    };
    let tapped = window_event_listener(ev::click, move |event| {
        if elsewhere(event.target()) {
            open.set(false);
        }
    });
    // What has the focus is not behind the menu.
    let tabbed = window_event_listener(ev::keyup, move |event| {
        if event.key() == "Tab" && elsewhere(event.target()) {
            open.set(false);
        }
    });
    let back = window_event_listener(ev::popstate, move |_| open.set(false));
    on_cleanup(move || {
        tapped.remove();
        tabbed.remove();
        back.remove();
    });
}

/// How many there are, where there are any.
fn count<N: Default + PartialEq + ToString>(many: N) -> Option<impl IntoView> {
    (many != N::default()).then(|| view! { " " <span class="ncrs-count">{many.to_string()}</span> })
}

#[component]
fn Role(
    person: SignedIn,
    session: Session,
    keeping: Keeping,
    /// The menu is.
    open: RwSignal<bool>,
) -> AnyView {
    let role = person.role.as_ref().map(|role| {
        view! {
            <p class="ncrs-header__role">
                <strong>{role.job_name.clone()}</strong>
                " "
                <span>{role.organisation.name.clone()}</span>
            </p>
        }
    });
    let who = match &person.role {
        Some(role) => format!("{}, {}", person.person.name, role.job_name),
        None => person.person.name.clone(),
    };
    let organisation = person
        .role
        .as_ref()
        .map(|role| role.organisation.name.clone());
    let path = use_location().pathname;
    let item = move |to: &'static str, text: &'static str, count: AnyView| {
        let current = move || {
            path.with(|path| path == to || path.starts_with(&format!("{to}/")))
                .then_some("page")
        };
        // Closed also where they are already.
        view! {
            <li class="ncrs-menu__item">
                <a
                    class="ncrs-menu__link"
                    on:click=move |_| open.set(false)
                    href=to
                    aria-current=current
                >
                    {text}
                    {count}
                </a>
            </li>
        }
        .into_any()
    };
    let plain = move |shown: bool, to, text| shown.then(|| item(to, text, ().into_any()));
    let waiting = move || {
        let counts = keeping.counts();
        count(counts.waiting + counts.needs_decision)
    };
    let several = person.roles.len() > 1;
    let registers = session.allows(Activity::RegisterStaff);
    // Some work has no patients in it; whoever else lacks the right is told so there.
    let elsewhere = person
        .role
        .as_ref()
        .is_some_and(RoleAssignment::works_without_patients);
    let alerts = person
        .role
        .as_ref()
        .is_some_and(RoleAssignment::receives_alerts);
    let reports = session.allows(Activity::Reports);
    let completes = session.allows(Activity::OrganisationAdmin);
    let approves = session.allows(Activity::NationalApprover);
    let finds = session.allows(Activity::FindPatient) || !elsewhere;
    let work = Work::new();
    let failed = RwSignal::new(None::<Problem>);
    let navigate = use_navigate();
    let leave = move |_| {
        let navigate = navigate.clone();
        failed.set(None);
        let leave = async move {
            let answer = sign_out().await;
            keeping.heard(&answer);
            match answer {
                // Without the service too: it ends the session by itself.
                Err(problem) if problem.falls_back() => {
                    keeping.signed_out().await;
                    keeping.sign_out_later();
                    Ok(session.without_anyone())
                }
                Ok(view) => {
                    keeping.signed_out().await;
                    Ok(view)
                }
                Err(problem) => Err(problem),
            }
        };
        work.once(leave, move |answer| match answer {
            Ok(view) => {
                open.set(false);
                session.set(view);
                navigate("/sign-in", NavigateOptions::default());
            }
            Err(problem) => failed.set(Some(problem)),
        });
    };
    view! {
        {role}
        <details
            class="ncrs-menu"
            prop:open=move || open.get()
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    open.set(false);
                }
            }
        >
            <summary
                class="ncrs-menu__button"
                on:click=move |event| {
                    event.prevent_default();
                    open.update(|open| *open = !*open);
                }
            >
                "Menu"
            </summary>
            <nav class="ncrs-menu__panel" aria-label="Menu">
                <p class="ncrs-menu__who">{who} <br /> {organisation}</p>
                <ul class="ncrs-menu__list">
                    {plain(finds, "/find", "Find a patient")}
                    {plain(finds, "/visits", "Visit list")}
                    {item("/changes", "Waiting to be sent", waiting.into_any())}
                    {plain(registers, "/staff", "Staff")}
                    {plain(completes, "/readiness", "Readiness checklist")}
                    {plain(approves, "/approvals", "National approval")}
                    {plain(alerts, "/privacy", "Privacy alerts")}
                    {plain(reports && !alerts, "/privacy/looks", "Who looked at a patient")}
                    {item("/activity", "What you looked at", count(person.questions).into_any())}
                    {plain(several, "/role", "Change role")}
                    {plain(true, "/account", "Your passkeys and devices")}
                    {plain(true, "/device", "This device")}
                    <li class="ncrs-menu__item">
                        <button
                            class="ncrs-menu__link"
                            type="button"
                            on:click=move |_| lock(keeping, LockReason::ByHand)
                        >
                            "Lock now"
                        </button>
                    </li>
                    <li class="ncrs-menu__item">
                        {move || keeping.stays_behind().map(|text| view! { <p class="ncrs-menu__who">{text}</p> })}
                        <button class="ncrs-menu__link" type="button" on:click=leave>"Sign out"</button>
                    </li>
                </ul>
                <div role="alert">
                    {move || {
                        failed
                            .get()
                            .map(|problem| {
                                view! {
                                    <p class="ncrs-menu__who">
                                        "You are still signed in. " {problem.title()} ". " {problem.advice()}
                                    </p>
                                }
                            })
                    }}
                </div>
            </nav>
        </details>
    }
    .into_any()
}
