//! Templates and what they are set with: each answer of the pages is made here.

use std::error::Error;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Output, State, UndefinedBehavior, context, escape_formatter};
use ring::digest;
use serde::Serialize;

use super::desk::Masthead;
use crate::core::printed::full_width;

/// The one stylesheet.
pub(super) const STYLE: &str = include_str!("templates/style.css");

/// Shipped templates by name. `.html` turns escaping on.
const TEMPLATES: [(&str, &str); 24] = [
    ("base.html", include_str!("templates/base.html")),
    ("board.html", include_str!("templates/board.html")),
    ("bulletin.html", include_str!("templates/bulletin.html")),
    (
        "bulletin_body.html",
        include_str!("templates/bulletin_body.html"),
    ),
    ("bulletins.html", include_str!("templates/bulletins.html")),
    ("bureau.html", include_str!("templates/bureau.html")),
    ("card.html", include_str!("templates/card.html")),
    ("enter.html", include_str!("templates/enter.html")),
    ("hold.html", include_str!("templates/hold.html")),
    ("letter.html", include_str!("templates/letter.html")),
    ("matrix.html", include_str!("templates/matrix.html")),
    ("plain.html", include_str!("templates/plain.html")),
    ("queue.html", include_str!("templates/queue.html")),
    ("raise.html", include_str!("templates/raise.html")),
    ("requests.html", include_str!("templates/requests.html")),
    ("settings.html", include_str!("templates/settings.html")),
    ("sign_in.html", include_str!("templates/sign_in.html")),
    ("tables.html", include_str!("templates/tables.html")),
    ("today.html", include_str!("templates/today.html")),
    ("told.html", include_str!("templates/told.html")),
    ("unit.html", include_str!("templates/unit.html")),
    ("unit_body.html", include_str!("templates/unit_body.html")),
    ("versions.html", include_str!("templates/versions.html")),
    ("year.html", include_str!("templates/year.html")),
];

/// The templates, and what every page takes from the settings.
#[derive(Debug)]
pub(super) struct Pages {
    templates: Environment<'static>,
    /// What addresses of this site begin with, without a slash at its end.
    base_url: String,
    /// The path of `base_url`, without a slash at its end: what all paths on pages begin with.
    prefix: String,
    style_href: String,
    /// Whether cookies may travel over https only.
    pub(super) secure: bool,
}

/// A page that only says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// A link to sign in with may be on its way; whether it is, is nobody's business.
    LinkMailed,
    /// A link that signs nobody in: mangled, used up, too old, or another browser's.
    NoSignIn,
    /// What an officer asked for is not there, or not for them.
    NotThere,
    /// What only those see who see the whole.
    NotForYou,
    /// A link that opens nothing: mangled, forged, for something else, or of a letter that is not there. Which, is
    /// nobody's business.
    NoLetter,
    /// A link that did open something once.
    Expired,
    /// A link that opens no board.
    NoBoard,
    /// A link that did open a board once.
    BoardExpired,
    /// The ledger cannot be asked now.
    Later,
    /// The desk took longer than a person waits; an answer may be recorded all the same.
    TooSlow,
    /// A form with files that is too large.
    FilesTooLarge,
    /// A form sent from another site.
    CrossSite,
    /// More than one visitor's share.
    TooMany,
    /// Anything else, by its status.
    Status(StatusCode),
}

