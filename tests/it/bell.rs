//! A bell on the table: a calendar, a roster and a script of what happens go in, the printed timetable comes out.
//!
//! A script is a line for each thing that happens: `2026-11-05 10:00 done drill@2026/s1 safety@s1`. Between its lines
//! the clock walks from slot to slot, as the daemon does; every letter arrives unless the script says otherwise.

mod reading;
mod texts;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use expect_test::Expect;
use jiff::Timestamp;
use jiff::civil::DateTime;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::bulletin::{Reach, Verdict, decide, draft};
use schoolbell::core::clerk::Decided;
use schoolbell::core::compose::{Reader, asks, compose};
use schoolbell::core::fact::{Answer, Event, Fact, LetterKind, LetterNo, Outcome, Part, Via};
use schoolbell::core::hold::reasons;
use schoolbell::core::letter::Content;
use schoolbell::core::names::Address;
use schoolbell::core::period::PeriodKey;
use schoolbell::core::plan::{Plan, first_sights, plan, plan_first};
use schoolbell::core::state::{LetterStatus, State};

use reading::join;
pub(crate) use reading::slots_after;
use texts::SCHOOL_YEAR;
pub(crate) use texts::{DRILL, HEAD, NOTICES, ROSTER, SECOND, drill_from};
use words::{said, short};

/// Runs a script over tasks with the usual head and roster.
pub(crate) fn check(tasks: &str, script: &str, expected: Expect) {
    Bell::new(tasks).check(script, expected);
}

/// What a mail server does with letters to an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mail {
    Arrives,
    Unknown,
    Waits,
    /// Refused for what it is, not for whom it is for: the mailbox is good.
    Refused,
}

/// Calendar, roster and what has happened.
pub(crate) struct Bell {
    head: String,
    tasks: String,
    roster: String,
    school: String,
    notice: String,
    pub(crate) agenda: Agenda,
    pub(crate) state: State,
    pub(crate) facts: Vec<Fact>,
    pub(crate) now: Timestamp,
    serving: bool,
    /// Whether passes that nobody expects are held.
    guarded: bool,
    /// The agenda that the last slot was decided by, while another one is in force.
    accepted: Option<Agenda>,
    mail: BTreeMap<String, Mail>,
    pub(crate) printed: String,
}

impl Bell {
    pub(crate) fn new(tasks: &str) -> Self {
        Self::with(HEAD, tasks, ROSTER)
    }

    pub(crate) fn with(head: &str, tasks: &str, roster: &str) -> Self {
        Self::whole(head, tasks, roster, SCHOOL_YEAR)
    }

    /// With another school calendar.
    pub(crate) fn whole(head: &str, tasks: &str, roster: &str, school: &str) -> Self {
        Self::all(head, tasks, roster, school, NOTICES[3].1)
    }

    /// With another notice of 2026.
    pub(crate) fn noticed(head: &str, tasks: &str, roster: &str, notice: &str) -> Self {
        Self::all(head, tasks, roster, SCHOOL_YEAR, notice)
    }

    /// A calendar and roster read elsewhere; they can't be edited.
    pub(crate) fn of(agenda: Agenda) -> Self {
        Self {
            agenda,
            ..Self::new(DRILL)
        }
    }

    fn all(head: &str, tasks: &str, roster: &str, school: &str, notice: &str) -> Self {
        Self {
            agenda: join(head, tasks, roster, school, notice),
            notice: notice.to_owned(),
            head: head.to_owned(),
            tasks: tasks.to_owned(),
            roster: roster.to_owned(),
            school: school.to_owned(),
            state: State::default(),
            facts: Vec::new(),
            now: Timestamp::MIN,
            serving: false,
            guarded: false,
            accepted: None,
            mail: BTreeMap::new(),
            printed: String::new(),
        }
    }

    pub(crate) fn check(mut self, script: &str, expected: Expect) {
        self.run(script);
        expected.assert_eq(&self.printed);
    }

