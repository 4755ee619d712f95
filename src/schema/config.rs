//! `schoolbell.toml`.

use serde_json::json;

use super::form::{Form, boolean, integer, line, list, matching, optional, table, word};
use super::ladder::role;

/// The settings.
pub(super) fn settings() -> Form {
    table([
        optional(
            "calendar",
            line().default("../calendar"),
            "行事历文件夹。",
            "The calendar's folder.",
        ),
        optional(
            "roster",
            line().default("roster.csv"),
            "花名册。",
            "The roster's file.",
        ),
        optional(
            "state",
            line().default("../var"),
            "台账、存成文件的信、链接密钥放在哪个文件夹;由 systemd 启动时用它给的目录。",
            "The folder of the ledger, the spool and the link key; under systemd its state directory is used.",
        ),
        optional(
            "admins",
            list(role()).default(json!(["office@bureau"])),
            "行事历改错、联系人空缺、信件被拒收时通知谁。",
            "Who hears of bad edits, contact gaps and refused mail.",
        ),
        optional("web", web(), "页面。", "The pages."),
        optional("mail", mail(), "邮件。", "The mail."),
        optional("backup", backup(), "每天夜里备份台账。", "The ledger's backup, each night."),
    ])
    .meaning(
        "校钟的配置;路径相对于本文件,都可以不写。",
        "The settings; paths are relative to the file, and every key may be left out.",
    )
}

fn web() -> Form {
    table([
        optional(
            "listen",
            matching(r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+(%[0-9]+)?\]):[0-9]{1,5}$")
                .default("127.0.0.1:8080"),
            "页面在哪里提供。",
            "Where the pages are served.",
        ),
        optional(
            "base_url",
            matching(r"^https?://\S*[^\s/]\S*$").default("http://127.0.0.1:8080"),
            "信里链接的开头,要写学校打得开的地址。",
            "What links in letters begin with.",
        ),
        optional(
            "trusted_proxies",
            list(matching(r"^[0-9A-Fa-f.:]+$")).default(json!([])),
            "前面的代理服务器的 IP;写了,才信它转告的来访地址(X-Forwarded-For)。",
            "The proxies, by IP, whose word (X-Forwarded-For) is taken for where a visitor comes from.",
        ),
    ])
}

fn backup() -> Form {
    table([
        optional(
            "keep",
            integer(0, 10_000).default(14),
            "留最近几份;0 为不备份。",
            "How many are kept; 0: none are made.",
        ),
        optional(
            "folder",
            line().default("backup"),
            "放在哪个文件夹,在 state 之下;写绝对路径可以放到别的磁盘。",
            "Their folder, under state.",
        ),
    ])
}

fn mail() -> Form {
    table([
        optional(
            "from",
            matching("@").default("学校安全行事历 <schoolbell@bureau.example>"),
            "发件人。",
            "The sender.",
        ),
        optional(
            "verp",
            boolean().default(false),
            "退信带上信的编号:信封发件人写成 名+编号@域。邮件服务器须收得下这样的地址;163、QQ、企业邮箱不收。",
            "Put the letter's number into the envelope's sender (name+number@domain), for bounces. The server must take such addresses.",
        ),
        optional(
            "plus_reply_to",
            boolean().default(false),
            "回信带上信的编号:回复地址写成 名+编号@域。邮件服务器须收得下这样的地址。",
            "Put the letter's number into the address that replies go to. The server must take such addresses.",
        ),
        optional(
            "transport",
            word([("spool", "只存成文件,不外发"), ("smtp", "经邮件服务器发出")]).default("spool"),
            "信怎么发。",
            "How letters go out.",
        ),
        optional(
            "spool",
            line().default("spool"),
            "存成文件的信放在哪里,在 state 之下。",
            "The spool's folder, under state.",
        ),
        optional(
            "templates",
            line().default("templates"),
            "信的模板所在的文件夹。",
            "The folder of the letters' templates.",
        ),
        optional(
            "contact",
            matching(r"^[^\x00-\x1f\x7f-\x9f]*$")
                .default("")
                .examples(["市教育局安全科 0574-00000000"]),
            "有疑问找谁,写进每封信。",
            "Whom to call with questions, as every letter says it.",
        ),
        optional("smtp", smtp(), "邮件服务器。", "The mail server."),
        optional(
            "imap",
            imap(),
            "收回信和退信的邮箱;写了 user 才收。",
            "The mailbox that replies and bounces are read from, once it has a user.",
        ),
        optional(
            "rate",
            rate(),
            "发信快慢;0 为不限。",
            "How fast letters go out; 0 for no limit.",
        ),
    ])
}

