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
    /// How long nobody may look at what else there is to judge.
    look: Duration,
    last_moved: Instant,
    timer: Pin<Box<Sleep>>,
}

impl IdleWatch {
    pub(crate) fn new(idle: Duration) -> Self {
        Self::looking_every(idle, idle)
    }

    /// One that wakes its task after `look` too, whatever has moved.
    pub(crate) fn looking_every(look: Duration, idle: Duration) -> Self {
        let now = Instant::now();
        let timer = Box::pin(sleep_until(now + idle.min(look)));
        Self { idle, look, last_moved: now, timer }
    }

    /// From now on, another period.
    pub(crate) fn restart(&mut self, idle: Duration) {
        self.idle = idle;
        self.last_moved = Instant::now();
        self.timer.as_mut().reset(self.last_moved + idle.min(self.look));
    }

    /// `moved`: whether something has moved since the last call.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, moved: bool) -> Poll<()> {
        if moved {
            self.last_moved = Instant::now();
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            let (until, now) = (self.last_moved + self.idle, Instant::now());
            if until <= now {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(until.min(now + self.look));
        }
        Poll::Pending
    }
}
