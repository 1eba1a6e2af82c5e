//! What can go wrong inside the server. It is logged once, at the boundary, with a reference; the
//! person sees only the [`Problem`] that it becomes.

use app::problem::{Kind, Problem, Unreadable};
use domain::ids::CorrelationId;

/// Any failure behind a port.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The person may know this as it is.
    #[error("refused: {0:?}")]
    Refused(Kind),
    /// The person has to wait for so many seconds.
    #[error("refused: too many, wait {wait} s")]
    TooMany {
        /// Until the same may be asked again.
        wait: u32,
    },
    /// The database did not answer as it should.
    #[error("store: {0}")]
    Store(#[from] sqlx::Error),
    /// What is stored cannot be read.
    #[error("stored data: {0}")]
    Corrupt(String),
    /// A document that cannot be shown as a summary, now or later. The text is why, and never quotes
    /// the document.
    #[error("a summary that cannot be shown: {1}")]
    Summary(Unreadable, String),
    /// The audit could not be written: nothing may be shown.
    #[error("audit: {0}")]
    Audit(String),
    /// A library refused what should have worked.
    #[error("internal: {0}")]
    Internal(String),
}

/// What every inner function of the server returns.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Kind> for Failure {
    fn from(kind: Kind) -> Self {
        Self::Refused(kind)
    }
}

impl Failure {
    /// What the person may know of it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(kind) => kind.clone(),
            Self::TooMany { .. } => Kind::TooMany,
            // Everyone who is before this one has a connection, and keeps it.
            Self::Store(sqlx::Error::PoolTimedOut) => Kind::Busy,
            // A full disk, a lost connection, a lock that was not given in time: all pass.
            Self::Store(_) => Kind::Unavailable,
            Self::Audit(_) => Kind::NotAccountable,
            Self::Summary(why, _) => Kind::SummaryUnreadable(*why),
            Self::Corrupt(_) | Self::Internal(_) => Kind::Unexpected,
        }
    }

    /// Logs it, once, and turns it into what the person sees.
    pub fn at_boundary(self, reference: CorrelationId) -> Problem {
        let kind = self.kind();
        let wait = match &self {
            Self::TooMany { wait } => Some(*wait),
            _ => None,
        };
        match &self {
            Self::Refused(kind) => {
                // The variant's name only: field errors could quote what was typed.
                let name = match kind {
                    Kind::Invalid(_) => "Invalid".to_owned(),
                    other => format!("{other:?}"),
                };
                tracing::info!(%reference, refused = name, "refused");
            }
            Self::TooMany { .. } => tracing::info!(%reference, refused = "TooMany", "refused"),
            failure => tracing::error!(%reference, %failure, "failed"),
        }
        Problem {
            kind,
            reference: Some(reference),
            wait,
        }
    }
}
