//! Every way of writing a line, and every way of getting one wrong.

use std::sync::Arc;

use model::proxy::{Login, Protocol, ProxySpec};
use proptest::prelude::*;

use crate::list::{Defaults, LineError, parse_line};

fn shown(spec: &ProxySpec) -> String {
    let login = spec.endpoint.login.as_ref();
    let login = login.map(|login| format!(" {} {}", login.username, login.password.expose()));
    format!("{}{}", spec.endpoint.address(), login.unwrap_or_default())
}

fn refusal(line: &str) -> String {
    match parse_line(line, &Defaults::default()) {
        Err(why) => why.to_string(),
        Ok(found) => panic!("{line} was read as {:?}", found.as_ref().map(shown)),
    }
}

#[test]
fn every_way_of_writing_a_proxy_is_read() {
    for (line, expected) in [
        // host:port
        ("192.0.2.1:8080", "http://192.0.2.1:8080"),
        ("  Proxy.Example.:8080\t\r\n", "http://proxy.example:8080"),
        ("\u{feff}192.0.2.1:8080", "http://192.0.2.1:8080"),
        ("bücher.example:80", "http://xn--bcher-kva.example:80"),
        ("[2001:DB8::1]:3128", "http://[2001:db8::1]:3128"),
        ("192.0.2.1:8080 # Berlin, paid", "http://192.0.2.1:8080"),
        // host:port:user:pass
        ("192.0.2.1:8080:u:p", "http://192.0.2.1:8080 u p"),
        ("gate:8080:u:12345", "http://gate:8080 u 12345"),
        ("192.0.2.1:8080:u:a:b:443", "http://192.0.2.1:8080 u a:b:443"),
        ("192.0.2.1:8080:u:a@b", "http://192.0.2.1:8080 u a@b"),
        ("192.0.2.1:8080:u:a|1;2,3#4", "http://192.0.2.1:8080 u a|1;2,3#4"),
        ("192.0.2.1:8080:u:http://x", "http://192.0.2.1:8080 u http://x"),
        ("192.0.2.1:8080:u:", "http://192.0.2.1:8080 u "),
        ("192.0.2.1:8080::", "http://192.0.2.1:8080"),
        ("[2001:db8::1]:3128:u:a:b", "http://[2001:db8::1]:3128 u a:b"),
        // user:pass@host:port
        ("u:p@192.0.2.1:8080", "http://192.0.2.1:8080 u p"),
        ("u:a@b:c@gate.example:8080", "http://gate.example:8080 u a@b:c"),
        ("u:100%@gate.example:8080", "http://gate.example:8080 u 100%"),
        ("u:1234@gate:8080", "http://gate:8080 u 1234"),
        ("u:1234:x@192.0.2.1:8080", "http://192.0.2.1:8080 u 1234:x"),
        ("u@gate.example:8080", "http://gate.example:8080 u "),
        ("u:p@[2001:db8::1]:3128", "http://[2001:db8::1]:3128 u p"),
        // host:port@user:pass
        ("192.0.2.1:8080@u:p", "http://192.0.2.1:8080 u p"),
        ("192.0.2.1:8080@u:a:b", "http://192.0.2.1:8080 u a:b"),
        // user:pass:host:port
        ("u:p:192.0.2.1:8080", "http://192.0.2.1:8080 u p"),
        ("u:p:gate:8080", "http://gate:8080 u p"),
        ("u:999999:192.0.2.1:8080", "http://192.0.2.1:8080 u 999999"),
        ("u:p:[2001:db8::1]:3128", "http://[2001:db8::1]:3128 u p"),
        // URLs
        ("http://192.0.2.1:8080", "http://192.0.2.1:8080"),
        ("HTTPS://gate.example:443/", "https://gate.example:443"),
        ("socks4://192.0.2.1:1080", "socks4://192.0.2.1:1080"),
        ("socks4a://u@192.0.2.1:1080", "socks4://192.0.2.1:1080 u "),
        ("Socks5://u:p@192.0.2.1:1080/", "socks5://192.0.2.1:1080 u p"),
        ("socks5h://u:a%3Ab%40c%c3%A9+@192.0.2.1:1080", "socks5://192.0.2.1:1080 u a:b@cé+"),
        ("http://u:a@b:c/d@gate.example:8080", "http://gate.example:8080 u a@b:c/d"),
        ("http://:@192.0.2.1:8080", "http://192.0.2.1:8080"),
        ("http://[2001:db8::1]:3128/", "http://[2001:db8::1]:3128"),
        ("http://u:p@[2001:db8::1]:3128 # v6", "http://[2001:db8::1]:3128 u p"),
        ("socks5://192.0.2.1:1080:u:a%b/c", "socks5://192.0.2.1:1080 u a%b/c"),
        ("socks5://u:p:192.0.2.1:1080", "socks5://192.0.2.1:1080 u p"),
        // separated
        ("192.0.2.1 8080", "http://192.0.2.1:8080"),
        ("192.0.2.1\t8080\tu\tp:q", "http://192.0.2.1:8080 u p:q"),
        ("192.0.2.1 | 8080 | u | p q", "http://192.0.2.1:8080 u p q"),
        ("gate.example;8080;u;", "http://gate.example:8080 u "),
        ("gate.example;8080;", "http://gate.example:8080"),
        ("gate.example,8080,u,p|q", "http://gate.example:8080 u p|q"),
        ("2001:db8::1 3128", "http://[2001:db8::1]:3128"),
        ("[2001:db8::1]|3128|u|p", "http://[2001:db8::1]:3128 u p"),
        ("socks5 192.0.2.1 1080 u p", "socks5://192.0.2.1:1080 u p"),
        ("http 8080", "http://http:8080"),
    ] {
        match parse_line(line, &Defaults::default()) {
            Ok(Some(spec)) => assert_eq!(shown(&spec), expected, "{line}"),
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_proxy_is_refused_with_the_exact_reason() {
    let host = "the host is not a valid name or address";
    let port = "the port is not a number from 1 to 65535";
    let odd = "the host is an IPv4 address in an ambiguous spelling";
    let login = "the login needs a user name of 1-255 bytes and a password of at most 255, without \
                 control characters";
    let percent = "the login has a % without two hexadecimal digits, or is not UTF-8 when decoded";
    let scheme = "the protocol is none of http, https, socks4, socks4a, socks5, socks5h";
    let twice = "can be read in two ways: write it as scheme://user:password@host:port";
    let shape = "is in none of the known forms, such as host:port:user:password or \
                 scheme://user:password@host:port";
    let brackets = "an IPv6 address must stand in brackets before its port";
    let trailing = "only a # comment may follow the proxy";
    let path = "nothing but a slash may follow the port of a URL";
    for (line, why) in [
        ("192.0.2.1", "the port is missing"),
        ("http://192.0.2.1", "the port is missing"),
        ("u:p@gate", "the port is missing"),
        (":8080", host),
        ("under score!:8080x", trailing),
        ("exa!mple:8080", host),
        ("[2001:db8::1:80", host),
        ("[gate]:80", host),
        ("[::1]80", host),
        ("127.1:80", odd),
        ("256.1.1.1 80", odd),
        ("192.0.2.1:", port),
        ("192.0.2.1:0", port),
        ("192.0.2.1:65536", port),
        ("192.0.2.1:+80", port),
        ("192.0.2.1:99999:user:8080", port),
        ("192.0.2.1 99999", port),
        ("2001:db8::1", brackets),
        ("2001:db8::1:3128", brackets),
        ("http://2001:db8::1:3128", brackets),
        ("u:p@2001:db8::1:3128", brackets),
        ("ftp://192.0.2.1:21", scheme),
        ("direct://192.0.2.1:21", scheme),
        ("http://u:%4@192.0.2.1:80", percent),
        ("http://u:%zz@192.0.2.1:80", percent),
        ("http://u:%ff@192.0.2.1:80", percent),
        ("http://u:%0a@192.0.2.1:80", login),
        ("http://:p@192.0.2.1:80", login),
        ("192.0.2.1:80::p", login),
        ("192.0.2.1:80:u:a\u{7}b", login),
        ("192.0.2.1:80:u", shape),
        ("192.0.2.1 80 u", shape),
        ("192.0.2.1;80;u;p;DE", shape),
        ("192.0.2.1:80 u p", trailing),
        ("192.0.2.1:80 is good", trailing),
        ("http://u:p@192.0.2.1:80 x", trailing),
        ("192.0.2.1 80 # good", twice),
        ("u:12345:192.0.2.1:8080", twice),
        ("192.0.2.1:80:u:p@gate:80", twice),
        ("192.0.2.1:80@u:80", twice),
        ("http://192.0.2.1:80/path", path),
        ("http://u:p@192.0.2.1:80/?q", path),
    ] {
        assert_eq!(refusal(line), why, "{line}");
    }
}

#[test]
fn lengths_are_limited() {
    let part = |bytes: usize| "x".repeat(bytes);
    let line = |user, password| format!("192.0.2.1:80:{}:{}", part(user), part(password));
    assert!(parse_line(&line(255, 255), &Defaults::default()).is_ok());
    for (user, password) in [(256, 1), (1, 256)] {
        assert_eq!(
            parse_line(&line(user, password), &Defaults::default()).unwrap_err(),
            LineError::BadLogin
        );
    }
    assert!(parse_line(&format!("#{}", part(4095)), &Defaults::default()).is_ok());
    assert_eq!(refusal(&format!("#{}", part(4096))), "longer than 4096 bytes");
}

#[test]
fn blank_lines_and_comments_are_nothing() {
    for line in ["", " \t\r\n", "#", "  # 192.0.2.1:80", "\u{feff}# list"] {
        assert_eq!(parse_line(line, &Defaults::default()), Ok(None), "{line}");
    }
}

#[test]
fn defaults_hold_where_the_line_is_silent() {
    let login = Arc::new(Login { username: "all".to_owned(), password: "of them".into() });
    let defaults = Defaults {
        protocol: Protocol::Socks5,
        login: Some(login),
        tags: vec!["bulk".into()],
        place: model::Place { country: Some("de".parse().unwrap()), ..model::Place::default() },
        enabled: false,
    };
    let spec = |line| parse_line(line, &defaults).unwrap().unwrap();
    let silent = spec("192.0.2.1:80");
    assert_eq!(shown(&silent), "socks5://192.0.2.1:80 all of them");
    assert_eq!(
        (&silent.tags, &silent.place, silent.enabled),
        (&defaults.tags, &defaults.place, false)
    );
    assert_eq!(shown(&spec("http://u:p@192.0.2.1:80")), "http://192.0.2.1:80 u p");
    assert_eq!(shown(&spec("192.0.2.1:80::")), "socks5://192.0.2.1:80 all of them");
}

proptest! {
    /// Whatever stands around it, the secret never comes back in an error.
    #[test]
    fn no_message_contains_the_secret(
        before in "[a-z0-9.:@/%|; \\[\\]-]{0,24}",
        after in "[a-z0-9.:@/%|; \\[\\]-]{0,24}",
    ) {
        let line = format!("{before}S3CR3TxZQ{after}");
        if let Err(why) = parse_line(&line, &Defaults::default()) {
            let message = format!("{why} {why:?}");
            prop_assert!(!message.contains("S3CR3T"), "{}", message);
        }
    }

    /// A login comes through a URL unchanged, whatever is in it.
    #[test]
    fn a_percent_encoded_login_is_read_back(user in "[^\\pC]{1,60}", password in "[^\\pC]{0,60}") {
        let encoded = |text: &str| text.bytes().fold(String::new(), |all, b| format!("{all}%{b:02x}"));
        let line = format!("socks5://{}:{}@[::1]:1080", encoded(&user), encoded(&password));
        let spec = parse_line(&line, &Defaults::default()).unwrap().unwrap();
        prop_assert_eq!(shown(&spec), format!("socks5://[::1]:1080 {user} {password}"));
    }
}
