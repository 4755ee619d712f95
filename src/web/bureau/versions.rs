//! The versions of calendar and roster, in the words and order of their page.

use serde::Serialize;

use crate::web::Version;

/// Digits of a version's name that tell it from the others.
const SHOWN_DIGITS: usize = 8;

#[derive(Debug, Serialize)]
pub(super) struct Page<'a> {
    rows: Vec<Row<'a>>,
    /// What was asked to be shown: the version, and what it changed.
    shown: Option<Shown<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    seq: u64,
    name: &'a str,
    at: String,
    stands: &'static str,
    /// Whether there is one before it to be compared with.
    has_before: bool,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    at: String,
    edit: &'a str,
}

impl<'a> Page<'a> {
    pub(super) fn new(found: &'a [Version], asked: Option<u64>, edit: Option<&'a str>) -> Self {
        let at = |version: &Version| version.at.strftime("%Y年%-m月%-d日 %H:%M").to_string();
        let rows = found.iter().enumerate().map(|(nth, version)| Row {
            seq: version.seq,
            name: version
                .version
                .get(..SHOWN_DIGITS)
                .unwrap_or(&version.version),
            at: at(version),
            stands: match (version.in_force, version.awaits_release) {
                (true, true) => "正在使用，还没有按它发过信",
                (true, false) => "正在使用",
                (false, _) => "",
            },
            has_before: nth + 1 < found.len(),
        });
        let asked = asked.and_then(|asked| found.iter().find(|v| v.seq == asked));
        Self {
            rows: rows.collect(),
            shown: asked.zip(edit).map(|(version, edit)| Shown {
                at: at(version),
                edit,
            }),
        }
    }
}
