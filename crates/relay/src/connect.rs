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
use crate::choose;
use crate::client::{Client, ClientStream};
use crate::error::RelayError;
use crate::headers::decimal;
use crate::record::Record;
use crate::relay::Relay;
use crate::tunnel::{self, MaybeSocket, Why};
use crate::upstream;

/// A tunnel that an exit has opened.
pub(crate) struct Opened {
    stream: dial::Stream,
    project: Arc<ProjectEntry>,
    pub(crate) told: Told,
}

/// What is told to a client about how its request was carried.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) exit: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) attempts: u8,
    pub(crate) why: Option<String>,
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
    let now = Instant::now();
    record.asks(&ask);
    let mut candidates = choose::candidates(relay, caller, &ask).await?;
    record.chosen(&ask, &candidates);
    let mut told = Told::about(&ask, &candidates);
    let mut ways = Ways::default();
    let plan = Plan {
        relay,
        candidates: &mut candidates,
        attempts: attempts(&ask),
        deadline: now + project.spec.connection_timeout,
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
    record.carried(won.turn, won.attempts);
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
pub(crate) fn begin(relay: &Arc<Relay>, client: Client, opened: Opened, mut record: Record) {
    record.told(200);
    let (client, exit) = ((client.stream, client.input), (opened.stream, BytesMut::new()));
    spawn(relay, client, exit, (opened.project, record));
}

/// Spawns the tunnel between two streams, each with what was read from it already.
pub(crate) fn spawn<E>(
    relay: &Arc<Relay>,
    client: (ClientStream, BytesMut),
    exit: (E, BytesMut),
    (project, mut record): (Arc<ProjectEntry>, Record),
) where
    E: AsyncRead + AsyncWrite + MaybeSocket + Unpin + Send + 'static,
{
    let idle = project.spec.tunnel_idle_timeout;
    let (revoked, hard) = (project.revoked().clone(), relay.hard().clone());
    // Boxed: on its way into a task it would be copied several times.
    relay.tracker().spawn(Box::pin(async move {
        let flowed = |sent, received| record.flowed(sent, received);
        let ended = tunnel::run(client, exit, idle, (&revoked, &hard), flowed).await;
        record.moved(ended.sent, ended.received);
        record.ended(match ended.why {
            Why::ExitBroke if ended.received == 0 => Some(Blame::Exit),
            Why::Ending | Why::Capped => Some(Blame::Node),
            // How its bytes end is otherwise the business of those who talk through it.
            _ => None,
        });
    }));
}

// === impl Told ===

impl Told {
    /// What is known before an exit is tried.
    pub(crate) fn about(ask: &Ask, candidates: &rotation::Candidates) -> Self {
        if !ask.project.spec.reveal_exit {
            return Self::default();
        }
        Self {
            session: candidates.session().map(str::to_owned),
            why: ask.wish.debug.then(|| candidates.why()),
            ..Self::default()
        }
    }

    /// An exit has carried the request.
    pub(crate) fn carried_by(&mut self, ask: &Ask, exit: &rotation::Exit, attempts: u8) {
        if ask.project.spec.reveal_exit {
            self.exit = Some(exit.id.to_string());
            self.attempts = attempts;
        }
    }

    /// Writes it as fields of an answer.
    pub(crate) fn write(&self, writer: &mut HeadWriter<'_>) {
        if let Some(exit) = &self.exit {
            writer.field("Octoprox-Exit", exit.as_bytes());
            writer.field("Octoprox-Attempts", decimal(u64::from(self.attempts), &mut [0; 20]));
        }
        if let Some(session) = &self.session {
            writer.field("Octoprox-Session", session.as_bytes());
        }
        if let Some(why) = &self.why {
            writer.field("Octoprox-Why", why.as_bytes());
        }
    }
}
