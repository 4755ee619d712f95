//! The office: what the daemon's parts share. The ledger, its fold, the agenda in force, the clock and the keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::Notify;

use super::doorbell::Doorbell;
use super::recording::Counter;
pub(super) use crate::book::Book;
use crate::clock::{Clock, Vigil};
use crate::config::{Settings, Transport};
use crate::core::agenda::Agenda;
use crate::core::board::told_since;
use crate::core::diagnostic::Diagnostic;
use crate::core::fact::{Alert, Event, Fact, LetterKind, LetterNo, Outcome};
use crate::core::letter::Content;
use crate::core::names::{Address, UnitId};
use crate::core::officer::Officer;
use crate::core::overview::{Asked, Looking, MatrixAsked, Overview, overview};
use crate::core::plan::{Slots, officers, undelivered, worth_writing_to};
use crate::core::state::{LetterStatus, State};
use crate::ledger::{AppendReceipt, Ledger, LedgerError, Pending};
use crate::link::{Claim, LIFE_DAYS, LinkKeys};
use crate::mail::{Links, Numbered, Templates, message_id};
use crate::web::Measures;

/// A beat follows each minute.
const BEAT_EVERY_S: i64 = 60;

/// What the key of the tags beside letters' numbers is derived for.
const NUMBER_LABEL: &str = "letter-number";

/// Where a letter may stand that is not over, or needs a person.
const OPEN_STATES: [LetterStatus; 5] = [
    LetterStatus::Queued,
    LetterStatus::Attempting,
    LetterStatus::Ended(Outcome::Deferred),
    LetterStatus::Ended(Outcome::Unknown),
    LetterStatus::Ended(Outcome::Refused),
];

/// What the daemon's parts share.
pub(super) struct Office {
    pub(super) clock: Clock,
    pub(super) ledger: Ledger,
    pub(super) keys: Arc<LinkKeys>,
    /// Whoever has it for long may hand it to others in between: this lock knows how.
    book: parking_lot::Mutex<Book>,
    /// How many wait for it.
    pub(super) waiting_for_book: AtomicUsize,
    house: RwLock<Arc<House>>,
    pub(super) vigil: Mutex<Vigil>,
    /// The agenda that the last slot was decided by, under its version, while another one is in force.
    pub(super) accepted: Mutex<Option<(String, Arc<Agenda>)>>,
    pub(super) pulse: Pulse,
    /// What was found amiss when the ledger was looked through.
    damage: OnceLock<LedgerError>,
    /// Whether the files are to be read anew: until it has been done, each beat tries.
    pub(super) owes_reload: AtomicBool,
    /// The answers that come in.
    pub(super) counter: Counter,
    /// Who asked for a link to sign in with.
    pub(super) doorbell: Doorbell,
    /// Woken when a letter was queued.
    pub(super) mail: Notify,
    /// Woken when an answer came in.
    pub(super) answered: Notify,
    /// The letters that making ready panics at.
    #[cfg(test)]
    pub(super) poisoned: Mutex<BTreeSet<LetterNo>>,
    /// Woken when the mailbox is to be looked into.
    pub(super) poll: Notify,
}

/// The folded ledger in somebody's hands.
pub(super) type OpenBook<'o> = parking_lot::MutexGuard<'o, Book>;

/// What a reload replaces.
pub(super) struct House {
    pub(super) settings: Settings,
    pub(super) agenda: Arc<Agenda>,
    pub(super) templates: Templates,
    /// The digest of calendar and roster.
    pub(super) version: String,
}

/// How the daemon is: what `/healthz` and the watchdog go by.
#[derive(Default)]
pub(super) struct Pulse {
    vitals: Mutex<Vitals>,
}

#[derive(Clone, Default)]
pub(super) struct Vitals {
    /// When the last beat was completed.
    pub(super) last_beat: Option<Timestamp>,
    /// The next slot.
    pub(super) next_due: Option<Timestamp>,
    /// What keeps the ledger from taking facts.
    pub(super) ledger_trouble: Option<String>,
    /// Why the queue is paused.
    pub(super) mail_paused: Option<String>,
    /// Whether mail reaches none of the officers.
    pub(super) officers_cut_off: bool,
}

