//! Live numbers for dashboards: what went through each project, all nodes together.

use model::{Counters, ProjectId};

use crate::connection::{Connection, Patience};
use crate::error::Result;
use crate::keys;

/// A project through which nothing went for so long has no live numbers.
const LIFE_SECONDS: u32 = 3_600;

const FIELDS: [&str; 5] =
    ["requests", "failures", "bytes_sent", "bytes_received", "latency_microseconds"];

/// Adds what this node counted.
pub(crate) async fn add(connection: &Connection, counted: &[(ProjectId, Counters)]) -> Result<()> {
    let mut asking = redis::pipe();
    for (project, counters) in counted {
        let key = keys::live(*project);
        for (field, number) in
            FIELDS.iter().zip(numbers(counters)).filter(|(_, number)| *number > 0)
        {
            asking.cmd("HINCRBY").arg(&key).arg(field).arg(number).ignore();
        }
        asking.cmd("EXPIRE").arg(&key).arg(LIFE_SECONDS).ignore();
        asking.cmd("SADD").arg(keys::LIVE).arg(project.to_string()).ignore();
    }
    if counted.is_empty() {
        return Ok(());
    }
    connection.ask_all(Patience::Background, &asking).await
}

/// What all nodes counted, by project. Numbers grow until they are forgotten.
pub(crate) async fn read_all(connection: &Connection) -> Result<Vec<(ProjectId, Counters)>> {
    let names: Vec<String> =
        connection.ask(Patience::Background, redis::cmd("SMEMBERS").arg(keys::LIVE)).await?;
    let mut projects: Vec<ProjectId> = names.iter().filter_map(|name| name.parse().ok()).collect();
    projects.sort_unstable();
    let mut asking = redis::pipe();
    for project in &projects {
        asking.cmd("HMGET").arg(keys::live(*project)).arg(&FIELDS);
    }
    if projects.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<Vec<Option<u64>>> = connection.ask_all(Patience::Background, &asking).await?;
    let (mut live, mut gone) = (Vec::new(), Vec::new());
    for (project, numbers) in projects.into_iter().zip(found) {
        if numbers.iter().all(Option::is_none) {
            gone.push(project.to_string());
            continue;
        }
        live.push((project, counters(&numbers)));
    }
    if !gone.is_empty() {
        let mut asking = redis::cmd("SREM");
        let forgetting = asking.arg(keys::LIVE).arg(gone);
        let () = connection.ask(Patience::Background, forgetting).await?;
    }
    Ok(live)
}

fn numbers(counters: &Counters) -> [u64; FIELDS.len()] {
    let Counters { requests, failures, bytes_sent, bytes_received, latency_microseconds } =
        *counters;
    [requests, failures, bytes_sent, bytes_received, latency_microseconds]
}

fn counters(numbers: &[Option<u64>]) -> Counters {
    let number = |index: usize| numbers.get(index).copied().flatten().unwrap_or_default();
    Counters {
        requests: number(0),
        failures: number(1),
        bytes_sent: number(2),
        bytes_received: number(3),
        latency_microseconds: number(4),
    }
}
