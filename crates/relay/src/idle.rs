//! A timer that fires when nothing has moved for a while, and costs nothing while something does.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Completes when nothing has moved for the whole of a period. The timer is not set anew with every
/// byte: when it fires, it looks how long ago the last one was.
pub(crate) struct IdleWatch {
    idle: Duration,
    last_moved: Instant,
    timer: Pin<Box<Sleep>>,
}

impl IdleWatch {
    pub(crate) fn new(idle: Duration) -> Self {
        let now = Instant::now();
        Self { idle, last_moved: now, timer: Box::pin(sleep_until(now + idle)) }
    }

    /// From now on, another period.
    pub(crate) fn restart(&mut self, idle: Duration) {
        self.idle = idle;
        self.last_moved = Instant::now();
        self.timer.as_mut().reset(self.last_moved + idle);
    }

    /// `moved`: whether something has moved since the last call.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, moved: bool) -> Poll<()> {
        if moved {
            self.last_moved = Instant::now();
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            let until = self.last_moved + self.idle;
            if until <= Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(until);
        }
        Poll::Pending
    }
}
