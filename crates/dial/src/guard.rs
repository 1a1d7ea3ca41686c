//! Which addresses are nobody's business: the SSRF guard's table, and the guard.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use model::project::TargetRule;
use model::words;
use model::{Host, Target};

words! {
    /// What kind of address it is. Only the first kind may be a target without a rule that says so.
    pub enum AddressClass {
        /// Global unicast: the Internet.
        Public = "public",
        /// `0.0.0.0/8`, `::`.
        Unspecified = "unspecified",
        /// `127.0.0.0/8`, `::1`, and names that stand for them.
        Loopback = "loopback",
        /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7`, and site-local `fec0::/10`.
        Private = "private",
        /// `169.254.0.0/16`, `fe80::/10`. Most clouds' metadata services are here.
        LinkLocal = "link_local",
        /// Carrier-grade NAT: `100.64.0.0/10`.
        Shared = "shared",
        /// Metadata services at addresses that look public: `168.63.129.16`.
        Metadata = "metadata",
        /// Protocol assignments: `192.0.0.0/24`, `2001::/23`, `5f00::/16`, `100::/64`.
        Assignment = "assignment",
        /// Documentation: `192.0.2.0/24`, `198.51.100.0/24`, `203.0.113.0/24`, `2001:db8::/32`,
        /// `3fff::/20`.
        Documentation = "documentation",
        /// Benchmarking: `198.18.0.0/15`, `2001:2::/48`.
        Benchmarking = "benchmarking",
        /// `224.0.0.0/4`, `ff00::/8`.
        Multicast = "multicast",
        /// `255.255.255.255`.
        Broadcast = "broadcast",
        /// IPv4 inside IPv6: NAT64 `64:ff9b::/96` and `64:ff9b:1::/48`, 6to4 `2002::/16` with its
        /// relays `192.88.99.0/24`, Teredo `2001::/32`, IPv4-compatible `::/96`. Denied even when
        /// the inner address is public. (Mapped addresses, `::ffff:0:0/96`, are unwrapped.)
        Translated = "translated",
        /// Everything else: `240.0.0.0/4`, IPv6 outside `2000::/3`.
        Reserved = "reserved",
        /// An address at which this node or a peer listens.
        Own = "own",
    }
}

/// A target that may not be reached, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has an address of class {class}")]
pub struct Forbidden {
    /// The class of the address.
    pub class: AddressClass,
}

/// Decides about addresses; cheap to make for one decision.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'a> {
    /// Addresses and ports that are exempt.
    pub allow: &'a [TargetRule],
    /// Where this node and its peers listen.
    pub own: &'a [SocketAddr],
}

// === impl Guard ===

impl Guard<'_> {
    /// Whether a connection to this address and port may be opened.
    ///
    /// Not when the address is not [public](is_public), unless a rule allows it; and not when it is
    /// one of our own, unless a rule allows it *and names the port*: `10.0.0.0/8` opens a private
    /// network, but not the control plane that lives in it.
    ///
    /// # Errors
    /// [`Forbidden`], with the reason.
    pub fn check(&self, address: IpAddr, port: u16) -> Result<(), Forbidden> {
        let address = address.to_canonical();
        let class = classify(address);
        if self.is_own(address, port, class) {
            let named = |rule: &TargetRule| rule.port.is_some() && rule.allows(address, port);
            return allow_if(self.allow.iter().any(named), AddressClass::Own);
        }
        let allowed =
            class == AddressClass::Public || self.allow.iter().any(|r| r.allows(address, port));
        allow_if(allowed, class)
    }

    /// Whether a target may be asked for, as far as that can be told without a lookup: an address
    /// as [`check`](Self::check) says, a [`localhost` name](is_localhost) as `127.0.0.1`, and every
    /// other name.
    ///
    /// # Errors
    /// [`Forbidden`], with the reason.
    pub fn check_target(&self, target: &Target) -> Result<(), Forbidden> {
        match &target.host {
            Host::Ip(address) => self.check(*address, target.port),
            Host::Name(name) if is_localhost(name) => {
                self.check(Ipv4Addr::LOCALHOST.into(), target.port)
            }
            Host::Name(_) => Ok(()),
        }
    }

    /// Whether this node or a peer listens there. The system connects `0.0.0.0` and `::` to the
    /// machine itself, so at one of our ports they are ours.
    fn is_own(&self, address: IpAddr, port: u16, class: AddressClass) -> bool {
        self.own.iter().filter(|own| own.port() == port).any(|own| match own.ip().to_canonical() {
            any if any.is_unspecified() => class != AddressClass::Public,
            one => one == address || address.is_unspecified(),
        })
    }
}

fn allow_if(allowed: bool, class: AddressClass) -> Result<(), Forbidden> {
    if allowed { Ok(()) } else { Err(Forbidden { class }) }
}

// === Names ===

/// Whether a canonical name stands for this machine wherever it is asked (RFC 6761 section 6.3),
/// or does so in the hosts files of common systems. Such a name is never looked up.
#[must_use]
pub fn is_localhost(name: &str) -> bool {
    const HOSTS: [&str; 5] =
        ["localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback"];
    const DOMAINS: [&str; 3] = ["localdomain", "localdomain4", "localdomain6"];
    match name.split_once('.') {
        None => HOSTS.contains(&name),
        Some((host, domain)) if HOSTS.contains(&host) && DOMAINS.contains(&domain) => true,
        Some(_) => name.ends_with(".localhost"),
    }
}

// === Addresses ===

/// Whether the address is global unicast, and nothing special.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    classify(address) == AddressClass::Public
}

/// What kind of address it is, from the IANA special-purpose registries (RFC 6890 and later). An
/// IPv4-mapped IPv6 address is what the IPv4 address is.
#[must_use]
pub fn classify(address: IpAddr) -> AddressClass {
    match address.to_canonical() {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    use AddressClass as Class;
    match address.octets() {
        [0, ..] => Class::Unspecified,
        [127, ..] => Class::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Class::Private,
        [169, 254, ..] => Class::LinkLocal,
        [100, 64..=127, ..] => Class::Shared,
        [168, 63, 129, 16] => Class::Metadata,
        [192, 0, 0, _] => Class::Assignment,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Documentation,
        [198, 18..=19, ..] => Class::Benchmarking,
        [192, 88, 99, _] => Class::Translated,
        [224..=239, ..] => Class::Multicast,
        [255, 255, 255, 255] => Class::Broadcast,
        [240..=255, ..] => Class::Reserved,
        _ => Class::Public,
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    use AddressClass as Class;
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Loopback,
        [0, 0, 0, 0, 0, 0, ..]
        | [0x64, 0xff9b, 0, 0, 0, 0, ..]
        | [0x64, 0xff9b, 1, ..]
        | [0x2001, 0, ..]
        | [0x2002, ..] => Class::Translated,
        [0x2001, 2, 0, ..] => Class::Benchmarking,
        [0x2001, 0x1..=0x1ff, ..] | [0x100, 0, 0, 0, ..] | [0x5f00, ..] => Class::Assignment,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Documentation,
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Class::Private,
        [0xfe80..=0xfebf, ..] => Class::LinkLocal,
        [0xff00..=0xffff, ..] => Class::Multicast,
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Reserved,
    }
}

#[cfg(test)]
mod tests;
