//! The table of addresses, class by class and edge by edge.

use super::*;
use AddressClass as Class;

const TABLE: &[(Class, &[&str])] = &[
    (
        Class::Public,
        &[
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "168.63.129.15",
            "::ffff:8.8.8.8",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00::1",
            "3ffe::1",
        ],
    ),
    (Class::Unspecified, &["0.0.0.0", "0.1.2.3", "0.255.255.255", "::", "::ffff:0.0.0.0"]),
    (
        Class::Loopback,
        &["127.0.0.1", "127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    ),
    (
        Class::Private,
        &[
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "::ffff:10.0.0.1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff:ffff::1",
            "fec0::1",
            "feff::1",
        ],
    ),
    (
        Class::LinkLocal,
        &["169.254.0.0", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "febf::1"],
    ),
    (Class::Shared, &["100.64.0.0", "100.100.100.200", "100.127.255.255"]),
    (Class::Metadata, &["168.63.129.16", "::ffff:168.63.129.16"]),
    (
        Class::Assignment,
        &["192.0.0.0", "192.0.0.192", "192.0.0.255", "100::1", "5f00::1", "2001:1::1"],
    ),
    (Class::Assignment, &["2001:3::1", "2001:10::1", "2001:20::1", "2001:1ff::1"]),
    (
        Class::Documentation,
        &["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "3fff:fff::1"],
    ),
    (Class::Benchmarking, &["198.18.0.0", "198.19.255.255", "2001:2::1"]),
    (Class::Multicast, &["224.0.0.1", "239.255.255.255", "ff02::1", "ffff::1"]),
    (Class::Broadcast, &["255.255.255.255", "::ffff:255.255.255.255"]),
    (
        Class::Translated,
        &[
            "64:ff9b::8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::1",
            "2002:808:808::1",
            "2002:7f00:1::1",
            "192.88.99.1",
            "2001::1",
            "2001:0:7f00:1::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::2",
        ],
    ),
    (
        Class::Reserved,
        &["240.0.0.1", "255.255.255.254", "::ffff:240.0.0.1", "1::1", "4000::1", "8000::1"],
    ),
    (Class::Reserved, &["64:ff9a::1", "64:ff9b:2::1", "fe00::1", "100:0:0:1::1", "::1:0:0:0"]),
];

#[test]
fn every_address_is_of_its_class_and_only_public_ones_pass() {
    let guard = Guard { allow: &[], own: &[] };
    for (class, addresses) in TABLE {
        for text in *addresses {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(classify(address), *class, "{text}");
            assert_eq!(is_public(address), *class == Class::Public, "{text}");
            let expected =
                if *class == Class::Public { Ok(()) } else { Err(Forbidden { class: *class }) };
            assert_eq!(guard.check(address, 443), expected, "{text}");
        }
    }
    let tested = |class: &&Class| TABLE.iter().any(|(of_table, _)| of_table == *class);
    assert!(Class::ALL.iter().filter(|class| **class != Class::Own).all(|c| tested(&c)));
}

#[test]
fn every_spelling_that_the_target_parser_accepts_gets_the_same_answer() {
    let guard = Guard { allow: &[], own: &[] };
    for text in [
        "127.0.0.1:80",
        "[::1]:80",
        "[0:0:0:0:0:0:0:1]:80",
        "[::ffff:127.0.0.1]:80",
        "[::FFFF:7F00:0001]:80",
        "localhost:80",
        "LocalHost.:80",
        "a.b.localhost:80",
        "localhost.localdomain:80",
        "localhost6.localdomain6:80",
        "ip6-localhost:80",
    ] {
        let target = Target::parse(text).unwrap();
        let class = Class::Loopback;
        assert_eq!(guard.check_target(&target), Err(Forbidden { class }), "{text}");
    }
    for text in ["2130706433:80", "0x7f000001:80", "017700000001:80", "127.1:80"] {
        assert!(Target::parse(text).is_err(), "{text}");
    }
    for text in ["a.test:80", "localhost.example.com:80", "notlocalhost:80", "8.8.8.8:80"] {
        assert_eq!(guard.check_target(&Target::parse(text).unwrap()), Ok(()), "{text}");
    }
}

fn check(allow: &[&str], own: &[&str], to: &str) -> Result<(), Class> {
    let allow: Vec<TargetRule> = allow.iter().map(|rule| rule.parse().unwrap()).collect();
    let own: Vec<SocketAddr> = own.iter().map(|own| own.parse().unwrap()).collect();
    let to: SocketAddr = to.parse().unwrap();
    Guard { allow: &allow, own: &own }.check(to.ip(), to.port()).map_err(|why| why.class)
}

#[test]
fn a_rule_exempts_its_network_and_its_port() {
    assert_eq!(check(&["10.0.0.0/8"], &[], "10.1.2.3:443"), Ok(()));
    assert_eq!(check(&["10.0.0.0/8"], &[], "[::ffff:10.1.2.3]:443"), Ok(()));
    assert_eq!(check(&["10.0.0.0/8:8443"], &[], "10.1.2.3:8443"), Ok(()));
    assert_eq!(check(&["10.0.0.0/8:8443"], &[], "10.1.2.3:443"), Err(Class::Private));
    assert_eq!(check(&["10.0.0.0/8"], &[], "192.168.0.1:443"), Err(Class::Private));
    assert_eq!(check(&["64:ff9b::/96"], &[], "[64:ff9b::8.8.8.8]:443"), Ok(()));
    assert_eq!(check(&["::/0"], &[], "127.0.0.1:443"), Err(Class::Loopback));
}

#[test]
fn our_own_addresses_need_a_rule_that_names_the_port() {
    let own = ["10.0.0.5:8000", "203.0.114.5:8080", "[2a00::5]:8000"];
    assert_eq!(check(&[], &own, "10.0.0.5:8000"), Err(Class::Own));
    assert_eq!(check(&["10.0.0.0/8"], &own, "10.0.0.5:8000"), Err(Class::Own));
    assert_eq!(check(&["10.0.0.0/8"], &own, "[::ffff:10.0.0.5]:8000"), Err(Class::Own));
    assert_eq!(check(&["10.0.0.0/8:8000"], &own, "10.0.0.5:8000"), Ok(()));
    assert_eq!(check(&["10.0.0.0/8"], &own, "10.0.0.5:8001"), Ok(()));
    assert_eq!(check(&["10.0.0.0/8"], &own, "10.0.0.6:8000"), Ok(()));
    assert_eq!(check(&[], &own, "203.0.114.5:8080"), Err(Class::Own));
    assert_eq!(check(&[], &own, "203.0.114.5:443"), Ok(()));
    assert_eq!(check(&[], &own, "[2a00::5]:8000"), Err(Class::Own));
}

#[test]
fn an_unspecified_own_address_stands_for_every_address_that_is_not_public() {
    for own in ["0.0.0.0:8000", "[::]:8000"] {
        for to in ["127.0.0.1:8000", "[::1]:8000", "10.0.0.5:8000", "[fd00::1]:8000"] {
            assert_eq!(check(&["0.0.0.0/0", "::/0"], &[own], to), Err(Class::Own), "{own} {to}");
        }
        assert_eq!(check(&[], &[own], "8.8.8.8:8000"), Ok(()));
        assert_eq!(check(&["127.0.0.1"], &[own], "127.0.0.1:8001"), Ok(()));
        assert_eq!(check(&["127.0.0.1:8000"], &[own], "127.0.0.1:8000"), Ok(()));
    }
}

#[test]
fn an_unspecified_target_is_this_machine_and_so_is_our_own() {
    for own in ["127.0.0.1:8000", "10.0.0.5:8000", "[::1]:8000", "0.0.0.0:8000"] {
        for to in ["0.0.0.0:8000", "[::]:8000", "[::ffff:0.0.0.0]:8000"] {
            let everything = ["0.0.0.0/0", "::/0"];
            assert_eq!(check(&everything, &[own], to), Err(Class::Own), "{own} {to}");
            assert_eq!(check(&["0.0.0.0:8000", "[::]:8000"], &[own], to), Ok(()), "{own} {to}");
        }
        assert_eq!(check(&["0.0.0.0/0"], &[own], "0.0.0.0:8001"), Ok(()), "{own}");
    }
}
