//! What happened, a line a letter, and by name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schoolbell::core::fact::{Event, Fact, HoldReason, LetterKind, Part};
use schoolbell::core::ladder::Rung;

use super::World;

impl World {
    /// A line a letter: the slot, the address, and its rungs with how many of each.
    pub(super) fn tell(&mut self, facts: &[Fact]) {
        let mut line: Option<Line> = None;
        let mut letters = 0;
        for fact in facts {
            match &fact.what {
                Event::LetterQueued {
                    kind: LetterKind::Slot,
                    slot,
                    address,
                    ..
                } => {
                    letters += 1;
                    self.transcript.extend(line.take().map(|line| line.told()));
                    let zone = self.house.agenda.calendar.timezone.clone();
                    let local = slot.to_zoned_datetime(zone);
                    line = Some(Line {
                        head: format!("{} {address}", local.strftime("%F %H:%M")),
                        ..Line::default()
                    });
                }
                Event::Notice { rung, part, .. } => {
                    if let Some(line) = &mut line {
                        *line.rungs.entry((*rung, *part)).or_default() += 1;
                    }
                }
                Event::Matter { .. } => {
                    if let Some(line) = &mut line {
                        line.matters += 1;
                    }
                }
                _ => {}
            }
        }
        self.transcript.extend(line.map(|line| line.told()));
        if letters > 0 {
            self.note(&format!("{letters} letters"));
        }
    }
}

/// A letter in the transcript.
#[derive(Default)]
struct Line {
    head: String,
    rungs: BTreeMap<(Rung, Part), usize>,
    matters: usize,
}

impl Line {
    fn told(&self) -> String {
        let mut line = self.head.clone();
        for ((rung, part), times) in &self.rungs {
            let told = match part {
                Part::Act => "",
                Part::Below => "below:",
                Part::Above | Part::Rollup => "up:",
            };
            let rung = rung
                .to_string()
                .replace(" workdays", "wd")
                .replace(" workday", "wd");
            let _ = write!(line, " {told}{rung}×{times}");
        }
        if self.matters > 0 {
            let _ = write!(line, " matters×{}", self.matters);
        }
        line.push('\n');
        line
    }
}

/// A fact's name, with what sort of it it is.
pub(super) fn name_of(what: &Event) -> String {
    let sort = match what {
        Event::Raised { alert: true, .. } => return "alert raised".to_owned(),
        Event::Outcome { outcome, .. } => format!("{outcome:?}"),
        Event::Answer { answer, .. } => format!("{answer:?}"),
        Event::Held { reasons, .. } => reasons
            .iter()
            .map(|reason| match reason {
                HoldReason::Clock { .. } => "clock",
                HoldReason::Restore { .. } => "restore",
                HoldReason::Surge { .. } => "surge",
                HoldReason::Upheaval { .. } => "upheaval",
            })
            .collect::<Vec<_>>()
            .join(" and "),
        _ => String::new(),
    };
    let name = serde_json::to_value(what).ok();
    let name = name.and_then(|fact| fact["fact"].as_str().map(str::to_owned));
    format!("{} {sort}", name.unwrap_or_default())
        .trim_end()
        .to_owned()
}
