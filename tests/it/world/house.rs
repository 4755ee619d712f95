//! The house that is tested: the real daemon, step by step, over a real ledger on a real file. Made up are its clock and
//! the moments at which it dies.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schoolbell::clock::{Clock, Hands, Shows};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::fact::{Event, Fact};
use schoolbell::core::plan::{Plan, plan};
use schoolbell::core::state::State;
use schoolbell::daemon::{Carried, DaemonError, Stepwise, Ways};
use schoolbell::ledger::{Moment, Witness};
use schoolbell::mail::carriers::Ended;
use schoolbell::web::PressedAnswer;
use tempfile::TempDir;

use super::source::Source;
use super::stands::stands_for;

/// Where the process may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failpoint {
    /// Something is about to be committed, and nothing of it is on record.
    BeforeCommit,
    /// It is committed, and whoever asked for it does not know yet.
    AfterCommit,
    /// A letter's attempt is on record, and the server has nothing of it.
    BeforeData,
    /// The server has the whole letter, and its 250 is not heard.
    AfterDot,
    /// The 250 is heard, and not on record.
    AfterReply,
}

impl Failpoint {
    pub(crate) const ALL: [Self; 5] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::BeforeData,
        Self::AfterDot,
        Self::AfterReply,
    ];
}

/// The process has died.
#[derive(Debug)]
pub(crate) struct Crash;

/// Where it will die next: at the so-manieth time that a point is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuse(Arc<Mutex<Option<(Failpoint, u64)>>>);

