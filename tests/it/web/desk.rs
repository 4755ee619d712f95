//! A desk in memory: letters put in by hand, answers kept in a list, faults on demand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use schoolbell::core::board::Board;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, LetterNo, Part};
use schoolbell::core::letter::{Content, Item, Row};
use schoolbell::core::names::{Address, UnitId};
use schoolbell::core::officer::Officer;
use schoolbell::core::overview::{Asked, Below, Overview, below, overview};
use schoolbell::link::LinkKeys;
use schoolbell::web::{
    Amiss, AskedLink, AskedWorkbook, Deed, Desk, DeskError, GivenFile, Health, HeldPass, Masthead,
    Measures, Press, PressedAnswer, Raisable, Recorded, Recording, SettingsPart, Told, Version,
};

use crate::bell::Bell;

/// The day it is in these tests: a Tuesday.
pub(crate) const TODAY: Date = date(2026, 5, 5);

/// The digest of the one file of evidence.
pub(crate) const FILE: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

/// A key file of one key.
pub(crate) const KEY: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What makes the desk fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `letter` fails so.
    Reading(DeskError),
    /// `record` fails so.
    Recording(DeskError),
    /// `letter` panics.
    ReadingPanics,
    /// `record` panics.
    RecordingPanics,
    /// `record` never resolves.
    RecordingHangs,
    /// The daemon is not well.
    Unwell(&'static str),
}

/// The desk. Asking it counts, so that a test sees what a request reached.
pub(crate) struct MemoryDesk {
    keys: Mutex<Arc<LinkKeys>>,
    letters: Mutex<BTreeMap<LetterNo, Content>>,
    boards: Mutex<BTreeMap<UnitId, Board>>,
    bureau: Mutex<Option<Bell>>,
    pub(crate) asked_links: Mutex<Vec<AskedLink>>,
    /// While a test holds this, no link is written.
    pub(crate) links_wait: Mutex<()>,
    pub(crate) links_begun: AtomicUsize,
    /// The workbooks that were asked for.
    pub(crate) workbooks: Mutex<Vec<AskedWorkbook>>,
    /// What officers decided.
    pub(crate) deeds: Mutex<Vec<Deed>>,
    /// While a test holds this, no deed comes to its end.
    pub(crate) deeds_wait: Mutex<()>,
    /// How many deeds were begun.
    pub(crate) deeds_begun: AtomicUsize,
    /// The digests of browsers that signed in, and of their sessions.
    pub(crate) signed_in: Mutex<BTreeMap<String, Officer>>,
    recorded: Mutex<Vec<PressedAnswer>>,
    fault: Mutex<Option<Fault>>,
    pub(crate) asked_to_record: AtomicUsize,
}

impl MemoryDesk {
    pub(crate) fn with(letters: impl IntoIterator<Item = Content>) -> Arc<Self> {
        let keys = LinkKeys::from_text(KEY).expect("the test's key is a key");
        let letters = letters.into_iter().map(|content| (content.letter, content));
        Arc::new(Self {
            keys: Mutex::new(Arc::new(keys)),
            letters: Mutex::new(letters.collect()),
            boards: Mutex::default(),
            bureau: Mutex::default(),
            asked_links: Mutex::default(),
            links_wait: Mutex::default(),
            links_begun: AtomicUsize::new(0),
            workbooks: Mutex::default(),
            deeds: Mutex::default(),
            deeds_wait: Mutex::default(),
            deeds_begun: AtomicUsize::new(0),
            signed_in: Mutex::default(),
            recorded: Mutex::default(),
            fault: Mutex::default(),
            asked_to_record: AtomicUsize::new(0),
        })
    }

    /// Puts up a board.
    pub(crate) fn put_up(&self, board: Board) {
        lock(&self.boards).insert(board.unit.clone(), board);
    }

    /// Opens the bureau of a bell.
    pub(crate) fn open_bureau(&self, bell: Bell) {
        *lock(&self.bureau) = Some(bell);
    }

    /// Signs somebody in by what their browser holds.
    pub(crate) fn let_in(&self, secret: &str, address: &str) {
        let bureau = lock(&self.bureau);
        let agenda = &bureau.as_ref().expect("the bureau is open").agenda;
        let officer = Officer::of(agenda, &Address::from(address), TODAY);
        let digest = digest_of(secret);
        lock(&self.signed_in).insert(digest, officer.expect("an officer"));
    }

