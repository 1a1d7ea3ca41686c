//! What this listener answers about itself.

use std::sync::Arc;

use bytes::BytesMut;
use http1::HeadWriter;

use crate::client::Client;
use crate::connection::Outcome;
use crate::error::RelayError;
use crate::record::Record;
use crate::relay::Relay;
use crate::request::Probe;

/// Tells whoever balances load whether this listener takes new work.
pub(crate) async fn answer(
    relay: &Arc<Relay>,
    client: &mut Client,
    probe: Probe,
    record: &mut Record,
) -> Result<Outcome, RelayError> {
    record.forget();
    let (status, reason) = match probe {
        Probe::Ready if !relay.is_ready() => (503, &b"Service Unavailable"[..]),
        Probe::Ready | Probe::Live => (200, &b"OK"[..]),
    };
    let mut out = BytesMut::with_capacity(128);
    let mut writer = HeadWriter::new(&mut out);
    writer.status_line(status, reason);
    writer.field("Content-Length", b"0");
    writer.field("Connection", b"close");
    writer.end();
    client.write(&out).await?;
    Ok(Outcome::Close)
}
