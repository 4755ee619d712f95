//! The desk: what the pages ask of the daemon, in values of the core.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::press::{Amiss, Press};
use crate::core::board::Board;
use crate::core::bulletin::Verdict;
use crate::core::clerk::{Act, Raise};
use crate::core::duty::DutyId;
use crate::core::fact::{Answer, LetterNo};
use crate::core::letter::Content;
use crate::core::names::UnitId;
use crate::core::officer::Officer;
use crate::core::overview::{Asked, Below, MatrixAsked, Overview};
use crate::core::period::PeriodKey;
use crate::link::LinkKeys;

/// Behind the pages: whoever knows the letters and keeps the answers.
pub trait Desk: Send + Sync + 'static {
    /// Today, where the bureau is. The pages know no other clock.
    fn today(&self) -> Date;

    /// The keys links are checked with; asked for at each request, so that a reload may change them.
    fn keys(&self) -> Arc<LinkKeys>;

    /// What stands on every page, whoever reads it.
    fn masthead(&self) -> Masthead;

    /// What a letter says today; `None` if there is no such letter. May wait for a disk: it is called where waiting
    /// holds up no other reader.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn letter(&self, letter: LetterNo) -> Result<Option<Content>, DeskError>;

    /// A unit's board as it is today; `None` if the roster has no such unit. May wait as [`letter`](Self::letter) may.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn board(&self, unit: &UnitId) -> Result<Option<Board>, DeskError>;

    /// What is asked of the units below one, as it is today; nothing for a school. May wait as [`letter`](Self::letter) may.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn below(&self, unit: &UnitId) -> Result<Vec<Below>, DeskError>;

    /// [Checks](Press::check) a press against its letter, as that stands when its turn comes, and records the answer it is,
    /// with the files that came with it; for all of its duties or for none. It resolves when the answer is on disk.
    /// Dropped before that, when a visitor hangs up or has waited too long, it has recorded all or nothing.
    ///
    /// # Errors
    ///
    /// When nothing was recorded, and why.
    fn record(&self, press: Arc<Press>, files: Vec<GivenFile>) -> Recording<'_>;

    /// Who is signed in by a session, under the digest of what their browser holds; `None` for nobody, or nobody any more.
    /// May wait as [`letter`](Self::letter) may; so may all that follows.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn officer(&self, session: &str) -> Result<Option<Officer>, DeskError>;

    /// Mails a link to sign in with, if the mailbox is one of somebody who may; otherwise does nothing.
    ///
    /// # Errors
    ///
    /// When nothing was recorded, and why.
    fn mail_link(&self, asked: &AskedLink) -> Result<(), DeskError>;

    /// Whether the link in a letter still works for the browser with this digest.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn knows_link(&self, letter: LetterNo, browser: &str) -> Result<bool, DeskError>;

    /// Uses the link in a letter up, and says whether that signed somebody in.
    ///
    /// # Errors
    ///
    /// When nothing was recorded, and why.
    fn sign_in(&self, letter: LetterNo, browser: &str, session: &str) -> Result<bool, DeskError>;

    /// Ends a session; one that is over already stays so.
    ///
    /// # Errors
    ///
    /// When nothing was recorded, and why.
    fn sign_out(&self, session: &str) -> Result<(), DeskError>;

    /// What an officer asks to see; `None` where there is no such thing, or not for them.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn overview(&self, officer: &Officer, asked: &Asked) -> Result<Option<Overview>, DeskError>;

    /// A file of evidence under its digest, with the name it is shown under; `None` where there is none, or it belongs to
    /// no duty that the officer sees.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be given now.
    fn evidence(&self, officer: &Officer, digest: &str) -> Result<Option<GivenFile>, DeskError>;

    /// A workbook of what an officer sees; `None` where there is no such thing, or not for them.
    ///
    /// # Errors
    ///
    /// `Refused` where it would be too large, `Unavailable` when it cannot be made now.
    fn workbook(
        &self,
        officer: &Officer,
        asked: &AskedWorkbook,
    ) -> Result<Option<GivenFile>, DeskError>;

    /// The bytes of a file of evidence, for whom a letter entitles to it.
    ///
    /// # Errors
    ///
    /// `Unavailable` when they cannot be given now.
    fn file(&self, digest: &str) -> Result<Option<Vec<u8>>, DeskError>;

    /// Records what an officer decided who may.
    ///
    /// # Errors
    ///
    /// When nothing was recorded, and why.
    fn carry_out(&self, officer: &Officer, deed: &Deed) -> Result<Told, DeskError>;

    /// The pass that is held, and what would go; `None` where none is.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn held_pass(&self) -> Result<Option<HeldPass>, DeskError>;

    /// What may be raised, and for whom.
    fn raisable(&self) -> Raisable;

    /// The versions of calendar and roster, the newest first.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn versions(&self) -> Result<Vec<Version>, DeskError>;

    /// What the version of this [`seq`](Version::seq) changed in the one before it, in lines; `None` where there is none
    /// before it.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be told now.
    fn edit(&self, seq: u64) -> Result<Option<String>, DeskError>;

    /// The settings, without any secret.
    fn settings(&self) -> Vec<SettingsPart>;

    /// How the daemon is.
    fn health(&self) -> Health;

    /// What a monitor watches. May wait as [`letter`](Self::letter) may.
    fn measures(&self) -> Measures;
}

