//! Other nodes of the installation, whatever they do, as this one asks them.

use std::net::SocketAddr;
use std::time::Duration;

use dial::Dialer;
use model::proxy::{Endpoint, Protocol};
use model::{Host, Secret};
use store::{Vault, sealed};

use super::call::{Base, Call};
use crate::error::{ControlError, Unanswered};

/// Other nodes of the installation.
#[derive(Debug, Clone)]
pub struct Peers {
    dialer: Dialer,
    token: Secret,
}

impl Peers {
    /// The way to them.
    #[must_use]
    pub fn new(dialer: Dialer, vault: &Vault) -> Self {
        Self { dialer, token: sealed::node_token(vault) }
    }

    /// Posts `body` to a path of the node whose API listens there: the body of its answer, which
    /// begins within `patience`.
    ///
    /// # Errors
    /// When there is none, or its status is another than 200.
    pub async fn ask(
        &self,
        api: SocketAddr,
        (path, patience): (&str, Duration),
        body: &[u8],
    ) -> Result<Vec<u8>, Unanswered> {
        let host = Host::Ip(api.ip());
        let endpoint = Endpoint { protocol: Protocol::Http, host, port: api.port(), login: None };
        let call = Call {
            method: "POST",
            path: path.to_owned(),
            fields: vec![("Authorization", format!("Bearer {}", self.token.expose()))],
            body,
            patience,
        };
        let answer = Base::at(endpoint, api.to_string()).call(&self.dialer, &call).await;
        let answer = answer.map_err(Unanswered)?;
        match answer.status {
            200 => Ok(answer.body.into()),
            401 => Err(Unanswered(ControlError::OtherKey)),
            status => Err(Unanswered(ControlError::BadStatus { status })),
        }
    }
}
