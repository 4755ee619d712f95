//! A rehearsal 预演: a whole year lived through in seconds, with the real planner, an imagined ledger and made-up people,
//! all from one seed.
//!
//! [`Rehearsal`] is an iterator over the slots of the year. Each [`Step`] has the facts that came to be, the plan, and
//! what became of its letters; [`Rehearsal::summary`] says at the end what the year came to.

mod chance;
mod mailboxes;
mod people;
mod summary;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, Time, date};

pub use chance::{Chance, hash};
pub use people::{Manner, manner};
pub use summary::{Answers, Climbed, Person, Requests, Summary, UnitYear};
pub use tally::Day;

use mailboxes::Mailboxes;
use people::{Intent, Reader, grants, moment};
use tally::Tally;

use super::agenda::Agenda;
use super::compose::{self, compose};
use super::duty::DutyId;
use super::fact::{Answer, Event, Fact, LetterNo, Outcome, Part, Via};
use super::ladder::Rung;
use super::letter::Content;
use super::names::Address;
use super::plan::{Letter, Plan, Slots, first_sights, officers, plan};
use super::state::{Settled, State};

/// How often in a hundred the officer returns what was reported as done.
const RETURNED_PERCENT: u64 = 2;

/// A year being lived through.
pub struct Rehearsal<'a> {
    agenda: &'a Agenda,
    slots: Slots<'a>,
    year: i16,
    /// The last year that is lived; the same one for a year's rehearsal.
    last: i16,
    seed: u64,
    chance: Chance,
    state: State,
    /// Where the clock stands.
    now: Timestamp,
    mailboxes: Mailboxes,
    /// What is going to happen, in order.
    happenings: BTreeMap<(Timestamp, u64), Happening>,
    /// How many happenings there have been, so that those of one instant keep their order.
    nth: u64,
    /// What each reader has taken in: of which duty, how often it had been reopened, and as whom.
    read: BTreeSet<(DutyId, Address, u16, Part)>,
    tally: Tally,
    over: bool,
}

/// What came of one slot.
#[derive(Debug)]
pub struct Step {
    /// The day.
    pub day: Date,
    /// What happened since the slot before it.
    pub before: Vec<Fact>,
    /// What the planner said; without a slot for what is left of the year after its last one.
    pub plan: Plan,
    /// The plan's own facts, and what became of its letters.
    pub after: Vec<Fact>,
    /// The letters that were sent.
    pub letters: Vec<Posted>,
}

/// A letter that was sent.
#[derive(Debug)]
pub struct Posted {
    /// What it says.
    pub content: Content,
    /// Its `Message-ID`.
    pub message_id: String,
    /// Whether the server would not have it.
    pub refused: bool,
}

/// Something that will happen between slots.
enum Happening {
    Says(Intent),
    Decides(DutyId),
    Returns(DutyId),
    Bounces(Address),
    Mended(Address),
}

impl<'a> Rehearsal<'a> {
    /// The calendar year `year`, as if the bell were hung at its very beginning.
    pub fn new(agenda: &'a Agenda, year: i16, seed: u64) -> Self {
        Self::of_years(agenda, year, year, seed)
    }

    /// The calendar years from `year` to `last`, one after another: what a bell that has hung for long has on record.
    pub fn of_years(agenda: &'a Agenda, year: i16, last: i16, seed: u64) -> Self {
        let slots = Slots::new(&agenda.calendar);
        Self {
            agenda,
            slots,
            year,
            last,
            seed,
            chance: Chance::new(seed),
            state: State::default(),
            now: slots.instant(date(year, 1, 1), Time::midnight()),
            mailboxes: Mailboxes::new(seed, year),
            happenings: BTreeMap::new(),
            nth: 0,
            read: BTreeSet::new(),
            tally: Tally::new(),
            over: false,
        }
    }

    /// What the year came to, so far as it has been lived.
    pub fn summary(&self) -> Summary {
        Summary::new(self.agenda, self.year, self.seed, &self.state, &self.tally)
    }

    /// Takes a fact into state, tally and the step's record.
    fn record(&mut self, at: Timestamp, what: Event, facts: &mut Vec<Fact>) {
        let fact = Fact { at, what };
        self.state.apply(&fact);
        self.tally.take(self.agenda, self.slots.day(at), &fact.what);
        facts.push(fact);
    }

    fn hang(&mut self, facts: &mut Vec<Fact>) {
        let installation = "rehearsal".to_owned();
        self.record(self.now, Event::BellHung { installation }, facts);
        for event in first_sights(self.agenda, &self.state) {
            self.record(self.now, event, facts);
        }
    }

