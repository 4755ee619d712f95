//! Copies of the calendar within its folder, such as a backup: told once a folder, not once for each thing in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::core::diagnostic::{Diagnostic, Faults, Place, Text, Words};

/// How far a file lies below the calendar's own folder, as far as files are compared.
pub(super) fn depth(text: &Text) -> usize {
    text.name.matches('/').count()
}

fn folder(text: &Text) -> &str {
    text.name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What stands twice, in two folders.
#[derive(Default)]
pub(super) struct Copies {
    by_folder: BTreeMap<String, Vec<(Place, Place)>>,
}

impl Copies {
    /// Notes that something stands twice; `false` where both stand in one folder. The first is that of the upper folder.
    pub(super) fn note(&mut self, first: Place, again: Place) -> bool {
        let copy = folder(&again.text);
        if copy == folder(&first.text) {
            return false;
        }
        let pairs = self.by_folder.entry(copy.to_owned()).or_default();
        pairs.push((first, again));
        true
    }

    /// The same for two whole files.
    pub(super) fn note_files(&mut self, first: &Arc<Text>, again: &Arc<Text>) -> bool {
        let whole = |text: &Arc<Text>| Place {
            text: Arc::clone(text),
            span: 0..text.body.find('\n').unwrap_or(text.body.len()),
        };
        self.note(whole(first), whole(again))
    }

    /// Reports each folder, with those below it.
    pub(super) fn report(mut self, faults: &Faults) {
        while let Some((folder, mut pairs)) = self.by_folder.pop_first() {
            let below = format!("{folder}/");
            self.by_folder.retain(|other, more| {
                let is_below = other.starts_with(&below);
                if is_below {
                    pairs.append(more);
                }
                !is_below
            });
            if let Some((first, again)) = pairs.first() {
                faults.add(copy(&folder, pairs.len(), first, again));
            }
        }
    }
}

fn copy(folder: &str, count: usize, first: &Place, again: &Place) -> Diagnostic {
    Diagnostic::error(
        &again.text,
        again.span.clone(),
        Words::new(
            format!("文件夹 {folder} 也会被读取,里面有{count}处和别的文件重复"),
            format!("the folder {folder} is read too, and {count} things in it stand elsewhere"),
        ),
        Words::new("如这里", "here, for one"),
    )
    .other(
        &first.text,
        first.span.clone(),
        Words::new("第一次在这里", "first here"),
    )
    .help(Words::new(
        "若是备份,把整个文件夹移到行事历文件夹外面",
        "a backup belongs outside of the calendar's folder: move it",
    ))
}
