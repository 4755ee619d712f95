//! The facts of signing in and out.

use schoolbell::core::fact::Event;

use super::{address, at};

/// One of each.
pub(super) fn events() -> Vec<Event> {
    let (address, by, session) = (address(), "沈志明".to_owned(), "0c".repeat(32));
    let asked = Event::SignInAsked {
        letter: 3,
        address: address.clone(),
        browser: "0b".repeat(32),
        until: at("2026-05-12T00:15:00Z"),
    };
    let signed_in = Event::SignedIn {
        letter: 3,
        address: address.clone(),
        by: by.clone(),
        session: session.clone(),
        until: at("2026-05-12T12:00:00Z"),
    };
    vec![
        asked,
        signed_in,
        Event::SignedOut {
            address,
            by,
            session,
        },
    ]
}
