//! The alerts of the organisation, by age and kind.

use super::{cell, row, table};
use crate::api::privacy::{
    AlertLine, QueueFilter, QueueView, Which, alert_queue, set_alert_email, set_sampling,
};
use crate::components::button::SubmitButton;
use crate::components::form::{ErrorSummary, FormValues, TextField};
use crate::components::loaded::Loaded;
use crate::components::notice::{Questions, Success, focus_soon};
use crate::components::page::Page;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::problem::Problem;
use crate::session::session;
use domain::FieldError;
use domain::alert::{AlertKind, Explanation, Stage};
use domain::clock::long_time;
use domain::role::Activity;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

/// The heading of the list.
const HEADING: &str = "alerts";

/// The state of the screen.
#[derive(Clone, Copy)]
struct Queue {
    read: Loaded<QueueView>,
    filter: RwSignal<QueueFilter>,
    work: Work,
    trouble: Trouble,
    told: RwSignal<Option<String>>,
}

impl Queue {
    fn ask(self) {
        self.read.ask(alert_queue(self.filter.get_untracked()));
    }

    /// Another part of the queue; then the focus is at its head.
    fn show(self, filter: QueueFilter) {
        self.filter.set(filter);
        self.read
            .ask_then(alert_queue(filter), || focus_soon(HEADING));
    }

