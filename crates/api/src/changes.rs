//! `GET /api/v1/live/changes`: that something was changed, as it happens.

use axum::extract::State as Shared;
use axum::response::Response;
use axum::response::sse::Event;
use cluster::{Notice, Signal};
use model::ProjectId;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::watching::{self, LastEvent, Source, Watch};

/// Something was changed, by whomever on whichever node. What it is now, its endpoint says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// `project`, `credential`, `connector`, `proxy`, `proxy_quarantine`, `user`, `root`, `alert`,
    /// `webhook`, `api_key` or `log_filter`;
    /// `anything` when changes may have gone by unseen.
    noun: &'static str,
    /// Which one; `null`: many at once.
    id: Option<String>,
    /// The project it is or belongs to, where that is known here: of projects and connectors.
    project_id: Option<String>,
    /// `added`, `updated` or `removed`.
    op: &'static str,
    /// The revision in which it was; 0 when nobody knows.
    revision: u64,
}

/// Shows what is changed as it happens (server-sent events named `change`). It is a hint: whoever sees
/// `anything`, and whoever begins to watch, reads anew what they show. With `Last-Event-ID`, a revision,
/// `anything` comes first where there has been another since. Who may see some projects only is told of
/// these, and of proxies and credentials only that some were changed. The stream ends within a second
/// of the caller losing access, when the access token is over, and when the node is about to end.
#[utoipa::path(get, path = "/live/changes", tag = "cluster", operation_id = "watch_changes",
    params(("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = ChangeView),
        (status = 429, body = Problem)))]
pub(crate) async fn watch(
    Shared(state): Shared<State>,
    watch: Watch,
    LastEvent(last): LastEvent,
) -> Answer<Response> {
    // Before the revision is looked at, so that nothing falls between the two.
    let notices = state.cluster.notices();
    let last = last.and_then(|last| last.parse::<u64>().ok());
    let has_missed = match last {
        Some(last) => state.store.revision().await?.0 != last,
        None => false,
    };
    let projects = watch.projects().map(<[ProjectId]>::to_vec);
    Ok(watch.show(Changes { state, projects, has_missed, notices }))
}

struct Changes {
    state: State,
    /// Whose changes may be seen; `None`: all.
    projects: Option<Vec<ProjectId>>,
    /// Something was changed while nobody looked.
    has_missed: bool,
    notices: broadcast::Receiver<Notice>,
}

impl Source for Changes {
    async fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.has_missed) {
            return event(ChangeView::anything());
        }
        loop {
            let view = match self.notices.recv().await {
                Ok(notice) => self.view(notice),
                Err(RecvError::Lagged(_)) => Some(ChangeView::anything()),
                Err(RecvError::Closed) => return None,
            };
            if let Some(view) = view {
                return event(view);
            }
        }
    }
}

fn event(view: ChangeView) -> Option<Event> {
    let revision = view.revision;
    let event = watching::event("change", view)?;
    Some(if revision > 0 { event.id(revision.to_string()) } else { event })
}

impl ChangeView {
    fn anything() -> Self {
        Self { noun: "anything", id: None, project_id: None, op: "updated", revision: 0 }
    }
}

impl Changes {
    /// `None`: nothing that the caller may see.
    fn view(&self, notice: Notice) -> Option<ChangeView> {
        let Notice { signal, entity, op, revision } = notice;
        let project = match (signal, entity) {
            (Signal::ProjectChanged, Some(id)) => Some(id.into()),
            (Signal::ConnectorChanged, Some(id)) => self.state.live.project_of(id.into()),
            _ => None,
        };
        let entity = match &self.projects {
            None => entity,
            Some(seen) => may_see(seen, signal, project)?.then_some(entity).flatten(),
        };
        let word = signal.as_str();
        Some(ChangeView {
            noun: word.strip_suffix("_changed").unwrap_or(word),
            id: entity.map(|id| id.to_string()),
            project_id: project.map(|id| id.to_string()),
            op: op.as_str(),
            revision: revision.0,
        })
    }
}

/// Whether who may see these projects may see which one it is; `None`: they are told nothing at all.
fn may_see(seen: &[ProjectId], signal: Signal, of: Option<ProjectId>) -> Option<bool> {
    match (signal, of) {
        (_, Some(project)) => seen.contains(&project).then_some(true),
        (
            Signal::ProxyChanged
            | Signal::ProxyQuarantineChanged
            | Signal::CredentialChanged
            | Signal::ConnectorChanged
            | Signal::AnythingChanged,
            None,
        ) => Some(false),
        _ => None,
    }
}
