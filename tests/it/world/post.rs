//! The mail server at the far end, and the mailboxes behind it. How it answers follows from the seed, the letter and the
//! attempt, whatever else happens.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use schoolbell::core::fact::LetterNo;
use schoolbell::core::names::Address;
use schoolbell::core::rehearsal::{Chance as Rng, hash};
use schoolbell::mail::Sent;
use schoolbell::mail::carriers::Load;
use schoolbell::mail::smtp::{Cause, Failure, Stage};

/// What a reply is to mean, told apart from the program's own reading of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Taken,
    /// This letter another time.
    Later,
    /// No letter now.
    LaterAll,
    /// One connection fewer.
    Crowded,
    /// There is no such mailbox.
    Gone,
    /// The mailbox is good, and the letter is not taken.
    Unwanted,
    /// Nothing goes until a person mends the account.
    Locked,
    /// It arrived, or it did not.
    Unknown,
}

/// What becomes of a letter on its way.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    pub(crate) meaning: Meaning,
    pub(crate) sent: Sent,
    pub(crate) took: Duration,
    /// Whether its reader has it.
    pub(crate) arrives: bool,
    /// Whether its text set out at all.
    pub(crate) has_data: bool,
}

/// How trustworthy the mail is: so many in a thousand letters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    /// Letters that are put off, in one way or another.
    pub(crate) deferred: u64,
    /// Those whose end nobody sees.
    pub(crate) unknown: u64,
    /// Those that are turned away for what they are.
    pub(crate) unwanted: u64,
    /// Letters to a mailbox that has just ceased to be.
    pub(crate) gone: u64,
    /// Accepted letters that come back.
    pub(crate) bounced: u64,
}

/// What befalls the whole server for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It does not answer.
    Down,
    /// It does not take the password any more.
    Locked,
}

/// The server.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) weather: Weather,
    /// Until when what is the matter, by the time since boot.
    pub(crate) trouble: Option<(Trouble, Duration)>,
    seed: u64,
    gone: BTreeSet<Address>,
    /// How often each letter, by its `Message-ID`, arrived.
    pub(crate) arrived: BTreeMap<String, u32>,
    /// The digest of each attempt's bytes.
    tried: BTreeMap<(LetterNo, u32), u64>,
}

const INSTANT: Duration = Duration::ZERO;

impl Post {
    pub(crate) fn new(seed: u64, weather: Weather) -> Self {
        Self {
            weather,
            trouble: None,
            seed: seed ^ 0x706f_7374,
            gone: BTreeSet::new(),
            arrived: BTreeMap::new(),
            tried: BTreeMap::new(),
        }
    }

    /// A letter sets out, at its nth attempt. What may have arrived goes again with the same bytes: those of each attempt
    /// whose end is `unknown`. Says what is wrong with it.
    pub(crate) fn set_out(
        &mut self,
        load: &Load,
        message_id: &str,
        nth: u32,
        unknown: &BTreeSet<(LetterNo, u32)>,
    ) -> Option<String> {
        let mut hasher = DefaultHasher::new();
        load.bytes.hash(&mut hasher);
        let digest = hasher.finish();
        let mut before = self.tried.range((load.letter, 0)..(load.letter, nth));
        let differs = before.any(|(attempt, other)| unknown.contains(attempt) && *other != digest);
        self.tried.insert((load.letter, nth), digest);
        let text = String::from_utf8_lossy(&load.bytes);
        if !text.contains(message_id) {
            return Some(format!(
                "P4: {message_id} is not in the letter it belongs to"
            ));
        }
        differs
            .then(|| format!("P4: {message_id} may have arrived, and goes again with other bytes"))
    }

    /// What becomes of it, with so many connections in use.
    pub(crate) fn take(
        &mut self,
        address: &Address,
        message_id: &str,
        nth: u32,
        ways: usize,
        boot: Duration,
    ) -> Fate {
        let mut rng = Rng::new(hash(self.seed, &format!("{message_id} {nth}")));
        self.trouble = self.trouble.filter(|(_, until)| boot < *until);
        match self.trouble {
            Some((Trouble::Down, _)) => return down(),
            Some((Trouble::Locked, _)) => return locked(),
            None => {}
        }
        if rng.below(1000) < self.weather.gone {
            self.gone.insert(address.clone());
        }
        if self.gone.contains(address) && rng.percent(70) {
            return gone(&mut rng);
        }
        if rng.below(1000) < self.weather.deferred {
            return deferred(&mut rng, ways);
        }
        if rng.below(1000) < self.weather.unwanted {
            return unwanted(&mut rng);
        }
        if rng.below(1000) < self.weather.unknown {
            return unknown(&mut rng);
        }
        Fate {
            meaning: Meaning::Taken,
            sent: Sent::Accepted("250 2.0.0 Ok: queued as 4A1B2C3D".to_owned()),
            took: INSTANT,
            arrives: true,
            has_data: true,
        }
    }

    /// A letter is in its mailbox.
    pub(crate) fn arrive(&mut self, message_id: &str) {
        *self.arrived.entry(message_id.to_owned()).or_default() += 1;
    }

    /// The mail that comes back for a letter after all, and whether it blames the mailbox: always from one that is gone,
    /// now and then from another.
    pub(crate) fn bounce(&self, address: &Address, message_id: &str) -> Option<(Bounce, Rng)> {
        let mut rng = Rng::new(hash(self.seed, &format!("bounce {message_id}")));
        let blames = self.gone.contains(address);
        if !blames && rng.below(1000) >= self.weather.bounced {
            return None;
        }
        let says_which = rng.percent(80);
        let bounce = Bounce {
            mail: returned(
                address,
                says_which.then_some(message_id),
                blames,
                rng.draw(),
            ),
            address: address.clone(),
            blames,
            says_which,
        };
        Some((bounce, rng))
    }

