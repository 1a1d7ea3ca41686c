//! A project full of secrets, and everything that can go wrong with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testbed::client::{login, socks};
use testbed::clock::{SOON, eventually};
use testbed::origin::Origin;
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::tls::Authority;
use testbed::world::{PASSWORD, Project, World};

use model::proxy::Protocol;

use crate::places::Watch;

const JSON: &str = "application/json";

const ROOTS: &str = "/api/v1/mitm/roots";

const WEBHOOK: &str = "canary-of-a-webhook-0123456789";

/// Of the project.
pub(crate) const NAME: &str = "bird-cage";

/// A project with every field that takes a secret.
pub(crate) async fn furnish(world: &World, watch: &mut Watch) -> Project {
    // Whatever is tried at the proxy reaches the cap.
    let cap = json!({ "measure": "requests", "limit": 1, "action": "alert" });
    let probed = json!({ "health_check_interval_seconds": 1, "max_retries": 5, "caps": [cap] });
    let project = world.project(NAME, probed).await.unwrap();
    let path = format!("{}/credentials", project.path);
    let fields = json!({ "username": "tenant", "password": "canary-of-a-credential" });
    let credential = json!({ "name": "account", "fields": fields }).to_string();
    let made = watch.ask("POST", &path, JSON, &credential).await;
    assert_eq!(made.status(), 201, "{}", made.text());
    let with = json!({ "credential_id": made.json().unwrap()["id"] });
    let connector = world.connector(&project, "list", with).await.unwrap();
    let path = format!("{}/proxies/upload?connector_id={connector}", project.path);
    let list = "http://user:canary-of-a-proxy@127.0.0.1:9\n\
        127.0.0.1:10:user:canary-in-a-line\n\
        127.0.0.1:99999:user:canary-in-a-bad-line\n\
        ftp://user:canary-in-another@127.0.0.1:21\n\
        canary-all-alone\n";
    let report = watch.ask("POST", &path, "text/plain", list).await;
    assert_eq!(report.json().unwrap()["created"], 2, "{}", report.text());
    for list in
        ["host,port,password\n127.0.0.1,x,canary-in-csv\n", "[{\"host\":\"canary-in-json\"}]"]
    {
        watch.ask("POST", &path, "text/plain", list).await;
    }
    let path = format!("{}/proxies", project.path);
    let proxy = json!({ "connector_id": connector, "host": "127.0.0.1", "port": 11,
        "username": "user", "password": "canary-of-one-proxy" });
    let made = watch.ask("POST", &path, JSON, &proxy.to_string()).await;
    assert_eq!(made.status(), 201, "{}", made.text());
    let body = json!({ "username": "guest", "email": "g@example.com", "role": "viewer" });
    let guest = watch.ask("POST", "/api/v1/users", JSON, &body.to_string()).await;
    assert_eq!(guest.status(), 201, "{}", guest.text());
    invite(watch, guest.json().unwrap()).await;
    webhooks(watch).await;
    project
}

/// One with a secret of its own, which is never shown, and one with ours, which is shown once. Both
/// are to be sent to somewhere that there is not.
async fn webhooks(watch: &mut Watch) {
    let path = "/api/v1/webhooks";
    let (url, secret) = ("https://hooks.invalid/x", format!("whsec_{}", STANDARD.encode(WEBHOOK)));
    let body = json!({ "name": "given", "url": url, "secret": secret }).to_string();
    let made = watch.ask("POST", path, JSON, &body).await;
    assert_eq!(made.status(), 201, "{}", made.text());
    let trial = format!("{path}/{}/test", made.json().unwrap()["id"].as_str().unwrap());
    let trial = watch.ask("POST", &trial, JSON, "{}").await;
    assert_eq!(trial.json().unwrap()["error"], "name", "{}", trial.text());
    let body = json!({ "name": "made", "url": url }).to_string();
    let made = watch.call("POST", path, JSON, &body).await.json().unwrap();
    watch.secret(made["secret"].as_str().unwrap());
    let body = json!({ "name": "x", "url": url, "secret": "canary-of-a-bad-webhook" }).to_string();
    assert_eq!(watch.ask("POST", path, JSON, &body).await.status(), 422);
}

/// Invites a user; the token in the answer is a secret from then on.
async fn invite(watch: &mut Watch, guest: Value) {
    let path = format!("/api/v1/users/{}/invite", guest["id"].as_str().unwrap());
    let answer = watch.call("POST", &path, JSON, "").await;
    assert!((200..300).contains(&answer.status()), "{}", answer.text());
    let answer = answer.json().unwrap();
    let texts = answer.as_object().unwrap().values().filter_map(Value::as_str);
    let link = texts.max_by_key(|text| text.len()).unwrap();
    let token = link.rsplit(['#', '=']).next().unwrap();
    watch.secret(token);
    let body = json!({ "token": token, "password": "canary-of-a-guest" }).to_string();
    let answer = watch.ask("POST", "/api/v1/auth/set-password", JSON, &body).await;
    assert_eq!(answer.status(), 204, "{}", answer.text());
    let body = json!({ "token": "canary-no-token", "password": "canary-of-nobody" }).to_string();
    let answer = watch.ask("POST", "/api/v1/auth/set-password", JSON, &body).await;
    assert_eq!(answer.status(), 403, "{}", answer.text());
}

