//! Evidence given out again: only as something to save, never as something the browser opens on our site.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use super::bureau;
use super::desk::GivenFile;
use super::letter;
use super::pages::Plain;
use super::routes::Site;
use crate::core::state::Filed;

/// Files that are given out at a time, 10 MiB of memory each; more wait for their turn. A slow reader keeps the place for
/// as long as a connection lasts.
pub(super) const DOWNLOADS_AT_ONCE: usize = 8;

/// A file as a page links to it.
#[derive(Debug, Serialize)]
pub(super) struct FileLine {
    name: String,
    digest: String,
}

impl FileLine {
    pub(super) fn all(files: &[Filed]) -> Vec<Self> {
        let line = |file: &Filed| Self {
            name: file.name.clone(),
            digest: file.digest.clone(),
        };
        files.iter().map(line).collect()
    }
}

/// `GET /evidence/{digest}`: to officers who see a duty that it was handed in for.
pub(super) async fn of_officer(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let entry = match bureau::admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let digest = path.map(|Path(digest)| digest).unwrap_or_default();
    let turn = turn(&site).await;
    let found = site
        .ask(move |desk| desk.evidence(&entry.officer, &digest))
        .await;
    give(&site, turn, found)
}

/// `GET /l/{token}/{digest}`: to the reader of a letter that asks for it.
pub(super) async fn of_letter(
    State(site): State<Arc<Site>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let (token, digest) = path.map(|Path(both)| both).unwrap_or_default();
    let content = match letter::open(&site, &token).await {
        Ok(content) => content,
        Err(plain) => return site.plain(plain),
    };
    let items = content.items.iter().chain(&content.overdue_below);
    let mut files = items.flat_map(|item| &item.files);
    let Some(file) = files.find(|file| file.digest == digest).cloned() else {
        return site.plain(Plain::NoLetter);
    };
    let turn = turn(&site).await;
    let found = site
        .ask(move |desk| {
            let bytes = desk.file(&file.digest)?;
            Ok(bytes.map(|bytes| GivenFile {
                name: file.name,
                bytes,
            }))
        })
        .await;
    give(&site, turn, found)
}

/// Waits until there is a place for one more file in memory.
async fn turn(site: &Site) -> Option<OwnedSemaphorePermit> {
    let downloads = Arc::clone(&site.downloads);
    downloads.acquire_owned().await.ok()
}

/// A file's bytes, whose place is free again when the last of them was sent.
struct Placed {
    bytes: Vec<u8>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Placed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

pub(super) fn give(
    site: &Site,
    turn: Option<OwnedSemaphorePermit>,
    found: Result<Option<GivenFile>, Plain>,
) -> Response {
    let file = match found {
        Ok(Some(file)) => file,
        Ok(None) => return site.plain(Plain::NotThere),
        Err(plain) => return site.plain(plain),
    };
    // RFC 6266: the name as UTF-8, each byte that is no plain letter or digit escaped.
    let name = file.name.bytes().fold(String::new(), |mut name, byte| {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02X}");
        }
        name
    });
    let shown = format!("attachment; filename*=UTF-8''{name}");
    let kind = HeaderValue::from_static("application/octet-stream");
    let bytes = Bytes::from_owner(Placed {
        bytes: file.bytes,
        _turn: turn,
    });
    let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    if let Ok(shown) = HeaderValue::from_str(&shown) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, shown);
    }
    response
}
