//! What an organisation has to show before its staff may use the service, and what stays closed until
//! it has (the national onboarding guidance: ODS code, PDS access form, DSPT, SCR approval by care
//! setting, privacy officer, ways of signing in).
//!
//! | step                         | who fulfils it                         | what it opens           |
//! |------------------------------|----------------------------------------|-------------------------|
//! | ODS code                     | the organisation's administrator       | patients' records       |
//! | PDS access form              | the same, and a national approver      | patients' records       |
//! | DSPT                         | the administrator, every year          | patients' records       |
//! | Summary Care Record approval | the administrator, and an approver     | Summary Care Records    |
//! | privacy officer              | the administrator                      | Summary Care Records    |
//! | access methods               | the administrator                      | patients' records       |
//!
//! The approval for summaries is offered only where the care setting may be approved at all. A DSPT
//! assessment holds until its expiry, that day included. For [`GRACE_DAYS`] after it staff are warned
//! and everything stays open; then it closes.

use crate::FieldError;
use crate::clock::long_date;
use crate::coded::coded;
use crate::role::CareSetting;
use crate::search::DateFields;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// For so many days after the DSPT assessment expired, everything stays open.
pub const GRACE_DAYS: i32 = 60;
/// Longest reference to evidence, in characters.
pub const LONGEST_EVIDENCE: usize = 200;
/// Fewest characters by which evidence can be found.
const SHORTEST_EVIDENCE: usize = 3;
/// The longest time for which a DSPT assessment holds, in months: published early in one year of the
/// toolkit, it ends with the next.
const LONGEST_ASSESSMENT: i32 = 18;

coded! {
    /// One thing to show.
    Step {
        /// The code under which the organisation is registered is the right one.
        OdsCode = "ods-code", "ODS code";
        /// The form with which the organisation asks for access to demographics (PDS).
        PdsForm = "pds-form", "PDS access form";
        /// The yearly self-assessment of data security: the Data Security and Protection Toolkit.
        Dspt = "dspt", "Data Security and Protection Toolkit (DSPT)";
        /// The approval to view Summary Care Records in this care setting.
        SummaryApproval = "summary-approval", "Summary Care Record approval";
        /// Someone answers for who looks at records, and receives the alerts.
        PrivacyOfficer = "privacy-officer", "Privacy officer";
        /// How staff sign in, and on what.
        AccessMethods = "access-methods", "Access methods";
    }
}

/// What a step opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Finding patients and everything in their records.
    Records,
    /// Summary Care Records.
    Summaries,
}

/// Who can do what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The administrator of the organisation.
    Admin,
    /// The national approver.
    Approver,
}

impl Step {
    /// What it opens.
    pub fn opens(self) -> Feature {
        match self {
            Self::OdsCode | Self::PdsForm | Self::Dspt | Self::AccessMethods => Feature::Records,
            Self::SummaryApproval | Self::PrivacyOfficer => Feature::Summaries,
        }
    }

    /// Whether a national approver decides on it.
    pub fn approved_nationally(self) -> bool {
        match self {
            Self::PdsForm | Self::SummaryApproval => true,
            Self::OdsCode | Self::Dspt | Self::PrivacyOfficer | Self::AccessMethods => false,
        }
    }

    /// Whether it is asked of an organisation in that care setting.
    pub fn offered_in(self, setting: CareSetting) -> bool {
        self != Self::SummaryApproval || setting.approved_for_summary()
    }
}

coded! {
    /// How an assessment by the toolkit ended.
    DsptStatus {
        /// Standards exceeded.
        Exceeded = "exceeded", "Standards exceeded";
        /// Standards met.
        Met = "met", "Standards met";
        /// Not all are met, and an improvement plan was agreed.
        Approaching = "approaching", "Approaching standards";
        /// Standards not met.
        NotMet = "not-met", "Standards not met";
    }
}

coded! {
    /// On what staff sign in.
    AccessMethod {
        /// A passkey on a device of their own.
        OwnPasskey = "own-passkey", "Each with a passkey on their own device";
        /// A tablet or computer that several share, each with a passkey.
        SharedDevice = "shared-device", "Shared tablets or computers, each person with their own passkey";
    }
}

/// A step as it is typed. Fields: `evidence`, `on`, `expires`, `dspt`, `methods`. What a step does not ask
/// for is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepForm {
    /// By what the evidence is found: a reference, never the paper itself.
    pub evidence: String,
    /// Of which day it is.
    pub on: DateFields,
    /// DSPT: until when it holds. Empty: for a year.
    pub expires: DateFields,
    /// DSPT: how it ended.
    pub dspt: Option<DsptStatus>,
    /// Access methods: which are used.
    pub methods: BTreeSet<AccessMethod>,
}

/// What was shown for a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// By what it is found.
    pub reference: String,
    /// Of which day it is.
    pub on: Date,
    /// What only some steps ask for.
    pub more: More,
}

/// What only some steps ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum More {
    /// Nothing.
    Nothing,
    /// An assessment.
    Assessment {
        /// How it ended.
        status: DsptStatus,
        /// The last day on which it holds.
        expires: Date,
    },
    /// The ways of signing in.
    Methods(BTreeSet<AccessMethod>),
}

