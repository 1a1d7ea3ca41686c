//! Ban rules, rewrites, blocks and samples, on plain requests and on those inside of tunnels.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use capture::Filter;
use model::ban::{Actions, BanRule, Signs};
use model::exchange::Blame;
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol};
use model::rewrite::{Block, FieldChange, UserAgent};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use crate::exits::GoodExit;
use crate::origin::Origin;
use crate::secure::{Browser, Site, Speaks};
use crate::world::{Answer, Client, LOGIN, World, endpoint, project};

/// Exits that reach the target, and exits that bring a page of their own instead, in front of an
/// origin each: so one knows by the page which way a request went.
async fn pool(good: usize, bad: usize) -> (Vec<GoodExit>, Vec<Wall>) {
    let mut goods = Vec::new();
    for _ in 0..good {
        goods.push(GoodExit::new().await);
    }
    let mut bads = Vec::new();
    for _ in 0..bad {
        bads.push(Wall::new(PAGE).await);
    }
    (goods, bads)
}

/// An exit that answers every request with the same page.
struct Wall {
    endpoint: Endpoint,
    requests: Arc<AtomicUsize>,
    _tracker: TaskTracker,
}

impl Wall {
    async fn new(page: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = endpoint(Protocol::Http, listener.local_addr().unwrap());
        let (requests, tracker) = (Arc::new(AtomicUsize::new(0)), TaskTracker::new());
        let (counted, tasks) = (Arc::clone(&requests), tracker.clone());
        tracker.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tasks.spawn(wall(socket, Arc::clone(&counted), page));
            }
        });
        Self { endpoint, requests, _tracker: tracker }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

async fn wall(socket: TcpStream, counted: Arc<AtomicUsize>, page: &'static str) {
    let mut client = Client::new(socket);
    loop {
        let request = client.head().await;
        let length = request.field("content-length").unwrap_or("0");
        client.exactly(length.parse().unwrap()).await;
        counted.fetch_add(1, Ordering::Relaxed);
        client.send(page).await;
    }
}

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 27\r\n\r\n\
    please solve this captcha !";

fn rule(name: &str) -> BanRule {
    BanRule {
        name: name.to_owned(),
        enabled: true,
        domains: Vec::new(),
        signs: Signs { body: Some("(?i)captcha".to_owned()), ..Signs::default() },
        actions: Actions { retry: true, ..Actions::default() },
        dry_run: false,
        max_share: 100,
    }
}

fn banning(rule: BanRule) -> ProjectSpec {
    let mut spec = project();
    spec.bans = vec![rule];
    spec.max_retries = 10;
    spec
}

async fn get(world: &World, origin: &Origin, path: &str) -> Answer {
    let mut client = world.client().await;
    let to = origin.address;
    client.send(format!("GET http://{to}{path} HTTP/1.1\r\nHost: {to}\r\n{LOGIN}\r\n")).await;
    client.answer().await
}

async fn world(spec: ProjectSpec, pool: &(Vec<GoodExit>, Vec<Wall>)) -> World {
    let goods = pool.0.iter().map(GoodExit::http);
    let exits = goods.chain(pool.1.iter().map(|bad| bad.endpoint.clone())).collect();
    World::new(spec, exits).await
}

#[tokio::test]
async fn a_banned_request_is_answered_by_another_exit_and_the_exit_is_kept_away_from_the_host() {
    let (origin, other, pool) = (Origin::new().await, Origin::new().await, pool(2, 3).await);
    let mut spec = banning(rule("captcha"));
    spec.bans[0].actions.mark = Some(Duration::from_mins(1));
    spec.bans[0].domains = vec!["127.0.0.1".parse().unwrap()];
    let mut world = world(spec, &pool).await;
    for _ in 0..30 {
        let answer = get(&world, &origin, "/hello").await;
        assert!(answer.status == 200 && !answer.text().contains("captcha"), "{answer:?}");
    }
    let asked: usize = pool.1.iter().map(Wall::requests).sum();
    assert_eq!(asked, 3, "each banned exit was asked once");
    let seen = world.exchanges(30).await;
    assert!(seen.iter().all(|seen| seen.blame.is_none() && seen.banned_by.is_none()));
    // Elsewhere nobody has banned them: there the rule does not even look.
    let to = format!("localhost.test:{}", other.address.port());
    let mut used = 0;
    for _ in 0..10 {
        let mut client = world.client().await;
        client.send(format!("GET http://{to}/ HTTP/1.1\r\nHost: {to}\r\n{LOGIN}\r\n")).await;
        used += usize::from(client.answer().await.text().contains("captcha"));
    }
    assert!(used > 0, "banned exits are used for other hosts");
}

