//! What a reply comes to, held against the letter it is to.

use super::{Reply, Said, Which};
use crate::core::duty::DutyId;
use crate::core::fact::Answer;

/// What is recorded of a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The answers, each to one duty.
    pub answers: Vec<(DutyId, Said)>,
    /// Whether the letter's list is sent back, for the writer to say which.
    pub asks_which: bool,
    /// Why a person has to look at it; empty if nobody has to.
    pub unclear: Vec<String>,
}

/// Holds a reply against a letter: `numbered` are its duties by their numbers, `rollup` the rows of its tables, of which
/// a reader can only take note.
pub fn take(
    reply: &Reply,
    numbered: &[DutyId],
    rollup: &[DutyId],
    is_settled: impl Fn(&DutyId) -> bool,
) -> Taken {
    let mut taking = Taking {
        numbered,
        rollup,
        open: numbered.iter().filter(|duty| !is_settled(duty)).collect(),
        taken: Taken::default(),
    };
    for said in &reply.said {
        taking.say(said);
    }
    let mut taken = taking.taken;
    if !reply.rest.is_empty() {
        taken.unclear.push(format!("“{}”", reply.rest));
    }
    if reply.said.is_empty() && taken.unclear.is_empty() {
        taken.unclear.push("没有写字".to_owned());
    }
    taken
}

struct Taking<'a> {
    numbered: &'a [DutyId],
    rollup: &'a [DutyId],
    open: Vec<&'a DutyId>,
    taken: Taken,
}

impl Taking<'_> {
    fn say(&mut self, said: &Said) {
        if self.numbered.is_empty() && said.answer != Answer::Received {
            let name = said.answer.name();
            let why = if self.rollup.is_empty() {
                format!("对没有职责的信回复了“{name}”")
            } else {
                format!("对汇总信回复了“{name}”,汇总信只能回“收到”")
            };
            self.taken.unclear.push(with_note(why, said));
            return;
        }
        match &said.which {
            Which::Numbers(numbers) => self.by_numbers(numbers, said),
            Which::All => self.all(said),
            Which::Bare if said.answer == Answer::Received => self.all(said),
            Which::Bare => match (self.open.as_slice(), self.numbered) {
                ([one], _) => self.answer((*one).clone(), said),
                ([], [one]) => self.answer(one.clone(), said),
                // Everything is settled: there is nothing to say which of.
                ([], _) if said.answer == Answer::Done => {}
                ([], _) => self.taken.unclear.push(with_note(
                    format!("对各项都已办结的信回复了“{}”", said.answer.name()),
                    said,
                )),
                _ => self.which(said),
            },
        }
    }

    /// Several are open, and it does not say which.
    fn which(&mut self, said: &Said) {
        self.taken.asks_which = true;
        if said.answer == Answer::Done {
            let received = Said {
                answer: Answer::Received,
                ..said.clone()
            };
            self.all(&received);
            return;
        }
        let why = format!("回复了“{}”,没有写是哪一项", said.answer.name());
        self.taken.unclear.push(with_note(why, said));
    }

    fn all(&mut self, said: &Said) {
        let rows = match said.answer {
            Answer::Received => self.rollup,
            _ => &[],
        };
        let duties: Vec<DutyId> = self.open.iter().copied().chain(rows).cloned().collect();
        for duty in duties {
            self.answer(duty, said);
        }
    }

    fn by_numbers(&mut self, numbers: &[u16], said: &Said) {
        let mut unknown = Vec::new();
        for number in numbers {
            match self.numbered.get(usize::from(*number).wrapping_sub(1)) {
                Some(duty) => self.answer(duty.clone(), said),
                None => unknown.push(number.to_string()),
            }
        }
        if !unknown.is_empty() {
            self.taken.asks_which = true;
            let why = format!(
                "回复了“{} {}”,信里没有这个编号",
                said.answer.name(),
                unknown.join("、")
            );
            self.taken.unclear.push(with_note(why, said));
        }
    }

    fn answer(&mut self, duty: DutyId, said: &Said) {
        let found = (duty, said.clone());
        if !self.taken.answers.contains(&found) {
            self.taken.answers.push(found);
        }
    }
}

fn with_note(why: String, said: &Said) -> String {
    if said.note.is_empty() {
        why
    } else {
        format!("{why}:“{}”", said.note)
    }
}
