//! Proxies that pose as targets, all with the same root.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;
use testbed::tools::Tool;
use testbed::world::PASSWORD;

use super::{Running, USERNAME, own, run_in, run_squid, squid_rules};
use crate::backend::{Backend, LOGIN};

/// The root, its key, and that of the targets, in a folder of their own.
pub(super) const CERTIFICATE: &str = "ca.pem";
pub(super) const KEY: &str = "ca.key";
const TARGETS: &str = "targets.pem";

/// What a proxy signs with, and what it believes.
pub(super) fn root(backend: &Backend) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(CERTIFICATE), backend.poser.pem())?;
    std::fs::write(folder.path().join(TARGETS), backend.authority.pem())?;
    write_key(&folder.path().join(KEY), &backend.poser.key_pem())?;
    Ok(folder)
}

fn write_key(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text)?;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}

/// Squid with `ssl-bump`, which signs in programs of its own.
pub(super) async fn squid(backend: &Backend) -> Result<(SocketAddr, Running)> {
    const GENERATOR: &str = "/usr/lib/squid/security_file_certgen";
    let (address, folder) = (own(), root(backend)?);
    let path = folder.path().display().to_string();
    let leaves = format!("{path}/leaves");
    let make = ["-c", "-s", &leaves, "-M", "16MB"];
    Tool::ours(GENERATOR).run(&make).await?.fine()?;
    let port = format!(
        "http_port {address} ssl-bump generate-host-certificates=on \
         dynamic_cert_mem_cache_size=16MB tls-cert={path}/{CERTIFICATE} tls-key={path}/{KEY}\n\
         sslcrtd_program {GENERATOR} -s {leaves} -M 16MB\nssl_bump bump all\n\
         tls_outgoing_options cafile={path}/{TARGETS}\n"
    );
    let rules = squid_rules(backend, &folder, &port).await?;
    run_squid(folder, &rules, address).await
}

/// One exit only: it has no way to go round.
pub(super) async fn mitmproxy(backend: &Backend) -> Result<(SocketAddr, Running)> {
    let (address, folder) = (own(), root(backend)?);
    let path = folder.path().display().to_string();
    let both = backend.poser.key_pem() + &backend.poser.pem();
    write_key(&folder.path().join("mitmproxy-ca.pem"), &both)?;
    let arguments = [
        "--quiet".to_owned(),
        format!("--mode=upstream:http://{}", backend.exits[0]),
        format!("--upstream-auth={}:{}", LOGIN.0, LOGIN.1),
        format!("--proxyauth={USERNAME}:{PASSWORD}"),
        format!("--listen-host={}", address.ip()),
        format!("--listen-port={}", address.port()),
        format!("--set=confdir={path}"),
        format!("--set=ssl_verify_upstream_trusted_ca={path}/{TARGETS}"),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    run_in(folder, &Tool::installed("mitmdump")?, (&arguments, ""), address).await
}
