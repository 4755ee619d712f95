//! Diagnostics: what is wrong with a file, where, what was found, what is allowed, and the nearest match.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

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

/// The largest file taken, in bytes. A year of a province's duties is a tenth of it.
pub const LARGEST_FILE: usize = 4 << 20;

impl Text {
    /// Takes a file's bytes as UTF-8 with or without a byte order mark.
    ///
    /// # Errors
    /// A diagnostic where the bytes are not UTF-8 (most likely GBK from an old editor), or too many.
    pub fn decode(name: &str, bytes: &[u8]) -> Result<Arc<Self>, Box<Diagnostic>> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = |body: String| {
            Arc::new(Self {
                name: name.to_owned(),
                body,
            })
        };
        if bytes.len() > LARGEST_FILE {
            return Err(Box::new(Diagnostic::error(
                &text(String::new()),
                0..0,
                Words::new("文件太大", "the file is too large"),
                Words::new(
                    format!("{}字节,最多{LARGEST_FILE}字节", bytes.len()),
                    format!("{} bytes, at most {LARGEST_FILE}", bytes.len()),
                ),
            )));
        }
        match std::str::from_utf8(bytes) {
            Ok(body) => Ok(text(body.to_owned())),
            Err(error) => {
                let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
                let at = good.len();
                Err(Box::new(
                    Diagnostic::error(
                        &text(good),
                        at..at,
                        Words::new("文件不是UTF-8编码", "the file is not UTF-8"),
                        Words::new("从这里起读不懂", "unreadable from here"),
                    )
                    .help(Words::new(
                        "多半是GBK编码。请在记事本里“另存为”,编码选“UTF-8”",
                        "it is probably GBK: save it again as UTF-8",
                    )),
                ))
            }
        }
    }

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
        let mut group = level
            .primary_title(self.message.in_locale(locale))
            .elements(Vec::<Snippet<'_, annotate_snippets::Annotation<'_>>>::new());
        if let Some(mark) = &self.mark {
            let mut snippet = Snippet::source(mark.text.body.as_str())
                .path(mark.text.name.as_str())
                .annotation(
                    AnnotationKind::Primary
                        .span(mark.shown_span())
                        .label(mark.label.in_locale(locale)),
                );
            let elsewhere = match &self.other {
                Some(other) if Arc::ptr_eq(&other.text, &mark.text) => {
                    snippet = snippet.annotation(
                        AnnotationKind::Context
                            .span(other.shown_span())
                            .label(other.label.in_locale(locale)),
                    );
                    None
                }
                other => other.as_ref(),
            };
            group = group.element(snippet);
            if let Some(other) = elsewhere {
                group = group.element(
                    Snippet::source(other.text.body.as_str())
                        .path(other.text.name.as_str())
                        .annotation(
                            AnnotationKind::Context
                                .span(other.shown_span())
                                .label(other.label.in_locale(locale)),
                        ),
                );
            }
        }
        if let Some(help) = &self.help {
            let level = match locale {
                Locale::Chinese => Level::HELP.with_name("办法"),
                Locale::English => Level::HELP,
            };
            group = group.element(level.message(help.in_locale(locale)));
        }
        renderer.render(&[group])
    }
}

impl Mark {
    /// The span, cut to the text and to whole characters: a caret past the end or inside one cannot be drawn.
    fn shown_span(&self) -> Range<usize> {
        let body = &self.text.body;
        let start = body.floor_char_boundary(self.span.start);
        start..body.ceil_char_boundary(self.span.end).max(start)
    }
}

/// Where findings are gathered, so that all come out at once.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<Diagnostic>>);

impl Faults {
    /// Adds one.
    pub fn add(&self, diagnostic: Diagnostic) {
        self.0.borrow_mut().push(diagnostic);
    }

    /// Whether any of them stops the edit.
    pub fn any_error(&self) -> bool {
        self.0
            .borrow()
            .iter()
            .any(|d| d.severity == Severity::Error)
    }

    /// All of them: errors first, then by place.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut all = self.0.into_inner();
        all.sort_by(|a, b| {
            let place =
                |d: &Diagnostic| d.mark.as_ref().map(|m| (m.text.name.clone(), m.span.start));
            (a.severity, place(a)).cmp(&(b.severity, place(b)))
        });
        all
    }
}

/// The nearest of the allowed words, if any is near enough to be what was meant.
pub fn nearest<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    allowed
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), word))
        .filter(|(distance, word)| {
            // Of a word of two characters one is half: 中学 is not nearly 小学.
            let length = word.chars().count();
            *distance <= 1 + length / 4 && distance * 2 < length
        })
        .min()
        .map(|(_, word)| word)
}

/// `你是不是想写 principal?`, where something is near.
pub fn did_you_mean<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<Words> {
    nearest(found, allowed).map(|word| {
        Words::new(
            format!("你是不是想写 {word}?"),
            format!("did you mean {word}?"),
        )
    })
}

/// The allowed words in a row, for a message.
pub fn one_of<'a>(allowed: impl IntoIterator<Item = &'a str>) -> Words {
    let all: Vec<_> = allowed.into_iter().collect();
    Words::new(
        format!("可以写:{}", all.join("、")),
        format!("allowed: {}", all.join(", ")),
    )
}
