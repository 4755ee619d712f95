//! What the year must hold, derived by hand from the calendar's files and the rules of the ladder before the planner was
//! asked: the day (all at 08:00), the address, the rung, the duty and its due day, and why. Nobody answers.
//!
//! A row is kept as it was derived unless the derivation was wrong; where it was, its reason says what was overlooked.

/// The day the bell was hung, a minute before its first slot.
pub(crate) const HUNG: &str = "2026-03-04T07:59:00+08:00";

/// The rows: `day address rung duty due`, with `_` for the space in a rung, and the reasoning on the line below.
pub(crate) const ROWS: &str = "
2026-03-04 wang.jianguo@hushan-primary.example opens term-start-safety-inspection@2026/s001 2026-03-18
    term starts 03-04, 14 days on is Wed 03-18; opens 14d before = the first slot after hanging
2026-03-04 office@cixi-edu.example opens term-start-safety-inspection-bureau@2026/bureau 2026-03-18
    the bureau's own task goes to its office ([[adjust]] bureau: to = office)
2026-03-06 xu.genfa@dashan-primary.example remind:10d term-start-safety-inspection@2026/s002 2026-03-18
    mountain: reminded at 10d; 03-08 is a Sunday, so the Friday before
2026-03-11 wang.jianguo@hushan-primary.example remind:7d term-start-safety-inspection@2026/s001 2026-03-18
    no tag singles it out: 7d, a Wednesday
2026-03-16 wang.jianguo@hushan-primary.example remind:2_workdays term-start-safety-inspection@2026/s001 2026-03-18
    03-17 is one workday before, 03-16 two
2026-03-18 wang.jianguo@hushan-primary.example remind:0d term-start-safety-inspection@2026/s001 2026-03-18
    the due day itself
2026-03-19 wang.jianguo@hushan-primary.example overdue term-start-safety-inspection@2026/s001 2026-03-18
    the first slot after the due day
2026-03-19 li.xiufang@hushan-primary.example escalate:1_workday term-start-safety-inspection@2026/s001 2026-03-18
    level 0 was reached on 03-04, so the deputy hears one workday after the due day
2026-03-23 chen.weimin@hushan-primary.example escalate:3_workdays term-start-safety-inspection@2026/s001 2026-03-18
    03-19, 03-20, then Monday 03-23
2026-03-23 hu.guoqiang@hushan-town.example escalate:3_workdays term-start-safety-inspection@2026/s001 2026-03-18
    safety@town is 浒山街道, the parent
2026-03-23 wang.jianguo@hushan-primary.example escalate:3_workdays term-start-safety-inspection@2026/s001 2026-03-18
    those below are told, in the same slot, that it went up
2026-03-25 office@cixi-edu.example escalate:5_workdays term-start-safety-inspection@2026/s001 2026-03-18
    five workdays after 03-18
2026-04-01 wang.jianguo@hushan-primary.example nag:10_workdays term-start-safety-inspection@2026/s001 2026-03-18
    ten workdays after the due day: 03-26, 27, 30, 31, 04-01 follow the fifth
2026-03-10 wang.jianguo@hushan-primary.example opens forest-fire-five-ones@2026/s001 2026-03-31
    the task's own opens = 21d, before Tuesday 03-31
2026-03-11 wang.jianguo@hushan-primary.example opens safety-lessons-per-term@2026-spring/s001 2026-06-29
    term ends Sat 07-04; workdays before it 07-03, 02, 01, 06-30, 06-29; 110 days earlier is 03-11
2026-03-16 wang.jianguo@hushan-primary.example opens national-safety-education-week@2026/s001 2026-04-03
    last Monday of March is 03-30, its Sunday 04-05 is 清明, moved before to Fri 04-03; announced 14d before 03-30
2026-04-01 wang.jianguo@hushan-primary.example remind:2_workdays national-safety-education-week@2026/s001 2026-04-03
    within the window
2026-04-07 wang.jianguo@hushan-primary.example overdue national-safety-education-week@2026/s001 2026-04-03
    04-04 to 04-06 are 清明; the first slot after is Tuesday
2026-04-07 li.xiufang@hushan-primary.example escalate:1_workday national-safety-education-week@2026/s001 2026-04-03
    the first workday after 04-03, across the holiday
2026-04-13 office@cixi-edu.example escalate:5_workdays national-safety-education-week@2026/s001 2026-04-03
    04-07, 08, 09, 10, 13
2026-03-17 chen.weimin@hushan-primary.example opens annual-safety-conference-pledge@2026/s001 2026-03-31
    to = principal and safety: the principal has to act too
