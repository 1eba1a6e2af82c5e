//! One member of staff: their roles, passkeys and sessions, and what an agent may end or give.

use super::fields::{read_role, role_fields};
use super::{StaffTrouble, allows, code_view};
use crate::api::identity::{PasskeyView, SessionLine};
use crate::api::registration::{
    Invitation, NewRole, StaffView, end_role, give_role, leave, new_code, revoke_passkey,
    revoke_session, staff, staff_member,
};
use crate::components::button::{Progress, SubmitButton};
use crate::components::form::{ErrorSummary, FormValues};
use crate::components::notice::{Success, focus_soon};
use crate::components::page::Page;
use crate::components::problem::Trouble;
use crate::components::work::Work;
use crate::problem::{Kind, Problem};
use crate::screens::not_found;
use domain::clock::long_time;
use domain::ids::{PasskeyId, PersonId, RoleId, SessionRef};
use domain::role::{Organisation, RoleAssignment};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// What an agent does to someone.
#[derive(Clone, PartialEq, Eq)]
enum Deed {
    Give(NewRole),
    EndRole(RoleId),
    TakePasskey(PasskeyId),
    EndSession(SessionRef),
    NewCode,
    Leave,
}

/// The one question or form that is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Give,
    EndRole(RoleId),
    TakePasskey(PasskeyId),
    Leave,
}

