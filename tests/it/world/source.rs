//! The texts of calendar and roster, and the edits that people make in them.

use std::path::Path;
use std::sync::Arc;

use schoolbell::core::agenda::Agenda;
use schoolbell::core::calendar::{self, read_role};
use schoolbell::core::diagnostic::{Faults, Locale, Text};
use schoolbell::core::roster::read_csv;

use schoolbell::core::rehearsal::Chance as Rng;

/// A calendar's files and a roster, as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// Name and text of each file of the calendar.
    pub(crate) files: Vec<(String, String)>,
    /// The roster's rows, the header first.
    pub(crate) roster: Vec<String>,
}

impl Source {
    /// The shipped calendar and the sample roster.
    pub(crate) fn shipped() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for folder in ["calendar", "calendar/holidays"] {
            for entry in std::fs::read_dir(root.join(folder)).expect("the shipped calendar") {
                let path = entry.expect("an entry").path();
                if path.extension().is_some_and(|ext| ext == "toml") {
                    let name = path
                        .strip_prefix(root.join("calendar"))
                        .expect("a file in it");
                    let text = std::fs::read_to_string(&path).expect("a text");
                    files.push((name.display().to_string(), text));
                }
            }
        }
        files.sort();
        let roster = std::fs::read_to_string(root.join("config/roster.csv")).expect("the roster");
        Self {
            files,
            roster: roster.lines().map(str::to_owned).collect(),
        }
    }

    /// Both, read and joined by the real readers; the findings where something is wrong, as the daemon would refuse it.
    ///
    /// # Errors
    /// What is wrong in the texts.
    pub(crate) fn agenda(&self) -> Result<Agenda, String> {
        let faults = Faults::default();
        let texts: Vec<_> = self
            .files
            .iter()
            .map(|(name, body)| {
                Arc::new(Text {
                    name: name.clone(),
                    body: body.clone(),
                })
            })
            .collect();
        let calendar = calendar::read(&texts, &faults);
        let roster = read_csv("roster.csv", self.roster.join("\n").as_bytes(), &faults);
        if faults.any_error() {
            return Err(faults
                .into_sorted()
                .iter()
                .map(|fault| fault.render(Locale::English, false))
                .collect());
        }
        let office = read_role("office@bureau").expect("a role");
        Ok(Agenda::new(
            Arc::new(calendar),
            Arc::new(roster),
            vec![office],
        ))
    }
}

/// The calendar's edits, each as somebody at a desk would make it. What they say is said back, for the history.
impl Source {
    /// Rewrites a task's `due`.
    pub(crate) fn move_due(&mut self, task: &str, due: &str) -> bool {
        self.change_task(task, |block| {
            let lines: Vec<String> = block
                .lines()
                .map(|line| {
                    if line.starts_with("due ") || line.starts_with("due=") {
                        format!("due = \"{due}\"")
                    } else {
                        line.to_owned()
                    }
                })
                .collect();
            lines.join("\n") + "\n"
        })
    }

    /// Takes a task out.
    pub(crate) fn remove_task(&mut self, task: &str) -> bool {
        self.change_task(task, |_| String::new())
    }

    /// Puts a task in.
    pub(crate) fn add_task(&mut self, id: &str, due: &str, audience: &str) {
        let block = format!(
            "\n[[task]]\nid = \"{id}\"\ntitle = \"临时检查\"\ndue = \"{due}\"\naudience = \"{audience}\"\n\
             source = \"市安委会通知\"\norigin = \"local\"\n"
        );
        if let Some((_, body)) = self
            .files
            .iter_mut()
            .find(|(name, _)| name == "standing.toml")
        {
            body.push_str(&block);
        }
    }

