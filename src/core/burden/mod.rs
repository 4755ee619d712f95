//! The burden 负担 a unit carries: how much is asked of it, month by month. It is computed for units that are alike, so
//! that its cost does not grow with their number.

mod caps;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

pub use caps::{over_caps, review};

use super::agenda::{Agenda, Occurrence};
use super::calendar::Calendar;
use super::diagnostic::Words;
use super::ladder::RoleRef;
use super::names::TaskId;
use super::plan::Timetable;
use super::roster::{Kind, Unit};

/// How long before its due day a duty may be spoken of, as far as the letters of a month are counted.
const LONGEST_LEAD_DAYS: i64 = 100;

/// How many tags may name a kind of units: a name of more says less.
const TAGS_NAMED: usize = 3;

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

/// What one unit is asked in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Burden {
    /// The duties due.
    pub duties: u32,
    /// Those of them that ask for evidence.
    pub evidence: u32,
    /// The letters its contacts get if each duty is answered when it falls due.
    pub letters: u32,
    /// How many of the duties are of each task.
    pub tasks: BTreeMap<TaskId, u32>,
}

/// Units of one kind that are asked the same on the same days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// The units, as places in the roster; never empty.
    pub units: Vec<usize>,
    /// What each of them is asked, by month; months without a duty or letter are left out.
    pub months: BTreeMap<Month, Burden>,
}

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// `2026年9月`, `2026-09`
    pub fn in_words(self) -> Words {
        Words::new(format!("{}年{}月", self.year, self.month), self.to_string())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Alike {
    /// Whether they are schools, whose burden the caps are for.
    pub fn teach(&self, agenda: &Agenda) -> bool {
        self.first(agenda).kind.teaches()
    }

    /// As people would call them: the unit's name where it is one, else what they share: `寄宿制高中(浒山高级中学等3所)`.
    pub fn name(&self, agenda: &Agenda) -> Words {
        let first = self.first(agenda);
        let many = self.units.len();
        if many == 1 {
            return Words::new(&first.name, &first.name);
        }
        let tags = self.shared_tags(agenda);
        let (kind, name) = (first.kind, &first.name);
        let meanings: Vec<_> = tags.iter().map(|(_, meaning)| meaning.as_str()).collect();
        let words: Vec<_> = tags.iter().map(|(tag, _)| tag.as_str()).collect();
        let joined = if words.is_empty() {
            kind.word().to_owned()
        } else {
            format!("{} {}", words.join(" "), kind.word())
        };
        Words::new(
            format!(
                "{}{}({name}等{many}个单位)",
                meanings.join("、"),
                kind.name()
            ),
            format!("{joined} ({name} and {} more)", many - 1),
        )
    }

    /// The tags all of them hold, as they are written and said; none where there are too many to name.
    fn shared_tags(&self, agenda: &Agenda) -> Vec<(String, String)> {
        let units = || self.units.iter().map(|at| &agenda.roster.units()[*at]);
        let shared: Vec<_> = self
            .first(agenda)
            .tags
            .iter()
            .filter(|(tag, value)| units().all(|unit| unit.tags.get(*tag) == Some(*value)))
            .map(|(tag, value)| {
                let meaning = agenda.calendar.tags.get(tag).unwrap_or(tag);
                match value {
                    Some(value) => (format!("{tag}={value}"), format!("{meaning}{value}")),
                    None => (tag.clone(), meaning.clone()),
                }
            })
            .collect();
        if shared.len() > TAGS_NAMED {
            Vec::new()
        } else {
            shared
        }
    }

    fn first<'a>(&self, agenda: &'a Agenda) -> &'a Unit {
        &agenda.roster.units()[self.units[0]]
    }
}

/// What is asked of each unit from one day to another, both included, by units that are alike. What is raised by hand is
/// not foreseen, and what a covering duty makes silent is not counted.
pub fn burdens(agenda: &Agenda, from: Date, to: Date) -> Vec<Alike> {
    counted(agenda, partition(agenda), from, to)
}

/// What is asked of one unit, by its place in the roster, month by month.
pub fn burden_of(agenda: &Agenda, at: usize, from: Date, to: Date) -> BTreeMap<Month, Burden> {
    let alone = counted(agenda, vec![vec![at]], from, to);
    alone.into_iter().flat_map(|alike| alike.months).collect()
}

fn counted(agenda: &Agenda, sets: Vec<Vec<usize>>, from: Date, to: Date) -> Vec<Alike> {
    let mut counting = Counting::new(agenda, sets, from, to);
    let last = to.saturating_add(LONGEST_LEAD_DAYS.days());
    for year in from.year()..=last.year() {
        for occurrence in agenda.due_in(year).iter() {
            counting.take(occurrence);
        }
    }
    counting.finish()
}

/// The twelve months up to the end of the last term there is: the latest year that is known whole.
pub fn known_year(calendar: &Calendar) -> Option<(Date, Date)> {
    let last = calendar.school.terms.iter().map(|term| term.end).max()?;
    let to = last.last_of_month();
    let from = to.first_of_month().saturating_sub(11.months());
    Some((from, to))
}

