//! A made-up world around the real planner and the real ledger: a mail server, people, editors and a clock, all from
//! one seed. After every beat the promises are asked; what breaks one is told with the seed, the instant and what led
//! to it, and the seed replays it exactly.

mod climbs;
mod house;
mod outcomes;
mod people;
mod post;
mod promises;
mod record;
mod seeded;
pub(crate) mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Event, Fact, Part};
use schoolbell::core::plan::{Plan, Slots};
use schoolbell::core::rehearsal::{Chance as Rng, Rehearsal};
use schoolbell::core::state::State;

use house::{Beat, Fall, House, Sent};
use people::Intent;
use post::{Delivery, Post, Weather};
use record::Record;
use source::Source;

pub(crate) use outcomes::Tally;
pub(crate) use seeded::{run_seed, run_some};

/// How many lines of what led to a violation are shown.
const HISTORY_LINES: usize = 40;

/// A broken promise.
#[derive(Debug, Default)]
pub(crate) struct Violation {
    seed: u64,
    at: Timestamp,
    faults: Vec<String>,
    history: Vec<String>,
    spoken_of: Vec<String>,
    /// The mishaps that led to it, by their numbers.
    pub(crate) mishaps: BTreeSet<u64>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mishaps: Vec<String> = self.mishaps.iter().map(u64::to_string).collect();
        let only = if mishaps.is_empty() {
            "0".to_owned()
        } else {
            mishaps.join(",")
        };
        writeln!(
            f,
            "seed {} at {}; replayed by --from-seed {} --seeds 1 --only {only}",
            self.seed, self.at, self.seed
        )?;
        for line in &self.history {
            writeln!(f, "    {line}")?;
        }
        for line in &self.spoken_of {
            writeln!(f, "  {line}")?;
        }
        for fault in &self.faults {
            writeln!(f, "  {fault}")?;
        }
        Ok(())
    }
}

