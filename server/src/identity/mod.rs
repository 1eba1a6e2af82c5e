//! Who is using the service: enrolment and sign-in with passkeys, sessions, and the role worked in.
//!
//! What a session may be used for, by its row:
//!
//! | person | unused for 15 minutes | locked | past its end | it is                                        |
//! |--------|-----------------------|--------|--------------|----------------------------------------------|
//! | no     | -                     | no     | no           | a visitor's, to carry a ceremony             |
//! | yes    | no                    | no     | no           | alive                                        |
//! | yes    | no                    | yes    | no           | known, and of no use until it is unlocked    |
//! | yes    | yes                   | either | no           | signed out, but remembered for who comes back |
//! | either | either                | either | yes          | nothing; the next purge removes it           |
//!
//! What a session of a person has, and when its id is a new one:
//!
//! | event                                        | id  | role          | fingerprint | patients        | ends        |
//! |----------------------------------------------|-----|---------------|-------------|-----------------|-------------|
//! | sign-in or enrolment                         | new | the only one  | now         | none            | in 12 hours |
//! | sign-in again, same person and browser       | new | kept          | now         | kept            | in 12 hours |
//! | sign-in of another person in the browser     | new | the only one  | now         | closed          | in 12 hours |
//! | a role that allows something more is chosen  | new | the new one   | kept        | closed          | kept        |
//! | a role that allows nothing more is chosen    | same | the new one  | kept        | closed          | kept        |
//! | the same role is chosen                      | same | kept         | kept        | kept            | kept        |
//! | the same person unlocks a session            | new | kept          | now         | kept            | in 12 hours |
//! | sign-out, the end of a session, deactivation | gone | -            | -           | closed          | -           |
//!
//! To confirm with a fingerprint (step-up) is to sign in again: it counts for [`STEP_UP`]. So is to unlock.
//!
//! What changes who can sign in, or ends what someone has open:
//!
//! | act, by the person themselves         | fingerprint | counts (10 an hour) | told              |
//! |---------------------------------------|-------------|---------------------|-------------------|
//! | enrol with a code                     | it is one   |                     | their sessions    |
//! | add, rename, remove a passkey         | yes         | yes                 | their other sessions |
//! | end another session                   | yes         | yes                 | their other sessions |
//! | sign out everywhere                   | yes         |                     | their next session |
//! | sign out here                         |             |                     |                   |
//!
//! What an agent does stands in `registration`; the person is told of it too.

mod ceremony;
mod code;
mod device_label;
mod events;
mod notices;
pub(crate) mod passkey;
mod port;
mod purge;
mod registration;
mod session;
mod session_store;
pub mod staff;

pub use code::EnrolmentCode;
pub(crate) use code::hex;
pub use device_label::device_label;
pub use events::SessionEvents;
pub use notices::{MOST_CHANGES, WINDOW as CHANGES_WINDOW};
pub use passkey::MOST_PASSKEYS;
pub use port::{IdentityPort, Visitor};
pub use purge::purge;
pub use registration::RegistrationPort;
pub(crate) use registration::setting_of;
pub use session::{LiveSession, find as find_session};
pub use session_store::SessionRows;

use crate::audit::Audit;
use crate::clock::{Clock, SharedClock};
use crate::failure::{Failure, Result};
use crate::offline::Sealing;
use crate::privacy::Alerts;
use crate::readiness::Checklists;
use crate::services::Services;
use crate::settings::Passkeys;
use crate::store::Db;
use crate::web::rate_limit::{Limit, Rate, Whom};
use domain::ids::PersonId;
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder};

/// A session that is not used for so long is over (DESIGN, sessions).
pub const IDLE: SignedDuration = SignedDuration::from_mins(15);
/// A session is over after so long, whatever is done with it.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);
/// A fingerprint counts for so long for what needs one that was given just now: emergency access,
/// removing a flag, a change of one's own passkeys and sessions, what a Registration Authority does, and
/// what a national approver decides.
pub const STEP_UP: SignedDuration = SignedDuration::from_mins(2);
/// A visitor's session is there for the length of a ceremony and no more.
pub const VISIT: SignedDuration = SignedDuration::from_mins(10);
/// Between the two steps of a ceremony.
pub const CEREMONY: SignedDuration = SignedDuration::from_mins(5);
/// How precisely the last use is kept: a write for every read would be dear.
const TOUCH: SignedDuration = SignedDuration::from_mins(1);

