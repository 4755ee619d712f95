//! A state with a shelf stands for the same facts as one without.

use std::collections::HashMap;

use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use schoolbell::book::Book;
use schoolbell::core::board::{Board, board};
use schoolbell::core::compose::{Reader, asks, compose};
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, Event, Fact, LetterNo, Via};
use schoolbell::core::names::UnitId;
use schoolbell::core::officer::{Officer, Sight};
use schoolbell::core::overview::{Asked, MatrixAsked, Overview, Stand, below, overview};
use schoolbell::core::plan::{Slots, plan};
use schoolbell::core::state::State;

use super::Years;

/// So many slots lie between two at which everything is compared.
const SLOTS_BETWEEN: usize = 90;
/// So many slots lie between two looks at what presses ask.
const SLOTS_BETWEEN_PRESSES: usize = 7;

fn officer() -> Officer {
    Officer {
        address: "office@bureau.example".into(),
        person: "沈志明".to_owned(),
        place: "慈溪市教育局".to_owned(),
        sight: Sight::All,
    }
}

/// Both ways of folding, and what each says at some instant.
struct Both<'y> {
    years: &'y Years,
    whole: State,
    book: Book,
}

impl<'y> Both<'y> {
    fn new(years: &'y Years) -> Self {
        Self {
            years,
            whole: State::default(),
            book: Book::default(),
        }
    }

    fn take(&mut self, seq: u64, fact: &Fact) {
        let Years { ledger, agenda, .. } = self.years;
        self.whole.apply(fact);
        self.book.take(ledger, agenda, seq, fact).unwrap();
    }

    fn live_through_all(&mut self) {
        for (seq, fact) in &self.years.facts {
            self.take(*seq, fact);
        }
    }

    /// Appends one more, and takes it in both ways.
    fn happens(&mut self, at: Timestamp, what: Event) {
        let appended = self.years.ledger.append(at, vec![what.clone()]).unwrap();
        self.take(appended.last_seq, &Fact { at, what });
    }

    fn plans_the_same(&self, at: Timestamp) -> usize {
        let agenda = &self.years.agenda;
        let wanted = plan(agenda, &self.whole, at);
        let found = plan(agenda, &self.book.state, at);
        assert_eq!(format!("{wanted:#?}"), format!("{found:#?}"), "at {at}");
        wanted.letters.len()
    }

    fn shows_the_same(&self, at: Timestamp) {
        let agenda = &self.years.agenda;
        let officer = officer();
        let year = Slots::new(&agenda.calendar).day(at).year();
        let shown = |asked: &Asked| {
            let wanted = overview(agenda, &self.whole, &officer, asked, at);
            let found = overview(agenda, &self.book.state, &officer, asked, at);
            assert_eq!(wanted, found, "{asked:?} at {at}");
            wanted
        };
        for asked in [
            Asked::Today,
            Asked::Requests,
            Asked::Queue,
            Asked::Year(None),
            Asked::Year(Some(year - 1)),
            Asked::Year(Some(year - 2)),
        ] {
            shown(&asked);
        }
        let Some(Overview::Bulletins(lines)) = shown(&Asked::Bulletins) else {
            panic!("an officer is shown the bulletins");
        };
        for line in lines {
            shown(&Asked::Bulletin(line.span.period));
        }
    }

    /// The feed of the bureau and of a town: how it stands below them is counted the same, and no number of changes falls.
    fn feeds_the_same(&self, at: Timestamp) {
        let agenda = &self.years.agenda;
        for unit in ["bureau", "t01"] {
            let unit = UnitId::from(unit);
            let wanted = below(agenda, &self.whole, &unit, at);
            let mut found = below(agenda, &self.book.state, &unit, at);
            assert_eq!(wanted.len(), found.len());
            for (found, wanted) in found.iter_mut().zip(&wanted) {
                // Where units were told of different days, one of the shelf's may count as changed once more.
                let more = found.date_changes.checked_sub(wanted.date_changes);
                assert!(more.is_some_and(|more| more <= 1), "{found:?} {wanted:?}");
                found.date_changes = wanted.date_changes;
            }
            assert_eq!(wanted, found, "below {unit} at {at}");
        }
    }

