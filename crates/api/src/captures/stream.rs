//! `GET /api/v1/projects/{project}/captures/stream`: exchanges as they are recorded.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State as Shared};
use axum::response::sse::{Event, KeepAlive, Sse};
use capture::{Filter, Seen, Watcher};
use futures_util::{Stream, stream};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::caller::Pass;
use crate::captures::{CaptureView, Wanted};
use crate::door::Closing;
use crate::live::Readiness;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;

/// How often it is asked whether the caller may still look.
const LOOK: Duration = Duration::from_millis(500);

/// Shows exchanges as they are recorded on the node that answers (server-sent events). Each `capture`
/// is what the list shows; `missed` says how many went by unseen. The stream ends within a second of
/// the caller losing access, when the access token is over, and when the node is about to end. With
/// `Last-Event-ID` it goes on behind that one.
#[utoipa::path(get, path = "/projects/{project}/captures/stream", tag = "captures",
    operation_id = "watch_captures", params(("project" = String, Path), Wanted,
        ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = CaptureView),
        (status = 404, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn watch(
    Shared(state): Shared<State>,
    pass: Pass,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
    (fields, closing): (HeaderMap, Option<Extension<Closing>>),
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let id = existing(&state, &project).await?;
    let filter = wanted.filter()?;
    let place = state.streams.clone().try_acquire_owned().ok().ok_or_else(full)?;
    let last = fields.get("last-event-id").and_then(|field| field.to_str().ok());
    let last = last.and_then(|last| last.parse().ok());
    let watcher = state.recorder.watch(id, last).ok().ok_or_else(full)?;
    let mut looks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let readiness = state.readiness.clone();
    let closing = closing.map(|Extension(closing)| closing).unwrap_or_default();
    let heartbeat = KeepAlive::new().interval(state.settings.stream_heartbeat);
    let showing =
        Showing { state, project, pass, filter, watcher, looks, readiness, closing, _place: place };
    Ok(Sse::new(stream::unfold(showing, Showing::next)).keep_alive(heartbeat))
}

fn full() -> Problem {
    let detail = "Too many are watching this node: ask another one, or later.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(10)
}

/// A stream that somebody watches.
struct Showing {
    state: State,
    project: String,
    pass: Pass,
    filter: Filter,
    watcher: Watcher,
    looks: Interval,
    readiness: watch::Receiver<Readiness>,
    closing: Closing,
    _place: OwnedSemaphorePermit,
}

/// What ends the waiting.
enum Woken {
    /// The node is about to end.
    Over,
    /// Time to ask whether the caller may still look.
    Look,
    Seen(Seen),
}

impl Showing {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            let event = match self.wait().await {
                Woken::Over => return None,
                Woken::Look => self.still_welcome().await.map(|()| None)?,
                Woken::Seen(seen) => self.event(seen),
            };
            if let Some(event) = event {
                return Some((Ok(event), self));
            }
        }
    }

    /// In this order: a flood of records must not hide that it is over.
    async fn wait(&mut self) -> Woken {
        tokio::select! {
            biased;
            () = self.closing.0.cancelled() => Woken::Over,
            _ = self.readiness.wait_for(|state| *state == Readiness::Draining) => Woken::Over,
            _ = self.looks.tick() => Woken::Look,
            seen = self.watcher.next() => Woken::Seen(seen),
        }
    }

    /// `None`: the caller may look no more, the project is gone, or nobody can say.
    async fn still_welcome(&mut self) -> Option<()> {
        self.pass.renew(&self.state).await.ok()?;
        existing(&self.state, &self.project).await.ok()?;
        Some(())
    }

    fn event(&self, seen: Seen) -> Option<Event> {
        let event = match seen {
            Seen::Missed(count) => {
                let data = json!({"node": self.state.cluster.instance_id(), "count": count});
                Event::default().event("missed").json_data(data)
            }
            Seen::Record(record) if !self.filter.matches(&record) => return None,
            Seen::Record(record) => {
                let event = Event::default().event("capture").id(record.id.to_string());
                event.json_data(CaptureView::of(&self.state, &record))
            }
        };
        event.inspect_err(|error| tracing::error!(%error, "a record cannot be written")).ok()
    }
}
