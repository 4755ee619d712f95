//! What people write back: `收到`, `完成 1 3`, `延期 2 6月20日 操场维修`, `done all`. Read strictly: what is not surely an
//! answer is left over for a person to look at, for a duty taken for done is one that nobody asks about any more.

mod day;
mod quoted;
mod taken;
mod words;

use jiff::civil::Date;

pub use quoted::own_words;
pub use taken::{Taken, take};

use super::fact::Answer;
use super::scan::{Scan, half_width};
use words::{Opening, has_doubt, is_signature};

/// Characters of a note that are kept, as the letter's page keeps them.
pub const LONGEST_NOTE: usize = 500;

/// However long a letter, nobody numbers more.
const MOST_NUMBERS: usize = 500;

/// What somebody wrote back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The answers, in the order they were written.
    pub said: Vec<Said>,
    /// What could not be understood and needs a person's eyes; empty if all was.
    pub rest: String,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which.
    pub answer: Answer,
    /// To what of the letter.
    pub which: Which,
    /// The day asked for with `extension`.
    pub until: Option<Date>,
    /// What they added, on one line.
    pub note: String,
}

/// What an answer is to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// It does not say: `完成`.
    Bare,
    /// `完成 全部`
    All,
    /// `完成 1 3`: the letter's own numbers.
    Numbers(Vec<u16>),
}

impl Which {
    fn of(numbers: Vec<u16>, all: bool) -> Self {
        match (numbers.is_empty(), all) {
            (true, true) => Self::All,
            (true, false) => Self::Bare,
            (false, _) => Self::Numbers(numbers),
        }
    }
}

/// Reads a mail's text. `names` are what its writer may sign with: their own name and their unit's. Quoted text and
/// signatures are passed over.
pub fn read(text: &str, names: &[&str], today: Date) -> Reply {
    let mut reading = Reading {
        names,
        today,
        said: Vec::new(),
        rest: Vec::new(),
        nodded: false,
        signing: false,
    };
    for line in own_words(text).lines() {
        reading.line(line);
    }
    reading.end()
}

struct Reading<'a> {
    names: &'a [&'a str],
    today: Date,
    said: Vec<Said>,
    /// What was no answer.
    rest: Vec<String>,
    /// `好的`: an answer if there is no other.
    nodded: bool,
    /// Whether a signature has begun.
    signing: bool,
}

/// A sentence, and the same with signs made plain, character by character.
struct Sentence<'a> {
    written: &'a str,
    plain: String,
}

impl<'a> Sentence<'a> {
    fn new(written: &'a str) -> Self {
        let written = written.trim();
        let plain = written
            .chars()
            .map(|c| match half_width(c) {
                '、' => ',',
                c if c.is_whitespace() => ' ',
                c => c.to_ascii_lowercase(),
            })
            .collect();
        Self { written, plain }
    }

    /// What was written where `rest` of the plain text begins, up to where `end` of it begins.
    fn between(&self, rest: &str, end: &str) -> String {
        let (rest, end) = (rest.chars().count(), end.chars().count());
        let from = self.plain.chars().count().saturating_sub(rest);
        let text: String = self
            .written
            .chars()
            .skip(from)
            .take(rest.saturating_sub(end))
            .collect();
        text.trim_matches(is_separator).to_owned()
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            half_width(c),
            ',' | '、' | '.' | ':' | '~' | '-' | '—' | '…' | '*' | '·' | '"' | '“' | '”'
        )
}

/// Where one sentence ends and the next begins.
fn ends_sentence(c: char) -> bool {
    matches!(half_width(c), '。' | ';' | '!')
}