    fn expect(&mut self, at: Timestamp, happening: Happening) {
        self.nth += 1;
        self.happenings.insert((at, self.nth), happening);
    }

    /// Within so many workdays, at some time of the working hours.
    fn expect_within(&mut self, from: Date, workdays: (i64, i64), happening: Happening) {
        let wait = self.chance.between(workdays.0, workdays.1);
        let wait = u16::try_from(wait).unwrap_or(1);
        let day = self.agenda.calendar.workdays.after(from, wait);
        let at = moment(&mut self.chance, self.slots, day);
        self.expect(at, happening);
    }

    /// All that happens before an instant.
    fn happen(&mut self, until: Timestamp, facts: &mut Vec<Fact>) {
        while let Some(entry) = self.happenings.first_entry()
            && entry.key().0 < until
        {
            let ((at, _), happening) = entry.remove_entry();
            match happening {
                Happening::Says(intent) => self.answer(at, intent, facts),
                Happening::Decides(duty) => self.decide(at, duty, facts),
                Happening::Returns(duty) => self.give_back(at, duty, facts),
                Happening::Bounces(address) => {
                    self.lose(at, address, "550 5.1.1 退信：没有这个邮箱", facts);
                }
                Happening::Mended(address) => {
                    self.mailboxes.mend(&address, self.slots.day(at));
                    let text = "250 OK".to_owned();
                    self.record(at, Event::Reachable { address, text }, facts);
                }
            }
        }
    }

    fn answer(&mut self, at: Timestamp, intent: Intent, facts: &mut Vec<Fact>) {
        let task = self.agenda.calendar.tasks.get(&intent.duty.occurrence.task);
        let Some((times, state)) = task
            .map(|task| task.times)
            .zip(self.state.duty(&intent.duty))
        else {
            return;
        };
        // Who opens the page sees that it is done; only who presses twice presses then, or takes it back.
        if state.settled(times).is_some() != intent.again {
            return;
        }
        let next = state.next_done(times);
        let is_done = intent.answer == Answer::Done;
        let (duty, day) = (intent.duty.clone(), self.slots.day(at));
        let event = Event::Answer {
            duty: intent.duty,
            answer: intent.answer,
            by: intent.by,
            note: intent.note.to_owned(),
            via: if intent.address.is_some() {
                Via::Page
            } else {
                Via::Clerk
            },
            address: intent.address,
            nth: next.filter(|_| is_done && times > 1),
            until: intent.until,
            corrects: intent.corrects,
        };
        let asks = intent.answer.is_request();
        self.record(at, event, facts);
        if asks {
            self.expect_within(day, (1, 3), Happening::Decides(duty));
        } else if is_done && !intent.again && self.chance.percent(RETURNED_PERCENT) {
            self.expect_within(day, (1, 3), Happening::Returns(duty));
        }
    }

    fn decide(&mut self, at: Timestamp, duty: DutyId, facts: &mut Vec<Fact>) {
        let Some(state) = self.state.duty(&duty) else {
            return;
        };
        let times = self.times(&duty);
        let Some(given) = state.request().filter(|_| state.settled(times).is_none()) else {
            return;
        };
        let (request, until) = (given.answer, given.until);
        let granted = grants(&mut self.chance, request);
        let event = Event::Decision {
            duty,
            request,
            granted,
            by: self.officer(at),
            note: String::new(),
            until: until.filter(|_| granted),
        };
        self.record(at, event, facts);
    }

    fn give_back(&mut self, at: Timestamp, duty: DutyId, facts: &mut Vec<Fact>) {
        let times = self.times(&duty);
        let settled = self
            .state
            .duty(&duty)
            .and_then(|state| state.settled(times));
        if matches!(settled, Some(Settled::Done(_))) {
            let by = self.officer(at);
            let note = "材料不全".to_owned();
            self.record(at, Event::Return { duty, by, note }, facts);
        }
    }

    fn times(&self, duty: &DutyId) -> u16 {
        self.agenda.calendar.times(&duty.occurrence.task)
    }

    /// Who decides at the bureau.
    fn officer(&self, at: Timestamp) -> String {
        let today = self.slots.day(at);
        let first = officers(self.agenda, today).into_iter().next();
        let behind = first.map(|address| self.agenda.roster.behind(&address, today));
        behind
            .and_then(|behind| behind.first().map(|(_, contact)| contact.person.clone()))
            .unwrap_or_else(|| "局办公室".to_owned())
    }

