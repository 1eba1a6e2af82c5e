//! A person's own passkeys and sessions.

use crate::api::identity::{
    AccountView, PasskeyView, SessionLine, account, add_passkey_finish, add_passkey_start,
    end_session, remove_passkey, rename_passkey, sign_out_everywhere,
};
use crate::components::button::{Progress, SubmitButton};
use crate::components::form::{ErrorSummary, FormValues, TextField};
use crate::components::notice::{Success, focus_soon};
use crate::components::page::Page;
use crate::components::passkey::{
    Ceremony, CeremonyFailed, Failed, NAME_FIELD, checked_name, create,
};
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::device::device;
use crate::keeping::keeping;
use crate::problem::Problem;
use crate::session::{Session, session};
use domain::clock::long_time;
use domain::ids::{PasskeyId, SessionRef};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

/// The one form that is open. One at a time: their fields have the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Rename(PasskeyId),
    Remove(PasskeyId),
    Add,
}

/// What a person asked for last: done again once they have confirmed that it is they.
#[derive(Clone)]
enum Deed {
    Rename(PasskeyId, String),
    Remove(PasskeyId, String),
    Add(String),
    End(SessionRef, String),
    Everywhere,
}

/// The state of the screen.
#[derive(Clone, Copy)]
struct Account {
    session: Session,
    loading: Work,
    /// The list could not be read.
    unread: Trouble,
    work: Work,
    shown: RwSignal<Option<AccountView>>,
    open: RwSignal<Open>,
    trouble: Trouble,
    failed: RwSignal<Option<Failed>>,
    success: RwSignal<Option<String>>,
    last: StoredValue<Option<Deed>>,
}

impl Account {
    fn load(self) {
        self.unread.clear();
        self.loading.latest(account(), move |answer| match answer {
            Ok(view) => self.shown.set(Some(view)),
            Err(problem) => self.unread.take(problem),
        });
    }

    fn clear(self) {
        self.trouble.clear();
        self.failed.set(None);
        self.success.set(None);
    }

    /// Opens a form and leads to it.
    fn show(self, open: Open, focus: &str) {
        if self.work.busy() {
            return;
        }
        self.clear();
        self.open.set(open);
        focus_soon(focus);
    }

    /// Takes the list as it is now, and says what was done.
    fn done(self, answer: Result<AccountView, Problem>, what: String) {
        match answer {
            Ok(view) => {
                self.last.set_value(None);
                self.open.set(Open::Nothing);
                self.shown.set(Some(view));
                self.success.set(Some(what));
            }
            Err(problem) => self.trouble.take(problem),
        }
    }

    /// What the form asks for, with the name that was typed.
    fn submit(self, event: &SubmitEvent, deed: impl FnOnce(String) -> Deed) {
        let name = checked_name(&FormValues::of(event).text(NAME_FIELD));
        if self.work.busy() {
            return;
        }
        match name {
            Ok(name) => self.act(deed(name)),
            Err(error) => {
                self.clear();
                self.trouble.errors.set(vec![error]);
            }
        }
    }

    fn act(self, deed: Deed) {
        if self.work.busy() {
            return;
        }
        self.clear();
        self.last.set_value(Some(deed.clone()));
        let work = self.work;
        match deed {
            Deed::Rename(passkey, name) => {
                let what = format!("The passkey is now called “{name}”.");
                work.once(rename_passkey(passkey, name), move |answer| {
                    self.done(answer, what);
                });
            }
            Deed::Remove(passkey, name) => {
                let what = format!("“{name}” was removed.");
                work.once(remove_passkey(passkey), move |answer| {
                    self.done(answer, what);
                });
            }
            Deed::Add(name) => self.add(name),
            Deed::End(session, device) => {
                let what = format!("The session on {device} was ended.");
                work.once(end_session(session), move |answer| self.done(answer, what));
            }
            Deed::Everywhere => self.sign_out_everywhere(),
        }
    }

    fn add(self, name: String) {
        let device = device();
        let what = format!("“{name}” was added.");
        self.work.once(
            async move {
                let credential = create(device, add_passkey_start().await?).await?;
                Ok(add_passkey_finish(name, credential).await?)
            },
            move |answer: Result<_, Failed>| match answer {
                Ok(view) => self.done(Ok(view), what),
                Err(Failed::Service(problem)) => self.trouble.take(problem),
                Err(failed) => self.failed.set(Some(failed)),
            },
        );
    }

