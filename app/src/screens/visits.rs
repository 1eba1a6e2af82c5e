//! The visit list: the patients of today, and what of them is saved on this device.

use crate::api::offline::{TakeSummary, VisitLine, remove_visit, visits};
use crate::components::button::Progress;
use crate::components::notice::{Success, focus_soon};
use crate::components::page::Page;
use crate::components::passkey::{Failed, not_opened};
use crate::components::problem::{ProblemView, Trouble, TroubleView};
use crate::components::time::when;
use crate::components::work::Work;
use crate::keeping::{Door, Engine, Keeping, Link, NotKept, Safe, Saved, keeping};
use crate::problem::{Kind, Problem};
use crate::session::session;
use domain::ids::VisitId;
use domain::patient::PatientBanner;
use domain::permission::{Availability, Gate, OfficerTold};
use domain::visit_list::LONGEST_VISIT_LIST;
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
    /// Why the service did not give it.
    unread: RwSignal<Option<Problem>>,
    /// What is in the way of what the person asked for.
    trouble: Trouble,
    /// What is being saved.
    taking: RwSignal<Option<Taking>>,
    work: Work,
    told: RwSignal<Option<String>>,
    /// What a person wants of a summary, where it is not the usual.
    wishes: RwSignal<Vec<(VisitId, TakeSummary)>>,
}

/// Patients who are being saved.
#[derive(Clone, Copy, PartialEq)]
struct Taking {
    /// How many are done…
    done: usize,
    /// …of how many.
    count: usize,
    /// The service takes no more for a moment.
    waits: bool,
}

/// What became of saving some.
struct Taken {
    saved: usize,
    /// Those who could not be saved, and why the last of them was not.
    missed: usize,
    why: Option<Problem>,
}

/// How long to wait where the service does not say, in seconds.
const A_WHILE: u32 = 30;

impl List {
    /// Asks the service. Without it, what is saved is the list.
    fn ask(self) {
        let keeping = self.keeping;
        let asking = async move {
            let answer = visits().await;
            keeping.heard(&answer);
            if answer.is_err() {
                // Whether something is saved here is known before anything is said to be missing.
                keeping.safe_seen().await;
            }
            answer
        };
        self.asking.latest(asking, move |answer| match answer {
            Ok(lines) => {
                for line in &lines {
                    keeping.listed().note(line.banner.nhs_number, true);
                }
                self.unread.set(None);
                self.listed.set(Some(lines));
            }
            Err(problem) => self.unread.set(Some(problem)),
        });
    }

    /// Why the list could not be read, where that has to be said: what is saved stands in for it while
    /// it is open, and the line under the header says so. Reactive.
    fn missing(self) -> Option<Problem> {
        let problem = self.unread.get()?;
        let is_said = Link::of(&problem) != Link::Online || problem.kind == Kind::SignedOut;
        (!(is_said && self.keeping.safe() == Safe::Open)).then_some(problem)
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
        self.wishes.with_untracked(|wishes| wish_of(wishes, line))
    }

    /// Saves one. Where the service takes no more for a moment it waits, and goes on.
    async fn save(
        self,
        engine: &dyn Engine,
        visit: VisitId,
        summary: TakeSummary,
    ) -> Result<(), NotKept> {
        loop {
            match engine.take(visit, summary).await {
                Err(NotKept::Service(problem)) if problem.kind == Kind::TooMany => {
                    let Some(device) = self.keeping.device() else {
                        return Err(NotKept::Service(problem));
                    };
                    self.waits(true);
                    let wait = problem.wait.unwrap_or(A_WHILE);
                    device.sleep(wait.saturating_mul(1_000)).await;
                    self.waits(false);
                    if self.taking.is_disposed() {
                        // The screen is gone.
                        return Err(NotKept::Service(problem));
                    }
                }
                answer => return answer,
            }
        }
    }

    fn waits(self, waits: bool) {
        self.taking.try_update(|taking| {
            if let Some(taking) = taking {
                taking.waits = waits;
            }
        });
    }

