//! SIGKILL at random while a morning's letters go through Postfix into Dovecot's mailboxes. A few hundred letters here;
//! `just mail-crash` has ten thousand.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use mail_parser::MessageParser;
use schoolbell::core::fact::{Event, Fact, LetterNo, Outcome};
use schoolbell::core::rehearsal::Chance;
use schoolbell::ledger::Ledger;

use super::house::{Daemon, House, LIMIT, figure};
use super::post_office::{PostOffice, is_left_out};

const BEFORE: &str = "2026-05-06T07:59:59+08:00";
const AFTER: &str = "2026-05-06T09:00:00+08:00";

/// Four duties of every school that open that morning.
const MAY: &str = include_str!("../data/may-digest.toml");

/// What the post offices on the way put before a letter.
const TRACES: [&str; 3] = ["Return-Path:", "Delivered-To:", "Received:"];

#[expect(
    clippy::print_stderr,
    reason = "the figures are what `just mail-crash` is run for"
)]
#[test]
fn killed_while_letters_go_through_postfix_into_mailboxes() {
    if is_left_out() {
        return;
    }
    let figure = |name, usual| usize::try_from(figure(name, usual)).unwrap();
    let letters = figure("SCHOOLBELL_LETTERS", 300);
    let kills = figure("SCHOOLBELL_KILLS", 4);
    let seed = super::house::figure("SCHOOLBELL_SEED", 1);
    eprintln!("seed {seed}");
    let schools: Vec<String> = (1..=letters)
        .map(|school| format!("s{school:05}@school.example"))
        .collect();
    let addresses: Vec<&str> = schools.iter().map(String::as_str).collect();
    let office = PostOffice::open(&addresses);
    let mut morning = Morning {
        house: house(&office, &schools),
        chance: Chance::new(seed),
        facts: Vec::new(),
    };
    let began = Instant::now();
    morning.lead(letters, kills);
    let sent_in = began.elapsed();
    office.wait_until_delivered();
    let figures = morning.holds(&office, &schools);
    eprintln!("{kills} kills, sent in {sent_in:.0?}: {figures:?}");
    assert!(figures.unknown > 0, "no kill met a letter on its way");
}

/// As many schools as addresses, under one town.
fn house(office: &PostOffice, schools: &[String]) -> House {
    let house = House::new(Some(office.smtp));
    house.edit(
        "config/schoolbell.toml",
        "connections = 1",
        "connections = 8",
    );
    let mut roster =
        String::from("unit,name,kind,parent,tags,role,person,email,phone,since,until\n");
    roster += "bureau,慈溪市教育局,bureau,,,office,沈志明,office@bureau.example,,,\n";
    roster += "t01,浒山街道教育办公室,town,bureau,,safety,胡国强,safety@t01.example,,,\n";
    for (nth, address) in schools.iter().enumerate() {
        let _ = writeln!(
            roster,
            "s{nth:05},浒山第{nth}小学,primary,t01,,safety,王建国,{address},,,"
        );
    }
    fs::write(house.path("config/roster.csv"), roster).unwrap();
    for entry in fs::read_dir(house.path("calendar")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_tasks = path.is_file() && !["calendar.toml", "school-year.toml"].contains(&name);
        if is_tasks {
            fs::remove_file(path).unwrap();
        }
    }
    fs::write(house.path("calendar/05.toml"), MAY).unwrap();
    house
}

struct Morning {
    house: House,
    chance: Chance,
    /// What was read of the ledger.
    facts: Vec<(u64, Fact)>,
}

impl Morning {
    /// Lives through the morning with so many kills, spread over it by chance.
    fn lead(&mut self, letters: usize, kills: usize) {
        for kill in 0..kills {
            let left = letters - self.accepted();
            let most = (2 * left / (kills - kill)).min(left);
            let until = self.accepted() + below(&mut self.chance, most);
            let mut daemon = self.start();
            let limit = Instant::now() + LIMIT;
            while self.accepted() < until && daemon.is_running() {
                assert!(Instant::now() < limit, "{} letters", self.accepted());
                std::thread::yield_now();
                self.read();
            }
            daemon.kill();
            self.read();
        }
        let mut daemon = self.start();
        let status = daemon.wait();
        assert!(status.success(), "{status}: {:?}", daemon.said);
        self.read();
    }

