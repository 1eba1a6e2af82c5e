//! Opening the summary: from the service, or, where that cannot be reached, the copy that was taken
//! along. Either way the answer to the permission question is written down before anything opens.
//!
//! | saved with the patient | the service answers | it does not                                   |
//! |------------------------|---------------------|-----------------------------------------------|
//! | nothing                | the live summary    | the problem, with a way on                    |
//! | to be asked at the door| the live summary    | the question, then the saved copy             |
//! | the patient agreed     | the question        | the saved copy at once                        |

use super::super::RecordFrame;
use crate::api::ContextKey;
use crate::api::records::{OpenedSummary, open_summary, withdraw_permission};
use crate::device::NoVault;
use crate::keeping::Door;
use crate::problem::{Kind, Problem};
use domain::Sourced;
use domain::device_log::Part;
use domain::patient::InContext;
use domain::permission::{Duration, PermissionAnswer, Scope};
use domain::sourced::Source;
use domain::summary::{Change, Changed, clinical_changes};
use leptos::prelude::*;

/// How long the service is waited for where the summary is here, in milliseconds.
const PATIENCE: u32 = 2_000;

/// What came of the answer.
pub(super) enum Opening {
    /// The service took it.
    Service(Result<InContext<Option<OpenedSummary>>, Problem>),
    /// It was written down here, and the copy opened.
    Here(Result<Option<Sourced<OpenedSummary>>, NoVault>),
}

/// Answers the permission question.
pub(super) async fn answer(
    frame: RecordFrame,
    key: ContextKey,
    answer: PermissionAnswer,
) -> Opening {
    let keeping = frame.keeping;
    let engine = keeping.engine().await;
    // The law opens nothing that is saved here: only the service can say whether it does.
    let is_legal = matches!(answer, PermissionAnswer::Legal { .. });
    let saved = engine
        .as_ref()
        .and_then(|engine| engine.saved_of(key.context))
        .filter(|saved| saved.door != Door::Without && !is_legal);
    let (Some(engine), Some(_)) = (engine, saved) else {
        let told = ask(frame, key, answer).await;
        keeping.heard(&told);
        return Opening::Service(told);
    };
    if !keeping.is_cut_off() {
        let told = keeping
            .within(PATIENCE, ask(frame, key, answer.clone()))
            .await
            .unwrap_or_else(|| Err(Kind::Unreachable.into()));
        keeping.heard(&told);
        match told {
            Err(problem) if problem.falls_back() => {}
            told => return Opening::Service(told),
        }
    }
    Opening::Here(engine.answered(key.context, answer).await)
}

/// Takes the permission given ahead back, for the patient.
pub(super) async fn withdraw(frame: RecordFrame, key: ContextKey) -> Result<(), Problem> {
    let told = withdraw_permission(frame.server_key(key).await?).await;
    frame.keeping.heard(&told);
    told.map(drop)
}

async fn ask(
    frame: RecordFrame,
    key: ContextKey,
    answer: PermissionAnswer,
) -> Result<InContext<Option<OpenedSummary>>, Problem> {
    let Some(engine) = frame.keeping.engine().await else {
        return open_summary(key, answer).await;
    };
    let mut known = engine.server_key(key).await?;
    let mut told = open_summary(known, answer.clone()).await;
    if matches!(&told, Err(problem) if problem.kind == Kind::ContextClosed)
        && let Some(reopen) = engine.reopen(key)
    {
        known = reopen.await?;
        told = open_summary(known, answer).await;
    }
    told.map(|told| InContext {
        context: if told.context == known.context {
            key.context
        } else {
            told.context
        },
        ..told
    })
}

/// What the patient said when the summary was saved.
const AGREED: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

/// Opens the copy to which the patient agreed when it was saved, where there is no other. Nothing
/// where there is no such copy.
pub(super) fn open_agreed(frame: RecordFrame) {
    let Some(asked) = frame.asks_now() else {
        return;
    };
    let keeping = frame.keeping;
    let agreed = keeping
        .engine_now()
        .and_then(|engine| Some((engine.saved_of(asked.key.context)?, engine)));
    let Some((saved, engine)) = agreed else {
        return;
    };
    let Door::Agreed(summary) = &saved.door else {
        return;
    };
    let opened = saved.sourced((**summary).clone());
    leptos::task::spawn_local(async move {
        let written = engine.looked(asked.key.context, Part::Summary).await;
        if written.is_ok() && frame.still(asked) {
            frame.opened_with(AGREED, Some((asked.key.context, opened)));
        }
    });
}

/// The service answers again while a saved copy is open: the live summary takes its place, under the
/// same answer of the patient, and what changed is said.
pub(super) fn refresh(frame: RecordFrame) {
    let (Some(asked), Some(given)) = (frame.asks_now(), frame.given_now()) else {
        return;
    };
    let before =
        untrack(|| frame.opened()).filter(|opened| matches!(opened.source, Source::Saved { .. }));
    let Some(before) = before else { return };
    leptos::task::spawn_local(async move {
        let told = ask(frame, asked.key, given.clone()).await;
        frame.keeping.heard(&told);
        let still_open = frame.still(asked)
            && untrack(|| frame.opened()).is_some_and(|now| now.source == before.source);
        let Ok(InContext {
            read: Sourced {
                value: Some(now),
                source,
            },
            ..
        }) = told
        else {
            // The copy stays, and says what it is.
            return;
        };
        if !still_open {
            return;
        }
        let news = said(&clinical_changes(&before.value.summary, &now.summary));
        let now = Sourced { value: now, source };
        frame.opened_with(given, Some((asked.key.context, now)));
        frame.tell_news(news);
    });
}

/// What changed, in one line.
fn said(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "You are back online. The summary is up to date: nothing has changed.".to_owned();
    }
    let mut where_: Vec<&str> = Vec::new();
    for change in changes {
        let title = change
            .heading
            .as_ref()
            .map_or("About this summary", |heading| heading.title());
        if !where_.contains(&title) {
            where_.push(title);
        }
    }
    let added = changes
        .iter()
        .filter(|change| matches!(change.what, Changed::Added(_)))
        .count();
    let removed = changes
        .iter()
        .filter(|change| matches!(change.what, Changed::Removed(_)))
        .count();
    format!(
        "The summary has changed since it was saved: {added} added, {removed} removed. See {}.",
        where_.join(", ")
    )
}
