//! What did I look at, and who looked at this patient.

use super::{cell, cell_or_none, has_queue, row, table};
use crate::api::privacy::{LogLine, LogOf, LogPage, own_log, patient_log};
use crate::components::button::SubmitButton;
use crate::components::form::{ErrorSummary, FormValues, TextField};
use crate::components::loaded::Loaded;
use crate::components::notice::{Questions, focus_soon};
use crate::components::page::Page;
use crate::components::problem::Trouble;
use crate::problem::Problem;
use crate::session::session;
use domain::clock::long_time;
use domain::ids::AlertId;
use domain::{FieldError, NhsNumber};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::pin::Pin;

type Asking = Pin<Box<dyn Future<Output = Result<LogPage, Problem>>>>;

/// The heading of a log.
const HEADING: &str = "log";

/// Whose log.
#[derive(Clone, Copy)]
enum Whose {
    Own,
    Patient(LogOf),
}

/// A log, a page at a time.
#[derive(Clone, Copy)]
struct Log {
    whose: RwSignal<Option<Whose>>,
    /// Where the page begins; `None`: at the newest.
    before: RwSignal<Option<String>>,
    read: Loaded<LogPage>,
}

impl Log {
    fn new(whose: Option<Whose>) -> Self {
        let log = Self {
            whose: RwSignal::new(whose),
            before: RwSignal::new(None),
            read: Loaded::new(),
        };
        Effect::new(move || {
            if let Some(asking) = log.asking() {
                log.read.ask(asking);
            }
        });
        log
    }

    fn asking(self) -> Option<Asking> {
        let before = self.before.get_untracked();
        Some(match self.whose.get_untracked()? {
            Whose::Own => Box::pin(own_log(before)),
            Whose::Patient(of) => Box::pin(patient_log(of, before)),
        })
    }

    /// Another page; then the focus is at its head.
    fn turn(self, before: Option<String>) {
        self.before.set(before);
        if let Some(asking) = self.asking() {
            self.read.ask_then(asking, || focus_soon(HEADING));
        }
    }

    fn view(self) -> AnyView {
        let again = Callback::new(move |()| {
            if let Some(asking) = self.asking() {
                self.read.ask(asking);
            }
        });
        (move || {
            self.whose.get().map(|whose| {
                let of_others = matches!(whose, Whose::Patient(_));
                self.read.view("Reading the log", again, move |page| {
                    lines(self, &page, of_others)
                })
            })
        })
        .into_any()
    }
}

/// What the person looked at themselves.
pub fn own() -> AnyView {
    let log = Log::new(Some(Whose::Own));
    let session = session();
    view! {
        <Page title="What you looked at">
            <h1 class="nhsuk-heading-l">"What you looked at"</h1>
            <Questions session />
            <p class="nhsuk-body">
                "The service writes down every look at a record, by everyone. This log protects you: it shows that you looked when you cared for someone, and that you did not when you did not."
            </p>
            <p class="nhsuk-body">
                "Is there something here that you did not do? Sign out everywhere in "
                <a href="/account">"Your passkeys and devices"</a> ", and tell your service desk."
            </p>
            <p class="nhsuk-body">
                <a href="/activity/questions">"Questions about your access"</a>
            </p>
            {log.view()}
        </Page>
    }
    .into_any()
}

/// Who looked at the patient of an alert, or of a number that is typed.
pub fn patient() -> AnyView {
    let params = use_params_map();
    let given = params.with_untracked(|params| params.get("alert"));
    let alert: Option<AlertId> = given.as_ref().and_then(|id| id.parse().ok());
    if given.is_some() && alert.is_none() {
        return crate::screens::not_found::screen().into_any();
    }
    let log = Log::new(alert.map(|alert| Whose::Patient(LogOf::Alert(alert))));
    let form = Trouble::new();
    let send = move |event: SubmitEvent| {
        let typed = FormValues::of(&event).text("nhs-number");
        form.clear();
        match typed.parse::<NhsNumber>() {
            Ok(number) => {
                log.read.value.set(None);
                log.whose.set(Some(Whose::Patient(LogOf::Patient(number))));
                log.turn(None);
            }
            Err(_) => form.errors.set(vec![FieldError::new(
                "nhs-number",
                "Enter a valid NHS number of 10 digits",
            )]),
        }
    };
    let field = alert.is_none().then(|| {
        view! {
            <form class="ncrs-form" method="post" novalidate autocomplete="off" on:submit=send>
                <TextField
                    name="nhs-number"
                    label="NHS number of the patient"
                    hint="10 digits, such as 999 012 3456"
                    errors=form.errors
                    inputmode="numeric"
                    class="ncrs-nhs-number"
                />
                <SubmitButton work=log.read.work text="Show who looked" busy="Reading…" />
            </form>
        }
    });
    let (back, text) = match alert {
        Some(alert) => (format!("/privacy/alert/{alert}"), "The alert"),
        None if has_queue() => ("/privacy".to_owned(), "Privacy alerts"),
        None => ("/privacy/report".to_owned(), "Alerts by month"),
    };
    view! {
        <Page title="Who looked at a patient" errors=form.errors>
            <a class="nhsuk-back-link" href=back>{text}</a>
            <ErrorSummary errors=form.errors />
            <h1 class="nhsuk-heading-l">"Who looked at a patient"</h1>
            <p class="nhsuk-body">
                "These are looks by people of your organisation; others have their own privacy officers. That you asked is written down too, on this patient."
            </p>
            {field}
            {log.view()}
        </Page>
    }
    .into_any()
}

fn lines(log: Log, page: &LogPage, of_others: bool) -> AnyView {
    let list = if page.lines.is_empty() {
        view! { <p class="nhsuk-body">"There is nothing in this log."</p> }.into_any()
    } else {
        let columns = if of_others {
            vec!["When", "Who", "What", "Why", "Device"]
        } else {
            vec!["When", "What", "On whom", "Why", "Where"]
        };
        let rows = page
            .lines
            .iter()
            .map(|entry| line(entry, of_others))
            .collect();
        table("Newest first".to_owned(), columns, rows)
    };
    let next = page.next.clone().map(|next| {
        view! {
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                on:click=move |_| log.turn(Some(next.clone()))
            >
                "Older entries"
            </button>
        }
    });
    let first = log.before.get_untracked().map(|_| {
        view! {
            <button class="ncrs-link-button" type="button" on:click=move |_| log.turn(None)>
                "Back to the newest"
            </button>
        }
    });
    view! {
        <h2 class="nhsuk-heading-m" id=HEADING tabindex="-1">"The log"</h2>
        {list}
        <div class="nhsuk-button-group">{next} {first}</div>
    }
    .into_any()
}

fn line(entry: &LogLine, of_others: bool) -> AnyView {
    let what = view! { {entry.what.clone()} <br /> {entry.outcome.clone()} };
    let why = entry.why.clone();
    let offline = entry.offline.then_some(", without the service");
    let device = view! { {entry.device.clone()} {offline} };
    if of_others {
        row(vec![
            cell("When", long_time(entry.at)),
            cell(
                "Who",
                view! { {entry.person.clone()} <br /> {entry.role.clone()} },
            ),
            cell("What", what),
            cell_or_none("Why", why),
            cell("Device", device),
        ])
    } else {
        row(vec![
            cell("When", long_time(entry.at)),
            cell("What", what),
            cell_or_none("On whom", Some(entry.on.clone())),
            cell_or_none("Why", why),
            cell("Where", view! { {entry.role.clone()} <br /> {device} }),
        ])
    }
}
