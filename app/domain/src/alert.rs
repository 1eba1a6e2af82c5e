//! Alerts to privacy officers (DOMAIN section 5): what raises one, what it means, and how it is
//! worked on.
//!
//! An alert accuses nobody: most are closed as appropriate. It says that a look rests on the word of
//! the person who looked, or that it is unlike most others, and asks someone to see for themselves.

use crate::FieldError;
use crate::coded::coded;
use crate::ids::AlertId;
use crate::name::PersonName;
use crate::patient::Address;
use crate::role::Activity;
use crate::search_keys::{name_key, postcode_key};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Longest note, question or answer, in characters.
pub const LONGEST_NOTE: usize = 1000;

coded! {
    /// What raised an alert.
    AlertKind {
        /// Someone claimed a legitimate relationship by their own word.
        SelfClaimed = "self-claimed", "Self-claimed relationship";
        /// A look without asking, in an emergency.
        Emergency = "emergency", "Emergency access";
        /// A look against the patient's choice, on legal grounds.
        LegalOverride = "legal-override", "Legal override";
        /// Someone tried to open the summary of a restricted patient.
        Restricted = "restricted", "Attempt on a restricted record";
        /// A view in a community pharmacy, where every one raises an alert.
        Pharmacy = "pharmacy", "View in a community pharmacy";
        /// Many different patients in a short time.
        ManyPatients = "many-patients", "Many patients in a short time";
        /// The patient has the name of the person who looked.
        OwnRecord = "own-record", "Possibly their own record";
        /// The patient has the family name of the person who looked.
        SameSurname = "same-surname", "Same family name";
        /// The patient lives where the person who looked lives.
        SameAddress = "same-address", "Same address";
        /// The patient has the name of someone who works in the same organisation.
        Colleague = "colleague", "Possibly a colleague";
        /// A device's log of what was done without the service does not fit together.
        DeviceLog = "device-log", "A device's log is not complete";
        /// A device says that something was done at a time that cannot be.
        DeviceClock = "device-clock", "A device's clock is wrong";
        /// What is kept on a device ended, and the device has not brought its log since.
        DeviceLogMissing = "device-log-missing", "A device has not brought its log";
    }
}

coded! {
    /// The type of an alert on the wire, which says who receives it.
    AlertType {
        /// Type 1, Create LR (Self Claimed).
        Relationship = "1", "Self-claimed relationship";
        /// Type 2, Access Alert.
        Access = "2", "Access alert";
    }
}

coded! {
    /// Why there was a look without the usual permission (DOMAIN section 5).
    AlertReason {
        /// Public interest.
        PublicInterest = "1", "Public interest";
        /// A statute demands it.
        Statute = "2", "Statute";
        /// A court ordered it.
        CourtOrder = "3", "Court order";
        /// A relationship was claimed in an emergency.
        SelfClaimedEmergency = "4", "Self-claimed emergency access";
        /// An emergency.
        Emergency = "5", "Emergency";
        /// Another.
        Other = "6", "Other";
    }
}

coded! {
    /// What an officer found.
    Finding {
        /// The look was part of care.
        Appropriate = "appropriate", "Appropriate access";
        /// It was part of care, and the person was told how to do it better.
        Advised = "advised", "Appropriate, advice given";
        /// The wrong patient by mistake, and closed at once.
        Mistake = "mistake", "A mistake, no harm done";
        /// It was not part of care, and is handled outside the service.
        Inappropriate = "inappropriate", "Inappropriate access";
        /// It cannot be found out.
        Unknown = "unknown", "Could not be found out";
    }
}

impl AlertKind {
    /// Its type.
    pub fn alert_type(self) -> AlertType {
        match self {
            Self::SelfClaimed => AlertType::Relationship,
            Self::Emergency
            | Self::LegalOverride
            | Self::Restricted
            | Self::Pharmacy
            | Self::ManyPatients
            | Self::OwnRecord
            | Self::SameSurname
            | Self::SameAddress
            | Self::Colleague
            | Self::DeviceLog
            | Self::DeviceClock
            | Self::DeviceLogMissing => AlertType::Access,
        }
    }

