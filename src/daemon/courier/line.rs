//! The line of letters that wait: nearest due first, and no domain may fill all the ways out while others wait.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::core::fact::{LetterKind, LetterNo};
use crate::core::state::{LetterState, LetterStatus, State};

/// The line is put in order anew at most so often for what others record meanwhile.
const ORDER_HOLDS: Duration = Duration::from_secs(1);

/// The letters that may go now, by their readers' domains.
#[derive(Default)]
pub(super) struct Line {
    domains: HashMap<String, Domain>,
    seen: Option<Seen>,
    /// When the first of those that were put off is tried again.
    retry_at: Option<Timestamp>,
}

#[derive(Default)]
struct Domain {
    letters: VecDeque<(Urgency, LetterNo)>,
    under_way: usize,
    /// Its last letter was held up without an answer: one is tried at a time, after everybody else's.
    ails: bool,
    not_before: Option<Instant>,
}

/// Alerts first, then the nearest due.
type Urgency = (bool, bool, Option<Date>);

/// What the line was put in order by.
struct Seen {
    next_letter: LetterNo,
    at: Instant,
}

impl Line {
    /// Puts the letters in order, if there may be others than when it was done last. `steady` is the time that no step
    /// of the clock changes, here and below.
    pub(super) fn refresh(&mut self, state: &State, now: Timestamp, steady: Instant) {
        let is_fresh = self.seen.as_ref().is_some_and(|seen| {
            let age = steady.saturating_duration_since(seen.at);
            seen.next_letter == state.next_letter() && age < ORDER_HOLDS
        });
        let retries = self.retry_at.is_some_and(|at| at <= now);
        if is_fresh && !retries && self.has_letters() {
            return;
        }
        self.domains
            .retain(|_, domain| domain.under_way > 0 || domain.ails || domain.not_before.is_some());
        for domain in self.domains.values_mut() {
            domain.letters.clear();
        }
        self.retry_at = None;
        for no in &state.open_letters {
            let Some(letter) = state.letters.get(no) else {
                continue;
            };
            // What is under way is in nobody's line; where clock or ledger are doubtful, only the word of that goes.
            if letter.status == LetterStatus::Attempting || !state.doubts.spare(*no) {
                continue;
            }
            if let Some(at) = letter.retry_at.filter(|at| *at > now) {
                self.retry_at = Some(self.retry_at.map_or(at, |first| first.min(at)));
                continue;
            }
            let domain = self.domains.entry(domain_of(letter)).or_default();
            domain.letters.push_back((urgency(state, letter), *no));
        }
        for domain in self.domains.values_mut() {
            domain.letters.make_contiguous().sort_unstable();
        }
        self.seen = Some(Seen {
            next_letter: state.next_letter(),
            at: steady,
        });
    }

    /// The next letter and its domain, with so many ways out in all. It stays where it is until [`take`](Self::take).
    pub(super) fn first(&self, ways: usize, steady: Instant) -> Option<(LetterNo, &str)> {
        let waiting = || {
            self.domains.iter().filter(|(_, domain)| {
                !domain.letters.is_empty() && domain.not_before.is_none_or(|at| at <= steady)
            })
        };
        let is_alone = ways == 1 || waiting().nth(1).is_none();
        waiting()
            .filter(|(_, domain)| is_alone || domain.under_way + 1 < ways)
            .filter(|(_, domain)| !domain.ails || domain.under_way == 0)
            .filter_map(|(name, domain)| Some((domain.ails, domain.letters.front()?, name)))
            .min()
            .map(|(_, (_, no), name)| (*no, name.as_str()))
    }

    /// Letters that will soon be the first, so many at most, as far as it can be told.
    pub(super) fn soon(
        &self,
        most: usize,
        steady: Instant,
    ) -> impl Iterator<Item = LetterNo> + use<> {
        let domains = self.domains.values();
        let may_go = domains.filter(|domain| domain.not_before.is_none_or(|at| at <= steady));
        let firsts = may_go.flat_map(|domain| {
            let firsts = domain.letters.iter().take(most);
            firsts.map(|letter| (domain.ails, *letter))
        });
        let mut soon: Vec<_> = firsts.collect();
        if most < soon.len() {
            soon.select_nth_unstable(most);
            soon.truncate(most);
        }
        soon.sort_unstable();
        soon.into_iter().map(|(_, (_, no))| no)
    }

    /// Takes the first letter to a domain out of the line.
    pub(super) fn take(&mut self, domain: &str) {
        if let Some(domain) = self.domains.get_mut(domain) {
            domain.letters.pop_front();
        }
    }

    /// A letter to a domain is on its way.
    pub(super) fn set_out(&mut self, domain: &str) {
        self.domains.entry(domain.to_owned()).or_default().under_way += 1;
    }

    /// It has come back, and the domain ails or not.
    pub(super) fn came_back(&mut self, domain: &str, ails: Option<bool>) {
        if let Some(domain) = self.domains.get_mut(domain) {
            domain.under_way = domain.under_way.saturating_sub(1);
            domain.ails = ails.unwrap_or(domain.ails);
        }
    }

    /// No letter to that domain may go before then.
    pub(super) fn hold_back(&mut self, domain: &str, until: Instant) {
        if let Some(domain) = self.domains.get_mut(domain) {
            domain.not_before = Some(until);
        }
    }

    /// How long until a domain's letters may go that were held back.
    pub(super) fn held_back_for(&self, steady: Instant) -> Option<Duration> {
        self.domains
            .values()
            .filter(|domain| !domain.letters.is_empty())
            .filter_map(|domain| domain.not_before?.checked_duration_since(steady))
            .min()
    }

    /// When the first of those that were put off is tried again.
    pub(super) fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at
    }

    fn has_letters(&self) -> bool {
        self.domains
            .values()
            .any(|domain| !domain.letters.is_empty())
    }
}

/// The domain that a letter goes to.
pub(super) fn domain_of(letter: &LetterState) -> String {
    let address = letter.address.as_str();
    let host = address.rsplit_once('@').map_or(address, |(_, host)| host);
    host.to_lowercase()
}

fn urgency(state: &State, letter: &LetterState) -> Urgency {
    let due = letter
        .duties
        .iter()
        .filter_map(|duty| state.duty(duty)?.told.last().map(|told| told.due))
        .min();
    (letter.kind != LetterKind::Alert, due.is_none(), due)
}
