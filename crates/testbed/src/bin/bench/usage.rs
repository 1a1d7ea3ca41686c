//! What a proxy has used of the machine, with all the programs that it runs.

use std::time::Duration;

use anyhow::{Context, Result};

/// CPU time that `process` and its children have used so far, in user code and for it in the system.
pub(crate) fn cpu(process: u32) -> Result<Duration> {
    let mut ticks = 0;
    for one in tree(process)? {
        // One that has ended meanwhile has used nothing in this moment.
        ticks += ticks_of(one).unwrap_or(0);
    }
    let grain = Duration::from_secs(1) / u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(grain * u32::try_from(ticks)?)
}

/// Memory that they hold now, in bytes.
pub(crate) fn resident_bytes(process: u32) -> Result<u64> {
    let page = rustix::param::page_size() as u64;
    let of = |one| -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{one}/statm")).ok()?;
        text.split(' ').nth(1)?.parse::<u64>().ok()
    };
    Ok(tree(process)?.into_iter().filter_map(of).sum::<u64>() * page)
}

/// Files and sockets that they have open now.
pub(crate) fn open_files(process: u32) -> Result<usize> {
    let of = |one| std::fs::read_dir(format!("/proc/{one}/fd")).map_or(0, Iterator::count);
    Ok(tree(process)?.into_iter().map(of).sum())
}

/// A process, its children, and theirs.
fn tree(process: u32) -> Result<Vec<u32>> {
    let mut found = vec![process];
    let mut next = 0;
    while let Some(one) = found.get(next).copied() {
        next += 1;
        let Ok(threads) = std::fs::read_dir(format!("/proc/{one}/task")) else { continue };
        for thread in threads.filter_map(Result::ok) {
            let children = std::fs::read_to_string(thread.path().join("children"));
            let children = children.unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
        }
    }
    std::fs::metadata(format!("/proc/{process}")).context("the proxy has ended")?;
    Ok(found)
}

/// `utime` and `stime` of proc(5).
fn ticks_of(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program may hold anything, and ends at the last bracket.
    let mut fields = text.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted() {
        let own = std::process::id();
        let before = cpu(own).unwrap();
        let mut sum = 0_u64;
        while cpu(own).unwrap() < before + Duration::from_millis(50) {
            sum = (0..100_000).fold(sum, u64::wrapping_add);
        }
        assert!(resident_bytes(own).unwrap() > 100_000 && open_files(own).unwrap() > 2);
    }
}
