//! What people write back, read: the answers, and what is left to a person.

mod language;
mod quoting;
mod taking;

use std::fmt::Write as _;

use expect_test::Expect;
use jiff::civil::date;
use schoolbell::core::fact::Answer;
use schoolbell::core::reply::{Reply, Which, answer, read};

/// The school and the person that the replies of these tests come from.
const NAMES: [&str; 2] = ["浒山小学", "王建国"];

/// The reply of a Thursday in May.
fn reply(text: &str) -> Reply {
    read(text, &NAMES, date(2026, 5, 14))
}

/// Each reply on a line of its own (`|` where the writer began a new one), and what it is read as.
fn check(replies: &[&str], expected: Expect) {
    let mut printed = String::new();
    for text in replies {
        let read = shown(&reply(&text.replace('|', "\n")));
        let _ = writeln!(printed, "{text}\n    {read}");
    }
    expected.assert_eq(&printed);
}

fn shown(reply: &Reply) -> String {
    let mut parts: Vec<String> = Vec::new();
    for said in &reply.said {
        let mut part = said.answer.word().to_owned();
        match &said.which {
            Which::Bare => {}
            Which::All => part.push_str(" all"),
            Which::Numbers(numbers) => {
                for number in numbers {
                    let _ = write!(part, " {number}");
                }
            }
        }
        if let Some(until) = said.until {
            let _ = write!(part, " until {until}");
        }
        if !said.note.is_empty() {
            let _ = write!(part, " “{}”", said.note);
        }
        parts.push(part);
    }
    if !reply.rest.is_empty() {
        parts.push(format!("? “{}”", reply.rest));
    }
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    parts.join(" + ")
}

/// What a clerk types is read as what a school mails, and as strictly.
#[test]
fn a_command_knows_the_words_of_mails() {
    for one in Answer::ALL {
        for word in [one.word(), one.name()] {
            assert_eq!(answer(word), Some(one), "{word}");
            assert_eq!(reply(word).said[0].answer, one, "{word}");
        }
    }
    for word in ["完成", "已办结", " Done ", "办理完毕", "已落实"] {
        assert_eq!(answer(word), Some(Answer::Done), "{word}");
    }
    for words in [
        "",
        "已",
        "落实",
        "好的",
        "完成 1",
        "全部完成",
        "完成一半",
        "转交给李敏",
    ] {
        assert_eq!(answer(words), None, "{words}");
    }
}
