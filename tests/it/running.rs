//! The whole program, run as a user runs it: the binary, a real ledger, real SMTP, real HTTP.

mod bomb;
mod clerk;
mod dates;
mod edit;
mod house;
mod import;
mod kill;
mod spring;
mod start;
