//! The program as its operator calls it: settings, their mistakes, the first start, and the
//! subcommands besides `serve`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::control::Control;
use testbed::node::{ADMIN, Node, open_listener, program};
use testbed::origin::Origin;
use testbed::process::Process;
use testbed::proxies::Setup;
use testbed::tls::Authority;
use testbed::world::World;

use model::proxy::Protocol;

const EXIT: (&str, &str) = ("wanderer", "canary-exit-password");

/// Runs the program to its end, in `folder`.
async fn octoprox(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = tokio::process::Command::new(program().unwrap());
    command.args(arguments).env_clear().envs(environment.iter().copied()).current_dir(folder);
    tokio::time::timeout(SOON, command.output()).await.unwrap().unwrap()
}

/// Exit code, and all that was written.
fn outcome(output: &Output) -> (i32, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn check_tells_by_its_exit_code_what_is_wrong_and_names_every_line() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        outcome(&octoprox(folder.path(), &["check", name], &[]).await)
    };
    let valid = check("valid.yaml", Some("proxy_port: 0\nlog_format: text\n")).await;
    assert_eq!(valid, (0, "The settings are valid.\n".to_owned()));
    let (code, text) = check("missing.yaml", None).await;
    assert!(code == 3 && text.contains("missing.yaml"), "{code} {text}");
    let (code, text) = check("torn.yaml", Some("proxy_port: 1\nlog_level: [a\n")).await;
    assert!(code == 4 && text.contains("torn.yaml"), "{code} {text}");
    let wrong = "proxy_prot: 1\nlog_format: xml\nauth_password: canary-1\nhead_timeout: -1s\n";
    let (code, text) = check("wrong.yaml", Some(wrong)).await;
    assert_eq!(code, 6, "{text}");
    assert!(text.contains("proxy_port") && !text.contains("canary"), "{text}");
    for (line, name) in (1..).zip(["proxy_prot", "log_format", "auth_password", "head_timeout"]) {
        let tells =
            |told: &str| told.contains(&format!("wrong.yaml line {line}, ")) && told.contains(name);
        assert!(text.lines().any(tells), "line {line}, {name}: {text}");
    }
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(!folder.path().join("data").exists(), "a check writes nothing");
}

#[tokio::test]
async fn serve_reports_all_mistakes_at_once_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("OCTOPROX_PROXY_PORT", "70000"),
        ("OCTOPROX_LOG_FORMAT", "xml"),
        ("OCTOPROX_AUTH_PASSWORD", "canary-1"),
        ("OCTOPROX_SECRET_KEY", "canary-too-short"),
    ];
    let arguments = ["serve", "--head-timeout", "soon", "--unheard-of", "1"];
    let (code, text) = outcome(&octoprox(folder.path(), &arguments, &environment).await);
    assert_eq!(code, 64, "{text}");
    for (name, _) in environment {
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(text.contains("--head-timeout") && text.contains("--unheard-of"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(text.lines().count(), 6, "{text}");
}

#[tokio::test]
async fn a_published_default_is_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("OCTOPROX_AUTH_PASSWORD", "admin-password")];
    let (code, text) = outcome(&octoprox(folder.path(), &["serve"], &environment).await);
    assert!(code == 64 && text.contains("OCTOPROX_AUTH_PASSWORD"), "{code} {text}");
}

/// Writes a root of interception into `folder`: the settings that name its files.
fn own_root(folder: &Path, certificate: &str, key: &str) -> [(&'static str, String); 2] {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    [
        ("OCTOPROX_CA_CERTIFICATE_FILE", write("ca.pem", certificate)),
        ("OCTOPROX_CA_KEY_FILE", write("ca.key", key)),
    ]
}

#[tokio::test]
async fn a_root_whose_key_others_may_read_or_that_is_none_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let files = own_root(folder.path(), &one.pem(), &one.key_pem());
    let key = folder.path().join("ca.key");
    let start = async |action| {
        let given: Vec<_> = files.iter().map(|(name, path)| (*name, path.as_str())).collect();
        let (code, text) = outcome(&octoprox(folder.path(), &[action], &given).await);
        assert!(!text.contains("PRIVATE KEY"), "{text}");
        (code, text)
    };
    for (action, code, mode) in [("serve", 64, 0o640), ("serve", 64, 0o604), ("check", 6, 0o644)] {
        std::fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        let (found, text) = start(action).await;
        assert_eq!(found, code, "{text}");
        let told = format!("ca key too open: {}", key.display());
        assert!(text.contains(&told) && text.contains("OCTOPROX_CA_KEY_FILE"), "{text}");
    }
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(start("check").await.0, 0);
    own_root(folder.path(), &one.pem(), &other.key_pem());
    let (code, text) = start("serve").await;
    assert!(code == 1 && text.contains("does not belong to the certificate"), "{code} {text}");
    assert!(!folder.path().join("data/octoprox.db").exists(), "nothing was begun");
}

