//! Days and moments in a checkpoint: as numbers, since a county has some hundred thousand of them there, and writing them
//! as text is half of what keeping one costs.

pub(super) use jiff::fmt::serde::timestamp::nanosecond::optional as moment_or_none;
pub(super) use jiff::fmt::serde::timestamp::nanosecond::required as moment;

pub(super) mod day {
    use jiff::civil::Date;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(in super::super) fn serialize<S: Serializer>(
        day: &Date,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (day.year(), day.month(), day.day()).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Date, D::Error> {
        let (year, month, day) = <(i16, i8, i8)>::deserialize(deserializer)?;
        Date::new(year, month, day).map_err(de::Error::custom)
    }
}
