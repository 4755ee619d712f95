//! The letters' way: the real courier decides step by step, the made-up server answers. What the courier may do after
//! each answer is said here once more.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schoolbell::core::fact::{LetterNo, Outcome};
use schoolbell::core::plan::officers;
use schoolbell::daemon::Ways;
use schoolbell::mail::carriers::{Ended, Load};

use super::house::Failpoint;
use super::post::{Fate, Meaning};
use super::{Stop, World, promises};

/// How many connections there are.
const WAYS: usize = 3;

/// A connection that was one too many is done without for so long.
const CROWDED: Duration = Duration::from_mins(10);

/// The queue rests for so long when a person has to mend something.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// After a failure the first letter goes alone, for so long.
const ALONE: Duration = Duration::from_secs(5);

/// A letter is tried for so long.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What is on its way, and what is known of the courier's mind.
#[derive(Debug, Default)]
pub(super) struct Road {
    under_way: Vec<UnderWay>,
    /// Connections that rest, and until when by the time since boot.
    crowded: Vec<Duration>,
    /// Until when nothing may set out.
    rests_until: Option<Timestamp>,
    /// Whether the server has answered since the start, or since it last failed for all.
    is_trusted: bool,
}

#[derive(Debug)]
struct UnderWay {
    letter: LetterNo,
    fate: Fate,
    set_out: Duration,
    back: Duration,
}

impl Road {
    /// How long until something comes back.
    pub(super) fn next(&self, since_boot: Duration) -> Option<Duration> {
        let back = self.under_way.iter().map(|way| way.back);
        let next = back.chain(self.crowded.iter().copied()).min()?;
        Some(next.saturating_sub(since_boot))
    }

    fn ways(&mut self, since_boot: Duration) -> Ways {
        self.crowded.retain(|until| since_boot < *until);
        let all = WAYS - self.crowded.len();
        Ways {
            free: all.saturating_sub(self.under_way.len()),
            all,
        }
    }
}

impl World {
    /// Carries until nothing moves.
    pub(super) fn deliver(&mut self) -> Result<(), Stop> {
        loop {
            let since_boot = self.house.since_boot();
            let road = &mut self.road;
            let back: Vec<UnderWay> = road
                .under_way
                .extract_if(.., |way| way.back <= since_boot)
                .collect();
            let accepted = back.iter().any(|way| way.fate.meaning == Meaning::Taken);
            if accepted && self.house.fuse.reach(Failpoint::AfterReply) {
                return Err(Stop::Fell);
            }
            let crowded = back
                .iter()
                .filter(|way| way.fate.meaning == Meaning::Crowded);
            road.crowded.extend(crowded.map(|_| since_boot + CROWDED));
            let ways = road.ways(since_boot);
            let ends = back.iter().map(|way| {
                let sent = Ok(way.fate.sent.clone());
                Ended::unsent(way.letter, sent).after(way.fate.took)
            });
            let known_gone = self.record.unreachable.clone();
            let carried = self.house.carry(ends.collect(), ways)?;
            self.catch_up();
            for way in &back {
                let was_gone = known_gone.contains(&self.house.state.letters[&way.letter].address);
                self.ended(way, was_gone);
            }
            self.heed(&back, &carried.loads);
            let is_over = back.is_empty() && !carried.moved && carried.loads.is_empty();
            for load in carried.loads {
                self.set_out(&load, ways.all)?;
            }
            self.must_hold()?;
            if is_over {
                return Ok(());
            }
        }
    }

