//! All integration tests, one binary.
#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, and says where"
)]
#![expect(
    clippy::needless_pass_by_value,
    clippy::needless_raw_string_hashes,
    reason = "`expect![[r#\"…\"#]]` is written by expect-test, and handed over where it stands"
)]

mod bell;
mod bulletin;
mod burden;
mod command_line;
mod county;
mod dates;
mod decade;
mod deploy;
mod diagnostics;
mod diff;
mod domain;
mod evidence;
mod fold;
mod fuzz;
mod ics;
mod imap;
mod inbound;
mod ledger;
mod letters;
mod link;
mod mail;
mod officers;
mod properties;
mod rehearsal;
mod replies;
mod rules;
mod running;
mod schema;
mod smtp;
mod smtp_double;
mod systemd;
mod templates;
mod tidy;
mod web;
mod workdays;
mod world;
mod year;
mod year_rows;
