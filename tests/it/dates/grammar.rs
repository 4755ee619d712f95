//! What else may be written of a task: numbers as people write them, whom it is for, whose school calendar, which ladder,
//! which hour.

use std::collections::BTreeSet;

use expect_test::expect;
use jiff::civil::{date, time};
use schoolbell::core::agenda::Absent;
use schoolbell::core::audience::Audience;
use schoolbell::core::calendar::Task;
use schoolbell::core::compose::Reader;
use schoolbell::core::ladder::Stretch;
use schoolbell::core::period::PeriodKey;
use schoolbell::core::roster::read_csv;
use schoolbell::core::written::{read_day, read_hour};

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND, check};
use crate::letters::render;

#[test]
fn stretches_as_people_write_them() {
    for text in [
        "14d",
        "14 d",
        "14 days",
        "14天",
        "14日",
        "十四天",
        "１４天",
        "１４ｄ",
        " 14 天 ",
        "2周",
        "两周",
        "2 weeks",
        "二个星期",
    ] {
        assert_eq!(Stretch::parse(text), Some(Stretch::Days(14)), "{text}");
    }
    for text in [
        "2 workdays",
        "2workdays",
        "2个工作日",
        "２个工作日",
        "两个工作日",
        "二个工作日",
        "2工作日",
        "２　工作日",
        "2 WORKDAYS",
    ] {
        assert_eq!(Stretch::parse(text), Some(Stretch::Workdays(2)), "{text}");
    }
    assert_eq!(Stretch::parse("一百二十天"), Some(Stretch::Days(120)));
    assert_eq!(Stretch::parse("一百零五天"), Some(Stretch::Days(105)));
    for text in [
        "",
        "14",
        "d",
        "天",
        "14 months",
        "401d",
        "-1d",
        "1.5d",
        "999周",
        "十十天",
        "14d d",
    ] {
        assert_eq!(Stretch::parse(text), None, "{text}");
    }
}

#[test]
fn hours_and_days_as_people_write_them() {
    for text in [
        "17:00",
        "１７：００",
        "17:00:00",
        "17点",
        "17时",
        "17点整",
        "17时00分",
        "十七点",
        "下午5点",
        "下午五点",
        "下午 5 点",
    ] {
        assert_eq!(read_hour(text), Some(time(17, 0, 0, 0)), "{text}");
    }
    for text in ["17:30", "17点半", "下午五点半", "下午5点30分", "17时30"] {
        assert_eq!(read_hour(text), Some(time(17, 30, 0, 0)), "{text}");
    }
    assert_eq!(read_hour("8:05"), Some(time(8, 5, 0, 0)));
    assert_eq!(read_hour("上午8点"), Some(time(8, 0, 0, 0)));
    assert_eq!(read_hour("中午12点"), Some(time(12, 0, 0, 0)));
    assert_eq!(read_hour("中午1点"), Some(time(13, 0, 0, 0)));
    for text in [
        "",
        "17",
        "25:00",
        "24:00",
        "17:60",
        "17:5",
        "17:005",
        "上午17点",
        "五点五十九分钟",
        "08:00:30",
    ] {
        assert_eq!(read_hour(text), None, "{text}");
    }
    for text in [
        "2026-03-04",
        "2026-3-4",
        "2026/3/4",
        "2026.03.04",
        "2026年3月4日",
        "２０２６年３月４日",
        "2026年三月四号",
    ] {
        assert_eq!(read_day(text), Some(date(2026, 3, 4)), "{text}");
    }
    for text in [
        "",
        "2026-02-30",
        "26-03-04",
        "+026-03-04",
        "2026-03",
        "3月4日",
        "2026-03-04-05",
    ] {
        assert_eq!(read_day(text), None, "{text}");
    }
}

/// Every kind and a few tags.
const ALL_KINDS: &str = "\
unit,name,kind,parent,tags,role,person,email
b,慈溪市教育局,bureau,,,office,沈志明,office@b
sec,安全科,section,b,,office,陆敏,office@sec
t1,浒山街道,town,b,,safety,胡国强,safety@t1
kg,浒山幼儿园,kindergarten,t1,weak_kg,safety,甲,a@x
pri,浒山小学,primary,t1,boarding mountain,safety,乙,b@x
jun,浒山初级中学,junior,t1,canteen=A,safety,丙,c@x
sen,慈溪中学,senior,b,boarding canteen=B,safety,丁,d@x
nine,鄞州九年制学校,nine-year,t1,,safety,戊,e@x
com,慈溪完全中学,complete,b,canteen,safety,己,f@x
voc,慈溪职高,vocational,b,,safety,庚,g@x
spe,慈溪特校,special,b,,safety,辛,h@x
";

