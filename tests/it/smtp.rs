//! What becomes of a letter, whatever the mail server does.

mod pipelining;
mod relay;

use std::io::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use schoolbell::core::names::Address;
use schoolbell::mail::{
    Envelope, Pace, Rate, Secret, Sent, Smtp, SmtpSettings, Timeouts, Tls, Transport, Unusable,
    Wait, retry_after,
};

use super::smtp_double::{Act, Manner, ROOT_PEM, SmtpDouble, Verb};

const LETTER: &[u8] = b"Subject: test\r\n\r\n.one dot\r\n..two\r\nend\r\n";

fn settings(server: &SmtpDouble) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".to_owned(),
        port: server.port(),
        tls: Tls::None,
        user: None,
        password: None,
        ca_file: None,
    }
}

/// Long enough for a slow machine; tests that wait for one to fire set it themselves.
fn timeouts() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(20),
        command: Duration::from_secs(20),
        final_reply: Duration::from_secs(20),
    }
}

fn worker(settings: SmtpSettings, timeouts: Timeouts) -> Transport {
    Transport::Smtp(Box::new(Smtp::new(settings, timeouts).unwrap()))
}

async fn send_with(worker: &mut Transport, bytes: &[u8]) -> Sent {
    let envelope = Envelope {
        from: Address::from("bell@bureau.example"),
        to: Address::from("wang@school.example"),
    };
    worker
        .send(&envelope, 1, Timestamp::UNIX_EPOCH, bytes)
        .await
}

async fn send(worker: &mut Transport) -> Sent {
    send_with(worker, LETTER).await
}

/// What one letter meets, and that the next one is delivered all the same.
async fn check(verb: Verb, act: Act, expected: Expect) {
    let server = SmtpDouble::start();
    server.once(verb, act);
    let mut worker = worker(settings(&server), timeouts());
    expected.assert_eq(&format!("{:?}", send(&mut worker).await));
    assert!(server.letters().is_empty());
    assert_eq!(
        send(&mut worker).await,
        Sent::Accepted("250 2.0.0 taken".to_owned())
    );
    let letters = server.wait_for(1, Duration::from_secs(20));
    assert_eq!(letters[0].bytes, LETTER);
}

#[tokio::test]
async fn accepted() {
    let server = SmtpDouble::start();
    let mut worker = worker(settings(&server), timeouts());
    for _ in 0..2 {
        assert_eq!(
            send(&mut worker).await,
            Sent::Accepted("250 2.0.0 taken".to_owned())
        );
    }
    let letters = server.wait_for(2, Duration::from_secs(20));
    assert_eq!(letters[0].bytes, LETTER);
    assert_eq!(letters[0].from, "bell@bureau.example");
    assert_eq!(letters[0].to, "wang@school.example");
    assert_eq!(server.connections(), 1, "one connection serves both");
}

#[tokio::test]
async fn a_refused_recipient_leaves_the_connection_in_use() {
    let server = SmtpDouble::start();
    server.always(Verb::Rcpt, Act::Say("550 5.1.1 no such user"));
    let mut worker = worker(settings(&server), timeouts());
    for _ in 0..3 {
        let sent = send(&mut worker).await;
        assert!(
            matches!(
                sent,
                Sent::Refused {
                    recipient: true,
                    ..
                }
            ),
            "{sent:?}"
        );
    }
    assert_eq!(server.connections(), 1);
    worker.close().await;
    assert_eq!(server.heard().last().unwrap(), "QUIT");
}

