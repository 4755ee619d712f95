//! Form letters: what a slot asks of a hundred schools it asks in the same words. They are rendered once, with blanks, and
//! what differs from reader to reader is filled in.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use minijinja::HtmlEscape;

use super::view::{Links, Personal};
use crate::core::letter::Content;
use crate::pattern::Pattern;

/// So many different letters are remembered; a slot has one for each kind of school in each town.
const REMEMBERED: usize = 64;

/// A letter with blanks.
#[derive(Debug)]
pub struct Form {
    text: Vec<Piece>,
    html: Vec<Piece>,
    pattern: OnceLock<Arc<Pattern>>,
}

#[derive(Debug)]
enum Piece {
    Same(String),
    /// The place of what is filled in among [`Personal::all`].
    Blank(usize),
}

impl Form {
    /// What letters on it have in common; `dates` is the calendar file of one of them, which is much like the others'.
    pub fn pattern(&self, dates: Option<&str>) -> &Arc<Pattern> {
        self.pattern.get_or_init(|| {
            let pieces = self.text.iter().chain(&self.html);
            let same = pieces.map(|piece| match piece {
                Piece::Same(words) => words.as_str(),
                Piece::Blank(_) => "",
            });
            let same: String = same.chain(dates).collect();
            // As it stands in a mail.
            Arc::new(Pattern::new(same.replace('\n', "\r\n").into_bytes()))
        })
    }

    /// Text and HTML in which [`Personal::marks`] stand where something is to be filled in.
    pub(super) fn new(text: &str, html: &str) -> Self {
        Self {
            text: cut(text),
            html: cut(html),
            pattern: OnceLock::new(),
        }
    }

    /// Text and HTML for one reader.
    pub(super) fn fill(&self, words: &Personal) -> (String, String) {
        let plain = words.all();
        let escaped = plain.map(|words| HtmlEscape(words).to_string());
        (
            filled(&self.text, &plain),
            filled(&self.html, &escaped.each_ref().map(String::as_str)),
        )
    }
}

fn cut(marked: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = marked;
    while let Some((at, mark)) = rest
        .char_indices()
        .find(|(_, c)| Personal::blank(*c).is_some())
    {
        pieces.push(Piece::Same(rest[..at].to_owned()));
        pieces.extend(Personal::blank(mark).map(Piece::Blank));
        rest = &rest[at + mark.len_utf8()..];
    }
    pieces.push(Piece::Same(rest.to_owned()));
    pieces
}

fn filled(pieces: &[Piece], words: &[&str]) -> String {
    let all = || {
        pieces.iter().map(|piece| match piece {
            Piece::Same(same) => same.as_str(),
            Piece::Blank(nth) => words.get(*nth).copied().unwrap_or_default(),
        })
    };
    let mut text = String::with_capacity(all().map(str::len).sum());
    text.extend(all());
    text
}

/// The letters that were rendered of late.
#[derive(Debug, Default)]
pub(super) struct Forms {
    /// The one used last comes first.
    seen: VecDeque<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    content: Content,
    contact: String,
    reads_replies: bool,
    /// Which of the words were empty: what templates ask of them.
    is_empty: [bool; Personal::COUNT],
    made: Made,
}

#[derive(Clone, Debug)]
enum Made {
    /// It was seen once.
    NotYet,
    Form(Arc<Form>),
    /// What it says cannot be told from its blanks.
    Unfit,
}

/// What is known of a letter that is to be rendered.
#[derive(Debug)]
pub(super) enum Sight {
    /// Nothing like it was rendered of late, or no form can be made of it.
    New,
    /// One like it was: a form is worth making.
    Again,
    /// There is a form.
    Known(Arc<Form>),
}

impl Forms {
    /// Remembers a form letter, and tells whether one like it was seen before.
    pub(super) fn sight(&mut self, content: &Content, links: &Links, words: &Personal) -> Sight {
        let is_empty = words.all().map(str::is_empty);
        let known = self.seen.iter().position(|seen| {
            seen.is_empty == is_empty
                && seen.reads_replies == links.reads_replies
                && seen.contact == links.contact
                && seen.content.says_the_same(content)
        });
        let Some(known) = known.and_then(|at| self.seen.remove(at)) else {
            self.seen.truncate(REMEMBERED - 1);
            self.seen.push_front(Remembered {
                content: content.clone(),
                contact: links.contact.clone(),
                reads_replies: links.reads_replies,
                is_empty,
                made: Made::NotYet,
            });
            return Sight::New;
        };
        let made = known.made.clone();
        self.seen.push_front(known);
        match made {
            Made::NotYet => Sight::Again,
            Made::Form(form) => Sight::Known(form),
            Made::Unfit => Sight::New,
        }
    }

    /// Keeps the form of the letter that was seen last, if one could be made.
    pub(super) fn keep(&mut self, form: Option<Arc<Form>>) {
        if let Some(seen) = self.seen.front_mut() {
            seen.made = form.map_or(Made::Unfit, Made::Form);
        }
    }
}
