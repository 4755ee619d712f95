//! Templates: the shipped ones, and an admin's own where they hold.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use crate::core::bulletin::Edition;
use crate::core::diagnostic::{Diagnostic, Text, Words, nearest};
use crate::core::letter::Content;

use super::form::{Form, Forms, Sight};
use super::sample;
use super::view::{Links, Personal, View};

/// The files that may be overridden, and what is shipped under their names.
const SHIPPED: [(&str, &str); 2] = [
    (TEXT, include_str!("../../config/templates/letter.txt")),
    (HTML, include_str!("../../config/templates/letter.html")),
];
const TEXT: &str = "letter.txt";
const HTML: &str = "letter.html";

/// A larger file is no template but a mistake.
const MAX_TEMPLATE_BYTES: u64 = 256 * 1024;

/// How much work an admin's template may cost: so much, and more for each duty or row. The shipped ones take a tenth.
const FUEL: u64 = 200_000;
const FUEL_PER_ROW: u64 = 2_000;

/// The templates in force.
pub struct Templates {
    shipped: Environment<'static>,
    own: Environment<'static>,
    forms: Mutex<Forms>,
}

/// A letter with its looks.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Which of the admin's templates failed, so that the shipped one was used, in Chinese.
    pub problems: Vec<String>,
    /// The form it was filled in on, if it was.
    pub form: Option<Arc<Form>>,
}

impl PartialEq for Rendered {
    /// On whatever form it was filled in, it is what it says.
    fn eq(&self, other: &Self) -> bool {
        let Self {
            subject,
            text,
            html,
            problems,
            form: _,
        } = self;
        (subject, text, html, problems)
            == (&other.subject, &other.text, &other.html, &other.problems)
    }
}

impl Templates {
    /// The shipped templates, overridden by `letter.txt` and `letter.html` in `folder` where they are there and hold.
    /// Each is tried on a sample letter at once, so that a mistake is found before a morning's letters.
    ///
    /// The second value says what is wrong with those that don't hold. They are warnings: letters go out all the same.
    pub fn load(folder: Option<&Path>) -> (Self, Vec<Diagnostic>) {
        let mut templates = Self {
            shipped: environment(),
            own: environment(),
            forms: Mutex::default(),
        };
        let mut problems = Vec::new();
        for (name, source) in SHIPPED {
            if let Err(fault) = templates.shipped.add_template(name, source) {
                problems.push(Diagnostic::general(Words::new(
                    explain(name, &fault),
                    fault.to_string(),
                )));
            }
        }
        for (name, source) in SHIPPED {
            let Some(folder) = folder else { continue };
            match read(&folder.join(name)) {
                Ok(None) => {}
                // A copy that nobody has changed, as a package lays it down.
                Ok(Some(text)) if text.body == source => {}
                Ok(Some(text)) => problems.extend(templates.take(name, &text)),
                Err(fault) => problems.push(*fault),
            }
        }
        (templates, problems)
    }

    /// Takes an admin's template if it holds on a letter that has everything.
    fn take(&mut self, name: &'static str, text: &Arc<Text>) -> Option<Diagnostic> {
        if let Err(fault) = self.own.add_template_owned(name, text.body.clone()) {
            return Some(misfit(text, &fault, []));
        }
        let (content, links) = (sample::content(), sample::links());
        let words = Personal::of(&content, &links);
        let value = Value::from(Serde(View::new(&content, &links, words)));
        let page = links.page.unwrap_or_default();
        match self.render_own(name, &value, fuel(&content)) {
            Ok(Some(said)) if !said.replace("&#x2f;", "/").contains(&page) => {
                Some(Diagnostic::warning(
                    text,
                    0..0,
                    Words::new(
                        "模板里没有 {{ page }},收信人找不到回执页",
                        "the template has no {{ page }}, so that nobody finds the page to answer on",
                    ),
                    Words::new(
                        "在合适的地方补上;现在仍照它发信",
                        "put it in; the template is used all the same",
                    ),
                ))
            }
            Ok(_) => None,
            Err(fault) => {
                self.own.remove_template(name);
                let names = value.try_iter().into_iter().flatten();
                Some(misfit(text, &fault, names))
            }
        }
    }

