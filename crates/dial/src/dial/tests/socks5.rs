//! SOCKS5 exits, honest and broken.

use model::connector::ResolveAt;
use model::exchange::Blame;
use model::proxy::Protocol;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::exits::{Exit, assert_joined, dialer, how, read, target, within, write_slowly};
use crate::{BadAnswer, DialError, How, Stream};

const OPEN: [u8; 10] = [5, 0, 0, 1, 192, 0, 2, 9, 0x12, 0x34];

/// Plays an exit that takes anybody and answers the request, `request` bytes long, with `reply`.
async fn take_anybody(exit: &Exit, request: usize, reply: &[u8]) -> (Vec<u8>, TcpStream) {
    let (greeting, mut socket) = exit.answer(3, &[5, 0]).await;
    assert_eq!(greeting, [5, 1, 0]);
    let request = read(&mut socket, request).await;
    socket.write_all(reply).await.unwrap();
    (request, socket)
}

/// Plays an exit that answers the greeting with `greeting`, and the request for `a.test:443` with
/// `reply` if it gets that far.
async fn misbehave(exit: &Exit, greeting: &[u8], reply: &[u8]) -> TcpStream {
    let (_, mut socket) = exit.answer(3, greeting).await;
    if greeting == [5, 0] {
        read(&mut socket, 13).await;
        socket.write_all(reply).await.unwrap();
    }
    socket
}

/// Dials `to` through an exit without a login, which answers a request for `name:443`.
async fn dial(exit: &Exit, to: &str) -> Result<Stream, DialError> {
    dialer().tunnel(&exit.endpoint(None), &how(), &target(to)).await
}

#[tokio::test]
async fn the_request_carries_what_the_exit_is_to_resolve() {
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    for (to, expected) in [
        ("a.test:443", [&[5, 1, 0, 3, 6][..], b"a.test", &[1, 187]].concat()),
        ("192.0.2.7:80", vec![5, 1, 0, 1, 192, 0, 2, 7, 0, 80]),
        ("[2001:db8::7]:80", [&[5, 1, 0, 4][..], &v6, &[0, 80]].concat()),
    ] {
        let exit = Exit::new(Protocol::Socks5).await;
        let played = take_anybody(&exit, expected.len(), &OPEN);
        let ((request, mut far), near) =
            within(async { tokio::join!(played, dial(&exit, to)) }).await;
        assert_eq!(request, expected, "{to}");
        let mut near = near.unwrap();
        assert!(near.as_tcp().unwrap().nodelay().unwrap());
        within(assert_joined(&mut near, &mut far)).await;
    }
}

#[tokio::test]
async fn every_kind_of_bound_address_is_read_to_its_end_and_no_further() {
    let v6 = [&[5, 0, 0, 4][..], &[9; 16], &[0, 1]].concat();
    let name = [&[5, 0, 0, 3, 4][..], b"host", &[0, 1]].concat();
    let longest = [&[5, 0, 0, 3, 255][..], &[b'x'; 255], &[0, 1]].concat();
    let empty = vec![5, 0, 0, 3, 0, 0, 0];
    for mut reply in [OPEN.to_vec(), v6, name, longest, empty] {
        reply.extend_from_slice(b"first");
        let exit = Exit::new(Protocol::Socks5).await;
        let played = take_anybody(&exit, 13, &reply);
        let ((_, _far), near) =
            within(async { tokio::join!(played, dial(&exit, "a.test:443")) }).await;
        let mut near = near.unwrap();
        assert!(near.as_tcp().is_some(), "nothing was read ahead");
        assert_eq!(within(read(&mut near, 5)).await, b"first");
    }
}

#[tokio::test]
async fn an_exit_may_answer_one_byte_at_a_time() {
    let exit = Exit::new(Protocol::Socks5).await;
    let played = async {
        let mut socket = exit.accept().await;
        read(&mut socket, 3).await;
        write_slowly(&mut socket, &[5, 2]).await;
        read(&mut socket, 1 + 1 + 4 + 1 + 6).await;
        write_slowly(&mut socket, &[1, 0]).await;
        read(&mut socket, 13).await;
        write_slowly(&mut socket, &OPEN).await;
        socket
    };
    let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(Some(("vend", "s3cret"))));
    let to = target("a.test:443");
    let (mut far, near) =
        within(async { tokio::join!(played, dialer.tunnel(&endpoint, &how, &to)) }).await;
    within(assert_joined(&mut near.unwrap(), &mut far)).await;
}

