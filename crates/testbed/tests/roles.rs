//! Nodes that do one thing each: what each has and lacks, and how they live without one another.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "roles/scene.rs"]
mod scene;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use model::proxy::Protocol;
use scene::{
    KEY, LONG, OTHER_KEY, Running, administrator, free_port, secured, shop, start, start_in,
    until_counted,
};
use serde_json::json;
use testbed::client::Client;
use testbed::clock::eventually;
use testbed::control::Control;
use testbed::events::Events;
use testbed::node::ADMIN;
use testbed::origin::Origin;
use testbed::postgres::Postgres;
use testbed::proxies::{Exit, Setup};
use testbed::redis::Redis;
use testbed::tls::Authority;
use testbed::world::PASSWORD;

/// From a change at one node to its being in force at another.
const LIVE: Duration = Duration::from_secs(1);

async fn parts() -> (Origin, Exit) {
    let origin = Origin::start().await.unwrap();
    (origin, Setup::new(Protocol::Http).start().await.unwrap())
}

/// A control node at `port`, over a database that stays where it is.
async fn control(database: &str, port: u16) -> Running {
    let port = port.to_string();
    let settings = [
        ("OCTOPROX_DATABASE_URL", database),
        ("OCTOPROX_API_PORT", &port),
        ("OCTOPROX_AUTH_USERNAME", ADMIN.0),
        ("OCTOPROX_AUTH_PASSWORD", ADMIN.1),
    ];
    start("control", &settings).await
}

fn sqlite(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}?mode=rwc", folder.path().join("shared.db").display())
}

#[tokio::test]
async fn each_role_does_its_part_and_nothing_else() {
    let (origin, exit) = parts().await;
    let folder = tempfile::tempdir().unwrap();
    let database = sqlite(&folder);
    let mut control = control(&database, 0).await;
    control.until_ready().await;
    let urls = format!("http://{}", control.api);
    let mut worker = start("worker", &[("OCTOPROX_DATABASE_URL", &database)]).await;
    let mut data = start("data", &[("OCTOPROX_CONTROL_URL", &urls)]).await;
    for node in [&worker, &data] {
        node.until_ready().await;
        let stranger = Control::stranger(node.api);
        let projects = stranger.call(("GET", "/api/v1/projects"), "", None).await;
        assert_eq!(projects.unwrap().status, 404);
        assert_eq!(node.get("/metrics").await.unwrap().0, 200);
    }
    assert!(control.proxy().is_none() && worker.proxy().is_none(), "only data relays");
    assert!(!data.process.folder().join("data/octoprox.db").exists(), "data has no database");
    let operator = administrator(&control).await;
    let project = shop(&operator, &exit).await;
    data.until_relays(&origin, 200, LIVE).await;
    data.until_health("/roster/source", "control").await;
    data.until_health("/status", "healthy").await;
    worker.until_says("\"roster.exits\":1").await;

    operator.patch(&project, &json!({ "password": "another-password" })).await.unwrap();
    data.until_relays(&origin, 407, LIVE).await;
    for _ in 0..9 {
        assert_eq!(data.relays(&origin, "shop", "another-password").await, 200);
    }
    // Ending, a node sends what it has; it is not sent again.
    data.terminate().await;
    assert!(data.admitted() >= 10);
    until_counted(&operator, &project, data.admitted()).await;
    worker.terminate().await;
    control.terminate().await;
}

/// Nodes that meet in Redis know one another; only then are there others to ask.
#[tokio::test]
async fn what_a_data_node_recorded_is_shown_by_a_control_node() {
    let (origin, exit) = parts().await;
    let folder = tempfile::tempdir().unwrap();
    let (database, redis) = (sqlite(&folder), Redis::start().await.unwrap());
    let settings = [
        ("OCTOPROX_DATABASE_URL", &*database),
        ("OCTOPROX_AUTH_USERNAME", ADMIN.0),
        ("OCTOPROX_AUTH_PASSWORD", ADMIN.1),
        ("OCTOPROX_REDIS_URL", &*redis.url()),
    ];
    let control = start("control", &settings).await;
    control.until_ready().await;
    let urls = format!("http://{}", control.api);
    let settings = [("OCTOPROX_CONTROL_URL", &*urls), ("OCTOPROX_REDIS_URL", &*redis.url())];
    let mut data = start("data", &settings).await;
    data.until_ready().await;
    let operator = administrator(&control).await;
    let project = shop(&operator, &exit).await;
    operator.patch(&project, &json!({ "inspection": { "permille": 1000 } })).await.unwrap();
    data.until_relays(&origin, 200, LONG).await;
    let path = format!("{project}/captures");
    let recorded = || async {
        assert_eq!(data.relays(&origin, "shop", PASSWORD).await, 200);
        let listed = operator.get(&path).await.ok()?;
        assert_eq!(listed["unanswered"], json!([]));
        listed["items"].as_array()?.first().cloned()
    };
    let item = eventually("a record", LONG, recorded).await.unwrap();
    assert_ne!(item["node"], operator.get(&path).await.unwrap()["node"]);
    let shown = operator.get(&format!("{path}/{}", item["id"])).await.unwrap();
    assert_eq!((&shown["url"], &shown["response"]["status"]), (&item["url"], &json!(200)));
    // A stranger is told nothing.
    let stranger = Control::stranger(data.api);
    let told = stranger.call(("POST", "/internal/v1/captures"), "", Some(&json!({}))).await;
    assert_eq!(told.unwrap().status, 401);
    data.terminate().await;
}

