//! Dates: how they are written, and which days they are.

mod days;
mod due_at;
mod forms;
