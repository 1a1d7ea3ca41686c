//! States and numbers of streams (RFC 9113 section 5).

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "5.1",
        "idle: DATA",
        "data 1 +end t:test",
        "goaway:PROTOCOL_ERROR goaway:STREAM_CLOSED closed",
    ),
    ("5.1", "idle: RST_STREAM", "reset 1 #8", "goaway:PROTOCOL_ERROR closed"),
    ("5.1", "idle: WINDOW_UPDATE", "window 1 #100", "goaway:PROTOCOL_ERROR closed"),
    ("5.1", "idle: CONTINUATION", "continuation 1 +eh get", "goaway:PROTOCOL_ERROR closed unseen"),
    (
        "5.1",
        "idle: DATA on a higher stream",
        "headers 1 +eh post; data 3 +end t:test",
        "goaway:PROTOCOL_ERROR goaway:STREAM_CLOSED closed",
    ),
    (
        "5.1",
        "half-closed: DATA",
        "settings 0 set:4=0; headers 1 +end +eh get; data 1 +end t:test",
        "reset:STREAM_CLOSED goaway:STREAM_CLOSED closed ~goaway:PROTOCOL_ERROR",
    ),
    (
        "5.1",
        "half-closed: HEADERS",
        "settings 0 set:4=0; headers 1 +end +eh get; headers 1 +end +eh get",
        "reset:STREAM_CLOSED goaway:STREAM_CLOSED closed ~goaway:PROTOCOL_ERROR",
    ),
    (
        "5.1",
        "half-closed: CONTINUATION",
        "settings 0 set:4=0; headers 1 +end +eh get; continuation 1 +eh f:a=b",
        "goaway:STREAM_CLOSED goaway:PROTOCOL_ERROR closed",
    ),
    (
        "5.1",
        "reset: DATA",
        "headers 1 +eh post; reset 1 #8; data 1 +end t:test",
        "reset:STREAM_CLOSED goaway:STREAM_CLOSED closed",
    ),
    (
        "5.1",
        "reset: HEADERS",
        "headers 1 +eh post; reset 1 #8; headers 1 +end +eh post",
        "reset:STREAM_CLOSED goaway:STREAM_CLOSED closed ~goaway:PROTOCOL_ERROR",
    ),
    (
        "5.1",
        "reset: CONTINUATION",
        "headers 1 +eh post; reset 1 #8; continuation 1 +eh f:a=b",
        "goaway:STREAM_CLOSED goaway:PROTOCOL_ERROR closed",
    ),
    (
        "5.1",
        "closed: DATA",
        "headers 1 +end +eh get; <end; data 1 +end t:test",
        "reset:STREAM_CLOSED goaway:STREAM_CLOSED closed",
    ),
    (
        "5.1",
        "closed: HEADERS",
        "headers 1 +end +eh get; <end; headers 1 +end +eh get",
        "goaway:STREAM_CLOSED closed ~goaway:PROTOCOL_ERROR",
    ),
    (
        "5.1",
        "closed: CONTINUATION",
        "headers 1 +end +eh get; <end; continuation 1 +eh f:a=b",
        "goaway:STREAM_CLOSED goaway:PROTOCOL_ERROR closed",
    ),
    ("5.1.1", "an even number", "headers 2 +end +eh get", "goaway:PROTOCOL_ERROR closed unseen"),
    (
        "5.1.1",
        "a lower number",
        "headers 5 +end +eh get; headers 3 +end +eh get",
        "goaway:PROTOCOL_ERROR goaway:STREAM_CLOSED closed",
    ),
    ("5.1.1", "number 0", "headers 0 +end +eh get", "goaway:PROTOCOL_ERROR closed unseen"),
    (
        "5.1.2",
        "more at once than allowed",
        "settings 0 set:4=0; headers 1..203 +end +eh get",
        "reset:REFUSED_STREAM reset:PROTOCOL_ERROR",
    ),
    ("5.1.2", "as many as allowed", "headers 1..199 +end +eh get", "ok"),
    (
        "5.3.1",
        "HEADERS that depend on themselves",
        "headers 1 +end +eh +prio #1 0xff get",
        "reset:PROTOCOL_ERROR goaway:PROTOCOL_ERROR closed",
    ),
    (
        "5.3.1",
        "PRIORITY that depends on itself",
        "priority 1 #1 0xff",
        "reset:PROTOCOL_ERROR goaway:PROTOCOL_ERROR closed",
    ),
];
