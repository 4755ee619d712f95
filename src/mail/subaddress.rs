//! Addresses that carry a letter's number and its tag, `bell+17-x7kq@bureau.example` (RFC 5233): by them a bounce or a
//! reply finds its letter.

use super::number::Numbered;
use crate::core::names::Address;

/// Between the mailbox and the number.
const MARK: char = '+';

/// What stands before the `@` may be so long (RFC 5321, 4.5.3.1.1).
const LOCAL_MAX_BYTES: usize = 64;

/// The address with the letter's number in it. Where there is no room for it, the address as it is.
pub fn numbered(address: &Address, number: &Numbered) -> Address {
    let plain = address.as_str();
    match plain.rsplit_once('@') {
        Some((local, host)) => {
            let local = format!("{local}{MARK}{number}");
            if local.len() > LOCAL_MAX_BYTES {
                return address.clone();
            }
            Address::from(format!("{local}@{host}"))
        }
        None => address.clone(),
    }
}

/// The letter's number in `address`, if it is one of [`numbered`] on `own`. Upper and lower case are the same, since
/// servers on the way change it.
pub fn number_in(address: &str, own: &Address) -> Option<Numbered> {
    let (local, host) = address.trim().rsplit_once('@')?;
    let (own_local, own_host) = own.as_str().rsplit_once('@')?;
    let (mailbox, number) = local.rsplit_once(MARK)?;
    let is_ours = mailbox.eq_ignore_ascii_case(own_local) && host.eq_ignore_ascii_case(own_host);
    is_ours.then(|| Numbered::read(number)).flatten()
}
