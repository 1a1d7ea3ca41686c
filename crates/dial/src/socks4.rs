//! Asking a SOCKS4 proxy for a tunnel, with the 4a extension for names.

use std::net::{IpAddr, Ipv4Addr};

use model::proxy::Login;
use model::{Host, Target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::error::{BadAnswer, DialError};
use crate::stream::Stream;

const VERSION: u8 = 4;
const CONNECT: u8 = 1;
/// `0.0.0.x`: the address is none, a name follows (4a).
const NAME_FOLLOWS: Ipv4Addr = Ipv4Addr::new(0, 0, 0, 1);
const GRANTED: u8 = 90;
const NO_IDENTD: u8 = 92;
const OTHER_USER: u8 = 93;

/// Asks for the target. Reads exactly the eight bytes of the reply: the next byte is the target's.
///
/// The user id is the login's username; the protocol has no place for a password.
pub(crate) async fn open(
    mut stream: Stream,
    login: Option<&Login>,
    target: &Target,
) -> Result<Stream, DialError> {
    let request = request(login, target)?;
    stream.write_all(&request).await.map_err(DialError::ExitClosed)?;
    let mut reply = [0; 8];
    stream.read_exact(&mut reply).await.map_err(DialError::ExitClosed)?;
    match reply {
        // The reply's version is 0; some exits send 4.
        [0 | VERSION, GRANTED, ..] => Ok(stream),
        [0 | VERSION, NO_IDENTD | OTHER_USER, ..] => Err(DialError::Unauthorized),
        [0 | VERSION, code, ..] => Err(DialError::Socks4Refused { code }),
        _ => Err(DialError::BadAnswer(BadAnswer::Version)),
    }
}

fn request(login: Option<&Login>, target: &Target) -> Result<Vec<u8>, DialError> {
    let user = login.map_or("", |login| &login.username);
    if user.contains('\0') {
        return Err(DialError::BadLogin);
    }
    let (address, name) = address_or_name(&target.host)?;
    let mut message = vec![VERSION, CONNECT];
    message.extend_from_slice(&target.port.to_be_bytes());
    message.extend_from_slice(&address.octets());
    message.extend_from_slice(user.as_bytes());
    message.push(0);
    if let Some(name) = name {
        message.extend_from_slice(name.as_bytes());
        message.push(0);
    }
    Ok(message)
}

/// What has no IPv4 address, or one that would read as "a name follows", goes as text.
fn address_or_name(host: &Host) -> Result<(Ipv4Addr, Option<String>), DialError> {
    match host {
        Host::Ip(IpAddr::V4(address)) if !address.octets().starts_with(&[0, 0, 0]) => {
            Ok((*address, None))
        }
        Host::Ip(address) => Ok((NAME_FOLLOWS, Some(address.to_string()))),
        Host::Name(name) if name.len() > 255 || name.contains('\0') => Err(DialError::NameTooLong),
        Host::Name(name) => Ok((NAME_FOLLOWS, Some(name.to_string()))),
    }
}
