//! SOCKS5 (RFC 1928, RFC 1929) and SOCKS4a clients: a handshake in front of the same tunnel.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use model::exchange::ExchangeKind;
use model::target::{Host, Target};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::admit::{self, Admitted, Caller};
use crate::client::Client;
use crate::connect::{self, Opened};
use crate::connection::Becomes;
use crate::error::RelayError;
use crate::intercept::{self, Intercepted};
use crate::login::Presented;
use crate::record::Record;
use crate::refuse::{self, Refusal};
use crate::relay::Relay;

const VERSION_5: u8 = 5;
const CONNECT: u8 = 1;
const NO_LOGIN: u8 = 0;
const USERNAME_PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;

/// What a client speaks and how far it has come, which decides how it is told no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Four,
    /// Method and login of SOCKS5: a refusal is told in an answer of their own.
    Login,
    /// The request of SOCKS5.
    Request,
}

/// Serves one SOCKS client: one handshake, one tunnel, which its connection becomes.
pub(crate) async fn serve(relay: Arc<Relay>, mut client: Client) -> Option<Becomes> {
    let mut record = Record::open(&relay, ExchangeKind::Socks, client.peer.ip());
    let deadline = relay.settings().head_timeout;
    let mut stage = Stage::Login;
    let handshake = handshake(&relay, &mut client, &mut stage);
    let asked = timeout(deadline, handshake).await.unwrap_or(Err(RelayError::TooSlow));
    let opened = match asked {
        Ok(asked) => open(&relay, &client, asked, &mut record).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(opened) => {
            client.write(granted(stage)).await.ok()?;
            Some(match opened {
                Ready::Tunnel(opened) => connect::begin(&relay, client, opened, record),
                Ready::Intercepted(taken) => intercept::begin(&relay, client, taken, record),
            })
        }
        Err(error) => {
            let refusal = refuse::refusal(&error);
            record.refused(refusal.status, &error);
            refusal.log(&error);
            if client.write(&refused(stage, &refusal, &error)).await.is_ok() {
                drop(record);
                client.close().await;
            }
            None
        }
    }
}

/// What a client that is granted its tunnel gets.
enum Ready {
    Tunnel(Opened),
    Intercepted(Intercepted),
}

async fn open(
    relay: &Arc<Relay>,
    client: &Client,
    (admitted, target): (Admitted, Target),
    record: &mut Record,
) -> Result<Ready, RelayError> {
    record.target(Some(&target));
    if intercept::is_wanted(relay, &admitted.project.spec, &target) {
        return intercept::open(relay, (admitted, target), record).map(Ready::Intercepted);
    }
    let roster = relay.roster();
    let caller = Caller { roster: &roster, source: client.peer.ip() };
    connect::open(relay, &caller, (admitted, target), record).await.map(Ready::Tunnel)
}

async fn handshake(
    relay: &Relay,
    client: &mut Client,
    stage: &mut Stage,
) -> Result<(Admitted, Target), RelayError> {
    if byte(client).await? == VERSION_5 {
        let admitted = log_in(relay, client).await?;
        *stage = Stage::Request;
        Ok((admitted, request(client).await?))
    } else {
        *stage = Stage::Four;
        four(relay, client).await
    }
}

/// The methods and the login of SOCKS5.
async fn log_in(relay: &Relay, client: &mut Client) -> Result<Admitted, RelayError> {
    let count = byte(client).await?;
    let methods = bytes(client, count.into()).await?;
    let roster = relay.roster();
    let caller = Caller { roster: &roster, source: client.peer.ip() };
    if methods.contains(&USERNAME_PASSWORD) {
        client.write(&[VERSION_5, USERNAME_PASSWORD]).await?;
        let presented = login(client).await;
        let admitted =
            presented.and_then(|presented| admit::by_login(relay, &caller, Some(&presented)));
        client.write(&[1, u8::from(admitted.is_err())]).await?;
        return admitted;
    }
    let admitted = if methods.contains(&NO_LOGIN) {
        admit::by_login(relay, &caller, None)
    } else {
        Err(RelayError::Unauthenticated)
    };
    let method = if admitted.is_ok() { NO_LOGIN } else { NO_METHOD };
    client.write(&[VERSION_5, method]).await?;
    admitted
}

/// The request of SOCKS5.
async fn request(client: &mut Client) -> Result<Target, RelayError> {
    let [version, command, _reserved, kind] = array(client).await?;
    if version != VERSION_5 {
        return Err(RelayError::BadRequest("not SOCKS5"));
    }
    let host = match kind {
        1 => Host::Ip(IpAddr::V4(Ipv4Addr::from(array::<4>(client).await?))),
        4 => Host::Ip(IpAddr::V6(Ipv6Addr::from(array::<16>(client).await?))),
        3 => {
            let length = byte(client).await?;
            host(&bytes(client, length.into()).await?)?
        }
        _ => return Err(RelayError::BadRequest("not a SOCKS address type")),
    };
    let port = array(client).await?;
    if command != CONNECT {
        return Err(RelayError::MethodRefused);
    }
    Ok(Target { host, port: self::port(port)? })
}