impl Fuse {
    /// Lights it, or puts it out.
    pub(crate) fn set(&self, at: Option<(Failpoint, u64)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Whether it burns down here.
    pub(crate) fn reach(&self, point: Failpoint) -> bool {
        let mut fuse = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match fuse.as_mut() {
            Some((at, left)) if *at == point && *left > 0 => *left -= 1,
            Some((at, _)) if *at == point => {
                *fuse = None;
                return true;
            }
            _ => {}
        }
        false
    }

    /// Dies at commits. It unwinds without the words of a panic: nothing is wrong.
    fn witness(&self) -> Witness {
        let fuse = self.clone();
        Arc::new(move |moment| {
            let point = match moment {
                Moment::Before => Failpoint::BeforeCommit,
                Moment::After => Failpoint::AfterCommit,
            };
            if fuse.reach(point) {
                resume_unwind(Box::new(Crash));
            }
        })
    }
}

const CONFIG: &str = r#"[web]
listen = "127.0.0.1:1"
base_url = "http://127.0.0.1:1"
[mail]
from = "学校安全行事历 <bell@jyj.example>"
transport = "smtp"
[mail.smtp]
port = 1
tls = "none"
[mail.rate]
per_minute = 0
"#;

/// A ledger, the daemon over it, and what of its facts is known outside.
pub(crate) struct House {
    folder: TempDir,
    hands: Arc<Hands>,
    pub(crate) fuse: Fuse,
    life: Option<Stepwise>,
    /// What lies on disk.
    pub(crate) written: Source,
    seq: u64,
    /// The fold of `facts`, one by one.
    pub(crate) state: State,
    /// How many facts there were when all of them were folded anew last.
    folded_anew: usize,
    /// Every fact, as read back from the ledger.
    pub(crate) facts: Vec<Fact>,
    pub(crate) agenda: Arc<Agenda>,
    pub(crate) version: String,
    /// How many mails came into the mailbox.
    mails: u32,
}

impl House {
    /// Hangs the bell.
    pub(crate) fn new(source: &Source, now: Timestamp) -> Self {
        let folder = if Path::new("/dev/shm").is_dir() {
            tempfile::tempdir_in("/dev/shm")
        } else {
            tempfile::tempdir()
        };
        let shows = Shows {
            now,
            since_boot: Duration::from_hours(1),
        };
        let mut house = Self {
            folder: folder.expect("a folder"),
            hands: Arc::new(Hands::new(shows)),
            fuse: Fuse::default(),
            life: None,
            written: Source::default(),
            seq: 0,
            state: State::default(),
            folded_anew: 0,
            facts: Vec::new(),
            agenda: Arc::new(source.agenda().expect("the calendar loads")),
            version: String::new(),
            mails: 0,
        };
        for folder in ["calendar/holidays", "config"] {
            fs::create_dir_all(house.path(folder)).expect("a folder");
        }
        fs::write(house.path("config/schoolbell.toml"), CONFIG).expect("the settings");
        house.write(source);
        house.start().expect("nothing dies").expect("it starts");
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Saves the files that differ from what lies on disk.
    pub(crate) fn write(&mut self, source: &Source) {
        for (name, body) in &source.files {
            if !self.written.files.contains(&(name.clone(), body.clone())) {
                fs::write(self.path("calendar").join(name), body).expect("a file");
            }
        }
        if self.written.roster != source.roster {
            fs::write(self.path("config/roster.csv"), source.roster.join("\n")).expect("a file");
        }
        self.written = source.clone();
    }

    /// What its clock shows.
    pub(crate) fn now(&self) -> Timestamp {
        self.hands.shows().now
    }

    /// The time that no step of the clock changes.
    pub(crate) fn since_boot(&self) -> Duration {
        self.hands.shows().since_boot
    }

    /// Time goes by.
    pub(crate) fn pass(&self, time: SignedDuration) {
        let Shows { now, since_boot } = self.hands.shows();
        self.hands.set(Shows {
            now: now + time,
            since_boot: since_boot + time.unsigned_abs(),
        });
    }

    /// The clock is set on, or back.
    pub(crate) fn step(&self, by: SignedDuration) {
        let shows = self.hands.shows();
        self.hands.set(Shows {
            now: shows.now + by,
            ..shows
        });
    }

    /// Starts, as after any end: everything is read from the disk, and the facts are the same ones.
    pub(crate) fn start(&mut self) -> Result<Result<(), DaemonError>, Crash> {
        self.life = None;
        let config = self.path("config/schoolbell.toml");
        let clock = Clock::Set(Arc::clone(&self.hands));
        let witness = self.fuse.witness();
        let opened = survive(|| Stepwise::open(&config, clock, "world", Some(witness)))?;
        let life = match opened {
            Ok(life) => life,
            Err(error) => return Ok(Err(error)),
        };
        let all = life.facts_since(0).expect("the facts");
        let kept = all.iter().zip(&self.facts).take_while(|(a, b)| a.1 == **b);
        assert_eq!(kept.count(), self.facts.len(), "P4: a fact is lost");
        self.agenda = life.agenda();
        self.version = life.version();
        self.life = Some(life);
        self.follow();
        Ok(Ok(()))
    }

    /// The machine is off.
    pub(crate) fn stop(&mut self) {
        self.life = None;
    }

    /// Does something with the daemon, which may die of it.
    fn dare<R>(&mut self, deed: impl FnOnce(&mut Stepwise) -> R) -> Result<R, Crash> {
        let mut life = self.life.take().expect("it runs");
        let done = survive(|| deed(&mut life))?;
        self.life = Some(life);
        self.follow();
        Ok(done)
    }

    fn follow(&mut self) {
        let life = self.life.as_ref().expect("it runs");
        for (seq, fact) in life.facts_since(self.seq).expect("the facts") {
            self.seq = seq;
            self.state.apply(&fact);
            self.facts.push(fact);
        }
    }

    /// Records what a clerk's command appends.
    pub(crate) fn record(&mut self, events: Vec<Event>) -> Result<(), Crash> {
        let recorded = self.dare(|life| life.record(events))?;
        recorded.expect("the facts are taken");
        Ok(())
    }

    /// A press on a letter's page; whether the page could take it.
    pub(crate) fn press(&mut self, pressed: &PressedAnswer) -> Result<bool, Crash> {
        Ok(self.dare(|life| life.press(pressed))?.is_ok())
    }

    /// A mail arrives; whether nobody need look at it.
    pub(crate) fn take_in(&mut self, mail: String) -> Result<bool, Crash> {
        self.mails += 1;
        let uid = self.mails;
        let taken = self.dare(|life| life.take_in(mail.into_bytes(), uid))?;
        Ok(taken.expect("the mail is taken in"))
    }

    /// Puts what lies on disk in force, if it is good.
    pub(crate) fn reload(&mut self) -> Result<(), Crash> {
        let (reloaded, agenda, version) =
            self.dare(|life| (life.reload(), life.agenda(), life.version()))?;
        reloaded.expect("the version is taken");
        self.agenda = agenda;
        self.version = version;
        Ok(())
    }

    pub(crate) fn beat(&mut self) -> Result<(), Crash> {
        let beaten = self.dare(|life| life.beat())?;
        beaten.expect("the beat is completed");
        Ok(())
    }

    /// One step of the courier.
    pub(crate) fn carry(&mut self, back: Vec<Ended>, ways: Ways) -> Result<Carried, Crash> {
        let carried = self.dare(|life| life.carry(back, ways))?;
        Ok(carried.expect("the ends are taken"))
    }

    /// When the courier has something to do.
    pub(crate) fn carries_next(&self) -> Option<Timestamp> {
        self.life.as_ref()?.carries_next()
    }

    /// What is due now, as the planner has it for what is known outside.
    pub(crate) fn plan(&self) -> Plan {
        plan(&self.agenda, &self.state, self.now())
    }

    /// Promise P9: the daemon's fold, the one made outside, and all facts folded at once, which takes long where there
    /// are many.
    pub(crate) fn folds_agree(&mut self, folded_anew_each: usize) -> bool {
        let life = self.life.as_ref().expect("it runs");
        let same = life.with_state(|state| stands_for(state, &self.state, &self.agenda));
        let facts = self.facts.len();
        let is_due = facts <= folded_anew_each || facts >= self.folded_anew + folded_anew_each;
        if is_due {
            self.folded_anew = facts;
        }
        same.expect("the fold") && (!is_due || State::fold(&self.facts) == self.state)
    }
}

/// What a deed comes to, unless the process dies of it.
fn survive<R>(deed: impl FnOnce() -> R) -> Result<R, Crash> {
    catch_unwind(AssertUnwindSafe(deed)).map_err(|panic| match panic.downcast::<Crash>() {
        Ok(crash) => *crash,
        Err(panic) => resume_unwind(panic),
    })
}
