//! The pages: a letter's answer page, a unit's board and feed, the bureau's pages behind a sign-in, health and metrics,
//! and word for whoever comes without a letter.
//!
//! Nothing here decides anything. Handlers turn a request into a question to the [`Desk`], which the daemon is, and
//! its answer into a page. GET, HEAD and OPTIONS reach only what the desk tells; what records or signs in and out is
//! reached by POST alone.

mod board;
mod board_page;
mod bureau;
mod card;
mod crowd;
mod desk;
mod files;
mod guard;
mod letter;
mod letter_page;
mod metrics;
mod pages;
mod press;
mod rates;
mod routes;
mod serve;
mod session;
mod sign_in;
mod tables;
mod upload;
mod wording;
mod workbooks;

pub use desk::{
    AskedLink, AskedWorkbook, Deed, Desk, DeskError, GivenFile, Health, HeldPass, Masthead,
    Measures, PressedAnswer, Raisable, Recorded, Recording, SettingsPart, Told, Version,
};
pub use press::{Amiss, Field, Press};
pub use routes::{Route, router};
pub use serve::{Limits, WebSettings, serve};
