//! SOCKS4a and SOCKS5 proxies (RFC 1928, RFC 1929).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use anyhow::{Result, bail, ensure};

use super::state::State;
use super::target::{self, Words};
use super::{Behaviour, Seen};
use crate::wire::Wire;

/// `VER REP RSV ATYP` and an address of zeroes.
fn reply5(code: u8) -> [u8; 10] {
    [5, code, 0, 1, 0, 0, 0, 0, 0, 0]
}

fn reply4(code: u8) -> [u8; 8] {
    [0, code, 0, 0, 0, 0, 0, 0]
}

pub(super) async fn serve5(state: &Arc<State>, connection: u64, mut wire: Wire) -> Result<()> {
    let greeting = wire.reader.exactly(2).await?;
    ensure!(greeting[0] == 5, "not SOCKS5");
    let methods = wire.reader.exactly(greeting[1].into()).await?;
    let method = if state.accounts.is_empty() { 0 } else { 2 };
    let behaviour = state.behaviour();
    let chosen = match behaviour {
        Behaviour::WrongVersion => [4, method],
        Behaviour::WrongMethod => [5, 1],
        _ if !methods.contains(&method) => [5, 0xff],
        Behaviour::RefuseLogin if method == 0 => [5, 0xff],
        _ => [5, method],
    };
    if stays_silent(behaviour, &mut wire).await {
        return Ok(());
    }
    target::say(state, &mut wire.writer, &chosen).await?;
    if chosen != [5, method] {
        return Ok(());
    }
    let login = if method == 2 { Some(read_login(&mut wire).await?) } else { None };
    let source = state.admit(login.as_ref());
    if method == 2 {
        target::say(state, &mut wire.writer, &[1, u8::from(source.is_none())]).await?;
    }
    let mut seen = Seen {
        connection,
        login,
        admitted: source.is_some(),
        method: "SOCKS5".to_owned(),
        target: String::new(),
        head: None,
    };
    let Some(source) = source else {
        state.note(seen);
        return Ok(());
    };
    let authority = read_target5(&mut wire).await?;
    seen.target.clone_from(&authority);
    state.note(seen);
    let words = Words { yes: &reply5(0), no: &reply5(5) };
    let code = match behaviour {
        Behaviour::Reply(code) => Some(code),
        _ => refusal(behaviour).then_some(1),
    };
    let refusal = code.map(|code| reply5(code).to_vec());
    answer(state, wire, (&authority, source), words, refusal).await
}

pub(super) async fn serve4(state: &Arc<State>, connection: u64, mut wire: Wire) -> Result<()> {
    let head = wire.reader.exactly(8).await?;
    ensure!(head[..2] == [4, 1], "not a SOCKS4 CONNECT");
    let port = u16::from_be_bytes([head[2], head[3]]);
    let address = Ipv4Addr::new(head[4], head[5], head[6], head[7]);
    let user = wire.reader.until_zero().await?;
    // SOCKS4a: 0.0.0.x with x not 0 says that a name follows.
    let host = match address.octets() {
        [0, 0, 0, 1..=255] => wire.reader.until_zero().await?,
        _ => address.to_string(),
    };
    let authority = format!("{host}:{port}");
    let login = (!user.is_empty()).then_some((user, String::new()));
    let source = state.admit(login.as_ref());
    state.note(Seen {
        connection,
        login,
        admitted: source.is_some(),
        method: "SOCKS4".to_owned(),
        target: authority.clone(),
        head: None,
    });
    let behaviour = state.behaviour();
    if stays_silent(behaviour, &mut wire).await {
        return Ok(());
    }
    let code = match (source, behaviour) {
        (None, _) => Some(93),
        (_, Behaviour::Reply(code)) => Some(code),
        _ => refusal(behaviour).then_some(91),
    };
    let words = Words { yes: &reply4(90), no: &reply4(91) };
    let source = source.unwrap_or(state.source);
    let refusal = code.map(|code| reply4(code).to_vec());
    answer(state, wire, (&authority, source), words, refusal).await
}

/// Behaviours that are no words at all; true when the connection is over.
async fn stays_silent(behaviour: Behaviour, wire: &mut Wire) -> bool {
    match behaviour {
        Behaviour::Hang => {
            wire.reader.until_closed().await;
            true
        }
        Behaviour::Delay(pause) => {
            tokio::time::sleep(pause).await;
            false
        }
        Behaviour::Garbage => {
            // The peer may be gone already.
            let _ = wire.send(target::GARBAGE).await;
            true
        }
        Behaviour::Close | Behaviour::Reset => true,
        _ => false,
    }
}

/// Whether a behaviour that SOCKS has no words for is a general failure.
fn refusal(behaviour: Behaviour) -> bool {
    matches!(behaviour, Behaviour::Answer(_) | Behaviour::RefuseLogin)
}

/// Refuses, or opens the tunnel; a short reply is half of a good one.
async fn answer(
    state: &State,
    mut wire: Wire,
    to: (&str, Ipv4Addr),
    words: Words<'_>,
    refusal: Option<Vec<u8>>,
) -> Result<()> {
    if let Some(refusal) = refusal {
        return wire.send(refusal).await;
    }
    match state.behaviour() {
        Behaviour::ShortReply => wire.send(&words.yes[..words.yes.len() / 2]).await,
        Behaviour::WrongVersion => wire.send([&[9], &words.yes[1..]].concat()).await,
        _ => target::tunnel(state, wire, to, words).await,
    }
}

async fn read_login(wire: &mut Wire) -> Result<(String, String)> {
    let start = wire.reader.exactly(2).await?;
    ensure!(start[0] == 1, "not a login of RFC 1929");
    let username = wire.reader.exactly(start[1].into()).await?;
    let length = wire.reader.exactly(1).await?[0];
    let password = wire.reader.exactly(length.into()).await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(&username), text(&password)))
}

async fn read_target5(wire: &mut Wire) -> Result<String> {
    let start = wire.reader.exactly(4).await?;
    ensure!(start[..3] == [5, 1, 0], "not a SOCKS5 CONNECT");
    let host = match start[3] {
        1 => IpAddr::from(<[u8; 4]>::try_from(&*wire.reader.exactly(4).await?)?).to_string(),
        4 => {
            let address = Ipv6Addr::from(<[u8; 16]>::try_from(&*wire.reader.exactly(16).await?)?);
            format!("[{address}]")
        }
        3 => {
            let length = wire.reader.exactly(1).await?[0];
            String::from_utf8_lossy(&wire.reader.exactly(length.into()).await?).into_owned()
        }
        other => bail!("no kind of address is {other}"),
    };
    let port = wire.reader.exactly(2).await?;
    Ok(format!("{host}:{}", u16::from_be_bytes([port[0], port[1]])))
}
