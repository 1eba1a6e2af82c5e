//! A patient who was taken along, as the device keeps them.

use crate::api::offline::{TakenSummary, Visit};
use crate::api::records::{AdjustmentsView, OpenedSummary, RecordOverview};
use domain::Sourced;
use domain::clock::uk_date;
use domain::patient::PatientBanner;
use domain::sourced::Source;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The summary of a saved patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Door {
    /// It was not taken along.
    Without,
    /// It is here, and opens when the question was answered. It lies on a shelf of its own.
    Ask,
    /// The patient agreed.
    Agreed(Box<OpenedSummary>),
}

/// What is saved of a patient. What was asked at the door is not in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// As the service gave it; its summary was taken out.
    pub visit: Visit,
    /// The summary.
    pub door: Door,
}

impl std::fmt::Debug for Saved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Saved(hidden)")
    }
}

impl Saved {
    /// Of what the service gave, with the summary that opens at the door.
    pub fn of(mut visit: Visit) -> (Self, Option<OpenedSummary>) {
        let (door, sealed) = match std::mem::replace(&mut visit.summary, TakenSummary::Without) {
            TakenSummary::Without => (Door::Without, None),
            TakenSummary::AskAtTheDoor(summary) => (Door::Ask, Some(summary)),
            TakenSummary::Agreed(summary) => (Door::Agreed(Box::new(summary)), None),
        };
        (Self { visit, door }, sealed)
    }

    /// When it was saved, and until when it may be shown.
    pub fn source(&self) -> Source {
        Source::Saved {
            at: self.visit.taken_at,
            until: self.visit.until,
        }
    }

    /// A part of it, with its source.
    pub fn sourced<T>(&self, value: T) -> Sourced<T> {
        Sourced {
            value,
            source: self.source(),
        }
    }

    /// Who it is, with the age of today.
    pub fn banner(&self, now: Timestamp) -> PatientBanner {
        self.visit.overview.patient.banner(uk_date(now))
    }

    /// The overview. Whoever is saved is on the visit list, also where an older app saved them.
    pub fn overview(&self) -> RecordOverview {
        RecordOverview {
            on_visit_list: true,
            ..self.visit.overview.clone()
        }
    }

    /// The reasonable adjustments.
    pub fn adjustments(&self) -> AdjustmentsView {
        self.visit.adjustments.clone()
    }
}
