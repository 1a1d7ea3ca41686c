//! The groups of the settings, each read whole before its mistakes are looked at.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use cluster::Role;

use super::ca::{CaFiles, open_for_owner};
use super::kind::Action;
use super::mistakes::{Area, Noted};
use super::reader::Reader;
use super::secret::{MasterKey, SecretKey, is_published};
use super::{
    Auth, Demo, Drain, Exit, Keys, Listen, Log, LogFormat, Settings, Size, Tasks, TlsFiles,
    database, parse, redis,
};

use crate::traces::Collector;

type Read<T> = Result<T, Noted>;

pub(super) fn read(reader: &mut Reader) -> Read<Settings> {
    let instance_id = reader.optional("instance_id", |text, _| parse::text(text));
    let role = role(reader);
    let folder = reader.path("data_dir");
    let data_dir = folder.as_ref().ok().cloned().flatten().unwrap_or_default();
    let listen = listen(reader);
    let database = database::read(reader, &data_dir);
    let redis_url = redis::read(reader);
    let keys = keys(reader, &data_dir);
    let auth = auth(reader);
    let log = log(reader);
    let collector = collector(reader);
    let relay = relay(reader);
    let threads = reader.optional_count("threads");
    let max_connections = reader.optional_count("max_connections");
    let memory_limit = reader.optional("memory_limit", |text, _| parse::size(text));
    let request_log_size = reader.required("request_log_size", |text, _| parse::size(text));
    let drain = drain(reader);
    let takes_over = reader.required("takeover", |text, _| Some(text == "yes"));
    let tls = tls(reader);
    let ca = ca(reader);
    let tasks = tasks(reader);
    let exit = exit(reader);
    let demo = demo(reader);
    folder?;
    let (role, control_urls) = role?;
    let keys = keys?;
    if role == Role::Data {
        without_database(reader, &keys)?;
    }
    Ok(Settings {
        role,
        control_urls,
        instance_id: instance_id?.unwrap_or_else(|| uuid::Uuid::now_v7().to_string()),
        data_dir,
        listen: listen?,
        database: database?,
        redis_url: redis_url?,
        keys,
        auth: auth?,
        log: log?,
        collector: collector?,
        relay: relay?,
        size: Size { threads: threads?.unwrap_or_else(cores), max_connections: max_connections? },
        memory_limit: memory_limit?,
        request_log_size: request_log_size?,
        drain: drain?,
        takes_over: takes_over?,
        tls: tls?,
        ca: ca?,
        tasks: tasks?,
        exit: exit?,
        demo: demo?,
    })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(256)
}

fn role(reader: &mut Reader) -> Read<(Role, Vec<String>)> {
    let role = reader.parsed("role");
    let urls = reader.list("control_url", parse::control_url);
    let (role, urls) = (role?, urls?);
    match (role, urls.is_empty()) {
        (Role::Data, true) => Err(reader.missing("control_url")),
        (Role::Data, false) | (_, true) => Ok((role, urls)),
        (_, false) => {
            let what = format!("only a data node asks others; role is {role}");
            Err(reader.wrong("control_url", &what))
        }
    }
}

/// What a node without a database cannot do without, or cannot use.
fn without_database(reader: &mut Reader, keys: &Keys) -> Read<()> {
    let unused = ["database_url", "db_host", "auth_password", "ca_certificate_file", "ca_key_file"];
    for name in unused {
        if reader.is_set(name) {
            reader.warn(name, "not used, because the role is data");
        }
    }
    match keys.secret_key {
        SecretKey::Known(_) => Ok(()),
        SecretKey::ToBeMade(_) => {
            let what = "secret_key: must be that of the control nodes, when the role is data \
                 (environment OCTOPROX_SECRET_KEY, or secret_key_file)";
            Err(reader.layers.mistakes.note(Area::Value, what.to_owned()))
        }
    }
}

