//! The book: the ledger folded, and kept up with it. It begins where the ledger's checkpoint stands and holds in memory
//! what is going on; what is over stands on the state's shelf, and is read from the ledger where somebody asks for it.

use std::sync::Arc;

use ring::digest::{Context, SHA256};

use crate::core::agenda::Agenda;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::{Event, Fact, LetterNo};
use crate::core::hex::hex;
use crate::core::names::UnitId;
use crate::core::state::{DutyState, Found as Letter, LetterState, State, Tray};
use crate::ledger::{AppendReceipt, Checkpoint, Found, Ledger, LedgerError, Part};

/// What a checkpoint rests on: how facts read and fold. One that another version has kept is not read.
const FOLDED_BY: [&str; 24] = [
    include_str!("book.rs"),
    include_str!("core/bulletin/mod.rs"),
    include_str!("core/duty.rs"),
    include_str!("core/fact.rs"),
    include_str!("core/fact/answer.rs"),
    include_str!("core/ladder.rs"),
    include_str!("core/names.rs"),
    include_str!("core/period.rs"),
    include_str!("core/plan/slots.rs"),
    include_str!("core/scan.rs"),
    include_str!("core/state/admission.rs"),
    include_str!("core/state/as_json.rs"),
    include_str!("core/state/brief.rs"),
    include_str!("core/state/bulletin.rs"),
    include_str!("core/state/duty.rs"),
    include_str!("core/state/hold.rs"),
    include_str!("core/state/letter.rs"),
    include_str!("core/state/mod.rs"),
    include_str!("core/state/post.rs"),
    include_str!("core/state/shared.rs"),
    include_str!("core/state/shelf.rs"),
    include_str!("core/state/shelf/over.rs"),
    include_str!("core/state/shelf/slip.rs"),
    include_str!("ledger/reading.rs"),
];

/// After so many facts a checkpoint is worth its price: to fold them would keep a start waiting.
const WORTH_KEEPING: u64 = 50_000;

/// How often something is decided, where others go on recording meanwhile.
pub const TRIES: usize = 10;

/// So many duties and letters are taken down to be looked at before they are put back.
const LOOKED_AT: usize = 2_000;

/// The folded ledger.
#[derive(Debug, Default)]
pub struct Book {
    /// The fold of all facts up to `seq`.
    pub state: State,
    seq: u64,
    /// The last fact that is in the checkpoint; `None` where the ledger has none that this book began with or kept.
    kept: Option<u64>,
    /// The last fact there was when a checkpoint was last tried.
    tried: u64,
    /// How much was taken down since the shelf was last filled.
    looked_at: usize,
}

