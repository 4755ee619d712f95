//! Reloading: the files are read whole and checked; with any error the old ones stay in force and the admins are told.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Nudge;
use super::office::{House, Office, templates};
use crate::config::Settings;
use crate::core::fact::{Alert, Event};
use crate::core::hex::hex;
use crate::ledger::LedgerError;
use crate::load::load;

/// How long the files must lie still before they are read: editors write in several steps.
const STILL: Duration = Duration::from_millis(400);

/// Reads settings, calendar and roster; `Err` holds what is wrong, for a person.
pub(super) fn read_house(config: &Path) -> Result<(House, Vec<(String, String)>), String> {
    let settings = Settings::read(config).map_err(|error| error.to_string())?;
    let loaded = load(&settings);
    if loaded.has_errors() {
        return Err(loaded.report(false));
    }
    let (templates, problems) = templates(&settings.mail.templates);
    for problem in problems {
        tracing::warn!("{}", problem.render(loaded.locale(), false));
    }
    Ok((
        House {
            settings,
            agenda: Arc::new(loaded.agenda),
            templates,
            version: loaded.version,
        },
        loaded.files,
    ))
}

impl Office {
    /// Takes what lies on disk into force, if it is good.
    pub(super) fn reload(&self) -> Result<(), LedgerError> {
        let old = self.house();
        let fit = |(house, files): (House, _)| {
            super::start::fit(&house, self.clock.is_pretended())
                .map(|()| (house, files))
                .map_err(|error| error.to_string())
        };
        match read_house(&old.settings.file).and_then(fit) {
            Ok((mut house, files)) => {
                let waiting = house.settings.stay_with(&old.settings);
                if !waiting.is_empty() {
                    tracing::warn!("{} 的改动要重启服务才生效", waiting.join("、"));
                }
                let version = house.version.clone();
                let mut book = self.book()?;
                // First what may fail: then the old files stay in force until the next beat tries again.
                book.fit(&self.ledger, &house.agenda)?;
                if book.state.version.as_ref() != Some(&version) {
                    self.ledger
                        .keep_version(&version, self.clock.now(), &files)?;
                    let event = Event::CalendarVersion {
                        version: version.clone(),
                    };
                    self.append(&mut book, vec![event])?;
                    tracing::info!(%version, "calendar and roster reloaded");
                }
                self.move_in(house);
                drop(book);
                // The courier looks for changed mail settings.
                self.mail.notify_one();
                Ok(())
            }
            Err(report) => {
                tracing::error!("改动未生效,沿用原来的:\n{report}");
                let digest = ring::digest::digest(&ring::digest::SHA256, report.as_bytes());
                let mark = hex(&digest.as_ref()[..8]);
                let alert = Alert {
                    subject: "行事历改动有错，未生效".to_owned(),
                    text: format!(
                        "刚才对行事历、花名册或配置的改动有错，没有生效；现在用的仍是改动前的版本，提醒照常进行。请按下面的提示改正并保存，系统会自动重新读取。\n\n{report}"
                    ),
                };
                let day = self.today();
                self.alert(&format!("edit-refused:{day}:{mark}"), &alert)
            }
        }
    }
}

/// Watches the folders of calendar, roster, settings and templates, and nudges when something there has changed.
pub(super) fn watch(office: &Arc<Office>, nudges: Sender<Nudge>) -> Option<RecommendedWatcher> {
    let house = office.house();
    let settings = &house.settings;
    // The watcher speaks of whole paths.
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let state = whole(&settings.state);
    let (pings, edits) = channel(1);
    tokio::spawn(once_still(edits, nudges));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        // Our own reading is no edit, nor is what is written to the state folder, which may lie beside the files.
        let own = event.paths.iter().all(|path| path.starts_with(&state));
        if !event.kind.is_access() && !own {
            // A full channel holds a ping already.
            let _ = pings.try_send(());
        }
    })
    .map_err(|error| tracing::warn!(%error, "files are not watched; use SIGHUP after an edit"))
    .ok()?;
    let mut folders = vec![(whole(&settings.calendar), RecursiveMode::Recursive)];
    for file in [&settings.roster, &settings.file] {
        if let Some(folder) = whole(file).parent() {
            folders.push((folder.to_owned(), RecursiveMode::NonRecursive));
        }
    }
    if settings.mail.templates.is_dir() {
        folders.push((whole(&settings.mail.templates), RecursiveMode::NonRecursive));
    }
    for (folder, mode) in folders {
        if let Err(error) = watcher.watch(&folder, mode) {
            tracing::warn!(%error, folder = %folder.display(), "not watched; use SIGHUP after an edit");
        }
    }
    Some(watcher)
}

/// Nudges once the edits have stopped for a moment.
async fn once_still(mut edits: Receiver<()>, nudges: Sender<Nudge>) {
    while edits.recv().await.is_some() {
        while let Ok(Some(())) = tokio::time::timeout(STILL, edits.recv()).await {}
        if nudges.send(Nudge::Reload).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::trial::Trial;
    use crate::config::{Settings, Transport};

    /// What is served, and what lies in the state's folder, is where it was at the start until the next one; all else of the
    /// same edit is in force.
    #[tokio::test]
    async fn what_waits_for_a_restart_stays_as_it_was() {
        let trial = Trial::begin();
        let office = &trial.office;
        let before = office.house();
        let now = &before.settings;
        let mut text = fs::read_to_string(&now.file).unwrap();
        for (old, new) in [
            ("\"../var\"", "\"../elsewhere\""),
            ("\"127.0.0.1:8080\"", "\"127.0.0.1:8081\""),
            ("\"http://127.0.0.1:8080\"", "\"https://bell.example/bell\""),
            ("trusted_proxies = []", "trusted_proxies = [\"127.0.0.1\"]"),
            ("contact   = \"\"", "contact   = \"0574-00000000\""),
        ] {
            assert!(text.contains(old), "{old}");
            text = text.replacen(old, new, 1);
        }
        fs::write(&now.file, text).unwrap();
        office.reload().unwrap();
        let after = office.house();
        let new = &after.settings;
        assert_eq!(new.mail.contact, "0574-00000000", "it was read");
        assert_eq!(
            (&new.state, &new.backup.folder),
            (&now.state, &now.backup.folder)
        );
        assert_eq!((new.listen, &new.base_url), (now.listen, &now.base_url));
        assert_eq!(new.trusted_proxies, now.trusted_proxies);
        let spool = |settings: &Settings| match &settings.mail.transport {
            Transport::Spool(folder) => folder.clone(),
            Transport::Smtp(_) => panic!("it is the spool"),
        };
        assert_eq!(spool(new), spool(now));
        let mut read = Settings::read(&now.file).unwrap();
        let waiting = read.stay_with(new);
        assert_eq!(waiting, ["listen", "base_url", "trusted_proxies", "state"]);
    }
}
