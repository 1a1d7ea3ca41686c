//! Requests and answers: fields in their order and case, bodies that stream, connections that are
//! kept, shared and upgraded.

use disguise::{DisguiseError, Identity, Protocols, Target, upgrade};
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use model::interception::Browser;
use model::proxy::Protocol;
use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::origin::Origin;
use testbed::proxies::Setup;
use testbed::tls::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::{Connection, Outgoing, Scene, ask, empty, full, get, post, target, trusting};

fn chrome() -> Identity {
    Identity::newest(Browser::Chrome, 0)
}

const FIELDS: &[(&str, &str)] =
    &[("x-b", "1"), ("X-oWn", "2"), ("Accept", "*/*"), ("x-a", "3"), ("x-b", "4")];

#[tokio::test]
async fn fields_keep_their_order_and_case_over_http1() {
    let scene = Scene::new(&["http/1.1"]).await;
    let mut connection = scene.connect_as(chrome()).await;
    assert!(!connection.is_http2());
    let look = ask(&mut connection, get("/look?a", FIELDS)).await;
    let host = ["Host", "www.target.test"];
    let own = [["X-B", "1"], ["X-oWn", "2"], ["Accept", "*/*"], ["X-A", "3"], ["X-B", "4"]];
    assert_eq!(look["fields"], json!([&[host][..], &own].concat()));
    assert_eq!(look["path"], "/look?a");
}

#[tokio::test]
async fn fields_keep_their_order_over_http2() {
    let scene = Scene::both().await;
    let mut connection = scene.connect_as(chrome()).await;
    assert!(connection.is_http2());
    let fields = [&[("Host", "www.target.test"), ("Connection", "close")], FIELDS].concat();
    let look = ask(&mut connection, get("/look?a", &fields)).await;
    let pseudo = [":method", ":authority", ":scheme", ":path"];
    // Both values of one name stand where the first one stood.
    let own = ["x-b", "x-b", "x-own", "accept", "x-a"];
    assert_eq!(look["first_names"], json!([&pseudo[..], &own].concat()));
    assert_eq!(look["fields"][0], json!(["x-b", "1"]));
    assert_eq!(look["fields"][1], json!(["x-b", "4"]));
    assert_eq!(look["path"], "/look?a");
}

#[tokio::test]
async fn the_port_that_goes_without_saying_is_not_said() {
    for (port, shown) in [(":443", ""), (":8443", ":8443")] {
        let mut request = get("/look", &[]);
        request.uri = format!("https://www.target.test{port}/look").parse().unwrap();
        let shown = format!("www.target.test{shown}");
        let scene = Scene::new(&["http/1.1"]).await;
        let look = ask(&mut scene.connect_as(chrome()).await, request.clone()).await;
        assert_eq!(look["fields"][0], json!(["Host", shown]));
        let scene = Scene::new(&["h2"]).await;
        let look = ask(&mut scene.connect_as(chrome()).await, request).await;
        assert_eq!(look["authority"], shown);
    }
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    for protocol in ["h2", "http/1.1"] {
        let scene = Scene::new(&[protocol]).await;
        let mut connection = scene.connect_as(chrome()).await;
        let (sending, body) = streamed();
        sending.send("one").await.unwrap();
        let answer = connection.send(post("/echo", &[]), body).await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut body = answer.into_body();
        assert_eq!(piece(&mut body).await, "one", "{protocol}");
        // The second piece is sent when the first is back: nobody has waited for the whole.
        sending.send("two").await.unwrap();
        assert_eq!(piece(&mut body).await, "two", "{protocol}");
        drop(sending);
        assert!(body.collect().await.unwrap().to_bytes().is_empty(), "{protocol}");
    }
}

fn streamed() -> (mpsc::Sender<&'static str>, Outgoing) {
    let (sender, receiver) = mpsc::channel::<&'static str>(1);
    let pieces = stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    let frames = pieces.map(|piece| Ok(frame(piece)));
    (sender, StreamBody::new(frames).boxed_unsync())
}

fn frame(piece: &'static str) -> http_body::Frame<bytes::Bytes> {
    http_body::Frame::data(bytes::Bytes::from_static(piece.as_bytes()))
}

async fn piece(body: &mut disguise::Incoming) -> String {
    let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
    String::from_utf8(data.to_vec()).unwrap()
}

#[tokio::test]
async fn a_body_of_known_length_is_announced() {
    for protocol in ["h2", "http/1.1"] {
        let scene = Scene::new(&[protocol]).await;
        let mut connection = scene.connect_as(chrome()).await;
        let answer = connection.send(post("/look", &[]), full("hello")).await.unwrap();
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        let look: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let fields = look["fields"].as_array().unwrap();
        let name = if protocol == "h2" { "content-length" } else { "Content-Length" };
        assert!(fields.contains(&json!([name, "5"])), "{look}");
    }
}

