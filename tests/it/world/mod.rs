//! A made-up world around the real daemon, its beat, courier, inbox, pages' answers and ledger: a mail server, people,
//! editors, officers and a clock, all from one seed. After everything that is done the promises are asked; what breaks
//! one is told with the seed, the instant and what led to it, and the seed replays it exactly.

mod climbs;
mod edits;
mod holds;
mod house;
mod officers;
mod outcomes;
mod people;
mod post;
mod promises;
mod record;
mod requests;
#[cfg(test)]
mod scenes;
mod seeded;
mod shrink;
pub(crate) mod source;
mod stands;
mod transcript;
mod violation;
mod way;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Event, Fact, LetterNo, Part};
use schoolbell::core::plan::{Slots, officers};
use schoolbell::core::rehearsal::Rehearsal;
use schoolbell::core::state::LetterState;

use house::{Crash, House};
use people::{Asked, Intent};
use post::{Bounce, Post, Weather};
use promises::Pass;
use record::Record;
use source::Source;
use transcript::name_of;
use violation::HISTORY_LINES;
use way::Road;

pub(crate) use outcomes::Tally;
pub(crate) use seeded::{run_seed, run_some};
pub(crate) use violation::Violation;

/// The golden year, as a transcript: no mishaps, and a third of the units never answer: the mountain school, the small
/// kindergarten whose deputy is its safety officer, the senior school right under the bureau, and the bureau itself. All
/// others say `done` two workdays after the opening letter.
///
/// # Errors
/// The first broken promise.
pub(crate) fn golden() -> Result<String, Box<Violation>> {
    let hung: Timestamp = "2026-03-04T07:59:00+08:00".parse().expect("an instant");
    let mut world = World::calm(hung, &["s002", "s004", "s007", "bureau"], 2);
    world.run_to(jiff::civil::date(2027, 2, 28))?;
    Ok(world.transcript)
}

/// Rehearses 2026 with the shipped calendar and a seed, and asks every promise. Returns how many notices were looked at.
///
/// # Errors
/// The first faults.
pub(crate) fn rehearse_seed(seed: u64) -> Result<usize, Vec<String>> {
    let agenda = Source::shipped().agenda().expect("the shipped calendar");
    ask_of(&agenda, Rehearsal::new(&agenda, 2026, seed))
}

/// Asks the promises of a rehearsal, slot by slot.
fn ask_of(agenda: &Agenda, rehearsal: Rehearsal<'_>) -> Result<usize, Vec<String>> {
    let (mut record, mut tally, mut notices) = (Record::default(), Tally::new(), 0);
    for step in rehearsal {
        for fact in &step.before {
            record.take(fact);
        }
        let mut faults = Vec::new();
        let is_letter = |fact: &Fact| matches!(fact.what, Event::LetterQueued { .. });
        let first = step.after.iter().position(is_letter);
        if let Some((pass, _)) = Pass::first_of(&step.after[first.unwrap_or(0)..]) {
            faults = promises::of_pass(agenda, &record, &pass);
        }
        notices += step
            .plan
            .letters
            .iter()
            .map(|l| l.notices.len())
            .sum::<usize>();
        // The letters are planned as one; what becomes of each comes after.
        let sending =
            |fact: &Fact| matches!(fact.what, Event::Attempt { .. } | Event::Outcome { .. });
        let planned = step.after.iter().position(sending);
        let (planned, sent) = step.after.split_at(planned.unwrap_or(step.after.len()));
        for fact in planned {
            record.take(fact);
        }
        if step.plan.slot.is_some() {
            let mut look = outcomes::Look {
                agenda,
                record: &record,
                today: step.day,
                tally: &mut tally,
                faults: Vec::new(),
            };
            look.at_all();
            look.at_requests();
            faults.append(&mut look.faults);
            faults.extend(promises::of_closings(agenda, &record, step.day));
            record.touched.clear();
        }
        for fact in sent {
            record.take(fact);
        }
        faults.append(&mut record.faults);
        if !faults.is_empty() {
            faults.insert(0, format!("on {}", step.day));
            faults.truncate(12);
            return Err(faults);
        }
    }
    Ok(notices)
}

/// Who answers, and how.
enum Habit {
    /// Each mailbox's owner as the seed has made them.
    Seeded,
    /// Those of these units never; all others say `done` so many workdays after the opening letter.
    Steady {
        silent: BTreeSet<String>,
        after_workdays: u16,
    },
}

/// Why the world goes no further just now.
#[derive(Debug)]
enum Stop {
    /// The process has died.
    Fell,
    /// A promise is broken.
    Broken(Box<Violation>),
}

