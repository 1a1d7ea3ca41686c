//! Fields that cannot be read (RFC 7541).

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "hpack 2.3.3",
        "an index beyond the tables",
        "headers 1 +end +eh get 0xc6",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 2.3.3",
        "a name beyond the tables",
        "headers 1 +end +eh get 0x7f0f t:%04test",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 2.3.3",
        "an index that has been thrown out",
        "headers 1 +end +eh get i:a=b 0x20 0xbe",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 4.2",
        "a size of the table behind fields",
        "headers 1 +end +eh get 0x21",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 5.1",
        "an integer without end",
        "headers 1 +end +eh get 0xff ffffffffffffffffffff",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 5.1",
        "an integer that breaks off",
        "headers 1 +end +eh get 0xff",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 5.2",
        "a string longer than its block",
        "headers 1 +end +eh get 0x000161 0x7e t:short",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 5.2",
        "Huffman padding of more than 7 bits",
        "headers 1 +end +eh get 0x0085f2b24a84ff 0x8449509fff",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 5.2",
        "Huffman padding of a whole byte",
        "headers 1 +end +eh get 0x000161 0x8d f1e3c2e5f23a6ba0ab90f4ffff",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 5.2",
        "Huffman padding of zeros",
        "headers 1 +end +eh get 0x0085f2b24a84ff 0x83495090",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 5.2",
        "the end of strings in a string",
        "headers 1 +end +eh get 0x000161 0x84 ffffffff",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 6.1",
        "index 0",
        "headers 1 +end +eh get 0x80",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 6.3",
        "a table larger than allowed",
        "headers 1 +end +eh 0x3fe21f get",
        "goaway:COMPRESSION_ERROR closed ~goaway:PROTOCOL_ERROR unseen",
    ),
    (
        "hpack 6.3",
        "three sizes of the table",
        "headers 1 +end +eh 0x20 0x21 0x3e get",
        "goaway:COMPRESSION_ERROR ok",
    ),
];
