//! What the screen shows in which situation: every row of the tables, and what holds for all.

use domain::outbox::Counts;
use domain::situation::{
    Connectivity::{self, Offline, Online, ServiceDown},
    Notice, OutboxState, Reason,
    Screen::{self, Live, LiveOrSaved, NoWayIn, PageOnly, Saved, SignIn, Unlock},
    SessionState, Situation, VaultState,
};

const CONNECTIVITIES: [Connectivity; 3] = [Online, ServiceDown, Offline];
const VAULTS: [VaultState; 6] = [
    VaultState::Open,
    VaultState::Locked,
    VaultState::LockedOut,
    VaultState::None,
    VaultState::NoSecret,
    VaultState::Broken,
];
const SESSIONS: [SessionState; 3] = [SessionState::Live, SessionState::Ended, SessionState::None];
const OUTBOXES: [OutboxState; 3] = [
    OutboxState::Empty,
    OutboxState::Waiting,
    OutboxState::NeedsDecision,
];

fn situation(
    connectivity: Connectivity,
    vault: VaultState,
    session: SessionState,
    outbox: OutboxState,
) -> Situation {
    Situation {
        connectivity,
        vault,
        session,
        outbox,
    }
}

/// Every situation there is.
fn all() -> impl Iterator<Item = Situation> {
    CONNECTIVITIES.into_iter().flat_map(|connectivity| {
        VAULTS.into_iter().flat_map(move |vault| {
            SESSIONS.into_iter().flat_map(move |session| {
                OUTBOXES
                    .into_iter()
                    .map(move |outbox| situation(connectivity, vault, session, outbox))
            })
        })
    })
}

/// A row of the first table: live and not live, online, with the service down, and offline.
fn row(vault: VaultState, screens: [Screen; 6]) {
    let columns = [Online, ServiceDown, Offline]
        .into_iter()
        .zip(screens.chunks(2));
    for (connectivity, screens) in columns {
        for session in SESSIONS {
            let expected = match session {
                SessionState::Live => screens.first(),
                SessionState::Ended | SessionState::None => screens.last(),
            };
            for outbox in OUTBOXES {
                let situation = situation(connectivity, vault, session, outbox);
                assert_eq!(Some(&situation.screen()), expected, "{situation:?}");
            }
        }
    }
}

#[test]
fn the_outbox_is_told_by_what_is_most_urgent() {
    let of = |waiting, needs_decision| {
        OutboxState::of(Counts {
            waiting,
            other_role: 0,
            needs_decision,
        })
    };
    assert_eq!(of(0, 0), OutboxState::Empty);
    assert_eq!(of(2, 0), OutboxState::Waiting);
    assert_eq!(of(0, 1), OutboxState::NeedsDecision);
    assert_eq!(of(2, 1), OutboxState::NeedsDecision);
}

#[test]
fn an_open_vault() {
    row(
        VaultState::Open,
        [Live, Saved, LiveOrSaved, Saved, Saved, Saved],
    );
}

#[test]
fn a_locked_vault() {
    row(
        VaultState::Locked,
        [Unlock, SignIn, Unlock, Unlock, Unlock, Unlock],
    );
}

#[test]
fn a_locked_out_vault() {
    let no = NoWayIn(Reason::LockedOut);
    row(
        VaultState::LockedOut,
        [SignIn, SignIn, SignIn, SignIn, no, no],
    );
}

#[test]
fn no_vault() {
    let no = NoWayIn(Reason::NothingSaved);
    row(VaultState::None, [Live, SignIn, Live, SignIn, PageOnly, no]);
}

#[test]
fn no_secret() {
    let no = NoWayIn(Reason::NoSecret);
    row(
        VaultState::NoSecret,
        [Live, SignIn, Live, SignIn, PageOnly, no],
    );
}

#[test]
fn a_broken_vault() {
    let no = NoWayIn(Reason::Unreadable);
    row(
        VaultState::Broken,
        [Live, SignIn, Live, SignIn, PageOnly, no],
    );
}

/// A row of the notices: with an empty outbox, with changes that wait, and with a decision to make.
fn notices(
    connectivity: Connectivity,
    vault: VaultState,
    session: SessionState,
    expected: [&[Notice]; 3],
) {
    for (outbox, expected) in OUTBOXES.into_iter().zip(expected) {
        let situation = situation(connectivity, vault, session, outbox);
        assert_eq!(situation.notices(), expected, "{situation:?}");
    }
}