#[tokio::test]
async fn a_login_is_sent_as_it_is_and_is_the_only_method_offered() {
    let odd = "a@b:c/d#e?f%41é";
    let exit = Exit::new(Protocol::Socks5).await;
    let expected = [&[1, 4][..], b"vend", &[u8::try_from(odd.len()).unwrap()], odd.as_bytes()];
    let expected = expected.concat();
    let played = async {
        let (greeting, mut socket) = exit.answer(3, &[5, 2]).await;
        assert_eq!(greeting, [5, 1, 2]);
        assert_eq!(read(&mut socket, expected.len()).await, expected);
        socket.write_all(&[1, 0]).await.unwrap();
        read(&mut socket, 13).await;
        socket.write_all(&OPEN).await.unwrap();
        socket
    };
    let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(Some(("vend", odd))));
    let to = target("a.test:443");
    let (mut far, near) =
        within(async { tokio::join!(played, dialer.tunnel(&endpoint, &how, &to)) }).await;
    within(assert_joined(&mut near.unwrap(), &mut far)).await;
}

#[tokio::test]
async fn every_refusal_is_somebodys_fault() {
    for (reply, blame, token) in [
        (1, Blame::Exit, "destination_unavailable"),
        (2, Blame::Exit, "http_request_denied"),
        (3, Blame::Target, "destination_ip_unroutable"),
        (4, Blame::Target, "destination_ip_unroutable"),
        (5, Blame::Target, "connection_refused"),
        (6, Blame::Target, "destination_ip_unroutable"),
        (7, Blame::Exit, "destination_unavailable"),
        (8, Blame::Exit, "destination_unavailable"),
        (99, Blame::Exit, "destination_unavailable"),
    ] {
        let exit = Exit::new(Protocol::Socks5).await;
        // Four bytes are enough for a refusal; some exits send no more.
        let answer = [5, reply, 0, 1];
        let played = take_anybody(&exit, 13, &answer);
        let (_, error) = within(async { tokio::join!(played, dial(&exit, "a.test:443")) }).await;
        let error = error.unwrap_err();
        assert!(matches!(error, DialError::Socks5Refused { reply: r } if r == reply), "{error:?}");
        assert_eq!((error.blame(), error.proxy_status_error()), (blame, token), "{reply}");
        assert!(error.may_try_another());
    }
}

#[tokio::test]
async fn what_is_no_socks5_is_told_at_once_while_the_exit_stays_silent() {
    type Check = fn(&DialError) -> bool;
    let cases: [(&[u8], &[u8], Check); 7] = [
        (&[4, 0], &[], |e| matches!(e, DialError::BadAnswer(BadAnswer::Version))),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", &[], |e| {
            matches!(e, DialError::BadAnswer(BadAnswer::Version))
        }),
        (&[5, 2], &[], |e| matches!(e, DialError::BadAnswer(BadAnswer::Method))),
        (&[5, 1], &[], |e| matches!(e, DialError::BadAnswer(BadAnswer::Method))),
        (&[5, 0xff], &[], |e| matches!(e, DialError::Unauthorized)),
        (&[5, 0], &[4, 0, 0, 1], |e| matches!(e, DialError::BadAnswer(BadAnswer::Version))),
        (&[5, 0], &[5, 0, 0, 2], |e| matches!(e, DialError::BadAnswer(BadAnswer::AddressType))),
    ];
    for (greeting, reply, check) in cases {
        let exit = Exit::new(Protocol::Socks5).await;
        let played = misbehave(&exit, greeting, reply);
        let (_open, error) =
            within(async { tokio::join!(played, dial(&exit, "a.test:443")) }).await;
        let error = error.unwrap_err();
        assert!(check(&error), "{error:?} for {greeting:?}");
        assert_eq!(error.blame(), Blame::Exit);
    }
}