    /// The board of a unit as the book has it: of what is on the shelf only what belongs to the last years was told.
    fn wanted_board(&self, unit: &UnitId, since: i16, at: Timestamp) -> Option<Board> {
        let agenda = &self.years.agenda;
        let mut wanted = board(agenda, &self.whole, unit, at)?;
        let mut newer = self.whole.clone();
        newer.duties.retain(|id, units| {
            let duty = DutyId {
                occurrence: id.clone(),
                unit: unit.clone(),
            };
            let is_there = id.period.year() >= since || !self.book.state.is_shelved(&duty);
            is_there && units.contains_key(unit)
        });
        wanted.answers = board(agenda, &newer, unit, at)?.answers;
        Some(wanted)
    }

    fn shows_the_same_of_one(&self, at: Timestamp) {
        let Years { ledger, agenda, .. } = self.years;
        let officer = officer();
        let year = Slots::new(&agenda.calendar).day(at).year();
        for unit in agenda.roster.units().iter().step_by(3) {
            let wanted = self.wanted_board(&unit.id, year - 2, at);
            let page = self.book.page_of_unit(ledger, &unit.id, year - 2).unwrap();
            let found = board(agenda, &page, &unit.id, at);
            assert!(found.is_some());
            assert_eq!(wanted, found, "{} at {at}", unit.id);
        }
        let tasks = agenda.calendar.tasks.keys();
        let occurrences = tasks.step_by(5).filter_map(|task| {
            let asked = Asked::Matrix(MatrixAsked {
                task: task.clone(),
                period: None,
                town: None,
                stand: Stand::All,
            });
            match overview(agenda, &self.whole, &officer, &asked, at)? {
                Overview::Matrix(found) => Some((asked, found)),
                _ => None,
            }
        });
        for (asked, wanted) in occurrences {
            let page = self
                .book
                .page_of_occurrence(ledger, agenda, &wanted.occurrence)
                .unwrap();
            let state = page.as_ref().unwrap_or(&self.book.state);
            let found = overview(agenda, state, &officer, &asked, at);
            assert_eq!(Some(Overview::Matrix(wanted)), found, "{asked:?} at {at}");
        }
    }

    fn reads_the_same(&mut self, no: LetterNo, at: Timestamp) {
        let Years { ledger, agenda, .. } = self.years;
        self.book.need_letter(ledger, no).unwrap();
        let wanted = compose(agenda, &self.whole, no, at, Reader::Page);
        let found = compose(agenda, &self.book.state, no, at, Reader::Page);
        assert_eq!(wanted, found, "letter {no} at {at}");
        assert_eq!(
            self.whole.letters.get(&no),
            self.book.state.letters.get(&no),
            "letter {no}"
        );
    }

    /// Asks what a press asks that names these duties.
    fn asks_the_same(&mut self, no: LetterNo, some: &[DutyId], at: Timestamp) {
        let Years { ledger, agenda, .. } = self.years;
        self.book.need_asked(ledger, no, Some(some)).unwrap();
        let wanted = asks(agenda, &self.whole, no, at, Some(some));
        let found = asks(agenda, &self.book.state, no, at, Some(some));
        assert_eq!(wanted, found, "letter {no} at {at}");
        for duty in some {
            assert_eq!(self.whole.duty(duty), self.book.state.duty(duty), "{duty}");
        }
    }

    /// The duties on the shelf.
    fn shelved(&self) -> Vec<DutyId> {
        let all = self.book.state.shelf();
        let ids = all.occurrences().cloned();
        ids.flat_map(|occurrence| {
            let units: Vec<_> = all.units_of(&occurrence).cloned().collect();
            units.into_iter().map(move |unit| DutyId {
                occurrence: occurrence.clone(),
                unit,
            })
        })
        .collect()
    }
}

/// Through three years the planner decides the same at every slot, and the pages show the same.
#[test]
fn with_a_shelf_the_same_is_planned_and_shown() {
    let years = Years::lived(7, 2023, 8);
    let slots = Slots::new(&years.agenda.calendar);
    let mut both = Both::new(&years);
    let (mut passed, mut letters) = (0, 0);
    for (seq, fact) in &years.facts {
        both.take(*seq, fact);
        if matches!(fact.what, Event::SlotPassed { .. }) {
            passed += 1;
            letters += both.plans_the_same(slots.after(fact.at));
            if passed % SLOTS_BETWEEN == 0 {
                both.shows_the_same(fact.at);
                both.shows_the_same_of_one(fact.at);
                both.feeds_the_same(fact.at);
            }
        }
    }
    assert!(letters > 500, "{letters}");
    let live: usize = both.book.state.duties.values().map(HashMap::len).sum();
    let shelved = both.book.state.shelf().duties();
    assert!(shelved > 20 * live, "{shelved} on the shelf, {live} not");
    assert!(both.book.state.letters.len() * 10 < both.whole.letters.len());
}

