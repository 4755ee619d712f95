//! What a year came to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};

use super::tally::{Day, Tally};
use crate::core::agenda::{Absent, Agenda};
use crate::core::burden::{Alike, Burden, Month, burdens, over_caps};
use crate::core::calendar::{Calendar, role_name};
use crate::core::diagnostic::Words;
use crate::core::fact::Answer;
use crate::core::ladder::{RoleRef, Stretch};
use crate::core::names::{Address, TaskId};
use crate::core::plan::missing_notice;
use crate::core::state::{DutyState, Settled, State};
use crate::core::titles::role_title;

/// How many tasks without a date a warning names.
const UNDATED_NAMED: usize = 5;

/// What a year came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The year.
    pub year: i16,
    /// The seed everything made up came from.
    pub seed: u64,
    /// Who has a mailbox on the roster, those with the most letters first.
    pub people: Vec<Person>,
    /// The days with letters.
    pub days: BTreeMap<Date, Day>,
    /// What each unit carried, in the roster's order.
    pub units: Vec<UnitYear>,
    /// How many duties climbed each level, from the lowest.
    pub climbed: Vec<Climbed>,
    /// How the duties of the year were answered.
    pub answers: Answers,
    /// What was asked for, by kind.
    pub requests: BTreeMap<Answer, Requests>,
    /// Contact gaps, in words.
    pub gaps: Vec<String>,
    /// Mailboxes that were found gone.
    pub unreachable: Vec<Address>,
    /// What the officer returned.
    pub returned: u32,
    /// What is missing for the year, and where the burden is over a cap.
    pub warnings: Vec<Words>,
}

/// Somebody with a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The mailbox.
    pub address: Address,
    /// The name behind it.
    pub person: String,
    /// Their units, as places in the roster.
    pub units: Vec<usize>,
    /// How many letters came.
    pub letters: u32,
}

/// What a unit carried in the year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitYear {
    /// The unit, as a place in the roster.
    pub unit: usize,
    /// January to December, with the letters its contacts really got.
    pub months: Vec<Burden>,
}

/// A level, and how many duties climbed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Climbed {
    /// So long after the due day.
    pub after: Stretch,
    /// Who hears of it.
    pub to: Vec<RoleRef>,
    /// How many duties climbed it.
    pub duties: u32,
}

/// How the duties that people were told of were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Done by the due day, a granted extension included.
    pub in_time: u32,
    /// Done after it.
    pub late: u32,
    /// Found not applicable.
    pub let_off: u32,
    /// Overdue at the year's end.
    pub never: u32,
    /// Not due yet at the year's end.
    pub not_due: u32,
}

/// How many requests of a kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Asked.
    pub asked: u32,
    /// Granted.
    pub granted: u32,
    /// Refused.
    pub refused: u32,
    /// Undecided at the year's end.
    pub waiting: u32,
}

impl Requests {
    /// What needed no decision any more: the duty was settled first, or something else was asked in its place.
    pub fn moot(&self) -> u32 {
        let answered = self.granted + self.refused + self.waiting;
        self.asked.saturating_sub(answered)
    }
}

impl Summary {
    pub(super) fn new(agenda: &Agenda, year: i16, seed: u64, state: &State, tally: &Tally) -> Self {
        let (from, to) = (date(year, 1, 1), date(year, 12, 31));
        let people = people(agenda, year, tally);
        Self {
            year,
            seed,
            units: units(agenda, year, &burdens(agenda, from, to), &people, tally),
            people,
            days: tally.days.clone(),
            climbed: tally
                .climbed
                .iter()
                .map(|((after, to), duties)| Climbed {
                    after: *after,
                    to: to.clone(),
                    duties: count(duties.len()),
                })
                .collect(),
            answers: answers(agenda, state, to),
            requests: requests(agenda, state, tally),
            gaps: tally.gaps.values().cloned().collect(),
            unreachable: tally.unreachable.iter().cloned().collect(),
            returned: tally.returned,
            warnings: warnings(agenda, from, to),
        }
    }

    /// How many letters went out.
    pub fn letters(&self) -> u32 {
        self.days.values().map(|day| day.letters).sum()
    }

    /// How many letters went out in each month, January first.
    pub fn letters_by_month(&self) -> [u32; 12] {
        let mut months = [0; 12];
        for (day, found) in &self.days {
            if let Some(month) = usize::try_from(day.month() - 1)
                .ok()
                .and_then(|at| months.get_mut(at))
            {
                *month += found.letters;
            }
        }
        months
    }

