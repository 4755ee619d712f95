//! What people write back: `收到`, `完成 1 3`, `延期 2 6月20日 操场维修`, `done all`. Read strictly: what is not surely an
//! answer is left over for a person to look at, for a duty taken for done is one that nobody asks about any more.

mod day;
mod numbers;
mod quoted;
mod signature;
mod taken;
mod words;

use jiff::civil::Date;

pub use quoted::own_words;
pub use taken::{Taken, take};

use super::fact::Answer;
use super::scan::{Scan, half_width};
use words::has_doubt;

/// Characters of a note that are kept, as the letter's page keeps them.
pub const LONGEST_NOTE: usize = 500;

/// As much of a mail is read; of what is longer a person reads the rest, and nothing in it counts as done.
const LONGEST_WORDS_BYTES: usize = 4 * 1024;

/// Nobody gives more answers in one mail.
const MOST_ANSWERS: usize = 100;

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

/// The answer that a word is, as a mail's or a form's: `完成`, `已转交`, `not-applicable`. `None` where it says more than that.
pub fn answer(word: &str) -> Option<Answer> {
    let sentence = Sentence::new(word);
    let mut scan = Scan {
        rest: &sentence.plain,
    };
    let before = words::take_fillers(&mut scan);
    let answer = words::take_answer(&mut scan)?.answer(before.already)?;
    (scan.is_done() && !before.all).then_some(answer)
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
        at: 0,
        done_at: Vec::new(),
    };
    let words = own_words(text);
    let end = words.floor_char_boundary(LONGEST_WORDS_BYTES);
    let mut is_whole = end == words.len();
    for line in words[..end].lines() {
        if reading.said.len() >= MOST_ANSWERS {
            is_whole = false;
            break;
        }
        reading.line(line);
    }
    reading.end(is_whole)
}

