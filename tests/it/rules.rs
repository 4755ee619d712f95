//! The planner's rules, by their numbers in ARCHITECTURE.md: each timetable is worked out by hand from the rule first.

mod alerts;
mod answers;
mod bounces;
mod chains;
mod clerk;
mod clock;
mod escalation;
mod hold;
mod lapse;
mod once;
mod outage;
mod outcomes;
mod settled;
mod standing;
