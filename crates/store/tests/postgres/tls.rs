//! Who is connected to whom: every `sslmode`, certificates of clients, passwords, sockets.

use std::path::Path;
use std::process::Command;

use crate::server::{Server, folder, give, open, succeed, told};

/// A key, and a certificate for it that `by` has signed (nobody: it is an authority).
fn certificate(folder: &Path, name: &str, by: Option<&str>, subject: &str) {
    let path = |name: &str, kind: &str| folder.join(format!("{name}.{kind}")).display().to_string();
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    openssl.args(["-nodes", "-days", "2", "-subj", subject]);
    openssl.args(["-keyout", &path(name, "key"), "-out", &path(name, "pem")]);
    if let Some(by) = by {
        openssl.args(["-CA", &path(by, "pem"), "-CAkey", &path(by, "key")]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.args(["-addext", "subjectAltName=DNS:localhost"]);
    }
    succeed(&mut openssl);
}

struct Secured {
    server: Server,
    files: tempfile::TempDir,
}

impl Secured {
    async fn start(hba: &str) -> Self {
        let files = folder();
        certificate(files.path(), "ca", None, "/CN=ours");
        certificate(files.path(), "other", None, "/CN=theirs");
        certificate(files.path(), "server", Some("ca"), "/CN=db");
        certificate(files.path(), "client", Some("ca"), "/CN=octoprox");
        certificate(files.path(), "stranger", Some("other"), "/CN=octoprox");
        let file = |name: &str| files.path().join(name).display().to_string();
        for name in ["server.key", "server.pem", "ca.pem"] {
            give(Path::new(&file(name)));
        }
        let settings = [
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", file("server.pem")),
            format!("ssl_key_file={}", file("server.key")),
            format!("ssl_ca_file={}", file("ca.pem")),
        ];
        let settings: Vec<_> = settings.iter().map(String::as_str).collect();
        let server = Server::start(hba, &settings).await;
        Self { server, files }
    }

    /// The error of opening, or whether the connection is encrypted.
    async fn open(&self, host: &str, query: &str) -> Result<bool, String> {
        let port = self.server.port;
        let query = query.replace('@', &format!("{}/", self.files.path().display()));
        let url = format!("postgres://octoprox@{host}:{port}/postgres?{query}");
        // The connection that opened it is still in the pool.
        let _store = open(&url).await.map_err(|error| told(&error))?;
        let encrypted = self.server.sql(
            "SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE usename = 'octoprox'",
        );
        Ok(encrypted.trim() == "t")
    }
}

const LOGIN: &str = "CREATE ROLE octoprox LOGIN SUPERUSER";

#[tokio::test]
async fn every_sslmode_is_as_strict_as_it_says() {
    let hba = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
    let secured = Secured::start(hba).await;
    secured.server.sql(LOGIN);
    let works = [
        ("localhost", "sslmode=prefer"),
        ("localhost", ""),
        ("127.0.0.1", "sslmode=require"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=@ca.pem"),
        ("localhost", "sslmode=verify-full&sslrootcert=@ca.pem"),
    ];
    for (host, query) in works {
        assert_eq!(secured.open(host, query).await, Ok(true), "{host} {query}");
    }
    let refused = [
        // The server wants TLS.
        ("localhost", "sslmode=disable", "no encryption"),
        // Of another authority than the server's certificate.
        ("localhost", "sslmode=verify-ca&sslrootcert=@other.pem", "certificate"),
        ("localhost", "sslmode=require&sslrootcert=@other.pem", "certificate"),
        ("localhost", "sslmode=verify-full&sslrootcert=@other.pem", "certificate"),
        // Of no public authority.
        ("localhost", "sslmode=verify-full", "certificate"),
        // For another name.
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=@ca.pem", "certificate"),
    ];
    for (host, query, why) in refused {
        let error = secured.open(host, query).await.unwrap_err();
        assert!(error.contains(why), "{host} {query}: {error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let server = Server::start("host all all 127.0.0.1/32 trust\nlocal all all trust\n", &[]).await;
    for mode in ["disable", "prefer"] {
        open(&format!("{}?sslmode={mode}", server.url())).await.unwrap();
    }
    for mode in ["require", "verify-full"] {
        let refused = open(&format!("{}?sslmode={mode}", server.url())).await;
        let error = told(&refused.err().unwrap());
        assert!(error.contains("does not support TLS"), "{mode}: {error}");
    }
}

#[tokio::test]
async fn a_client_certificate_logs_in_and_nothing_else_does() {
    let secured = Secured::start("local all all trust\nhostssl all all 127.0.0.1/32 cert\n").await;
    secured.server.sql(LOGIN);
    let full = "sslmode=verify-full&sslrootcert=@ca.pem";
    let with = |name: &str| format!("{full}&sslcert=@{name}.pem&sslkey=@{name}.key");
    assert_eq!(secured.open("localhost", &with("client")).await, Ok(true));
    assert!(secured.open("localhost", full).await.is_err());
    assert!(secured.open("localhost", &with("stranger")).await.is_err());
}

#[tokio::test]
async fn passwords_may_have_any_characters_and_sockets_any_form() {
    let hba = "local all postgres trust\nlocal all all scram-sha-256\n\
               host all all 127.0.0.1/32 scram-sha-256\n";
    let server = Server::start(hba, &["password_encryption=scram-sha-256"]).await;
    let password = "p@ss:w/o?r#d%[ü], &=+";
    server.sql(&format!("{LOGIN} PASSWORD '{password}'"));
    let encoded = "p%40ss%3Aw%2Fo%3Fr%23d%25%5B%C3%BC%5D%2C%20%26%3D%2B";
    let (port, socket) = (server.port, server.socket());
    let folder = socket.replace('/', "%2F");
    for url in [
        format!("postgres://octoprox:{encoded}@127.0.0.1:{port}/postgres"),
        format!("postgres://octoprox:{encoded}@{folder}:{port}/postgres"),
        format!("postgres://octoprox:{encoded}@/postgres?host={socket}&port={port}"),
        format!("postgres:///postgres?host={socket}&port={port}&user=octoprox&password={encoded}"),
        format!("postgres://octoprox:{encoded}@{folder}:{port}/postgres?sslmode=require"),
    ] {
        open(&url).await.unwrap();
    }
    let wrong = open(&format!("postgres://octoprox:canary@127.0.0.1:{port}/postgres")).await;
    let error = wrong.err().unwrap();
    assert!(told(&error).contains("password authentication failed"), "{error:?}");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}
