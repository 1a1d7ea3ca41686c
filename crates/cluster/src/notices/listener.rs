//! Listens on a connection of its own, and begins anew whenever it breaks.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use redis::Msg;
use redis::aio::PubSubSink;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::connection::{Connection, back_off};
use crate::keys;

/// How often a connection on which nothing is said is asked whether it is still there.
const PING: Duration = Duration::from_secs(2);
/// A connection that lasted this long is no failure.
const LASTING: Duration = Duration::from_secs(2);

/// What a listener hears.
pub(crate) enum Heard<'a> {
    /// It listens from now on; what was said before is lost.
    Beginning,
    /// Somebody said something on a channel.
    Message(&'a str, &'a [u8]),
}

/// Listens for as long as it is polled; to letters that are for `me` or for all, too.
pub(crate) async fn listen(connection: Connection, me: String, mut hear: impl FnMut(Heard<'_>)) {
    let letters = keys::letters(&me);
    let channels = [
        keys::EVENTS,
        keys::MEMBERS,
        keys::STICKY,
        keys::HEALTH,
        keys::MARKS,
        keys::LETTERS,
        &letters,
    ];
    let mut failed = 0;
    loop {
        let since = Instant::now();
        match connection.listen(&channels).await {
            Ok(listening) => {
                hear(Heard::Beginning);
                let (sink, messages) = listening.split();
                hear_out(messages, sink, &connection, &mut hear).await;
                tracing::debug!("the connection to listen on broke");
            }
            // The other connection says so to people.
            Err(error) => tracing::debug!(%error, "nothing to listen on"),
        }
        failed = if since.elapsed() > LASTING { 0 } else { failed + 1 };
        sleep(back_off(failed, rand::random())).await;
    }
}

/// Returns when the connection is of no more use.
async fn hear_out(
    mut messages: impl Stream<Item = Msg> + Unpin,
    mut sink: PubSubSink,
    connection: &Connection,
    hear: &mut impl FnMut(Heard<'_>),
) {
    let mut pings = interval(PING);
    // The answer to a ping is awaited apart from messages, which go on meanwhile.
    let patience = 2 * connection.timing().command_timeout;
    let pinging = async {
        loop {
            pings.tick().await;
            if !matches!(timeout(patience, sink.ping::<()>()).await, Ok(Ok(()))) {
                break;
            }
        }
    };
    let hearing = async {
        while let Some(message) = messages.next().await {
            hear(Heard::Message(message.get_channel_name(), message.get_payload_bytes()));
        }
    };
    tokio::select! {
        () = pinging => {}
        () = hearing => {}
    }
}
