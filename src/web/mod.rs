//! The pages: a letter's answer page, a unit's board and feed, health and metrics, and word for whoever comes without a
//! letter.
//!
//! Nothing here decides anything. Handlers turn a request into a question to the [`Desk`], which the daemon is, and
//! its answer into a page. GET, HEAD and OPTIONS reach only what the desk tells; one route alone, POST of a letter,
//! reaches [`Desk::record`].

mod board;
mod board_page;
mod card;
mod desk;
mod guard;
mod letter;
mod letter_page;
mod metrics;
mod pages;
mod press;
mod routes;
mod serve;
mod tables;
mod wording;

pub use desk::{Desk, DeskError, Health, Masthead, Measures, PressedAnswer, Recorded, Recording};
pub use routes::{Route, router};
pub use serve::{Limits, WebSettings, serve};