impl Pulse {
    pub(super) fn vitals(&self) -> Vitals {
        self.lock().clone()
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Vitals)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Vitals> {
        self.vitals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Office {
    pub(super) fn new(clock: Clock, ledger: Ledger, keys: LinkKeys, house: House) -> Self {
        Self {
            vigil: Mutex::new(Vigil::new(&clock)),
            accepted: Mutex::default(),
            clock,
            ledger,
            keys: Arc::new(keys),
            book: parking_lot::Mutex::default(),
            waiting_for_book: AtomicUsize::new(0),
            house: RwLock::new(Arc::new(house)),
            pulse: Pulse::default(),
            damage: OnceLock::new(),
            owes_reload: AtomicBool::new(false),
            counter: Counter::default(),
            doorbell: Doorbell::default(),
            mail: Notify::new(),
            answered: Notify::new(),
            #[cfg(test)]
            poisoned: Mutex::default(),
            poll: Notify::new(),
        }
    }

    /// What is in force.
    pub(super) fn house(&self) -> Arc<House> {
        Arc::clone(&self.house.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn move_in(&self, house: House) {
        *self.house.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(house);
    }

    /// Opens the book of the ledger, from its checkpoint where it has one.
    pub(super) fn open_book(&self) -> Result<(), LedgerError> {
        let opened = Book::open(&self.ledger, &self.house().agenda)?;
        *self.take_book() = opened;
        Ok(())
    }

    /// The book as it was folded last.
    fn take_book(&self) -> OpenBook<'_> {
        self.waiting_for_book.fetch_add(1, Ordering::Relaxed);
        let book = self.book.lock();
        self.waiting_for_book.fetch_sub(1, Ordering::Relaxed);
        book
    }

    /// Lets whoever waits for the book have it first.
    fn lend(&self, book: &mut OpenBook<'_>) {
        self.waiting_for_book.fetch_add(1, Ordering::Relaxed);
        OpenBook::bump(book);
        self.waiting_for_book.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether anybody waits for the book.
    pub(super) fn is_book_wanted(&self) -> bool {
        self.waiting_for_book.load(Ordering::Relaxed) > 0
    }

    /// The fold, brought up to date with what others have appended.
    pub(super) fn book(&self) -> Result<OpenBook<'_>, LedgerError> {
        let mut book = self.take_book();
        book.catch_up(&self.ledger, &self.house().agenda)?;
        Ok(book)
    }

    /// Keeps a checkpoint of the book, which goes on meanwhile. Where it can't be, the next start folds more facts, and
    /// nothing is lost.
    pub(super) fn keep_book(&self) -> Result<(), LedgerError> {
        let Some(likeness) = self.book()?.likeness() else {
            return Ok(());
        };
        match likeness.keep(&self.ledger) {
            Ok(kept) => self.take_book().is_kept(kept),
            Err(error @ LedgerError::Io(_)) => return Err(error),
            Err(error) => tracing::warn!(%error, "no checkpoint was kept"),
        }
        Ok(())
    }

    /// Looks through a large ledger for damage, on a thread of its own that nobody waits for; the next beat tells of it.
    pub(super) fn look_through(self: &Arc<Self>) -> std::io::Result<()> {
        let office = Arc::clone(self);
        let look = move || match office.ledger.look_through() {
            Ok(()) => {}
            // What keeps it from being read now will be met by others, and told.
            Err(error) if !matches!(error, LedgerError::Corrupt(_)) => {
                tracing::warn!(%error, "the ledger could not be looked through");
            }
            Err(error) => {
                let _ = office.damage.set(error);
                office.answered.notify_one();
            }
        };
        let thread = std::thread::Builder::new().name("look-through".to_owned());
        thread.spawn(look).map(|_| ())
    }

    /// Whether the ledger was found damaged.
    pub(super) fn is_sound(&self) -> Result<(), LedgerError> {
        self.damage.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Numbers worth watching, if nobody is writing just now.
    pub(super) fn counts(&self) -> Option<[(&'static str, u64); 3]> {
        let book = self.book.try_lock()?;
        let (house, state) = (self.house(), &book.state);
        let undelivered = undelivered(&house.agenda, state, self.today());
        Some([
            ("letters_open", state.open_letters.len() as u64),
            ("letters_refused", undelivered.letters.len() as u64),
            ("addresses_unreachable", undelivered.mailboxes.len() as u64),
        ])
    }

    /// By how many seconds the next beat is overdue. On a made-up clock none is: it waits for its beats.
    pub(super) fn beat_late_s(&self) -> u64 {
        let Some(last) = self.pulse.vitals().last_beat else {
            return 0;
        };
        let since = self.clock.now().duration_since(last).as_secs();
        if self.clock.is_pretended() {
            0
        } else {
            u64::try_from(since - BEAT_EVERY_S).unwrap_or(0)
        }
    }

    /// What a monitor watches.
    pub(super) fn measures(&self) -> Measures {
        let vitals = self.pulse.vitals();
        let today = self.today();
        let house = self.house();
        // As it was folded last: where the ledger can't be read, what is known is told all the same.
        let book = self.take_book();
        let state = &book.state;
        let mut letters: BTreeMap<&'static str, u64> = OPEN_STATES
            .iter()
            .map(|status| (status.word(), 0))
            .collect();
        let undelivered = undelivered(&house.agenda, state, today);
        let open = state.open_letters.iter();
        let open = open.filter_map(|no| state.letters.get(no));
        let refused = undelivered.letters.iter().map(|(_, letter)| *letter);
        for letter in open.chain(refused) {
            *letters.entry(letter.status.word()).or_default() += 1;
        }
        let gaps = house
            .agenda
            .roster
            .units()
            .iter()
            .filter(|unit| !unit.is_reachable(today, &state.unreachable));
        Measures {
            letters,
            accepted: state.totals.accepted,
            answers: state.totals.answers,
            last_beat: vitals.last_beat,
            beat_late_s: self.beat_late_s(),
            next_slot: vitals.next_due,
            held: state.hold.is_some() || !state.doubts.reasons().is_empty(),
            mail_paused: vitals.mail_paused.is_some(),
            ledger_trouble: vitals.ledger_trouble.is_some() || !self.ledger.is_writable(),
            contact_gaps: gaps.count() as u64,
            unreachable: undelivered.mailboxes.len() as u64,
            wal_bytes: self.ledger.wal_bytes().ok(),
        }
    }

    /// The state for a page about one unit. As far back as its board tells.
    pub(super) fn page_of_unit(&self, unit: &UnitId) -> Result<State, LedgerError> {
        let since = told_since(self.today()).year() - 1;
        self.book()?.page_of_unit(&self.ledger, unit, since)
    }

    /// What an officer sees of something, with all that was told and answered where that is what is looked at.
    pub(super) fn overview(
        &self,
        house: &House,
        officer: &Officer,
        asked: &Asked,
    ) -> Result<Option<Overview>, LedgerError> {
        let (agenda, now) = (&house.agenda, self.clock.now());
        if let Asked::Unit(unit) = asked {
            let page = self.page_of_unit(unit)?;
            return Ok(overview(agenda, &page, officer, asked, now));
        }
        let mut looking = Looking::begin(agenda, officer, asked, now);
        let mut book = self.book()?;
        while looking.step(agenda, &book.state) {
            // No school waits for an officer's page.
            self.lend(&mut book);
        }
        let seen = looking.finish(agenda, &book.state);
        let (Asked::Matrix(asked), Some(Overview::Matrix(found))) = (asked, &seen) else {
            return Ok(seen);
        };
        let page = book.page_of_occurrence(&self.ledger, agenda, &found.occurrence)?;
        drop(book);
        let Some(page) = page else { return Ok(seen) };
        let asked = Asked::Matrix(MatrixAsked {
            period: Some(found.occurrence.period),
            ..asked.clone()
        });
        Ok(overview(agenda, &page, officer, &asked, now))
    }

    /// Whether others have appended what is not folded in yet.
    pub(super) fn has_foreign_facts(&self) -> bool {
        // Whoever writes just now folds in what there is.
        let Some(book) = self.book.try_lock() else {
            return false;
        };
        self.ledger.last_seq().is_ok_and(|last| last > book.seq())
    }

    /// Appends facts under the book's lock, and folds them in.
    pub(super) fn append(&self, book: &mut Book, events: Vec<Event>) -> Result<(), LedgerError> {
        if events.is_empty() {
            return Ok(());
        }
        let at = self.clock.now();
        let appended = self.ledger.append(at, events.clone());
        self.heed(appended.as_ref().err());
        self.fold(book, at, events, appended?)
    }

    /// The same for what something comes to on the book as it stands; decided anew where a clerk's command has recorded
    /// meanwhile.
    pub(super) fn append_decided<T, E: From<LedgerError>>(
        &self,
        book: &mut Book,
        decide: impl FnMut(&mut Book) -> Result<(Vec<Event>, T), E>,
    ) -> Result<T, E> {
        let append = |seq, events| {
            let appended = self.ledger.append_after(seq, self.clock.now(), events);
            self.heed(appended.as_ref().err());
            appended
        };
        book.record(&self.ledger, &self.house().agenda, append, decide)
    }

    /// Waits for what was begun under the book's lock, and folds in what is on record of it: the facts of each request, in
    /// their order. Each has its own end.
    pub(super) fn end_together(
        &self,
        book: &mut Book,
        at: Timestamp,
        pending: Pending<'_>,
        facts: impl IntoIterator<Item = Vec<Event>>,
    ) -> Vec<Result<(), LedgerError>> {
        let receipts = pending.wait();
        // Where nothing was written, the ledger has not shown that it is well.
        let overtaken = Err(LedgerError::Overtaken);
        let mut shown = receipts.iter().filter(|one| **one != overtaken).peekable();
        if shown.peek().is_some() {
            self.heed(shown.find_map(|receipt| receipt.as_ref().err()));
        }
        let each = receipts.into_iter().zip(facts);
        let ends = each.map(|(receipt, events)| self.fold(book, at, events, receipt?));
        ends.collect()
    }

    /// Folds in facts as the ledger has them now; after those that others have appended before, if there are any.
    pub(super) fn fold(
        &self,
        book: &mut Book,
        at: Timestamp,
        events: impl IntoIterator<Item = Event>,
        receipt: AppendReceipt,
    ) -> Result<(), LedgerError> {
        let house = self.house();
        if receipt.first_seq != book.seq() + 1 {
            return book.catch_up(&self.ledger, &house.agenda);
        }
        for (seq, what) in (receipt.first_seq..).zip(events) {
            book.take(&self.ledger, &house.agenda, seq, &Fact { at, what })?;
        }
        Ok(())
    }

    /// Remembers what the ledger last complained of, or that it no longer does.
    pub(super) fn heed(&self, error: Option<&LedgerError>) {
        if error == Some(&LedgerError::Overtaken) {
            return;
        }
        self.pulse
            .note(|vitals| vitals.ledger_trouble = error.map(ToString::to_string));
    }

    /// Today, where the bureau is.
    pub(super) fn today(&self) -> Date {
        Slots::new(&self.house().agenda.calendar).day(self.clock.now())
    }

    /// A letter's `Message-ID`.
    pub(super) fn message_id(
        &self,
        installation: &str,
        slot: Timestamp,
        address: &Address,
        kind: LetterKind,
    ) -> String {
        let key = self.keys.derive("message-id");
        let house = self.house();
        let host = house.settings.mail.from.host();
        message_id(&key, installation, slot, address, kind, host)
    }

    /// A letter's number, with the tag that proves who has the letter.
    pub(super) fn number(&self, letter: LetterNo) -> Numbered {
        Numbered::new(letter, &self.keys.derive(NUMBER_LABEL))
    }

    /// Whether a number's tag is by a key in force.
    pub(super) fn proves(&self, number: &Numbered) -> bool {
        let mut keys = self.keys.derive_each(NUMBER_LABEL);
        keys.any(|key| number.is_by(&key))
    }

    /// The links and the contact line of a letter.
    pub(super) fn links(&self, content: &Content, answerable: bool) -> Links {
        let house = self.house();
        let tag = self.number(content.letter).tag;
        let expires = content
            .today
            .saturating_add(jiff::Span::new().days(LIFE_DAYS));
        let base = &house.settings.base_url;
        let link =
            |page: &str, claim: &Claim| format!("{base}/{page}/{}", self.keys.sign(claim, expires));
        if content.is_sign_in {
            // Its minutes are counted by the ledger; the token need only outlive midnight.
            let tomorrow = content.today.saturating_add(jiff::Span::new().days(1));
            let token = self.keys.sign(&Claim::SignIn(content.letter), tomorrow);
            return Links {
                page: Some(format!("{base}/sign-in/{token}")),
                contact: house.settings.mail.contact.clone(),
                tag,
                ..Links::default()
            };
        }
        let unit = content.unit.clone().map(Claim::Unit);
        Links {
            page: answerable.then(|| link("l", &Claim::Letter(content.letter))),
            board: unit.map(|unit| link("u", &unit)),
            desk: (!content.matters.is_empty()).then(|| format!("{base}/")),
            contact: house.settings.mail.contact.clone(),
            reads_replies: house.settings.mail.imap.is_some(),
            tag,
        }
    }

    /// Tells the officers at once of what cannot wait. The same matter is told once.
    pub(super) fn alert(&self, matter: &str, alert: &Alert) -> Result<(), LedgerError> {
        let mut book = self.book()?;
        let to = officers(&self.house().agenda, self.today());
        let events = self.alert_events(&book.state, to, matter, alert);
        self.append(&mut book, events)?;
        self.mail.notify_one();
        Ok(())
    }

    /// The facts of an alert to these officers: a letter to each who was not told of the matter yet.
    pub(super) fn alert_events(
        &self,
        state: &State,
        to: BTreeSet<Address>,
        matter: &str,
        alert: &Alert,
    ) -> Vec<Event> {
        let to = worth_writing_to(to, state).into_iter().filter(|address| {
            !state
                .matters
                .contains(&(matter.to_owned(), address.clone()))
        });
        let mut events = Vec::new();
        for (letter, address) in (state.next_letter()..).zip(to) {
            events.push(self.alert_letter(state, letter, &address, alert.clone()));
            events.push(Event::Matter {
                matter: matter.to_owned(),
                text: alert.subject.clone(),
                address,
                letter,
            });
        }
        events
    }

    /// The letter of an alert to one address.
    pub(super) fn alert_letter(
        &self,
        state: &State,
        letter: LetterNo,
        address: &Address,
        alert: Alert,
    ) -> Event {
        let now = self.clock.now();
        Event::LetterQueued {
            letter,
            slot: now,
            message_id: self.alert_id(&state.installation, letter, now, address),
            address: address.clone(),
            kind: LetterKind::Alert,
            folds: Vec::new(),
            alert: Some(alert),
            about: None,
        }
    }

    /// The `Message-ID` of an alert: there may be several to an address at one instant.
    pub(super) fn alert_id(
        &self,
        installation: &str,
        letter: LetterNo,
        at: Timestamp,
        address: &Address,
    ) -> String {
        let numbered = format!("{installation}:{letter}");
        self.message_id(&numbered, at, address, LetterKind::Alert)
    }

    #[cfg(test)]
    pub(super) fn taste(&self, letter: LetterNo) {
        let poisoned = self.poisoned.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!poisoned.contains(&letter), "poison");
    }

    /// Whether letters go to a folder instead of a server.
    pub(super) fn spools(&self) -> bool {
        matches!(self.house().settings.mail.transport, Transport::Spool(_))
    }
}

/// The templates in force, and what is wrong with an admin's own.
pub(super) fn templates(folder: &Path) -> (Templates, Vec<Diagnostic>) {
    Templates::load(folder.is_dir().then_some(folder))
}
