//! Asking a SOCKS5 proxy for a tunnel (RFC 1928), with a login where there is one (RFC 1929).

use std::net::IpAddr;

use model::proxy::Login;
use model::{Host, Target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::error::{BadAnswer, DialError};
use crate::stream::Stream;

const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;
const NO_LOGIN: u8 = 0;
const USERNAME_PASSWORD: u8 = 2;
const NOTHING_ACCEPTABLE: u8 = 0xff;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Logs in and asks for the target. Reads exactly the exit's replies: the next byte is the target's.
pub(crate) async fn open(
    mut stream: Stream,
    login: Option<&Login>,
    target: &Target,
) -> Result<Stream, DialError> {
    let request = request(target)?;
    log_in(&mut stream, login).await?;
    send(&mut stream, &request).await?;
    read_reply(&mut stream).await?;
    Ok(stream)
}

/// Greets, and logs in. One method is offered, so that an exit cannot choose to overlook the login:
/// with many providers it says which country, session or customer is meant.
pub(crate) async fn log_in(stream: &mut Stream, login: Option<&Login>) -> Result<(), DialError> {
    let credentials = login.map(credentials).transpose()?;
    let method = if login.is_some() { USERNAME_PASSWORD } else { NO_LOGIN };
    send(stream, &[VERSION, 1, method]).await?;
    match receive::<2>(stream).await? {
        [VERSION, NOTHING_ACCEPTABLE] => return Err(DialError::Unauthorized),
        [VERSION, chosen] if chosen == method => {}
        [VERSION, _] => return Err(DialError::BadAnswer(BadAnswer::Method)),
        _ => return Err(DialError::BadAnswer(BadAnswer::Version)),
    }
    let Some(credentials) = credentials else { return Ok(()) };
    send(stream, &credentials).await?;
    match receive::<2>(stream).await? {
        // Exits that put 5 here are common enough to be let through.
        [LOGIN_VERSION | VERSION, 0] => Ok(()),
        [LOGIN_VERSION | VERSION, _] => Err(DialError::Unauthorized),
        _ => Err(DialError::BadAnswer(BadAnswer::Version)),
    }
}

fn credentials(login: &Login) -> Result<Vec<u8>, DialError> {
    let (username, password) = (login.username.as_bytes(), login.password.expose().as_bytes());
    let mut message = vec![LOGIN_VERSION];
    for part in [username, password] {
        let length = u8::try_from(part.len()).ok().ok_or(DialError::BadLogin)?;
        message.push(length);
        message.extend_from_slice(part);
    }
    Ok(message)
}

fn request(target: &Target) -> Result<Vec<u8>, DialError> {
    let mut message = vec![VERSION, CONNECT, 0];
    match &target.host {
        Host::Ip(IpAddr::V4(address)) => {
            message.push(IPV4);
            message.extend_from_slice(&address.octets());
        }
        Host::Ip(IpAddr::V6(address)) => {
            message.push(IPV6);
            message.extend_from_slice(&address.octets());
        }
        Host::Name(name) => {
            let length = u8::try_from(name.len()).ok().ok_or(DialError::NameTooLong)?;
            message.extend_from_slice(&[NAME, length]);
            message.extend_from_slice(name.as_bytes());
        }
    }
    message.extend_from_slice(&target.port.to_be_bytes());
    Ok(message)
}

/// The reply, and the bound address behind it, of which only the length matters.
async fn read_reply(stream: &mut Stream) -> Result<(), DialError> {
    let address_type = match receive::<4>(stream).await? {
        [VERSION, 0, _, address_type] => address_type,
        [VERSION, reply, ..] => return Err(DialError::Socks5Refused { reply }),
        _ => return Err(DialError::BadAnswer(BadAnswer::Version)),
    };
    match address_type {
        IPV4 => receive::<6>(stream).await.map(drop),
        IPV6 => receive::<18>(stream).await.map(drop),
        NAME => {
            let [length] = receive::<1>(stream).await?;
            let mut rest = vec![0; usize::from(length) + 2];
            stream.read_exact(&mut rest).await.map(drop).map_err(DialError::ExitClosed)
        }
        _ => Err(DialError::BadAnswer(BadAnswer::AddressType)),
    }
}

async fn send(stream: &mut Stream, message: &[u8]) -> Result<(), DialError> {
    stream.write_all(message).await.map_err(DialError::ExitClosed)
}

async fn receive<const N: usize>(stream: &mut Stream) -> Result<[u8; N], DialError> {
    let mut message = [0; N];
    stream.read_exact(&mut message).await.map_err(DialError::ExitClosed)?;
    Ok(message)
}
