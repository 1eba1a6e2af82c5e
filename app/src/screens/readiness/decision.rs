//! The decision of a national approver on a step of an organisation.

use super::shown;
use crate::api::readiness::{
    Application, ApplicationKey, applications, approve_step, send_back_step,
};
use crate::components::button::{Progress, SubmitButton};
use crate::components::fact::fact;
use crate::components::form::{ErrorSummary, FormValues, TextArea};
use crate::components::notice::Success;
use crate::components::page::Page;
use crate::components::problem::{Trouble, TroubleOrGone};
use crate::components::work::Work;
use crate::problem::{Kind, Problem};
use crate::screens::not_found;
use domain::OdsCode;
use domain::alert::checked_note;
use domain::readiness::Step;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// What the approver decides.
#[derive(Clone)]
enum Deed {
    Approve,
    SendBack(String),
}

/// The state of the screen.
#[derive(Clone, Copy)]
struct Deciding {
    organisation: StoredValue<OdsCode>,
    step: Step,
    loading: Work,
    work: Work,
    trouble: Trouble,
    shown: RwSignal<Option<Application>>,
    /// It was decided here.
    success: RwSignal<Option<String>>,
    /// What was decided last.
    last: StoredValue<Option<Deed>>,
}

impl Deciding {
    fn load(self) {
        self.trouble.clear();
        self.loading
            .latest(applications(), move |answer| match answer {
                Ok(waiting) => match waiting.into_iter().find(|one| self.means(one)) {
                    Some(application) => self.shown.set(Some(application)),
                    None => self.trouble.take(Problem::new(Kind::NotFound)),
                },
                Err(problem) => self.trouble.take(problem),
            });
    }

    fn means(self, application: &Application) -> bool {
        application.step == self.step
            && application.organisation.ods == self.organisation.get_value()
    }

    fn send_back(self, event: &SubmitEvent) {
        let reason = FormValues::of(event).text("reason");
        if self.work.busy() {
            return;
        }
        match checked_note("reason", &reason, true) {
            Ok(reason) => self.act(Deed::SendBack(reason)),
            Err(problem) => {
                self.trouble.clear();
                self.trouble.errors.set(vec![problem]);
            }
        }
    }

    fn act(self, deed: Deed) {
        let Some(application) = self.shown.get_untracked() else {
            return;
        };
        if self.work.busy() {
            return;
        }
        self.trouble.clear();
        self.last.set_value(Some(deed.clone()));
        let key = ApplicationKey {
            organisation: application.organisation.ods.clone(),
            step: application.step,
            version: application.version,
        };
        let what = told(&application, &deed);
        let deciding = async move {
            match deed {
                Deed::Approve => approve_step(key).await,
                Deed::SendBack(reason) => send_back_step(key, reason).await,
            }
        };
        self.work.once(deciding, move |answer| match answer {
            Ok(_) => {
                self.last.set_value(None);
                self.shown.set(None);
                self.success.set(Some(what));
            }
            Err(problem) => self.trouble.take(problem),
        });
    }

    /// The same again, after the person confirmed that it is they, or the service answers again.
    fn again(self) {
        match self.last.get_value() {
            Some(deed) => self.act(deed),
            None => self.load(),
        }
    }
}

fn told(application: &Application, deed: &Deed) -> String {
    let what = match deed {
        Deed::Approve => "was approved",
        Deed::SendBack(_) => "was sent back",
    };
    format!(
        "{}: {} {what}.",
        application.organisation.name,
        application.step.label()
    )
}

/// The screen.
pub fn screen() -> AnyView {
    let named = use_params_map().with_untracked(|params| {
        let organisation = params.get_str("organisation")?.parse().ok()?;
        Some((organisation, Step::from_code(params.get_str("step")?)?))
    });
    let Some((organisation, step)) = named else {
        return not_found::screen().into_any();
    };
    let state = Deciding {
        organisation: StoredValue::new(organisation),
        step,
        loading: Work::new(),
        work: Work::new(),
        trouble: Trouble::new(),
        shown: RwSignal::new(None),
        success: RwSignal::new(None),
        last: StoredValue::new(None),
    };
    Effect::new(move || state.load());
    let body = move || match state.shown.get() {
        Some(application) => whole(&application, state),
        None if state.loading.pending() => {
            view! { <Progress text="Reading what waits" /> }.into_any()
        }
        None if state.success.with(Option::is_some) => {
            view! { <a class="nhsuk-button" role="button" href="/approvals">"See what waits"</a> }
                .into_any()
        }
        None => ().into_any(),
    };
    view! {
        <Page title=step.label() errors=state.trouble.errors>
            <a class="nhsuk-back-link" href="/approvals">"National approval"</a>
            <ErrorSummary errors=state.trouble.errors />
            <Success message=state.success />
            <h1 class="nhsuk-heading-l">{step.label()}</h1>
            {body}
            <DecisionTrouble state />
        </Page>
    }
    .into_any()
}

/// The problem as a whole. Where it is that the step does not wait, it says so of the step.
#[component]
fn DecisionTrouble(state: Deciding) -> impl IntoView {
    let again = Callback::new(move |()| state.again());
    view! {
        <TroubleOrGone
            trouble=state.trouble
            again
            title="This does not wait for a decision"
            text="Another approver may have decided already, or the organisation has changed it since. Look at what waits now."
            to="/approvals"
            way="See what waits"
        />
    }
}

fn whole(application: &Application, state: Deciding) -> AnyView {
    let organisation = &application.organisation;
    view! {
        <dl class="nhsuk-summary-list">
            {fact("Organisation", organisation.name.clone())}
            {fact("ODS code", organisation.ods.to_string())}
            {fact("Care setting", organisation.setting.label())}
        </dl>
        <h2 class="nhsuk-heading-m">"What they entered"</h2>
        {shown(application.step, &application.evidence, Some(&application.entered))}
        {if application.may_decide { decide(state) } else { not_theirs() }}
    }
    .into_any()
}

fn not_theirs() -> AnyView {
    view! {
        <p class="ncrs-why">
            "Another approver has to decide: you have or had a role in this organisation, or where it is registered, or entered what it shows."
        </p>
    }
    .into_any()
}

fn decide(state: Deciding) -> AnyView {
    view! {
        <h2 class="nhsuk-heading-m" id="decision" tabindex="-1">"Your decision"</h2>
        <p class="nhsuk-body">
            "Check the evidence first. When you approve the step, what it holds back opens for everyone in the organisation."
        </p>
        <button
            class="nhsuk-button"
            type="button"
            aria-disabled=move || state.work.pending().then_some("true")
            on:click=move |_| state.act(Deed::Approve)
        >
            "Approve"
        </button>
        <form class="ncrs-form" method="post" novalidate on:submit=move |event| state.send_back(&event)>
            <TextArea
                name="reason"
                label="What has to change"
                hint="The organisation's administrator reads this. Nothing about patients"
                errors=state.trouble.errors
            />
            <SubmitButton
                work=state.work
                text="Send back"
                busy="Sending…"
                class="nhsuk-button nhsuk-button--secondary ncrs-form__submit"
            />
        </form>
    }
    .into_any()
}