#[tokio::test]
async fn a_connection_carries_many_requests() {
    for protocol in ["h2", "http/1.1"] {
        let scene = Scene::new(&[protocol]).await;
        let mut connection = scene.connect_as(chrome()).await;
        for path in ["/1", "/2", "/3"] {
            assert_eq!(ask(&mut connection, get(path, &[])).await["path"], path);
        }
        assert_eq!(scene.mirror.looks().len(), 1, "{protocol}");
        drop(connection);
        scene.tracker.close();
        // What a connection does in the background ends with it.
        scene.tracker.wait().await;
    }
}

#[tokio::test]
async fn http2_is_shared_and_http1_is_not() {
    let scene = Scene::both().await;
    let connection = scene.connect_as(chrome()).await;
    let (mut left, mut right) = (connection.share().unwrap(), connection.share().unwrap());
    let (left, right) =
        tokio::join!(ask(&mut left, get("/1", &[])), ask(&mut right, get("/2", &[])));
    assert_eq!((&left["path"], &right["path"]), (&json!("/1"), &json!("/2")));
    let scene = Scene::new(&["http/1.1"]).await;
    assert!(scene.connect_as(chrome()).await.share().is_none());
}

/// The caller dials: whatever it has dialled will do.
#[tokio::test]
async fn any_stream_will_do() {
    let scene = Scene::both().await;
    let (near, mut far) = tokio::io::duplex(1000);
    let mut real = scene.stream().await;
    scene.tracker.spawn(async move { tokio::io::copy_bidirectional(&mut far, &mut real).await });
    let connected = scene.disguise.connect(near, target(chrome()), &scene.tracker).await;
    assert_eq!(ask(&mut connected.unwrap(), get("/1", &[])).await["path"], "/1");
}

#[tokio::test]
async fn an_exit_is_on_the_way_like_any_other() {
    let scene = Scene::both().await;
    let exit = Setup::new(Protocol::Http).account("user", "pass").start().await.unwrap();
    let mut client = Client::connect(exit.address()).await.unwrap();
    let mirror = scene.mirror.address().to_string();
    client.tunnel(&mirror, &login("user", "pass")).await.unwrap();
    let tunnel = client.wire.into_socket().unwrap();
    let connected = scene.disguise.connect(tunnel, target(chrome()), &scene.tracker).await;
    assert_eq!(ask(&mut connected.unwrap(), get("/1", &[])).await["path"], "/1");
    assert_eq!(Some(scene.mirror.looks()[0].peer.ip()), exit.source_of("user").map(Into::into));
}

#[tokio::test]
async fn a_websocket_is_asked_for_over_http1_alone() {
    let scene = Scene::both().await;
    let target = Target { protocols: Protocols::Http1, ..target(chrome()) };
    let mut connection = scene.connect(target).await.unwrap();
    let look = ask(&mut connection, get("/look", &[])).await;
    // Without ALPS, as Chrome leaves it out then.
    assert!(look["ja4"].as_str().unwrap().starts_with("t13d1515h1_"), "{look}");
    assert_eq!(look["akamai"], json!(null));
}

#[tokio::test]
async fn a_connection_can_be_upgraded() {
    let authority = Authority::new().unwrap();
    let origin = Origin::start_tls(&authority).await.unwrap();
    let disguise = trusting(&authority);
    let stream = TcpStream::connect(origin.address()).await.unwrap();
    let target = Target { protocols: Protocols::Http1, ..target(chrome()) };
    let tracker = TaskTracker::new();
    let mut connection = disguise.connect(stream, target, &tracker).await.unwrap();
    let fields = [("Connection", "Upgrade"), ("Upgrade", "echo")];
    let answer = connection.send(get("/upgrade", &fields), empty()).await.unwrap();
    assert_eq!(answer.status(), 101);
    let mut bytes = upgrade(answer).await.unwrap();
    bytes.write_all(b"over there").await.unwrap();
    let mut back = [0; 10];
    bytes.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"over there");
}

#[tokio::test]
async fn a_closed_connection_has_sent_nothing() {
    let scene = Scene::both().await;
    let mut connection: Connection = scene.connect_as(chrome()).await;
    let Scene { mirror, .. } = scene;
    drop(mirror);
    let over = eventually("the connection ends", SOON, || {
        std::future::ready((!connection.is_ready()).then_some(()))
    });
    over.await.unwrap();
    let refused = connection.send(get("/1", &[]), empty()).await;
    assert!(matches!(refused, Err(DisguiseError::NotSent(_))), "{refused:?}");
}

#[tokio::test]
async fn a_target_needs_a_host() {
    let scene = Scene::both().await;
    let mut connection = scene.connect_as(chrome()).await;
    let mut request = get("/1", &[]);
    request.uri = "/1".parse().unwrap();
    let refused = connection.send(request, empty()).await;
    assert!(matches!(refused, Err(DisguiseError::Target)), "{refused:?}");
}