impl Book {
    /// Opens the book of a ledger, from its checkpoint where it has one.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn open(ledger: &Ledger, agenda: &Agenda) -> Result<Self, LedgerError> {
        let mut book = Self::begun(ledger)?;
        let begun_at = book.seq;
        book.catch_up(ledger, agenda)?;
        book.fit(ledger, agenda)?;
        tracing::info!(facts = book.seq - begun_at, begun_at, "the book is open");
        Ok(book)
    }

    fn begun(ledger: &Ledger) -> Result<Self, LedgerError> {
        let mut state = None;
        let found = ledger.checkpoint(&program(), |part| match part {
            Part::State(bytes) => state = postcard::from_bytes::<State>(&bytes).ok(),
            Part::Tray(occurrence, slips) => {
                let read = occurrence
                    .parse()
                    .ok()
                    .zip(postcard::from_bytes(&slips).ok());
                state = state.take().zip(read).map(|(mut state, (id, tray))| {
                    state.shelf_mut().put_back(id, tray);
                    state
                });
            }
        })?;
        let why = match (found, state) {
            (Found::Nothing, _) => return Ok(Self::default()),
            (Found::Unfit(why), _) => why,
            (Found::Whole(_), None) => "not to be read",
            (Found::Whole(seq), Some(mut state)) => {
                state.share_names();
                return Ok(Self {
                    state,
                    seq,
                    kept: Some(seq),
                    ..Self::default()
                });
            }
        };
        tracing::warn!(why, "the checkpoint is not used: all facts are folded anew");
        Ok(Self::default())
    }

    /// The last fact that is folded in.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The last fact of the checkpoint it began with or has kept; `None` where all facts were folded.
    #[must_use]
    pub fn kept(&self) -> Option<u64> {
        self.kept
    }

    /// Folds in what the ledger has gained.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn catch_up(&mut self, ledger: &Ledger, agenda: &Agenda) -> Result<(), LedgerError> {
        ledger.each_fact(self.seq, |seq, fact| self.take(ledger, agenda, seq, &fact))
    }

    /// Appends what something comes to on the book as it stands, all or none, folds it in, and hands on what is told of it.
    /// Where another process has appended meanwhile what it was not decided on, it is decided anew. `append` is given the
    /// last fact it was decided on.
    ///
    /// # Errors
    /// Why it comes to nothing, or what kept it from being recorded.
    pub fn record<T, E: From<LedgerError>>(
        &mut self,
        ledger: &Ledger,
        agenda: &Agenda,
        append: impl Fn(u64, Vec<Event>) -> Result<AppendReceipt, LedgerError>,
        mut decide: impl FnMut(&mut Self) -> Result<(Vec<Event>, T), E>,
    ) -> Result<T, E> {
        for _ in 0..TRIES {
            let (events, told) = decide(self)?;
            if events.is_empty() {
                return Ok(told);
            }
            let is_kept = match append(self.seq, events) {
                Err(LedgerError::Overtaken) => false,
                end => end.map(|_| true)?,
            };
            self.catch_up(ledger, agenda)?;
            if is_kept {
                return Ok(told);
            }
        }
        Err(LedgerError::Overtaken.into())
    }

    /// Folds in one fact, the next.
    ///
    /// # Errors
    /// What it is about could not be read.
    pub fn take(
        &mut self,
        ledger: &Ledger,
        agenda: &Agenda,
        seq: u64,
        fact: &Fact,
    ) -> Result<(), LedgerError> {
        let (duty, letter) = self.state.wants(&fact.what);
        if let Some(duty) = duty {
            self.need(ledger, &duty)?;
        }
        if let Some(letter) = letter {
            self.need_letter(ledger, letter)?;
        }
        self.state.apply(fact);
        self.seq = seq;
        if matches!(fact.what, Event::SlotPassed { .. }) {
            self.state.shelve(agenda, fact.at);
            self.looked_at = 0;
        }
        Ok(())
    }

    /// Has all that has happened to a duty in memory, until the next slot.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn need(&mut self, ledger: &Ledger, duty: &DutyId) -> Result<(), LedgerError> {
        if !self.state.is_shelved(duty) {
            return Ok(());
        }
        let mut fold = self.folded(&ledger.facts_of_duty(duty)?);
        if let Some(found) = taken_from(&mut fold, duty) {
            self.state.take_down(duty, found);
            self.looked_at += 1;
        }
        Ok(())
    }

    /// Has all that has happened to a letter and its duties in memory, until the next slot.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn need_letter(&mut self, ledger: &Ledger, no: LetterNo) -> Result<(), LedgerError> {
        if self.state.is_letter_shelved(no) {
            let mut fold = self.folded(&ledger.facts_of_letter(no)?);
            let Some(found) = fold.letters.remove(&no) else {
                return Ok(());
            };
            self.state.take_down_letter(no, found);
            self.looked_at += 1;
        }
        let Some(letter) = self.state.letters.get(&no) else {
            return Ok(());
        };
        let LetterState {
            duties, numbered, ..
        } = letter;
        let about = letter.about;
        let all = duties.iter().chain(numbered);
        let shelved: Vec<_> = all
            .filter(|duty| self.state.is_shelved(duty))
            .cloned()
            .collect();
        for duty in shelved {
            self.need(ledger, &duty)?;
        }
        match about.filter(|about| *about < no) {
            Some(about) => self.need_letter(ledger, about),
            None => Ok(()),
        }
    }

    /// Has in memory what a letter asks: of these duties only, where they are named.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn need_asked(
        &mut self,
        ledger: &Ledger,
        no: LetterNo,
        about: Option<&[DutyId]>,
    ) -> Result<(), LedgerError> {
        let (Some(about), Some(letter)) = (about, self.state.letters.get(&no)) else {
            return self.need_letter(ledger, no);
        };
        let shelved = about.iter().filter(|duty| self.state.is_shelved(duty));
        let asked = shelved.filter(|duty| letter.duties.contains(duty)).cloned();
        for duty in asked.collect::<Vec<_>>() {
            self.need(ledger, &duty)?;
        }
        Ok(())
    }

    /// The letter a mail belongs to, by what it refers to and the numbers it bears, in memory or not; and has it in
    /// memory.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn letter_of(
        &mut self,
        ledger: &Ledger,
        message_ids: &[String],
        numbers: Vec<Letter>,
    ) -> Result<Option<Letter>, LedgerError> {
        let mut found = self.state.letter_of(message_ids, []);
        for message_id in message_ids {
            if found.is_some() {
                break;
            }
            let letter = ledger.letter_with_id(message_id)?;
            found = letter
                .filter(|letter| self.state.is_letter_shelved(*letter))
                .map(|letter| Letter {
                    letter,
                    is_proven: true,
                });
        }
        let found = found.or_else(|| self.state.letter_of(&[], numbers));
        if let Some(found) = found {
            self.need_letter(ledger, found.letter)?;
        }
        Ok(found)
    }

    /// Puts back what was looked at, where that has become much.
    pub fn tidy(&mut self, agenda: &Agenda) {
        if self.looked_at < LOOKED_AT {
            return;
        }
        self.looked_at = 0;
        if let Some((_, at)) = self.state.last_slot {
            self.state.shelve(agenda, at);
        }
    }

    /// Takes down what the shelf says wrongly by what an agenda asks: to be asked when another one comes into force.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn fit(&mut self, ledger: &Ledger, agenda: &Agenda) -> Result<(), LedgerError> {
        for duty in self.state.misplaced(agenda) {
            self.need(ledger, &duty)?;
        }
        Ok(())
    }

    /// The state for a page about one unit: with what it was told and said of what belongs to the year `since` or a later
    /// one, and without what the others did.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn page_of_unit(
        &self,
        ledger: &Ledger,
        unit: &UnitId,
        since: i16,
    ) -> Result<State, LedgerError> {
        let mut page = self.state.only(|_, of| of == unit);
        let shelved = page.shelf().occurrences();
        let shelved: Vec<_> = shelved
            .filter(|id| id.period.year() >= since)
            .cloned()
            .collect();
        for occurrence in shelved {
            let unit = unit.clone();
            self.look_up(ledger, &mut page, &DutyId { occurrence, unit })?;
        }
        Ok(page)
    }

    /// The state for a page about one occurrence: with what was told of it and answered. `None` where nothing of it is on
    /// the shelf, so that the book's own will do.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn page_of_occurrence(
        &self,
        ledger: &Ledger,
        agenda: &Agenda,
        occurrence: &OccurrenceId,
    ) -> Result<Option<State>, LedgerError> {
        let shelved: Vec<_> = self.state.shelf().units_of(occurrence).cloned().collect();
        if shelved.is_empty() {
            return Ok(None);
        }
        let named = agenda.calendar.tasks.get(&occurrence.task);
        // How it stands hangs together with what it comes after and what covers it.
        let mut page = self.state.only(|task, _| {
            *task == occurrence.task
                || named.is_some_and(|named| {
                    named.after.as_ref() == Some(task) || named.met_by.contains(task)
                })
        });
        for unit in shelved {
            let occurrence = occurrence.clone();
            self.look_up(ledger, &mut page, &DutyId { occurrence, unit })?;
        }
        Ok(Some(page))
    }

    fn look_up(&self, ledger: &Ledger, page: &mut State, duty: &DutyId) -> Result<(), LedgerError> {
        if page.is_shelved(duty) {
            let mut fold = self.folded(&ledger.facts_about(duty)?);
            if let Some(found) = taken_from(&mut fold, duty) {
                page.take_down(duty, found);
            }
        }
        Ok(())
    }

    /// A few facts folded by themselves, as far as the book has come.
    fn folded(&self, facts: &[(u64, Fact)]) -> State {
        let known = facts.iter().filter(|(seq, _)| *seq <= self.seq);
        State::fold(known.map(|(_, fact)| fact))
    }

    /// Whether much has happened since a checkpoint was kept, or could not be.
    #[must_use]
    pub fn is_worth_keeping(&self) -> bool {
        let last = self.kept.unwrap_or(0).max(self.tried);
        self.seq.saturating_sub(last) >= WORTH_KEEPING
    }

    /// Keeps a checkpoint in the ledger, unless the last one says the same.
    ///
    /// # Errors
    /// The last one stands, and the next is whole again.
    pub fn keep(&mut self, ledger: &Ledger) -> Result<(), LedgerError> {
        if let Some(likeness) = self.likeness() {
            self.is_kept(likeness.keep(ledger)?);
        }
        Ok(())
    }

    /// What a checkpoint is made of as the book stands now, to be kept while the book goes on; `None` where the last one
    /// says the same. What becomes of it is to be told [here](Self::is_kept).
    pub fn likeness(&mut self) -> Option<Likeness> {
        if self.kept == Some(self.seq) || self.seq == 0 {
            return None;
        }
        self.tried = self.seq;
        // Not known to be kept until it is: after a failure all of it is kept anew.
        let is_whole = self.kept.take().is_none();
        if is_whole {
            self.state.shelf_mut().is_not_kept();
        }
        let trays = self.state.shelf_mut().take_changed();
        Some(Likeness {
            state: self.state.clone(),
            seq: self.seq,
            trays,
            is_whole,
        })
    }

    /// A likeness of it, the last that was taken, is in the ledger.
    pub fn is_kept(&mut self, Kept(seq): Kept) {
        self.kept = Some(seq);
    }
}

