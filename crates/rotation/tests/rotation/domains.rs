//! Where a project and its connectors may go.

use model::policy::Strategy;
use model::{ConnectorId, DomainRule, Host};
use rotation::Unavailable;

use crate::world::World;

fn rules(texts: &[&str]) -> Vec<DomainRule> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn connector_for(world: &mut World, host: &str) -> Result<ConnectorId, Unavailable> {
    let mut ask = world.ask("");
    ask.target.host = Host::parse(host).unwrap();
    world.carry(&ask).map(|exit| world.connector_of(exit))
}

#[test]
fn a_project_goes_where_it_is_allowed_and_not_denied() {
    let mut world = World::with_exits(Strategy::RoundRobin, 3);
    world.project().domain_allow = rules(&["example.com", "*.example.org"]);
    world.project().domain_deny = rules(&["private.example.org"]);
    world.build();
    for host in ["example.com", "www.example.org"] {
        assert!(connector_for(&mut world, host).is_ok(), "{host}");
    }
    for host in ["example.net", "private.example.org", "192.0.2.1"] {
        assert_eq!(connector_for(&mut world, host), Err(Unavailable::DomainRefused), "{host}");
    }
    world.project().domain_allow.clear();
    world.build();
    assert!(connector_for(&mut world, "example.net").is_ok());
    let denied = connector_for(&mut world, "private.example.org");
    assert_eq!(denied, Err(Unavailable::DomainRefused));
}

#[test]
fn a_connector_carries_only_what_its_rules_let_pass() {
    let mut world = World::new(Strategy::RoundRobin);
    let only = world.connector(|spec| spec.domain_allow = rules(&["example.com"]));
    let never = world.connector(|spec| spec.domain_deny = rules(&["example.com"]));
    for connector in [only, never] {
        world.exits(connector, 3);
    }
    world.build();
    for _ in 0..20 {
        assert_eq!(connector_for(&mut world, "example.com"), Ok(only));
        assert_eq!(connector_for(&mut world, "example.net"), Ok(never));
    }
    let ask = world.ask("connector=connector_1");
    assert_eq!(world.carry(&ask), Err(Unavailable::DomainRefused));
}

#[test]
fn a_session_does_not_go_through_a_connector_that_refuses_the_target() {
    let mut world = World::new(Strategy::RoundRobin);
    let open = world.connector(|_| ());
    let closed = world.connector(|spec| spec.domain_deny = rules(&["example.net"]));
    for connector in [open, closed] {
        world.exits(connector, 3);
    }
    world.build();
    for number in 0..20 {
        let name = format!("session=s{number}");
        world.pick(&name).unwrap();
        let mut ask = world.ask(&name);
        ask.target.host = Host::parse("example.net").unwrap();
        let exit = world.carry(&ask).unwrap();
        assert_eq!(world.connector_of(exit), open);
    }
}

#[test]
fn a_project_that_is_off_has_no_exit() {
    let mut world = World::with_exits(Strategy::RoundRobin, 3);
    world.project().enabled = false;
    world.build();
    assert_eq!(world.pick(""), Err(Unavailable::ProjectDisabled));
}