    /// What it means, in plain English, and what to look for. A kind that has a threshold also has
    /// an explanation of its own on each alert: see [`Pattern`].
    pub fn explanation(self) -> &'static str {
        match self {
            Self::SelfClaimed => {
                "The person opened the summary or saved it on a device, said that they care for this patient, and no referral or visit in the service shows it. Check that there was a reason, such as an appointment or a call."
            }
            Self::Emergency => {
                "The person opened the summary without asking the patient, because the patient could not be asked. Check the reason that they wrote against what happened that day."
            }
            Self::LegalOverride => {
                "The person opened the summary against the patient's choice, on legal grounds. Check that the grounds are on file."
            }
            Self::Restricted => {
                "The person tried to open the summary of a patient whose record is restricted. It was not shown. Check whether they knew, and what they needed."
            }
            Self::Pharmacy => {
                "Every view in a community pharmacy raises an alert. Check that the patient had business there that day."
            }
            Self::ManyPatients => {
                "The person looked for, opened, listed or saved more patients than is usual in so short a time. A clinic, a ward round or a list of visits may explain it."
            }
            Self::OwnRecord => {
                "The patient has the same name as the person who looked. Staff may not look at their own record in the service. Names are not proof: the service does not know the date of birth of staff."
            }
            Self::SameSurname => {
                "The patient has the same family name as the person who looked, and may be a relative. With a common name this happens by chance."
            }
            Self::SameAddress => {
                "The patient lives at the address that was given for the person who looked, and may be of their household. Staff who live where they work, such as in a care home, share it with their patients."
            }
            Self::Colleague => {
                "The patient has the same name as someone who works in your organisation. Staff are patients too: check that the look was part of their care."
            }
            Self::DeviceLog => {
                "What a device wrote down while it could not reach the service does not fit together: some of it is missing, or was changed. A broken device can do that too. Ask the person what happened."
            }
            Self::DeviceClock => {
                "A device says that this was done before its log began, or after it arrived here. The service goes by the nearest time that can be, and keeps what the device said. A clock can be set wrong by mistake. Ask the person, and check that times on the device are set automatically."
            }
            Self::DeviceLogMissing => {
                "What this person kept on a device ended, because their role or passkey was ended, and the device has not brought the service what was looked at without signal since. It may be lost, switched off or without signal. Ask the person where the device is, and to sign in on it once more."
            }
        }
    }
}

impl AlertType {
    /// What a role must have to receive it (DOMAIN section 2).
    pub fn needs(self) -> Activity {
        match self {
            Self::Relationship => Activity::RelationshipAlerts,
            Self::Access => Activity::EmergencyAlerts,
        }
    }
}

/// The types of alert that a role receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receives {
    /// Type 1.
    pub relationships: bool,
    /// Type 2.
    pub access: bool,
}

impl Receives {
    /// Whether alerts of that kind are among them.
    pub fn takes(self, kind: AlertKind) -> bool {
        match kind.alert_type() {
            AlertType::Relationship => self.relationships,
            AlertType::Access => self.access,
        }
    }
}

/// How far the work on an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Nobody has looked at it yet.
    Open,
    /// An officer is on it.
    UnderInvestigation,
    /// It was handed on, such as to the Caldicott Guardian.
    Escalated,
    /// It is done.
    Closed(Finding),
}

impl Stage {
    /// The code of those that are closed.
    pub const CLOSED: &'static str = "closed";

    /// In storage, without the finding.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::UnderInvestigation => "investigating",
            Self::Escalated => "escalated",
            Self::Closed(_) => Self::CLOSED,
        }
    }

    /// The one of that code, with the finding where it is closed; `None` where they do not fit.
    pub fn from_code(code: &str, finding: Option<Finding>) -> Option<Self> {
        match (code, finding) {
            ("open", None) => Some(Self::Open),
            ("investigating", None) => Some(Self::UnderInvestigation),
            ("escalated", None) => Some(Self::Escalated),
            (Self::CLOSED, Some(finding)) => Some(Self::Closed(finding)),
            _ => None,
        }
    }

    /// What was found, where it is closed.
    pub fn finding(self) -> Option<Finding> {
        match self {
            Self::Closed(finding) => Some(finding),
            Self::Open | Self::UnderInvestigation | Self::Escalated => None,
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "New",
            Self::UnderInvestigation => "Under investigation",
            Self::Escalated => "Escalated",
            Self::Closed(_) => "Closed",
        }
    }
}

