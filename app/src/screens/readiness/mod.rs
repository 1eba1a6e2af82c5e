//! What an organisation has to show: the checklist of its administrator, and the work of the national
//! approver.

mod approvals;
mod checklist;
mod decision;
mod step;

pub use approvals::screen as approvals;
pub use checklist::screen as checklist;
pub use decision::screen as decision;
pub use step::screen as step;

use crate::api::readiness::Done;
use crate::components::fact::fact;
use domain::clock::{long_date, long_time};
use domain::readiness::{Evidence, More, State, Step, dated};
use leptos::prelude::*;

/// What was shown for a step, and by whom.
fn shown(step: Step, evidence: &Evidence, entered: Option<&Done>) -> AnyView {
    let more = match &evidence.more {
        More::Nothing => None,
        More::Assessment { status, expires } => Some(
            view! { {fact("Result", status.label())} {fact("Expires", long_date(*expires))} }
                .into_any(),
        ),
        More::Methods(methods) => {
            let items = methods
                .iter()
                .map(|method| view! { <li>{method.label()}</li> })
                .collect_view();
            Some(fact(
                "How staff sign in",
                view! { <ul class="nhsuk-list nhsuk-list--bullet">{items}</ul> },
            ))
        }
    };
    let entered = entered.map(|done| fact("Entered by", by(done)));
    view! {
        <dl class="nhsuk-summary-list">
            {more}
            {fact(dated(step), long_date(evidence.on))}
            {fact("Evidence", evidence.reference.clone())}
            {entered}
        </dl>
    }
    .into_any()
}

/// Who, and when.
fn by(done: &Done) -> String {
    format!("{}, {}", done.by, long_time(done.at))
}

/// Where a step stands: in words, and for what waits for someone in colour too.
fn status(state: &State) -> AnyView {
    let (class, text) = match state {
        State::Done => return "Completed".into_any(),
        State::NotStarted => ("nhsuk-tag nhsuk-tag--blue", "Not started"),
        State::AwaitingApproval => ("nhsuk-tag nhsuk-tag--yellow", "Waiting for approval"),
        State::SentBack { .. } => ("nhsuk-tag nhsuk-tag--red", "Sent back"),
        State::NotMet => ("nhsuk-tag nhsuk-tag--red", "Standards not met"),
        State::Expiring { .. } => ("nhsuk-tag nhsuk-tag--orange", "Expired"),
        State::Expired => ("nhsuk-tag nhsuk-tag--red", "Expired"),
    };
    view! { <strong class=class>{text}</strong> }.into_any()
}
