//! Templates: the shipped ones, and an admin's own where they hold.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use crate::core::letter::Content;

use super::sample;
use super::subject::subject;
use super::view::{Links, View};

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
}

/// A letter with its looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Which of the admin's templates failed, so that the shipped one was used, in Chinese.
    pub problems: Vec<String>,
}

impl Templates {
    /// The shipped templates, overridden by `letter.txt` and `letter.html` in `folder` where they are there and hold.
    /// Each is tried on a sample letter at once, so that a mistake is found before a morning's letters.
    ///
    /// The second value says, in Chinese, what was wrong with those that don't hold.
    pub fn load(folder: Option<&Path>) -> (Self, Vec<String>) {
        let mut templates = Self {
            shipped: environment(),
            own: environment(),
        };
        let mut problems = Vec::new();
        for (name, source) in SHIPPED {
            if let Err(fault) = templates.shipped.add_template(name, source) {
                problems.push(explain(name, &fault));
            }
        }
        for (name, _) in SHIPPED {
            let Some(folder) = folder else { continue };
            match read(&folder.join(name)) {
                Ok(None) => {}
                Ok(Some(source)) => {
                    if let Err(fault) = templates.own.add_template_owned(name, source) {
                        problems.push(explain(name, &fault));
                    }
                }
                Err(why) => problems.push(format!("模板 {name} {why};暂用自带的模板")),
            }
        }
        problems.extend(templates.rehearse());
        (templates, problems)
    }

    /// Gives a letter its looks. Where one of the admin's templates fails, the shipped one stands in and the problem
    /// is reported, so that no letter is lost to a template.
    pub fn render(&self, content: &Content, links: &Links) -> Rendered {
        let subject = subject(content);
        let value = Value::from(Serde(View::new(content, links, &subject)));
        let mut problems = Vec::new();
        let mut part = |name| {
            self.part(name, &value, fuel(content), &mut problems)
                .unwrap_or_else(|| bare(name, &subject, links))
        };
        let (text, html) = (part(TEXT), part(HTML));
        Rendered {
            subject,
            text,
            html,
            problems,
        }
    }

    fn part(
        &self,
        name: &str,
        value: &Value,
        fuel: u64,
        problems: &mut Vec<String>,
    ) -> Option<String> {
        match self.render_own(name, value, fuel) {
            Ok(Some(text)) => return Some(text),
            Ok(None) => {}
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

    /// Tries each of the admin's templates on a letter that has everything, and drops those that fail.
    fn rehearse(&mut self) -> Vec<String> {
        let (content, links) = (sample::content(), sample::links());
        let value = Value::from(Serde(View::new(&content, &links, &subject(&content))));
        let page = links.page.unwrap_or_default();
        let mut problems = Vec::new();
        for (name, _) in SHIPPED {
            match self.render_own(name, &value, fuel(&content)) {
                Ok(Some(said)) if !said.replace("&#x2f;", "/").contains(&page) => problems.push(
                    format!("模板 {name} 里没有 {{{{ page }}}},收信人找不到回执页;仍会使用,请补上"),
                ),
                Ok(_) => {}
                Err(fault) => {
                    self.own.remove_template(name);
                    problems.push(explain(name, &fault));
                }
            }
        }
        problems
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
        + content.matters.len();
    FUEL + FUEL_PER_ROW * rows as u64
}

fn read(path: &Path) -> Result<Option<String>, String> {
    let size = match fs::metadata(path) {
        Ok(found) => found.len(),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(format!("读不了:{fault},请检查文件权限")),
    };
    if size > MAX_TEMPLATE_BYTES {
        return Err("超过 256 KB,不像是模板,请检查文件".to_owned());
    }
    let bytes = fs::read(path).map_err(|fault| format!("读不了:{fault},请检查文件权限"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| "不是 UTF-8 编码,请用编辑器另存为 UTF-8".to_owned())?;
    Ok(Some(text.trim_start_matches('\u{FEFF}').to_owned()))
}

fn explain(name: &str, fault: &Error) -> String {
    let mut said = format!("模板 {name}");
    if let Some(line) = fault.line() {
        let _ = write!(said, " 第 {line} 行");
    }
    let why = match fault.kind() {
        ErrorKind::SyntaxError => "写法有误",
        ErrorKind::UndefinedError => "用了没有的变量",
        ErrorKind::OutOfFuel => "循环太多,已中止",
        ErrorKind::UnknownFilter => "用了没有的过滤器",
        ErrorKind::UnknownFunction => "用了没有的函数",
        ErrorKind::TemplateNotFound => "引用了没有的模板",
        _ => "执行出错",
    };
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
