//! Three exits of our own, each a process that dials from an address of its own.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use testbed::clock::eventually;
use testbed::node::{open_listener, program};
use testbed::process::Process;
use testbed::secret;

/// The last number of the address that each exit dials from: 127.0.0.11, ..
const NUMBERS: [u8; 3] = [11, 12, 13];
const USERNAME: &str = "demo-exit";
const START: Duration = Duration::from_secs(30);

/// The running exits. They are killed when they are dropped.
pub(crate) struct Exits {
    running: Vec<(Process, SocketAddr)>,
    password: String,
}

impl Exits {
    /// Starts them; they lead to `target` and nowhere else.
    pub(crate) async fn start(target: SocketAddr) -> Result<Self> {
        let password = secret::made_up()?;
        let mut running = Vec::new();
        for number in NUMBERS {
            running.push(start(IpAddr::from([127, 0, 0, number]), &password, target).await?);
        }
        Ok(Self { running, password })
    }

    /// The exits as a list to upload.
    pub(crate) fn list(&self) -> String {
        self.running.iter().fold(String::new(), |mut list, (_, address)| {
            // Writing to a string cannot fail.
            let _infallible = writeln!(list, "http://{USERNAME}:{}@{address}", self.password);
            list
        })
    }
}

async fn start(
    address: IpAddr,
    password: &str,
    target: SocketAddr,
) -> Result<(Process, SocketAddr)> {
    let settings = [
        ("OCTOPROX_EXIT_LISTEN", SocketAddr::new(address, 0).to_string()),
        ("OCTOPROX_EXIT_USERNAME", USERNAME.to_owned()),
        ("OCTOPROX_EXIT_PASSWORD", password.to_owned()),
        ("OCTOPROX_EXIT_SOURCE_ADDRESS", address.to_string()),
        ("OCTOPROX_EXIT_ALLOW_TARGETS", target.to_string()),
    ];
    let process = Process::run(&program()?, "exit", tempfile::tempdir()?, settings)?;
    let open = || async { open_listener(&process.log(), "exit") };
    let address = eventually("an open exit", START, open).await?;
    Ok((process, address))
}