    /// Starts it where it was killed last.
    fn start(&self) -> Daemon {
        let now = match self.facts.last() {
            Some((_, fact)) => fact.at.to_string(),
            None => BEFORE.to_owned(),
        };
        let pretend = ["--pretend-now", &now, "--until", AFTER, "--speed", "max"];
        self.house.start(&pretend)
    }

    fn read(&mut self) {
        let Some(ledger) = Ledger::open_existing(&self.house.path("var")).unwrap() else {
            return;
        };
        let known = self.facts.last().map_or(0, |(seq, _)| *seq);
        self.facts.extend(ledger.facts_since(known).unwrap());
    }

    /// How many outcomes of a kind are on record, by letter.
    fn outcomes(&self, wanted: Outcome) -> BTreeMap<LetterNo, usize> {
        let mut found = BTreeMap::new();
        for (_, fact) in &self.facts {
            if let Event::Outcome {
                letter, outcome, ..
            } = &fact.what
                && *outcome == wanted
            {
                *found.entry(*letter).or_default() += 1;
            }
        }
        found
    }

    fn accepted(&self) -> usize {
        self.outcomes(Outcome::Accepted).len()
    }

    /// Holds the ledger against the mailboxes. The figures.
    fn holds(&self, office: &PostOffice, schools: &[String]) -> Figures {
        let accepted = self.outcomes(Outcome::Accepted);
        let unknown = self.outcomes(Outcome::Unknown);
        assert!(accepted.values().all(|times| *times == 1));
        let ledger = Ledger::open_existing(&self.house.path("var")).unwrap();
        let ledger = ledger.unwrap();
        let mut figures = Figures {
            unknown: unknown.values().sum(),
            ..Figures::default()
        };
        let mut queued = 0;
        for (_, fact) in &self.facts {
            let Event::LetterQueued {
                letter,
                address,
                message_id,
                ..
            } = &fact.what
            else {
                continue;
            };
            queued += 1;
            assert!(
                accepted.contains_key(letter),
                "letter {letter} was not taken"
            );
            let sent = ledger.frozen(*letter).unwrap().unwrap();
            let mails = office.mailbox(address.as_str());
            assert!(!mails.is_empty(), "letter {letter} never arrived");
            // Each copy more is one whose end nobody saw.
            let in_doubt = unknown.get(letter).copied().unwrap_or(0);
            assert!(
                mails.len() <= 1 + in_doubt,
                "letter {letter}: {} copies",
                mails.len()
            );
            for mail in &mails {
                assert_eq!(as_sent(mail), sent, "letter {letter} has other bytes");
                let parsed = MessageParser::default().parse(mail).unwrap();
                let id = parsed.message_id().unwrap();
                assert_eq!(format!("<{id}>"), *message_id);
            }
            figures.letters += 1;
            figures.mails += mails.len();
        }
        // One letter to each, so that no mailbox has two different ones; and none is left over.
        assert_eq!(queued, schools.len());
        assert_eq!(figures.letters, accepted.len());
        let everything: usize = schools.iter().map(|s| office.mailbox(s).len()).sum();
        assert_eq!(figures.mails, everything);
        figures
    }
}

/// What came of it.
#[derive(Debug, Default)]
struct Figures {
    letters: usize,
    /// In the mailboxes, repeats and all.
    mails: usize,
    /// Attempts whose end nobody saw.
    unknown: usize,
}

fn below(chance: &mut Chance, most: usize) -> usize {
    usize::try_from(chance.below(most as u64)).unwrap()
}

/// A mail as it was sent: without what the post offices on the way put before it, and with the line ends of the wire.
fn as_sent(mail: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(mail.to_vec()).unwrap();
    let mut is_trace = true;
    let mut sent = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        let goes_on = line.starts_with([' ', '\t']);
        is_trace = is_trace && goes_on || TRACES.iter().any(|trace| line.starts_with(trace));
        if !is_trace {
            sent += line;
            sent += "\r\n";
        }
        if line.is_empty() {
            break;
        }
    }
    for line in lines {
        sent += line;
        sent += "\r\n";
    }
    sent.into_bytes()
}
