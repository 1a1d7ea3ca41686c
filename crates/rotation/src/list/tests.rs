//! The ring is searched as a plain search would.

use std::net::{IpAddr, Ipv4Addr};

use model::connector::{ConnectorKind, ConnectorSpec};
use model::login::LoginKey;
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol, ProxySpec};
use model::{
    Configuration, Connector, ConnectorId, Host, Place, Project, ProjectId, Proxy, Revision,
    Version,
};
use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::ledger::Ledger;
use crate::roster::Roster;

/// A pool of so many exits, every third of which is in Germany.
fn pool(exits: usize) -> Pool {
    let (version, revision) = (Version::FIRST, Revision(1));
    let password = LoginKey::new(&[1; 32]).digest(b"p");
    let spec = ProjectSpec::new("a".to_owned(), "a".to_owned(), password);
    let project = Project { id: ProjectId::new(), version, revision, spec };
    let spec = ConnectorSpec::new("a".to_owned(), ConnectorKind::Static);
    let id = ConnectorId::new();
    let connector = Connector { id, project: project.id, version, revision, spec };
    let proxy = |number: usize| {
        let country = if number.is_multiple_of(3) { "de" } else { "us" };
        let place = Place { country: country.parse().ok(), ..Place::default() };
        let host = Host::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let endpoint = Endpoint { protocol: Protocol::Http, host, port: 1, login: None };
        let spec = ProxySpec { endpoint, enabled: true, tags: Vec::new(), place };
        Proxy { id: ProxyId::new(), connector: id, version, revision, spec }
    };
    let configuration = Configuration {
        proxies: (0..exits).map(proxy).collect(),
        projects: vec![project],
        connectors: vec![connector],
        ..Configuration::default()
    };
    let roster = Roster::build(configuration, &Roster::empty(), &Ledger::default(), Instant::now());
    roster.account("a").unwrap().lanes.pool(0).clone()
}

#[test]
fn a_filter_finds_the_same_by_classes_and_one_by_one() {
    let german = "de".parse().unwrap();
    for (exits, has_classes) in [(7, false), (8, true), (400, true)] {
        let pool = pool(exits);
        assert_eq!(pool.index.classes.is_some(), has_classes);
        let is_german = |place: &usize| pool.exits[*place].traits.place.country == Some(german);
        let one_by_one: Vec<usize> = (0..exits).filter(is_german).collect();
        let list =
            pool.list(&Filter { countries: smallvec::smallvec![german], ..Filter::default() });
        let found: Vec<usize> = (0..list.len()).map(|position| list.place(position)).collect();
        assert_eq!(found, one_by_one);
        let (some, other) = (one_by_one[0], (0..exits).find(|place| !is_german(place)).unwrap());
        for (place, found) in [(some, 1), (other, 0)] {
            let exit = Some(pool.exits[place].id);
            let filter =
                Filter { countries: smallvec::smallvec![german], exit, ..Filter::default() };
            assert_eq!(pool.list(&filter).len(), found);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_point_is_found_where_a_plain_search_finds_it(
        exits in 1usize..400, mut points in prop::collection::vec(any::<u32>(), 50),
    ) {
        let pool = pool(exits);
        let german = Filter { countries: ["de".parse().unwrap()].into_iter().collect(), ..Filter::default() };
        // The edges of the ring, and the points of exits themselves.
        points.extend([0, 1, u32::MAX, pool.point(0), pool.point(exits - 1), pool.point(exits / 2)]);
        for list in [pool.list(&Filter::default()), pool.list(&german)] {
            let mut ring = (0..list.len()).map(|position| pool.point(list.place(position)));
            prop_assert!(ring.clone().is_sorted());
            for point in &points {
                let plain = ring.clone().position(|other| other >= *point).unwrap_or(list.len());
                prop_assert_eq!(list.at_or_behind(&pool, [*point]), [plain]);
            }
            prop_assert!(ring.all(|point| list.at_or_behind(&pool, [point])[0] < list.len()));
        }
    }
}
