//! Dates: how they are written, and which days they are.

mod days;
mod due_at;
pub(crate) mod forms;
mod grammar;
mod years;
