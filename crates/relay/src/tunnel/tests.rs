//! Tunnels over in-memory streams.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};

use tokio::time::Instant;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn pair() -> (DuplexStream, DuplexStream) {
    duplex(1024)
}

#[tokio::test]
async fn bytes_cross_both_ways_and_half_close_is_kept() {
    let (mut client, near) = pair();
    let (far, mut target) = pair();
    let hard = CancellationToken::new();
    let ahead = BytesMut::from(&b"hel"[..]);
    let tunnel = run((near, ahead), (far, BytesMut::new()), MINUTE, (&hard, &hard), |_, _| true);
    let talk = async {
        client.write_all(b"lo").await.unwrap();
        client.shutdown().await.unwrap();
        let mut question = Vec::new();
        target.read_to_end(&mut question).await.unwrap();
        assert_eq!(question, b"hello");
        let answer = vec![7; 300_000];
        let mut answered = Vec::new();
        let answering = async {
            target.write_all(&answer).await.unwrap();
            target.shutdown().await.unwrap();
        };
        let ((), read) = tokio::join!(answering, client.read_to_end(&mut answered));
        read.unwrap();
        assert_eq!(answered, answer);
    };
    let (ended, ()) = tokio::join!(tunnel, async {
        // The two ends must make progress beside the tunnel.
        talk.await;
    });
    assert_eq!(ended, Ended { why: Why::Finished, sent: 5, received: 300_000 });
}

#[tokio::test(start_paused = true)]
async fn a_silent_tunnel_ends_after_its_idle_time_and_a_busy_one_does_not() {
    let (mut client, near) = pair();
    let (far, mut target) = pair();
    let hard = CancellationToken::new();
    let begun = Instant::now();
    let tunnel =
        run((near, BytesMut::new()), (far, BytesMut::new()), MINUTE, (&hard, &hard), |_, _| true);
    let talk = async {
        for _ in 0..3 {
            tokio::time::sleep(MINUTE / 2).await;
            client.write_all(b".").await.unwrap();
            target.read_u8().await.unwrap();
        }
    };
    let (ended, ()) = tokio::join!(tunnel, talk);
    assert_eq!(ended.why, Why::Idle);
    assert_eq!(begun.elapsed().as_secs(), 150);
}

#[tokio::test]
async fn a_client_that_may_not_come_in_any_more_is_shown_the_door() {
    let (_client, near) = pair();
    let (far, _target) = pair();
    let (revoked, hard) = (CancellationToken::new(), CancellationToken::new());
    let ahead = (BytesMut::new(), BytesMut::new());
    let tunnel = run((near, ahead.0), (far, ahead.1), MINUTE, (&revoked, &hard), |_, _| true);
    let (ended, ()) = tokio::join!(tunnel, async { revoked.cancel() });
    assert_eq!(ended.why, Why::Revoked);
}

#[tokio::test]
async fn the_hard_token_ends_it() {
    let (_client, near) = pair();
    let (far, _target) = pair();
    let (revoked, hard) = (CancellationToken::new(), CancellationToken::new());
    hard.cancel();
    let ahead = (BytesMut::new(), BytesMut::new());
    let ended = run((near, ahead.0), (far, ahead.1), MINUTE, (&revoked, &hard), |_, _| true).await;
    assert_eq!(ended.why, Why::Ending);
}

#[tokio::test]
async fn what_a_side_said_before_it_closed_still_arrives() {
    let (mut client, near) = duplex(16);
    let (far, mut target) = pair();
    let hard = CancellationToken::new();
    let tunnel =
        run((near, BytesMut::new()), (far, BytesMut::new()), MINUTE, (&hard, &hard), |_, _| true);
    let talk = async {
        // The target refuses in full, closes, and so breaks what the client is still sending.
        target.write_all(&[7; 1000]).await.unwrap();
        drop(target);
        client.write_all(b"more").await.unwrap();
        let mut refusal = Vec::new();
        client.read_to_end(&mut refusal).await.unwrap();
        refusal.len()
    };
    let (ended, arrived) = tokio::join!(tunnel, talk);
    assert_eq!((arrived, ended.received), (1000, 1000));
    assert_eq!(ended.why, Why::ExitBroke);
}

impl MaybeSocket for DuplexStream {
    fn as_tcp(&self) -> Option<&TcpStream> {
        None
    }
}

impl MaybeSocket for TcpStream {
    fn as_tcp(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

/// The two ends of a connection over loopback.
async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

fn pattern(length: u32) -> Vec<u8> {
    (0..length).map(|at| (at % 251).to_le_bytes()[0]).collect()
}

/// Both ways at once, much more than fits into sockets and pipes, and each way ends by itself.
#[tokio::test]
async fn sockets_that_stream_pass_every_byte_in_order() {
    let ((client, near), (far, server)) = (sockets().await, sockets().await);
    let hard = CancellationToken::new();
    let ahead = BytesMut::from(&b"ahead"[..]);
    let running = run((near, ahead), (far, BytesMut::new()), MINUTE, (&hard, &hard), |_, _| true);
    let (up, down) = (pattern(30_000_000), pattern(20_000_001));
    let say = async |mut stream: TcpStream, words: &[u8]| {
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let speech = async {
            writer.write_all(words).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        let ((), read) = tokio::join!(speech, reader.read_to_end(&mut answer));
        read.unwrap();
        answer
    };
    let (ended, answer, asked) = tokio::join!(running, say(client, &up), say(server, &down));
    assert!(answer == down && asked == [b"ahead", &up[..]].concat());
    assert_eq!(ended, Ended { why: Why::Finished, sent: 30_000_005, received: 20_000_001 });
    assert_eq!(pipe::lent(), 0, "what streams no more holds no pipe");
    assert!(pipe::kept() > 0, "no pipe was ever used");
}

#[tokio::test]
async fn what_a_reader_that_has_gone_did_not_take_is_not_counted_nor_passed_to_others() {
    let ((mut client, near), (far, server)) = (sockets().await, sockets().await);
    let hard = CancellationToken::new();
    let running =
        run((near, BytesMut::new()), (far, BytesMut::new()), MINUTE, (&hard, &hard), |_, _| true);
    let words = pattern(30_000_000);
    let talk = async {
        let speech = client.write_all(&words);
        let leaving = async {
            server.readable().await.unwrap();
            // Unread bytes are there, so this is a reset.
            drop(server);
        };
        let (said, ()) = tokio::join!(speech, leaving);
        said.unwrap_err();
    };
    let (ended, ()) = tokio::join!(running, talk);
    assert!(ended.sent < 30_000_000, "{ended:?}");
    assert_eq!((pipe::lent(), ended.received), (0, 0));
}

#[tokio::test]
async fn without_a_pipe_to_be_had_bytes_are_copied() {
    let lent: Vec<_> = std::iter::from_fn(pipe::Pipe::borrow).collect();
    assert_eq!(pipe::lent(), lent.len());
    let ((mut client, near), (far, mut server)) = (sockets().await, sockets().await);
    let hard = CancellationToken::new();
    let running =
        run((near, BytesMut::new()), (far, BytesMut::new()), MINUTE, (&hard, &hard), |_, _| true);
    let words = pattern(5_000_000);
    let talk = async {
        let mut arrived = Vec::new();
        let speech = async {
            client.write_all(&words).await.unwrap();
            client.shutdown().await.unwrap();
        };
        let ((), read) = tokio::join!(speech, server.read_to_end(&mut arrived));
        read.unwrap();
        drop(server);
        arrived
    };
    let (ended, arrived) = tokio::join!(running, talk);
    assert!(arrived == words && ended.sent == 5_000_000, "{ended:?}");
}
