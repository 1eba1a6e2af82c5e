//! What the organisations of the demonstration have shown: all are ready, but for the one that is just
//! joining. Days count from when the database is filled.

use super::staff::demo_joining;
use domain::clock::uk_date;
use domain::readiness::{AccessMethod, DsptStatus, Evidence, More, Step, Verdict, Written};
use domain::role::Organisation;
use jiff::{Timestamp, ToSpan};

/// So many days before the database is filled, everything was shown.
const DAYS_AGO: i32 = 30;

/// What that organisation has shown at that time.
pub fn demo_readiness(organisation: &Organisation, now: Timestamp) -> Vec<Written> {
    let joining = organisation.ods == demo_joining();
    Step::ALL
        .iter()
        .copied()
        .filter(|step| step.offered_in(organisation.setting))
        .filter(|step| !joining || !matches!(step, Step::SummaryApproval | Step::PrivacyOfficer))
        .map(|step| written(step, joining, now))
        .collect()
}

fn written(step: Step, joining: bool, now: Timestamp) -> Written {
    let on = uk_date(now).saturating_sub(DAYS_AGO.days());
    let more = match step {
        Step::Dspt => More::Assessment {
            status: DsptStatus::Met,
            expires: on.saturating_add(1.year()),
        },
        Step::AccessMethods => More::Methods([AccessMethod::OwnPasskey].into()),
        Step::OdsCode | Step::PdsForm | Step::SummaryApproval | Step::PrivacyOfficer => {
            More::Nothing
        }
    };
    Written {
        step,
        version: 1,
        evidence: Evidence {
            reference: reference(step).to_owned(),
            on,
            more,
        },
        verdict: if step.approved_nationally() && !joining {
            Verdict::Approved
        } else {
            Verdict::None
        },
        entered_by: "Demonstration".to_owned(),
        entered_at: now,
    }
}

fn reference(step: Step) -> &'static str {
    match step {
        Step::OdsCode => "ODS portal, looked up by the service manager",
        Step::PdsForm => "PDS access form, reference DEMO-PDS",
        Step::Dspt => "DSPT portal, assessment DEMO-DSPT",
        Step::SummaryApproval => "Request for summaries, reference DEMO-SCR",
        Step::PrivacyOfficer => "Letter of appointment, board paper 7",
        Step::AccessMethods => "Access policy, version 2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::demo_organisations;
    use domain::readiness::{Feature, Lack, Readiness};

    #[test]
    fn every_organisation_is_ready_but_the_one_that_is_joining() {
        let now: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
        let today = uk_date(now);
        for organisation in demo_organisations() {
            let readiness = Readiness {
                setting: organisation.setting,
                written: demo_readiness(&organisation, now),
            };
            let missing = readiness.closes(Feature::Records, today);
            if organisation.ods == demo_joining() {
                let lack = missing.map(|missing| (missing.step, missing.lack));
                assert_eq!(lack, Some((Step::PdsForm, Lack::AwaitingApproval)));
            } else {
                assert_eq!(missing, None, "{}", organisation.name);
                assert_eq!(readiness.closes(Feature::Summaries, today), None);
            }
            assert_eq!(readiness.expiry_notice(today), None);
        }
    }
}
