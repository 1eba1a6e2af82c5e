//! Passkeys: the ceremonies by webauthn-rs, and the table in which the public keys are kept.

use super::{Identity, from_micros, micros, stored};
use crate::failure::{Failure, Result};
use crate::settings::Passkeys;
use crate::store::Db;
use app::api::identity::{PasskeyView, WebAuthnJson};
use app::problem::Kind;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::FieldError;
use domain::ids::{PasskeyId, PersonId, SessionRef};
use domain::role::Person;
use jiff::Timestamp;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};

/// The most passkeys that one person may have.
pub const MOST_PASSKEYS: i64 = 10;

/// The longest name of a passkey.
const NAME_LETTERS: usize = 50;

/// A name for a passkey, without space around it.
///
/// # Errors
/// `Invalid` where it is empty or too long.
pub(super) fn name(typed: &str) -> Result<String> {
    let name = typed.trim();
    let wrong =
        |message: &str| Kind::Invalid(vec![FieldError::new("passkey-name", message)]).into();
    match name.chars().count() {
        _ if name.chars().any(char::is_control) => Err(wrong(
            "The name of the passkey must be in letters and numbers",
        )),
        0 => Err(wrong("Enter a name for this passkey, such as Work phone")),
        1..=NAME_LETTERS => Ok(name.to_owned()),
        _ => Err(wrong(
            "The name of the passkey must be 50 characters or fewer",
        )),
    }
}

fn json(value: &impl serde::Serialize) -> Result<WebAuthnJson> {
    serde_json::to_value(value).map_err(|error| Failure::Internal(format!("WebAuthn: {error}")))
}

/// Whatever was wrong with a credential: logged here, and outside it looks like any other refusal.
fn not_accepted(step: &'static str, reason: impl std::fmt::Display) -> Failure {
    tracing::info!(step, %reason, "a credential was not accepted");
    Kind::NotAccepted.into()
}

fn fault(error: WebauthnError) -> Failure {
    Failure::Internal(format!("WebAuthn: {error}"))
}

/// How a credential id is stored.
fn key(credential_id: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(credential_id)
}

/// Asks for a new passkey that can be found without a name and proves who uses it. Those that the
/// person has already are excluded, so that a device does not get a second one.
pub(super) async fn start_registration(
    identity: &Identity,
    person: &Person,
    login: &str,
) -> Result<(WebAuthnJson, PasskeyRegistration)> {
    let have: Vec<(String,)> =
        sqlx::query_as("select credential_id from passkey where person_id = $1")
            .bind(person.id.to_string())
            .fetch_all(identity.db.write())
            .await?;
    let have = have
        .iter()
        .map(|(id,)| BASE64_URL_SAFE_NO_PAD.decode(id))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Failure::Corrupt(format!("a credential id: {error}")))?;
    let (options, state) = identity
        .webauthn
        .start_passkey_registration(person.id.0, login, &person.name, Some(have))
        .map_err(fault)?;
    let mut options = json(&options)?;
    // webauthn-rs discourages what sign-in without a user name needs.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
        *selection = serde_json::json!({
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        });
    }
    Ok((options, state))
}

/// Checks the new passkey.
///
/// # Errors
/// `NotAccepted`.
pub(super) fn finish_registration(
    identity: &Identity,
    credential: WebAuthnJson,
    state: &PasskeyRegistration,
) -> Result<Passkey> {
    let credential: RegisterPublicKeyCredential =
        serde_json::from_value(credential).map_err(|error| not_accepted("reading", error))?;
    // Not signed, but a browser that says so would never offer the passkey at sign-in.
    if credential
        .extensions
        .cred_props
        .as_ref()
        .is_some_and(|props| props.rk == Some(false))
    {
        return Err(not_accepted(
            "registering",
            "the passkey cannot be found without a name",
        ));
    }
    let passkey = identity
        .webauthn
        .finish_passkey_registration(&credential, state)
        .map_err(|error| not_accepted("registering", error))?;
    if identity.passkeys == Passkeys::DeviceBound && is_synced(&json(&passkey)?)? {
        let message = "This passkey would be copied to other devices, and only passkeys that stay on one device can be used here. Choose this device’s own lock, such as Windows Hello, or a security key: not an account or app that keeps passwords";
        return Err(Kind::Invalid(vec![FieldError::new("passkey-name", message)]).into());
    }
    Ok(passkey)
}

/// Whether it can be copied to other devices, as its authenticator said when it was made.
fn is_synced(credential: &WebAuthnJson) -> Result<bool> {
    credential
        .pointer("/cred/backup_eligible")
        .and_then(WebAuthnJson::as_bool)
        .ok_or_else(|| Failure::Corrupt("a passkey does not say whether it can be copied".into()))
}