    /// Gives a letter its looks. Where one of the admin's templates fails, the shipped one stands in and the problem
    /// is reported, so that no letter is lost to a template.
    pub fn render(&self, content: &Content, links: &Links) -> Rendered {
        let words = Personal::of(content, links);
        // What an admin's template makes of a name cannot be told from a blank.
        let has_own = self.own.templates().next().is_some();
        if has_own || !content.is_form_letter() {
            return self.render_anew(content, links, words);
        }
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let form = match forms.sight(content, links, &words) {
            Sight::Known(form) => form,
            Sight::New => {
                drop(forms);
                return self.render_anew(content, links, words);
            }
            Sight::Again => {
                let marked = self.render_anew(content, links, words.marks());
                let form = Form::new(&marked.text, &marked.html);
                let anew = self.render_anew(content, links, words.clone());
                let (text, html) = form.fill(&words);
                let is_fit = text == anew.text && html == anew.html;
                let form = is_fit.then(|| Arc::new(form));
                forms.keep(form.clone());
                return Rendered { form, ..anew };
            }
        };
        drop(forms);
        let (text, html) = form.fill(&words);
        Rendered {
            subject: words.subject,
            text,
            html,
            problems: Vec::new(),
            form: Some(form),
        }
    }

    /// The same, without a look at what was rendered before.
    fn render_anew(&self, content: &Content, links: &Links, words: Personal) -> Rendered {
        let subject = words.subject.clone();
        let value = Value::from(Serde(View::new(content, links, words)));
        let mut problems = Vec::new();
        // What opens the dashboard, and a bulletin, must be in the letter, whatever an admin's template thinks of them.
        let link = links.page.as_deref().filter(|_| content.is_sign_in);
        let bulletins = content.bulletins.iter().map(|found| found.title.as_str());
        let needed: Vec<&str> = link.into_iter().chain(bulletins).collect();
        let mut part = |name| {
            self.part(name, &value, &needed, fuel(content), &mut problems)
                .unwrap_or_else(|| bare(name, &subject, links))
        };
        let (text, html) = (part(TEXT), part(HTML));
        Rendered {
            subject,
            text,
            html,
            problems,
            form: None,
        }
    }

    fn part(
        &self,
        name: &str,
        value: &Value,
        needed: &[&str],
        fuel: u64,
        problems: &mut Vec<String>,
    ) -> Option<String> {
        let has = |text: &str| {
            let text = text.replace("&#x2f;", "/");
            needed.iter().all(|needed| text.contains(needed))
        };
        match self.render_own(name, value, fuel) {
            Ok(Some(text)) if has(&text) => return Some(text),
            Ok(_) => {}
            Err(fault) => problems.push(explain(name, &fault)),
        }
        let template = self.shipped.get_template(name);
        template
            .and_then(|template| template.render(value))
            .map_err(|fault| problems.push(explain(name, &fault)))
            .ok()
    }