/// Secrets in bodies, paths and fields that the API does not take.
pub(crate) async fn at_the_api(world: &World, project: &Project, watch: &mut Watch) {
    let projects = "/api/v1/projects";
    let credentials = format!("{}/credentials", project.path);
    let proxies = format!("{}/proxies", project.path);
    let users = "/api/v1/users";
    for (path, body) in [
        ("/api/v1/auth/login", r#"{"username":"admin","password":"canary-wrong-login"}"#),
        ("/api/v1/auth/login", r#"{"username":"canary-as-a-name","password":"canary"}"#),
        ("/api/v1/auth/login", r#"{"username":"admin","password":["canary-in-a-list"]}"#),
        ("/api/v1/auth/login", r#"{"password":"canary-cut-off"#),
        ("/api/v1/auth/refresh", r#"{"refresh_token":"canary-refresh-token"}"#),
        ("/api/v1/auth/logout", r#"{"refresh_token":"canary-refresh-token"}"#),
        ("/api/v1/auth/setup", r#"{"token":"canary-t","username":"x","password":"canary-123456"}"#),
        (projects, r#"{"name":"x","username":"x","password":"canary-"}"#),
        (projects, r#"{"name":"x","username":"x","password":{"canary-in":"an object"}}"#),
        (projects, r#"{"name":"x","username":"x","password":"canary-ok","max_retries":"canary-"}"#),
        (projects, r#"{"name":"x","username":"x","password":"canary-ok","strategy":"canary-s"}"#),
        (projects, r#"{"name":"x","username":"x","password":"canary-ok","dialect":"canary-d"}"#),
        (
            projects,
            r#"{"name":"bird-cage","username":"bird-cage","password":"canary-a-duplicate"}"#,
        ),
        (&credentials, r#"{"name":"x","fields":"canary-no-object"}"#),
        (&credentials, r#"{"name":"x","fields":{"password":["canary-in-a-list"]}}"#),
        (&credentials, r#"{"name":"x","fields":{"unheard_of":"canary-of-a-field"}}"#),
        (&proxies, r#"{"host":"h","port":1,"password":"canary-without-a-name"}"#),
        (&proxies, r#"{"host":"h","port":"canary-as-a-port","username":"u"}"#),
        (users, r#"{"username":"x","email":"e","role":"canary-as-a-role"}"#),
        (ROOTS, r#"{"key_pem":"-----BEGIN PRIVATE KEY-----\ncanary-in-pem\n"}"#),
        (ROOTS, r#"{"key_pem":"canary-key","certificate_pem":"canary-no-certificate"}"#),
        (ROOTS, r#"{"key_pem":["canary-in-a-list"],"overlap_seconds":0}"#),
    ] {
        let answer = watch.ask("POST", path, JSON, body).await;
        assert!(answer.status() >= 400 || path.ends_with("logout"), "{body}: {}", answer.status());
    }
    own_root(watch).await;
    let stranger = testbed::control::Control::stranger(world.node.api());
    for field in ["Bearer canary-of-a-token", "Basic canary-", "Bearer eyJ.canary-.x"] {
        let fields = format!("Authorization: {field}\r\nCookie: session=canary-of-a-cookie\r\n");
        let called = stranger.call(("GET", projects), &fields, None).await.unwrap();
        assert_eq!(called.status, 401);
        watch.look("a refusal", called.body.to_string().as_bytes());
    }
    watch.ask("GET", "/api/v1/projects?limit=canary-as-a-number", JSON, "").await;
    let change = json!({ "current_password": "canary-not-mine", "new_password": "canary-new-one" });
    let me = watch.ask("POST", "/api/v1/users/me/password", JSON, &change.to_string()).await;
    assert!(matches!(me.status(), 400..500), "{}", me.text());
}

/// A root of interception with its key, by the API: taken, and refused with another key.
async fn own_root(watch: &mut Watch) {
    let (one, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    for (key, status) in [(one.key_pem(), 201), (one.key_pem(), 409), (other.key_pem(), 422)] {
        watch.key(&key);
        let body = json!({ "certificate_pem": one.pem(), "key_pem": key }).to_string();
        let answer = watch.ask("POST", ROOTS, JSON, &body).await;
        assert_eq!(answer.status(), status, "{}", answer.text());
    }
}

/// An exit of each kind of failure that knows what is secret.
async fn exits(origin: &Origin) -> Vec<Exit> {
    let mut exits = Vec::new();
    for (protocol, behaviour) in [
        (Protocol::Http, Behaviour::RefuseLogin),
        (Protocol::Http, Behaviour::Garbage),
        (Protocol::Http, Behaviour::Answer(500)),
        (Protocol::Http, Behaviour::Close),
        (Protocol::Socks5, Behaviour::RefuseLogin),
        (Protocol::Socks5, Behaviour::Reply(5)),
        (Protocol::Socks4, Behaviour::WrongVersion),
    ] {
        let setup = Setup::new(protocol).account("tenant", "canary-of-a-credential");
        let setup = setup.leading_to(origin).behaving(behaviour);
        exits.push(setup.start().await.unwrap());
    }
    exits
}

/// Secrets in requests: those that succeed, and those that fail in every way.
pub(crate) async fn at_the_proxy(world: &World, project: &Project, watch: &mut Watch) {
    let origin = Origin::start().await.unwrap();
    let exits = exits(&origin).await;
    let path = format!("{}/connectors", project.path);
    let connector = world.control.get(&path).await.unwrap()["items"][0]["id"].clone();
    let list: Vec<_> = exits.iter().collect();
    let list = testbed::world::lines(&list);
    world.upload(project, connector.as_str().unwrap(), &list).await.unwrap();
    world.in_force().await.unwrap();
    requests(world, project, watch).await;
    probed(&exits).await;
    for exit in &exits {
        exit.behave(Behaviour::Honest).await;
    }
    let carried = || async {
        let answer = world.get(project, "", (&origin, "/echo?key=canary-query")).await.ok()?;
        (answer.status() == 200).then_some(())
    };
    eventually("an honest exit", SOON, carried).await.unwrap();
    requests(world, project, watch).await;
    let proxy = world.node.proxy();
    for _ in 0..11 {
        let fields = login(&project.username, "canary-a-wrong-password");
        let mut client = world.client().await.unwrap();
        let answer = client.ask("GET", "http://target.test/", &fields).await.unwrap();
        watch.answer("a wrong login", &answer);
    }
    let account = Some((NAME, "canary-wrong-for-socks"));
    let refused = socks::socks5(proxy, account, "target.test", 80).await.unwrap();
    assert!(matches!(refused, socks::Tunnel::LoginRefused(_)));
}

/// Waits until every exit has been probed since now.
async fn probed(exits: &[Exit]) {
    let before: Vec<_> = exits.iter().map(Exit::connections).collect();
    let all = || async {
        let more = exits.iter().zip(&before).all(|(exit, before)| exit.connections() > *before);
        more.then_some(())
    };
    eventually("probes", SOON * 2, all).await.unwrap();
}

async fn requests(world: &World, project: &Project, watch: &mut Watch) {
    let account = &project.username;
    let right = login(account, PASSWORD);
    let secret = "Cookie: a=canary-cookie\r\nAuthorization: Bearer canary-of-the-target\r\n";
    for (target, fields) in [
        ("http://target.test/echo?password=canary-in-a-query", right.clone()),
        ("http://target.test/canary-in-a-path", format!("{right}{secret}")),
        ("http://user:canary-in-a-url@target.test/", right.clone()),
        ("http://127.1/canary-odd", right.clone()),
        ("http://169.254.169.254/canary-metadata", right.clone()),
        ("http://target.test/", format!("{right}Octoprox-Session: canary-in-a-field-\r\n")),
        ("http://target.test/", format!("{right}Octoprox-Canary-key: canary-value\r\n")),
        ("http://target.test/", login(&format!("{account}-key-canary"), PASSWORD)),
        ("http://target.test/", login(&format!("{account}-country-canary-"), PASSWORD)),
        ("http://target.test/", format!("{right}Bad Field canary-: x\r\n")),
        ("canary-no-url", right.clone()),
        ("http://target.test/close?canary-=1", right.clone()),
        ("http://target.test/wrong/colon?canary-=1", right.clone()),
    ] {
        let mut client = world.client().await.unwrap();
        let answer = client.ask("GET", target, &fields).await.unwrap();
        if answer.status() != 200 {
            watch.answer(&format!("GET {target}, answered {}", answer.status()), &answer);
        }
    }
    for target in ["target.test:443", "canary-host", "canary-@target.test:80", "169.254.169.254:80"]
    {
        let mut client = world.client().await.unwrap();
        let answer = client.tunnel(target, &format!("{right}{secret}")).await.unwrap();
        watch.answer(&format!("CONNECT {target}"), &answer);
    }
    let proxy = world.node.proxy();
    let tunnel = socks::socks5(proxy, Some((account, PASSWORD)), "target.test", 80).await;
    drop(tunnel);
}
