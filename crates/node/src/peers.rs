//! How the control plane asks other nodes.

use std::net::SocketAddr;
use std::time::Duration;

use api::Telling;

/// The way to other nodes.
pub(crate) struct Peers(pub(crate) reconcile::Peers);

impl api::Peers for Peers {
    fn ask(
        &self,
        patience: Duration,
        (api, path): (SocketAddr, &'static str),
        body: Vec<u8>,
    ) -> Telling<'_> {
        Box::pin(async move {
            let answer = self.0.ask(api, (path, patience), &body).await;
            let told = |error: &reconcile::Unanswered| {
                let error: &dyn std::error::Error = error;
                tracing::debug!(peer = %api, error, "a node was asked in vain");
            };
            answer.inspect_err(told).ok()
        })
    }
}