/// What [`Desk::record`] promises.
pub type Recording<'a> = Pin<Box<dyn Future<Output = Result<Recorded, Amiss>> + Send + 'a>>;

/// What stands on every page. Anybody may read it, with a letter or without.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Masthead {
    /// The calendar's title: `慈溪市学校安全工作行事历`.
    pub calendar: String,
    /// Whether replies by mail are read.
    pub reads_replies: bool,
    /// Whom to call when a page does not help: `市教育局安全管理科 0574-63920000`. Empty if the roster has no phone.
    pub call: String,
}

/// What an officer decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Something of duties, one or many.
    OfDuties {
        /// Which; each once, never empty.
        duties: Vec<DutyId>,
        /// The requests that were shown and waited then: their places among the duties' answers.
        shown: BTreeMap<DutyId, usize>,
        /// What.
        act: Act,
        /// Why, at most 500 characters on one line.
        note: String,
    },
    /// A conditional task, or an alert.
    Raise {
        /// What, and for whom.
        raise: Raise,
        /// Why, as above.
        note: String,
    },
    /// A bulletin's draft is approved, or put aside.
    Bulletin {
        /// Of which week or month.
        period: PeriodKey,
        /// What is decided.
        verdict: Verdict,
    },
    /// What is held is let go.
    Release {
        /// The [`mark`](HeldPass::mark) of the pass that was shown.
        shown: String,
        /// Why, as above.
        note: String,
    },
}

/// What a workbook is asked for of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedWorkbook {
    /// The record of a year; of this one if none is given.
    Record(Option<i16>),
    /// A task's units.
    Matrix(MatrixAsked),
    /// A bulletin's tables.
    Bulletin(PeriodKey),
}

/// What came of a deed, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What was recorded, and is on disk.
    pub done: Vec<String>,
    /// What was not, and why.
    pub not_done: Vec<String>,
}

impl Told {
    /// One thing was recorded, or was on record.
    pub fn one(words: String) -> Self {
        Self {
            done: vec![words],
            not_done: Vec::new(),
        }
    }

    /// Nothing was recorded, for this reason.
    pub fn nothing(why: String) -> Self {
        Self {
            done: Vec::new(),
            not_done: vec![why],
        }
    }
}

/// A pass that is held, as it would go out now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldPass {
    /// What tells it from another.
    pub mark: String,
    /// Why it is held.
    pub reasons: Vec<String>,
    /// How many letters would go.
    pub letters: usize,
    /// How many notices are in them.
    pub notices: u64,
    /// What they tell, a line each.
    pub lines: String,
}

/// What may be raised, and for whom: ids with what people call them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raisable {
    /// The conditional tasks.
    pub tasks: Vec<(String, String)>,
    /// The units.
    pub units: Vec<(String, String)>,
    /// The tags an audience may be made of.
    pub tags: Vec<(String, String)>,
    /// The towns.
    pub towns: Vec<(String, String)>,
}

