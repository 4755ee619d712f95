//! The pages, asked over a real socket, with a desk in memory behind them.

mod answers;
pub(crate) mod boards;
mod bulletins;
mod bureau;
mod deeds;
mod desk;
mod flood;
mod guards;
mod pages;
mod site;
mod uploads;
