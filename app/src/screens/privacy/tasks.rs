//! Questions from a privacy officer to the person themselves.

use crate::api::privacy::{Task, answer_task, my_tasks};
use crate::components::button::SubmitButton;
use crate::components::form::{ErrorSummary, FormValues, TextArea};
use crate::components::loaded::Loaded;
use crate::components::notice::Success;
use crate::components::page::Page;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::session::{Session, session};
use domain::clock::long_time;
use domain::ids::AlertId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

/// The state of the screen.
#[derive(Clone, Copy)]
struct Tasks {
    session: Session,
    read: Loaded<Vec<Task>>,
    work: Work,
    trouble: Trouble,
    told: RwSignal<Option<String>>,
}

impl Tasks {
    fn answer(self, alert: AlertId, event: &SubmitEvent) {
        let text = FormValues::of(event).text("answer");
        if self.work.busy() {
            return;
        }
        self.trouble.clear();
        self.told.set(None);
        self.work
            .once(answer_task(alert, text), move |answer| match answer {
                Ok(left) => {
                    // The count in the menu.
                    self.session.look_again();
                    self.read.value.set(Some(left));
                    self.told
                        .set(Some("Your answer was sent. Thank you.".to_owned()));
                }
                Err(problem) => self.trouble.take(problem),
            });
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let tasks = Tasks {
        session: session(),
        read: Loaded::new(),
        work: Work::new(),
        trouble: Trouble::new(),
        told: RwSignal::new(None),
    };
    Effect::new(move || tasks.read.ask(my_tasks()));
    let again = Callback::new(move |()| tasks.read.ask(my_tasks()));
    view! {
        <Page title="Questions about your access" errors=tasks.trouble.errors>
            <ErrorSummary errors=tasks.trouble.errors />
            <Success message=tasks.told />
            <h1 class="nhsuk-heading-l">"Questions about your access"</h1>
            <p class="nhsuk-body">
                "Privacy officers check some of the looks at records. A question accuses you of nothing: a sentence about why you looked is usually all that they need."
            </p>
            <TroubleView trouble=tasks.trouble />
            {tasks.read.view("Reading the questions", again, move |list| whole(tasks, list))}
            <p class="nhsuk-body">
                <a href="/activity">"What you looked at"</a>
            </p>
        </Page>
    }
    .into_any()
}

/// One form at a time: their fields have the same name.
fn whole(tasks: Tasks, list: Vec<Task>) -> AnyView {
    let more = list.len().saturating_sub(1);
    let Some(first) = list.into_iter().next() else {
        return view! { <p class="nhsuk-body">"There are no questions for you."</p> }.into_any();
    };
    let more = (more > 0).then(|| {
        let text = match more {
            1 => "There is 1 more question after this.".to_owned(),
            more => format!("There are {more} more questions after this."),
        };
        view! { <p class="nhsuk-body">{text}</p> }
    });
    let alert = first.alert;
    let patient = first
        .patient_ending
        .map(|ending| format!(", on the patient whose NHS number ends in {ending}"));
    view! {
        <div class="nhsuk-card">
            <div class="nhsuk-card__content">
                <h2 class="nhsuk-card__heading nhsuk-heading-m">
                    {format!("{} asks", first.asked_by)}
                </h2>
                <p class="nhsuk-body">{first.question}</p>
                <p class="nhsuk-body">
                    {format!("About {}", long_time(first.at))} ": " {first.what} {patient} "."
                    <br />
                    {format!("Asked {}", long_time(first.asked_at))}
                </p>
                <form
                    class="ncrs-form"
                    method="post"
                    novalidate
                    on:submit=move |event| tasks.answer(alert, &event)
                >
                    <TextArea
                        name="answer"
                        label="Your answer"
                        hint="Say why you looked. Do not name the patient."
                        errors=tasks.trouble.errors
                    />
                    <SubmitButton work=tasks.work text="Send answer" busy="Sending…" />
                </form>
            </div>
        </div>
        {more}
    }
    .into_any()
}
