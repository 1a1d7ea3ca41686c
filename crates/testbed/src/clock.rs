//! Waits for a state, never for a time.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::Instant;

/// How long a test waits for something that should happen at once, on a machine that has other
/// things to do.
pub const SOON: Duration = Duration::from_secs(10);

/// Asks `probe` again and again until it has an answer, and returns that.
///
/// # Errors
/// Names `what` when `within` is over.
pub async fn eventually<T, F, Fut>(what: &str, within: Duration, mut probe: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + within;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = probe().await {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("waited {within:?} in vain: {what}");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_state_is_waited_for_and_a_missing_one_is_named() {
        let asked = Cell::new(0);
        let third = || async {
            asked.set(asked.get() + 1);
            (asked.get() == 3).then_some("here")
        };
        assert_eq!(eventually("the third", SOON, third).await.unwrap(), "here");
        let never = eventually("the end", Duration::from_millis(20), || async { None::<()> }).await;
        assert!(never.unwrap_err().to_string().contains("the end"));
    }
}
