//! Records for tests, with a canary in every place where a secret may stand.

use std::net::IpAddr;
use std::time::Duration;

use bytes::BytesMut;
use http1::{Limits, RequestHead, ResponseHead};
use jiff::Timestamp;
use model::exchange::{Blame, ExchangeKind};
use model::{ProjectId, ProxyId, Target};

use crate::content::Prefix;
use crate::message::{Request, Response, Scheme};
use crate::record::{Fingerprints, Protocols, Record, Timings};

fn request_head(text: &str) -> RequestHead {
    http1::request::parse(&mut BytesMut::from(text), &Limits::default()).unwrap().unwrap()
}

fn response_head(text: &str) -> ResponseHead {
    http1::response::parse(&mut BytesMut::from(text), &Limits::default()).unwrap().unwrap()
}

fn prefix(text: &str) -> Prefix<'_> {
    Prefix { bytes: text.as_bytes(), size: text.len() as u64, is_cut: false, is_decoded: false }
}

/// A record of a plain GET that was answered with `status`.
pub(crate) fn plain(project: ProjectId, url: &str, status: u16) -> Record {
    let host = url.split("://").nth(1).unwrap().split('/').next().unwrap();
    let target = Target::parse_or(host, 80).unwrap();
    let head = request_head(&format!("GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    let answer =
        response_head(&format!("HTTP/1.1 {status} Fine\r\nContent-Type: text/plain\r\n\r\n"));
    Record {
        id: 0,
        started_at: Timestamp::from_millisecond(1_800_000_000_123).unwrap(),
        project,
        kind: ExchangeKind::Http,
        client: IpAddr::from([192, 0, 2, 1]),
        request: Request::of(&head, (Scheme::Http, &target), Prefix::default()),
        target,
        response: Some(Response::of(&answer, prefix("hello"))),
        exit: None,
        session: None,
        attempts: 1,
        status,
        blame: None,
        banned_by: None,
        tags: Vec::new(),
        timings: Timings::default(),
        bytes_sent: 10,
        bytes_received: 20,
        protocols: Protocols::default(),
        client_tls: None,
        sent_tls: None,
        sent_http2: None,
        tries: Vec::new(),
    }
}

/// A record with all that one can have, and `canary` wherever nothing may be kept.
pub(crate) fn full(project: ProjectId) -> Record {
    let target = Target::parse("shop.example:443").unwrap();
    let head = request_head(
        "POST https://canary:canary@shop.example/buy?q=shoes&api_key=canary&next=https%3A%2F%2Fcanary%3Acanary%40b%2F#code=canary HTTP/1.1\r\n\
         Host: shop.example\r\nAuthorization: Bearer canary\r\nProxy-Authorization: Basic canary\r\n\
         Cookie: sid=canary; theme=canary\r\nX-Api-Key: canary\r\nX-Auth-Token: canary\r\n\
         X-My-Session: canary\r\nClient-Secret: canary\r\nOctoprox-Session: canary\r\n\
         Referer: https://canary@shop.example/?token=canary\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
    );
    let answer = response_head(
        "HTTP/1.1 302 Found\r\nSet-Cookie: sid=canary; Path=/; HttpOnly\r\n\
         Set-Cookie: canary\r\nLocation: https://shop.example/done?code=canary#id_token=canary\r\n\
         Refresh: 0; url=/done?sig=canary\r\nX-Auth-Token: canary\r\nOctoprox-Exit: canary\r\n\
         Proxy-Authenticate: Basic realm=\"p\"\r\nContent-Type: application/json\r\n\r\n",
    );
    let json = r#"{"ok":1,"access_token":"canary","user":{"password":["canary"]},"d":"{\"key\":\"canary\"}"}"#;
    let hello = |name: &str| Some(Fingerprints { ja3: name.to_owned(), ja4: name.to_owned() });
    Record {
        kind: ExchangeKind::Intercepted,
        request: Request::of(
            &head,
            (Scheme::Https, &target),
            prefix("user=anna&password=canary&otp=canary"),
        ),
        response: Some(Response::of(&answer, prefix(json))),
        target,
        exit: Some(ProxyId::new()),
        session: Some("s1".into()),
        attempts: 2,
        status: 302,
        blame: Some(Blame::Target),
        banned_by: Some("captcha".into()),
        tags: vec!["gold".into()],
        timings: Timings {
            begun: Some(Duration::from_millis(4)),
            connected: Some(Duration::from_millis(7)),
            exit: Some(Duration::from_millis(10)),
            tls: Some(Duration::from_millis(30)),
            sent: Some(Duration::from_millis(31)),
            first_byte: Some(Duration::from_millis(70)),
            total: Some(Duration::from_millis(100)),
        },
        protocols: Protocols { client: Some("h2".into()), target: Some("http/1.1".into()) },
        client_tls: hello("client"),
        sent_tls: hello("sent"),
        sent_http2: Some("1:2|0|0|m".into()),
        ..plain(project, "http://shop.example/", 302)
    }
}

#[test]
fn no_secret_gets_into_a_record() {
    let record = full(ProjectId::new());
    let kept = format!("{record:?}");
    assert!(!kept.contains("canary"), "{kept}");
    let har = crate::har::entry(&record);
    assert!(!har.contains("canary"), "{har}");
    let decoded = |content: &crate::Content| content.text().unwrap().to_owned();
    assert_eq!(decoded(record.request.content()), "user=anna&password=[redacted]&otp=[redacted]");
    let answer = decoded(record.response.as_ref().unwrap().content());
    assert!(!answer.contains("canary"), "{answer}");
    for kept in
        ["sid=[redacted]; theme=[redacted]", "sid=[redacted]; Path=/; HttpOnly", "realm", "q=shoes"]
    {
        assert!(har.contains(kept), "{kept}: {har}");
    }
}
