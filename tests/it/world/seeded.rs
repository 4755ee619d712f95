//! A stretch of time in which everything goes wrong now and then, as the seed has it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use schoolbell::core::rehearsal::Chance as Rng;

use super::edits::Edit;
use super::house::Failpoint;
use super::outcomes::Tally;
use super::post::{Trouble, Weather};
use super::shrink::shrink;
use super::source::Source;
use super::{Census, Habit, Stop, Violation, World};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The first day the bell may be hung, and how many days after it the last.
const FIRST: &str = "2026-03-04T07:59:00+08:00";
const STARTS_WITHIN_DAYS: i64 = 300;

/// Longer than the longest holiday, and than a letter is tried.
const QUIET_DAYS: i32 = 14;

/// Something that befalls the house.
#[derive(Clone, Debug)]
pub(super) enum Mishap {
    /// The process dies at the so-manieth time that a point is reached from now on.
    Crash(Failpoint, u64),
    /// The machine is off.
    Outage(SignedDuration),
    /// The machine sleeps: its memory stays.
    Suspend(SignedDuration),
    /// The clock is set so much on, or back.
    Step(SignedDuration),
    /// The mail server fails for all letters.
    Server(Trouble, SignedDuration),
    Edit(Edit),
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

/// What a seed's stretch of time came to.
#[derive(Debug)]
pub(crate) struct Lived {
    pub(crate) facts: usize,
    pub(crate) tally: Tally,
    pub(crate) census: Census,
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

/// `only`: the mishaps that may befall it; all, if not given.
fn live(seed: u64, days: i64, only: Option<&BTreeSet<u64>>) -> Result<Lived, Box<Violation>> {
    let mut rng = Rng::new(seed ^ 0x006c_6976_6573);
    let first: Timestamp = FIRST.parse().expect("an instant");
    let offset = DAY * i32::try_from(rng.between(0, STARTS_WITHIN_DAYS)).unwrap_or(0)
        + SignedDuration::from_mins(rng.between(0, 24 * 60));
    let mut source = Source::shipped();
    if rng.percent(30) {
        source.replace(
            "send_at  = [\"08:00\"]",
            "send_at  = [\"08:00\", \"14:00\"]",
        );
    }
    let weather = Weather {
        deferred: rng.below(150),
        unknown: rng.below(40),
        unwanted: rng.below(20),
        gone: rng.below(8),
        bounced: rng.below(20),
    };
    let world = World::new(seed, &source, first + offset, weather, Habit::Seeded);
    Life::new(world, source, rng, only.cloned()).live_out(days, QUIET_DAYS)
}

/// Lives through so many days in which just this befalls it, each at its time.
///
/// # Errors
/// The first broken promise.
#[cfg(test)]
pub(super) fn scene(
    hung: &str,
    days: i64,
    weather: Weather,
    befalls: &[(&str, Mishap)],
) -> Result<Lived, Box<Violation>> {
    let at = |text: &str| -> Timestamp { format!("{text}:00+08:00").parse().expect("an instant") };
    let source = Source::shipped();
    let world = World::new(0, &source, at(hung), weather, Habit::Seeded);
    let mut life = Life::new(world, source, Rng::new(0), Some(BTreeSet::new()));
    for (nth, (when, mishap)) in (1..).zip(befalls) {
        let rng = Rng::new(nth);
        let mishap = mishap.clone();
        life.plan(at(when), Drawn { nth, mishap, rng });
    }
    // A weekend and a retry's longest wait are over after a few days.
    life.live_out(days, 4)
}

pub(super) struct Life {
    pub(super) world: World,
    rng: Rng,
    /// The texts in force, and those before them.
    pub(super) sources: Vec<Source>,
    /// The mishaps that may befall it; all, if not given.
    only: Option<BTreeSet<u64>>,
    befell: BTreeSet<u64>,
    /// How many mishaps the seed has had so far.
    drawn: u64,
    mishaps: BTreeMap<(Timestamp, u64), Drawn>,
    nth: u64,
    /// When an officer lets go what is held.
    pub(super) releases_at: Option<Timestamp>,
    /// Where the process is to die, and what decides how that goes on.
    crash: Option<(Failpoint, Rng)>,
}

impl Life {
    fn new(world: World, source: Source, rng: Rng, only: Option<BTreeSet<u64>>) -> Self {
        Self {
            world,
            rng,
            sources: vec![source],
            only,
            befell: BTreeSet::new(),
            drawn: 0,
            mishaps: BTreeMap::new(),
            nth: 0,
            releases_at: None,
            crash: None,
        }
    }

