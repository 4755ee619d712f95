//! How much one visitor may ask in a while.
//!
//! Who holds a genuine link, or is signed in, has a share by that alone. So a thousand schools that answer at eight behind
//! one address, or behind a proxy that tells of none, do not take from each other, and no stranger can use up theirs. Who
//! holds neither sees nothing but plain pages and the way in, and has a share by the address they come from. Monitors
//! have one of their own, and the stylesheet is given to anybody: to refuse it would cost more.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use super::pages::Plain;
use super::routes::{Route, Site};
use super::serve::Limits;
use super::session::{self, SESSION};
use crate::link::Claim;

/// As many looks as a press counts for: it writes to the disk.
const PRESS: NonZeroU32 = NonZeroU32::new(4).expect("not zero");

/// Requests of a monitor in a minute.
const PER_MONITOR: u32 = 600;

/// So many visitors of a kind are told apart at a time; those who come beyond have one share together, and take nothing from
/// those who are known. Who has not asked for a while is forgotten, so that only as many at one moment would be too many.
const TOLD_APART: usize = 65_536;

/// After so many requests, who has rested is forgotten.
const SWEEP_EVERY: u32 = 4096;

/// Officers who are known to be signed in; of more the one known longest is looked up again.
const SESSIONS_KNOWN: usize = 512;

/// Words of a forwarding header that are looked at, from its end: a chain of proxies is short.
const LONGEST_CHAIN: usize = 16;

const MINUTE: Duration = Duration::from_mins(1);

/// The address a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Who asks, as far as it is known before anything is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Visitor {
    Holder(Claim),
    Officer(String),
    Stranger(IpAddr),
    Monitor(IpAddr),
    /// Of the stylesheet.
    Anybody,
}

/// Who asked how much of late.
pub(super) struct Rates<C: Clock = DefaultClock> {
    holders: Share<Claim, C>,
    officers: Share<String, C>,
    strangers: Share<IpAddr, C>,
    monitors: Share<IpAddr, C>,
    /// The sessions that officers are known by, the newest last.
    known: Mutex<VecDeque<String>>,
    /// The proxies whose word is taken for where a visitor comes from.
    trusted: Vec<IpAddr>,
    refused: AtomicU64,
    /// How often a flood is told of in the log.
    telling: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
}

impl<C: Clock + Clone> Rates<C> {
    pub(super) fn new(limits: &Limits, trusted: &[IpAddr], clock: C) -> Self {
        Self {
            holders: Share::new(limits.per_link, clock.clone()),
            officers: Share::new(limits.per_session, clock.clone()),
            strangers: Share::new(limits.per_address, clock.clone()),
            monitors: Share::new(PER_MONITOR, clock.clone()),
            known: Mutex::default(),
            trusted: trusted.iter().map(IpAddr::to_canonical).collect(),
            refused: AtomicU64::new(0),
            telling: RateLimiter::direct_with_clock(a_minute(1), clock),
        }
    }

    /// Remembers a session by which somebody is signed in: from now on it has a share of its own.
    pub(super) fn know(&self, session: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|one| one == session) {
            return;
        }
        if known.len() >= SESSIONS_KNOWN {
            known.pop_front();
        }
        known.push_back(session.to_owned());
    }

    fn knows(&self, session: &str) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|one| one == session)
    }

    /// How many requests were refused since the start.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Takes a visitor's share of one request.
    ///
    /// # Errors
    /// How long to wait for it.
    fn take(&self, visitor: &Visitor, cost: NonZeroU32) -> Result<(), Duration> {
        match visitor {
            Visitor::Holder(claim) => self.holders.take(claim, cost),
            Visitor::Officer(session) => self.officers.take(session, cost),
            Visitor::Stranger(address) => self.strangers.take(address, cost),
            Visitor::Monitor(address) => self.monitors.take(address, cost),
            Visitor::Anybody => Ok(()),
        }
    }

    /// Where a request comes from: its peer, or what the last proxy that is trusted says before itself.
    pub(super) fn network_of(&self, peer: Option<Peer>, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.to_canonical());
        let lines = headers.get_all("x-forwarded-for").into_iter();
        let words: Vec<&str> = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        for word in words.into_iter().rev().take(LONGEST_CHAIN) {
            if !self.trusted.contains(&nearest) {
                break;
            }
            // What is no address was made up; the proxy that passed it on answers for it.
            let Some(address) = forwarded(word.trim()) else {
                break;
            };
            nearest = address.to_canonical();
        }
        network(nearest)
    }

    /// Counts a refusal, and tells the log of it once in a while.
    fn note(&self, visitor: &Visitor, headers: &HeaderMap) {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        if self.telling.check().is_err() {
            return;
        }
        match visitor {
            Visitor::Stranger(address) | Visitor::Monitor(address) => {
                let unheard = self.trusted.is_empty() && headers.contains_key("x-forwarded-for");
                let advice = if unheard {
                    "请求是代理转来的;把代理的 IP 写进 [web] trusted_proxies,才分得清是谁"
                } else {
                    ""
                };
                tracing::warn!(%address, refused, advice, "网页请求太多,拒绝了一些");
            }
            Visitor::Holder(claim) => {
                tracing::warn!(?claim, refused, "一个链接的请求太多,拒绝了一些");
            }
            Visitor::Officer(_) | Visitor::Anybody => {
                tracing::warn!(refused, "一个登录的人请求太多,拒绝了一些");
            }
        }
    }
}

