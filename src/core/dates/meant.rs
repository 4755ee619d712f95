//! What date may have been meant by a text that is none: one slip of the pen away, or with a year in it.

use jiff::civil::Date;

use super::spoken::month_day;
use super::{DateForm, english};
use crate::core::diagnostic::{Words, nearest};

/// Words of dates in Chinese that are long enough to be known with a slip in them.
const CHINESE: [&str; 21] = [
    "最后一个",
    "第一个",
    "工作日",
    "教学日",
    "春季学期",
    "秋季学期",
    "学期中",
    "学期结束",
    "开学后",
    "开学前",
    "开学当日",
    "放假前",
    "寒假期间",
    "暑假期间",
    "放假期间",
    "清明节",
    "劳动节",
    "端午节",
    "中秋节",
    "国庆节",
    "元旦放假前",
];

/// Words of dates in English beside the months, weekdays and festivals.
const ENGLISH: [&str; 21] = [
    "workday", "workdays", "teaching", "first", "second", "third", "fourth", "last", "week",
    "month", "before", "after", "during", "start", "term", "spring", "autumn", "winter", "summer",
    "break", "mid-term",
];

/// The text with one slip mended, where that makes it a date.
pub(super) fn date(text: &str) -> Option<String> {
    let is_chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let found = if is_chinese {
        in_chinese(text)
    } else {
        in_english(text)
    };
    found.filter(|found| DateForm::parse(found).is_ok())
}

fn in_chinese(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().take(40).collect();
    let is_date = |text: &String| DateForm::parse(text).is_ok();
    CHINESE.iter().find_map(|word| {
        let length = word.chars().count();
        (length - 1..=length + 1).find_map(|width| {
            (0..=chars.len().checked_sub(width)?).find_map(|from| {
                let part: String = chars[from..from + width].iter().collect();
                if strsim::damerau_levenshtein(&part, word) != 1 {
                    return None;
                }
                let (before, behind) = (&chars[..from], &chars[from + width..]);
                let mended = before
                    .iter()
                    .copied()
                    .chain(word.chars())
                    .chain(behind.iter().copied());
                Some(mended.collect()).filter(is_date)
            })
        })
    })
}

fn in_english(text: &str) -> Option<String> {
    let names = english::FESTIVALS
        .iter()
        .flat_map(|(name, _)| name.split(' '));
    let months = english::MONTHS.iter().map(|(name, _)| *name);
    let weekdays = english::WEEKDAYS.iter().map(|(name, _)| *name);
    let known: Vec<&str> = ENGLISH
        .into_iter()
        .chain(months)
        .chain(weekdays)
        .chain(names)
        .collect();
    let mend = |word: &str| -> String {
        let is_long = word.len() > 3 && !known.contains(&word);
        let meant =
            is_long.then(|| nearest(word, known.iter().copied().filter(|known| known.len() > 3)));
        meant.flatten().unwrap_or(word).to_owned()
    };
    let words: Vec<_> = text.split_whitespace().take(12).map(mend).collect();
    let mended = words.join(" ");
    (mended != text).then_some(mended)
}

/// What to write instead of a day of one year.
pub(crate) fn without_year(day: Date) -> Words {
    let (shown, year) = (month_day(day), day.year());
    let english = day.strftime("%B %-d");
    Words::new(
        format!("不写年份,写 \"{shown}\"。只有这一年才有的,写 due = {{ {year} = \"{shown}\" }}"),
        format!(
            "write \"{english}\", without the year; for that year alone: due = {{ {year} = \"{english}\" }}"
        ),
    )
}
