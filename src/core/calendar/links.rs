//! What tasks say of each other: ids, `after`, `met_by`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::copies::Copies;
use crate::core::diagnostic::{Diagnostic, Faults, Place, Text, Words, did_you_mean};
use crate::core::names::TaskId;
use crate::core::period::Every;
use crate::core::toml_text::Placed;

/// What a task says of other tasks.
pub(super) struct Links {
    pub(super) text: Arc<Text>,
    pub(super) id: Placed<TaskId>,
    pub(super) after: Option<Placed<TaskId>>,
    pub(super) met_by: Vec<Placed<TaskId>>,
    /// `None` where it cannot be read.
    pub(super) every: Option<Every>,
}

type ById<'a> = BTreeMap<&'a TaskId, &'a Links>;

impl Links {
    /// The tasks it waits for or is covered by, each with where it names it.
    fn named(&self) -> impl Iterator<Item = &Placed<TaskId>> {
        self.after.iter().chain(&self.met_by)
    }

    fn place(&self) -> Place {
        Place {
            text: Arc::clone(&self.text),
            span: self.id.span.clone(),
        }
    }

    fn comes_after(&self, other: &Links) -> bool {
        let after = self.after.as_ref();
        after.is_some_and(|after| after.value == other.id.value)
    }
}

/// What the tasks say of each other: ids that stand twice, tasks that are not there, chains that loop.
pub(super) fn check_links(tasks: &[Links], copies: &mut Copies, faults: &Faults) {
    let mut by_id = ById::new();
    for task in tasks {
        let first = *by_id.entry(&task.id.value).or_insert(task);
        if !std::ptr::eq(first, task) && !copies.note(first.place(), task.place()) {
            faults.add(twice(first, task));
        }
    }
    for task in tasks {
        for named in task.named() {
            if !by_id.contains_key(&named.value) {
                faults.add(nowhere(task, named, &by_id));
            }
        }
        if let Some(after) = &task.after
            && let Some(before) = by_id.get(&after.value)
        {
            faults_of_step(task, after, before, faults);
        }
    }
    for task in by_id.values() {
        if let Some(around) = looping(task, &by_id) {
            faults.add(loop_fault(&around));
        }
    }
}

fn twice(first: &Links, task: &Links) -> Diagnostic {
    let id = &task.id.value;
    Diagnostic::error(
        &task.text,
        task.id.span.clone(),
        Words::new(
            format!("任务编号 {id} 用了两次"),
            format!("the id {id} is used twice"),
        ),
        Words::new("又出现在这里", "again here"),
    )
    .other(
        &first.text,
        first.id.span.clone(),
        Words::new("第一次在这里", "first here"),
    )
}

fn nowhere(task: &Links, named: &Placed<TaskId>, ids: &BTreeMap<&TaskId, &Links>) -> Diagnostic {
    let mut found = Diagnostic::error(
        &task.text,
        named.span.clone(),
        Words::new(
            format!("没有编号为 {} 的任务", named.value),
            format!("there is no task {}", named.value),
        ),
        Words::new("要写另一项任务的 id", "the id of another task belongs here"),
    );
    let others = ids.keys().filter(|id| **id != &task.id.value);
    found.help = did_you_mean(named.value.as_str(), others.map(|id| id.as_str()));
    found
}

fn faults_of_step(task: &Links, after: &Placed<TaskId>, before: &Links, faults: &Faults) {
    let (Some(this), Some(other)) = (task.every, before.every) else {
        return;
    };
    if this != other {
        let (this, other) = (this.word(), other.word());
        faults.add(Diagnostic::error(
            &task.text,
            after.span.clone(),
            Words::new("与前一步的周期不同", "the step before has another period"),
            Words::new(
                format!("前一步 every = \"{other}\",这一步 every = \"{this}\",要相同"),
                format!("it has every = \"{other}\", this has \"{this}\"; they must agree"),
            ),
        ));
    }
}

/// A way from a task over those it names back to itself, the shortest; told by the first by name of the tasks on it.
fn looping<'a>(task: &'a Links, by_id: &ById<'a>) -> Option<Vec<&'a Links>> {
    let first = &task.id.value;
    let mut came_from: BTreeMap<&TaskId, &Links> = BTreeMap::new();
    let mut ahead = VecDeque::from([task]);
    while let Some(step) = ahead.pop_front() {
        let named = step.named().filter_map(|id| by_id.get(&id.value).copied());
        for next in named.filter(|next| next.id.value >= *first) {
            let id = &next.id.value;
            if came_from.contains_key(id) {
                continue;
            }
            came_from.insert(id, step);
            if id == first {
                return Some(way_back(task, &came_from));
            }
            ahead.push_back(next);
        }
    }
    None
}

/// The tasks of a loop in their order, from the one that closes it.
fn way_back<'a>(task: &'a Links, came_from: &BTreeMap<&TaskId, &'a Links>) -> Vec<&'a Links> {
    let mut around = vec![task];
    let before = |step: &&'a Links| came_from.get(&step.id.value).copied();
    let others = std::iter::successors(before(&task), before);
    around.extend(others.take_while(|step| step.id.value != task.id.value));
    around[1..].reverse();
    around
}

fn loop_fault(around: &[&Links]) -> Diagnostic {
    let task = around[0];
    let next = around.get(1).unwrap_or(&task);
    let mut steps = around.iter().zip(around.iter().cycle().skip(1));
    let is_chain = steps.all(|(step, next)| step.comes_after(next));
    let message = if is_chain {
        Words::new(
            "先后顺序绕成了圈,哪一个都开始不了",
            "the chain loops, so that none can begin",
        )
    } else {
        Words::new(
            "几项任务互相抵作、互相等待,绕成了圈,哪一个都不会发",
            "tasks cover or wait for each other in a loop, so that none is sent",
        )
    };
    let ids = around
        .iter()
        .chain([&task])
        .map(|step| step.id.value.as_str());
    let chain = ids.collect::<Vec<_>>().join(" → ");
    let span = task.named().find(|named| named.value == next.id.value);
    let span = span.map_or(task.id.span.clone(), |named| named.span.clone());
    Diagnostic::error(&task.text, span, message, Words::new(chain.clone(), chain))
}
