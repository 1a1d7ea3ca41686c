//! Roots of interception: what anybody may download, what roles may do, what is refused.

use std::io::Write as _;
use std::process::{Command, Stdio};

use authority::{Authorities, Certificate, Root, Turn};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{Answer, World};

const ROOTS: &str = "/api/v1/mitm/roots";
const DAY: i64 = 86_400;

/// With the root of the first start.
async fn world() -> World {
    let world = World::new().await;
    assert!(api::bootstrap::root(&world.store, None).await.unwrap().is_some());
    assert_eq!(api::bootstrap::root(&world.store, None).await.unwrap(), None);
    world
}

fn later(world: &World, seconds: i64) -> Timestamp {
    world.clock.now() + SignedDuration::from_secs(seconds)
}

async fn listed(world: &World) -> Vec<Value> {
    let answer = world.get("viewer", ROOTS).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

/// What `program` makes of `input`.
fn told(program: &str, arguments: &[&str], input: &[u8]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fingerprint(told: &str) -> String {
    let line = told.lines().find(|line| line.contains("Fingerprint=")).unwrap();
    line.split('=').nth(1).unwrap().replace(':', "").to_lowercase()
}

fn own(now: Timestamp) -> (Root, Value) {
    let root = Root::generate("Our <own> & only", now).unwrap();
    let body = json!({ "certificate_pem": root.certificate_pem(), "key_pem": *root.key_pem() });
    (root, body)
}

fn name(root: &Root) -> String {
    root.certificate().unwrap().fingerprint()
}

async fn refused(world: &World, body: Value) -> (StatusCode, String) {
    let answer = world.post("admin", ROOTS, &body).await;
    assert!(!answer.text.contains("PRIVATE"), "{answer:?}");
    let pointers = answer.json()["errors"].clone();
    let pointer = pointers.as_array().and_then(|all| all.first()).map(|one| one["pointer"].clone());
    (answer.status, pointer.and_then(|one| one.as_str().map(str::to_owned)).unwrap_or_default())
}

#[tokio::test]
async fn anybody_may_download_roots_in_every_form() {
    let world = world().await;
    let first = listed(&world).await[0]["fingerprint"].as_str().unwrap().to_owned();
    let made = world.post("admin", ROOTS, &json!({})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let second = made.json()["fingerprint"].as_str().unwrap().to_owned();

    let pem = world.get("", "/api/v1/mitm/ca").await;
    assert_eq!((pem.status.as_u16(), pem.field("content-type")), (200, "application/x-pem-file"));
    assert_eq!(pem.field("content-disposition"), "attachment; filename=\"octoprox-ca.pem\"");
    let parts: Vec<_> = pem.text.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let names = parts.iter().map(|part| Certificate::from_pem(part).unwrap().fingerprint());
    assert_eq!(names.collect::<Vec<_>>(), [second.as_str(), &first], "the newest first");

    let x509 = ["x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256"];
    for (path, expected) in [
        ("/api/v1/mitm/ca.der".to_owned(), &second),
        ("/api/v1/mitm/ca.crt".to_owned(), &second),
        (format!("/api/v1/mitm/ca.crt?fingerprint={first}"), &first),
    ] {
        let der = world.get("", &path).await;
        let kind = der.field("content-type");
        assert_eq!((der.status.as_u16(), kind), (200, "application/x-x509-ca-cert"));
        assert_eq!(fingerprint(&told("openssl", &x509, &der.bytes)), *expected, "{path}");
    }
    assert_eq!(world.get("", "/api/v1/mitm/ca.der?fingerprint=none").await.status, 404);

    let profile = world.get("", "/api/v1/mitm/ca.mobileconfig").await;
    assert_eq!(profile.field("content-type"), "application/x-apple-aspen-config");
    assert_eq!(world.get("", "/api/v1/mitm/ca.mobileconfig").await.text, profile.text);
    let print = "import base64, json, plistlib, sys\n\
         plist = plistlib.load(sys.stdin.buffer, fmt=plistlib.FMT_XML)\n\
         json.dump(plist, sys.stdout, default=lambda data: base64.b64encode(data).decode())\n";
    let plist: Value =
        serde_json::from_str(&told("python3", &["-c", print], &profile.bytes)).unwrap();
    assert_eq!(
        (&plist["PayloadType"], &plist["PayloadVersion"]),
        (&json!("Configuration"), &json!(1))
    );
    let payloads = plist["PayloadContent"].as_array().unwrap();
    assert_eq!(payloads.len(), 2);
    let ids = payloads.iter().chain([&plist]).map(|one| one["PayloadUUID"].as_str().unwrap());
    let ids: std::collections::BTreeSet<_> = ids.filter(|id| id.len() == 36).collect();
    assert_eq!(ids.len(), 3);
    let der = Certificate::from_pem(parts[0]).unwrap().der().to_vec();
    assert_eq!(payloads[0]["PayloadType"], "com.apple.security.root");
    assert_eq!(payloads[0]["PayloadContent"], STANDARD.encode(der));
}

#[tokio::test]
async fn roots_are_the_administrators_to_change() {
    let world = World::new().await;
    for path in ["/api/v1/mitm/ca", "/api/v1/mitm/ca.der", "/api/v1/mitm/ca.mobileconfig"] {
        assert_eq!(world.get("", path).await.status, 404, "there is none yet");
    }
    api::bootstrap::root(&world.store, None).await.unwrap();
    for (user, get, change) in [("", 401, 401), ("viewer", 200, 403), ("editor", 200, 403)] {
        assert_eq!(world.get(user, ROOTS).await.status, get, "{user}");
        assert_eq!(world.post(user, ROOTS, &json!({})).await.status, change, "{user}");
        let one = format!("{ROOTS}/none");
        assert_eq!(world.delete(user, &one, "*").await.status, change, "{user}");
    }
    assert_eq!(world.delete("admin", &format!("{ROOTS}/none"), "*").await.status, 404);
}

#[tokio::test]
async fn a_new_root_waits_for_its_turn_and_the_old_one_can_go_behind_it() {
    let world = world().await;
    let mut notices = world.cluster.notices();
    let made = world.post("admin", ROOTS, &json!({})).await.json();
    let notice = notices.recv().await.unwrap();
    assert_eq!(notice.signal, cluster::Signal::RootChanged);
    assert_eq!(notice.revision, world.store.revision().await.unwrap());
    assert_eq!(made["signs_from"], later(&world, 7 * DAY).to_string());
    assert_eq!(made["signs_now"], false);
    assert!(made["subject"].as_str().unwrap().starts_with("CN=Octoprox CA 2027-01-15T"));
    assert_eq!(made["not_before"], later(&world, -3600).to_string());
    let signs = |all: &[Value]| all.iter().map(|one| one["signs_now"] == true).collect::<Vec<_>>();
    let all = listed(&world).await;
    assert_eq!(signs(&all), [true, false]);
    assert_eq!(all[1], made);
    let path = |one: &Value| format!("{ROOTS}/{}", one["fingerprint"].as_str().unwrap());
    assert_eq!(world.delete("admin", &path(&all[0]), "*").await.status, 409);
    world.clock.set(later(&world, 7 * DAY));
    // Tokens are of the week before.
    let mut world = world;
    world.login("admin").await;
    world.login("viewer").await;
    assert_eq!(signs(&listed(&world).await), [false, true]);
    assert_eq!(world.delete("admin", &path(&all[1]), "*").await.status, 409);
    assert_eq!(world.delete("admin", &path(&all[0]), "*").await.status, 204);
    assert_eq!(listed(&world).await.len(), 1);
    let at_once = world.post("admin", ROOTS, &json!({"overlap_seconds": 0})).await;
    assert_eq!(at_once.json()["signs_now"], true, "{at_once:?}");
    for _ in 2..store::roots::MOST {
        assert_eq!(world.post("admin", ROOTS, &json!({})).await.status, 201);
    }
    let one_more = world.post("admin", ROOTS, &json!({})).await;
    assert_eq!(one_more.status, 409, "{one_more:?}");
    assert!(one_more.text.contains("16 roots"), "{one_more:?}");
}

#[tokio::test]
async fn an_operators_own_root_is_taken_and_its_key_never_shown() {
    let world = world().await;
    let (root, mut body) = own(world.clock.now());
    body["overlap_seconds"] = json!(0);
    let made = world.post("admin", ROOTS, &body).await;
    assert_eq!((made.status.as_u16(), &made.json()["signs_now"]), (201, &json!(true)));
    assert_eq!(made.json()["fingerprint"], name(&root));
    let loaded = store::configuration::load(&world.store, None).await.unwrap();
    let newest = loaded.roots.last().unwrap();
    assert_eq!(newest.key_pem.expose(), *root.key_pem());
    let turn = Turn {
        certificate_pem: &newest.certificate_pem,
        key_pem: newest.key_pem.expose(),
        signs_from: newest.signs_from,
    };
    let clock = world.clock.clone();
    let authorities = Authorities::new(&[turn], move || clock.now()).unwrap();
    let leaf = authorities.leaf_for("example.com", 1).await.unwrap();
    assert_eq!(&leaf.cert[1], root.certificate_der());
    let twice = world.post("admin", ROOTS, &body).await;
    assert_eq!((twice.status.as_u16(), twice.text.contains("/certificate_pem")), (409, true));
    // A line in the middle of the key is as good as the key.
    let key = root.key_pem();
    let line = key.lines().nth(1).unwrap();
    let pages = ["", ".der", ".crt", ".mobileconfig"].map(|end| format!("/api/v1/mitm/ca{end}"));
    let mut answers: Vec<Answer> = vec![made, twice, world.get("admin", ROOTS).await];
    for page in &pages {
        answers.push(world.get("", page).await);
    }
    assert!(answers[6].text.contains("Our &lt;own&gt; &amp; only"), "{:?}", answers[6]);
    for answer in &answers {
        assert!(!answer.text.contains(line) && !answer.text.contains("PRIVATE"), "{answer:?}");
    }
    assert!(!format!("{loaded:?} {turn:?} {authorities:?}").contains(line));
}

#[tokio::test]
async fn a_root_that_cannot_be_used_is_refused_by_the_name_of_its_field() {
    let world = world().await;
    let now = world.clock.now();
    let ((root, body), (other, _)) = (own(now), own(now));
    let turn = (root.certificate_pem(), root.key_pem());
    let turn = Turn { certificate_pem: &turn.0, key_pem: &turn.1, signs_from: now };
    let leaf = Authorities::new(&[turn], move || now).unwrap().leaf("a.example").await.unwrap();
    let leaf = STANDARD.encode(&leaf.cert[0]);
    let leaf = format!("-----BEGIN CERTIFICATE-----\n{leaf}\n-----END CERTIFICATE-----\n");
    let with = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    let two = root.certificate_pem() + &other.certificate_pem();
    let (old, early) = (later(&world, -4000 * DAY), later(&world, 8 * DAY));
    for (body, pointer) in [
        (json!({"certificate_pem": root.certificate_pem()}), "/key_pem"),
        (json!({"key_pem": *root.key_pem()}), "/certificate_pem"),
        (with("key_pem", json!(*other.key_pem())), "/key_pem"),
        (with("key_pem", json!("-----BEGIN PRIVATE KEY-----")), "/key_pem"),
        (with("certificate_pem", json!(two)), "/certificate_pem"),
        (with("certificate_pem", json!("")), "/certificate_pem"),
        (with("certificate_pem", json!(*root.key_pem())), "/certificate_pem"),
        (with("certificate_pem", json!(leaf)), "/certificate_pem"),
        (with("key_pem", json!("x".repeat(70_000))), "/key_pem"),
        (with("overlap_seconds", json!(365 * DAY + 1)), "/overlap_seconds"),
        (with("overlap_seconds", json!(-1)), "/overlap_seconds"),
        (with("overlap_seconds", json!("PRIVATE")), "/overlap_seconds"),
        (own(old).1, "/certificate_pem"),
        (own(early).1, "/certificate_pem"),
        (with("colour", json!("PRIVATE")), "/colour"),
    ] {
        assert_eq!(refused(&world, body).await, (422.try_into().unwrap(), pointer.to_owned()));
    }
    assert_eq!(listed(&world).await.len(), 1, "nothing was added");
}

#[tokio::test]
async fn an_own_root_of_the_settings_signs_from_the_start_that_brings_it() {
    let world = world().await;
    world.clock.set(later(&world, 60));
    let (root, _) = own(world.clock.now());
    let added = api::bootstrap::root(&world.store, Some(&root)).await.unwrap();
    assert_eq!(added, Some(name(&root)));
    assert_eq!(api::bootstrap::root(&world.store, Some(&root)).await.unwrap(), None);
    let all = listed(&world).await;
    assert_eq!((all.len(), &all[1]["signs_now"]), (2, &json!(true)));
    assert_eq!(all[1]["fingerprint"], name(&root));
}
