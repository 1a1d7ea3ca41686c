//! A Redis that follows another, and a sentinel that has it take over.

use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};

use super::{PORT, Redis, START};
use crate::clock::eventually;
use crate::loopback;
use crate::process::Process;
use crate::tools::Tool;

/// A sentinel that watches one Redis. It is killed when it is dropped.
pub struct Sentinel {
    /// The process, for signals and its end.
    pub process: Process,
    url: String,
}

impl Redis {
    /// A server that follows this one, with the same password, once it has all that this one has.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn replica(&self) -> Result<Self> {
        let (ip, port) = (self.address.ip(), self.address.port());
        let rules = format!("replicaof {ip} {port}\n");
        let replica = Self::serve(self.password.clone(), &rules).await?;
        let follows = || async {
            let info = replica.command(&["INFO", "replication"]).await.ok()?;
            info.as_str()?.contains("master_link_status:up").then_some(())
        };
        eventually("the replica follows", START, follows).await?;
        Ok(replica)
    }

    /// A sentinel that takes this server for dead after half a second, once it knows `replica`.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn sentinel(&self, replica: &Self) -> Result<Sentinel> {
        let folder = tempfile::tempdir()?;
        let at = loopback::own();
        let (ip, port, password) = (self.address.ip(), self.address.port(), &self.password);
        // It speaks from this address to servers that listen on another.
        let rules = format!(
            "bind {at}\nport {PORT}\nprotected-mode no\n\
             sentinel monitor octoprox {ip} {port} 1\n\
             sentinel auth-pass octoprox {password}\n\
             sentinel down-after-milliseconds octoprox 500\n\
             sentinel failover-timeout octoprox 5000\n"
        );
        let file = folder.path().join("sentinel.conf");
        std::fs::write(&file, rules)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        let process =
            Tool::installed("redis-server")?.start(folder, &["sentinel.conf", "--sentinel"])?;
        let itself = Self { process, address: (at, PORT).into(), password: String::new() };
        let wanted = replica.address.ip().to_string();
        let knows = || async {
            let replicas = itself.command(&["SENTINEL", "replicas", "octoprox"]).await.ok()?;
            replicas.to_string().contains(&wanted).then_some(())
        };
        let ready = eventually("the sentinel knows the replica", START, knows).await;
        ready.with_context(|| itself.process.log().join("\n"))?;
        let url = format!("redis+sentinel://:{password}@{at}:{PORT}/octoprox");
        Ok(Sentinel { process: itself.process, url })
    }
}

impl Sentinel {
    /// Where nodes ask for the server that writes, with the password of that server.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }
}
