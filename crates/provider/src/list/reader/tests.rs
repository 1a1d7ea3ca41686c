//! Whole lists in each format, in pieces of any size.

use std::sync::Arc;

use model::proxy::ProxySpec;
use proptest::prelude::*;

use super::Reader;
use crate::list::entries::Numbered;
use crate::list::{Defaults, Format, LineError};

fn read(format: Option<Format>, list: &[u8]) -> Vec<Numbered> {
    read_in_pieces(format, list, &[])
}

fn read_in_pieces(format: Option<Format>, list: &[u8], cuts: &[usize]) -> Vec<Numbered> {
    let mut out = Vec::new();
    let mut reader = Reader::new(format, Defaults::default());
    let mut rest = list;
    for cut in cuts {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        reader.feed(piece, &mut out);
        rest = after;
    }
    reader.feed(rest, &mut out);
    reader.finish(&mut out);
    out
}

fn shown(out: &[Numbered]) -> Vec<String> {
    out.iter()
        .map(|(number, result)| match result {
            Ok(spec) => format!("{number} {}", spec.endpoint.address()),
            Err(why) => format!("{number} {why}"),
        })
        .collect()
}

fn only(list: &str) -> ProxySpec {
    let mut out = read(None, list.as_bytes());
    assert_eq!(out.len(), 1, "{list}");
    out.pop().unwrap().1.unwrap()
}

#[test]
fn lines_are_numbered_whatever_stands_between() {
    let list = b"\xef\xbb\xbf\r\n# mine\n192.0.2.1:80\r\n\n192.0.2.2\n\xff\n192.0.2.3:80";
    assert_eq!(
        shown(&read(None, list)),
        [
            "3 http://192.0.2.1:80",
            "5 the port is missing",
            "6 is not UTF-8 text",
            "7 http://192.0.2.3:80"
        ]
    );
}

#[test]
fn an_overlong_entry_is_reported_once_and_skipped() {
    for bytes in [4097, 5000, 100_000] {
        let long = "x".repeat(bytes);
        let list = format!("{long}\n192.0.2.1:80\n{long}\n192.0.2.2:80\n{long}");
        let expected = [
            "1 longer than 4096 bytes",
            "2 http://192.0.2.1:80",
            "3 longer than 4096 bytes",
            "4 http://192.0.2.2:80",
            "5 longer than 4096 bytes",
        ];
        assert_eq!(shown(&read(None, list.as_bytes())), expected);

        let list = format!("ip,port\n{long},80\n192.0.2.1,80\n{long}");
        let expected =
            ["2 longer than 4096 bytes", "3 http://192.0.2.1:80", "4 longer than 4096 bytes"];
        assert_eq!(shown(&read(None, list.as_bytes())), expected);
    }
    let long = "x".repeat(16_384);
    let list = format!("[\"{long}\", \"192.0.2.1:80\", {{\"a\": \"{long}\"}}]");
    let expected =
        ["1 longer than 16384 bytes", "2 http://192.0.2.1:80", "3 longer than 16384 bytes"];
    assert_eq!(shown(&read(None, list.as_bytes())), expected);
}

#[test]
fn limits_do_not_depend_on_where_the_list_is_cut() {
    for bytes in 4080..4100 {
        let list =
            format!("ip,tags\n192.0.2.1:80,{}\n1.1.1.1:1,{}", "x".repeat(bytes), "y".repeat(bytes));
        let whole = read(None, list.as_bytes());
        assert_eq!(read_in_pieces(None, list.as_bytes(), &vec![1; list.len()]), whole, "{bytes}");
        let list = &list[8..];
        let whole = read(None, list.as_bytes());
        assert_eq!(read_in_pieces(None, list.as_bytes(), &vec![1; list.len()]), whole, "{bytes}");
    }
}

#[test]
fn a_list_ends_at_its_limit() {
    for (list, taken) in [("a:1\nb\n#\nc:1\nd:1\ne:1", 3), ("a:1\nb\nc:1\n#\n", 3), ("a:1", 1)] {
        let mut out = Vec::new();
        let mut reader = Reader::limited(None, Defaults::default(), 3);
        reader.feed(list.as_bytes(), &mut out);
        reader.feed(b"\n", &mut out);
        reader.finish(&mut out);
        let refused = out.iter().filter(|(_, r)| *r == Err(LineError::TooMany { limit: 3 }));
        assert_eq!(refused.count(), usize::from(list.len() > 13), "{list}");
        assert_eq!(out.len() - usize::from(list.len() > 13), taken, "{list}");
    }
}

