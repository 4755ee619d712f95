//! Who may come in, for how long, and what they see.

use schoolbell::core::fact::{Event, Fact};
use schoolbell::core::names::Address;
use schoolbell::core::officer::{Officer, Sight};
use schoolbell::core::overview::{Asked, Overview, Scope, overview, today};
use schoolbell::core::plan::Slots;
use schoolbell::core::state::State;

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND};

const ASKED: &str = "2026-05-12T00:00:00Z";
const LINK_ENDS: &str = "2026-05-12T00:15:00Z";
const ENTERED: &str = "2026-05-12T00:10:00Z";
const STAY_ENDS: &str = "2026-05-12T12:10:00Z";

fn fact(at: &str, what: Event) -> Fact {
    let at = at.parse().expect("an instant");
    Fact { at, what }
}

/// 沈志明 asked for a link by one browser.
fn asked() -> Fact {
    fact(
        ASKED,
        Event::SignInAsked {
            letter: 3,
            address: Address::from("office@b"),
            browser: "0b".repeat(32),
            until: LINK_ENDS.parse().expect("an instant"),
        },
    )
}

/// And used it.
fn entered() -> Fact {
    fact(
        ENTERED,
        Event::SignedIn {
            letter: 3,
            address: Address::from("office@b"),
            by: "沈志明".to_owned(),
            session: "0c".repeat(32),
            until: STAY_ENDS.parse().expect("an instant"),
        },
    )
}

/// Whether the link still works, and whether somebody is signed in, at an instant.
fn open(state: &State, at: &str) -> (bool, bool) {
    let at = at.parse().expect("an instant");
    let admission = &state.admission;
    let link = admission.link(3, at).is_some();
    (link, admission.session(&"0c".repeat(32), at).is_some())
}

#[test]
fn a_link_and_a_session_end_at_their_last_instant() {
    let mut state = State::fold(&[asked()]);
    assert_eq!(open(&state, ASKED), (true, false));
    assert_eq!(open(&state, LINK_ENDS), (true, false), "the last instant");
    assert_eq!(
        open(&state, "2026-05-12T00:15:00.000000001Z"),
        (false, false)
    );
    state.apply(&entered());
    assert_eq!(open(&state, ENTERED), (false, true), "used up");
    assert_eq!(open(&state, STAY_ENDS), (false, true));
    assert_eq!(
        open(&state, "2026-05-12T12:10:00.000000001Z"),
        (false, false)
    );
}

/// Who signed out since the backup was made is not known: nobody is in any more.
#[test]
fn a_restore_signs_everybody_out() {
    let mut again = asked();
    if let Event::SignInAsked { letter, .. } = &mut again.what {
        *letter = 4;
    }
    let mut state = State::fold(&[asked(), entered(), again]);
    assert_eq!(
        state.admission.sessions.len() + state.admission.links.len(),
        2
    );
    let from = "backup.db".to_owned();
    state.apply(&fact(ENTERED, Event::Restored { from }));
    assert_eq!(open(&state, ENTERED), (false, false));
    assert!(state.admission.sessions.is_empty() && state.admission.links.is_empty());
}

fn officer(bell: &Bell, address: &str) -> Option<Officer> {
    let day = Slots::new(&bell.agenda.calendar).day(bell.now);
    Officer::of(&bell.agenda, &Address::from(address), day)
}

/// A bell of a roster, some day in May.
fn bell(roster: &str) -> Bell {
    let mut bell = Bell::with(HEAD, DRILL, roster);
    bell.run("2026-05-05 09:00 hang");
    bell
}

#[test]
fn whoever_loses_the_role_loses_the_sight() {
    let mut bell = bell(ROSTER);
    assert!(officer(&bell, "office@b").is_some_and(|officer| officer.may_act()));
    bell.edit("office,沈志明,office@b => deputy,沈志明,office@b");
    assert_eq!(officer(&bell, "office@b"), None);
    assert!(officer(&bell, "safety@t1").is_some());
    bell.edit("safety,胡国强,safety@t1 => deputy,胡国强,safety@t1");
    assert_eq!(officer(&bell, "safety@t1"), None);
}

