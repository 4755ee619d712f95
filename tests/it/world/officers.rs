//! What officers and clerks do: decide, raise, release; by the code of their own commands.

use jiff::SignedDuration;
use schoolbell::core::clerk::{Act, Clerk, Decided, Raise, Whom};
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, Event};
use schoolbell::core::rehearsal::{Chance as Rng, hash};

use super::Stop;
use super::seeded::Life;

const BY: &str = "沈志明";

impl Life {
    fn clerk(&self) -> Clerk<'_> {
        Clerk {
            agenda: &self.world.house.agenda,
            state: &self.world.house.state,
            now: self.world.house.now(),
        }
    }

    pub(super) fn office_hour(&mut self, rng: &mut Rng) -> Result<(), Stop> {
        let fates = &self.world.record.fates;
        let asked: Vec<&DutyId> = fates
            .iter()
            .filter(|(_, fate)| fate.request.is_some())
            .map(|(duty, _)| duty)
            .collect();
        if let Some(duty) = rng.pick(&asked).map(|duty| (*duty).clone())
            && rng.percent(70)
        {
            let act = if rng.percent(60) {
                Act::Grant { until: None }
            } else {
                Act::Refuse
            };
            return self.decide(&duty, &act);
        }
        let all: Vec<&DutyId> = fates.keys().collect();
        let Some(duty) = rng.pick(&all).map(|duty| (*duty).clone()) else {
            return Ok(());
        };
        let act = match rng.below(9) {
            0 | 1 => Act::Return,
            2 => Act::Waive,
            3 => Act::Extend {
                until: self
                    .world
                    .today()
                    .saturating_add(jiff::Span::new().days(rng.between(1, 40))),
            },
            4 => Act::Answer {
                said: Answer::Done,
                by: "王建国".to_owned(),
                until: None,
            },
            5 => Act::Answer {
                said: Answer::Trouble,
                by: "王建国".to_owned(),
                until: None,
            },
            _ => return self.raise(rng),
        };
        self.decide(&duty, &act)
    }

    fn decide(&mut self, duty: &DutyId, act: &Act) -> Result<(), Stop> {
        let note = if matches!(act, Act::Answer { .. }) {
            "电话"
        } else {
            ""
        };
        match self.clerk().decide(duty, act, BY, note) {
            Ok(Decided::Record(events, words)) => {
                self.world.note(&format!("clerk: {words}"));
                self.by_clerk(events)
            }
            Ok(Decided::Before(_)) | Err(_) => Ok(()),
        }
    }

    /// Raises a conditional task for some school, or for many; now and then as an alert.
    fn raise(&mut self, rng: &mut Rng) -> Result<(), Stop> {
        let agenda = &self.world.house.agenda;
        let tasks: Vec<_> = agenda.calendar.conditional().collect();
        let Some(task) = rng.pick(&tasks) else {
            return Ok(());
        };
        let units: Vec<_> = agenda
            .roster
            .units()
            .iter()
            .filter(|unit| agenda.group_of(task, &unit.id).is_some())
            .collect();
        let whom = match rng.pick(&units) {
            Some(unit) if rng.percent(80) => Whom::Unit(unit.id.to_string()),
            _ => Whom::Audience("school".to_owned()),
        };
        let given = Raise {
            task: Some(task.id.to_string()),
            whom,
            alert: rng.percent(40),
            title: String::new(),
            due: None,
        };
        match self.clerk().raise(&given, BY, "") {
            Ok(raised) => {
                self.world.note(&format!("clerk: {}", raised.words));
                self.by_clerk(raised.events)
            }
            Err(_) => Ok(()),
        }
    }

    fn by_clerk(&mut self, events: Vec<Event>) -> Result<(), Stop> {
        self.world.house.record(events)?;
        self.world.catch_up();
        Ok(())
    }

    /// Somebody looks at what is held after a while, which follows from the seed and the hold: after hours, or days.
    pub(super) fn notice_hold(&mut self) {
        let state = &self.world.house.state;
        if state.held_for().is_empty() {
            self.releases_at = None;
            return;
        }
        if self.releases_at.is_none() {
            let what = format!("{:?} {:?}", state.hold, state.doubts);
            let mut rng = Rng::new(hash(self.world.seed, &what));
            let hours = if rng.percent(70) {
                rng.between(1, 12)
            } else {
                rng.between(12, 96)
            };
            let wait = SignedDuration::from_hours(hours);
            self.releases_at = Some(self.world.house.now() + wait);
            self.world.note(&format!("held: {what}"));
        }
    }

    /// Lets go what is held, once its time has come.
    pub(super) fn release(&mut self) -> Result<(), Stop> {
        let now = self.world.house.now();
        if self.releases_at.is_none_or(|at| now < at) {
            return Ok(());
        }
        self.releases_at = None;
        self.world.note("the officer lets go what is held");
        self.by_clerk(vec![Event::Released {
            by: BY.to_owned(),
            note: String::new(),
        }])
    }
}