impl Reading<'_> {
    fn line(&mut self, line: &str) {
        if !self.said.is_empty() && !has_doubt(line) {
            let starts = is_signature(line, self.names);
            let goes_on = self.signing && line.chars().count() <= words::LONGEST_SIGNATURE_LINE;
            if (starts || goes_on) && !self.holds_answer(line) {
                self.signing = true;
                return;
            }
        }
        for sentence in line.split(ends_sentence) {
            self.sentence(&Sentence::new(sentence));
        }
    }

    fn holds_answer(&self, line: &str) -> bool {
        let mut alone = Reading {
            names: self.names,
            today: self.today,
            said: Vec::new(),
            rest: Vec::new(),
            nodded: false,
            signing: false,
        };
        for sentence in line.split(ends_sentence) {
            alone.sentence(&Sentence::new(sentence));
        }
        !alone.said.is_empty()
    }

    fn sentence(&mut self, sentence: &Sentence<'_>) {
        let mut scan = Scan {
            rest: &sentence.plain,
        };
        let mut before = Vec::new();
        loop {
            scan.rest = scan.rest.trim_start_matches(is_separator);
            if scan.is_done() {
                break;
            }
            if words::take_polite(&mut scan, self.names) {
                continue;
            }
            if let Some(mut said) = self.answer(sentence, &mut scan) {
                // `我校无校车,不适用`
                if said.answer.is_request() && said.note.is_empty() {
                    said.note = before.join("，");
                    before.clear();
                }
                self.said.push(said);
                continue;
            }
            if words::take_nod(&mut scan) {
                self.nodded = true;
                continue;
            }
            let clause = scan.rest;
            let end = clause.find(',').unwrap_or(clause.len());
            scan.rest = &clause[end..];
            before.push(sentence.between(clause, scan.rest));
        }
        self.leave_over(before);
    }

    /// What was no answer belongs to the request before it, or is left over.
    fn leave_over(&mut self, clauses: Vec<String>) {
        let clauses: Vec<String> = clauses.into_iter().filter(|c| !c.is_empty()).collect();
        if clauses.is_empty() {
            return;
        }
        let words = clauses.join("，");
        match self.said.last_mut() {
            Some(last) if last.answer.is_request() => add_note(&mut last.note, &words),
            _ => self.rest.push(words),
        }
    }

    /// An answer that begins here.
    fn answer(&self, sentence: &Sentence<'_>, scan: &mut Scan<'_>) -> Option<Said> {
        let mut ahead = *scan;
        let mut all = words::take_fillers(&mut ahead);
        let mut numbers = numbers(&mut ahead);
        if !numbers.is_empty() {
            ahead.rest = ahead.rest.trim_start_matches(is_separator);
            all |= words::take_fillers(&mut ahead);
        }
        let whole = ahead.rest;
        let opening = words::take_answer(&mut ahead)?;
        let said = match opening {
            Opening::Plain(answer) => {
                all |= words::take_objects(&mut ahead);
                if numbers.is_empty() {
                    numbers = self::numbers(&mut ahead);
                }
                all |= words::take_objects(&mut ahead);
                if !is_over(&sentence.plain, ahead.rest) {
                    return None;
                }
                Said {
                    answer,
                    which: Which::of(numbers, all),
                    until: None,
                    note: String::new(),
                }
            }
            Opening::Request(answer) => {
                all |= words::take_objects(&mut ahead);
                let wants_day = answer == Answer::Extension;
                let mut day = None;
                if wants_day && numbers.is_empty() {
                    day = self.lone_day(&mut ahead);
                }
                if numbers.is_empty() && day.is_none() {
                    numbers = self::numbers(&mut ahead);
                }
                if wants_day && day.is_none() {
                    day = day::take(&mut ahead, self.today);
                }
                // What comes after, and of a whole clause like `无法按时完成` the clause as well.
                let from = if words::says_why(whole) {
                    whole
                } else {
                    ahead.rest
                };
                let mut note = String::new();
                add_note(&mut note, words::reason(&sentence.between(from, "")));
                ahead.rest = "";
                Said {
                    answer,
                    which: Which::of(numbers, all),
                    until: day,
                    note,
                }
            }
        };
        *scan = ahead;
        Some(said)
    }

    /// A day that comes next, where no other follows: `6.20` is one in `延期 6.20`, but not in `延期 6.20 7月1日`, nor
    /// is `2 June` in `extension 2 June 20`.
    fn lone_day(&self, scan: &mut Scan<'_>) -> Option<Date> {
        let mut ahead = *scan;
        let day = day::take(&mut ahead, self.today)?;
        let mut more = ahead;
        let is_number = ahead.rest.starts_with(|c: char| c.is_ascii_digit());
        if is_number || day::take(&mut more, self.today).is_some() {
            return None;
        }
        *scan = ahead;
        Some(day)
    }

    fn end(self) -> Reply {
        let mut said = self.said;
        if said.is_empty() && self.nodded {
            said.push(Said {
                answer: Answer::Received,
                which: Which::Bare,
                until: None,
                note: String::new(),
            });
        }
        let mut rest = self.rest.join("。");
        if rest.is_empty() {
            return Reply { said, rest };
        }
        if has_doubt(&rest) {
            // `完成,但消防栓还没有修`: it arrived, and a person reads on.
            for one in said.iter_mut().filter(|one| one.answer == Answer::Done) {
                one.answer = Answer::Received;
            }
        } else if let Some(last) = said.iter_mut().rfind(|one| one.answer == Answer::Done) {
            // `已完成,参加师生1200人`
            add_note(&mut last.note, &rest);
            rest.clear();
        }
        Reply { said, rest }
    }
}

