//! The PROXY protocol, versions 1 and 2: who the client is, as the balancer in front of us says.
//!
//! It is never guessed at (its specification forbids that, because then anybody could say they were
//! anybody): networks that are listed must begin with it, and nobody else gets in.

use std::io;
use std::net::SocketAddr;

use ppp::{v1, v2};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Bytes of the longest line of version 1, its end included.
const LINE: usize = 107;
/// Bytes of addresses and extensions that a balancer of ours may send in version 2.
const BODY: u16 = 1024;

/// Reads the header and says whose connection it is: `peer`'s own when the balancer speaks for
/// itself, as it does to ask for our health.
///
/// Not one byte is read that belongs to the client.
///
/// # Errors
/// When what comes is no such header.
pub(crate) async fn read(socket: &mut TcpStream, peer: SocketAddr) -> io::Result<SocketAddr> {
    let first = socket.read_u8().await?;
    let told = match first {
        b'P' => line(socket).await?,
        b'\r' => binary(socket).await?,
        _ => return Err(malformed()),
    };
    Ok(told.unwrap_or(peer))
}

/// `PROXY TCP4 192.0.2.7 192.0.2.1 56324 8080`
async fn line(socket: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
    let mut text = vec![b'P'];
    while text.last() != Some(&b'\n') {
        if text.len() == LINE {
            return Err(malformed());
        }
        text.push(socket.read_u8().await?);
    }
    let header = v1::Header::try_from(text.as_slice()).map_err(io::Error::other)?;
    Ok(match header.addresses {
        v1::Addresses::Unknown => None,
        v1::Addresses::Tcp4(tcp) => Some((tcp.source_address, tcp.source_port).into()),
        v1::Addresses::Tcp6(tcp) => Some((tcp.source_address, tcp.source_port).into()),
    })
}

async fn binary(socket: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
    let mut head = [b'\r'; 16];
    socket.read_exact(&mut head[1..]).await?;
    let length = u16::from_be_bytes([head[14], head[15]]);
    if !head.starts_with(v2::PROTOCOL_PREFIX) || length > BODY {
        return Err(malformed());
    }
    let mut bytes = head.to_vec();
    bytes.resize(head.len() + usize::from(length), 0);
    socket.read_exact(&mut bytes[16..]).await?;
    let header = v2::Header::try_from(bytes.as_slice()).map_err(io::Error::other)?;
    Ok(match (header.command, header.addresses) {
        (v2::Command::Proxy, v2::Addresses::IPv4(ip)) => {
            Some((ip.source_address, ip.source_port).into())
        }
        (v2::Command::Proxy, v2::Addresses::IPv6(ip)) => {
            Some((ip.source_address, ip.source_port).into())
        }
        _ => None,
    })
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a header of the PROXY protocol")
}