/// Where several stand behind one mailbox, it is the one with the role whose name is on the decision.
#[test]
fn an_officer_is_who_has_the_role_that_makes_them_one() {
    let shared = ROSTER
        .replace(
            "b,慈溪市教育局,bureau,,,office,沈志明,office@b",
            "b,慈溪市教育局,bureau,,,deputy,方文华,office@b",
        )
        .replace(
            "b,,,,,deputy,方文华,deputy@b",
            "b,,,,,office,沈志明,office@b",
        );
    let found = officer(&bell(&shared), "office@b").expect("an officer");
    assert_eq!(
        (found.person.as_str(), found.sight.clone()),
        ("沈志明", Sight::All)
    );
    assert_eq!(found.place, "慈溪市教育局");
}

/// A town's officer sees its own units, and neither the bureau's nor another town's.
#[test]
fn a_town_sees_its_own_units_only() {
    let two = format!(
        "{ROSTER}{SECOND}t2,横河镇,town,b,,office,孙立峰,office@t2,,,\ns3,横河中学,junior,t2,,safety,周建军,safety@s3,,,\n"
    );
    let bell = bell(&two);
    let seen = |address: &str| -> Vec<String> {
        let officer = officer(&bell, address).expect("an officer");
        let unit = |id: &str| {
            let asked = Asked::Unit(id.into());
            overview(&bell.agenda, &bell.state, &officer, &asked, bell.now).is_some()
        };
        let ids = ["b", "t1", "t2", "s1", "s2", "s3"].into_iter();
        ids.filter(|id| unit(id)).map(str::to_owned).collect()
    };
    assert_eq!(seen("office@b"), ["b", "t1", "t2", "s1", "s2", "s3"]);
    assert_eq!(seen("safety@t1"), ["t1", "s1", "s2"]);
    assert_eq!(seen("office@t2"), ["t2", "s3"]);
    assert_eq!(officer(&bell, "safety@s1"), None);
}

/// What nobody finished last year is still overdue in March, and not only in the first weeks.
#[test]
fn last_years_overdue_duties_stay_in_sight() {
    let mut bell = Bell::with(HEAD, DRILL, ROSTER);
    bell.run("2026-10-20 09:00 hang");
    bell.run("2026-11-12 09:00 end");
    for day in ["2026-12-31", "2027-03-02", "2027-12-31"] {
        bell.run(&format!("{day} 09:00 end"));
        let found = today(
            &bell.agenda,
            &bell.state,
            &Scope::whole(&bell.agenda),
            bell.now,
        );
        let overdue: Vec<_> = found
            .overdue
            .iter()
            .map(|line| line.occurrence.to_string())
            .collect();
        assert!(
            overdue.contains(&"drill@2026".to_owned()),
            "{day}: {overdue:?}"
        );
    }
}

/// What was put off for years counts in the year it was put off to, though all else of its own is over.
#[test]
fn what_was_put_off_for_years_is_in_sight() {
    let mut bell = Bell::with(HEAD, DRILL, ROSTER);
    bell.run(
        "2026-10-20 09:00 hang
         2026-11-03 10:00 extension drill@2026/s1 safety@s1 2029-02-20
         2026-11-04 10:00 grant drill@2026/s1 extension 2029-02-20
         2029-02-10 09:00 end",
    );
    let due = |year: i16| {
        let officer = officer(&bell, "office@b").unwrap();
        let asked = Asked::Year(Some(year));
        let Some(Overview::Year(found)) =
            overview(&bell.agenda, &bell.state, &officer, &asked, bell.now)
        else {
            panic!("the bureau sees its years");
        };
        let lines = found.months.iter().flat_map(|month| &month.lines);
        let mut own = lines.filter(|line| line.occurrence.to_string() == "drill@2026");
        own.next().map(|line| line.due.to_string())
    };
    assert_eq!(due(2029), Some("2029-02-20".to_owned()));
    assert_eq!(due(2028), None);
}
