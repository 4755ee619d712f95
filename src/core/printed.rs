//! Chinese as it is printed.

use std::ops::Range;

/// Words of the core, which a terminal shows too, as a page or a letter prints them: a comma, a colon, a bracket and the like
/// next to a Chinese character become full-width. What stands in figures, ids and addresses stays.
pub fn full_width(words: &str) -> String {
    let chars: Vec<char> = words.chars().collect();
    // A bracket that closes is as wide as the one it closes, and what follows it goes with it.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut wide = vec![false; chars.len()];
    for (at, c) in chars.iter().enumerate() {
        let beside = |at: Option<usize>| {
            at.and_then(|at| chars.get(at))
                .is_some_and(|c| is_chinese(*c))
        };
        let follows = at > 0 && chars[at - 1] == ')' && wide[at - 1];
        wide[at] = follows || beside(at.checked_sub(1)) || beside(at.checked_add(1));
        match c {
            '(' => open.push((at, wide[at])),
            ')' => {
                if let Some((start, starts_wide)) = open.pop() {
                    wide[at] |= starts_wide;
                    wide[start] = wide[at];
                }
            }
            _ => {}
        }
    }
    for stays in links(&chars) {
        wide[stays].fill(false);
    }
    let full = |(c, wide): (&char, &bool)| match (c, wide) {
        (',', true) => '，',
        (';', true) => '；',
        (':', true) => '：',
        ('?', true) => '？',
        ('(', true) => '（',
        (')', true) => '）',
        (c, _) => *c,
    };
    chars.iter().zip(&wide).map(full).collect()
}

/// Where there are addresses of pages, as far as one may go: a character changed would be another page.
fn links(chars: &[char]) -> Vec<Range<usize>> {
    let is_end = |c: &char| c.is_whitespace() || "“”《》〔〕、。，；！…\"<>()（）".contains(*c);
    let begins = (0..chars.len()).filter(|at| chars[*at..].starts_with(&[':', '/', '/']));
    let link = |at: usize| {
        let length = chars[at..].iter().position(is_end);
        at..length.map_or(chars.len(), |length| at + length)
    };
    begins.map(link).collect()
}

/// Whether a character is Chinese: a Han character, or punctuation that only stands beside one.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
        || "“”《》〔〕、。，；：？（）！…".contains(c)
}

#[cfg(test)]
mod tests {
    use super::full_width;

    #[test]
    fn words_of_the_core_are_printed_as_chinese_is() {
        for (terminal, page) in [
            (
                "浒山小学“春季开学安全自查（9项）” 延至2026年3月20日(沈志明)",
                "浒山小学“春季开学安全自查（9项）” 延至2026年3月20日（沈志明）",
            ),
            (
                "横河镇“应急疏散演练(5月)”,5月9日前,编号 drill@2026-05/s1;在下一个时点发出",
                "横河镇“应急疏散演练（5月）”，5月9日前，编号 drill@2026-05/s1；在下一个时点发出",
            ),
            (
                "没有职责 drill@2031/s003。花名册里没有单位 s003",
                "没有职责 drill@2031/s003。花名册里没有单位 s003",
            ),
            (
                "“紧急通知”不适用于浒山小学(适用对象:boarding & (primary, junior))",
                "“紧急通知”不适用于浒山小学（适用对象：boarding & (primary, junior)）",
            ),
            (
                "台账暂时不可用:disk I/O error (code 10), retry at 8:00",
                "台账暂时不可用：disk I/O error (code 10), retry at 8:00",
            ),
            ("已完成(safety@s1)", "已完成（safety@s1）"),
            (
                "8个单位(浒山小学等):6月12日",
                "8个单位（浒山小学等）：6月12日",
            ),
            ("演练(s1):2026-06-12", "演练（s1）：2026-06-12"),
            ("一次(10:30, 11:30)", "一次（10:30, 11:30）"),
            (
                "见https://jyj.gov.cn/通知?id=3 另见(http://表.中国:8443/a):照办",
                "见https://jyj.gov.cn/通知?id=3 另见（http://表.中国:8443/a）：照办",
            ),
            ("", ""),
            (")(", ")("),
        ] {
            assert_eq!(full_width(terminal), page);
        }
    }
}
