//! Find a patient: four searches, and what they answer (DOMAIN section 3).

mod asked;
mod forms;
mod kept;
mod results;
mod tabs;

use crate::api::finding::find_patients;
use crate::components::button::{Progress, SubmitButton};
use crate::components::form::{ErrorSummary, FormValues};
use crate::components::notice::{Questions, focus_soon};
use crate::components::page::Page;
use crate::components::problem::{ProblemView, Trouble, TroubleView};
use crate::components::work::Work;
use crate::device::device;
use crate::keeping::{Keeping, Safe, keeping};
use crate::problem::{Kind, Problem};
use crate::screens::home::instead;
use crate::session::session;
use domain::clock::uk_date;
use domain::device_log::Act;
use domain::search::{SearchForm, SearchKind, SearchOutcome};
use domain::visit_search;
use kept::Kept;
use leptos::html::Form;
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Under which the device remembers the search that was used last.
const PREFERENCE: &str = "search";

/// Leads to the search that was used last on this device.
pub fn last_used() -> AnyView {
    let session = session();
    let Some(device) = device() else {
        // Only the device knows.
        return view! {
            <Page title="Find a patient">
                <Progress text="Opening the search" />
            </Page>
        }
        .into_any();
    };
    let kind = device
        .preference(PREFERENCE)
        .and_then(|slug| SearchKind::from_slug(&slug))
        .filter(|kind| session.allows(kind.needs()))
        .unwrap_or(SearchKind::NhsNumber);
    view! { <Redirect path=format!("/find/{}", kind.slug()) options=instead() /> }.into_any()
}

/// By NHS number.
pub fn nhs_number() -> AnyView {
    screen(SearchKind::NhsNumber)
}

/// By gender, last name and date of birth.
pub fn basic() -> AnyView {
    screen(SearchKind::Basic)
}

/// By more, and by ranges.
pub fn advanced() -> AnyView {
    screen(SearchKind::Advanced)
}

/// By postcode.
pub fn postcode() -> AnyView {
    screen(SearchKind::Postcode)
}

fn title(kind: SearchKind) -> &'static str {
    match kind {
        SearchKind::NhsNumber => "Find a patient by NHS number",
        SearchKind::Basic => "Find a patient: basic search",
        SearchKind::Advanced => "Find a patient: advanced search",
        SearchKind::Postcode => "Find a patient by postcode",
    }
}

/// What was asked, and what was answered.
#[derive(Clone, PartialEq, Eq)]
struct Answered {
    form: SearchForm,
    outcome: SearchOutcome,
    /// Only the visit list on this device was searched.
    listed: bool,
}

/// The state of a search screen.
#[derive(Clone, Copy)]
struct Search {
    kind: SearchKind,
    work: Work,
    trouble: Trouble,
    kept: Kept,
    keeping: Keeping,
    /// The search is to be repeated when the service answers again.
    repeat: RwSignal<bool>,
    /// What is being asked, or was asked last.
    asked: StoredValue<Option<SearchForm>>,
    /// In the place of the form, which waits unseen with all that was typed.
    answered: RwSignal<Option<Answered>>,
}

impl Search {
    /// Asks the server. Only the answer to the last question is shown.
    fn run(self, form: SearchForm) {
        let device = device();
        // The same again while it is under way is a double tap.
        if self.work.busy() && self.asked.with_value(|asked| asked.as_ref() == Some(&form)) {
            return;
        }
        self.trouble.clear();
        self.work.forget();
        if let Some(device) = &device {
            // The clock of a device may be slow by a time zone or a battery. The server knows.
            let today = uk_date(device.now());
            if let Err(fields) = form.check(today.tomorrow().unwrap_or(today)) {
                self.trouble.errors.set(fields);
                return;
            }
            device.set_preference(PREFERENCE, self.kind.slug());
        }
        self.asked.set_value(Some(form.clone()));
        self.repeat.set(false);
        let asked = form.clone();
        let keeping = self.keeping;
        let asking = async move {
            let answer = find_patients(form.clone()).await;
            keeping.heard(&answer);
            match answer {
                Ok(outcome) => Ok((outcome, false)),
                Err(problem) if problem.falls_back() => match self.in_the_list(form).await {
                    Some(outcome) => Ok((outcome, true)),
                    None => Err(problem),
                },
                Err(problem) => Err(problem),
            }
        };
        self.work.latest(asking, move |answer| match answer {
            Ok((outcome, listed)) => {
                if let SearchOutcome::Found { matches, .. } = &outcome {
                    for found in matches {
                        let there = listed || found.on_visit_list;
                        self.keeping.listed().note(found.nhs_number, there);
                    }
                }
                let answered = Answered {
                    form: asked,
                    outcome,
                    listed,
                };
                if !listed {
                    self.kept.keep(self.kind, answered.clone());
                }
                self.answered.set(Some(answered));
                focus_soon(results::HEADING);
            }
            Err(problem) => {
                // What has to be mended is in the form.
                if !problem.fields().is_empty() {
                    self.answered.set(None);
                }
                self.trouble.take(problem);
            }
        });
    }

