//! One step of the checklist: what is asked, what was shown, and the form for it.

use super::{by, shown};
use crate::api::readiness::{Checklist, Saved, StepView, read_checklist, save_step};
use crate::components::button::{Progress, SubmitButton};
use crate::components::form::{
    Choice, Choices, DateField, ErrorSummary, FormValues, Pick, TextField,
};
use crate::components::notice::{Success, focus_soon};
use crate::components::page::Page;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::device::device;
use crate::screens::not_found;
use domain::clock::uk_date;
use domain::readiness::{AccessMethod, DsptStatus, Evidence, More, State, Step, StepForm, dated};
use domain::role::Organisation;
use domain::search::DateFields;
use jiff::civil::Date;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// Where the change of someone else is shown.
const THEIRS: &str = "theirs";

/// The state of the screen.
#[derive(Clone, Copy)]
struct Filling {
    step: Step,
    loading: Work,
    work: Work,
    trouble: Trouble,
    /// From which the form is made. It stays while another change is shown, with all that was typed.
    shown: RwSignal<Option<Checklist>>,
    /// As someone else left it meanwhile.
    theirs: RwSignal<Option<StepView>>,
    /// The version that the person has seen.
    base: StoredValue<u32>,
    success: RwSignal<Option<String>>,
    /// As it was sent last.
    sent: StoredValue<Option<StepForm>>,
}

impl Filling {
    fn load(self) {
        self.trouble.clear();
        self.loading
            .latest(read_checklist(), move |answer| match answer {
                Ok(checklist) => self.take(checklist),
                Err(problem) => self.trouble.take(problem),
            });
    }

    fn take(self, checklist: Checklist) {
        let version = checklist.step(self.step).map(|view| view.version);
        self.base.set_value(version.unwrap_or_default());
        self.theirs.set(None);
        self.shown.set(Some(checklist));
    }

    fn submit(self, event: &SubmitEvent) {
        let form = read(&FormValues::of(event));
        if self.work.busy() {
            return;
        }
        self.trouble.clear();
        self.success.set(None);
        if let Some(device) = device() {
            // The clock of a device may be slow. The server knows.
            let today = uk_date(device.now());
            if let Err(problems) = form.check(self.step, today.tomorrow().unwrap_or(today)) {
                self.trouble.errors.set(problems);
                return;
            }
        }
        self.send(form);
    }

    fn send(self, form: StepForm) {
        self.trouble.clear();
        self.sent.set_value(Some(form.clone()));
        let base = self.base.get_value();
        self.work.once(
            save_step(self.step, base, form),
            move |answer| match answer {
                Ok(Saved::Saved(checklist)) => {
                    self.sent.set_value(None);
                    self.take(checklist);
                    self.success.set(Some(saved(self.step)));
                }
                Ok(Saved::Changed(checklist)) => {
                    self.sent.set_value(None);
                    self.meet(&checklist);
                }
                Err(problem) => self.trouble.take(problem),
            },
        );
    }

    /// Shows what someone else entered. To save again then is to save on top of that.
    fn meet(self, checklist: &Checklist) {
        if let Some(view) = checklist.step(self.step) {
            self.base.set_value(view.version);
            self.theirs.set(Some(view.clone()));
            focus_soon(THEIRS);
        }
    }

    fn again(self) {
        match self.sent.get_value() {
            Some(form) => self.send(form),
            None => self.load(),
        }
    }
}

fn saved(step: Step) -> String {
    if step.approved_nationally() {
        "Saved. It waits for the national approver now.".to_owned()
    } else {
        "Saved.".to_owned()
    }
}

