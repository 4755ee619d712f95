//! What is suggested, and what is not.

use schoolbell::core::calendar::ROLES;
use schoolbell::core::diagnostic::nearest;
use schoolbell::core::roster::Kind;

const TASK: [&str; 14] = [
    "id", "title", "detail", "every", "times", "when", "due", "due_time", "remind", "to",
    "audience", "after", "source", "origin",
];

fn check(allowed: &[&str], pairs: &[(&str, Option<&str>)]) {
    for (found, expected) in pairs {
        let meant = nearest(found, allowed.iter().copied());
        assert_eq!(meant, *expected, "for {found}");
    }
}

#[test]
fn slips_of_the_pen() {
    let pairs = [
        ("titel", Some("title")),
        ("tilte", Some("title")),
        ("Title", Some("title")),
        ("ｔｉｔｌｅ", Some("title")),
        ("due-time", Some("due_time")),
        ("dueTime", Some("due_time")),
        ("audiance", Some("audience")),
        ("audeince", Some("audience")),
        ("reminds", Some("remind")),
        ("evry", Some("every")),
        ("orgin", Some("origin")),
    ];
    check(&TASK, &pairs);
}

#[test]
fn what_people_say_for_a_word() {
    let pairs = [
        ("标题", Some("title")),
        ("截止日期", Some("due")),
        ("适用对象", Some("audience")),
        ("周期", Some("every")),
        ("deadline", Some("due")),
    ];
    check(&TASK, &pairs);
    let words = Kind::ALL.map(Kind::word);
    check(
        &words,
        &[("小学", Some("primary")), ("幼儿园", Some("kindergarten"))],
    );
    check(
        &["year", "month", "week"],
        &[("每月", Some("month")), ("weekly", Some("week"))],
    );
}

#[test]
fn chinese_words() {
    let roles = ROLES.map(|(_, name)| name);
    let pairs = [
        ("安全主人", Some("安全主任")),
        ("校长室", Some("校长")),
        ("班主任", None),
        ("家长", None),
    ];
    check(&roles, &pairs);
    let kinds = Kind::ALL.map(Kind::name);
    let pairs = [
        ("幼儿院", Some("幼儿园")),
        ("小学校", Some("小学")),
        // Of junior and senior schools alike: none is nearer.
        ("中学", None),
        ("大学", None),
        ("医院", None),
    ];
    check(&kinds, &pairs);
}

/// Better none than a silly one.
#[test]
fn far_off_words_suggest_nothing() {
    let strangers = [
        "budget", "color", "note", "day", "who", "x", "", "备注", "预算", "remark", "tone", "video",
    ];
    check(&TASK, &strangers.map(|word| (word, None)));
    check(
        &["boarding", "mountain"],
        &[
            ("swimming", None),
            ("board", None),
            ("fountain", Some("mountain")),
        ],
    );
}

/// Of two as near, the one that begins alike.
#[test]
fn the_first_letter_counts() {
    check(
        &["fours", "hours"],
        &[("hourz", Some("hours")), ("fourz", Some("fours"))],
    );
    check(
        &["lower", "tower"],
        &[("tower-", Some("tower")), ("towem", Some("tower"))],
    );
}