#[tokio::test]
async fn a_node_has_one_root_from_its_first_start_and_an_own_one_signs_at_once() {
    let node = Node::start(&[]).await.unwrap();
    let roots = async |node: &Node| {
        let control = Control::login(node.api(), ADMIN).await.unwrap();
        control.get("/api/v1/mitm/roots").await.unwrap()["items"].as_array().unwrap().clone()
    };
    let first = roots(&node).await;
    assert!(first.len() == 1 && first[0]["signs_now"] == true, "{first:?}");
    let (folder, own) = (tempfile::tempdir().unwrap(), Authority::new().unwrap());
    let files = own_root(folder.path(), &own.pem(), &own.key_pem());
    let given: Vec<_> = files.iter().map(|(name, path)| (*name, path.as_str())).collect();
    let mut node = node.restart(&given).await.unwrap();
    let both = roots(&node).await;
    assert!(both.len() == 2 && both[1]["signs_now"] == true, "{both:?}");
    assert_eq!(
        (&both[0]["fingerprint"], &both[0]["signs_now"]),
        (&first[0]["fingerprint"], &json!(false))
    );
    let mut client = Client::connect(node.api()).await.unwrap();
    let url = format!("http://{}/api/v1/mitm/ca", node.api());
    let answer = client.ask("GET", &url, "").await.unwrap();
    assert!(
        answer.status() == 200 && answer.text().starts_with(own.pem().trim_end()),
        "{}",
        answer.text()
    );
    node.start_again().await.unwrap();
    assert_eq!(roots(&node).await, both);
}

#[tokio::test]
async fn the_version_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = outcome(&octoprox(folder.path(), &["version"], &[]).await);
    let version = text.strip_prefix("octoprox ").unwrap().trim_end();
    assert_eq!((code, version.split('.').count()), (0, 3), "{text}");
}

#[tokio::test]
async fn without_a_password_the_first_start_prints_a_link_that_works_once() {
    let node = Node::start(&[("OCTOPROX_AUTH_PASSWORD", "")]).await.unwrap();
    let link = |line: &String| Some(line[line.find("http://localhost:")?..].trim().to_owned());
    let links = || async {
        let log = node.process.log();
        log.iter().filter(|line| line.contains("/setup#")).find_map(link)
    };
    let link = eventually("a setup link", SOON, links).await.unwrap();
    let in_log = |line: &String| line.starts_with('{') && line.contains("/setup#");
    assert!(!node.process.log().iter().any(in_log), "the link is in the log");
    let (page, token) = link.split_once('#').unwrap();
    assert_eq!(page, format!("http://localhost:{}/setup", node.api().port()));
    let mut browser = Client::connect(node.api()).await.unwrap();
    assert_eq!(browser.ask("GET", "/setup", "").await.unwrap().status(), 421);
    let mut browser = Client::connect(node.api()).await.unwrap();
    let page = format!("GET /setup HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", node.api().port());
    browser.send(page).await.unwrap();
    assert_eq!(browser.answer("GET").await.unwrap().status(), 200);

    let stranger = Control::stranger(node.api());
    let path = "/api/v1/auth/setup";
    let account = ("root", "a long enough one");
    let setup =
        |token: &str| json!({ "token": token, "username": account.0, "password": account.1 });
    let wrong = stranger.call(("POST", path), "", Some(&setup("no such token"))).await.unwrap();
    assert_eq!(wrong.status, 403);
    stranger.post(path, &setup(token)).await.unwrap();
    let again = stranger.call(("POST", path), "", Some(&setup(token))).await.unwrap();
    assert_eq!(again.status, 403);
    let control = Control::login(node.api(), account).await.unwrap();
    assert_eq!(control.get("/api/v1/users/me").await.unwrap()["role"], "admin");
    let status = stranger.get("/api/v1/auth/status").await.unwrap();
    assert_eq!(status["setup_required"], false);
}

#[tokio::test]
async fn metrics_count_what_goes_through() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let world = World::start(&[("OCTOPROX_USAGE_FLUSH_INTERVAL", "100ms")]).await.unwrap();
    let project = world.project_over("metrics", json!({}), &[&exit]).await.unwrap();
    assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    let expected = [
        r#"octoprox_requests_total{kind="http",outcome="success"} 1"#,
        r#"octoprox_exchanges_total{kind="http",outcome="success",status="2xx"} 1"#,
        "octoprox_roster_exits 1",
        "octoprox_roster_revision ",
        "octoprox_client_connections ",
        "octoprox_digest_mismatches_total 0",
        r#"octoprox_bytes_total{direction="received"} "#,
        r#"octoprox_exchange_latency_seconds_bucket{kind="http","#,
        "octoprox_usage_rows_written_total ",
        "# TYPE octoprox_exchange_duration_seconds histogram",
    ];
    let missing = std::cell::RefCell::new(Vec::new());
    let all = || async {
        let mut client = Client::connect(world.node.api()).await.ok()?;
        let text = client.ask("GET", "/metrics", "").await.ok()?.text();
        let absent: Vec<_> = expected.iter().filter(|series| !text.contains(**series)).collect();
        let complete = absent.is_empty();
        missing.replace(absent);
        complete.then_some(())
    };
    let found = eventually("all series", SOON, all).await;
    assert!(found.is_ok(), "missing: {:#?}", missing.take());
}