struct Reading<'a> {
    names: &'a [&'a str],
    today: Date,
    said: Vec<Said>,
    /// What was no answer, each with the line it stands in.
    rest: Vec<(usize, String)>,
    /// `好的`: an answer if there is no other.
    nodded: bool,
    /// The line being read.
    at: usize,
    /// The lines in which something is said to be done.
    done_at: Vec<usize>,
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
        self.at += 1;
        let is_below = self.nodded || !self.said.is_empty();
        if is_below && signature::is_one(line, self.names) {
            return;
        }
        for sentence in line.split(ends_sentence) {
            if self.said.len() < MOST_ANSWERS {
                self.sentence(&Sentence::new(sentence));
            } else {
                self.rest.push((self.at, sentence.to_owned()));
            }
        }
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
                if said.answer == Answer::Done {
                    self.done_at.push(self.at);
                }
                self.said.push(said);
                continue;
            }
            if words::take_nod(&mut scan) {
                self.nodded = true;
                continue;
            }
            // A whole list of numbers at once, or else each of them would be looked at anew.
            let clause = scan.rest;
            numbers::take(&mut scan);
            let end = scan.rest.find(',').unwrap_or(scan.rest.len());
            scan.rest = &scan.rest[end..];
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
            _ => self.rest.push((self.at, words)),
        }
    }

    /// An answer that begins here.
    fn answer(&self, sentence: &Sentence<'_>, scan: &mut Scan<'_>) -> Option<Said> {
        let mut ahead = *scan;
        let mut before = words::take_fillers(&mut ahead);
        let numbers = numbers::take(&mut ahead);
        if !numbers.is_empty() {
            ahead.rest = ahead.rest.trim_start_matches(is_separator);
            let more = words::take_fillers(&mut ahead);
            before.all |= more.all;
            before.already |= more.already;
        }
        let whole = ahead.rest;
        let answer = words::take_answer(&mut ahead)?.answer(before.already)?;
        let said = if answer.is_request() {
            self.request(sentence, &mut ahead, answer, numbers, before.all, whole)
        } else {
            self.plain(sentence, &mut ahead, answer, numbers, before.all)?
        };
        *scan = ahead;
        Some(said)
    }

    /// `完成 1 3`, from behind its word: the numbers and nothing else. Where something is done, only the day it was done on
    /// may follow.
    fn plain(
        &self,
        sentence: &Sentence<'_>,
        ahead: &mut Scan<'_>,
        answer: Answer,
        mut numbers: Vec<u16>,
        mut all: bool,
    ) -> Option<Said> {
        all |= words::take_objects(ahead);
        let mut note = String::new();
        if numbers.is_empty() {
            numbers = self.numbers_behind(ahead);
            let mut more = *ahead;
            more.rest = more.rest.trim_start_matches(is_separator);
            let is_open = numbers::goes_on(*ahead) && !day::take_past(&mut more, self.today);
            if answer == Answer::Done && !numbers.is_empty() && is_open {
                return None;
            }
        }
        all |= words::take_objects(ahead);
        if answer == Answer::Done {
            let from = ahead.rest;
            if day::take_past(ahead, self.today) {
                note = sentence.between(from, ahead.rest);
            }
        }
        let is_over = match answer {
            Answer::Done => self.is_over(*ahead),
            _ => is_parted(&sentence.plain, ahead.rest),
        };
        is_over.then(|| Said {
            answer,
            which: Which::of(numbers, all),
            until: None,
            note,
        })
    }

    /// The numbers behind an answer, also on the other side of a colon or comma: `完成：1、3`.
    fn numbers_behind(&self, scan: &mut Scan<'_>) -> Vec<u16> {
        let found = numbers::take(scan);
        if !found.is_empty() {
            return found;
        }
        let mut ahead = *scan;
        ahead.rest = ahead.rest.trim_start_matches([',', ':', ' ']);
        let found = numbers::take(&mut ahead);
        if found.is_empty() || numbers::goes_on(ahead) || !self.is_over(ahead) {
            return Vec::new();
        }
        *scan = ahead;
        found
    }

    /// `延期 2 6月20日 操场维修`, from behind its word.
    fn request(
        &self,
        sentence: &Sentence<'_>,
        ahead: &mut Scan<'_>,
        answer: Answer,
        mut numbers: Vec<u16>,
        mut all: bool,
        whole: &str,
    ) -> Said {
        all |= words::take_objects(ahead);
        let wants_day = answer == Answer::Extension;
        let mut day = None;
        if wants_day && numbers.is_empty() {
            day = self.lone_day(ahead);
        }
        if numbers.is_empty() && day.is_none() {
            numbers = numbers::take(ahead);
        }
        if wants_day && day.is_none() {
            day = day::take(ahead, self.today);
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

    /// Whether nothing follows but a sign, or politeness.
    fn is_over(&self, scan: Scan<'_>) -> bool {
        let mut ahead = scan;
        loop {
            ahead.rest = ahead.rest.trim_start();
            if ahead.rest.is_empty() || ahead.rest.starts_with(SIGNS) {
                return true;
            }
            if !words::take_polite(&mut ahead, self.names) {
                return false;
            }
        }
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

    fn end(self, is_whole: bool) -> Reply {
        let mut said = self.said;
        if said.is_empty() && self.nodded {
            said.push(Said {
                answer: Answer::Received,
                which: Which::Bare,
                until: None,
                note: String::new(),
            });
        }
        let is_open = |words: &str| {
            has_doubt(words) || speaks_of_numbers(words) || day::has_future(words, self.today)
        };
        let (mut told, mut rest) = (Vec::new(), Vec::new());
        if !is_whole || self.rest.iter().any(|(_, words)| is_open(words)) {
            // `完成,但消防栓还没有修`: it arrived, and a person reads on.
            for one in said.iter_mut().filter(|one| one.answer == Answer::Done) {
                one.answer = Answer::Received;
            }
            rest.extend(self.rest.into_iter().map(|(_, words)| words));
        } else {
            // `已完成,参加师生1200人`; what stands in a line of its own may be about anything.
            for (at, words) in self.rest {
                let list = if self.done_at.contains(&at) {
                    &mut told
                } else {
                    &mut rest
                };
                list.push(words);
            }
        }
        if let Some(last) = said.iter_mut().rfind(|one| one.answer == Answer::Done) {
            add_note(&mut last.note, &told.join("。"));
        }
        if !is_whole {
            rest.push("信太长,没有读完".to_owned());
        }
        Reply {
            said,
            rest: rest.join("。"),
        }
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

/// Behind these something else begins.
const SIGNS: [char; 7] = [',', '.', ':', '~', '(', '…', '—'];

/// Whether a word or number ends here: before a sign, the end, or a space that was passed over.
fn is_parted(plain: &str, rest: &str) -> bool {
    let Some(next) = rest.chars().next() else {
        return true;
    };
    let read = plain.strip_suffix(rest).unwrap_or_default();
    SIGNS.contains(&next) || (read.ends_with(' ') && next != '?' && next != '吗')
}

/// Whether what was not understood is about duties by their number, or their count: `2`, `第2项`, `还有2项`.
fn speaks_of_numbers(words: &str) -> bool {
    let plain = Sentence::new(words).plain;
    let mut clauses = plain.split(',');
    let counts = plain.split('项').rev().skip(1).any(|before| {
        let last = before.trim_end().chars().last();
        last.is_some_and(|c| c.is_ascii_digit() || "一二两三四五六七八九十几".contains(c))
    });
    counts || clauses.any(|clause| !numbers::take(&mut Scan::new(clause)).is_empty())
}
