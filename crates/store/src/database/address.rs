//! Where Postgres is: URLs as libpq reads them, with one host or several.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{Result, unusable};

/// One way to connect for each host of `url`:
/// `postgres://user:password@a:5432,b:5433/name?sslmode=verify-full&sslrootcert=..`, or with
/// `host=` and `port=` among the parameters, where a host that begins with `/` is the folder of a
/// Unix socket.
///
/// # Errors
/// [`crate::StoreError::Unusable`], which never repeats the URL: it may hold a password.
pub(super) fn parse(url: &str) -> Result<Vec<PgConnectOptions>> {
    let parts = Parts::of(url).ok_or_else(unreadable)?;
    parts.accepts_writers()?;
    parts.hosts().ok_or_else(unreadable)?.iter().map(|host| parts.options(host)).collect()
}

fn unreadable() -> crate::StoreError {
    unusable("its URL cannot be read as a postgres:// URL")
}

/// A URL in pieces, still encoded.
struct Parts<'a> {
    login: &'a str,
    hosts: &'a str,
    path: &'a str,
    query: Vec<(&'a str, &'a str)>,
}

/// A host and port, still encoded; either may be empty.
struct Host<'a> {
    name: &'a str,
    port: &'a str,
}

/// What is taken out of the query before sqlx reads the rest.
const OURS: [&str; 4] = ["host", "hostaddr", "port", "target_session_attrs"];

// === impl Parts ===

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (_scheme, rest) = url.split_once("://")?;
        let rest = rest.split('#').next()?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let pair = |part: &'a str| part.split_once('=').unwrap_or((part, ""));
        let query = query.split('&').filter(|part| !part.is_empty()).map(pair).collect();
        Some(Self { login, hosts, path, query })
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.query.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// Nodes write, so no other server than one that takes writes will do.
    fn accepts_writers(&self) -> Result<()> {
        match self.parameter("target_session_attrs") {
            None | Some("any" | "read-write" | "primary") => Ok(()),
            Some(_) => Err(unusable("target_session_attrs must be read-write: nodes write")),
        }
    }

    fn hosts(&self) -> Option<Vec<Host<'a>>> {
        let ports: Vec<_> = self.parameter("port").map(list).unwrap_or_default();
        let Some(named) = self.parameter("hostaddr").or_else(|| self.parameter("host")) else {
            let port = ports.first().copied().unwrap_or_default();
            return list(self.hosts).into_iter().map(|host| Host::of(host, port)).collect();
        };
        let name = |(at, name)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or_default();
            Host { name, port }
        };
        Some(list(named).into_iter().enumerate().map(name).collect())
    }

    fn options(&self, host: &Host<'_>) -> Result<PgConnectOptions> {
        let root = self.parameter("sslrootcert").filter(|root| *root != "system");
        let passed = |(key, value): &&(&str, &str)| {
            let is_default = *key == "sslrootcert" && *value == "system";
            !is_default && !OURS.contains(key)
        };
        let mut query: Vec<_> = self.query.iter().filter(passed).copied().collect();
        query.extend((!host.name.is_empty()).then_some(("host", host.name)));
        query.extend((!host.port.is_empty()).then_some(("port", host.port)));
        let query: Vec<_> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let login = if self.login.is_empty() { "" } else { &format!("{}@", self.login) };
        let url = format!("postgres://{login}localhost/{}?{}", self.path, query.join("&"));
        let options = PgConnectOptions::from_str(&url).map_err(|_quotes| unreadable())?;
        let options = match self.parameter("application_name") {
            None => options.application_name("octoprox"),
            Some(_) => options,
        };
        // PgBouncer refuses parameters that it does not know, and we keep no such numbers.
        let options = options.extra_float_digits(None);
        Ok(match options.get_ssl_mode() {
            // As libpq: whoever can open the socket is on the same machine.
            _ if options.get_socket().is_some() => options.ssl_mode(PgSslMode::Disable),
            // As libpq: who says which authority is trusted wants the server to be checked.
            PgSslMode::Require if root.is_some() => options.ssl_mode(PgSslMode::VerifyCa),
            PgSslMode::VerifyCa if root.is_none() => {
                return Err(unusable("sslmode=verify-ca needs sslrootcert, or use verify-full"));
            }
            _ => options,
        })
    }
}

fn list(text: &str) -> Vec<&str> {
    text.split(',').collect()
}

// === impl Host ===

impl<'a> Host<'a> {
    /// `name`, `name:5432`, `[::1]`, `[::1]:5432`, `%2Fvar%2Frun`.
    fn of(text: &'a str, port: &'a str) -> Option<Self> {
        let (name, rest) = match (text.strip_prefix('['), text.rfind(':')) {
            (Some(rest), _) => rest.split_once(']')?,
            (None, Some(colon)) => text.split_at(colon),
            (None, None) => (text, ""),
        };
        let own = rest.trim_start_matches(':');
        Some(Self { name, port: if own.is_empty() { port } else { own } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Vec<(String, u16)> {
        let place = |options: &PgConnectOptions| {
            let socket = options.get_socket().map(|path| path.display().to_string());
            (socket.unwrap_or_else(|| options.get_host().to_owned()), options.get_port())
        };
        parse(url).unwrap().iter().map(place).collect()
    }

    #[test]
    fn hosts_are_one_or_several_names_addresses_or_sockets() {
        let cases = [
            ("postgres://u@db/n", vec![("db", 5432)]),
            ("postgres://u@db:6000/n", vec![("db", 6000)]),
            (
                "postgresql://u:p@a,b:5433,[::1]:5434/n",
                vec![("a", 5432), ("b", 5433), ("::1", 5434)],
            ),
            ("postgres://u@%2Fvar%2Frun/n", vec![("/var/run", 5432)]),
            ("postgres://u@%2Fvar%2Frun:6000/n", vec![("/var/run", 6000)]),
            ("postgres:///n?host=/var/run&user=u", vec![("/var/run", 5432)]),
            ("postgres://u@/n?host=/var/run&port=6000", vec![("/var/run", 6000)]),
            ("postgres://u@/n?host=a,b&port=1,2", vec![("a", 1), ("b", 2)]),
            ("postgres://u@localhost:6000/n?host=%3A%3A1&port=6000", vec![("::1", 6000)]),
        ];
        for (url, expected) in cases {
            let expected: Vec<_> =
                expected.into_iter().map(|(host, port)| (host.to_owned(), port)).collect();
            assert_eq!(read(url), expected, "{url}");
        }
    }

    #[test]
    fn modes_are_as_strict_as_they_say() {
        let mode = |query: &str| {
            let options = parse(&format!("postgres://u@db/n?{query}")).ok()?;
            Some(format!("{:?}", options[0].get_ssl_mode()))
        };
        for (query, expected) in [
            ("", Some("Prefer")),
            ("sslmode=disable", Some("Disable")),
            ("sslmode=require", Some("Require")),
            ("sslmode=require&sslrootcert=/ca.pem", Some("VerifyCa")),
            ("sslmode=verify-ca&sslrootcert=/ca.pem", Some("VerifyCa")),
            ("sslmode=verify-ca", None),
            ("sslmode=verify-full", Some("VerifyFull")),
            ("sslmode=verify-full&sslrootcert=system", Some("VerifyFull")),
            ("sslmode=perhaps", None),
            ("host=/var/run&sslmode=require", Some("Disable")),
            ("target_session_attrs=read-write", Some("Prefer")),
            ("target_session_attrs=standby", None),
        ] {
            assert_eq!(mode(query).as_deref(), expected, "{query}");
        }
    }
}
