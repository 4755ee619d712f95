//! A stretch of time in which everything goes wrong now and then, as the seed has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use schoolbell::core::calendar::Schedule;
use schoolbell::core::duty::{DutyId, OccurrenceId};
use schoolbell::core::fact::{Answer, Event};
use schoolbell::core::ladder::Stretch;
use schoolbell::core::period::PeriodKey;
use schoolbell::core::plan::Slots;

use super::house::{Beat, Fall};
use super::outcomes::Tally;
use super::people::decision;
use super::post::Weather;
use super::source::Source;
use super::{Habit, Violation, World};
use schoolbell::core::rehearsal::Chance as Rng;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The first day the bell may be hung, and how many days after it the last.
const FIRST: &str = "2026-03-04T07:59:00+08:00";
const STARTS_WITHIN_DAYS: i64 = 300;

/// Something that befalls the house.
#[derive(Clone, Debug)]
enum Mishap {
    /// The power fails within the next beat that has work.
    Fall(Fall),
    Outage(SignedDuration),
    /// The clock is set so much on, or back.
    Step(SignedDuration),
    Edit,
    Undo,
    Clerk,
}

/// A mishap, with what decides its details. It has a stream of numbers of its own, so that leaving it out changes
/// nothing of the others.
#[derive(Debug)]
struct Drawn {
    /// Its number among those of the seed; what follows from it has the same.
    nth: u64,
    mishap: Mishap,
    rng: Rng,
}

/// Draws the details of a mishap.
type Make = fn(&mut Rng) -> Mishap;

/// What a seed's stretch of time came to.
pub(crate) struct Lived {
    pub(crate) facts: usize,
    pub(crate) tally: Tally,
}

/// Lives through so many days of a seed.
///
/// # Errors
/// The first broken promise, with as few mishaps before it as will break it.
pub(crate) fn run_seed(seed: u64, days: i64) -> Result<Lived, Box<Violation>> {
    let violation = match live(seed, days, None) {
        Ok(lived) => return Ok(lived),
        Err(violation) => violation,
    };
    let again = |only: &BTreeSet<u64>| live(seed, days, Some(only)).err().map(|found| *found);
    Err(Box::new(shrink(*violation, again)))
}

/// Lives through so many days of a seed with only some of its mishaps.
///
/// # Errors
/// The first broken promise.
pub(crate) fn run_some(
    seed: u64,
    days: i64,
    only: &BTreeSet<u64>,
) -> Result<Lived, Box<Violation>> {
    live(seed, days, Some(only))
}

/// Leaves out mishaps, halves first and then ever fewer at a time, as long as what is left still breaks a promise.
fn shrink(mut found: Violation, again: impl Fn(&BTreeSet<u64>) -> Option<Violation>) -> Violation {
    let mut size = found.mishaps.len().div_ceil(2);
    while size > 0 {
        let all: Vec<u64> = found.mishaps.iter().copied().collect();
        let smaller = all.chunks(size).find_map(|part| {
            let mut only = found.mishaps.clone();
            only.retain(|nth| !part.contains(nth));
            again(&only)
        });
        match smaller {
            Some(smaller) => found = smaller,
            None if size == 1 => break,
            None => size = size.div_ceil(2),
        }
        size = size.min(found.mishaps.len());
    }
    found
}

/// `only`: the mishaps that may befall it; all, if not given.
fn live(seed: u64, days: i64, only: Option<&BTreeSet<u64>>) -> Result<Lived, Box<Violation>> {
    let mut rng = Rng::new(seed ^ 0x006c_6976_6573);
    let first: Timestamp = FIRST.parse().expect("an instant");
    let offset = DAY * i32::try_from(rng.between(0, STARTS_WITHIN_DAYS)).unwrap_or(0)
        + SignedDuration::from_mins(rng.between(0, 24 * 60));
    let start = first + offset;
    let mut source = Source::shipped();
    if rng.percent(30) {
        source.replace(
            "send_at  = [\"08:00\"]",
            "send_at  = [\"08:00\", \"14:00\"]",
        );
    }
    let weather = Weather {
        deferred: rng.below(15),
        unknown: rng.below(8),
        gone: rng.below(8),
        bounced: rng.below(8),
    };
    let agenda = Arc::new(source.agenda().expect("the calendar loads"));
    let world = World::new(seed, agenda, start, weather, Habit::Seeded);
    let mut life = Life {
        world,
        rng,
        sources: vec![source],
        only: only.cloned(),
        befell: BTreeSet::new(),
        drawn: 0,
        mishaps: BTreeMap::new(),
        nth: 0,
        now: start,
        skew: SignedDuration::ZERO,
        fall: None,
    };
    life.live(start, days)
        .and_then(|()| life.calm_down())
        .map_err(|mut violation| {
            violation.mishaps = std::mem::take(&mut life.befell);
            violation
        })?;
    Ok(Lived {
        facts: life.world.house.facts.len(),
        tally: life.world.tally,
    })
}