    /// A mailbox is found not to exist; somebody mends it within weeks.
    fn lose(&mut self, at: Timestamp, address: Address, text: &str, facts: &mut Vec<Fact>) {
        if self.state.unreachable.contains_key(&address) {
            return;
        }
        let mended = Happening::Mended(address.clone());
        self.expect_within(self.slots.day(at), (5, 20), mended);
        let text = text.to_owned();
        self.record(at, Event::Unreachable { address, text }, facts);
    }

    /// Sends one letter; `None` where nothing in it holds.
    fn post(&mut self, at: Timestamp, letter: &Letter, facts: &mut Vec<Fact>) -> Option<Posted> {
        let today = self.slots.day(at);
        let (no, address) = (letter.number, &letter.address);
        let message_id = message_id(letter);
        let content = compose(self.agenda, &self.state, no, at, compose::Reader::Mail);
        let ended = |outcome, text: &str| Event::Outcome {
            letter: no,
            address: address.clone(),
            message_id: message_id.clone(),
            outcome,
            text: text.to_owned(),
            retry_at: None,
        };
        let Some(content) = content else {
            self.record(at, ended(Outcome::Dropped, ""), facts);
            return None;
        };
        let attempt = Event::Attempt {
            letter: no,
            address: address.clone(),
            message_id: message_id.clone(),
            nth: 1,
            numbered: Vec::new(),
        };
        self.record(at, attempt, facts);
        let gone = self.mailboxes.gone(address, today);
        let refused = gone.is_some_and(|gone| !gone.bounces);
        if refused {
            let text = "550 5.1.1 没有这个邮箱";
            self.record(at, ended(Outcome::Refused, text), facts);
            self.lose(at, address.clone(), text, facts);
        } else {
            self.record(at, ended(Outcome::Accepted, "250 OK"), facts);
        }
        match gone {
            Some(gone) if gone.bounces => {
                self.expect_within(today, (0, 1), Happening::Bounces(address.clone()));
            }
            Some(_) => {}
            None => self.read(today, letter, &content.person),
        }
        Some(Posted {
            content,
            message_id,
            refused,
        })
    }

    /// What its reader makes of a letter.
    fn read(&mut self, today: Date, letter: &Letter, person: &str) {
        for notice in &letter.notices {
            if matches!(notice.rung, Rung::Closed(_) | Rung::Withdrawn)
                || notice.part == Part::Below
            {
                continue;
            }
            let reopened = self
                .state
                .duty(&notice.duty)
                .map_or(0, |state| state.reopened);
            let taken_in = (
                notice.duty.clone(),
                notice.address.clone(),
                reopened,
                notice.part,
            );
            if !self.read.insert(taken_in) {
                continue;
            }
            let reader = Reader {
                seed: self.seed,
                slots: self.slots,
                workdays: &self.agenda.calendar.workdays,
                today,
                address: &notice.address,
                person,
                duty: &notice.duty,
                due: notice.due,
                times: self.times(&notice.duty),
            };
            let said = match notice.part {
                Part::Act => reader.acts(&mut self.chance),
                Part::Above => reader.sees_to_it(&mut self.chance, false),
                Part::Rollup => reader.sees_to_it(&mut self.chance, true),
                Part::Below => Vec::new(),
            };
            for (at, intent) in said {
                self.expect(at, Happening::Says(intent));
            }
        }
    }
}

impl Iterator for Rehearsal<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.over {
            return None;
        }
        let mut before = Vec::new();
        if self.state.hung.is_none() {
            self.hang(&mut before);
        }
        let slot = self.slots.after(self.now);
        let day = self.slots.day(slot);
        self.over = day.year() > self.last;
        if self.over {
            let end = date(self.last, 12, 31);
            self.happen(self.slots.instant(end, Time::MAX), &mut before);
            return Some(Step {
                day: end,
                before,
                plan: Plan::default(),
                after: Vec::new(),
                letters: Vec::new(),
            });
        }
        self.happen(slot, &mut before);
        self.now = slot;
        let plan = plan(self.agenda, &self.state, slot);
        let mut after = Vec::new();
        for event in plan.events(message_id) {
            self.record(slot, event, &mut after);
        }
        if self.last > self.year {
            // Ten years of a county would not fit into memory; whoever takes up again what is over is left out.
            self.state.shelve(self.agenda, slot);
        }
        let letters = plan
            .letters
            .iter()
            .filter_map(|letter| self.post(slot, letter, &mut after))
            .collect();
        Some(Step {
            day,
            before,
            plan,
            after,
            letters,
        })
    }
}

/// A `Message-ID` that is no real letter's.
fn message_id(letter: &Letter) -> String {
    let number: LetterNo = letter.number;
    format!("<{number}@rehearsal.invalid>")
}
