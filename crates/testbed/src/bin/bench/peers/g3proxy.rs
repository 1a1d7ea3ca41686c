//! The proxy that comes nearest to what this one does, where somebody has built it.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use serde_json::json;
use testbed::tools::Tool;
use testbed::world::PASSWORD;

use super::{Running, USERNAME, own, run_in};
use crate::backend::{Backend, LOGIN};

/// What is hashed behind the password: any eight bytes; and their digits.
const SALT: &str = "benchers";
const SALT_DIGITS: &str = "62656e6368657273";

/// One thread; a login is asked for, nothing is logged, and the exits take turns.
pub(super) async fn start(program: &Path, backend: &Backend) -> Result<(SocketAddr, Running)> {
    let (address, folder) = (own(), tempfile::tempdir()?);
    let salted = folder.path().join("salted");
    std::fs::write(&salted, [PASSWORD, SALT].concat())?;
    let digest = ["dgst", "-r", "-md5", &salted.display().to_string()];
    let hash = String::from_utf8(Tool::installed("openssl")?.run(&digest).await?.fine()?)?;
    let hash = hash.split_whitespace().next().unwrap_or_default();
    let exits: Vec<_> = backend.exits.iter().map(ToString::to_string).collect();
    let token = json!({ "salt": SALT_DIGITS, "md5": hash });
    let users = json!([{ "name": USERNAME, "token": token }]);
    // It reads YAML, which JSON is as well.
    let rules = json!({
        "runtime": { "thread_number": 0 },
        "log": "discard",
        "user_group": [{ "name": "clients", "static_users": users }],
        "server": [{
            "name": "proxy",
            "type": "http_proxy",
            "escaper": "exits",
            "user_group": "clients",
            "listen": { "address": address.to_string() },
        }],
        "escaper": [{
            "name": "exits",
            "type": "proxy_http",
            "proxy_addr": exits,
            "proxy_addr_pick_policy": "rr",
            "proxy_username": LOGIN.0,
            "proxy_password": LOGIN.1,
        }],
    });
    let rules = rules.to_string();
    let sockets = folder.path().display().to_string();
    let arguments = ["-c", "conf", "--control-dir", &sockets];
    run_in(folder, &Tool::ours(&program.display().to_string()), (&arguments, &rules), address).await
}