#[test]
fn the_first_line_tells_the_format() {
    for (list, expected) in [
        ("# x\n[2001:db8::1]:80\n", "2 http://[2001:db8::1]:80"),
        ("# x\n\nIP Address;Port\n192.0.2.1;80\n", "4 http://192.0.2.1:80"),
        ("\"ip\"\t\"port\"\r\n\"192.0.2.1\"\t\"80\"\r\n", "2 http://192.0.2.1:80"),
        ("proxy\nsocks5://192.0.2.1:80\n", "2 socks5://192.0.2.1:80"),
        ("proxy;8080;user;pass", "1 http://proxy:8080"),
        ("[\n  \"192.0.2.1:80\"\n]\n", "1 http://192.0.2.1:80"),
        ("\u{feff}[{\"ip\":\"192.0.2.1\",\"port\":80}]", "1 http://192.0.2.1:80"),
        ("{\"ip\":\"192.0.2.1\",\"port\":\"80\"}", "1 http://192.0.2.1:80"),
        ("\"192.0.2.1:80\"\n", "1 http://192.0.2.1:80"),
    ] {
        assert_eq!(shown(&read(None, list.as_bytes())), [expected], "{list}");
    }
    for list in ["", "\n\n", "# nothing", "ip,port\n", "[]", "[ ]\n"] {
        assert_eq!(read(None, list.as_bytes()), [], "{list}");
    }
}

#[test]
fn a_row_and_an_object_say_the_same() {
    let row = only(
        "Country,City,State,ASN,ISP,Kind,tags,enabled,password,USER,type,port,host,checked\n\
         uk,São Paulo,New York,AS64500,Ex Net,Mobile,\"Fast|eu.west\",No,\"p,\"\"q\",u,SOCKS5,1080,192.0.2.1,now\n",
    );
    let object = only(
        r#"{"cc": "GB", "city": "sao_paulo", "state": "newyork", "asn": 64500, "isp": "EXNET",
            "network": "mobile", "tags": ["fast", "eu.west"], "enabled": false, "pass": "p,\"q",
            "login": "u", "scheme": "socks5h", "port": 1080, "ip": "192.0.2.1", "seen": {"a": "]"}}"#,
    );
    assert_eq!(row, object);
    assert_eq!(row.endpoint.address(), "socks5://192.0.2.1:1080");
    assert_eq!(row.endpoint.login.as_ref().unwrap().password.expose(), "p,\"q");
    assert_eq!(row.place.city.as_deref(), Some("saopaulo"));
    assert_eq!(row.place.country.unwrap().as_str(), "GB");
    assert_eq!((row.tags, row.enabled), (vec!["fast".into(), "eu.west".into()], false));
}

#[test]
fn wrong_cells_are_named() {
    let list = "url,port,country,asn,network,tags,enabled,type\n\
        http://u:p@192.0.2.1:80,80\n\
        http://u:p@192.0.2.1:80,81\n\
        192.0.2.1,80,Germany\n\
        192.0.2.1,80,,AS\n\
        192.0.2.1,80,,,home\n\
        192.0.2.1,80,,,,a/b\n\
        192.0.2.1,80,,,,,perhaps\n\
        192.0.2.1,80,,,,,,ftp\n\
        192.0.2.1,80,,,,,,,,\n\
        192.0.2.1,80,,,,,,,,x\n\
        ,80\n\
        192.0.2.1,\n\
        ,,,\n\
        192.0.2.1,http\n";
    let column = |number: u32, name: &str| {
        format!("{number} the value in column {name} is not one it may have")
    };
    assert_eq!(
        shown(&read(None, list.as_bytes())),
        [
            "2 http://192.0.2.1:80".to_owned(),
            column(3, "port"),
            "4 the country must be a two-letter country code".to_owned(),
            column(5, "asn"),
            column(6, "network"),
            column(7, "tags"),
            column(8, "enabled"),
            "9 the protocol is none of http, https, socks4, socks4a, socks5, socks5h".to_owned(),
            "10 http://192.0.2.1:80".to_owned(),
            "11 the row has more cells than the header".to_owned(),
            "12 the host is not a valid name or address".to_owned(),
            "13 the port is missing".to_owned(),
            "15 the port is not a number from 1 to 65535".to_owned(),
        ]
    );
    assert_eq!(
        shown(&read(Some(Format::Csv), b"192.0.2.1,80\n192.0.2.2,80\n")),
        ["1 the header has no column named host, ip, address, proxy or url"]
    );
}

