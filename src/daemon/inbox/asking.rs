//! The letter that asks which duties a reply is about.

use crate::core::dates::month_day;
use crate::core::fact::{Alert, Event, LetterNo};
use crate::core::letter::Content;
use crate::core::printed::full_width;
use crate::core::state::{LetterState, State};
use crate::daemon::office::Office;
use crate::mail::{one_line, shorten};

impl Office {
    /// The facts of the letter that sends the list back.
    pub(super) fn ask_which(
        &self,
        state: &State,
        no: LetterNo,
        letter: &LetterState,
        content: &Content,
        words: &str,
    ) -> Vec<Event> {
        let matter = format!("which:{no}");
        let told = (matter.clone(), letter.address.clone());
        if state.matters.contains(&told) || state.unreachable.contains_key(&letter.address) {
            return Vec::new();
        }
        let items = content.items.iter().chain(&content.overdue_below);
        let list: Vec<String> = (1..)
            .zip(&letter.numbered)
            .filter_map(|(n, duty)| {
                let item = items.clone().find(|item| item.duty == *duty)?;
                let stands = item.settled.as_ref().map_or_else(
                    || format!("{}前", month_day(item.due)),
                    |settled| format!("已办结：{settled}"),
                );
                let line = format!("{}（{}），{stands}", item.title, item.unit_name);
                Some(format!("{n}. {}", full_width(&line)))
            })
            .collect();
        let links = self.links(content, true);
        let page = links.page.map_or(String::new(), |page| {
            format!("\n也可以打开回执页，逐项办理：\n{page}\n")
        });
        let text = format!(
            "{}，您好。\n\n收到您对第{no}号信的回复：“{}”。信里不止一项，不知道您说的是哪几项，能记下的已先记作“收到”。信里的各项：\n\n{}\n\n请再回复一次，写上编号，如“完成 1”“完成 全部”“延期 1 6月20日 原因”。\n{page}",
            content.person,
            shorten(&one_line(words), 60),
            list.join("\n"),
        );
        let alert = Alert {
            subject: "请再说明完成的是哪几项".to_owned(),
            text,
        };
        let to = [letter.address.clone()].into();
        let mut events = self.alert_events(state, to, &matter, &alert);
        for event in &mut events {
            if let Event::LetterQueued { about, .. } = event {
                *about = Some(no);
            }
        }
        events
    }
}
