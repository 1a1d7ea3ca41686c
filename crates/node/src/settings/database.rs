//! Where the database is: a URL, the parts of one, or a file in the data folder.

use std::fmt::Write;
use std::net::Ipv6Addr;
use std::path::Path;
use std::time::Duration;

use model::Secret;

use super::mistakes::Noted;
use super::reader::Reader;

const PARTS: [&str; 5] = ["db_host", "db_port", "db_user", "db_password", "db_name"];

pub(super) fn read(reader: &mut Reader, data_dir: &Path) -> Result<store::Settings, Noted> {
    let url = url(reader, data_dir);
    let (pool_size, usage_kept) = (reader.count("db_pool_size"), usage_kept(reader));
    let acquire_timeout = reader.duration("db_acquire_timeout");
    let statement_timeout = reader.duration("db_statement_timeout");
    let max_lifetime = reader.duration("db_max_lifetime");
    let idle_timeout = reader.duration("db_idle_timeout");
    Ok(store::Settings {
        url: url?,
        pool_size: pool_size?,
        acquire_timeout: acquire_timeout?,
        statement_timeout: statement_timeout?,
        max_lifetime: max_lifetime?,
        idle_timeout: idle_timeout?,
        usage_kept: usage_kept?,
    })
}

fn usage_kept(reader: &mut Reader) -> Result<store::usage::Kept, Noted> {
    let days = |count: u64| Duration::from_hours(24 * count);
    let (minutes, hours) = (reader.count("usage_minutes_days"), reader.count("usage_hours_days"));
    let six_hours = reader.count("usage_six_hours_days");
    let (minutes, hours, six_hours) = (days(minutes?), days(hours?), days(six_hours?));
    Ok(store::usage::Kept { minutes, hours, six_hours })
}

fn url(reader: &mut Reader, data_dir: &Path) -> Result<Secret, Noted> {
    let given = reader.optional("database_url", |text, _| is_url(text).then(|| Secret::from(text)));
    let parts = parts(reader);
    if reader.is_set("database_url") && reader.is_set("db_host") {
        return Err(reader.wrong("database_url", "set together with db_host; set one of them"));
    }
    if !reader.is_set("db_host") {
        for name in PARTS.iter().filter(|name| reader.is_set(name)).collect::<Vec<_>>() {
            reader.warn(name, "not used, because db_host is not set");
        }
    }
    let file = || Secret::from(format!("sqlite://{}/octoprox.db", encoded_path(data_dir)));
    Ok(given?.or(parts?).unwrap_or_else(file))
}

fn is_url(text: &str) -> bool {
    let schemes = ["sqlite:", "postgres://", "postgresql://"];
    schemes.iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme))
}

fn parts(reader: &mut Reader) -> Result<Option<Secret>, Noted> {
    let host = reader.optional("db_host", |text, _| super::parse::text(text));
    let port = reader.count("db_port");
    let user = reader.text("db_user");
    let password = reader.secret("db_password", 1);
    let name = reader.text("db_name");
    let (host, port, user, password, name) = (host?, port?, user?, password?, name?);
    let compose = |host: String| compose(&host, port, (&user, password.as_ref()), &name);
    Ok(host.map(compose))
}

/// A URL of which every part comes back as it went in, whatever characters it has.
fn compose(host: &str, port: u16, (user, password): (&str, Option<&Secret>), name: &str) -> Secret {
    let password = password.map(|secret| format!(":{}", encoded(secret.expose())));
    let login = format!("{}{}", encoded(user), password.unwrap_or_default());
    let place = |host: &str| {
        let host = host.trim();
        match host.trim_matches(['[', ']']).parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]:{port}"),
            Err(_) => format!("{}:{port}", encoded(host)),
        }
    };
    let places = host.split(',').map(place).collect::<Vec<_>>().join(",");
    Secret::from(format!("postgres://{login}@{places}/{}", encoded(name)))
}

/// Percent-encoding of all but the unreserved characters (RFC 3986 section 2.3).
fn encoded(text: &str) -> String {
    encode(text.as_bytes(), b"-._~")
}

fn encoded_path(path: &Path) -> String {
    encode(path.as_os_str().as_encoded_bytes(), b"-._~/")
}

fn encode(bytes: &[u8], plain: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || plain.contains(byte) {
            out.push(char::from(*byte));
        } else {
            write!(out, "%{byte:02X}").ok();
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_characters_are_encoded_and_nothing_else_changes() {
        let password = Secret::from("p@ss:w/o?r#d%[ü]");
        let url = compose("db.example", 5432, ("my user", Some(&password)), "a/b");
        assert_eq!(
            url.expose(),
            "postgres://my%20user:p%40ss%3Aw%2Fo%3Fr%23d%25%5B%C3%BC%5D@db.example:5432/a%2Fb"
        );
        let socket = compose("/var/run/postgresql", 5432, ("postgres", None), "octoprox");
        let expected = "postgres://postgres@%2Fvar%2Frun%2Fpostgresql:5432/octoprox";
        assert_eq!(socket.expose(), expected);
        for host in ["::1", "[::1]"] {
            let url = compose(host, 6000, ("u", None), "n");
            assert_eq!(url.expose(), "postgres://u@[::1]:6000/n");
        }
        let several = compose("a.example, ::1", 6000, ("u", None), "n");
        assert_eq!(several.expose(), "postgres://u@a.example:6000,[::1]:6000/n");
        assert_eq!(encoded_path(Path::new("./my data?/50%")), "./my%20data%3F/50%25");
    }
}