/// Appends to a note, on one line and not without end.
fn add_note(note: &mut String, words: &str) {
    if words.is_empty() {
        return;
    }
    if !note.is_empty() {
        note.push('。');
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    note.push_str(&words);
    if let Some((end, _)) = note.char_indices().nth(LONGEST_NOTE) {
        note.truncate(end);
    }
}

/// Whether a word or number ends here: before a sign, the end, or a space that was passed over.
fn is_over(plain: &str, rest: &str) -> bool {
    let Some(next) = rest.chars().next() else {
        return true;
    };
    let read = plain.strip_suffix(rest).unwrap_or_default();
    matches!(next, ',' | '.' | ':' | '~' | '(' | '…' | '—')
        || (read.ends_with(' ') && next != '?' && next != '吗')
}

/// What is counted, not numbered: `2天`, `1200人`, `6月20日`.
const MEASURES: [char; 20] = [
    '天', '日', '周', '个', '月', '年', '次', '人', '名', '位', '时', '点', '分', '场', '份', '度',
    '%', '/', '遍', '半',
];

/// The numbers of duties that come next: `1 3`, `第一、三项`, `2-4`, `1和3`.
fn numbers(scan: &mut Scan<'_>) -> Vec<u16> {
    let mut found: Vec<u16> = Vec::new();
    loop {
        let mut ahead = *scan;
        if !found.is_empty() {
            ahead.rest = ahead.rest.trim_start_matches([',', '.', ' ']);
            ahead.take(&["和", "及", "与", "&", "+", "and "]);
        }
        ahead.take(&["第", "no.", "no ", "#", "item ", "items ", "duty "]);
        let Some(first) = number(&mut ahead) else {
            return found;
        };
        let mut more = ahead;
        let last = if more.take(&["-", "~", "至", "到", "to "]) {
            // Of `2到6月20日` only the first is a duty's.
            number(&mut more)
                .filter(|_| !more.rest.starts_with(MEASURES))
                .inspect(|_| ahead = more)
        } else {
            None
        };
        if ahead.rest.starts_with(MEASURES) {
            return found;
        }
        ahead.take(&["项", "条", "号任务", "号", "件", "."]);
        let last = last.unwrap_or(first);
        found.extend((first..=last.max(first)).take(MOST_NUMBERS.saturating_sub(found.len())));
        *scan = ahead;
    }
}

fn number(scan: &mut Scan<'_>) -> Option<u16> {
    let mut ahead = *scan;
    let number = u16::try_from(ahead.number()?).ok().filter(|n| *n > 0)?;
    *scan = ahead;
    Some(number)
}
