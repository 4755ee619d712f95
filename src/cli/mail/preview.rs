//! `mail preview`: a letter as it would be, found by walking the planner on until it comes.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::{Timestamp, ToSpan};

use crate::cli::{Desk, print};
use crate::config::Settings;
use crate::core::agenda::Agenda;
use crate::core::compose::{Reader, compose};
use crate::core::diagnostic::did_you_mean;
use crate::core::duty::DutyId;
use crate::core::fact::{Answer, Event, LetterNo, Part, Via};
use crate::core::forecast::Forecast;
use crate::core::ladder::{Rung, Stretch};
use crate::core::letter::Content;
use crate::core::names::{Address, TaskId, UnitId};
use crate::core::plan::{Notice, Slots};
use crate::core::state::State;
use crate::ics;
use crate::ledger::Nature;
use crate::mail::{self, Header, Links, Numbered, Templates};

/// How far ahead a letter is looked for.
const AHEAD_DAYS: i64 = 400;

#[derive(clap::Args)]
pub(in crate::cli) struct Arguments {
    #[arg(value_name = "阶", value_parser = read_rung, help = rungs_in_words())]
    rung: Wanted,
    /// 哪个单位的职责
    #[arg(long, value_name = "单位编号")]
    unit: String,
    /// 哪一项任务;不写则取最先到的
    #[arg(long, value_name = "任务编号")]
    task: Option<String>,
    /// 看哪一种:text 纯文本、html 网页、eml 整封信
    #[arg(long, value_name = "格式", default_value = "text", value_parser = ["text", "html", "eml"])]
    format: String,
}

/// A rung as a person names it: its kind, or that very one.
#[derive(Clone, Debug)]
struct Wanted {
    text: String,
    kind: String,
    /// Where that very one is named.
    rung: Option<Rung>,
}

/// One rung of each kind.
const RUNGS: [Rung; 9] = [
    Rung::Opens,
    Rung::Remind(Stretch::Days(7)),
    Rung::Overdue,
    Rung::Escalate(Stretch::Workdays(1)),
    Rung::Nag(Stretch::Workdays(5)),
    Rung::Changed,
    Rung::Decided,
    Rung::Closed(1),
    Rung::Withdrawn,
];

/// The rungs that may be written, each as it is written and as it is said.
fn rungs_in_words() -> String {
    let rungs = RUNGS.map(|rung| {
        let written = match rung {
            // In Chinese it needs no quotes.
            Rung::Escalate(offset) | Rung::Nag(offset) => {
                format!("{}:{}", kind_of(&rung.to_string()), offset.chinese())
            }
            _ => rung.to_string(),
        };
        format!("{written}({})", rung.chinese())
    });
    let lines: Vec<String> = rungs.chunks(2).map(|two| two.join("、")).collect();
    format!(
        "哪一阶,如 schoolbell mail preview remind:7d --unit s001。可以写:\n{}\n只写 remind、escalate、nag 就取最先到的",
        lines.join("、\n")
    )
}

fn read_rung(text: &str) -> Result<Wanted, String> {
    let kinds = RUNGS.map(|rung| kind_of(&rung.to_string()).to_owned());
    let (kind, rung) = (kind_of(text).to_owned(), text.parse().ok());
    if kinds.contains(&kind) && (kind == text || rung.is_some()) {
        return Ok(Wanted {
            text: text.to_owned(),
            rung: rung.filter(|_| kind != text),
            kind,
        });
    }
    let known = kinds.iter().map(String::as_str);
    let hint = did_you_mean(&kind, known).map_or(String::new(), |words| format!("。{}", words.zh));
    Err(format!("“{text}”不是阶,可以写 {}{hint}", kinds.join("、")))
}

fn kind_of(text: &str) -> &str {
    text.split(':').next().unwrap_or(text)
}

impl Wanted {
    fn is(&self, rung: Rung) -> bool {
        self.rung.map_or_else(
            || kind_of(&rung.to_string()) == self.kind,
            |wanted| wanted == rung,
        )
    }
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config)?;
    let agenda = &desk.loaded.agenda;
    let unit = UnitId::from(arguments.unit.as_str());
    if agenda.roster.unit(&unit).is_none() {
        let known = agenda.roster.units().iter().map(|unit| unit.id.as_str());
        let hint =
            did_you_mean(&arguments.unit, known).map_or(String::new(), |w| format!("。{}", w.zh));
        anyhow::bail!("花名册里没有单位 {unit}{hint}");
    }
    let task = arguments.task.as_deref().map(TaskId::from);
    if let Some(task) = task
        .as_ref()
        .filter(|task| !agenda.calendar.tasks.contains_key(*task))
    {
        let known = agenda.calendar.tasks.keys().map(TaskId::as_str);
        let hint =
            did_you_mean(task.as_str(), known).map_or(String::new(), |w| format!("。{}", w.zh));
        anyhow::bail!("行事历里没有任务 {task}{hint}");
    }
    let (state, ledger) = desk.state()?;
    let pretended = ledger.is_some_and(|ledger| ledger.nature() == Nature::Pretend);
    let from = match state.last_fact {
        Some(last) if pretended => last,
        _ => desk.now,
    };
    let looking = Looking {
        wanted: &arguments.rung,
        unit: &unit,
        task: task.as_ref(),
        until: from.saturating_add(jiff::SignedDuration::from_hours(24 * AHEAD_DAYS))?,
    };
    let found = looking.find(agenda, state, from).with_context(|| {
        format!(
            "今后一年里{}没有这样的信({});换一阶、换一项任务(--task),或用 schoolbell plan --unit {unit} 看有哪些",
            unit, arguments.rung.text
        )
    })?;
    show(&desk.settings, agenda, &found, &arguments.format)?;
    Ok(ExitCode::SUCCESS)
}