/// Lets a request through, or says when to come again.
pub(super) async fn limit(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let visitor = visitor(&site, &request);
    let cost = if request.method() == Method::POST {
        PRESS
    } else {
        NonZeroU32::MIN
    };
    let Err(wait) = site.rates.take(&visitor, cost) else {
        return next.run(request).await;
    };
    site.rates.note(&visitor, request.headers());
    let mut response = site.plain(Plain::TooMany);
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    // Whoever has too much keeps no place that another could have.
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn visitor(site: &Site, request: &Request) -> Visitor {
    let (path, headers) = (request.uri().path(), request.headers());
    let peer = request.extensions().get::<Peer>().copied();
    let address = || site.rates.network_of(peer, headers);
    if path == Route::Style.path() {
        return Visitor::Anybody;
    }
    if path == Route::Health.path() || path == Route::Metrics.path() {
        return Visitor::Monitor(address());
    }
    if let Some(token) = token_in(path) {
        let held = site.desk.keys().verify(token, site.desk.today());
        return held.map_or_else(|_| Visitor::Stranger(address()), Visitor::Holder);
    }
    match session::held(headers, SESSION) {
        Some(session) if site.rates.knows(&session) => Visitor::Officer(session),
        _ => Visitor::Stranger(address()),
    }
}

/// The token that a path carries.
fn token_in(path: &str) -> Option<&str> {
    let begins = ["/l/", "/u/", "/sign-in/"];
    let rest = begins.iter().find_map(|begin| path.strip_prefix(begin))?;
    let token = rest.split('/').next()?;
    Some(token.strip_suffix(".ics").unwrap_or(token))
}

/// An address as proxies write it, some with its port.
fn forwarded(word: &str) -> Option<IpAddr> {
    let alone = word.trim_matches(['[', ']']).parse();
    alone
        .ok()
        .or_else(|| word.parse().ok().map(|full: SocketAddr| full.ip()))
}

/// A home, a school or an office has a whole network of IPv6 addresses (RFC 6177): a /56 as a rule, some a /64, some a /48.
/// The first 56 bits name it, so that nobody has a share for each of the 256 networks in a /56. Behind a /48 there may be
/// 256 shares, as behind so many addresses of IPv4.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 72 << 72;
            Ipv6Addr::from(network).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What each visitor of a kind may ask in a minute.
struct Share<K: Hash + Eq + Clone, C: Clock> {
    each: RateLimiter<K, Known<K>, C, NoOpMiddleware<C::Instant>>,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Share<K, C> {
    fn new(most: u32, clock: C) -> Self {
        Self {
            each: RateLimiter::new(a_minute(most), Known::default(), clock),
            asked: AtomicU32::new(0),
        }
    }

    fn take(&self, key: &K, cost: NonZeroU32) -> Result<(), Duration> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked.is_multiple_of(SWEEP_EVERY) {
            self.each.retain_recent();
            self.each.shrink_to_fit();
        }
        match self.each.check_key_n(key, cost) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => Err(not_yet.wait_time_from(self.each.clock().now())),
            // More than a whole share: only a limit below the cost of a press is so small.
            Err(_) => Err(MINUTE),
        }
    }
}

