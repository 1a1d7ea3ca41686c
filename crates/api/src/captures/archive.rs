//! `GET /api/v1/projects/{project}/captures.har`

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use capture::har;
use futures_util::stream;
use http::header;
use model::ProjectId;

use crate::caller::Viewer;
use crate::captures::Wanted;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;

/// Downloads recorded exchanges as an HTTP archive (HAR 1.2), the oldest first.
#[utoipa::path(get, path = "/projects/{project}/captures.har", tag = "captures",
    operation_id = "export_captures", params(("project" = String, Path), Wanted),
    responses((status = 200, content_type = "application/json", body = Object),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn download(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Response> {
    let project = existing(&state, &project).await?;
    let filter = wanted.filter()?;
    // Numbers only: a slow reader must not keep records that have to make room.
    let found = state.recorder.list(project, &filter, None, usize::MAX);
    let ids = found.iter().map(|record| record.id).collect();
    let writing = Writing { state, project, ids, is_first: true, step: Step::Begin };
    let pieces = stream::unfold(writing, async |mut writing| {
        writing.piece().map(|piece| (Ok::<_, Infallible>(piece), writing))
    });
    let fields = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"captures.har\""),
    ];
    Ok((fields, Body::from_stream(pieces)).into_response())
}

/// An archive that is being written.
struct Writing {
    state: State,
    project: ProjectId,
    /// What is still to be written, the newest first.
    ids: Vec<u64>,
    is_first: bool,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Begin,
    Entries,
    End,
}

impl Writing {
    fn piece(&mut self) -> Option<String> {
        match self.step {
            Step::Begin => {
                self.step = Step::Entries;
                Some(har::begin(env!("CARGO_PKG_VERSION")))
            }
            Step::Entries => Some(self.entry().unwrap_or_else(|| {
                self.step = Step::End;
                har::END.to_owned()
            })),
            Step::End => None,
        }
    }

    /// The next one that is still here.
    fn entry(&mut self) -> Option<String> {
        loop {
            let id = self.ids.pop()?;
            let Some(record) = self.state.recorder.find(self.project, id) else { continue };
            let is_first = std::mem::replace(&mut self.is_first, false);
            return Some(har::entry(&record, is_first));
        }
    }
}
