//! Removing a part, or the whole flag. What was removed is kept in the history.

use super::super::parts::{nowhere, part_alone, why};
use super::super::reading;
use super::super::{RecordFrame, RecordPage, now};
use super::submit::Sending;
use crate::api::records::AdjustmentsView;
use crate::components::adjustment::detail_line;
use crate::components::form::{Choice, Choices, ErrorSummary, Errors, FormValues, TextArea};
use crate::device::device;
use domain::FieldError;
use domain::adjustment::{AdjustmentChange, AdjustmentRecord, RemovalReason};
use domain::command::Command;
use domain::ids::{CommandId, PartId};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// Removing a part.
pub fn remove_part() -> AnyView {
    let params = use_params_map();
    let part = params.with_untracked(|params| {
        params
            .get_str("part")
            .and_then(|text| text.parse::<PartId>().ok())
    });
    match part {
        Some(part) => page(Target::Part(part)),
        None => nowhere(),
    }
}

/// Removing the whole flag.
pub fn remove_flag() -> AnyView {
    page(Target::Flag)
}

/// What is to be removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Part(PartId),
    Flag,
}

impl Target {
    fn title(self) -> &'static str {
        match self {
            Self::Part(_) => "Remove this from the flag",
            Self::Flag => "Remove the whole flag",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::Part(_) => "Remove",
            Self::Flag => "Remove flag",
        }
    }

    fn saved(self) -> &'static str {
        match self {
            Self::Part(_) => "Removed from the reasonable adjustment flag.",
            Self::Flag => "Reasonable adjustment flag removed.",
        }
    }

    fn change(self, reason: RemovalReason, comment: String) -> AdjustmentChange {
        match self {
            Self::Part(part) => AdjustmentChange::RemovePart {
                part,
                reason,
                comment,
            },
            Self::Flag => AdjustmentChange::RemoveFlag { reason, comment },
        }
    }
}

fn page(target: Target) -> AnyView {
    let Some(frame) = RecordFrame::here() else {
        return nowhere();
    };
    let reading = reading::adjustments(frame);
    let errors = Errors::default();
    view! {
        <RecordPage title=target.title() errors back="/adjustments">
            <ErrorSummary errors />
            <h1 class="nhsuk-heading-l">{target.title()}</h1>
            {reading.form("Opening the reasonable adjustments", move |view| body(frame, target, errors, view))}
        </RecordPage>
    }
    .into_any()
}

fn body(frame: RecordFrame, target: Target, errors: Errors, view: AdjustmentsView) -> AnyView {
    if !view.may_manage {
        return why(
            "You cannot remove reasonable adjustments: your role does not include it. Tell a colleague whose role does, or ask your Registration Authority.",
        );
    }
    if view.flag && view.record.is_none() {
        return why(
            "You cannot remove anything from this flag: your role does not show what is on it. Tell a colleague whose role does.",
        );
    }
    let record = RwSignal::new(view.record.unwrap_or_default());
    let stale = RwSignal::new(false);
    let sent = StoredValue::new(None::<Command<AdjustmentChange>>);
    let sending = Sending::new(frame, errors);
    // What is removed is shown as it stands; the form below keeps what was typed.
    let there = Memo::new(move |_| record.with(|record| shows(target, record)));
    let what = move || record.with(|record| subject(frame, target, record));
    let changed = move || {
        stale.get().then(|| {
            view! {
                <div class="nhsuk-card nhsuk-card--warning" role="alert">
                    <div class="nhsuk-card__content">
                        <h2 class="nhsuk-card__heading">"Someone else changed this record"</h2>
                        <p class="nhsuk-card__description">
                            "Nothing was removed. Look at what is recorded now, then decide again."
                        </p>
                    </div>
                </div>
            }
        })
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        let values = FormValues::of(&event);
        let change = match typed(target, &values.text("reason"), &values.text("comment")) {
            Ok(change) => change,
            Err(found) => return errors.set(found),
        };
        let base = record.with_untracked(|record| record.version);
        let Some(device) = device() else { return };
        // Sent again unchanged, it keeps its name; another change gets its own.
        let command = sent
            .get_value()
            .filter(|before| before.base == base && before.change == change)
            .unwrap_or_else(|| Command {
                id: CommandId(device.new_id()),
                base,
                made_at: now(),
                change,
            });
        let before = sent.get_value().map(|before| before.id);
        sent.set_value(Some(command.clone()));
        sending.send(
            command,
            before,
            move || target.saved(),
            move |theirs| {
                record.set(theirs);
                stale.set(true);
            },
        );
    };
    let choices = move || {
        RemovalReason::ALL
            .iter()
            .map(|reason| Choice::new(reason.code(), reason.label()))
            .collect::<Vec<_>>()
    };
    let form = view! {
        <form class="ncrs-form" method="post" novalidate on:submit=submit hidden=move || !there.get()>
            <Choices name="reason" legend="Why are you removing this?" errors choices=choices() />
            <TextArea name="comment" label="Comment" hint="It is kept in the history with your name" errors />
            {sending.state()}
            <div class="nhsuk-button-group">
                <button
                    class="nhsuk-button nhsuk-button--warning ncrs-form__submit"
                    type="submit"
                    aria-disabled=move || sending.pending().then_some("true")
                >
                    {move || if sending.may_retry() { "Try again" } else { target.button() }}
                </button>
                <a class="nhsuk-link" href=frame.path_now("/adjustments")>"Cancel"</a>
            </div>
        </form>
    };
    view! {
        {changed}
        {what}
        {form}
    }
    .into_any()
}

