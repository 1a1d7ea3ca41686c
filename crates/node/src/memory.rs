//! Memory: how much there may be, and how much of it is in use.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use relay::Pressure;
use rotation::Roster;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Between two looks.
const PERIOD: Duration = Duration::from_millis(250);

/// From so many exits on most memory is the roster's, which lies close together.
const MANY_EXITS: usize = 50_000;

/// Has the system hold what this process uses, and no more. Asked to by the allocator it would put two
/// mebibytes in the place of each few pages of four kibibytes, minutes later and for good: memory that
/// grows without anybody having used it.
pub(crate) fn hold_what_is_used() {
    // Where that is not known, memory is as it ever was.
    let _as_ever = rustix::thread::disable_transparent_huge_pages(true);
}

/// Lets the system use huge pages once the roster is large. A choice among exits that are spread over
/// hundreds of mebibytes waits for the tables of pages as long as for memory itself.
pub(crate) async fn follow_size(mut roster: watch::Receiver<Arc<Roster>>, stop: CancellationToken) {
    let is_large = roster.wait_for(|roster| roster.exit_count() >= MANY_EXITS);
    if stop.run_until_cancelled(is_large).await.is_some_and(|seen| seen.is_ok()) {
        // Where that is not known, memory is as it ever was.
        let _as_ever = rustix::thread::disable_transparent_huge_pages(false);
    }
}

/// Keeps `pressure` true until told to stop: how many hundredths of `limit` this process has.
/// Without a limit it is what the control group or the machine has.
pub(crate) async fn watch(pressure: Pressure, limit: Option<u64>, stop: CancellationToken) {
    let Some(limit) = limit.or_else(available) else {
        tracing::warn!("memory is not watched: nothing tells how much there is");
        return;
    };
    let mut looks = tokio::time::interval(PERIOD);
    let looking = async {
        let mut was_full = false;
        loop {
            looks.tick().await;
            let hundredths = hundredths(resident().unwrap_or_default(), limit);
            pressure.set(hundredths);
            let is_full = hundredths >= 95;
            if is_full && !was_full {
                tracing::warn!(memory.limit = limit, "out of memory: new requests are refused");
            }
            was_full = is_full;
        }
    };
    stop.run_until_cancelled(looking).await;
}

fn hundredths(used: u64, limit: u64) -> u8 {
    u8::try_from(u128::from(used) * 100 / u128::from(limit.max(1))).unwrap_or(u8::MAX)
}

/// What this process holds, in bytes.
pub(crate) fn resident() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// The least of what the machine has and its control groups allow.
fn available() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = groups.lines().filter_map(limit_file).flat_map(|(root, group, file)| {
        let chain: Vec<_> = group.ancestors().map(|group| root.join(group).join(file)).collect();
        chain.into_iter().filter_map(|path| number(&std::fs::read_to_string(path).ok()?))
    });
    let machine = std::fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.as_deref().and_then(total);
    limits.chain(machine).min()
}

/// The hierarchy, the group in it and the file of its limit, from a line of `/proc/self/cgroup`:
/// `0::/path` for version 2, `4:memory:/path` for version 1.
fn limit_file(line: &str) -> Option<(&'static Path, PathBuf, &'static str)> {
    let mut parts = line.splitn(3, ':');
    let (id, kinds, group) = (parts.next()?, parts.next()?, parts.next()?);
    let group = PathBuf::from(group.trim_start_matches('/'));
    if (id, kinds) == ("0", "") {
        return Some((Path::new("/sys/fs/cgroup"), group, "memory.max"));
    }
    let is_memory = kinds.split(',').any(|kind| kind == "memory");
    is_memory.then(|| (Path::new("/sys/fs/cgroup/memory"), group, "memory.limit_in_bytes"))
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// The memory of the machine, from `/proc/meminfo`.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    number(line.trim_end_matches("kB")).map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_found_in_both_kinds_of_control_groups() {
        let version_2 = limit_file("0::/system.slice/octoprox.service").unwrap();
        assert_eq!(
            (version_2.1.to_str(), version_2.2),
            (Some("system.slice/octoprox.service"), "memory.max")
        );
        let version_1 = limit_file("4:cpu,memory:/docker/1").unwrap();
        assert_eq!(
            (version_1.1.to_str(), version_1.2),
            (Some("docker/1"), "memory.limit_in_bytes")
        );
        assert_eq!(limit_file("9:name=systemd:/"), None);
        assert_eq!((number("max\n"), number("1048576\n")), (None, Some(1 << 20)));
        assert_eq!(total("MemTotal:       24689764 kB\nMemFree: 1 kB"), Some(24_689_764 * 1024));
    }

    #[test]
    fn this_machine_tells() {
        let (used, limit) = (resident().unwrap(), available().unwrap());
        assert!(used > 1 << 20 && used < limit, "{used} of {limit}");
        assert_eq!((hundredths(95, 100), hundredths(1 << 40, 1)), (95, u8::MAX));
    }
}