/// What is on the shelf is wholly there again as soon as it is asked for.
#[test]
fn what_is_taken_down_is_what_was_put_away() {
    let years = Years::lived(11, 2024, 6);
    let mut both = Both::new(&years);
    both.live_through_all();
    let end = years.end();
    for duty in both.shelved().iter().step_by(5) {
        assert_eq!(both.book.state.duty(duty), None);
        both.book.need(&years.ledger, duty).unwrap();
        assert_eq!(both.book.state.duty(duty), both.whole.duty(duty), "{duty}");
        assert!(!both.book.state.is_shelved(duty));
    }
    let last = both.whole.next_letter();
    assert_eq!(both.book.state.next_letter(), last);
    for no in (1..last).step_by(11) {
        both.reads_the_same(no, end);
    }
}

/// A press has in memory what it names, of old letters as of those that stay while some of theirs is on the shelf.
#[test]
fn what_a_press_names_is_there_and_asks_the_same() {
    let years = Years::lived(11, 2024, 6);
    let mut both = Both::new(&years);
    let (mut passed, mut old, mut of_some) = (0, 0, 0);
    for (seq, fact) in &years.facts {
        both.take(*seq, fact);
        passed += usize::from(matches!(fact.what, Event::SlotPassed { .. }));
        if !matches!(fact.what, Event::SlotPassed { .. }) || passed % SLOTS_BETWEEN_PRESSES != 0 {
            continue;
        }
        let last = both.whole.next_letter();
        for no in (last.saturating_sub(200)..last).chain((1..last).step_by(97)) {
            let Some(letter) = both.whole.letters.get(&no) else {
                continue;
            };
            let some: Vec<DutyId> = letter.duties.iter().step_by(2).cloned().collect();
            let state = &both.book.state;
            if state.is_letter_shelved(no) {
                old += 1;
            } else if some.iter().any(|duty| state.is_shelved(duty)) {
                of_some += 1;
            }
            both.asks_the_same(no, &some, fact.at);
        }
    }
    assert!(
        old > 1_000 && of_some > 5,
        "{old} old letters, {of_some} of some"
    );
}

/// Letters of months ago are found by what a mail refers to, and one that comes back is one that came back.
#[test]
fn old_letters_are_found_and_may_come_back() {
    let years = Years::lived(3, 2025, 6);
    let mut both = Both::new(&years);
    both.live_through_all();
    let end = years.end();
    let no = 40;
    assert!(both.book.state.is_letter_shelved(no));
    let letter = both.whole.letters[&no].clone();
    let found = both
        .book
        .letter_of(
            &years.ledger,
            std::slice::from_ref(&letter.message_id),
            Vec::new(),
        )
        .unwrap();
    assert_eq!(found.map(|found| found.letter), Some(no));
    let stranger = "<nobody@elsewhere.example>".to_owned();
    let found = both.book.letter_of(&years.ledger, &[stranger], Vec::new());
    assert_eq!(found.unwrap(), None);

    let no = 41;
    let letter = both.whole.letters[&no].clone();
    both.happens(
        end,
        Event::Bounced {
            letter: no,
            address: letter.address,
            text: "550 5.1.1".to_owned(),
        },
    );
    both.reads_the_same(no, end);
    for duty in &letter.duties {
        assert_eq!(both.book.state.duty(duty), both.whole.duty(duty), "{duty}");
    }
}

