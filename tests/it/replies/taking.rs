//! What a reply comes to, held against its letter.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use schoolbell::core::duty::DutyId;
use schoolbell::core::reply::take;

use super::reply;

fn duty(task: &str) -> DutyId {
    format!("{task}@2026/s1").parse().unwrap()
}

/// Replies to a letter with these duties and rows, of which those with a `*` are settled.
fn check(numbered: &[&str], rollup: &[&str], replies: &[&str], expected: Expect) {
    let duties = |names: &[&str]| -> Vec<DutyId> {
        names
            .iter()
            .map(|name| duty(name.trim_end_matches('*')))
            .collect()
    };
    let settled: Vec<DutyId> = duties(
        &numbered
            .iter()
            .copied()
            .filter(|name| name.ends_with('*'))
            .collect::<Vec<_>>(),
    );
    let mut printed = String::new();
    for text in replies {
        let taken = take(&reply(text), &duties(numbered), &duties(rollup), |duty| {
            settled.contains(duty)
        });
        let _ = writeln!(printed, "{text}");
        for (duty, said) in &taken.answers {
            let _ = writeln!(
                printed,
                "    {} {}",
                duty.occurrence.task,
                said.answer.word()
            );
        }
        if taken.asks_which {
            let _ = writeln!(printed, "    the list is sent back");
        }
        for why in &taken.unclear {
            let _ = writeln!(printed, "    ? {why}");
        }
    }
    expected.assert_eq(&printed);
}

#[test]
fn a_letter_with_one_duty() {
    check(
        &["drill"],
        &[],
        &[
            "收到",
            "完成",
            "完成 1",
            "完成 2",
            "完成 全部",
            "延期 6月20日 操场维修",
            "我不懂",
        ],
        expect![[r#"
            收到
                drill received
            完成
                drill done
            完成 1
                drill done
            完成 2
                the list is sent back
                ? 回复了“已完成 2”,信里没有这个编号
            完成 全部
                drill done
            延期 6月20日 操场维修
                drill extension
            我不懂
                ? “我不懂”
        "#]],
    );
}

#[test]
fn a_letter_with_several() {
    check(
        &["drill", "bus", "canteen"],
        &[],
        &[
            "收到",
            "完成",
            "完成 1 3",
            "完成 2 4",
            "全部完成",
            "不适用 没有校车",
            "不适用 2 没有校车",
            "",
        ],
        expect![[r#"
            收到
                drill received
                bus received
                canteen received
            完成
                drill received
                bus received
                canteen received
                the list is sent back
            完成 1 3
                drill done
                canteen done
            完成 2 4
                bus done
                the list is sent back
                ? 回复了“已完成 4”,信里没有这个编号
            全部完成
                drill done
                bus done
                canteen done
            不适用 没有校车
                the list is sent back
                ? 回复了“不适用”,没有写是哪一项:“没有校车”
            不适用 2 没有校车
                bus not-applicable

                ? 没有写字
        "#]],
    );
}

/// What is settled already is not asked after: one that is open is the one meant.
#[test]
fn one_of_several_is_open() {
    check(
        &["drill*", "bus", "canteen*"],
        &[],
        &["完成", "收到", "有困难 经费", "完成 1"],
        expect![[r#"
            完成
                bus done
            收到
                bus received
            有困难 经费
                bus trouble
            完成 1
                drill done
        "#]],
    );
    check(
        &["drill*", "bus*"],
        &[],
        &["完成", "延期 6月20日 忘了"],
        expect![[r#"
        完成
        延期 6月20日 忘了
            ? 对各项都已办结的信回复了“申请延期”:“忘了”
    "#]],
    );
}

#[test]
fn of_a_table_one_can_only_take_note() {
    check(
        &[],
        &["drill", "bus"],
        &["收到", "完成", "完成 1", "好的，已督促"],
        expect![[r#"
            收到
                drill received
                bus received
            完成
                ? 对汇总信回复了“已完成”,汇总信只能回“收到”
            完成 1
                ? 对汇总信回复了“已完成”,汇总信只能回“收到”
            好的，已督促
                drill received
                bus received
                ? “已督促”
        "#]],
    );
    check(
        &["drill"],
        &["bus"],
        &["收到", "完成"],
        expect![[r#"
        收到
            drill received
            bus received
        完成
            drill done
    "#]],
    );
}
