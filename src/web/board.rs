//! A unit's board, and the feed made of it: both are looked at, and neither is answered.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::board_page::{BoardPage, Feed};
use super::pages::Plain;
use super::routes::Site;
use crate::core::board::Board;
use crate::core::overview::Below;
use crate::ics::{self, Event, Head};
use crate::link::{LinkKeys, LinkRefused};

/// What a feed's address ends with. No token holds a dot.
const FEED: &str = ".ics";

/// `GET /u/{token}` and `GET /u/{token}.ics`
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let named = path.map(|Path(named)| named).unwrap_or_default();
    let (token, is_feed) = match named.strip_suffix(FEED) {
        Some(token) => (token, true),
        None => (named.as_str(), false),
    };
    match open(&site, token).await {
        Ok(board) if is_feed => {
            let unit = board.unit.clone();
            match site.ask(move |desk| desk.below(&unit)).await {
                Ok(below) => feed(&board, &below),
                Err(plain) => site.plain(plain),
            }
        }
        Ok(board) => {
            let (subscribe, address) = site.pages.feed_addresses(token);
            let until = LinkKeys::good_until(token).unwrap_or(board.today);
            let feed = Feed {
                subscribe: &subscribe,
                address: &address,
                until,
            };
            let page = BoardPage::new(&board, &feed);
            site.pages.board(&site.desk.masthead(), &page)
        }
        Err(plain) => site.plain(plain),
    }
}

/// The board a token opens, or the page that is shown instead.
async fn open(site: &Arc<Site>, token: &str) -> Result<Board, Plain> {
    let unit = match site.desk.keys().unit(token, site.desk.today()) {
        Ok(unit) => unit,
        Err(LinkRefused::Expired) => return Err(Plain::BoardExpired),
        Err(refused) => {
            tracing::debug!(%refused, "链接被拒");
            return Err(Plain::NoBoard);
        }
    };
    let found = site.ask(move |desk| desk.board(&unit)).await?;
    found.ok_or(Plain::NoBoard)
}

/// The unit's own duties, and for a town or the bureau what is asked of the units below it.
fn feed(board: &Board, below: &[Below]) -> Response {
    let own = board.duties.iter();
    let own = own.filter_map(|duty| Event::of_duty(duty, &board.unit_name));
    let below = below
        .iter()
        .map(|found| Event::of_below(found, &board.unit));
    let events: Vec<Event> = own.chain(below).collect();
    let head = Head {
        name: &format!("{} · {}", board.unit_name, board.calendar),
        zone: &board.zone,
        stamp: board.stamp,
        subscribed: true,
    };
    let kind = HeaderValue::from_static(ics::MEDIA_TYPE);
    let headers = [(header::CONTENT_TYPE, kind)];
    (headers, ics::calendar(&head, &events)).into_response()
}
