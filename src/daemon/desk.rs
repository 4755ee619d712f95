//! The daemon behind the pages.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::office::{House, Office};
use super::recording::{Given, failed};
use crate::core::board::{Board, board};
use crate::core::compose::{Reader, compose};
use crate::core::duty::DutyId;
use crate::core::evidence::FILES_A_DUTY;
use crate::core::fact::{Answer, Event, LetterNo, Via};
use crate::core::letter::Content;
use crate::core::names::UnitId;
use crate::core::officer::Officer;
use crate::core::overview::{Asked, Below, Overview, Scope, below};
use crate::core::roster::{Kind, Unit};
use crate::core::state::{Saying, State};
use crate::evidence::{Kept, NotKept, Store, digest_of};
use crate::ledger::LedgerError;
use crate::link::LinkKeys;
use crate::web::{
    Amiss, AskedLink, AskedWorkbook, Deed, Desk, DeskError, GivenFile, Health, HeldPass, Masthead,
    Measures, Press, PressedAnswer, Raisable, Recording, SettingsPart, Told, Version,
};

/// How late a beat may be: three missed ones are no hiccup.
const BEAT_OVERDUE_S: u64 = 140;

/// The office, as the pages see it.
pub(super) struct FrontDesk(pub(super) Arc<Office>);

impl From<LedgerError> for DeskError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Full(_) => Self::StorageFull,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<LedgerError> for Amiss {
    fn from(error: LedgerError) -> Self {
        DeskError::from(error).into()
    }
}

impl Desk for FrontDesk {
    fn today(&self) -> Date {
        self.0.today()
    }

    fn keys(&self) -> Arc<LinkKeys> {
        Arc::clone(&self.0.keys)
    }

    fn masthead(&self) -> Masthead {
        let house = self.0.house();
        Masthead {
            calendar: house.agenda.calendar.title.clone(),
            reads_replies: house.settings.mail.imap.is_some(),
            call: house.settings.mail.contact.clone(),
        }
    }

    fn letter(&self, letter: LetterNo) -> Result<Option<Content>, DeskError> {
        let house = self.0.house();
        let mut book = self.0.book()?;
        book.tidy(&house.agenda);
        book.need_letter(&self.0.ledger, letter)?;
        let now = self.0.clock.now();
        Ok(compose(
            &house.agenda,
            &book.state,
            letter,
            now,
            Reader::Page,
        ))
    }

    fn board(&self, unit: &UnitId) -> Result<Option<Board>, DeskError> {
        let house = self.0.house();
        let page = self.0.page_of_unit(unit)?;
        Ok(board(&house.agenda, &page, unit, self.0.clock.now()))
    }

    fn below(&self, unit: &UnitId) -> Result<Vec<Below>, DeskError> {
        let house = self.0.house();
        let book = self.0.book()?;
        Ok(below(&house.agenda, &book.state, unit, self.0.clock.now()))
    }

