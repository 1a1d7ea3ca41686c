//! Addresses that answer, refuse and stay silent.

use tokio::net::TcpListener;

use super::*;

fn order(addresses: &[&str], from: Option<&str>) -> Vec<String> {
    let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    let from = from.map(|from| from.parse().unwrap());
    let ordered = in_turn(To { addresses: &addresses, port: 1, from });
    ordered.iter().map(|address| address.ip().to_string()).collect()
}

#[test]
fn the_families_take_turns() {
    assert_eq!(order(&["::1", "::2", "::3", "1.0.0.1"], None), ["::1", "1.0.0.1", "::2", "::3"]);
    assert_eq!(order(&["1.0.0.1", "1.0.0.2", "::1"], None), ["1.0.0.1", "::1", "1.0.0.2"]);
    assert_eq!(order(&["::1", "1.0.0.1"], Some("10.0.0.1")), ["1.0.0.1"]);
    assert_eq!(order(&["::1"], Some("10.0.0.1")), Vec::<String>::new());
    let many: Vec<String> = (0..40).map(|n| format!("1.0.0.{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(order(&many, None).len(), MOST_ADDRESSES);
}

/// A port on 127.0.0.1, and addresses at which nobody listens on it.
async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn an_address_that_refuses_is_passed_over_at_once() {
    let (_listener, port) = listener().await;
    let addresses = addresses(&["127.0.0.7", "127.0.0.8", "127.0.0.1"]);
    let pace = Pace { next_address_after: Duration::from_hours(1) };
    let to = To { addresses: &addresses, port, from: None };
    let socket = connect(to, pace).await.unwrap();
    assert_eq!(socket.peer_addr().unwrap().ip(), addresses[2]);
    assert!(socket.nodelay().unwrap());

    let to = To { addresses: &addresses[..2], port, from: None };
    let failed = connect(to, pace).await.unwrap_err();
    assert!(
        matches!(&failed, Failed::There(e) if e.kind() == io::ErrorKind::ConnectionRefused),
        "{failed:?}"
    );
}

#[tokio::test]
async fn an_address_that_stays_silent_does_not_hold_up_the_next() {
    let (_listener, port) = listener().await;
    // A full backlog: the kernel drops what comes after it.
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind(SocketAddr::from(([127, 0, 0, 7], port))).unwrap();
    let silent = silent.listen(1).unwrap();
    let mut held = Vec::new();
    for _ in 0..16 {
        let connect = TcpStream::connect(silent.local_addr().unwrap());
        match tokio::time::timeout(Duration::from_millis(50), connect).await {
            Ok(socket) => held.push(socket.unwrap()),
            Err(_full) => break,
        }
    }
    assert!(held.len() < 16, "the backlog never fills");
    let addresses = addresses(&["127.0.0.7", "127.0.0.1"]);
    let pace = Pace { next_address_after: Duration::from_millis(10) };
    let to = To { addresses: &addresses, port, from: None };
    let dial = tokio::time::timeout(Duration::from_secs(20), connect(to, pace));
    assert_eq!(dial.await.unwrap().unwrap().peer_addr().unwrap().ip(), addresses[1]);
}

#[tokio::test]
async fn no_address_is_an_error() {
    let pace = Pace { next_address_after: Duration::ZERO };
    assert!(connect(To { addresses: &[], port: 1, from: None }, pace).await.is_err());
}

#[test]
fn what_this_node_lacks_is_told_from_what_the_other_side_does() {
    for code in [12, 23, 24, 105] {
        let error = io::Error::from_raw_os_error(code);
        assert!(matches!(Failed::from(error), Failed::Here(_)), "{code}");
    }
    for code in [97, 99, 101, 104, 110, 111, 113] {
        let error = io::Error::from_raw_os_error(code);
        assert!(matches!(Failed::from(error), Failed::There(_)), "{code}");
    }
}
