//! The people who get the letters, and the clerk at the bureau.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, Event, Via};
use schoolbell::core::names::Address;

use schoolbell::core::rehearsal::{Chance as Rng, hash};

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
}

/// An answer somebody will give.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) duty: DutyId,
    pub(crate) answer: Answer,
    pub(crate) address: Address,
    pub(crate) corrects: bool,
    pub(crate) until: Option<Date>,
    pub(crate) note: String,
}

impl Intent {
    fn new(duty: &DutyId, address: &Address, answer: Answer) -> Self {
        Self {
            duty: duty.clone(),
            answer,
            address: address.clone(),
            corrects: false,
            until: None,
            note: String::new(),
        }
    }

    /// Plain word that it is done.
    pub(crate) fn done(duty: &DutyId, address: &Address) -> Self {
        Self::new(duty, address, Answer::Done)
    }

    /// As the letter's page records it.
    pub(crate) fn event(&self, times: u16, nth: u16) -> Event {
        Event::Answer {
            duty: self.duty.clone(),
            answer: self.answer,
            by: self.address.to_string(),
            note: self.note.clone(),
            via: Via::Page,
            address: Some(self.address.clone()),
            nth: (self.answer == Answer::Done && times > 1).then_some(nth),
            until: self.until,
            corrects: self.corrects,
        }
    }
}

/// What a mailbox's owner is like, for good.
pub(crate) fn manner(seed: u64, address: &Address) -> Manner {
    match hash(seed, address.as_str()) % 10 {
        0..=3 => Manner::Prompt,
        4 | 5 => Manner::Late,
        6 => Manner::Never,
        7 => Manner::Twice,
        8 => Manner::Contrary,
        _ => Manner::Asks,
    }
}

/// What somebody will say of a duty they have just read of, and when.
pub(crate) fn intents(
    seed: u64,
    rng: &mut Rng,
    now: Timestamp,
    duty: &DutyId,
    due: Date,
    address: &Address,
) -> Vec<(Timestamp, Intent)> {
    let after = |rng: &mut Rng, from: i64, to: i64| {
        let wait = SignedDuration::from_mins(rng.between(from * 24 * 60, to * 24 * 60));
        now.saturating_add(wait).unwrap_or(now)
    };
    let say = |answer| Intent::new(duty, address, answer);
    match manner(seed, address) {
        Manner::Prompt => vec![(after(rng, 0, 3), say(Answer::Done))],
        Manner::Late => vec![
            (after(rng, 0, 2), say(Answer::Received)),
            (after(rng, 8, 40), say(Answer::Done)),
        ],
        Manner::Never => Vec::new(),
        Manner::Twice => {
            let at = after(rng, 1, 20);
            let again = at
                .saturating_add(SignedDuration::from_mins(1))
                .unwrap_or(at);
            vec![(at, say(Answer::Done)), (again, say(Answer::Done))]
        }
        Manner::Contrary => {
            let taken_back = Intent {
                corrects: true,
                note: "报错了".to_owned(),
                ..say(Answer::Received)
            };
            let at_last = Intent {
                note: "真的办了".to_owned(),
                ..say(Answer::Done)
            };
            vec![
                (after(rng, 0, 4), say(Answer::Trouble)),
                (after(rng, 4, 8), say(Answer::Done)),
                (after(rng, 8, 12), taken_back),
                (after(rng, 12, 40), at_last),
            ]
        }
        Manner::Asks => {
            let answer = match rng.below(4) {
                0 => Answer::NotApplicable,
                1 => Answer::HandedOver,
                2 => Answer::Trouble,
                _ => Answer::Extension,
            };
            let later = jiff::Span::new().days(rng.between(3, 30));
            let request = Intent {
                until: (answer == Answer::Extension).then(|| due.saturating_add(later)),
                ..say(answer)
            };
            vec![
                (after(rng, 0, 10), request),
                (after(rng, 15, 60), say(Answer::Done)),
            ]
        }
    }
}

/// What the clerk does with a request.
pub(crate) fn decision(
    rng: &mut Rng,
    duty: &DutyId,
    request: Answer,
    until: Option<Date>,
) -> Event {
    let granted = rng.percent(60);
    Event::Decision {
        duty: duty.clone(),
        request,
        granted,
        by: "局办".to_owned(),
        note: String::new(),
        until: until.filter(|_| granted),
    }
}