    fn record(&self, press: Arc<Press>, files: Vec<GivenFile>) -> Recording<'_> {
        let office = Arc::clone(&self.0);
        Box::pin(async move {
            if files.is_empty() {
                return office.record_answer(Given::Press(press)).await;
            }
            let keeper = Arc::clone(&office);
            // On its own thread to its end: what is written of files is written whole.
            let keeping = tokio::task::spawn_blocking(move || with_files(&keeper, &press, files));
            match keeping.await {
                Ok(kept) => office.record_answer(kept?).await,
                Err(_) => Err(failed().into()),
            }
        })
    }

    fn officer(&self, session: &str) -> Result<Option<Officer>, DeskError> {
        Ok(self.0.officer(session)?)
    }

    fn mail_link(&self, asked: &AskedLink) -> Result<(), DeskError> {
        Ok(self.0.mail_link(asked)?)
    }

    fn knows_link(&self, letter: LetterNo, browser: &str) -> Result<bool, DeskError> {
        Ok(self.0.knows_link(letter, browser)?)
    }

    fn sign_in(&self, letter: LetterNo, browser: &str, session: &str) -> Result<bool, DeskError> {
        Ok(self.0.sign_in(letter, browser, session)?)
    }

    fn sign_out(&self, session: &str) -> Result<(), DeskError> {
        Ok(self.0.sign_out(session)?)
    }

    fn overview(&self, officer: &Officer, asked: &Asked) -> Result<Option<Overview>, DeskError> {
        Ok(self.0.overview(&self.0.house(), officer, asked)?)
    }

    fn evidence(&self, officer: &Officer, digest: &str) -> Result<Option<GivenFile>, DeskError> {
        let house = self.0.house();
        let scope = Scope::new(&house.agenda, officer);
        let roster = &house.agenda.roster;
        let facts = self.0.ledger.evidence(digest)?;
        let name = facts.into_iter().find_map(|(_, fact)| match fact.what {
            Event::Evidence { duty, name, .. } => {
                scope.sees_unit(roster, &duty.unit).then_some(name)
            }
            _ => None,
        });
        let Some(name) = name else { return Ok(None) };
        let bytes = self.file(digest)?;
        Ok(bytes.map(|bytes| GivenFile { name, bytes }))
    }

    fn workbook(
        &self,
        officer: &Officer,
        asked: &AskedWorkbook,
    ) -> Result<Option<GivenFile>, DeskError> {
        self.0.workbook(officer, asked)
    }

    fn file(&self, digest: &str) -> Result<Option<Vec<u8>>, DeskError> {
        let store = Store::of(&self.0.house().settings.state);
        let found = store.open(digest);
        found.map_err(|error| DeskError::Unavailable(error.to_string()))
    }

    fn carry_out(&self, officer: &Officer, deed: &Deed) -> Result<Told, DeskError> {
        self.0.carry_out(officer, deed)
    }

    fn held_pass(&self) -> Result<Option<HeldPass>, DeskError> {
        self.0.held_pass()
    }

    fn raisable(&self) -> Raisable {
        let house = self.0.house();
        let units = house.agenda.roster.units();
        let named = |unit: &Unit| (unit.id.to_string(), unit.name.clone());
        let towns = units.iter().filter(|unit| unit.kind == Kind::Town);
        let tags = house.agenda.calendar.tags.iter();
        Raisable {
            tasks: house
                .agenda
                .calendar
                .conditional()
                .map(|task| (task.id.to_string(), task.title.clone()))
                .collect(),
            units: units.iter().map(named).collect(),
            towns: towns.map(named).collect(),
            tags: tags
                .map(|(tag, meaning)| (tag.clone(), meaning.clone()))
                .collect(),
        }
    }

    fn versions(&self) -> Result<Vec<Version>, DeskError> {
        self.0.versions()
    }

    fn edit(&self, seq: u64) -> Result<Option<String>, DeskError> {
        self.0.edit(seq)
    }

    fn settings(&self) -> Vec<SettingsPart> {
        self.0.settings_parts()
    }

    fn health(&self) -> Health {
        let vitals = self.0.pulse.vitals();
        let mut reasons = Vec::new();
        if vitals.last_beat.is_none() || self.0.beat_late_s() > BEAT_OVERDUE_S {
            reasons.push("心跳停了".to_owned());
        }
        reasons.extend(vitals.ledger_trouble.clone());
        if vitals.ledger_trouble.is_none() && !self.0.ledger.is_writable() {
            reasons.push("台账所在的磁盘是只读的".to_owned());
        }
        if vitals.mail_paused.is_some() {
            // What the server said may name a mailbox.
            reasons.push("邮件服务器拒绝发信,信件暂停发出".to_owned());
        }
        if vitals.officers_cut_off {
            reasons.push("没有一个管理员收得到信".to_owned());
        }
        let mut health = Health {
            reasons,
            last_beat: vitals.last_beat,
            next_due: vitals.next_due,
            ..Health::default()
        };
        // A busy book must not hold up a monitor: then there are no counts this time.
        if let Some(counts) = self.0.counts() {
            health.counts.extend(counts);
        }
        health
    }

    fn measures(&self) -> Measures {
        self.0.measures()
    }
}

/// A press with its files: an answer that was checked, and whose files are kept.
fn with_files(office: &Office, press: &Press, files: Vec<GivenFile>) -> Result<Given, Amiss> {
    let mut answer = {
        let mut book = office.book()?;
        office.check(&office.house(), &mut book, press)?
    };
    answer.files = files;
    let kept = keep_files(office, &answer)?;
    answer.files = Vec::new();
    Ok(Given::Answer(answer, kept))
}