impl Plain {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::LinkMailed => StatusCode::OK,
            Self::NoLetter | Self::NoBoard | Self::NoSignIn | Self::NotThere => {
                StatusCode::NOT_FOUND
            }
            Self::Expired | Self::BoardExpired => StatusCode::GONE,
            Self::Later | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::FilesTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CrossSite | Self::NotForYou => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Status(status) => status,
        }
    }

    /// Whether its reader belongs on the bureau's pages, and finds the way from their first one.
    fn leads_home(self) -> bool {
        matches!(self, Self::NotThere | Self::NotForYou | Self::NoSignIn)
    }

    /// Title and words.
    fn words(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::LinkMailed => (
                "请看邮箱",
                &[
                    "如果这个邮箱在花名册里，而且可以登录，几分钟内会收到一封登录信。",
                    "请在这台电脑、这个浏览器里打开信里的链接，再按“登录”。链接 15 分钟内有效，只能用一次。",
                    "没有收到的话，请看看垃圾邮件，或核对邮箱是不是写对了。",
                ],
            ),
            Self::NoSignIn => (
                "这个登录链接不能用",
                &[
                    "它可能已经用过、过了 15 分钟，或者不是在这个浏览器里要的。",
                    "请回到首页，重新写一次邮箱，再用这个浏览器打开新的登录信。",
                ],
            ),
            Self::NotThere => (
                "没有这一页",
                &["这里没有您要看的内容，或者不归您管。请从首页重新进入。"],
            ),
            Self::NotForYou => (
                "这一页只给局里的管理员",
                &["镇街的账号可以看本镇街各单位的情况。要办理这里的事，请联系局里。"],
            ),
            Self::NoLetter => (
                "这个链接打不开",
                &["请回到信里再点一次。如果链接在信里断成了两行，请把它完整地复制到浏览器里。"],
            ),
            Self::Expired => (
                "这个链接已经过期",
                &["请打开您最近收到的一封提醒信，用信里的链接回执。"],
            ),
            Self::NoBoard => (
                "这个链接打不开",
                &[
                    "请回到信里再点一次“本单位的全年安排”。如果链接断成了两行，请把它完整地复制到浏览器里。",
                ],
            ),
            Self::BoardExpired => (
                "这个链接已经过期",
                &[
                    "请打开您最近收到的一封提醒信，点信里的“本单位的全年安排”。",
                    "日历软件里的订阅，也请用那一页上的新地址再订一次。",
                ],
            ),
            Self::Later => (
                "暂时打不开",
                &["服务器这会儿取不到内容，请过几分钟再试。已经记下的回执不会丢失。"],
            ),
            Self::TooSlow => (
                "等得太久了",
                &[
                    "服务器太忙，没有等到结果。请过一会儿重新打开这一页。按过回执的，先看看有没有记下；没有的话，请再按一次。",
                ],
            ),
            Self::FilesTooLarge => (
                "材料太大",
                &[
                    "没有记下：一次最多传 3 个文件，每个 10 MB 以内；文字也不能太长。",
                    "请返回，把照片或文件压缩一下，重新选好再按。",
                ],
            ),
            Self::CrossSite => (
                "没有记下",
                &[
                    "这一页已经过时，或者是从别的网站发来的，为安全起见没有接受。请重新打开再按一次。",
                ],
            ),
            Self::TooMany => (
                "请等一分钟",
                &[
                    "这一分钟里打开或按得太多了，这一次没有受理。以前记下的都在，一样也没有丢。",
                    "请等一分钟，再刷新这一页：刚才按的会再送一次。也可以回到信里，重新打开链接。",
                ],
            ),
            Self::Status(status) => Self::words_of(status),
        }
    }

    fn words_of(status: StatusCode) -> (&'static str, &'static [&'static str]) {
        match status.as_u16() {
            404 => ("没有这个页面", &["请检查网址，或从提醒信里的链接打开。"]),
            405 => ("不能这样打开", &["请从提醒信里的链接打开页面。"]),
            413 => (
                "内容太长",
                &["没有记下：写的内容太长了。请返回，写短一些再按。"],
            ),
            400..=499 => (
                "没有看懂",
                &["没有记下：这一页不完整或已经过时。请从信里重新打开，再试一次。"],
            ),
            503 => (
                "暂时打不开",
                &["服务器这会儿太忙，请过几分钟再试。已经记下的回执不会丢失。"],
            ),
            _ => (
                "出错了",
                &["服务器出了故障，已经记在日志里。请过几分钟再试。"],
            ),
        }
    }
}

