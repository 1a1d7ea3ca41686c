//! What nodes without a database ask, and who else does.

use api::{Parts, Readiness, Settings, router};
use axum::body::Body;
use cluster::{Notice, Op, Role, Signal};
use http::{Request, StatusCode};
use jiff::Timestamp;
use model::{Counters, ProjectId, Revision};
use store::sealed::usage::UsageBatch;
use store::sealed::{configuration, node_token, usage};
use store::usage::{Level, UsageRow, totals};
use store::{Vault, projects};
use tower::ServiceExt;

use crate::world::{Answer, World};

const CONFIGURATION: &str = "/internal/v1/configuration";
const NONCE: &str = "0123456789abcdef";

fn token(vault: &Vault) -> String {
    format!("Bearer {}", node_token(vault).expose())
}

async fn ask(world: &World, query: &str) -> Answer {
    let token = token(world.store.vault());
    let fields = [("authorization", &*token), ("octoprox-nonce", NONCE)];
    world.call("", ("GET", &format!("{CONFIGURATION}{query}")), &fields, Body::empty()).await
}

/// A change that tells nobody.
async fn change(world: &World, name: &str) -> (ProjectId, Revision) {
    let mut change = world.store.change().await.unwrap();
    let password = world.store.vault().login_key().digest(b"canary");
    let spec = model::project::ProjectSpec::new(name.to_owned(), name.to_owned(), password);
    let project = projects::create(&mut change, spec).await.unwrap();
    (project.id, change.commit().await.unwrap())
}

#[tokio::test]
async fn only_nodes_with_the_secret_key_come_in() {
    let world = World::new().await;
    let other = token(&Vault::new([8; 32]));
    for (method, path) in [("GET", CONFIGURATION), ("POST", "/internal/v1/usage")] {
        for fields in [vec![], vec![("authorization", &*other)], vec![("authorization", "Bearer ")]]
        {
            let answer = world.call("", (method, path), &fields, Body::empty()).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
        let user = world.call("admin", (method, path), &[], Body::empty()).await;
        assert_eq!(user.status, 401, "no user comes in");
    }
    let document = world.get("", "/api/openapi.json").await.text;
    assert!(!document.contains("internal/v1"), "it is no part of the API");
    let token = token(world.store.vault());
    let fields = [("authorization", &*token), ("host", "control.internal")];
    let answer = world.call("", ("GET", CONFIGURATION), &fields, Body::empty()).await;
    assert_eq!(answer.status, 400, "a nonce is needed, and any name will do");
}

#[tokio::test]
async fn a_node_is_told_all_then_changes_then_nothing() {
    let world = World::new().await;
    let (_, first) = change(&world, "first").await;
    let about = format!("configuration:{NONCE}");
    let open =
        |answer: &Answer| configuration::open(world.store.vault(), &about, &answer.bytes).unwrap();
    let all = ask(&world, "").await;
    assert!(!all.text.contains("first") && !all.text.contains("canary"));
    let all = open(&all);
    assert_eq!((all.since, all.revision, all.projects.len()), (None, first, 1));
    let (_, second) = change(&world, "second").await;
    let changes = open(&ask(&world, &format!("?since={first}&wait=20")).await);
    assert_eq!((changes.since, changes.revision, changes.projects.len()), (Some(first), second, 1));
    let all = open(&ask(&world, &format!("?since={first}&all=true")).await);
    assert_eq!((all.since, all.projects.len()), (None, 2));
    // The database has been put back to an earlier state.
    let all = open(&ask(&world, "?since=1000").await);
    assert_eq!((all.since, all.projects.len()), (None, 2));
    let nothing = ask(&world, &format!("?since={second}&wait=0")).await;
    assert_eq!((nothing.status, nothing.bytes.len()), (StatusCode::NO_CONTENT, 0));
}

#[tokio::test]
async fn who_waits_is_told_at_once_and_let_go_before_the_end() {
    let world = World::new().await;
    let (_, first) = change(&world, "first").await;
    let query = format!("?since={first}&wait=30");
    let telling = async {
        let (_, revision) = change(&world, "second").await;
        let notice =
            Notice { signal: Signal::ProjectChanged, entity: None, op: Op::Added, revision };
        world.cluster.notify(notice).await;
        revision
    };
    let (answer, second) = tokio::join!(ask(&world, &query), telling);
    assert_eq!(answer.status, 200);
    let query = format!("?since={second}&wait=30");
    let ending = async { world.readiness.send_replace(Readiness::Ending) };
    let (answer, _) = tokio::join!(ask(&world, &query), ending);
    assert_eq!((answer.status.as_u16(), answer.field("retry-after")), (503, "1"));
}

#[tokio::test]
async fn usage_of_a_node_counts_once() {
    let world = World::new().await;
    let (project, _) = change(&world, "first").await;
    let counters = Counters { requests: 3, ..Counters::default() };
    let minute = Timestamp::from_second(1_800_000_000).unwrap();
    let row = UsageRow { minute, project, connector: None, proxy: None, counters, cost_nanos: 0 };
    let boot = uuid::Uuid::now_v7();
    let batch = |sequence| {
        usage::seal(
            world.store.vault(),
            &UsageBatch { boot, sequence, rows: vec![row], series: vec![] },
        )
        .unwrap()
    };
    let token = token(world.store.vault());
    let send = async |body: Vec<u8>| {
        let fields = [("authorization", &*token)];
        world.call("", ("POST", "/internal/v1/usage"), &fields, body).await.status.as_u16()
    };
    assert_eq!(send(batch(1)).await, 201);
    assert_eq!(send(batch(1)).await, 200);
    assert_eq!(send(batch(2)).await, 201);
    assert_eq!(send(b"no batch".to_vec()).await, 400);
    let totals = totals(&world.store, project, Level::Project, Timestamp::UNIX_EPOCH).await;
    assert_eq!(totals.unwrap()[0].counters.requests, 6);
}

#[tokio::test]
async fn nodes_that_answer_no_operator_have_no_api() {
    let world = World::new().await;
    for role in [Role::Data, Role::Worker] {
        let (_sender, readiness) = tokio::sync::watch::channel(Readiness::Ready);
        let router = router(Parts {
            role,
            store: world.store.clone(),
            cluster: world.cluster.clone(),
            clock: world.clock.clone(),
            settings: Settings::default(),
            token_key: [9; 32],
            live: std::sync::Arc::new(crate::world::Nothing::default()),
            recorder: std::sync::Arc::clone(&world.recorder),
            journal: world.journal.clone(),
            peers: std::sync::Arc::new(crate::world::Nobody),
            receivers: std::sync::Arc::new(crate::world::Deaf),
            metrics: None,
            readiness,
        });
        let ask = async |path: &str| {
            let request = Request::builder().uri(path).header("host", "localhost");
            let request = request.body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap().status().as_u16()
        };
        for path in ["/live", "/ready", "/health"] {
            assert_eq!(ask(path).await, 200, "{role} {path}");
        }
        for path in ["/", "/api/v1/projects", "/api/openapi.json", "/setup", CONFIGURATION] {
            assert_eq!(ask(path).await, 404, "{role} {path}");
        }
        let detailed = if role == Role::Data { 200 } else { 401 };
        assert_eq!(ask("/health/detailed").await, detailed, "{role}");
    }
}