impl From<Crash> for Stop {
    fn from(_: Crash) -> Self {
        Self::Fell
    }
}

impl From<Box<Violation>> for Stop {
    fn from(violation: Box<Violation>) -> Self {
        Self::Broken(violation)
    }
}

/// The world at an instant.
struct World {
    seed: u64,
    habit: Habit,
    house: House,
    post: Post,
    road: Road,
    record: Record,
    /// How many facts the record has.
    recorded: usize,
    /// What people will say, by the time they will.
    intents: BTreeMap<(Timestamp, u64), Intent>,
    /// Bounces on their way.
    bounces: BTreeMap<(Timestamp, u64), (LetterNo, Bounce)>,
    nth: u64,
    /// The letters people have read already.
    read: BTreeSet<(DutyId, String)>,
    faults: Vec<String>,
    history: VecDeque<String>,
    /// The transcript: one line a letter.
    transcript: String,
    tally: Tally,
    /// How often what happened.
    census: Census,
}

/// All facts are folded anew at each slot while there are few, and later with so many new ones.
const FOLDED_ANEW_EACH: usize = 4_000;

/// How often what happened: facts by their names, ends of letters by what the server meant, crashes by where.
pub(crate) type Census = BTreeMap<String, u64>;

impl World {
    fn new(seed: u64, source: &Source, now: Timestamp, weather: Weather, habit: Habit) -> Self {
        let mut world = Self {
            seed,
            habit,
            house: House::new(source, now),
            post: Post::new(seed, weather),
            road: Road::default(),
            record: Record::default(),
            recorded: 0,
            intents: BTreeMap::new(),
            bounces: BTreeMap::new(),
            nth: 0,
            read: BTreeSet::new(),
            faults: Vec::new(),
            history: VecDeque::new(),
            transcript: String::new(),
            tally: Tally::new(),
            census: Census::new(),
        };
        world.catch_up();
        world
    }

    /// A world without mishaps, in which these units never answer.
    fn calm(now: Timestamp, silent: &[&str], after_workdays: u16) -> Self {
        let silent = silent.iter().map(|unit| (*unit).to_owned()).collect();
        let habit = Habit::Steady {
            silent,
            after_workdays,
        };
        Self::new(0, &Source::shipped(), now, Weather::default(), habit)
    }

    /// Beats at each slot up to and with a day, and lets people answer in between.
    ///
    /// # Errors
    /// The first broken promise.
    fn run_to(&mut self, to: Date) -> Result<(), Box<Violation>> {
        loop {
            match self.turn() {
                Ok(()) => {}
                Err(Stop::Broken(violation)) => return Err(violation),
                Err(Stop::Fell) => unreachable!("nothing lights the fuse"),
            }
            let next = self.next();
            self.house.pass(next.duration_since(self.house.now()));
            if self.today() > to {
                return Ok(());
            }
        }
    }

    /// Today, where the bureau is.
    fn today(&self) -> Date {
        Slots::new(&self.house.agenda.calendar).day(self.house.now())
    }

    /// The next instant at which anything is to happen by itself.
    fn next(&self) -> Timestamp {
        let now = self.house.now();
        let road = self.road.next(self.house.since_boot());
        [
            Some(Slots::new(&self.house.agenda.calendar).after(now)),
            self.house.carries_next(),
            road.map(|wait| now + wait),
            self.intents.keys().next().map(|(at, _)| *at),
            self.bounces.keys().next().map(|(at, _)| *at),
        ]
        .into_iter()
        .flatten()
        // What is overdue already has just been seen to.
        .map(|at| at.max(now + jiff::SignedDuration::from_secs(1)))
        .fold(now + jiff::SignedDuration::from_hours(24), Timestamp::min)
    }

    /// What people do, a beat, and the mail.
    fn turn(&mut self) -> Result<(), Stop> {
        self.happen()?;
        self.beat()?;
        self.deliver()
    }

    /// Starts again after the process died, or was off. Says whether it did: over broken files it does not.
    fn start(&mut self) -> Result<bool, Stop> {
        self.road = Road::default();
        let started = self.house.start()?;
        if let Err(why) = &started {
            let first = why
                .to_string()
                .lines()
                .take(3)
                .collect::<Vec<_>>()
                .join(" ");
            self.note(&format!("it does not start: {first}"));
        }
        self.catch_up();
        Ok(started.is_ok())
    }

