//! One alert, with the story around it, and what can be done about it.

use super::queue::standing;
use super::{cell, cell_or_none, row, table};
use crate::api::privacy::{
    AlertView, Concerning, Decision, StepLine, StoryLine, alert, ask_for_explanation, decide,
};
use crate::components::button::SubmitButton;
use crate::components::fact::fact;
use crate::components::form::{Choice, Choices, ErrorSummary, FormValues, TextArea, focus};
use crate::components::loaded::Loaded;
use crate::components::notice::Success;
use crate::components::page::Page;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::problem::Problem;
use domain::FieldError;
use domain::alert::{Explanation, Finding, Stage};
use domain::clock::long_time;
use domain::ids::AlertId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The heading of the work on it, below a story that may be long.
const WORK: &str = "work";

/// The state of the screen.
#[derive(Clone, Copy)]
struct Alert {
    id: AlertId,
    read: Loaded<AlertView>,
    work: Work,
    trouble: Trouble,
    told: RwSignal<Option<String>>,
}

impl Alert {
    fn ask(self) {
        self.read.ask(alert(self.id));
    }

    fn step(
        self,
        work: impl Future<Output = Result<AlertView, Problem>> + 'static,
        what: &'static str,
    ) {
        if self.work.busy() {
            return;
        }
        self.trouble.clear();
        self.told.set(None);
        self.work.once(work, move |answer| match answer {
            Ok(view) => {
                self.read.value.set(Some(view));
                self.told.set(Some(what.to_owned()));
            }
            Err(problem) => self.trouble.take(problem),
        });
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let params = use_params_map();
    let id = params.with_untracked(|params| params.get("alert").and_then(|id| id.parse().ok()));
    let Some(id) = id else {
        return crate::screens::not_found::screen().into_any();
    };
    let state = Alert {
        id,
        read: Loaded::new(),
        work: Work::new(),
        trouble: Trouble::new(),
        told: RwSignal::new(None),
    };
    Effect::new(move || state.ask());
    let again = Callback::new(move |()| state.ask());
    view! {
        <Page title="Privacy alert" errors=state.trouble.errors>
            <a class="nhsuk-back-link" href="/privacy">"Privacy alerts"</a>
            <ErrorSummary errors=state.trouble.errors />
            <Success message=state.told />
            {state.read.view("Opening the alert", again, move |view| whole(state, view))}
        </Page>
    }
    .into_any()
}

fn whole(state: Alert, view: AlertView) -> AnyView {
    let line = &view.line;
    let patient = view.patient.clone().map(|patient| {
        let name = patient.name.map(|name| view! { {name} <br /> });
        fact(
            "Patient",
            view! {
                {name}
                {format!("NHS No. {}", patient.nhs_number)}
                <br />
                <a href=format!("/privacy/looks/{}", state.id)>"Who looked at this patient"</a>
            },
        )
    });
    let story: Vec<_> = view.story.iter().map(moment).collect();
    let columns = vec!["When", "What", "On whom", "Why", "Device"];
    let story = if story.is_empty() {
        view! { <p class="nhsuk-body">"There is nothing else from that session."</p> }.into_any()
    } else {
        table("That session, oldest first".to_owned(), columns, story)
    };
    let steps = if view.steps.is_empty() {
        view! { <p class="nhsuk-body">"Nothing yet."</p> }.into_any()
    } else {
        let steps = view.steps.iter().map(step).collect_view();
        view! { <ol class="ncrs-history">{steps}</ol> }.into_any()
    };
    view! {
        <h1 class="nhsuk-heading-l">{line.kind.label()}</h1>
        <p class="nhsuk-body">{view.explanation.clone()}</p>
        <dl class="nhsuk-summary-list">
            {fact("Where it stands", standing(line))}
            {fact("Happened", long_time(line.at))}
            {fact("Who looked", format!("{}, {}", line.person, line.job))}
            {patient}
            {fact("Reason", view.reason.label())}
            {fact("Reference", view! { <code>{line.id.to_string()}</code> })}
        </dl>
        <button class="ncrs-link-button" type="button" on:click=|_| focus(WORK)>
            "Skip to what was done about it"
        </button>
        <h2 class="nhsuk-heading-m">"What came before and after"</h2>
        {story}
        <h2 class="nhsuk-heading-m" id=WORK tabindex="-1">"What was done about it"</h2>
        {steps}
        <TroubleView trouble=state.trouble />
        {actions(state, &view)}
    }
    .into_any()
}

fn moment(line: &StoryLine) -> AnyView {
    let on = match line.on {
        Concerning::Nobody => None,
        Concerning::ThisPatient => Some("This patient".to_owned()),
        Concerning::AnotherPatient => Some("Another patient".to_owned()),
        Concerning::Patients(count) => Some(format!("{count} patients")),
    };
    let what = if line.this {
        view! {
            <strong>{line.what.clone()}</strong>
            " "
            <strong class="nhsuk-tag">"This alert"</strong>
        }
        .into_any()
    } else {
        line.what.clone().into_any()
    };
    let offline = line.offline.then_some(", without the service");
    row(vec![
        cell("When", long_time(line.at)),
        cell("What", view! { {what} <br /> {line.outcome.clone()} }),
        cell_or_none("On whom", on),
        cell_or_none("Why", line.why.clone()),
        cell("Device", view! { {line.device.clone()} {offline} }),
    ])
}

fn step(step: &StepLine) -> AnyView {
    let finding = step.finding.map(|finding| format!(": {}", finding.label()));
    let note = (!step.note.is_empty()).then(|| view! { <br /> {step.note.clone()} });
    view! {
        <li class="ncrs-history__item">
            <span class="ncrs-history__when">{long_time(step.at)}</span>
            " "
            <strong>{step.what.clone()} {finding}</strong>
            <br />
            {step.person.clone()}
            {note}
        </li>
    }
    .into_any()
}

fn actions(state: Alert, view: &AlertView) -> AnyView {
    let stage = view.line.state.stage;
    if stage.finding().is_some() {
        return view! {
            <p class="nhsuk-body">"This alert is closed. Nothing more can be done about it."</p>
        }
        .into_any();
    }
    if view.own {
        return view! {
            <p class="ncrs-why">
                "This alert is about your own access. Another privacy officer decides on it, and what they write is not shown to you here."
            </p>
        }
        .into_any();
    }
    let asking = match view.line.state.explanation {
        Explanation::Asked => view! {
            <p class="nhsuk-body">
                "The person was asked for an explanation. The answer will stand above."
            </p>
        }
        .into_any(),
        Explanation::NotAsked | Explanation::Answered => question(state),
    };
    view! {
        {decision(state, stage)}
        {asking}
    }
    .into_any()
}

fn decision(state: Alert, stage: Stage) -> AnyView {
    let send = move |event: SubmitEvent| {
        let form = FormValues::of(&event);
        let note = form.text("note");
        let wrong = |field, message: &str| {
            state
                .trouble
                .errors
                .set(vec![FieldError::new(field, message)]);
        };
        let (decision, told) = match form.text("decision").as_str() {
            "investigate" => (Decision::Investigate, "The alert is under investigation."),
            "escalate" => (Decision::Escalate, "The alert was escalated."),
            "close" => match Finding::from_code(&form.text("finding")) {
                Some(finding) => (Decision::Close(finding), "The alert was closed."),
                None => return wrong("finding", "Choose what you found"),
            },
            _ => return wrong("decision", "Choose what to do"),
        };
        state.step(decide(state.id, decision, note), told);
    };
    let findings = move || {
        let choices = Finding::ALL
            .iter()
            .map(|finding| Choice::new(finding.code(), finding.label()))
            .collect();
        view! {
            <Choices
                name="finding"
                legend="What you found"
                errors=state.trouble.errors
                choices
            />
        }
    };
    let mut choices = Vec::new();
    if stage != Stage::UnderInvestigation {
        choices.push(Choice::new("investigate", "Put it under investigation"));
    }
    if stage != Stage::Escalated {
        choices.push(
            Choice::new("escalate", "Escalate it")
                .hint("To your Caldicott Guardian, or as your organisation has agreed."),
        );
    }
    choices.push(Choice::new("close", "Close it").fields(findings));
    view! {
        <form class="ncrs-form" method="post" novalidate on:submit=send>
            <Choices
                name="decision"
                legend="What do you want to do?"
                errors=state.trouble.errors
                choices
            />
            <TextArea
                name="note"
                label="Note"
                hint="What you looked at, and why you decide so. Needed to escalate or close."
                errors=state.trouble.errors
            />
            <SubmitButton work=state.work text="Save decision" busy="Saving…" />
        </form>
    }
    .into_any()
}

fn question(state: Alert) -> AnyView {
    let send = move |event: SubmitEvent| {
        let question = FormValues::of(&event).text("question");
        state.step(
            ask_for_explanation(state.id, question),
            "The person was asked. They see your question in the app.",
        );
    };
    view! {
        <h3 class="nhsuk-heading-s">"Ask the person for an explanation"</h3>
        <form class="ncrs-form" method="post" novalidate on:submit=send>
            <TextArea
                name="question"
                label="Your question"
                hint="The person sees it with the time of the look and your name. Be kind: most looks are part of care."
                errors=state.trouble.errors
            />
            <SubmitButton
                work=state.work
                text="Ask"
                busy="Asking…"
                class="nhsuk-button nhsuk-button--secondary ncrs-form__submit"
            />
        </form>
    }
    .into_any()
}
