//! Beginnings of HTTP/2 as browsers write them, cut up and broken.

use proptest::prelude::*;

use super::*;
use crate::LIMIT;

const MAGIC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), body].concat()
}

fn settings(list: &[(u16, u32)]) -> Vec<u8> {
    let bytes = list.iter().flat_map(|(id, value)| {
        id.to_be_bytes().into_iter().chain(value.to_be_bytes()).collect::<Vec<_>>()
    });
    frame(4, 0, 0, &bytes.collect::<Vec<_>>())
}

fn window_update(by: u32) -> Vec<u8> {
    frame(8, 0, 0, &by.to_be_bytes())
}

fn priority(stream: u32, depends_on: u32, weight: u16) -> Vec<u8> {
    let weight = u8::try_from(weight - 1).unwrap();
    frame(2, 0, stream, &[&depends_on.to_be_bytes()[..], &[weight]].concat())
}

fn start(frames: &[&[u8]]) -> Vec<u8> {
    [&[MAGIC], frames].concat().concat()
}

fn whole(bytes: &[u8]) -> Preface {
    match read(bytes).unwrap() {
        Read::Whole(preface) => preface,
        Read::NeedsMore => panic!("more is wanted"),
    }
}

/// `:method :authority :scheme :path`, then a name of its own in Huffman code and `user-agent`.
const CHROME_BLOCK: &[u8] = &[
    0x82, 0x41, 0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff, 0x87,
    0x84, 0x40, 0x88, 0x25, 0xa8, 0x49, 0xe9, 0x5b, 0xa9, 0x7d, 0x7f, 0x01, b'x', 0x7a, 0x01, b'y',
];

fn chrome() -> Vec<u8> {
    let request = [&[0x80, 0, 0, 0, 255], CHROME_BLOCK].concat();
    start(&[
        &settings(&[(1, 65_536), (2, 0), (4, 6_291_456), (6, 262_144)]),
        &window_update(15_663_105),
        &frame(1, 0x25, 1, &request),
    ])
}

#[test]
fn chrome_is_read_as_it_is_published() {
    let preface = whole(&chrome());
    assert_eq!(preface.akamai(), "1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p");
    let priority = Priority { stream: 1, exclusive: true, depends_on: 0, weight: 256 };
    assert_eq!(preface.request_priority, Some(priority));
    let names = [":method", ":authority", ":scheme", ":path", "custom-key", "user-agent"];
    assert_eq!(preface.names, names);
}

/// Firefox before 132 built a tree of streams that it never used.
#[test]
fn firefox_is_read_as_it_is_published() {
    let tree = [(3, 0, 201), (5, 0, 101), (7, 0, 1), (9, 7, 1), (11, 3, 1), (13, 0, 241)];
    let tree: Vec<_> = tree.map(|(stream, on, weight)| priority(stream, on, weight)).concat();
    // :method, :path, :authority, :scheme
    let block = [0x82, 0x84, 0x01, 0x01, b'x', 0x87];
    let preface = whole(&start(&[
        &settings(&[(1, 65_536), (4, 131_072), (5, 16_384)]),
        &window_update(12_517_377),
        &tree,
        &frame(1, 0x4, 15, &block),
    ]));
    assert_eq!(
        preface.akamai(),
        "1:65536;4:131072;5:16384|12517377|3:0:0:201,5:0:0:101,7:0:0:1,9:0:7:1,11:0:3:1,13:0:0:241|m,p,a,s"
    );
}

#[test]
fn what_is_not_sent_is_shown_as_such() {
    let preface = whole(&start(&[&settings(&[]), &frame(1, 0x4, 1, &[0x82, 0x84])]));
    assert_eq!(preface.akamai(), "|00|0|m,p");
    assert_eq!((preface.window_update, preface.request_priority), (None, None));
}

#[test]
fn padding_continuations_and_frames_of_other_kinds_are_gone_through() {
    let (left, right) = CHROME_BLOCK.split_at(5);
    let padded = [&[3], left, &[0, 0, 0]].concat();
    let preface = whole(&start(&[
        &settings(&[(3, 100)]),
        &settings(&[(4, 1)]),
        &frame(4, 1, 0, &[]),
        &frame(0x10, 0, 0, b"whatever"),
        &frame(8, 0, 1, &[0; 4]),
        &frame(1, 0x8, 1, &padded),
        &frame(9, 0, 1, &right[..4]),
        &frame(9, 0x4, 1, &right[4..]),
    ]));
    assert_eq!(preface.akamai(), "3:100|00|0|m,a,s,p");
}

