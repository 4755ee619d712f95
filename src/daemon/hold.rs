//! The hold (rule 12): what nobody expects waits for a person.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::mem::discriminant;
use std::sync::{Arc, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::office::{Book, House, Office};
use crate::core::agenda::Agenda;
use crate::core::diff::diff_without_letters;
use crate::core::fact::{Alert, Event, HoldReason};
use crate::core::hold::{notices, reasons};
use crate::core::plan::{GRACE, Plan, officers, plan};
use crate::core::printed::full_width;
use crate::core::state::State;
use crate::core::titles::title;
use crate::ledger::LedgerError;
use crate::load::load_kept;
use crate::web::HeldPass;

/// Lines of what would go that are told; the rest is counted.
const MOST_LINES: usize = 20;

/// A service that was off for longer, as far as the clock can tell, has more likely met a wrong clock.
const LONGEST_OFF: SignedDuration = SignedDuration::from_hours(24 * 120);

/// A clock that is behind the ledger by more has been set back.
const MOST_BEHIND: SignedDuration = SignedDuration::from_hours(-24);

/// What a look at a pass comes to.
pub(super) enum Look {
    /// It may go.
    Expected(Plan),
    /// It is held; the officers are still to be told of this.
    Held(Option<Box<Surprise>>),
}

/// A pass that is held, and what there was when it was planned.
pub(super) struct Surprise {
    slot: Timestamp,
    due: Plan,
    reasons: Vec<HoldReason>,
    before: Option<Arc<Agenda>>,
    state: State,
}

impl Office {
    /// Whether a pass may go. The officers are told once for each slot and edit.
    pub(super) fn look_at(
        &self,
        book: &Book,
        house: &House,
        now: Timestamp,
        due: Plan,
    ) -> Result<Look, LedgerError> {
        let (Some(slot), state) = (due.slot, &book.state) else {
            return Ok(Look::Expected(due));
        };
        let before = self.accepted(house, state)?;
        let reasons = reasons(before.as_deref(), &house.agenda, state, now, &due);
        if reasons.is_empty() {
            return Ok(Look::Expected(due));
        }
        let kinds = |reasons: &[HoldReason]| reasons.iter().map(discriminant).collect::<Vec<_>>();
        let told = state.hold.as_ref().is_some_and(|held| {
            held.slot == slot
                && held.version == house.version
                && kinds(&held.reasons) == kinds(&reasons)
        });
        Ok(Look::Held((!told).then(|| {
            Box::new(Surprise {
                slot,
                due,
                reasons,
                before,
                state: state.clone(),
            })
        })))
    }

    /// Records that a pass is held, and tells the officers. What an edit changes may take seconds to find, so nobody
    /// else is kept waiting for the book meanwhile.
    pub(super) fn hold(
        &self,
        house: &House,
        now: Timestamp,
        surprise: &Surprise,
    ) -> Result<(), LedgerError> {
        let Surprise { slot, before, .. } = surprise;
        let alert = alert(house, now, surprise);
        // An edit may have taken the officers themselves off the roster.
        let mut to = officers(&house.agenda, self.today());
        to.extend(before.iter().flat_map(|old| officers(old, self.today())));
        let mut events = vec![Event::Held {
            slot: *slot,
            reasons: surprise.reasons.clone(),
            letters: surprise.due.letters.len() as u64,
            notices: notices(&surprise.due),
            version: house.version.clone(),
        }];
        let matter = format!("hold:{slot}:{}", house.version);
        let mut book = self.book()?;
        events.extend(self.alert_events(&book.state, to, &matter, &alert));
        self.append(&mut book, events)?;
        tracing::warn!(%slot, letters = surprise.due.letters.len(), "held until `mail release`");
        self.mail.notify_one();
        Ok(())
    }

    /// The agenda that the last slot was decided by; `None` where it is the one in force, or can no longer be read.
    fn accepted(&self, house: &House, state: &State) -> Result<Option<Arc<Agenda>>, LedgerError> {
        let Some(version) = state.accepted.as_ref().filter(|v| **v != house.version) else {
            return Ok(None);
        };
        let mut kept = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, agenda)) = kept.as_ref()
            && of == version
        {
            return Ok(Some(Arc::clone(agenda)));
        }
        let Some(files) = self.ledger.version(version)? else {
            return Ok(None);
        };
        let loaded = load_kept(&house.settings, &files);
        if loaded.has_errors() {
            tracing::warn!(%version, "what was in force before can't be read by this program");
            return Ok(None);
        }
        let agenda = Arc::new(loaded.agenda);
        *kept = Some((version.clone(), Arc::clone(&agenda)));
        Ok(Some(agenda))
    }

    /// At a start the ledger's last fact is what the clock is held against. A service may have been off for weeks, and a
    /// machine's clock be hours behind; more is for a person to judge.
    pub(super) fn doubt_clock_at_start(&self, book: &mut Book) -> Result<(), LedgerError> {
        let Some(last) = book.state.last_fact else {
            return Ok(());
        };
        let off = self.clock.now().duration_since(last);
        if (MOST_BEHIND..=LONGEST_OFF).contains(&off) {
            return Ok(());
        }
        tracing::warn!(
            by_s = off.as_secs(),
            "the clock is far from the ledger's last fact"
        );
        let by_s = off.as_secs();
        self.append(book, vec![Event::ClockJumped { by_s }])
    }

    /// Records a jump of the clock. A few minutes are what a restart may take as well, and make no difference.
    pub(super) fn watch_clock(&self, book: &mut Book) -> Result<(), LedgerError> {
        let jumped = {
            let mut vigil = self.vigil.lock().unwrap_or_else(PoisonError::into_inner);
            vigil.jumped(&self.clock)
        };
        if jumped.abs() < GRACE {
            return Ok(());
        }
        tracing::warn!(by_s = jumped.as_secs(), "the clock jumped");
        let by_s = jumped.as_secs();
        self.append(book, vec![Event::ClockJumped { by_s }])
    }
}