2026-04-03 hu.guoqiang@hushan-town.example escalate:3_workdays annual-safety-conference-pledge@2026/s001 2026-03-31
    the principal is no new address at this level, the town's officer is
2026-03-17 office@cixi-edu.example opens campus-surroundings-inspection-bureau@2026/bureau 2026-03-31
    3月底, 14 days before
2026-04-03 fang.wenhua@cixi-edu.example escalate:3_workdays campus-surroundings-inspection-bureau@2026/bureau 2026-03-31
    the bureau's short ladder: deputy@bureau is its own deputy
2026-03-17 yu.lina@hushan-kg.example opens evacuation-drill-quarterly@2026-Q1/s003 2026-03-31
    kindergartens drill by the quarter; its last teaching day is 03-31
2026-03-24 yu.lina@hushan-kg.example opens seasonal-safety-education@2026-Q1/s003 2026-03-31
    forest-fire-five-ones is not asked of kindergartens, so nothing covers it; opens = 7d
2026-03-20 wang.jianguo@hushan-primary.example opens duty-roster-holidays-events@2026-qingming/s001 2026-04-01
    three workdays before 04-04: 04-03, 02, 01; 10 days earlier is Sunday 03-22, so Friday
2026-03-27 wang.jianguo@hushan-primary.example opens major-holiday-education@2026-qingming/s001 2026-04-03
    the last teaching day before 清明; none of the covering tasks falls into it
2026-04-03 li.xiufang@hushan-primary.example escalate:3_workdays safety-regular-meeting@2026-03/s001 2026-03-31
    the light ladder of monthly tasks: deputy at 3 workdays (04-01, 02, 03)
2026-04-08 chen.weimin@hushan-primary.example escalate:5_workdays safety-regular-meeting@2026-03/s001 2026-03-31
    04-01, 02, 03, then after 清明 04-07 and 04-08
2026-03-18 wang.jianguo@hushan-primary.example opens traffic-safety-education@2026/s001 2026-04-30
    4月 is the whole month, announced 14 days before 04-01
2026-04-03 xu.genfa@dashan-primary.example opens school-bus-special-inspection@2026/s002 2026-04-20
    14 days before is 04-06, the last day of 清明; moved before it
2026-04-13 wang.jianguo@hushan-primary.example opens labour-day-holiday-education@2026/s001 2026-04-27
    a primary school has spring break 04-28 to 30, so its last teaching day before 五一 is Monday 04-27
2026-04-16 yang.zhigang@hushan-senior.example opens labour-day-holiday-education@2026/s007 2026-04-30
    a senior school has no spring break: 04-30
2026-04-13 wang.jianguo@hushan-primary.example opens evacuation-drill-monthly@2026-04/s001 2026-04-27
    likewise the month's last teaching day
2026-04-16 yang.zhigang@hushan-senior.example opens evacuation-drill-monthly@2026-04/s007 2026-04-30
    and that of the senior school
2026-05-07 office@cixi-edu.example escalate:5_workdays labour-day-holiday-education@2026/s001 2026-04-27
    04-28, 29, 30 are workdays though no school; then 05-06 and 05-07
2026-05-06 gao.mingliang@hushan-senior.example escalate:1_workday labour-day-holiday-education@2026/s007 2026-04-30
    the first workday after 五一
2026-05-11 office@cixi-edu.example escalate:5_workdays labour-day-holiday-education@2026/s007 2026-04-30
    05-06, 07, 08, Saturday 05-09 is worked, then 05-11
2026-04-13 wang.jianguo@hushan-primary.example opens duty-roster-short-breaks@2026-spring-break/s001 2026-04-23
    three workdays before 04-28: 04-27, 24, 23; opens = 10d
2026-04-17 yang.zhigang@hushan-senior.example opens duty-roster-holidays-events@2026-labour-day/s007 2026-04-28
    04-30, 29, 28; 10 days earlier is a Saturday
2026-04-17 hu.guoqiang@hushan-town.example opens drowning-prevention-joint-control@2026/t01 2026-09-30
    the towns have it too; announced 14 days before 05-01
2026-10-10 office@cixi-edu.example escalate:3_workdays drowning-prevention-joint-control@2026/t01 2026-09-30
    the towns' ladder; after 国庆 10-08, 10-09 and the worked Saturday 10-10
2026-04-30 office@cixi-edu.example opens graded-safe-campus-deployment-bureau@2026/bureau 2026-05-15
    14 days before is 05-01, so the workday before the holiday
2026-04-30 wang.jianguo@hushan-primary.example remind:7d whole-school-drill-may@2026/s001 2026-05-12
    05-05 is still 五一
2026-05-09 wang.jianguo@hushan-primary.example remind:2_workdays whole-school-drill-may@2026/s001 2026-05-12
    05-11 and the worked Saturday 05-09