    /// The patients of the visit list who are saved here, by the same rules. `None` where nothing is
    /// open here, or the search could not be written down.
    async fn in_the_list(self, form: SearchForm) -> Option<SearchOutcome> {
        if self.keeping.safe_now() != Safe::Open {
            return None;
        }
        let engine = self.keeping.engine().await?;
        let now = self.keeping.device()?.now();
        let today = uk_date(now);
        let query = form.check(today).ok()?;
        let saved = engine.saved();
        let outcome = visit_search::find(
            &query,
            saved.iter().map(|saved| &saved.visit.overview.patient),
            today,
        );
        let found = match &outcome {
            SearchOutcome::Found { matches, .. } => saved
                .iter()
                .filter(|saved| {
                    let number = saved.visit.overview.patient.nhs_number;
                    matches.iter().any(|found| found.nhs_number == number)
                })
                .map(|saved| saved.visit.visit)
                .collect(),
            SearchOutcome::TooMany | SearchOutcome::Nobody => Vec::new(),
        };
        let by = self.kind;
        engine.searched(Act::Searched { by, found }).await.ok()?;
        Some(outcome)
    }

    /// The last question again.
    fn again(self) {
        if let Some(form) = self.asked.get_value() {
            self.run(form);
        }
    }

    /// Back to the form as it was sent.
    fn change(self) {
        self.work.forget();
        self.trouble.clear();
        self.kept.forget_answer();
        self.answered.set(None);
        focus_soon(forms::first_field(self.kind));
    }
}

fn screen(kind: SearchKind) -> AnyView {
    let session = session();
    let allowed = Memo::new(move |_| session.allows(kind.needs()));
    let closed = Memo::new(move |_| {
        session
            .signed_in()
            .and_then(|person| person.closures.records)
    });
    let look_again = Callback::new(move |()| session.look_again());
    let search = {
        let kept = Kept::here(session);
        Search {
            kind,
            work: Work::new(),
            trouble: Trouble::new(),
            kept,
            keeping: keeping(),
            repeat: RwSignal::new(false),
            asked: StoredValue::new(None),
            answered: RwSignal::new(kept.answer(kind)),
        }
    };
    // What another person, or another role, has found is not shown on.
    Effect::new(move |before: Option<u32>| {
        let round = search.kept.round();
        if before.is_some_and(|before| before != round) {
            search.work.forget();
            search.trouble.clear();
            search.answered.set(None);
        }
        round
    });
    Effect::new(move |before: Option<u32>| {
        let back = search.keeping.back();
        if before.is_some_and(|before| before != back) && search.repeat.get_untracked() {
            search.again();
        }
        back
    });
    view! {
        {tabs::tabs(kind, session)}
        <Page title=title(kind) errors=search.trouble.errors>
            <ErrorSummary errors=search.trouble.errors />
            <h1 class="nhsuk-heading-l">"Find a patient"</h1>
            <Questions session />
            {move || {
                match (allowed.get(), closed.get()) {
                    (false, _) => {
                        let why = Problem::new(Kind::RoleForbids(kind.needs()));
                        view! { <p class="ncrs-why">{why.advice()}</p> }.into_any()
                    }
                    (true, Some(missing)) => {
                        let problem = Problem::new(Kind::NotReady(missing));
                        view! { <ProblemView problem again=look_again /> }.into_any()
                    }
                    (true, None) => view! { <Asking search /> }.into_any(),
                }
            }}
        </Page>
    }
    .into_any()
}

#[component]
fn Asking(search: Search) -> AnyView {
    let shown = Memo::new(move |_| search.answered.with(Option::is_some));
    let again = Callback::new(move |()| search.again());
    view! {
        <div hidden=move || shown.get()>
            // A new search begins with a new form: one that is only updated would keep what was typed.
            <For each=move || [search.kept.round()] key=|round| *round let:_round>
                <SearchFields search />
            </For>
        </div>
        <TroubleView trouble=search.trouble again />
        {results::results(search)}
    }
    .into_any()
}

#[component]
fn SearchFields(search: Search) -> AnyView {
    let kind = search.kind;
    let kept = search.kept;
    let form = NodeRef::<Form>::new();
    // What was typed follows the person to the other searches.
    let type_on = move |_| {
        if let Some(form) = form.get_untracked() {
            kept.typed(forms::read(kind, &FormValues::now_in(&form)));
        }
    };
    view! {
        <form
            class="ncrs-form"
            method="post"
            novalidate
            autocomplete="off"
            node_ref=form
            on:input=type_on
            on:submit=move |event| {
                let form = forms::read(kind, &FormValues::of(&event));
                kept.typed(form.clone());
                search.run(form);
            }
        >
            {forms::fields(kind, search.trouble.errors, &kept.draft())}
            <SubmitButton work=search.work text="Search" busy="Searching…" />
        </form>
    }
    .into_any()
}