    fn sign_out_everywhere(self) {
        // Without a session this screen gives way to sign-in.
        let keeping = keeping();
        let leaving = async move {
            let view = sign_out_everywhere().await?;
            keeping.signed_out().await;
            Ok(view)
        };
        self.work.once(leaving, move |answer| match answer {
            Ok(view) => self.session.set(view),
            Err(problem) => self.trouble.take(problem),
        });
    }

    /// The same once more, after the person confirmed that it is they or the service answers again.
    fn again(self) {
        if let Some(deed) = self.last.get_value() {
            self.act(deed);
        }
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let state = Account {
        session: session(),
        loading: Work::new(),
        unread: Trouble::new(),
        work: Work::new(),
        shown: RwSignal::new(None),
        open: RwSignal::new(Open::Nothing),
        trouble: Trouble::new(),
        failed: RwSignal::new(None),
        success: RwSignal::new(None),
        last: StoredValue::new(None),
    };
    Effect::new(move || state.load());
    let again = Callback::new(move |()| state.load());
    let act_again = Callback::new(move |()| state.again());
    view! {
        <Page title="Your passkeys and devices" errors=state.trouble.errors>
            <ErrorSummary errors=state.trouble.errors />
            <CeremonyFailed failed=state.failed ceremony=Ceremony::Create />
            <Success message=state.success />
            <h1 class="nhsuk-heading-l">"Your passkeys and devices"</h1>
            <TroubleView trouble=state.unread again />
            <TroubleView trouble=state.trouble again=act_again />
            {move || match state.shown.get() {
                Some(view) => view! { <Lists view state /> }.into_any(),
                None if state.unread.problem.with(Option::is_none) => {
                    view! { <Progress text="Reading your passkeys" /> }.into_any()
                }
                None => ().into_any(),
            }}
        </Page>
    }
    .into_any()
}

#[component]
fn Lists(view: AccountView, state: Account) -> AnyView {
    let keeping = keeping();
    let only = view.passkeys.len() < 2;
    let replace = view.device_bound;
    let passkeys = view
        .passkeys
        .into_iter()
        .map(|passkey| view! { <Passkey passkey only replace state /> })
        .collect_view();
    let sessions = view
        .sessions
        .into_iter()
        .map(|line| view! { <Line line state /> })
        .collect_view();
    view! {
        <h2 class="nhsuk-heading-m">"Passkeys"</h2>
        <p class="nhsuk-body">"Each one lets you sign in from one device, or from one account that keeps passkeys."</p>
        {passkeys}
        <Add state />
        <h2 class="nhsuk-heading-m">"Where you are signed in"</h2>
        {sessions}
        <p class="nhsuk-body">"Lost a device? Sign out everywhere, then remove its passkey above when you sign in again."</p>
        {move || keeping.stays_behind().map(|text| view! { <p class="nhsuk-body">{text}</p> })}
        <button
            class="nhsuk-button nhsuk-button--secondary ncrs-form__submit"
            type="button"
            aria-disabled=move || state.work.pending().then_some("true")
            on:click=move |_| state.act(Deed::Everywhere)
        >
            "Sign out everywhere"
        </button>
    }
    .into_any()
}

#[component]
fn Passkey(
    passkey: PasskeyView,
    only: bool,
    /// Those that can be copied are no longer wanted.
    replace: bool,
    state: Account,
) -> AnyView {
    let id = passkey.id;
    let name = StoredValue::new(passkey.name.clone());
    let used = match passkey.used_at {
        Some(at) => format!("Last used {}", long_time(at)),
        // It was made here, and has signed in by that.
        None if passkey.current => String::new(),
        None => "Not used yet".to_owned(),
    };
    let unfit = (replace && passkey.synced).then(|| {
        view! {
            <p class="ncrs-why">
                "This passkey can be copied to other devices. Add one that stays on this device, or use a security key, then remove this one."
            </p>
        }
    });
    let actions = move || {
        match state.open.get() {
        Open::Rename(open) if open == id => view! {
            <form
                class="ncrs-form"
                method="post"
                novalidate
                on:submit=move |event| state.submit(&event, |name| Deed::Rename(id, name))
            >
                <TextField
                    name=NAME_FIELD
                    label="New name for this passkey"
                    errors=state.trouble.errors
                    value=name.get_value()
                    class="nhsuk-input--width-20"
                />
                <div class="nhsuk-button-group">
                    <SubmitButton work=state.work text="Save name" busy="Saving…" />
                    <Cancel state back=format!("rename-{id}") />
                </div>
            </form>
        }
        .into_any(),
        Open::Remove(open) if open == id => view! {
            <p class="nhsuk-body" id=format!("confirm-{id}") tabindex="-1">
                {format!("Remove “{}”? ", name.get_value())}
                "You can no longer sign in with it. Where it was used to sign in, you are signed out."
                " Patients saved with it are removed. What was not sent from there stays on that device, locked, and is sent when you sign in on it again."
                {passkey.current.then_some(" You used it to sign in here. You stay signed in here until you sign out.")}
            </p>
            <div class="nhsuk-button-group">
                <button
                    class="nhsuk-button nhsuk-button--warning"
                    type="button"
                    aria-disabled=move || state.work.pending().then_some("true")
                    on:click=move |_| state.act(Deed::Remove(id, name.get_value()))
                >
                    {move || if state.work.pending() { "Removing…" } else { "Remove passkey" }}
                </button>
                <Cancel state back=format!("remove-{id}") />
            </div>
        }
        .into_any(),
        _ => {
            let which = move || view! { <span class="nhsuk-u-visually-hidden">" " {name.get_value()}</span> };
            let why = only.then(|| {
                view! {
                    <p class="ncrs-why">
                        "You cannot remove this passkey: it is the only one that you have. Add another first."
                    </p>
                }
            });
            let remove = (!only).then(|| {
                view! {
                    <button
                        class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
                        type="button"
                        id=format!("remove-{id}")
                        on:click=move |_| state.show(Open::Remove(id), &format!("confirm-{id}"))
                    >
                        "Remove"
                        {which()}
                    </button>
                }
            });
            view! {
                <div class="nhsuk-button-group">
                    <button
                        class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
                        type="button"
                        id=format!("rename-{id}")
                        on:click=move |_| state.show(Open::Rename(id), NAME_FIELD)
                    >
                        "Rename"
                        {which()}
                    </button>
                    {remove}
                </div>
                {why}
            }
            .into_any()
        }
    }
    };
    view! {
        <div class="nhsuk-card">
            <div class="nhsuk-card__content">
                <h3 class="nhsuk-card__heading nhsuk-heading-s">
                    {passkey.name} " "
                    {passkey
                        .current
                        .then(|| view! { <strong class="nhsuk-tag nhsuk-tag--blue">"Used to sign in here"</strong> })}
                </h3>
                <p class="nhsuk-body">{format!("Added {}", long_time(passkey.added_at))} <br /> {used}</p>
                {unfit}
                {actions}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Add(state: Account) -> AnyView {
    (move || match state.open.get() {
        Open::Add => view! {
            <form class="ncrs-form" method="post" novalidate on:submit=move |event| state.submit(&event, Deed::Add)>
                <TextField
                    name=NAME_FIELD
                    label="Name for this passkey"
                    hint="So that you can tell your devices apart, like “Work phone”."
                    errors=state.trouble.errors
                    value="This device"
                    class="nhsuk-input--width-20"
                />
                <div class="nhsuk-button-group">
                    <SubmitButton work=state.work text="Create passkey" busy="Waiting for your device…" />
                    <Cancel state back="add-passkey".to_owned() />
                </div>
            </form>
        }
        .into_any(),
        _ => view! {
            <button
                class="nhsuk-button ncrs-form__submit"
                type="button"
                id="add-passkey"
                on:click=move |_| state.show(Open::Add, NAME_FIELD)
            >
                "Add a passkey"
            </button>
        }
        .into_any(),
    })
    .into_any()
}

/// Closes the form, and leads back to the button that opened it.
#[component]
fn Cancel(state: Account, back: String) -> AnyView {
    view! {
        <button
            class="ncrs-link-button"
            type="button"
            on:click=move |_| state.show(Open::Nothing, &back)
        >
            "Cancel"
        </button>
    }
    .into_any()
}

#[component]
fn Line(line: SessionLine, state: Account) -> AnyView {
    let id = line.id;
    let device = line.device.clone();
    let end = if line.current {
        view! { <p class="nhsuk-body"><strong class="nhsuk-tag nhsuk-tag--blue">"This session"</strong></p> }.into_any()
    } else {
        view! {
            <button
                class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
                type="button"
                aria-disabled=move || state.work.pending().then_some("true")
                on:click=move |_| state.act(Deed::End(id, device.clone()))
            >
                "End session"
                <span class="nhsuk-u-visually-hidden">" on " {line.device.clone()}</span>
            </button>
        }
        .into_any()
    };
    view! {
        <div class="nhsuk-card">
            <div class="nhsuk-card__content">
                <h3 class="nhsuk-card__heading nhsuk-heading-s">{line.device.clone()}</h3>
                <p class="nhsuk-body">
                    {format!("Signed in {}", long_time(line.began_at))} <br />
                    {format!("Last used {}", long_time(line.used_at))}
                </p>
                {end}
            </div>
        </div>
    }
    .into_any()
}
