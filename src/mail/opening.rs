//! How a letter begins: what it is about, and why it comes to this reader.

use crate::core::letter::{Content, Item};

use super::phrase::{day, items, one_line};

/// What the letter is about.
pub(super) fn opening(content: &Content) -> String {
    let mut said = Vec::new();
    said.extend(opening_of_items(content));
    let unit = readers_unit(content);
    let below = content.overdue_below.len();
    if below > 0 {
        let too = if said.is_empty() { "" } else { "另外，" };
        said.push(format!(
            "{too}{unit}有{}已过截止日，至今没有完成回执，请您过问。",
            works(below)
        ));
    }
    let below = content.rollup.len();
    if below > 0 {
        said.push(format!(
            "截至今天，{unit}辖内有{}已过截止日，还没有完成。",
            works(below)
        ));
    }
    let matters = content.matters.len();
    if matters > 0 {
        said.push(format!("有{matters}件事需要管理员处理。"));
    }
    if !content.bulletins.is_empty() {
        let titles = content.bulletins.iter();
        let titles: Vec<_> = titles.map(|found| format!("《{}》", found.title)).collect();
        let too = if said.is_empty() {
            "现送上"
        } else {
            "另附"
        };
        said.push(format!("{too}{}，见下。", titles.concat()));
    }
    if said.is_empty() && !content.closed.is_empty() {
        said.push(format!(
            "此前向您报告过的{}已经办结，特此告知。",
            works(content.closed.len())
        ));
    }
    if said.is_empty() && !content.withdrawn.is_empty() {
        said.push(format!(
            "此前通知的{}不再要求，不必再办。",
            works(content.withdrawn.len())
        ));
    }
    said.concat()
}

fn opening_of_items(content: &Content) -> Option<String> {
    let today = content.today;
    let unit = readers_unit(content);
    let open: Vec<&Item> = content
        .items
        .iter()
        .filter(|item| item.settled.is_none())
        .collect();
    let Some(first) = open.iter().min_by_key(|item| item.due) else {
        return (!content.items.is_empty()).then(|| "您的申请已有答复，见下。".to_owned());
    };
    let late = open.iter().filter(|item| item.is_overdue(today)).count();
    let number = works(open.len());
    Some(if late == open.len() {
        format!(
            "{unit}有{number}已过截止日，还没有完成回执。请尽快办理；如果已经办好，请告诉我们一声。"
        )
    } else if late > 0 {
        let late = items(late);
        format!("{unit}有{number}请您办理，其中{late}已逾期，请先办这{late}。")
    } else if open.iter().all(|item| item.changed_from.is_some()) {
        format!("{unit}有{number}改了日期，请按新的日期安排。")
    } else if open.len() == 1 {
        format!(
            "{unit}有{number}请您办理，请在{}前完成。",
            day(first.due, today)
        )
    } else {
        format!(
            "{unit}有{number}请您办理，最近的一项请在{}前完成。",
            day(first.due, today)
        )
    })
}

fn readers_unit(content: &Content) -> String {
    match one_line(&content.unit_name) {
        name if name.is_empty() || name.contains('、') => "您负责的单位".to_owned(),
        name => name,
    }
}

fn works(number: usize) -> String {
    format!("{}安全工作", items(number))
}

/// Why this reader gets it.
pub(super) fn why(content: &Content) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for item in content.items.iter().chain(&content.overdue_below) {
        let reason = one_line(&item.why_you);
        if !reason.is_empty() && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if reasons.is_empty() {
        return match one_line(&content.unit_name).as_str() {
            "" => String::new(),
            unit => format!("您收到这封信，是因为您是{unit}的联系人。"),
        };
    }
    format!("您收到这封信，是因为{}。", reasons.join("；"))
}

/// What to do on the page.
pub(super) fn how(content: &Content) -> &'static str {
    if !content.items.is_empty() {
        if content.items.iter().all(|item| item.alert) {
            return "选“收到”，写上姓名即可，不用登录。";
        }
        "选“收到”“已完成”或“申请延期”，写上姓名即可，不用登录。"
    } else if !content.overdue_below.is_empty() {
        "已经办好的，可以在页面上代为回执；办理有困难的，也请在页面上说明。"
    } else {
        ""
    }
}
