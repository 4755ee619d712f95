//! The facts of mail that arrives.

use schoolbell::core::fact::{Attached, Event, MailSort};

use super::{address, drill};

/// What the mailbox brings.
pub(super) fn events() -> Vec<Event> {
    vec![
        Event::Attempt {
            letter: 1,
            address: address(),
            message_id: "<1@schoolbell>".into(),
            nth: 1,
            numbered: vec![drill()],
        },
        Event::Bounced {
            letter: 1,
            address: address(),
            text: "退信:550 5.1.1".into(),
        },
        Event::MailReceived {
            mail: 1,
            message_id: "<r1@hs.example>".into(),
            sort: MailSort::Unclear,
            from: Some(address()),
            letter: Some(1),
            text: "“请问要不要交纸质材料”".into(),
            kept: vec![Attached {
                name: "自查表.docx".into(),
                digest: "00".repeat(32),
                bytes: 21,
            }],
        },
        Event::MailSeen {
            mail: 1,
            by: "沈志明".into(),
        },
        Event::MailboxRead {
            uid_validity: 1_795_516_975,
            uid: 3,
        },
        Event::MailboxTrouble {
            text: "登录不了".into(),
        },
    ]
}
