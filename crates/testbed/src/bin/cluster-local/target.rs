//! A target that tells which exit it was asked by.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// Starts it on any free port. It ends with this process.
pub(crate) async fn start(tracker: &TaskTracker) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the target")?;
    let address = listener.local_addr()?;
    let clients = tracker.clone();
    tracker.spawn(async move {
        loop {
            if let Ok((stream, peer)) = listener.accept().await {
                clients.spawn(serve(stream, peer));
            }
        }
    });
    Ok(address)
}

/// Answers heads without a body, one after another.
async fn serve(mut stream: TcpStream, peer: SocketAddr) -> std::io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    let body = format!("You left through exit {}.\n", peer.ip());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    while let Some(line) = lines.next_line().await? {
        if line.is_empty() {
            writer.write_all(format!("{head}{body}").as_bytes()).await?;
        }
    }
    Ok(())
}