    /// Everything recorded, in order.
    pub(crate) fn recorded(&self) -> Vec<PressedAnswer> {
        lock(&self.recorded).clone()
    }

    pub(crate) fn fail(&self, fault: impl Into<Option<Fault>>) {
        *lock(&self.fault) = fault.into();
    }

    pub(crate) fn rekey(&self, text: &str) {
        *lock(&self.keys) = Arc::new(LinkKeys::from_text(text).expect("the test's keys are keys"));
    }

    fn fault(&self) -> Option<Fault> {
        lock(&self.fault).clone()
    }

    fn take_in(&self, pressed: PressedAnswer) -> Recorded {
        let mut letters = lock(&self.letters);
        let content = letters
            .get_mut(&pressed.letter)
            .expect("a letter that was shown");
        let words = format!("{}({},5月5日)", pressed.answer.name(), pressed.by);
        let items = content.items.iter_mut().chain(&mut content.overdue_below);
        for item in items.filter(|item| pressed.duties.contains(&item.duty)) {
            if pressed.answer == Answer::Done {
                item.times.1 = pressed.nth.unwrap_or(1).max(item.times.1);
                item.settled = (item.times.1 >= item.times.0).then(|| words.clone());
            } else {
                item.settled = None;
            }
            item.answered = Some(words.clone());
            item.stands = Some(pressed.answer);
        }
        for row in &mut content.rollup {
            if pressed.duties.contains(&row.duty) {
                row.answered.clone_from(&words);
            }
        }
        let mut recorded = lock(&self.recorded);
        if recorded.last() == Some(&pressed) {
            return Recorded::Before;
        }
        recorded.push(pressed);
        Recorded::Now
    }
}

impl Desk for MemoryDesk {
    fn today(&self) -> Date {
        TODAY
    }

    fn keys(&self) -> Arc<LinkKeys> {
        Arc::clone(&lock(&self.keys))
    }

    fn masthead(&self) -> Masthead {
        Masthead {
            calendar: "慈溪市学校安全工作行事历".to_owned(),
            reads_replies: true,
            call: "市教育局安全管理科 0574-63920000".to_owned(),
        }
    }

    fn letter(&self, letter: LetterNo) -> Result<Option<Content>, DeskError> {
        match self.fault() {
            Some(Fault::Reading(error)) => Err(error),
            Some(Fault::ReadingPanics) => panic!("reading was told to panic"),
            _ => Ok(lock(&self.letters).get(&letter).cloned()),
        }
    }

    fn board(&self, unit: &UnitId) -> Result<Option<Board>, DeskError> {
        match self.fault() {
            Some(Fault::Reading(error)) => Err(error),
            Some(Fault::ReadingPanics) => panic!("reading was told to panic"),
            _ => Ok(lock(&self.boards).get(unit).cloned()),
        }
    }

    fn below(&self, unit: &UnitId) -> Result<Vec<Below>, DeskError> {
        let bureau = lock(&self.bureau);
        Ok(bureau.as_ref().map_or(Vec::new(), |bell| {
            below(&bell.agenda, &bell.state, unit, bell.now)
        }))
    }

    fn officer(&self, session: &str) -> Result<Option<Officer>, DeskError> {
        Ok(lock(&self.signed_in).get(session).cloned())
    }

    fn mail_link(&self, asked: &AskedLink) -> Result<(), DeskError> {
        self.links_begun.fetch_add(1, Ordering::SeqCst);
        drop(lock(&self.links_wait));
        lock(&self.asked_links).push(asked.clone());
        Ok(())
    }

    /// The letter's number is the place of who asked, from 1.
    fn knows_link(&self, letter: LetterNo, browser: &str) -> Result<bool, DeskError> {
        let asked = lock(&self.asked_links);
        let place = usize::try_from(letter - 1).expect("a small number");
        Ok(asked
            .get(place)
            .is_some_and(|asked| asked.browser == browser))
    }

