//! Where a node itself connects to because somebody entered a URL.

use std::net::SocketAddr;

use model::project::TargetRule;
use model::{Host, Target};

use crate::dial::Dialer;
use crate::direct;
use crate::error::DialError;
use crate::guard::{AddressClass, Forbidden, Guard};
use crate::stream::Stream;
use crate::tcp;

/// What a node may connect to because somebody entered a URL.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// What the operator of the node allows besides public addresses.
    pub allow: &'a [TargetRule],
    /// What this node depends on: nothing of that is ever a target, unless a rule names its port.
    pub services: &'a [Target],
    /// Where its peers listen, who are none either.
    pub peers: &'a [SocketAddr],
    /// Whether public addresses, too, have to be allowed.
    pub only_allowed: bool,
}

impl Bounds<'_> {
    /// Whether a target may be entered, as far as that can be told without a lookup.
    ///
    /// # Errors
    /// [`Forbidden`], with the reason.
    pub fn check(&self, target: &Target, own: &[SocketAddr]) -> Result<(), Forbidden> {
        let own: Vec<_> = own.iter().chain(self.peers).copied().collect();
        Guard { allow: self.allow, own: &own }.check_target(target)?;
        let is_ours = matches!(target.host, Host::Name(_)) && self.services.contains(target);
        let is_named = match target.host {
            Host::Ip(address) => self.allow.iter().any(|rule| rule.allows(address, target.port)),
            Host::Name(_) => !self.allow.is_empty(),
        };
        if is_ours || (self.only_allowed && !is_named) {
            let class = if is_ours { AddressClass::Own } else { AddressClass::Public };
            return Err(Forbidden { class });
        }
        Ok(())
    }
}

impl Dialer {
    /// A connection to a target that somebody entered. Its name is looked up once, every address of
    /// it is checked, and one of these is connected to.
    ///
    /// # Errors
    /// [`DialError::TargetName`], [`DialError::TargetForbidden`], [`DialError::TargetUnreachable`],
    /// [`DialError::NoSocket`].
    pub async fn entered(&self, target: &Target, bounds: Bounds<'_>) -> Result<Stream, DialError> {
        let mut own: Vec<_> = self.own_addresses().to_vec();
        bounds.check(target, &own).map_err(DialError::TargetForbidden)?;
        own.extend(bounds.peers);
        for service in bounds.services {
            // One whose name nobody knows is nowhere to be reached.
            let addresses = self.addresses(&service.host).await.unwrap_or_default();
            own.extend(addresses.iter().map(|address| SocketAddr::new(*address, service.port)));
        }
        let guard = Guard { allow: bounds.allow, own: &own };
        let addresses = direct::checked_addresses(self.resolver(), guard, target).await?;
        let is_named = |address| bounds.allow.iter().any(|rule| rule.allows(address, target.port));
        if bounds.only_allowed && !addresses.iter().all(|address| is_named(*address)) {
            let class = AddressClass::Public;
            return Err(DialError::TargetForbidden(Forbidden { class }));
        }
        let to = tcp::To { addresses: &addresses, port: target.port, from: None };
        direct::connect(to, self.pace()).await
    }
}
