//! What `diff` says of an edit, and that the planner then does just that.
//!
//! A case is a calendar, a script of what happened before, and the edit. Whatever is printed, the letters said to be
//! sent now must be those that the planner queues at the next slot and would not have queued without the edit, and the
//! difference over the year that of the two whole forecasts.

mod edits;
mod seeded;
mod texts;

use std::collections::BTreeSet;

use expect_test::Expect;
use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::diagnostic::Locale;
use schoolbell::core::diff::{Diff, diff};
use schoolbell::core::fact::{Event, Fact};
use schoolbell::core::forecast::forecast;
use schoolbell::core::plan::{Letter, Plan, Slots, first_sights, plan};
use schoolbell::core::state::State;

use crate::bell::{Bell, HEAD, ROSTER, SECOND};

/// An edit of a bureau with two schools; the script ends where the edit is made.
fn check(tasks: &str, script: &str, edits: &[&str], expected: Expect) {
    expected.assert_eq(&compare(tasks, script, edits).in_words(Locale::Chinese, 30));
}

fn compare(tasks: &str, script: &str, edits: &[&str]) -> Diff {
    let mut bell = Bell::with(HEAD, tasks, &format!("{ROSTER}{SECOND}"));
    bell.run(script);
    let mut edits = edits.iter();
    let old = edits.next().map(|edit| bell.edit(edit)).expect("an edit");
    for edit in edits {
        bell.edit(edit);
    }
    let found = diff(&old, &bell.agenda, &bell.state, bell.now);
    must_agree(&old, &bell.agenda, &bell.state, bell.now, &found, "");
    found
}

/// Each notice and matter of a plan, with whom it goes to.
fn said(plan: &Plan) -> BTreeSet<(String, String)> {
    let mut said = BTreeSet::new();
    for letter in &plan.letters {
        let to = letter.address.to_string();
        for notice in &letter.notices {
            let (duty, rung, due) = (&notice.duty, notice.rung, notice.due);
            said.insert((to.clone(), format!("{duty} {rung} {due}")));
        }
        for matter in matters(letter) {
            said.insert((to.clone(), matter.clone()));
        }
    }
    said
}

/// What officers are told but that a bulletin's draft is ready: there is one each week in which anything at all was due,
/// which is no edit's doing.
fn matters(letter: &Letter) -> impl Iterator<Item = &String> {
    let matters = letter.matters.iter().map(|(matter, _)| matter);
    matters.filter(|matter| !matter.starts_with("bulletin:"))
}

/// What the daemon would decide at its first slot after an edit, and when: the first sights, then the plan.
fn decided(agenda: &Agenda, state: &State, now: Timestamp) -> (Timestamp, Plan) {
    let mut state = state.clone();
    for what in first_sights(agenda, &state) {
        state.apply(&Fact { at: now, what });
    }
    let at_once = plan(agenda, &state, now);
    if let Some(slot) = at_once.slot {
        return (slot, at_once);
    }
    let next = at_once.next.expect("a next slot");
    (next, plan(agenda, &state, next))
}

/// How many letters there are up to a day, by the forecast of the whole.
fn letters(agenda: &Agenda, state: &State, now: Timestamp, to: Date) -> i64 {
    let mut letters = 0;
    forecast(agenda, state.clone(), now, to, |plan| {
        let letters_of_edits = plan
            .letters
            .iter()
            .filter(|letter| !letter.notices.is_empty() || matters(letter).count() > 0);
        letters += i64::try_from(letters_of_edits.count()).unwrap();
    });
    letters
}

/// The figures of a diff against the planner's own.
fn must_agree(old: &Agenda, new: &Agenda, state: &State, now: Timestamp, found: &Diff, case: &str) {
    let mut hung = state.clone();
    if hung.hung.is_none() {
        let installation = String::new();
        let what = Event::BellHung { installation };
        hung.apply(&Fact { at: now, what });
    }
    let (at, after) = decided(new, &hung, now);
    let counted = found.letters.as_ref().expect("counted");
    assert_eq!(counted.at, at, "{case}: the next slot");
    let slots = Slots::new(&new.calendar);
    let (usual, before) = decided(old, &hung, now);
    let before = if slots.day(usual) <= slots.day(at) {
        said(&before)
    } else {
        BTreeSet::new()
    };
    let fresh: BTreeSet<_> = said(&after).difference(&before).cloned().collect();
    let addresses: BTreeSet<_> = fresh.iter().map(|(to, _)| to).collect();
    assert_eq!(counted.now, addresses.len(), "{case}: {fresh:?}");
    assert_eq!(counted.said.values().sum::<usize>(), fresh.len());
    let (_, until) = found.days;
    assert_eq!(
        counted.later,
        letters(new, state, now, until) - letters(old, state, now, until),
        "{case}: the year"
    );
}