coded! {
    /// Whether the person was asked for an explanation.
    Explanation {
        /// Not asked.
        NotAsked = "not-asked", "Not asked";
        /// Asked, and the answer is awaited.
        Asked = "asked", "Explanation asked for";
        /// They answered.
        Answered = "answered", "Explanation given";
    }
}

/// Something that is done about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// An officer takes it on.
    Investigate,
    /// An officer hands it on.
    Escalate,
    /// An officer closes it.
    Close(Finding),
    /// An officer asks the person for an explanation.
    Ask,
    /// The person gives it.
    Answer,
}

impl Step {
    /// In storage, without the finding.
    pub fn code(self) -> &'static str {
        match self {
            Self::Investigate => "investigate",
            Self::Escalate => "escalate",
            Self::Close(_) => "close",
            Self::Ask => "ask",
            Self::Answer => "answer",
        }
    }

    /// As in the story of an alert. `None` for a code that is not one.
    pub fn words(code: &str) -> Option<&'static str> {
        match code {
            "investigate" => Some("Put under investigation"),
            "escalate" => Some("Escalated"),
            "close" => Some("Closed"),
            "ask" => Some("Asked for an explanation"),
            "answer" => Some("Explained"),
            _ => None,
        }
    }
}

/// Why a step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is closed, and stays as it is.
    #[error("This alert is closed. Nothing more can be done about it")]
    Closed,
    /// It stands there already.
    #[error("This was done already. Reload the page to see it")]
    AlreadyThere,
    /// They were asked, and have not answered.
    #[error("The person was asked already and has not answered yet")]
    AlreadyAsked,
    /// They were not asked.
    #[error("Nobody asks for an explanation of this any more")]
    NotAsked,
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlertState {
    /// The work on it.
    pub stage: Stage,
    /// The question to the person.
    pub explanation: Explanation,
}

impl AlertState {
    /// As it is raised.
    pub const NEW: Self = Self {
        stage: Stage::Open,
        explanation: Explanation::NotAsked,
    };

    /// Where it stands after a step.
    ///
    /// | step        | Open               | UnderInvestigation | Escalated          | Closed |
    /// |-------------|--------------------|--------------------|--------------------|--------|
    /// | Investigate | UnderInvestigation | refused            | UnderInvestigation | refused |
    /// | Escalate    | Escalated          | Escalated          | refused            | refused |
    /// | Close       | Closed             | Closed             | Closed             | refused |
    /// | Ask         | UnderInvestigation, Asked | Asked       | Asked              | refused |
    /// | Answer      | Answered           | Answered           | Answered           | refused |
    ///
    /// Ask is refused while an answer is awaited, and may come again after one; Answer is refused
    /// unless one is awaited. Closing leaves the question as it stands: nobody has to answer then.
    ///
    /// # Errors
    /// Where the table says refused.
    pub fn after(self, step: Step) -> Result<Self, Refused> {
        let stage = match (step, self.stage) {
            (_, Stage::Closed(_)) => return Err(Refused::Closed),
            (Step::Investigate, Stage::UnderInvestigation) | (Step::Escalate, Stage::Escalated) => {
                return Err(Refused::AlreadyThere);
            }
            (Step::Investigate, Stage::Open | Stage::Escalated) | (Step::Ask, Stage::Open) => {
                Stage::UnderInvestigation
            }
            (Step::Escalate, Stage::Open | Stage::UnderInvestigation) => Stage::Escalated,
            (Step::Close(finding), Stage::Open | Stage::UnderInvestigation | Stage::Escalated) => {
                Stage::Closed(finding)
            }
            (Step::Ask, stage @ (Stage::UnderInvestigation | Stage::Escalated))
            | (
                Step::Answer,
                stage @ (Stage::Open | Stage::UnderInvestigation | Stage::Escalated),
            ) => stage,
        };
        let explanation = match (step, self.explanation) {
            (Step::Investigate | Step::Escalate | Step::Close(_), as_it_was) => as_it_was,
            (Step::Ask, Explanation::NotAsked | Explanation::Answered) => Explanation::Asked,
            (Step::Ask, Explanation::Asked) => return Err(Refused::AlreadyAsked),
            (Step::Answer, Explanation::Asked) => Explanation::Answered,
            (Step::Answer, Explanation::NotAsked | Explanation::Answered) => {
                return Err(Refused::NotAsked);
            }
        };
        Ok(Self { stage, explanation })
    }

