//! Fewer mishaps that break the same life.

use std::collections::BTreeSet;

use super::Violation;

/// Leaves out mishaps, halves first and then ever fewer at a time, as long as what is left still breaks a promise.
pub(super) fn shrink(
    mut found: Violation,
    again: impl Fn(&BTreeSet<u64>) -> Option<Violation>,
) -> Violation {
    let mut size = found.mishaps.len().div_ceil(2);
    while size > 0 {
        let all: Vec<u64> = found.mishaps.iter().copied().collect();
        let smaller = all.chunks(size).find_map(|part| {
            let mut only = found.mishaps.clone();
            only.retain(|nth| !part.contains(nth));
            again(&only)
        });
        match smaller {
            Some(smaller) => found = smaller,
            None if size == 1 => break,
            None => size = size.div_ceil(2),
        }
        size = size.min(found.mishaps.len());
    }
    found
}

/// What breaks a promise is shown with as few mishaps as will do: here two of sixty, which only break it together.
#[test]
fn a_violation_is_shrunk() {
    let broken = |mishaps: BTreeSet<u64>| Violation {
        mishaps,
        ..Violation::default()
    };
    let shrunk = shrink(broken((1..=60).collect()), |only| {
        let breaks = only.contains(&17) && only.contains(&42);
        breaks.then(|| broken(only.clone()))
    });
    assert_eq!(shrunk.mishaps, BTreeSet::from([17, 42]));
}
