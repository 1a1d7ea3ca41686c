//! Where Redis is: read from a URL, found again at each connection.

use model::Secret;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult, TlsCertificates,
    TlsMode,
};

use crate::error::{ClusterError, Result};
use crate::settings::Settings;

mod host;

const SENTINEL_PORT: u16 = 26_379;

/// Where Redis is.
pub(crate) struct Address {
    place: Place,
    certificates: Option<TlsCertificates>,
}

enum Place {
    Server(Box<ConnectionInfo>),
    /// Sentinels know which server is the master now.
    Sentinels(Box<Sentinels>),
}

struct Sentinels {
    servers: Vec<ConnectionAddr>,
    master: String,
    /// How to log in to the master, and its database.
    login: ConnectionInfo,
    /// How to log in to the sentinels.
    sentinel_login: (Option<Secret>, Option<Secret>),
}

/// The parts of a URL; `authority` without the login.
struct Parts<'a> {
    tls: bool,
    sentinel: bool,
    login: &'a str,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
}

// === impl Address ===

impl Address {
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let parts = Parts::split(settings.url.expose())?;
        let certificates = settings
            .root_certificates
            .as_ref()
            .map(|roots| TlsCertificates { client_tls: None, root_cert: Some(roots.clone()) });
        let place = if parts.sentinel {
            Place::Sentinels(Box::new(parts.sentinels()?))
        } else {
            Place::Server(Box::new(parts.server(parts.hosts, parts.path.trim_matches('/'))?))
        };
        let address = Self { place, certificates: certificates.filter(|_| parts.tls) };
        address.check()?;
        Ok(address)
    }

    /// What can be wrong is found before anything is connected.
    fn check(&self) -> Result<()> {
        match &self.place {
            Place::Server(server) => self.open(server).map(drop),
            Place::Sentinels(sentinels) => sentinels.client(self.certificates.as_ref()).map(drop),
        }
        .map_err(ClusterError::Tls)
    }

    /// The server to talk to now.
    pub(super) async fn client(&self) -> RedisResult<Client> {
        match &self.place {
            Place::Server(server) => self.open(server),
            Place::Sentinels(sentinels) => {
                sentinels.client(self.certificates.as_ref())?.async_get_client().await
            }
        }
    }

    fn open(&self, server: &ConnectionInfo) -> RedisResult<Client> {
        match &self.certificates {
            Some(certificates) => Client::build_with_tls(server.clone(), certificates.clone()),
            None => Client::open(server.clone()),
        }
    }
}

// === impl Sentinels ===

impl Sentinels {
    fn client(&self, certificates: Option<&TlsCertificates>) -> RedisResult<SentinelClient> {
        let login = self.login.redis_settings();
        let mut builder = SentinelClientBuilder::new(
            self.servers.iter().cloned(),
            self.master.clone(),
            SentinelServerType::Master,
        )?
        .set_client_to_redis_db(login.db());
        if let Some(name) = login.username() {
            builder = builder.set_client_to_redis_username(name);
        }
        if let Some(password) = login.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if let Some(name) = &self.sentinel_login.0 {
            builder = builder.set_client_to_sentinel_username(name.expose());
        }
        if let Some(password) = &self.sentinel_login.1 {
            builder = builder.set_client_to_sentinel_password(password.expose());
        }
        if matches!(self.servers.first(), Some(ConnectionAddr::TcpTls { .. })) {
            builder = builder
                .set_client_to_redis_tls_mode(TlsMode::Secure)
                .set_client_to_sentinel_tls_mode(TlsMode::Secure);
        }
        if let Some(certificates) = certificates {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates.clone());
        }
        builder.build()
    }
}

// === impl Parts ===

impl<'a> Parts<'a> {
    fn split(url: &'a str) -> Result<Self> {
        let (scheme, rest) =
            url.split_once("://").ok_or(ClusterError::BadUrl("has no scheme such as redis://"))?;
        let (tls, sentinel) = match scheme {
            "redis" => (false, false),
            "rediss" => (true, false),
            "redis+sentinel" => (false, true),
            "rediss+sentinel" => (true, true),
            _ => {
                return Err(ClusterError::BadUrl(
                    "begins with none of redis://, rediss://, redis+sentinel://, rediss+sentinel://",
                ));
            }
        };
        if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ClusterError::BadUrl(
                "has a blank or a control character in it; write it as %20, ..",
            ));
        }
        let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if behind.contains('@') && !authority.contains('@') {
            return Err(ClusterError::BadUrl(
                "has an @ behind the host; write / ? # @ of a password as %2F %3F %23 %40",
            ));
        }
        if rest.contains('#') {
            return Err(ClusterError::BadUrl("has a fragment (#), which means nothing"));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !sentinel && hosts.contains(',') {
            return Err(ClusterError::BadUrl(
                "names several hosts, which only redis+sentinel:// may",
            ));
        }
        hosts.split(',').try_for_each(host::check)?;
        if !sentinel && !query.is_empty() {
            return Err(ClusterError::BadUrl("has a query (?), which means nothing"));
        }
        Ok(Self { tls, sentinel, login, hosts, path, query })
    }

    fn server(&self, host: &str, database: &str) -> Result<ConnectionInfo> {
        if !database.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ClusterError::BadUrl("does not end with the number of a database"));
        }
        let scheme = if self.tls { "rediss" } else { "redis" };
        let at = if self.login.is_empty() { "" } else { "@" };
        let url = Secret::from(format!("{scheme}://{}{at}{host}/{database}", self.login));
        // What the library says about a URL is left out: it may one day quote it.
        let server: Option<ConnectionInfo> = url.expose().into_connection_info().ok();
        let server = server.ok_or(ClusterError::BadUrl("cannot be read"))?;
        // A user who may do only what is needed may not tell the name of a library.
        let login = server.redis_settings().clone().set_skip_set_lib_name();
        Ok(server.set_redis_settings(login))
    }

    fn sentinels(&self) -> Result<Sentinels> {
        let (master, database) = self.path.split_once('/').unwrap_or((self.path, ""));
        if master.is_empty() {
            return Err(ClusterError::BadUrl("does not name the master that the sentinels watch"));
        }
        let mut servers = Vec::new();
        for host in self.hosts.split(',') {
            let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
            let host = if has_port { host.to_owned() } else { format!("{host}:{SENTINEL_PORT}") };
            servers.push(self.server(&host, "")?.addr().clone());
        }
        let login = self.server("localhost", database.trim_end_matches('/'))?;
        Ok(Sentinels {
            servers,
            master: master.to_owned(),
            login,
            sentinel_login: self.sentinel_login()?,
        })
    }

    fn sentinel_login(&self) -> Result<(Option<Secret>, Option<Secret>)> {
        let (mut name, mut password) = (None, None);
        for (key, value) in url::form_urlencoded::parse(self.query.as_bytes()) {
            let slot = match &*key {
                "sentinel_username" => &mut name,
                "sentinel_password" => &mut password,
                _ => {
                    return Err(ClusterError::BadUrl(
                        "has a query other than sentinel_username and sentinel_password",
                    ));
                }
            };
            *slot = Some(Secret::from(value.into_owned()));
        }
        Ok((name, password))
    }
}

#[cfg(test)]
mod tests;