    fn change_task(&mut self, task: &str, change: impl Fn(&str) -> String) -> bool {
        let id = format!("\"{task}\"");
        for (_, body) in &mut self.files {
            let blocks: Vec<&str> = body.split_inclusive("[[task]]\n").collect();
            let Some(at) = blocks.iter().position(|block| {
                block
                    .lines()
                    .any(|line| line.starts_with("id ") && line.contains(&id))
            }) else {
                continue;
            };
            // A block ends with the next one's heading, which stays.
            let (own, heading) = match blocks[at].strip_suffix("[[task]]\n") {
                Some(own) => (own, "[[task]]\n"),
                None => (blocks[at], ""),
            };
            let changed = change(own);
            let mut parts: Vec<String> = blocks.iter().map(|block| (*block).to_owned()).collect();
            parts[at] = changed + heading;
            if parts[at] == heading
                && let Some(before) = parts.get_mut(at.wrapping_sub(1))
                && let Some(kept) = before.strip_suffix("[[task]]\n")
            {
                *before = kept.to_owned();
            }
            *body = parts.concat();
            return true;
        }
        false
    }

    /// The task ids of the calendar, in the order of the files.
    pub(crate) fn tasks(&self) -> Vec<String> {
        self.files
            .iter()
            .flat_map(|(_, body)| body.lines())
            .filter(|line| line.starts_with("id "))
            .filter_map(|line| line.split('"').nth(1))
            .map(str::to_owned)
            .collect()
    }

    /// Changes the mailbox in one row of the roster: another person's, or none.
    pub(crate) fn change_mailbox(&mut self, rng: &mut Rng, mailbox: &str) -> String {
        let rows = self.roster.len() as u64;
        let at = usize::try_from(1 + rng.below(rows - 1)).unwrap_or(1);
        let mut cells: Vec<String> = self.roster[at].split(',').map(str::to_owned).collect();
        mailbox.clone_into(&mut cells[7]);
        let before = std::mem::replace(&mut self.roster[at], cells.join(","));
        format!("{before} -> {}", self.roster[at])
    }

    /// Adds a school with its three people.
    pub(crate) fn add_unit(&mut self, id: &str) {
        self.roster.extend([
            format!("{id},新办小学{id},primary,t01,,safety,新安,safety@{id}.example,,,"),
            format!("{id},,,,,deputy,新副,deputy@{id}.example,,,"),
            format!("{id},,,,,principal,新校,principal@{id}.example,,,"),
        ]);
    }

    /// Leaves a file as no reader takes it: half saved, or with a slip.
    pub(crate) fn break_a_file(&mut self, rng: &mut Rng) -> String {
        let at = usize::try_from(rng.below(self.files.len() as u64)).unwrap_or(0);
        let (name, body) = &mut self.files[at];
        if rng.percent(50) {
            let half = body.floor_char_boundary(body.len() / 2);
            body.truncate(half);
            body.push_str("\ntitle = \"");
        } else {
            body.push_str("\n[[task]]\nid = \"slip\"\ntitel = \"x\"\n");
        }
        format!("{name} is broken")
    }

    /// Takes away most tasks, or most schools.
    pub(crate) fn take_most_away(&mut self, rng: &mut Rng) -> String {
        if rng.percent(50) {
            for nth in 1..=9 {
                self.remove_unit(&format!("s00{nth}"));
            }
            "most schools are removed".to_owned()
        } else {
            let tasks = self.tasks();
            for task in &tasks {
                // What another task comes after, or is met by, has to stay for the calendar to load.
                let named = format!("\"{task}\"");
                let bodies = self
                    .files
                    .iter()
                    .map(|(_, body)| body.matches(&named).count());
                if bodies.sum::<usize>() == 1 && !rng.percent(20) {
                    self.remove_task(task);
                }
            }
            "most tasks are removed".to_owned()
        }
    }

    /// Takes a school and its people off the roster.
    pub(crate) fn remove_unit(&mut self, id: &str) {
        let prefix = format!("{id},");
        self.roster.retain(|row| !row.starts_with(&prefix));
    }
}

impl Source {
    /// Replaces a piece of text wherever it stands.
    pub(crate) fn replace(&mut self, old: &str, new: &str) {
        for (_, body) in &mut self.files {
            *body = body.replace(old, new);
        }
    }
}
