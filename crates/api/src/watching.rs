//! Streams of server-sent events that somebody watches, whatever they show.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use http::request::Parts;
use http::{HeaderName, StatusCode};
use model::ProjectId;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::caller::Pass;
use crate::door::Closing;
use crate::live::Readiness;
use crate::problem::{Answer, Problem};
use crate::state::State;

/// How often it is asked whether the caller may still look.
const LOOK: Duration = Duration::from_millis(500);

/// After so long a browser that lost the stream is to ask for it again.
const RETRY: Duration = Duration::from_secs(2);
/// What tells nginx, and whoever does as it does, to pass events on at once.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Where events come from.
pub(crate) trait Source: Send + 'static {
    /// The next one; `None`: there are no more. Nothing is lost when the waiting is given up.
    fn next(&mut self) -> impl Future<Output = Option<Event>> + Send;

    /// Whether what it is about is still there; asked as often as whether the caller may still look.
    fn is_there(&self) -> impl Future<Output = bool> + Send {
        std::future::ready(true)
    }
}

/// A caller who may watch, and a place among those who do.
pub(crate) struct Watch {
    state: State,
    pass: Pass,
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
    /// An event; `None`: there are no more.
    Event(Option<Event>),
}

impl FromRequestParts<State> for Watch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let pass = Pass::from_request_parts(parts, state).await?;
        let place = state.streams.clone().try_acquire_owned().ok().ok_or_else(full)?;
        let mut looks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            state: state.clone(),
            pass,
            looks,
            readiness: state.readiness.clone(),
            closing: parts.extensions.get().cloned().unwrap_or_default(),
            _place: place,
        })
    }
}

impl Watch {
    /// The projects whose events the caller may see; `None`: of all.
    pub(crate) fn projects(&self) -> Option<&[ProjectId]> {
        self.pass.projects()
    }

    /// Shows what comes, until there is no more, the caller may look no longer, or the node ends. What
    /// comes first is a comment, at once: whoever reads it knows that nothing is missed from then on.
    pub(crate) fn show<S: Source>(self, source: S) -> Response {
        let heartbeat = KeepAlive::new().interval(self.state.settings.stream_heartbeat);
        let ready = Event::default().comment("ready").retry(RETRY);
        let events = stream::unfold((self, source), async |(mut watch, mut source)| {
            let event = watch.next(&mut source).await?;
            Some((Ok(event), (watch, source)))
        });
        let ready = stream::iter([Ok::<_, Infallible>(ready)]);
        ([UNBUFFERED], Sse::new(ready.chain(events)).keep_alive(heartbeat)).into_response()
    }

    async fn next(&mut self, source: &mut impl Source) -> Option<Event> {
        loop {
            match self.wait(source).await {
                Woken::Over => return None,
                Woken::Look => {
                    self.pass.renew(&self.state).await.ok()?;
                    source.is_there().await.then_some(())?;
                }
                Woken::Event(event) => return event,
            }
        }
    }

    /// In this order: a flood of events must not hide that it is over.
    async fn wait(&mut self, source: &mut impl Source) -> Woken {
        tokio::select! {
            biased;
            () = self.closing.0.cancelled() => Woken::Over,
            _ = self.readiness.wait_for(|state| *state == Readiness::Ending) => Woken::Over,
            _ = self.looks.tick() => Woken::Look,
            event = source.next() => Woken::Event(event),
        }
    }
}

/// The number or name of the last event that a browser had, when it asks again.
pub(crate) struct LastEvent(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for LastEvent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let field = parts.headers.get("last-event-id").and_then(|field| field.to_str().ok());
        Ok(Self(field.map(str::to_owned)))
    }
}

/// An event of that name; `None` is never seen.
pub(crate) fn event(name: &str, data: impl Serialize) -> Option<Event> {
    let event = Event::default().event(name).json_data(data);
    event.inspect_err(|error| tracing::error!(%error, "an event cannot be written")).ok()
}

pub(crate) fn full() -> Problem {
    let detail = "Too many are watching this node: ask another one, or later.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(10)
}
