//! Letters that came back.

use super::outcomes::{Outcomes, shown};
use crate::core::fact::{Event, LetterNo, MailSort, Outcome};
use crate::core::state::{Found, LetterStatus, State};
use crate::mail::inbound::{Bounce, Incoming};

/// A bounce: nobody was reached by the letter, and where the mailbox is at fault its contact is marked.
pub(super) fn bounced(
    state: &State,
    mail: &Incoming,
    bounce: &Bounce,
    found: Option<Found>,
) -> Outcomes {
    let names = |no: &LetterNo| {
        state
            .letters
            .get(no)
            .is_some_and(|letter| bounce.addresses.contains(&letter.address))
    };
    // A number alone anybody can write; it counts where what failed is the mailbox that the letter went to.
    let by_clue = found
        .filter(|found| found.is_proven || names(&found.letter))
        .map(|found| found.letter);
    let by_mailbox = || {
        bounce
            .addresses
            .iter()
            .find_map(|address| state.last_sent(address))
    };
    let Some(no) = by_clue.or_else(by_mailbox) else {
        let text = format!("退信,不知道是哪一封:主题“{}”,{}", mail.subject, bounce.text);
        return Outcomes::new(MailSort::Unclear, None, shown(&text));
    };
    let mut outcomes = Outcomes::new(MailSort::Bounce, Some(no), bounce.text.clone());
    let Some(letter) = state.letters.get(&no) else {
        return outcomes;
    };
    let may_have_arrived = !matches!(
        letter.status,
        LetterStatus::Queued | LetterStatus::Ended(Outcome::Refused | Outcome::Dropped)
    );
    let text = format!("退信:{}", bounce.text);
    if may_have_arrived {
        outcomes.events.push(Event::Bounced {
            letter: no,
            address: letter.address.clone(),
            text: text.clone(),
        });
    }
    // One that the contact's own mailbox passed on, and that failed there, says nothing of the contact's.
    let is_theirs = bounce.addresses.is_empty() || bounce.addresses.contains(&letter.address);
    if bounce.mailbox && is_theirs && !state.unreachable.contains_key(&letter.address) {
        outcomes.events.push(Event::Unreachable {
            address: letter.address.clone(),
            text,
        });
    }
    outcomes
}
