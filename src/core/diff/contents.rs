//! What the tasks and the calendar say.

use jiff::civil::Date;

use super::card::{Card, Field, joined, same};
use super::{Change, TaskRow};
use crate::core::agenda::Agenda;
use crate::core::audience::Audience;
use crate::core::calendar::{Calendar, Cap, Caps, Schedule, Task, role_name};
use crate::core::diagnostic::{Locale, Words};
use crate::core::ladder::{Ladder, LadderPatch, Level, OnRestDay, RoleRef, Stretch};
use crate::core::names::TaskId;
use crate::core::period::{Every, Season};
use crate::core::workdays::Notice;

/// The tasks that come, go or say something else; and what is said for all of them.
pub(super) fn compare(old: &Agenda, new: &Agenda) -> (Vec<TaskRow>, Vec<Field>) {
    let (before, after) = (&old.calendar.tasks, &new.calendar.tasks);
    let row = |task: &Task, change| TaskRow {
        task: task.id.clone(),
        title: task.title.clone(),
        change,
        fields: Vec::new(),
        was: None,
    };
    let gone: Vec<&Task> = before
        .values()
        .filter(|task| !after.contains_key(&task.id))
        .collect();
    let mut rows = Vec::new();
    for task in after.values() {
        let Some(earlier) = before.get(&task.id) else {
            let same_title = gone.iter().find(|old| old.title == task.title);
            rows.push(TaskRow {
                was: same_title.map(|old| old.id.clone()),
                ..row(task, Change::Added)
            });
            continue;
        };
        let fields = task_card(earlier).changes_to(task_card(task));
        if !fields.is_empty() {
            rows.push(TaskRow {
                fields,
                ..row(task, Change::Changed)
            });
        }
    }
    rows.extend(gone.into_iter().map(|task| row(task, Change::Removed)));
    rows.sort_by(|a, b| (a.change, &a.task).cmp(&(b.change, &b.task)));
    let (mut card, mut new_card) = (calendar_card(&old.calendar), calendar_card(&new.calendar));
    officers(&mut card, &old.officers);
    officers(&mut new_card, &new.officers);
    (rows, card.changes_to(new_card))
}

/// All that a task says. Each of its fields is named, so that a new one is not forgotten here.
fn task_card(task: &Task) -> Card {
    let Task {
        id: _,
        title,
        detail,
        every: how_often,
        times,
        schedule,
        due_at,
        due_time,
        patch,
        audience,
        evidence,
        after,
        met_by,
        skip_below_teaching_days,
        source,
        origin,
        authority,
        place: _,
        due_place: _,
        audience_place: _,
    } = task;
    let mut card = Card::default();
    card.text("title", "标题", "title", title);
    card.text("detail", "要求", "detail", detail);
    card.words("due", ("截止", "due"), due(schedule));
    let own = due_at.iter().map(|own| {
        let (audience, shift) = (&own.audience, own.shift);
        Words::new(
            format!("{audience} {}", shift.chinese()),
            format!("{audience} {}", shift.english()),
        )
    });
    let due_at = joined(own);
    card.words("due_at", ("另定的截止", "due days of their own"), due_at);
    let at = due_time.map_or(String::new(), |at| at.to_string());
    card.text("due_time", "截止时刻", "due time", at);
    card.words("every", ("多久一次", "every"), every(*how_often));
    card.text("times", "每期次数", "times", times.to_string());
    card.text("audience", "适用对象", "audience", audience.to_string());
    card.text("evidence", "要交的材料", "evidence", evidence);
    let after = after.as_ref().map_or("", TaskId::as_str);
    card.text("after", "先要完成", "after", after);
    card.list("met_by", ("可由它抵", "met by"), met_by);
    if let Some(least) = skip_below_teaching_days {
        let skip = Words::new(
            format!("教学日少于{least}个"),
            format!("teaching days < {least}"),
        );
        card.words("skip_if", ("免做", "skip if"), skip);
    }
    ladder_entries(&mut card, "", ("", ""), patch);
    card.text("source", "出处", "source", source);
    let origin = Words::new(origin.name(), origin.word());
    card.words("origin", ("来源", "origin"), origin);
    card.text("authority", "依据文件", "authority", authority);
    card
}

fn due(schedule: &Schedule) -> Words {
    match schedule {
        Schedule::Dated(form) => Words::new(
            form.in_words(Locale::Chinese),
            form.in_words(Locale::English),
        ),
        Schedule::Conditional(after) => Words::new(
            format!("有事才发,发起后{}", after.chinese()),
            format!("when raised, {after} after"),
        ),
    }
}

