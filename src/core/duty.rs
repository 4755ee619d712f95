//! Occurrences and duties: what is asked, when, of whom.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::names::{TaskId, UnitId};
use super::period::PeriodKey;

/// A task in one period, written `task@period`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OccurrenceId {
    /// The task.
    pub task: TaskId,
    /// The period it is asked in.
    pub period: PeriodKey,
}

/// One occurrence for one unit, written `task@period/unit`: the thing that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DutyId {
    /// What is asked, and in which period.
    pub occurrence: OccurrenceId,
    /// The unit it is asked of.
    pub unit: UnitId,
}

/// A text that is not `task@period/unit`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是职责编号,应写作 任务@期次/单位,如 evacuation-drill-monthly@2026-05/s001")]
pub struct NotADuty(pub String);

impl fmt::Display for OccurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.task, self.period)
    }
}

impl fmt::Display for DutyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.occurrence, self.unit)
    }
}

/// A text that is not `task@period`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是期次编号,应写作 任务@期次,如 evacuation-drill-monthly@2026-05")]
pub struct NotAnOccurrence(pub String);

impl FromStr for OccurrenceId {
    type Err = NotAnOccurrence;

    fn from_str(text: &str) -> Result<Self, NotAnOccurrence> {
        let refuse = || NotAnOccurrence(text.to_owned());
        let (task, period) = text.split_once('@').ok_or_else(refuse)?;
        if task.is_empty() {
            return Err(refuse());
        }
        Ok(Self {
            task: TaskId::from(task),
            period: period.parse().map_err(|_| refuse())?,
        })
    }
}

impl Serialize for OccurrenceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OccurrenceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl FromStr for DutyId {
    type Err = NotADuty;

    fn from_str(text: &str) -> Result<Self, NotADuty> {
        let refuse = || NotADuty(text.to_owned());
        let (occurrence, unit) = text.split_once('/').ok_or_else(refuse)?;
        if unit.is_empty() {
            return Err(refuse());
        }
        Ok(Self {
            occurrence: occurrence.parse().map_err(|_| refuse())?,
            unit: UnitId::from(unit),
        })
    }
}

impl Serialize for DutyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DutyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
