//! Finding someone on a visit list, without the service and by its rules.

use crate::NhsNumber;
use crate::patient::Patient;
use crate::search::{
    Details, MOST_MATCHES, MatchedOn, PatientMatch, PatientQuery, SearchOutcome, best_first,
};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What the service would answer if there were no other patients than these.
///
/// A number finds its patient, or else the one whose number replaced it. Other searches find whom
/// [`Details::matched_on`] says, best first; more than [`MOST_MATCHES`], and none is shown. A
/// restricted patient is never on a visit list, and is not found should one be there: the service
/// has restricted them since.
pub fn find<'a>(
    query: &PatientQuery,
    patients: impl IntoIterator<Item = &'a Patient>,
    today: Date,
) -> SearchOutcome {
    let mut listed = BTreeSet::new();
    let patients = patients
        .into_iter()
        .filter(|patient| !patient.restricted && listed.insert(patient.nhs_number));
    match query {
        PatientQuery::NhsNumber(number) => by_number(*number, patients.collect(), today),
        PatientQuery::Details(details) => by_details(details, patients, today),
    }
}

fn by_number(number: NhsNumber, patients: Vec<&Patient>, today: Date) -> SearchOutcome {
    let current = |patient: &&&Patient| patient.nhs_number == number;
    let replaced = |patient: &&&Patient| patient.superseded.contains(&number);
    let found = patients
        .iter()
        .find(current)
        .or_else(|| patients.iter().find(replaced));
    match found {
        None => SearchOutcome::Nobody,
        Some(patient) => SearchOutcome::Found {
            superseded: patient.nhs_number != number,
            matches: vec![PatientMatch::of(patient, MatchedOn::Current, today)],
        },
    }
}

fn by_details<'a>(
    details: &Details,
    patients: impl Iterator<Item = &'a Patient>,
    today: Date,
) -> SearchOutcome {
    let mut matches: Vec<_> = patients
        .filter_map(|patient| {
            let on = details.matched_on(patient)?;
            Some(PatientMatch::of(patient, on, today))
        })
        .collect();
    if matches.is_empty() {
        return SearchOutcome::Nobody;
    }
    if matches.len() > MOST_MATCHES {
        return SearchOutcome::TooMany;
    }
    best_first(&mut matches);
    SearchOutcome::Found {
        matches,
        superseded: false,
    }
}
