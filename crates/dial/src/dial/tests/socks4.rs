//! SOCKS4 exits, honest and broken.

use model::exchange::Blame;
use model::proxy::Protocol;

use super::exits::{Exit, assert_joined, dialer, how, read, target, within, write_slowly};
use crate::{BadAnswer, DialError, Stream};

const OPEN: [u8; 8] = [0, 90, 0, 0, 0, 0, 0, 0];

async fn dial(exit: &Exit, user: Option<&str>, to: &str) -> Result<Stream, DialError> {
    let endpoint = exit.endpoint(user.map(|user| (user, "unused")));
    dialer().tunnel(&endpoint, &how(), &target(to)).await
}

#[tokio::test]
async fn the_request_carries_an_address_or_a_name() {
    for (user, to, expected) in [
        (None, "192.0.2.7:80", &b"\x04\x01\x00\x50\xc0\x00\x02\x07\x00"[..]),
        (Some("vend"), "192.0.2.7:80", b"\x04\x01\x00\x50\xc0\x00\x02\x07vend\x00"),
        (None, "a.test:443", b"\x04\x01\x01\xbb\x00\x00\x00\x01\x00a.test\x00"),
        (Some("vend"), "a.test:443", b"\x04\x01\x01\xbb\x00\x00\x00\x01vend\x00a.test\x00"),
        (None, "[2001:db8::7]:80", b"\x04\x01\x00\x50\x00\x00\x00\x01\x002001:db8::7\x00"),
        // Sent as an address, this one would have the exit wait for a name.
        (None, "0.0.0.9:80", b"\x04\x01\x00\x50\x00\x00\x00\x01\x000.0.0.9\x00"),
    ] {
        let exit = Exit::new(Protocol::Socks4).await;
        let reply = [&OPEN[..], b"first"].concat();
        let played = exit.answer(expected.len(), &reply);
        let ((request, mut far), near) =
            within(async { tokio::join!(played, dial(&exit, user, to)) }).await;
        assert_eq!(request, expected, "{to}");
        let mut near = near.unwrap();
        assert!(near.as_tcp().is_some(), "nothing was read ahead");
        assert_eq!(within(read(&mut near, 5)).await, b"first");
        within(assert_joined(&mut near, &mut far)).await;
    }
}

#[tokio::test]
async fn an_exit_may_answer_one_byte_at_a_time() {
    let exit = Exit::new(Protocol::Socks4).await;
    let played = async {
        let (_, mut socket) = exit.answer(16, b"").await;
        write_slowly(&mut socket, &OPEN).await;
        socket
    };
    let (mut far, near) =
        within(async { tokio::join!(played, dial(&exit, None, "a.test:443")) }).await;
    within(assert_joined(&mut near.unwrap(), &mut far)).await;
}

#[tokio::test]
async fn every_refusal_is_somebodys_fault() {
    type Check = fn(&DialError) -> bool;
    let cases: [([u8; 2], Blame, Check); 6] = [
        ([0, 91], Blame::Target, |e| matches!(e, DialError::Socks4Refused { code: 91 })),
        ([4, 91], Blame::Target, |e| matches!(e, DialError::Socks4Refused { code: 91 })),
        ([0, 92], Blame::Exit, |e| matches!(e, DialError::Unauthorized)),
        ([0, 93], Blame::Exit, |e| matches!(e, DialError::Unauthorized)),
        ([0, 7], Blame::Exit, |e| matches!(e, DialError::Socks4Refused { code: 7 })),
        ([5, 90], Blame::Exit, |e| matches!(e, DialError::BadAnswer(BadAnswer::Version))),
    ];
    for (code, blame, check) in cases {
        let exit = Exit::new(Protocol::Socks4).await;
        let reply = [&code[..], &[0; 6]].concat();
        let played = exit.answer(16, &reply);
        let (_open, error) =
            within(async { tokio::join!(played, dial(&exit, None, "a.test:443")) }).await;
        let error = error.unwrap_err();
        assert!(check(&error), "{error:?} for {code:?}");
        assert_eq!(error.blame(), blame, "{code:?}");
        assert!(error.may_try_another());
    }
}

#[tokio::test]
async fn a_short_reply_and_a_user_that_cannot_be_written_are_errors() {
    let exit = Exit::new(Protocol::Socks4).await;
    let played = async { drop(exit.answer(16, &OPEN[..7]).await) };
    let ((), error) = within(async { tokio::join!(played, dial(&exit, None, "a.test:443")) }).await;
    assert!(matches!(error.unwrap_err(), DialError::ExitClosed(_)));

    let error = within(dial(&exit, Some("ve\0nd"), "a.test:443")).await.unwrap_err();
    assert!(matches!(error, DialError::BadLogin), "{error:?}");
}

#[tokio::test]
async fn a_knock_only_connects() {
    let exit = Exit::new(Protocol::Socks4).await;
    let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(Some(("vend", ""))));
    let played = async {
        let mut rest = Vec::new();
        let mut socket = exit.accept().await;
        tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut rest).await.unwrap();
        rest
    };
    let (rest, knocked) =
        within(async { tokio::join!(played, dialer.knock(&endpoint, &how)) }).await;
    knocked.unwrap();
    assert_eq!(rest, b"");
}