    /// So many in a hundred people got at most this many letters.
    pub fn percentile(&self, percent: usize) -> u32 {
        let mut letters: Vec<u32> = self.people.iter().map(|person| person.letters).collect();
        letters.sort_unstable();
        let nth = (letters.len() * percent).div_ceil(100).saturating_sub(1);
        letters.get(nth).copied().unwrap_or(0)
    }

    /// The day with the most letters, the earliest of several.
    pub fn busiest(&self) -> Option<(Date, &Day)> {
        self.days
            .iter()
            .max_by_key(|(date, day)| (day.letters, std::cmp::Reverse(**date)))
            .filter(|(_, day)| day.letters > 0)
            .map(|(date, day)| (*date, day))
    }

    /// The units that teach, the most burdened first.
    pub fn heaviest_schools<'a>(&'a self, agenda: &Agenda) -> Vec<&'a UnitYear> {
        let mut found: Vec<&UnitYear> = self
            .units
            .iter()
            .filter(|unit| agenda.roster.units()[unit.unit].kind.teaches())
            .collect();
        found.sort_by_key(|unit| {
            (
                std::cmp::Reverse((unit.duties(), unit.evidence())),
                unit.unit,
            )
        });
        found
    }
}

impl Day {
    /// The tasks most notices were of.
    pub fn foremost(&self, most: usize) -> Vec<(&TaskId, u32)> {
        let mut tasks: Vec<_> = self.tasks.iter().map(|(id, times)| (id, *times)).collect();
        tasks.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        tasks.truncate(most);
        tasks
    }
}

impl UnitYear {
    /// The duties of the year.
    pub fn duties(&self) -> u32 {
        self.months.iter().map(|month| month.duties).sum()
    }

    /// Those that ask for evidence.
    pub fn evidence(&self) -> u32 {
        self.months.iter().map(|month| month.evidence).sum()
    }

    /// The letters its contacts got.
    pub fn letters(&self) -> u32 {
        self.months.iter().map(|month| month.letters).sum()
    }

    /// Its heaviest month, 1 to 12, and what is asked in it.
    pub fn heaviest(&self) -> Option<(usize, &Burden)> {
        (1..)
            .zip(&self.months)
            .max_by_key(|(month, burden)| {
                (burden.duties, burden.evidence, std::cmp::Reverse(*month))
            })
            .filter(|(_, burden)| burden.duties > 0)
    }
}

