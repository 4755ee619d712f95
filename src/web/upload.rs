//! A letter's form as it comes in: plain fields, or fields with files. So many uploads at a time, and no more.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::desk::GivenFile;
use super::routes::Site;
use crate::core::evidence::{BYTES_AT_MOST, FILES_AT_MOST};

/// Uploads that are read at a time; more wait for their turn. Each may take 31 MiB of memory.
pub(super) const UPLOADS_AT_ONCE: usize = 4;

/// Bytes of a form with files: the files, and what stands around them.
pub(super) const FORM_LIMIT: usize = FILES_AT_MOST * BYTES_AT_MOST + 64 * 1024;

/// Bytes of a form without files, and of all fields together that are no files: a name and a note at their longest take
/// 7 KiB.
const FIELD_LIMIT: usize = 16 * 1024;

/// What a form brought.
pub(super) struct Brought {
    pub(super) pairs: Vec<(String, String)>,
    pub(super) files: Vec<GivenFile>,
    /// What is wrong with the files, for who sent them.
    pub(super) amiss: Option<&'static str>,
    /// Held while the files are in memory.
    pub(super) turn: Option<OwnedSemaphorePermit>,
}

/// Whether a request may bring files.
pub(super) fn may_bring_files(request: &Request) -> bool {
    is_of_kind(request, b"multipart/form-data")
}

fn is_of_kind(request: &Request, kind: &[u8]) -> bool {
    let found = request.headers().get(header::CONTENT_TYPE);
    found.is_some_and(|found| found.as_bytes().starts_with(kind))
}

/// Reads a form of either kind; else what is answered instead.
pub(super) async fn read(site: &Arc<Site>, request: Request) -> Result<Brought, Response> {
    if !may_bring_files(&request) {
        if !is_of_kind(&request, b"application/x-www-form-urlencoded") {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
        }
        let bytes = to_bytes(request.into_body(), FIELD_LIMIT).await;
        let bytes = bytes.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
        return Ok(Brought {
            pairs: form_urlencoded::parse(&bytes).into_owned().collect(),
            files: Vec::new(),
            amiss: None,
            turn: None,
        });
    }
    let form = Multipart::from_request(request, site).await;
    let mut form = form.map_err(MultipartRejection::into_response)?;
    let mut brought = Brought {
        pairs: Vec::new(),
        files: Vec::new(),
        amiss: None,
        turn: None,
    };
    // Bytes of the fields that are no files, with their names.
    let mut plain = 0;
    loop {
        let field = form.next_field().await;
        let Some(mut field) = field.map_err(axum::response::IntoResponse::into_response)? else {
            return Ok(brought);
        };
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(ToOwned::to_owned);
        let is_file = file.is_some();
        let mut bytes = Vec::new();
        plain += if is_file { 0 } else { name.len() };
        while let Some(more) = field
            .chunk()
            .await
            .map_err(axum::response::IntoResponse::into_response)?
        {
            if !is_file {
                plain += more.len();
                if plain > FIELD_LIMIT {
                    return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response());
                }
                bytes.extend_from_slice(&more);
                continue;
            }
            // A field for files that was left empty comes without bytes, and waits for nobody.
            if brought.turn.is_none() && !more.is_empty() {
                brought.turn = Arc::clone(&site.uploads).acquire_owned().await.ok();
            }
            if bytes.len() + more.len() <= BYTES_AT_MOST {
                bytes.extend_from_slice(&more);
            } else {
                brought.amiss = Some("一个文件最多 10 MB，请压缩后再传。");
            }
        }
        if plain > FIELD_LIMIT {
            return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response());
        }
        match file {
            None => {
                let value = String::from_utf8_lossy(&bytes).into_owned();
                brought.pairs.push((name, value));
            }
            Some(file) if file.is_empty() && bytes.is_empty() => {}
            Some(file) => brought.files.push(GivenFile { name: file, bytes }),
        }
        if brought.files.len() > FILES_AT_MOST {
            brought.amiss = Some("一次最多传 3 个文件。");
            brought.files.truncate(FILES_AT_MOST);
        }
    }
}