    fn sign_in(&self, letter: LetterNo, browser: &str, session: &str) -> Result<bool, DeskError> {
        if !self.knows_link(letter, browser)? {
            return Ok(false);
        }
        let place = usize::try_from(letter - 1).expect("a small number");
        let address = {
            let mut asked = lock(&self.asked_links);
            "used up".clone_into(&mut asked[place].browser);
            Address::from(asked[place].address.as_str())
        };
        let bureau = lock(&self.bureau);
        let agenda = &bureau.as_ref().expect("the bureau is open").agenda;
        let officer = Officer::of(agenda, &address, TODAY).expect("an officer");
        lock(&self.signed_in).insert(session.to_owned(), officer);
        Ok(true)
    }

    fn sign_out(&self, session: &str) -> Result<(), DeskError> {
        lock(&self.signed_in).remove(session);
        Ok(())
    }

    fn overview(&self, officer: &Officer, asked: &Asked) -> Result<Option<Overview>, DeskError> {
        let bureau = lock(&self.bureau);
        let bell = bureau.as_ref().expect("the bureau is open");
        Ok(overview(
            &bell.agenda,
            &bell.state,
            officer,
            asked,
            bell.now,
        ))
    }

    fn carry_out(&self, officer: &Officer, deed: &Deed) -> Result<Told, DeskError> {
        assert!(
            officer.may_act(),
            "asked to decide for somebody who may not"
        );
        self.deeds_begun.fetch_add(1, Ordering::SeqCst);
        drop(lock(&self.deeds_wait));
        if let Some(Fault::Recording(error)) = self.fault() {
            return Err(error);
        }
        lock(&self.deeds).push(deed.clone());
        Ok(Told {
            done: vec!["已办<b>".to_owned()],
            not_done: Vec::new(),
        })
    }

    fn held_pass(&self) -> Result<Option<HeldPass>, DeskError> {
        Ok(Some(HeldPass {
            mark: "2026-05-05/b1946ac9".to_owned(),
            reasons: vec!["行事历或花名册改动以后<b>".to_owned()],
            letters: 21,
            notices: 345,
            lines: "· 应急疏散演练:布置 345条\n".to_owned(),
        }))
    }

    fn raisable(&self) -> Raisable {
        Raisable {
            tasks: vec![("alert".to_owned(), "紧急通知".to_owned())],
            units: vec![("s1".to_owned(), "浒山小学".to_owned())],
            tags: Vec::new(),
            towns: vec![("t1".to_owned(), "浒山街道".to_owned())],
        }
    }

    fn evidence(&self, _: &Officer, digest: &str) -> Result<Option<GivenFile>, DeskError> {
        let bytes = self.file(digest)?;
        Ok(bytes.map(|bytes| GivenFile {
            name: "演练 照片\"1\".jpg".to_owned(),
            bytes,
        }))
    }

    fn workbook(&self, _: &Officer, asked: &AskedWorkbook) -> Result<Option<GivenFile>, DeskError> {
        lock(&self.workbooks).push(asked.clone());
        Ok(Some(GivenFile {
            name: "慈溪市教育局-2026年台账.xlsx".to_owned(),
            bytes: b"PK a workbook".to_vec(),
        }))
    }

    fn file(&self, digest: &str) -> Result<Option<Vec<u8>>, DeskError> {
        Ok((digest == FILE).then(|| b"\xFF\xD8\xFF a photo".to_vec()))
    }

    fn versions(&self) -> Result<Vec<Version>, DeskError> {
        let version = |seq, name: &str, day, in_force| Version {
            seq,
            version: name.to_owned(),
            at: date(2026, 4, day).at(9, 30, 0, 0),
            in_force,
            awaits_release: in_force,
        };
        Ok(vec![
            version(907, "b1946ac92492", 20, true),
            version(455, "a0f3c1d2e4b5", 14, false),
            version(3, "b1946ac92492", 1, false),
        ])
    }

    fn edit(&self, seq: u64) -> Result<Option<String>, DeskError> {
        let words = "“应急疏散演练”改期:5月12日 → 5月15日<b>\n".to_owned();
        Ok((seq == 907).then_some(words))
    }

    fn settings(&self) -> Vec<SettingsPart> {
        let rows = vec![("发件人", "校钟 <bell@cixi.example>".to_owned())];
        vec![SettingsPart {
            title: "发信",
            rows,
        }]
    }

