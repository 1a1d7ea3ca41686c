//! An answer that somebody wrote down or recorded, to try rules on.

use bytes::BytesMut;
use http1::{Fields, Limits, response};

use crate::answer::{Answer, Content};
use crate::error::BadSample;
use crate::field;

/// An answer and its content, as they would have come.
#[derive(Debug)]
pub struct Sample {
    status: u16,
    fields: Fields,
    announced: Option<u64>,
    content: Vec<u8>,
}

impl Sample {
    /// An answer with these fields, in this order. `content` is as sent, in its codings; when
    /// `Content-Length` says more it is taken for the beginning.
    ///
    /// # Errors
    /// [`BadSample`].
    pub fn new(
        status: u16,
        fields: &[(String, String)],
        content: Vec<u8>,
    ) -> Result<Self, BadSample> {
        if !(100..=999).contains(&status) {
            return Err(BadSample::Status);
        }
        let mut head = BytesMut::from("HTTP/1.1 200\r\n");
        for (n, (name, value)) in fields.iter().enumerate() {
            let written = field::name(name).is_ok() && field::sendable(value);
            if !written {
                return Err(BadSample::Field(n));
            }
            for part in [name, ": ", value, "\r\n"] {
                head.extend_from_slice(part.as_bytes());
            }
        }
        head.extend_from_slice(b"\r\n");
        let parsed = response::parse(&mut head, &Limits::default()).ok().flatten();
        let fields = parsed.ok_or(BadSample::TooLarge)?.fields().clone();
        let announced = fields
            .get("content-length")
            .and_then(|value| std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()));
        Ok(Self { status, fields, announced, content })
    }

    /// As rules see it.
    #[must_use]
    pub fn answer(&self) -> Answer<'_> {
        let cut = self.announced.is_some_and(|announced| announced > self.content.len() as u64);
        let content = if cut { Content::Prefix } else { Content::Whole };
        Answer {
            status: self.status,
            fields: &self.fields,
            announced: self.announced,
            content: content(&self.content),
        }
    }
}
