//! The words of replies.

use crate::core::fact::Answer;
use crate::core::scan::{Scan, half_width, plain};

/// What an answer begins with.
#[derive(Clone, Copy)]
pub(super) enum Opening {
    /// This answer.
    Of(Answer),
    /// The same, but only behind `已`: `收到，落实` is a promise.
    Already(Answer),
}

impl Opening {
    /// The answer, where it is one.
    pub(super) fn answer(self, is_already: bool) -> Option<Answer> {
        match self {
            Self::Already(_) if !is_already => None,
            Self::Already(answer) | Self::Of(answer) => Some(answer),
        }
    }
}

/// Longer words first where one begins another.
const ANSWERS: [(&str, Opening); 70] = [
    ("收到", Opening::Of(Answer::Received)),
    ("收悉", Opening::Of(Answer::Received)),
    ("知悉", Opening::Of(Answer::Received)),
    ("获悉", Opening::Of(Answer::Received)),
    ("阅知", Opening::Of(Answer::Received)),
    ("阅悉", Opening::Of(Answer::Received)),
    ("阅", Opening::Of(Answer::Received)),
    ("received", Opening::Of(Answer::Received)),
    ("noted", Opening::Of(Answer::Received)),
    ("got it", Opening::Of(Answer::Received)),
    ("acknowledged", Opening::Of(Answer::Received)),
    ("完成不了", Opening::Of(Answer::Trouble)),
    ("按时完成", Opening::Already(Answer::Done)),
    ("按要求完成", Opening::Already(Answer::Done)),
    ("完成", Opening::Of(Answer::Done)),
    ("办结", Opening::Of(Answer::Done)),
    ("办理完毕", Opening::Of(Answer::Done)),
    ("办完", Opening::Of(Answer::Done)),
    ("办好", Opening::Already(Answer::Done)),
    ("做完", Opening::Of(Answer::Done)),
    ("做好", Opening::Already(Answer::Done)),
    ("落实到位", Opening::Already(Answer::Done)),
    ("落实", Opening::Already(Answer::Done)),
    ("done", Opening::Of(Answer::Done)),
    ("completed", Opening::Of(Answer::Done)),
    ("complete", Opening::Of(Answer::Done)),
    ("finished", Opening::Of(Answer::Done)),
    ("申请延期", Opening::Of(Answer::Extension)),
    ("请求延期", Opening::Of(Answer::Extension)),
    ("需要延期", Opening::Of(Answer::Extension)),
    ("需延期", Opening::Of(Answer::Extension)),
    ("请延期", Opening::Of(Answer::Extension)),
    ("申请延", Opening::Of(Answer::Extension)),
    ("延期", Opening::Of(Answer::Extension)),
    ("推迟", Opening::Of(Answer::Extension)),
    ("延至", Opening::Of(Answer::Extension)),
    ("extension", Opening::Of(Answer::Extension)),
    ("extend", Opening::Of(Answer::Extension)),
    ("postpone", Opening::Of(Answer::Extension)),
    ("不适用", Opening::Of(Answer::NotApplicable)),
    ("不涉及", Opening::Of(Answer::NotApplicable)),
    ("无此项", Opening::Of(Answer::NotApplicable)),
    ("not-applicable", Opening::Of(Answer::NotApplicable)),
    ("not applicable", Opening::Of(Answer::NotApplicable)),
    ("does not apply", Opening::Of(Answer::NotApplicable)),
    ("n/a", Opening::Of(Answer::NotApplicable)),
    ("有困难", Opening::Of(Answer::Trouble)),
    ("遇到困难", Opening::Of(Answer::Trouble)),
    ("存在困难", Opening::Of(Answer::Trouble)),
    ("有难度", Opening::Of(Answer::Trouble)),
    ("暂时无法完成", Opening::Of(Answer::Trouble)),
    ("暂无法完成", Opening::Of(Answer::Trouble)),
    ("无法按时完成", Opening::Of(Answer::Trouble)),
    ("不能按时完成", Opening::Of(Answer::Trouble)),
    ("无法完成", Opening::Of(Answer::Trouble)),
    ("不能完成", Opening::Of(Answer::Trouble)),
    ("trouble", Opening::Of(Answer::Trouble)),
    ("difficulty", Opening::Of(Answer::Trouble)),
    ("difficulties", Opening::Of(Answer::Trouble)),
    ("转交给", Opening::Of(Answer::HandedOver)),
    ("转交", Opening::Of(Answer::HandedOver)),
    ("移交给", Opening::Of(Answer::HandedOver)),
    ("移交", Opening::Of(Answer::HandedOver)),
    ("交给", Opening::Of(Answer::HandedOver)),
    ("转给", Opening::Of(Answer::HandedOver)),
    ("handed-over", Opening::Of(Answer::HandedOver)),
    ("handed over", Opening::Of(Answer::HandedOver)),
    ("handed on", Opening::Of(Answer::HandedOver)),
    ("passed on", Opening::Of(Answer::HandedOver)),
    ("forwarded", Opening::Of(Answer::HandedOver)),
];

