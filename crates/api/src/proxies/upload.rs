//! `POST /api/v1/projects/{project}/proxies/upload`: a list, in whatever format people have it.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State as Shared};
use cluster::{Op, Signal};
use futures_util::StreamExt;
use http::StatusCode;
use model::proxy::{Protocol, ProxySpec};
use provider::list::{Defaults, Format, LineError, Reader};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::proxies::{self, Imported};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Editor;
use crate::check::Check;
use crate::commit::commit;
use crate::noun::id;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::proxies::{not_direct, tags};
use crate::query::{Asked, parsed};
use crate::state::State;

/// What the list says nothing about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Upload {
    /// The connector that the proxies are to belong to.
    connector_id: String,
    /// `lines`, `csv` or `json`; absent: the list is looked at.
    format: Option<String>,
    /// For lines without a scheme; `http` if absent.
    protocol: Option<String>,
    /// For proxies of unknown country.
    country: Option<String>,
    /// For all of them, separated by commas.
    tags: Option<String>,
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Uploaded {
    /// Proxies in it that could be read.
    read: u64,
    /// Those among them that the connector did not have yet.
    created: u64,
    /// Those that it had, or that the list has twice.
    duplicates: u64,
    /// Entries that could not be read. The others are created all the same.
    refused: u64,
    /// Which and why: the first 10,000.
    errors: Vec<Refused>,
}

/// An entry that could not be read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refused {
    /// The line, or the number of the element, from 1.
    line: u64,
    /// Why; the line itself is not repeated, because it may hold a password.
    reason: String,
}

const REASONS: usize = 10_000;

/// Takes a list of proxies: `host:port`, `host:port:user:pass`, `user:pass@host:port`, URLs, CSV
/// with a header, JSON or NDJSON. All that can be read is created in one transaction.
#[utoipa::path(post, path = "/projects/{project}/proxies/upload", tag = "proxies",
    operation_id = "upload_proxies", params(("project" = String, Path), Upload),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = Uploaded), (status = 413, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn upload(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Asked(upload): Asked<Upload>,
    body: Body,
) -> Answer<Json<Uploaded>> {
    let project = existing(&state, &project).await?;
    let connector = id("connector", &upload.connector_id)?;
    // Read to the end first: a slow client must not hold a transaction open.
    let list = read(&state, &upload, body).await?;
    let mut change = state.store.change().await?;
    proxies::takes_proxies(&mut change, project, connector).await?;
    let imported = proxies::import(&mut change, connector, &list.specs).await?;
    let created = imported.iter().filter(|one| matches!(one, Imported::Created(_))).count() as u64;
    if created > 0 {
        let counts = json!({ "connector_id": upload.connector_id, "count": created });
        change.note(None::<&()>, Some(&counts));
        commit(&state, change, (Signal::ProxyChanged, Op::Added), None).await?;
    }
    let read = list.specs.len() as u64;
    let List { refused, errors, .. } = list;
    Ok(Json(Uploaded { read, created, duplicates: read - created, refused, errors }))
}

#[derive(Default)]
struct List {
    specs: Vec<ProxySpec>,
    refused: u64,
    errors: Vec<Refused>,
}

impl List {
    fn take(&mut self, entries: &mut Vec<(u64, Result<ProxySpec, LineError>)>) {
        for (line, entry) in entries.drain(..) {
            match entry {
                Ok(spec) => self.specs.push(spec),
                Err(error) => self.refuse(line, &error),
            }
        }
    }

    fn refuse(&mut self, line: u64, error: &LineError) {
        self.refused += 1;
        if self.errors.len() < REASONS {
            self.errors.push(Refused { line, reason: error.to_string() });
        }
    }
}

async fn read(state: &State, upload: &Upload, body: Body) -> Answer<List> {
    let format: Option<Format> = parsed("?format", upload.format.as_deref())?;
    let mut reader = Reader::new(format, defaults(upload)?);
    let (mut list, mut entries, mut length) = (List::default(), Vec::new(), 0);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| Problem::bad_request(format!("Cut off: {error}.")))?;
        length += piece.len();
        if length > state.settings.upload_bytes {
            let detail = format!("A list has at most {} bytes.", state.settings.upload_bytes);
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        reader.feed(&piece, &mut entries);
        list.take(&mut entries);
    }
    reader.finish(&mut entries);
    list.take(&mut entries);
    Ok(list)
}

fn defaults(upload: &Upload) -> Answer<Defaults> {
    let mut check = Check::default();
    let texts = upload.tags.as_deref().unwrap_or_default().split(',').map(str::trim);
    let texts: Vec<String> = texts.filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    let tags = tags(&mut check, &texts);
    let protocol = parsed("?protocol", upload.protocol.as_deref())?.unwrap_or(Protocol::Http);
    not_direct(&mut check, protocol);
    let mut defaults = Defaults { protocol, tags, ..Defaults::default() };
    defaults.place.country = parsed("?country", upload.country.as_deref())?;
    check.done(defaults)
}