#[test]
fn whom_an_audience_means() {
    let faults = schoolbell::core::diagnostic::Faults::default();
    let roster = read_csv("roster.csv", ALL_KINDS.as_bytes(), &faults);
    let tags: BTreeSet<String> = ["boarding", "mountain", "weak_kg", "canteen"]
        .map(str::to_owned)
        .into();
    let schools = "kg pri jun sen nine com voc spe";
    for (text, meant) in [
        ("school", schools),
        ("k12", "pri jun sen nine com voc spe"),
        ("kindergarten", "kg"),
        ("primary", "pri nine"),
        ("junior", "jun nine com"),
        ("senior", "sen com"),
        ("nine-year", "nine"),
        ("complete", "com"),
        ("vocational | special", "voc spe"),
        ("bureau | section | town", "b sec t1"),
        ("boarding & !senior", "pri"),
        ("(primary | junior) & mountain", "pri"),
        ("（primary ｜ junior）＆ mountain", "pri"),
        (
            "（ｐｒｉｍａｒｙ｜ｊｕｎｉｏｒ）＆！mountain",
            "jun nine com",
        ),
        ("canteen=A | canteen=B", "jun sen"),
        ("canteen＝Ａ", "jun"),
        ("canteen", "jun sen com"),
        ("town:t1", "kg pri jun nine"),
        ("unit:pri", "pri"),
        ("unit：pri", "pri"),
        // ! before & before |
        ("primary | junior & boarding", "pri nine"),
        ("!primary & junior", "jun com"),
        ("!(primary & junior) & junior", "jun com"),
        ("!!boarding", "pri sen"),
        ("school & !k12", "kg"),
    ] {
        let audience =
            Audience::parse(text, &tags).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        let found: BTreeSet<_> = roster
            .units()
            .iter()
            .filter(|unit| audience.matches(unit))
            .map(|unit| unit.id.as_str())
            .collect();
        assert_eq!(found, meant.split(' ').collect(), "{text}");
        let again = Audience::parse(&audience.to_string(), &tags).unwrap();
        assert_eq!(again, audience, "{text} prints as {audience}");
    }
}

fn only(bell: &Bell) -> &Task {
    bell.agenda.calendar.tasks.values().next().unwrap()
}

/// `[ladder]`, then each matching `[[adjust]]` in order, then the task; a key replaces the whole value.
#[test]
fn which_ladder_holds() {
    let head = format!(
        "{HEAD}[ladder]\nopens = \"10d\"\nremind = [\"3d\"]\nto = [\"deputy\"]\n\
         [[adjust]]\naudience = \"school\"\nopens = \"20d\"\nremind = [\"5d\", \"一天\"]\n\
         [[adjust]]\naudience = \"junior\"\nremind = [\"7d\"]\n\
         [[adjust]]\naudience = \"primary & boarding\"\nremind = [\"9d\"]\n"
    );
    let task = DRILL.replace("origin ", "to = [\"safety\"]\norigin ");
    let bell = Bell::with(&head, &task, &format!("{ROSTER}{SECOND}"));
    let shown = |unit: &str| {
        let group = bell.agenda.group_of(only(&bell), &unit.into()).unwrap();
        let ladder = &bell.agenda.groups(only(&bell))[group].ladder;
        let remind: Vec<_> = ladder.remind.iter().map(Stretch::to_string).collect();
        format!("{} {} {}", ladder.opens, remind.join(" "), ladder.to[0])
    };
    assert_eq!(shown("s1"), "20d 5d 1d safety");
    assert_eq!(shown("s2"), "20d 7d safety");
}

/// A month's file gives the month of a bare day, and never filters: a task of another month may stand in it.
#[test]
fn a_months_file() {
    let task = |id: &str, due: &str| {
        format!(
            "[[task]]\nid = \"{id}\"\ntitle = \"演练\"\naudience = \"school\"\norigin = \"seed\"\ndue = \"{due}\"\n"
        )
    };
    let tasks = format!(
        "month = 3\ntheme = \"安全教育月\"\n{}{}{}{}",
        task("bare", "十日"),
        task("end", "月底"),
        task("week", "第二个周五"),
        task("other", "5月12日")
    );
    let bell = Bell::new(&tasks);
    let due = |id: &str| {
        let task = &bell.agenda.calendar.tasks[id];
        let found = bell.agenda.occurrence(task, PeriodKey::Year(2026), 0);
        found.dated.unwrap().due
    };
    assert_eq!(due("bare"), date(2026, 3, 10));
    assert_eq!(due("end"), date(2026, 3, 31));
    assert_eq!(due("week"), date(2026, 3, 13), "03-06 is the first Friday");
    assert_eq!(due("other"), date(2026, 5, 12));
    assert_eq!(bell.agenda.calendar.months[&3].theme, "安全教育月");
}

