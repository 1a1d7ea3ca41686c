//! A proxy as columns.

use std::sync::Arc;

use compact_str::CompactString;
use model::place::Place;
use model::proxy::{Endpoint, Login, ProxySpec};
use model::{Proxy, ProxyId, Revision, Secret, Version};
use serde::{Deserialize, Serialize};

use crate::arguments::{Argument, arguments};
use crate::error::StoreError;
use crate::stored::{parse, read, write};
use crate::vault::Vault;

type Result<T> = std::result::Result<T, StoreError>;

/// The row of a proxy: in a database with its password sealed.
pub(crate) type Row<P = Vec<u8>> = (
    String,
    String,
    String,
    String,
    i64,
    Option<String>,
    Option<P>,
    bool,
    Option<String>,
    Option<String>,
    String,
    i64,
    i64,
);

/// What a [`Row`] is read from: a proxy `p`, in whatever it is joined with.
pub(super) const COLUMNS: &str = "p.id, connector_id, protocol, host, port, username, password, \
     p.enabled, country, place, tags, p.version, p.revision";

/// `protocol, host, port, username, password, fingerprint, enabled, country, place, tags`.
pub(super) fn columns(vault: &Vault, id: ProxyId, spec: &ProxySpec) -> Result<Vec<Argument>> {
    let endpoint = &spec.endpoint;
    let login = endpoint.login.as_ref();
    let sealed = login.map(|login| {
        let password = login.password.expose();
        vault.seal(&context(id), password.as_bytes())
    });
    Ok(arguments![
        endpoint.protocol.as_str(),
        endpoint.host.to_string(),
        i64::from(endpoint.port),
        login.map(|login| login.username.clone()),
        sealed.transpose()?,
        super::fingerprint(vault, endpoint),
        spec.enabled,
        spec.place.country.map(|country| country.to_string()),
        place_column(&spec.place)?,
        write(&spec.tags.iter().map(CompactString::as_str).collect::<Vec<_>>())?,
    ])
}

fn context(id: ProxyId) -> String {
    format!("proxies:{id}:password")
}

/// Logins that have been read, so that proxies with the same login share it.
#[derive(Default)]
pub(crate) struct Logins(Option<Arc<Login>>);

impl Logins {
    fn share(&mut self, login: Login) -> Arc<Login> {
        if let Some(last) = self.0.as_ref().filter(|last| ***last == login) {
            return Arc::clone(last);
        }
        let login = Arc::new(login);
        self.0 = Some(Arc::clone(&login));
        login
    }
}

pub(crate) fn read_row(vault: &Vault, logins: &mut Logins, row: Row) -> Result<Proxy> {
    read_with(logins, row, |id, sealed| vault.open(&context(id), &sealed))
}

/// Reads the row of a proxy with its password in the clear: it has been sealed as a whole.
pub(crate) fn read_open(logins: &mut Logins, row: Row<String>) -> Result<Proxy> {
    read_with(logins, row, |_id, password| Ok(Secret::from(password)))
}

/// The row of a proxy with its password in the clear, to be sealed as a whole.
pub(crate) fn write_open(proxy: &Proxy) -> Result<Row<String>> {
    let ProxySpec { endpoint, enabled, tags, place } = &proxy.spec;
    let login = endpoint.login.as_ref();
    Ok((
        proxy.id.to_string(),
        proxy.connector.to_string(),
        endpoint.protocol.to_string(),
        endpoint.host.to_string(),
        i64::from(endpoint.port),
        login.map(|login| login.username.clone()),
        login.map(|login| login.password.expose().to_owned()),
        *enabled,
        place.country.map(|country| country.to_string()),
        place_column(place)?,
        write(&tags.iter().map(CompactString::as_str).collect::<Vec<_>>())?,
        proxy.version.0.cast_signed(),
        proxy.revision.0.cast_signed(),
    ))
}

fn read_with<P>(
    logins: &mut Logins,
    row: Row<P>,
    open: impl FnOnce(ProxyId, P) -> Result<Secret>,
) -> Result<Proxy> {
    let (
        id,
        connector,
        protocol,
        host,
        port,
        username,
        password,
        enabled,
        country,
        place,
        tags,
        version,
        revision,
    ) = row;
    let what = "proxy";
    let id: ProxyId = parse(what, &id)?;
    let login = match (username, password) {
        (Some(username), Some(password)) => {
            let password = open(id, password)?;
            Some(logins.share(Login { username, password }))
        }
        _ => None,
    };
    let host = model::Host::parse(&host).map_err(|error| StoreError::corrupt(what, error))?;
    let port = u16::try_from(port).map_err(|error| StoreError::corrupt(what, error))?;
    let tags: Vec<CompactString> =
        read::<Vec<String>>(what, &tags)?.iter().map(Into::into).collect();
    let country = country.map(|country| parse(what, &country)).transpose()?;
    let place = place.map(|place| read_place(&place)).transpose()?.unwrap_or_default();
    Ok(Proxy {
        id,
        connector: parse(what, &connector)?,
        version: Version(version.cast_unsigned()),
        revision: Revision(revision.cast_unsigned()),
        spec: ProxySpec {
            endpoint: Endpoint { protocol: parse(what, &protocol)?, host, port, login },
            enabled,
            tags,
            place: Place { country, ..place },
        },
    })
}

/// What is known of a place beside its country.
#[derive(Serialize, Deserialize)]
struct StoredPlace {
    state: Option<String>,
    city: Option<String>,
    asn: Option<u32>,
    isp: Option<String>,
    network: Option<String>,
}

/// The column of a place; null when no more than the country is known.
fn place_column(place: &Place) -> Result<Option<String>> {
    if (Place { country: None, ..place.clone() }) == Place::default() {
        return Ok(None);
    }
    let text = |text: &Option<CompactString>| text.as_ref().map(ToString::to_string);
    let stored = StoredPlace {
        state: text(&place.state),
        city: text(&place.city),
        asn: place.asn,
        isp: text(&place.isp),
        network: place.kind.map(|kind| kind.to_string()),
    };
    write(&stored).map(Some)
}

fn read_place(text: &str) -> Result<Place> {
    let stored: StoredPlace = read("proxy", text)?;
    Ok(Place {
        country: None,
        state: stored.state.map(Into::into),
        city: stored.city.map(Into::into),
        asn: stored.asn,
        isp: stored.isp.map(Into::into),
        kind: stored.network.map(|kind| parse("proxy", &kind)).transpose()?,
    })
}
