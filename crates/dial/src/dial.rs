//! `Dialer`: the only way in. One exit, one target; a stream or an error.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, RwLock};

use model::connector::{ConnectorSpec, ResolveAt};
use model::project::TargetRule;
use model::proxy::{Endpoint, Protocol};
use model::{Host, Target};

use crate::error::{DialError, TrustError};
use crate::guard::Guard;
use crate::resolve::Resolver;
use crate::settings::Settings;
use crate::stream::Stream;
use crate::tls::{self, TlsTrust};
use crate::{direct, http_connect, socks4, socks5, tcp};

/// Dials. Cheap to clone; clones share what they have learned of names.
///
/// There are no deadlines in here: the caller has one for the whole attempt, and dropping a future
/// of these methods closes what it had opened.
#[derive(Debug, Clone)]
pub struct Dialer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    resolver: Resolver,
    pace: tcp::Pace,
    /// Read once a dial that the guard watches, written when a peer joins or leaves.
    own: RwLock<Arc<[SocketAddr]>>,
}

/// How the exits of one connector are dialled.
#[derive(Debug, Clone)]
pub struct How {
    /// Who looks the target's name up. [`Protocol::Direct`] always does it here.
    pub resolve: ResolveAt,
    /// Which certificates `https` exits may present.
    pub tls: TlsTrust,
    /// The local address to dial targets from; only for [`Protocol::Direct`].
    pub source_address: Option<IpAddr>,
    /// Exemptions from the guard, for targets whose address is found out or used here.
    pub allow_targets: Arc<[TargetRule]>,
}

// === impl How ===

impl How {
    /// How the exits of a connector are dialled for a project with these exemptions.
    ///
    /// # Errors
    /// When the connector's certificates cannot be used.
    pub fn new(
        connector: &ConnectorSpec,
        allow_targets: Arc<[TargetRule]>,
    ) -> Result<Self, TrustError> {
        Ok(Self {
            resolve: connector.resolve,
            tls: TlsTrust::new(connector.ca_pem.as_deref())?,
            source_address: connector.source_address,
            allow_targets,
        })
    }
}

// === impl Dialer ===

