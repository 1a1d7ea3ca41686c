//! A private redis-server on an address of its own, that keeps nothing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::world::until;

/// A server that ends with the test.
pub(crate) struct Redis {
    address: SocketAddr,
    child: Child,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let address = own_address();
        let redis = Self { address, child: spawn(address) };
        redis.answers().await;
        redis
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, empty.
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.address);
        self.answers().await;
    }

    /// The first line of an answer.
    pub(crate) fn ask(&self, command: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut answer = [0; 64];
        let read = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..read]).trim().to_owned())
    }

    async fn answers(&self) {
        until("redis", || self.ask("PING").is_ok_and(|answer| answer == "+PONG")).await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The number of this process is in it: a port that was found free could be taken by the time a
/// server binds it.
fn own_address() -> SocketAddr {
    static TAKEN: AtomicU8 = AtomicU8::new(0);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let own = Ipv4Addr::new(127, 100 + TAKEN.fetch_add(1, Ordering::Relaxed) % 100, high, low);
    (own, 6_379).into()
}

fn spawn(address: SocketAddr) -> Child {
    Command::new("redis-server")
        .args(["--save", "", "--appendonly", "no", "--bind"])
        .arg(address.ip().to_string())
        .arg("--port")
        .arg(address.port().to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}