    /// After quiet days nothing waits: every letter has an end, what is on record as accepted did arrive, and nothing is
    /// held.
    fn must_be_delivered(&mut self) -> Result<(), Box<Violation>> {
        let state = &self.house.state;
        let mut faults = Vec::new();
        if !state.open_letters.is_empty() {
            faults.push(format!("letters still wait: {:?}", state.open_letters));
        }
        if !state.held_for().is_empty() {
            faults.push(format!("it is still held: {:?}", state.held_for()));
        }
        let slots = Slots::new(&self.house.agenda.calendar);
        let last = slots.before(self.house.now());
        if !state.passed.contains(&last) {
            faults.push(format!("the slot of {last} was never decided"));
        }
        for no in self.record.accepted() {
            let id = &self.record.message_ids[&no];
            if !self.post.arrived.contains_key(id) {
                faults.push(format!(
                    "letter {no} is on record as accepted and never arrived"
                ));
            }
        }
        self.faults.append(&mut faults);
        self.must_hold()
    }

    /// What people do up to now.
    fn happen(&mut self) -> Result<(), Stop> {
        let now = self.house.now();
        while let Some(entry) = self.intents.first_entry()
            && entry.key().0 <= now
        {
            let intent = entry.remove();
            self.answer(&intent)?;
        }
        while let Some(entry) = self.bounces.first_entry()
            && entry.key().0 <= now
        {
            let (letter, bounce) = entry.remove();
            self.come_back(letter, &bounce)?;
        }
        self.must_hold()?;
        Ok(())
    }

    fn answer(&mut self, intent: &Intent) -> Result<(), Stop> {
        let tasks = &self.house.agenda.calendar.tasks;
        let Some(task) = tasks.get(&intent.duty.occurrence.task) else {
            return Ok(());
        };
        let fate = self.record.fates.get(&intent.duty);
        let nth = fate.map_or(1, record::Fate::next_done);
        let pressed = intent.pressed(task.times, nth.min(task.times));
        let facts = self.house.facts.len();
        let thanked = self.house.press(&pressed)?;
        self.note(&format!("{}: {:?}", intent.duty, intent.answer));
        let is_on_record = self.house.facts[facts..]
            .iter()
            .any(|fact| matches!(&fact.what, Event::Answer { duty, .. } if *duty == intent.duty));
        // The same may have been said before.
        let said = fate_says(self.house.state.duty(&intent.duty), intent);
        if thanked && !is_on_record && !said {
            self.faults
                .push(format!("P5: {pressed:?} is thanked for and not on record"));
        }
        self.catch_up();
        Ok(())
    }

    /// A letter comes back.
    fn come_back(&mut self, letter: LetterNo, bounce: &Bounce) -> Result<(), Stop> {
        let address = &bounce.address;
        self.note(&format!("letter {letter} to {address} comes back"));
        let was_gone = self.record.unreachable.contains(address);
        // What proves nothing is not believed of an officer's mailbox: a person looks at it.
        let is_believed =
            bounce.says_which || !officers(&self.house.agenda, self.today()).contains(address);
        let understood = self.house.take_in(bounce.mail.clone())?;
        self.catch_up();
        let is_gone = self.record.unreachable.contains(address);
        let is_known = !bounce.says_which || self.record.is_lost(letter);
        let may_be_gone = was_gone || bounce.blames && is_believed;
        if understood != is_believed || !is_known || is_gone != may_be_gone {
            self.faults.push(format!(
                "letter {letter} came back, and that is not on record: {bounce:?}"
            ));
        }
        Ok(())
    }

    /// One beat. The promises are asked of what it brings.
    fn beat(&mut self) -> Result<(), Stop> {
        let plan = self.house.plan();
        if plan.slot.is_some() && plan != self.house.plan() {
            self.faults
                .push("P9: planned twice, the plans differ".to_owned());
        }
        self.house.beat()?;
        self.catch_up();
        self.look(|look| {
            look.at_alerts();
        });
        if plan.slot.is_some() && !self.house.folds_agree(FOLDED_ANEW_EACH) {
            self.faults.push(
                "P9: the facts folded at once differ from those folded one by one".to_owned(),
            );
        }
        self.must_hold()?;
        Ok(())
    }

    /// Takes the new facts one by one: of each pass the promises are asked before it is on record, and of all duties
    /// after each slot.
    fn catch_up(&mut self) {
        let agenda = Arc::clone(&self.house.agenda);
        while self.recorded < self.house.facts.len() {
            let fresh = &self.house.facts[self.recorded..];
            let pass = Pass::first_of(fresh);
            let length = pass.as_ref().map_or(1, |(_, length)| *length);
            let facts = fresh[..length].to_vec();
            if let Some((pass, _)) = pass {
                let faults = promises::of_pass(&agenda, &self.record, &pass);
                self.faults.extend(faults);
            }
            for fact in &facts {
                self.record.take(fact);
                self.count(name_of(&fact.what));
            }
            self.recorded += length;
            self.tell(&facts);
            if let Event::SlotPassed { slot, .. } = &facts[0].what {
                self.after_slot(*slot);
            }
        }
        self.faults.append(&mut self.record.faults);
    }