/// What comes after a command of ours in its turn is no word on the letter.
#[tokio::test]
async fn a_server_that_has_lost_count() {
    check(
        Verb::Rcpt,
        Act::Say("503 5.5.1 Error: need MAIL command"),
        expect![[r#"Deferred { text: "收件人:服务器答复 503 5.5.1 Error: need MAIL command。这不是邮箱写错,而是被服务器拦下,请与邮件服务商联系,把发件地址加入白名单", retry_hint: None, relay: false }"#]],
    )
    .await;
}

#[tokio::test]
async fn deferred() {
    check(
        Verb::Rcpt,
        Act::Say("450 4.7.1 Greylisted, come again"),
        expect![[r#"Deferred { text: "收件人:服务器答复 450 4.7.1 Greylisted, come again。对方服务器要求过几分钟再发一次,会自动再发", retry_hint: Some(6m), relay: false }"#]],
    )
    .await;
    check(Verb::Rcpt, Act::Say("450 4.2.1 try later"), expect![[r#"Deferred { text: "收件人:服务器答复 450 4.2.1 try later", retry_hint: None, relay: false }"#]]).await;
    check(Verb::Rcpt, Act::Say("451 MI:DMC slower"), expect![[r#"Deferred { text: "收件人:服务器答复 451 MI:DMC slower。服务器要求放慢,稍后自动再发;若常见,请调小 [mail.rate]", retry_hint: Some(15m), relay: true }"#]]).await;
    check(
        Verb::Mail,
        Act::Say("550 Domain frequency limited"),
        expect![[r#"Deferred { text: "发件人:服务器答复 550 Domain frequency limited。服务器要求放慢,稍后自动再发;若常见,请调小 [mail.rate]", retry_hint: Some(15m), relay: true }"#]],
    )
    .await;
    check(Verb::Dot, Act::Say("452 4.3.1 disk full"), expect![[r#"Deferred { text: "服务器收信:服务器答复 452 4.3.1 disk full", retry_hint: None, relay: false }"#]]).await;
    check(Verb::Data, Act::Drop, expect![[r#"Deferred { text: "准备传信:连接中断(服务器断开了连接)", retry_hint: None, relay: false }"#]]).await;
    check(
        Verb::Greeting,
        Act::SayAndDrop("421 busy"),
        expect![[
            r#"Deferred { text: "服务器应答:服务器答复 421 busy", retry_hint: None, relay: true }"#
        ]],
    )
    .await;
}

#[tokio::test]
async fn refused() {
    check(Verb::Rcpt, Act::Say("550 5.1.1 no such user"), expect![[r#"Refused { text: "收件人:服务器答复 550 5.1.1 no such user。请核对通讯录里的这个邮箱", recipient: true }"#]]).await;
    check(Verb::Rcpt, Act::Say("552 5.2.2 mailbox full"), expect![[r#"Refused { text: "收件人:服务器答复 552 5.2.2 mailbox full。对方邮箱已满,请用电话告知本人清理", recipient: false }"#]]).await;
    check(Verb::Rcpt, Act::Say("550 Mailbox not found"), expect![[r#"Refused { text: "收件人:服务器答复 550 Mailbox not found。请核对通讯录里的这个邮箱", recipient: true }"#]]).await;
    check(Verb::Rcpt, Act::Say("554 5.7.1 policy"), expect![[r#"Refused { text: "收件人:服务器答复 554 5.7.1 policy。这不是邮箱写错,而是被服务器拦下,请与邮件服务商联系,把发件地址加入白名单", recipient: false }"#]]).await;
    check(Verb::Dot, Act::Say("554 DT:SPM junk"), expect![[r#"Refused { text: "服务器收信:服务器答复 554 DT:SPM junk。这不是邮箱写错,而是被服务器拦下,请与邮件服务商联系,把发件地址加入白名单", recipient: false }"#]]).await;
    check(Verb::Mail, Act::Say("552 5.3.4 too large"), expect![[r#"Refused { text: "发件人:服务器答复 552 5.3.4 too large。信太大了,请减少一封信里的内容", recipient: false }"#]]).await;
}

#[tokio::test]
async fn paused() {
    check(
        Verb::Mail,
        Act::Say("553 Mail from must equal authorized user"),
        expect![[r#"Paused { text: "发件人:服务器答复 553 Mail from must equal authorized user。请核对 [mail] 的 from:多数邮箱要求它与登录的账号(user)相同;若开了 verp,请关掉" }"#]],
    )
    .await;
    // QQ says it to the recipient, Exmail and Exchange after the letter; a sender that is not the account's is never
    // the reader's fault.
    for (verb, words) in [
        (
            Verb::Mail,
            "501 mail from address must be same as authorization user",
        ),
        (
            Verb::Rcpt,
            "501 Mail from address must be same as authorization user",
        ),
        (
            Verb::Rcpt,
            "553 5.7.1 sender address rejected: not owned by user bell",
        ),
        (
            Verb::Dot,
            "550 5.7.60 client does not have permissions to send as this sender",
        ),
    ] {
        let server = SmtpDouble::start();
        server.once(verb, Act::Say(words));
        let sent = send(&mut worker(settings(&server), timeouts())).await;
        assert!(
            matches!(&sent, Sent::Paused { text } if text.contains("账号(user)相同")),
            "{words}: {sent:?}"
        );
    }
    check(
        Verb::Rcpt,
        Act::Say("554 5.7.1 Relay access denied"),
        expect![[r#"Paused { text: "收件人:服务器答复 554 5.7.1 Relay access denied。服务器不替本机转发:请写上 [mail.smtp] 的 user 和密码,或请它的管理员允许本机转发" }"#]],
    )
    .await;
    check(Verb::Greeting, Act::Say("554 no service"), expect![[r#"Paused { text: "服务器应答:服务器答复 554 no service。服务器不接受本机的连接,请与邮件服务商联系" }"#]]).await;
}

#[tokio::test]
async fn unknown() {
    check(Verb::Dot, Act::Drop, expect![[r#"Unknown("服务器收信:连接中断(服务器断开了连接)。信可能已经送达,将以同样的编号再发一次")"#]]).await;
    check(Verb::Dot, Act::Say("354 go on"), expect![[r#"Unknown("服务器收信:服务器答非所问(354 go on),已断开。信可能已经送达,将以同样的编号再发一次")"#]]).await;
}

#[tokio::test]
async fn out_of_step_is_dropped() {
    check(Verb::Mail, Act::Say("354 go on"), expect![[r#"Deferred { text: "发件人:服务器答非所问(354 go on),已断开", retry_hint: None, relay: true }"#]]).await;
    check(Verb::Data, Act::Say("250 what?"), expect![[r#"Deferred { text: "准备传信:服务器答非所问(250 what?),已断开", retry_hint: None, relay: false }"#]]).await;
}

#[tokio::test]
async fn stall_after_the_dot_is_unknown() {
    let server = SmtpDouble::start();
    server.once(Verb::Dot, Act::Stall);
    let patience = Timeouts {
        final_reply: Duration::from_secs(1),
        ..timeouts()
    };
    let mut worker = worker(settings(&server), patience);
    expect![[r#"Unknown("服务器收信:等了 1 秒没有答复。信可能已经送达,将以同样的编号再发一次")"#]]
        .assert_eq(&format!("{:?}", send(&mut worker).await));
    assert!(matches!(send(&mut worker).await, Sent::Accepted(_)));
    assert_eq!(server.connections(), 2, "the stalled one is not used again");
}

#[tokio::test]
async fn stall_before_the_dot_is_deferred() {
    let server = SmtpDouble::start();
    server.once(Verb::Body, Act::Stall);
    let patience = Timeouts {
        final_reply: Duration::from_millis(200),
        ..timeouts()
    };
    let mut worker = worker(settings(&server), patience);
    // More than the sockets between us take without being read.
    let large = b"0123456789abcdef\r\n".repeat(2_000_000);
    expect![[r#"Deferred { text: "传信:等了 0.2 秒没有答复", retry_hint: None, relay: false }"#]]
        .assert_eq(&format!("{:?}", send_with(&mut worker, &large).await));
}

#[tokio::test]
async fn stall_at_a_command_is_deferred() {
    for verb in [
        Verb::Greeting,
        Verb::Ehlo,
        Verb::Mail,
        Verb::Rcpt,
        Verb::Data,
    ] {
        let server = SmtpDouble::start();
        server.once(verb, Act::Stall);
        let patience = Timeouts {
            command: Duration::from_millis(100),
            ..timeouts()
        };
        let sent = send(&mut worker(settings(&server), patience)).await;
        assert!(matches!(sent, Sent::Deferred { .. }), "{verb:?}: {sent:?}");
    }
}

#[tokio::test]
async fn idle_connection_closed_by_the_server() {
    let server = SmtpDouble::start();
    let mut worker = worker(settings(&server), timeouts());
    send(&mut worker).await;
    server.hang_up();
    assert!(matches!(send(&mut worker).await, Sent::Accepted(_)));
    assert_eq!((server.connections(), server.letters().len()), (2, 2));
    // Or with a word of farewell.
    server.once(Verb::Mail, Act::SayAndDrop("421 idle for too long"));
    assert!(matches!(send(&mut worker).await, Sent::Accepted(_)));
    assert_eq!((server.connections(), server.letters().len()), (3, 3));
}

#[tokio::test]
async fn nobody_listens() {
    let server = SmtpDouble::start();
    let settings = settings(&server);
    drop(server);
    let sent = send(&mut worker(settings, timeouts())).await;
    let Sent::Deferred { text, relay, .. } = sent else {
        panic!("{sent:?}")
    };
    assert!(relay && text.contains("host 和 port"), "{text}");
}

#[tokio::test]
async fn no_line_of_a_letter_can_end_it() {
    let server = SmtpDouble::start();
    let smuggled: &[u8] = b"Subject: x\r\n\r\nhi\n.\nMAIL FROM:<evil@example.com>\r.\r\n.\r\nbye";
    let sent = send_with(&mut worker(settings(&server), timeouts()), smuggled).await;
    assert!(matches!(sent, Sent::Accepted(_)));
    let letters = server.wait_for(1, Duration::from_secs(20));
    assert_eq!(
        String::from_utf8(letters[0].bytes.clone()).unwrap(),
        "Subject: x\r\n\r\nhi\r\n.\r\nMAIL FROM:<evil@example.com>.\r\n.\r\nbye\r\n"
    );
}

#[tokio::test]
async fn addresses_that_cannot_be_sent() {
    let server = SmtpDouble::start();
    let mut worker = worker(settings(&server), timeouts());
    for to in [
        "a@b.example>\r\nRCPT TO:<c@d.example",
        "王@学校.example",
        "nobody",
    ] {
        let envelope = Envelope {
            from: Address::from("bell@bureau.example"),
            to: Address::from(to),
        };
        let sent = worker
            .send(&envelope, 1, Timestamp::UNIX_EPOCH, LETTER)
            .await;
        assert!(
            matches!(
                sent,
                Sent::Refused {
                    recipient: true,
                    ..
                }
            ),
            "{sent:?}"
        );
    }
    assert_eq!(server.connections(), 0);
}

fn account(server: &SmtpDouble, tls: Tls) -> (SmtpSettings, tempfile::NamedTempFile) {
    let mut roots = tempfile::NamedTempFile::new().unwrap();
    roots.write_all(ROOT_PEM.as_bytes()).unwrap();
    let settings = SmtpSettings {
        tls,
        user: Some("bell".to_owned()),
        password: Some(Secret::new("open sesame\n")),
        ca_file: Some(roots.path().to_owned()),
        ..settings(server)
    };
    (settings, roots)
}

const STARTTLS: Manner = Manner {
    offers: &["STARTTLS", "AUTH PLAIN LOGIN"],
    implicit_tls: false,
};
const IMPLICIT: Manner = Manner {
    offers: &["AUTH LOGIN"],
    implicit_tls: true,
};

#[tokio::test]
async fn encrypted_and_signed_in() {
    for (manner, tls) in [(STARTTLS, Tls::StartTls), (IMPLICIT, Tls::Implicit)] {
        let server = SmtpDouble::with(manner);
        let (settings, _roots) = account(&server, tls);
        let mut worker = worker(settings, timeouts());
        for _ in 0..2 {
            let sent = send(&mut worker).await;
            assert!(matches!(sent, Sent::Accepted(_)), "{sent:?}");
        }
        assert_eq!(server.letters()[1].bytes, LETTER);
        assert_eq!(server.connections(), 1);
        let heard = server.heard();
        assert_eq!(
            heard.iter().filter(|line| line.starts_with("AUTH")).count(),
            1,
            "{heard:?}"
        );
    }
}

#[tokio::test]
async fn never_in_clear() {
    let offers = Manner {
        offers: &["AUTH PLAIN LOGIN"],
        implicit_tls: false,
    };
    let server = SmtpDouble::with(offers);
    let (settings, _roots) = account(&server, Tls::StartTls);
    expect![[r#"Paused { text: "加密:服务器不提供 STARTTLS。信没有发出,也不会改用明文。请改用 tls = \"implicit\"(多为 465 端口),或请邮件服务商开通" }"#]].assert_eq(&format!(
        "{:?}",
        send(&mut worker(settings, timeouts())).await
    ));
    let heard = server.heard();
    assert!(
        heard.len() == 1 && heard[0].starts_with("EHLO "),
        "{heard:?}"
    );
}

#[tokio::test]
async fn words_put_in_before_encryption_are_not_believed() {
    let server = SmtpDouble::with(STARTTLS);
    server.once(
        Verb::StartTls,
        Act::Say("220 go\r\n250-evil\r\n250 AUTH PLAIN"),
    );
    let (settings, _roots) = account(&server, Tls::StartTls);
    let sent = send(&mut worker(settings, timeouts())).await;
    assert!(!matches!(sent, Sent::Accepted(_)), "{sent:?}");
    assert_eq!(server.heard().last().unwrap(), "STARTTLS");
}

#[tokio::test]
async fn certificate_of_another_name_or_root() {
    let server = SmtpDouble::with(IMPLICIT);
    let (settings, _roots) = account(&server, Tls::Implicit);
    let other_name = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        ..settings
    };
    let sent = send(&mut worker(other_name, timeouts())).await;
    assert!(
        matches!(&sent, Sent::Paused { text } if text.contains("证书")),
        "{sent:?}"
    );
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn password_refused() {
    let server = SmtpDouble::with(STARTTLS);
    server.once(Verb::Auth, Act::Say("535 Error: authentication failed"));
    let (settings, _roots) = account(&server, Tls::StartTls);
    expect![[r#"Paused { text: "登录:服务器答复 535 Error: authentication failed。请核对 [mail.smtp] 的 user 和密码;163、QQ 邮箱要用授权码,并先在网页邮箱里开通 SMTP" }"#]].assert_eq(&format!(
        "{:?}",
        send(&mut worker(settings, timeouts())).await
    ));
    assert!(!server.heard().iter().any(|line| line.starts_with("MAIL")));
}

#[test]
fn settings_that_cannot_work() {
    let server = SmtpDouble::start();
    let refused = |settings| Smtp::new(settings, timeouts()).err().unwrap();
    let abroad = SmtpSettings {
        host: "mail.example".to_owned(),
        ..settings(&server)
    };
    assert!(matches!(refused(abroad), Unusable::ClearText(_)));
    let nameless = SmtpSettings {
        user: Some("bell".to_owned()),
        ..settings(&server)
    };
    assert!(matches!(refused(nameless), Unusable::NoPassword));
    let (settings, roots) = account(&server, Tls::Implicit);
    assert!(!format!("{settings:?}").contains("sesame"));
    std::fs::write(roots.path(), "no certificate").unwrap();
    assert!(matches!(refused(settings), Unusable::BadRoots { .. }));
}

#[tokio::test]
async fn probe_tells_each_step() {
    let server = SmtpDouble::with(STARTTLS);
    let (settings, _roots) = account(&server, Tls::StartTls);
    let port = settings.port.to_string();
    let mut worker = worker(settings, timeouts());
    let envelope = Envelope {
        from: Address::from("bell@bureau.example"),
        to: Address::from("wang@school.example"),
    };
    let mut probe = async || {
        let probe = worker.probe(&envelope, Timestamp::UNIX_EPOCH, LETTER).await;
        probe.to_string().replace(&port, "25")
    };
    expect![[r#"
        ✓ 连接:localhost:25
        ✓ 服务器应答
        ✓ 加密:STARTTLS
        ✓ 登录:bell
        ✓ 发件人:bell@bureau.example
        ✓ 收件人:wang@school.example
        ✓ 准备传信
        ✓ 传信
        ✓ 服务器收信:250 2.0.0 taken
    "#]]
    .assert_eq(&probe().await);
    server.once(Verb::Rcpt, Act::Say("550 5.1.1 no such user"));
    expect![[r#"
        ✓ 连接:localhost:25
        ✓ 服务器应答
        ✓ 加密:STARTTLS
        ✓ 登录:bell
        ✓ 发件人:bell@bureau.example
        ✗ 收件人:服务器答复 550 5.1.1 no such user。请核对通讯录里的这个邮箱
    "#]]
    .assert_eq(&probe().await);
}

#[test]
fn back_off() {
    let wait = |nth| retry_after(nth, 123).as_secs();
    let waits: Vec<i64> = (1..=12).map(wait).collect();
    for (nth, wait) in (0..).zip(&waits) {
        let whole = (60 << nth).min(4 * 60 * 60);
        assert!((whole * 3 / 4..=whole).contains(wait), "{waits:?}");
    }
    assert_eq!(retry_after(3, 9), retry_after(3, 9));
    assert_ne!(retry_after(3, 9), retry_after(3, 10));
    assert!(retry_after(u32::MAX, 1) <= SignedDuration::from_hours(4));
    assert!(retry_after(0, 1) > SignedDuration::ZERO);
}

#[test]
fn pace() {
    let mut free = Pace::new(Rate::default());
    for _ in 0..1_000 {
        assert_eq!(free.take("a.example"), Ok(()));
    }
    // Half at once, the other half over the day: never more than 10 in any 24 hours.
    let mut slow = Pace::new(Rate {
        per_day: 10,
        ..Rate::default()
    });
    for _ in 0..5 {
        assert_eq!(slow.take("a.example"), Ok(()));
    }
    let wait = |taken| match taken {
        Err(Wait::All(wait)) => wait,
        other => panic!("{other:?}"),
    };
    let longest = wait(slow.take("a.example"));
    let refill = Duration::from_hours(24) / 5;
    assert!(longest <= refill && longest + Duration::from_mins(1) > refill);
    // A share that was not used is the next letter's.
    slow.leave();
    assert_eq!(slow.take("b.example"), Ok(()));
    assert!(slow.take("b.example").is_err());
}

/// What waits for the minute's share has had the day's: asking again and again uses up nothing.
#[test]
fn waiting_uses_up_no_share() {
    let mut pace = Pace::new(Rate {
        per_day: 100,
        per_minute: 2,
        ..Rate::default()
    });
    assert_eq!(pace.take("a.example"), Ok(()));
    for _ in 0..1_000 {
        let Err(Wait::All(wait)) = pace.take("a.example") else {
            panic!("it went");
        };
        assert!(
            wait <= Duration::from_mins(1),
            "{wait:?}: the day's share is gone"
        );
    }
}

#[test]
fn pace_by_domain() {
    let mut by_domain = Pace::new(Rate {
        per_domain_per_minute: 2,
        ..Rate::default()
    });
    assert_eq!(by_domain.take("a.example"), Ok(()));
    assert!(matches!(by_domain.take("A.example"), Err(Wait::Domain(_))));
    assert_eq!(by_domain.take("b.example"), Ok(()));
}
