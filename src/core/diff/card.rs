//! What a thing says, key by key, so that two of them can be held side by side.

use std::collections::BTreeMap;

use crate::core::diagnostic::Words;

/// A key that says something else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The key, as the file has it.
    pub key: String,
    /// What people call it.
    pub name: Words,
    /// What it said; empty where it said nothing.
    pub old: Words,
    /// What it says now; empty where it says nothing.
    pub new: Words,
}

/// What a thing says: name and value by key, in the order they are read out.
#[derive(Default)]
pub(super) struct Card(Vec<(String, Words, Words)>);

impl Card {
    /// A value that reads the same in both languages. What is empty is not said.
    pub(super) fn text(&mut self, key: &str, zh: &str, en: &str, value: impl Into<String>) {
        self.words(key, (zh, en), same(&value.into()));
    }

    /// Values in a row that read the same in both languages.
    pub(super) fn list<T: ToString>(
        &mut self,
        key: &str,
        name: (&str, &str),
        values: impl IntoIterator<Item = T>,
    ) {
        let values = values.into_iter().map(|value| same(&value));
        self.words(key, name, joined(values));
    }

    pub(super) fn words(&mut self, key: &str, (zh, en): (&str, &str), value: Words) {
        self.0.push((key.to_owned(), Words::new(zh, en), value));
    }

    /// The keys that differ, those that are gone last.
    pub(super) fn changes_to(self, new: Self) -> Vec<Field> {
        let nothing = || Words::new("", "");
        let mut before: BTreeMap<String, (Words, Words)> = BTreeMap::new();
        let mut order = Vec::new();
        for (key, name, value) in self.0 {
            order.push(key.clone());
            before.insert(key, (name, value));
        }
        let mut fields = Vec::new();
        for (key, name, new) in new.0 {
            let old = before.remove(&key).map_or_else(nothing, |(_, value)| value);
            if old != new {
                let key = key.clone();
                fields.push(Field {
                    key,
                    name,
                    old,
                    new,
                });
            }
        }
        for key in order {
            if let Some((name, old)) = before.remove(&key)
                && old != nothing()
            {
                let new = nothing();
                fields.push(Field {
                    key,
                    name,
                    old,
                    new,
                });
            }
        }
        fields
    }
}

/// What reads the same in both languages.
pub(super) fn same(value: &impl ToString) -> Words {
    let value = value.to_string();
    Words::new(value.clone(), value)
}

/// Words in a row.
pub(super) fn joined(all: impl IntoIterator<Item = Words>) -> Words {
    let (zh, en): (Vec<_>, Vec<_>) = all.into_iter().map(|words| (words.zh, words.en)).unzip();
    Words::new(zh.join("、"), en.join(", "))
}

/// How many names are said before the rest is only counted.
pub(super) const NAMED: usize = 3;

/// `浒山小学、鄞州路初级中学`, or `12个单位(浒山小学、鄞州路初级中学、城关小学等)`.
pub(super) fn whom(names: &[&str]) -> Words {
    let first = &names[..names.len().min(NAMED)];
    let (zh, en) = (first.join("、"), first.join(", "));
    if names.len() <= NAMED {
        return Words::new(zh, en);
    }
    let n = names.len();
    Words::new(
        format!("{n}个单位({zh}等)"),
        format!("{n} units ({en} and others)"),
    )
}
