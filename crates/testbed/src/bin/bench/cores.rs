//! Which core does what.

use anyhow::{Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A core for the proxies, and another one for the clients, exits and targets.
pub(crate) struct Cores {
    proxies: usize,
    load: usize,
}

impl Cores {
    /// The first two that this process may use.
    pub(crate) fn of_this_machine() -> Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (first, second) = (cores.next(), cores.next());
        ensure!(second.is_some(), "two cores are needed: one for the proxy, one for the load");
        Ok(Self { proxies: first.unwrap_or(0), load: second.unwrap_or(1) })
    }

    /// This thread is on the proxies' core from now on, and so are programs that it starts.
    pub(crate) fn all_on_the_proxies(&self) -> Result<()> {
        on(self.proxies)
    }

    /// This thread has a core of its own from now on; programs that it has started stay.
    pub(crate) fn load_on_its_own(&self) -> Result<()> {
        on(self.load)
    }
}

fn on(core: usize) -> Result<()> {
    let mut one = CpuSet::new();
    one.set(core);
    Ok(sched_setaffinity(None, &one)?)
}
