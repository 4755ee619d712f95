//! The way to the relay: its name, its patience with our connections, and ours with it.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use std::{future, io};

use schoolbell::core::fact::LetterNo;
use schoolbell::core::names::Address;
use schoolbell::mail::carriers::{Ended, Load};
use schoolbell::mail::{Carriers, Envelope, Sent, Smtp, SmtpSettings, Timeouts, Transport};

use super::{LETTER, Timestamp, send, settings, timeouts, worker};
use crate::smtp_double::{Act, SmtpDouble, Verb};

type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

fn looking_up(
    settings: SmtpSettings,
    timeouts: Timeouts,
    lookup: impl Fn() -> Looking + Send + Sync + 'static,
) -> Transport {
    let smtp = Smtp::new(settings, timeouts).unwrap();
    let lookup = Arc::new(move |_, _| lookup());
    Transport::Smtp(Box::new(smtp.looking_up(lookup)))
}

/// The relay's name is unknown, its resolver fails or says nothing, or it has no address: nobody's mailbox is at fault, so
/// the queue is kept, and the officer is told where to look.
#[tokio::test]
async fn its_name_is_not_to_be_found() {
    let server = SmtpDouble::start();
    let patience = Timeouts {
        connect: Duration::from_millis(100),
        ..timeouts()
    };
    let nowhere = |why: &'static str| {
        looking_up(settings(&server), patience, move || {
            Box::pin(future::ready(Err(io::Error::other(why))))
        })
    };
    for (mut worker, says) in [
        (nowhere("Name or service not known"), "DNS"),
        (nowhere("Temporary failure in name resolution"), "DNS"),
        (
            looking_up(settings(&server), patience, || Box::pin(future::pending())),
            "0.1 秒没有答复",
        ),
        (
            looking_up(settings(&server), patience, || {
                Box::pin(future::ready(Ok(Vec::new())))
            }),
            "连接",
        ),
    ] {
        let sent = send(&mut worker).await;
        let Sent::Deferred { text, relay, .. } = sent else {
            panic!("{sent:?}")
        };
        assert!(
            relay && text.contains(says) && text.contains("host"),
            "{text}"
        );
    }
    assert_eq!(server.connections(), 0);
    // One of two addresses is dead.
    let dead = SocketAddr::from(([127, 0, 0, 1], 1));
    let alive = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let mut worker = looking_up(settings(&server), timeouts(), move || {
        Box::pin(future::ready(Ok(vec![dead, alive])))
    });
    assert!(matches!(send(&mut worker).await, Sent::Accepted(_)));
}

/// RFC 5321, 4.5.3.2.6: the word that a letter was taken may come after nine minutes. What each command may take does not
/// end that wait.
#[tokio::test]
async fn the_word_after_the_dot_is_waited_for() {
    assert_eq!(Timeouts::default().final_reply, Duration::from_mins(10));
    let server = SmtpDouble::start();
    server.once(Verb::Dot, Act::TakeLate);
    let patience = Timeouts {
        command: Duration::from_millis(500),
        final_reply: Duration::from_mins(10),
        ..timeouts()
    };
    let mut worker = worker(settings(&server), patience);
    let mut sending = pin!(send(&mut worker));
    let several = patience.command * 4;
    let early = tokio::time::timeout(several, &mut sending).await;
    assert!(early.is_err(), "it did not wait: {early:?}");
    server.go_on();
    assert!(matches!(sending.await, Sent::Accepted(_)));
}

fn carriers(server: &SmtpDouble, ways: usize) -> Carriers {
    let first = Smtp::new(settings(server), timeouts()).unwrap();
    let ways = (0..ways).map(|_| Transport::Smtp(Box::new(first.beside())));
    Carriers::start(ways.collect()).unwrap()
}

fn load(letter: LetterNo) -> Load {
    Load {
        letter,
        slot: Timestamp::UNIX_EPOCH,
        envelope: Envelope {
            from: Address::from("bell@bureau.example"),
            to: Address::from("wang@school.example"),
        },
        bytes: LETTER.to_vec(),
    }
}

/// Letter after letter goes over one connection; the others are opened only when there is more to carry at once.
#[tokio::test]
async fn no_more_connections_than_are_needed() {
    let server = SmtpDouble::start();
    let mut carriers = carriers(&server, 4);
    for letter in 1..=5 {
        assert_eq!(carriers.free(), 4);
        carriers.carry(load(letter));
        assert_eq!(carriers.under_way(), 1);
        let ended = carriers.next().await;
        assert_eq!(ended.letter, letter);
        assert!(matches!(ended.sent, Ok(Sent::Accepted(_))), "{ended:?}");
    }
    assert_eq!(server.connections(), 1);
    for letter in 6..=9 {
        carriers.carry(load(letter));
    }
    for _ in 6..=9 {
        carriers.next().await;
    }
    assert!((2..=4).contains(&server.connections()));
    carriers.close().await;
    let quits = server.heard().iter().filter(|line| *line == "QUIT").count();
    assert_eq!(quits, server.connections());
}

/// A server that has enough of our connections gets fewer; one that takes none at all is left alone for a while.
#[tokio::test]
async fn one_connection_too_many() {
    let server = SmtpDouble::start();
    let mut carriers = carriers(&server, 3);
    server.once(Verb::Greeting, Act::Say("220 double.example"));
    server.always(
        Verb::Greeting,
        Act::SayAndDrop("421 4.7.0 too many connections"),
    );
    carriers.carry(load(1));
    carriers.carry(load(2));
    let ends = [carriers.next().await, carriers.next().await];
    let crowded = |ended: &Ended| matches!(ended.sent, Ok(Sent::Crowded { .. }));
    assert_eq!(
        ends.iter().filter(|ended| crowded(ended)).count(),
        1,
        "{ends:?}"
    );
    assert_eq!((carriers.len(), carriers.free()), (2, 2));
    // The open one is the last that came back, and serves on.
    let open = ends.iter().position(|ended| !crowded(ended)).unwrap();
    if open == 1 {
        carriers.carry(load(3));
        assert!(matches!(carriers.next().await.sent, Ok(Sent::Accepted(_))));
    }
    server.hang_up();
    carriers.carry(load(4));
    carriers.carry(load(5));
    let last = [carriers.next().await, carriers.next().await];
    let rests = |ended: &Ended| {
        matches!(
            ended.sent,
            Ok(Sent::Deferred {
                relay: true,
                retry_hint: Some(_),
                ..
            })
        )
    };
    assert!(last.iter().any(rests), "{last:?}");
    assert_eq!(carriers.len(), 1, "one stays");
}