2026-05-15 wang.jianguo@hushan-primary.example opens graded-safe-campus-deployment@2026/s001 2026-05-29
    5月底 is Sunday 05-31, moved before to 05-29
2026-05-29 yang.zhigang@hushan-senior.example remind:5d exam-period-education@2026/s007 2026-06-05
    6月6日 is a Saturday: 06-05; boarding is reminded at 5d, Sunday 05-31, moved before
2026-06-18 zhang.jianjun@cixi-vocational.example remind:5d anti-drug-day-0626@2026/s008 2026-06-26
    5d is 06-21, the last day of 端午; moved before it
2026-06-11 wang.jianguo@hushan-primary.example opens major-holiday-education@2026-dragon-boat/s001 2026-06-18
    the last teaching day before 06-19, 7 days earlier
2026-06-05 wang.jianguo@hushan-primary.example opens term-end-safety-inspection-summer@2026/s001 2026-07-03
    the window ends Saturday 07-04, moved before; announced 14 days before 06-20 = Saturday 06-06, moved before
2026-06-18 wang.jianguo@hushan-primary.example opens summer-break-safety-education@2026/s001 2026-07-03
    last teaching day before 07-05; 14 days earlier is 06-19, 端午
2026-06-26 sun.lifeng@henghe-town.example opens summer-drowning-patrol@2026/t02 2026-07-24
    07-25 is a Saturday; announced 14 days before 07-10
2026-07-29 office@cixi-edu.example escalate:3_workdays summer-drowning-patrol@2026/t02 2026-07-24
    07-27, 28, 29
2026-06-18 office@cixi-edu.example opens summer-duty-and-inspection-bureau@2026/bureau 2026-08-31
    the window is 07-05 to 08-31; 14 days before is Sunday 06-21, 端午
2026-08-21 jiang.hongxia@hushan-senior.example escalate:1_workday summer-hazard-rectification@2026/s007 2026-08-20
    the deputy changed on 08-01
2026-08-25 lu.jing@hushan-kg.example escalate:3_workdays summer-hazard-rectification@2026/s004 2026-08-20
    the deputy is the safety officer herself, so the first level is skipped; 08-21, 24, 25
2026-08-28 wang.jianguo@hushan-primary.example opens term-start-education@2026-autumn/s001 2026-09-08
    seven days after 09-01; 10 days earlier is a Saturday
2026-09-01 wang.jianguo@hushan-primary.example opens fire-equipment-config@2026-autumn/s001 2026-09-15
    the spring inspection covers spring only
2026-09-20 xu.genfa@dashan-primary.example remind:0d rural-water-source-check@2026/s002 2026-09-20
    Sunday 09-20 is worked for 国庆, so the due day stays
2026-09-17 xu.genfa@dashan-primary.example remind:2_workdays rural-water-source-check@2026/s002 2026-09-20
    09-18, 09-17
2026-09-04 wang.jianguo@hushan-primary.example opens national-defence-day@2026/s001 2026-09-18
    the third Saturday is 09-19, moved before
2026-09-16 yu.lina@hushan-kg.example opens evacuation-drill-quarterly@2026-Q3/s003 2026-09-30
    only September is taught in Q3, and that is enough
2026-09-18 wang.jianguo@hushan-primary.example opens duty-roster-holidays-events@2026-national-day/s001 2026-09-28
    09-28 to 30 are taught between 中秋 and 国庆; three workdays before 10-01 is 09-28
2026-10-13 office@cixi-edu.example escalate:5_workdays national-day-mid-autumn-education@2026/s001 2026-09-30
    10-08, 09, worked Saturday 10-10, 12, 13
2026-09-24 wang.jianguo@hushan-primary.example opens mental-health-day-1010@2026/s001 2026-10-10
    Saturday 10-10 is worked; 14 days before is Saturday 09-26, 中秋, moved before 09-25
2026-10-10 wang.jianguo@hushan-primary.example remind:0d mental-health-day-1010@2026/s001 2026-10-10
    a letter on a worked Saturday
2026-10-12 li.xiufang@hushan-primary.example escalate:1_workday mental-health-day-1010@2026/s001 2026-10-10
    Sunday 10-11 is not worked
2026-11-06 wang.jianguo@hushan-primary.example nag:5_workdays safety-paper-topic-selection@2026/s001 2026-10-30
    10月底 is a Saturday; nothing escalates, and the one nag comes five workdays later
2026-10-16 wang.jianguo@hushan-primary.example opens whole-school-drill-november@2026/s001 2026-11-30
    the window opens 11-01; 14 days before is Sunday 10-18
