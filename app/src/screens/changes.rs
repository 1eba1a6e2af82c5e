//! What waits to be sent, what was sent, and what needs a decision.

use crate::api::offline::Target;
use crate::components::adjustment::detail_line;
use crate::components::notice::Success;
use crate::components::page::Page;
use crate::components::passkey::not_opened;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::step_up::StepUp;
use crate::components::time::when;
use crate::components::work::Work;
use crate::keeping::{Engine, Keeping, NotKept, Safe, keeping};
use crate::problem::{Kind, Problem};
use crate::screens::visits::Readiness;
use domain::NhsNumber;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord, Rebased};
use domain::command::Command;
use domain::ids::{CommandId, RoleId};
use domain::outbox::{Decision, End, Entry, Pause, Question, Setback, State, Stop, Why};
use domain::role::RoleAssignment;
use jiff::Timestamp;
use leptos::prelude::*;
use std::rc::Rc;

/// The screen's state.
#[derive(Clone, Copy)]
struct Changes {
    keeping: Keeping,
    work: Work,
    trouble: Trouble,
    told: RwSignal<Option<String>>,
}

impl Changes {
    fn engine(self) -> Option<Rc<dyn Engine>> {
        self.keeping.engine_now()
    }

    /// One of the person's roles.
    fn role(self, id: RoleId) -> Option<RoleAssignment> {
        let person = self.keeping.session().view_now().signed_in?;
        person.roles.into_iter().find(|role| role.id == id)
    }

    fn now(self) -> Timestamp {
        self.keeping
            .device()
            .map_or(Timestamp::UNIX_EPOCH, |device| device.now())
    }

    fn decide(self, id: CommandId, decision: Decision, told: &'static str) {
        let Some(engine) = self.engine() else { return };
        self.trouble.clear();
        self.work
            .once(engine.decide(id, decision), move |answer| match answer {
                Ok(()) => self.told.set(Some(told.to_owned())),
                Err(NotKept::Service(problem)) => self.trouble.take(problem),
                Err(NotKept::Device(none)) => {
                    let (title, advice) = not_opened(none);
                    self.told.set(Some(format!("{title}. {advice}")));
                }
            });
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let changes = Changes {
        keeping: keeping(),
        work: Work::new(),
        trouble: Trouble::new(),
        told: RwSignal::new(None),
    };
    let send = move |_| {
        if let Some(engine) = changes.engine() {
            engine.deliver();
        }
    };
    view! {
        <Page title="Waiting to be sent">
            <Success message=changes.told />
            <h1 class="nhsuk-heading-l">"Waiting to be sent"</h1>
            <p class="nhsuk-body">
                "What you save is kept on this device first, then sent. It is sent by itself as soon as the service can be reached."
            </p>
            {move || {
                (changes.keeping.safe() == Safe::Locked)
                    .then(|| view! { <Readiness keeping=changes.keeping /> })
            }}
            <TroubleView trouble=changes.trouble />
            {move || list(changes)}
            {move || {
                (changes.keeping.counts().waiting > 0 && changes.keeping.safe() != Safe::Locked)
                    .then(|| {
                        view! {
                            <button class="nhsuk-button nhsuk-button--secondary" type="button" on:click=send>
                                "Send now"
                            </button>
                        }
                    })
            }}
        </Page>
    }
    .into_any()
}

fn list(changes: Changes) -> AnyView {
    changes.keeping.revision();
    let Some(engine) = changes.engine() else {
        return ().into_any();
    };
    let (open, settled): (Vec<_>, Vec<_>) = engine
        .outbox()
        .into_iter()
        .partition(|entry| !entry.is_settled());
    let (decisions, waiting): (Vec<_>, Vec<_>) = open
        .into_iter()
        .partition(|entry| matches!(entry.state, State::NeedsDecision { .. }));
    let lost = engine.lost();
    if decisions.is_empty() && waiting.is_empty() && settled.is_empty() && lost.is_empty() {
        let locked = changes.keeping.counts().waiting;
        if locked > 0 {
            let many = if locked == 1 {
                "1 change waits in your saved records".to_owned()
            } else {
                format!("{locked} changes wait in your saved records")
            };
            return view! {
                <div class="ncrs-empty">
                    <h2 class="ncrs-empty__heading">{many}</h2>
                    <p class="nhsuk-body">"Unlock saved records to see and send what you wrote."</p>
                </div>
            }
            .into_any();
        }
        return view! {
            <div class="ncrs-empty">
                <h2 class="ncrs-empty__heading">"Nothing waits"</h2>
                <p class="nhsuk-body">"Everything that you saved has been sent."</p>
            </div>
        }
        .into_any();
    }
    let section = |heading: &'static str, entries: Vec<Entry<Target>>| {
        (!entries.is_empty()).then(|| {
            let entries = entries
                .into_iter()
                .map(|entry| article(changes, &engine, entry))
                .collect_view();
            view! {
                <h2 class="nhsuk-heading-m">{heading}</h2>
                {entries}
            }
        })
    };
    view! {
        {section("Needs your decision", decisions)}
        {lost.into_iter().map(|id| unreadable(changes, id)).collect_view()}
        {section("Waiting", waiting)}
        {section("Settled in the last day", settled)}
    }
    .into_any()
}

