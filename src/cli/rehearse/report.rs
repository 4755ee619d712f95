//! What a rehearsal came to, in words and as JSON.

use serde_json::{Value, json};

use crate::cli::duty_table;
use crate::core::agenda::Agenda;
use crate::core::diagnostic::Locale;
use crate::core::rehearsal::{Person, Summary, UnitYear};

/// How many columns the longest bar takes.
const BAR_COLUMNS: u32 = 40;

/// How many schools and tasks are listed.
const SCHOOLS_LISTED: usize = 10;
const TASKS_NAMED: usize = 3;
const GAPS_LISTED: usize = 10;

/// The report for a terminal.
pub(super) fn text(agenda: &Agenda, summary: &Summary, problems: &[String]) -> String {
    let mut report = Report {
        agenda,
        summary,
        locale: agenda.calendar.locale,
        out: String::new(),
    };
    report.head();
    report.letters();
    report.months();
    report.burden();
    report.climbed();
    report.answers();
    report.warnings(problems);
    report.out
}

struct Report<'a> {
    agenda: &'a Agenda,
    summary: &'a Summary,
    locale: Locale,
    out: String,
}

impl Report<'_> {
    /// A line in the language of the calendar.
    fn line(&mut self, zh: &str, en: &str) {
        let said = match self.locale {
            Locale::Chinese => zh,
            Locale::English => en,
        };
        self.out.push_str(said);
        self.out.push('\n');
    }

    fn head(&mut self) {
        let (year, seed) = (self.summary.year, self.summary.seed);
        let (units, people) = (self.summary.units.len(), self.summary.people.len());
        self.line(
            &format!("{year}年预演:{units}个单位,{people}个邮箱,种子 {seed};人的表现是编出来的,日期和信是真的规则算的"),
            &format!("rehearsal of {year}: {units} units, {people} mailboxes, seed {seed}; the people are made up, dates and letters are by the rules"),
        );
    }

    fn letters(&mut self) {
        let summary = self.summary;
        let (all, median, ninety) = (
            summary.letters(),
            summary.percentile(50),
            summary.percentile(90),
        );
        self.line("\n信", "\nletters");
        self.line(
            &format!("  全年{all}封;每个邮箱中位数{median}封,九成不超过{ninety}封"),
            &format!("  {all} in all; a mailbox gets {median} at the median, {ninety} at the 90th percentile"),
        );
        if let Some(most) = summary.people.first() {
            let (name, letters) = (self.name(most), most.letters);
            self.line(
                &format!("  最多的是{name},{letters}封"),
                &format!("  most: {name}, {letters}"),
            );
        }
        let Some((date, day)) = summary.busiest() else {
            return;
        };
        let tasks: Vec<_> = day
            .foremost(TASKS_NAMED)
            .into_iter()
            .map(|(id, notices)| {
                let title = self
                    .agenda
                    .calendar
                    .tasks
                    .get(id)
                    .map_or(id.as_str(), |task| &task.title);
                match self.locale {
                    Locale::Chinese => format!("{title}({notices}条)"),
                    Locale::English => format!("{id} ({notices} notices)"),
                }
            })
            .collect();
        let letters = day.letters;
        self.line(
            &format!(
                "  最忙的一天是{}月{}日,{letters}封,说得最多的是:{}",
                date.month(),
                date.day(),
                tasks.join("、")
            ),
            &format!(
                "  busiest day: {date}, {letters} letters, mostly {}",
                tasks.join(", ")
            ),
        );
    }

    /// `王建国(浒山小学)`
    fn name(&self, person: &Person) -> String {
        let units: Vec<_> = person
            .units
            .iter()
            .map(|at| self.agenda.roster.units()[*at].name.as_str())
            .collect();
        format!("{}({})", person.person, units.join("、"))
    }

    fn months(&mut self) {
        let months = self.summary.letters_by_month();
        let most = months.iter().copied().max().unwrap_or(0).max(1);
        self.line("\n每月的信", "\nletters a month");
        for (month, letters) in (1..).zip(months) {
            // A month with any letter shows.
            let columns = (letters * BAR_COLUMNS).div_ceil(most);
            let bar = "█".repeat(usize::try_from(columns).unwrap_or(0));
            let name = match self.locale {
                Locale::Chinese => format!("{month:>4}月"),
                Locale::English => format!("{month:>6}"),
            };
            let line = format!("{name}  {bar} {letters}");
            self.line(&line, &line);
        }
    }

    fn burden(&mut self) {
        let schools = self.summary.heaviest_schools(self.agenda);
        let more = schools.len().saturating_sub(SCHOOLS_LISTED);
        let (title, header) = match self.locale {
            Locale::Chinese => (
                "\n学校的负担,最重的在前",
                ["  单位", "类型", "职责", "材料", "信", "最重的月份"],
            ),
            Locale::English => (
                "\nburden of the schools, heaviest first",
                [
                    "  unit",
                    "kind",
                    "duties",
                    "evidence",
                    "letters",
                    "heaviest month",
                ],
            ),
        };
        let mut table = duty_table::table(&header);
        for school in schools.iter().take(SCHOOLS_LISTED) {
            let unit = &self.agenda.roster.units()[school.unit];
            let heaviest =
                school
                    .heaviest()
                    .map_or(String::new(), |(month, burden)| match self.locale {
                        Locale::Chinese => format!("{month}月,{}项", burden.duties),
                        Locale::English => format!("{month}: {}", burden.duties),
                    });
            let kind = match self.locale {
                Locale::Chinese => unit.kind.name(),
                Locale::English => unit.kind.word(),
            };
            table.add_row([
                format!("  {}", unit.name),
                kind.to_owned(),
                school.duties().to_string(),
                school.evidence().to_string(),
                school.letters().to_string(),
                heaviest,
            ]);
        }
        self.line(title, title);
        self.out.push_str(&duty_table::text(&table));
        if more > 0 {
            self.line(&format!("  另有{more}所"), &format!("  and {more} more"));
        }
    }

    fn climbed(&mut self) {
        self.line("\n逾期上报", "\nescalations");
        if self.summary.climbed.is_empty() {
            self.line("  没有", "  none");
        }
        for level in &self.summary.climbed {
            let words = level.in_words();
            let duties = level.duties;
            self.line(
                &format!("  {}:{duties}项职责", words.zh),
                &format!("  {}: {duties} duties", words.en),
            );
        }
    }

    fn answers(&mut self) {
        let found = self.summary.answers;
        self.line("\n回执", "\nanswers");
        self.line(
            &format!(
                "  按期完成{}项,逾期后完成{}项,同意不适用{}项,到年底仍没有办{}项,还没到期{}项",
                found.in_time, found.late, found.let_off, found.never, found.not_due
            ),
            &format!(
                "  {} in time, {} late, {} not applicable, {} never, {} not due yet",
                found.in_time, found.late, found.let_off, found.never, found.not_due
            ),
        );
        for (answer, found) in &self.summary.requests {
            self.line(
                &format!(
                    "  {}{}件:同意{},不同意{},不必再批{},年底还没批{}",
                    answer.name(),
                    found.asked,
                    found.granted,
                    found.refused,
                    found.moot(),
                    found.waiting
                ),
                &format!(
                    "  {}: {} asked, {} granted, {} refused, {} moot, {} waiting",
                    answer.word(),
                    found.asked,
                    found.granted,
                    found.refused,
                    found.moot(),
                    found.waiting
                ),
            );
        }
        let (returned, lost) = (self.summary.returned, self.summary.unreachable.len());
        self.line(
            &format!("  退回重办{returned}次;收不到信的邮箱{lost}个"),
            &format!("  {returned} returned; {lost} mailboxes found gone"),
        );
        self.line("\n联系人空缺", "\ncontact gaps");
        if self.summary.gaps.is_empty() {
            self.line("  没有", "  none");
        }
        for gap in self.summary.gaps.iter().take(GAPS_LISTED) {
            let line = format!("  {gap}");
            self.line(&line, &line);
        }
        let more = self.summary.gaps.len().saturating_sub(GAPS_LISTED);
        if more > 0 {
            self.line(&format!("  另有{more}处"), &format!("  and {more} more"));
        }
    }

    fn warnings(&mut self, problems: &[String]) {
        let warnings = &self.summary.warnings;
        if warnings.is_empty() && problems.is_empty() {
            return;
        }
        self.line("\n提醒", "\nwarnings");
        for words in warnings {
            self.line(&format!("  {}", words.zh), &format!("  {}", words.en));
        }
        for problem in problems {
            let line = format!("  {problem}");
            self.line(&line, &line);
        }
    }
}

