//! What is decoded, from how little, and what a bomb costs.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use model::ban::BODY_PREFIX;
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

pub(crate) fn encode(coding: Coding, text: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Brotli => {
            let mut out = Vec::new();
            let parameters = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
            brotli::BrotliCompress(&mut &text[..], &mut out, &parameters).unwrap();
            out
        }
        Coding::Zstd => compress_to_vec(text, CompressionLevel::Fastest),
    }
}

const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

fn decoded(codings: &[Coding], raw: &[u8]) -> Vec<u8> {
    decode(codings, raw, BODY_PREFIX).0.into_owned()
}

/// Text in which little repeats, so that half of the bytes are about half of the content.
fn prose(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let words = ["please", "verify", "that", "you", "are", "human", "captcha", "and", "wait"];
    let mut text = Vec::new();
    while text.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend_from_slice(words[(state >> 24) as usize % words.len()].as_bytes());
        write!(text, " {} ", state >> 16).unwrap();
    }
    text.truncate(length);
    text
}

#[test]
fn every_coding_is_taken_off_alone_and_stacked() {
    let page = b"<title>Attention Required!</title> captcha".repeat(3);
    for coding in ALL {
        assert_eq!(decoded(&[coding], &encode(coding, &page)), page, "{coding:?}");
    }
    let twice = encode(Coding::Brotli, &encode(Coding::Gzip, &page));
    assert_eq!(decoded(&[Coding::Gzip, Coding::Brotli], &twice), page);
    let thrice = encode(Coding::Zstd, &twice);
    assert_eq!(decoded(&[Coding::Gzip, Coding::Brotli, Coding::Zstd], &thrice), page);
}

#[test]
fn bare_deflate_and_gzip_in_members_are_read() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"access denied").unwrap();
    assert_eq!(decoded(&[Coding::Deflate], &encoder.finish().unwrap()), b"access denied");
    let members = [encode(Coding::Gzip, b"access "), encode(Coding::Gzip, b"denied")].concat();
    assert_eq!(decoded(&[Coding::Gzip], &members), b"access denied");
}

#[test]
fn the_beginning_of_coded_content_is_the_beginning_of_the_content() {
    let text = prose(40_000);
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli] {
        let raw = encode(coding, &text);
        let half = decoded(&[coding], &raw[..raw.len() / 2]);
        assert!(half.len() > 10_000 && text.starts_with(&half), "{coding:?}: {}", half.len());
    }
}

#[test]
fn zstd_gives_the_blocks_that_are_there_whatever_its_window() {
    let text = prose(400_000);
    let raw = encode(Coding::Zstd, &text);
    let most = text.len();
    let (half, _) = decode(&[Coding::Zstd], &raw[..raw.len() / 2], most);
    assert!(half.len() >= 128 * 1024 && text.starts_with(&half), "{}", half.len());
    // A frame to be skipped (RFC 8878 section 3.1.2), and two frames.
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9][..], &raw, &raw].concat();
    assert_eq!(decode(&[Coding::Zstd], &skipped, 2 * most).0, [&text[..], &text].concat());
}

#[test]
fn a_zstd_frame_with_a_checksum_or_a_huge_window_harms_nobody() {
    // Magic, descriptor with checksum, window 1 KiB; a raw block, the last; a wrong checksum.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x19, 0, 0, b'b', b'a', b'n', 1, 2, 3, 4];
    assert_eq!(decoded(&[Coding::Zstd], &frame), b"ban");
    assert_eq!(decoded(&[Coding::Zstd], &frame[..13]), b"ban", "the checksum is cut off");
    let mut huge = frame;
    huge[5] = 0xa0; // 1 GiB
    assert_eq!(decoded(&[Coding::Zstd], &huge), b"");
}

#[test]
fn a_bomb_costs_no_more_than_what_is_looked_at() {
    let zeros = vec![0; 10 << 20];
    for coding in ALL {
        let bomb = encode(coding, &zeros);
        assert!(bomb.len() < 16 << 10, "{coding:?}: {}", bomb.len());
        let (bytes, capped) = decode(&[coding], &bomb, BODY_PREFIX);
        assert_eq!((bytes.len(), capped), (BODY_PREFIX, true), "{coding:?}");
        let stacked = encode(Coding::Gzip, &bomb);
        let (bytes, capped) = decode(&[coding, Coding::Gzip], &stacked, BODY_PREFIX);
        assert_eq!((bytes.len(), capped), (BODY_PREFIX, true), "{coding:?}");
    }
    // What is still coded is bounded, too: ten MiB of nothing are not even unpacked as gzip.
    let bomb = encode(Coding::Brotli, &zeros);
    let (bytes, capped) = decode(&[Coding::Gzip, Coding::Brotli], &bomb, BODY_PREFIX);
    assert_eq!((bytes.len(), capped), (0, true));
}

#[test]
fn a_decoder_allocates_no_more_than_it_gives() {
    let bomb = encode(Coding::Gzip, &vec![0; 10 << 20]);
    assert!(
        beginning(flate2::bufread::GzDecoder::new(&bomb[..]), BODY_PREFIX).capacity()
            <= BODY_PREFIX
    );
}

proptest! {
    #[test]
    fn what_was_coded_comes_back(text: Vec<u8>, first in 0..4_usize, second in 0..4_usize) {
        let raw = encode(ALL[second], &encode(ALL[first], &text));
        prop_assert_eq!(decoded(&[ALL[first], ALL[second]], &raw), text);
    }

    #[test]
    fn rubbish_is_no_trouble(raw: Vec<u8>, at in 0..4_usize, flip: (usize, u8)) {
        let _ = decoded(&[ALL[at]], &raw);
        let mut broken = encode(ALL[at], &prose(3000));
        let place = flip.0 % broken.len();
        broken[place] ^= flip.1;
        prop_assert!(decoded(&[ALL[at]], &broken).len() <= BODY_PREFIX);
    }
}