/// What a change does, as it was written.
fn lines(change: &AdjustmentChange) -> (&'static str, Vec<String>) {
    match change {
        AdjustmentChange::Create { basis, parts, .. } => {
            let mut lines = vec![format!("Basis: {}", basis.label())];
            lines.extend(parts.iter().map(|part| detail_line(&part.detail)));
            ("Create reasonable adjustment flag", lines)
        }
        AdjustmentChange::AddParts { parts } => (
            "Add to reasonable adjustments",
            parts.iter().map(|part| detail_line(&part.detail)).collect(),
        ),
        AdjustmentChange::RemovePart {
            reason, comment, ..
        } => (
            "Remove a reasonable adjustment",
            vec![format!("{}: {comment}", reason.label())],
        ),
        AdjustmentChange::RemoveFlag { reason, comment } => (
            "Remove the reasonable adjustment flag",
            vec![format!("{}: {comment}", reason.label())],
        ),
    }
}

/// Whose it is: the name where the patient is saved here, and the NHS number.
fn whose(engine: &Rc<dyn Engine>, entry: &Entry<Target>, now: Timestamp) -> String {
    let Ok(number) = entry.queue.0.parse::<NhsNumber>() else {
        return "A patient whom you had open".to_owned();
    };
    let name = engine
        .saved()
        .iter()
        .find(|saved| saved.visit.overview.patient.nhs_number == number)
        .map(|saved| saved.banner(now).name);
    match name {
        Some(name) => format!("{name}, NHS number {number}"),
        None => format!("NHS number {number}"),
    }
}

fn article(changes: Changes, engine: &Rc<dyn Engine>, entry: Entry<Target>) -> AnyView {
    let now = changes.now();
    let (heading, lines) = lines(&entry.command.change);
    let lines = lines
        .into_iter()
        .map(|line| view! { <li>{line}</li> })
        .collect_view();
    let (class, state, more) = match &entry.state {
        State::Waiting { .. } => (
            "ncrs-pending",
            waits(changes, engine.pause(entry.id()), now),
            ().into_any(),
        ),
        State::InFlight { .. } => ("ncrs-pending", "Being sent".to_owned(), ().into_any()),
        State::Settled { end, at } => (
            "ncrs-pending ncrs-pending--sent",
            ended(*end, when(*at, now)),
            ().into_any(),
        ),
        State::NeedsDecision { question, .. } => {
            let (state, more) = decision(changes, &entry, question);
            ("ncrs-pending ncrs-pending--refused", state, more)
        }
    };
    view! {
        <article class="ncrs-part ncrs-part--pending">
            <p class="ncrs-part__category">{whose(engine, &entry, now)}</p>
            <h3 class="ncrs-part__name">{heading}</h3>
            <ul class="nhsuk-list nhsuk-list--bullet">{lines}</ul>
            <p class=class>{state}</p>
            <p class="ncrs-part__provenance">"Written " {when(entry.command.made_at, now)}</p>
            {more}
        </article>
    }
    .into_any()
}

/// Why a change waits.
fn waits(changes: Changes, pause: Option<Pause>, now: Timestamp) -> String {
    match pause {
        None => "Waiting to be sent".to_owned(),
        Some(Pause::Stopped(Stop::SignIn)) => "Waits until you sign in with the service".to_owned(),
        Some(Pause::Stopped(Stop::ChooseRole)) => "Waits until you choose a role".to_owned(),
        Some(Pause::Stopped(Stop::Update)) => {
            "Waits until you update the app: reload this page when you have signal".to_owned()
        }
        Some(Pause::OtherRole(role)) => match changes.role(role) {
            Some(role) => {
                let organisation = &role.organisation.name;
                format!(
                    "Waits for the role in which you wrote it: {}, {organisation}. Choose that role to send it",
                    role.job_name
                )
            }
            None => "Waits until you choose the role in which you wrote it".to_owned(),
        },
        Some(Pause::Behind(_)) => "Waits for an earlier change to the same patient".to_owned(),
        Some(Pause::Until(at, Setback::Lost)) => {
            format!("No answer yet. Tried again at {}", when(at, now))
        }
        Some(Pause::Until(at, Setback::Busy)) => {
            format!("The service was busy. Tried again at {}", when(at, now))
        }
    }
}

fn ended(end: End, at: String) -> String {
    match end {
        End::Applied { .. } => format!("Sent {at}"),
        End::KeptTheirs => format!("You kept what someone else recorded, {at}"),
        End::Replaced { .. } => format!("Replaced by a later change, {at}"),
        End::Discarded => format!("Discarded {at}"),
    }
}

