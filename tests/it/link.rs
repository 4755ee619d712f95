//! Link tokens and their keys.

mod forged;

use std::fs;

use jiff::civil::{Date, date};
use schoolbell::link::{Claim, KeyFileError, KeyTextError, LinkKeys, LinkRefused};

const OLD: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const NEW: &str = "k2:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA";
const TODAY: Date = date(2026, 5, 5);
const JUNE: Date = date(2026, 6, 1);

fn keys(text: &str) -> LinkKeys {
    LinkKeys::from_text(text).expect("the test's keys are keys")
}

#[test]
fn a_token_opens_what_it_was_signed_for_up_to_its_day() {
    let keys = keys(OLD);
    for letter in [0, 1, 255, 256, 1_000_000, u64::MAX] {
        let token = keys.sign(&Claim::Letter(letter), JUNE);
        assert!(token.len() <= 60, "{token}");
        assert_eq!(keys.letter(&token, TODAY), Ok(letter));
        assert_eq!(keys.letter(&token, JUNE), Ok(letter));
        assert_eq!(
            keys.letter(&token, date(2026, 6, 2)),
            Err(LinkRefused::Expired)
        );
        assert_eq!(keys.unit(&token, TODAY), Err(LinkRefused::OtherPurpose));
    }
    let board = keys.sign(&Claim::Unit("s017".into()), JUNE);
    assert_eq!(keys.unit(&board, TODAY), Ok("s017".into()));
    assert_eq!(keys.letter(&board, TODAY), Err(LinkRefused::OtherPurpose));
}

#[test]
fn a_token_stays_what_it_was_when_it_was_mailed() {
    // Letters in mailboxes hold this text: a change of the format must keep it good.
    let token = "EmsxCScBt9wqkP7B9FPUQTq71JPiOQ";
    assert_eq!(keys(OLD).sign(&Claim::Letter(1), JUNE), token);
}

#[test]
fn days_outside_the_tokens_range_count_as_its_ends() {
    let keys = keys(OLD);
    let never = keys.sign(&Claim::Letter(1), date(1999, 1, 1));
    assert_eq!(keys.letter(&never, TODAY), Err(LinkRefused::Expired));
    let ever = keys.sign(&Claim::Letter(1), date(9999, 12, 31));
    assert_eq!(keys.letter(&ever, date(2199, 1, 1)), Ok(1));
}

#[test]
fn every_other_spelling_is_refused() {
    let keys = keys(OLD);
    let token = keys.sign(&Claim::Letter(1), JUNE);
    for other in [
        String::new(),
        format!("{token}="),
        format!("{token}=="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}A"),
        token[..token.len() - 1].to_owned(),
        token.to_lowercase(),
        "A".repeat(10_000),
    ] {
        assert!(keys.letter(&other, TODAY).is_err(), "{other}");
    }
    // The last character carries bits that no byte takes; only one setting of them is good.
    let (body, last) = token.split_at(token.len() - 1);
    let spellings = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_']);
    let good = spellings.filter(|c| keys.letter(&format!("{body}{c}"), TODAY).is_ok());
    assert_eq!(good.collect::<String>(), last);
}

#[test]
fn the_newest_key_signs_and_all_verify() {
    let (old, new, both) = (
        keys(OLD),
        keys(NEW),
        keys(&format!("# 2026 年换\n{NEW}\n\n{OLD}\n")),
    );
    let before = old.sign(&Claim::Letter(7), JUNE);
    let after = both.sign(&Claim::Letter(7), JUNE);
    assert_eq!(both.letter(&before, TODAY), Ok(7));
    assert_eq!(both.letter(&after, TODAY), Ok(7));
    assert_eq!(after, new.sign(&Claim::Letter(7), JUNE));
    assert_eq!(new.letter(&before, TODAY), Err(LinkRefused::Forged));
    // Another secret under the same id is another key.
    let impostor = keys(&NEW.replace("k2", "k1"));
    assert_eq!(
        old.letter(&impostor.sign(&Claim::Letter(7), JUNE), TODAY),
        Err(LinkRefused::Forged)
    );
}

#[test]
fn keys_for_other_uses_differ_by_label_and_are_lasting() {
    let keys = keys(OLD);
    assert_eq!(
        keys.derive("message-id"),
        self::keys(OLD).derive("message-id")
    );
    assert_ne!(keys.derive("message-id"), keys.derive("sign-in"));
    assert_ne!(
        keys.derive("message-id"),
        self::keys(NEW).derive("message-id")
    );
}

#[test]
fn a_key_file_is_made_once_and_for_its_owner_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("link.key");
    let made = LinkKeys::load_or_create(&path).expect("a fresh key");
    let again = LinkKeys::load_or_create(&path).expect("the same key");
    let token = made.sign(&Claim::Letter(1), JUNE);
    assert_eq!(again.letter(&token, TODAY), Ok(1));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = fs::metadata(&path).expect("the file").permissions().mode();
        assert_eq!(permissions & 0o777, 0o600);
    }
    let text = fs::read_to_string(&path).expect("the file");
    let secret = text
        .lines()
        .last()
        .and_then(|line| line.split_once(':'))
        .expect("a key")
        .1;
    assert!(!format!("{made:?}").contains(secret));
}

#[test]
fn a_key_file_that_makes_no_sense_is_named_and_never_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("link.key");
    fs::write(&path, "").expect("written");
    let error = LinkKeys::load_or_create(&path).expect_err("no key in it");
    assert!(
        matches!(
            &error,
            KeyFileError::Text {
                source: KeyTextError::Empty,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("link.key"), "{error}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), "");
    let missing = folder.path().join("none").join("link.key");
    assert!(matches!(
        LinkKeys::load_or_create(&missing),
        Err(KeyFileError::File { .. })
    ));
    assert!(matches!(
        LinkKeys::load(&missing),
        Err(KeyFileError::File { .. })
    ));
}

#[test]
fn a_line_that_is_no_key_is_named() {
    let line = |text: &str| LinkKeys::from_text(text).expect_err("a fault");
    for wrong in [
        "k1",
        "k1:",
        "k1:c2hvcnQ=",
        ":MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "k1:***",
    ] {
        assert_eq!(
            line(&format!("# 注\n{wrong}")),
            KeyTextError::Line { line: 2 },
            "{wrong}"
        );
    }
    assert_eq!(
        line(&OLD.replace("k1", "K1")),
        KeyTextError::Line { line: 1 }
    );
    assert_eq!(
        line(&OLD.replace("k1", "k23456789")),
        KeyTextError::Line { line: 1 }
    );
    let id = "k1".to_owned();
    assert_eq!(
        line(&format!("{OLD}\n{OLD}")),
        KeyTextError::Repeated { line: 2, id }
    );
    assert_eq!(line("# 只有注\n"), KeyTextError::Empty);
}

/// What an older key made is known again while that key is in the file.
#[test]
fn every_key_in_force_derives_its_own() {
    let (old, both) = (keys(OLD), keys(&format!("{NEW}\n{OLD}")));
    let made = old.derive("letter-number");
    let known: Vec<_> = both.derive_each("letter-number").collect();
    assert_eq!(known, [both.derive("letter-number"), made]);
    assert_ne!(both.derive_each("form").last(), Some(made));
}