    fn render_own(&self, name: &str, value: &Value, fuel: u64) -> Result<Option<String>, Error> {
        if self.own.get_template(name).is_err() {
            return Ok(None);
        }
        // Fuel is a setting of the environment; a clone is cheap next to a letter, and letters are rendered from
        // several threads.
        let mut own = self.own.clone();
        own.set_fuel(Some(fuel));
        own.get_template(name)?.render(value).map(Some)
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // A misspelt name is a mistake to be told of, not an empty place in a letter.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment
}

fn fuel(content: &Content) -> u64 {
    let rows = content.items.len()
        + content.overdue_below.len()
        + content.rollup.len()
        + content.closed.len()
        + content.withdrawn.len()
        + content.matters.len()
        + content.bulletins.iter().map(Edition::rows).sum::<usize>();
    FUEL + FUEL_PER_ROW * rows as u64
}

fn read(path: &Path) -> Result<Option<Arc<Text>>, Box<Diagnostic>> {
    let shown = path.display().to_string();
    let refused = |zh: String, en: String| {
        let blank = Arc::new(Text {
            name: shown.clone(),
            body: String::new(),
        });
        Box::new(Diagnostic::warning(
            &blank,
            0..0,
            Words::new(zh, en),
            instead(),
        ))
    };
    let denied = |fault: std::io::Error| {
        refused(
            format!("读不了模板:{fault},请检查文件权限"),
            format!("cannot read the template: {fault}"),
        )
    };
    let size = match fs::metadata(path) {
        Ok(found) => found.len(),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(denied(fault)),
    };
    if size > MAX_TEMPLATE_BYTES {
        return Err(refused(
            "模板超过 256 KB,不像是模板".to_owned(),
            "over 256 KiB: this is no template".to_owned(),
        ));
    }
    let bytes = fs::read(path).map_err(denied)?;
    let body = String::from_utf8(bytes).map_err(|_| {
        refused(
            "模板不是 UTF-8 编码,请用记事本另存为 UTF-8".to_owned(),
            "the template is not UTF-8".to_owned(),
        )
    })?;
    Ok(Some(Arc::new(Text {
        name: shown,
        body: body.trim_start_matches('\u{FEFF}').to_owned(),
    })))
}

/// What happens until a template is mended.
fn instead() -> Words {
    Words::new(
        "改好以前,发信用自带的模板",
        "until it is mended the shipped one is used",
    )
}

/// A template that does not hold, with the line and, for a name that is not there, the nearest of `names`.
fn misfit(text: &Arc<Text>, fault: &Error, names: impl IntoIterator<Item = Value>) -> Diagnostic {
    let (zh, en) = reason(fault);
    let number = fault.line().unwrap_or(1).saturating_sub(1);
    let lines = text.body.split_inclusive('\n');
    let start = lines.clone().take(number).map(str::len).sum::<usize>();
    let line = lines.clone().nth(number).unwrap_or("");
    let lead = line.len() - line.trim_start().len();
    let span = start + lead..start + line.trim_end().len().max(lead);
    let detail = fault.detail().unwrap_or_default();
    let label = Words::new(detail, detail);
    let names: Vec<_> = names.into_iter().map(|name| name.to_string()).collect();
    let meant = detail
        .split('`')
        .nth(1)
        .and_then(|name| nearest(name, names.iter().map(String::as_str)));
    let instead = instead();
    let help = match meant {
        Some(name) => Words::new(
            format!("你是不是想写 {name}?{}", instead.zh),
            format!("did you mean {name}? {}", instead.en),
        ),
        None => instead,
    };
    Diagnostic::warning(
        text,
        span,
        Words::new(format!("模板{zh}"), format!("template: {en}")),
        label,
    )
    .help(help)
}

/// What kind of fault it is.
fn reason(fault: &Error) -> (&'static str, &'static str) {
    match fault.kind() {
        ErrorKind::SyntaxError => ("写法有误", "syntax error"),
        ErrorKind::UndefinedError => ("用了没有的变量", "unknown variable"),
        ErrorKind::OutOfFuel => ("循环太多,已中止", "too many loops"),
        ErrorKind::UnknownFilter => ("用了没有的过滤器", "unknown filter"),
        ErrorKind::UnknownFunction => ("用了没有的函数", "unknown function"),
        ErrorKind::TemplateNotFound => ("引用了没有的模板", "unknown template"),
        _ => ("执行出错", "it fails"),
    }
}

fn explain(name: &str, fault: &Error) -> String {
    let mut said = format!("模板 {name}");
    if let Some(line) = fault.line() {
        let _ = write!(said, " 第 {line} 行");
    }
    let (why, _) = reason(fault);
    let _ = write!(said, " {why}");
    if let Some(detail) = fault.detail() {
        let _ = write!(said, "({detail})");
    }
    said.push_str(";暂用自带的模板");
    said
}

/// What is left if even the shipped template fails: the subject and the way to the page.
fn bare(name: &str, subject: &str, links: &Links) -> String {
    let page = links.page.as_deref().unwrap_or_default();
    if name == HTML {
        let subject = minijinja::HtmlEscape(subject);
        let page = minijinja::HtmlEscape(page);
        format!("<!doctype html><meta charset=\"utf-8\"><p>{subject}</p><p>{page}</p>")
    } else {
        format!("{subject}\n\n{page}\n")
    }
}
