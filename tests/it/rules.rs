//! The planner's rules, DESIGN section 5: each timetable is worked out by hand from the rule first.

mod alerts;
mod answers;
mod bounces;
mod chains;
mod clock;
mod escalation;
mod hold;
mod lapse;
mod once;
mod outage;
mod settled;
mod standing;
