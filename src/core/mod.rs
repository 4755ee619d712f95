//! The pure part: it never reads a clock, a file, a socket, the environment or a random source.

pub mod duty;
pub mod fact;
pub mod ladder;
pub mod letter;
pub mod names;
pub mod period;
pub mod roster;