#[tokio::test]
async fn what_data_serves_is_seen_at_control() {
    let (origin, exit) = parts().await;
    let (folder, redis) = (tempfile::tempdir().unwrap(), Redis::start().await.unwrap());
    let (database, meeting) = (sqlite(&folder), redis.url());
    let settings = [
        ("OCTOPROX_DATABASE_URL", &*database),
        ("OCTOPROX_REDIS_URL", &meeting),
        ("OCTOPROX_AUTH_USERNAME", ADMIN.0),
        ("OCTOPROX_AUTH_PASSWORD", ADMIN.1),
    ];
    let control = start("control", &settings).await;
    control.until_ready().await;
    let urls = format!("http://{}", control.api);
    let settings = [
        ("OCTOPROX_CONTROL_URL", &*urls),
        ("OCTOPROX_REDIS_URL", &meeting),
        ("OCTOPROX_INSTANCE_ID", "relay-1"),
    ];
    let data = start("data", &settings).await;
    data.until_ready().await;
    let operator = administrator(&control).await;
    let mut seen = Events::open(control.api, &operator, "/api/v1/live/exchanges").await.unwrap();
    let project = shop(&operator, &exit).await;
    data.until_relays(&origin, 200, LONG).await;
    let listed = || async {
        data.relays(&origin, "shop", PASSWORD).await;
        let list = operator.get("/api/v1/exchanges?node=relay-1&blame=none").await.ok()?;
        (list["items"][0]["status"] == 200).then_some(list)
    };
    let list = eventually("a request of data", LONG, listed).await.unwrap();
    assert_eq!(list["silent"], json!([]));
    seen.find(|_, one| one["node"] == "relay-1" && one["status"] == 200).await.unwrap();
    // Control asks no exits: it has data ask them.
    let proxies = operator.get(&format!("{project}/proxies")).await.unwrap();
    let ids = json!({ "ids": [proxies["items"][0]["id"]] });
    let tested = operator.post(&format!("{project}/proxies/test"), &ids).await.unwrap();
    let test = &tested["items"][0];
    assert_eq!((&test["node"], &test["ok"]), (&json!("relay-1"), &json!(true)), "{tested:#}");
}

#[tokio::test]
async fn data_goes_on_and_starts_without_control_and_usage_counts_once() {
    let (origin, exit) = parts().await;
    let folder = tempfile::tempdir().unwrap();
    let (database, port) = (sqlite(&folder), free_port());
    let urls = format!("http://127.0.0.1:{},http://127.0.0.1:{port}/", free_port());
    let settings = [("OCTOPROX_CONTROL_URL", &*urls)];
    let data = start("data", &settings).await;
    data.until_says("the control node cannot be reached").await;
    assert!(!data.is_ready().await, "nobody has told it who may come in");
    assert_eq!(data.relays(&origin, "shop", PASSWORD).await, 407);

    let mut first = control(&database, port).await;
    data.until_ready().await;
    let project = shop(&administrator(&first).await, &exit).await;
    data.until_relays(&origin, 200, LONG).await;
    let shown = |file: &[u8], text: &[u8]| file.windows(text.len()).any(|part| part == text);
    let copy = std::fs::read(data.copy()).unwrap();
    assert!(!shown(&copy, b"canary") && !shown(&copy, b"shop"), "the copy can be read");
    let mode = std::fs::metadata(data.copy()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    first.process.kill().await.unwrap();
    for _ in 0..5 {
        assert_eq!(data.relays(&origin, "shop", PASSWORD).await, 200);
    }
    data.until_health("/control", "unavailable").await;
    assert!(data.is_ready().await);

    let mut second = control(&database, port).await;
    second.until_ready().await;
    let before = data.admitted();
    until_counted(&administrator(&second).await, &project, before).await;
    second.process.kill().await.unwrap();
    let data = start_in(data.process.into_folder().await.unwrap(), "data", &settings).await;
    data.until_ready().await;
    data.until_health("/roster/source", "copy").await;
    assert!(data.health().await["roster"]["age_seconds"].as_i64().unwrap() < 60);
    assert_eq!(data.health().await["status"], "degraded");
    assert_eq!(data.relays(&origin, "shop", PASSWORD).await, 200);
    assert_eq!(data.relays(&origin, "shop", "wrong-password").await, 407);
    assert!(data.get("/metrics").await.unwrap().1.contains("octoprox_roster_confirmed_timestamp"));

    let third = control(&database, port).await;
    data.until_health("/roster/source", "control").await;
    data.until_health("/status", "healthy").await;
    let operator = administrator(&third).await;
    until_counted(&operator, &project, before + data.admitted()).await;
    operator.patch(&project, &json!({ "password": "another-password" })).await.unwrap();
    data.until_relays(&origin, 407, LIVE).await;
}

#[tokio::test]
async fn another_secret_key_is_refused_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let database = sqlite(&folder);
    let mut control = control(&database, 0).await;
    control.until_ready().await;
    let urls = format!("http://{}", control.api);
    let wrong = [("OCTOPROX_CONTROL_URL", &*urls), ("OCTOPROX_SECRET_KEY", OTHER_KEY)];
    let stranger = start("data", &wrong).await;
    stranger.until_says("the secret key is not that of the installation").await;
    assert!(!stranger.is_ready().await);
    let proxy = stranger.proxy().unwrap();
    let ready = Client::connect(proxy).await.unwrap().ask("GET", "/ready", "").await.unwrap();
    assert_eq!(ready.status(), 503);
    let metrics = control.get("/metrics").await.unwrap().1;
    let refusals =
        metrics.lines().find(|line| line.starts_with("octoprox_internal_refusals_total"));
    assert!(refusals.is_some_and(|line| !line.ends_with(" 0")), "{refusals:?}");

    let right = [wrong[0], ("OCTOPROX_SECRET_KEY", KEY)];
    let folder = stranger.process.into_folder().await.unwrap();
    let data = start_in(folder, "data", &right).await;
    data.until_ready().await;
    control.process.kill().await.unwrap();
    let folder = data.process.into_folder().await.unwrap();
    let stranger = start_in(folder, "data", &wrong).await;
    stranger.until_says("it was sealed with another secret key").await;
    assert!(!stranger.is_ready().await, "a copy of another key serves nobody");
}

