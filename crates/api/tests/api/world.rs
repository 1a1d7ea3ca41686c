//! A control plane with an administrator, and what may be asked of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{
    Explained, Live, NotPassed, Parts, Passed, Question, Readiness, Refused, RosterSource,
    Settings, Sighting, Soon, TaskStatus, Tested, router,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use capture::Recorder;
use cluster::{Cluster, Load, Member, MemberState, Role};
use http::{HeaderMap, Request, StatusCode};
use journal::Journal;
use model::proxy::Status;
use model::{Clock, ConnectorId, Counters, Health, ProjectId, ProxyId, Revision};
use serde_json::{Value, json};
use store::{Store, Vault};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "canary-correct-horse";

/// A control plane.
pub(crate) struct World {
    pub(crate) router: Router,
    /// The same once more, to be served over a socket.
    pub(crate) served: Option<Parts>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) cluster: Cluster,
    pub(crate) readiness: watch::Sender<Readiness>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) journal: Journal,
    pub(crate) live: Arc<Nothing>,
    pub(crate) tokens: HashMap<&'static str, String>,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) fields: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A data plane that knows no exit but those that a test puts there.
#[derive(Default)]
pub(crate) struct Nothing {
    pub(crate) exits: Mutex<Vec<Sighting>>,
}

impl Live for Nothing {
    fn health(&self, proxy: ProxyId) -> Option<Health> {
        let exits = self.exits.lock().unwrap();
        let seen = exits.iter().find(|seen| seen.exit == proxy)?;
        Some(Health {
            status: seen.status,
            in_flight: 0,
            success_ratio: None,
            latency: None,
            consecutive_failures: 0,
            quarantined_for: seen.is_resting.then_some(Duration::from_mins(1)),
        })
    }
    fn proxy(&self, _proxy: ProxyId) -> Counters {
        Counters::default()
    }
    fn connector(&self, _connector: ConnectorId) -> Counters {
        Counters::default()
    }
    fn project(&self, _project: ProjectId) -> Counters {
        Counters { requests: 4, failures: 2, latency_microseconds: 5000, ..Counters::default() }
    }
    fn quarantine(&self, _proxy: ProxyId, rest: Option<Duration>) -> bool {
        rest.is_some()
    }
    fn quarantine_all<'a>(
        &'a self,
        proxies: &'a [ProxyId],
        rest: Option<Duration>,
    ) -> Soon<'a, usize> {
        let mut exits = self.exits.lock().unwrap();
        let meant = exits.iter_mut().filter(|seen| proxies.contains(&seen.exit));
        let known = meant.map(|seen| seen.is_resting = rest.is_some()).count();
        Box::pin(async move { known })
    }
    fn exits_of(&self, _project: ProjectId) -> Vec<Sighting> {
        self.exits.lock().unwrap().clone()
    }
    fn test(&self, proxies: Vec<ProxyId>) -> Soon<'_, Option<Vec<Tested>>> {
        let outcome = |proxy: &ProxyId| match self.health(*proxy) {
            Some(Health { status: Status::Healthy, .. }) => {
                let address = Some([192, 0, 2, 9].into());
                Ok(Passed { latency: Duration::from_millis(12), address })
            }
            _ => Err(NotPassed { error: "connection_refused", detail: "refused".to_owned() }),
        };
        let tested = |proxy: ProxyId| Tested { proxy, outcome: outcome(&proxy) };
        let tested = proxies.into_iter().map(tested).collect();
        Box::pin(async move { Some(tested) })
    }
    fn revision(&self) -> Revision {
        Revision(7)
    }
    fn roster(&self) -> Option<RosterSource> {
        None
    }
    fn exits(&self) -> usize {
        0
    }
    fn exits_owned(&self, members: &[Member]) -> Vec<usize> {
        vec![0; members.len()]
    }

    fn project_of(&self, _connector: ConnectorId) -> Option<ProjectId> {
        None
    }
    fn explain(&self, question: Question) -> Option<Explained> {
        let refusal = Refused {
            status: 503,
            error: "destination_unavailable",
            sentence: format!("{question:?}"),
            retry_after: Some(Duration::from_secs(1)),
        };
        Some(Explained { refusal: Some(refusal), ..Explained::default() })
    }

    fn tasks(&self) -> Vec<TaskStatus> {
        Vec::new()
    }
}

/// No way to other nodes.
pub(crate) struct Nobody;

impl api::Peers for Nobody {
    fn ask(
        &self,
        _patience: Duration,
        _to: (std::net::SocketAddr, &'static str),
        _body: Vec<u8>,
    ) -> api::Telling<'_> {
        Box::pin(async { None })
    }
}

/// Receivers that never answer, and may be anywhere but at `refused.example`.
pub(crate) struct Deaf;

impl api::Receivers for Deaf {
    fn refused(&self, url: &str) -> Option<String> {
        url.contains("refused.example").then(|| "is refused".to_owned())
    }

    fn send(&self, _webhook: model::Webhook, _id: String, _body: String) -> api::Sending<'_> {
        let took = Duration::from_millis(7);
        Box::pin(async move { api::Sent { status: None, error: Some("timeout"), took } })
    }
}

impl World {
    /// With nobody in it.
    pub(crate) async fn empty() -> Self {
        Self::built(true).await
    }

