//! The people who get the letters.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, LetterNo};
use schoolbell::core::names::Address;
use schoolbell::core::rehearsal::{Chance as Rng, hash};
use schoolbell::web::PressedAnswer;

/// How somebody deals with what they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Prompt,
    Late,
    Never,
    Twice,
    /// Says one thing and then another.
    Contrary,
    /// Asks for more time, or to be let off, first.
    Asks,
    /// Asks for one thing, and before that is decided for another; or does it meanwhile.
    AsksAgain,
    /// Hands the letter on: two people press under one link.
    Forwards,
}

/// An answer somebody will give.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) letter: LetterNo,
    pub(crate) duty: DutyId,
    pub(crate) answer: Answer,
    by: String,
    until: Option<Date>,
    note: String,
}

impl Intent {
    fn new(asked: &Asked<'_>, answer: Answer) -> Self {
        Self {
            letter: asked.letter,
            duty: asked.duty.clone(),
            answer,
            by: asked.address.to_string(),
            until: None,
            // A page takes no request without a word.
            note: if answer.is_request() {
                "请看".to_owned()
            } else {
                String::new()
            },
        }
    }

    /// Plain word that it is done.
    pub(crate) fn done(asked: &Asked<'_>) -> Self {
        Self::new(asked, Answer::Done)
    }

    /// As a press on the letter's page; `nth` is which of several it would be.
    pub(crate) fn pressed(&self, times: u16, nth: u16) -> PressedAnswer {
        PressedAnswer {
            letter: self.letter,
            duties: vec![self.duty.clone()],
            answer: self.answer,
            by: self.by.clone(),
            note: self.note.clone(),
            nth: (self.answer == Answer::Done && times > 1).then_some(nth),
            until: self.until,
            files: Vec::new(),
        }
    }
}

/// What somebody has just read of.
pub(crate) struct Asked<'a> {
    pub(crate) letter: LetterNo,
    pub(crate) duty: &'a DutyId,
    pub(crate) due: Date,
    pub(crate) address: &'a Address,
}

/// What a mailbox's owner is like, for good.
pub(crate) fn manner(seed: u64, address: &Address) -> Manner {
    match hash(seed, address.as_str()) % 12 {
        0..=3 => Manner::Prompt,
        4 | 5 => Manner::Late,
        6 => Manner::Never,
        7 => Manner::Twice,
        8 => Manner::Contrary,
        9 => Manner::Asks,
        10 => Manner::AsksAgain,
        _ => Manner::Forwards,
    }
}

/// What somebody will say of a duty they have just read of, and when. It follows from the seed, the duty and who they
/// are, whatever else happens.
pub(crate) fn intents(seed: u64, now: Timestamp, asked: &Asked<'_>) -> Vec<(Timestamp, Intent)> {
    let Asked { duty, address, .. } = asked;
    let mut rng = Rng::new(hash(seed, &format!("{duty} {address}")));
    let mut after = |from: i64, to: i64| {
        let wait = SignedDuration::from_mins(rng.between(from * 24 * 60, to * 24 * 60));
        now.saturating_add(wait).unwrap_or(now)
    };
    let say = |answer| Intent::new(asked, answer);
    let noted = |answer, note: &str| Intent {
        note: note.to_owned(),
        ..say(answer)
    };
    match manner(seed, address) {
        Manner::Prompt => vec![(after(0, 3), say(Answer::Done))],
        Manner::Late => vec![
            (after(0, 2), say(Answer::Received)),
            (after(8, 40), say(Answer::Done)),
        ],
        Manner::Never => Vec::new(),
        Manner::Twice => {
            let at = after(1, 20);
            let again = at
                .saturating_add(SignedDuration::from_mins(1))
                .unwrap_or(at);
            vec![(at, say(Answer::Done)), (again, say(Answer::Done))]
        }
        Manner::Contrary => vec![
            (after(0, 4), noted(Answer::Trouble, "器材没到")),
            (after(4, 8), say(Answer::Done)),
            (after(8, 12), noted(Answer::Trouble, "报错了")),
            (after(12, 40), noted(Answer::Done, "真的办了")),
        ],
        Manner::Asks => {
            let (at, done) = (after(0, 10), after(15, 60));
            vec![(at, request(asked, &mut rng)), (done, say(Answer::Done))]
        }
        Manner::AsksAgain => {
            let (first, second, done) = (after(0, 5), after(0, 8), after(5, 30));
            let before = request(asked, &mut rng);
            let overtaken = Intent {
                note: "再请看".to_owned(),
                ..request(asked, &mut rng)
            };
            vec![
                (first, before),
                (second, overtaken),
                (done, say(Answer::Done)),
            ]
        }
        Manner::Forwards => {
            let colleague = |answer| Intent {
                by: "李敏".to_owned(),
                ..say(answer)
            };
            vec![
                (after(0, 3), noted(Answer::HandedOver, "转给李敏")),
                (after(2, 6), colleague(Answer::Received)),
                (after(6, 20), colleague(Answer::Done)),
                (after(6, 25), say(Answer::Done)),
            ]
        }
    }
}

fn request(asked: &Asked<'_>, rng: &mut Rng) -> Intent {
    let answer = match rng.below(4) {
        0 => Answer::NotApplicable,
        1 => Answer::HandedOver,
        2 => Answer::Trouble,
        _ => Answer::Extension,
    };
    let later = jiff::Span::new().days(rng.between(3, 30));
    Intent {
        until: (answer == Answer::Extension).then(|| asked.due.saturating_add(later)),
        ..Intent::new(asked, answer)
    }
}
