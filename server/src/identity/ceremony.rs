//! What the server remembers between the two steps of a passkey ceremony. It never leaves the
//! server, serves once, and only for a few minutes. Its end can be tried a few times, then it is gone.

use super::{CEREMONY, micros, stored};
use crate::failure::{Failure, Result};
use crate::store::Db;
use app::api::identity::WebAuthnJson;
use app::problem::Kind;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
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

/// Which ceremony exactly. Several may be under way in one browser: each of its tabs offers to sign
/// in. The challenge tells them apart, and webauthn-rs checks it afterwards.
pub(super) struct Key {
    /// The hash of the session's id.
    pub(super) session: String,
    pub(super) kind: CeremonyKind,
    /// As Base64, as it goes to the browser and comes back.
    pub(super) challenge: String,
}

/// The challenge in what is sent to the browser.
pub(super) fn challenge_of_options(options: &WebAuthnJson) -> Result<String> {
    options
        .pointer("/publicKey/challenge")
        .and_then(WebAuthnJson::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Failure::Internal("a ceremony without a challenge".into()))
}

/// The challenge that a credential says it answers.
pub(super) fn challenge_of_credential(credential: &WebAuthnJson) -> Option<String> {
    let client_data = credential.pointer("/response/clientDataJSON")?.as_str()?;
    let client_data = BASE64_URL_SAFE_NO_PAD
        .decode(client_data.trim_end_matches('='))
        .ok()?;
    let client_data: WebAuthnJson = serde_json::from_slice(&client_data).ok()?;
    Some(
        client_data
            .get("challenge")?
            .as_str()?
            .trim_end_matches('=')
            .to_owned(),
    )
}

/// Begins.
pub(super) async fn begin(
    db: &Db,
    key: &Key,
    whom: For,
    state: &impl Serialize,
    now: Timestamp,
) -> Result<()> {
    let state = serde_json::to_string(state)
        .map_err(|error| Failure::Internal(format!("a ceremony: {error}")))?;
    sqlx::query(
        "insert into ceremony (challenge, session_hash, kind, person_id, code_hash, state, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&key.challenge)
    .bind(&key.session)
    .bind(key.kind.name())
    .bind(whom.person.map(|person| person.to_string()))
    .bind(whom.code_hash)
    .bind(state)
    .bind(micros(now + CEREMONY))
    .execute(db.write())
    .await?;
    Ok(())
}

/// How often the end of one may be tried.
const TRIES: i64 = 3;

/// Finds it, and counts the try.
///
/// # Errors
/// `NotAccepted` where there is none, it was begun too long ago, or it was tried too often.
pub(super) async fn attempt<State: DeserializeOwned>(
    db: &Db,
    key: &Key,
    now: Timestamp,
) -> Result<(For, State)> {
    let none = || {
        tracing::info!(ceremony = key.kind.name(), "no ceremony was under way");
        Failure::from(Kind::NotAccepted)
    };
    // Whoever sends what was never begun costs no turn to write.
    let there: Option<(i64,)> =
        sqlx::query_as("select tries from ceremony where challenge = $1 and session_hash = $2")
            .bind(&key.challenge)
            .bind(&key.session)
            .fetch_optional(db.read())
            .await?;
    if there.is_none() {
        return Err(none());
    }
    let row: Option<(Option<String>, Option<String>, String)> = sqlx::query_as(
        "update ceremony set tries = tries + 1
          where challenge = $1 and session_hash = $2 and kind = $3 and tries < $4 and expires_at > $5
         returning person_id, code_hash, state",
    )
    .bind(&key.challenge)
    .bind(&key.session)
    .bind(key.kind.name())
    .bind(TRIES)
    .bind(micros(now))
    .fetch_optional(db.write())
    .await?;
    let (person, code_hash, state) = row.ok_or_else(none)?;
    let state = serde_json::from_str(&state)
        .map_err(|error| Failure::Corrupt(format!("a ceremony: {error}")))?;
    let person = person.as_deref().map(stored).transpose()?;
    Ok((For { person, code_hash }, state))
}

/// Takes it out, once what was sent was found to be good: of two requests at once, one gets it.
///
/// # Errors
/// `NotAccepted` where it is gone.
pub(super) async fn end(
    connection: impl sqlx::Executor<'_, Database = sqlx::Any>,
    key: &Key,
) -> Result<()> {
    let ended = sqlx::query(
        "delete from ceremony where challenge = $1 and session_hash = $2 and kind = $3",
    )
    .bind(key.challenge.clone())
    .bind(key.session.clone())
    .bind(key.kind.name())
    .execute(connection)
    .await?;
    if ended.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Kind::NotAccepted.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn credential(client_data: &[u8]) -> WebAuthnJson {
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(client_data);
        json!({ "response": { "clientDataJSON": encoded } })
    }

    proptest! {
        #[test]
        fn the_challenge_is_what_the_credential_says(challenge in "[A-Za-z0-9_-]{1,60}", more: String) {
            let data = json!({ "challenge": challenge, "origin": more }).to_string();
            prop_assert_eq!(challenge_of_credential(&credential(data.as_bytes())), Some(challenge));
        }

        #[test]
        fn whatever_is_sent_as_a_credential_does_no_harm(text: String, bytes: Vec<u8>) {
            let without = [
                credential(&bytes),
                credential(text.as_bytes()),
                json!({ "response": { "clientDataJSON": text } }),
                json!({ "response": text }),
                json!(text),
                credential(json!({ "challenge": 7, "origin": text }).to_string().as_bytes()),
            ];
            for credential in without {
                prop_assert_eq!(challenge_of_credential(&credential), None);
            }
        }
    }
}
