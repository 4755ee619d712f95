//! Edits of the shipped calendar as a seed draws them: what `diff` says of the letters is what the planner does.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::diff::diff;
use schoolbell::core::fact::{Answer, Event, Fact, Outcome, Via};
use schoolbell::core::plan::{Slots, first_sights, plan};
use schoolbell::core::rehearsal::Chance as Rng;
use schoolbell::core::state::State;

use super::must_agree;

use crate::world::source::Source;

/// How many seeds are lived through.
const SEEDS: u64 = 4;

/// How many slots pass before the edit, at most.
const SLOTS: i64 = 25;

#[test]
fn the_letters_of_a_seeded_edit() {
    for seed in 0..SEEDS {
        let mut rng = Rng::new(seed ^ 0x0064_6966_6673);
        let mut source = Source::shipped();
        // Unoptimised, a whole year of every school takes long: three stay, of different kinds.
        for unit in ["s002", "s004", "s005", "s007", "s008", "s009"] {
            source.remove_unit(unit);
        }
        let old = source.agenda().expect("the calendar loads");
        let hung: Timestamp = "2026-03-04T07:59:00+08:00".parse().expect("an instant");
        let hung = hung
            .checked_add((24 * rng.between(0, 200)).hours())
            .expect("in range");
        let (state, now) = live(&old, hung, &mut rng);
        let mut edited = source.clone();
        let mut done = Vec::new();
        while done.len() < 2 {
            let before = edited.clone();
            let what = edit(&mut edited, &mut rng);
            // What others come after can't go: the daemon refuses such an edit too.
            match edited.agenda() {
                Ok(_) => done.push(what),
                Err(_) => edited = before,
            }
        }
        let new = edited.agenda().expect("the edit is valid");
        let case = format!("seed {seed}: at {now}: {done:?}");
        let found = diff(&old, &new, &state, now);
        must_agree(&old, &new, &state, now, &found, &case);
        let none = diff(
            &new,
            &Arc::new(edited.agenda().expect("valid")),
            &state,
            now,
        );
        assert!(none.is_empty(), "seed {seed}: {none:?}");
    }
}

/// A few slots with most letters arriving and some answered. Ends between two slots.
fn live(agenda: &Agenda, hung: Timestamp, rng: &mut Rng) -> (State, Timestamp) {
    let mut state = State::default();
    let take = |state: &mut State, at, what| state.apply(&Fact { at, what });
    let installation = String::new();
    take(&mut state, hung, Event::BellHung { installation });
    for what in first_sights(agenda, &state) {
        take(&mut state, hung, what);
    }
    let mut now = hung;
    for _ in 0..rng.between(0, SLOTS) {
        now = Slots::new(&agenda.calendar).after(now);
        let due = plan(agenda, &state, now);
        for what in due.events(|_| String::new()) {
            take(&mut state, now, what);
        }
        for letter in &due.letters {
            if rng.percent(90) {
                let outcome = Event::Outcome {
                    letter: letter.number,
                    address: letter.address.clone(),
                    message_id: String::new(),
                    outcome: Outcome::Accepted,
                    text: String::new(),
                    retry_at: None,
                };
                take(&mut state, now, outcome);
            }
            for notice in &letter.notices {
                if rng.percent(30) {
                    let answer = Event::Answer {
                        duty: notice.duty.clone(),
                        answer: Answer::Done,
                        by: letter.address.to_string(),
                        note: String::new(),
                        via: Via::Page,
                        address: Some(letter.address.clone()),
                        nth: None,
                        until: None,
                        corrects: false,
                    };
                    take(&mut state, now, answer);
                }
            }
        }
    }
    (state, now.checked_add(1.hour()).expect("in range"))
}

/// One edit, and what it was.
fn edit(source: &mut Source, rng: &mut Rng) -> String {
    let tasks = source.tasks();
    let count = u64::try_from(tasks.len()).expect("a count");
    let task = tasks[usize::try_from(rng.below(count)).expect("an index")].clone();
    match rng.below(7) {
        0 | 1 => {
            let month = rng.between(1, 12);
            let due = format!("{month}月{}日", rng.between(1, 28));
            format!("{task} due {due}: {}", source.move_due(&task, &due))
        }
        2 => format!("{task} removed: {}", source.remove_task(&task)),
        3 => {
            let id = format!("new-{}", rng.below(1_000));
            source.add_task(&id, "11月底", "k12");
            format!("{id} added")
        }
        4 => source.change_mailbox(rng, "xin@new.example"),
        5 => {
            source.remove_unit("s003");
            "s003 removed".to_owned()
        }
        _ => {
            source.replace("\"7d\"", "\"8d\"");
            "7d -> 8d".to_owned()
        }
    }
}
