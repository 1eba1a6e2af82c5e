//! What people are told of their own account: whoever changes how someone signs in, or ends what they
//! have open, is seen by that someone.
//!
//! Who is told of a notice:
//!
//! | the session                                   | is told                                         |
//! |-----------------------------------------------|-------------------------------------------------|
//! | in which it was done                          | no                                              |
//! | of the passkey that an enrolment made         | not of that enrolment                           |
//! | another, alive then                           | until it closes the notice                      |
//! | one that began later                          | until a session of an earlier passkey, or of the same one, closed it |
//!
//! So a notice waits for the next sign-in where nobody saw it, and whoever adds a passkey of their own
//! cannot close it for the person whose account it is.

use super::session::LiveSession;
use super::{IDLE, from_micros, micros, stored};
use crate::failure::{Failure, Result};
use crate::store::Db;
use app::api::identity::AccountNotice;
use app::problem::Kind;
use domain::clock::long_time;
use domain::ids::{NoticeId, PasskeyId, PersonId, SessionRef};
use jiff::{SignedDuration, Timestamp};
use sqlx::AnyConnection;

/// How many changes of their own account a person may make in [`WINDOW`].
pub const MOST_CHANGES: i64 = 10;
/// See [`MOST_CHANGES`].
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// As many are shown at once: the newest.
const SHOWN: i64 = 10;
/// After so long a notice that nobody came to see is removed.
pub(super) const KEEP: SignedDuration = SignedDuration::from_hours(24 * 180);

