//! The API is asked ten thousand times by many at once, and tunnels go on beside it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testbed::client::Client;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::stage::Stage;

const QUESTIONS: usize = 10_000;
const CLIENTS: usize = 16;
/// One question in so many has a login, and looks into the database.
const KNOWN: usize = 10;
const TUNNELS: usize = 4;
/// Questions that may be answered while a tunnel waits for one answer. How long either takes is the
/// bench's to say (`make bench`, "admin").
const MOST_WAITED: usize = QUESTIONS / 4;

/// Asks until it is told to stop; how many questions to the API were answered at most meanwhile, for
/// any of its own.
async fn talk(mut tunnel: Client, answered: Arc<AtomicUsize>, stop: CancellationToken) -> usize {
    let mut most = 0;
    while !stop.is_cancelled() {
        let before = answered.load(Ordering::Relaxed);
        let answer = tunnel.ask("GET", "/echo", "").await.unwrap();
        assert_eq!(answer.status(), 200);
        most = most.max(answered.load(Ordering::Relaxed) - before);
    }
    most
}

async fn question(api: SocketAddr, bearer: Arc<str>, answered: Arc<AtomicUsize>) {
    let mut client = Client::connect(api).await.unwrap();
    for number in 0..QUESTIONS / CLIENTS {
        let is_known = number % KNOWN == 0;
        let (fields, status) = if is_known { (&*bearer, 200) } else { ("", 401) };
        let head = format!("GET /api/v1/projects HTTP/1.1\r\nHost: {api}\r\n{fields}\r\n");
        client.send(head).await.unwrap();
        let answer = client.answer("GET").await.unwrap();
        assert_eq!(answer.status(), status, "{}", answer.text());
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_questions_to_the_api_harm_no_tunnel() {
    let mut stage = Stage::set(&[]).await;
    let (answered, stop) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
    let mut tunnels = JoinSet::new();
    for _ in 0..TUNNELS {
        let tunnel = stage.ask_through_a_tunnel().await.unwrap();
        tunnels.spawn(talk(tunnel, Arc::clone(&answered), stop.clone()));
    }
    let token = stage.world.control.token().unwrap();
    let bearer: Arc<str> = format!("Authorization: Bearer {token}\r\n").into();
    let mut crowd = JoinSet::new();
    for _ in 0..CLIENTS {
        let asking = question(stage.world.node.api(), Arc::clone(&bearer), Arc::clone(&answered));
        crowd.spawn(asking);
    }
    crowd.join_all().await;
    stop.cancel();
    let waited = tunnels.join_all().await;
    eprintln!("questions answered while a tunnel waited, at most: {waited:?}");
    assert!(waited.iter().all(|most| *most < MOST_WAITED), "{waited:?}");
    stage.ask_through_a_tunnel().await.unwrap();
    assert!(stage.world.node.process.runs().is_ok_and(|runs| runs));
}
