//! That the team cares for the patient: an open referral or visit, recorded by someone of it.

use super::parts::at_its_field;
use super::reading::{Reading, progress};
use super::{RecordFrame, now};
use crate::api::records::{RecordOverview, end_referral, record_referral};
use crate::components::disclosure::Disclosure;
use crate::components::form::{Choice, Choices, DateField, FormValues};
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::keeping::Link;
use crate::problem::Kind;
use domain::FieldError;
use domain::clock::{long_date, uk_date};
use domain::referral::{NewReferral, Referral, ReferralKind};
use jiff::civil::Date;
use leptos::prelude::*;

const RECORDED: &str = "Recorded. Your colleagues can now open the summary without claiming a relationship of their own.";
const ENDED: &str = "Recorded that your team no longer cares for this patient.";

#[derive(Clone, Copy)]
struct Care {
    frame: RecordFrame,
    reading: Reading<RecordOverview>,
    trouble: Trouble,
    work: Work,
}

impl Care {
    /// Records that, and reads the overview anew.
    fn send(self, new: Option<NewReferral>) {
        let frame = self.frame;
        let Some(asked) = frame.asks_now() else {
            return;
        };
        self.trouble.clear();
        let said = if new.is_some() { RECORDED } else { ENDED };
        let call = async move {
            let key = frame.server_key(asked.key).await?;
            match new {
                Some(new) => record_referral(key, new).await,
                None => end_referral(key).await,
            }
        };
        self.work.once(call, move |answer| {
            frame.keeping.heard(&answer);
            if !frame.still(asked) {
                return;
            }
            match answer {
                Ok(_) => {
                    frame.saved.set(Some(said.to_owned()));
                    self.reading.again();
                }
                Err(problem) => match problem.kind {
                    Kind::Invalid(found) => {
                        let errors = found.into_iter().map(at_its_field).collect();
                        self.trouble.errors.set(errors);
                    }
                    _ => self.trouble.take(problem),
                },
            }
        });
    }

    fn record(self, event: &leptos::ev::SubmitEvent) {
        match typed(&FormValues::of(event), uk_date(now())) {
            Ok(new) => self.send(Some(new)),
            Err(problems) => {
                self.trouble.clear();
                self.trouble.errors.set(problems);
            }
        }
    }
}

/// What was typed, or what is wrong with it.
fn typed(form: &FormValues, today: Date) -> Result<NewReferral, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let kind = ReferralKind::from_code(&form.text("kind"));
    if kind.is_none() {
        wrong.push(FieldError::new(
            "kind",
            "Select why your team cares for this patient",
        ));
    }
    let until = form.date("until").date("until", "Last day", Date::MAX);
    match (kind, until) {
        (Some(kind), Ok(until)) => {
            let new = NewReferral { kind, until };
            wrong.extend(new.problems(today).into_iter().map(at_its_field));
            if wrong.is_empty() {
                return Ok(new);
            }
        }
        (_, Err(error)) => wrong.push(error),
        (None, Ok(_)) => {}
    }
    Err(wrong)
}

/// The section of the overview. It changes only with what is recorded: what is typed in it stays while
/// the rest of the screen becomes fresh.
pub(super) fn section(
    frame: RecordFrame,
    reading: Reading<RecordOverview>,
    trouble: Trouble,
) -> AnyView {
    let care = Care {
        frame,
        reading,
        trouble,
        work: Work::new(),
    };
    let recorded = reading.part(|overview| overview.value.gate.referral.clone());
    Effect::new(move |seen: Option<()>| {
        // Where only the answer was lost, it turns out to be recorded all the same.
        recorded.track();
        if seen.is_some() {
            trouble.clear();
        }
    });
    (move || {
        recorded.get().map(|referral| {
            let content = match referral {
                Some(referral) => open(care, &referral),
                None => nothing(care),
            };
            view! {
                <section aria-labelledby="care">
                    <h2 class="nhsuk-heading-m" id="care">"Care by your team"</h2>
                    {content}
                    <TroubleView trouble />
                    {move || care.work.pending().then(|| progress("Recording"))}
                </section>
            }
        })
    })
    .into_any()
}

/// Nothing is recorded. Who has begun to record something can go on when the signal is lost.
fn nothing(care: Care) -> AnyView {
    let shown = RwSignal::new(false);
    let offered = Memo::new(move |_| shown.get() || care.frame.keeping.link() == Link::Online);
    view! {
        <p class="nhsuk-body">"Nobody has recorded that your team cares for this patient."</p>
        <Show when=move || offered.get()>
            <Disclosure title="Record a referral or visit" open=shown>
                {form(care)}
            </Disclosure>
        </Show>
    }
    .into_any()
}

fn open(care: Care, referral: &Referral) -> AnyView {
    let own = referral.own.then(|| {
        view! {
            <p class="nhsuk-body">
                "You recorded it yourself, so it counts for your colleagues. When you open the summary, you still say for yourself that you care for the patient."
            </p>
        }
    });
    let failed = move || care.trouble.problem.with(Option::is_some);
    let offered = Memo::new(move |_| failed() || care.frame.keeping.link() == Link::Online);
    view! {
        <p class="nhsuk-body">{said(referral)}</p>
        {own}
        <Show when=move || offered.get()>
            <p class="nhsuk-body">
                <button
                    class="ncrs-link-button"
                    type="button"
                    aria-disabled=move || care.work.pending().then_some("true")
                    on:click=move |_| care.send(None)
                >
                    "Your team no longer cares for this patient: end it"
                </button>
            </p>
        </Show>
    }
    .into_any()
}

/// In a sentence, with who recorded it.
pub(super) fn said(referral: &Referral) -> String {
    format!(
        "{} until {}. Recorded by {} on {}.",
        referral.kind.label(),
        long_date(referral.until),
        referral.recorded_by,
        long_date(referral.recorded_on)
    )
}

fn form(care: Care) -> AnyView {
    let errors = care.trouble.errors;
    let choices: Vec<_> = ReferralKind::ALL
        .iter()
        .map(|kind| Choice::new(kind.code(), kind.label()))
        .collect();
    let send = move |event: leptos::ev::SubmitEvent| care.record(&event);
    view! {
        <form class="ncrs-form" method="post" novalidate on:submit=send>
            <Choices name="kind" legend="Why does your team care for this patient?" errors choices />
            <DateField name="until" legend="Last day" hint="From today, up to a year ahead" errors />
            <button
                class="nhsuk-button ncrs-form__submit"
                type="submit"
                aria-disabled=move || care.work.pending().then_some("true")
            >
                "Record"
            </button>
        </form>
    }
    .into_any()
}
