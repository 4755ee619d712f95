//! Sender, recipient and DATA in one piece, where the server takes them so; and what becomes of a group that is refused.

use std::time::Duration;

use schoolbell::mail::Sent;

use super::{LETTER, send, send_with, settings, timeouts, worker};
use crate::smtp_double::{Act, Manner, SmtpDouble, Verb};

const PIPELINING: Manner = Manner {
    offers: &["PIPELINING", "8BITMIME"],
    implicit_tls: false,
};

fn accepted() -> Sent {
    Sent::Accepted("250 2.0.0 taken".to_owned())
}

fn is_refused_mailbox(sent: &Sent) -> bool {
    matches!(
        sent,
        Sent::Refused {
            recipient: true,
            ..
        }
    )
}

#[tokio::test]
async fn grouped_where_offered_only() {
    let server = SmtpDouble::with(PIPELINING);
    let mut grouping = worker(settings(&server), timeouts());
    for _ in 0..3 {
        assert_eq!(send(&mut grouping).await, accepted());
    }
    assert_eq!(server.letters()[2].bytes, LETTER);
    assert_eq!(server.connections(), 1);

    let plain = SmtpDouble::start();
    assert_eq!(
        send(&mut worker(settings(&plain), timeouts())).await,
        accepted()
    );
    assert!(!plain.was_rushed());
}

/// A recipient is refused; the server says 503 to DATA, as most do, or 354, as the standard allows: then a lone dot takes
/// it back. The next letter goes over the same connection, to its own recipient.
#[tokio::test]
async fn a_refused_recipient_in_a_group() {
    for data in ["503 5.5.1 no recipients", "354 go on"] {
        let server = SmtpDouble::with(PIPELINING);
        server.once(Verb::Rcpt, Act::Say("550 5.1.1 no such user"));
        server.once(Verb::Data, Act::Say(data));
        if data.starts_with("354") {
            server.once(Verb::Dot, Act::Say("554 5.5.1 no valid recipients"));
        }
        let mut worker = worker(settings(&server), timeouts());
        let sent = send(&mut worker).await;
        assert!(is_refused_mailbox(&sent), "{data}: {sent:?}");
        assert!(server.letters().is_empty());
        assert_eq!(send(&mut worker).await, accepted());
        let letters = server.wait_for(1, Duration::from_secs(20));
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].bytes, LETTER);
        assert_eq!(server.connections(), 1, "{data}: it was given up");
        assert!(server.heard().contains(&"RSET".to_owned()));
    }
}

/// A server that takes the lone dot for an empty letter has no recipient for it; ours is refused all the same.
#[tokio::test]
async fn a_lone_dot_that_is_taken() {
    let server = SmtpDouble::with(PIPELINING);
    server.once(Verb::Rcpt, Act::Say("550 5.1.1 no such user"));
    let mut worker = worker(settings(&server), timeouts());
    assert!(is_refused_mailbox(&send(&mut worker).await));
    let letters = server.letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].bytes.is_empty(), "our text went to nobody");
    assert_eq!(send(&mut worker).await, accepted());
    assert_eq!(server.letters()[1].bytes, LETTER);
}

/// The sender is refused, the recipient taken, and a text awaited: a dot would send an empty letter.
#[tokio::test]
async fn a_refused_sender_with_an_accepted_recipient() {
    let server = SmtpDouble::with(PIPELINING);
    server.once(
        Verb::Mail,
        Act::Say("553 mail from must equal authorized user"),
    );
    let mut worker = worker(settings(&server), timeouts());
    let sent = send(&mut worker).await;
    assert!(
        matches!(&sent, Sent::Paused { text } if text.contains("user")),
        "{sent:?}"
    );
    assert_eq!(send(&mut worker).await, accepted());
    assert_eq!((server.letters().len(), server.connections()), (1, 2));
    assert!(!server.letters()[0].bytes.is_empty());
}

#[tokio::test]
async fn out_of_step_in_a_group_is_dropped() {
    for (verb, act) in [
        (Verb::Mail, Act::Say("354 go on")),
        (Verb::Rcpt, Act::Say("354 go on")),
        (Verb::Data, Act::Say("250 what?")),
        (Verb::Rcpt, Act::Drop),
        (Verb::Data, Act::Drop),
        (Verb::Rcpt, Act::SayAndDrop("421 4.3.2 shutting down")),
    ] {
        let server = SmtpDouble::with(PIPELINING);
        server.once(verb, act.clone());
        let mut worker = worker(settings(&server), timeouts());
        let sent = send(&mut worker).await;
        assert!(
            matches!(sent, Sent::Deferred { .. }),
            "{verb:?} {act:?}: {sent:?}"
        );
        assert!(server.letters().is_empty(), "{verb:?} {act:?}");
        assert_eq!(send(&mut worker).await, accepted(), "{verb:?} {act:?}");
        assert_eq!(server.letters()[0].bytes, LETTER);
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn stall_in_a_group_is_deferred() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data] {
        let server = SmtpDouble::with(PIPELINING);
        server.once(verb, Act::Stall);
        let patience = super::Timeouts {
            command: Duration::from_secs(1),
            ..timeouts()
        };
        let mut worker = worker(settings(&server), patience);
        let sent = send(&mut worker).await;
        assert!(matches!(sent, Sent::Deferred { .. }), "{verb:?}: {sent:?}");
        assert_eq!(send(&mut worker).await, accepted());
        assert_eq!(server.connections(), 2, "the stalled one is not used again");
    }
}

#[tokio::test]
async fn idle_connection_closed_before_a_group() {
    let server = SmtpDouble::with(PIPELINING);
    let mut worker = worker(settings(&server), timeouts());
    assert_eq!(send(&mut worker).await, accepted());
    server.hang_up();
    assert_eq!(send(&mut worker).await, accepted());
    server.once(Verb::Mail, Act::SayAndDrop("421 4.4.2 idle for too long"));
    assert_eq!(send(&mut worker).await, accepted());
    assert_eq!((server.connections(), server.letters().len()), (3, 3));
}

/// RFC 1870: what the server is too small for is not sent to it, and the officer is told both sizes.
#[tokio::test]
async fn larger_than_the_server_takes() {
    for offers in [&["SIZE 2048"] as &[&str], &["SIZE 2048", "PIPELINING"]] {
        let server = SmtpDouble::with(Manner {
            offers,
            implicit_tls: false,
        });
        let mut worker = worker(settings(&server), timeouts());
        let sent = send_with(&mut worker, &b"0123456789\r\n".repeat(500)).await;
        let Sent::Refused { text, recipient } = sent else {
            panic!("{sent:?}")
        };
        assert!(
            !recipient && text.contains("6 KB") && text.contains("2 KB"),
            "{text}"
        );
        assert_eq!(send(&mut worker).await, accepted());
        let heard = server.heard();
        let mails: Vec<_> = heard
            .iter()
            .filter(|line| line.starts_with("MAIL"))
            .collect();
        assert_eq!(
            mails,
            [&format!(
                "MAIL FROM:<bell@bureau.example> SIZE={}",
                LETTER.len() + 2
            )]
        );
        assert_eq!(server.connections(), 1);
    }
    // No limit, or none that can be read.
    for offers in [&["SIZE"] as &[&str], &["SIZE 0"], &["SIZE many"]] {
        let server = SmtpDouble::with(Manner {
            offers,
            implicit_tls: false,
        });
        assert_eq!(
            send(&mut worker(settings(&server), timeouts())).await,
            accepted()
        );
    }
}
