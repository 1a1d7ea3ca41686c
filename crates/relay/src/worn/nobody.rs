//! What stands in for disguises where none were built: nothing in here can exist.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use dial::Handshake;
use model::Interception;
use rotation::ProjectEntry;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::AttemptError;
use crate::relay::Relay;

/// Nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(Infallible);

/// No connection.
pub(crate) struct Opened(Infallible);

/// No stream.
pub(crate) struct Stream(Infallible);

/// Nothing to wear.
pub(crate) struct Wardrobe(Infallible);

/// And nobody who has any.
#[derive(Default)]
pub(crate) struct Wardrobes;

impl Identity {
    pub(crate) fn of(_: &Interception, _: Option<&[u8]>, _: u64) -> Option<Self> {
        None
    }
}

impl Wardrobes {
    #[expect(clippy::unused_self, reason = "as where there is something to wear")]
    pub(crate) fn of(&self, _: &Arc<ProjectEntry>) -> Result<Wardrobe, AttemptError> {
        let source = "no browser can be worn".into();
        Err(AttemptError::Disguise { check: None, source })
    }
}

pub(crate) async fn open(
    _: &Relay,
    (_, identity): (&Wardrobe, Identity),
    _: dial::Stream,
    _: Handshake<'_>,
) -> Result<Opened, AttemptError> {
    match identity.0 {}
}

impl Opened {
    pub(crate) fn is_http2(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn is_open(&mut self) -> bool {
        match self.0 {}
    }

    pub(crate) fn share(&self, _: Arc<()>) -> Stream {
        match self.0 {}
    }

    pub(crate) fn alone(self) -> Stream {
        match self.0 {}
    }
}

impl Stream {
    pub(crate) fn is_http2(&self) -> bool {
        match self.0 {}
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.0 {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}
