//! A large county on disk: what the bench of `check` measures, and a test of that.

#[path = "county/roster.rs"]
mod roster;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use roster::roster;

/// So many tasks.
pub(crate) const TASKS: usize = 1_000;
/// So many contacts.
pub(crate) const CONTACTS: usize = 5_000;

const TOWNS: usize = 30;
/// Three people at each school, one at each town, two at the bureau.
const SCHOOLS: usize = (CONTACTS - TOWNS - 2) / 3;

/// The dates of tasks, each with its `every`.
const DATES: [(&str, &str); 12] = [
    ("year", "5月12日"),
    ("year", "4月底"),
    ("year", "3月最后一个周一"),
    ("year", "6月20日至7月4日"),
    ("year", "春季学期开学后14天"),
    ("year", "国庆节前3个工作日"),
    ("year", "端午节"),
    ("term", "开学后14天"),
    ("quarter", "最后一个工作日"),
    ("month", "最后一个教学日"),
    ("holiday", "节前"),
    ("break", "放假前"),
];

const AUDIENCES: [&str; 6] = [
    "school",
    "k12 & boarding",
    "primary | junior",
    "kindergarten",
    "canteen=A | canteen=B",
    "school & !mountain",
];

/// Writes the county into an empty folder and gives the settings' file.
pub(crate) fn write(folder: &Path) -> PathBuf {
    let (calendar, config) = (folder.join("calendar"), folder.join("config"));
    let put = |path: PathBuf, text: String| fs::write(path, text).expect("a folder to write in");
    fs::create_dir_all(calendar.join("holidays")).expect("a folder to write in");
    fs::create_dir_all(&config).expect("a folder to write in");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("calendar");
    for name in [
        "calendar.toml",
        "school-year.toml",
        "holidays/2025.toml",
        "holidays/2026.toml",
    ] {
        fs::copy(shipped.join(name), calendar.join(name)).expect("the shipped calendar");
    }
    for month in 1..=12 {
        let mut page = format!("month = {month}\ntheme = \"第{month}个主题\"\n");
        for nth in (0..TASKS).filter(|nth| nth % 12 + 1 == month) {
            page += &task(nth);
        }
        put(calendar.join(format!("{month:02}.toml")), page);
    }
    put(config.join("roster.csv"), roster(TOWNS, SCHOOLS));
    let settings = config.join("schoolbell.toml");
    put(settings.clone(), "calendar = \"../calendar\"\n".to_owned());
    settings
}

fn task(nth: usize) -> String {
    // 12 dates in 12 files: shifted, so that every file has all of them.
    let (every, due) = DATES[(nth + nth / 12) % DATES.len()];
    let audience = AUDIENCES[nth % AUDIENCES.len()];
    format!(
        "\n[[task]]\nid       = \"task-{nth}\"\ntitle    = \"第{nth}项安全工作\"\nevery    = \"{every}\"\ndue      = \"{due}\"\n\
         audience = \"{audience}\"\nevidence = \"照片、台账\"\nsource   = \"附件·措施{nth}\"\norigin   = \"local\"\nauthority = \"通知\"\n"
    )
}
