//! HTTP exits, honest and broken.

use model::exchange::Blame;
use model::proxy::Protocol;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::exits::{
    Exit, assert_joined, dialer, how, read, read_head, target, within, write_slowly,
};
use crate::{BadAnswer, DialError, Stream};

async fn dial(exit: &Exit, login: Option<(&str, &str)>, to: &str) -> Result<Stream, DialError> {
    dialer().tunnel(&exit.endpoint(login), &how(), &target(to)).await
}

/// What becomes of an answer. The exit keeps the connection open.
async fn dial_answered(answer: &[u8]) -> (Result<Stream, DialError>, tokio::net::TcpStream) {
    let exit = Exit::new(Protocol::Http).await;
    let played = exit.answer_head(answer);
    let ((_, far), near) =
        within(async { tokio::join!(played, dial(&exit, None, "a.test:443")) }).await;
    (near, far)
}

#[tokio::test]
async fn the_request_carries_host_and_login_and_nothing_else() {
    for (login, to, expected) in [
        (None, "a.test:443", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"),
        (
            Some(("vend", "s3cret")),
            "192.0.2.7:80",
            "CONNECT 192.0.2.7:80 HTTP/1.1\r\nHost: 192.0.2.7:80\r\n\
             Proxy-Authorization: Basic dmVuZDpzM2NyZXQ=\r\n\r\n",
        ),
        (
            Some(("vend", "")),
            "[2001:db8::7]:8443",
            "CONNECT [2001:db8::7]:8443 HTTP/1.1\r\nHost: [2001:db8::7]:8443\r\n\
             Proxy-Authorization: Basic dmVuZDo=\r\n\r\n",
        ),
        (
            Some(("vend-cc-us", "@:/#?%é")),
            "a.test:443",
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\
             Proxy-Authorization: Basic dmVuZC1jYy11czpAOi8jPyXDqQ==\r\n\r\n",
        ),
    ] {
        let exit = Exit::new(Protocol::Http).await;
        let played = exit.answer_head(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let ((head, mut far), near) =
            within(async { tokio::join!(played, dial(&exit, login, to)) }).await;
        assert_eq!(head, expected);
        let mut near = near.unwrap();
        assert!(near.as_tcp().unwrap().nodelay().unwrap());
        assert_eq!(near.peer_addr().unwrap(), exit.address());
        within(assert_joined(&mut near, &mut far)).await;
    }
}

#[tokio::test]
async fn bytes_right_behind_the_head_come_first() {
    let (near, mut far) = dial_answered(b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello").await;
    let mut near = near.unwrap();
    assert!(near.as_tcp().is_none(), "a caller who reads the socket would miss them");
    assert_eq!(within(read(&mut near, 2)).await, b"he");
    assert!(near.as_tcp().is_none());
    assert_eq!(within(read(&mut near, 3)).await, b"llo");
    assert!(near.as_tcp().is_some());
    within(assert_joined(&mut near, &mut far)).await;

    let (near, _far) = dial_answered(b"HTTP/1.1 200 OK\r\n\r\nhello").await;
    let (transport, pending) = near.unwrap().into_parts();
    assert!(matches!(transport, crate::Transport::Tcp(_)));
    assert_eq!(pending, "hello");
}

#[tokio::test]
async fn a_2xx_has_no_body_whatever_its_fields_say() {
    for fields in [
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 7\r\nTransfer-Encoding: gzip\r\n",
        "Connection: close\r\n",
    ] {
        let answer = format!("HTTP/1.1 204 Fine\r\n{fields}\r\n3\r\nabc");
        let (near, mut far) = dial_answered(answer.as_bytes()).await;
        let mut near = near.unwrap();
        assert_eq!(within(read(&mut near, 6)).await, b"3\r\nabc", "{fields}");
        within(assert_joined(&mut near, &mut far)).await;
    }
}

#[tokio::test]
async fn a_head_may_come_one_byte_at_a_time() {
    let exit = Exit::new(Protocol::Http).await;
    let played = async {
        let mut socket = exit.accept().await;
        read_head(&mut socket).await;
        write_slowly(&mut socket, b"HTTP/1.1 100 Continue\r\n\r\n").await;
        write_slowly(&mut socket, b"HTTP/1.1 200 OK\r\nVia: 1.1 x\r\n\r\nh").await;
        socket
    };
    let (mut far, near) =
        within(async { tokio::join!(played, dial(&exit, None, "a.test:443")) }).await;
    let mut near = near.unwrap();
    assert_eq!(within(read(&mut near, 1)).await, b"h");
    within(assert_joined(&mut near, &mut far)).await;
}

#[tokio::test]
async fn some_informational_heads_are_skipped_and_many_are_not() {
    let informational = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let ok = "HTTP/1.1 200 OK\r\n\r\nhello";
    let (near, _far) = dial_answered((informational.repeat(10) + ok).as_bytes()).await;
    assert_eq!(within(read(&mut near.unwrap(), 5)).await, b"hello");

    for answer in [
        informational.repeat(11) + ok,
        informational.repeat(100),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".to_owned(),
    ] {
        let error = dial_answered(answer.as_bytes()).await.0.unwrap_err();
        assert!(matches!(error, DialError::BadAnswer(BadAnswer::Informational)), "{error:?}");
    }
}

#[tokio::test]
async fn every_refusal_is_somebodys_fault_and_its_text_stays_outside() {
    for (status, blame, token) in [
        (302, Blame::Exit, "http_protocol_error"),
        (400, Blame::Exit, "http_request_denied"),
        (401, Blame::Exit, "http_request_denied"),
        (403, Blame::Exit, "http_request_denied"),
        (429, Blame::Exit, "connection_limit_reached"),
        (451, Blame::Exit, "http_request_denied"),
        (500, Blame::Exit, "http_protocol_error"),
        (502, Blame::Target, "destination_unavailable"),
        (503, Blame::Target, "destination_unavailable"),
        (504, Blame::Target, "destination_unavailable"),
        (509, Blame::Exit, "http_protocol_error"),
    ] {
        let answer = format!(
            "HTTP/1.1 {status} account 4711 is blocked\r\nProxy-Status: inner.example\r\n\
             Location: http://inner.example/\r\nContent-Length: 5\r\n\r\nsorry"
        );
        let error = dial_answered(answer.as_bytes()).await.0.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!((error.blame(), error.proxy_status_error()), (blame, token), "{status}");
        assert!(error.may_try_another());
        let shown = format!("{error} {error:?}");
        for word in ["inner", "blocked", "4711", "sorry", "a.test"] {
            assert!(!shown.contains(word), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_407_means_that_the_exit_did_not_take_our_login() {
    let exit = Exit::new(Protocol::Http).await;
    let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
        Proxy-Authenticate: Basic realm=\"vendor\"\r\nContent-Length: 0\r\n\r\n";
    let played = exit.answer_head(answer);
    let login = Some(("vend", "s3cret"));
    let (_, error) = within(async { tokio::join!(played, dial(&exit, login, "a.test:443")) }).await;
    let error = error.unwrap_err();
    assert!(matches!(error, DialError::Unauthorized));
    assert_eq!((error.blame(), error.may_try_another()), (Blame::Exit, true));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("vend"), "{shown}");
}

#[tokio::test]
async fn a_head_beyond_the_limits_is_an_error() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(65_536));
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(200_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101));
    for answer in [long, endless, many] {
        let exit = Exit::new(Protocol::Http).await;
        let played = async {
            let mut socket = exit.accept().await;
            read_head(&mut socket).await;
            // We may be gone before all of it has been written.
            drop(socket.write_all(answer.as_bytes()).await);
            socket
        };
        let (_open, error) =
            within(async { tokio::join!(played, dial(&exit, None, "a.test:443")) }).await;
        let error = error.unwrap_err();
        assert!(matches!(error, DialError::BadAnswer(BadAnswer::HeadTooLarge(_))), "{error:?}");
        assert_eq!(error.proxy_status_error(), "http_response_header_section_size");
    }
}

#[tokio::test]
async fn what_is_no_http_is_told_at_once_while_the_exit_stays_silent() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
        b"\x05\xff",
        b"220 mail ready\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbroken line\r\n\r\n",
        b"HTTP/1.1 200 OK\nX: y\n\n",
        b"http/1.1 200 OK\r\n\r\n",
    ] {
        let (error, _open) = dial_answered(answer).await;
        let error = error.unwrap_err();
        let text = String::from_utf8_lossy(answer);
        assert!(
            matches!(error, DialError::BadAnswer(BadAnswer::NotHttp(_))),
            "{error:?} for {text:?}"
        );
        assert_eq!(error.blame(), Blame::Exit);
    }
}

/// What becomes of a dial when the exit has sent this much and then closes or resets.
async fn dial_cut_off(answer: &str, reset: bool) -> DialError {
    let exit = Exit::new(Protocol::Http).await;
    let played = async {
        let (_, socket) = exit.answer_head(answer.as_bytes()).await;
        if reset {
            socket.set_zero_linger().unwrap();
        }
    };
    let ((), error) = within(async { tokio::join!(played, dial(&exit, None, "a.test:443")) }).await;
    error.unwrap_err()
}

#[tokio::test]
async fn an_exit_that_hangs_up_is_an_error() {
    for answer in ["", "HTTP/1.1 200 OK\r\nX", "HTTP/1.1 100 Continue\r\n\r\n"] {
        for reset in [false, true] {
            let error = dial_cut_off(answer, reset).await;
            assert!(matches!(error, DialError::ExitClosed(_)), "{error:?} after {answer:?}");
            assert_eq!((error.blame(), error.may_try_another()), (Blame::Exit, true));
            assert_eq!(error.proxy_status_error(), "connection_terminated");
        }
    }
}

#[tokio::test]
async fn an_exit_that_is_not_there_is_unreachable() {
    let exit = Exit::new(Protocol::Http).await;
    let endpoint = exit.endpoint(None);
    drop(exit);
    let (dialer, how) = (dialer(), how());
    for error in [
        within(dialer.tunnel(&endpoint, &how, &target("a.test:443"))).await.err(),
        within(dialer.connect(&endpoint, &how)).await.err(),
        within(dialer.knock(&endpoint, &how)).await.err(),
    ] {
        let error = error.unwrap();
        assert!(matches!(error, DialError::ExitUnreachable(_)), "{error:?}");
        assert_eq!(error.proxy_status_error(), "connection_refused");
        assert_eq!((error.blame(), error.may_try_another()), (Blame::Exit, true));
    }
}

#[tokio::test]
async fn a_dropped_dial_closes_the_connection() {
    let exit = Exit::new(Protocol::Http).await;
    let waiting = async {
        let dial = dial(&exit, None, "a.test:443");
        tokio::pin!(dial);
        let mut far = tokio::select! {
            _ = &mut dial => unreachable!("the exit has not answered"),
            (_, far) = exit.answer_head(b"") => far,
        };
        assert!(tokio::time::timeout(std::time::Duration::ZERO, &mut dial).await.is_err());
        far.write_all(b"HTTP").await.unwrap();
        far
    };
    let mut far = within(waiting).await;
    let mut rest = Vec::new();
    // A reset is as good: four bytes were not read.
    drop(within(far.read_to_end(&mut rest)).await);
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn connect_and_knock_send_nothing_to_an_http_exit() {
    let exit = Exit::new(Protocol::Http).await;
    let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(Some(("vend", "s3cret"))));
    let (mut far, near) =
        within(async { tokio::join!(exit.accept(), dialer.connect(&endpoint, &how)) }).await;
    within(assert_joined(&mut near.unwrap(), &mut far)).await;

    let (mut far, knocked) =
        within(async { tokio::join!(exit.accept(), dialer.knock(&endpoint, &how)) }).await;
    knocked.unwrap();
    let mut rest = Vec::new();
    within(far.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn only_http_exits_take_requests_in_absolute_form() {
    for protocol in [Protocol::Socks4, Protocol::Socks5, Protocol::Direct] {
        let exit = Exit::new(protocol).await;
        let error = within(dialer().connect(&exit.endpoint(None), &how())).await.unwrap_err();
        assert!(matches!(error, DialError::NotHttp), "{protocol}: {error:?}");
        assert_eq!(error.blame(), Blame::Node);
    }
}

/// Set in the process that may use up all of its descriptors.
const STARVED: &str = "DIAL_TEST_STARVED";

/// Runs itself again in a process of its own, for which 64 descriptors are the limit.
#[tokio::test]
async fn an_exit_is_not_blamed_when_this_node_has_no_descriptors_left() {
    #[expect(clippy::disallowed_methods, reason = "tells the child process from its parent")]
    let starved = std::env::var(STARVED).is_ok();
    if starved {
        return dial_without_descriptors().await;
    }
    let name = "an_exit_is_not_blamed_when_this_node_has_no_descriptors_left";
    let output = std::process::Command::new("sh")
        .args(["-c", r#"ulimit -n 64 && exec "$0" --exact "dial::tests::http::$1""#])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(STARVED, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

async fn dial_without_descriptors() {
    let exit = Exit::new(Protocol::Http).await;
    let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(None));
    let mut hoard = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        hoard.push(file);
    }
    let error = within(dialer.connect(&endpoint, &how)).await.unwrap_err();
    assert!(matches!(error, DialError::NoSocket(_)), "{error:?}");
    assert_eq!((error.blame(), error.may_try_another()), (Blame::Node, false));
}
