//! What is known of an answer when it is judged.

use std::borrow::Cow;
use std::cell::OnceCell;

use http1::Fields;
use model::ban::BODY_PREFIX;

use crate::content;

/// Bytes of content, as sent, that are looked at.
pub const MOST_RAW: usize = 64 * 1024;

/// An answer: its head, and what has come of its content.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// 100-999.
    pub status: u16,
    /// The fields, as sent.
    pub fields: &'a Fields,
    /// Bytes of content that are announced, before anything has come.
    pub announced: Option<u64>,
    /// What has come.
    pub content: Content<'a>,
}

/// Content without its framing (chunks), but still in its codings.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Nothing was waited for yet.
    Unread,
    /// The beginning.
    Prefix(&'a [u8]),
    /// All of it; nothing where there is none.
    Whole(&'a [u8]),
}

/// An answer under examination: what is decoded is decoded once, and only when a sign needs it.
pub(crate) struct Examined<'a> {
    pub(crate) answer: Answer<'a>,
    /// Not more than [`MOST_RAW`].
    pub(crate) raw: &'a [u8],
    /// Nothing comes after `raw`.
    pub(crate) ended: bool,
    text: OnceCell<Option<Text<'a>>>,
}

/// Decoded content.
pub(crate) struct Text<'a> {
    /// Not more than [`BODY_PREFIX`].
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Nothing more is looked at, whatever comes.
    pub(crate) fixed: bool,
}

impl<'a> Examined<'a> {
    pub(crate) fn new(answer: Answer<'a>) -> Self {
        let (raw, ended) = match answer.content {
            Content::Unread => (&[][..], false),
            Content::Prefix(raw) => (raw, false),
            Content::Whole(raw) => (raw, raw.len() <= MOST_RAW),
        };
        let raw = &raw[..raw.len().min(MOST_RAW)];
        Self { answer, raw, ended, text: OnceCell::new() }
    }

    /// Whether no byte more of the content is looked at.
    pub(crate) fn full(&self) -> bool {
        self.ended || self.raw.len() == MOST_RAW
    }

    /// The decoded content; `None` in a coding that is not known.
    pub(crate) fn text(&self) -> Option<&Text<'a>> {
        let decode = || {
            let codings = content::codings(self.answer.fields)?;
            let (bytes, capped) = content::decode(&codings, self.raw, BODY_PREFIX);
            Some(Text { bytes, fixed: capped || self.full() })
        };
        self.text.get_or_init(decode).as_ref()
    }
}