#[tokio::test]
async fn an_exit_that_closes_in_the_middle_of_an_answer_is_an_error() {
    for (greeting, reply) in [
        (&[][..], &[][..]),
        (&[5], &[]),
        (&[5, 0], &[]),
        (&[5, 0], &[5, 0, 0]),
        (&[5, 0], &[5, 0, 0, 1, 192]),
        (&[5, 0], &[5, 0, 0, 3, 20, b'x']),
    ] {
        let exit = Exit::new(Protocol::Socks5).await;
        let played = async { drop(misbehave(&exit, greeting, reply).await) };
        let ((), error) = within(async { tokio::join!(played, dial(&exit, "a.test:443")) }).await;
        let error = error.unwrap_err();
        assert!(matches!(error, DialError::ExitClosed(_)), "{error:?} for {reply:?}");
        assert_eq!(error.proxy_status_error(), "connection_terminated");
    }
}

#[tokio::test]
async fn a_refused_login_is_told_apart_and_shows_nothing() {
    for (status, is_login) in [([1, 1], true), ([1, 0xff], true), ([7, 0], false)] {
        let exit = Exit::new(Protocol::Socks5).await;
        let played = async {
            let (_, mut socket) = exit.answer(3, &[5, 2]).await;
            read(&mut socket, 13).await;
            socket.write_all(&status).await.unwrap();
            socket
        };
        let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(Some(("vend", "s3cret"))));
        let (_open, error) =
            within(async { tokio::join!(played, dialer.knock(&endpoint, &how)) }).await;
        let error = error.unwrap_err();
        assert_eq!(matches!(error, DialError::Unauthorized), is_login, "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("vend"), "{shown}");
    }
}

#[tokio::test]
async fn a_knock_logs_in_and_asks_for_no_target() {
    let exit = Exit::new(Protocol::Socks5).await;
    let played = async {
        let (_, mut socket) = exit.answer(3, &[5, 2]).await;
        read(&mut socket, 13).await;
        socket.write_all(&[1, 0]).await.unwrap();
        let mut rest = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut rest).await.unwrap();
        rest
    };
    let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(Some(("vend", "s3cret"))));
    let (rest, knocked) =
        within(async { tokio::join!(played, dialer.knock(&endpoint, &how)) }).await;
    knocked.unwrap();
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_a_byte_is_sent() {
    let exit = Exit::new(Protocol::Socks5).await;
    let (dialer, how) = (dialer(), how());
    let long = "x".repeat(256);
    let mut far_away = target("a.test:443");
    far_away.host = model::Host::Name(long.as_str().into());

    let error = within(dialer.tunnel(&exit.endpoint(None), &how, &far_away)).await.unwrap_err();
    assert!(matches!(error, DialError::NameTooLong), "{error:?}");
    assert_eq!((error.blame(), error.may_try_another()), (Blame::Client, true));
    for login in [(long.as_str(), "x"), ("x", long.as_str())] {
        let endpoint = exit.endpoint(Some(login));
        for error in [
            within(dialer.tunnel(&endpoint, &how, &target("a.test:443"))).await.err(),
            within(dialer.knock(&endpoint, &how)).await.err(),
        ] {
            assert!(matches!(error, Some(DialError::BadLogin)), "{error:?}");
            assert_eq!(error.unwrap().blame(), Blame::Exit);
        }
    }
}

#[tokio::test]
async fn a_target_that_this_node_resolves_passes_the_guard_before_the_exit_is_dialled() {
    let exit = Exit::new(Protocol::Socks5).await;
    let how = How { resolve: ResolveAt::Node, ..how() };
    for to in ["10.0.0.1:443", "localhost:443", "[::ffff:169.254.169.254]:80"] {
        let error = within(dialer().tunnel(&exit.endpoint(None), &how, &target(to))).await;
        let error = error.unwrap_err();
        assert!(matches!(error, DialError::TargetForbidden(_)), "{to}: {error:?}");
        assert_eq!(error.blame(), Blame::Client);
        assert!(!error.may_try_another());
    }
}
