//! The record of the patient in front of you.
//!
//! The server sends these screens without a patient. Everything in them is read by the page, kept
//! in its memory only, and shown only while its context is the one in the address.

pub mod adjustments;
mod care;
pub mod details;
pub mod overview;
mod parts;
mod reading;
pub mod summary;

use crate::api::ContextKey;
use crate::api::finding::close_patient;
use crate::api::records::OpenedSummary;
use crate::components::form::Errors;
use crate::components::page::Page;
use crate::components::work::Work;
use crate::device::device;
use crate::keeping::{Keeping, Safe, keeping};
use crate::problem::{Kind, Problem};
use crate::screens::not_found;
use crate::session::{Session, session};
use adjustments::pad::Pad;
use domain::adjustment::AdjustmentRecord;
use domain::clock::{Age, long_time};
use domain::ids::ContextId;
use domain::patient::{InContext, PatientBanner};
use domain::permission::PermissionAnswer;
use domain::sourced::Source;
use domain::{NhsNumber, Sourced};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_router::components::Outlet;
use leptos_router::hooks::{use_location, use_params_map};

/// Whose record the frame shows.
#[derive(Clone, PartialEq)]
enum Whose {
    /// Not known yet.
    Asking,
    /// As the last answer for that context said.
    Known(ContextId, PatientBanner),
    /// Nothing could be read.
    Nobody,
    /// The record is closed.
    Closed,
}

/// A question to the server, to tell whether its answer still belongs here when it comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// On which record.
    pub(crate) key: ContextKey,
    turn: u32,
}

/// What the screens of a record share. It is the only memory of a patient on this device.
#[derive(Clone, Copy)]
pub(crate) struct RecordFrame {
    session: Session,
    /// What is kept on this device.
    pub(crate) keeping: Keeping,
    context: Memo<Option<ContextId>>,
    key: Memo<Option<ContextKey>>,
    turn: RwSignal<u32>,
    whose: RwSignal<Whose>,
    opened: RwSignal<Option<(ContextId, Sourced<OpenedSummary>)>>,
    /// How the permission question was answered for it.
    given: StoredValue<Option<PermissionAnswer>>,
    /// What a late answer brought, until it was read.
    news: RwSignal<Option<String>>,
    /// What is written for a new flag.
    pub(crate) create: Pad,
    /// What is written to add to the flag.
    pub(crate) add: Pad,
    /// What was just saved, until it has been shown.
    pub(crate) saved: RwSignal<Option<String>>,
}

impl RecordFrame {
    fn provide() -> Self {
        let params = use_params_map();
        let context = Memo::new(move |_| {
            params.with(|params| {
                params
                    .get_str("context")
                    .and_then(|text| text.parse::<ContextId>().ok())
            })
        });
        let tab = device().map(|device| device.tab());
        let whose = RwSignal::new(Whose::Asking);
        let keeping = keeping();
        let frame = Self {
            session: session(),
            keeping,
            context,
            key: Memo::new(move |_| {
                Some(ContextKey {
                    context: context.get()?,
                    tab: tab?,
                })
            }),
            turn: RwSignal::new(0),
            whose,
            opened: RwSignal::new(None),
            given: StoredValue::new(None),
            news: RwSignal::new(None),
            create: Pad::new(keeping, "create"),
            add: Pad::new(keeping, "add"),
            saved: RwSignal::new(None),
        };
        provide_context(frame);
        frame
    }

    /// The frame around this screen. `None` only outside the record's routes.
    pub(crate) fn here() -> Option<Self> {
        use_context::<Self>()
    }

    /// The question to send now; `None` on the server. Reactive: it changes with the patient, the
    /// person and the role.
    pub(crate) fn asks(self) -> Option<Asked> {
        Some(Asked {
            turn: self.turn.get(),
            key: self.key.get()?,
        })
    }

    /// As [`Self::asks`], for handlers.
    pub(crate) fn asks_now(self) -> Option<Asked> {
        Some(Asked {
            turn: self.turn.get_untracked(),
            key: self.key.get_untracked()?,
        })
    }

    /// Whether the question is still about the patient, person and role of now.
    pub(crate) fn still(self, asked: Asked) -> bool {
        self.turn.try_get_untracked() == Some(asked.turn)
            && self.key.try_get_untracked().flatten() == Some(asked.key)
    }

    /// The key under which the service knows the patient: one from the visit list is opened there first.
    pub(crate) async fn server_key(self, key: ContextKey) -> Result<ContextKey, Problem> {
        match self.keeping.engine().await {
            Some(engine) => engine.server_key(key).await,
            None => Ok(key),
        }
    }

