//! Letters that came back.

use std::collections::BTreeSet;

use super::outcomes::{Outcomes, shown};
use crate::core::fact::{Event, LetterNo, MailSort, Outcome};
use crate::core::names::Address;
use crate::core::state::{Found, LetterStatus, State};
use crate::mail::inbound::{Bounce, Incoming};

/// A bounce: nobody was reached by the letter, and where the mailbox is at fault its contact is marked. Anybody can write
/// one: an officer's letter came back only where the bounce proves that it is of that letter.
pub(super) fn bounced(
    state: &State,
    officers: &BTreeSet<Address>,
    mail: &Incoming,
    bounce: &Bounce,
    found: Option<Found>,
) -> Outcomes {
    let names = |no: &LetterNo| {
        let letter = state.letters.get(no);
        letter.is_some_and(|letter| {
            bounce.addresses.contains(&letter.address) && !officers.contains(&letter.address)
        })
    };
    // A number alone anybody can write; it counts where what failed is the mailbox that the letter went to.
    let by_clue = found
        .filter(|found| found.is_proven || names(&found.letter))
        .map(|found| found.letter);
    let by_mailbox = || {
        let others = bounce.addresses.iter();
        let mut others = others.filter(|address| !officers.contains(*address));
        others.find_map(|address| state.last_sent(address))
    };
    let Some(no) = by_clue.or_else(by_mailbox) else {
        return unclear(officers, mail, bounce);
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

/// One that a person has to look at.
fn unclear(officers: &BTreeSet<Address>, mail: &Incoming, bounce: &Bounce) -> Outcomes {
    let whose = bounce
        .addresses
        .iter()
        .find(|address| officers.contains(*address));
    let what = match whose {
        Some(address) => {
            format!("退信,说管理员的邮箱 {address} 收不到信,但不能确定是真的,没有记下")
        }
        None => "退信,不知道是哪一封".to_owned(),
    };
    let text = format!("{what}:主题“{}”,{}", mail.subject, bounce.text);
    Outcomes::new(MailSort::Unclear, None, shown(&text))
}
