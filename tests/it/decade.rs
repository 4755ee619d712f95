//! A ledger of years, as [`house`] makes it: what is over is on the shelf, and nothing is planned or shown otherwise; a
//! checkpoint is as good as all the facts before it.

pub(crate) mod house;

mod checkpoint;
mod shelf;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schoolbell::config::Settings;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::fact::Fact;
use schoolbell::ledger::{Ledger, Nature};
use schoolbell::load::load;
use tempfile::TempDir;

use house::Size;

/// Some years of a few units on disk.
struct Years {
    _folder: TempDir,
    settings: PathBuf,
    agenda: Agenda,
    ledger: Ledger,
    facts: Vec<(u64, Fact)>,
}

impl Years {
    fn lived(seed: u64, first: i16, units: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let size = Size {
            units,
            first,
            last: 2025,
            seed,
        };
        let settings = house::write(folder.path(), size, 1);
        house::fill(&settings, size, |_| {});
        let ledger = Ledger::open(&folder.path().join("var"), Nature::Pretend).unwrap();
        Self {
            agenda: agenda(&settings),
            facts: ledger.facts_since(0).unwrap(),
            _folder: folder,
            settings,
            ledger,
        }
    }

    fn state_folder(&self) -> PathBuf {
        let config = self.settings.parent().and_then(Path::parent).unwrap();
        config.join("var")
    }

    /// The instant of the last fact.
    fn end(&self) -> Timestamp {
        self.facts.last().unwrap().1.at
    }
}

/// The agenda of the files as they are now.
fn agenda(settings: &Path) -> Agenda {
    let loaded = load(&Settings::read(settings).unwrap());
    assert!(!loaded.has_errors(), "{}", loaded.report(false));
    loaded.agenda
}