    /// A letter that came twice although its end was known.
    pub(crate) fn twice(&self, in_doubt: &BTreeSet<String>) -> Option<&str> {
        self.arrived
            .iter()
            .find(|(id, times)| **times > 1 && !in_doubt.contains(*id))
            .map(|(id, _)| id.as_str())
    }
}

/// A letter that comes back.
#[derive(Clone, Debug)]
pub(crate) struct Bounce {
    pub(crate) mail: String,
    pub(crate) address: Address,
    /// Whether the mailbox is at fault.
    pub(crate) blames: bool,
    /// Whether it says which letter it was.
    pub(crate) says_which: bool,
}

fn fate(meaning: Meaning, stage: Stage, cause: Cause) -> Fate {
    let took = match cause {
        Cause::TimedOut(limit) => limit,
        _ => INSTANT,
    };
    Fate {
        meaning,
        sent: Failure::new(stage, cause).verdict(),
        took,
        arrives: false,
        has_data: stage == Stage::Accepted,
    }
}

fn reply(meaning: Meaning, stage: Stage, code: u16, text: &str) -> Fate {
    let text = text.to_owned();
    fate(meaning, stage, Cause::Reply { code, text })
}

fn down() -> Fate {
    let why = "Connection refused".to_owned();
    fate(Meaning::LaterAll, Stage::Connect, Cause::Broken(why))
}

fn locked() -> Fate {
    let text = "5.7.8 Error: authentication failed";
    reply(Meaning::Locked, Stage::SignIn, 535, text)
}

fn gone(rng: &mut Rng) -> Fate {
    let texts = [
        (550, "5.1.1 User unknown in virtual mailbox table"),
        (550, "5.2.1 The mailbox is disabled"),
        (550, "Mailbox not found"),
    ];
    let (code, text) = *rng.pick(&texts).unwrap_or(&texts[0]);
    reply(Meaning::Gone, Stage::Recipient, code, text)
}

fn deferred(rng: &mut Rng, ways: usize) -> Fate {
    const COMMAND: Duration = Duration::from_mins(5);
    match rng.below(9) {
        0 => reply(
            Meaning::LaterAll,
            Stage::Greeting,
            421,
            "4.3.2 Service shutting down",
        ),
        1 if ways > 1 => {
            let text = "4.7.0 too many connections from your address";
            reply(Meaning::Crowded, Stage::Greeting, 421, text)
        }
        1 | 2 => reply(
            Meaning::Later,
            Stage::Recipient,
            450,
            "4.2.0 Greylisted, come again",
        ),
        3 => reply(Meaning::Later, Stage::Data, 451, "4.3.0 Try again later"),
        4 => reply(Meaning::Later, Stage::Recipient, 452, "4.2.2 Mailbox full"),
        5 => reply(
            Meaning::Later,
            Stage::Accepted,
            452,
            "4.3.1 Insufficient system storage",
        ),
        6 => fate(Meaning::Later, Stage::Recipient, Cause::TimedOut(COMMAND)),
        7 => fate(Meaning::LaterAll, Stage::Sender, Cause::TimedOut(COMMAND)),
        _ => {
            let why = "Connection reset by peer".to_owned();
            fate(Meaning::Later, Stage::Body, Cause::Broken(why))
        }
    }
}

fn unwanted(rng: &mut Rng) -> Fate {
    let replies = [
        (Stage::Recipient, 552, "5.2.2 Mailbox full"),
        (Stage::Data, 552, "5.3.4 Message too big"),
        (Stage::Accepted, 554, "5.7.1 Message rejected as spam"),
        (Stage::Recipient, 550, "5.7.1 Recipient refuses you"),
    ];
    let (stage, code, text) = *rng.pick(&replies).unwrap_or(&replies[0]);
    reply(Meaning::Unwanted, stage, code, text)
}

fn unknown(rng: &mut Rng) -> Fate {
    const FINAL: Duration = Duration::from_mins(10);
    let cause = if rng.percent(50) {
        Cause::TimedOut(FINAL)
    } else {
        Cause::Broken("Connection reset by peer".to_owned())
    };
    Fate {
        arrives: rng.percent(50),
        ..fate(Meaning::Unknown, Stage::Accepted, cause)
    }
}

/// As Postfix writes it; without the letter's `Message-ID` as those that keep it to themselves do.
fn returned(address: &Address, message_id: Option<&str>, blames: bool, nonce: u64) -> String {
    let (status, said) = if blames {
        ("5.1.1", "550 5.1.1 User unknown")
    } else {
        ("5.7.1", "550 5.7.1 Message rejected as spam")
    };
    let head = message_id.map_or(String::new(), |id| format!("Message-ID: {id}\r\n"));
    format!(
        "Return-Path: <>\r\n\
         From: MAILER-DAEMON@mx.jyj.example (Mail Delivery System)\r\n\
         Subject: Undelivered Mail Returned to Sender\r\n\
         To: bell@jyj.example\r\n\
         Auto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\
         Message-Id: <{nonce:016x}@mx.jyj.example>\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n<{address}>: {said}\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.jyj.example\r\n\r\n\
         Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; {said}\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n\
         From: bell@jyj.example\r\nTo: {address}\r\n{head}Auto-Submitted: auto-generated\r\n\r\n.\r\n\r\n--b--\r\n"
    )
}
