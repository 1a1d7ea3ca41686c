//! What ties a request to an exit: a session, a rotation, the client's address.

use std::net::IpAddr;

use compact_str::{CompactString, format_compact};
use model::policy::{Lost, Rotate, Strategy};

use crate::ask::Ask;
use crate::sessions::{Key, Terms};

/// What ties a request to an exit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Affinity {
    pub(super) key: Key,
    pub(super) lost: Lost,
    /// `None`: nothing is remembered, the key alone decides.
    pub(super) terms: Option<Terms>,
    /// Whether the key decides where nothing is remembered yet. What follows when a rotation ends
    /// is the strategy's choice: the key would decide on the same exit for ever.
    pub(super) decides: bool,
}

/// A session, an implicit one of `rotate`, or the client's address under the sticky strategy; and
/// what peers call it, where they share it and the client has no name for it.
pub(super) fn affinity(ask: &Ask) -> (Option<Affinity>, Option<CompactString>) {
    let (project, brief, wish) = (ask.project.id, &ask.project.brief, &ask.wish);
    let lost = wish.lost.unwrap_or(brief.lost);
    if let Some(session) = &wish.session {
        let usual = &ask.project.spec.session;
        let ttl = wish.ttl.or(usual.ttl);
        let idle = Some(wish.idle.unwrap_or(usual.idle));
        let terms = Terms { ttl, idle, uses: None };
        let key = Key::new(project, session.as_bytes());
        let affinity = Affinity { key, lost, terms: Some(terms), decides: true };
        return (Some(affinity), None);
    }
    match ask.rotate() {
        Rotate::Requests(uses) => rotation(ask, Terms { uses: Some(uses), ..FOREVER }),
        Rotate::Every(ttl) => rotation(ask, Terms { ttl: Some(ttl), ..FOREVER }),
        _ if brief.strategy == Strategy::Sticky => {
            let key = Key::new(project, &client(ask.client));
            (Some(Affinity { key, lost: Lost::Any, terms: None, decides: true }), None)
        }
        _ => (None, None),
    }
}

/// What a client without a session is known by. No session is called like that: it begins with a
/// zero.
fn client(address: IpAddr) -> [u8; 17] {
    let octets = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    };
    let mut name = [0; 17];
    name[1..].copy_from_slice(&octets);
    name
}

const FOREVER: Terms = Terms { ttl: None, idle: None, uses: None };

/// The implicit session of a login. Two logins that wish for different exits rotate apart. No client
/// can call a session like that: there are blanks in it.
fn rotation(ask: &Ask, terms: Terms) -> (Option<Affinity>, Option<CompactString>) {
    let name = match &*ask.wish {
        wish if wish.takes_any() => CompactString::const_new("rotate any"),
        wish => format_compact!("rotate {:?} {:?}", wish.connector, wish.filter()),
    };
    let key = Key::new(ask.project.id, name.as_bytes());
    // How many requests it was good for each node counts by itself.
    let name = terms.uses.is_none().then_some(name);
    (Some(Affinity { key, lost: Lost::Any, terms: Some(terms), decides: false }), name)
}