    /// Walks through the script.
    pub(crate) fn run(&mut self, script: &str) {
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().unwrap_or("");
            let (day, time, verb, rest) = (word(), word(), word(), word());
            let at = self.instant(&format!("{day}T{time}"));
            if verb == "set" {
                // The clock itself: nothing of the time between is lived through.
                self.now = at;
                self.beat();
                continue;
            }
            self.walk_to(at);
            self.act(verb, rest);
            self.beat();
        }
    }

    fn instant(&self, local: &str) -> Timestamp {
        let local: DateTime = local.parse().expect("a line begins with date and time");
        local
            .to_zoned_datetime(self.agenda.calendar.timezone.clone())
            .expect("a local time")
            .timestamp()
    }

    pub(crate) fn walk_to(&mut self, at: Timestamp) {
        while self.serving {
            let next = plan(&self.agenda, &self.state, self.now)
                .next
                .expect("a next slot");
            assert!(next > self.now, "the next slot lies ahead");
            if next > at {
                break;
            }
            self.now = next;
            self.beat();
        }
        assert!(
            at >= self.now || !self.serving,
            "the script goes backwards at {at}"
        );
        self.now = at;
    }

    fn record(&mut self, what: Event) {
        let fact = Fact { at: self.now, what };
        self.state.apply(&fact);
        self.facts.push(fact);
    }

    /// One thing that happens.
    fn act(&mut self, verb: &str, rest: &str) {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let word = |at: usize| words.get(at).copied().unwrap_or("");
        match verb {
            "hang" => {
                self.serving = true;
                self.record(Event::BellHung {
                    installation: "bell".to_owned(),
                });
                self.see();
            }
            // Under the spool the first letters go out at once.
            "open" => {
                self.act("hang", "");
                let first = plan_first(&self.agenda, &self.state, self.now);
                self.carry_out(&first);
            }
            "down" => self.serving = false,
            "up" => self.serving = true,
            "end" => {}
            "edit" => {
                let before = self.edit(rest);
                self.accepted.get_or_insert(before);
                self.see();
            }
            "guard" => self.guarded = true,
            "release" => {
                self.accepted = None;
                self.record(Event::Released {
                    by: "沈志明".to_owned(),
                    note: String::new(),
                });
            }
            "jump" => self.record(Event::ClockJumped {
                by_s: word(0).parse().expect("seconds"),
            }),
            "restore" => self.record(Event::Restored {
                from: word(0).to_owned(),
            }),
            "mail" => self.post(word(0), word(1)),
            "bounce" => self.record(Event::Unreachable {
                address: Address::from(word(0)),
                text: "550 5.1.1".to_owned(),
            }),
            "returned" | "returned-as-spam" => self.returned(word(0), verb == "returned"),
            "reachable" => self.record(Event::Reachable {
                address: Address::from(word(0)),
                text: "250 ok".to_owned(),
            }),
            "say" => self.say(word(0)),
            "grant" | "refuse" => self.record(Event::Decision {
                duty: word(0).parse().expect("a duty"),
                request: Answer::parse(word(1)).expect("a request"),
                granted: verb == "grant",
                by: "沈志明".to_owned(),
                note: String::new(),
                until: word(2).parse().ok(),
            }),
            "waive" => self.record(Event::Waiver {
                duty: word(0).parse().expect("a duty"),
                by: "沈志明".to_owned(),
                note: String::new(),
            }),
            "return" => self.record(Event::Return {
                duty: word(0).parse().expect("a duty"),
                by: "沈志明".to_owned(),
                note: "照片不清".to_owned(),
            }),
            "approve" => {
                let (period, reach) = (word(0).parse().expect("a week or month"), word(1));
                let draft = draft(&self.agenda, &self.state, period, self.now);
                let verdict = Verdict::Approve {
                    shown: draft.map_or(String::new(), |draft| draft.mark()),
                    preface: words.get(2..).map_or(String::new(), |rest| rest.join(" ")),
                    reach: Reach::parse(reach).unwrap_or(Reach::suggested(period)),
                };
                self.rule(period, &verdict);
            }
            "aside" => {
                let note = word(1).to_owned();
                let period = word(0).parse().expect("a week or month");
                self.rule(period, &Verdict::PutAside { note });
            }
            "raise" | "alert" => self.record(Event::Raised {
                duty: word(0).parse().expect("a duty"),
                due: word(1).parse().expect("a day"),
                by: "沈志明".to_owned(),
                note: String::new(),
                alert: verb == "alert",
                title: String::new(),
            }),
            _ => self.answer(verb, &words),
        }
    }

    /// Decides of a bulletin's draft, and prints what came of it.
    fn rule(&mut self, period: PeriodKey, verdict: &Verdict) {
        let decided = decide(
            &self.agenda,
            &self.state,
            period,
            verdict,
            "沈志明",
            self.now,
        );
        let stamp = self.stamp();
        let words = match decided {
            Ok(Decided::Record(events, words)) => {
                for event in events {
                    self.record(event);
                }
                words
            }
            Ok(Decided::Before(words)) => words,
            Err(why) => format!("refused: {why}"),
        };
        let _ = writeln!(self.printed, "{stamp} {words}");
    }

    /// `OLD => NEW`, with `~` for the end of a line. What was in force is handed back.
    pub(crate) fn edit(&mut self, edit: &str) -> Agenda {
        let (from, to) = edit.split_once(" => ").expect("edit OLD => NEW");
        let (from, to) = (from.replace('~', "\n"), to.replace('~', "\n"));
        let found = [
            &mut self.head,
            &mut self.tasks,
            &mut self.roster,
            &mut self.school,
            &mut self.notice,
        ]
        .into_iter()
        .find(|text| text.contains(&from))
        .expect("the text to edit");
        *found = found.replace(&from, &to);
        let agenda = join(
            &self.head,
            &self.tasks,
            &self.roster,
            &self.school,
            &self.notice,
        );
        std::mem::replace(&mut self.agenda, agenda)
    }

    /// `done DUTY ADDRESS [NTH]`, `extension DUTY ADDRESS DAY`, `correct DUTY ADDRESS` and so on. Without an address
    /// it was the clerk.
    fn answer(&mut self, verb: &str, words: &[&str]) {
        let corrects = verb == "correct";
        let answer = Answer::parse(if corrects { "received" } else { verb }).expect("a verb");
        let address = words.get(1).map(|word| Address::from(*word));
        let last = words.get(2).copied().unwrap_or("");
        self.record(Event::Answer {
            duty: words[0].parse().expect("a duty"),
            answer,
            by: address
                .as_ref()
                .map_or("沈志明".to_owned(), Address::to_string),
            note: String::new(),
            via: if address.is_some() {
                Via::Page
            } else {
                Via::Clerk
            },
            address,
            nth: last.parse().ok(),
            until: last.parse().ok(),
            corrects,
        });
    }

    pub(crate) fn see(&mut self) {
        for event in first_sights(&self.agenda, &self.state) {
            self.record(event);
        }
    }

    /// `mail safety@s1 waits`; once it arrives again, so does what waited.
    fn post(&mut self, address: &str, how: &str) {
        let how = match how {
            "arrives" => Mail::Arrives,
            "unknown" => Mail::Unknown,
            "waits" => Mail::Waits,
            "refused" => Mail::Refused,
            other => panic!("mail does not do {other}"),
        };
        self.mail.insert(address.to_owned(), how);
        for no in self.state.open_letters.clone() {
            if self.state.letters[&no].address.as_str() == address {
                self.deliver(no);
            }
        }
    }

    /// The last letter that was accepted for an address comes back; with its mailbox gone, that is marked too.
    fn returned(&mut self, address: &str, gone: bool) {
        let address = Address::from(address);
        // A made-up script may ask for it before anything was sent.
        let accepted = LetterStatus::Ended(Outcome::Accepted);
        let letter = self.state.last_sent(&address);
        let Some(letter) = letter.filter(|no| self.state.letters[no].status == accepted) else {
            return;
        };
        let text = if gone { "550 5.1.1" } else { "550 5.7.1" }.to_owned();
        self.record(Event::Bounced {
            letter,
            address: address.clone(),
            text: text.clone(),
        });
        if gone {
            self.record(Event::Unreachable { address, text });
        }
    }

    fn deliver(&mut self, letter: LetterNo) {
        let address = self.state.letters[&letter].address.clone();
        let how = self
            .mail
            .get(address.as_str())
            .copied()
            .unwrap_or(Mail::Arrives);
        if how == Mail::Waits {
            return;
        }
        let message_id = self.state.letters[&letter].message_id.clone();
        self.asks_what_its_page_says(letter);
        // Looked at once more before it goes, as the courier does.
        let holds = compose(&self.agenda, &self.state, letter, self.now, Reader::Mail).is_some();
        if !holds {
            self.record(Event::Outcome {
                letter,
                address,
                message_id,
                outcome: Outcome::Dropped,
                text: String::new(),
                retry_at: None,
            });
            return;
        }
        self.record(Event::Attempt {
            letter,
            address: address.clone(),
            message_id: message_id.clone(),
            nth: 1,
            numbered: Vec::new(),
        });
        self.record(Event::Outcome {
            letter,
            address,
            message_id,
            outcome: match how {
                Mail::Arrives => Outcome::Accepted,
                Mail::Refused => Outcome::Refused,
                Mail::Unknown | Mail::Waits => Outcome::Unknown,
            },
            text: String::new(),
            retry_at: None,
        });
    }

    fn beat(&mut self) {
        if !self.serving {
            return;
        }
        loop {
            let due = plan(&self.agenda, &self.state, self.now);
            if self.guarded && due.slot.is_some() && self.holds(&due) {
                break;
            }
            self.carry_out(&due);
            if due.slot.is_some() {
                self.accepted = None;
            }
            // Alerts go alone; the slot's letters follow them.
            if due.next.is_none_or(|next| next > self.now) {
                break;
            }
        }
    }

    /// Rule 12, as the daemon does it.
    fn holds(&mut self, due: &Plan) -> bool {
        let reasons = reasons(
            self.accepted.as_ref(),
            &self.agenda,
            &self.state,
            self.now,
            due,
        );
        let stamp = self.stamp();
        for reason in &reasons {
            let _ = writeln!(self.printed, "{stamp} held: {}", reason.in_words().en);
        }
        !reasons.is_empty()
    }

    fn carry_out(&mut self, due: &Plan) {
        self.must_be_fair(due);
        self.print(due);
        for event in due.events(|letter| format!("<{}@bell>", letter.number)) {
            self.record(event);
        }
        for letter in &due.letters {
            self.deliver(letter.number);
        }
    }

    /// What holds of every plan: P2, P3 and P8.
    fn must_be_fair(&self, due: &Plan) {
        let mut addresses = BTreeSet::new();
        for letter in &due.letters {
            assert!(
                addresses.insert(&letter.address),
                "two letters to {}",
                letter.address
            );
            for period in &letter.bulletins {
                let approved = self.state.bulletins.approved(*period);
                let approved = approved.unwrap_or_else(|| panic!("{period} goes out unapproved"));
                assert!(
                    !approved.told.contains_key(&letter.address),
                    "{period} goes out to {} twice",
                    letter.address
                );
            }
            for notice in &letter.notices {
                let state = self.state.duty(&notice.duty);
                let times = self.agenda.calendar.times(&notice.duty.occurrence.task);
                let settled = state.is_some_and(|state| state.settled(times).is_some());
                assert!(!settled || !notice.rung.presses(), "P2: {notice:?}");
                let reported =
                    matches!(notice.part, Part::Above | Part::Rollup) && notice.rung.presses();
                let reached = state.is_some_and(|state| {
                    state
                        .standing()
                        .any(|told| told.part == Part::Act && told.reached.is_some())
                });
                assert!(!reported || reached, "P3: {notice:?}");
            }
        }
    }

    fn print(&mut self, due: &Plan) {
        let stamp = self.stamp();
        for letter in &due.letters {
            let mut head = format!("{stamp} {}", letter.address);
            if letter.kind == LetterKind::Alert {
                head.push_str(" (alert)");
            }
            if !letter.folds.is_empty() {
                let _ = write!(head, " (folds {:?})", letter.folds);
            }
            for notice in &letter.notices {
                let part = match notice.part {
                    Part::Act => "act",
                    Part::Below => "below",
                    Part::Above => "above",
                    Part::Rollup => "rollup",
                };
                let (rung, duty, due) = (notice.rung, &notice.duty, short(notice.due));
                let _ = writeln!(self.printed, "{head} {rung} {duty} due {due} {part}");
            }
            for (key, _) in &letter.matters {
                let _ = writeln!(self.printed, "{head} ! {key}");
            }
            for period in &letter.bulletins {
                let _ = writeln!(self.printed, "{head} brings {period}");
            }
        }
    }

    fn stamp(&self) -> String {
        let local = self
            .now
            .to_zoned_datetime(self.agenda.calendar.timezone.clone());
        local.strftime("%m-%d %H:%M").to_string()
    }

    /// What the last letter to an address says, if it were opened now.
    pub(crate) fn content(&self, address: &str, reader: Reader) -> Option<Content> {
        let (no, _) = self
            .state
            .letters
            .iter()
            .rfind(|(_, letter)| letter.address.as_str() == address)?;
        self.asks_what_its_page_says(*no);
        compose(&self.agenda, &self.state, *no, self.now, reader)
    }

    /// What an answer to a letter is checked by is what its page says: of all its duties, and of any.
    fn asks_what_its_page_says(&self, no: LetterNo) {
        let (agenda, state, now) = (&self.agenda, &self.state, self.now);
        let page = compose(agenda, state, no, now, Reader::Page);
        let mut wanted = page.map(|page| page.asks());
        assert_eq!(asks(agenda, state, no, now, None), wanted, "letter {no}");
        let duties = &state.letters[&no].duties;
        let some = &duties[duties.len() / 2..];
        if let Some(wanted) = &mut wanted {
            wanted.own.retain(|own| some.contains(&own.duty));
            wanted.rollup.retain(|duty| some.contains(duty));
        }
        assert_eq!(
            asks(agenda, state, no, now, Some(some)),
            wanted,
            "letter {no}"
        );
    }

    fn say(&mut self, address: &str) {
        let said = self
            .content(address, Reader::Mail)
            .map_or("  nothing\n".to_owned(), |content| said(&content));
        let _ = write!(self.printed, "{} {address} reads\n{said}", self.stamp());
    }
}
