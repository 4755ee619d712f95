//! The only reader of time. Everything else is told what time it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Real time, or a pretended one.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    Real,
    /// A made-up clock, shared by all who hold it.
    Pretend(Arc<Mutex<Pretend>>),
    /// A clock that shows what it is set to, shared by all who hold it: a simulation's.
    Set(Arc<Hands>),
}

/// What a clock that is set shows. Whoever sets it decides what happens to the one and to the other: a step moves the
/// clock alone, and a suspend both.
#[derive(Debug)]
pub struct Hands {
    began: Instant,
    shows: Mutex<Shows>,
}

/// What a clock shows at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shows {
    /// What time it is.
    pub now: Timestamp,
    /// The time since boot, which no step of the clock changes and no suspend stops.
    pub since_boot: Duration,
}

/// How fast a pretended clock runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many pretended seconds a real one.
    Times(f64),
    /// From one planned instant to the next without waiting.
    Max,
}

/// A clock that never passes the next planned instant before the beat there is finished.
#[derive(Debug)]
pub struct Pretend {
    /// The pretended time at `since`.
    at: Timestamp,
    since: Instant,
    speed: Speed,
    /// The next planned instant, which it does not pass by itself.
    stop: Timestamp,
}

impl Clock {
    /// A pretended clock that stands at `at` until it is told how far it may run.
    pub fn pretend(at: Timestamp, speed: Speed) -> Self {
        Self::Pretend(Arc::new(Mutex::new(Pretend {
            at,
            since: Instant::now(),
            speed,
            stop: at,
        })))
    }

    /// Whether the time is made up.
    pub fn is_pretended(&self) -> bool {
        !matches!(self, Self::Real)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one home of time")]
            Self::Real => Timestamp::now(),
            Self::Pretend(pretend) => pretend.lock().unwrap_or_else(PoisonError::into_inner).now(),
            Self::Set(hands) => hands.shows().now,
        }
    }

    /// Steady time, for how long things take and wait: no step of the clock changes it.
    pub fn steady(&self) -> Instant {
        match self {
            Self::Real | Self::Pretend(_) => Instant::now(),
            Self::Set(hands) => hands.began + hands.shows().since_boot,
        }
    }

    /// Lets a pretended clock run up to the next planned instant. A clock at `max` is there at once.
    pub fn run_to(&self, next: Timestamp) {
        if let Self::Pretend(pretend) = self {
            let mut pretend = pretend.lock().unwrap_or_else(PoisonError::into_inner);
            let now = pretend.now();
            pretend.at = match pretend.speed {
                Speed::Max => next.max(now),
                Speed::Times(_) => now,
            };
            pretend.since = Instant::now();
            pretend.stop = next.max(now);
        }
    }

    /// How long, in real time, until the clock shows an instant.
    pub fn real_time_until(&self, instant: Timestamp) -> Duration {
        let ahead = instant.duration_since(self.now()).max(SignedDuration::ZERO);
        let real = ahead.unsigned_abs();
        match self {
            Self::Real => real,
            // Nothing passes by itself.
            Self::Set(_) => Duration::ZERO,
            Self::Pretend(pretend) => {
                match pretend.lock().unwrap_or_else(PoisonError::into_inner).speed {
                    Speed::Max => Duration::ZERO,
                    Speed::Times(times) => real.div_f64(times.max(0.001)),
                }
            }
        }
    }
}

/// Whether the machine's clock is kept right by a time server; `None` where the service manager can't be asked.
pub fn is_synchronised() -> Option<bool> {
    let asked = std::process::Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    match asked.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

/// Sees the machine's clock jump: held against the time since boot, which no step of the clock changes and no suspend
/// stops.
#[derive(Debug)]
pub struct Vigil {
    /// How far the clock was ahead of the time since boot, when last looked at.
    ahead: Option<SignedDuration>,
}

impl Vigil {
    /// Begins to watch.
    pub fn new(clock: &Clock) -> Self {
        Self {
            ahead: ahead_of_boot(clock),
        }
    }

    /// By how much the clock has jumped since it was last looked at. One that runs at a pretended speed never does.
    pub fn jumped(&mut self, clock: &Clock) -> SignedDuration {
        let ahead = ahead_of_boot(clock);
        let before = std::mem::replace(&mut self.ahead, ahead);
        match (before, ahead) {
            (Some(before), Some(ahead)) => ahead.saturating_sub(before),
            _ => SignedDuration::ZERO,
        }
    }
}

fn ahead_of_boot(clock: &Clock) -> Option<SignedDuration> {
    let since_boot = match clock {
        Clock::Real => {
            let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
            SignedDuration::from_secs(boot.tv_sec)
        }
        Clock::Pretend(_) => return None,
        Clock::Set(hands) => SignedDuration::try_from(hands.shows().since_boot).ok()?,
    };
    Some(clock.now().as_duration().saturating_sub(since_boot))
}

impl Hands {
    /// What a clock is to show until it is set.
    pub fn new(shows: Shows) -> Self {
        Self {
            began: Instant::now(),
            shows: Mutex::new(shows),
        }
    }

    /// What it shows.
    pub fn shows(&self) -> Shows {
        *self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets it.
    pub fn set(&self, shows: Shows) {
        *self.shows.lock().unwrap_or_else(PoisonError::into_inner) = shows;
    }
}

impl Pretend {
    fn now(&self) -> Timestamp {
        match self.speed {
            Speed::Max => self.at,
            Speed::Times(times) => {
                let passed = self.since.elapsed().mul_f64(times);
                self.at
                    .saturating_add(SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX))
                    .unwrap_or(self.stop)
                    .min(self.stop)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::SignedDuration;

    use super::{Clock, Hands, Shows, Vigil};

    const NIGHT: Duration = Duration::from_hours(9);

    /// A machine that slept has a clock that went on, and a time since boot that did; one whose clock was set has only
    /// the first. So the night is caught up with, and the jump is doubted.
    #[test]
    fn a_suspend_is_no_jump() {
        let asleep = Shows {
            now: "2026-05-11T23:00:00+08:00".parse().unwrap(),
            since_boot: Duration::from_hours(100),
        };
        let hands = Arc::new(Hands::new(asleep));
        let clock = Clock::Set(Arc::clone(&hands));
        let mut vigil = Vigil::new(&clock);
        let awake = Shows {
            now: asleep.now + NIGHT,
            since_boot: asleep.since_boot + NIGHT,
        };
        hands.set(awake);
        assert_eq!(vigil.jumped(&clock), SignedDuration::ZERO);
        hands.set(Shows {
            now: awake.now + NIGHT,
            ..awake
        });
        assert_eq!(vigil.jumped(&clock), SignedDuration::from_hours(9));
        assert_eq!(vigil.jumped(&clock), SignedDuration::ZERO, "told once");
    }
}