/// Those of which the words themselves are the reason.
const REASONS: [&str; 5] = ["完成不了", "暂时无法", "暂无法", "无法", "不能"];

/// What may stand before an answer and adds nothing.
const FILLERS: [&str; 29] = [
    "我校",
    "我园",
    "我镇",
    "我局",
    "我单位",
    "我们",
    "我方",
    "本校",
    "本园",
    "本镇",
    "本单位",
    "学校",
    "幼儿园",
    "我",
    "现",
    "目前",
    "也",
    "任务",
    "工作",
    "回复",
    "回执",
    "答复",
    "i have ",
    "we have ",
    "i ",
    "we ",
    "it is ",
    "have ",
    "is ",
];

/// These say that it has happened.
const ALREADY: [&str; 5] = ["现已", "已经", "已于昨日", "已于今日", "已"];

/// These say that it is to everything.
const ALL: [&str; 9] = [
    "全部",
    "所有",
    "各项",
    "全都",
    "均",
    "都",
    "everything",
    "all items",
    "all",
];

/// What may stand behind an answer and adds nothing.
const OBJECTS: [&str; 24] = [
    "了",
    "啦",
    "哦",
    "的",
    "该项",
    "此项",
    "这项",
    "本项",
    "各项任务",
    "以上各项",
    "以上",
    "上述",
    "任务",
    "工作",
    "通知",
    "来信",
    "邮件",
    "信件",
    "信息",
    "文件",
    "to ",
    "with ",
    "the letter",
    "your letter",
];

/// Politeness, and what frames a letter.
const POLITE: [&str; 65] = [
    "您好",
    "你好",
    "大家好",
    "老师好",
    "领导好",
    "早上好",
    "上午好",
    "中午好",
    "下午好",
    "晚上好",
    "尊敬的",
    "各位领导",
    "各位老师",
    "各位",
    "领导",
    "老师",
    "局长",
    "科长",
    "主任",
    "教育局",
    "安全科",
    "非常感谢",
    "十分感谢",
    "感谢您",
    "感谢",
    "多谢",
    "谢谢您",
    "谢谢",
    "谢了",
    "辛苦了",
    "您辛苦",
    "辛苦",
    "麻烦您了",
    "麻烦了",
    "打扰了",
    "请查收",
    "请查阅",
    "请见附件",
    "请看附件",
    "详见附件",
    "见附件",
    "请知悉",
    "请审核",
    "请审阅",
    "请领导审阅",
    "特此报告",
    "特此回复",
    "特此回执",
    "此致",
    "敬礼",
    "祝工作顺利",
    "祝工作愉快",
    "祝好",
    "顺祝",
    "工作顺利",
    "工作愉快",
    "回复如下",
    "回执如下",
    "大家",
    "hello",
    "hi",
    "dear",
    "good morning",
    "good afternoon",
    "dear all",
];

const POLITE_ENGLISH: [&str; 16] = [
    "many thanks",
    "thanks a lot",
    "thanks",
    "thank you very much",
    "thank you",
    "thx",
    "best regards",
    "kind regards",
    "best wishes",
    "regards",
    "sincerely",
    "yours",
    "cheers",
    "best",
    "sir or madam",
    "sir",
];

/// An answer only where there is no other.
const NODS: [&str; 11] = [
    "好的",
    "好",
    "嗯",
    "行",
    "明白了",
    "明白",
    "知道了",
    "了解",
    "okay",
    "ok",
    "yes",
];

/// Where one of these stands in what was not understood, nothing is taken for done.
const DOUBTS: [&str; 69] = [
    "未",
    "没",
    "无法",
    "不能",
    "不了",
    "不到",
    "但",
    "不过",
    "只是",
    "尚",
    "还在",
    "还差",
    "还要",
    "还需",
    "还有",
    "正在",
    "除",
    "其余",
    "其中",
    "暂",
    "困难",
    "问题",
    "延期",
    "推迟",
    "部分",
    "一半",
    "剩",
    "待",
    "欠",
    "缺",
    "%",
    "基本",
    "大概",
    "大致",
    "可能",
    "应该",
    "差不多",
    "预计",
    "预期",
    "计划",
    "打算",
    "准备",
    "争取",
    "力争",
    "尽快",
    "尽量",
    "抓紧",
    "马上",
    "即将",
    "将",
    "拟",
    "届时",
    "稍后",
    "随后",
    "后续",
    "下周",
    "下星期",
    "下个",
    "下月",
    "下旬",
    "月底",
    "年底",
    "明天",
    "明日",
    "明年",
    "后天",
    "吗",
    "?",
    "请",
];

