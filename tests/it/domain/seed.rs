//! Nothing of the document is lost: every row of the slug map stands where it says, and every task says where it is from.

use schoolbell::core::calendar::{Origin, Schedule};

use super::{loaded, shipped, task, units};

/// The document's rows and what became of each.
fn slugs() -> Vec<[&'static str; 4]> {
    let rows = include_str!("../data/slugs.csv").lines().skip(1);
    rows.map(|row| {
        row.splitn(4, ',')
            .collect::<Vec<_>>()
            .try_into()
            .expect("four columns")
    })
    .collect()
}

#[test]
fn every_row_of_the_document_is_mapped() {
    let agenda = shipped();
    let readme = include_str!("../../../calendar/README.md");
    for [slug, class, becomes, place] in slugs() {
        match becomes {
            "task" => {
                for id in place.split(' ') {
                    assert!(
                        matches!(task(&agenda, id).schedule, Schedule::Dated(_)),
                        "{slug}: {id}"
                    );
                }
            }
            "conditional" => {
                assert!(
                    matches!(task(&agenda, place).schedule, Schedule::Conditional(_)),
                    "{slug}: {place}"
                );
            }
            "folded" => {
                task(&agenda, place);
                assert!(
                    !agenda.calendar.tasks.contains_key(slug),
                    "{slug} is folded and still a task"
                );
            }
            "table" => {
                assert_eq!(place, "calendar/README.md");
                let row = format!("| `{slug}` | {class} |");
                assert!(readme.contains(&row), "{row} is not in the table");
            }
            other => panic!("{slug} becomes {other}"),
        }
    }
    assert_eq!(slugs().len(), 140);
}

/// The other way round: no task comes from nowhere, but for what the bureau itself has set.
#[test]
fn every_task_is_in_the_map() {
    let agenda = shipped();
    let mapped: Vec<_> = slugs()
        .iter()
        .flat_map(|[_, _, _, place]| place.split(' ').collect::<Vec<_>>())
        .collect();
    let tasks = agenda.calendar.tasks.values();
    for task in tasks.filter(|task| task.origin != Origin::Local) {
        let id = &task.id;
        assert!(
            mapped.contains(&id.as_str()),
            "{id} is in no row of slugs.csv"
        );
    }
}

#[test]
fn every_seed_task_has_source_and_origin() {
    let agenda = shipped();
    for [slug, class, becomes, place] in slugs() {
        let seed = !class.starts_with("supp");
        if !seed || !matches!(becomes, "task" | "conditional") {
            continue;
        }
        for id in place.split(' ') {
            let found = task(&agenda, id);
            assert_eq!(found.origin, Origin::Seed, "{slug}: {id}");
            assert!(
                found.source.contains("正文·") || found.source.contains("附件·"),
                "{id}: {}",
                found.source
            );
        }
    }
    for found in agenda.calendar.tasks.values() {
        assert!(!found.source.is_empty(), "{} has no source", found.id);
    }
}

/// What the bureau does itself is not asked of a school, and what is asked of a school is not asked of the bureau.
#[test]
fn the_bureaus_own_tasks() {
    let agenda = shipped();
    for [slug, class, becomes, place] in slugs() {
        for id in place.split(' ').filter(|_| becomes == "task") {
            let bureau = units(&agenda, id).contains("bureau");
            let alone = units(&agenda, id).len() == 1;
            assert_eq!(
                bureau,
                bureau && alone,
                "{id} goes to the bureau and to others"
            );
            if class == "B" || id.ends_with("-bureau") {
                assert!(bureau, "{slug}: {id} is the bureau's own");
            }
            if class == "R" || class == "M" {
                assert!(!bureau, "{slug}: {id} is the schools'");
            }
        }
        if matches!(class, "B+R" | "R+B") && becomes == "task" && place.contains(' ') {
            let to: Vec<_> = place
                .split(' ')
                .map(|id| units(&agenda, id).contains("bureau"))
                .collect();
            assert!(
                to.contains(&true) && to.contains(&false),
                "{slug}: one for the bureau, one for the schools"
            );
        }
    }
}

/// The shipped files have no fault, and the only warnings are of what can't be known yet.
#[test]
fn the_shipped_files_are_sound() {
    let loaded = loaded();
    for found in &loaded.findings {
        let known = ["2027年放假安排", "日期还没有写", "没有日期", "没有人担任"]
            .iter()
            .any(|word| found.message.zh.contains(word));
        assert!(known, "{}", found.message.zh);
    }
}
