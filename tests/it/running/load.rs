//! Backups of a service in full use: letters go out, answers come in, and what is copied meanwhile is some moment's
//! ledger, whole. `just load` is the same for longer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use schoolbell::core::state::State;
use schoolbell::ledger::{Ledger, Nature, examine};

use super::house::{House, LIMIT, link, open, press};
use super::waiting::wait_until;

/// Backups made one after another.
const BACKUPS: usize = 3;

/// Schools, each of which gets at least one letter of every alert.
const SCHOOLS: usize = 7;

/// How many alerts there are, unless somebody asks for more.
fn alerts() -> usize {
    let asked = std::env::var_os("SCHOOLBELL_LOAD");
    asked.map_or(4, |times| times.to_str().unwrap().parse().unwrap())
}

/// The letters there are, in the order of their names.
fn letters(spool: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(spool) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "eml"))
        .collect();
    paths.sort();
    paths
}

/// The alerts that a letter is about.
fn alerts_on(page: &str) -> BTreeSet<String> {
    let duties = page.split("name=\"duty\" value=\"").skip(1);
    let ids = duties.filter_map(|rest| rest.split('"').next());
    let alerts = ids.filter(|id| id.starts_with("alert@"));
    alerts.map(str::to_owned).collect()
}

/// Presses on each letter as it comes, once for each duty; which was thanked for is noted.
fn answer(house: &House, thanked: &Mutex<BTreeSet<String>>, over: &AtomicBool) {
    let mut seen = BTreeSet::new();
    loop {
        let done = over.load(Ordering::Acquire);
        for path in letters(&house.path("var/spool")) {
            if !seen.insert(path.clone()) {
                continue;
            }
            let page = link(&fs::read(&path).unwrap());
            for duty in alerts_on(&open(&page)) {
                if thanked.lock().unwrap().contains(&duty) {
                    continue;
                }
                assert_eq!(press(&page, &duty, "received", "王建国"), 303);
                thanked.lock().unwrap().insert(duty);
            }
        }
        if done {
            return;
        }
        std::thread::yield_now();
    }
}

/// Sends alerts to all schools, one after the letters of the other are out.
fn ring(house: &House, alerts: usize) {
    for nth in 1..=alerts {
        let title = format!("第{nth}号台风");
        let arguments = ["raise", "--audience", "school", "--now", "--by", "罗建平"];
        house.call(&[&arguments[..], &["--title", &title, "--note", "停课"]].concat());
        wait_until(&format!("the letters of alert {nth} are out"), || {
            let duties = |kind: &str| -> BTreeSet<String> {
                let facts = house.facts(kind);
                facts.iter().map(|fact| fact["duty"].to_string()).collect()
            };
            // The outcomes first: what is queued in between is waited for in the next round.
            let ended = house.facts("outcome").len();
            let told = duties("notice");
            let all_told = duties("raised").is_subset(&told);
            all_told && ended == house.facts("letter-queued").len()
        });
    }
}

/// Puts a backup back elsewhere and looks at all of it: its pages, its facts, their fold, what `ledger` reads of it, and
/// that a service lives on it.
fn check(file: &Path, thanked: &BTreeSet<String>) -> (u64, String) {
    let other = House::new(None);
    other.call(&["restore", file.to_str().unwrap()]);
    let found = examine(file).unwrap();
    assert_eq!(found.nature, Nature::Real);
    let told = other.call(&["ledger"]);
    let (last, copied) = told
        .trim_end()
        .rsplit_once('\n')
        .map(|(a, b)| (b, a))
        .unwrap();
    assert!(last.contains("\"fact\":\"restored\""), "{last}");
    assert_eq!(copied.lines().count() as u64, found.facts);
    for duty in thanked {
        let mark = format!("\"fact\":\"answer\",\"duty\":\"{duty}\"");
        let thanked = copied.contains(&mark);
        assert!(thanked, "{duty} was thanked for before the backup");
    }
    let ledger = Ledger::open_existing(&other.path("var")).unwrap().unwrap();
    let facts = ledger.facts_since(0).unwrap();
    let mut step_by_step = State::default();
    for (_, fact) in &facts {
        step_by_step.apply(fact);
    }
    let at_once = State::fold(facts.iter().map(|(_, fact)| fact));
    assert!(step_by_step == at_once, "two folds of one ledger differ");
    drop(ledger);
    let mut daemon = other.start(&[]);
    daemon.wait_for("下一次发信");
    daemon.interrupt();
    (found.facts, copied.to_owned())
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "time and size are for whoever asks for more of it"
)]
fn backups_made_in_full_use_are_whole() {
    let house = House::new(None);
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    let over = AtomicBool::new(false);
    let thanked = Mutex::new(BTreeSet::new());
    let mut backups = Vec::new();
    std::thread::scope(|scope| {
        let ringing = scope.spawn(|| {
            ring(&house, alerts());
            over.store(true, Ordering::Release);
        });
        let answering = scope.spawn(|| answer(&house, &thanked, &over));
        // The first before anybody has answered, the others spread over what flows.
        for nth in 0..BACKUPS {
            let share = alerts() * SCHOOLS * nth / BACKUPS;
            let until = Instant::now() + LIMIT * 10;
            while thanked.lock().unwrap().len() < share && !answering.is_finished() {
                assert!(Instant::now() < until, "answers");
                std::thread::yield_now();
            }
            let before = thanked.lock().unwrap().clone();
            let file = house.path(&format!("备份{nth}.sqlite"));
            let begun = Instant::now();
            house.call(&["backup", file.to_str().unwrap()]);
            let took = begun.elapsed();
            let bytes = fs::metadata(&file).unwrap().len();
            let meanwhile = thanked.lock().unwrap().len() - before.len();
            eprintln!(
                "backup {nth}: {} KiB in {} ms, {meanwhile} answers meanwhile",
                bytes / 1024,
                took.as_millis()
            );
            backups.push((file, before));
        }
        ringing.join().unwrap();
        answering.join().unwrap();
    });
    daemon.interrupt();
    let all = thanked.into_inner().unwrap();
    assert!(all.len() >= alerts() * SCHOOLS, "{}", all.len());
    let whole = house.call(&["ledger"]);
    let mut facts = 0;
    for (file, thanked) in backups {
        let (more, copied) = check(&file, &thanked);
        assert!(more > facts, "the ledger grew while it was copied");
        facts = more;
        assert!(whole.starts_with(&copied), "it is a moment of this ledger");
    }
    eprintln!(
        "{} facts in the end, {facts} in the last backup",
        whole.lines().count()
    );
}