#[test]
fn notices_on_what_is_live() {
    notices(
        Online,
        VaultState::Open,
        SessionState::Live,
        [&[], &[Notice::Sending], &[Notice::Decide]],
    );
    notices(
        Online,
        VaultState::NoSecret,
        SessionState::Live,
        [
            &[Notice::NothingKept],
            &[Notice::NothingKept, Notice::Sending],
            &[Notice::NothingKept, Notice::Decide],
        ],
    );
    notices(
        Online,
        VaultState::Broken,
        SessionState::Live,
        [
            &[Notice::SavedUnreadable],
            &[Notice::SavedUnreadable, Notice::Sending],
            &[Notice::SavedUnreadable, Notice::Decide],
        ],
    );
}

#[test]
fn notices_while_the_service_is_down() {
    for vault in [VaultState::Open, VaultState::None] {
        notices(
            ServiceDown,
            vault,
            SessionState::Live,
            [
                &[Notice::ServiceDown],
                &[Notice::ServiceDown, Notice::WaitingForService],
                &[Notice::ServiceDown, Notice::Decide],
            ],
        );
    }
}

#[test]
fn notices_on_saved_copies_in_front_of_a_service() {
    for session in [SessionState::Ended, SessionState::None] {
        notices(
            Online,
            VaultState::Open,
            session,
            [
                &[Notice::SignIn],
                &[Notice::SignInToSend],
                &[Notice::Decide, Notice::SignIn],
            ],
        );
        notices(
            ServiceDown,
            VaultState::Open,
            session,
            [
                &[Notice::ServiceDown, Notice::SignIn],
                &[Notice::ServiceDown, Notice::SignInToSend],
                &[Notice::ServiceDown, Notice::Decide, Notice::SignIn],
            ],
        );
    }
}

#[test]
fn notices_on_saved_copies_without_signal() {
    for session in SESSIONS {
        notices(
            Offline,
            VaultState::Open,
            session,
            [
                &[Notice::Offline],
                &[Notice::Offline, Notice::WaitingForSignal],
                &[Notice::Offline, Notice::Decide],
            ],
        );
    }
}

#[test]
fn notices_on_the_page_only() {
    notices(
        Offline,
        VaultState::NoSecret,
        SessionState::Live,
        [
            &[Notice::Offline, Notice::NothingKept],
            &[
                Notice::Offline,
                Notice::NothingKept,
                Notice::WaitingForSignal,
            ],
            &[Notice::Offline, Notice::NothingKept, Notice::Decide],
        ],
    );
}

#[test]
fn notices_before_unlocking() {
    for session in SESSIONS {
        notices(
            Offline,
            VaultState::Locked,
            session,
            [
                &[Notice::Offline],
                &[Notice::Offline, Notice::UnlockToSend],
                &[Notice::Offline, Notice::UnlockToDecide],
            ],
        );
    }
    notices(
        Online,
        VaultState::Locked,
        SessionState::Live,
        [&[], &[Notice::UnlockToSend], &[Notice::UnlockToDecide]],
    );
}

#[test]
fn notices_before_signing_in() {
    notices(
        Online,
        VaultState::Locked,
        SessionState::None,
        [&[], &[Notice::SignInToSend], &[Notice::SignInToDecide]],
    );
    notices(
        Online,
        VaultState::None,
        SessionState::Ended,
        [
            &[Notice::SignedOut],
            &[Notice::SignedOut, Notice::SignInToSend],
            &[Notice::SignedOut, Notice::SignInToDecide],
        ],
    );
    notices(
        Online,
        VaultState::LockedOut,
        SessionState::Live,
        [
            &[Notice::LockedOut],
            &[Notice::LockedOut, Notice::SignInToSend],
            &[Notice::LockedOut, Notice::SignInToDecide],
        ],
    );
}