/// The same in English, as whole words.
const DOUBTS_ENGLISH: [&str; 27] = [
    "not",
    "but",
    "except",
    "however",
    "still",
    "by",
    "half",
    "partly",
    "partially",
    "most",
    "mostly",
    "almost",
    "nearly",
    "will",
    "would",
    "should",
    "shall",
    "going",
    "plan",
    "planned",
    "expect",
    "expected",
    "until",
    "tomorrow",
    "next",
    "remaining",
    "please",
];

/// Takes one of `words`; those in Latin letters only where they end there.
pub(super) fn take_word(scan: &mut Scan<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| {
        let Some(rest) = scan.rest.strip_prefix(word) else {
            return false;
        };
        let latin = |c: char| c.is_ascii_alphanumeric();
        if word.ends_with(latin) && rest.starts_with(latin) {
            return false;
        }
        scan.rest = rest.trim_start();
        true
    })
}

/// Politeness, or a name the writer goes by.
pub(super) fn take_polite(scan: &mut Scan<'_>, names: &[&str]) -> bool {
    take_word(scan, &POLITE) || take_word(scan, &POLITE_ENGLISH) || take_name(scan, names)
}

pub(super) fn take_name(scan: &mut Scan<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| {
        let plain: String = name
            .chars()
            .map(|c| half_width(c).to_ascii_lowercase())
            .collect();
        !plain.is_empty() && take_word(scan, &[&plain])
    })
}

/// `好的`, where it is all.
pub(super) fn take_nod(scan: &mut Scan<'_>) -> bool {
    let mut ahead = *scan;
    let found = take_word(&mut ahead, &NODS)
        && (ahead.is_done() || ahead.rest.starts_with([',', '.', '~', ' ', ':']));
    if found {
        *scan = ahead;
    }
    found
}

/// What stood before an answer.
#[derive(Clone, Copy, Default)]
pub(super) struct Fillers {
    /// It is to everything.
    pub(super) all: bool,
    /// It has happened.
    pub(super) already: bool,
}

/// Passes over what adds nothing, and says what it adds all the same.
pub(super) fn take_fillers(scan: &mut Scan<'_>) -> Fillers {
    let mut found = Fillers::default();
    loop {
        if take_word(scan, &ALREADY) {
            found.already = true;
        } else if take_word(scan, &ALL) {
            found.all = true;
        } else if !take_word(scan, &FILLERS) {
            return found;
        }
    }
}

/// The same behind an answer.
pub(super) fn take_objects(scan: &mut Scan<'_>) -> bool {
    let mut all = false;
    loop {
        if take_word(scan, &ALL) {
            all = true;
        } else if !take_word(scan, &OBJECTS) {
            return all;
        }
    }
}

pub(super) fn take_answer(scan: &mut Scan<'_>) -> Option<Opening> {
    ANSWERS
        .iter()
        .find(|(word, _)| take_word(scan, &[word]))
        .map(|(_, opening)| *opening)
}

/// Whether the words of the answer are themselves the reason.
pub(super) fn says_why(text: &str) -> bool {
    REASONS.iter().any(|word| text.starts_with(word))
}

/// A reason without the word for it.
pub(super) fn reason(text: &str) -> &str {
    let begins = [
        "原因是",
        "原因为",
        "原因",
        "理由是",
        "理由",
        "reason",
        "because",
    ];
    let rest = begins
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .filter(|rest| {
            rest.chars()
                .next()
                .is_none_or(|c| !c.is_ascii_alphanumeric())
        });
    match rest.map(|rest| rest.trim_start_matches(super::is_separator)) {
        // The word alone, as in the example that letters give.
        Some("") | None => text,
        Some(rest) => rest,
    }
}

/// Whether something may be open, or asked.
pub(super) fn has_doubt(text: &str) -> bool {
    let plain = plain(text);
    let mut words = plain.split(|c: char| !c.is_ascii_alphanumeric());
    DOUBTS.iter().any(|word| plain.contains(word))
        || plain.contains("n't")
        || plain.contains("n’t")
        || words.any(|word| DOUBTS_ENGLISH.contains(&word))
}
