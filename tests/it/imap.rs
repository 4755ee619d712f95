//! What the mailbox's server says, and what it leaves unsaid: only what it surely does not have is gone.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use schoolbell::mail::{Fetched, Imap, ImapFault, ImapSettings, Secret, Tls};

/// How a scripted server answers: to each command that contains the first of a pair, the second; `{tag}` is the command's.
/// Where a script ends in `HANGUP` it hangs up. What no pair knows is answered with OK.
type Script = &'static [(&'static str, &'static str)];

const SIGN_IN: Script = &[
    ("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
    (
        "SELECT",
        "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] fine\r\n{tag} OK [READ-WRITE] done\r\n",
    ),
];

/// A server that answers one client by its script.
fn server(script: Script) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        serve(client, script)
    });
    address
}

/// Up to the end, or until the client is gone.
fn serve(mut client: TcpStream, script: Script) -> Option<()> {
    let lines = BufReader::new(client.try_clone().ok()?).lines();
    client.write_all(b"* OK ready\r\n").ok()?;
    for line in lines {
        let line = line.ok()?;
        let tag = line.split(' ').next()?;
        let pairs = script.iter().chain(SIGN_IN);
        let found = pairs.clone().find(|(command, _)| line.contains(command));
        let answer = found.map_or("{tag} OK done\r\n", |(_, answer)| answer);
        let said = answer.replace("{tag}", tag);
        client
            .write_all(said.trim_end_matches("HANGUP").as_bytes())
            .ok()?;
        if said.ends_with("HANGUP") {
            return Some(());
        }
    }
    None
}

async fn open(script: Script) -> Result<schoolbell::mail::Session, ImapFault> {
    let address = server(script);
    let settings = ImapSettings {
        host: "127.0.0.1".to_owned(),
        port: address.port(),
        tls: Tls::None,
        user: "bell".to_owned(),
        mailbox: "INBOX".to_owned(),
        ca_file: None,
    };
    Imap::new(settings, Secret::new("secret"))
        .unwrap()
        .open()
        .await
}

async fn fetch(script: Script) -> Result<Option<Fetched>, ImapFault> {
    open(script).await.unwrap().fetch(5).await
}

async fn search(script: Script) -> Result<Vec<u32>, ImapFault> {
    open(script).await.unwrap().after(Some(4), "").await
}

#[tokio::test]
async fn a_mail_comes_whole() {
    let script: Script = &[(
        "UID FETCH 5 ",
        "* 2 FETCH (UID 4 FLAGS (\\Seen))\r\n* 3 FETCH (UID 5 RFC822.SIZE 4 BODY[]<0> {4}\r\nmail)\r\n{tag} OK done\r\n",
    )];
    let mail = fetch(script).await.unwrap().expect("it is there");
    assert_eq!(mail.bytes, b"mail");
    assert!(mail.is_whole);
}

/// Gone is only what a server has nothing of and says OK.
#[tokio::test]
async fn a_mail_is_gone_only_where_the_server_says_so() {
    let gone: Script = &[("UID FETCH", "{tag} OK done\r\n")];
    assert!(fetch(gone).await.unwrap().is_none());
    let others: Script = &[(
        "UID FETCH",
        "* 2 FETCH (UID 4 FLAGS (\\Seen))\r\n* 9 EXISTS\r\n{tag} OK done\r\n",
    )];
    assert!(fetch(others).await.unwrap().is_none());
    for (amiss, said) in [
        (
            &[("UID FETCH", "{tag} NO [UNAVAILABLE] try later\r\n")] as Script,
            "try later",
        ),
        (&[("UID FETCH", "{tag} BAD what\r\n")], "what"),
        (&[("UID FETCH", "HANGUP")], "connection lost"),
        (
            &[("UID FETCH", "* BYE going down\r\nHANGUP")],
            "connection lost",
        ),
        (
            &[(
                "UID FETCH",
                "* 3 FETCH (UID 5 RFC822.SIZE 4 BODY[]<0> {4}\r\nmaHANGUP",
            )],
            "",
        ),
        // What came whole is not taken either where the server goes on to say that something went wrong.
        (
            &[(
                "UID FETCH",
                "* 3 FETCH (UID 5 RFC822.SIZE 4 BODY[]<0> {4}\r\nmail)\r\n{tag} NO some messages could not be fetched\r\n",
            )],
            "could not be fetched",
        ),
        (
            &[(
                "UID FETCH",
                "* 3 FETCH (UID 5 BODY[]<0> NIL)\r\n{tag} OK done\r\n",
            )],
            "没有给出",
        ),
    ] {
        match fetch(amiss).await {
            Err(fault) => {
                assert!(fault.text.contains(said), "{amiss:?}: {fault}");
                assert!(!fault.lasts, "{amiss:?}: {fault}");
            }
            Ok(found) => panic!("{amiss:?}: taken for {:?}", found.map(|mail| mail.bytes)),
        }
    }
}

#[tokio::test]
async fn a_search_that_fails_is_not_one_that_finds_nothing() {
    let found: Script = &[("UID SEARCH", "* SEARCH 9 4 6\r\n{tag} OK done\r\n")];
    assert_eq!(search(found).await.unwrap(), [6, 9]);
    let nothing: Script = &[("UID SEARCH", "* SEARCH\r\n{tag} OK done\r\n")];
    assert_eq!(search(nothing).await.unwrap(), [0; 0]);
    for amiss in [
        &[("UID SEARCH", "{tag} NO try later\r\n")] as Script,
        &[("UID SEARCH", "* SEARCH 6\r\n{tag} NO only some\r\n")],
        &[("UID SEARCH", "{tag} BAD what\r\n")],
        &[("UID SEARCH", "* SEARCH 6\r\nHANGUP")],
    ] {
        let found = search(amiss).await;
        assert!(found.is_err(), "{amiss:?}: {found:?}");
    }
}

/// A provider turns away for a while whoever comes too often: that alone is no reason to call for a person.
#[tokio::test]
async fn a_login_refused_once_may_pass() {
    let script: Script = &[("LOGIN", "{tag} NO too many simultaneous connections\r\n")];
    let Err(fault) = open(script).await else {
        panic!("signed in");
    };
    assert!(fault.text.contains("不让登录"), "{fault}");
    assert!(!fault.lasts, "{fault}");
}