impl Pages {
    pub(super) fn new(base_url: &str) -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_formatter(write_value);
        templates.add_filter("full_width", |words: &str| full_width(words));
        for (name, text) in TEMPLATES {
            templates
                .add_template(name, text)
                .expect("the templates are part of the program, and a test sets each");
        }
        let prefix = path_of(base_url);
        let hash = digest::digest(&digest::SHA256, STYLE.as_bytes());
        let version = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..9]);
        Self {
            templates,
            style_href: format!("{prefix}/style.css?v={version}"),
            prefix,
            base_url: base_url.trim_end_matches('/').to_owned(),
            secure: base_url.starts_with("https://"),
        }
    }

    /// What all paths on pages begin with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A path of this site, as a browser is to ask for it.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Where a cookie of all pages is sent back to.
    pub(super) fn root_path(&self) -> &str {
        if self.prefix.is_empty() {
            "/"
        } else {
            &self.prefix
        }
    }

    /// The path of a letter's page on this site.
    pub(super) fn letter_path(&self, token: &str) -> String {
        format!("{}/l/{token}", self.prefix)
    }

    /// The path of a unit's board on this site.
    pub(super) fn board_path(&self, token: &str) -> String {
        format!("{}/u/{token}", self.prefix)
    }

    /// The addresses of a unit's feed: the one that calendar programs open themselves at, and the one to copy.
    pub(super) fn feed_addresses(&self, token: &str) -> (String, String) {
        let address = format!("{}/u/{token}.ics", self.base_url);
        let rest = address
            .split_once("://")
            .map_or(address.as_str(), |(_, rest)| rest);
        (format!("webcal://{rest}"), address)
    }

    pub(super) fn plain(&self, plain: Plain, masthead: &Masthead) -> Response {
        let (title, words) = plain.words();
        let mut words = words.to_vec();
        if plain == Plain::NoLetter && masthead.reads_replies {
            words.push("您也可以直接回复那封信，写“收到”或“完成”。");
        }
        let home = plain.leads_home().then(|| self.path("/"));
        let page = context! { title, words => Serde(words), home };
        self.set("plain.html", plain.status(), masthead, page)
    }

    pub(super) fn letter(
        &self,
        status: StatusCode,
        masthead: &Masthead,
        page: &impl Serialize,
    ) -> Response {
        let page = Value::from(Serde(page));
        self.set("letter.html", status, masthead, page)
    }

    pub(super) fn board(&self, masthead: &Masthead, page: &impl Serialize) -> Response {
        let page = Value::from(Serde(page));
        self.set("board.html", StatusCode::OK, masthead, page)
    }

    /// Sets one of the bureau's pages, within its frame.
    pub(super) fn set_framed(
        &self,
        template: &str,
        masthead: &Masthead,
        frame: &impl Serialize,
        page: Value,
    ) -> Response {
        let page = context! {
            page,
            frame => Serde(frame),
            masthead => Serde(masthead),
            style => &self.style_href,
        };
        self.render(template, StatusCode::OK, page)
    }

    pub(super) fn set(
        &self,
        template: &str,
        status: StatusCode,
        masthead: &Masthead,
        page: Value,
    ) -> Response {
        let page = context! { page, masthead => Serde(masthead), style => &self.style_href };
        self.render(template, status, page)
    }

    fn render(&self, template: &str, status: StatusCode, page: Value) -> Response {
        let set = self
            .templates
            .get_template(template)
            .and_then(|template| template.render(page));
        match set {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => {
                let cause = error.source().map(ToString::to_string);
                tracing::error!(template, %error, cause, "页面排不出来");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// Escapes as the library does, but for the slash, which is harmless in text and quotes alike: paths and duties stay
/// as they are written.
fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let Some(text) = value.as_str().filter(|_| !value.is_safe()) else {
        return escape_formatter(out, state, value);
    };
    for (index, part) in text.split('/').enumerate() {
        if index > 0 {
            out.write_str("/")?;
        }
        escape_formatter(out, state, &Value::from(part))?;
    }
    Ok(())
}

/// `/bell` of `https://edu.example/bell/`; empty for a bare host.
fn path_of(base_url: &str) -> String {
    let rest = base_url
        .split_once("://")
        .map_or(base_url, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |start| &rest[start..]);
    path.trim_end_matches('/').to_owned()
}
