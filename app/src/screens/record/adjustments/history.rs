//! Everything that was ever recorded and removed, latest first.

use super::super::parts::{nowhere, why};
use super::super::reading;
use super::super::{RecordFrame, RecordPage};
use crate::api::records::AdjustmentsView;
use crate::components::adjustment::{detail_kind, detail_line};
use domain::adjustment::{AdjustmentRecord, Provenance, Removal};
use domain::clock::long_time;
use leptos::prelude::*;

/// The screen.
pub fn history() -> AnyView {
    let Some(frame) = RecordFrame::here() else {
        return nowhere();
    };
    let reading = reading::adjustments(frame);
    view! {
        <RecordPage title="History of reasonable adjustments" back="/adjustments">
            <h1 class="nhsuk-heading-l">"History of reasonable adjustments"</h1>
            {reading.view("Opening the history", |view| whole(&view))}
        </RecordPage>
    }
    .into_any()
}

fn whole(view: &AdjustmentsView) -> AnyView {
    let Some(record) = &view.record else {
        return why(
            "You cannot see the history: your role does not include the detail of reasonable adjustments. Ask a colleague whose role does, or your Registration Authority.",
        );
    };
    let events = events(record);
    if events.is_empty() {
        return view! { <p class="ncrs-section__none">"Nothing was ever recorded."</p> }.into_any();
    }
    let items = events
        .into_iter()
        .map(|event| {
            let why = event.why.map(|why| view! { <br /> {why} });
            view! {
                <li class="ncrs-history__item">
                    <span class="ncrs-history__when">{long_time(event.by.at)}</span>
                    " "
                    <strong>{event.what}</strong>
                    <br />
                    {format!("{}, {}, {}", event.by.person, event.by.role, event.by.organisation)}
                    {why}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="ncrs-history">{items}</ol> }.into_any()
}

/// Something that happened.
struct Event {
    by: Provenance,
    what: String,
    why: Option<String>,
}

/// A part that went with its flag is told with the flag.
fn events(record: &AdjustmentRecord) -> Vec<Event> {
    let mut events = Vec::new();
    for flag in record.earlier.iter().chain(&record.current) {
        events.push(Event {
            by: flag.recorded.clone(),
            what: "Flag created and Equality Act statement confirmed".to_owned(),
            why: Some(format!("Basis: {}", flag.basis.label())),
        });
        for part in &flag.parts {
            let what = format!(
                "{} ({})",
                detail_line(&part.detail),
                detail_kind(&part.detail)
            );
            events.push(Event {
                by: part.recorded.clone(),
                what: format!("Added: {what}"),
                why: None,
            });
            if let Some(removal) = part
                .removed
                .as_ref()
                .filter(|removal| flag.removed.as_ref() != Some(removal))
            {
                events.push(removed(format!("Removed: {what}"), removal));
            }
        }
        if let Some(removal) = &flag.removed {
            events.push(removed(
                "Flag removed with everything on it".to_owned(),
                removal,
            ));
        }
    }
    // Of one moment, the later in the record is the later.
    events.reverse();
    events.sort_by_key(|event| std::cmp::Reverse(event.by.at));
    events
}

fn removed(what: String, removal: &Removal) -> Event {
    Event {
        by: removal.by.clone(),
        what,
        why: Some(format!("{}: {}", removal.reason.label(), removal.comment)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::adjustment::{Basis, Detail, Flag, ImpairmentKind, Part, RemovalReason};
    use domain::ids::{FlagId, PartId};
    use jiff::Timestamp;
    use uuid::Uuid;

    fn at(second: i64) -> Provenance {
        Provenance {
            person: "Priya Nair".into(),
            role: "Paramedic".into(),
            organisation: "Ambulance".into(),
            at: Timestamp::from_second(second).unwrap_or_default(),
        }
    }

    fn removal(second: i64) -> Removal {
        Removal {
            reason: RemovalReason::CreatedInError,
            comment: "wrong patient".into(),
            by: at(second),
        }
    }

    fn part(second: i64, removed: Option<Removal>) -> Part {
        Part {
            id: PartId(Uuid::nil()),
            detail: Detail::Impairment {
                impairment: ImpairmentKind::Vision,
                note: String::new(),
            },
            recorded: at(second),
            removed,
        }
    }

    #[test]
    fn latest_first_and_parts_that_went_with_the_flag_once() {
        let earlier = Flag {
            id: FlagId(Uuid::nil()),
            basis: Basis::Consent,
            recorded: at(1),
            parts: vec![part(1, Some(removal(2))), part(1, Some(removal(3)))],
            removed: Some(removal(3)),
        };
        let current = Flag {
            recorded: at(4),
            parts: vec![part(4, None)],
            removed: None,
            ..earlier.clone()
        };
        let record = AdjustmentRecord {
            version: 4,
            current: Some(current),
            earlier: vec![earlier],
        };
        let told: Vec<_> = events(&record)
            .into_iter()
            .map(|event| (event.by.at.as_second(), event.what))
            .collect();
        let seconds: Vec<_> = told.iter().map(|(second, _)| *second).collect();
        assert_eq!(seconds, [4, 4, 3, 2, 1, 1, 1]);
        assert_eq!(
            told.iter()
                .filter(|(_, what)| what.starts_with("Removed"))
                .count(),
            1
        );
        assert!(
            told.first()
                .is_some_and(|(_, what)| what.starts_with("Added"))
        );
    }
}