/// Keeps the files of an answer, on disk before the fact that tells of them, and without the book. Those there is no room
/// for are not written.
pub(super) fn keep_files(office: &Office, pressed: &PressedAnswer) -> Result<Vec<Kept>, DeskError> {
    let house = office.house();
    {
        let digests = pressed.files.iter().map(|file| digest_of(&file.bytes));
        let digests: Vec<String> = digests.collect();
        let digests: Vec<&str> = digests.iter().map(String::as_str).collect();
        let mut book = office.book()?;
        book.need_letter(&office.ledger, pressed.letter)?;
        has_room(&book.state, pressed, &digests)?;
    }
    keep(&house.settings.state, &pressed.files)
}

/// Whether all the duties of an answer take files of these digests.
pub(super) fn has_room(
    state: &State,
    pressed: &PressedAnswer,
    digests: &[&str],
) -> Result<(), DeskError> {
    for duty in &pressed.duties {
        if let Some(filed) = too_many(state, duty, digests.iter().copied()) {
            return Err(DeskError::Refused(format!(
                "这一项最多收 {FILES_A_DUTY} 个材料，已经有 {filed} 个。可以不带材料再按一次；还要补交的，请与局里联系"
            )));
        }
    }
    Ok(())
}

/// How many files a duty has, if these would be too many; those it has already count once.
pub(super) fn too_many<'a>(
    state: &State,
    duty: &DutyId,
    digests: impl Iterator<Item = &'a str>,
) -> Option<usize> {
    let filed = state.duty(duty).map_or(&[][..], |known| &known.evidence);
    let fresh: BTreeSet<&str> = digests
        .filter(|digest| !filed.iter().any(|file| file.digest == *digest))
        .collect();
    (filed.len() + fresh.len() > FILES_A_DUTY).then_some(filed.len())
}

/// The facts of an answer; none where it says nothing new.
pub(super) fn answer_events(
    house: &House,
    state: &State,
    pressed: &PressedAnswer,
    kept: &[Kept],
    via: Via,
) -> Result<Vec<Event>, DeskError> {
    let Some(letter) = state.letters.get(&pressed.letter) else {
        return Err(DeskError::NotYours);
    };
    let address = letter.address.clone();
    let mut events = Vec::new();
    for duty in &pressed.duties {
        let known = state.duty(duty).ok_or(DeskError::NotYours)?;
        let times = house.agenda.calendar.times(&duty.occurrence.task);
        for file in kept {
            if known
                .evidence
                .iter()
                .any(|filed| filed.digest == file.digest)
            {
                continue;
            }
            events.push(Event::Evidence {
                duty: duty.clone(),
                digest: file.digest.clone(),
                name: file.name.clone(),
                bytes: file.bytes,
                by: pressed.by.clone(),
                via,
                address: Some(address.clone()),
            });
        }
        let saying = Saying {
            answer: pressed.answer,
            by: &pressed.by,
            note: &pressed.note,
            until: pressed.until,
            nth: pressed.nth,
        };
        if known.is_heard_before(&saying, times) {
            continue;
        }
        let done = known.dones.len() >= usize::from(times);
        events.push(Event::Answer {
            duty: duty.clone(),
            answer: pressed.answer,
            by: pressed.by.clone(),
            note: pressed.note.clone(),
            via,
            address: Some(address.clone()),
            nth: pressed.nth,
            until: pressed.until,
            corrects: done && pressed.answer.is_request() && pressed.answer != Answer::HandedOver,
        });
    }
    Ok(events)
}

/// Keeps the files of an answer; all, or the answer is not recorded.
fn keep(state: &Path, files: &[GivenFile]) -> Result<Vec<Kept>, DeskError> {
    let store = Store::of(state);
    let kept = files.iter().map(|file| store.keep(&file.name, &file.bytes));
    kept.collect::<Result<_, _>>().map_err(|error| match error {
        NotKept::Disk(error) if error.kind() == ErrorKind::StorageFull => DeskError::StorageFull,
        NotKept::Disk(error) => DeskError::Unavailable(error.to_string()),
        amiss => DeskError::Refused(amiss.to_string()),
    })
}
