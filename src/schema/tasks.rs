//! The calendar's pages: `01.toml` to `12.toml`, `standing.toml`.

use serde_json::json;

use super::calendar::audience;
use super::form::{
    Form, Key, any, hour, integer, keyed, line, list, matching, named, optional, required, shift,
    stretch, table, text, word,
};
use super::ladder;
use crate::core::calendar::Origin;
use crate::core::period::Every;

/// A page of tasks.
pub(super) fn page() -> Form {
    table([
        optional(
            "month",
            integer(1, 12),
            "几月:决定主题,以及没写月份的日子是哪个月;不筛选任务。",
            "Gives the theme and the month of a bare day; it never filters.",
        ),
        optional("theme", line(), "本月主题。", "The month's theme."),
        optional(
            "focus",
            list(text()),
            "本月重点。",
            "What the month is about.",
        ),
        optional("task", list(task()), "任务,一条一段。", "The tasks."),
    ])
    .meaning("一页任务。", "A page of tasks.")
}

fn task() -> Form {
    let raised = any([stretch(0), matching("^(当日|当天|same day)$")]);
    let keys = named_by()
        .into_iter()
        .chain(dated_by())
        .chain(bound_to())
        .chain(resting_on())
        .chain(ladder::inherited_keys());
    table(keys)
        .with(
            "if",
            json!({ "required": ["when"], "properties": { "when": { "const": "conditional" } } }),
        )
        .with(
            "then",
            json!({ "properties": { "due": raised.json(), "due_at": false } }),
        )
}

/// What it is, and for whom.
fn named_by() -> [Key; 5] {
    [
        required(
            "id",
            id().examples(["fire-day-1109"]),
            "编号:小写字母、数字、连字符,不能与别的重复,用过就不要再改。",
            "Its id: lower-case letters, digits and hyphens; unique, and never changed once used.",
        ),
        required(
            "title",
            line(),
            "标题,会进邮件主题,越短越好。",
            "What it asks, in a few words: it stands in the subject.",
        ),
        optional(
            "detail",
            line(),
            "一两句要求。",
            "The standard, in a sentence or two.",
        ),
        required("audience", audience(), "发给谁。", "Whom it is for."),
        optional("evidence", line(), "要交的材料。", "What to hand in."),
    ]
}

/// When it comes round and is due.
fn dated_by() -> [Key; 6] {
    [
        optional(
            "every",
            word(Every::WORDS.into_iter().zip(PERIODS)).default("year"),
            "多久一次。",
            "How often it comes round.",
        ),
        optional(
            "times",
            integer(1, 99).default(1),
            "一期里要报几次。",
            "How many answers a period asks.",
        ),
        optional(
            "when",
            word([("conditional", "平时不发,有事才由人发起")]),
            "写 conditional 为有事才发。",
            "conditional: raised by hand.",
        ),
        required(
            "due",
            due(),
            "截止日或起止日;有事才发的写期限,如 3 workdays。",
            "When it is due, as people say it; for a conditional task, how long after it is raised.",
        ),
        optional(
            "due_at",
            named(shift()).with("examples", json!([{ "town": "-3 workdays" }])),
            "有些单位另有截止日:左边是对象,右边是比大家提前或推迟多少。",
            "The units whose due day is another, and how far it lies from everybody's.",
        ),
        optional(
            "due_time",
            hour(),
            "截止的钟点。",
            "The hour it is due at, on the due day.",
        ),
    ]
}

/// What else must be so.
fn bound_to() -> [Key; 3] {
    [
        optional(
            "after",
            id(),
            "前一步的编号:前一步完成了,这一步才开始。",
            "The task whose duty must be done first.",
        ),
        optional(
            "met_by",
            list(id()),
            "能抵这一条的任务:那些办了,这条就不再问。",
            "The tasks that cover this one when they fall into its period.",
        ),
        optional(
            "skip_if",
            matching(r"^\s*((本期|当期)?\s*([tT]eaching\s+days|教学日)\s*([<＜]|少于|不足|不到|小于)\s*([0-9０-９]{1,3}|[〇零一二两三四五六七八九十百]+)\s*[天个日]?|(fewer|less)\s+than\s+[0-9]{1,3}\s+teaching\s+days)\s*$")
                .examples(["teaching days < 10", "教学日少于10天"]),
            "什么情况下免办。",
            "When a period has no occurrence.",
        ),
    ]
}

/// Where it comes from.
fn resting_on() -> [Key; 3] {
    [
        optional(
            "source",
            line().examples(["正文·14"]),
            "出处,写在信尾。",
            "Where in its sources it stands.",
        ),
        required(
            "origin",
            word(Origin::ALL.map(|(word, name, _)| (word, name))),
            "出处的分量。",
            "What kind of source that is.",
        ),
        optional(
            "authority",
            line().examples(["教基一厅〔2014〕2号"]),
            "依据的上级文件。",
            "The document it rests on.",
        ),
    ]
}

/// `Every::WORDS` in Chinese.
const PERIODS: [&str; 7] = ["年", "学期", "季", "月", "周", "每个节日", "每个假期"];

fn id() -> Form {
    matching("^[a-z0-9-]{1,80}$")
}

/// A date as people say it, or one for each year. What the words mean is for `check`.
fn due() -> Form {
    let words = line().examples([
        "5月12日",
        "4月底",
        "3月最后一个周一",
        "3月最后一周",
        "5月至9月",
        "最后一个教学日",
        "开学后14天",
        "寒假放假前",
        "国庆节前3个工作日",
        "3 workdays",
    ]);
    let years = keyed("^(199[0-9]|20[0-9][0-9]|210[0-9]|2110)年?$", line())
        .with("minProperties", 1.into())
        .meaning(
            "每年日期不同的,一年一项。",
            "A date that floats from year to year.",
        );
    any([words, years])
}
