//! The one error of the service. What went wrong inside is logged by the server at its boundary;
//! what a person sees is made from this, and always says what to do next.

use crate::api::client::{Heard, hear};
use domain::FieldError;
use domain::ids::CorrelationId;
use domain::outbox::Why;
use domain::permission::Closed;
use domain::readiness::Missing;
use domain::role::Activity;
use domain::visit_list::LONGEST_VISIT_LIST;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, IntoAppError, ServerFnErrorErr};
use leptos::server_fn::{Bytes, Decodes};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that did not work, as the person who asked for it may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Problem {
    /// What kind of thing happened.
    pub kind: Kind,
    /// Joins this to the log and the audit. A person can read it out to support.
    pub reference: Option<CorrelationId>,
    /// For how many seconds to wait before the same is asked again, where that is known.
    pub wait: Option<u32>,
}

/// A problem as it is sent. Apps from before there was [`Kind::Busy`] read it as a service that cannot
/// answer at the moment, which is the nearest that they know.
#[derive(Serialize, Deserialize)]
struct Written {
    kind: Kind,
    reference: Option<CorrelationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    busy: bool,
}

impl From<Problem> for Written {
    fn from(problem: Problem) -> Self {
        let busy = problem.kind == Kind::Busy;
        Self {
            kind: if busy {
                Kind::Unavailable
            } else {
                problem.kind
            },
            reference: problem.reference,
            wait: problem.wait,
            busy,
        }
    }
}

impl From<Written> for Problem {
    fn from(written: Written) -> Self {
        let busy = written.busy && written.kind == Kind::Unavailable;
        Self {
            kind: if busy { Kind::Busy } else { written.kind },
            reference: written.reference,
            wait: written.wait,
        }
    }
}

/// The kinds of problem. No variant says more than the person may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// There is no session, or it has ended: sign in again.
    SignedOut,
    /// The session was locked: its person has to give their passkey.
    Locked,
    /// Another person is signed in at this browser than the one whom the page believes to be: nothing was done.
    OtherPerson,
    /// Signed in, but no role is chosen.
    NoRole,
    /// The role does not allow it.
    RoleForbids(Activity),
    /// The organisation has not shown, or no longer shows, what opens records to it.
    NotReady(Missing),
    /// It needs a fingerprint that was given just now: confirm, then the same again.
    StepUp,
    /// The summary may not be opened.
    SummaryClosed(Closed),
    /// There is a document, and it cannot be shown as a summary: not now, and not later.
    SummaryUnreadable(Unreadable),
    /// The patient was closed here: another was opened, the role changed, or time ran out.
    ContextClosed,
    /// What was sent has to be mended.
    Invalid(Vec<FieldError>),
    /// The passkey or the code was not accepted. Wrong, unknown, used, revoked and expired all look
    /// like this.
    NotAccepted,
    /// The last passkey of a person cannot be removed.
    LastPasskey,
    /// The same command was sent with other content: it was not done.
    CommandReused,
    /// The patient is restricted, or the organisation keeps nothing on devices: only live.
    StaysOnline,
    /// The visit list has as many patients as it may have.
    ListFull,
    /// There is nothing of that name, or nothing that this person may know of.
    NotFound,
    /// Too many attempts: wait, then try again.
    TooMany,
    /// More people are asking than the service answers at one time.
    Busy,
    /// The service, or a national service behind it, cannot answer now.
    Unavailable,
    /// The audit cannot be written, so nothing may be shown or done.
    NotAccountable,
    /// The device cannot reach the service.
    Unreachable,
    /// The app on this device and the service do not understand each other: it has to be reloaded.
    OutOfDate,
    /// A fault of ours.
    Unexpected,
}

/// Why a document cannot be shown as a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unreadable {
    /// It cannot be read.
    Damaged,
    /// Whoever made it says that it was made in error.
    EnteredInError,
    /// It is about somebody else, or does not say about whom.
    OtherPatient,
}

/// Whose fault a problem is: the fixed taxonomy by which failures are counted (DOMAIN section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taxonomy {
    /// The user's: they can mend it.
    User,
    /// Technical, here.
    Here,
    /// Technical, between here and there.
    Network,
}

impl Taxonomy {
    /// In the audit.
    pub fn code(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Here => "here",
            Self::Network => "network",
        }
    }
}

