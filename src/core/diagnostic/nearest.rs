//! What may have been meant: the nearest of the allowed words, and the words people say for them.

use std::fmt::Display;

use super::Words;
use crate::core::scan;

/// What people write for a word of the files, in Chinese or in other English, by the word meant. Where the word is
/// allowed, it is suggested.
const SAID: &[(&str, &[&str])] = &[
    ("id", &["编号", "任务编号"]),
    ("title", &["标题", "名称", "任务名称", "name"]),
    ("name", &["名称", "名字", "title"]),
    ("detail", &["说明", "要求", "内容", "description"]),
    ("every", &["周期", "频率", "period", "repeat"]),
    ("times", &["次数"]),
    (
        "due",
        &[
            "截止",
            "截止日期",
            "期限",
            "完成时间",
            "日期",
            "时间",
            "deadline",
            "date",
        ],
    ),
    ("date", &["日期"]),
    ("due_time", &["截止时间", "时刻"]),
    (
        "audience",
        &["对象", "适用对象", "适用单位", "单位", "范围"],
    ),
    ("evidence", &["材料", "佐证", "佐证材料", "台账"]),
    ("after", &["前置", "前一步", "之后"]),
    ("source", &["出处"]),
    ("origin", &["来源"]),
    ("authority", &["依据", "依据文件"]),
    ("opens", &["开始", "提前"]),
    ("remind", &["提醒", "reminders"]),
    ("escalate", &["上报", "升级"]),
    ("nag", &["催办"]),
    ("to", &["收件人", "岗位", "责任人"]),
    ("task", &["任务"]),
    ("month", &["月份", "月", "每月", "monthly"]),
    ("theme", &["主题"]),
    ("focus", &["重点"]),
    ("tags", &["标签"]),
    ("ladder", &["阶梯"]),
    ("adjust", &["调整"]),
    ("term", &["学期", "每学期", "semester"]),
    ("break", &["假期", "寒暑假"]),
    ("holiday", &["节日", "节假日", "每个节日"]),
    ("start", &["开始", "开始日期", "begin", "from"]),
    ("end", &["结束", "结束日期", "to", "until"]),
    ("off", &["放假", "休息"]),
    ("work", &["上班", "调休", "补班"]),
    ("why", &["原因", "说明"]),
    ("notice", &["文号", "通知"]),
    ("year", &["每年", "yearly", "annual"]),
    ("quarter", &["每季", "每季度", "季度", "quarterly"]),
    ("week", &["每周", "weekly"]),
    ("safety", &["安全主任", "安全干部", "平安主任"]),
    ("deputy", &["分管副校长", "副校长", "分管领导"]),
    ("principal", &["校长", "园长", "headmaster"]),
    ("office", &["办公室"]),
    ("primary", &["小学"]),
    ("junior", &["初中"]),
    ("senior", &["高中"]),
    ("kindergarten", &["幼儿园"]),
    ("school", &["学校", "全体学校", "all"]),
    ("town", &["镇", "镇街", "街道"]),
    ("spring", &["春季", "春季学期"]),
    ("autumn", &["秋季", "秋季学期", "fall"]),
    ("winter-break", &["寒假"]),
    ("summer-break", &["暑假"]),
    ("spring-break", &["春假"]),
    ("autumn-break", &["秋假"]),
    ("new-year", &["元旦"]),
    ("spring-festival", &["春节"]),
    ("qingming", &["清明", "清明节"]),
    ("labour-day", &["五一", "劳动节", "labor-day"]),
    ("dragon-boat", &["端午", "端午节"]),
    ("mid-autumn", &["中秋", "中秋节"]),
    ("national-day", &["国庆", "国庆节"]),
    ("conditional", &["有条件", "视情况"]),
    ("zh-CN", &["zh", "cn", "中文", "chinese"]),
    ("en", &["english", "英文"]),
    ("单位名称", &["学校", "学校名称", "单位"]),
    ("类型", &["单位类型", "学段", "性质"]),
    ("上级", &["上级单位", "主管单位"]),
    ("岗位", &["职务", "职位", "角色"]),
    ("姓名", &["联系人", "名字"]),
    ("邮箱", &["电子邮箱", "邮件", "e-mail", "mail"]),
    ("电话", &["手机", "手机号", "联系电话"]),
    ("user", &["username", "账号", "用户名"]),
    ("from", &["sender", "发件人"]),
    ("host", &["server", "服务器"]),
    ("implicit", &["ssl", "tls"]),
];

/// The nearest of the allowed words, if any is near enough to be what was meant.
pub fn nearest<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain_found = plain(found);
    let mut best: Option<((usize, bool), &str)> = None;
    for word in allowed {
        if is_said_for(&plain_found, word) {
            return Some(word);
        }
        let Some(distance) = distance(&plain_found, &plain(word)) else {
            continue;
        };
        let elsewhere = plain_found.chars().next() != plain(word).chars().next();
        if best.is_none_or(|(rank, _)| (distance, elsewhere) < rank) {
            best = Some(((distance, elsewhere), word));
        }
    }
    best.map(|(_, word)| word)
}

/// How many slips of the pen lie between two words, if so few that one may be meant for the other.
fn distance(found: &str, word: &str) -> Option<usize> {
    let lengths = (found.chars().count(), word.chars().count());
    let shorter = lengths.0.min(lengths.1);
    let most = 1 + shorter / 4;
    // 小学校 is 小学, 校长室 is 校长.
    let begins_alike = found.starts_with(word) || word.starts_with(found);
    if begins_alike && shorter >= 2 && !word.is_ascii() && lengths.0.abs_diff(lengths.1) <= 2 {
        return Some(1);
    }
    if lengths.0.abs_diff(lengths.1) > most {
        return None;
    }
    let distance = strsim::damerau_levenshtein(found, word);
    // Of a word of two characters one is half: 中学 is not nearly 小学.
    (distance == 0 || (distance <= most && distance * 2 < shorter)).then_some(distance)
}

fn is_said_for(found: &str, word: &str) -> bool {
    SAID.iter()
        .any(|(meant, said)| *meant == word && said.contains(&found))
}

/// A word as it is compared: small letters of ordinary width, joined by hyphens.
fn plain(word: &str) -> String {
    scan::plain(word).replace(['_', ' '], "-")
}

/// `你是不是想写 principal?`, where something is near.
pub fn did_you_mean<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<Words> {
    nearest(found, allowed).map(perhaps)
}

/// `你是不是想写 principal?`, of what was found otherwise.
pub fn perhaps(meant: impl Display) -> Words {
    Words::new(
        format!("你是不是想写 {meant}?"),
        format!("did you mean {meant}?"),
    )
}

/// The allowed words in a row, each with what it means, for a message in Chinese; an English one needs no meanings.
pub fn one_of_meaning<'a>(allowed: impl IntoIterator<Item = (&'a str, &'a str)>) -> Words {
    let all: Vec<_> = allowed.into_iter().collect();
    let meaning: Vec<_> = all
        .iter()
        .map(|(word, meaning)| format!("{word}({meaning})"))
        .collect();
    Words {
        zh: format!("可以写:{}", meaning.join("、")),
        en: one_of(all.into_iter().map(|(word, _)| word)).en,
    }
}

/// The allowed words in a row, for a message.
pub fn one_of<'a>(allowed: impl IntoIterator<Item = &'a str>) -> Words {
    let all: Vec<_> = allowed.into_iter().collect();
    Words::new(
        format!("可以写:{}", all.join("、")),
        format!("allowed: {}", all.join(", ")),
    )
}