/// What the officers are told: why, what would go, and what to do.
fn alert(house: &House, now: Timestamp, surprise: &Surprise) -> Alert {
    let due = &surprise.due;
    let before = surprise.before.as_deref();
    let edit =
        before.map(|before| diff_without_letters(before, &house.agenda, &surprise.state, now));
    let locale = house.agenda.calendar.locale;
    let mut text = String::from("这一次要发的信没有发出,等您看过再放行。原因:\n\n");
    for reason in &surprise.reasons {
        let _ = writeln!(text, "· {}", reason.in_words().in_locale(locale));
    }
    let _ = writeln!(
        text,
        "\n若放行,现在要发{}封信,共{}条通知:\n\n{}",
        due.letters.len(),
        notices(due),
        what_would_go(&house.agenda, due)
    );
    if let Some(edit) = edit {
        let _ = writeln!(text, "\n这次改动:\n\n{}", edit.in_words(locale, MOST_LINES));
    }
    let _ = write!(
        text,
        "\n没有问题,就打开 {}/hold 看过再放行(登录后才能打开),或在服务器上执行:schoolbell mail release\n\
         改错了,就把行事历或花名册改回去并存盘:系统会重新读取,不再异常时自动恢复发信。\n\
         在此之前,学校不会收到定时的信;回执照常登记。\n",
        house.settings.base_url.trim_end_matches('/')
    );
    Alert {
        subject: "定时的信已暂停，请确认后放行".to_owned(),
        text: full_width(&text),
    }
}

/// A held pass as an officer is shown it: why, and what would go if it were let go now.
pub(super) fn shown(house: &House, state: &State, now: Timestamp) -> HeldPass {
    let due = plan(&house.agenda, state, now);
    let locale = house.agenda.calendar.locale;
    let reasons = state.held_for();
    HeldPass {
        mark: mark(house, state),
        reasons: reasons
            .iter()
            .map(|reason| reason.in_words().in_locale(locale).to_owned())
            .collect(),
        letters: due.letters.len(),
        notices: notices(&due),
        lines: what_would_go(&house.agenda, &due),
    }
}

/// What tells one held pass from another: the slot and the files it was planned by.
pub(super) fn mark(house: &House, state: &State) -> String {
    let slot = state.hold.as_ref().map(|held| held.slot);
    let slot = slot.map_or(String::new(), |slot| slot.to_string());
    format!("{slot}/{}", house.version)
}

/// A line for each rung of each task, with how many; the largest first.
fn what_would_go(agenda: &Agenda, due: &Plan) -> String {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for notice in due.letters.iter().flat_map(|letter| &letter.notices) {
        let id = &notice.duty.occurrence;
        let task = agenda.calendar.tasks.get(&id.task);
        let name = task.map_or(id.to_string(), |task| title(task, id.period));
        *counts.entry((name, notice.rung.chinese())).or_default() += 1;
    }
    let mut lines: Vec<_> = counts.into_iter().collect();
    lines.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let more = lines.len().saturating_sub(MOST_LINES);
    let mut text = String::new();
    for ((name, rung), count) in lines.into_iter().take(MOST_LINES) {
        let _ = writeln!(text, "· {name}:{rung} {count}条");
    }
    if more > 0 {
        let _ = writeln!(text, "· 另有{more}种");
    }
    text
}