    fn saved(self, work: impl Future<Output = Result<(), Problem>> + 'static, what: &'static str) {
        self.trouble.clear();
        self.told.set(None);
        self.work.once(work, move |answer| match answer {
            Ok(()) => {
                self.told.set(Some(what.to_owned()));
                self.ask();
            }
            Err(problem) => self.trouble.take(problem),
        });
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let queue = Queue {
        read: Loaded::new(),
        filter: RwSignal::new(QueueFilter {
            which: Which::Waiting,
            kind: None,
            days: 0,
            after: None,
        }),
        work: Work::new(),
        trouble: Trouble::new(),
        told: RwSignal::new(None),
    };
    let session = session();
    let reports = session.allows(Activity::Reports);
    Effect::new(move || queue.ask());
    let again = Callback::new(move |()| queue.ask());
    let report = reports.then(|| {
        view! {
            <p class="nhsuk-body">
                <a href="/privacy/report">"Report by month"</a>
                " · "
                <a href="/privacy/looks">"Who looked at a patient"</a>
            </p>
        }
    });
    view! {
        <Page title="Privacy alerts" errors=queue.trouble.errors>
            <ErrorSummary errors=queue.trouble.errors />
            <Success message=queue.told />
            <h1 class="nhsuk-heading-l">"Privacy alerts"</h1>
            <p class="nhsuk-body">
                "An alert accuses nobody. It asks you to see whether a look at a record was part of care."
            </p>
            <Questions session />
            {report}
            {filters(queue)}
            <TroubleView trouble=queue.trouble />
            {queue.read.view("Reading the alerts", again, move |view| whole(queue, view))}
        </Page>
    }
    .into_any()
}

fn whole(queue: Queue, view: QueueView) -> AnyView {
    let filter = queue.filter.get_untracked();
    let undelivered = (view.undelivered > 0).then(|| {
        view! {
            <div class="nhsuk-inset-text">
                <p>
                    {format!(
                        "{} could not be delivered, and will not be tried again. Check the address below, and tell your service desk.",
                        counted(view.undelivered, "notice", "notices"),
                    )}
                </p>
            </div>
        }
    });
    let next = view.next.map(|next| {
        view! {
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                on:click=move |_| {
                    queue.show(QueueFilter { after: Some(next), ..filter });
                }
            >
                "Next page"
            </button>
        }
    });
    let first = filter.after.map(|_| {
        view! {
            <button
                class="ncrs-link-button"
                type="button"
                on:click=move |_| {
                    queue.show(QueueFilter { after: None, ..filter });
                }
            >
                "Back to the first page"
            </button>
        }
    });
    let order = match filter.which {
        Which::Closed => "newest first",
        Which::Waiting
        | Which::New
        | Which::Investigated
        | Which::Escalated
        | Which::Asked
        | Which::Answered
        | Which::Sample => "oldest first",
    };
    let list = if view.lines.is_empty() {
        view! { <p class="nhsuk-body">"There are no such alerts."</p> }.into_any()
    } else {
        let columns = vec!["Raised", "What raised it", "Who looked", "Where it stands"];
        table(
            format!("Alerts, {order}"),
            columns,
            view.lines.iter().map(line).collect(),
        )
    };
    let waiting: Vec<String> = view
        .waiting
        .iter()
        .map(|(kind, count)| format!("{} {count}", kind.label()))
        .collect();
    let waiting = if waiting.is_empty() {
        "Every alert is closed.".to_owned()
    } else {
        format!("Not closed: {}.", waiting.join(", "))
    };
    view! {
        {undelivered}
        <h2 class="nhsuk-heading-m" id=HEADING tabindex="-1">{filter.which.label()}</h2>
        <p class="nhsuk-body">{waiting}</p>
        {list}
        <div class="nhsuk-button-group">{next} {first}</div>
        {settings(queue, &view)}
    }
    .into_any()
}

pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn line(line: &AlertLine) -> AnyView {
    let sampled = line.sampled.then(|| {
        view! { " " <strong class="nhsuk-tag nhsuk-tag--white">"Sample"</strong> }
    });
    row(vec![
        cell("Raised", long_time(line.raised_at)),
        cell(
            "What raised it",
            view! {
                <a href=format!("/privacy/alert/{}", line.id)>
                    {line.kind.label()}
                    <span class="nhsuk-u-visually-hidden">
                        {format!(" by {}, {}", line.person, long_time(line.at))}
                    </span>
                </a>
                {sampled}
            },
        ),
        cell(
            "Who looked",
            view! { {line.person.clone()} <br /> {line.job.clone()} },
        ),
        cell("Where it stands", standing(line)),
    ])
}

/// Where an alert stands.
pub(super) fn standing(line: &AlertLine) -> AnyView {
    let class = match line.state.stage {
        Stage::Open => "nhsuk-tag nhsuk-tag--blue",
        Stage::UnderInvestigation => "nhsuk-tag nhsuk-tag--yellow",
        Stage::Escalated => "nhsuk-tag nhsuk-tag--orange",
        Stage::Closed(_) => "nhsuk-tag nhsuk-tag--grey",
    };
    let finding = line
        .state
        .stage
        .finding()
        .map(|finding| view! { <br /> {finding.label()} });
    let asked = match line.state.explanation {
        Explanation::NotAsked => None,
        Explanation::Asked if !line.awaits_answer() => None,
        Explanation::Asked | Explanation::Answered => {
            Some(view! { <br /> {line.state.explanation.label()} })
        }
    };
    view! { <strong class=class>{line.state.stage.label()}</strong> {finding} {asked} }.into_any()
}

/// The ages that are offered, in days.
const AGES: [(u16, &str); 4] = [
    (0, "Any age"),
    (1, "A day or more"),
    (7, "A week or more"),
    (28, "Four weeks or more"),
];

/// What of the queue is shown. It stays as it is while the list changes.
fn filters(queue: Queue) -> AnyView {
    let send = move |event: SubmitEvent| {
        let form = FormValues::of(&event);
        let chosen = |name: &str| form.text(name).parse::<usize>().unwrap_or_default();
        queue.show(QueueFilter {
            which: Which::ALL
                .get(chosen("which"))
                .copied()
                .unwrap_or(Which::Waiting),
            kind: AlertKind::from_code(&form.text("kind")),
            days: AGES.get(chosen("age")).map_or(0, |(days, _)| *days),
            after: None,
        });
    };
    let which = (0..)
        .zip(Which::ALL)
        .map(|(number, which): (usize, _)| (number.to_string(), which.label()));
    let kinds = AlertKind::ALL
        .iter()
        .map(|kind| (kind.code().to_owned(), kind.label()));
    let ages = (0..)
        .zip(AGES)
        .map(|(number, (_, label)): (usize, _)| (number.to_string(), label));
    view! {
        <form class="ncrs-filters" method="post" novalidate on:submit=send>
            {choice("which", "Where it stands", which.collect())}
            {choice(
                "kind",
                "What raised it",
                std::iter::once((String::new(), "Anything")).chain(kinds).collect(),
            )}
            {choice("age", "Raised", ages.collect())}
            <SubmitButton
                work=queue.read.work
                text="Show"
                busy="Reading…"
                class="nhsuk-button nhsuk-button--secondary"
            />
        </form>
    }
    .into_any()
}

fn choice(id: &'static str, label: &'static str, options: Vec<(String, &'static str)>) -> AnyView {
    let options = options
        .into_iter()
        .map(|(value, label)| view! { <option value=value>{label}</option> })
        .collect_view();
    view! {
        <div class="nhsuk-form-group">
            <label class="nhsuk-label" for=id>{label}</label>
            <select class="nhsuk-select" id=id name=id autocomplete="off">{options}</select>
        </div>
    }
    .into_any()
}

fn settings(queue: Queue, view: &QueueView) -> AnyView {
    let set_sample = move |event: SubmitEvent| {
        let text = FormValues::of(&event).text("percent");
        match text.trim().parse::<u8>() {
            Ok(percent) if percent <= 100 => {
                queue.saved(set_sampling(percent), "The sample was changed.");
            }
            _ => {
                let error = FieldError::new("percent", "Enter a number from 0 to 100");
                queue.trouble.errors.set(vec![error]);
            }
        }
    };
    let set_email = move |event: SubmitEvent| {
        let email = FormValues::of(&event).text("email");
        queue.saved(
            set_alert_email(email),
            "Your address for notices was changed.",
        );
    };
    view! {
        <h2 class="nhsuk-heading-m">"Notices and sample"</h2>
        <form class="ncrs-form" method="post" novalidate on:submit=set_email>
            <TextField
                name="email"
                label="Your email address for notices"
                hint="A notice says that there is an alert, and nothing about anyone. Leave this empty to get none."
                errors=queue.trouble.errors
                value=view.email.clone().unwrap_or_default()
                autocomplete="email"
            />
            <SubmitButton work=queue.work text="Save address" busy="Saving…" />
        </form>
        <form class="ncrs-form" method="post" novalidate on:submit=set_sample>
            <TextField
                name="percent"
                label="Sample, in percent"
                hint="How many of a hundred alerts your organisation checks in any case. Chance chooses which."
                errors=queue.trouble.errors
                value=view.sample_percent.to_string()
                inputmode="numeric"
                class="nhsuk-input--width-3"
            />
            <SubmitButton work=queue.work text="Save sample" busy="Saving…" />
        </form>
    }
    .into_any()
}