/// A link to sign in with that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedLink {
    /// The mailbox, as it was typed.
    pub address: String,
    /// The digest of what the browser was given, which alone may use the link.
    pub browser: String,
    /// Where the browser asks from.
    pub network: IpAddr,
    /// Whether somebody was signed in by that mailbox in this browser before.
    pub is_known: bool,
}

/// A version of calendar and roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The place in the ledger of the fact that put it in force. An edit that was undone has its name twice.
    pub seq: u64,
    /// Its name: a digest of the files.
    pub version: String,
    /// When it came into force, where the bureau is.
    pub at: DateTime,
    /// Whether it is in force.
    pub in_force: bool,
    /// Whether no slot was decided by it yet.
    pub awaits_release: bool,
}

/// A part of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsPart {
    /// What it is about.
    pub title: &'static str,
    /// What is set, and to what.
    pub rows: Vec<(&'static str, String)>,
}

/// One press of a button, checked as far as a page can: lengths, characters, and that the letter has these duties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PressedAnswer {
    /// The letter whose page it was.
    pub letter: LetterNo,
    /// What is answered: one duty, or all rows of a roll-up. Never empty.
    pub duties: Vec<DutyId>,
    /// The button.
    pub answer: Answer,
    /// Who says so: 1 to 40 characters, none of them control characters.
    pub by: String,
    /// What they added: at most 500 characters on one line; never empty for a request.
    pub note: String,
    /// Which of several asked for (`times`) it is.
    pub nth: Option<u16>,
    /// The day asked for with `extension`, where one was given.
    pub until: Option<Date>,
    /// The files that came with it, at most three; whether they may be kept is for the desk to say.
    pub files: Vec<GivenFile>,
}

/// A file, under the name it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenFile {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is on disk.
    Now,
    /// The same had been recorded before; nothing was added.
    Before,
}

/// Why nothing was told or recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// The disk is full. It gets well by itself once there is room.
    #[error("磁盘已满,暂时不能记录")]
    StorageFull,
    /// For another reason, which goes to the log and not to the page.
    #[error("台账暂时不可用:{0}")]
    Unavailable(String),
    /// The letter does not have this duty.
    #[error("这一项不在这封信里")]
    NotYours,
    /// Of what is rolled up, a reader can only take note.
    #[error("汇总表里的事项只能回“收到”")]
    OnlyReceived,
    /// It cannot be answered so; the words are for the person who pressed.
    #[error("{0}")]
    Refused(String),
}

/// How the daemon is, for a monitor. Nothing here may name a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Why it is not well, in words; empty if it is.
    pub reasons: Vec<String>,
    /// When the last beat was completed.
    pub last_beat: Option<Timestamp>,
    /// When the next letters are due.
    pub next_due: Option<Timestamp>,
    /// Numbers worth watching by name, such as `letters_queued`.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Numbers of the daemon, for a monitor. Nothing here may name a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Letters by where they stand, those that are over left out: `queued`, `attempting`, `deferred`, `unknown`, and
    /// `refused` until a person has seen to them.
    pub letters: BTreeMap<&'static str, u64>,
    /// Letters accepted so far.
    pub accepted: u64,
    /// Answers recorded so far.
    pub answers: u64,
    /// When the last beat was completed.
    pub last_beat: Option<Timestamp>,
    /// By how many seconds the next beat is overdue; 0 while one a minute follows.
    pub beat_late_s: u64,
    /// The next slot.
    pub next_slot: Option<Timestamp>,
    /// Whether a slot's letters are held.
    pub held: bool,
    /// Whether the queue stands because the mail server refuses us.
    pub mail_paused: bool,
    /// Whether the ledger does not take facts.
    pub ledger_trouble: bool,
    /// Units that nobody can be reached at.
    pub contact_gaps: u64,
    /// Mailboxes found not to exist.
    pub unreachable: u64,
    /// The bytes of the ledger's write-ahead log; `None` where the disk would not say.
    pub wal_bytes: Option<u64>,
}
