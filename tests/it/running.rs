//! The whole program, run as a user runs it: the binary, a real ledger, real SMTP, real HTTP.

mod alert;
mod backup;
mod board;
mod bomb;
mod check;
mod clerk;
mod crash;
mod dates;
mod diff;
mod disk;
mod edit;
mod export;
mod forget;
mod hold;
mod house;
mod import;
mod init;
mod kill;
mod power;
mod presser;
mod preview;
mod rehearse;
mod spring;
mod start;
mod tape;