/// What there is after a deed.
enum After {
    /// The page, as it is now, and what was done.
    View(Box<StaffView>, &'static str),
    Code(Invitation),
    /// They have no role left that the agent may see.
    Gone(&'static str),
}

/// The state of the screen.
#[derive(Clone, Copy)]
struct Member {
    person: PersonId,
    loading: Work,
    work: Work,
    trouble: Trouble,
    shown: RwSignal<Option<StaffView>>,
    organisations: RwSignal<Vec<Organisation>>,
    open: RwSignal<Open>,
    code: RwSignal<Option<Invitation>>,
    success: RwSignal<Option<String>>,
    gone: RwSignal<bool>,
    last: StoredValue<Option<Deed>>,
}

impl Member {
    fn load(self) {
        self.trouble.clear();
        let person = self.person;
        let asking = async move {
            let view = staff_member(person).await?;
            Ok((view, staff().await?.organisations))
        };
        self.loading
            .latest(asking, move |answer: Result<_, Problem>| match answer {
                Ok((view, organisations)) => {
                    self.organisations.set(organisations);
                    self.shown.set(Some(view));
                }
                Err(problem) => self.trouble.take(problem),
            });
    }

    fn clear(self) {
        self.trouble.clear();
        self.success.set(None);
        self.code.set(None);
    }

    /// Opens a form or a question and leads to it.
    fn show(self, open: Open, focus: &str) {
        if self.work.busy() {
            return;
        }
        self.clear();
        self.open.set(open);
        focus_soon(focus);
    }

    fn give(self, event: &SubmitEvent) {
        let role = read_role(&FormValues::of(event));
        if self.work.busy() {
            return;
        }
        self.clear();
        match role {
            Ok(role) => self.act(Deed::Give(role)),
            Err(problems) => self.trouble.errors.set(problems),
        }
    }

    fn act(self, deed: Deed) {
        if self.work.busy() {
            return;
        }
        self.clear();
        self.last.set_value(Some(deed.clone()));
        self.work
            .once(done(self.person, deed), move |answer| match answer {
                Ok(after) => {
                    self.last.set_value(None);
                    self.open.set(Open::Nothing);
                    match after {
                        After::View(view, what) => {
                            self.shown.set(Some(*view));
                            self.success.set(Some(what.to_owned()));
                        }
                        After::Code(invitation) => {
                            self.code.set(Some(invitation));
                            focus_soon("code");
                        }
                        After::Gone(what) => {
                            self.gone.set(true);
                            self.success.set(Some(what.to_owned()));
                        }
                    }
                }
                Err(problem) => self.trouble.take(problem),
            });
    }

    fn again(self) {
        match self.last.get_value() {
            Some(deed) => self.act(deed),
            None => self.load(),
        }
    }
}

/// Does it, and says what there is then.
async fn done(person: PersonId, deed: Deed) -> Result<After, Problem> {
    match deed {
        Deed::Give(role) => {
            let awaits = role
                .activities
                .iter()
                .any(|activity| activity.needs_second_person());
            give_role(person, role).await?;
            Ok(now(
                person,
                if awaits {
                    "Another agent has been asked to approve the role."
                } else {
                    "The role was given."
                },
            )
            .await?)
        }
        Deed::EndRole(role) => {
            end_role(role).await?;
            now(person, "The role was ended.").await
        }
        Deed::TakePasskey(passkey) => {
            let view = revoke_passkey(person, passkey).await?;
            Ok(After::View(Box::new(view), "The passkey was removed."))
        }
        Deed::EndSession(session) => {
            let view = revoke_session(person, session).await?;
            Ok(After::View(Box::new(view), "The session was ended."))
        }
        Deed::NewCode => Ok(After::Code(new_code(person).await?)),
        Deed::Leave => {
            leave(person).await?;
            Ok(After::Gone(
                "Their roles, sessions and saved records have ended.",
            ))
        }
    }
}

/// The person as they are now.
async fn now(person: PersonId, what: &'static str) -> Result<After, Problem> {
    match staff_member(person).await {
        Ok(view) => Ok(After::View(Box::new(view), what)),
        Err(problem) if problem.kind == Kind::NotFound => Ok(After::Gone(what)),
        Err(problem) => Err(problem),
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let person = use_params_map().with_untracked(|params| {
        params
            .get_str("person")
            .and_then(|text| text.parse::<PersonId>().ok())
    });
    let Some(person) = person else {
        return not_found::screen().into_any();
    };
    let state = Member {
        person,
        loading: Work::new(),
        work: Work::new(),
        trouble: Trouble::new(),
        shown: RwSignal::new(None),
        organisations: RwSignal::new(Vec::new()),
        open: RwSignal::new(Open::Nothing),
        code: RwSignal::new(None),
        success: RwSignal::new(None),
        gone: RwSignal::new(false),
        last: StoredValue::new(None),
    };
    Effect::new(move || state.load());
    let again = Callback::new(move |()| state.again());
    let body = move || match state.shown.get() {
        Some(view) if state.gone.get() => view! {
            <h1 class="nhsuk-heading-l">{view.person.name}</h1>
            <p class="nhsuk-body">"They are no longer on your list of staff."</p>
        }
        .into_any(),
        Some(view) => whole(view, state),
        None => {
            let loading = state.loading.pending();
            view! {
                <h1 class="nhsuk-heading-l">"Member of staff"</h1>
                {loading.then(|| view! { <Progress text="Reading what is registered" /> })}
            }
            .into_any()
        }
    };
    view! {
        <Page title="Member of staff" errors=state.trouble.errors>
            <a class="nhsuk-back-link" href="/staff">"Staff"</a>
            <ErrorSummary errors=state.trouble.errors />
            <Success message=state.success />
            {move || state.code.get().map(|invitation| code_view(&invitation))}
            <StaffTrouble trouble=state.trouble again />
            {body}
        </Page>
    }
    .into_any()
}

fn whole(view: StaffView, state: Member) -> AnyView {
    let StaffView {
        person,
        login,
        roles,
        passkeys,
        sessions,
        may_act,
    } = view;
    let name = StoredValue::new(person.name.clone());
    let own = roles.len();
    let no_role = roles.is_empty().then(|| {
        view! { <p class="nhsuk-body">"No role yet: the one that was asked for waits for another agent."</p> }
    });
    let roles = roles
        .into_iter()
        .map(|one| role(one, own == 1, state))
        .collect_view();
    let rest = if may_act {
        view! {
            <Passkeys passkeys state />
            <Sessions sessions state />
            <h2 class="nhsuk-heading-m">"Leaving"</h2>
            <Leave name=name.get_value() state />
        }
        .into_any()
    } else {
        view! {
            <p class="ncrs-why">
                "You cannot change their passkeys and sessions: they are yours, or this person also works where you do not register staff."
            </p>
        }
        .into_any()
    };
    view! {
        <h1 class="nhsuk-heading-l">{person.name}</h1>
        <p class="nhsuk-body">"Login " {login}</p>
        <h2 class="nhsuk-heading-m">"Roles"</h2>
        {no_role}
        {roles}
        <Give state />
        {rest}
    }
    .into_any()
}

fn role(role: RoleAssignment, only: bool, state: Member) -> AnyView {
    let id = role.id;
    let job = StoredValue::new(role.job_name.clone());
    let allowed = role
        .activities
        .iter()
        .map(|activity| view! { <li>{allows(*activity)}</li> })
        .collect_view();
    let more = if only {
        "It is their only role here: they leave your list with it. Give them their next role first, if they have one."
    } else {
        "The patients that they have open in it are closed, and what their devices keep for it goes."
    };
    let end = move || match state.open.get() {
        Open::EndRole(open) if open == id => question(
            state,
            format!("end-{id}"),
            format!("End the role {}? {more}", job.get_value()),
            "End role",
            Deed::EndRole(id),
        ),
        Open::Nothing | Open::Give | Open::EndRole(_) | Open::TakePasskey(_) | Open::Leave => {
            small(
                state,
                format!("end-{id}"),
                "End role",
                job.get_value(),
                Open::EndRole(id),
            )
        }
    };
    view! {
        <div class="nhsuk-card">
            <div class="nhsuk-card__content">
                <h3 class="nhsuk-card__heading nhsuk-heading-s">{role.job_name.clone()}</h3>
                <p class="nhsuk-body">
                    {role.organisation.name} " (" {role.organisation.ods.to_string()} ")" <br /> {role.job_code}
                </p>
                <ul class="nhsuk-list nhsuk-list--bullet">{allowed}</ul>
                {end}
            </div>
        </div>
    }
    .into_any()
}

/// The small button that opens a question, and to which "Cancel" leads back.
fn small(state: Member, id: String, text: &'static str, which: String, open: Open) -> AnyView {
    let asked = format!("{id}-question");
    view! {
        <button
            class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
            type="button"
            id=id
            on:click=move |_| state.show(open, &asked)
        >
            {text}
            <span class="nhsuk-u-visually-hidden">" " {which}</span>
        </button>
    }
    .into_any()
}

/// Whether it is meant: what follows from it, then the button.
fn question(state: Member, id: String, asks: String, text: &'static str, deed: Deed) -> AnyView {
    view! {
        <p class="nhsuk-body" id=format!("{id}-question") tabindex="-1">{asks}</p>
        <div class="nhsuk-button-group">
            <button
                class="nhsuk-button nhsuk-button--warning"
                type="button"
                aria-disabled=move || state.work.pending().then_some("true")
                on:click=move |_| state.act(deed.clone())
            >
                {text}
            </button>
            <button
                class="ncrs-link-button"
                type="button"
                on:click=move |_| state.show(Open::Nothing, &id)
            >
                "Cancel"
            </button>
        </div>
    }
    .into_any()
}

#[component]
fn Give(state: Member) -> AnyView {
    let errors = state.trouble.errors;
    let is_open = Memo::new(move |_| state.open.get() == Open::Give);
    (move || {
        if is_open.get() {
            view! {
                <h3 class="nhsuk-heading-s" id="give-form" tabindex="-1">"Give a role"</h3>
                <form
                    class="ncrs-form"
                    method="post"
                    novalidate
                    on:submit=move |event| state.give(&event)
                >
                    {role_fields(errors, state.organisations.get_untracked())}
                    <div class="nhsuk-button-group">
                        <SubmitButton work=state.work text="Give role" busy="Giving…" />
                        <button
                            class="ncrs-link-button"
                            type="button"
                            on:click=move |_| state.show(Open::Nothing, "give")
                        >
                            "Cancel"
                        </button>
                    </div>
                </form>
            }
            .into_any()
        } else {
            view! {
                <button
                    class="nhsuk-button nhsuk-button--secondary"
                    type="button"
                    id="give"
                    on:click=move |_| state.show(Open::Give, "give-form")
                >
                    "Give a role"
                </button>
            }
            .into_any()
        }
    })
    .into_any()
}

#[component]
fn Passkeys(passkeys: Vec<PasskeyView>, state: Member) -> AnyView {
    let none = passkeys.is_empty().then(|| {
        view! { <p class="nhsuk-body">"They have none: they need a code to enrol."</p> }
    });
    let cards = passkeys
        .into_iter()
        .map(|passkey| {
            let id = passkey.id;
            let name = StoredValue::new(passkey.name.clone());
            let used = match passkey.used_at {
                Some(at) => format!("Last used {}", long_time(at)),
                None => "Not used yet".to_owned(),
            };
            let remove = move || match state.open.get() {
                Open::TakePasskey(open) if open == id => question(
                    state,
                    format!("remove-{id}"),
                    format!(
                        "Remove “{}”? They can no longer sign in with it, and are signed out where it was used.",
                        name.get_value()
                    ),
                    "Remove passkey",
                    Deed::TakePasskey(id),
                ),
                Open::Nothing
                | Open::Give
                | Open::EndRole(_)
                | Open::TakePasskey(_)
                | Open::Leave => small(
                    state,
                    format!("remove-{id}"),
                    "Remove",
                    name.get_value(),
                    Open::TakePasskey(id),
                ),
            };
            view! {
                <div class="nhsuk-card">
                    <div class="nhsuk-card__content">
                        <h3 class="nhsuk-card__heading nhsuk-heading-s">{passkey.name}</h3>
                        <p class="nhsuk-body">
                            {format!("Added {}", long_time(passkey.added_at))} <br /> {used}
                        </p>
                        {remove}
                    </div>
                </div>
            }
        })
        .collect_view();
    view! {
        <h2 class="nhsuk-heading-m">"Passkeys"</h2>
        {none}
        {cards}
        <p class="nhsuk-body">"A new device, or a lost one? A new code replaces the one before."</p>
        <button
            class="nhsuk-button nhsuk-button--secondary"
            type="button"
            id="new-code"
            aria-disabled=move || state.work.pending().then_some("true")
            on:click=move |_| state.act(Deed::NewCode)
        >
            "Make a new code"
        </button>
    }
    .into_any()
}

#[component]
fn Sessions(sessions: Vec<SessionLine>, state: Member) -> AnyView {
    let none = sessions
        .is_empty()
        .then(|| view! { <p class="nhsuk-body">"They are not signed in anywhere."</p> });
    let cards = sessions
        .into_iter()
        .map(|line| {
            let id = line.id;
            view! {
                <div class="nhsuk-card">
                    <div class="nhsuk-card__content">
                        <h3 class="nhsuk-card__heading nhsuk-heading-s">{line.device.clone()}</h3>
                        <p class="nhsuk-body">
                            {format!("Signed in {}", long_time(line.began_at))} <br />
                            {format!("Last used {}", long_time(line.used_at))}
                        </p>
                        <button
                            class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
                            type="button"
                            aria-disabled=move || state.work.pending().then_some("true")
                            on:click=move |_| state.act(Deed::EndSession(id))
                        >
                            "End session"
                            <span class="nhsuk-u-visually-hidden">" on " {line.device}</span>
                        </button>
                    </div>
                </div>
            }
        })
        .collect_view();
    view! {
        <h2 class="nhsuk-heading-m">"Where they are signed in"</h2>
        {none}
        {cards}
    }
    .into_any()
}

#[component]
fn Leave(name: String, state: Member) -> AnyView {
    let is_open = Memo::new(move |_| state.open.get() == Open::Leave);
    (move || {
        if is_open.get() {
            question(
                state,
                "leave".to_owned(),
                format!(
                    "{name} leaves? All their roles here, their sessions and what their devices keep end at once. This cannot be taken back."
                ),
                "They leave",
                Deed::Leave,
            )
        } else {
            view! {
                <p class="nhsuk-body">"Someone who leaves is signed out everywhere, at once."</p>
                <button
                    class="nhsuk-button nhsuk-button--warning"
                    type="button"
                    id="leave"
                    on:click=move |_| state.show(Open::Leave, "leave-question")
                >
                    "They are leaving"
                </button>
            }
            .into_any()
        }
    })
    .into_any()
}
