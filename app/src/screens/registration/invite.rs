//! Registering someone new: who they are and their first role. The answer is a code, shown once.

use super::fields::{read_role, role_fields};
use super::{StaffTrouble, code_view};
use crate::api::registration::{Invitation, NewRole, invite, staff};
use crate::components::button::{Progress, SubmitButton};
use crate::components::form::{ErrorSummary, FormValues, TextField};
use crate::components::notice::focus_soon;
use crate::components::page::Page;
use crate::components::problem::Trouble;
use crate::components::work::Work;
use domain::FieldError;
use domain::role::Organisation;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

/// What is sent.
#[derive(Clone)]
struct Form {
    name: String,
    login: String,
    role: NewRole,
}

/// The state of the screen.
#[derive(Clone, Copy)]
struct Inviting {
    loading: Work,
    work: Work,
    trouble: Trouble,
    organisations: RwSignal<Option<Vec<Organisation>>>,
    /// As it was sent last.
    sent: StoredValue<Option<Form>>,
    made: RwSignal<Option<Invitation>>,
}

impl Inviting {
    fn load(self) {
        self.trouble.clear();
        self.loading.latest(staff(), move |answer| match answer {
            Ok(list) => self.organisations.set(Some(list.organisations)),
            Err(problem) => self.trouble.take(problem),
        });
    }

    fn submit(self, event: &SubmitEvent) {
        let values = FormValues::of(event);
        if self.work.busy() {
            return;
        }
        self.trouble.clear();
        let text = |field: &str| values.text(field).trim().to_owned();
        let (name, login) = (text("name"), text("login"));
        let mut problems = Vec::new();
        if name.is_empty() {
            problems.push(FieldError::new("name", "Enter their name"));
        }
        if login.is_empty() {
            problems.push(FieldError::new("login", "Enter their login"));
        }
        match read_role(&values) {
            Ok(role) if problems.is_empty() => self.send(Form { name, login, role }),
            Ok(_) => self.trouble.errors.set(problems),
            Err(more) => {
                problems.extend(more);
                self.trouble.errors.set(problems);
            }
        }
    }

    fn send(self, form: Form) {
        self.trouble.clear();
        self.sent.set_value(Some(form.clone()));
        let Form { name, login, role } = form;
        self.work
            .once(invite(name, login, role), move |answer| match answer {
                Ok(invitation) => {
                    self.sent.set_value(None);
                    self.made.set(Some(invitation));
                    focus_soon("code");
                }
                Err(problem) => self.trouble.take(problem),
            });
    }

    /// The same again, after the person confirmed that it is they, or the service answers again.
    fn again(self) {
        match self.sent.get_value() {
            Some(form) => self.send(form),
            None => self.load(),
        }
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let state = Inviting {
        loading: Work::new(),
        work: Work::new(),
        trouble: Trouble::new(),
        organisations: RwSignal::new(None),
        sent: StoredValue::new(None),
        made: RwSignal::new(None),
    };
    Effect::new(move || state.load());
    let again = Callback::new(move |()| state.again());
    let body = move || match (state.made.get(), state.organisations.get()) {
        (Some(invitation), _) => made(&invitation, state),
        (None, Some(organisations)) => form(organisations, state),
        (None, None) if state.loading.pending() => {
            view! { <Progress text="Reading your organisations" /> }.into_any()
        }
        (None, None) => ().into_any(),
    };
    view! {
        <Page title="Invite someone" errors=state.trouble.errors>
            <a class="nhsuk-back-link" href="/staff">"Staff"</a>
            <ErrorSummary errors=state.trouble.errors />
            <h1 class="nhsuk-heading-l">"Invite someone"</h1>
            {body}
            <StaffTrouble trouble=state.trouble again />
        </Page>
    }
    .into_any()
}

fn form(organisations: Vec<Organisation>, state: Inviting) -> AnyView {
    let errors = state.trouble.errors;
    view! {
        <p class="nhsuk-body">
            "Check who they are first. They get a one-time code, with which they set up their own device."
        </p>
        <form class="ncrs-form" method="post" novalidate on:submit=move |event| state.submit(&event)>
            <TextField name="name" label="Full name" errors class="nhsuk-input--width-20" />
            <TextField
                name="login"
                label="Login"
                hint="By which your organisation knows them, such as priya.nair"
                errors
                class="nhsuk-input--width-20"
            />
            {role_fields(errors, organisations)}
            <SubmitButton work=state.work text="Invite" busy="Inviting…" />
        </form>
    }
    .into_any()
}

fn made(invitation: &Invitation, state: Inviting) -> AnyView {
    let next = move |_| {
        state.made.set(None);
        focus_soon("maincontent");
    };
    view! {
        {code_view(invitation)}
        <div class="nhsuk-button-group">
            <button class="nhsuk-button nhsuk-button--secondary" type="button" on:click=next>
                "Invite someone else"
            </button>
            <a class="nhsuk-link" href="/staff">"Back to staff"</a>
        </div>
    }
    .into_any()
}
