//! That a team cares for a patient: an open referral or visit, which someone of the team recorded. It is the
//! legitimate relationship of everyone in the organisation; without one a person can only claim their own
//! (DOMAIN section 5).

use crate::FieldError;
use crate::coded::coded;
use crate::permission::wrong_last_day;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

coded! {
    /// What was recorded.
    ReferralKind {
        /// The patient was referred to the team, or is on its caseload.
        Referral = "referral", "Referral to the team";
        /// The team visits the patient, or the patient comes to it.
        Visit = "visit", "Visit or appointment";
    }
}

/// An open referral or visit, as the record shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// Which of the two.
    pub kind: ReferralKind,
    /// The last day on which it is open.
    pub until: Date,
    /// Who recorded it.
    pub recorded_by: String,
    /// When.
    pub recorded_on: Date,
    /// Whoever reads this recorded it themselves. Nobody vouches for themselves: for them it does not
    /// stand in for a claim.
    pub own: bool,
}

impl Referral {
    /// What the relationship of whoever reads this rests on; `None` where they only have their own word.
    pub fn vouches(&self) -> Option<ReferralKind> {
        (!self.own).then_some(self.kind)
    }
}

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReferral {
    /// Which of the two.
    pub kind: ReferralKind,
    /// The last day: today, or within a year.
    pub until: Date,
}

impl NewReferral {
    /// What is wrong with it on that day. Field: `until`.
    pub fn problems(&self, today: Date) -> Vec<FieldError> {
        wrong_last_day(self.until, today).into_iter().collect()
    }
}