/// The book as it stood at a moment.
#[derive(Debug)]
pub struct Likeness {
    state: State,
    seq: u64,
    trays: Vec<(OccurrenceId, Option<Arc<Tray>>)>,
    is_whole: bool,
}

/// That a likeness is in the ledger: the last fact in it.
#[derive(Debug)]
#[must_use = "the book goes by it"]
pub struct Kept(u64);

impl Likeness {
    /// Keeps it in the ledger as its checkpoint.
    ///
    /// # Errors
    /// The last one stands.
    pub fn keep(self, ledger: &Ledger) -> Result<Kept, LedgerError> {
        let refused = |error: postcard::Error| LedgerError::Refused(error.to_string());
        let mut trays = Vec::with_capacity(self.trays.len());
        for (id, tray) in &self.trays {
            let tray = tray.as_deref().map(postcard::to_allocvec).transpose();
            trays.push((id.to_string(), tray.map_err(refused)?));
        }
        ledger.keep_checkpoint(Checkpoint {
            seq: self.seq,
            program: program(),
            state: postcard::to_allocvec(&self.state).map_err(refused)?,
            trays,
            is_whole: self.is_whole,
        })?;
        Ok(Kept(self.seq))
    }
}

fn taken_from(fold: &mut State, duty: &DutyId) -> Option<DutyState> {
    let found = fold.duties.get_mut(&duty.occurrence)?.remove(&duty.unit)?;
    Some(Arc::unwrap_or_clone(found))
}

/// Which program folds so: its version and a digest of what it folds by.
fn program() -> String {
    let mut digest = Context::new(&SHA256);
    for text in FOLDED_BY {
        digest.update(text.as_bytes());
    }
    format!(
        "{} {}",
        env!("CARGO_PKG_VERSION"),
        hex(&digest.finish().as_ref()[..8])
    )
}