/// The burden of the schools in a line: of a month on the average, and the heaviest month of the heaviest kind.
pub fn report(agenda: &Agenda) -> Option<Words> {
    let (from, to) = known_year(&agenda.calendar)?;
    let all = burdens(agenda, from, to);
    let schools: Vec<&Alike> = all.iter().filter(|alike| alike.teach(agenda)).collect();
    let (alike, month, burden) = heaviest(&schools)?;
    let number: usize = schools.iter().map(|alike| alike.units.len()).sum();
    let duties: usize = schools
        .iter()
        .map(|alike| {
            let each: u32 = alike.months.values().map(|burden| burden.duties).sum();
            alike.units.len() * usize::try_from(each).unwrap_or(0)
        })
        .sum();
    let tenths = (duties * 10 + number * 6) / (number * 12);
    let (name, when) = (alike.name(agenda), month.in_words());
    let (first, last) = (Month::of(from).in_words(), Month::of(to).in_words());
    let each = if alike.units.len() == 1 { "" } else { "每校" };
    let Burden {
        duties,
        evidence,
        letters,
        ..
    } = burden;
    Some(Words::new(
        format!(
            "学校负担({}至{}):每校每月平均{}.{}项职责;最重的是{},{}:{each}{duties}项职责,要交{evidence}份材料,约{letters}封信",
            first.zh,
            last.zh,
            tenths / 10,
            tenths % 10,
            when.zh,
            name.zh
        ),
        format!(
            "burden of schools, {} to {}: {}.{} duties a school a month; heaviest {}, {}: {duties} duties, {evidence} with evidence, about {letters} letters each",
            first.en,
            last.en,
            tenths / 10,
            tenths % 10,
            when.en,
            name.en
        ),
    ))
}

/// The month with the most duties, and of whom; then the one with the most evidence.
fn heaviest<'a>(schools: &[&'a Alike]) -> Option<(&'a Alike, Month, &'a Burden)> {
    schools
        .iter()
        .flat_map(|alike| {
            alike
                .months
                .iter()
                .map(|(month, burden)| (*alike, *month, burden))
        })
        .max_by_key(|(alike, month, burden)| {
            let earliest = std::cmp::Reverse((*month, alike.units[0]));
            (burden.duties, burden.evidence, earliest)
        })
}

/// The counting of a stretch of days.
struct Counting<'a> {
    agenda: &'a Agenda,
    from: Date,
    to: Date,
    alike: Vec<Alike>,
    /// The days on which somebody at the unit is written to, for each of `alike`.
    letters: Vec<BTreeSet<(Date, &'a RoleRef)>>,
}

impl<'a> Counting<'a> {
    fn new(agenda: &'a Agenda, sets: Vec<Vec<usize>>, from: Date, to: Date) -> Self {
        let alike: Vec<_> = sets
            .into_iter()
            .map(|units| Alike {
                units,
                months: BTreeMap::new(),
            })
            .collect();
        Self {
            agenda,
            from,
            to,
            letters: vec![BTreeSet::new(); alike.len()],
            alike,
        }
    }

    fn take(&mut self, occurrence: &Occurrence) {
        let (agenda, from, to) = (self.agenda, self.from, self.to);
        let Ok(dated) = &occurrence.dated else {
            return;
        };
        let (task, group) = agenda.parts(occurrence);
        let members = agenda.members(&task.id);
        let covering = agenda.covering(task, occurrence.group, occurrence.id.period);
        let within = task.every.lies_within_a_year();
        let timetable = Timetable::new(&group.ladder, &agenda.calendar.workdays, dated, within);
        let days: Vec<Date> = timetable
            .before_due()
            .into_iter()
            .map(|(_, day)| day)
            .filter(|day| from <= *day && *day <= to)
            .collect();
        for (alike, letters) in self.alike.iter_mut().zip(&mut self.letters) {
            let at = alike.units[0];
            let is_covered = || {
                covering
                    .iter()
                    .any(|by| agenda.members(&by.task.id)[at] == Some(by.group))
            };
            if members[at] != Some(occurrence.group) || is_covered() {
                continue;
            }
            let own = group.ladder.to.iter().filter(|role| !role.is_above());
            for role in own {
                letters.extend(days.iter().map(|day| (*day, role)));
            }
            if from <= dated.due && dated.due <= to {
                let burden = alike.months.entry(Month::of(dated.due)).or_default();
                burden.duties += 1;
                burden.evidence += u32::from(!task.evidence.is_empty());
                *burden.tasks.entry(task.id.clone()).or_default() += 1;
            }
        }
    }

    fn finish(mut self) -> Vec<Alike> {
        for (alike, letters) in self.alike.iter_mut().zip(self.letters) {
            for (day, _) in letters {
                alike.months.entry(Month::of(day)).or_default().letters += 1;
            }
        }
        self.alike
    }
}

/// The units in sets that no task tells apart, in the order of their first units.
fn partition(agenda: &Agenda) -> Vec<Vec<usize>> {
    let units = agenda.roster.units();
    let mut known: HashMap<Kind, usize> = HashMap::new();
    let mut set_of: Vec<usize> = units
        .iter()
        .map(|unit| {
            let next = known.len();
            *known.entry(unit.kind).or_insert(next)
        })
        .collect();
    let mut next = known.len();
    for task in agenda.calendar.tasks.values() {
        for group in agenda.groups(task) {
            let mut told_apart: HashMap<usize, usize> = HashMap::new();
            for at in &group.units {
                let set = *told_apart.entry(set_of[*at]).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
                set_of[*at] = set;
            }
        }
    }
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut place: HashMap<usize, usize> = HashMap::new();
    for (at, set) in set_of.into_iter().enumerate() {
        let found = *place.entry(set).or_insert_with(|| {
            sets.push(Vec::new());
            sets.len() - 1
        });
        sets[found].push(at);
    }
    sets
}