/// Whether it is still there to be removed.
fn shows(target: Target, record: &AdjustmentRecord) -> bool {
    record.current.as_ref().is_some_and(|flag| match target {
        Target::Flag => true,
        Target::Part(id) => flag.current_parts().any(|part| part.id == id),
    })
}

fn subject(frame: RecordFrame, target: Target, record: &AdjustmentRecord) -> AnyView {
    let Some(flag) = record.current.as_ref().filter(|_| shows(target, record)) else {
        let text = match target {
            Target::Part(_) => "This is no longer on the flag, so there is nothing to remove.",
            Target::Flag => {
                "There is no reasonable adjustment flag, so there is nothing to remove."
            }
        };
        return view! {
            <p class="nhsuk-body">{text}</p>
            <a class="nhsuk-button nhsuk-button--secondary" role="button" href=frame.path_now("/adjustments")>
                "See reasonable adjustments"
            </a>
        }
        .into_any();
    };
    match target {
        Target::Part(id) => {
            let last = flag.current_parts().count() == 1;
            let part = flag
                .current_parts()
                .find(|part| part.id == id)
                .map(part_alone);
            let warning = last.then(|| {
                view! {
                    <p class="nhsuk-body">
                        "This is the last thing on the flag, so removing it is removing the flag: you confirm with your passkey. It stays in the history."
                    </p>
                }
            });
            view! { {warning} {part} }.into_any()
        }
        Target::Flag => {
            let parts = flag
                .current_parts()
                .map(|part| view! { <li>{detail_line(&part.detail)}</li> })
                .collect_view();
            view! {
                <p class="nhsuk-body">"Everything on the flag is removed with it. It stays in the history."</p>
                <ul class="nhsuk-list nhsuk-list--bullet">{parts}</ul>
            }
            .into_any()
        }
    }
}

/// The change to send, or what is wrong with the form.
fn typed(target: Target, reason: &str, comment: &str) -> Result<AdjustmentChange, Vec<FieldError>> {
    let known = RemovalReason::from_code(reason);
    let mut problems = Vec::new();
    if known.is_none() {
        problems.push(FieldError::new(
            "reason",
            "Select why you are removing this",
        ));
    }
    let change = target.change(
        known.unwrap_or(RemovalReason::NoLongerApplies),
        comment.trim().to_owned(),
    );
    problems.extend(change.problems());
    if problems.is_empty() {
        Ok(change)
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_needs_a_reason_and_a_comment() {
        let fields = |reason: &str, comment: &str| -> Vec<String> {
            typed(Target::Flag, reason, comment)
                .err()
                .unwrap_or_default()
                .into_iter()
                .map(|error| error.field)
                .collect()
        };
        assert_eq!(fields("", " "), ["reason", "comment"]);
        assert_eq!(fields("created-in-error", ""), ["comment"]);
        assert_eq!(fields("", "moved"), ["reason"]);
        assert!(fields("no-longer-applies", "moved").is_empty());
    }
}
