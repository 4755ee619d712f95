//! `export`: the record as a workbook the bureau can read, filter, print and hand on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;

use super::{Desk, print};
use crate::core::overview::Scope;
use crate::disk;
use crate::export::Record;
use crate::ledger::{Ledger, Nature};
use crate::sheet::Book;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 写到哪个文件(.xlsx)
    #[arg(value_name = "表格")]
    file: PathBuf,
    /// 已有同名文件也写
    #[arg(long)]
    force: bool,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    anyhow::ensure!(
        file.extension()
            .is_some_and(|ext| ext.eq_ignore_ascii_case("xlsx")),
        "{} 要以 .xlsx 结尾",
        file.display()
    );
    anyhow::ensure!(
        arguments.force || !file.exists(),
        "{} 已经有了。换一个名字,或加 --force 换掉它",
        file.display()
    );
    let desk = Desk::in_force(config)?;
    let ledger = desk.ledger()?.with_context(|| {
        format!(
            "{} 里还没有台账:服务第一次启动(schoolbell run)时才建",
            desk.settings.state.display()
        )
    })?;
    // All of every duty is told: nothing goes on a shelf.
    let mut state = State::default();
    ledger.each_fact(0, |_, fact| -> anyhow::Result<()> {
        state.apply(&fact);
        Ok(())
    })?;
    let export = Export {
        agenda: &desk.loaded.agenda,
        state: &state,
        now: match (ledger.nature(), state.last_fact) {
            // A pretended ledger stands at the moment of its last fact.
            (Nature::Pretend, Some(last)) => last,
            _ => desk.now,
        },
    };
    let mut book = Book::default();
    let (duties, letters) = (record.duties(&state), record.letters(&state));
    let duties = record.write(duties, letters, &ledger, &mut book)?;
    let bytes = book.into_bytes().context("做不成表格")?;
    disk::replace(file, &bytes, None).with_context(|| format!("写不了 {}", file.display()))?;
    print(&format!(
        "已写入 {}:职责 {duties} 项,信 {} 封,事实 {} 条\n",
        file.display(),
        state.letters.len(),
        ledger.last_seq()?
    ))?;
    Ok(ExitCode::SUCCESS)
}

struct Export<'a> {
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
}