/// A school takes back what it said a year ago, an officer returns it, a clerk records what was never done: each counts
/// as it always did, and the planner says the same of it from then on.
#[test]
fn what_is_over_may_begin_again() {
    let years = Years::lived(5, 2024, 6);
    let slots = Slots::new(&years.agenda.calendar);
    let mut both = Both::new(&years);
    both.live_through_all();
    let mut at = years.end();
    let shelved = both.shelved();
    for (nth, duty) in shelved.iter().step_by(shelved.len() / 12).enumerate() {
        let duty = duty.clone();
        let by = "王0".to_owned();
        let note = "补报".to_owned();
        let what = match nth % 4 {
            0 => Event::Return { duty, by, note },
            1 => Event::Waiver { duty, by, note },
            kind => Event::Answer {
                duty,
                answer: if kind == 2 {
                    Answer::Trouble
                } else {
                    Answer::Done
                },
                by,
                note,
                via: Via::Clerk,
                address: None,
                nth: None,
                until: None,
                corrects: kind == 2,
            },
        };
        at = at.saturating_add(1.hour()).unwrap();
        both.happens(at, what);
    }
    let mut letters = 0;
    for _ in 0..30 {
        at = slots.after(at);
        letters += both.plans_the_same(at);
        both.shows_the_same(at);
        for event in plan(&years.agenda, &both.whole, at).events(|_| "<a@b.example>".to_owned()) {
            both.happens(at, event);
        }
    }
    assert!(letters > 0, "nobody heard of it");
}

/// A task that is to be done more often now is open again where it was over.
#[test]
fn what_is_asked_more_often_is_taken_down() {
    let years = Years::lived(9, 2025, 6);
    let mut both = Both::new(&years);
    both.live_through_all();
    let state = &both.book.state;
    assert_eq!(state.misplaced(&years.agenda), []);
    let duty = both.shelved().into_iter().find(|duty| {
        let known = both.whole.duty(duty);
        known.is_some_and(|known| known.let_off.is_none() && known.dones.len() == 1)
    });
    let duty = duty.unwrap();
    let page = years.settings.parent().unwrap().join("../calendar");
    let edited = with_times(&page, duty.occurrence.task.as_str());
    assert!(edited, "{duty}");
    let agenda = super::agenda(&years.settings);
    assert!(both.book.state.misplaced(&agenda).contains(&duty));
    both.book.fit(&years.ledger, &agenda).unwrap();
    assert_eq!(both.book.state.duty(&duty), both.whole.duty(&duty));
    assert_eq!(both.book.state.misplaced(&agenda), []);
}

/// What was done once of three times, and then never again, was left; where once is enough now, it was done.
#[test]
fn what_is_asked_less_often_is_taken_down() {
    let mut years = Years::lived(9, 2024, 6);
    let mut both = Both::new(&years);
    both.live_through_all();
    let shelved = both.shelved().into_iter();
    let mut done_once = shelved.filter(|duty| {
        let known = both.whole.duty(duty).unwrap();
        let due = known.told.iter().map(|told| told.due).max();
        known.let_off.is_none() && known.dones.len() == 1 && due < Some(date(2024, 10, 1))
    });
    let duty = done_once.next().unwrap();
    drop(done_once);
    let page = years.settings.parent().unwrap().join("../calendar");
    assert!(with_times(&page, duty.occurrence.task.as_str()), "{duty}");
    let three = super::agenda(&years.settings);
    let once = std::mem::replace(&mut years.agenda, three);
    let mut both = Both::new(&years);
    both.live_through_all();
    let rest = |both: &Both<'_>| {
        let happened = both.book.state.happened(&duty.occurrence);
        happened.rest(&duty.unit)
    };
    assert_eq!(rest(&both).map(|rest| rest.ending), Some(None), "{duty}");
    assert_eq!(both.book.state.misplaced(&years.agenda), []);
    assert!(both.book.state.misplaced(&once).contains(&duty));
    both.book.fit(&years.ledger, &once).unwrap();
    assert_eq!(both.book.state.duty(&duty), both.whole.duty(&duty));
    assert_eq!(both.book.state.misplaced(&once), []);
}

/// Writes into the calendar that a task is to be done three times.
fn with_times(calendar: &std::path::Path, task: &str) -> bool {
    let line = format!("\"{task}\"");
    for entry in std::fs::read_dir(calendar).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let found = text.lines().find(|found| {
            found.starts_with("id ") && found.split('=').nth(1).is_some_and(|id| id.trim() == line)
        });
        if let Some(found) = found {
            let more = format!("{found}\ntimes = 3");
            std::fs::write(&path, text.replacen(found, &more, 1)).unwrap();
            return true;
        }
    }
    false
}
