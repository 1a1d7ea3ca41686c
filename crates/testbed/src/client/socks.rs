//! Asking a proxy for a tunnel by SOCKS4a and SOCKS5.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, ensure};

use super::Client;
use crate::wire::Wire;

/// What became of a SOCKS request.
pub enum Tunnel {
    /// The tunnel is open, and the client at its other end.
    Open(Client),
    /// The proxy said no, with this code, and what is left of the connection.
    Refused(u8, Client),
    /// The proxy takes none of the methods of login we offered.
    NoMethod,
    /// The proxy does not take the login.
    LoginRefused(Client),
}

impl Tunnel {
    /// The client at the other end.
    ///
    /// # Errors
    /// When there is no tunnel.
    pub fn open(self) -> Result<Client> {
        match self {
            Self::Open(client) => Ok(client),
            Self::Refused(code, _) => anyhow::bail!("the tunnel was refused with code {code}"),
            Self::NoMethod => anyhow::bail!("no method of login was acceptable"),
            Self::LoginRefused(_) => anyhow::bail!("the login was refused"),
        }
    }
}

/// Asks by SOCKS5 (RFC 1928, RFC 1929). A host that is an address is sent as one.
///
/// # Errors
/// When the proxy does not speak SOCKS5 or breaks off.
pub async fn socks5(
    proxy: SocketAddr,
    login: Option<(&str, &str)>,
    host: &str,
    port: u16,
) -> Result<Tunnel> {
    let mut client = Client::over(Wire::connect(proxy).await?);
    client.send(if login.is_some() { &[5, 1, 2][..] } else { &[5, 1, 0] }).await?;
    let chosen = client.wire.reader.exactly(2).await.context("no method was chosen")?;
    ensure!(chosen[0] == 5, "not SOCKS5: {chosen:?}");
    match (chosen[1], login) {
        (0, None) => {}
        (2, Some((username, password))) => {
            let username = [&[1, length(username)?], username.as_bytes()].concat();
            let password = [&[length(password)?], password.as_bytes()].concat();
            client.send([username, password].concat()).await?;
            let status = client.wire.reader.exactly(2).await.context("no word on the login")?;
            if status[1] != 0 {
                return Ok(Tunnel::LoginRefused(client));
            }
        }
        (0xff, _) => return Ok(Tunnel::NoMethod),
        (other, _) => anyhow::bail!("method {other} was chosen, which was not offered"),
    }
    client.send([&[5, 1, 0], &address(host)?[..], &port.to_be_bytes()].concat()).await?;
    let reply = client.wire.reader.exactly(4).await.context("no reply")?;
    ensure!(reply[0] == 5 && reply[2] == 0, "not a SOCKS5 reply: {reply:?}");
    let rest = match reply[3] {
        1 => 4,
        4 => 16,
        3 => usize::from(client.wire.reader.exactly(1).await?[0]),
        other => anyhow::bail!("the reply has an address of kind {other}"),
    };
    client.wire.reader.exactly(rest + 2).await.context("a short reply")?;
    Ok(if reply[1] == 0 { Tunnel::Open(client) } else { Tunnel::Refused(reply[1], client) })
}

/// Asks by SOCKS4a, which has no password: `user` is all it tells. An IPv4 address is sent as
/// SOCKS4 does.
///
/// # Errors
/// When the proxy does not speak SOCKS4 or breaks off.
pub async fn socks4a(proxy: SocketAddr, user: &str, host: &str, port: u16) -> Result<Tunnel> {
    let mut client = Client::over(Wire::connect(proxy).await?);
    let mut request = [&[4, 1][..], &port.to_be_bytes()].concat();
    if let Ok(IpAddr::V4(address)) = host.parse() {
        request.extend(address.octets());
        request.extend([user.as_bytes(), &[0]].concat());
    } else {
        request.extend([0, 0, 0, 1]);
        request.extend([user.as_bytes(), &[0], host.as_bytes(), &[0]].concat());
    }
    client.send(request).await?;
    let reply = client.wire.reader.exactly(8).await.context("no reply")?;
    ensure!(reply[0] == 0, "not a SOCKS4 reply: {reply:?}");
    Ok(if reply[1] == 90 { Tunnel::Open(client) } else { Tunnel::Refused(reply[1], client) })
}

fn length(text: &str) -> Result<u8> {
    u8::try_from(text.len()).context("longer than 255 bytes")
}

/// Kind and value of a destination.
fn address(host: &str) -> Result<Vec<u8>> {
    Ok(match host.parse() {
        Ok(IpAddr::V4(address)) => [&[1], &address.octets()[..]].concat(),
        Ok(IpAddr::V6(address)) => [&[4], &address.octets()[..]].concat(),
        _ => [&[3, length(host)?], host.as_bytes()].concat(),
    })
}
