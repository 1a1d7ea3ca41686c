//! Where a call comes from, when it comes through a balancer that says so.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client. Whoever is `trusted` has put the address of his own client behind what
/// he was sent, so the field is read from its end up to the first address that is not trusted: what
/// stands before that, anybody may have written. Where it cannot be read, the address behind that is
/// the client's. Of a peer that is not trusted nothing is read.
pub(crate) fn client(peer: IpAddr, fields: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines: Vec<_> = fields.get_all(FORWARDED_FOR).into_iter().collect();
    for line in lines.into_iter().rev() {
        for item in line.as_bytes().rsplit(|byte| *byte == b',') {
            if !trusted.iter().any(|network| network.contains(&client)) {
                return client;
            }
            let Some(before) = std::str::from_utf8(item).ok().and_then(address) else {
                return client;
            };
            client = before;
        }
    }
    client
}

/// An address, which may have a port.
fn address(item: &str) -> Option<IpAddr> {
    let item = item.trim();
    let bare = || item.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || item.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let read: Option<IpAddr> = item.parse().ok().or_else(bare).or_else(with_port);
    read.map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap());
        let mut fields = HeaderMap::new();
        for line in lines {
            fields.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        client(peer.parse().unwrap(), &fields, &trusted).to_string()
    }

    #[test]
    fn who_is_not_trusted_is_himself_whatever_he_says() {
        assert_eq!(read("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(read("192.0.2.1", &["10.0.0.1"]), "192.0.2.1");
        assert_eq!(read("::ffff:192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client_of_nobody("10.0.0.1", "198.51.100.7"), "10.0.0.1");
    }

    /// Where nobody is trusted.
    fn client_of_nobody(peer: &str, line: &str) -> String {
        let fields = HeaderMap::from_iter([(FORWARDED_FOR, line.parse().unwrap())]);
        client(peer.parse().unwrap(), &fields, &[]).to_string()
    }

    #[test]
    fn the_last_address_that_is_not_trusted_is_the_clients() {
        assert_eq!(read("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(read("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(read("2001:db8::1", &["2001:db9::7"]), "2001:db9::7");
        assert_eq!(read("10.0.0.1", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7", "a lie");
        assert_eq!(read("10.0.0.1", &["198.51.100.7,10.0.0.2 ,  10.0.0.3"]), "198.51.100.7");
        assert_eq!(read("10.0.0.1", &["203.0.113.9", "198.51.100.7", "10.0.0.2"]), "198.51.100.7");
        assert_eq!(read("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(read("10.0.0.1", &["[2001:db9::7]:4711"]), "2001:db9::7");
        assert_eq!(read("10.0.0.1", &["[2001:db9::7]"]), "2001:db9::7");
        assert_eq!(read("10.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn without_an_address_to_go_by_it_is_the_last_one_known() {
        assert_eq!(read("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(read("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3", "all are trusted");
        for garbage in ["", ",", "unknown", "_hidden", "198.51.100.7 x", "1.2.3", "\u{e9}"] {
            assert_eq!(read("10.0.0.1", &[garbage]), "10.0.0.1", "{garbage}");
            let behind = format!("198.51.100.7, {garbage}, 10.0.0.2");
            assert_eq!(read("10.0.0.1", &[&behind]), "10.0.0.2", "{garbage}");
        }
    }
}