/// The form, as it was typed.
fn read(values: &FormValues) -> StepForm {
    StepForm {
        evidence: values.text("evidence").trim().to_owned(),
        on: values.date("on"),
        expires: values.date("expires"),
        dspt: DsptStatus::from_code(&values.text("dspt")),
        methods: values
            .all("methods")
            .iter()
            .filter_map(|code| AccessMethod::from_code(code))
            .collect(),
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let step =
        use_params_map().with_untracked(|params| params.get_str("step").and_then(Step::from_code));
    let Some(step) = step else {
        return not_found::screen().into_any();
    };
    let state = Filling {
        step,
        loading: Work::new(),
        work: Work::new(),
        trouble: Trouble::new(),
        shown: RwSignal::new(None),
        theirs: RwSignal::new(None),
        base: StoredValue::new(0),
        success: RwSignal::new(None),
        sent: StoredValue::new(None),
    };
    Effect::new(move || state.load());
    let again = Callback::new(move |()| state.again());
    let body = move || match state.shown.get() {
        Some(checklist) => whole(&checklist, state),
        None if state.loading.pending() => {
            view! { <Progress text="Reading the checklist" /> }.into_any()
        }
        None => ().into_any(),
    };
    view! {
        <Page title=step.label() errors=state.trouble.errors>
            <a class="nhsuk-back-link" href="/readiness">"Readiness checklist"</a>
            <ErrorSummary errors=state.trouble.errors />
            <Success message=state.success />
            <h1 class="nhsuk-heading-l">{step.label()}</h1>
            {body}
            <TroubleView trouble=state.trouble again />
        </Page>
    }
    .into_any()
}

fn whole(checklist: &Checklist, state: Filling) -> AnyView {
    let Some(view) = checklist.step(state.step) else {
        return view! {
            <p class="ncrs-why">
                "This step is not asked of your organisation: its care setting is not approved to use Summary Care Records."
            </p>
        }
        .into_any();
    };
    view! {
        <p class="nhsuk-body">{about(state.step, &checklist.organisation)}</p>
        {verdict(view)}
        {officers(checklist, state.step)}
        {theirs(state)}
        {filled(checklist, view, state)}
    }
    .into_any()
}

fn about(step: Step, organisation: &Organisation) -> String {
    let about = match step {
        Step::OdsCode => {
            return format!(
                "This service knows your organisation as {} ({}), {}. Check this against the ODS portal. If anything is wrong, contact the national service desk before you save.",
                organisation.name,
                organisation.ods,
                organisation.setting.label()
            );
        }
        Step::PdsForm => {
            "With this form your organisation asks for access to demographics (PDS). A national approver reads it before records open."
        }
        Step::Dspt => {
            "Your organisation assesses its data security each year with the Data Security and Protection Toolkit. Records open while the result is at least “Approaching standards”. They close 60 days after the assessment expires."
        }
        Step::SummaryApproval => {
            "Your care setting can be approved to use Summary Care Records. Without this approval the rest of the service still works."
        }
        Step::PrivacyOfficer => {
            "A privacy officer receives the alerts about how staff use records. Summary Care Records open once one is appointed."
        }
        Step::AccessMethods => {
            "Everyone signs in with a passkey of their own, also on a device that several people share."
        }
    };
    about.to_owned()
}

/// What the national approver said.
fn verdict(view: &StepView) -> Option<AnyView> {
    let decided = view.decided.as_ref().map(by);
    match &view.state {
        State::SentBack { reason } => Some(
            view! {
                <div class="nhsuk-card nhsuk-card--warning">
                    <div class="nhsuk-card__content">
                        <h2 class="nhsuk-card__heading">"What has to change"</h2>
                        <p class="nhsuk-card__description ncrs-typed">{reason.clone()}</p>
                        <p>{decided.map(|decided| format!("Sent back by {decided}"))}</p>
                    </div>
                </div>
            }
            .into_any(),
        ),
        State::AwaitingApproval => Some(
            view! {
                <div class="nhsuk-inset-text">
                    <p>"This step waits for the national approver. If you save it again, they see what you saved last."</p>
                </div>
            }
            .into_any(),
        ),
        _ => None,
    }
}

/// Who receives the alerts, where that is what the step is about.
fn officers(checklist: &Checklist, step: Step) -> Option<AnyView> {
    if step != Step::PrivacyOfficer {
        return None;
    }
    let text = if checklist.officers.is_empty() {
        "Nobody in your organisation receives privacy alerts yet. Ask your Registration Authority to give someone the role first (B0015 and B0016). Then you can complete this step.".to_owned()
    } else {
        format!(
            "Registered as privacy officer: {}.",
            checklist.officers.join(", ")
        )
    };
    Some(view! { <div class="nhsuk-inset-text"><p>{text}</p></div> }.into_any())
}

/// As someone else left it meanwhile.
fn theirs(state: Filling) -> AnyView {
    (move || {
        state.theirs.get().map(|view| {
            let shown = view
                .evidence
                .as_ref()
                .map(|evidence| shown(view.step, evidence, view.entered.as_ref()));
            view! {
                <div class="nhsuk-card nhsuk-card--warning" id=THEIRS tabindex="-1" role="alert">
                    <div class="nhsuk-card__content">
                        <h2 class="nhsuk-card__heading">"Someone else changed this step"</h2>
                        <p class="nhsuk-card__description">
                            "Nothing of yours was saved. What you entered is still in the form: save again to put it in place of this."
                        </p>
                        {shown}
                    </div>
                </div>
            }
        })
    })
    .into_any()
}

/// The form; or what was shown, where that stays as it is.
fn filled(checklist: &Checklist, view: &StepView, state: Filling) -> AnyView {
    if state.step.approved_nationally() && view.state == State::Done {
        let shown = view
            .evidence
            .as_ref()
            .map(|evidence| shown(view.step, evidence, view.entered.as_ref()));
        let decided = view
            .decided
            .as_ref()
            .map(|done| format!(" by {}", by(done)));
        return view! {
            {shown}
            <p class="ncrs-why">{format!("This step was approved{}. It cannot be changed.", decided.unwrap_or_default())}</p>
        }
        .into_any();
    }
    if state.step == Step::PrivacyOfficer && checklist.officers.is_empty() {
        return ().into_any();
    }
    form(view, state)
}

fn form(view: &StepView, state: Filling) -> AnyView {
    let errors = state.trouble.errors;
    let evidence = view.evidence.as_ref();
    view! {
        <form class="ncrs-form" method="post" novalidate on:submit=move |event| state.submit(&event)>
            {first_fields(evidence, state)}
            <DateField
                name="on"
                legend=dated(state.step)
                hint="For example, 27 3 2026"
                errors
                value=evidence.map(|evidence| fields_of(evidence.on)).unwrap_or_default()
            />
            {expiry(evidence, state)}
            <TextField
                name="evidence"
                label="Evidence"
                hint="A reference number, or where the document is kept. Nothing about patients"
                errors
                value=evidence.map(|evidence| evidence.reference.clone()).unwrap_or_default()
            />
            <SubmitButton work=state.work text="Save" busy="Saving…" />
        </form>
    }
    .into_any()
}

/// What only some steps ask for, before the day.
fn first_fields(evidence: Option<&Evidence>, state: Filling) -> Option<AnyView> {
    let errors = state.trouble.errors;
    match state.step {
        Step::Dspt => {
            let choices = DsptStatus::ALL
                .iter()
                .map(|status| {
                    let choice = Choice::new(status.code(), status.label());
                    if *status == DsptStatus::NotMet {
                        choice.hint("Records close to everyone in your organisation at once")
                    } else {
                        choice
                    }
                })
                .collect();
            let chosen = match evidence.map(|evidence| &evidence.more) {
                Some(More::Assessment { status, .. }) => vec![status.code().to_owned()],
                _ => Vec::new(),
            };
            Some(
                view! {
                    <Choices name="dspt" legend="Result of the assessment" errors choices chosen />
                }
                .into_any(),
            )
        }
        Step::AccessMethods => {
            let choices = AccessMethod::ALL
                .iter()
                .map(|method| Choice::new(method.code(), method.label()))
                .collect();
            let chosen = match evidence.map(|evidence| &evidence.more) {
                Some(More::Methods(methods)) => methods
                    .iter()
                    .map(|method| method.code().to_owned())
                    .collect(),
                _ => Vec::new(),
            };
            Some(
                view! {
                    <Choices
                        name="methods"
                        legend="How staff sign in"
                        hint="Select all that apply"
                        errors
                        pick=Pick::Several
                        choices
                        chosen
                    />
                }
                .into_any(),
            )
        }
        Step::OdsCode | Step::PdsForm | Step::SummaryApproval | Step::PrivacyOfficer => None,
    }
}

/// Until when an assessment holds.
fn expiry(evidence: Option<&Evidence>, state: Filling) -> Option<AnyView> {
    if state.step != Step::Dspt {
        return None;
    }
    let value = match evidence.map(|evidence| &evidence.more) {
        Some(More::Assessment { expires, .. }) => fields_of(*expires),
        _ => DateFields::default(),
    };
    Some(
        view! {
            <DateField
                name="expires"
                legend="Expiry date"
                hint="Leave empty if it holds for one year"
                errors=state.trouble.errors
                value
            />
        }
        .into_any(),
    )
}

/// As a person would type it.
fn fields_of(date: Date) -> DateFields {
    DateFields {
        day: date.day().to_string(),
        month: date.month().to_string(),
        year: date.year().to_string(),
    }
}
