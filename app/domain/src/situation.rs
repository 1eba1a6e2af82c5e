//! What the screen shows in which situation: with signal or without, signed in or not, with the
//! saved copies open or locked, and with changes that wait.
//!
//! # The screen
//! | vault      | online, live | online, not live | service down, live | service down, not live | offline, live | offline, not live |
//! |------------|--------------|------------------|--------------------|------------------------|---------------|-------------------|
//! | open       | live         | saved            | live or saved      | saved                  | saved         | saved             |
//! | locked     | unlock       | sign in          | unlock             | unlock                 | unlock        | unlock            |
//! | locked out | sign in      | sign in          | sign in            | sign in                | no way in     | no way in         |
//! | none       | live         | sign in          | live               | sign in                | page only     | no way in         |
//! | no secret  | live         | sign in          | live               | sign in                | page only     | no way in         |
//! | broken     | live         | sign in          | live               | sign in                | page only     | no way in         |
//!
//! "Not live" is a session that has ended, or none. A locked vault covers a live session too: the
//! person was away, and one touch of the sensor opens both. Someone who was signed out in front of an
//! open vault is not thrown out of a visit: they read on what is saved, and are asked to sign in.
//!
//! # The notices
//! | because of                    | notice                                                          |
//! |-------------------------------|-----------------------------------------------------------------|
//! | offline                       | `Offline`                                                       |
//! | service down                  | `ServiceDown`                                                   |
//! | session ended, on sign in     | `SignedOut`                                                     |
//! | vault broken                  | `SavedUnreadable`                                               |
//! | vault locked out              | `LockedOut`                                                     |
//! | no secret, with patients shown | `NothingKept`                                                  |
//! | saved, though not offline     | `SignIn`, where nothing waits to be sent                        |
//!
//! | screen                     | changes wait        | changes need a decision    |
//! |----------------------------|---------------------|----------------------------|
//! | live                       | `Sending` (online), `WaitingForService` (service down) | `Decide` |
//! | live or saved              | `WaitingForService` | `Decide`                   |
//! | saved, not offline         | `SignInToSend`      | `Decide`, with `SignIn`    |
//! | saved offline, page only   | `WaitingForSignal`  | `Decide`                   |
//! | unlock                     | `UnlockToSend`      | `UnlockToDecide`           |
//! | sign in                    | `SignInToSend`      | `SignInToDecide`           |
//! | no way in                  | `WaitingForSignal`  | `WaitingForSignal`         |

use crate::outbox::Counts;

/// What requests say of the way to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connectivity {
    /// It answers.
    Online,
    /// It cannot be reached.
    Offline,
    /// It is reached, and it or a national service behind it cannot answer.
    ServiceDown,
}

/// What is kept on this device for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VaultState {
    /// Nothing.
    None,
    /// Nothing can be: their passkey gives no secret.
    NoSecret,
    /// Something, and it is locked.
    Locked,
    /// Something, and it opens only after the next sign-in: too many attempts failed.
    LockedOut,
    /// Something, and it is open.
    Open,
    /// Something that cannot be read.
    Broken,
}

/// The session with the service, as last known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// Signed in.
    Live,
    /// Was signed in here, and is no longer.
    Ended,
    /// Nobody was.
    None,
}

/// What is in the outbox, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// Nothing that is not settled.
    Empty,
    /// Changes wait to be sent.
    Waiting,
    /// Changes need a decision; others may wait.
    NeedsDecision,
}

/// Where a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Situation {
    /// The way to the service.
    pub connectivity: Connectivity,
    /// What is kept here.
    pub vault: VaultState,
    /// The session.
    pub session: SessionState,
    /// What waits.
    pub outbox: OutboxState,
}

/// What a screen about patients shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Screen {
    /// What the service answers.
    Live,
    /// What the service answers, and where it does not, the saved copy.
    LiveOrSaved,
    /// The saved copies.
    Saved,
    /// What is on the page already; nothing else can be opened.
    PageOnly,
    /// Unlock with a passkey. Nothing of a patient.
    Unlock,
    /// Sign in. Nothing of a patient.
    SignIn,
    /// That there is no way in without signal, and why. Nothing of a patient.
    NoWayIn(Reason),
}

