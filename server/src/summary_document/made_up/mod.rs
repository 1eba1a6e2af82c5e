//! What made-up histories are put together from: conditions and how common they are at each age,
//! their medicines in the words of the dictionary of medicines and devices (dm+d), and the rest.

mod allergies;
mod conditions;
mod courses;
mod remarks;

pub(super) use allergies::{ALLERGIES, Allergy, CERTAINTIES, SEVERITIES};
pub(super) use conditions::{CONDITIONS, Condition, ELSEWHERE};
pub(super) use courses::{ACUTE, Acute};
pub(super) use remarks::*;

/// A medicine as it is prescribed.
#[derive(Clone, Copy, Debug)]
pub(in crate::summary_document) struct Medicine {
    pub(in crate::summary_document) item: &'static str,
    pub(in crate::summary_document) dosage: &'static str,
    pub(in crate::summary_document) quantity: &'static str,
}

const fn m(item: &'static str, dosage: &'static str, quantity: &'static str) -> Medicine {
    Medicine {
        item,
        dosage,
        quantity,
    }
}

/// Whom something can befall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::summary_document) enum Sex {
    Any,
    Female,
    Male,
}

const DAILY: &str = "One To Be Taken Each Day";
