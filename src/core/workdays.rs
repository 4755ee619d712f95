//! Workdays: by the State Council's notices, with their make-up days; where a year's notice is missing, Monday to
//! Friday less the statutory days themselves.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use tyme4rs::tyme::lunar::LunarDay;
use tyme4rs::tyme::solar::SolarTerm;

use super::period::Festival;

/// The years for which days are kept at hand; outside of them only weekends rest.
const FIRST_YEAR: i16 = 1990;
const LAST_YEAR: i16 = 2110;
const YEARS: usize = LAST_YEAR.abs_diff(FIRST_YEAR) as usize + 1;

/// One holiday of a year's notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Which.
    pub festival: Festival,
    /// The days off, in order.
    pub off: Vec<Date>,
    /// The weekend days worked for it.
    pub work: Vec<Date>,
}

/// The State Council's notice for a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number: `国办发明电〔2025〕7号`.
    pub number: String,
    /// Its holidays.
    pub holidays: Vec<Holiday>,
}

/// The first and last day off of each holiday of a year.
type YearOfHolidays = [Option<(Date, Date)>; Festival::ALL.len()];

/// Which days are worked.
#[derive(Debug, Default)]
pub struct Workdays {
    notices: BTreeMap<i16, Notice>,
    /// Days that a notice names, `true` for worked.
    named: BTreeMap<Date, bool>,
    years: Vec<OnceLock<[u64; 6]>>,
    /// Each year's holidays, in the order of `Festival::ALL`: the lunar calendar is dear.
    holidays: Vec<OnceLock<YearOfHolidays>>,
}

impl Clone for Workdays {
    fn clone(&self) -> Self {
        Self::new(self.notices.clone())
    }
}

impl PartialEq for Workdays {
    fn eq(&self, other: &Self) -> bool {
        self.notices == other.notices
    }
}