/// Why there is no way in without signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing is saved here.
    NothingSaved,
    /// Nothing can be saved here with this passkey.
    NoSecret,
    /// Too many attempts to unlock failed.
    LockedOut,
    /// What is saved cannot be read.
    Unreadable,
}

/// A strip or notice above the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// There is no signal.
    Offline,
    /// The service, or one behind it, does not answer.
    ServiceDown,
    /// You were signed out.
    SignedOut,
    /// What was saved here cannot be read.
    SavedUnreadable,
    /// Too many attempts to unlock failed: sign in.
    LockedOut,
    /// Nothing is kept on this device past the open page.
    NothingKept,
    /// Sign in to see what the service has.
    SignIn,
    /// Changes are being sent.
    Sending,
    /// Changes are sent when the service answers again.
    WaitingForService,
    /// Changes are sent when there is signal.
    WaitingForSignal,
    /// Sign in to send the changes.
    SignInToSend,
    /// Unlock to send the changes.
    UnlockToSend,
    /// Changes need a decision.
    Decide,
    /// Changes need a decision: sign in to make it.
    SignInToDecide,
    /// Changes need a decision: unlock to make it.
    UnlockToDecide,
}

impl Screen {
    /// Whether anything of a patient may be on it.
    pub fn shows_patients(self) -> bool {
        match self {
            Self::Live | Self::LiveOrSaved | Self::Saved | Self::PageOnly => true,
            Self::Unlock | Self::SignIn | Self::NoWayIn(_) => false,
        }
    }
}

impl OutboxState {
    /// From what the outbox counts.
    pub fn of(counts: Counts) -> Self {
        match (counts.needs_decision, counts.waiting) {
            (0, 0) => Self::Empty,
            (0, _) => Self::Waiting,
            (_, _) => Self::NeedsDecision,
        }
    }
}

impl SessionState {
    fn is_live(self) -> bool {
        match self {
            Self::Live => true,
            Self::Ended | Self::None => false,
        }
    }
}

impl Situation {
    /// What a screen about patients shows: the first table of this module.
    pub fn screen(self) -> Screen {
        match (self.vault, self.connectivity, self.session.is_live()) {
            (VaultState::Open, Connectivity::Online, true) => Screen::Live,
            (VaultState::Open, Connectivity::ServiceDown, true) => Screen::LiveOrSaved,
            (VaultState::Open, Connectivity::Offline, true)
            | (
                VaultState::Open,
                Connectivity::Online | Connectivity::ServiceDown | Connectivity::Offline,
                false,
            ) => Screen::Saved,
            (VaultState::Locked, Connectivity::Online, false) => Screen::SignIn,
            (VaultState::Locked, Connectivity::Online, true)
            | (VaultState::Locked, Connectivity::ServiceDown | Connectivity::Offline, _) => {
                Screen::Unlock
            }
            (VaultState::LockedOut, Connectivity::Online | Connectivity::ServiceDown, _) => {
                Screen::SignIn
            }
            (VaultState::LockedOut, Connectivity::Offline, _) => Screen::NoWayIn(Reason::LockedOut),
            (
                VaultState::None | VaultState::NoSecret | VaultState::Broken,
                Connectivity::Online | Connectivity::ServiceDown,
                true,
            ) => Screen::Live,
            (
                VaultState::None | VaultState::NoSecret | VaultState::Broken,
                Connectivity::Online | Connectivity::ServiceDown,
                false,
            ) => Screen::SignIn,
            (
                VaultState::None | VaultState::NoSecret | VaultState::Broken,
                Connectivity::Offline,
                true,
            ) => Screen::PageOnly,
            (VaultState::None, Connectivity::Offline, false) => {
                Screen::NoWayIn(Reason::NothingSaved)
            }
            (VaultState::NoSecret, Connectivity::Offline, false) => {
                Screen::NoWayIn(Reason::NoSecret)
            }
            (VaultState::Broken, Connectivity::Offline, false) => {
                Screen::NoWayIn(Reason::Unreadable)
            }
        }
    }

