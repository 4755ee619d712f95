//! SIGKILL at any moment, again and again, while letters go out and answers come in. A few rounds here; `just crash`
//! has hundreds of them with the optimised binary.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use schoolbell::core::fact::{Answer, Event, Fact, Outcome};
use schoolbell::core::rehearsal::Chance;
use schoolbell::ledger::{Ledger, examine};
use serde_json::Value;

use super::house::{House, figure};
use super::presser::{Pressed, Presser};
use crate::smtp_double::{Act, SmtpDouble, Verb};

/// When the bell is hung, and when a life is over: all terms and rest days of that time are known.
const FROM: &str = "2026-03-04T07:59:00+08:00";
const TO: &str = "2026-07-03T12:00:00+08:00";

/// How long a round may last before it is ended whatever has come of it.
const ROUND: Duration = Duration::from_secs(2);

#[expect(
    clippy::print_stderr,
    reason = "the figures are what `just crash` is run for"
)]
#[test]
fn killed_at_any_moment_nothing_is_lost() {
    let (rounds, seed) = (figure("SCHOOLBELL_ROUNDS", 6), figure("SCHOOLBELL_SEED", 1));
    eprintln!("seed {seed}");
    let planned = planned();
    let mut all = Figures::default();
    let mut lives = 0;
    while all.rounds < rounds {
        lives += 1;
        let figures = Life::new(seed + lives).lead(rounds - all.rounds, &planned);
        all.add(&figures);
        eprintln!("life {lives}: {figures:?}");
    }
    eprintln!("{lives} lives: {all:?}; nothing thanked for and nothing due is missing");
    assert!(all.answers_thanked > 0 && all.letters > 0, "{all:?}");
}

/// What came of it.
#[derive(Debug, Default)]
struct Figures {
    rounds: u64,
    facts: usize,
    /// Letters queued and not folded into newer ones.
    letters: usize,
    /// Letters that arrived more than once.
    repeats: usize,
    answers_thanked: usize,
    /// Answers on record that nobody was thanked for: the thanks died on the way.
    answers_unthanked: usize,
}

impl Figures {
    fn add(&mut self, more: &Self) {
        self.rounds += more.rounds;
        self.facts += more.facts;
        self.letters += more.letters;
        self.repeats += more.repeats;
        self.answers_thanked += more.answers_thanked;
        self.answers_unthanked += more.answers_unthanked;
    }
}

/// Who must hear of which duty by when, if nobody answers and nothing ever fails: (slot, address, duty).
fn planned() -> Vec<(Timestamp, String, String)> {
    let house = House::new(None);
    let plan = house.call(&[
        "plan",
        "--from",
        &FROM[..10],
        "--to",
        &TO[..10],
        "--format",
        "json",
    ]);
    let plan: Vec<Value> = serde_json::from_str(&plan).unwrap();
    let text = |notice: &Value, key: &str| notice[key].as_str().unwrap().to_owned();
    let first = plan.iter().filter(|notice| {
        let rung = text(notice, "rung");
        rung == "opens" || rung.starts_with("remind")
    });
    let found: Vec<_> = first
        .map(|notice| {
            let [task, period, unit] = ["task", "period", "unit"].map(|key| text(notice, key));
            let at = text(notice, "at").parse().unwrap();
            (at, text(notice, "to"), format!("{task}@{period}/{unit}"))
        })
        .collect();
    assert!(found.len() > 500, "{} rungs are planned", found.len());
    found
}

/// A ledger from the hanging of the bell on.
struct Life {
    house: House,
    server: SmtpDouble,
    presser: Presser,
    chance: Chance,
    facts: Vec<Fact>,
}

impl Life {
    fn new(seed: u64) -> Self {
        let server = SmtpDouble::start();
        Self {
            house: House::new(Some(server.port())),
            presser: Presser::new(seed),
            server,
            chance: Chance::new(seed),
            facts: Vec::new(),
        }
    }

    /// Lives until its time or the rounds are over; then, undisturbed, a day more.
    fn lead(mut self, rounds: u64, planned: &[(Timestamp, String, String)]) -> Figures {
        let end: Timestamp = TO.parse().unwrap();
        let mut figures = Figures::default();
        while figures.rounds < rounds && self.now() < end {
            figures.rounds += 1;
            self.round();
        }
        let now = self.now();
        // Over the longest holiday there is, so that a slot comes in any case.
        self.house.pass(
            &local(now),
            &local(now.saturating_add(240.hours()).unwrap()),
        );
        self.read();
        self.look(planned, &mut figures);
        figures
    }

    /// The pretended time: that of the last fact.
    fn now(&self) -> Timestamp {
        let last = self.facts.last().map(|fact| fact.at);
        last.unwrap_or_else(|| FROM.parse().unwrap())
    }

