//! Diagnostics: what is wrong with a file, where, what was found, what is allowed, and the nearest match.

mod encoding;
mod nearest;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

pub use encoding::{LARGEST_FILE, decode, no_text};
pub use nearest::{did_you_mean, nearest, one_of, one_of_meaning, perhaps};

/// The language a message is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// 简体中文
    #[default]
    Chinese,
    /// English
    English,
}

impl Locale {
    /// Reads `zh-CN` or `en`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "zh-CN" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// The same thing said in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Words {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

impl Words {
    /// Both wordings.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The wording in one language.
    pub fn in_locale(&self, locale: Locale) -> &str {
        match locale {
            Locale::Chinese => &self.zh,
            Locale::English => &self.en,
        }
    }
}

/// A file as it was read: the name it is shown under, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The path as the reader of a message knows it.
    pub name: String,
    /// The whole text, without a byte order mark.
    pub body: String,
}

impl Text {
    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = &self.body[..self.body.floor_char_boundary(byte)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// Whether a finding stops the edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The text cannot take effect.
    Error,
    /// It can, but somebody should look.
    Warning,
}

/// Where a thing stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub text: Arc<Text>,
    /// The bytes.
    pub span: Range<usize>,
}

/// A place in a file, with what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The file.
    pub text: Arc<Text>,
    /// The bytes it is about.
    pub span: Range<usize>,
    /// What to say at that place.
    pub label: Words,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the edit.
    pub severity: Severity,
    /// What is wrong, in a line.
    pub message: Words,
    /// Where; `None` for what no single place is to blame for.
    pub mark: Option<Mark>,
    /// Another place that belongs to it, such as the first of two equal ids.
    pub other: Option<Mark>,
    /// What to do.
    pub help: Option<Words>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(text: &Arc<Text>, span: Range<usize>, message: Words, label: Words) -> Self {
        Self {
            severity: Severity::Error,
            message,
            mark: Some(Mark {
                text: Arc::clone(text),
                span,
                label,
            }),
            other: None,
            help: None,
        }
    }

    /// The same at a place, as a warning.
    pub fn warning(text: &Arc<Text>, span: Range<usize>, message: Words, label: Words) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(text, span, message, label)
        }
    }

    /// A warning about the whole.
    pub fn general(message: Words) -> Self {
        Self {
            severity: Severity::Warning,
            message,
            mark: None,
            other: None,
            help: None,
        }
    }

    /// An error that no single place is to blame for.
    pub fn failure(message: Words) -> Self {
        Self {
            severity: Severity::Error,
            ..Self::general(message)
        }
    }

    /// Its file and byte, as findings are ordered.
    fn place(&self) -> Option<(&str, usize)> {
        let mark = self.mark.as_ref()?;
        Some((mark.text.name.as_str(), mark.span.start))
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: Words) -> Self {
        self.help = Some(help);
        self
    }

    /// With the other place.
    #[must_use]
    pub fn other(mut self, text: &Arc<Text>, span: Range<usize>, label: Words) -> Self {
        self.other = Some(Mark {
            text: Arc::clone(text),
            span,
            label,
        });
        self
    }

    /// The finding as compilers print one; styled with ANSI colours if asked.
    pub fn render(&self, locale: Locale, styled: bool) -> String {
        let renderer = if styled {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let level = match (self.severity, locale) {
            (Severity::Error, Locale::Chinese) => Level::ERROR.with_name("错误"),
            (Severity::Warning, Locale::Chinese) => Level::WARNING.with_name("提醒"),
            (Severity::Error, Locale::English) => Level::ERROR,
            (Severity::Warning, Locale::English) => Level::WARNING,
        };
        let help_level = match locale {
            Locale::Chinese => Level::HELP.with_name("办法"),
            Locale::English => Level::HELP,
        };
        let mut group = level
            .primary_title(self.message.in_locale(locale))
            .elements(Vec::<Element<'_>>::new());
        match (&self.mark, &self.other) {
            (Some(mark), _) if mark.text.body.is_empty() => {
                group = group
                    .element(Origin::path(mark.text.name.as_str()))
                    .element(help_level.clone().message(mark.label.in_locale(locale)));
            }
            (Some(mark), Some(other)) if Arc::ptr_eq(&mark.text, &other.text) => {
                let shown = [
                    (mark, AnnotationKind::Primary),
                    (other, AnnotationKind::Context),
                ];
                group = group.element(snippet(&shown, locale));
            }
            (Some(mark), other) => {
                group = group.element(snippet(&[(mark, AnnotationKind::Primary)], locale));
                if let Some(other) = other {
                    group = group.element(snippet(&[(other, AnnotationKind::Context)], locale));
                }
            }
            (None, _) => {}
        }
        if let Some(help) = &self.help {
            group = group.element(help_level.message(help.in_locale(locale)));
        }
        renderer.render(&[group])
    }
}

/// Findings as text, one after another.
pub fn render(findings: &[Diagnostic], locale: Locale, styled: bool) -> String {
    findings
        .iter()
        .flat_map(|found| [found.render(locale, styled), "\n\n".to_owned()])
        .collect()
}

/// The lines of one file that some marks are about. Only they are handed over: the drawing takes as long as its text.
fn snippet<'a>(
    marks: &[(&'a Mark, AnnotationKind)],
    locale: Locale,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = &marks[0].0.text;
    let body = text.body.as_str();
    let spans = || marks.iter().map(|(mark, _)| mark.shown_span());
    let first = spans().map(|span| span.start).min().unwrap_or(0);
    let last = spans().map(|span| span.end).max().unwrap_or(0);
    let from = body[..first].rfind('\n').map_or(0, |at| at + 1);
    let to = body[last..].find('\n').map_or(body.len(), |at| last + at);
    let lines = body[from..to].trim_end_matches('\r');
    let mut snippet = Snippet::source(lines)
        .line_start(text.position(from).0)
        .path(text.name.as_str());
    for (mark, kind) in marks {
        let span = mark.shown_span();
        let within = |at: usize| (at - from).min(lines.len());
        snippet = snippet.annotation(
            kind.span(within(span.start)..within(span.end))
                .label(mark.label.in_locale(locale)),
        );
    }
    snippet
}

impl Mark {
    /// The span, cut to the text and to whole characters: a caret past the end or inside one cannot be drawn.
    fn shown_span(&self) -> Range<usize> {
        let body = &self.text.body;
        let start = body.floor_char_boundary(self.span.start);
        start..body.ceil_char_boundary(self.span.end).max(start)
    }
}

/// The most findings kept: whoever has more of them has not written this kind of file.
pub const MOST_FINDINGS: usize = 1000;

/// Lines by their first byte, with their ends.
type Lines = BTreeMap<usize, usize>;

/// Where findings are gathered, so that all come out at once.
#[derive(Debug, Default)]
pub struct Faults {
    found: RefCell<Vec<Diagnostic>>,
    /// Whether there were more.
    more: Cell<bool>,
    /// The lines of each file whose syntax is wrong, by their first byte: what is missing there may only be unread.
    spoilt: RefCell<Vec<(Arc<Text>, Lines)>>,
}

impl Faults {
    /// Adds one.
    pub fn add(&self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.more.set(true);
        } else {
            self.found.borrow_mut().push(diagnostic);
        }
    }

    /// Adds one, if there is one.
    pub fn add_some(&self, diagnostic: Option<Diagnostic>) {
        if let Some(diagnostic) = diagnostic {
            self.add(diagnostic);
        }
    }

    /// Whether no more of them are kept: what is read on is read for nothing.
    pub fn is_full(&self) -> bool {
        self.found.borrow().len() >= MOST_FINDINGS
    }

    /// Notes a line that could not be read.
    pub fn spoil(&self, text: &Arc<Text>, line: Range<usize>) {
        let mut spoilt = self.spoilt.borrow_mut();
        let known = spoilt.iter().position(|(file, _)| Arc::ptr_eq(file, text));
        let at = known.unwrap_or_else(|| {
            spoilt.push((Arc::clone(text), Lines::new()));
            spoilt.len() - 1
        });
        spoilt[at].1.insert(line.start, line.end);
    }

    /// Whether something within these bytes could not be read.
    pub fn is_spoilt(&self, text: &Arc<Text>, span: &Range<usize>) -> bool {
        let spoilt = self.spoilt.borrow();
        let file = spoilt.iter().find(|(file, _)| Arc::ptr_eq(file, text));
        // Lines share no byte, so that the last to begin before the span's end is the last to end.
        file.and_then(|(_, lines)| lines.range(..=span.end).next_back())
            .is_some_and(|(_, end)| span.start <= *end)
    }

    /// Whether any of them stops the edit.
    pub fn any_error(&self) -> bool {
        let found = self.found.borrow();
        found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether any of them is about a file whose name ends so.
    pub fn any_in(&self, name: &str) -> bool {
        let found = self.found.borrow();
        found
            .iter()
            .filter_map(|d| d.mark.as_ref())
            .any(|mark| mark.text.name.ends_with(name))
    }

    /// All of them: errors first, then by place.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut all = self.found.into_inner();
        all.sort_by(|a, b| (a.severity, a.place()).cmp(&(b.severity, b.place())));
        if self.more.get() {
            all.push(Diagnostic::failure(Words::new(
                "还有更多没有列出,请先改正上面这些",
                "more are not shown, mend these first",
            )));
        }
        all
    }
}