/// The golden year, as a transcript: no mishaps, and a third of the units never answer: the mountain school, the small
/// kindergarten whose deputy is its safety officer, the senior school right under the bureau, and the bureau itself. All
/// others say `done` two workdays after the opening letter.
///
/// # Errors
/// The first broken promise.
pub(crate) fn golden() -> Result<String, Box<Violation>> {
    let hung: Timestamp = "2026-03-04T07:59:00+08:00".parse().expect("an instant");
    let mut world = World::calm(hung, &["s002", "s004", "s007", "bureau"], 2);
    world.run_to(hung, jiff::civil::date(2027, 2, 28))?;
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
        let mut faults = promises::of_plan(agenda, &record, &step.plan);
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

/// The world at an instant.
struct World {
    seed: u64,
    habit: Habit,
    rng: Rng,
    house: House,
    post: Post,
    record: Record,
    /// How many facts the record has.
    recorded: usize,
    /// What people will say, by the time they will.
    intents: BTreeMap<(Timestamp, u64), Intent>,
    /// Bounces on their way.
    bounces: BTreeMap<(Timestamp, u64), String>,
    nth: u64,
    /// The letters people have read already.
    read: BTreeSet<(DutyId, String)>,
    history: VecDeque<String>,
    /// The transcript: one line a letter.
    transcript: String,
    tally: Tally,
}

impl World {
    fn new(seed: u64, agenda: Arc<Agenda>, now: Timestamp, weather: Weather, habit: Habit) -> Self {
        Self {
            seed,
            habit,
            rng: Rng::new(seed),
            house: House::new(agenda, now),
            post: Post::new(seed, weather),
            record: Record::default(),
            recorded: 0,
            intents: BTreeMap::new(),
            bounces: BTreeMap::new(),
            nth: 0,
            read: BTreeSet::new(),
            history: VecDeque::new(),
            transcript: String::new(),
            tally: Tally::new(),
        }
    }

    /// A world without mishaps, in which these units never answer.
    fn calm(now: Timestamp, silent: &[&str], after_workdays: u16) -> Self {
        let agenda = Source::shipped().agenda().expect("the shipped calendar");
        let silent = silent.iter().map(|unit| (*unit).to_owned()).collect();
        let habit = Habit::Steady {
            silent,
            after_workdays,
        };
        Self::new(0, Arc::new(agenda), now, Weather::default(), habit)
    }

    /// Beats at each slot up to and with a day, and lets people answer in between.
    ///
    /// # Errors
    /// The first broken promise.
    fn run_to(&mut self, from: Timestamp, to: Date) -> Result<(), Box<Violation>> {
        let mut now = from;
        loop {
            self.happen(now);
            self.beat(now, None)?;
            let agenda = Arc::clone(&self.house.agenda);
            let slots = Slots::new(&agenda.calendar);
            let next = slots.after(now);
            let retry = self.house.next_retry().filter(|at| *at > now);
            let answer = self.intents.keys().map(|(at, _)| *at).find(|at| *at > now);
            now = [Some(next), retry, answer]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(next);
            if slots.day(now) > to {
                return Ok(());
            }
        }
    }

    /// What people do up to an instant.
    fn happen(&mut self, now: Timestamp) {
        while let Some(entry) = self.intents.first_entry()
            && entry.key().0 <= now
        {
            let intent = entry.remove();
            self.answer(&intent, now);
        }
        while let Some(entry) = self.bounces.first_entry()
            && entry.key().0 <= now
        {
            let address = entry.remove();
            self.note(now, &format!("a letter to {address} comes back"));
            let text = "550 5.1.1".to_owned();
            let address = address.as_str().into();
            self.house
                .append(now, vec![Event::Unreachable { address, text }]);
        }
    }

    fn answer(&mut self, intent: &Intent, now: Timestamp) {
        self.catch_up();
        let task = self
            .house
            .agenda
            .calendar
            .tasks
            .get(&intent.duty.occurrence.task);
        let Some(times) = task.map(|task| task.times) else {
            return;
        };
        let fate = self.record.fates.get(&intent.duty);
        let nth = fate.map_or(1, record::Fate::next_done);
        self.note(now, &format!("{}: {:?}", intent.duty, intent.answer));
        self.house.append(now, vec![intent.event(times, nth)]);
    }

    /// One beat: plan, queue, send; the promises are asked of each step.
    fn beat(&mut self, now: Timestamp, fall: Option<Fall>) -> Result<Beat, Box<Violation>> {
        self.catch_up();
        let plan = self.house.plan(now);
        let mut faults = Vec::new();
        if plan.slot.is_some() && plan != self.house.plan(now) {
            faults.push("P9: planned twice, the plans differ".to_owned());
        }
        faults.extend(promises::of_plan(&self.house.agenda, &self.record, &plan));
        self.tell(now, &plan);
        let mut ended = self.house.queue(&plan, now, fall);
        self.catch_up();
        if ended == Beat::Done {
            if plan.slot.is_some() {
                self.look(now, &mut faults);
            }
            let mut sent = Vec::new();
            ended = self.house.deliver(now, &mut self.post, fall, &mut sent);
            self.catch_up();
            for sent in sent {
                self.arrive(now, &sent);
            }
        }
        if plan.slot.is_some() && State::fold(&self.house.facts) != self.house.state {
            faults.push(
                "P9: the facts folded at once differ from those folded one by one".to_owned(),
            );
        }
        faults.append(&mut self.record.faults);
        if let Some(id) = self.post.twice() {
            faults.push(format!("P4: {id} arrived twice although its end was known"));
        }
        if faults.is_empty() {
            return Ok(ended);
        }
        faults.truncate(12);
        Err(Box::new(self.violation(now, faults)))
    }

    fn violation(&self, at: Timestamp, faults: Vec<String>) -> Violation {
        Violation {
            seed: self.seed,
            at,
            spoken_of: self.spoken_of(&faults),
            faults,
            history: self.history.iter().cloned().collect(),
            mishaps: BTreeSet::new(),
        }
    }

    /// The facts of the duties that faults speak of, and of the letters that carried them.
    fn spoken_of(&self, faults: &[String]) -> Vec<String> {
        let duties = self.record.fates.keys();
        let duties: Vec<String> = duties
            .map(|duty| format!("{duty} "))
            .filter(|duty| faults.iter().any(|fault| fault.contains(duty)))
            .collect();
        let lines: Vec<String> = self
            .house
            .facts
            .iter()
            .map(|fact| serde_json::to_string(fact).unwrap_or_default())
            .collect();
        let mut letters: BTreeSet<String> = BTreeSet::new();
        let mut found = Vec::new();
        for line in lines {
            let of = |name: &str| {
                let from = line.find(name)? + name.len();
                line[from..].split([',', '}']).next().map(str::to_owned)
            };
            let letter = of("\"letter\":");
            let named = duties
                .iter()
                .any(|duty| line.contains(&format!("\"{}\"", duty.trim())));
            let ends = line.contains("\"outcome\"")
                && letter.as_ref().is_some_and(|no| letters.contains(no));
            if named {
                letters.extend(letter);
            }
            if named || ends || line.contains("\"unreachable\"") {
                found.push(line);
            }
        }
        found
    }

    fn look(&mut self, now: Timestamp, faults: &mut Vec<String>) {
        let agenda = Arc::clone(&self.house.agenda);
        let mut look = outcomes::Look {
            agenda: &agenda,
            record: &self.record,
            today: Slots::new(&agenda.calendar).day(now),
            tally: &mut self.tally,
            faults: Vec::new(),
        };
        look.at_all();
        faults.append(&mut look.faults);
        let today = look.today;
        faults.extend(promises::of_closings(&agenda, &self.record, today));
        self.record.touched.clear();
    }

    fn catch_up(&mut self) {
        // A start reads the facts anew, and they are the same ones.
        for fact in &self.house.facts[self.recorded..] {
            self.record.take(fact);
        }
        self.recorded = self.house.facts.len();
    }

    /// What became of a letter, and what its reader will do.
    fn arrive(&mut self, now: Timestamp, sent: &Sent) {
        let letter = &self.house.state.letters[&sent.letter];
        let address = letter.address.clone();
        if sent.delivery != Delivery::Accepted {
            self.note(
                now,
                &format!("letter {} to {address}: {:?}", sent.letter, sent.delivery),
            );
            return;
        }
        if self.post.bounces(&address) {
            let wait = jiff::SignedDuration::from_mins(self.rng.between(2, 3 * 24 * 60));
            let at = now.saturating_add(wait).unwrap_or(now);
            self.nth += 1;
            self.bounces.insert((at, self.nth), address.to_string());
            return;
        }
        for duty in letter.duties.clone() {
            if !self.read.insert((duty.clone(), address.to_string())) {
                continue;
            }
            let acts = self.record.fates.get(&duty).and_then(|fate| {
                fate.notes
                    .iter()
                    .rev()
                    .find(|note| note.part == Part::Act && note.address == address)
                    .map(|note| note.due)
            });
            if let Some(due) = acts {
                self.intend(now, &duty, due, &address);
            }
        }
    }

    fn intend(
        &mut self,
        now: Timestamp,
        duty: &DutyId,
        due: Date,
        address: &schoolbell::core::names::Address,
    ) {
        let task = self.house.agenda.calendar.tasks.get(&duty.occurrence.task);
        let times = task.map_or(1, |task| task.times);
        let intents = match &self.habit {
            Habit::Seeded => people::intents(self.seed, &mut self.rng, now, duty, due, address),
            Habit::Steady {
                silent,
                after_workdays,
            } => {
                if silent.contains(duty.unit.as_str()) {
                    return;
                }
                let slots = Slots::new(&self.house.agenda.calendar);
                let workdays = &self.house.agenda.calendar.workdays;
                (0..times)
                    .map(|nth| {
                        let day = workdays.after(slots.day(now), after_workdays + nth);
                        let at = slots.instant(day, jiff::civil::time(10, 0, 0, 0));
                        (at, Intent::done(duty, address))
                    })
                    .collect()
            }
        };
        for (at, intent) in intents {
            self.nth += 1;
            self.intents.insert((at, self.nth), intent);
        }
    }

    /// A line a letter: the slot, the address, and its rungs with how many of each.
    fn tell(&mut self, now: Timestamp, plan: &Plan) {
        let Some(slot) = plan.slot else { return };
        let zone = self.house.agenda.calendar.timezone.clone();
        let local = slot
            .to_zoned_datetime(zone)
            .strftime("%F %H:%M")
            .to_string();
        for letter in &plan.letters {
            let mut rungs: BTreeMap<_, usize> = BTreeMap::new();
            for notice in &letter.notices {
                let told = match notice.part {
                    Part::Act => String::new(),
                    Part::Below => "below:".to_owned(),
                    Part::Above | Part::Rollup => "up:".to_owned(),
                };
                *rungs.entry((notice.rung, notice.part, told)).or_default() += 1;
            }
            let _ = write!(self.transcript, "{local} {}", letter.address);
            for ((rung, _, told), times) in rungs {
                let rung = rung
                    .to_string()
                    .replace(" workdays", "wd")
                    .replace(" workday", "wd");
                let _ = write!(self.transcript, " {told}{rung}×{times}");
            }
            if !letter.matters.is_empty() {
                let _ = write!(self.transcript, " matters×{}", letter.matters.len());
            }
            self.transcript.push('\n');
        }
        self.note(now, &format!("{} letters for {local}", plan.letters.len()));
    }

    fn note(&mut self, now: Timestamp, what: &str) {
        if self.history.len() == HISTORY_LINES {
            self.history.pop_front();
        }
        self.history.push_back(format!("{now} {what}"));
    }
}
