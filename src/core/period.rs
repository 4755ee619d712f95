//! Periods: how often a task comes round, and the nominal key of each time.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday, date};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How often a task comes round: its `every`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Every {
    /// Once a calendar year.
    #[default]
    Year,
    /// Once a school term.
    Term,
    /// Once a calendar quarter.
    Quarter,
    /// Once a calendar month.
    Month,
    /// Once an ISO week.
    Week,
    /// Once for each public holiday that interrupts teaching.
    Holiday,
    /// Once for each school break.
    Break,
}

impl Every {
    /// The values `every` may take, as they are written.
    pub const WORDS: [&'static str; 7] = [
        "year", "term", "quarter", "month", "week", "holiday", "break",
    ];

    /// Whether it is a week, a month or a quarter: such a task is not announced before its period starts.
    pub fn lies_within_a_year(self) -> bool {
        matches!(self, Self::Week | Self::Month | Self::Quarter)
    }

    /// Whether a period is one of those it comes round in.
    pub fn has(self, period: PeriodKey) -> bool {
        match period {
            PeriodKey::Year(_) => self == Self::Year,
            PeriodKey::Term(..) => self == Self::Term,
            PeriodKey::Quarter(..) => self == Self::Quarter,
            PeriodKey::Month(..) => self == Self::Month,
            PeriodKey::Week(..) => self == Self::Week,
            PeriodKey::Holiday(..) => self == Self::Holiday,
            PeriodKey::Break(..) => self == Self::Break,
            PeriodKey::Raised(..) => false,
        }
    }

    /// As it is written.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// Reads a value of `every`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "year" => Self::Year,
            "term" => Self::Term,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "week" => Self::Week,
            "holiday" => Self::Holiday,
            "break" => Self::Break,
            _ => return None,
        })
    }
}

/// Which half of a year a term is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Season {
    /// 春季学期
    Spring,
    /// 秋季学期
    Autumn,
}

/// The public holidays of the State Council's notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Festival {
    /// 元旦
    NewYear,
    /// 春节
    SpringFestival,
    /// 清明节
    Qingming,
    /// 劳动节
    LabourDay,
    /// 端午节
    DragonBoat,
    /// 中秋节
    MidAutumn,
    /// 国庆节
    NationalDay,
}

impl Festival {
    /// All of them, in the order of the year.
    pub const ALL: [Self; 7] = [
        Self::NewYear,
        Self::SpringFestival,
        Self::Qingming,
        Self::LabourDay,
        Self::DragonBoat,
        Self::MidAutumn,
        Self::NationalDay,
    ];

    /// The key used in `calendar/holidays/*.toml` and in period keys.
    pub fn key(self) -> &'static str {
        match self {
            Self::NewYear => "new-year",
            Self::SpringFestival => "spring-festival",
            Self::Qingming => "qingming",
            Self::LabourDay => "labour-day",
            Self::DragonBoat => "dragon-boat",
            Self::MidAutumn => "mid-autumn",
            Self::NationalDay => "national-day",
        }
    }

    /// The holiday with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.key() == key)
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewYear => "元旦",
            Self::SpringFestival => "春节",
            Self::Qingming => "清明节",
            Self::LabourDay => "劳动节",
            Self::DragonBoat => "端午节",
            Self::MidAutumn => "中秋节",
            Self::NationalDay => "国庆节",
        }
    }
}

/// The school breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BreakKind {
    /// 寒假
    Winter,
    /// 春假
    Spring,
    /// 暑假
    Summer,
    /// 秋假
    Autumn,
}

impl BreakKind {
    /// All of them, in the order of the year.
    pub const ALL: [Self; 4] = [Self::Winter, Self::Spring, Self::Summer, Self::Autumn];

    /// The part of a period key after the year.
    pub fn key(self) -> &'static str {
        match self {
            Self::Winter => "winter-break",
            Self::Spring => "spring-break",
            Self::Summer => "summer-break",
            Self::Autumn => "autumn-break",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Winter => "寒假",
            Self::Spring => "春假",
            Self::Summer => "暑假",
            Self::Autumn => "秋假",
        }
    }
}

/// The nominal name of a period. It never depends on the due date, so that moving a date keeps the duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PeriodKey {
    /// `2026`
    Year(i16),
    /// `2026-spring`
    Term(i16, Season),
    /// `2026-Q2`
    Quarter(i16, i8),
    /// `2026-05`
    Month(i16, i8),
    /// `2026-W13`, an ISO week
    Week(i16, i8),
    /// `2026-qingming`
    Holiday(i16, Festival),
    /// `2026-winter-break`
    Break(i16, BreakKind),
    /// `2026-05-12T3`: the third raising of a conditional task on a day. The first is `2026-05-12`.
    Raised(Date, u16),
}

