//! Whether the service answers, as its answers say.

use crate::problem::{Kind, Problem};

/// The connection to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It answers.
    Online,
    /// It cannot be reached.
    Offline,
    /// It is reached, and cannot answer.
    Down,
}

impl Link {
    /// What a problem says of the connection. Whoever is refused has been heard.
    pub fn of(problem: &Problem) -> Self {
        match &problem.kind {
            Kind::Unreachable => Self::Offline,
            Kind::Busy | Kind::Unavailable | Kind::NotAccountable => Self::Down,
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
            | Kind::TooMany
            | Kind::OutOfDate
            | Kind::Unexpected => Self::Online,
        }
    }
}

impl Problem {
    /// Whether what is saved on the device may stand in for the answer: the service was not heard, or
    /// it no longer knows a person whom the device still does.
    pub fn falls_back(&self) -> bool {
        Link::of(self) != Link::Online
            || matches!(
                self.kind,
                Kind::SignedOut | Kind::Locked | Kind::NoRole | Kind::TooMany | Kind::Unexpected
            )
    }
}