impl Dialer {
    /// A dialer. Reads the system's root certificates, so that no request has to wait for that.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, TrustError> {
        let resolver = Resolver::system(&settings);
        Self::with_resolver(settings, resolver)
    }

    pub(crate) fn with_resolver(
        settings: Settings,
        resolver: Resolver,
    ) -> Result<Self, TrustError> {
        TlsTrust::new(None)?;
        let pace = tcp::Pace { next_address_after: settings.next_address_after };
        let own = RwLock::new(settings.own_addresses.into());
        Ok(Self { shared: Arc::new(Shared { resolver, pace, own }) })
    }

    /// Takes over the addresses at which this node and its peers listen, when they have changed.
    pub fn set_own_addresses(&self, own: Vec<SocketAddr>) {
        let mut slot = self.shared.own.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *slot = own.into();
    }

    /// The addresses at which this node and its peers listen.
    #[must_use]
    pub fn own_addresses(&self) -> Arc<[SocketAddr]> {
        let slot = self.shared.own.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(&slot)
    }

    /// A tunnel to `target` through `endpoint`: the exit has said that it is open, or for
    /// [`Protocol::Direct`] the target has accepted the connection.
    ///
    /// # Errors
    /// Any [`DialError`] but `NotHttp`.
    pub async fn tunnel(
        &self,
        endpoint: &Endpoint,
        how: &How,
        target: &Target,
    ) -> Result<Stream, DialError> {
        if endpoint.protocol == Protocol::Direct {
            return self.direct(how, target).await;
        }
        let resolved = match how.resolve {
            ResolveAt::Node => Some(self.checked_target(how, target).await?),
            ResolveAt::Exit => None,
        };
        let target = resolved.as_ref().unwrap_or(target);
        let stream = self.exit(endpoint, how).await?;
        let login = endpoint.login.as_deref();
        match endpoint.protocol {
            Protocol::Socks4 => socks4::open(stream, login, target).await,
            Protocol::Socks5 => socks5::open(stream, login, target).await,
            _ => http_connect::open(stream, login, target).await,
        }
    }

    /// A connection to an `http` or `https` exit for requests in absolute form. Nothing has been
    /// sent on it but the TLS handshake; the login goes with each request
    /// ([`proxy_authorization`](crate::proxy_authorization)).
    ///
    /// # Errors
    /// [`DialError::NotHttp`] for exits of other protocols, else any error of reaching an exit.
    pub async fn connect(&self, endpoint: &Endpoint, how: &How) -> Result<Stream, DialError> {
        match endpoint.protocol {
            Protocol::Http | Protocol::Https => self.exit(endpoint, how).await,
            _ => Err(DialError::NotHttp),
        }
    }

    /// Is the exit there, does it take us? As far as can be told without a target: the connection,
    /// the TLS handshake, and for SOCKS5 the login. A direct exit is always there.
    ///
    /// # Errors
    /// Any error of reaching an exit, [`DialError::Unauthorized`] among them.
    pub async fn knock(&self, endpoint: &Endpoint, how: &How) -> Result<(), DialError> {
        if endpoint.protocol == Protocol::Direct {
            return Ok(());
        }
        let mut stream = self.exit(endpoint, how).await?;
        if endpoint.protocol == Protocol::Socks5 {
            socks5::log_in(&mut stream, endpoint.login.as_deref()).await?;
        }
        Ok(())
    }

    pub(crate) fn resolver(&self) -> &Resolver {
        &self.shared.resolver
    }

    pub(crate) fn pace(&self) -> tcp::Pace {
        self.shared.pace
    }

    /// The addresses of a host; none where nobody knows it.
    pub(crate) async fn addresses(&self, host: &Host) -> Option<Arc<[IpAddr]>> {
        match host {
            Host::Ip(address) => Some(Arc::from([*address])),
            Host::Name(name) => self.shared.resolver.resolve(name).await.ok(),
        }
    }

    /// Connects to the exit itself, with TLS where it speaks TLS.
    async fn exit(&self, endpoint: &Endpoint, how: &How) -> Result<Stream, DialError> {
        let addresses = match &endpoint.host {
            Host::Ip(address) => Arc::from([*address]),
            Host::Name(name) => {
                self.shared.resolver.resolve(name).await.map_err(DialError::ExitName)?
            }
        };
        let to = tcp::To { addresses: &addresses, port: endpoint.port, from: None };
        let connected = tcp::connect(to, self.shared.pace).await;
        let socket = connected.map_err(|failed| match failed {
            tcp::Failed::Here(error) => DialError::NoSocket(error),
            tcp::Failed::There(error) => DialError::ExitUnreachable(error),
        })?;
        match endpoint.protocol {
            // Boxed: whoever awaits this keeps room for it as long as the tunnel lives.
            Protocol::Https => Box::pin(tls::handshake(socket, &endpoint.host, &how.tls)).await,
            _ => Ok(Stream::from(socket)),
        }
    }

    async fn direct(&self, how: &How, target: &Target) -> Result<Stream, DialError> {
        let own = self.own_addresses();
        let guard = Guard { allow: &how.allow_targets, own: &own };
        let addresses = direct::checked_addresses(&self.shared.resolver, guard, target).await?;
        let to = tcp::To { addresses: &addresses, port: target.port, from: how.source_address };
        direct::connect(to, self.shared.pace).await
    }

    /// The target with an address in the place of its name; the address has passed the guard.
    async fn checked_target(&self, how: &How, target: &Target) -> Result<Target, DialError> {
        let own = self.own_addresses();
        let guard = Guard { allow: &how.allow_targets, own: &own };
        let addresses = direct::checked_addresses(&self.shared.resolver, guard, target).await?;
        direct::one_of(&addresses, target.port)
    }
}

#[cfg(test)]
mod tests;
