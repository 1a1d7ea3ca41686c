//! Targets that meet a browser: what they see of it is compared with the table in `disguise`.

use bytes::{Bytes, BytesMut};
use http1::{BodyDecoder, Piece, response};
use model::exchange::Blame;
use model::interception::{Browser, Mode};
use model::project::ProjectSpec;
use model::rewrite::FieldChange;
use serde_json::{Value, json};
use testbed::mirror::Mirror;
use testbed::tls::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_util::task::TaskTracker;

use crate::secure::{self, Speaks};
use crate::site::Site;
use crate::world::{SOON, World, project};

const CHROME: &str = "t13d1516h2_8daaf6152771_d8a2da3f94cd";
const CHROME_HTTP2: &str = "1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p";
const FIREFOX: &str = "t13d1717h2_5b57614c22b0_3cbfd9057e0d";
const FIREFOX_HTTP2: &str = "1:65536;2:0;4:131072;5:16384|12517377|0|m,p,a,s";
const SAFARI: &str = "t13d2013h2_a09f3c656075_7f0f34a4126d";
const SAFARI_HTTP2: &str = "2:0;3:100;4:2097152;9:1|10420225|0|m,s,a,p";

const FIREFOX_SAYS: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:151.0) Gecko/20100101 Firefox/151.0";
const CHROME_SAYS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
                           (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36";

/// A target that tells how its clients look, and a relay that goes there.
struct Scene {
    mirror: Mirror,
    world: World,
}

/// A client inside of a tunnel, which speaks HTTP/1.1.
struct Inside {
    stream: TlsStream<TcpStream>,
    input: BytesMut,
    to: String,
}

fn wearing(mode: Mode, roots: String) -> ProjectSpec {
    let mut spec = project();
    spec.connect_ports = Vec::new();
    spec.interception.mode = mode;
    spec.interception.extra_roots = Some(roots);
    spec
}

impl Scene {
    async fn new(protocols: &[&str], mode: Mode, change: impl FnOnce(&mut ProjectSpec)) -> Self {
        let authority = Authority::new().unwrap();
        let mirror = Mirror::start(&authority, protocols).await.unwrap();
        let mut spec = wearing(mode, authority.pem());
        change(&mut spec);
        Self { mirror, world: World::new(spec, Vec::new()).await }
    }

    async fn both(mode: Mode) -> Self {
        Self::new(&["h2", "http/1.1"], mode, |_| {}).await
    }

    /// By its address, and with a name in TLS.
    fn to(&self) -> (String, &'static str) {
        (self.mirror.address().to_string(), "www.target.test")
    }

    async fn client(&self) -> Inside {
        Inside::new(&self.world, self.to(), "demo").await
    }
}

async fn tunnel(
    world: &World,
    (to, name): (&str, &str),
    username: &str,
    speaks: Speaks,
) -> TlsStream<TcpStream> {
    use base64::Engine as _;
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{username}:demo"));
    let mut client = world.client().await;
    let head = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
    client.send(format!("{head}Proxy-Authorization: Basic {login}\r\n\r\n")).await;
    assert_eq!(client.head().await.status, 200);
    secure::handshake(client.socket, name, world, speaks).await.unwrap()
}

impl Inside {
    async fn new(world: &World, (to, name): (String, &str), username: &str) -> Self {
        let stream = tunnel(world, (&to, name), username, Speaks::Http1).await;
        Self { stream, input: BytesMut::new(), to }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(SOON, self.stream.write_all(bytes.as_ref())).await.unwrap().unwrap();
    }

    /// Sends the head of a request whose fields are given line by line.
    async fn ask(&mut self, start: &str, fields: &[&str]) {
        let host = format!("Host: {}", self.to);
        let lines = [&[&*host], fields].concat().join("\r\n");
        self.send(format!("{start} HTTP/1.1\r\n{lines}\r\n\r\n")).await;
    }

    async fn fill(&mut self) {
        let read = timeout(SOON, self.stream.read_buf(&mut self.input)).await;
        assert!(read.expect("no answer in time").unwrap() > 0, "the connection ended too early");
    }

    async fn head(&mut self) -> http1::ResponseHead {
        let limits = http1::Limits::default();
        loop {
            while self.input.is_empty() {
                self.fill().await;
            }
            match response::parse(&mut self.input, &limits).unwrap() {
                Some(head) => return head,
                None => self.fill().await,
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> Bytes {
        while self.input.len() < length {
            self.fill().await;
        }
        self.input.split_to(length).freeze()
    }

    async fn piece(&mut self, decoder: &mut BodyDecoder) -> Option<Bytes> {
        loop {
            match decoder.decode(&mut self.input).unwrap() {
                Some(Piece::Data(data)) => return Some(data),
                Some(Piece::End) => return None,
                None => self.fill().await,
            }
        }
    }

    async fn answer(&mut self) -> (http1::ResponseHead, Vec<u8>) {
        let head = self.head().await;
        let mut decoder = BodyDecoder::new(head.framing("GET").unwrap());
        let mut body = Vec::new();
        while let Some(data) = self.piece(&mut decoder).await {
            body.extend_from_slice(&data);
        }
        (head, body)
    }

    /// How the mirror saw a client that says this.
    async fn look(&mut self, fields: &[&str]) -> Value {
        self.ask("GET /look", fields).await;
        let (head, body) = self.answer().await;
        assert_eq!(head.status(), 200, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    async fn look_of(&mut self, user_agent: &str) -> Value {
        self.look(&[&format!("User-Agent: {user_agent}")]).await
    }
}

fn field<'a>(look: &'a Value, name: &str) -> Option<&'a str> {
    let fields = look["fields"].as_array().unwrap();
    let found = fields.iter().find(|field| field[0].as_str().unwrap().eq_ignore_ascii_case(name));
    found.map(|field| field[1].as_str().unwrap())
}

#[tokio::test]
async fn targets_meet_the_browser_that_the_project_names() {
    for (browser, ja4, akamai, says) in [
        (Browser::Chrome, CHROME, CHROME_HTTP2, "Chrome/149"),
        (Browser::Edge, CHROME, CHROME_HTTP2, "Edg/148"),
        (Browser::Firefox, FIREFOX, FIREFOX_HTTP2, "Firefox/151"),
        (Browser::Safari, SAFARI, SAFARI_HTTP2, "Version/26"),
    ] {
        let change = |spec: &mut ProjectSpec| spec.interception.browser = browser;
        let scene = Scene::new(&["h2", "http/1.1"], Mode::OverrideUa, change).await;
        let look = scene.client().await.look_of("curl/8.0").await;
        assert_eq!((&look["ja4"], &look["akamai"]), (&json!(ja4), &json!(akamai)), "{browser}");
        assert!(field(&look, "user-agent").unwrap().contains(says), "{look}");
        let port = scene.mirror.address().port();
        assert_eq!(look["authority"], format!("www.target.test:{port}"));
    }
}

#[tokio::test]
async fn targets_meet_the_browser_that_the_client_says_it_is() {
    let scene = Scene::both(Mode::MatchUa).await;
    let mut client = scene.client().await;
    for (says, ja4, akamai) in
        [(FIREFOX_SAYS, FIREFOX, FIREFOX_HTTP2), (CHROME_SAYS, CHROME, CHROME_HTTP2)]
    {
        let look = client.look_of(says).await;
        assert_eq!((&look["ja4"], &look["akamai"]), (&json!(ja4), &json!(akamai)));
        assert_eq!(field(&look, "user-agent"), Some(says));
    }
}

#[tokio::test]
async fn who_names_no_browser_is_spoken_for_by_ourselves() {
    let plain = Scene::both(Mode::Plain).await.client().await.look(&[]).await;
    let scene = Scene::both(Mode::MatchUa).await;
    let mut client = scene.client().await;
    for fields in [&["User-Agent: curl/8.0"][..], &[]] {
        let look = client.look(fields).await;
        assert_eq!((&look["ja4"], &look["akamai"]), (&plain["ja4"], &plain["akamai"]));
    }
    assert_ne!(plain["ja4"], CHROME);
}

/// What a target reads and who it meets are the same.
#[tokio::test]
async fn a_rewritten_user_agent_is_the_one_that_counts() {
    let set = |name: &str, value: &str| FieldChange::Set {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let change = |spec: &mut ProjectSpec| {
        spec.rewrites.request = vec![set("User-Agent", FIREFOX_SAYS), set("X-More", "1")];
    };
    let scene = Scene::new(&["h2", "http/1.1"], Mode::MatchUa, change).await;
    assert_eq!(scene.client().await.look_of("curl/8.0").await["ja4"], FIREFOX);
    let scene = Scene::new(&["h2", "http/1.1"], Mode::OverrideUa, change).await;
    let look = scene.client().await.look_of("curl/8.0").await;
    assert!(field(&look, "user-agent").unwrap().contains("Chrome/149"), "{look}");
    assert_eq!((&look["ja4"], field(&look, "x-more")), (&json!(CHROME), Some("1")));
}

#[tokio::test]
async fn order_and_case_are_the_clients() {
    let scene = Scene::new(&["http/1.1"], Mode::MatchUa, |_| {}).await;
    let agent = format!("User-Agent: {FIREFOX_SAYS}");
    let sent = [&*agent, "aCCept: */*", "Connection: keep-alive", "X-own: 1", "DNT: 1", "x-own: 2"];
    let look = scene.client().await.look(&sent).await;
    let host = format!("www.target.test:{}", scene.mirror.address().port());
    let expected = json!([
        ["Host", host],
        ["User-Agent", FIREFOX_SAYS],
        ["aCCept", "*/*"],
        ["Connection", "keep-alive"],
        ["X-own", "1"],
        ["DNT", "1"],
        ["x-own", "2"],
    ]);
    // As HTTP/1.1 of this browser writes a name without capitals.
    let mut fields = look["fields"].clone();
    assert_eq!(fields[6][0].as_str().map(str::to_lowercase).as_deref(), Some("x-own"));
    fields[6][0] = json!("x-own");
    assert_eq!(fields, expected);
    assert_eq!(look["akamai"], json!(null));
}

#[tokio::test]
async fn a_client_of_http2_is_a_browser_at_a_target_without_it() {
    let scene = Scene::new(&["http/1.1"], Mode::MatchUa, |_| {}).await;
    let (to, name) = scene.to();
    let stream = tunnel(&scene.world, (&to, name), "demo", Speaks::Both).await;
    let (mut send, driver) = h2::client::handshake(stream).await.unwrap();
    let tracker = TaskTracker::new();
    tracker.spawn(driver);
    let request = http::Request::get(format!("https://{to}/look")).header("accept", "*/*");
    let request = request.header("user-agent", FIREFOX_SAYS).header("te", "trailers");
    let (answer, _) = send.send_request(request.body(()).unwrap(), true).unwrap();
    let mut body = timeout(SOON, answer).await.unwrap().unwrap().into_body();
    let mut text = Vec::new();
    while let Some(data) = body.data().await {
        text.extend_from_slice(&data.unwrap());
    }
    let look: Value = serde_json::from_slice(&text).unwrap();
    let host = format!("www.target.test:{}", scene.mirror.address().port());
    let expected = json!([
        ["Host", host],
        ["Connection", "keep-alive"],
        ["Accept", "*/*"],
        ["User-Agent", FIREFOX_SAYS],
    ]);
    assert_eq!(look["fields"], expected);
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    for protocols in [&["h2", "http/1.1"][..], &["http/1.1"]] {
        let scene = Scene::new(protocols, Mode::OverrideUa, |_| {}).await;
        let mut client = scene.client().await;
        client.ask("POST /echo", &["Transfer-Encoding: chunked"]).await;
        client.send("3\r\none\r\n").await;
        let head = client.head().await;
        let mut decoder = BodyDecoder::new(head.framing("POST").unwrap());
        assert_eq!(client.piece(&mut decoder).await.unwrap(), "one", "{protocols:?}");
        // The second piece is sent when the first is back: nobody has waited for the whole.
        client.send("3\r\ntwo\r\n").await;
        assert_eq!(client.piece(&mut decoder).await.unwrap(), "two", "{protocols:?}");
        client.send("0\r\n\r\n").await;
        assert_eq!(client.piece(&mut decoder).await, None);
    }
}

/// Sends a body and reads what comes back, at the same time.
async fn echo(scene: &Scene, body: &[u8]) -> Vec<u8> {
    let (to, name) = scene.to();
    let stream = tunnel(&scene.world, (&to, name), "demo", Speaks::Http1).await;
    let (mut reads, mut writes) = tokio::io::split(stream);
    let length = body.len();
    let head = format!("POST /echo HTTP/1.1\r\nHost: {to}\r\nContent-Length: {length}\r\n");
    let whole = [head.as_bytes(), b"Connection: close\r\n\r\n", body].concat();
    let mut back = Vec::new();
    let both = async { tokio::join!(writes.write_all(&whole), reads.read_to_end(&mut back)).0 };
    timeout(SOON, both).await.unwrap().unwrap();
    let mut back = BytesMut::from(&back[..]);
    let head = response::parse(&mut back, &http1::Limits::default()).unwrap().unwrap();
    let mut decoder = BodyDecoder::new(head.framing("POST").unwrap());
    let mut echoed = Vec::new();
    while let Some(Piece::Data(data)) = decoder.decode(&mut back).unwrap() {
        echoed.extend_from_slice(&data);
    }
    echoed
}

#[tokio::test]
async fn bodies_of_any_size_come_back_whole() {
    for protocols in [&["h2", "http/1.1"][..], &["http/1.1"]] {
        let mut scene = Scene::new(protocols, Mode::OverrideUa, |_| {}).await;
        for (count, length) in [0, 1, 70_000, 3_000_000].into_iter().enumerate() {
            let body: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[1]).collect();
            let echoed = echo(&scene, &body).await;
            assert!(echoed == body, "{length} over {protocols:?}: {} came", echoed.len());
            let seen = &scene.world.exchanges(count + 1).await[count];
            assert_eq!((seen.status, seen.blame), (200, None));
            assert_eq!(seen.bytes_sent, u64::from(length));
        }
    }
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
    let scene = Scene::both(Mode::OverrideUa).await;
    let mut client = scene.client().await;
    client.ask("POST /look", &["Expect: 100-continue", "Content-Length: 3"]).await;
    assert_eq!(client.head().await.status(), 100);
    client.send("abc").await;
    let look: Value = serde_json::from_slice(&client.answer().await.1).unwrap();
    assert_eq!((field(&look, "expect"), field(&look, "content-length")), (None, Some("3")));
}

#[tokio::test]
async fn a_connection_is_kept_for_the_same_face_only() {
    for protocols in [&["h2", "http/1.1"][..], &["http/1.1"]] {
        let scene = Scene::new(protocols, Mode::MatchUa, |_| {}).await;
        for (agent, connections) in [
            (CHROME_SAYS, 1),
            (CHROME_SAYS, 1),
            (FIREFOX_SAYS, 2),
            ("curl/8.0", 3),
            (CHROME_SAYS, 3),
            (FIREFOX_SAYS, 3),
            ("curl/8.0", 3),
        ] {
            // Another client each time: connections are the relay's.
            scene.client().await.look_of(agent).await;
            assert_eq!(scene.mirror.looks().len(), connections, "{agent} over {protocols:?}");
        }
    }
}

#[tokio::test]
async fn a_random_browser_is_one_for_each_session() {
    let change = |spec: &mut ProjectSpec| spec.interception.browser = Browser::Random;
    let scene = Scene::new(&["h2", "http/1.1"], Mode::OverrideUa, change).await;
    let mut all = std::collections::BTreeSet::new();
    for session in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let mut agents = Vec::new();
        for _ in 0..2 {
            let username = format!("demo-session-{session}");
            let mut client = Inside::new(&scene.world, scene.to(), &username).await;
            let look = client.look_of("curl/8.0").await;
            agents.push(field(&look, "user-agent").unwrap().to_owned());
        }
        assert_eq!(agents[0], agents[1], "session {session}");
        all.insert(agents.remove(0));
    }
    assert!(all.len() > 1, "{all:?}");
}

#[tokio::test]
async fn a_websocket_is_opened_as_the_browser_does() {
    for speaks in [Speaks::Http1, Speaks::Both] {
        let site = Site::new(speaks).await;
        let world = World::new(wearing(Mode::OverrideUa, site.root_pem()), Vec::new()).await;
        let mut client = Inside::new(&world, (site.authority(), "127.0.0.1"), "demo").await;
        client.ask("GET /socket", &["Connection: Upgrade", "Upgrade: echo"]).await;
        let head = client.head().await;
        assert_eq!((head.status(), head.fields().get("upgrade")), (101, Some(&b"echo"[..])));
        for text in ["over", "there"] {
            client.send(text).await;
            assert_eq!(client.exactly(text.len()).await, text);
        }
    }
}

#[tokio::test]
async fn a_target_that_does_not_prove_itself_gets_no_request() {
    for (site, fault) in
        [(Site::expired().await, "expired"), (Site::new_for("other.test").await, "mismatch")]
    {
        let spec = wearing(Mode::OverrideUa, site.root_pem());
        let mut world = World::new(spec, Vec::new()).await;
        let mut client = Inside::new(&world, (site.authority(), "127.0.0.1"), "demo").await;
        client.ask("GET /hello", &[]).await;
        let (head, body) = client.answer().await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(head.status(), 502, "{text}");
        assert!(text.contains("certificate was not accepted") && text.contains(fault), "{text}");
        let status = head.fields().get("proxy-status").unwrap();
        assert!(String::from_utf8_lossy(status).contains("error=tls_certificate_error"));
        assert_eq!(site.requests(), 0);
        assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Target));
    }
}

#[tokio::test]
async fn a_browser_is_met_also_where_no_certificate_has_to_hold() {
    let change = |spec: &mut ProjectSpec| {
        spec.interception.extra_roots = None;
        spec.interception.unverified = vec!["www.target.test".parse().unwrap()];
        spec.interception.browser = Browser::Chrome;
    };
    let scene = Scene::new(&["h2", "http/1.1"], Mode::OverrideUa, change).await;
    let look = scene.client().await.look_of("curl/8.0").await;
    assert_eq!(look["ja4"], CHROME);
}

/// A connection is used again, until the target has closed it, which is nobody's fault.
#[tokio::test]
async fn a_connection_is_kept_until_it_is_dead() {
    let site = Site::new(Speaks::Http1).await;
    let mut world = World::new(wearing(Mode::OverrideUa, site.root_pem()), Vec::new()).await;
    for path in ["/hello", "/bye", "/hello"] {
        let mut client = Inside::new(&world, (site.authority(), "127.0.0.1"), "demo").await;
        client.ask(&format!("GET {path}"), &[]).await;
        client.answer().await;
    }
    let seen = world.exchanges(3).await;
    assert!(seen.iter().all(|seen| seen.blame.is_none()), "{seen:?}");
    assert_eq!((site.requests(), site.connections()), (3, 2));
}

#[tokio::test]
async fn nothing_is_left_running_when_the_relay_ends() {
    let scene = Scene::both(Mode::OverrideUa).await;
    scene.client().await.look(&[]).await;
    scene.world.soft.cancel();
    scene.world.tracker.close();
    timeout(SOON, scene.world.tracker.wait()).await.expect("something still runs");
}
