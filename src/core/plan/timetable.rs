//! When the rungs of a duty's ladder fall: each on a workday.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::core::agenda::{Dated, earlier};
use crate::core::ladder::{Ladder, OnRestDay, Rung, Stretch};
use crate::core::workdays::{Workdays, next};

/// A duty's days, and what is needed to place its rungs on them.
#[derive(Clone, Copy, Debug)]
pub struct Timetable<'a> {
    /// The ladder.
    pub ladder: &'a Ladder,
    /// Which days are worked.
    pub workdays: &'a Workdays,
    /// The first day the duty can be done.
    pub opens: Date,
    /// The day it is announced.
    pub announced: Date,
    /// The last day.
    pub due: Date,
    /// Whether it may be announced before `announced`, to keep off a rest day.
    pub may_precede: bool,
}

impl<'a> Timetable<'a> {
    /// The timetable of an occurrence as its calendar dates it.
    pub fn new(ladder: &'a Ladder, workdays: &'a Workdays, dated: &Dated, within: bool) -> Self {
        Self {
            ladder,
            workdays,
            opens: dated.opens,
            announced: dated.announced,
            due: dated.due,
            may_precede: !within,
        }
    }

    fn off_rest_days(&self, day: Date) -> Date {
        match self.ladder.on_rest_day {
            OnRestDay::After => self.workdays.on_or_after(day),
            OnRestDay::Before | OnRestDay::Keep => self.workdays.on_or_before(day),
        }
    }

    /// The announcement's day.
    pub fn announcement(&self) -> Date {
        let day = self.off_rest_days(self.announced);
        if day < self.announced && !self.may_precede {
            self.workdays.on_or_after(self.announced)
        } else {
            day
        }
    }

    /// The announcement and the reminders up to the due day, in order of their days. A reminder before the opening
    /// falls away.
    pub fn before_due(&self) -> Vec<(Rung, Date)> {
        let announcement = self.announcement();
        let mut rungs = vec![(Rung::Opens, announcement)];
        for offset in &self.ladder.remind {
            let nominal = earlier(self.due, *offset, self.workdays);
            let day = self.off_rest_days(nominal);
            if nominal >= self.opens && day >= announcement {
                rungs.push((Rung::Remind(*offset), day));
            }
        }
        // Equal days keep the ladder's order, so that the announcement comes before the reminder that replaces it.
        rungs.sort_by_key(|(_, day)| *day);
        rungs
    }

    /// The day of the first word after the due day, for a unit first reached on `reached`.
    pub fn overdue(&self) -> Date {
        self.workdays.on_or_after(next(self.due))
    }

    /// The day of what comes so long after the due day, or after the day the unit was first reached if that is later.
    pub fn late(&self, after: Stretch, reached: Option<Date>) -> Date {
        let from = reached.map_or(self.due, |reached| reached.max(self.due));
        match after {
            Stretch::Workdays(n) => self.workdays.after(from, n),
            Stretch::Days(n) => self
                .workdays
                .on_or_after(from.saturating_add(i64::from(n).days())),
        }
    }

    /// The reminders after the due day, in order, for a unit first reached on `reached`.
    pub fn nags(&self, reached: Date) -> impl Iterator<Item = (Rung, Date)> {
        let nag = self.ladder.nag;
        let mut last = reached.max(self.due);
        (1..=nag.at_most).map(move |nth| match nag.every {
            // From one to the next, rather than from the due day each time.
            Stretch::Workdays(n) => {
                last = self.workdays.after(last, n);
                (Rung::Nag(Stretch::Workdays(n * nth)), last)
            }
            Stretch::Days(n) => {
                let after = Stretch::Days(n * nth);
                (Rung::Nag(after), self.late(after, Some(reached)))
            }
        })
    }

    /// The newest rung for those who have to act, as of a day.
    pub fn newest(&self, today: Date, reached: Option<Date>) -> Option<(Rung, Date)> {
        let overdue = self.overdue();
        if today < overdue {
            return self
                .before_due()
                .into_iter()
                .rfind(|(_, day)| *day <= today);
        }
        // Who was never reached hears first that it is overdue: the count has not begun, and it begins then.
        reached
            .into_iter()
            .flat_map(|reached| self.nags(reached))
            .take_while(|(_, day)| *day <= today)
            .last()
            .or_else(|| {
                // What opens after its due day, its first step having been late, is announced and not called overdue.
                let announcement = self.announcement();
                Some(if overdue < announcement {
                    (Rung::Opens, announcement)
                } else {
                    (Rung::Overdue, overdue)
                })
            })
    }
}