/// What the visitors of a kind have taken, as many as are told apart.
struct Known<K>(Mutex<Taken<K>>);

struct Taken<K> {
    each: HashMap<K, Nanos>,
    /// All together for whom there is no room.
    rest: Option<Nanos>,
}

impl<K> Known<K> {
    fn taken(&self) -> MutexGuard<'_, Taken<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self(Mutex::new(Taken {
            each: HashMap::new(),
            rest: None,
        }))
    }
}

impl<K: Hash + Eq + Clone> StateStore for Known<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut taken = self.taken();
        let known = taken.each.get(key).copied();
        if known.is_none() && taken.each.len() >= TOLD_APART {
            let (measured, rest) = measure(taken.rest)?;
            taken.rest = Some(rest);
            return Ok(measured);
        }
        let (measured, own) = measure(known)?;
        taken.each.insert(key.clone(), own);
        Ok(measured)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Known<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.taken().each.retain(|_, at| *at > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.taken().each.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.taken().each.len()
    }

    fn is_empty(&self) -> bool {
        self.taken().each.is_empty()
    }
}

/// All of them at once, and again as a minute passes.
fn a_minute(most: u32) -> Quota {
    let most = NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(most)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;
    use crate::core::names::UnitId;

    /// At the beginning of a made-up time.
    fn rates(trusted: &[&str]) -> (Rates<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let trusted: Vec<IpAddr> = trusted.iter().map(|one| one.parse().unwrap()).collect();
        let rates = Rates::new(&Limits::default(), &trusted, clock.clone());
        (rates, clock)
    }

    fn stranger(address: &str) -> Visitor {
        Visitor::Stranger(address.parse().unwrap())
    }

    /// Asks so often; how many were let through.
    fn ask(
        rates: &Rates<FakeRelativeClock>,
        visitor: &Visitor,
        cost: NonZeroU32,
        times: u32,
    ) -> u32 {
        let taken = (0..times).filter(|_| rates.take(visitor, cost).is_ok());
        u32::try_from(taken.count()).unwrap()
    }

    const LOOK: NonZeroU32 = NonZeroU32::MIN;

    #[test]
    fn each_visitor_has_a_share_that_comes_back() {
        let (rates, clock) = rates(&[]);
        let letter = Visitor::Holder(Claim::Letter(1));
        assert_eq!(ask(&rates, &letter, PRESS, 1000), 60);
        assert_eq!(ask(&rates, &letter, LOOK, 1000), 0);
        // One look after a quarter of a second, a press after a whole one, and no more than a minute's worth ever.
        assert_eq!(
            rates.take(&letter, LOOK),
            Err(Duration::from_millis(250)),
            "what it is told to wait"
        );
        clock.advance(Duration::from_millis(250));
        assert_eq!(ask(&rates, &letter, LOOK, 10), 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(ask(&rates, &letter, PRESS, 10), 1);
        clock.advance(Duration::from_hours(1));
        assert_eq!(ask(&rates, &letter, LOOK, 1000), 240);
        // Another letter, the unit's board, an officer and a stranger are others.
        for other in [
            Visitor::Holder(Claim::Letter(2)),
            Visitor::Holder(Claim::Unit(UnitId::from("s001"))),
            Visitor::Officer("digest".to_owned()),
            stranger("203.0.113.7"),
            Visitor::Monitor("203.0.113.7".parse().unwrap()),
        ] {
            assert_eq!(ask(&rates, &other, LOOK, 200), 200, "{other:?}");
        }
    }

    /// At eight a thousand schools behind one address open their letters, press ten buttons each, and look again, while
    /// a stranger behind the same address asks as fast as a machine can.
    #[test]
    fn schools_behind_one_address_take_nothing_from_each_other() {
        let (rates, _) = rates(&[]);
        let flood = stranger("127.0.0.1");
        assert_eq!(ask(&rates, &flood, LOOK, 100_000), 600);
        for school in 0..1000 {
            let letter = Visitor::Holder(Claim::Letter(school));
            assert_eq!(ask(&rates, &letter, LOOK, 20), 20);
            assert_eq!(ask(&rates, &letter, PRESS, 10), 10);
        }
        assert_eq!(ask(&rates, &Visitor::Anybody, LOOK, 10_000), 10_000);
        rates.know("of an officer");
        assert!(rates.knows("of an officer") && !rates.knows("of nobody"));
    }

    #[test]
    fn strangers_without_number_take_no_memory_without_end() {
        let (rates, clock) = rates(&[]);
        let far = |number: u32| stranger(&Ipv4Addr::from(number).to_string());
        // Two hundred thousand at one instant: as many as there is room for have a share each, the rest one together.
        let passed = (0..200_000).filter(|number| rates.take(&far(*number), PRESS).is_ok());
        let passed = passed.count();
        assert!(passed > TOLD_APART, "{passed}");
        assert!(passed <= TOLD_APART + 600, "{passed}");
        assert_eq!(rates.strangers.each.len(), TOLD_APART);
        // Who is known keeps their own share, and of it what they have not taken: a press was four of six hundred looks.
        assert_eq!(ask(&rates, &far(7), LOOK, 1000), 596);
        assert_eq!(ask(&rates, &far(8), LOOK, 1000), 596);
        assert_eq!(ask(&rates, &far(199_999), LOOK, 1000), 0, "of the rest");
        // Real people have their share of links all the while.
        let letter = Visitor::Holder(Claim::Letter(1));
        assert_eq!(ask(&rates, &letter, PRESS, 10), 10);
        clock.advance(MINUTE);
        // Before the rested are forgotten somebody new takes of the common share, and afterwards of their own.
        let new = far(300_000);
        assert_eq!(ask(&rates, &new, LOOK, SWEEP_EVERY), 1200);
        assert!(
            rates.strangers.each.len() < 10,
            "{}",
            rates.strangers.each.len()
        );
        // As many sessions as there may be, and no more.
        for number in 0..10_000 {
            rates.know(&number.to_string());
        }
        assert_eq!(rates.known.lock().unwrap().len(), SESSIONS_KNOWN);
    }

    #[test]
    fn a_proxy_is_believed_only_if_it_is_trusted() {
        let check = |trusted: &[&str], peer: &str, said: &[&str], expect: &str| {
            let (rates, _) = rates(trusted);
            let mut headers = HeaderMap::new();
            for line in said {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let found = rates.network_of(Some(Peer(peer.parse().unwrap())), &headers);
            assert_eq!(
                found,
                expect.parse::<IpAddr>().unwrap(),
                "{peer} says {said:?}"
            );
        };
        let school = "198.51.100.4";
        check(&[], "127.0.0.1", &[school], "127.0.0.1");
        check(&["127.0.0.1"], "203.0.113.9", &[school], "203.0.113.9");
        check(&["127.0.0.1"], "127.0.0.1", &[school], school);
        check(&["127.0.0.1"], "::ffff:127.0.0.1", &[school], school);
        // What the visitor made up stands before what the proxy adds.
        check(
            &["127.0.0.1"],
            "127.0.0.1",
            &["10.9.9.9, ::1", school],
            school,
        );
        check(
            &["127.0.0.1"],
            "127.0.0.1",
            &["10.9.9.9,198.51.100.4:5566"],
            school,
        );
        check(
            &["127.0.0.1"],
            "127.0.0.1",
            &["10.9.9.9, unknown"],
            "127.0.0.1",
        );
        check(&["127.0.0.1"], "127.0.0.1", &[], "127.0.0.1");
        // Two proxies, both trusted.
        let both = &["127.0.0.1", "10.0.0.2"];
        check(
            both,
            "127.0.0.1",
            &["10.9.9.9, 198.51.100.4, 10.0.0.2"],
            school,
        );
        // All networks of one home are one visitor, and one of another home is another.
        check(&["::1"], "::1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1::");
        check(&["::1"], "::1", &["2001:db8:1:ff::1"], "2001:db8:1::");
        check(
            &["::1"],
            "::1",
            &["[2001:db8:1:102:9::1]:443"],
            "2001:db8:1:100::",
        );
    }

    #[test]
    fn a_token_is_found_where_paths_carry_one() {
        for (path, token) in [
            ("/l/abc", Some("abc")),
            ("/l/abc/0f0f", Some("abc")),
            ("/u/abc", Some("abc")),
            ("/u/abc.ics", Some("abc")),
            ("/sign-in/abc", Some("abc")),
            ("/sign-in", None),
            ("/unit/abc", None),
            ("/", None),
        ] {
            assert_eq!(token_in(path), token, "{path}");
        }
    }
}
