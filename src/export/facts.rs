//! A fact in an officer's words: what happened, and all that the ledger has of it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::core::bulletin::{Reach, Span};
use crate::core::fact::{
    Answer, Attached, Event, HoldReason, LetterKind, MailSort, Outcome, Part, Via,
};
use crate::core::ladder::Rung;
use crate::core::period::PeriodKey;
use crate::core::state::LetterStatus;

/// The fields of facts, as they are said.
const FIELDS: [(&str, &str); 55] = [
    ("about", "问的是信件"),
    ("address", "邮箱"),
    ("after_outage", "在中断之后"),
    ("alert", "警报"),
    ("answer", "回执"),
    ("browser", "浏览器摘要"),
    ("bulletin", "通报"),
    ("by", "谁"),
    ("by_s", "秒数"),
    ("bytes", "字节数"),
    ("content", "内容"),
    ("corrects", "更正先前的完成"),
    ("day", "应发日"),
    ("digest", "文件摘要"),
    ("due", "截止"),
    ("duty", "职责编号"),
    ("folds", "并入的信件"),
    ("from", "来自"),
    ("granted", "批复"),
    ("heard", "已计入的事项数"),
    ("installation", "安装编号"),
    ("job", "例行工作"),
    ("kept", "附件"),
    ("kind", "种类"),
    ("letter", "信件编号"),
    ("letters", "信件数"),
    ("mail", "来信编号"),
    ("matter", "事项编号"),
    ("message_id", "Message-ID"),
    ("name", "名称"),
    ("note", "说明"),
    ("notices", "通知数"),
    ("nth", "第几次"),
    ("numbered", "信里的职责依次为"),
    ("outcome", "结果"),
    ("part", "对收信人"),
    ("preface", "按语"),
    ("pseudonym", "代称"),
    ("reach", "发给"),
    ("reasons", "原因"),
    ("request", "申请"),
    ("retry_at", "再发时间"),
    ("rung", "阶"),
    ("session", "登录摘要"),
    ("slot", "时点"),
    ("sort", "来信种类"),
    ("task", "任务编号"),
    ("text", "文字"),
    ("title", "名称"),
    ("uid", "信箱里的序号"),
    ("uid_validity", "信箱编号"),
    ("unit", "单位编号"),
    ("until", "到"),
    ("version", "版本"),
    ("via", "途径"),
];

/// What happened.
pub(super) fn name(what: &Event) -> &'static str {
    match what {
        Event::BellHung { .. } => "启用服务",
        Event::TaskSeen { .. } => "任务列入行事历",
        Event::UnitSeen { .. } => "单位列入花名册",
        Event::CalendarVersion { .. } => "行事历和花名册生效",
        Event::SlotPassed { .. } => "时点已处理",
        Event::LetterQueued { .. } => "信件待发",
        Event::Notice { .. } => "通知",
        Event::Matter { .. } => "告知管理员",
        Event::Attempt { .. } => "开始发信",
        Event::Outcome { .. } => "发信结果",
        Event::Bounced { .. } => "退信",
        Event::MailReceived { .. } => "收到来信",
        Event::MailSeen { .. } => "来信已看",
        Event::MailboxRead { .. } => "信箱读到",
        Event::MailboxTrouble { text } if text.is_empty() => "信箱恢复",
        Event::MailboxTrouble { .. } => "信箱读不了",
        Event::Unreachable { .. } => "邮箱收不到信",
        Event::Reachable { .. } => "邮箱恢复",
        Event::Answer { .. } => "回执",
        Event::Evidence { .. } => "交材料",
        Event::Decision { .. } => "批复",
        Event::Waiver { .. } => "免做",
        Event::Return { .. } => "退回",
        Event::Raised { alert: true, .. } => "紧急发起",
        Event::Raised { .. } => "发起",
        Event::BulletinApproved { .. } => "批准通报",
        Event::BulletinPutAside { .. } => "搁置通报",
        Event::BulletinSent { .. } => "通报写进信里",
        Event::Held { .. } => "暂停发信",
        Event::Released { .. } => "放行",
        Event::SignInAsked { .. } => "要登录链接",
        Event::SignedIn { .. } => "登录",
        Event::SignedOut { .. } => "退出登录",
        Event::ClockJumped { .. } => "时钟跳变",
        Event::Restored { .. } => "从备份恢复",
        Event::Forgotten { .. } => "删去个人信息",
        Event::JobRun { .. } => "例行工作",
    }
}