    /// Of nodes that were built with browsers, or without.
    async fn built(browsers: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::held(jiff::Timestamp::from_second(1_800_000_000).unwrap());
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let vault = Vault::new([7; 32]);
        let store = Store::open(&store::Settings::new(url), vault, clock.clone()).await.unwrap();
        let cluster = Cluster::solo(Member {
            id: "node-1".into(),
            role: Role::All,
            revision: Revision(0),
            started_at: clock.now(),
            addresses: Vec::new(),
            state: MemberState::Ready,
            load: Load::default(),
        });
        let (readiness, ready) = watch::channel(Readiness::Ready);
        let recorder = Arc::new(Recorder::new(capture::Limits::default(), clock.now()));
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let both = (cluster.clone(), clock.clone());
        let journal = Journal::start(1 << 20, both, &tracker, &stop);
        let settings = Settings {
            upload_bytes: 1 << 20,
            streams: 2,
            browsers,
            stream_heartbeat: Duration::from_millis(50),
            ..Settings::default()
        };
        let live = Arc::<Nothing>::default();
        let parts = || Parts {
            role: Role::All,
            store: store.clone(),
            cluster: cluster.clone(),
            clock: clock.clone(),
            settings: settings.clone(),
            token_key: [9; 32],
            live: Arc::clone(&live) as Arc<dyn Live>,
            recorder: Arc::clone(&recorder),
            journal: journal.clone(),
            peers: Arc::new(Nobody),
            receivers: Arc::new(Deaf),
            metrics: None,
            readiness: ready.clone(),
        };
        let (router, served) = (router(parts()), Some(parts()));
        let tokens = HashMap::new();
        Self {
            router,
            served,
            store,
            clock,
            cluster,
            readiness,
            recorder,
            journal,
            live,
            tokens,
            _folder: folder,
        }
    }

    /// With an administrator, an editor and a viewer, all with [`PASSWORD`].
    pub(crate) async fn new() -> Self {
        Self::empty().await.peopled().await
    }

    /// The same, of nodes that were built without browsers.
    pub(crate) async fn without_browsers() -> Self {
        Self::built(false).await.peopled().await
    }

    async fn peopled(self) -> Self {
        let mut world = self;
        let digest = |text: &[u8]| {
            let mut out = [0; 32];
            let made = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text);
            out.copy_from_slice(made.as_ref());
            out
        };
        store::installation::offer_setup(&world.store, digest(b"setup")).await.unwrap();
        let setup = json!({"token": "setup", "username": "admin", "password": PASSWORD});
        assert_eq!(world.post("", "/api/v1/auth/setup", &setup).await.status, 204);
        world.login("admin").await;
        for role in ["editor", "viewer"] {
            let user = json!({"username": role, "role": role, "password": PASSWORD});
            assert_eq!(world.post("admin", "/api/v1/users", &user).await.status, 201);
            world.login(role).await;
        }
        world
    }

    /// Believes this network what it says of requests.
    pub(crate) fn trust(&mut self, network: &str) {
        let mut parts = self.served.take().unwrap();
        parts.settings.trusted_proxies = vec![network.parse().unwrap()];
        self.router = router(parts);
    }

    pub(crate) async fn login(&mut self, user: &'static str) -> Value {
        let body = json!({"username": user, "password": PASSWORD});
        let answer = self.post("", "/api/v1/auth/login", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        self.tokens.insert(user, token);
        answer.json()
    }

    /// Calls as a user, or as nobody with `""`. `fields` are `name: value` lines.
    pub(crate) async fn call(
        &self,
        user: &str,
        (method, path): (&str, &str),
        fields: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !fields.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost:8000");
        }
        if let Some(token) = self.tokens.get(user) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut source = std::net::IpAddr::from([192, 0, 2, 1]);
        for (name, value) in fields {
            match *name {
                // Not a field: where the call comes from.
                "source" => source = value.parse().unwrap(),
                name => request = request.header(name, *value),
            }
        }
        let peer = axum::extract::ConnectInfo(std::net::SocketAddr::new(source, 40_000));
        let request = request.extension(peer).body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: head.status, fields: head.headers, text, bytes: bytes.into() }
    }

    pub(crate) async fn get(&self, user: &str, path: &str) -> Answer {
        self.call(user, ("GET", path), &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, user: &str, path: &str, body: &Value) -> Answer {
        let fields = [("content-type", "application/json")];
        self.call(user, ("POST", path), &fields, body.to_string()).await
    }

    pub(crate) async fn patch(&self, user: &str, path: &str, tag: &str, body: &Value) -> Answer {
        let fields = [("content-type", "application/json"), ("if-match", tag)];
        self.call(user, ("PATCH", path), &fields, body.to_string()).await
    }

    pub(crate) async fn delete(&self, user: &str, path: &str, tag: &str) -> Answer {
        self.call(user, ("DELETE", path), &[("if-match", tag)], Body::empty()).await
    }

    /// A project, and its path.
    pub(crate) async fn project(&self, name: &str) -> String {
        let body = json!({"name": name, "username": name, "password": "canary-project"});
        let answer = self.post("admin", "/api/v1/projects", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.field("location").to_owned()
    }

    /// A connector of a project, and its identifier.
    pub(crate) async fn connector(&self, project: &str, name: &str) -> String {
        let path = format!("{project}/connectors");
        let answer = self.post("admin", &path, &json!({"name": name})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}
