//! `explain`: what would become of a request, without sending it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dial::Dialer;
use model::Target;
use rotation::{Ask, Explanation, ProjectEntry, Sessions, Wish, username};
use tokio::time::Instant;

use crate::admit::{self, Door};
use crate::error::RelayError;
use crate::refuse;

/// A request that nobody has sent.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose it would be.
    pub project: Arc<ProjectEntry>,
    /// What would stand behind the account: `-country-us-session-a`.
    pub parameters: String,
    /// Where it would go.
    pub target: Target,
    /// Whether it would ask for a tunnel there.
    pub is_tunnel: bool,
    /// Where it would come from.
    pub client: IpAddr,
}

/// What would become of it.
#[derive(Debug)]
pub struct Explained {
    /// Whom the choice would fall on; `None` where it does not come to that.
    pub explanation: Option<Explanation>,
    /// What would be answered instead.
    pub refusal: Option<Refused>,
}

/// What would be answered to a request that is not carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The error type of `Proxy-Status` (RFC 9209 section 2.3).
    pub error: &'static str,
    /// What the body says.
    pub sentence: String,
    /// When it may be worth asking again.
    pub retry_after: Option<Duration>,
}

/// What would become of a request on this node now, if its login were right: its parameters, the
/// target, and the exits for it are judged as those of any other. Whether the project blocks the
/// path, and what an exit or the target would say, is not known here.
#[must_use]
pub fn explain(question: &Question, (dialer, sessions): (&Dialer, &Arc<Sessions>)) -> Explained {
    let refused = |error: &RelayError| Some(refuse::refusal(error).explained());
    let wish = match admit(question, dialer) {
        Ok(wish) => wish,
        Err(error) => return Explained { explanation: None, refusal: refused(&error) },
    };
    let Question { project, target, client, .. } = question;
    let (project, target, wish) = (Arc::clone(project), target.clone(), Arc::new(wish));
    let ask = Ask { project, target, wish, client: *client };
    let mut random = rand::make_rng::<rand::rngs::SmallRng>();
    let explanation = rotation::explain(&ask, sessions, Instant::now(), &mut random);
    let refusal = explanation.refusal.and_then(|why| refused(&RelayError::Unavailable(why)));
    Explained { explanation: Some(explanation), refusal }
}

fn admit(question: &Question, dialer: &Dialer) -> Result<Wish, RelayError> {
    let Question { project, parameters, target, is_tunnel, .. } = question;
    let wish = username::parameters(project, parameters)
        .map_err(|source| RelayError::BadParameter(source.to_string()))?;
    // It is under way for no longer than this, and counts nowhere.
    let may_begin = project.begin();
    project.leave();
    if !may_begin {
        return Err(RelayError::Busy);
    }
    let door = if *is_tunnel { Door::Tunnel } else { Door::Plain };
    admit::check_target(dialer, &project.spec, target, door)?;
    Ok(wish)
}
