//! The made-up people: how each deals with what they are asked. What somebody is like is for the whole year; what they
//! make of one duty is chance.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::chance::{Chance, hash};
use crate::core::duty::DutyId;
use crate::core::fact::Answer;
use crate::core::names::Address;
use crate::core::plan::Slots;
use crate::core::workdays::Workdays;

/// Working hours in minutes of the day: when people answer.
const HOURS: (i64, i64) = (8 * 60 + 20, 17 * 60 + 20);

/// How often in a hundred one who answers in time forgets.
const FORGETS_PERCENT: u64 = 8;

/// How often in a hundred somebody asks for something before they do it: most people, and those given to it.
const ASKS_PERCENT: (u64, u64) = (3, 35);

/// How often in a hundred whoever is told that a duty is overdue sees to it.
const SEES_TO_IT_PERCENT: u64 = 55;

/// How somebody deals with what they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Manner {
    /// In time, but for what is forgotten now and then.
    InTime,
    /// 收到 at once, and done after the due day.
    Late,
    /// Not at all.
    Never,
    /// In time, and pressed twice.
    Twice,
    /// In time, and given to asking for more of it, or to be let off.
    Asks,
    /// Done, taken back, and done again.
    Contrary,
}

/// What a mailbox's owner is like.
pub fn manner(seed: u64, address: &Address) -> Manner {
    match hash(seed, address.as_str()) % 100 {
        0..=54 => Manner::InTime,
        55..=72 => Manner::Late,
        73..=78 => Manner::Never,
        79..=85 => Manner::Twice,
        86..=95 => Manner::Asks,
        _ => Manner::Contrary,
    }
}

/// An answer somebody will give.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub(super) duty: DutyId,
    pub(super) answer: Answer,
    /// From whose link; `None` where the clerk records a telephone call.
    pub(super) address: Option<Address>,
    pub(super) by: String,
    pub(super) note: &'static str,
    pub(super) until: Option<Date>,
    pub(super) corrects: bool,
    /// Given although it is done already.
    pub(super) again: bool,
}

/// Somebody at the moment they read of a duty.
pub(super) struct Reader<'a> {
    pub(super) seed: u64,
    pub(super) slots: Slots<'a>,
    pub(super) workdays: &'a Workdays,
    pub(super) today: Date,
    pub(super) address: &'a Address,
    pub(super) person: &'a str,
    pub(super) duty: &'a DutyId,
    pub(super) due: Date,
    /// How many answers are asked.
    pub(super) times: u16,
}

