//! File descriptors: as many as the system grants, and how many clients that is good for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Hundredths of the descriptors that clients may take. Each client needs a second one for its
/// exit, and kept connections, probes, the API and the database need some too.
const SHARE: u64 = 45;

/// Raises the limit as far as it goes, and says how many clients fit.
pub(crate) fn room_for_clients() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let granted = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of file descriptors stays as it is");
            limit.current
        }
    };
    room(granted)
}

/// `None` is without limit.
fn room(descriptors: Option<u64>) -> usize {
    let clients = descriptors.unwrap_or(u64::MAX / SHARE) * SHARE / 100;
    usize::try_from(clients).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_take_less_than_half_of_the_descriptors() {
        assert_eq!(room(Some(256)), 115);
        assert_eq!(room(Some(1024)), 460);
        assert_eq!(room(Some(1_048_576)), 471_859);
        assert_eq!(room(Some(0)), 1);
        assert!(room(None) > 1_000_000);
    }
}