impl Problem {
    /// A problem of that kind, without a reference yet.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            reference: None,
            wait: None,
        }
    }

    /// What is wrong with the form, if that is the problem.
    pub fn fields(&self) -> &[FieldError] {
        match &self.kind {
            Kind::Invalid(fields) => fields,
            _ => &[],
        }
    }

    /// A short title in plain English.
    pub fn title(&self) -> &'static str {
        match &self.kind {
            Kind::SignedOut => "You have been signed out",
            Kind::Locked => "The screen is locked",
            Kind::OtherPerson => "Someone else signed in on this browser",
            Kind::NoRole => "Choose a role first",
            Kind::RoleForbids(_) => "Your role does not allow this",
            Kind::NotReady(_) => "Your organisation cannot use this at the moment",
            Kind::StepUp => "Confirm that it is you",
            Kind::SummaryClosed(_) => "The Summary Care Record cannot be opened",
            Kind::SummaryUnreadable(_) => "This summary cannot be shown",
            Kind::ContextClosed => "This patient's record has been closed",
            Kind::Invalid(_) => "There is a problem",
            Kind::NotAccepted => "That did not work",
            Kind::LastPasskey => "You need at least one passkey",
            Kind::CommandReused => "This was already saved",
            Kind::StaysOnline => "This cannot be saved on a device",
            Kind::ListFull => "Your visit list is full",
            Kind::NotFound => "Not found",
            Kind::TooMany => "Too many attempts",
            Kind::Busy => "The service is busy",
            Kind::Unavailable => "The service cannot answer at the moment",
            Kind::NotAccountable => "The service cannot record this access",
            Kind::Unreachable => "You cannot reach the service",
            Kind::OutOfDate => "There is a newer version of this app",
            Kind::Unexpected => "Sorry, there is a problem with the service",
        }
    }

    /// What happened and what to do next.
    pub fn advice(&self) -> String {
        match &self.kind {
            Kind::SignedOut => {
                "You were signed out, or had not used the service for 15 minutes. Sign in again to carry on where you were.".into()
            }
            Kind::Locked => {
                "Nobody had used it for a while, or you locked it. Unlock with your fingerprint, face or PIN to carry on where you were.".into()
            }
            Kind::OtherPerson => {
                "Nothing was done in their name or yours. Load the page again, and sign in if that is not you.".into()
            }
            Kind::NoRole => "Choose the role you are working in, then carry on.".into(),
            Kind::RoleForbids(activity) => format!(
                "The role you are using does not let you {}. If you have another role, change to it. If you should be able to do this, ask your Registration Authority.",
                activity.label()
            ),
            Kind::NotReady(missing) => not_ready_advice(*missing),
            Kind::StepUp => {
                "This needs your fingerprint, face or PIN, given in the last 2 minutes. Confirm with your passkey to carry on.".into()
            }
            Kind::SummaryClosed(closed) => closed_advice(*closed),
            Kind::SummaryUnreadable(why) => unreadable_advice(*why),
            Kind::ContextClosed => {
                "It closes when you open another patient, change role, or leave it unused. Find the patient again to carry on.".into()
            }
            Kind::Invalid(_) => "Check what you entered, then try again.".into(),
            Kind::NotAccepted => {
                "Try again. If it still does not work, ask your Registration Authority for a new enrolment code.".into()
            }
            Kind::LastPasskey => {
                "You cannot remove the only passkey you have, or you could not sign in. Add another first.".into()
            }
            Kind::CommandReused => "Open the record again to see what was saved.".into(),
            Kind::StaysOnline => {
                "Restricted records are only shown while you are connected, and some organisations save no records on devices. Use the record while you have signal.".into()
            }
            Kind::ListFull => format!(
                "A list holds {LONGEST_VISIT_LIST} patients. Remove someone whom you have seen, then add this patient again. You can still open the record."
            ),
            Kind::NotFound => "Check the address, or go back and start again.".into(),
            Kind::TooMany => "Wait a minute, then try again.".into(),
            Kind::Busy => "Try again in a moment. Nothing was lost.".into(),
            Kind::Unavailable => "Nothing was lost. Wait a moment, then try again.".into(),
            Kind::NotAccountable => {
                "Every look at a record has to be accounted for, so the service cannot show the record. Wait a minute, then try again. If care cannot wait, ask the patient or whoever is with them, or contact their GP practice or NHS 111. Tell your service desk, with the reference below.".into()
            }
            Kind::Unreachable => {
                "Check your signal or Wi-Fi, then try again.".into()
            }
            Kind::OutOfDate => "Reload the page to get it.".into(),
            Kind::Unexpected => {
                "Try again. If it happens again, contact your service desk with the reference below.".into()
            }
        }
    }

    /// That what was typed is not lost, for a screen on which something was.
    pub fn still_typed(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Unreachable => Some("What you typed is still here."),
            Kind::StepUp => Some("Nothing that you typed is lost."),
            Kind::SignedOut
            | Kind::Locked
            | Kind::OtherPerson
            | Kind::NoRole
            | Kind::RoleForbids(_)
            | Kind::NotReady(_)
            | Kind::SummaryClosed(_)
            | Kind::SummaryUnreadable(_)
            | Kind::ContextClosed
            | Kind::Invalid(_)
            | Kind::NotAccepted
            | Kind::LastPasskey
            | Kind::CommandReused
            | Kind::StaysOnline
            | Kind::ListFull
            | Kind::NotFound
            | Kind::TooMany
            | Kind::Busy
            | Kind::Unavailable
            | Kind::NotAccountable
            | Kind::OutOfDate
            | Kind::Unexpected => None,
        }
    }

    /// Whether the same request may work if it is sent again as it is. Commands that are not
    /// retryable need a person.
    pub fn retryable(&self) -> bool {
        match &self.kind {
            Kind::TooMany
            | Kind::Busy
            | Kind::Unavailable
            | Kind::NotAccountable
            | Kind::Unreachable
            | Kind::Unexpected => true,
            Kind::SignedOut
            | Kind::Locked
            | Kind::OtherPerson
            | Kind::NoRole
            | Kind::RoleForbids(_)
            | Kind::NotReady(_)
            | Kind::StepUp
            | Kind::SummaryClosed(_)
            | Kind::SummaryUnreadable(_)
            | Kind::ContextClosed
            | Kind::Invalid(_)
            | Kind::NotAccepted
            | Kind::LastPasskey
            | Kind::CommandReused
            | Kind::StaysOnline
            | Kind::ListFull
            | Kind::NotFound
            | Kind::OutOfDate => false,
        }
    }

    /// Whose fault it is.
    pub fn taxonomy(&self) -> Taxonomy {
        match &self.kind {
            Kind::SignedOut
            | Kind::Locked
            | Kind::OtherPerson
            | Kind::NoRole
            | Kind::RoleForbids(_)
            | Kind::NotReady(_)
            | Kind::StepUp
            | Kind::SummaryClosed(_)
            | Kind::ContextClosed
            | Kind::Invalid(_)
            | Kind::NotAccepted
            | Kind::LastPasskey
            | Kind::CommandReused
            | Kind::StaysOnline
            | Kind::ListFull
            | Kind::NotFound
            | Kind::TooMany => Taxonomy::User,
            Kind::Busy
            | Kind::Unavailable
            | Kind::NotAccountable
            | Kind::OutOfDate
            | Kind::SummaryUnreadable(_)
            | Kind::Unexpected => Taxonomy::Here,
            Kind::Unreachable => Taxonomy::Network,
        }
    }
}