impl Climbed {
    /// `逾期3个工作日,报校长、镇街安全专干`
    pub fn in_words(&self) -> Words {
        let (zh, en): (Vec<String>, Vec<String>) = self
            .to
            .iter()
            .map(|role| {
                let name = match role.at {
                    None => role_name(role.role.as_str()).to_owned(),
                    Some(kind) => {
                        format!("{}{}", kind.name(), role_title(role.role.as_str(), kind))
                    }
                };
                (name, role.to_string())
            })
            .unzip();
        Words::new(
            format!("逾期{},报{}", self.after.chinese(), zh.join("、")),
            format!("{} overdue, to {}", self.after, en.join(", ")),
        )
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Everybody with a mailbox in the year.
fn people(agenda: &Agenda, year: i16, tally: &Tally) -> Vec<Person> {
    let (first, last) = (date(year, 1, 1), date(year, 12, 31));
    let mut found: BTreeMap<&Address, Person> = BTreeMap::new();
    for (at, unit) in agenda.roster.units().iter().enumerate() {
        for contact in &unit.contacts {
            let held = contact.since.is_none_or(|since| since <= last)
                && contact.until.is_none_or(|until| first <= until);
            let Some(address) = contact.address.as_ref().filter(|_| held) else {
                continue;
            };
            let person = found.entry(address).or_insert_with(|| Person {
                address: address.clone(),
                person: contact.person.clone(),
                units: Vec::new(),
                letters: tally.letters.get(address).map_or(0, |m| m.values().sum()),
            });
            if !person.units.contains(&at) {
                person.units.push(at);
            }
        }
    }
    let mut people: Vec<Person> = found.into_values().collect();
    people.sort_by(|a, b| b.letters.cmp(&a.letters).then(a.address.cmp(&b.address)));
    people
}

fn units(
    agenda: &Agenda,
    year: i16,
    all: &[Alike],
    people: &[Person],
    tally: &Tally,
) -> Vec<UnitYear> {
    let month_of = |month: i8| Month { year, month };
    let mut found: Vec<UnitYear> = (0..agenda.roster.units().len())
        .map(|unit| UnitYear {
            unit,
            months: Vec::new(),
        })
        .collect();
    for alike in all {
        for at in &alike.units {
            found[*at].months = (1..=12)
                .map(|month| Burden {
                    letters: 0,
                    ..alike
                        .months
                        .get(&month_of(month))
                        .cloned()
                        .unwrap_or_default()
                })
                .collect();
        }
    }
    for person in people {
        let Some(letters) = tally.letters.get(&person.address) else {
            continue;
        };
        for at in &person.units {
            for (burden, month) in found[*at].months.iter_mut().zip(1..) {
                burden.letters += letters.get(&month_of(month)).copied().unwrap_or(0);
            }
        }
    }
    found
}

/// Of every duty that people were told of, as it stands on the year's last day.
fn answers(agenda: &Agenda, state: &State, last: Date) -> Answers {
    let zone = &agenda.calendar.timezone;
    let mut found = Answers::default();
    for (id, units) in &state.duties {
        let Some(task) = agenda.calendar.tasks.get(&id.task) else {
            continue;
        };
        for duty in units.values() {
            let Some(due) = due(duty) else { continue };
            let number = match duty.settled(task.times) {
                Some(Settled::LetOff(_)) => &mut found.let_off,
                Some(Settled::Done(given)) => {
                    let day = given.at.to_zoned_datetime(zone.clone()).date();
                    if day <= due {
                        &mut found.in_time
                    } else {
                        &mut found.late
                    }
                }
                None if due <= last => &mut found.never,
                None => &mut found.not_due,
            };
            *number += 1;
        }
    }
    found
}

/// What was asked, and what became of it.
fn requests(agenda: &Agenda, state: &State, tally: &Tally) -> BTreeMap<Answer, Requests> {
    let of_kind = |(answer, (asked, granted, refused)): (&Answer, &(u32, u32, u32))| {
        let requests = Requests {
            asked: *asked,
            granted: *granted,
            refused: *refused,
            waiting: 0,
        };
        (*answer, requests)
    };
    let mut found: BTreeMap<_, _> = tally.requests.iter().map(of_kind).collect();
    for (id, units) in &state.duties {
        let times = agenda.calendar.times(&id.task);
        let open = units.values().filter(|duty| duty.settled(times).is_none());
        for given in open.filter_map(|duty| duty.request()) {
            found.entry(given.answer).or_default().waiting += 1;
        }
    }
    found
}

/// The due day people know of.
fn due(duty: &DutyState) -> Option<Date> {
    let told = duty.standing().last()?.due;
    Some(duty.extended_to.map_or(told, |until| told.max(until)))
}

fn warnings(agenda: &Agenda, from: Date, to: Date) -> Vec<Words> {
    let calendar: &Calendar = &agenda.calendar;
    let year = from.year();
    let notice = missing_notice(calendar, year).map(|zh| {
        let en = format!("no holiday notice for {year}: its workdays are Monday to Friday less the statutory days");
        Words::new(zh, en)
    });
    let mut found: Vec<Words> = notice.into_iter().collect();
    found.extend(undated(agenda, from, to));
    found.extend(
        over_caps(agenda, from, to)
            .into_iter()
            .map(|found| found.message),
    );
    found
}

/// The tasks that have no date in the year, for want of a school calendar or of the year's own date.
fn undated(agenda: &Agenda, from: Date, to: Date) -> Option<Words> {
    let mut tasks: BTreeSet<&TaskId> = BTreeSet::new();
    let all = agenda.between(from, to);
    for occurrence in &all {
        if matches!(occurrence.dated, Err(Absent::Undated(_))) {
            tasks.insert(&occurrence.id.task);
        }
    }
    let number = tasks.len();
    if number == 0 {
        return None;
    }
    let named: Vec<_> = tasks.iter().take(UNDATED_NAMED).collect();
    let titles: Vec<_> = named
        .iter()
        .filter_map(|id| {
            agenda
                .calendar
                .tasks
                .get(**id)
                .map(|task| task.title.as_str())
        })
        .collect();
    let ids: Vec<_> = named.iter().map(|id| id.as_str()).collect();
    let more = number > named.len();
    Some(Words::new(
        format!(
            "{}年有{number}项任务有的期次没有日期,没有排进预演:{}{}。补上校历(school-year.toml)和当年的日期后再预演一次",
            from.year(),
            titles.join("、"),
            if more { "等" } else { "" }
        ),
        format!(
            "{number} tasks lack dates in {} and are left out: {}{}; add the school calendar and the year's dates",
            from.year(),
            ids.join(", "),
            if more { " and others" } else { "" }
        ),
    ))
}
