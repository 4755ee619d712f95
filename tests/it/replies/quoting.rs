//! Quoted letters and signatures, as mail programs write them.

use expect_test::expect;
use schoolbell::core::reply::own_words;

use super::check;

/// A letter that would be read as `完成 2` if it were not left aside.
const LETTER: &str = "王建国，您好。\n1. 全校应急疏散演练\n也可以直接回复这封信，写：\n完成 2\n";

fn quoted(head: &str) -> String {
    format!("已完成 1\n\n{head}\n{LETTER}")
}

#[test]
fn a_quoted_letter_is_left_aside() {
    let heads = [
        // QQ
        "------------------ 原始邮件 ------------------\n发件人: \"学校安全行事历\" <bell@jyj.example>;\n发送时间: 2026年5月8日(星期五) 上午8:00\n收件人: \"王建国\"<wang@hs.example>;\n主题: 【5月12日前】全校应急疏散演练 · 浒山小学 [No.12]\n",
        "------------------&nbsp;原始邮件&nbsp;------------------"
            .replace("&nbsp;", "\u{a0}")
            .leak(),
        // 163 and its apps
        "在 2026-05-08 08:00:00，\"学校安全行事历\" <bell@jyj.example> 写道：\n",
        "---- 回复的原邮件 ----\n| 发件人 | 学校安全行事历<bell@jyj.example> |\n",
        // Exmail and Outlook
        "发件人： 学校安全行事历\n发送时间： 2026-05-08 08:00\n收件人： wang@hs.example\n主题： 全校应急疏散演练\n",
        "________________________________\nFrom: School bell <bell@jyj.example>\nSent: Friday, May 8, 2026 8:00 AM\nTo: Wang\nSubject: Drill\n",
        "-----Original Message-----\nFrom: bell@jyj.example\n",
        "发件人: bell@jyj.example <bell@jyj.example> 代表 学校安全行事历\n发送时间: 2026年5月8日 8:00\n",
        // Apple, Gmail, Thunderbird
        "2026年5月8日 08:00，学校安全行事历 <bell@jyj.example> 写道：\n",
        "学校安全行事历 <bell@jyj.example> 于2026年5月8日周五 08:00写道：\n",
        "On Fri, May 8, 2026 at 8:00 AM School bell <bell@jyj.example> wrote:\n",
        "On Fri, May 8, 2026 at 8:00 AM A bell with a rather long name\n<bell@jyj.example> wrote:\n",
        "于 2026/5/8 8:00, 学校安全行事历 写道:\n",
        // A signature
        "-- \n浒山小学安全办\n",
    ];
    for head in heads {
        assert_eq!(own_words(&quoted(head)), "已完成 1", "{head}");
    }
}

/// What is marked line by line ends by itself: people write below it and between it.
#[test]
fn an_answer_may_stand_below_what_is_marked() {
    let text = "在 2026-05-08 08:00:00，\"学校安全行事历\" <bell@jyj.example> 写道：\n> 1. 演练\n> 完成 2\n已完成 1\n> 谢谢\n";
    assert_eq!(own_words(text), "已完成 1");
}

/// An answer right above such a line is not taken for a part of it.
#[test]
fn what_stands_above_is_kept() {
    let text = "1 已完成\n在 2026-05-08 08:00:00，\"学校安全行事历\" <bell@jyj.example>\n写道：\n> 完成 2\n";
    assert_eq!(own_words(text), "1 已完成");
}

#[test]
fn signatures_are_no_words() {
    check(
        &[
            "收到|浒山小学 王建国|13805740000",
            "收到||慈溪市浒山小学安全办公室|电话：0574-63920000|2026年5月14日",
            "已完成 1 3|发自我的iPhone",
            "收到|Sent from my iPhone",
            "您好：|    浒山小学已完成 1、2 项。|此致|敬礼|王建国|2026年5月14日",
            "收到|王建国|第2项做不了",
        ],
        expect![[r#"
            收到|浒山小学 王建国|13805740000
                received
            收到||慈溪市浒山小学安全办公室|电话：0574-63920000|2026年5月14日
                received
            已完成 1 3|发自我的iPhone
                done 1 3
            收到|Sent from my iPhone
                received
            您好：|    浒山小学已完成 1、2 项。|此致|敬礼|王建国|2026年5月14日
                done 1 2
            收到|王建国|第2项做不了
                received + ? “第2项做不了”
        "#]],
    );
}

/// A line is a signature only where it says nothing else: what stands beside a name, or below it, is read.
#[test]
fn what_stands_in_a_signature_is_not_lost() {
    check(
        &[
            "收到。|浒山小学操场塌陷，请尽快派人查看",
            "收到|电话打不通，请换成13805740000",
            "收到|13805740000是新号码",
            "收到|2026年5月14日操场塌陷",
            "收到|王建国|13805740000|操场塌陷",
            "收到|浒山小学 王建国|学校停水了",
            "收到|地址：浒山街道教场山路1号|邮编：315300",
            "收到|地址：教场山路1号，操场塌陷",
            "收到|浒山小学安全办公室 王建国 主任|0574-63920000转801|wang@hs.example|二〇二六年五月十四日 星期四 08:30",
            "好的|浒山小学 13805740000",
            "收到|1 3 5 7 9 11 13",
        ],
        expect![[r#"
            收到。|浒山小学操场塌陷，请尽快派人查看
                received + ? “操场塌陷，请尽快派人查看”
            收到|电话打不通，请换成13805740000
                received + ? “电话打不通，请换成13805740000”
            收到|13805740000是新号码
                received + ? “13805740000是新号码”
            收到|2026年5月14日操场塌陷
                received + ? “2026年5月14日操场塌陷”
            收到|王建国|13805740000|操场塌陷
                received + ? “操场塌陷”
            收到|浒山小学 王建国|学校停水了
                received + ? “学校停水了”
            收到|地址：浒山街道教场山路1号|邮编：315300
                received
            收到|地址：教场山路1号，操场塌陷
                received + ? “地址：教场山路1号，操场塌陷”
            收到|浒山小学安全办公室 王建国 主任|0574-63920000转801|wang@hs.example|二〇二六年五月十四日 星期四 08:30
                received
            好的|浒山小学 13805740000
                received
            收到|1 3 5 7 9 11 13
                received + ? “1 3 5 7 9 11 13”
        "#]],
    );
}
