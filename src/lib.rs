//! schoolbell 校钟: the safety calendar that never forgets.
//!
//! `core` decides in values; everything else acts on them. ARCHITECTURE.md has the map.

pub mod album;
pub mod book;
pub mod cli;
pub mod clock;
pub mod config;
pub mod core;
pub mod daemon;
pub mod disk;
pub mod evidence;
pub mod export;
pub mod ics;
pub mod ledger;
pub mod link;
pub mod load;
pub mod mail;
pub mod pattern;
pub mod schema;
pub mod sheet;
pub mod shipped;
pub mod web;
