//! For whom a request is carried out: known from its first line to its end, so that whatever it does
//! can be put down to somebody without being told who that is.

use std::net::IpAddr;

use crate::caller::Place;
use cluster::{Op, Signal};
use model::ProjectId;
use parking_lot::Mutex;
use store::StoreError;
use store::audit::{self, Actor, ActorKind, Entry};
use uuid::Uuid;

use crate::state::State;

tokio::task_local! {
    static ACTING: Acting;
}

/// For whom the request of this task is carried out.
pub(crate) struct Acting {
    request_id: String,
    address: Option<IpAddr>,
    /// The project in its path.
    project: Option<ProjectId>,
    /// Who has shown that they may call.
    caller: Mutex<Option<(ActorKind, Uuid, String)>>,
}

impl Acting {
    /// A request of somebody who has shown nothing yet.
    pub(crate) fn new(request_id: String, address: Option<IpAddr>, place: Place) -> Self {
        let project = match place {
            Place::Inside(project) => project,
            Place::Shared | Place::Sifted | Place::Elsewhere => None,
        };
        Self { request_id, address, project, caller: Mutex::default() }
    }

    /// Carries the request out.
    pub(crate) async fn scope<F: Future>(self, request: F) -> F::Output {
        ACTING.scope(self, request).await
    }
}

/// The caller has shown who they are.
pub(crate) fn identified(kind: ActorKind, id: Uuid, name: &str) {
    // Outside of requests there is nobody to remember.
    let _outside = ACTING.try_with(|acting| {
        *acting.caller.lock() = Some((kind, id, name.to_owned()));
    });
}

/// Who acts.
pub(crate) fn actor() -> Actor {
    let actor = ACTING.try_with(|acting| {
        let caller = acting.caller.lock().clone();
        let (kind, id, name) = match caller {
            Some((kind, id, name)) => (kind, Some(id), name),
            None => (ActorKind::Nobody, None, String::new()),
        };
        let (address, request_id) = (acting.address, Some(acting.request_id.clone()));
        Actor { kind, id, name, address, request_id }
    });
    actor.unwrap_or_default()
}

/// The project that the request is about, as far as its path says.
pub(crate) fn project() -> Option<ProjectId> {
    ACTING.try_with(|acting| acting.project).ok().flatten()
}

/// What kind of thing a signal is about.
pub(crate) fn noun(signal: Signal) -> &'static str {
    signal.as_str().trim_end_matches("_changed")
}

/// Signs a change for the audit log.
pub(crate) fn sign(change: &mut store::Change, signal: Signal, op: Op, entity: Option<Uuid>) {
    change.by(actor());
    change.about(noun(signal), op.as_str(), entity.map(|id| id.to_string()));
    let own = (signal == Signal::ProjectChanged).then_some(entity).flatten();
    change.within(own.map(ProjectId::from).or_else(project));
}

/// Puts into the audit log what changes nothing that is configured.
pub(crate) async fn record(
    state: &State,
    (noun, op): (&str, &str),
    entity: Option<Uuid>,
    name: Option<String>,
) -> Result<(), StoreError> {
    let entry = Entry {
        actor: actor(),
        noun: noun.to_owned(),
        op: op.to_owned(),
        entity: entity.map(|id| id.to_string()),
        name,
        project: project(),
        changes: Vec::new(),
    };
    audit::record(&state.store, entry).await
}
