//! The language of replies.

use expect_test::expect;
use schoolbell::core::fact::Answer;

use super::{check, reply};

#[test]
fn one_word_is_enough() {
    check(
        &[
            "收到",
            "收到。",
            "收到！谢谢",
            "已收到",
            "好的，收到",
            "好的",
            "已阅",
            "浒山小学收到",
            "收到通知，谢谢老师",
            "完成",
            "已完成",
            "完成了",
            "已经完成。",
            "您好，已完成，谢谢",
            "我校已完成",
            "浒山小学 王建国：已完成",
            "已办结",
            "均已落实到位",
            "received",
            "Received, thanks!",
            "Done.",
            "We have completed",
            "OK",
        ],
        expect![[r#"
            收到
                received
            收到。
                received
            收到！谢谢
                received
            已收到
                received
            好的，收到
                received
            好的
                received
            已阅
                received
            浒山小学收到
                received
            收到通知，谢谢老师
                received
            完成
                done
            已完成
                done
            完成了
                done
            已经完成。
                done
            您好，已完成，谢谢
                done
            我校已完成
                done
            浒山小学 王建国：已完成
                done
            已办结
                done
            均已落实到位
                done all
            received
                received
            Received, thanks!
                received
            Done.
                done
            We have completed
                done
            OK
                received
        "#]],
    );
}

#[test]
fn numbers_say_which() {
    check(
        &[
            "已完成 1 3",
            "完成 1、3",
            "完成1，3，谢谢",
            "完成１ ３",
            "完成 一、三",
            "完成第1项和第3项",
            "第一、三项已完成",
            "1 3 完成",
            "完成 2-4",
            "完成 全部",
            "全部完成",
            "都已完成",
            "已全部完成",
            "收到 全部",
            "1. 已完成|2. 收到|3. 申请延期至6月20日，操场维修",
            "完成 1；延期 2 6月20日 操场维修；不适用 3 我校没有校车",
            "done 1 3",
            "Done 1, 2 and 4. Thanks",
            "done all",
            "All done!",
            "received all",
        ],
        expect![[r#"
            已完成 1 3
                done 1 3
            完成 1、3
                done 1 3
            完成1，3，谢谢
                done 1 3
            完成１ ３
                done 1 3
            完成 一、三
                done 1 3
            完成第1项和第3项
                done 1 3
            第一、三项已完成
                done 1 3
            1 3 完成
                done 1 3
            完成 2-4
                done 2 3 4
            完成 全部
                done all
            全部完成
                done all
            都已完成
                done all
            已全部完成
                done all
            收到 全部
                received all
            1. 已完成|2. 收到|3. 申请延期至6月20日，操场维修
                done 1 + received 2 + extension 3 until 2026-06-20 “操场维修”
            完成 1；延期 2 6月20日 操场维修；不适用 3 我校没有校车
                done 1 + extension 2 until 2026-06-20 “操场维修” + not-applicable 3 “我校没有校车”
            done 1 3
                done 1 3
            Done 1, 2 and 4. Thanks
                done 1 2 4
            done all
                done all
            All done!
                done all
            received all
                received all
        "#]],
    );
}

#[test]
fn requests_carry_a_day_and_a_reason() {
    check(
        &[
            "延期 2 6月20日 操场维修",
            "延期 2 6月20日 原因：操场维修，雨季无法施工",
            "延期2到6月20日，操场维修",
            "申请延期至6月20号",
            "延期 2026-06-20 操场维修",
            "延期 ２ ６月２０日 操场维修",
            "延期 二 六月二十日 操场维修",
            "延期到5月底 材料未齐",
            "延期 6.20 操场维修",
            "延期 1月5日 学期结束后再办",
            "延期 5月1日 那天已经过去",
            "延期 2天 台风",
            "延期 6月20日 原因",
            "extension 2 June 20 roof repair",
            "extension 2 until 2026-06-20, roof repair",
            "不适用 3 我校没有校车",
            "我校没有校车，不适用",
            "不适用",
            "not applicable 3 no school bus",
            "有困难 经费没有落实",
            "第2项有困难|经费没有落实|谢谢",
            "2 无法按时完成，消防器材缺货",
            "已转交 总务处陈老师",
            "已转交给李敏 13805740000",
            "handed over to Li Min",
        ],
        expect![[r#"
            延期 2 6月20日 操场维修
                extension 2 until 2026-06-20 “操场维修”
            延期 2 6月20日 原因：操场维修，雨季无法施工
                extension 2 until 2026-06-20 “操场维修，雨季无法施工”
            延期2到6月20日，操场维修
                extension 2 until 2026-06-20 “操场维修”
            申请延期至6月20号
                extension until 2026-06-20
            延期 2026-06-20 操场维修
                extension until 2026-06-20 “操场维修”
            延期 ２ ６月２０日 操场维修
                extension 2 until 2026-06-20 “操场维修”
            延期 二 六月二十日 操场维修
                extension 2 until 2026-06-20 “操场维修”
            延期到5月底 材料未齐
                extension until 2026-05-31 “材料未齐”
            延期 6.20 操场维修
                extension until 2026-06-20 “操场维修”
            延期 1月5日 学期结束后再办
                extension until 2027-01-05 “学期结束后再办”
            延期 5月1日 那天已经过去
                extension “5月1日 那天已经过去”
            延期 2天 台风
                extension “2天 台风”
            延期 6月20日 原因
                extension until 2026-06-20 “原因”
            extension 2 June 20 roof repair
                extension 2 until 2026-06-20 “roof repair”
            extension 2 until 2026-06-20, roof repair
                extension 2 until 2026-06-20 “roof repair”
            不适用 3 我校没有校车
                not-applicable 3 “我校没有校车”
            我校没有校车，不适用
                not-applicable “我校没有校车”
            不适用
                not-applicable
            not applicable 3 no school bus
                not-applicable 3 “no school bus”
            有困难 经费没有落实
                trouble “经费没有落实”
            第2项有困难|经费没有落实|谢谢
                trouble 2 “经费没有落实”
            2 无法按时完成，消防器材缺货
                trouble 2 “无法按时完成，消防器材缺货”
            已转交 总务处陈老师
                handed-over “总务处陈老师”
            已转交给李敏 13805740000
                handed-over “李敏 13805740000”
            handed over to Li Min
                handed-over “Li Min”
        "#]],
    );
}

/// What is not surely done is not done: somebody reads it.
#[test]
fn what_is_not_sure_is_left_to_a_person() {
    check(
        &[
            "未完成",
            "还没有完成",
            "尚未完成，下周完成",
            "完成不了",
            "完成了吗？",
            "完成 吗？",
            "什么时候算完成",
            "完成情况见附件",
            "完成一半",
            "完成 1次",
            "完成 5月10日",
            "完成，但消防栓还没有修",
            "完成 1 3，第2项还在做",
            "收到，请问要不要交纸质材料？",
            "收到，我校已于5月10日组织演练",
            "已完成，5月10日组织演练，参加师生1200人",
            "请问这项工作由谁负责",
            "not done",
            "Not yet completed",
            "完成 1200人参加",
            "附件是我校的自查表",
            "",
        ],
        expect![[r#"
            未完成
                ? “未完成”
            还没有完成
                ? “还没有完成”
            尚未完成，下周完成
                ? “尚未完成，下周完成”
            完成不了
                trouble “完成不了”
            完成了吗？
                ? “完成了吗？”
            完成 吗？
                ? “完成 吗？”
            什么时候算完成
                ? “什么时候算完成”
            完成情况见附件
                ? “完成情况见附件”
            完成一半
                ? “完成一半”
            完成 1次
                ? “完成 1次”
            完成 5月10日
                done “5月10日”
            完成，但消防栓还没有修
                received + ? “但消防栓还没有修”
            完成 1 3，第2项还在做
                ? “完成 1 3，第2项还在做”
            收到，请问要不要交纸质材料？
                received + ? “请问要不要交纸质材料？”
            收到，我校已于5月10日组织演练
                received + ? “我校已于5月10日组织演练”
            已完成，5月10日组织演练，参加师生1200人
                done “5月10日组织演练，参加师生1200人”
            请问这项工作由谁负责
                ? “请问这项工作由谁负责”
            not done
                ? “not done”
            Not yet completed
                ? “Not yet completed”
            完成 1200人参加
                ? “完成 1200人参加”
            附件是我校的自查表
                ? “附件是我校的自查表”

                nothing
        "#]],
    );
}

/// Half done, done soon, done in part, or so many of so many: none of it is done.
#[test]
fn what_is_not_finished_is_not_done() {
    check(
        &[
            "1 完成 80%",
            "已完成 80%",
            "已完成，80％",
            "完成（80%）",
            "完成 一半",
            "完成 2/3",
            "完成 九成",
            "完成 预计下周五",
            "完成：预计下周五",
            "完成，预计下周五",
            "done by Friday",
            "Done, by Friday",
            "completed half",
            "Completed - mostly",
            "我校计划下周三组织演练，届时|完成",
            "下周五，完成",
        ],
        expect![[r#"
            1 完成 80%
                ? “1 完成 80%”
            已完成 80%
                ? “已完成 80%”
            已完成，80％
                received + ? “80％”
            完成（80%）
                received + ? “（80%）”
            完成 一半
                ? “完成 一半”
            完成 2/3
                ? “完成 2/3”
            完成 九成
                ? “完成 九成”
            完成 预计下周五
                ? “完成 预计下周五”
            完成：预计下周五
                received + ? “预计下周五”
            完成，预计下周五
                received + ? “预计下周五”
            done by Friday
                ? “done by Friday”
            Done, by Friday
                received + ? “by Friday”
            completed half
                ? “completed half”
            Completed - mostly
                ? “Completed - mostly”
            我校计划下周三组织演练，届时|完成
                received + ? “我校计划下周三组织演练，届时”
            下周五，完成
                received + ? “下周五”
        "#]],
    );
}

/// A count is no number, and a day to come, or a promise, is no end.
#[test]
fn counts_days_to_come_and_promises_are_not_done() {
    check(
        &[
            "已完成3项，还剩2项",
            "共5项，已完成3项",
            "已完成，3项",
            "3项已完成",
            "完成 5.10",
            "完成 5月20日",
            "完成 2026-05-20",
            "完成 1 5月20日",
            "完成，5月20日组织演练",
            "完成 3,4年级参加",
            "完成 1 延期 2 6月20日",
            "收到，落实",
            "收到，按时完成",
            "我校落实到位",
            "做好",
            "基本完成",
            "已完成，问题待整改",
        ],
        expect![[r#"
            已完成3项，还剩2项
                ? “已完成3项，还剩2项”
            共5项，已完成3项
                ? “共5项，已完成3项”
            已完成，3项
                received + ? “3项”
            3项已完成
                ? “3项已完成”
            完成 5.10
                ? “完成 5.10”
            完成 5月20日
                ? “完成 5月20日”
            完成 2026-05-20
                ? “完成 2026-05-20”
            完成 1 5月20日
                ? “完成 1 5月20日”
            完成，5月20日组织演练
                received + ? “5月20日组织演练”
            完成 3,4年级参加
                ? “完成 3，4年级参加”
            完成 1 延期 2 6月20日
                ? “完成 1 延期 2 6月20日”
            收到，落实
                received + ? “落实”
            收到，按时完成
                received + ? “按时完成”
            我校落实到位
                ? “我校落实到位”
            做好
                ? “做好”
            基本完成
                ? “基本完成”
            已完成，问题待整改
                received + ? “问题待整改”
        "#]],
    );
}

/// What is said politely, or says when and how it was done.
#[test]
fn done_is_done_in_many_words() {
    check(
        &[
            "已完成，谢谢",
            "完成 谢谢",
            "已完成 1，详见附件",
            "已完成 详见附件，请查阅",
            "完成 王建国",
            "已完成，参加师生1200人",
            "已完成，5月10日组织演练，参加师生1200人",
            "完成 5月14日",
            "完成 1 5月10日",
            "完成 1，5月10日组织演练",
            "完成 2026年5月10日",
            "已落实",
            "均已落实到位",
            "1 已做好",
            "已按要求完成，谢谢领导",
            "完成：1、3",
            "完成，1，3",
            "完成 1、3项",
            "完成 第3项",
            "完成 1至3项",
            "第2条已办结",
            "完成 2号",
            "Done: 1, 3. Many thanks",
        ],
        expect![[r#"
            已完成，谢谢
                done
            完成 谢谢
                done
            已完成 1，详见附件
                done 1
            已完成 详见附件，请查阅
                done
            完成 王建国
                done
            已完成，参加师生1200人
                done “参加师生1200人”
            已完成，5月10日组织演练，参加师生1200人
                done “5月10日组织演练，参加师生1200人”
            完成 5月14日
                done “5月14日”
            完成 1 5月10日
                done 1 “5月10日”
            完成 1，5月10日组织演练
                done 1 “5月10日组织演练”
            完成 2026年5月10日
                done “2026年5月10日”
            已落实
                done
            均已落实到位
                done all
            1 已做好
                done 1
            已按要求完成，谢谢领导
                done
            完成：1、3
                done 1 3
            完成，1，3
                done 1 3
            完成 1、3项
                done 1 3
            完成 第3项
                done 3
            完成 1至3项
                done 1 2 3
            第2条已办结
                done 2
            完成 2号
                done 2
            Done: 1, 3. Many thanks
                done 1 3
        "#]],
    );
}

/// What stands in a line of its own may be about anything: a person reads it, and what was done stays done.
#[test]
fn a_line_of_its_own_is_read_by_a_person() {
    check(
        &[
            "已完成|浒山小学操场塌陷",
            "已完成。|参加师生1200人",
            "已完成。参加师生1200人",
            "完成|1 3",
        ],
        expect![[r#"
            已完成|浒山小学操场塌陷
                done + ? “操场塌陷”
            已完成。|参加师生1200人
                done + ? “参加师生1200人”
            已完成。参加师生1200人
                done “参加师生1200人”
            完成|1 3
                received + ? “1 3”
        "#]],
    );
}

/// However long and however written, a reply is read in no time, and what is too long is for a person.
#[test]
fn a_hostile_reply_costs_no_time() {
    let long = 512 * 1024;
    let hostile = [
        "1,",
        "1-500;",
        "完成1-500;",
        "完成,1,",
        "1月",
        "<",
        "a,",
        "已",
        "第",
        "完成",
        "1",
        "一",
        "王建国 ",
        "5月20日",
        ">\n",
        "在 2026-05-08\n",
        "From:\n",
        "1\n",
        "完成\n",
    ];
    for unit in hostile {
        let text = unit.repeat(long / unit.len());
        let begun = std::time::Instant::now();
        let read = reply(&text);
        let took = begun.elapsed();
        assert!(took.as_millis() < 1_000, "{unit:?} took {took:?}");
        let is_done = read.said.iter().any(|said| said.answer == Answer::Done);
        assert!(!is_done, "{unit:?} is taken for done");
        if unit != ">\n" && unit != "From:\n" {
            assert!(!read.rest.is_empty(), "{unit:?}");
        }
    }
    let honest = format!("{}\n完成 1", "我校组织了演练。".repeat(300));
    let read = reply(&honest);
    assert_eq!(read.said, []);
    assert!(read.rest.ends_with("信太长,没有读完"), "{}", read.rest);
}