impl Reader<'_> {
    fn says(&self, answer: Answer) -> Intent {
        Intent {
            duty: self.duty.clone(),
            answer,
            address: Some(self.address.clone()),
            by: self.person.to_owned(),
            note: "",
            until: None,
            corrects: false,
            again: false,
        }
    }

    /// Some time in the working hours of so many workdays after a day.
    fn at(&self, chance: &mut Chance, day: Date, workdays: u64) -> Timestamp {
        let day = self
            .workdays
            .after(day, u16::try_from(workdays).unwrap_or(u16::MAX));
        moment(chance, self.slots, day)
    }

    /// What one who has to act will say, and when.
    pub(super) fn acts(&self, chance: &mut Chance) -> Vec<(Timestamp, Intent)> {
        let left = u64::try_from(self.workdays.between(self.today, self.due)).unwrap_or(0);
        let in_time = chance.below(left + 1);
        let after_due = |chance: &mut Chance, most| 1 + chance.below(most);
        let manner = manner(self.seed, self.address);
        let (few, many) = ASKS_PERCENT;
        let asks = match manner {
            Manner::Never => 0,
            Manner::Asks => many,
            _ => few,
        };
        if chance.percent(asks) {
            return self.asks(chance);
        }
        match manner {
            Manner::InTime if chance.percent(FORGETS_PERCENT) => {
                let late = after_due(chance, 6);
                self.done(chance, self.due.max(self.today), late)
            }
            Manner::InTime | Manner::Asks => self.done(chance, self.today, in_time),
            Manner::Late => {
                let soon = chance.below(2);
                let mut said = vec![(
                    self.at(chance, self.today, soon),
                    self.says(Answer::Received),
                )];
                let late = after_due(chance, 9);
                said.extend(self.done(chance, self.due.max(self.today), late));
                said
            }
            Manner::Never => Vec::new(),
            Manner::Twice => {
                let mut said = self.done(chance, self.today, in_time);
                let last = said.last().cloned();
                said.extend(last.map(|(at, intent)| {
                    let again = Intent {
                        again: true,
                        ..intent
                    };
                    (
                        at.saturating_add(jiff::SignedDuration::from_mins(1))
                            .unwrap_or(at),
                        again,
                    )
                }));
                said
            }
            Manner::Contrary => {
                let mut said = self.done(chance, self.today, in_time);
                let (first, then) = (1 + chance.below(2), 3 + chance.below(6));
                let day = said
                    .last()
                    .map_or(self.today, |(at, _)| self.slots.day(*at));
                let back = Intent {
                    corrects: true,
                    again: true,
                    note: "报错了，还差一项",
                    ..self.says(Answer::Received)
                };
                said.push((self.at(chance, day, first), back));
                said.extend(self.done(chance, day, then));
                said
            }
        }
    }

    /// 已完成, as often as is asked, from so many workdays after a day.
    fn done(&self, chance: &mut Chance, day: Date, workdays: u64) -> Vec<(Timestamp, Intent)> {
        (0..u64::from(self.times))
            .map(|nth| {
                let at = self.at(chance, day, workdays + nth);
                (at, self.says(Answer::Done))
            })
            .collect()
    }

    fn asks(&self, chance: &mut Chance) -> Vec<(Timestamp, Intent)> {
        let (answer, note) = match chance.below(10) {
            0..=5 => (Answer::Extension, "人手紧，申请延后几天"),
            6 | 7 => (Answer::NotApplicable, "本单位没有这项设施"),
            8 => (Answer::Trouble, "器材还没有到货"),
            _ => (Answer::HandedOver, "已转给新来的同事"),
        };
        let later = u16::try_from(3 + chance.below(10)).unwrap_or(3);
        let request = Intent {
            note,
            until: (answer == Answer::Extension).then(|| self.workdays.after(self.due, later)),
            ..self.says(answer)
        };
        let (soon, then) = (chance.below(4), chance.below(u64::from(later) + 4));
        let mut said = vec![(self.at(chance, self.today, soon), request)];
        said.extend(self.done(chance, self.due.max(self.today), then));
        said
    }

    /// What one who is told that another's duty is overdue will do: see to it within days, or let it lie. Who sits
    /// above the unit telephones, and the clerk records what is said.
    pub(super) fn sees_to_it(&self, chance: &mut Chance, above: bool) -> Vec<(Timestamp, Intent)> {
        if !chance.percent(SEES_TO_IT_PERCENT) {
            return Vec::new();
        }
        let soon = 1 + chance.below(3);
        let mut said = self.done(chance, self.today, soon);
        if above {
            for (_, intent) in &mut said {
                intent.address = None;
                intent.note = "电话催办后补报";
            }
        }
        said
    }
}

/// Some time in the working hours of a day.
pub(super) fn moment(chance: &mut Chance, slots: Slots<'_>, day: Date) -> Timestamp {
    let (from, to) = HOURS;
    let minutes = chance.between(from, to);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let time = i8::try_from(hour)
        .ok()
        .zip(i8::try_from(minute).ok())
        .and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    slots.instant(day, time.unwrap_or(Time::midnight()))
}

/// Whether the officer grants a request.
pub(super) fn grants(chance: &mut Chance, request: Answer) -> bool {
    chance.percent(match request {
        Answer::Extension => 75,
        Answer::NotApplicable => 50,
        _ => 60,
    })
}
