//! The album 相册: a rehearsal as a folder to leaf through. Each letter as `.eml`, in the form the spool writes, and as a
//! page; a page a month and a unit; and `index.html` with the year at a glance. Nothing in it needs a network.

mod folder;
mod index;
mod pages;
mod pictures;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use folder::Folder;
use pages::{LetterPage, Pages};

use crate::config;
use crate::core::agenda::Agenda;
use crate::core::names::Address;
use crate::core::rehearsal::{Posted, Summary};
use crate::ics;
use crate::mail::{self, Header, Links, Mailbox, Numbered, Spool, Templates};

/// Where the button of a rehearsed letter leads: under the real address, but to no letter.
const NO_TOKEN: &str = "rehearsal";

/// A rehearsal being written into a folder.
pub struct Album<'a> {
    agenda: &'a Agenda,
    folder: Folder,
    pages: Pages,
    templates: Templates,
    from: Mailbox,
    links: Links,
    zone: TimeZone,
    spool: Spool,
    /// The places in the roster that an address stands at.
    units: BTreeMap<&'a Address, Vec<usize>>,
    /// What has been written, in order.
    entries: Vec<Entry>,
    /// What was wrong with the bureau's own templates, each said once.
    problems: Vec<String>,
}

/// A letter in the album.
struct Entry {
    day: Date,
    /// Its files without their ending: `20260506T080000-000123`.
    stem: String,
    person: String,
    unit_name: String,
    subject: String,
    refused: bool,
    /// Whose contact reads it, as places in the roster.
    units: Vec<usize>,
}

impl Entry {
    /// The month's folder.
    fn month(&self) -> String {
        folder::month(self.day)
    }
}

impl<'a> Album<'a> {
    /// Makes ready a folder: one that is not there, is empty, or holds a former rehearsal, which is cleared away.
    ///
    /// # Errors
    /// A folder with anything else in it, or one that cannot be written to.
    pub fn begin(
        folder: &Path,
        agenda: &'a Agenda,
        settings: &config::Mail,
        base_url: &str,
    ) -> anyhow::Result<Self> {
        let zone = agenda.calendar.timezone.clone();
        let templates = &settings.templates;
        let (templates, problems) = Templates::load(templates.is_dir().then_some(templates));
        let locale = agenda.calendar.locale;
        let problems = problems.iter().map(|problem| problem.render(locale, false));
        let problems = problems.collect();
        let mut units: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        for (at, unit) in agenda.roster.units().iter().enumerate() {
            for address in unit
                .contacts
                .iter()
                .filter_map(|contact| contact.address.as_ref())
            {
                let places = units.entry(address).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        Ok(Self {
            agenda,
            pages: Pages::new()?,
            folder: Folder::begin(folder)?,
            templates,
            from: settings.from.clone(),
            links: Links {
                page: Some(format!("{base_url}/l/{NO_TOKEN}")),
                contact: settings.contact.clone(),
                ..Links::default()
            },
            spool: Spool::new(folder.to_owned(), zone.clone()),
            zone,
            units,
            entries: Vec::new(),
            problems,
        })
    }

    /// Writes a letter.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn keep(&mut self, letter: &Posted) -> anyhow::Result<()> {
        let content = &letter.content;
        let links = Links {
            tag: Numbered::new(content.letter, b"rehearsal").tag,
            ..self.links.clone()
        };
        let rendered = self.templates.render(content, &links);
        for problem in &rendered.problems {
            if !self.problems.contains(problem) {
                self.problems.push(problem.clone());
            }
        }
        let header = Header {
            from: &self.from,
            reply_to: None,
            person: &content.person,
            to: &content.address,
            message_id: &letter.message_id,
            date: content.slot,
            calendar: &content.calendar,
        };
        let slot = content.slot.to_zoned_datetime(self.zone.clone());
        let name = self.spool.file_name(content.letter, content.slot);
        let stem = name.trim_end_matches(".eml").to_owned();
        let entry = Entry {
            day: slot.date(),
            stem,
            person: content.person.clone(),
            unit_name: content.unit_name.clone(),
            subject: rendered.subject.clone(),
            refused: letter.refused,
            units: self
                .units
                .get(&content.address)
                .cloned()
                .unwrap_or_default(),
        };
        let month = entry.month();
        let dates = ics::of_letter(content, &self.zone);
        match mail::compose(&header, &rendered, dates.as_deref()) {
            Ok(bytes) => self.folder.write(&month, &name, &bytes)?,
            // As in earnest, where such a letter is refused and told of.
            Err(error) => self
                .problems
                .push(format!("第{}号信:{error}", content.letter)),
        }
        let html = self.without_way_out(rendered.html);
        let page = LetterPage {
            number: content.letter,
            subject: &rendered.subject,
            from: &self.from.name,
            person: &content.person,
            unit: &content.unit_name,
            address: content.address.as_str(),
            when: pages::long_day(entry.day),
            time: slot.strftime("%H:%M").to_string(),
            anchor: pages::anchor(entry.day),
            refused: letter.refused,
            eml: &name,
            html: &html,
            text: &rendered.text,
        };
        let html = self.pages.letter(&page)?;
        self.folder
            .write(&month, &format!("{}.html", entry.stem), html.as_bytes())?;
        self.entries.push(entry);
        Ok(())
    }

    /// A letter's HTML whose button leads nowhere: there is no page to answer on.
    fn without_way_out(&self, html: String) -> String {
        let Some(page) = &self.links.page else {
            return html;
        };
        let escaped = minijinja::HtmlEscape(page);
        html.replace(&format!("href=\"{escaped}\""), "href=\"#\"")
    }

    /// Writes the pages that lead to the letters, and says what was wrong with the templates.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(mut self, summary: &Summary) -> anyhow::Result<Vec<String>> {
        self.months(summary)?;
        self.unit_pages(summary)?;
        let index = index::page(self.agenda, summary, &self.problems);
        let html = self.pages.index(&index)?;
        self.folder
            .write("", "index.html", html.as_bytes())
            .context("写不了总览页")?;
        Ok(self.problems)
    }

    /// A page for each month with letters: its days, and each day's letters.
    fn months(&mut self, summary: &Summary) -> anyhow::Result<()> {
        for entries in self.entries.chunk_by(|a, b| a.month() == b.month()) {
            let Some(first) = entries.first() else {
                continue;
            };
            let page = pages::month_page(self.agenda, summary, entries);
            let html = self.pages.month(&page)?;
            self.folder
                .write(&first.month(), "index.html", html.as_bytes())?;
        }
        Ok(())
    }

    fn unit_pages(&mut self, summary: &Summary) -> anyhow::Result<()> {
        let mut of: Vec<Vec<&Entry>> = vec![Vec::new(); summary.units.len()];
        for entry in &self.entries {
            for at in &entry.units {
                of[*at].push(entry);
            }
        }
        for (unit, entries) in summary.units.iter().zip(&of) {
            let page = pages::unit_page(self.agenda, summary, unit, entries);
            let html = self.pages.unit(&page)?;
            self.folder.write(
                folder::UNITS,
                &folder::unit_file(unit.unit),
                html.as_bytes(),
            )?;
        }
        Ok(())
    }
}
