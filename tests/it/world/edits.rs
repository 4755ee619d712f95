//! The edits that people make in calendar and roster.

use jiff::ToSpan;
use schoolbell::core::rehearsal::Chance as Rng;

use super::Stop;
use super::seeded::Life;
use super::source::Source;

/// What a person at a desk saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// A day, a task, a mailbox, a school.
    Small,
    /// What does not load.
    Broken,
    /// Many tasks of a few days from now: far more letters than anybody expects.
    Flood,
    /// Most tasks, or most schools, go.
    Upheaval,
}

impl Edit {
    pub(super) fn drawn(rng: &mut Rng) -> Self {
        match rng.below(20) {
            0 | 1 => Self::Broken,
            2 => Self::Flood,
            3 => Self::Upheaval,
            _ => Self::Small,
        }
    }

    /// Whether somebody surely takes it back.
    pub(super) fn is_taken_back(self) -> bool {
        self != Self::Small
    }
}

impl Life {
    pub(super) fn edit(&mut self, edit: Edit, nth: u64, rng: &mut Rng) -> Result<(), Stop> {
        let mut source = self.sources.last().expect("a source").clone();
        let what = match edit {
            Edit::Small => self.small_edit(&mut source, nth, rng),
            Edit::Broken => source.break_a_file(rng),
            Edit::Flood => {
                for due in 1..=9 {
                    let day = self.world.today().saturating_add((3 + due).days());
                    let due_text = format!("{}月{}日", day.month(), day.day());
                    source.add_task(&format!("flood-{nth}-{due}"), &due_text, "school");
                }
                "nine tasks are added for every school".to_owned()
            }
            Edit::Upheaval => source.take_most_away(rng),
        };
        self.world.note(&what);
        let was_quiet = self.world.record.holding.is_quiet();
        self.put_in_force(source)?;
        if edit == Edit::Upheaval && was_quiet {
            self.world.record.holding.expect_upheaval();
        }
        Ok(())
    }

    fn small_edit(&self, source: &mut Source, nth: u64, rng: &mut Rng) -> String {
        match rng.below(10) {
            0..=2 => {
                let (tasks, due) = (source.tasks(), self.any_due(rng));
                let task = rng.pick(&tasks).expect("a task").clone();
                source.move_due(&task, &due);
                format!("{task} is now due {due}")
            }
            3 => {
                let task = rng.pick(&source.tasks()).expect("a task").clone();
                source.remove_task(&task);
                format!("{task} is removed")
            }
            4 => {
                let audiences = ["school", "k12", "town | bureau", "unit:s001", "boarding"];
                let audience = *rng.pick(&audiences).unwrap_or(&"school");
                let due = self.any_due(rng);
                source.add_task(&format!("extra-{nth}"), &due, audience);
                format!("extra-{nth} is added for {audience}, due {due}")
            }
            5 | 6 => {
                let mailbox = match rng.below(3) {
                    0 => String::new(),
                    1 => "wang.jianguo@hushan-primary.example".to_owned(),
                    _ => format!("new{nth}@cixi.example"),
                };
                source.change_mailbox(rng, &mailbox)
            }
            7 => {
                let id = format!("s1{:02}", nth % 100);
                source.add_unit(&id);
                format!("{id} is added")
            }
            8 => {
                let id = format!("s00{}", rng.between(1, 9));
                source.remove_unit(&id);
                format!("{id} is removed")
            }
            _ => {
                source.replace(
                    "[\"7d\", \"2 workdays\", \"0d\"]",
                    "[\"8d\", \"2 workdays\", \"0d\"]",
                );
                "reminders at 8d instead of 7d".to_owned()
            }
        }
    }

    fn any_due(&self, rng: &mut Rng) -> String {
        let today = self.world.today();
        let day = today.saturating_add(rng.between(-12, 50).days());
        match rng.below(10) {
            0 => "最后一个工作日".to_owned(),
            1 => format!("{}日", day.day()),
            _ => format!("{}月{}日", day.month(), day.day()),
        }
    }

    pub(super) fn undo(&mut self) -> Result<(), Stop> {
        let last = self.sources.last().expect("a source");
        // What was refused still lies on disk; else it is what came before that is put back.
        let back = if self.world.house.written == *last {
            self.sources.len().min(2)
        } else {
            1
        };
        self.put_in_force(self.sources[self.sources.len() - back].clone())
    }

    /// An edit takes effect whole or not at all: promise P7.
    fn put_in_force(&mut self, source: Source) -> Result<(), Stop> {
        let (before, agenda) = (self.world.house.version.clone(), source.agenda());
        let is_news = self.sources.last() != Some(&source);
        self.world.house.write(&source);
        if agenda.is_ok() && is_news {
            // On disk it is what the next start takes, whatever becomes of this one.
            self.sources.push(source);
        }
        self.world.house.reload()?;
        self.world.catch_up();
        let is_refused = self.world.house.version == before;
        if agenda.is_err() && !is_refused {
            let fault = "P7: an edit with an error takes effect".to_owned();
            self.world.faults.push(fault);
        }
        if agenda.is_ok() && is_news && is_refused {
            let fault = "P7: an edit without an error takes no effect".to_owned();
            self.world.faults.push(fault);
        }
        if is_refused {
            self.world.note("the edit is refused, or changes nothing");
        }
        self.world.must_hold()?;
        Ok(())
    }
}
