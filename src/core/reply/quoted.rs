//! A mail's own words: without the letter it quotes, and without what mail programs add.

use crate::core::scan;

/// What mail programs write above the letter they quote, between dashes or not.
const ABOVE_A_LETTER: [&str; 17] = [
    "原始邮件",
    "原邮件",
    "回复的原邮件",
    "回复的原始邮件",
    "转发的原邮件",
    "转发的原始邮件",
    "转发邮件信息",
    "转发的邮件",
    "邮件原件",
    "来信原文",
    "原始信息",
    "original message",
    "original",
    "replied message",
    "forwarded message",
    "begin forwarded message:",
    "original email",
];

/// What mail programs write below.
const BELOW: [&str; 12] = [
    "发自我的",
    "发送自",
    "来自我的",
    "从我的iphone发送",
    "从 windows 版邮件",
    "获取 outlook for",
    "sent from my",
    "sent from mail for",
    "sent from outlook",
    "get outlook for",
    "本邮件由",
    "此邮件由",
];

/// Headers of a quoted letter, one of which begins it.
const FIRST_HEADERS: [&str; 6] = [
    "发件人:",
    "寄件者:",
    "from:",
    "发送时间:",
    "de:",
    "发件人 :",
];
const FURTHER_HEADERS: [&str; 12] = [
    "发送时间:",
    "发送日期:",
    "日期:",
    "时间:",
    "收件人:",
    "抄送:",
    "主题:",
    "sent:",
    "date:",
    "to:",
    "cc:",
    "subject:",
];

/// A line of underscores or dashes at least so long divides, as Outlook writes it.
const RULER: usize = 20;

/// A line that says when a letter was written has a year in it.
const YEAR_DIGITS: usize = 4;

/// A line `On Sunday … wrote:` may be folded into so many.
const FOLDED: usize = 3;

/// The text without quoted letters, the signature below `-- ` and what programs add to advertise themselves.
pub fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let plain: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while let (Some(line), Some(words)) = (lines.get(at), plain.get(at)) {
        if words.starts_with('>') {
            at += 1;
            continue;
        }
        if let Some(length) = attribution(&plain[at..]) {
            let below = plain[at + length..].iter().find(|line| !line.is_empty());
            // Marked line by line, the quoted letter ends by itself, and an answer may stand below it.
            if below.is_some_and(|line| line.starts_with('>')) {
                at += length;
                continue;
            }
            break;
        }
        if begins_a_letter(&plain[at..]) || line.trim_end() == "--" {
            break;
        }
        if !BELOW.iter().any(|begins| words.starts_with(begins)) {
            kept.push(line);
        }
        at += 1;
    }
    kept.join("\n").trim().to_owned()
}

fn plain(line: &str) -> String {
    // QQ writes it out into its plain text.
    scan::plain(&line.replace("&nbsp;", " "))
}

/// The number of lines that `在 2026-05-10,某某 写道:` or `On … wrote:` takes, if these begin with it.
fn attribution(lines: &[String]) -> Option<usize> {
    let first = lines.first()?;
    // With the year, so that `1 已完成` above such a line is not taken for a part of it.
    let begins = first.chars().filter(char::is_ascii_digit).count() >= YEAR_DIGITS
        && (first.starts_with("on ")
            || first.starts_with(['在', '于'])
            || first.starts_with(|c: char| c.is_ascii_digit()));
    let mut whole = String::new();
    for (nth, line) in lines.iter().take(FOLDED).enumerate() {
        whole.push_str(line);
        let ends = ["写道:", "写道：", "wrote:", "撰写:"]
            .iter()
            .any(|words| whole.ends_with(words));
        // Of one line the end is enough: `某某 <a@b.cn> 于2026年5月10日周日 08:00写道:`.
        if ends && (nth == 0 || begins) && whole.chars().any(|c| c.is_ascii_digit()) {
            return Some(nth + 1);
        }
        if !begins || line.is_empty() {
            return None;
        }
    }
    None
}

fn begins_a_letter(lines: &[String]) -> bool {
    let Some(line) = lines.first() else {
        return false;
    };
    let is_rule = |c: char| matches!(c, '-' | '_' | '=' | '*' | '—' | '─' | '·');
    let inner = line.trim_matches(|c: char| is_rule(c) || c.is_whitespace());
    if inner.is_empty() {
        return line.chars().filter(|c| *c == '_').count() >= RULER;
    }
    if inner.len() < line.len() && ABOVE_A_LETTER.contains(&inner)
        || ABOVE_A_LETTER.iter().take(9).any(|words| inner == *words)
    {
        return true;
    }
    let begins = |line: &str, headers: &[&str]| {
        let line = line.trim_start_matches('*').replace("*:", ":");
        headers.iter().any(|header| line.starts_with(header))
    };
    begins(line, &FIRST_HEADERS)
        && lines
            .iter()
            .skip(1)
            .take(4)
            .any(|line| begins(line, &FURTHER_HEADERS))
}
