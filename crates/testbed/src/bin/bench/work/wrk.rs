//! The same requests as [`kept`], made by wrk: whether our own clients tell the truth.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use super::window::Done;
use super::{Setting, kept, plain};
use crate::peers::{Peer, USERNAME};
use crate::table::Figure;
use crate::usage;

pub(super) async fn measure(peer: &Peer, (plan, ..): Setting<'_>) -> Result<Vec<Figure>> {
    // What it would make of a URL is not what clients send to a proxy.
    let mut script = tempfile::NamedTempFile::with_suffix(".lua")?;
    let request = plain(USERNAME).replace("\r\n", "\\r\\n");
    writeln!(script, "request = function() return \"{request}\" end")?;
    let cpu = || peer.process()?.map(usage::cpu).transpose();
    let before = cpu()?;
    let ran = Command::new("wrk")
        .args(["--threads", "1", "--connections", &kept::CLIENTS.to_string()])
        .args(["--duration", &format!("{}s", plan.window.as_secs().max(1))])
        .arg("--script")
        .arg(script.path())
        .arg(format!("http://{}/", peer.address))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ran = ran.await.context("wrk cannot be run")?;
    let cpu = cpu()?.zip(before).map(|(after, before)| after.saturating_sub(before));
    let said = String::from_utf8_lossy(&ran.stdout);
    let (units, took) = read(&said).with_context(|| format!("wrk said {said:?}"))?;
    Ok(kept::figures(&Done { units, took, cpu }))
}

/// How many requests were answered well, and in how long.
fn read(said: &str) -> Result<(u64, Duration)> {
    let has_failed = said.contains("Non-2xx") || said.contains("Socket errors");
    ensure!(!has_failed, "requests failed");
    let line = said.lines().find(|line| line.contains(" requests in "));
    let (units, rest) = line.and_then(|line| line.split_once(" requests in ")).context("no sum")?;
    let seconds = rest.split("s,").next().context("no time")?;
    Ok((units.trim().parse()?, Duration::from_secs_f64(seconds.parse()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
Running 2s test @ http://127.0.0.1:3128/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   680.25us  411.52us  12.21ms   94.25%
    Req/Sec    48.11k     3.02k   53.54k    66.67%
  100574 requests in 2.10s, 14.87MB read
Requests/sec:  47890.61
Transfer/sec:      7.08MB
";

    #[test]
    fn what_wrk_says_is_understood() {
        assert_eq!(read(SAID).unwrap(), (100_574, Duration::from_millis(2_100)));
    }

    #[test]
    fn requests_that_failed_spoil_the_measurement() {
        let said = format!("{SAID}  Non-2xx or 3xx responses: 3\n");
        assert!(read(&said).is_err());
        assert!(read("unable to connect to 127.0.0.1:3128 Connection refused\n").is_err());
    }
}