    /// The strips and notices above it, in the order in which they stand: the other tables of this
    /// module.
    pub fn notices(self) -> Vec<Notice> {
        let screen = self.screen();
        [
            self.of_connection(),
            self.of_session(screen),
            self.of_vault(screen),
            self.of_outbox(screen),
            self.of_reading(screen),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn of_connection(self) -> Option<Notice> {
        match self.connectivity {
            Connectivity::Online => None,
            Connectivity::Offline => Some(Notice::Offline),
            Connectivity::ServiceDown => Some(Notice::ServiceDown),
        }
    }

    fn of_session(self, screen: Screen) -> Option<Notice> {
        match self.session {
            SessionState::Ended => (screen == Screen::SignIn).then_some(Notice::SignedOut),
            SessionState::Live | SessionState::None => None,
        }
    }

    fn of_vault(self, screen: Screen) -> Option<Notice> {
        match self.vault {
            VaultState::Broken => Some(Notice::SavedUnreadable),
            VaultState::LockedOut => Some(Notice::LockedOut),
            VaultState::NoSecret => screen.shows_patients().then_some(Notice::NothingKept),
            VaultState::None | VaultState::Locked | VaultState::Open => None,
        }
    }

    fn of_outbox(self, screen: Screen) -> Option<Notice> {
        match (self.outbox, screen) {
            (OutboxState::Empty, _) => None,
            (OutboxState::Waiting, Screen::Live | Screen::LiveOrSaved) => {
                Some(match self.connectivity {
                    Connectivity::Online => Notice::Sending,
                    Connectivity::ServiceDown => Notice::WaitingForService,
                    Connectivity::Offline => Notice::WaitingForSignal,
                })
            }
            (OutboxState::Waiting, Screen::Saved | Screen::PageOnly) => {
                Some(match self.connectivity {
                    Connectivity::Online | Connectivity::ServiceDown => Notice::SignInToSend,
                    Connectivity::Offline => Notice::WaitingForSignal,
                })
            }
            (
                OutboxState::NeedsDecision,
                Screen::Live | Screen::LiveOrSaved | Screen::Saved | Screen::PageOnly,
            ) => Some(Notice::Decide),
            (OutboxState::Waiting, Screen::Unlock) => Some(Notice::UnlockToSend),
            (OutboxState::NeedsDecision, Screen::Unlock) => Some(Notice::UnlockToDecide),
            (OutboxState::Waiting, Screen::SignIn) => Some(Notice::SignInToSend),
            (OutboxState::NeedsDecision, Screen::SignIn) => Some(Notice::SignInToDecide),
            (OutboxState::Waiting | OutboxState::NeedsDecision, Screen::NoWayIn(_)) => {
                Some(Notice::WaitingForSignal)
            }
        }
    }

    /// Where only saved copies are read although the service could be asked.
    fn of_reading(self, screen: Screen) -> Option<Notice> {
        let asks = match (screen, self.connectivity, self.outbox) {
            (_, Connectivity::Offline, _) | (_, _, OutboxState::Waiting) => false,
            (
                Screen::Saved,
                Connectivity::Online | Connectivity::ServiceDown,
                OutboxState::Empty | OutboxState::NeedsDecision,
            ) => true,
            (
                Screen::Live
                | Screen::LiveOrSaved
                | Screen::PageOnly
                | Screen::Unlock
                | Screen::SignIn
                | Screen::NoWayIn(_),
                Connectivity::Online | Connectivity::ServiceDown,
                OutboxState::Empty | OutboxState::NeedsDecision,
            ) => false,
        };
        asks.then_some(Notice::SignIn)
    }
}