/// What the person has to know, and what they can do.
fn decision(changes: Changes, entry: &Entry<Target>, question: &Question) -> (String, AnyView) {
    let id = entry.id();
    let button = move |text: &'static str, class: &'static str, act: Box<dyn Fn()>| {
        view! {
            <button
                class=class
                type="button"
                aria-disabled=move || changes.work.pending().then_some("true")
                on:click=move |_| act()
            >
                {text}
            </button>
        }
        .into_any()
    };
    const FIRST: &str = "nhsuk-button nhsuk-button--small";
    const SECOND: &str = "nhsuk-button nhsuk-button--secondary nhsuk-button--small";
    match question {
        Question::Conflict { theirs } => {
            let again = match entry.command.change.onto(theirs) {
                Rebased::Change(change) => Some(change),
                Rebased::Nothing | Rebased::NoFlag => None,
            };
            let advice = match again {
                Some(_) => {
                    "Someone else changed this record. Nothing of yours was saved yet. You can add yours to what is recorded now: what is there already is left out."
                }
                None => {
                    "Someone else changed this record, and nothing of yours is left to add: it is recorded already, or the flag was removed."
                }
            };
            let base = theirs.version;
            let add = again.map(|change| {
                button(
                    "Add mine to what is recorded",
                    FIRST,
                    Box::new(move || {
                        let Some(device) = changes.keeping.device() else {
                            return;
                        };
                        let command = Command {
                            id: CommandId(device.new_id()),
                            base,
                            made_at: device.now(),
                            change: change.clone(),
                        };
                        changes.decide(
                            id,
                            Decision::Replace(command),
                            "Yours is on its way again.",
                        );
                    }),
                )
            });
            let keep = button(
                "Keep what is recorded",
                SECOND,
                Box::new(move || {
                    changes.decide(id, Decision::KeepTheirs, "What is recorded stays as it is.");
                }),
            );
            (
                advice.to_owned(),
                view! {
                    <h4 class="nhsuk-heading-xs">"What is recorded now"</h4>
                    {theirs_now(theirs)}
                    <div class="nhsuk-button-group">{add} {keep}</div>
                }
                .into_any(),
            )
        }
        Question::Refused { why } => {
            let problem = Problem::from(Kind::from(why));
            let confirm = (problem.kind == Kind::StepUp).then(|| {
                let again = Callback::new(move |()| {
                    changes.decide(id, Decision::TryAgain, "It is on its way again.");
                });
                view! { <StepUp again /> }
            });
            let ended = *why == Why::RoleEnded;
            let again = (confirm.is_none() && !question.is_final() && !ended).then(|| {
                button(
                    "Try again",
                    FIRST,
                    Box::new(move || {
                        changes.decide(id, Decision::TryAgain, "It is on its way again.")
                    }),
                )
            });
            let discard = button(
                "Discard",
                SECOND,
                Box::new(move || changes.decide(id, Decision::Discard, "Discarded.")),
            );
            let reason = match why {
                Why::RoleEnded => {
                    "Not sent. The role in which you wrote it has ended, so the service does not take it. If it still matters, write it again in a role that you have now, or ask a colleague to."
                        .to_owned()
                }
                _ => format!("Not saved. {}. {}", problem.title(), problem.advice()),
            };
            (
                reason,
                view! {
                    <p class="nhsuk-body">
                        "What you wrote stays here until you discard it. Copy it first if you need it elsewhere."
                    </p>
                    <div class="nhsuk-button-group">{confirm} {again} {discard}</div>
                }
                .into_any(),
            )
        }
    }
}

fn theirs_now(theirs: &AdjustmentRecord) -> AnyView {
    match &theirs.current {
        None => view! { <p class="nhsuk-body">"There is no flag."</p> }.into_any(),
        Some(flag) => {
            let parts = flag
                .current_parts()
                .map(|part| {
                    view! { <li>{detail_line(&part.detail)} ", recorded by " {part.recorded.person.clone()}</li> }
                })
                .collect_view();
            view! { <ul class="nhsuk-list nhsuk-list--bullet">{parts}</ul> }.into_any()
        }
    }
}

/// A sealed change that nobody can open any more.
fn unreadable(changes: Changes, id: CommandId) -> AnyView {
    let drop = move |_| {
        if let Some(engine) = changes.engine() {
            changes.work.once(engine.drop_lost(id), move |_| {
                changes.told.set(Some("Removed.".into()))
            });
        }
    };
    view! {
        <article class="ncrs-part">
            <h3 class="ncrs-part__name">"A change that can no longer be read"</h3>
            <p class="ncrs-pending ncrs-pending--refused">
                "It was sealed for the service, and the service cannot open it any more. Open the patient's record, see what is recorded, and write it down again."
            </p>
            <button class="nhsuk-button nhsuk-button--secondary nhsuk-button--small" type="button" on:click=drop>
                "Remove"
            </button>
        </article>
    }
    .into_any()
}