#[tokio::test]
async fn over_tls_a_control_node_has_to_be_verified() {
    let (origin, exit) = parts().await;
    let folder = tempfile::tempdir().unwrap();
    let control = control(&sqlite(&folder), 0).await;
    control.until_ready().await;
    let authority = Authority::new().unwrap();
    let (front, _tasks) = secured(&authority, control.api).await;
    let urls = format!("https://{front}");
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, authority.pem()).unwrap();
    let roots = roots.display().to_string();
    let stranger = start("data", &[("OCTOPROX_CONTROL_URL", &urls)]).await;
    stranger.until_says("the control node cannot be reached: ").await;
    let settings = [("OCTOPROX_CONTROL_URL", &*urls), ("SSL_CERT_FILE", &*roots)];
    let data = start("data", &settings).await;
    data.until_ready().await;
    let operator = administrator(&control).await;
    let project = shop(&operator, &exit).await;
    data.until_relays(&origin, 200, LONG).await;
    until_counted(&operator, &project, data.admitted()).await;
    assert!(!stranger.is_ready().await, "a certificate of nobody's was believed");
}

#[tokio::test]
async fn a_node_starts_without_its_database_and_becomes_whole_with_it() {
    let (origin, exit) = parts().await;
    let mut postgres = Postgres::start().await.unwrap();
    let url = postgres.url();
    let settings = [
        ("OCTOPROX_DATABASE_URL", &*url),
        ("OCTOPROX_AUTH_USERNAME", ADMIN.0),
        ("OCTOPROX_AUTH_PASSWORD", ADMIN.1),
    ];
    let mut node = start("all", &settings).await;
    node.until_ready().await;
    let operator = administrator(&node).await;
    let project = shop(&operator, &exit).await;
    node.until_relays(&origin, 200, LONG).await;
    let before = node.admitted();
    until_counted(&operator, &project, before).await;
    node.terminate().await;

    postgres.stop().unwrap();
    let node = start_in(node.process.into_folder().await.unwrap(), "all", &settings).await;
    let stranger = start("all", &settings).await;
    node.until_ready().await;
    node.until_health("/roster/source", "copy").await;
    node.until_health("/database", "unavailable").await;
    assert_eq!(node.relays(&origin, "shop", PASSWORD).await, 200);
    assert_eq!(node.relays(&origin, "shop", "wrong-password").await, 407);
    let body = json!({ "username": ADMIN.0, "password": ADMIN.1 });
    let login = ("POST", "/api/v1/auth/login");
    let away = Control::stranger(node.api).call(login, "", Some(&body)).await;
    assert_eq!(away.unwrap().status, 503);
    stranger.until_says("the database is away").await;
    assert!(!stranger.is_ready().await, "without a copy it serves nobody");

    postgres.start_again().await.unwrap();
    node.until_health("/status", "healthy").await;
    node.until_health("/roster/source", "database").await;
    stranger.until_ready().await;
    let back = || async { Control::login(node.api, ADMIN).await.ok() };
    let operator = eventually("the API is back", LONG, back).await.unwrap();
    until_counted(&operator, &project, before + node.admitted()).await;
    operator.patch(&project, &json!({ "password": "another-password" })).await.unwrap();
    node.until_relays(&origin, 407, LONG).await;
}
