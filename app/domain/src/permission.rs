//! Who may open a Summary Care Record, and what is asked before (DOMAIN section 5).

use crate::FieldError;
use crate::coded::coded;
use crate::readiness::Missing;
use crate::referral::Referral;
use crate::role::{Activity, CareSetting, RoleAssignment};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Longest written reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// The patient's own choice on their summary, as the Spine keeps it. `Yes` is legacy and is
/// treated as `Ask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpineConsent {
    /// Legacy: ask all the same.
    Yes,
    /// The patient opted out: no summary may be shown.
    No,
    /// Ask at each view.
    Ask,
}

/// Whether there is a summary to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Availability {
    /// There is one.
    Exists,
    /// The patient has none.
    NoSummary,
    /// The patient opted out.
    OptedOut,
    /// A restricted patient has none.
    Restricted,
}

impl Availability {
    /// From what the services hold. The patient's choice and restriction come before existence, so
    /// that a refused question does not tell whether there is a document.
    pub fn of(consent: SpineConsent, restricted: bool, exists: bool) -> Self {
        match (consent, restricted, exists) {
            (_, true, _) => Self::Restricted,
            (SpineConsent::No, false, _) => Self::OptedOut,
            (SpineConsent::Yes | SpineConsent::Ask, false, true) => Self::Exists,
            (SpineConsent::Yes | SpineConsent::Ask, false, false) => Self::NoSummary,
        }
    }
}

/// What the screen says before it asks: each gate, and what this role can answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The organisation of the chosen role.
    pub organisation: String,
    /// Its care setting.
    pub setting: CareSetting,
    /// The setting is approved for the Summary Care Record.
    pub approved: bool,
    /// The role may view summaries at all (B0370).
    pub may_view: bool,
    /// The role may view without asking, in an emergency (B0168).
    pub may_view_in_emergency: bool,
    /// Whether there is a summary. Told only where the first two gates are open.
    pub availability: Option<Availability>,
    /// The same were it not for the patient's choice. Told only to whom the law may let look against
    /// it (B0082).
    pub overridden: Option<Availability>,
    /// A permission given earlier that still holds, for this person or their team.
    pub standing: Option<StandingPermission>,
    /// Someone recorded that the organisation cares for the patient.
    pub referral: Option<Referral>,
    /// The step by which summaries are closed to the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// A permission that the patient gave earlier and that still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingPermission {
    /// For whom.
    pub scope: Scope,
    /// The last day on which it holds.
    pub until: Date,
    /// Who recorded it.
    pub recorded_by: String,
}

/// What stands in the way of asking, most fundamental first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closed {
    /// The role lacks B0370.
    Role,
    /// The care setting is not approved.
    Setting,
    /// The organisation has not shown what it has to.
    NotReady(Missing),
    /// The patient opted out.
    OptedOut,
    /// The patient's record is restricted.
    Restricted,
    /// There is no summary.
    NoSummary,
}

impl Gate {
    /// The gate for a role, before the patient's own side is known.
    pub fn of_role(role: &RoleAssignment) -> Self {
        let approved = role.organisation.setting.approved_for_summary();
        Self {
            organisation: role.organisation.name.clone(),
            setting: role.organisation.setting,
            approved,
            may_view: role.allows(Activity::ViewSummary),
            may_view_in_emergency: role.allows(Activity::EmergencyAccess),
            availability: None,
            overridden: None,
            standing: None,
            referral: None,
            missing: None,
        }
    }

    /// Of what the privacy officer is told, if of anything.
    pub fn officer_told(&self) -> Option<OfficerTold> {
        let vouched = self.referral.as_ref().and_then(Referral::vouches);
        if self.setting == CareSetting::CommunityPharmacy {
            Some(OfficerTold::EveryView)
        } else if vouched.is_none() {
            Some(OfficerTold::Claim)
        } else {
            None
        }
    }

    /// There is a summary that may be opened on a legal ground.
    pub fn may_override(&self) -> bool {
        self.may_view
            && self.approved
            && self.missing.is_none()
            && self.overridden == Some(Availability::Exists)
    }

    /// What stands in the way; `None` where the permission question may be asked.
    ///
    /// | role B0370 | setting approved | a step is missing | availability | result |
    /// |---|---|---|---|---|
    /// | no | any | any | any | `Role` |
    /// | yes | no | any | any | `Setting` |
    /// | yes | yes | yes | any | `NotReady` |
    /// | yes | yes | no | exists | open |
    /// | yes | yes | no | other, or not told | that |
    pub fn closed(&self) -> Option<Closed> {
        if !self.may_view {
            return Some(Closed::Role);
        }
        if !self.approved {
            return Some(Closed::Setting);
        }
        if let Some(missing) = self.missing {
            return Some(Closed::NotReady(missing));
        }
        match self.availability {
            Some(Availability::Exists) => None,
            Some(Availability::NoSummary) | None => Some(Closed::NoSummary),
            Some(Availability::OptedOut) => Some(Closed::OptedOut),
            Some(Availability::Restricted) => Some(Closed::Restricted),
        }
    }
}