    fn after_slot(&mut self, slot: Timestamp) {
        self.look(|look| {
            look.at_all();
            look.at_requests();
        });
        let agenda = Arc::clone(&self.house.agenda);
        let day = Slots::new(&agenda.calendar).day(slot);
        self.faults
            .extend(promises::of_closings(&agenda, &self.record, day));
        self.record.touched.clear();
    }

    fn look(&mut self, at: impl FnOnce(&mut outcomes::Look<'_>)) {
        let mut look = outcomes::Look {
            agenda: &self.house.agenda,
            record: &self.record,
            today: self.today(),
            tally: &mut self.tally,
            faults: Vec::new(),
        };
        at(&mut look);
        let faults = look.faults;
        self.faults.extend(faults);
    }

    /// Nothing is broken so far.
    fn must_hold(&mut self) -> Result<(), Box<Violation>> {
        if let Some(id) = self.post.twice(&self.record.in_doubt) {
            self.faults
                .push(format!("P4: {id} arrived twice although its end was known"));
        }
        if self.faults.is_empty() {
            return Ok(());
        }
        let mut faults = std::mem::take(&mut self.faults);
        faults.truncate(12);
        Err(Box::new(self.violation(faults)))
    }

    fn violation(&self, faults: Vec<String>) -> Violation {
        Violation {
            seed: self.seed,
            at: self.house.now(),
            spoken_of: self.spoken_of(&faults),
            faults,
            history: self.history.iter().cloned().collect(),
            mishaps: BTreeSet::new(),
        }
    }

    /// A letter is in its mailbox: it may come back, or somebody reads it.
    fn arrive(&mut self, no: LetterNo, letter: &LetterState) {
        let now = self.house.now();
        let address = &letter.address;
        if let Some((bounce, mut rng)) = self.post.bounce(address, &letter.message_id) {
            let wait = jiff::SignedDuration::from_mins(rng.between(2, 3 * 24 * 60));
            let at = now.saturating_add(wait).unwrap_or(now);
            self.nth += 1;
            self.bounces.insert((at, self.nth), (no, bounce));
            return;
        }
        for duty in &letter.duties {
            if !self.read.insert((duty.clone(), address.to_string())) {
                continue;
            }
            let acts = self.record.fates.get(duty).and_then(|fate| {
                let mut notes = fate.notes.iter().rev();
                notes
                    .find(|note| note.part == Part::Act && note.address == *address)
                    .map(|note| note.due)
            });
            if let Some(due) = acts {
                self.intend(&Asked {
                    letter: no,
                    duty,
                    due,
                    address,
                });
            }
        }
    }

    fn intend(&mut self, asked: &Asked<'_>) {
        let now = self.house.now();
        let calendar = &self.house.agenda.calendar;
        let times = calendar.times(&asked.duty.occurrence.task);
        let intents = match &self.habit {
            Habit::Seeded => people::intents(self.seed, now, asked),
            Habit::Steady {
                silent,
                after_workdays,
            } => {
                if silent.contains(asked.duty.unit.as_str()) {
                    return;
                }
                let slots = Slots::new(calendar);
                (0..times)
                    .map(|nth| {
                        let today = slots.day(now);
                        let day = calendar.workdays.after(today, after_workdays + nth);
                        let at = slots.instant(day, jiff::civil::time(10, 0, 0, 0));
                        (at, Intent::done(asked))
                    })
                    .collect()
            }
        };
        for (at, intent) in intents {
            self.nth += 1;
            self.intents.insert((at, self.nth), intent);
        }
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.census.entry(what.into()).or_default() += 1;
    }

    fn note(&mut self, what: &str) {
        if self.history.len() == HISTORY_LINES {
            self.history.pop_front();
        }
        let now = self.house.now();
        self.history.push_back(format!("{now} {what}"));
    }
}

/// Whether the same is on record already.
fn fate_says(known: Option<&schoolbell::core::state::DutyState>, intent: &Intent) -> bool {
    known.is_some_and(|known| {
        known.answers.iter().any(|given| {
            given.answer == intent.answer
                || known.closes(given.answer) && known.closes(intent.answer)
        })
    })
}
