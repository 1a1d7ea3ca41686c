//! What the operator of these units intends: one project `demo:demo`, and exits.
//!
//! Identifiers are numbers, because they decide where an exit stands in its ring: it must stand
//! there in every run.

use std::str::FromStr;

use model::connector::{ConnectorKind, ConnectorSpec};
use model::login::LoginKey;
use model::project::ProjectSpec;
use model::proxy::{Endpoint, ProxySpec};
use model::{Configuration, Connector, Place, Project, Proxy, Revision, Version};

const COUNTRIES: [&str; 10] = ["us", "de", "fr", "gb", "jp", "br", "in", "ca", "au", "nl"];

/// The key under which the password is kept.
pub(crate) fn key() -> LoginKey {
    LoginKey::new(&[7; 32])
}

/// The project with these exits, spread over so many connectors; each of these has all countries.
pub(crate) fn configuration(connectors: usize, exits: Vec<Endpoint>) -> Configuration {
    let (version, revision) = (Version::FIRST, Revision(1));
    let mut spec = ProjectSpec::new("demo".to_owned(), "demo".to_owned(), key().digest(b"demo"));
    // Whether a second exit is dialled depends on how fast the first one is.
    spec.hedge = false;
    let connector = |number| {
        let spec = ConnectorSpec::new(format!("connector {number}"), ConnectorKind::Static);
        Connector { id: id(1 + number), project: id(0), version, revision, spec }
    };
    let proxy = |(number, endpoint): (usize, Endpoint)| {
        let country = COUNTRIES[number / connectors % COUNTRIES.len()].parse();
        let place = Place { country: country.ok(), ..Place::default() };
        let spec = ProxySpec { endpoint, enabled: true, tags: Vec::new(), place };
        let connector = id(1 + number % connectors);
        Proxy { id: id(1 + connectors + number), connector, version, revision, spec }
    };
    Configuration {
        revision,
        projects: vec![Project { id: id(0), version, revision, spec }],
        connectors: (0..connectors).map(connector).collect(),
        proxies: exits.into_iter().enumerate().map(proxy).collect(),
        ..Configuration::default()
    }
}

fn id<T: FromStr<Err: std::fmt::Debug>>(number: usize) -> T {
    format!("00000000-0000-7000-8000-{number:012x}").parse().expect("it is a UUID")
}