/// A letter, and the moment it is written at.
struct Found {
    at: Timestamp,
    content: Content,
}

/// What is looked for.
struct Looking<'a> {
    wanted: &'a Wanted,
    unit: &'a UnitId,
    task: Option<&'a TaskId>,
    until: Timestamp,
}

impl Looking<'_> {
    fn find(&self, agenda: &Agenda, state: State, from: Timestamp) -> Option<Found> {
        let mut walk = Forecast::new(agenda, state, from);
        let acts = |notice: &Notice| notice.part == Part::Act;
        match self.wanted.kind.as_str() {
            "changed" => {
                let (_, _, told) = self.walk_to(&mut walk, acts)?;
                walk.take(granted(&told));
                self.letter(agenda, walk)
            }
            "decided" => {
                let (_, _, told) = self.walk_to(&mut walk, acts)?;
                let (duty, address) = (told.duty.clone(), told.address.clone());
                walk.take(asked(duty, address));
                walk.take(granted(&told));
                self.letter(agenda, walk)
            }
            "closed" => {
                let up = |notice: &Notice| matches!(notice.part, Part::Above | Part::Rollup);
                let (_, _, told) = self.walk_to(&mut walk, up)?;
                walk.take(answer(told.duty, Answer::Done, None));
                self.letter(agenda, walk)
            }
            "withdrawn" => {
                let (_, _, told) = self.walk_to(&mut walk, acts)?;
                let gone = &told.duty.occurrence.task;
                let edited = agenda.only(|task, _| task != gone);
                self.letter(&edited, walk.edited(&edited))
            }
            _ => self.letter(agenda, walk),
        }
    }

    /// Walks on to the letter with the rung that is wanted.
    fn letter(&self, agenda: &Agenda, mut walk: Forecast<'_>) -> Option<Found> {
        let tells = |notice: &Notice| self.wanted.is(notice.rung) && notice.part != Part::Below;
        let (at, no, _) = self.walk_to(&mut walk, tells)?;
        let content = compose(agenda, walk.state(), no, at, Reader::Mail)?;
        Some(Found { at, content })
    }

    /// Walks on to a notice of a duty that is looked for.
    fn walk_to(
        &self,
        walk: &mut Forecast<'_>,
        tells: impl Fn(&Notice) -> bool,
    ) -> Option<(Timestamp, LetterNo, Notice)> {
        while walk.next() <= self.until {
            let (at, due) = walk.pass()?;
            for letter in &due.letters {
                let found = letter.notices.iter().find(|notice| {
                    let duty = &notice.duty;
                    let task = &duty.occurrence.task;
                    duty.unit == *self.unit
                        && self.task.is_none_or(|wanted| wanted == task)
                        && tells(notice)
                });
                if let Some(notice) = found {
                    return Some((at, letter.number, notice.clone()));
                }
            }
        }
        None
    }
}

fn granted(told: &Notice) -> Event {
    Event::Decision {
        duty: told.duty.clone(),
        request: Answer::Extension,
        granted: true,
        by: "示例".to_owned(),
        note: String::new(),
        until: Some(told.due.saturating_add(7.days())),
    }
}

fn asked(duty: DutyId, address: Address) -> Event {
    answer(duty, Answer::Extension, Some(address))
}

fn answer(duty: DutyId, answer: Answer, address: Option<Address>) -> Event {
    Event::Answer {
        duty,
        answer,
        by: "示例".to_owned(),
        note: "示例".to_owned(),
        via: Via::Page,
        address,
        nth: None,
        until: None,
        corrects: false,
    }
}

fn show(settings: &Settings, agenda: &Agenda, found: &Found, format: &str) -> anyhow::Result<()> {
    let (templates, problems) = Templates::load(Some(&settings.mail.templates));
    for problem in problems {
        anstream::eprintln!("{}", problem.render(agenda.calendar.locale, true));
    }
    let content = &found.content;
    let links = Links {
        page: Some(format!("{}/l/…", settings.base_url)),
        board: content
            .unit
            .is_some()
            .then(|| format!("{}/u/…", settings.base_url)),
        desk: (!content.matters.is_empty()).then(|| format!("{}/", settings.base_url)),
        contact: settings.mail.contact.clone(),
        tag: Numbered::new(content.letter, b"preview").tag,
        ..Links::default()
    };
    let rendered = templates.render(content, &links);
    for problem in &rendered.problems {
        anstream::eprintln!("提醒:{problem}");
    }
    match format {
        "html" => print(&rendered.html),
        "eml" => {
            let header = Header {
                from: &settings.mail.from,
                reply_to: None,
                person: &content.person,
                to: &content.address,
                message_id: "<preview@schoolbell.invalid>",
                date: found.at,
                calendar: &agenda.calendar.title,
            };
            let dates = ics::of_letter(content, &agenda.calendar.timezone);
            let bytes = mail::compose(&header, &rendered, dates.as_deref())?;
            print(&String::from_utf8_lossy(&bytes))
        }
        _ => {
            let day = Slots::new(&agenda.calendar).day(found.at);
            let whose = mail::one_line(&format!("{} {}", content.unit_name, content.person));
            print(&format!(
                "日期:{day}\n收信人:{whose} <{}>\n主题:{}\n\n{}",
                content.address, rendered.subject, rendered.text
            ))
        }
    }
}
