//! How fast letters go: as the provider puts up with.

use std::num::NonZeroU32;
use std::time::Duration;

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

/// Lets letters go at the configured rates. One is shared by all workers. It knows nothing of an earlier process.
pub struct Pace {
    /// The day first: a letter that waits for it shouldn't use up a minute's share.
    all: Vec<DefaultDirectRateLimiter>,
    by_domain: Option<DefaultKeyedRateLimiter<String>>,
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
        }
    }

    /// Waits until one more letter may go to that domain.
    pub async fn ready(&self, domain: &str) {
        if let Some(by_domain) = &self.by_domain {
            by_domain.until_key_ready(&domain.to_lowercase()).await;
        }
        for limit in &self.all {
            limit.until_ready().await;
        }
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
