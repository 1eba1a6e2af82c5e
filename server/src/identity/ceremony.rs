//! What the server remembers between the two steps of a passkey ceremony. It never leaves the
//! server, serves once, and only for a few minutes.

use super::{CEREMONY, micros, stored};
use crate::failure::{Failure, Result};
use crate::store::Db;
use app::problem::Kind;
use domain::ids::PersonId;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

/// Which ceremony.
#[derive(Clone, Copy, Debug)]
pub(super) enum CeremonyKind {
    /// A first passkey, with a one-time code.
    Enrol,
    /// Sign-in.
    SignIn,
    /// Another passkey of a person who is signed in.
    AddPasskey,
}

impl CeremonyKind {
    fn name(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::SignIn => "sign-in",
            Self::AddPasskey => "add-passkey",
        }
    }
}

/// For whom a ceremony is held, as far as that is known when it begins.
#[derive(Clone, Debug, Default)]
pub(super) struct For {
    pub(super) person: Option<PersonId>,
    /// The code that it will use up.
    pub(super) code_hash: Option<String>,
}

/// Begins. An earlier one of the kind in the same session is forgotten.
pub(super) async fn begin(
    db: &Db,
    session_hash: &str,
    kind: CeremonyKind,
    whom: For,
    state: &impl Serialize,
    now: Timestamp,
) -> Result<()> {
    let state = serde_json::to_string(state).map_err(|error| Failure::Internal(format!("a ceremony: {error}")))?;
    sqlx::query(
        "insert into ceremony (session_hash, kind, person_id, code_hash, state, expires_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (session_hash, kind) do update set
            person_id = excluded.person_id, code_hash = excluded.code_hash,
            state = excluded.state, expires_at = excluded.expires_at",
    )
    .bind(session_hash)
    .bind(kind.name())
    .bind(whom.person.map(|person| person.to_string()))
    .bind(whom.code_hash)
    .bind(state)
    .bind(micros(now + CEREMONY))
    .execute(db.write())
    .await?;
    Ok(())
}

/// Takes it out: of two requests at once, one gets it.
///
/// # Errors
/// `NotAccepted` where there is none, or it was begun too long ago.
pub(super) async fn take<State: DeserializeOwned>(
    db: &Db,
    session_hash: Option<&str>,
    kind: CeremonyKind,
    now: Timestamp,
) -> Result<(For, State)> {
    let row: Option<(Option<String>, Option<String>, String, i64)> = sqlx::query_as(
        "delete from ceremony where session_hash = $1 and kind = $2
         returning person_id, code_hash, state, expires_at",
    )
    .bind(session_hash.unwrap_or_default())
    .bind(kind.name())
    .fetch_optional(db.write())
    .await?;
    let Some((person, code_hash, state, expires_at)) = row.filter(|row| row.3 > micros(now)) else {
        tracing::info!(ceremony = kind.name(), expires_at = ?"", "no ceremony was under way");
        return Err(Kind::NotAccepted.into());
    };
    let _ = expires_at;
    let state = serde_json::from_str(&state).map_err(|error| Failure::Corrupt(format!("a ceremony: {error}")))?;
    let person = person.as_deref().map(stored).transpose()?;
    Ok((For { person, code_hash }, state))
}