/// The same for programs.
pub(super) fn json(agenda: &Agenda, summary: &Summary, problems: &[String]) -> Value {
    let locale = agenda.calendar.locale;
    let unit = |at: usize| &agenda.roster.units()[at];
    let person = |person: &Person| {
        let units: Vec<_> = person
            .units
            .iter()
            .map(|at| unit(*at).id.as_str())
            .collect();
        json!({
            "address": person.address,
            "person": person.person,
            "units": units,
            "letters": person.letters,
        })
    };
    let burden = |found: &UnitYear| {
        let months: Vec<_> = (1..)
            .zip(&found.months)
            .map(|(month, burden)| {
                json!({
                    "month": format!("{}-{month:02}", summary.year),
                    "duties": burden.duties,
                    "evidence": burden.evidence,
                    "letters": burden.letters,
                })
            })
            .collect();
        json!({
            "unit": unit(found.unit).id,
            "kind": unit(found.unit).kind.word(),
            "duties": found.duties(),
            "evidence": found.evidence(),
            "letters": found.letters(),
            "months": months,
        })
    };
    let warnings = summary.warnings.iter().map(|words| words.in_locale(locale));
    json!({
        "year": summary.year,
        "seed": summary.seed,
        "letters": {
            "all": summary.letters(),
            "median": summary.percentile(50),
            "ninetieth": summary.percentile(90),
            "most": summary.people.first().map(person),
            "by_month": summary.letters_by_month(),
            "by_day": summary.days.iter().map(|(date, day)| json!({"day": date, "letters": day.letters})).collect::<Vec<_>>(),
            "busiest": summary.busiest().map(|(date, day)| json!({
                "day": date,
                "letters": day.letters,
                "tasks": day.foremost(TASKS_NAMED).into_iter()
                    .map(|(id, notices)| json!({"task": id, "notices": notices}))
                    .collect::<Vec<_>>(),
            })),
        },
        "people": summary.people.iter().map(person).collect::<Vec<_>>(),
        "units": summary.units.iter().map(burden).collect::<Vec<_>>(),
        "escalations": summary.climbed.iter().map(|level| json!({
            "after": level.after.to_string(),
            "to": level.to.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "duties": level.duties,
        })).collect::<Vec<_>>(),
        "answers": {
            "in_time": summary.answers.in_time,
            "late": summary.answers.late,
            "let_off": summary.answers.let_off,
            "never": summary.answers.never,
            "not_due": summary.answers.not_due,
            "returned": summary.returned,
        },
        "requests": summary.requests.iter().map(|(answer, found)| json!({
            "answer": answer.word(),
            "asked": found.asked,
            "granted": found.granted,
            "refused": found.refused,
            "moot": found.moot(),
            "waiting": found.waiting,
        })).collect::<Vec<_>>(),
        "contact_gaps": summary.gaps,
        "unreachable": summary.unreachable,
        "warnings": warnings.map(str::to_owned).chain(problems.iter().cloned()).collect::<Vec<_>>(),
    })
}
