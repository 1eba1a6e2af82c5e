//! The visit list: the patients of today, and what of them is saved on this device.

use crate::api::offline::{TakeSummary, VisitLine, remove_visit, visits};
use crate::components::button::Progress;
use crate::components::notice::{Success, focus_soon};
use crate::components::page::Page;
use crate::components::passkey::{Failed, not_opened};
use crate::components::problem::{ProblemView, Trouble, TroubleView};
use crate::components::time::when;
use crate::components::work::Work;
use crate::keeping::{Door, Keeping, NotKept, Safe, Saved, keeping};
use crate::problem::{Kind, Problem};
use crate::session::session;
use domain::ids::VisitId;
use domain::patient::PatientBanner;
use domain::permission::{Availability, Gate};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::sync::Arc;

/// A patient of the list, as the screen shows them.
#[derive(Clone, PartialEq)]
struct Line {
    visit: VisitId,
    banner: PatientBanner,
    gate: Gate,
    saved: Option<Arc<Saved>>,
    /// Of the service's list, and not only of this device's.
    listed: bool,
}

/// The screen's state.
#[derive(Clone, Copy)]
struct List {
    keeping: Keeping,
    /// As the service has it; `None` where it was not asked or did not answer.
    listed: RwSignal<Option<Vec<VisitLine>>>,
    asking: Work,
    trouble: Trouble,
    /// What is being saved: how many of how many.
    taking: RwSignal<Option<(usize, usize)>>,
    work: Work,
    told: RwSignal<Option<String>>,
    /// What a person wants of a summary, where it is not the usual.
    wishes: StoredValue<Vec<(VisitId, TakeSummary)>>,
}

impl List {
    /// Asks the service. Without it, what is saved is the list.
    fn ask(self) {
        self.asking.latest(visits(), move |answer| {
            self.keeping.heard(&answer);
            match answer {
                Ok(lines) => {
                    self.trouble.clear();
                    self.listed.set(Some(lines));
                }
                Err(problem) if problem.falls_back() && self.keeping.safe_now() == Safe::Open => {}
                Err(problem) => self.trouble.take(problem),
            }
        });
    }

    /// Who is on it. Reactive.
    fn lines(self) -> Vec<Line> {
        self.keeping.revision();
        let Some(now) = self.keeping.device().map(|device| device.now()) else {
            return Vec::new();
        };
        let engine = self.keeping.engine_now();
        let saved = engine.map(|engine| engine.saved()).unwrap_or_default();
        let mut lines: Vec<Line> = self
            .listed
            .get()
            .unwrap_or_default()
            .into_iter()
            .map(|line| Line {
                visit: line.visit,
                banner: line.banner,
                gate: line.gate,
                saved: saved
                    .iter()
                    .find(|saved| saved.visit.visit == line.visit)
                    .cloned(),
                listed: true,
            })
            .collect();
        for saved in saved {
            if !lines.iter().any(|line| line.visit == saved.visit.visit) {
                lines.push(Line {
                    visit: saved.visit.visit,
                    banner: saved.banner(now),
                    gate: saved.visit.overview.gate.clone(),
                    saved: Some(saved),
                    listed: false,
                });
            }
        }
        lines
    }

    /// What is taken of a summary: what was wished for, else the question is left for the door.
    fn wish(self, line: &Line) -> TakeSummary {
        if line.gate.availability != Some(Availability::Exists) || line.gate.closed().is_some() {
            return TakeSummary::Without;
        }
        self.wishes
            .with_value(|wishes| {
                wishes
                    .iter()
                    .find(|(visit, _)| *visit == line.visit)
                    .map(|(_, wish)| *wish)
            })
            .unwrap_or(TakeSummary::AskAtTheDoor)
    }