#[tokio::test]
async fn a_page_that_every_exit_brings_is_delivered_with_the_blame_on_the_exit() {
    let (origin, pool) = (Origin::new().await, pool(0, 3).await);
    let mut world = world(banning(rule("captcha")), &pool).await;
    let answer = get(&world, &origin, "/hello").await;
    assert!(answer.status == 200 && answer.text().contains("captcha"), "{answer:?}");
    let seen = &world.exchanges(1).await[0];
    assert_eq!(seen.banned_by.as_deref(), Some("captcha"));
    assert_eq!((seen.blame, seen.attempts), (Some(Blame::Exit), 3));
}

#[tokio::test]
async fn a_dry_rule_changes_nothing() {
    let (origin, pool) = (Origin::new().await, pool(1, 1).await);
    let mut spec = banning(rule("dry"));
    spec.bans[0].dry_run = true;
    spec.bans[0].actions.quarantine = Some(Duration::from_mins(1));
    let world = world(spec, &pool).await;
    let mut pages = 0;
    for _ in 0..6 {
        pages += usize::from(get(&world, &origin, "/hello").await.text().contains("captcha"));
    }
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn a_rule_takes_no_more_of_the_pool_away_than_its_share() {
    let (origin, pool) = (Origin::new().await, pool(1, 3).await);
    let mut spec = banning(rule("greedy"));
    spec.bans[0].actions.mark = Some(Duration::from_mins(1));
    spec.bans[0].max_share = 25;
    let world = world(spec, &pool).await;
    for _ in 0..12 {
        assert!(!get(&world, &origin, "/hello").await.text().contains("captcha"));
    }
    let mut asked: Vec<_> = pool.1.iter().map(Wall::requests).collect();
    asked.sort_unstable();
    assert_eq!(asked[0], 1, "one of them is kept away");
    assert!(asked[1] > 1 && asked[2] > 1, "the others are not: {asked:?}");
}

#[tokio::test]
async fn a_quarantined_exit_rests_altogether() {
    let (origin, pool) = (Origin::new().await, pool(1, 1).await);
    let mut spec = banning(rule("hard"));
    spec.bans[0].actions.quarantine = Some(Duration::from_mins(1));
    let world = world(spec, &pool).await;
    for _ in 0..6 {
        get(&world, &origin, "/hello").await;
    }
    let health = world.ledger.health(world.proxies[1], tokio::time::Instant::now()).unwrap();
    assert!(health.quarantined_for.unwrap() > Duration::from_secs(50), "{health:?}");
    assert_eq!(pool.1[0].requests(), 1);
}

#[tokio::test]
async fn a_request_that_may_change_something_is_sent_again_only_when_the_rule_says_so() {
    for (method, unsafe_too, reaches) in
        [("PUT", false, true), ("POST", false, false), ("POST", true, true)]
    {
        let (origin, pool) = (Origin::new().await, pool(1, 1).await);
        let mut spec = banning(rule("captcha"));
        spec.bans[0].actions.replay_unsafe = unsafe_too;
        let mut world = world(spec, &pool).await;
        let to = origin.address;
        for _ in 0..2 {
            let mut client = world.client().await;
            let head = format!("{method} http://{to}/echo HTTP/1.1\r\nHost: {to}\r\n{LOGIN}");
            client.send(format!("{head}Content-Length: 5\r\n\r\nhello")).await;
            client.answer().await;
        }
        assert_eq!(origin.arrivals("/echo"), if reaches { 2 } else { 1 }, "{method}");
        let seen = world.exchanges(2).await;
        let banned = seen.iter().filter(|seen| seen.banned_by.is_some()).count();
        assert_eq!(banned, usize::from(!reaches), "{method}");
        assert!(seen.iter().all(|seen| seen.bytes_sent == 5), "{seen:?}");
    }
}

#[tokio::test]
async fn a_session_moves_away_from_an_exit_that_is_banned() {
    let (origin, pool) = (Origin::new().await, pool(1, 1).await);
    let mut spec = banning(rule("captcha"));
    spec.bans[0].actions = Actions { rotate_session: true, ..Actions::default() };
    let world = world(spec, &pool).await;
    let to = origin.address;
    // Which exit a session begins at is as good as random: half of them at the bad one.
    let mut banned = 0;
    for session in 0..64 {
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let mut client = world.client().await;
            let session = format!("Octoprox-Session: s{session}\r\n");
            client
                .send(format!("GET http://{to}/ HTTP/1.1\r\nHost: {to}\r\n{session}{LOGIN}\r\n"))
                .await;
            bodies.push(client.answer().await.body);
        }
        banned += usize::from(PAGE.as_bytes().ends_with(&bodies[0]));
        assert!(!PAGE.as_bytes().ends_with(&bodies[1]), "session {session} stays where it was");
    }
    assert!((1..64).contains(&banned), "{banned} sessions began at the bad exit");
}

