//! Bulletins in a slot's letters: those that a person approved, and the word to the officers that a draft is ready.

use std::collections::BTreeSet;

use super::Pass;
use crate::core::bulletin::{awaited, readers};
use crate::core::names::Address;

/// What the key of a matter begins with that tells of a draft.
const DRAFT: &str = "bulletin:";

/// Whether a matter only tells that a bulletin's draft is ready.
pub(crate) fn is_of_a_draft(matter: &str) -> bool {
    matter.starts_with(DRAFT)
}

impl Pass<'_> {
    /// What was approved since the last slot goes to all who get it, once; and of the latest drafts that nobody has
    /// decided of the officers are told.
    pub(super) fn bulletins(&mut self) {
        for period in self.state.bulletins.to_send.keys() {
            let Some(approved) = self.state.bulletins.approved(*period) else {
                continue;
            };
            let (content, reach) = (&approved.content, approved.reach);
            let all = readers(self.agenda, self.state, content, reach, self.today);
            let fresh = |address: &Address| !approved.told.contains_key(address);
            let fresh: BTreeSet<Address> = all.into_iter().filter(fresh).collect();
            self.bulletins.push((*period, fresh));
        }
        for span in awaited(self.agenda, self.state, self.today) {
            let words = format!(
                "{}的通报草稿已经备好。请登录管理页，在“通报”里审阅；没有您批准，不会发出。",
                span.name()
            );
            self.matters
                .insert(format!("{DRAFT}{}", span.period), words);
        }
    }
}
