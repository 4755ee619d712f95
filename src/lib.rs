//! schoolbell 校钟: the safety calendar that never forgets.

pub mod core;
