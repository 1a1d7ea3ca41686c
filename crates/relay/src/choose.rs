//! The exits for a request; a limit that ends in a moment is waited for.

use std::time::Duration;

use rotation::{Ask, Candidates, Unavailable};
use tokio::time::{Instant, sleep};

use crate::admit::Caller;
use crate::relay::Relay;

/// A limit that ends within this time is as good as none: most of all, the answer to the question
/// what this node may start of what all nodes may together.
const MOMENT: Duration = Duration::from_millis(60);
/// How long a request waits for limits before it is refused.
const PATIENCE: Duration = Duration::from_millis(250);

/// The exits that can carry the request that has `begun` this moment, or why there is none; and when
/// that was found out.
pub(crate) async fn candidates(
    relay: &Relay,
    caller: &Caller<'_>,
    ask: &Ask,
    begun: Instant,
) -> Result<(Candidates, Instant), Unavailable> {
    let mut now = begun;
    loop {
        let chosen = rotation::select(caller.roster, ask, relay.sessions(), now, &mut rand::rng());
        match chosen {
            Err(Unavailable::AllLimited { retry_after })
                if retry_after <= MOMENT && now - begun < PATIENCE =>
            {
                sleep(retry_after).await;
                now = Instant::now();
            }
            chosen => return chosen.map(|candidates| (candidates, now)),
        }
    }
}