    /// Saves these patients, one after the other.
    fn take(self, lines: Vec<Line>) {
        if self.work.busy() || lines.is_empty() {
            return;
        }
        self.trouble.clear();
        self.told.set(None);
        let wanted: Vec<_> = lines
            .iter()
            .map(|line| (line.visit, self.wish(line)))
            .collect();
        let count = wanted.len();
        let saving = async move {
            let engine = self
                .keeping
                .engine()
                .await
                .ok_or_else(|| NotKept::Service(Kind::Unreachable.into()))?;
            for (done, (visit, summary)) in wanted.into_iter().enumerate() {
                self.taking.try_set(Some((done, count)));
                engine.take(visit, summary).await?;
            }
            Ok(())
        };
        self.work.once(saving, move |answer: Result<(), NotKept>| {
            self.taking.set(None);
            match answer {
                Ok(()) => {
                    if let Some(device) = self.keeping.device() {
                        leptos::task::spawn_local(async move {
                            // The browser may say no: then it may clear the storage when it is full.
                            let _ = device.persist_storage().await;
                        });
                    }
                    self.told.set(Some(match count {
                        1 => "1 patient saved on this device.".to_owned(),
                        count => format!("{count} patients saved on this device."),
                    }));
                }
                Err(NotKept::Service(problem)) => self.trouble.take(problem),
                Err(NotKept::Device(none)) => self.told_why(none),
            }
        });
    }

    fn told_why(self, none: crate::device::NoVault) {
        let (title, advice) = not_opened(none);
        self.told.set(Some(format!("{title}. {advice}")));
    }

    fn remove(self, visit: VisitId) {
        self.trouble.clear();
        let removing = async move {
            if let Some(engine) = self.keeping.engine().await {
                // What is not there is gone already.
                let _ = engine.forget(Some(visit)).await;
            }
            let answer = remove_visit(visit).await;
            self.keeping.heard(&answer);
            answer
        };
        self.work.once(removing, move |answer| match answer {
            Ok(()) => {
                self.listed.update(|listed| {
                    if let Some(lines) = listed {
                        lines.retain(|line| line.visit != visit);
                    }
                });
                self.told.set(Some("Patient removed from the list.".into()));
            }
            Err(problem) => self.trouble.take(problem),
        });
    }