/// How an answer came in.
pub(super) fn way(via: Via) -> &'static str {
    match via {
        Via::Page => "信里的网页",
        Via::Clerk => "局里代记",
        Via::Mail => "回信",
    }
}

/// What sort of letter it is.
pub(super) fn letter_kind(kind: LetterKind) -> &'static str {
    match kind {
        LetterKind::Slot => "提醒",
        LetterKind::Alert => "告警",
    }
}

/// Its fields, one after another: `阶：布置；截止：2026-03-11`.
pub(super) fn details(fields: &Map<String, Value>, zone: &TimeZone) -> String {
    let said = fields.iter().map(|(key, value)| {
        let label = FIELDS.iter().find(|(field, _)| field == key);
        let label = label.map_or(key.as_str(), |(_, label)| label);
        let value = special(key, value, zone).unwrap_or_else(|| plain(value));
        format!("{label}：{value}")
    });
    said.collect::<Vec<_>>().join("；")
}

/// What has words of its own.
fn special(key: &str, value: &Value, zone: &TimeZone) -> Option<String> {
    Some(match key {
        "answer" | "request" => read::<Answer>(value)?.name().to_owned(),
        "bulletin" => Span::of(read::<PeriodKey>(value)?)?.name(),
        "content" => format!("{} {}", value["title"].as_str()?, value["number"].as_str()?),
        "granted" => (if value.as_bool()? {
            "同意"
        } else {
            "不同意"
        })
        .to_owned(),
        "job" => match value.as_str()? {
            "backup" => "备份",
            "prune" => "清理旧信的原文",
            "probe" => "试写磁盘",
            _ => return None,
        }
        .to_owned(),
        "kept" => {
            let names = read::<Vec<Attached>>(value)?.into_iter();
            names.map(|file| file.name).collect::<Vec<_>>().join("、")
        }
        "kind" => letter_kind(read(value)?).to_owned(),
        "outcome" => LetterStatus::Ended(read::<Outcome>(value)?)
            .name()
            .to_owned(),
        "part" => match read::<Part>(value)? {
            Part::Act => "要办的人",
            Part::Below => "告知已上报",
            Part::Above => "上报",
            Part::Rollup => "汇总上报",
        }
        .to_owned(),
        "reach" => {
            let reach = read::<Reach>(value)?;
            let found = Reach::ALL.into_iter().find(|(other, ..)| *other == reach);
            found?.2.to_owned()
        }
        "reasons" => {
            let reasons = read::<Vec<HoldReason>>(value)?.into_iter();
            let words = reasons.map(|reason| reason.in_words().zh);
            words.collect::<Vec<_>>().join("；")
        }
        "rung" => read::<Rung>(value)?.chinese(),
        "retry_at" | "slot" | "until" => {
            let at: Timestamp = value.as_str()?.parse().ok()?;
            let local = at.to_zoned_datetime(zone.clone());
            local.strftime("%Y-%m-%d %H:%M").to_string()
        }
        "sort" => match read::<MailSort>(value)? {
            MailSort::Reply => "看懂了的回信",
            MailSort::Bounce => "退信",
            MailSort::Automatic => "自动回复",
            MailSort::Unclear => "要人看的",
        }
        .to_owned(),
        "via" => way(read(value)?).to_owned(),
        _ => return None,
    })
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

/// Anything else: its texts and numbers in a row.
fn plain(value: &Value) -> String {
    let in_a_row = |values: &mut dyn Iterator<Item = &Value>, between: &str| {
        values.map(plain).collect::<Vec<_>>().join(between)
    };
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => (if *yes { "是" } else { "否" }).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => in_a_row(&mut values.iter(), "、"),
        Value::Object(fields) => in_a_row(&mut fields.values(), "："),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::FIELDS;

    /// Each field that a fact may have has its word, and each word its field.
    #[test]
    fn every_field_has_its_word() {
        let source = include_str!("../core/fact.rs");
        let (_, rest) = source.split_once("pub enum Event {").unwrap();
        let (events, _) = rest.split_once("\n}\n").unwrap();
        // Doc comments and attributes have no name before their colon.
        let named = events.lines().filter_map(|line| {
            let (name, _) = line.strip_prefix("        ")?.split_once(": ")?;
            let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            is_name.then_some(name)
        });
        let named: BTreeSet<&str> = named.collect();
        let said: BTreeSet<&str> = FIELDS.iter().map(|(field, _)| *field).collect();
        assert_eq!(said, named);
    }
}