fn listen(reader: &mut Reader) -> Read<Listen> {
    let host = reader.parsed("host");
    let api_host = reader.address("api_host");
    let proxy_port = reader.count("proxy_port");
    let api_port = reader.count("api_port");
    let public_url = reader.optional("public_url", |text, _| parse::public_url(text));
    let allowed_hosts = reader.list("allowed_hosts", parse::host);
    let trusted_proxies = reader.list("trusted_proxies", parse::network);
    let proxy = SocketAddr::new(host?, proxy_port?);
    let api = SocketAddr::new(api_host?.unwrap_or(proxy.ip()), api_port?);
    if overlap(proxy, api) {
        return Err(reader.wrong("api_port", "is the port of the proxy too; set another one"));
    }
    Ok(Listen {
        proxy,
        api,
        public_url: public_url?,
        allowed_hosts: allowed_hosts?,
        trusted_proxies: trusted_proxies?,
    })
}

/// Whether the second of two listeners could not be opened.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (ip, ip2) = (one.ip(), other.ip());
    let same_address = ip == ip2 || ip.is_unspecified() || ip2.is_unspecified();
    one.port() == other.port() && one.port() != 0 && same_address
}

fn keys(reader: &mut Reader, data_dir: &Path) -> Read<Keys> {
    let secret_key = secret_key(reader, data_dir);
    let jwt_secret = reader.secret("jwt_secret", 32);
    let known = refuse_published(reader, "jwt_secret");
    known?;
    Ok(Keys { secret_key: secret_key?, jwt_secret: jwt_secret? })
}

fn secret_key(reader: &mut Reader, data_dir: &Path) -> Read<SecretKey> {
    let given = reader.optional("secret_key", |text, _| MasterKey::parse(text));
    let file = reader.path("secret_key_file");
    if reader.is_set("secret_key") && reader.is_set("secret_key_file") {
        let what = "set together with secret_key_file; set one of them";
        return Err(reader.wrong("secret_key", what));
    }
    if let Some(key) = given? {
        return Ok(SecretKey::Known(key));
    }
    let path = file?.unwrap_or_else(|| data_dir.join("secret.key"));
    if !matches!(reader.action, Action::Serve | Action::Check) {
        return Ok(SecretKey::ToBeMade(path));
    }
    SecretKey::in_file(&path).map_err(|what| reader.wrong("secret_key_file", &what))
}

fn auth(reader: &mut Reader) -> Read<Auth> {
    let username = reader.text("auth_username");
    let password = reader.secret("auth_password", 12);
    let known = refuse_published(reader, "auth_password");
    known?;
    Ok(Auth { username: username?, password: password? })
}

/// Refuses a secret that everybody knows, also one that is long enough.
fn refuse_published(reader: &mut Reader, name: &str) -> Read<()> {
    let published = reader.optional(name, |text, _| Some(is_published(text)))?.unwrap_or(false);
    if !published {
        return Ok(());
    }
    Err(reader.wrong(name, "is a published default or made of such words; make one up"))
}

fn log(reader: &mut Reader) -> Read<Log> {
    let filter = reader.required("log_level", |text, _| parse::log_filter(text));
    let format = reader.required("log_format", |text, _| match text {
        "json" => Some(LogFormat::Json),
        "text" => Some(LogFormat::Text),
        _ => None,
    });
    Ok(Log { filter: filter?, format: format? })
}

fn collector(reader: &mut Reader) -> Read<Option<Collector>> {
    let place = reader.optional("otlp_endpoint", |text, _| parse::collector(text));
    let percent: Read<u64> = reader.count("otlp_percent");
    let percent = u8::try_from(percent?).unwrap_or(100);
    Ok(place?.map(|(endpoint, authority, path)| Collector { endpoint, authority, path, percent }))
}

fn relay(reader: &mut Reader) -> Read<relay::Settings> {
    let head_timeout = reader.duration("head_timeout");
    let keep_alive = reader.duration("keep_alive");
    let body_idle_timeout = reader.duration("body_idle_timeout");
    let min_body_rate = reader.count("min_body_rate");
    let pool_idle_timeout = reader.duration("pool_idle_timeout");
    let pool_per_exit = reader.count("pool_per_exit");
    let login_failures = reader.count("login_failures");
    let balancers = reader.list("proxy_protocol_from", parse::network);
    Ok(relay::Settings {
        head_timeout: head_timeout?,
        keep_alive: keep_alive?,
        body_idle_timeout: body_idle_timeout?,
        min_body_rate: min_body_rate?,
        pool_idle_timeout: pool_idle_timeout?,
        pool_per_exit: pool_per_exit?,
        login_failures: login_failures?,
        proxy_protocol_from: balancers?,
        ..relay::Settings::default()
    })
}

