//! How fast letters go: as the provider puts up with.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

/// `[mail.rate]`: how many letters at most; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// In any minute.
    pub per_minute: u32,
    /// In any hour.
    pub per_hour: u32,
    /// In any day.
    pub per_day: u32,
    /// To addresses of one domain in any minute.
    pub per_domain_per_minute: u32,
}

/// Lets letters go at the configured rates. It knows nothing of an earlier process.
pub struct Pace {
    /// The day first: a letter that waits for it shouldn't use up a minute's share.
    all: Vec<DefaultDirectRateLimiter>,
    by_domain: Option<DefaultKeyedRateLimiter<String>>,
    /// How many of `all` the next letter has got its share of: one that asks again takes no second.
    got: usize,
}

/// What a letter has to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// No letter may go before.
    All(Duration),
    /// No letter to this domain may go before.
    Domain(Duration),
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

impl Pace {
    /// Starts with full shares.
    pub fn new(rate: Rate) -> Self {
        let limits = [
            (rate.per_day, DAY),
            (rate.per_hour, HOUR),
            (rate.per_minute, MINUTE),
        ];
        Self {
            all: limits
                .into_iter()
                .filter_map(|(most, period)| quota(most, period))
                .map(RateLimiter::direct)
                .collect(),
            by_domain: quota(rate.per_domain_per_minute, MINUTE).map(RateLimiter::keyed),
            got: 0,
        }
    }

    /// Takes one letter's share, to that domain.
    ///
    /// # Errors
    /// How long to wait for it.
    pub fn take(&mut self, domain: &str) -> Result<(), Wait> {
        for limit in &self.all[self.got..] {
            limit
                .check()
                .map_err(|not_yet| Wait::All(not_yet.wait_time_from(limit.clock().now())))?;
            self.got += 1;
        }
        if let Some(limit) = &self.by_domain {
            limit
                .check_key(&domain.to_lowercase())
                .map_err(|not_yet| Wait::Domain(not_yet.wait_time_from(limit.clock().now())))?;
        }
        self.got = 0;
        Ok(())
    }

    /// The share taken last was not used: the next letter has it, wherever it goes.
    pub fn leave(&mut self) {
        self.got = self.all.len();
    }
}

/// No stretch of `period` sees more than `most`: half of them may go at once, the other half comes back over the
/// period. With all of them at once, the first hour would see twice what the provider allows.
fn quota(most: u32, period: Duration) -> Option<Quota> {
    let most = NonZeroU32::new(most)?;
    let burst = NonZeroU32::new(most.get() / 2).unwrap_or(NonZeroU32::MIN);
    let refill = (most.get() - burst.get()).max(1);
    Some(Quota::with_period(period / refill)?.allow_burst(burst))
}