#[tokio::test]
async fn fields_and_agents_are_rewritten_and_unwanted_requests_never_leave() {
    let origin = Origin::new().await;
    let mut spec = project();
    let set = |name: &str, value: &str| FieldChange::Set { name: name.into(), value: value.into() };
    spec.rewrites.request = vec![
        set("X-Team", "data"),
        set("accept", "text/html"),
        FieldChange::Remove { name: "X-Debug".to_owned() },
    ];
    spec.rewrites.response = vec![set("X-Via", "us")];
    spec.rewrites.user_agent = UserAgent::Fixed("Mozilla/5.0".to_owned());
    spec.rewrites.block = vec![
        Block { paths: vec!["/ads/*".to_owned()], ..Block::default() },
        Block {
            content_types: vec!["text/*".to_owned()],
            paths: vec!["/chunked".to_owned()],
            ..Block::default()
        },
    ];
    let world = World::new(spec, Vec::new()).await;
    let to = origin.address;
    let mut client = world.client().await;
    let fields = "User-Agent: curl/8\r\nAccept: */*\r\nx-debug: 1\r\nX-DEBUG: 2\r\n";
    client
        .send(format!("GET http://{to}/hello HTTP/1.1\r\nHost: {to}\r\n{fields}{LOGIN}\r\n"))
        .await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.field("x-via")), (200, Some("us")));
    let seen = origin.connections().concat();
    let expected = "User-Agent: Mozilla/5.0\r\nAccept: text/html\r\nX-Team: data\r\n";
    assert!(seen.contains(expected) && !seen.to_lowercase().contains("x-debug"), "{seen}");
    assert_eq!(get(&world, &origin, "/ads/banner.js?x=1").await.status, 403);
    assert_eq!(origin.arrivals("/ads/banner.js?x=1"), 0);
}

#[tokio::test]
async fn what_people_want_to_see_is_kept_without_secrets() {
    let site = Site::new(Speaks::Both).await;
    let mut spec = project();
    spec.connect_ports = Vec::new();
    spec.interception.mode = model::interception::Mode::Plain;
    spec.interception.extra_roots = Some(site.root_pem());
    spec.inspection = model::Inspection { permille: 1000, keep: 10, body_bytes: 1024 };
    let mut world = World::new(spec, Vec::new()).await;
    let mut browser = Browser::new(&world, &site, Speaks::Both).await;
    assert_eq!(browser.post("/echo", b"to and fro").await.status(), 200);
    let mut browser = Browser::new(&world, &site, Speaks::Http1).await;
    let secret = format!(
        "GET /hello HTTP/1.1\r\nHost: {}\r\nCookie: id=hunter2\r\nAuthorization: Basic aHVudGVyMg\r\n\r\n",
        site.authority()
    );
    assert_eq!(browser.raw(&secret).await.status, 200);
    world.exchanges(2).await;
    let records = world.recorder.list(world.project, &Filter::default(), None, 10);
    assert_eq!(records.len(), 2);
    let (plain, posted) = (&records[0], &records[1]);
    assert!(
        !format!("{records:?}").contains("hunter2")
            && !format!("{records:?}").contains("aHVudGVyMg")
    );
    assert_eq!(posted.request.url(), site.url("/echo"));
    assert_eq!(posted.request.content().size(), 10);
    assert_eq!(posted.response.as_ref().unwrap().content().size(), 10);
    assert_eq!(
        (posted.protocols.client.as_deref(), posted.protocols.target.as_deref()),
        (Some("h2"), Some("h2"))
    );
    assert_eq!(plain.protocols.client.as_deref(), Some("http/1.1"));
    let hello = posted.client_tls.as_ref().unwrap();
    assert!(hello.ja4.starts_with("t13i") && hello.ja3.len() == 32, "{hello:?}");
    assert_eq!(posted.status, 200);
}