    /// Takes an answer for the banner and the screen. `None` where it belongs to a patient, person
    /// or role of before: nothing of it may be shown.
    pub(crate) fn take<T>(
        self,
        asked: Asked,
        answer: Result<InContext<T>, Problem>,
    ) -> Option<Result<Sourced<T>, Problem>> {
        if !self.still(asked) {
            return None;
        }
        Some(match answer {
            Ok(answer) if answer.context == asked.key.context => {
                let patient = answer.banner.nhs_number;
                if let Some(engine) = self.keeping.engine_now() {
                    let at = match answer.read.source {
                        Source::Live { at } => Some(at),
                        Source::Saved { .. } => None,
                    };
                    engine.note(answer.context, patient, at);
                }
                for pad in [self.create, self.add] {
                    pad.of(patient);
                }
                self.whose.set(Whose::Known(answer.context, answer.banner));
                Ok(answer.read)
            }
            // An answer for another patient than the one that was asked for.
            Ok(_) => {
                self.forget(Whose::Nobody);
                Err(Kind::Unexpected.into())
            }
            Err(problem) => {
                match problem.kind {
                    // What is saved of the patient stays, where it is.
                    Kind::SignedOut | Kind::NoRole if self.keeping.safe_now() == Safe::Open => {
                        self.session.look_again();
                    }
                    Kind::SignedOut | Kind::NoRole => {
                        self.forget(Whose::Closed);
                        self.session.look_again();
                    }
                    Kind::ContextClosed => self.forget(Whose::Closed),
                    _ => self.whose.update(|whose| {
                        if *whose == Whose::Asking {
                            *whose = Whose::Nobody;
                        }
                    }),
                }
                Err(problem)
            }
        })
    }

    /// The patient, once known.
    pub(crate) fn patient_now(self) -> Option<NhsNumber> {
        self.whose.with_untracked(|whose| match whose {
            Whose::Known(_, banner) => Some(banner.nhs_number),
            Whose::Asking | Whose::Nobody | Whose::Closed => None,
        })
    }

    /// The record with what was changed on this device and is not sent yet.
    pub(crate) fn with_changes(self, record: &AdjustmentRecord) -> AdjustmentRecord {
        let over = self
            .patient_now()
            .zip(self.context.get_untracked())
            .and_then(|(patient, context)| {
                let engine = self.keeping.engine_now()?;
                Some(engine.on_top(context, patient, record).record)
            });
        over.unwrap_or_else(|| record.clone())
    }

    /// Whether the record is closed.
    fn is_closed(self) -> Memo<bool> {
        Memo::new(move |_| self.whose.with(|whose| *whose == Whose::Closed))
    }

    /// Drops everything that was read or written of a patient.
    fn forget(self, whose: Whose) {
        self.whose.set(whose);
        self.opened.set(None);
        self.given.set_value(None);
        self.news.set(None);
        self.create.forget();
        self.add.forget();
        self.saved.set(None);
    }

    /// The summary that was opened in this context. Reactive.
    pub(crate) fn opened(self) -> Option<Sourced<OpenedSummary>> {
        let now = self.context.get()?;
        self.opened.with(|opened| {
            opened
                .as_ref()
                .filter(|(context, _)| *context == now)
                .map(|(_, opened)| opened.clone())
        })
    }

    /// Keeps the summary that was opened, and by which answer.
    pub(crate) fn opened_with(
        self,
        given: PermissionAnswer,
        opened: Option<(ContextId, Sourced<OpenedSummary>)>,
    ) {
        self.given.set_value(Some(given));
        self.opened.set(opened);
    }

    /// By which answer the summary was opened that is open.
    pub(crate) fn given_now(self) -> Option<PermissionAnswer> {
        self.given.get_value()
    }

    /// Closes the summary.
    pub(crate) fn close_summary(self) {
        self.given.set_value(None);
        self.opened.set(None);
    }

    /// Says what a late answer brought, where it moves nothing.
    pub(crate) fn tell_news(self, news: String) {
        self.news.try_set(Some(news));
    }

    /// The address of a part of this record: `""`, `"/details"`. Reactive.
    pub(crate) fn path(self, rest: &str) -> String {
        self.context.get().map_or_else(
            || "/find".to_owned(),
            |context| format!("/record/{context}{rest}"),
        )
    }

    /// As [`Self::path`], for handlers.
    pub(crate) fn path_now(self, rest: &str) -> String {
        untrack(|| self.path(rest))
    }
}

/// The time by the device's clock.
pub(crate) fn now() -> Timestamp {
    device().map_or(Timestamp::UNIX_EPOCH, |device| device.now())
}

