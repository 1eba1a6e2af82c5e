//! What a person sees of a passkey ceremony that came to nothing.

use crate::api::identity::WebAuthnJson;
use crate::components::notice::{Alert, focus_soon};
use crate::components::problem::{reference, way_on};
use crate::device::{Device, NoCredential, NoVault};
use crate::problem::{Kind, Problem};
use domain::FieldError;
use leptos::prelude::*;
use std::rc::Rc;

/// Name, id and error field of a passkey's name, here and on the server.
pub const NAME_FIELD: &str = "passkey-name";

/// Why a passkey ceremony came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The browser gave no credential.
    Device(NoCredential),
    /// The service refused, or did not answer.
    Service(Problem),
    /// What is kept on the device could not be opened.
    Kept(NoVault),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Service(problem)
    }
}

impl From<NoVault> for Failed {
    fn from(none: NoVault) -> Self {
        match none {
            NoVault::NoCredential(none) => Self::Device(none),
            none => Self::Kept(none),
        }
    }
}

impl From<NoCredential> for Failed {
    fn from(none: NoCredential) -> Self {
        Self::Device(none)
    }
}

/// What was to be done with the passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// Sign in with it.
    Use,
    /// Make it.
    Create,
}

/// Makes a passkey on this device.
///
/// # Errors
/// As [`Device::create_passkey`].
pub async fn create(
    device: Option<Rc<dyn Device>>,
    options: WebAuthnJson,
) -> Result<WebAuthnJson, Failed> {
    match device {
        Some(device) => Ok(device.create_passkey(options).await?),
        None => Err(NoCredential::Unsupported.into()),
    }
}

/// The name as typed, or what is wrong with it.
///
/// # Errors
/// Where it is empty. How long it may be, the server says.
pub fn checked_name(typed: &str) -> Result<String, FieldError> {
    let name = typed.trim();
    if name.is_empty() {
        Err(FieldError::new(NAME_FIELD, "Enter a name for this passkey"))
    } else {
        Ok(name.to_owned())
    }
}

/// Title and advice. At sign-in everything that is not the browser's own limit looks alike: whoever
/// holds the device is not told why.
fn told(failed: &Failed, ceremony: Ceremony) -> (&'static str, String) {
    let none = match failed {
        Failed::Service(problem) => return (problem.title(), problem.advice()),
        Failed::Kept(none) => return not_opened(*none),
        Failed::Device(none) => *none,
    };
    match (none, ceremony) {
        (NoCredential::Unsupported, _) => (
            "This browser cannot use passkeys",
            "Open the service in an up-to-date Chrome, Edge, Firefox or Safari, on a device with a screen lock. If you came here from within another app, open this address in your browser.".into(),
        ),
        (_, Ceremony::Use) => {
            let problem = Problem::new(Kind::NotAccepted);
            (problem.title(), problem.advice())
        }
        (NoCredential::AlreadyThere, Ceremony::Create) => (
            "This device already has a passkey for you",
            "You do not need another one here. Sign in with the one that you have.".into(),
        ),
        (NoCredential::Cancelled | NoCredential::Superseded, Ceremony::Create) => (
            "The passkey was not created",
            // A code or a name is asked for first.
            "It may have been cancelled, or taken too long. What you typed is still here. Try again.".into(),
        ),
    }
}

/// Why what is kept on the device could not be opened: title and advice.
pub fn not_opened(none: NoVault) -> (&'static str, String) {
    let (title, advice) = match none {
        NoVault::NoSecret => (
            "This passkey cannot open saved records",
            "Your fingerprint reader, phone or security key does not support it. You can use the service while you have signal.",
        ),
        NoVault::NoCredential(_) | NoVault::Locked => (
            "That did not work",
            "Try again with the passkey that you use on this device.",
        ),
        NoVault::None => (
            "Nothing of yours is saved on this device",
            "Sign in when you have signal.",
        ),
        NoVault::OtherPasskey => (
            "Another passkey opens what is saved here",
            "Use the passkey with which you saved it, or sign in when you have signal.",
        ),
        NoVault::LockedOut => (
            "Saved records are locked after 5 failed attempts",
            "Sign in when you have signal: that opens them again. Nothing was lost.",
        ),
        NoVault::Broken => (
            "What is saved on this device cannot be read",
            "It was damaged, or saved by a newer version of the app. Sign in when you have signal.",
        ),
        NoVault::NoStorage => (
            "This browser does not let the app save anything",
            "Leave private browsing, or allow storage for this site in the browser's settings.",
        ),
        NoVault::Full => (
            "There is no room left on this device",
            "Remove saved patients that you no longer need, or free some space, then try again.",
        ),
    };
    (title, advice.to_owned())
}

/// Why it came to nothing and what to do next, above the form. Takes the focus when it appears.
#[component]
pub fn CeremonyFailed(
    /// What happened; `None` where all is well.
    failed: RwSignal<Option<Failed>>,
    /// What was to be done.
    ceremony: Ceremony,
) -> AnyView {
    Effect::new(move || {
        if failed.with(Option::is_some) {
            focus_soon("alert");
        }
    });
    (move || {
        failed.get().map(|failed| {
            let (title, advice) = told(&failed, ceremony);
            let more = match &failed {
                Failed::Service(problem) => {
                    view! { {reference(problem)} {way_on(problem, None)} }.into_any()
                }
                Failed::Device(_) | Failed::Kept(_) => ().into_any(),
            };
            view! { <Alert title advice>{more}</Alert> }
        })
    })
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_sign_in_every_refusal_looks_alike() {
        let refused = told(
            &Failed::Service(Problem::new(Kind::NotAccepted)),
            Ceremony::Use,
        );
        for none in [
            NoCredential::Cancelled,
            NoCredential::AlreadyThere,
            NoCredential::Superseded,
        ] {
            assert_eq!(told(&Failed::Device(none), Ceremony::Use), refused);
        }
        assert_ne!(
            told(&Failed::Device(NoCredential::Unsupported), Ceremony::Use),
            refused
        );
    }

    #[test]
    fn a_passkey_needs_a_name() {
        assert_eq!(checked_name("  Work phone "), Ok("Work phone".to_owned()));
        assert_eq!(
            checked_name(" ").map_err(|error| error.field),
            Err(NAME_FIELD.to_owned())
        );
    }
}