impl StepForm {
    /// What was shown, or what is wrong with it on that day.
    ///
    /// # Errors
    /// What is missing or wrong, in the order of the form.
    pub fn check(&self, step: Step, today: Date) -> Result<Evidence, Vec<FieldError>> {
        let on = self.on.date("on", dated(step), today);
        let more = self.more(step, on.as_ref().ok().copied());
        let reference = checked_evidence(&self.evidence);
        match (more, on, reference) {
            (Ok(Some(more)), Ok(on), Ok(reference)) => Ok(Evidence {
                reference,
                on,
                more,
            }),
            (more, on, reference) => {
                let mut problems = more.err().unwrap_or_default();
                problems.extend(on.err());
                problems.extend(reference.err());
                Err(problems)
            }
        }
    }

    /// What only this step asks for. `Ok(None)` where it hangs on a day that is wrong itself.
    fn more(&self, step: Step, on: Option<Date>) -> Result<Option<More>, Vec<FieldError>> {
        match step {
            Step::Dspt => self.assessment(on),
            Step::AccessMethods if self.methods.is_empty() => {
                let message = "Select how staff sign in";
                Err(vec![FieldError::new("methods", message)])
            }
            Step::AccessMethods => Ok(Some(More::Methods(self.methods.clone()))),
            Step::OdsCode | Step::PdsForm | Step::SummaryApproval | Step::PrivacyOfficer => {
                Ok(Some(More::Nothing))
            }
        }
    }

    /// How it ended and until when it holds: by default a year after it was published.
    fn assessment(&self, published: Option<Date>) -> Result<Option<More>, Vec<FieldError>> {
        let status = self
            .dspt
            .ok_or_else(|| FieldError::new("dspt", "Select the result of the assessment"));
        let expires = if self.expires.is_empty() {
            Ok(published.map(|published| published.saturating_add(1.year())))
        } else {
            self.expiry(published).map(Some)
        };
        match (status, expires) {
            (Ok(status), Ok(expires)) => {
                Ok(expires.map(|expires| More::Assessment { status, expires }))
            }
            (status, expires) => Err(status.err().into_iter().chain(expires.err()).collect()),
        }
    }

    fn expiry(&self, published: Option<Date>) -> Result<Date, FieldError> {
        let expires = self.expires.date("expires", "Expiry date", Date::MAX)?;
        let longest = published.map(|day| day.saturating_add(LONGEST_ASSESSMENT.months()));
        let wrong = |message: &str| Err(FieldError::new("expires-day", message));
        if published.is_some_and(|day| expires <= day) {
            return wrong("Expiry date must be after the date it was published");
        }
        if longest.is_some_and(|longest| expires > longest) {
            return wrong("Expiry date must be within 18 months of the date it was published");
        }
        Ok(expires)
    }
}

/// What the day of a step is called.
pub fn dated(step: Step) -> &'static str {
    match step {
        Step::OdsCode => "Date you checked it",
        Step::PdsForm => "Date the form was signed",
        Step::Dspt => "Date it was published",
        Step::SummaryApproval => "Date you asked for approval",
        Step::PrivacyOfficer => "Date they were appointed",
        Step::AccessMethods => "Date it was decided",
    }
}

fn checked_evidence(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let wrong = |message: String| Err(FieldError::new("evidence", message));
    if text.is_empty() {
        return wrong("Enter where the evidence is kept".to_owned());
    }
    let length = text.chars().count();
    if !(SHORTEST_EVIDENCE..=LONGEST_EVIDENCE).contains(&length) {
        return wrong(format!(
            "Evidence must be between {SHORTEST_EVIDENCE} and {LONGEST_EVIDENCE} characters"
        ));
    }
    if text.chars().any(char::is_control) {
        return wrong("Evidence must be one line of text".to_owned());
    }
    Ok(text.to_owned())
}

/// What was decided on a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing yet, or nobody has to.
    None,
    /// A national approver approved it.
    Approved,
    /// A national approver sent it back.
    SentBack {
        /// What has to change.
        reason: String,
    },
}

/// A step as it was last written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Which.
    pub step: Step,
    /// Counts its changes from 1.
    pub version: u32,
    /// What was shown.
    pub evidence: Evidence,
    /// What was decided on it.
    pub verdict: Verdict,
    /// Who entered it.
    pub entered_by: String,
    /// When.
    pub entered_at: Timestamp,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum State {
    /// Nothing was shown.
    NotStarted,
    /// A national approver has to decide.
    AwaitingApproval,
    /// A national approver wants it changed.
    SentBack {
        /// What.
        reason: String,
    },
    /// The standards are not met.
    NotMet,
    /// It is fulfilled.
    Done,
    /// It expired, and everything stays open until the end of that day.
    Expiring {
        /// The last day.
        closes: Date,
    },
    /// It expired too long ago.
    Expired,
}

