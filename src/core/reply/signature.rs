//! Signatures: what stands below an answer and only says who wrote it, and when.

use super::day;
use super::words::{take_name, take_polite, take_word};
use crate::core::scan::{Scan, half_width};

/// Longer lines are no signature.
const LONGEST_LINE: usize = 40;

/// Fewer digits are no telephone's: they may be the numbers of duties.
const FEWEST_DIGITS: usize = 7;

/// What a line of a signature may consist of beside names, numbers and dates. Longer words first where one begins
/// another.
const WORDS: [&str; 75] = [
    "联系电话",
    "办公电话",
    "联系方式",
    "联系人",
    "电话号码",
    "电话",
    "手机号",
    "手机",
    "传真",
    "电子邮箱",
    "邮箱",
    "微信号",
    "微信",
    "qq",
    "姓名",
    "职务",
    "部门",
    "单位",
    "学校",
    "幼儿园",
    "日期",
    "填报人",
    "报送人",
    "经办人",
    "负责人",
    "回复人",
    "分管领导",
    "副校长",
    "校长",
    "副园长",
    "园长",
    "副书记",
    "书记",
    "副主任",
    "主任",
    "副局长",
    "局长",
    "科长",
    "处长",
    "老师",
    "教师",
    "安全主任",
    "安全干部",
    "安全专干",
    "安全员",
    "安全工作领导小组",
    "安全办公室",
    "安全办",
    "安全科",
    "安全处",
    "校长办公室",
    "校长室",
    "校办公室",
    "校办",
    "办公室",
    "总务处",
    "总务",
    "政教处",
    "德育处",
    "教导处",
    "教务处",
    "保卫科",
    "保卫处",
    "安保处",
    "敬上",
    "谨上",
    "tel",
    "telephone",
    "phone",
    "mobile",
    "fax",
    "email",
    "principal",
    "safety officer",
    "mail",
];

/// What the line of an address begins with.
const ADDRESS: [&str; 2] = ["地址:", "address:"];

/// What an address has in it.
const STREETS: [&str; 9] = ["路", "街", "号", "村", "镇", "弄", "巷", "road", "street"];

/// A place in front of a name: `慈溪市浒山小学`.
const PLACES: [char; 5] = ['省', '市', '县', '区', '镇'];

/// Characters of a place in front of a name, its last among them.
const LONGEST_PLACE: usize = 4;

/// Whether a line only says who wrote, and when: names, titles, a number to call, a date. Where anything is left over it
/// says something else, whatever stands in front of it.
pub(super) fn is_one(line: &str, names: &[&str]) -> bool {
    let plain: String = line
        .trim()
        .chars()
        .map(|c| match half_width(c) {
            '、' => ',',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    if plain.chars().count() > LONGEST_LINE {
        return false;
    }
    if is_address(&plain) {
        return true;
    }
    let mut scan = Scan { rest: &plain };
    loop {
        scan.rest = scan.rest.trim_start_matches(is_between);
        if scan.is_done() {
            return true;
        }
        let taken = take_polite(&mut scan, names)
            || take_word(&mut scan, &WORDS)
            || take_call(&mut scan)
            || take_code(&mut scan)
            || day::take_written(&mut scan)
            || take_hour(&mut scan)
            || take_place(&mut scan, names);
        if !taken {
            return false;
        }
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | '.' | ':' | ';' | '-' | '—' | '/' | '|' | '(' | ')' | '·' | '*' | '"' | '“' | '”'
        )
}

/// One line with a street in it, and no sentence behind it.
fn is_address(line: &str) -> bool {
    ADDRESS.iter().any(|word| {
        line.strip_prefix(word).is_some_and(|rest| {
            STREETS.iter().any(|street| rest.contains(street))
                && !rest.contains(['。', ';', '!', '?', ',', '请'])
        })
    })
}

/// Takes a number to call, or an address to write to.
fn take_call(scan: &mut Scan<'_>) -> bool {
    let end = scan
        .rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | ' ' | '+' | '(' | ')' | '转')))
        .unwrap_or(scan.rest.len());
    let call = &scan.rest[..end];
    let digits = call.bytes().filter(u8::is_ascii_digit).count();
    let mut runs = call.split(|c: char| !c.is_ascii_digit());
    // `1 3 5 7 9 11 13` are duties.
    if digits >= FEWEST_DIGITS && runs.any(|run| run.len() > 3) {
        scan.rest = &scan.rest[end..];
        return true;
    }
    let end = scan
        .rest
        .find(|c: char| !c.is_ascii_graphic() || c == ',')
        .unwrap_or(scan.rest.len());
    let word = &scan.rest[..end];
    let is_mail = word.contains('@') && word.contains('.');
    if is_mail {
        scan.rest = &scan.rest[end..];
    }
    is_mail
}

/// Takes `邮编 315300`.
fn take_code(scan: &mut Scan<'_>) -> bool {
    let mut ahead = *scan;
    if !ahead.take(&["邮政编码", "邮编"]) {
        return false;
    }
    ahead.rest = ahead.rest.trim_start_matches([':', ' ']);
    scan.rest = ahead.rest.trim_start_matches(|c: char| c.is_ascii_digit());
    true
}

/// Takes `08:30`, `上午`, `星期四`.
fn take_hour(scan: &mut Scan<'_>) -> bool {
    let mut ahead = *scan;
    if ahead.take(&["上午", "下午", "星期", "周"]) {
        let day = ["一", "二", "三", "四", "五", "六", "日", "天"];
        let is_weekday = scan.rest.starts_with(['星', '周']);
        if !is_weekday || ahead.take(&day) {
            *scan = ahead;
            return true;
        }
        return false;
    }
    let is_hour = ahead.small().is_some_and(|hour| hour < 24)
        && ahead.take(&[":"])
        && ahead.small().is_some_and(|minute| minute < 60);
    if is_hour {
        *scan = ahead;
    }
    is_hour
}

fn take_place(scan: &mut Scan<'_>, names: &[&str]) -> bool {
    let ends = scan.rest.char_indices().take(LONGEST_PLACE);
    for (at, c) in ends.filter(|(_, c)| PLACES.contains(c)) {
        let mut ahead = Scan {
            rest: &scan.rest[at + c.len_utf8()..],
        };
        if take_name(&mut ahead, names) {
            *scan = ahead;
            return true;
        }
    }
    false
}