/// The junior schools' term begins a week later and they have a break of their own: what hangs on either differs, and the
/// general term of the same key no longer holds for them.
#[test]
fn a_school_calendar_for_some() {
    let school = "
[[term]]
key   = \"2026-spring\"
name  = \"第二学期\"
start = 2026-03-02
end   = 2026-07-03
[[term]]
key   = \"2026-spring\"
name  = \"初中第二学期\"
start = \"2026年3月9日\"
end   = \"2026/6/26\"
audience = \"junior\"
[[break]]
key   = \"2026-spring-break\"
name  = \"春假\"
start = 2026-04-29
end   = 2026-04-30
audience = \"junior\"
[[day]]
date = 2026-03-07
teaching = true
audience = \"!junior\"
why  = \"补课\"
";
    let bell = |every: &str, due: &str| {
        let task = format!(
            "[[task]]\nid = \"t\"\ntitle = \"演练\"\naudience = \"school\"\norigin = \"seed\"\nevery = \"{every}\"\ndue = \"{due}\""
        );
        Bell::whole(HEAD, &task, &format!("{ROSTER}{SECOND}"), school)
    };
    let dues = |every: &str, due: &str, period: &str| {
        let bell = bell(every, due);
        ["s1", "s2"].map(|unit| {
            let group = bell.agenda.group_of(only(&bell), &unit.into()).unwrap();
            match bell
                .agenda
                .occurrence(only(&bell), period.parse().unwrap(), group)
                .dated
            {
                Ok(found) => found.due.to_string(),
                Err(Absent::None) => "none".to_owned(),
                Err(other) => format!("{other:?}"),
            }
        })
    };
    assert_eq!(
        dues("term", "开学后14天", "2026-spring"),
        ["2026-03-16", "2026-03-23"]
    );
    assert_eq!(
        dues("term", "期末", "2026-spring"),
        ["2026-07-03", "2026-06-26"]
    );
    assert_eq!(
        dues("year", "五一放假前", "2026"),
        ["2026-04-30", "2026-04-28"]
    );
    // 03-07 is a Saturday: the sixth teaching day of one, and before the other's term.
    assert_eq!(
        dues("term", "第六个教学日", "2026-spring"),
        ["2026-03-07", "2026-03-16"]
    );
    // Only one has the break, and so an occurrence in it.
    let of_the_break = bell("break", "放假前");
    let all = of_the_break
        .agenda
        .between(date(2026, 4, 1), date(2026, 5, 10));
    let dated: Vec<_> = all
        .iter()
        .filter_map(|found| found.dated.as_ref().ok())
        .collect();
    assert_eq!(dated.len(), 1);
    assert_eq!(dated[0].due, date(2026, 4, 28));
}

/// Fewer teaching days than this, however it is written: July 2026 has three, the first to the third.
#[test]
fn skipped_however_it_is_written() {
    for condition in [
        "teaching days < 10",
        "teaching days＜１０",
        "fewer than 10 teaching days",
        "教学日<10",
        "教学日 ＜ 10 天",
        "教学日少于十天",
        "教学日不足10个",
        "本期教学日不到１０天",
    ] {
        let bell = Bell::new(&format!(
            "[[task]]\nid = \"t\"\ntitle = \"演练\"\naudience = \"school\"\norigin = \"seed\"\nevery = \"month\"\ndue = \"最后一个工作日\"\nskip_if = \"{condition}\""
        ));
        let dated = |month| {
            bell.agenda
                .occurrence(only(&bell), PeriodKey::Month(2026, month), 0)
                .dated
        };
        assert!(
            matches!(dated(7), Err(Absent::Skipped(_))),
            "{condition}: July"
        );
        assert!(dated(6).is_ok(), "{condition}");
    }
}

/// `due_time`: the letter names the hour. From that hour on the due day the page calls it overdue; the first word of it
/// goes out with the first slot after the day, and escalation counts from the day as ever.
#[test]
fn an_hour_on_the_due_day() {
    let task =
        format!("{DRILL}due_time = \"下午五点\"\nremind = [\"0d\"]\nescalate = []\nnag = false\n");
    check(
        &task,
        "2026-11-09 07:00 hang
         2026-11-10 18:00 end
         2026-11-12 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
        "#]],
    );
    let mut bell = Bell::new(&task);
    bell.run("2026-11-09 07:00 hang\n2026-11-10 16:59 end");
    let content = |bell: &Bell| bell.content("safety@s1", Reader::Page).unwrap();
    let before = content(&bell);
    assert!(!before.items[0].is_overdue(before.today));
    let text = render(&before).text;
    assert!(text.contains("11月10日（星期二）17:00"), "{text}");
    assert!(
        text.contains("今天截止") && !text.contains("逾期"),
        "{text}"
    );
    bell.run("2026-11-10 17:00 end");
    let after = content(&bell);
    assert!(after.items[0].is_overdue(after.today));
    let text = render(&after).text;
    assert!(text.contains("今天的截止时间已过"), "{text}");
    // The hour belongs to an extended day too.
    bell.run("2026-11-10 17:10 extension drill@2026/s1 safety@s1 2026-11-12\n2026-11-10 17:20 grant drill@2026/s1 extension 2026-11-12\n2026-11-12 16:00 end");
    let extended = content(&bell);
    assert!(!extended.items[0].is_overdue(extended.today));
    bell.run("2026-11-12 17:00 end");
    let extended = content(&bell);
    assert!(extended.items[0].is_overdue(extended.today));
}
