//! Set up a device: a one-time code from the Registration Authority, then a passkey.

use crate::api::identity::{Enrolment, WebAuthnJson, enrol_finish, enrol_start};
use crate::components::button::SubmitButton;
use crate::components::form::{ErrorSummary, FormValues, TextField};
use crate::components::notice::focus_soon;
use crate::components::page::Page;
use crate::components::passkey::{
    Ceremony, CeremonyFailed, Failed, NAME_FIELD, checked_name, create,
};
use crate::components::problem::Trouble;
use crate::components::work::Work;
use crate::device::{NoCredential, device};
use crate::keeping::{Keeping, keeping};
use crate::problem::Kind;
use crate::screens::home::instead;
use crate::screens::sign_in::after_sign_in;
use crate::session::{Session, safe_next, session};
use domain::FieldError;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

/// Name and id of the code's field.
const CODE_FIELD: &str = "code";

/// An enrolment that is under way.
#[derive(Clone, Copy)]
struct Enrol {
    session: Session,
    keeping: Keeping,
    work: Work,
    trouble: Trouble,
    failed: RwSignal<Option<Failed>>,
    /// As typed: each attempt to make a passkey begins with it.
    code: StoredValue<String>,
    /// Whose code it is, once it was accepted.
    person: RwSignal<Option<String>>,
    /// What the browser is to make. Once only.
    options: StoredValue<Option<WebAuthnJson>>,
}

impl Enrol {
    fn clear(self) {
        self.trouble.clear();
        self.failed.set(None);
    }

    fn send_code(self, event: &SubmitEvent) {
        let code = FormValues::of(event).text(CODE_FIELD).trim().to_owned();
        if self.work.busy() {
            return;
        }
        self.clear();
        if code.is_empty() {
            self.trouble.errors.set(vec![FieldError::new(
                CODE_FIELD,
                "Enter your enrolment code",
            )]);
            return;
        }
        self.code.set_value(code.clone());
        self.work.once(enrol_start(code), move |answer| match answer {
            Ok(Enrolment { person, options }) => {
                self.options.set_value(Some(options));
                self.person.set(Some(person));
                focus_soon("hello");
            }
            Err(problem) if problem.kind == Kind::NotAccepted => {
                self.trouble.errors.set(vec![FieldError::new(
                    CODE_FIELD,
                    "This code cannot be used. Check it, or ask your Registration Authority for a new one",
                )]);
            }
            Err(problem) => self.refused(problem.into()),
        });
    }

    fn make_passkey(self, event: &SubmitEvent, done: impl FnOnce() + 'static) {
        let name = checked_name(&FormValues::of(event).text(NAME_FIELD));
        if self.work.busy() {
            return;
        }
        self.clear();
        let name = match name {
            Ok(name) => name,
            Err(error) => {
                self.trouble.errors.set(vec![error]);
                return;
            }
        };
        let device = device();
        let code = self.code.get_value();
        let options = self.options.try_update_value(Option::take).flatten();
        self.work.once(
            async move {
                let options = match options {
                    Some(options) => options,
                    None => enrol_start(code).await?.options,
                };
                let credential = create(device, options).await?;
                Ok(enrol_finish(name, credential).await?)
            },
            move |answer: Result<_, Failed>| match answer {
                Ok(view) => {
                    self.session.set(view);
                    self.keeping.signed_in();
                    done();
                }
                Err(failed) => self.refused(failed),
            },
        );
    }

    fn refused(self, failed: Failed) {
        match failed {
            Failed::Service(problem) if !problem.fields().is_empty() => self.trouble.take(problem),
            failed => self.failed.set(Some(failed)),
        }
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let session = session();
    let next = safe_next(use_query_map().read_untracked().get("next"));
    let enrol = Enrol {
        session,
        keeping: keeping(),
        work: Work::new(),
        trouble: Trouble::new(),
        failed: RwSignal::new(None),
        code: StoredValue::new(String::new()),
        person: RwSignal::new(None),
        options: StoredValue::new(None),
    };
    // Before a code is typed for nothing.
    Effect::new(move || {
        if device().is_some_and(|device| !device.has_passkeys()) {
            enrol.failed.set(Some(NoCredential::Unsupported.into()));
        }
    });
    let navigate = use_navigate();
    let done = StoredValue::new_local(move || navigate(&after_sign_in(session, &next), instead()));
    view! {
        <Page title="Set up this device" errors=enrol.trouble.errors>
            <ErrorSummary errors=enrol.trouble.errors />
            <CeremonyFailed failed=enrol.failed ceremony=Ceremony::Create />
            {move || match enrol.person.get() {
                None => view! { <Code enrol /> }.into_any(),
                Some(person) => {
                    view! {
                        <Name
                            enrol
                            person
                            on_submit=move |event: SubmitEvent| {
                                enrol.make_passkey(&event, move || done.with_value(|done| done()));
                            }
                        />
                    }
                        .into_any()
                }
            }}
            <p class="nhsuk-body"><a href="/sign-in">"Sign in with a passkey that you have"</a></p>
        </Page>
    }
    .into_any()
}

#[component]
fn Code(enrol: Enrol) -> AnyView {
    let typed = enrol.code.get_value();
    let training = untrack(|| enrol.session.training());
    view! {
        <h1 class="nhsuk-heading-l">"Set up this device"</h1>
        <p class="nhsuk-body">
            "Your device makes a passkey. You then sign in with your fingerprint, face or device PIN, and nothing else."
        </p>
        {training
            .then(|| {
                view! {
                    <div class="nhsuk-inset-text">
                        <span class="nhsuk-u-visually-hidden">"Information: "</span>
                        <p>
                            "Training: the enrolment codes of the made-up staff are printed where the service was started."
                        </p>
                    </div>
                }
            })}
        <form class="ncrs-form" method="post" novalidate on:submit=move |event| enrol.send_code(&event)>
            <TextField
                name=CODE_FIELD
                label="Enrolment code"
                hint="The one-time code from your Registration Authority. Capitals, spaces and dashes make no difference."
                errors=enrol.trouble.errors
                value=typed
                class="nhsuk-input--width-20"
                autocomplete="one-time-code"
            />
            <SubmitButton work=enrol.work text="Continue" busy="Checking the code…" />
        </form>
    }
    .into_any()
}

#[component]
fn Name(enrol: Enrol, person: String, on_submit: impl Fn(SubmitEvent) + 'static) -> AnyView {
    view! {
        <h1 class="nhsuk-heading-l" id="hello" tabindex="-1">{format!("Hello {person}")}</h1>
        <p class="nhsuk-body">"Not you? Do not continue, and tell your Registration Authority."</p>
        <form class="ncrs-form" method="post" novalidate on:submit=on_submit>
            <TextField
                name=NAME_FIELD
                label="Name for this passkey"
                hint="So that you can tell your devices apart, like “Work phone”."
                errors=enrol.trouble.errors
                value="This device"
                class="nhsuk-input--width-20"
            />
            <p class="nhsuk-body">
                "Your device then asks for your fingerprint, face or PIN. These never leave the device."
            </p>
            <SubmitButton work=enrol.work text="Create passkey" busy="Waiting for your device…" />
        </form>
    }
    .into_any()
}