macro_rules! what {
    ($($(#[$doc:meta])* $variant:ident = $code:literal;)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum What {
            $($(#[$doc])* $variant,)+
        }

        impl What {
            fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

what! {
    /// A passkey was made with an enrolment code.
    Enrolled = "enrolled";
    /// A passkey was added in a session.
    PasskeyAdded = "passkey-added";
    /// A passkey got another name.
    PasskeyRenamed = "passkey-renamed";
    /// A passkey was removed.
    PasskeyRemoved = "passkey-removed";
    /// A session was ended.
    SessionEnded = "session-ended";
    /// Every session was ended.
    Everywhere = "everywhere";
    /// An enrolment code was made.
    CodeMade = "code-made";
    /// A role was ended, with what devices keep for it.
    RoleEnded = "role-ended";
    /// Passkeys and codes were ended, because a right was approved.
    Voided = "voided";
    /// To the agent who asked for that right.
    VoidedForAgent = "voided-for-agent";
}

/// Something to tell.
pub(super) struct Notice<'a> {
    pub(super) id: NoticeId,
    pub(super) person: PersonId,
    pub(super) what: What,
    pub(super) by: By<'a>,
    /// Whom it is about, where that is someone else.
    pub(super) about: Option<&'a str>,
    /// The passkey that it made.
    pub(super) passkey: Option<PasskeyId>,
}

/// Who did it.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// The person, on that device and in that session.
    Themselves(&'a str, SessionRef),
    /// An agent of the Registration Authority.
    Agent,
}

/// Holds the person's row until the work is done, so that of two changes at once the second sees the
/// first.
pub(super) async fn hold(work: &mut AnyConnection, person: PersonId) -> Result<()> {
    sqlx::query("update person set active = active where id = $1")
        .bind(person.to_string())
        .execute(work)
        .await?;
    Ok(())
}

/// Whether the person may change their account once more. To end every session counts for nothing:
/// it has to work whatever was done before.
///
/// # Errors
/// `TooMany`.
pub(super) async fn room(work: &mut AnyConnection, person: PersonId, now: Timestamp) -> Result<()> {
    let (made,): (i64,) = sqlx::query_as(
        "select count(*) from account_notice
          where person_id = $1 and by_agent = 0 and at > $2 and what not in ('enrolled', 'everywhere')",
    )
    .bind(person.to_string())
    .bind(micros(now - WINDOW))
    .fetch_one(work)
    .await?;
    if made < MOST_CHANGES {
        Ok(())
    } else {
        Err(Kind::TooMany.into())
    }
}

/// Tells it to every other session of the person that is alive, or else to the next.
pub(super) async fn tell(
    work: &mut AnyConnection,
    notice: &Notice<'_>,
    now: Timestamp,
) -> Result<()> {
    let (device, session) = match notice.by {
        By::Themselves(device, session) => (device, Some(session.to_string())),
        By::Agent => ("", None),
    };
    sqlx::query(
        "insert into account_notice
            (id, person_id, what, by_agent, device, about, passkey, session_ref, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(notice.id.to_string())
    .bind(notice.person.to_string())
    .bind(notice.what.code())
    .bind(i64::from(matches!(notice.by, By::Agent)))
    .bind(device.to_owned())
    .bind(notice.about.map(str::to_owned))
    .bind(notice.passkey.map(|passkey| passkey.to_string()))
    .bind(session.clone())
    .bind(micros(now))
    .execute(&mut *work)
    .await?;
    let alive: Vec<(String,)> = sqlx::query_as(
        "select s.session_ref from web_session s left join passkey k on k.id = s.passkey_id
          where s.person_id = $1 and s.ends_at > $2 and s.used_at > $3
            and (s.passkey_id is null or k.id is not null)",
    )
    .bind(notice.person.to_string())
    .bind(micros(now))
    .bind(micros(now - IDLE))
    .fetch_all(&mut *work)
    .await?;
    for (other,) in alive {
        if session.as_ref() == Some(&other) {
            continue;
        }
        sqlx::query("insert into account_notice_told (notice, session_ref) values ($1, $2)")
            .bind(notice.id.to_string())
            .bind(other)
            .execute(&mut *work)
            .await?;
    }
    Ok(())
}

/// What that session is to be told, latest first.
pub(super) async fn of(db: &Db, live: &LiveSession) -> Result<Vec<AccountNotice>> {
    let rows: Vec<(String, String, String, Option<String>, i64)> = sqlx::query_as(
        "select n.id, n.what, n.device, n.about, n.at from account_notice n
           left join account_notice_told t on t.notice = n.id and t.session_ref = $2
          where n.person_id = $1 and (n.session_ref is null or n.session_ref <> $2)
            and t.closed_at is null
            and (n.what <> 'enrolled' or coalesce(n.passkey, '') <> coalesce($3, ''))
            and (t.notice is not null or not exists
                 (select 1 from account_notice_told c
                   where c.notice = n.id and c.closed_at is not null
                     and (c.trusted = 1 or c.passkey = $3)))
          order by n.at desc, n.id desc limit $4",
    )
    .bind(live.caller.person.to_string())
    .bind(live.caller.session.to_string())
    .bind(live.caller.passkey.map(|passkey| passkey.to_string()))
    .bind(SHOWN)
    .fetch_all(db.read())
    .await?;
    rows.into_iter()
        .map(|(id, what, device, about, at)| {
            let what = What::from_code(&what)
                .ok_or_else(|| Failure::Corrupt(format!("a notice: {what}")))?;
            Ok(AccountNotice {
                id: stored(&id)?,
                text: text(what, &device, about.as_deref(), from_micros(at)?),
            })
        })
        .collect()
}

/// The session has seen it. What is not there, or another's, is no error: there is nothing to close.
pub(super) async fn close(
    db: &Db,
    live: &LiveSession,
    notice: NoticeId,
    now: Timestamp,
) -> Result<()> {
    let passkey = live.caller.passkey.map(|passkey| passkey.to_string());
    let mut work = db.write().begin().await?;
    hold(&mut work, live.caller.person).await?;
    let found: Option<(i64,)> = sqlx::query_as(
        "select (select count(*) from passkey k
                  where k.id = $3 and k.added_at <= n.at and k.id <> coalesce(n.passkey, ''))
           from account_notice n where n.id = $1 and n.person_id = $2",
    )
    .bind(notice.to_string())
    .bind(live.caller.person.to_string())
    .bind(passkey.clone())
    .fetch_optional(&mut *work)
    .await?;
    let Some((trusted,)) = found else {
        return Ok(());
    };
    sqlx::query(
        "insert into account_notice_told (notice, session_ref, passkey, trusted, closed_at)
         values ($1, $2, $3, $4, $5)
         on conflict (notice, session_ref) do update
            set passkey = excluded.passkey, trusted = excluded.trusted, closed_at = excluded.closed_at",
    )
    .bind(notice.to_string())
    .bind(live.caller.session.to_string())
    .bind(passkey)
    .bind(trusted)
    .bind(micros(now))
    .execute(&mut *work)
    .await?;
    work.commit().await?;
    Ok(())
}

/// The same person signed in again in the same browser: the session goes on under another name.
pub(super) async fn carry(db: &Db, old: SessionRef, new: SessionRef) -> Result<()> {
    for sql in [
        "update account_notice set session_ref = $1 where session_ref = $2",
        "update account_notice_told set session_ref = $1 where session_ref = $2",
    ] {
        sqlx::query(sql)
            .bind(new.to_string())
            .bind(old.to_string())
            .execute(db.write())
            .await?;
    }
    Ok(())
}

/// Removes what is too old to be of use.
pub(super) async fn forget_old(db: &Db, now: Timestamp) -> Result<()> {
    let before = micros(now - KEEP);
    for sql in [
        "delete from account_notice_told where notice in (select id from account_notice where at < $1)",
        "delete from account_notice where at < $1",
    ] {
        sqlx::query(sql).bind(before).execute(db.write()).await?;
    }
    Ok(())
}

/// As people read it: what happened, where and when, and what to do.
fn text(what: What, device: &str, about: Option<&str>, at: Timestamp) -> String {
    const NOT_YOU: &str = "If this was not you, choose “Sign out everywhere” under “Your passkeys and devices”, sign in again, remove what you do not know there, and tell your Registration Authority.";
    const ASK: &str = "If you do not know why, ask your Registration Authority.";
    let when = long_time(at);
    let agent = device.is_empty();
    let on = if agent {
        format!("by your Registration Authority on {when}")
    } else {
        format!("on {device} on {when}")
    };
    let then = if agent { ASK } else { NOT_YOU };
    match what {
        What::Enrolled => format!("A passkey was made for you with an enrolment code {on}. {then}"),
        What::PasskeyAdded => format!("A passkey was added {on}. {then}"),
        What::PasskeyRenamed => format!("One of your passkeys was renamed {on}. {then}"),
        What::PasskeyRemoved => format!("One of your passkeys was removed {on}. {then}"),
        What::SessionEnded => format!("One of your sessions was ended {on}. {then}"),
        What::Everywhere => format!("You were signed out everywhere {on}. {then}"),
        What::CodeMade => format!(
            "An enrolment code was made for you {on}. Whoever has it can sign in as you. If you did not ask for it, tell your Registration Authority."
        ),
        What::RoleEnded => format!("A role of yours was ended {on}. {then}"),
        What::Voided => format!(
            "A right that needs two agents was approved for you {on}. Passkeys made since it was asked for, or with a code from one of those agents, no longer work, and unused codes neither. To set up a device again, ask whoever runs the service for a code."
        ),
        What::VoidedForAgent => format!(
            "What you asked for was approved for {} on {when}. Their passkeys made since you asked, or with your code, no longer work, and unused codes neither. They need a code from whoever runs the service.",
            about.unwrap_or("someone")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_says_what_happened_where_and_when_and_what_to_do() {
        let at = "2026-11-21T10:02:00Z".parse().unwrap();
        let told = text(What::PasskeyAdded, "Chrome on Android", None, at);
        assert!(told.starts_with(
            "A passkey was added on Chrome on Android on 21 November 2026 at 10:02am. If this was not you, "
        ), "{told}");
        let told = text(What::PasskeyRemoved, "", None, at);
        assert!(told.contains("by your Registration Authority"), "{told}");
        assert!(!told.contains("If this was not you"), "{told}");
    }
}
