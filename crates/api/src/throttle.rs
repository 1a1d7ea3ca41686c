//! Failed logins, counted: guessing is slowed down, per source and per user.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::problem::{Answer, Problem};

const WINDOW: Duration = Duration::from_mins(1);
/// How many times more a user may fail from everywhere together: enough that nobody locks the owner
/// of an account out by guessing at it from one place.
const EVERYWHERE: u32 = 10;
const MOST: usize = 10_000;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Subject {
    Source(IpAddr),
    User(String),
}

/// Counts failures in windows of a minute.
pub(crate) struct Throttle {
    limit: u32,
    failures: Mutex<HashMap<Subject, (Instant, u32)>>,
}

impl Throttle {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, failures: Mutex::default() }
    }

    /// Refuses, with `detail` as the reason, while the source or the user has to wait.
    pub(crate) fn pass(&self, source: Option<IpAddr>, username: &str, detail: &str) -> Answer<()> {
        let Some(wait) = self.wait(source, username) else { return Ok(()) };
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail);
        Err(problem.retry_after(wait.as_secs().max(1)))
    }

    /// How long the source or the user has to wait; `None`: not at all. Users that do not exist
    /// are counted like others, so that the answer tells nothing.
    fn wait(&self, source: Option<IpAddr>, username: &str) -> Option<Duration> {
        let failures = self.failures.lock();
        let blocked = subjects(source, username).filter_map(|subject| {
            let (since, count) = failures.get(&subject)?;
            let over = WINDOW.checked_sub(since.elapsed()).filter(|over| !over.is_zero())?;
            (*count >= self.most(&subject)).then_some(over)
        });
        blocked.max()
    }

    fn most(&self, subject: &Subject) -> u32 {
        match subject {
            Subject::Source(_) => self.limit,
            Subject::User(_) => self.limit.saturating_mul(EVERYWHERE),
        }
    }

    pub(crate) fn failed(&self, source: Option<IpAddr>, username: &str) {
        let mut failures = self.failures.lock();
        if failures.len() >= MOST {
            failures.retain(|_, (since, _)| since.elapsed() < WINDOW);
        }
        if failures.len() >= MOST {
            failures.clear();
        }
        for subject in subjects(source, username) {
            let entry = failures.entry(subject).or_insert((Instant::now(), 0));
            if entry.0.elapsed() >= WINDOW {
                *entry = (Instant::now(), 0);
            }
            entry.1 += 1;
        }
    }
}

fn subjects(source: Option<IpAddr>, username: &str) -> impl Iterator<Item = Subject> {
    let user = username.chars().take(255).collect::<String>().to_lowercase();
    source.map(Subject::Source).into_iter().chain([Subject::User(user)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_last_allowed_failure_blocks_for_the_rest_of_the_minute() {
        let throttle = Throttle::new(2);
        let source = |last| Some(IpAddr::from([192, 0, 2, last]));
        throttle.failed(source(1), "anna");
        assert_eq!(throttle.wait(source(1), "anna"), None);
        throttle.failed(source(1), "ANNA");
        assert!(throttle.wait(source(1), "other").is_some(), "the source");
        assert_eq!(throttle.wait(source(2), "anna"), None, "the owner, from elsewhere");
        for last in 2..=10 {
            throttle.failed(source(last), "anna");
            throttle.failed(source(last), "Anna");
        }
        assert!(throttle.wait(source(99), "anna").is_some(), "the user, from everywhere");
        assert_eq!(throttle.wait(source(99), "other"), None);
        tokio::time::advance(WINDOW).await;
        assert_eq!(throttle.wait(source(1), "anna"), None);
    }
}
