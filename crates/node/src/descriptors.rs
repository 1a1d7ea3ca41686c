//! File descriptors: as many as the system grants, and how many clients that is good for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Hundredths of the descriptors that clients take unless somebody knows better. Each client needs
/// a second one for its exit, and kept connections, probes, the API and the database need some too.
const SHARE: u64 = 45;
/// Hundredths that clients may take at most, for a node whose clients share connections to exits.
const MOST: u64 = 90;

/// Raises the limit as far as it goes, and says how many clients fit, `wanted` of them if they do.
pub(crate) fn room_for_clients(wanted: Option<usize>) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let granted = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of file descriptors stays as it is");
            limit.current
        }
    };
    room(granted, wanted)
}

/// `None` descriptors are without limit.
fn room(descriptors: Option<u64>, wanted: Option<usize>) -> usize {
    let descriptors = descriptors.unwrap_or(u64::MAX / 100);
    let share = |hundredths| usize::try_from(descriptors * hundredths / 100).unwrap_or(usize::MAX);
    wanted.map_or(share(SHARE), |wanted| wanted.min(share(MOST))).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_take_less_than_half_of_the_descriptors_unless_somebody_wants_more() {
        assert_eq!(room(Some(256), None), 115);
        assert_eq!(room(Some(1024), None), 460);
        assert_eq!(room(Some(1_048_576), None), 471_859);
        assert_eq!(room(Some(0), None), 1);
        assert!(room(None, None) > 1_000_000);
        assert_eq!(room(Some(1024), Some(100)), 100);
        assert_eq!(room(Some(1024), Some(700)), 700);
        assert_eq!(room(Some(1024), Some(5000)), 921);
    }
}