#[test]
fn notices_where_there_is_no_way_in() {
    notices(
        Offline,
        VaultState::NoSecret,
        SessionState::Ended,
        [
            &[Notice::Offline],
            &[Notice::Offline, Notice::WaitingForSignal],
            &[Notice::Offline, Notice::WaitingForSignal],
        ],
    );
    notices(
        Offline,
        VaultState::LockedOut,
        SessionState::Live,
        [
            &[Notice::Offline, Notice::LockedOut],
            &[Notice::Offline, Notice::LockedOut, Notice::WaitingForSignal],
            &[Notice::Offline, Notice::LockedOut, Notice::WaitingForSignal],
        ],
    );
}

#[test]
fn a_locked_vault_never_shows_patients() {
    for situation in all() {
        if matches!(situation.vault, VaultState::Locked | VaultState::LockedOut) {
            assert!(!situation.screen().shows_patients(), "{situation:?}");
        }
    }
}

#[test]
fn nobody_who_is_signed_out_sees_anything_but_what_they_unlocked() {
    for situation in all() {
        let live = situation.session == SessionState::Live;
        let open = situation.vault == VaultState::Open;
        if situation.screen().shows_patients() {
            assert!(live || open, "{situation:?}");
        }
        if !live && situation.screen().shows_patients() {
            assert_eq!(situation.screen(), Saved, "{situation:?}");
        }
        if matches!(situation.screen(), Saved | LiveOrSaved) {
            assert!(open, "{situation:?}");
        }
        if matches!(situation.screen(), Live | LiveOrSaved) {
            assert!(live && situation.connectivity != Offline, "{situation:?}");
        }
    }
}

#[test]
fn where_the_service_is_reached_there_is_always_a_way_on() {
    for situation in all() {
        match situation.screen() {
            NoWayIn(_) | PageOnly => assert_eq!(situation.connectivity, Offline, "{situation:?}"),
            // Nobody can sign in without signal.
            SignIn => assert_ne!(situation.connectivity, Offline, "{situation:?}"),
            Live | LiveOrSaved | Saved | Unlock => {}
        }
    }
}

#[test]
fn what_waits_is_never_silent_and_nothing_is_said_of_nothing() {
    let of_outbox = |notice: &Notice| match notice {
        Notice::Sending
        | Notice::WaitingForService
        | Notice::WaitingForSignal
        | Notice::SignInToSend
        | Notice::UnlockToSend
        | Notice::Decide
        | Notice::SignInToDecide
        | Notice::UnlockToDecide => true,
        Notice::Offline
        | Notice::ServiceDown
        | Notice::SignedOut
        | Notice::SavedUnreadable
        | Notice::LockedOut
        | Notice::NothingKept
        | Notice::SignIn => false,
    };
    for situation in all() {
        let notices = situation.notices();
        let told = notices.iter().filter(|notice| of_outbox(notice)).count();
        let expected = usize::from(situation.outbox != OutboxState::Empty);
        assert_eq!(told, expected, "{situation:?}: {notices:?}");
        // Only who may see patients can decide about their changes.
        if notices.contains(&Notice::Decide) {
            assert!(situation.screen().shows_patients(), "{situation:?}");
        }
        // Nobody is asked for what cannot be done here, or has been done.
        let asks_to_sign_in = [Notice::SignIn, Notice::SignInToSend, Notice::SignInToDecide];
        if asks_to_sign_in.iter().any(|ask| notices.contains(ask)) {
            assert_ne!(situation.connectivity, Offline, "{situation:?}");
            let signed_in = situation.session == SessionState::Live;
            assert!(
                !signed_in || situation.vault == VaultState::LockedOut,
                "{situation:?}"
            );
        }
        if notices.contains(&Notice::Sending) {
            assert_eq!(
                (situation.connectivity, situation.session),
                (Online, SessionState::Live),
                "{situation:?}"
            );
        }
        let mut once = Vec::new();
        for notice in notices {
            assert!(!once.contains(&notice), "{situation:?} says it twice");
            once.push(notice);
        }
    }
}

#[test]
fn the_connection_is_always_told() {
    for situation in all() {
        let first = situation.notices().first().copied();
        match situation.connectivity {
            Offline => assert_eq!(first, Some(Notice::Offline)),
            ServiceDown => assert_eq!(first, Some(Notice::ServiceDown)),
            Online => assert!(!matches!(
                first,
                Some(Notice::Offline | Notice::ServiceDown)
            )),
        }
    }
}
