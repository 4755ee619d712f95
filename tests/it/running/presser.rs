//! Somebody who opens the letters that arrived and presses their buttons, while the daemon lives and dies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use schoolbell::clock::Clock;
use schoolbell::core::fact::Answer;
use schoolbell::core::rehearsal::Chance;

use super::house::link;
use crate::smtp_double::SmtpDouble;

/// How far back in the mail somebody looks for what is still to be answered.
const RECENT: usize = 40;

/// A button that was pressed.
#[derive(Clone, Debug)]
pub(super) struct Pressed {
    /// Who; another name each time.
    pub(super) by: String,
    pub(super) duty: String,
    pub(super) answer: Answer,
    /// When the page said thanks, if it did.
    pub(super) thanked: Option<Timestamp>,
}

pub(super) struct Presser {
    chance: Mutex<Chance>,
    pressed: Mutex<Vec<Pressed>>,
    agent: ureq::Agent,
}

impl Presser {
    pub(super) fn new(seed: u64) -> Self {
        let agent = ureq::Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(5)))
            .build();
        Self {
            chance: Mutex::new(Chance::new(seed ^ 0x7072_6573)),
            pressed: Mutex::default(),
            agent: agent.into(),
        }
    }

    pub(super) fn pressed(&self) -> Vec<Pressed> {
        held(&self.pressed).clone()
    }

    pub(super) fn thanked(&self) -> usize {
        held(&self.pressed)
            .iter()
            .filter(|one| one.thanked.is_some())
            .count()
    }

    /// Presses one button after another.
    pub(super) fn press_until(&self, is_over: &AtomicBool, server: &SmtpDouble) {
        while !is_over.load(Ordering::Relaxed) {
            let recent = server.latest(RECENT);
            let letter = held(&self.chance).pick(&recent).cloned();
            let pressed = letter.is_some_and(|letter| self.press(&link(&letter.bytes)).is_some());
            if !pressed {
                // Nobody serves yet, or no more.
                server.wait_until(Duration::from_millis(20), |_| {
                    is_over.load(Ordering::Relaxed)
                });
            }
        }
    }

    /// Opens the page and presses a button of one of its duties. `None`: there is none to press.
    fn press(&self, page: &str) -> Option<()> {
        let text = self
            .agent
            .get(page)
            .call()
            .ok()?
            .body_mut()
            .read_to_string()
            .ok()?;
        let mut duties: Vec<&str> = text
            .split("name=\"duty\" value=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|duty| duty.contains('@'))
            .collect();
        duties.dedup();
        let (duty, answer, nth) = {
            let mut chance = held(&self.chance);
            let answer = match chance.below(20) {
                0 => Answer::Trouble,
                1..10 => Answer::Received,
                _ => Answer::Done,
            };
            (
                (*chance.pick(&duties)?).to_owned(),
                answer,
                held(&self.pressed).len(),
            )
        };
        let by = format!("王老师{nth}");
        let form = [
            ("duty", duty.as_str()),
            ("answer", answer.word()),
            ("by", &by),
            ("note", "操场在修"),
        ];
        let thanked = self
            .agent
            .post(page)
            .send_form(form)
            .is_ok_and(|reply| reply.status() == 303)
            .then(|| Clock::Real.now());
        held(&self.pressed).push(Pressed {
            by,
            duty,
            answer,
            thanked,
        });
        Some(())
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
