//! The trait: a task is activated, and is told nothing.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::ReconcileError;

/// Something that brings what is into line with what is intended. It is activated again and again,
/// after a failure too, and finds out by itself what there is to do.
pub(crate) trait Task: Send + 'static {
    /// Its name, `verb_noun`.
    const NAME: &'static str;

    /// Does what there is to do now. The future may be dropped at any point, and may panic; the task
    /// has to be able to go on from there.
    fn activate(&mut self) -> impl Future<Output = Report> + Send;

    /// Does what is left to do when the node ends.
    fn finish(&mut self) -> impl Future<Output = Report> + Send {
        std::future::ready(Ok(Done::new("ended")))
    }
}

/// What came of an activation.
pub(crate) type Report = Result<Done, ReconcileError>;

/// What a task did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) text: Cow<'static, str>,
    pub(crate) again_in: Option<Duration>,
}

impl Done {
    /// For people, in a few words, nothing secret.
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), again_in: None }
    }

    /// When there is something to do next, if the task knows that better than its period does.
    pub(crate) fn again_in(self, wait: Duration) -> Self {
        Self { again_in: Some(wait), ..self }
    }
}
