//! Where clients of the API are, behind a balancer that says so, and behind nobody.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Result;
use serde_json::json;
use testbed::client::{Answer, Client};
use testbed::cluster::Cluster;
use testbed::node::{ADMIN, Node};
use testbed::wire::Wire;
use tokio::net::TcpSocket;

/// Where a client is that is not trusted.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 7);
const BALANCER: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// One call from an address of one's own, with these fields.
async fn call(
    (from, to): (Ipv4Addr, SocketAddr),
    (method, path): (&str, &str),
    (fields, body): (&str, &str),
) -> Result<Answer> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(to).await?;
    let mut client = Client::over(Wire::new(Box::new(stream)));
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n");
    client.send(format!("{head}{fields}\r\n{body}")).await?;
    client.answer(method).await
}

/// Where the node says that a call comes from.
async fn seen((from, to): (Ipv4Addr, SocketAddr), forwarded: &str) -> IpAddr {
    let answer = call((from, to), ("GET", "/echo"), (forwarded, "")).await.unwrap();
    answer.json().unwrap()["ip"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_who_is_trusted_says_where_a_client_is() {
    let settings = [("OCTOPROX_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")];
    let node = Node::start(&settings).await.unwrap();
    let api = node.api();
    let field = "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nx-forwarded-for: 10.0.0.2\r\n";
    assert_eq!(seen((BALANCER, api), field).await, IpAddr::from([198, 51, 100, 7]));
    assert_eq!(seen((ELSEWHERE, api), field).await, ELSEWHERE);
    for none in ["", "X-Forwarded-For: \r\n", "X-Forwarded-For: 1.2.3.4, unknown\r\n"] {
        assert_eq!(seen((BALANCER, api), none).await, BALANCER, "{none}");
    }
}

#[tokio::test]
async fn who_guesses_passwords_through_the_balancer_locks_out_nobody_else() {
    let cluster = Cluster::start(&[]).await.unwrap();
    let api = cluster.haproxy.fronts().api;
    assert_eq!(seen((ELSEWHERE, api), "X-Forwarded-For: 198.51.100.7\r\n").await, ELSEWHERE);
    let body = |password: &str| {
        let text = json!({"username": ADMIN.0, "password": password}).to_string();
        let length = text.len();
        (format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"), text)
    };
    // Each node counts for itself: ten at each.
    let log_in = async |from, (fields, body): &(String, String)| {
        call((from, api), ("POST", "/api/v1/auth/login"), (fields, body)).await
    };
    let (wrong, right) = (body("a-wrong-password"), body(ADMIN.1));
    for _ in 0..30 {
        let answer = log_in(ELSEWHERE, &wrong).await.unwrap();
        assert_eq!(answer.status(), 401, "{}", answer.text());
    }
    for _ in 0..3 {
        assert_eq!(log_in(ELSEWHERE, &right).await.unwrap().status(), 429);
        assert_eq!(log_in(BALANCER, &right).await.unwrap().status(), 200);
    }
}
