//! Letters: from what they say to bytes, and from bytes to a server or a folder.
//!
//! [`Templates`] turns a [`Content`](crate::core::letter::Content) into subject, text and HTML; [`compose`] makes a
//! message of them; a [`Transport`] carries it, at a [`Pace`] the provider puts up with.

pub mod carriers;
mod form;
mod imap;
pub mod inbound;
mod mime;
mod number;
mod opening;
mod pace;
mod phrase;
mod read;
mod render;
pub mod sample;
pub mod smtp;
mod spool;
pub mod subaddress;
mod subject;
mod tls;
mod transport;
mod view;

pub use carriers::Carriers;
pub use form::Form;
pub use imap::{Fetched, Imap, ImapFault, ImapSettings, Session};
pub use mime::{Header, Mailbox, NotAMailbox, compose, message_id};
pub use number::Numbered;
pub use pace::{Pace, Rate, Wait};
pub use phrase::{one_line, shorten};
pub use read::texts;
pub use render::{Rendered, Templates};
pub use smtp::{Lookup, Secret, Smtp, SmtpSettings, Timeouts, Tls, Unusable};
pub use spool::Spool;
pub use transport::{Envelope, GIVE_UP_AFTER, Probe, Sent, Step, Transport, retry_after};
pub use view::Links;
