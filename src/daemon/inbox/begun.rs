//! The mail that is being taken in, noted beside the ledger. What ends the whole program, as a stack that runs over does,
//! can't be caught: a mail that does so must not do it again at each start.

use std::fs;
use std::path::PathBuf;

use crate::daemon::office::Office;
use crate::ledger::LedgerError;
use crate::mail::Fetched;

/// Where it is noted, below the state's folder.
const NOTE: &str = "mail-begun";

/// So often the program may end at a mail. Once may be chance: it was killed, or the power was cut.
const ENDS: u32 = 2;

impl Office {
    /// Takes in a mail, unless the program ended at it before: then it is left to a person. Says whether a person need not
    /// look at it.
    pub(super) fn take_in_noted(
        &self,
        mail: &Fetched,
        place: (u32, u32),
    ) -> Result<bool, LedgerError> {
        let taken = if self.begin(place) {
            self.take_in(mail, place)
        } else {
            tracing::error!(
                uid = place.1,
                "the program ended at a mail; it is left to a person"
            );
            let why = "这封信没有读";
            self.pass_over(place, "程序处理一封信时几次中断", why)
                .map(|()| false)
        };
        // Whatever came of it, the program did not end at it.
        let _ = fs::remove_file(self.note());
        taken
    }

    /// Notes that a mail is begun; `false` where it was so before, and no end of it was seen, too often.
    fn begin(&self, (uid_validity, uid): (u32, u32)) -> bool {
        let own = format!("{uid_validity} {uid} ");
        let before = fs::read_to_string(self.note()).unwrap_or_default();
        let ends = before.strip_prefix(&own).and_then(|ends| ends.parse().ok());
        let ends: u32 = ends.unwrap_or(0);
        if ends >= ENDS {
            return false;
        }
        // It outlives the program and need not outlive the machine: nothing waits for the disk. Where it can't be
        // written the mail is read all the same.
        let _ = fs::write(self.note(), format!("{own}{}", ends + 1));
        true
    }

    fn note(&self) -> PathBuf {
        self.house().settings.state.join(NOTE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Fixture;
    use super::*;

    /// Twice the program ends at a mail, and the third time it is not read; the next one is.
    #[tokio::test]
    async fn a_mail_that_ends_the_program_does_so_twice_at_most() {
        let f = Fixture::new();
        let (no, _) = f.two();
        let mail = |id: &str| {
            Fetched {
            bytes: format!(
                "From: a@b.example\r\nMessage-ID: <{id}@b.example>\r\nSubject: Re: {}\r\n\r\n收到\r\n",
                f.number(no)
            )
            .into_bytes(),
            is_whole: true,
        }
        };
        // A mail at which it ended once, by chance, is taken in.
        assert!(f.office.begin((7, 1)));
        assert!(f.office.take_in_noted(&mail("one"), (7, 1)).unwrap());
        assert!(!f.office.note().exists());

        for _ in 0..ENDS {
            assert!(f.office.begin((7, 2)));
        }
        assert!(!f.office.take_in_noted(&mail("two"), (7, 2)).unwrap());
        let book = f.office.book().unwrap();
        assert_eq!(book.state.post.read_to, Some((7, 2)));
        let (_, unclear) = book.state.post.unclear.first_key_value().unwrap();
        assert!(unclear.text.contains("几次中断"), "{unclear:?}");
        drop(book);
        assert!(f.office.take_in_noted(&mail("three"), (7, 3)).unwrap());
        // The same number in another numbering is another mail.
        for _ in 0..ENDS {
            assert!(f.office.begin((7, 4)));
        }
        assert!(f.office.begin((8, 4)));
    }
}
