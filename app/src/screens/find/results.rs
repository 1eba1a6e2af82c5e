//! What a search answered: the patients, none, or too many.

use super::{Answered, Search, asked};
use crate::api::finding::{Origin, open_patient};
use crate::components::add_visit::AddToVisits;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::device::device;
use crate::problem::{Kind, Problem};
use domain::NhsNumber;
use domain::clock::banner_date;
use domain::search::{
    MOST_MATCHES, MatchedOn, PatientMatch, SearchForm, SearchKind, SearchOutcome,
};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The id of the heading, which takes the focus when an answer comes.
pub(super) const HEADING: &str = "results";

/// A choice of a patient.
#[derive(Clone, Copy)]
struct Opening {
    search: Search,
    work: Work,
    trouble: Trouble,
    /// Who is being opened.
    patient: RwSignal<Option<NhsNumber>>,
    /// Who could not be opened.
    failed: StoredValue<Option<NhsNumber>>,
    go: Callback<String>,
}

impl Opening {
    fn open(self, patient: NhsNumber) {
        if self.work.busy() {
            return;
        }
        self.search.trouble.clear();
        self.trouble.clear();
        let Some(device) = device() else {
            self.trouble.take(Problem::new(Kind::Unexpected));
            return;
        };
        self.patient.set(Some(patient));
        let keeping = self.search.keeping;
        if self.listed()
            && let Some(engine) = keeping.engine_now()
            && let Some(saved) = engine
                .saved()
                .iter()
                .find(|saved| saved.visit.overview.patient.nhs_number == patient)
        {
            let context = engine.begin(saved.visit.visit);
            return self.go.run(format!("/record/{context}"));
        }
        self.work.once(
            open_patient(patient, device.tab(), Origin::Search),
            move |answer| match answer {
                Ok(context) => {
                    if let Some(engine) = keeping.engine_now() {
                        engine.note(context, patient, None);
                    }
                    self.go.run(format!("/record/{context}"));
                }
                Err(problem) => {
                    self.patient.set(None);
                    self.failed.set_value(Some(patient));
                    self.trouble.take(problem);
                }
            },
        );
    }

    /// Only the visit list was searched: everyone found is on it.
    fn listed(self) -> bool {
        self.search
            .answered
            .with_untracked(|answered| answered.as_ref().is_some_and(|answered| answered.listed))
    }

    /// The same patient again.
    fn again(self) {
        if let Some(patient) = self.failed.get_value() {
            self.open(patient);
        }
    }

    /// What was about to be opened is not, once the person turns back to the form.
    fn turn_back(self) {
        self.work.forget();
        self.trouble.clear();
        self.patient.set(None);
    }
}

/// The answer to the last search, in the place of the form.
pub(super) fn results(search: Search) -> AnyView {
    let navigate = leptos::__reexports::send_wrapper::SendWrapper::new(use_navigate());
    let opening = Opening {
        search,
        work: Work::new(),
        trouble: Trouble::new(),
        patient: RwSignal::new(None),
        failed: StoredValue::new(None),
        go: Callback::new(move |to: String| navigate(&to, NavigateOptions::default())),
    };
    let again = Callback::new(move |()| opening.again());
    let change = move |_| {
        opening.turn_back();
        search.change();
    };
    let begin_anew = move |_| {
        opening.turn_back();
        search.kept.forget();
        search.change();
    };
    view! {
        <div role="status">
            {move || {
                search
                    .answered
                    .with(|answered| answered.as_ref().map(|answered| heading(&answered.outcome)))
                    .map(|heading| view! { <h2 class="nhsuk-heading-m" id=HEADING tabindex="-1">{heading}</h2> })
            }}
        </div>
        {move || {
            search
                .answered
                .get()
                .map(|answered| {
                    view! {
                        <p class="nhsuk-body">"You searched for " {asked::line(&answered.form)} "."</p>
                        <p class="nhsuk-body">
                            <button
                                class="ncrs-link-button nhsuk-u-margin-right-5"
                                type="button"
                                on:click=change
                            >
                                "Change search"
                            </button>
                            <button class="ncrs-link-button" type="button" on:click=begin_anew>
                                "New search"
                            </button>
                        </p>
                        {answered.listed.then(|| only_the_list(search))}
                        <TroubleView trouble=opening.trouble again />
                        {answer(answered, opening)}
                    }
                })
        }}
    }
    .into_any()
}

