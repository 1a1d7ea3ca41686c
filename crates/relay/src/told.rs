//! What is told to a client about how its request was carried, where its project reveals that.

use http1::HeadWriter;
use model::ProxyId;
use rotation::Ask;

use crate::headers::decimal;

/// What a client is told.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) exit: Option<ProxyId>,
    pub(crate) session: Option<String>,
    pub(crate) attempts: u8,
    pub(crate) why: Option<String>,
}

impl Told {
    /// What is known before an exit is tried.
    pub(crate) fn about(ask: &Ask, candidates: &rotation::Candidates) -> Self {
        if !ask.project.spec.reveal_exit {
            return Self::default();
        }
        Self {
            session: candidates.session().map(str::to_owned),
            why: ask.wish.debug.then(|| candidates.why()),
            ..Self::default()
        }
    }

    /// An exit has carried the request.
    pub(crate) fn carried_by(&mut self, ask: &Ask, exit: &rotation::Exit, attempts: u8) {
        if ask.project.spec.reveal_exit {
            self.exit = Some(exit.id);
            self.attempts = attempts;
        }
    }

    /// Writes it as fields of an answer.
    pub(crate) fn write(&self, writer: &mut HeadWriter<'_>) {
        if let Some(exit) = &self.exit {
            writer.field("Octoprox-Exit", exit.to_string().as_bytes());
            writer.field("Octoprox-Attempts", decimal(u64::from(self.attempts), &mut [0; 20]));
        }
        if let Some(session) = &self.session {
            writer.field("Octoprox-Session", session.as_bytes());
        }
        if let Some(why) = &self.why {
            writer.field("Octoprox-Why", why.as_bytes());
        }
    }
}