/// What the organisation has to do, and what the person can do meanwhile.
fn not_ready_advice(missing: Missing) -> String {
    format!(
        "{} Until then nobody in your organisation can find or open patients. If you need information about a patient now, contact their GP practice or NHS 111.",
        missing.words()
    )
}

/// Why a document cannot be shown as a summary, and what to do instead. Whoever reads it must not take
/// it for "none", and need not try again.
fn unreadable_advice(why: Unreadable) -> String {
    let why = match why {
        Unreadable::Damaged => {
            "The document that was received cannot be read. Trying again will not help."
        }
        Unreadable::EnteredInError => {
            "The GP practice has marked the document as made in error, so it is not a summary of this patient. Trying again will not help."
        }
        Unreadable::OtherPatient => {
            "The document that was received is about another patient, or does not say about whom. Trying again will not help."
        }
    };
    format!(
        "That is no statement about allergies or medicines. {why} Ask the patient or whoever is with them, or contact their GP practice or NHS 111. Tell your service desk, with the reference below."
    )
}

/// Why a summary cannot be opened, and what to do instead.
pub fn closed_advice(closed: Closed) -> String {
    let advice = match closed {
        Closed::NotReady(missing) => {
            return format!(
                "{} Until then nobody in your organisation can open Summary Care Records. You can still see reasonable adjustments and patient details. If you need clinical information, contact the patient's GP practice or NHS 111.",
                missing.words()
            );
        }
        Closed::Role => {
            "The role you are using does not let you view a Summary Care Record. If you have another role, change to it, or ask a colleague who can."
        }
        Closed::Setting => {
            "Your organisation's care setting is not approved to use Summary Care Records. You can still see reasonable adjustments and patient details. If you need clinical information, contact the patient's GP practice or NHS 111."
        }
        Closed::OptedOut => {
            "The patient has chosen not to have a Summary Care Record. Ask the patient, or contact their GP practice."
        }
        Closed::Restricted => {
            "This patient's record is restricted, so there is no Summary Care Record. Contact your privacy officer if you need more."
        }
        Closed::NoSummary => {
            "This patient has no Summary Care Record. That does not mean that they have no conditions, medicines or allergies. Ask the patient, or contact their GP practice."
        }
    };
    advice.to_owned()
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl From<&Why> for Kind {
    /// Why the service did not take a change, as it told it then.
    fn from(why: &Why) -> Self {
        match why {
            Why::Invalid { fields } => Self::Invalid(fields.clone()),
            Why::CommandReused => Self::CommandReused,
            Why::RoleForbids { activity } => Self::RoleForbids(*activity),
            Why::StepUp => Self::StepUp,
            Why::NotFound => Self::NotFound,
            Why::StaysOnline => Self::StaysOnline,
            Why::NotReady { missing } => Self::NotReady(*missing),
            Why::RoleEnded => Self::NoRole,
            Why::Other => Self::Unexpected,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.title(), self.advice())
    }
}

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    /// Every answer that is a problem passes here: what it says of who is signed in is heard at once,
    /// whichever screen asked.
    fn de(data: Bytes) -> Self {
        let problem = <JsonEncoding as Decodes<Self>>::decode(data).unwrap_or_else(|error| {
            ServerFnErrorErr::Deserialization(error.to_string()).into_app_error()
        });
        match problem.kind {
            Kind::Locked => hear(Heard::Locked),
            Kind::OtherPerson => hear(Heard::OtherPerson),
            _ => {}
        }
        problem
    }

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::new(match error {
            ServerFnErrorErr::Request(_) => Kind::Unreachable,
            // An answer that broke off on its way is no answer; one that is whole and not understood
            // comes from another version.
            ServerFnErrorErr::Deserialization(why)
                if !why.contains(" at line ") || why.contains("EOF") =>
            {
                Kind::Unreachable
            }
            ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_) => Kind::OutOfDate,
            ServerFnErrorErr::Response(_) => Kind::Unavailable,
            ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::ServerError(_) => Kind::Unexpected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_service_is_read_by_apps_that_do_not_know_the_word() {
        let sent = serde_json::to_value(Problem::new(Kind::Busy)).unwrap();
        assert_eq!(sent["kind"], "Unavailable");
        let read: Problem = serde_json::from_value(sent).unwrap();
        assert_eq!(read.kind, Kind::Busy);
        assert_eq!(
            read.to_string(),
            "The service is busy. Try again in a moment. Nothing was lost."
        );
    }

    #[test]
    fn every_other_problem_is_sent_as_it_always_was() {
        let sent = serde_json::to_string(&Problem::new(Kind::Unavailable)).unwrap();
        assert_eq!(sent, r#"{"kind":"Unavailable","reference":null}"#);
        let read: Problem = serde_json::from_str(&sent).unwrap();
        assert_eq!(read.kind, Kind::Unavailable);
    }

    /// An app that was installed earlier is told no more than it understands, and understands what an
    /// earlier service told.
    #[test]
    fn how_long_to_wait_stands_beside_what_was_there() {
        let wire = |problem: &Problem| serde_json::to_string(problem).unwrap();
        let plain = Problem::new(Kind::TooMany);
        assert_eq!(wire(&plain), r#"{"kind":"TooMany","reference":null}"#);
        let told = Problem {
            wait: Some(9),
            ..plain.clone()
        };
        assert_eq!(
            wire(&told),
            r#"{"kind":"TooMany","reference":null,"wait":9}"#
        );
        for problem in [plain, told] {
            assert_eq!(serde_json::from_str(&wire(&problem)).ok(), Some(problem));
        }
    }

    #[test]
    fn a_summary_that_cannot_be_shown_says_that_it_is_no_statement() {
        for why in [
            Unreadable::Damaged,
            Unreadable::EnteredInError,
            Unreadable::OtherPatient,
        ] {
            let problem = Problem::new(Kind::SummaryUnreadable(why));
            assert_eq!(problem.title(), "This summary cannot be shown");
            let advice = problem.advice();
            assert!(advice.starts_with("That is no statement about allergies or medicines."));
            assert!(advice.contains("GP practice") && advice.contains("reference"));
            assert!(!problem.retryable());
            assert_eq!(problem.taxonomy(), Taxonomy::Here);
        }
    }
}