/// That it was not the country that was searched.
fn only_the_list(search: Search) -> AnyView {
    let repeat = move |_| search.repeat.set(true);
    view! {
        <div class="nhsuk-inset-text">
            <span class="nhsuk-u-visually-hidden">"Information: "</span>
            <p>"The service cannot be reached, so only the patients of your visit list that are saved on this device were searched."</p>
            {move || {
                if search.repeat.get() {
                    view! { <p role="status">"We search everywhere as soon as the service can be reached."</p> }.into_any()
                } else {
                    view! {
                        <button class="ncrs-link-button" type="button" on:click=repeat>
                            "Search everywhere when there is signal"
                        </button>
                    }
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}

fn heading(outcome: &SearchOutcome) -> String {
    match outcome {
        SearchOutcome::Found { matches, .. } => match matches.len() {
            1 => "1 patient found".to_owned(),
            count => format!("{count} patients found"),
        },
        SearchOutcome::TooMany => "Too many patients match".to_owned(),
        SearchOutcome::Nobody => "No patients found".to_owned(),
    }
}

fn answer(answered: Answered, opening: Opening) -> AnyView {
    let Answered { form, outcome, .. } = answered;
    match outcome {
        SearchOutcome::Found { matches, superseded } => {
            let replaced = matches.first().filter(|_| superseded).map(|now| replaced(now.nhs_number));
            view! {
                {replaced}
                {table(matches, opening)}
                {widen(&form, opening.search, "Not the right patient?")}
            }
            .into_any()
        }
        SearchOutcome::TooMany => view! {
            <div class="ncrs-empty">
                <p class="nhsuk-body">
                    {format!("More than {MOST_MATCHES} patients match, so none are shown.")}
                </p>
                <p class="nhsuk-body">{add_details(form.kind())}</p>
                {(form.kind() == SearchKind::Basic)
                    .then(|| {
                        view! {
                            <a class="nhsuk-button nhsuk-button--secondary" href="/find/advanced">
                                "Add details in an advanced search"
                            </a>
                        }
                    })}
            </div>
        }
        .into_any(),
        SearchOutcome::Nobody => view! {
            <div class="ncrs-empty">
                <p class="nhsuk-body">{check(&form)}</p>
                {widen(&form, opening.search, "The name may be spelled another way, or may have changed.")}
                {(form.kind() == SearchKind::NhsNumber)
                    .then(|| {
                        view! {
                            <a class="nhsuk-button nhsuk-button--secondary" href="/find/basic">
                                "Search by name and date of birth"
                            </a>
                        }
                    })}
            </div>
        }
        .into_any(),
    }
}

fn add_details(kind: SearchKind) -> &'static str {
    match kind {
        SearchKind::NhsNumber | SearchKind::Basic => {
            "Check what you entered, or add a first name or a postcode."
        }
        SearchKind::Advanced => {
            "Add more details, such as a first name, a postcode or an exact date of birth."
        }
        SearchKind::Postcode => "Add a name or a date of birth.",
    }
}

fn check(form: &SearchForm) -> &'static str {
    match form {
        SearchForm::NhsNumber(_) => {
            "The number is valid, but there is no record under it. Check it against a letter or wristband, or search by name and date of birth."
        }
        SearchForm::Basic(_) => "Check the spelling, the gender and the date of birth.",
        SearchForm::Advanced(form) if form.widen => {
            "Similar names were looked for too. Check the details, or use fewer of them. If you have the NHS number, search by that."
        }
        SearchForm::Advanced(_) => "Check the details, or use fewer of them.",
        SearchForm::Postcode(_) => {
            "Check the postcode. Leave out the name or the date of birth if you are not sure of them."
        }
    }
}

fn replaced(now: NhsNumber) -> AnyView {
    view! {
        <div class="nhsuk-inset-text">
            <span class="nhsuk-u-visually-hidden">"Information: "</span>
            <p>
                "This NHS number has been replaced. The record is now under "
                <strong class="nhsuk-u-nowrap">{now.to_string()}</strong> "."
            </p>
        </div>
    }
    .into_any()
}

/// The wider search, after the exact one, where there is one.
fn widen(form: &SearchForm, search: Search, why: &'static str) -> Option<AnyView> {
    let wider = form.widened()?;
    let go = move |_| {
        let wider = wider.clone();
        search.run(wider);
    };
    Some(
        view! {
            <p class="nhsuk-body">
                {why}
                " A wider search also looks for similar names, misspellings, and earlier names and addresses."
            </p>
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                aria-disabled=move || search.work.pending().then_some("true")
                on:click=go
            >
                {move || if search.work.pending() { "Searching…" } else { "Widen the search" }}
            </button>
        }
        .into_any(),
    )
}

fn table(matches: Vec<PatientMatch>, opening: Opening) -> AnyView {
    let head = ["Name", "Gender", "Born", "NHS number", "Address", "GP practice"]
        .into_iter()
        .map(|title| view! { <th class="ncrs-results__cell" role="columnheader" scope="col">{title}</th> })
        .collect_view();
    let rows = matches
        .into_iter()
        .map(|found| row(found, opening))
        .collect_view();
    view! {
        <table class="ncrs-results" role="table">
            <caption class="nhsuk-u-visually-hidden">"Patients found, best match first"</caption>
            <thead class="ncrs-results__head" role="rowgroup">
                <tr class="ncrs-results__row" role="row">{head}</tr>
            </thead>
            <tbody class="ncrs-results__body" role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(found: PatientMatch, opening: Opening) -> AnyView {
    let number = found.nhs_number;
    let name = found.name.banner();
    let add = if found.restricted {
        let why = "Restricted record: it cannot be put on the visit list, because it is never saved on a device";
        view! { <p class="nhsuk-u-margin-bottom-0 ncrs-why">{why}</p> }.into_any()
    } else {
        let add = view! { <AddToVisits patient=number name /> };
        view! { <p class="nhsuk-u-margin-bottom-0">{add}</p> }.into_any()
    };
    let is_opening = move || opening.patient.get() == Some(number);
    let matched = match found.matched_on {
        MatchedOn::Current => None,
        MatchedOn::Earlier => Some("Matched on an earlier name or address"),
        MatchedOn::Similar => Some("Similar name"),
    };
    let address = match (found.restricted, found.address_line, found.postcode) {
        (true, _, _) => "Address not shown".to_owned(),
        (false, Some(line), Some(postcode)) => format!("{line}, {postcode}"),
        (false, Some(only), None) | (false, None, Some(only)) => only,
        (false, None, None) => "No address recorded".to_owned(),
    };
    let gp = match (found.restricted, found.gp) {
        (true, _) => "GP not shown".into_any(),
        (false, None) => "No GP recorded".into_any(),
        (false, Some(gp)) => view! {
            <span class="ncrs-results__label">"GP "</span>
            {gp}
        }
        .into_any(),
    };
    view! {
        <tr class="ncrs-results__row" role="row">
            <th class="ncrs-results__cell" role="rowheader" scope="row">
                <button
                    class="ncrs-results__link ncrs-link-button"
                    type="button"
                    aria-busy=move || is_opening().then_some("true")
                    on:click=move |_| opening.open(number)
                >
                    {found.name.banner()}
                </button>
                " "
                {move || is_opening().then(|| tag("nhsuk-tag nhsuk-tag--blue", "Opening…".to_owned()))}
                {found
                    .death
                    .map(|death| tag("nhsuk-tag nhsuk-tag--grey", format!("Died {}", banner_date(death.on))))}
                {found.restricted.then(|| tag("nhsuk-tag nhsuk-tag--red", "Restricted".to_owned()))}
                {matched.map(|matched| tag("nhsuk-tag nhsuk-tag--yellow", matched.to_owned()))}
            </th>
            <td class="ncrs-results__cell" role="cell">{found.gender.label()}</td>
            <td class="ncrs-results__cell" role="cell">
                <span class="ncrs-results__label">"Born "</span>
                <span class="nhsuk-u-nowrap">{banner_date(found.birth_date)}</span>
                {format!(" ({})", found.age)}
            </td>
            <td class="ncrs-results__cell ncrs-results__number" role="cell">
                <span class="ncrs-results__label">"NHS No. "</span>
                {number.to_string()}
            </td>
            <td class="ncrs-results__cell ncrs-results__cell--line" role="cell">{address}</td>
            <td class="ncrs-results__cell ncrs-results__cell--line" role="cell">{gp} {add}</td>
        </tr>
    }
    .into_any()
}

fn tag(class: &'static str, text: String) -> AnyView {
    view! {
        <strong class=class>{text}</strong>
        " "
    }
    .into_any()
}
