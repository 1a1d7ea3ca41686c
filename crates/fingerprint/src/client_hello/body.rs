//! The fields of a `ClientHello`, and of the extensions that fingerprints look into.

use super::ClientHello;
use crate::NotTls;
use crate::cursor::Cursor;

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;

/// Reads a message without its head.
pub(super) fn read(message: &[u8]) -> Result<ClientHello, NotTls> {
    let mut rest = Cursor(message);
    let (version, ciphers) = fixed(&mut rest).ok_or(NotTls::Malformed("fixed part"))?;
    let mut hello = ClientHello { version, ciphers, ..ClientHello::default() };
    if rest.is_empty() {
        return Ok(hello);
    }
    let list = rest.counted_u16().filter(|_| rest.is_empty());
    let mut list = list.ok_or(NotTls::Malformed("list of extensions"))?;
    while !list.is_empty() {
        let extension = list.u16().zip(list.counted_u16());
        let (kind, data) = extension.ok_or(NotTls::Malformed("list of extensions"))?;
        hello.extensions.push(kind);
        let name = name(kind);
        look_into(kind, data, &mut hello).ok_or(NotTls::Malformed(name))?;
    }
    Ok(hello)
}

/// Version, random, session, ciphers, compression.
fn fixed(rest: &mut Cursor) -> Option<(u16, Vec<u16>)> {
    let version = rest.u16()?;
    rest.take(32)?;
    rest.counted_u8().filter(|session| session.0.len() <= 32)?;
    let ciphers = rest.counted_u16()?.u16s().filter(|ciphers| !ciphers.is_empty())?;
    rest.counted_u8().filter(|compression| !compression.is_empty())?;
    Some((version, ciphers))
}

fn name(kind: u16) -> &'static str {
    match kind {
        SERVER_NAME => "server name",
        GROUPS => "list of groups",
        POINT_FORMATS => "list of point formats",
        SIGNATURE_ALGORITHMS => "list of signature algorithms",
        ALPN => "list of protocols",
        SUPPORTED_VERSIONS => "list of versions",
        _ => "list of key shares",
    }
}

/// `None`: the extension is malformed. Those that no fingerprint looks into are taken as they are.
fn look_into(kind: u16, mut data: Cursor, hello: &mut ClientHello) -> Option<()> {
    match kind {
        SERVER_NAME => server_name(data.counted_u16()?, &mut hello.server_name)?,
        GROUPS => hello.groups = data.counted_u16()?.u16s()?,
        POINT_FORMATS => hello.point_formats = data.counted_u8()?.0.to_vec(),
        SIGNATURE_ALGORITHMS => hello.signature_algorithms = data.counted_u16()?.u16s()?,
        ALPN => hello.alpn = protocols(data.counted_u16()?)?,
        SUPPORTED_VERSIONS => hello.supported_versions = data.counted_u8()?.u16s()?,
        KEY_SHARE => hello.key_shares = key_shares(data.counted_u16()?)?,
        _ => return Some(()),
    }
    data.is_empty().then_some(())
}

/// The first name that is a host (RFC 6066 section 3): there is no other kind of name.
fn server_name(mut list: Cursor, host: &mut Option<String>) -> Option<()> {
    while !list.is_empty() {
        let (kind, name) = (list.u8()?, list.counted_u16()?);
        if kind == 0 && host.is_none() {
            *host = Some(std::str::from_utf8(name.0).ok()?.to_owned());
        }
    }
    Some(())
}

fn protocols(mut list: Cursor) -> Option<Vec<Vec<u8>>> {
    let mut protocols = Vec::new();
    while !list.is_empty() {
        protocols.push(list.counted_u8()?.0.to_vec());
    }
    Some(protocols)
}

fn key_shares(mut list: Cursor) -> Option<Vec<u16>> {
    let mut groups = Vec::new();
    while !list.is_empty() {
        groups.push(list.u16()?);
        list.counted_u16()?;
    }
    Some(groups)
}
