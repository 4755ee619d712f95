//! Letters that came back: reports after RFC 3464, and the plain words of QQ, 163, Exmail and Postfix.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::nesting::is_bounded;
use super::{Clues, Sort, text_of};
use crate::core::names::Address;
use crate::mail::number::Numbered;
use crate::mail::phrase::{one_line, shorten};
use crate::mail::smtp::is_mailbox_at_fault;

/// A letter that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The mailboxes it names.
    pub addresses: Vec<Address>,
    /// Whether the mailbox is at fault (5.1.x, 5.2.1): only then may a contact be marked.
    pub mailbox: bool,
    /// What the server said.
    pub text: String,
}

/// As much of a server's words is kept.
const LONGEST_SAID: usize = 300;

/// More mailboxes than these no report on a letter to one of them has.
const MOST_ADDRESSES: usize = 16;

/// Whoever sends bounces.
const SENDERS: [&str; 3] = ["mailer-daemon", "postmaster", "mailerdaemon"];

/// The subjects of bounces in plain words.
const SUBJECTS: [&str; 13] = [
    "退信",
    "系统退信",
    "邮件退回",
    "投递失败",
    "无法投递",
    "未送达",
    "发送失败",
    "undeliver",
    "delivery status notification",
    "delivery failure",
    "mail delivery failed",
    "returned mail",
    "failure notice",
];

/// How Chinese servers say that a mailbox is not there.
const NO_SUCH_MAILBOX: [&str; 12] = [
    "用户不存在",
    "邮箱不存在",
    "帐号不存在",
    "账号不存在",
    "帐户不存在",
    "账户不存在",
    "收件人不存在",
    "地址不存在",
    "收件人邮件地址不存在",
    "没有这个用户",
    "无此用户",
    "邮箱已停用",
];

/// A delay is none: the letter is still on its way.
const DELAYED: [&str; 5] = [
    "delayed",
    "warning: message",
    "延迟",
    "暂未送达",
    "仍在尝试",
];

/// The bounce that a mail is, if it is one; what it says of the letter goes to `clues`.
pub(super) fn read(message: &Message<'_>, own: &Address, clues: &mut Clues) -> Option<Sort> {
    let status = parts(message)
        .find(|part| part.is_content_type("message", "delivery-status"))
        .map(|part| String::from_utf8_lossy(part.contents()).into_owned());
    if status.is_none() && !is_plain_bounce(message) {
        return None;
    }
    let text = text_of(message);
    let subject = message.subject().unwrap_or_default();
    for original in parts(message) {
        if let PartType::Message(original) = &original.body {
            look_at(original, clues);
        } else if original.is_content_type("text", "rfc822-headers")
            && is_bounded(original.contents())
            && let Some(original) = MessageParser::default().parse(original.contents())
            && !original.parts.is_empty()
        {
            look_at(&original, clues);
        }
    }
    let sort = match status {
        Some(status) => reported(&status),
        None if is_delay(subject) => None,
        None => Some(said(&text, subject, own)),
    };
    // Some put the letter's headers, or all of it, into their own words.
    clues.add_ids(&text);
    clues.add_numbers(Numbered::of_subject(&text));
    Some(sort.map_or(Sort::Automatic("投递情况通知"), Sort::Bounce))
}

fn parts<'a, 'x>(message: &'a Message<'x>) -> impl Iterator<Item = &'a MessagePart<'x>> {
    message.parts.iter()
}

/// What the letter that came back says of itself.
fn look_at(original: &Message<'_>, clues: &mut Clues) {
    if let Some(id) = original.message_id() {
        clues.add_ids(&format!("<{id}>"));
    }
    clues.add_numbers(Numbered::of_subject(original.subject().unwrap_or_default()));
}

/// A report's failed mailboxes; `None` if it tells of a delay, or of success.
fn reported(status: &str) -> Option<Bounce> {
    let mut bounce = Bounce {
        addresses: Vec::new(),
        mailbox: false,
        text: String::new(),
    };
    let mut failed = false;
    for fields in blocks(status) {
        let value = |name: &str| {
            fields
                .iter()
                .find(|(field, _)| field == name)
                .map(|(_, value)| value.as_str())
        };
        if value("action").is_none_or(|action| !action.eq_ignore_ascii_case("failed")) {
            continue;
        }
        failed = true;
        // `rfc822; wang@hs.example`
        let typed =
            |name| value(name).map(|text| text.split_once(';').map_or(text, |(_, rest)| rest));
        for name in ["original-recipient", "final-recipient"] {
            if let Some(address) = typed(name)
                && bounce.addresses.len() < MOST_ADDRESSES
            {
                bounce.addresses.extend(addresses(address));
            }
        }
        let diagnostic = typed("diagnostic-code").unwrap_or_default().trim();
        let code = value("status").unwrap_or_default().trim();
        bounce.mailbox |= blames_mailbox(code) || blames_mailbox(diagnostic);
        if bounce.text.is_empty() {
            let words = if diagnostic.is_empty() {
                code
            } else {
                diagnostic
            };
            bounce.text = shorten(&one_line(words), LONGEST_SAID);
        }
    }
    bounce.addresses.dedup();
    failed.then_some(bounce)
}