    /// The person still has to answer.
    pub fn awaits_answer(self) -> bool {
        self.explanation == Explanation::Asked && self.stage.finding().is_none()
    }
}

/// What is wrong with a note, a question or an answer.
///
/// # Errors
/// Where it is too long, or missing where it has to be there.
pub fn checked_note(field: &str, text: &str, needed: bool) -> Result<String, FieldError> {
    let text = text.trim();
    let wrong = |message: String| Err(FieldError::new(field, message));
    if needed && text.is_empty() {
        return wrong("Write a sentence or two".to_owned());
    }
    if text.chars().count() > LONGEST_NOTE {
        return wrong(format!("Write {LONGEST_NOTE} characters or fewer"));
    }
    Ok(text.to_owned())
}

/// What counts as unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// So many different patients…
    pub many_patients: u32,
    /// …reached within so many minutes.
    pub many_minutes: u32,
    /// Whether [`AlertKind::OwnRecord`] is looked for.
    pub own_record: bool,
    /// Whether [`AlertKind::SameSurname`] is looked for.
    pub same_surname: bool,
    /// Whether [`AlertKind::SameAddress`] is looked for.
    pub same_address: bool,
    /// Whether [`AlertKind::Colleague`] is looked for.
    pub colleague: bool,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            many_patients: 30,
            many_minutes: 60,
            own_record: true,
            same_surname: true,
            same_address: true,
            colleague: true,
        }
    }
}

/// What is known of a look when patterns are looked for. Dates of birth of staff are not known to the
/// service, so that no rule can rest on them.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The name of the person who looked, as spoken.
    pub person: &'a str,
    /// The names of the patient, the current one and earlier ones.
    pub patient: &'a [PersonName],
    /// The names, as spoken, of others who work in the same organisation.
    pub colleagues: &'a [String],
    /// Where the person lives, where their employer has said so.
    pub home: Option<&'a Home>,
    /// Where the patient lives.
    pub addresses: &'a [Address],
    /// How many different patients the person reached within [`Thresholds::many_minutes`], this one
    /// among them: found, opened, listed, taken along, or looked at on a device.
    pub patients: u32,
}

/// The most different patients within any stretch of that length, of looks in the order of their time.
pub fn most_within<P: Eq + Hash>(looks: &[(Timestamp, P)], length: SignedDuration) -> u32 {
    let mut stretch: VecDeque<&(Timestamp, P)> = VecDeque::new();
    let mut often: HashMap<&P, u32> = HashMap::new();
    let mut most = 0;
    for look in looks {
        stretch.push_back(look);
        *often.entry(&look.1).or_default() += 1;
        while let Some((at, patient)) = stretch.front()
            && look.0.duration_since(*at) >= length
        {
            stretch.pop_front();
            if let Some(count) = often.get_mut(patient) {
                *count -= 1;
                if *count == 0 {
                    often.remove(patient);
                }
            }
        }
        most = most.max(often.len());
    }
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// An unusual pattern, with its explanation. Nobody is named in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Which.
    pub kind: AlertKind,
    /// What was found, with the threshold.
    pub explanation: String,
}