    /// A letter's end is on record for what it was.
    fn ended(&mut self, way: &UnderWay, was_gone: bool) {
        let letter = &self.house.state.letters[&way.letter];
        let too_old = self.house.now().duration_since(letter.queued) > GIVE_UP_AFTER;
        let wanted = match way.fate.meaning {
            Meaning::Taken => Outcome::Accepted,
            Meaning::Later | Meaning::Unknown if too_old => Outcome::Refused,
            Meaning::Later | Meaning::LaterAll | Meaning::Crowded | Meaning::Locked => {
                Outcome::Deferred
            }
            Meaning::Gone | Meaning::Unwanted => Outcome::Refused,
            Meaning::Unknown => Outcome::Unknown,
        };
        let is_gone = self.record.unreachable.contains(&letter.address);
        let is_marked = way.fate.meaning == Meaning::Gone || was_gone;
        let found = self.record.ended.get(&way.letter).copied();
        let (no, fate) = (way.letter, &way.fate);
        if found != Some(wanted) {
            self.faults
                .push(format!("letter {no}: {fate:?} is on record as {found:?}"));
        }
        if is_gone != is_marked {
            let address = &letter.address;
            self.faults
                .push(format!("{address} is marked: {is_gone}, after {fate:?}"));
        }
        if way.fate.meaning != Meaning::Taken {
            let what = format!("letter {no} to {}: {:?}", letter.address, way.fate.sent);
            self.note(&what);
        }
    }

    /// What came back says whether others may set out, and how many.
    fn heed(&mut self, back: &[UnderWay], loads: &[Load]) {
        let now = self.house.now();
        let since_boot = self.house.since_boot();
        for way in back {
            let until = match way.fate.meaning {
                Meaning::Locked => now.checked_add(PAUSE).ok(),
                Meaning::LaterAll => self.house.state.letters[&way.letter].retry_at,
                _ => None,
            };
            self.road.rests_until = self.road.rests_until.max(until);
            if way.fate.meaning == Meaning::Locked {
                self.officers_know_of_the_pause();
            }
        }
        self.road.rests_until = self.road.rests_until.filter(|until| now < *until);
        if self.road.rests_until.is_some() && !loads.is_empty() {
            let until = self.road.rests_until;
            self.faults.push(format!(
                "letters set out although the queue rests until {until:?}"
            ));
        }
        let others = self.road.under_way.iter();
        let recent = others
            .filter(|way| since_boot < way.set_out + ALONE)
            .count();
        if !self.road.is_trusted && !loads.is_empty() && loads.len() + recent > 1 {
            // Letters that have waited their five seconds no longer count; all the others may go then, also with the step
            // that brings one of those back.
            let lately = self.road.under_way.iter().chain(back);
            let has_waited = |way: &UnderWay| way.set_out + ALONE <= since_boot;
            if !lately.into_iter().any(has_waited) {
                self.faults.push(
                    "several letters set out before the server is known to take one".to_owned(),
                );
            }
        }
        if !back.is_empty() {
            self.road.is_trusted = self.road.rests_until.is_none();
        }
    }

    fn officers_know_of_the_pause(&mut self) {
        let mut officers = officers(&self.house.agenda, self.today()).into_iter();
        let anybody = officers.any(|address| !self.record.unreachable.contains(&address));
        if anybody && !self.record.knows_any("mail-paused:") {
            self.faults
                .push("the password is refused, and no officer is told".to_owned());
        }
    }

    /// A letter is handed to the server.
    fn set_out(&mut self, load: &Load, ways: usize) -> Result<(), Stop> {
        let no = load.letter;
        let letter = self.house.state.letters[&no].clone();
        let (address, message_id) = (letter.address.clone(), letter.message_id.clone());
        let nth = self.record.attempt(no).unwrap_or_default();
        if nth == 0 || load.envelope.to != address {
            self.faults.push(format!(
                "P4: letter {no} sets out and is not on record as begun"
            ));
        }
        let unwelcome = promises::of_sending(&self.house.agenda, &self.record, no, &letter);
        self.faults.extend(unwelcome);
        let amiss = self
            .post
            .set_out(load, &message_id, nth, &self.record.unknown);
        self.faults.extend(amiss);
        if self.house.fuse.reach(Failpoint::BeforeData) {
            return Err(Stop::Fell);
        }
        let since_boot = self.house.since_boot();
        let fate = self.post.take(&address, &message_id, nth, ways, since_boot);
        self.count(format!("server: {:?}", fate.meaning));
        if fate.arrives {
            self.post.arrive(&message_id);
            self.arrive(no, &letter);
        }
        if fate.has_data && self.house.fuse.reach(Failpoint::AfterDot) {
            return Err(Stop::Fell);
        }
        self.road.under_way.push(UnderWay {
            letter: no,
            set_out: since_boot,
            back: since_boot + fate.took,
            fate,
        });
        Ok(())
    }
}
