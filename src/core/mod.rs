//! The pure part: it never reads a clock, a file, a socket, the environment or a random source.

pub mod agenda;
pub mod audience;
pub mod burden;
pub mod calendar;
pub mod compose;
pub mod dates;
pub mod diagnostic;
pub mod duty;
pub mod fact;
pub mod forecast;
pub mod hex;
mod known;
pub mod ladder;
pub mod letter;
pub mod names;
pub mod outcome;
pub mod period;
pub mod plan;
pub mod review;
pub mod roster;
mod scan;
pub mod school_year;
pub mod shift;
pub mod state;
pub mod toml_text;
pub mod workdays;
pub mod written;
