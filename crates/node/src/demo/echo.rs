//! The demo's target: answers every request with the address that it came from.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Bytes of a request at most; only heads are looked at.
const MOST: usize = 16 * 1024;

/// Starts the target and says where it is. It ends with the process.
pub(super) async fn start(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await.context("the demo's target")?;
    let address = listener.local_addr()?;
    let accept = async move {
        let mut clients = JoinSet::new();
        loop {
            if let Ok((socket, peer)) = listener.accept().await {
                clients.spawn(serve(socket, peer));
            }
            while clients.try_join_next().is_some() {}
        }
    };
    #[expect(clippy::disallowed_methods, reason = "it holds nothing that an end could lose")]
    tokio::spawn(accept);
    Ok(address)
}

/// Answers one request after another, as long as their heads come whole and without a body.
async fn serve(mut socket: TcpStream, peer: SocketAddr) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    while buffer.len() < MOST && socket.read_buf(&mut buffer).await? > 0 {
        while let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            buffer.drain(..end + 4);
            let body = format!("You left through exit {}.\n", peer.ip());
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length:";
            socket.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        }
    }
    Ok(())
}