/// The fields of each block of a report, names in lower case, lines unfolded.
fn blocks(status: &str) -> Vec<Vec<(String, String)>> {
    let mut blocks: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in status.lines() {
        if line.trim().is_empty() {
            blocks.push(Vec::new());
            continue;
        }
        let Some(block) = blocks.last_mut() else {
            continue;
        };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            block.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    blocks
}

fn is_plain_bounce(message: &Message<'_>) -> bool {
    let from = message
        .from()
        .and_then(|from| from.first())
        .and_then(|from| from.address())
        .unwrap_or_default()
        .to_lowercase();
    let nobody = SENDERS.iter().any(|name| from.starts_with(name))
        || message
            .headers_raw()
            .any(|(name, value)| name.eq_ignore_ascii_case("return-path") && value.trim() == "<>");
    let subject = message.subject().unwrap_or_default().to_lowercase();
    nobody && SUBJECTS.iter().any(|words| subject.contains(words))
}

/// A bounce in plain words.
fn said(text: &str, subject: &str, own: &Address) -> Bounce {
    let mut found: Vec<Address> = Vec::new();
    let is_id = |line: &&str| line.trim_start().to_lowercase().starts_with("message-id");
    let told = text.lines().filter(|line| !is_id(line));
    for address in told.flat_map(addresses) {
        let local = address.as_str().split('@').next().unwrap_or_default();
        let is_its_own = SENDERS.iter().any(|name| local.starts_with(name));
        if address != *own
            && !is_its_own
            && !found.contains(&address)
            && found.len() < MOST_ADDRESSES
        {
            found.push(address);
        }
    }
    // The line that blames, or else the first that has a code.
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let blaming = lines().find(|line| blames_mailbox(line));
    let coded = || lines().find(|line| code_in(line).is_some());
    let words = blaming.or_else(coded).unwrap_or(subject);
    Bounce {
        addresses: found,
        mailbox: blaming.is_some(),
        text: shorten(&one_line(words), LONGEST_SAID),
    }
}

/// Whether a server's words blame the mailbox, and neither us nor what we wrote.
fn blames_mailbox(words: &str) -> bool {
    let squeezed: String = words.chars().filter(|c| !c.is_whitespace()).collect();
    if NO_SUCH_MAILBOX
        .iter()
        .any(|phrase| squeezed.contains(phrase))
    {
        return true;
    }
    // `550 5.1.1 …`, `5.1.1`, `… said: 550 User not found`.
    match code_in(words) {
        Some((code, rest)) => is_mailbox_at_fault(code, rest),
        None => words.starts_with('5') && is_mailbox_at_fault(550, words),
    }
}

/// A reply code of three digits that refuses, and what follows it.
fn code_in(words: &str) -> Option<(u16, &str)> {
    let mut before = None;
    for (at, _) in words.char_indices() {
        let starts = before.is_none_or(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        before = words[at..].chars().next();
        let Some(digits) = words.get(at..at + 3).filter(|_| starts) else {
            continue;
        };
        let rest = &words[at + 3..];
        let ends = rest.is_empty() || rest.starts_with([' ', '-', '#']);
        if digits.starts_with('5') && digits.bytes().all(|b| b.is_ascii_digit()) && ends {
            let rest = rest.trim_start_matches([' ', '-', '#']);
            return Some((digits.parse().ok()?, rest));
        }
    }
    None
}

/// The mail addresses in a text.
fn addresses(text: &str) -> Vec<Address> {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_' | '+' | '=' | '%');
    text.split(|c: char| !is_part(c))
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|word| {
            word.split_once('@').is_some_and(|(local, host)| {
                !local.is_empty() && host.contains('.') && !host.contains('@')
            })
        })
        .take(MOST_ADDRESSES * 4)
        .map(|word| Address::from(word.to_lowercase()))
        .collect()
}

/// Whether plain words tell only of a delay.
fn is_delay(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    DELAYED.iter().any(|words| subject.contains(words))
}