2026-12-07 chen.weimin@hushan-primary.example escalate:3_workdays traffic-safety-day-1202@2026/s001 2026-12-02
    12-03, 12-04, Monday 12-07
2026-12-07 wang.jianguo@hushan-primary.example overdue constitution-day-1204@2026/s001 2026-12-04
    12-05 is a Saturday
2026-12-17 wang.jianguo@hushan-primary.example opens new-year-holiday-education@2027/s001 2026-12-31
    without a notice for 2027 only 01-01 is off; the holiday's year is 2027, and so is the period's key
2026-11-17 office@cixi-edu.example opens graded-safe-campus-evaluation-bureau@2026/bureau 2027-01-29
    12月至次年1月 belongs to 2026; Sunday 01-31 moved before; announced 14 days before 12-01
2026-12-31 wang.jianguo@hushan-primary.example opens term-end-safety-inspection-winter@2026/s001 2027-01-15
    ten workdays before 01-29; 14 days earlier is 01-01, moved before
2027-01-11 wang.jianguo@hushan-primary.example opens annual-target-appraisal@2027/s001 2027-01-25
    01-29, 28, 27, 26, 25 are the five workdays before the break of 01-30
2027-02-09 chen.weimin@hushan-primary.example escalate:5_workdays safety-regular-meeting@2027-01/s001 2027-01-29
    02-01 to 02-04, then 除夕 02-05 and 02-06 to 08 are off by law: 02-09
2027-01-15 office@cixi-edu.example opens winter-break-duty-inspection-bureau@2027/bureau 2027-02-19
    01-30 to Sunday 02-21, moved before; 14 days before 01-30 is a Saturday
2027-02-12 office@cixi-edu.example opens annual-plan-calendar-issue@2027/bureau 2027-02-26
    2月底 is Sunday 02-28, moved before to Friday; 14 days earlier
2027-02-19 wang.jianguo@hushan-primary.example opens term-start-education@2027-spring/s001 2027-03-01
    seven days after 02-22; opens = 10d, a Friday
2026-04-03 wang.jianguo@hushan-primary.example remind:0d national-safety-education-week@2026/s001 2026-04-03
    derived at first as remind:7d on 03-27, overlooking that the window opens 03-30: what is earlier falls away
2026-04-01 xu.genfa@dashan-primary.example remind:2_workdays national-safety-education-week@2026/s002 2026-04-03
    derived at first as remind:10d on 03-24, overlooking the same
";

/// What nobody is told of all year, and why.
pub(crate) const SILENT: &str = "
guardroom-grading-acceptance@2026/s001
    the self-check before it is never done
guardroom-grading-assessment@2026/s001
    the third step, likewise
evacuation-drill-monthly@2026-05/s001
    covered by the whole-school drill of May, due 05-12
evacuation-drill-monthly@2026-11/s001
    covered by that of November
evacuation-drill-monthly@2026-10/s001
    covered by the drill against stampedes
evacuation-drill-quarterly@2026-Q2/s003
    covered by the whole-school drill of May
evacuation-drill-monthly@2026-03/s003
    kindergartens drill by the quarter
evacuation-drill-monthly@2026-07/s001
    three teaching days are fewer than ten
evacuation-drill-monthly@2026-08/s001
    none at all
fire-equipment-config@2026-spring/s001
    covered by the spring inspection
seasonal-safety-education@2026-Q1/s001
    covered by forest-fire-five-ones
student-traffic-education@2026-spring/s001
    covered by the traffic month
major-holiday-education@2026-labour-day/s007
    covered by labour-day-holiday-education
pre-break-education@2026-spring-break/s001
    covered by labour-day-holiday-education, due on the day before
duty-roster-holidays-events@2026-labour-day/s001
    no day is taught between spring break and 五一
pre-break-education@2026-summer-break/s001
    covered by summer-break-safety-education
school-bus-special-inspection@2026/s001
    it has no school bus
annual-target-appraisal@2026/s001
    its day was over when the bell was hung
winter-break-duty-inspection-bureau@2026/bureau
    the break ended the day before the bell was hung
major-holiday-education@2027-spring-festival/s001
    within winter break, which interrupted teaching before it
";

/// The rows, each as it is printed by the nobody-answers run, with its reason.
pub(crate) fn rows() -> Vec<(String, &'static str)> {
    pairs(ROWS)
        .map(|(row, why)| (row.replace('_', " "), why))
        .collect()
}

/// The duties that must stay silent, with the reason.
pub(crate) fn silent() -> Vec<(&'static str, &'static str)> {
    pairs(SILENT).collect()
}

fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    std::iter::from_fn(move || Some((lines.next()?.trim(), lines.next()?.trim())))
}
