//! Many faults, and files nobody would write.

use std::time::{Duration, Instant};

use schoolbell::core::diagnostic::{LARGEST_FILE, Locale, MOST_FINDINGS, render};
use schoolbell::load::check;

use super::catalogue::House;
use crate::county;

/// The lines of a file's findings, in order.
fn lines(house: &House, file: &str) -> Vec<usize> {
    let found = house.check().findings;
    let marks = found.iter().filter_map(|fault| fault.mark.as_ref());
    marks
        .filter(|mark| mark.text.name.ends_with(file))
        .map(|mark| mark.text.position(mark.span.start).0)
        .collect()
}

/// A line for each way to be wrong; all else about its task is sound.
const WRONG: [&str; 50] = [
    "titel = \"演练\"",
    "标签 = \"演练\"",
    "title = \"没有引号结尾",
    "evidence = “照片”",
    "evidence = \"照片”",
    "evidence ＝ \"照片\"",
    "evidence： \"照片\"",
    "evidence \"照片\"",
    "evidence = 照片",
    "evidence =",
    "evidence = \"照片\" \"录像\"",
    "evidence = \"D:\\照片\"",
    "evidence = \"照\\n片\"",
    "evidence = \"\"",
    "evidence = 3",
    "evidence = 2026-02-30",
    "evidence = [\"照片\"]",
    "budget = \"5000\"",
    "theme = \"演练月\"",
    "every = \"montly\"",
    "every = 3",
    "times = 0",
    "times = \"三\"",
    "times = 1.5",
    "due_time = \"25:00\"",
    "due_time = 8",
    "when = \"conditonal\"",
    "opens = \"14 dayz\"",
    "opens = 14",
    "remind = \"7d\"",
    "remind = [\"7d\", \"7d\"]",
    "remind = [\"七天前\"]",
    "remind = [\"7d\"，\"0d\"]",
    "remind = ［\"7d\"］",
    "to = []",
    "to = [\"pricipal\"]",
    "to = [\"safety@twon\"]",
    "to = \"safety\"",
    "escalate = [{ after = \"0d\", to = [\"deputy\"] }]",
    "escalate = [{ after = \"3d\", to = [\"deputy\"] }, { after = \"1d\", to = [\"office\"] }]",
    "escalate = [{ to = [\"deputy\"] }]",
    "nag = true",
    "nag = { every = \"0d\", at_most = 6 }",
    "nag = { every = \"5d\" }",
    "on_rest_day = \"keep\"",
    "after = \"nowhere\"",
    "met_by = [\"Not An Id\"]",
    "skip_if = \"days < 10\"",
    "due_at = { towm = \"-3d\" }",
    "authority = true",
];

#[test]
fn fifty_faults_are_reported_each_at_its_line() {
    let mut page = String::new();
    let mut expected = Vec::new();
    for (nth, wrong) in WRONG.iter().enumerate() {
        let id = format!("id = \"task-{nth}\"");
        let sound = [
            "title = \"演练\"",
            "due = \"5月12日\"",
            "audience = \"school\"",
            "origin = \"seed\"",
        ];
        // A key that is written wrongly is not written well as well.
        let sound = sound
            .into_iter()
            .filter(|line| line.split(' ').next() != wrong.split(' ').next());
        for line in ["[[task]]", &id].into_iter().chain(sound).chain([*wrong]) {
            page += line;
            page.push('\n');
        }
        expected.push(page.lines().count());
    }
    let house = House::sound();
    house.put("05.toml", page.as_bytes());
    let said = house.says(Locale::Chinese);
    assert_eq!(lines(&house, "05.toml"), expected, "{said}");
}

#[test]
fn what_is_too_large_is_not_read() {
    for name in ["05.toml", "calendar.toml", "roster.csv", "schoolbell.toml"] {
        let house = House::sound();
        house.put(name, &vec![b'['; LARGEST_FILE + 1]);
        let said = house.says(Locale::Chinese);
        assert!(said.starts_with("错误: 文件太大\n"), "{name}: {said}");
        assert_eq!(said.matches("错误").count(), 1, "{name}: {said}");
    }
}

/// Large files, as bad as can be: an answer comes, in time and of a length that can be read.
#[test]
fn the_worst_files_are_answered() {
    const LIMIT: Duration = Duration::from_mins(1);
    // An eighth of what is allowed: unoptimised, the whole takes half a minute.
    const SIZE: usize = LARGEST_FILE / 8;
    let fill = |text: &str| text.repeat(SIZE / text.len());
    let numbered = |text: &str| -> String {
        let lines = (0..SIZE / (text.len() + 8)).map(|n| text.replace('N', &n.to_string()));
        lines.collect()
    };
    let pages = [
        fill("["),
        fill("a."),
        fill("a = [\n"),
        fill("a = {"),
        fill("x\n"),
        fill("x "),
        fill("\""),
        fill("'''"),
        fill("“"),
        fill("[tags]\n"),
        fill("[[task]]\n"),
        numbered("kN = 1\n"),
        numbered(
            "[[task]]\nid = \"tN\"\ntitle = \"演练\"\ndue = \"2月30日\"\naudience = \"bording\"\n",
        ),
    ];
    let start = Instant::now();
    for page in pages {
        let house = House::sound();
        house.put("05.toml", page.as_bytes());
        let found = house.check().findings;
        let begins = &page[..page.floor_char_boundary(20)];
        assert!(
            (1..=MOST_FINDINGS + 1).contains(&found.len()),
            "{begins}: {}",
            found.len()
        );
        assert!(start.elapsed() < LIMIT, "{begins}: {:?}", start.elapsed());
    }
    for roster in [
        fill(",\n"),
        fill("\"\n"),
        fill("x,x,x,x,x,x\n"),
        numbered("sN,名,中学,t9,,安全主任,王,w\n"),
    ] {
        let house = House::sound();
        let header = "unit,name,kind,parent,tags,role,person,email\n";
        let rows = &roster[..roster.floor_char_boundary(SIZE - header.len())];
        house.put("roster.csv", format!("{header}{rows}").as_bytes());
        let found = house.check().findings;
        assert!(found.len() <= MOST_FINDINGS + 1, "{}", found.len());
        assert!(
            start.elapsed() < LIMIT,
            "{:?}: {:?}",
            &roster[..8],
            start.elapsed()
        );
    }
}

/// What the bench measures is what it says: a thousand tasks and five thousand contacts, all of it sound.
#[test]
fn the_county_of_the_bench() {
    let folder = tempfile::tempdir().unwrap();
    let settings = county::write(folder.path());
    let loaded = check(&settings).unwrap();
    let errors = render(&loaded.findings, Locale::Chinese, false);
    assert!(!loaded.has_errors(), "{errors}");
    assert_eq!(loaded.agenda.calendar.tasks.len(), county::TASKS);
    let units = loaded.agenda.roster.units();
    let contacts: usize = units.iter().map(|unit| unit.contacts.len()).sum();
    assert_eq!(contacts, county::CONTACTS);
}
