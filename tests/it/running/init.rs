//! `init`: from nothing to a configuration that passes `check`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use schoolbell::shipped;

fn bell(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_schoolbell"))
        .args(arguments)
        .env_remove("STATE_DIRECTORY")
        .env_remove("CREDENTIALS_DIRECTORY")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_new_folder_passes_check() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("慈溪校钟");
    let name = folder.to_str().unwrap();
    let steps = said(&bell(&["init", name]));
    let config = folder.join("config/schoolbell.toml");
    let config = config.to_str().unwrap();
    let checked = said(&bell(&["--config", config, "check"]));
    assert!(
        checked.contains("可以使用:") && checked.contains("2个单位;0处错误"),
        "{checked}"
    );

    let schema = fs::read_to_string(folder.join("config/schema/tasks.json")).unwrap();
    assert_eq!(schema, said(&bell(&["schema", "tasks"])));

    // Every command that is told of is there, and takes what is told with it.
    let told: Vec<_> = steps
        .lines()
        .filter_map(|line| line.trim().strip_prefix("schoolbell "))
        .collect();
    assert!(told.len() >= 5, "{steps}");
    for line in &told {
        let words: Vec<_> = line.split(' ').collect();
        let command = words[2];
        assert!(bell(&[command, "--help"]).status.success(), "{line}");
    }

    // The schemas that the files name are there.
    for file in [
        "calendar/05.toml",
        "calendar/holidays/2026.toml",
        "config/schoolbell.toml",
    ] {
        let file = folder.join(file);
        let text = fs::read_to_string(&file).unwrap();
        let named = text.lines().next().unwrap().strip_prefix("#:schema ");
        let schema = file.parent().unwrap().join(named.unwrap());
        assert!(schema.is_file(), "{schema:?}");
    }

    // The form is the roster, until it is filled in.
    let form = folder.join("config/花名册模板.xlsx");
    let form = form.to_str().unwrap();
    let same = said(&bell(&["--config", config, "roster", "import", form]));
    assert!(same.contains("和现在的花名册一样"), "{same}");
    let days = ["--from", "2026-09-01", "--to", "2026-09-30"];
    let plan = said(&bell(&[&["--config", config, "plan"][..], &days].concat()));
    assert!(plan.contains("anquan@school.example"), "{plan}");
}

#[test]
fn a_folder_with_anything_in_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".隐藏"), "别的").unwrap();
    let output = bell(&["init", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("里已有文件。请用一个新的或空的文件夹"),
        "{said}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::remove_file(folder.path().join(".隐藏")).unwrap();
    assert!(
        bell(&["init", folder.path().to_str().unwrap()])
            .status
            .success()
    );
}

/// The program carries what lies in the repository, all of it.
#[test]
fn what_is_shipped_is_what_is_written() {
    fn names(folder: &Path, from: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                names(&path, from, found);
            } else {
                let name = path.strip_prefix(from).unwrap();
                found.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    let calendar = Path::new(env!("CARGO_MANIFEST_DIR")).join("calendar");
    let mut there = Vec::new();
    names(&calendar, &calendar, &mut there);
    there.sort();
    let mut carried: Vec<_> = shipped::CALENDAR.iter().map(|(name, _)| *name).collect();
    carried.sort_unstable();
    assert_eq!(carried, there);
}