/// How often, in words.
pub(super) fn every(every: Every) -> Words {
    let (zh, en) = match every {
        Every::Year => ("每年", "year"),
        Every::Term => ("每学期", "term"),
        Every::Quarter => ("每季度", "quarter"),
        Every::Month => ("每月", "month"),
        Every::Week => ("每周", "week"),
        Every::Holiday => ("每个节假日", "holiday"),
        Every::Break => ("每个假期", "break"),
    };
    Words::new(zh, en)
}

/// All that is said for every task. Each field of the calendar is named, so that a new one is not forgotten here.
fn calendar_card(calendar: &Calendar) -> Card {
    let Calendar {
        title,
        timezone,
        locale,
        send_at,
        tags,
        ladder,
        adjusts: _,
        months,
        tasks: _,
        caps,
        workdays,
        school: _,
        ladder_place: _,
    } = calendar;
    let mut card = Card::default();
    card.text("title", "行事历标题", "calendar title", title);
    let zone = timezone.iana_name().unwrap_or("");
    card.text("timezone", "时区", "time zone", zone);
    let locale = match locale {
        Locale::Chinese => "zh-CN",
        Locale::English => "en",
    };
    card.text("locale", "语言", "locale", locale);
    let hours = send_at.iter().map(|at| at.strftime("%H:%M").to_string());
    card.list("send_at", ("发信时刻", "send at"), hours);
    for (tag, meaning) in tags {
        let (zh, en) = (format!("标签 {tag}"), format!("tag {tag}"));
        card.text(&format!("tags.{tag}"), &zh, &en, meaning);
    }
    let every_task = ("全部任务的", "all tasks: ");
    ladder_entries(&mut card, "ladder.", every_task, &whole(ladder));
    adjusts(&mut card, calendar);
    for (month, page) in months {
        let of = |key: &str| format!("months.{month}.{key}");
        let (theme, focus) = (format!("{month}月主题"), format!("{month}月重点"));
        card.text(&of("theme"), &theme, &of("theme"), &page.theme);
        card.list(&of("focus"), (&focus, &of("focus")), &page.focus);
    }
    burden(&mut card, caps);
    school(&mut card, calendar);
    for (year, notice) in workdays.notices() {
        holidays(&mut card, *year, notice);
    }
    card
}

fn burden(card: &mut Card, caps: &Caps) {
    let most = |cap: &Option<Cap>| {
        cap.as_ref()
            .map_or(String::new(), |cap| cap.most.to_string())
    };
    let (zh, en) = ("每校每月职责上限", "duties a school and month, at most");
    card.text("burden.duties", zh, en, most(&caps.duties));
    let (zh, en) = ("每校每月材料上限", "evidence a school and month, at most");
    card.text("burden.evidence", zh, en, most(&caps.evidence));
    let authority = if caps.require_authority {
        Words::new("必须写", "required")
    } else {
        Words::new("可不写", "may be left out")
    };
    let name = ("依据文件", "authority");
    card.words("burden.require_authority", name, authority);
}

fn holidays(card: &mut Card, year: i16, notice: &Notice) {
    let (zh, en) = (
        format!("{year}年放假通知"),
        format!("holiday notice of {year}"),
    );
    card.text(&format!("holidays.{year}"), &zh, &en, &notice.number);
    for holiday in &notice.holidays {
        let days = |days: &[Date]| joined(days.iter().map(same));
        let (off, work) = (days(&holiday.off), days(&holiday.work));
        let key = holiday.festival.key();
        let name = format!("{year}年{}", holiday.festival.name());
        card.words(
            &format!("holidays.{year}.{key}"),
            (&name, &format!("{key} {year}")),
            Words::new(
                format!("放假 {};补班 {}", off.zh, work.zh),
                format!("off {}; worked {}", off.en, work.en),
            ),
        );
    }
}

/// Each adjustment under its place among those of the same audience: a later one wins, so the order counts.
fn adjusts(card: &mut Card, calendar: &Calendar) {
    for (nth, adjust) in calendar.adjusts.iter().enumerate() {
        let audience = adjust.audience.to_string();
        let earlier = &calendar.adjusts[..nth];
        let again = earlier
            .iter()
            .filter(|other| other.audience == adjust.audience)
            .count();
        let key = format!("adjust.{audience}.{again}.");
        let whose = (format!("{audience} 的"), format!("{audience}: "));
        ladder_entries(card, &key, (&whose.0, &whose.1), &adjust.patch);
    }
    let order: Vec<_> = calendar
        .adjusts
        .iter()
        .map(|adjust| adjust.audience.to_string())
        .collect();
    let joined = order.join(" → ");
    card.text("adjust", "调整的对象与先后", "adjustments in order", joined);
}