struct Life {
    world: World,
    rng: Rng,
    /// The texts in force, and those before them.
    sources: Vec<Source>,
    /// The mishaps that may befall it; all, if not given.
    only: Option<BTreeSet<u64>>,
    befell: BTreeSet<u64>,
    /// How many mishaps the seed has had so far.
    drawn: u64,
    mishaps: BTreeMap<(Timestamp, u64), Drawn>,
    nth: u64,
    /// What the house's clock shows, and by how much it is wrong.
    now: Timestamp,
    skew: SignedDuration,
    fall: Option<Drawn>,
}

impl Life {
    fn live(&mut self, start: Timestamp, days: i64) -> Result<(), Box<Violation>> {
        let mut drawn = 0;
        loop {
            let lived = (self.now - self.skew).duration_since(start).as_hours() / 24;
            if lived >= days {
                return Ok(());
            }
            while drawn <= lived {
                self.draw();
                drawn += 1;
            }
            self.world.happen(self.now);
            let planned = self.fall.as_ref().and_then(|fall| match fall.mishap {
                Mishap::Fall(fall) => Some(fall),
                _ => None,
            });
            match self.world.beat(self.now, planned)? {
                Beat::Done => {}
                Beat::Fell => {
                    self.world
                        .note(self.now, &format!("the power fails: {planned:?}"));
                    let off = self
                        .fall
                        .take()
                        .map_or(1, |mut fall| fall.rng.between(1, 40));
                    self.now += SignedDuration::from_mins(off);
                    self.world.house.start(self.now);
                    continue;
                }
            }
            self.now = self.next();
            self.befall();
        }
    }

    /// Quiet returns: nothing befalls the house, the mail works, and whatever is still to be delivered is.
    fn calm_down(&mut self) -> Result<(), Box<Violation>> {
        /// Longer than the longest holiday, and than a letter is tried.
        const QUIET_DAYS: i32 = 14;
        self.mishaps.clear();
        self.fall = None;
        self.world.post.weather = Weather::default();
        let until = self.now + DAY * QUIET_DAYS;
        while self.now < until {
            self.world.happen(self.now);
            self.world.beat(self.now, None)?;
            self.now = self.next();
        }
        let waiting = &self.world.house.state.open_letters;
        if waiting.is_empty() {
            return Ok(());
        }
        let fault = format!("after {QUIET_DAYS} quiet days letters still wait: {waiting:?}");
        Err(Box::new(self.world.violation(self.now, vec![fault])))
    }

    /// The next instant at which anything is to happen, by the house's clock.
    fn next(&self) -> Timestamp {
        let world = &self.world;
        let slots = Slots::new(&world.house.agenda.calendar);
        let tomorrow = self.now + DAY;
        [
            Some(slots.after(self.now)),
            world.house.next_retry(),
            world.intents.keys().next().map(|(at, _)| *at),
            world.bounces.keys().next().map(|(at, _)| *at),
            self.mishaps.keys().next().map(|(at, _)| *at),
        ]
        .into_iter()
        .flatten()
        // What is overdue already has just been seen to.
        .map(|at| at.max(self.now + SignedDuration::from_secs(1)))
        .fold(tomorrow, Timestamp::min)
    }

    /// What befalls the house in the coming day.
    fn draw(&mut self) {
        const CHANCES: [(u64, Make); 6] = [
            (8, |rng| {
                let falls = [Fall::Planned, Fall::Committed, Fall::Attempted];
                Mishap::Fall(*rng.pick(&falls).unwrap_or(&Fall::Planned))
            }),
            (3, |rng| {
                let hours = match rng.below(10) {
                    0..=5 => rng.between(1, 14),
                    6..=8 => rng.between(20, 100),
                    _ => rng.between(150, 500),
                };
                Mishap::Outage(SignedDuration::from_hours(hours))
            }),
            (3, |rng| {
                let minutes = if rng.percent(50) {
                    -rng.between(1, 240)
                } else {
                    rng.between(1, 1800)
                };
                Mishap::Step(SignedDuration::from_mins(minutes))
            }),
            (9, |_| Mishap::Edit),
            (3, |_| Mishap::Undo),
            (50, |_| Mishap::Clerk),
        ];
        for (often, make) in CHANCES {
            let mut rng = Rng::new(self.rng.draw());
            if !rng.percent(often) {
                continue;
            }
            self.drawn += 1;
            let nth = self.drawn;
            if self.only.as_ref().is_none_or(|only| only.contains(&nth)) {
                let mishap = make(&mut rng);
                let at = self.now + SignedDuration::from_mins(rng.between(0, 24 * 60));
                self.plan(at, Drawn { nth, mishap, rng });
            }
        }
    }

