//! Mail that programs write. What is taken for it is never answered, so that two programs can't write to each other for
//! ever (RFC 3834).

use mail_parser::{Message, MimeHeaders};

use crate::core::names::Address;
use crate::core::scan::plain;

/// Whoever writes from these is no person.
const NOBODY: [&str; 7] = [
    "mailer-daemon",
    "postmaster",
    "no-reply",
    "noreply",
    "no_reply",
    "donotreply",
    "do-not-reply",
];

/// How mail programs begin the subject of an automatic answer; those of QQ, 163 and Exchange carry no other mark.
const SUBJECTS: [&str; 9] = [
    "自动回复",
    "自动答复",
    "自動回覆",
    "休假自动",
    "automatic reply",
    "auto reply",
    "autoreply",
    "auto-reply",
    "out of office",
];

/// Why a mail is automatic, if it is.
pub(super) fn why(
    message: &Message<'_>,
    from: Option<&Address>,
    own: &Address,
) -> Option<&'static str> {
    if from == Some(own) {
        return Some("本系统自己的信");
    }
    for (name, value) in message.headers_raw() {
        let name = name.to_ascii_lowercase();
        let value = value.trim().to_ascii_lowercase();
        let first = value.split([';', ' ']).next().unwrap_or_default();
        match name.as_str() {
            "auto-submitted" if first != "no" => return Some("自动发出的信"),
            "precedence" if ["bulk", "junk", "list", "auto_reply"].contains(&first) => {
                return Some("群发的信");
            }
            "list-id" | "list-unsubscribe" => return Some("邮件列表"),
            "return-path" if value == "<>" => return Some("没有回信地址的信"),
            _ if name.starts_with("x-auto") || name == "x-mail-autoreply" => {
                return Some("自动发出的信");
            }
            _ => {}
        }
    }
    let report = message
        .content_type()
        .and_then(|kind| kind.attribute("report-type"));
    if report.is_some_and(|kind| kind.eq_ignore_ascii_case("disposition-notification")) {
        return Some("已读回执");
    }
    let subject = plain(message.subject().unwrap_or_default());
    if SUBJECTS.iter().any(|words| subject.starts_with(words)) {
        return Some("自动回复");
    }
    let local = from?.as_str().split('@').next().unwrap_or_default();
    NOBODY
        .iter()
        .any(|name| local.starts_with(name))
        .then_some("系统邮件")
}