/// An exit that may reach one port of this machine.
async fn start_exit(target: SocketAddr) -> (Process, SocketAddr) {
    let settings = [
        ("OCTOPROX_EXIT_LISTEN", "127.0.0.1:0".to_owned()),
        ("OCTOPROX_EXIT_USERNAME", EXIT.0.to_owned()),
        ("OCTOPROX_EXIT_PASSWORD", EXIT.1.to_owned()),
        ("OCTOPROX_EXIT_ALLOW_TARGETS", target.to_string()),
        ("OCTOPROX_EXIT_SOURCE_ADDRESS", "127.0.0.77".to_owned()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let process = Process::run(&program().unwrap(), "exit", folder, settings).unwrap();
    let open = || async { open_listener(&process.log(), "exit") };
    let address = eventually("an open exit", SOON, open).await.unwrap();
    (process, address)
}

#[tokio::test]
async fn an_exit_of_ours_carries_what_it_may_and_nothing_else() {
    let (origin, other) = (Origin::start().await.unwrap(), Origin::start().await.unwrap());
    let (mut process, address) = start_exit(origin.address()).await;
    let ask = async |target: &str, account: (&str, &str)| {
        let mut client = Client::connect(address).await.unwrap();
        client.ask("GET", target, &login(account.0, account.1)).await.unwrap()
    };
    let answer = ask(&origin.url("/echo"), EXIT).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert!(answer.json().unwrap()["peer"].as_str().unwrap().starts_with("127.0.0.77"));
    assert_eq!(answer.head.get("octoprox-exit"), None);
    assert_eq!(ask(&origin.url("/echo"), (EXIT.0, "wrong-password")).await.status(), 407);
    assert_eq!(ask(&origin.url("/echo"), ("nobody", EXIT.1)).await.status(), 407);
    let local = format!("http://localhost:{}/", other.address().port());
    let metadata = ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/"];
    let other = other.url("/echo");
    for target in metadata.into_iter().chain([other.as_str(), local.as_str()]) {
        assert_eq!(ask(target, EXIT).await.status(), 403, "{target}");
    }
    let mut client = Client::connect(address).await.unwrap();
    let fields = login(EXIT.0, EXIT.1);
    let refused = client.tunnel("169.254.169.254:80", &fields).await.unwrap();
    assert_eq!(refused.status(), 403);
    let mut client = Client::connect(address).await.unwrap();
    let target = origin.address().to_string();
    assert_eq!(client.tunnel(&target, &fields).await.unwrap().status(), 200);
    assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
    drop(client);

    let world = World::start(&[]).await.unwrap();
    let project = world.project("chain", json!({})).await.unwrap();
    let connector = world.connector(&project, "ours", json!({})).await.unwrap();
    let line = format!("http://{}:{}@{address}\n", EXIT.0, EXIT.1);
    world.upload(&project, &connector, &line).await.unwrap();
    world.in_force().await.unwrap();
    let answer = world.get(&project, "", (&origin, "/echo")).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    process.terminate().unwrap();
    assert_eq!(process.ended(SOON).await.unwrap().code(), Some(0));
}

/// What stands in `line` behind `start`, up to a space or a semicolon.
fn word<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    let rest = &line[line.find(start)? + start.len()..];
    rest.split([' ', ';']).next()
}

#[tokio::test]
async fn the_demo_prints_a_line_that_rotates_over_three_exits() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().display().to_string();
    let settings = [
        ("OCTOPROX_DEMO_PORT", "0".to_owned()),
        ("OCTOPROX_DEMO_API_PORT", "0".to_owned()),
        ("TMPDIR", home.clone()),
        ("HOME", home.clone()),
    ];
    let mut process = Process::run(&program().unwrap(), "demo", folder, settings).unwrap();
    let printed = || async {
        process.log().into_iter().find(|line| line.trim().starts_with("for i in 1 2 3 4 5 6"))
    };
    let line = eventually("the line of the demo", SOON, printed).await.unwrap();
    let proxy: SocketAddr = word(&line, "curl -x http://demo:demo@").unwrap().parse().unwrap();
    let target = line.split_whitespace().find(|word| word.ends_with("/;")).unwrap();
    let target = target.trim_end_matches(';');
    let mut bodies = Vec::new();
    for _ in 0..6 {
        // The line may be tried before the node is ready.
        let answered = || async {
            let mut client = Client::connect(proxy).await.ok()?;
            let answer = client.ask("GET", target, &login("demo", "demo")).await.ok()?;
            (answer.status() == 200).then(|| answer.text())
        };
        bodies.push(eventually("an answer", SOON, answered).await.unwrap());
    }
    assert_eq!(bodies[..3], bodies[3..]);
    bodies.truncate(3);
    bodies.sort();
    for (body, number) in bodies.iter().zip(11..) {
        assert!(body.contains(&format!("127.0.0.{number}")), "{bodies:?}");
    }
    process.terminate().unwrap();
    assert_eq!(process.ended(SOON).await.unwrap().code(), Some(0));
    let left: Vec<_> = std::fs::read_dir(&home).unwrap().collect();
    assert!(left.is_empty(), "the demo left something: {left:?}");
}
