//! How all of it stands, as the bureau's pages show it: plain values, for what an officer may see. Nothing is decided.
//!
//! The year is counted occurrence by occurrence: what nobody has been told of costs nothing a unit.

mod below;
mod bulletins;
mod count;
mod matrix;
mod queue;
mod requests;
mod scope;
mod today;
mod year;

use jiff::Timestamp;

pub use below::{Below, below};
pub use bulletins::{BulletinLine, BulletinShown, DraftShown, Ruling};
pub use matrix::{Cell, Matrix, MatrixAsked, Stand, Town, matrix};
pub use queue::{Queue, QueuedLetter, queue};
pub use requests::{Request, requests};
pub use scope::Scope;
pub use today::{Arrived, GoneOut, Today, today};
pub use year::{Line, MonthOfYear, Tally, Year, year};

use self::count::Count;
use super::agenda::Agenda;
use super::board::{Board, board};
use super::names::UnitId;
use super::officer::Officer;
use super::period::PeriodKey;
use super::state::State;

/// What an officer asks to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The present day.
    Today,
    /// A year, by its number; this one if none is given.
    Year(Option<i16>),
    /// A task's units.
    Matrix(MatrixAsked),
    /// A unit.
    Unit(UnitId),
    /// What waits for a decision.
    Requests,
    /// The letters on their way, and those that did not arrive.
    Queue,
    /// The bulletins.
    Bulletins,
    /// One of them.
    Bulletin(PeriodKey),
}

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Overview {
    /// See [`Asked::Today`].
    Today(Today),
    /// See [`Asked::Year`].
    Year(Year),
    /// See [`Asked::Matrix`].
    Matrix(Matrix),
    /// See [`Asked::Unit`].
    Unit(Box<Board>),
    /// See [`Asked::Requests`].
    Requests(Vec<Request>),
    /// See [`Asked::Queue`].
    Queue(Queue),
    /// See [`Asked::Bulletins`].
    Bulletins(Vec<BulletinLine>),
    /// See [`Asked::Bulletin`].
    Bulletin(Box<BulletinShown>),
}

/// What an officer sees of it; `None` where there is no such thing, or not for them.
pub fn overview(
    agenda: &Agenda,
    state: &State,
    officer: &Officer,
    asked: &Asked,
    now: Timestamp,
) -> Option<Overview> {
    let mut looking = Looking::begin(agenda, officer, asked, now);
    while looking.step(agenda, state) {}
    looking.finish(agenda, state)
}

/// A look under way, one occurrence after another. A year of a county takes a while: between two steps whoever holds the
/// state may let others at it, and what they change is seen or not, occurrence by occurrence.
pub struct Looking<'o> {
    officer: &'o Officer,
    scope: Scope,
    asked: &'o Asked,
    now: Timestamp,
    count: Option<Count>,
}

impl<'o> Looking<'o> {
    /// Nothing is looked at yet.
    pub fn begin(agenda: &Agenda, officer: &'o Officer, asked: &'o Asked, now: Timestamp) -> Self {
        let count = match asked {
            Asked::Today => Some(today::count(agenda, now)),
            Asked::Year(number) => Some(year::count(agenda, *number, now)),
            _ => None,
        };
        Self {
            officer,
            scope: Scope::new(agenda, officer),
            asked,
            now,
            count,
        }
    }

    /// Looks at one more occurrence. `false`: it is time to [`finish`](Self::finish).
    pub fn step(&mut self, agenda: &Agenda, state: &State) -> bool {
        let scope = &self.scope;
        self.count
            .as_mut()
            .is_some_and(|count| count.step(agenda, state, scope))
    }

    /// What was seen; `None` where there is no such thing, or not for them.
    pub fn finish(mut self, agenda: &Agenda, state: &State) -> Option<Overview> {
        let (scope, now) = (&self.scope, self.now);
        let count = self.count.take();
        Some(match self.asked {
            Asked::Today => Overview::Today(today::counted(agenda, state, scope, now, count?)),
            Asked::Year(number) => {
                Overview::Year(year::counted(agenda, state, scope, *number, now, count?))
            }
            Asked::Matrix(asked) => Overview::Matrix(matrix(agenda, state, scope, asked, now)?),
            Asked::Unit(unit) => {
                let at = agenda.roster.position(unit)?;
                if !scope.sees(at) {
                    return None;
                }
                Overview::Unit(Box::new(board(agenda, state, unit, now)?))
            }
            Asked::Requests => Overview::Requests(requests(agenda, state, scope, now)),
            Asked::Queue => Overview::Queue(queue(agenda, state, scope, now)),
            Asked::Bulletins => {
                let found = bulletins::bulletins(agenda, state, self.officer, now);
                Overview::Bulletins(found)
            }
            Asked::Bulletin(period) => {
                let found = bulletins::bulletin(agenda, state, self.officer, *period, now)?;
                Overview::Bulletin(Box::new(found))
            }
        })
    }
}
