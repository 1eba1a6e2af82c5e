//! Who asks, as identity established it for this request. Everything behind it trusts this and
//! nothing that the browser says.

use app::api::client;
use app::problem::Kind;
use domain::ids::{CorrelationId, PasskeyId, PersonId, SessionRef};
use domain::role::RoleAssignment;
use http::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp};

use crate::failure::Result;
use crate::identity::STEP_UP;

/// In which the app tells its version.
pub const VERSION_HEADER: HeaderName = HeaderName::from_static(client::VERSION_HEADER);
/// In which the app tells which of its screens asks.
pub const SCREEN_HEADER: HeaderName = HeaderName::from_static(client::SCREEN_HEADER);

/// Longest version or name of a screen, in bytes.
pub const LONGEST_LABEL: usize = 64;

/// What the app says of itself. It is for the audit alone: nothing is decided by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The version of the app.
    pub version: Option<String>,
    /// The screen that asks.
    pub screen: Option<String>,
}

impl Client {
    /// As the headers of a request tell it. What is too long, or has other characters than a
    /// version or the name of a screen, counts as not told.
    pub fn of(headers: &HeaderMap) -> Self {
        let label = |name: &HeaderName, marks: &[u8]| {
            let text = headers.get(name)?.to_str().ok()?;
            let fits = (1..=LONGEST_LABEL).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte));
            fits.then(|| text.to_owned())
        };
        Self {
            version: label(&VERSION_HEADER, b".-+_"),
            screen: label(&SCREEN_HEADER, b"-_/"),
        }
    }
}

/// A request with its session.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Joins the screen, the log and the audit.
    pub correlation: CorrelationId,
    /// The app that sent it.
    pub client: Client,
    /// Who is signed in, if anyone.
    pub signed_in: Option<SignedInCaller>,
}

/// A person who is signed in.
#[derive(Clone, Debug)]
pub struct SignedInCaller {
    /// The session, by its reference: never the value of the cookie.
    pub session: SessionRef,
    /// Who.
    pub person: PersonId,
    /// Their name, for provenance.
    pub name: String,
    /// The role they chose. `None` until they did.
    pub role: Option<RoleAssignment>,
    /// The passkey that opened the session; `None` once that was removed.
    pub passkey: Option<PasskeyId>,
    /// When they last gave their fingerprint in the session.
    pub verified_at: Timestamp,
    /// "Chrome on Android", for the audit.
    pub device: String,
}

impl Caller {
    /// The person who is signed in.
    ///
    /// # Errors
    /// `SignedOut`.
    pub fn signed_in(&self) -> Result<&SignedInCaller> {
        self.signed_in
            .as_ref()
            .ok_or_else(|| Kind::SignedOut.into())
    }

    /// Whether they gave their fingerprint just now.
    ///
    /// # Errors
    /// `SignedOut`; `StepUp` where it was longer ago than [`STEP_UP`], or in the future.
    pub fn stepped_up(&self, now: Timestamp) -> Result<()> {
        let ago = now.duration_since(self.signed_in()?.verified_at);
        if (SignedDuration::ZERO..=STEP_UP).contains(&ago) {
            Ok(())
        } else {
            Err(Kind::StepUp.into())
        }
    }

    /// The person who is signed in, with the role they chose.
    ///
    /// # Errors
    /// `SignedOut` or `NoRole`.
    pub fn in_role(&self) -> Result<(&SignedInCaller, &RoleAssignment)> {
        let person = self.signed_in()?;
        match &person.role {
            Some(role) => Ok((person, role)),
            None => Err(Kind::NoRole.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn client(version: &[u8], screen: &[u8]) -> Option<Client> {
        let mut headers = HeaderMap::new();
        headers.insert(VERSION_HEADER, HeaderValue::from_bytes(version).ok()?);
        headers.insert(SCREEN_HEADER, HeaderValue::from_bytes(screen).ok()?);
        Some(Client::of(&headers))
    }

    #[test]
    fn an_app_names_its_version_and_screen() {
        assert_eq!(
            client(b"1.4.0-rc.1+3f2a", b"record/summary"),
            Some(Client {
                version: Some("1.4.0-rc.1+3f2a".into()),
                screen: Some("record/summary".into()),
            })
        );
        assert_eq!(Client::of(&HeaderMap::new()), Client::default());
        assert_eq!(client(b"", b"find the patient"), Some(Client::default()));
        assert_eq!(client(&[b'1'; 65], b"caf\xe9"), Some(Client::default()));
    }

    proptest! {
        #[test]
        fn whatever_is_sent_only_short_plain_labels_are_taken(version: Vec<u8>, screen: Vec<u8>) {
            for label in client(&version, &screen).into_iter().flat_map(|it| [it.version, it.screen]).flatten() {
                prop_assert!((1..=LONGEST_LABEL).contains(&label.len()));
                prop_assert!(label.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(label.as_bytes() == version || label.as_bytes() == screen);
            }
        }

        #[test]
        fn a_plain_label_is_taken_as_it_is(version in "[0-9A-Za-z.+_-]{1,64}", screen in "[0-9A-Za-z/_-]{1,64}") {
            prop_assert_eq!(
                client(version.as_bytes(), screen.as_bytes()),
                Some(Client { version: Some(version), screen: Some(screen) })
            );
        }
    }
}