/// Whether the person may have one more.
///
/// # Errors
/// `Invalid` where they have as many as one may.
pub(super) async fn room(work: &mut sqlx::AnyConnection, person: PersonId) -> Result<()> {
    let (have,): (i64,) = sqlx::query_as("select count(*) from passkey where person_id = $1")
        .bind(person.to_string())
        .fetch_one(work)
        .await?;
    if have < MOST_PASSKEYS {
        return Ok(());
    }
    let message = format!(
        "You have {MOST_PASSKEYS} passkeys, which is the most. Remove one that you no longer use, or ask your Registration Authority to"
    );
    Err(Kind::Invalid(vec![FieldError::new("passkey-name", message)]).into())
}

/// The agent whose code that passkey goes back to.
///
/// # Errors
/// `StepUp` where the passkey is gone: another has to be used first.
pub(super) async fn vouched_by(
    work: &mut sqlx::AnyConnection,
    passkey: Option<PasskeyId>,
) -> Result<Option<PersonId>> {
    let passkey = passkey.ok_or(Kind::StepUp)?;
    let row: Option<(Option<String>,)> =
        sqlx::query_as("select vouched_by from passkey where id = $1")
            .bind(passkey.to_string())
            .fetch_optional(work)
            .await?;
    let (agent,) = row.ok_or(Kind::StepUp)?;
    agent.as_deref().map(stored).transpose()
}

/// A passkey to keep.
pub(super) struct NewPasskey<'a> {
    pub(super) id: PasskeyId,
    pub(super) person: PersonId,
    pub(super) name: &'a str,
    pub(super) made: &'a Passkey,
    /// The agent whose code it goes back to.
    pub(super) vouched_by: Option<PersonId>,
}

/// Keeps a new passkey.
///
/// # Errors
/// `NotAccepted` where someone has it already.
pub(super) async fn add(
    connection: &mut sqlx::AnyConnection,
    new: &NewPasskey<'_>,
    now: Timestamp,
) -> Result<()> {
    let added = sqlx::query(
        "insert into passkey (id, person_id, name, credential_id, credential, added_at, vouched_by)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (credential_id) do nothing",
    )
    .bind(new.id.to_string())
    .bind(new.person.to_string())
    .bind(new.name.to_owned())
    .bind(key(new.made.cred_id()))
    .bind(json(new.made)?.to_string())
    .bind(micros(now))
    .bind(new.vouched_by.map(|agent| agent.to_string()))
    .execute(connection)
    .await?;
    if added.rows_affected() == 1 {
        Ok(())
    } else {
        Err(not_accepted(
            "registering",
            "the credential is known already",
        ))
    }
}

/// Asks for any passkey of this service.
pub(super) fn start_authentication(
    identity: &Identity,
) -> Result<(WebAuthnJson, DiscoverableAuthentication)> {
    let (mut options, state) = identity
        .webauthn
        .start_discoverable_authentication()
        .map_err(fault)?;
    // How the browser offers it is the device's business.
    options.mediation = None;
    Ok((json(&options)?, state))
}

/// A passkey that someone claims to use.
pub(super) struct Claimed {
    pub(super) person: PersonId,
    pub(super) passkey: PasskeyId,
    answer: PublicKeyCredential,
    stored_credential: String,
}

/// Finds the passkey of an answer, without believing it yet.
///
/// # Errors
/// `NotAccepted` where there is no such passkey of a person who may sign in.
pub(super) async fn identify(identity: &Identity, credential: WebAuthnJson) -> Result<Claimed> {
    let answer: PublicKeyCredential =
        serde_json::from_value(credential).map_err(|error| not_accepted("reading", error))?;
    let (person, credential_id) = identity
        .webauthn
        .identify_discoverable_authentication(&answer)
        .map_err(|error| not_accepted("identifying", error))?;
    let person = PersonId(person);
    let row: Option<(String, String)> = sqlx::query_as(
        "select k.id, k.credential from passkey k join person p on p.id = k.person_id and p.active = 1
          where k.credential_id = $1 and k.person_id = $2",
    )
    .bind(key(credential_id))
    .bind(person.to_string())
    .fetch_optional(identity.db.write())
    .await?;
    let Some((id, stored_credential)) = row else {
        return Err(not_accepted(
            "identifying",
            "there is no such passkey of an active person",
        ));
    };
    Ok(Claimed {
        person,
        passkey: stored(&id)?,
        answer,
        stored_credential,
    })
}

