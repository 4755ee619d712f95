//! Facts: what has happened. They are only ever appended, and everything known is a fold of them.

mod answer;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use answer::{Answer, Via};

use super::bulletin::{Bulletin, Reach};
use super::duty::DutyId;
use super::ladder::Rung;
use super::names::{Address, TaskId, UnitId};
use super::period::PeriodKey;

/// The number of a letter, counted from 1 in the order they were queued.
pub type LetterNo = u64;

/// The number of a mail that arrived, counted from 1.
pub type MailNo = u64;

/// A row of the ledger. As JSON: one flat object with `at`, `fact` and that fact's fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: Event,
}

/// What may happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Event {
    /// The daemon ran for the first time.
    BellHung {
        /// Random, so that two installations never make the same `Message-ID`.
        installation: String,
    },
    /// A task was in force for the first time.
    TaskSeen {
        /// The task.
        task: TaskId,
        /// What it was called: it is spoken of once more when it is withdrawn.
        #[serde(default)]
        title: String,
    },
    /// A unit was on the roster for the first time.
    UnitSeen {
        /// The unit.
        unit: UnitId,
        /// What it was called.
        #[serde(default)]
        name: String,
    },
    /// Another text of calendar and roster came into force.
    CalendarVersion {
        /// A digest of all the files; the ledger keeps the text under it.
        version: String,
    },
    /// A slot's letters were decided. One that comes late, or never, is how an outage is known.
    SlotPassed {
        /// The slot.
        slot: Timestamp,
        /// Whether a slot before it was missed, or this one came late: then nothing escalates for a workday.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        after_outage: bool,
        /// How much of what a slot tells was [heard](super::state::State::heard) when its letters were decided: what came
        /// while they were is the next one's. Without it all before was heard.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heard: Option<u64>,
    },
    /// A letter was decided and waits to be sent.
    LetterQueued {
        /// Its number.
        letter: LetterNo,
        /// The slot it belongs to; together with the address it names the letter.
        slot: Timestamp,
        /// Whom it goes to.
        address: Address,
        /// Its `Message-ID`, brackets and all.
        message_id: String,
        /// Whether it is a slot's letter or an alert to the admins.
        kind: LetterKind,
        /// Unsent letters to the same address whose notices it takes over; they are dropped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        folds: Vec<LetterNo>,
        /// An alert's own words; empty for a slot's letter, which is rendered from its notices.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alert: Option<Alert>,
        /// The letter it asks about: a reply to this one is to that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<LetterNo>,
    },
    /// A rung of a duty was put into a letter.
    Notice {
        /// The duty.
        duty: DutyId,
        /// The rung.
        rung: Rung,
        /// The due day it speaks of.
        due: Date,
        /// The day the rung belongs to, which decides what supersedes what.
        day: Date,
        /// Whom it tells.
        address: Address,
        /// The letter it is in.
        letter: LetterNo,
        /// What it is to the reader.
        part: Part,
    },
    /// Something the admins must know was put into a letter to one of them.
    Matter {
        /// What it is about, such as `contact-gap:s003`; each is told once.
        matter: String,
        /// In words.
        text: String,
        /// Whom it tells.
        address: Address,
        /// The letter it is in.
        letter: LetterNo,
    },
    /// A letter's bytes were frozen and its sending began: from here on it may arrive.
    Attempt {
        /// The letter.
        letter: LetterNo,
        /// Whom it goes to.
        address: Address,
        /// The same for each attempt.
        message_id: String,
        /// 1 for the first attempt.
        nth: u32,
        /// The duties in the order it numbers them: by these numbers a reply speaks of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        numbered: Vec<DutyId>,
    },
    /// How an attempt ended, or that the letter was dropped before any.
    Outcome {
        /// The letter.
        letter: LetterNo,
        /// Whom it was for.
        address: Address,
        /// Its `Message-ID`.
        message_id: String,
        /// How it ended.
        outcome: Outcome,
        /// What the server said, or why it was dropped.
        text: String,
        /// When it is tried again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// A letter that a server had accepted came back.
    Bounced {
        /// The letter.
        letter: LetterNo,
        /// Whom it was for.
        address: Address,
        /// What the server said.
        text: String,
    },
    /// A mail arrived, and was taken in.
    MailReceived {
        /// Its number.
        mail: MailNo,
        /// Its own `Message-ID`, brackets and all, by which it is taken in once.
        message_id: String,
        /// What it was taken for.
        sort: MailSort,
        /// Whose it says it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Address>,
        /// The letter it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        letter: Option<LetterNo>,
        /// Its subject and its words, as far as a person has to read them; empty for what was understood.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        /// What was attached to a mail that a person has to look at, and is kept; of one that was understood it is evidence.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        kept: Vec<Attached>,
    },
    /// A person has seen to a mail that was not understood.
    MailSeen {
        /// The mail.
        mail: MailNo,
        /// Who.
        by: String,
    },
    /// The mailbox was read up to a mail.
    MailboxRead {
        /// Which numbering of the mailbox's mails this is (RFC 9051, 2.3.1.1).
        uid_validity: u32,
        /// The last mail's number in it.
        uid: u32,
    },
    /// The mailbox cannot be read, or can again.
    MailboxTrouble {
        /// Why not; empty where it can again.
        text: String,
    },
    /// A mailbox was found not to exist, by a refusal or a bounce.
    Unreachable {
        /// The mailbox.
        address: Address,
        /// What the server said.
        text: String,
    },
    /// A mailbox that had been found not to exist takes letters again.
    Reachable {
        /// The mailbox.
        address: Address,
        /// What the server said.
        text: String,
    },
    /// Somebody answered.
    Answer {
        /// The duty.
        duty: DutyId,
        /// What they said.
        answer: Answer,
        /// Who says so, in their own words.
        by: String,
        /// What they added.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// How it came in.
        via: Via,
        /// The address whose link was used, where one was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Address>,
        /// Which of several asked for (`times`) a `done` is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nth: Option<u16>,
        /// The day asked for with `extension`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        /// Whether it takes back a `done` given before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        corrects: bool,
    },
    /// A file came with an answer, and is kept under its digest.
    Evidence {
        /// The duty it is for.
        duty: DutyId,
        /// The SHA-256 of its bytes, 64 hexadecimal digits.
        digest: String,
        /// The name it is shown under.
        name: String,
        /// How large it is, in bytes.
        bytes: u64,
        /// Who sent it, in their own words.
        by: String,
        /// How it came in.
        via: Via,
        /// The address whose link or mailbox it came from, where it came from one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Address>,
    },
    /// The officer granted or refused a request.
    Decision {
        /// The duty.
        duty: DutyId,
        /// The kind of request that is decided.
        request: Answer,
        /// Granted, or refused.
        granted: bool,
        /// Who decided.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// The new due day of a granted extension.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    },
    /// The officer let a unit off a duty.
    Waiver {
        /// The duty.
        duty: DutyId,
        /// Who.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The officer returned a `done`, which reopens the duty.
    Return {
        /// The duty.
        duty: DutyId,
        /// Who.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A conditional task was raised for a unit.
    Raised {
        /// The duty it makes.
        duty: DutyId,
        /// When it is due.
        due: Date,
        /// Who raised it.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// Whether it is an alert, which goes out at once and closes by `received`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        alert: bool,
        /// What it is called this time, where that is not the task's title.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
    },
    /// An officer approved a bulletin: it goes out as it stands here, once.
    BulletinApproved {
        /// The week or month it is about.
        bulletin: PeriodKey,
        /// Who.
        by: String,
        /// What they say before anything else.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        preface: String,
        /// Who gets it.
        reach: Reach,
        /// All it says.
        content: Arc<Bulletin>,
    },
    /// An officer put a bulletin's draft aside: it is not to go out.
    BulletinPutAside {
        /// The week or month it is about.
        bulletin: PeriodKey,
        /// Who.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// An approved bulletin was put into a letter.
    BulletinSent {
        /// The week or month it is about.
        bulletin: PeriodKey,
        /// Whom it tells.
        address: Address,
        /// The letter it is in.
        letter: LetterNo,
    },
    /// A pass was held: nothing was queued, and the admins were told what would have gone and why.
    Held {
        /// The slot.
        slot: Timestamp,
        /// Why.
        reasons: Vec<HoldReason>,
        /// How many letters would have gone.
        letters: u64,
        /// How many notices were in them.
        notices: u64,
        /// The version of calendar and roster it was planned by.
        version: String,
    },
    /// What was held was let go: the next pass is planned anew, and goes out.
    Released {
        /// Who let it go.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A link to sign in with was asked for by somebody who may have one.
    SignInAsked {
        /// The letter that carries it.
        letter: LetterNo,
        /// Whom it goes to.
        address: Address,
        /// The digest of what the browser holds that asked.
        browser: String,
        /// The last instant it works.
        until: Timestamp,
    },
    /// An officer signed in, which uses the link up.
    SignedIn {
        /// The letter whose link was used.
        letter: LetterNo,
        /// Their mailbox.
        address: Address,
        /// Their name.
        by: String,
        /// The digest of what their browser holds.
        session: String,
        /// The last instant of it.
        until: Timestamp,
    },
    /// An officer signed out.
    SignedOut {
        /// Their mailbox.
        address: Address,
        /// Their name.
        by: String,
        /// The digest of what their browser held.
        session: String,
    },
    /// The clock was found to have jumped, by so many seconds; negative for backwards.
    ClockJumped {
        /// Seconds.
        by_s: i64,
    },
    /// A backup was put in the place of the ledger: what was sent since it was made is not known.
    Restored {
        /// The backup's file name.
        from: String,
    },
    /// A person's data was erased from the facts before this one.
    Forgotten {
        /// What stands in the place of their name and mailboxes.
        pseudonym: String,
    },
    /// A housekeeping job ran.
    JobRun {
        /// Which.
        job: String,
    },
}

impl Event {
    /// The duty it is about, if it is about one.
    pub fn duty(&self) -> Option<&DutyId> {
        match self {
            Self::Notice { duty, .. }
            | Self::Answer { duty, .. }
            | Self::Evidence { duty, .. }
            | Self::Decision { duty, .. }
            | Self::Waiver { duty, .. }
            | Self::Return { duty, .. }
            | Self::Raised { duty, .. } => Some(duty),
            _ => None,
        }
    }
}

/// Why a pass is held (rule 12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum HoldReason {
    /// The clock has jumped since the last pass that went out.
    Clock {
        /// By so many seconds in all.
        by_s: i64,
    },
    /// A backup was put in the place of the ledger.
    Restore {
        /// The backup's file name.
        from: String,
    },
    /// An edit makes far more notices than would have gone without it.
    Surge {
        /// How many would have gone.
        forecast: u64,
        /// How many would go now.
        found: u64,
    },
    /// An edit takes away or moves very many of the duties of the year to come.
    Upheaval {
        /// How many would be gone.
        gone: u64,
        /// How many would fall due on another day.
        moved: u64,
        /// How many there were.
        of: u64,
    },
}

/// What sort of letter it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterKind {
    /// All of one slot's notices for one address.
    Slot,
    /// What cannot wait for a slot: word to an admin, or an alert that was raised.
    Alert,
}

/// What a mail that arrived was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailSort {
    /// A reply, all of which was understood.
    Reply,
    /// A letter that came back.
    Bounce,
    /// What a program wrote by itself.
    Automatic,
    /// What a person has to look at.
    Unclear,
}

/// Something attached to a mail, kept under its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// The name it is shown under.
    pub name: String,
    /// The SHA-256 of its bytes, 64 hexadecimal digits.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// An alert's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about, in a line.
    pub subject: String,
    /// The rest, plain text; lines are kept as they are.
    pub text: String,
}

/// What a notice is to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The reader has to act.
    Act,
    /// The reader is told that it went up, and to whom.
    Below,
    /// The reader, at the same unit, is told that it is overdue.
    Above,
    /// The reader, above the unit, gets a row of a table.
    Rollup,
}

/// How an attempt to send ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The server took it.
    Accepted,
    /// Not now; it is tried again.
    Deferred,
    /// The server will not have it.
    Refused,
    /// 结果不明: it may have arrived. The same bytes go again.
    Unknown,
    /// It was not sent: nothing in it still held, or a newer letter took it over.
    Dropped,
}
