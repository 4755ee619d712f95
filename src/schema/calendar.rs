//! `calendar.toml`.

use serde_json::json;

use super::form::{
    Form, Key, boolean, hour, integer, line, list, matching, named, optional, required, some,
    table, word,
};
use super::ladder;

/// The calendar's head.
pub(super) fn head() -> Form {
    table([
        required(
            "title",
            line().examples(["慈溪市学校安全工作行事历"]),
            "信里和页面上显示的名称。",
            "Its name, as letters and pages show it.",
        ),
        required(
            "timezone",
            line().examples(["Asia/Shanghai"]),
            "时区;中国大陆写 Asia/Shanghai。",
            "The time zone of its days and hours.",
        ),
        optional(
            "locale",
            word([("zh-CN", "简体中文"), ("en", "English")]).default("zh-CN"),
            "信和报错的语言。",
            "The language of letters and messages.",
        ),
        optional(
            "send_at",
            some(hour()).default(json!(["08:00"])),
            "每天几点发信。",
            "The times of day at which letters go out.",
        ),
        optional(
            "tags",
            named(line()),
            "名册和任务里能用的标签:左边代号,右边意思。",
            "Every tag that the roster and the tasks may use, with its meaning.",
        ),
        optional(
            "ladder",
            table(ladder::keys_with_defaults()),
            "催办的阶梯,每条任务都照这里办。",
            "When each duty is announced, reminded of and carried up; every task inherits it.",
        ),
        optional(
            "burden",
            burden(),
            "一所学校一个月最多负担多少;超过时 check 会提醒。",
            "How much a school's month may hold; check warns of more.",
        ),
        optional(
            "adjust",
            list(adjust()),
            "对某些单位另作规定;后面的盖过前面的。",
            "Where the ladder differs for some units; later ones win.",
        ),
    ])
    .meaning("全年通用的规定。", "What holds for the whole year.")
}

fn burden() -> Form {
    let cap = |name, zh, en| optional(name, integer(0, 999).default(0), zh, en);
    table([
        cap(
            "duties_per_month",
            "一所学校一个月最多几项职责;0 为不限。",
            "Duties a school's month may hold; 0 for no limit.",
        ),
        cap(
            "evidence_per_month",
            "一所学校一个月最多交几份材料;0 为不限。",
            "Duties with something to hand in that a school's month may hold; 0 for no limit.",
        ),
        optional(
            "require_authority",
            boolean().default(false),
            "true 为每条任务都要写依据文件。",
            "Whether every task must name the document it rests on.",
        ),
    ])
}

fn adjust() -> Form {
    let audience = required("audience", audience(), "对哪些单位。", "For which units.");
    table(std::iter::once(audience).chain(ladder::inherited_keys()))
}

/// An expression over kinds and tags. Which tags there are, and how brackets pair, is for `check`.
pub(super) fn audience() -> Form {
    matching(
        r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s!&|()！＆｜（）][^\x00-\x1f\x7f-\x9f]*$",
    )
    .examples([
        "school",
        "k12",
        "boarding & !senior",
        "(primary | junior) & mountain",
        "unit:s001",
    ])
}

/// The optional `audience` of a term, a break or a day.
pub(super) fn only_for() -> Key {
    optional(
        "audience",
        audience(),
        "只对部分学校有效;不写就是全部。",
        "Only for these schools; all where it is left out.",
    )
}
