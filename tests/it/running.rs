//! The whole program, run as a user runs it: the binary, a real ledger, real SMTP, real HTTP.

mod clerk;
mod dates;
mod edit;
mod house;
mod kill;
mod spring;
mod start;
