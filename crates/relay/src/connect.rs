//! CONNECT: dial first, answer 200 second, then tunnel.

use std::sync::Arc;

use bytes::BytesMut;
use http1::HeadWriter;
use model::exchange::Blame;
use model::target::Target;
use rotation::{Ask, ProjectEntry};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::admit::{self, Admitted, Caller, Door};
use crate::attempt::{self, Certainty, Plan, Ways};
use crate::boxed::boxed;
use crate::choose;
use crate::client::{Client, ClientStream};
use crate::connection::Becomes;
use crate::error::RelayError;
use crate::record::Record;
use crate::relay::Relay;
use crate::told::Told;
use crate::tunnel::{self, MaybeSocket, Why};
use crate::upstream;

/// A tunnel that an exit has opened.
pub(crate) struct Opened {
    stream: dial::Stream,
    project: Arc<ProjectEntry>,
    pub(crate) told: Told,
}

/// Opens a tunnel to `target` for a client that has been admitted.
pub(crate) async fn open(
    relay: &Arc<Relay>,
    caller: &Caller<'_>,
    (admitted, target): (Admitted, Target),
    record: &mut Record,
) -> Result<Opened, RelayError> {
    record.project(&admitted.project)?;
    admit::check_target(relay.dialer(), &admitted.project.spec, &target, Door::Tunnel)?;
    dial(relay, caller, (admitted, target), record).await
}

/// Opens a tunnel to a target that has been checked.
pub(crate) async fn dial(
    relay: &Arc<Relay>,
    caller: &Caller<'_>,
    (admitted, target): (Admitted, Target),
    record: &mut Record,
) -> Result<Opened, RelayError> {
    let Admitted { project, wish } = admitted;
    let ask = Ask { project: Arc::clone(&project), target, wish, client: caller.source };
    record.asks(&ask);
    // The record is as old as the handshake that came before, for which a client took its time.
    let chosen = choose::candidates(relay, caller, &ask, Instant::now()).await?;
    let (mut candidates, begun) = chosen;
    record.chosen(&ask, &candidates);
    let mut told = Told::about(&ask, &candidates);
    let mut ways = Ways::default();
    let plan = Plan {
        relay,
        candidates: &mut candidates,
        begun,
        attempts: attempts(&ask),
        deadline: begun + project.spec.connection_timeout,
        patience: project.spec.connection_timeout,
        hedge: project.spec.hedge,
        ways: &ways,
    };
    let won = attempt::first(plan, |exit, _way| {
        let (project, target) = (&ask.project, &ask.target);
        async move {
            let stream = upstream::tunnel(relay, project, &exit, target).await?;
            Ok((stream, Certainty::Sure))
        }
    })
    .await;
    record.tried(&mut ways);
    let won = won?;
    told.carried_by(&ask, won.turn.exit(), won.attempts);
    record.carried(won.turn, won.attempts, won.at);
    Ok(Opened { stream: won.value, project, told })
}

/// How many exits may be tried for it.
pub(crate) fn attempts(ask: &Ask) -> u8 {
    ask.wish.retry.unwrap_or(ask.project.spec.max_retries).saturating_add(1)
}

/// Says 200; whether the client has heard it.
pub(crate) async fn answer(client: &mut Client, told: &Told) -> bool {
    let mut out = BytesMut::with_capacity(256);
    let mut writer = HeadWriter::new(&mut out);
    writer.status_line(200, b"OK");
    told.write(&mut writer);
    writer.end();
    client.write(&out).await.is_ok()
}

/// Leaves the connection of a client that has been told to the tunnel.
pub(crate) fn begin(relay: &Relay, client: Client, opened: Opened, mut record: Record) -> Becomes {
    record.told(200);
    let (client, exit) = ((client.stream, client.input), (opened.stream, BytesMut::new()));
    between(relay, client, exit, (opened.project, record))
}

/// The tunnel between two streams, each with what was read from it already.
pub(crate) fn between<E>(
    relay: &Relay,
    client: (ClientStream, BytesMut),
    exit: (E, BytesMut),
    (project, mut record): (Arc<ProjectEntry>, Record),
) -> Becomes
where
    E: AsyncRead + AsyncWrite + MaybeSocket + Unpin + Send + 'static,
{
    let idle = project.spec.tunnel_idle_timeout;
    let (revoked, hard) = (project.revoked().clone(), relay.hard().clone());
    boxed(|| async move {
        let flowed = |sent, received| record.flowed(sent, received);
        let ended = tunnel::run(client, exit, idle, (&revoked, &hard), flowed).await;
        record.moved(ended.sent, ended.received);
        record.ended(match ended.why {
            Why::ExitBroke if ended.received == 0 => Some(Blame::Exit),
            Why::Ending | Why::Capped => Some(Blame::Node),
            // How its bytes end is otherwise the business of those who talk through it.
            _ => None,
        });
    })
}
