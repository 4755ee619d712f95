//! Workbooks for officers, made of what they see.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::office::{House, Office};
use crate::core::fact::{Event, Fact};
use crate::core::officer::Officer;
use crate::core::overview::{Asked, Overview, Scope};
use crate::core::plan::Slots;
use crate::core::roster::Kind;
use crate::core::state::State;
use crate::export::{self, ExportError, Record};
use crate::ledger::LedgerError;
use crate::sheet::Book;
use crate::web::{AskedWorkbook, DeskError, GivenFile};

/// A workbook is read into memory to be given out; a year of a thousand schools is a tenth of this.
const LARGEST: u64 = 64 << 20;

/// How many years back the record is given out a year at a time.
const YEARS_BACK: i16 = 20;

/// Characters that file systems give a meaning to.
const UNFIT: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

impl Office {
    /// A workbook of what an officer sees; `None` where there is no such thing, or not for them.
    pub(super) fn workbook(
        &self,
        officer: &Officer,
        asked: &AskedWorkbook,
    ) -> Result<Option<GivenFile>, DeskError> {
        let house = self.house();
        let today = Slots::new(&house.agenda.calendar).day(self.clock.now());
        let made = match asked {
            AskedWorkbook::Record(year) => {
                // What lies farther off no calendar tells.
                let around = today.year() - YEARS_BACK..=today.year() + 1;
                let year = year.filter(|year| around.contains(year));
                let year = year.unwrap_or(today.year());
                let book = self.record(&house, officer, year)?;
                Some((format!("{year}年台账"), book))
            }
            AskedWorkbook::Matrix(asked) => {
                match self.overview(&house, officer, &Asked::Matrix(asked.clone()))? {
                    Some(Overview::Matrix(found)) => {
                        let book = export::matrix(&found).map_err(|error| failed(&error.into()))?;
                        Some((found.title, book))
                    }
                    _ => None,
                }
            }
            AskedWorkbook::Bulletin(period) => {
                match self.overview(&house, officer, &Asked::Bulletin(*period))? {
                    Some(Overview::Bulletin(found)) => {
                        let is_draft = found.draft.is_some();
                        let book = export::bulletin(&found.edition, is_draft)
                            .map_err(|error| failed(&error.into()))?;
                        let mark = if is_draft { "（草稿）" } else { "" };
                        Some((format!("{}{period}{mark}", found.edition.title), book))
                    }
                    _ => None,
                }
            }
        };
        let Some((what, book)) = made else {
            return Ok(None);
        };
        let bytes = book
            .into_bytes_within(LARGEST)
            .map_err(|error| failed(&error.into()))?;
        let Some(bytes) = bytes else {
            let why = "这份表格太大，网页上下载不了。请联系照看服务器的人导出。";
            return Err(DeskError::Refused(why.to_owned()));
        };
        Ok(Some(GivenFile {
            name: name(&house, &what, today),
            bytes,
        }))
    }

    fn record(&self, house: &House, officer: &Officer, year: i16) -> Result<Book, DeskError> {
        let agenda = &house.agenda;
        let record = Record {
            agenda,
            now: self.clock.now(),
            scope: &Scope::new(agenda, officer),
            year: Some(year),
        };
        // Folded anew, without a shelf: the record tells all of every duty, and the daemon's book keeps what is going on.
        let mut state = State::default();
        self.ledger.each_fact(0, |_, fact| {
            if concerns(&fact, year) {
                state.apply(&fact);
            }
            Ok::<(), LedgerError>(())
        })?;
        let mut book = Book::default();
        record
            .write(&state, &self.ledger, &mut book)
            .map_err(|error| failed(&error))?;
        Ok(book)
    }
}

/// Whether a year's record can do with a fact: duties of other years, but for the next ones, would only take up room.
fn concerns(fact: &Fact, year: i16) -> bool {
    let near = year - 1..=year + 1;
    match &fact.what {
        Event::LetterQueued { slot, .. } => {
            near.contains(&slot.to_zoned_datetime(TimeZone::UTC).year())
        }
        what => what
            .duty()
            .is_none_or(|duty| near.contains(&duty.occurrence.period.year())),
    }
}

fn failed(error: &ExportError) -> DeskError {
    DeskError::Unavailable(error.to_string())
}

/// As bureaus name their files: `慈溪市教育局-2026年台账-2026-05-12.xlsx`.
fn name(house: &House, what: &str, today: Date) -> String {
    let mut units = house.agenda.roster.units().iter();
    let bureau = units.find(|unit| unit.kind == Kind::Bureau);
    let whose = bureau.map_or("教育局", |unit| unit.name.as_str());
    let name = format!("{whose}-{what}-{today}.xlsx");
    name.chars()
        .map(|c| {
            if c.is_control() || UNFIT.contains(&c) {
                '_'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fact::LetterKind;
    use crate::core::names::Address;

    /// What a period of the year before asks may be due in this one: the winter break's, or `12月至次年1月`. And a letter of
    /// its last days may tell of this year's duties.
    #[test]
    fn a_years_record_has_the_year_before_and_the_next() {
        let about = |duty: &str| Event::Waiver {
            duty: duty.parse().unwrap(),
            by: "罗建平".to_owned(),
            note: String::new(),
        };
        let sent = |slot: &str| Event::LetterQueued {
            letter: 1,
            slot: slot.parse().unwrap(),
            address: Address::from("wang@hushan-primary.example"),
            message_id: "<1@bell>".to_owned(),
            kind: LetterKind::Slot,
            folds: Vec::new(),
            alert: None,
            about: None,
        };
        for (what, concerned) in [
            (about("winter-break-patrol@2024-winter-break/s001"), false),
            (about("winter-break-patrol@2025-winter-break/s001"), true),
            (about("hazard-ledger@2025/s001"), true),
            (about("hazard-ledger@2026-05/s001"), true),
            (about("hazard-ledger@2027-spring/s001"), true),
            (about("hazard-ledger@2028/s001"), false),
            (about("alert@2024-12-31/s001"), false),
            (sent("2024-12-31T08:00:00+08:00"), false),
            (sent("2025-12-31T08:00:00+08:00"), true),
            (sent("2027-01-04T08:00:00+08:00"), true),
            (sent("2028-01-04T08:00:00+08:00"), false),
            // What is about no duty says who is on the roster, what calendar holds, whom no letter reaches: always.
            (
                Event::JobRun {
                    job: "prune".to_owned(),
                },
                true,
            ),
        ] {
            let at = "2026-05-12T08:00:00+08:00".parse().unwrap();
            let fact = Fact { at, what };
            assert_eq!(concerns(&fact, 2026), concerned, "{fact:?}");
        }
    }
}