fn smtp() -> Form {
    table([
        optional(
            "host",
            line().default("127.0.0.1"),
            "服务器。",
            "The server.",
        ),
        optional("port", integer(1, 65535).default(25), "端口。", "Its port."),
        optional(
            "tls",
            word([
                ("starttls", "先连上再加密,多为 25 或 587 端口"),
                ("implicit", "一连上就加密,多为 465 端口"),
                ("none", "不加密,只限本机"),
            ])
            .default("starttls"),
            "怎样加密。",
            "How the connection is encrypted; none only on this machine.",
        ),
        optional(
            "user",
            line(),
            "登录名;密码决不写在这个文件里。",
            "Who signs in; the password never stands in this file.",
        ),
        optional(
            "password_file",
            line(),
            "密码所在的文件;不写则用 systemd 凭据 smtp-password。",
            "The password's file; without it the credential smtp-password is used.",
        ),
        optional(
            "ca_file",
            line(),
            "邮件服务器用自签证书时,它的根证书。",
            "The root certificate of a server with its own.",
        ),
        optional(
            "connections",
            integer(1, 32).default(4),
            "同时最多保持几条连接;服务商嫌多会自动减少。",
            "How many connections are kept at most; fewer where the server has enough of them.",
        ),
        optional(
            "timeout_s",
            seconds().default(60),
            "每一步最多等几秒。",
            "How many seconds each step may take.",
        ),
        optional(
            "data_timeout_s",
            seconds().default(600),
            "信发完后最多等几秒(RFC 5321 要求至少10分钟)。",
            "How many seconds the answer to a whole letter may take (RFC 5321: at least ten minutes).",
        ),
    ])
}

fn imap() -> Form {
    table([
        optional(
            "host",
            line().default("127.0.0.1"),
            "收信服务器。",
            "The server.",
        ),
        optional(
            "port",
            integer(1, 65535).default(993),
            "端口。",
            "Its port.",
        ),
        optional(
            "tls",
            word([
                ("starttls", "先连上再加密,多为 143 端口"),
                ("implicit", "一连上就加密,多为 993 端口"),
                ("none", "不加密,只限本机"),
            ])
            .default("implicit"),
            "怎样加密。",
            "How the connection is encrypted; none only on this machine.",
        ),
        optional(
            "user",
            line(),
            "登录名,一般就是发件人的邮箱;不写就不收信。密码决不写在这个文件里。",
            "Who signs in; without it no mail is read. The password never stands in this file.",
        ),
        optional(
            "password_file",
            line(),
            "密码所在的文件;不写则用 systemd 凭据 imap-password。",
            "The password's file; without it the credential imap-password is used.",
        ),
        optional(
            "ca_file",
            line(),
            "收信服务器用自签证书时,它的根证书。",
            "The root certificate of a server with its own.",
        ),
        optional(
            "mailbox",
            line().default("INBOX"),
            "读哪个文件夹。",
            "Which of the mailboxes is read.",
        ),
        optional(
            "every_s",
            seconds().default(60),
            "隔几秒看一次。",
            "How many seconds lie between two looks.",
        ),
    ])
}

fn seconds() -> Form {
    integer(1, 86_400)
}

fn rate() -> Form {
    let limit =
        |name, default: u32, zh, en| optional(name, integer(0, 1_000_000).default(default), zh, en);
    table([
        limit("per_minute", 600, "每分钟最多几封。", "Letters a minute."),
        limit("per_hour", 0, "每小时最多几封。", "Letters an hour."),
        limit("per_day", 0, "每天最多几封。", "Letters a day."),
        limit(
            "per_domain_per_minute",
            0,
            "每分钟发往同一邮件域的最多几封。",
            "Letters a minute to one mail domain.",
        ),
    ])
}
