//! `make bench`: the node and other people's proxies at the same work, one after another in one run.
//!
//! Every proxy runs on one core, the clients, exits and targets on another. What counts is the CPU
//! time of the proxy for each unit of work; rates depend on what the clients can do.

mod backend;
mod connection;
mod cores;
mod peers;
mod plan;
mod table;
mod usage;
mod work;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use testbed::process::raise_file_limit;

use backend::Backend;
use cores::Cores;
use plan::Plan;
use table::Sample;

/// What a proxy with both ends of many tunnels on one machine needs, if it may be had.
const FILES: u64 = 65_536;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&format!("{why:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let plan = Plan::read(std::env::args().skip(1))?.within(raise_file_limit(FILES));
    // One thread, so that all of it is on the core that it is put on.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&plan))
}

async fn measure(plan: &Plan) -> Result<()> {
    let cores = Cores::of_this_machine()?;
    let backend = Backend::start().await?;
    let mut samples = Vec::new();
    let wanted = plan.wanted();
    for round in 1..=plan.rounds {
        cores.all_on_the_proxies()?;
        let peers = peers::start(&wanted, plan, &backend).await?;
        cores.load_on_its_own()?;
        for work in &plan.works {
            for peer in peers.iter().filter(|peer| work.suits(peer.kind)) {
                let sample = work.measure(peer, (plan, &backend, &cores)).await;
                let figures =
                    sample.with_context(|| format!("{} of {}", work.name(), peer.name))?;
                let sample = Sample { round, work: *work, peer: peer.name, figures };
                say(&sample.line());
                samples.push(sample);
            }
        }
        for peer in peers {
            peer.end().await?;
        }
    }
    say(&table::markdown(&samples));
    Ok(())
}

/// Writes to whoever reads the tables.
fn say(text: &str) {
    // Nobody may be listening any more, which is no reason to end.
    let _unheard = writeln!(std::io::stdout(), "{text}");
}