    fn clear(self) {
        let clearing = async move {
            match self.keeping.engine().await {
                Some(engine) => engine.forget(None).await,
                None => Ok(()),
            }
        };
        self.work.once(clearing, move |answer| match answer {
            Ok(()) => self.told.set(Some(
                "Saved records removed from this device. The list is still there.".into(),
            )),
            Err(none) => self.told_why(none),
        });
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let list = List {
        keeping: keeping(),
        listed: RwSignal::new(None),
        asking: Work::new(),
        trouble: Trouble::new(),
        taking: RwSignal::new(None),
        work: Work::new(),
        told: RwSignal::new(None),
        wishes: StoredValue::new(Vec::new()),
    };
    // Now, and when the connection came back.
    Effect::new(move || {
        list.keeping.back();
        list.ask();
    });
    let again = Callback::new(move |()| list.ask());
    let lines = Memo::new(move |_| list.lines());
    let settled = move || list.listed.with(Option::is_some) || !list.asking.pending();
    view! {
        <Page title="Visit list">
            <Success message=list.told />
            <h1 class="nhsuk-heading-l">"Visit list"</h1>
            <p class="nhsuk-body">
                "The patients you are going to see. Save them on this device to use their records without signal."
            </p>
            <Readiness keeping=list.keeping />
            <TroubleView trouble=list.trouble again />
            {move || list.taking.get().map(taking)}
            {move || {
                if !settled() {
                    return view! { <Progress text="Opening the visit list" /> }.into_any();
                }
                let lines = lines.get();
                if lines.is_empty() { nobody() } else { all(list, lines) }
            }}
        </Page>
    }
    .into_any()
}

fn taking((done, count): (usize, usize)) -> AnyView {
    view! {
        <div role="status">
            <p class="nhsuk-body">{format!("Saving {} of {count}", done + 1)}</p>
            <progress class="ncrs-bar" max=count value=done aria-label="Saving patients on this device"></progress>
        </div>
    }
    .into_any()
}

fn nobody() -> AnyView {
    view! {
        <div class="ncrs-empty">
            <h2 class="ncrs-empty__heading">"Nobody is on your list"</h2>
            <p class="nhsuk-body">"Find a patient, then choose Add to visit list."</p>
            <a class="nhsuk-button nhsuk-button--secondary" role="button" href="/find">"Find a patient"</a>
        </div>
    }
    .into_any()
}

fn all(list: List, lines: Vec<Line>) -> AnyView {
    let ready = move || list.keeping.safe() == Safe::Open;
    let listed: Vec<_> = lines.iter().filter(|line| line.listed).cloned().collect();
    let saved = lines.iter().any(|line| line.saved.is_some());
    let count = listed.len();
    let listed = StoredValue::new_local(listed);
    let take = move || {
        (ready() && count > 0).then(|| {
            view! {
                <button
                    class="nhsuk-button"
                    type="button"
                    aria-disabled=move || list.work.pending().then_some("true")
                    on:click=move |_| list.take(listed.get_value())
                >
                    {if saved { "Save today's list again" } else { "Take today's list offline" }}
                </button>
            }
        })
    };
    let clear = move || {
        (saved && ready()).then(|| {
            view! {
                <button class="ncrs-link-button" type="button" on:click=move |_| list.clear()>
                    "Remove all saved records from this device"
                </button>
            }
        })
    };
    let items = lines
        .into_iter()
        .map(|line| view! { <li class="ncrs-results__item">{card(list, line)}</li> })
        .collect_view();
    view! {
        {take}
        <ul class="ncrs-visits">{items}</ul>
        <p class="nhsuk-body">{clear}</p>
    }
    .into_any()
}

fn card(list: List, line: Line) -> AnyView {
    let name = line.banner.name.clone();
    let visit = line.visit;
    let navigate = use_navigate();
    let open = move |_| {
        let navigate = navigate.clone();
        list.work
            .once(list.keeping.engine(), move |engine| match engine {
                Some(engine) => navigate(
                    &format!("/record/{}", engine.begin(visit)),
                    NavigateOptions::default(),
                ),
                None => list.trouble.take(Problem::new(Kind::Unreachable)),
            });
    };
    let state = list
        .keeping
        .device()
        .map(|device| saved_state(&line, device.now()));
    let one = StoredValue::new_local(line.clone());
    let can_take = line.listed;
    let ready = move || list.keeping.safe() == Safe::Open;
    let take = move || {
        (ready() && can_take).then(|| {
            let line = one.get_value();
            let label = if line.saved.is_some() {
                "Save again"
            } else {
                "Save on this device"
            };
            view! {
                {summary_choice(list, &line)}
                <button
                    class="nhsuk-button nhsuk-button--secondary"
                    type="button"
                    aria-disabled=move || list.work.pending().then_some("true")
                    on:click=move |_| list.take(vec![one.get_value()])
                >
                    {label}
                    <span class="nhsuk-u-visually-hidden">" " {line.banner.name.clone()}</span>
                </button>
            }
        })
    };
    view! {
        <article class="ncrs-visit">
            <h2 class="ncrs-visit__name">
                <button class="ncrs-link-button" type="button" on:click=open>{name.clone()}</button>
            </h2>
            <p class="ncrs-visit__ids">
                "Born " {line.banner.born.clone()} ", NHS No. " {line.banner.nhs_number.to_string()}
            </p>
            <p class="ncrs-visit__state">{state}</p>
            {take}
            <p>
                <button class="ncrs-link-button" type="button" on:click=move |_| list.remove(visit)>
                    "Remove from list" <span class="nhsuk-u-visually-hidden">" " {name}</span>
                </button>
            </p>
        </article>
    }
    .into_any()
}

/// What is saved, as of when and until when.
fn saved_state(line: &Line, now: Timestamp) -> String {
    let Some(saved) = &line.saved else {
        return "Not saved on this device".to_owned();
    };
    let summary = match &saved.door {
        Door::Without => "without the summary",
        Door::Ask => "with the summary, to be asked for at the door",
        Door::Agreed(_) => "with the summary, as the patient agreed",
    };
    format!(
        "Saved {} {summary}. Kept until {}.",
        when(saved.visit.taken_at, now),
        when(saved.visit.until, now)
    )
}

/// Whether the summary comes along, and on whose word.
fn summary_choice(list: List, line: &Line) -> AnyView {
    if line.gate.availability != Some(Availability::Exists) || line.gate.closed().is_some() {
        return view! { <p class="ncrs-why">"The summary cannot be saved: there is none, or you may not view it."</p> }
            .into_any();
    }
    let visit = line.visit;
    let id = format!("summary-{visit}");
    let chosen = list.wish(line);
    let choose = move |event: leptos::ev::Event| {
        let wish = match event_target_value(&event).as_str() {
            "agreed" => TakeSummary::Agreed,
            "without" => TakeSummary::Without,
            _ => TakeSummary::AskAtTheDoor,
        };
        list.wishes.update_value(|wishes| {
            wishes.retain(|(other, _)| *other != visit);
            wishes.push((visit, wish));
        });
    };
    view! {
        <div class="nhsuk-form-group">
            <label class="nhsuk-label" for=id.clone()>
                "Summary Care Record" <span class="nhsuk-u-visually-hidden">" of " {line.banner.name.clone()}</span>
            </label>
            <select class="nhsuk-select" id=id on:change=choose>
                <option value="door" selected=chosen == TakeSummary::AskAtTheDoor>"Ask at the door"</option>
                <option value="agreed" selected=chosen == TakeSummary::Agreed>
                    "The patient agreed, for this visit"
                </option>
                <option value="without" selected=chosen == TakeSummary::Without>"Leave it out"</option>
            </select>
        </div>
    }
    .into_any()
}

/// Whether this device can save anything for this person, and what to do where it cannot.
#[component]
pub(crate) fn Readiness(
    /// What is kept on the device.
    keeping: Keeping,
) -> AnyView {
    let session = session();
    let work = Work::new();
    let failed = RwSignal::new(None::<Failed>);
    let done = move |answer: Result<(), Failed>| {
        if let Err(problem) = answer {
            failed.set(Some(problem));
            focus_soon("readiness");
        }
    };
    // Each does what its words say, whatever is found while the person reads them.
    let unlock = move || {
        failed.set(None);
        work.once(keeping.unlock_saved(), done);
    };
    let begin = move || {
        failed.set(None);
        work.once(keeping.begin_saving(), done);
    };
    let adopt = move |_| {
        failed.set(None);
        let adopting = async move {
            match keeping.engine().await {
                Some(engine) => engine.adopt().await.map_err(Failed::from),
                None => Err(Problem::new(Kind::Unreachable).into()),
            }
        };
        work.once(adopting, move |answer| failed.set(answer.err()));
    };
    let hours = move || session.signed_in().map_or(0, |person| person.terms.hours);
    let button = move |text: &'static str, begins: bool| {
        view! {
            <button
                class="nhsuk-button"
                type="button"
                aria-disabled=move || work.pending().then_some("true")
                on:click=move |_| if begins { begin() } else { unlock() }
            >
                {text}
            </button>
        }
        .into_any()
    };
    view! {
        <div id="readiness" tabindex="-1">
            {move || {
                failed
                    .get()
                    .map(|failed| match failed {
                        Failed::Service(problem) => view! { <ProblemView problem /> }.into_any(),
                        Failed::Kept(none) => why(not_opened(none)),
                        Failed::Device(none) => {
                            why(not_opened(crate::device::NoVault::NoCredential(none)))
                        }
                    })
            }}
            {move || {
                if hours() == 0 {
                    return why((
                        "Your organisation keeps no records on devices",
                        "You can use the list and every record while you have signal.".to_owned(),
                    ));
                }
                match keeping.safe() {
                    Safe::Open | Safe::Unknown => ().into_any(),
                    Safe::Locked => {
                        view! {
                            <p class="nhsuk-body">"What you saved on this device is locked."</p>
                            {button("Unlock saved records", false)}
                        }
                            .into_any()
                    }
                    Safe::Empty => {
                        view! {
                            <p class="nhsuk-body">
                                "Nothing is saved on this device yet. Confirm with your fingerprint that it may be: then only your fingerprint opens it."
                            </p>
                            {button("Turn on saving on this device", true)}
                        }
                            .into_any()
                    }
                    Safe::Shut(crate::device::NoVault::OtherPasskey) => {
                        view! {
                            {why(not_opened(crate::device::NoVault::OtherPasskey))}
                            <button class="nhsuk-button" type="button" on:click=adopt>
                                "Use the other passkey once"
                            </button>
                        }
                            .into_any()
                    }
                    Safe::Shut(crate::device::NoVault::NoSecret) => {
                        why((
                            "This passkey cannot keep records on this device",
                            "Use the list and every record while you have signal. Changes that you make while the signal drops are still kept, sealed so that only the service can read them."
                                .to_owned(),
                        ))
                    }
                    Safe::Shut(none) => why(not_opened(none)),
                }
            }}
        </div>
    }
    .into_any()
}

fn why((title, advice): (&'static str, String)) -> AnyView {
    view! {
        <div class="nhsuk-inset-text">
            <p><strong>{title}</strong></p>
            <p>{advice}</p>
        </div>
    }
    .into_any()
}