    /// Starts it where it was killed last, and kills it.
    fn round(&mut self) {
        let now = local(self.now());
        let before = self.server.seen();
        let thanked = self.presser.thanked();
        let way = self.chance.below(100);
        let some = usize::try_from(self.chance.between(1, 15)).unwrap();
        let moment = Duration::from_millis(self.chance.below(600));
        if way < 15 {
            for _ in 1..some {
                self.server.once(Verb::Dot, Act::Say("250 2.0.0 taken"));
            }
            self.server.once(Verb::Dot, Act::Stall);
        }
        let daemon =
            self.house
                .start(&["--pretend-now", &now, "--speed", "max", "--linger", "100ms"]);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| self.presser.press_until(&is_over, &self.server));
            match way {
                // A letter has arrived whole and the server says nothing.
                0..15 => self
                    .server
                    .wait_until(ROUND, |seen| seen.swallowed > before.swallowed),
                15..60 => self
                    .server
                    .wait_until(ROUND, |seen| seen.taken >= before.taken + some),
                60..80 => {
                    let enough = || self.presser.thanked() >= thanked + some.min(4);
                    self.server.wait_until(ROUND, |_| enough());
                }
                // At any moment, that of the start included.
                _ => self.server.wait_until(moment, |_| false),
            }
            daemon.kill();
            is_over.store(true, Ordering::Relaxed);
        });
        self.server.forget_script();
        self.read();
    }

    /// Takes in the facts that are new. What was read once must stay.
    fn read(&mut self) {
        let Some(ledger) = Ledger::open_existing(&self.house.path("var")).unwrap() else {
            return;
        };
        let all = ledger.facts_since(0).unwrap();
        let all: Vec<Fact> = all.into_iter().map(|(_, fact)| fact).collect();
        assert!(
            all.starts_with(&self.facts),
            "facts that were there are gone"
        );
        self.facts = all;
    }

    fn look(&self, planned: &[(Timestamp, String, String)], figures: &mut Figures) {
        figures.facts = self.facts.len();
        let ledger = self.house.path("var/ledger.sqlite");
        examine(&ledger).unwrap();
        self.letters_arrived(figures);
        self.answers_stand(figures);
        self.all_were_told(planned);
    }

    /// Every letter of the ledger arrived, none that it has not, and repeats are the same.
    fn letters_arrived(&self, figures: &mut Figures) {
        let mut arrived: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
        for letter in self.server.all_that_arrived() {
            arrived
                .entry(letter.message_id())
                .or_default()
                .push(letter.bytes);
        }
        let mut wanted: BTreeMap<u64, &String> = BTreeMap::new();
        let mut slots: BTreeSet<(Timestamp, String)> = BTreeSet::new();
        for fact in &self.facts {
            match &fact.what {
                Event::LetterQueued {
                    letter,
                    message_id,
                    folds,
                    slot,
                    address,
                    ..
                } => {
                    assert!(
                        slots.insert((*slot, address.to_string())),
                        "two letters: {fact:?}"
                    );
                    wanted.insert(*letter, message_id);
                    wanted.retain(|number, _| !folds.contains(number));
                }
                Event::Outcome {
                    letter,
                    outcome: Outcome::Dropped,
                    ..
                } => {
                    wanted.remove(letter);
                }
                _ => {}
            }
        }
        for (number, id) in &wanted {
            assert!(arrived.contains_key(*id), "letter {number} never arrived");
        }
        let known: BTreeSet<&String> = self
            .facts
            .iter()
            .filter_map(|fact| match &fact.what {
                Event::Attempt { message_id, .. } => Some(message_id),
                _ => None,
            })
            .collect();
        for (id, copies) in &arrived {
            assert!(
                known.contains(id),
                "{id} arrived without an attempt on record"
            );
            assert!(
                copies.iter().all(|copy| *copy == copies[0]),
                "{id}: other bytes"
            );
            figures.repeats += usize::from(copies.len() > 1);
        }
        figures.letters = wanted.len();
    }

    /// What was thanked for is on record, once.
    fn answers_stand(&self, figures: &mut Figures) {
        let mut recorded: HashMap<&str, usize> = HashMap::new();
        let mut done: BTreeSet<String> = BTreeSet::new();
        for fact in &self.facts {
            if let Event::Answer {
                duty, answer, by, ..
            } = &fact.what
            {
                *recorded.entry(by).or_default() += 1;
                if *answer == Answer::Done {
                    done.insert(duty.to_string());
                }
            }
        }
        for Pressed {
            by,
            duty,
            answer,
            thanked,
        } in self.presser.pressed()
        {
            let times = recorded.get(by.as_str()).copied().unwrap_or(0);
            assert!(times <= 1, "{by} is on record {times} times");
            // Who says done once more of what is done is thanked, and stands beside who said it first.
            let said = times == 1 || (answer == Answer::Done && done.contains(&duty));
            assert!(
                said || thanked.is_none(),
                "{by} was thanked for {answer:?} of {duty}, which is lost"
            );
            figures.answers_thanked += usize::from(thanked.is_some());
            figures.answers_unthanked += usize::from(thanked.is_none() && times == 1);
        }
    }

    /// Whoever would have been told had nothing failed was told.
    fn all_were_told(&self, planned: &[(Timestamp, String, String)]) {
        let mut told: BTreeSet<(String, String)> = BTreeSet::new();
        let mut last = Timestamp::MIN;
        for fact in &self.facts {
            match &fact.what {
                Event::Notice { duty, address, .. } => {
                    told.insert((address.to_string(), duty.to_string()));
                }
                Event::SlotPassed { slot, .. } => last = last.max(*slot),
                _ => {}
            }
        }
        let due = planned.iter().filter(|(at, ..)| *at <= last);
        for (at, address, duty) in due {
            let found = told.contains(&(address.clone(), duty.clone()));
            assert!(found, "{address} was never told of {duty}, due at {at}");
        }
    }
}

/// As people on the spot write it.
fn local(at: Timestamp) -> String {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    at.to_zoned_datetime(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}
