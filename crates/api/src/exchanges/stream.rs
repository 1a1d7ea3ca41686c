//! `GET /api/v1/live/exchanges`: requests as they finish, on all nodes.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::Response;
use axum::response::sse::Event;
use journal::{Entry, Seen, Watcher};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ExchangeView, Wanted, mistaken};
use crate::problem::{Answer, Problem};
use crate::query::Asked;
use crate::state::State;
use crate::watching::{self, LastEvent, Source, Watch};

/// Requests that are shown once more at most.
const MOST: usize = 1_000;

/// What went by unseen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissedView {
    /// The node that served them.
    node: String,
    /// How many: too many at once, or read too slowly.
    count: u64,
}

/// Shows requests as they finish, of all nodes whichever answers (server-sent events). Each `exchange`
/// is what the list shows; `missed` ([`MissedView`]) says how many went by unseen. The stream ends
/// within a second of the caller losing access, when the access token is over, and when the node is
/// about to end. With `Last-Event-ID` those that finished since come first, as far as nodes still have them.
/// Who may see some projects only is shown the requests of these.
#[utoipa::path(get, path = "/live/exchanges", tag = "exchanges", operation_id = "watch_exchanges",
    params(Wanted, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = ExchangeView),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn watch(
    Shared(state): Shared<State>,
    watch: Watch,
    Asked(wanted): Asked<Wanted>,
    LastEvent(last): LastEvent,
) -> Answer<Response> {
    let wanted = wanted.within(watch.projects());
    // Before it is looked for older ones, so that none falls between the two.
    let watcher = state.journal.watch(wanted.clone()).map_err(mistaken)?;
    let mut finished = Finished { watcher, held: VecDeque::new(), shown: HashSet::new() };
    if let Some(last) = last.and_then(|last| last.parse().ok()) {
        finished.go_back(&state, wanted, last).await?;
    }
    Ok(watch.show(finished))
}

struct Finished {
    watcher: Watcher,
    /// Those that finished before it was watched, the oldest first.
    held: VecDeque<Arc<Entry>>,
    /// Those among them: they may come once more.
    shown: HashSet<Uuid>,
}

impl Finished {
    /// Takes what finished behind `last`.
    async fn go_back(&mut self, state: &State, wanted: journal::Wanted, last: Uuid) -> Answer<()> {
        let page = state.journal.page(wanted, None, MOST).await.map_err(mistaken)?;
        let later = page.entries.into_iter().filter(|entry| entry.id > last);
        self.held = later.collect();
        self.held.make_contiguous().reverse();
        self.shown = self.held.iter().map(|entry| entry.id).collect();
        Ok(())
    }
}

impl Source for Finished {
    async fn next(&mut self) -> Option<Event> {
        if let Some(entry) = self.held.pop_front() {
            return event(&entry);
        }
        loop {
            match self.watcher.next().await {
                Seen::Entry(entry) if self.shown.remove(&entry.id) => {}
                Seen::Entry(entry) => return event(&entry),
                Seen::Missed { node, count } => {
                    let view = MissedView { node: node.to_string(), count };
                    return watching::event("missed", view);
                }
            }
        }
    }
}

fn event(entry: &Entry) -> Option<Event> {
    let event = watching::event("exchange", ExchangeView::from(entry))?;
    Some(event.id(entry.id.to_string()))
}
