//! The handle that wakes a task.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes a task. Clones wake the same one.
#[derive(Debug, Clone, Default)]
pub struct Activator(Arc<Notify>);

impl Activator {
    /// Activates the task now, or, when it is just running, once more as soon as it is done.
    /// However often this is called until then, it is once more.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.notified().await;
    }
}