/// Of what the privacy officer is told where a summary is opened or taken along with the patient's
/// agreement, or to be asked for at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfficerTold {
    /// Of every view: it is a community pharmacy.
    EveryView,
    /// Of the claim to care for the patient, the first time: no colleague recorded it.
    Claim,
}

/// For whom the patient agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// For the person who asked.
    Me,
    /// For everyone in the same role organisation.
    Team,
}

/// For how long the patient agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duration {
    /// For this view only.
    ThisView,
    /// Until the end of that day.
    Until(Date),
}

coded! {
    /// A legal ground to look without the patient's agreement, or against it (DOMAIN section 5). Only for
    /// those with B0082.
    LegalGround {
        /// The public interest outweighs the patient's choice.
        PublicInterest = "public-interest", "Public interest";
        /// A statute demands or allows it.
        Statute = "statute", "A statute";
        /// A court ordered it.
        CourtOrder = "court-order", "A court order";
    }
}

coded! {
    /// A common reason for emergency access, for whoever has one hand and no time to write. Its words are
    /// the written reason, and stand in the audit and before the privacy officer like any other.
    EmergencyReason {
        /// Nobody can be asked.
        Unconscious = "unconscious", "Unconscious";
        /// An answer would mean nothing.
        Confused = "confused", "Confused";
        /// No answer can be had: a stroke, a language, a hearing aid that is not there.
        CannotCommunicate = "cannot-communicate", "Cannot communicate";
        /// There is no time to ask.
        DangerToLife = "danger-to-life", "Danger to life";
    }
}

impl EmergencyReason {
    /// As it is written down.
    pub fn written(self) -> &'static str {
        match self {
            Self::Unconscious => "The patient is unconscious",
            Self::Confused => "The patient is confused",
            Self::CannotCommunicate => "The patient cannot communicate",
            Self::DangerToLife => "There is danger to the patient's life",
        }
    }
}

/// The answer to the permission question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum PermissionAnswer {
    /// The patient agreed.
    Agreed {
        /// For whom.
        scope: Scope,
        /// For how long.
        duration: Duration,
    },
    /// A permission given earlier still holds.
    Standing,
    /// Emergency: the patient cannot be asked, and it is in their best interest.
    Emergency {
        /// In writing.
        reason: String,
    },
    /// The patient was not asked, or chose otherwise: the law lets the person look.
    Legal {
        /// On which ground.
        ground: LegalGround,
        /// What that rests on, in writing: the order, the section, the danger.
        basis: String,
    },
    /// The patient said no: nothing opens, and that is recorded for this moment only.
    Declined,
}

impl std::fmt::Debug for PermissionAnswer {
    /// Which answer, without the written reason.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Agreed { .. } => "Agreed",
            Self::Standing => "Standing",
            Self::Emergency { .. } => "Emergency(hidden)",
            Self::Legal { .. } => "Legal(hidden)",
            Self::Declined => "Declined",
        })
    }
}

/// Longest time for which a patient can agree ahead, in days.
pub const LONGEST_PERMISSION_DAYS: i64 = 365;

impl PermissionAnswer {
    /// Whoever gives it says that they care for the patient. The law lets others look too.
    pub fn claims_relationship(&self) -> bool {
        match self {
            Self::Agreed { .. } | Self::Standing | Self::Emergency { .. } => true,
            Self::Legal { .. } | Self::Declined => false,
        }
    }

    /// What was written down with it.
    pub fn written(&self) -> Option<&str> {
        match self {
            Self::Emergency { reason: text } | Self::Legal { basis: text, .. } => Some(text.trim()),
            Self::Agreed { .. } | Self::Standing | Self::Declined => None,
        }
    }

    /// What is wrong with the answer on that day. Fields: `until`, `reason`, `basis`.
    pub fn problems(&self, today: Date) -> Vec<FieldError> {
        match self {
            Self::Agreed {
                duration: Duration::Until(until),
                ..
            } => wrong_last_day(*until, today).into_iter().collect(),
            Self::Emergency { reason } => not_written(
                "reason",
                reason,
                "Enter the reason for emergency access",
                "Reason",
            ),
            Self::Legal { basis, .. } => not_written(
                "basis",
                basis,
                "Enter what the legal ground rests on",
                "What it rests on",
            ),
            Self::Agreed { .. } | Self::Standing | Self::Declined => Vec::new(),
        }
    }
}

/// What is wrong with a last day, in the field `until`.
pub(crate) fn wrong_last_day(until: Date, today: Date) -> Option<FieldError> {
    let latest = today
        .checked_add(jiff::Span::new().days(LONGEST_PERMISSION_DAYS))
        .unwrap_or(today);
    let message = if until < today {
        "The last day must be today or in the future"
    } else if until > latest {
        "The last day must be within a year from today"
    } else {
        return None;
    };
    Some(FieldError::new("until", message))
}

/// What is wrong with a text that has to be written.
fn not_written(field: &str, text: &str, empty: &str, name: &str) -> Vec<FieldError> {
    if text.trim().is_empty() {
        vec![FieldError::new(field, empty)]
    } else if text.chars().count() > LONGEST_REASON {
        let message = format!("{name} must be {LONGEST_REASON} characters or fewer");
        vec![FieldError::new(field, message)]
    } else {
        Vec::new()
    }
}