fn school(card: &mut Card, calendar: &Calendar) {
    let of = |audience: &Option<Audience>| {
        audience
            .as_ref()
            .map_or(String::new(), |audience| format!("({audience})"))
    };
    for term in &calendar.school.terms {
        let season = match term.season {
            Season::Spring => "spring",
            Season::Autumn => "autumn",
        };
        let key = format!("term.{}-{season}{}", term.year, of(&term.audience));
        let name = format!("{}的起止", term.name);
        card.words(&key, (&name, &key), from_to(term.start, term.end));
        card.text(&format!("{key}.name"), "学期名称", "term name", &term.name);
    }
    for found in &calendar.school.breaks {
        let kind = found.kind.key();
        let key = format!("break.{}-{kind}{}", found.year, of(&found.audience));
        let name = format!("{}的起止", found.name);
        card.words(&key, (&name, &key), from_to(found.start, found.end));
        card.text(
            &format!("{key}.name"),
            "假期名称",
            "break name",
            &found.name,
        );
    }
    for day in &calendar.school.days {
        let key = format!("day.{}{}", day.date, of(&day.audience));
        let (zh, en) = if day.teaching {
            ("上课", "taught")
        } else {
            ("不上课", "not taught")
        };
        let why = &day.why;
        let value = Words::new(format!("{zh} {why}"), format!("{en} {why}"));
        card.words(&key, (&format!("{}", day.date), &key), value);
    }
}

fn from_to(start: Date, end: Date) -> Words {
    Words::new(format!("{start}至{end}"), format!("{start} to {end}"))
}

fn officers(card: &mut Card, officers: &[RoleRef]) {
    card.words("admins", ("管理员", "admins"), roles(officers));
}

/// A ladder as a patch that says everything.
fn whole(ladder: &Ladder) -> LadderPatch {
    LadderPatch {
        opens: Some(ladder.opens),
        remind: Some(ladder.remind.clone()),
        to: Some(ladder.to.clone()),
        escalate: Some(ladder.escalate.clone()),
        nag: Some(ladder.nag),
        on_rest_day: Some(ladder.on_rest_day),
        due_on_rest_day: Some(ladder.due_on_rest_day),
    }
}

/// `whose` they are is said before each name.
fn ladder_entries(card: &mut Card, before: &str, whose: (&str, &str), patch: &LadderPatch) {
    let mut say = |key: &str, (zh, en): (&str, &str), value: Option<Words>| {
        if let Some(value) = value {
            let (zh, en) = (format!("{}{zh}", whose.0), format!("{}{en}", whose.1));
            card.words(&format!("{before}{key}"), (&zh, &en), value);
        }
    };
    say("opens", ("布置", "opens"), patch.opens.map(stretch));
    let reminders = |remind: &Vec<Stretch>| or_none(joined(remind.iter().copied().map(stretch)));
    let remind = patch.remind.as_ref().map(reminders);
    say("remind", ("提醒", "remind"), remind);
    let to = patch.to.as_ref().map(|to| roles(to));
    say("to", ("谁办", "to"), to);
    let levels = |levels: &Vec<Level>| or_none(joined(levels.iter().map(level)));
    let escalate = patch.escalate.as_ref().map(levels);
    say("escalate", ("逾期上报", "escalate"), escalate);
    let nag = patch.nag.map(|nag| {
        let (every, most) = (stretch(nag.every), nag.at_most);
        Words::new(
            format!("每{}一次,至多{most}次", every.zh),
            format!("every {}, at most {most}", every.en),
        )
    });
    say("nag", ("再催", "nag"), nag);
    let way = patch.on_rest_day.map(rest_day);
    say("on_rest_day", ("提醒遇休息日", "on rest day"), way);
    let way = patch.due_on_rest_day.map(rest_day);
    say("due_on_rest_day", ("截止遇休息日", "due on rest day"), way);
}

/// An empty list is said, since it replaces the one inherited.
fn or_none(words: Words) -> Words {
    if words.en.is_empty() {
        Words::new("无", "none")
    } else {
        words
    }
}

fn stretch(stretch: Stretch) -> Words {
    Words::new(stretch.chinese(), stretch.to_string())
}

fn level(level: &Level) -> Words {
    let (after, to) = (stretch(level.after), roles(&level.to));
    Words::new(
        format!("{}后报{}", after.zh, to.zh),
        format!("{} to {}", after.en, to.en),
    )
}

fn roles(roles: &[RoleRef]) -> Words {
    let (zh, en): (Vec<_>, Vec<_>) = roles
        .iter()
        .map(|role| {
            let at = role.at.map_or("", crate::core::roster::Kind::name);
            (
                format!("{at}{}", role_name(role.role.as_str())),
                role.to_string(),
            )
        })
        .unzip();
    Words::new(zh.join("和"), en.join(" and "))
}

fn rest_day(way: OnRestDay) -> Words {
    let (zh, en) = match way {
        OnRestDay::Before => ("提前", "before"),
        OnRestDay::After => ("顺延", "after"),
        OnRestDay::Keep => ("不动", "keep"),
    };
    Words::new(zh, en)
}