/// What identity works with. One for the whole server.
pub struct Identity {
    db: Db,
    clock: SharedClock,
    webauthn: Webauthn,
    audit: Audit,
    events: Arc<dyn SessionEvents>,
    alerts: Alerts,
    checklists: Checklists,
    sealing: Sealing,
    passkeys: Passkeys,
    limits: Limits,
}

/// How often something may be tried. What ends a ceremony is limited by that ceremony, and what an
/// agent does by who they are.
struct Limits {
    /// To begin a ceremony: by session where one is alive, else by network. A passkey cannot be guessed,
    /// and at a change of shifts 500 people sign in behind one address within five minutes, each of whose
    /// pages begins more than once.
    begin: Limit<Whom>,
    /// To try a code, by network. 60 bits cannot be guessed at that rate.
    codes: Limit<IpAddr>,
    /// Codes that were not accepted, by network: whoever has used them up is told to wait, unless the
    /// code is a good one.
    wrong_codes: Limit<IpAddr>,
    /// The same of everyone together. It only makes the answer to a wrong code slow.
    all_wrong_codes: Limit<()>,
    /// What an agent of a Registration Authority does to others.
    agents: Limit<PersonId>,
}

impl Limits {
    fn new(clock: &SharedClock) -> Self {
        let rate = |burst, milliseconds| Rate {
            burst,
            every: Duration::from_millis(milliseconds),
        };
        Self {
            begin: Limit::new(rate(1200, 200), clock.clone()),
            codes: Limit::new(rate(100, 1_000), clock.clone()),
            wrong_codes: Limit::new(rate(20, 5_000), clock.clone()),
            all_wrong_codes: Limit::new(rate(200, 500), clock.clone()),
            agents: Limit::new(rate(100, 20_000), clock.clone()),
        }
    }
}

/// How long the answer to a wrong code takes, while very many are tried.
const SLOW: Duration = Duration::from_secs(1);

impl Identity {
    /// For the service at that origin, whose passkeys belong to that relying party.
    ///
    /// # Errors
    /// Where the relying party is neither the host of the origin nor above it.
    pub fn new(
        services: &Services,
        origin: &Url,
        rp_id: &str,
        passkeys: Passkeys,
        events: Arc<dyn SessionEvents>,
    ) -> Result<Self> {
        let webauthn = WebauthnBuilder::new(rp_id, origin)
            .and_then(|builder| builder.rp_name("National Care Records Service").build())
            .map_err(|error| {
                Failure::Internal(format!("passkeys for {rp_id} at {origin}: {error}"))
            })?;
        Ok(Self {
            db: services.db.clone(),
            clock: services.clock.clone(),
            webauthn,
            audit: services.audit.clone(),
            events,
            alerts: services.alerts.clone(),
            checklists: services.checklists.clone(),
            sealing: services.sealing.clone(),
            passkeys,
            limits: Limits::new(&services.clock),
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id, ordered by time.
    fn new_id(&self) -> Uuid {
        new_id(self.clock.as_ref())
    }

    /// Tells whoever listens; the session has changed already, so an error is only logged.
    async fn tell(&self, event: Event) {
        let told = match event {
            Event::Succeeded { old, new } => self.events.succeeded(old, new).await,
            Event::Ended(session) => self.events.ended(session).await,
            Event::RoleChanged(session) => self.events.role_changed(session).await,
        };
        if let Err(failure) = told {
            tracing::error!(%failure, ?event, "a change of session was not heard");
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Succeeded {
        old: domain::ids::SessionRef,
        new: domain::ids::SessionRef,
    },
    Ended(domain::ids::SessionRef),
    RoleChanged(domain::ids::SessionRef),
}

/// A new id (UUIDv7) by that clock.
pub fn new_id(clock: &dyn Clock) -> Uuid {
    let now = clock.now();
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

/// As it is stored.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// As it was stored.
pub(crate) fn from_micros(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros)
        .map_err(|error| Failure::Corrupt(format!("a time: {error}")))
}

/// Reads a stored id.
pub(crate) fn stored<T: std::str::FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| Failure::Corrupt(format!("an id: {error}")))
}
