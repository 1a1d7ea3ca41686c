//! One client connection that speaks HTTP: its requests one after another.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http1::RequestHead;
use model::exchange::ExchangeKind;

use crate::admit::{self, Caller};
use crate::boxed::boxed;
use crate::client::Client;
use crate::connect::{self, Opened};
use crate::error::RelayError;
use crate::forward::{self, Switched};
use crate::intercept::{self, Intercepted};
use crate::probe;
use crate::record::Record;
use crate::refuse;
use crate::relay::Relay;
use crate::request::{self, Asked};
use crate::told::Told;

/// How long a client may take to hear that its connection ends.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// What becomes of the connection after a request.
pub(crate) enum Outcome {
    /// The next request may come.
    Next,
    /// It ends, in good order.
    Close,
    /// It breaks off, so that the client notices that the answer is not whole.
    Abort,
    /// It belongs to a tunnel, once the client has been told.
    Tunnel(Box<Opened>),
    /// What is inside of its tunnel is served here, once the client has been told.
    Intercepted(Box<Intercepted>),
    /// It belongs to another protocol, as the client has been told.
    Switched(Box<Switched>),
}

/// What a connection becomes when no more requests come: a tunnel, or what is inside of it. Run where
/// nothing is left of what led to it, it holds no memory but its own; it ends with the node.
pub(crate) type Becomes = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How it goes on after an exchange.
pub(crate) enum After {
    Next(Client),
    Becomes(Becomes),
    Closed,
}

/// Serves the requests of one connection until it ends or becomes something else.
pub(crate) async fn http(relay: Arc<Relay>, mut client: Client) -> Option<Becomes> {
    let mut silence = relay.settings().head_timeout;
    let mut is_first = true;
    loop {
        let head = tokio::select! {
            biased;
            head = client.read_head(relay.settings(), silence) => head,
            () = relay.soft().cancelled(), if !is_first => return None,
        };
        is_first = false;
        let after = match head {
            Ok(None) => return None,
            // Elsewhere: whoever has not sent a head yet must not hold the memory of a request.
            Ok(Some(head)) => {
                let mut place = relay.places().take(|| exchange(Arc::clone(&relay), client, head));
                let after = (&mut place).await;
                relay.places().leave(place);
                after
            }
            Err(error) => {
                let record = Record::open(&relay, ExchangeKind::Http, client.peer.ip());
                boxed(|| refuse(client, &error, record, false)).await;
                return None;
            }
        };
        client = match after {
            After::Next(client) => client,
            After::Becomes(next) => return Some(next),
            After::Closed => return None,
        };
        silence = relay.patience(relay.settings().keep_alive);
    }
}

/// Serves the one request of a client whose head has been read ahead.
pub(crate) async fn once(relay: Arc<Relay>, mut client: Client) {
    match client.read_head(relay.settings(), relay.settings().head_timeout).await {
        Ok(Some(head)) => {
            if let After::Becomes(next) = exchange(Arc::clone(&relay), client, head).await {
                relay.tracker().spawn(next);
            }
        }
        Ok(None) => {}
        Err(error) => {
            let record = Record::open(&relay, ExchangeKind::Intercepted, client.peer.ip());
            refuse(client, &error, record, false).await;
        }
    }
}

/// One request and what is answered.
async fn exchange(relay: Arc<Relay>, mut client: Client, head: RequestHead) -> After {
    let (relay, head) = (&relay, &head);
    let mut record = Record::open(relay, ExchangeKind::Http, client.peer.ip());
    match answer(relay, &mut client, head, &mut record).await {
        Ok(Outcome::Next) if relay.keeps_connections() => return After::Next(client),
        Ok(Outcome::Next | Outcome::Close) => {
            // The request is over: its exit must not wait for the client to go.
            drop(record);
            client.close().await;
        }
        Ok(Outcome::Abort) => client.abort(),
        Ok(Outcome::Tunnel(opened)) if connect::answer(&mut client, &opened.told).await => {
            return After::Becomes(connect::begin(relay, client, *opened, record));
        }
        Ok(Outcome::Intercepted(taken)) if connect::answer(&mut client, &Told::default()).await => {
            return After::Becomes(intercept::begin(relay, client, *taken, record));
        }
        Ok(Outcome::Tunnel(_) | Outcome::Intercepted(_)) => {}
        Ok(Outcome::Switched(switched)) => {
            return After::Becomes(forward::switch(relay, client, *switched, record));
        }
        Err(error) => refuse(client, &error, record, head.method() == "HEAD").await,
    }
    After::Closed
}

/// The way of a request: understood, admitted, carried. It fits on half a screen, and should.
async fn answer(
    relay: &Arc<Relay>,
    client: &mut Client,
    head: &RequestHead,
    record: &mut Record,
) -> Result<Outcome, RelayError> {
    let roster = relay.roster();
    let inside = client.inside.clone();
    let asked = request::read(head, inside.as_deref())?;
    if let Asked::Probe(probe) = asked {
        return probe::answer(relay, client, probe, record).await;
    }
    let caller = Caller { roster: &roster, source: client.peer.ip() };
    record.target(asked.target());
    record.method(head.method());
    let mut admitted = match &inside {
        None => admit::by_fields(relay, &caller, head.fields(), &mut client.remembered)?,
        Some(inside) => {
            record.kind(ExchangeKind::Intercepted);
            admit::inside(&caller, inside, head.fields())?
        }
    };
    client.pin(&mut admitted);
    let outcome = match asked {
        Asked::Tunnel(target) if intercept::is_wanted(relay, &admitted.project.spec, &target) => {
            record.kind(ExchangeKind::Connect);
            Outcome::Intercepted(Box::new(intercept::open(relay, (admitted, target), record)?))
        }
        Asked::Tunnel(target) => {
            record.kind(ExchangeKind::Connect);
            let opened = connect::open(relay, &caller, (admitted, target), record).await?;
            Outcome::Tunnel(Box::new(opened))
        }
        Asked::Plain(plain) => {
            forward::answer(relay, &caller, (client, head, &plain), admitted, record).await?
        }
        Asked::Probe(_) => Outcome::Close,
    };
    client.came_through(record.exit().map(|exit| exit.id));
    Ok(outcome)
}

/// Answers a request that is not carried. The connection ends with it: nothing that was sent behind
/// the request is looked at.
async fn refuse(mut client: Client, error: &RelayError, mut record: Record, head_only: bool) {
    let refusal = refuse::refusal(error);
    record.refused(refusal.status, error);
    refusal.log(error);
    if refusal.status != 0 && client.write(&refusal.to_http(head_only)).await.is_ok() {
        drop(record);
        client.close().await;
    }
}