    fn plan(&mut self, at: Timestamp, drawn: Drawn) {
        self.nth += 1;
        self.mishaps.insert((at, self.nth), drawn);
    }

    fn befall(&mut self) {
        while let Some(entry) = self.mishaps.first_entry()
            && entry.key().0 <= self.now
        {
            let mut drawn = entry.remove();
            self.befell.insert(drawn.nth);
            let nth = drawn.nth;
            let rng = &mut drawn.rng;
            if !matches!(drawn.mishap, Mishap::Clerk) {
                let what = format!("{nth}: {:?}", drawn.mishap);
                self.world.note(self.now, &what);
            }
            match drawn.mishap {
                Mishap::Fall(_) => self.fall = Some(drawn),
                Mishap::Outage(length) => {
                    self.now += length;
                    self.world.house.start(self.now);
                }
                Mishap::Step(by) => {
                    self.now += by;
                    self.skew += by;
                    if rng.percent(70) {
                        let right = self.now + SignedDuration::from_mins(rng.between(5, 900));
                        drawn.mishap = Mishap::Step(-by);
                        self.plan(right, drawn);
                    }
                }
                Mishap::Edit => {
                    self.edit(nth, rng);
                    if rng.percent(25) {
                        let soon = self.now + SignedDuration::from_mins(rng.between(1, 600));
                        drawn.mishap = Mishap::Undo;
                        self.plan(soon, drawn);
                    }
                }
                Mishap::Undo => self.undo(),
                Mishap::Clerk => self.clerk(rng),
            }
        }
    }

    fn today(&self) -> Date {
        Slots::new(&self.world.house.agenda.calendar).day(self.now)
    }

    fn edit(&mut self, nth: u64, rng: &mut Rng) {
        let mut source = self.sources.last().expect("a source").clone();
        let kind = rng.below(10);
        let what = match kind {
            0..=2 => {
                let (tasks, due) = (source.tasks(), self.any_due(rng));
                let task = rng.pick(&tasks).expect("a task").clone();
                source.move_due(&task, &due);
                format!("{task} is now due {due}")
            }
            3 => {
                let task = rng.pick(&source.tasks()).expect("a task").clone();
                source.remove_task(&task);
                format!("{task} is removed")
            }
            4 => {
                let audiences = ["school", "k12", "town | bureau", "unit:s001", "boarding"];
                let audience = *rng.pick(&audiences).unwrap_or(&"school");
                let due = self.any_due(rng);
                source.add_task(&format!("extra-{nth}"), &due, audience);
                format!("extra-{nth} is added for {audience}, due {due}")
            }
            5 | 6 => {
                let mailbox = match rng.below(3) {
                    0 => String::new(),
                    1 => "wang.jianguo@hushan-primary.example".to_owned(),
                    _ => format!("new{nth}@cixi.example"),
                };
                source.change_mailbox(rng, &mailbox)
            }
            7 => {
                let id = format!("s1{:02}", nth % 100);
                source.add_unit(&id);
                format!("{id} is added")
            }
            8 => {
                let id = format!("s00{}", rng.between(1, 9));
                source.remove_unit(&id);
                format!("{id} is removed")
            }
            _ => {
                source.replace(
                    "[\"7d\", \"2 workdays\", \"0d\"]",
                    "[\"8d\", \"2 workdays\", \"0d\"]",
                );
                "reminders at 8d instead of 7d".to_owned()
            }
        };
        self.world.note(self.now, &what);
        self.put_in_force(source);
    }

    fn any_due(&self, rng: &mut Rng) -> String {
        let day = self.today().saturating_add(rng.between(-12, 50).days());
        match rng.below(10) {
            0 => "最后一个工作日".to_owned(),
            1 => format!("{}日", day.day()),
            _ => format!("{}月{}日", day.month(), day.day()),
        }
    }