/// What stays while the parts of the record change: banner and tabs.
pub fn frame() -> AnyView {
    let frame = RecordFrame::provide();
    if frame.context.get_untracked().is_none() {
        return not_found::screen();
    }
    let session = frame.session;
    let who = Memo::new(move |_| {
        session
            .signed_in()
            .map(|person| (person.person.id, person.role.map(|role| role.id)))
    });
    // Another patient, person or role: nothing of before may stay.
    Effect::new(move |before: Option<_>| {
        let now = (frame.context.get(), who.get());
        if before.is_some_and(|before| before != now) {
            frame.forget(Whose::Asking);
            frame.turn.update(|turn| *turn += 1);
        }
        now
    });
    view! {
        {banner(frame)}
        {tabs(frame)}
        <Outlet />
        {news(frame)}
    }
    .into_any()
}

/// Tells the styles how high the banner is: what gets the focus is scrolled out from under it. A long
/// name, a narrow screen or larger text makes it higher.
fn measure_banner(shown: Signal<()>) {
    const HEIGHT: &str = "--ncrs-banner";
    let root = || {
        document()
            .document_element()
            .and_then(|root| root.dyn_into::<HtmlElement>().ok())
            .map(|root| root.style())
    };
    let measure = move || {
        request_animation_frame(move || {
            let banner = document().query_selector(".ncrs-banner").ok().flatten();
            let Some(style) = root() else { return };
            // Where the property cannot be set, the guess in the styles stays.
            let _ = match banner {
                Some(banner) => {
                    let height = banner.get_bounding_client_rect().height();
                    style.set_property(HEIGHT, &format!("{}px", height.ceil()))
                }
                None => style.remove_property(HEIGHT).map(drop),
            };
        });
    };
    Effect::new(move || {
        shown.get();
        measure();
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || {
        resized.remove();
        measure();
    });
}

fn banner(frame: RecordFrame) -> AnyView {
    let shown = Memo::new(move |_| {
        let now = frame.context.get();
        frame.whose.with(|whose| match whose {
            Whose::Known(context, _) if Some(*context) != now => Whose::Asking,
            whose => whose.clone(),
        })
    });
    if device().is_some() {
        measure_banner(Signal::derive(move || shown.track()));
    }
    (move || match shown.get() {
        Whose::Nobody | Whose::Closed => ().into_any(),
        Whose::Asking => view! {
            <section class="ncrs-banner" aria-label="Patient" aria-busy="true">
                <div class="ncrs-banner__inner">
                    <p class="ncrs-banner__name">"Opening the record"</p>
                    <div class="ncrs-banner__ids" aria-hidden="true">
                        <span class="ncrs-skeleton ncrs-skeleton--short"></span>
                    </div>
                </div>
            </section>
        }
        .into_any(),
        Whose::Known(_, banner) => identifiers(&banner),
    })
    .into_any()
}

/// Above the tabs at the foot of the screen, so that nothing moves under a thumb.
fn news(frame: RecordFrame) -> AnyView {
    view! {
        <div class="ncrs-news" role="status">
            {move || {
                frame
                    .news
                    .get()
                    .map(|news| {
                        view! {
                            <p class="ncrs-news__text">{news}</p>
                            <button class="ncrs-link-button" type="button" on:click=move |_| frame.news.set(None)>
                                "Close"
                            </button>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// The four identifiers, in the form of the NHS Common User Interface.
fn identifiers(banner: &PatientBanner) -> AnyView {
    let mut class = "ncrs-banner".to_owned();
    if banner.death.is_some() {
        class.push_str(" ncrs-banner--deceased");
    }
    if banner.restricted {
        class.push_str(" ncrs-banner--restricted");
    }
    let age = match banner.age {
        Age::Days(days) => format!("{days}d"),
        Age::Months(months) => format!("{months}m"),
        Age::Years(years) => format!("{years}y"),
    };
    let died = banner.death.map(|death| {
        view! { <p class="ncrs-banner__state">{format!("Died {}", domain::clock::banner_date(death.on))}</p> }
    });
    let restricted = banner.restricted.then(|| {
        view! { <p class="ncrs-banner__state">"Restricted record: address and GP are not shown"</p> }
    });
    view! {
        <section class=class aria-label="Patient">
            <div class="ncrs-banner__inner">
                <p class="ncrs-banner__name">{banner.name.clone()}</p>
                {died}
                {restricted}
                <dl class="ncrs-banner__ids">
                    <div class="ncrs-banner__id">
                        <dt>"Born"</dt>
                        <dd>{format!("{} ({age})", banner.born)}</dd>
                    </div>
                    <div class="ncrs-banner__id">
                        <dt>"Gender"</dt>
                        <dd>{banner.gender.label()}</dd>
                    </div>
                    <div class="ncrs-banner__id ncrs-banner__id--number">
                        <dt>"NHS No."</dt>
                        <dd>{banner.nhs_number.to_string()}</dd>
                    </div>
                </dl>
            </div>
        </section>
    }
    .into_any()
}

/// Name, path and icon of each part of the record.
const TABS: [(&str, &str, &str); 4] = [
    (
        "Overview",
        "",
        "M4 4h7v7H4zm9 0h7v4h-7zM4 13h7v7H4zm9-3h7v10h-7z",
    ),
    (
        "Summary",
        "/summary",
        "M5 2h14v20H5zm3 5v2h8V7zm0 4v2h8v-2zm0 4v2h5v-2z",
    ),
    (
        "Adjustments",
        "/adjustments",
        "M5 2h2v2h11l-3 4.5 3 4.5H7v9H5z",
    ),
    (
        "Details",
        "/details",
        "M12 3a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM3 21c0-4.5 4-7 9-7s9 2.5 9 7z",
    ),
];

fn tabs(frame: RecordFrame) -> AnyView {
    let here = use_location().pathname;
    let items = TABS
        .into_iter()
        .map(|(name, rest, icon)| {
            let current = move || {
                let to = frame.path(rest);
                let here = here.get();
                let here = here.trim_end_matches('/');
                // Overview is the start of every other path.
                let within = !rest.is_empty() && here.strip_prefix(&to).is_some_and(|more| more.starts_with('/'));
                (here == to || within).then_some("page")
            };
            view! {
                <li class="ncrs-tabs__item">
                    <a class="ncrs-tabs__link" href=move || frame.path(rest) aria-current=current>
                        <svg class="ncrs-tabs__icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                            <path d=icon fill-rule="evenodd" />
                        </svg>
                        {name}
                    </a>
                </li>
            }
        })
        .collect_view();
    // There is nothing to go to in a record that is closed.
    let closed = frame.is_closed();
    view! {
        <nav class="ncrs-tabs" aria-label="Patient record" hidden=move || closed.get()>
            <ul class="ncrs-tabs__list">{items}</ul>
        </nav>
    }
    .into_any()
}

/// A screen of the record: the way out or back, its content, and the foot of a print.
#[component]
fn RecordPage(
    /// As in "Overview". Never says who the patient is.
    #[prop(into)]
    title: String,
    /// Of the form on the page.
    #[prop(optional)]
    errors: Option<Errors>,
    /// Where "Back" leads, within the record: `"/adjustments"`. Without it the page can close the
    /// record.
    #[prop(optional, into)]
    back: Option<String>,
    /// The way out stands at the foot: the first screenful is for what is urgent.
    #[prop(optional)]
    out_last: bool,
    /// What the page shows.
    children: Children,
) -> AnyView {
    let frame = RecordFrame::here();
    let errors: Signal<_> = errors.unwrap_or_default().into();
    let out = match back {
        Some(rest) => view! {
            <a class="nhsuk-back-link" href=move || frame.map(|frame| frame.path(&rest))>"Back"</a>
        }
        .into_any(),
        None => close_link(frame),
    };
    let (out, out_last) = if out_last {
        (None, Some(out))
    } else {
        (Some(out), None)
    };
    view! {
        <Page title errors>
            {out}
            {children()}
            {out_last}
            {print_foot()}
        </Page>
    }
    .into_any()
}

/// Ends the work with this patient. What was read is dropped at once, whether or not the server
/// can be told: it closes the context itself when another is opened or time runs out.
fn close_link(frame: Option<RecordFrame>) -> AnyView {
    let work = Work::new();
    let close = move |_| {
        if let Some(frame) = frame
            && let Some(asked) = frame.asks_now()
        {
            frame.forget(Whose::Closed);
            work.latest(close_patient(asked.key), |_| ());
        }
    };
    let closed = frame.map(RecordFrame::is_closed);
    view! {
        <a
            class="nhsuk-back-link"
            href="/find"
            hidden=move || closed.is_some_and(|closed| closed.get())
            on:click=close
        >
            "Close record and find another patient"
        </a>
    }
    .into_any()
}

/// Who printed the page, in which role, and when: only on paper.
fn print_foot() -> AnyView {
    let printed = RwSignal::new(None::<Timestamp>);
    Effect::new(move || {
        if let Some(device) = device() {
            printed.set(Some(device.now()));
            let at_print = window_event_listener_untyped("beforeprint", move |_| {
                printed.set(Some(device.now()))
            });
            on_cleanup(move || at_print.remove());
        }
    });
    let session = session();
    let text = move || {
        let at = long_time(printed.get()?);
        let person = session.signed_in()?;
        let role = person
            .role
            .map(|role| format!(", {}, {}", role.job_name, role.organisation.name))
            .unwrap_or_default();
        Some(format!(
            "Printed by {}{role}, {at}. Destroy safely when no longer needed.",
            person.person.name
        ))
    };
    (move || text().map(|text| view! { <p class="ncrs-print">{text}</p> })).into_any()
}
