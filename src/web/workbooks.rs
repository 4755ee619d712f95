//! Workbooks given out to officers: each of what its officer sees.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::bureau::{self, OfMatrix, OfYear};
use super::desk::{AskedWorkbook, DeskError};
use super::files::give;
use super::pages::Plain;
use super::routes::Site;

/// Workbooks that are made or given out at a time: a year of a large county takes minutes and tens of megabytes. More wait
/// for their turn.
pub(super) const WORKBOOKS_AT_ONCE: usize = 1;

/// `GET /ledger.xlsx`: the record of a year.
pub(super) async fn of_year(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    asked: Result<Query<OfYear>, QueryRejection>,
) -> Response {
    let year = asked.ok().and_then(|Query(asked)| asked.number());
    make(&site, &headers, AskedWorkbook::Record(year)).await
}

/// `GET /task.xlsx`: a task's units, as the page filters them.
pub(super) async fn of_task(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    asked: Result<Query<OfMatrix>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default().asked();
    make(&site, &headers, AskedWorkbook::Matrix(asked)).await
}

/// `GET /bulletin/{period}/tables.xlsx`
pub(super) async fn of_bulletin(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let period = path.ok().and_then(|Path(period)| period.parse().ok());
    match period {
        Some(period) => make(&site, &headers, AskedWorkbook::Bulletin(period)).await,
        None => match bureau::admit(&site, &headers).await {
            Ok(_) => site.plain(Plain::NotThere),
            Err(response) => response,
        },
    }
}

async fn make(site: &Arc<Site>, headers: &HeaderMap, asked: AskedWorkbook) -> Response {
    let entry = match bureau::admit(site, headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let turn = Arc::clone(&site.workbooks).acquire_owned().await.ok();
    let officer = entry.officer.clone();
    let made = site.ask(move |desk| {
        // The turn goes along: one that nobody waits for any more still takes its place until it is made.
        match desk.workbook(&officer, &asked) {
            Ok(file) => Ok(Ok((file, turn))),
            Err(DeskError::Refused(words)) => Ok(Err(words)),
            Err(error) => Err(error),
        }
    });
    match made.await {
        Ok(Ok((file, turn))) => give(site, turn, Ok(file)),
        Ok(Err(words)) => bureau::acts::amiss(site, &entry, StatusCode::CONFLICT, &words),
        Err(plain) => site.plain(plain),
    }
}