/// Checks the answer, and notes that the passkey was used.
///
/// # Errors
/// `NotAccepted`, whatever is wrong.
pub(super) async fn finish_authentication(
    identity: &Identity,
    claimed: &Claimed,
    state: DiscoverableAuthentication,
) -> Result<()> {
    let mut passkey: Passkey = serde_json::from_str(&claimed.stored_credential)
        .map_err(|error| Failure::Corrupt(format!("a passkey: {error}")))?;
    // The counter is checked here too: one that does not rise may be of a copy.
    let result = identity
        .webauthn
        .finish_discoverable_authentication_v2(&claimed.answer, state, &passkey)
        .map_err(|error| not_accepted("authenticating", error))?;
    if !result.user_verified() {
        return Err(not_accepted(
            "authenticating",
            "the person was not verified",
        ));
    }
    if identity.passkeys == Passkeys::DeviceBound && result.backup_eligible() {
        // It was made before only others were asked for: who uses it is not locked out for that.
        tracing::warn!(passkey = %claimed.passkey, "a passkey that can be copied to other devices was used");
    }
    passkey.update_credential(&result);
    let used = sqlx::query(
        "update passkey set credential = $1, used_at = $2 where id = $3 and credential = $4",
    )
    .bind(json(&passkey)?.to_string())
    .bind(micros(identity.now()))
    .bind(claimed.passkey.to_string())
    .bind(&claimed.stored_credential)
    .execute(identity.db.write())
    .await?;
    if used.rows_affected() == 0 {
        return Err(not_accepted(
            "authenticating",
            "the passkey was changed or removed meanwhile",
        ));
    }
    Ok(())
}

/// The person's passkeys, newest first.
pub(crate) async fn list(
    db: &Db,
    person: PersonId,
    current: Option<PasskeyId>,
) -> Result<Vec<PasskeyView>> {
    let rows: Vec<(String, String, i64, Option<i64>, String)> = sqlx::query_as(
        "select id, name, added_at, used_at, credential from passkey where person_id = $1 order by added_at desc, id desc",
    )
    .bind(person.to_string())
    .fetch_all(db.write())
    .await?;
    rows.into_iter()
        .map(|(id, name, added_at, used_at, credential)| {
            let id = stored(&id)?;
            let credential = serde_json::from_str(&credential)
                .map_err(|error| Failure::Corrupt(format!("a passkey: {error}")))?;
            Ok(PasskeyView {
                id,
                name,
                added_at: from_micros(added_at)?,
                used_at: used_at.map(from_micros).transpose()?,
                current: current == Some(id),
                // One that does not say so is not told apart: it was kept by an earlier version.
                synced: is_synced(&credential).unwrap_or_default(),
            })
        })
        .collect()
}

/// Gives it another name.
///
/// # Errors
/// `NotFound` where it is not the person's.
pub(super) async fn rename(
    work: &mut sqlx::AnyConnection,
    person: PersonId,
    passkey: PasskeyId,
    name: &str,
) -> Result<()> {
    let renamed = sqlx::query("update passkey set name = $1 where id = $2 and person_id = $3")
        .bind(name.to_owned())
        .bind(passkey.to_string())
        .bind(person.to_string())
        .execute(work)
        .await?;
    if renamed.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Kind::NotFound.into())
    }
}

/// Whether it may be removed.
///
/// # Errors
/// `NotFound` where it is not the person's; `LastPasskey`.
pub(super) async fn check_removal(
    connection: impl sqlx::Executor<'_, Database = sqlx::Any>,
    person: PersonId,
    passkey: PasskeyId,
) -> Result<()> {
    let rows: Vec<(String,)> = sqlx::query_as("select id from passkey where person_id = $1")
        .bind(person.to_string())
        .fetch_all(connection)
        .await?;
    let id = passkey.to_string();
    match rows.as_slice() {
        [(only,)] if *only == id => Err(Kind::LastPasskey.into()),
        several if several.iter().any(|(other,)| *other == id) => Ok(()),
        _ => Err(Kind::NotFound.into()),
    }
}

/// Removes it. The session in which that is done goes on as no passkey's; any other that it opened
/// is refused from then on, and what devices keep by it ends. The person's row is held.
///
/// # Errors
/// As [`check_removal`].
pub(super) async fn remove(
    work: &mut sqlx::AnyConnection,
    person: PersonId,
    passkey: PasskeyId,
    here: SessionRef,
) -> Result<()> {
    check_removal(&mut *work, person, passkey).await?;
    sqlx::query(
        "update web_session set passkey_id = null where session_ref = $1 and passkey_id = $2",
    )
    .bind(here.to_string())
    .bind(passkey.to_string())
    .execute(&mut *work)
    .await?;
    sqlx::query("delete from passkey where id = $1")
        .bind(passkey.to_string())
        .execute(work)
        .await?;
    Ok(())
}