/// A text that names no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}”不是期次,应如 2026、2026-spring、2026-Q2、2026-05、2026-W13、2026-qingming、2026-winter-break"
)]
pub struct NotAPeriod(pub String);

impl PeriodKey {
    /// The nominal year.
    pub fn year(self) -> i16 {
        match self {
            Self::Year(y)
            | Self::Term(y, _)
            | Self::Quarter(y, _)
            | Self::Month(y, _)
            | Self::Week(y, _)
            | Self::Holiday(y, _)
            | Self::Break(y, _) => y,
            Self::Raised(day, _) => day.year(),
        }
    }

    /// The first and last day, for the periods that the civil calendar alone decides.
    pub fn civil_span(self) -> Option<(Date, Date)> {
        match self {
            Self::Year(y) => Some((date(y, 1, 1), date(y, 12, 31))),
            Self::Quarter(y, q) => {
                let first = date(y, (q - 1) * 3 + 1, 1);
                Some((first, date(y, q * 3, 1).last_of_month()))
            }
            Self::Month(y, m) => {
                let first = date(y, m, 1);
                Some((first, first.last_of_month()))
            }
            Self::Week(y, w) => {
                let first = ISOWeekDate::new(y, w, Weekday::Monday).ok()?.date();
                Some((first, first.saturating_add(jiff::Span::new().days(6))))
            }
            Self::Term(..) | Self::Holiday(..) | Self::Break(..) | Self::Raised(..) => None,
        }
    }
}

impl fmt::Display for PeriodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(y) => write!(f, "{y:04}"),
            Self::Term(y, Season::Spring) => write!(f, "{y:04}-spring"),
            Self::Term(y, Season::Autumn) => write!(f, "{y:04}-autumn"),
            Self::Quarter(y, q) => write!(f, "{y:04}-Q{q}"),
            Self::Month(y, m) => write!(f, "{y:04}-{m:02}"),
            Self::Week(y, w) => write!(f, "{y:04}-W{w:02}"),
            Self::Holiday(y, festival) => write!(f, "{y:04}-{}", festival.key()),
            Self::Break(y, kind) => write!(f, "{y:04}-{}", kind.key()),
            Self::Raised(day, 1) => write!(f, "{day}"),
            Self::Raised(day, nth) => write!(f, "{day}T{nth}"),
        }
    }
}

impl Serialize for PeriodKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeriodKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl FromStr for PeriodKey {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        parse(text).ok_or_else(|| NotAPeriod(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<PeriodKey> {
    let (year, rest) = match text.split_once('-') {
        Some((year, rest)) => (year, Some(rest)),
        None => (text, None),
    };
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: i16 = year.parse().ok()?;
    let Some(rest) = rest else {
        return Some(PeriodKey::Year(year));
    };
    match rest {
        "spring" => return Some(PeriodKey::Term(year, Season::Spring)),
        "autumn" => return Some(PeriodKey::Term(year, Season::Autumn)),
        _ => {}
    }
    if let Some(festival) = Festival::from_key(rest) {
        return Some(PeriodKey::Holiday(year, festival));
    }
    if let Some(kind) = BreakKind::ALL.into_iter().find(|k| k.key() == rest) {
        return Some(PeriodKey::Break(year, kind));
    }
    let two_digits = |text: &str, max: i8| -> Option<i8> {
        let number: i8 = text.parse().ok()?;
        (text.bytes().all(|b| b.is_ascii_digit()) && (1..=max).contains(&number)).then_some(number)
    };
    if let Some(week) = rest.strip_prefix('W') {
        let key = PeriodKey::Week(year, two_digits(week, 53)?);
        return key.civil_span().map(|_| key);
    }
    if let Some(quarter) = rest.strip_prefix('Q') {
        return Some(PeriodKey::Quarter(year, two_digits(quarter, 4)?));
    }
    match rest.split_once('-') {
        None => Some(PeriodKey::Month(year, two_digits(rest, 12)?)),
        Some((month, day)) => {
            let (day, nth) = day.split_once('T').unwrap_or((day, "1"));
            let day = Date::new(year, two_digits(month, 12)?, two_digits(day, 31)?).ok()?;
            Some(PeriodKey::Raised(day, nth.parse().ok()?))
        }
    }
}
