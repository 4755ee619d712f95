//! What officers decide on the bureau's pages, recorded.

use std::collections::BTreeMap;

use super::office::{Book, House, Office};
use crate::core::bulletin::decide;
use crate::core::clerk::{Act, Clerk, Decided};
use crate::core::duty::DutyId;
use crate::core::fact::Event;
use crate::core::officer::Officer;
use crate::web::{Deed, DeskError, HeldPass, Told};

/// Words that are told one by one; more are counted.
const MOST_TOLD: usize = 30;

impl Office {
    /// Records a deed of an officer who may decide.
    pub(super) fn carry_out(&self, officer: &Officer, deed: &Deed) -> Result<Told, DeskError> {
        // The house after the book: nobody decides by a calendar that was replaced while they waited for their turn.
        let mut book = self.book()?;
        let house = self.house();
        let decide = |book: &mut Book| self.decided(&house, book, &officer.person, deed);
        let told = self.append_decided(&mut book, decide)?;
        drop(book);
        self.answered.notify_one();
        Ok(told)
    }

    /// What a deed comes to on the book as it stands.
    fn decided(
        &self,
        house: &House,
        book: &mut Book,
        by: &str,
        deed: &Deed,
    ) -> Result<(Vec<Event>, Told), DeskError> {
        Ok(match deed {
            Deed::OfDuties {
                duties,
                shown,
                act,
                note,
            } => {
                for duty in duties {
                    book.need(&self.ledger, duty)?;
                }
                let clerk = self.clerk(house, book);
                of_duties(&clerk, (duties, shown), act, by, note)
            }
            Deed::Raise { raise, note } => match self.clerk(house, book).raise(raise, by, note) {
                Ok(raised) => {
                    let words = [format!("已发起：{}", raised.words)];
                    let told = Told {
                        done: words.into_iter().chain(raised.warning).collect(),
                        not_done: Vec::new(),
                    };
                    (raised.events, told)
                }
                Err(why) => (Vec::new(), Told::nothing(why)),
            },
            Deed::Bulletin { period, verdict } => {
                let now = self.clock.now();
                let (agenda, state) = (&house.agenda, &book.state);
                match decide(agenda, state, *period, verdict, by, now) {
                    Ok(Decided::Record(events, words)) => (events, Told::one(words)),
                    Ok(Decided::Before(words)) => (Vec::new(), Told::one(words)),
                    Err(why) => (Vec::new(), Told::nothing(why)),
                }
            }
            Deed::Release { shown, note } => release(house, book, shown, by, note),
        })
    }

    /// The pass that is held, as it would go out now; `None` where none is.
    pub(super) fn held_pass(&self) -> Result<Option<HeldPass>, DeskError> {
        let (state, house) = {
            let book = self.book()?;
            if book.state.held_for().is_empty() {
                return Ok(None);
            }
            // To plan a county's pass may take a second: nobody else is kept waiting for the book meanwhile.
            (book.state.clone(), self.house())
        };
        Ok(Some(super::hold::shown(&house, &state, self.clock.now())))
    }

    fn clerk<'a>(&self, house: &'a House, book: &'a Book) -> Clerk<'a> {
        Clerk {
            agenda: &house.agenda,
            state: &book.state,
            now: self.clock.now(),
        }
    }
}

/// Those that can be done are done; of the others it is told why not.
fn of_duties(
    clerk: &Clerk<'_>,
    (duties, shown): (&[DutyId], &BTreeMap<DutyId, usize>),
    act: &Act,
    by: &str,
    note: &str,
) -> (Vec<Event>, Told) {
    // The school's own words stand first; who wrote them down for it must be on record too.
    let note = match act {
        Act::Answer { .. } if note.is_empty() => format!("{by}代记"),
        Act::Answer { .. } => format!("{note}（{by}代记）"),
        _ => note.to_owned(),
    };
    let mut events = Vec::new();
    let mut told = Told::default();
    for duty in duties {
        let same = match act {
            Act::Grant { .. } | Act::Refuse => clerk.still_asks(duty, shown.get(duty).copied()),
            _ => Ok(()),
        };
        match same.and_then(|()| clerk.decide(duty, act, by, &note)) {
            Ok(Decided::Record(more, words)) => {
                events.extend(more);
                told.done.push(words);
            }
            Ok(Decided::Before(words)) => told.done.push(words),
            Err(why) => told.not_done.push(why),
        }
    }
    for words in [&mut told.done, &mut told.not_done] {
        let more = words.len().saturating_sub(MOST_TOLD);
        if more > 0 {
            words.truncate(MOST_TOLD);
            words.push(format!("……以及另外 {more} 项"));
        }
    }
    (events, told)
}

/// Only what was seen is let go: an edit meanwhile makes it another pass.
fn release(house: &House, book: &Book, shown: &str, by: &str, note: &str) -> (Vec<Event>, Told) {
    if book.state.held_for().is_empty() {
        return (
            Vec::new(),
            Told::nothing("没有暂停的信，不用放行。".to_owned()),
        );
    }
    if super::hold::mark(house, &book.state) != shown {
        let why = "您看过以后又有改动，请重新看过再放行。".to_owned();
        return (Vec::new(), Told::nothing(why));
    }
    let event = Event::Released {
        by: by.to_owned(),
        note: note.to_owned(),
    };
    let words = "已放行：几秒内按此刻的情况重新计算；在发信时间内（8:00 至 20:00）马上发出，否则在下一个时点发出。";
    (vec![event], Told::one(words.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clerk::{Raise, Whom};
    use crate::core::plan::officers;
    use crate::daemon::inbox::tests::Fixture;

    fn typhoon() -> Raise {
        Raise {
            task: Some("incident-report-immediate".to_owned()),
            whom: Whom::Unit("s001".to_owned()),
            alert: true,
            title: "台风".to_owned(),
            due: None,
        }
    }

    /// A clerk's command raises the same just before the page's deed is committed: both go out.
    #[test]
    fn what_a_command_raises_meanwhile_takes_no_number_from_the_page() {
        let (f, script) = Fixture::new().beside_a_clerk();
        let house = f.office.house();
        let today = f.office.today();
        let admins = officers(&house.agenda, today);
        let admin = admins
            .first()
            .and_then(|one| Officer::of(&house.agenda, one, today));
        *script.lock().unwrap() = {
            let book = f.office.book().unwrap();
            let clerk = f.office.clerk(&house, &book);
            clerk.raise(&typhoon(), "沈志明", "").unwrap().events
        };
        let deed = Deed::Raise {
            raise: typhoon(),
            note: String::new(),
        };
        let told = f.office.carry_out(&admin.unwrap(), &deed).unwrap();
        assert!(told.done[0].contains("@2026-03-04T2/s001"), "{told:?}");
        let book = f.office.book().unwrap();
        assert_eq!(book.state.alerts.len(), 2);
        assert!(f.office.pulse.vitals().ledger_trouble.is_none());
    }
}