impl Export<'_> {
    /// One row a duty: those due by the end of this year, and any of which something has happened.
    fn duties(&self, book: &mut Book) -> anyhow::Result<usize> {
        let today = Slots::new(&self.agenda.calendar).day(self.now);
        let found = standings(
            self.agenda,
            self.state,
            self.now,
            date(today.year(), 12, 31),
        );
        let count = found.len();
        book.table(
            "职责",
            [
                "单位",
                "镇街",
                "任务",
                "期次",
                "开始",
                "截止",
                "状态",
                "回执",
                "回执人",
                "回执时间",
                "说明",
                "职责编号",
            ],
            found.iter().map(|duty| self.duty_row(duty)),
        )?;
        Ok(count)
    }

    fn duty_row(&self, found: &DutyStanding<'_>) -> [Cell; 12] {
        let DutyId { occurrence, unit } = &found.duty;
        let (opens, due) = found.days.unzip();
        let asks = matches!(found.standing, Standing::Open | Standing::Overdue)
            && found.state.is_some_and(|state| state.request().is_some());
        let standing = found.standing.name();
        let [answer, by, at, note] = last_word(found).map_or_else(
            || [(); 4].map(|()| Cell::from("")),
            |(answer, by, at, note)| [answer.into(), by.into(), self.moment(at), note.into()],
        );
        [
            found.unit.map_or(unit.as_str(), |unit| &unit.name).into(),
            found.unit.map_or("", |unit| self.town(unit)).into(),
            found
                .task
                .map_or(occurrence.task.to_string(), |task| {
                    title(task, occurrence.period)
                })
                .into(),
            occurrence.period.to_string().into(),
            opens.into(),
            due.into(),
            if asks {
                format!("{standing},申请待批")
            } else {
                standing.to_owned()
            }
            .into(),
            answer,
            by,
            at,
            note,
            found.duty.to_string().into(),
        ]
    }

    /// What people have said and decided, in the order of time.
    fn answers(&self, ledger: &Ledger, book: &mut Book) -> anyhow::Result<()> {
        let mut rows = Vec::new();
        ledger.each_fact(0, |_, fact| -> anyhow::Result<()> {
            rows.extend(self.answer_row(&fact));
            Ok(())
        })?;
        book.table(
            "回执",
            [
                "时间",
                "单位",
                "任务",
                "回执或批复",
                "谁",
                "说明",
                "延到",
                "途径",
                "邮箱",
                "职责编号",
            ],
            rows,
        )?;
        Ok(())
    }

    fn answer_row(&self, fact: &Fact) -> Option<[Cell; 10]> {
        let (mut until, mut through, mut from) = (None, "局里记", None);
        let (duty, what, by, note) = match &fact.what {
            Event::Answer {
                duty,
                answer,
                by,
                note,
                via,
                address,
                until: asked,
                ..
            } => {
                until = *asked;
                from = address.as_ref();
                through = match via {
                    Via::Page => "信里的网页",
                    Via::Clerk => "局里代记",
                    Via::Mail => "回信",
                };
                (duty, answer.name().to_owned(), by, note)
            }
            Event::Decision {
                duty,
                request,
                granted,
                by,
                note,
                until: granted_until,
            } => {
                until = *granted_until;
                let verdict = if *granted { "同意" } else { "不同意" };
                (duty, format!("{verdict}“{}”", request.name()), by, note)
            }
            Event::Evidence { duty, name, by, .. } => (duty, "交材料".to_owned(), by, name),
            Event::Waiver { duty, by, note } => (duty, "免做".to_owned(), by, note),
            Event::Return { duty, by, note } => (duty, "退回".to_owned(), by, note),
            Event::Raised {
                duty,
                due,
                by,
                note,
                alert,
                ..
            } => {
                until = Some(*due);
                let what = if *alert { "紧急发起" } else { "发起" };
                (duty, what.to_owned(), by, note)
            }
            _ => return None,
        };
        Some([
            self.moment(fact.at),
            self.unit_name(duty).into(),
            self.task_title(duty).into(),
            what.into(),
            by.as_str().into(),
            note.as_str().into(),
            until.into(),
            through.into(),
            from.map_or("", Address::as_str).into(),
            duty.to_string().into(),
        ])
    }

    /// One row a letter.
    fn letters(&self, book: &mut Book) -> anyhow::Result<()> {
        let today = Slots::new(&self.agenda.calendar).day(self.now);
        let rows = self.state.letters.iter().map(|(number, letter)| {
            let behind = self.agenda.roster.behind(&letter.address, today);
            let units: BTreeSet<&str> = behind.iter().map(|(unit, _)| unit.name.as_str()).collect();
            let people: BTreeSet<&str> =
                behind.iter().map(|(_, who)| who.person.as_str()).collect();
            let joined = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join("、");
            [
                Cell::Count(*number),
                self.moment(letter.slot),
                letter.address.to_string().into(),
                joined(people).into(),
                joined(units).into(),
                match letter.kind {
                    LetterKind::Slot => "提醒",
                    LetterKind::Alert => "告警",
                }
                .into(),
                Cell::Count(letter.duties.len() as u64),
                letter.status.name().into(),
                Cell::Count(letter.attempts.into()),
                letter.text.as_str().into(),
                letter.message_id.as_str().into(),
            ]
        });
        book.table(
            "信件",
            [
                "信号",
                "时点",
                "邮箱",
                "收件人",
                "单位",
                "种类",
                "职责数",
                "状态",
                "发送次数",
                "服务器说的",
                "Message-ID",
            ],
            rows,
        )?;
        Ok(())
    }

    /// Every fact, as the ledger has it.
    fn facts(&self, ledger: &Ledger, book: &mut Book) -> anyhow::Result<()> {
        let mut rows = Vec::new();
        ledger.each_fact(0, |seq, fact| -> anyhow::Result<()> {
            let mut fields = serde_json::to_value(&fact.what)?;
            let mut take = |key: &str| {
                let found = fields.as_object_mut().and_then(|all| all.shift_remove(key));
                match found {
                    Some(serde_json::Value::String(text)) => text,
                    Some(other) => other.to_string(),
                    None => String::new(),
                }
            };
            let kind = take("fact");
            let [duty, address, letter] = ["duty", "address", "letter"].map(take);
            rows.push([
                Cell::Count(seq),
                self.moment(fact.at),
                kind.into(),
                duty.into(),
                address.into(),
                letter.into(),
                fields.to_string().into(),
            ]);
            Ok(())
        })?;
        book.table(
            "台账",
            [
                "序号",
                "时间",
                "事实",
                "职责编号",
                "邮箱",
                "信号",
                "其余内容",
            ],
            rows,
        )?;
        Ok(())
    }

    fn moment(&self, at: Timestamp) -> Cell {
        let local: DateTime = at
            .to_zoned_datetime(self.agenda.calendar.timezone.clone())
            .datetime();
        Cell::Moment(local)
    }

    fn unit_name(&self, duty: &DutyId) -> String {
        let unit = self.agenda.roster.unit(&duty.unit);
        unit.map_or(duty.unit.to_string(), |unit| unit.name.clone())
    }

    fn task_title(&self, duty: &DutyId) -> String {
        let id = &duty.occurrence;
        let task = self.agenda.calendar.tasks.get(&id.task);
        task.map_or(id.to_string(), |task| title(task, id.period))
    }

    fn town(&self, unit: &Unit) -> &str {
        let roster = &self.agenda.roster;
        let town = roster.ancestor(unit, Kind::Town);
        town.map_or("", |town| town.name.as_str())
    }
}

/// What was said last of a duty: the words, who, when, and the note.
fn last_word<'a>(found: &DutyStanding<'a>) -> Option<(&'static str, &'a str, Timestamp, &'a str)> {
    let state = found.state?;
    if let Some(off) = &state.let_off {
        let word = if off.not_applicable {
            "同意不适用"
        } else {
            "免做"
        };
        return Some((word, &off.by, off.at, &off.note));
    }
    let given = state.answers.last()?;
    Some((given.answer.name(), &given.by, given.at, &given.note))
}
