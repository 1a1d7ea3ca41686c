//! How much feedback a project may send.

use std::collections::HashMap;
use std::time::Duration;

use model::ProjectId;
use parking_lot::Mutex;
use tokio::time::Instant;

const WINDOW: Duration = Duration::from_mins(1);
/// Of one project in a window.
const MOST: u32 = 600;
/// Projects that are remembered; beyond it all begin anew.
const PROJECTS: usize = 10_000;

/// Counts feedback in windows of a minute.
#[derive(Default)]
pub(crate) struct Pace(Mutex<HashMap<ProjectId, (Instant, u32)>>);

impl Pace {
    /// Counts one; how long to wait, when it was too much.
    pub(crate) fn count(&self, project: ProjectId) -> Option<Duration> {
        let (mut windows, now) = (self.0.lock(), Instant::now());
        if windows.len() >= PROJECTS {
            windows.clear();
        }
        let (since, count) = windows.entry(project).or_insert((now, 0));
        let left = WINDOW.saturating_sub(now.duration_since(*since));
        if left.is_zero() {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        (*count > MOST).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_project_waits_for_the_rest_of_the_minute_and_others_do_not() {
        let (pace, one, other) = (Pace::default(), ProjectId::new(), ProjectId::new());
        assert!((0..MOST).all(|_| pace.count(one).is_none()));
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(pace.count(one), Some(Duration::from_secs(40)));
        assert_eq!(pace.count(other), None);
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(pace.count(one), None);
    }
}
