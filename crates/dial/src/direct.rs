//! The one SSRF-safe dialer: looks up once, checks every address, dials what was checked.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use model::{Host, Target};

use crate::error::DialError;
use crate::guard::{self, Guard};
use crate::resolve::Resolver;
use crate::stream::Stream;
use crate::tcp;

/// The addresses of `target`, each of which the guard has passed.
///
/// A name is looked up once, here; whoever dials afterwards dials these addresses and never the
/// name again, so that a second answer of its server (DNS rebinding) is never asked for. One
/// forbidden address among several forbids the target: an honest name does not have such an answer.
pub(crate) async fn checked_addresses(
    resolver: &Resolver,
    guard: Guard<'_>,
    target: &Target,
) -> Result<Arc<[IpAddr]>, DialError> {
    let addresses = match &target.host {
        Host::Ip(address) => Arc::from([address.to_canonical()]),
        Host::Name(name) if guard::is_localhost(name) => Arc::from([Ipv4Addr::LOCALHOST.into()]),
        Host::Name(name) => resolver.resolve(name).await.map_err(DialError::TargetName)?,
    };
    for address in addresses.iter() {
        guard.check(*address, target.port).map_err(DialError::TargetForbidden)?;
    }
    Ok(addresses)
}

/// Connects to a target whose addresses have been checked.
pub(crate) async fn connect(to: tcp::To<'_>, pace: tcp::Pace) -> Result<Stream, DialError> {
    match tcp::connect(to, pace).await {
        Ok(socket) => Ok(Stream::from(socket)),
        Err(tcp::Failed::Here(error)) => Err(DialError::NoSocket(error)),
        Err(tcp::Failed::There(error)) => Err(DialError::TargetUnreachable(error)),
    }
}

/// The one address that an exit is asked for: IPv4 where there is a choice, because more exits
/// have it.
pub(crate) fn one_of(addresses: &[IpAddr], port: u16) -> Result<Target, DialError> {
    let address = addresses.iter().find(|a| a.is_ipv4()).or_else(|| addresses.first());
    match address {
        Some(address) => Ok(Target { host: Host::Ip(*address), port }),
        None => Err(DialError::TargetName(io::ErrorKind::NotFound.into())),
    }
}