/// The unusual patterns in a look.
pub fn patterns(look: &Look<'_>, thresholds: &Thresholds) -> Vec<Pattern> {
    let mut found = Vec::new();
    let mut add = |kind: AlertKind, what: &str| {
        let explanation = format!("{what}{}", kind.explanation());
        found.push(Pattern { kind, explanation });
    };
    if look.patients >= thresholds.many_patients {
        let what = format!(
            "{} different patients within {} minutes; {} or more raise an alert. ",
            look.patients, thresholds.many_minutes, thresholds.many_patients
        );
        add(AlertKind::ManyPatients, &what);
    }
    let named = |spoken: &str| Spoken::of(spoken);
    let own = named(look.person);
    let full = |spoken: &Option<Spoken>| {
        spoken
            .as_ref()
            .is_some_and(|spoken| look.patient.iter().any(|name| spoken.is(name)))
    };
    let family = own
        .as_ref()
        .is_some_and(|own| look.patient.iter().any(|name| own.shares_family(name)));
    let is_own = full(&own);
    let at_home = look
        .home
        .is_some_and(|home| look.addresses.iter().any(|address| home.is(address)));
    if is_own && thresholds.own_record {
        add(AlertKind::OwnRecord, "");
    } else {
        if family && thresholds.same_surname {
            add(AlertKind::SameSurname, "");
        }
        if at_home && thresholds.same_address {
            add(AlertKind::SameAddress, "");
        }
    }
    if thresholds.colleague
        && look
            .colleagues
            .iter()
            .any(|colleague| full(&named(colleague)))
    {
        add(AlertKind::Colleague, "");
    }
    found
}

/// Where a member of staff lives, as far as it takes to compare it: keys, not what is written on a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Home {
    /// The first line or lines, from the house on: "FLAT24MILLLANE".
    pub line: String,
    /// "LS298AB".
    pub postcode: String,
}

impl Home {
    /// `None` where either is missing.
    pub fn of(line: &str, postcode: &str) -> Option<Self> {
        let home = Self {
            line: name_key(line),
            postcode: postcode_key(postcode),
        };
        (!home.line.is_empty() && !home.postcode.is_empty()).then_some(home)
    }

    /// Lines are broken in different places, and a town may be missing: the beginning has to be the same.
    fn is(&self, address: &Address) -> bool {
        postcode_key(&address.postcode) == self.postcode
            && name_key(&address.lines.concat()).starts_with(&self.line)
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Home(hidden)")
    }
}

/// The titles that may stand before a spoken name.
const TITLES: [&str; 14] = [
    "DR",
    "MR",
    "MRS",
    "MS",
    "MISS",
    "MX",
    "PROF",
    "PROFESSOR",
    "SIR",
    "DAME",
    "REV",
    "REVD",
    "SISTER",
    "NURSE",
];

/// A name as spoken, taken apart for comparison: "Dr Ana van der Berg".
struct Spoken {
    first: String,
    /// Everything that the family name may be: "VANDERBERG", "DERBERG", "BERG".
    families: Vec<String>,
}

impl Spoken {
    /// `None` for a name of one word.
    fn of(spoken: &str) -> Option<Self> {
        let words: Vec<String> = spoken
            .split_whitespace()
            .map(name_key)
            .filter(|key| !key.is_empty())
            .skip_while(|key| TITLES.contains(&key.as_str()))
            .collect();
        let (first, rest) = words.split_first()?;
        let families: Vec<String> = (0..rest.len())
            .filter_map(|from| rest.get(from..))
            .map(<[String]>::concat)
            .collect();
        (!families.is_empty()).then(|| Self {
            first: first.clone(),
            families,
        })
    }

    fn shares_family(&self, name: &PersonName) -> bool {
        self.families.contains(&name_key(&name.family))
    }

    fn is(&self, name: &PersonName) -> bool {
        self.shares_family(name)
            && name
                .given
                .first()
                .is_some_and(|given| name_key(given) == self.first)
    }
}

/// Whether an alert is in the sample that is always checked, of so many in a hundred. It depends on
/// the id alone, so that nobody can choose which ones are.
pub fn sampled(alert: AlertId, percent: u8) -> bool {
    let digest = Sha256::digest(alert.0.as_bytes());
    let number = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number % 100 < u64::from(percent)
}

/// How often a notice is tried before it is given up: over about three days.
pub const MOST_ATTEMPTS: u32 = 20;

/// How long to wait after so many attempts that failed: half a minute, then twice as long each time,
/// six hours at most. `None`: give up.
pub fn retry_after(attempts: u32) -> Option<SignedDuration> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let doubled = 30_i64 << attempts.saturating_sub(1).min(10);
    Some(SignedDuration::from_secs(doubled.min(6 * 60 * 60)))
}
