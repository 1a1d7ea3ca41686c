//! Secrets come back from nowhere: not in logs, metrics, answers or files, whatever goes wrong.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "canary/places.rs"]
mod places;
#[path = "canary/trouble.rs"]
mod trouble;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;
use testbed::control::Control;
use testbed::events::Events;
use testbed::node::{ADMIN, Node};
use testbed::postgres::Postgres;
use testbed::tls::Authority;
use testbed::world::World;

use places::Watch;

/// 32 bytes in base64 for URLs, which may be a key.
const SECRET_KEY: &str = "canary-0123456789abcdefghijklmnopqrstuvwxyw";
const JWT_SECRET: &str = "canary-signs-tokens-0123456789-abcdef";
const ADMIN_PASSWORD: &str = "canary-of-the-administrator";

fn settings() -> Vec<(&'static str, String)> {
    vec![
        ("OCTOPROX_SECRET_KEY", SECRET_KEY.to_owned()),
        ("OCTOPROX_JWT_SECRET", JWT_SECRET.to_owned()),
        ("OCTOPROX_AUTH_PASSWORD", ADMIN_PASSWORD.to_owned()),
        ("OCTOPROX_LOG_LEVEL", "trace".to_owned()),
        ("OCTOPROX_USAGE_FLUSH_INTERVAL", "100ms".to_owned()),
        ("OCTOPROX_DRAIN_DELAY", "0s".to_owned()),
        ("OCTOPROX_DRAIN_TIMEOUT", "1s".to_owned()),
    ]
}

/// A folder with a root of interception and its key, and the key.
fn own_root() -> (TempDir, String) {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new().unwrap());
    std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    let (key, path) = (authority.key_pem(), folder.path().join("ca.key"));
    std::fs::write(&path, &key).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    (folder, key)
}

/// Starts a node full of secrets, causes all kinds of trouble, and looks for them everywhere;
/// `stored` is where its database has its files, if that is not the folder of the node.
async fn nothing_sings(mut settings: Vec<(&'static str, String)>, stored: Option<&Path>) {
    let (given, ca_key) = own_root();
    for (name, file) in
        [("OCTOPROX_CA_CERTIFICATE_FILE", "ca.pem"), ("OCTOPROX_CA_KEY_FILE", "ca.key")]
    {
        settings.push((name, given.path().join(file).display().to_string()));
    }
    settings.sort_unstable();
    let borrowed: Vec<_> = settings.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let node = Node::start(&borrowed).await.unwrap();
    let mut watch = Watch::new(node.api());
    watch.key(&ca_key);
    let (access, refresh) = watch.login((ADMIN.0, ADMIN_PASSWORD)).await;
    let control = Control::login(node.api(), (ADMIN.0, ADMIN_PASSWORD)).await.unwrap();
    let world = World { node, control };
    watch.secret(&access);
    watch.secret(&refresh);
    let mut streams = Vec::new();
    for what in ["exchanges", "changes", "cluster"] {
        let path = format!("/api/v1/live/{what}");
        streams.push(Events::open(world.node.api(), &world.control, &path).await.unwrap());
    }
    let project = trouble::furnish(&world, &mut watch).await;
    trouble::at_the_api(&world, &project, &mut watch).await;
    trouble::at_the_proxy(&world, &project, &mut watch).await;
    watch.every_page(&world).await;
    for mut stream in streams {
        let seen = stream.raw().await.unwrap();
        assert!(seen.windows(7).any(|part| part == b"event: "), "nothing was seen");
        watch.look("a stream", seen);
    }
    let folder = world.node.process.folder();
    let files = watch.files(folder) + stored.map_or(0, |folder| watch.files(folder));
    assert!(files > 0, "the files of the database were not looked at");
    let mut world = world;
    world.node.process.terminate().unwrap();
    world.node.process.ended(testbed::clock::SOON).await.unwrap();
    let folder = world.node.process.folder();
    watch.files(folder);
    let log = world.node.process.last_words().await.unwrap();
    let all = log.join("\n");
    for told in ["listening", "not carried", "refused", "TRACE"] {
        assert!(all.contains(told), "the log does not tell of {told:?}");
    }
    watch.log(&log);
    watch.heard_nothing();
}

#[tokio::test]
async fn no_canary_sings_on_sqlite() {
    nothing_sings(settings(), None).await;
}

#[tokio::test]
async fn no_canary_sings_on_postgres() {
    let postgres = Postgres::start().await.unwrap();
    let url = postgres.url().replace("postgres@", "postgres:canary-of-the-database@");
    let mut settings = settings();
    settings.push(("OCTOPROX_DATABASE_URL", url));
    nothing_sings(settings, Some(postgres.folder())).await;
}