impl State {
    /// What is missing, where it closes something.
    fn lack(&self) -> Option<Lack> {
        match self {
            Self::NotStarted => Some(Lack::NotStarted),
            Self::AwaitingApproval => Some(Lack::AwaitingApproval),
            Self::SentBack { .. } => Some(Lack::SentBack),
            Self::NotMet => Some(Lack::NotMet),
            Self::Expired => Some(Lack::Expired),
            Self::Done | Self::Expiring { .. } => None,
        }
    }
}

impl Written {
    /// Where it stands on that day.
    pub fn state(&self, today: Date) -> State {
        match (&self.verdict, &self.evidence.more) {
            (Verdict::SentBack { reason }, _) => State::SentBack {
                reason: reason.clone(),
            },
            (Verdict::None, _) if self.step.approved_nationally() => State::AwaitingApproval,
            (
                _,
                More::Assessment {
                    status: DsptStatus::NotMet,
                    ..
                },
            ) => State::NotMet,
            (_, More::Assessment { expires, .. }) => assessed(*expires, today),
            (_, More::Nothing | More::Methods(_)) => State::Done,
        }
    }
}

/// The last day on which everything stays open after that expiry.
fn closes_after(expires: Date) -> Date {
    expires.saturating_add(GRACE_DAYS.days())
}

fn assessed(expires: Date, today: Date) -> State {
    let closes = closes_after(expires);
    if today <= expires {
        State::Done
    } else if today <= closes {
        State::Expiring { closes }
    } else {
        State::Expired
    }
}

/// Why a step closes what it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// Nothing was shown.
    NotStarted,
    /// A national approver has to decide.
    AwaitingApproval,
    /// A national approver sent it back.
    SentBack,
    /// The standards are not met.
    NotMet,
    /// It expired more than [`GRACE_DAYS`] ago.
    Expired,
}

/// The step that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Missing {
    /// Which.
    pub step: Step,
    /// Why.
    pub lack: Lack,
}

impl Missing {
    /// Who can do it.
    pub fn who(self) -> Who {
        match self.lack {
            Lack::AwaitingApproval => Who::Approver,
            Lack::NotStarted | Lack::SentBack | Lack::NotMet | Lack::Expired => Who::Admin,
        }
    }

    /// What is missing and who can do it, in two sentences.
    pub fn words(self) -> String {
        let step = self.step.label();
        let lack = match self.lack {
            Lack::NotStarted => "has not been completed",
            Lack::AwaitingApproval => "is waiting for national approval",
            Lack::SentBack => "was sent back by the national approver",
            Lack::NotMet => "does not meet the standards",
            Lack::Expired => "expired more than 60 days ago",
        };
        let who = match self.who() {
            Who::Admin => "Your organisation's administrator can put this right",
            Who::Approver => "A national approver has to decide on it",
        };
        format!("The step “{step}” {lack}. {who}.")
    }
}

/// What is closed, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closures {
    /// Finding patients and everything in their records.
    pub records: Option<Missing>,
    /// Summary Care Records, for themselves or with the rest.
    pub summaries: Option<Missing>,
}

/// That the assessment has expired and what follows, in words: they stand on every screen, and to read
/// a written day takes more than to show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiryNotice {
    /// The day on which it expired.
    pub expired: String,
    /// The last day on which everything is open.
    pub closes: String,
}

/// What an organisation has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The kind of care that it gives.
    pub setting: CareSetting,
    /// Its steps as they were last written, each once at the most.
    pub written: Vec<Written>,
}

impl Readiness {
    /// The steps that are asked of it.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        let setting = self.setting;
        Step::ALL
            .iter()
            .copied()
            .filter(move |step| step.offered_in(setting))
    }

    /// A step as it was last written.
    pub fn of(&self, step: Step) -> Option<&Written> {
        self.written.iter().find(|written| written.step == step)
    }

    /// Where a step stands on that day.
    pub fn state(&self, step: Step, today: Date) -> State {
        self.of(step)
            .map_or(State::NotStarted, |written| written.state(today))
    }

    /// The first step by which something is closed on that day; `None` where it is open. Without
    /// records there are no summaries.
    pub fn closes(&self, feature: Feature, today: Date) -> Option<Missing> {
        let first = |opens: Feature| {
            self.steps()
                .filter(|step| step.opens() == opens)
                .find_map(|step| {
                    let lack = self.state(step, today).lack()?;
                    Some(Missing { step, lack })
                })
        };
        match feature {
            Feature::Records => first(Feature::Records),
            Feature::Summaries => first(Feature::Records).or_else(|| first(Feature::Summaries)),
        }
    }

    /// Everything that is closed on that day.
    pub fn closures(&self, today: Date) -> Closures {
        Closures {
            records: self.closes(Feature::Records, today),
            summaries: self.closes(Feature::Summaries, today),
        }
    }

    /// What staff are told on the days between the expiry of the assessment and its consequence.
    pub fn expiry_notice(&self, today: Date) -> Option<ExpiryNotice> {
        let written = self.of(Step::Dspt)?;
        match (written.state(today), &written.evidence.more) {
            (State::Expiring { closes }, More::Assessment { expires, .. }) => Some(ExpiryNotice {
                expired: long_date(*expires),
                closes: long_date(closes),
            }),
            _ => None,
        }
    }
}
