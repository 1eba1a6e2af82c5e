//! Opaque identifiers. They carry no meaning, so they may stand in URLs and logs.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

opaque_id!(
    /// The patient in front of you: a short-lived choice of one session, role and tab
    /// (DOMAIN section 4). URLs carry this, never an NHS number.
    ContextId
);
opaque_id!(
    /// One tab (or one installed window) of one browser, for as long as it is open.
    TabId
);
opaque_id!(
    /// A write, named on the device before it is sent (UUIDv7), so that it can be sent again.
    CommandId
);
opaque_id!(
    /// One part of a reasonable adjustment flag: an impairment, a condition or an adjustment.
    PartId
);
opaque_id!(
    /// A reasonable adjustment flag.
    FlagId
);
opaque_id!(
    /// Joins the screen, the log, the audit entry and the call to a national service.
    CorrelationId
);
opaque_id!(
    /// A member of staff.
    PersonId
);
opaque_id!(
    /// One role of a member of staff in one organisation.
    RoleId
);
opaque_id!(
    /// A role that one agent of a Registration Authority asked for and another has to approve.
    RoleRequestId
);
opaque_id!(
    /// A passkey, as its owner sees it in a list (not the credential id).
    PasskeyId
);
opaque_id!(
    /// A session, as its owner sees it in a list (never the value of the cookie).
    SessionRef
);
opaque_id!(
    /// A patient on someone's visit list.
    VisitId
);
opaque_id!(
    /// What one person keeps on one device. Random (UUIDv4): whoever knows it holds that device.
    VaultId
);
opaque_id!(
    /// The server's key pair to which devices seal what they cannot keep readable.
    SealingKeyId
);
opaque_id!(
    /// An alert to the privacy officers of an organisation. It is the reference that leaves the
    /// service, so it says nothing about anyone.
    AlertId
);
opaque_id!(
    /// Something that a member of staff is told of their account.
    NoticeId
);