    fn live_out(mut self, days: i64, quiet_days: i32) -> Result<Lived, Box<Violation>> {
        self.live(days)
            .and_then(|()| self.calm_down(quiet_days))
            .map_err(|mut violation| {
                violation.mishaps = std::mem::take(&mut self.befell);
                violation
            })?;
        Ok(Lived {
            facts: self.world.house.facts.len(),
            tally: self.world.tally,
            census: self.world.census,
        })
    }

    fn live(&mut self, days: i64) -> Result<(), Box<Violation>> {
        let start = self.world.house.since_boot();
        let mut drawn = 0;
        loop {
            let lived = self.world.house.since_boot().saturating_sub(start);
            let lived = lived.as_secs() / (24 * 60 * 60);
            let lived = i64::try_from(lived).unwrap_or(i64::MAX);
            if lived >= days {
                return Ok(());
            }
            while drawn <= lived {
                self.draw();
                drawn += 1;
            }
            self.go_through(|life| {
                life.world.turn()?;
                life.notice_hold();
                life.release()
            })?;
            let next = self.next();
            let now = self.world.house.now();
            self.world.house.pass(next.duration_since(now));
            self.go_through(Self::befall)?;
        }
    }

    /// Does something; where the process dies of it, it is started again after a while.
    fn go_through(
        &mut self,
        deed: impl FnOnce(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Box<Violation>> {
        match deed(self) {
            Ok(()) => Ok(()),
            Err(Stop::Broken(violation)) => Err(violation),
            Err(Stop::Fell) => {
                let (point, mut rng) = self.crash.take().expect("a crash was lit");
                self.world.note(&format!("the process dies: {point:?}"));
                self.world.count(format!("crash: {point:?}"));
                let off = SignedDuration::from_mins(rng.between(0, 40));
                self.world.house.pass(off);
                // Now and then it dies again while it starts, or soon after.
                if rng.percent(20) {
                    let point = if rng.percent(50) {
                        Failpoint::BeforeCommit
                    } else {
                        Failpoint::AfterCommit
                    };
                    self.world.house.fuse.set(Some((point, rng.below(3))));
                    self.crash = Some((point, rng));
                }
                self.start()
            }
        }
    }

    /// Starts until it starts: over what lies on disk, which somebody mends where it is broken.
    fn start(&mut self) -> Result<(), Box<Violation>> {
        loop {
            match self.world.start() {
                Ok(true) => return self.world.must_hold(),
                Ok(false) => {
                    let last = self.sources.last().expect("a source").clone();
                    self.world.house.write(&last);
                    self.world.house.pass(SignedDuration::from_mins(30));
                }
                Err(Stop::Broken(violation)) => return Err(violation),
                Err(Stop::Fell) => self.world.house.pass(SignedDuration::from_secs(10)),
            }
        }
    }

    /// Quiet returns: nothing befalls the house, the mail works, and whatever is still to be delivered is.
    fn calm_down(&mut self, quiet_days: i32) -> Result<(), Box<Violation>> {
        self.mishaps.clear();
        self.world.house.fuse.set(None);
        self.world.post.weather = Weather::default();
        self.world.post.trouble = None;
        let until = self.world.house.now() + DAY * quiet_days;
        while self.world.house.now() < until {
            self.go_through(|life| {
                life.world.turn()?;
                life.notice_hold();
                // Everybody is at their desks.
                let now = life.world.house.now();
                life.releases_at = life.releases_at.map(|at| at.min(now));
                life.release()
            })?;
            let next = self.next();
            let now = self.world.house.now();
            self.world.house.pass(next.duration_since(now));
        }
        self.world.must_be_delivered()
    }

    /// The next instant at which anything is to happen, by the house's clock.
    fn next(&self) -> Timestamp {
        let mishap = self.mishaps.keys().next().map(|(at, _)| *at);
        let soonest = self.world.house.now() + SignedDuration::from_secs(1);
        let ours = [mishap, self.releases_at].into_iter().flatten();
        ours.map(|at| at.max(soonest))
            .fold(self.world.next(), Timestamp::min)
    }

    /// What befalls the house in the coming day.
    fn draw(&mut self) {
        type Make = fn(&mut Rng) -> Mishap;
        const CHANCES: [(u64, Make); 8] = [
            (12, |rng| {
                let point = *rng.pick(&Failpoint::ALL).unwrap_or(&Failpoint::AfterDot);
                Mishap::Crash(point, rng.below(12))
            }),
            (3, |rng| {
                let hours = match rng.below(10) {
                    0..=5 => rng.between(1, 14),
                    6..=8 => rng.between(20, 100),
                    _ => rng.between(150, 500),
                };
                Mishap::Outage(SignedDuration::from_hours(hours))
            }),
            (2, |rng| {
                Mishap::Suspend(SignedDuration::from_hours(rng.between(1, 60)))
            }),
            (3, |rng| {
                let minutes = if rng.percent(50) {
                    -rng.between(1, 240)
                } else {
                    rng.between(1, 1800)
                };
                Mishap::Step(SignedDuration::from_mins(minutes))
            }),
            (3, |rng| {
                let trouble = if rng.percent(60) {
                    Trouble::Down
                } else {
                    Trouble::Locked
                };
                let minutes = match rng.below(10) {
                    0..=6 => rng.between(1, 300),
                    7 | 8 => rng.between(300, 3_000),
                    _ => rng.between(3_000, 10_000),
                };
                Mishap::Server(trouble, SignedDuration::from_mins(minutes))
            }),
            (9, |rng| Mishap::Edit(Edit::drawn(rng))),
            (3, |_| Mishap::Undo),
            (60, |_| Mishap::Clerk),
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
                let wait = SignedDuration::from_mins(rng.between(0, 24 * 60));
                self.plan(self.world.house.now() + wait, Drawn { nth, mishap, rng });
            }
        }
    }

    fn plan(&mut self, at: Timestamp, drawn: Drawn) {
        self.nth += 1;
        self.mishaps.insert((at, self.nth), drawn);
    }

    fn befall(&mut self) -> Result<(), Stop> {
        while let Some(entry) = self.mishaps.first_entry()
            && entry.key().0 <= self.world.house.now()
        {
            let mut drawn = entry.remove();
            let nth = drawn.nth;
            self.befell.insert(nth);
            let mishap = drawn.mishap.clone();
            if !matches!(mishap, Mishap::Clerk) {
                self.world.note(&format!("{nth}: {mishap:?}"));
            }
            match mishap {
                Mishap::Crash(point, times) => {
                    self.world.house.fuse.set(Some((point, times)));
                    self.crash = Some((point, drawn.rng));
                }
                Mishap::Outage(length) => {
                    self.world.count("outages");
                    self.world.house.stop();
                    self.world.house.pass(length);
                    self.start()?;
                }
                Mishap::Suspend(length) => {
                    self.world.count("suspends");
                    self.world.house.pass(length);
                }
                Mishap::Step(by) => {
                    self.world.count("clock steps");
                    self.world.house.step(by);
                    if drawn.rng.percent(70) {
                        let minutes = drawn.rng.between(5, 900);
                        let right = self.world.house.now() + SignedDuration::from_mins(minutes);
                        drawn.mishap = Mishap::Step(-by);
                        self.plan(right, drawn);
                    }
                }
                Mishap::Server(trouble, length) => {
                    let until = self.world.house.since_boot() + length.unsigned_abs();
                    self.world.post.trouble = Some((trouble, until));
                }
                Mishap::Edit(edit) => {
                    let mut rng = drawn.rng.clone();
                    if edit.is_taken_back() || drawn.rng.percent(25) {
                        let hours = if edit.is_taken_back() { 60 } else { 10 };
                        let minutes = drawn.rng.between(1, hours * 60);
                        let soon = self.world.house.now() + SignedDuration::from_mins(minutes);
                        drawn.mishap = Mishap::Undo;
                        self.plan(soon, drawn);
                    }
                    self.edit(edit, nth, &mut rng)?;
                }
                Mishap::Undo => self.undo()?,
                Mishap::Clerk => self.office_hour(&mut drawn.rng)?,
            }
        }
        Ok(())
    }
}
