//! `GET /api/v1/projects/{project}/captures/stream`: exchanges as they are recorded.

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use axum::response::sse::Event;
use capture::{Filter, Seen, Watcher};
use serde_json::json;

use crate::captures::others::Others;
use crate::captures::{CaptureView, Wanted};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;
use crate::watching::{LastEvent, Source, Watch, event, full};

/// Shows exchanges as they are recorded (server-sent events): those of other nodes a second or two
/// later than those of the node that answers. Each `capture` is what the list shows; `missed` says how
/// many of this node's went by unseen. The stream ends within a second of the caller losing access, when
/// the access token is over, and when the node is about to end. With `Last-Event-ID` it goes on behind
/// that one, and may show others' records of the two seconds before it again.
#[utoipa::path(get, path = "/projects/{project}/captures/stream", tag = "captures",
    operation_id = "watch_captures", params(("project" = String, Path), Wanted,
        ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = CaptureView),
        (status = 404, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn watch(
    Shared(state): Shared<State>,
    watch: Watch,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
    LastEvent(last): LastEvent,
) -> Answer<Response> {
    let id = existing(&state, &project).await?;
    let filter = wanted.clone().filter()?;
    let last = last.and_then(|last| last.parse().ok());
    let watcher = state.recorder.watch(id, last).ok().ok_or_else(full)?;
    let others = Others::new(state.clone(), id.to_string(), wanted, last);
    Ok(watch.show(Showing { state, project, filter, watcher, others }))
}

/// Records of a project, as somebody wants to see them.
struct Showing {
    state: State,
    project: String,
    filter: Filter,
    watcher: Watcher,
    others: Others,
}

impl Source for Showing {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let next = tokio::select! {
                seen = self.watcher.next() => self.event(seen),
                // Its number is another node's: whoever comes back names one of this node's.
                record = self.others.next() => event("capture", record),
            };
            if next.is_some() {
                return next;
            }
        }
    }

    fn is_there(&self) -> impl Future<Output = bool> + Send {
        // Of their own: what is being asked of other nodes cannot be lent.
        let (state, project) = (self.state.clone(), self.project.clone());
        async move { existing(&state, &project).await.is_ok() }
    }
}

impl Showing {
    fn event(&self, seen: Seen) -> Option<Event> {
        match seen {
            Seen::Missed(count) => {
                let node = self.state.cluster.instance_id();
                event("missed", json!({"node": node, "count": count}))
            }
            Seen::Record(record) if !self.filter.matches(&record) => None,
            Seen::Record(record) => {
                let shown = event("capture", CaptureView::of(&self.state, &record))?;
                Some(shown.id(record.id.to_string()))
            }
        }
    }
}