impl Workdays {
    /// From the notices at hand, by year.
    pub fn new(notices: BTreeMap<i16, Notice>) -> Self {
        let mut named = BTreeMap::new();
        for holiday in notices.values().flat_map(|notice| &notice.holidays) {
            named.extend(holiday.off.iter().map(|day| (*day, false)));
            named.extend(holiday.work.iter().map(|day| (*day, true)));
        }
        Self {
            notices,
            named,
            years: (FIRST_YEAR..=LAST_YEAR).map(|_| OnceLock::new()).collect(),
            holidays: (FIRST_YEAR..=LAST_YEAR).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Whether the year's notice is at hand.
    pub fn knows(&self, year: i16) -> bool {
        self.notices.contains_key(&year)
    }

    /// The notices at hand.
    pub fn notices(&self) -> &BTreeMap<i16, Notice> {
        &self.notices
    }

    /// Whether a day is worked.
    pub fn is_workday(&self, day: Date) -> bool {
        let Some(year) = usize::try_from(day.year() - FIRST_YEAR)
            .ok()
            .and_then(|at| self.years.get(at))
        else {
            return !is_weekend(day);
        };
        let bits = year.get_or_init(|| self.year_bits(day.year()));
        let at = day.day_of_year().unsigned_abs() - 1;
        bits[usize::from(at / 64)] >> (at % 64) & 1 == 1
    }

    fn year_bits(&self, year: i16) -> [u64; 6] {
        let statutory = if self.knows(year) {
            Vec::new()
        } else {
            Festival::ALL
                .into_iter()
                .flat_map(|festival| statutory_days(festival, year))
                .collect()
        };
        let mut bits = [0; 6];
        let mut day = date(year, 1, 1);
        while day.year() == year {
            let worked = self
                .named
                .get(&day)
                .copied()
                .unwrap_or_else(|| !is_weekend(day) && !statutory.contains(&day));
            let at = day.day_of_year().unsigned_abs() - 1;
            if worked {
                bits[usize::from(at / 64)] |= 1 << (at % 64);
            }
            day = next(day);
        }
        bits
    }

    /// The day itself if it is worked, else the last workday before it.
    pub fn on_or_before(&self, mut day: Date) -> Date {
        while !self.is_workday(day) && day > Date::MIN {
            day = previous(day);
        }
        day
    }

    /// The day itself if it is worked, else the first workday after it.
    pub fn on_or_after(&self, mut day: Date) -> Date {
        while !self.is_workday(day) && day < Date::MAX {
            day = next(day);
        }
        day
    }

    /// The nth workday after a day; the day itself for 0.
    pub fn after(&self, mut day: Date, n: u16) -> Date {
        for _ in 0..n {
            day = self.on_or_after(next(day));
        }
        day
    }

    /// The nth workday before a day; the day itself for 0.
    pub fn before(&self, mut day: Date, n: u16) -> Date {
        for _ in 0..n {
            day = self.on_or_before(previous(day));
        }
        day
    }

    /// Workdays after `from` up to and with `to`; negative the other way round.
    pub fn between(&self, from: Date, to: Date) -> i32 {
        if from > to {
            return -self.between(to, from);
        }
        let mut count = 0;
        let mut day = from;
        while day < to {
            day = next(day);
            count += i32::from(self.is_workday(day));
        }
        count
    }

    /// The first and last day off of a holiday: by the notice, or its statutory days where that is missing.
    pub fn holiday(&self, festival: Festival, year: i16) -> Option<(Date, Date)> {
        let known = usize::try_from(year - FIRST_YEAR)
            .ok()
            .and_then(|at| self.holidays.get(at));
        let Some(known) = known else {
            return self.find_holiday(festival, year);
        };
        known.get_or_init(|| Festival::ALL.map(|each| self.find_holiday(each, year)))
            [festival as usize]
    }

    fn find_holiday(&self, festival: Festival, year: i16) -> Option<(Date, Date)> {
        let noticed = self
            .notices
            .get(&year)
            .and_then(|notice| notice.holidays.iter().find(|h| h.festival == festival))
            .map(|holiday| &holiday.off);
        let statutory = match noticed {
            Some(_) => Vec::new(),
            None => statutory_days(festival, year),
        };
        let days = noticed.unwrap_or(&statutory);
        Some((*days.iter().min()?, *days.iter().max()?))
    }
}

/// The day after; the last day there is stays.
pub fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

/// The day before; the first day there is stays.
pub fn previous(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The days that are holidays by law, without the days moved around them
/// (全国年节及纪念日放假办法 as amended 2024, in force from 2025).
fn statutory_days(festival: Festival, year: i16) -> Vec<Date> {
    match festival {
        Festival::NewYear => vec![date(year, 1, 1)],
        Festival::SpringFestival => match festival_day(festival, year) {
            Some(first) => (-1..3).map(|n| first.saturating_add(n.days())).collect(),
            None => Vec::new(),
        },
        Festival::LabourDay => vec![date(year, 5, 1), date(year, 5, 2)],
        Festival::NationalDay => (1..=3).map(|day| date(year, 10, day)).collect(),
        Festival::Qingming | Festival::DragonBoat | Festival::MidAutumn => {
            festival_day(festival, year).into_iter().collect()
        }
    }
}

/// The day a festival is named for: the first day of the lunar year, the fifth of its fifth month, and so on.
/// `None` outside the years whose lunar calendar is computed.
pub fn festival_day(festival: Festival, year: i16) -> Option<Date> {
    /// The days found so far: they are the same for ever, and the lunar calendar is dear.
    static FOUND: [[OnceLock<Option<Date>>; YEARS]; Festival::ALL.len()] =
        [const { [const { OnceLock::new() }; YEARS] }; Festival::ALL.len()];
    let nth = usize::try_from(year - FIRST_YEAR).ok()?;
    let found = FOUND[festival as usize].get(nth)?;
    *found.get_or_init(|| computed_day(festival, year))
}

fn computed_day(festival: Festival, year: i16) -> Option<Date> {
    let solar = |month: i8, day: i8| Some(date(year, month, day));
    let lunar = |month: isize, day: usize| {
        let found = LunarDay::from_ymd(isize::from(year), month, day).get_solar_day();
        to_date(found.get_year(), found.get_month(), found.get_day())
    };
    match festival {
        Festival::NewYear => solar(1, 1),
        Festival::LabourDay => solar(5, 1),
        Festival::NationalDay => solar(10, 1),
        Festival::SpringFestival => lunar(1, 1),
        Festival::DragonBoat => lunar(5, 5),
        Festival::MidAutumn => lunar(8, 15),
        Festival::Qingming => {
            let found = SolarTerm::from_name(isize::from(year), "清明")
                .get_julian_day()
                .get_solar_day();
            to_date(found.get_year(), found.get_month(), found.get_day())
        }
    }
}

fn to_date(year: isize, month: usize, day: usize) -> Option<Date> {
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}