/// RFC 1929.
async fn login(client: &mut Client) -> Result<Presented, RelayError> {
    if byte(client).await? != 1 {
        return Err(RelayError::Unauthenticated);
    }
    let length = byte(client).await?;
    let username = text(&bytes(client, length.into()).await?)?;
    let length = byte(client).await?;
    let password = text(&bytes(client, length.into()).await?)?;
    Ok(Presented { username, password })
}

/// The whole of SOCKS4a: command, port, address, user id, and a name behind an address `0.0.0.x`.
/// It has no password: the user id may hold one behind a colon, or the source address be enough.
async fn four(relay: &Relay, client: &mut Client) -> Result<(Admitted, Target), RelayError> {
    let command = byte(client).await?;
    let port = port(array(client).await?)?;
    let address: [u8; 4] = array(client).await?;
    let user = text(&until_nul(client).await?)?;
    let host = match address {
        [0, 0, 0, last] if last != 0 => host(&until_nul(client).await?)?,
        address => Host::Ip(IpAddr::V4(Ipv4Addr::from(address))),
    };
    if command != CONNECT {
        return Err(RelayError::MethodRefused);
    }
    let roster = relay.roster();
    let caller = Caller { roster: &roster, source: client.peer.ip() };
    let presented = (!user.is_empty()).then(|| {
        let (username, password) = user.split_once(':').unwrap_or((&user, ""));
        Presented { username: username.to_owned(), password: password.to_owned() }
    });
    let admitted = admit::by_login(relay, &caller, presented.as_ref())?;
    Ok((admitted, Target { host, port }))
}

fn host(name: &[u8]) -> Result<Host, RelayError> {
    let name = std::str::from_utf8(name)
        .ok()
        .ok_or(RelayError::BadTarget(model::target::BadTarget::BadHost))?;
    // A name that is an IPv6 address stands without brackets here.
    match name.parse::<Ipv6Addr>() {
        Ok(address) => Ok(Host::Ip(IpAddr::V6(address))),
        Err(_) => Ok(Host::parse(name)?),
    }
}

fn port(bytes: [u8; 2]) -> Result<u16, RelayError> {
    match u16::from_be_bytes(bytes) {
        0 => Err(RelayError::BadTarget(model::target::BadTarget::BadPort)),
        port => Ok(port),
    }
}

fn text(bytes: &[u8]) -> Result<String, RelayError> {
    String::from_utf8(bytes.to_vec())
        .ok()
        .filter(|text| !text.chars().any(char::is_control))
        .ok_or(RelayError::Unauthenticated)
}

/// The reply that opens the tunnel. We name no bound address: it would be the exit's, which only
/// the exit knows.
fn granted(stage: Stage) -> &'static [u8] {
    match stage {
        Stage::Login | Stage::Request => &[VERSION_5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        Stage::Four => &[0, 0x5a, 0, 0, 0, 0, 0, 0],
    }
}

/// The reply that refuses; empty where the client has been told already, or is gone.
fn refused(stage: Stage, refusal: &Refusal, error: &RelayError) -> Vec<u8> {
    match (stage, error) {
        (Stage::Login, _) | (_, RelayError::ClientGone { .. } | RelayError::Truncated) => vec![],
        (Stage::Request, _) => vec![VERSION_5, refusal.to_socks5(), 0, 1, 0, 0, 0, 0, 0, 0],
        (Stage::Four, RelayError::Unauthenticated) => vec![0, 0x5d, 0, 0, 0, 0, 0, 0],
        (Stage::Four, _) => vec![0, 0x5b, 0, 0, 0, 0, 0, 0],
    }
}

// === reading ===

async fn byte(client: &mut Client) -> Result<u8, RelayError> {
    Ok(array::<1>(client).await?[0])
}

async fn array<const N: usize>(client: &mut Client) -> Result<[u8; N], RelayError> {
    let mut array = [0; N];
    fill(client, N).await?;
    client.input.copy_to_slice(&mut array);
    Ok(array)
}

async fn bytes(client: &mut Client, count: usize) -> Result<BytesMut, RelayError> {
    fill(client, count).await?;
    Ok(client.input.split_to(count))
}

/// Up to and without the next zero byte: at most 255 bytes.
async fn until_nul(client: &mut Client) -> Result<BytesMut, RelayError> {
    let mut length = 0;
    loop {
        fill(client, length + 1).await?;
        if client.input[length] == 0 {
            let text = client.input.split_to(length);
            client.input.advance(1);
            return Ok(text);
        }
        length += 1;
        if length > 255 {
            return Err(RelayError::BadRequest("a SOCKS4 field is longer than 255 bytes"));
        }
    }
}

/// Reads until at least `count` bytes are there.
async fn fill(client: &mut Client, count: usize) -> Result<(), RelayError> {
    while client.input.len() < count {
        match client.stream.read_buf(&mut client.input).await {
            Ok(0) => return Err(RelayError::Truncated),
            Ok(_) => {}
            Err(source) => return Err(RelayError::ClientGone { source }),
        }
    }
    Ok(())
}