#[test]
fn broken_json_is_reported_without_its_text() {
    for (list, expected) in [
        ("[\"a:1\", S3CR3T, \"b:1\"]", vec!["1 a", "2 the element is not valid JSON", "3 b"]),
        (
            "[\"a:1\", 5, \"b:1\"]",
            vec!["1 a", "2 the element is neither an object nor a string", "3 b"],
        ),
        (
            "[\"a:1\", {\"ip\": {}}]",
            vec!["1 a", "2 the value in column host is not one it may have"],
        ),
        ("[\"a:1\", [\"S3CR3T\"]]", vec!["1 a", "2 the element is neither an object nor a string"]),
        ("[\"a:1\"", vec!["1 a", "2 the document ends before its array does"]),
        ("[\"a:1\", {\"S3CR3T", vec!["1 a", "2 the document ends within an element"]),
        ("[\"a:1\"] S3CR3T S3CR3T", vec!["1 a", "2 something follows the array"]),
        (
            "{\"ip\":\"a\",\"port\":1}\n\"b:1\"\nnull",
            vec!["1 a", "2 b", "3 the element is neither an object nor a string"],
        ),
        ("{\"ip\":\"a\",\"port\":1}}\"b:1\"", vec!["1 a", "2 the element is not valid JSON"]),
    ] {
        let found = shown(&read(Some(Format::Json), list.as_bytes()));
        let found: Vec<_> =
            found.iter().map(|s| s.replace("http://", "").replace(":1", "")).collect();
        assert_eq!(found, expected, "{list}");
    }
}

#[test]
fn neighbours_share_one_login() {
    let list = b"a:1:u:p\nb:1:u:p\nu:p@c:1\nd:1:u:q\n";
    let logins: Vec<_> =
        read(None, list).into_iter().map(|(_, r)| r.unwrap().endpoint.login.unwrap()).collect();
    assert!(logins[1..3].iter().all(|login| Arc::ptr_eq(login, &logins[0])));
    assert!(!Arc::ptr_eq(&logins[3], &logins[0]));
}

#[test]
fn a_hundred_thousand_lines_are_read() {
    let list = (0..100_000_u32).fold(String::new(), |list, n| {
        let [_, a, b, c] = n.to_be_bytes();
        list + &format!("10.{a}.{b}.{c}:8080:user:secret\n")
    });
    let out = read(None, list.as_bytes());
    assert_eq!(out.len(), 100_000);
    assert!(out.iter().all(|(_, result)| result.is_ok()));
}

/// Lists made of what matters to one parser or another.
fn list() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![
            "192.0.2.1:80", "\n", "\r\n", ",", ";", "\"", "\"\"", "[", "]", "{", "}", "#", "\\",
            "ip,port\n", "{\"ip\":\"a\",\"port\":1}", "\"a:1\"", "a:1:u:p\n", "a,1\n", "\u{feff}",
            " ", "\"a\",\"1\"\n", "null", "\\\"", "é",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => (4000_usize..4200).prop_map(|n| vec![b'x'; n]),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn where_a_list_is_cut_makes_no_difference(
        list in list(),
        format in prop::sample::select(vec![None, Some(Format::Lines), Some(Format::Csv), Some(Format::Json)]),
        cuts in prop::collection::vec(0_usize..40, 0..60),
    ) {
        let whole = read(format, &list);
        prop_assert_eq!(&read_in_pieces(format, &list, &cuts), &whole);
        prop_assert_eq!(&read_in_pieces(format, &list, &vec![1; list.len()]), &whole);
    }

    #[test]
    fn no_message_about_a_cell_contains_it(name in prop::sample::select(vec![
        "ip", "port", "type", "user", "pass", "cc", "state", "city", "asn", "isp", "kind", "tags", "enabled",
    ]), noise in "[ -~]{0,20}") {
        let list = format!("ip,port,{name}\n192.0.2.1,80,S3CR3T{noise}\n");
        let message = shown(&read(Some(Format::Csv), list.as_bytes())).concat();
        prop_assert!(!message.contains("S3CR3T"), "{}", message);
    }
}
