//! What a sticky session looks like to a client, and which ones it may ask for.

pub(crate) mod endpoints;
pub(crate) mod everywhere;

use model::ProxyId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::live::SessionsWanted;
use crate::problem::Answer;
use crate::query::parsed;

/// Which sessions are wanted: those that fit every part.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Bound to this proxy.
    exit: Option<String>,
    /// Whose name begins like this.
    prefix: Option<String>,
}

/// A session that is alive: its next request goes through its exit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// What the client calls it: `session` of its login, 1-64 characters.
    session: String,
    /// The proxy.
    exit: String,
    connector_id: String,
    /// Where the proxy is.
    country: Option<String>,
    /// When it was bound to that proxy, as far as the nodes know.
    since: String,
    last_used_at: Option<String>,
    /// When it ends unless it is used again; `null`: never.
    expires_at: Option<String>,
    /// Whether nodes had to tell one another, because its name alone would lead elsewhere.
    shared: bool,
    /// The nodes that have seen it, by name. Every other one would choose the same proxy.
    nodes: Vec<String>,
}

impl Wanted {
    fn read(self) -> Answer<SessionsWanted> {
        let exit = parsed::<ProxyId>("?exit", self.exit.as_deref())?;
        let exit = exit.map(|exit| exit.to_string());
        Ok(SessionsWanted { exit, prefix: self.prefix, ..SessionsWanted::default() })
    }
}