    fn record(&self, press: Arc<Press>, files: Vec<GivenFile>) -> Recording<'_> {
        Box::pin(async move {
            let content = self.letter(press.letter)?.ok_or(Amiss::NoLetter)?;
            let pressed = PressedAnswer {
                files,
                ..press.check(&content.asks())?
            };
            self.asked_to_record.fetch_add(1, Ordering::SeqCst);
            match self.fault() {
                Some(Fault::Recording(error)) => Err(error.into()),
                Some(Fault::RecordingPanics) => panic!("recording was told to panic"),
                Some(Fault::RecordingHangs) => std::future::pending().await,
                _ => Ok(self.take_in(pressed)),
            }
        })
    }

    fn health(&self) -> Health {
        let reasons = match self.fault() {
            Some(Fault::Unwell(reason)) => vec![reason.to_owned()],
            _ => Vec::new(),
        };
        Health {
            reasons,
            last_beat: Some(at("2026-05-05T00:00:00Z")),
            next_due: Some(at("2026-05-06T00:00:00Z")),
            counts: BTreeMap::from([("letters_queued", 3)]),
        }
    }

    fn measures(&self) -> Measures {
        Measures {
            letters: BTreeMap::from([("queued", 3), ("refused", 1)]),
            accepted: 1207,
            answers: 845,
            last_beat: Some(at("2026-05-05T00:00:00Z")),
            next_slot: Some(at("2026-05-06T00:00:00Z")),
            held: true,
            contact_gaps: 2,
            wal_bytes: Some(4152),
            ..Measures::default()
        }
    }
}

/// A letter to the safety officer of 浒山小学 that has nothing in it yet.
pub(crate) fn letter(number: LetterNo) -> Content {
    Content {
        letter: number,
        address: Address::from("wang@hushan.example"),
        person: "王建国".to_owned(),
        unit_name: "浒山小学".to_owned(),
        unit: Some("s001".into()),
        slot: at("2026-05-05T00:00:00Z"),
        today: TODAY,
        calendar: "慈溪市学校安全工作行事历".to_owned(),
        items: Vec::new(),
        overdue_below: Vec::new(),
        rollup: Vec::new(),
        closed: Vec::new(),
        withdrawn: Vec::new(),
        matters: Vec::new(),
        bulletins: Vec::new(),
        alert: None,
        is_sign_in: false,
    }
}

/// A duty of 浒山小学, due in five workdays.
pub(crate) fn item(id: &str, title: &str) -> Item {
    Item {
        duty: duty(id),
        title: title.to_owned(),
        detail: "全校师生参加一次应急疏散演练，三分钟内到达操场，清点人数并当场讲评。".to_owned(),
        unit_name: "浒山小学".to_owned(),
        due: date(2026, 5, 12),
        due_time: None,
        hour_over: false,
        window_from: None,
        date_note: None,
        workdays_left: 5,
        evidence: "演练方案、照片两张、讲评记录".to_owned(),
        changed_from: None,
        date_changes: 0,
        decided: None,
        times: (1, 0),
        answered: None,
        part: Part::Act,
        reported_to: Vec::new(),
        stands: None,
        what_follows: vec![
            (date(2026, 5, 13), "分管副校长 李敏".to_owned()),
            (
                date(2026, 5, 15),
                "校长 陈国强、浒山街道教育办公室".to_owned(),
            ),
        ],
        why_you: "您是浒山小学的安全主任".to_owned(),
        source: "正文·14".to_owned(),
        origin: "市教育局的行事历".to_owned(),
        authority: "《中小学幼儿园应急疏散演练指南》".to_owned(),
        settled: None,
        alert: false,
        files: Vec::new(),
    }
}

/// A line of a town's table, three workdays late.
pub(crate) fn row(id: &str, unit: &str, title: &str) -> Row {
    Row {
        duty: duty(id),
        town_name: "浒山街道".to_owned(),
        unit_name: unit.to_owned(),
        title: title.to_owned(),
        due: date(2026, 4, 29),
        workdays_late: 3,
        answered: String::new(),
    }
}

/// What is kept of what a browser holds.
pub(crate) fn digest_of(secret: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
    schoolbell::core::hex::hex(digest.as_ref())
}

pub(crate) fn duty(id: &str) -> DutyId {
    id.parse().expect("the test names a duty")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("the test names an instant")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics while it holds this")
}
