//! A letter's form as it comes in: plain fields, or fields with files. So many uploads at a time, and no more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::desk::GivenFile;
use super::letter::of_letter;
use super::pages::Plain;
use super::routes::Site;
use crate::core::evidence::{BYTES_AT_MOST, FILES_AT_MOST};
use crate::core::fact::LetterNo;
use crate::link::Claim;

/// Uploads that are read at a time; more wait for their turn. Each may take 31 MiB of memory.
const UPLOADS_AT_ONCE: usize = 4;

/// Bytes a second that an upload brings at least, once it has its turn and the first seconds are over: less than any
/// telephone that has a network at all.
const SLOWEST: usize = 4 * 1024;

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
    pub(super) turn: Option<Turn>,
}

/// The places in which uploads are read. A unit has one at most, whichever of its letters are answered: whoever holds a
/// link can keep their own school waiting, and nobody else's.
pub(super) struct Places {
    all: Arc<Semaphore>,
    each: Mutex<HashMap<Claim, Arc<Semaphore>>>,
}

/// An upload's place, until it is dropped.
pub(super) struct Turn {
    _own: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
    begun: Instant,
    /// Bytes of files that came since.
    came: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)),
            each: Mutex::default(),
        }
    }
}

impl Places {
    /// Waits for a place; `None` only if there are none any more.
    async fn turn(&self, whose: Claim) -> Option<Turn> {
        let own = self.own(whose).acquire_owned().await.ok()?;
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Turn {
            _own: own,
            _of_all: of_all,
            begun: Instant::now(),
            came: 0,
        })
    }

    fn own(&self, whose: Claim) -> Arc<Semaphore> {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has a place, or waits for one, has a hand on it.
        each.retain(|_, place| Arc::strong_count(place) > 1);
        let own = each
            .entry(whose)
            .or_insert_with(|| Arc::new(Semaphore::new(1)));
        Arc::clone(own)
    }
}

impl Turn {
    /// By when the next bytes have to be there.
    fn patience(&self, grace: Duration) -> Instant {
        let seconds = u64::try_from(self.came / SLOWEST).unwrap_or(u64::MAX);
        self.begun + grace + Duration::from_secs(seconds)
    }
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
pub(super) async fn read(
    site: &Arc<Site>,
    letter: LetterNo,
    request: Request,
) -> Result<Brought, Response> {
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
        let field = in_time(site, brought.turn.as_ref(), form.next_field()).await?;
        let Some(mut field) = field else {
            return Ok(brought);
        };
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(ToOwned::to_owned);
        let is_file = file.is_some();
        let mut bytes = Vec::new();
        plain += if is_file { 0 } else { name.len() };
        while let Some(more) = in_time(site, brought.turn.as_ref(), field.chunk()).await? {
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
                brought.turn = site.uploads.turn(whose(site, letter).await).await;
            }
            if let Some(turn) = &mut brought.turn {
                turn.came += more.len();
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

/// Whose place an upload takes: of the unit that the letter went to, or of the letter where there is none.
async fn whose(site: &Arc<Site>, letter: LetterNo) -> Claim {
    let content = of_letter(site, letter).await;
    let unit = content.ok().and_then(|content| content.unit);
    unit.map_or(Claim::Letter(letter), Claim::Unit)
}

/// What comes next of a form, in time: an upload that hardly moves gives its place to another.
async fn in_time<T>(
    site: &Site,
    turn: Option<&Turn>,
    coming: impl Future<Output = Result<T, MultipartError>>,
) -> Result<T, Response> {
    let came = match turn {
        None => coming.await,
        Some(turn) => timeout_at(turn.patience(site.settings.limits.upload_grace), coming)
            .await
            .map_err(|_| site.plain(Plain::TooSlow))?,
    };
    came.map_err(MultipartError::into_response)
}
