//! A task's units in the words and order of its page.

use serde::Serialize;

use super::year::{TallyView, percent_words};
use crate::core::overview::{Cell, Matrix, Stand};
use crate::core::plan::Standing;
use crate::web::files::FileLine;
use crate::web::wording::{self, Nearness};

#[derive(Debug, Serialize)]
pub(super) struct Page {
    task: String,
    period: String,
    title: String,
    detail: String,
    evidence: String,
    words: String,
    tally: TallyView,
    /// The periods to choose from, the chosen one marked.
    periods: Vec<Choice>,
    /// The filters, as the address writes them.
    town: String,
    stand: &'static str,
    towns_to_choose: Vec<Choice>,
    stands: Vec<Choice>,
    towns: Vec<TownView>,
    shown: usize,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct TownView {
    name: String,
    words: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    duty: String,
    unit: String,
    unit_id: String,
    due: String,
    stands: String,
    class: &'static str,
    answered: String,
    note: String,
    request: Option<&'static str>,
    /// The place of the request among the duty's answers.
    place: Option<usize>,
    files: Vec<FileLine>,
}

impl Page {
    pub(super) fn new(found: &Matrix) -> Self {
        let asked = &found.asked;
        let town = |id: &str| match id {
            "" => "bureau".to_owned(),
            id => id.to_owned(),
        };
        let chosen_town = asked.town.as_ref().map(|id| town(id.as_str()));
        let all_towns = Choice {
            value: "all".to_owned(),
            name: "全部".to_owned(),
            chosen: chosen_town.is_none(),
        };
        let towns = found.choices.iter().map(|(id, name)| Choice {
            chosen: chosen_town.as_deref() == Some(&town(id)),
            value: town(id),
            name: name.clone(),
        });
        Self {
            task: found.occurrence.task.to_string(),
            period: found.occurrence.period.to_string(),
            title: found.title.clone(),
            detail: found.detail.clone(),
            evidence: found.evidence.clone(),
            words: percent_words(found.tally),
            tally: TallyView::new(found.tally),
            periods: found
                .periods
                .iter()
                .map(|period| Choice {
                    value: period.to_string(),
                    name: wording::period(*period),
                    chosen: *period == found.occurrence.period,
                })
                .collect(),
            town: chosen_town.clone().unwrap_or_else(|| "all".to_owned()),
            stand: asked.stand.word(),
            towns_to_choose: std::iter::once(all_towns).chain(towns).collect(),
            stands: Stand::ALL
                .into_iter()
                .map(|(stand, word, name)| Choice {
                    value: word.to_owned(),
                    name: name.to_owned(),
                    chosen: stand == asked.stand,
                })
                .collect(),
            shown: found.towns.iter().map(|town| town.cells.len()).sum(),
            towns: found
                .towns
                .iter()
                .map(|town| TownView {
                    name: town.name.clone(),
                    words: percent_words(town.tally),
                    rows: town.cells.iter().map(|cell| row(cell, found)).collect(),
                })
                .collect(),
        }
    }
}

fn row(cell: &Cell, found: &Matrix) -> Row {
    let today = found.today;
    let nearness = Nearness::new(cell.workdays_left, cell.due, today);
    let on = || {
        cell.settled_on
            .map_or(String::new(), |day| wording::near_day(day, today))
    };
    let (stands, class) = match cell.standing {
        Standing::Open => (nearness.words(), nearness.class()),
        Standing::Overdue => (nearness.words(), "late"),
        Standing::Done { late } => (
            format!("{}{}", on(), cell.standing.name()),
            if late { "done-late" } else { "done" },
        ),
        Standing::Ahead | Standing::Waiting => (cell.standing.name().to_owned(), "ahead"),
        _ => (format!("{}{}", on(), cell.standing.name()), "off"),
    };
    let extended = if cell.extended { "（已延期）" } else { "" };
    Row {
        duty: cell.duty.to_string(),
        unit: cell.unit_name.clone(),
        unit_id: cell.duty.unit.to_string(),
        due: format!("{}{extended}", wording::near_day(cell.due, today)),
        stands,
        class,
        answered: cell.answered.clone().unwrap_or_default(),
        note: cell.note.clone(),
        request: cell.request.map(|(_, answer)| answer.name()),
        place: cell.request.map(|(place, _)| place),
        files: FileLine::all(&cell.evidence),
    }
}
