//! Goes through the frames up to the end of the first header block.

use super::{Preface, Priority, hpack};
use crate::cursor::Cursor;
use crate::{LIMIT, NotHttp2, Read};

const MAGIC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const WITH_PRIORITY: u8 = 0x20;

struct Frame<'a> {
    kind: u8,
    flags: u8,
    stream: u32,
    body: Cursor<'a>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Read<Preface>, NotHttp2> {
    let seen = &bytes[..bytes.len().min(LIMIT)];
    let start = seen.len().min(MAGIC.len());
    if seen[..start] != MAGIC[..start] {
        return Err(NotHttp2::Preface);
    }
    let mut rest = Cursor(&seen[start..]);
    let mut found = Found::default();
    while let Some(frame) = frame(&mut rest)? {
        if found.take(&frame)? {
            found.preface.names = hpack::names(&found.block).ok_or(NotHttp2::Headers)?;
            return Ok(Read::Whole(found.preface));
        }
    }
    if bytes.len() >= LIMIT {
        return Err(NotHttp2::TooLarge);
    }
    Ok(Read::NeedsMore)
}

/// The next frame, once all of it is there.
fn frame<'a>(rest: &mut Cursor<'a>) -> Result<Option<Frame<'a>>, NotHttp2> {
    let mut ahead = *rest;
    let Some(length) = ahead.u24() else { return Ok(None) };
    if length > 1 << 14 {
        return Err(NotHttp2::FrameLength);
    }
    let mut read = || {
        let (kind, flags) = (ahead.u8()?, ahead.u8()?);
        let stream = ahead.u32()? & (u32::MAX >> 1);
        let body = Cursor(ahead.take(usize::try_from(length).ok()?)?);
        Some(Frame { kind, flags, stream, body })
    };
    let frame = read();
    if frame.is_some() {
        *rest = ahead;
    }
    Ok(frame)
}

#[derive(Default)]
struct Found {
    preface: Preface,
    has_settings: bool,
    /// The stream of the first request, while its header block is coming.
    request: Option<u32>,
    block: Vec<u8>,
}

impl Found {
    /// Whether the header block is whole now.
    fn take(&mut self, frame: &Frame) -> Result<bool, NotHttp2> {
        let continues = frame.kind == CONTINUATION && self.request == Some(frame.stream);
        if (self.request.is_some() || frame.kind == CONTINUATION) && !continues {
            return Err(NotHttp2::FrameOrder);
        }
        if !self.has_settings && (frame.kind != SETTINGS || frame.flags & ACK != 0) {
            return Err(NotHttp2::NoSettings);
        }
        let is_on_connection = frame.stream == 0;
        match frame.kind {
            SETTINGS if !is_on_connection => return Err(NotHttp2::FrameOrder),
            HEADERS | PRIORITY if is_on_connection => return Err(NotHttp2::FrameOrder),
            SETTINGS => self.settings(frame.body)?,
            WINDOW_UPDATE if is_on_connection => self.window_update(frame.body)?,
            PRIORITY => {
                let mut body = frame.body;
                let read = priority(&mut body, frame.stream).filter(|_| body.is_empty());
                self.preface.priorities.push(read.ok_or(NotHttp2::FrameLength)?);
            }
            HEADERS => {
                self.request = Some(frame.stream);
                self.headers(frame).ok_or(NotHttp2::FrameLength)?;
            }
            CONTINUATION => self.block.extend_from_slice(frame.body.0),
            _ => {}
        }
        Ok(self.request.is_some() && frame.flags & END_HEADERS != 0)
    }

    fn settings(&mut self, mut body: Cursor) -> Result<(), NotHttp2> {
        let is_first = !std::mem::replace(&mut self.has_settings, true);
        while !body.is_empty() {
            let setting = body.u16().zip(body.u32()).ok_or(NotHttp2::FrameLength)?;
            if is_first {
                self.preface.settings.push(setting);
            }
        }
        Ok(())
    }

    fn window_update(&mut self, mut body: Cursor) -> Result<(), NotHttp2> {
        let by = body.u32().filter(|_| body.is_empty()).ok_or(NotHttp2::FrameLength)?;
        self.preface.window_update.get_or_insert(by & (u32::MAX >> 1));
        Ok(())
    }

    fn headers(&mut self, frame: &Frame) -> Option<()> {
        let mut body = frame.body;
        let padding = if frame.flags & PADDED == 0 { 0 } else { usize::from(body.u8()?) };
        if frame.flags & WITH_PRIORITY != 0 {
            self.preface.request_priority = Some(priority(&mut body, frame.stream)?);
        }
        let length = body.0.len().checked_sub(padding)?;
        self.block.extend_from_slice(body.take(length)?);
        Some(())
    }
}

fn priority(body: &mut Cursor, stream: u32) -> Option<Priority> {
    let dependency = body.u32()?;
    let weight = u16::from(body.u8()?) + 1;
    let depends_on = dependency & (u32::MAX >> 1);
    Some(Priority { stream, exclusive: dependency != depends_on, depends_on, weight })
}