    fn undo(&mut self) {
        if self.sources.len() > 1 {
            let at = self.sources.len() - 2;
            let before = self.sources[at].clone();
            self.put_in_force(before);
        }
    }

    /// An edit takes effect whole or not at all.
    fn put_in_force(&mut self, source: Source) {
        match source.agenda() {
            Ok(agenda) => {
                self.world.house.load(Arc::new(agenda), self.now);
                self.sources.push(source);
            }
            Err(why) => {
                let first = why.lines().next().unwrap_or_default().to_owned();
                self.world
                    .note(self.now, &format!("the edit is refused: {first}"));
            }
        }
    }

    fn clerk(&mut self, rng: &mut Rng) {
        self.world.catch_up();
        let fates = &self.world.record.fates;
        let asked: Vec<_> = fates
            .iter()
            .filter_map(|(duty, fate)| fate.request.map(|request| (duty.clone(), request)))
            .collect();
        if let Some((duty, (request, until))) = rng.pick(&asked).cloned()
            && rng.percent(70)
        {
            let event = decision(rng, &duty, request, until);
            self.record_by_clerk(event);
            return;
        }
        let all: Vec<&DutyId> = fates.keys().collect();
        let Some(duty) = rng.pick(&all).map(|duty| (*duty).clone()) else {
            return;
        };
        let by = "局办".to_owned();
        let note = String::new();
        let settled = fates[&duty].settled(self.times(&duty));
        let event = match rng.below(6) {
            0 | 1 if settled => Event::Return { duty, by, note },
            0 | 1 if !settled => Event::Waiver { duty, by, note },
            2 | 3 => match self.raise(rng) {
                Some(event) => event,
                None => return,
            },
            4 if !settled => Event::Answer {
                duty,
                answer: Answer::Done,
                by,
                note,
                via: schoolbell::core::fact::Via::Clerk,
                address: None,
                nth: None,
                until: None,
                corrects: false,
            },
            _ => return,
        };
        self.record_by_clerk(event);
    }

    fn times(&self, duty: &DutyId) -> u16 {
        let tasks = &self.world.house.agenda.calendar.tasks;
        tasks
            .get(&duty.occurrence.task)
            .map_or(1, |task| task.times)
    }

    fn record_by_clerk(&mut self, event: Event) {
        let what = serde_json::to_string(&event).unwrap_or_default();
        self.world.note(self.now, &format!("clerk: {what}"));
        self.world.house.append(self.now, vec![event]);
    }

    /// Raises a conditional task for some school.
    fn raise(&self, rng: &mut Rng) -> Option<Event> {
        let today = self.today();
        let agenda = Arc::clone(&self.world.house.agenda);
        let tasks: Vec<_> = agenda
            .calendar
            .tasks
            .values()
            .filter_map(|task| match task.schedule {
                Schedule::Conditional(after) => Some((task, after)),
                Schedule::Dated(_) => None,
            })
            .collect();
        let (task, after) = rng.pick(&tasks)?;
        let units: Vec<_> = agenda
            .roster
            .units()
            .iter()
            .filter(|u| task.audience.matches(u))
            .collect();
        let unit = rng.pick(&units)?;
        let name = |nth: u16| DutyId {
            occurrence: OccurrenceId {
                task: task.id.clone(),
                period: PeriodKey::Raised(today, nth),
            },
            unit: unit.id.clone(),
        };
        let fates = &self.world.record.fates;
        let duty = (1..=u16::MAX)
            .map(name)
            .find(|duty| !fates.contains_key(duty))?;
        Some(Event::Raised {
            duty,
            due: match after {
                Stretch::Days(n) => today.saturating_add(i64::from(*n).days()),
                Stretch::Workdays(n) => agenda.calendar.workdays.after(today, *n),
            },
            by: "局办".to_owned(),
            note: String::new(),
            alert: false,
            title: String::new(),
        })
    }
}

/// What breaks a promise is shown with as few mishaps as will do: here two of sixty, which only break it together.
#[test]
fn a_violation_is_shrunk() {
    let broken = |mishaps: BTreeSet<u64>| Violation {
        mishaps,
        ..Violation::default()
    };
    let shrunk = shrink(broken((1..=60).collect()), |only| {
        let breaks = only.contains(&17) && only.contains(&42);
        breaks.then(|| broken(only.clone()))
    });
    assert_eq!(shrunk.mishaps, BTreeSet::from([17, 42]));
}
