//! A Redis server of one's own: real, with a password, kept nowhere.

mod reply;
mod sentinel;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::clock::eventually;
use crate::process::Process;
use crate::tools::Tool;
use crate::{loopback, secret};

pub use sentinel::Sentinel;

const PORT: u16 = 16_379;
const START: Duration = Duration::from_secs(30);
/// For an answer; a server that is frozen gives none.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running server. It is killed when it is dropped.
pub struct Redis {
    /// The process, for signals and its end.
    pub process: Process,
    address: SocketAddr,
    password: String,
}

impl Redis {
    /// Starts a server that writes nothing to disk: what it loses when it ends is lost.
    ///
    /// # Errors
    /// When Debian's `redis-server` is not installed, or does not come up.
    pub async fn start() -> Result<Self> {
        Self::serve(secret::made_up()?, "").await
    }

    async fn serve(password: String, further: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = SocketAddr::new(loopback::own().into(), PORT);
        let file = folder.path().join("redis.conf");
        let ip = address.ip();
        let rules = format!(
            "bind {ip}\nport {PORT}\nrequirepass {password}\nmasterauth {password}\n\
             save \"\"\nappendonly no\nreplica-announce-ip {ip}\n{further}"
        );
        std::fs::write(&file, rules)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        let process = Tool::installed("redis-server")?.start(folder, &["redis.conf"])?;
        let redis = Self { process, address, password };
        redis.answers().await?;
        Ok(redis)
    }

    /// Ends it, unless it has ended, and starts it again, empty.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process.run_again().await?;
        self.answers().await
    }

    async fn answers(&self) -> Result<()> {
        let asked = || async { self.command(&["PING"]).await.ok().map(drop) };
        let up = eventually("redis answers", START, asked).await;
        up.with_context(|| format!("its log:\n{}", self.process.log().join("\n")))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it asks for.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Where it is, with the password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://:{}@{}/0", self.password, self.address)
    }

    /// Runs a command on a connection of its own. Strings, numbers, lists and nothing come back as
    /// JSON has them.
    ///
    /// # Errors
    /// When it cannot be reached in time, or answers with an error.
    pub async fn command(&self, words: &[&str]) -> Result<Value> {
        let asked = tokio::time::timeout(PATIENCE, self.ask(words)).await;
        asked.with_context(|| format!("redis gives no answer to {words:?}"))?
    }

    async fn ask(&self, words: &[&str]) -> Result<Value> {
        let mut stream = BufReader::new(TcpStream::connect(self.address).await?);
        // A sentinel asks for none.
        if !self.password.is_empty() {
            stream.write_all(&reply::command(&["AUTH", &self.password])).await?;
            reply::read(&mut stream).await?;
        }
        stream.write_all(&reply::command(words)).await?;
        reply::read(&mut stream).await
    }

    /// The keys of this pattern, sorted.
    ///
    /// # Errors
    /// As [`Redis::command`].
    pub async fn keys(&self, pattern: &str) -> Result<Vec<String>> {
        let (mut cursor, mut keys) = ("0".to_owned(), Vec::new());
        loop {
            let scan = ["SCAN", &*cursor, "MATCH", pattern, "COUNT", "1000"];
            let found = self.command(&scan).await?;
            let page = found[1].as_array().context("SCAN without keys")?;
            keys.extend(page.iter().filter_map(Value::as_str).map(str::to_owned));
            found[0].as_str().context("SCAN without a cursor")?.clone_into(&mut cursor);
            if cursor == "0" {
                // A key that moves while it is looked for may be found twice.
                keys.sort();
                keys.dedup();
                return Ok(keys);
            }
        }
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// As [`Redis::command`].
    pub async fn flush_all(&self) -> Result<()> {
        self.command(&["FLUSHALL"]).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn commands_keys_and_a_new_start() {
        let mut redis = Redis::start().await.unwrap();
        for number in 0..25 {
            let set = ["SET", &format!("lease:{number:02}"), "holder one", "PX", "60000"];
            assert_eq!(redis.command(&set).await.unwrap(), json!("OK"));
        }
        assert_eq!(redis.command(&["GET", "lease:07"]).await.unwrap(), json!("holder one"));
        assert_eq!(redis.command(&["GET", "lease:99"]).await.unwrap(), Value::Null);
        let keys = redis.keys("lease:*").await.unwrap();
        assert!(keys.len() == 25 && keys[3] == "lease:03", "{keys:?}");
        let failed = redis.command(&["INCR", "lease:07"]).await.unwrap_err().to_string();
        assert!(failed.contains("not an integer"), "{failed}");

        redis.flush_all().await.unwrap();
        assert_eq!(redis.command(&["DBSIZE"]).await.unwrap(), json!(0));
        redis.command(&["SET", "a", "b"]).await.unwrap();
        redis.process.kill().await.unwrap();
        assert!(redis.command(&["PING"]).await.is_err());
        redis.start_again().await.unwrap();
        assert_eq!(redis.command(&["DBSIZE"]).await.unwrap(), json!(0));
    }
}
