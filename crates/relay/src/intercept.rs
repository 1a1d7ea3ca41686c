//! Ends the TLS inside of a tunnel, as the target would, and leaves what is inside to the same path
//! that plain requests take.

mod inside;
mod hello;
mod mint;
mod refusers;

use std::sync::Arc;

use model::interception::{Mode, Unknown};
use model::project::ProjectSpec;
use model::target::Target;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::admit::{self, Admitted, Caller, Door};
use crate::boxed::boxed;
use crate::client::{Ahead, Client, ClientStream};
use crate::connect;
use crate::connection::{self, Becomes};
use crate::error::RelayError;
use crate::http2;
use crate::record::Record;
use crate::relay::Relay;
use crate::worn;

pub(crate) use inside::Inside;
pub(crate) use mint::Mint;
pub(crate) use refusers::Refusers;

use hello::{Hello, Spoken};

/// A tunnel whose TLS is going to be ended here.
pub(crate) struct Intercepted {
    admitted: Admitted,
    target: Target,
}

/// Whether the project wants to look into a tunnel to this target.
pub(crate) fn is_wanted(relay: &Relay, spec: &ProjectSpec, target: &Target) -> bool {
    let interception = &spec.interception;
    interception.mode != Mode::Off
        && !interception.bypass.iter().any(|rule| rule.matches(&target.host))
        && !relay.refusers().has(target)
}

/// Takes a tunnel on, if the client may have one there. No exit is chosen yet: each request inside
/// has its own.
pub(crate) fn open(
    relay: &Relay,
    (admitted, target): (Admitted, Target),
    record: &mut Record,
) -> Result<Intercepted, RelayError> {
    record.project(&admitted.project)?;
    worn::check(&admitted.project.spec.interception)?;
    admit::check_target(relay.dialer(), &admitted.project.spec, &target, Door::Tunnel)?;
    rotation::check(&admitted.project, &target.host)?;
    Ok(Intercepted { admitted, target })
}

/// What serves a client that has been told that its tunnel is open.
pub(crate) fn begin(
    relay: &Arc<Relay>,
    client: Client,
    taken: Intercepted,
    mut record: Record,
) -> Becomes {
    record.told(200);
    let (hard, revoked) = (relay.hard().clone(), taken.admitted.project.revoked().clone());
    let serving = boxed(|| serve(Arc::clone(relay), client, taken, record));
    Box::pin(async move {
        tokio::select! {
            biased;
            () = hard.cancelled() => {}
            () = revoked.cancelled() => {}
            () = serving => {}
        }
    })
}

async fn serve(relay: Arc<Relay>, mut client: Client, taken: Intercepted, record: Record) {
    let unknown = taken.admitted.project.spec.interception.unknown;
    let patience = relay.settings().head_timeout;
    match timeout(patience, hello::read(&mut client, unknown)).await {
        Ok(Ok(Spoken::Http(hello))) => secure(relay, client, (taken, hello), record).await,
        Ok(Ok(Spoken::Else)) if unknown == Unknown::Tunnel => {
            tunnel(&relay, client, taken, record).await;
        }
        _ => {}
    }
}

/// What is spoken is not for us to understand: an exit carries it as it is.
async fn tunnel(relay: &Arc<Relay>, client: Client, taken: Intercepted, mut record: Record) {
    let Intercepted { admitted, target } = taken;
    let roster = relay.roster();
    let caller = Caller { roster: &roster, source: client.peer.ip() };
    match connect::dial(relay, &caller, (admitted, target), &mut record).await {
        // In a task of its own, which no longer holds what interception needs.
        Ok(opened) => {
            relay.tracker().spawn(connect::begin(relay, client, opened, record));
        }
        Err(error) => {
            let refusal = crate::refuse::refusal(&error);
            record.refused(refusal.status, &error);
            refusal.log(&error);
        }
    }
}

/// Speaks TLS as the target, and serves the requests inside.
async fn secure(
    relay: Arc<Relay>,
    client: Client,
    (taken, hello): (Intercepted, Hello),
    mut record: Record,
) {
    let project = Arc::clone(&taken.admitted.project);
    let Some(inside) = Inside::new(taken.admitted, taken.target, hello) else { return };
    // A tunnel to an address has told only now whom it is for.
    if rotation::check(&project, &inside.name).is_err() {
        return;
    }
    let config = match relay.mint().config(&relay, &inside).await {
        Ok(config) => config,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "no certificate to intercept");
            return;
        }
    };
    let Client { stream, input, peer, .. } = client;
    let accepting = Box::pin(TlsAcceptor::from(config).accept(Ahead { input, stream }));
    let accepted = timeout(relay.settings().head_timeout, accepting).await;
    let Ok(Ok(session)) = accepted else { return };
    // From here on each request leaves its own record.
    record.forget();
    drop(record);
    let is_http2 = session.get_ref().1.alpn_protocol() == Some(b"h2");
    let (stream, inside) = (ClientStream::inner(session), Arc::new(inside));
    if is_http2 {
        http2::serve(relay, (stream, peer), inside).await;
    } else {
        let client = Client::inside(stream, peer, inside);
        if let Some(next) = connection::http(Arc::clone(&relay), client).await {
            relay.tracker().spawn(next);
        }
    }
}
