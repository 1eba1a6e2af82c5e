//! Whom a page believes to be signed in, against who is.
//!
//! A cookie belongs to a browser and not to a page: where someone signs in in one tab, the pages of
//! whoever was there before go on under the other's cookie. So every call says whom its page believes to be
//! signed in, and is refused where that is someone else, before there is any port that could do something.
//!
//! | the page believes | the session is | the call                       | is                          |
//! |-------------------|----------------|--------------------------------|-----------------------------|
//! | anyone or nobody  | nobody's       | any                            | the port's to decide        |
//! | the same person   | theirs, in use | any                            | the port's to decide        |
//! | the same person   | theirs, locked | of [`OF_A_LOCK`]               | the port's to decide        |
//! | the same person   | theirs, locked | any other                      | refused: `Locked`           |
//! | another person    | someone's      | any                            | refused: `OtherPerson`      |
//! | does not say      | someone's      | of [`WRITES`]                  | refused: `OutOfDate`        |
//! | does not say      | someone's      | any other                      | as for the same person      |
//!
//! A page that shows nobody says nothing, and neither does an app that was installed before pages said it.
//! That app goes on for reading, but writes nothing to a record: it is told to load itself anew, and what
//! waits in it to be sent waits for that, on the device.

use crate::identity::IdentityPort;
use app::api::client;
use app::problem::Kind;
use domain::ids::PersonId;
use http::{HeaderMap, HeaderName};

/// In which a page says whom it believes to be signed in.
pub const PERSON_HEADER: HeaderName = HeaderName::from_static(client::PERSON_HEADER);

/// What goes while a session is locked: nothing of it is done in the name of its person. Whoever enrols
/// begins a session of their own, as with any sign-in.
pub const OF_A_LOCK: [&str; 9] = [
    "session",
    "lock",
    "sign-in/start",
    "sign-in/finish",
    "sign-out",
    "enrol/start",
    "enrol/finish",
    "vaults/standing",
    "vaults/log-sealed",
];

/// What writes to a patient's record, or opens it in a person's name.
pub const WRITES: [&str; 6] = [
    "record/summary/open",
    "record/summary/withdraw",
    "record/referral",
    "record/referral/end",
    "commands/deliver",
    "commands/deliver-sealed",
];

/// Whether a call to that address may go on.
///
/// # Errors
/// `OtherPerson`, `Locked`, `OutOfDate`: the table of this module.
pub fn check(headers: &HeaderMap, path: &str, identity: &IdentityPort) -> Result<(), Kind> {
    let Some(person) = identity.person() else {
        return Ok(());
    };
    let call = path.trim_start_matches("/api/");
    match headers.get(PERSON_HEADER) {
        Some(claimed) if read(claimed.as_bytes()) != Some(person) => return Err(Kind::OtherPerson),
        None if WRITES.contains(&call) => return Err(Kind::OutOfDate),
        Some(_) | None => {}
    }
    if identity.is_locked() && !OF_A_LOCK.contains(&call) {
        return Err(Kind::Locked);
    }
    Ok(())
}

/// What is no id names nobody, and so nobody who is signed in.
fn read(claimed: &[u8]) -> Option<PersonId> {
    std::str::from_utf8(claimed).ok()?.parse().ok()
}
