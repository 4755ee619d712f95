//! Each press once: a form sent a second time is shown what came of it the first time, and nothing is recorded again. A
//! page carries a random number of its own, so that two presses meant as two are never taken for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::digest::{Context, SHA256};

use crate::web::desk::Told;

/// Presses that are remembered; of more, the oldest that is over is forgotten.
const REMEMBERED: usize = 512;

/// A press, known by all it said.
type Digest = [u8; 32];

/// The presses of late, and what came of them; nothing yet of one that is still being recorded.
#[derive(Default)]
pub(in crate::web) struct Presses(Mutex<VecDeque<(Digest, Option<Told>)>>);

/// What a press is.
pub(super) enum Press {
    /// A new one, to be carried out.
    First(Turn),
    /// The same is being recorded just now.
    UnderWay,
    /// The same was recorded.
    Before(Told),
}

/// The right to record a press. Given up without a result, the press counts as not made.
pub(super) struct Turn {
    presses: Arc<Presses>,
    digest: Digest,
}

impl Presses {
    /// Looks a press up, by where it was sent and all its fields, and remembers it as under way if it is new.
    pub(super) fn begin(self: &Arc<Self>, path: &str, fields: &[(String, String)]) -> Press {
        let digest = digest(path, fields);
        let mut presses = self.lock();
        if let Some((_, found)) = presses.iter().find(|(known, _)| *known == digest) {
            return found.clone().map_or(Press::UnderWay, Press::Before);
        }
        if presses.len() >= REMEMBERED
            && let Some(over) = presses.iter().position(|(_, told)| told.is_some())
        {
            presses.remove(over);
        }
        presses.push_back((digest, None));
        Press::First(Turn {
            presses: Arc::clone(self),
            digest,
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Digest, Option<Told>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Remembers what came of it. Of which nothing was done may be pressed again: it may have become possible.
    pub(super) fn end(self, told: &Told) {
        if told.done.is_empty() {
            return;
        }
        let mut presses = self.presses.lock();
        if let Some((_, found)) = presses.iter_mut().find(|(known, _)| *known == self.digest) {
            *found = Some(told.clone());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut presses = self.presses.lock();
        presses.retain(|(known, told)| *known != self.digest || told.is_some());
    }
}

/// Each part after its length: no two presses run together into the same bytes.
fn digest(path: &str, fields: &[(String, String)]) -> Digest {
    let mut context = Context::new(&SHA256);
    let parts = fields.iter().flat_map(|(name, value)| [name, value]);
    for part in std::iter::once(path).chain(parts.map(String::as_str)) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(once: usize) -> Vec<(String, String)> {
        vec![("once".to_owned(), once.to_string())]
    }

    fn done() -> Told {
        Told {
            done: vec!["已发起".to_owned()],
            not_done: Vec::new(),
        }
    }

    #[test]
    fn so_many_are_remembered_and_one_under_way_is_never_forgotten() {
        let presses = Arc::new(Presses::default());
        let Press::First(slow) = presses.begin("/act", &fields(0)) else {
            panic!("a new press");
        };
        for nth in 1..=2 * REMEMBERED {
            let Press::First(turn) = presses.begin("/act", &fields(nth)) else {
                panic!("a new press");
            };
            turn.end(&done());
        }
        assert_eq!(presses.lock().len(), REMEMBERED);
        assert!(matches!(presses.begin("/act", &fields(0)), Press::UnderWay));
        let last = presses.begin("/act", &fields(2 * REMEMBERED));
        assert!(matches!(last, Press::Before(told) if told == done()));
        slow.end(&done());
        assert!(matches!(
            presses.begin("/act", &fields(0)),
            Press::Before(_)
        ));
    }

    #[test]
    fn what_was_not_recorded_may_be_pressed_again() {
        let presses = Arc::new(Presses::default());
        for _ in 0..3 {
            let Press::First(turn) = presses.begin("/raise", &fields(1)) else {
                panic!("nothing came of it yet");
            };
            turn.end(&Told::nothing("磁盘满了".to_owned()));
        }
        assert!(presses.lock().is_empty());
    }

    #[test]
    fn presses_that_only_run_together_alike_are_two() {
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_ne!(
            digest("/act", &pair("ab", "c")),
            digest("/act", &pair("a", "bc"))
        );
        assert_ne!(
            digest("/act", &pair("a", "b")),
            digest("/raise", &pair("a", "b"))
        );
    }
}
