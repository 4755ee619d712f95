//! A small bureau: the texts most cases share.

/// What `calendar.toml` says where a case gives no other. The program's own ladder is the default.
pub(crate) const HEAD: &str = r#"
title    = "浒山试点行事历"
timezone = "Asia/Shanghai"
send_at  = ["08:00"]
[tags]
boarding = "寄宿制"
"#;

/// One school of a town of a bureau. The addresses say who it is: `safety@s1`.
pub(crate) const ROSTER: &str = "\
unit,name,kind,parent,tags,role,person,email,phone,since,until
b,慈溪市教育局,bureau,,,office,沈志明,office@b,,,
b,,,,,deputy,方文华,deputy@b,,,
t1,浒山街道,town,b,,safety,胡国强,safety@t1,,,
s1,浒山小学,primary,t1,,safety,王建国,safety@s1,,,
s1,,,,,deputy,李秀芳,deputy@s1,,,
s1,,,,,principal,陈伟民,principal@s1,,,
";

/// A second school, to be joined to [`ROSTER`].
pub(crate) const SECOND: &str = "\
s2,鄞州路初级中学,junior,t1,,safety,郑海波,safety@s2,,,
s2,,,,,deputy,叶晓东,deputy@s2,,,
s2,,,,,principal,吴丽萍,principal@s2,,,
";

/// The task most cases are about. 2026-11-10 is a Tuesday, with ordinary weeks around it, so by the program's own ladder:
/// opens 10-27(二), remind 7d 11-03(二), 2 workdays 11-06(五), 0d 11-10, overdue and 1 workday 11-11(三),
/// 3 workdays 11-13(五), 5 workdays (and the first nag) 11-17(二).
pub(crate) const DRILL: &str = r#"
[[task]]
id       = "drill"
title    = "应急疏散演练"
due      = "11月10日"
audience = "school"
origin   = "seed"
"#;

/// [`DRILL`] without reminders, open only so long before the due day (`0d`, `1d`): a case shows what comes after it.
pub(crate) fn drill_from(opens: &str) -> String {
    format!("{DRILL}opens = \"{opens}\"\nremind = []\nnag = false\n")
}

/// Two terms and the summer between them.
pub(super) const SCHOOL_YEAR: &str = r#"
[[term]]
key   = "2026-spring"
name  = "2025学年第二学期"
start = 2026-03-04
end   = 2026-07-04
[[break]]
key   = "2026-summer-break"
name  = "暑假"
start = 2026-07-05
end   = 2026-08-31
[[term]]
key   = "2026-autumn"
name  = "2026学年第一学期"
start = 2026-09-01
end   = 2027-01-29
"#;

/// The shipped notices, as the calendar's folder has them.
pub(crate) const NOTICES: [(&str, &str); 4] = [
    (
        "holidays/2023.toml",
        include_str!("../../../calendar/holidays/2023.toml"),
    ),
    (
        "holidays/2024.toml",
        include_str!("../../../calendar/holidays/2024.toml"),
    ),
    (
        "holidays/2025.toml",
        include_str!("../../../calendar/holidays/2025.toml"),
    ),
    (
        "holidays/2026.toml",
        include_str!("../../../calendar/holidays/2026.toml"),
    ),
];
