//! What it costs to read a head.

use std::hint::black_box;

use bytes::BytesMut;
use http1::{Limits, request, response};

const REQUEST: &[u8] = b"\
GET http://example.com/catalogue/page-17.html?sort=price&order=asc HTTP/1.1\r\n\
Host: example.com\r\n\
Proxy-Authorization: Basic ZGVtbzpkZW1v\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
Accept-Language: en-US,en;q=0.5\r\n\
Accept-Encoding: gzip, deflate\r\n\
Referer: http://example.com/catalogue/page-16.html\r\n\
Cookie: session=0123456789abcdef0123456789abcdef; theme=light\r\n\
Upgrade-Insecure-Requests: 1\r\n\
Proxy-Connection: keep-alive\r\n\
\r\n";

const RESPONSE: &[u8] = b"\
HTTP/1.1 200 OK\r\n\
Date: Mon, 01 Jun 2026 08:00:00 GMT\r\n\
Server: nginx\r\n\
Content-Type: text/html; charset=utf-8\r\n\
Content-Length: 51274\r\n\
Connection: keep-alive\r\n\
Last-Modified: Fri, 29 May 2026 08:00:00 GMT\r\n\
ETag: \"5ed0b2f0-c84a\"\r\n\
Cache-Control: max-age=600\r\n\
Vary: Accept-Encoding\r\n\
Accept-Ranges: bytes\r\n\
\r\n";

pub(crate) fn request(times: u32) {
    read(times, REQUEST, |bytes, limits| {
        black_box(request::parse(bytes, limits)).is_ok_and(|head| head.is_some())
    });
}

pub(crate) fn response(times: u32) {
    read(times, RESPONSE, |bytes, limits| {
        black_box(response::parse(bytes, limits)).is_ok_and(|head| head.is_some())
    });
}

fn read(times: u32, head: &[u8], parse: fn(&mut BytesMut, &Limits) -> bool) {
    let limits = Limits::default();
    for _ in 0..times {
        assert!(parse(&mut BytesMut::from(black_box(head)), &limits), "it is a whole head");
    }
}
