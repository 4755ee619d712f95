//! What may have been meant by a word of an audience that is neither a kind nor a declared tag.

use std::collections::BTreeMap;

use crate::core::diagnostic::{Words, did_you_mean, nearest, one_of_meaning, perhaps};
use crate::core::roster::{Kind, Unit};

/// What people call whom a task is for, beside the kinds' own names.
const SAID: [(&str, &[&str]); 9] = [
    (
        "school",
        &[
            "学校",
            "全部学校",
            "所有学校",
            "全体学校",
            "各学校",
            "各校",
            "全市学校",
            "中小学幼儿园",
            "all",
            "schools",
        ],
    ),
    ("k12", &["中小学", "全部中小学", "中小学校", "各中小学"]),
    ("junior | senior", &["中学"]),
    ("kindergarten", &["幼儿园所", "全部幼儿园"]),
    ("town", &["镇", "街道", "镇(街道)", "乡镇", "镇街道"]),
    ("bureau", &["局", "局机关"]),
    ("section", &["局内科室", "各科室"]),
    ("nine-year", &["九年一贯制学校"]),
    (
        "vocational",
        &["中职", "职业学校", "中等职业学校", "职业高中"],
    ),
];

/// How conditions are joined, for whoever writes them otherwise.
pub(crate) fn signs() -> Words {
    Words::new(
        "用 | 表示“或者”,用 & 表示“并且”,用 ! 表示“不是”,如 primary | junior、school & !boarding",
        "write | for or, & for and, ! for not, such as primary | junior, school & !boarding",
    )
}

/// Whom a task may be for.
pub(crate) fn examples() -> Words {
    let all = [("school", "全部学校和幼儿园"), ("k12", "中小学")];
    let kinds = Kind::ALL.map(|kind| (kind.word(), kind.name()));
    let Words { zh, en } = one_of_meaning(all.into_iter().chain(kinds));
    Words::new(
        format!("{zh},或 [tags] 里的标签"),
        format!("{en}, or a tag of [tags]"),
    )
}

/// A unit as people name it in an audience.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    id: String,
    name: String,
    is_town: bool,
}

impl Named {
    pub(crate) fn of(unit: &Unit) -> Self {
        Self {
            id: unit.id.as_str().to_owned(),
            name: unit.name.clone(),
            is_town: unit.kind == Kind::Town,
        }
    }

    /// As an audience means it: of a town its schools.
    fn written(&self) -> String {
        let sign = if self.is_town { "town" } else { "unit" };
        format!("{sign}:{}", self.id)
    }

    fn is_called(&self, word: &str) -> bool {
        self.id == word || self.name == word
    }
}

/// What to write instead of a word that nobody declared.
pub(crate) fn instead(word: &str, tags: &BTreeMap<String, String>, units: &[Named]) -> Words {
    if let Some(meant) = called(word, tags, units) {
        return perhaps(meant);
    }
    let words = || {
        ["school", "k12"]
            .into_iter()
            .chain(Kind::ALL.map(Kind::word))
    };
    if let Some(meant) = did_you_mean(word, words().chain(tags.keys().map(String::as_str))) {
        return meant;
    }
    if let Some(meant) = near_in_name(word, tags, units) {
        return perhaps(meant);
    }
    if ["和", "或", "及", "与", "不含", "除"]
        .iter()
        .any(|sign| word.contains(sign))
    {
        return signs();
    }
    if is_bare_key(word) {
        return Words::new(
            format!("若是新标签,请在 calendar.toml 的 [tags] 里加一行 {word} = \"…\""),
            format!("if it is a new tag, declare it in [tags]: {word} = \"…\""),
        );
    }
    examples()
}

/// Whether a word can stand before the equals sign as it is, as a tag's name does in `[tags]`.
pub(crate) fn is_bare_key(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !word.is_empty() && word.chars().all(is_plain)
}

/// What is called by just this word.
fn called(word: &str, tags: &BTreeMap<String, String>, units: &[Named]) -> Option<String> {
    if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == word) {
        return Some(kind.word().to_owned());
    }
    if let Some((meant, _)) = SAID.iter().find(|(_, said)| said.contains(&word)) {
        return Some((*meant).to_owned());
    }
    if let Some((tag, _)) = tags.iter().find(|(_, meaning)| *meaning == word) {
        return Some(tag.clone());
    }
    let unit = units.iter().find(|unit| unit.is_called(word))?;
    Some(unit.written())
}

/// What has a meaning or a name much like this word.
fn near_in_name(word: &str, tags: &BTreeMap<String, String>, units: &[Named]) -> Option<String> {
    let meaning = nearest(word, tags.values().map(String::as_str));
    if let Some((tag, _)) = tags
        .iter()
        .find(|(_, known)| Some(known.as_str()) == meaning)
    {
        return Some(tag.clone());
    }
    let name = nearest(word, units.iter().map(|unit| unit.name.as_str()))?;
    let unit = units.iter().find(|unit| unit.name == name)?;
    Some(unit.written())
}

/// The id of a unit of the roster that is nearly so called.
pub(crate) fn near_unit<'u>(
    word: &str,
    units: impl Iterator<Item = &'u Unit> + Clone,
) -> Option<&'u Unit> {
    let by_name = units.clone().find(|unit| unit.name == word);
    by_name.or_else(|| {
        let names = units
            .clone()
            .flat_map(|unit| [unit.id.as_str(), unit.name.as_str()]);
        let near = nearest(word, names)?;
        let mut units = units;
        units.find(|unit| unit.id.as_str() == near || unit.name == near)
    })
}