    /// Saves these patients, one after the other. Who cannot be saved does not hold up the others.
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
            let mut taken = Taken {
                saved: 0,
                missed: 0,
                why: None,
            };
            for (done, (visit, summary)) in wanted.into_iter().enumerate() {
                self.taking.try_set(Some(Taking {
                    done,
                    count,
                    waits: false,
                }));
                match self.save(engine.as_ref(), visit, summary).await {
                    Ok(()) => taken.saved += 1,
                    Err(NotKept::Service(problem)) if about_one(&problem.kind) => {
                        taken.missed += 1;
                        taken.why = Some(problem);
                    }
                    Err(other) => return Err(other),
                }
            }
            Ok(taken)
        };
        self.work
            .once(saving, move |answer: Result<Taken, NotKept>| {
                self.taking.set(None);
                match answer {
                    Ok(taken) => {
                        if let Some(device) = self.keeping.device() {
                            leptos::task::spawn_local(async move {
                                // The browser may say no: then it may clear the storage when it is full.
                                let _ = device.persist_storage().await;
                            });
                        }
                        let saved = match taken.saved {
                            1 => "1 patient saved on this device.".to_owned(),
                            count => format!("{count} patients saved on this device."),
                        };
                        match taken.why {
                            None => self.told.set(Some(saved)),
                            Some(problem) => {
                                if taken.saved > 0 {
                                    self.told.set(Some(format!(
                                        "{saved} {} could not be saved.",
                                        taken.missed
                                    )));
                                }
                                self.trouble.take(problem);
                            }
                        }
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
                        for gone in lines.iter().filter(|line| line.visit == visit) {
                            self.keeping.listed().note(gone.banner.nhs_number, false);
                        }
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
        unread: RwSignal::new(None),
        trouble: Trouble::new(),
        taking: RwSignal::new(None),
        work: Work::new(),
        told: RwSignal::new(None),
        wishes: RwSignal::new(Vec::new()),
    };
    // Now, and when the connection came back.
    Effect::new(move || {
        list.keeping.back();
        list.ask();
    });
    let again = Callback::new(move |()| list.ask());
    let lines = Memo::new(move |_| list.lines());
    let missing = Memo::new(move |_| list.missing());
    let settled = move || list.listed.with(Option::is_some) || !list.asking.pending();
    view! {
        <Page title="Visit list">
            <Success message=list.told />
            <h1 class="nhsuk-heading-l">"Visit list"</h1>
            <p class="nhsuk-body">
                "The patients you are going to see. Save them on this device to use their records without signal."
            </p>
            <Readiness keeping=list.keeping />
            {move || missing.get().map(|problem| view! { <ProblemView problem again /> })}
            <TroubleView trouble=list.trouble />
            {move || list.taking.get().map(taking)}
            {move || {
                if !settled() {
                    return view! { <Progress text="Opening the visit list" /> }.into_any();
                }
                let lines = lines.get();
                match (lines.is_empty(), list.listed.with(Option::is_some)) {
                    (false, _) => all(list, lines),
                    (true, true) => nobody(),
                    // Nothing is known of the list: it may not be taken for an empty one.
                    (true, false) if missing.with(Option::is_none) => nobody_saved(),
                    (true, false) => ().into_any(),
                }
            }}
        </Page>
    }
    .into_any()
}

fn taking(taking: Taking) -> AnyView {
    let Taking { done, count, waits } = taking;
    let text = if waits {
        format!(
            "{done} of {count} saved. That is as many patients as one person may reach in a minute. Keep this page open: the rest follow by themselves within a minute, and nothing is lost."
        )
    } else {
        format!("Saving {} of {count}", done + 1)
    };
    view! {
        <div role="status">
            <p class="nhsuk-body">{text}</p>
            <progress class="ncrs-bar" max=count value=done aria-label="Saving patients on this device"></progress>
        </div>
    }
    .into_any()
}

/// It stands in the way of one patient, and not of the others.
fn about_one(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::StaysOnline | Kind::NotFound | Kind::SummaryClosed(_)
    )
}

/// Whether there is a summary that may be taken along.
fn has_summary(line: &Line) -> bool {
    line.gate.availability == Some(Availability::Exists) && line.gate.closed().is_none()
}

fn wish_of(wishes: &[(VisitId, TakeSummary)], line: &Line) -> TakeSummary {
    if !has_summary(line) {
        return TakeSummary::Without;
    }
    wishes
        .iter()
        .find(|(visit, _)| *visit == line.visit)
        .map_or(TakeSummary::AskAtTheDoor, |(_, wish)| *wish)
}

/// What saving the whole list tells the privacy officer, before it is done.
fn told_of_all(wishes: &[(VisitId, TakeSummary)], lines: &[Line]) -> Option<String> {
    let along: Vec<_> = lines
        .iter()
        .filter(|line| wish_of(wishes, line) != TakeSummary::Without)
        .map(|line| line.gate.officer_told())
        .collect();
    if along.is_empty() {
        return None;
    }
    let told = along.iter().flatten().count();
    let every = along.contains(&Some(OfficerTold::EveryView));
    let of = match along.len() {
        1 => "1 summary".to_owned(),
        count => format!("{count} summaries"),
    };
    Some(match (told, every) {
        (0, _) => format!("Saving {of} counts as opening them, and each is recorded."),
        (_, true) => format!(
            "Saving {of} counts as opening them. In a community pharmacy your privacy officer is told of every view. That is routine."
        ),
        (told, false) => format!(
            "Saving {of} counts as opening them. For {told} you confirm that you care for the patient, as no colleague has recorded it, and your privacy officer is told. That is routine."
        ),
    })
}

/// What saving one summary tells the privacy officer, before it is done.
fn told_of_one(gate: &Gate) -> &'static str {
    match gate.officer_told() {
        Some(OfficerTold::EveryView) => {
            "Saving the summary counts as opening it. In a community pharmacy your privacy officer is told of every view. That is routine."
        }
        Some(OfficerTold::Claim) => {
            "Saving the summary counts as opening it. You confirm that you care for this patient, as no colleague has recorded it, and your privacy officer is told. That is routine."
        }
        None => {
            "Saving the summary counts as opening it, and is recorded. A colleague has recorded that your team cares for this patient."
        }
    }
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

/// Nothing is saved, and the list itself cannot be read now.
fn nobody_saved() -> AnyView {
    view! {
        <div class="ncrs-empty">
            <h2 class="ncrs-empty__heading">"Nobody from your list is saved on this device"</h2>
            <p class="nhsuk-body">
                "Your visit list is with the service. It opens here by itself when you have signal."
            </p>
        </div>
    }
    .into_any()
}

fn all(list: List, lines: Vec<Line>) -> AnyView {
    let ready = move || list.keeping.safe() == Safe::Open;
    let listed: Vec<_> = lines.iter().filter(|line| line.listed).cloned().collect();
    let saved = lines.iter().any(|line| line.saved.is_some());
    let count = listed.len();
    let full = (count >= usize::from(LONGEST_VISIT_LIST)).then(|| {
        view! {
            <p class="nhsuk-inset-text">
                {format!("Your list is full: it holds {LONGEST_VISIT_LIST} patients. Remove someone whom you have seen to add another.")}
            </p>
        }
    });
    let listed = StoredValue::new_local(listed);
    let told = move || {
        list.wishes
            .with(|wishes| listed.with_value(|lines| told_of_all(wishes, lines)))
    };
    let take = move || {
        (ready() && count > 0).then(|| {
            view! {
                <p class="nhsuk-body" id="told-of-all">{told}</p>
                <button
                    class="nhsuk-button"
                    type="button"
                    aria-describedby="told-of-all"
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
        {full}
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
    if !has_summary(line) {
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
        list.wishes.update(|wishes| {
            wishes.retain(|(other, _)| *other != visit);
            wishes.push((visit, wish));
        });
    };
    let text = told_of_one(&line.gate);
    let one = StoredValue::new_local(line.clone());
    let told = move || {
        let wish = list
            .wishes
            .with(|wishes| one.with_value(|line| wish_of(wishes, line)));
        (wish != TakeSummary::Without).then_some(text)
    };
    let told_id = format!("told-{visit}");
    view! {
        <div class="nhsuk-form-group">
            <label class="nhsuk-label" for=id.clone()>
                "Summary Care Record" <span class="nhsuk-u-visually-hidden">" of " {line.banner.name.clone()}</span>
            </label>
            <select class="nhsuk-select" id=id aria-describedby=told_id.clone() on:change=choose>
                <option value="door" selected=chosen == TakeSummary::AskAtTheDoor>"Ask at the door"</option>
                <option value="agreed" selected=chosen == TakeSummary::Agreed>
                    "The patient agreed, for this visit"
                </option>
                <option value="without" selected=chosen == TakeSummary::Without>"Leave it out"</option>
            </select>
            <p class="nhsuk-body-s nhsuk-u-margin-top-2 nhsuk-u-margin-bottom-0" id=told_id>{told}</p>
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