/// An entry of the first block is named again by its index, until a shorter table forgets it.
#[test]
fn the_table_holds_what_the_block_put_in() {
    let block = |resize: &[u8], length: usize| {
        let mut block = [resize, &[0x82, 0x40, 0x01, b'a', 0x01, b'1', 0x40, 0x01, b'b']].concat();
        block.push(u8::try_from(length).unwrap());
        block.extend(std::iter::repeat_n(b'2', length));
        block.extend([0xbe, 0xbf]);
        start(&[&settings(&[]), &frame(1, 0x4, 1, &block)])
    };
    assert_eq!(whole(&block(&[], 1)).names, [":method", "a", "b", "b", "a"]);
    // 68 bytes: 34 each.
    let resize = [0x3f, 68 - 31];
    assert_eq!(whole(&block(&resize, 1)).names, [":method", "a", "b", "b", "a"]);
    assert_eq!(read(&block(&resize, 2)), Err(NotHttp2::Headers));
}

#[test]
fn what_cannot_begin_http2_is_refused_at_once() {
    let settings = settings(&[]);
    let cases: &[(&[u8], NotHttp2)] = &[
        (b"GET / HTTP/1.1\r\n", NotHttp2::Preface),
        (b"PRI * HTTP/1", NotHttp2::Preface),
        (&start(&[&frame(1, 0x4, 1, &[0x82])]), NotHttp2::NoSettings),
        (&start(&[&frame(4, 1, 0, &[])]), NotHttp2::NoSettings),
        (&start(&[&frame(4, 0, 0, &[0; 5])]), NotHttp2::FrameLength),
        (&start(&[&frame(4, 0, 1, &[])]), NotHttp2::FrameOrder),
        (&start(&[&[0, 0x40, 1]]), NotHttp2::FrameLength),
        (&start(&[&settings, &frame(9, 4, 1, &[])]), NotHttp2::FrameOrder),
        (&start(&[&settings, &frame(1, 4, 0, &[])]), NotHttp2::FrameOrder),
        (&start(&[&settings, &frame(1, 0, 1, &[]), &frame(9, 4, 3, &[])]), NotHttp2::FrameOrder),
        (&start(&[&settings, &frame(1, 0, 1, &[]), &settings]), NotHttp2::FrameOrder),
        (&start(&[&settings, &frame(2, 0, 1, &[0; 4])]), NotHttp2::FrameLength),
        (&start(&[&settings, &frame(8, 0, 0, &[0; 5])]), NotHttp2::FrameLength),
        (&start(&[&settings, &frame(1, 0xc, 1, &[2, 0])]), NotHttp2::FrameLength),
        (&start(&[&settings, &frame(1, 4, 1, &[0x80])]), NotHttp2::Headers),
        (&start(&[&settings, &frame(1, 4, 1, &[0xbe])]), NotHttp2::Headers),
        (&start(&[&settings, &frame(1, 4, 1, &[0x40, 0x05, b'a'])]), NotHttp2::Headers),
        (&start(&[&settings, &frame(1, 4, 1, &[0xff; 9])]), NotHttp2::Headers),
        (&start(&[&settings, &frame(1, 4, 1, &[0x82; 1025])]), NotHttp2::Headers),
    ];
    for (bytes, error) in cases {
        assert_eq!(read(bytes), Err(*error), "{bytes:?}");
    }
    let endless = start(&[&settings, &frame(0x10, 0, 0, &[0; 16_000]).repeat(5)]);
    assert_eq!(read(&endless), Err(NotHttp2::TooLarge));
    assert_eq!(read(&endless[..LIMIT - 1]), Ok(Read::NeedsMore));
}

#[test]
fn every_part_of_it_wants_more() {
    let bytes = chrome();
    for end in 0..bytes.len() {
        assert_eq!(read(&bytes[..end]), Ok(Read::NeedsMore), "{end}");
    }
    assert_eq!(read(&[&bytes[..], b"what follows"].concat()), read(&bytes));
}

proptest! {
    #[test]
    fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..120) {
        let chrome = chrome();
        let _ = read(&body);
        let _ = read(&start(&[&settings(&[]), &frame(1, 0x4, 1, &body)]));
        let _ = read(&[&chrome[..cut.min(chrome.len())], &body].concat());
    }
}