fn drain(reader: &mut Reader) -> Read<Drain> {
    let timeout = reader.duration("drain_timeout");
    let delay = reader.duration("drain_delay");
    Ok(Drain { timeout: timeout?, delay: delay? })
}

fn tls(reader: &mut Reader) -> Read<Option<TlsFiles>> {
    let certificate = reader.file("tls_cert_file");
    let key = reader.file("tls_key_file");
    match (certificate?, key?) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (Some(_), None) => Err(reader.wrong("tls_cert_file", "set without tls_key_file")),
        (None, Some(_)) => Err(reader.wrong("tls_key_file", "set without tls_cert_file")),
    }
}

fn ca(reader: &mut Reader) -> Read<Option<CaFiles>> {
    let certificate = reader.file("ca_certificate_file");
    let key = reader.file("ca_key_file");
    match (certificate?, key?) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => match open_for_owner(&key) {
            Ok(_file) => Ok(Some(CaFiles { certificate, key })),
            Err(error) => Err(reader.wrong("ca_key_file", &error.to_string())),
        },
        (Some(_), None) => Err(reader.wrong("ca_certificate_file", "set without ca_key_file")),
        (None, Some(_)) => Err(reader.wrong("ca_key_file", "set without ca_certificate_file")),
    }
}

fn tasks(reader: &mut Reader) -> Read<Tasks> {
    let roster_poll_interval = reader.duration("roster_poll_interval");
    let usage_flush_interval = reader.duration("usage_flush_interval");
    let probe_concurrency = reader.count("probe_concurrency");
    let audit_days: Read<u64> = reader.count("audit_days");
    let alert_days: Read<u64> = reader.count("alert_days");
    let webhook_retry = reader.duration("webhook_retry");
    let receivers = reader.list("webhook_allow_targets", |item| item.parse().ok());
    Ok(Tasks {
        alerts_kept: Duration::from_hours(24 * alert_days?),
        webhook_retry: webhook_retry?,
        allow_receivers: receivers?,
        audit_kept: Duration::from_hours(24 * audit_days?),
        roster_poll_interval: roster_poll_interval?,
        usage_flush_interval: usage_flush_interval?,
        probe_concurrency: probe_concurrency?,
    })
}

/// Read by `octoprox exit`, and by `octoprox check` where a login of the exit is set.
fn exit(reader: &mut Reader) -> Read<Option<Exit>> {
    let login_set = reader.is_set("exit_username") || reader.is_set("exit_password");
    let listen = reader.parsed("exit_listen");
    let source_address = reader.address("exit_source_address");
    let port = |item: &str| item.parse().ok().filter(|port| *port != 0);
    let connect_ports = reader.list("exit_connect_ports", port);
    let allow_targets = reader.list("exit_allow_targets", |item| item.parse().ok());
    let wanted = reader.action == Action::Exit || login_set;
    let login = wanted.then(|| exit_login(reader)).transpose();
    let (listen, source_address) = (listen?, source_address?);
    let (connect_ports, allow_targets) = (connect_ports?, allow_targets?);
    Ok(login?.map(|(username, password)| Exit {
        listen,
        username,
        password,
        source_address,
        connect_ports,
        allow_targets,
    }))
}

fn exit_login(reader: &mut Reader) -> Read<(String, model::Secret)> {
    let name = |text: &str| parse::text(text).filter(|name| !name.contains(':'));
    let username = reader.required("exit_username", |text, _| name(text));
    let password = reader.secret("exit_password", 8);
    let known = refuse_published(reader, "exit_password");
    let password = match password {
        Ok(None) => Err(reader.missing("exit_password")),
        other => other,
    };
    known?;
    let password = password?.unwrap_or_default();
    Ok((username?, password))
}

fn demo(reader: &mut Reader) -> Read<Demo> {
    let proxy_port = reader.count("demo_port");
    let api_port = reader.count("demo_api_port");
    Ok(Demo { proxy_port: proxy_port?, api_port: api_port? })
}
